import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { buildService, inputsOf, optionsOf, Stage } from '../support/gray-stage.ts'
import { GitHubDouble } from '../support/github-double.ts'
import { describeWithRig, until } from '../support/rig.ts'

describeWithRig('a good build', () => {
  let folder: string
  let stage: Stage
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gray-people-'))
    stage = await Stage.open(await buildService(folder))
  })
  afterAll(async () => {
    await stage.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('is promoted without a failed request, after two people have approved; its audit is kept and proved', async () => {
    const github = await GitHubDouble.start()
    try {
      for (const login of ['mona', 'ada', 'zoe']) github.addUser({ login, role: 'write' })
      const sha = '0123456789abcdef0123456789abcdef01234567'
      github.addRun(4711, { actor: 'mona', sha })
      github.commits.push({ sha, author: 'mona', paths: [] })
      stage.load(400)
      const env = {
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_RUN_ID: '4711',
        GITHUB_SHA: sha,
        GITHUB_ACTOR: 'mona',
      }
      const inputs = inputsOf(stage, {
        steps: '5% 16s, 25% 5s hold, 100% 4s',
        bake: '3s',
        approval: 'issue',
        deployments: 'true',
        notify: 'github-issue',
        'audit-branch': 'gray-audit',
        'github-token': 'ghs_test-token-123',
        'report-dir': 'report',
      })
      const job = await stage.job(env)
      const began = Date.now()
      const step = await job.main(inputs)
      await until('the question', () => github.issues.length > 0, 100_000)
      const hold = /\/approve (\S+)`/.exec(String(github.issues[0]?.['body']))?.[1] ?? ''
      const issue = Number(github.issues[0]?.['number'])
      // Who started it does not count, and one person is one person, however often.
      github.addComment(issue, 'mona', `/approve ${hold}`)
      github.addComment(issue, 'ada', `/approve ${hold}`)
      github.addComment(issue, 'ada', `/approve ${hold}`)
      const asked = (): number =>
        github.seen.filter(
          ({ method, path }) => method === 'GET' && path.endsWith(`/issues/${issue}/comments`),
        ).length
      const before = asked()
      await until('two more looks at the votes', () => asked() >= before + 3)
      expect((await stage.stored()).state.phase).toBe('holding')
      expect(await stage.share()).toBeCloseTo(25, 0)
      github.addComment(issue, 'zoe', `/approve ${hold}`)

      const end = await step.done
      const took = Math.round((Date.now() - began) / 1000)
      expect(end.code).toBe(0)
      expect(end.outputs).toMatchObject({ result: 'promoted', phase: 'done', weight: '100', step: '3' })
      expect(await stage.share()).toBe(100)
      const idle = await stage.old.count()
      await new Promise((resolve) => setTimeout(resolve, 1000))
      // The new version has everything, the old one nothing any more.
      expect((await stage.old.count()).total).toBe(idle.total)
      const load = await stage.endLoad()
      expect(load.failed).toBe(0)
      process.stderr.write(`good build: promoted after ${took} s with the approval, ${load.failed} of ${load.total} requests failed\n`) // prettier-ignore

      expect(end.summary).toContain('promoted, the new version serves everything')
      expect(end.summary).toContain('approved by ada and zoe')
      expect((await job.post()).code).toBe(0)
      const [deployment] = github.deployments
      const statuses = github.statuses.get(Number(deployment?.['id'])) ?? []
      expect(statuses.map(({ state }) => state)).toEqual(expect.arrayContaining(['in_progress', 'pending']))
      expect(statuses.at(-1)).toMatchObject({ state: 'success' })
      expect(statuses.at(-1)?.['description']).toContain('[audit ')
      expect(github.issues[0]).toMatchObject({ state: 'closed' })

      await auditHolds(end.outputs, github)
    } finally {
      await github.close()
    }
    stage.promoted()
  })

  async function auditHolds(outputs: Readonly<Record<string, string>>, github: GitHubDouble): Promise<void> {
    const { audit = '', 'audit-head': head = '' } = outputs
    const text = await readFile(audit, 'utf8')
    expect(github.fileAt('gray-audit', 'production/audit.jsonl')).toBe(text)
    const good = await stage.cli(['audit', 'verify', audit, '--head', head])
    expect(good.stdout).toContain('The audit is whole')
    expect(good.stdout).toMatch(/\d+ the same, 0 different/)
    expect(good.code).toBe(0)
    const changed = text.replace('"by":["ada","zoe"]', '"by":["ada","eve"]')
    expect(changed).not.toBe(text)
    const line = changed.split('\n').findIndex((one) => one.includes('"eve"')) + 1
    const forged = join(stage.folder, 'forged.jsonl')
    await writeFile(forged, changed)
    const bad = await stage.cli(['audit', 'verify', forged, '--head', head])
    expect(bad.code).toBe(1)
    expect(bad.stdout).toContain(`${forged}:${line}`)
    // What was cut off at the end is seen by the head that is kept elsewhere.
    await writeFile(forged, `${text.trimEnd().split('\n').slice(0, -2).join('\n')}\n`)
    const cut = await stage.cli(['audit', 'verify', forged, '--head', head])
    expect(cut.code).toBe(1)
    expect(cut.stdout).toContain('the end was cut off')
  }

  it('goes in short jobs to its end, though its service starts anew in the middle', async () => {
    stage.load(400)
    const inputs = inputsOf(stage, { mode: 'split', steps: '5% 16s, 100% 6s', 'report-dir': 'split' })
    const answers: Record<string, string>[] = []
    const call = async (verb: string): Promise<Record<string, string>> => {
      const ran = await stage.cli(['gray', verb, ...optionsOf(inputs), '--json'])
      const answer = JSON.parse(ran.stdout) as Record<string, string>
      if (ran.code !== 0) throw new Error(`gray ${verb} ended with ${ran.code}: ${ran.stderr}`)
      answers.push(answer)
      return answer
    }
    let last = await call('start')
    expect(last).toMatchObject({ result: 'pending', phase: 'warming', step: '1' })

    await new Promise((resolve) => setTimeout(resolve, 6000))
    await stage.fresh.restart()
    for (let tick = 0; last['result'] === 'pending' && tick < 12; tick++) {
      const wait = Date.parse(last['next-at'] ?? '') - Date.now()
      expect(wait).toBeLessThan(60_000)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)))
      last = await call('tick')
    }
    expect(last).toMatchObject({ result: 'promoted', phase: 'done', weight: '100' })
    expect(answers.length).toBeGreaterThan(2)
    expect(await stage.share()).toBe(100)
    process.stderr.write(`split: promoted in ${answers.length} jobs, its service restarted in the middle\n`)
    const again = await stage.cli(['gray', 'tick', ...optionsOf(inputs), '--json'])
    expect(again.code).toBe(0)
    const status = await stage.cli(['gray', 'status', '--state', stage.stateFile])
    expect(status.stdout).toMatch(/state +promoted/)
    stage.promoted()
  })
})
