import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { RuleId } from './model.ts'

/** A finding before its level is known. */
export interface Raw {
  readonly rule: RuleId
  readonly offset: number
  readonly message: string
  readonly fix: string
  readonly diff?: readonly string[]
}

/** A YAML file with the places of its parts. */
export class Source {
  readonly file: string
  readonly text: string
  readonly root: YAMLMap | undefined
  readonly faults: readonly Raw[]
  readonly #lines = new LineCounter()

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    // GitHub reads YAML 1.2 with anchors; the same key twice is refused there too.
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true })
    this.root = isMap(document.contents) ? document.contents : undefined
    this.faults = [...document.errors, ...document.warnings].map((error) => ({
      rule: 'yaml',
      offset: error.pos[0],
      message: error.message.split('\n')[0] ?? '',
      fix: 'correct the YAML at this place (indentation, quotes, a key that is there twice)',
    }))
  }

  /** From 1, both. */
  position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  /** The text of the line at an offset, from there to its end. */
  restOfLine(offset: number): string {
    const end = this.text.indexOf('\n', offset)
    return this.text.slice(offset, end < 0 ? undefined : end)
  }
}

export interface Entry {
  readonly key: string
  /** Where the key stands. */
  readonly at: number
  readonly value: Node | null
}

/** The entries of a mapping; of anything else none. */
export function entries(node: unknown): Entry[] {
  if (!isMap(node)) return []
  return node.items.flatMap((pair): Entry[] =>
    isScalar(pair.key)
      ? [{ key: String(pair.key.value), at: pair.key.range?.[0] ?? 0, value: pair.value as Node | null }]
      : [],
  )
}

export const entry = (node: unknown, key: string): Entry | undefined =>
  entries(node).find((one) => one.key === key)

export const items = (node: unknown): Node[] => (isSeq(node) ? (node.items as Node[]) : [])

/** The text of a scalar; numbers and booleans as they are written out. */
export function textOf(node: unknown): string | undefined {
  const value: unknown = isScalar(node) ? node.value : undefined
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

export const startOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0

/** Offsets in the file at which `pattern` (global) matches inside a node, without those in comments. */
export function matchesIn(
  source: Source,
  node: Node | null | undefined,
  pattern: RegExp,
): { offset: number; match: RegExpExecArray }[] {
  if (node?.range === null || node?.range === undefined) return []
  const [from, to] = node.range
  return [...source.text.slice(from, to).matchAll(pattern)].flatMap((match) => {
    const offset = from + match.index
    const before = source.text.slice(source.text.lastIndexOf('\n', offset - 1) + 1, offset)
    return /^\s*#/.test(before) ? [] : [{ offset, match }]
  })
}
