import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { codeOf } from './errors.ts'
import type { Environment } from './platform.ts'

/** Where temporary files belong: the runner's own folder (cleaned after each job), else the system's. */
export const temporaryRoot = (env: Environment = process.env): string => {
  const root = env['RUNNER_TEMP']
  return root === undefined || root === '' ? tmpdir() : root
}

/** Folders made by one run, all removed by `dispose`, whatever happened. */
export class TemporaryFolders {
  readonly #root: string
  readonly #made: string[] = []

  constructor(root: string = temporaryRoot()) {
    this.#root = root
  }

  /** A new empty folder, readable by this user only. */
  async make(purpose: string): Promise<string> {
    await mkdir(this.#root, { recursive: true })
    const folder = await mkdtemp(join(this.#root, `gip-${purpose}-`))
    this.#made.push(folder)
    return folder
  }

  get folders(): readonly string[] {
    return this.#made
  }

  async dispose(): Promise<void> {
    for (const folder of this.#made.splice(0))
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Writes a file so that readers see the old or the new content, never a part. Parents are made. */
export async function writeAtomic(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const draft = join(dirname(file), `.${randomUUID()}.tmp`)
  try {
    const handle = await open(draft, 'wx', mode)
    try {
      await writeFile(handle, content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** The file's text, or undefined when there is none. */
export async function readTextIfAny(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw error
  }
}

/** A path with forward slashes, for annotations and images. */
export const slashes = (path: string): string => path.replaceAll('\\', '/')
