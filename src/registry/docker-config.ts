/** Docker's own client configuration: reading logins from it, and making a private copy with ours. */
import { chmod, cp, lstat, readdir, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { codeOf, messageOf } from '../base/errors.ts'
import { readTextIfAny, writeAtomic } from '../base/files.ts'
import { asObject, parseObject } from '../base/json.ts'
import { type Environment, type HostOs, lookupEnvironment } from '../base/platform.ts'
import { basicToken, maskLogins, type RegistryLogin } from './credentials.ts'
import { normalizeRegistry } from './reference.ts'

export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, as `docker login` keeps it for Azure and Docker Hub's device flow. */
  | { readonly kind: 'identity-token'; readonly token: string }

type Json = Record<string, unknown>

/** The folder of Docker's client configuration. */
export function dockerConfigFolder(env: Environment, os: HostOs): string {
  const own = lookupEnvironment(env, 'DOCKER_CONFIG', os)
  if (own !== undefined && own !== '') return own
  const home = lookupEnvironment(env, os === 'windows' ? 'USERPROFILE' : 'HOME', os)
  return join(home === undefined || home === '' ? homedir() : home, '.docker')
}

const HUB_INDEX = 'index.docker.io'

/** The names under which the configuration may hold a registry: Docker Hub goes by its v1 address. */
export function credentialKeys(registry: string): string[] {
  const name = normalizeRegistry(registry)
  if (name === 'docker.io')
    return [`https://${HUB_INDEX}/v1/`, HUB_INDEX, 'docker.io', 'registry-1.docker.io']
  return [name, `https://${name}`, `https://${name}/`, `https://${name}/v1/`, `https://${name}/v2/`]
}

/**
 * The login Docker would use for a registry: DOCKER_AUTH_CONFIG, then the registry's credHelper, then credsStore,
 * then auths (docker/cli configfile). A broken file or helper costs a warning, and the registry is asked anonymously.
 */
export async function readDockerCredentials(
  registry: string,
  act: Pick<Act, 'env' | 'exec' | 'host' | 'log' | 'signal' | 'secrets'>,
): Promise<Credential | undefined> {
  const { env, host } = act
  const file = join(dockerConfigFolder(env, host.os), 'config.json')
  const config = await readConfig(file, act)
  const fromEnvironment = parseObject(lookupEnvironment(env, 'DOCKER_AUTH_CONFIG', host.os) ?? '')
  const credential =
    credentialFrom(fromEnvironment ?? {}, registry) ??
    (await askHelper(config, registry, act)) ??
    credentialFrom(config, registry)
  if (credential !== undefined)
    act.secrets.mask(credential.kind === 'password' ? credential.password : credential.token)
  return credential
}

/** The login in a configuration's `auths`, without helpers. */
export function credentialFrom(config: Json, registry: string): Credential | undefined {
  const auths = asObject(config['auths']) ?? {}
  for (const key of credentialKeys(registry)) {
    const entry = asObject(auths[key])
    if (entry === undefined) continue
    const identity = entry['identitytoken']
    if (typeof identity === 'string' && identity !== '') return { kind: 'identity-token', token: identity }
    const { auth, username, password } = entry
    if (typeof auth === 'string' && auth !== '') {
      const [, user, secret] =
        /^([^:]*):([\s\S]*)$/.exec(Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')) ?? []
      if (user !== undefined && secret !== undefined && user !== '')
        return { kind: 'password', username: user, password: secret }
    }
    if (typeof username === 'string' && username !== '' && typeof password === 'string')
      return { kind: 'password', username, password }
  }
  return undefined
}

/** The credential helper in charge of a registry, and the name it knows the registry by. */
export function helperFor(config: Json, registry: string): { helper: string; key: string } | undefined {
  const helpers = asObject(config['credHelpers']) ?? {}
  const keys = credentialKeys(registry)
  for (const key of keys) {
    const helper = helpers[key]
    // An empty name is Docker's way to say: not the store, the file.
    if (typeof helper === 'string') return helper === '' ? undefined : { helper, key }
  }
  const store = config['credsStore']
  return typeof store === 'string' && store !== '' ? { helper: store, key: keys[0] ?? registry } : undefined
}

async function askHelper(
  config: Json,
  registry: string,
  act: Pick<Act, 'env' | 'exec' | 'log' | 'signal'>,
): Promise<Credential | undefined> {
  const found = helperFor(config, registry)
  if (found === undefined) return undefined
  // A name with a path in it would run a program that is not a helper.
  if (!/^[\w.-]+$/.test(found.helper)) return undefined
  const program = `docker-credential-${found.helper}`
  try {
    const answer = await act.exec.run({
      argv: [program, 'get'],
      input: found.key,
      env: act.env,
      timeoutMs: 30_000,
      signal: act.signal,
    })
    const json = answer.code === 0 ? parseObject(answer.stdout) : undefined
    const { Username: username, Secret: secret } = json ?? {}
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
      act.log.debug(`${program} knows no login for ${found.key}`)
      return undefined
    }
    return username === '<token>'
      ? { kind: 'identity-token', token: secret }
      : { kind: 'password', username, password: secret }
  } catch (error) {
    act.signal.throwIfAborted()
    act.log.warning(
      `Docker's configuration names the credential helper ${program}, which cannot be used: ${messageOf(error)}`,
    )
    return undefined
  }
}

async function readConfig(file: string, act: Pick<Act, 'log'>): Promise<Json> {
  const text = await readTextIfAny(file)
  if (text === undefined || text.trim() === '') return {}
  const config = parseObject(text)
  if (config === undefined) act.log.warning(`${file} is not a JSON object, so its logins are not used`)
  return config ?? {}
}

/**
 * A configuration with our logins on top. Our registries are taken out of the stores, which Docker would ask before
 * `auths`: an empty helper name for a registry means the file.
 */
export function mergeDockerConfig(config: Json, logins: readonly RegistryLogin[]): Json {
  const auths = { ...asObject(config['auths']) }
  const helpers = { ...asObject(config['credHelpers']) }
  const store = config['credsStore']
  const stored = typeof store === 'string' && store !== ''
  for (const login of logins) {
    const [key = login.registry, ...aliases] = credentialKeys(login.registry)
    for (const alias of aliases) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain record
      delete auths[alias]
    }
    auths[key] = { auth: basicToken(login.username, login.password) }
    if (stored || key in helpers) helpers[key] = ''
  }
  return {
    ...config,
    auths,
    ...(Object.keys(helpers).length === 0 ? {} : { credHelpers: helpers }),
  }
}

