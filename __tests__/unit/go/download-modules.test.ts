import { describe, expect, it } from '@jest/globals'
import type { Clock } from '../../../src/base/clock.ts'
import { PipelineError } from '../../../src/base/errors.ts'
import type { Command, Exec, Finished } from '../../../src/base/exec.ts'
import { silentLog } from '../../../src/base/log.ts'
import { RetryCounter } from '../../../src/base/retry.ts'
import { downloadModules, moduleFault } from '../../../src/go/download-modules.ts'
import type { GoModule, Workspace } from '../../../src/project/modules.ts'

const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() }

function fakeExec(answers: readonly { code: number; said: string }[]): Exec & { calls: Command[] } {
  const calls: Command[] = []
  return {
    calls,
    run: (command) => {
      const answer = answers[Math.min(calls.length, answers.length - 1)] ?? { code: 0, said: '' }
      calls.push(command)
      const finished: Finished = {
        code: answer.code,
        stdout: '',
        stderr: answer.said,
        tail: answer.said.split('\n'),
        ms: 1,
      }
      return Promise.resolve(finished)
    },
  }
}

const member = (dir: string, more: Partial<GoModule> = {}): GoModule => ({
  dir,
  path: `example.com/${dir}`,
  dependencies: true,
  vendored: false,
  replacesOutside: false,
  ...more,
})
const space = (modules: readonly GoModule[], work?: string): Workspace => ({
  modules,
  sumFiles: [],
  problems: [],
  ...(work === undefined ? {} : { work }),
})

const run = (exec: Exec, workspace: Workspace, counter = new RetryCounter()): Promise<string> =>
  downloadModules(
    { bin: 'go', root: '/repo', workspace, env: {} },
    { exec, log: silentLog, signal: new AbortController().signal, counter, clock },
  )

describe('downloadModules', () => {
  it('asks once per module with dependencies, once for a workspace, never for vendored ones', async () => {
    const loose = fakeExec([{ code: 0, said: '' }])
    await run(
      loose,
      space([
        member('a'),
        member('b'),
        member('c', { dependencies: false }),
        member('d', { vendored: true }),
      ]),
    )
    expect(loose.calls.map((call) => call.cwd)).toEqual(['/repo/a', '/repo/b'])
    const work = fakeExec([{ code: 0, said: '' }])
    await run(work, space([member('a'), member('b')], 'go.work'))
    expect(work.calls).toHaveLength(1)
  })

  it('tries again what passes, and counts it', async () => {
    const exec = fakeExec([
      { code: 1, said: 'Get "https://p/x": 429 Too Many Requests' },
      { code: 1, said: 'read: connection reset by peer' },
      { code: 0, said: '' },
    ])
    const counter = new RetryCounter()
    await run(exec, space([member('.')]), counter)
    expect(exec.calls).toHaveLength(3)
    expect(counter.list()[0]).toMatchObject({ what: 'go mod download in .', count: 2 })
  })

  it.each([
    ['verifying x@v1: checksum mismatch\nSECURITY ERROR', 'module-checksum', 'gate'],
    ['x@v1: missing go.sum entry for go.mod file', 'go-sum-incomplete', 'gate'],
    ['fatal: could not read Username for https://git.example', 'module-denied', 'environment'],
    ['x@v9.9.9: reading https://p/x/@v/v9.9.9.info: 404 Not Found', 'module-not-found', 'gate'],
    ['something new', 'module-download', 'environment'],
  ])('%s', async (said, code, kind) => {
    const exec = fakeExec([{ code: 1, said }])
    const failure = await run(exec, space([member('svc')])).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PipelineError)
    expect(failure as PipelineError).toMatchObject({ kind, problems: [{ code, where: 'svc/go.mod' }] })
    expect((failure as PipelineError).log).toContain(said)
    expect(exec.calls).toHaveLength(1)
  })

  it('knows nothing of unknown faults', () => {
    expect(moduleFault('hello')).toBeUndefined()
  })
})
