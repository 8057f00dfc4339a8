import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Platform } from '../../../src/base/platform.ts'
import { dockerfileTraps, parseDockerfile, type TrapContext } from '../../../src/project/dockerfile.ts'

const AMD64: Platform = { os: 'linux', arch: 'amd64' }
const ARM64: Platform = { os: 'linux', arch: 'arm64' }
const both: TrapContext = { platforms: [AMD64, ARM64], dockerignore: '.git' }
const one: TrapContext = { platforms: [AMD64], dockerignore: '.git' }

/** A Dockerfile in order; a case changes one thing of it. */
const GOOD = [
  'FROM --platform=$BUILDPLATFORM golang:1.26 AS builder',
  'WORKDIR /src',
  'COPY go.mod go.sum ./',
  'RUN go mod download',
  'COPY . .',
  'ARG TARGETOS TARGETARCH',
  'RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app .',
  'FROM gcr.io/distroless/static-debian13:nonroot',
  'COPY --from=builder /out/app /app',
  'USER 65532:65532',
  'EXPOSE 8080',
  'ENTRYPOINT ["/app"]',
].join('\n')
const codes = (text: string, context: TrapContext = both): string[] =>
  dockerfileTraps(parseDockerfile(text), context).map((finding) => finding.code)

/** What is changed, how, and what is found then. */
const CASES: [name: string, change: (text: string) => string, wanted: string[], context?: TrapContext][] = [
  ['QEMU', (text) => text.replace(' --platform=$BUILDPLATFORM', ''), ['emulated-build']],
  ['one platform needs no QEMU', (text) => text.replace(' --platform=$BUILDPLATFORM', ''), [], one],
  [
    'TARGETPLATFORM is the same as none',
    (text) => text.replace('BUILDPLATFORM', 'TARGETPLATFORM'),
    ['emulated-build'],
  ],
  [
    'RUN in the last stage',
    (text) => text.replace('EXPOSE', 'RUN ["/app", "init"]\nEXPOSE'),
    ['emulated-run'],
  ],
  [
    'a fixed architecture',
    (text) =>
      text
        .replace('$TARGETARCH', 'amd64')
        .replace('$TARGETOS', 'linux')
        .replace('ARG TARGETOS TARGETARCH\n', ''),
    ['wrong-arch'],
  ],
  [
    'no architecture',
    (text) => text.replace('GOOS=$TARGETOS GOARCH=$TARGETARCH ', '').replace('ARG TARGETOS TARGETARCH\n', ''),
    ['wrong-arch'],
  ],
  [
    'xx cross-compiles by itself',
    (text) =>
      text
        .replace('GOOS=$TARGETOS GOARCH=$TARGETARCH go build', 'xx-go build')
        .replace('ARG TARGETOS TARGETARCH', 'ARG TARGETPLATFORM'),
    [],
  ],
  ['ARG forgotten', (text) => text.replace('ARG TARGETOS TARGETARCH\n', ''), ['arg-undeclared']],
  [
    'one ARG forgotten',
    (text) => text.replace('ARG TARGETOS TARGETARCH', 'ARG TARGETOS'),
    ['arg-undeclared'],
  ],
  [
    'architecture by ENV',
    (text) =>
      text.replace(
        'RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH',
        'ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH\nRUN',
      ),
    [],
  ],
  [
    'sources first',
    (text) =>
      text.replace('COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .', 'COPY . .\nRUN go mod download'),
    ['copy-order'],
  ],
  [
    'sources first, but a cache mount',
    (text) =>
      text
        .replace('COPY go.mod go.sum ./\nRUN go mod download\n', '')
        .replace('RUN CGO', 'RUN --mount=type=cache,target=/root/.cache/go-build CGO'),
    [],
  ],
  ['no .dockerignore', (text) => text, ['no-dockerignore'], { platforms: [AMD64, ARM64] }],
  ['-a', (text) => text.replace('go build', 'go build -a'), ['go-build-a']],
  ['-a behind other flags', (text) => text.replace('go build', 'go build -ldflags="-s" -a'), ['go-build-a']],
  ['-asmflags is not -a', (text) => text.replace('go build', 'go build -asmflags=x'), []],
  ['cgo on scratch-like', (text) => text.replace('CGO_ENABLED=0', 'CGO_ENABLED=1'), ['dynamic-on-static']],
  ['cgo by default', (text) => text.replace('CGO_ENABLED=0 ', ''), ['dynamic-on-static']],
  [
    'no compiler in golang:alpine',
    (text) => text.replace('CGO_ENABLED=0 ', '').replace('golang:1.26', 'golang:1.26-alpine'),
    [],
  ],
  [
    'a compiler in golang:alpine',
    (text) =>
      text
        .replace('CGO_ENABLED=0 ', '')
        .replace('golang:1.26', 'golang:1.26-alpine')
        .replace('WORKDIR', 'RUN apk add gcc musl-dev\nWORKDIR'),
    ['dynamic-on-static'],
  ],
  [
    'statically linked cgo',
    (text) =>
      text
        .replace('CGO_ENABLED=0', 'CGO_ENABLED=1')
        .replace('go build', `go build -ldflags '-extldflags "-static"'`),
    [],
  ],
  [
    'cgo with glibc',
    (text) => text.replace('CGO_ENABLED=0', 'CGO_ENABLED=1').replace('static-debian13', 'base-debian13'),
    [],
  ],
  [
    'root',
    (text) => text.replace('USER 65532:65532\n', '').replace(':nonroot', ''),
    ['floating-base', 'root-user'],
  ],
  ['root by number', (text) => text.replace('USER 65532:65532', 'USER 0'), ['root-user']],
  ['the base’s own user', (text) => text.replace('USER 65532:65532\n', ''), []],
  ['a named user', (text) => text.replace('USER 65532:65532', 'USER nonroot'), ['user-name']],
  ['a low port', (text) => text.replace('EXPOSE 8080', 'EXPOSE 80/tcp'), ['low-port']],
  ['shell form', (text) => text.replace('ENTRYPOINT ["/app"]', 'ENTRYPOINT /app'), ['shell-form']],
  ['shell form of CMD alone', (text) => text.replace('ENTRYPOINT ["/app"]', 'CMD /app'), ['shell-form']],
  ['shell form of CMD behind ENTRYPOINT', (text) => `${text}\nCMD serve`, ['shell-form']],
  [
    'scratch without CA',
    (text) => text.replace('gcr.io/distroless/static-debian13:nonroot', 'scratch'),
    ['no-ca'],
  ],
  [
    'scratch with CA',
    (text) =>
      text.replace(
        'gcr.io/distroless/static-debian13:nonroot',
        'scratch\nCOPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
      ),
    [],
  ],
  [
    'the toolchain shipped',
    (text) => text.replace('gcr.io/distroless/static-debian13:nonroot', 'golang:1.26'),
    ['toolchain-shipped'],
  ],
  ['latest', (text) => text.replace('golang:1.26', 'golang:latest'), ['floating-base']],
  ['no tag', (text) => text.replace('golang:1.26', 'golang'), ['floating-base']],
  ['a digest needs no tag', (text) => text.replace('golang:1.26', `golang@sha256:${'a'.repeat(64)}`), []],
  [
    'outside the context',
    (text) => text.replace('COPY . .', 'COPY . .\nCOPY ../shared /shared'),
    ['copy-outside'],
  ],
  [
    'outside the context, exec form',
    (text) => text.replace('COPY . .', 'COPY . .\nCOPY ["../shared", "/shared"]'),
    ['copy-outside'],
  ],
  ['.. in another stage', (text) => text.replace('/out/app /app', '../out/app /app'), []],
  [
    'ADD of a URL',
    (text) => text.replace('EXPOSE', 'ADD https://example.com/x /x\nEXPOSE'),
    ['add-unchecked'],
  ],
  [
    'ADD of a URL with checksum',
    (text) => text.replace('EXPOSE', 'ADD --checksum=sha256:00 https://example.com/x /x\nEXPOSE'),
    [],
  ],
  ['GOPATH', (text) => text.replace('CGO_ENABLED=0', 'GO111MODULE=off CGO_ENABLED=0'), ['gopath']],
  [
    'HEALTHCHECK by curl',
    (text) => text.replace('EXPOSE', 'HEALTHCHECK CMD curl -f http://localhost:8080/\nEXPOSE'),
    ['healthcheck-tool'],
  ],
  [
    'HEALTHCHECK by wget, exec form',
    (text) => text.replace('EXPOSE', 'HEALTHCHECK CMD ["wget", "-q", "http://localhost"]\nEXPOSE'),
    ['healthcheck-tool'],
  ],
  [
    'HEALTHCHECK by the program',
    (text) => text.replace('EXPOSE', 'HEALTHCHECK CMD ["/app", "healthcheck"]\nEXPOSE'),
    [],
  ],
  ['HEALTHCHECK NONE', (text) => text.replace('EXPOSE', 'HEALTHCHECK NONE\nEXPOSE'), []],
  ['an old Go', (text) => text, ['go-too-old'], { ...both, goVersion: '1.27.0' }],
  ['the same Go', (text) => text, [], { ...both, goVersion: '1.26.3' }],
  [
    'an old patch',
    (text) => text.replace('golang:1.26', 'golang:1.26.1'),
    ['go-too-old'],
    { ...both, goVersion: '1.26.3' },
  ],
  [
    'an old Go that may fetch another',
    (text) => text.replace('WORKDIR', 'ENV GOTOOLCHAIN=auto\nWORKDIR'),
    [],
    { ...both, goVersion: '1.27.0' },
  ],
  [
    'only the builder is built',
    (text) => text.replace('ENTRYPOINT ["/app"]', 'ENTRYPOINT /app'),
    [],
    { ...both, target: 'builder' },
  ],
]

