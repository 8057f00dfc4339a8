/** What an input and an output of an action are stated by: action.yml, the tables in the docs and the CLI's help are made from it. */
export type InputKind = 'text' | 'boolean' | 'choice' | 'list' | 'pairs' | 'words' | 'number' | 'duration'

export interface InputSpec {
  readonly name: string
  readonly group: string
  readonly kind: InputKind
  readonly default: string
  /** One or two sentences; the first says what it is. */
  readonly description: string
  readonly choices?: readonly string[]
  /** The value is, or holds, a secret: masked when read, never shown. */
  readonly secret?: boolean
}

export interface OutputSpec {
  readonly name: string
  readonly description: string
}

export const input = (
  group: string,
  name: string,
  kind: InputKind,
  standard: string,
  description: string,
  more: Partial<Pick<InputSpec, 'choices' | 'secret'>> = {},
): InputSpec => ({ name, group, kind, default: standard, description, ...more })

/** One of `choices`; the first is the default. */
export const choice = (
  group: string,
  name: string,
  choices: readonly string[],
  description: string,
): InputSpec => input(group, name, 'choice', choices[0] ?? '', description, { choices })
