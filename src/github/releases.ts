import { readFile } from 'node:fs/promises'
import type { Act } from '../base/act.ts'
import { environmentError, gateError } from '../base/errors.ts'
import { at, listAt, maybeText, numberAt, textAt } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'
import { findOrMake } from './once.ts'

export interface ReleaseFile {
  readonly name: string
  /** Absolute path. */
  readonly path: string
  /** Hex. */
  readonly sha256: string
}

export interface WantedRelease {
  readonly tag: string
  readonly name: string
  /** Undefined: GitHub lists the changes. */
  readonly notes?: string
  readonly prerelease: boolean
  /** False publishes it in the end. */
  readonly draft: boolean
  readonly files: readonly ReleaseFile[]
}

interface Release {
  readonly id: number
  readonly url: string
  readonly draft: boolean
  readonly uploadUrl: string
}

interface Asset {
  readonly id: number
  readonly name: string
  readonly uploaded: boolean
  /** `sha256:…`; undefined on servers that do not tell it. */
  readonly digest: string | undefined
  readonly size: number
}

const NEEDS = 'contents: write'

/**
 * Puts files into the draft release of a tag, making it when there is none: each is uploaded once, what is there with
 * another digest is replaced, and in the end the list is read back and compared. A release that is published is never changed.
 *
 * @throws PipelineError gate `release-published`, environment `release-incomplete`, GitHubFault
 */
export async function ensureRelease(
  github: GitHub,
  repository: Repository,
  wanted: WantedRelease,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<{ readonly url: string; readonly uploaded: number; readonly draft: boolean }> {
  const { owner, repo } = repository
  const { signal } = act
  const { value: release, made } = await findOrMake(
    () => findRelease(github, repository, wanted.tag, act),
    async () =>
      readRelease(
        await github.send('POST', route`/repos/${owner}/${repo}/releases`, signal, {
          needs: NEEDS,
          body: {
            tag_name: wanted.tag,
            name: wanted.name,
            draft: true,
            prerelease: wanted.prerelease,
            ...(wanted.notes === undefined ? { generate_release_notes: true } : { body: wanted.notes }),
          },
        }),
      ),
    { clock: github.clock, signal },
  )
  act.log.info(`${made ? 'made' : 'found'} the ${release.draft ? 'draft' : 'release'} of ${wanted.tag}: ${release.url}`) // prettier-ignore
  const before = await assetsOf(github, repository, release, signal)
  if (!release.draft) {
    const wrong = differences(before, wanted.files)
    if (wrong.length === 0) return { url: release.url, uploaded: 0, draft: false }
    throw gateError({
      code: 'release-published',
      what: `the release of ${wanted.tag} is published and holds other files`,
      cause: wrong.slice(0, 5).join('; '),
      where: release.url,
      fix: 'people may have downloaded it: make a new tag',
    })
  }
  let uploaded = 0
  for (const file of wanted.files) if (await ensureAsset(github, repository, release, file, act)) uploaded++
  const after = await assetsOf(github, repository, release, signal)
  const wrong = differences(after, wanted.files)
  if (wrong.length > 0)
    throw environmentError({
      code: 'release-incomplete',
      what: `the draft of ${wanted.tag} does not hold what was uploaded`,
      cause: wrong.slice(0, 5).join('; '),
      where: release.url,
      fix: 'run the job again: it goes on where it stopped. A second run may have worked on the same draft',
    })
  const others = after.filter(({ name }) => !wanted.files.some((file) => file.name === name))
  if (others.length > 0) act.log.warning(`the draft also holds ${others.map(({ name }) => name).join(', ')}, which this run did not make`) // prettier-ignore
  if (wanted.draft) return { url: release.url, uploaded, draft: true }
  const published = await github.send(
    'PATCH',
    route`/repos/${owner}/${repo}/releases/${release.id}`,
    signal,
    {
      needs: NEEDS,
      body: { draft: false },
    },
  )
  return { url: readRelease(published).url, uploaded, draft: false }
}

/** Drafts are in the list only; the address by tag does not know them. */
async function findRelease(
  github: GitHub,
  { owner, repo }: Repository,
  tag: string,
  { log, signal }: Pick<Act, 'log' | 'signal'>,
): Promise<Release | undefined> {
  const found: Release[] = []
  const path = route`/repos/${owner}/${repo}/releases`
  for await (const one of github.items(path, signal, { needs: NEEDS }))
    if (maybeText(one, 'tag_name') === tag) found.push(readRelease(one))
  if (found.length > 1) log.warning(`${tag} has ${found.length} releases: ${found.map(({ url }) => url).join(', ')}`) // prettier-ignore
  return found.find(({ draft }) => !draft) ?? found[0]
}

const readRelease = (value: unknown): Release => ({
  id: numberAt(value, 'id'),
  url: textAt(value, 'html_url'),
  draft: at(value, 'draft') === true,
  uploadUrl: textAt(value, 'upload_url').replace(/\{.*$/, ''),
})

async function assetsOf(
  github: GitHub,
  { owner, repo }: Repository,
  release: Release,
  signal: AbortSignal,
): Promise<Asset[]> {
  const list = await github.list(route`/repos/${owner}/${repo}/releases/${release.id}/assets`, signal)
  return listAt({ list }, 'list').map(readAsset)
}

const readAsset = (value: unknown): Asset => ({
  id: numberAt(value, 'id'),
  name: textAt(value, 'name'),
  uploaded: maybeText(value, 'state') === 'uploaded',
  digest: maybeText(value, 'digest'),
  size: numberAt(value, 'size'),
})

const isSame = (asset: Asset, file: ReleaseFile): boolean =>
  asset.uploaded && asset.digest === `sha256:${file.sha256}`

/** What is missing or different. A server that tells no digest was believed when the upload ended well. */
const differences = (assets: readonly Asset[], files: readonly ReleaseFile[]): string[] =>
  files.flatMap((file) => {
    const asset = assets.find(({ name }) => name === file.name)
    if (asset === undefined) return [`${file.name} is missing`]
    if (!asset.uploaded) return [`${file.name} is not whole`]
    if (asset.digest === undefined || isSame(asset, file)) return []
    return [`${file.name} is ${asset.digest}`]
  })

/** Whether it had to be uploaded. After a cut connection it is looked for again; what an upload left behind is removed. */
async function ensureAsset(
  github: GitHub,
  repository: Repository,
  release: Release,
  file: ReleaseFile,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<boolean> {
  const { owner, repo } = repository
  const { made } = await findOrMake(
    async () => {
      const there = (await assetsOf(github, repository, release, act.signal)).find(
        ({ name }) => name === file.name,
      )
      if (there === undefined || isSame(there, file)) return there
      act.log.info(`${file.name} is there but not the same: replaced`)
      await github.send('DELETE', route`/repos/${owner}/${repo}/releases/assets/${there.id}`, act.signal, { needs: NEEDS }) // prettier-ignore
      return undefined
    },
    async () => {
      const content = await readFile(file.path)
      const sent = { content, type: 'application/octet-stream' }
      const asset = readAsset(
        await github.upload(release.uploadUrl, { name: file.name }, sent, act.signal, { needs: NEEDS }),
      )
      act.log.info(`uploaded ${file.name}, ${content.length} bytes`)
      return asset
    },
    { clock: github.clock, signal: act.signal },
  )
  return made
}
