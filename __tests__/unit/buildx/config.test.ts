import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { bareMirror, buildkitdToml, tomlString } from '../../../src/buildx/config.ts'

const toml = (options: Parameters<typeof buildkitdToml>[0]): string => {
  const { toml: text, problems } = buildkitdToml(options)
  expect(problems).toEqual([])
  return text ?? ''
}

describe('buildkitdToml', () => {
  it('is nothing when nothing is asked for', () => {
    expect(buildkitdToml({})).toEqual({ toml: undefined, problems: [] })
    expect(buildkitdToml({ raw: '  \n', mirrors: [], insecure: [], ca: [] }).toml).toBeUndefined()
  })

  it('writes mirrors in order, and http at the mirror’s own host', () => {
    expect(
      toml({
        mirrors: [
          { registry: 'docker.io', url: 'https://one.example/hub/' },
          { registry: 'docker.io', url: 'http://two.example:5000' },
          { registry: 'docker.io', url: 'https://one.example/hub' },
        ],
        insecure: ['old.example'],
        ca: [{ registry: 'one.example', file: 'C:\\ca "x".pem' }],
      }),
    ).toBe(
      [
        '[registry."docker.io"]',
        '  mirrors = ["one.example/hub", "two.example:5000"]',
        '',
        '[registry."two.example:5000"]',
        '  http = true',
        '',
        '[registry."old.example"]',
        '  http = true',
        '  insecure = true',
        '',
        '[registry."one.example"]',
        '  http = false',
        '  ca = ["C:\\\\ca \\"x\\".pem"]',
        '',
      ].join('\n'),
    )
  })

  it('keeps a raw configuration as it is', () => {
    const raw = 'debug = true\r\n[worker.oci]\r\n  gc = true\r\n'
    expect(toml({ raw })).toBe('debug = true\n[worker.oci]\n  gc = true\n')
  })

  it('merges into a table that is there; what the user wrote wins', () => {
    const raw = [
      'root = "/x" # [registry."docker.io"]',
      '[registry."docker.io"] # hub',
      '  mirrors = [',
      '    "mine.example", # [registry."x"]',
      '  ]',
      "[registry.'other.example']",
      '  http = false',
      '[[registry."other.example".keypair]]',
      '  key = "k"',
      '[worker.oci]',
      "  text = '''",
      '[registry."hidden.example"]',
      "'''",
    ].join('\n')
    const out = toml({
      raw,
      mirrors: [{ registry: 'docker.io', url: 'https://ours.example' }],
      insecure: ['docker.io', 'other.example', 'hidden.example'],
    })
    const lines = out.split('\n')
    expect(lines.slice(1, 7)).toEqual([
      '[registry."docker.io"] # hub',
      '  http = true',
      '  insecure = true',
      '  mirrors = [',
      '    "mine.example", # [registry."x"]',
      '  ]',
    ])
    expect(out).not.toContain('ours.example')
    expect(lines.filter((line) => line.includes('http = '))).toEqual(
      ['  http = true', '  insecure = true', '  http = false', '  http = true'].filter((line) =>
        line.includes('http'),
      ),
    )
    expect(lines.slice(-4)).toEqual(['[registry."hidden.example"]', '  http = true', '  insecure = true', ''])
  })

  it.each([
    ['registry."docker.io".mirrors = ["x"]', 1],
    ['a = 1\nregistry = { "docker.io" = { http = true } }', 2],
    ['[registry]\n"docker.io" = { http = true }', 2],
  ])('refuses to merge into %j', (raw, line) => {
    const { toml: text, problems } = buildkitdToml({ raw, insecure: ['x'] })
    expect(text).toBeUndefined()
    expect(problems).toEqual([
      expect.objectContaining({ code: 'buildkitd-config-mixed', input: 'buildkitd-config' }),
    ])
    expect(problems[0]?.cause).toContain(`line ${line} `)
    expect(buildkitdToml({ raw }).problems).toEqual([])
  })

  it('makes each table once, whatever the names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ registry: fc.domain(), url: fc.webUrl({ validSchemes: ['http', 'https'] }) })),
        fc.array(fc.domain()),
        (mirrors, insecure) => {
          const text = buildkitdToml({ mirrors, insecure }).toml ?? ''
          const headers = text.split('\n').filter((line) => line.startsWith('['))
          expect(new Set(headers).size).toBe(headers.length)
          for (const host of insecure) expect(headers).toContain(`[registry."${host}"]`)
        },
      ),
    )
  })
})

describe('tomlString', () => {
  it('reads back as it was: its escapes are those of JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const written = tomlString(value)
        // eslint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(written).not.toMatch(/[\u0000-\u001f\u007f]/)
        expect(JSON.parse(written)).toBe(value)
      }),
    )
  })

  it('replaces a lone surrogate, which TOML cannot hold', () => {
    expect(tomlString('a\ud800b')).toBe('"a\ufffdb"')
  })
})

it.each([
  ['https://mirror.example/hub/', 'mirror.example/hub'],
  ['http://127.0.0.1:5000', '127.0.0.1:5000'],
  ['mirror.example', 'mirror.example'],
])('bareMirror(%j)', (url, bare) => {
  expect(bareMirror(url)).toBe(bare)
})
