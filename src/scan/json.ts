/** Reading JSON that other programs wrote: nothing is believed before it is looked at. */

export type Json = Readonly<Record<string, unknown>>

export const asObject = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const asObjects = (value: unknown): readonly Json[] =>
  asList(value)
    .map(asObject)
    .filter((item) => item !== undefined)

export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const asTexts = (value: unknown): readonly string[] =>
  asList(value).flatMap((item) => asText(item) ?? [])

export const asNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** The values of a text that holds one JSON object after the other, with or without blanks between (no arrays at the top). */
export function* concatenated(text: string): Generator<Json, void, undefined> {
  let depth = 0
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (quoted) {
      if (char === 0x5c) at++
      else if (char === 0x22) quoted = false
    } else if (char === 0x22) quoted = true
    else if (char === 0x7b) {
      if (depth++ === 0) start = at
    } else if (char === 0x7d && --depth === 0) {
      const value = asObject(JSON.parse(text.slice(start, at + 1)) as unknown)
      if (value !== undefined) yield value
    }
  }
  if (depth !== 0) throw new SyntaxError('the JSON ends in the middle of an object')
}
