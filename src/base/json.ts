/** Values of unknown shape. */

/** A JSON object: neither null nor an array. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const asObject = (value: unknown): Record<string, unknown> | undefined =>
  isRecord(value) ? value : undefined

/** The object that a text holds; undefined when it is no JSON, or none of an object. */
export function parseObject(bytes: Uint8Array | string): Record<string, unknown> | undefined {
  try {
    return asObject(
      JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')) as unknown,
    )
  } catch {
    return undefined
  }
}
