import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runReport } from '../../../../src/actions/stages/report/run.ts'
import type { StageEnd } from '../../../../src/actions/stages/stage.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import { testAct } from '../../../support/registry-act.ts'
import { failed, passed } from '../../report/samples.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-report-stage-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const PROFILE = (hit: number): string =>
  `mode: set\nexample.com/a/a.go:1.1,2.1 3 ${hit}\nexample.com/a/a.go:3.1,4.1 1 ${1 - hit}\n`

async function leg(name: string, files: Record<string, string>, below = ''): Promise<void> {
  await mkdir(join(folder, 'reports', name, below), { recursive: true })
  for (const [file, text] of Object.entries(files))
    await writeFile(join(folder, 'reports', name, below, file), text)
}
const run = (values: Record<string, string> = {}): Promise<StageEnd> =>
  runReport((name) => ({ 'report-dir': 'out', ...values })[name] ?? '', {
    ...testAct({ env: { GITHUB_WORKSPACE: folder } }),
    cancel: () => undefined,
    close: () => Promise.resolve(),
  })

describe('report', () => {
  it('knows the legs by what follows the prefix', async () => {
    await leg('ci-linux', { 'report.json': JSON.stringify(passed) })
    await leg('logs', { 'other.txt': '' })
    const end = await run({ prefix: 'ci-', legs: 'linux' })
    expect(end.outputs).toMatchObject({ verdict: 'passed', failed: '' })
  })

  it('joins the legs: tests are added, coverage is that of all together', async () => {
    await leg('linux', { 'report.json': JSON.stringify(passed), 'coverage.out': PROFILE(1) }, 'gip-report')
    await leg('windows', { 'report.json': JSON.stringify(passed), 'coverage.out': PROFILE(0) })
    const end = await run({ legs: '["linux","windows"]', 'coverage-threshold': '100' })
    expect(end.failure).toBeUndefined()
    expect(end.outputs).toMatchObject({ verdict: 'passed', failed: '', coverage: '100.0' })
    expect(JSON.parse(end.outputs['tests'] ?? '')).toEqual({ passed: 114, failed: 0, skipped: 4 })
    expect(await readFile(join(folder, 'out/coverage.out'), 'utf8')).toContain('a.go:3.1,4.1 1 1')
    expect(end.summary).toContain('2 legs passed')
    expect(await readFile(join(folder, 'out/summary.md'), 'utf8')).toContain('| ✅')
  })

  it('fails with every leg that failed, left nothing, or left something else', async () => {
    await leg('good', { 'report.json': JSON.stringify(passed) })
    await leg('bad', { 'report.json': JSON.stringify(failed) })
    await leg('torn', { 'report.json': '{"schema": 1' })
    await leg('empty', { 'other.txt': '' })
    const end = await run({ legs: 'good\nbad\ntorn\nempty\ndead' })
    expect(end.failure?.exitCode).toBe(1)
    expect(end.outputs['failed']?.split('\n')).toEqual(['bad', 'dead', 'empty', 'torn'])
    expect(end.failure?.problems.map(({ what }) => what)).toEqual(
      ['bad', 'dead', 'empty', 'torn'].map((name) => `${name} did not pass`),
    )
    expect(end.summary).toContain('4 of 5 legs did not pass')
    const [test] = failed.tests?.failures ?? []
    expect(end.summary).toContain(test?.test)
  })

  it.each([
    ['no leg at all', {}, 'report-none'],
    ['coverage asked for and not measured', { 'coverage-threshold': '10' }, 'report-coverage'],
  ])('fails on %s', async (name, values, code) => {
    if (name !== 'no leg at all') await leg('a', { 'report.json': JSON.stringify(passed) })
    const end = await run(values)
    expect(end.failure?.problems.map((problem) => problem.code)).toEqual([code])
    expect(end.outputs['verdict']).toBe('failed')
  })

  it('fails when all together cover too little, although each leg passed', async () => {
    await leg('a', { 'report.json': JSON.stringify(passed), 'coverage.out': PROFILE(1) })
    const end = await run({ 'coverage-threshold': '80' })
    expect(end.failure?.problems[0]?.what).toMatch(/75.*below 80 %/)
    expect(end.outputs['failed']).toBe('')
  })

  const NEEDS = {
    image: { result: 'success', outputs: { digest: 'sha256:abc', coverage: '81.5', tags: 'a\nb', tests: '{"passed":1}' } },
    scan: { result: 'success', outputs: {} },
    gray: { result: 'skipped', outputs: {} },
  } // prettier-ignore

  it('is the verdict over the jobs of a workflow, and shows what they handed on', async () => {
    const end = await run({ also: JSON.stringify(NEEDS, null, 2) })
    expect(end.failure).toBeUndefined()
    expect(end.outputs).toMatchObject({ verdict: 'passed', failed: '' })
    expect(end.summary).toContain('all 2 jobs passed, 1 had nothing to do')
    expect(end.summary).toMatch(/image \| success \| digest `sha256:abc`<br>coverage `81.5` \|/)
    const report = JSON.parse(await readFile(join(folder, 'out/report.json'), 'utf8')) as { jobs: unknown }
    expect(report.jobs).toHaveLength(3)
  })

  it.each(['failure', 'cancelled', ''])('fails with a job that ended with "%s"', async (result) => {
    const end = await run({ also: JSON.stringify({ ...NEEDS, scan: { result, outputs: {} } }) })
    expect(end.failure?.exitCode).toBe(1)
    expect(end.outputs).toMatchObject({ verdict: 'failed', failed: 'scan' })
    expect(end.summary).toContain('scan did not pass')
  })

  it('counts jobs by lines besides the legs', async () => {
    await leg('a', { 'report.json': JSON.stringify(passed) })
    expect((await run({ also: 'lint=success\nmatrix=skipped' })).outputs['verdict']).toBe('passed')
    const end = await run({ also: 'lint=failure\nmatrix=success' })
    expect(end.failure?.problems.map(({ what }) => what)).toEqual(['lint did not pass'])
    expect(end.summary).toContain('the legs passed, but lint did not pass')
  })

  it('takes names and texts of a hostile pull request as text', async () => {
    const evil = '<img src=x onerror=alert(1)> | `x` [a](javascript:b)'
    const report = { ...failed, problems: [{ code: 'x', what: evil, fix: evil }] }
    await leg('a', { 'report.json': JSON.stringify(report) })
    const { summary = '' } = await run()
    expect(summary).not.toContain('<img')
    const needs = { [evil]: { result: evil, outputs: { [evil]: evil } } }
    const jobs = (await run({ also: JSON.stringify(needs) })).summary ?? ''
    expect(jobs).not.toContain('<img')
    expect(jobs).not.toMatch(/(?<!\\)\]\(javascript:/)
    expect(summary).not.toMatch(/(?<!\\)\]\(javascript:/)
  })

  it.each([
    ['legs', '[1]'],
    ['reports', '../other'],
    ['coverage-threshold', 'much'],
    ['also', '{"image": {}}'],
    ['also', '{"image":'],
  ])('names a bad %s', async (input, value) => {
    const error: unknown = await run({ [input]: value }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PipelineError)
    expect((error as PipelineError).problems).toMatchObject([{ input, value }])
  })
})
