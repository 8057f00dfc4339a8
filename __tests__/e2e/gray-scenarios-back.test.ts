import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { buildService, inputsOf, Stage } from '../support/gray-stage.ts'
import { GitHubDouble } from '../support/github-double.ts'
import { describeWithRig } from '../support/rig.ts'

describeWithRig('a gray release always has a way back', () => {
  let folder: string
  let stage: Stage
  let pager: { server: Server; url: string; pages: Record<string, unknown>[] }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gray-back-'))
    stage = await Stage.open(await buildService(folder))
    stage.load(300)
    pager = await startPager()
  })
  afterEach(async () => {
    await stage.fresh.faults({})
    expect(await stage.share()).toBe(0)
    expect((await stage.stored()).state.phase).toBe('rolled-back')
  })
  afterAll(async () => {
    pager.server.close()
    await stage.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** Long steps: nothing here ends by itself. */
  const long = (more: Record<string, string> = {}): Record<string, string> =>
    inputsOf(stage, { steps: '25% 5m, 100% 5s', ...more })

  it('lets one of two runs release and refuses the other; a newer one takes its place; a cancel brings all back', async () => {
    const [a, b] = await Promise.all([stage.job(), stage.job()])
    const runs = await Promise.all([
      a.main(long({ 'queue-timeout': '0s' })),
      b.main(long({ 'queue-timeout': '0s' })),
    ])
    const first = await Promise.race(runs.map((run) => run.done.then((end) => ({ run, end }))))
    expect(first.end.code).toBe(1)
    expect(first.end.outputs).toMatchObject({ result: 'refused' })
    expect(first.end.log).toContain('another release')
    const winner = runs.find((run) => run !== first.run)
    await winner?.said(/25 % confirmed/)

    const newest = await stage.job()
    const taking = await newest.main(long({ concurrency: 'newest-wins' }))
    const over = await winner?.done
    expect(over?.code).toBe(1)
    expect(over?.outputs).toMatchObject({ result: 'superseded', phase: 'rolled-back', weight: '0' })
    await taking.said(/25 % confirmed/)
    expect(await stage.share()).toBeCloseTo(25, 0)

    taking.signal('SIGINT')
    const end = await taking.done
    expect(await stage.share()).toBe(0)
    expect(end.code).toBe(130)
    expect(end.outputs).toMatchObject({ result: 'rolled-back', weight: '0' })
    const post = await newest.post()
    expect(post.code).toBe(0)
    expect(post.log).not.toContain('taking it back')
  })

  it('leaves to post what a cancel could not do in time', async () => {
    const job = await stage.job()
    const step = await job.main(long({ 'max-tries': '20' }))
    await step.said(/25 % confirmed/)
    // HAProxy goes on with its weights, and nobody can tell it anything.
    const away = `${stage.proxy.socket}.away`
    await rename(stage.proxy.socket, away)
    step.signal('SIGINT')
    const end = await step.done
    await rename(away, stage.proxy.socket)
    expect(end.code).toBe(130)
    expect(end.outputs).toMatchObject({ result: 'interrupted' })
    expect(await stage.share()).toBeCloseTo(25, 0)
    const post = await job.post()
    expect(post.log).toContain('taking it back')
    expect(post.code).toBe(0)
    expect(post.summary).toContain('taken back')
  })

  it('is taken back by reap when its runner died', async () => {
    const github = await GitHubDouble.start()
    try {
      github.addUser({ login: 'mona', role: 'write' })
      github.addRun(4711, { actor: 'mona' })
      const env = {
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_RUN_ID: '4711',
        GITHUB_SHA: '0'.repeat(40),
      }
      const audit = join(stage.folder, 'dead.jsonl')
      const step = await (await stage.job(env)).main(long({ audit }))
      await step.said(/25 % confirmed/)
      step.signal('SIGKILL')
      expect((await step.done).code).toBe(137)
      const reap = ['gray', 'reap', '--state', stage.stateFile, '--audit', audit, '--github-token', 'ghs_test', '--json'] // prettier-ignore
      const outer = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/shop' }
      const early = await stage.cli(reap, outer)
      // For all it can know the run is alive.
      expect(JSON.parse(early.stdout)).toMatchObject({ result: 'pending', weight: expect.stringMatching(/^25/) as unknown }) // prettier-ignore
      expect(await stage.share()).toBeCloseTo(25, 0)
      github.addRun(4711, { actor: 'mona', status: 'completed', conclusion: 'failure' })
      const done = await stage.cli(reap, outer)
      expect(done.code).toBe(0)
      expect(JSON.parse(done.stdout)).toMatchObject({ result: 'rolled-back', weight: '0' })
      const verified = await stage.cli(['audit', 'verify', audit])
      expect(verified.stdout).toContain('The audit is whole')
      expect(verified.code).toBe(0)
    } finally {
      await github.close()
    }
  })

  it('keeps the state and pages when the way back fails, and reap ends it', async () => {
    const refuses = join(stage.folder, 'refuses')
    const traffic = await trafficProgram(stage, refuses)
    const adapter = JSON.stringify({
      kind: 'command',
      get: [...traffic, 'get'],
      set: [...traffic, 'set', '{percent}'],
    })
    const step = await (
      await stage.job()
    ).main(long({ adapter, notify: `webhook=${pager.url}/hook key-of-the-pager`, 'max-tries': '2' }))
    await step.said(/25 % confirmed/)
    await writeFile(refuses, '')
    await stage.fresh.faults({ errorRatio: 0.5 })
    const end = await step.done
    expect(end.code).toBe(3)
    expect(end.outputs).toMatchObject({ result: 'rollback-failed', phase: 'rollback-failed' })
    expect(end.log).toContain('both versions may be serving')
    expect(end.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('key-of-the-pager')
    expect(end.summary).toContain('THE WAY BACK FAILED')
    expect(pager.pages).toContainEqual(expect.objectContaining({ event: 'rollback-failed', level: 'page' }))
    expect(await stage.share()).toBeCloseTo(25, 0)
    expect((await stage.stored()).state).toMatchObject({ phase: 'rollback-failed' })

    const still = await stage.cli(['gray', 'reap', '--state', stage.stateFile])
    expect(still.code).toBe(3)
    await rm(refuses)
    const done = await stage.cli(['gray', 'reap', '--state', stage.stateFile])
    expect(done.code).toBe(0)
    expect(done.stdout).toContain('rolled-back')
  })

  async function startPager(): Promise<typeof pager> {
    const pages: Record<string, unknown>[] = []
    const server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
        pages.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>)
        response.end('{}')
      })()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { server, pages, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
})

