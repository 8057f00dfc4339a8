import { environmentError } from '../base/errors.ts'

/** Reads answers of the API without trusting their shape: a proxy's error page must not become `undefined` somewhere else. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value
  for (const name of path) {
    if (typeof here !== 'object' || here === null) return undefined
    here = Object.hasOwn(here, name) ? (here as Record<string, unknown>)[name] : undefined
  }
  return here
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  if (typeof found === 'string') return found
  throw unexpected(path, 'a text')
}

export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path)
  if (typeof found === 'number') return found
  throw unexpected(path, 'a number')
}

/** The text, or undefined when it is absent or null. */
export function maybeText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : undefined
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path)
  if (Array.isArray(found)) return found as unknown[]
  throw unexpected(path, 'a list')
}

function unexpected(path: readonly string[], wanted: string): Error {
  return environmentError({
    code: 'github-answer',
    what: 'the answer of the GitHub API is not of the published shape',
    cause: path.length === 0 ? `it is not ${wanted}` : `"${path.join('.')}" is not ${wanted}`,
    fix: 'a proxy may answer in its place, or the server is older than GHES 3.17: ask the address with curl',
  })
}

/** A person or an app, as answers name them. Logins compare without case. */
export interface Person {
  readonly login: string
  readonly bot: boolean
}

/** Undefined for `null`, which stands for a deleted account. */
export function personAt(value: unknown, ...path: readonly string[]): Person | undefined {
  const login = maybeText(value, ...path, 'login')
  if (login === undefined) return undefined
  return { login, bot: maybeText(value, ...path, 'type') === 'Bot' || login.endsWith('[bot]') }
}

export const sameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
