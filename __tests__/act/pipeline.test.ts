import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FreshRepository } from '../support/fresh-repository.ts'
import { GitHubDouble } from '../support/github-double.ts'
import { buildService, inputsOf, Stage } from '../support/gray-stage.ts'
import { crane, describeWithRig, rigUp, rigValue, run } from '../support/rig.ts'
import { scannersOf } from '../support/scanners.ts'
import { composeIn } from '../support/ssh-host.ts'
import { writeVulnDb } from '../support/vuln-db.ts'
import { outputsOf, type WorkflowRun } from '../support/workflow-run.ts'

if (rigUp) jest.setTimeout(1_200_000)

const HOST = (project: string, command: string): string => `name: ${project}
services:
  dice:
    image: registry.invalid/nothing/yet:0
    ports: ['127.0.0.1::8080']
    healthcheck: { test: [CMD, /app/dice, ${command}], interval: 1s, timeout: 20s, retries: 3 }
    deploy: { resources: { limits: { memory: 64M, cpus: '0.5' } } }
`
const TEST = (body: string): string =>
  `package main\n\nimport "testing"\n\nfunc TestSeven(t *testing.T) { ${body} }\n`

/** The stages whose jobs failed. act ends there: it runs no job behind a failed nested workflow, `always()` or not. */
const failedAt = (done: WorkflowRun): string[] => [
  ...new Set([...done.log.matchAll(/^\[([^/\]]+)\/.*Job failed$/gm)].map(([, name = '']) => name)),
]

/**
 * A fresh repository gets `init`, and its commits go through every stage: production is two real services behind a real
 * HAProxy, judged by a real Prometheus; GitHub is the double that is held to GitHub's own description.
 */
