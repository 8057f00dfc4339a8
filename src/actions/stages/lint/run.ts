import { isAbsolute, join, relative, resolve } from 'node:path'
import { readdir } from 'node:fs/promises'
import { PipelineError, type Problem } from '../../../base/errors.ts'
import { slashes, writeAtomic } from '../../../base/files.ts'
import {
  formattedFiles,
  type LinterName,
  linterFor,
  type LintFinding,
  lintSarif,
  sortFindings,
} from '../../../analysis/findings.ts'
import { goFiles, LINTERS, runLinter, unformatted } from '../../../analysis/lint.ts'
import { openWorkTree } from '../../../project/git-folder.ts'
import { findModules } from '../../../project/modules.ts'
import { code, inline, table } from '../../../report/markdown.ts'
import { provideTool, type ScannerChoice } from '../../../scan/install.ts'
import { Reader } from '../../build/reader.ts'
import { projectGo, type ProjectGoInputs } from '../../project-go.ts'
import type { Shell } from '../../shell.ts'
import { makeReportFolder, stageFolder, workspaceOf } from '../../folders.ts'
import type { StageEnd } from '../stage.ts'
import { LINT } from './spec.ts'

const MOST_PROBLEMS = 30

/** Lints what the inputs name, annotates, writes SARIF, and judges. */
export async function runLint(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadLint(read, act)
  const top = workspaceOf(act.env)
  const start = resolve(top, inputs.workingDirectory)
  const tree = await openWorkTree(start, act.env, act)
  const root = tree === undefined ? top : resolve(tree.root)
  const folder = slashes(relative(root, start)) || '.'
  const gowork = act.env['GOWORK']
  const workspace = await findModules(root, folder, gowork === undefined ? {} : { gowork })
  const problems = [...inputs.problems, ...workspace.problems]
  if (problems.length > 0) throw new PipelineError('input', problems)
  const go = await projectGo(inputs, top, act)
  const findings: LintFinding[] = []
  const tools: { name: string; version: string }[] = []
  if (inputs.gofmt) {
    const listed = await tree?.git(['ls-files', '-z', '--full-name', '--', '*.go'])
    const names = listed?.code === 0 ? listed.stdout.split('\0').filter((name) => name !== '') : (await goFiles(start)).map((name) => (folder === '.' ? name : `${folder}/${name}`))
    findings.push(...(await unformatted(root, formattedFiles(names), go, act)))
    tools.push({ name: 'gofmt', version: go.version })
  }
  if (inputs.lint !== 'off') {
    const names = [...(await readdir(start)), ...(await readdir(root))]
    const name = inputs.lint === 'auto' ? linterFor(names) : inputs.lint
    const tool = await provideTool(name, LINTERS[name], inputs.programs[name], () => Promise.resolve(go), act)
    if (name === 'golangci-lint' && inputs.programs[name].kind === 'own' && /^v[01]\./.test(tool.version))
      throw new PipelineError('input', [{ code: 'lint-version', what: `golangci-lint ${tool.version} is too old`, input: name, value: tool.program, fix: 'install version 2 (golangci-lint migrate converts the configuration), or leave it auto' }])
    findings.push(...(await runLinter(name, tool, { root, modules: workspace.modules, tags: inputs.goTags, go }, act)))
    tools.push({ name, version: tool.version })
  }
  return judge(sortFindings(findings), tools, inputs, top, act)
} // prettier-ignore

interface LintInputs extends ProjectGoInputs {
  readonly lint: 'auto' | LinterName | 'off'
  readonly gofmt: boolean
  readonly failOn: 'any' | 'error' | 'none'
  readonly programs: Readonly<Record<LinterName, ScannerChoice>>
  readonly goTags: readonly string[]
  readonly reportDir: string | undefined
  readonly problems: readonly Problem[]
}

