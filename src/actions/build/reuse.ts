import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { readTextIfAny, slashes } from '../../base/files.ts'
import { parseObject } from '../../base/json.ts'
import { prefixed } from '../../base/log.ts'
import { lookupEnvironment } from '../../base/platform.ts'
import type { CacheAccess } from '../../cache/access.ts'
import { type KeySet, proofKeys, uniqueOf } from '../../cache/keys.ts'
import { CacheStore, PROOF_FOLDER, proofStore } from '../../cache/store.ts'
import { splitGoFlags } from '../../go/flags.ts'
import { runsEveryTest } from '../../go/test-flags.ts'
import type { TestReport } from '../../go/test.ts'
import { needlessSteps } from '../../plan/reuse.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { verifyImage, type VerifyReport } from '../../registry/verify.ts'
import { junitXml } from '../../report/junit.ts'
import { makeReportFolder } from '../folders.ts'
import { repositoriesOf } from '../registry.ts'
import { accessOf } from './go-caches.ts'
import { inputDigest, programDigest, untrackedDigest } from './input-digest.ts'
import type { BuiltImage } from './results.ts'
import type { RunContext } from './run-context.ts'
import { provenReport } from './starts.ts'
import { CACHE_WORKER } from './steps-go.ts'

/** Files of the report that only the steps themselves can write. */
const REPORT_FILES = ['go-test.jsonl', 'coverage.out'] as const
/** A longer log is not worth its place in the cache. */
const MAX_REPORT_FILE = 16 * 1024 * 1024
/** Compiles wait for the answer. */
const LOOKUP_TIMEOUT_MS = 10_000

/** What a good run leaves for later ones with the same input. Times are ISO 8601. */
export interface Proof {
  readonly schema: 1
  readonly at: string
  /** The page of the run. */
  readonly run?: string
  /** `1.26.8`. */
  readonly go: string
  /** Base reference to digest. */
  readonly bases: Readonly<Record<string, string>>
  readonly images: readonly ProvenImage[]
  readonly tests?: TestReport
}

export interface ProvenImage extends Pick<
  BuiltImage,
  'id' | 'digest' | 'mediaType' | 'platforms' | 'labels'
> {
  readonly start?: { readonly detail: string; readonly at: string; readonly proof?: string }
}

/**
 * An input that was proved before is not built again: the record of a good run travels in the cache service under the digest of all that the
 * image and its verdicts depend on. It counts only while Go, the base images and the whole image in the registry are what they were.
 */
export class Reuse {
  readonly #run: RunContext
  readonly #client: RegistryClient
  readonly #reportDir: string
  readonly #needless: Map<string, string>
  #keys: KeySet | undefined
  #access: CacheAccess | undefined

  /** @param needless filled when the proof is found: what the plan need not do any more */
  constructor(run: RunContext, client: RegistryClient, reportDir: string, needless: Map<string, string>) {
    this.#run = run
    this.#client = client
    this.#reportDir = reportDir
    this.#needless = needless
  }

  /** Looks for the proof, and fills the results from it. Says what it found; only an abort is thrown. */
  async find(signal: AbortSignal): Promise<string> {
    try {
      return await this.#find(signal)
    } catch (error) {
      signal.throwIfAborted()
      return `could not be looked up: ${messageOf(error)}`
    }
  }

