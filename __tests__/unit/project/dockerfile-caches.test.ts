import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { cacheCopy, type DockerfileCopy, parseDockerfile } from '../../../src/project/dockerfile.ts'

const MOD = 'from=gip-gomod,source=/go/pkg/mod'
const SEED = 'from=gip-gocache,source=/root/.cache/go-build'
const ADD_MOD = `--mount=type=cache,target=/go/pkg/mod,${MOD}`
const ADD_BUILD = `--mount=type=cache,target=/root/.cache/go-build,${SEED}`

const make = (
  text: string,
  options: { target?: string; vendored?: boolean } = {},
): ReturnType<typeof cacheCopy> => cacheCopy(text, parseDockerfile(text), { vendored: false, ...options })

const copyOf = (text: string, options: { target?: string; vendored?: boolean } = {}): DockerfileCopy => {
  const copy = make(text, options)
  if ('why' in copy) throw new Error(copy.why)
  return copy
}

/** What the copy says where the original says something else, by line of the original. */
const changes = (
  text: string,
  options: { target?: string; vendored?: boolean } = {},
): Record<number, string> =>
  Object.fromEntries(copyOf(text, options).changes.map(({ line, text: now }) => [line, now]))

const FINAL = '\nFROM gcr.io/distroless/static\nCOPY --from=build /out/app /app\n'

