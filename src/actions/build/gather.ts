import { availableParallelism } from 'node:os'
import { posix, relative, resolve } from 'node:path'
import type { Act } from '../../base/act.ts'
import type { Problem } from '../../base/errors.ts'
import { readTextIfAny, slashes } from '../../base/files.ts'
import { lookupEnvironment, onHostedRunner } from '../../base/platform.ts'
import { probeEngine } from '../../buildx/engine.ts'
import { cacheService } from '../../cache/access.ts'
import { mergeGoFlags } from '../../go/flags.ts'
import { resolveGoRequest } from '../../go/version-files.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import { cacheCopy, dockerfileTraps, parseDockerfile } from '../../project/dockerfile.ts'
import { eventFacts, gitFacts } from '../../project/git.ts'
import { findMains, findModules } from '../../project/modules.ts'
import { parseReference } from '../../registry/reference.ts'
import { workspaceOf } from '../folders.ts'
import { goAtHand } from '../project-go.ts'
import { loginsOf } from '../registry.ts'
import { readDockerCredentials } from '../../registry/docker-config.ts'

/**
 * Looks at the project, the runner and the engine, all at the same time; changes nothing. Problems of the project
 * (no module, a Dockerfile that is not there) are returned, to be told together with those of the inputs.
 */
export async function gatherFacts(
  inputs: Inputs,
  act: Act,
): Promise<{ facts: Facts; problems: readonly Problem[] }> {
  const problems: Problem[] = []
  const top = workspaceOf(act.env)
  const workingDirectory = resolve(top, inputs.workingDirectory)
  // The slowest look of all; it only throws when the run is cancelled, and then the others do, too.
  const probing = probeEngine(act)
  probing.catch(() => undefined)
  const [git, event] = await Promise.all([gitFacts(workingDirectory, act.env, act), eventFacts(act.env)])
  const root = git === undefined ? top : resolve(git.root)
  const folder = slashes(relative(root, workingDirectory)) || '.'
  const [workspace, request] = await Promise.all([
    findModules(root, folder, { ...(act.env['GOWORK'] === undefined ? {} : { gowork: act.env['GOWORK'] }) }),
    resolveGoRequest(
      {
        goVersion: inputs.goVersion,
        goVersionFile: inputs.goVersionFile,
        workingDirectory: inputs.workingDirectory,
      },
      { read: (path) => readTextIfAny(resolve(top, path)) },
    ),
  ])
  const goVersion = workspace.go ?? workspace.modules[0]?.go
  const vendored = workspace.modules.every((module) => module.vendored || !module.dependencies)
  const dockerfile = await readDockerfile(inputs, workingDirectory, { goVersion, vendored }, problems)
  problems.push(...workspace.problems)
  if ('problems' in request) problems.push(...request.problems)
  const { goTags: tags, cgo, race, coverage: cover } = inputs
  const goflags = lookupEnvironment(act.env, 'GOFLAGS', act.host.os)
  problems.push(...mergeGoFlags({ tags, cgo, race, cover }, goflags).problems)
  const mains = await findMains(root, folder, workspace)
  const wanted =
    'request' in request ? request.request : { spec: 'stable', origin: 'nothing names a version' }
  const [engine, go, logins] = await Promise.all([
    probing,
    goAtHand(wanted, inputs, act.env),
    loggedIn(inputs, act),
  ])
  return {
    facts: {
      now: act.clock.now(),
      host: act.host,
      // Wine and some containers report no cores at all.
      cores: Math.max(1, availableParallelism()),
      inActions: act.env['GITHUB_ACTIONS'] === 'true',
      hosted: onHostedRunner(act.env),
      cacheService: cacheService(act.env) !== undefined,
      root,
      folder,
      workingDirectory,
      ...(git === undefined ? {} : { git }),
      event,
      workspace,
      mains,
      ...(dockerfile === undefined ? {} : { dockerfile }),
      engine,
      go,
      loggedIn: logins,
    },
    problems,
  }
}

async function readDockerfile(
  inputs: Inputs,
  workingDirectory: string,
  { goVersion, vendored }: { readonly goVersion: string | undefined; readonly vendored: boolean },
  problems: Problem[],
): Promise<Facts['dockerfile']> {
  if (inputs.file === 'none') return undefined
  const path = inputs.file === '' ? 'Dockerfile' : inputs.file
  const text = await readTextIfAny(resolve(workingDirectory, path))
  if (text === undefined) {
    if (inputs.file === '') return undefined
    problems.push({
      code: 'dockerfile-missing',
      what: 'the Dockerfile is not there',
      input: 'file',
      value: inputs.file,
      fix: 'give its path relative to working-directory, or leave file empty to have one generated',
    })
    return undefined
  }
  const context = resolve(workingDirectory, inputs.context)
  const ignore =
    (await readTextIfAny(`${workingDirectory}/${path}.dockerignore`)) ??
    (await readTextIfAny(`${context}/.dockerignore`))
  const facts = parseDockerfile(text)
  return {
    path: posix.normalize(path),
    facts,
    copy: cacheCopy(text, facts, {
      // Only a go command of the runner downloads modules that could be handed over.
      modules: !vendored && (inputs.vet || inputs.test),
      ...(inputs.target === undefined ? {} : { target: inputs.target }),
    }),
    findings: (platforms) =>
      dockerfileTraps(facts, {
        platforms,
        ...(ignore === undefined ? {} : { dockerignore: ignore }),
        ...(goVersion === undefined ? {} : { goVersion }),
        ...(inputs.target === undefined ? {} : { target: inputs.target }),
      }),
  }
}

/** The registries of the images that there are credentials for: inputs, the job's token, the Docker configuration. */
async function loggedIn(inputs: Inputs, act: Act): Promise<ReadonlySet<string>> {
  const known = new Set(loginsOf(inputs, act.env).map((login) => login.registry))
  for (const image of inputs.images) {
    const reference = parseReference(image.replaceAll('{name}', 'name'))
    if ('reason' in reference || known.has(reference.registry)) continue
    if ((await readDockerCredentials(reference.registry, act)) !== undefined) known.add(reference.registry)
  }
  return known
}
