import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  cacheCopy,
  type DockerfileCopy,
  mountsOneOf,
  parseDockerfile,
} from '../../../src/project/dockerfile.ts'

const ADD_MOD = '--mount=type=cache,target=/go/pkg/mod'
const ADD_BUILD = '--mount=type=cache,target=/root/.cache/go-build'

const make = (
  text: string,
  options: { target?: string; modules?: boolean } = {},
): ReturnType<typeof cacheCopy> => cacheCopy(text, parseDockerfile(text), { modules: true, ...options })

const copyOf = (text: string, options: { target?: string; modules?: boolean } = {}): DockerfileCopy => {
  const copy = make(text, options)
  if ('why' in copy) throw new Error(copy.why)
  return copy
}

/** What the copy says where the original says something else, by line of the original. */
const changes = (
  text: string,
  options: { target?: string; modules?: boolean } = {},
): Record<number, string> =>
  Object.fromEntries(copyOf(text, options).changes.map(({ line, text: now }) => [line, now]))

const FINAL = '\nFROM gcr.io/distroless/static\nCOPY --from=build /out/app /app\n'

/** The folders that are filled, by the FROM line of the build that does it. */
const filled = (text: string, options: { target?: string; modules?: boolean } = {}): string[] => {
  const { fill } = copyOf(text, options)
  return [
    ...fill.matchAll(/^FROM (?!scratch)(.*) AS gip-fill-\d+$[^]*?--mount=(\S+) [^]*?mkdir -p '([^']*)'/gm),
  ]
    .map(([, from = '', mount = '', path = '']) => `${from} ${mount} ${path}`)
    .sort()
}
const MOD_PLACE = 'golang type=cache,target=/go/pkg/mod /go/pkg/mod'

