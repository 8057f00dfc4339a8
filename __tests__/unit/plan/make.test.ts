import { describe, expect, it } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadInputs } from '../../../src/actions/build/inputs.ts'
import { StateKeeper } from '../../../src/actions/build/state.ts'
import { Steps } from '../../../src/actions/build/steps.ts'
import { makeReportFolder } from '../../../src/actions/folders.ts'
import { openShell } from '../../../src/actions/shell.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Secrets } from '../../../src/base/secrets.ts'
import type { EngineFacts } from '../../../src/buildx/engine.ts'
import type { Facts } from '../../../src/plan/facts.ts'
import { graphFaults } from '../../../src/plan/graph.ts'
import { makePlan, type Plan } from '../../../src/plan/make.ts'
import { needlessSteps } from '../../../src/plan/reuse.ts'
import { cacheCopy, dockerfileTraps, parseDockerfile } from '../../../src/project/dockerfile.ts'
import { factsOf } from '../../../src/project/event.ts'
import {
  cleanCheckout,
  goModule,
  mainPackage,
  planFacts,
  pushEvent as push,
} from '../../support/plan-facts.ts'

const server = {
  version: '28.5.2', product: 'docker', os: 'linux', arch: 'amd64', system: 'test', storageDriver: 'overlayfs', containerdStore: true,
  rootless: false, mirrors: [], insecureRegistries: [], cpus: 2, memoryBytes: 8e9,
} as const // prettier-ignore
const engine: EngineFacts = {
  reachable: true,
  server,
  buildx: { version: '0.36.1', path: '/b' },
  context: 'default',
  env: {},
}
const none: EngineFacts = {
  reachable: false,
  context: 'default',
  env: {},
  problem: { code: 'docker-down', what: 'no Docker engine answers', fix: 'start it' },
}

const facts = (more: Partial<Facts> = {}, event?: Readonly<Record<string, string>>): Facts =>
  planFacts({ engine, ...more }, event)

function plan(inputs: Record<string, string>, known = facts()): { plan: Plan; told: string[] } {
  const loaded = loadInputs((name) => inputs[name] ?? '', {}, new Secrets())
  expect(loaded.problems).toEqual([])
  const made = makePlan(loaded.inputs, known)
  return {
    plan: made.plan,
    told: made.problems.map((problem) => `${problem.input ?? problem.code}: ${problem.what}`),
  }
}
const images = { images: 'ghcr.io/acme/hello' }
const ids = (made: Plan): string[] =>
  made.steps.filter((step) => step.skip === undefined).map((step) => step.id)

