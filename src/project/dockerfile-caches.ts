/**
 * A copy of the user's Dockerfile whose RUN steps find Go's caches: BuildKit's cache mounts are empty on a new builder and never
 * leave it (moby/buildkit#1512). `from=` gives a cache mount its first content (Dockerfile reference, "RUN --mount=type=cache"):
 * the modules come from a named context, the compiled packages from a stage that copies a named context. Through a stage,
 * because its content names it: a second build then finds the mount that the first has written to, and can bring it back.
 *
 * Nothing that gets into the image is touched: mounts are no part of a layer, and Go's caches only answer what a
 * compile would have given. Mounts are added to RUN steps without them only where their folders cannot be shipped. Pure.
 */
import {
  type DockerfileFacts,
  type DockerfileInstruction,
  type DockerfileStage,
  findStage,
  neededStages,
  stageChain,
} from './dockerfile-parse.ts'
import {
  inside,
  isGolang,
  type Mount,
  mountsOf,
  overlap,
  type RunScene,
  sceneOf,
} from './dockerfile-mounts.ts'

/** The named contexts that the copy asks for. */
export const MODULES_CONTEXT = 'gip-gomod'
export const SEED_CONTEXT = 'gip-gocache-seed'
export const SEED_STAGE = 'gip-gocache'
export const COLLECT_TARGET = 'gip-collect'
/** A file in the seed: actions that are younger than it were used. */
export const SEED_MARK = 'gip-mark'

export interface DockerfileCopy {
  readonly text: string
  /** Lines put in before the first FROM; every line from `at` (1-based) on has moved down by `lines`. */
  readonly inserted: { readonly at: number; readonly lines: number }
  /** Lines of the original that read otherwise in the copy. */
  readonly changes: readonly { readonly line: number; readonly text: string }[]
  /** GOMODCACHE as an absolute path: where the modules lie in the context. Undefined when no RUN takes modules. */
  readonly modules?: string
  /** The second build, which brings back what was compiled; undefined when no RUN takes compiled packages. */
  readonly collect?: {
    readonly text: string
    /** The mount is another one for each platform. */
    readonly everyPlatform: boolean
  }
  /** The name of the stage to build; undefined for the last one without a name. */
  readonly target?: string
}

type Kind = 'modules' | 'build'
const go = (commands: string): RegExp =>
  new RegExp(`(?:^|[\\s;&|(\`"'[,])(?:go|xx-go|goxx-go)["',\\s]+(?:${commands})\\b`)
