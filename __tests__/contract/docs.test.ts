import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { parseArguments } from '../../src/actions/arguments.ts'
import { loadInputs } from '../../src/actions/build/inputs.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { parseWords } from '../../src/base/lists.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const OURS = /^OWNER\/go-image-pipeline@/

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

interface Block {
  readonly file: string
  readonly line: number
  readonly language: string
  readonly text: string
}

function documents(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = posix.join(folder, entry.name)
      return entry.isDirectory() ? below(path) : entry.name.endsWith('.md') ? [path] : []
    })
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'))
  return [...top, ...below('docs'), 'examples/README.md'].sort()
}

/** The fenced blocks of a document; an indented fence (inside a list) loses its indent. */
function blocksOf(file: string): Block[] {
  const blocks: Block[] = []
  let open: { line: number; language: string; indent: string; lines: string[] } | undefined
  for (const [index, line] of readFileSync(join(ROOT, file), 'utf8').split('\n').entries()) {
    const fence = /^(\s*)```(\w*)\s*$/.exec(line)
    if (open !== undefined && fence !== null) {
      blocks.push({ file, line: open.line, language: open.language, text: `${open.lines.join('\n')}\n` })
      open = undefined
    } else if (open !== undefined) {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
    } else if (fence !== null) {
      open = { line: index + 1, language: fence[2] ?? '', indent: fence[1] ?? '', lines: [] }
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: the fence is not closed`)
  return blocks
}

/** Every `uses:` step of ours in a parsed block, with the environment of its step, job and workflow. */
interface Step {
  readonly id: string | undefined
  readonly inputs: Json
  readonly env: readonly string[]
}

function stepsOf(value: unknown, env: readonly string[] = []): Step[] {
  if (Array.isArray(value)) return value.flatMap((item) => stepsOf(item, env))
  if (!isObject(value)) return []
  const seen = [...env, ...(isObject(value['env']) ? Object.keys(value['env']) : [])]
  if (typeof value['uses'] === 'string' && OURS.test(value['uses'])) {
    return [
      {
        id: typeof value['id'] === 'string' ? value['id'] : undefined,
        inputs: isObject(value['with']) ? value['with'] : {},
        env: seen,
      },
    ]
  }
  return Object.values(value).flatMap((item) => stepsOf(item, seen))
}

/** What the runner would hand over: text, with expressions replaced by a word. */
const asText = (value: unknown): string => String(value).replace(/\$\{\{.*?\}\}/gs, 'word')

const files = documents()
const blocks = files.flatMap(blocksOf)
const yamlBlocks = blocks.filter((block) => block.language === 'yaml' || block.language === 'yml')
const name = (block: Block): string => `${block.file}:${block.line}`
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
  inputs: Json
  outputs: Json
}

function parsed(block: Block): unknown[] {
  return parseAllDocuments(block.text, { version: '1.2', uniqueKeys: true }).map((document) => {
    expect(document.errors.map((error) => error.message)).toEqual([])
    return document.toJS() as unknown
  })
}

describe('YAML in the documentation', () => {
  it('is there', () => {
    expect(yamlBlocks.length).toBeGreaterThan(20)
  })

  it.each(yamlBlocks.map((block) => [name(block), block] as const))('%s parses', (_, block) => {
    expect(parsed(block).length).toBeGreaterThan(0)
  })

  const steps = yamlBlocks.flatMap((block) =>
    stepsOf(parsed(block)).map((step, index) => [`${name(block)} step ${index + 1}`, step] as const),
  )

  it('shows the action', () => {
    expect(steps.length).toBeGreaterThan(20)
  })

  it.each(steps)('%s gives inputs that action.yml has', (_, step) => {
    expect(Object.keys(step.inputs).filter((key) => !(key in action.inputs))).toEqual([])
  })

  it.each(steps)('%s gives values that the action takes', (_, step) => {
    const given = new Map(Object.entries(step.inputs).map(([key, value]) => [key, asText(value)]))
    const env = Object.fromEntries(
      [...step.env, 'GITHUB_ACTOR', 'GITHUB_SHA'].map((key) => [key, 'word'] as const),
    )
    const { problems } = loadInputs((key) => given.get(key) ?? '', env, new Secrets())
    expect(problems).toEqual([])
  })

  it.each(yamlBlocks.map((block) => [name(block), block] as const))('%s reads known outputs', (_, block) => {
    const ids = new Set(stepsOf(parsed(block)).flatMap(({ id }) => (id === undefined ? [] : [id])))
    const read = [...block.text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)]
    const unknown = read
      .filter(([, id = '']) => ids.has(id))
      .filter(([, , output = '']) => !(output in action.outputs))
    expect(unknown.map(([text]) => text)).toEqual([])
    expect(read.filter(([, id = '']) => !block.text.includes(`id: ${id}\n`)).map(([text]) => text)).toEqual(
      [],
    )
  })

  it.each(
    yamlBlocks.flatMap((block) =>
      parsed(block).flatMap((document) =>
        isObject(document) && isObject(document['jobs'])
          ? [[name(block), document, document['jobs']] as const]
          : [],
      ),
    ),
  )('%s is a whole and careful workflow', (_, workflow, jobs) => {
    expect(Object.keys(workflow)).toEqual(expect.arrayContaining(['name', 'on', 'permissions']))
    for (const job of Object.values(jobs)) {
      if (!isObject(job)) throw new Error('a job is no object')
      if ('uses' in job) continue
      expect(typeof job['timeout-minutes']).toBe('number')
      for (const step of job['steps'] as Json[]) {
        if (String(step['uses']).startsWith('actions/checkout@')) {
          expect(step['with']).toMatchObject({ 'persist-credentials': false })
        }
        // Whatever somebody else may have typed goes through env, never into the script.
        expect(typeof step['run'] === 'string' ? step['run'] : '').not.toContain('${{')
      }
    }
  })
})

