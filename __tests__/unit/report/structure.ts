import fc from 'fast-check'

/** Readers of the formats that the report is written in, strict enough to fail where a viewer would show rubbish. */

/** Strings that break things: borders, fences, tags, entities, escapes, control characters, half letters. */
export const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '|', '`', '```', '~~~', '\\', '<', '>', '</details>', '<script>', '&', '&lt;', '*', '**', '_', '[x](http://a)', '![', ']', '#', '\n', '\r\n', '\n\n', '- ',
        '\n# h', '1. ', '---', '$', '~', ':', ';', '%%', '{', '}', '"', "'", '#quot;', 'end', 'section ', 'title ', 'click ', '\u001b[31m', '\u0000', '\u2028',
        '\ud800', '😀', '日本', 'abc', ' ', '<!--', ']]>', 'a'.repeat(40),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
) // prettier-ignore

/** Cells of a table row: a pipe parts them unless a backslash stands before it (GFM 4.10). */
export function cells(row: string): string[] {
  const found: string[] = []
  let cell = ''
  for (let i = 0; i < row.length; i++) {
    const char = row.charAt(i)
    if (char === '\\' && i + 1 < row.length) cell += char + row.charAt(++i)
    else if (char === '|') {
      found.push(cell.trim())
      cell = ''
    } else cell += char
  }
  return [...found.slice(1), ...(cell.trim() === '' ? [] : [cell.trim()])]
}

export interface Outline {
  readonly headings: number
  readonly details: number
  readonly fences: number
  /** Columns of each table. */
  readonly tables: number[]
  readonly faults: string[]
}

/** The blocks of a page: headings, folded parts, fences, tables; and what does not add up. */
export function outline(markdown: string): Outline {
  const result = { headings: 0, details: 0, fences: 0, tables: [] as number[], faults: [] as string[] }
  let fence: string | undefined
  let open = 0
  let columns: number | undefined
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = undefined
      continue
    }
    if (mark !== undefined) {
      fence = mark
      result.fences++
      continue
    }
    if (/^ {0,3}#{1,6}(\s|$)/.test(line)) result.headings++
    result.details += /^<details/.test(line) ? 1 : 0
    // What stands in a code span is shown, not obeyed; the spans made here never hold a backtick.
    const prose = line.replace(/\\.|`[^`]*`/g, '')
    open += (prose.match(/<details/g) ?? []).length - (prose.match(/<\/details>/g) ?? []).length
    if (open < 0) result.faults.push(`</details> without <details>: ${line}`)
    if (line.startsWith('|')) {
      const width = cells(line).length
      if (columns === undefined) result.tables.push(width)
      else if (columns !== width) result.faults.push(`a row of ${width} in a table of ${columns}: ${line}`)
      columns ??= width
    } else columns = undefined
    for (const tag of prose.match(/<\/?[a-zA-Z!][^>]*>?/g) ?? [])
      if (!/^<\/?(?:details|summary|code|br)(?: open)?>$/.test(tag))
        result.faults.push(`the tag ${tag}: ${line}`)
  }
  if (fence !== undefined) result.faults.push('a fence is not closed')
  if (open !== 0) result.faults.push(`${open} <details> are not closed`)
  return result
}

/** What a reader sees of inline Markdown made by `inline`: escapes and entities undone. */
export const seen = (markdown: string): string =>
  markdown
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/** Faults of a gantt chart, by the subset of Mermaid's grammar that every version since 9 reads. */
export function ganttFaults(text: string): string[] {
  const faults: string[] = []
  const lines = text.split('\n')
  const head = [/^gantt$/, /^ {2}dateFormat x$/, /^ {2}axisFormat %s(?:\.%L)? s$/, /^ {2}tickInterval [1-9]\d*(?:millisecond|second|minute|hour)$/, /^ {2}todayMarker off$/] // prettier-ignore
  for (const [i, pattern] of head.entries())
    if (!pattern.test(lines[i] ?? '')) faults.push(`line ${i + 1}: ${lines[i] ?? ''}`)
  let sections = 0
  for (const line of lines.slice(head.length)) {
    if (/^ {2}section [^:#;\n%{}]+$/.test(line)) sections++
    else if (!/^ {2}(?!section|title|click|%%)[^:#;\n{}]+ :(?:(?:crit|done), )?\d+, [1-9]\d*ms$/i.test(line)) faults.push(line)
  } // prettier-ignore
  if (sections === 0) faults.push('no section')
  return faults
}

/** Faults of a flowchart: nodes with quoted labels, plain edges, class lines; every name is a node. */
export function flowchartFaults(text: string): string[] {
  const faults: string[] = []
  const lines = text.trimEnd().split('\n')
  if (lines[0] !== 'flowchart LR') faults.push('no flowchart LR')
  const nodes = new Set<string>()
  const classes = new Set<string>()
  for (const line of lines.slice(1)) {
    const node = /^ {2}(s\d+)(?:\["[^"\n<>`\\]+"\]|\{\{"[^"\n<>`\\]+"\}\})$/.exec(line)
    const edge = /^ {2}(s\d+) --> (s\d+)$/.exec(line)
    const style = /^ {2}classDef (\w+) [\w:#.,\- ]+$/.exec(line)
    const use = /^ {2}class ((?:s\d+)(?:,s\d+)*) (\w+)$/.exec(line)
    if (node !== null) nodes.add(node[1] ?? '')
    else if (edge !== null) {
      for (const end of edge.slice(1)) if (!nodes.has(end)) faults.push(`unknown node: ${line}`)
    } else if (style !== null) classes.add(style[1] ?? '')
    else if (use !== null) {
      if (!classes.has(use[2] ?? '')) faults.push(`unknown class: ${line}`)
      for (const name of (use[1] ?? '').split(',')) if (!nodes.has(name)) faults.push(`unknown node: ${line}`)
    } else faults.push(line)
  }
  return faults
}

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
}

