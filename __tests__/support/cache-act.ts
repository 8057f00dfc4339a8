import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import type { Log } from '../../src/base/log.ts'
import type { Environment } from '../../src/base/platform.ts'
import { Secrets } from '../../src/base/secrets.ts'
import type { CacheAct, CacheStoreOptions } from '../../src/cache/store.ts'

export class RecordingLog implements Log {
  readonly lines: string[] = []
  readonly debugs: string[] = []
  annotate(): void {
    throw new Error('caches annotate nothing')
  }
  info(line: string): void {
    this.lines.push(line)
  }
  debug(line: string): void {
    this.debugs.push(line)
  }
  warning(line: string): void {
    this.lines.push(`warning: ${line}`)
  }
  error(line: string): void {
    this.lines.push(`error: ${line}`)
  }
}

const worker = pathToFileURL(join(process.cwd(), 'src/cache/worker.ts')).href

/** The worker from the sources: Node strips the types. */
export const workerOptions: CacheStoreOptions = {
  worker: [
    process.execPath,
    '--input-type=module',
    '--disable-warning=ExperimentalWarning',
    '-e',
    `await (await import(${JSON.stringify(worker)})).cacheWorkerMain()`,
  ],
}

export interface Machine {
  readonly folder: string
  readonly act: CacheAct & { readonly log: RecordingLog }
  readonly masked: string[]
  dispose(): Promise<void>
}

/** A runner with a folder of its own and the environment of `env`, nothing of ours leaking in. */
export async function machine(env: Environment, signal = new AbortController().signal): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'cache-machine-'))
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(GITHUB|RUNNER|ACTIONS|INPUT)_|^(CI|ACT|TAR_OPTIONS)$/.test(name),
    ),
  )
  const all: Environment = { ...clean, RUNNER_TEMP: join(folder, 'temp'), NODE_OPTIONS: undefined, ...env }
  const masked: string[] = []
  const temp = new TemporaryFolders(join(folder, 'temp'))
  return {
    folder,
    masked,
    act: {
      exec: new SystemExec(all),
      log: new RecordingLog(),
      signal,
      env: all,
      secrets: new Secrets((value) => masked.push(value)),
      temp,
      clock: systemClock,
    },
    dispose: async () => {
      await temp.dispose()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
