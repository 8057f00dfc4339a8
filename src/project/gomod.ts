/**
 * The syntax of go.mod and go.work (https://go.dev/ref/mod#go-mod-file-lexical): enough to know modules, what they
 * ask for and what they replace, before any Go is installed.
 */
export interface Directive {
  readonly verb: string
  /** The words after the verb, unquoted; `=>` is one word. */
  readonly words: readonly string[]
  /** 1-based. */
  readonly line: number
}

export interface SyntaxFault {
  readonly line: number
  readonly reason: string
}

export interface ModFile {
  readonly directives: readonly Directive[]
  readonly faults: readonly SyntaxFault[]
}

/** Reads line and block forms, comments and quoted strings. Faults are returned; what could be read is kept. */
export function parseModFile(text: string): ModFile {
  const directives: Directive[] = []
  const faults: SyntaxFault[] = []
  let block: { verb: string; line: number } | undefined
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    const { words, reason } = splitWords(raw)
    if (reason !== undefined) {
      faults.push({ line, reason })
      continue
    }
    const [first, ...rest] = words
    if (first === undefined) continue
    if (block !== undefined) {
      if (first === ')' && rest.length === 0) block = undefined
      else directives.push({ verb: block.verb, words, line })
    } else if (rest.length === 1 && rest[0] === '(') block = { verb: first, line }
    else if (rest.length === 2 && rest[0] === '(' && rest[1] === ')') continue
    else if (first === ')') faults.push({ line, reason: 'a ")" without its "("' })
    else directives.push({ verb: first, words: rest, line })
  }
  if (block !== undefined)
    faults.push({ line: block.line, reason: `the block "${block.verb} (" is not closed` })
  return { directives, faults }
}

/** The words of one line. Only double quotes and back quotes quote; `//` starts a comment at a word's beginning. */
function splitWords(line: string): { words: string[]; reason?: string } {
  const words: string[] = []
  let at = 0
  while (at < line.length) {
    const char = line.charAt(at)
    if (/\s/.test(char)) at++
    else if (line.startsWith('//', at)) break
    else if ('(),[]'.includes(char)) {
      words.push(char)
      at++
    } else if (char === '`') {
      const end = line.indexOf('`', at + 1)
      if (end < 0) return { words, reason: 'a ` is not closed' }
      words.push(line.slice(at + 1, end))
      at = end + 1
    } else if (char === '"') {
      const match = /^"(?:[^"\\]|\\.)*"/.exec(line.slice(at))
      if (match === null) return { words, reason: 'a " is not closed' }
      words.push(unquote(match[0]))
      at += match[0].length
    } else {
      // A `//` inside a word (https://…) also ends it, as in Go's own lexer.
      const match = /^(?:(?!\/\/)[^\s(),[\]"`])+/.exec(line.slice(at))
      if (match === null) break
      words.push(match[0])
      at += match[0].length
    }
  }
  return { words }
}

function unquote(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : text
  } catch {
    return text.slice(1, -1)
  }
}

export interface GoMod {
  readonly module?: string
  readonly go?: string
  readonly toolchain?: string
  readonly requires: number
  /** Targets of `replace` directives that are folders. */
  readonly localReplacements: readonly string[]
  readonly faults: readonly SyntaxFault[]
}

export function parseGoMod(text: string): GoMod {
  const { directives, faults } = parseModFile(text)
  const all = [...faults]
  const first = (verb: string): string | undefined => directives.find((d) => d.verb === verb)?.words[0]
  const module = first('module')
  if (module === undefined || module === '') all.push({ line: 1, reason: 'there is no "module" line' })
  const go = first('go')
  const toolchain = first('toolchain')
  const localReplacements = directives
    .filter((d) => d.verb === 'replace')
    .map((d) => d.words[d.words.indexOf('=>') + 1])
    .filter((target) => target !== undefined && isLocalPath(target))
  return {
    ...(module === undefined ? {} : { module }),
    ...(go === undefined ? {} : { go }),
    ...(toolchain === undefined ? {} : { toolchain }),
    requires: directives.filter((d) => d.verb === 'require').length,
    localReplacements: localReplacements as string[],
    faults: all,
  }
}

export interface GoWork {
  readonly go?: string
  readonly toolchain?: string
  /** As written. */
  readonly uses: readonly { readonly path: string; readonly line: number }[]
  readonly faults: readonly SyntaxFault[]
}

export function parseGoWork(text: string): GoWork {
  const { directives, faults } = parseModFile(text)
  const first = (verb: string): string | undefined => directives.find((d) => d.verb === verb)?.words[0]
  const go = first('go')
  const toolchain = first('toolchain')
  const uses = directives.flatMap((d) =>
    d.verb === 'use' && d.words[0] !== undefined ? [{ path: d.words[0], line: d.line }] : [],
  )
  return {
    ...(go === undefined ? {} : { go }),
    ...(toolchain === undefined ? {} : { toolchain }),
    uses,
    faults,
  }
}

/** A replacement is a folder when it starts like one (modfile.IsDirectoryPath of golang.org/x/mod). */
const isLocalPath = (path: string): boolean => /^(?:\.{1,2}(?:[\\/]|$)|[\\/]|[A-Za-z]:[\\/])/.test(path)
