import { nearest } from '../base/lists.ts'
import { dateFault } from './dates.ts'

/** One `{{expression}}`: a name, and for dates a format and a time zone. */
export interface Expression {
  readonly name: string
  readonly format: string
  readonly zone: string
}

export type Template = readonly (string | Expression)[]

const DATES = new Set(['date', 'commit_date'])
const EXPRESSION = /\{\{\{?\s*([^{}]*?)\s*\}?\}\}/g

/**
 * The part of Handlebars that tag rules use: `{{name}}` and `{{date 'YYYYMMDD' tz='Asia/Tokyo'}}`.
 * Returns the reason when an expression is not known or not closed.
 */
export function parseTemplate(text: string, names: readonly string[]): Template | { reason: string } {
  const parts: (string | Expression)[] = []
  let from = 0
  for (const match of text.matchAll(EXPRESSION)) {
    if (match.index > from) parts.push(text.slice(from, match.index))
    from = match.index + match[0].length
    const expression = parseExpression(match[1] ?? '', names)
    if ('reason' in expression) return expression
    parts.push(expression)
  }
  if (from < text.length) parts.push(text.slice(from))
  const broken = parts.find((part) => typeof part === 'string' && /\{\{|\}\}/.test(part))
  return broken === undefined ? parts : { reason: 'an expression {{…}} is not closed, or not opened' }
}

function parseExpression(text: string, names: readonly string[]): Expression | { reason: string } {
  const match = /^([A-Za-z_]\w*)(?:\s+(?:'([^']*)'|"([^"]*)"))?(?:\s+tz=(?:'([^']*)'|"([^"]*)"))?$/.exec(text)
  if (match === null) {
    return {
      reason: `{{${text}}} is not understood: write {{name}}, or {{date 'YYYYMMDD' tz='UTC'}} (blocks like {{#if}} are not supported)`,
    }
  }
  const [, name = '', single, double, zoneSingle, zoneDouble] = match
  if (!names.includes(name)) {
    const near = nearest(name, names)
    return {
      reason:
        near === undefined
          ? `{{${name}}} is not known here; known are ${names.join(', ')}`
          : `{{${name}}} is not known here; did you mean {{${near}}}?`,
    }
  }
  const given = single ?? double
  const zone = zoneSingle ?? zoneDouble
  if (!DATES.has(name)) {
    return given === undefined && zone === undefined
      ? { name, format: '', zone: '' }
      : { reason: `{{${name}}} takes nothing after its name` }
  }
  if (given === undefined) return { reason: `{{${name}}} needs a format, for example {{${name} 'YYYYMMDD'}}` }
  const fault = dateFault(given, zone ?? 'UTC')
  return fault === undefined ? { name, format: given, zone: zone ?? 'UTC' } : { reason: fault }
}

/** The text of a template, with `value` giving each expression's. */
export const expand = (template: Template, value: (expression: Expression) => string): string =>
  template.map((part) => (typeof part === 'string' ? part : value(part))).join('')

/** Whether the template holds no expression, so that its text is known before the run. */
export const isPlain = (template: Template): boolean => template.every((part) => typeof part === 'string')
