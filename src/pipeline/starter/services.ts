import { posix } from 'node:path'
import type { Problem } from '../../base/errors.ts'
import type { StarterFacts, StarterMain, StarterOptions } from './model.ts'

/** One main package that becomes an image with a pipeline of its own. */
export interface Service {
  /** Short, unique name. */
  readonly slug: string
  /** Folder of its module. */
  readonly dir: string
  /** Main package in that folder; undefined where there is only one. */
  readonly main?: string
  /** Dockerfile relative to `dir`, or `none`; undefined for the standard. */
  readonly file?: string
  readonly images: readonly string[]
  /** Compose file of its integration tests relative to `dir`, empty for the one that compose finds itself. */
  readonly integration?: string
}

export interface Services {
  readonly services: readonly Service[]
  readonly problems: readonly Problem[]
  /** What was decided without being asked, for people to check. */
  readonly notes: readonly string[]
}

/** Folders of programs that are run by the developers, not deployed. */
const TOOLS = /(^|\/)(tools?|hack|scripts?|examples?|testing|e2e|gen(erate)?)(\/|$)/

const STANDARD_COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

const pathOf = (main: StarterMain): string => posix.join(main.module, main.path)
const shown = (main: StarterMain): string => (pathOf(main) === '.' ? '.' : `./${pathOf(main)}`)

/** Which images the repository makes, and from what. */
export function servicesOf(facts: StarterFacts, options: StarterOptions): Services {
  const problems: Problem[] = []
  const notes: string[] = []
  const mains = chosen(facts, options, problems, notes)
  const slugs = slugsOf(mains)
  const names = imagesOf(facts, options, problems, mains.length)
  const services = mains.map((main, index): Service => {
    const slug = slugs[index] ?? main.name
    const siblings = facts.mains.filter((other) => other.module === main.module)
    const file = dockerfileOf(main, siblings, facts, notes)
    const integration = integrationOf(main, facts, notes)
    return {
      slug,
      dir: main.module,
      ...(siblings.length > 1 ? { main: main.path } : {}),
      ...(file === undefined ? {} : { file }),
      images: names(slug),
      ...(integration === undefined ? {} : { integration }),
    }
  })
  return { services, problems, notes: [...new Set(notes)] }
}

function chosen(facts: StarterFacts, options: StarterOptions, problems: Problem[], notes: string[]): readonly StarterMain[] {
  if (options.kind === 'library') return []
  const clean = (path: string): string => posix.normalize(path.replaceAll('\\', '/')).replace(/\/+$/, '')
  const wanted = options.mains.map((text) => {
    const main = facts.mains.find((one) => pathOf(one) === clean(text))
    if (main === undefined)
      problems.push({
        code: 'bad-input',
        what: 'there is no such main package',
        input: 'main',
        value: text,
        fix: facts.mains.length === 0 ? 'this repository has none: --kind library' : `use one of ${facts.mains.map(shown).join(', ')}`,
      })
    return main
  })
  if (wanted.length > 0) return wanted.filter((one) => one !== undefined)
  if (facts.mains.length === 0 && options.kind === 'service')
    problems.push({
      code: 'bad-input',
      what: 'a service needs a main package, and there is none',
      input: 'kind',
      value: 'service',
      fix: 'leave kind out, or set working-directory',
    })
  const services = facts.mains.filter((main) => !TOOLS.test(pathOf(main)))
  if (services.length === 0) return facts.mains
  const left = facts.mains.filter((main) => !services.includes(main))
  if (left.length > 0)
    notes.push(`left out, as it looks like a tool of the developers: ${left.map(shown).join(', ')} (--main names what is deployed)`)
  return services
} // prettier-ignore

/** The binary's name, with its module's folder in front where two are called alike. */
function slugsOf(mains: readonly StarterMain[]): string[] {
  const clean = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
  const plain = mains.map((main) => clean(main.name))
  return mains.map((main, index) =>
    plain.filter((one) => one === plain[index]).length > 1 && pathOf(main) !== '.'
      ? clean(pathOf(main))
      : (plain[index] ?? ''),
  )
}

