/**
 * Writes what is stated elsewhere: action.yml and the tables of inputs and outputs, from src/actions/*\/spec.ts.
 * `--check` writes nothing and fails when a file differs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { INPUTS, OUTPUTS, type InputSpec } from '../src/actions/build/spec.ts'

const check = process.argv.includes('--check')
const root = new URL('..', import.meta.url)
const stale: string[] = []

function put(file: string, content: string): void {
  const url = new URL(file, root)
  let before = ''
  try {
    before = readFileSync(url, 'utf8')
  } catch {
    // A new file.
  }
  if (before === content) return
  if (check) stale.push(file)
  else writeFileSync(url, content)
}

/** Replaces what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
function putBetween(file: string, name: string, content: string): void {
  const text = readFileSync(new URL(file, root), 'utf8')
  const begin = `<!-- ${name}:begin (npm run generate) -->`
  const end = `<!-- ${name}:end -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < 0) throw new Error(`${file} lacks the marks ${begin} … ${end}`)
  put(file, `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`)
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

function actionYml(): string {
  const lines = [
    '# Generated from src/actions/build/spec.ts by `npm run generate`. Do not edit.',
    'name: go-image-pipeline',
    'description: From go.mod to a tested, multi-platform container image, pushed, read back and proved to start, in one step',
    'author: The go-image-pipeline authors',
    'branding:',
    '  icon: package',
    '  color: blue',
    'inputs:',
  ]
  for (const spec of INPUTS) {
    lines.push(
      `  ${spec.name}:`,
      `    description: ${quote(spec.description)}`,
      '    required: false',
      `    default: ${quote(spec.default)}`,
    )
  }
  lines.push('outputs:')
  for (const spec of OUTPUTS) lines.push(`  ${spec.name}:`, `    description: ${quote(spec.description)}`)
  lines.push(
    'runs:',
    '  using: node24',
    '  main: dist/main.js',
    '  post: dist/post.js',
    '  post-if: always()',
    '',
  )
  return lines.join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function inputTables(): string {
  const groups = [...new Set(INPUTS.map((spec) => spec.group))]
  const table = (specs: readonly InputSpec[]): string =>
    ['| input | default | what it does |', '|---|---|---|']
      .concat(
        specs.map(
          (spec) =>
            `| \`${spec.name}\` | ${spec.default === '' ? '' : `\`${spec.default}\``} | ${cell(spec.description)} |`,
        ),
      )
      .join('\n')
  return groups
    .map((group) => `**${group}**\n\n${table(INPUTS.filter((spec) => spec.group === group))}`)
    .join('\n\n')
}

function outputTable(): string {
  return ['| output | what it is |', '|---|---|']
    .concat(OUTPUTS.map((spec) => `| \`${spec.name}\` | ${cell(spec.description)} |`))
    .join('\n')
}

put('action.yml', actionYml())
for (const file of ['README.md', 'docs/inputs.md']) {
  putBetween(file, 'outputs', outputTable())
}
putBetween('docs/inputs.md', 'inputs', inputTables())

if (stale.length > 0) {
  console.error(`not up to date: ${stale.join(', ')}. Run npm run generate and commit the result.`)
  process.exit(1)
}
