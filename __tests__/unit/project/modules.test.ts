import { afterAll, describe, expect, it } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TemporaryFolders } from '../../../src/base/files.ts'
import { binaryName } from '../../../src/project/mains.ts'
import { findMains, findModules, isWithin, moduleOf, normalise } from '../../../src/project/modules.ts'

const temp = new TemporaryFolders()
afterAll(() => temp.dispose())

async function repository(files: Record<string, string>): Promise<string> {
  const root = await temp.make('modules')
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  return root
}

const mod = (path: string): string => `module ${path}\n\ngo 1.26\n`
const MAIN = 'package main\n\nfunc main() {}\n'

describe('findModules', () => {
  it('finds every go.mod, but not in vendor, testdata, hidden and underscore folders', async () => {
    const root = await repository({
      'go.mod': `${mod('example.com/root')}require a v1.0.0\n`,
      'go.sum': '',
      'tools/go.mod': `${mod('example.com/root/tools')}replace a => ../a\n`,
      'vendor/modules.txt': '',
      'vendor/x/go.mod': mod('x'),
      'testdata/t/go.mod': mod('t'),
      'node_modules/n/go.mod': mod('n'),
      '_old/go.mod': mod('o'),
      '.cache/go.mod': mod('c'),
    })
    const workspace = await findModules(root, '.')
    expect(workspace.modules).toEqual([
      {
        dir: '.',
        path: 'example.com/root',
        go: '1.26',
        dependencies: true,
        vendored: true,
        replacesOutside: false,
      },
      {
        dir: 'tools',
        path: 'example.com/root/tools',
        go: '1.26',
        dependencies: false,
        vendored: false,
        replacesOutside: false,
      },
    ])
    expect(workspace.sumFiles).toEqual(['go.mod', 'go.sum', 'tools/go.mod'])
    expect(workspace.problems).toEqual([])
  })

  it.each([
    ['.', './inner', false],
    ['tools', '..', false],
    ['tools', '../inner', false],
    ['.', '../other', true],
    ['tools', '../../other', true],
    ['.', '..', true],
    ['.', '/srv/other', true],
    ['.', 'C:/other', true],
  ])('in %s, a replace by %s leaves the repository: %s', async (dir, target, outside) => {
    const root = await repository({ [`${dir}/go.mod`]: `${mod('m')}\nreplace example.com/x => ${target}\n` })
    const { modules } = await findModules(root, dir)
    expect(modules.map((module) => module.replacesOutside)).toEqual([outside])
  })

  it('takes the modules that a go.work uses, also when the working directory lies below it', async () => {
    const root = await repository({
      'go.work': 'go 1.26\ntoolchain go1.26.3\nuse ./a\nuse ./b\n',
      'go.work.sum': '',
      'a/go.mod': mod('example.com/a'),
      'b/go.mod': mod('example.com/b'),
      'b/go.sum': '',
      'unused/go.mod': mod('example.com/unused'),
    })
    for (const folder of ['.', 'a', './b/']) {
      const workspace = await findModules(root, folder)
      expect(workspace.modules.map((m) => m.dir)).toEqual(['a', 'b'])
      expect(workspace).toMatchObject({ work: 'go.work', go: '1.26', toolchain: 'go1.26.3', problems: [] })
      expect(workspace.sumFiles).toEqual(['a/go.mod', 'b/go.mod', 'b/go.sum', 'go.work', 'go.work.sum'])
    }
    expect((await findModules(root, '.', { gowork: 'off' })).modules.map((m) => m.dir)).toEqual([
      'a',
      'b',
      'unused',
    ])
    expect((await findModules(root, 'a', { gowork: join(root, 'go.work') })).work).toBe('go.work')
  })

  it('takes the module above when the working directory is a folder of it', async () => {
    const root = await repository({ 'svc/go.mod': mod('example.com/svc'), 'svc/cmd/x/main.go': MAIN })
    expect((await findModules(root, 'svc/cmd')).modules.map((m) => m.dir)).toEqual(['svc'])
  })

  it('tells all problems at once', async () => {
    const root = await repository({
      'go.work': 'use ./gone\nuse ../outside\nuse ./bad\n',
      'bad/go.mod': 'modul x\n',
    })
    const { problems } = await findModules(root, '.')
    expect(problems.map((p) => [p.code, p.where])).toEqual([
      ['go-work-use-missing', 'go.work:1'],
      ['go-work-outside', 'go.work:2'],
      ['go-mod-syntax', 'bad/go.mod:1'],
    ])
    expect((await findModules(await repository({ 'a.txt': '' }), '.')).problems).toMatchObject([
      { code: 'no-go-mod' },
    ])
    expect((await findModules(await repository({ 'go.work': 'go 1.26\n' }), '.')).problems).toMatchObject([
      { code: 'no-go-mod' },
    ])
  })
})

