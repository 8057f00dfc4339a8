/** Mount options of RUN, and where Go keeps its caches at a line of a Dockerfile. Pure. */
import {
  type DockerfileFacts,
  type DockerfileInstruction,
  type DockerfileStage,
  stageChain,
} from './dockerfile-parse.ts'

export interface Mount {
  /** As written after `--mount=`. */
  readonly text: string
  readonly type: string
  readonly target: string
  readonly options: ReadonlyMap<string, string>
}

/** The mounts of a RUN; undefined when one is quoted or otherwise not plain. */
export function mountsOf(instruction: DockerfileInstruction): Mount[] | undefined {
  const flag = instruction.flags['mount']
  if (flag === undefined) return []
  if (/["'`\\]/.test(flag)) return undefined
  return flag.split(' ').map(readMount)
}

/** The mounts that stand in a text such as BuildKit's name of a step. */
export const mountsIn = (text: string): Mount[] =>
  [...text.matchAll(/\s--mount=(\S+)/g)].map((match) => readMount(match[1] ?? ''))

function readMount(text: string): Mount {
  const options = new Map(
    text.split(',').map((part): [string, string] => {
      const at = part.indexOf('=')
      return at < 0 ? [part.toLowerCase(), ''] : [part.slice(0, at).toLowerCase(), part.slice(at + 1)]
    }),
  )
  const target = options.get('target') ?? options.get('dst') ?? options.get('destination') ?? ''
  return { text, type: options.get('type') ?? 'bind', target: normalPath(target), options }
}

/** `/a//b/` → `/a/b`; a path that is not absolute stays as it is. */
export const normalPath = (path: string): string =>
  path.startsWith('/') ? path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1') : path

/** Whether one of two absolute paths lies in the other, or they are the same. */
export const overlap = (a: string, b: string): boolean => inside(a, b) || inside(b, a)

/** Whether `path` is `folder` or lies in it. */
export const inside = (path: string, folder: string): boolean =>
  path === folder || folder === '/' || path.startsWith(`${folder}/`)

/** What holds while a RUN runs. */
export interface RunScene {
  /** GOMODCACHE and GOCACHE; undefined where they hang on something unknown. */
  readonly modules?: string
  readonly build?: string
  /** The user is root, or nobody has said otherwise. */
  readonly root: boolean
}

/** The official image, or one of its names in a mirror: GOPATH is /go there. */
export const isGolang = (base: string): boolean => /(?:^|\/)golang(?:[:@]|$)/.test(base)

/**
 * Where Go's caches are at an instruction (cmd/go: GOMODCACHE, else GOPATH/pkg/mod; GOCACHE, else the user's cache folder), by
 * the ENV and ARG lines before it, USER, and what the command itself sets.
 */
export function sceneOf(
  facts: DockerfileFacts,
  stage: DockerfileStage,
  instruction: DockerfileInstruction,
): RunScene {
  const chain = stageChain(facts, stage)
  const env = new Map<string, string>([['HOME', '/root']])
  if (isGolang(chain[0]?.base ?? '')) env.set('GOPATH', '/go')
  let user = ''
  for (const one of chain) {
    for (const step of one.instructions) {
      if (one === stage && step.line >= instruction.line) break
      if (step.keyword === 'ENV')
        for (const [name, value] of pairsOf(step.args)) env.set(name, expand(value, env))
      if (step.keyword === 'ARG') {
        // ENV wins over an ARG of the same name.
        const [pair] = pairsOf(step.args)
        if (pair !== undefined && !env.has(pair[0])) env.set(pair[0], expand(pair[1], env))
      }
      if (step.keyword === 'USER') user = step.args.trim()
    }
  }
  for (const match of instruction.args.matchAll(
    /\b(GOMODCACHE|GOCACHE|GOPATH|HOME|XDG_CACHE_HOME)=["']?([^\s"';&|]+)/g,
  ))
    env.set(match[1] ?? '', expand(match[2] ?? '', env))
  const home = env.get('HOME') ?? ''
  const gopath = env.get('GOPATH')?.split(':')[0] ?? `${home}/go`
  const modules = known(env.get('GOMODCACHE') ?? `${gopath}/pkg/mod`)
  const build = known(env.get('GOCACHE') ?? `${env.get('XDG_CACHE_HOME') ?? `${home}/.cache`}/go-build`)
  return {
    root: /^(?:root|0)?(?::(?:root|0))?$/.test(user),
    ...(modules === undefined ? {} : { modules }),
    ...(build === undefined ? {} : { build }),
  }
}

const known = (path: string): string | undefined =>
  path.startsWith('/') && !/[$\s]/.test(path) ? normalPath(path) : undefined

const expand = (text: string, env: ReadonlyMap<string, string>): string =>
  text.replace(
    /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
    (whole, braced: string | undefined, plain: string | undefined) => env.get(braced ?? plain ?? '') ?? whole,
  )

/** `A=1 B="2 3"` and the old form `A 1`. */
export function pairsOf(args: string): [name: string, value: string][] {
  if (!/^[A-Za-z_]\w*=/.test(args)) {
    const old = /^([A-Za-z_]\w*)\s+([\s\S]*)$/.exec(args)
    return old === null ? [] : [[old[1] ?? '', old[2] ?? '']]
  }
  return [...args.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|[^\s\\])*)/g)].map((match) => [
    match[1] ?? '',
    (match[2] ?? '').replace(/^(["'])([\s\S]*)\1$/, '$2'),
  ])
}
