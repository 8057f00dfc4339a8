import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { systemClock } from '../../../src/base/clock.ts'
import type { JudgeItem } from '../../../src/gray/judge-input.ts'
import { parseJudgeItem } from '../../../src/gray/judge-input.ts'
import { judge } from '../../../src/gray/judge.ts'
import type { AuditRecord, MetricResult } from '../../../src/gray/ports.ts'
import {
  type AuditEntry,
  canonical,
  formatHead,
  GENESIS,
  lineOf,
  nextEntry,
  parseHead,
  verifyAudit,
} from '../../../src/report/audit-chain.ts'
import { type Answer, recompute } from '../../../src/report/audit-recompute.ts'
import { fetchAudit, keepAudit } from '../../../src/report/audit-store.ts'
import { auditVerifyCommand } from '../../../src/report/audit-verify.ts'
import { AuditFile, auditParts } from '../../../src/report/audit.ts'
import { clientOf } from '../../support/github-act.ts'
import { GitHubDouble } from '../../support/github-double.ts'
import { testAct, type TestAct } from '../../support/registry-act.ts'

const RELEASE = { id: 'r1', environment: 'production' }
const START = Date.parse('2026-11-21T12:00:00Z')
const intent = (detail: string): AuditRecord => ({ kind: 'intent', action: 'set-weight', detail })

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = []
  for (let i = 0; i < length; i++) {
    const last = entries.at(-1)
    entries.push(nextEntry(last, intent(`step ${i + 1}`), RELEASE, START + i * 1000))
  }
  return entries
}

const textOf = (entries: readonly AuditEntry[]): string => entries.map(lineOf).join('')
const headOf = (entries: readonly AuditEntry[]): { seq: number; hash: string } => {
  const last = entries.at(-1)
  return { seq: last?.seq ?? 0, hash: last?.hash ?? GENESIS }
}

describe('canonical JSON', () => {
  it.each([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ é: 1, z: 2, A: 3, '': 4 }, '{"":4,"A":3,"z":2,"é":1}'],
    [[1e21, 0.1, -0, 100, 1e-7], '[1e+21,0.1,0,100,1e-7]'],
    [{ gone: undefined, nan: NaN }, '{"nan":null}'],
    ['€\u0007"\\', '"€\\u0007\\"\\\\"'],
    [undefined, 'null'],
  ])('%j', (value, text) => {
    expect(canonical(value)).toBe(text)
  })

  it('is the same for every order of keys, and reads back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse())
        expect(canonical(turned)).toBe(canonical(value))
        expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value))
      }),
    )
  })
})

