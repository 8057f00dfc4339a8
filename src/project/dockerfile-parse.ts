import { type Instruction as AstInstruction, DockerfileParser } from 'dockerfile-ast'

export interface DockerfileInstruction {
  /** Upper case: `RUN`. */
  readonly keyword: string
  /** Everything after keyword and flags, line continuations joined, comments out. */
  readonly args: string
  /** The words of the exec form; absent in shell form. */
  readonly json?: readonly string[]
  /** `--from=build` → `from: build`; a flag without value is ''. Repeated ones are joined by a blank. */
  readonly flags: Readonly<Record<string, string>>
  /** 1-based. */
  readonly line: number
  readonly endLine: number
}

export interface DockerfileStage {
  readonly index: number
  readonly name?: string
  /** The image after ARG defaults are put in; the name of a stage when `baseStage` is set. */
  readonly base: string
  /** Index of the stage this one goes on from. */
  readonly baseStage?: number
  /** As written: `$BUILDPLATFORM`, `linux/amd64`. */
  readonly platform?: string
  readonly line: number
  readonly instructions: readonly DockerfileInstruction[]
}

export interface DockerfileFacts {
  readonly stages: readonly DockerfileStage[]
  /** External images of all FROM lines and `--from=` flags, each once; scratch is none. */
  readonly images: readonly string[]
  /** The frontend of `# syntax=`. */
  readonly syntax?: string
  readonly lines: readonly string[]
}

/** What the image of a stage will say of itself, inherited through FROM of other stages. */
export interface StageConfig {
  readonly stage: DockerfileStage
  /** The external image at the end of the chain, or `scratch`. */
  readonly base: string
  readonly user?: DockerfileInstruction
  readonly entrypoint?: DockerfileInstruction
  readonly cmd?: DockerfileInstruction
  readonly healthcheck?: DockerfileInstruction
  readonly workdir?: DockerfileInstruction
  /** Every `EXPOSE`d port, `8080` or `8080/udp`. */
  readonly expose: readonly { readonly port: string; readonly line: number }[]
  /** Instructions of the whole chain, oldest first. */
  readonly instructions: readonly DockerfileInstruction[]
}

const USUAL_PLATFORM: ReadonlyMap<string, string> = new Map([
  ['TARGETOS', 'linux'],
  ['TARGETARCH', 'amd64'],
  ['TARGETVARIANT', ''],
])

/** Reads a Dockerfile. Never throws: what cannot be read leaves no stages. */
export function parseDockerfile(text: string): DockerfileFacts {
  const document = text.replace(/^\ufeff/, '').replace(/\r\n/g, '\n')
  const tree = DockerfileParser.parse(document)
  const args = new Map<string, string>()
  const stages: (Omit<DockerfileStage, 'instructions'> & { instructions: DockerfileInstruction[] })[] = []
  const images = new Set<string>()
  const stageOf = (name: string): number | undefined => {
    const found = stages.findLastIndex((stage) => stage.name?.toLowerCase() === name.toLowerCase())
    return found < 0 ? undefined : found
  }

  for (const node of tree.getInstructions()) {
    const instruction = readInstruction(node)
    if (instruction.keyword === 'FROM') {
      const [image = '', as = '', name] = instruction.args.split(/\s+/)
      let base = expand(image, args)
      let baseStage = stageOf(base)
      // FROM image-${TARGETOS}: one of several stages by platform; the usual platform stands for all.
      const usual = expand(base, USUAL_PLATFORM)
      if (baseStage === undefined && usual !== base && stageOf(usual) !== undefined) {
        base = usual
        baseStage = stageOf(usual)
      }
      const platform = instruction.flags['platform']
      if (baseStage === undefined && base !== 'scratch' && base !== '') images.add(base)
      stages.push({
        index: stages.length,
        ...(as.toLowerCase() === 'as' && name !== undefined ? { name } : {}),
        base,
        ...(baseStage === undefined ? {} : { baseStage }),
        ...(platform === undefined ? {} : { platform }),
        line: instruction.line,
        instructions: [],
      })
      continue
    }
    const stage = stages.at(-1)
    if (stage === undefined) {
      // ARG before the first FROM: defaults for FROM lines.
      const pair = /^([A-Za-z_]\w*)=(.*)$/.exec(instruction.args)
      if (instruction.keyword === 'ARG' && pair !== null)
        args.set(pair[1] ?? '', unquote(expand(pair[2] ?? '', args)))
      continue
    }
    stage.instructions.push(instruction)
    const from = instruction.flags['from']
    if (from !== undefined && stageOf(from) === undefined && !/^\d+$/.test(from))
      images.add(expand(from, args))
  }
  const syntax = tree
    .getDirectives()
    .find((directive) => directive.getName().toLowerCase() === 'syntax')
    ?.getValue()
  return {
    stages,
    images: [...images],
    ...(syntax === undefined ? {} : { syntax }),
    lines: document.split('\n'),
  }
}

