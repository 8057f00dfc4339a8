/** Ports for registry tests: the real network on loopback, a clock that does not wait, a log that remembers. */
import { tmpdir } from 'node:os'
import type { Act } from '../../src/base/act.ts'
import { type Clock, reasonOf } from '../../src/base/clock.ts'
import type { Exec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import { type Http, SystemHttp } from '../../src/base/http.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import type { Environment, Host } from '../../src/base/platform.ts'
import { RetryCounter } from '../../src/base/retry.ts'
import { Secrets } from '../../src/base/secrets.ts'

/** Time passes only by sleeping, and sleeping takes none. */
export class InstantClock implements Clock {
  readonly sleeps: number[] = []
  #now = 1_700_000_000_000

  now(): number {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw reasonOf(signal)
    this.sleeps.push(ms)
    this.#now += ms
    // Give other work its turn, as a real wait would.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export interface TestAct extends Act {
  readonly clock: InstantClock
  readonly http: Http & { close(): Promise<void> }
  /** Every line, with its level. */
  readonly lines: string[]
  readonly abort: (reason?: Error) => void
}

const noExec: Exec = {
  run: () => Promise.reject(new Error('no program may be run in this test')),
}

export function testAct(
  options: { env?: Environment; exec?: Exec; host?: Host; signal?: AbortSignal } = {},
): TestAct {
  const lines: string[] = []
  const secrets = new Secrets()
  const controller = new AbortController()
  const keep =
    (level: string) =>
    (line: string): void => {
      lines.push(`${level}: ${line}`)
    }
  const log: Log = {
    ...silentLog,
    info: keep('info'),
    debug: keep('debug'),
    warning: keep('warning'),
    error: keep('error'),
  }
  return {
    exec: options.exec ?? noExec,
    http: new SystemHttp(),
    log,
    lines,
    signal: options.signal ?? controller.signal,
    abort: (reason) => {
      controller.abort(reason ?? new Error('aborted by the test'))
    },
    host: options.host ?? { os: 'linux', arch: 'amd64' },
    env: options.env ?? {},
    counter: new RetryCounter(),
    secrets,
    temp: new TemporaryFolders(tmpdir()),
    clock: new InstantClock(),
  }
}
