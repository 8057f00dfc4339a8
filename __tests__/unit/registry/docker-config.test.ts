import { lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Command, Exec } from '../../../src/base/exec.ts'
import type { HostOs } from '../../../src/base/platform.ts'
import {
  credentialFrom,
  dockerConfigFolder,
  helperFor,
  makeDockerConfig,
  mergeDockerConfig,
  readDockerCredentials,
} from '../../../src/registry/docker-config.ts'
import { testAct } from '../../support/registry-act.ts'

const auth = (text: string): string => Buffer.from(text).toString('base64')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-config-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const config = async (content: unknown): Promise<void> => {
  await writeFile(
    join(folder, 'config.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  )
}

/** A machine with these credential helpers; what they are asked is kept. */
function helpers(answers: Record<string, { code: number; stdout: string }>): Exec & { asked: Command[] } {
  const asked: Command[] = []
  return {
    asked,
    run: (command) => {
      asked.push(command)
      const answer = answers[command.argv.join(' ')]
      if (answer === undefined) return Promise.reject(new Error('no such program'))
      return Promise.resolve({ ...answer, stderr: '', tail: [], ms: 1 })
    },
  }
}

describe('where it lies', () => {
  it.each<[HostOs, Record<string, string>, string]>([
    ['linux', { DOCKER_CONFIG: '/x' }, '/x'],
    ['linux', { HOME: '/home/ada' }, join('/home/ada', '.docker')],
    ['darwin', { HOME: '/Users/ada' }, join('/Users/ada', '.docker')],
    ['windows', { userprofile: 'C:\\Users\\ada', HOME: '/c' }, join('C:\\Users\\ada', '.docker')],
    ['windows', { docker_config: 'D:\\dc' }, 'D:\\dc'],
  ])('%s %j', (os, env, expected) => {
    expect(dockerConfigFolder(env, os)).toBe(expected)
  })
})

describe('logins in it', () => {
  it.each([
    ['ghcr.io', { 'ghcr.io': { auth: auth('ada:p:w') } }, { kind: 'password', username: 'ada', password: 'p:w' }],
    ['ghcr.io', { 'https://ghcr.io/v1/': { auth: auth('ada:pw') } }, { kind: 'password', username: 'ada', password: 'pw' }],
    ['docker.io', { 'https://index.docker.io/v1/': { auth: auth('ada:pw') } }, { kind: 'password', username: 'ada', password: 'pw' }],
    ['r.io', { 'r.io': { username: 'ada', password: 'pw' } }, { kind: 'password', username: 'ada', password: 'pw' }],
    ['r.io', { 'r.io': { auth: auth('00000000:'), identitytoken: 'refresh' } }, { kind: 'identity-token', token: 'refresh' }],
    ['r.io', { 'other.io': { auth: auth('ada:pw') } }, undefined],
    ['r.io', { 'r.io': {} }, undefined],
    ['r.io', { 'r.io': { auth: '!!!' } }, undefined],
  ])('%s in %j', (registry, auths, expected) => {
    expect(credentialFrom({ auths }, registry)).toEqual(expected)
  }) // prettier-ignore

  it.each([
    ['r.io', { credsStore: 'desktop' }, { helper: 'desktop', key: 'r.io' }],
    ['docker.io', { credsStore: 'desktop' }, { helper: 'desktop', key: 'https://index.docker.io/v1/' }],
    [
      'r.io',
      { credsStore: 'desktop', credHelpers: { 'r.io': 'ecr-login' } },
      { helper: 'ecr-login', key: 'r.io' },
    ],
    ['r.io', { credsStore: 'desktop', credHelpers: { 'r.io': '' } }, undefined],
    ['r.io', {}, undefined],
  ])('the helper of %s in %j', (registry, content, expected) => {
    expect(helperFor(content, registry)).toEqual(expected)
  })
})

describe('readDockerCredentials', () => {
  it('asks the helper by stdin and masks what it gives', async () => {
    await config({ credsStore: 'desktop' })
    const exec = helpers({
      'docker-credential-desktop get': {
        code: 0,
        stdout: '{"ServerURL":"r.io","Username":"ada","Secret":"hunter2"}',
      },
    })
    const act = testAct({ env: { DOCKER_CONFIG: folder }, exec })
    expect(await readDockerCredentials('r.io', act)).toEqual({
      kind: 'password',
      username: 'ada',
      password: 'hunter2',
    })
    expect(exec.asked[0]?.input).toBe('r.io')
    expect(act.secrets.redact('hunter2')).toBe('***')
  })

  it('knows refresh tokens of helpers', async () => {
    await config({ credHelpers: { 'r.io': 'acr' } })
    const exec = helpers({
      'docker-credential-acr get': { code: 0, stdout: '{"Username":"<token>","Secret":"refresh"}' },
    })
    const act = testAct({ env: { DOCKER_CONFIG: folder }, exec })
    expect(await readDockerCredentials('r.io', act)).toEqual({ kind: 'identity-token', token: 'refresh' })
  })

  it.each([
    ['knows nothing', { 'docker-credential-desktop get': { code: 1, stdout: 'credentials not found in native keychain' } }, 0],
    ['is missing', {}, 1],
  ])('a helper that %s: the file is read', async (_name, answers, warnings) => {
    await config({ credsStore: 'desktop', auths: { 'r.io': { auth: auth('ada:pw') } } })
    const act = testAct({ env: { DOCKER_CONFIG: folder }, exec: helpers(answers) })
    expect(await readDockerCredentials('r.io', act)).toMatchObject({ username: 'ada' })
    expect(act.lines.filter((line) => line.startsWith('warning'))).toHaveLength(warnings)
  }) // prettier-ignore

  it('a helper whose name is a path is not run', async () => {
    await config({ credsStore: '../../evil' })
    const exec = helpers({})
    expect(
      await readDockerCredentials('r.io', testAct({ env: { DOCKER_CONFIG: folder }, exec })),
    ).toBeUndefined()
    expect(exec.asked).toEqual([])
  })

  it('DOCKER_AUTH_CONFIG comes first', async () => {
    await config({ auths: { 'r.io': { auth: auth('file:pw') } } })
    const inherited = JSON.stringify({ auths: { 'r.io': { auth: auth('env:pw') } } })
    const act = testAct({ env: { DOCKER_CONFIG: folder, DOCKER_AUTH_CONFIG: inherited } })
    expect(await readDockerCredentials('r.io', act)).toMatchObject({ username: 'env' })
  })

  it.each([
    ['no file', undefined, 0],
    ['an empty file', '', 0],
    ['a broken file', '{ "auths": ', 1],
  ])('%s: nobody is logged in', async (_name, content, warnings) => {
    if (content !== undefined) await config(content)
    const act = testAct({ env: { DOCKER_CONFIG: folder } })
    expect(await readDockerCredentials('r.io', act)).toBeUndefined()
    expect(act.lines).toHaveLength(warnings)
  })
})

describe('our logins on top', () => {
  const login = (registry: string): { registry: string; username: string; password: string } => ({
    registry,
    username: 'ada',
    password: 'pw',
  })

  it('keep everything else', () => {
    const before = { auths: { 'a.io': { auth: 'x' } }, proxies: { default: {} }, currentContext: 'remote' }
    expect(mergeDockerConfig(before, [login('ghcr.io')])).toEqual({
      ...before,
      auths: { 'a.io': { auth: 'x' }, 'ghcr.io': { auth: auth('ada:pw') } },
    })
  })

  it('are taken out of the stores, which Docker would ask first', () => {
    const merged = mergeDockerConfig(
      { credsStore: 'desktop', credHelpers: { 'ghcr.io': 'gh', 'b.io': 'b' } },
      [login('ghcr.io'), login('c.io')],
    )
    expect(merged['credHelpers']).toEqual({ 'ghcr.io': '', 'b.io': 'b', 'c.io': '' })
    expect(merged['credsStore']).toBe('desktop')
  })

  it('replace every spelling of Docker Hub', () => {
    const merged = mergeDockerConfig({ auths: { 'docker.io': { auth: 'old' } } }, [login('docker.io')])
    expect(merged['auths']).toEqual({ 'https://index.docker.io/v1/': { auth: auth('ada:pw') } })
  })
})

describe('makeDockerConfig', () => {
  const login = { registry: 'ghcr.io', username: 'ada', password: 'hunter2' }

  it.each<[HostOs, boolean]>([
    ['linux', true],
    ['darwin', true],
    ['windows', false],
  ])('on %s: a private copy with contexts and plugins', async (os, linked) => {
    await config({ auths: { 'a.io': { auth: auth('u:p') } } })
    await mkdir(join(folder, 'contexts', 'meta'), { recursive: true })
    await writeFile(join(folder, 'contexts', 'meta', 'meta.json'), '{}')
    await mkdir(join(folder, 'cli-plugins'))
    await writeFile(join(folder, 'cli-plugins', 'docker-buildx'), 'binary')
    await mkdir(join(folder, 'trust'))
    const act = testAct({ env: { DOCKER_CONFIG: folder }, host: { os, arch: 'amd64' } })
    const made = await makeDockerConfig([login], act)
    try {
      expect(made.env).toEqual({ DOCKER_CONFIG: made.dir, BUILDX_CONFIG: join(folder, 'buildx') })
      const written = JSON.parse(await readFile(join(made.dir, 'config.json'), 'utf8')) as { auths: object }
      expect(Object.keys(written.auths)).toEqual(['a.io', 'ghcr.io'])
      expect(await readFile(join(made.dir, 'cli-plugins', 'docker-buildx'), 'utf8')).toBe('binary')
      expect(await readFile(join(made.dir, 'contexts', 'meta', 'meta.json'), 'utf8')).toBe('{}')
      const entry = await lstat(join(made.dir, 'contexts'))
      expect(entry.isSymbolicLink()).toBe(linked)
      if (linked) expect(await readlink(join(made.dir, 'contexts'))).toBe(join(folder, 'contexts'))
      if (process.platform !== 'win32') {
        expect((await stat(made.dir)).mode & 0o777).toBe(0o700)
        expect((await stat(join(made.dir, 'config.json'))).mode & 0o777).toBe(0o600)
      }
      expect(act.secrets.redact(`hunter2 ${auth('ada:hunter2')}`)).toBe('*** ***')
    } finally {
      await act.temp.dispose()
    }
    // Removing the copy leaves the user's own folder alone.
    expect(await readFile(join(folder, 'contexts', 'meta', 'meta.json'), 'utf8')).toBe('{}')
    await expect(stat(made.dir)).rejects.toThrow()
  })

  it('keeps BUILDX_CONFIG, and takes in DOCKER_AUTH_CONFIG, which would win over the file', async () => {
    const inherited = JSON.stringify({
      auths: { 'ghcr.io': { auth: auth('old:old') }, 'b.io': { auth: auth('b:b') } },
    })
    const env = { DOCKER_CONFIG: join(folder, 'none'), BUILDX_CONFIG: '/bx', DOCKER_AUTH_CONFIG: inherited }
    const act = testAct({ env })
    const made = await makeDockerConfig([login], act)
    const written = JSON.parse(await readFile(join(made.dir, 'config.json'), 'utf8')) as object
    await act.temp.dispose()
    expect(made.env).toEqual({ DOCKER_CONFIG: made.dir, BUILDX_CONFIG: '/bx', DOCKER_AUTH_CONFIG: undefined })
    expect('DOCKER_AUTH_CONFIG' in made.env).toBe(true)
    expect(written).toEqual({
      auths: { 'ghcr.io': { auth: auth('ada:hunter2') }, 'b.io': { auth: auth('b:b') } },
    })
  })
})
