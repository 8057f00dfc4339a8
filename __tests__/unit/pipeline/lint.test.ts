import { describe, expect, it } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { globPattern } from '../../../src/pipeline/glob.ts'
import { unifiedDiff } from '../../../src/pipeline/lint/diff.ts'
import { lintFiles, type LintRules } from '../../../src/pipeline/lint/lint.ts'
import type { Finding } from '../../../src/pipeline/lint/model.ts'
import { lintAnnotations, lintSarif, lintSummary } from '../../../src/pipeline/lint/report.ts'
import { interfacesOf, type Library, parseAllowed } from '../../../src/pipeline/lint/templates.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SHA = 'a'.repeat(40)
const NONE: LintRules = {
  library: undefined,
  repositories: [],
  allowed: [],
  own: new Map(),
  levels: new Map(),
}
const lint = (text: string, rules: Partial<LintRules> = {}, file = '.github/workflows/x.yml'): Finding[] =>
  lintFiles(new Map([[file, text]]), { ...NONE, ...rules })
const told = (findings: readonly Finding[]): string[] =>
  findings.map((one) => `${one.line}:${one.column} ${one.rule}`)

/** A workflow with nothing to find in it; `edit` breaks it. */
const GOOD = `name: x
on: [push]
permissions: {}
concurrency:
  group: x-\${{ github.ref }}
jobs:
  a:
    name: a
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - name: Check out
        uses: actions/checkout@${SHA} # v7.0.1
        with:
          persist-credentials: false
      - name: Say
        shell: bash
        env:
          REF: \${{ github.head_ref }}
        run: echo "$REF"
`
const edit = (from: string, to: string): string => {
  if (!GOOD.includes(from)) throw new Error(`not there: ${from}`)
  return GOOD.replace(from, to)
}

