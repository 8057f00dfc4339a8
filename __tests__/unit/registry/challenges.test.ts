import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { merge } from '../../../src/registry/auth.ts'
import { type Challenge, parseChallenges } from '../../../src/registry/challenges.ts'

describe('WWW-Authenticate', () => {
  it.each<[string, Challenge[]]>([
    ['', []],
    ['Basic realm="Amazon ECR",service="ecr.amazonaws.com"', [
      { scheme: 'basic', params: { realm: 'Amazon ECR', service: 'ecr.amazonaws.com' } }]],
    ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"', [
      { scheme: 'bearer', params: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' } }]],
    ['BEARER Realm = "x" , Service=y', [{ scheme: 'bearer', params: { realm: 'x', service: 'y' } }]],
    ['Negotiate, Basic realm="a, b=\\"c\\""', [
      { scheme: 'negotiate', params: {} },
      { scheme: 'basic', params: { realm: 'a, b="c"' } }]],
    ['NTLM TlRMTVNTUAAC==, Bearer realm=z', [
      { scheme: 'ntlm', params: {}, token68: 'TlRMTVNTUAAC==' },
      { scheme: 'bearer', params: { realm: 'z' } }]],
    [', ,Basic realm=a, Bearer realm=b, service=c,, x=d', [
      { scheme: 'basic', params: { realm: 'a' } },
      { scheme: 'bearer', params: { realm: 'b', service: 'c', x: 'd' } }]],
    ['Basic realm="never closed', [{ scheme: 'basic', params: {} }]],
    ['"quoted" Basic', []],
  ])('%s', (header, challenges) => {
    expect(parseChallenges(header)).toEqual(challenges)
  }) // prettier-ignore

  const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9!#$&'*+.^_`|~-]{0,11}$/)
  const challenge = fc.record({
    scheme: token.map((text) => text.toLowerCase()),
    params: fc.uniqueArray(
      fc.tuple(
        token.map((text) => text.toLowerCase()),
        fc.string(),
      ),
      {
        selector: ([name]) => name,
        maxLength: 4,
      },
    ),
  })

  it('whatever is written by the grammar is read back', () => {
    const quote = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges
          .map(({ scheme, params }) =>
            `${scheme} ${params.map(([name, value]) => `${name}=${quote(value)}`).join(', ')}`.trim(),
          )
          .join(', ')
        expect(
          parseChallenges(header).map(({ scheme, params }) => [scheme, Object.entries(params).sort()]),
        ).toEqual(challenges.map(({ scheme, params }) => [scheme, [...params].sort()]))
      }),
    )
  })

  it('anything else neither throws nor hangs', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('B', '=', '"', '\\', ',', ' ', '\t', ';', 'ü') }),
        (header) => {
          expect(Array.isArray(parseChallenges(header))).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('scopes', () => {
  it.each([
    [['repository:a:pull'], undefined, ['repository:a:pull']],
    [['repository:a:pull'], 'repository:a:pull,push', ['repository:a:pull,push']],
    [['repository:a:pull,push'], 'repository:b:pull repository:a:pull', ['repository:a:pull,push', 'repository:b:pull']],
    [[], 'registry:catalog:*', ['registry:catalog:*']],
  ])('%j and %s are %j', (own, offered, all) => {
    expect(merge(own, offered)).toEqual(all)
  }) // prettier-ignore
})
