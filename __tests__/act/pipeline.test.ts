import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildService, inputsOf, Stage } from '../support/gray-stage.ts'
import { libraryCaller } from '../support/library.ts'
import { crane, describeWithRig, rigValue, run } from '../support/rig.ts'
import { scannersOf } from '../support/scanners.ts'
import { composeIn } from '../support/ssh-host.ts'
import { writeVulnDb } from '../support/vuln-db.ts'

const COMPOSE = (image: string): string => `services:
  dice:
    image: ${image}
    ports: ['127.0.0.1::8080']
    healthcheck: { test: [CMD, /app/dice, healthcheck], interval: 1s, timeout: 3s, start_period: 5s, retries: 3 }
    stop_grace_period: 15s
    deploy: { resources: { limits: { memory: 64M, cpus: '0.5' } } }
`

/** One commit through every stage: production is two real services behind a real HAProxy, judged by a real Prometheus. */
describeWithRig('pipeline.yml, from checkout to a gray release', () => {
  const library = libraryCaller('dockerfile', 'pipeline.yml')
  // act has no token of its own; nobody is asked anything by it here.
  const start: typeof library.start = (given, more) =>
    library.start(given, {
      secrets: { GITHUB_TOKEN: 'ghs_act-has-none' },
      env: { GITHUB_API_URL: 'http://127.0.0.1:9' },
      ...more,
    })
  const { project } = library
  const suffix = `${process.pid.toString(36)}-${Date.now().toString(36).slice(-4)}`
  const image = (): string => `${rigValue('GIP_REGISTRY')}/act-pipeline-${suffix}/dice`
  let folder: string
  let host: string
  let stage: Stage
  let vars: Record<string, string>
  let bad: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-pipeline-'))
    host = await mkdtemp(join(tmpdir(), 'gip-host-'))
    const [scanners, service] = await Promise.all([scannersOf(), buildService(folder)])
    const clean = await writeVulnDb(join(folder, 'clean'), [])
    bad = await writeVulnDb(join(folder, 'bad'), [
      { id: 'GO-2026-0009', summary: 'listening is bad', module: 'stdlib', package: 'net', symbols: ['Listen', 'ListenConfig.Listen'], fixed: '1.99.0' },
    ]) // prettier-ignore
    // The sources of the project: its own compose file is for an image of its own Dockerfile.
    await writeFile(join(project(), 'compose.yaml'), COMPOSE('${IMAGE}'))
    await run(['git', 'commit', '-qam', 'The image of the pipeline'], { cwd: project() })
    await writeFile(
      join(host, 'compose.yaml'),
      `name: pipeline-${suffix}\n${COMPOSE('registry.invalid/nothing/yet:0')}`,
    )
    stage = await Stage.open(service)
    stage.load(400)
    vars = {
      ...scanners,
      IMAGE: image(),
      DB: clean,
      TEST_HOSTS: `hosts: local\nfolder: ${host}\nservice: dice\nwait: 60s\n`,
      STATE: stage.stateFile,
    }
  }, 300_000)
  afterAll(async () => {
    await stage.stop()
    await composeIn(host, 'down', '-v', '-t', '0').catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
    await rm(host, { recursive: true, force: true })
  })
  /** The release is named by its image, the services by their versions. */
  const production = (): Record<string, string> => {
    const { 'version-label': _, ...metrics } = JSON.parse(inputsOf(stage)['metrics'] ?? '{}') as Record<
      string,
      unknown
    >
    const selectors = { old: { version: stage.old.version }, new: { version: stage.fresh.version } }
    return { ADAPTER: stage.adapter(), METRICS: JSON.stringify({ ...metrics, selectors }) }
  }
  const tagged = async (tag: string): Promise<boolean> =>
    (await run([rigValue('GIP_CRANE'), 'manifest', `${image()}:${tag}`])).code === 0

  it.each<[string, Record<string, string>, RegExp]>([
    ['coverage', { COVERAGE: '100' }, /coverage.*below/i],
    ['an image that is not healthy', { HEALTH: '/not-there' }, /\/not-there/],
  ])('is stopped by %s before anything is pushed under a tag', async (_, more, message) => {
    const done = await start({ ...vars, ...production(), TAG: 'red', ...more })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(message)
    expect(done.told.has('OUTPUTS')).toBe(false)
    expect(await tagged('red')).toBe(false)
    expect(await stage.share()).toBe(0)
  })

  it('is stopped by the scan: no tag, no deployment, production as it was', async () => {
    const done = await start({ ...vars, ...production(), TAG: 'red', DB: bad })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/GO-2026-0009/)
    expect(await tagged('red')).toBe(false)
    expect(await composeIn(host, 'ps', '-aq')).toBe('')
    expect(await stage.share()).toBe(0)
  })

  it('brings a good commit through all stages', async () => {
    const done = await start({ ...vars, ...production(), TAG: 'v1' })
    expect(done.code === 0 ? '' : done.log.slice(-8000)).toBe('')
    const outputs = JSON.parse(done.told.get('OUTPUTS') ?? '{}') as Record<string, string>
    const digest = await crane('digest', `${image()}:v1`)
    expect(outputs).toMatchObject({ digest, tags: `${image()}:v1`, scan: 'passed' })
    // act reads the outputs of the last nested workflow before that has set them.
    expect(done.log).toMatch(/set-output:: result=promoted/)
    const id = await composeIn(host, 'ps', '-q', 'dice')
    expect((await run(['docker', 'inspect', '--format', '{{.Config.Image}}', id])).stdout.trim()).toBe(
      `${image()}@${digest}`,
    )
    expect(await stage.share()).toBe(100)
    expect(JSON.parse(await readFile(stage.stateFile, 'utf8'))).toMatchObject({ new: `${image()}@${digest}` })
  })

  it('takes a bad canary back: the test environment has the image, production the old version', async () => {
    stage.promoted()
    await stage.fresh.faults({ errorRatio: 0.2 })
    const done = await start({ ...vars, ...production(), TAG: 'v2' })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/the release was refused and taken back/)
    expect(done.told.has('OUTPUTS')).toBe(false)
    expect(await stage.share()).toBe(0)
  })
})
