import { expect, it } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { libraryCaller } from '../support/library.ts'
import { crane, describeWithRig, rigValue, run } from '../support/rig.ts'
import { outputsOf } from '../support/workflow-run.ts'

// On red it is run by pipeline.test.ts.
describeWithRig('image.yml, called from another repository', () => {
  const { start } = libraryCaller('hello', 'image.yml')
  const image = (): string => `${rigValue('GIP_REGISTRY')}/act-library-${process.pid}/hello`
  const vars = (): Record<string, string> => ({
    IMAGE: image(),
    MIRROR: `http://${rigValue('GIP_REGISTRY')}`,
  })

  it('builds, proves and publishes; its outputs cross to the next job', async () => {
    const done = await start({ ...vars(), TAG: 'v1', HEALTH: '/health', COVERAGE: '50' })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = outputsOf(done) ?? {}
    const digest = await crane('digest', `${image()}:v1`)
    expect(outputs).toMatchObject({ digest, image: `${image()}@${digest}`, tags: `${image()}:v1` })
  })
})

describeWithRig('matrix-image.yml', () => {
  const { start } = libraryCaller('hello', 'matrix-image.yml')
  const image = (): string => `${rigValue('GIP_REGISTRY')}/act-matrix-${process.pid}/hello`
  const vars = (): Record<string, string> => ({
    IMAGE: image(),
    MIRROR: `http://${rigValue('GIP_REGISTRY')}`,
  })

  it('builds each platform in a job of its own and publishes them as one', async () => {
    const done = await start({
      ...vars(),
      PLATFORMS: 'linux/amd64,linux/arm64',
      TAG: 'v1',
      HEALTH: '/health',
    })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = outputsOf(done) ?? {}
    const digest = await crane('digest', `${image()}:v1`)
    expect(outputs).toMatchObject({ digest, image: `${image()}@${digest}`, tags: `${image()}:v1` })
    const index = JSON.parse(await crane('manifest', `${image()}:v1`)) as {
      manifests: { digest: string; platform: { architecture: string } }[]
    }
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64'])
    expect(Object.values(JSON.parse(outputs['platform-digests'] ?? '{}') as object)).toEqual(
      index.manifests.map((one) => one.digest),
    )
    // No leg has tagged anything by itself.
    expect((await crane('ls', image())).split('\n')).toEqual(['v1'])
  })

  it('publishes nothing when one platform fails, and starts no leg of too large a matrix', async () => {
    const red = await start({ ...vars(), PLATFORMS: 'linux/amd64', TAG: 'red', HEALTH: '/not-there' })
    expect(red.code).toBe(1)
    expect(red.log).toMatch(/\/not-there/)
    const large = await start({
      ...vars(),
      PLATFORMS: 'linux/amd64,linux/arm64',
      TAG: 'red',
      HEALTH: '',
      LIMIT: '1',
    })
    expect(large.code).toBe(1)
    expect(large.log).toMatch(/2 legs, more than 1/)
    expect((await run([rigValue('GIP_CRANE'), 'manifest', `${image()}:red`])).code).not.toBe(0)
  })
})

describeWithRig('ci.yml', () => {
  const { start, project } = libraryCaller('hello', 'ci.yml')

  it('checks on every runner and tells one verdict', async () => {
    const done = await start({ RUNNERS: 'ubuntu-latest,windows-latest', COVERAGE: '50', LINT: 'off' })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = outputsOf(done) ?? {}
    expect(outputs['verdict']).toBe('passed')
    expect(JSON.parse(outputs['tests'] ?? '{}')).toMatchObject({ failed: 0 })
    expect(Number(outputs['coverage'])).toBeGreaterThan(50)
    expect(done.log).toMatch(/2 legs passed/)
  })

  it.each([
    ['a test', { FLAGS: '-timeout=1ns -count=1' }, /1 of 1 leg did not pass/],
    ['coverage of all together', { COVERAGE: '100' }, /below 100 %/],
  ])('is stopped by %s', async (_, more, message) => {
    const done = await start({ RUNNERS: 'ubuntu-latest', LINT: 'off', ...more })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(message)
    expect(done.told.has('OUTPUTS')).toBe(false)
  })

  it('is stopped by lint, told by file and line', async () => {
    const file = join(project(), 'odd.go')
    await writeFile(file, 'package main\n\nfunc  odd() {}\n')
    await run(['git', 'add', 'odd.go'], { cwd: project() })
    const done = await start({ RUNNERS: 'ubuntu-latest', LINT: 'staticcheck' })
    await run(['git', 'rm', '-qf', 'odd.go'], { cwd: project() })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/gofmt: not formatted.*odd\.go:1/)
    expect(done.log).toMatch(/U1000: func odd is unused.*odd\.go:3/)
    expect(done.log).toMatch(/lint did not pass/)
    expect(done.told.has('OUTPUTS')).toBe(false)
  })
})
