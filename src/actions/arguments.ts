import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/lists.ts'
import { INPUTS } from './build/spec.ts'
import { INPUTS as GRAY_INPUTS } from './gray/spec.ts'
import { INIT_FLAGS, INIT_OPTIONS } from './init/spec.ts'
import { input, type InputSpec } from './spec.ts'
import { isStage, STAGE_NAMES, type StageName, STAGES } from './stages/index.ts'

const MAIN = ['run', 'plan', 'verify', 'doctor', 'judge', 'gray', 'audit', 'help', 'version'] as const
export const GRAY_COMMANDS = [
  'plan', 'start', 'tick', 'status', 'abort', 'approve', 'reject', 'reap', 'recover', 'power', 'replay', 'aa', 'help',
] as const // prettier-ignore
const AUDIT_COMMANDS = ['verify', 'help'] as const

type Main = Exclude<(typeof MAIN)[number], 'gray' | 'audit'>
export type CommandName =
  | Main
  | 'init'
  | StageName
  | `gray ${(typeof GRAY_COMMANDS)[number]}`
  | `audit ${(typeof AUDIT_COMMANDS)[number]}`

export interface CliCommand {
  readonly name: CommandName
  readonly operands: readonly string[]
  /** Raw text by input name; several uses of one option are joined by line ends. */
  readonly values: ReadonlyMap<string, string>
  readonly flags: ReadonlySet<string>
}

/** Options of the gray commands that look at a past window, on top of the action's inputs. */
export const GRAY_OPTIONS: readonly InputSpec[] = [
  input('Past', 'from', 'text', '', 'Begin of the past window of replay and aa: an ISO time, or how long ago (2h).'),
  input('Past', 'to', 'text', '', 'End of the past window: an ISO time, or how long ago. Empty: now.'),
  input('Past', 'percent', 'number', '', 'The part of the traffic the new version had in all of the past window (replay), or plays (aa). Empty: the steps as they are planned, laid from the begin on.'),
  input('Past', 'head', 'text', '', 'For audit verify: the hash the last line must have, as the output audit-head gave it.'),
] // prettier-ignore

/** What stands in one position of the command line, and what may follow it. */
interface Grammar {
  readonly prefix: '' | 'gray ' | 'audit '
  readonly commands: readonly string[]
  readonly specs: readonly InputSpec[]
  readonly flags: readonly string[]
}

const GRAMMARS: Readonly<Record<'main' | 'gray' | 'audit', Grammar>> = {
  main: { prefix: '', commands: MAIN, specs: INPUTS, flags: ['json', 'mermaid', 'embedded-registry'] },
  gray: {
    prefix: 'gray ',
    commands: GRAY_COMMANDS,
    // The word after `gray` is the command.
    specs: [...GRAY_INPUTS.filter((spec) => spec.name !== 'command'), ...GRAY_OPTIONS],
    flags: ['json'],
  },
  audit: {
    prefix: 'audit ',
    commands: AUDIT_COMMANDS,
    specs: GRAY_OPTIONS.filter((spec) => spec.name === 'head'),
    flags: ['json'],
  },
}

/** A stage is one command with the inputs of its action. */
const stageGrammar = (name: StageName): Grammar => ({
  prefix: '',
  commands: [name, 'help'],
  specs: STAGES[name].inputs,
  flags: ['json'],
})

/** The starter has no action, so its options stand alone. */
const INIT: Grammar = { prefix: '', commands: ['init', 'help'], specs: INIT_OPTIONS, flags: INIT_FLAGS }

/** Operands that a command needs, with the problem when one is missing. */
const OPERANDS: Readonly<Record<string, { readonly what: string; readonly fix: string }>> = {
  verify: {
    what: 'verify needs the reference of an image',
    fix: 'write verify ghcr.io/acme/hello:1.2.3',
  },
  judge: {
    what: 'judge needs a file',
    fix: 'write judge metrics.json (docs/gray-judge.md shows its form)',
  },
  'gray approve': {
    what: 'gray approve needs the id of what waits',
    fix: 'copy it from the line that asks for the approval, or from gray status',
  },
  'gray reject': {
    what: 'gray reject needs the id of what waits',
    fix: 'copy it from the line that asks for the approval, or from gray status',
  },
  'audit verify': { what: 'audit verify needs a file', fix: 'write audit verify audit.jsonl' },
}

