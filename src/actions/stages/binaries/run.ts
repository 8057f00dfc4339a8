import { join, resolve } from 'node:path'
import { formatBytes } from '../../../base/clock.ts'
import { PipelineError } from '../../../base/errors.ts'
import { type BuiltBinaries, buildBinaries } from '../../../binaries/build.ts'
import { SUMS } from '../../../binaries/sums.ts'
import { code, link, table } from '../../../report/markdown.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { workspaceOf } from '../../folders.ts'
import { loadBinaries } from './inputs.ts'
import { prepare } from './prepare.ts'
import { releaseFolder, releaseTarget } from './release.ts'

/** Builds the release files, or takes those of an earlier run, and releases them when that is asked for. */
export async function runBinaries(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadBinaries(read, act)
  const top = workspaceOf(act.env)
  if (inputs.from !== undefined) {
    const target = await releaseTarget(inputs, top, act)
    const problems = [...inputs.problems, ...target.problems]
    if (problems.length > 0 || target.value === undefined) throw new PipelineError('input', problems)
    const folder = resolve(top, inputs.from)
    const { release, files } = await releaseFolder(folder, target.value, act)
    return {
      outputs: { folder, archives: '', checksums: join(folder, SUMS), version: target.value.tag, release: release.url },
      summary: released(release, files),
    }
  }
  const target: Awaited<ReturnType<typeof releaseTarget>> = inputs.release ? await releaseTarget(inputs, top, act) : { problems: [] }
  const ready = await prepare({ ...inputs, problems: [...inputs.problems, ...target.problems] }, top, act)
  const { out, version } = ready
  const built = await buildBinaries(ready, act)
  const outputs = { folder: out, archives: JSON.stringify(built.archives), checksums: join(out, SUMS), version }
  const summary = summarise(version, built)
  if (target.value === undefined) return { outputs: { ...outputs, release: '' }, summary }
  const { release, files } = await releaseFolder(out, target.value, act)
  return { outputs: { ...outputs, release: release.url }, summary: `${summary}\n\n${released(release, files)}` }
} // prettier-ignore

const released = (release: { url: string; draft: boolean; uploaded: number }, files: number): string =>
  `${release.draft ? 'Draft' : 'Published'}: ${link('release', release.url)} with ${files} files, ${release.uploaded} of them uploaded now.`

function summarise(version: string, built: BuiltBinaries): string {
  return [
    `## Binaries ${version}`,
    table(
      [['file', 'left'], ['platform', 'left'], ['size', 'right'], ['digest', 'left']],
      built.archives.map((one) => [
        code(one.name),
        one.platform,
        formatBytes(one.size),
        code(one.digest.slice(0, 19)),
      ]),
    ),
    built.provenance
      ? `The provenance is not signed; sign it in a job with ${code('id-token: write')}.`
      : 'No provenance: this is no run of GitHub Actions.',
  ].join('\n\n')
} // prettier-ignore
