import { afterEach, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Http, wrapResponse } from '../../../src/base/http.ts'
import type { EngineFacts } from '../../../src/buildx/engine.ts'
import {
  BUILDX_RELEASES,
  cacheHome,
  checksumOf,
  decideBuildx,
  installBuildx,
  linkPlugin,
  validateBuildxVersion,
} from '../../../src/buildx/install.ts'
import { MINIMUM_BUILDX, pinnedChecksum, PINNED_BUILDX, releasePlatform } from '../../../src/buildx/pins.ts'
import { PlayedExec, StepClock, testAct, type TestAct } from '../../support/docker-act.ts'

const installed = (version: string): EngineFacts['buildx'] => ({ version, path: '/x/docker-buildx' })

describe('decideBuildx', () => {
  it.each([
    ['auto', installed('0.36.1'), 'installed', '0.36.1'],
    ['auto', installed(MINIMUM_BUILDX), 'installed', MINIMUM_BUILDX],
    ['auto', installed('0.20.9'), 'fetch', PINNED_BUILDX],
    ['auto', installed(''), 'fetch', PINNED_BUILDX],
    ['auto', undefined, 'fetch', PINNED_BUILDX],
    ['latest', installed('9.0.0'), 'fetch', 'latest'],
    ['v0.30.0', installed('0.30.0'), 'installed', '0.30.0'],
    ['0.30.0', installed('0.30.0'), 'installed', '0.30.0'],
    ['0.30.0', installed('0.36.1'), 'fetch', 'v0.30.0'],
    ['v0.37.0-rc1', undefined, 'fetch', 'v0.37.0-rc1'],
  ])('%s with %j', (wanted, have, use, version) => {
    expect(decideBuildx(wanted, have)).toMatchObject({ use, version })
  })
})

it('takes auto, latest and exact versions', () => {
  for (const good of ['auto', 'latest', 'v0.36.1', '0.36.1', 'v0.37.0-rc1'])
    expect(validateBuildxVersion(good)).toEqual([])
  for (const bad of ['', '0.36', 'newest', '>=0.3', 'v1', 'https://x']) {
    expect(validateBuildxVersion(bad)).toEqual([
      expect.objectContaining({ code: 'buildx-version', input: 'buildx-version', value: bad }),
    ])
  }
})

it.each([
  [{ os: 'linux', arch: 'amd64' }, 'linux-amd64'],
  [{ os: 'linux', arch: 'arm' }, 'linux-arm-v7'],
  [{ os: 'darwin', arch: 'arm64' }, 'darwin-arm64'],
  [{ os: 'windows', arch: 'amd64' }, 'windows-amd64'],
  [{ os: 'linux', arch: '386' }, undefined],
] as const)('releasePlatform(%j)', (host, wanted) => {
  expect(releasePlatform(host)).toBe(wanted)
})

it('has a whole SHA-256 for every platform of the pinned release, and for no other', () => {
  for (const platform of ['linux-amd64', 'linux-arm64', 'darwin-arm64', 'windows-amd64'])
    expect(pinnedChecksum(PINNED_BUILDX, platform)).toMatch(/^[0-9a-f]{64}$/)
  expect(pinnedChecksum('v0.1.0', 'linux-amd64')).toBeUndefined()
  expect(pinnedChecksum(PINNED_BUILDX, 'plan9-amd64')).toBeUndefined()
})

it('finds a file in checksums.txt, both ways it is written, and only the whole name', () => {
  const a = 'a'.repeat(64)
  const b = 'B'.repeat(64)
  const listing = `${a} *buildx-v1.linux-amd64.sbom.json\r\n${b} *buildx-v1.linux-amd64\n${a}  buildx-v1.linux-arm64\nnonsense\n`
  expect(checksumOf(listing, 'buildx-v1.linux-amd64')).toBe(b.toLowerCase())
  expect(checksumOf(listing, 'buildx-v1.linux-arm64')).toBe(a)
  expect(checksumOf(listing, 'buildx-v1.linux')).toBeUndefined()
})

it.each([
  [{ os: 'linux', arch: 'amd64' }, { XDG_CACHE_HOME: '/c' }, /^\/c$/],
  [{ os: 'linux', arch: 'amd64' }, {}, /\.cache$/],
  [{ os: 'darwin', arch: 'arm64' }, {}, /Library[/\\]Caches$/],
  [{ os: 'windows', arch: 'amd64' }, { LOCALAPPDATA: 'C:\\L' }, /^C:\\L$/],
] as const)('cacheHome(%j, %j)', (host, env, wanted) => {
  expect(cacheHome(host, env)).toMatch(wanted)
})

