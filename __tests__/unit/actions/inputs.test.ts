import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { loadInputs } from '../../../src/actions/build/inputs.ts'
import { INPUTS } from '../../../src/actions/build/spec.ts'
import { describeProblem } from '../../../src/base/errors.ts'
import type { Environment } from '../../../src/base/platform.ts'
import { Secrets } from '../../../src/base/secrets.ts'
import type { Inputs } from '../../../src/plan/inputs.ts'

type Given = Readonly<Record<string, string>>

const load = (given: Given, env: Environment = {}, secrets = new Secrets()): ReturnType<typeof loadInputs> =>
  loadInputs((name) => given[name] ?? '', env, secrets)

const told = (given: Given, env: Environment = {}): string[] =>
  load(given, env).problems.map((problem) => `${problem.input ?? ''}: ${problem.what}`)

describe('loadInputs without any input', () => {
  const { inputs, problems } = load({})

  it('finds nothing wrong and takes the defaults', () => {
    expect(problems).toEqual([])
    expect(inputs).toMatchObject({
      images: [],
      platforms: [],
      base: 'auto',
      user: '65532:65532',
      workingDirectory: '.',
      main: [],
      packages: ['./...'],
      file: '',
      vet: true,
      test: true,
      coverage: true,
      coverageThreshold: undefined,
      race: false,
      cgo: false,
      start: 'auto',
      healthPath: undefined,
      startTimeoutMs: 30_000,
      verify: 'full',
      push: 'auto',
      load: false,
      provenance: 'false',
      sbom: 'false',
      registries: [],
      cache: 'auto',
      reuse: true,
      layerCache: 'auto',
      engine: 'auto',
      driver: 'auto',
      buildxVersion: 'auto',
      keepBuilder: false,
      reportDir: undefined,
      dryRun: false,
    })
  })

  it('takes the runner-only default of the token as not given', () => expect(inputs.githubToken).toBe(''))
})

