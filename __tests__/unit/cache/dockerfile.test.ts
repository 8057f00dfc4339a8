import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { laySeedModules, seedAmount, takeOver } from '../../../src/cache/dockerfile.ts'
import { dockerfileKeys } from '../../../src/cache/keys.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gip-seed-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const names = async (folder = root): Promise<string[]> => (await readdir(folder)).sort()

describe('the archives of a seed', () => {
  const seed = (): string => join(root, 'seed')
  const bring = async (name: string, text: string): Promise<string> => {
    await writeFile(join(root, name), text)
    return join(root, name)
  }
  beforeEach(async () => {
    await mkdir(seed())
    await writeFile(join(seed(), '0.tar'), 'old')
    await writeFile(join(seed(), '3.tar'), 'newer')
  })

  it('are counted, other files are not', async () => {
    await writeFile(join(seed(), 'x.tar'), 'something else')
    expect(await seedAmount(seed())).toEqual({ entries: 2, bytes: 8 })
  })

  it('get company by what is new', async () => {
    const archive = await bring('new.tar', 'more')
    expect(await takeOver(seed(), [{ archive, whole: false }])).toBe(4)
    expect(await names(seed())).toEqual(['0.tar', '3.tar', '4.tar'])
    expect(await readFile(join(seed(), '4.tar'), 'utf8')).toBe('more')
  })

  it('give way to what is whole, but only when all of it is', async () => {
    const one = { archive: await bring('a.tar', 'a'), whole: true }
    const two = { archive: await bring('b.tar', 'bb'), whole: false }
    await takeOver(seed(), [one, two])
    expect(await names(seed())).toEqual(['0.tar', '3.tar', '4.tar', '5.tar'])
    const three = { archive: await bring('c.tar', 'c'), whole: true }
    await takeOver(seed(), [three])
    expect(await seedAmount(seed())).toEqual({ entries: 1, bytes: 1 })
  })

  it('stay when nothing was brought', async () => {
    expect(await takeOver(seed(), [])).toBe(0)
    expect(await names(seed())).toEqual(['0.tar', '3.tar'])
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
