import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { nearest, parseList, parsePairs, parseWords } from '../../../src/base/lists.ts'

describe('parseList', () => {
  it.each([
    ['a\nb\r\n\n  c  ', {}, ['a', 'b', 'c']],
    ['a,b\nc', { commas: true }, ['a', 'b', 'c']],
    ['a,b', {}, ['a,b']],
    ['# comment\na', {}, ['a']],
    ['', { commas: true }, []],
    [' , ,', { commas: true }, []],
  ])('%j %j', (text, options, expected) => {
    expect(parseList(text, options)).toEqual(expected)
  })
})

describe('parsePairs', () => {
  it('keeps = and commas of the value, and returns every bad line', () => {
    expect(parsePairs('A=b=c,d\nnothing\n=x\nE=')).toEqual({
      pairs: [
        ['A', 'b=c,d'],
        ['E', ''],
      ],
      errors: [
        { line: 'nothing', reason: 'no "=": write key=value' },
        { line: '=x', reason: 'nothing before "="' },
      ],
    })
  })
})

describe('parseWords', () => {
  it.each([
    ['-short -timeout=5m', ['-short', '-timeout=5m']],
    [`-run 'Test A|B' "x \\"y\\""`, ['-run', 'Test A|B', 'x "y"']],
    ['C:\\tools\\go.exe a\\ b', ['C:\\tools\\go.exe', 'a b']],
    [`''  ""`, ['', '']],
    ['$HOME `id` $(id)', ['$HOME', '`id`', '$(id)']],
  ])('%s', (text, words) => {
    expect(parseWords(text)).toEqual({ words })
  })

  it('tells an open quote', () => {
    expect(parseWords(`a 'b`).error).toBe("the quote ' is not closed")
  })

  it('gives back any words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((word) => !word.includes("'"))), (words) => {
        expect(parseWords(words.map((word) => `'${word}'`).join(' '))).toEqual({ words })
      }),
    )
  })
})

describe('nearest', () => {
  it.each([
    ['platfroms', ['platforms', 'push'], 'platforms'],
    ['docker-contaner', ['docker', 'docker-container'], 'docker-container'],
    ['zzz', ['platforms', 'push'], undefined],
  ])('%s', (text, known, expected) => {
    expect(nearest(text, known)).toBe(expected)
  })
})