export interface PrivateDockerConfig {
  readonly dir: string
  /** For every child that runs docker or buildx. */
  readonly env: {
    readonly DOCKER_CONFIG: string
    readonly BUILDX_CONFIG: string
    /** Present, and undefined, when the variable must be removed: it would win over the file. */
    readonly DOCKER_AUTH_CONFIG?: undefined
  }
}

/** What of the user's folder the CLI needs beside config.json: contexts, plugins, client certificates. */
const SHARED = ['contexts', 'cli-plugins', 'trust', 'ca.pem', 'cert.pem', 'key.pem']

/**
 * A private copy (folder 0700, file 0600) of the user's Docker configuration with our logins in it, so that docker and
 * buildx are logged in without `docker login`: no secret in an argument, nothing changed in the user's own files.
 * Builders stay where they are, by BUILDX_CONFIG. The folder is made by `act.temp`; the caller removes it in post.
 */
export async function makeDockerConfig(
  logins: readonly RegistryLogin[],
  act: Pick<Act, 'env' | 'host' | 'log' | 'temp' | 'secrets'>,
): Promise<PrivateDockerConfig> {
  const { env, host } = act
  maskLogins(logins, act.secrets)
  const source = dockerConfigFolder(env, host.os)
  const inherited = parseObject(lookupEnvironment(env, 'DOCKER_AUTH_CONFIG', host.os) ?? '')
  const config = await readConfig(join(source, 'config.json'), act)
  const auths = { ...asObject(config['auths']), ...asObject(inherited?.['auths']) }
  const dir = await act.temp.make('docker-config')
  await chmod(dir, 0o700)
  const merged = mergeDockerConfig({ ...config, auths }, logins)
  await writeAtomic(join(dir, 'config.json'), `${JSON.stringify(merged, null, 2)}\n`, 0o600)
  for (const name of SHARED) await share(join(source, name), join(dir, name), host.os)
  const buildx = lookupEnvironment(env, 'BUILDX_CONFIG', host.os)
  return {
    dir,
    env: {
      DOCKER_CONFIG: dir,
      BUILDX_CONFIG: buildx === undefined || buildx === '' ? join(source, 'buildx') : buildx,
      ...(inherited === undefined ? {} : { DOCKER_AUTH_CONFIG: undefined }),
    },
  }
}

async function share(from: string, to: string, os: HostOs): Promise<void> {
  try {
    const found = await lstat(from)
    if (found.isDirectory() && (await readdir(from)).length === 0) return
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return
    throw error
  }
  // Links need a privilege on Windows that runners may not have.
  if (os === 'windows') await cp(from, to, { recursive: true, dereference: true })
  else await symlink(from, to)
}
