import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { parseArguments } from '../../../src/actions/arguments.ts'
import { initCommand, type InitResult, printed } from '../../../src/actions/init/run.ts'
import { PipelineError } from '../../../src/base/errors.ts'
import { SystemExec } from '../../../src/base/exec.ts'
import { minuteOf } from '../../../src/pipeline/starter/calls.ts'
import { settle, starterFiles } from '../../../src/pipeline/starter/files.ts'
import type { StarterLibrary } from '../../../src/pipeline/starter/model.ts'
import { readLibrary } from '../../../src/pipeline/library.ts'
import { testAct } from '../../support/registry-act.ts'
import { FACTS, OPTIONS, STARTER_CASES } from '../../support/starter-cases.ts'

const ROOT = join(import.meta.dirname, '../../..')
const LIBRARY: StarterLibrary = {
  repository: 'OWNER/go-image-pipeline',
  version: 'v1.2.3',
  sha: '0123456789abcdef0123456789abcdef01234567',
  twins: new Map(
    ['pipeline', 'ci', 'gray-reap', 'metrics', 'base-refresh', 'template-lint', 'binaries'].map((name) => [
      `${name}.yml`,
      '',
    ]),
  ),
}

interface Caller {
  readonly name: string
  readonly on: Record<string, unknown>
  readonly permissions: unknown
  readonly jobs: Record<string, { uses: string; with?: Record<string, unknown>; secrets?: object }>
}

describe('the workflows that a repository needs', () => {
  it.each(STARTER_CASES.map((one) => [one.what, one] as const))('%s', (_, one) => {
    const starter = starterFiles({ ...FACTS, ...one.facts }, { ...OPTIONS, ...one.options }, LIBRARY)
    expect(starter.problems).toEqual([])
    const got = Object.fromEntries(
      starter.files.map(({ path, text }) => {
        const workflow = parse(text) as Caller
        const file = /^\.github\/workflows\/(.+)\.yml$/.exec(path)?.[1] ?? path
        expect(workflow.name.replaceAll(' ', '-')).toBe(file)
        expect(workflow.permissions).toEqual({})
        const [job, ...more] = Object.values(workflow.jobs)
        expect(more).toEqual([])
        const [, template = '', ref = ''] = /\.github\/workflows\/(\S+)@(\S+)$/.exec(job?.uses ?? '') ?? []
        expect(ref).toBe(LIBRARY.sha)
        expect(text).toContain(`@${LIBRARY.sha} # v1.2.3\n`)
        expect([file, Object.keys(job?.secrets ?? {})]).toEqual([file, one.secrets?.[file] ?? []])
        return [file, { template, with: job?.with ?? {} }]
      }),
    )
    expect(got).toEqual(one.files)
    for (const pattern of one.notes ?? []) expect(starter.notes.join('\n')).toMatch(pattern)
    if (one.notes === undefined) expect(starter.notes).toEqual([])
    for (const pattern of one.next ?? []) expect(starter.next.join('\n')).toMatch(pattern)
  })

  it('run on the branch that is the default', () => {
    const [file] = starterFiles({ ...FACTS, defaultBranch: 'release/v1' }, OPTIONS, LIBRARY).files
    expect((parse(file?.text ?? '') as Caller).on).toEqual({
      push: { branches: ['release/v1'], tags: ['v*'] },
      pull_request: null,
    })
  })

  const old = (name: string, text: string) => [{ path: `.github/workflows/${name}`, text }] // prettier-ignore
  const called = `    uses: ${LIBRARY.repository}/.github/workflows/pipeline.yml@v1\n`
  it.each([
    ['no remote', { remote: undefined }, {}, ['starter-images'], /has no remote/],
    ['another server', { remote: { host: 'git.example', repository: 'a/b' } }, {}, ['starter-images'], /git\.example/],
    ['an image with a tag', {}, { images: ['ghcr.io/acme/hello:1'] }, ['bad-input'], /without a tag/],
    ['a main that is not there', {}, { mains: ['./cmd/x'] }, ['bad-input'], /no such main.*use one of \./s],
    ['a service without a main', { mains: [] }, { kind: 'service' }, ['bad-input'], /needs a main package/],
    ['a library that is deployed', { mains: [] }, { productionEnvironment: 'production' }, ['bad-input'], /not deployed/],
    ['a gray release of nothing', {}, { gray: 'true' }, ['bad-input'], /environment of production/],
    ['a reaper without a state', {}, { extras: ['gray-reap'] }, ['bad-input'], /--state/],
    ['bases of a library', { mains: [] }, { extras: ['base-refresh'] }, ['bad-input'], /no images/],
    ['binaries of nothing', { mains: [] }, { extras: ['binaries'] }, ['bad-input'], /no main package/],
    ['a template that is called already', { workflows: old('build.yml', called) }, {}, ['starter-called-already'], /build\.yml calls/],
    ['several at once', { remote: undefined }, { mains: ['./x'], extras: ['gray-reap'], gray: 'true', images: [] }, ['bad-input', 'bad-input', 'bad-input'], /./],
  ] as const)('%s is told', (_, facts, options, codes, message) => {
    // The type of a remote that is not there has no key at all.
    const { remote, ...rest } = { ...FACTS, ...facts }
    const known = remote === undefined ? rest : { ...rest, remote }
    const { files, problems } = starterFiles(known, { ...OPTIONS, ...options }, LIBRARY)
    expect(files).toEqual([])
    expect(problems.map(({ code }) => code)).toEqual(codes)
    expect(new PipelineError('input', problems).message).toMatch(message)
  }) // prettier-ignore

  it('say when this release has no such template', () => {
    const { problems } = starterFiles(
      FACTS,
      { ...OPTIONS, extras: ['metrics'] },
      { ...LIBRARY, twins: new Map() },
    )
    expect(problems.map(({ what }) => what)).toEqual(['the templates of v1.2.3 have no metrics.yml'])
  })

  it('do not mind their own file, and name what else builds images', () => {
    const workflows = [
      ...old('pipeline.yml', called),
      ...old('docker.yml', '      - uses: docker/build-push-action@v6\n'),
    ]
    const { problems, next } = starterFiles({ ...FACTS, workflows }, OPTIONS, LIBRARY)
    expect(problems).toEqual([])
    expect(next.join('\n')).toMatch(/docker\.yml uses docker\/build-push-action.*migration\.md/)
  })

  it('have a minute of their own, never the full hour', () => {
    fc.assert(fc.property(fc.string(), (seed) => minuteOf(seed) >= 4 && minuteOf(seed) < 57))
  })
})

