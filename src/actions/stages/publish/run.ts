import { resolve } from 'node:path'
import { PipelineError, type Problem } from '../../../base/errors.ts'
import { parseObject } from '../../../base/json.ts'
import { formatPlatform } from '../../../base/platform.ts'
import { type Joined, joinParts, type Part } from '../../../image/join.ts'
import { computeTags, parseTagRules, tagFacts, type TagResult } from '../../../image/tags.ts'
import { eventFacts, gitFacts } from '../../../project/git.ts'
import { copyImage } from '../../../registry/copy.ts'
import { isDigest } from '../../../registry/media-types.ts'
import { publish, type PublishedTag, type TagTarget } from '../../../registry/publish.ts'
import {
  formatReference,
  parseReference,
  type Repository,
  sameRepository,
} from '../../../registry/reference.ts'
import { verifyError, verifyImage } from '../../../registry/verify.ts'
import { readLegs } from '../../../report/legs.ts'
import { code, table } from '../../../report/markdown.ts'
import { Reader } from '../../build/reader.ts'
import { workspaceOf } from '../../folders.ts'
import { referenceOf, registryClient } from '../../registry.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { PUBLISH } from './spec.ts'

/** Joins parts where there are several, pushes the index by digest, reads it back, and only then moves the tags: all or none. */
export async function runPublish(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadPublish(read, act)
  if (inputs.reports !== undefined && inputs.problems.length === 0) {
    const { parts, problems } = await partsOf(
      resolve(workspaceOf(act.env), inputs.reports),
      inputs.repositories,
      act,
    )
    if (problems.length > 0) throw new PipelineError('gate', problems)
    return publishParts({ ...inputs, parts }, act)
  }
  return publishParts(inputs, act)
}

/** What the legs of a matrix pushed into the first repository, by their reports. A leg that did not pass stops everything. */
async function partsOf(
  folder: string,
  [to]: readonly Repository[],
  act: Shell,
): Promise<{ parts: Part[]; problems: Problem[] }> {
  const legs = await readLegs(folder, act)
  const problems: Problem[] = []
  const fault = (what: string, cause: string): void =>
    void problems.push({
      code: 'publish-leg',
      what,
      cause,
      where: folder,
      fix: 'look at the job of that leg; nothing was tagged',
    })
  const parts = legs.flatMap(({ leg: { name, report, reason } }): Part[] => {
    if (report?.outcome !== 'passed') {
      fault(`${name} did not pass`, reason ?? report?.problems[0]?.what ?? 'its report says so')
      return []
    }
    const image = report.images.find(
      (one) => to !== undefined && one.digest !== undefined && one.name === `${to.registry}/${to.repository}`,
    )
    if (to === undefined || image?.digest === undefined || !report.push) {
      fault(
        `${name} pushed no such image`,
        `its images are ${report.images.map((one) => one.name).join(', ') || 'none'}`,
      )
      return []
    }
    return [{ ...to, digest: image.digest }]
  })
  if (legs.length === 0) fault('there are no reports', 'the artifacts of the legs were not downloaded')
  return { parts, problems }
}

async function publishParts(inputs: PublishInputs, act: Shell): Promise<StageEnd> {
  const tags = await tagsOf(inputs, act)
  const problems = [...inputs.problems, ...tags.problems]
  const [first] = inputs.repositories
  if (problems.length > 0 || first === undefined) throw new PipelineError('input', problems)
  const client = registryClient(inputs.access, act)
  for (const part of inputs.parts) if (!sameRepository(part, first)) await copyImage(part, first, client, act)
  const parts = inputs.parts.map((part) => ({ ...part, ...first }))
  const joined = await joinParts(parts, inputs.platforms, Object.fromEntries(inputs.annotations), client)
  const source = { ...first, digest: joined.digest }
  if (joined.made) {
    await client.putManifest(first, joined.bytes, joined.mediaType, joined.digest)
    act.log.info(`pushed ${formatReference(source)} (${joined.platforms.length} platforms), no tag yet`)
  }
  if (inputs.verify !== 'off') {
    const report = await verifyImage(
      source,
      { platforms: joined.platforms.map((one) => one.platform) },
      client,
      { level: inputs.verify, signal: act.signal },
    )
    const failure = verifyError(report)
    if (failure !== undefined) throw failure
    act.log.info(`read back: ${report.blobs} blobs`)
  }
  const targets: TagTarget[] = [
    ...inputs.repositories.flatMap((to) => tags.tags.map((tag) => ({ ...to, tag }))),
    ...tags.references.map(({ name, tag }) => ({ ...repository(name), tag })),
  ]
  const published = await publish({ source, tags: targets }, client, act)
  return {
    outputs: {
      image: inputs.repositories.map((to) => formatReference({ ...to, digest: joined.digest })).join('\n'),
      digest: joined.digest,
      tags: published.tags.map((tag) => tag.reference).join('\n'),
      'platform-digests': JSON.stringify(
        Object.fromEntries(joined.platforms.map((one) => [formatPlatform(one.platform), one.digest])),
      ),
    },
    summary: summarise(formatReference(source), joined, published.tags),
  }
}

