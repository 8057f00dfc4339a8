import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { lintFiles } from '../../src/pipeline/lint/lint.ts'
import { interfacesOf } from '../../src/pipeline/lint/templates.ts'
import { readLibrary } from '../../src/pipeline/library.ts'
import { starterFiles } from '../../src/pipeline/starter/files.ts'
import type { StarterLibrary } from '../../src/pipeline/starter/model.ts'
import { describeWithRig, rigValue, ROOT } from '../support/rig.ts'
import { FACTS, OPTIONS, STARTER_CASES } from '../support/starter-cases.ts'
import { githubFindings, rewriteSelf } from '../support/workflow-files.ts'

type Grants = Record<string, string>
interface Workflow {
  readonly jobs: Record<string, { uses?: string; with?: Record<string, unknown>; permissions?: Grants }>
}

const folder = mkdtempSync(join(tmpdir(), 'gip-starter-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Everything that init would write for the repositories of the table, and as copies for one with all of it. */
const repositories = new Map<string, Map<string, string>>()
let library: NonNullable<Awaited<ReturnType<typeof readLibrary>>>

beforeAll(async () => {
  const found = await readLibrary(ROOT)
  if (found === undefined) throw new Error('the templates are not there')
  library = found
  const known: StarterLibrary = library
  for (const { what, facts, options } of STARTER_CASES)
    for (const copies of what === 'a library' || options?.state !== undefined ? [false, true] : [false]) {
      const starter = starterFiles({ ...FACTS, ...facts }, { ...OPTIONS, ...options, copies }, known)
      expect(starter.problems).toEqual([])
      repositories.set(`${what}${copies ? ', copied' : ''}`, new Map(starter.files.map(({ path, text }) => [path, text])))
    }
  let count = 0
  for (const files of repositories.values()) {
    const top = join(folder, String(count++))
    for (const [path, text] of files) {
      mkdirSync(dirname(join(top, path)), { recursive: true })
      writeFileSync(join(top, path), text)
    }
  }
}) // prettier-ignore

const called = (): [string, Map<string, string>][] =>
  [...repositories].filter(([name]) => !name.endsWith(', copied'))

/** The jobs' permissions of a template and of all it calls. */
function asked(path: string, read: (path: string) => string): Grants {
  const most: Grants = {}
  const add = (grants: Grants): void => {
    for (const [scope, level] of Object.entries(grants)) if (most[scope] !== 'write') most[scope] = level
  }
  for (const job of Object.values((parse(read(path)) as Workflow).jobs)) {
    add(job.permissions ?? {})
    if (job.uses?.startsWith('$/') === true) add(asked(job.uses.slice(2), read))
  }
  return most
}

describe('what init writes', () => {
  it('is accepted by the parser of GitHub', () => {
    // Copies call each other by local paths, which the parser looks up in this repository; actionlint reads them below.
    const paths = [...repositories].flatMap(([name, files], index) =>
      name.endsWith(', copied') ? [] : [...files.keys()].map((path) => join(folder, String(index), path)),
    )
    expect(paths.length).toBeGreaterThan(25)
    const findings = githubFindings(paths)
    expect(Object.keys(findings)).toHaveLength(paths.length)
    expect(Object.entries(findings).filter(([, list]) => list.length > 0)).toEqual([])
  })

  it('passes our own lint, so it gives only inputs that a template has, and all that it needs', () => {
    for (const [name, files] of called()) {
      const findings = lintFiles(files, {
        library,
        own: interfacesOf(files),
        repositories: [],
        allowed: [],
        levels: new Map(),
      })
      expect([name, findings]).toEqual([name, []])
    }
  })

  it('grants all that the jobs of a template ask for, and nothing else', () => {
    const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
    for (const [, files] of called())
      for (const text of files.values())
        for (const job of Object.values((parse(text) as Workflow).jobs)) {
          const path = /(\.github\/workflows\/[\w-]+\.yml)@/.exec(job.uses ?? '')?.[1] ?? ''
          expect([path, job.permissions]).toEqual([path, asked(path, read)])
        }
  })
})

describeWithRig('tools of the field', () => {
  it('zizmor, as an auditor, finds nothing in workflows that call the templates', () => {
    const paths = [...repositories].flatMap(([name], index) =>
      name.endsWith(', copied') ? [] : [join(folder, String(index))],
    )
    const done = spawnSync(
      rigValue('GIP_ZIZMOR'),
      ['--offline', '--persona=auditor', '--strict-collection', '--format=plain', '--no-progress', ...paths],
      { encoding: 'utf8' },
    )
    expect(done.stdout + done.stderr).toMatch(/No findings to report/)
    expect(done.status).toBe(0)
  })

  it('actionlint finds nothing', () => {
    for (let index = 0; index < repositories.size; index++) {
      const top = join(folder, String(index))
      spawnSync('git', ['init', '-q', top])
      for (const [path, text] of [...repositories.values()][index] ?? [])
        writeFileSync(join(top, path), rewriteSelf(text))
      const done = spawnSync(
        rigValue('GIP_ACTIONLINT'),
        ['-no-color', '-shellcheck', rigValue('GIP_SHELLCHECK')],
        { cwd: top, encoding: 'utf8' },
      )
      expect([[...repositories.keys()][index], done.stdout + done.stderr]).toEqual([[...repositories.keys()][index], ''])
    }
  }) // prettier-ignore
})
