import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Secrets } from '../../../src/base/secrets.ts'
import { redactAll, writeReportFiles } from '../../../src/report/files.ts'
import type { RunReport } from '../../../src/report/model.ts'
import { type JsonSchema, parseReport, REPORT_SCHEMA, schemaFaults } from '../../../src/report/schema.ts'
import { failed, minimal, passed, pullRequest } from './samples.ts'

describe('the schema', () => {
  it.each([
    ['passed', passed],
    ['failed', failed],
    ['pull request', pullRequest],
    ['minimal', minimal],
  ])('fits the report: %s, also after a journey as text', (_, report) => {
    expect(schemaFaults(report)).toEqual([])
    expect(parseReport(JSON.stringify(report))).toEqual(report)
  })

  it.each<[string, (report: Record<string, unknown>) => void, string]>([
    ['a missing field', (r) => delete r['outcome'], '/outcome: is missing'],
    ['another number of the schema', (r) => (r['schema'] = 2), '/schema: is none of 1'],
    ['an unknown outcome', (r) => (r['outcome'] = 'fine'), '/outcome: is none of passed, failed, cancelled'],
    ['a number as text', (r) => (r['durationMs'] = '5'), '/durationMs: is string, not number'],
    ['a negative time', (r) => (r['durationMs'] = -1), '/durationMs: is below 0'],
    ['a list as object', (r) => (r['steps'] = {}), '/steps: is object, not array'],
    ['null', (r) => (r['tests'] = null), '/tests: is null, not object'],
    ['a part of a test', (r) => (r['tests'] = { ...passed.tests, passed: 1.5 }), '/tests/passed: is not a whole number'],
    ['no digest', (r) => (r['images'] = [{ ...passed.images[0], digest: 'abc' }]), '/images/0/digest: does not look like'],
  ])('refuses %s', (_, change, fault) => {
    const report = structuredClone(passed) as unknown as Record<string, unknown>
    change(report)
    expect(schemaFaults(report)).toEqual([expect.stringContaining(fault)])
    expect(parseReport(JSON.stringify(report))).toEqual({ reason: expect.stringContaining(fault) })
  }) // prettier-ignore

  it('ignores fields that a later version may add', () => {
    expect(schemaFaults({ ...passed, later: true })).toEqual([])
  })

  it('of no JSON gives the reason', () => {
    expect(parseReport('{')).toEqual({ reason: expect.any(String) })
    expect(parseReport('[]')).toEqual({ reason: '/: is array, not object' })
  })

  it('names every field of the samples, at every depth', () => {
    const unknown: string[] = []
    const walk = (value: unknown, schema: JsonSchema | undefined, path: string): void => {
      if (schema === undefined) unknown.push(path)
      else if (Array.isArray(value)) for (const item of value) walk(item, schema.items, `${path}[]`)
      else if (typeof value === 'object' && value !== null)
        for (const [key, item] of Object.entries(value))
          walk(item, schema.properties?.[key], `${path}/${key}`)
    }
    for (const report of [passed, failed, pullRequest, minimal]) walk(report, REPORT_SCHEMA, '')
    expect(unknown).toEqual([])
  })
})

describe('the report files', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gip-report-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('are written whole, listed, and nothing else is left behind', async () => {
    const report: RunReport = { ...passed, files: [{ title: 'JUnit', path: 'junit.xml' }, { title: 'x', path: 'summary.md' }] } // prettier-ignore
    const written = await writeReportFiles(join(folder, 'deep', 'report'), report, new Secrets())
    const found = readdirSync(join(folder, 'deep', 'report'))
    expect(found.sort()).toEqual([...written].sort())
    expect(written).toEqual(['summary.md', 'timeline.svg', 'coverage.svg', 'sizes.svg', 'report.schema.json', 'report.json']) // prettier-ignore
    const read = parseReport(readFileSync(join(folder, 'deep', 'report', 'report.json'), 'utf8'))
    expect(read).toMatchObject({
      files: ['summary.md', 'timeline.svg', 'coverage.svg', 'sizes.svg', 'junit.xml'].map((path) => ({
        path,
      })),
    })
    const schema: unknown = JSON.parse(
      readFileSync(join(folder, 'deep', 'report', 'report.schema.json'), 'utf8'),
    )
    expect(schema).toEqual(REPORT_SCHEMA)
  })

  it('have no pictures of nothing', async () => {
    expect(await writeReportFiles(folder, minimal, new Secrets())).toEqual([
      'summary.md',
      'report.schema.json',
      'report.json',
    ])
  })

  it('replace those of the last run', async () => {
    await writeReportFiles(folder, failed, new Secrets())
    await writeReportFiles(folder, passed, new Secrets())
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('✅')
    expect(readFileSync(join(folder, 'report.json'), 'utf8')).toContain('"outcome": "passed"')
  })

  it('hold no secret, not even one that JSON would escape', async () => {
    const secrets = new Secrets()
    const secret = 'pa"ss\\word\twith<&>'
    secrets.mask(secret)
    const report: RunReport = {
      ...failed,
      notes: [`a ${secret}`],
      problems: [{ code: 'x', what: `denied for ${secret}`, fix: secret }],
      failureLog: { step: 'x', lines: [`token=${secret}`] },
      project: { ...failed.project, name: secret },
    }
    await writeReportFiles(folder, report, secrets)
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8')
      for (const part of ['pa"ss', 'pa\\"ss', 'pa&quot;ss', 'ss\\\\word', 'with<&>'])
        expect(text).not.toContain(part)
    }
    expect(redactAll({ a: [secret, 1, null, true] }, secrets)).toEqual({ a: ['***', 1, null, true] })
  })
})
