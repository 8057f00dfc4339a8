import { resolve } from 'node:path'
import type { ScanPart, Severity } from '../../../scan/findings.ts'
import type { GovulncheckReport } from '../../../scan/govulncheck.ts'
import { fetchImage, type ImagePlatform } from '../../../scan/image.ts'
import { prepareGrype, scanPackages, scanPrograms } from '../../../scan/image-scan.ts'
import type { RegistryClient } from '../../../registry/client.ts'
import type { Shell } from '../../shell.ts'
import type { Scene } from './run.ts'

export interface ImageScans {
  readonly parts: readonly ScanPart[]
  /** What grype states about vulnerabilities that govulncheck names without a severity. */
  readonly severities: ReadonlyMap<string, Severity>
}

type Attempt = <T>(work: () => Promise<T>, none: T) => Promise<T>

/** Every platform of every image: Go programs by govulncheck, the rest by grype where there is a rest. */
export async function scanImages(
  scene: Scene,
  sources: readonly GovulncheckReport[],
  client: RegistryClient,
  attempt: Attempt,
  act: Shell,
): Promise<ImageScans> {
  const { inputs } = scene
  const parts: ScanPart[] = []
  const severities = new Map<string, Severity>()
  const byGrype: ImagePlatform[] = []
  for (const image of inputs.images) {
    const platforms = await attempt(() => fetchImage(image, inputs.platforms, client, act), [])
    for (const platform of platforms) {
      if (inputs.imageScanner !== 'grype') {
        const work = async (): Promise<ScanPart> =>
          scanPrograms(
            platform,
            { database: inputs.vulnDb, sources, commit: scene.commit },
            await scene.provide('govulncheck'),
            await scene.go(),
            act,
          )
        const part = await attempt(work, undefined)
        if (part !== undefined) parts.push(part)
      }
      if (inputs.imageScanner === 'grype' || (inputs.imageScanner === 'auto' && platform.packages))
        byGrype.push(platform)
    }
  }
  if (byGrype.length > 0) await attempt(packages, undefined)
  return { parts, severities }

  async function packages(): Promise<void> {
    const scanner = await scene.provide('grype')
    const archive = inputs.grypeDb === undefined ? undefined : resolve(scene.top, inputs.grypeDb)
    const options = {
      archive,
      // A database that was given for this run does not replace the user's own.
      cache: archive === undefined ? undefined : await act.temp.make('grype-db'),
      withoutGo: inputs.imageScanner === 'auto',
    }
    await prepareGrype(scanner, options, act)
    for (const platform of byGrype) {
      const done = await attempt(() => scanPackages(platform, options, scanner, act), undefined)
      if (done === undefined) continue
      parts.push(done.part)
      for (const [name, severity] of done.severities) severities.set(name, severity)
    }
  }
}
