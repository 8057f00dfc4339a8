import type { Problem } from '../../base/errors.ts'
import { unifiedDiff } from '../lint/diff.ts'
import { ciCall, EXTRA_CALLS, pipelineCall } from './calls.ts'
import type { StarterFacts, StarterLibrary, StarterOptions, TextFile } from './model.ts'
import { nextSteps } from './next.ts'
import { type Call, copiesOf, renderCall } from './render.ts'
import { servicesOf } from './services.ts'

export interface Starter {
  readonly files: readonly TextFile[]
  /** Everything that is wrong, at once; then there are no files. */
  readonly problems: readonly Problem[]
  /** What was decided without being asked. */
  readonly notes: readonly string[]
  /** What people have to do themselves, in this order. */
  readonly next: readonly string[]
}

const FOLDER = '.github/workflows'
const fileOf = (call: Call): string => `${FOLDER}/${call.name.replaceAll(' ', '-')}.yml`

/** The workflows that a repository needs. Pure: the same facts and options give the same bytes. */
export function starterFiles(facts: StarterFacts, options: StarterOptions, library: StarterLibrary): Starter {
  const { services, problems: found, notes } = servicesOf(facts, options)
  const problems = [...found]
  const alone = services.length === 1
  const pipelines = services.map((service) => pipelineCall(service, facts, options, alone))
  // A module that no image is made of is tested all the same.
  const tested = new Set(services.map((service) => service.dir))
  const rest = facts.modules.filter((dir) => !tested.has(dir))
  const checks = rest.length > 0 || services.length === 0 ? [ciCall(facts, options)] : []
  const builds = [...pipelines, ...(services.length === 0 ? checks : [])]
  const names = builds.map((call) => fileOf(call).slice(FOLDER.length + 1))

  const extras: Call[] = []
  for (const extra of options.extras) {
    const missing = missingFor(extra, options, services.length, facts, library)
    if (missing !== undefined) problems.push({ code: 'bad-input', input: 'with', value: extra, ...missing })
    else extras.push(EXTRA_CALLS[extra](facts, options, services, names))
  }
  if (services.length === 0 && (options.productionEnvironment ?? options.testEnvironment) !== undefined)
    problems.push({
      code: 'bad-input',
      what: 'a library is not deployed',
      input: options.productionEnvironment === undefined ? 'test-environment' : 'production-environment',
      value: options.productionEnvironment ?? options.testEnvironment ?? '',
      fix: 'leave it out',
    })
  if (options.gray === 'true' && options.productionEnvironment === undefined)
    problems.push({
      code: 'bad-input',
      what: 'a gray release needs the environment of production',
      input: 'gray',
      value: 'true',
      fix: 'add --production-environment production',
    })

  const calls = [...pipelines, ...checks, ...extras]
  const planned = new Set(calls.map(fileOf))
  for (const call of calls) problems.push(...calledAlready(call, facts, library, planned))
  if (problems.length > 0) return { files: [], problems, notes, next: [] }
  const files = new Map(calls.map((call) => [fileOf(call), renderCall(call, library, options.copies)]))
  if (options.copies)
    for (const call of calls)
      for (const [path, text] of copiesOf(call.template, library)) files.set(path, text)
  return {
    files: [...files].map(([path, text]) => ({ path, text })),
    problems,
    notes,
    next: nextSteps(services, facts, options, library),
  }
}

/** Why an extra cannot be had. */
function missingFor(
  extra: StarterOptions['extras'][number],
  options: StarterOptions,
  services: number,
  facts: StarterFacts,
  library: StarterLibrary,
): Pick<Problem, 'what' | 'fix'> | undefined {
  if (!library.twins.has(`${extra}.yml`))
    return { what: `the templates of ${library.version} have no ${extra}.yml`, fix: 'leave it out, or use a newer release' }
  if (extra === 'gray-reap' && options.state === undefined)
    return { what: 'the reaper must know where the state of the release is', fix: 'add --state, for example --state ssh://deploy@web-1.example/srv/shop/gray.json' }
  if (extra === 'base-refresh' && services === 0)
    return { what: 'a library has no images', fix: 'leave it out' }
  if (extra === 'binaries' && facts.mains.length === 0)
    return { what: 'there is no main package to compile', fix: 'leave it out' }
  return undefined
} // prettier-ignore

/** The same template called twice on the same events would do everything twice. */
function calledAlready(
  call: Call,
  facts: StarterFacts,
  library: StarterLibrary,
  planned: ReadonlySet<string>,
): Problem[] {
  const calls = new RegExp(String.raw`^\s*uses:\s*['"]?${library.repository}/${FOLDER}/${call.template}@`, 'im')
  return facts.workflows
    .filter((file) => !planned.has(file.path) && calls.test(file.text))
    .map((file) => ({
      code: 'starter-called-already',
      what: `${file.path} calls ${call.template} already`,
      cause: `${fileOf(call)} would do everything a second time`,
      fix: `change that file, or remove it and run init again`,
    }))
} // prettier-ignore

export interface Settled {
  /** New files, and changed ones that may be replaced. */
  readonly write: readonly TextFile[]
  /** Files that are there already as they shall be. */
  readonly same: readonly string[]
  /** Files that are there and differ. */
  readonly different: readonly (TextFile & { readonly diff: readonly string[] })[]
}

/** Compares what shall be with what is; line ends do not count. */
export function settle(files: readonly TextFile[], present: ReadonlyMap<string, string>): Settled {
  const write: TextFile[] = []
  const same: string[] = []
  const different: Settled['different'][number][] = []
  for (const file of files) {
    const before = present.get(file.path)?.replaceAll('\r\n', '\n')
    if (before === undefined) write.push(file)
    else if (before === file.text) same.push(file.path)
    else different.push({ ...file, diff: unifiedDiff(before, file.text) })
  }
  return { write, same, different }
}

const MOST_DIFF_LINES = 12

/** The problem of a file that is there and differs. */
export function existsProblem({ path, diff }: Settled['different'][number]): Problem {
  const lines = diff.slice(0, MOST_DIFF_LINES)
  const more = diff.length - lines.length
  return {
    code: 'starter-exists',
    what: 'the file is there already, and it differs',
    where: path,
    cause: `\n${[...lines, ...(more > 0 ? [`… ${more} more lines`] : [])].map((line) => `    ${line}`).join('\n')}`,
    fix: 'take the lines over that you want, or write --force to replace the file',
  }
}
