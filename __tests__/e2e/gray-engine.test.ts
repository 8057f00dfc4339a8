import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRelease } from '../../src/gray/record.ts'
import { ROOT } from '../support/rig.ts'

const CHILD = join(ROOT, '__tests__', 'support', 'gray-engine-child.ts')
/** Several real processes at once; the machine may be small. */
const AT_ONCE = 4

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gray-engine-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

interface Ran {
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

function child(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const process_ = execFile(
      process.execPath,
      ['--no-warnings', CHILD, ...args],
      { env: { ...process.env, NODE_OPTIONS: '', ...env }, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => {
        resolve({ signal: process_.signalCode, stdout, stderr })
      },
    )
  })
}

/** Crashes one release per place, until a release passes its place unharmed because there is none any more. */
async function crashEverywhere(
  name: string,
  how: 'SIGKILL' | 'SIGINT',
): Promise<{ folders: string[]; runs: Ran[] }> {
  const folders: string[] = []
  const runs: Ran[] = []
  let next = 0
  let over = false
  const worker = async (): Promise<void> => {
    while (!over) {
      const at = next++
      const folder = join(root, name, String(at).padStart(4, '0'))
      const ran = await child(['release', folder], { CRASH_AT: String(at), CRASH_WITH: how })
      if (!existsSync(join(folder, 'crash'))) {
        over = true
        expect(ran.stdout).toContain('"result":"promoted"')
        await rm(folder, { recursive: true, force: true })
        continue
      }
      folders.push(folder)
      runs.push(ran)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return { folders, runs }
}

interface End {
  readonly crash: string
  readonly phase: string
  readonly lease: unknown
  readonly world: 'old' | 'new' | 'mix'
  readonly calls: readonly string[]
  readonly audit: readonly { readonly kind: string; readonly after?: string }[]
  readonly litter: readonly string[]
}

async function endOf(folder: string): Promise<End> {
  const read = async (name: string): Promise<string> =>
    existsSync(join(folder, name)) ? await readFile(join(folder, name), 'utf8') : ''
  const text = await read('state.json')
  const { release } = parseRelease(text, folder)
  const world = JSON.parse(
    (await read('target.json')) || '{"weights":{"old":100,"new":0},"deployed":false,"oldGone":false}',
  ) as {
    weights: { old: number; new: number }
    deployed: boolean
    oldGone: boolean
  }
  const { weights, deployed, oldGone } = world
  const old = weights.old === 100 && weights.new === 0 && !deployed && !oldGone
  const fresh = weights.old === 0 && weights.new === 100 && deployed && oldGone
  return {
    crash: await read('crash'),
    phase: text === '' ? 'nothing stored' : (release?.state.phase ?? 'corrupt'),
    lease: release?.lease ?? null,
    world: old ? 'old' : fresh ? 'new' : 'mix',
    calls: (await read('calls')).trim().split('\n'),
    audit: (await read('audit.jsonl'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { kind: string; after?: string }),
    litter: (await readdir(folder)).filter((name) => name.includes('.lock')),
  }
}

function report(title: string, ends: readonly End[]): void {
  const count = (key: (end: End) => string): string => {
    const counts = new Map<string, number>()
    for (const end of ends) counts.set(key(end), (counts.get(key(end)) ?? 0) + 1)
    return [...counts].map(([name, times]) => `${name} ${times}`).join(', ')
  }
  console.info(
    `${title}: ${ends.length} places; ends: ${count(({ world, phase }) => `${world}/${phase}`)}; at: ${count(({ crash }) => crash.split(',')[0] ?? '')}`,
  )
}

describe('an engine that dies', () => {
  it('by SIGKILL at every place, and is then reaped by a fresh process: all old or all new, never a mix', async () => {
    const { folders, runs } = await crashEverywhere('kill', 'SIGKILL')
    expect(runs.every(({ signal }) => signal === 'SIGKILL')).toBe(true)
    const mixed = (await Promise.all(folders.map(endOf))).filter(({ world }) => world === 'mix').length
    const reaped = await child(['reap', ...folders])
    expect(reaped.stderr).toBe('')
    const ends = await Promise.all(folders.map(endOf))
    report('SIGKILL', ends)
    for (const end of ends) {
      const where = `killed at ${end.crash}`
      expect([where, end.world]).toEqual([where, end.phase === 'done' ? 'new' : 'old'])
      expect([where, ['done', 'rolled-back', 'nothing stored'].includes(end.phase)]).toEqual([where, true])
      expect([where, end.lease]).toEqual([where, null])
      // A lock that stays is broken by the next writer; where nothing was ever stored there is none.
      if (end.phase !== 'nothing stored' && end.audit.length > 0)
        expect([where, end.litter]).toEqual([where, []])
    }
    // The deaths were in the middle of things: without the reaper many would have stayed a mix.
    expect(mixed).toBeGreaterThan(50)
    expect(ends.length).toBeGreaterThan(300)
    expect(ends.filter(({ phase }) => phase === 'done').length).toBeGreaterThan(20)
  }, 600_000)

  it('by SIGINT at every place: it goes back by itself, the reset first; recover finds nothing left to do', async () => {
    const { folders, runs } = await crashEverywhere('int', 'SIGINT')
    expect(runs.every(({ signal, stderr }) => signal === null && stderr === '')).toBe(true)
    const recovered = await child(['recover', ...folders])
    expect(recovered.stderr).toBe('')
    const ends = await Promise.all(folders.map(endOf))
    report('SIGINT', ends)
    let resets = 0
    for (const end of ends) {
      const where = `interrupted at ${end.crash}`
      expect([where, end.world]).toEqual([where, end.phase === 'done' ? 'new' : 'old'])
      expect([where, ['done', 'rolled-back', 'nothing stored'].includes(end.phase)]).toEqual([where, true])
      expect([where, end.lease]).toEqual([where, null])
      const after = end.calls.slice(end.calls.indexOf('SIGINT') + 1)
      // The call that was under way writes its own line after the place "before" it.
      const own = end.crash.endsWith(', before') ? `main ${end.crash.split(',')[0] ?? ''}` : ''
      const changes = (after[0] === own ? after.slice(1) : after).filter(
        (line) => !/ (?:get|check|smoke)$/.test(line),
      )
      if (end.phase !== 'done' && changes.length > 0) {
        expect([where, changes]).toEqual([where, changes.map(() => 'main reset')])
        resets++
      }
    }
    expect(resets).toBeGreaterThan(200)
  }, 600_000)
})
