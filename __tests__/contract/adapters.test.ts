import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { ADAPTER_KINDS } from '../../src/gray/adapters/index.ts'
import { ROOT } from '../support/rig.ts'

/*
 * docs/adapters.md, followed to the letter: its blocks are put where they say they belong, type checked there, and its test is run.
 * Nothing is written into the repository: the files lie in a temporary folder, and imports of others are pointed back here.
 */
const page = readFileSync(join(ROOT, 'docs/adapters.md'), 'utf8')
const INDEX = 'src/gray/adapters/index.ts'
const TEST = '__tests__/unit/gray/adapters/edge.test.ts'

/** The TypeScript blocks by the path in their first line. */
const blocks = new Map(
  [...page.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, path = '', text = '']) => [path, text]),
)

/** The registry with the page's two lines in it. */
function registered(): string {
  const lines = (blocks.get(INDEX) ?? '').split('\n')
  const added = lines.filter((line) => line.startsWith('import '))
  const kinds = lines.filter((line) => line.startsWith('  '))
  const index = readFileSync(join(ROOT, INDEX), 'utf8')
  const last = index.lastIndexOf('\nimport ') + 1
  const opening = /^const KINDS.*= \{\n/m.exec(index)
  if (opening === null || added.length === 0 || kinds.length === 0) throw new Error('the page has gone stale')
  const at = opening.index + opening[0].length
  return `${index.slice(0, last)}${added.join('\n')}\n${index.slice(last, at)}${kinds.join('\n')}\n${index.slice(at)}`
}

const files = new Map([...blocks, [INDEX, registered()]])

describe('docs/adapters.md', () => {
  it('shows an adapter, its registration and its test', () => {
    expect([...blocks.keys()]).toEqual(['src/gray/adapters/edge.ts', INDEX, TEST])
  })

  it('has a section for every kind', () => {
    for (const kind of [...ADAPTER_KINDS, 'hosts']) expect(page).toContain(`| \`${kind}\` |`)
    for (const kind of ADAPTER_KINDS) expect(page).toMatch(new RegExp(`^## ${kind}$`, 'm'))
  })

  it('shows code without a fault of types', () => {
    const config = ts.getParsedCommandLineOfConfigFile(
      join(ROOT, 'tsconfig.check.json'),
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
    )
    if (config === undefined) throw new Error('no configuration')
    const options = { ...config.options, incremental: false }
    delete options.tsBuildInfoFile
    const host = ts.createCompilerHost(options)
    const place = (name: string): string => relative(ROOT, resolve(name)).replaceAll('\\', '/')
    const { sys } = ts
    host.readFile = (name) => files.get(place(name)) ?? sys.readFile(name)
    host.fileExists = (name) => files.has(place(name)) || sys.fileExists(name)
    host.getSourceFile = (name, version) => {
      const text = host.readFile(name)
      return text === undefined ? undefined : ts.createSourceFile(name, text, version)
    }
    const names = [...files.keys()].map((path) => join(ROOT, path))
    const program = ts.createProgram(names, options, host)
    const faults = names.flatMap((name) => {
      const source = program.getSourceFile(name)
      return source === undefined
        ? [`${name} is not there`]
        : [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
            ({ messageText }) => `${place(name)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
          )
    })
    expect(faults).toEqual([])
  }, 120_000)
})

const folder = mkdtempSync(join(tmpdir(), 'gip-adapters-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
for (const [path, text] of files) {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  const pointed = text.replaceAll(/ from '(\.[^']+)'/g, (_, name: string) => {
    const target = resolve(dirname(join(ROOT, path)), name)
    const own = files.has(relative(ROOT, target).replaceAll('\\', '/'))
    return ` from '${own ? join(folder, relative(ROOT, target)) : target}'`
  })
  writeFileSync(file, pointed)
}
// Its own describe and it are registered here.
await import(join(folder, TEST))
