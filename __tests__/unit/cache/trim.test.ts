import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  holdsActions,
  markEntries,
  markTime,
  estimateUsage,
  outputOf,
  saveDecision,
  trimUnused,
  type Usage,
  writeTrimStamp,
} from '../../../src/cache/trim.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 0, 1)
let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'trim-'))
})
afterEach(async () => {
  await rm(cache, { recursive: true, force: true })
})

const hash = (digit: string): string => digit.repeat(64)
const at = (name: string): string => join(cache, name.slice(0, 2), name)
async function entry(name: string, content = ''): Promise<string> {
  await mkdir(join(cache, name.slice(0, 2)), { recursive: true })
  await writeFile(at(name), content)
  return at(name)
}
/** An action that names an output, in cmd/go's form. */
const action = (id: string, output: string): Promise<string> =>
  entry(`${hash(id)}-a`, `v1 ${hash(id)} ${hash(output)} ${'3'.padStart(20)} ${'1'.padStart(20)}\n`)
const use = (name: string): Promise<void> => utimes(at(name), NOW / 1000, NOW / 1000)
const names = async (): Promise<string[]> =>
  (await readdir(cache, { recursive: true }))
    .filter((name) => /-[ad]$/.test(name))
    .map((name) => name.slice(3))
    .sort()

const usageOf = async (folder: string, mark: number | undefined): Promise<Usage> =>
  (await estimateUsage(folder, mark)).exact()

describe('marking', () => {
  it('chooses a time that cmd/go refreshes on use and does not trim, on a whole even second', () => {
    const mark = markTime(NOW)
    expect(mark % 2000).toBe(0)
    const age = NOW - mark
    expect(age).toBeGreaterThanOrEqual(2 * 3_600_000)
    expect(age).toBeLessThan(2 * 3_600_000 + 2000)
  })

  it('sets every entry and nothing else', async () => {
    await action('a', 'b')
    await entry(`${hash('b')}-d`, 'obj')
    await mkdir(join(cache, 'cc', `${hash('c')}-d`), { recursive: true })
    await writeFile(join(cache, 'cc', `${hash('c')}-d`, 'tool'), '12345')
    await writeFile(join(cache, 'README'), 'x')
    await entry('aa-notes', 'x')
    const before = (await stat(join(cache, 'README'))).mtimeMs
    const mark = markTime(NOW)
    const found = await markEntries(cache, mark)
    expect(found.entries).toBe(3)
    expect(found.bytes).toBe((await stat(at(`${hash('a')}-a`))).size + 3 + 5)
    for (const name of [`${hash('a')}-a`, `${hash('b')}-d`, `${hash('c')}-d`])
      expect((await stat(at(name))).mtimeMs).toBe(mark)
    expect((await stat(join(cache, 'README'))).mtimeMs).toBe(before)
  })

  it('tells cmd/go that the cache is trimmed', async () => {
    await writeTrimStamp(cache, NOW)
    expect(await readFile(join(cache, 'trim.txt'), 'utf8')).toBe(String(Math.floor(NOW / 1000)))
  })

  it('does nothing where there is nothing', async () => {
    expect(await markEntries(join(cache, 'missing'), 0)).toEqual({ entries: 0, bytes: 0 })
    expect(await usageOf(join(cache, 'missing'), 0)).toEqual({
      all: { entries: 0, bytes: 0 },
      unused: { entries: 0, bytes: 0 },
    })
    expect(await holdsActions(join(cache, 'missing'), 1)).toBe(false)
  })
})

