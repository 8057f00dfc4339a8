import { createHmac } from 'node:crypto'
import { sha256 } from '../../base/download.ts'
import type { Fault } from '../../base/retry.ts'
import { cutBytes, type Message, plainText } from './message.ts'

export type ServiceKind = 'dingtalk' | 'feishu' | 'wecom' | 'slack' | 'webhook'

/** A webhook as a request; the URL may carry a signature and always is a secret. */
export interface Delivery {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Channel {
  readonly kind: ServiceKind
  readonly url: string
  /** Signs the request: DingTalk's SEC…, Feishu's signing key, a generic webhook's key. Slack and WeCom have none. */
  readonly secret?: string
}

/** What the service says of a delivery. Some answer 200 with an error in the body. */
export interface Outcome {
  readonly ok: boolean
  readonly fault?: Fault
  /** What was wrong and what to do, without any secret. */
  readonly reason?: string
}

export interface Service {
  /** Pure; `now` in ms. */
  readonly build: (message: Message, channel: Channel, now: number) => Delivery
  readonly read: (status: number, body: string) => Outcome
}

const json = { 'content-type': 'application/json; charset=utf-8' }
const hmac = (key: string | Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64')

/** Letters that have a meaning in some chat's Markdown, as look-alikes without one: most chats know no escape. */
const tame = (text: string): string =>
  text.replace(
    /[<>[\]`*\\]/g,
    (letter) =>
      ({ '<': '＜', '>': '＞', '[': '［', ']': '］', '`': "'", '*': '∗', '\\': '＼' })[letter] ?? '',
  )

function markdown(message: Message): string {
  return [
    `### ${tame(message.title)}`,
    `**Why:** ${tame(message.why)}`,
    message.facts.map(([name, value]) => `- ${name}: **${tame(value)}**`).join('\n'),
    ...(message.todo.length === 0
      ? []
      : [`**To do:**\n${message.todo.map((one) => `- ${tame(one)}`).join('\n')}`]),
    ...(message.link === undefined ? [] : [`[Open the run](${message.link})`]),
  ].join('\n\n')
}

/** DingTalk custom robot: `sign` = base64(HMAC-SHA256(secret, "timestamp\nsecret")), timestamp in ms, in the query. */
export function signDingtalk(secret: string, timestamp: number): string {
  return hmac(secret, `${timestamp}\n${secret}`)
}

/** Feishu custom bot: the key is "timestamp\nsecret", the text is empty; timestamp in seconds, in the body. */
export function signFeishu(secret: string, timestamp: number): string {
  return hmac(`${timestamp}\n${secret}`, '')
}

/**
 * Standard Webhooks 1.0 (standardwebhooks.com): base64(HMAC-SHA256(key, "id.timestamp.body")), timestamp in seconds.
 * A key that begins with `whsec_` is base64.
 */
export function signWebhook(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  return `v1,${hmac(key, `${id}.${timestamp}.${body}`)}`
}

interface Code {
  readonly passing?: true
  readonly fix: string
}

/** Reads `{"errcode": 0}` and `{"code": 0}`: only a zero is a success, whatever the status is. */
function byCode(field: string, text: string, codes: Readonly<Record<string, Code>>): Service['read'] {
  return (status, body) => {
    let value: Record<string, unknown> = {}
    try {
      const parsed = JSON.parse(body) as unknown
      if (typeof parsed === 'object' && parsed !== null) value = parsed as Record<string, unknown>
    } catch {
      // Below: an answer without a code is none of theirs.
    }
    const code = value[field]
    if (code === 0 && status >= 200 && status < 300) return { ok: true }
    if (typeof code !== 'number')
      return byStatus(status, 'the answer is not the service’s own: a proxy may stand between')
    const known = codes[String(code)]
    const said = typeof value[text] === 'string' ? ` ${value[text].slice(0, 200)}` : ''
    return {
      ok: false,
      fault:
        known?.passing === true || status >= 500 || status === 429 ? { kind: 'passing' } : { kind: 'final' },
      reason: `${field} ${code}${said}${known === undefined ? '' : `; ${known.fix}`}`,
    }
  }
}

function byStatus(status: number, text: string): Outcome {
  const passing = status === 408 || status === 429 || (status >= 500 && status !== 501)
  return {
    ok: false,
    fault: passing ? { kind: 'passing' } : { kind: 'final' },
    reason: `HTTP ${status}: ${text}`,
  }
}

const DINGTALK: Service = {
  build: (message, channel, now) => {
    const url = new URL(channel.url)
    if (channel.secret !== undefined) {
      url.searchParams.set('timestamp', String(now))
      url.searchParams.set('sign', signDingtalk(channel.secret, now))
    }
    const body = {
      msgtype: 'markdown',
      // The whole body may have 20 000 bytes.
      markdown: { title: cutBytes(message.title, 200), text: cutBytes(markdown(message), 15_000) },
      at: { isAtAll: message.level === 'page' },
    }
    return { url: url.toString(), headers: json, body: JSON.stringify(body) }
  },
  read: byCode('errcode', 'errmsg', {
    '-1': { passing: true, fix: 'the service is busy' },
    '130101': { passing: true, fix: 'a robot may send 20 messages a minute' },
    '410100': { passing: true, fix: 'a robot may send 20 messages a minute' },
    '90030': { fix: "the robot's messages of the day are used up" },
    '300001': { fix: 'the access_token in the address is not that of a robot' },
    '300005': { fix: 'the access_token in the address is not that of a robot' },
    '310000': {
      fix: 'the signature, a keyword or the address list of the robot refuses it: check the secret (SEC…), the keywords, and the clock of this machine',
    },
    '400101': { fix: 'the access_token in the address is not that of a robot' },
    '400102': { fix: 'the robot is switched off' },
    '400106': { fix: 'the robot was removed from the group' },
  }),
}

const COLOURS: Readonly<Record<Message['level'], string>> = { info: 'blue', warning: 'orange', page: 'red' }

const FEISHU: Service = {
  build: (message, channel, now) => {
    const timestamp = Math.floor(now / 1000)
    const plain = (content: string): object => ({ tag: 'plain_text', content })
    const card = {
      config: { wide_screen_mode: true },
      header: { template: COLOURS[message.level], title: plain(cutBytes(message.title, 200)) },
      elements: [
        ...(message.level === 'page'
          ? [{ tag: 'div', text: { tag: 'lark_md', content: '<at id=all></at>' } }]
          : []),
        // The request may have 20 KB.
        { tag: 'div', text: plain(cutBytes(`Why: ${message.why}`, 8000)) },
        {
          tag: 'div',
          fields: message.facts.map(([name, value]) => ({
            is_short: false,
            text: plain(cutBytes(`${name}: ${value}`, 600)),
          })),
        },
        ...message.todo.map((one) => ({ tag: 'div', text: plain(`To do: ${cutBytes(one, 600)}`) })),
        ...(message.link === undefined
          ? []
          : [
              {
                tag: 'action',
                actions: [{ tag: 'button', type: 'primary', text: plain('Open the run'), url: message.link }],
              },
            ]),
      ],
    }
    const signed =
      channel.secret === undefined
        ? {}
        : { timestamp: String(timestamp), sign: signFeishu(channel.secret, timestamp) }
    return {
      url: channel.url,
      headers: json,
      body: JSON.stringify({ ...signed, msg_type: 'interactive', card }),
    }
  },
  read: byCode('code', 'msg', {
    '9499': { fix: 'the message was not understood' },
    '11232': { passing: true, fix: 'a bot may send 100 messages a minute and 5 a second' },
    '19001': { fix: 'the address is not that of a bot' },
    '19021': { fix: 'the signature is wrong, or the clock of this machine is off by more than an hour' },
    '19022': { fix: 'the address list of the bot does not have this machine' },
    '19024': { fix: 'the message has none of the keywords of the bot' },
  }),
}

const WECOM: Service = {
  build: (message, channel) => {
    // Markdown cannot call everybody, and text can: 4096 and 2048 bytes are the limits of the two.
    const body =
      message.level === 'page'
        ? { msgtype: 'text', text: { content: cutBytes(plainText(message), 2048), mentioned_list: ['@all'] } }
        : { msgtype: 'markdown', markdown: { content: cutBytes(markdown(message), 4096) } }
    return { url: channel.url, headers: json, body: JSON.stringify(body) }
  },
  read: byCode('errcode', 'errmsg', {
    '-1': { passing: true, fix: 'the service is busy' },
    '40008': { fix: 'the message was not understood' },
    '40058': { fix: 'the message was not understood, or is too long' },
    '45009': { passing: true, fix: 'a robot may send 20 messages a minute' },
    '45033': { passing: true, fix: 'too many messages at once' },
    '93000': { fix: 'the key in the address is not that of a robot' },
    '93008': { fix: 'the robot is not in the group any more' },
  }),
}

/** Slack's own three (api.slack.com, "Formatting text"); nothing else is markup once they are gone. */
const slackEscape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const SLACK: Service = {
  build: (message, channel) => {
    const text = (content: string, most: number): object => ({ type: 'mrkdwn', text: content.slice(0, most) })
    const call = message.level === 'page' ? '<!channel> ' : ''
    const blocks = [
      { type: 'header', text: { type: 'plain_text', text: message.title.slice(0, 150), emoji: false } },
      { type: 'section', text: text(`${call}*Why:* ${slackEscape(message.why.slice(0, 2000))}`, 3000) },
      // Ten fields at most, of 2000 characters.
      {
        type: 'section',
        fields: message.facts
          .slice(0, 10)
          .map(([name, value]) => text(`*${name}*\n${slackEscape(value.slice(0, 500))}`, 2000)),
      },
      ...(message.todo.length === 0
        ? []
        : [
            {
              type: 'section',
              text: text(
                `*To do:*\n${message.todo.map((one) => `• ${slackEscape(one.slice(0, 500))}`).join('\n')}`,
                3000,
              ),
            },
          ]),
      ...(message.link === undefined
        ? []
        : [{ type: 'section', text: text(`<${message.link}|Open the run>`, 3000) }]),
    ]
    // `text` is what a phone's notification shows.
    const body = {
      text: slackEscape(`${message.title}. ${message.why}`.slice(0, 2000)),
      blocks,
      unfurl_links: false,
    }
    return { url: channel.url, headers: json, body: JSON.stringify(body) }
  },
  read: (status, body) => {
    if (status === 200 && body.trim() === 'ok') return { ok: true }
    const word = /^[a-z_]{1,60}$/.test(body.trim()) ? body.trim() : ''
    const fix = SLACK_FIXES[word]
    return byStatus(
      status === 200 ? 400 : status,
      `${word === '' ? 'not the answer of Slack' : word}${fix === undefined ? '' : `; ${fix}`}`,
    )
  },
}

const SLACK_FIXES: Readonly<Record<string, string>> = {
  action_prohibited: 'an admin has forbidden this webhook to post',
  channel_is_archived: 'the channel is archived: make a webhook for another one',
  channel_not_found: 'the channel is gone: make a new webhook',
  invalid_payload: 'the message was not understood',
  no_service: 'the webhook was removed: make a new one',
  no_team: 'the workspace is gone',
  rate_limited: 'a webhook may send one message a second',
}

const WEBHOOK: Service = {
  build: (message, channel, now) => {
    const { key, story, data, ...told } = message
    const timestamp = Math.floor(now / 1000)
    const body = JSON.stringify({
      schema: 1,
      ...told,
      facts: Object.fromEntries(message.facts),
      text: plainText(message),
      at: new Date(now).toISOString(),
      about: story.group,
      ...data,
    })
    const id = `msg_${sha256(key).slice(0, 32)}`
    const signed =
      channel.secret === undefined
        ? {}
        : { 'webhook-signature': signWebhook(channel.secret, id, timestamp, body) }
    return {
      url: channel.url,
      headers: { ...json, 'webhook-id': id, 'webhook-timestamp': String(timestamp), ...signed },
      body,
    }
  },
  read: (status, body) =>
    status >= 200 && status < 300 ? { ok: true } : byStatus(status, body.slice(0, 120).replace(/\s+/g, ' ')),
}

export const SERVICES: Readonly<Record<ServiceKind, Service>> = {
  dingtalk: DINGTALK,
  feishu: FEISHU,
  wecom: WECOM,
  slack: SLACK,
  webhook: WEBHOOK,
}
