import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Notice, StoredRelease } from '../../../src/gray/ports.ts'
import { cutBytes, plainText } from '../../../src/report/notify/message.ts'
import { composeMessage } from '../../../src/report/notify/release-message.ts'
import { type ChannelOptions, EveryNotifier, WebhookNotifier } from '../../../src/report/notify/send.ts'
import {
  type Channel,
  SERVICES,
  type ServiceKind,
  signDingtalk,
  signFeishu,
  signWebhook,
} from '../../../src/report/notify/services.ts'
import { IssueNotifier } from '../../../src/report/notify/issue.ts'
import { clientOf, releaseOf } from '../../support/github-act.ts'
import { GitHubDouble } from '../../support/github-double.ts'
import { testAct, type TestAct } from '../../support/registry-act.ts'

const NOW = 1_763_726_400_000
const DIGEST = (letter: string): string => `ghcr.io/acme/shop@sha256:${letter.repeat(64)}`
const RELEASE: StoredRelease = releaseOf(
  { phase: 'observing', step: 0, observed: 5, intended: 5, reason: '5xx' },
  { old: DIGEST('a'), new: DIGEST('b'), startedAt: NOW - 125_000 },
)
const notice = (event: string, level: Notice['level'] = 'warning', message = 'production: 5xx at least 2.1 %'): Notice => ({ level, event, message }) // prettier-ignore

describe('messages', () => {
  it('say what, where, the numbers, why, where to look and what to do', () => {
    const text = plainText(composeMessage(notice('rolled-back'), RELEASE, NOW))
    expect(text).toBe(
      [
        'WARNING production: the new version was taken back',
        '',
        'Why: production: 5xx at least 2.1 %',
        'environment: production',
        'new version: ghcr.io/acme/shop@sha256:bbbbbbbbbbbb',
        'old version: ghcr.io/acme/shop@sha256:aaaaaaaaaaaa',
        'share of the new: 5 % read back (step 1 of 3)',
        'running for: 2 m 05 s',
        'release: r-7f3a',
        'repository: acme/shop',
        '',
        'To do: nothing urgent: ghcr.io/acme/shop@sha256:aaaaaaaaaaaa serves everything',
        'To do: before the next try read why in the job summary; "gray audit verify" shows each number',
        '',
        'https://github.com/acme/shop/actions/runs/4711',
      ].join('\n'),
    )
  })

  it.each([
    ['hold', '/approve r-7f3a.step1'],
    ['going-back', 'the way back runs by itself'],
    ['rollback-failed', 'NOW: look at the target'],
    ['finalise-failed', 'traffic is fine'],
    ['engine-failed', 'gray reap'],
    ['alert', 'look at this metric'],
  ])('%s says what to do', (event, words) => {
    expect(composeMessage(notice(event), RELEASE, NOW).todo.join('\n')).toContain(words)
  })

  it.each(['started', 'step', 'promoted', 'something-new'])('%s asks nothing of anybody', (event) => {
    expect(composeMessage(notice(event, 'info'), RELEASE, NOW)).toMatchObject({ todo: [], level: 'info' })
  })

  it('tell an asked from a read-back share', () => {
    const facts = (state: Parameters<typeof releaseOf>[0]): string =>
      Object.fromEntries(composeMessage(notice('step'), releaseOf(state), NOW).facts)['share of the new'] ??
      ''
    expect(facts({ observed: null, intended: 0, step: -1 })).toBe('not read back yet, 0 % asked for')
    expect(facts({ observed: 4.26, intended: 25, step: 1 })).toBe(
      '4.3 % read back, 25 % asked for (step 2 of 3)',
    )
  })

  it('are cut by bytes and never inside a letter', () => {
    expect(cutBytes('数据'.repeat(10), 10)).toBe('数据…')
    expect(cutBytes('short', 10)).toBe('short')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 60 }), (text, bytes) => {
        const cut = cutBytes(text, bytes)
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(Math.max(bytes, 3))
        expect(Buffer.from(cut).toString('utf8')).toBe(cut.toWellFormed())
      }),
    )
  })
})

