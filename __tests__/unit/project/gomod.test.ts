import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseGoMod, parseGoWork, parseModFile } from '../../../src/project/gomod.ts'

describe('parseModFile', () => {
  it.each([
    ['line form', 'require example.com/a v1.0.0', [['require', 'example.com/a', 'v1.0.0']]],
    [
      'block form',
      'require (\n\ta v1\n\tb v2\n)',
      [
        ['require', 'a', 'v1'],
        ['require', 'b', 'v2'],
      ],
    ],
    [
      'comments',
      '// head\nmodule m // tail\n\nrequire ( // open\n a v1 // indirect\n) // close',
      [
        ['module', 'm'],
        ['require', 'a', 'v1'],
      ],
    ],
    [
      'quotes',
      'module "ex.com/m\\u0041"\nreplace `a b` => "./c d"',
      [
        ['module', 'ex.com/mA'],
        ['replace', 'a b', '=>', './c d'],
      ],
    ],
    [
      'CRLF and no last line end',
      'module m\r\ngo 1.26\r\nuse ./a',
      [
        ['module', 'm'],
        ['go', '1.26'],
        ['use', './a'],
      ],
    ],
    ['brackets', 'retract [v1.0.0, v1.1.0]', [['retract', '[', 'v1.0.0', ',', 'v1.1.0', ']']]],
    ['empty block on one line', 'require ()\nmodule m', [['module', 'm']]],
  ])('%s', (_name, text, expected) => {
    const { directives, faults } = parseModFile(text)
    expect(directives.map((d) => [d.verb, ...d.words])).toEqual(expected)
    expect(faults).toEqual([])
  })

  it.each([
    ['module "m', 1, 'not closed'],
    ['module m\nreplace `x', 2, 'not closed'],
    ['module m\nrequire (\n a v1', 2, 'not closed'],
    ['module m\n)', 2, 'without'],
  ])('faults of %j', (text, line, reason) => {
    const { faults } = parseModFile(text)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatchObject({ line, reason: expect.stringContaining(reason) })
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        parseModFile(text)
        parseGoMod(text)
        parseGoWork(text)
      }),
    )
  })

  it('reads back whatever is written, in line and block form, with and without quotes', () => {
    const word = fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom('a', 'b', 'X', '0', '9', '.', '/', '-', '_', '@', ' ', 'é'),
    })
    const quote = (text: string): string =>
      /^[^\s"`(),[\]]+$/.test(text) && !text.includes('//') ? text : JSON.stringify(text)
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            block: fc.boolean(),
            words: fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
          }),
        ),
        (groups) => {
          const text = groups
            .map(({ block, words }) =>
              block
                ? `require (\n${words.map((w) => `\t${w.map(quote).join(' ')} // note`).join('\n')}\n)`
                : words.map((w) => `require ${w.map(quote).join('  ')}`).join('\n'),
            )
            .join('\n\n')
          const read = parseModFile(text)
          expect(read.faults).toEqual([])
          expect(read.directives.map((d) => d.words)).toEqual(groups.flatMap((g) => g.words))
        },
      ),
    )
  })
})

describe('parseGoMod', () => {
  it('knows module, versions, requirements and folder replacements', () => {
    const mod = parseGoMod(
      'module example.com/m\ngo 1.25.0\ntoolchain go1.26.1\nrequire a v1.0.0\nrequire (\n b v2.0.0\n)\nreplace (\n a => ../a\n b v2.0.0 => example.com/fork v2.0.1\n c => C:\\c\n)',
    )
    expect(mod).toEqual({
      module: 'example.com/m',
      go: '1.25.0',
      toolchain: 'go1.26.1',
      requires: 2,
      localReplacements: ['../a', 'C:\\c'],
      faults: [],
    })
  })
  it('asks for a module line', () => {
    expect(parseGoMod('go 1.26').faults).toEqual([{ line: 1, reason: expect.stringContaining('module') }])
  })
})

it('parseGoWork keeps each use with its line', () => {
  expect(parseGoWork('go 1.26\n\nuse (\n\t./a\n\t./b // two\n)\nuse ./c\ntoolchain go1.27.0')).toEqual({
    go: '1.26',
    toolchain: 'go1.27.0',
    uses: [
      { path: './a', line: 4 },
      { path: './b', line: 5 },
      { path: './c', line: 7 },
    ],
    faults: [],
  })
})
