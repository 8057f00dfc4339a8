import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { readTextIfAny } from '../base/files.ts'
import { parseObject } from '../base/json.ts'
import { interfacesOf, type Library } from './lint/templates.ts'

/** The repository of the program that runs: the folder above `dist`. */
export const ownRoot = (program = process.argv[1] ?? ''): string => dirname(dirname(resolve(program)))

/**
 * The templates that came with this program: a runner unpacks the whole repository of an action. Undefined where they are not
 * there (a bundle that was copied alone); then only the rules that need none are checked.
 */
export async function readLibrary(root: string): Promise<Library | undefined> {
  const release = parseObject((await readTextIfAny(join(root, 'workflows', 'release.json'))) ?? '')
  const { repository, version, sha } = release ?? {}
  if (typeof repository !== 'string' || typeof version !== 'string' || typeof sha !== 'string')
    return undefined
  const twins = await texts(join(root, 'workflows'))
  const callables = await texts(join(root, '.github', 'workflows'))
  const files = new Map([...callables].map(([name, text]) => [`.github/workflows/${name}`, text]))
  for (const folder of ['', ...(await folders(root))]) {
    const text = await readTextIfAny(join(root, folder, 'action.yml'))
    if (text !== undefined) files.set(folder === '' ? 'action.yml' : `${folder}/action.yml`, text)
  }
  return { repository, version, sha, interfaces: interfacesOf(files), twins }
}

async function texts(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of (await readdir(folder).catch(() => [])).sort())
    if (/\.ya?ml$/.test(name)) found.set(basename(name), (await readTextIfAny(join(folder, name))) ?? '')
  return found
}

const folders = async (root: string): Promise<string[]> =>
  (await readdir(root, { withFileTypes: true }))
    .filter((one) => one.isDirectory() && !one.name.startsWith('.') && one.name !== 'node_modules')
    .map((one) => one.name)
