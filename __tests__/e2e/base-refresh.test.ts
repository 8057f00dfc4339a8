import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, crane, describeWithRig, projectOf, rigUp, rigValue, run, until } from '../support/rig.ts'

if (rigUp) jest.setTimeout(600_000)

interface Manifest {
  readonly layers: readonly { readonly digest: string }[]
  readonly annotations: Readonly<Record<string, string>>
}

describeWithRig('base-refresh against a real registry and engine', () => {
  const at = (name: string): string => `${rigValue('GIP_REGISTRY')}/e2e-base-${process.pid}/${name}`
  let folder: string
  let project: Awaited<ReturnType<typeof projectOf>>

  /** A base as its own maintainers make it: one layer, one setting. */
  async function pushBase(motd: string): Promise<string> {
    await mkdir(join(folder, motd, 'etc'), { recursive: true })
    await writeFile(join(folder, motd, 'etc/motd'), `${motd}\n`)
    const tar = join(folder, `${motd}.tar`)
    await run(['tar', '-C', join(folder, motd), '-cf', tar, 'etc'])
    await crane('append', '--oci-empty-base', '-f', tar, '-t', at('base:stable'))
    await crane('mutate', '--set-platform', 'linux/amd64', '--env', `BASE=${motd}`, '-t', at('base:stable'), at('base:stable')) // prettier-ignore
    return crane('digest', at('base:stable'))
  }
  const manifestOf = async (ref: string): Promise<Manifest> =>
    JSON.parse(await crane('manifest', ref)) as Manifest
  const layersOf = async (ref: string): Promise<string[]> =>
    (await manifestOf(ref)).layers.map((layer) => layer.digest)
  const refresh = (...more: string[]): ReturnType<typeof cli> =>
    cli(['base-refresh', '--json', '--images', at('hello:v1'), ...more], { env: { RUNNER_TEMP: folder } })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-e2e-'))
    project = await projectOf('hello')
  })
  afterAll(async () => {
    await project.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  it('tells an old base, replaces it, and the image still starts', async () => {
    const first = await pushBase('one')
    const built = await cli(
      ['run', '--json', '--images', at('hello'), '--tags', 'v1', '--push', 'true', '--platforms', 'linux/amd64', '--base', at('base:stable'), '--file', 'none', '--test', 'false', '--vet', 'false', '--start', 'off', '--cache', 'off'],
      { cwd: project.folder, env: { RUNNER_TEMP: folder } },
    ) // prettier-ignore
    expect(built.code === 0 ? '' : built.stderr).toBe('')
    const before = await crane('digest', at('hello:v1'))
    const layers = await layersOf(at('hello:v1'))
    expect(layers).toHaveLength(2)
    expect((await manifestOf(at('hello:v1'))).annotations).toMatchObject({
      'org.opencontainers.image.base.name': at('base:stable'),
      'org.opencontainers.image.base.digest': first,
    })
    const current = await refresh('--mode', 'rebase')
    expect(JSON.parse(current.stdout)).toMatchObject({ verdict: 'current' })

    const second = await pushBase('two')
    const stale = await refresh('--fail-on-stale', 'true')
    expect(stale.code).toBe(1)
    expect(stale.stderr).toContain('stands on an old base')
    expect(await crane('digest', at('hello:v1'))).toBe(before)

    const done = await refresh('--mode', 'rebase', '--previous-tag', '{tag}-previous')
    expect(done.code === 0 ? '' : done.stderr).toBe('')
    const { images, verdict } = JSON.parse(done.stdout) as Record<string, string>
    const after = await crane('digest', at('hello:v1'))
    expect({ images, verdict }).toEqual({ images: `${at('hello')}@${after}`, verdict: 'refreshed' })
    expect(await layersOf(at('hello:v1'))).toEqual([(await layersOf(at('base:stable')))[0], layers[1]])
    expect(await crane('digest', at('hello:v1-previous'))).toBe(before)
    // A third party's own check of manifest, configuration and every layer.
    await crane('validate', '--remote', at('hello:v1'))
    const config = JSON.parse(await crane('config', at('hello:v1'))) as { config: { Env: string[]; Labels: Record<string, string> } } // prettier-ignore
    expect(config.config.Env).toContain('BASE=two')
    expect(config.config.Labels['org.opencontainers.image.base.digest']).toBe(second)

    const started = await run(['docker', 'run', '-d', '--rm', `${at('hello')}@${after}`])
    expect(started.code === 0 ? '' : started.stderr).toBe('')
    const id = started.stdout.trim()
    try {
      const healthcheck = ['docker', 'exec', id, '/app/hello', 'healthcheck']
      await until('a healthy answer', async () => (await run(healthcheck)).code === 0)
      const copied = await run(['docker', 'cp', `${id}:/etc/motd`, join(folder, 'motd')])
      expect(copied.code).toBe(0)
      expect(await readFile(join(folder, 'motd'), 'utf8')).toBe('two\n')
    } finally {
      await run(['docker', 'rm', '-f', id])
    }
  })
})
