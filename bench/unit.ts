import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { CacheDouble } from '../__tests__/support/cache-double.ts'
import type { Job, Outcome } from './chains/chain.ts'
import { imageOf } from './chains/chain.ts'
import { runClassic } from './chains/classic.ts'
import { runFloor } from './chains/floor.ts'
import { runKo } from './chains/ko.ts'
import { runOurs } from './chains/ours.ts'
import { Machine, removeTree, type Tools } from './machine.ts'
import { Meter } from './meter.ts'
import { baseCommit, editCommit, type Subject } from './subjects.ts'
import type { RunRecord } from './types.ts'

/** Runs that belong together: what the first leaves in the registry and the cache service, the next ones find. */
export interface Unit {
  readonly suite: string
  readonly subject: Subject
  readonly chain: string
  readonly round: number
  readonly platforms: readonly string[]
  readonly runs: readonly string[]
  /** Ours: inputs that differ from the defaults. */
  readonly inputs?: Readonly<Record<string, string>>
}

export interface Bench {
  readonly tools: Tools
  readonly work: string
  readonly series: string
  readonly modulesPort: number
  readonly save: (record: RunRecord) => void
  readonly say: (line: string) => void
}

let lastRun = Math.floor(Date.now() / 1000) * 100

/** Cold, then the same commit, then an edit, each on a runner with empty local caches. */
export async function runUnit(unit: Unit, bench: Bench): Promise<void> {
  const { suite, subject, chain, round, platforms } = unit
  const name = [suite, subject.name, chain, platforms.length, round].join('/')
  const folder = join(bench.work, 'chains', chain)
  const log = join(bench.work, 'logs', `${name.replaceAll('/', '-')}.log`)
  const machine = new Machine(folder, bench.tools, log)
  const cache = await CacheDouble.start()
  const meter = new Meter(`gip_bench_${process.pid}`, {
    cache: Number(new URL(cache.url).port),
    registry: Number(bench.tools.registry.split(':')[1]),
    modules: bench.modulesPort,
  })
  const base = baseCommit(subject)
  const edited = editCommit(subject, round)
  try {
    for (const run of unit.runs) {
      const commit = run === 'edit' ? edited : base
      if (chain !== 'floor' || run === 'cold') await machine.reset(subject.folder, commit)
      else if (run === 'edit') subject.edit(machine.workspace, round)
      // What a run left to be written shall not slow the next one down.
      execFileSync('sync')
      const job: Job = {
        machine,
        image: `${bench.tools.registry}/bench/${name.replaceAll('/', '-').toLowerCase()}`,
        platforms,
        mains: subject.mains,
        goVersion: bench.tools.go.version,
        cacheEnv: cache.environment('v2'),
        commit,
        runId: ++lastRun,
      }
      const load = loadavg()[0] ?? 0
      meter.take()
      const outcome = await runChain(chain, job, unit.inputs)
      const bytes = meter.take()
      check(chain, job)
      bench.save({
        schema: 1,
        at: new Date().toISOString(),
        series: bench.series,
        unit: name,
        round,
        suite,
        subject: subject.name,
        chain,
        run,
        platforms: platforms.length,
        wallMs: Math.round(outcome.wallMs),
        phases: outcome.phases.map((phase) => ({ ...phase, startMs: Math.round(phase.startMs), endMs: Math.round(phase.endMs) })),
        bytes,
        ...(outcome.own === undefined ? {} : { own: outcome.own }),
        load: Math.round(load * 100) / 100,
      })
      bench.say(`${name} ${run}: ${(outcome.wallMs / 1000).toFixed(1)} s`)
      cleanEngine(bench.tools)
    }
  } finally {
    meter.close()
    await cache.close()
    await removeTree(folder)
  }
}

function runChain(chain: string, job: Job, inputs: Unit['inputs']): Promise<Outcome> {
  if (chain.startsWith('ours')) return runOurs(job, inputs)
  if (chain === 'classic') return runClassic(job)
  if (chain === 'ko') return runKo(job)
  if (chain === 'floor') return runFloor(job)
  throw new Error(`no chain ${chain}`)
}

/** A run counts only when the registry has what it should: every platform under the tag. Not part of the time. */
function check(chain: string, job: Job): void {
  if (chain === 'floor') return
  for (const main of job.mains) {
    const reference = `${imageOf(job, main)}:bench`
    const manifest = JSON.parse(
      execFileSync(job.machine.tools.crane, ['manifest', '--insecure', reference], { encoding: 'utf8' }),
    ) as { manifests?: readonly unknown[] }
    const found = manifest.manifests?.length ?? 1
    if (found !== job.platforms.length) throw new Error(`${reference} has ${found} platforms, not ${job.platforms.length}`)
  }
}

/** A fresh runner's engine has none of our images. */
function cleanEngine(tools: Tools): void {
  const docker = (...args: string[]): string =>
    execFileSync('docker', args, { encoding: 'utf8', env: { PATH: tools.path, DOCKER_HOST: tools.dockerHost, HOME: '/root' } })
  const images = docker('image', 'ls', '--all', '--digests', '--format', '{{.ID}} {{.Repository}}').split('\n')
  const ours = images.filter((line) => / (\S+\/bench\/|gip-start-)/.test(line)).map((line) => line.split(' ')[0] ?? '')
  if (ours.length > 0) docker('image', 'rm', '--force', ...new Set(ours))
}
