import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  code,
  details,
  fence,
  inline,
  link,
  oneLine,
  printable,
  shorten,
  table,
} from '../../../src/report/markdown.ts'
import { cells, hostile, outline, seen } from './structure.ts'

describe('text in Markdown', () => {
  it.each([
    ['plain text, 83.4 %', 'plain text, 83.4 %'],
    ['a_b *c*', String.raw`a\_b \*c\*`],
    ['<b>&amp;', '&lt;b&gt;&amp;amp;'],
    ['a|b', 'a&#124;b'],
    ['# not a heading', String.raw`\# not a heading`],
    ['1. no list', String.raw`1\. no list`],
    ['1.26.8', '1.26.8'],
    ['- no item', String.raw`\- no item`],
    ['C:\\src', String.raw`C:\\src`],
    ['[x](y)', String.raw`\[x\](y)`],
    ['two\n lines\t', 'two lines'],
    ['\u001b[31mred\u001b[0m\u0007', 'red'],
  ])('%j is written %j', (text, expected) => {
    expect(inline(text)).toBe(expected)
  })

  it.each([
    ['a_b', '`a_b`'],
    ['a|b', '<code>a&#124;b</code>'],
    ['`x` *y*', '<code>&#96;x&#96; &#42;y&#42;</code>'],
    ['  ', ''],
  ])('the code %j is written %j', (text, expected) => {
    expect(code(text)).toBe(expected)
  })

  it('is seen as it was, on one line, in one cell', () => {
    fc.assert(
      fc.property(hostile, hostile, (one, two) => {
        expect(seen(inline(one))).toBe(oneLine(one))
        const text = table([['A', 'left'], ['B', 'right']], [[inline(one), code(two)]]) // prettier-ignore
        expect(text.split('\n')).toHaveLength(3)
        expect(cells(text.split('\n')[2] ?? '').length).toBeLessThanOrEqual(2)
        expect(text.isWellFormed()).toBe(true)
        expect(outline(text).headings).toBe(0)
      }),
    )
  })

  it('a fence holds any lines, a folded part any title', () => {
    fc.assert(
      fc.property(hostile, fc.array(hostile, { maxLength: 4 }), (title, lines) => {
        const found = outline(`${details(title, fence(lines, 'text'))}\n`)
        expect(found).toEqual({ headings: 0, details: 1, fences: 1, tables: [], faults: [] })
      }),
    )
  })

  it.each([
    ['https://github.com/a/b', '[x](https://github.com/a/b)'],
    ['https://h/a|b', '[x](https://h/a%7Cb)'],
    ['javascript:alert(1)', 'x'],
    ['https://h/a b', 'x'],
    ['https://h/a)b', 'x'],
    [undefined, 'x'],
  ])('a link to %s', (url, expected) => {
    expect(link('x', url)).toBe(expected)
  })

  it('shortens without cutting a letter in two', () => {
    expect(shorten('abcdef', 4)).toBe('abc…')
    expect(shorten('abcd', 4)).toBe('abcd')
    expect(shorten('ab😀d', 4)).toBe('ab…')
    fc.assert(
      fc.property(hostile, fc.nat(50), (text, length) => {
        const short = shorten(printable(text), length + 1)
        expect(short.length).toBeLessThanOrEqual(length + 1)
        expect(short.isWellFormed()).toBe(true)
      }),
    )
  })
})
