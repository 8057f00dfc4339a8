import { posix } from 'node:path'
import { packageDir, type SourceTree, stackPath } from './diagnostics.ts'

export type FailureKind =
  /** t.Error, t.Fatal, a wrong example output. */
  | 'failed'
  | 'panic'
  | 'race'
  | 'timeout'
  /** The test program ended while the test ran; the cause is elsewhere. */
  | 'unfinished'
  /** No test failed, but the package did: TestMain, init, os.Exit. */
  | 'package'

export interface TestFailure {
  readonly package: string
  /** With subtests: `TestTable/n=2`. Absent when no single test is to blame. */
  readonly test?: string
  readonly kind: FailureKind
  /** What failed, a few lines at most. */
  readonly message: string
  /** Repository-relative. */
  readonly file?: string
  readonly line?: number
  /** The head of a panic and the last lines of the test's own output. */
  readonly output: readonly string[]
}

const TAIL_LINES = 200
const HEAD_LINES = 400
const MAX_CHARS = 64 * 1024

/**
 * What is kept of one running test's output: its last lines, and from the first panic or race report on its first
 * lines too. Bounded, however much the test prints.
 */
export class OutputTail {
  readonly #tail: string[] = []
  #chars = 0
  #dropped = 0
  readonly #head: string[] = []
  #headChars = 0
  #headKind: 'panic' | 'race' | undefined
  #partial = ''
  readonly #errors: string[] = []

