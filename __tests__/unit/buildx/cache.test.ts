import { describe, expect, it } from '@jest/globals'
import { cacheScope, layerCache, type LayerCacheFacts } from '../../../src/buildx/cache.ts'

const facts: LayerCacheFacts = {
  driver: 'docker-container',
  containerdStore: false,
  repository: 'ghcr.io/acme/hello',
  loggedIn: true,
  ghaAvailable: true,
  trusted: true,
  defaultBranch: true,
  pullRequest: false,
  release: false,
  generated: false,
  platforms: [
    { os: 'linux', arch: 'arm64' },
    { os: 'linux', arch: 'amd64' },
  ],
  folder: '/cache/',
}
const SCOPE = 'acme-hello-linux-amd64-linux-arm64'
const REF = `ref=ghcr.io/acme/hello:buildcache-${SCOPE}`

describe('layerCache', () => {
  it('lies beside the image when logged in', () => {
    expect(layerCache('auto', facts)).toEqual({
      kind: 'registry',
      from: [`type=registry,${REF}`],
      to: [`type=registry,${REF},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`],
      why: expect.stringContaining('read and written'),
    })
  })

  it('falls back to the Actions cache, mode=min, and never fails the build', () => {
    const cache = layerCache('auto', { ...facts, loggedIn: false })
    expect(cache).toMatchObject({ kind: 'gha', from: [`type=gha,scope=${SCOPE},timeout=3m`] })
    expect(cache.to).toEqual([`type=gha,scope=${SCOPE},timeout=3m,mode=min,ignore-error=true`])
  })

  it('is a folder when asked for', () => {
    expect(layerCache('local', facts)).toMatchObject({
      from: [`type=local,src=/cache/${SCOPE}`],
      to: [
        `type=local,dest=/cache/${SCOPE},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`,
      ],
    })
  })

  it.each<[string, Partial<LayerCacheFacts>]>([
    ['a pull request', { pullRequest: true }],
    ['an untrusted trigger', { trusted: false }],
    ['another branch', { defaultBranch: false }],
  ])('%s only reads', (_name, part) => {
    for (const input of ['registry', 'gha', 'local'] as const) {
      const cache = layerCache(input, { ...facts, ...part })
      expect(cache.from).toHaveLength(1)
      expect(cache.to).toEqual([])
      expect(cache.why).toContain('only read')
    }
  })

  it.each<[string, Parameters<typeof layerCache>[0], Partial<LayerCacheFacts>, RegExp]>([
    ['switched off', 'off', {}, /switched off/],
    ['the generated image', 'auto', { generated: true }, /nothing to cache/],
    ['a release', 'auto', { release: true }, /release/],
    ['the docker driver on the classic store', 'registry', { driver: 'docker' }, /containerd/],
    ['nothing at hand', 'auto', { loggedIn: false, ghaAvailable: false }, /no registry login/],
    ['no cache service', 'gha', { ghaAvailable: false }, /not there/],
  ])('is off for %s', (_name, input, part, why) => {
    expect(layerCache(input, { ...facts, ...part })).toMatchObject({
      kind: 'off',
      from: [],
      to: [],
      why: expect.stringMatching(why),
    })
  })

  it('needs an image name for a registry and a folder for local', () => {
    const { repository: _repository, folder: _folder, ...less } = facts
    expect(layerCache('registry', less).kind).toBe('off')
    expect(layerCache('local', less).kind).toBe('off')
  })

  it('is there for the docker driver with the containerd store, and for a registry without login', () => {
    expect(layerCache('auto', { ...facts, driver: 'docker', containerdStore: true }).kind).toBe('registry')
    expect(layerCache('registry', { ...facts, loggedIn: false })).toMatchObject({
      kind: 'registry',
      to: [],
      why: expect.stringContaining('no login'),
    })
  })

  it('keeps the tag a tag, however long the names', () => {
    const cache = layerCache('registry', {
      ...facts,
      repository: `ghcr.io/${'long-name/'.repeat(30)}x`,
      target: 'run time/ü',
    })
    expect(cache.from[0]).toMatch(/:buildcache-[\w][\w.-]{0,127}$/)
    expect((/:([^:]+)$/.exec(cache.from[0] ?? '')?.[1] ?? '').length).toBeLessThanOrEqual(128)
  })
})

it.each([
  [{ platforms: [] }, 'image'],
  [
    {
      repository: '127.0.0.1:5000/a',
      platforms: [{ os: 'linux', arch: 'arm', variant: 'v7' }],
      target: 'tester',
    },
    'a-tester-linux-arm-v7',
  ],
])('cacheScope(%j)', (part, scope) => {
  expect(cacheScope(part)).toBe(scope)
})
