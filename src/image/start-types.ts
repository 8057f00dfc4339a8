import type { Act } from '../base/act.ts'
import type { Problem } from '../base/errors.ts'
import type { Environment, Platform } from '../base/platform.ts'
import type { Listener } from './ports.ts'

export type StartMode = 'auto' | 'service' | 'command' | 'off'

export interface StartOptions {
  /** A tag, `name@digest` or an image ID. */
  readonly image: string
  /** Fetch it from its registry first; else the engine must hold it. Needs `platform`. */
  readonly pull?: boolean
  /** Remove it from the engine afterwards (one that was there before a pull stays). */
  readonly remove?: boolean
  readonly platform?: Platform
  /** auto: a program that goes on running is a service, one that exits 0 a command. */
  readonly mode: StartMode
  readonly args?: readonly string[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  /** Must answer 2xx from outside. */
  readonly healthPath?: string
  /** Ports that must be open, on top of the image's EXPOSE: `8080`, `8080/tcp`. */
  readonly expose?: readonly string[]
  readonly user?: string
  /** Until it listens and is healthy (service), or until it ends (command). Default 30 s. */
  readonly timeoutMs?: number
  /**
   * How long a service has to stay up after that. Default 0.5 s where a health path proves that it works (it answers at the
   * beginning and at the end of that time), 2 s where an open port is all there is to see.
   */
  readonly settleMs?: number
  /** From SIGTERM to the end. Default 10 s, as Docker and Kubernetes (30 s) would wait at least. */
  readonly graceMs?: number
  readonly memory?: string
  readonly cpus?: string
  /** Environment of the docker calls: DOCKER_HOST, DOCKER_CONFIG. */
  readonly dockerEnv?: Environment
  /** Takes the removal of containers and image, to be awaited later: the verdict need not wait for it. */
  readonly defer?: (removal: Promise<void>) => void
  /** Marks the container, so that a post step can remove what a killed run left. */
  readonly run?: string
}

export interface StartReport {
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly as: 'service' | 'command' | undefined
  readonly platform?: string
  /** Why it failed; empty when it passed. */
  readonly problems: readonly Problem[]
  /** What is not in order, but does not stop a release. */
  readonly warnings: readonly Problem[]
  /** From start to listening (and healthy). */
  readonly readyMs?: number
  readonly stopMs?: number
  readonly exitCode?: number
  readonly listeners: readonly Listener[]
  readonly health?: { readonly path: string; readonly status: number; readonly ms: number }
  /** The last 50 lines of its output. */
  readonly logs: readonly string[]
  readonly readOnly: boolean
  /** One line for people. */
  readonly summary: string
  /** What this start proves for later runs, see `startProof`; absent when it is not to be relied on. */
  readonly proof?: string
  /** An earlier run has proved it then (RFC 3339, UTC), and nothing was started. */
  readonly provenAt?: string
}

/** `counter` counts the retries of a pull. */
export type StartAct = Pick<Act, 'exec' | 'log' | 'signal' | 'host' | 'clock' | 'temp' | 'http' | 'counter'>
