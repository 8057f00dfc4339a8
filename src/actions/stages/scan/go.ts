import { resolve } from 'node:path'
import { PipelineError } from '../../../base/errors.ts'
import { readTextIfAny } from '../../../base/files.ts'
import { installGo } from '../../../go/install.ts'
import { toolchainEnvironment } from '../../../go/toolchain-environment.ts'
import { resolveGoRequest } from '../../../go/version-files.ts'
import type { ScanGo } from '../../../scan/install.ts'
import { goAtHand } from '../../build/gather.ts'
import type { Shell } from '../../shell.ts'
import type { ScanInputs } from './inputs.ts'

/** The project's own Go, found or installed as the main action does it: vulnerabilities of the standard library are those of the Go that compiles it. */
export async function goForScan(
  inputs: Pick<
    ScanInputs,
    'goVersion' | 'goVersionFile' | 'workingDirectory' | 'goMirrors' | 'goproxy' | 'cgo'
  >,
  top: string,
  act: Shell,
): Promise<ScanGo> {
  const { goVersion, goVersionFile, workingDirectory, goMirrors, goproxy, cgo } = inputs
  const found = await resolveGoRequest(
    { goVersion, goVersionFile, workingDirectory },
    { read: (path) => readTextIfAny(resolve(top, path)) },
  )
  if ('problems' in found && (goVersion !== '' || goVersionFile !== ''))
    throw new PipelineError('input', found.problems)
  const wanted = 'request' in found ? found.request : { spec: 'stable', origin: 'nothing names a version' }
  const request = await goAtHand(wanted, { goVersion, goVersionFile, checkLatest: false }, act.env)
  const installed = await installGo(request, { checkLatest: false, goMirrors, goproxy }, act)
  act.log.info(installed.detail)
  const { env } = toolchainEnvironment(installed, request.minimum, act.env, act.host)
  return {
    bin: installed.bin,
    version: installed.version,
    env: { ...env, CGO_ENABLED: cgo ? '1' : '0', ...(goproxy === undefined ? {} : { GOPROXY: goproxy }) },
  }
}