describe('mounts of the user get their first content', () => {
  it.each<[what: string, text: string, want: Record<number, string>]>([
    [
      'both, over continued lines',
      `FROM golang:1.26 AS build\nRUN --mount=type=cache,target=/go/pkg/mod \\\n    --mount=type=cache,target=/root/.cache/go-build \\\n    go build -o /out/app .${FINAL}`,
      {
        2: `--mount=type=cache,target=/go/pkg/mod,${MOD} \\`.replace(/^/, 'RUN '),
        3: `--mount=type=cache,target=/root/.cache/go-build,${SEED} \\`,
      },
    ],
    [
      'options in another order, and dst',
      `FROM golang AS build\nRUN --mount=target=/root/.cache/go-build/,type=cache,sharing=locked --mount=dst=/go/pkg/mod,type=cache,id=m go build${FINAL}`,
      {
        2: `RUN --mount=target=/root/.cache/go-build/,type=cache,sharing=locked,from=gip-gocache,source=/root/.cache/go-build --mount=dst=/go/pkg/mod,type=cache,id=m,${MOD} go build`,
      },
    ],
    [
      'a mount of a folder above',
      `FROM golang AS build\nRUN --mount=type=cache,target=/root/.cache go build${FINAL}`,
      {
        2: `RUN --mount=type=cache,target=/go/pkg/mod,${MOD} --mount=type=cache,target=/root/.cache,from=gip-gocache,source=/root/.cache go build`,
      },
    ],
    [
      'an ENV says where the caches are',
      `FROM golang AS build\nENV GOCACHE=/cache GOMODCACHE=/mods\nRUN --mount=type=cache,target=/cache --mount=type=cache,target=/mods go build${FINAL}`,
      {
        3: 'RUN --mount=type=cache,target=/cache,from=gip-gocache,source=/cache --mount=type=cache,target=/mods,from=gip-gomod,source=/mods go build',
      },
    ],
    [
      'an ARG with a default does too, a variable inside a variable as well',
      `FROM golang AS build\nARG ROOT=/c\nENV GOCACHE=$ROOT/obj\nRUN --mount=type=cache,target=/c/obj go vet ./...${FINAL}`,
      {
        4: `RUN --mount=type=cache,target=/go/pkg/mod,${MOD} --mount=type=cache,target=/c/obj,from=gip-gocache,source=/c/obj go vet ./...`,
      },
    ],
    [
      'the command itself says where',
      `FROM golang AS build\nRUN --mount=type=cache,target=/tmp/gc GOCACHE=/tmp/gc go build${FINAL}`,
      {
        2: `RUN --mount=type=cache,target=/go/pkg/mod,${MOD} --mount=type=cache,target=/tmp/gc,from=gip-gocache,source=/tmp/gc GOCACHE=/tmp/gc go build`,
      },
    ],
    [
      'an image of one’s own, whose GOPATH is that of HOME',
      `FROM debian AS build\nRUN --mount=type=cache,target=/root/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build${FINAL}`,
      {
        2: `RUN --mount=type=cache,target=/root/go/pkg/mod,from=gip-gomod,source=/root/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build,${SEED} go build`,
      },
    ],
    [
      'a comment between continued lines is not taken for the flag',
      `FROM golang AS build\nRUN \\\n  # --mount=type=cache,target=/root/.cache/go-build keeps objects\n  --mount=type=cache,target=/root/.cache/go-build \\\n  go build${FINAL}`,
      {
        2: `RUN --mount=type=cache,target=/go/pkg/mod,${MOD} \\`,
        4: `--mount=type=cache,target=/root/.cache/go-build,${SEED} \\`,
      },
    ],
    [
      'a longer path with the same beginning is another one',
      `FROM golang AS build\nRUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/pkg/mod2 go mod download${FINAL}`,
      {
        2: `RUN --mount=type=cache,target=/go/pkg/mod,${MOD} --mount=type=cache,target=/go/pkg/mod2 go mod download`,
      },
    ],
    [
      'line ends of Windows stay',
      `FROM golang AS build\r\nRUN --mount=type=cache,target=/root/.cache/go-build go build -mod=vendor\r\n${FINAL}`,
      {
        2: `RUN --mount=type=cache,target=/go/pkg/mod,${MOD} --mount=type=cache,target=/root/.cache/go-build,${SEED} go build -mod=vendor`,
      },
    ],
  ])('%s', (_, text, want) => {
    expect(changes(text)).toEqual(want)
  })

  it.each<[what: string, text: string]>([
    [
      'a user without rights',
      'FROM golang\nUSER 1000\nRUN --mount=type=cache,target=/root/.cache/go-build go build\n',
    ],
    [
      'an owner of the mount',
      'FROM golang\nRUN --mount=type=cache,target=/root/.cache/go-build,uid=1000 go build\n',
    ],
    [
      'a mount that has a source',
      'FROM golang\nRUN --mount=type=cache,target=/root/.cache/go-build,from=x go build\n',
    ],
    ['a read-only one', 'FROM golang\nRUN --mount=type=cache,ro,target=/root/.cache/go-build go build\n'],
    ['a bind mount', 'FROM golang\nRUN --mount=type=bind,target=/root/.cache/go-build go build\n'],
    ['a quoted one', 'FROM golang\nRUN --mount="type=cache,target=/root/.cache/go-build" go build\n'],
    ['a target with a variable', 'FROM golang\nRUN --mount=type=cache,target=$GOCACHE go build\n'],
    [
      'a folder that hangs on the platform',
      'FROM golang\nENV GOCACHE=/c/$TARGETARCH\nRUN --mount=type=cache,target=/c go build\n',
    ],
    ['a cache of something else', 'FROM node\nRUN --mount=type=cache,target=/root/.npm npm ci\n'],
    ['no mount, and the image holds the caches', 'FROM golang\nRUN go build -o /app .\n'],
    [
      'GOCACHE that is off',
      'FROM golang\nENV GOCACHE=off\nRUN --mount=type=cache,target=/root/.cache/go-build echo\n',
    ],
    ['no Go at all', 'FROM alpine\nRUN apk add curl\n'],
    [
      'a comment and a text about it',
      'FROM golang AS build\n# RUN go build\nRUN echo use the cargo build\nFROM scratch\nCOPY --from=build /x /x\n',
    ],
    [
      'ONBUILD',
      'FROM golang AS build\nONBUILD RUN --mount=type=cache,target=/root/.cache/go-build go build\nFROM scratch\nCOPY --from=build /x /x\n',
    ],
  ])('nothing is done: %s', (_, text) => {
    expect(make(text)).toEqual({ why: 'no RUN step could use Go’s caches' })
  })
})

