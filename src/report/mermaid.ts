import { oneLine } from './markdown.ts'

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
