import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { dateFault, formatDate } from '../../../src/image/dates.ts'
import { compareVersions, formatVersion, higherVersion, parseVersion } from '../../../src/image/versions.ts'

const at = Date.UTC(2021, 0, 3, 0, 5, 9, 42)

describe('dates in tags', () => {
  it.each([
    ['YYYYMMDD', 'UTC', '20210103'],
    ['YYYYMMDDTHHmmss', 'UTC', '20210103T000509'],
    ['YY.M.D', 'UTC', '21.1.3'],
    ['YYYY-MM-DD HH:mm:ss.SSS', 'America/New_York', '2021-01-02 19:05:09.042'],
    ['h:m:s a', 'Asia/Kolkata', '5:35:9 am'],
    ['hh A', 'UTC', '12 AM'],
    ['H', 'UTC', '0'],
    ['GGGG-[W]WW-E', 'UTC', '2020-W53-7'],
    ['DDDD DDD Q', 'UTC', '003 3 1'],
    ['dddd ddd MMMM MMM', 'UTC', 'Sunday Sun January Jan'],
    ['Z', 'Asia/Kolkata', '+05:30'],
    ['ZZ', 'America/St_Johns', '-0330'],
    ['X x', 'UTC', `${Math.floor(at / 1000)} ${at}`],
    ['[YYYY]', 'UTC', 'YYYY'],
  ])('%s in %s is %s', (format, zone, expected) => {
    expect(dateFault(format, zone)).toBeUndefined()
    expect(formatDate(at, format, zone)).toBe(expected)
  })

  it.each([
    ['YYYY', 'Moon/Sea'],
    ['Do', 'UTC'],
    ['gggg', 'UTC'],
    ['week', 'UTC'],
  ])('%s in %s is refused', (format, zone) => {
    expect(dateFault(format, zone)).toBeDefined()
  })

  it('agree with toISOString for every moment', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(formatDate(date.getTime(), 'YYYY-MM-DD[T]HH:mm:ss.SSS[Z]', 'UTC')).toBe(date.toISOString())
      }),
    ) // prettier-ignore
  })
})

describe('versions', () => {
  it.each([
    ['v1.2.3', '1.2.3'],
    ['1.2', '1.2'],
    ['v7', '7'],
    ['a/b/v1.2.3-rc.1+x.y', '1.2.3-rc.1'],
    ['v1.2-beta', '1.2-beta'],
    ['v01.2.3', undefined],
    ['v1.2.3-01', undefined],
    ['v1.2.3.4', undefined],
    ['v1.2.3-', undefined],
    ['vnext', undefined],
    ['v99999999999999999999.0.0', undefined],
    ['', undefined],
  ])('%s reads as %s', (tag, expected) => {
    const version = parseVersion(tag)
    expect(version === undefined ? undefined : formatVersion(version)).toBe(expected)
  })

  it('are ordered as semver.org item 11 orders them', () => {
    const order = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.1', '2'] // prettier-ignore
    const parsed = order.map((tag) => parseVersion(tag)).filter((version) => version !== undefined)
    expect([...parsed].reverse().sort(compareVersions).map(formatVersion)).toEqual(order)
  })

  it('the higher one is looked for in the same line and folder', () => {
    const own = parseVersion('v1.2.3')
    if (own === undefined) throw new Error('v1.2.3 is a version')
    const tags = ['v1.2.3', 'v1.2.9', 'v1.4.0', 'v3.0.0', 'sub/v9.0.0', 'v4.0.0-rc.1', 'other']
    expect(higherVersion(own, tags, 'minor')?.raw).toBe('v1.2.9')
    expect(higherVersion(own, tags, 'major')?.raw).toBe('v1.4.0')
    expect(higherVersion(own, tags, 'all')?.raw).toBe('v3.0.0')
  })
})