describe('mounts are added where nothing of the folders can be shipped', () => {
  it.each<[what: string, text: string, want: Record<number, string>]>([
    [
      'download and build',
      `FROM golang:1.26-alpine AS build\nCOPY go.* ./\nRUN go mod download\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /out/app${FINAL}`,
      {
        3: `RUN ${ADD_MOD} go mod download`,
        5: `RUN ${ADD_BUILD} ${ADD_MOD} CGO_ENABLED=0 go build -o /out/app`,
      },
    ],
    [
      'the exec form',
      `FROM golang AS build\nRUN ["go", "build", "-o", "/out/app"]${FINAL}`,
      { 2: `RUN ${ADD_BUILD} ${ADD_MOD} ["go", "build", "-o", "/out/app"]` },
    ],
    [
      'small letters and blanks before them',
      `FROM golang AS build\n  run go build -o /out/app${FINAL}`,
      { 2: `run ${ADD_BUILD} ${ADD_MOD} go build -o /out/app` },
    ],
    [
      'a here-document, whose lines stay',
      `FROM golang AS build\nRUN <<EOF\ngo build -o /out/app\nRUN go vet\nEOF${FINAL}`,
      { 2: `RUN ${ADD_BUILD} ${ADD_MOD} <<EOF` },
    ],
    [
      'make beside a go command, in stages that go on from each other',
      `FROM golang AS base\nRUN go mod download\nFROM base AS build\nRUN make app${FINAL}`,
      { 2: `RUN ${ADD_MOD} go mod download`, 4: `RUN ${ADD_BUILD} ${ADD_MOD} make app` },
    ],
    [
      'other flags of RUN',
      `FROM golang AS build\nRUN --network=none --mount=type=bind,target=. go build -o /out/app${FINAL}`,
      { 2: `RUN ${ADD_BUILD} ${ADD_MOD} --network=none --mount=type=bind,target=. go build -o /out/app` },
    ],
    [
      'a mirror of the official image',
      `FROM mirror.example/library/golang@sha256:${'0'.repeat(64)} AS build\nRUN go test ./...${FINAL}`,
      { 2: `RUN ${ADD_BUILD} ${ADD_MOD} go test ./...` },
    ],
  ])('%s', (_, text, want) => {
    const found = changes(text)
    expect(found).toEqual(want)
  })

  it.each<[what: string, lines: string]>([
    [
      'a COPY takes the folder',
      'RUN go build -o /out/app\nFROM scratch\nCOPY --from=build /root/.cache /cache\nCOPY --from=build /go /go',
    ],
    ['a COPY takes everything', 'RUN go build -o /out/app\nFROM scratch\nCOPY --from=build / /'],
    ['a COPY by a pattern could', 'RUN go build -o /out/app\nFROM scratch\nCOPY --from=build /*o* /'],
    [
      'a bind mount of another stage takes it',
      'RUN go build\nFROM alpine\nRUN --mount=type=bind,from=build,target=/b cp -r /b/go /go',
    ],
    [
      'a command empties the caches',
      'RUN go build -o /out/app && go clean -modcache -cache\nFROM scratch\nCOPY --from=build /out/app /app',
    ],
    [
      'a command moves them',
      'RUN go build -o /out/app\nRUN cp -r /go /out/go && tar -cf /out/c /root\nFROM scratch\nCOPY --from=build /out/app /app',
    ],
    [
      'a setting of go env',
      'RUN go env -w GOFLAGS=-x\nRUN go build -o /out/app\nFROM scratch\nCOPY --from=build /out/app /app',
    ],
    [
      'COPY puts something into them',
      'COPY cache /go/pkg/mod/\nCOPY objects /root/.cache/go-build\nRUN go build -o /out/app\nFROM scratch\nCOPY --from=build /out/app /app',
    ],
    ['another user', 'USER nobody\nRUN go build -o /out/app\nFROM scratch\nCOPY --from=build /out/app /app'],
    ['the stage is what is built', 'RUN go build -o /out/app'],
    ['the built stage goes on from it', 'RUN go build -o /out/app\nFROM build\nCMD ["/out/app"]'],
  ])('not where %s', (_, lines) => {
    expect(make(`FROM golang AS build\n${lines}\n`)).toEqual({ why: 'no RUN step could use Go’s caches' })
  })

  it('modules are left out when they are vendored', () => {
    expect(changes(`FROM golang AS build\nRUN go build -o /out/app${FINAL}`, { vendored: true })).toEqual({
      2: `RUN ${ADD_BUILD} go build -o /out/app`,
    })
    expect(copyOf(`FROM golang AS build\nRUN go build${FINAL}`, { vendored: true }).modules).toBeUndefined()
  })

  it('a fetched script is no user of the caches', () => {
    expect(
      changes(`FROM golang AS build\nRUN curl -sSf https://x.example/install.sh | sh\nRUN go build${FINAL}`),
    ).toEqual({ 3: `RUN ${ADD_BUILD} ${ADD_MOD} go build` })
  })
})

