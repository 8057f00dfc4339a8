import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, gateError } from '../base/errors.ts'
import type { Environment } from '../base/platform.ts'
import { type Fault, retry } from '../base/retry.ts'
import type { Workspace } from '../project/modules.ts'

export interface ModuleDownload {
  /** The go program. */
  readonly bin: string
  /** Repository root. */
  readonly root: string
  readonly workspace: Workspace
  readonly env: Environment
}

/** What the go command says, with what it means: first match decides. */
const FAULTS: readonly {
  readonly said: RegExp
  readonly code: string
  readonly gate?: boolean
  readonly passing?: boolean
  readonly cause: string
  readonly fix: string
}[] = [
  {
    said: /SECURITY ERROR|checksum mismatch/,
    code: 'module-checksum',
    gate: true,
    cause: 'a downloaded module is not the one that go.sum or the checksum database knows',
    fix: 'do not trust this download: compare with another GOPROXY; if the author moved the version tag, ask for a new version',
  },
  {
    said: /missing go\.sum entry|updates to go\.(mod|sum) needed/,
    code: 'go-sum-incomplete',
    gate: true,
    cause: 'go.mod and go.sum do not fit together',
    fix: 'run go mod tidy and commit go.mod and go.sum',
  },
  {
    said: /could not read Username|terminal prompts disabled|Permission denied \(publickey\)|401 Unauthorized|403 Forbidden/,
    code: 'module-denied',
    cause: 'a private module needs a login',
    fix: 'set GOPRIVATE in env, and give git a credential for its host before this step (for example a token by git config url.insteadOf)',
  },
  {
    said: /429 Too Many Requests|50[0234] |connection reset|connection refused|i\/o timeout|TLS handshake timeout|unexpected EOF|temporary failure|no such host/i,
    code: 'module-proxy-down',
    passing: true,
    cause: 'the module proxy did not answer properly',
    fix: 'set the input goproxy to one that this runner can reach, for example https://goproxy.cn,direct',
  },
  {
    said: /(404 Not Found|410 Gone|unknown revision|not found: module|malformed module path)/,
    code: 'module-not-found',
    gate: true,
    cause: 'a required module or version does not exist where GOPROXY looks',
    fix: 'check the version in go.mod; a private module needs GOPRIVATE',
  },
]

/** Explains what `go mod download` printed. Pure. */
export function moduleFault(said: string): (typeof FAULTS)[number] | undefined {
  return FAULTS.find((fault) => fault.said.test(said))
}

class ModuleFault extends Error {
  readonly said: string
  constructor(said: string) {
    super(said.split('\n').find((line) => line.trim() !== '') ?? 'go mod download failed')
    this.said = said
  }
}

/**
 * Downloads the modules of the whole repository once, before anything compiles: parallel go commands would ask for the same
 * ones side by side, and a broken proxy is told here with its name rather than as a compile error. Passing faults are
 * tried again (modules that have arrived stay). @returns a line for the log
 */
export async function downloadModules(
  job: ModuleDownload,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'counter' | 'clock'>,
): Promise<string> {
  const wanted = job.workspace.modules.filter((module) => module.dependencies && !module.vendored)
  // In a workspace one call downloads the modules of all its members.
  const folders =
    job.workspace.work === undefined ? wanted.map((module) => module.dir) : [wanted[0]?.dir ?? '.']
  for (const folder of folders) {
    const download = async (): Promise<void> => {
      const done = await act.exec.run({
        argv: [job.bin, 'mod', 'download'],
        cwd: join(job.root, folder),
        env: job.env,
        signal: act.signal,
        timeoutMs: 15 * 60_000,
        onLine: (line) => act.log.info(line),
      })
      if (done.code !== 0) throw new ModuleFault(done.tail.join('\n'))
    }
    try {
      await retry(download, {
        what: `go mod download in ${folder}`,
        classify: (error): Fault => ({
          kind:
            error instanceof ModuleFault && moduleFault(error.said)?.passing === true ? 'passing' : 'final',
        }),
        attempts: 4,
        baseMs: 1000,
        clock: act.clock,
        signal: act.signal,
        log: act.log,
        counter: act.counter,
      })
    } catch (error) {
      if (!(error instanceof ModuleFault)) throw error
      const fault = moduleFault(error.said)
      const problem = {
        code: fault?.code ?? 'module-download',
        what: 'the modules could not be downloaded',
        cause: fault === undefined ? error.message : `${fault.cause} (${error.message})`,
        where: folder === '.' ? 'go.mod' : `${folder}/go.mod`,
        fix:
          fault?.fix ??
          'see the last output; go mod download on your machine shows whether it is the project or the runner',
      }
      throw fault?.gate === true
        ? gateError(problem, error.said)
        : environmentError(problem, { log: error.said })
    }
  }
  return folders.length === 1 ? 'go mod download' : `go mod download in ${folders.length} modules`
}
