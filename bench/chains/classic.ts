import { imageOf, type Job, type Outcome } from './chain.ts'
import { SetupGo } from './setup-go.ts'

/**
 * setup-go, go vet, go test, setup-buildx, build-push and their post steps, written out as their commands, one after another as a
 * workflow runs them. The Dockerfile is the subject's own.
 */
export async function runClassic(job: Job): Promise<Outcome> {
  const { machine } = job
  const { buildkitImage, buildkitdToml } = machine.tools
  const builder = `bench-${job.runId}`
  const setup = new SetupGo(job)
  const docker = (name: string, ...argv: string[]): Promise<unknown> =>
    machine.step(name, { argv: ['docker', ...argv], env: machine.env() })
  machine.begin()
  await setup.restore()
  await machine.step('go vet', { argv: ['go', 'vet', './...'], env: machine.goEnv() })
  await machine.step('go test', { argv: ['go', 'test', './...'], env: machine.goEnv() })
  try {
    await docker(
      'buildx boot', 'buildx', 'create', '--name', builder, '--driver', 'docker-container', '--driver-opt', `image=${buildkitImage}`, '--driver-opt', 'network=host',
      '--buildkitd-config', buildkitdToml, '--buildkitd-flags', '--allow-insecure-entitlement network.host', '--use', '--bootstrap',
    ) // prettier-ignore
    for (const main of job.mains) {
      const image = imageOf(job, main)
      await docker(
        'buildx build', 'buildx', 'build', '--builder', builder, '--platform', job.platforms.join(','), '--build-arg', `GOPROXY=${machine.tools.modules}`,
        '--build-arg', `VERSION=${job.commit.slice(0, 12)}`, ...(main === '.' ? [] : ['--build-arg', `MAIN=${main}`]), ...(job.base === undefined ? [] : ['--build-arg', `BASE=${job.base}`]),
        '--allow', 'network.host', '--network', 'host',
        '--cache-from', `type=registry,ref=${image}:buildcache`, '--cache-to', `type=registry,ref=${image}:buildcache,mode=max`,
        '--provenance', 'false', '--tag', `${image}:bench`, '--push', '.',
      ) // prettier-ignore
    }
  } finally {
    await docker('buildx remove', 'buildx', 'rm', '--force', builder)
  }
  await setup.save()
  return { phases: [...machine.phases], wallMs: machine.elapsedMs }
}
