import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRelease, PHASES } from '../../src/gray/record.ts'
import { verifyAudit } from '../../src/report/audit-chain.ts'
import { ROOT } from '../support/rig.ts'

/** A process waits for its disk more than it computes. */
const AT_ONCE = 2 * availableParallelism()
type Story = 'good' | 'bad' | 'stuck' | 'leftover'
type Signal = 'SIGKILL' | 'SIGINT' | 'SIGSTOP'

let root = ''
let program = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gray-engine-'))
  program = join(root, 'child.mjs')
  // One file: hundreds of processes start it.
  execFileSync(
    join(ROOT, 'node_modules/.bin/esbuild'),
    [
      join(ROOT, '__tests__/support/gray-engine-child.ts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--log-level=error',
      `--outfile=${program}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

interface Ran {
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

const environment = (env: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: '',
  ...env,
})

function child(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const process_ = execFile(
      process.execPath,
      [program, ...args],
      { env: environment(env), timeout: 280_000, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => {
        resolve({ signal: process_.signalCode, stdout, stderr })
      },
    )
  })
}

/** The places of a story that nothing disturbs, in order: the program itself tells them. */
async function placesOf(story: Story, how: Signal, ends: string): Promise<string[]> {
  const folder = join(root, `${story}-${how}-calm`)
  const ran = await child(['release', folder], { STORY: story, CRASH_WITH: how })
  expect([ran.stdout, ran.stderr]).toEqual([expect.stringContaining(`"result":"${ends}"`), ''])
  return (await readFile(join(folder, 'places'), 'utf8')).trim().split('\n')
}

interface Crash {
  readonly folder: string
  readonly place: string
  readonly ran: Ran
}

/** One release for each place from `first` on, until one gets past its place because there is none any more. */
async function crashEverywhere(story: Story, how: Signal, first: number, ends: string): Promise<Crash[]> {
  const crashes: Crash[] = []
  let next = first
  let over = false
  const worker = async (): Promise<void> => {
    while (!over) {
      const at = next++
      const folder = join(root, `${story}-${how}`, String(at).padStart(4, '0'))
      const ran = await child(['release', folder], {
        STORY: story,
        CRASH_AT: String(at),
        CRASH_WITH: how,
      })
      if (existsSync(join(folder, 'crash'))) {
        crashes.push({ folder, place: await readFile(join(folder, 'crash'), 'utf8'), ran })
        continue
      }
      over = true
      expect(ran.stdout).toContain(`"result":"${ends}"`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return crashes
}

interface End {
  readonly where: string
  readonly phase: string
  readonly lease: unknown
  readonly world: 'old' | 'new' | 'mix'
  readonly calls: readonly string[]
  readonly audit: ReturnType<typeof verifyAudit>
  readonly litter: readonly string[]
}

async function endOf({ folder, place }: Pick<Crash, 'folder' | 'place'>): Promise<End> {
  const read = async (name: string): Promise<string> =>
    existsSync(join(folder, name)) ? await readFile(join(folder, name), 'utf8') : ''
  const text = await read('state.json')
  const { release } = parseRelease(text, folder)
  const { weights, deployed, oldGone } = JSON.parse(
    (await read('target.json')) || '{"weights":{"old":100,"new":0},"deployed":false,"oldGone":false}',
  ) as { weights: { old: number; new: number }; deployed: boolean; oldGone: boolean }
  const old = weights.old === 100 && weights.new === 0 && !deployed && !oldGone
  const fresh = weights.old === 0 && weights.new === 100 && deployed && oldGone
  return {
    where: `${folder.slice(root.length + 1)}: ${place}`,
    phase: text === '' ? 'nothing stored' : (release?.state.phase ?? 'corrupt'),
    lease: release?.lease ?? null,
    world: old ? 'old' : fresh ? 'new' : 'mix',
    calls: (await read('calls')).trim().split('\n'),
    audit: verifyAudit(await read('audit.jsonl')),
    litter: (await readdir(folder)).filter((name) => /\.(lock|break)$/.test(name)),
  }
}

/** What must hold wherever a release was hit: one version, an end in the record that says the same, no lease, an audit that is whole. */
function expectWhole(ends: readonly End[]): void {
  const faults = ends.flatMap(({ where, phase, lease, world, audit }) => {
    const right = phase === 'done' ? 'new' : 'old'
    return [
      ...(world === right ? [] : [`${where}: the target is ${world}, the record ${phase}`]),
      ...(['done', 'rolled-back', 'nothing stored'].includes(phase) ? [] : [`${where}: ends in ${phase}`]),
      ...(lease === null ? [] : [`${where}: the lease stays`]),
      ...(audit.ok ? [] : [`${where}: the audit is broken: ${audit.fault?.what ?? ''}`]),
    ]
  })
  expect(faults).toEqual([])
}

function report(title: string, ends: readonly End[]): void {
  const counts = new Map<string, number>()
  for (const { world, phase } of ends)
    counts.set(`${world}/${phase}`, (counts.get(`${world}/${phase}`) ?? 0) + 1)
  console.info(
    `${title}: ${ends.length} places; ends: ${[...counts].map(([name, times]) => `${name} ${times}`).join(', ')}`,
  )
}

const STORIES: readonly (readonly [Story, first: RegExp, ends: string])[] = [
  ['good', /^/, 'promoted'],
  // What comes before is the same as in the good story.
  ['bad', /^state aborting/, 'rolled-back'],
  ['stuck', /^state aborting/, 'rollback-failed'],
  ['leftover', /^state finalising/, 'finalise-failed'],
]

describe('an engine that dies', () => {
  it('by SIGKILL at every place: two reapers at once bring it to all old or all new, and so does one that goes on', async () => {
    const crashes: Crash[] = []
    const phases = new Set<string>()
    for (const [story, first, ends] of STORIES) {
      const places = await placesOf(story, 'SIGKILL', ends)
      for (const place of places) phases.add(/^state ([a-z-]+)/.exec(place)?.[1] ?? '')
      const from = places.findIndex((place) => first.test(place))
      const own = await crashEverywhere(story, 'SIGKILL', from, ends)
      // Each transition of the calm run was met, at its draft, its rename and its unlock.
      const met = new Set(own.map(({ place }) => place))
      expect(places.slice(from).filter((place) => !met.has(place))).toEqual([])
      crashes.push(...own)
    }
    // The stories together reach every phase of the machine.
    expect(PHASES.filter((phase) => !phases.has(phase))).toEqual([])
    expect(crashes.filter(({ ran }) => ran.signal !== 'SIGKILL')).toEqual([])
    const before = await Promise.all(crashes.map(endOf))
    const copies = crashes.map((crash) => ({ ...crash, folder: `${crash.folder}-resumed` }))
    for (const { folder } of crashes)
      await cp(folder, `${folder}-resumed`, { recursive: true, preserveTimestamps: true })

    const reapers = await Promise.all([
      child(['reap', ...crashes.map(({ folder }) => folder)]),
      child(['reap', ...crashes.map(({ folder }) => folder)]),
      child(['resume', ...copies.map(({ folder }) => folder)]),
    ])
    expect(reapers.map(({ signal, stderr }) => [signal, stderr])).toEqual([
      [null, ''],
      [null, ''],
      [null, ''],
    ])
    const reaped = await Promise.all(crashes.map(endOf))
    const resumed = await Promise.all(copies.map(endOf))
    report('SIGKILL, then reap', reaped)
    report('SIGKILL, then resume', resumed)
    expectWhole([...reaped, ...resumed])
    // A lock that stays is broken by the next writer; where there was nothing to do for a reaper there was none.
    const untouched = (end: End): boolean =>
      end.phase === 'nothing stored' || !/reap|resume/.test(end.calls.join())
    expect(
      [...reaped, ...resumed]
        .filter((end) => end.litter.length > 0 && !untouched(end))
        .map(({ where }) => where),
    ).toEqual([])
    // The deaths were in the middle of things: without the reaper they would have stayed a mix.
    expect(before.filter(({ world }) => world === 'mix').length).toBeGreaterThan(50)
    expect(crashes.length).toBeGreaterThan(180)
    expect(reaped.filter(({ phase }) => phase === 'done').length).toBeGreaterThan(20)
    expect(resumed.filter(({ phase }) => phase === 'done').length).toBeGreaterThan(100)
  }, 600_000)

  it('by SIGINT at every place: it goes back by itself, the reset first; recover finds nothing left to do', async () => {
    const bad = (await placesOf('bad', 'SIGINT', 'rolled-back')).findIndex((place) =>
      place.startsWith('state aborting'),
    )
    const crashes = [
      ...(await crashEverywhere('good', 'SIGINT', 0, 'promoted')),
      ...(await crashEverywhere('bad', 'SIGINT', bad, 'rolled-back')),
    ]
    expect(crashes.filter(({ ran }) => ran.signal !== null || ran.stderr !== '')).toEqual([])
    const recovered = await child(['recover', ...crashes.map(({ folder }) => folder)])
    expect(recovered.stderr).toBe('')
    expect(recovered.stdout).not.toContain('"action":"taken"')
    const ends = await Promise.all(crashes.map(endOf))
    report('SIGINT', ends)
    expectWhole(ends)
    expect(ends.filter(({ litter }) => litter.length > 0)).toEqual([])
    let resets = 0
    for (const { where, calls, phase } of ends) {
      const place = where.replace(/^.*?: /, '')
      const after = calls.slice(calls.indexOf('SIGINT') + 1)
      // The call that was under way writes its own line after the place "before" it.
      const own = place.endsWith(', before') ? `main ${place.split(',')[0] ?? ''}` : ''
      const changes = (after[0] === own ? after.slice(1) : after).filter(
        (line) => !/ (?:get|check|smoke|ask)$/.test(line),
      )
      if (phase !== 'done' && changes.length > 0) {
        expect([where, changes]).toEqual([where, changes.map(() => 'main reset')])
        resets++
      }
    }
    expect(resets).toBeGreaterThan(50)
  }, 600_000)

  it('not at all, but freezes in a change until a reaper has taken its release: what lands late is taken back', async () => {
    const queue: (readonly [Story, number])[] = []
    for (const [story, ends, change] of [
      ['good', 'promoted', /^(deploy|set|finalise), /],
      ['bad', 'rolled-back', /^reset, /],
    ] as const) {
      const places = await placesOf(story, 'SIGSTOP', ends)
      for (const [at, place] of places.entries()) if (change.test(place)) queue.push([story, at])
    }
    const runs: Crash[] = []
    const worker = async (): Promise<void> => {
      for (let one = queue.pop(); one !== undefined; one = queue.pop()) runs.push(await freeze(...one))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    const outcomes = runs.map(
      ({ ran, place }) => `${place}: ${/"result":"([^"]+)"/.exec(ran.stdout)?.[1] ?? ran.stderr}`,
    )
    // Each woke up inside a change, and saw that it was not its release any more.
    expect(outcomes.filter((outcome) => !outcome.endsWith(': lost, late'))).toEqual([])
    const ends = await Promise.all(runs.map(endOf))
    report('SIGSTOP', ends)
    expectWhole(ends)
    expect(runs.length).toBeGreaterThan(8)
  }, 600_000)
})

