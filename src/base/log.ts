/**
 * The log as a port: the action writes workflow commands, the CLI writes plain lines to stderr.
 * Implementations redact secrets.
 */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string
  /** Repository-relative, with forward slashes. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export interface Log {
  info(line: string): void
  debug(line: string): void
  warning(message: string): void
  error(message: string): void
  annotate(annotation: Annotation): void
}

/** Drops everything: for tests and for calls whose output nobody needs. */
export const silentLog: Log = {
  info: () => undefined,
  debug: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  annotate: () => undefined,
}

/** A log that puts `[name] ` before each line, so that concurrent steps can be told apart. */
export function prefixed(log: Log, name: string): Log {
  return {
    ...log,
    info: (line) => log.info(`[${name}] ${line}`),
    debug: (line) => log.debug(`[${name}] ${line}`),
  }
}
