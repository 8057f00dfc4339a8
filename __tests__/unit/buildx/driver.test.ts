import { describe, expect, it } from '@jest/globals'
import {
  type BuildNeeds,
  chooseDriver,
  type DriverInput,
  isLoopback,
  pushForm,
} from '../../../src/buildx/driver.ts'
import type { EngineFacts, ServerFacts } from '../../../src/buildx/engine.ts'

const server: ServerFacts = {
  version: '28.5.2',
  product: 'docker',
  os: 'linux',
  arch: 'amd64',
  system: 'Ubuntu',
  storageDriver: 'overlayfs',
  containerdStore: true,
  rootless: false,
  mirrors: ['https://mirror.example/'],
  insecureRegistries: ['127.0.0.0/8', 'old.example:5000'],
  cpus: 4,
  memoryBytes: 1,
}
const engine = (part: Partial<ServerFacts> = {}): EngineFacts => ({
  reachable: true,
  context: 'default',
  env: {},
  server: { ...server, ...part },
})
const AMD64 = { os: 'linux', arch: 'amd64' }
const ARM64 = { os: 'linux', arch: 'arm64' }
const WINDOWS = { os: 'windows', arch: 'amd64' }
const needs: BuildNeeds = {
  platforms: [AMD64, ARM64],
  attestations: true,
  cacheExport: true,
  mirrors: [],
  insecure: [],
  ca: false,
  rawConfig: false,
}
const single: BuildNeeds = { ...needs, platforms: [AMD64], attestations: false, cacheExport: false }
const classic = engine({ containerdStore: false })
const down: EngineFacts = {
  reachable: false,
  context: 'default',
  env: {},
  problem: { code: 'docker-down', what: 'no Docker engine can be used' },
}

describe('chooseDriver', () => {
  it.each<[string, DriverInput, EngineFacts, Partial<BuildNeeds>, string, boolean, RegExp]>([
    ['the containerd store does it all', 'auto', engine(), {}, 'docker', false, /no builder to boot/],
    [
      'mirrors that the engine has',
      'auto',
      engine(),
      { mirrors: [{ registry: 'docker.io', url: 'https://mirror.example' }] },
      'docker',
      false,
      /no builder/,
    ],
    [
      'mirrors that it does not have',
      'auto',
      engine(),
      { mirrors: [{ registry: 'docker.io', url: 'https://other.example' }] },
      'docker-container',
      true,
      /mirrors/,
    ],
    [
      'mirrors of another registry',
      'auto',
      engine(),
      { mirrors: [{ registry: 'ghcr.io', url: 'https://mirror.example' }] },
      'docker-container',
      true,
      /mirrors/,
    ],
    [
      'insecure ones that it accepts',
      'auto',
      engine(),
      { insecure: ['127.0.0.1:5000', 'localhost:1', 'old.example:5000'] },
      'docker',
      false,
      /no builder/,
    ],
    [
      'insecure ones that it refuses',
      'auto',
      engine(),
      { insecure: ['new.example'] },
      'docker-container',
      true,
      /new\.example/,
    ],
    ['an authority', 'auto', engine(), { ca: true }, 'docker-container', true, /authority/],
    ['a raw configuration', 'auto', engine(), { rawConfig: true }, 'docker-container', true, /buildkitd/],
    ['Podman', 'auto', engine({ product: 'podman' }), {}, 'docker-container', true, /Podman/],
    [
      'the classic store',
      'auto',
      classic,
      {},
      'docker-container',
      true,
      /several platforms, an OCI export, attestations, a layer cache/,
    ],
    [
      'the classic store, one platform to push',
      'auto',
      classic,
      { ...single },
      'docker-container',
      true,
      /OCI export/,
    ],
    [
      'the classic store, one platform to load',
      'auto',
      classic,
      { ...single, output: 'load' },
      'docker',
      false,
      /no builder/,
    ],
    [
      'the classic store, a tester target',
      'auto',
      classic,
      { ...single, output: 'none' },
      'docker',
      false,
      /no builder/,
    ],
    ['an address', 'auto', down, { endpoint: 'tcp://buildkit:1234' }, 'remote', true, /address/],
    ['a context', 'auto', engine(), { endpoint: 'other-context' }, 'docker-container', true, /context/],
    ['asked for: docker-container', 'docker-container', engine(), {}, 'docker-container', true, /asked/],
    ['asked for: docker', 'docker', engine(), {}, 'docker', false, /asked/],
    ['asked for: kubernetes, no engine', 'kubernetes', down, {}, 'kubernetes', true, /asked/],
    ['asked for: remote, no engine', 'remote', down, { endpoint: 'tcp://b:1' }, 'remote', true, /asked/],
  ])('%s', (_name, input, facts, part, driver, boots, why) => {
    expect(chooseDriver(input, facts, { ...needs, ...part })).toMatchObject({ driver, boots, problems: [] })
    expect(chooseDriver(input, facts, { ...needs, ...part }).why).toMatch(why)
  })

  it.each<[string, DriverInput, EngineFacts, Partial<BuildNeeds>, string, string, RegExp]>([
    ['no engine', 'auto', down, {}, 'none', 'docker-down', /.*/],
    ['no engine for docker', 'docker', down, {}, 'none', 'docker-down', /.*/],
    ['remote without an address', 'remote', engine(), {}, 'remote', 'endpoint-missing', /tcp:\/\//],
    [
      'remote with settings',
      'remote',
      engine(),
      { endpoint: 'tcp://b:1', ca: true },
      'remote',
      'remote-config',
      /buildkitd\.toml/,
    ],
    [
      'kubernetes and loopback',
      'kubernetes',
      down,
      { loopbackRegistry: true },
      'kubernetes',
      'loopback-registry',
      /cluster/,
    ],
    ['docker on the classic store', 'docker', classic, {}, 'docker', 'driver-cannot', /docker-container/],
    [
      'a Windows engine for Linux',
      'auto',
      engine({ os: 'windows' }),
      {},
      'none',
      'windows-engine',
      /ubuntu-latest/,
    ],
    [
      'a Windows engine for Windows',
      'docker',
      engine({ os: 'windows' }),
      { platforms: [WINDOWS] },
      'none',
      'windows-engine',
      /windows-2022/,
    ],
  ])('refuses: %s', (_name, input, facts, part, driver, code, fix) => {
    const choice = chooseDriver(input, facts, { ...needs, ...part })
    expect(choice.driver).toBe(driver)
    expect(choice.problems.map((problem) => problem.code)).toEqual([code])
    expect(choice.problems[0]?.fix ?? '').toMatch(fix)
  })

  it('does not call a loopback registry a setting of a remote builder', () => {
    expect(
      chooseDriver('remote', down, { ...needs, endpoint: 'tcp://b:1', insecure: ['127.0.0.1:5000'] })
        .problems,
    ).toEqual([])
  })
})

it.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['127.8.9.10', true],
  ['[::1]:5000', true],
  ['10.0.0.1', false],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
])('isLoopback(%s)', (host, wanted) => {
  expect(isLoopback(host)).toBe(wanted)
})

it.each([
  ['docker', 'oci'],
  ['docker-container', 'digest'],
  ['remote', 'digest'],
  ['kubernetes', 'digest'],
] as const)('%s pushes as %s', (driver, form) => {
  expect(pushForm(driver)).toBe(form)
})
