import { formatDuration } from '../base/clock.ts'

/** A warning of the Dockerfile frontend. */
export interface BuildWarning {
  /** `JSONArgsRecommended` … or '' when the frontend names no rule. */
  readonly rule: string
  readonly message: string
  readonly url?: string
  readonly file?: string
  readonly line?: number
}

export interface FailedStep {
  readonly name: string
  readonly error: string
  /** Its last output. */
  readonly log: readonly string[]
}

export interface StepCounts {
  readonly total: number
  readonly cached: number
}

interface Vertex {
  readonly digest?: string
  readonly name?: string
  readonly started?: string
  readonly completed?: string
  readonly cached?: boolean
  readonly error?: string
}
interface SolveStatus {
  readonly vertexes?: readonly Vertex[]
  readonly statuses?: readonly { id?: string; vertex?: string }[]
  readonly logs?: readonly { vertex?: string; data?: string }[]
  readonly warnings?: readonly {
    vertex?: string
    short?: string
    detail?: readonly string[]
    url?: string
    sourceInfo?: { filename?: string }
    range?: readonly { start?: { line?: number } }[]
  }[]
}

interface Step {
  name: string
  said: boolean
  cached: boolean
  done: boolean
  partial: string
  readonly tail: string[]
}

const STEP_TAIL = 40
/** What LineReader delivers of a longer line: a piece of exactly this length goes on in the next one. */
const PIECE = 64 * 1024
const MAX_EVENT = 16 * 1024 * 1024

/**
 * Reads `--progress=rawjson` (one BuildKit SolveStatus a line, client/graph.go) and turns it into lines that a person
 * can follow, while it keeps what a failure needs: the failed step with its last output, warnings with their lines,
 * and what Buildx says outside of JSON.
 */
export class ProgressReader {
  readonly #steps = new Map<string, Step>()
  readonly #warnings = new Map<string, BuildWarning>()
  readonly #plain: string[] = []
  readonly #print: (line: string) => void
  readonly #work: ((step?: string) => void) | undefined
  #pending = ''
  #failed: FailedStep | undefined

  /** @param work called with the name of a step that no cache has when it begins, without one when a base is fetched */
  constructor(print: (line: string) => void, work?: (step?: string) => void) {
    this.#print = print
    this.#work = work
  }

