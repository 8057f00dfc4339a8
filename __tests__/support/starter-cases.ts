import type { StarterFacts, StarterOptions, TextFile } from '../../src/pipeline/starter/model.ts'

export const FACTS: StarterFacts = {
  modules: ['.'],
  mains: [{ module: '.', path: '.', name: 'hello' }],
  dockerfiles: [],
  composeFiles: [],
  integrationTests: [],
  systems: [],
  deployFiles: [],
  remote: { host: 'github.com', repository: 'Acme/Hello' },
  defaultBranch: 'main',
  versions: false,
  workflows: [],
}

export const OPTIONS: StarterOptions = {
  kind: 'auto',
  images: [],
  mains: [],
  extras: [],
  gray: 'auto',
  runner: [],
  copies: false,
}

export interface StarterCase {
  readonly what: string
  readonly facts?: Partial<StarterFacts>
  readonly options?: Partial<StarterOptions>
  /** File name in .github/workflows, and what the job gives to which template. */
  readonly files: Readonly<Record<string, { template: string; with: Record<string, string | boolean> }>>
  /** Secrets that are named, by file; files that are not here name none. */
  readonly secrets?: Readonly<Record<string, readonly string[]>>
  readonly notes?: readonly RegExp[]
  readonly next?: readonly RegExp[]
}

const text = (path: string, content = ''): TextFile => ({ path, text: content })
const api = { module: '.', path: './cmd/api', name: 'api' }
const worker = { module: '.', path: './cmd/worker', name: 'worker' }
const pipeline = (
  given: Record<string, string | boolean>,
): { template: string; with: Record<string, string | boolean> } => ({ template: 'pipeline.yml', with: given })
const images = 'ghcr.io/acme/hello'

