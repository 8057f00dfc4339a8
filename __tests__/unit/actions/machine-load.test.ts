import { describe, expect, it } from '@jest/globals'
import { collectLess, compilesAtOnce, startsAtOnce } from '../../../src/actions/build/machine-load.ts'

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

describe('compiles side by side', () => {
  it.each([
    ['cold, on two cores', { status: 'missed', hit: 'none' }, 2, 1],
    ['cold, on four', { status: 'missed', hit: 'none' }, 4, 2],
    ['cold, on one', { status: 'unavailable', hit: 'none' }, 1, 1],
    ['with the cache of an earlier commit', { status: 'restored', hit: 'partial' }, 2, 2],
    ['with a folder that stays on the machine', { status: 'kept', hit: 'none' }, 2, 2],
    ['with what a call before has restored', { status: 'shared', hit: 'none' }, 2, 2],
    ['where nothing is restored', undefined, 2, 2],
    ['with a cache, on eight cores', { status: 'restored', hit: 'exact' }, 8, 4],
  ] as const)('%s', (_, cache, cores, wanted) => {
    expect(compilesAtOnce(cache, cores)).toBe(wanted)
  })
})

describe('starts side by side', () => {
  it.each([
    ['more than cores: they mostly wait', false, 2, 6],
    ['one for each core of a large machine', false, 8, 8],
    ['not without bound', false, 96, 16],
    ['one, where they share the ports of the machine', true, 8, 1],
  ] as const)('%s', (_, natively, cores, wanted) => {
    expect(startsAtOnce(natively, cores)).toBe(wanted)
  })
})