const repository = (name: string): Repository => {
  const { registry, repository: path } = referenceOf(name)
  return { registry, repository: path }
}

type PublishInputs = ReturnType<typeof loadPublish>

/** Reads the inputs; every problem is in `problems`. */
export function loadPublish(read: (name: string) => string, act: Pick<Shell, 'env' | 'secrets'>) {
  const reader = new Reader(read, act.env, act.secrets, PUBLISH.inputs)
  const repositories = reader.images().flatMap((name) => {
    const found = parseReference(name)
    return 'reason' in found ? [] : [{ registry: found.registry, repository: found.repository }]
  })
  if (repositories.length === 0 && reader.problems.length === 0)
    reader.bad('images', '', 'no image is named', 'set images, for example ghcr.io/OWNER/NAME')
  const reports = reader.text('reports') === '' ? undefined : reader.relativePath('reports', '.')
  if (reports !== undefined && reader.text('digests') !== '')
    reader.bad('reports', reports, 'given together with digests', 'keep one of them')
  const parts =
    repositories[0] === undefined || reports !== undefined ? [] : readParts(reader, repositories[0])
  return {
    repositories,
    parts,
    reports,
    platforms: reader.platforms(),
    tags: reader.collect('tags', parseTagRules(reader.text('tags')), (rules) => rules),
    annotations: reader.pairs('annotations'),
    workingDirectory: reader.relativePath('working-directory', '.'),
    verify: reader.choice<'full' | 'fast' | 'off'>('verify'),
    access: reader.registryAccess(),
    problems: reader.problems as readonly Problem[],
  }
}

/** Digests, references by digest, or JSON objects of platform to digest; empty ones are legs that gave none. */
function readParts(reader: Reader, standard: Repository): Part[] {
  const parts: Part[] = []
  const add = (text: string, line: string): void => {
    if (isDigest(text)) {
      parts.push({ ...standard, digest: text })
      return
    }
    const found = parseReference(text)
    if ('reason' in found || found.digest === undefined)
      reader.bad(
        'digests',
        line,
        'not a digest',
        'write sha256:…, name@sha256:…, or the JSON of platform-digests',
      )
    else parts.push({ registry: found.registry, repository: found.repository, digest: found.digest })
  }
  for (const line of reader.list('digests')) {
    const json = line.startsWith('{') ? parseObject(line) : undefined
    if (json === undefined) add(line, line)
    else for (const value of Object.values(json)) add(typeof value === 'string' ? value : '', line)
  }
  if (parts.length === 0 && reader.problems.length === 0)
    reader.bad('digests', '', 'there is nothing to join', 'hand on the outputs platform-digests of the legs')
  return parts.filter((part, at) => parts.findIndex((one) => one.digest === part.digest) === at)
}

async function tagsOf(inputs: PublishInputs, act: Shell): Promise<TagResult> {
  const [git, event] = await Promise.all([
    gitFacts(resolve(workspaceOf(act.env), inputs.workingDirectory), act.env, act),
    eventFacts(act.env),
  ])
  const folder = inputs.workingDirectory === '.' ? undefined : inputs.workingDirectory
  const result = computeTags(inputs.tags, tagFacts(git, event, act.clock.now(), folder))
  for (const note of result.notes) act.log.info(note)
  return { ...result, problems: result.problems.map((problem) => ({ input: 'tags', ...problem })) }
}

function summarise(image: string, joined: Joined, tags: readonly PublishedTag[]): string {
  return [
    joined.made ? '## Joined from its platforms and published' : '## Published',
    code(image),
    table(
      [['platform', 'left'], ['digest', 'left']],
      joined.platforms.map((one) => [code(formatPlatform(one.platform)), code(one.digest)]),
    ),
    table(
      [['tag', 'left'], ['was', 'left']],
      tags.map((tag) => [code(tag.reference), tag.old === undefined ? 'new' : tag.state === 'unchanged' ? 'the same' : code(tag.old)]),
    ),
  ].join('\n\n')
} // prettier-ignore