describe('what is pushed', () => {
  it.each([
    ['a push', push, {}, true],
    [
      'a pull request',
      { ...push, GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' },
      {},
      false,
    ],
    ['a merge queue', { ...push, GITHUB_EVENT_NAME: 'merge_group' }, {}, false],
    [
      'a pull request that asks for it',
      { ...push, GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' },
      { push: 'true' },
      true,
    ],
    ['a push that does not want it', push, { push: 'false' }, false],
  ])('%s', (_, event, more, expected) => {
    expect(plan({ ...images, ...more }, facts({}, event)).plan.push).toBe(expected)
  })

  it('nothing outside a runner, and nothing without a name', () => {
    expect(plan(images, facts({ inActions: false })).plan.push).toBe(false)
    expect(plan({}).plan.push).toBe(false)
  })
})

describe('the engine', () => {
  const dockerfile = (text: string): NonNullable<Facts['dockerfile']> => {
    const parsed = parseDockerfile(text)
    return {
      path: 'Dockerfile',
      facts: parsed,
      findings: (platforms) => dockerfileTraps(parsed, { platforms }),
    }
  }
  it.each<[string, Record<string, string>, Partial<Facts>, Plan['engine']]>([
    ['a pushed generated image', images, {}, 'direct'],
    ['the same without Docker', images, { engine: none }, 'direct'],
    ['not pushed, but there is an engine to start it', { ...images, push: 'false' }, {}, 'buildx'],
    ['not pushed and no engine', { ...images, push: 'false' }, { engine: none }, 'direct'],
    ['an attestation', { ...images, provenance: 'true' }, {}, 'buildx'],
    ['loaded', { ...images, load: 'true' }, {}, 'buildx'],
    ['a driver of its own', { ...images, driver: 'docker-container' }, {}, 'buildx'],
    ['a registry that the engine cannot reach', { ...images, 'registry-ca': '/ca.pem' }, {}, 'buildx'],
    [
      'a Dockerfile',
      images,
      { dockerfile: dockerfile('FROM scratch\nCOPY app /app\nUSER 65532\nENTRYPOINT ["/app"]\n') },
      'buildx',
    ],
    ['asked for', { ...images, engine: 'buildx' }, {}, 'buildx'],
  ])('%s: %#', (_, inputs, more, expected) => {
    expect(plan(inputs, facts(more)).plan.engine).toBe(expected)
  })

  it('says what the direct engine cannot do, and what would help', () => {
    expect(plan({ ...images, engine: 'direct', sbom: 'generator=scanner:1' }).told).toEqual([
      'engine: the direct engine cannot do this: a scanner is asked for',
    ])
    expect(plan({ ...images, engine: 'direct', provenance: 'true' }).told).toEqual([
      'engine: the direct engine cannot do this: an attestation is asked for',
    ])
    expect(plan({ ...images, sbom: 'true' }).plan.engine).toBe('direct')
    expect(plan({ ...images, sbom: 'generator=scanner:1' }).plan.engine).toBe('buildx')
    expect(
      plan({
        ...images,
        engine: 'buildx',
        platforms: 'windows(10.0.20348.1)/amd64,windows(10.0.26100.1)/amd64',
      }).told,
    ).toContain('platforms: Docker Buildx cannot build two versions of one platform at once')
    expect(plan({ ...images, provenance: 'true' }, facts({ engine: none })).told).toContain(
      'docker-down: no Docker engine answers',
    )
    expect(plan({ ...images, driver: 'remote' }).told.some((line) => line.startsWith('endpoint: '))).toBe(
      true,
    )
  })

  it('does not start what cannot run here, and says why', () => {
    const step = (made: Plan) => made.steps.find((one) => one.id === 'start')
    expect(step(plan({ ...images, platforms: 'linux/s390x' }, facts({ engine: none })).plan)?.skip).toMatch(
      /no Docker engine/,
    )
    expect(step(plan({ ...images, platforms: 'linux/arm64' }).plan)?.skip).toMatch(/without emulation/)
    expect(step(plan(images).plan)?.skip).toBeUndefined()
    expect(step(plan({ ...images, start: 'off' }).plan)).toBeUndefined()
  })

  it('builds only its own platform when a Dockerfile would need emulation', () => {
    const emulated = dockerfile(
      'FROM golang:1.26 AS b\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nFROM scratch\nCOPY --from=b /app /app\nUSER 65532\nENTRYPOINT ["/app"]\n',
    )
    expect(plan(images, facts({ dockerfile: emulated })).plan.platforms).toEqual([
      { os: 'linux', arch: 'amd64' },
    ])
    expect(plan(images).plan.platforms.map((one) => one.arch)).toEqual(['amd64', 'arm64'])
  })
})

describe('main packages and images', () => {
  const two = facts({ mains: [mainPackage('./cmd/api', 'api'), mainPackage('./cmd/worker', 'worker')] })
  it('asks which, when there are several', () => {
    expect(plan(images, two).told).toEqual(['main: 2 main packages are there and none is chosen'])
    expect(plan(images, facts({ mains: [] })).told).toEqual(['main: there is no main package'])
    expect(plan({ ...images, main: './cmd/nope' }, two).told).toEqual(['main: no main package is there'])
  })

  it.each([
    [{ images: 'r.io/x', main: './cmd/api\n./cmd/worker' }, [['r.io/x-api'], ['r.io/x-worker']]],
    [{ images: 'r.io/{name}', main: './cmd/api=web\n./cmd/worker' }, [['r.io/web'], ['r.io/worker']]],
    [{ images: 'r.io/x', main: './cmd/api\n./cmd/worker', binaries: 'together' }, [['r.io/x']]],
    [{ images: 'r.io/x\nq.io/y', main: './cmd/api' }, [['r.io/x', 'q.io/y']]],
  ])('%j', (inputs, repositories) => {
    const made = plan(inputs, two)
    expect(made.told).toEqual([])
    expect(made.plan.targets.map((target) => target.repositories)).toEqual(repositories)
  })
})

describe('the graph', () => {
  it('holds the tag back until every gate has passed', () => {
    const made = plan({ ...images, 'coverage-threshold': '80' }).plan
    const gates = made.steps.filter((step) => step.gate).map((step) => step.id)
    expect(gates).toEqual(['test', 'coverage', 'binaries', 'start', 'verify'])
    expect(made.steps.find((step) => step.id === 'publish')?.needs).toEqual(expect.arrayContaining(gates))
  })

  it.each([
    {},
    { verify: 'off' },
    { start: 'off', verify: 'off', vet: 'false', test: 'false' },
    { start: 'off', engine: 'buildx', load: 'true' },
  ])('publishes and loads whole images, whatever is switched off: %j', (more) => {
    const { steps } = plan({ ...images, ...more }).plan
    for (const last of ['publish', 'load'])
      for (const step of steps.filter(({ id }) => id === last)) expect(step.needs).toContain('image')
    expect(steps.map(({ id }) => id)).toContain('publish')
  })

  it('compiles the own platform first and tests on top of it; nothing of Docker is waited for', () => {
    const made = plan(images).plan
    expect(made.steps.find((step) => step.id === 'test')?.needs).toContain('compile:linux/amd64')
    expect(made.steps.find((step) => step.id === 'test')?.needs).not.toContain('compile:linux/arm64')
    expect(ids(made)).not.toContain('builder')
  })

  it.each<[Record<string, string>, Partial<Facts>]>([
    [images, {}],
    [{}, { inActions: false }],
    [{ ...images, vet: 'false', test: 'false', start: 'off', verify: 'off', cache: 'off' }, {}],
    [{ ...images, platforms: 'linux/amd64,linux/arm/v7,windows/amd64', load: 'true' }, {}],
    [
      { ...images, main: '.', engine: 'buildx', 'coverage-threshold': '10' },
      { engine: { ...engine, server: { ...server, containerdStore: false } } },
    ],
    [
      { images: 'r.io/a-{name}', main: './a\n./b' },
      { mains: [mainPackage('./a', 'a'), mainPackage('./b', 'b')] },
    ],
  ])('can be run: %j', (inputs, more) => {
    const made = plan(inputs, facts(more))
    expect(made.told).toEqual([])
    expect(graphFaults(made.plan.steps)).toEqual([])
  })
})

describe('steps', () => {
  it.each<[Record<string, string>, Partial<Facts>]>([
    [{ ...images, platforms: 'windows(10.0.20348.1)/amd64,windows(10.0.26100.1)/amd64,linux/arm/v7' }, {}],
    [{ ...images, engine: 'buildx', load: 'true', 'coverage-threshold': '80' }, {}],
    [
      { images: 'r.io/a-{name}', main: './a\n./b' },
      { mains: [mainPackage('./a', 'a'), mainPackage('./b', 'b')] },
    ],
  ])('every step of the plan has its work: %j', async (given, more) => {
    const known = facts(more)
    const loaded = loadInputs((name) => given[name] ?? '', {}, new Secrets())
    const made = makePlan(loaded.inputs, known)
    expect(made.problems).toEqual([])
    const shell = openShell(() => silentLog, new Secrets(), { env: {} })
    try {
      const work = new Steps(loaded.inputs, known, made.plan, shell, new StateKeeper(() => undefined)).work()
      expect(made.plan.steps.map((step) => step.id).filter((id) => !work.has(id))).toEqual([])
    } finally {
      await shell.close()
    }
  })
})

describe('what is started goes ahead', () => {
  const shape = (
    given: Record<string, string>,
    more: Partial<Facts> = {},
  ): Record<string, readonly string[]> =>
    Object.fromEntries(plan(given, facts(more)).plan.steps.map((step) => [step.id, step.needs]))

  it('its manifest is pushed and started while the other platforms compile', () => {
    const steps = shape({ ...images, platforms: 'linux/amd64,linux/arm64' })
    expect(steps['own']).toEqual(['base', 'compile:linux/amd64'])
    expect(steps['start']).toEqual(['own'])
    expect(steps['image']).toEqual(['base', 'compile:linux/amd64', 'compile:linux/arm64', 'own'])
    expect(steps['publish']).toEqual(expect.arrayContaining(['start', 'verify', 'binaries', 'test']))
  })

  it.each<[number, string, boolean]>([
    [2, 'auto', true],
    [4, 'auto', false],
    [2, 'off', false],
  ])('on %d cores, start %s: the other platforms wait for its compile: %j', (cores, start, wait) => {
    const steps = shape({ ...images, start, platforms: 'linux/arm64,linux/amd64' }, { cores })
    expect(Object.keys(steps).filter((id) => id.startsWith('compile:'))).toEqual(['compile:linux/amd64', 'compile:linux/arm64']) // prettier-ignore
    expect(steps['compile:linux/amd64']).not.toContain('compile:linux/arm64')
    expect(steps['compile:linux/arm64']?.includes('compile:linux/amd64')).toBe(wait)
  })

  it.each<[string, Record<string, string>, Partial<Facts>]>([
    ['one platform', { platforms: 'linux/amd64' }, {}],
    ['none that runs here', { platforms: 'linux/arm64,linux/s390x' }, {}],
    ['no engine', {}, { engine: none }],
    ['start is off', { start: 'off' }, {}],
    ['Buildx builds all at once', { engine: 'buildx' }, {}],
  ])('not with %s', (_, given, more) => {
    expect(shape({ ...images, ...given }, more)).not.toHaveProperty('own')
  })
})

describe('the report folder', () => {
  it('hides itself when it is new, and leaves a folder of the user alone', async () => {
    const top = await mkdtemp(join(tmpdir(), 'gip-report-'))
    try {
      await writeFile(join(top, '.gitignore'), 'mine\n')
      await makeReportFolder(top)
      await makeReportFolder(join(top, 'a/report'))
      await makeReportFolder(join(top, 'a/report'))
      expect(await readFile(join(top, '.gitignore'), 'utf8')).toBe('mine\n')
      expect(await readFile(join(top, 'a/report/.gitignore'), 'utf8')).toBe('*\n')
      expect(await readdir(join(top, 'a'))).toEqual(['report'])
    } finally {
      await rm(top, { recursive: true, force: true })
    }
  })
})

describe('how far the run goes', () => {
  it('until checks: vet and tests alone, for a library and without an engine too', () => {
    const { plan: made, told } = plan(
      { until: 'checks', 'coverage-threshold': '80' },
      facts({ mains: [], engine: none }),
    )
    expect(told).toEqual([])
    expect(made.push).toBe(false)
    expect(ids(made)).toEqual([
      'login',
      'go',
      'modules-restore',
      'build-restore',
      'modules',
      'test',
      'coverage',
    ])
    expect(graphFaults(made.steps)).toEqual([])
  })

  it('until image: everything but the tags, which need not be known', () => {
    const known = facts({ event: factsOf({ ...push, GITHUB_REF: '' }, {}) })
    const { plan: made, told } = plan(
      { ...images, until: 'image', tags: 'type=semver,pattern={{version}}' },
      known,
    )
    expect(told).toEqual([])
    expect(ids(made)).toEqual(expect.arrayContaining(['image', 'start', 'verify']))
    expect(ids(made)).not.toContain('publish')
    expect(made.steps.find((step) => step.id === 'publish')?.skip).toMatch(/another job/)
    expect(plan({ ...images, tags: 'type=semver,pattern={{version}}' }, known).told).toHaveLength(1)
  })

  it.each([
    [{ until: 'checks', vet: 'false', test: 'false' }, 'until'],
    [{ until: 'checks', push: 'true', images: 'ghcr.io/acme/a' }, 'push'],
  ])('refuses %j', (given: Record<string, string>, input) => {
    const { problems } = loadInputs((name) => given[name] ?? '', {}, new Secrets())
    expect(problems.map((problem) => problem.input)).toEqual([input])
  })
})

describe('a start without an engine', () => {
  const start = (made: Plan): { skip: string | undefined; title: string; needs: readonly string[] } => {
    const step = made.steps.find((one) => one.id === 'start')
    return { skip: step?.skip, title: step?.title ?? '', needs: step?.needs ?? [] }
  }

  it('starts the program itself, beside the image', () => {
    const { plan: made } = plan({ ...images, push: 'true' }, facts({ engine: none }))
    expect(made).toMatchObject({ startsNatively: true, startPlatform: { os: 'linux', arch: 'amd64' } })
    expect(start(made)).toEqual({ skip: undefined, title: 'Start program', needs: ['binaries'] })
    expect(made.notes).toContain(
      'No Docker engine answers here: the program is started as a process of this machine, not in its image.',
    )
  })

  it('with an engine the image is started, and nothing else', () => {
    const { plan: made } = plan({ ...images, push: 'true' })
    expect(made.startsNatively).toBeUndefined()
    expect(start(made).title).toBe('Start image')
  })

  it.each<[what: string, inputs: Record<string, string>, known: Partial<Facts>, why: string]>([
    [
      'another system',
      {},
      { host: { os: 'darwin', arch: 'arm64' } },
      'a Linux program does not run on darwin',
    ],
    ['another architecture', { platforms: 'linux/arm64' }, {}, 'no platform of the image is linux/amd64'],
    ['files of the image', { files: 'web:/srv/web' }, {}, 'its files are only in the image'],
    ['cgo', { cgo: 'true' }, {}, 'a program with cgo needs the C library of its image'],
  ])('%s: it is not started, and the plan says why', (_, inputs, known, why) => {
    const { plan: made } = plan({ ...images, push: 'true', ...inputs }, facts({ engine: none, ...known }))
    expect(made.startsNatively).toBeUndefined()
    expect(start(made).skip).toBe(
      `no Docker engine is there to start it (no Docker engine answers), and ${why}`,
    )
  })
})

describe('caches for a Dockerfile', () => {
  const DOCKERFILE =
    'FROM golang AS build\nRUN go build -o /out/app\nFROM scratch\nCOPY --from=build /out/app /app\n'
  const dockerfile = (text = DOCKERFILE): NonNullable<Facts['dockerfile']> => {
    const parsed = parseDockerfile(text)
    return {
      path: 'Dockerfile',
      facts: parsed,
      findings: () => [],
      copy: cacheCopy(text, parsed, { modules: true }),
    }
  }
  const booting: EngineFacts = { ...engine, server: { ...server, containerdStore: false } }
  const known = (more: Partial<Facts> = {}): Facts =>
    facts({ dockerfile: dockerfile(), cacheService: true, hosted: true, engine: booting, ...more })
  const note = (made: Plan): string | undefined => made.notes.find((text) => /Go.{0,2}s? caches/.test(text))

  it('restores before the image, collects after it, and never in the way of the release', () => {
    const { plan: made } = plan({ ...images }, known())
    expect(made.dockerfileCaches?.lines).toEqual([2])
    expect(note(made)).toBe(
      'Go’s caches are handed to the Dockerfile (line 2, in a copy; dockerfile-caches: off leaves it as it is).',
    )
    const step = (id: string) => made.steps.find((one) => one.id === id)
    expect(step('image')?.needs).toEqual(expect.arrayContaining(['dockerfile-restore', 'modules']))
    expect(step('dockerfile-caches')).toMatchObject({ needs: ['image'], gate: false })
    expect(made.steps.some((one) => one.needs.includes('dockerfile-caches'))).toBe(false)
    expect(graphFaults(made.steps)).toEqual([])
  })

  it.each<[what: string, inputs: Record<string, string>, more: Partial<Facts>, why: string | undefined]>([
    ['off', { 'dockerfile-caches': 'off' }, {}, undefined],
    ['a kept builder', { 'keep-builder': 'true' }, { hosted: false }, undefined],
    ['no cache service', {}, { cacheService: false }, 'there is no cache service here to keep them'],
    ['no-cache', { 'no-cache': 'true' }, {}, 'no-cache is set'],
    ['caches that are off', { cache: 'off' }, {}, 'cache is off'],
    [
      'a remote builder',
      { driver: 'remote', endpoint: 'tcp://b:1234', 'dockerfile-caches': 'on' },
      {},
      'the builder is elsewhere (driver remote)',
    ],
    [
      'nothing to be had',
      {},
      { dockerfile: dockerfile('FROM alpine\n') },
      'no RUN step could use Go’s caches',
    ],
  ])('not with %s', (_, inputs, more, why) => {
    const { plan: made } = plan({ ...images, ...inputs }, known(more))
    expect(made.dockerfileCaches).toBeUndefined()
    expect(note(made)).toBe(why === undefined ? undefined : `The Dockerfile gets no Go caches: ${why}.`)
    expect(ids(made)).not.toContain('dockerfile-restore')
  })

  it('on gives them to a kept builder too; read brings nothing back', () => {
    const { plan: made } = plan(
      { ...images, 'keep-builder': 'true', 'dockerfile-caches': 'on', cache: 'read' },
      known({ hosted: false }),
    )
    expect(ids(made)).toContain('dockerfile-restore')
    expect(made.steps.find((one) => one.id === 'dockerfile-caches')?.skip).toBe('caches are only read')
  })
})

describe('the look for an input that was proved before', () => {
  const known = (more: Partial<Facts> = {}): Facts =>
    facts({ cacheService: true, git: cleanCheckout, ...more })
  const look = (inputs: Record<string, string>, at = known()) =>
    plan({ images: 'ghcr.io/acme/hello', tags: 'v1', ...inputs }, at).plan.steps.find(
      ({ id }) => id === 'reuse',
    )

  it('comes before everything that it may spare', () => {
    const { plan: made } = plan({ images: 'ghcr.io/acme/hello', tags: 'v1' }, known())
    expect(graphFaults(made.steps)).toEqual([])
    expect(made.steps.find(({ id }) => id === 'reuse')).not.toHaveProperty('skip')
    for (const { id, needs } of made.steps)
      if (id === 'test' || id.startsWith('compile:')) expect(needs).toContain('reuse')
    expect(needlessSteps(made.steps)).toEqual(
      expect.arrayContaining(['modules-restore', 'build-restore', 'test', 'compile:linux/amd64', 'image', 'start', 'verify']),
    ) // prettier-ignore
    for (const id of ['login', 'go', 'base', 'reuse', 'publish'])
      expect(needlessSteps(made.steps)).not.toContain(id)
  })

  it.each<[string, Record<string, string>, Partial<Facts>, RegExp]>([
    ['reuse: false', { reuse: 'false' }, {}, /reuse is off/],
    ['cache: off', { cache: 'off' }, {}, /cache is off/],
    ['no-cache', { 'no-cache': 'true' }, {}, /no-cache/],
    ['load', { load: 'true' }, {}, /loaded/],
    ['tests that always run', { 'test-flags': '-short -count=1' }, {}, /test-flags/],
    ['shuffled tests', { 'test-flags': '-shuffle on' }, {}, /test-flags/],
    ['values for the start', { 'start-env': 'TOKEN=x' }, {}, /start-env/],
    ['uncommitted changes', {}, { git: { ...cleanCheckout, dirty: true } }, /not committed/],
    ['a replace out of the repository', {}, { workspace: { modules: [{ ...goModule, replacesOutside: true }], sumFiles: [], problems: [] } }, /replace/],
  ])('is left out for %s', (_, inputs, more, why) => {
    expect(look(inputs, known(more))).toMatchObject({ skip: expect.stringMatching(why) as unknown })
  }) // prettier-ignore

  it.each<[string, Record<string, string>, Partial<Facts>]>([
    ['where nothing is pushed', { push: 'false' }, {}],
    ['where no cache service is', {}, { cacheService: false }],
    ['for checks alone', { until: 'checks' }, {}],
  ])('is not there %s', (_, inputs, more) => {
    expect(look(inputs, known(more))).toBeUndefined()
  })

  it('goes on with tests that are only chosen, and with values for a start that is off', () => {
    expect(look({ 'test-flags': '-short -run Count' })).not.toHaveProperty('skip')
    expect(look({ 'start-env': 'A=b', start: 'off' })).not.toHaveProperty('skip')
  })
})
