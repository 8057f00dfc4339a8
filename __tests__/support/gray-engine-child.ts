/**
 * A process of its own that drives (or recovers, or reaps) one release over a file store and a target in files. After CRASH_AT passed
 * places it kills itself, or sends itself SIGINT: every file operation, every call of the target, every line of the audit is a place.
 *
 *   node gray-engine-child.ts release FOLDER   CRASH_AT=17 CRASH_WITH=SIGKILL|SIGINT
 *   node gray-engine-child.ts reap|recover FOLDER...
 */
import fs from 'node:fs'
import fsp from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const [, , command = '', ...folders] = process.argv
const crashAt = Number(process.env['CRASH_AT'] ?? -1)
const crashWith = process.env['CRASH_WITH'] === 'SIGINT' ? 'SIGINT' : 'SIGKILL'
let places = 0
let quiet = true

/** A place: written down synchronously when it is hit, because nothing comes after a SIGKILL. */
function place(folder: string, name: string): void {
  if (quiet || command !== 'release') return
  if (places++ !== crashAt) return
  fs.writeFileSync(join(folder, 'crash'), name)
  fs.appendFileSync(join(folder, 'calls'), `${crashWith}\n`)
  process.kill(process.pid, crashWith)
}

// The store's own file operations are places too, so that a death inside its lock or between draft and rename is met.
const wrapped = fsp as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
for (const name of ['open', 'rename', 'rm', 'mkdir', 'readFile']) {
  const real = wrapped[name]
  if (real === undefined) throw new Error(`node:fs/promises has no ${name}`)
  wrapped[name] = async (...args) => {
    place(folders[0] ?? '', `${name}, before`)
    const result = await real.call(fsp, ...args)
    place(folders[0] ?? '', `${name}, after`)
    return result
  }
}
syncBuiltinESMExports()

// Loaded after the patch.
const { runRelease } = await import('../../src/gray/engine-start.ts')
const { reap, recover } = await import('../../src/gray/reap.ts')
const { FileStateStore } = await import('../../src/gray/store-file.ts')
const { silentLog } = await import('../../src/base/log.ts')
const { systemClock } = await import('../../src/base/clock.ts')
type Adapter = import('../../src/gray/ports.ts').Adapter
type EngineOptions = import('../../src/gray/engine-types.ts').EngineOptions

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
  const call = async (name: string, ...parts: (() => void)[]): Promise<void> => {
    place(folder, `${name}, before`)
    fs.appendFileSync(join(folder, 'calls'), `${owner} ${name}\n`)
    for (const [i, part] of parts.entries()) {
      if (i > 0) place(folder, `${name}, in the middle`)
      part()
      await Promise.resolve()
    }
    place(folder, `${name}, after`)
  }
  return {
    kind: 'files',
    check: () => call('check'),
    get: async () => {
      await call('get')
      const { weights, deployed } = look()
      const percent = (100 * weights.new) / (weights.old + weights.new)
      return { percent, settled: percent === 0 || deployed, detail: JSON.stringify(weights) }
    },
    // Two writes, as with a real proxy: a death in between leaves a mix that must be put right.
    set: (percent) =>
      call(
        'set',
        () => change((world) => (world.weights.new = percent)),
        () => change((world) => (world.weights.old = 100 - percent)),
      ),
    reset: () =>
      call(
        'reset',
        () => change((world) => (world.weights.old = 100)),
        () => change((world) => (world.weights.new = 0)),
        () => change((world) => (world.deployed = false)),
      ),
    deploy: () => call('deploy', () => change((world) => (world.deployed = true))),
    smoke: () => call('smoke'),
    finalise: () => call('finalise', () => change((world) => (world.oldGone = true))),
  }
}

function optionsFor(folder: string, owner: string, more: Partial<EngineOptions> = {}): EngineOptions {
  return {
    store: new FileStateStore(join(folder, 'state.json'), { staleMs: 50 }),
    adapterFor: () => target(folder, owner),
    measurer: {
      check: () => Promise.resolve(),
      measure: (window) => {
        place(folder, 'look')
        return Promise.resolve({ at: window.end, verdict: 'pass', reason: 'good', metrics: [] })
      },
    },
    audit: {
      append: (record, release, at) => {
        place(folder, `audit ${record.kind}, before`)
        fs.appendFileSync(join(folder, 'audit.jsonl'), `${JSON.stringify({ at, ...release, ...record })}\n`)
        place(folder, `audit ${record.kind}, after`)
        return Promise.resolve()
      },
    },
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    owner,
    settings: { settlePollMs: 5, settleMs: 500, retryMs: 5 },
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
        steps: [5, 100].map((percent) => ({ percent, observeMs: 6, hold: false })),
        warmUpMs: 2,
        bakeMs: 6,
        intervalMs: 3,
        maxExtends: 1,
        endPolicy: 'rollback',
        maxErrors: 3,
        maxTries: 3,
      },
    },
    optionsFor(folder, 'main', { signal: abort.signal }),
  ).then(
    ({ outcome }) => outcome,
    (error: unknown) => String(error),
  )
  quiet = true
  process.off('SIGINT', onSigint)
  console.log(JSON.stringify({ result, places }))
} else {
  // One fresh process for all that were killed. Their leases expire by a clock that is two minutes ahead.
  const ahead = { ...systemClock, now: (): number => Date.now() + 120_000 }
  for (const folder of folders) {
    const found =
      command === 'recover'
        ? await recover('main', optionsFor(folder, 'post'))
        : await reap(optionsFor(folder, 'reaper', { clock: ahead }))
    console.log(
      JSON.stringify({ folder, action: found.action, outcome: found.run?.outcome, reason: found.reason }),
    )
  }
}
