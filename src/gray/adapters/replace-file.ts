import { randomUUID } from 'node:crypto'
import { chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, environmentError, messageOf, type PipelineError } from '../../base/errors.ts'

/** New content that lies beside a file, to be checked by the proxy before it takes the file's place. */
export interface Draft {
  readonly path: string
  /** Puts it in place at once; throws when the file is no longer what the draft was made from. */
  commit(): Promise<void>
  /** Removes it when it was not committed. */
  discard(): Promise<void>
}

/**
 * Writes `content` beside `file` with the file's own owner and mode; a link is followed, so that it stays a link.
 * `base` is the content the draft was made from, undefined where no file was.
 */
export async function draftOf(file: string, content: string, base: string | undefined): Promise<Draft> {
  const target = base === undefined ? file : await realpath(file)
  // A leading dot keeps it out of `include *.conf` and of folders that a proxy reads.
  const path = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`)
  try {
    const before = base === undefined ? undefined : await stat(target)
    const handle = await open(path, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.chmod((before?.mode ?? 0o644) & 0o7777)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (before !== undefined) await keepOwner(path, before)
  } catch (error) {
    await rm(path, { force: true })
    throw fileFault(`${file} cannot be written`, target, error)
  }
  let pending = true
  return {
    path,
    commit: async () => {
      const now = await readText(target)
      if (now !== base)
        throw environmentError({
          code: 'gray-file-changed',
          what: `${file} was changed by somebody else at the same moment`,
          fix: 'nothing of it was overwritten; the release tries again from the new content',
        })
      try {
        await rename(path, target)
      } catch (error) {
        throw fileFault(`${file} cannot be replaced`, target, error)
      }
      pending = false
    },
    discard: async () => {
      if (pending) await rm(path, { force: true })
    },
  }
}

/** The text of a file, undefined when there is none; any other fault is told. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw fileFault(`${file} cannot be read`, file, error)
  }
}

async function keepOwner(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const own = await stat(path)
  if (own.uid !== uid || own.gid !== gid) await chown(path, uid, gid)
}

function fileFault(what: string, where: string, error: unknown): PipelineError {
  const denied = ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')
  return environmentError(
    {
      code: 'gray-file',
      what,
      cause: messageOf(error),
      where,
      fix: denied
        ? 'give the user that runs the release the right to write the file, its folder and its owner'
        : 'see the cause; the file is as it was',
    },
    { cause: error },
  )
}
