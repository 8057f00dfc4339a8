import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findBuildId } from '../../../src/go/build-id.ts'
import { compileArgv } from '../../../src/go/compile.ts'
import { mtimeOfObject, planMtimes } from '../../../src/go/mtimes.ts'
import { testArgv } from '../../../src/go/test-step.ts'

const oid = fc.stringMatching(/^[0-9a-f]{40}$/)

describe('mtimeOfObject', () => {
  it('lies between 2000 and 2020, and its fraction is exact to 2^-22 s', () => {
    fc.assert(
      fc.property(oid, (id) => {
        const seconds = mtimeOfObject(id)
        expect(seconds).toBeGreaterThanOrEqual(Date.UTC(2000, 0, 1) / 1000)
        expect(seconds).toBeLessThan(Date.UTC(2020, 0, 1) / 1000)
        expect(Number.isInteger(seconds * 2 ** 22)).toBe(true)
      }),
    )
  })
  it('is the same for the same id, and another for another (SHA-256 ids too)', () => {
    const a = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    expect(mtimeOfObject(a)).toBe(mtimeOfObject(a))
    expect(mtimeOfObject(`${a}${'0'.repeat(24)}`)).toBe(mtimeOfObject(a))
    fc.assert(fc.property(oid, oid, (x, y) => x === y || mtimeOfObject(x) !== mtimeOfObject(y)))
  })
})

it('planMtimes takes clean files and folders, and leaves the rest alone', () => {
  const id = (n: number): string => String(n).repeat(40)
  const plan = planMtimes({
    index: [
      `H 100644 ${id(1)} 0\ta/clean.go`,
      `H 100755 ${id(2)} 0\ta/b/changed.go`,
      `H 120000 ${id(3)} 0\tlink`,
      `H 160000 ${id(4)} 0\tsub`,
      `H 100644 ${id(5)} 2\tconflict.go`,
      `h 100644 ${id(6)} 0\tassumed.go`,
      `S 100644 ${id(7)} 0\tsparse.go`,
      `H 100644 ${id(8)} 0\tbig/model.bin`,
      `H 100644 ${id(9)} 0\tname with\ttab\nand line.txt`,
    ],
    changed: ['a/b/changed.go'],
    staged: ['staged/new.go'],
    lfs: ['big/model.bin'],
    trees: ['a', 'a/b', 'big', 'staged', 'clean'].map((dir) => `040000 tree ${id(1)}\t${dir}`),
    rootTree: id(1),
  })
  expect(plan.entries.map((e) => [e.kind, e.path])).toEqual([
    ['file', 'a/clean.go'],
    ['symlink', 'link'],
    ['file', 'name with\ttab\nand line.txt'],
    ['directory', 'clean'],
  ])
  expect(plan.skipped).toBe(6)
  const clean = planMtimes({ index: [], changed: [], staged: [], lfs: [], trees: [], rootTree: id(1) })
  expect(clean.entries).toMatchObject([{ path: '.', kind: 'directory' }])
})

it('command lines', () => {
  expect(
    testArgv('go', ['./...'], {
      vet: true,
      race: true,
      profile: '/r/c.out',
      covdata: "-toolexec=/bin/sh '/t/covdata.sh'",
      flags: ['-short', '-db', 'x'],
    }),
  ).toEqual([
    'go',
    'test',
    '-json',
    '-vet=all',
    '-race',
    '-covermode=atomic',
    '-coverprofile=/r/c.out',
    "-toolexec=/bin/sh '/t/covdata.sh'",
    './...',
    '-short',
    '-db',
    'x',
  ])
  expect(testArgv('go', ['./...'], { vet: false, race: false, flags: [] })).toEqual([
    'go',
    'test',
    '-json',
    '-vet=off',
    './...',
  ])
  expect(
    compileArgv('go', {
      package: 'example.com/x',
      output: '/o',
      ldflags: "-s -X 'a.b=c d'",
      buildvcs: 'auto',
      flags: ['-p=1'],
    }),
  ).toEqual([
    'go',
    'build',
    '-buildvcs=auto',
    "-ldflags=-s -X 'a.b=c d'",
    '-p=1',
    '-o',
    '/o',
    'example.com/x',
  ])
  expect(compileArgv('go', { package: '.', output: '/o', ldflags: '', buildvcs: 'false' })).not.toContain(
    '-ldflags=',
  )
})

describe('findBuildId', () => {
  const note = (big: boolean, id: string): Buffer => {
    const head = Buffer.alloc(200, 0)
    head.write('\x7fELF', 0, 'latin1')
    head[5] = big ? 2 : 1
    const put = (value: number, at: number): void => {
      if (big) head.writeUInt32BE(value, at)
      else head.writeUInt32LE(value, at)
    }
    put(4, 100)
    put(id.length, 104)
    put(4, 108)
    head.write('Go\0\0', 112, 'latin1')
    head.write(id, 116, 'latin1')
    return head
  }
  it.each([
    ['ELF, little endian', note(false, 'a/b/c/d'), 'a/b/c/d'],
    ['ELF, big endian (s390x)', note(true, 'a/b/c/d'), 'a/b/c/d'],
    ['PE and Mach-O', Buffer.from('MZ....\xff Go build ID: "x/y"\n \xff', 'latin1'), 'x/y'],
    ['none', Buffer.from('MZ....'), ''],
    ['cut off', Buffer.from('MZ\xff Go build ID: "x/y', 'latin1'), ''],
    ['empty', Buffer.alloc(0), ''],
  ])('%s', (_name, head, id) => expect(findBuildId(head)).toBe(id))
})
