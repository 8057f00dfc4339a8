import { messageOf, PipelineError, type Problem } from '../../../base/errors.ts'
import { GitHub, githubSettings, parseRepository } from '../../../github/client.ts'
import { tellByIssue } from '../../../rebase/issue.ts'
import {
  applyRebase,
  look,
  type Look,
  planRebase,
  staleProblem,
  type Tagged,
} from '../../../rebase/refresh.ts'
import { refreshSummary, refreshTable, type Row } from '../../../rebase/report.ts'
import { formatReference, isTag, parseReference, sameRepository } from '../../../registry/reference.ts'
import type { RegistryClient } from '../../../registry/client.ts'
import { Reader } from '../../build/reader.ts'
import { registryClient } from '../../registry.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { BASE_REFRESH } from './spec.ts'

type Inputs = ReturnType<typeof loadBaseRefresh>

/** Tags of one repository that are the same image. */
interface Group {
  readonly tags: readonly Tagged[]
  readonly seen: Look | { readonly problems: readonly Problem[] }
}

/** Looks at every image, then tells, or rebases. An image that fails stops no other. */
export async function runBaseRefresh(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadBaseRefresh(read, act)
  if (inputs.problems.length > 0) throw new PipelineError('input', inputs.problems)
  const client = registryClient(inputs.access, act)
  const rows: Row[] = []
  for (const group of await lookAt(inputs.tags, client, act))
    rows.push(await handle(group, inputs, client, act))
  return end(rows, inputs, await issueFor(rows, inputs, act))
}

async function lookAt(tags: readonly Tagged[], client: RegistryClient, act: Shell): Promise<Group[]> {
  const groups: { tags: Tagged[]; seen: Group['seen'] }[] = []
  for (const tag of tags) {
    try {
      const { digest } = await client.resolve(tag)
      const same = groups.find(
        ({ tags: [first], seen }) =>
          first !== undefined && sameRepository(first, tag) && 'image' in seen && seen.image.digest === digest,
      )
      if (same === undefined) groups.push({ tags: [tag], seen: await look(tag, client, act) })
      else same.tags.push(tag)
    } catch (error) {
      groups.push({ tags: [tag], seen: { problems: problemsOf(error) } })
    }
  }
  return groups
} // prettier-ignore

/** The problems of a fault that concerns one image; an abort ends everything. */
function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof PipelineError && error.kind !== 'cancelled') return error.problems
  throw error
}

async function handle({ tags, seen }: Group, inputs: Inputs, client: RegistryClient, act: Shell): Promise<Row> {
  const names = tags.map(formatReference)
  if ('problems' in seen)
    return { names, digest: '', staleness: { state: 'unknown', why: seen.problems[0]?.what ?? '' }, notes: [], problems: seen.problems }
  const { staleness, image } = seen
  const row: Row = { names, digest: image.digest, staleness, notes: [] }
  act.log.info(`${names.join(', ')}: ${staleness.state === 'stale' ? staleProblem('it', staleness).cause ?? 'stale' : staleness.state === 'unknown' ? staleness.why : 'its base is current'}`)
  if (staleness.state !== 'stale' || inputs.mode !== 'rebase') return row
  try {
    const plan = await planRebase(seen, client)
    if ('why' in plan) return { ...row, refused: plan.why }
    const done = await applyRebase(seen, plan, tags, inputs, client, act)
    return { ...row, rebased: done.digest, notes: plan.notes }
  } catch (error) {
    return { ...row, problems: problemsOf(error) }
  }
} // prettier-ignore

async function issueFor(rows: readonly Row[], inputs: Inputs, act: Shell): Promise<string | undefined> {
  if (inputs.mode !== 'issue') return undefined
  const stale = rows.filter((row) => row.staleness.state === 'stale')
  const github = new GitHub(githubSettings(act.env, inputs.access.githubToken), act)
  // Somebody could not be asked: nothing is called current that is not known to be.
  if (stale.length === 0 && rows.some((row) => row.problems !== undefined)) return undefined
  return tellByIssue(github, parseRepository(inputs.repository), { count: stale.length, text: refreshTable(stale) }, act.signal)
} // prettier-ignore

