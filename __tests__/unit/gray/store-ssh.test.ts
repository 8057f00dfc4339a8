import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { environmentError, PipelineError } from '../../../src/base/errors.ts'
import { formatRelease } from '../../../src/gray/record.ts'
import { parseStored, SshStateStore, type SshStoreOptions, writeStateScript } from '../../../src/gray/store-ssh.ts' // prettier-ignore
import { sampleRelease } from '../../support/ssh-fleet.ts'
import { LocalSsh, PlayedSsh, TARGET } from '../../support/ssh-local.ts'

const signal = new AbortController().signal
const release = sampleRelease(['deploy@web-1'])
const posix = process.platform === 'win32' ? describe.skip : describe
/** All that the scripts need, but flock(1): as on macOS or a small BusyBox. */
const TOOLS = ['sh', 'cat', 'cut', 'date', 'find', 'grep', 'head', 'mkdir', 'mv', 'rm', 'rmdir', 'sed', 'sha256sum', 'sleep', 'sync', 'tr'] // prettier-ignore

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gip-store it's-"))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function without(tool: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const name of TOOLS.filter((one) => one !== tool)) {
    const found = (process.env['PATH'] ?? '')
      .split(delimiter)
      .map((part) => join(part, name))
      .find(existsSync)
    if (found !== undefined) await symlink(found, join(bin, name))
  }
  return bin
}

posix.each(['flock', 'mkdir'] as const)(
  'the state over SSH, with the lock by %s, with the real shell',
  (lock) => {
    const open = async (options: SshStoreOptions = {}): Promise<SshStateStore[]> => {
      const path = lock === 'flock' ? {} : { path: await without('flock') }
      return [0, 1, 2, 3].map(() => new SshStateStore(new LocalSsh(path), TARGET, state(), options))
    }
    const state = (): string => join(folder, 'deep', 'er', 'state.json')

    it('reads what was written, and swaps only what it has seen', async () => {
      const [one, other] = (await open()) as [SshStateStore, SshStateStore]
      expect(one.where).toBe(`ssh://deploy@web-1${state()}`)
      expect(await one.read(signal)).toBeUndefined()
      const first = await one.write(release, undefined, signal)
      expect(await other.read(signal)).toEqual({ release, revision: first })
      expect(await other.write({ ...release, id: 'late' }, undefined, signal)).toBeUndefined()
      const second = await other.write({ ...release, id: 'next' }, first, signal)
      expect(await one.write({ ...release, id: 'old' }, first, signal)).toBeUndefined()
      expect((await one.read(signal))?.revision).toBe(second)
      expect((await readdir(join(folder, 'deep/er'))).filter((name) => /draft|held/.test(name))).toEqual([])
    })

    it('takes its own write for done when the answer to it was lost', async () => {
      const [one] = (await open()) as [SshStateStore]
      const first = await one.write(release, undefined, signal)
      expect(await one.write(release, undefined, signal)).toBe(first)
      expect(await one.write(release, 'something', signal)).toBe(first)
    })

    it('lets one of several writers at the same moment win, each time', async () => {
      const stores = await open({ lockSeconds: 30 })
      let revision = await stores[0]?.write(release, undefined, signal)
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(
          stores.map((store, index) =>
            store.write({ ...release, id: `${round}-${index}` }, revision, signal),
          ),
        )
        const won = answers.filter((answer) => answer !== undefined)
        expect(won).toHaveLength(1)
        revision = won[0]
        const stored = await stores[1]?.read(signal)
        expect([stored?.revision, stored?.release.id]).toEqual([
          revision,
          `${round}-${answers.indexOf(revision)}`,
        ])
      }
    })

    it('leaves the old state when a writer dies with half a draft, and writes over it', async () => {
      const [one] = (await open()) as [SshStateStore]
      const first = await one.write(release, undefined, signal)
      await writeFile(`${state()}.draft`, formatRelease({ ...release, id: 'torn' }).slice(0, 100))
      expect((await one.read(signal))?.release).toEqual(release)
      const second = await one.write({ ...release, id: 'next' }, first, signal)
      expect((await one.read(signal))?.revision).toBe(second)
    })

    it('says that a file that somebody has damaged is none of its', async () => {
      const [one] = (await open()) as [SshStateStore]
      await one.write(release, undefined, signal)
      await writeFile(state(), (await readFile(state(), 'utf8')).slice(0, 200))
      await expect(one.read(signal)).rejects.toMatchObject({
        kind: 'environment',
        problems: [{ where: one.where }],
      })
    })

    it('says finally when nothing can be written there', async () => {
      await writeFile(join(folder, 'deep'), 'a file')
      const [one] = (await open()) as [SshStateStore]
      await expect(one.write(release, undefined, signal)).rejects.toMatchObject({
        kind: 'input',
        problems: [{ code: 'gray-state-unwritable', where: one.where }],
      })
    })

    it('carries the mark of a timer: its state is another revision until somebody has written over it', async () => {
      const dead = join(folder, 'dead')
      const [one] = (await open({ deadMan: dead })) as [SshStateStore]
      const begun = { ...release, state: { ...release.state, phase: 'shifting', touched: true } } as const
      const first = await one.write(begun, undefined, signal)
      await mkdir(dead)
      await writeFile(join(dead, 'fired'), 'r-1 1700000000 0\n')
      expect(await one.write({ ...begun, id: 'late' }, first, signal)).toBeUndefined()
      const seen = await one.read(signal)
      expect(seen?.release.state.phase).toBe('rolled-back')
      const next = await one.write({ ...release, id: 'r-2' }, seen?.revision, signal)
      expect(next).toMatch(/^[0-9a-f]{64}$/)
      expect(existsSync(join(dead, 'fired'))).toBe(false)
      expect(await one.read(signal)).toMatchObject({ release: { id: 'r-2' }, revision: next })
    })
  },
)

