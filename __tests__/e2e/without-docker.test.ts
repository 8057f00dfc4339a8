import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, commitAll, freePort, pathWith, projectOf, type Run } from '../support/rig.ts'

/** What a run may find on such a machine. */
const PROGRAMS = ['git', 'go', 'sh', 'tar', 'gzip', 'zstd']
const linux = process.platform === 'linux' ? describe : describe.skip

/** A run that failed shows why. */
const passed = (done: Run): void => expect(done.code === 0 ? '' : done.stderr).toBe('')

/** Cold compiles are among them. */
jest.setTimeout(600_000)

linux('the whole run on a machine without Docker', () => {
  let temp: string
  let project: Awaited<ReturnType<typeof projectOf>>
  beforeAll(async () => {
    temp = await mkdtemp(join(tmpdir(), 'gip-without-docker-'))
    await pathWith(join(temp, 'bin'), PROGRAMS)
    project = await projectOf('hello')
  })
  afterAll(async () => {
    await project.dispose()
    await rm(temp, { recursive: true, force: true })
  })

  const build = (platforms = 'linux/amd64,linux/arm64', ...more: string[]): Promise<Run> =>
    cli(
      ['run', '--json', '--embedded-registry', '--images', 'demo/hello', '--tags', 'demo', '--base', 'scratch', '--platforms', platforms, '--health-path', '/health', ...more],
      { cwd: project.folder, env: { PATH: join(temp, 'bin'), RUNNER_TEMP: temp, DOCKER_HOST: undefined, DOCKER_CONFIG: undefined } },
    ) // prettier-ignore
  const registry = (...path: string[]): string => join(project.folder, '.gip/registry', ...path)

  it('tests, assembles, starts the program, reads back and publishes', async () => {
    const done = await build()
    passed(done)
    const outputs = JSON.parse(done.stdout) as Record<string, string>
    const index = JSON.parse(await readFile(registry('index.json'), 'utf8')) as {
      manifests: { digest: string }[]
    }
    expect(index.manifests).toEqual([
      expect.objectContaining({
        digest: outputs['digest'],
        annotations: { 'org.opencontainers.image.ref.name': 'demo/hello:demo' },
      }),
    ])
    // Every blob is what its name says.
    const blobs = await readdir(registry('blobs/sha256'))
    expect(blobs.length).toBeGreaterThanOrEqual(7)
    for (const name of blobs)
      expect(
        createHash('sha256')
          .update(await readFile(registry('blobs/sha256', name)))
          .digest('hex'),
      ).toBe(name)
    const report = JSON.parse(await readFile(join(outputs['report'] ?? '', 'report.json'), 'utf8')) as {
      outcome: string
      gates: { id: string; verdict: string; detail?: string }[]
      images: { verified: boolean; start?: { ok: boolean; detail: string } }[]
    }
    expect(report.outcome).toBe('passed')
    expect(report.images).toMatchObject([
      {
        verified: true,
        start: {
          ok: true,
          detail: expect.stringMatching(/health answered 200.*process of this machine/) as unknown,
        },
      },
    ])
    expect(report.gates.find((gate) => gate.id === 'start')?.verdict).toBe('passed')
    expect((await readdir(temp)).filter((name) => name.startsWith('gip-'))).toEqual([])
  })

  it('the same commit again: nothing is sent, the digest is the same', async () => {
    const before = await readdir(registry('blobs/sha256'))
    const done = await build()
    passed(done)
    expect(done.stderr).toContain('unchanged: nothing was sent')
    expect(await readdir(registry('blobs/sha256'))).toEqual(before)
  })

  it('attaches what each program is made of, from the program itself', async () => {
    const read = async (digest: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(registry('blobs/sha256', digest.slice(7)), 'utf8')) as Record<string, unknown>
    const done = await build('linux/amd64,linux/arm64', '--sbom', 'true', '--test', 'false', '--vet', 'false')
    passed(done)
    const { digest = '' } = JSON.parse(done.stdout) as Record<string, string>
    const again = await build(
      'linux/amd64,linux/arm64',
      '--sbom',
      'true',
      '--test',
      'false',
      '--vet',
      'false',
    )
    expect((JSON.parse(again.stdout) as Record<string, string>)['digest']).toBe(digest)
    const { manifests } = (await read(digest)) as {
      manifests: { digest: string; annotations?: Record<string, string> }[]
    }
    const attested = manifests.filter(
      (one) => one.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
    )
    expect(attested.map((one) => one.annotations?.['vnd.docker.reference.digest'])).toEqual(
      manifests.slice(0, 2).map((one) => one.digest),
    )
    for (const one of attested) {
      const { layers } = (await read(one.digest)) as { layers: { digest: string }[] }
      const statement = (await read(layers[0]?.digest ?? '')) as {
        predicate: { spdxVersion: string; packages: { name: string; versionInfo?: string }[] }
      }
      expect(statement.predicate.spdxVersion).toBe('SPDX-2.3')
      expect(statement.predicate.packages.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['example.com/hello', 'stdlib']),
      )
    }
  })

  it('a program that does not start is refused, and no tag is moved', async () => {
    const broken = await projectOf('broken-crash')
    try {
      const done = await cli(
        ['run', '--json', '--embedded-registry', '--tags', 'demo', '--base', 'scratch', '--platforms', 'linux/amd64', '--test', 'false'],
        { cwd: broken.folder, env: { PATH: join(temp, 'bin'), RUNNER_TEMP: temp, DOCKER_HOST: undefined, DOCKER_CONFIG: undefined } },
      ) // prettier-ignore
      expect(done.code).toBe(1)
      expect(done.stderr).toContain('DATABASE_URL is not set')
      expect(existsSync(join(broken.folder, '.gip/registry/index.json'))).toBe(false)
    } finally {
      await broken.dispose()
    }
  })

  it('a platform that does not run here is not started, and the report says why', async () => {
    const done = await build('linux/s390x', '--vet', 'false', '--test', 'false')
    passed(done)
    expect(done.stderr).toMatch(
      /Start image: no Docker engine is there to start it .*, and no platform of the image is linux\//,
    )
  })

  it('programs that listen on the same port are started one after the other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gip-same-port-'))
    try {
      const port = await freePort()
      await writeFile(join(folder, 'go.mod'), 'module example.com/two\n\ngo 1.25\n')
      for (const name of ['one', 'two']) {
        await mkdir(join(folder, 'cmd', name), { recursive: true })
        await writeFile(
          join(folder, 'cmd', name, 'main.go'),
          `package main\n\nimport "net"\n\nfunc main() {\n\tl, err := net.Listen("tcp", ":${port}")\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tfor {\n\t\tif _, err := l.Accept(); err != nil {\n\t\t\tpanic(err)\n\t\t}\n\t}\n}\n`,
        )
      }
      await commitAll(folder)
      const done = await cli(
        ['run', '--json', '--embedded-registry', '--images', 'demo/{name}', '--tags', 'demo', '--base', 'scratch', '--platforms', 'linux/amd64', '--expose', String(port), '--main', './cmd/one\n./cmd/two', '--vet', 'false', '--test', 'false'],
        { cwd: folder, env: { PATH: join(temp, 'bin'), RUNNER_TEMP: temp, DOCKER_HOST: undefined, DOCKER_CONFIG: undefined } },
      ) // prettier-ignore
      passed(done)
      expect(done.stderr).not.toContain('its port is taken')
      expect(done.stderr.match(/✔ Start program/g)).toHaveLength(2)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
