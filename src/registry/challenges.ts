/** WWW-Authenticate (RFC 9110 §11.6.1): a list of challenges, each with parameters or a token68. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly params: Readonly<Record<string, string>>
  readonly token68?: string
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y
const BLANKS = /[ \t]*/y
const GAPS = /[ \t,]*/y

/**
 * Reads every challenge of a header (several headers joined by commas are the same thing). What cannot be read ends
 * the list: the challenges before it count.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match
  }
  /** `name = value`, or undefined with nothing consumed. */
  const parameter = (): [string, string] | undefined => {
    const start = at
    const name = take(TOKEN)?.[0]
    take(BLANKS)
    if (name !== undefined && header[at] === '=') {
      at++
      take(BLANKS)
      const quoted = take(QUOTED)
      const value = quoted === undefined ? take(TOKEN)?.[0] : quoted[1]?.replace(/\\([\s\S])/g, '$1')
      if (value !== undefined) return [name.toLowerCase(), value]
    }
    at = start
    return undefined
  }
  for (;;) {
    take(GAPS)
    const scheme = take(TOKEN)?.[0].toLowerCase()
    if (scheme === undefined) return challenges
    const params: Record<string, string> = {}
    let token68: string | undefined
    if (header[at] === ' ' || header[at] === '\t') {
      take(BLANKS)
      const first = parameter()
      if (first === undefined) token68 = take(TOKEN68)?.[0]
      else {
        params[first[0]] ??= first[1]
        for (;;) {
          // After a comma comes another parameter of this challenge, or the next challenge.
          const before = at
          take(GAPS)
          const next = parameter()
          if (next === undefined) {
            at = before
            break
          }
          params[next[0]] ??= next[1]
        }
      }
    }
    challenges.push({ scheme, params, ...(token68 === undefined ? {} : { token68 }) })
    take(BLANKS)
    if (at < header.length && header[at] !== ',') return challenges
  }
}
