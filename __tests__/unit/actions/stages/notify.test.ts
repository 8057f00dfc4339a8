import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { deployMessage } from '../../../../src/actions/stages/deploy/tell.ts'
import { runNotify } from '../../../../src/actions/stages/notify/run.ts'
import type { StageEnd } from '../../../../src/actions/stages/stage.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import { RESULTS } from '../../../../src/deploy/rollout.ts'
import { plainText } from '../../../../src/report/notify/message.ts'
import { testAct } from '../../../support/registry-act.ts'

describe('notify', () => {
  let server: Server
  let seen: Record<string, unknown>[]
  let status: number
  beforeEach(async () => {
    seen = []
    status = 204
    server = createServer((request, response) => {
      let text = ''
      request.on('data', (piece: Buffer) => (text += piece.toString()))
      request.on('end', () => {
        seen.push(JSON.parse(text) as Record<string, unknown>)
        response.writeHead(status).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))
  const hook = (): string =>
    `webhook=http://127.0.0.1:${(server.address() as AddressInfo).port}/hook a-signing-key`
  const send = async (
    values: Record<string, string>,
    env: Record<string, string> = {},
  ): Promise<StageEnd> => {
    const act = testAct({ env })
    try {
      return await runNotify((name) => values[name] ?? '', { ...act, cancel: () => undefined, close: () => Promise.resolve() }) // prettier-ignore
    } finally {
      await act.http.close()
    }
  }

  it('sends one message with the facts of the run', async () => {
    const run = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '7', GITHUB_SHA: 'c'.repeat(40), GITHUB_ACTOR: 'mona' } // prettier-ignore
    const values = { title: 'Tests failed', text: 'TestPay', level: 'warning', facts: 'suite=integration', todo: 'look', notify: hook() } // prettier-ignore
    const end = await send(values, run)
    expect([end.outputs, end.failure]).toEqual([{ delivered: 'webhook', undelivered: '' }, undefined])
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      schema: 1,
      level: 'warning',
      title: 'WARNING Tests failed',
      why: 'TestPay',
      facts: { suite: 'integration', repository: 'acme/shop', commit: 'c'.repeat(12), 'started by': 'mona' },
      todo: ['look'],
      link: 'https://github.com/acme/shop/actions/runs/7',
      about: 'Tests failed',
      run: { id: '7' },
    })
    // The same message in another attempt is another one; nothing of ours leaks into the payload.
    expect(Object.keys(seen[0] ?? {})).not.toContain('key')
  })

  it('fails for a chat that is down only when that is asked for', async () => {
    status = 400
    const values = { title: 'x', notify: hook() }
    const calm = await send(values)
    expect([calm.outputs['undelivered'], calm.failure]).toEqual(['webhook', undefined])
    const strict = await send({ ...values, required: 'true' })
    expect([strict.failure?.kind, strict.failure?.problems[0]?.code]).toEqual(['environment', 'notify-undelivered']) // prettier-ignore
  })

  it('tells nobody without receivers, and lists every problem at once', async () => {
    expect((await send({ title: 'x' })).outputs).toEqual({ delivered: '', undelivered: '' })
    const wrong = { level: 'loud', link: 'ftp://x', notify: 'slack=\ngithub-issue', facts: 'nothing' }
    const error = await send(wrong).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PipelineError)
    const inputs = (error as PipelineError).problems.map(({ input }) => input)
    expect(new Set(inputs)).toEqual(new Set(['title', 'link', 'notify', 'github-token', 'level', 'facts']))
  })
})

it.each(RESULTS)('a deployment that ended as %s is told', (result) => {
  const one = { where: 'web-1', image: `acme/shop@sha256:${'1'.repeat(64)}`, healthy: true, detail: '', history: [], advice: [] } // prettier-ignore
  const bad = ['refused', 'taken-back', 'broken'].includes(result)
  const failure = new PipelineError('gate', [{ code: 'compose-refused', what: 'it is sick' }])
  const rollout = { result, image: one.image, before: [one], after: [one], ...(bad ? { failure } : {}) }
  const message = deployMessage(rollout, 'd-1', 'production', 'mona', undefined)
  expect(message.story.issue).toBe(bad ? 'opens' : result === 'rolled-back' ? 'continues' : 'closes')
  expect(message.level === 'page').toBe(result === 'broken')
  expect(plainText(message)).toContain('image: acme/shop@sha256:111111111111\n')
  if (bad) expect(message.why).toBe('it is sick')
})
