import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './rig.ts'

/** Files of this repository that hold workflows: the callables with our own, and the copyable twins. */
export const WORKFLOW_FOLDERS = ['.github/workflows', 'workflows'] as const

export const workflowFiles = (): string[] =>
  WORKFLOW_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.yml'))
      .map((name) => `${folder}/${name}`),
  )

/**
 * `uses: $/PATH` as tools that do not know it can read it: nested workflows by a local path, actions by a name that act
 * is told to serve from a folder. `remote`: nested workflows from there too, for a caller in another repository.
 * Nothing else of the text changes.
 */
export function rewriteSelf(text: string, nested: 'local' | 'remote' = 'local'): string {
  const name = 'OWNER/go-image-pipeline'
  return text
    .replaceAll(
      /(uses: )\$\/(\.github\/workflows\/\S+)/g,
      nested === 'local' ? '$1./$2' : `$1${name}/$2@self`,
    )
    .replaceAll(/(uses: )\$\/(\S+)/g, `$1${name}/$2@self`)
    .replaceAll(/(uses: )\$\/$/gm, `$1${name}@self`)
}

/** What GitHub's own parser says of each file, as `line: message`. */
export function githubFindings(files: readonly string[]): Record<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gip-workflow-lint-'))
  try {
    const bundle = join(folder, 'lint.mjs')
    execFileSync(
      join(ROOT, 'node_modules/.bin/esbuild'),
      [
        join(ROOT, '__tests__/support/workflow-lint-entry.ts'),
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--log-level=error',
        `--outfile=${bundle}`,
        "--banner:js=import {createRequire as __c} from 'node:module';const require=__c(import.meta.url);",
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const out = execFileSync(process.execPath, [bundle, ...files], { cwd: ROOT, encoding: 'utf8' })
    return JSON.parse(out) as Record<string, string[]>
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder that looks like a repository with the files' rewritten copies, for tools that want one. */
export function rewrittenRepository(files: readonly string[]): { folder: string; dispose: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'gip-workflows-'))
  mkdirSync(join(folder, '.github/workflows'), { recursive: true })
  execFileSync('git', ['init', '-q', folder])
  for (const file of files)
    writeFileSync(
      join(folder, '.github/workflows', file.replace(/^.*\//, '')),
      rewriteSelf(readFileSync(join(ROOT, file), 'utf8')),
    )
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) }
}