describe('what stands around the RUN steps', () => {
  const BUILD = 'RUN --mount=type=cache,target=/root/.cache/go-build go build'

  it('puts the stage of the seed before the first FROM, behind directives and global arguments', () => {
    const copy = copyOf(
      `# syntax=docker/dockerfile:1\nARG V=1.26\n\nFROM golang:\${V} AS build\n${BUILD}${FINAL}`,
    )
    expect(copy.text.split('\n').slice(0, 6)).toEqual([
      '# syntax=docker/dockerfile:1',
      'ARG V=1.26',
      '',
      'FROM --platform=$BUILDPLATFORM scratch AS gip-gocache',
      'COPY --from=gip-gocache-seed / /root/.cache/go-build/',
      'FROM golang:${V} AS build',
    ])
    expect(copy.inserted).toEqual({ at: 4, lines: 2 })
    expect(copy.modules).toBe('/go/pkg/mod')
    expect(copy.target).toBeUndefined()
  })

  it('a byte order mark does not end up in the middle', () => {
    expect(copyOf(`\ufeffFROM golang AS build\n${BUILD}${FINAL}`).text).not.toContain('\ufeff')
  })

  it('stages that are called by number get names, what only looks like it stays', () => {
    const text = `FROM golang\n${BUILD} -o /out/app --from=0\nFROM alpine\nCOPY --chown=0:0 --from=0 /out/app /app\nRUN --mount=type=bind,from=0,source=/out,target=/b cp /b/app /x && echo --mount=x,from=0 --from=0\n`
    expect(changes(text)).toEqual({
      1: 'FROM golang AS gip-stage-0',
      2: `RUN ${ADD_MOD} --mount=type=cache,target=/root/.cache/go-build,${SEED} go build -o /out/app --from=0`,
      4: 'COPY --chown=0:0 --from=gip-stage-0 /out/app /app',
      5: 'RUN --mount=type=bind,from=gip-stage-0,source=/out,target=/b cp /b/app /x && echo --mount=x,from=0 --from=0',
    })
  })

  it('a quoted mount that calls a stage by its number ends it', () => {
    expect(
      make(
        `FROM golang\n${BUILD}\nFROM alpine\nCOPY --from=0 /a /a\nRUN --mount="type=bind,from=0,target=/b" cp /b/a /x\n`,
      ),
    ).toEqual({
      why: 'a mount on line 5 is quoted and calls a stage by its number',
    })
  })

  it.each([
    ['0', 'gip-stage-0'],
    ['1', 'gip-stage-1'],
    ['test', 'test'],
  ])('the target %s is called by its name', (target, name) => {
    const text = `FROM golang\n${BUILD}\nFROM scratch\nCOPY --from=0 /a /a\n${target === 'test' ? `FROM golang AS test\n${BUILD}\nFROM scratch\n` : ''}`
    expect(copyOf(text, { target }).target).toBe(name)
  })

  it('a FROM over several lines that would need a name ends it', () => {
    expect(
      make(`FROM --platform=linux/amd64 \\\n  golang\n${BUILD}\nFROM scratch\nCOPY --from=0 /a /a\n`),
    ).toEqual({
      why: 'its FROM on line 1 goes over several lines and has no name',
    })
  })

  it.each([
    ['# syntax=docker/dockerfile:1.3', 'docker/dockerfile:1.3 has no named contexts (1.4 and newer have)'],
    ['# syntax=example.com/my/frontend', 'the frontend example.com/my/frontend is not Docker’s'],
    ['# escape=`', 'it sets another escape character'],
  ])('%s is left alone', (directive, why) => {
    expect(make(`${directive}\nFROM golang AS build\n${BUILD}${FINAL}`)).toEqual({ why })
  })

  it.each([
    'docker/dockerfile:1',
    'docker/dockerfile:1.4',
    'docker.io/docker/dockerfile:1.20-labs',
    'docker/dockerfile',
  ])('the frontend %s has named contexts', (syntax) => {
    expect(copyOf(`# syntax=${syntax}\nFROM golang AS build\n${BUILD}${FINAL}`).changes).toHaveLength(1)
  })

  it('a target that is not there', () => {
    expect(make('FROM golang\n', { target: 'x' })).toEqual({ why: 'the stage to build is not there' })
  })

  it('stages that the build does not need stay as they are', () => {
    const text = `FROM golang AS lint\n${BUILD}\nFROM golang AS build\n${BUILD} -o /out/app${FINAL}`
    expect(Object.keys(changes(text))).toEqual(['4'])
  })
})

