import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectorText, fillerText, type Place } from '../../../src/project/dockerfile.ts'

const NOW = Math.floor(Date.now() / 1000)
const OLD = NOW - 7200
const MARK = NOW - 3600

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gip-helper-'))
  await mkdir(join(root, 'gip/in'), { recursive: true })
  await mkdir(join(root, 'mount'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const place = (kind: Place['kind']): Place => ({
  kind,
  text: 'type=cache,target=/c',
  target: '/c',
  id: '/c',
  path: join(root, 'mount'),
  from: 'FROM golang',
})

/** Runs the script of a build of ours outside of it, below the folder of the test. */
function run(dockerfile: string, env: Record<string, string>): void {
  const json = /^RUN .* (\[".*\])$/m.exec(dockerfile)?.[1] ?? '[]'
  const [shell = '', ...args] = JSON.parse(json.replaceAll('/.gip', join(root, 'gip'))) as string[]
  execFileSync(shell, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'pipe' })
}
const fill = (kind: Place['kind'] = 'build'): void =>
  run(fillerText([], [place(kind)]), { GIP_OLD: String(OLD), GIP_MARK: String(MARK) })
const collect = (repack = true): void =>
  run(collectorText([], [place('build')]), { GIP_REPACK: String(repack) })

const hash = (digit: string): string => digit.repeat(64)
const path = (digit: string, kind: 'a' | 'd'): string => `./${digit}${digit}/${hash(digit)}-${kind}`
const action = (id: string, output: string): string => `v1 ${hash(id)} ${hash(output)}   1  2\n`
async function put(folder: string, digit: string, kind: 'a' | 'd', text: string): Promise<void> {
  await mkdir(join(folder, digit + digit), { recursive: true })
  await writeFile(join(folder, path(digit, kind)), text)
}
const inMount = (digit: string, kind: 'a' | 'd', text: string): Promise<void> =>
  put(join(root, 'mount'), digit, kind, text)
/** Entries, as `1a`. */
const short = (names: readonly string[]): string[] =>
  names.filter((name) => /-[ad]$/.test(name)).map((name) => `${name.split('/').at(-1)?.[0] ?? ''}${name.at(-1) ?? ''}`).sort() // prettier-ignore
const packed = (name: string): string[] | undefined => {
  const file = join(root, 'gip/out', name)
  return existsSync(file)
    ? short(execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).split('\n'))
    : undefined
}

/** An archive with two actions and their outputs; the second output is the large one. */
async function seed(): Promise<void> {
  const from = join(root, 'from')
  await put(from, '1', 'a', action('1', '2'))
  await put(from, '2', 'd', 'small')
  await put(from, '3', 'a', action('3', '4'))
  await put(from, '4', 'd', 'large'.repeat(1000))
  execFileSync('tar', ['-cf', join(root, 'gip/in/0.tar'), '-C', from, '.'])
}
/** What cmd/go does with an entry that it uses. */
const use = (digit: string, kind: 'a' | 'd'): Promise<void> =>
  utimes(join(root, 'mount', path(digit, kind)), NOW, NOW)

describe('the filling build', () => {
  it('unpacks every archive, with times that the go command renews', async () => {
    await seed()
    await put(join(root, 'more'), '5', 'd', 'x')
    execFileSync('tar', ['-cf', join(root, 'gip/in/1.tar'), '-C', join(root, 'more'), '.'])
    fill()
    expect(short((await readdir(join(root, 'mount'), { recursive: true })).map(String))).toEqual([
      '1a', '2d', '3a', '4d', '5d',
    ]) // prettier-ignore
    expect(execFileSync('find', [join(root, 'mount'), '-name', '*-[ad]', '-newer', join(root, 'mount/gip-mark')], { encoding: 'utf8' })).toBe('') // prettier-ignore
  })

  it('has nothing to do without archives, and fails with a damaged one', async () => {
    fill()
    await writeFile(join(root, 'gip/in/0.tar'), 'no archive at all')
    expect(() => fill()).toThrow()
  })

  it('copies modules', async () => {
    await mkdir(join(root, 'gip/in/cache/download'), { recursive: true })
    await writeFile(join(root, 'gip/in/cache/download/x.zip'), 'zip')
    fill('modules')
    expect(await readFile(join(root, 'mount/cache/download/x.zip'), 'utf8')).toBe('zip')
  })
})

describe('the collecting build', () => {
  it('packs all that is there when nothing was filled in', async () => {
    await inMount('1', 'a', action('1', '2'))
    await inMount('2', 'd', 'text')
    await writeFile(join(root, 'mount/trim.txt'), '1')
    collect()
    expect(packed('new.tar')).toEqual(['1a', '2d'])
    expect(await readFile(join(root, 'gip/out/new'), 'utf8')).toBe(`${path('1', 'a')}\n${path('2', 'd')}\n`)
  })

  it('packs only what is new while most is used', async () => {
    await seed()
    fill()
    await use('3', 'a')
    await inMount('5', 'a', action('5', '6'))
    await inMount('6', 'd', 'new')
    collect()
    expect(packed('new.tar')).toEqual(['5a', '6d'])
    expect(packed('whole.tar')).toBeUndefined()
  })

  it('packs all that was used, outputs with their actions, when much was not', async () => {
    await seed()
    fill()
    await use('1', 'a')
    await inMount('5', 'd', 'new')
    collect(false)
    expect(packed('new.tar')).toEqual(['5d'])
    await rm(join(root, 'gip/out'), { recursive: true })
    collect()
    expect(packed('whole.tar')).toEqual(['1a', '2d', '5d'])
    expect(packed('new.tar')).toBeUndefined()
  })

  it('packs nothing when nothing is new', async () => {
    await seed()
    fill()
    for (const [digit, kind] of [['1', 'a'], ['3', 'a']] as const) await use(digit, kind) // prettier-ignore
    collect()
    expect(await readdir(join(root, 'gip/out'))).toEqual(['new'])
  })
})