function end(rows: readonly Row[], inputs: Inputs, issue: string | undefined): StageEnd {
  const stale = rows.filter((row) => row.staleness.state === 'stale')
  const rebased = rows.filter((row) => row.rebased !== undefined)
  const refused = rows.filter((row) => row.refused !== undefined)
  const verdict = refused.length > 0 ? 'refused' : stale.length > rebased.length ? 'stale' : rebased.length > 0 ? 'refreshed' : 'current'
  const faults = rows.flatMap((row) => row.problems ?? [])
  const gate: Problem[] = [
    ...refused.map((row) => refusal(row)),
    ...(inputs.failOnStale && inputs.mode !== 'rebase'
      ? stale.flatMap((row) => (row.staleness.state === 'stale' ? [staleProblem(row.names.join(', '), row.staleness)] : []))
      : []),
  ]
  const nameOf = (row: Row): string => (row.names[0] ?? '').replace(/:[^:/]*$/, '')
  return {
    outputs: {
      verdict,
      stale: JSON.stringify(stale.flatMap((row) => (row.staleness.state !== 'stale' ? [] : row.names.map((image) => ({
        image, digest: row.digest, ...baseFields(row),
      }))))),
      refreshed: JSON.stringify(rebased.map((row) => ({ image: nameOf(row), was: row.digest, digest: row.rebased, tags: row.names }))),
      images: rebased.map((row) => `${nameOf(row)}@${row.rebased ?? ''}`).join('\n'),
      ...(issue === undefined ? {} : { issue }),
    },
    summary: refreshSummary(rows, verdict),
    ...(faults.length > 0
      ? { failure: new PipelineError('environment', [...faults, ...gate]) }
      : gate.length > 0
        ? { failure: new PipelineError('gate', gate) }
        : {}),
  }
} // prettier-ignore

function baseFields({ staleness }: Row): Record<string, unknown> {
  if (staleness.state !== 'stale') return {}
  const { base, now, days } = staleness
  return { base: base.name, was: base.digest, now, ...(days === undefined ? {} : { days }) }
}

const refusal = (row: Row): Problem => ({
  code: 'rebase-refused',
  what: `${row.names.join(', ')} cannot change its base without a build`,
  cause: (row.refused ?? []).join('; '),
  fix: 'build the image again: the main action takes the newest base',
})

/** Reads the inputs; every problem is in `problems`. */
export function loadBaseRefresh(read: (name: string) => string, act: Pick<Shell, 'env' | 'secrets'>) {
  const reader = new Reader(read, act.env, act.secrets, BASE_REFRESH.inputs)
  const tags = reader.list('images', { commas: true }).flatMap((text): Tagged[] => {
    const found = parseReference(text)
    if ('reason' in found) reader.bad('images', text, found.reason, 'write a name with its tag, such as ghcr.io/acme/hello:latest')
    else if (found.digest !== undefined) reader.bad('images', text, 'an image by digest', 'name the tag: it is what moves')
    else return [{ registry: found.registry, repository: found.repository, tag: found.tag ?? 'latest' }]
    return []
  })
  if (tags.length === 0 && reader.problems.length === 0)
    reader.bad('images', '', 'no image is named', 'set images, for example ghcr.io/acme/hello:latest')
  const mode = reader.choice<'report' | 'issue' | 'rebase'>('mode')
  const repository = reader.optional('repository') ?? act.env['GITHUB_REPOSITORY'] ?? ''
  if (mode === 'issue' && !isRepository(repository)) reader.bad('repository', repository, 'not a repository', 'write OWNER/NAME')
  const previousTag = reader.text('previous-tag')
  if (previousTag !== '' && (!previousTag.includes('{tag}') || previousTag === '{tag}' || !isTag(previousTag.replaceAll('{tag}', 'v1'))))
    reader.bad('previous-tag', previousTag, 'not a pattern for a tag', 'write for example {tag}-previous')
  return {
    tags: [...new Map(tags.map((tag) => [formatReference(tag), tag])).values()],
    mode,
    failOnStale: reader.boolean('fail-on-stale'),
    previousTag,
    verify: reader.choice<'full' | 'fast'>('verify'),
    repository,
    access: reader.registryAccess(),
    problems: reader.problems as readonly Problem[],
  }
} // prettier-ignore

function isRepository(text: string): boolean {
  try {
    parseRepository(text)
    return true
  } catch (error) {
    // Its message is told with the input.
    return messageOf(error) === ''
  }
}
