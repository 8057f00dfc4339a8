import type { Clock } from './clock.ts'
import type { Exec } from './exec.ts'
import type { TemporaryFolders } from './files.ts'
import type { Http } from './http.ts'
import type { Log } from './log.ts'
import type { Environment, Host } from './platform.ts'
import type { RetryCounter } from './retry.ts'
import type { Secrets } from './secrets.ts'

/**
 * The ports through which anything acts on the world, made once per run. Functions ask for what they need:
 * `Pick<Act, 'exec' | 'log' | 'signal'>`.
 */
export interface Act {
  readonly exec: Exec
  readonly http: Http
  readonly log: Log
  /** Aborted when the run is cancelled (SIGINT, SIGTERM) or a gate has failed. */
  readonly signal: AbortSignal
  readonly host: Host
  /** The environment the run started with. */
  readonly env: Environment
  readonly counter: RetryCounter
  readonly secrets: Secrets
  readonly temp: TemporaryFolders
  readonly clock: Clock
}
