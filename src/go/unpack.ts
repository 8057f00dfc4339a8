import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { codeOf, environmentError, messageOf } from '../base/errors.ts'
import { executable } from '../base/platform.ts'
import { isToolchainProgram } from './goproxy.ts'
import type { GoTarget } from './sources.ts'
import { makeStaging, placeTool } from './tool-cache.ts'
import { formatGoVersion, type GoVersion, semverOf } from './version.ts'
import { withZip } from './zip.ts'

/** A verified archive and how its files are named. */
export interface VerifiedArchive {
  readonly file: string
  readonly kind: 'tar.gz' | 'zip' | 'module'
  /** What all names begin with: `go/`, or `golang.org/toolchain@v…/`. */
  readonly prefix: string
}

export interface Place {
  /** Tool cache folders, best first. */
  readonly roots: readonly string[]
  /** Tool name in it. */
  readonly name: string
  readonly version: GoVersion
  /** The tool cache's name of the architecture. */
  readonly arch: string
  readonly target: GoTarget
}

/** Codes by which a folder says that nothing can be installed there. */
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'])

/**
 * Unpacks a verified archive beside its place, proves that it is the wanted Go and runs, then moves it into the tool
 * cache in one step. A tool cache that cannot be written is passed over. The archive is deleted.
 */
export async function installArchive(
  archive: VerifiedArchive,
  place: Place,
  act: Pick<Act, 'exec' | 'host' | 'log' | 'signal' | 'clock'>,
): Promise<{ root: string; bin: string }> {
  const refused: string[] = []
  for (const root of place.roots) {
    let staging: string
    try {
      staging = await makeStaging(root, place.name)
    } catch (error) {
      if (!UNUSABLE.has(codeOf(error) ?? '')) throw error
      refused.push(`${root}: ${messageOf(error)}`)
      act.log.info(`the tool cache ${root} cannot be written (${codeOf(error) ?? ''}); another place is used`)
      continue
    }
    try {
      const made = join(staging, 'go')
      await unpack(archive, staging, made, act)
      await rm(archive.file, { force: true })
      await prove(made, place, act)
      const folder = await placeTool(
        made,
        {
          root,
          name: place.name,
          semver: semverOf(place.version),
          arch: place.arch,
          program: join('bin', executable('go', act.host.os)),
        },
        act.clock,
      )
      return { root: folder, bin: join(folder, 'bin', executable('go', act.host.os)) }
    } finally {
      await rm(staging, { recursive: true, force: true, maxRetries: 3 })
    }
  }
  throw environmentError({
    code: 'tool-cache-read-only',
    what: 'there is no folder in which Go can be installed',
    cause: refused.join('; '),
    fix: 'make RUNNER_TOOL_CACHE (or the user cache folder) writable for the user of the runner',
  })
}

async function unpack(
  archive: VerifiedArchive,
  staging: string,
  made: string,
  act: Pick<Act, 'exec' | 'signal'>,
): Promise<void> {
  if (archive.kind === 'tar.gz') {
    // `-o`: as root, tar would give the files to whatever user id the archive names.
    const argv = ['tar', '-x', '-z', '-o', '-f', archive.file, '-C', staging]
    const done = await act.exec.run({ argv, timeoutMs: 10 * 60_000, signal: act.signal, maxStdout: 0 })
    if (done.code === 0) return
    throw environmentError(
      {
        code: 'archive-broken',
        what: 'the Go archive cannot be unpacked',
        cause: `tar ended with exit code ${done.code}: ${done.stderr.split('\n').at(-1) ?? ''}`,
        fix: 'see that tar and gzip work on the runner and that the disk is not full',
      },
      { log: done.tail.join('\n') },
    )
  }
  await mkdir(made)
  await withZip(archive.file, async (zip) => {
    if (archive.kind === 'zip') {
      await zip.unpack(made, { prefix: archive.prefix, signal: act.signal })
      return
    }
    await zip.unpack(made, { prefix: archive.prefix, executable: isToolchainProgram, signal: act.signal })
    // A module cannot hold other modules, so their go.mod files are stored as _go.mod (cmd/go copies them back too).
    for (const { name } of zip.entries) {
      if (!name.endsWith('/_go.mod')) continue
      const path = join(made, name.slice(archive.prefix.length))
      await rename(path, join(path, '..', 'go.mod'))
    }
  })
}

/** That the tree is the wanted version (its VERSION file), and that its go command runs here. */
async function prove(made: string, place: Place, act: Pick<Act, 'exec' | 'host' | 'signal'>): Promise<void> {
  const wanted = `go${formatGoVersion(place.version)}`
  const says = (await readFile(join(made, 'VERSION'), 'utf8').catch(() => '')).split(/\r?\n/)[0]?.trim() ?? ''
  if (says !== wanted) {
    throw environmentError({
      code: 'go-archive-wrong',
      what: `the archive holds another Go than ${wanted}`,
      cause: says === '' ? 'it has no VERSION file' : `its VERSION file says ${says}`,
      fix: 'the mirror mixes files up: use another source',
    })
  }
  // Another architecture's Go need not run here (it may be meant for an emulator).
  if (place.target.arch !== act.host.arch) return
  const bin = join(made, 'bin', executable('go', act.host.os))
  let cause: string
  try {
    const asked = await act.exec.run({
      argv: [bin, 'version'],
      env: { GOROOT: undefined, GOTOOLCHAIN: 'local', GOFLAGS: '' },
      timeoutMs: 60_000,
      signal: act.signal,
    })
    if (asked.code === 0 && asked.stdout.startsWith('go version ')) return
    cause = `exit code ${asked.code}: ${asked.tail.at(-1) ?? ''}`
  } catch (error) {
    act.signal.throwIfAborted()
    cause = messageOf(error)
  }
  throw environmentError({
    code: 'go-does-not-run',
    what: `the installed ${wanted} does not run on this machine (${act.host.os}/${act.host.arch})`,
    cause,
    fix: 'check that the tool cache is not mounted noexec and that the architecture is right',
  })
}