/**
 * `COMMAND [OPERAND] --input value …`, `gray COMMAND …`, `audit verify FILE`. A value may begin with `-` (`--test-flags -short`);
 * a boolean input may stand alone (`--dry-run`). All problems are returned.
 */
export function parseArguments(argv: readonly string[]): {
  command: CliCommand
  problems: readonly Problem[]
} {
  // Only in the first place: elsewhere it could be an option's value.
  const [begin = ''] = argv
  const group = begin === 'gray' || begin === 'audit' ? begin : 'main'
  const grammar = isStage(begin) ? stageGrammar(begin) : begin === 'init' ? INIT : GRAMMARS[group]
  const { operands, values, flags, torn, problems } = parseWords(
    group === 'main' ? argv : argv.slice(1),
    grammar,
  )
  const [first = 'help', ...rest] = operands
  const word = grammar.commands.find((command) => command === first)
  const shown = (text: string): string => (torn.has(text) ? 'a word after the value of a secret' : text)
  if (word === undefined || (group === 'main' && (word === 'gray' || word === 'audit'))) {
    const known = group === 'main' ? [...grammar.commands, 'init', ...STAGE_NAMES] : grammar.commands
    const near = nearest(first, known)
    problems.push({
      code: 'unknown-command',
      what: `${shown(`${grammar.prefix}${first}`)} is not a command`,
      fix:
        word !== undefined
          ? `write ${word} before all options`
          : near === undefined
            ? `use one of ${known.join(', ')}`
            : `did you mean ${grammar.prefix}${near}?`,
    })
  }
  const name = `${grammar.prefix}${word ?? 'help'}` as CommandName
  const operand = OPERANDS[name]
  if (operand !== undefined && rest.length === 0) problems.push({ code: 'bad-input', ...operand })
  if (word !== 'help' && word !== undefined) {
    for (const extra of rest.slice(operand === undefined ? 0 : 1)) {
      problems.push({
        code: 'unknown-option',
        what: `${shown(extra)} is not expected here`,
        fix: 'quote values that hold blanks',
      })
    }
  }
  return { command: { name, operands: rest, values, flags }, problems }
}

interface Words {
  readonly operands: string[]
  readonly values: Map<string, string>
  readonly flags: Set<string>
  /** Words after a secret's value are likely its other half, torn off by a blank: they are not shown. */
  readonly torn: Set<string>
  readonly problems: Problem[]
}

function parseWords(argv: readonly string[], grammar: Grammar): Words {
  const words: Words = {
    operands: [],
    values: new Map(),
    flags: new Set(),
    torn: new Set(),
    problems: [],
  }
  const { operands, values, flags, torn, problems } = words
  let afterSecret: string | undefined
  const secret = new Set(grammar.specs.filter((spec) => spec.secret === true).map((spec) => spec.name))
  const kinds = new Map(grammar.specs.map((spec) => [spec.name, spec.kind]))
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (word === '-h' || word === '--help') {
      operands.unshift('help')
      continue
    }
    if (!word.startsWith('--') || word === '--') {
      operands.push(word)
      if (afterSecret !== undefined) torn.add(word)
      continue
    }
    const equals = word.indexOf('=')
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals)
    const kind = kinds.get(name)
    afterSecret = secret.has(name) ? name : undefined
    if (kind === undefined) {
      if (equals < 0 && grammar.flags.includes(name)) flags.add(name)
      else {
        const near = nearest(name, [...kinds.keys(), ...grammar.flags])
        problems.push({
          code: 'unknown-option',
          what: `--${name} is not an option`,
          fix: near === undefined ? `see node dist/cli.js ${grammar.prefix}help` : `did you mean --${near}?`,
        })
        // Its value, if it has one, is no operand.
        if (equals < 0 && argv[i + 1]?.startsWith('-') === false) i++
      }
      continue
    }
    let value: string | undefined
    if (equals >= 0) value = word.slice(equals + 1)
    else if (kind === 'boolean' && !/^(true|false)$/i.test(argv[i + 1] ?? '')) value = 'true'
    else value = argv[++i]
    if (value === undefined) {
      problems.push({
        code: 'bad-input',
        what: `--${name} has no value`,
        input: name,
        fix: `write --${name} VALUE`,
      })
      continue
    }
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  return words
}
