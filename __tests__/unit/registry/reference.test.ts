import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { endpointsOf, originOf } from '../../../src/registry/mirrors.ts'
import {
  apiHost,
  formatReference,
  identifierOf,
  isLoopback,
  parseReference,
  registryFault,
} from '../../../src/registry/reference.ts'

const HEX = 'a'.repeat(64)

describe('references', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine'],
    ['alpine:3.22', 'docker.io/library/alpine:3.22'],
    ['acme/hello', 'docker.io/acme/hello'],
    ['docker.io/alpine', 'docker.io/library/alpine'],
    ['index.docker.io/acme/hello:1', 'docker.io/acme/hello:1'],
    ['registry-1.docker.io/library/alpine', 'docker.io/library/alpine'],
    ['ghcr.io/acme/hello', 'ghcr.io/acme/hello'],
    ['GHCR.io/acme/hello', 'ghcr.io/acme/hello'],
    [`ghcr.io/acme/hello:v1@sha256:${HEX}`, `ghcr.io/acme/hello:v1@sha256:${HEX}`],
    ['localhost/hello', 'localhost/hello'],
    ['localhost:5000/hello:1', 'localhost:5000/hello:1'],
    ['127.0.0.1:5000/a/b/c', '127.0.0.1:5000/a/b/c'],
    ['[::1]:5000/hello', '[::1]:5000/hello'],
    ['[2001:db8::1]/acme/hello:1', '[2001:db8::1]/acme/hello:1'],
    ['registry:5000/hello', 'registry:5000/hello'],
    ['acme/a__b-c.d--e', 'docker.io/acme/a__b-c.d--e'],
    [' ghcr.io/acme/hello ', 'ghcr.io/acme/hello'],
  ])('%s is %s', (text, expected) => {
    const parsed = parseReference(text)
    expect('reason' in parsed ? parsed : formatReference(parsed)).toBe(expected)
  })

  it.each([
    ['', 'empty'],
    ['https://ghcr.io/acme/hello', 'scheme'],
    ['ghcr.io/Acme/hello', 'lower case: write acme/hello'],
    ['acme/Hello', 'lower case'],
    ['ghcr.io/acme/hello:', 'not a tag'],
    ['ghcr.io/acme/hello:-x', 'not a tag'],
    [`ghcr.io/acme/hello:${'x'.repeat(129)}`, 'not a tag'],
    ['ghcr.io/acme/hello@sha256:12', 'not a digest'],
    ['ghcr.io/acme//hello', 'empty part'],
    ['ghcr.io/acme/hello/', 'empty part'],
    ['ghcr.io/acme/-hello', 'not allowed'],
    ['ghcr.io/acme/a..b', 'not allowed'],
    ['ghcr.io/', 'no repository'],
    ['ghcr.io:99999/acme/hello', 'no port 99999'],
    ['[::1/hello', 'not a registry'],
    ['acme/he llo', 'blank'],
    [HEX, 'image id'],
    [`ghcr.io/${'a/'.repeat(130)}b`, 'longer than 255'],
  ])('%s is refused: %s', (text, reason) => {
    const parsed = parseReference(text)
    expect('reason' in parsed ? parsed.reason : formatReference(parsed)).toContain(reason)
  })

  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,4})?$/)
  it('what is written is read back', () => {
    const reference = fc.record({
      registry: fc.constantFrom('ghcr.io', 'localhost:5000', '[::1]:80', 'docker.io', 'r.example:443'),
      repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.option(fc.stringMatching(/^[\w][\w.-]{0,20}$/), { nil: undefined }),
      digest: fc.constantFrom(undefined, `sha256:${HEX}`),
    })
    fc.assert(
      fc.property(reference, ({ registry, repository, tag, digest }) => {
        const wanted = {
          registry,
          repository,
          ...(tag === undefined ? {} : { tag }),
          ...(digest === undefined ? {} : { digest }),
        }
        expect(parseReference(formatReference(wanted))).toEqual(wanted)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseReference(text)))
  })

  it('asks for the digest before the tag, for latest without either', () => {
    const base = { registry: 'r', repository: 'a' }
    expect(identifierOf({ ...base, tag: 't', digest: 'd' })).toBe('d')
    expect(identifierOf({ ...base, tag: 't' })).toBe('t')
    expect(identifierOf(base)).toBe('latest')
  })
})

describe('registries', () => {
  it.each([
    ['ghcr.io', undefined],
    ['registry.internal:5000', undefined],
    ['[::1]:5000', undefined],
    ['https://ghcr.io', 'scheme'],
    ['ghcr.io/acme', 'without a path'],
    ['ghcr.io:0', 'no port 0'],
    ['-bad', 'not a host name'],
    ['::1', 'brackets'],
    ['', 'write host'],
  ])('%s', (text, reason) => {
    if (reason === undefined) expect(registryFault(text)).toBeUndefined()
    else expect(registryFault(text)).toContain(reason)
  })

  it.each([
    ['localhost:5000', true],
    ['127.0.0.1', true],
    ['127.1.2.3:80', true],
    ['[::1]:5000', true],
    ['localhost.example', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example', false],
  ])('%s is this machine: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })

  it('Docker Hub answers elsewhere', () => {
    expect(apiHost('docker.io')).toBe('registry-1.docker.io')
    expect(apiHost('ghcr.io')).toBe('ghcr.io')
  })

  it('mirrors stand before the registry for pulls', () => {
    const routes = {
      mirrors: [
        { registry: 'docker.io', url: 'https://mirror.example/hub', insecure: false },
        { registry: 'docker.io', url: 'http://cache:5000', insecure: true },
        { registry: 'quay.io', url: 'https://quay.example', insecure: false },
      ],
      insecure: ['mirror.example'],
    }
    const origin = { registry: 'docker.io', host: 'registry-1.docker.io', prefix: '', transport: 'https' }
    expect(endpointsOf('docker.io', routes, false)).toEqual([
      {
        registry: 'mirror.example',
        host: 'mirror.example',
        prefix: 'hub/',
        ns: 'docker.io',
        transport: 'insecure',
      },
      { registry: 'cache:5000', host: 'cache:5000', prefix: '', ns: 'docker.io', transport: 'http' },
      origin,
    ])
    expect(endpointsOf('docker.io', routes, true)).toEqual([origin])
    expect(originOf('127.0.0.1:5000', {}).transport).toBe('insecure')
  })
})
