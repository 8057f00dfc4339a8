import {
  type DockerfileInstruction,
  type DockerfileStage,
  findStage,
  stageChain,
} from './dockerfile-parse.ts'
import { type Scene, STATIC_BASE } from './dockerfile-scene.ts'

const GO_COMPILE = /(?:^|[\s;&|(`])(?:go|xx-go|goxx-go)\s+(?:build|install|test)\b/
const CROSS_TOOLS = /\b(?:xx-go|goxx-go)\b/
const TARGET_ARGS = ['TARGETOS', 'TARGETARCH', 'TARGETVARIANT', 'TARGETPLATFORM']
/** Traps of the stages that compile: platforms, order, flags, bases. */
export function buildTraps(scene: Scene): void {
  for (const stage of scene.needed) {
    platforms(scene, stage)
    sources(scene, stage)
    base(scene, stage)
  }
}

function platforms(scene: Scene, stage: DockerfileStage): void {
  const { platforms, emulation } = scene.context
  const foreign = platforms.length > 1
  const chain = stageChain(scene.facts, stage)
  const head = chain[0] ?? stage
  const onBuildPlatform = chain.some((one) => /\$\{?BUILDPLATFORM\b|\$\{?BUILDOS\b/.test(one.platform ?? ''))
  const fixedPlatform = chain.some((one) => one.platform !== undefined && !one.platform.includes('$'))
  const own = stage.instructions
  const everything = chain.flatMap((one) => one.instructions)
  const compile = own.find(
    (one) => one.keyword === 'RUN' && GO_COMPILE.test(one.args) && /\b(?:build|install)\b/.test(one.args),
  )
  const runs = own.find((one) => one.keyword === 'RUN')
  if (!onBuildPlatform) {
    if (!foreign || runs === undefined) return
    const severity = emulation === false ? 'error' : 'warning'
    const missing = emulation === false ? ', which is not installed here' : ''
    if (compile !== undefined) {
      const line = scene.facts.lines[head.line - 1] ?? ''
      scene.add(
        severity,
        'emulated-build',
        head.line,
        `this stage compiles Go under QEMU for every foreign platform${missing}: ten to twenty times slower, and it can crash (golang/go#48439)`,
        'build on the machine’s own platform and let Go cross-compile: FROM --platform=$BUILDPLATFORM, ARG TARGETOS TARGETARCH, GOOS=$TARGETOS GOARCH=$TARGETARCH go build',
        fixedPlatform
          ? undefined
          : [
              scene.patch(
                head.line,
                head.line,
                line.replace(/^(\s*FROM)\s+/i, '$1 --platform=$BUILDPLATFORM '),
              ),
              scene.patch(
                compile.line,
                compile.endLine,
                crossCompile(scene.facts.lines.slice(compile.line - 1, compile.endLine)),
              ),
            ].join('\n'),
      )
    } else if (!fixedPlatform) {
      scene.add(
        severity,
        'emulated-run',
        runs.line,
        `this RUN needs QEMU for every foreign platform${missing}`,
        'do it in a stage FROM --platform=$BUILDPLATFORM and COPY the result',
      )
    }
    return
  }
  if (compile === undefined || !foreign) return
  const text = everything.map((one) => `${one.args} ${Object.values(one.flags).join(' ')}`).join('\n')
  if (CROSS_TOOLS.test(text)) return
  const fixed = /\bGOARCH=["']?([a-z0-9]+)\b/.exec(text)?.[1]
  const usesTarget = /\$\{?TARGETARCH\b|\$\{?TARGETPLATFORM\b/.test(text)
  if (!usesTarget) {
    scene.add(
      'error',
      'wrong-arch',
      compile.line,
      fixed === undefined
        ? 'go build does not look at TARGETARCH: every platform of the image would hold a program of the build machine'
        : `GOARCH is fixed to ${fixed}: every other platform of the image would hold a program that does not start (exec format error)`,
      'declare ARG TARGETOS TARGETARCH in this stage and build with GOOS=$TARGETOS GOARCH=$TARGETARCH',
      scene.patch(
        compile.line,
        compile.endLine,
        crossCompile(scene.facts.lines.slice(compile.line - 1, compile.endLine)),
      ),
    )
    return
  }
  const declared = new Set(
    own
      .filter((one) => one.keyword === 'ARG')
      .flatMap((one) => one.args.split(/\s+/).map((word) => word.split('=')[0] ?? '')),
  )
  const used = TARGET_ARGS.filter((name) =>
    new RegExp(`\\$\\{?${name}\\b`).test(`${compile.args}\n${envText(own)}`),
  )
  const undeclared = used.filter((name) => !declared.has(name))
  if (undeclared.length > 0) {
    scene.add(
      'error',
      'arg-undeclared',
      compile.line,
      `${undeclared.join(' and ')} ${undeclared.length > 1 ? 'are' : 'is'} empty here: a stage sees a platform argument only after its own ARG`,
      `put ARG ${used.join(' ')} into this stage, before that line`,
      `+ ARG ${used.join(' ')}\n  ${scene.facts.lines[compile.line - 1] ?? ''}`,
    )
  }
}

function sources(scene: Scene, stage: DockerfileStage): void {
  const own = stage.instructions
  const chain = stageChain(scene.facts, stage).flatMap((one) => one.instructions)
  const text = (one: DockerfileInstruction): string => one.args
  const compile = own.find((one) => one.keyword === 'RUN' && GO_COMPILE.test(one.args))
  const all = own.findIndex((one) => isCopyAll(one))
  const copyAll = own[all]
  const downloads = own.findIndex((one) => one.keyword === 'RUN' && /\bgo mod download\b/.test(one.args))
  const download = own[downloads]
  const modOnly = chain.some((one) => /^(?:COPY|ADD)$/.test(one.keyword) && /\bgo\.mod\b/.test(one.args))
  if (copyAll !== undefined && compile !== undefined) {
    if (!modOnly && !own.some((one) => (one.flags['mount'] ?? '').includes('type=cache'))) {
      scene.add(
        'warning',
        'copy-order',
        copyAll.line,
        'all sources are copied before the modules are downloaded: any change of any file downloads everything again',
        'copy go.mod and go.sum alone first, run go mod download, then copy the rest',
        [
          '+ COPY go.mod go.sum ./',
          '+ RUN go mod download',
          `  ${scene.facts.lines[copyAll.line - 1] ?? ''}`,
          ...(download !== undefined && downloads > all
            ? [`- ${scene.facts.lines[download.line - 1] ?? ''}`]
            : []),
        ].join('\n'),
      )
    }
  }
  const anyCopyAll =
    copyAll ??
    own.find(
      (one) =>
        (one.flags['mount'] ?? '').includes('type=bind') &&
        compile !== undefined &&
        !/source=/.test(one.flags['mount'] ?? ''),
    )
  if (
    anyCopyAll !== undefined &&
    scene.context.dockerignore === undefined &&
    !scene.found.some((one) => one.code === 'no-dockerignore')
  ) {
    scene.add(
      'note',
      'no-dockerignore',
      anyCopyAll.line,
      'there is no .dockerignore: .git and everything else goes into the build context, and every commit breaks the cache of this line',
      'add a .dockerignore with the lines below',
      ['.git', '.github', '**/*_test.go', '**/testdata', 'dist', 'bin', '*.md', 'Dockerfile*']
        .map((line) => `+ ${line}`)
        .join('\n'),
    )
  }
  for (const one of own) {
    if (one.keyword === 'RUN' && /\bgo\s+(?:build|install|test)\b[^;&|]*\s-a\b/.test(text(one))) {
      scene.add(
        'warning',
        'go-build-a',
        one.line,
        '-a compiles the standard library and every dependency again, each time',
        'leave -a out: the build cache already knows what changed',
        scene.patch(
          one.line,
          one.endLine,
          scene.facts.lines
            .slice(one.line - 1, one.endLine)
            .join('\n')
            .replace(/(\bgo\s+(?:build|install|test)\b[^;&|]*?)\s-a\b/, '$1'),
        ),
      )
    }
    if (
      one.keyword === 'RUN' &&
      (/\bGO111MODULE=(?:off|auto)\b/.test(text(one)) ||
        /\bgo get\s+(?!-tool)(?:-[dtuv]+\s+)*\.\/?\.*/.test(text(one)))
    ) {
      scene.add(
        'warning',
        'gopath',
        one.line,
        'this is the GOPATH way of before Go modules',
        'copy go.mod and go.sum, run go mod download, and build in any folder outside GOPATH',
      )
    }
    if (
      (one.keyword === 'COPY' || one.keyword === 'ADD') &&
      one.flags['from'] === undefined &&
      (one.json ?? one.args.split(/\s+/)).slice(0, -1).some((path) => path.startsWith('../'))
    ) {
      scene.add(
        'error',
        'copy-outside',
        one.line,
        `${one.keyword} names a file outside the build context`,
        'set "context" to a folder that holds it, or hand that folder over with "build-contexts" and COPY --from=NAME',
      )
    }
    if (one.keyword === 'ADD' && /^https?:\/\//.test(one.args) && one.flags['checksum'] === undefined) {
      scene.add(
        'warning',
        'add-unchecked',
        one.line,
        'ADD takes whatever the URL gives',
        'add --checksum=sha256:… so that a changed download fails',
      )
    }
  }
  cgo(scene, stage, compile)
}

function cgo(scene: Scene, stage: DockerfileStage, compile: DockerfileInstruction | undefined): void {
  if (
    compile === undefined ||
    !/\b(?:build|install)\b/.test(compile.args) ||
    !STATIC_BASE.test(scene.config.base)
  )
    return
  if (stage.index === scene.config.stage.index || !copiesFrom(scene, stage)) return
  const chain = stageChain(scene.facts, stage)
  const text = chain
    .flatMap((one) => one.instructions)
    .map((one) => one.args)
    .join('\n')
  const set = [...text.matchAll(/\bCGO_ENABLED[= ]["']?([01])/g)].at(-1)?.[1]
  if (set === '0' || /-extldflags[^\n]*-static/.test(text)) return
  // Images without a C compiler switch cgo off by themselves since Go 1.20.
  const compiler =
    !/golang:\S*alpine/.test(chain[0]?.base ?? '') || /\bapk add\b[^\n]*(?:gcc|build-base)/.test(text)
  if (set !== '1' && !compiler) return
  scene.add(
    'warning',
    'dynamic-on-static',
    compile.line,
    `the program may need the C library, which ${scene.config.base === 'scratch' ? 'scratch' : scene.config.base} does not have (it then fails with "no such file or directory")`,
    'build with CGO_ENABLED=0, or use a base with glibc such as gcr.io/distroless/base-debian13:nonroot',
    scene.patch(
      compile.line,
      compile.endLine,
      scene.facts.lines
        .slice(compile.line - 1, compile.endLine)
        .join('\n')
        .replace(/CGO_ENABLED=1\s+/, '')
        .replace(/\bgo(\s+(?:build|install))\b/, 'CGO_ENABLED=0 go$1'),
    ),
  )
}

function copiesFrom(scene: Scene, stage: DockerfileStage): boolean {
  return scene.config.instructions.some((one) => {
    const from = one.flags['from']
    return from !== undefined && findStage(scene.facts, from)?.index === stage.index
  })
}

function base(scene: Scene, stage: DockerfileStage): void {
  if (stage.baseStage !== undefined || stage.base === 'scratch' || stage.base.includes('$')) return
  const tag = /:([^/:@]+)(?:@|$)/.exec(stage.base)?.[1]
  if (!stage.base.includes('@') && (tag === undefined || tag === 'latest')) {
    scene.add(
      'warning',
      'floating-base',
      stage.line,
      `${stage.base} is another image tomorrow`,
      'name a version, and a digest for the stage that is shipped',
    )
  }
  const wanted = scene.context.goVersion
  const have = /(?:^|\/)golang:(\d+)\.(\d+)(?:\.(\d+))?(?:-|@|$)/.exec(stage.base)
  if (wanted !== undefined && have !== null) {
    const [major = 0, minor = 0, patch = 0] = wanted.split('.').map((part) => Number.parseInt(part, 10))
    // golang:1.26 is its newest patch.
    const older =
      Number(have[1]) < major ||
      (Number(have[1]) === major &&
        (Number(have[2]) < minor ||
          (Number(have[2]) === minor && have[3] !== undefined && Number(have[3]) < patch)))
    const auto = stage.instructions.some((one) => /GOTOOLCHAIN[= ]["']?(?:auto|go\d|path)/.test(one.args))
    if (older && !auto) {
      scene.add(
        'error',
        'go-too-old',
        stage.line,
        `go.mod asks for Go ${wanted}, and this image holds an older one that may not fetch another (GOTOOLCHAIN=local)`,
        `use golang:${major}.${minor}`,
      )
    }
  }
}

const envText = (instructions: readonly DockerfileInstruction[]): string =>
  instructions
    .filter((one) => one.keyword === 'ENV')
    .map((one) => one.args)
    .join('\n')

function isCopyAll(one: DockerfileInstruction): boolean {
  if (one.keyword !== 'COPY' && one.keyword !== 'ADD') return false
  if (one.flags['from'] !== undefined) return false
  const words = one.json ?? one.args.split(/\s+/)
  return words.length >= 2 && words.slice(0, -1).some((word) => word === '.' || word === './')
}

/** The lines of a RUN with the platform put before `go build`, and the ARG before them. */
function crossCompile(lines: readonly string[]): string {
  const text = lines
    .join('\n')
    .replace(/\bGOOS=\S+\s+/g, '')
    .replace(/\bGOARCH=\S+\s+/g, '')
    .replace(/\bgo(\s+(?:build|install))\b/g, 'GOOS=$TARGETOS GOARCH=$TARGETARCH go$1')
  return `ARG TARGETOS TARGETARCH\n${text}`
}
