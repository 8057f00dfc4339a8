import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { formatBytes } from '../../base/clock.ts'
import { codeOf, messageOf, PipelineError } from '../../base/errors.ts'
import { readTextIfAny } from '../../base/files.ts'
import { prefixed } from '../../base/log.ts'
import { formatPlatform } from '../../base/platform.ts'
import type { BuildRequest } from '../../buildx/args.ts'
import { runBuild } from '../../buildx/build.ts'
import type { Buildx } from '../../buildx/install.ts'
import { cacheAccess } from '../../cache/access.ts'
import {
  absorb,
  freshenSeed,
  laySeedModules,
  prepareSeed,
  restoreDockerfileCache,
} from '../../cache/dockerfile.ts'
import { dockerfileKeys, hashModules, uniqueOf } from '../../cache/keys.ts'
import { wantedModules } from '../../cache/module-cache.ts'
import { cacheState } from '../../cache/plan.ts'
import {
  COLLECT_TARGET,
  type DockerfileCopy,
  MODULES_CONTEXT,
  SEED_CONTEXT,
  SEED_MARK,
  SEED_STAGE,
} from '../../project/dockerfile.ts'
import { goCacheLocations, moduleFiles, webhookPayload } from './go-caches.ts'
import { cachesOf } from './results.ts'
import type { RunContext } from './run-context.ts'
import { CACHE_WORKER, describeRestore } from './steps-go.ts'

type Unsent = Omit<BuildRequest, 'output'>

/** Long enough to pack what a cold build compiled; later than that, compiling again is no worse. */
const COLLECT_TIMEOUT_MS = 10 * 60_000

/**
 * Hands Go's caches to the RUN steps of the user's Dockerfile and takes back what they compiled. All of it is best
 * effort: whatever fails here, the Dockerfile is built as it is.
 */
export class DockerfileCaches {
  readonly #run: RunContext
  #dressed: Promise<Partial<Unsent> | undefined> | undefined
  #givenUp = false
  /** What the collecting build has brought: folders with an archive and a list each. */
  #brought: readonly string[] = []

  constructor(run: RunContext) {
    this.#run = run
  }

