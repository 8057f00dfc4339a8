import { join, resolve } from 'node:path'
import { PipelineError, type Problem } from '../../../base/errors.ts'
import { readTextIfAny } from '../../../base/files.ts'
import { checkFolder } from '../../../binaries/sums.ts'
import { GitHub, githubSettings, parseRepository, type Repository } from '../../../github/client.ts'
import { ensureRelease } from '../../../github/releases.ts'
import { parseVersion } from '../../../image/versions.ts'
import { gitFacts } from '../../../project/git.ts'
import type { Shell } from '../../shell.ts'
import type { BinariesInputs } from './inputs.ts'

export interface ReleaseTarget {
  readonly repository: Repository
  readonly tag: string
  readonly token: string
  readonly draft: boolean
  readonly notes: string | undefined
}

/** Which release is meant. A run that is not of a tag, and names none, has nothing to release. */
export async function releaseTarget(
  inputs: BinariesInputs,
  top: string,
  act: Shell,
): Promise<{ readonly value?: ReleaseTarget; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = []
  const ref = act.env['GITHUB_REF'] ?? ''
  const own = ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : (await gitFacts(top, act.env, act))?.tag
  const tag = inputs.tag ?? own
  if (tag === undefined)
    problems.push({ code: 'release-no-tag', what: 'there is no tag to release', input: 'tag', fix: 'run it for a tag (on: push: tags:), or name one as tag' })
  const name = act.env['GITHUB_REPOSITORY'] ?? ''
  if (name === '')
    problems.push({ code: 'release-no-repository', what: 'no repository is known', fix: 'run it in GitHub Actions, or set GITHUB_REPOSITORY to OWNER/REPO' })
  if (inputs.token === '')
    problems.push({ code: 'bad-input', what: 'no token is given', input: 'github-token', fix: 'pass github-token (GITHUB_TOKEN on the command line) with contents: write' })
  const notes = inputs.notes === undefined ? undefined : await readTextIfAny(resolve(top, inputs.notes))
  if (inputs.notes !== undefined && notes === undefined)
    problems.push({ code: 'bad-input', what: 'there is no such file', input: 'notes', value: inputs.notes, fix: 'name a file of the repository, or leave notes empty' })
  if (problems.length > 0 || tag === undefined) return { problems }
  return { value: { repository: parseRepository(name), tag, token: inputs.token, draft: inputs.draft, notes }, problems }
} // prettier-ignore

/** Checks a folder against its checksums, then puts all of it into the release. */
export async function releaseFolder(
  folder: string,
  target: ReleaseTarget,
  act: Shell,
): Promise<{ readonly release: Awaited<ReturnType<typeof ensureRelease>>; readonly files: number }> {
  const { files, problems } = await checkFolder(folder)
  if (problems.length > 0) throw new PipelineError('gate', problems)
  const { repository, tag, token, draft, notes } = target
  const release = await ensureRelease(
    new GitHub(githubSettings(act.env, token), act),
    repository,
    {
      tag,
      name: tag,
      draft,
      prerelease: parseVersion(tag)?.prerelease !== undefined,
      ...(notes === undefined ? {} : { notes }),
      files: files.map((file) => ({ ...file, path: join(folder, file.name) })),
    },
    act,
  )
  return { release, files: files.length }
}