/** Repositories, and the workflows that they need. */
export const STARTER_CASES: readonly StarterCase[] = [
  {
    what: 'a library',
    facts: { mains: [] },
    files: { ci: { template: 'ci.yml', with: { runners: 'ubuntu-latest' } } },
    next: [/ci \/ report/],
  },
  {
    what: 'a library in a folder, for several systems, with linting, on an own runner',
    facts: { mains: [], modules: ['go'], systems: ['windows', 'darwin'], lint: '.golangci.yml' },
    options: { runner: ['self-hosted', 'linux'] },
    files: {
      ci: {
        template: 'ci.yml',
        with: {
          runners: 'self-hosted+linux, windows-latest, macos-latest',
          'working-directory': 'go',
          'plan-runner': '["self-hosted","linux"]',
        },
      },
    },
  },
  { what: 'one main', files: { pipeline: pipeline({ images }) }, next: [/ghcr.io: nothing to set/, /ends with the published image/] },
  {
    what: 'a program that is released and not deployed',
    facts: { modules: ['cli'], mains: [{ module: 'cli', path: '.', name: 'cli' }] },
    options: { kind: 'library', extras: ['binaries'] },
    files: {
      ci: { template: 'ci.yml', with: { runners: 'ubuntu-latest', 'working-directory': 'cli' } },
      binaries: { template: 'binaries.yml', with: { 'working-directory': 'cli' } },
    },
  },
  {
    what: 'a main package that nobody deploys',
    options: { kind: 'library' },
    files: { ci: { template: 'ci.yml', with: { runners: 'ubuntu-latest' } } },
  },
  {
    what: 'one service and a tool of the developers',
    facts: { mains: [api, { module: '.', path: './tools/gen', name: 'gen' }] },
    options: { extras: ['binaries'] },
    files: {
      pipeline: pipeline({ images, main: './cmd/api' }),
      binaries: { template: 'binaries.yml', with: { main: './cmd/api' } },
    },
    notes: [/left out.*\.\/tools\/gen/],
  },
  {
    what: 'several mains, one of them with its own Dockerfile',
    facts: { mains: [api, worker], dockerfiles: [text('cmd/worker/Dockerfile')] },
    files: {
      'pipeline-api': pipeline({ images: `${images}/api`, main: './cmd/api' }),
      'pipeline-worker': pipeline({ images: `${images}/worker`, main: './cmd/worker', file: 'cmd/worker/Dockerfile' }),
    },
  },
  {
    what: 'several mains with a Dockerfile that builds one of them',
    facts: { mains: [api, worker], dockerfiles: [text('Dockerfile', 'RUN go build -o /app ./cmd/api\n')] },
    files: {
      'pipeline-api': pipeline({ images: `${images}/api`, main: './cmd/api' }),
      'pipeline-worker': pipeline({ images: `${images}/worker`, main: './cmd/worker', file: 'none' }),
    },
  },
  {
    what: 'several mains with a Dockerfile that builds none of them by name',
    facts: { mains: [api, worker], dockerfiles: [text('Dockerfile', 'ARG MAIN\nRUN go build ./cmd/$MAIN\n')] },
    options: { images: ['registry.example/acme/{name}', 'ghcr.io/acme/shop'] },
    files: {
      'pipeline-api': pipeline({
        images: 'registry.example/acme/api\nghcr.io/acme/shop-api',
        main: './cmd/api',
        file: 'none',
        'registry-environment': 'registry',
      }),
      'pipeline-worker': pipeline({
        images: 'registry.example/acme/worker\nghcr.io/acme/shop-worker',
        main: './cmd/worker',
        file: 'none',
        'registry-environment': 'registry',
      }),
    },
    secrets: { 'pipeline-api': ['registries'], 'pipeline-worker': ['registries'] },
    notes: [/Dockerfile does not say which main/],
    next: [/environment registry with the secret REGISTRIES/],
  },
  {
    what: 'a Dockerfile beside the only main',
    facts: { dockerfiles: [text('Dockerfile', 'FROM scratch\n')] },
    files: { pipeline: pipeline({ images }) },
  },
  {
    what: 'compose with integration tests',
    facts: { composeFiles: ['compose.yaml'], integrationTests: ['it/shop_test.go'] },
    files: { pipeline: pipeline({ images, integration: true }) },
  },
  {
    what: 'compose of another name in a module in a folder, all the way to production, with a gray release',
    facts: {
      modules: ['.', 'services/shop'],
      mains: [{ module: 'services/shop', path: '.', name: 'shop' }],
      composeFiles: ['other/compose.yaml', 'services/shop/test/compose.it.yaml'],
      integrationTests: ['services/shop/shop_test.go'],
      deployFiles: ['deploy/adapter.yaml', 'deploy/metrics.yaml', 'deploy/staging.yaml', 'deploy/known_hosts'],
      defaultBranch: 'trunk',
      versions: true,
    },
    options: {
      testEnvironment: 'staging',
      productionEnvironment: 'production',
      state: 'ssh://deploy@web-1.example/srv/shop/gray.json',
      extras: ['gray-reap', 'metrics', 'base-refresh', 'template-lint'],
    },
    files: {
      pipeline: pipeline({
        images,
        'working-directory': 'services/shop',
        integration: true,
        'integration-files': 'test/compose.it.yaml',
        'test-environment': 'staging',
        'test-hosts': 'deploy/staging.yaml',
        'production-environment': 'production',
        gray: true,
        'gray-state': 'ssh://deploy@web-1.example/srv/shop/gray.json',
        'known-hosts': 'deploy/known_hosts',
      }),
      ci: { template: 'ci.yml', with: { runners: 'ubuntu-latest' } },
      'gray-reap': {
        template: 'gray-reap.yml',
        with: {
          environment: 'production',
          state: 'ssh://deploy@web-1.example/srv/shop/gray.json',
          'known-hosts': 'deploy/known_hosts',
        },
      },
      metrics: { template: 'metrics.yml', with: { workflows: 'pipeline.yml', branch: 'trunk', 'deployed-to': 'production' } },
      'base-refresh': { template: 'base-refresh.yml', with: { images: `${images}:latest`, mode: 'issue' } },
      'template-lint': { template: 'template-lint.yml', with: { 'fail-on': 'warning' } },
    },
    secrets: { pipeline: ['identity', 'notify', 'prometheus-token'], 'gray-reap': ['identity', 'notify'] },
    next: [/environment staging/, /environment production.*Required reviewers/],
  },
  {
    what: 'production at once, on own runners',
    options: { productionEnvironment: 'production', runner: ['self-hosted'] },
    files: {
      pipeline: pipeline({
        images,
        'production-environment': 'production',
        'production-hosts': 'deploy/production.yaml',
        runner: '"self-hosted"',
        'deploy-runner': '"self-hosted"',
      }),
    },
    secrets: { pipeline: ['identity', 'notify'] },
    next: [/Write deploy\/production\.yaml/, /keys into deploy\/known_hosts/],
  },
  {
    what: 'files for Windows, and a configured linter',
    facts: { systems: ['windows'], lint: '.golangci.yml' },
    files: { pipeline: pipeline({ images, ci: true, runners: 'ubuntu-latest, windows-latest' }) },
  },
  {
    what: 'a remote that is not on GitHub',
    facts: { remote: { host: 'git.example', repository: 'acme/hello' } },
    options: { images: ['registry.example/acme/hello'], extras: ['base-refresh'] },
    files: {
      pipeline: pipeline({ images: 'registry.example/acme/hello', 'registry-environment': 'registry' }),
      'base-refresh': {
        template: 'base-refresh.yml',
        with: { images: 'registry.example/acme/hello:main', mode: 'issue', environment: 'registry' },
      },
    },
    secrets: { pipeline: ['registries'], 'base-refresh': ['registries'] },
    next: [/--copies/],
  },
  {
    what: 'a monorepo with mains of one name',
    facts: {
      modules: ['a', 'b', 'lib'],
      mains: [{ module: 'a', path: './cmd/server', name: 'server' }, { module: 'b', path: './cmd/server', name: 'server' }],
    },
    options: { extras: ['metrics', 'binaries'] },
    files: {
      binaries: { template: 'binaries.yml', with: {} },
      'pipeline-a-cmd-server': pipeline({ images: `${images}/a-cmd-server`, 'working-directory': 'a' }),
      'pipeline-b-cmd-server': pipeline({ images: `${images}/b-cmd-server`, 'working-directory': 'b' }),
      ci: { template: 'ci.yml', with: { runners: 'ubuntu-latest' } },
      metrics: {
        template: 'metrics.yml',
        with: { workflows: 'pipeline-a-cmd-server.yml\npipeline-b-cmd-server.yml', branch: 'main' },
      },
    },
  },
  {
    what: 'a compose file without tests, tests without a compose file',
    facts: {
      modules: ['a', 'b'],
      mains: [{ module: 'a', path: '.', name: 'a' }, { module: 'b', path: '.', name: 'b' }],
      composeFiles: ['a/compose.yaml'],
      integrationTests: ['b/b_test.go'],
    },
    files: {
      'pipeline-a': pipeline({ images: `${images}/a`, 'working-directory': 'a' }),
      'pipeline-b': pipeline({ images: `${images}/b`, 'working-directory': 'b' }),
    },
    notes: [/a\/compose\.yaml takes the image.*no test/, /b\/b_test\.go has integration tests.*no compose/],
  },
] // prettier-ignore
