import { open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Act } from '../../base/act.ts'
import { codeOf, environmentError, inputError, messageOf, type PipelineError } from '../../base/errors.ts'
import { runCommand } from './commands.ts'
import { type ConfigFault, readConfigWeights, writeConfigWeights } from './haproxy-config.ts'
import type { HaproxySettings } from './haproxy-settings.ts'
import { type Draft, draftOf, readText } from './replace-file.ts'
import { shareOf } from './shares.ts'

/**
 * HAProxy's configuration file as the place where weights outlive a reload. Before the first change its content is kept
 * beside it as `.NAME.gray-before`, until the release is over.
 */
export class HaproxyFile {
  readonly path: string
  readonly #kept: string
  readonly #act: Pick<Act, 'exec' | 'log'>
  readonly #settings: HaproxySettings
  readonly #names: readonly string[]

  constructor(act: Pick<Act, 'exec' | 'log'>, settings: HaproxySettings, path: string) {
    this.#act = act
    this.#settings = settings
    this.path = path
    this.#kept = join(dirname(path), `.${basename(path)}.gray-before`)
    this.#names = [...settings.old, ...settings.new].map(({ name }) => name)
  }

  /** The new version's part in percent after a reload, without the servers that are out of service. */
  async percent(out: ReadonlySet<string> = new Set()): Promise<number> {
    const { weights } = this.#weights(await this.#text())
    return this.#share(new Map([...weights].filter(([name]) => !out.has(name))))
  }

  /** Proves that the file can be read, validated and written, by writing what is there beside it. */
  async check(signal: AbortSignal): Promise<void> {
    const text = await this.#text()
    this.#weights(text)
    const draft = await this.#draft(text, text, signal)
    await draft.discard()
  }

  /** A validated draft with these weights, undefined when the file has them already. */
  async prepare(
    weights: ReadonlyMap<string, number | undefined>,
    signal: AbortSignal,
  ): Promise<Draft | undefined> {
    const text = await this.#text()
    const written = writeConfigWeights(text, this.#settings.backend, weights)
    if ('fault' in written) throw this.#fault(written)
    if (written.text === text) return undefined
    const draft = await this.#draft(written.text, text, signal)
    try {
      await this.#keep(text)
    } catch (error) {
      await draft.discard()
      throw error
    }
    return draft
  }

  /** The weights of before the release, by server, when the file was changed since. */
  async before(): Promise<ReadonlyMap<string, number> | undefined> {
    const kept = await readText(this.#kept)
    if (kept === undefined) return undefined
    const found = readConfigWeights(kept, this.#settings.backend, this.#names)
    return 'fault' in found ? undefined : found.weights
  }

  /**
   * Puts our server lines back to what they were; other edits made meanwhile stay. `fallback` is written where nothing
   * was kept and a reload would give the new version traffic, or where what was kept would do so itself.
   */
  async restore(fallback: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
    const kept = await readText(this.#kept)
    const found =
      kept === undefined ? undefined : readConfigWeights(kept, this.#settings.backend, this.#names)
    const usable = found !== undefined && !('fault' in found) && this.#share(found.weights) === 0
    if (usable || (await this.percent()) !== 0) {
      const draft = await this.prepare(usable ? found.own : fallback, signal)
      try {
        await draft?.commit()
      } finally {
        await draft?.discard()
      }
    }
    await this.forget()
  }

  /** The release is over: what is in the file stays. */
  async forget(): Promise<void> {
    await rm(this.#kept, { force: true })
  }

  #share(weights: ReadonlyMap<string, number>): number {
    const sum = (servers: HaproxySettings['old']): number =>
      servers.reduce((total, { name }) => total + (weights.get(name) ?? 0), 0)
    return shareOf(sum(this.#settings.old), sum(this.#settings.new))
  }

  #weights(text: string): { weights: Map<string, number> } {
    const found = readConfigWeights(text, this.#settings.backend, this.#names)
    if ('fault' in found) throw this.#fault(found)
    return found
  }

  async #text(): Promise<string> {
    const text = await readText(this.path)
    if (text !== undefined) return text
    throw inputError({
      code: 'gray-haproxy-config',
      what: 'there is no such HAProxy configuration file on this machine',
      where: this.path,
      input: 'adapter',
      fix: 'config names the file that holds the backend; leave it out when HAProxy runs elsewhere',
    })
  }

  async #draft(content: string, base: string, signal: AbortSignal): Promise<Draft> {
    const draft = await draftOf(this.path, content, base)
    try {
      await this.#validate(draft.path, signal)
      return draft
    } catch (error) {
      await draft.discard()
      throw error
    }
  }

  async #validate(file: string, signal: AbortSignal): Promise<void> {
    const command = this.#settings.validate ?? { run: ['haproxy', '-c', '-f', '{config}'] }
    const done = await runCommand(this.#act, {
      command,
      values: { config: file },
      defaultTimeoutMs: 30_000,
      signal,
    })
    if (done.code === 0) return
    throw environmentError(
      {
        code: 'gray-haproxy-config',
        what: 'HAProxy refuses the configuration with the new weights',
        cause: `exit code ${done.code} of ${done.shown}`,
        where: this.path,
        fix: 'the file was not changed; see the output below. When it needs other files too, set validate',
      },
      { log: done.tail.join('\n') },
    )
  }

  async #keep(text: string): Promise<void> {
    try {
      // Only the first change of a release keeps: later ones would keep our own weights.
      const handle = await open(this.#kept, 'wx', 0o600)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return
      throw environmentError(
        {
          code: 'gray-file',
          what: 'the present HAProxy configuration cannot be kept for the way back',
          cause: messageOf(error),
          where: this.#kept,
          fix: 'give the user that runs the release the right to write this folder',
        },
        { cause: error },
      )
    }
  }

  #fault({ fault, line }: ConfigFault): PipelineError {
    return inputError({
      code: 'gray-haproxy-config',
      what: `the weights cannot be written into this HAProxy configuration: ${fault}`,
      where: line === undefined ? this.path : `${this.path}:${line}`,
      input: 'adapter',
      fix: 'backend, old and new name the backend and its "server" lines in this file; server-template lines cannot be used',
    })
  }
}