describe('values', () => {
  it.each<[Given, Partial<Inputs>]>([
    [{ images: 'ghcr.io/acme/a, ghcr.io/acme/b\nghcr.io/acme/a' }, { images: ['ghcr.io/acme/a', 'ghcr.io/acme/b'] }],
    [{ images: 'ghcr.io/acme/{name}' }, { images: ['ghcr.io/acme/{name}'] }],
    [{ images: '# none yet\n127.0.0.1:5000/a/b' }, { images: ['127.0.0.1:5000/a/b'] }],
    [
      { platforms: 'linux/amd64, linux/arm/v7\nwindows(10.0.20348)/amd64' },
      {
        platforms: [
          { os: 'linux', arch: 'amd64' },
          { os: 'linux', arch: 'arm', variant: 'v7' },
          { os: 'windows', arch: 'amd64', osVersion: '10.0.20348' },
        ],
      },
    ],
    [{ platforms: 'linux/arm64/v8' }, { platforms: [{ os: 'linux', arch: 'arm64' }] }],
    [{ user: '1000' }, { user: '1000' }],
    [{ expose: '8080, 53/udp\n9000/tcp' }, { expose: ['8080', '53/udp', '9000/tcp'] }],
    [{ 'entrypoint-args': `serve --name "a b" 'c d'` }, { entrypointArgs: ['serve', '--name', 'a b', 'c d'] }],
    [{ 'image-env': 'A=1\nB=x=y,z' }, { imageEnv: [['A', '1'], ['B', 'x=y,z']] }],
    [{ 'working-directory': './svc/' }, { workingDirectory: 'svc' }],
    [{ 'working-directory': 'a\\b' }, { workingDirectory: 'a/b' }],
    [{ 'working-directory': './' }, { workingDirectory: '.' }],
    [
      { main: '., ./cmd/server/\ncmd/worker=jobs' },
      { main: [{ path: '.' }, { path: './cmd/server' }, { path: './cmd/worker', name: 'jobs' }] },
    ],
    [{ file: 'none' }, { file: 'none' }],
    [{ file: './build/Dockerfile' }, { file: 'build/Dockerfile' }],
    [{ 'go-version': '1.26.x' }, { goVersion: '1.26.x' }],
    [{ 'go-version': 'stable' }, { goVersion: 'stable' }],
    [{ 'go-tags': 'a,b c\nd_1.x' }, { goTags: ['a', 'b', 'c', 'd_1.x'] }],
    [{ 'go-mirrors': 'https://mirror.example/dl/' }, { goMirrors: ['https://mirror.example/dl'] }],
    [{ vet: 'False', test: 'FALSE', race: 'TRUE' }, { vet: false, test: false, race: true }],
    [{ 'test-flags': '-short -run "^Test A$"' }, { testFlags: ['-short', '-run', '^Test A$'] }],
    [{ 'coverage-threshold': '80 %' }, { coverageThreshold: 80 }],
    [{ 'coverage-threshold': '0' }, { coverageThreshold: 0 }],
    [{ 'coverage-threshold': '99.5' }, { coverageThreshold: 99.5 }],
    [{ 'start-timeout': '500ms' }, { startTimeoutMs: 500 }],
    [{ 'start-timeout': '1.5m' }, { startTimeoutMs: 90_000 }],
    [{ 'start-timeout': '45' }, { startTimeoutMs: 45_000 }],
    [{ 'health-path': '/health?full=1' }, { healthPath: '/health?full=1' }],
    [{ push: 'TRUE', images: 'a/b' }, { push: true }],
    [{ push: 'false' }, { push: false }],
    [{ provenance: 'mode=max,builder-id=https://ci.example' }, { provenance: 'mode=max,builder-id=https://ci.example' }],
    [{ sbom: 'generator=scanner:1' }, { sbom: 'generator=scanner:1' }],
    [{ secrets: 'a=1234\n# none\nb==x=' }, { secrets: [['a', '1234'], ['b', '=x=']] }],
    [{ secrets: '"key=first\nsecond ""quoted""\nthird"' }, { secrets: [['key', 'first\nsecond "quoted"\nthird']] }],
    [{ secrets: '"key=one line"' }, { secrets: [['key', 'one line']] }],
    [{ secrets: '"key={""a"":""b""}"\nother=x' }, { secrets: [['key', '{"a":"b"}'], ['other', 'x']] }],
    [{ secrets: 'key={"a":"b"}' }, { secrets: [['key', '{"a":"b"}']] }],
    [{ secrets: '"a=first\n\n  third"\r\n"b=x"' }, { secrets: [['a', 'first\n\n  third'], ['b', 'x']] }],
    [{ 'secret-files': 'a=./a.txt', 'secret-envs': 'b=B' }, { secretFiles: [['a', './a.txt']], secretEnvs: [['b', 'B']] }],
    [{ 'buildx-version': '0.36.1' }, { buildxVersion: 'v0.36.1' }],
    [{ 'buildx-version': 'v0.36.1-rc.1' }, { buildxVersion: 'v0.36.1-rc.1' }],
    [{ 'insecure-registries': 'r.example:5000' }, { insecureRegistries: ['r.example:5000'] }],
    [{ 'driver-opts': 'image=a,b\nnetwork=host' }, { driverOpts: ['image=a,b', 'network=host'] }],
    [{ 'dry-run': '  true\n' }, { dryRun: true }],
  ])('%j', (given, expected) => {
    const { inputs, problems } = load(given)
    expect(problems).toEqual([])
    expect(inputs).toMatchObject(expected)
  }) // prettier-ignore

  it('takes passwords from the environment and masks them', () => {
    const announced: string[] = []
    const { inputs, problems } = load(
      { registries: 'ghcr.io ada ${PASS}', 'github-token': 'gh-token-1', secrets: 'a=value-a' },
      { PASS: 'from-env' },
      new Secrets((value) => announced.push(value)),
    )
    expect(problems).toEqual([])
    expect(inputs.registries).toEqual([{ registry: 'ghcr.io', username: 'ada', password: 'from-env' }])
    expect(announced).toEqual(expect.arrayContaining(['from-env', 'gh-token-1', 'value-a']))
  })
})

