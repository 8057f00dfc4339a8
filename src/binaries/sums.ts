import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256File } from '../base/download.ts'
import { codeOf, type Problem } from '../base/errors.ts'

export const SUMS = 'SHA256SUMS'
export const PROVENANCE = 'provenance.json'

export interface NamedDigest {
  readonly name: string
  /** Hex. */
  readonly sha256: string
}

/** The lines of `sha256sum --binary` (`HEX *NAME`), sorted by name. */
export const formatSums = (files: readonly NamedDigest[]): string =>
  [...files]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => `${sha256} *${name}\n`)
    .join('')

/** Reads such lines; a name with a folder in it, or one that stands twice, is a fault. */
export function parseSums(text: string): { files: NamedDigest[]; problems: string[] } {
  const files: NamedDigest[] = []
  const problems: string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue
    const [, sha256 = '', name = ''] = /^([0-9a-f]{64}) [ *]([^/\\]+)$/.exec(line) ?? []
    if (name === '' || name === '.' || name === '..') problems.push(`"${line.slice(0, 100)}" is no line of checksums`)
    else if (files.some((file) => file.name === name)) problems.push(`${name} stands twice`)
    else files.push({ name, sha256 })
  }
  if (files.length === 0 && problems.length === 0) problems.push('it is empty')
  return { files, problems }
} // prettier-ignore

/**
 * Whether a folder holds exactly the files of its SHA256SUMS, unchanged, and beside them at most a provenance that speaks of
 * the same files. What somebody put in between is never released.
 */
export async function checkFolder(folder: string): Promise<{ files: NamedDigest[]; problems: Problem[] }> {
  const faults: string[] = []
  const text = await readFile(join(folder, SUMS), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return { files: [], problems: [problem(folder, [`there is no ${SUMS} in it`])] }
  const sums = parseSums(text)
  faults.push(...sums.problems)
  const there = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of there) {
    if (entry.name === SUMS || entry.name === PROVENANCE) continue
    if (!sums.files.some(({ name }) => name === entry.name)) faults.push(`${entry.name} is not in ${SUMS}`)
    else if (!entry.isFile()) faults.push(`${entry.name} is no file`)
  }
  for (const { name, sha256 } of sums.files) {
    if (!there.some((entry) => entry.name === name)) faults.push(`${name} is missing`)
    else if (there.some((entry) => entry.name === name && entry.isFile())) {
      const is = await sha256File(join(folder, name))
      if (is !== sha256) faults.push(`${name} was changed: its SHA-256 is ${is}, not ${sha256}`)
    }
  }
  const files = [...sums.files]
  if (there.some(({ name }) => name === PROVENANCE)) {
    const wrong = provenanceFault(await readFile(join(folder, PROVENANCE), 'utf8'), sums.files)
    if (wrong !== undefined) faults.push(`${PROVENANCE} ${wrong}`)
    files.push({ name: PROVENANCE, sha256: await sha256File(join(folder, PROVENANCE)) })
  }
  files.push({ name: SUMS, sha256: await sha256File(join(folder, SUMS)) })
  return { files, problems: faults.length === 0 ? [] : [problem(folder, faults)] }
}

function provenanceFault(text: string, files: readonly NamedDigest[]): string | undefined {
  let subjects: unknown
  try {
    subjects = (JSON.parse(text) as { subject?: unknown } | null)?.subject
  } catch {
    return 'is no JSON'
  }
  if (!Array.isArray(subjects)) return 'has no subjects'
  const stated = (subjects as { name?: unknown; digest?: { sha256?: unknown } | null }[])
    .map((one) => `${String(one.digest?.sha256)} ${String(one.name)}`)
    .sort()
  const wanted = files.map(({ name, sha256 }) => `${sha256} ${name}`).sort()
  return JSON.stringify(stated) === JSON.stringify(wanted) ? undefined : 'speaks of other files'
}

const problem = (folder: string, faults: readonly string[]): Problem => ({
  code: 'binaries-changed',
  what: 'the files are not those that were built',
  cause: `${faults.slice(0, 10).join('; ')}${faults.length > 10 ? `; and ${faults.length - 10} more` : ''}`,
  where: folder,
  fix: 'release the folder that the stage binaries wrote, as it is; build again when in doubt',
})
