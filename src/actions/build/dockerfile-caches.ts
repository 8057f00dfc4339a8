import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { formatBytes } from '../../base/clock.ts'
import { codeOf, messageOf, PipelineError } from '../../base/errors.ts'
import { readTextIfAny } from '../../base/files.ts'
import { prefixed } from '../../base/log.ts'
import { formatPlatform } from '../../base/platform.ts'
import type { BuildOutput, BuildRequest } from '../../buildx/args.ts'
import { type BuildResult, runBuild } from '../../buildx/build.ts'
import type { Buildx } from '../../buildx/install.ts'
import { laySeedModules, restoreSeed, seedAmount, takeOver } from '../../cache/dockerfile.ts'
import { dockerfileKeys, hashModules, uniqueOf } from '../../cache/keys.ts'
import { wantedModules } from '../../cache/module-cache.ts'
import { cacheState, describePart } from '../../cache/plan.ts'
import {
  COLLECT_TARGET,
  type DockerfileCopy,
  FILL_TARGET,
  MODULES_CONTEXT,
  mountsOneOf,
  NEW_ARCHIVE,
  SEED_CONTEXT,
  WHOLE_ARCHIVE,
} from '../../project/dockerfile.ts'
import type { Shell } from '../shell.ts'
import { type Build, EarlyBuild, notingSteps } from './early-build.ts'
import { accessOf, goCacheLocations, moduleFiles } from './go-caches.ts'
import { cachesOf } from './results.ts'
import type { RunContext } from './run-context.ts'
import { CACHE_WORKER, describeRestore } from './steps-go.ts'

type Unsent = Omit<BuildRequest, 'output'>

/** Long enough to pack what a cold build compiled; later than that, compiling again is no worse. */
const HELPER_TIMEOUT_MS = 10 * 60_000

/** cmd/go marks entries as used whose time is more than an hour back. */
const OLD_S = 2 * 60 * 60
const MARK_S = 60 * 60

/**
 * Fills the cache mounts of the user's Dockerfile with Go's caches and takes back what its RUN steps compiled. The build begins without
 * waiting for that: it is stopped only when a RUN step needs the caches before they are there. All of it is best effort: whatever
 * fails here, the Dockerfile is built as it is.
 */
export class DockerfileCaches {
  readonly #run: RunContext
  readonly #unneeded = new AbortController()
  /** Steps that ran in any try: the next one, of the same builder, has them from the cache. */
  readonly #ran = new Set<string>()
  #early: EarlyBuild | undefined
  #dressed: Promise<string | undefined> | undefined
  #filled = false
  #givenUp = false

  constructor(run: RunContext) {
    this.#run = run
  }

