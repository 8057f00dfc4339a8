import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'

import { buildService, Stage } from '../support/gray-stage.ts'
import { describeWithRig } from '../support/rig.ts'

const metricsOf = (stage: Stage): string => `
prometheus: {url: "${stage.prometheus.url}", scrape-interval: 1s}
labels: {job: shop}
version-label: version
preset: client_golang
rules:
  5xx: {limit: 2%}
  5xx-hard: off
  cpu: off
  p99: {limit: 100ms}
  p99-warn: off
power: off
`

/** A plan of minutes in seconds. */
const inputsOf = (stage: Stage, more: Record<string, string> = {}): Record<string, string> => ({
  'new-version': '1.4.0',
  'old-version': '1.3.0',
  state: stage.stateFile,
  adapter: stage.adapter(),
  metrics: metricsOf(stage),
  steps: '5% 12s, 25% 6s, 100% 5s',
  'warm-up': '2s',
  bake: '3s',
  interval: '1s',
  lease: '10s',
  'max-extends': '3',
  ...more,
})

describeWithRig('a gray release, whole and real', () => {
  let folder: string
  let service: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gray-scenarios-'))
    service = await buildService(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('promotes a good build', async () => {
    const stage = await Stage.open(service)
    try {
      stage.load(200)
      await new Promise((resolve) => setTimeout(resolve, 4000))
      const job = await stage.job()
      const step = await job.main(inputsOf(stage))
      const end = await step.done
      const load = await stage.endLoad()
      console.log(end.log, end.outputs, load.text)
      expect(end.code).toBe(0)
      expect(load.failed).toBe(0)
    } finally {
      await stage.stop()
    }
  }, 120_000)
})
