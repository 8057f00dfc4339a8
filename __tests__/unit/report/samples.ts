import type { RunReport, StepReport } from '../../../src/report/model.ts'
import { phaseOf, timingOf } from '../../../src/report/timeline.ts'

/** Reports as real runs give them, for the tests of everything that is drawn from one. */

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`

const step = (
  id: string,
  title: string,
  times: [startMs: number, endMs: number] | undefined,
  needs: string[],
  more: Partial<StepReport> = {},
): StepReport => ({
  id,
  title,
  status: times === undefined ? 'skipped' : 'ok',
  gate: false,
  needs,
  phase: phaseOf(id),
  ...(times === undefined ? {} : { startMs: times[0], endMs: times[1] }),
  ...more,
})

export const steps: StepReport[] = [
  step('login', 'Log in', [0, 240], []),
  step('go', 'Install Go', [0, 3200], [], { reason: 'Go 1.26.8 from the tool cache' }),
  step('modules-restore', 'Restore modules', [0, 1100], []),
  step('build-restore', 'Restore build cache', [3200, 4900], ['go']),
  step('mtimes', 'Set file times', [0, 90], []),
  step('modules', 'Download modules', undefined, ['go', 'modules-restore'], { reason: 'no modules are needed' }),
  step('compile:linux/amd64', 'Compile linux/amd64', [4900, 7900], ['go', 'build-restore', 'modules', 'mtimes']),
  step('compile:linux/arm64', 'Compile linux/arm64', [4900, 8700], ['go', 'build-restore', 'modules', 'mtimes']),
  step('test', 'Vet and test', [7900, 12100], ['go', 'build-restore', 'modules', 'compile:linux/amd64'], { gate: true }),
  step('coverage', 'Coverage ≥ 80 %', [12100, 12110], ['test'], { gate: true }),
  step('binaries', 'Check binaries', [8700, 8760], ['compile:linux/amd64', 'compile:linux/arm64'], { gate: true }),
  step('builder', 'Boot builder', [240, 3900], ['login']),
  step('base', 'Resolve base', [240, 800], ['login']),
  step('image', 'Build image', [8700, 10900], ['builder', 'base', 'compile:linux/amd64', 'compile:linux/arm64']),
  step('start', 'Start image', [10900, 11700], ['image'], { gate: true }),
  step('publish', 'Publish tags', [12110, 12600], ['image', 'test', 'coverage', 'binaries', 'start']),
  step('verify', 'Read back', [12600, 13400], ['publish'], { gate: true }),
] // prettier-ignore

const layers = (letter: string): RunReport['images'][number]['platforms'][number]['layers'] => [
  { digest: digest('0'), size: 103_000, base: true },
  { digest: digest('1'), size: 797_000, base: true },
  { digest: digest(letter), size: 4_900_000, base: false },
  { digest: digest('f'), size: 1200, base: false },
]

export const passed: RunReport = {
  schema: 1,
  outcome: 'passed',
  startedAt: '2026-11-22T10:00:00Z',
  durationMs: 13_500,
  project: {
    name: 'hello',
    module: 'github.com/acme/hello',
    directory: '.',
    version: '1.2.3',
    url: 'https://github.com/acme/hello',
    commit: '860c1904a1ce19322e91ac35af1ab07466440c37',
    tag: 'v1.2.3',
    dirty: false,
  },
  run: {
    event: 'push',
    actor: 'ann',
    url: 'https://github.com/acme/hello/actions/runs/42',
    attempt: 1,
    host: 'linux/amd64',
    cores: 4,
  },
  tools: [
    { name: 'go', version: '1.26.8', source: 'tool cache' },
    { name: 'buildx', version: '0.36.1', source: 'runner' },
    { name: 'buildkit', version: '0.32.2' },
  ],
  steps,
  gates: [
    { id: 'test', title: 'Vet and test', verdict: 'passed', detail: '57 tests, no findings', durationMs: 4200 },
    { id: 'coverage', title: 'Coverage ≥ 80 %', verdict: 'passed', detail: '83.4 %', durationMs: 10 },
    { id: 'binaries', title: 'Check binaries', verdict: 'passed', detail: 'static, right machine', durationMs: 60 },
    { id: 'start', title: 'Start image', verdict: 'passed', detail: 'GET /health answers 200 after 120 ms', durationMs: 800 },
    { id: 'verify', title: 'Read back', verdict: 'passed', detail: '2 manifests, 8 blobs', durationMs: 800 },
  ], // prettier-ignore
  tests: {
    passed: 57,
    failed: 0,
    skipped: 2,
    packages: 6,
    cachedPackages: 4,
    durationMs: 4100,
    slowest: [
      { package: 'github.com/acme/hello/internal/store', name: 'TestReopen/after_crash', ms: 1840 },
      { package: 'github.com/acme/hello/internal/api', name: 'TestGracefulStop', ms: 620 },
      { package: 'github.com/acme/hello', name: 'TestFlags', ms: 3 },
    ],
    failures: [],
  },
  coverage: {
    percent: 83.4,
    threshold: 80,
    previousPercent: 83,
    packages: [
      { name: 'github.com/acme/hello', covered: 12, statements: 31 },
      { name: 'github.com/acme/hello/internal/api', covered: 148, statements: 165 },
      { name: 'github.com/acme/hello/internal/store', covered: 201, statements: 240 },
      { name: 'github.com/acme/hello/internal/clock', covered: 9, statements: 9 },
      { name: 'github.com/acme/hello/internal/version', covered: 0, statements: 4 },
      { name: 'github.com/acme/hello/internal/types', covered: 0, statements: 0 },
    ],
  },
  diagnostics: [],
  images: [
    {
      name: 'ghcr.io/acme/hello',
      digest: digest('a'),
      tags: [
        { tag: '1.2.3', after: digest('a') },
        { tag: '1.2', before: digest('9'), after: digest('a') },
        { tag: 'latest', before: digest('9'), after: digest('a') },
      ],
      platforms: [
        { platform: 'linux/amd64', digest: digest('b'), size: 5_802_400, previousSize: 5_790_000, layers: layers('d') },
        { platform: 'linux/arm64', digest: digest('c'), size: 5_402_400, previousSize: 5_402_400, layers: layers('e') },
      ],
      base: { name: 'gcr.io/distroless/static-debian12:nonroot', digest: digest('7') },
      verified: true,
      start: { platform: 'linux/amd64', ok: true, detail: 'answers GET /health with 200 after 120 ms, stops in 40 ms' },
    },
  ], // prettier-ignore
  push: true,
  published: true,
  caches: [
    { name: 'modules', hit: 'exact', restoredBytes: 41_200_000, restoreMs: 800 },
    { name: 'build', hit: 'partial', restoredBytes: 102_000_000, restoreMs: 1700 },
  ],
  retries: [
    { what: 'push of ghcr.io/acme/hello', count: 2, lastReason: '429 Too Many Requests, Retry-After 3 s' },
  ],
  notes: ['The docker driver is used: the containerd image store does multi-platform builds.'],
  warnings: [],
  problems: [],
  files: [
    { title: 'Summary', path: 'summary.md' },
    { title: 'Timeline', path: 'timeline.svg' },
  ],
  timing: timingOf(steps),
}

const failedSteps: StepReport[] = steps.map((one) => {
  if (one.id === 'test') return { ...one, status: 'failed', reason: '2 tests failed' }
  if (['coverage', 'publish', 'verify'].includes(one.id)) {
    const { startMs: _start, endMs: _end, ...rest } = one
    return { ...rest, status: 'skipped', reason: 'Vet and test did not end well' }
  }
  return one
})

/** A test failed and vet found something; nothing was published. */
export const failed: RunReport = {
  ...passed,
  outcome: 'failed',
  published: false,
  steps: failedSteps,
  timing: timingOf(failedSteps),
  gates: [
    {
      id: 'test',
      title: 'Vet and test',
      verdict: 'failed',
      detail: '2 of 57 tests failed',
      durationMs: 4200,
    },
    { id: 'coverage', title: 'Coverage ≥ 80 %', verdict: 'not-reached' },
    { id: 'binaries', title: 'Check binaries', verdict: 'passed', durationMs: 60 },
    { id: 'start', title: 'Start image', verdict: 'passed', durationMs: 800 },
    { id: 'verify', title: 'Read back', verdict: 'not-reached' },
  ],
  tests: {
    passed: 55,
    failed: 2,
    skipped: 2,
    packages: 6,
    cachedPackages: 4,
    durationMs: 4100,
    slowest: [],
    failures: [
      {
        package: 'github.com/acme/hello/internal/api',
        test: 'TestGreeting/empty_name',
        message: 'got "hello, ", want "hello, world"',
        file: 'internal/api/greeting_test.go',
        line: 42,
        output: ['=== RUN   TestGreeting/empty_name', '    greeting_test.go:42: got "hello, ", want "hello, world"'],
      },
      {
        package: 'github.com/acme/hello/internal/store',
        test: 'TestReopen',
        message: 'panic: runtime error: index out of range [3] with length 3',
        file: 'internal/store/log.go',
        line: 118,
        output: ['panic: runtime error: index out of range [3] with length 3', 'goroutine 7 [running]:'],
      },
    ],
  }, // prettier-ignore
  diagnostics: [
    {
      tool: 'vet',
      level: 'error',
      message: 'fmt.Printf format %d has arg name of wrong type string',
      file: 'internal/api/greeting.go',
      line: 17,
      code: 'printf',
    },
  ],
  images: passed.images.map((image) => ({
    ...image,
    verified: false,
    tags: image.tags.map(({ tag }) => ({ tag })),
  })),
  problems: [
    {
      code: 'tests-failed',
      what: '2 of 57 tests failed',
      cause: 'TestGreeting/empty_name and TestReopen',
      where: 'internal/api/greeting_test.go:42',
      fix: 'run go test ./internal/api ./internal/store',
    },
  ],
  failureLog: { step: 'go test', lines: ['--- FAIL: TestGreeting (0.00s)', 'FAIL', 'exit status 1'] },
}

/** Built and checked, nothing pushed. */
export const pullRequest: RunReport = {
  ...passed,
  project: { ...passed.project, version: 'pr-7', pullRequest: 7, branch: 'feature' },
  push: false,
  published: false,
  images: passed.images.map((image) => ({ ...image, verified: false, tags: [] })),
}

/** Ended before anything was known. */
export const minimal: RunReport = {
  schema: 1,
  outcome: 'failed',
  startedAt: '2026-11-22T10:00:00Z',
  durationMs: 12,
  project: { name: 'hello', directory: '.', dirty: false },
  run: { event: 'local', host: 'windows/amd64' },
  tools: [],
  steps: [],
  gates: [],
  diagnostics: [],
  images: [],
  push: true,
  published: false,
  caches: [],
  retries: [],
  notes: [],
  warnings: [],
  problems: [
    { code: 'bad-input', what: 'no image is named', input: 'images', fix: 'set images, or push: false' },
  ],
  files: [],
  timing: timingOf([]),
}
