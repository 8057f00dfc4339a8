import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { GitHubDouble } from '../support/github-double.ts'
import { describeWithRig, rigUp } from '../support/rig.ts'
import { type Caller, callerOf } from '../support/stage-workflow.ts'

if (rigUp) jest.setTimeout(1_200_000)

describeWithRig('metrics.yml, called from another repository', () => {
  let caller: Caller
  let github: GitHubDouble

  beforeAll(async () => {
    caller = await callerOf('metrics')
    github = await GitHubDouble.start()
    const now = Date.now()
    const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString().replace(/\.\d{3}Z/, 'Z') // prettier-ignore
    for (let id = 1; id <= 20; id++)
      github.addEndedRun(id, { workflow: 'ci.yml', createdAt: ago(60 * id), seconds: 60, conclusion: id === 3 ? 'failure' : 'success' }) // prettier-ignore
    github.addDeployment({ sha: 'a'.repeat(40), at: ago(120) }, [['in_progress', ago(120)], ['success', ago(117)]]) // prettier-ignore
  })
  afterAll(async () => {
    await caller.dispose()
    await github.close()
  })

  const start = (rate: string): ReturnType<Caller['run']> =>
    caller.run({ vars: { RATE: rate }, env: { GITHUB_API_URL: github.url }, secrets: { GITHUB_TOKEN: 'ghs_test-token' } }) // prettier-ignore

  it('counts and judges; its outputs cross to the next job', async () => {
    const done = await start('95')
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = caller.outputs(done)
    expect(JSON.parse(outputs?.['metrics'] ?? '{}')).toMatchObject({
      builds: { counted: 20, successRate: 95 },
      deployments: { live: 1, duration: { mean: 180 } },
    })
    expect(outputs?.['verdict']).toBe('nodata')
  })

  it('is stopped by a limit', async () => {
    const done = await start('98')
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/Builds that succeed: 95 %(25)?, at least 98 %(25)? is asked for/)
    expect(caller.outputs(done)).toBeUndefined()
  })
})
