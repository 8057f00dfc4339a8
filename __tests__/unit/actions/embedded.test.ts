import { describe, expect, it } from '@jest/globals'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArguments } from '../../../src/actions/arguments.ts'
import { embeddedInputs, hosted, withEmbeddedRegistry } from '../../../src/actions/embedded.ts'
import { silentLog } from '../../../src/base/log.ts'

const read = (values: Record<string, string>) => (name: string) => values[name] ?? ''

describe('the embedded registry of the command line', () => {
  it.each([
    ['', '127.0.0.1:1/{name}'],
    ['demo/hello', '127.0.0.1:1/demo/hello'],
    ['a, b/{name}\n\nc', '127.0.0.1:1/a\n127.0.0.1:1/b/{name}\n127.0.0.1:1/c'],
  ])('names %j', (images, want) => {
    const inside = embeddedInputs(read({ images, base: 'scratch' }), '127.0.0.1:1')
    expect(inside('images')).toBe(want)
    expect(inside('base')).toBe('scratch')
    expect(inside('push')).toBe('true')
    expect(embeddedInputs(read({ images, push: 'false' }), 'h')('push')).toBe('false')
  })

  it.each([
    ['ghcr.io/acme/hello', ['ghcr.io/acme/hello']],
    ['localhost/x\nacme/x, localhost:5000/y', ['localhost/x', 'localhost:5000/y']],
    ['acme/hello\nhello', []],
  ])('%j names registries: %j', (images, want) => {
    expect(hosted(images)).toEqual(want)
  })

  it('refuses an image of another registry, before anything is made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gip-embedded-'))
    await expect(
      withEmbeddedRegistry(read({ images: 'ghcr.io/a/b' }), folder, silentLog, () => Promise.resolve(1)),
    ).rejects.toMatchObject({ kind: 'input', problems: [{ input: 'images', value: 'ghcr.io/a/b' }] })
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })

  it('listens while the work lasts, whatever becomes of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gip-embedded-'))
    let url = ''
    const work = withEmbeddedRegistry(read({}), folder, silentLog, async (inside) => {
      url = `http://${inside('images').split('/')[0] ?? ''}/v2/`
      expect((await fetch(url)).status).toBe(200)
      throw new Error('the run failed')
    })
    await expect(work).rejects.toThrow('the run failed')
    await expect(fetch(url)).rejects.toThrow()
    expect((await readdir(join(folder, '.gip/registry'))).sort()).toEqual([
      '.gitignore',
      'blobs',
      'oci-layout',
      'repositories',
      'uploads',
    ])
    await rm(folder, { recursive: true })
  })

  it('is an option of run and plan only', () => {
    expect(parseArguments(['run', '--embedded-registry']).problems).toEqual([])
    expect([...parseArguments(['run', '--embedded-registry']).command.flags]).toEqual(['embedded-registry'])
    expect(parseArguments(['gray', 'plan', '--embedded-registry']).problems).not.toEqual([])
  })
})
