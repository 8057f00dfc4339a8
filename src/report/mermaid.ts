/**
 * Text for Mermaid diagrams. Only a small, old part of its grammar is used, because GitHub, GitLab and editors carry
 * different versions, and a label with the wrong character turns the whole picture into an error box.
 */

/** A quoted flowchart label. Entities are Mermaid's own (`#quot;`): HTML ones would be read as markup by some versions. */
export function flowLabel(text: string): string {
  const safe = oneLine(text)
    .replaceAll('#', '#35;')
    .replaceAll('&', '#amp;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;')
    .replaceAll('`', '#96;')
    .replaceAll('\\', '#92;')
  return `"${safe === '' ? ' ' : safe}"`
}

// Words that start a statement of a gantt chart.
const STATEMENTS =
  /^(?:gantt|title|section|dateformat|axisformat|tickinterval|todaymarker|includes|excludes|weekday|weekend|topaxis|inclusiveenddates|acctitle|accdescr|click|call|href|%%)/i

/** A task or section name of a gantt chart: it ends at a colon or the end of the line, and knows no escape at all. */
export function ganttName(text: string): string {
  const safe = oneLine(text)
    .replaceAll(':', ' ')
    // ≥ and ≤ are letters to Mermaid; what is left out starts comments, statements, entities or markup.
    .replace(/[^\p{L}\p{N} ._/()+,=@≥≤·×→%-]/gu, ' ')
    .replace(/%+/g, '%')
    .replace(/ {2,}/g, ' ')
    .trim()
  if (safe === '') return 'step'
  return STATEMENTS.test(safe) ? `· ${safe}` : safe
}

const oneLine = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- control characters are what is removed
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\ud800-\udfff]/g, (half, at: number, all: string) => (isPaired(all, at) ? half : ' '))
    .trim()

/** Half a surrogate pair cannot be written as UTF-8. */
function isPaired(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  const other = text.charCodeAt(code < 0xdc00 ? at + 1 : at - 1)
  return code < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00
}
