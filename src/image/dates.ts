/**
 * Dates in tags, in the letters of moment.js that docker/metadata-action made usual
 * (https://momentjs.com/docs/#/displaying/format/). Week numbers are ISO 8601's.
 */
const TOKEN =
  /\[[^\]]*\]|YYYY|YY|Q|MMMM|MMM|MM|M|DDDD|DDD|DD|D|dddd|ddd|E|GGGG|WW|W|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x|ZZ|Z|[A-Za-z]/g

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] // prettier-ignore
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const DAY_MS = 86_400_000

/** Why `format` or `zone` cannot be used, or undefined. */
export function dateFault(format: string, zone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
  } catch {
    return `"${zone}" is not a time zone (write one like Europe/Berlin or UTC)`
  }
  for (const [token] of format.matchAll(TOKEN)) {
    // A lone T parts date and time, as in ISO 8601.
    if (token !== 'T' && LETTERS[token] === undefined && !token.startsWith('['))
      return `the date letter "${token}" is not known (text that is no date stands in [brackets])`
  }
  return undefined
}

/** `ms` since the epoch, as `format` says, in an IANA time zone. Both must have passed `dateFault`. */
export function formatDate(ms: number, format: string, zone: string): string {
  const parts = new Map<string, number>()
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  for (const part of formatter.formatToParts(ms)) parts.set(part.type, Number(part.value))
  const part = (name: string): number => parts.get(name) ?? 0
  const wall = Date.UTC(
    part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'),
  ) // prettier-ignore
  const moment: Moment = {
    ms,
    wall: new Date(wall),
    offsetMinutes: Math.round((wall - Math.floor(ms / 1000) * 1000) / 60_000),
  }
  return format.replace(TOKEN, (token) =>
    token.startsWith('[') ? token.slice(1, -1) : (LETTERS[token]?.(moment) ?? token),
  )
}

interface Moment {
  readonly ms: number
  /** The wall clock of the zone, read through the UTC getters. */
  readonly wall: Date
  readonly offsetMinutes: number
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0')
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12
const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1
const isoDay = (date: Date): number => date.getUTCDay() || 7

/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - isoDay(date)) * DAY_MS)
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) }
}

function offset(minutes: number, colon: string): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}${colon}${pad(size % 60, 2)}`
}

const LETTERS: Readonly<Record<string, (moment: Moment) => string>> = {
  YYYY: ({ wall }) => pad(wall.getUTCFullYear(), 4),
  YY: ({ wall }) => pad(wall.getUTCFullYear() % 100, 2),
  Q: ({ wall }) => String(Math.floor(wall.getUTCMonth() / 3) + 1),
  MMMM: ({ wall }) => MONTHS[wall.getUTCMonth()] ?? '',
  MMM: ({ wall }) => (MONTHS[wall.getUTCMonth()] ?? '').slice(0, 3),
  MM: ({ wall }) => pad(wall.getUTCMonth() + 1, 2),
  M: ({ wall }) => String(wall.getUTCMonth() + 1),
  DDDD: ({ wall }) => pad(dayOfYear(wall), 3),
  DDD: ({ wall }) => String(dayOfYear(wall)),
  DD: ({ wall }) => pad(wall.getUTCDate(), 2),
  D: ({ wall }) => String(wall.getUTCDate()),
  dddd: ({ wall }) => DAYS[wall.getUTCDay()] ?? '',
  ddd: ({ wall }) => (DAYS[wall.getUTCDay()] ?? '').slice(0, 3),
  E: ({ wall }) => String(isoDay(wall)),
  GGGG: ({ wall }) => pad(isoWeek(wall).year, 4),
  WW: ({ wall }) => pad(isoWeek(wall).week, 2),
  W: ({ wall }) => String(isoWeek(wall).week),
  HH: ({ wall }) => pad(wall.getUTCHours(), 2),
  H: ({ wall }) => String(wall.getUTCHours()),
  hh: ({ wall }) => pad(hour12(wall), 2),
  h: ({ wall }) => String(hour12(wall)),
  mm: ({ wall }) => pad(wall.getUTCMinutes(), 2),
  m: ({ wall }) => String(wall.getUTCMinutes()),
  ss: ({ wall }) => pad(wall.getUTCSeconds(), 2),
  s: ({ wall }) => String(wall.getUTCSeconds()),
  SSS: ({ ms }) => pad(ms % 1000, 3),
  A: ({ wall }) => (wall.getUTCHours() < 12 ? 'AM' : 'PM'),
  a: ({ wall }) => (wall.getUTCHours() < 12 ? 'am' : 'pm'),
  X: ({ ms }) => String(Math.floor(ms / 1000)),
  x: ({ ms }) => String(ms),
  ZZ: ({ offsetMinutes }) => offset(offsetMinutes, ''),
  Z: ({ offsetMinutes }) => offset(offsetMinutes, ':'),
}
