import { basename } from 'node:path'
import { describeProblem, PipelineError } from '../../base/errors.ts'
import { formatPlatform } from '../../base/platform.ts'
import { judgeBinary, readBinaryFile } from '../../checks/binary.ts'
import { baseFor, DISTROLESS_STATIC } from '../../image/base.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Binary } from './results.ts'

/**
 * The gate on compiled programs: made for the platform they go out for, and needing no C library where the base has none.
 * Says what all of them are; throws with every fault.
 */
export async function checkBinaries(
  binaries: readonly Binary[],
  inputs: Pick<Inputs, 'base' | 'cgo'>,
): Promise<string> {
  const problems = await Promise.all(
    binaries.map(async ({ file, platform }) => {
      const base = baseFor(inputs.base, platform, inputs.cgo)
      const mustBeStatic = base === 'scratch' || base === DISTROLESS_STATIC
      return judgeBinary(await readBinaryFile(file), platform, {
        where: `${basename(file)} for ${formatPlatform(platform)}`,
        mustBeStatic,
      })
    }),
  )
  const all = problems.flat()
  if (all.length > 0) throw new PipelineError('gate', all, { log: all.map(describeProblem).join('\n') })
  return `${binaries.length} ${binaries.length === 1 ? 'program' : 'programs'} fit their platforms and bases`
}
