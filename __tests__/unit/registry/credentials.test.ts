import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Secrets } from '../../../src/base/secrets.ts'
import {
  maskLogins,
  parseInsecure,
  parseMirrors,
  parseRegistries,
} from '../../../src/registry/credentials.ts'

const ENV = { TOKEN: 'hunter2', USER: 'ada', EMPTY: '' }

describe('registries', () => {
  it.each([
    ['', []],
    ['# none\n\n', []],
    ['ghcr.io ada hunter2', [['ghcr.io', 'ada', 'hunter2']]],
    ['ghcr.io ${USER} ${TOKEN}', [['ghcr.io', 'ada', 'hunter2']]],
    ['  docker.io   ada   pass word with blanks  ', [['docker.io', 'ada', 'pass word with blanks']]],
    ['https://index.docker.io/v1/ ada x', [['docker.io', 'ada', 'x']]],
    ['R.example:5000 ada a$b${TOKEN}c', [['r.example:5000', 'ada', 'a$b${TOKEN}c']]],
    ['a.io u p\r\nb.io u p', [['a.io', 'u', 'p'], ['b.io', 'u', 'p']]],
    ['- registry: ghcr.io\n  username: ada\n  password: ${TOKEN}', [['ghcr.io', 'ada', 'hunter2']]],
    ['# hub\n- username: ada\n  password: 123456', [['docker.io', 'ada', '123456']]],
    ['- { registry: a.io, username: u, password: "p: #1" }', [['a.io', 'u', 'p: #1']]],
  ])('%j', (text, expected) => {
    const { registries, problems } = parseRegistries(text, ENV)
    expect(problems).toEqual([])
    expect(registries.map((one) => [one.registry, one.username, one.password])).toEqual(expected)
  }) // prettier-ignore

  it.each([
    ['ghcr.io hunter2', ['registries-syntax'], 'this line has 2'],
    ['ghcr.io ada ${MISSING}', ['registries-variable-missing'], 'MISSING, which is not set'],
    ['ghcr.io ada ${EMPTY}', ['registries-variable-missing'], 'EMPTY, which is empty'],
    ['ghcr.io a b\nGHCR.IO c d', ['registries-twice'], 'ghcr.io is given twice'],
    ['docker.io a b\nindex.docker.io c d', ['registries-twice'], 'docker.io is given twice'],
    ['ghcr.io/acme a b', ['registries-host'], 'not a registry'],
    ['http://ghcr.io a b', ['registries-host'], 'not a registry'],
    ['- registry: ghcr.io\n  user: ada\n  password: x', ['registries-syntax'], 'no username'],
    ['- registry: ghcr.io\n  username: ada\n  password: x\n  ecr: auto', ['registries-syntax'], 'no setting "ecr"'],
    ['- registry: [', ['registries-syntax'], 'not valid YAML'],
    ['- ghcr.io ada x', ['registries-syntax'], 'is an object'],
    ['one\ntwo words\nghcr.io a ${MISSING}', ['registries-syntax', 'registries-syntax', 'registries-variable-missing'], 'has 1'],
  ])('%j: %j', (text, codes, said) => {
    const { problems } = parseRegistries(text, ENV)
    expect(problems.map(({ code }) => code)).toEqual(codes)
    expect(problems[0]?.what).toContain(said)
    expect(problems.every(({ input, fix }) => input === 'registries' && fix !== undefined)).toBe(true)
  }) // prettier-ignore

  it('a secret is in no problem, whatever is wrong', () => {
    const secret = 'Tr0ub4dor&3'
    const around = fc.constantFrom(
      '',
      'ghcr.io',
      '- ',
      '  password: ',
      'a b ',
      '\n',
      ': [',
      '{',
      '"',
      ' x y',
      '//',
    )
    fc.assert(
      fc.property(fc.array(around), fc.array(around), (before, after) => {
        const { problems } = parseRegistries(
          `ghcr.io ada ${secret}\n${before.join('')}${secret}${after.join('')}`,
          {},
        )
        // As a host it is no secret: hosts are shown.
        for (const problem of problems.filter(
          ({ code }) => code !== 'registries-host' && code !== 'registries-twice',
        ))
          expect(JSON.stringify(problem)).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })

  it('every form of a login is masked', () => {
    const secrets = new Secrets()
    maskLogins([{ registry: 'r', username: 'ada', password: 'pass word' }], secrets)
    const basic = Buffer.from('ada:pass word').toString('base64')
    expect(secrets.redact(`pass word ${basic} pass%20word`)).toBe('*** *** ***')
  })
})

describe('registry-mirrors', () => {
  it('lines of registry=URL', () => {
    const { mirrors, problems } = parseMirrors(
      'docker.io=https://mirror.example/\n# more\ndocker.io = http://cache:5000\nquay.io=https://harbor.example/quay-proxy/\nghcr.io=https://m.example/v2/',
    )
    expect(problems).toEqual([])
    expect(mirrors).toEqual([
      { registry: 'docker.io', url: 'https://mirror.example', insecure: false },
      { registry: 'docker.io', url: 'http://cache:5000', insecure: true },
      { registry: 'quay.io', url: 'https://harbor.example/quay-proxy', insecure: false },
      { registry: 'ghcr.io', url: 'https://m.example', insecure: false },
    ])
  })

  it.each([
    ['https://mirror.example', 'a mirror is written registry=URL'],
    ['docker.io=mirror.example', 'must begin with https:// or http://'],
    ['docker.io=ftp://mirror.example', 'must begin with https:// or http://'],
    ['docker.io=https://', 'not a URL'],
    ['docker.io=https://ada:hunter2@mirror.example', 'credentials do not belong'],
    ['docker.io=https://mirror.example?x=1', 'query'],
    ['docker.io/library=https://mirror.example', 'without a path'],
    ['docker.io=https://m.example\nindex.docker.io=https://m.example/', 'twice'],
  ])('%j: %s', (text, said) => {
    const { problems } = parseMirrors(text)
    expect(problems).toHaveLength(1)
    expect(`${problems[0]?.what ?? ''} ${problems[0]?.cause ?? ''}`).toContain(said)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
})

it('insecure-registries: hosts, commas too', () => {
  expect(parseInsecure('a.io:5000, b.io\n[::1]:5000\na.io:5000')).toEqual({
    hosts: ['a.io:5000', 'b.io', '[::1]:5000'],
    problems: [],
  })
  const { problems } = parseInsecure('http://a.io\nb.io/c\nd:99999')
  expect(problems.map(({ code }) => code)).toEqual(
    Array.from({ length: 3 }, () => 'insecure-registries-syntax'),
  )
})
