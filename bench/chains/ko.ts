import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job, Outcome } from './chain.ts'
import { SetupGo } from './setup-go.ts'

/** The flags that the other chains link with: the binaries have the same content, so nobody links or pushes less. */
const LDFLAGS = '-s -w'

/** The name under which ko publishes a main: the repository itself for one, below it for several. */
export const koImageOf = (job: Pick<Job, 'image' | 'mains'>, main: string): string =>
  job.mains.length === 1 ? job.image : `${job.image}/${main.slice(main.lastIndexOf('/') + 1)}`

/** setup-go, go vet, go test, ko build and the post step, one after another. */
export async function runKo(job: Job): Promise<Outcome> {
  const { machine } = job
  const setup = new SetupGo(job)
  machine.begin()
  await setup.restore()
  await machine.step('go vet', { argv: ['go', 'vet', './...'], env: machine.goEnv() })
  await machine.step('go test', { argv: ['go', 'test', './...'], env: machine.goEnv() })
  await koBuild(job)
  await setup.save()
  return { phases: [...machine.phases], wallMs: machine.elapsedMs }
}

/** ko's part alone. */
export async function koBuild(job: Job): Promise<void> {
  const { machine } = job
  const config = join(machine.temp, 'ko.yaml')
  await writeFile(
    config,
    [
      `defaultBaseImage: ${job.base ?? `${machine.tools.registry}/distroless/static-debian13:nonroot`}`,
      'builds:',
      ...job.mains.flatMap((main, at) => [
        `  - id: m${at}`,
        `    dir: .`,
        `    main: ${main}`,
        `    ldflags: ['${LDFLAGS}']`,
      ]),
      '',
    ].join('\n'),
  )
  const one = job.mains.length === 1
  await machine.step('ko build', {
    argv: [
      machine.tools.ko, 'build', ...job.mains.map((main) => (main === '.' ? './' : main)), '--platform', job.platforms.join(','),
      ...(one ? ['--bare'] : ['--base-import-paths']), '--tags', 'bench', '--image-label', `org.opencontainers.image.revision=${job.commit}`,
    ],
    env: machine.goEnv({ KO_CONFIG_PATH: config, KO_DOCKER_REPO: job.image }),
  }) // prettier-ignore
}
