/**
 * List syntax of the inputs: one item a line; commas separate too where an item cannot hold one.
 * Blank lines and lines that start with `#` are left out.
 */
export function parseList(text: string, options: { commas?: boolean } = {}): string[] {
  const items: string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (line.trim().startsWith('#')) continue
    const parts = options.commas === true ? line.split(',') : [line]
    for (const part of parts) {
      const item = part.trim()
      if (item !== '') items.push(item)
    }
  }
  return items
}

export interface PairError {
  readonly line: string
  readonly reason: string
}

/** `key=value` lines; the value may hold `=` and commas. Bad lines are returned, not thrown, so all are told at once. */
export function parsePairs(text: string): { pairs: [key: string, value: string][]; errors: PairError[] } {
  const pairs: [string, string][] = []
  const errors: PairError[] = []
  for (const line of parseList(text)) {
    const at = line.indexOf('=')
    if (at < 0) errors.push({ line, reason: 'no "=": write key=value' })
    else if (at === 0) errors.push({ line, reason: 'nothing before "="' })
    else pairs.push([line.slice(0, at).trim(), line.slice(at + 1).trim()])
  }
  return { pairs, errors }
}

/**
 * Shell-like words for inputs that hold arguments: blanks separate, single and double quotes group, a backslash
 * escapes inside double quotes and outside quotes before a blank, quote or backslash (so `C:\path` stays whole).
 * No expansion ever takes place.
 */
export function parseWords(text: string): { words: string[]; error?: string } {
  const words: string[] = []
  let word: string | undefined
  let quote: "'" | '"' | undefined
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (quote !== undefined) {
      if (char === quote) quote = undefined
      else if (quote === '"' && char === '\\' && /["\\$`]/.test(text.charAt(i + 1)))
        word = (word ?? '') + text.charAt(++i)
      else word = (word ?? '') + char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === '\\' && /[\s"'\\]/.test(text.charAt(i + 1))) {
      word = (word ?? '') + text.charAt(++i)
    } else {
      word = (word ?? '') + char
    }
  }
  if (word !== undefined) words.push(word)
  return quote === undefined ? { words } : { words, error: `the quote ${quote} is not closed` }
}

/** The nearest of `known` to `text` by edit distance, for "did you mean"; undefined when nothing is near. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const distance = editDistance(text.toLowerCase(), name.toLowerCase())
    if (
      distance <= Math.max(1, Math.floor(name.length / 3)) &&
      (best === undefined || distance < best.distance)
    ) {
      best = { name, distance }
    }
  }
  return best?.name
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** For `sort` over the entries of an object: by name, in the same order on every machine. */
export const byName = (a: readonly [name: string, unknown], b: readonly [name: string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