function loadLint(read: (name: string) => string, act: Pick<Shell, 'env' | 'secrets'>): LintInputs {
  const reader = new Reader(read, act.env, act.secrets, LINT.inputs)
  const program = (name: LinterName): ScannerChoice => {
    const text = reader.text(name)
    if (isAbsolute(text)) return { kind: 'own', path: text }
    if (text !== 'auto') reader.bad(name, text, 'not a known value', 'write auto or the absolute path of a program')
    return { kind: 'pinned' }
  }
  const inputs = {
    lint: reader.choice<LintInputs['lint']>('lint'),
    gofmt: reader.boolean('gofmt'),
    failOn: reader.choice<LintInputs['failOn']>('fail-on'),
    workingDirectory: reader.relativePath('working-directory', '.'),
    programs: { 'golangci-lint': program('golangci-lint'), staticcheck: program('staticcheck') },
    goVersion: reader.goVersion(),
    goVersionFile: reader.text('go-version-file'),
    goTags: reader.goTags(),
    cgo: reader.boolean('cgo'),
    goproxy: reader.optional('goproxy'),
    goMirrors: reader.urls('go-mirrors'),
    reportDir: reader.optional('report-dir'),
  }
  return { ...inputs, problems: reader.problems }
} // prettier-ignore

async function judge(
  findings: readonly LintFinding[],
  tools: readonly { readonly name: string; readonly version: string }[],
  inputs: LintInputs,
  top: string,
  act: Shell,
): Promise<StageEnd> {
  const stops = (one: LintFinding): boolean => inputs.failOn === 'any' || (inputs.failOn === 'error' && one.severity === 'error')
  const stopping = findings.filter(stops)
  for (const one of findings.slice(0, 50)) {
    const { file, line, column, message, rule } = one
    act.log.annotate({ level: stops(one) ? 'error' : 'warning', title: rule, message, file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) })
  }
  const folder = stageFolder('lint', inputs.reportDir, act.env)
  await makeReportFolder(folder)
  const sarif = join(folder, 'lint.sarif')
  await writeAtomic(sarif, `${JSON.stringify(lintSarif(tools, findings), null, 2)}\n`)
  const summary = summarise(findings, stopping.length, tools)
  await writeAtomic(join(folder, 'summary.md'), `${summary}\n`)
  const outputs = { verdict: stopping.length === 0 ? 'passed' : 'failed', findings: String(findings.length), stopping: String(stopping.length), sarif }
  if (stopping.length === 0) return { outputs, summary }
  const problems = stopping.slice(0, MOST_PROBLEMS).map((one): Problem => ({
    code: 'lint-finding',
    what: `${one.rule}: ${one.message}`,
    where: [one.file, one.line, one.column].filter((part) => part !== undefined).join(':'),
    fix: one.tool === 'gofmt' ? `gofmt -w ${one.file}` : `correct it, or say why not where ${one.tool} looks for it (//lint:ignore, //nolint)`,
  }))
  if (stopping.length > problems.length)
    problems.push({ code: 'lint-finding', what: `${stopping.length - problems.length} more`, fix: 'see lint.sarif' })
  return { outputs, summary, failure: new PipelineError('gate', problems) }
} // prettier-ignore

function summarise(
  findings: readonly LintFinding[],
  stopping: number,
  tools: readonly { readonly name: string; readonly version: string }[],
): string {
  const ran = tools.map(({ name, version }) => `${name} ${version}`).join(', ')
  const head = `## Lint: ${stopping > 0 ? `stopped by ${stopping}` : findings.length > 0 ? `passed with ${findings.length}` : 'nothing found'}`
  const rows = findings.slice(0, 100).map((one) => [
    code(one.rule),
    code([one.file, one.line].filter((part) => part !== undefined).join(':')),
    inline(one.message),
  ])
  const list = rows.length === 0 ? [] : [table([['rule', 'left'], ['where', 'left'], ['what', 'left']], rows)]
  const rest = findings.length > rows.length ? [`${findings.length - rows.length} more are in lint.sarif.`] : []
  return [head, ...list, ...rest, ran === '' ? 'Nothing ran.' : `By ${inline(ran)}.`].join('\n\n')
} // prettier-ignore