  /** Brings the archives; broken off when the layer cache has all that needs them. */
  async restore(signal: AbortSignal): Promise<string | undefined> {
    const { env } = this.#run.act
    const act = {
      ...this.#run.act,
      signal: AbortSignal.any([signal, this.#unneeded.signal]),
      log: prefixed(this.#run.act.log, 'cache'),
    }
    const { dockerfile, folder, now } = this.#run.facts
    const access = await accessOf(this.#run)
    const keys = dockerfileKeys({
      project: folder,
      dockerfile: [dockerfile?.path ?? '', this.#run.inputs.target ?? ''].join('#'),
      platforms: this.#run.plan.platforms.map(formatPlatform),
      modulesHash: hashModules(await moduleFiles(this.#run.facts)) ?? 'none',
      unique: uniqueOf(env, now),
    })
    const part = await restoreSeed(await this.#seed(), keys, access, act, { worker: CACHE_WORKER })
    if (this.#unneeded.signal.aborted) return 'not needed: the layer cache has the steps'
    act.log.info(describePart(part))
    this.#run.results.dockerfileCache = part
    this.#run.keeper.update({ caches: cacheState({ access }, cachesOf(this.#run.results)) })
    return describeRestore(part)
  }

  /** The request with the copy in place of the user's file; unchanged when there is none or it was given up. */
  async dress(request: Unsent): Promise<Unsent> {
    const copy = this.#copy()
    // Another name space of the mounts: what was filled in may be what the build failed at.
    if (copy === undefined)
      return this.#filled
        ? { ...request, buildArgs: [...(request.buildArgs ?? []), ['BUILDKIT_CACHE_MOUNT_NS', 'gip-empty']] }
        : request
    if (copy.text === undefined) return request
    this.#dressed ??= this.#writeCopy(copy.text, copy).catch((error: unknown) => {
      this.#giveUp(messageOf(error))
      return undefined
    })
    const file = await this.#dressed
    return file === undefined ? request : { ...request, file, source: request.file ?? '' }
  }

  /** Begins the build beside the restores. */
  begin(build: Build): void {
    const copy = this.#copy()
    if (copy === undefined) return
    this.#early = new EarlyBuild(
      notingSteps(build, this.#ran),
      (step) => !this.#filled && mountsOneOf(step, copy.targets),
    )
    void this.#early.done.then((ended) => {
      if (ended !== 'stopped' && 'result' in ended && !this.#filled) this.#unneeded.abort()
    })
  }

  /** The result of what was begun; else the caches are filled and the whole is built. */
  async build(request: Unsent, buildx: Buildx, build: Build, act: Shell): Promise<BuildResult> {
    const early = this.#early
    this.#early = undefined
    const whole = notingSteps(build, this.#ran)
    if (early === undefined) {
      await this.#fill(request, buildx, act)
      return whole(act.signal)
    }
    const stop = (): void => early.stop()
    act.signal.addEventListener('abort', stop, { once: true })
    try {
      const known = await early.known
      if (known === 'working' || known === 'stopped') await this.#fill(request, buildx, act)
      const ended = await early.done
      act.signal.throwIfAborted()
      if (ended === 'stopped') return await whole(act.signal)
      if ('error' in ended) throw ended.error
      return ended.result
    } finally {
      act.signal.removeEventListener('abort', stop)
    }
  }

  /** Whether a build that failed with the caches shall be tried without; from then on all are. */
  retryPlain(error: unknown): boolean {
    const copy = this.#copy()
    if (copy === undefined || (copy.text === undefined && !this.#filled)) return false
    if (!blamesCaches(error, copy.lines[0])) return false
    this.#giveUp(error instanceof PipelineError ? (error.problems[0]?.what ?? '') : messageOf(error))
    return true
  }

  /** Brings back what the build compiled, when it compiled anything, for post to save. Never rejects but for a cancel. */
  async collect(request: Unsent, buildx: Buildx, signal: AbortSignal): Promise<string> {
    const copy = this.#copy()
    const collect = copy?.collect
    if (copy === undefined || collect === undefined) return 'not used'
    if (![...this.#ran].some((step) => mountsOneOf(step, collect.targets))) return 'nothing was compiled'
    const access = this.#run.keeper.state.caches?.access
    if (this.#run.results.dockerfileCache === undefined || access?.write !== true)
      return 'caches are only read'
    const act = { ...this.#run.act, signal, log: prefixed(this.#run.act.log, 'collect') }
    try {
      const into = join(await this.#run.folder(), 'collected')
      // Packing all again is worth it only where it may be saved in place of what there is.
      const args = [['GIP_REPACK', String(access.defaultBranch)]] as const
      const output = { kind: 'local', folder: into } as const
      await this.#help({ name: COLLECT_TARGET, text: collect.text, args, output }, request, buildx, act)
      const folders = await collected(into)
      const archives = await Promise.all(
        folders.map(async (folder) => {
          const names = await readdir(folder)
          return [WHOLE_ARCHIVE, NEW_ARCHIVE]
            .filter((name) => names.includes(name))
            .map((name) => ({ archive: join(folder, name), whole: name === WHOLE_ARCHIVE }))
        }),
      )
      const bytes = await takeOver(await this.#seed(), archives.flat())
      const news = await Promise.all(folders.map((one) => readTextIfAny(join(one, 'new'))))
      const count = news.join('').split('\n').filter((line) => line.endsWith('-d')).length // prettier-ignore
      return `${count} new ${count === 1 ? 'object' : 'objects'}, ${formatBytes(bytes)} packed`
    } catch (error) {
      if (signal.aborted) throw error
      act.log.warning(`what the Dockerfile compiled is not kept for the next run: ${causeOf(error)}`)
      return 'not kept'
    }
  }

  /** Ends what was begun and nobody has asked for. */
  async settle(): Promise<void> {
    this.#early?.stop()
    await this.#early?.done
  }

  #copy(): DockerfileCopy | undefined {
    return this.#givenUp ? undefined : this.#run.plan.dockerfileCaches
  }

  #giveUp(why: string): void {
    this.#givenUp = true
    const text = `The Dockerfile is built without Go’s caches (${why}).`
    this.#run.act.log.warning(text)
    this.#run.results.notes.push(text)
  }

  /** Fills the mounts. They stay empty when there is nothing for them, or when it fails. */
  async #fill(request: Unsent, buildx: Buildx, act: Shell): Promise<void> {
    const copy = this.#copy()
    if (copy === undefined) return
    const log = prefixed(this.#run.act.log, 'fill')
    try {
      const seed = await this.#seed()
      const modules = join(await this.#run.folder(), 'gomod')
      await mkdir(modules, { recursive: true })
      const found = [
        await seedAmount(seed),
        ...(copy.modules === true ? [await this.#layModules(modules)] : []),
      ]
      if (found.every(({ entries }) => entries === 0)) return
      const now = Math.floor(act.clock.now() / 1000)
      await this.#help(
        {
          name: FILL_TARGET,
          text: copy.fill,
          args: [['GIP_OLD', String(now - OLD_S)], ['GIP_MARK', String(now - MARK_S)]],
          contexts: [[SEED_CONTEXT, seed], [MODULES_CONTEXT, modules]],
          output: { kind: 'cache' },
        },
        request,
        buildx,
        { ...act, log },
      ) // prettier-ignore
    } catch (error) {
      if (act.signal.aborted) throw error
      log.warning(`the Dockerfile finds no Go caches: ${causeOf(error)}`)
    } finally {
      this.#filled = true
    }
  }

  /** One of the builds around the user's: on the same builder and bases, of a folder of its own. */
  async #help(
    helper: {
      readonly name: string
      readonly text: string
      readonly args: NonNullable<BuildRequest['buildArgs']>
      readonly contexts?: NonNullable<BuildRequest['buildContexts']>
      readonly output: BuildOutput
    },
    request: Unsent,
    buildx: Buildx,
    act: Shell,
  ): Promise<void> {
    const context = join(await this.#run.folder(), helper.name)
    await mkdir(context, { recursive: true })
    const file = join(context, 'Dockerfile')
    await writeFile(file, helper.text)
    const { everyPlatform } = this.#run.plan.dockerfileCaches ?? {}
    await runBuild(
      {
        context,
        file,
        target: helper.name,
        ...(request.builder === undefined ? {} : { builder: request.builder }),
        platforms: this.#run.plan.platforms.slice(0, everyPlatform === true ? undefined : 1),
        buildArgs: [...(request.buildArgs ?? []), ['GIP_ONCE', randomUUID()], ...helper.args],
        buildContexts: [...(request.buildContexts ?? []), ...(helper.contexts ?? [])],
        output: helper.output,
      },
      buildx,
      act,
      { root: this.#run.facts.root, attempts: 2, timeoutMs: HELPER_TIMEOUT_MS },
    )
  }

  /** Lays out what the proxy sent; the go command of the build unpacks what it needs. */
  async #layModules(to: string): ReturnType<typeof laySeedModules> {
    const { gomodcache } = await goCacheLocations(this.#run.act)
    // Without a go command of our own nothing was downloaded here.
    if (gomodcache === undefined || this.#run.results.go === undefined) return { entries: 0, bytes: 0 }
    const laid = await laySeedModules(gomodcache, wantedModules(await moduleFiles(this.#run.facts)), to)
    this.#run.act.log.debug(`modules for the Dockerfile: ${laid.entries} files, ${formatBytes(laid.bytes)}`)
    return laid
  }

  /** Writes the copy; the ignore file beside the user's counts for it too. */
  async #writeCopy(text: string, { changes }: DockerfileCopy): Promise<string> {
    const shown = this.#run.facts.dockerfile?.path ?? 'Dockerfile'
    for (const one of changes) this.#run.act.log.info(`${shown}:${one.line} is built as: ${one.text}`)
    const source = join(this.#run.facts.workingDirectory, shown)
    const file = join(await this.#run.folder(), 'dockerfile', basename(source))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    await copyFile(`${source}.dockerignore`, `${file}.dockerignore`).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
    })
    return file
  }

  async #seed(): Promise<string> {
    const folder = join(await this.#run.folder(), 'dockerfile-gocache')
    await mkdir(folder, { recursive: true })
    return folder
  }
}

const causeOf = (error: unknown): string =>
  error instanceof PipelineError ? (error.problems[0]?.cause ?? error.message) : messageOf(error)

/** Faults of the world: another build would meet them again. */
const WORLD =
  /^image-build-(?:disk-full|docker-|rate-limited|registry-|base-|push-|builder-|network|out-of-memory|entitlement|target-missing|unsupported-|dockerfile-missing)/

/**
 * Whether a failed build is worth another one without the caches: not when a compiler or a test speaks, not when the world is at fault,
 * not when it failed before the first line that has them.
 */
export function blamesCaches(error: unknown, firstLine = 1): boolean {
  if (!(error instanceof PipelineError) || error.kind === 'cancelled') return false
  const [problem] = error.problems
  const text = [error.log ?? '', ...error.problems.flatMap((one) => [one.what, one.cause ?? ''])].join('\n')
  if (/\.go:\d+(?::\d+)?: |^--- FAIL|^FAIL\b/m.test(text)) return false
  if (error.problems.some((one) => WORLD.test(one.code))) return false
  const line = Number(/:(\d+)$/.exec(problem?.where ?? '')?.[1] ?? firstLine)
  return line >= firstLine
}

/** The folders of the local output: `N/` for each mount, below `PLATFORM/` when there are several. */
async function collected(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const found: string[] = []
  for (const name of names) {
    if (/^\d+$/.test(name)) found.push(join(folder, name))
    else found.push(...(await collected(join(folder, name))))
  }
  return found
}
