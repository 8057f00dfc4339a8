import type { Facts } from '../../src/plan/facts.ts'
import { factsOf } from '../../src/project/event.ts'
import type { GoModule, MainPackage } from '../../src/project/modules.ts'

/** The module of a project that was gathered nowhere. */
export const goModule: GoModule = {
  dir: '.',
  path: 'example.com/acme/hello',
  go: '1.26',
  dependencies: true,
  vendored: false,
  replacesOutside: false,
}

/** One of its programs. */
export const mainPackage = (path: string, name: string): MainPackage => ({
  module: goModule,
  path,
  importPath: path === '.' ? goModule.path : `${goModule.path}/${path}`,
  name,
})

/** A push to its default branch, as the runner tells it. */
export const pushEvent = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_REPOSITORY: 'acme/hello',
} as const

/** A clean checkout of that push. */
export const cleanCheckout: NonNullable<Facts['git']> = {
  root: '/repo', commit: pushEvent.GITHUB_SHA, shortCommit: 'aaaaaaa', commitTime: 1, branch: 'main', tags: [], tagsComplete: true,
  shallow: false, dirty: false, changes: [], environment: {},
} // prettier-ignore

/** What would be gathered of it on a runner without a Docker engine. */
export const planFacts = (
  more: Partial<Facts> = {},
  event: Readonly<Record<string, string>> = pushEvent,
): Facts => ({
  now: Date.parse('2026-11-21T12:00:00Z'),
  host: { os: 'linux', arch: 'amd64' },
  cores: 2,
  inActions: true,
  root: '/repo',
  folder: '.',
  workingDirectory: '/repo',
  event: factsOf(event, {}),
  workspace: { modules: [goModule], sumFiles: ['go.mod'], problems: [] },
  mains: [mainPackage('.', 'hello')],
  engine: { reachable: false, context: 'default', env: {} },
  go: { spec: '1.26', origin: 'go.mod line 3 (go)' },
  loggedIn: new Set(),
  ...more,
})
