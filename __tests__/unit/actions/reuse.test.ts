import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Proof, readProof } from '../../../src/actions/build/reuse.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const proof: Proof = {
  schema: 1,
  at: '2026-11-21T12:00:00.000Z',
  go: '1.26.8',
  bases: { 'gcr.io/distroless/static-debian13': DIGEST },
  images: [
    {
      id: 'hello',
      digest: DIGEST,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      labels: { a: 'b' },
      platforms: [{ platform: 'linux/amd64', digest: DIGEST, size: 1, layers: [] }],
    },
  ],
  tests: {
    passed: 1, failed: 0, skipped: 0, cached: 0, packages: [], failures: [], slowest: [], findings: [], buildErrors: [], ms: 1, vetFailed: false, testFailed: false,
  },
} // prettier-ignore
const read = (value: unknown) => readProof(JSON.stringify(value))

describe('readProof', () => {
  it('takes what a run has written, with and without tests', () => {
    expect(read(proof)).toEqual(proof)
    const { tests: _, ...rest } = proof
    expect(read(rest)).toEqual(rest)
  })

  it.each<[string, unknown]>([
    ['another schema', { ...proof, schema: 2 }],
    ['no images', { ...proof, images: undefined }],
    ['a tag for a digest', { ...proof, images: [{ ...proof.images[0], digest: 'latest' }] }],
    ['platforms that are none', { ...proof, images: [{ ...proof.images[0], platforms: {} }] }],
    ['a time that is none', { ...proof, at: 'yesterday' }],
    ['a page that is none', { ...proof, run: 'https://github.com/a)[x](javascript:1' }],
    ['tests that cannot be rendered', { ...proof, tests: { packages: 3 } }],
    ['tests that failed', { ...proof, tests: { ...proof.tests, testFailed: true } }],
    ['vet that failed', { ...proof, tests: { ...proof.tests, vetFailed: true } }],
    ['a list', []],
    ['null', null],
  ])('takes nothing else: %s', (_, value) => {
    expect(read(value)).toBeUndefined()
  })

  it('throws for nothing', () => {
    expect(readProof(undefined)).toBeUndefined()
    expect(readProof('{')).toBeUndefined()
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(proof)), fc.jsonValue()), (value) => {
        expect(() => read({ ...proof, ...value })).not.toThrow()
      }),
    )
  })
})