describe('what was compiled is collected', () => {
  const mount = '--mount=type=cache,target=/root/.cache/go-build'

  it('by one stage for each mount, from a stage that has run', () => {
    const { collect } = copyOf(`FROM golang AS build\nRUN ${mount} go build\nRUN ${mount} go vet${FINAL}`)
    expect(collect?.text.match(/^FROM build AS gip-collect-\d+$/gm)).toEqual(['FROM build AS gip-collect-0'])
    expect(collect?.text).toContain('FROM scratch AS gip-collect\nCOPY --from=gip-collect-0 /.gip/out/ /0/\n')
    expect(collect?.everyPlatform).toBe(false)
  })

  it('two mounts by two, and an id that names the platform on every platform', () => {
    const { collect } = copyOf(
      `FROM golang AS build\nARG TARGETPLATFORM\nRUN ${mount},id=go-$TARGETPLATFORM go build\nRUN ${mount},id=other go vet${FINAL}`,
    )
    expect(collect?.text.match(/^FROM build AS gip-collect-\d+\n.*$/gm)).toEqual([
      'FROM build AS gip-collect-0\nARG TARGETPLATFORM',
      'FROM build AS gip-collect-1\nUSER 0',
    ])
    expect(collect?.everyPlatform).toBe(true)
  })

  it('nothing when only modules are handed over', () => {
    expect(copyOf(`FROM golang AS build\nRUN go mod download${FINAL}`).collect).toBeUndefined()
  })
})

