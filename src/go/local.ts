import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { messageOf } from '../base/errors.ts'
import { temporaryRoot } from '../base/files.ts'
import { executable, lookupEnvironment } from '../base/platform.ts'
import type { GoTarget } from './sources.ts'
import { asRelease, type GoVersion, parseGoVersion } from './version.ts'

/** A Go that is on the machine without us. */
export interface PathGo {
  /** As it calls itself: `go1.26.8`, `devel go1.27-abc`. */
  readonly name: string
  /** Undefined when it is no release (built from source). */
  readonly version?: GoVersion
  readonly root: string
  readonly bin: string
  readonly target: GoTarget
  /** Its settings, from the environment or `go env -w`. */
  readonly goproxy: string
  readonly gosumdb: string
}

const QUESTIONS = ['GOVERSION', 'GOROOT', 'GOHOSTOS', 'GOHOSTARCH', 'GOPROXY', 'GOSUMDB']

/**
 * The version in GOVERSION: vendors add to it (`go1.26.8-X:nocoverageredesign`, `go1.24.6 (Red Hat …)`); a build
 * from source says `devel …` or `go1.27-devel_…` and is no release.
 */
export function parseGoVersionName(name: string): GoVersion | undefined {
  const release = /^go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)(?=$|\s|-(?!devel))/.exec(name)?.[1]
  const version = release === undefined ? undefined : parseGoVersion(release)
  return version === undefined ? undefined : asRelease(version)
}

/**
 * Asks the Go on PATH, then the one in GOROOT, what it is. GOTOOLCHAIN=local, so that a go.mod nearby cannot make
 * it answer for (or download) another toolchain.
 */
export async function findPathGo(
  act: Pick<Act, 'exec' | 'env' | 'host' | 'signal'>,
): Promise<{ go?: PathGo; answer: string }> {
  const goroot = lookupEnvironment(act.env, 'GOROOT', act.host.os)
  const programs = ['go']
  if (goroot !== undefined && goroot !== '') programs.push(join(goroot, 'bin', executable('go', act.host.os)))
  let answer = 'no Go there'
  for (const program of programs) {
    try {
      const asked = await act.exec.run({
        argv: [program, 'env', ...QUESTIONS],
        cwd: temporaryRoot(act.env),
        env: { GOTOOLCHAIN: 'local', GOROOT: undefined, GOFLAGS: '', GOWORK: 'off' },
        timeoutMs: 30_000,
        signal: act.signal,
      })
      const [name = '', root = '', os = '', arch = '', goproxy = '', gosumdb = ''] =
        asked.stdout.split(/\r?\n/)
      if (asked.code !== 0 || root === '') {
        answer = `${program} does not work (exit code ${asked.code}${asked.stderr === '' ? '' : `: ${asked.stderr.split('\n')[0] ?? ''}`})`
        continue
      }
      const version = parseGoVersionName(name)
      return {
        answer: name,
        go: {
          name,
          ...(version === undefined ? {} : { version }),
          root,
          bin: join(root, 'bin', executable('go', act.host.os)),
          target: { os, arch },
          goproxy,
          gosumdb,
        },
      }
    } catch (error) {
      act.signal.throwIfAborted()
      if (program !== 'go') answer = messageOf(error).split('\n')[0] ?? ''
    }
  }
  return { answer }
}
