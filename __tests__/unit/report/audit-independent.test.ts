import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseJudgeItem } from '../../../src/gray/judge-input.ts'
import { judge } from '../../../src/gray/judge.ts'
import type { AuditRecord } from '../../../src/gray/ports.ts'
import { type AuditEntry, lineOf, nextEntry } from '../../../src/report/audit-chain.ts'
import type { Answer } from '../../../src/report/audit-recompute.ts'
import { auditVerifyCommand } from '../../../src/report/audit-verify.ts'
import { held, promoted, takenBack } from './gray-samples.ts'

/**
 * A program that shares no line of code and no library with ours reads the same audits: fixtures/audit/verify.py. Whatever the
 * one proves or refuses, the other must too.
 */
const PROGRAM = join(import.meta.dirname, '../../fixtures/audit/verify.py')
const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0)
const describeWithPython = python === undefined && process.env['CI'] === undefined ? describe.skip : describe

interface Verified {
  readonly lines: number
  readonly head: string
  readonly fault: number | null
  readonly ratios: number
  readonly wrong: readonly string[]
}

const ask = (item: unknown): Answer => {
  const parsed = parseJudgeItem(item)
  return 'item' in parsed ? judge(parsed.item) : { verdict: 'error', reason: parsed.faults.join('; ') }
}

describeWithPython('an independent verifier', () => {
  let folder: string
  let file: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-independent-'))
    file = join(folder, 'audit.jsonl')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const records: AuditRecord[] = [
    {
      kind: 'intent',
      action: 'set-weight',
      detail: '5 % – "ünïcode", {"hash":"x"},"hash":"' + '0'.repeat(64) + '"',
    },
    ...[promoted(), takenBack(), held()].flatMap(({ looks }) =>
      looks.map(({ window, measurement }): AuditRecord => ({ kind: 'measurement', window, measurement })),
    ),
    { kind: 'approval', answer: { kind: 'approved', by: ['mona', 'hubot'] } },
  ]
  const entries: AuditEntry[] = []
  for (const [index, record] of records.entries())
    entries.push(
      nextEntry(
        entries.at(-1),
        record,
        { id: 'r,"hash":"', environment: 'a "b"' },
        1_700_000_000_000 + index,
      ),
    )
  const lines = entries.map(lineOf)
  const last = entries.at(-1)
  const head = `${last?.seq ?? 0}:${last?.hash ?? ''}`

  async function both(
    text: string,
    pinned = head,
  ): Promise<{ theirs: Verified; ours: { ok: boolean; line: number | null } }> {
    await writeFile(file, text)
    const run = spawnSync(python ?? 'python3', [PROGRAM, file, pinned], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    const theirs = JSON.parse(run.stdout) as Verified
    expect(run.status).toBe(theirs.fault === null && theirs.wrong.length === 0 ? 0 : 1)
    const { json } = await auditVerifyCommand({ file, expected: pinned, judge: ask })
    return { theirs, ours: { ok: json.ok, line: json.fault?.line ?? null } }
  }

  it('proves the same chain and the same verdicts', async () => {
    const { theirs, ours } = await both(lines.join(''))
    expect(theirs).toMatchObject({ lines: records.length, head, fault: null, wrong: [] })
    // Two questions for each ratio of each look, all answered from the counts alone.
    expect(theirs.ratios).toBeGreaterThan(100)
    expect(ours).toEqual({ ok: true, line: null })
  })

  const swap = (index: number, change: (line: string) => string): string =>
    lines.map((line, at) => (at === index ? change(line) : line)).join('')
  it.each<[string, string, number]>([
    ['an edited count', swap(3, (line) => line.replace(/"bad":\d+/, '"bad":9')), 4],
    ['a removed line', swap(5, () => ''), 6],
    ['a repeated line', swap(5, (line) => line + line), 7],
    ['two lines in another order', [...lines.slice(0, 7), lines[8], lines[7], ...lines.slice(9)].join(''), 8],
    ['a cut end', lines.slice(0, -2).join(''), lines.length - 1],
    ['a half line', lines.join('').slice(0, -20), lines.length],
    ['a line of somebody else', swap(0, (line) => `${line}{"seq":2}\n`), 2],
  ])('both find %s, at the same line', async (_, text, line) => {
    const { theirs, ours } = await both(text)
    expect([theirs.fault, ours.line]).toEqual([line, line])
    expect(ours.ok).toBe(false)
  })

  it('both find a file that was written anew, by the pinned head', async () => {
    let before: AuditEntry | undefined
    const anew = records.map(
      (record) => (before = nextEntry(before, record, { id: 'other', environment: 'a' }, 1)),
    )
    const { theirs, ours } = await both(anew.map(lineOf).join(''))
    expect(theirs.fault).not.toBeNull()
    expect(ours.ok).toBe(false)
  })

  it('both find a verdict that its numbers do not give, in a chain that is whole', async () => {
    let before: AuditEntry | undefined
    const liar = records.map((record) => {
      const changed: AuditRecord =
        record.kind !== 'measurement'
          ? record
          : {
              ...record,
              measurement: {
                ...record.measurement,
                verdict: 'pass',
                metrics: record.measurement.metrics.map((metric) =>
                  metric.verdict === 'fail' ? { ...metric, verdict: 'pass' } : metric,
                ),
              },
            }
      return (before = nextEntry(before, changed, { id: 'r', environment: 'a' }, 1))
    })
    const end = liar.at(-1)
    const { theirs, ours } = await both(liar.map(lineOf).join(''), `${end?.seq ?? 0}:${end?.hash ?? ''}`)
    expect(theirs.fault).toBeNull()
    // The three looks at which 5xx failed.
    expect(theirs.wrong).toHaveLength(3)
    expect(theirs.wrong.every((one) => one.endsWith(' 5xx'))).toBe(true)
    expect(ours).toEqual({ ok: false, line: null })
  })

  it('the page shows how a line is proved by hand', async () => {
    await writeFile(file, lines.join(''))
    const page = await readFile(join(import.meta.dirname, '../../../docs/audit.md'), 'utf8')
    const command = /^\$ (sed -n '3p'.*sha256sum.*)$/m.exec(page)?.[1] ?? ''
    expect(command).not.toBe('')
    const run = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })
    expect(run.stdout.split(' ')[0]).toBe(entries[2]?.hash)
  })
})
