import type { Clock } from '../../src/base/clock.ts'
import { reasonOf } from '../../src/base/clock.ts'
import { environmentError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import type { EngineOptions, ReleaseRequest } from '../../src/gray/engine-types.ts'
import type { Verdict } from '../../src/gray/judge.ts'
import type {
  Adapter,
  ApprovalAnswer,
  AuditRecord,
  Measurement,
  Notice,
  StateStore,
  StoredRelease,
  Window,
} from '../../src/gray/ports.ts'
import { formatRelease, parseRelease } from '../../src/gray/record.ts'
import type { ReleasePlan } from '../../src/gray/reducer.ts'

/** Time that passes only when nothing else is left to do, so that a release of an hour takes milliseconds. */
export class VirtualClock implements Clock {
  #now = Date.UTC(2026, 0, 1)
  #sleepers: { at: number; wake: () => void }[] = []

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(reasonOf(signal))
        return
      }
      const sleeper = {
        at: this.#now + Math.max(0, ms),
        wake: (): void => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
        if (signal !== undefined) reject(reasonOf(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#sleepers.push(sleeper)
    })
  }

  /** Lets time pass without anybody waking: a machine that was off. */
  jump(ms: number): void {
    this.#now += ms
  }

  /** Runs until `work` is settled; time moves on when no other work is left. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    work.then(done, done)
    for (let idle = 0; ;) {
      await new Promise((resolve) => setImmediate(resolve))
      // The flag is set from elsewhere.
      if (settled as boolean) return await work
      const [first] = this.#sleepers.sort((a, b) => a.at - b.at)
      if (first === undefined) {
        if (++idle > 1000) throw new Error('nothing is left to wait for, but the work has not ended')
        continue
      }
      idle = 0
      this.#sleepers.shift()
      this.#now = Math.max(this.#now, first.at)
      first.wake()
    }
  }
}

/** The state in memory, through the same text as on a disk, so that every record is read back strictly. */
export class MemoryStore implements StateStore {
  readonly where = 'memory'
  text: string | undefined
  revision = 0
  readonly writes: StoredRelease[] = []
  /** Awaited before each operation; may throw, wait or change the store. */
  before: (verb: 'read' | 'write', release?: StoredRelease) => void | Promise<void> = () => undefined
  /** Awaited after a write has been carried out; throwing loses its answer. */
  after: (release: StoredRelease) => void | Promise<void> = () => undefined

  async read(): Promise<{ release: StoredRelease; revision: string } | undefined> {
    await this.before('read')
    const release = this.now
    return release === undefined ? undefined : { release, revision: String(this.revision) }
  }

  async write(release: StoredRelease, expected: string | undefined): Promise<string | undefined> {
    await this.before('write', release)
    if (expected !== (this.text === undefined ? undefined : String(this.revision))) return undefined
    this.put(release)
    this.writes.push(release)
    const revision = String(this.revision)
    await this.after(release)
    return revision
  }

  put(release: StoredRelease): void {
    this.text = formatRelease(release)
    this.revision++
  }

  get now(): StoredRelease | undefined {
    if (this.text === undefined) return undefined
    const { release, problems } = parseRelease(this.text, this.where)
    if (release === undefined) throw new Error(JSON.stringify(problems))
    return release
  }
}

export type Call = 'check' | 'get' | 'set' | 'reset' | 'deploy' | 'smoke' | 'finalise'

/** Proxy and deployed versions in memory. */
export class Target {
  percent = 0
  deployed = false
  oldGone = false
  readonly calls: {
    readonly owner: string
    readonly call: Call
    readonly detail: string
    readonly at: number
  }[] = []
  /** Awaited before (and, with `late`, after) the call takes effect. */
  before: (call: Call, signal: AbortSignal, owner: string) => void | Promise<void> = () => undefined
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  adapter(owner: string): Adapter {
    const act = async (call: Call, signal: AbortSignal, work: () => void, detail = ''): Promise<void> => {
      this.calls.push({ owner, call, detail, at: this.#clock.now() })
      await this.before(call, signal, owner)
      work()
    }
    return {
      kind: 'sim',
      check: (signal) => act('check', signal, () => undefined),
      get: async (signal) => {
        await act('get', signal, () => undefined)
        return { percent: this.percent, settled: true, detail: `${this.percent} %` }
      },
      set: (percent, signal) => act('set', signal, () => (this.percent = percent), String(percent)),
      reset: (signal) =>
        act('reset', signal, () => {
          this.percent = 0
          this.deployed = false
        }),
      deploy: (signal) => act('deploy', signal, () => (this.deployed = true)),
      smoke: (signal) => act('smoke', signal, () => undefined),
      finalise: (signal) => act('finalise', signal, () => (this.oldGone = true)),
    }
  }

  get end(): 'old' | 'new' | 'mix' {
    if (this.percent === 0 && !this.deployed && !this.oldGone) return 'old'
    return this.percent === 100 && this.deployed && this.oldGone ? 'new' : 'mix'
  }

  /** What a promotion means for the next release: the version that serves is now the old one. */
  next(): void {
    if (this.end !== 'new') return
    this.percent = 0
    this.deployed = false
    this.oldGone = false
  }

  /** Calls that change something. */
  get changes(): string[] {
    return this.calls
      .filter(({ call }) => CHANGES.has(call))
      .map(({ call, detail }) => `${call} ${detail}`.trim())
  }
}

export const CHANGES: ReadonlySet<Call> = new Set(['set', 'reset', 'deploy', 'finalise'])

export const PLAN: ReleasePlan = {
  steps: [5, 25, 100].map((percent) => ({ percent, observeMs: 60_000, hold: false })),
  warmUpMs: 10_000,
  bakeMs: 120_000,
  intervalMs: 15_000,
  maxExtends: 2,
  endPolicy: 'rollback',
  maxErrors: 3,
  maxTries: 3,
}

export type Judge = (window: Window, rig: Rig) => Verdict | Partial<Measurement>

/** A whole world for engines: one store, one target, one clock; each engine has an owner and signals of its own. */
export class Rig {
  readonly clock = new VirtualClock()
  readonly store = new MemoryStore()
  readonly target = new Target(this.clock)
  readonly audit: (AuditRecord & { readonly at: number })[] = []
  readonly notices: Notice[] = []
  readonly windows: Window[] = []
  readonly mirrored: string[] = []
  readonly asked: string[] = []
  judge: Judge = () => 'pass'
  answer: () => ApprovalAnswer = () => ({ kind: 'approved', by: ['ann', 'bob'] })
  /** Awaited before each line of the audit. */
  onAudit: (record: AuditRecord) => void | Promise<void> = () => undefined

  options(owner = 'run-1', more: Partial<EngineOptions> = {}): EngineOptions {
    return {
      store: this.store,
      adapterFor: () => this.target.adapter(owner),
      clock: this.clock,
      log: silentLog,
      signal: new AbortController().signal,
      owner,
      measurer: {
        check: () => Promise.resolve(),
        measure: (window) => {
          this.windows.push(window)
          const told = this.judge(window, this)
          const verdict = typeof told === 'string' ? { verdict: told } : told
          return Promise.resolve({
            at: window.end,
            verdict: 'pass',
            reason: 'judged',
            metrics: [],
            ...verdict,
          })
        },
      },
      approver: {
        ask: (_, reason) => {
          this.asked.push(reason)
          return Promise.resolve()
        },
        answer: () => Promise.resolve(this.answer()),
      },
      notifier: {
        notify: (notice) => {
          this.notices.push(notice)
          return Promise.resolve()
        },
      },
      audit: {
        append: async (record, _, at) => {
          await this.onAudit(record)
          this.audit.push({ ...record, at })
        },
      },
      mirror: {
        update: ({ state }) => {
          this.mirrored.push(state.phase)
          return Promise.resolve()
        },
      },
      ...more,
    }
  }

  request(more: Partial<ReleaseRequest> = {}): ReleaseRequest {
    return {
      id: 'r1',
      environment: 'production',
      old: 'app@sha256:old',
      new: 'app@sha256:new',
      plan: PLAN,
      planHash: 'hash',
      adapter: { kind: 'sim' },
      ...more,
    }
  }

  get pages(): string[] {
    return this.notices.filter(({ level }) => level === 'page').map(({ message }) => message)
  }

  get phase(): string | undefined {
    return this.store.now?.state.phase
  }
}

export const broken = (what: string): Error => environmentError({ code: 'gray-test', what })

/** An adapter of a process that may be killed: from then on none of its calls does anything or ends. */
export function mortal(adapter: Adapter, dead: () => boolean): Adapter {
  const guard = <T>(work: () => Promise<T>): Promise<T> =>
    dead() ? new Promise<never>(() => undefined) : work()
  return {
    kind: adapter.kind,
    check: (signal) => guard(() => adapter.check(signal)),
    get: (signal) => guard(() => adapter.get(signal)),
    set: (percent, signal) => guard(() => adapter.set(percent, signal)),
    reset: (signal) => guard(() => adapter.reset(signal)),
    deploy: (signal) => guard(async () => adapter.deploy?.(signal)),
    smoke: (signal) => guard(async () => adapter.smoke?.(signal)),
    finalise: (signal) => guard(async () => adapter.finalise?.(signal)),
  }
}

/** Never ends by itself; rejects on abort, unless it is deaf to it. */
export function hang(signal: AbortSignal, deaf = false): Promise<never> {
  return new Promise((_, reject) => {
    if (deaf) return
    if (signal.aborted) reject(reasonOf(signal))
    signal.addEventListener('abort', () => {
      reject(reasonOf(signal))
    })
  })
}
