import { describe, expect, it } from '@jest/globals'
import { cacheLocations, goEnvFile, type LocationFacts, parseGoEnv } from '../../../src/cache/locations.ts'

const linux = { os: 'linux', arch: 'amd64' } as const
const mac = { os: 'darwin', arch: 'arm64' } as const
const windows = { os: 'windows', arch: 'amd64' } as const
const winEnv = { UserProfile: 'C:\\Users\\r', LOCALAPPDATA: 'C:\\Users\\r\\AppData\\Local' }

describe('cache folders', () => {
  it.each<[string, LocationFacts, string | undefined, string | undefined]>([
    [
      'Linux',
      { host: linux, env: { HOME: '/home/r' }, runnerTemp: '/home/r/work/_temp' },
      '/home/r/.cache/go-build',
      '/home/r/go/pkg/mod',
    ],
    [
      'XDG',
      { host: linux, env: { HOME: '/h', XDG_CACHE_HOME: '/x' }, runnerTemp: undefined },
      '/x/go-build',
      '/h/go/pkg/mod',
    ],
    [
      'macOS',
      { host: mac, env: { HOME: '/Users/r' }, runnerTemp: '/tmp/r' },
      '/Users/r/Library/Caches/go-build',
      '/Users/r/go/pkg/mod',
    ],
    [
      'variables',
      { host: linux, env: { HOME: '/h', GOCACHE: '/c', GOMODCACHE: '/m' }, runnerTemp: undefined },
      '/c',
      '/m',
    ],
    [
      'first GOPATH',
      { host: linux, env: { HOME: '/h', GOPATH: '/a:/b' }, runnerTemp: undefined },
      '/h/.cache/go-build',
      '/a/pkg/mod',
    ],
    [
      'go env -w',
      {
        host: linux,
        env: { HOME: '/h', GOMODCACHE: '/env' },
        runnerTemp: undefined,
        goEnv: { GOCACHE: '/w', GOMODCACHE: '/w' },
      },
      '/w',
      '/env',
    ],
    ['no home', { host: linux, env: {}, runnerTemp: '/t' }, undefined, undefined],
    [
      'a relative path',
      { host: linux, env: { HOME: '/h', GOCACHE: 'off' }, runnerTemp: '/t' },
      undefined,
      '/h/go/pkg/mod',
    ],
    [
      'GOCACHEPROG',
      { host: linux, env: { HOME: '/h', GOCACHEPROG: 'prog' }, runnerTemp: '/t' },
      undefined,
      '/h/go/pkg/mod',
    ],
    [
      'Windows on one drive',
      { host: windows, env: winEnv, runnerTemp: 'c:\\temp' },
      'C:\\Users\\r\\AppData\\Local\\go-build',
      'C:\\Users\\r\\go\\pkg\\mod',
    ],
    [
      'Windows, hosted',
      { host: windows, env: winEnv, runnerTemp: 'D:\\a\\_temp' },
      'D:\\go\\build',
      'D:\\go\\pkg\\mod',
    ],
    [
      'Windows, chosen',
      {
        host: windows,
        env: { ...winEnv, GoCache: 'E:\\c', GOPATH: 'C:\\p;C:\\q' },
        runnerTemp: 'D:\\a\\_temp',
      },
      'E:\\c',
      'C:\\p\\pkg\\mod',
    ],
    [
      'Windows without RUNNER_TEMP',
      { host: windows, env: winEnv, runnerTemp: undefined },
      'C:\\Users\\r\\AppData\\Local\\go-build',
      'C:\\Users\\r\\go\\pkg\\mod',
    ],
    [
      'Windows, RUNNER_TEMP without a drive',
      { host: windows, env: winEnv, runnerTemp: 'temp' },
      'C:\\Users\\r\\AppData\\Local\\go-build',
      'C:\\Users\\r\\go\\pkg\\mod',
    ],
  ])('%s', (_, facts, gocache, gomodcache) => {
    const found = cacheLocations(facts)
    expect([found.gocache, found.gomodcache]).toEqual([gocache, gomodcache])
    expect(found.environment['GOCACHE']).toBe(gocache)
    expect(found.environment['GOMODCACHE']).toBe(gomodcache)
  })

  it('move work files along with the caches on Windows, and nowhere else', () => {
    const hosted = { host: windows, env: winEnv, runnerTemp: 'D:\\a\\_temp' }
    expect(cacheLocations(hosted)).toMatchObject({ moved: true, environment: { GOTMPDIR: 'D:\\a\\_temp' } })
    const chosen = { ...hosted, env: { ...winEnv, GOTMPDIR: 'C:\\w' } }
    expect(cacheLocations(chosen).environment).not.toHaveProperty('GOTMPDIR')
    const plain = cacheLocations({ host: linux, env: { HOME: '/h' }, runnerTemp: '/other/disk' })
    expect(plain.moved).toBe(false)
    expect(plain.environment).not.toHaveProperty('GOTMPDIR')
  })

  it('do not follow RUNNER_TEMP on Linux, where act gives another to each job', () => {
    const at = (runnerTemp: string): unknown =>
      cacheLocations({ host: linux, env: { HOME: '/h' }, runnerTemp })
    expect(at('/tmp/a')).toEqual(at('/tmp/b'))
  })
})

it.each([
  [linux, { HOME: '/h' }, '/h/.config/go/env'],
  [linux, { HOME: '/h', XDG_CONFIG_HOME: '/x' }, '/x/go/env'],
  [linux, { HOME: '/h', GOENV: '/e' }, '/e'],
  [linux, { HOME: '/h', GOENV: 'off' }, undefined],
  [linux, {}, undefined],
  [mac, { HOME: '/Users/r' }, '/Users/r/Library/Application Support/go/env'],
  [windows, { APPDATA: 'C:\\A' }, 'C:\\A\\go\\env'],
  [windows, {}, undefined],
])('finds the go env file of %j with %j', (host, env, file) => {
  expect(goEnvFile(host, env)).toBe(file)
})

it('reads go env files', () => {
  expect(parseGoEnv('# c\r\nGOCACHE=/a=b\r\nbad line\nGOFLAGS=\nlower=x\n')).toEqual({
    GOCACHE: '/a=b',
    GOFLAGS: '',
  })
})