describe('dockerfileTraps', () => {
  it('has nothing to say to a good one', () => {
    expect(codes(GOOD)).toEqual([])
    expect(codes(GOOD, one)).toEqual([])
  })

  it.each(CASES.map(([name, change, wanted, context]) => ({ name, change, wanted, context })))(
    '$name',
    ({ change, wanted, context }) => {
      const text = change(GOOD)
      if (wanted.length > 0 && context === undefined) expect(text).not.toBe(GOOD)
      expect(codes(text, context ?? both).sort()).toEqual([...wanted].sort())
    },
  )

  it('is sure that QEMU is missing, or only warns', () => {
    const text = GOOD.replace(' --platform=$BUILDPLATFORM', '')
    const severity = (context: TrapContext): string | undefined =>
      dockerfileTraps(parseDockerfile(text), context)[0]?.severity
    expect(severity(both)).toBe('warning')
    expect(severity({ ...both, emulation: true })).toBe('warning')
    expect(severity({ ...both, emulation: false })).toBe('error')
  })

  it('is an error only where the image cannot start', () => {
    const shell = (base: string): string | undefined =>
      dockerfileTraps(
        parseDockerfile(
          GOOD.replace('gcr.io/distroless/static-debian13:nonroot', base).replace(
            'ENTRYPOINT ["/app"]',
            'ENTRYPOINT /app',
          ),
        ),
        both,
      ).find((finding) => finding.code === 'shell-form')?.severity
    expect(shell('scratch')).toBe('error')
    expect(shell('gcr.io/distroless/static-debian13:nonroot')).toBe('error')
    expect(shell('gcr.io/distroless/base-debian13:debug')).toBe('warning')
    expect(shell('alpine:3.24')).toBe('warning')
  })

  it.each([
    [
      'FROM golang:1.26\nCOPY . .\nRUN go build -o /app \\\n  .\n',
      'emulated-build',
      '- FROM golang:1.26\n+ FROM --platform=$BUILDPLATFORM golang:1.26\n- RUN go build -o /app \\\n-   .\n+ ARG TARGETOS TARGETARCH\n+ RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app \\\n+   .',
    ],
    [
      GOOD.replace('ENTRYPOINT ["/app"]', 'ENTRYPOINT /app serve'),
      'shell-form',
      '- ENTRYPOINT /app serve\n+ ENTRYPOINT ["/app", "serve"]',
    ],
    [GOOD.replace('USER 65532:65532', 'USER root'), 'root-user', '- USER root\n+ USER 65532:65532'],
    [
      GOOD.replace('CGO_ENABLED=0', 'CGO_ENABLED=1'),
      'dynamic-on-static',
      '- RUN CGO_ENABLED=1 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app .\n+ RUN GOOS=$TARGETOS GOARCH=$TARGETARCH CGO_ENABLED=0 go build -o /out/app .',
    ],
    [
      GOOD.replace('go build', 'go build -a'),
      'go-build-a',
      '- RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -a -o /out/app .\n+ RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app .',
    ],
  ])('gives the exact patch (%#)', (text, code, patch) => {
    const finding = dockerfileTraps(parseDockerfile(text), both).find((one) => one.code === code)
    expect(finding?.patch).toBe(patch)
    expect(text.split('\n')[(finding?.line ?? 0) - 1]).toBe(patch.split('\n')[0]?.slice(2))
  })

  it('leaves a shell form alone that needs its shell', () => {
    const finding = dockerfileTraps(
      parseDockerfile(GOOD.replace('ENTRYPOINT ["/app"]', 'ENTRYPOINT /app --port=$PORT')),
      both,
    )[0]
    expect(finding).toMatchObject({ code: 'shell-form' })
    expect(finding?.patch).toBeUndefined()
  })

  it('tells of a missing stage, and of a file without FROM', () => {
    expect(dockerfileTraps(parseDockerfile(GOOD), { ...both, target: 'bilder' })).toEqual([
      expect.objectContaining({
        code: 'target-missing',
        severity: 'error',
        fix: expect.stringContaining('did you mean builder'),
      }),
    ])
    expect(codes('# nothing\n')).toEqual(['no-from'])
  })

  it.each([
    ['dockerfile', []],
    ['broken-arch', ['wrong-arch']],
    ['broken-dynamic', ['wrong-arch', 'dynamic-on-static']],
    ['broken-no-ca', ['no-ca']],
    ['broken-shell', ['shell-form']],
  ])('sees what examples/%s is there to show', (example, wanted) => {
    expect(codes(readFileSync(join('examples', example, 'Dockerfile'), 'utf8'))).toEqual(wanted)
  })
})
