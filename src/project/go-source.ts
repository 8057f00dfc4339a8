/** What can be told of a Go source file without Go: its package, its `main`, its build constraints. */
export interface SourceFacts {
  readonly package?: string
  readonly declaresMain: boolean
  /** The expression of the `//go:build` line, if there is one. */
  readonly constraint?: string
}

export function readSource(text: string): SourceFacts {
  const plain = stripComments(text)
  const name = /^\s*package\s+([\p{L}_][\p{L}\p{N}_]*)/u.exec(plain)?.[1]
  // The constraint counts only above the package clause.
  const header = name === undefined ? text : text.slice(0, plain.indexOf('package'))
  const constraint = /^\/\/go:build[ \t]+(.+?)[ \t\r]*$/m.exec(header)?.[1]
  return {
    ...(name === undefined ? {} : { package: name }),
    declaresMain: /^func\s+main\s*\(\s*\)/m.test(plain),
    ...(constraint === undefined ? {} : { constraint }),
  }
}

/** Comments and the insides of literals become blanks, so that positions and lines stay. */
export function stripComments(text: string): string {
  const blank = (part: string): string => part.replace(/[^\n\r]/g, ' ')
  return text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|`[^`]*(?:`|$)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
    (part) => blank(part),
  )
}

/** One combination of facts that build constraints ask about. */
export interface BuildContext {
  readonly os: string
  readonly arch: string
  readonly cgo: boolean
  readonly tags: readonly string[]
}

const KNOWN_OS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
)
const KNOWN_ARCH = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
)
const UNIX = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris'.split(' '),
)

/** `name_linux_arm64.go` and its like (go/build.Context.goodOSArchFile). */
export function matchesFileName(name: string, context: BuildContext): boolean {
  const stem = name.replace(/\.go$/, '').replace(/_test$/, '')
  const first = stem.indexOf('_')
  if (first < 0) return true
  const parts = stem.slice(first).split('_')
  const last = parts.at(-1) ?? ''
  const before = parts.at(-2) ?? ''
  if (KNOWN_OS.has(before) && KNOWN_ARCH.has(last))
    return satisfiesTag(before, context) && last === context.arch
  if (KNOWN_OS.has(last)) return satisfiesTag(last, context)
  return !KNOWN_ARCH.has(last) || last === context.arch
}

function satisfiesTag(tag: string, context: BuildContext): boolean {
  if (tag === context.os || tag === context.arch || context.tags.includes(tag)) return true
  if (tag === 'unix') return UNIX.has(context.os)
  if (tag === 'cgo') return context.cgo
  // Any release tag: the newest Go is assumed, the go command refuses the others by itself.
  return tag === 'gc' || /^go1\.\d+$/.test(tag)
}

/** Evaluates a `//go:build` expression (`!`, `&&`, `||`, parentheses). A malformed one is taken as not met. */
export function evaluateConstraint(expression: string, context: BuildContext): boolean {
  const tokens = expression.match(/\|\||&&|[!()]|[^\s!()&|]+/g) ?? []
  let at = 0
  const parseOr = (): boolean => {
    let value = parseAnd()
    while (tokens[at] === '||') {
      at++
      const right = parseAnd()
      value = value || right
    }
    return value
  }
  const parseAnd = (): boolean => {
    let value = parseNot()
    while (tokens[at] === '&&') {
      at++
      const right = parseNot()
      value = value && right
    }
    return value
  }
  const parseNot = (): boolean => {
    const token = tokens[at++]
    if (token === '!') return !parseNot()
    if (token === '(') {
      const value = parseOr()
      if (tokens[at++] !== ')') throw new SyntaxError('")" expected')
      return value
    }
    if (token === undefined || !/^[\p{L}\p{N}_.]+$/u.test(token)) throw new SyntaxError('a tag expected')
    return satisfiesTag(token, context)
  }
  try {
    const value = parseOr()
    return at === tokens.length && value
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
