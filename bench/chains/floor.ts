import { join } from 'node:path'
import type { Job, Outcome } from './chain.ts'

/**
 * Plain commands in a working copy that stays where it is, with local caches: what nobody can undercut who tests and compiles.
 * Nothing is restored, assembled, pushed or saved.
 */
export async function runFloor(job: Job): Promise<Outcome> {
  const { machine } = job
  const env = machine.goEnv({ GOFLAGS: '-trimpath', CGO_ENABLED: '0' })
  machine.begin()
  await machine.step('go test', { argv: ['go', 'test', '-vet=all', './...'], env })
  for (const platform of job.platforms) {
    const [os = '', arch = '', variant = ''] = platform.split('/')
    await machine.step(`go build ${platform}`, {
      argv: ['go', 'build', '-ldflags=-s -w', '-o', `${join(machine.temp, os, arch + variant)}/`, ...job.mains.map((main) => (main === '.' ? './' : main))],
      env: { ...env, GOOS: os, GOARCH: arch, ...(variant === '' ? {} : { GOARM: variant.slice(1) }) },
    }) // prettier-ignore
  }
  return { phases: [...machine.phases], wallMs: machine.elapsedMs }
}
