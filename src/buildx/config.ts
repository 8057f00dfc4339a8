import type { Problem } from '../base/errors.ts'

/** As `registry-mirrors` gives them: `https://host[:port][/path]`. */
export interface RegistryMirror {
  readonly registry: string
  readonly url: string
}

export interface BuildkitdOptions {
  /** `registry` is the name in image references (`docker.io`), `url` the mirror's; in order of preference. */
  readonly mirrors?: readonly RegistryMirror[]
  /** `host[:port]`: plain HTTP or unverified TLS is accepted. */
  readonly insecure?: readonly string[]
  /** Files with PEM authorities per host; Buildx copies them into the builder. */
  readonly ca?: readonly { readonly registry: string; readonly file: string }[]
  /** The user's own buildkitd.toml, kept as it is; what it says about a registry wins over ours. */
  readonly raw?: string
}

interface Registry {
  mirrors: string[]
  http: boolean
  insecure: boolean
  ca: string[]
}

/**
 * The BuildKit daemon's configuration (docs/buildkitd.toml.md in moby/buildkit). Undefined when nothing is asked for,
 * so that the builder keeps its own default.
 */
export function buildkitdToml(options: BuildkitdOptions): { toml: string | undefined; problems: Problem[] } {
  const registries = collect(options)
  const raw = options.raw ?? ''
  if (registries.size === 0 && raw.trim() === '') return { toml: undefined, problems: [] }

  const lines = raw === '' ? [] : raw.replace(/\r\n/g, '\n').replace(/\n$/, '').split('\n')
  const sections = registrySections(lines)
  const problems: Problem[] = []
  if (registries.size > 0 && sections.unreadable !== undefined) {
    problems.push({
      code: 'buildkitd-config-mixed',
      what: 'the mirrors and authorities cannot be merged into this buildkitd configuration',
      cause: `line ${sections.unreadable + 1} sets registries as a dotted key or inline table`,
      input: 'buildkitd-config',
      fix: 'write it as a table: [registry."docker.io"] on a line of its own, its keys below',
    })
    return { toml: undefined, problems }
  }

  const out: string[] = []
  lines.forEach((line, index) => {
    out.push(line)
    const section = sections.tables.find((table) => table.line === index)
    const ours = section === undefined ? undefined : registries.get(section.registry)
    if (section !== undefined && ours !== undefined) {
      out.push(
        ...keys(ours)
          .filter(([key]) => !section.keys.has(key))
          .map(([key, value]) => `  ${key} = ${value}`),
      )
      registries.delete(section.registry)
    }
  })
  for (const [name, registry] of registries) {
    if (out.length > 0) out.push('')
    out.push(`[registry.${tomlString(name)}]`, ...keys(registry).map(([key, value]) => `  ${key} = ${value}`))
  }
  return { toml: `${out.join('\n')}\n`, problems }
}

function collect(options: BuildkitdOptions): Map<string, Registry> {
  const registries = new Map<string, Registry>()
  const at = (name: string): Registry => {
    const known = registries.get(name) ?? { mirrors: [], http: false, insecure: false, ca: [] }
    registries.set(name, known)
    return known
  }
  for (const { registry, url } of options.mirrors ?? []) {
    const mirror = bareMirror(url)
    const entry = at(registry)
    if (!entry.mirrors.includes(mirror)) entry.mirrors.push(mirror)
    // The scheme of a mirror is set at the mirror's own host, not at the registry it stands for.
    if (url.startsWith('http://')) at(hostOf(mirror)).http = true
  }
  for (const host of options.insecure ?? []) {
    const entry = at(host)
    entry.http = true
    entry.insecure = true
  }
  for (const { registry, file } of options.ca ?? []) {
    const entry = at(registry)
    if (!entry.ca.includes(file)) entry.ca.push(file)
  }
  return registries
}

/** `https://mirror.example/hub/` → `mirror.example/hub`, as buildkitd.toml and image references write it. */
export const bareMirror = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/+$/, '')

const hostOf = (mirror: string): string => mirror.split('/')[0] ?? mirror