describe('signatures', () => {
  // openssl dgst -sha256 -hmac KEY -binary | base64
  it('of DingTalk', () => {
    expect(signDingtalk('SEC0123456789abcdef', NOW)).toBe('Y3QtM3cYTHNmvzYiptJJIwpBJ59F4rVcxuoasGcQIEg=')
  })
  it('of Feishu', () => {
    expect(signFeishu('feishu-key', NOW / 1000)).toBe('NSccG6UWTL0rZjVr8Zb+ACdTkK1+tEihfl1cEoty2Z4=')
  })
  it.each([
    ['plain-key', 'msg_1', 1_763_726_400, '{"a":1}', 'HzCTUX/KOyHB1V+OwZP8Uw78qCbDVxjGQjYnBbfHkvQ='],
    [
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_1',
      1_763_726_400,
      '{"a":1}',
      'ev9LlnSdMQBjFVM3KYXJppUsJi5LCJjIXVIcJyfgxXk=',
    ],
    // The example of the Standard Webhooks specification.
    [
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
      'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    ],
  ])('of a webhook with %s', (secret, id, at, body, signature) => {
    expect(signWebhook(secret, id, at, body)).toBe(`v1,${signature}`)
  })
})

describe('payloads', () => {
  const build = (kind: ServiceKind, one: Notice, more: Partial<Channel> = {}, release = RELEASE) =>
    SERVICES[kind].build(
      composeMessage(one, release, NOW),
      { kind, url: 'https://chat.example/hook?access_token=abc', ...more },
      NOW,
    )
  const bodyOf = (kind: ServiceKind, one: Notice, release = RELEASE): Record<string, never> =>
    JSON.parse(build(kind, one, {}, release).body) as Record<string, never>

  it('of DingTalk', () => {
    const { url, body } = build('dingtalk', notice('rollback-failed', 'page'), {
      secret: 'SEC0123456789abcdef',
    })
    expect(new URL(url).searchParams.get('timestamp')).toBe(String(NOW))
    expect(new URL(url).searchParams.get('sign')).toBe('Y3QtM3cYTHNmvzYiptJJIwpBJ59F4rVcxuoasGcQIEg=')
    expect(url).toContain('access_token=abc')
    expect(JSON.parse(body)).toEqual({
      msgtype: 'markdown',
      markdown: {
        title: 'PAGE production: THE WAY BACK FAILED',
        text: expect.stringContaining('### PAGE production'),
      },
      at: { isAtAll: true },
    })
    expect(build('dingtalk', notice('step', 'info')).url).toBe('https://chat.example/hook?access_token=abc')
    expect(bodyOf('dingtalk', notice('step', 'info'))['at']).toEqual({ isAtAll: false })
  })

  it('of Feishu', () => {
    const { body } = build('feishu', notice('hold'), { secret: 'feishu-key' })
    const value = JSON.parse(body) as Record<string, unknown>
    expect(value).toMatchObject({
      timestamp: '1763726400',
      sign: 'NSccG6UWTL0rZjVr8Zb+ACdTkK1+tEihfl1cEoty2Z4=',
      msg_type: 'interactive',
      card: {
        header: {
          template: 'orange',
          title: { tag: 'plain_text', content: 'WARNING production: approval is needed' },
        },
      },
    })
    expect(body).toContain('"url":"https://github.com/acme/shop/actions/runs/4711"')
    expect(bodyOf('feishu', notice('step'))['sign']).toBeUndefined()
  })

  it('of WeCom: Markdown, and text for a page, because only text can call everybody', () => {
    expect(bodyOf('wecom', notice('step', 'info'))).toMatchObject({ msgtype: 'markdown' })
    expect(bodyOf('wecom', notice('rollback-failed', 'page'))).toMatchObject({
      msgtype: 'text',
      text: { mentioned_list: ['@all'] },
    })
  })

  it('of Slack', () => {
    const body = bodyOf(
      'slack',
      notice('rollback-failed', 'page', '<!everyone> & <https://evil.example|click>'),
    )
    const text = JSON.stringify(body)
    expect(text).toContain('<!channel> *Why:* &lt;!everyone&gt; &amp; &lt;https://evil.example|click&gt;')
    expect(text).not.toContain('<!everyone>')
    expect(text).toContain('<https://github.com/acme/shop/actions/runs/4711|Open the run>')
  })

  it('of a webhook, whose id stays the same for each try', () => {
    const first = build('webhook', notice('alert'), { secret: 'plain-key' })
    const {
      'webhook-id': id = '',
      'webhook-timestamp': at = '',
      'webhook-signature': signature,
    } = first.headers
    expect(signature).toBe(signWebhook('plain-key', id, Number(at), first.body))
    expect(JSON.parse(first.body)).toMatchObject({
      schema: 1,
      event: 'alert',
      level: 'warning',
      release: { id: 'r-7f3a', phase: 'observing', step: 1, steps: 3, observed: 5, run: { id: '4711' } },
      facts: { environment: 'production' },
    })
    const later = SERVICES.webhook.build(
      composeMessage(notice('alert'), RELEASE, NOW + 9000),
      { kind: 'webhook', url: 'https://x/' },
      NOW + 9000,
    )
    expect(later.headers['webhook-id']).toBe(id)
    expect(later.headers['webhook-signature']).toBeUndefined()
    expect(build('webhook', notice('step')).headers['webhook-id']).not.toBe(id)
  })

  it.each<[ServiceKind, (body: Record<string, never>) => [string, number][]]>([
    ['dingtalk', (body) => [[JSON.stringify(body), 20_000]]],
    ['feishu', (body) => [[JSON.stringify(body), 20_000]]],
    ['wecom', (body) => [[(body['markdown'] as unknown as { content: string }).content, 4096]]],
    [
      'slack',
      (body) =>
        (body['blocks'] as unknown as { text?: { text: string } }[]).map((one) => [
          one.text?.text ?? '',
          3000,
        ]),
    ],
  ])('of %s stay within what the service takes', (kind, parts) => {
    const long = releaseOf(
      { step: 0, observed: 5, intended: 5 },
      { new: '新'.repeat(9000), old: '<'.repeat(9000), environment: '环'.repeat(400) },
    )
    for (const level of ['info', 'warning'] as const)
      for (const [text, most] of parts(bodyOf(kind, notice('rolled-back', level, '数'.repeat(30_000)), long)))
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(kind === 'slack' ? most * 3 : most)
    const page = bodyOf('wecom', notice('rollback-failed', 'page', '数'.repeat(30_000)), long)
    expect(Buffer.byteLength((page['text'] as unknown as { content: string }).content)).toBeLessThanOrEqual(
      2048,
    )
  })

  it.each<ServiceKind>(['dingtalk', 'wecom'])('of %s do not let a text become a link', (kind) => {
    expect(
      JSON.stringify(bodyOf(kind, notice('alert', 'warning', '[click](https://evil.example) `x` <font>'))),
    ).not.toContain('[click]')
  })
})

describe('answers', () => {
  it.each<[ServiceKind, number, string, 'ok' | 'passing' | 'final', string]>([
    ['dingtalk', 200, '{"errcode":0,"errmsg":"ok"}', 'ok', ''],
    [
      'dingtalk',
      200,
      '{"errcode":310000,"errmsg":"sign not match"}',
      'final',
      'errcode 310000 sign not match; the signature',
    ],
    ['dingtalk', 200, '{"errcode":130101,"errmsg":"send too fast"}', 'passing', '20 messages a minute'],
    ['dingtalk', 200, '{"errcode":410100,"errmsg":"too fast"}', 'passing', '20 messages a minute'],
    ['dingtalk', 200, '{"errcode":-1,"errmsg":"busy"}', 'passing', 'busy'],
    ['dingtalk', 200, '<html>', 'final', 'a proxy may stand between'],
    ['dingtalk', 502, '', 'passing', 'HTTP 502'],
    ['feishu', 200, '{"code":0,"msg":"success"}', 'ok', ''],
    [
      'feishu',
      200,
      '{"code":19021,"msg":"sign match fail"}',
      'final',
      'code 19021 sign match fail; the signature is wrong',
    ],
    ['feishu', 400, '{"code":11232,"msg":"frequency limited"}', 'passing', '100 messages a minute'],
    ['feishu', 200, '{"code":424242,"msg":"new"}', 'final', 'code 424242 new'],
    ['feishu', 500, '{"code":1,"msg":"x"}', 'passing', 'code 1'],
    ['wecom', 200, '{"errcode":0,"errmsg":"ok"}', 'ok', ''],
    ['wecom', 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', 'final', 'the key in the address'],
    ['wecom', 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', 'passing', '20 messages a minute'],
    ['slack', 200, 'ok', 'ok', ''],
    ['slack', 404, 'no_service', 'final', 'the webhook was removed'],
    ['slack', 410, 'channel_is_archived', 'final', 'archived'],
    ['slack', 429, 'rate_limited', 'passing', 'one message a second'],
    ['slack', 500, 'rollup_error', 'passing', 'rollup_error'],
    ['slack', 200, '<html>sign in</html>', 'final', 'not the answer of Slack'],
    ['webhook', 204, '', 'ok', ''],
    ['webhook', 503, 'later', 'passing', 'HTTP 503: later'],
    ['webhook', 302, '', 'final', 'HTTP 302'],
  ])('%s %d %s: %s', (kind, status, body, result, reason) => {
    const outcome = SERVICES[kind].read(status, body)
    expect(outcome.ok ? 'ok' : outcome.fault?.kind).toBe(result)
    expect(outcome.reason ?? '').toContain(reason)
  })
})

describe('delivery', () => {
  let server: Server
  let act: TestAct
  let answers: { status: number; body: string; headers?: Record<string, string> }[]
  let seen: { path: string; headers: IncomingHttpHeaders; body: string }[]
  beforeEach(async () => {
    act = testAct()
    answers = []
    seen = []
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push({ path: request.url ?? '', headers: request.headers, body })
        const { status, body: text, headers } = answers.shift() ?? { status: 200, body: '{"errcode":0}' }
        if (status === 0) request.socket.destroy()
        else response.writeHead(status, headers).end(text)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await act.http.close()
  })
  const url = (): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/robot/send?access_token=very-secret-token`
  const notifier = (more: Partial<ChannelOptions> = {}): WebhookNotifier =>
    new WebhookNotifier({ kind: 'dingtalk', url: url(), secret: 'SECabcdefgh', ...more }, act)
  const log = (): string => act.lines.join('\n')

  it('signs and sends', async () => {
    await notifier().notify(notice('hold'), RELEASE, act.signal)
    const at = Number(new URL(seen[0]?.path ?? '', 'http://x').searchParams.get('timestamp'))
    expect(new URL(seen[0]?.path ?? '', 'http://x').searchParams.get('sign')).toBe(
      signDingtalk('SECabcdefgh', at),
    )
    expect(log()).toBe('')
  })

  it('tries again what passes, and signs each try anew', async () => {
    answers = [
      { status: 0, body: '' },
      { status: 502, body: '' },
      { status: 200, body: '{"errcode":130101}' },
      { status: 200, body: '{"errcode":0}' },
    ]
    await notifier().notify(notice('hold'), RELEASE, act.signal)
    expect(seen).toHaveLength(4)
    expect(log()).not.toContain('not delivered')
    expect(act.counter.list()).toMatchObject([{ what: 'the dingtalk message "hold"', count: 3 }])
  })

  it('does not try again what cannot, and throws nothing', async () => {
    answers = [{ status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' }]
    await notifier().notify(notice('hold'), RELEASE, act.signal)
    expect(seen).toHaveLength(1)
    expect(log()).toContain(
      'warning: the dingtalk message "hold" was not delivered: errcode 310000 sign not match',
    )
  })

  it('gives up a wait that is too long', async () => {
    answers = [{ status: 429, body: 'rate_limited', headers: { 'retry-after': '60' } }]
    await notifier({ kind: 'slack' }).notify(notice('hold'), RELEASE, act.signal)
    expect(seen).toHaveLength(1)
    expect(act.clock.sleeps).toEqual([])
  })

  it('never tells the address or the secret, not even when the connection fails', async () => {
    const address = url()
    const one = notifier()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await one.notify(notice('hold'), RELEASE, act.signal)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await new WebhookNotifier({ kind: 'webhook', url: 'no address at all with-key-123' }, act).notify(
      notice('hold'),
      RELEASE,
      act.signal,
    )
    expect(log()).toContain('was not delivered')
    for (const secret of [address, 'very-secret-token', 'SECabcdefgh', 'with-key-123'])
      expect(log()).not.toContain(secret)
  })

  it('takes secrets out of messages', async () => {
    act.secrets.mask('db-password-77')
    await notifier().notify(
      notice('alert', 'warning', 'dial postgres://db-password-77@db'),
      RELEASE,
      act.signal,
    )
    expect(seen[0]?.body).toContain('∗∗∗@db')
    expect(seen[0]?.body).not.toContain('db-password-77')
  })

  it('sends what is important enough', async () => {
    const one = notifier({ level: 'warning' })
    await one.notify(notice('step', 'info'), RELEASE, act.signal)
    await one.notify(notice('hold', 'warning'), RELEASE, act.signal)
    await one.notify(notice('rollback-failed', 'page'), RELEASE, act.signal)
    expect(seen).toHaveLength(2)
  })

  it('stops with the signal', async () => {
    const controller = new AbortController()
    controller.abort(new Error('cancelled'))
    await notifier().notify(notice('hold'), RELEASE, controller.signal)
    expect(seen).toHaveLength(0)
  })

  it('to all, whatever one of them does', async () => {
    const broken = { notify: () => Promise.reject(new Error('a bug')) }
    await new EveryNotifier([broken, notifier(), notifier({ kind: 'webhook' })], act).notify(
      notice('hold'),
      RELEASE,
      act.signal,
    )
    expect(seen).toHaveLength(2)
    expect(log()).toContain('a bug')
  })
})

describe('the issue', () => {
  let double: GitHubDouble
  let act: TestAct
  let issues: IssueNotifier
  beforeEach(async () => {
    double = await GitHubDouble.start()
    act = testAct()
    issues = new IssueNotifier(clientOf(double, act), double.repository, act)
  })
  afterEach(async () => {
    await double.close()
    await act.http.close()
  })
  const send = (event: string, level: Notice['level'], release = RELEASE): Promise<void> =>
    issues.notify(notice(event, level, `production: @team ${event} | <b>`), release, act.signal)
  const state = (): unknown[] =>
    double.issues.map((one) => [
      one['title'],
      one['state'],
      double.comments.get(one['number'] as number)?.length ?? 0,
    ])

  it('is opened once, goes on, and is closed by a release that works', async () => {
    await send('started', 'info')
    await send('hold', 'warning')
    expect(state()).toEqual([])
    await send('going-back', 'warning')
    await send('rolled-back', 'warning')
    await send('hold', 'warning')
    await send('step', 'info')
    expect(state()).toEqual([['WARNING production: the new version was taken back', 'open', 2]])
    expect(double.issues[0]?.['body']).toContain('@\u200bteam')
    expect(double.issues[0]?.['body']).toContain('&lt;b&gt;')
    // Another environment's success is none of this one's.
    await send('promoted', 'info', { ...RELEASE, id: 'r-9', environment: 'staging' })
    await send('promoted', 'info', { ...RELEASE, id: 'r-9', environment: 'production2' })
    expect(state()).toEqual([['WARNING production: the new version was taken back', 'open', 2]])
    await send('promoted', 'info', { ...RELEASE, id: 'r-9' })
    expect(state()).toEqual([['WARNING production: the new version was taken back', 'closed', 3]])
  })

  it('of another release is another one, and a new trouble opens it again', async () => {
    await send('rolled-back', 'warning')
    await send('promoted', 'info')
    await send('rollback-failed', 'page')
    await send('rolled-back', 'warning', { ...RELEASE, id: 'r-2' })
    expect(state()).toEqual([
      ['PAGE production: THE WAY BACK FAILED', 'open', 2],
      ['WARNING production: the new version was taken back', 'open', 0],
    ])
  })

  it('never stops a release', async () => {
    double.fail({
      when: () => true,
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    })
    await send('rolled-back', 'warning')
    expect(act.lines.join()).toContain('"issues: read"')
  })
})
