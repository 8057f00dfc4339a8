import { PipelineError } from '../base/errors.ts'
import { formatBytes } from '../base/clock.ts'
import { describeProblem } from '../base/errors.ts'
import { formatReference, parseReference } from '../registry/reference.ts'
import { verifyError, verifyImage } from '../registry/verify.ts'
import { loadInputs } from './build/inputs.ts'
import { registryClient } from './registry.ts'
import type { Shell } from './shell.ts'

/** `verify REF`: reads an image back, ours or anyone's, and says what is wrong with it. */
export async function verifyCommand(
  text: string,
  read: (name: string) => string,
  act: Shell,
): Promise<{ ok: boolean; exitCode: number; json: unknown }> {
  const { inputs, problems } = loadInputs(read, act.env, act.secrets)
  const reference = parseReference(text)
  if ('reason' in reference) {
    throw new PipelineError('input', [
      {
        code: 'bad-reference',
        what: `${text} is no image reference`,
        cause: reference.reason,
        fix: 'write for example ghcr.io/acme/hello:1.2.3',
      },
      ...problems,
    ])
  }
  if (problems.length > 0) throw new PipelineError('input', problems)
  const client = registryClient(inputs, act)
  const { digest } = await client.resolve(reference, { origin: true })
  const report = await verifyImage(
    { registry: reference.registry, repository: reference.repository, digest },
    inputs.platforms.length === 0 ? {} : { platforms: inputs.platforms },
    client,
    { level: inputs.verify === 'fast' ? 'fast' : 'full', signal: act.signal },
  )
  for (const failure of report.failures) act.log.error(describeProblem(failure))
  act.log.info(
    `${report.ok ? 'ok' : 'NOT OK'}: ${formatReference(reference)} is ${digest}, ${report.blobs} blobs, ${formatBytes(report.bytes)} hashed`,
  )
  // A registry that breaks off says nothing against the image.
  return { ok: report.ok, exitCode: verifyError(report)?.exitCode ?? 0, json: report }
}
