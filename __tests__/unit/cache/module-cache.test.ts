import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  countModules,
  escapeModule,
  pruneModules,
  shareOfModules,
  unescapeModule,
  wantedModules,
} from '../../../src/cache/module-cache.ts'

let download: string
beforeEach(async () => {
  download = await mkdtemp(join(tmpdir(), 'modules-'))
})
afterEach(async () => {
  await rm(download, { recursive: true, force: true })
})

async function put(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(download, file)), { recursive: true })
    await writeFile(join(download, file), '')
  }
}
const left = async (): Promise<string[]> =>
  (await readdir(download, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(download.length + 1))
    .sort()

const sum = (content: string, path = 'go.sum'): { path: string; content: string } => ({ path, content })
const wanted = wantedModules([
  sum('a.b/C v1.0.0 h1:x=\na.b/C v1.0.0/go.mod h1:y=\nd.e/f v2.0.0+incompatible/go.mod h1:z=\r\n'),
  sum('g.h/i v0.0.0-20260101000000-abcdefabcdef h1:w=\n', 'work\\go.work.sum'),
  sum('not v9 h1:counted=\n', 'README.md'),
  sum('broken line\n\n'),
])

it('reads what go.sum files name', () => {
  expect([...wanted.zips]).toEqual(['a.b/C@v1.0.0', 'g.h/i@v0.0.0-20260101000000-abcdefabcdef'])
  expect([...wanted.mods]).toEqual(['a.b/C@v1.0.0', 'd.e/f@v2.0.0+incompatible'])
})

it('escapes capitals, both ways', () => {
  expect(escapeModule('github.com/Azure/X')).toBe('github.com/!azure/!x')
  const path = fc.stringMatching(/^[A-Za-z0-9./~_-]*$/)
  fc.assert(fc.property(path, (text) => unescapeModule(escapeModule(text)) === text))
})

describe('pruning', () => {
  it('keeps what go.sum names and drops other versions and modules', async () => {
    await put(
      'a.b/!c/@v/v1.0.0.zip', 'a.b/!c/@v/v1.0.0.ziphash', 'a.b/!c/@v/v1.0.0.info', 'a.b/!c/@v/v1.0.0.mod', 'a.b/!c/@v/v1.0.0.lock', 'a.b/!c/@v/list',
      'a.b/!c/@v/v0.9.0.zip', 'a.b/!c/@v/v0.9.0.mod', 'a.b/!c/@v/v0.9.0.info',
      'd.e/f/@v/v2.0.0+incompatible.mod', 'd.e/f/@v/v2.0.0+incompatible.zip',
      'old/module/@v/v1.0.0.zip', 'old/module/@v/v1.0.0.mod', 'old/module/@v/list',
      'a.b/!c/sub/@v/v1.0.0.mod',
      'sumdb/sum.golang.org/latest', 'sumdb/sum.golang.org/tile/8/0/001',
    ) // prettier-ignore
    expect(await pruneModules(download, wanted)).toBe(8)
    expect(await left()).toEqual([
      'a.b/!c/@v/list', 'a.b/!c/@v/v1.0.0.info', 'a.b/!c/@v/v1.0.0.lock', 'a.b/!c/@v/v1.0.0.mod', 'a.b/!c/@v/v1.0.0.zip', 'a.b/!c/@v/v1.0.0.ziphash',
      'd.e/f/@v/v2.0.0+incompatible.mod',
      'sumdb/sum.golang.org/latest', 'sumdb/sum.golang.org/tile/8/0/001',
    ]) // prettier-ignore
  })

  it('has nothing to do where nothing was restored', async () => {
    expect(await pruneModules(join(download, 'missing'), wanted)).toBe(0)
  })
})

it('counts zips and go.mod files, without toolchains', async () => {
  await put(
    'a.b/!c/@v/v1.0.0.zip',
    'a.b/!c/@v/v1.0.0.mod',
    'x/@v/v1.mod',
    'golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip',
    'sumdb/x/@v/v1.zip',
  )
  expect(await countModules(download)).toEqual({ zips: 1, mods: 2 })
  expect(await countModules(join(download, 'missing'))).toEqual({ zips: 0, mods: 0 })
})

it('tells how much of what is wanted is there', async () => {
  expect(await shareOfModules(download, wanted)).toBe(0)
  await put('a.b/!c/@v/v1.0.0.zip', 'other/@v/v1.0.0.zip')
  expect(await shareOfModules(download, wanted)).toBe(0.5)
  expect(await shareOfModules(download, wantedModules([]))).toBe(0)
})