/** Reads well-formed XML of elements, attributes and text; throws at the first fault. */
export function parseXml(text: string): Element[] {
  const found: Element[] = []
  const open: { name: string; attributes: Record<string, string>; text: string }[] = []
  const decode = (raw: string): string => {
    if (/&(?!(?:amp|lt|gt|quot);)/.test(raw) || raw.includes('<')) throw new Error(`bare & or <: ${raw}`)
    // eslint-disable-next-line no-control-regex -- XML allows none of these (Char production)
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(raw) || !raw.isWellFormed()) throw new Error('no XML character')
    return raw.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
  } // prettier-ignore
  const tag = /<(\/)?([a-z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/)?>/gy
  let at = 0
  while (at < text.length) {
    if (text.charAt(at) !== '<') {
      const next = text.indexOf('<', at)
      const end = next < 0 ? text.length : next
      const part = decode(text.slice(at, end))
      const inside = open.at(-1)
      if (inside !== undefined) inside.text += part
      else if (part.trim() !== '') throw new Error(`text outside: ${part}`)
      at = end
      continue
    }
    tag.lastIndex = at
    const match = tag.exec(text)
    if (match === null) throw new Error(`no tag at ${text.slice(at, at + 40)}`)
    const [whole, closing, name = '', raw = '', selfClosing] = match
    at += whole.length
    if (closing !== undefined) {
      const element = open.pop()
      if (element?.name !== name) throw new Error(`</${name}> closes ${element?.name ?? 'nothing'}`)
      found.push(element)
      continue
    }
    const attributes: Record<string, string> = {}
    for (const [, key = '', value = ''] of raw.matchAll(/([\w:-]+)="([^"]*)"/g)) {
      if (key in attributes) throw new Error(`${key} twice`)
      attributes[key] = decode(value)
    }
    const element = { name, attributes, text: '' }
    if (selfClosing === undefined) open.push(element)
    else found.push(element)
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name ?? ''}> is not closed`)
  return found
}

/** A copy in which every string becomes what `change` makes of it, but for the fields with fixed values. */
export function mapStrings<T>(value: T, change: (text: string, key: string) => string): T {
  const walk = (at: unknown, key: string): unknown => {
    if (typeof at === 'string') return change(at, key)
    if (Array.isArray(at)) return at.map((item) => walk(item, key))
    if (typeof at === 'object' && at !== null)
      return Object.fromEntries(Object.entries(at).map(([name, item]) => [name, walk(item, name)]))
    return at
  }
  return walk(value, '') as T
}
