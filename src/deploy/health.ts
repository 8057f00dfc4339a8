import type { Act } from '../base/act.ts'
import { gateError, messageOf } from '../base/errors.ts'

const PAUSE_MS = 1000
const ASK_MS = 5000

/** The addresses to ask for some places: `{host}` is the name of the host, without user and port. */
export function healthUrls(pattern: string, where: readonly string[]): string[] {
  if (!pattern.includes('{host}')) return [pattern]
  return where.map((place) => {
    const host = place.slice(place.lastIndexOf('@') + 1).replace(/:\d+$/, '')
    return pattern.replaceAll('{host}', host === 'local' ? '127.0.0.1' : host)
  })
}

/**
 * Asks from here until every address has answered 2xx or 3xx, each for at most `waitMs`.
 *
 * @throws PipelineError gate `deploy-unhealthy` with the last answer
 */
export async function awaitHealthy(
  urls: readonly string[],
  waitMs: number,
  { http, clock, signal, log }: Pick<Act, 'http' | 'clock' | 'signal' | 'log'>,
): Promise<void> {
  for (const url of urls) {
    const end = clock.now() + waitMs
    for (;;) {
      const answer = await ask(url, http, signal)
      if (answer === undefined) break
      log.debug(`${url}: ${answer}`)
      if (clock.now() >= end)
        throw gateError({
          code: 'deploy-unhealthy',
          what: `${url} was not healthy within ${Math.round(waitMs / 1000)} s`,
          cause: answer,
          where: url,
          fix: 'look at the log of the service; the address must be reachable from the runner',
        })
      await clock.sleep(PAUSE_MS, signal)
    }
    log.info(`${url} is healthy`)
  }
}

async function ask(url: string, http: Act['http'], signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await http.request({ url, timeoutMs: ASK_MS, signal })
    await response.drain()
    return response.status >= 200 && response.status < 400 ? undefined : `HTTP ${response.status}`
  } catch (error) {
    signal.throwIfAborted()
    return messageOf(error)
  }
}
