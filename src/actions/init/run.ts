import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { environmentError, PipelineError } from '../../base/errors.ts'
import { probe } from '../../base/exec.ts'
import { readTextIfAny, writeAtomic } from '../../base/files.ts'
import { ownRoot, readLibrary } from '../../pipeline/library.ts'
import { existsProblem, settle, starterFiles, type Starter } from '../../pipeline/starter/files.ts'
import { lookAtRepository } from '../../pipeline/starter/look.ts'
import { EXTRAS, type Extra, type StarterLibrary, type StarterOptions } from '../../pipeline/starter/model.ts'
import type { CliCommand } from '../arguments.ts'
import { InputReader } from '../reader.ts'
import type { Shell } from '../shell.ts'
import { INIT_OPTIONS } from './spec.ts'

/** `init`: looks at the repository and writes the workflows it needs. Returns the exit code. */
export async function initCli(
  command: Pick<CliCommand, 'values' | 'flags'>,
  act: Shell,
  write: (text: string) => void,
): Promise<number> {
  const terminal = process.stdin.isTTY && process.stderr.isTTY
  const result = await initCommand(command, act, {
    folder: process.cwd(),
    root: ownRoot(),
    ...(terminal ? { ask: askTerminal } : {}),
  })
  write(command.flags.has('json') ? `${JSON.stringify(result, null, 2)}\n` : printed(result))
  return 0
}

export interface InitResult {
  /** `planned`: only shown, by --dry-run. */
  readonly files: readonly { path: string; state: 'written' | 'same' | 'kept' | 'planned'; text: string }[]
  readonly notes: readonly string[]
  readonly next: readonly string[]
}

/**
 * Looks, decides, and writes all files or none. A file that is there and differs is replaced by `--force` or by a yes of
 * `ask` only.
 * @throws PipelineError (input) `starter-exists` with a diff for each such file, and every other problem at once
 */
export async function initCommand(
  command: Pick<CliCommand, 'values' | 'flags'>,
  act: Shell,
  place: { folder: string; root: string; ask?: (question: string) => Promise<boolean> },
): Promise<InitResult> {
  const { options, workingDirectory, templates } = loadInit(command, act)
  const library = await libraryOf(place.root, templates)
  const top = (await probe(['git', '-C', place.folder, 'rev-parse', '--show-toplevel'])) ?? place.folder
  const facts = await lookAtRepository(top, workingDirectory, act)
  const starter = starterFiles(facts, options, library)
  if (starter.problems.length > 0) throw new PipelineError('input', starter.problems)

  const present = new Map<string, string>()
  for (const { path } of starter.files) {
    const text = await readTextIfAny(join(top, path))
    if (text !== undefined) present.set(path, text)
  }
  const { write, same, different } = settle(starter.files, present)
  if (command.flags.has('dry-run')) {
    for (const one of different) act.log.warning(`${one.path} is there and differs:\n${one.diff.join('\n')}`)
    return end(starter, (path) => (same.includes(path) ? 'same' : 'planned'))
  }
  const replace = new Set<string>()
  if (command.flags.has('force')) for (const { path } of different) replace.add(path)
  else if (place.ask !== undefined) {
    for (const one of different) {
      act.log.info(`${one.path} is there and differs:\n${one.diff.join('\n')}`)
      if (await place.ask(`Replace ${one.path}? [y/N] `)) replace.add(one.path)
    }
  } else if (different.length > 0) throw new PipelineError('input', different.map(existsProblem))
  act.signal.throwIfAborted()
  const written = [...write, ...different.filter(({ path }) => replace.has(path))]
  for (const { path, text } of written) await writeAtomic(join(top, path), text)
  const paths = new Set(written.map(({ path }) => path))
  return end(starter, (path) => (paths.has(path) ? 'written' : same.includes(path) ? 'same' : 'kept'))
}

const end = (
  { files, notes, next }: Starter,
  stateOf: (path: string) => InitResult['files'][number]['state'],
): InitResult => ({
  files: files.map(({ path, text }) => ({ path, state: stateOf(path), text })),
  notes,
  next,
})

const STATES = {
  written: 'wrote',
  same: 'is there already:',
  kept: 'left as it is:',
  planned: 'would write',
} as const

/** What a person reads: the files' text where nothing was written, then what is left to do. */
export function printed({ files, notes, next }: InitResult): string {
  const shown = files.filter((file) => file.state === 'planned')
  return [
    ...shown.map(({ path, text }) => `--- ${path}\n${text}`),
    files.map(({ path, state }) => `${STATES[state]} ${path}`).join('\n'),
    ...(notes.length === 0 ? [] : [`\nTo check:\n${notes.map((note) => `  - ${note}`).join('\n')}`]),
    `\nNext:\n${next.map((step, index) => `  ${index + 1}. ${step}`).join('\n')}`,
    '',
  ].join('\n')
}

/** Reads the options; throws every problem at once. */
export function loadInit(
  command: Pick<CliCommand, 'values'>,
  act: Pick<Shell, 'secrets'>,
): { options: StarterOptions; workingDirectory: string; templates: string | undefined } {
  const reader = new InputReader(INIT_OPTIONS, (name) => command.values.get(name) ?? '', act.secrets)
  const extras: Extra[] = []
  for (const text of reader.list('with', { commas: true })) {
    const extra = EXTRAS.find((one) => one === text)
    if (extra === undefined) reader.bad('with', text, 'no such workflow', `use some of ${EXTRAS.join(', ')}`)
    else if (!extras.includes(extra)) extras.push(extra)
  }
  const environment = (name: string): string | undefined => {
    const text = reader.optional(name)
    if (text !== undefined && !/^[\w][\w .-]*$/.test(text))
      reader.bad(name, text, 'not the name of an environment', 'use letters, digits, blanks, dots, _ and -')
    return text
  }
  const templates = reader.optional('templates')
  if (templates !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(templates))
    reader.bad('templates', templates, 'not a repository', 'write OWNER/NAME')
  const test = environment('test-environment')
  const production = environment('production-environment')
  const state = reader.optional('state')
  const options: StarterOptions = {
    kind: reader.choice<'auto' | 'service' | 'library'>('kind'),
    images: reader.list('images', { commas: true }),
    mains: reader.list('main', { commas: true }),
    extras,
    gray: reader.choice<'auto' | 'true' | 'false'>('gray'),
    runner: reader.list('runner', { commas: true }),
    copies: reader.boolean('copies'),
    ...(test === undefined ? {} : { testEnvironment: test }),
    ...(production === undefined ? {} : { productionEnvironment: production }),
    ...(state === undefined ? {} : { state }),
  }
  const workingDirectory = reader.relativePath('working-directory', '.')
  if (reader.problems.length > 0) throw new PipelineError('input', reader.problems)
  return { options, workingDirectory, templates }
}

async function libraryOf(root: string, templates: string | undefined): Promise<StarterLibrary> {
  const library = await readLibrary(root)
  if (library === undefined)
    throw environmentError({
      code: 'starter-no-templates',
      what: 'the templates are not beside this program',
      cause: 'only dist was copied, and it does not say which release it is',
      fix: 'run it from a clone of go-image-pipeline',
    })
  if (templates === undefined) return library
  // Copies take their actions from there too.
  const uses = new RegExp(String.raw`(\buses: )${library.repository}(?=[/@])`, 'g')
  const twins = new Map([...library.twins].map(([name, text]) => [name, text.replaceAll(uses, `$1${templates}`)])) // prettier-ignore
  return { ...library, repository: templates, twins }
}

async function askTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}
