import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { libraryCaller } from '../support/library.ts'
import { describeWithRig, rigValue, ROOT, run } from '../support/rig.ts'
import { composeFile, composeIn, pushImages } from '../support/ssh-host.ts'
import { outputsOf } from '../support/workflow-run.ts'

const suffix = `${process.pid.toString(36)}-${Date.now().toString(36).slice(-4)}`

/** The example as an image of one static file, by digest: how it is built is tested elsewhere. */
async function diceImage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gip-dice-'))
  const done = async (argv: string[], cwd: string): Promise<string> => {
    const { code, stdout, stderr } = await run(argv, { cwd, env: { CGO_ENABLED: '0', GOWORK: 'off' } })
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  try {
    await done(['go', 'build', '-trimpath', '-o', join(folder, 'dice'), '.'], join(ROOT, 'examples/dockerfile')) // prettier-ignore
    await done(['tar', '-cf', 'dice.tar', 'dice'], folder)
    const tag = `${rigValue('GIP_REGISTRY')}/act-integration-${suffix}/dice:1`
    await done(['docker', 'import', '-c', 'ENTRYPOINT ["/dice"]', 'dice.tar', tag], folder)
    await done(['docker', 'push', '-q', tag], folder)
    const digests = JSON.parse(await done(['docker', 'image', 'inspect', '--format', '{{json .RepoDigests}}', tag], folder)) as string[] // prettier-ignore
    await done(['docker', 'image', 'rm', tag], folder)
    return digests[0] ?? ''
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describeWithRig('integration.yml, called from another repository', () => {
  const { start, project } = libraryCaller('dockerfile', 'integration.yml')
  const RUN = 'go test -count=1 -tags=integration ./...'
  let image: string
  beforeAll(async () => {
    image = await diceImage()
  })
  afterAll(() => run(['docker', 'image', 'rm', '-f', image]))
  const left = async (): Promise<string> =>
    (await run(['docker', 'ps', '-aq', '--filter', `ancestor=${image}`])).stdout.trim()

  it('starts the image by digest, tests it, takes it down, and hands on what was tested', async () => {
    const done = await start({ IMAGE: image, RUN, FILES: '' })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    expect(outputsOf(done)).toMatchObject({ verdict: 'passed', image })
    expect(done.log).toMatch(/ok\s+example.com\/dice/)
    expect(await left()).toBe('')
  })

  it('is stopped by a failing test, and by a service that does not become healthy', async () => {
    const test = await start({ IMAGE: image, RUN: `${RUN} -timeout=1ns`, FILES: '' })
    expect(test.code).toBe(1)
    expect(test.log).toMatch(/the integration tests failed \(exit code 1\)/)
    expect(test.told.has('OUTPUTS')).toBe(false)
    await writeFile(
      join(project(), 'sick.yaml'),
      'services: { dice: { healthcheck: { test: [CMD, /dice, dance], interval: 1s, retries: 1, start_period: 0s } } }\n',
    )
    const sick = await start({ IMAGE: image, RUN, FILES: 'compose.yaml\nsick.yaml' })
    expect(sick.code).toBe(1)
    expect(sick.log).toMatch(/dice.*unhealthy|unhealthy.*dice/)
    expect(sick.log).not.toMatch(/ok\s+example.com\/dice/)
    expect(sick.told.has('OUTPUTS')).toBe(false)
    expect(await left()).toBe('')
  })
})

describeWithRig('deploy.yml, called from another repository', () => {
  const { start } = libraryCaller('hello', 'deploy.yml')
  let host: string
  let images: Readonly<Record<'one' | 'two' | 'sick', string>>
  beforeAll(async () => {
    host = await mkdtemp(join(tmpdir(), 'gip-host-'))
    const [one = '', two = '', sick = ''] = await pushImages(`act-deploy/app-${suffix}`, [
      { version: '1' },
      { version: '2' },
      { version: '3', fault: 'sick' },
    ])
    images = { one, two, sick }
    await mkdir(host, { recursive: true })
    await writeFile(join(host, 'compose.yaml'), composeFile({ project: `act-${suffix}`, image: one, neighbour: false })) // prettier-ignore
    await composeIn(host, 'up', '-d', '--wait')
  })
  afterAll(async () => {
    await composeIn(host, 'down', '-v', '-t', '0').catch(() => undefined)
    await run(['docker', 'image', 'rm', '-f', ...Object.values(images)])
    await rm(host, { recursive: true, force: true })
  })
  const vars = (): Record<string, string> => ({
    HOSTS: `hosts: local\nfolder: ${host}\nservice: web\nwait: 90s\n`,
    COMMAND: 'deploy',
  })
  const running = async (): Promise<string> => {
    const id = await composeIn(host, 'ps', '-q', 'web')
    return (await run(['docker', 'inspect', '--format', '{{.Config.Image}}', id])).stdout.trim()
  }

  it('brings the image to the host and tells what served before', async () => {
    const done = await start({ ...vars(), IMAGE: images.two })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = outputsOf(done) ?? {}
    expect(outputs).toMatchObject({ result: 'deployed', image: images.two })
    expect(JSON.parse(outputs['before'] ?? '{}')).toEqual({ local: images.one })
    expect(outputs['audit-head']).toMatch(/^2:[0-9a-f]{64}$/)
    expect(await running()).toBe(images.two)
    expect(await readFile(join(host, '.gip/web.history'), 'utf8')).toContain(`deploy ${images.two} ${images.one}\n`) // prettier-ignore
  })

  it('is stopped by an image that does not become healthy: the old digest runs again', async () => {
    const done = await start({ ...vars(), IMAGE: images.sick })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/did not become healthy; the old one was put back/)
    expect(done.log).toMatch(/the database is away/)
    expect(done.told.has('OUTPUTS')).toBe(false)
    expect(await running()).toBe(images.two)
  })
})
