import { describe, expect, it } from '@jest/globals'
import { collectLess } from '../../../src/actions/build/garbage.ts'

const GIB = 2 ** 30

describe('garbage collection of the go command', () => {
  it.each([
    ['compile', 16 * GIB, 4, { GOGC: '400', GOMEMLIMIT: '2048MiB' }],
    ['compile', 7 * GIB, 2, { GOGC: '400', GOMEMLIMIT: '1792MiB' }],
    ['compile', 1 * GIB, 8, { GOGC: '400', GOMEMLIMIT: '256MiB' }],
    ['compile', 16 * GIB, 0, { GOGC: '400', GOMEMLIMIT: '2048MiB' }],
    ['unpack', 16 * GIB, 4, { GOGC: 'off', GOMEMLIMIT: '512MiB' }],
    ['unpack', 1 * GIB, 2, { GOGC: 'off', GOMEMLIMIT: '256MiB' }],
  ] as const)('%s with %d bytes and %d cores', (kind, memory, cores, wanted) => {
    expect(collectLess(kind, {}, memory, cores)).toEqual(wanted)
  })

  it.each([{ GOGC: '100' }, { GOMEMLIMIT: '1GiB' }])('leaves alone what the user has set: %j', (env) => {
    expect(collectLess('compile', env, 16 * GIB, 4)).toEqual({})
    expect(collectLess('unpack', env, 16 * GIB, 4)).toEqual({})
  })

  it('takes an empty variable as not set, as Go does', () => {
    expect(collectLess('unpack', { GOGC: '' }, 16 * GIB, 4)).toHaveProperty('GOGC', 'off')
  })
})
