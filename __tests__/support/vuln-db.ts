import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface VulnEntry {
  readonly id: string
  readonly aliases?: readonly string[]
  readonly summary: string
  readonly module: string
  readonly package: string
  readonly symbols: readonly string[]
  readonly fixed: string
  /** CVSS vector. */
  readonly cvss?: string
}

const MODIFIED = '2026-11-01T00:00:00Z'

/** A vulnerability database in a folder, as govulncheck reads it by `-db file://…` (go.dev/doc/security/vuln/database). */
export async function writeVulnDb(folder: string, entries: readonly VulnEntry[]): Promise<string> {
  await mkdir(join(folder, 'index'), { recursive: true })
  await mkdir(join(folder, 'ID'), { recursive: true })
  const put = (name: string, value: unknown): Promise<void> =>
    writeFile(join(folder, name), JSON.stringify(value))
  await put('index/db.json', { modified: MODIFIED })
  const modules = [...new Set(entries.map((entry) => entry.module))]
  await put(
    'index/modules.json',
    modules.map((path) => ({
      path,
      vulns: entries
        .filter(({ module }) => module === path)
        .map(({ id, fixed }) => ({ id, modified: MODIFIED, fixed })),
    })),
  )
  await put(
    'index/vulns.json',
    entries.map(({ id, aliases = [] }) => ({ id, modified: MODIFIED, aliases })),
  )
  for (const entry of entries) {
    const { id, aliases = [], summary, module, symbols, fixed, cvss } = entry
    await put(`ID/${id}.json`, {
      schema_version: '1.3.1',
      id,
      modified: MODIFIED,
      published: MODIFIED,
      aliases,
      summary,
      details: summary,
      ...(cvss === undefined ? {} : { severity: [{ type: 'CVSS_V3', score: cvss }] }),
      affected: [
        {
          package: { name: module, ecosystem: 'Go' },
          ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
          ecosystem_specific: { imports: [{ path: entry.package, symbols }] },
        },
      ],
      database_specific: { url: `https://vuln.example/${id}` },
    })
  }
  return `file://${folder}`
}
