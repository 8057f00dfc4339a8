import { describe, expect, it } from '@jest/globals'
import { editedPackage, generateModule, importsOf, loudModule, mainsOf } from '../../../bench/generate.ts'
import { parseGenerated } from '../../../bench/subjects.ts'

describe('generated modules', () => {
  it.each([
    [1, 1],
    [10, 5],
    [100, 20],
    [1000, 1],
  ])('have %d packages and %d mains, the same every time', (packages, mains) => {
    const files = generateModule({ packages, mains })
    const names = [...files.keys()]
    const own = names.filter((name) => /^internal\/.*(?<!_test)\.go$/.test(name))
    expect(own).toHaveLength(packages)
    expect(names.filter((name) => name.endsWith('/main.go'))).toEqual(
      mainsOf({ mains }).map((main) => `${main.slice(2)}/main.go`),
    )
    expect(names).toContain(editedPackage({ packages }))
    expect([...generateModule({ packages, mains })]).toEqual([...files])
  })

  it('import only what is there, from the layer below, and never in a circle', () => {
    const files = generateModule({ packages: 1000, mains: 1 })
    for (let at = 0; at < 1000; at++) {
      for (const below of importsOf(at)) {
        expect(below).toBeLessThan(at)
        expect(below).toBeGreaterThanOrEqual(0)
      }
      expect(new Set(importsOf(at)).size).toBe(importsOf(at).length)
    }
    const packages = new Set([...files.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))))
    for (const text of files.values())
      for (const [, path = ''] of text.matchAll(/"example\.com\/generated\/([^"]+)"/g))
        expect(packages).toContain(path)
  })

  it('do the same work in each package, however many layers are below', () => {
    for (const [name, text] of generateModule({ packages: 1000, mains: 1 })) {
      if (!/^internal\/.*(?<!_test)\.go$/.test(name)) continue
      const body = text.slice(text.indexOf('func Value('))
      expect(body).toContain('return record.Sum()')
      expect(body).not.toMatch(/p\d+\.Value/)
    }
  })

  it('name the place of an edit once', () => {
    const text = generateModule({ packages: 100, mains: 1 }).get(editedPackage({ packages: 100 }))
    expect(text?.split('const revision = 0')).toHaveLength(2)
  })

  it('print as much as asked for', () => {
    expect(loudModule(20).get('internal/p0001/loud_test.go')).toContain('range 20 * 1024')
  })

  it.each([
    ['generated-100x5', { packages: 100, mains: 5 }],
    ['generated-100', undefined],
    ['service', undefined],
  ])('%s', (name, wanted) => {
    expect(parseGenerated(name)).toEqual(wanted)
  })
})
