import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { loadInputs } from '../../src/actions/build/inputs.ts'
import { INPUTS, OUTPUTS } from '../../src/actions/build/spec.ts'
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
const action = parse(read('action.yml')) as Action
const names = INPUTS.map((spec) => spec.name)

describe('action.yml', () => {
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

  it('runs main and always post on Node 24', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: 'dist/main.js',
      post: 'dist/post.js',
      'post-if': 'always()',
    })
  })

  it('fits the marketplace', () => {
    expect(action.name).toBe('go-image-pipeline')
    // The marketplace cuts longer ones off.
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
    expect(loadInputs((one) => (one === name ? standard.replace(/^\$\{\{.*/, '') : ''), {}, new Secrets()).problems).toEqual([])
  }) // prettier-ignore
})

describe('the loader', () => {
  it('asks for every input once, and for nothing else', () => {
    const asked: string[] = []
    loadInputs(
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
    const { inputs } = loadInputs(() => '', {}, new Secrets())
    expect(Object.keys(inputs).sort()).toEqual(names.map(place).sort())
  })
})

describe('dist', () => {
  it.each(['main', 'post', 'cli', 'cache-worker'])('%s.js starts its entry and is tracked', (entry) => {
    expect(read(`dist/${entry}.js`)).toMatch(
      new RegExp(`^(#!/usr/bin/env node\n)?import .*'./index.js'\nawait start\\('${entry}'\\)\n$`),
    )
    expect(tracked).toContain(`dist/${entry}.js`)
  })

  it('is tracked whole, as an ES module, with its licences', () => {
    const there = readdirSync(join(ROOT, 'dist')).map((name) => `dist/${name}`)
    expect(tracked.filter((file) => file.startsWith('dist/')).sort()).toEqual(there.sort())
    expect(JSON.parse(read('dist/package.json'))).toMatchObject({ type: 'module' })
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    const licensed = read('dist/licenses.txt').split('\n')
    for (const name of ['@actions/cache', '@actions/core', 'undici', 'yaml', 'semver']) {
      expect(Object.keys(dependencies)).toContain(name)
      expect(licensed).toContain(name)
    }
  })
})

describe('the package', () => {
  const manifest = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies' | 'overrides',
    Record<string, string>
  > & { license: string; bin: Record<string, string> }

  it('is under MIT', () => {
    expect(read('LICENSE')).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} /)
    expect(manifest.license).toBe('MIT')
  })

  it.each(
    (['dependencies', 'devDependencies', 'overrides'] as const).flatMap((group) =>
      Object.entries(manifest[group]),
    ),
  )('%s is pinned to one version (%s)', (_, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('has its program', () => {
    for (const file of Object.values(manifest.bin)) expect(existsSync(join(ROOT, file))).toBe(true)
  })
})

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)))

describe('tracked files', () => {
  const texts = tracked
    .filter((file) => !file.startsWith('dist/'))
    .map((file) => [file, read(file)] as const)
    .filter(([, text]) => !text.includes('\0'))
  const found = (pattern: RegExp): string[] =>
    texts.flatMap(([file, text]) =>
      text
        .split('\n')
        .flatMap((line, at) => (pattern.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
    )

  it('name no folder of the machine they were written on', () => {
    expect(texts.length).toBeGreaterThan(100)
    expect(found(/(^|[^A-Za-z0-9_.$}])\/(wor[k]|far[m])\//)).toEqual([])
  })

  it('name no package registry: clients know theirs', () => {
    const hosts = found(
      /https?:\/\/(registry|deb|files|proxy|pypi|repo1?|index|static)\.[a-z]+\.(org|io|com)/,
    )
    // The key under which Docker keeps the login of Docker Hub.
    expect(hosts.filter((line) => !line.includes('https://index.docker.io/v1/'))).toEqual([])
  })
})

describe('our own workflows', () => {
  const folder = join(ROOT, '.github/workflows')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml'))

  it('are there', () => expect(files).toContain('self-ci.yml'))

  it.each(files)('%s asks for few rights and pins what others wrote', (file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    const workflow = parse(text) as {
      on?: { workflow_call?: { inputs?: Record<string, { type?: string; default?: unknown }> } }
      permissions: unknown
      jobs: Record<
        string,
        { 'timeout-minutes'?: number | string; steps?: { uses?: string; with?: unknown }[] }
      >
    }
    // A callable workflow may leave the limit to its caller, within an input that has a number as default.
    const minutes = (limit: number | string | undefined): unknown => {
      const [, name = ''] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(String(limit)) ?? []
      const declared = workflow.on?.workflow_call?.inputs?.[name]
      return declared?.type === 'number' ? declared.default : limit
    }
    expect(workflow.permissions).toEqual({})
    for (const job of Object.values(workflow.jobs)) {
      if (job.steps === undefined) continue
      expect(minutes(job['timeout-minutes'])).toBeGreaterThan(0)
      for (const { uses, with: given } of job.steps) {
        if (uses?.startsWith('actions/checkout@') === true)
          expect(given).toMatchObject({ 'persist-credentials': false })
      }
    }
    const uses = [...text.matchAll(/uses: *([^.\s#][^\s]*)( +#.*)?/g)]
    for (const [line, , comment = ''] of uses.filter(([, ref = '']) => !/^(OWNER|\$)\//.test(ref))) {
      expect(line).toMatch(/@[0-9a-f]{40} /)
      expect(comment).toMatch(/# v\d+\.\d+\.\d+/)
    }
  })
})
