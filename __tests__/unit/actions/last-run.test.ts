import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepLastRun, provenStart, readLastRun, startProof } from '../../../src/actions/build/last-run.ts'
import { emptyResults, type Results } from '../../../src/actions/build/results.ts'
import type { CachePart } from '../../../src/cache/plan.ts'
import type { RunReport } from '../../../src/report/model.ts'
import { failed, passed } from '../report/samples.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const AMD64 = { os: 'linux', arch: 'amd64' } as const
const INPUTS = {
  start: 'auto',
  startArgs: ['serve'],
  startEnv: [],
  expose: ['8080'],
  healthPath: '/health',
  startTimeoutMs: 30_000,
} as const
const proof = startProof(DIGEST, AMD64, false, INPUTS) ?? ''

describe('startProof', () => {
  it.each<[string, string | undefined]>([
    ['another digest', startProof(`sha256:${'b'.repeat(64)}`, AMD64, false, INPUTS)],
    ['another platform', startProof(DIGEST, { os: 'linux', arch: 'arm64' }, false, INPUTS)],
    ['the program without its image', startProof(DIGEST, AMD64, true, INPUTS)],
    ['another mode', startProof(DIGEST, AMD64, false, { ...INPUTS, start: 'command' })],
    ['other arguments', startProof(DIGEST, AMD64, false, { ...INPUTS, startArgs: ['serve', '-v'] })],
    ['another port', startProof(DIGEST, AMD64, false, { ...INPUTS, expose: ['9090'] })],
    ['another health path', startProof(DIGEST, AMD64, false, { ...INPUTS, healthPath: '/ready' })],
    ['no health path', startProof(DIGEST, AMD64, false, { ...INPUTS, healthPath: undefined })],
    ['less time', startProof(DIGEST, AMD64, false, { ...INPUTS, startTimeoutMs: 1000 })],
  ])('is another one for %s', (_, other) => {
    expect(other).toMatch(/^[0-9a-f]{64}$/)
    expect(other).not.toBe(proof)
  })

  it('is the same for the same, and none where the environment may hold secrets', () => {
    expect(startProof(DIGEST, { ...AMD64 }, false, { ...INPUTS })).toBe(proof)
    expect(startProof(DIGEST, AMD64, false, { ...INPUTS, startEnv: [['TOKEN', 'x']] })).toBeUndefined()
  })
})

/** A report with one image that was started so. */
function reportWith(start: RunReport['images'][number]['start'], base: RunReport = passed): RunReport {
  const [first] = base.images
  if (first === undefined) throw new Error('the sample has an image')
  const { start: _, ...image } = first
  return { ...base, images: [start === undefined ? image : { ...image, start }] }
}

describe('provenStart', () => {
  const good = { platform: 'linux/amd64', ok: true, detail: 'answers', proof }
  it('is what a run before has seen, and when', () => {
    expect(provenStart(reportWith(good), proof)).toEqual({ detail: 'answers', at: passed.startedAt })
    const earlier = reportWith({ ...good, provenAt: '2026-01-02T03:04:05Z' })
    expect(provenStart(earlier, proof)).toEqual({ detail: 'answers', at: '2026-01-02T03:04:05Z' })
  })
  it.each<[string, RunReport | undefined]>([
    ['no report', undefined],
    ['no start', reportWith(undefined)],
    ['another proof', reportWith({ ...good, proof: 'b' })],
    ['no proof', reportWith({ platform: 'linux/amd64', ok: true, detail: 'answers' })],
    ['a failed start', reportWith({ ...good, ok: false })],
  ])('is nothing with %s', (_, report) => {
    expect(provenStart(report, proof)).toBeUndefined()
  })
})

describe('the last run', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-last-run-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const resultsWith = (status: CachePart['status']): Results => ({
    ...emptyResults(),
    buildCache: {
      store: { name: 'build cache', root: join(folder, 'gocache'), paths: [], crossOs: false },
      keys: { exact: 'e', primary: 'p', restore: [] },
      status,
      hit: 'none',
      ms: 0,
    },
  })
  const write = async (text: string): Promise<string> => {
    const file = join(folder, 'report.json')
    await writeFile(file, text)
    return file
  }

  it('comes back as it was kept', async () => {
    const results = resultsWith('restored')
    expect(await readLastRun(results)).toBeUndefined()
    await keepLastRun(results, await write(JSON.stringify(passed)))
    expect(await readLastRun(results)).toEqual(passed)
  })

  it.each([
    ['did not pass', JSON.stringify(failed)],
    ['is torn', JSON.stringify(passed).slice(0, 500)],
    ['is of another schema', JSON.stringify({ ...passed, schema: 2 })],
  ])('is nothing when it %s', async (_, text) => {
    const results = resultsWith('restored')
    await keepLastRun(results, await write(text))
    expect(await readLastRun(results)).toBeUndefined()
  })

  it('is nothing where the build cache is that of the machine', async () => {
    await keepLastRun(resultsWith('restored'), await write(JSON.stringify(passed)))
    expect(await readLastRun(resultsWith('kept'))).toBeUndefined()
    expect(await readLastRun(emptyResults())).toBeUndefined()
  })
})