describe('findMains', () => {
  it('finds the folders with a main that builds for an image', async () => {
    const root = await repository({
      'go.mod': mod('example.com/app/v2'),
      'main.go': `// Package main is it.\npackage main\n\nimport "fmt"\n\nfunc main() { fmt.Println("func main()") }\n`,
      'cmd/server/main.go': MAIN,
      'cmd/server/util.go': 'package main\n',
      'cmd/lib/lib.go': 'package lib\n\nfunc main() {}\n',
      'cmd/nomain/x.go':
        'package main\n\n// func main() {}\n/*\nfunc main() {}\n*/\nvar s = `\nfunc main() {}\n`\n',
      'cmd/ignored/gen.go': `//go:build ignore\n\n${MAIN}`,
      'cmd/mac/main_darwin.go': MAIN,
      'cmd/win/main_windows.go': MAIN,
      'cmd/tagged/main.go': `//go:build extra && (linux || darwin)\n\n${MAIN}`,
      'cmd/tested/x_test.go': MAIN,
      'testdata/m/main.go': MAIN,
      'vendor/v/main.go': MAIN,
      'nested/go.mod': mod('example.com/nested'),
      'nested/main.go': MAIN,
    })
    const workspace = await findModules(root, '.')
    const mains = await findMains(root, '.', workspace)
    expect(mains.map((m) => [m.path, m.importPath, m.name])).toEqual([
      ['.', 'example.com/app/v2', 'app'],
      ['./cmd/server', 'example.com/app/v2/cmd/server', 'server'],
      ['./cmd/win', 'example.com/app/v2/cmd/win', 'win'],
      ['./nested', 'example.com/nested', 'nested'],
    ])
    const tagged = await findMains(root, 'cmd', workspace, { tags: ['extra'], systems: ['linux'] })
    expect(tagged.map((m) => m.path)).toEqual(['./server', './tagged'])
    expect(tagged[0]?.module.dir).toBe('.')
  })
})

it.each([
  ['example.com/a/cmd/server', 'server'],
  ['example.com/a/v2', 'a'],
  ['example.com/a/v1', 'v1'],
  ['tool', 'tool'],
])('binaryName(%s) = %s', (path, name) => expect(binaryName(path)).toBe(name))

it('paths', () => {
  expect(['', '.', './a//b/', 'a\\b', './'].map(normalise)).toEqual(['.', '.', 'a/b', 'a/b', '.'])
  expect(isWithin('ab', 'a')).toBe(false)
  expect(isWithin('a/b', 'a')).toBe(true)
  expect(isWithin('../x', '.')).toBe(false)
  const module = (dir: string) => ({
    dir,
    path: dir,
    dependencies: false,
    vendored: false,
    replacesOutside: false,
  })
  expect(moduleOf([module('.'), module('a'), module('a/b')], 'a/b/c')?.dir).toBe('a/b')
  expect(moduleOf([module('a')], 'b')).toBeUndefined()
})
