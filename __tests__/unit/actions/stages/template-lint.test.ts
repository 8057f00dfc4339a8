import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { lintWith } from '../../../../src/actions/stages/template-lint/run.ts'
import type { StageEnd } from '../../../../src/actions/stages/stage.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import type { Annotation } from '../../../../src/base/log.ts'
import { readLibrary } from '../../../../src/pipeline/library.ts'
import { testAct } from '../../../support/registry-act.ts'

const ROOT = join(import.meta.dirname, '../../../..')
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-lint-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  await writeFile(join(folder, file), text)
}

async function lint(values: Record<string, string> = {}, root = ROOT): Promise<StageEnd & { annotations: Annotation[] }> {
  const act = testAct({ env: { GITHUB_WORKSPACE: folder } })
  const annotations: Annotation[] = []
  const log = { ...act.log, annotate: (one: Annotation) => void annotations.push(one) }
  const shell = { ...act, log, cancel: () => undefined, close: () => Promise.resolve() }
  const end = await lintWith((name) => values[name] ?? '', shell, root)
  return { ...end, annotations }
} // prettier-ignore

describe('template-lint', () => {
  it('passes a copy of a template, and stops a changed and outdated one where that is asked for', async () => {
    const twin = await readFile(join(ROOT, 'workflows/image.yml'), 'utf8')
    await put('.github/workflows/build.yml', twin)
    const good = await lint({ 'fail-on': 'warning' })
    expect(good.outputs).toMatchObject({ verdict: 'passed', errors: '0', warnings: '0', findings: '[]' })
    expect(good.failure).toBeUndefined()

    await put('.github/workflows/build.yml', twin.replace('default: read', 'default: auto'))
    const changed = await lint({ 'fail-on': 'warning' })
    expect(changed.failure?.problems[0]).toMatchObject({ code: 'template-lint', what: 'the templates have 0 errors and 1 warnings' })
    expect(changed.summary).toContain('-        default: auto\n+        default: read')
    expect((await lint()).failure).toBeUndefined()
    expect((await lint({ 'fail-on': 'warning', rules: 'twin-adapted=off' })).failure).toBeUndefined()
  }) // prettier-ignore

  it('stops what the ring does not allow yet', async () => {
    const { sha, repository, version } = (await readLibrary(ROOT)) ?? fail()
    await put('.github/workflows/build.yml', await readFile(join(ROOT, 'workflows/image.yml'), 'utf8'))
    expect((await lint({ 'allow-versions': `${version}=${sha}` })).failure).toBeUndefined()
    const early = await lint({ 'allow-versions': 'v0.0.9' })
    expect(early.failure?.kind).toBe('gate')
    expect(early.annotations[0]).toMatchObject({ level: 'error', title: 'version', file: '.github/workflows/build.yml' })
    expect(early.annotations[0]?.message).toContain(`${repository}@${sha.slice(0, 12)}… (${version}) is not allowed`)
  }) // prettier-ignore

  it('writes SARIF and annotates, for broken YAML too', async () => {
    await put('.github/workflows/a.yml', 'name: x\njobs:\n  a:\n b: 1\n')
    await put('tool/action.yml', 'runs:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.a }}\n      shell: bash\n')
    await put('vendor/action.yml', 'nonsense')
    const end = await lint({ 'report-dir': 'out' })
    expect(end.annotations.map(({ file, line, title }) => [file, line, title])).toEqual([
      ['.github/workflows/a.yml', 3, 'yaml'],
      ['tool/action.yml', 4, 'interpolation'],
    ])
    expect(end.outputs['sarif']).toBe(join(folder, 'out/template-lint.sarif'))
    const sarif = JSON.parse(await readFile(end.outputs['sarif'] ?? '', 'utf8')) as { runs: { results: unknown[] }[] }
    expect(sarif.runs[0]?.results).toHaveLength(2)
    expect(await readFile(join(folder, 'out/summary.md'), 'utf8')).toContain('2 errors')
  }) // prettier-ignore

  it('checks without the templates what needs none', async () => {
    await put('.github/workflows/a.yml', await readFile(join(ROOT, 'workflows/image.yml'), 'utf8'))
    expect((await lint({}, folder)).outputs['verdict']).toBe('passed')
    expect(await readLibrary(folder)).toBeUndefined()
  })

  it('tells every bad input at once, and that there is nothing to check', async () => {
    const problems = async (values: Record<string, string>): Promise<(string | undefined)[]> => {
      const error = await lint(values).catch((one: unknown) => one)
      return error instanceof PipelineError ? error.problems.map((one) => one.input) : []
    }
    expect(
      await problems({ rules: 'nope=error\npin=loud', templates: 'x', 'allow-versions': 'main', 'fail-on': 'x' }),
    ).toEqual(['rules', 'rules', 'templates', 'allow-versions', 'fail-on'])
    expect(await problems({})).toEqual(['paths'])
  }) // prettier-ignore
})

const fail = (): never => {
  throw new Error('not there')
}