describe('commands in the documentation', () => {
  const commands = blocks
    .filter((block) => ['sh', 'bash', 'console'].includes(block.language))
    .flatMap((block) =>
      block.text
        .replaceAll('\\\n', ' ')
        .split('\n')
        .flatMap((line, index) => {
          const at = line.indexOf('dist/cli.js ')
          return at < 0
            ? []
            : [[`${block.file}:${block.line + 1 + index}`, line.slice(at + 'dist/cli.js '.length)] as const]
        }),
    )

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(5)
  })

  it.each(commands)('%s: %s', (_, command) => {
    const { words, error } = parseWords(command.replace(/\s#.*$/, ''))
    expect(error).toBeUndefined()
    const result = parseArguments(words)
    expect(result.problems).toEqual([])
    const env = { GHCR_TOKEN: 'word' }
    const read = (key: string): string => result.command.values.get(key) ?? ''
    expect(loadInputs(read, env, new Secrets()).problems).toEqual([])
  })
})

describe('links in the documentation', () => {
  const links = files.flatMap((file) =>
    [
      ...readFileSync(join(ROOT, file), 'utf8')
        .replace(/```.*?```/gs, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => [file, target] as const),
  )
  /** GitHub's anchor of a heading: lower case, punctuation gone, blanks to hyphens. */
  const anchors = (text: string): string[] =>
    [...text.replace(/```.*?```/gs, '').matchAll(/^#+\s+(.*)$/gm)].map(([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    )

  it.each(links)('%s → %s', (file, target) => {
    const [path = '', anchor] = target.split('#', 2)
    const goal = path === '' ? file : posix.join(dirname(file), path)
    expect({ goal, exists: existsSync(join(ROOT, goal)) }).toEqual({ goal, exists: true })
    if (anchor !== undefined) {
      expect(anchors(readFileSync(join(ROOT, goal), 'utf8'))).toContain(anchor)
    }
  })
})

describe('Chinese counterparts', () => {
  const twins = files.flatMap((file) => {
    const match = /^(?:docs\/zh-CN\/(.+)|(README)\.zh-CN\.md)$/.exec(file)
    if (match === null) return []
    return [[file, match[1] === undefined ? 'README.md' : `docs/${match[1]}`] as const]
  })

  it('are there for the README, recipes and traps', () => {
    expect(twins.map(([file]) => file)).toEqual(
      expect.arrayContaining(['README.zh-CN.md', 'docs/zh-CN/recipes.md', 'docs/zh-CN/traps.md']),
    )
  })

  it.each(twins)('%s says what %s says', (chinese, english) => {
    const outline = (file: string): unknown => ({
      headings: [
        ...readFileSync(join(ROOT, file), 'utf8')
          .replace(/```.*?```/gs, '')
          .matchAll(/^(#+)\s/gm),
      ].map(([, marks]) => marks),
      // The same configuration; names and comments may be translated.
      code: blocksOf(file).map((block) =>
        block.language === 'yaml'
          ? parsed(block).map((document) => withoutNames(document))
          : [block.language, block.text.replace(/\s*(#|\/\/).*$/gm, '')],
      ),
    })
    expect(outline(chinese)).toEqual(outline(english))
  })

  function withoutNames(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutNames)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== 'name')
        .map(([key, item]) => [key, withoutNames(item)]),
    )
  }
})
