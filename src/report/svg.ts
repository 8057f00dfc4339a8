import { oneLine, shorten } from './markdown.ts'

/**
 * Standalone SVG pictures: no script, no outside font or file, readable on light and dark ground.
 *
 * Nobody can measure text without the reader's font, so widths are those of DejaVu Sans, the widest of the usual
 * sans-serif fonts: what fits with it fits with Segoe UI, Helvetica, Arial, Roboto and Liberation Sans too.
 */
const WIDTHS: readonly (readonly [width: number, letters: string])[] = [
  [0.42, "'ijlIJ ,./:;\\|f-()[]t!r·"],
  [0.56, '"*_`sz?cL–'],
  [0.64, 'FkvxyPTYoaehnuESbdgpq$0123456789{}“”'],
  [0.79, 'KAVXZBRCUNHDG&OQ'],
  [0.87, 'w#+<=>^~M×−→≥≤'],
]
const WIDTH_OF = new Map(
  WIDTHS.flatMap(([width, letters]) => Array.from(letters, (letter) => [letter, width] as const)),
)
const BOLD = 1.12

/** Upper bound of the width of `text` in pixels. */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    // Letters beyond Latin and Greek are drawn up to a full square wide, emoji a bit wider.
    width += WIDTH_OF.get(letter) ?? (code > 0xffff ? 1.4 : code < 0x0250 && code > 0x7f ? 0.9 : 1.05)
  }
  return width * size * (bold ? BOLD : 1)
}

/** `text` cut until it is no wider than `room`. */
export function fitText(text: string, room: number, size: number, bold = false): string {
  const plain = oneLine(text)
  if (textWidth(plain, size, bold) <= room) return plain
  let [low, high] = [0, plain.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (textWidth(shorten(plain, middle), size, bold) <= room) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : shorten(plain, low)
}

/** As `fitText`, but the end stays: `…internal/api` says more of a package than `github.com/acm…`. */
export function fitEnd(text: string, room: number, size: number): string {
  const reversed = (value: string): string => Array.from(value).reverse().join('')
  return reversed(fitText(reversed(oneLine(text)), room, size))
}

export const xml = (text: string): string =>
  oneLine(text)
    // U+FFFE and U+FFFF are no characters of XML.
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

export interface TextStyle {
  readonly size?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly bold?: boolean
  /** `t` text, `m` muted; `halo` keeps grid lines off the letters. */
  readonly style?: 't' | 'm' | 't halo' | 'm halo'
}

const number = (value: number): string => String(Math.round(value * 10) / 10)

/** Text at a baseline. What it is placed in must have been fitted before. */
export function textAt(x: number, y: number, text: string, options: TextStyle = {}): string {
  const { size = 12, anchor = 'start', bold = false, style = 't' } = options
  if (text === '') return ''
  return `<text class="${style}" x="${number(x)}" y="${number(y)}" font-size="${size}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ''}>${xml(text)}</text>`
}

/** A bar or field; `hint` is shown when the pointer rests on it. */
export function rectangle(
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  style: string,
  hint?: string,
  radius = 2,
): string {
  const { x, y, width, height } = box
  const shape = `<rect class="${style}" x="${number(x)}" y="${number(y)}" width="${number(Math.max(0, width))}" height="${number(height)}" rx="${radius}"`
  return hint === undefined ? `${shape}/>` : `${shape}><title>${xml(hint)}</title></rect>`
}

export const line = (x1: number, y1: number, x2: number, y2: number, style: string): string =>
  `<line class="${style}" x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}"/>`

// Colours of GitHub's Primer, which are tuned for contrast on both grounds.
const STYLE = [
  '.bg{fill:#fff;stroke:#d1d9e0}.t{fill:#1f2328}.m{fill:#59636e}.grid{stroke:#d1d9e0;stroke-width:1}.mark{stroke:#59636e;stroke-width:1.5;stroke-dasharray:4 3}',
  '.halo{stroke:#fff;stroke-width:4;stroke-linejoin:round;paint-order:stroke}.track{fill:#eff2f5}.blue{fill:#0969da}.sky{fill:#54aeff}.grey{fill:#afb8c1}.green{fill:#2da44e}.amber{fill:#d4a72c}.red{fill:#cf222e}',
  '@media (prefers-color-scheme:dark){.bg{fill:#0d1117;stroke:#3d444d}.t{fill:#f0f6fc}.m{fill:#9198a1}.grid{stroke:#2f3742}.mark{stroke:#9198a1}',
  '.halo{stroke:#0d1117}.track{fill:#212830}.blue{fill:#388bfd}.sky{fill:#1158c7}.grey{fill:#656c76}.green{fill:#3fb950}.amber{fill:#d29922}.red{fill:#f85149}}',
].join('')

/** The whole file. `title` is what a screen reader says. */
export function picture(width: number, height: number, title: string, shapes: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" viewBox="0 0 ${number(width)} ${number(height)}" role="img" aria-label="${xml(title)}" font-family="-apple-system,'Segoe UI',Helvetica,Arial,'Liberation Sans',sans-serif">`,
    `<style>${STYLE}</style>`,
    rectangle({ x: 0.5, y: 0.5, width: width - 1, height: height - 1 }, 'bg', undefined, 6),
    ...shapes.filter((shape) => shape !== ''),
    '</svg>',
    '',
  ].join('\n')
}