async function freeze(story: Story, at: number): Promise<Crash> {
  const folder = join(root, `${story}-frozen`, String(at))
  const frozen = spawn(process.execPath, [program, 'release', folder], {
    env: environment({ STORY: story, CRASH_AT: String(at), CRASH_WITH: 'SIGSTOP' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const told = { stdout: '', stderr: '' }
  frozen.stdout.on('data', (chunk: Buffer) => (told.stdout += chunk.toString()))
  frozen.stderr.on('data', (chunk: Buffer) => (told.stderr += chunk.toString()))
  const ended = once(frozen, 'close')
  try {
    const asleep = async (): Promise<boolean> =>
      existsSync(join(folder, 'crash')) &&
      / T /.test((await readFile(`/proc/${String(frozen.pid)}/stat`, 'utf8')).replace(/^.*\)/, ''))
    while (!(await asleep())) {
      if (frozen.exitCode !== null) throw new Error(`it ended without a freeze: ${told.stdout}${told.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const reaped = await child(['reap', folder])
    expect([reaped.stdout, reaped.stderr]).toEqual([expect.stringContaining('"action":"taken"'), ''])
  } finally {
    frozen.kill('SIGCONT')
    await ended
  }
  const place = await readFile(join(folder, 'crash'), 'utf8')
  return { folder, place, ran: { signal: frozen.signalCode, ...told } }
}