/** A user's own program: splits the traffic by HAProxy's socket, and refuses to go to 0 while the file `refuses` is there. */
async function trafficProgram(stage: Stage, refuses: string): Promise<string[]> {
  const file = join(stage.folder, 'traffic.mjs')
  await writeFile(
    file,
    `import { connect } from 'node:net'
import { existsSync } from 'node:fs'
const ask = (text) => new Promise((resolve, reject) => {
  let answer = ''
  const socket = connect(${JSON.stringify(stage.proxy.socket)}, () => socket.end(text))
  socket.on('data', (chunk) => (answer += chunk)).on('end', () => resolve(answer)).on('error', reject)
})
const [what, percent] = process.argv.slice(2)
const weight = async (name) => Number((await ask('get weight app/' + name + '\\n')).split(' ')[0])
if (what === 'get') {
  const [old, fresh] = [await weight('old'), await weight('new')]
  console.log(JSON.stringify({ percent: (100 * fresh) / (old + fresh), settled: true, detail: 'weights ' + fresh + ' and ' + old }))
} else if (percent === '0' && existsSync(${JSON.stringify(refuses)})) {
  console.error('the load balancer is read only')
  process.exit(1)
} else {
  await ask('set weight app/new ' + percent + '\\n')
  await ask('set weight app/old ' + (100 - percent) + '\\n')
}
`,
  )
  return [process.execPath, file]
}