describe('installBuildx', () => {
  let act: TestAct
  afterEach(() => act.dispose())
  const engine: EngineFacts = { reachable: false, context: 'default', env: { DOCKER_HOST: 'unix:///s' } }
  const pages = (
    bodies: Record<string, string | number>,
    headers: Record<string, string> = {},
  ): Http & { asked: string[] } => {
    const asked: string[] = []
    return {
      asked,
      request: ({ url }) => {
        asked.push(url)
        const body = bodies[url] ?? 404
        return Promise.resolve(
          wrapResponse(
            typeof body === 'number' ? body : 200,
            headers,
            Readable.from([Buffer.from(typeof body === 'number' ? '' : body)]),
          ),
        )
      },
    }
  }
  const open = async (
    http: Http,
    os: 'linux' | 'windows' = 'linux',
    env: Record<string, string> = {},
  ): Promise<PlayedExec> => {
    const exec = new PlayedExec(() => ({ stdout: 'github.com/docker/buildx v0.31.0 abc' }))
    act = await testAct({
      http,
      exec,
      clock: new StepClock(),
      host: { os, arch: 'amd64' },
      env: { XDG_CACHE_HOME: '', ...env },
    })
    Object.assign(act, {
      env: {
        ...env,
        ...(env['RUNNER_TOOL_CACHE'] === undefined ? { XDG_CACHE_HOME: join(act.folder, 'cache') } : {}),
      },
    })
    return exec
  }
  const base = 'https://mirror.example/buildx'
  const body = 'a program'
  const sum = createHash('sha256').update(body).digest('hex')
  const release = {
    [`${base}/v0.31.0/checksums.txt`]: `${sum} *buildx-v0.31.0.linux-amd64\n${sum} *buildx-v0.31.0.windows-amd64.exe\n`,
    [`${base}/v0.31.0/buildx-v0.31.0.linux-amd64`]: body,
    [`${base}/v0.31.0/buildx-v0.31.0.windows-amd64.exe`]: body,
  }

  it('uses the installed one by its path, whatever DOCKER_CONFIG says', async () => {
    await open(pages({}))
    const buildx = await installBuildx(
      { version: 'auto', env: { DOCKER_CONFIG: '/cfg' } },
      { ...engine, buildx: { version: '0.36.1', path: '/x/docker-buildx' } },
      act,
    )
    expect(buildx).toMatchObject({
      argv: ['/x/docker-buildx'],
      source: 'installed',
      env: { DOCKER_HOST: 'unix:///s', DOCKER_CONFIG: '/cfg' },
    })
  })

  it.each(['linux', 'windows'] as const)('downloads against the published checksum on %s', async (os) => {
    const exec = await open(pages(release), os)
    const buildx = await installBuildx({ version: 'v0.31.0', baseUrl: `${base}/` }, engine, act)
    expect(buildx).toMatchObject({ source: 'download', version: '0.31.0' })
    expect(buildx.path.endsWith(os === 'windows' ? 'docker-buildx.exe' : 'docker-buildx')).toBe(true)
    expect(await readFile(buildx.path, 'utf8')).toBe(body)
    if (process.platform !== 'win32') expect((await stat(buildx.path)).mode & 0o777).toBe(0o755)
    expect(exec.lines).toEqual([`${buildx.path} version`])
  })

  it('takes a kept one only when its bytes are right', async () => {
    const http = pages(release)
    await open(http)
    const first = await installBuildx({ version: 'v0.31.0', baseUrl: base }, engine, act)
    http.asked.length = 0
    expect((await installBuildx({ version: 'v0.31.0', baseUrl: base }, engine, act)).source).toBe(
      'tool-cache',
    )
    expect(http.asked).toHaveLength(1)
    await writeFile(first.path, 'cut sh')
    expect((await installBuildx({ version: 'v0.31.0', baseUrl: base }, engine, act)).source).toBe('download')
    expect(await readFile(first.path, 'utf8')).toBe(body)
  })

  it('never trusts a listing for the pinned release: the committed checksum decides', async () => {
    const http = pages({ [`${base}/${PINNED_BUILDX}/buildx-${PINNED_BUILDX}.linux-amd64`]: body })
    await open(http)
    await expect(installBuildx({ version: 'auto', baseUrl: base }, engine, act)).rejects.toMatchObject({
      problems: [expect.objectContaining({ code: 'checksum-mismatch' })],
    })
    expect(http.asked.some((url) => url.endsWith('checksums.txt'))).toBe(false)
  })

  it('finds the newest release by the redirect of the release page', async () => {
    const http = pages(
      {
        'https://gh.example/releases/latest': 302,
        ...Object.fromEntries(
          Object.entries(release).map(([url, text]) => [
            url.replace(base, 'https://gh.example/releases/download'),
            text,
          ]),
        ),
      },
      { location: 'https://gh.example/releases/tag/v0.31.0' },
    )
    await open(http)
    expect(
      (
        await installBuildx(
          { version: 'latest', baseUrl: 'https://gh.example/releases/download' },
          engine,
          act,
        )
      ).version,
    ).toBe('0.31.0')
  })

  it('falls back to the pin when the newest cannot be known, and says so', async () => {
    await open(pages({}))
    await expect(installBuildx({ version: 'latest' }, engine, act)).rejects.toMatchObject({
      problems: [expect.objectContaining({ code: 'buildx-release-missing' })],
    })
    expect(act.log.warnings.join()).toContain(PINNED_BUILDX)
    expect(BUILDX_RELEASES).toMatch(/^https:/)
  })

  it.each<[string, string, Record<string, string | number>, string]>([
    ['no such release', 'v0.99.0', {}, 'buildx-release-missing'],
    [
      'no checksum for the file',
      'v0.31.0',
      { [`${base}/v0.31.0/checksums.txt`]: 'nothing' },
      'buildx-no-checksum',
    ],
    ['a server that fails', 'v0.31.0', { [`${base}/v0.31.0/checksums.txt`]: 503 }, 'buildx-download'],
    [
      'an altered file',
      'v0.31.0',
      { ...release, [`${base}/v0.31.0/buildx-v0.31.0.linux-amd64`]: 'other' },
      'checksum-mismatch',
    ],
    ['a bad version', '0.3', {}, 'buildx-version'],
  ])('explains %s', async (_name, version, bodies, code) => {
    await open(pages(bodies))
    await expect(installBuildx({ version, baseUrl: base }, engine, act)).rejects.toMatchObject({
      problems: [expect.objectContaining({ code })],
    })
  })

  it('says that no binary is published for an unusual machine', async () => {
    await open(pages({}))
    await expect(
      installBuildx({ version: 'auto' }, engine, { ...act, host: { os: 'linux', arch: '386' } }),
    ).rejects.toMatchObject({ problems: [expect.objectContaining({ code: 'buildx-no-binary' })] })
  })

  it('uses the runner’s tool cache when there is one', async () => {
    await open(pages(release))
    const tools = join(act.folder, 'tools')
    const temp = join(act.folder, 'tmp')
    await mkdir(temp)
    const before = { cache: process.env['RUNNER_TOOL_CACHE'], temp: process.env['RUNNER_TEMP'] }
    process.env['RUNNER_TOOL_CACHE'] = tools
    process.env['RUNNER_TEMP'] = temp
    try {
      const env = { RUNNER_TOOL_CACHE: tools, RUNNER_TEMP: temp }
      const buildx = await installBuildx({ version: 'v0.31.0', baseUrl: base }, engine, { ...act, env })
      expect(buildx.path).toBe(join(tools, 'gip-buildx', '0.31.0', 'amd64', 'docker-buildx'))
      expect(
        (await installBuildx({ version: 'v0.31.0', baseUrl: base }, engine, { ...act, env })).source,
      ).toBe('tool-cache')
    } finally {
      if (before.cache === undefined) delete process.env['RUNNER_TOOL_CACHE']
      else process.env['RUNNER_TOOL_CACHE'] = before.cache
      if (before.temp === undefined) delete process.env['RUNNER_TEMP']
      else process.env['RUNNER_TEMP'] = before.temp
    }
  })

  it('links the plug-in where docker looks for it, again and again', async () => {
    await open(pages({}))
    const path = join(act.folder, 'docker-buildx')
    await writeFile(path, body)
    const config = join(act.folder, 'config')
    for (const os of ['linux', 'linux', 'windows'] as const) {
      const link = await linkPlugin({ path }, config, { os, arch: 'amd64' })
      expect(link).toBe(join(config, 'cli-plugins', os === 'windows' ? 'docker-buildx.exe' : 'docker-buildx'))
      expect((await lstat(link)).isSymbolicLink()).toBe(os !== 'windows')
      expect(await readFile(link, 'utf8')).toBe(body)
    }
  })
})
