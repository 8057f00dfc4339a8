import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../base/errors.ts'

/** Folders that hold what others wrote. */
const PASSED_OVER = new Set(['.git', 'node_modules', 'vendor'])
const MOST_FILES = 20_000

/** `*` within a folder, `**` over folders, `?` one character, `{a,b}` one of these; everything else is itself. */
export function globPattern(glob: string): RegExp {
  let source = ''
  let depth = 0
  for (let i = 0; i < glob.length; i++) {
    const rest = glob.slice(i)
    const char = glob.charAt(i)
    if (rest.startsWith('**/')) {
      source += '(?:[^/]+/)*'
      i += 2
    } else if (rest.startsWith('**')) {
      source += '.*'
      i += 1
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '{') {
      source += '(?:'
      depth++
    } else if (char === '}' && depth > 0) {
      source += ')'
      depth--
    } else if (char === ',' && depth > 0) source += '|'
    else source += char.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`)
}

/**
 * Files below `root` that a pattern matches, sorted, relative with forward slashes. A pattern that begins with `!` takes files
 * out again; the last that matches decides. Links are not followed.
 */
export async function findFiles(root: string, globs: readonly string[]): Promise<string[]> {
  const rules = globs.map((glob) => ({
    wanted: !glob.startsWith('!'),
    pattern: globPattern(glob.replace(/^!/, '').replace(/^(\.\/)+/, '')),
  }))
  const found: string[] = []
  let seen = 0
  const descend = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
    for (const entry of entries) {
      if (++seen > MOST_FILES) return
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!PASSED_OVER.has(entry.name)) await descend(path)
      } else if (entry.isFile() && rules.findLast((rule) => rule.pattern.test(path))?.wanted === true)
        found.push(path)
    }
  }
  await descend('')
  return found.sort()
}
