/**
 * Writes what is stated elsewhere: action.yml and the tables of inputs and outputs, from src/actions/*\/spec.ts.
 * `--check` writes nothing and fails when a file differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as build from '../src/actions/build/spec.ts'
import * as gray from '../src/actions/gray/spec.ts'
import { STAGES } from '../src/actions/stages/index.ts'
import type { InputSpec, OutputSpec } from '../src/actions/spec.ts'
import { metricsSchema } from '../src/gray/metrics/shape.ts'

const check = process.argv.includes('--check')
const root = new URL('..', import.meta.url)
const stale: string[] = []

interface Action {
  readonly spec: string
  readonly name: string
  readonly description: string
  readonly icon: string
  readonly inputs: readonly InputSpec[]
  readonly outputs: readonly OutputSpec[]
  /** Paths are relative to the action's own folder. */
  readonly main: string
  readonly post?: string
}

const BUILD: Action = {
  spec: 'src/actions/build/spec.ts',
  name: 'go-image-pipeline',
  description:
    'From go.mod to a tested, multi-platform container image, pushed, read back and proved to start, in one step',
  icon: 'package',
  inputs: build.INPUTS,
  outputs: build.OUTPUTS,
  main: 'dist/main.js',
  post: 'dist/post.js',
}

const GRAY: Action = {
  spec: 'src/actions/gray/spec.ts',
  name: 'go-image-pipeline gray release',
  description:
    'Shift traffic to a new version step by step, judge it by Prometheus metrics, promote it or take everything back',
  icon: 'shuffle',
  inputs: gray.INPUTS,
  outputs: gray.OUTPUTS,
  main: '../dist/gray-main.js',
  post: '../dist/gray-post.js',
}

const STAGE_ACTIONS: readonly Action[] = Object.values(STAGES).map((stage) => ({
  ...stage,
  spec: `src/actions/stages/${stage.name}/spec.ts`,
  name: `go-image-pipeline ${stage.name}`,
  main: `../dist/${stage.name}.js`,
}))

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

function actionYml(action: Action): string {
  const lines = [
    `# Generated from ${action.spec} by \`npm run generate\`. Do not edit.`,
    `name: ${action.name}`,
    `description: ${/: | #/.test(action.description) ? quote(action.description) : action.description}`,
    'author: The go-image-pipeline authors',
    'branding:',
    `  icon: ${action.icon}`,
    '  color: blue',
    'inputs:',
  ]
  for (const spec of action.inputs) {
    lines.push(
      `  ${spec.name}:`,
      `    description: ${quote(spec.description)}`,
      '    required: false',
      `    default: ${quote(spec.default)}`,
    )
  }
  lines.push('outputs:')
  for (const spec of action.outputs)
    lines.push(`  ${spec.name}:`, `    description: ${quote(spec.description)}`)
  lines.push(
    'runs:',
    '  using: node24',
    `  main: ${action.main}`,
    ...(action.post === undefined ? [] : [`  post: ${action.post}`, '  post-if: always()']),
    '',
  )
  return lines.join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function inputTables({ inputs }: Action): string {
  const groups = [...new Set(inputs.map((spec) => spec.group))]
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
    .map((group) => `**${group}**\n\n${table(inputs.filter((spec) => spec.group === group))}`)
    .join('\n\n')
}

function outputTable({ outputs }: Action): string {
  return ['| output | what it is |', '|---|---|']
    .concat(outputs.map((spec) => `| \`${spec.name}\` | ${cell(spec.description)} |`))
    .join('\n')
}

/** One page for all stages: each an action in the folder of its name, and a command. */
function stagesPage(): string {
  const parts = STAGE_ACTIONS.map((action, index) => {
    const { name = '' } = Object.values(STAGES)[index] ?? {}
    return `## ${name}\n\n${action.description}.\n\n\`uses: OWNER/go-image-pipeline/${name}@SHA # vX.Y.Z\` or \`node dist/cli.js ${name}\`\n\n${inputTables(action)}\n\n${outputTable(action)}`
  })
  return `<!-- Generated by npm run generate. Do not edit. -->\n\n# Stages\n\nEach stage of the pipeline after or beside the image is an action of its own, and a command of the CLI.\nThe workflows that chain them are in [workflows](workflows/).\n\n${parts.join('\n\n')}\n`
}

put('schemas/gray-metrics.schema.json', `${JSON.stringify(metricsSchema(), null, 2)}\n`)
put('action.yml', actionYml(BUILD))
for (const file of ['README.md', 'docs/inputs.md']) {
  putBetween(file, 'outputs', outputTable(BUILD))
}
putBetween('docs/inputs.md', 'inputs', inputTables(BUILD))

put('gray-release/action.yml', actionYml(GRAY))
putBetween('docs/gray-inputs.md', 'inputs', inputTables(GRAY))
putBetween('docs/gray-inputs.md', 'outputs', outputTable(GRAY))

for (const [index, stage] of Object.values(STAGES).entries()) {
  const action = STAGE_ACTIONS[index]
  if (action === undefined) continue
  mkdirSync(new URL(`${stage.name}/`, root), { recursive: true })
  put(`${stage.name}/action.yml`, actionYml(action))
}
put('docs/stages.md', stagesPage())

if (stale.length > 0) {
  console.error(`not up to date: ${stale.join(', ')}. Run npm run generate and commit the result.`)
  process.exit(1)
}