function imagesOf(
  facts: StarterFacts,
  options: StarterOptions,
  problems: Problem[],
  count: number,
): (slug: string) => string[] {
  const { images } = options
  for (const image of images)
    if (!/^[a-z0-9][\w.:-]*(\/[a-z0-9][a-z0-9._-]*)+$/.test(image.replaceAll('{name}', 'name')))
      problems.push({
        code: 'bad-input',
        what: 'not the name of an image',
        input: 'images',
        value: image,
        fix: 'write host/owner/name in lower case and without a tag, for example ghcr.io/acme/hello',
      })
  if (images.length > 0)
    return (slug) =>
      images.map((image) =>
        image.includes('{name}') ? image.replaceAll('{name}', slug) : count > 1 ? `${image}-${slug}` : image,
      )
  if (facts.remote?.host === 'github.com') {
    const base = `ghcr.io/${facts.remote.repository.toLowerCase()}`
    return (slug) => [count > 1 ? `${base}/${slug}` : base]
  }
  if (count > 0)
    problems.push({
      code: 'starter-images',
      what: 'it is not known where the images go',
      cause:
        facts.remote === undefined
          ? 'the repository has no remote'
          : `the remote is on ${facts.remote.host}, so ghcr.io may not be its registry`,
      input: 'images',
      fix: 'name them, for example --images ghcr.io/acme/hello',
    })
  return () => []
}

/** The Dockerfile that builds this main, relative to its module; undefined where the standard is right. */
function dockerfileOf(
  main: StarterMain,
  siblings: readonly StarterMain[],
  facts: StarterFacts,
  notes: string[],
): string | undefined {
  const here = facts.dockerfiles.filter((file) => inFolder(file.path, main.module))
  const relative = (path: string): string => posix.relative(main.module, path)
  const root = here.find((file) => relative(file.path) === 'Dockerfile')
  const own = here.find((file) => {
    const path = relative(file.path)
    return (
      (main.path !== '.' && path === posix.join(main.path, 'Dockerfile')) ||
      path === `Dockerfile.${main.name}` ||
      path === `${main.name}.Dockerfile`
    )
  })
  if (own !== undefined) return relative(own.path)
  if (root === undefined || siblings.length < 2) return undefined
  // Several mains and one Dockerfile: it belongs to the only one that it names.
  const named = siblings.filter((one) => one.path !== '.' && namesPackage(root.text, one.path))
  if (named.length === 1 && named[0] === main) return undefined
  if (named.length !== 1)
    notes.push(`${root.path} does not say which main package it builds, so images are built without it; set \`file: Dockerfile\` where it is right`) // prettier-ignore
  return 'none'
}

const namesPackage = (dockerfile: string, path: string): boolean =>
  new RegExp(`${path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?![\\w/-])`).test(dockerfile)

const inFolder = (path: string, dir: string): boolean => dir === '.' || path.startsWith(`${dir}/`)

/** Compose file and tests of the module; both are needed. */
function integrationOf(main: StarterMain, facts: StarterFacts, notes: string[]): string | undefined {
  const inside = facts.composeFiles.filter((file) => inFolder(file, main.module))
  const [compose] = [...inside].sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))
  const tests = facts.integrationTests.find((file) => inFolder(file, main.module))
  if (compose === undefined) {
    if (tests !== undefined)
      notes.push(`${tests} has integration tests, but no compose file says image: \${IMAGE} (docs/workflows/integration.md)`) // prettier-ignore
    return undefined
  }
  if (tests === undefined) {
    notes.push(`${compose} takes the image from IMAGE, but no test has the build tag integration (docs/workflows/integration.md)`) // prettier-ignore
    return undefined
  }
  const path = posix.relative(main.module, compose)
  return STANDARD_COMPOSE.includes(path) ? '' : path
}
