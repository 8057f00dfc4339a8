import type { Problem } from '../base/errors.ts'
import { parseList } from '../base/lists.ts'
import { parseReference, type Repository } from '../registry/reference.ts'
import type { TagResult } from './tags.ts'

export interface ImageNames {
  readonly images: readonly Repository[]
  readonly problems: readonly Problem[]
  readonly notes: readonly string[]
}

/**
 * Reads the `images` input: names without tag or digest, one a line. Upper-case letters are lowered (an owner is often
 * written `Acme`, and no registry takes that), which is told; names given twice are taken once.
 */
export function parseImageNames(text: string): ImageNames {
  const images: Repository[] = []
  const problems: Problem[] = []
  const notes: string[] = []
  for (const line of parseList(text, { commas: true })) {
    const lower = line.toLowerCase()
    const parsed = parseReference(lower)
    const fault = (cause: string, fix: string): void => {
      problems.push({ code: 'bad-image-name', what: 'an image name cannot be used', cause, input: 'images', value: line, fix })
    } // prettier-ignore
    if ('reason' in parsed) fault(parsed.reason, 'write for example ghcr.io/acme/hello')
    else if (parsed.digest !== undefined) fault('it has a digest', 'leave @sha256:… out: the push gives it')
    else if (parsed.tag !== undefined)
      fault(`it has the tag "${parsed.tag}"`, `write the name only, and the tag in the input tags`)
    else {
      if (lower !== line)
        notes.push(`image name ${line} is published as ${lower}, because names are lower case`)
      const { registry, repository } = parsed
      if (!images.some((other) => other.registry === registry && other.repository === repository))
        images.push({ registry, repository })
    }
  }
  return { images, problems, notes }
}

/** An image name and the tags it gets, in the order in which they are published. */
export interface PublishTarget extends Repository {
  readonly tags: readonly string[]
}

/** Joins names and tags: every name gets the common tags; full references add their own, and their name when it is new. */
export function publishTargets(
  images: readonly Repository[],
  result: Pick<TagResult, 'tags' | 'references'>,
): PublishTarget[] {
  const targets = new Map<string, { registry: string; repository: string; tags: string[] }>()
  for (const { registry, repository } of images)
    targets.set(`${registry}/${repository}`, { registry, repository, tags: [...result.tags] })
  for (const { name, tag } of result.references) {
    const slash = name.indexOf('/')
    const target = targets.get(name) ?? {
      registry: name.slice(0, slash),
      repository: name.slice(slash + 1),
      // Plain tags belong to the names that stand in the references when `images` names none.
      tags: images.length === 0 ? [...result.tags] : [],
    }
    if (!target.tags.includes(tag)) target.tags.unshift(tag)
    targets.set(name, target)
  }
  return [...targets.values()]
}