describe('rules of a file', () => {
  it('finds nothing in a good workflow', () => expect(lint(GOOD)).toEqual([]))

  it.each<[string, string, string[]]>([
    ['no permissions', edit('permissions: {}\n', ''), ['1:1 permissions']],
    ['permissions at the top', edit('permissions: {}', 'permissions:\n  contents: read'), ['3:1 permissions']],
    ['write-all in a job', edit('    timeout', '    permissions: write-all\n    timeout'), ['10:5 permissions']],
    ['no timeout', edit('    timeout-minutes: 5\n', ''), ['7:3 timeout']],
    ['no name of the workflow', edit('name: x\n', ''), ['1:1 names']],
    ['no name of a job', edit('    name: a\n', ''), ['7:3 names']],
    ['no name of a step', edit('- name: Say\n        shell', '- shell'), ['16:9 names']],
    ['a tag', edit(`@${SHA} # v7.0.1`, '@v7'), ['13:15 pin']],
    ['a short commit', edit(`@${SHA}`, '@abc1234'), ['13:15 pin']],
    ['no version at a pin', edit(' # v7.0.1', ''), ['13:15 pin-comment']],
    ['an event in a script', edit('echo "$REF"', 'echo ${{ github.event.pull_request.title }}'), ['20:19 interpolation']],
    ['an input in a script, in brackets', edit('echo "$REF"', "echo ${{ inputs['a b'] }}"), ['20:19 interpolation']],
    ['an output in a script', edit('echo "$REF"', '|\n          echo\n          echo ${{ steps.a.outputs.b }}'), ['22:16 interpolation']],
    ['a branch in a script', edit('echo "$REF"', 'echo "${{ github.head_ref }}"'), ['20:20 interpolation']],
    ['the whole event in a script', edit('echo "$REF"', 'echo "${{ toJSON(github) }}"'), ['20:20 interpolation']],
    ['a secret in a script', edit('echo "$REF"', 'echo ${{ secrets.A }}'), ['20:19 secret-in-script', '20:19 secrets-environment']],
    ['a harmless expression', edit('echo "$REF"', 'echo ${{ github.run_id }}'), []],
    ['no shell', edit('        shell: bash\n', ''), ['19:9 shell']],
    ['a shell for all', edit('        shell: bash\n', '').replace('jobs:', 'defaults:\n  run:\n    shell: bash\njobs:'), []],
    ['no concurrency', edit('concurrency:\n  group: x-${{ github.ref }}\n', ''), ['2:1 concurrency']],
    ['a secret without an environment', edit('${{ github.head_ref }}', '${{ secrets.TOKEN }}'), ['19:16 secrets-environment']],
    ['a secret for every job', edit('jobs:', 'env:\n  A: ${{ secrets.TOKEN }}\njobs:'), ['7:6 secrets-environment']],
    ['a secret with one', edit('${{ github.head_ref }}', '${{ secrets.TOKEN }}').replace('    timeout', '    environment: production\n    timeout'), []],
    ['the token of the job', edit('${{ github.head_ref }}', '${{ secrets.GITHUB_TOKEN }}'), []],
    ['a secret in a comment', edit('          REF:', '          # ${{ secrets.TOKEN }}\n          REF:'), []],
    ['a cut deployment', edit('group: x-${{ github.ref }}', 'group: x\n  cancel-in-progress: true').replace('    timeout', '    environment: production\n    timeout'), ['6:3 concurrency']],
    ['an image by tag', edit('    timeout', '    container: golang:1.26\n    timeout'), ['10:16 image-digest']],
    ['a service by tag', edit('    timeout', '    services:\n      db:\n        image: postgres:17\n    timeout'), ['12:16 image-digest']],
    ['a service by digest', edit('    timeout', `    services:\n      db:\n        image: postgres@sha256:${'b'.repeat(64)}\n    timeout`), []],
    ['a container step by tag', edit(`actions/checkout@${SHA} # v7.0.1`, 'docker://alpine:3'), ['13:15 image-digest']],
    ['a checkout that keeps the token', edit('          persist-credentials: false\n', '          fetch-depth: 0\n'), ['13:15 checkout-credentials']],
    ['a dangerous trigger', edit('[push]', '[push, pull_request_target]'), ['2:12 dangerous-trigger']],
    ['a dangerous trigger with settings', edit('[push]', '\n  workflow_run:\n    workflows: [y]'), ['3:3 dangerous-trigger']],
    ['no trigger', edit('on: [push]\n', ''), ['1:1 shape']],
  ])('%s', (_, text, wanted) => expect(told(lint(text))).toEqual(wanted)) // prettier-ignore

  it('knows jobs that call workflows', () => {
    const call = (more: string): string =>
      `name: x\non: [push]\npermissions: {}\nconcurrency: x\njobs:\n  a:\n    name: a\n    uses: acme/lib/.github/workflows/y.yml@${SHA} # v1.0.0\n${more}`
    expect(lint(call(''))).toEqual([])
    expect(told(lint(call('    secrets: inherit\n')))).toEqual(['9:5 secrets-inherit'])
    expect(lint(call('    secrets:\n      token: ${{ secrets.T }}\n'))).toEqual([])
  })

  it('checks scripts and pins of actions too', () => {
    const action = `name: x\nruns:\n  using: composite\n  steps:\n    - run: echo \${{ inputs.a }}\n      shell: bash\n    - uses: acme/y@v1\n`
    expect(told(lint(action, {}, 'action.yml'))).toEqual(['5:17 interpolation', '7:13 pin'])
  })

  it.each([
    ['a bad indentation', 'name: x\njobs:\n  a:\n b: 1\n', 'yaml'],
    ['a key that is there twice', 'name: x\nname: y\n', 'yaml'],
    ['an open quote', 'name: "x\n', 'yaml'],
    ['a list', '- a\n', 'shape'],
    ['nothing', '', 'shape'],
    ['something else', 'a: 1\n', 'shape'],
  ])('tells %s with its place', (_, text, rule) => {
    const [first, ...others] = lint(text)
    expect(first?.rule).toBe(rule)
    expect(others.every((one) => one.rule === rule)).toBe(true)
    expect(first?.line).toBeGreaterThan(0)
  })

  it('never throws, whatever the file', () => {
    const piece = fc.constantFrom('name: x', 'on:', ' push', 'jobs:', '  a:', '    steps:', '      - run: ${{ inputs.a }}', '- ', '{', '"', '&a', '*a', 'uses: b@c', '!!binary x', '? y', '\t')
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (lines) => { lint(lines.join('\n')) }))
  }) // prettier-ignore

  it('obeys levels', () => {
    const text = edit(' # v7.0.1', '')
    expect(lint(text, { levels: new Map([['pin-comment', 'off']]) })).toEqual([])
    expect(lint(text, { levels: new Map([['pin-comment', 'error']]) })[0]?.level).toBe('error')
  })
})

