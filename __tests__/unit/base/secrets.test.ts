import { describe, expect, it } from '@jest/globals'
import { formatBytes, formatDuration } from '../../../src/base/clock.ts'
import { redactUrl, Secrets } from '../../../src/base/secrets.ts'

describe('Secrets', () => {
  it('redacts every form a secret is likely to be printed in, and announces each once', () => {
    const announced: string[] = []
    const secrets = new Secrets((value) => announced.push(value))
    secrets.mask('p@ss word')
    secrets.mask('p@ss word')
    expect(
      secrets.redact(
        `a p@ss word b ${Buffer.from('p@ss word').toString('base64')} ${encodeURIComponent('p@ss word')}`,
      ),
    ).toBe('a *** b *** ***')
    expect(announced).toHaveLength(3)
  })

  it('redacts the lines of a key, and the longest first', () => {
    const secrets = new Secrets()
    secrets.mask('-----BEGIN KEY-----\nabcdefghij\n-----END KEY-----')
    secrets.mask('token')
    secrets.mask('token-long')
    expect(secrets.redact('line abcdefghij and token-long')).toBe('line *** and ***')
  })

  it('leaves text alone when the secret is too short to be one', () => {
    const secrets = new Secrets()
    secrets.mask('')
    secrets.mask('1')
    expect(secrets.redact('1 + 1')).toBe('1 + 1')
  })
})

it.each([
  ['https://user:pw@host/x', 'https://host/x'],
  ['https://host/blob?sig=abc&x=1', 'https://host/blob?sig=***&x=1'],
  ['not a url', 'not a url'],
])('redactUrl %s', (url, expected) => {
  expect(redactUrl(url)).toBe(expected)
})

it.each([
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_960, '1.0 MB'],
  [12_345_678, '12.3 MB'],
  [5e12, '5.0 TB'],
])('formatBytes %d', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

it.each([
  [12.4, '12 ms'],
  [1500, '1.5 s'],
  [125_000, '2 m 05 s'],
])('formatDuration %d', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
