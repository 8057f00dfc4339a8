import { describe, expect, it } from '@jest/globals'
import type { Finding } from '../../../src/scan/findings.ts'
import { type GateRules, judgeFindings } from '../../../src/scan/gate.ts'
import { parseIgnores } from '../../../src/scan/ignore.ts'
import { finding, secret } from './samples.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const rules: GateRules = { failOn: ['CRITICAL', 'HIGH'], level: 'symbol', unfixed: 'fail' }
const entry = (text: string) => parseIgnores(text, 'i.yaml', NOW).entries

describe('the gate', () => {
  const table: [string, Partial<Finding>, Partial<GateRules>, 'stops' | 'warning'][] = [
    ['high, called', { reach: 'symbol' }, {}, 'stops'],
    ['critical, called', { severity: 'CRITICAL' }, {}, 'stops'],
    ['medium', { severity: 'MEDIUM' }, {}, 'warning'],
    ['medium when it is asked for', { severity: 'MEDIUM' }, { failOn: ['CRITICAL', 'HIGH', 'MEDIUM'] }, 'stops'],
    ['unknown', { severity: 'UNKNOWN' }, {}, 'warning'],
    ['imported only', { reach: 'package' }, {}, 'warning'],
    ['imported only, from package on', { reach: 'package' }, { level: 'package' }, 'stops'],
    ['required only, from package on', { reach: 'module' }, { level: 'package' }, 'warning'],
    ['required only, from module on', { reach: 'module' }, { level: 'module' }, 'stops'],
    ['not fixed', { fixed: undefined as never }, {}, 'stops'],
    ['not fixed, which only warns', { fixed: undefined as never }, { unfixed: 'warn' }, 'warning'],
    ['nothing stops', { severity: 'CRITICAL' }, { failOn: [] }, 'warning'],
  ] // prettier-ignore
  it.each(table)('%s', (_, change, rule, state) => {
    const verdict = judgeFindings([finding(change)], { ...rules, ...rule }, [], 'i.yaml', NOW)
    expect(verdict.judged.map((one) => one.state)).toEqual([state])
    expect(verdict.verdict).toBe(state === 'stops' ? 'failed' : 'passed')
    expect(verdict.judged[0]?.why).not.toBe('')
  })

  it('a secret stops whatever the rules say', () => {
    const verdict = judgeFindings([secret()], { ...rules, failOn: [], unfixed: 'warn' }, [], 'i.yaml', NOW)
    expect(verdict.problems).toMatchObject([
      { code: 'scan-secret', where: 'config.txt:1 in commit 0123456789ab' },
    ])
  })

  it('tells what, where, how it is called, and the fix; worst first', () => {
    const found = [finding({ id: 'GO-2' }), finding({ id: 'GO-1', severity: 'CRITICAL' })]
    expect(judgeFindings(found, rules, [], 'i.yaml', NOW).problems).toEqual([
      {
        code: 'scan-vulnerability',
        what: 'GO-1 (CRITICAL) in example.com/weak v1.0.0',
        cause: 'weak is bad (CVE-2026-1); called by main.main → weak.Bad',
        where: 'main.go:7:2',
        fix: 'go get example.com/weak@v1.0.1',
      },
      expect.objectContaining({ what: 'GO-2 (HIGH) in example.com/weak v1.0.0' }),
    ])
  })

  it('counts what is not accepted', () => {
    const ignores = entry('- {id: CVE-2026-1, reason: not reachable here, until: 2026-12-01, owner: "@mona"}')
    const verdict = judgeFindings([finding(), finding({ id: 'X', aliases: [], severity: 'LOW' })], rules, ignores, 'i.yaml', NOW)
    expect(verdict).toMatchObject({ verdict: 'passed', counts: { HIGH: 0, LOW: 1 }, unused: [], expired: [] })
    expect(verdict.judged.map(({ state, why }) => [state, why])).toEqual([
      ['ignored', 'accepted by @mona until 2026-12-01: not reachable here'],
      ['warning', 'LOW is not in fail-on'],
    ])
  }) // prettier-ignore

  it.each([
    ['2026-11-21', 'passed'],
    ['2026-11-20', 'failed'],
  ])('an entry holds through its last day: until %s', (until, result) => {
    const ignores = entry(`- {id: GO-1, reason: not reachable here, until: ${until}, owner: a@b.c}`)
    expect(judgeFindings([finding({ id: 'GO-1' })], rules, ignores, 'i.yaml', NOW).verdict).toBe(result)
  })

  it('an ended entry stops even when its finding is gone, and tells its line', () => {
    const ignores = entry(
      '# first\n- {id: GO-1, reason: not reachable here, until: 2026-11-01, owner: "@mona"}',
    )
    const verdict = judgeFindings([], rules, ignores, 'i.yaml', NOW)
    expect(verdict.problems).toEqual([
      {
        code: 'scan-ignore-expired',
        what: 'the entry for GO-1 in the ignore file has ended on 2026-11-01',
        cause: '@mona accepted it: not reachable here',
        where: 'i.yaml:2',
        fix: 'fix the finding and remove the entry, or look at it again and give it a new day',
      },
    ])
  })

  it.each([
    ['another package', 'package: example.com/other', 'failed'],
    ['its package', 'package: example.com/weak', 'passed'],
    ['another folder', 'path: mai', 'failed'],
    ['its file', 'path: ./main.go', 'passed'],
  ])('an entry can be narrowed: %s', (_, narrow, result) => {
    const ignores = entry(`- {id: go-1, reason: not reachable here, until: 2026-12-01, owner: x, ${narrow}}`)
    const verdict = judgeFindings([finding({ id: 'GO-1' })], rules, ignores, 'i.yaml', NOW)
    expect(verdict.verdict).toBe(result)
    expect(verdict.unused).toHaveLength(result === 'failed' ? 1 : 0)
  })

  it('with a path, all places have to be there', () => {
    const ignores = entry('- {id: GO-1, reason: only a test, until: 2026-12-01, owner: x, path: tests}')
    const found = finding({ id: 'GO-1', places: [{ file: 'tests/a.go' }, { file: 'main.go' }] })
    expect(judgeFindings([found], rules, ignores, 'i.yaml', NOW).verdict).toBe('failed')
  })
})

