import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { environmentError } from '../../base/errors.ts'
import type { Environment } from '../../base/platform.ts'
import { parseBuildInfo } from '../../binaries/build-info.ts'
import { toSpdx } from '../../binaries/sbom.ts'
import type { Shell } from '../shell.ts'
import type { Binary } from './results.ts'

/** What is the same for all programs of an image. */
export interface SbomOrigin {
  readonly version: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly license?: string
  readonly url?: string
  readonly commit?: string
}

/**
 * SPDX documents of programs, from what Go wrote into them: no scanner, no network, and the same commit gives the same bytes. Programs that
 * are built for other platforms are read as well.
 */
export function programSboms(
  binaries: readonly Binary[],
  go: { readonly bin: string; readonly env: Environment },
  origin: SbomOrigin,
  act: Pick<Shell, 'exec' | 'signal'>,
): Promise<object[]> {
  return Promise.all(
    binaries.map(async ({ file, name }) => {
      const [told, sums] = await Promise.all([
        act.exec.run({
          argv: [go.bin, 'version', '-m', file],
          env: go.env,
          timeoutMs: 60_000,
          signal: act.signal,
        }),
        hashes(file),
      ])
      const info = told.code === 0 ? parseBuildInfo(told.stdout) : undefined
      if (info === undefined)
        throw environmentError(
          {
            code: 'sbom-no-build-info',
            what: `the program ${name} tells nothing of how it was built`,
            cause: told.stderr.trim().split('\n').at(-1) ?? '',
            fix: 'build it with Go modules, or set sbom to generator=IMAGE to have a scanner look at the image',
          },
          { log: told.tail.join('\n') },
        )
      return toSpdx(info, { ...origin, file: name, ...sums })
    }),
  )
}

async function hashes(file: string): Promise<{ sha1: string; sha256: string }> {
  const sha1 = createHash('sha1')
  const sha256 = createHash('sha256')
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      sha1.update(chunk)
      sha256.update(chunk)
    }
  })
  return { sha1: sha1.digest('hex'), sha256: sha256.digest('hex') }
}
