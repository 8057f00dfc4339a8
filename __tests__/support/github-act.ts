/** A client of the GitHub double, and a release to ask it about. */
import { GitHub } from '../../src/github/client.ts'
import type { StoredRelease } from '../../src/gray/ports.ts'
import { INITIAL_STATE, type ReleaseState } from '../../src/gray/reducer.ts'
import type { GitHubDouble } from './github-double.ts'
import { testAct, type TestAct } from './registry-act.ts'

export const TOKEN = 'ghs_test-token-123'

export function clientOf(double: GitHubDouble, act: TestAct = testAct()): GitHub {
  return new GitHub({ apiUrl: double.url, token: TOKEN }, act)
}

export function releaseOf(
  state: Partial<ReleaseState> = {},
  more: Partial<StoredRelease> = {},
): StoredRelease {
  return {
    schema: 1,
    id: 'r-7f3a',
    environment: 'production',
    old: 'ghcr.io/acme/shop@sha256:aaaa',
    new: 'ghcr.io/acme/shop@sha256:bbbb',
    run: {
      repository: 'acme/shop',
      id: '4711',
      attempt: 1,
      url: 'https://github.com/acme/shop/actions/runs/4711',
    },
    startedAt: Date.parse('2026-11-21T12:00:00Z'),
    plan: {
      steps: [
        { percent: 5, observeMs: 300_000, hold: false },
        { percent: 50, observeMs: 300_000, hold: true },
        { percent: 100, observeMs: 300_000, hold: false },
      ],
      warmUpMs: 60_000,
      bakeMs: 600_000,
      intervalMs: 15_000,
      maxExtends: 3,
      endPolicy: 'rollback',
      maxErrors: 3,
      maxTries: 3,
    },
    planHash: 'abc',
    adapter: { kind: 'haproxy' },
    state: { ...INITIAL_STATE, ...state },
    windowStart: null,
    history: [],
    lease: null,
    ...more,
  }
}
