import { describe, expect, it } from '@jest/globals'
import {
  cancelledError,
  codeOf,
  describeProblem,
  environmentError,
  exitCodeOf,
  gateError,
  inputError,
  messageOf,
  PipelineError,
  toPipelineError,
} from '../../../src/base/errors.ts'

const problem = { code: 'x', what: 'it failed' }

describe('exit codes', () => {
  it.each([
    [gateError(problem), 1],
    [inputError(problem), 2],
    [environmentError(problem), 3],
    [cancelledError(), 130],
    [new Error('a bug'), 3],
  ])('%s', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})

describe('describeProblem', () => {
  it('says what, which input, where, why and the fix', () => {
    expect(
      describeProblem({
        code: 'c',
        what: 'not a platform',
        input: 'platforms',
        value: 'linux/z80',
        where: 'action.yml',
        cause: 'Go has no z80',
        fix: 'remove it',
      }),
    ).toBe('not a platform (input "platforms" = "linux/z80", action.yml): Go has no z80\n  fix: remove it')
    expect(describeProblem(problem)).toBe('it failed')
  })
})

describe('toPipelineError', () => {
  it('keeps known errors, keeps the stack of unknown ones as the log', () => {
    const known = gateError(problem)
    expect(toPipelineError(known, 'x')).toBe(known)
    const unknown = toPipelineError(new Error('boom'), 'the run failed')
    expect(unknown).toBeInstanceOf(PipelineError)
    expect(unknown.kind).toBe('environment')
    expect(unknown.log).toContain('Error: boom')
    expect(unknown.message).not.toContain('at ')
  })

  it('names a full disk', () => {
    const full = toPipelineError(
      Object.assign(new Error('write failed'), { code: 'ENOSPC' }),
      'writing the report',
    )
    expect(full.problems[0]?.code).toBe('disk-full')
  })
})

describe('messageOf and codeOf', () => {
  it('look through causes', () => {
    const low = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    const high = new TypeError('fetch failed', { cause: low })
    expect(messageOf(high)).toBe('fetch failed: connect ECONNREFUSED 127.0.0.1:1')
    expect(codeOf(high)).toBe('ECONNREFUSED')
    expect(codeOf(new AggregateError([low]))).toBe('ECONNREFUSED')
    expect(codeOf('text')).toBeUndefined()
  })
})
