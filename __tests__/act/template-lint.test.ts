import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeWithRig, rigUp, ROOT } from '../support/rig.ts'
import { type Caller, callerOf } from '../support/stage-workflow.ts'

if (rigUp) jest.setTimeout(1_200_000)

describeWithRig('template-lint.yml, called from another repository', () => {
  let caller: Caller
  let copy: string
  let version: string

  beforeAll(async () => {
    caller = await callerOf('template-lint')
    // What act serves is the rewritten form; a copy is compared with the twins beside the action.
    copy = await readFile(join(ROOT, 'workflows/metrics.yml'), 'utf8')
    version = / at (v\S+?):/.exec(copy)?.[1] ?? ''
  })
  afterAll(() => caller.dispose())

  it('lets a copy of an allowed version through', async () => {
    await caller.put('.github/workflows/copy.yml', copy)
    const done = await caller.run({ vars: { ALLOWED: version } })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    expect(caller.outputs(done)).toMatchObject({ verdict: 'passed', errors: '0', warnings: '0' })
  })

  it('stops what was broken by hand, at its line', async () => {
    const lines = copy.split('\n')
    const at = lines.findIndex((line) => line.includes('timeout-minutes'))
    lines.splice(at, 1)
    await caller.put('.github/workflows/copy.yml', lines.join('\n'))
    const done = await caller.run({ vars: { ALLOWED: 'v0.0.1' } })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/copy\.yml:\d+:3: error: job metrics may run for six hours \[timeout\]/)
    expect(done.log).toMatch(/is not allowed in this repository now \[version\]/)
    expect(caller.outputs(done)).toBeUndefined()
  })
})
