import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SystemExec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import { silentLog } from '../../src/base/log.ts'
import { hostOf } from '../../src/base/platform.ts'
import { goCommandEnvironment } from '../../src/go/flags.ts'
import { runTests, type TestReport, type TestRun } from '../../src/go/test.ts'
import { findModules } from '../../src/project/modules.ts'
import { goEnvironmentOf } from './scan-go.ts'

/**
 * Small Go repositories in temporary folders, and the real Go on them, with this machine's build cache: what is in the
 * repositories is new in each run, so only the standard library comes from there.
 */
export class GoBench {
  readonly temp = new TemporaryFolders()
  readonly host = hostOf()
  /** What was said to people since the last `run`. */
  readonly lines: string[] = []
  readonly act = {
    exec: new SystemExec(),
    log: {
      ...silentLog,
      info: (line: string) => void this.lines.push(line),
      warning: (line: string) => void this.lines.push(line),
    },
    signal: new AbortController().signal,
    host: this.host,
  }
  readonly #run = randomUUID()
  #gocache = ''

  /** Call before all tests. */
  async start(): Promise<void> {
    this.#gocache = (await goEnvironmentOf())['GOCACHE'] ?? ''
  }

  async repository(files: Readonly<Record<string, string>>): Promise<string> {
    const root = await this.temp.make('go')
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true })
      await writeFile(join(root, name), name.endsWith('.go') ? `${text}\n// ${this.#run}\n` : text)
    }
    return root
  }

  environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
    const settings = { tags: [], cgo: false, race: false, cover: false, goproxy: 'off' }
    return {
      ...goCommandEnvironment(settings, this.host, { gocache: this.#gocache }),
      GOTOOLCHAIN: 'local',
      ...extra,
    }
  }

  async run(root: string, options: Partial<TestRun> = {}): Promise<TestReport & { reportDir: string }> {
    this.lines.length = 0
    const workingDirectory = options.workingDirectory ?? '.'
    const workspace = await findModules(root, workingDirectory)
    const reportDir = await this.temp.make('report')
    const report = await runTests(
      {
        bin: 'go',
        root,
        workspace,
        workingDirectory,
        vet: true,
        test: true,
        race: false,
        coverage: false,
        flags: [],
        env: this.environment(),
        reportDir,
        timeoutMs: 300_000,
        ...options,
      },
      this.act,
    )
    return { ...report, reportDir }
  }
}

/** The text of a go.mod. */
export const goMod = (path: string): string => `module ${path}\n\ngo 1.25\n`