function readInstruction(node: AstInstruction): DockerfileInstruction {
  const range = node.getRange()
  const flags: Record<string, string> = {}
  if ('getFlags' in node && typeof node.getFlags === 'function') {
    for (const flag of (node.getFlags as () => { getName(): string; getValue(): string | null }[]).call(
      node,
    )) {
      const value = flag.getValue() ?? ''
      const known = flags[flag.getName()]
      flags[flag.getName()] = known === undefined ? value : `${known} ${value}`
    }
  }
  // In the raw text comments between continued lines are still whole lines.
  const raw = node.getRawArgumentsContent() ?? ''
  const args = raw
    .split('\n')
    .filter((line, index) => index === 0 || !/^\s*#/.test(line))
    .join('\n')
    .replace(/[\\`][ \t]*\n/g, ' ')
    .trim()
  const json = readJson(args)
  return {
    keyword: node.getKeyword(),
    args,
    ...(json === undefined ? {} : { json }),
    flags,
    line: range.start.line + 1,
    endLine: range.end.line + 1,
  }
}

function readJson(args: string): string[] | undefined {
  // HEALTHCHECK's command stands behind CMD.
  const text = args.replace(/^CMD\s+(?=\[)/i, '')
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

/** `$NAME`, `${NAME}` and `${NAME:-default}` by the ARGs known so far; unknown ones stay as they are. */
function expand(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{([A-Za-z_]\w*)(?::-([^}]*))?\}|([A-Za-z_]\w*))/g,
    (whole, braced: string | undefined, fallback: string | undefined, plain: string | undefined) =>
      args.get(braced ?? plain ?? '') ?? fallback ?? whole,
  )
}

const unquote = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2')

/** The stage that is built: `target` by name or number, else the last one. */
export function findStage(facts: DockerfileFacts, target?: string): DockerfileStage | undefined {
  if (target === undefined || target === '') return facts.stages.at(-1)
  const named = facts.stages.findLast((stage) => stage.name?.toLowerCase() === target.toLowerCase())
  return named ?? (/^\d+$/.test(target) ? facts.stages[Number(target)] : undefined)
}

/** A stage and those it goes on from, oldest first. */
export function stageChain(facts: DockerfileFacts, stage: DockerfileStage): DockerfileStage[] {
  const chain = [stage]
  for (let at = stage.baseStage; at !== undefined;) {
    const below = facts.stages[at]
    if (below === undefined) break
    chain.unshift(below)
    at = below.baseStage
  }
  return chain
}

/** Stages that the build of `stage` runs: its chain, and what it copies or mounts from. */
export function neededStages(facts: DockerfileFacts, stage: DockerfileStage): DockerfileStage[] {
  const needed = new Set<number>()
  const visit = (one: DockerfileStage): void => {
    if (needed.has(one.index)) return
    needed.add(one.index)
    if (one.baseStage !== undefined && facts.stages[one.baseStage] !== undefined)
      visit(facts.stages[one.baseStage] ?? one)
    for (const instruction of one.instructions) {
      const froms = [
        ...(instruction.flags['from'] === undefined ? [] : [instruction.flags['from']]),
        ...[...(instruction.flags['mount'] ?? '').matchAll(/(?:^|[,\s])from=([^,\s]+)/g)].map(
          (match) => match[1] ?? '',
        ),
      ]
      for (const from of froms) {
        const source = findStage(facts, from)
        if (from !== '' && source !== undefined && source.index < one.index) visit(source)
      }
    }
  }
  visit(stage)
  return facts.stages.filter((one) => needed.has(one.index))
}

/** What the image built from `target` says of itself. Undefined when there is no such stage. */
export function stageConfig(facts: DockerfileFacts, target?: string): StageConfig | undefined {
  const stage = findStage(facts, target)
  if (stage === undefined) return undefined
  const chain = stageChain(facts, stage)
  const instructions = chain.flatMap((one) => one.instructions)
  const last = (keyword: string): DockerfileInstruction | undefined =>
    instructions.findLast((instruction) => instruction.keyword === keyword)
  const entrypoint = last('ENTRYPOINT')
  // An ENTRYPOINT resets a CMD that came before it in the same or an older stage.
  const cmd = last('CMD')
  const optional = {
    user: last('USER'),
    entrypoint,
    cmd,
    healthcheck: last('HEALTHCHECK'),
    workdir: last('WORKDIR'),
  }
  return {
    stage,
    base: chain[0]?.base ?? stage.base,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    expose: instructions
      .filter((instruction) => instruction.keyword === 'EXPOSE')
      .flatMap(({ args, line }) => args.split(/\s+/).map((port) => ({ port, line }))),
    instructions,
  }
}
