import type { Platform } from '../base/platform.ts'
import {
  type DockerfileFacts,
  type DockerfileStage,
  neededStages,
  type StageConfig,
} from './dockerfile-parse.ts'

/**
 * `error`: the build or the image cannot work; `warning`: slow, unsafe or likely to break; `note`: worth knowing.
 */
export interface DockerfileFinding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'note'
  /** One sentence without a full stop. */
  readonly message: string
  /** 1-based. */
  readonly line: number
  readonly fix?: string
  /** Lines to take out (`- `) and to put in (`+ `), as in a diff. */
  readonly patch?: string
}

export interface TrapContext {
  readonly platforms: readonly Platform[]
  /** Content of .dockerignore; undefined when there is none. */
  readonly dockerignore?: string
  readonly target?: string
  /** The `go` line of go.mod, `1.26.3`. */
  readonly goVersion?: string
  /** Programs of foreign platforms run here (QEMU is installed). Unknown when absent. */
  readonly emulation?: boolean
}

/** The furnishing that a base lacks decides what is a trap on it. */
export const NO_SHELL =
  /^scratch$|(?:^|\/)distroless\/(?!.*:.*debug)|(?:^|\/)chainguard\/static|^cgr\.dev\/chainguard\/static/
export const STATIC_BASE = /^scratch$|(?:^|\/)distroless\/static|chainguard\/static/

/** What every trap looks at, and where it tells what it found. */
export class Scene {
  readonly facts: DockerfileFacts
  readonly context: TrapContext
  readonly config: StageConfig
  /** Stages that the build of the wanted one runs. */
  readonly needed: readonly DockerfileStage[]
  readonly found: DockerfileFinding[] = []

  constructor(facts: DockerfileFacts, context: TrapContext, config: StageConfig) {
    this.facts = facts
    this.context = context
    this.config = config
    this.needed = neededStages(facts, config.stage)
  }

  add(
    severity: DockerfileFinding['severity'],
    code: string,
    line: number,
    message: string,
    fix: string,
    patch?: string,
  ): void {
    this.found.push({ code, severity, message, line, fix, ...(patch === undefined ? {} : { patch }) })
  }

  /** A line of the file, 1-based. */
  line(number: number): string {
    return this.facts.lines[number - 1] ?? ''
  }

  /** The text of a line range as a diff. */
  patch(line: number, endLine: number, put: string): string {
    const out = this.facts.lines.slice(line - 1, endLine).map((text) => `- ${text}`)
    return [...out, ...put.split('\n').map((text) => `+ ${text}`)].join('\n')
  }
}
