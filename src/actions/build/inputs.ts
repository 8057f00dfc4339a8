import type { Problem } from '../../base/errors.ts'
import type { Environment } from '../../base/platform.ts'
import type { Secrets } from '../../base/secrets.ts'
import { imageAnnotations, imageLabels } from '../../image/labels.ts'
import { parseFiles } from '../../image/rootfs.ts'
import { parseTagRules } from '../../image/tags.ts'
import type { Inputs } from '../../plan/inputs.ts'
import { Reader } from './reader.ts'

/**
 * Reads and checks every input; `read` gives the raw text by name (empty when not given). All problems are returned
 * together. Secrets are masked before anything else is done with them.
 */
export function loadInputs(
  read: (name: string) => string,
  env: Environment,
  secrets: Secrets,
): { inputs: Inputs; problems: readonly Problem[] } {
  const reader = new Reader(read, env, secrets)
  const inputs: Inputs = {
    images: reader.images(),
    platforms: reader.platforms(),
    tags: reader.collect('tags', parseTagRules(reader.text('tags')), (found) => found),
    labels: reader.collect('labels', imageLabels({}, reader.text('labels')), () => reader.text('labels')),
    annotations: reader.collect('annotations', imageAnnotations({}, reader.text('annotations'), true), () =>
      reader.text('annotations'),
    ),
    base: reader.text('base') === '' ? 'auto' : reader.text('base'),
    user: reader.user(),
    expose: reader.ports(),
    entrypointArgs: reader.words('entrypoint-args'),
    healthcheck: reader.healthcheck(),
    imageEnv: reader.pairs('image-env', ENV_NAME),
    files: reader.collect('files', parseFiles(reader.text('files')), (found) => found.files),
    workingDirectory: reader.relativePath('working-directory', '.'),
    main: reader.mains(),
    binaries: reader.choice('binaries'),
    packages: reader.list('packages', { commas: true }),
    file: reader.text('file') === 'none' ? 'none' : reader.relativePath('file', ''),
    context: reader.relativePath('context', ''),
    goVersion: reader.goVersion(),
    goVersionFile: reader.relativePath('go-version-file', ''),
    checkLatest: reader.boolean('check-latest'),
    goTags: reader.goTags(),
    cgo: reader.boolean('cgo'),
    ldflags: reader.ldflags(),
    goproxy: reader.optional('goproxy'),
    goMirrors: reader.urls('go-mirrors'),
    cacheDependencyPath: reader.list('cache-dependency-path'),
    vet: reader.boolean('vet'),
    test: reader.boolean('test'),
    testFlags: reader.testFlags(),
    race: reader.boolean('race'),
    coverage: reader.boolean('coverage'),
    coverageThreshold: reader.percent('coverage-threshold'),
    start: reader.choice('start'),
    healthPath: reader.healthPath(),
    startArgs: reader.words('start-args'),
    startEnv: reader.pairs('start-env', ENV_NAME),
    startTimeoutMs: reader.duration('start-timeout'),
    verify: reader.choice('verify'),
    push: reader.push(),
    load: reader.boolean('load'),
    target: reader.optional('target'),
    buildArgs: reader.pairs('build-args', ENV_NAME),
    buildContexts: reader.pairs('build-contexts'),
    secrets: reader.pairs('secrets', SECRET_ID),
    secretFiles: reader.pairs('secret-files', SECRET_ID),
    secretEnvs: reader.pairs('secret-envs', SECRET_ID),
    ssh: reader.list('ssh'),
    noCache: reader.boolean('no-cache'),
    pull: reader.boolean('pull'),
    compression: reader.choice('compression'),
    provenance: reader.attestation('provenance', ['mode=', 'builder-id=', 'version=', 'inline-only=']),
    sbom: reader.attestation('sbom', ['generator=']),
    ...reader.registryAccess(),
    registryCa: reader.optional('registry-ca'),
    cache: reader.choice('cache'),
    reuse: reader.boolean('reuse'),
    layerCache: reader.choice('layer-cache'),
    dockerfileCaches: reader.choice('dockerfile-caches'),
    engine: reader.choice('engine'),
    driver: reader.choice('driver'),
    driverOpts: reader.list('driver-opts'),
    endpoint: reader.optional('endpoint'),
    buildkitdConfig: reader.optional('buildkitd-config'),
    buildxVersion: reader.buildxVersion(),
    buildxUrl: reader.text('buildx-url'),
    keepBuilder: reader.boolean('keep-builder'),
    until: reader.choice('until'),
    reportDir: reader.optional('report-dir'),
    dryRun: reader.boolean('dry-run'),
  }
  return { inputs, problems: [...reader.problems, ...together(inputs)] }
}

const ENV_NAME = { pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/, name: 'the name of a variable' }
const SECRET_ID = { pattern: /^[\w.-]+$/, name: 'a secret id (letters, digits, _ . -)' }

/** Rules that join several inputs. */
function together(inputs: Inputs): Problem[] {
  const problems: Problem[] = []
  const add = (input: string, what: string, fix: string): void => {
    problems.push({ code: 'inputs-clash', what, input, fix })
  }
  if (inputs.push === true && inputs.images.length === 0) {
    add('images', 'push is true but no image is named', 'set images, for example ghcr.io/OWNER/NAME')
  }
  if (inputs.until === 'checks' && !inputs.vet && !inputs.test)
    add('until', 'until is checks, but vet and test are off', 'set vet or test to true')
  if (inputs.until === 'checks' && inputs.push === true)
    add(
      'push',
      'push is true, but until: checks builds no image',
      'remove push, or set until to image or publish',
    )
  if (inputs.start === 'off' && inputs.healthPath !== undefined) {
    add(
      'health-path',
      'a health path cannot be asked when start is off',
      'remove health-path, or set start to service',
    )
  }
  if (inputs.coverageThreshold !== undefined && (!inputs.test || !inputs.coverage)) {
    add(
      'coverage-threshold',
      'a coverage threshold needs test and coverage',
      'set test and coverage to true, or remove the threshold',
    )
  }
  const foreign = new Set(inputs.platforms.map((platform) => platform.os + platform.arch))
  if (inputs.cgo && foreign.size > 1) {
    add(
      'cgo',
      'cgo cannot be cross-compiled here for several platforms',
      'build each platform on a native runner and merge them (workflows/matrix-image.yml), or set cgo to false',
    )
  }
  const ids = new Map<string, string>()
  for (const [name, list] of [
    ['secrets', inputs.secrets],
    ['secret-files', inputs.secretFiles],
    ['secret-envs', inputs.secretEnvs],
  ] as const) {
    for (const [id] of list) {
      const other = ids.get(id)
      // Twice in one input is told when that is read.
      if (other !== undefined && other !== name)
        add(name, `the secret ${id} is given twice (also in ${other})`, 'keep one of them')
      ids.set(id, name)
    }
  }
  return problems
}
