import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/lists.ts'
import { INPUTS } from './build/spec.ts'

const COMMANDS = ['run', 'plan', 'verify', 'doctor', 'judge', 'help', 'version'] as const
const FLAGS = ['json', 'mermaid'] as const

export interface CliCommand {
  readonly name: (typeof COMMANDS)[number]
  readonly operands: readonly string[]
  /** Raw text by input name; several uses of one option are joined by line ends. */
  readonly values: ReadonlyMap<string, string>
  readonly flags: ReadonlySet<string>
}

/**
 * `COMMAND [OPERAND] --input value …`. A value may begin with `-` (`--test-flags -short`); a boolean input may stand
 * alone (`--dry-run`). All problems are returned.
 */
export function parseArguments(argv: readonly string[]): {
  command: CliCommand
  problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const values = new Map<string, string>()
  const flags = new Set<string>()
  const operands: string[] = []
  /** Words after a secret's value are likely its other half, torn off by a blank: they are not shown. */
  const torn = new Set<string>()
  let afterSecret: string | undefined
  const secret = new Set(INPUTS.filter((spec) => spec.secret === true).map((spec) => spec.name))
  const kinds = new Map(INPUTS.map((spec) => [spec.name, spec.kind]))
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
      if (equals < 0 && FLAGS.some((flag) => flag === name)) flags.add(name)
      else {
        const near = nearest(name, [...kinds.keys(), ...FLAGS])
        problems.push({
          code: 'unknown-option',
          what: `--${name} is not an option`,
          fix: near === undefined ? 'see node dist/cli.js help' : `did you mean --${near}?`,
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
  const [first = 'help', ...rest] = operands
  const name = COMMANDS.find((command) => command === first)
  const shown = (word: string): string => (torn.has(word) ? 'a word after the value of a secret' : word)
  if (name === undefined) {
    const near = nearest(first, COMMANDS)
    problems.push({
      code: 'unknown-command',
      what: `${shown(first)} is not a command`,
      fix: near === undefined ? `use one of ${COMMANDS.join(', ')}` : `did you mean ${near}?`,
    })
  }
  const expected = name === 'verify' || name === 'judge' ? 1 : 0
  if (name === 'verify' && rest.length === 0) {
    problems.push({
      code: 'bad-input',
      what: 'verify needs the reference of an image',
      fix: 'write verify ghcr.io/acme/hello:1.2.3',
    })
  }
  if (name === 'judge' && rest.length === 0) {
    problems.push({
      code: 'bad-input',
      what: 'judge needs a file',
      fix: 'write judge metrics.json (docs/gray-judge.md shows its form)',
    })
  }
  if (name !== 'help' && name !== undefined) {
    for (const extra of rest.slice(expected)) {
      problems.push({
        code: 'unknown-option',
        what: `${shown(extra)} is not expected here`,
        fix: 'quote values that hold blanks',
      })
    }
  }
  return { command: { name: name ?? 'help', operands: rest, values, flags }, problems }
}
