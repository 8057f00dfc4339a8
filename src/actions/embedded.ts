import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { environmentError, inputError, messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { EmbeddedRegistry } from '../registry/embedded.ts'

type Read = (name: string) => string

/**
 * Inputs as they are when the images go to the embedded registry: names get its host, none stands for `{name}`, and they are pushed unless
 * that was refused by name. Pure.
 */
export function embeddedInputs(read: Read, host: string): Read {
  const images = read('images')
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const named = (images.length === 0 ? ['{name}'] : images).map((name) => `${host}/${name}`)
  return (input) => {
    if (input === 'images') return named.join('\n')
    if (input === 'push') return read('push') === '' ? 'true' : read('push')
    return read(input)
  }
}

/** Image names that say a registry of their own: the embedded one cannot stand for it. Pure. */
export const hosted = (images: string): string[] =>
  images
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => {
      const first = name.includes('/') ? (name.split('/')[0] ?? '') : ''
      return first === 'localhost' || /[.:]/.test(first)
    })

/** Runs `work` while the embedded registry listens; what was pushed stays in `.gip/registry` below `cwd`. */
export async function withEmbeddedRegistry<Result>(
  read: Read,
  cwd: string,
  log: Log,
  work: (read: Read) => Promise<Result>,
): Promise<Result> {
  const [elsewhere] = hosted(read('images'))
  if (elsewhere !== undefined)
    throw inputError({
      code: 'inputs-clash',
      what: 'this image names a registry, but it is to go to the embedded one',
      input: 'images',
      value: elsewhere,
      fix: 'name it without a registry, for example demo/hello, or leave --embedded-registry out',
    })
  const folder = join(cwd, '.gip', 'registry')
  let registry: EmbeddedRegistry
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, '.gitignore'), '*\n')
    registry = await EmbeddedRegistry.start({ folder })
  } catch (error) {
    throw environmentError({
      code: 'embedded-registry',
      what: 'the embedded registry could not be started',
      cause: messageOf(error),
      where: folder,
      fix: 'make the folder writable, or name a registry in "images"',
    })
  }
  log.info(
    `Embedded registry on ${registry.host}, for this run alone; it keeps its files in ${relative(cwd, folder)}`,
  )
  try {
    return await work(embeddedInputs(read, registry.host))
  } finally {
    await registry.close()
    log.info(`What was pushed lies in ${relative(cwd, folder)}, an OCI image layout.`)
  }
}