describe('mounts of the user are filled as they are', () => {
  it.each<[what: string, text: string, want: string[]]>([
    [
      'both, over continued lines',
      `FROM golang:1.26 AS build\nRUN --mount=type=cache,target=/go/pkg/mod \\\n    --mount=type=cache,target=/root/.cache/go-build \\\n    go build -o /out/app .${FINAL}`,
      [
        'golang:1.26 type=cache,target=/go/pkg/mod /go/pkg/mod',
        'golang:1.26 type=cache,target=/root/.cache/go-build /root/.cache/go-build',
      ],
    ],
    [
      'options in another order, and dst',
      `FROM golang AS build\nRUN --mount=target=/root/.cache/go-build/,type=cache,sharing=locked --mount=dst=/go/pkg/mod,type=cache,id=m go build${FINAL}`,
      [
        'golang dst=/go/pkg/mod,type=cache,id=m /go/pkg/mod',
        'golang target=/root/.cache/go-build/,type=cache,sharing=locked /root/.cache/go-build',
      ],
    ],
    [
      'a mount that holds both',
      `FROM golang AS build\nENV GOCACHE=/go/cache\nRUN --mount=type=cache,target=/go go build${FINAL}`,
      ['golang type=cache,target=/go /go/cache', 'golang type=cache,target=/go /go/pkg/mod'],
    ],
    [
      'an ENV says where the caches are',
      `FROM golang AS build\nENV GOCACHE=/cache GOMODCACHE=/mods\nRUN --mount=type=cache,target=/cache --mount=type=cache,target=/mods go build${FINAL}`,
      ['golang type=cache,target=/cache /cache', 'golang type=cache,target=/mods /mods'],
    ],
    [
      'an image of one’s own, whose GOPATH is that of HOME',
      `FROM debian AS build\nRUN --mount=type=cache,target=/root/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build${FINAL}`,
      [
        'debian type=cache,target=/root/.cache/go-build /root/.cache/go-build',
        'debian type=cache,target=/root/go/pkg/mod /root/go/pkg/mod',
      ],
    ],
    [
      'the same mount of several stages once, in the first image',
      `FROM --platform=$BUILDPLATFORM golang AS a\nRUN --mount=type=cache,target=/go/pkg/mod go mod download\nFROM a AS build\nRUN --mount=type=cache,target=/go/pkg/mod --mount=type=bind,target=/root/.cache go build${FINAL}`,
      [`--platform=$BUILDPLATFORM ${MOD_PLACE}`],
    ],
  ])('%s', (_, text, want) => {
    expect(filled(text)).toEqual(want)
    const copy = copyOf(text)
    expect(copy).toMatchObject({ changes: [] })
    expect(copy).not.toHaveProperty('text')
  })

  it.each<[what: string, text: string, want: Record<number, string>, places: string[]]>([
    [
      'a mount of a folder above',
      `FROM golang AS build\nRUN --mount=type=cache,target=/root/.cache go build${FINAL}`,
      { 2: `RUN ${ADD_MOD} --mount=type=cache,target=/root/.cache go build` },
      [MOD_PLACE, 'golang type=cache,target=/root/.cache /root/.cache/go-build'],
    ],
    [
      'an ARG with a default does too, a variable inside a variable as well',
      `FROM golang AS build\nARG ROOT=/c\nENV GOCACHE=$ROOT/obj\nRUN --mount=type=cache,target=/c/obj go vet ./...${FINAL}`,
      { 4: `RUN ${ADD_MOD} --mount=type=cache,target=/c/obj go vet ./...` },
      ['golang type=cache,target=/c/obj /c/obj', MOD_PLACE],
    ],
    [
      'the command itself says where',
      `FROM golang AS build\nRUN --mount=type=cache,target=/tmp/gc GOCACHE=/tmp/gc go build${FINAL}`,
      { 2: `RUN ${ADD_MOD} --mount=type=cache,target=/tmp/gc GOCACHE=/tmp/gc go build` },
      [MOD_PLACE, 'golang type=cache,target=/tmp/gc /tmp/gc'],
    ],
    [
      'a comment between continued lines is not taken for the flag',
      `FROM golang AS build\nRUN \\\n  # --mount=type=cache,target=/x\n  --mount=type=cache,target=/root/.cache/go-build \\\n  go build${FINAL}`,
      { 2: `RUN ${ADD_MOD} \\` },
      [MOD_PLACE, 'golang type=cache,target=/root/.cache/go-build /root/.cache/go-build'],
    ],
    [
      'line ends of Windows stay',
      `FROM golang AS build\r\nRUN --mount=type=cache,target=/root/.cache/go-build go build -mod=vendor\r\n${FINAL}`,
      { 2: `RUN ${ADD_MOD} --mount=type=cache,target=/root/.cache/go-build go build -mod=vendor` },
      [MOD_PLACE, 'golang type=cache,target=/root/.cache/go-build /root/.cache/go-build'],
    ],
  ])('beside one that is added: %s', (_, text, want, places) => {
    expect(changes(text)).toEqual(want)
    expect(filled(text)).toEqual(places)
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

  it('modules are left out when there are none to hand over', () => {
    expect(changes(`FROM golang AS build\nRUN go build -o /out/app${FINAL}`, { modules: false })).toEqual({
      2: `RUN ${ADD_BUILD} go build -o /out/app`,
    })
    expect(copyOf(`FROM golang AS build\nRUN go build${FINAL}`, { modules: false })).not.toHaveProperty(
      'modules',
    )
  })

  it('a fetched script is no user of the caches', () => {
    expect(
      changes(`FROM golang AS build\nRUN curl -sSf https://x.example/install.sh | sh\nRUN go build${FINAL}`),
    ).toEqual({ 3: `RUN ${ADD_BUILD} ${ADD_MOD} go build` })
  })
})

describe('what stands around the RUN steps', () => {
  const BUILD = 'RUN --mount=type=cache,target=/root/.cache/go-build go build'

  it('the builds of our own know the arguments before the first FROM, and need no frontend', () => {
    const { fill, collect } = copyOf(
      `# syntax=docker/dockerfile:1\nARG V=1.26\n\nFROM --platform=$BUILDPLATFORM \\\n  golang:\${V} \\\n  AS build\n${BUILD}${FINAL}`,
    )
    for (const text of [fill, collect?.text ?? '']) {
      expect(text.split('\n').slice(0, 3)).toEqual([
        'ARG V=1.26',
        '',
        expect.stringMatching(/^FROM --platform=\$BUILDPLATFORM +golang:\$\{V\} AS gip-(?:fill|collect)-0$/),
      ])
      expect(parseDockerfile(text).stages.at(-1)?.base).toBe('scratch')
    }
  })

  it('a byte order mark does not end up in the middle', () => {
    expect(copyOf(`\ufeffFROM golang AS build\nRUN go build${FINAL}`).text).not.toContain('\ufeff')
  })

  it('stages that are called by number stay what they are', () => {
    const text = `FROM golang\nRUN go build -o /out/app --from=0\nFROM alpine\nCOPY --chown=0:0 --from=0 /out/app /app\n`
    expect(changes(text)).toEqual({ 2: `RUN ${ADD_BUILD} ${ADD_MOD} go build -o /out/app --from=0` })
  })

  it.each([
    [
      '# syntax=docker/dockerfile:1.3',
      'docker/dockerfile:1.3 is too old for cache mounts (1.4 and newer are not)',
    ],
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
  ])('the frontend %s is new enough', (syntax) => {
    expect(copyOf(`# syntax=${syntax}\nFROM golang AS build\n${BUILD}${FINAL}`).changes).toHaveLength(1)
  })

  it('a target that is not there', () => {
    expect(make('FROM golang\n', { target: 'x' })).toEqual({ why: 'the stage to build is not there' })
  })

  it('stages that the build does not need stay as they are', () => {
    const text = `FROM golang AS lint\n${BUILD}\nFROM golang AS build\n${BUILD} -o /out/app${FINAL}`
    expect(copyOf(text).lines).toEqual([4])
  })
})

describe('what was compiled is collected', () => {
  const mount = '--mount=type=cache,target=/root/.cache/go-build'
  const stages = (text: string): (string | undefined)[] =>
    [...(copyOf(text).collect?.text ?? '').matchAll(/^FROM (.*) AS gip-collect-\d+\n.*$/gm)].map(
      ([whole]) => whole,
    )

  it('once from each mount', () => {
    const text = `FROM golang AS build\nRUN ${mount} go build\nRUN ${mount} go vet${FINAL}`
    expect(stages(text)).toEqual(['FROM golang AS gip-collect-0\nARG GIP_ONCE'])
    expect(copyOf(text)).toMatchObject({ everyPlatform: false })
    expect(copyOf(text).collect?.text).toContain(
      'FROM scratch AS gip-collect\nCOPY --from=gip-collect-0 /.gip/out/ /0/\n',
    )
  })

  it('two mounts by two, and an id that names the platform on every platform', () => {
    const text = `FROM golang AS build\nARG TARGETPLATFORM\nRUN ${mount},id=go-$TARGETPLATFORM go build\nRUN ${mount},id=other go vet${FINAL}`
    expect(stages(text)).toEqual([
      'FROM golang AS gip-collect-0\nARG TARGETPLATFORM',
      'FROM golang AS gip-collect-1\nARG GIP_ONCE',
    ])
    expect(copyOf(text).everyPlatform).toBe(true)
  })

  it('not when only modules are handed over', () => {
    expect(copyOf(`FROM golang AS build\nRUN go mod download${FINAL}`).collect).toBeUndefined()
  })
})

describe('steps that have to wait for the caches', () => {
  const targets = new Set(['/root/.cache/go-build'])
  it.each<[step: string, waits: boolean]>([
    ['[linux/amd64 build 4/5] RUN --mount=type=cache,target=/root/.cache/go-build     go build', true],
    ['[build 4/5] run --network=none --mount=id=x,type=cache,dst=/root/.cache/go-build/ go build', true],
    ['[build 4/5] RUN --mount=type=cache,target=/var/cache/apt apt-get install x', false],
    ['[build 4/5] RUN --mount=type=bind,target=/root/.cache/go-build ls', false],
    ['[build 4/5] RUN go build', false],
    ['[build 3/5] COPY . .', false],
  ])('%s: %s', (step, waits) => {
    expect(mountsOneOf(step, targets)).toBe(waits)
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

  it('differs from the original only where it says so, and only by mounts', () => {
    let copies = 0
    fc.assert(
      fc.property(dockerfile, (text) => {
        const copy = make(text)
        if ('why' in copy) return
        copies++
        const kept = (copy.text ?? text).split('\n')
        const original = text.split('\n')
        expect(kept).toHaveLength(original.length)
        const changed = new Set(copy.changes.map(({ line }) => line))
        original.forEach((line, at) => {
          const now = kept[at] ?? ''
          expect(changed.has(at + 1)).toBe(now !== line)
          if (now === line) return
          // Without one or two mounts behind RUN it is the line of the user again.
          const [, head = '', mounts = '', rest = ''] =
            /^(\s*RUN)((?: --mount=type=cache,target=\/(?:go\/pkg\/mod|root\/\.cache\/go-build))+)(.*)$/s.exec(
              now,
            ) ?? []
          const flags = mounts.split(/(?= --)/)
          expect([1, 2].map((count) => head + flags.slice(count).join('') + rest)).toContain(line)
        })
        // It is still a Dockerfile of the same stages.
        const before = parseDockerfile(text).stages
        const after = parseDockerfile(copy.text ?? text).stages
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
