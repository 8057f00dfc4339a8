import { Document, isScalar, visit } from 'yaml'
import type { StarterLibrary } from './model.ts'

/** A workflow of one job that calls a template. */
export interface Call {
  /** Name of the workflow; it is part of the concurrency groups, so no two files share one. */
  readonly name: string
  /** Lines of the comment at the top. */
  readonly head: readonly string[]
  /** The value of `on`. */
  readonly on: Readonly<Record<string, unknown>>
  /** What a newer run does to an older one of the same ref. */
  readonly cancel: 'never' | 'pull requests' | 'always'
  /** File name of the template. */
  readonly template: string
  /** Scope, level and reason. It must hold all that any job of the template asks for, or GitHub starts nothing. */
  readonly permissions: readonly (readonly [scope: string, level: 'read' | 'write', reason: string])[]
  readonly with: Readonly<Record<string, string | boolean>>
  /**
   * Secrets by name. A called workflow sees an environment's secret only when the caller names it (actions/runner#1490); the
   * environment's value then wins over the repository's.
   */
  readonly secrets?: readonly string[]
}

const CANCEL = {
  never: 'false',
  'pull requests': "${{ github.event_name == 'pull_request' }}",
  always: 'true',
} as const

const indent = (text: string, depth: number): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `${' '.repeat(depth)}${line}`))
    .join('\n')

/** Under which name people keep it: `prometheus-token` is PROMETHEUS_TOKEN. */
export const secretName = (name: string): string => name.toUpperCase().replaceAll('-', '_')

/** The prefix of copied templates, so that they do not stand in the way of the workflows that call them. */
const COPY = 'gip-'

/** The text of the workflow file. */
export function renderCall(call: Call, library: StarterLibrary, copies: boolean): string {
  const given = Object.keys(call.with).length === 0 ? '' : `\n    with:\n${indent(yaml(call.with), 6)}`
  const secrets = (call.secrets ?? []).map((name) => `\n      ${name}: \${{ secrets.${secretName(name)} }}`)
  const passed = secrets.length === 0 ? '' : `\n    secrets:${secrets.join('')}`
  const uses = copies
    ? `./.github/workflows/${COPY}${call.template}`
    : `${library.repository}/.github/workflows/${call.template}@${library.sha} # ${library.version}`
  const page = `${library.repository}: docs/workflows/${call.template.replace(/\.yml$/, '.md')}`
  return `${[...call.head, `All inputs are in ${page}.`].map((line) => `# ${line}`).join('\n')}
name: ${call.name}

on:
${indent(yaml(call.on), 2)}

permissions: {}

concurrency:
  group: ${call.name.replaceAll(' ', '-')}-\${{ github.ref }}
  cancel-in-progress: ${CANCEL[call.cancel]}

jobs:
  ${call.template.replace(/\.yml$/, '')}:
    name: ${call.name}
    permissions:
${call.permissions.map(([scope, level, reason]) => `      ${scope}: ${level} # ${reason}`).join('\n')}
    uses: ${uses}${given}${passed}
`
}

/** Lists of plain values stand on one line; `pull_request:` without a value says all of them. */
function yaml(value: unknown): string {
  const document = new Document(value)
  visit(document, {
    Seq(_, node) {
      if (node.items.every(isScalar)) node.flow = true
    },
  })
  return document
    .toString({ lineWidth: 0, singleQuote: true, nullStr: '', flowCollectionPadding: false })
    .replaceAll(/[^\S\n]+$/gm, '')
}

/** A template and those it calls, with nested calls made local: a server without `uses: $/` takes them so. */
export function copiesOf(template: string, library: StarterLibrary): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (name: string): void => {
    const twin = library.twins.get(name)
    if (twin === undefined || found.has(name)) return
    const nested = /(\buses: )\S+?\/\.github\/workflows\/([\w-]+\.yml)@\S+[^\n]*/g
    found.set(name, twin.replaceAll(nested, `$1./.github/workflows/${COPY}$2`))
    for (const [, , file = ''] of twin.replaceAll(/^\s*#.*$/gm, '').matchAll(nested)) visit(file)
  }
  visit(template)
  return new Map([...found].map(([name, text]) => [`.github/workflows/${COPY}${name}`, text]))
}
