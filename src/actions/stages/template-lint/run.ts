import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nearest } from '../../../base/lists.ts'
import { PipelineError } from '../../../base/errors.ts'
import { writeAtomic } from '../../../base/files.ts'
import { findFiles } from '../../../pipeline/glob.ts'
import { ownRoot, readLibrary } from '../../../pipeline/library.ts'
import { lintFiles } from '../../../pipeline/lint/lint.ts'
import { type Level, RULE_IDS, type RuleId } from '../../../pipeline/lint/model.ts'
import { lintAnnotations, lintSarif, lintSummary } from '../../../pipeline/lint/report.ts'
import { type AllowedVersion, interfacesOf, parseAllowed } from '../../../pipeline/lint/templates.ts'
import { stageFolder, workspaceOf } from '../../folders.ts'
import { InputReader } from '../../reader.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { TEMPLATE_LINT } from './spec.ts'

const STANDARD_PATHS: readonly string[] = ['.github/workflows/*.{yml,yaml}', '**/action.{yml,yaml}']

/** Checks the files, annotates them, writes SARIF, and fails from the level on that is asked for. */
export async function runTemplateLint(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  return lintWith(read, act, ownRoot())
}

/** `root` is the folder of the templates. */
export async function lintWith(
  read: (name: string) => string,
  act: Shell,
  root: string,
): Promise<StageEnd> {
  const inputs = loadTemplateLint(read, act)
  const top = workspaceOf(act.env)
  const names = inputs.problems.length > 0 ? [] : await findFiles(top, inputs.paths)
  if (names.length === 0 && inputs.problems.length === 0)
    inputs.reader.bad('paths', inputs.paths.join(' '), 'no file is there', 'check out the repository first, or change the globs') // prettier-ignore
  if (inputs.problems.length > 0) throw new PipelineError('input', inputs.problems)

  const library = await readLibrary(root)
  if (library === undefined) act.log.warning('the templates are not beside this program: copies and inputs are not compared')
  const files = new Map<string, string>()
  for (const name of names) files.set(name, await readFile(join(top, name), 'utf8'))
  const findings = lintFiles(files, { ...inputs, library, own: interfacesOf(files) })
  for (const annotation of lintAnnotations(findings)) act.log.annotate(annotation)
  // The runner's log shows an annotation without its place; a terminal shows it with.
  if (act.env['GITHUB_ACTIONS'] === 'true')
    for (const one of findings)
      act.log.info(`${one.file}:${one.line}:${one.column}: ${one.level}: ${one.message} [${one.rule}]`)

  const errors = findings.filter((one) => one.level === 'error').length
  const warnings = findings.length - errors
  const failed = inputs.failOn === 'never' ? false : errors > 0 || (inputs.failOn === 'warning' && warnings > 0)
  const folder = stageFolder('template-lint', inputs.reportDir, act.env)
  const summary = lintSummary(findings, files.size, failed)
  const sarif = join(folder, 'template-lint.sarif')
  await writeAtomic(join(folder, 'summary.md'), `${summary}\n`)
  await writeAtomic(sarif, `${JSON.stringify(lintSarif(findings, library?.version ?? '0.0.0'), null, 2)}\n`)
  return {
    outputs: {
      verdict: failed ? 'failed' : 'passed',
      errors: String(errors),
      warnings: String(warnings),
      findings: JSON.stringify(findings.slice(0, 100).map(({ diff: _diff, ...one }) => one)),
      sarif,
    },
    summary,
    ...(failed ? { failure: refusal(errors, warnings, files.size) } : {}),
  }
} // prettier-ignore

// Each finding is annotated at its place already; the error only says that they stop the run.
const refusal = (errors: number, warnings: number, files: number): PipelineError =>
  new PipelineError('gate', [
    {
      code: 'template-lint',
      what: `the templates have ${errors} errors and ${warnings} warnings`,
      cause: `${files} files were checked`,
      fix: 'each finding stands at its line with its fix; RULE=off under rules switches a rule off',
    },
  ])

/** Reads the inputs; every problem is in `problems`. */
export function loadTemplateLint(read: (name: string) => string, act: Pick<Shell, 'secrets'>) {
  const reader = new InputReader(TEMPLATE_LINT.inputs, read, act.secrets)
  const levels = new Map<RuleId, Level | 'off'>()
  for (const [name, value] of reader.pairs('rules')) {
    const id = RULE_IDS.find((one) => one === name)
    const level = (['error', 'warning', 'off'] as const).find((one) => one === value)
    if (id === undefined) reader.bad('rules', name, 'not a rule', `${near(name, RULE_IDS)}use one of ${RULE_IDS.join(', ')}`)
    else if (level === undefined) reader.bad('rules', `${name}=${value}`, 'not a level', 'write error, warning or off')
    else levels.set(id, level)
  }
  const repositories = reader.list('templates')
  for (const name of repositories)
    if (!/^[\w.-]+\/[\w.-]+$/.test(name)) reader.bad('templates', name, 'not a repository', 'write OWNER/NAME')
  return {
    reader,
    paths: reader.text('paths') === '' ? STANDARD_PATHS : reader.list('paths'),
    allowed: allowedVersions(reader),
    repositories,
    levels,
    failOn: reader.choice<'error' | 'warning' | 'never'>('fail-on'),
    reportDir: reader.optional('report-dir'),
    problems: reader.problems,
  }
} // prettier-ignore

function allowedVersions(reader: InputReader): AllowedVersion[] {
  return reader.list('allow-versions', { commas: true }).flatMap((text) => {
    const one = parseAllowed(text)
    if (one === undefined)
      reader.bad('allow-versions', text, 'not a version', 'write v1.2.0, 40 hexadecimal digits, or v1.2.0=COMMIT')
    return one ?? []
  }) // prettier-ignore
}

const near = (name: string, known: readonly string[]): string => {
  const one = nearest(name, known)
  return one === undefined ? '' : `did you mean ${one}? `
}
