import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job } from './chain.ts'

/**
 * The cache of actions/setup-go v7, by its commands: one archive of GOMODCACHE and GOCACHE, its key from go.sum, no restore keys,
 * saved by @actions/cache only when the key was not there (cache-restore.ts, cache-save.ts, cache-utils.ts). Starting the actions'
 * own programs (setup-go, setup-buildx, build-push) is left out: the comparison chains are as fast as their commands.
 */
export class SetupGo {
  readonly #job: Job
  #key = ''
  #paths: readonly string[] = []
  #hit = false

  constructor(job: Job) {
    this.#job = job
  }

  async restore(): Promise<void> {
    const { machine } = this.#job
    const { go, node } = machine.tools
    const started = performance.now()
    await this.#command('setup-go: go env', ['go', 'version'])
    this.#paths = [
      (await this.#command('setup-go: go env', ['go', 'env', 'GOMODCACHE'])).trim(),
      (await this.#command('setup-go: go env', ['go', 'env', 'GOCACHE'])).trim(),
    ]
    const sums = createHash('sha256')
      .update(await readFile(join(machine.workspace, 'go.sum')))
      .digest('hex')
    this.#key = `setup-go-Linux-x64-ubuntu24-go-${go.version}-${createHash('sha256').update(sums, 'hex').digest('hex')}`
    const done = await machine.step('setup-go: restore', {
      argv: [node, join(machine.tools.dist, 'cache-worker.js')],
      env: this.#workerEnv(),
      input: this.#request('restore'),
    })
    this.#hit = answerOf(done.stdout).key === this.#key
    await this.#command('setup-go: go env', ['go', 'env'])
    machine.note('setup-go', started, performance.now())
  }

  /** The post step. */
  async save(): Promise<void> {
    if (this.#hit) return
    const { machine } = this.#job
    const done = await machine.step('setup-go: save', {
      argv: [machine.tools.node, join(machine.tools.dist, 'cache-worker.js')],
      env: this.#workerEnv(),
      input: this.#request('save'),
    })
    if ((answerOf(done.stdout).id ?? -1) < 0)
      throw new Error(`the cache of the chain was not saved: ${done.stdout}`)
  }

  async #command(name: string, argv: readonly string[]): Promise<string> {
    return (await this.#job.machine.step(name, { argv, env: this.#job.machine.goEnv() })).stdout
  }

  #workerEnv(): Record<string, string> {
    const { machine, cacheEnv } = this.#job
    return machine.env({
      ...cacheEnv,
      GITHUB_WORKSPACE: machine.workspace,
      RUNNER_TEMP: machine.temp,
      RUNNER_OS: 'Linux',
    })
  }

  #request(operation: 'restore' | 'save'): string {
    return JSON.stringify({ operation, paths: this.#paths, key: this.#key, restoreKeys: [], crossOs: false })
  }
}

function answerOf(stdout: string): { readonly key?: string; readonly id?: number } {
  const line = stdout.split('\n').find((one) => one.startsWith('@@gip-cache-answer@@'))
  if (line === undefined) throw new Error(`the cache client did not answer: ${stdout}`)
  return JSON.parse(line.slice('@@gip-cache-answer@@'.length)) as { key?: string; id?: number }
}
