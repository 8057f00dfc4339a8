import { posix, win32 } from 'node:path'
import { type Environment, type Host, lookupEnvironment } from '../base/platform.ts'

export interface CacheLocations {
  /** Absolute. Undefined when the run has no such folder of its own (GOCACHEPROG, or a relative path that Go refuses). */
  readonly gocache: string | undefined
  readonly gomodcache: string | undefined
  /** What every go command of the run must get, so that it uses these very folders. */
  readonly environment: Readonly<Record<string, string>>
  /** Moved to the drive of RUNNER_TEMP (Windows only). */
  readonly moved: boolean
}

export interface LocationFacts {
  readonly host: Host
  readonly env: Environment
  /** RUNNER_TEMP. */
  readonly runnerTemp: string | undefined
  /** Settings of `go env -w`: the parsed file {@link goEnvFile}. */
  readonly goEnv?: Readonly<Record<string, string>>
}

/**
 * Where GOCACHE and GOMODCACHE are, by the rules of cmd/go (internal/cache/default.go, internal/cfg): variable, then
 * `go env -w` file, then default. It is worked out here because Go itself may not be installed yet while caches are restored.
 *
 * On Linux and macOS Go's defaults stay. On Windows the slow system drive is left when RUNNER_TEMP is on another
 * one (restores took 12-15 min on C: and 1 min on D:, actions/setup-go#495), unless the user chose a place.
 */
export function cacheLocations(facts: LocationFacts): CacheLocations {
  const { host, env, goEnv = {} } = facts
  const windows = host.os === 'windows'
  const path = windows ? win32 : posix
  const get = (name: string): string | undefined => {
    const value = lookupEnvironment(env, name, host.os)
    return value === undefined || value === '' ? undefined : value
  }
  const setting = (name: string): string | undefined => {
    const saved = goEnv[name]
    return get(name) ?? (saved === undefined || saved === '' ? undefined : saved)
  }

  const home = windows ? get('USERPROFILE') : get('HOME')
  const userCache = windows
    ? get('LocalAppData')
    : host.os === 'darwin'
      ? home && path.join(home, 'Library', 'Caches')
      : (get('XDG_CACHE_HOME') ?? (home && path.join(home, '.cache')))
  const gopath = setting('GOPATH')?.split(path.delimiter)[0] ?? (home && path.join(home, 'go'))
  const chosenCache = setting('GOCACHE')
  const chosenModules =
    setting('GOMODCACHE') ?? (setting('GOPATH') && gopath && path.join(gopath, 'pkg', 'mod'))
  const defaultCache = userCache && path.join(userCache, 'go-build')
  const defaultModules = gopath && path.join(gopath, 'pkg', 'mod')

  const temp = facts.runnerTemp
  const drive = (at: string | undefined): string =>
    at === undefined ? '' : win32.parse(at).root.toUpperCase()
  const away = (at: string | undefined): boolean =>
    windows && temp !== undefined && win32.isAbsolute(temp) && drive(temp) !== drive(at)
  const target = temp === undefined ? '' : path.join(win32.parse(temp).root, 'go')
  const moveCache = chosenCache === undefined && away(defaultCache)
  const moveModules = chosenModules === undefined && away(defaultModules)

  // cmd/go refuses relative folders; GOCACHEPROG replaces the folder by a program.
  const usable = (at: string | undefined): string | undefined =>
    at !== undefined && at !== '' && path.isAbsolute(at) ? path.normalize(at) : undefined
  const gocache =
    setting('GOCACHEPROG') === undefined
      ? usable(chosenCache ?? (moveCache ? path.join(target, 'build') : defaultCache))
      : undefined
  const gomodcache = usable(chosenModules ?? (moveModules ? path.join(target, 'pkg', 'mod') : defaultModules))
  const moved = moveCache || moveModules
  return {
    gocache,
    gomodcache,
    moved,
    environment: {
      ...(gocache === undefined ? {} : { GOCACHE: gocache }),
      ...(gomodcache === undefined ? {} : { GOMODCACHE: gomodcache }),
      // Compilers write and read their work there: the same drive. The folder exists, as Go requires.
      ...(moved && temp !== undefined && setting('GOTMPDIR') === undefined ? { GOTMPDIR: temp } : {}),
    },
  }
}

/** The file of `go env -w`, or undefined when it is off or there is no configuration folder. */
export function goEnvFile(host: Host, env: Environment): string | undefined {
  const get = (name: string): string | undefined => {
    const value = lookupEnvironment(env, name, host.os)
    return value === undefined || value === '' ? undefined : value
  }
  const chosen = get('GOENV')
  if (chosen !== undefined) return chosen === 'off' ? undefined : chosen
  if (host.os === 'windows') {
    const data = get('AppData')
    return data && win32.join(data, 'go', 'env')
  }
  const home = get('HOME')
  if (host.os === 'darwin') return home && posix.join(home, 'Library', 'Application Support', 'go', 'env')
  const config = get('XDG_CONFIG_HOME') ?? (home && posix.join(home, '.config'))
  return config && posix.join(config, 'go', 'env')
}

/** `NAME=value` lines; comments and lines of another form are skipped, as cmd/go does. */
export function parseGoEnv(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    const match = /^([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line)
    if (match?.[1] !== undefined) found[match[1]] = match[2] ?? ''
  }
  return found
}
