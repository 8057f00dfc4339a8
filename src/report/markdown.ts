/**
 * GitHub-flavoured Markdown made of text that others wrote: test names, messages of compilers, branch names. Whatever
 * they hold, it is shown as it is and changes nothing around it.
 */

// eslint-disable-next-line no-control-regex -- escape sequences of terminals and control characters are what is removed
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[@-_]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** Without terminal colours and control characters; half surrogate pairs become U+FFFD. */
export const printable = (text: string): string => text.replace(CONTROL, '').toWellFormed()

/** On one line, blanks collapsed. */
export const oneLine = (text: string): string =>
  printable(text)
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .trim()

/** `text` cut to `length` characters, with an ellipsis when something is missing. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text
    .slice(0, Math.max(0, length - 1))
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`
}

/** Text inside HTML tags, where Markdown's own escapes would be shown. */
export const html = (text: string): string =>
  oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** Text in a paragraph, list item or table cell. */
export function inline(text: string): string {
  const escaped = oneLine(text)
    .replace(/[\\`*_[\]~$]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // In a table a backslash before a pipe would need care; an entity is never a column border.
    .replaceAll('|', '&#124;')
  // At the start of a line these would make a heading, a list or a rule.
  return escaped.replace(/^([#+=-])/, String.raw`\$1`).replace(/^(\d+)([.)])(?=\s|$)/, String.raw`$1\$2`)
}

/** Text in a code span, safe in table cells too. */
export function code(text: string): string {
  const plain = oneLine(text)
  if (plain === '') return ''
  if (!/[`|]/.test(plain)) return `\`${plain}\``
  // A code span cannot hold every mix of backticks and pipes; a tag with entities can.
  const entities = plain.replace(/[&<>"'`|*_[\]\\~$]/g, (char) => `&#${char.charCodeAt(0)};`)
  return `<code>${entities}</code>`
}

/** A fenced block; the fence is longer than any run of backticks in it. */
export function fence(lines: readonly string[], language = ''): string {
  const body = lines.map((line) => printable(line).replace(/[\r\n]+/g, ' ')).join('\n')
  const longest = Math.max(0, ...[...body.matchAll(/`+/g)].map((match) => match[0].length))
  const mark = '`'.repeat(Math.max(3, longest + 1))
  return `${mark}${language}\n${body}\n${mark}`
}

/** A folded part; `body` is Markdown. */
export const details = (title: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${html(title)}</summary>\n\n${body}\n\n</details>`

/** A link when `url` is one of the web, else the label alone. The label is Markdown. */
export function link(label: string, url: string | undefined): string {
  if (url === undefined || !/^https?:\/\/[^\s<>()]+$/.test(url)) return label
  return `[${label}](${url.replaceAll('|', '%7C').replaceAll('\\', '%5C').replaceAll('`', '%60')})`
}

export type Align = 'left' | 'right'

/** A table; header cells are plain text, body cells are Markdown on one line. */
export function table(
  head: readonly (readonly [title: string, align: Align])[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(head.map(([title]) => inline(title))),
    line(head.map(([, align]) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(line),
  ].join('\n')
}
