import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, run, type Run } from './rig.ts'

/** What belongs to an outer runner or test, unset. */
function withoutOuter(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) =>
    /^(GITHUB|ACTIONS|RUNNER|INPUT|STATE)_|^NODE_OPTIONS$|^JEST_/.test(name),
  )
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

/** Another build can be tried before it becomes the committed one. */
const DIST = process.env['GIP_DIST'] ?? join(ROOT, 'dist')

/** `node dist/cli.js …`, as on a laptop; an exit code is no error. */
export function runCli(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Run> {
  const env = { ...withoutOuter(), ...options.env }
  return run([process.execPath, join(DIST, 'cli.js'), ...argv], { cwd: options.cwd, env, timeoutMs: 600_000 })
}

/** What a step of the action left, as a runner reads it. */
export interface StepEnd {
  readonly code: number
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** A step that is under way. */
export interface RunningStep {
  readonly pid: number
  /** Both streams so far. */
  log(): string
  /** Resolves when the log matches; rejects when the step ends before. */
  said(pattern: RegExp): Promise<void>
  signal(name: NodeJS.Signals): void
  readonly done: Promise<StepEnd>
}

/**
 * One `uses: …/gray-release` of one job: main and post as the built bundle, each a process, with the files of a runner.
 * The environment is a runner's: nothing of an outer one gets in.
 */
export class GrayJob {
  readonly folder: string
  readonly #env: Readonly<Record<string, string>>
  #inputs: Readonly<Record<string, string>> = {}

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder
    this.#env = env
  }

  static async open(env: Readonly<Record<string, string>> = {}, parent = tmpdir()): Promise<GrayJob> {
    return new GrayJob(await mkdtemp(join(parent, 'gray-job-')), env)
  }

  /** Starts main with these inputs; post will have the same. */
  main(inputs: Readonly<Record<string, string>>): Promise<RunningStep> {
    this.#inputs = inputs
    return this.#start('gray-main', {})
  }

  /** Runs post with what main has saved. */
  async post(): Promise<StepEnd> {
    const saved = await readFile(join(this.folder, 'gray-main/state'), 'utf8')
    const states = Object.entries(parseRunnerFile(saved)).map(([name, value]) => [`STATE_${name}`, value])
    const step = await this.#start('gray-post', Object.fromEntries(states) as Record<string, string>)
    return step.done
  }

  async #start(entry: 'gray-main' | 'gray-post', more: Record<string, string>): Promise<RunningStep> {
    const own = join(this.folder, entry)
    const temp = join(this.folder, 'temp')
    await mkdir(own, { recursive: true })
    await mkdir(temp, { recursive: true })
    const files = { GITHUB_OUTPUT: 'output', GITHUB_STATE: 'state', GITHUB_STEP_SUMMARY: 'summary' }
    for (const name of Object.values(files)) await writeFile(join(own, name), '')
    const env = {
      ...process.env,
      ...withoutOuter(),
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.folder,
      RUNNER_TEMP: temp,
      ...Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(own, file)])),
      ...Object.fromEntries(
        Object.entries(this.#inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
      ...this.#env,
      ...more,
    }
    const child = spawn(process.execPath, [join(DIST, `${entry}.js`)], { env, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] }) // prettier-ignore
    return watch(child, async () => ({
      outputs: parseRunnerFile(await readFile(join(own, 'output'), 'utf8')),
      summary: await readFile(join(own, 'summary'), 'utf8'),
    }))
  }
}

const running = new Set<ChildProcess>()

/** Kills the steps that a failed test has left behind. */
export function endSteps(): void {
  for (const child of running) child.kill('SIGKILL')
}

function watch(child: ChildProcess, left: () => Promise<Pick<StepEnd, 'outputs' | 'summary'>>): RunningStep {
  running.add(child)
  let log = ''
  let ended = false
  let waiting: { pattern: RegExp; resolve: () => void; reject: (error: Error) => void }[] = []
  const check = (): void => {
    waiting = waiting.filter(({ pattern, resolve, reject }) => {
      if (pattern.test(log)) resolve()
      else if (ended) reject(new Error(`the step ended without saying ${String(pattern)}:\n${log}`))
      else return true
      return false
    })
  }
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      check()
    })
  const done = new Promise<StepEnd>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      ended = true
      running.delete(child)
      check()
      left().then((files) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), log, ...files }), reject) // prettier-ignore
    })
  })
  return {
    pid: child.pid ?? 0,
    log: () => log,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        waiting.push({ pattern, resolve, reject })
        check()
      }),
    signal: (name) => void child.kill(name),
    done,
  }
}

/** `name=value` and `name<<END … END` of the runner's command files; a later value replaces an earlier one. */
export function parseRunnerFile(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const block = /^([^=<]+)<<(.+)$/.exec(line)
    if (block !== null) {
      const [, name = '', end = ''] = block
      const body: string[] = []
      for (i++; i < lines.length && lines[i] !== end; i++) body.push(lines[i] ?? '')
      values[name] = body.join('\n')
    } else if (line.includes('='))
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
  }
  return values
}
