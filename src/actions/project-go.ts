import { resolve } from 'node:path'
import { PipelineError } from '../base/errors.ts'
import { probe } from '../base/exec.ts'
import { readTextIfAny } from '../base/files.ts'
import type { Environment } from '../base/platform.ts'
import { installGo } from '../go/install.ts'
import { toolchainEnvironment } from '../go/toolchain-environment.ts'
import { formatGoVersion, type GoRequest, meetsMinimum, parseGoVersion } from '../go/version.ts'
import { resolveGoRequest } from '../go/version-files.ts'
import type { Inputs } from '../plan/inputs.ts'
import type { Shell } from './shell.ts'

export type ProjectGoInputs = Pick<
  Inputs,
  'goVersion' | 'goVersionFile' | 'workingDirectory' | 'goMirrors' | 'goproxy' | 'cgo'
>

/** The project's own Go. */
export interface ProjectGo {
  readonly bin: string
  /** `1.26.8`. */
  readonly version: string
  readonly env: Environment
}

/** Found or installed as the main action does it: a stage sees the standard library that the image is compiled with. */
export async function projectGo(inputs: ProjectGoInputs, top: string, act: Shell): Promise<ProjectGo> {
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

/**
 * Outside a runner Go's own rule holds: the `go` line is a minimum, and a newer Go on PATH is used as it is. On a runner
 * exactly the named version is installed, so that every run and every machine compiles alike.
 */
export async function goAtHand(
  request: GoRequest,
  inputs: Pick<Inputs, 'goVersion' | 'goVersionFile' | 'checkLatest'>,
  env: Environment,
): Promise<GoRequest> {
  if (
    env['GITHUB_ACTIONS'] === 'true' ||
    inputs.goVersion !== '' ||
    inputs.goVersionFile !== '' ||
    inputs.checkLatest
  )
    return request
  if (!request.origin.endsWith('(go)')) return request
  const told = await probe(['go', 'env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } })
  const version = told === undefined ? undefined : parseGoVersion(told)
  if (
    version === undefined ||
    !meetsMinimum(version, request.spec) ||
    (request.minimum !== undefined && !meetsMinimum(version, request.minimum))
  )
    return request
  return {
    ...request,
    spec: formatGoVersion(version),
    origin: `the Go on PATH, which meets ${request.spec} of ${request.origin}`,
  }
}
