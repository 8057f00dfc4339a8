import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Shell } from '../../src/actions/shell.ts'
import { runScan } from '../../src/actions/stages/scan/run.ts'
import type { StageEnd } from '../../src/actions/stages/stage.ts'
import { systemClock } from '../../src/base/clock.ts'
import { PipelineError } from '../../src/base/errors.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { hostOf } from '../../src/base/platform.ts'
import { goEnvironmentOf } from '../support/scan-go.ts'
import { imageOf } from '../support/scan-image.ts'
import { testAct } from '../support/registry-act.ts'
import { startRegistry } from '../support/registry-double.ts'
import { run } from '../support/rig.ts'
import { MADE_KEY, vulnerableProject, WEAK_ENTRIES } from '../support/vulnerable.ts'
import { writeVulnDb } from '../support/vuln-db.ts'

jest.setTimeout(900_000)

interface Scan {
  readonly end: StageEnd | undefined
  readonly failure: PipelineError | undefined
  readonly log: string
}

type Project = Awaited<ReturnType<typeof vulnerableProject>>

let folder: string
let db: string
let go: Record<string, string>
let red: Project
let green: Project

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-scan-'))
  db = await writeVulnDb(join(folder, 'db'), WEAK_ENTRIES)
  go = await goEnvironmentOf()
  red = await vulnerableProject('Bad')
  green = await vulnerableProject('Good')
})
afterAll(async () => {
  await Promise.all([
    red.dispose(),
    green.dispose(),
    rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  ])
})

async function scan(
  project: Project,
  values: Record<string, string> = {},
  more: Record<string, string> = {},
): Promise<Scan> {
  // As on a laptop: the scanners are built once for this machine.
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GITHUB_WORKSPACE: project.folder,
    ...go,
    ...more,
  }
  const act = testAct({ env, exec: new SystemExec(env), host: hostOf() })
  const shell: Shell = { ...act, clock: systemClock, cancel: () => undefined, close: () => Promise.resolve() }
  const inputs: Record<string, string> = { 'vuln-db': db, 'report-dir': '.gip/scan', ...values }
  let end: StageEnd | undefined
  let failure: PipelineError | undefined
  try {
    end = await runScan((name) => inputs[name] ?? '', shell)
    failure = end.failure
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    failure = error
  } finally {
    await act.temp.dispose()
    await act.http.close()
  }
  return { end, failure, log: act.lines.join('\n') }
}

const codes = ({ failure }: Scan): string[] => failure?.problems.map(({ code }) => code) ?? []
const report = (project: Project, name: string): Promise<string> =>
  readFile(join(project.folder, '.gip/scan', name), 'utf8')

describe('real scanners, built from the pinned modules', () => {
  it('stop what the code calls, and tell by which calls', async () => {
    const done = await scan(red)
    expect(done.failure?.exitCode).toBe(1)
    expect(done.failure?.problems).toEqual([
      {
        code: 'scan-vulnerability',
        what: 'GO-2026-0001 (HIGH) in example.com/weak v1.0.0',
        cause: 'weak.Bad is bad (CVE-2026-0001); called by inner.Call → weak.Bad',
        where: 'inner/inner.go:6:17',
        fix: 'go get example.com/weak@v1.0.1',
      },
    ])
    expect(done.end?.outputs).toMatchObject({ verdict: 'failed', stopping: '1' })
    const sarif = JSON.parse(await report(red, 'scan.sarif')) as {
      runs: { tool: { driver: { name: string } }; results: { level: string; ruleId: string }[] }[]
    }
    expect(sarif.runs.map(({ tool, results }) => [tool.driver.name, results.map(({ level, ruleId }) => `${level} ${ruleId}`)])).toEqual([
      ['govulncheck', ['error GO-2026-0001', 'warning GO-2026-0002']],
      ['gitleaks', []],
    ])
    // Built once, then proved by its build information.
    const again = await scan(red)
    expect(again.log).toMatch(/govulncheck v1\.8\.0 from the tool cache/)
    expect(again.log).toMatch(/gitleaks v8\.30\.1 from the tool cache/)
  }) // prettier-ignore

  it('let pass what is only required', async () => {
    const done = await scan(green)
    expect(codes(done)).toEqual([])
    expect(done.end?.outputs).toMatchObject({ verdict: 'passed', stopping: '0' })
    expect(done.end?.summary).toContain('imported, but no vulnerable symbol is called')
    const strict = await scan(green, { 'govulncheck-level': 'package' })
    expect(strict.failure?.problems.map(({ what }) => what)).toEqual(['GO-2026-0001 (HIGH) in example.com/weak v1.0.0'])
  }) // prettier-ignore

  it('let pass what is accepted for a time', async () => {
    const until = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
    await red.write({ '.gip/scan-ignore.yaml': `- id: CVE-2026-0001\n  reason: only our own input gets there\n  until: ${until}\n  owner: '@mona'\n` })
    const done = await scan(red)
    await rm(join(red.folder, '.gip/scan-ignore.yaml'))
    expect(codes(done)).toEqual([])
    expect(done.end?.summary).toContain('only our own input gets there')
  }) // prettier-ignore

  it.each([
    ['code that does not compile', { 'inner/broken.go': 'package inner\n\nfunc (\n' }, {}, 1, 'scan-load', /inner\/broken\.go/],
    ['no database', {}, { 'vuln-db': 'file:///not/there' }, 3, 'scan-database', /not\/there/],
    ['an own program that is none', {}, { govulncheck: '/not/there' }, 2, 'scanner-missing', /not\/there/],
    ['a wrong ignore file', { '.gip/scan-ignore.yaml': '- id: A' }, {}, 2, 'scan-ignore', /scan-ignore\.yaml:1/],
  ])('never pass what they could not look at: %s', async (_, files: Record<string, string>, values: Record<string, string>, code, problem, text) => {
    await green.write(files)
    const done = await scan(green, values)
    for (const name of Object.keys(files)) await rm(join(green.folder, name))
    expect(done.failure?.exitCode).toBe(code)
    expect(codes(done)).toContain(problem)
    expect(done.failure?.message).toMatch(text)
  }) // prettier-ignore
})