describe('mistakes', () => {
  it.each<[Given, string]>([
    [{ images: 'ghcr.io/Acme/hello' }, 'images: '],
    [{ images: 'ghcr.io/acme/hello:1' }, 'images: an image name with a tag or digest'],
    [{ images: `ghcr.io/acme/hello@sha256:${'0'.repeat(64)}` }, 'images: an image name with a tag or digest'],
    [{ platforms: 'linux/z80' }, 'platforms: not a platform'],
    [{ platforms: 'amd64' }, 'platforms: not a platform'],
    [{ platforms: 'plan9/amd64' }, 'platforms: not a platform'],
    [{ platforms: 'linux/arm64,linux/arm64/v8' }, 'platforms: linux/arm64 is given twice'],
    [{ tags: 'type=nonsense' }, 'tags: '],
    [{ tags: 'a tag' }, 'tags: '],
    [{ labels: 'no-value' }, 'labels: '],
    [{ annotations: 'nolevel:a=b' }, 'annotations: '],
    [{ user: 'root' }, 'user: not a numeric user'],
    [{ user: '1000:staff' }, 'user: not a numeric user'],
    [{ expose: '0' }, 'expose: not a port'],
    [{ expose: '65536' }, 'expose: not a port'],
    [{ expose: '80/http' }, 'expose: not a port'],
    [{ 'entrypoint-args': '"open' }, 'entrypoint-args: the quote " is not closed'],
    [{ 'start-args': "'open" }, "start-args: the quote ' is not closed"],
    [{ 'image-env': 'A' }, 'image-env: not key=value: no "=": write key=value'],
    [{ 'image-env': '=x' }, 'image-env: not key=value: nothing before "="'],
    [{ 'image-env': '1A=x' }, 'image-env: not the name of a variable'],
    [{ 'start-env': 'A=1\nA=2' }, 'start-env: A is given twice'],
    [{ 'build-args': 'A B=1' }, 'build-args: not the name of a variable'],
    [{ 'build-contexts': 'alpine' }, 'build-contexts: not key=value: no "=": write key=value'],
    [{ files: '/etc/passwd:/x' }, 'files: '],
    [{ files: '../x:/x' }, 'files: '],
    [{ 'working-directory': '/srv' }, 'working-directory: an absolute path'],
    [{ 'working-directory': 'C:\\x' }, 'working-directory: an absolute path'],
    [{ 'working-directory': 'a/../../b' }, 'working-directory: a path that leads out of the workspace'],
    [{ file: '..\\Dockerfile' }, 'file: a path that leads out of the workspace'],
    [{ context: '/' }, 'context: an absolute path'],
    [{ 'go-version-file': '../go.mod' }, 'go-version-file: a path that leads out of the workspace'],
    [{ main: '/cmd' }, 'main: a main package outside working-directory'],
    [{ main: './a/../../b' }, 'main: a main package outside working-directory'],
    [{ main: './a=Upper' }, 'main: not a name for a binary and image'],
    [{ main: './a=' }, 'main: not a name for a binary and image'],
    [{ main: './a,a/' }, 'main: this main package is given twice'],
    [{ binaries: 'together!' }, 'binaries: not a known value'],
    [{ 'go-version': 'newest' }, 'go-version: not a Go version'],
    [{ 'go-tags': 'a-b' }, 'go-tags: not a build tag'],
    [{ 'go-mirrors': 'mirror.example' }, 'go-mirrors: not a URL'],
    [{ 'go-mirrors': 'ftp://mirror.example' }, 'go-mirrors: not a URL'],
    [{ 'go-mirrors': 'https://u:pass@mirror.example' }, 'go-mirrors: a URL with a password'],
    [{ ldflags: '{{.Nonsense}}' }, 'ldflags: '],
    [{ vet: 'yes' }, 'vet: not a boolean'],
    [{ 'dry-run': 'tRUE' }, 'dry-run: not a boolean'],
    [{ 'test-flags': '-race' }, 'test-flags: -race cannot be given in test-flags'],
    [{ 'test-flags': '-run "' }, 'test-flags: the quote " is not closed'],
    [{ 'coverage-threshold': 'high' }, 'coverage-threshold: not a percentage'],
    [{ 'coverage-threshold': '101' }, 'coverage-threshold: not a percentage'],
    [{ 'coverage-threshold': '-1' }, 'coverage-threshold: not a percentage'],
    [{ 'start-timeout': '0s' }, 'start-timeout: not a duration'],
    [{ 'start-timeout': '61m' }, 'start-timeout: not a duration'],
    [{ 'start-timeout': '1h' }, 'start-timeout: not a duration'],
    [{ 'health-path': 'health' }, 'health-path: not an HTTP path'],
    [{ 'health-path': '/a b' }, 'health-path: not an HTTP path'],
    [{ push: 'maybe' }, 'push: not a known value'],
    [{ provenance: 'max' }, 'provenance: not a known value'],
    [{ sbom: 'yes' }, 'sbom: not a known value'],
    [{ secrets: 'no-value' }, 'secrets: not key=value: no "="'],
    [{ secrets: '=x' }, 'secrets: not key=value: nothing before "="'],
    [{ secrets: '"a=open' }, 'secrets: not key=value: a quoted value is not closed'],
    [{ secrets: 'a/b=x' }, 'secrets: not a secret id (letters, digits, _ . -)'],
    [{ secrets: 'a=1\na=2' }, 'secrets: a is given twice'],
    [{ registries: 'ghcr.io ada' }, 'registries: a login needs three words: host, user, password; this line has 2'],
    [{ registries: 'ghcr.io ada ${NONE}' }, 'registries: the password for ghcr.io is to come from'],
    [{ 'registry-mirrors': 'docker.io' }, 'registry-mirrors: '],
    [{ 'insecure-registries': 'http://x y' }, 'insecure-registries: '],
    [{ 'buildx-version': 'newest' }, 'buildx-version: not a Buildx version'],
  ])('%j', (given, expected) => {
    expect(told(given)).toEqual([expect.stringContaining(expected)])
  }) // prettier-ignore

  it.each(INPUTS.filter((spec) => spec.kind === 'choice'))('$name is a choice', ({ name, choices = [] }) => {
    for (const choice of choices) expect(told({ [name]: choice, endpoint: 'tcp://b:1' })).toEqual([])
    const [problem] = load({ [name]: 'nonsense' }).problems
    expect(problem).toMatchObject({ code: 'bad-input', input: name, value: 'nonsense' })
    for (const choice of choices) expect(problem?.fix).toContain(choice)
  })

  it.each(INPUTS.filter((spec) => spec.kind === 'boolean'))('$name is a boolean', ({ name }) => {
    expect(told({ [name]: 'true' })).toEqual([])
    expect(told({ [name]: 'FALSE' })).toEqual([])
    expect(told({ [name]: '1' })).toEqual([`${name}: not a boolean`])
  })

  it('says which value was meant', () => {
    expect(load({ driver: 'docker-contaner' }).problems[0]?.fix).toMatch(/^did you mean docker-container\?/)
  })
})

