import { describe, expect, it } from '@jest/globals'
import { parsePlatform, type Platform } from '../../../src/base/platform.ts'
import {
  ALPINE,
  baseFor,
  baseTraits,
  DISTROLESS_BASE,
  DISTROLESS_STATIC,
  pinBase,
  validateBase,
} from '../../../src/image/base.ts'

const platform = (text: string): Platform => {
  const parsed = parsePlatform(text)
  if ('reason' in parsed) throw new Error(parsed.reason)
  return parsed
}
const NANO = 'mcr.microsoft.com/windows/nanoserver'

it.each([
  ['auto', 'linux/amd64', false, DISTROLESS_STATIC],
  ['auto', 'linux/amd64', true, DISTROLESS_BASE],
  ['auto', 'linux/arm/v7', false, DISTROLESS_STATIC],
  ['auto', 'linux/arm', false, DISTROLESS_STATIC],
  ['auto', 'linux/arm/v6', false, 'scratch'],
  ['auto', 'linux/386', false, 'scratch'],
  ['auto', 'linux/riscv64', false, DISTROLESS_STATIC],
  ['auto', 'windows/amd64', false, `${NANO}:ltsc2022`],
  ['auto', 'windows(10.0.26100)/amd64', false, `${NANO}:ltsc2025`],
  ['auto', 'windows(10.0.17763.1)/amd64', false, `${NANO}:ltsc2019`],
  ['auto', 'freebsd/amd64', false, 'scratch'],
  ['scratch', 'linux/amd64', false, 'scratch'],
  ['scratch', 'windows/amd64', false, `${NANO}:ltsc2022`],
  ['alpine', 'linux/386', false, ALPINE],
  ['alpine', 'windows/amd64', false, `${NANO}:ltsc2022`],
  ['distroless', 'linux/arm64', false, DISTROLESS_STATIC],
  ['cgr.dev/x/y:1', 'linux/amd64', false, 'cgr.dev/x/y:1'],
  ['cgr.dev/x/y:1', 'windows/amd64', false, 'cgr.dev/x/y:1'],
])('baseFor(%s, %s, cgo %s)', (input, on, cgo, base) => {
  expect(baseFor(input, platform(on), cgo)).toBe(base)
})

it.each([
  ['auto', ['linux/amd64', 'windows/amd64'], false, 0],
  ['nanoserver', ['windows/amd64'], false, 0],
  ['nanoserver', ['linux/amd64'], false, 1],
  ['scratch', ['linux/amd64'], true, 1],
  ['auto', ['linux/386'], true, 1],
  ['auto', ['linux/386'], false, 0],
  ['example.com/base:1', ['linux/386'], true, 0],
])('validateBase(%s, %j, cgo %s)', (input, on, cgo, count) => {
  const problems = validateBase(input, on.map(platform), cgo)
  expect(problems).toHaveLength(count)
  for (const problem of problems)
    expect(problem).toMatchObject({ input: 'base', value: input, fix: expect.any(String) })
})

describe('baseTraits', () => {
  it.each([
    ['scratch', 'scratch', false],
    [DISTROLESS_STATIC, 'distroless', true],
    ['127.0.0.1:5000/distroless/static-debian13', 'distroless', true],
    ['alpine:3.24@sha256:00', 'alpine', true],
    ['registry.example:5000/alpine', 'alpine', true],
    [`${NANO}:ltsc2022`, 'nanoserver', true],
    ['debian:13', 'other', true],
  ])('%s', (base, kind, furnished) => {
    expect(baseTraits(base)).toEqual({ kind, furnished })
  })
})

it.each([
  ['alpine:3', 'sha256:1', 'alpine:3@sha256:1'],
  ['alpine@sha256:0', 'sha256:1', 'alpine@sha256:0'],
  ['scratch', 'sha256:1', 'scratch'],
  ['alpine:3', undefined, 'alpine:3'],
])('pinBase(%s, %s)', (base, digest, wanted) => {
  expect(pinBase(base, digest)).toBe(wanted)
})
