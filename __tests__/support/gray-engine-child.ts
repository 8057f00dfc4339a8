/**
 * A process of its own that drives (or recovers, or reaps) one release over a file store, an audit file and a target in files. At the
 * place CRASH_AT, counted from 0, it sends itself CRASH_WITH. Only what changes something outside this process is a place, as a
 * death between two of them leaves the same world as at the second one.
 *
 *   node gray-engine-child.ts release FOLDER   STORY=good|bad|stuck|leftover CRASH_AT=17 CRASH_WITH=SIGKILL|SIGINT|SIGSTOP
 *   node gray-engine-child.ts reap|resume|recover FOLDER...
 */
import fs from 'node:fs'
import fsp from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const [, , command = '', ...folders] = process.argv
const crashAt = Number(process.env['CRASH_AT'] ?? -1)
const crashWith = (process.env['CRASH_WITH'] ?? 'SIGKILL') as 'SIGKILL' | 'SIGINT' | 'SIGSTOP'
/** `bad` is refused by its metrics, `stuck` as well, and its way back fails, `leftover` cannot remove the old version. */
const story = process.env['STORY'] ?? 'good'
let places = 0
let quiet = true

/** A place: written down synchronously when it is hit, because nothing comes after a SIGKILL. `torn` makes half of a change first. */
function place(folder: string, name: string, torn?: () => void): void {
  if (quiet || command !== 'release') return
  if (crashAt < 0) fs.appendFileSync(join(folder, 'places'), `${name}\n`)
  if (places++ !== crashAt) return
  if (crashWith === 'SIGKILL') torn?.()
  fs.writeFileSync(join(folder, 'crash'), name)
  fs.appendFileSync(join(folder, 'calls'), `${crashWith}\n`)
  process.kill(process.pid, crashWith)
}

/** `state shifting/act` of the state that is about to be written, so that the places show which transition they belong to. */
function transition(text: unknown): string {
  const { state, lease } = JSON.parse(String(text)) as {
    state: { phase: string; stage: string }
    lease: unknown
  }
  return `state ${state.phase}/${state.stage}${lease === null ? ', let go' : ''}`
}

// The store's and the audit's own file operations are places too: a death inside a lock, with half a draft or half a line written, between
// draft and rename. For SIGINT, which leaves the operation to go on, one place for each write is enough.
type Write = (data: unknown) => Promise<unknown>
interface Handle {
  fd: number
  writeFile: Write
}
const real = { open: fsp.open, rename: fsp.rename, rm: fsp.rm }
const folder = folders[0] ?? ''
const killed = crashWith === 'SIGKILL'
let writing = ''
const watched = fsp as unknown as Record<string, unknown>
watched['open'] = async (file: string, flags: string, mode?: number): Promise<unknown> => {
  const handle = await real.open(file, flags, mode)
  const half = (data: unknown) => (): void => {
    const bytes = Buffer.from(data as string)
    fs.writeSync(handle.fd, bytes.subarray(0, bytes.length / 2))
  }
  const before = (act: (data: unknown) => void): void => {
    const write = handle.writeFile.bind(handle) as Write
    ;(handle as unknown as Handle).writeFile = (data) => {
      act(data)
      return write(data)
    }
  }
  if (file.endsWith('.jsonl') && flags === 'a')
    before((data) => {
      place(folder, 'audit line', half(data))
    })
  else if (file.endsWith('state.json.lock') && killed) place(folder, 'lock, empty')
  else if (file.endsWith('state.json.draft'))
    before((data) => {
      writing = transition(data)
      if (killed) place(folder, `${writing}, draft`, half(data))
    })
  return handle
}
watched['rename'] = async (from: string, to: string): Promise<void> => {
  if (to.endsWith('state.json')) place(folder, `${writing}, rename`)
  await real.rename(from, to)
}
watched['rm'] = async (file: string, options: object): Promise<void> => {
  if (file.endsWith('state.json.lock') && killed) place(folder, `${writing}, unlock`)
  await real.rm(file, options)
}
syncBuiltinESMExports()

// Loaded after the patch.
const { runRelease } = await import('../../src/gray/engine-start.ts')
const { reap, recover } = await import('../../src/gray/reap.ts')
const { FileStateStore } = await import('../../src/gray/store-file.ts')
const { silentLog } = await import('../../src/base/log.ts')
const { systemClock } = await import('../../src/base/clock.ts')
const { AuditFile } = await import('../../src/report/audit.ts')
const { environmentError } = await import('../../src/base/errors.ts')
const { Secrets } = await import('../../src/base/secrets.ts')
type Adapter = import('../../src/gray/ports.ts').Adapter
type EngineOptions = import('../../src/gray/engine-types.ts').EngineOptions

const broken = (what: string): Error => environmentError({ code: 'gray-test', what })

async function call(name: string, folder: string, owner = 'main', ...parts: (() => void)[]): Promise<void> {
  // Questions change nothing, but a SIGINT has to end them as well.
  if (parts.length > 0 || !killed) place(folder, `${name}, before`)
  fs.appendFileSync(join(folder, 'calls'), `${owner} ${name}\n`)
  for (const [i, part] of parts.entries()) {
    if (i > 0) place(folder, `${name}, in the middle`)
    part()
    await Promise.resolve()
  }
  if (!killed) place(folder, `${name}, after`)
}

