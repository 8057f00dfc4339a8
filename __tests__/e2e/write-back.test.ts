/** Restored caches are on their way to the disk before the engine makes the container that waits for it. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { CacheDouble } from '../support/cache-double.ts'
import { cli, commitAll, describeWithRig, rigValue } from '../support/rig.ts'

/** The first compile is cold. */
jest.setTimeout(600_000)

const main = (word: string): string => `package main\n\nfunc main() { println("${word}") }\n`

describeWithRig('what a restore wrote', () => {
  let folder: string
  let cache: CacheDouble
  let count = 0
  const project = (): string => join(folder, 'project')
  const log = (): string => join(folder, 'sync.log')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-write-back-'))
    cache = await CacheDouble.start()
    for (const name of ['bin', 'project']) await mkdir(join(folder, name))
    const sync = join(folder, 'bin/sync')
    await writeFile(sync, `#!/bin/sh\necho "$@" >>'${log()}'\nPATH=\${PATH#*:}\nexec sync "$@"\n`, {
      mode: 0o755,
    })
    await writeFile(join(project(), 'go.mod'), 'module example.com/app\n\ngo 1.25.0\n')
    await writeFile(join(project(), 'main.go'), main('one'))
  })
  afterAll(async () => {
    await cache.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  /** A run on a machine without caches of its own, and the arguments of each `sync`. */
  const build = async (...more: string[]): Promise<{ gocache: string; synced: string[] }> => {
    const id = String(100 + count++)
    const gocache = join(folder, id, 'gocache')
    await mkdir(join(folder, id))
    await rm(log(), { force: true })
    await commitAll(project())
    const done = await cli(
      [
        'run', '--json', '--images', `${rigValue('GIP_REGISTRY')}/e2e/write-back`, '--tags', 'v1', '--push', 'true', '--base', 'scratch',
        '--platforms', 'linux/amd64', '--test', 'false', '--vet', 'false', ...more,
      ],
      {
        cwd: project(),
        env: {
          ...cache.environment(), PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
          RUNNER_TEMP: join(folder, id), GOCACHE: gocache, GOMODCACHE: join(folder, id, 'modules'),
          GITHUB_RUN_ID: id, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main',
        },
      },
    ) // prettier-ignore
    expect(done.code === 0 ? '' : done.stderr).toBe('')
    const text = await readFile(log(), 'utf8').catch(() => '')
    return { gocache, synced: text.split('\n').filter((line) => line !== '') }
  }

  it('is written back; nothing is asked for where nothing was restored, or nothing is started', async () => {
    expect((await build()).synced).toEqual([])
    await writeFile(join(project(), 'main.go'), main('two'))
    const restored = await build()
    expect(restored.synced).toEqual([`-f ${restored.gocache}`])
    await writeFile(join(project(), 'main.go'), main('three'))
    expect((await build('--start', 'off')).synced).toEqual([])
  })
})