describe('the chain', () => {
  it('has the hashes that another program computes', () => {
    // Python: sha256(json.dumps(entry without hash, sort_keys=True, separators=(',', ':'), ensure_ascii=False))
    const first = nextEntry(undefined, intent('5 % – ünïcode'), RELEASE, START)
    expect(first.hash).toBe('d527006436e85edfd1e39e470c5a0f3c06de925e925b40267e893655c75e3101')
    const done: AuditRecord = { kind: 'done', action: 'set-weight', detail: 'read back' }
    expect(nextEntry(first, done, RELEASE, START + 1500).hash).toBe(
      '17a07d96c6a7541052d1553327752d670983a0da3621568636ab35dcc0aafb9e',
    )
  })

  it('is whole', () => {
    const entries = chain(5)
    const check = verifyAudit(textOf(entries), { expected: headOf(entries), exact: true })
    expect(check).toMatchObject({ ok: true, head: headOf(entries), notes: [] })
    expect(check.entries).toEqual(entries)
  })

  it('says what it cannot prove', () => {
    expect(verifyAudit(textOf(chain(2))).notes.join()).toContain('no head was given')
    expect(verifyAudit(textOf(chain(5).slice(2))).notes.join()).toContain('begins at entry 3')
    expect(verifyAudit('')).toMatchObject({ ok: true, entries: [] })
  })

  const five = chain(5)
  const lines = five.map(lineOf)
  const edit = (index: number, change: (text: string) => string): string =>
    lines.map((line, at) => (at === index ? change(line) : line)).join('')
  const forged = (): string => {
    // Somebody who knows the format rewrites entry 3 and gives it a right hash.
    const third = nextEntry(five[1], intent('nothing happened'), RELEASE, START + 2000)
    return edit(2, () => lineOf(third))
  }
  it.each([
    ['an edit', edit(2, (line) => line.replace('step 3', 'step 9')), 3, 'was changed'],
    ['an edit of a time', edit(1, (line) => line.replace('12:00:01', '12:00:09')), 2, 'was changed'],
    ['an edit with a new hash', forged(), 4, 'does not follow'],
    ['a removed line', edit(2, () => ''), 3, 'lines are missing'],
    ['a removed first line', edit(0, () => ''), 0, ''],
    ['a repeated line', edit(2, (line) => line + line), 4, 'repeated'],
    [
      'two lines in another order',
      [lines[0], lines[2], lines[1], lines[3], lines[4]].join(''),
      2,
      'missing or were moved',
    ],
    ['an inserted line', edit(2, (line) => `{"seq":3}\n${line}`), 3, 'no audit entry'],
    ['a blank line', edit(2, (line) => `\n${line}`), 3, 'no JSON'],
    ['a half last line', textOf(five).slice(0, -10), 5, 'not finished'],
    ['another writing of the same', edit(2, (line) => line.replace('{"at"', '{ "at"')), 3, 'another form'],
    [
      'a key twice',
      edit(2, (line) => line.replace('"release":"r1"', '"release":"r2","release":"r1"')),
      3,
      'another form',
    ],
    ['a cut end', textOf(five.slice(0, 3)), 4, 'the end was cut off'],
  ])('finds %s', (_, text, line, what) => {
    const check = verifyAudit(text, { expected: headOf(five) })
    // Without its beginning a chain is still a chain: that is noted, because rotated parts begin so.
    if (line === 0) expect(check.notes.join()).toContain('begins at entry 2')
    else expect(check).toMatchObject({ ok: false, fault: { line, what: expect.stringContaining(what) } })
  })

  it('finds a file that was written anew as a whole', () => {
    let last: AuditEntry | undefined
    const anew = five.map((_, i) => (last = nextEntry(last, intent(`other ${i}`), RELEASE, START)))
    expect(verifyAudit(textOf(anew)).ok).toBe(true)
    const check = verifyAudit(textOf(anew), { expected: headOf(five) })
    expect(check.fault).toMatchObject({ line: 5, what: expect.stringContaining('written anew') })
    expect(verifyAudit(textOf(anew), { after: headOf(five) }).ok).toBe(false)
  })

  it('may have grown since the head was pinned, when that is allowed', () => {
    const expected = headOf(five.slice(0, 3))
    expect(verifyAudit(textOf(five), { expected }).ok).toBe(true)
    expect(verifyAudit(textOf(five), { expected, exact: true }).fault?.what).toContain('goes on to entry 5')
  })

  it('finds any change of any character', () => {
    const text = textOf(chain(3))
    const expected = headOf(chain(3))
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, letter) => {
        fc.pre(text[at] !== letter)
        const changed = text.slice(0, at) + letter + text.slice(at + 1)
        expect(verifyAudit(changed, { expected }).ok).toBe(false)
        expect(verifyAudit(text.slice(0, at) + text.slice(at + 1), { expected }).ok).toBe(false)
      }),
    )
  })

  it.each([
    ['12:' + 'a'.repeat(64), { seq: 12, hash: 'a'.repeat(64) }],
    [`done: fine [audit 7 ${'0F'.repeat(32)}]`, { seq: 7, hash: '0f'.repeat(32) }],
    ['12', undefined],
    ['a'.repeat(64), undefined],
  ])('head in %s', (text, head) => {
    expect(parseHead(text)).toEqual(head)
    if (head !== undefined) expect(parseHead(formatHead(head))).toEqual(head)
  })
})

