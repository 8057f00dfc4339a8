import type { Act } from '../../base/act.ts'
import { messageOf } from '../../base/errors.ts'
import { type Fault, parseRetryAfter, classifyNetworkFault, retry } from '../../base/retry.ts'
import type { Notice, Notifier, StoredRelease } from '../../gray/ports.ts'
import type { Message } from './message.ts'
import { composeMessage } from './release-message.ts'
import { type Channel, SERVICES } from './services.ts'

/** A message is tried for no longer than this: it must not keep a release waiting, and old news help nobody. */
const WINDOW_MS = 12_000
const REQUEST_MS = 5000
const ATTEMPTS = 4

const LEVELS: readonly Message['level'][] = ['info', 'warning', 'page']

export interface ChannelOptions extends Channel {
  /** What is below it is not sent here. Default `info`. */
  readonly level?: Message['level']
}

class DeliveryError extends Error {
  readonly fault: Fault
  constructor(reason: string, fault: Fault) {
    super(reason)
    this.fault = fault
  }
}

/** Sends messages; those of a release are made from its notices. Never throws. */
export abstract class MessageNotifier implements Notifier {
  protected readonly ports: Pick<Act, 'log' | 'clock' | 'secrets'>

  constructor(ports: Pick<Act, 'log' | 'clock' | 'secrets'>) {
    this.ports = ports
  }

  /** Whether it has arrived, or need not be sent here. */
  abstract send(message: Message, signal: AbortSignal): Promise<boolean>

  async notify(notice: Notice, release: StoredRelease, signal: AbortSignal): Promise<void> {
    const { secrets, clock } = this.ports
    const clean = { ...notice, message: secrets.redact(notice.message) }
    await this.send(composeMessage(clean, release, clock.now()), signal)
  }
}

/** One chat or webhook. Never throws; tries again what can pass, within 12 s; no address and no secret is ever told. */
export class WebhookNotifier extends MessageNotifier {
  readonly #channel: ChannelOptions
  readonly #act: Pick<Act, 'http' | 'log' | 'clock' | 'counter' | 'secrets'>

  constructor(channel: ChannelOptions, act: Pick<Act, 'http' | 'log' | 'clock' | 'counter' | 'secrets'>) {
    super(act)
    maskChannel(channel, act.secrets)
    this.#channel = channel
    this.#act = act
  }

  async send(message: Message, signal: AbortSignal): Promise<boolean> {
    if (LEVELS.indexOf(message.level) < LEVELS.indexOf(this.#channel.level ?? 'info')) return true
    const { kind } = this.#channel
    const { clock, counter, log, secrets } = this.#act
    const until = clock.now() + WINDOW_MS
    try {
      await retry(() => this.#once(message, signal), {
        what: `the ${kind} message "${message.event}"`,
        attempts: ATTEMPTS,
        baseMs: 500,
        capMs: WINDOW_MS,
        classify: (error) => {
          const fault = error instanceof DeliveryError ? error.fault : classifyNetworkFault(error)
          const late = clock.now() + (fault.kind === 'passing' ? (fault.afterMs ?? 0) : 0) >= until
          return late ? { kind: 'final' } : fault
        },
        clock,
        signal,
        counter,
        log: { ...log, info: (line) => log.info(secrets.redact(line)) },
      })
      return true
    } catch (error) {
      log.warning(
        secrets.redact(
          `the ${kind} message "${message.event}" was not delivered: ${plainReason(error, this.#channel.url)}`,
        ),
      )
      return false
    }
  }

  async #once(message: Message, signal: AbortSignal): Promise<void> {
    const { kind } = this.#channel
    const { http, clock } = this.#act
    const now = clock.now()
    const { url, headers, body } = SERVICES[kind].build(message, this.#channel, now)
    const response = await http.request({ method: 'POST', url, headers, body, timeoutMs: REQUEST_MS, signal })
    const text = await response.text(64 * 1024)
    const outcome = SERVICES[kind].read(response.status, text)
    if (outcome.ok) return
    const afterMs = parseRetryAfter(response.headers['retry-after'], now)
    const fault = outcome.fault ?? { kind: 'final' }
    throw new DeliveryError(
      outcome.reason ?? `HTTP ${response.status}`,
      fault.kind === 'passing' && afterMs !== undefined ? { kind: 'passing', afterMs } : fault,
    )
  }
}

/** The address is the credential of a webhook: all of it, and each long part that could be told alone. */
function maskChannel({ url, secret }: Channel, secrets: Act['secrets']): void {
  secrets.mask(url)
  if (secret !== undefined) secrets.mask(secret)
  try {
    const { pathname, searchParams } = new URL(url)
    for (const value of searchParams.values()) if (value.length >= 8) secrets.mask(value)
    for (const part of pathname.split('/')) if (part.length >= 12) secrets.mask(part)
    if (pathname.length >= 12) secrets.mask(pathname)
  } catch {
    // Not an address: it fails when it is used, and is masked as it is.
  }
}

/** What failed, without the address, which libraries like to put into their messages. */
function plainReason(error: unknown, url: string): string {
  return messageOf(error).replaceAll(url, '***')
}

/** Sends to all at the same time; one that is slow or down keeps no other one waiting. Never throws. */
export class EveryNotifier implements Notifier {
  readonly #all: readonly Notifier[]
  readonly #log: Act['log']

  constructor(all: readonly Notifier[], { log }: Pick<Act, 'log'>) {
    this.#all = all
    this.#log = log
  }

  async notify(notice: Notice, release: StoredRelease, signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(this.#all.map((one) => one.notify(notice, release, signal)))
    for (const one of results)
      if (one.status === 'rejected') this.#log.warning(`a notice was not sent: ${messageOf(one.reason)}`)
  }
}
