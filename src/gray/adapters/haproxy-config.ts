/** A reason why a configuration cannot be read or written for these servers. */
export interface ConfigFault {
  readonly fault: string
  /** 1-based, where there is one. */
  readonly line?: number
}

/** First words that end a section (HAProxy configuration manual, 3.x). */
const SECTIONS = new Set([
  'global', 'defaults', 'frontend', 'backend', 'listen', 'peers', 'resolvers', 'userlist', 'mailers', 'program', 'ring',
  'cache', 'http-errors', 'log-forward', 'log-profile', 'fcgi-app', 'crt-store', 'traces', 'acme',
]) // prettier-ignore

interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
}

interface Found {
  /** Index into the lines. */
  readonly line: number
  readonly words: readonly Word[]
}

/** The words of a line: blanks part them, a backslash escapes, quotes group, `#` ends it (manual, 2.2 "Quoting"). */
export function wordsOf(line: string): Word[] {
  const words: Word[] = []
  let at = 0
  while (at < line.length) {
    while (at < line.length && /\s/.test(line.charAt(at))) at++
    if (at >= line.length || line.charAt(at) === '#') break
    const start = at
    let text = ''
    let quote = ''
    for (; at < line.length; at++) {
      const char = line.charAt(at)
      if (quote === '' && (/\s/.test(char) || char === '#')) break
      if (char === '\\' && quote !== "'") text += line.charAt(++at)
      else if (quote !== '' && char === quote) quote = ''
      else if (quote === '' && (char === '"' || char === "'")) quote = char
      else text += char
    }
    words.push({ text, start, end: at })
  }
  return words
}

/** The value of `weight` on a server or default-server line; the name and address are no keywords. */
function weightWord(words: readonly Word[], from: number): Word | undefined {
  for (let i = from; i < words.length - 1; i++) {
    const value = words[i + 1]
    if (words[i]?.text === 'weight' && value !== undefined && /^\d+$/.test(value.text)) return value
  }
  return undefined
}

function find(
  text: string,
  backend: string,
  names: readonly string[],
): { lines: string[]; servers: Map<string, Found>; defaults: Map<string, number> } | ConfigFault {
  const lines = text.split('\n')
  const servers = new Map<string, Found>()
  const defaults = new Map<string, number>()
  let inside = false
  let seen = false
  // What a server line inherits: of the last `defaults` section or the one named by `from`, then of its own.
  const sections = new Map<string, number>()
  let last = ''
  let current = 1
  let section = ''
  for (const [line, content] of lines.entries()) {
    const words = wordsOf(content)
    const first = words[0]?.text ?? ''
    if (SECTIONS.has(first)) {
      section = first
      inside = (first === 'backend' || first === 'listen') && words[1]?.text === backend
      if (inside && seen) return { fault: `the backend ${backend} stands there twice`, line: line + 1 }
      seen ||= inside
      const from = words.findIndex(({ text: word }) => word === 'from')
      const parent = from < 0 ? undefined : words[from + 1]?.text
      if (first === 'defaults') last = words[1] === undefined || from === 1 ? `line ${line}` : words[1].text
      current = sections.get(parent ?? (first === 'defaults' ? '' : last)) ?? 1
      if (first === 'defaults') sections.set(last, current)
    } else if (first === 'default-server') {
      const weight = weightWord(words, 1)
      if (weight === undefined) continue
      current = Number(weight.text)
      if (section === 'defaults') sections.set(last, current)
    } else if (inside && first === 'server') {
      const name = words[1]?.text ?? ''
      if (!names.includes(name)) continue
      if (servers.has(name)) return { fault: `the server ${name} stands there twice`, line: line + 1 }
      if (words.length < 3) return { fault: `the server ${name} has no address`, line: line + 1 }
      servers.set(name, { line, words })
      defaults.set(name, current)
    }
  }
  if (!seen) return { fault: `there is no backend ${backend}` }
  const missing = names.filter((name) => !servers.has(name))
  return missing.length === 0
    ? { lines, servers, defaults }
    : { fault: `the backend ${backend} has no server line for ${missing.join(' and ')}` }
}

/** The weights that a (re)start would give, by server; a server without one has its default-server's, or 1. */
export function readConfigWeights(
  text: string,
  backend: string,
  names: readonly string[],
): { readonly weights: Map<string, number>; readonly own: Map<string, number | undefined> } | ConfigFault {
  const found = find(text, backend, names)
  if ('fault' in found) return found
  const weights = new Map<string, number>()
  const own = new Map<string, number | undefined>()
  for (const [name, { words }] of found.servers) {
    const word = weightWord(words, 3)
    own.set(name, word === undefined ? undefined : Number(word.text))
    weights.set(name, own.get(name) ?? found.defaults.get(name) ?? 1)
  }
  return { weights, own }
}

/**
 * The configuration with these weights on the server lines of the backend: only the numbers change, or ` weight N` is
 * added after the address; undefined as a weight takes the word away again. Everything else stays byte for byte.
 */
export function writeConfigWeights(
  text: string,
  backend: string,
  weights: ReadonlyMap<string, number | undefined>,
): { readonly text: string } | ConfigFault {
  const found = find(text, backend, [...weights.keys()])
  if ('fault' in found) return found
  const lines = [...found.lines]
  for (const [name, { line, words }] of found.servers) {
    const content = lines[line] ?? ''
    const weight = weights.get(name)
    const present = weightWord(words, 3)
    if (present === undefined) {
      if (weight === undefined) continue
      const after = words[2]?.end ?? content.length
      lines[line] = `${content.slice(0, after)} weight ${weight}${content.slice(after)}`
    } else if (weight === undefined) {
      const keyword = words[words.indexOf(present) - 1]
      const from = words[words.indexOf(present) - 2]?.end ?? keyword?.start ?? 0
      lines[line] = content.slice(0, from) + content.slice(present.end)
    } else lines[line] = content.slice(0, present.start) + String(weight) + content.slice(present.end)
  }
  return { text: lines.join('\n') }
}