describeWithRig('what init writes, from checkout to a gray release', () => {
  const suffix = `${process.pid.toString(36)}-${Date.now().toString(36).slice(-4)}`
  const image = (): string => `${rigValue('GIP_REGISTRY')}/act-pipeline-${suffix}/dice`
  let folder: string
  let host: string
  let stage: Stage
  let github: GitHubDouble
  let repository: FreshRepository
  let vars: Record<string, string>
  let bad: string

  /** The release is named by its image, the services by their versions. */
  const deployFiles = (): Record<string, string> => {
    const { 'version-label': _, ...metrics } = JSON.parse(inputsOf(stage)['metrics'] ?? '{}') as Record<string, unknown> // prettier-ignore
    const selectors = { old: { version: stage.old.version }, new: { version: stage.fresh.version } }
    return {
      'deploy/test.yaml': `hosts: local\nfolder: ${host}\nservice: dice\nwait: 90s\n`,
      'deploy/adapter.yaml': stage.adapter(),
      'deploy/metrics.yaml': JSON.stringify({ ...metrics, selectors }),
    }
  }
  const healthy = (command = 'healthcheck'): Promise<void> =>
    writeFile(join(host, 'compose.yaml'), HOST(`pipeline-${suffix}`, command))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-pipeline-'))
    host = await mkdtemp(join(tmpdir(), 'gip-host-'))
    await healthy()
    const [scanners, service] = await Promise.all([scannersOf(), buildService(folder)])
    const clean = await writeVulnDb(join(folder, 'clean'), [])
    bad = await writeVulnDb(join(folder, 'bad'), [
      { id: 'GO-2026-0009', summary: 'listening is bad', module: 'stdlib', package: 'net', symbols: ['Listen', 'ListenConfig.Listen'], fixed: '1.99.0' },
    ]) // prettier-ignore
    vars = { ...scanners, DB: clean }
    github = await GitHubDouble.start()
    stage = await Stage.open(service)
    repository = await FreshRepository.make()
    await repository.commit(deployFiles())
    const wrote = await repository.init('--images', image(), '--test-environment', 'test', '--production-environment', 'production', '--state', stage.stateFile, '--with', 'metrics,template-lint') // prettier-ignore
    expect(wrote.code === 0 ? '' : wrote.stderr).toBe('')
    // All that this machine cannot know: where things are without the internet, and a plan in seconds.
    await repository.adapt('pipeline.yml', {
      'registry-mirrors': `gcr.io=http://${rigValue('GIP_REGISTRY')}`,
      platforms: 'linux/amd64',
      'coverage-threshold': '${{ vars.COVERAGE }}',
      'health-path': "${{ vars.HEALTH || '/health' }}",
      'vuln-db': '${{ vars.DB }}',
      govulncheck: '${{ vars.GOVULNCHECK }}',
      gitleaks: '${{ vars.GITLEAKS }}',
      'gray-steps': '20% 16s, 100% 5s',
      'gray-warm-up': '2s',
      'gray-bake': '3s',
      'gray-interval': '1s',
    })
    await repository.adapt('metrics.yml', {})
  })
  afterAll(async () => {
    await stage.stop()
    await composeIn(host, 'down', '-v', '-t', '0').catch(() => undefined)
    await repository.dispose()
    await rm(folder, { recursive: true, force: true })
    await rm(host, { recursive: true, force: true })
    await github.close()
  })
  const workflow = (
    file: string,
    more: Record<string, string> = {},
    event: 'push' | 'schedule' = 'push',
  ): Promise<WorkflowRun> =>
    repository.run({
      workflow: file,
      event,
      vars: { ...vars, ...more },
      env: { GITHUB_API_URL: github.url },
      secrets: { GITHUB_TOKEN: 'ghs_test-token' },
    })
  const published = async (): Promise<string | undefined> => {
    const done = await run([rigValue('GIP_CRANE'), 'digest', `${image()}:main`])
    return done.code === 0 ? done.stdout.trim() : undefined
  }
  /** Run while real users use production: 20 of 100 requests a second are enough for P99 within the first step. */
  const underLoad = async (): Promise<WorkflowRun> => {
    stage.load(100)
    await stage.trafficMeasured()
    const done = await workflow('pipeline.yml')
    await stage.endLoad()
    return done
  }
  /** The image that the test host runs. */
  const deployed = async (): Promise<string> => {
    const id = await composeIn(host, 'ps', '-aq', 'dice')
    if (id === '') return ''
    return (await run(['docker', 'inspect', '--format', '{{.Config.Image}}', id])).stdout.trim()
  }

  it.each<[string, string, RegExp, { files?: Record<string, string>; vars?: Record<string, string> }]>([
    ['broken code', 'image', /odd\.go:3.*undefined: missing/s, { files: { 'odd.go': 'package main\n\nvar odd = missing\n' } }],
    ['a failing test', 'image', /TestSeven[^]*no die shows seven/, { files: { 'seven_test.go': TEST('t.Fatal("no die shows seven")') } }],
    ['coverage', 'image', /coverage.*below/i, { vars: { COVERAGE: '100' } }],
    ['an image that is not healthy', 'image', /\/not-there/, { vars: { HEALTH: '/not-there' } }],
    ['a failing integration test', 'integration tests', /the integration tests failed/, { files: { 'seven_test.go': `//go:build integration\n\n${TEST('t.Fatal("no seven")')}` } }],
  ])('is stopped by %s: no tag, no deployment, production as it was', async (_, stopped, message, { files = {}, vars: more }) => {
    await repository.commit(files)
    const done = await workflow('pipeline.yml', more)
    await repository.commit(Object.fromEntries(Object.keys(files).map((file) => [file, ''])))
    expect(done.code).toBe(1)
    expect(done.log).toMatch(message)
    expect(failedAt(done)).toEqual([stopped])
    expect(outputsOf(done)).toBeUndefined()
    expect(await published()).toBeUndefined()
    expect(await deployed()).toBe('')
    expect(await stage.share()).toBe(0)
  }) // prettier-ignore

  it('is stopped by the scan: no tag, no deployment, production as it was', async () => {
    const done = await workflow('pipeline.yml', { DB: bad })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/GO-2026-0009/)
    expect(failedAt(done)).toEqual(['scan'])
    expect(await published()).toBeUndefined()
    expect(await deployed()).toBe('')
    expect(await stage.share()).toBe(0)
  })

  it('brings a good commit through all stages', async () => {
    const done = await underLoad()
    expect(done.code === 0 ? '' : done.log.slice(-8000)).toBe('')
    const digest = await crane('digest', `${image()}:main`)
    expect(outputsOf(done)).toMatchObject({
      digest,
      tags: expect.stringContaining(`${image()}:main`) as unknown,
      scan: 'passed',
      gray: 'promoted',
      verdict: 'passed',
    })
    expect(await deployed()).toBe(`${image()}@${digest}`)
    expect(await stage.share()).toBe(100)
    expect(JSON.parse(await readFile(stage.stateFile, 'utf8'))).toMatchObject({ new: `${image()}@${digest}` })
    expect(github.deployments.map((one) => one['environment'])).toEqual(['test', 'production'])
    stage.promoted()
    await repository.commit(deployFiles())
  })

  it('is stopped by an image that is not healthy in the test environment, which gets its old one back', async () => {
    const before = await deployed()
    await healthy('dance')
    await repository.commit({ 'more.go': 'package main\n\nfunc init() { version += "+" }\n' })
    const done = await workflow('pipeline.yml')
    await healthy()
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/unhealthy|not healthy/)
    expect(failedAt(done)).toEqual(['test environment'])
    expect(await deployed()).toBe(before)
    expect(await stage.share()).toBe(0)
  })

  it('takes a bad canary back: the test environment has the image, production the old version', async () => {
    await stage.fresh.faults({ errorRatio: 0.2 })
    const done = await underLoad()
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/the release was refused and taken back/)
    expect(failedAt(done)).toEqual(['gray release'])
    expect(outputsOf(done)).toBeUndefined()
    expect(await deployed()).toBe(`${image()}@${(await published()) ?? ''}`)
    expect(await stage.share()).toBe(0)
  })

  it('counts and judges all this in metrics.yml', async () => {
    // GitHub knows of its runs by itself; the deployments are those that the pipeline has told it.
    const hour = (id: number): string => new Date(Date.now() - id * 3_600_000).toISOString().replace(/\.\d{3}Z/, 'Z') // prettier-ignore
    for (let id = 1; id <= 100; id++)
      github.addEndedRun(id, { workflow: 'pipeline.yml', createdAt: hour(id), seconds: 60, conclusion: id === 3 ? 'failure' : 'success' }) // prettier-ignore
    const done = await workflow('metrics.yml', {}, 'schedule')
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    expect(JSON.parse(outputsOf(done)?.['metrics'] ?? '{}')).toMatchObject({
      builds: { counted: 100, successRate: 99 },
      deployments: { live: 1 },
    })
  })

  it('is clean by template-lint.yml', async () => {
    const done = await workflow('template-lint.yml')
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
  })
})

