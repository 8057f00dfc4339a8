import { statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import semver from 'semver'
import { formatBytes } from '../base/clock.ts'
import { messageOf, PipelineError, type Problem, toPipelineError } from '../base/errors.ts'
import { probe } from '../base/exec.ts'
import { temporaryRoot } from '../base/files.ts'
import { MINIMUM_BUILDX } from '../buildx/pins.ts'
import { parsePlatform } from '../base/platform.ts'
import { baseFor } from '../image/base.ts'
import { parseReference } from '../registry/reference.ts'
import { gatherFacts } from './build/gather.ts'
import { loadInputs } from './build/inputs.ts'
import { registryClient } from './registry.ts'
import type { Shell } from './shell.ts'

export interface Finding {
  readonly check: string
  /** `warn`: works, but slower or with less. */
  readonly verdict: 'ok' | 'warn' | 'fail'
  readonly detail: string
  readonly fix?: string
}

const MINIMUM_GIT = '2.18.0'
const MINIMUM_DOCKER = '23.0.0'
/** Free space that a run with two platforms and a cold cache needs, in bytes. */
const DISK_NEEDED = 3_000_000_000
const MEMORY_NEEDED = 1_500_000_000

/** `doctor`: is everything there that a run needs. Looks at all of it, whatever fails, and changes nothing. */
export async function doctorCommand(
  read: (name: string) => string,
  act: Shell,
): Promise<{ ok: boolean; json: unknown }> {
  const { inputs, problems } = loadInputs(read, act.env, act.secrets)
  if (problems.length > 0) throw new PipelineError('input', problems)
  const findings: Finding[] = []
  const [git, go] = await Promise.all([
    probe(['git', '--version']),
    probe(['go', 'env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } }),
  ])
  findings.push(toolFinding('git', git?.replace(/^git version /, ''), MINIMUM_GIT, true, 'install git'))
  findings.push(
    toolFinding(
      'go',
      go?.replace(/^go/, ''),
      '1.21.0',
      false,
      'none needed: the run installs the Go that go.mod asks for',
    ),
  )
  try {
    const { facts, problems: found } = await gatherFacts(inputs, act)
    for (const problem of found) findings.push(failed('project', problem))
    if (found.length === 0)
      findings.push({
        check: 'project',
        verdict: 'ok',
        detail: `${facts.workspace.modules.length} module(s), ${facts.mains.length} main package(s), Go ${facts.go.spec} (${facts.go.origin})`,
      })
    findings.push(...engineFindings(facts.engine))
  } catch (error) {
    act.signal.throwIfAborted()
    for (const problem of toPipelineError(error, 'the project could not be looked at').problems)
      findings.push(failed('project', problem))
  }
  findings.push(...(await registryFindings(inputs, act)))
  findings.push(...(await machineFindings(act)))
  const mark = { ok: '✔', warn: '!', fail: '✘' }
  for (const one of findings) {
    act.log.info(
      `${mark[one.verdict]} ${one.check}: ${one.detail}${one.verdict !== 'ok' && one.fix !== undefined ? `\n    fix: ${one.fix}` : ''}`,
    )
  }
  const ok = findings.every((one) => one.verdict !== 'fail')
  return { ok, json: { ok, findings } }
}

/** A tool that is there and new enough; one that is not needed only warns. */
export function toolFinding(
  check: string,
  version: string | undefined,
  minimum: string,
  needed: boolean,
  fix: string,
): Finding {
  if (version === undefined || version === '')
    return { check, verdict: needed ? 'fail' : 'warn', detail: 'not found on PATH', fix }
  const plain = semver.coerce(version)
  if (plain !== null && semver.lt(plain, minimum)) {
    return {
      check,
      verdict: needed ? 'fail' : 'warn',
      detail: `${version} is older than ${minimum}`,
      fix: needed ? `update ${check} to ${minimum} or newer` : fix,
    }
  }
  return { check, verdict: 'ok', detail: version }
}

type Engine = Awaited<ReturnType<typeof gatherFacts>>['facts']['engine']

export function engineFindings(engine: Engine): Finding[] {
  const { server, buildx } = engine
  if (server === undefined) {
    return [
      failed(
        'docker',
        engine.problem ?? { code: 'docker-down', what: 'no Docker engine answers', fix: 'start Docker' },
      ),
    ]
  }
  const findings = [toolFinding('docker', server.version, MINIMUM_DOCKER, true, 'install Docker')]
  findings.push(
    toolFinding('buildx', buildx?.version, MINIMUM_BUILDX, false, 'none needed: the run downloads Buildx'),
  )
  findings.push(
    server.containerdStore
      ? {
          check: 'image store',
          verdict: 'ok',
          detail: 'containerd: several platforms without booting a builder',
        }
      : {
          check: 'image store',
          verdict: 'warn',
          detail: 'classic: a builder container is booted for several platforms (2 to 20 s)',
          fix: 'turn on the containerd image store in the engine',
        },
  )
  return findings
}

async function registryFindings(
  inputs: ReturnType<typeof loadInputs>['inputs'],
  act: Shell,
): Promise<Finding[]> {
  const client = registryClient(inputs, act)
  const own = new Set<string>()
  for (const image of inputs.images) {
    const reference = parseReference(image.replaceAll('{name}', 'name'))
    if (!('reason' in reference)) own.add(reference.registry)
  }
  const findings = await Promise.all(
    [...own].map(async (registry): Promise<Finding> => {
      const answer = await client.ping(registry)
      if (!answer.ok)
        return failed(
          `registry ${registry}`,
          answer.problem ?? { code: 'registry-down', what: `${registry} does not answer` },
        )
      return {
        check: `registry ${registry}`,
        verdict: 'ok',
        detail: `answers GET /v2/${answer.login === 'none' ? '' : `, asks for a login (${answer.login ?? 'unknown'})`}`,
      }
    }),
  )
  // The base is asked through the mirrors, as the build would.
  const linux = parsePlatform('linux/amd64')
  const base = 'reason' in linux ? 'scratch' : baseFor(inputs.base, linux, inputs.cgo)
  const reference = parseReference(base)
  if (base !== 'scratch' && !('reason' in reference)) {
    try {
      const { digest } = await client.resolve(reference)
      findings.push({ check: 'base image', verdict: 'ok', detail: `${base} is ${digest.slice(0, 19)}` })
    } catch (error) {
      act.signal.throwIfAborted()
      findings.push({
        check: 'base image',
        verdict: 'fail',
        detail: `${base}: ${messageOf(error)}`,
        fix: 'set registry-mirrors to a mirror that this machine can reach, or base: scratch',
      })
    }
  }
  return findings
}

async function machineFindings(act: Shell): Promise<Finding[]> {
  const findings: Finding[] = []
  const folder = temporaryRoot(act.env)
  try {
    const { bavail, bsize } = await statfs(folder)
    findings.push(
      amount(
        'disk',
        `${formatBytes(bavail * bsize)} free in ${folder}`,
        bavail * bsize,
        DISK_NEEDED,
        'free space on this disk, or set RUNNER_TEMP to another',
      ),
    )
  } catch (error) {
    findings.push({ check: 'disk', verdict: 'warn', detail: messageOf(error) })
  }
  findings.push(
    amount(
      'memory',
      `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`,
      freemem(),
      MEMORY_NEEDED,
      'close other programs, or use a larger runner: linking large programs needs 1 to 2 GB',
    ),
  )
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find(
    (name) => (act.env[name] ?? '') !== '',
  )
  if (proxy !== undefined)
    findings.push({ check: 'proxy', verdict: 'ok', detail: `${proxy} is set and used` })
  return findings
}

/** Half of what is needed fails, less than all warns. */
export function amount(check: string, detail: string, have: number, need: number, fix: string): Finding {
  return have >= need
    ? { check, verdict: 'ok', detail }
    : {
        check,
        verdict: have < need / 2 ? 'fail' : 'warn',
        detail: `${detail}, ${formatBytes(need)} advised`,
        fix,
      }
}

const failed = (check: string, problem: Problem): Finding => ({
  check,
  verdict: 'fail',
  detail: problem.cause === undefined ? problem.what : `${problem.what}: ${problem.cause}`,
  ...(problem.fix === undefined ? {} : { fix: problem.fix }),
})
