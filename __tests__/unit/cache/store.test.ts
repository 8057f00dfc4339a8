import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { moveInto } from '../../../src/cache/store.ts'

describe('moveInto', () => {
  let top: string
  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'gip-move-'))
    await mkdir(join(top, 'to'))
  })
  afterEach(() => rm(top, { recursive: true, force: true }))

  const put = async (...files: string[]): Promise<void> => {
    for (const file of files) {
      await mkdir(dirname(join(top, file)), { recursive: true })
      await writeFile(join(top, file), file)
    }
  }
  const move = (): Promise<void> => moveInto(join(top, 'from'), join(top, 'to'))
  const text = (file: string): Promise<string> => readFile(join(top, 'to', file), 'utf8')

  it('moves a whole folder, also onto an empty one, which it replaces', async () => {
    await put('from/aa/1', 'from/bb/cc/2')
    await mkdir(join(top, 'to/bb'))
    const folder = (await stat(join(top, 'from/bb'))).ino
    await move()
    expect([await text('aa/1'), await text('bb/cc/2')]).toEqual(['from/aa/1', 'from/bb/cc/2'])
    if (process.platform !== 'win32') expect((await stat(join(top, 'to/bb'))).ino).toBe(folder)
  })

  it('leaves what is there, and adds to it', async () => {
    await put('from/aa/1', 'from/aa/2', 'from/top', 'to/aa/1', 'to/top')
    await move()
    expect([await text('aa/1'), await text('aa/2'), await text('top')]).toEqual([
      'to/aa/1',
      'from/aa/2',
      'to/top',
    ])
  })

  it('goes into the folder behind a link', async () => {
    await put('from/aa/1', 'elsewhere/2')
    await symlink(join(top, 'elsewhere'), join(top, 'to/aa'))
    await move()
    expect((await readdir(join(top, 'elsewhere'))).sort()).toEqual(['1', '2'])
  })

  it('a file that has a folder’s name stays', async () => {
    await put('from/aa/1', 'to/aa')
    await move()
    expect(await text('aa')).toBe('to/aa')
  })

  it('a place that cannot be written is a fault', async () => {
    await put('from/aa/1')
    await expect(moveInto(join(top, 'from'), join(top, 'missing'))).rejects.toThrow('ENOENT')
  })
})
