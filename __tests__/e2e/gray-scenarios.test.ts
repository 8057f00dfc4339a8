import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import type { StepEnd } from '../support/gray-action.ts'
import { buildService, type Faults, inputsOf, metricsOf, optionsOf, Stage } from '../support/gray-stage.ts'
import { describeWithRig } from '../support/rig.ts'

/** Numbers for people who read the log of CI. */
const told: string[] = []

describeWithRig('a gray release judges real traffic', () => {
  let folder: string
  let stage: Stage
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gray-scenarios-'))
    stage = await Stage.open(await buildService(folder))
  })
  afterEach(async () => {
    await stage.fresh.faults({})
    // Every scenario here ends with all traffic at the old version.
    expect(await stage.share()).toBe(0)
  })
  afterAll(async () => {
    await stage.stop()
    await rm(folder, { recursive: true, force: true })
    process.stderr.write(`${told.join('\n')}\n`)
  })

  /** One release of the coming version with these faults, to its end. */
  async function release(name: string, faults: Faults, more: Record<string, string> = {}): Promise<StepEnd> {
    await stage.fresh.faults(faults)
    const [job, before, began] = [await stage.job(), await stage.fresh.count(), Date.now()]
    const end = await (await job.main(inputsOf(stage, more))).done
    const after = await stage.fresh.count()
    const release = await stage.stored().catch(() => undefined)
    const reached = Math.max(0, ...(release?.history ?? []).map(({ percent }) => percent))
    told.push(
      `${name}: ${end.outputs['result'] ?? ''} (exit ${end.code}) after ${Math.round((Date.now() - began) / 1000)} s, highest ${Math.round(reached)} %, ${after.failed - before.failed} errors of ${after.total - before.total} requests of the new version`,
    )
    return end
  }

  it('tells everything that is wrong with the inputs at once, and touches nothing', async () => {
    const end = await release('bad input', {}, {
      steps: '5% 5x, 3%',
      lease: '1s',
      state: '',
      metrics: 'prometheus: {url: "ftp://x"}\nversion-label: version\npreset: client_gulang',
      adapter: 'kind: haproxy\nprocesses: [/run/x.sock]\nbackend: app\nold: [old]\nnew: [new]\nwieght: 3',
      'end-policy': 'rolback',
    }) // prettier-ignore
    expect(end.code).toBe(2)
    expect(end.outputs).toMatchObject({ result: 'refused' })
    for (const words of ['5x', 'lease', 'state', 'client_golang', 'wieght', 'did you mean rollback?', 'ftp:'])
      expect(end.log).toContain(words)
    expect(end.summary).toContain('nothing was done')
    expect(existsSync(stage.stateFile)).toBe(false)
  })

  it('extends a step without traffic, and then does what the policy says', async () => {
    const end = await release('no traffic', {}, { steps: '5% 2s, 100% 2s', 'warm-up': '1s', 'max-extends': '2' }) // prettier-ignore
    expect(end.code).toBe(1)
    expect(end.outputs).toMatchObject({ result: 'rolled-back', phase: 'rolled-back', step: '1', weight: '0' })
    expect(end.outputs['reason']).toMatch(/^still nodata after 2 prolongations/)
    expect((await stage.stored()).state.extends).toBe(2)
    stage.load(400)
    await stage.trafficMeasured()
  })

  it('plans without touching anything, and says what the traffic can decide', async () => {
    const before = await stage.stored()
    const inputs = inputsOf(stage, { power: 'warn', 'report-dir': join(folder, 'plan') })
    const ran = await stage.cli(['gray', 'plan', ...optionsOf(inputs), '--json'])
    expect(ran.code).toBe(0)
    const { result, plan } = JSON.parse(ran.stdout) as { result: string; plan: string }
    expect(result).toBe('planned')
    expect(JSON.parse(plan)).toMatchObject({
      checks: [
        { check: 'adapter', ok: true },
        { check: 'metrics', ok: true },
      ],
      power: { rows: expect.arrayContaining([expect.objectContaining({ metric: '5xx', percent: 5 })]) as unknown }, // prettier-ignore
    })
    expect(await stage.stored()).toEqual(before)
    expect(existsSync(join(folder, 'plan'))).toBe(false)
  })

  it('aborts 3 % errors at 5 %, over SSH to the state', async () => {
    const sshd = await stage.rig.sshd()
    const file = join(stage.folder, 'ssh/state.json')
    const end = await release('5xx 3 %', { errorRatio: 0.03 }, {
      state: `ssh://${sshd.user}@${sshd.host}:${sshd.port}${file}`,
      identity: sshd.key,
      'known-hosts': sshd.knownHosts,
      'report-dir': 'report',
    }) // prettier-ignore
    expect(end.code).toBe(1)
    expect(end.outputs).toMatchObject({ result: 'rolled-back', step: '1', weight: '0' })
    expect(end.outputs['reason']).toContain('5xx')
    expect(end.summary).toContain('taken back, the old version serves everything')
    expect(end.summary).toContain('```mermaid')
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ state: { phase: 'rolled-back' } })
    const report = end.outputs['report'] ?? ''
    expect(await readFile(join(report, 'gray.svg'), 'utf8')).toContain('<svg')
    expect(JSON.parse(await readFile(join(report, 'gray.json'), 'utf8'))).toMatchObject({
      release: { history: [{ percent: expect.closeTo(5, 0) as unknown }, { percent: 0 }] },
      problems: [{ code: 'gray-gate' }],
    })
  })

  it('aborts a P99 that is 40 % higher', async () => {
    const end = await release('P99 +40 %', { latencyFactor: 1.4 }, { metrics: metricsOf(stage, { p99: { limit: '250ms' } }) }) // prettier-ignore
    expect(end.code).toBe(1)
    expect(end.outputs).toMatchObject({ result: 'rolled-back', step: '1' })
    expect(end.outputs['reason']).toContain('p99')
  })

  it('aborts at 25 % what is only bad under load', async () => {
    const end = await release('bad only under load', { errorRatio: 0.2, aboveRate: 40 }, { steps: '5% 16s, 25% 12s, 100% 4s' }) // prettier-ignore
    expect(end.code).toBe(1)
    expect(end.outputs).toMatchObject({ result: 'rolled-back', step: '2' })
    expect(end.outputs['reason']).toContain('5xx')
  })

  it('waits for a Prometheus that comes back; abort takes the release back', async () => {
    // The second step is still there when the abort comes, however slow the machine is.
    const inputs = inputsOf(stage, { 'max-errors': '40', steps: '5% 12s, 25% 5m, 100% 5s' })
    const step = await (await stage.job()).main(inputs)
    await step.said(/5 % confirmed/)
    await step.said(/step 1, 5 %: inconclusive/)
    await stage.prometheus.crash()
    await step.said(/step 1, 5 %: error/)
    const { stdout } = await stage.cli(['gray', 'status', '--state', stage.stateFile])
    expect(stdout).toMatch(/state +observed/)
    await stage.prometheus.restart()
    await step.said(/step 2 of 3, 25 % confirmed/)
    const ran = await stage.cli(['gray', 'abort', '--state', stage.stateFile])
    expect([ran.code, ran.code === 0 ? '' : ran.stdout + ran.stderr]).toEqual([0, ''])
    const end = await step.done
    expect(end.code).toBe(1)
    expect(end.outputs).toMatchObject({ result: 'superseded', phase: 'rolled-back' })
    told.push('Prometheus lost and back: went on to 25 %, then taken back by gray abort')
  })

  it('takes the release back when Prometheus stays away', async () => {
    const step = await (await stage.job()).main(inputsOf(stage))
    await step.said(/5 % confirmed/)
    await stage.prometheus.crash()
    const began = Date.now()
    const end = await step.done
    expect(end.code).toBe(3)
    expect(end.outputs).toMatchObject({ result: 'rolled-back', weight: '0' })
    expect(end.outputs['reason']).toMatch(/4 looks in a row failed/)
    told.push(`Prometheus down for good: all old ${Math.round((Date.now() - began) / 1000)} s later`)
  })
})
