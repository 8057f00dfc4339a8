import { describe, expect, it } from '@jest/globals'
import { judgeRestore, judgeSave, Talk } from '../../../src/cache/talk.ts'
import { ANSWER_MARK, parseRequest } from '../../../src/cache/worker.ts'

function hear(...lines: string[]): { talk: Talk; masked: string[]; debug: string[] } {
  const masked: string[] = []
  const debug: string[] = []
  const talk = new Talk(
    (secret) => masked.push(secret),
    (line) => debug.push(line),
  )
  for (const line of lines) talk.hear(line)
  return { talk, masked, debug }
}
const answer = (value: unknown): string => ANSWER_MARK + JSON.stringify(value)

describe('what the worker says', () => {
  it('is sorted into answer, size, faults, secrets and debug lines', () => {
    const { talk, masked, debug } = hear(
      '::debug::Resolved Keys:',
      '::add-mask::sig%25value',
      'Cache Size: ~107 MB (112472702 B)',
      '[command]/usr/bin/tar -xf a.tzst',
      '::warning::Failed to restore: a%0Ab',
      '',
      answer({ key: 'k' }),
    )
    expect(masked).toEqual(['sig%value'])
    expect(talk.bytes).toBe(112472702)
    expect(talk.faults).toEqual(['Failed to restore: a\nb'])
    expect(talk.answer).toEqual({ key: 'k' })
    expect(debug).toContain('[command]/usr/bin/tar -xf a.tzst')
    expect(debug.join()).not.toContain('sig')
  })

  it('gives the size of a saved archive', () => {
    expect(hear('::debug::File Size: 77').talk.bytes).toBe(77)
  })

  it.each(['x', '7', 'null'])('survives the damaged answer %s', (text) => {
    expect(hear(ANSWER_MARK + text).talk.answer?.error).toMatch(/answer/)
  })

  it('takes from an answer only what has the right type', () => {
    expect(hear(answer({ key: 7, id: 'x', error: null })).talk.answer).toEqual({})
  })
})

describe('a restore', () => {
  it.each<[string, string[], string, RegExp | undefined]>([
    ['restored', [answer({ key: 'k-1' })], 'restored', undefined],
    ['missed', [answer({})], 'missed', undefined],
    ['dead', ['::debug::x'], 'failed', /process died/],
    ['thrown', [answer({ error: 'tar not found' })], 'failed', /tar not found/],
    [
      'rate limited',
      [
        "::warning::You've hit a rate limit, your rate limit will reset in 5 seconds",
        '::warning::Failed to restore: Rate limited: (429)',
        answer({}),
      ],
      'failed',
      /^Rate limited/,
    ],
    [
      'server fault',
      ['::error::Failed to restore: Cache service responded with 500', answer({})],
      'failed',
      /500/,
    ],
    [
      'denied',
      ['::warning::Failed to restore: Failed to Get: cache read denied: x', answer({})],
      'denied',
      /may not read/,
    ],
  ])('%s', (_, lines, status, why) => {
    const verdict = judgeRestore(hear(...lines).talk)
    expect(verdict.status).toBe(status)
    if (why === undefined) expect(verdict.why).toBeUndefined()
    else expect(verdict.why).toMatch(why)
  })
})

describe('a save', () => {
  const another =
    'Failed to save: Unable to reserve cache with key k, another job may be creating this cache.'
  it.each<[string, string[], string, RegExp | undefined]>([
    ['saved', [answer({ id: 12 })], 'saved', undefined],
    ['saved as number 0', [answer({ id: 0 })], 'saved', undefined],
    ['silent', [answer({ id: -1 })], 'failed', /no reason/],
    ['dead', [], 'failed', /process died/],
    ['thrown', [answer({ error: 'Path Validation Error' })], 'failed', /Path/],
    [
      'there already (v2)',
      [
        '::debug::Failed to reserve cache: Error: Failed to CreateCacheEntry: Received non-retryable error: Failed request: (409) Conflict: cache entry with the same key, version, and scope already exists',
        another,
        answer({ id: -1 }),
      ],
      'exists',
      /another job/,
    ],
    ['there already, refused politely', [another, answer({ id: -1 })], 'exists', /another job/],
    [
      'there already (v1)',
      [
        'Failed to save: Unable to reserve cache with key k, another job may be creating this cache. More details: Cache already exists. Scope: refs/heads/main',
        answer({ id: -1 }),
      ],
      'exists',
      /another job/,
    ],
    [
      'rate limited',
      [
        '::debug::Failed to reserve cache: Error: Failed to CreateCacheEntry: Rate limited: Failed request: (429) Too Many Requests',
        another,
        answer({ id: -1 }),
      ],
      'failed',
      /429/,
    ],
    [
      'server fault',
      [
        '::debug::Failed to reserve cache: Error: Failed to CreateCacheEntry: Failed to make request after 5 attempts: Failed request: (503) x',
        another,
        answer({ id: -1 }),
      ],
      'failed',
      /503/,
    ],
    [
      'no route',
      [
        '::debug::Failed to reserve cache: Error: Failed to CreateCacheEntry: Unable to make request: ECONNREFUSED',
        another,
        answer({ id: -1 }),
      ],
      'failed',
      /ECONNREFUSED/,
    ],
    [
      'denied',
      [
        '::warning::Failed to save: Unable to reserve cache with key k. More details: cache write denied: x',
        answer({ id: -1 }),
      ],
      'denied',
      /may not save/,
    ],
    [
      'upload broken (v1 keeps the number)',
      ['::warning::Failed to save: Cache service responded with 403 during upload chunk.', answer({ id: 5 })],
      'failed',
      /403/,
    ],
    [
      'not finalized',
      ['::warning::the upload is not complete', answer({ id: -1 })],
      'failed',
      /not complete/,
    ],
  ])('%s', (_, lines, status, why) => {
    const verdict = judgeSave(hear(...lines).talk)
    expect(verdict.status).toBe(status)
    if (why === undefined) expect(verdict.why).toBeUndefined()
    else expect(verdict.why).toMatch(why)
  })
})

describe('a request to the worker', () => {
  const good = { operation: 'save', paths: ['a'], key: 'k', restoreKeys: [], crossOs: false }
  it('is read back as written', () => {
    expect(parseRequest(JSON.stringify(good))).toEqual(good)
  })
  it.each([
    ['null', 'null'],
    ['an operation', JSON.stringify({ ...good, operation: 'delete' })],
    ['paths', JSON.stringify({ ...good, paths: [1] })],
    ['a key', JSON.stringify({ ...good, key: undefined })],
    ['restore keys', JSON.stringify({ ...good, restoreKeys: 'x' })],
    ['crossOs', JSON.stringify({ ...good, crossOs: 1 })],
  ])('is refused for %s', (_, text) => {
    expect(() => parseRequest(text)).toThrow(TypeError)
  })
})