describe('the copy as a whole', () => {
  const word = fc.constantFrom(
    'a',
    'x.go',
    './...',
    '-o /out/app',
    '&& echo hi',
    '"q r"',
    "'s'",
    '$V',
    '# no comment',
  )
  const command = fc
    .tuple(
      fc.constantFrom('go build', 'go test', 'go mod download', 'make', 'echo', 'npm ci', 'go vet'),
      fc.array(word, { maxLength: 3 }),
    )
    .map(([head, rest]) => [head, ...rest].join(' '))
  const flag = fc.constantFrom(
    '--mount=type=cache,target=/root/.cache/go-build',
    '--mount=type=cache,target=/go/pkg/mod',
    '--mount=type=cache,target=/root/.cache,id=c',
    '--mount=type=secret,id=t',
    '--network=host',
    '--mount=type=cache,target=/var/cache/apt,sharing=locked',
  )
  const runStep = fc
    .tuple(
      fc.uniqueArray(flag, { maxLength: 3 }),
      command,
      fc.constantFrom(' ', ' \\\n    ', ' \\\n # why\n  '),
    )
    .map(([flags, text, joint]) => ['RUN', ...flags, text].join(joint))
  const heredoc = command.map((text) => `RUN <<EOT\n${text}\nFROM nowhere\nEOT`)
  const other = fc.constantFrom(
    'WORKDIR /src',
    'COPY . .',
    'ENV A=b GOFLAGS=-x',
    'ARG V',
    '',
    '# RUN go build',
    'USER 0',
    'LABEL a="RUN go build"',
  )
  const stage = fc
    .tuple(
      fc.constantFrom('golang:1.26', 'debian', 'alpine'),
      fc.boolean(),
      fc.array(fc.oneof(runStep, other, heredoc), { maxLength: 5 }),
    )
    .map(([base, named, steps]) => ({ base, named, steps }))
  const dockerfile = fc
    .tuple(
      fc.constantFrom('', '# syntax=docker/dockerfile:1\n', 'ARG G=1\n'),
      fc.array(stage, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
    )
    .map(([head, stages, windows]) => {
      const text = `${head}${stages
        .map(({ base, named, steps }, index) =>
          [
            `FROM ${base}${named ? ` AS s${index}` : ''}`,
            ...(index > 0 ? [`COPY --from=${index - 1} /out/app /app`] : []),
            ...steps,
          ].join('\n'),
        )
        .join('\n')}\nFROM scratch\nCOPY --from=${stages.length - 1} /out/app /app\n`
      return windows ? text.replaceAll('\n', '\r\n') : text
    })

  it('differs from the original only where it says so, and only by mounts and names', () => {
    let copies = 0
    fc.assert(
      fc.property(dockerfile, (text) => {
        const copy = make(text)
        if ('why' in copy) return
        copies++
        const lines = copy.text.split('\n')
        const kept = lines.filter(
          (_, at) => at + 1 < copy.inserted.at || at + 1 >= copy.inserted.at + copy.inserted.lines,
        )
        const original = text.split('\n')
        expect(kept).toHaveLength(original.length)
        const changed = new Set(copy.changes.map(({ line }) => line))
        original.forEach((line, at) => {
          const now = kept[at] ?? ''
          expect(changed.has(at + 1)).toBe(now !== line)
          if (now === line) return
          // Without the added mounts, sources and names it is the line of the user again.
          const mounts = [...line.matchAll(/--mount=\S+/g)].map(([mount]) => mount)
          const bare = now.replaceAll(/ --mount=(\S+)/g, (mount, options: string) => {
            const user = options.replace(/,from=gip-(?:gomod|gocache),source=[^\s,]+/, '')
            const theirs = mounts.some((one) => one === `--mount=${user}` || one === `--mount=${options}`)
            return theirs ? ` --mount=${user}` : options.includes('from=gip-go') ? '' : mount
          })
          expect(
            bare
              .replace(/ AS gip-stage-\d+(?=\r?$)/, '')
              .replaceAll(/from=(?:gip-stage-|s)(\d+)/g, 'from=$1'),
          ).toBe(line)
        })
        // It is still a Dockerfile of the same stages.
        const before = parseDockerfile(text).stages
        const after = parseDockerfile(copy.text).stages.slice(copy.inserted.lines > 0 ? 1 : 0)
        expect(
          after.map((one) => [
            one.base,
            one.instructions.map(({ keyword, args }) => [keyword, args.replaceAll(/--from=\S+/g, '')]),
          ]),
        ).toEqual(
          before.map((one) => [
            one.base,
            one.instructions.map(({ keyword, args }) => [keyword, args.replaceAll(/--from=\S+/g, '')]),
          ]),
        )
      }),
      { numRuns: 400, seed: 20261121 },
    )
    expect(copies).toBeGreaterThan(50)
  })
})
