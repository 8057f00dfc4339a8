import type { Environment, Host } from '../base/platform.ts'
import { lookupEnvironment } from '../base/platform.ts'
import { meetsMinimum, parseGoVersion } from './version.ts'

export interface ToolchainEnvironment {
  /** For every command from now on; an undefined value removes the variable. PATH is complete. */
  readonly env: Environment
  /** The folder to put in front of PATH of later steps (`core.addPath`). */
  readonly addPath: string
  /** One line for the log: what GOTOOLCHAIN became and why. */
  readonly explanation: string
  /** False when Go itself will have to fetch another toolchain for these modules. */
  readonly satisfied: boolean
}

/** The runner's keys to the cache service and to the clouds: the repository's tests have no use for them. */
const RUNNER_KEYS: Environment = {
  ACTIONS_RUNTIME_TOKEN: undefined,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
  ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
}

/**
 * The environment in which exactly the installed Go is used.
 *
 * GOTOOLCHAIN is `local` (no surprise downloads) only when the installed Go accepts every module; otherwise `auto`,
 * so that Go fetches what the modules ask for. What an earlier step exported does not count: a GOTOOLCHAIN=local left
 * behind by another set-up would make Go refuse a module, or make us ignore its `toolchain` line.
 * GOROOT is removed, because one that belongs to another Go breaks this one; so are the runner's own tokens.
 *
 * @param required max of the `go` and `toolchain` lines of all modules (`1.26`, `1.26.3`), if there is any
 */
export function toolchainEnvironment(
  installed: { readonly version: string; readonly bin: string; readonly root: string },
  required: string | undefined,
  env: Environment,
  host: Host,
): ToolchainEnvironment {
  const windows = host.os === 'windows'
  const addPath = windows ? `${installed.root}\\bin` : `${installed.root}/bin`
  const separator = windows ? ';' : ':'
  const rest = (lookupEnvironment(env, 'PATH', host.os) ?? '')
    .split(separator)
    .filter((folder) => folder !== '' && folder !== addPath)
  const version = parseGoVersion(installed.version)
  const satisfied = required === undefined || (version !== undefined && meetsMinimum(version, required))
  const value = satisfied ? 'local' : 'auto'
  const inherited = lookupEnvironment(env, 'GOTOOLCHAIN', host.os)
  const replaced =
    inherited === undefined || inherited === '' || inherited === value ? '' : ` (it was ${inherited})`
  const why = satisfied
    ? required === undefined
      ? `Go ${installed.version} is used as it is`
      : `Go ${installed.version} accepts every module (they ask for ${required} or newer)`
    : `a module asks for Go ${required}, newer than the installed ${installed.version}: Go itself fetches ${required} for it`
  return {
    env: {
      ...RUNNER_KEYS,
      PATH: [addPath, ...rest].join(separator),
      GOROOT: undefined,
      GOTOOLCHAIN: value,
    },
    addPath,
    explanation: `GOTOOLCHAIN=${value}${replaced}: ${why}`,
    satisfied,
  }
}