  /** Fills the folder that the named context is made of. */
  async restore(signal: AbortSignal): Promise<string | undefined> {
    const { env } = this.#run.act
    const act = { ...this.#run.act, signal, log: prefixed(this.#run.act.log, 'cache') }
    const { dockerfile, folder, now } = this.#run.facts
    const access = cacheAccess(env, this.#run.inputs.cache, await webhookPayload(env))
    const keys = dockerfileKeys({
      project: folder,
      dockerfile: [dockerfile?.path ?? '', this.#run.inputs.target ?? ''].join('#'),
      platforms: this.#run.plan.platforms.map(formatPlatform),
      modulesHash: hashModules(await moduleFiles(this.#run.facts)) ?? 'none',
      unique: uniqueOf(env, now),
    })
    const part = await restoreDockerfileCache(await this.#seed(), keys, access, act, { worker: CACHE_WORKER })
    if (part !== undefined) {
      this.#run.results.dockerfileCache = part
      this.#run.keeper.update({ caches: cacheState({ access }, cachesOf(this.#run.results)) })
    }
    return describeRestore(part)
  }

  /** The request with the copy in place of the user's file; unchanged when there is none or it was given up. */
  async dress(request: Unsent): Promise<Unsent> {
    const copy = this.#copy()
    if (copy === undefined) return request
    this.#dressed ??= this.#prepare(copy, request).catch((error: unknown) => {
      this.#giveUp(messageOf(error))
      return undefined
    })
    const dressed = await this.#dressed
    return dressed === undefined || this.#copy() === undefined
      ? request
      : {
          ...request,
          ...dressed,
          buildContexts: [...(request.buildContexts ?? []), ...(dressed.buildContexts ?? [])],
        }
  }

  /** Whether a build that failed with the copy shall be tried as the user wrote it; from then on all are. */
  retryPlain(error: unknown): boolean {
    const copy = this.#copy()
    if (copy === undefined || !blamesCopy(error, copy.changes[0]?.line)) return false
    this.#giveUp(error instanceof PipelineError ? (error.problems[0]?.what ?? '') : messageOf(error))
    return true
  }

  /** Brings back what the build compiled, when it compiled anything. Never rejects but for a cancel. */
  async collect(request: Unsent, buildx: Buildx, signal: AbortSignal): Promise<string> {
    const copy = this.#copy()
    const collect = copy?.collect
    const part = this.#run.results.dockerfileCache
    if (copy === undefined || collect === undefined || part === undefined) return 'not used'
    if (!(this.#run.keeper.state.caches?.access.write ?? false)) return 'caches are only read'
    const executed = this.#run.results.executed ?? []
    if (!executed.some((name) => name.includes(`from=${SEED_STAGE}`))) return 'nothing was compiled'
    const act = { ...this.#run.act, signal, log: prefixed(this.#run.act.log, 'collect') }
    try {
      const file = await this.#write('collect', collect.text)
      const into = join(await this.#run.folder(), 'collected')
      const platforms = this.#run.plan.platforms.slice(0, collect.everyPlatform ? undefined : 1)
      // No cacheTo: what is collected is not worth a place beside the image's layers.
      const { cacheTo: _, labels: _labels, annotations: _annotations, ...plain } = request
      await runBuild(
        { ...plain, file, target: COLLECT_TARGET, platforms, output: { kind: 'local', folder: into } },
        buildx,
        act,
        { root: this.#run.facts.root, attempts: 2, timeoutMs: COLLECT_TIMEOUT_MS },
      )
      this.#brought = await collected(into)
      const news = await Promise.all(this.#brought.map((one) => readTextIfAny(join(one, 'new'))))
      const count = news.join('').split('\n').filter((line) => line.endsWith('-d')).length // prettier-ignore
      return `${count} new ${count === 1 ? 'object' : 'objects'}`
    } catch (error) {
      if (signal.aborted) throw error
      act.log.warning(
        `what the Dockerfile compiled is not kept for the next run: ${error instanceof PipelineError ? (error.problems[0]?.cause ?? error.message) : messageOf(error)}`,
      )
      return 'not kept'
    }
  }

  /**
   * Takes over what was brought, for post to save. Only now: until the last build of the run the folder must stay as it
   * was, because its content names the mount.
   */
  async settle(): Promise<void> {
    const part = this.#run.results.dockerfileCache
    if (part === undefined) return
    try {
      const now = this.#run.act.clock.now()
      const seed = await this.#seed()
      await freshenSeed(seed, now)
      if (this.#givenUp) return
      const brought = await Promise.all(
        this.#brought.map(async (folder) => ({
          used: (await readTextIfAny(join(folder, 'used'))) ?? '',
          ...((await readdir(folder)).includes('new.tar') ? { archive: join(folder, 'new.tar') } : {}),
        })),
      )
      const { added } = await absorb(seed, brought, part.mark, now)
      if (added.entries > 0)
        this.#run.act.log.info(
          `the Dockerfile compiled ${added.entries} new cache entries, ${formatBytes(added.bytes)}`,
        )
    } catch (error) {
      this.#run.act.log.warning(`what the Dockerfile compiled could not be taken over: ${messageOf(error)}`)
    }
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

  async #prepare(copy: DockerfileCopy, request: Unsent): Promise<Partial<Unsent>> {
    const { log, clock } = this.#run.act
    const source = request.file ?? ''
    const shown = this.#run.facts.dockerfile?.path ?? 'Dockerfile'
    for (const { line, text } of copy.changes) log.info(`${shown}:${line} is built as: ${text}`)
    const contexts: (readonly [string, string])[] = []
    if (copy.collect !== undefined) {
      const seed = await this.#seed()
      await prepareSeed(seed, SEED_MARK, clock.now())
      contexts.push([SEED_CONTEXT, seed])
    }
    if (copy.modules !== undefined) contexts.push([MODULES_CONTEXT, await this.#modules(copy.modules)])
    return {
      file: await this.#write('copy', copy.text),
      source: { file: source, inserted: copy.inserted },
      buildContexts: contexts,
      ...(copy.target === undefined ? {} : { target: copy.target }),
    }
  }

  /** A GOMODCACHE that holds what the proxy sent; the go command of the build unpacks what it needs. */
  async #modules(path: string): Promise<string> {
    const context = join(await this.#run.folder(), 'gomod')
    const to = join(context, ...posix.relative('/', path).split('/'))
    await mkdir(to, { recursive: true })
    const { gomodcache } = await goCacheLocations(this.#run.act)
    // Without a go command of our own nothing was downloaded here.
    if (gomodcache !== undefined && this.#run.results.go !== undefined) {
      const laid = await laySeedModules(gomodcache, wantedModules(await moduleFiles(this.#run.facts)), to)
      this.#run.act.log.debug(`modules for the Dockerfile: ${laid.entries} files, ${formatBytes(laid.bytes)}`)
    }
    return context
  }

  /** Writes a Dockerfile of ours; the ignore file beside the user's counts for it too. */
  async #write(kind: string, text: string): Promise<string> {
    const source = join(this.#run.facts.workingDirectory, this.#run.facts.dockerfile?.path ?? 'Dockerfile')
    const folder = join(await this.#run.folder(), 'dockerfile', kind)
    await mkdir(folder, { recursive: true })
    const file = join(folder, basename(source))
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

/** Faults of the world: another build would meet them again. */
const WORLD =
  /^image-build-(?:disk-full|docker-|rate-limited|registry-|base-|push-|builder-|network|out-of-memory|entitlement|target-missing|unsupported-|dockerfile-missing)/

/**
 * Whether a failed build of the copy is worth another one of the user's own file: not when a compiler or a test speaks, not when the
 * world is at fault, not when it failed before the first line that differs.
 */
export function blamesCopy(error: unknown, firstChange = 1): boolean {
  if (!(error instanceof PipelineError) || error.kind === 'cancelled') return false
  const [problem] = error.problems
  const text = [error.log ?? '', ...error.problems.flatMap((one) => [one.what, one.cause ?? ''])].join('\n')
  // Our own stage and contexts; the RUN steps only name them.
  if (/\[(?:[^\]]* )?gip-go(?:mod|cache)/.test(problem?.what ?? '')) return true
  if (/\.go:\d+(?::\d+)?: |^--- FAIL|^FAIL\b/m.test(text)) return false
  if (error.problems.some((one) => WORLD.test(one.code))) return false
  const line = Number(/:(\d+)$/.exec(problem?.where ?? '')?.[1] ?? firstChange)
  return line >= firstChange
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
