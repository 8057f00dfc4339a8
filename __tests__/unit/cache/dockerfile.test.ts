import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { absorb, freshenSeed, laySeedModules, prepareSeed } from '../../../src/cache/dockerfile.ts'
import { dockerfileKeys } from '../../../src/cache/keys.ts'
import { markTime, measureUsage } from '../../../src/cache/trim.ts'
import { tarOf } from '../../support/image-maker.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 0, 1)
let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gip-seed-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const hash = (digit: string): string => digit.repeat(64)
const path = (digit: string, kind: 'a' | 'd'): string => `${digit}${digit}/${hash(digit)}-${kind}`
const actionText = (id: string, output: string): string =>
  `v1 ${hash(id)} ${hash(output)} ${'3'.padStart(20)} ${'1'.padStart(20)}\n`
async function entry(digit: string, kind: 'a' | 'd', content: string): Promise<void> {
  await mkdir(join(root, digit + digit), { recursive: true })
  await writeFile(join(root, path(digit, kind)), content)
}
const names = async (): Promise<string[]> =>
  (await readdir(root, { recursive: true }))
    .filter((name) => /-[ad]$/.test(name))
    .map((name) => name.slice(3, 5) + name.slice(-1))
    .sort()
const unused = async (mark: number): Promise<number> => (await measureUsage(root, mark)).unused.entries

describe('the seed', () => {
  it('has old actions, so that the go command marks those it uses, and outputs that need no mark', async () => {
    await entry('1', 'a', actionText('1', '2'))
    await entry('2', 'd', 'object')
    await prepareSeed(root, 'gip-mark', NOW)
    const time = async (file: string): Promise<number> => (await stat(join(root, file))).mtimeMs
    const [action, output, mark] = await Promise.all([
      time(path('1', 'a')),
      time(path('2', 'd')),
      time('gip-mark'),
    ])
    expect(NOW - action).toBeGreaterThan(3_600_000)
    expect(action).toBeLessThan(mark)
    expect(mark).toBeLessThan(output)
    await freshenSeed(root, NOW)
    expect(await time(path('1', 'a'))).toBe(NOW)
  })

  it('is made where there is nothing yet', async () => {
    await prepareSeed(join(root, 'new'), 'gip-mark', NOW)
    expect(await readdir(join(root, 'new'))).toEqual(['gip-mark'])
  })
})

describe('what a build has brought', () => {
  const mark = markTime(NOW)
  const archive = async (files: Record<string, string>): Promise<string> => {
    const file = join(root, 'new.tar')
    await writeFile(file, await tarOf(files))
    return file
  }
  beforeEach(async () => {
    await entry('1', 'a', actionText('1', '2'))
    await entry('2', 'd', 'used object')
    await entry('3', 'a', actionText('3', '4'))
    await entry('4', 'd', 'unused object')
    await freshenSeed(root, NOW)
  })

  it('is added; what was not used can be trimmed, outputs with their actions', async () => {
    const tar = await archive({
      [`./${path('5', 'a')}`]: actionText('5', '6'),
      [`./${path('6', 'd')}`]: 'new object',
    })
    const done = await absorb(
      root,
      [{ archive: tar, used: `./${path('1', 'a')}\n./${path('5', 'a')}\n` }],
      mark,
      NOW,
    )
    expect(done).toEqual({ added: { entries: 2, bytes: expect.any(Number) as unknown }, used: 2 })
    expect(await names()).toEqual(['11a', '22d', '33a', '44d', '55a', '66d'])
    expect(await unused(mark)).toBe(2)
    expect(await readFile(join(root, path('6', 'd')), 'utf8')).toBe('new object')
  })

  it('nothing is trimmed when no step ran, or when nothing was restored', async () => {
    expect(await absorb(root, [{ used: '' }], mark, NOW)).toMatchObject({ used: 0 })
    expect(await unused(mark)).toBe(0)
    await absorb(root, [{ used: `${path('1', 'a')}\n` }], undefined, NOW)
    expect(await unused(mark)).toBe(0)
  })

  it('an entry that is there stays, and what is no entry is left out', async () => {
    const tar = await archive({
      [path('2', 'd')]: 'another text',
      '../outside': 'x',
      [`../77/${hash('7')}-d`]: 'x',
      [`88/${hash('9')}-d`]: 'in the wrong folder',
      [`77/${hash('7')}-d/tool`]: 'x',
      '77/README': 'x',
      'trim.txt': '1',
    })
    expect((await absorb(root, [{ archive: tar, used: '' }], mark, NOW)).added.entries).toBe(0)
    expect(await readFile(join(root, path('2', 'd')), 'utf8')).toBe('used object')
    expect(await names()).toEqual(['11a', '22d', '33a', '44d'])
  })

  it('a damaged archive is a fault that the caller tells', async () => {
    const file = join(root, 'broken.tar')
    await writeFile(file, (await tarOf({ [path('5', 'd')]: 'x'.repeat(5000) })).subarray(0, 1500))
    await expect(absorb(root, [{ archive: file, used: '' }], mark, NOW)).rejects.toThrow()
  })
})

describe('modules', () => {
  it('only those that go.sum names, as the proxy sent them', async () => {
    const from = join(root, 'from')
    const at = join(from, 'cache/download/example.com/!big/@v')
    await mkdir(at, { recursive: true })
    for (const ending of ['mod', 'info', 'zip', 'ziphash', 'lock'])
      for (const version of ['v1.0.0', 'v2.0.0']) await writeFile(join(at, `${version}.${ending}`), ending)
    const to = join(root, 'to')
    const laid = await laySeedModules(
      from,
      {
        zips: new Set(['example.com/Big@v1.0.0']),
        mods: new Set(['example.com/Big@v2.0.0', 'example.com/absent@v1.0.0']),
      },
      to,
    )
    expect((await readdir(join(to, 'cache/download/example.com/!big/@v'))).sort()).toEqual([
      'v1.0.0.info', 'v1.0.0.mod', 'v1.0.0.zip', 'v1.0.0.ziphash', 'v2.0.0.info', 'v2.0.0.mod',
    ]) // prettier-ignore
    expect(laid).toEqual({ entries: 6, bytes: 'infomodzipziphashinfomod'.length })
  })
})

describe('keys', () => {
  const facts = {
    project: '.',
    modulesHash: 'abc',
    unique: '1-1',
    dockerfile: 'Dockerfile#',
    platforms: ['linux/amd64', 'linux/arm64'],
  }
  const { primary, restore, exact } = dockerfileKeys(facts)
  it('go down from the same modules to the same Dockerfile', () => {
    expect(primary.startsWith(exact)).toBe(true)
    expect(restore[0]).toBe(exact)
    expect(restore.every((key, index) => index === 0 || restore[index - 1]?.startsWith(key) === true)).toBe(
      true,
    )
    expect(dockerfileKeys({ ...facts, platforms: [...facts.platforms].reverse() }).primary).toBe(primary)
  })
  it.each([
    ['another project', { project: 'sub' }, 0],
    ['another Dockerfile', { dockerfile: 'other.Dockerfile#' }, 0],
    ['another stage', { dockerfile: 'Dockerfile#debug' }, 0],
    ['other platforms', { platforms: ['linux/amd64'] }, 1],
    ['other modules', { modulesHash: 'def' }, 2],
    ['another run', { unique: '2-1' }, 3],
  ])('%s share what they can use', (_, change, shared) => {
    const other = dockerfileKeys({ ...facts, ...change })
    expect(restore.filter((key) => other.restore.includes(key))).toHaveLength(shared)
    expect(other.primary).not.toBe(primary)
  })
})
