import { describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPublish } from '../../../../src/actions/stages/publish/run.ts'
import type { StageEnd } from '../../../../src/actions/stages/stage.ts'
import type { Shell } from '../../../../src/actions/shell.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import { SystemExec } from '../../../../src/base/exec.ts'
import { parseManifest } from '../../../../src/registry/media-types.ts'
import { makeImage, plant } from '../../../support/image-maker.ts'
import { testAct } from '../../../support/registry-act.ts'
import type { RegistryDouble } from '../../../support/registry-double.ts'
import { passed } from '../../report/samples.ts'
import { clientFor, registry } from '../../registry/support.ts'

async function publishing(values: Record<string, string>, top = tmpdir()): Promise<StageEnd> {
  const env = { GITHUB_WORKSPACE: top, PATH: process.env['PATH'] }
  const { act } = clientFor({}, testAct({ env, exec: new SystemExec(env) }))
  const shell: Shell = { ...act, cancel: () => undefined, close: () => Promise.resolve() }
  return runPublish((name) => values[name] ?? '', shell)
}

async function problemsOf(values: Record<string, string>, top = tmpdir()): Promise<PipelineError> {
  try {
    await publishing(values, top)
  } catch (error) {
    if (error instanceof PipelineError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Each platform was built and pushed on its own runner, by digest. */
async function legs(
  ...platforms: string[]
): Promise<{ double: RegistryDouble; digests: string[]; name: string }> {
  const double = await registry()
  const digests: string[] = []
  for (const platform of platforms)
    digests.push(plant(double, 'acme/hello', await makeImage({ platforms: [platform], content: platform })))
  return { double, digests, name: `${double.host}/acme/hello` }
}

describe('publish', () => {
  it('joins the parts in the order of the platforms, then moves the tags', async () => {
    const { double, digests, name } = await legs('linux/arm64', 'linux/amd64')
    const end = await publishing({
      images: name,
      digests: digests.join('\n'),
      platforms: 'linux/amd64,linux/arm64',
      tags: 'v1\nlatest',
      annotations: 'team=web',
    })
    const stored = double.repository('acme/hello')
    const { digest = '' } = end.outputs
    const index = parseManifest(stored.manifests.get(digest)?.bytes ?? Buffer.alloc(0), '')
    expect(index).toMatchObject({ kind: 'index', annotations: { team: 'web' } })
    expect('manifests' in index ? index.manifests.map((one) => one.digest) : []).toEqual(
      [...digests].reverse(),
    )
    expect(double.tags()).toEqual({ 'acme/hello:v1': digest, 'acme/hello:latest': digest })
    expect(end.outputs).toEqual({
      image: `${name}@${digest}`,
      digest,
      tags: `${name}:v1\n${name}:latest`,
      'platform-digests': JSON.stringify({ 'linux/amd64': digests[1], 'linux/arm64': digests[0] }),
    })
    expect(end.summary).toContain(digest)
  })

  it('publishes one image as it is, for the digest that was tested is the digest that is tagged', async () => {
    const double = await registry()
    const digest = plant(double, 'acme/hello', await makeImage())
    const end = await publishing({ images: `${double.host}/acme/hello`, digests: digest, tags: 'v1' })
    expect(end.outputs['digest']).toBe(digest)
    expect(double.tags()).toEqual({ 'acme/hello:v1': digest })
    expect(double.requests(/^PUT .*sha256/)).toEqual([])
  })

  it('is the same image again from the same parts', async () => {
    const { digests, name } = await legs('linux/amd64', 'linux/arm64')
    const once = await publishing({ images: name, digests: digests.join('\n'), tags: 'a' })
    const again = await publishing({ images: name, digests: digests.join('\n'), tags: 'a' })
    expect(again.outputs['digest']).toBe(once.outputs['digest'])
  })

  it('takes the outputs of the legs as they are, indexes with attestations too, and copies to further names', async () => {
    const double = await registry()
    const name = `${double.host}/acme/hello`
    const whole = await makeImage({ platforms: ['linux/amd64'], index: true, attestations: true })
    const plain = await makeImage({ platforms: ['linux/arm64'], content: 'other' })
    const first = plant(double, 'acme/hello', whole)
    const second = plant(double, 'acme/hello', plain)
    const end = await publishing({
      images: `${name}\n${double.host}/mirror/hello`,
      digests: `{"linux/amd64":"${first}"}\n{"linux/arm64":"${second}"}`,
      tags: 'v2',
    })
    const { digest = '' } = end.outputs
    expect(double.tags()).toEqual({ 'acme/hello:v2': digest, 'mirror/hello:v2': digest })
    const index = parseManifest(
      double.repository('mirror/hello').manifests.get(digest)?.bytes ?? Buffer.alloc(0),
      '',
    )
    // The attestation comes after both images.
    expect('manifests' in index ? index.manifests.map((one) => one.platform?.os) : []).toEqual([
      'linux',
      'linux',
      'unknown',
    ])
  })

  it('names every platform that is missing, twice there or not expected, and tags nothing', async () => {
    const { double, digests, name } = await legs('linux/amd64', 'linux/amd64', 'linux/s390x')
    const twice = plant(double, 'acme/hello', await makeImage({ platforms: ['linux/amd64'], content: 'b' }))
    const error = await problemsOf({
      images: name,
      digests: [...digests, twice].join('\n'),
      platforms: 'linux/amd64,windows/amd64',
      tags: 'v1',
    })
    expect(error.exitCode).toBe(1)
    expect(error.problems.map(({ code }) => code).sort()).toEqual([
      'publish-platform-missing',
      'publish-platform-twice',
      'publish-platform-unexpected',
    ])
    expect(double.tags()).toEqual({})
  })

  it('leaves the tags when what was pushed cannot be read back', async () => {
    const { double, digests, name } = await legs('linux/amd64', 'linux/arm64')
    const old = plant(double, 'acme/hello', await makeImage({ content: 'old' }), 'v1')
    const lost = parseManifest(
      double.repository('acme/hello').manifests.get(digests[1] ?? '')?.bytes ?? Buffer.alloc(0),
      '',
    )
    if ('layers' in lost) for (const { digest } of lost.layers) double.blobs.delete(digest)
    const error = await problemsOf({ images: name, digests: digests.join('\n'), tags: 'v1' })
    expect(error.exitCode).not.toBe(0)
    expect(double.tags()).toEqual({ 'acme/hello:v1': old })
  })

  it('lists every bad input at once and asks no registry', async () => {
    const error = await problemsOf({
      images: 'Not A Name',
      digests: 'sha256:123',
      platforms: 'linux',
      verify: 'perhaps',
      tags: 'type=what',
    })
    expect(error.exitCode).toBe(2)
    expect(new Set(error.problems.map(({ input }) => input))).toEqual(
      new Set(['images', 'platforms', 'tags', 'verify']),
    )
    const other = await problemsOf({
      images: 'localhost:1/a',
      digests: 'sha256:123\n{"linux/amd64":""}',
      tags: 'a',
    })
    expect(other.problems.map(({ input }) => input)).toEqual(['digests', 'digests'])
    expect((await problemsOf({ images: 'localhost:1/a', tags: 'a' })).problems[0]?.what).toMatch(
      /nothing to join/,
    )
  })
})

describe('publish from the reports of legs', () => {
  it('takes what each leg pushed; a leg that failed stops it, and no tag moves', async () => {
    const { double, digests, name } = await legs('linux/amd64', 'linux/arm64')
    const top = await mkdtemp(join(tmpdir(), 'gip-publish-'))
    try {
      const leg = async (
        id: string,
        digest: string | undefined,
        outcome: 'passed' | 'failed',
      ): Promise<void> => {
        await mkdir(join(top, 'reports', id), { recursive: true })
        const image = { ...passed.images[0], name, digest }
        await writeFile(
          join(top, 'reports', id, 'report.json'),
          JSON.stringify({ ...passed, outcome, published: false, images: [image] }),
        )
      }
      await leg('linux-amd64', digests[0], 'passed')
      await leg('linux-arm64', digests[1], 'failed')
      const values = { images: name, reports: 'reports', tags: 'v1' }
      expect((await problemsOf(values, top)).problems).toMatchObject([{ what: 'linux-arm64 did not pass' }])
      expect(double.tags()).toEqual({})
      await leg('linux-arm64', undefined, 'passed')
      expect((await problemsOf(values, top)).exitCode).toBe(1)
      await leg('linux-arm64', digests[1], 'passed')
      const end = await publishing(values, top)
      expect(Object.values(JSON.parse(end.outputs['platform-digests'] ?? '{}') as object)).toEqual(digests)
      expect(double.tags()).toEqual({ 'acme/hello:v1': end.outputs['digest'] })
    } finally {
      await rm(top, { recursive: true, force: true })
    }
  })

  it('fails when there are no reports', async () => {
    const error = await problemsOf({ images: 'localhost:1/a', reports: 'not-there', tags: 'a' })
    expect(error.problems).toMatchObject([{ code: 'publish-leg', what: 'there are no reports' }])
  })
})
