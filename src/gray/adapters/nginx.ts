import { rm } from 'node:fs/promises'
import type { Act } from '../../base/act.ts'
import { environmentError, inputError, messageOf, PipelineError } from '../../base/errors.ts'
import type { Adapter, Observation } from '../ports.ts'
import { runCommand, timeoutOf } from './commands.ts'
import type { NginxSettings } from './nginx-settings.ts'
import { type Marker, MARKER_PATH, markerOf, parseMarker, render } from './nginx-render.ts'
import { draftOf, readText } from './replace-file.ts'

const POLL_MS = 100
const SETTLE_MS = 30_000
/** Old workers go on accepting for a moment beside the new ones: so many answers in a row have to agree. */
const AGREEING = 5

/**
 * Traffic split by a file that nginx includes: rendered, put in place at once, tested with the whole configuration
 * (`nginx -t`), loaded, and proved to be loaded by asking a loopback location that the file itself defines.
 */
export function makeNginx(
  settings: NginxSettings,
  act: Pick<Act, 'exec' | 'http' | 'log' | 'clock'>,
): Adapter {
  const { file } = settings
  const settleMs = timeoutOf(settings.settle === undefined ? {} : { timeout: settings.settle }, SETTLE_MS)

  const set = async (percent: number, signal: AbortSignal): Promise<void> => {
    const before = await own(file)
    const content = render(settings, percent)
    const wanted = markerOf(content)
    if (wanted === undefined) throw new TypeError('a rendered file has a marker')
    if (before !== content) await replace(content, before, signal)
    else if (same(await loaded(signal), wanted)) return
    else await test(signal)
    try {
      await reload(signal)
    } catch (error) {
      // A later reload by somebody else must not give more to the new version than anybody looked at.
      if (before !== content && percent > 0) await putBack(before, content)
      throw error
    }
    await awaitLoaded(wanted, signal)
  }

  /** In place first, because nginx tests only files that it includes; a refused one is taken back at once. */
  const replace = async (content: string, before: string | undefined, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    const draft = await draftOf(file, content, before)
    try {
      await draft.commit()
    } finally {
      await draft.discard()
    }
    try {
      await test(signal)
    } catch (error) {
      await putBack(before, content)
      throw error
    }
  }

  const putBack = async (before: string | undefined, refused: string): Promise<void> => {
    if (before === undefined) {
      await rm(file, { force: true })
      return
    }
    const draft = await draftOf(file, before, refused)
    try {
      await draft.commit()
    } finally {
      await draft.discard()
    }
  }

  const nginx = async (
    what: string,
    args: readonly string[],
    signal: AbortSignal,
    fix = 'the file is as it was and nginx goes on with what it has loaded; see its output below',
  ): Promise<string> => {
    const argv = [...settings.nginx, ...args]
    const done = await act.exec.run({ argv, timeoutMs: 30_000, signal })
    if (done.code === 0) return done.stdout
    throw environmentError(
      {
        code: 'gray-nginx-refused',
        what,
        cause: done.tail.find((line) => /\[(?:emerg|crit|alert)\]/.test(line)) ?? `exit code ${done.code}`,
        where: file,
        fix,
      },
      { log: done.tail.join('\n') },
    )
  }

  const test = (signal: AbortSignal): Promise<string> =>
    nginx('nginx refuses its configuration with the new split', ['-t'], signal)

  const reload = async (signal: AbortSignal): Promise<void> => {
    if (settings.reload === undefined) {
      const fix = 'is nginx running, and was it started with the same -p and -c as in the adapter’s nginx?'
      await nginx('nginx cannot be told to reload', ['-s', 'reload'], signal, fix)
      return
    }
    const done = await runCommand(act, { command: settings.reload, defaultTimeoutMs: 30_000, signal })
    if (done.code === 0) return
    throw environmentError(
      {
        code: 'gray-nginx-reload',
        what: 'the reload command failed',
        cause: `exit code ${done.code} of ${done.shown}`,
        fix: 'see its output below; the new split is not in force',
      },
      { log: done.tail.join('\n') },
    )
  }

  /** What the running workers have loaded; undefined when it is none of ours. */
  const loaded = async (signal: AbortSignal): Promise<Marker | undefined> => {
    const url = settings.markerUrl ?? `http://${settings.marker}${MARKER_PATH}`
    try {
      // A connection of its own each time: an old worker would go on answering on one that lives on.
      const answer = await act.http.request({
        url,
        timeoutMs: 5000,
        signal,
        headers: { connection: 'close' },
      })
      const text = await answer.text(64 * 1024)
      return answer.status === 200 ? parseMarker(text) : undefined
    } catch (error) {
      signal.throwIfAborted()
      act.log.debug(`${url}: ${messageOf(error)}`)
      return undefined
    }
  }

  const awaitLoaded = async (wanted: Marker, signal: AbortSignal): Promise<void> => {
    const end = act.clock.now() + settleMs
    let last: Marker | undefined
    for (let agreeing = 0; agreeing < AGREEING;) {
      last = await loaded(signal)
      agreeing = same(last, wanted) ? agreeing + 1 : 0
      if (agreeing > 0) continue
      if (act.clock.now() + POLL_MS > end) throw notLoaded(settings, last)
      await act.clock.sleep(POLL_MS, signal)
    }
  }

  const get = async (signal: AbortSignal): Promise<Observation> => {
    const content = await own(file)
    if (content === undefined)
      throw environmentError({
        code: 'gray-nginx-file',
        what: 'the file that splits the traffic is not there',
        where: file,
        fix: 'start the release, which writes it, or put it back',
      })
    const written = markerOf(content)
    const answers: (Marker | undefined)[] = []
    for (let i = 0; i < AGREEING; i++) answers.push(await loaded(signal))
    const [running] = answers
    if (running === undefined || written === undefined)
      throw environmentError({
        code: 'gray-nginx-marker',
        what: 'the running nginx does not tell which split it has loaded',
        where: settings.markerUrl ?? settings.marker,
        fix: 'is nginx running, is the file included in its http section, and does this machine reach the marker address?',
      })
    const faults: string[] = []
    if (!answers.every((answer) => same(answer, running))) faults.push('its workers answer differently')
    if (!same(running, written)) faults.push(`the file says ${written.percent} % but is not loaded`)
    if (content !== render(settings, written.percent))
      faults.push('the file was made with other settings, or edited')
    return {
      percent: running.percent,
      settled: faults.length === 0,
      detail: [`new ${running.percent} % (loaded ${running.generation})`, ...faults].join('; '),
    }
  }

  return {
    kind: 'nginx',
    check: async (signal) => {
      const content = await own(file)
      // Without the file nginx's configuration is not whole: the first write tests it.
      if (content === undefined) return
      const dump = await nginx('nginx refuses its present configuration', ['-T'], signal)
      if (!dump.includes(`# configuration file ${file}:`))
        throw inputError({
          code: 'gray-nginx-include',
          what: 'nginx does not include the file that splits the traffic',
          where: file,
          input: 'adapter',
          fix: `write "include ${file};" in the http section of nginx's configuration, with the very path of the adapter's file`,
        })
    },
    // The file is there from the first release on; before it, nothing has split traffic.
    deploy: async (signal) => {
      if ((await own(file)) === undefined) await set(0, signal)
    },
    get,
    set,
    reset: (signal) => set(0, signal),
  }
}

function same(a: Marker | undefined, b: Marker | undefined): boolean {
  return a !== undefined && b !== undefined && a.generation === b.generation && a.percent === b.percent
}

/** The content of our file; undefined when there is none, or an empty one. A stranger's is refused. */
async function own(file: string): Promise<string | undefined> {
  const content = await readText(file)
  if (content === undefined || markerOf(content) !== undefined) return content
  throw inputError({
    code: 'gray-nginx-file',
    what: 'the file that is to split the traffic holds something else',
    where: file,
    input: 'adapter',
    fix: 'give the adapter a file of its own; move this one away when nothing in it is needed',
  })
}

function notLoaded(settings: NginxSettings, last: Marker | undefined): PipelineError {
  return environmentError({
    code: 'gray-nginx-not-loaded',
    what: 'nginx was told to reload but does not show the new split',
    cause:
      last === undefined ? `${settings.marker} does not answer` : `it still has ${last.percent} % loaded`,
    where: settings.markerUrl ?? settings.marker,
    fix: 'see nginx’s error log: a reload fails silently when, for example, a port cannot be bound',
  })
}
