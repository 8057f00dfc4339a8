import { describe, expect, it } from '@jest/globals'
import {
  formatPlatform,
  goEnvironment,
  hostOf,
  lookupEnvironment,
  mergeEnvironment,
  parsePlatform,
  platformSlug,
  samePlatform,
} from '../../../src/base/platform.ts'

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', { os: 'linux', arch: 'amd64' }],
    ['linux/arm64/v8', { os: 'linux', arch: 'arm64' }],
    ['linux/arm/v7', { os: 'linux', arch: 'arm', variant: 'v7' }],
    ['linux/x86_64', { os: 'linux', arch: 'amd64' }],
    ['linux/aarch64', { os: 'linux', arch: 'arm64' }],
    ['linux/amd64/v3', { os: 'linux', arch: 'amd64', variant: 'v3' }],
    ['windows(10.0.20348.2700)/amd64', { os: 'windows', arch: 'amd64', osVersion: '10.0.20348.2700' }],
  ])('%s', (text, platform) => {
    expect(parsePlatform(text)).toEqual(platform)
  })

  it.each([
    ['linux', 'write os/arch'],
    ['linux/z80', 'Go has no architecture z80'],
    ['darwin/arm64', 'no container images exist for darwin'],
    ['windows/riscv64', 'Go does not build for windows/riscv64'],
    ['linux/arm/v9', 'arm has the variants'],
    ['linux/s390x/v1', 's390x has no variants'],
    ['linux(1.2)/amd64', 'only Windows has an OS version'],
  ])('%s is refused', (text, reason) => {
    expect(parsePlatform(text)).toEqual({ reason: expect.stringContaining(reason) as unknown as string })
  })
})

describe('names and environments of platforms', () => {
  it.each([
    [
      { os: 'linux', arch: 'arm', variant: 'v6' },
      'linux/arm/v6',
      'linux_armv6',
      { GOOS: 'linux', GOARCH: 'arm', GOARM: '6' },
    ],
    [
      { os: 'linux', arch: 'amd64', variant: 'v3' },
      'linux/amd64/v3',
      'linux_amd64v3',
      { GOOS: 'linux', GOARCH: 'amd64', GOAMD64: 'v3' },
    ],
    [{ os: 'linux', arch: 'arm' }, 'linux/arm', 'linux_arm', { GOOS: 'linux', GOARCH: 'arm', GOARM: '7' }],
    [
      { os: 'linux', arch: 'arm64', variant: 'v9.0' },
      'linux/arm64/v9.0',
      'linux_arm64v9_0',
      { GOOS: 'linux', GOARCH: 'arm64', GOARM64: 'v9.0' },
    ],
  ])('%j', (platform, name, slug, env) => {
    expect(formatPlatform(platform)).toBe(name)
    expect(platformSlug(platform)).toBe(slug)
    expect(goEnvironment(platform)).toEqual(env)
  })

  it('treats arm as arm/v7', () => {
    expect(samePlatform({ os: 'linux', arch: 'arm' }, { os: 'linux', arch: 'arm', variant: 'v7' })).toBe(true)
    expect(samePlatform({ os: 'linux', arch: 'arm', variant: 'v6' }, { os: 'linux', arch: 'arm' })).toBe(
      false,
    )
  })
})

describe('hosts', () => {
  it.each([
    ['win32', 'x64', 'LE', { os: 'windows', arch: 'amd64' }],
    ['darwin', 'arm64', 'LE', { os: 'darwin', arch: 'arm64' }],
    ['linux', 'ia32', 'LE', { os: 'linux', arch: '386' }],
    ['linux', 'ppc64', 'LE', { os: 'linux', arch: 'ppc64le' }],
    ['linux', 'ppc64', 'BE', { os: 'linux', arch: 'ppc64' }],
  ])('%s %s %s', (platform, arch, endianness, host) => {
    expect(hostOf(platform, arch, endianness)).toEqual(host)
  })

  it('Windows environment names ignore case, others do not', () => {
    expect(mergeEnvironment({ Path: 'a', X: '1' }, { PATH: 'b', X: undefined }, 'windows')).toEqual({
      PATH: 'b',
    })
    expect(mergeEnvironment({ Path: 'a' }, { PATH: 'b' }, 'linux')).toEqual({ Path: 'a', PATH: 'b' })
    expect(lookupEnvironment({ Path: 'a' }, 'PATH', 'windows')).toBe('a')
    expect(lookupEnvironment({ Path: 'a' }, 'PATH', 'linux')).toBeUndefined()
  })
})
