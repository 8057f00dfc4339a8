import { describe, expect, it } from '@jest/globals'
import { runBaseRefresh } from '../../../../src/actions/stages/base-refresh/run.ts'
import type { StageEnd } from '../../../../src/actions/stages/stage.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import { parseObject } from '../../../../src/base/json.ts'
import { parseManifest } from '../../../../src/registry/media-types.ts'
import { GitHubDouble } from '../../../support/github-double.ts'
import { plant } from '../../../support/image-maker.ts'
import { testAct } from '../../../support/registry-act.ts'
import type { RegistryDouble } from '../../../support/registry-double.ts'
import {
  elf,
  stackedImage,
  type StackedOptions,
  type StackedPlatform,
} from '../../../support/stacked-image.ts'
import { clientFor, registry } from '../../registry/support.ts'

type Json = Record<string, unknown>

async function refresh(values: Record<string, string>, env: Record<string, string> = {}): Promise<StageEnd> {
  const { act } = clientFor({}, testAct({ env }))
  return runBaseRefresh((name) => values[name] ?? '', { ...act, cancel: () => undefined, close: () => Promise.resolve() })
} // prettier-ignore

const fault = async (values: Record<string, string>): Promise<PipelineError> => {
  const found = await refresh(values).then(
    (end) => end.failure,
    (error: unknown) => error,
  )
  if (found instanceof PipelineError) return found
  throw new Error(`no failure: ${String(found)}`)
}

const BASE_FILES = [{ 'etc/passwd': 'one' }, { 'etc/ssl/certs': 'certs' }]
const baseOf = (platform: string, certs = 'certs', more: Partial<StackedPlatform> = {}): StackedPlatform => ({
  platform,
  layers: [{ 'etc/passwd': 'one' }, { 'etc/ssl/certs': certs }],
  settings: { Env: ['PATH=/bin', `CERTS=${certs}`], User: '0', Cmd: ['/bin/sh'] },
  history: ['base 0', '!ENV', 'base 1'],
  ...more,
}) // prettier-ignore

const NAME = 'org.opencontainers.image.base.name'
const DIGEST = 'org.opencontainers.image.base.digest'

interface Scene {
  readonly double: RegistryDouble
  readonly image: string
  readonly oldBase: string
  readonly newBase: string
  readonly before: string
}

/** A base, an image on it under v1 and latest, and a newer base under the same tag. */
async function scene(
  options: {
    platforms?: readonly string[]
    own?: Partial<StackedPlatform> & { files?: Record<string, string | Buffer> }
    image?: StackedOptions
    newBase?: (platform: string) => StackedPlatform
    noted?: Record<string, string>
    moved?: boolean
  } = {},
): Promise<Scene> {
  const { platforms = ['linux/amd64', 'linux/arm64'], own = {}, moved = true } = options
  const double = await registry()
  const oldBase = plant(
    double,
    'lib/base',
    await stackedImage(platforms.map((one) => baseOf(one))),
    'nonroot',
  )
  const noted = options.noted ?? { [NAME]: `${double.host}/lib/base:nonroot`, [DIGEST]: oldBase }
  const { files = { 'app/server': elf('server') }, ...more } = own
  const made = await stackedImage(
    platforms.map((platform) => ({
      platform,
      layers: [...BASE_FILES, files],
      settings: {
        Env: ['PATH=/bin', 'CERTS=certs', 'MODE=prod'],
        User: '65532',
        Entrypoint: ['/app/server'],
        Labels: { own: 'x', ...noted },
      },
      history: ['base 0', '!ENV', 'base 1', 'go-image-pipeline'],
      created: '2026-10-01T00:00:00Z',
      ...more,
    })),
    { annotations: noted, ...options.image },
  )
  const before = plant(double, 'acme/hello', made, 'v1', 'latest')
  const fresh = await stackedImage(platforms.map(options.newBase ?? ((one) => baseOf(one, 'newer certs'))))
  const newBase = moved ? plant(double, 'lib/base', fresh, 'nonroot') : oldBase
  return { double, image: `${double.host}/acme/hello`, oldBase, newBase, before }
}

