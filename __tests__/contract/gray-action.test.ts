import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { loadGrayInputs } from '../../src/actions/gray/inputs.ts'
import { ACTIONS, INPUTS, OUTPUTS } from '../../src/actions/gray/spec.ts'
import { Secrets } from '../../src/base/secrets.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

interface Action {
  readonly name: string
  readonly description: string
  readonly inputs: Record<string, { description: string; required: boolean; default: string }>
  readonly outputs: Record<string, { description: string }>
  readonly runs: Record<string, string>
}
const action = parse(read('gray-release/action.yml')) as Action
const names = INPUTS.map((spec) => spec.name)

/** What makes every input by itself acceptable. */
const NEEDED: Record<string, string> = {
  state: 'state.json',
  'new-version': '2',
  adapter: 'adapter.yml',
  metrics: 'metrics.yml',
}

describe('gray-release/action.yml', () => {
  it('has the inputs of the specification, in its order', () => {
    expect(Object.entries(action.inputs)).toEqual(
      INPUTS.map((spec) => [
        spec.name,
        { description: spec.description, required: false, default: spec.default },
      ]),
    )
  })

  it('has the outputs of the specification, in its order', () => {
    expect(Object.entries(action.outputs)).toEqual(
      OUTPUTS.map(({ name, description }) => [name, { description }]),
    )
  })

  it('runs main and always post, on Node 24, from the one dist', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: '../dist/gray-main.js',
      post: '../dist/gray-post.js',
      'post-if': 'always()',
    })
    for (const entry of ['gray-main', 'gray-post'])
      expect(read(`dist/${entry}.js`)).toBe(`import { start } from './index.js'\nawait start('${entry}')\n`)
  })

  it('fits the marketplace', () => {
    expect(action.description.length).toBeLessThanOrEqual(125)
  })

  it('names everything once, in kebab case', () => {
    const outputs = OUTPUTS.map((output) => output.name)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(outputs).size).toBe(outputs.length)
    for (const name of [...names, ...outputs]) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })

  it.each(INPUTS)('$name: the default is one of its kind', ({ name, kind, default: standard, choices }) => {
    expect(kind === 'choice').toBe(choices !== undefined)
    if (choices !== undefined) expect(choices).toContain(standard)
    if (kind === 'boolean') expect(['true', 'false']).toContain(standard)
    if (kind === 'number') expect(standard).toMatch(/^\d+$/)
    if (kind === 'duration') expect(standard).toMatch(/^\d+[smh]$/)
    const given = { ...NEEDED, ...(standard === '' ? {} : { [name]: standard.replace(/^\$\{\{.*/, '') }) }
    expect(loadGrayInputs((one) => given[one] ?? '', {}, new Secrets()).problems).toEqual([])
  })
})

describe('the loader', () => {
  it('asks for every input once, and for nothing else', () => {
    const asked: string[] = []
    loadGrayInputs(
      (name) => {
        asked.push(name)
        return ''
      },
      {},
      new Secrets(),
    )
    expect(asked.sort()).toEqual([...names].sort())
  })

  it('gives every input a place of the same name', () => {
    const camel = (name: string): string =>
      name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    // Durations say their unit in the name.
    const place = (name: string): string =>
      INPUTS.find((spec) => spec.name === name)?.kind === 'duration' ? `${camel(name)}Ms` : camel(name)
    const { inputs } = loadGrayInputs(() => '', {}, new Secrets())
    expect(Object.keys(inputs).sort()).toEqual(names.map(place).sort())
  })

  it.each(ACTIONS)('says what %s needs, and no more', (command) => {
    const { problems } = loadGrayInputs((name) => (name === 'command' ? command : ''), {}, new Secrets())
    expect(problems.map(({ input }) => input)).toEqual(
      command === 'release'
        ? ['state', 'new-version', 'adapter', 'metrics']
        : command === 'tick'
          ? ['state', 'metrics']
          : ['state'],
    )
  })
})

describe('docs/gray-inputs.md', () => {
  const text = read('docs/gray-inputs.md')
  it.each(INPUTS)('has $name with its default', ({ name, default: standard }) => {
    expect(text).toContain(`| \`${name}\` | ${standard === '' ? '' : `\`${standard}\``} |`)
  })
  it.each(OUTPUTS)('has the output $name', ({ name }) => {
    expect(text).toContain(`| \`${name}\` |`)
  })
})