  /** Takes a piece of output; lines may come in parts. `type` as in test2json of Go 1.27: `error`, `error-continue`. */
  add(text: string, type = ''): void {
    const parts = (this.#partial + text).split('\n')
    this.#partial = parts.pop() ?? ''
    for (const line of parts) this.#line(line.replace(/\r$/, ''), type)
    if (this.#partial.length > MAX_CHARS) {
      this.#line(this.#partial, type)
      this.#partial = ''
    }
  }

  #line(line: string, type: string): void {
    if (FRAME.test(line) || type === 'frame') return
    if (type.startsWith('error') && this.#errors.length < 20) this.#errors.push(line)
    if (this.#headKind === undefined) {
      if (PANIC.test(line)) this.#headKind = 'panic'
      else if (line === 'WARNING: DATA RACE') this.#headKind = 'race'
    } else if (this.#headKind === 'race' && PANIC.test(line)) {
      // A panic says more than the race before it.
      this.#headKind = 'panic'
      this.#head.length = 0
      this.#headChars = 0
    }
    if (
      this.#headKind !== undefined &&
      this.#head.length < HEAD_LINES &&
      this.#headChars + line.length < MAX_CHARS
    ) {
      this.#head.push(line)
      this.#headChars += line.length
      return
    }
    this.#tail.push(line)
    this.#chars += line.length
    while (this.#tail.length > TAIL_LINES || (this.#chars > MAX_CHARS && this.#tail.length > 1)) {
      this.#chars -= this.#tail.shift()?.length ?? 0
      this.#dropped++
    }
  }

  /** Ends an unfinished line. */
  flush(): void {
    if (this.#partial !== '') this.#line(this.#partial.replace(/\r$/, ''), '')
    this.#partial = ''
  }

  /** The crash report, when there is one; a line `panic:` that a test merely printed is none. */
  get crash(): 'panic' | 'race' | 'timeout' | undefined {
    if (this.#headKind !== 'panic') return this.#headKind
    if (TIMEOUT.test(this.#head[0] ?? '')) return 'timeout'
    const real = this.#head.some((line) => /^(?:\t*goroutine \d+|\[signal |runtime stack:)/.test(line))
    return real || this.#head[0]?.startsWith('fatal error: ') === true ? 'panic' : undefined
  }

  get head(): readonly string[] {
    return this.#head
  }

  /** Lines that t.Error and t.Fatal printed, where Go says so (1.27 and later). */
  get errors(): readonly string[] {
    return this.#errors
  }

  get lines(): readonly string[] {
    const dropped = this.#dropped > 0 ? [`… ${this.#dropped} lines before are in go-test.jsonl`] : []
    return this.#headKind === 'race'
      ? [...dropped, ...this.#head, ...this.#tail]
      : [...dropped, ...this.#tail, ...this.#head]
  }

  get empty(): boolean {
    return this.#tail.length === 0 && this.#head.length === 0
  }
}

/** Lines that frame the tests; they say nothing that the events do not say. */
const FRAME =
  /^(?:=== (?:RUN|PAUSE|CONT|NAME|ATTR|ARTIFACTS) |\s*--- (?:PASS|FAIL|SKIP|BENCH): .* \(\d+\.\d+s\)$)/
const PANIC = /^(?:panic: |fatal error: |unexpected fault address )/
const TIMEOUT = /^panic: test timed out after (\S+)/

/** `    x_test.go:12: message`; output without a line end may stand before it. */
const LOCATION = /(?:^|.) {4}([^\s:]+\.go):(\d+): ?(.*)$/

export interface Blame {
  readonly message: string
  readonly file?: string
  readonly line?: number
}

/** Where and why a test failed by its own word (t.Error, t.Fatal, an example): from the output it left. */
export function blameOutput(output: OutputTail, importPath: string, tree: SourceTree): Blame {
  const dir = packageDir(importPath, tree)
  const marked = output.errors.length > 0
  const lines = marked ? output.errors : output.lines
  let chosen: { at: number; file: string; line: number; text: string } | undefined
  for (const [at, text] of lines.entries()) {
    const match = LOCATION.exec(text)
    const [, file = '', line = '0', message = ''] = match ?? []
    // testing.go is where the race detector and the framework report from: not the user's line.
    if (match === null || file === 'testing.go') continue
    chosen = { at, file, line: Number(line), text: message }
    // Before 1.27 logs look like errors, and the last line is what ended the test; since then the first error counts.
    if (marked) break
  }
  if (chosen === undefined) return { message: exampleMessage(output.lines) ?? lastWords(output.lines) }
  const message = [chosen.text]
  for (const line of lines.slice(chosen.at + 1)) {
    if (!/^ {8}/.test(line) || message.length >= 12) break
    message.push(line.slice(8))
  }
  const file = chosen.file.includes('/')
    ? stackPath(chosen.file, tree)
    : dir === undefined
      ? undefined
      : posix.join(dir, chosen.file)
  return {
    message: message.join('\n').trim() || 'the test failed',
    ...(file === undefined ? {} : { file, line: chosen.line }),
  }
}

/** An example prints `got:` and `want:`. */
function exampleMessage(lines: readonly string[]): string | undefined {
  const got = lines.indexOf('got:')
  const want = lines.indexOf('want:', got + 1)
  if (got < 0 || want < 0) return undefined
  return `got:\n${lines
    .slice(got + 1, want)
    .slice(0, 5)
    .join('\n')}\nwant:\n${lines
    .slice(want + 1)
    .slice(0, 5)
    .join('\n')}`
}

const lastWords = (lines: readonly string[]): string => {
  const words = lines
    .filter((line) => line.trim() !== '' && !/^(?:PASS|FAIL|coverage: |exit status )/.test(line))
    .slice(-3)
  return words.length > 0 ? words.join('\n').trim() : 'the test failed without a message'
}

/** Where and why the test program crashed: the head of the panic and the first frame in the repository. */
export function blameCrash(
  head: readonly string[],
  kind: 'panic' | 'race' | 'timeout',
  tree: SourceTree,
  test?: string,
): Blame {
  const frames = stackFrames(head, tree)
  const root = test?.split('/')[0]
  const own = root === undefined ? [] : frames.filter((frame) => frame.function.includes(`.${root}`))
  // On a timeout every goroutine is listed: the test's own is wanted, and a subtest's comes after its parent's.
  const frame = kind === 'timeout' ? (own.at(-1) ?? frames.find((f) => !f.created)) : frames[0]
  const message =
    kind === 'race'
      ? 'data race detected'
      : kind === 'timeout'
        ? (head[0] ?? '').replace(/^panic: /, '')
        : panicMessage(head)
  return { message, ...(frame === undefined ? {} : { file: frame.file, line: frame.line }) }
}

function panicMessage(head: readonly string[]): string {
  const end = head.findIndex((line) => line === '' || line.startsWith('goroutine '))
  return head
    .slice(0, end < 0 ? 5 : Math.min(end, 5))
    .join('\n')
    .replace(/ \[recovered(?:, repanicked)?\]/g, '')
}

interface Frame {
  readonly function: string
  readonly created: boolean
  readonly file: string
  readonly line: number
}

/** The frames of the repository's own files, in the order of the dump. */
export function stackFrames(lines: readonly string[], tree: SourceTree): Frame[] {
  const frames: Frame[] = []
  for (const [at, line] of lines.entries()) {
    const match = /^\s+(\S.*\.go):(\d+)(?: \+0x[0-9a-f]+)?$/.exec(line)
    if (match === null) continue
    const [, path = '', number = '0'] = match
    const file = stackPath(path, tree)
    if (file === undefined || file.startsWith('vendor/') || file.includes('/vendor/')) continue
    const name = (lines[at - 1] ?? '').trim()
    frames.push({ function: name, created: name.startsWith('created by '), file, line: Number(number) })
  }
  return frames
}

/** The test that a stack trace belongs to: `p.TestX.func1(…)`, `created by p.TestX in goroutine 7`. */
export function testInStack(head: readonly string[], importPath: string): string | undefined {
  const plain = importPath.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(
    `(?:^|created by |\\s)${plain}(?:_test)?\\.((?:Test|Fuzz|Benchmark|Example)\\w*)`,
  )
  for (const line of head) {
    const name = pattern.exec(line)?.[1]
    if (name !== undefined && name !== 'TestMain') return name
  }
  return undefined
}

/** The deepest of the `running tests:` that a timeout lists. */
export function timedOutTests(head: readonly string[]): string[] {
  const running = head.flatMap((line) => {
    const name = /^\t\t(\S.*) \([^()]+\)$/.exec(line)?.[1]
    return name === undefined ? [] : [name]
  })
  return running.filter((name) => !running.some((other) => other.startsWith(`${name}/`)))
}