describe('inputs that do not go together', () => {
  it.each<[Given, string[]]>([
    [{ push: 'true' }, ['images: push is true but no image is named']],
    [{ push: 'true', images: 'a/b' }, []],
    [{ start: 'off', 'health-path': '/x' }, ['health-path: a health path cannot be asked when start is off']],
    [{ test: 'false', 'coverage-threshold': '1' }, ['coverage-threshold: a coverage threshold needs test and coverage']],
    [{ coverage: 'false', 'coverage-threshold': '1' }, ['coverage-threshold: a coverage threshold needs test and coverage']],
    [{ cgo: 'true', platforms: 'linux/amd64,linux/arm64' }, ['cgo: cgo cannot be cross-compiled here for several platforms']],
    [{ cgo: 'true', platforms: 'linux/amd64,windows/amd64' }, ['cgo: cgo cannot be cross-compiled here for several platforms']],
    [{ cgo: 'true', platforms: 'linux/arm/v6,linux/arm/v7' }, []],
    [{ secrets: 'a=1', 'secret-files': 'a=x' }, ['secret-files: the secret a is given twice (also in secrets)']],
    [{ 'secret-files': 'a=x', 'secret-envs': 'a=X' }, ['secret-envs: the secret a is given twice (also in secret-files)']],
    // Whether the driver has what it needs is the plan's to say.
    [{ driver: 'remote' }, []],
    [{ driver: 'remote', endpoint: 'tcp://b:1' }, []],
  ])('%j', (given, expected) => {
    expect(told(given)).toEqual(expected)
  }) // prettier-ignore
})

