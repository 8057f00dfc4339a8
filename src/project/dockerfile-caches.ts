/**
 * How the RUN steps of the user's Dockerfile find Go's caches: BuildKit's cache mounts are empty on a new builder and never leave it
 * (moby/buildkit#1512). A build of its own fills them before the user's, another one brings back what is new: a cache mount is
 * known by its id alone, whoever mounts it. So the RUN steps themselves, and with them the keys of the layer cache, do not hang on
 * what is in the caches.
 *
 * Nothing that gets into the image is touched: mounts are no part of a layer, and Go's caches only answer what a
 * compile would have given. Mounts are added to RUN steps without them, in a copy, only where their folders cannot be shipped. Pure.
 */
import { collectorText, fillerText, type Place } from './dockerfile-helpers.ts'
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
  mountsIn,
  mountsOf,
  overlap,
  type RunScene,
  sceneOf,
} from './dockerfile-mounts.ts'

export interface DockerfileCopy {
  /** The Dockerfile with the mounts that were added; undefined when all RUN steps have their own. */
  readonly text?: string
  /** Lines of the original that read otherwise in the copy. */
  readonly changes: readonly { readonly line: number; readonly text: string }[]
  /** Lines of the RUN steps that find caches. */
  readonly lines: readonly number[]
  /** Targets of their cache mounts. */
  readonly targets: ReadonlySet<string>
  /** The Dockerfile of the build that fills the mounts. */
  readonly fill: string
  /** Set when a RUN takes modules. */
  readonly modules?: true
  /** The build that brings back what was compiled; undefined when no RUN takes compiled packages. */
  readonly collect?: { readonly text: string; readonly targets: ReadonlySet<string> }
  /** A mount is another one for each platform. */
  readonly everyPlatform: boolean
}

/** Whether a step, by BuildKit's name of it, is a RUN with one of these cache mounts. */
export const mountsOneOf = (step: string, targets: ReadonlySet<string>): boolean =>
  / RUN /i.test(step) && mountsIn(step).some(({ type, target }) => type === 'cache' && targets.has(target))

type Kind = Place['kind']
const go = (commands: string): RegExp =>
  new RegExp(`(?:^|[\\s;&|(\`"'[,])(?:go|xx-go|goxx-go)["',\\s]+(?:${commands})\\b`)