/** Reads and writes synchronously and without places: the target is another machine, which does not die with us. */
function target(folder: string, owner: string): Adapter {
  const file = join(folder, 'target.json')
  interface World {
    weights: { old: number; new: number }
    deployed: boolean
    oldGone: boolean
  }
  const look = (): World =>
    fs.existsSync(file)
      ? (JSON.parse(fs.readFileSync(file, 'utf8')) as World)
      : { weights: { old: 100, new: 0 }, deployed: false, oldGone: false }
  const change = (how: (world: World) => void): void => {
    const world = look()
    how(world)
    if (world.weights.old + world.weights.new === 0) throw new Error('everything is at zero')
    fs.writeFileSync(file, JSON.stringify(world))
  }
  const tell = (name: string, ...parts: (() => void)[]): Promise<void> => call(name, folder, owner, ...parts)
  return {
    kind: 'files',
    check: () => tell('check'),
    get: async () => {
      await tell('get')
      const { weights, deployed } = look()
      const percent = (100 * weights.new) / (weights.old + weights.new)
      return { percent, settled: percent === 0 || deployed, detail: JSON.stringify(weights) }
    },
    // Two writes, as with a real proxy: a death in between leaves a mix that must be put right.
    set: (percent) =>
      tell(
        'set',
        () => change((world) => (world.weights.new = percent)),
        () => change((world) => (world.weights.old = 100 - percent)),
      ),
    reset: async () => {
      if (story === 'stuck' && owner === 'main') throw broken('the way back is blocked')
      await tell(
        'reset',
        () => change((world) => (world.weights.old = 100)),
        () => change((world) => (world.weights.new = 0)),
        () => change((world) => (world.deployed = false)),
      )
    },
    deploy: () => tell('deploy', () => change((world) => (world.deployed = true))),
    smoke: () => tell('smoke'),
    finalise: async () => {
      if (story === 'leftover' && owner === 'main') throw broken('the old version does not go')
      await tell('finalise', () => change((world) => (world.oldGone = true)))
    },
  }
}

function optionsFor(folder: string, owner: string, more: Partial<EngineOptions> = {}): EngineOptions {
  return {
    store: new FileStateStore(join(folder, 'state.json'), { staleMs: 1000 }),
    adapterFor: () => target(folder, owner),
    measurer: {
      check: () => Promise.resolve(),
      measure: (window) => {
        if (!killed) place(folder, 'look')
        const bad = story === 'bad' || story === 'stuck'
        const verdict = bad && window.percent === 100 ? 'fail' : 'pass'
        return Promise.resolve({ at: window.end, verdict, reason: verdict, metrics: [] })
      },
    },
    approver: {
      ask: () => call('ask', folder),
      answer: () => {
        const asked = fs.existsSync(join(folder, 'asked'))
        if (!asked) fs.writeFileSync(join(folder, 'asked'), '')
        return Promise.resolve(
          asked ? { kind: 'approved', by: ['ann', 'bob'] } : { kind: 'waiting', detail: 'nobody yet' },
        )
      },
    },
    audit: new AuditFile(
      { file: join(folder, 'audit.jsonl') },
      { clock: systemClock, secrets: new Secrets(), signal: new AbortController().signal },
    ),
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    owner,
    settings: { settlePollMs: 5, settleMs: 500, retryMs: 5, approvalPollMs: 2, queuePollMs: 20 },
    ...more,
  }
}

if (command === 'release') {
  const [folder = ''] = folders
  fs.mkdirSync(folder, { recursive: true })
  const abort = new AbortController()
  const onSigint = (): void => abort.abort(new Error('SIGINT'))
  process.on('SIGINT', onSigint)
  quiet = false
  const result = await runRelease(
    {
      id: 'r1',
      environment: 'production',
      old: 'old',
      new: 'new',
      planHash: 'hash',
      adapter: { kind: 'files' },
      plan: {
        steps: [5, 100].map((percent) => ({ percent, observeMs: 2, hold: percent === 5 })),
        warmUpMs: 2,
        bakeMs: 2,
        intervalMs: 2,
        maxExtends: 1,
        endPolicy: 'rollback',
        maxErrors: 3,
        maxTries: 2,
      },
    },
    optionsFor(folder, 'main', { signal: abort.signal }),
  ).then(
    ({ outcome, late }) => (late === true ? `${outcome}, late` : outcome),
    (error: unknown) => String(error),
  )
  quiet = true
  process.off('SIGINT', onSigint)
  console.log(JSON.stringify({ result, places }))
} else {
  // One fresh process for all that were killed. Their leases expire by a clock that is two minutes ahead.
  const ahead = { ...systemClock, now: (): number => Date.now() + 120_000 }
  const waiting = [...folders]
  const worker = async (): Promise<void> => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      const found =
        command === 'recover'
          ? await recover('main', optionsFor(folder, 'post'))
          : await reap({
              ...optionsFor(folder, command, { clock: ahead }),
              policy: command === 'resume' ? 'continue' : 'rollback',
            })
      console.log(
        JSON.stringify({ folder, action: found.action, outcome: found.run?.outcome, reason: found.reason }),
      )
    }
  }
  // Most of it is waiting for the disk.
  await Promise.all(Array.from({ length: 8 }, worker))
}