const TWIN = `# Copy of acme/templates/.github/workflows/image.yml at v2.0.0: put it somewhere.\n${GOOD}`
const library: Library = {
  repository: 'acme/templates',
  version: 'v2.0.0',
  sha: SHA,
  interfaces: interfacesOf(
    new Map([
      ['.github/workflows/image.yml', 'on:\n  workflow_call:\n    inputs:\n      images: {type: string, required: true}\n      push: {type: string}\n    secrets:\n      registries: {required: false}\n'],
      ['action.yml', 'inputs:\n  images: {required: false}\n  coverage-threshold: {}\nruns: {using: node24}\n'],
      ['scan/action.yml', 'inputs: {}\nruns: {using: node24}\n'],
    ]),
  ),
  twins: new Map([['image.yml', TWIN]]),
} // prettier-ignore

describe('templates', () => {
  const job = (uses: string, more = ''): string =>
    `name: x\non: [push]\npermissions: {}\nconcurrency: x\njobs:\n  a:\n    name: a\n    uses: ${uses}\n${more}`
  const step = (uses: string, more = ''): string =>
    edit('      - name: Say', `      - name: Ours\n        uses: ${uses}\n${more}      - name: Say`)
  const image = `acme/templates/.github/workflows/image.yml@${SHA} # v2.0.0`

  it.each<[string, string, string[]]>([
    ['all well', job(image, '    with:\n      images: a\n'), []],
    ['an input that does not exist', job(image, '    with:\n      images: a\n      pussh: b\n'), ['.github/workflows/image.yml of v2.0.0 has no input pussh | did you mean push?']],
    ['an input that is missing', job(image), ['.github/workflows/image.yml of v2.0.0 needs the input images | add images under with']],
    ['a secret that does not exist', job(image, '    with: {images: a}\n    secrets: {token: a}\n'), ['.github/workflows/image.yml of v2.0.0 has no secret token | it takes registries']],
    ['a template that does not exist', job(`acme/templates/.github/workflows/no.yml@${SHA} # v2.0.0`), ['there is no .github/workflows/no.yml in acme/templates v2.0.0 | look the path up in docs/workflows']],
    ['an action, names without case', step(`acme/templates@${SHA} # v2.0.0`, '        with:\n          IMAGES: a\n'), []],
    ['an action, wrong switch', step(`acme/templates@${SHA} # v2.0.0`, '        with:\n          coverage-treshold: 80\n'), ['the action of v2.0.0 has no input coverage-treshold | did you mean coverage-threshold?']],
    ['a stage that takes nothing', step(`acme/templates/scan@${SHA} # v2.0.0`, '        with:\n          x: 80\n'), ['scan of v2.0.0 has no input x | it takes none']],
    ['somebody else', step(`acme/templates-other@${SHA} # v2.0.0`, '        with:\n          x: 80\n'), []],
  ])('%s', (_, text, wanted) =>
    expect(lint(text, { library }).map((one) => `${one.message} | ${one.fix}`)).toEqual(wanted),
  ) // prettier-ignore

  it('checks what the repository itself offers', () => {
    const own = interfacesOf(new Map([['tool/action.yml', 'inputs:\n  a: {}\nruns: {}\n']]))
    expect(told(lint(step('./tool', '        with:\n          b: 1\n'), { own }))).toEqual(['19:11 inputs'])
    expect(lint(step('./elsewhere', '        with:\n          b: 1\n'), { own })).toEqual([])
  })

  it.each([
    ['v2.0.0', true], ['2.0.0', true], ['v1.9.0', false], [SHA, true], ['b'.repeat(40), false],
    [`v2.0.0=${SHA}`, true], [`v2.0.0=${'b'.repeat(40)}`, false], [`v1.9.0=${SHA}`, false],
  ])('lets the versions of the ring through: %s', (text, ok) => {
    const allowed = [parseAllowed(text)].filter((one) => one !== undefined)
    expect(allowed).toHaveLength(1)
    const found = lint(job(image, '    with: {images: a}\n'), { library, allowed })
    expect(found.map((one) => one.rule)).toEqual(ok ? [] : ['version'])
  }) // prettier-ignore

  it.each(['', 'main', 'v1', 'abc', `v1.0.0=${'c'.repeat(39)}`])('refuses the version "%s"', (text) =>
    expect(parseAllowed(text)).toBeUndefined(),
  )

  it('shows how a copy differs from the current template', () => {
    expect(lint(TWIN, { library })).toEqual([])
    expect(lint(TWIN.replaceAll('\n', '\r\n'), { library }).filter((one) => one.rule.startsWith('twin'))).toEqual([])
    const [adapted] = lint(TWIN.replace('timeout-minutes: 5', 'timeout-minutes: 9'), { library })
    expect(adapted).toMatchObject({ rule: 'twin-adapted', level: 'warning', line: 11 })
    expect(adapted?.diff).toEqual([
      '@@ -9,5 +9,5 @@',
      '     name: a',
      '     runs-on: ubuntu-latest',
      '-    timeout-minutes: 9',
      '+    timeout-minutes: 5',
      '     steps:',
      '       - name: Check out',
    ])
    const [old] = lint(TWIN.replace('at v2.0.0', 'at v1.0.0'), { library })
    expect(old).toMatchObject({ rule: 'twin-outdated', message: 'this copy is of v1.0.0; v2.0.0 is current (2 lines differ)' })
    expect(lint(TWIN.replace('image.yml', 'gone.yml'), { library })[0]?.message).toContain('no template of v2.0.0')
  }) // prettier-ignore

  it('finds nothing in our own callables and copies', () => {
    const files = new Map(
      ['.github/workflows', 'workflows'].flatMap((folder) =>
        readdirSync(join(ROOT, folder))
          .filter((name) => name.endsWith('.yml'))
          .map((name) => [`${folder}/${name}`, readFileSync(join(ROOT, folder, name), 'utf8')] as const)
          .filter(([, text]) => /^ {2}workflow_call:/m.test(text)),
      ),
    )
    expect(files.size).toBeGreaterThan(2)
    expect(lintFiles(files, NONE).map((one) => `${one.file}:${one.line} ${one.rule} ${one.message}`)).toEqual(
      [],
    )
  })
})

