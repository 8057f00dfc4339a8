import { describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import type { Member } from '../../../src/github/roles.ts'
import type { AuditRecord } from '../../../src/gray/ports.ts'
import { blockedBecause, permitSkip, type Skip, skipsOf, type SkipSwitches } from '../../../src/scan/skip.ts'
import { clientOf } from '../../support/github-act.ts'
import { GitHubDouble } from '../../support/github-double.ts'
import { testAct } from '../../support/registry-act.ts'

const all: SkipSwitches = {
  skip: false,
  govulncheck: true,
  gitleaks: true,
  imageScanner: 'auto',
  hasImage: true,
  nothingStops: false,
}

describe('what the inputs leave out', () => {
  const table: [string, Partial<SkipSwitches>, string[]][] = [
    ['nothing', {}, []],
    ['grype knows Go modules too', { imageScanner: 'grype' }, []],
    ['everything', { skip: true, gitleaks: false }, ['skip']],
    ['a scanner', { govulncheck: false }, ['govulncheck']],
    ['two', { gitleaks: false, nothingStops: true }, ['gitleaks', 'fail-on']],
    ['packages of the image', { imageScanner: 'govulncheck' }, ['image-scanner']],
    ['the image', { imageScanner: 'off' }, ['image-scanner']],
    ['an image that is not there', { imageScanner: 'off', hasImage: false }, []],
  ]
  it.each(table)('%s', (_, change, inputs) => {
    expect(skipsOf({ ...all, ...change }).map(({ input }) => input)).toEqual(inputs)
  })
})

const skips: Skip[] = [{ what: 'secrets', input: 'gitleaks', value: 'off' }]
const reason = 'gitleaks hangs on the import of the old repository'

/** Asks the double; returns who allowed it, or the problem, and what is in the audit. */
async function asking(
  prepare: (double: GitHubDouble) => void,
  request: { reason?: string; admins?: Member[] } = {},
  env: Record<string, string> = {},
): Promise<{ by?: string; cause?: string; code?: string; audit: AuditRecord[]; lines: string[] }> {
  const double = await GitHubDouble.start()
  const audit: AuditRecord[] = []
  const act = testAct({
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_ACTOR: 'dev', GITHUB_RUN_ID: '4711', ...env },
  })
  try {
    double.addUser({ login: 'dev', role: 'write' })
    double.addUser({ login: 'mona', role: 'maintain' })
    prepare(double)
    const permit = await permitSkip(
      { skips, reason: request.reason ?? reason, admins: request.admins ?? [] },
      clientOf(double, act),
      { append: (record) => Promise.resolve(void audit.push(record)) },
      act,
    )
    return { by: permit.by, audit, lines: act.lines }
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    const [problem] = error.problems
    return { ...(problem?.cause === undefined ? {} : { cause: problem.cause }), code: problem?.code ?? '', audit, lines: act.lines }
  } finally {
    await double.close()
    await act.http.close()
  }
} // prettier-ignore

describe('who may skip', () => {
  it.each([
    ['a developer', (double: GitHubDouble) => double.addRun(4711, { actor: 'dev' }), {}, '@dev has developer, and no pipeline-admin has approved this run'],
    ['somebody who only claims it', (double: GitHubDouble) => double.addRun(4711, { actor: 'dev' }), { GITHUB_ACTOR: 'mona' }, '@dev has developer'],
    ['a stranger', (double: GitHubDouble) => double.addRun(4711, { actor: 'eve' }), {}, '@eve has no role'],
  ])('not %s', async (_, prepare, env, cause) => {
    const done = await asking(prepare, {}, env)
    expect(done.code).toBe('scan-skip-blocked')
    expect(done.cause).toContain(cause)
    expect(done.audit).toMatchObject([{ kind: 'failed', action: 'scan-skip' }])
  }) // prettier-ignore

  it.each([
    ['an admin who started the run', (double: GitHubDouble) => double.addRun(4711, { actor: 'mona' }), [], '@mona'],
    ['an admin who approved an environment of it', (double: GitHubDouble) => {
      double.addRun(4711, { actor: 'dev' })
      double.addApproval(4711, 'mona', 'production')
    }, [], '@mona'],
    ['whom the rules name', (double: GitHubDouble) => double.addRun(4711, { actor: 'dev' }), [{ kind: 'user', login: 'dev' }], '@dev'],
    ['a member of the team', (double: GitHubDouble) => {
      double.addRun(4711, { actor: 'dev' })
      double.teams.set('acme/release', { members: ['dev'] })
    }, [{ kind: 'team', org: 'acme', team: 'release' }], '@dev'],
  ] as [string, (double: GitHubDouble) => void, Member[], string][])('%s', async (_, prepare, admins, by) => {
    const done = await asking(prepare, { admins })
    expect(done.by).toBe(by)
    const [record] = done.audit
    expect(record).toMatchObject({ kind: 'done', action: 'scan-skip' })
    expect(JSON.parse(record?.kind === 'done' ? record.detail : '{}')).toMatchObject({ what: 'secrets (gitleaks: off)', reason, asked: 'dev', allowed: by, ...(by === '@mona' && done.lines.join().includes('started') ? { asked: 'mona' } : {}) })
    expect(done.lines.join('\n')).toContain('NOT SCANNED: secrets')
  }) // prettier-ignore

  it('an admin by permission is none when the rules name others', async () => {
    const done = await asking((double) => double.addRun(4711, { actor: 'mona' }), { admins: [{ kind: 'user', login: 'boss' }] })
    expect(done.code).toBe('scan-skip-blocked')
  }) // prettier-ignore

  it('goes by what the runner says where the token sees no runs', async () => {
    const hide = (double: GitHubDouble): void =>
      double.fail({ when: ({ path }) => path.includes('/actions/runs/'), status: 403, body: { message: 'Resource not accessible by integration' }, times: 9 }) // prettier-ignore
    expect((await asking(hide, {}, { GITHUB_TRIGGERING_ACTOR: 'mona' })).by).toBe('@mona')
    expect((await asking(hide)).code).toBe('scan-skip-blocked')
  })

  it.each([
    [undefined, 'no skip-reason is given'],
    ['x', 'the skip-reason "x" says too little'],
  ])('nobody without a reason: %s', (text, why) => {
    const people = { asked: 'mona', roles: ['pipeline-admin'], permit: { by: '@mona', how: '' } } as const
    expect(blockedBecause({ reason: text }, people)).toBe(why)
  })
})

it('a skip that cannot be written down is not allowed', async () => {
  const act = testAct({ env: {} })
  const audit = { append: () => Promise.reject(new Error('disk full')) }
  await expect(permitSkip({ skips, reason, admins: [] }, undefined, audit, act)).rejects.toThrow('disk full')
})
