/** Beyond this many lines on a side nobody reads a diff, and the table below would grow. */
const MOST_LINES = 3000
const CONTEXT = 2

/** Lines of a unified diff (without its two header lines) that turns `before` into `after`; empty when they are equal. */
export function unifiedDiff(before: string, after: string): string[] {
  if (before === after) return []
  const a = before.split('\n')
  const b = after.split('\n')
  if (a.length > MOST_LINES || b.length > MOST_LINES) return ['@@ too long to compare @@']
  const ops = operations(a, b)
  const changed = ops.flatMap((op, index) => (op.kind === ' ' ? [] : [index]))
  const hunks: string[] = []
  for (let i = 0; i < changed.length;) {
    const from = Math.max(0, (changed[i] ?? 0) - CONTEXT)
    let last = changed[i] ?? 0
    while (i < changed.length && (changed[i] ?? 0) - last <= 2 * CONTEXT) last = changed[i++] ?? last
    const part = ops.slice(from, Math.min(ops.length, last + CONTEXT + 1))
    const [first] = part
    const count = (skip: string): number => part.filter((op) => op.kind !== skip).length
    hunks.push(
      `@@ -${(first?.a ?? 0) + 1},${count('+')} +${(first?.b ?? 0) + 1},${count('-')} @@`,
      ...part.map((op) => `${op.kind}${op.line}`),
    )
  }
  return hunks
}

interface Operation {
  readonly kind: ' ' | '-' | '+'
  readonly line: string
  /** Lines of each side before this one. */
  readonly a: number
  readonly b: number
}

/** By the longest common subsequence of lines. */
function operations(a: readonly string[], b: readonly string[]): Operation[] {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0)
  const ops: Operation[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const left = a[i]
    const right = b[j]
    if (left !== undefined && left === right) ops.push({ kind: ' ', line: left, a: i++, b: j++ })
    else if (
      left !== undefined &&
      (right === undefined || (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))
    )
      ops.push({ kind: '-', line: left, a: i++, b: j })
    else ops.push({ kind: '+', line: right ?? '', a: i, b: j++ })
  }
  return ops
}