describe('copies of the templates', () => {
  it('hold everything the template calls, by local paths, with actions at the release', async () => {
    const library = (await readLibrary(ROOT)) ?? fail()
    const twins = new Map([
      ['a.yml', `# uses: X/.github/workflows/z.yml@S\n    uses: O/N/.github/workflows/b.yml@S # v1\n`],
      ['b.yml', '      - uses: O/N/scan@S # v1\n    uses: O/N/.github/workflows/a.yml@S # v1\n'],
    ])
    const files = starterFiles(FACTS, { ...OPTIONS, copies: true }, { ...library, twins: new Map([...twins, ['pipeline.yml', twins.get('a.yml') ?? '']]) }).files
    expect(files.map(({ path }) => path)).toEqual([
      '.github/workflows/pipeline.yml',
      '.github/workflows/gip-pipeline.yml',
      '.github/workflows/gip-b.yml',
      '.github/workflows/gip-a.yml',
    ])
    expect(files[0]?.text).toContain('uses: ./.github/workflows/gip-pipeline.yml\n')
    expect(files[2]?.text).toBe('      - uses: O/N/scan@S # v1\n    uses: ./.github/workflows/gip-a.yml\n')
  }) // prettier-ignore
})

describe('files that are there', () => {
  it('are new, equal but for line ends, or different', () => {
    const files = ['a', 'b', 'c'].map((path) => ({ path, text: `one\n${path}\n` }))
    const { write, same, different } = settle(files, new Map([['b', 'one\r\nb\r\n'], ['c', 'one\nother\n']])) // prettier-ignore
    expect(write.map(({ path }) => path)).toEqual(['a'])
    expect(same).toEqual(['b'])
    expect(different.map(({ path, diff }) => [path, diff.filter((line) => /^[+-]/.test(line))])).toEqual([
      ['c', ['-other', '+c']],
    ])
  })
})

