import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  readConfigWeights,
  wordsOf,
  writeConfigWeights,
} from '../../../../src/gray/adapters/haproxy-config.ts'

const CONFIG = `# weight 9 in a comment
global
    stats socket /run/haproxy/admin.sock level admin

defaults
    mode http

backend other
    server old 10.0.0.9:80 weight 77

backend app # the one
    balance roundrobin
    default-server check weight 7
    server old  10.0.0.1:80 check\tweight 95   maxconn 100 # weight 3
    server new 10.0.0.2:80 cookie "weight 1" check
    server third 10.0.0.3:80 weight 4

frontend front
    default_backend app
`

const read = (text: string, names: string[], backend = 'app'): unknown => {
  const found = readConfigWeights(text, backend, names)
  return 'fault' in found
    ? found
    : { weights: Object.fromEntries(found.weights), own: Object.fromEntries(found.own) }
}
const write = (text: string, weights: Record<string, number | undefined>, backend = 'app'): string => {
  const done = writeConfigWeights(text, backend, new Map(Object.entries(weights)))
  if ('fault' in done) throw new Error(done.fault)
  return done.text
}

describe('wordsOf', () => {
  it.each([
    ['', []],
    ['  # only a comment', []],
    ['server a b', ['server', 'a', 'b']],
    ['server a b#c', ['server', 'a', 'b']],
    ['  http-request set-header X "a # b" \'c d\'', ['http-request', 'set-header', 'X', 'a # b', 'c d']],
    ['a b\\ c \\# "d\\"e" \'f\\\'', ['a', 'b c', '#', 'd"e', 'f\\']],
    ['server a b\r', ['server', 'a', 'b']],
  ])('%j', (line, words) => {
    expect(wordsOf(line).map(({ text }) => text)).toEqual(words)
  })
})

describe('readConfigWeights', () => {
  it('reads own and inherited weights of the one backend', () => {
    expect(read(CONFIG, ['old', 'new'])).toEqual({
      weights: { old: 95, new: 7 },
      own: { old: 95, new: undefined },
    })
  })

  it.each([
    ['nothing said', 'backend app\n server a 1.1.1.1:1\n', 1],
    ['defaults', 'defaults\n default-server weight 6\nbackend app\n server a 1.1.1.1:1\n', 6],
    [
      'a later defaults without it',
      'defaults\n default-server weight 6\ndefaults\n mode http\nbackend app\n server a 1.1.1.1:1\n',
      1,
    ],
    [
      'named defaults',
      'defaults x\n default-server weight 6\ndefaults y\n mode tcp\nbackend app from x\n server a 1.1.1.1:1\n',
      6,
    ],
    [
      'defaults from defaults',
      'defaults x\n default-server weight 6\ndefaults y from x\n mode tcp\nbackend app\n server a 1.1.1.1:1\n',
      6,
    ],
    ['a listen section', 'listen app\n bind :80\n default-server weight 3\n server a 1.1.1.1:1\n', 3],
    ['a default-server after the line', 'backend app\n server a 1.1.1.1:1\n default-server weight 9\n', 1],
    [
      'a weight of the last resort',
      'backend app\n server weight 1.1.1.1:1\n server a 1.1.1.1:1 weight 0\n',
      0,
    ],
  ])('inherits: %s', (_, text, weight) => {
    expect(read(text, ['a'])).toMatchObject({ weights: { a: weight } })
  })

  it.each([
    ['no backend', 'frontend app\n', ['a'], { fault: 'there is no backend app' }],
    [
      'no server',
      'backend app\n server b 1.1.1.1:1\n',
      ['a', 'b', 'c'],
      { fault: 'the backend app has no server line for a and c' },
    ],
    [
      'a template',
      'backend app\n server-template a 1-3 x:80\n',
      ['a1'],
      { fault: 'the backend app has no server line for a1' },
    ],
    [
      'two backends',
      'backend app\n server a 1.1.1.1:1\nbackend app\n',
      ['a'],
      { fault: 'the backend app stands there twice', line: 3 },
    ],
    [
      'two servers',
      'backend app\n server a 1.1.1.1:1\n server a 1.1.1.1:2\n',
      ['a'],
      { fault: 'the server a stands there twice', line: 3 },
    ],
    ['no address', 'backend app\n server a\n', ['a'], { fault: 'the server a has no address', line: 2 }],
  ])('tells %s', (_, text, names, fault) => {
    expect(read(text, names)).toEqual(fault)
  })
})

describe('writeConfigWeights', () => {
  it('changes the numbers and nothing else', () => {
    const changed = write(CONFIG, { old: 19, new: 1 })
    const before = CONFIG.split('\n')
    expect(changed.split('\n').flatMap((line, i) => (line === before[i] ? [] : [line]))).toEqual([
      '    server old  10.0.0.1:80 check\tweight 19   maxconn 100 # weight 3',
      '    server new 10.0.0.2:80 weight 1 cookie "weight 1" check',
    ])
  })

  it('takes an added weight away again, and keeps Windows line ends', () => {
    const text = CONFIG.replaceAll('\n', '\r\n')
    const changed = write(text, { old: 19, new: 1 })
    expect(changed.split('\r\n')).toHaveLength(text.split('\r\n').length)
    expect(write(changed, { old: 95, new: undefined })).toBe(text)
  })

  it('is undone by writing what was read, whatever stands around it', () => {
    const filler = fc.stringMatching(/^[a-z #"'\\]{0,20}$/)
    const option = fc.constantFrom('check', 'maxconn 5', 'weight 3', 'cookie x', 'inter 2s')
    const line = (name: string): fc.Arbitrary<string> =>
      fc
        .tuple(
          fc.constantFrom(' ', '\t', '   '),
          fc.uniqueArray(option, { maxLength: 5 }),
          fc.constantFrom('', ' ', ' # weight 8'),
        )
        .map(
          ([gap, options, end]) =>
            `${gap}server ${name}${gap}1.2.3.4:80${options.map((o) => gap + o).join('')}${end}`,
        )
    fc.assert(
      fc.property(
        filler,
        line('a'),
        filler,
        line('b'),
        fc.integer({ min: 0, max: 256 }),
        fc.integer({ min: 0, max: 256 }),
        (x, a, y, b, v, w) => {
          const text = `global\n # ${x}\nbackend app\n${a}\n # ${y}\n${b}\n`
          const found = readConfigWeights(text, 'app', ['a', 'b'])
          if ('fault' in found) throw new Error(found.fault)
          const changed = write(text, { a: v, b: w })
          expect(read(changed, ['a', 'b'])).toMatchObject({ weights: { a: v, b: w } })
          const restored = writeConfigWeights(changed, 'app', found.own)
          expect(restored).toEqual({ text })
        },
      ),
    )
  })
})
