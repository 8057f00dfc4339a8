/** Calls with retries by class of fault, mirrors before the registry, and failures told for people. */
import type { Act } from '../base/act.ts'
import { reasonOf } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { type Fault, retry } from '../base/retry.ts'
import { type Asked, classifyRegistryFault, registryError } from './failures.ts'
import { type Endpoint, endpointsOf, originOf, type Routes } from './mirrors.ts'
import type { Answer, Call, Transport } from './transport.ts'

export type ApiAct = Pick<Act, 'log' | 'clock' | 'counter' | 'signal'>

const NOUNS: Readonly<Record<Asked['action'], string>> = {
  login: 'login to',
  pull: 'pull of',
  push: 'push of',
  delete: 'deletion of',
  list: 'tags of',
}

export class Api {
  readonly act: ApiAct
  readonly #transport: Transport
  readonly #routes: Routes

  constructor(act: ApiAct, transport: Transport, routes: Routes) {
    this.act = act
    this.#transport = transport
    this.#routes = routes
  }

  as(signal: AbortSignal): Api {
    return new Api({ ...this.act, signal }, this.#transport.as(signal), this.#routes)
  }

  origin(registry: string): Endpoint {
    return originOf(registry, this.#routes)
  }

  endpoints(registry: string, origin: boolean): Endpoint[] {
    return endpointsOf(registry, this.#routes, origin)
  }

  /** One try. */
  send(endpoint: Endpoint, call: Call): Promise<Answer> {
    return this.#transport.send(endpoint, call)
  }

  /** GET /v2/ without a login or a judgement of the status. */
  bare(endpoint: Endpoint): Promise<Answer> {
    return this.#transport.bare(endpoint)
  }

  /** Tries `work` again while its faults can pass; throws PipelineError, or the signal's reason. */
  async retrying<T>(
    asked: Asked,
    work: (attempt: number) => Promise<T>,
    options: { attempts?: number; classify?: (error: unknown) => Fault | undefined } = {},
  ): Promise<T> {
    const { clock, signal, log, counter } = this.act
    try {
      return await retry(work, {
        what: `${NOUNS[asked.action]} ${asked.what}`,
        classify: (error) => options.classify?.(error) ?? classifyRegistryFault(error, clock.now()),
        clock,
        signal,
        log,
        counter,
        ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
      })
    } catch (error) {
      if (signal.aborted) throw reasonOf(signal)
      throw registryError(error, asked)
    }
  }

  /** A retried call to the registry itself, read by `read` while it can still be repeated. */
  call<T>(registry: string, call: Call, read: (answer: Answer) => Promise<T>): Promise<T> {
    const endpoint = this.origin(registry)
    return this.retrying(call.asked, async () => read(await this.send(endpoint, call)))
  }

  /**
   * Reads by way of the mirrors, then from the registry. Whatever a mirror does wrong (absent, denied, broken, lying
   * about a digest) only leads to the next one.
   */
  async reading<T>(
    registry: string,
    asked: Asked,
    origin: boolean,
    work: (endpoint: Endpoint, asked: Asked) => Promise<T>,
  ): Promise<T> {
    const endpoints = this.endpoints(registry, origin)
    for (const [at, endpoint] of endpoints.entries()) {
      const last = at === endpoints.length - 1
      const about = last ? asked : { ...asked, registry: endpoint.registry }
      try {
        return await this.retrying(about, () => work(endpoint, about), last ? {} : { attempts: 2 })
      } catch (error) {
        if (last || this.act.signal.aborted) throw error
        this.act.log.info(
          `the mirror ${endpoint.host} does not serve ${asked.what}: ${messageOf(error).split('\n')[0] ?? ''}`,
        )
      }
    }
    throw new TypeError(`no endpoint for ${registry}`)
  }
}