  /** One line of stderr as {@link LineReader} delivers it. */
  read(line: string): void {
    const whole = this.#pending + line
    if (whole.startsWith('{')) {
      const event = parse(whole)
      if (event !== undefined) {
        this.#pending = ''
        this.#apply(event)
        return
      }
      // A long event arrives in pieces; a broken one must not swallow the rest of the log.
      if (line.length >= PIECE && whole.length < MAX_EVENT) {
        this.#pending = whole
        return
      }
    }
    this.#pending = ''
    this.#plain.push(line)
    if (this.#plain.length > 200) this.#plain.shift()
    if (line.trim() !== '') this.#print(line)
  }

  /** Prints what steps have said without a line end. */
  end(): void {
    if (this.#pending !== '') this.#plain.push(this.#pending.slice(0, 2000))
    this.#pending = ''
    for (const step of this.#steps.values()) {
      if (step.partial !== '') this.#say(step, step.partial)
      step.partial = ''
    }
  }

  get warnings(): readonly BuildWarning[] {
    return [...this.#warnings.values()]
  }
  get failed(): FailedStep | undefined {
    return this.#failed
  }
  /** Lines outside the JSON stream: Buildx's own errors with the excerpt of the Dockerfile. */
  get plain(): readonly string[] {
    return this.#plain
  }
  /** Steps of the Dockerfile (FROM and internal ones left out), and how many came from the cache. */
  get counts(): StepCounts {
    const real = [...this.#steps.values()].filter((step) => isStep(step.name))
    return { total: real.length, cached: real.filter((step) => step.cached).length }
  }

  /** Names of the steps of the Dockerfile that were not taken from a cache. */
  get executed(): readonly string[] {
    return [...this.#steps.values()]
      .filter((step) => isStep(step.name) && step.done && !step.cached)
      .map((step) => step.name)
  }

  #apply(event: SolveStatus): void {
    for (const vertex of event.vertexes ?? []) this.#vertex(vertex)
    for (const { id = '', vertex = '' } of event.statuses ?? []) {
      const name = this.#steps.get(vertex)?.name ?? ''
      // Other steps fetch what the cache has of them, which may be no more than a look at its content.
      if (/^(?:extracting )?sha256:/.test(id) && /^\[[^\]]*\] FROM /.test(name)) this.#work?.()
    }
    for (const log of event.logs ?? []) {
      const step = this.#steps.get(log.vertex ?? '')
      if (step !== undefined) this.#log(step, Buffer.from(log.data ?? '', 'base64').toString('utf8'))
    }
    for (const warning of event.warnings ?? []) {
      const short = Buffer.from(warning.short ?? '', 'base64').toString('utf8')
      const rule = /^([A-Z][A-Za-z]+): /.exec(short)?.[1] ?? ''
      const line = warning.range?.[0]?.start?.line
      // Each platform reports the same warning again.
      this.#warnings.set(`${short}\0${line ?? ''}`, {
        rule,
        message: short.slice(rule === '' ? 0 : rule.length + 2).replace(/ \(line \d+\)$/, ''),
        ...(warning.url === undefined ? {} : { url: warning.url }),
        ...(warning.sourceInfo?.filename === undefined ? {} : { file: warning.sourceInfo.filename }),
        ...(line === undefined ? {} : { line }),
      })
    }
  }

  #vertex(vertex: Vertex): void {
    const id = vertex.digest ?? ''
    const step = this.#steps.get(id) ?? {
      name: vertex.name ?? id,
      said: false,
      cached: false,
      done: false,
      partial: '',
      tail: [],
    }
    this.#steps.set(id, step)
    if (vertex.cached === true) step.cached = true
    if (vertex.started !== undefined && !step.said && step.name !== '') {
      step.said = true
      this.#print(step.name)
      if (!step.cached && vertex.completed === undefined && isStep(step.name)) this.#work?.(step.name)
    }
    if (vertex.error !== undefined && vertex.error !== '' && !step.done) {
      step.done = true
      if (step.partial !== '') this.#say(step, step.partial)
      step.partial = ''
      // When one step fails, BuildKit cancels the others: those are not the cause.
      const cancelled = /context canceled|CANCELED/i.test(vertex.error)
      if (!cancelled) {
        this.#failed ??= { name: step.name, error: vertex.error, log: [...step.tail] }
        this.#print(`${step.name}: FAILED: ${vertex.error}`)
      }
    } else if (vertex.completed !== undefined && !step.done) {
      step.done = true
      if (isStep(step.name)) this.#print(`${step.name}: ${step.cached ? 'cached' : took(vertex)}`)
    } else if (vertex.completed === undefined && vertex.started !== undefined) {
      // Internal steps run several times under one digest.
      step.done = false
    }
  }

  #log(step: Step, data: string): void {
    const lines = (step.partial + data).split('\n')
    step.partial = (lines.pop() ?? '').slice(-8192)
    for (const line of lines) this.#say(step, line.replace(/\r$/, ''))
  }

  #say(step: Step, line: string): void {
    step.tail.push(line)
    if (step.tail.length > STEP_TAIL) step.tail.shift()
    this.#print(`  ${line}`)
  }
}

/** A step of the Dockerfile that does something: FROM only names a base, brackets like [internal] are BuildKit's own. */
const isStep = (name: string): boolean => /^\[(?:[^\]]* )?\d+\/\d+\] (?!FROM )/.test(name)

function took(vertex: Vertex): string {
  const ms = Date.parse(vertex.completed ?? '') - Date.parse(vertex.started ?? '')
  return Number.isFinite(ms) ? formatDuration(Math.max(0, ms)) : 'done'
}

function parse(line: string): SolveStatus | undefined {
  try {
    return JSON.parse(line) as SolveStatus
  } catch {
    return undefined
  }
}

/**
 * Where Buildx puts the fault: the excerpt it prints starts with `FILE:LINE` and a ruler, and marks lines with `>>>`.
 */
export function failureSource(
  plain: readonly string[],
): { file: string; line: number; text: string } | undefined {
  for (let i = plain.length - 2; i >= 0; i--) {
    const head = /^(.+):(\d+)$/.exec(plain[i] ?? '')
    if (head === null || !/^-{10,}$/.test(plain[i + 1] ?? '')) continue
    const marked = plain.slice(i + 2).find((line) => /^\s*\d+ \| >>> /.test(line))
    return {
      file: head[1] ?? '',
      line: Number(head[2]),
      text: marked?.replace(/^\s*\d+ \| >>> /, '').trim() ?? '',
    }
  }
  return undefined
}

/** Buildx's last `ERROR:` paragraph without its prefixes. */
export function errorText(plain: readonly string[]): string {
  const start = plain.findLastIndex((line) => /^ERROR: /.test(line))
  if (start < 0)
    return plain
      .filter((line) => line.trim() !== '')
      .slice(-5)
      .join('\n')
  return plain
    .slice(start)
    .join('\n')
    .replace(/^ERROR: (?:failed to build: )?(?:failed to solve: )?/, '')
    .trim()
}