describe('init', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-init-'))
    execFileSync('git', ['init', '-q', '-b', 'trunk', folder])
    execFileSync('git', ['-C', folder, 'remote', 'add', 'origin', 'git@github.com:Acme/Shop.git'])
    await put('go.mod', 'module example.com/shop\n\ngo 1.26\n')
    await put('main.go', 'package main\n\nfunc main() {}\n')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function put(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  const init = (words: string, ask?: (question: string) => Promise<boolean>): Promise<InitResult> => {
    const { command, problems } = parseArguments(['init', ...words.split(' ').filter((word) => word !== '')])
    expect(problems).toEqual([])
    const shell = {
      ...testAct(),
      exec: new SystemExec(process.env),
      cancel: () => undefined,
      close: () => Promise.resolve(),
    }
    return initCommand(command, shell, { folder, root: ROOT, ...(ask === undefined ? {} : { ask }) })
  }
  const states = ({ files }: InitResult): Record<string, string> =>
    Object.fromEntries(files.map(({ path, state }) => [path.replace('.github/workflows/', ''), state]))
  const text = (name: string): Promise<string> => readFile(join(folder, '.github/workflows', name), 'utf8')

  it('looks at a repository without a commit, from a folder inside it', async () => {
    await put('compose.yaml', 'services:\n  shop:\n    image: ${IMAGE:?}\n')
    await put('it_test.go', '//go:build integration && linux\n\npackage main\n')
    await put('no_test.go', '//go:build !integration\n\npackage main\n')
    await put('file_windows.go', 'package main\n')
    await put('testdata/x_darwin.go', 'package x\n')
    await put('sub/.keep', '')
    folder = join(folder, 'sub')
    const result = await init('')
    folder = dirname(folder)
    expect(states(result)).toEqual({ 'pipeline.yml': 'written' })
    const workflow = parse(await text('pipeline.yml')) as Caller
    expect(workflow.on['push']).toEqual({ branches: ['trunk'], tags: ['v*'] })
    expect(workflow.jobs['pipeline']?.with).toEqual({
      images: 'ghcr.io/acme/shop',
      ci: true,
      runners: 'ubuntu-latest, windows-latest',
      integration: true,
    })
    expect(printed(result)).toMatch(/^wrote \.github\/workflows\/pipeline\.yml\n\nNext:\n {2}1\. /)
  })

  it('writes twice without a word, never over what differs, with force over it', async () => {
    await init('--with template-lint')
    expect(states(await init('--with template-lint'))).toEqual({ 'pipeline.yml': 'same', 'template-lint.yml': 'same' })
    await put('.github/workflows/pipeline.yml', 'mine\n')
    await put('.github/workflows/template-lint.yml', 'mine\n')
    await rm(join(folder, '.github/workflows/metrics.yml'), { force: true })
    const refused = await init('--with template-lint,metrics').then(() => [], (error: unknown) => error instanceof PipelineError ? error.problems : [])
    expect(refused.map(({ code, where }) => [code, where])).toEqual([
      ['starter-exists', '.github/workflows/pipeline.yml'],
      ['starter-exists', '.github/workflows/template-lint.yml'],
    ])
    expect(refused[0]?.cause).toMatch(/-mine/)
    expect(refused[0]?.fix).toMatch(/--force/)
    // All or nothing.
    await expect(text('metrics.yml')).rejects.toThrow()
    await expect(text('pipeline.yml')).resolves.toBe('mine\n')
    expect(states(await init('--with template-lint --dry-run'))).toEqual({ 'pipeline.yml': 'planned', 'template-lint.yml': 'planned' })
    await expect(text('pipeline.yml')).resolves.toBe('mine\n')
    expect(states(await init('--with template-lint --force'))).toEqual({ 'pipeline.yml': 'written', 'template-lint.yml': 'written' })
    await expect(text('pipeline.yml')).resolves.toMatch(/^# The whole way/)
  }) // prettier-ignore

  it('asks on a terminal, for each file', async () => {
    await put('.github/workflows/pipeline.yml', 'mine\n')
    await put('.github/workflows/metrics.yml', 'mine\n')
    const asked: string[] = []
    const result = await init('--with metrics,template-lint', (question) => {
      asked.push(question)
      return Promise.resolve(question.includes('metrics'))
    })
    expect(asked).toHaveLength(2)
    expect(states(result)).toEqual({ 'pipeline.yml': 'kept', 'metrics.yml': 'written', 'template-lint.yml': 'written' })
    await expect(text('pipeline.yml')).resolves.toBe('mine\n')
  }) // prettier-ignore

  it('tells every bad option at once, and what is wrong with go.mod', async () => {
    await expect(init('--with metric --kind lib --templates x --working-directory ../y --production-environment a/b')).rejects.toThrow(
      /metric.*did you mean|lib/s,
    )
    const error = await init('--with metric --kind lib --templates x --working-directory ../y --production-environment a/b').catch((reason: unknown) => reason)
    expect(error instanceof PipelineError ? error.problems.map((one) => one.input) : error).toEqual(['with', 'templates', 'production-environment', 'kind', 'working-directory'])
    await rm(join(folder, 'go.mod'))
    await expect(init('')).rejects.toThrow(/no go\.mod/)
  }) // prettier-ignore

  it('copies the templates with their actions from the repository that is named', async () => {
    const result = await init('--copies --templates acme/pipeline')
    const texts = result.files.map((file) => file.text.replaceAll(/^#.*$/gm, '')).join('\n')
    expect(result.files.map((file) => file.path)).toContain('.github/workflows/gip-image.yml')
    expect(texts).toMatch(/uses: acme\/pipeline(\/\w+)?@[0-9a-f]{40} # v/)
    expect(texts).not.toContain('OWNER/go-image-pipeline')
    expect(result.next.join('\n')).not.toContain('OWNER')
  })

  it('needs the templates beside it', async () => {
    const { command } = parseArguments(['init'])
    const shell = { ...testAct(), cancel: () => undefined, close: () => Promise.resolve() }
    await expect(initCommand(command, shell, { folder, root: folder })).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'starter-no-templates' }],
    })
  })
})

function fail(): never {
  throw new Error('not there')
}