function keys(registry: Registry): [key: string, value: string][] {
  const list = (values: string[]): string => `[${values.map(tomlString).join(', ')}]`
  return [
    ...(registry.mirrors.length > 0 ? [['mirrors', list(registry.mirrors)] as [string, string]] : []),
    ...(registry.http ? [['http', 'true'] as [string, string]] : []),
    // BuildKit speaks plain HTTP to loopback addresses unless it is told not to.
    ...(!registry.http && registry.ca.length > 0 ? [['http', 'false'] as [string, string]] : []),
    ...(registry.insecure ? [['insecure', 'true'] as [string, string]] : []),
    ...(registry.ca.length > 0 ? [['ca', list(registry.ca)] as [string, string]] : []),
  ]
}

/** A TOML basic string (toml.io v1.0.0, "String"): quotes, backslashes and control characters escaped. */
export function tomlString(value: string): string {
  let out = '"'
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0
    if (char === '"' || char === '\\') out += `\\${char}`
    else if (code < 0x20 || code === 0x7f) out += `\\u${code.toString(16).padStart(4, '0')}`
    // A lone surrogate is no Unicode scalar value and may not stand in TOML.
    else if (code >= 0xd800 && code <= 0xdfff) out += '\ufffd'
    else out += char
  }
  return `${out}"`
}

interface Sections {
  tables: { line: number; registry: string; keys: Set<string> }[]
  /** The first line that sets registries in a form we do not merge into. */
  unreadable?: number
}

/** Finds `[registry."host"]` tables and their keys; knows multi-line strings and arrays, and nothing more of TOML. */
function registrySections(lines: readonly string[]): Sections {
  const found: Sections = { tables: [] }
  const open = new OpenValue()
  let table = ''
  let current: Sections['tables'][number] | undefined
  lines.forEach((line, index) => {
    if (open.inside) {
      open.read(line)
      return
    }
    const statement = line.trim()
    if (statement === '' || statement.startsWith('#')) return
    const header = /^\[(?!\[)(.*)\]\s*(?:#.*)?$/.exec(statement)
    if (header !== null) {
      table = (header[1] ?? '').trim()
      const name = /^registry\s*\.\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))$/.exec(table)
      const registry = name?.[1] ?? name?.[2] ?? name?.[3]
      current = registry === undefined ? undefined : { line: index, registry, keys: new Set() }
      if (current !== undefined) found.tables.push(current)
      return
    }
    if (statement.startsWith('[[')) {
      table = statement
      current = undefined
      return
    }
    const key = /^(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))/.exec(statement)
    const name = key?.[1] ?? key?.[2] ?? key?.[3] ?? ''
    if (current !== undefined) current.keys.add(name)
    if ((table === '' && name === 'registry') || table === 'registry') found.unreadable ??= index
    open.read(line.slice(line.indexOf('=') + 1))
  })
  return found
}

/** Whether a value goes on over the line's end: inside a multi-line string or unclosed brackets. */
class OpenValue {
  #quote: '"""' | "'''" | undefined
  #depth = 0

  get inside(): boolean {
    return this.#quote !== undefined || this.#depth > 0
  }

  read(text: string): void {
    for (let i = 0; i < text.length;) {
      if (this.#quote !== undefined) {
        if (text.startsWith(this.#quote, i)) {
          i += 3
          this.#quote = undefined
        } else i += this.#quote === '"""' && text[i] === '\\' ? 2 : 1
        continue
      }
      const char = text[i]
      if (text.startsWith('"""', i) || text.startsWith("'''", i)) {
        this.#quote = text.startsWith('"""', i) ? '"""' : "'''"
        i += 3
      } else if (char === '"' || char === "'") {
        i++
        while (i < text.length && text[i] !== char) i += char === '"' && text[i] === '\\' ? 2 : 1
        i++
      } else if (char === '#') return
      else {
        if (char === '[' || char === '{') this.#depth++
        else if (char === ']' || char === '}') this.#depth = Math.max(0, this.#depth - 1)
        i++
      }
    }
  }
}