const manifestOf = (double: RegistryDouble, digest: string): Json =>
  parseObject(double.repository('acme/hello').manifests.get(digest)?.bytes ?? '') ?? {}
const blobOf = (double: RegistryDouble, digest: unknown): Json => parseObject(double.blobs.get(String(digest)) ?? '') ?? {} // prettier-ignore

describe('base-refresh', () => {
  it('says that a base is current', async () => {
    const { image } = await scene({ moved: false })
    const end = await refresh({ images: `${image}:v1`, mode: 'rebase' })
    expect(end.outputs).toMatchObject({ verdict: 'current', stale: '[]', refreshed: '[]', images: '' })
    expect(end.failure).toBeUndefined()
  })

  it('reports an old base, and stops when asked to', async () => {
    const created = new Date(1_700_000_000_000 - 3 * 86_400_000).toISOString()
    const { image, double, oldBase, newBase, before } = await scene({
      newBase: (platform) => baseOf(platform, 'newer', { created }),
    })
    const end = await refresh({ images: `${image}:v1\n${image}:latest` })
    expect(JSON.parse(end.outputs['stale'] ?? '')).toEqual(
      ['v1', 'latest'].map((tag) => ({
        image: `${image}:${tag}`,
        digest: before,
        base: `${double.host}/lib/base:nonroot`,
        was: oldBase,
        now: newBase,
        days: 3,
      })),
    )
    expect(end.failure).toBeUndefined()
    expect(end.summary).toContain('old base (new one is 3 days old)')
    const error = await fault({ images: `${image}:v1`, 'fail-on-stale': 'true' })
    expect([error.kind, error.problems[0]?.code]).toEqual(['gate', 'base-stale'])
    expect(double.tags()).toMatchObject({ 'acme/hello:v1': before, 'acme/hello:latest': before })
  })

  it('puts the own layers on the new base, reads the image back, moves the tags, and keeps the old one', async () => {
    const { image, double, newBase, before } = await scene()
    const end = await refresh({ images: `${image}:v1\n${image}:latest`, mode: 'rebase', 'previous-tag': '{tag}-previous' }) // prettier-ignore
    expect(end.failure).toBeUndefined()
    const [{ digest = '' } = {}] = JSON.parse(end.outputs['refreshed'] ?? '') as { digest?: string }[]
    expect(end.outputs).toMatchObject({ verdict: 'refreshed', images: `${image}@${digest}` })
    expect(double.tags()).toEqual({
      'lib/base:nonroot': newBase,
      'acme/hello:v1': digest,
      'acme/hello:latest': digest,
      'acme/hello:v1-previous': before,
      'acme/hello:latest-previous': before,
    })
    const index = manifestOf(double, digest)
    expect(index['annotations']).toMatchObject({ [DIGEST]: newBase })
    const old = manifestOf(double, before)
    for (const [at, entry] of (index['manifests'] as Json[]).entries()) {
      const manifest = manifestOf(double, String(entry['digest']))
      const was = manifestOf(double, String((old['manifests'] as Json[])[at]?.['digest']))
      const layers = (one: Json): unknown[] => (one['layers'] as Json[]).map((layer) => layer['digest'])
      expect(layers(manifest)).toHaveLength(3)
      expect(layers(manifest)[0]).toBe(layers(was)[0])
      expect(layers(manifest)[1]).not.toBe(layers(was)[1])
      expect(layers(manifest)[2]).toBe(layers(was)[2])
      expect(manifest['annotations']).toMatchObject({ [DIGEST]: newBase })
      const config = blobOf(double, (manifest['config'] as Json)['digest'])
      expect(config['config']).toEqual({
        Env: ['PATH=/bin', 'CERTS=newer certs', 'MODE=prod'],
        User: '65532',
        Entrypoint: ['/app/server'],
        Labels: { own: 'x', [NAME]: `${double.host}/lib/base:nonroot`, [DIGEST]: newBase },
      })
      expect(config['created']).toBe('2026-10-01T00:00:00Z')
      expect((config['history'] as Json[]).map((one) => one['created_by'])).toEqual([
        'base 0', 'ENV', 'base 1', 'go-image-pipeline',
      ]) // prettier-ignore
    }
    // Nothing is left to do, and the same work gives the same image.
    const again = await refresh({ images: `${image}:v1`, mode: 'rebase' })
    expect(again.outputs['verdict']).toBe('current')
  })

  it('makes the same image from the same three', async () => {
    const { image, double, before } = await scene()
    const first = await refresh({ images: `${image}:v1`, mode: 'rebase' })
    double.repository('acme/hello').tags.set('v1', before)
    const second = await refresh({ images: `${image}:v1`, mode: 'rebase' })
    expect(second.outputs['images']).toMatch(/@sha256:/)
    expect(second.outputs['images']).toBe(first.outputs['images'])
  })

  it('rebases a single manifest of Docker’s types, and leaves attestations of the old digests out', async () => {
    const docker = await scene({ platforms: ['linux/amd64'], image: { docker: true, single: true } })
    const end = await refresh({ images: `${docker.image}:v1`, mode: 'rebase' })
    const digest = /@(\S+)/.exec(end.outputs['images'] ?? '')?.[1] ?? ''
    const manifest = manifestOf(docker.double, digest)
    expect((manifest['layers'] as Json[]).map((layer) => layer['mediaType'])).toEqual(
      Array(3).fill('application/vnd.docker.image.rootfs.diff.tar.gzip'),
    )
    const attested = await scene({ platforms: ['linux/amd64'], image: { attestation: true } })
    const second = await refresh({ images: `${attested.image}:v1`, mode: 'rebase' })
    expect(second.summary).toContain('1 attestations are left out')
    const to = /@(\S+)/.exec(second.outputs['images'] ?? '')?.[1] ?? ''
    const index = parseManifest(Buffer.from(JSON.stringify(manifestOf(attested.double, to))), '')
    expect('manifests' in index ? index.manifests.length : 0).toBe(1)
  })

  it.each<[string, Parameters<typeof scene>[0], RegExp]>([
    ['a dynamic program', { own: { files: { 'app/server': elf('x', '/lib64/ld-linux-x86-64.so.2') } } }, /app\/server is linked dynamically \(\/lib64\/ld-linux/],
    ['another program that is dynamic', { own: { files: { 'app/server': elf('x'), 'app/tool': elf('x', '/lib/ld-musl-x86_64.so.1') } } }, /app\/tool is linked dynamically/],
    ['a script', { own: { files: { 'app/server': '#!/bin/sh' } } }, /is no program for Linux/],
    ['a program of the base', { own: { files: { 'app/other': elf('x') } } }, /\/app\/server is not in its own layers/],
    ['a step that ran in the base', { own: { history: ['base 0', '!ENV', 'base 1', 'RUN apk add git'] } }, /may have used what is in the base: RUN apk add git/],
    ['another base below than the one noted', { own: { layers: [{ a: 'b' }, { c: 'd' }, { 'app/server': elf('x') }] } }, /lower layers are not those of the base/],
    ['another history', { own: { history: ['x', '!ENV', 'base 1', 'go-image-pipeline'] } }, /history does not begin with/],
    ['nothing of its own', { own: { layers: BASE_FILES, history: ['base 0', '!ENV', 'base 1'] } }, /lower layers are not those of the base/],
    ['a platform that the new base lacks', { newBase: (platform) => baseOf(platform === 'linux/arm64' ? 'linux/s390x' : platform) }, /linux\/arm64: the new base does not have it/],
    ['Windows alone', { platforms: ['windows/amd64'] }, /only layers for Linux/],
  ])('refuses %s, says why, and moves no tag', async (_, options, why) => {
    const { image, double, before } = await scene(options)
    const error = await fault({ images: `${image}:v1`, mode: 'rebase' })
    expect(error.kind).toBe('gate')
    expect(error.problems[0]).toMatchObject({ code: 'rebase-refused' })
    expect(error.problems[0]?.cause).toMatch(why)
    expect(double.tags()).toMatchObject({ 'acme/hello:v1': before, 'acme/hello:latest': before })
  }) // prettier-ignore

  it('refuses when the base as it was is gone', async () => {
    const { image, double, oldBase } = await scene()
    double.repository('lib/base').manifests.delete(oldBase)
    expect((await fault({ images: `${image}:v1`, mode: 'rebase' })).problems[0]?.cause).toMatch(/is gone from its registry/) // prettier-ignore
  })

  it('leaves Windows beside Linux as it is', async () => {
    const { image, double, before } = await scene({ platforms: ['linux/amd64', 'windows/amd64'] })
    const end = await refresh({ images: `${image}:v1`, mode: 'rebase' })
    expect(end.failure).toBeUndefined()
    expect(end.summary).toContain('windows/amd64 stays as it is')
    const digest = /@(\S+)/.exec(end.outputs['images'] ?? '')?.[1] ?? ''
    const entries = (one: string): unknown[] => (manifestOf(double, one)['manifests'] as Json[]).map((entry) => entry['digest']) // prettier-ignore
    expect(entries(digest)[1]).toBe(entries(before)[1])
    expect(entries(digest)[0]).not.toBe(entries(before)[0])
  })

  it.each([
    ['no note', {}, 'it does not note its base'],
    ['a digest that is none', { [NAME]: 'x', [DIGEST]: 'sha256:1' }, 'the digest of its base is none'],
  ])('does not know with %s', async (_, noted, why) => {
    const { image } = await scene({ noted })
    const end = await refresh({ images: `${image}:v1`, mode: 'rebase' })
    expect(end.outputs['verdict']).toBe('current')
    expect(end.summary).toContain(why)
    expect(end.summary).toContain('⚪ unknown')
  })

  it('goes on with the others when one image cannot be read, and fails in the end', async () => {
    const { image, double } = await scene()
    const error = await fault({ images: `${image}:nope\n${image}:v1`, mode: 'rebase' })
    expect(error.kind).toBe('environment')
    expect(error.problems[0]?.code).toMatch(/^registry-/)
    expect(double.tags()['acme/hello:v1']).not.toBe(double.tags()['acme/hello:latest'])
  })

  it('does not turn back a tag that was moved meanwhile', async () => {
    const { image, double } = await scene()
    const other = plant(double, 'acme/hello', await stackedImage([baseOf('linux/amd64', 'other')]))
    const stored = double.repository('acme/hello')
    const set = stored.manifests.set.bind(stored.manifests)
    stored.manifests.set = (key, value) => {
      // Somebody releases while we push.
      stored.tags.set('v1', other)
      return set(key, value)
    }
    const error = await fault({ images: `${image}:v1`, mode: 'rebase' })
    expect(error.problems[0]?.code).toBe('rebase-tag-moved')
    expect(double.tags()['acme/hello:v1']).toBe(other)
  })

  it('tells by one issue, keeps it up to date, closes it and opens it again', async () => {
    const github = await GitHubDouble.start()
    try {
      const { image, double, oldBase, newBase } = await scene()
      const values = { images: `${image}:v1`, mode: 'issue', repository: 'acme/shop', 'github-token': 'ghs_test-token-1' }
      const env = { GITHUB_API_URL: github.url }
      const first = await refresh(values, env)
      expect(github.issues).toHaveLength(1)
      expect(first.outputs['issue']).toBe(github.issues[0]?.['html_url'])
      expect(github.issues[0]).toMatchObject({ state: 'open', title: 'Base images: 1 image stands on an old base' })
      const writes = (): number => github.seen.filter((one) => one.method !== 'GET').length
      const before = writes()
      await refresh(values, env)
      expect(writes()).toBe(before)
      double.repository('lib/base').tags.set('nonroot', oldBase)
      await refresh(values, env)
      expect(github.issues[0]).toMatchObject({ state: 'closed' })
      double.repository('lib/base').tags.set('nonroot', newBase)
      await refresh(values, env)
      expect(github.issues).toHaveLength(1)
      expect(github.issues[0]).toMatchObject({ state: 'open' })
    } finally {
      await github.close()
    }
  }) // prettier-ignore

  it('tells every bad input at once', async () => {
    const error = await fault({
      images: `UPPER\nacme/x@sha256:${'a'.repeat(64)}`,
      mode: 'x',
      'previous-tag': 'old',
    })
    expect(error.problems.map((one) => one.input)).toEqual(['images', 'images', 'mode', 'previous-tag'])
    expect((await fault({})).problems[0]).toMatchObject({ input: 'images' })
  })
})