  async #find(signal: AbortSignal): Promise<string> {
    const { env } = this.#run.act
    if (env['RUNNER_DEBUG'] === '1') return 'debug logging is on: everything is done again'
    const goflags = lookupEnvironment(env, 'GOFLAGS', this.#run.act.host.os) ?? ''
    if (runsEveryTest(splitGoFlags(goflags).words)) return 'GOFLAGS asks for every test to run'
    const keys = await this.#keysOf(signal)
    if (keys === undefined) return 'files that git does not know are too many, or cannot be listed'
    this.#keys = keys
    const access = await accessOf(this.#run)
    this.#access = access
    if (!access.read) return access.reason ?? 'caches are not read'
    const root = join(await this.#run.folder(), 'found')
    const act = { ...this.#run.act, signal, log: prefixed(this.#run.act.log, 'reuse') }
    const store = new CacheStore(act, { worker: CACHE_WORKER, restoreTimeoutMs: LOOKUP_TIMEOUT_MS })
    const restored = await store.restore(proofStore(root), keys)
    signal.throwIfAborted()
    if (restored.status !== 'restored') return 'not proved before'
    const proof = readProof(await readTextIfAny(join(root, PROOF_FOLDER, RECORD)))
    if (proof === undefined) return 'the record cannot be read'
    const other = this.#difference(proof)
    if (other !== undefined) return other
    const whole = await this.#readBack(proof, signal)
    if (typeof whole === 'string') return whole
    await this.#take(proof, whole, join(root, PROOF_FOLDER))
    return `proved by ${proof.run ?? `the run of ${proof.at}`}: nothing is built or tested again`
  }

  /** Leaves the proof of this run for post to save. For a run in which every gate passed. Never throws. */
  async keep(): Promise<void> {
    const keys = this.#keys
    const { results, act } = this.#run
    if (keys === undefined || results.reused !== undefined) return
    try {
      const proof = this.#proof()
      if (proof === undefined || this.#access?.write !== true) return
      const root = join(await this.#run.folder(), 'proved')
      const folder = join(root, PROOF_FOLDER)
      await mkdir(folder, { recursive: true })
      for (const name of REPORT_FILES) await copySmall(join(this.#reportDir, name), join(folder, name))
      await writeFile(join(folder, RECORD), act.secrets.redact(JSON.stringify(proof)))
      this.#run.keeper.update({ proof: { folder: root, key: keys.primary } })
    } catch (error) {
      act.log.warning(`the proof of this input could not be kept: ${messageOf(error)}`)
    }
  }

  async #keysOf(signal: AbortSignal): Promise<KeySet | undefined> {
    const { inputs, facts, plan, act } = this.#run
    const own = slashes(relative(facts.root, this.#reportDir))
    const [program, untracked] = await Promise.all([
      programDigest(dirname(process.argv[1] ?? '')),
      untrackedDigest(facts.root, [own], { ...act, signal }, facts.git?.environment ?? {}),
    ])
    if (untracked === undefined) return undefined
    const digest = inputDigest({ inputs, facts, plan, env: act.env, program, untracked }, act.secrets)
    return proofKeys({ digest, unique: uniqueOf(act.env, facts.now) })
  }

  /** What has changed since although the input is the same; undefined when nothing has. */
  #difference(proof: Proof): string | undefined {
    const { go, bases } = this.#run.results
    if (proof.go !== go?.version) return `proved with Go ${proof.go}`
    for (const [base, digest] of bases) if (proof.bases[base] !== digest) return `proved on an older ${base}`
    const ids = this.#run.plan.targets.map(({ id }) => id)
    return ids.every((id) => proof.images.some((image) => image.id === id))
      ? undefined
      : 'the record holds other images'
  }

  /** Every image in each of its repositories, all manifests read and every blob there; a text says what is not. */
  async #readBack(proof: Proof, signal: AbortSignal): Promise<Map<string, VerifyReport> | string> {
    const found = new Map<string, VerifyReport>()
    const { plan, facts, inputs } = this.#run
    const { targets, platforms } = plan
    // A record cannot pass off an image of another commit.
    const revision = inputs.labels.includes(REVISION) ? undefined : facts.git?.commit
    const labels = revision === undefined ? {} : { [REVISION]: revision }
    for (const target of targets) {
      const digest = proof.images.find(({ id }) => id === target.id)?.digest ?? ''
      for (const repository of repositoriesOf(target)) {
        const report = await verifyImage({ ...repository, digest }, { platforms, labels }, this.#client, {
          level: 'fast',
          signal,
        })
        if (!report.ok) return `${report.reference} is not whole any more: ${report.failures[0]?.what ?? ''}`
        found.set(target.id, report)
      }
    }
    return found
  }

  async #take(proof: Proof, whole: ReadonlyMap<string, VerifyReport>, folder: string): Promise<void> {
    const { results, plan, keeper } = this.#run
    const origin = proof.run ?? proof.at
    if (proof.tests !== undefined) {
      await makeReportFolder(this.#reportDir)
      for (const name of REPORT_FILES) await copySmall(join(folder, name), join(this.#reportDir, name))
      const packages = proof.tests.packages.length
      const { coverageProfile, ...tests } = { ...proof.tests, cached: packages }
      results.tests =
        coverageProfile === undefined
          ? tests
          : { ...tests, coverageProfile: join(this.#reportDir, 'coverage.out') }
    }
    for (const { start, ...image } of proof.images) {
      results.images.set(image.id, image)
      if (start !== undefined) results.starts.set(image.id, provenReport(start))
    }
    for (const [id, report] of whole) results.verifies.set(id, report)
    results.reused = origin
    results.notes.push(
      `Nothing was built: this very input was proved before (${origin}), and its image is whole in the registry.`,
    )
    for (const id of needlessSteps(plan.steps)) this.#needless.set(id, `proved before (${origin})`)
    keeper.update({ reused: true })
  }

  /** What this run proved; undefined when a part of it must be looked at again the next time. */
  #proof(): Proof | undefined {
    const { results, plan, facts } = this.#run
    const { go, tests } = results
    if (go === undefined) return undefined
    const images: ProvenImage[] = []
    for (const { id } of plan.targets) {
      const image = results.images.get(id)
      const start = results.starts.get(id)
      if (image === undefined) return undefined
      // What warns shall warn again.
      if (start !== undefined && start.warnings.length > 0) return undefined
      const at = start?.provenAt ?? new Date(facts.now).toISOString()
      images.push({
        id,
        digest: image.digest,
        mediaType: image.mediaType,
        platforms: image.platforms,
        labels: image.labels,
        ...(start?.verdict === 'passed'
          ? {
              start: {
                detail: start.summary,
                at,
                ...(start.proof === undefined ? {} : { proof: start.proof }),
              },
            }
          : {}),
      })
    }
    return {
      schema: 1,
      at: new Date(facts.now).toISOString(),
      ...(facts.event.runUrl === undefined ? {} : { run: facts.event.runUrl }),
      go: go.version,
      bases: Object.fromEntries(results.bases),
      images,
      ...(tests === undefined ? {} : { tests }),
    }
  }
}

const RECORD = 'proof.json'
const REVISION = 'org.opencontainers.image.revision'

/** Reads a record, which came from outside: undefined when it is none, or would fail where it is used. */
export function readProof(text: string | undefined): Proof | undefined {
  const value = text === undefined ? undefined : parseObject(text)
  if (value?.['schema'] !== 1) return undefined
  const proof = value as unknown as Proof
  try {
    const good =
      proof.images.every(
        ({ digest, platforms, labels }) =>
          DIGEST.test(digest) &&
          typeof labels === 'object' &&
          platforms.every((one) => DIGEST.test(one.digest) && one.layers.length >= 0),
      ) &&
      typeof proof.bases === 'object' &&
      typeof proof.go === 'string' &&
      TIME.test(proof.at) &&
      (proof.run === undefined || PAGE.test(proof.run)) &&
      (proof.tests === undefined || junitXml(proof.tests) !== '')
    return good && proof.tests?.testFailed !== true && proof.tests?.vetFailed !== true ? proof : undefined
  } catch {
    return undefined
  }
}

const DIGEST = /^sha256:[0-9a-f]{64}$/
// Both are shown, in the summary too.
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const PAGE = /^https?:\/\/[\w.:/%-]+$/

/** Copies a file that is there and not too large. */
async function copySmall(from: string, to: string): Promise<void> {
  const info = await stat(from).catch(() => undefined)
  if (info !== undefined && info.size <= MAX_REPORT_FILE) await copyFile(from, to)
}