describe('trimming', () => {
  it('removes what was restored and not used: actions, outputs, executables', async () => {
    await action('a', 'b')
    await entry(`${hash('b')}-d`, 'used')
    await action('c', 'd')
    await entry(`${hash('d')}-d`, 'unused')
    await mkdir(join(cache, 'ee', `${hash('e')}-d`), { recursive: true })
    await writeFile(join(cache, 'ee', `${hash('e')}-d`, 'tool'), 'unused')
    const mark = markTime(NOW)
    await markEntries(cache, mark)
    await use(`${hash('a')}-a`)
    await use(`${hash('b')}-d`)
    await entry(`${hash('f')}-d`, 'new')

    const usage = await usageOf(cache, mark)
    expect(usage.all.entries).toBe(6)
    expect(usage.unused.entries).toBe(3)
    expect(await names()).toHaveLength(6)
    const trimmed = await trimUnused(cache, mark)
    expect(trimmed.removed).toEqual(usage.unused)
    expect(trimmed.kept.entries).toBe(3)
    expect(await names()).toEqual([`${hash('a')}-a`, `${hash('b')}-d`, `${hash('f')}-d`])
  })

  /** An action that was used, and its output that was not touched. */
  const restoredAndHalfUsed = async (): Promise<number> => {
    await action('a', 'b')
    await entry(`${hash('b')}-d`, 'not touched, but named')
    const mark = markTime(NOW)
    await markEntries(cache, mark)
    await use(`${hash('a')}-a`)
    return mark
  }

  it('keeps an output that only its action speaks for', async () => {
    const mark = await restoredAndHalfUsed()
    await trimUnused(cache, mark)
    expect(await names()).toEqual([`${hash('a')}-a`, `${hash('b')}-d`])
  })

  it('counts without opening an action what may be unused: an upper bound', async () => {
    const mark = await restoredAndHalfUsed()
    const bound = await estimateUsage(cache, mark)
    const exact = await bound.exact()
    expect([bound.all, bound.unused.entries, exact.unused.entries]).toEqual([exact.all, 1, 0])
  })

  it('never removes what was there before the restore', async () => {
    await action('a', 'b')
    await utimes(at(`${hash('a')}-a`), 1_000_000, 1_000_000)
    await trimUnused(cache, markTime(NOW))
    expect(await names()).toEqual([`${hash('a')}-a`])
  })

  it('counts nothing as unused when nothing was marked', async () => {
    await action('a', 'b')
    expect((await usageOf(cache, undefined)).unused.entries).toBe(0)
  })
})

it.each([
  [`v1 ${hash('a')} ${hash('b')}                    3                    1\n`, hash('b')],
  ['', undefined],
  [`v2 ${hash('a')} ${hash('b')} 3 1\n`, undefined],
  [`v1 ${hash('a')} ../../x 3 1\n`, undefined],
])('reads the output of an action entry', (content, output) => {
  expect(outputOf(content)).toBe(output)
})

it('counts actions up to a limit', async () => {
  await action('a', 'b')
  await action('c', 'b')
  await entry(`${hash('d')}-d`)
  expect(await holdsActions(cache, 2)).toBe(true)
  expect(await holdsActions(cache, 3)).toBe(false)
})

describe('the decision to save', () => {
  const amount = (entries: number, mb: number): { entries: number; bytes: number } => ({
    entries,
    bytes: mb * 1e6,
  })
  it.each([
    ['nothing compiled', undefined, amount(0, 0), amount(0, 0), true, false, /nothing was compiled/],
    ['nothing restored', undefined, amount(10, 1), amount(0, 0), true, true, /no entry was restored/],
    ['an empty entry restored', amount(0, 0), amount(10, 1), amount(0, 0), true, true, /no entry/],
    ['nothing new', amount(1000, 100), amount(1000, 100), amount(0, 0), true, false, /0\.0 %/],
    ['one line edited', amount(1000, 100), amount(1010, 101), amount(0, 0), true, false, /1\.0 %/],
    ['a dependency bumped', amount(1000, 100), amount(1080, 110), amount(0, 0), true, true, /10 % more/],
    ['many small ones', amount(1000, 100), amount(1100, 101), amount(0, 0), true, true, /10 % more/],
    ['the same on a branch', amount(1000, 100), amount(1080, 110), amount(0, 0), false, false, /only 10 %/],
    ['a rewrite on a branch', amount(1000, 100), amount(1300, 130), amount(0, 0), false, true, /30 % more/],
    ['dead weight', amount(1000, 100), amount(1000, 100), amount(400, 40), true, true, /40 % of it/],
    ['dead weight on a branch', amount(1000, 100), amount(1000, 100), amount(400, 40), false, false, /only/],
    [
      'a shared folder with less than restored',
      amount(1000, 100),
      amount(900, 90),
      amount(0, 0),
      true,
      false,
      /only 0\.0 %/,
    ],
  ])('%s', (_, restored, all, unused, defaultBranch, save, why) => {
    const decision = saveDecision({ restored, usage: { all, unused }, defaultBranch })
    expect(decision.save).toBe(save)
    expect(decision.why).toMatch(why)
  })
})