describe('unified diff', () => {
  it('turns one text into the other', () => {
    const line = fc.constantFrom('a', 'b', 'c', '')
    const text = fc.array(line, { minLength: 1, maxLength: 25 }).map((lines) => lines.join('\n'))
    fc.assert(fc.property(text, text, (before, after) => expect(patch(before, unifiedDiff(before, after))).toBe(after)))
  }) // prettier-ignore
})

/** Applies hunks, checking every line that they name. */
function patch(before: string, hunks: readonly string[]): string {
  const lines = before.split('\n')
  const out: string[] = []
  let at = 0
  for (const hunk of hunks) {
    const head = /^@@ -(\d+),\d+ \+\d+,\d+ @@$/.exec(hunk)
    if (head !== null) {
      for (const to = Number(head[1]) - 1; at < to;) out.push(lines[at++] ?? '')
      continue
    }
    if (hunk.startsWith('+')) out.push(hunk.slice(1))
    else {
      expect(lines[at]).toBe(hunk.slice(1))
      if (hunk.startsWith(' ')) out.push(hunk.slice(1))
      at++
    }
  }
  return [...out, ...lines.slice(at)].join('\n')
}

describe('reports', () => {
  const findings = lint(
    edit(`@${SHA} # v7.0.1`, '@v7').replace('"$REF"', '${{ inputs.a }}').replace('name: x\n', ''),
  )

  it('is SARIF with a place and a rule for each finding', () => {
    const sarif = JSON.parse(JSON.stringify(lintSarif(findings, 'v1.0.0'))) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } }
        results: { ruleId: string; ruleIndex: number }[]
      }[]
    }
    const [run] = sarif.runs
    expect(run?.results.map((one) => run.tool.driver.rules[one.ruleIndex]?.id)).toEqual(
      findings.map((one) => one.rule),
    )
    expect(run?.results).toHaveLength(3)
  })

  it('annotates ten of a level at most, and says what is left out', () => {
    const many = Array.from({ length: 25 }, () => findings).flat()
    const shown = lintAnnotations(many)
    expect(shown.filter((one) => one.level === 'error')).toHaveLength(10)
    expect(shown.findLast((one) => one.level === 'error')?.message).toBe('41 more are in the job summary')
  })

  it('says in the summary what was found and where', () => {
    const text = lintSummary(findings, 1, true)
    expect(text).toContain('## Templates: stopped')
    expect(text).toContain('1 file, 2 errors, 1 warning')
    expect(text).toContain('`.github/workflows/x.yml:12`')
  })
})

describe('globs', () => {
  it.each([
    ['.github/workflows/*.{yml,yaml}', '.github/workflows/a.yml', true],
    ['.github/workflows/*.{yml,yaml}', '.github/workflows/a/b.yml', false],
    ['.github/workflows/*.{yml,yaml}', 'xgithub/workflows/a.yml', false],
    ['**/action.yml', 'action.yml', true],
    ['**/action.yml', 'a/b/action.yml', true],
    ['**/action.yml', 'reaction.yml', false],
    ['a/**', 'a/b/c', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a.(b)+$', 'a.(b)+$', true],
  ])('%s of %s: %s', (glob, path, wanted) => expect(globPattern(glob).test(path)).toBe(wanted))
})