describeWithRig('what init --copies writes', () => {
  const image = (): string => `${rigValue('GIP_REGISTRY')}/act-copies-${process.pid}/dice`
  let folder: string
  let repository: FreshRepository
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-copies-'))
    repository = await FreshRepository.make()
    const wrote = await repository.init('--copies', '--images', image())
    expect(wrote.code === 0 ? '' : wrote.stderr).toBe('')
    await repository.adapt('pipeline.yml', {
      base: 'scratch',
      platforms: 'linux/amd64',
      'health-path': '/health',
      'vuln-db': await writeVulnDb(folder, []),
      ...Object.fromEntries(
        Object.entries(await scannersOf()).map(([name, program]) => [name.toLowerCase(), program]),
      ),
    })
  })
  afterAll(async () => {
    await repository.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  it('builds, starts and scans a pull request, and pushes nothing', async () => {
    const payload = join(folder, 'event.json')
    await writeFile(
      payload,
      JSON.stringify({
        number: 7,
        pull_request: { number: 7, head: { ref: 'topic', sha: 'a'.repeat(40), repo: { full_name: 'acme/shop' } }, base: { ref: 'main', repo: { full_name: 'acme/shop' } } },
        repository: { full_name: 'acme/shop', default_branch: 'main' },
      }),
    ) // prettier-ignore
    const done = await repository.run({ workflow: 'pipeline.yml', event: 'pull_request', payload })
    expect(done.code === 0 ? '' : done.log.slice(-8000)).toBe('')
    expect(outputsOf(done)).toMatchObject({ tags: '', scan: 'passed', verdict: 'passed' })
    expect((await run([rigValue('GIP_CRANE'), 'ls', image()])).code).not.toBe(0)
  })
})