describe('the file', () => {
  let folder: string
  let file: string
  let act: TestAct
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-audit-'))
    file = join(folder, 'audit', 'audit.jsonl')
    act = testAct()
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    await act.http.close()
  })
  const append = (audit: AuditFile, detail: string): Promise<void> =>
    audit.append(intent(detail), RELEASE, START)
  const details = async (): Promise<string[]> => {
    const found: string[] = []
    let head: { seq: number; hash: string } | undefined
    for (const part of await auditParts(file)) {
      const check = verifyAudit(await readFile(part, 'utf8'), head === undefined ? {} : { after: head })
      expect(check.fault).toBeUndefined()
      head = check.head
      found.push(...check.entries.map(({ record }) => ('detail' in record ? record.detail : record.kind)))
    }
    return found
  }

  it('grows, also by another process, and without its secrets', async () => {
    act.secrets.mask('hunter2-token')
    const audit = new AuditFile({ file }, act)
    await append(audit, 'one')
    await append(audit, 'with hunter2-token inside')
    await append(new AuditFile({ file }, act), 'three')
    await append(audit, 'four')
    expect(await details()).toEqual(['one', 'with *** inside', 'three', 'four'])
    expect(audit.head?.seq).toBe(4)
  })

  it('takes lines of two writers at the same time', async () => {
    const real = { ...act, clock: systemClock }
    const [a, b] = [new AuditFile({ file }, real), new AuditFile({ file }, real)]
    await Promise.all(Array.from({ length: 20 }, (_, i) => append(i % 2 === 0 ? a : b, `line ${i}`)))
    expect((await details()).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`).sort())
  })

  it('removes what a crash has left half written, and says so', async () => {
    await append(new AuditFile({ file }, act), 'one')
    await appendFile(file, '{"at":"2026-11-2')
    await append(new AuditFile({ file }, act), 'two')
    expect(await details()).toEqual(['one', 'a line that was not finished (16 bytes) was removed', 'two'])
  })

  it('does not go on with a chain that is broken', async () => {
    const audit = new AuditFile({ file }, act)
    await append(audit, 'one')
    await append(audit, 'two')
    await writeFile(file, (await readFile(file, 'utf8')).replace('one', 'eno'))
    await expect(append(new AuditFile({ file }, act), 'three')).rejects.toThrow(/entry 1 was changed/)
  })

  it('begins a new file when one is full, and the chain goes on', async () => {
    const audit = new AuditFile({ file, rotateAt: 800 }, act)
    for (let i = 1; i <= 9; i++) await append(audit, `line ${i}`)
    await append(new AuditFile({ file, rotateAt: 800 }, act), 'line 10')
    expect((await readdir(join(folder, 'audit'))).length).toBeGreaterThan(2)
    expect(await details()).toEqual(Array.from({ length: 10 }, (_, i) => `line ${i + 1}`))
    const report = await auditVerifyCommand({
      file,
      expected: formatHead(audit.head ?? { seq: 0, hash: '' }),
    })
    expect(report).toMatchObject({ ok: true, json: { entries: 10 } })
  })

  it('goes on after a rotation although the new file is not there yet', async () => {
    const audit = new AuditFile({ file, rotateAt: 1 }, act)
    await append(audit, 'one')
    await append(audit, 'two')
    const parts = await auditParts(file)
    expect(parts).toHaveLength(2)
    await rm(file)
    await append(new AuditFile({ file, rotateAt: 1 }, act), 'two again')
    expect(await details()).toEqual(['one', 'two again'])
  })

  describe('on a branch', () => {
    let double: GitHubDouble
    beforeEach(async () => {
      double = await GitHubDouble.start()
    })
    afterEach(async () => {
      await double.close()
    })
    const branch = { repository: { owner: 'acme', repo: 'shop' }, branch: 'gray/audit', folder: 'production' }

    it('is kept, grows, and comes back to another machine', async () => {
      const github = clientOf(double, act)
      expect(await fetchAudit(github, branch, file, act.signal)).toBe(false)
      const audit = new AuditFile({ file }, act)
      await append(audit, 'one')
      const first = await keepAudit(github, branch, file, 'r1', act)
      // Nothing new: nothing is committed.
      expect(await keepAudit(github, branch, file, 'r1', act)).toBe(first)
      await append(audit, 'two')
      await keepAudit(github, branch, file, 'r1', act)
      expect(double.fileAt('gray/audit', 'production/audit.jsonl')).toBe(await readFile(file, 'utf8'))
      await rm(file)
      expect(await fetchAudit(github, branch, file, act.signal)).toBe(true)
      await append(new AuditFile({ file }, act), 'three')
      expect(await details()).toEqual(['one', 'two', 'three'])
      await keepAudit(github, branch, file, 'r1', act)
      expect(double.gitCommits.size).toBe(3)
    })

    it('builds on what others have pushed in between', async () => {
      const github = clientOf(double, act)
      await append(new AuditFile({ file }, act), 'one')
      await keepAudit(github, branch, file, 'r1', act)
      const other = { ...branch, folder: 'staging' }
      let raced = false
      double.fail({
        when: ({ method }) => {
          if (method !== 'PATCH' || raced) return false
          raced = true
          // Another environment's audit arrives just before ours.
          const tip = double.refs.get('heads/gray/audit') ?? ''
          const commit = double.gitCommits.get(tip)
          double.gitCommits.set('f'.repeat(40), {
            tree: commit?.tree ?? '',
            parents: [tip],
            message: 'other',
          })
          double.refs.set('heads/gray/audit', 'f'.repeat(40))
          return false
        },
        status: 500,
      })
      await keepAudit(github, other, file, 'r1', act)
      expect(raced).toBe(true)
      expect(double.fileAt('gray/audit', 'production/audit.jsonl')).toBeDefined()
      expect(double.fileAt('gray/audit', 'staging/audit.jsonl')).toBe(await readFile(file, 'utf8'))
    })

    it('is never overwritten by another one', async () => {
      const github = clientOf(double, act)
      await append(new AuditFile({ file }, act), 'one')
      await keepAudit(github, branch, file, 'r1', act)
      await rm(file)
      await append(new AuditFile({ file }, act), 'something else')
      await expect(keepAudit(github, branch, file, 'r1', act)).rejects.toThrow('not a beginning')
    })
  })

  describe('audit verify', () => {
    const judgeValue = (value: unknown): Answer => {
      const parsed = parseJudgeItem(value)
      return 'item' in parsed ? judge(parsed.item) : { verdict: 'error', reason: parsed.faults.join('; ') }
    }

    it('tells a whole audit, its people and its verdicts', async () => {
      const audit = new AuditFile({ file }, act)
      const item: JudgeItem = { kind: 'ratio', limit: 0.01, confidence: 0.95, new: { bad: 0, total: 299 } }
      const { verdict, estimate, lower, upper } = judge(item)
      const metric = { name: '5xx', verdict, critical: true, dryRun: false, reason: '', items: [item], estimate, lower, upper } as MetricResult // prettier-ignore
      const window = { start: 0, end: 1, step: 0, percent: 5, baking: false, history: [] }
      await audit.append({ kind: 'measurement', measurement: { at: 1, verdict: 'pass', reason: '', metrics: [metric] }, window }, RELEASE, START) // prettier-ignore
      await audit.append(
        { kind: 'approval', answer: { kind: 'approved', by: ['mona', 'hubot'] } },
        RELEASE,
        START,
      )
      await audit.append(
        { kind: 'event', event: { kind: 'waited' }, before: 'baking', after: 'done' },
        RELEASE,
        START,
      )
      const { text, ok, json } = await auditVerifyCommand({ file, judge: judgeValue, expected: formatHead(audit.head ?? { seq: 0, hash: '' }) }) // prettier-ignore
      expect(ok).toBe(true)
      expect(json.recomputed).toEqual({ same: 1, different: 0, unchecked: 0 })
      expect(text).toContain('The audit is whole: 3 lines in 1 file.')
      expect(text).toContain('production r1: 3 lines, 1 look, last done; approved by mona, approved by hubot')
      expect(text).toContain('1 the same, 0 different')
      expect(text).not.toContain('Note:')
    })

    it('tells the first bad line, a lie of a verdict, and what it was not given', async () => {
      const audit = new AuditFile({ file }, act)
      const item: JudgeItem = { kind: 'ratio', limit: 0.01, confidence: 0.95, new: { bad: 30, total: 299 } }
      const metric: MetricResult = {
        name: '5xx',
        verdict: 'pass',
        critical: true,
        dryRun: false,
        reason: '',
        items: [item],
      }
      const window = { start: 0, end: 1, step: 0, percent: 5, baking: false, history: [] }
      await audit.append({ kind: 'measurement', measurement: { at: 1, verdict: 'pass', reason: '', metrics: [metric] }, window }, RELEASE, START) // prettier-ignore
      const lying = await auditVerifyCommand({ file, judge: judgeValue })
      expect(lying.ok).toBe(false)
      expect(lying.text).toContain('entry 1, 5xx: recorded pass, but an item fails')
      expect(lying.text).toContain('Note: no head was given (--head)')
      await append(audit, 'two')
      await writeFile(file, (await readFile(file, 'utf8')).replace('"two"', '"owt"'))
      const edited = await auditVerifyCommand({ file })
      expect(edited.ok).toBe(false)
      expect(edited.text).toContain(`THE AUDIT IS NOT WHOLE. ${file}:2: entry 2 was changed`)
    })

    it('wants an audit and a head', async () => {
      await expect(auditVerifyCommand({ file })).rejects.toThrow('there is no audit')
      await expect(auditVerifyCommand({ file, expected: 'abc' })).rejects.toThrow(
        'the head of the audit is not one',
      )
    })
  })
})

describe('recomputing', () => {
  const ask = (item: unknown): Answer => judge(item as JudgeItem)
  const limit = (bad: number, total = 299): JudgeItem => ({
    kind: 'ratio',
    limit: 0.01,
    confidence: 0.95,
    new: { bad, total },
  })
  const bet = (fresh: number, all: number): JudgeItem => ({
    kind: 'sequential',
    share: 0.05,
    tolerated: 1.5,
    alpha: 0.01,
    new: fresh,
    all,
  })
  const entry = (metric: Partial<MetricResult>, verdict: 'pass' | 'fail' = 'fail'): AuditEntry => {
    const whole: MetricResult = { name: 'm', verdict, critical: true, dryRun: false, reason: '', ...metric }
    const measurement = { at: 0, verdict: whole.verdict, reason: '', metrics: [whole] }
    const window = { start: 0, end: 1, step: 0, percent: 5, baking: false, history: [] }
    return nextEntry(undefined, { kind: 'measurement', measurement, window }, RELEASE, START)
  }
  it.each<[string, Partial<MetricResult>, string]>([
    ['a pass', { verdict: 'pass', items: [limit(0)] }, 'same'],
    ['a pass that is inconclusive', { verdict: 'pass', items: [limit(1)] }, 'unchecked'],
    ['a pass that fails', { verdict: 'pass', items: [limit(30)] }, 'different'],
    ['a fail', { verdict: 'fail', items: [limit(30)] }, 'same'],
    ['a fail that passes', { verdict: 'fail', items: [limit(0)] }, 'different'],
    ['a fail that does not count yet', { verdict: 'inconclusive', items: [limit(30)] }, 'same'],
    ['right bounds', { verdict: 'pass', items: [limit(0)], estimate: 0, ...numbersOf(limit(0)) }, 'same'],
    [
      'wrong bounds',
      { verdict: 'pass', items: [limit(0)], estimate: 0, lower: 0, upper: 0.005 },
      'different',
    ],
    ['an early abort', { verdict: 'fail', items: [bet(3, 3)], evalue: judge(bet(3, 3)).evalue ?? 0 }, 'same'],
    ['two bets whose product fails', { verdict: 'fail', items: [bet(2, 2), bet(1, 1)] }, 'same'],
    [
      'their e-value',
      {
        verdict: 'fail',
        items: [bet(2, 2), bet(1, 1)],
        evalue: (judge(bet(2, 2)).evalue ?? 0) * (judge(bet(1, 1)).evalue ?? 0),
      },
      'same',
    ],
    ['another e-value', { verdict: 'fail', items: [bet(2, 2), bet(1, 1)], evalue: 12_345 }, 'different'],
    [
      'a pass over two bets whose product fails',
      { verdict: 'pass', items: [limit(0), bet(2, 2), bet(1, 1)] },
      'different',
    ],
    ['a mean within its limit', { verdict: 'pass', limit: 0.8, new: 0.7 }, 'same'],
    ['a mean beyond its limit', { verdict: 'fail', limit: 0.8, new: 0.9 }, 'same'],
    ['a mean that passes beyond it', { verdict: 'pass', limit: 0.8, new: 0.9 }, 'different'],
    ['no items', { verdict: 'pass' }, 'unchecked'],
    ['no data', { verdict: 'nodata' }, 'same'],
    ['no data where an item fails', { verdict: 'nodata', items: [limit(30)] }, 'different'],
  ])('%s', (_, metric, state) => {
    expect(recompute([entry(metric)], ask).map((one) => one.state)).toEqual([state])
  })

  it('does not let a look pass over a critical fail', () => {
    const failing: MetricResult = {
      name: '5xx',
      verdict: 'fail',
      critical: true,
      dryRun: false,
      reason: '',
      items: [limit(30)],
    }
    const window = { start: 0, end: 1, step: 0, percent: 5, baking: false, history: [] }
    const of = (metric: MetricResult): string[] =>
      recompute(
        [
          nextEntry(
            undefined,
            {
              kind: 'measurement',
              measurement: { at: 0, verdict: 'pass', reason: '', metrics: [metric] },
              window,
            },
            RELEASE,
            START,
          ),
        ],
        ask,
      ).map(({ metric: name, state }) => `${name} ${state}`)
    expect(of(failing)).toEqual(['5xx same', '(the look) different'])
    expect(of({ ...failing, dryRun: true })).toEqual(['5xx same'])
  })
})

function numbersOf(item: JudgeItem): { lower: number; upper: number } {
  const { lower = NaN, upper = NaN } = judge(item)
  return { lower, upper }
}