const COMPILES = 'build|install|test|vet|run|generate|tool'
/** Commands by what they use: `go mod download` compiles nothing, and must not run again when compiled packages change. */
const USES: Readonly<Record<Kind, RegExp>> = {
  modules: go(`${COMPILES}|mod|list|get|work`),
  build: go(COMPILES),
}
const MAYBE_GO = /(?:^|[\s;&|(`"'[,])(?:make|mage|task|just)\b|\.sh\b/

/** The copy, or why there is none (one sentence). */
export function cacheCopy(
  raw: string,
  facts: DockerfileFacts,
  options: { readonly target?: string; readonly vendored: boolean },
): DockerfileCopy | { readonly why: string } {
  const stage = findStage(facts, options.target)
  if (stage === undefined) return { why: 'the stage to build is not there' }
  const syntax = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::(\d+)(?:\.(\d+))?)?/.exec(
    facts.syntax ?? 'docker/dockerfile',
  )
  if (syntax === null) return { why: `the frontend ${facts.syntax ?? ''} is not Docker’s` }
  if (syntax[2] !== undefined && Number(syntax[1]) === 1 && Number(syntax[2]) < 4)
    return { why: `${facts.syntax ?? ''} has no named contexts (1.4 and newer have)` }
  if (facts.lines.some((line) => /^#\s*escape\s*=/i.test(line)))
    return { why: 'it sets another escape character' }
  // Only at the beginning of a file is it no part of the text.
  const text = raw.replace(/^\ufeff/, '')
  return new Copy(text, facts, stage, {
    vendored: options.vendored,
    byNumber: /^\d+$/.test(options.target ?? ''),
  }).make()
}

interface Spot {
  readonly stage: DockerfileStage
  readonly instruction: DockerfileInstruction
  readonly mounts: readonly Mount[]
  readonly scene: RunScene
}

class Copy {
  readonly #lines: string[]
  readonly #facts: DockerfileFacts
  readonly #target: DockerfileStage
  readonly #needed: readonly DockerfileStage[]
  readonly #spots: readonly Spot[]
  readonly #vendored: boolean
  readonly #byNumber: boolean
  readonly #changed = new Set<number>()
  readonly #names = new Map<number, string>()
  readonly #seeds = new Set<string>()
  readonly #collects = new Map<string, { stage: DockerfileStage; mount: string; path: string }>()
  #modules: string | undefined

  constructor(
    raw: string,
    facts: DockerfileFacts,
    target: DockerfileStage,
    { vendored, byNumber }: { readonly vendored: boolean; readonly byNumber: boolean },
  ) {
    this.#lines = raw.split('\n')
    this.#facts = facts
    this.#target = target
    this.#vendored = vendored
    this.#byNumber = byNumber
    this.#needed = neededStages(facts, target)
    this.#spots = this.#needed.flatMap((stage) =>
      stage.instructions.flatMap((instruction): Spot[] => {
        const mounts = instruction.keyword === 'RUN' ? mountsOf(instruction) : undefined
        return mounts === undefined
          ? []
          : [{ stage, instruction, mounts, scene: sceneOf(facts, stage, instruction) }]
      }),
    )
  }

  make(): DockerfileCopy | { readonly why: string } {
    for (const spot of this.#spots) for (const mount of spot.mounts) this.#seedMount(spot, mount)
    for (const kind of ['modules', 'build'] as const) this.#addMounts(kind)
    if (this.#modules === undefined && this.#seeds.size === 0)
      return { why: 'no RUN step could use Go’s caches' }
    const unnamed = this.#nameStages()
    if (unnamed !== undefined) return { why: unnamed }
    return this.#finish()
  }

  /** Gives a cache mount of the user its first content. */
  #seedMount(spot: Spot, mount: Mount): void {
    const { options, target } = mount
    if (mount.type !== 'cache' || target === '/' || target.includes('$') || !spot.scene.root) return
    // A mount with an owner of its own may be written by another user: what we bring belongs to root.
    if (['from', 'source', 'src', 'uid', 'gid', 'mode', 'ro', 'readonly'].some((name) => options.has(name)))
      return
    const { build, modules } = spot.scene
    if (build !== undefined && inside(build, target) && !this.#holdsBoth(spot, target)) {
      this.#change(spot, `--mount=${mount.text}`, (text) =>
        this.#seeded(spot, text, target, build, options.get('id') ?? target),
      )
    } else if (
      !this.#vendored &&
      modules !== undefined &&
      inside(modules, target) &&
      this.#takesModules(modules)
    ) {
      this.#change(
        spot,
        `--mount=${mount.text}`,
        (text) => `${text},from=${MODULES_CONTEXT},source=${target}`,
      )
    }
  }

  #holdsBoth({ scene }: Spot, target: string): boolean {
    return scene.modules !== undefined && inside(scene.modules, target)
  }

  /** One context has one GOMODCACHE in it. */
  #takesModules(path: string): boolean {
    this.#modules ??= path
    return this.#modules === path
  }

  #seeded(spot: Spot, text: string, target: string, build: string, id: string): string {
    const mount = `${text},from=${SEED_STAGE},source=${target}`
    this.#seeds.add(build)
    const known = this.#collects.get(id)
    if (known === undefined || known.stage.index <= spot.stage.index)
      this.#collects.set(id, { stage: spot.stage, mount, path: build })
    return mount
  }

  /** Puts mounts where there are none, for stages that can ship nothing of the folder. */
  #addMounts(kind: Kind): void {
    if (kind === 'modules' && this.#vendored) return
    const roots = new Set(this.#needed.map((stage) => stageChain(this.#facts, stage)[0] ?? stage))
    for (const root of roots) {
      const family = this.#needed.filter((stage) => stageChain(this.#facts, stage)[0] === root)
      const spots = this.#spots.filter(
        ({ stage, instruction }) => family.includes(stage) && uses(kind, instruction),
      )
      const paths = new Set(spots.map(({ scene }) => scene[kind]))
      const [path] = [...paths]
      if (path === undefined || paths.size > 1 || !isGolang(root.base)) continue
      // make and scripts count where a go command beside them says what they are about.
      const shown = (spot: Spot): boolean => USES.modules.test(spot.instruction.args)
      if (!this.#spots.some((spot) => family.includes(spot.stage) && shown(spot))) continue
      if (spots.some(({ scene }) => !scene.root) || !this.#private(kind, path, family)) continue
      for (const spot of spots) {
        if (spot.mounts.some(({ target }) => target === '' || target.includes('$') || overlap(target, path)))
          continue
        const plain = `--mount=type=cache,target=${path}`
        if (kind === 'build') this.#change(spot, undefined, () => this.#seeded(spot, plain, path, path, path))
        else if (this.#takesModules(path))
          this.#change(spot, undefined, () => `${plain},from=${MODULES_CONTEXT},source=${path}`)
      }
    }
  }

  /** Whether nothing of `path` in these stages can get into the image, and no command counts on finding it in a layer. */
  #private(kind: Kind, path: string, family: readonly DockerfileStage[]): boolean {
    const shipped = stageChain(this.#facts, this.#target)
    if (family.some((stage) => shipped.includes(stage))) return false
    const parents = path
      .split('/')
      .slice(1, -1)
      .map((_, at, all) => `/${all.slice(0, at + 1).join('/')}`)
    const deep = parents.filter((parent) => parent.split('/').length > 2)
    const words = [
      path,
      ...deep,
      kind === 'modules' ? '-modcache' : '-cache',
      'go env -w',
      kind === 'modules' ? 'GOMODCACHE' : 'GOCACHE',
    ]
    const touches = (one: DockerfileInstruction): boolean => {
      if (one.keyword !== 'RUN') return false
      const text = one.args
      return (
        words.some((word) => text.includes(word)) ||
        /\b(?:rm|mv|cp|ln|chmod|chown|find|tar|du)\b[^;&|]*\s\/(?:go|root)\b/.test(text)
      )
    }
    if (family.some((stage) => stage.instructions.some(touches))) return false
    // A COPY into the folder would be hidden by the mount.
    const intoIt = family.some((stage) =>
      stage.instructions.some((one) => {
        if (one.keyword !== 'COPY' && one.keyword !== 'ADD') return false
        const to = (one.json ?? one.args.split(/\s+/)).at(-1) ?? ''
        return to.startsWith('/') && (inside(to.replace(/\/$/, ''), path) || to.includes('$'))
      }),
    )
    if (intoIt) return false
    return !this.#facts.stages.some((stage) =>
      stage.instructions.some((one) =>
        this.#sources(one).some(({ from, source }) => {
          const origin = findStage(this.#facts, from)
          return origin !== undefined && family.includes(origin) && mayHold(source, path)
        }),
      ),
    )
  }

  /** What an instruction takes from other stages. */
  #sources(one: DockerfileInstruction): { from: string; source: string }[] {
    const from = one.flags['from']
    if (one.keyword === 'COPY' && from !== undefined)
      return (one.json ?? one.args.split(/\s+/)).slice(0, -1).map((source) => ({ from, source }))
    return (mountsOf(one) ?? []).flatMap(({ options }) => {
      const stage = options.get('from')
      return stage === undefined
        ? []
        : [{ from: stage, source: options.get('source') ?? options.get('src') ?? '/' }]
    })
  }

  /** Changes a flag of a RUN, or puts one behind its keyword. A line that cannot be changed stays as it is. */
  #change(spot: Pick<Spot, 'instruction'>, flag: string | undefined, put: (text: string) => string): void {
    const { line, endLine } = spot.instruction
    for (let number = line; number <= (flag === undefined ? line : endLine); number++) {
      const text = this.#lines[number - 1] ?? ''
      // Between continued lines comments are still whole lines.
      if (number > line && /^\s*#/.test(text)) continue
      const keyword = /^\s*RUN(?=\s)/i.exec(text)?.[0].length ?? -1
      const at = flag === undefined ? keyword : wordAt(text, flag)
      if (at < 0) continue
      this.#lines[number - 1] =
        flag === undefined
          ? `${text.slice(0, at)} ${put('')}${text.slice(at)}`
          : `${text.slice(0, at)}${put(flag)}${text.slice(at + flag.length)}`
      this.#changed.add(number)
      return
    }
  }

  /** A stage in front moves the numbers of all others: who is called by number gets a name. */
  #nameStages(): string | undefined {
    const { stages } = this.#facts
    const byNumber = /^\d+$/
    const wanted = new Set([...this.#collects.values()].map(({ stage }) => stage.index))
    if (this.#byNumber || this.#target !== stages.at(-1)) wanted.add(this.#target.index)
    for (const stage of stages)
      for (const one of stage.instructions)
        for (const { from } of this.#sources(one)) {
          const origin = findStage(this.#facts, from)
          if (byNumber.test(from) && origin !== undefined) wanted.add(origin.index)
        }
    for (const index of wanted) {
      const stage = stages[index]
      if (stage === undefined) continue
      const name = stage.name ?? `gip-stage-${index}`
      this.#names.set(index, name)
      if (stage.name !== undefined) continue
      const [, line = '', end = ''] = /^(.*?)(\s*)$/s.exec(this.#lines[stage.line - 1] ?? '') ?? []
      if (line.endsWith('\\')) return `its FROM on line ${stage.line} goes over several lines and has no name`
      this.#lines[stage.line - 1] = `${line} AS ${name}${end}`
      this.#changed.add(stage.line)
    }
    for (const stage of stages) {
      for (const one of stage.instructions) {
        const flags =
          one.keyword === 'RUN'
            ? mountsOf(one)?.map(({ text }) => `--mount=${text}`)
            : one.keyword === 'COPY'
              ? [`--from=${one.flags['from'] ?? ''}`]
              : []
        if (flags === undefined && /(?:^|[,\s"'])from=["']?\d/.test(one.flags['mount'] ?? ''))
          return `a mount on line ${one.line} is quoted and calls a stage by its number`
        for (const flag of flags ?? []) {
          const named = flag.replace(
            /(--from=|[,=]from=)(\d+)(?=,|$)/,
            (whole, key: string, digits: string) => {
              const name = this.#names.get(Number(digits))
              return name === undefined ? whole : `${key}${name}`
            },
          )
          if (named !== flag) this.#change({ instruction: one }, flag, () => named)
        }
      }
    }
    return undefined
  }

  #finish(): DockerfileCopy {
    const at = this.#facts.stages[0]?.line ?? 1
    const seeds = [...this.#seeds].map((path) => `COPY --from=${SEED_CONTEXT} / ${path}/`)
    const stage =
      seeds.length === 0 ? [] : [`FROM --platform=$BUILDPLATFORM scratch AS ${SEED_STAGE}`, ...seeds]
    const lines = [...this.#lines.slice(0, at - 1), ...stage, ...this.#lines.slice(at - 1)]
    const text = lines.join('\n')
    const collects = [...this.#collects]
    const target = this.#names.get(this.#target.index)
    return {
      text,
      inserted: { at, lines: stage.length },
      changes: [...this.#changed]
        .sort((a, b) => a - b)
        .map((line) => ({ line, text: (this.#lines[line - 1] ?? '').trim() })),
      ...(this.#modules === undefined ? {} : { modules: this.#modules }),
      ...(collects.length === 0
        ? {}
        : {
            collect: {
              text: [
                text,
                ...collects.flatMap(([, one], number) => this.#collector(one, number)),
                ...gathered(collects.length),
              ].join('\n'),
              everyPlatform: collects.some(([id]) => id.includes('$')),
            },
          }),
      ...(target === undefined ? {} : { target }),
    }
  }

  /** A stage that packs what is new in a mount, and lists the actions that were used. */
  #collector(one: { stage: DockerfileStage; mount: string; path: string }, number: number): string[] {
    const script = [
      'mkdir -p /.gip/out',
      `cd '${one.path}'`,
      `find . -type f -name '*-[ad]' | while read -r f; do [ -e "/.gip/seed/$f" ] || echo "$f"; done > /.gip/out/new`,
      `find . -type f -name '*-a' -newer /.gip/seed/${SEED_MARK} > /.gip/out/used`,
      'if [ -s /.gip/out/new ]; then tar -cf /.gip/out/new.tar -T /.gip/out/new; fi',
    ].join(' && ')
    const id = /(?:^|,)id=([^,]+)/.exec(one.mount)?.[1] ?? ''
    const args = [...id.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => `ARG ${match[1] ?? ''}`)
    return [
      '',
      `FROM ${this.#names.get(one.stage.index) ?? ''} AS gip-collect-${number}`,
      ...args,
      'USER 0',
      `RUN --network=none ${one.mount} --mount=type=bind,from=${SEED_STAGE},source=${one.path},target=/.gip/seed ${JSON.stringify(['/bin/sh', '-c', script])}`,
    ]
  }
}

const gathered = (count: number): string[] => [
  `FROM scratch AS ${COLLECT_TARGET}`,
  ...Array.from({ length: count }, (_, number) => `COPY --from=gip-collect-${number} /.gip/out/ /${number}/`),
  '',
]

/** A script that is fetched installs something else: it must not run again whenever the seed changes. */
const uses = (kind: Kind, one: DockerfileInstruction): boolean =>
  USES[kind].test(one.args) || (MAYBE_GO.test(one.args) && !/\b(?:curl|wget)\b/.test(one.args))

/** Whether a path that is copied can hold `folder` or a part of it; what cannot be known counts as yes. */
function mayHold(source: string, folder: string): boolean {
  const path = source.startsWith('/') ? source : `/${source.replace(/^\.\/?/, '')}`
  const pattern = path.search(/[$*?[]/)
  if (pattern >= 0) return folder.startsWith(path.slice(0, pattern)) || inside(path.slice(0, pattern), folder)
  return overlap(path.replace(/(.)\/$/, '$1'), folder)
}

/** Where a word stands in a line, not as the beginning of a longer one. */
function wordAt(text: string, word: string): number {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (/^(?:\s|\\|$)/.test(text.slice(at + word.length))) return at
  return -1
}