describe('secrets', () => {
  it('are found in the history after they were removed, and are told nowhere', async () => {
    const project = await vulnerableProject('Good')
    try {
      await project.write({ 'deploy.env': `AWS_ACCESS_KEY_ID=${MADE_KEY}\n`, '.gitleaksignore': 'deploy.env:aws-access-token:1\n' })
      await project.commit()
      await rm(join(project.folder, 'deploy.env'))
      await project.commit()
      const done = await scan(project)
      expect(done.failure?.exitCode).toBe(1)
      expect(done.failure?.problems).toMatchObject([
        { code: 'scan-secret', what: 'a secret is in the repository: aws-access-token', where: expect.stringMatching(/^deploy\.env:1 in commit [0-9a-f]{12}$/) },
      ])
      expect(done.end?.summary).toContain('.gitleaksignore is not read')
      const all = [done.log, done.failure?.message, done.end?.summary, JSON.stringify(done.end), await report(project, 'scan.sarif'), await report(project, 'findings.json')]
      for (const text of all) expect(text).not.toContain(MADE_KEY)
      // The files as they are have none.
      expect(codes(await scan(project, { 'secret-scope': 'folder' }))).toEqual([])
      // A history that is cut off is refused, not passed.
      const shallow = join(folder, 'shallow')
      expect((await run(['git', 'clone', '-q', '--depth=1', `file://${project.folder}`, shallow])).code).toBe(0)
      const cut = await scan({ ...project, folder: shallow })
      expect(codes(cut)).toEqual(['scan-no-history'])
      expect(cut.failure?.exitCode).toBe(2)
    } finally {
      await project.dispose()
    }
  }) // prettier-ignore
})

describe('an image by digest', () => {
  it('has its Go programs scanned, whatever layer they are in', async () => {
    const double = await startRegistry()
    try {
      const head = (await run(['git', 'rev-parse', 'HEAD'], { cwd: green.folder })).stdout.trim()
      const binary = join(folder, 'app')
      const built = await run(['go', 'build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', binary, '.'], { cwd: green.folder, env: { CGO_ENABLED: '0' } })
      expect(built.stderr).toBe('')
      const program = await readFile(binary)
      const old = await imageOf(double, 'acme/old', [{ 'app/server': program, 'etc/os-release': 'ID=none\n' }], {})
      const values = { image: `${double.host}/acme/old@${old}`, gitleaks: 'auto' }
      // Stripped, and from no known commit: every vulnerable symbol of its packages counts as called.
      const done = await scan(green, values)
      expect(done.failure?.problems.map(({ what, where }) => [what, where])).toEqual([
        ['GO-2026-0001 (HIGH) in example.com/weak v1.0.0', `/app/server in ${double.host}/acme/old@${old.slice(0, 19)}… (linux/amd64)`],
        ['GO-2026-0002 (HIGH) in example.com/weak v1.0.0', expect.any(String)],
      ])
      expect(done.log).not.toMatch(/grype/)
      // From this commit: the source knows that neither is called.
      const ours = await imageOf(double, 'acme/ours', [{ 'app/server': program }], { 'org.opencontainers.image.revision': head })
      const same = await scan(green, { image: `${double.host}/acme/ours@${ours}` })
      expect(codes(same)).toEqual([])
      expect(same.end?.summary).toContain('judged by the calls in its source')
      // Removed by a later layer: it is not in the image.
      const gone = await imageOf(double, 'acme/gone', [{ 'app/server': program }, { 'app/.wh.server': '' }], {})
      const none = await scan(green, { image: `${double.host}/acme/gone@${gone}` })
      expect(codes(none)).toEqual([])
      expect(none.end?.summary).toContain('it holds no Go program')
    } finally {
      await double.close()
    }
  }) // prettier-ignore
})

describe('a skip', () => {
  it.each([
    ['of everything', { skip: 'true' }, 'all scanners (skip: true)', 'no skip-reason is given'],
    ['of a scanner', { gitleaks: 'off', 'skip-reason': 'too slow for today' }, 'secrets (gitleaks: off)', 'there is no GitHub repository or token'],
    ['of the verdict', { 'fail-on': 'none', 'skip-reason': 'x' }, 'the verdict on vulnerabilities (fail-on: none)', 'says too little'],
  ])('%s is blocked, and in the audit', async (_, values: Record<string, string>, what, cause) => {
    await rm(join(red.folder, '.gip/scan'), { recursive: true, force: true })
    const done = await scan(red, values)
    expect(done.failure?.exitCode).toBe(1)
    expect(done.failure?.problems).toMatchObject([{ code: 'scan-skip-blocked', what: `the scan may not leave out ${what}`, cause: expect.stringContaining(cause) }])
    const [line = ''] = (await report(red, 'audit.jsonl')).split('\n')
    expect(JSON.parse(line)).toMatchObject({ seq: 1, environment: 'scan', record: { kind: 'failed', action: 'scan-skip' } })
  }) // prettier-ignore
})
