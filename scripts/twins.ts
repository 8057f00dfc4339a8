/**
 * Writes the copyable twins (workflows/*.yml) of the callable workflows, and the tables of docs/workflows/*.md, from
 * .github/workflows. A twin is the same text with every `$/…` (this repository at the running commit) turned into the
 * released commit, because a copy lives in another repository. `--check` writes nothing and fails when a file differs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'

const check = process.argv.includes('--check')
const root = new URL('..', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')

/** The release that copies are pinned to. */
interface Release {
  readonly repository: string
  readonly sha: string
  readonly version: string
}

interface Workflow {
  readonly on?: { readonly workflow_call?: Call | null }
}
interface Call {
  readonly inputs?: Record<
    string,
    { description?: string; type: string; default?: string | number | boolean; required?: boolean }
  >
  readonly secrets?: Record<string, { description?: string; required?: boolean }>
  readonly outputs?: Record<string, { description?: string }>
}

const release = JSON.parse(read('workflows/release.json')) as Release
const stale: string[] = []

/** The text of a callable as a copy that works in any repository. */
export function twinOf(name: string, text: string, { repository, sha, version }: Release): string {
  const pinned = text.replaceAll(
    /^(\s*(?:- )?uses: )\$(\/\S*)?[^\S\n]*$/gm,
    (_, key: string, path = '') =>
      `${key}${repository}${path === '/' ? '' : String(path)}@${sha} # ${version}`,
  )
  if (/uses:\s*\$/.test(pinned)) throw new Error(`${name}: a "uses: $" was not understood`)
  return `# Copy of ${repository}/.github/workflows/${name} at ${version}: put it into .github/workflows of your repository.\n#\n${pinned}`
}

const cell = (text: string | undefined): string =>
  (text ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')

/** Tables of what a workflow takes and gives. */
export function callTables(call: Call): string {
  const parts: string[] = []
  const table = (title: string, head: string, rows: string[]): void => {
    if (rows.length > 0)
      parts.push(`**${title}**\n\n| ${head} |\n|${'---|'.repeat(head.split('|').length)}\n${rows.join('\n')}`)
  }
  table(
    'Inputs',
    'input | type | default | what it is',
    Object.entries(call.inputs ?? {}).map(
      ([name, { type, default: standard, required, description }]) =>
        `| \`${name}\` | ${type} | ${required === true ? 'required' : standard === '' || standard === undefined ? '' : `\`${cell(String(standard))}\``} | ${cell(description)} |`,
    ),
  )
  table(
    'Secrets',
    'secret | required | what it is',
    Object.entries(call.secrets ?? {}).map(
      ([name, { required, description }]) =>
        `| \`${name}\` | ${required === true ? 'yes' : 'no'} | ${cell(description)} |`,
    ),
  )
  table(
    'Outputs',
    'output | what it is',
    Object.entries(call.outputs ?? {}).map(
      ([name, { description }]) => `| \`${name}\` | ${cell(description)} |`,
    ),
  )
  return parts.join('\n\n')
}

function put(file: string, content: string): void {
  let before = ''
  try {
    before = read(file)
  } catch {
    // A new file.
  }
  if (before === content) return
  if (check) stale.push(file)
  else writeFileSync(new URL(file, root), content)
}

/** Replaces what stands between the marks; a page without them gets them at its end. */
function putTables(file: string, name: string, tables: string): void {
  const begin = '<!-- tables:begin (npm run generate) -->'
  const end = '<!-- tables:end -->'
  let text = `# ${name}\n`
  try {
    text = read(file)
  } catch {
    // A new page.
  }
  if (!text.includes(begin)) text = `${text.trimEnd()}\n\n${begin}\n${end}\n`
  const from = text.indexOf(begin) + begin.length
  put(file, `${text.slice(0, from)}\n\n${tables}\n\n${text.slice(text.indexOf(end))}`)
}

if (import.meta.filename === process.argv[1]) {
  mkdirSync(new URL('docs/workflows/', root), { recursive: true })
  const callables = new Map(
    readdirSync(new URL('.github/workflows/', root))
      .filter((name) => name.endsWith('.yml'))
      .sort()
      .flatMap((name) => {
        const text = read(`.github/workflows/${name}`)
        const call = (parse(text) as Workflow).on?.workflow_call
        return call === undefined ? [] : [[name, { text, call: call ?? {} }] as const]
      }),
  )
  for (const [name, { text, call }] of callables) {
    put(`workflows/${name}`, twinOf(name, text, release))
    putTables(`docs/workflows/${name.replace('.yml', '.md')}`, name.replace('.yml', ''), callTables(call))
  }
  for (const name of readdirSync(new URL('workflows/', root)))
    if (name.endsWith('.yml') && !callables.has(name)) {
      if (check) stale.push(`workflows/${name}`)
      else rmSync(new URL(`workflows/${name}`, root))
    }
  if (stale.length > 0) {
    console.error(`not up to date: ${stale.join(', ')}. Run npm run generate and commit the result.`)
    process.exit(1)
  }
}