describe('all mistakes at once', () => {
  it('are told in the order of the inputs, those that join inputs at the end', () => {
    expect(
      told({
        platforms: 'linux/z80,linux/y80',
        user: 'root',
        vet: 'maybe',
        push: 'true',
        start: 'off',
        'health-path': '/x',
        cache: 'on',
      }),
    ).toEqual([
      'platforms: not a platform',
      'platforms: not a platform',
      'user: not a numeric user',
      'vet: not a boolean',
      'cache: not a known value',
      'images: push is true but no image is named',
      'health-path: a health path cannot be asked when start is off',
    ])
  })

  it('have a code, the input and a fix each', () => {
    const given = Object.fromEntries(
      INPUTS.filter((spec) => spec.secret !== true).map((spec) => [spec.name, '"\u0001 ../:=']),
    )
    const { problems } = load(given)
    expect(problems.length).toBeGreaterThan(35)
    for (const problem of problems) {
      expect(problem).toMatchObject({ code: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/) })
      expect(problem.fix ?? problem.cause).toBeTruthy()
      expect(INPUTS.map((spec) => spec.name)).toContain(problem.input)
    }
  })
})

describe('secrets in problems', () => {
  const HIDDEN = 's3cr3t+pass/word'
  const lines = [
    HIDDEN, `${HIDDEN}=`, `=${HIDDEN}`, `"a=${HIDDEN}`, `a=${HIDDEN}\na=${HIDDEN}`, `a b=${HIDDEN}`,
    `ghcr.io ${HIDDEN}`, `ghcr.io ada ${HIDDEN}\nghcr.io ada ${HIDDEN}`, `no host! ada ${HIDDEN}`,
    `- registry: ghcr.io\n  password: ${HIDDEN}`, `- registry: [\n  ${HIDDEN}`, `- ${HIDDEN}`,
  ] // prettier-ignore

  it.each(['secrets', 'registries'].flatMap((name) => lines.map((line) => [name, line] as const)))(
    '%s never shows %j',
    (name, line) => {
      const { problems } = load({ [name]: line })
      expect(problems.map(describeProblem).join('\n')).not.toContain(HIDDEN)
      expect(JSON.stringify(problems)).not.toContain(HIDDEN)
    },
  )

  it('do not stand there even when the id was forgotten', () => {
    const text = load({ secrets: 'AbC+/dEf==' }).problems.map(describeProblem).join('\n')
    expect(text).toContain('write id=value')
    expect(text).not.toContain('AbC')
  })

  it.each(['ftp://ada:s3cret@mirror.example', 'https://ada:s3 cret@x', 'https://ada:s3cret@mirror.example'])(
    'are not shown of a mirror: %s',
    (url) => {
      const { problems } = load({ 'go-mirrors': url })
      expect(problems).toHaveLength(1)
      expect(JSON.stringify(problems)).not.toMatch(/s3|cret@/)
    },
  )

  it('never stand there, whatever the text is', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9+/]{12,20}$/)
    fc.assert(
      fc.property(word, fc.string(), fc.string(), (hidden, before, after) => {
        for (const name of ['registries', 'github-token']) {
          // Host and user are no secrets; the password is what follows them.
          const { problems } = load({ [name]: `${before.replaceAll('\n', ' ')} x y ${hidden}${after}` })
          expect(JSON.stringify(problems)).not.toContain(hidden)
        }
        const { problems } = load({ secrets: `${before}=${hidden}${after.replaceAll(/[\r\n=]/g, '')}` })
        expect(JSON.stringify(problems)).not.toContain(hidden)
      }),
    )
  })
})

describe('a loader that is given anything', () => {
  it('returns, and never throws', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...INPUTS.map((spec) => spec.name)), fc.string()),
        (given) => {
          const { problems } = load(given)
          for (const problem of problems) expect(problem.what).not.toBe('')
        },
      ),
    )
  })
})
