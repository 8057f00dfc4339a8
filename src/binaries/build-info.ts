/** What Go wrote into a program about how it was built (debug/buildinfo), as `go version -m` tells it. */
export interface BuildInfo {
  /** `go1.26.8`. */
  readonly go: string
  /** Import path of the main package. */
  readonly path: string
  readonly main: Module
  /** Modules that are in the program, replacements already applied. */
  readonly dependencies: readonly Module[]
  readonly settings: ReadonlyMap<string, string>
}

export interface Module {
  readonly path: string
  /** `(devel)` for what was built from a folder without a version. */
  readonly version: string
  /** `h1:…`, the hash of go.sum; empty for the main module and local replacements. */
  readonly sum: string
  /** The module that this one stands for. */
  readonly replaces?: { readonly path: string; readonly version: string }
}

/** Reads the output of `go version -m FILE`; undefined when the file has no build information. */
export function parseBuildInfo(text: string): BuildInfo | undefined {
  const lines = text.split(/\r?\n/)
  const go = /: ((?:go\d|devel).*)$/.exec(lines[0] ?? '')?.[1]?.trim()
  if (go === undefined) return undefined
  let path = ''
  let main: Module = { path: '', version: '', sum: '' }
  const dependencies: Module[] = []
  const settings = new Map<string, string>()
  for (const line of lines.slice(1)) {
    const [, kind = '', first = '', version = '', sum = ''] = line.split('\t')
    if (kind === 'path') path = first
    else if (kind === 'mod') main = { path: first, version, sum }
    else if (kind === 'dep') dependencies.push({ path: first, version, sum })
    else if (kind === '=>') {
      const replaced = dependencies.pop()
      dependencies.push({
        path: first,
        version,
        sum,
        ...(replaced === undefined ? {} : { replaces: { path: replaced.path, version: replaced.version } }),
      })
    } else if (kind === 'build') {
      const at = first.indexOf('=')
      if (at > 0) settings.set(first.slice(0, at), first.slice(at + 1))
    }
  }
  return { go, path, main, dependencies, settings }
}

/** Package URL of a Go module (github.com/package-url/purl-spec, type golang); the parts of the path are encoded one by one. */
export function purlOf({ path, version }: Pick<Module, 'path' | 'version'>): string {
  const name = path.split('/').map(encodeURIComponent).join('/')
  return `pkg:golang/${name}${version === '' || version === '(devel)' ? '' : `@${encodeURIComponent(version)}`}`
}