posix('a lock without flock', () => {
  const held = (): string => join(folder, 'state.json.held')
  const store = async (options: SshStoreOptions): Promise<SshStateStore> =>
    new SshStateStore(
      new LocalSsh({ path: await without('flock') }),
      TARGET,
      join(folder, 'state.json'),
      options,
    )
  const now = (): number => Math.floor(Date.now() / 1000)

  it('waits for a holder that lives, and says so', async () => {
    await mkdir(held())
    await writeFile(join(held(), 'owner'), `1-${now() + 1000}\n`)
    await expect((await store({ lockSeconds: 1 })).write(release, undefined, signal)).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'gray-lock' }],
    })
    expect(await readFile(join(held(), 'owner'), 'utf8')).toContain('1-')
  })

  it('breaks one that was left behind', async () => {
    await mkdir(held())
    await writeFile(join(held(), 'owner'), `1-${now() - 1000}\n`)
    expect(await (await store({ lockSeconds: 25 })).write(release, undefined, signal)).toMatch(
      /^[0-9a-f]{64}$/,
    )
    expect(existsSync(held())).toBe(false)
  })

  it('breaks one whose maker died before it wrote its name, by its age', async () => {
    await mkdir(held())
    const before = new Date(Date.now() - 10 * 60_000)
    await utimes(held(), before, before)
    expect(await (await store({ lockSeconds: 25 })).write(release, undefined, signal)).toMatch(
      /^[0-9a-f]{64}$/,
    )
  })

  it('leaves one alone that was made a moment ago and has no name yet', async () => {
    await mkdir(held())
    await expect((await store({ lockSeconds: 1 })).write(release, undefined, signal)).rejects.toMatchObject({
      problems: [{ code: 'gray-lock' }],
    })
  })
})

describe('answers of a host', () => {
  it.each([
    ['', 'nothing'],
    ['Welcome to web-1\nnone\n', 'a greeting'],
    [`${'a'.repeat(64)} -\n{"schema":1`, 'half a state'],
    [`${'a'.repeat(64)}\n{}`, 'no mark'],
  ])('%j (%s) is no state', (stdout) => {
    expect(() => parseStored(stdout, 'web')).toThrow(PipelineError)
  })
  it('none is none', () => {
    expect(parseStored('none\n', 'web')).toBeUndefined()
  })
  it('passes on what the connection says', async () => {
    const ssh = new PlayedSsh(() => {
      throw environmentError({ code: 'ssh-unreachable', what: 'away' })
    })
    await expect(new SshStateStore(ssh, TARGET, '/x').read(signal)).rejects.toThrow('away')
  })
  it('does not take a strange answer for a write', async () => {
    const ssh = new PlayedSsh(() => ({ stdout: 'Last login: today\n' }))
    await expect(
      new SshStateStore(ssh, TARGET, '/x').write(release, undefined, signal),
    ).rejects.toMatchObject({
      problems: [{ code: 'gray-state-answer' }],
    })
  })
  it('never lets the state out of its here-document', () => {
    const text = formatRelease({ ...release, environment: "it's\nGIP_STATE_ENDS\nrm -rf ~" })
    expect(writeStateScript('/x', text, undefined).match(/^GIP_STATE_ENDS$/gm)).toHaveLength(1)
  })
})