describe('the ignore file', () => {
  const good = 'reason: not reachable here\n  until: 2026-12-01\n  owner: "@mona"'
  it.each([
    ['no reason', '- id: A\n  until: 2026-12-01\n  owner: x', 'i.yaml:1', 'an ignore entry (A) has no reason'],
    ['no owner', '- id: A\n  until: 2026-12-01\n  reason: not reachable here', 'i.yaml:1', 'an ignore entry (A) has no owner'],
    ['no id', `- ${good}`, 'i.yaml:1', 'an ignore entry has no id'],
    ['a reason of nothing', '- id: A\n  reason: ok\n  until: 2026-12-01\n  owner: x', 'i.yaml:1', 'the reason of A says too little'],
    ['no date', `- id: A\n  ${good.replace('2026-12-01', 'soon')}`, 'i.yaml:1', 'until of A is no date'],
    ['a day that is none', `- id: A\n  ${good.replace('2026-12-01', '2026-02-30')}`, 'i.yaml:1', 'until of A is no date'],
    ['for ever', `- id: A\n  ${good.replace('2026-12-01', '2099-01-01')}`, 'i.yaml:1', 'until of A is more than a year away'],
    ['a typo', `# one\n- id: A\n  ${good}\n  pakage: x`, 'i.yaml:2', '"pakage" is no field of an ignore entry'],
    ['no list', 'id: A', 'i.yaml:1', 'the ignore file is no list'],
    ['a text', '- A', 'i.yaml:1', 'an entry of the ignore file is no map'],
    ['no YAML', '- [', 'i.yaml:1', 'the ignore file is no YAML'],
  ])('%s', (_, text, where, what) => {
    const { entries, problems } = parseIgnores(text, 'i.yaml', NOW)
    expect(entries).toEqual([])
    expect(problems[0]).toMatchObject({ code: 'scan-ignore', where, what })
    expect(problems[0]?.fix).not.toBe('')
  }) // prettier-ignore

  it('tells every problem at once, and takes the list below "ignore" too', () => {
    const text = `ignore:\n- id: A\n  ${good}\n- id: B\n  until: never\n`
    const { entries, problems } = parseIgnores(text, 'i.yaml', NOW)
    expect(entries).toEqual([
      { id: 'A', reason: 'not reachable here', until: '2026-12-01', owner: '@mona', line: 2 },
    ])
    expect(problems.map(({ what }) => what)).toEqual([
      'an ignore entry (B) has no reason',
      'an ignore entry (B) has no owner',
      'until of B is no date',
    ])
  })

  it.each(['', '# nothing\n', '[]'])('may be empty: %j', (text) => {
    expect(parseIgnores(text, 'i.yaml', NOW)).toEqual({ entries: [], problems: [] })
  })
})
