import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Platform } from '../../../src/base/platform.ts'
import {
  dockerfileTraps,
  findStage,
  neededStages,
  parseDockerfile,
  stageConfig,
} from '../../../src/project/dockerfile.ts'

const AMD64: Platform = { os: 'linux', arch: 'amd64' }
const ARM64: Platform = { os: 'linux', arch: 'arm64' }

describe('parseDockerfile', () => {
  it('reads stages, flags, forms and lines', () => {
    const facts = parseDockerfile(
      '\ufeff# syntax=docker/dockerfile:1\r\nARG GO=1.26\r\nARG IMAGE=golang:${GO}\r\nFROM --platform=$BUILDPLATFORM ${IMAGE}-alpine AS Build\r\nRUN a && \\\r\n  # why\r\n  b\r\nCOPY --link --chmod=0555 --from=alpine:3 ["a b", "/c"]\r\nFROM build\r\nFROM ${OTHER:-debian:13}\r\nHEALTHCHECK --interval=3s CMD ["wget", "x"]\r\nENTRYPOINT [ "/x", "y" ]\r\nCMD not json [\r\n',
    )
    expect(facts.syntax).toBe('docker/dockerfile:1')
    expect(
      facts.stages.map(({ name, base, baseStage, platform, line }) => ({
        name,
        base,
        baseStage,
        platform,
        line,
      })),
    ).toEqual([
      {
        name: 'Build',
        base: 'golang:1.26-alpine',
        baseStage: undefined,
        platform: '$BUILDPLATFORM',
        line: 4,
      },
      { name: undefined, base: 'build', baseStage: 0, platform: undefined, line: 9 },
      { name: undefined, base: 'debian:13', baseStage: undefined, platform: undefined, line: 10 },
    ])
    expect(facts.images).toEqual(['golang:1.26-alpine', 'alpine:3', 'debian:13'])
    const [run, copy] = facts.stages[0]?.instructions ?? []
    expect(run).toMatchObject({ keyword: 'RUN', line: 5, endLine: 7 })
    expect(run?.args.replace(/\s+/g, ' ')).toBe('a && b')
    expect(copy).toMatchObject({
      keyword: 'COPY',
      json: ['a b', '/c'],
      flags: { link: '', chmod: '0555', from: 'alpine:3' },
    })
    const config = stageConfig(facts)
    expect(config).toMatchObject({
      base: 'debian:13',
      entrypoint: { json: ['/x', 'y'] },
      healthcheck: { json: ['wget', 'x'], flags: { interval: '3s' } },
    })
    expect(config?.cmd?.json).toBeUndefined()
  })

  it('never throws, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom(
              'FROM a',
              'RUN go build \\',
              'COPY . .',
              'CMD [',
              'FROM a AS a',
              'FROM a',
              'ARG X',
              '<<EOF',
              'ENTRYPOINT []',
            ),
          ),
        ),
        (lines) => {
          const facts = parseDockerfile(lines.join('\n'))
          dockerfileTraps(facts, { platforms: [AMD64, ARM64] })
        },
      ),
    )
  })

  it('finds stages by name or number, and those a build needs', () => {
    const facts = parseDockerfile(
      'FROM a AS one\nFROM b AS two\nFROM c AS three\nRUN --mount=type=bind,from=one,target=/x x\nFROM three AS four\nCOPY --from=1 /a /b\nFROM d AS five',
    )
    expect(findStage(facts, 'FOUR')?.index).toBe(3)
    expect(findStage(facts, '1')?.name).toBe('two')
    expect(findStage(facts)?.name).toBe('five')
    expect(findStage(facts, 'six')).toBeUndefined()
    const four = findStage(facts, 'four')
    if (four === undefined) throw new Error('no stage')
    expect(neededStages(facts, four).map((stage) => stage.name)).toEqual(['one', 'two', 'three', 'four'])
  })

  it('inherits through stages', () => {
    const config = stageConfig(
      parseDockerfile(
        'FROM a AS base\nUSER 5\nEXPOSE 1 2/udp\nENTRYPOINT ["/a"]\nFROM base\nEXPOSE 3\nENTRYPOINT ["/b"]',
      ),
    )
    expect(config).toMatchObject({ base: 'a', user: { args: '5' }, entrypoint: { json: ['/b'] } })
    expect(config?.expose.map(({ port }) => port)).toEqual(['1', '2/udp', '3'])
  })

  it('takes one of several stages by platform for all', () => {
    const facts = parseDockerfile(
      'FROM a AS image-linux\nUSER 5\nFROM b AS image-windows\nFROM image-${TARGETOS}',
    )
    expect(stageConfig(facts)).toMatchObject({ base: 'a', user: { args: '5' } })
  })
})
