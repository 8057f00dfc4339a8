import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Act } from '../base/act.ts'
import { packLayer } from '../image/layers.ts'
import type { Bundle } from './names.ts'
import { writeZip, type ZipEntry } from './zip.ts'

/** A file that goes into an archive. */
export interface Member {
  /** Name in the archive. */
  readonly name: string
  /** Absolute path. */
  readonly from: string
  readonly mode: 0o644 | 0o755
}

/**
 * Writes one archive (or the bare program) so that the same members and time give the same bytes: sorted, owned by 0, modes
 * and times fixed.
 *
 * @param mtime seconds since the epoch, of the commit
 */
export async function pack(
  bundle: Pick<Bundle<unknown>, 'file' | 'format'>,
  members: readonly Member[],
  out: string,
  mtime: number,
  act: Pick<Act, 'temp'>,
): Promise<string> {
  const file = join(out, bundle.file)
  await mkdir(dirname(file), { recursive: true })
  const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (bundle.format === 'zip') {
    const entries: ZipEntry[] = []
    for (const { name, from, mode } of sorted) entries.push({ name, content: await readFile(from), mode })
    await writeZip(file, entries, mtime)
  } else if (bundle.format === 'tar.gz') {
    const folder = await act.temp.make('archive')
    for (const { name, from, mode } of sorted) {
      await copyFile(from, join(folder, basename(name)))
      await chmod(join(folder, basename(name)), mode)
    }
    await packLayer(folder, file, { mtime })
  } else {
    const [program] = sorted
    if (program !== undefined) await copyFile(program.from, file)
    await chmod(file, 0o755)
  }
  return file
}