const COMPILES = 'build|install|test|vet|run|generate|tool'
/** Commands by what they use: `go mod download` compiles nothing. */
const USES: Readonly<Record<Kind, RegExp>> = {
  modules: go(`${COMPILES}|mod|list|get|work`),
  build: go(COMPILES),
}
const MAYBE_GO = /(?:^|[\s;&|(`"'[,])(?:make|mage|task|just)\b|\.sh\b/

/** The copy, or why there is none (one sentence). */
export function cacheCopy(
  raw: string,
  facts: DockerfileFacts,
  options: { readonly target?: string; readonly modules: boolean },
): DockerfileCopy | { readonly why: string } {
  const stage = findStage(facts, options.target)
  if (stage === undefined) return { why: 'the stage to build is not there' }
  const syntax = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::(\d+)(?:\.(\d+))?)?/.exec(
    facts.syntax ?? 'docker/dockerfile',
  )
  if (syntax === null) return { why: `the frontend ${facts.syntax ?? ''} is not Docker’s` }
  if (syntax[2] !== undefined && Number(syntax[1]) === 1 && Number(syntax[2]) < 4)
    return { why: `${facts.syntax ?? ''} is too old for cache mounts (1.4 and newer are not)` }
  if (facts.lines.some((line) => /^#\s*escape\s*=/i.test(line)))
    return { why: 'it sets another escape character' }
  // Only at the beginning of a file is it no part of the text.
  const text = raw.replace(/^\ufeff/, '')
  return new Copy(text, facts, stage, options.modules).make()
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
  readonly #wanted: ReadonlySet<Kind>
  readonly #changed = new Set<number>()
  readonly #used = new Set<number>()
  /** By kind, id and path. */
  readonly #places = new Map<string, Place>()

  constructor(raw: string, facts: DockerfileFacts, target: DockerfileStage, modules: boolean) {
    this.#lines = raw.split('\n')
    this.#facts = facts
    this.#target = target
    this.#wanted = new Set(modules ? (['modules', 'build'] as const) : (['build'] as const))
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
    for (const spot of this.#spots) for (const mount of spot.mounts) this.#fillMount(spot, mount)
    for (const kind of this.#wanted) this.#addMounts(kind)
    const places = [...this.#places.values()]
    if (places.length === 0) return { why: 'no RUN step could use Go’s caches' }
    const build = places.filter((place) => place.kind === 'build')
    const targets = (of: readonly Place[]): ReadonlySet<string> => new Set(of.map((place) => place.target))
    const head = this.#lines.slice(0, (this.#facts.stages[0]?.line ?? 1) - 1)
    const sorted = (lines: ReadonlySet<number>): number[] => [...lines].sort((a, b) => a - b)
    return {
      ...(this.#changed.size === 0 ? {} : { text: this.#lines.join('\n') }),
      changes: sorted(this.#changed).map((line) => ({ line, text: (this.#lines[line - 1] ?? '').trim() })),
      lines: sorted(this.#used),
      targets: targets(places),
      fill: fillerText(head, places),
      ...(places.length === build.length ? {} : { modules: true as const }),
      ...(build.length === 0
        ? {}
        : { collect: { text: collectorText(head, build), targets: targets(build) } }),
      everyPlatform: places.some(({ id }) => id.includes('$')),
    }
  }

  /** Takes a cache mount of the user for what of Go's caches lies in it. */
  #fillMount(spot: Spot, mount: Mount): void {
    const { options, target } = mount
    if (mount.type !== 'cache' || target === '/' || target.includes('$') || !spot.scene.root) return
    // A mount with an owner of its own may be written by another user: what we bring belongs to root.
    if (['from', 'source', 'src', 'uid', 'gid', 'mode', 'ro', 'readonly'].some((name) => options.has(name)))
      return
    for (const kind of this.#wanted) {
      const path = spot.scene[kind]
      if (path !== undefined && inside(path, target))
        this.#place(kind, spot, { text: mount.text, target, id: options.get('id') ?? target, path })
    }
  }

  #place(kind: Kind, spot: Spot, place: Pick<Place, 'text' | 'target' | 'id' | 'path'>): void {
    this.#used.add(spot.instruction.line)
    const root = stageChain(this.#facts, spot.stage)[0] ?? spot.stage
    const key = JSON.stringify([kind, place.id, place.path])
    if (!this.#places.has(key)) this.#places.set(key, { kind, ...place, from: this.#from(root) })
  }

  /** The FROM line of a stage as written, without its name. */
  #from(stage: DockerfileStage): string {
    let at = stage.line - 1
    let text = this.#lines[at] ?? ''
    for (; /\\\s*$/.test(text); at++) text = `${text.replace(/\\\s*$/, ' ')}${this.#lines[at + 1] ?? ''}`
    return text.trim().replace(/\s+AS\s+\S+$/i, '')
  }

  /** Puts mounts where there are none, for stages that can ship nothing of the folder. */
  #addMounts(kind: Kind): void {
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
        const text = `type=cache,target=${path}`
        if (this.#addFlag(spot, `--mount=${text}`))
          this.#place(kind, spot, { text, target: path, id: path, path })
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

  /** Puts a flag behind the keyword; false for a line that cannot be changed. */
  #addFlag({ instruction: { line } }: Spot, flag: string): boolean {
    const text = this.#lines[line - 1] ?? ''
    const at = /^\s*RUN(?=\s)/i.exec(text)?.[0].length
    if (at === undefined) return false
    this.#lines[line - 1] = `${text.slice(0, at)} ${flag}${text.slice(at)}`
    this.#changed.add(line)
    return true
  }
}

/** A script that is fetched installs something else. */
const uses = (kind: Kind, one: DockerfileInstruction): boolean =>
  USES[kind].test(one.args) || (MAYBE_GO.test(one.args) && !/\b(?:curl|wget)\b/.test(one.args))

/** Whether a path that is copied can hold `folder` or a part of it; what cannot be known counts as yes. */
function mayHold(source: string, folder: string): boolean {
  const path = source.startsWith('/') ? source : `/${source.replace(/^\.\/?/, '')}`
  const pattern = path.search(/[$*?[]/)
  if (pattern >= 0) return folder.startsWith(path.slice(0, pattern)) || inside(path.slice(0, pattern), folder)
  return overlap(path.replace(/(.)\/$/, '$1'), folder)
}
