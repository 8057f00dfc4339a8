import { resolve } from 'node:path'
import { formatBytes } from '../../../base/clock.ts'
import { type BuiltBinaries, buildBinaries } from '../../../binaries/build.ts'
import { SUMS } from '../../../binaries/sums.ts'
import { code, table } from '../../../report/markdown.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { topOf } from '../scan/report.ts'
import { loadBinaries } from './inputs.ts'
import { prepare } from './prepare.ts'

/** Builds the release files. */
export async function runBinaries(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadBinaries(read, act)
  const top = topOf(act)
  const ready = await prepare(inputs, top, act)
  const built = await buildBinaries(ready.request, act)
  return {
    outputs: {
      folder: ready.request.out,
      archives: JSON.stringify(built.archives),
      checksums: resolve(ready.request.out, SUMS),
      version: ready.request.version,
      release: '',
    },
    summary: summarise(ready.request.version, built),
  }
}

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
