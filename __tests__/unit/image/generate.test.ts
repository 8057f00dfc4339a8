import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { PipelineError } from '../../../src/base/errors.ts'
import type { Platform } from '../../../src/base/platform.ts'
import {
  generateDockerfile,
  prebuiltDockerignore,
  type PrebuiltOptions,
  proposedDockerignore,
  quoteEnv,
  standaloneDockerfile,
  type StandaloneOptions,
} from '../../../src/image/generate.ts'
import { dockerfileTraps, parseDockerfile, stageConfig } from '../../../src/project/dockerfile.ts'

const AMD64: Platform = { os: 'linux', arch: 'amd64' }
const ARM64: Platform = { os: 'linux', arch: 'arm64' }
const I386: Platform = { os: 'linux', arch: '386' }
const WINDOWS: Platform = { os: 'windows', arch: 'amd64' }
const BASE = `gcr.io/distroless/static-debian13:nonroot@sha256:${'a'.repeat(64)}`
const NANO = 'mcr.microsoft.com/windows/nanoserver:ltsc2022'
const options: PrebuiltOptions = {
  platforms: [
    { platform: AMD64, base: BASE },
    { platform: ARM64, base: BASE },
  ],
  program: 'hello',
  user: '65532:65532',
}

describe('generateDockerfile', () => {
  it('is one stage for one base', () => {
    expect(
      generateDockerfile({
        ...options,
        expose: ['8080', '53/udp'],
        args: ['serve'],
        command: ['--port', '8080'],
        env: [['A', 'b']],
        stopSignal: 'SIGINT',
        volumes: ['/data'],
        zoneinfo: true,
        healthCheck: { test: ['/app/hello', 'healthcheck'], interval: '5s', retries: 2 },
      }),
    ).toBe(
      [
        '# Made by go-image-pipeline: compiled on the runner, copied onto a base. Only COPY --link and metadata.',
        `FROM ${BASE}`,
        'ARG TARGETOS TARGETARCH TARGETVARIANT',
        'COPY --link ${TARGETOS}_${TARGETARCH}${TARGETVARIANT}/rootfs/ /',
        'USER 65532:65532',
        'ENV ZONEINFO="/usr/share/zoneinfo.zip"',
        'ENV A="b"',
        'EXPOSE 8080 53/udp',
        'VOLUME ["/data"]',
        'STOPSIGNAL SIGINT',
        'HEALTHCHECK --interval=5s --retries=2 CMD ["/app/hello","healthcheck"]',
        'ENTRYPOINT ["/app/hello","serve"]',
        'CMD ["--port","8080"]',
        '',
      ].join('\n'),
    )
  })

  it('chooses by OS when only the OS decides', () => {
    const text = generateDockerfile({
      ...options,
      platforms: [...options.platforms, { platform: WINDOWS, base: NANO }],
    })
    expect(text).toContain(
      'FROM group0 AS image-linux\nFROM group1 AS image-windows\n\nFROM image-${TARGETOS}\n',
    )
    expect(text).toContain('ENTRYPOINT ["C:\\\\app\\\\hello.exe"]')
    expect(text.match(/^USER .*/gm)).toEqual(['USER 65532:65532', 'USER ContainerUser'])
  })

  it('chooses by platform when bases differ within an OS', () => {
    const text = generateDockerfile({
      ...options,
      platforms: [...options.platforms, { platform: I386, base: 'scratch' }],
    })
    expect(text).toContain(
      'FROM group0 AS image-linux_amd64\nFROM group0 AS image-linux_arm64\nFROM group1 AS image-linux_386\n',
    )
    expect(text.trimEnd().endsWith('FROM image-${TARGETOS}_${TARGETARCH}${TARGETVARIANT}')).toBe(true)
  })

  it('sets modes by --chmod where the host has none, /tmp last', () => {
    const text = generateDockerfile({
      ...options,
      chmod: true,
      platforms: [{ platform: AMD64, base: 'scratch' }],
    })
    expect(text.match(/^COPY .*/gm)).toEqual([
      'COPY --link --chmod=0755 ${TARGETOS}_${TARGETARCH}${TARGETVARIANT}/rootfs/ /',
      'COPY --link --chmod=1777 ${TARGETOS}_${TARGETARCH}${TARGETVARIANT}/rootfs/tmp/ /tmp/',
    ])
    expect(generateDockerfile({ ...options, chmod: true }).match(/^COPY /gm)).toHaveLength(1)
  })

  it('refuses one platform with two bases', () => {
    const platforms = [
      { platform: WINDOWS, base: NANO },
      {
        platform: { ...WINDOWS, osVersion: '10.0.26100' },
        base: 'mcr.microsoft.com/windows/nanoserver:ltsc2025',
      },
    ]
    expect(() => generateDockerfile({ ...options, platforms })).toThrow(PipelineError)
  })

  it('never loses the laziness of the base: no RUN, WORKDIR, ADD, named --chown or frontend', () => {
    const text = generateDockerfile({
      ...options,
      platforms: [
        ...options.platforms,
        { platform: I386, base: 'scratch' },
        { platform: WINDOWS, base: NANO },
      ],
    })
    expect(text).not.toMatch(/^(?:RUN|WORKDIR|ADD)\b|^# syntax|--chown/m)
    expect(text.match(/^COPY (?!--link )/m)).toBeNull()
  })

  it('is the same text for the same input', () => {
    expect(generateDockerfile(options)).toBe(generateDockerfile(structuredClone(options)))
  })

  it('falls into none of the traps that it warns of', () => {
    for (const base of ['scratch', BASE]) {
      const text = generateDockerfile({
        ...options,
        platforms: options.platforms.map(({ platform }) => ({ platform, base })),
      })
      expect(dockerfileTraps(parseDockerfile(text), { platforms: [AMD64, ARM64], emulation: false })).toEqual(
        [],
      )
    }
  })
})

describe('quoteEnv', () => {
  it('keeps every value on its line, and quotes balanced', () => {
    fc.assert(
      fc.property(
        fc.string().filter((value) => !/[\r\n]/.test(value)),
        (value) => {
          const quoted = quoteEnv(value)
          expect(quoted).not.toContain('\n')
          // What BuildKit's shell lexer makes of it: a backslash takes the next character as it is.
          let read = ''
          for (let i = 1; i < quoted.length - 1; i++) {
            if (quoted[i] === '\\') i++
            else expect(['"', '$']).not.toContain(quoted[i])
            read += quoted.charAt(i)
          }
          expect(read).toBe(value)
        },
      ),
    )
  })
  it('refuses a line end', () => {
    expect(() => quoteEnv('a\nb')).toThrow('line end')
  })
})

const standalone: StandaloneOptions = {
  ...options,
  goVersion: '1.26.8',
  binaries: [{ name: 'hello', package: './cmd/hello' }],
}

describe('standaloneDockerfile', () => {
  it.each<[string, Partial<StandaloneOptions>]>([
    ['one base', {}],
    [
      'scratch',
      {
        platforms: [
          { platform: AMD64, base: 'scratch' },
          { platform: ARM64, base: 'scratch' },
        ],
      },
    ],
    [
      'several bases',
      {
        platforms: [
          { platform: AMD64, base: BASE },
          { platform: I386, base: 'scratch' },
          { platform: WINDOWS, base: NANO },
        ],
      },
    ],
    [
      'a module in a folder, several programs',
      {
        module: 'svc',
        binaries: [
          { name: 'a', package: './a' },
          { name: 'b', package: './b' },
        ],
        program: 'a',
      },
    ],
    ['a workspace', { workspace: true }],
    ['vendored, tags', { vendored: true, tags: ['netgo', 'x'] }],
  ])('has builder, tester and runtime, and no traps: %s', (_name, part) => {
    const whole = { ...standalone, ...part }
    const facts = parseDockerfile(standaloneDockerfile(whole))
    expect(facts.stages.map((stage) => stage.name)).toEqual(
      expect.arrayContaining(['builder', 'tester', 'runtime']),
    )
    for (const target of [undefined, 'builder', 'tester', 'runtime']) {
      const findings = dockerfileTraps(facts, {
        platforms: whole.platforms.map((one) => one.platform),
        dockerignore: '',
        goVersion: '1.26.0',
        emulation: false,
        ...(target === undefined ? {} : { target }),
      })
      expect(findings).toEqual([])
    }
    expect(stageConfig(facts, 'runtime')?.user?.args).toBe('65532:65532')
  })

  it('downloads modules before the sources come', () => {
    const text = standaloneDockerfile(standalone)
    expect(text.indexOf('go mod download')).toBeLessThan(text.indexOf('go build'))
    expect(text).toContain('--mount=type=bind,source=go.sum,target=go.sum')
    expect(standaloneDockerfile({ ...standalone, goSum: false })).not.toContain('go.sum,')
    expect(standaloneDockerfile({ ...standalone, module: 'svc' })).toContain(
      'source=svc/go.mod,target=go.mod',
    )
    expect(standaloneDockerfile({ ...standalone, vendored: true })).not.toContain('go mod download')
  })

  it('leaves build arguments in the linker’s flags to the shell, and nothing else', () => {
    const text = standaloneDockerfile({ ...standalone, ldflags: '-X "main.v=$VERSION" `id`' })
    expect(text).toContain('-ldflags="-X \\"main.v=$VERSION\\" \\`id\\`"')
  })
})

it('ignores everything but the prepared trees', () => {
  expect(prebuiltDockerignore()).toBe('*\n!*/rootfs\n')
  expect(proposedDockerignore().split('\n')).toContain('.git')
})
