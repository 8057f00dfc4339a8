import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { CacheDouble } from '../__tests__/support/cache-double.ts'
import type { Job, Outcome } from './chains/chain.ts'
import { imageOf } from './chains/chain.ts'
import { runClassic } from './chains/classic.ts'
import { runFloor } from './chains/floor.ts'
import { koBuild, koImageOf, runKo } from './chains/ko.ts'
import { runOurs } from './chains/ours.ts'
import { Machine, removeTree, type Tools } from './machine.ts'
import { Meter } from './meter.ts'
import { baseCommit, editCommit, type Subject } from './subjects.ts'
import { mainsOfSubject, type UnitPlan, unitName } from './suites.ts'
import type { OwnFigures, RunRecord } from './types.ts'

export interface Bench {
  readonly tools: Tools
  readonly work: string
  readonly series: string
  readonly modulesPort: number
  /** By name; made when first asked for. */
  readonly subject: (name: string) => Subject
  /** An empty base image with all eight platforms; made when first asked for. */
  readonly wideBase: () => string
  readonly save: (record: RunRecord) => void
  readonly say: (line: string) => void
}

let lastRun = Math.floor(Date.now() / 1000) * 100

/** Runs a unit: each run on a runner with empty local caches, unless the unit is about the image part alone. */
export async function runUnit(unit: UnitPlan, bench: Bench): Promise<void> {
  const { suite, chain, round, platforms } = unit
  const subject = bench.subject(unit.subject)
  const name = unitName(unit)
  const slug = name.replaceAll('/', '-').toLowerCase()
  const folder = join(bench.work, 'chains', chain)
  const machine = new Machine(folder, bench.tools, join(bench.work, 'logs', `${slug}.log`))
  const cache = await CacheDouble.start()
  const meter = new Meter(`gip_bench_${process.pid}`, {
    cache: Number(new URL(cache.url).port),
    registry: Number(bench.tools.registry.split(':')[1]),
    modules: bench.modulesPort,
  })
  const commits = { base: baseCommit(subject), edit: editCommit(subject, round) }
  try {
    for (const [at, run] of unit.runs.entries()) {
      const commit = run === 'edit' ? commits.edit : commits.base
      if (at === 0 || (chain !== 'floor' && unit.imageOnly !== true))
        await machine.reset(subject.folder, commit)
      else if (run === 'edit') await machine.advance(commit)
      // What a run left to be written shall not slow the next one down.
      execFileSync('sync')
      const job: Job = {
        machine,
        image: `${bench.tools.registry}/bench/${slug}`,
        platforms,
        mains: mainsOfSubject(unit.subject),
        goVersion: bench.tools.go.version,
        cacheEnv: cache.environment('v2'),
        commit,
        runId: ++lastRun,
        ...(unit.wideBase === true ? { base: bench.wideBase() } : {}),
      }
      const load = loadavg()[0] ?? 0
      meter.take()
      const outcome = await runChain(unit, job)
      const bytes = meter.take()
      check(unit, job)
      const whole = (value: number): number => Math.round(value)
      bench.save({
        schema: 1,
        at: new Date().toISOString(),
        series: bench.series,
        unit: name,
        round,
        suite,
        subject: unit.subject,
        chain,
        run,
        platforms: platforms.length,
        wallMs: whole(outcome.wallMs),
        phases: outcome.phases.map((phase) => ({
          ...phase,
          startMs: whole(phase.startMs),
          endMs: whole(phase.endMs),
        })),
        bytes,
        ...(outcome.own === undefined ? {} : { own: mapValues(outcome.own, whole) }),
        load: whole(load * 100) / 100,
      })
      bench.say(`${name} ${run}: ${(outcome.wallMs / 1000).toFixed(1)} s (load ${load.toFixed(1)})`)
      cleanEngine(bench.tools)
    }
  } finally {
    meter.close()
    await cache.close()
    await removeTree(folder)
  }
}

const mapValues = (figures: OwnFigures, map: (value: number) => number): OwnFigures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]: [string, number]) => [name, map(value)]),
  ) as unknown as OwnFigures

async function runChain(unit: UnitPlan, job: Job): Promise<Outcome> {
  if (unit.family === 'ours') return runOurs(job, unit.inputs)
  if (unit.family === 'classic') return runClassic(job)
  if (unit.family === 'floor') return runFloor(job)
  if (unit.imageOnly !== true) return runKo(job)
  job.machine.begin()
  await koBuild(job)
  return { phases: [...job.machine.phases], wallMs: job.machine.elapsedMs }
}

/** A run counts only when the registry has what it should: every platform under the tag. Not part of the time. */
function check(unit: UnitPlan, job: Job): void {
  if (unit.family === 'floor') return
  for (const main of job.mains) {
    const reference = `${unit.family === 'ko' ? koImageOf(job, main) : imageOf(job, main)}:bench`
    const manifest = JSON.parse(
      execFileSync(job.machine.tools.crane, ['manifest', '--insecure', reference], { encoding: 'utf8' }),
    ) as { manifests?: readonly unknown[] }
    const found = manifest.manifests?.length ?? 1
    if (found !== job.platforms.length)
      throw new Error(`${reference} has ${found} platforms, not ${job.platforms.length}`)
  }
}

/** A fresh runner's engine has none of our images and builders. */
function cleanEngine(tools: Tools): void {
  const docker = (...args: string[]): string =>
    execFileSync('docker', args, {
      encoding: 'utf8',
      env: { PATH: tools.path, DOCKER_HOST: tools.dockerHost, HOME: '/root' },
    })
  const images = docker('image', 'ls', '--all', '--digests', '--format', '{{.ID}} {{.Repository}}').split(
    '\n',
  )
  const ours = images
    .filter((line) => / (\S+\/bench\/|gip-start-)/.test(line))
    .map((line) => line.split(' ')[0] ?? '')
  if (ours.length > 0) docker('image', 'rm', '--force', ...new Set(ours))
  const volumes = docker('volume', 'ls', '--quiet', '--filter', 'name=buildx_buildkit_').trim()
  if (volumes !== '') docker('volume', 'rm', '--force', ...volumes.split('\n'))
}
