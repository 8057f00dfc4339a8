import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  evaluateConstraint,
  matchesFileName,
  readSource,
  stripComments,
} from '../../../src/project/go-source.ts'

const linux = { os: 'linux', arch: 'amd64', cgo: false, tags: ['extra'] }

describe('evaluateConstraint', () => {
  it.each([
    ['linux', true],
    ['windows', false],
    ['!windows', true],
    ['unix && !cgo', true],
    ['windows || (linux && amd64)', true],
    ['!(linux || darwin)', false],
    ['extra', true],
    ['other', false],
    ['go1.21 && gc', true],
    ['ignore', false],
    ['a || b && linux', false],
    ['linux || a && b', true],
    ['linux &&', false],
    ['(linux', false],
    ['', false],
    ['linux windows', false],
  ])('%s is %s on linux', (expression, met) => expect(evaluateConstraint(expression, linux)).toBe(met))

  it('agrees with plain boolean logic', () => {
    const tags = { linux: true, windows: false, extra: true, other: false }
    type Node = { text: string; value: boolean }
    const leaf = fc.constantFrom(...Object.entries(tags).map(([text, value]): Node => ({ text, value })))
    const { node } = fc.letrec<{ node: Node }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        tie('node').map((n) => ({ text: `!(${n.text})`, value: !n.value })),
        fc
          .tuple(tie('node'), tie('node'))
          .map(([a, b]) => ({ text: `(${a.text}) && (${b.text})`, value: a.value && b.value })),
        fc
          .tuple(tie('node'), tie('node'))
          .map(([a, b]) => ({ text: `(${a.text})||(${b.text})`, value: a.value || b.value })),
      ),
    }))
    fc.assert(fc.property(node, ({ text, value }) => expect(evaluateConstraint(text, linux)).toBe(value)))
  })
  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof evaluateConstraint(text, linux) === 'boolean'))
  })
})

it.each([
  ['main.go', true],
  ['linux.go', true],
  ['main_linux.go', true],
  ['main_windows.go', false],
  ['main_arm64.go', false],
  ['main_linux_amd64.go', true],
  ['main_linux_arm64.go', false],
  ['main_unix.go', true],
  ['x_linux_test.go', true],
])('matchesFileName(%s) is %s', (name, met) => expect(matchesFileName(name, linux)).toBe(met))

describe('readSource', () => {
  it('reads a constraint only above the package clause', () => {
    expect(readSource('// c\n\n//go:build linux \n\npackage x\n')).toEqual({
      package: 'x',
      declaresMain: false,
      constraint: 'linux',
    })
    expect(readSource('package x\n//go:build linux\n').constraint).toBeUndefined()
    expect(readSource('/* package a */ package b\n').package).toBe('b')
    expect(readSource('').package).toBeUndefined()
  })
  it('keeps lines where they are', () => {
    const text = 'a // b\n/* c\nd */ "e\\"//" `f\n` \'"\' g'
    expect(
      stripComments(text)
        .split('\n')
        .map((l) => l.trimEnd().length > 0),
    ).toEqual([true, false, false, true])
    expect(stripComments(text).length).toBe(text.length)
  })
})
