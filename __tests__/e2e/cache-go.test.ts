import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemExec } from '../../src/base/exec.ts'
import { hostOf } from '../../src/base/platform.ts'
import { removeTree } from '../../src/cache/store.ts'
import type { Flavour } from '../../src/cache/keys.ts'
import {
  type CacheFacts,
  type CachePart,
  cacheState,
  parseCacheState,
  planCaches,
  restoreCaches,
  saveCaches,
  type SavedCache,
} from '../../src/cache/plan.ts'
import { CacheDouble } from '../support/cache-double.ts'
import { type Machine, machine, workerOptions } from '../support/cache-act.ts'
import { publishModule } from '../support/module-proxy.ts'

jest.setTimeout(900_000)

// One project folder for all machines, as hosted runners have it: Go's action IDs may name it.
let project: string
let proxy: string
let goVersion: string
let double: CacheDouble
// A machine on which the program has been tested and built once: the standard library is compiled for all tests here.
let base: Runner
let sums: string
const machines: Machine[] = []

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'cache-go-'))
  proxy = await mkdtemp(join(tmpdir(), 'cache-proxy-'))
  const dep = (text: string): Record<string, string> => ({
    'dep.go': `package dep\n\nfunc Text() string { return "${text}" }\n`,
  })
  await publishModule(proxy, 'example.org/dep', 'v1.0.0', dep('one'))
  await publishModule(proxy, 'example.org/dep', 'v1.1.0', dep('two'))
  const version = await new SystemExec().run({ argv: ['go', 'env', 'GOVERSION'] })
  goVersion = version.stdout.trim().slice(2)
  await write(program())
  base = new Runner(await machine({}), '0', `file://${proxy}`, PLAIN, goVersion)
  expect(await base.go('mod', 'tidy')).toMatchObject({ code: 0 })
  sums = await readFile(join(project, 'go.sum'), 'utf8')
  const tested = await base.go('test', '-x', '-vet=all', './...')
  expect(tested.code).toBe(0)
  // What the tests below find missing is really there when something is compiled.
  expect(tested.compiled).toContain('example.org/dep')
  expect((await base.go('build', '-o', join(base.at.folder, 'app'), '.')).code).toBe(0)
})
afterAll(async () => {
  await removeTree(join(base.at.folder, 'mod'))
  await base.at.dispose()
  await rm(project, { recursive: true, force: true })
  await rm(proxy, { recursive: true, force: true })
})
beforeEach(async () => {
  double = await CacheDouble.start()
})
afterEach(async () => {
  for (const at of machines.splice(0)) {
    await removeTree(join(at.folder, 'mod'))
    await at.dispose()
  }
  await double.close()
})

const PLAIN: Flavour = {
  cgo: false,
  race: false,
  cover: false,
  tags: [],
  goflags: '-trimpath',
  goexperiment: '',
  goamd64: '',
  platforms: ['linux/amd64'],
}

class Runner {
  readonly at: Machine
  readonly run: string
  readonly goproxy: string
  readonly flavour: Flavour
  readonly version: string
  parts: (CachePart | undefined)[] = []
  constructor(at: Machine, run: string, goproxy: string, flavour: Flavour, version: string) {
    this.at = at
    this.run = run
    this.goproxy = goproxy
    this.flavour = flavour
    this.version = version
  }

  get gocache(): string {
    return join(this.at.folder, 'gocache')
  }

  async facts(): Promise<CacheFacts> {
    const file = async (path: string): Promise<{ path: string; content: string }> => ({
      path,
      content: await readFile(join(project, path), 'utf8').catch(() => ''),
    })
    return {
      input: 'auto',
      env: this.at.act.env,
      event: { repository: { default_branch: 'main' } },
      host: hostOf(),
      locations: {
        gocache: this.gocache,
        gomodcache: join(this.at.folder, 'mod'),
        environment: {},
        moved: false,
      },
      goVersion: this.version,
      flavour: this.flavour,
      moduleFiles: [await file('go.mod'), await file('go.sum')],
      vendored: false,
      project: '.',
      now: Date.now(),
    }
  }

  async restore(): Promise<(CachePart | undefined)[]> {
    const plan = planCaches(await this.facts())
    const { modules, build } = restoreCaches(plan, this.at.act, workerOptions)
    this.parts = [await modules, await build]
    return this.parts
  }

  async save(complete = true): Promise<SavedCache[]> {
    // Through JSON, as between main and post.
    const state = parseCacheState(JSON.stringify(cacheState(planCaches(await this.facts()), this.parts)))
    if (state === undefined) throw new Error('the state is lost')
    return saveCaches(state, this.at.act, workerOptions, { complete })
  }

  /** Runs go; gives its output and the packages it compiled (`-x` prints the compiler's command lines). */
  async go(...args: string[]): Promise<{ code: number; text: string; compiled: string[] }> {
    const compiled: string[] = []
    const done = await new SystemExec().run({
      argv: ['go', ...args],
      cwd: project,
      env: {
        GOCACHE: this.gocache,
        GOMODCACHE: join(this.at.folder, 'mod'),
        GOPROXY: this.goproxy,
        GOSUMDB: 'off',
        GOTOOLCHAIN: 'local',
        GOFLAGS: '-trimpath',
        CGO_ENABLED: '0',
      },
      onLine: (line) => {
        const match = /[/\\]compile(?:\.exe)?["']? .*? -p (\S+)/.exec(line)
        if (match?.[1] !== undefined) compiled.push(match[1])
      },
    })
    return { code: done.code, text: done.tail.join('\n'), compiled }
  }
}

let runs = 0
async function runner(
  options: {
    goproxy?: string
    flavour?: Partial<Flavour>
    version?: string
    env?: Record<string, string>
  } = {},
): Promise<Runner> {
  runs++
  const at = await machine({
    ...double.environment(),
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_RUN_ID: String(runs),
    GITHUB_JOB: 'build',
    ...options.env,
  })
  machines.push(at)
  return new Runner(
    at,
    String(runs),
    options.goproxy ?? `file://${proxy}`,
    { ...PLAIN, ...options.flavour },
    options.version ?? goVersion,
  )
}

async function write(files: Record<string, string>): Promise<void> {
  await rm(project, { recursive: true, force: true })
  await mkdir(project, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(project, name), content)
}

const program = (dep = 'v1.0.0', imports = 'encoding/csv'): Record<string, string> => ({
  'go.mod': `module example.com/app\n\ngo 1.25\n\nrequire example.org/dep ${dep}\n`,
  'main.go': `package main\n\nimport (\n\t"example.org/dep"\n\t_ "${imports}"\n\t"os"\n)\n\nfunc main() { os.Stdout.WriteString(dep.Text() + kind + "\\n") }\n`,
  'plain.go': '//go:build !special\n\npackage main\n\nconst kind = " plain"\n',
  'special.go': '//go:build special\n\npackage main\n\nconst kind = " special"\n',
  'main_test.go':
    'package main\n\nimport "testing"\n\nfunc TestKind(t *testing.T) {\n\tif kind == "" {\n\t\tt.Fatal()\n\t}\n}\n',
})

/** Writes go.sum with caches of its own, so that those of the runners stay empty. */
async function tidy(): Promise<void> {
  expect(await (await runner()).go('mod', 'tidy')).toMatchObject({ code: 0 })
}

/** A runner that has restored nothing and then tested and built the program. */
async function warmUp(): Promise<Runner> {
  await write({ ...program(), 'go.sum': sums })
  const first = await runner()
  expect((await first.restore()).map((part) => part?.status)).toEqual(['missed', 'missed'])
  for (const folder of ['gocache', 'mod'])
    await cp(join(base.at.folder, folder), join(first.at.folder, folder), {
      recursive: true,
      preserveTimestamps: true,
    })
  return first
}

describe('caches with the real Go command', () => {
  it('make the next run compile nothing, download nothing and test nothing again', async () => {
    const first = await warmUp()
    const saves = await first.save()
    expect(saves.map((saved) => saved.status)).toEqual(['saved', 'saved'])

    const second = await runner({ goproxy: 'off' })
    const parts = await second.restore()
    expect(parts.map((part) => part?.hit)).toEqual(['exact', 'exact'])
    expect(second.at.act.log.lines.filter((line) => line.includes('restored'))).toHaveLength(2)
    const again = await second.go('test', '-x', '-vet=all', './...')
    expect(again.text).toContain('(cached)')
    expect(again.compiled).toEqual([])
    const built = await second.go('build', '-x', '-o', join(second.at.folder, 'app'), '.')
    expect(built.compiled).toEqual([])
    // Nothing new, nothing saved.
    expect((await second.save()).map((saved) => saved.status)).toEqual(['unchanged', 'unchanged'])
    expect(double.keys).toHaveLength(2)
  })

  it('are trimmed to what the run used, and the trimmed entry is still whole', async () => {
    const first = await warmUp()
    // Dead weight: packages that the next run does not use any more.
    expect((await first.go('build', 'net/http', 'go/types', 'html/template')).code).toBe(0)
    await first.save()

    const second = await runner()
    await second.restore()
    expect((await second.go('test', '-vet=all', './...')).code).toBe(0)
    expect((await second.go('build', '-o', join(second.at.folder, 'app'), '.')).code).toBe(0)
    const [, build] = await second.save()
    expect(build?.status).toBe('saved')
    expect(build?.removed?.entries).toBeGreaterThan(50)
    expect(build?.why).toContain('not used')
    const sizes = double.entries.filter((entry) => entry.key.includes('-build-')).map((entry) => entry.size)
    expect(sizes).toHaveLength(2)
    expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) * 0.8)

    const third = await runner({ goproxy: 'off' })
    await third.restore()
    const again = await third.go('test', '-x', '-vet=all', './...')
    expect(again.compiled).toEqual([])
    expect(again.text).toContain('(cached)')
    const built = await third.go('build', '-x', '-o', join(third.at.folder, 'app'), '.')
    expect(built.compiled).toEqual([])
  })

  it('are not trimmed when the run broke off early', async () => {
    const first = await warmUp()
    await first.save()
    const second = await runner()
    await second.restore()
    const before = await count(second.gocache)
    expect((await second.save(false))[1]).toMatchObject({ status: 'unchanged' })
    expect(await count(second.gocache)).toBe(before)
  })

  it('of one flavour are given to no other that shares no object', async () => {
    const first = await warmUp()
    expect((await first.save())[1]).toMatchObject({ status: 'saved' })
    const changes = {
      'another toolchain': { version: '1.99.0' },
      'the race detector': { flavour: { race: true } },
      cgo: { flavour: { cgo: true } },
      'another compiler flag': { flavour: { goflags: '-trimpath -gcflags=-N' } },
      'another GOAMD64': { flavour: { goamd64: 'v3' } },
      'an experiment': { flavour: { goexperiment: 'jsonv2' } },
      'another C compiler': { flavour: { environment: { CC: 'clang' } } },
    }
    for (const [name, change] of Object.entries(changes)) {
      const second = await runner(change)
      expect([name, (await second.restore())[1]?.status]).toEqual([name, 'missed'])
    }
    const same = await runner()
    expect((await same.restore())[1]).toMatchObject({ hit: 'exact' })
  })

  it('of other tags and dependencies help, and never give the wrong program', async () => {
    const first = await warmUp()
    const app = join(first.at.folder, 'app')
    expect((await first.go('build', '-o', app, '.')).code).toBe(0)
    expect((await new SystemExec().run({ argv: [app] })).stdout).toBe('one plain\n')
    await first.save()

    await write({ ...program('v1.1.0'), 'go.sum': '' })
    await tidy()
    const second = await runner({ flavour: { tags: ['special'] } })
    expect((await second.restore()).map((part) => part?.hit)).toEqual(['partial', 'partial'])
    // The old version is not carried on.
    const versions = await readdir(join(second.at.folder, 'mod/cache/download/example.org/dep/@v')).catch(
      () => [],
    )
    expect(versions.filter((name) => name.startsWith('v1.0.0'))).toEqual([])
    const other = join(second.at.folder, 'app')
    const built = await second.go('build', '-x', '-tags=special', '-o', other, '.')
    expect(built.compiled.sort()).toEqual(['example.org/dep', 'main'])
    expect((await new SystemExec().run({ argv: [other] })).stdout).toBe('two special\n')
    expect((await second.save())[0]).toMatchObject({ status: 'saved' })
  })

  it('leave a machine its own build cache', async () => {
    await write({ ...program(), 'go.sum': sums })
    const mine = await runner()
    await cp(join(base.at.folder, 'mod'), join(mine.at.folder, 'mod'), { recursive: true })
    await mkdir(join(mine.gocache, 'ab'), { recursive: true })
    for (let at = 0; at < 500; at++)
      await writeFile(join(mine.gocache, 'ab', `ab${String(at).padStart(62, '0')}-a`), '')
    const before = await count(mine.gocache)
    expect((await mine.restore()).map((part) => part?.status)).toEqual(['kept', 'kept'])
    expect((await mine.save()).map((saved) => saved.status)).toEqual(['kept', 'kept'])
    expect(await count(mine.gocache)).toBe(before)
    expect(double.requests.some((line) => line.includes('Cache'))).toBe(false)
  })

  it('are restored once in a job that calls the action twice', async () => {
    await write({ ...program(), 'go.sum': sums })
    const once = await runner()
    await once.restore()
    const asked = double.requests.length
    const twice = new Runner(once.at, once.run, once.goproxy, once.flavour, once.version)
    expect((await twice.restore()).map((part) => part?.status)).toEqual(['shared', 'shared'])
    expect(double.requests).toHaveLength(asked)
    expect((await twice.save()).map((part) => part.status)).toEqual(['shared', 'shared'])
    expect(
      (await readdir(join(once.at.folder, 'temp'))).filter((name) => name.startsWith('gip-cache-')).length,
    ).toBeGreaterThan(0)
  })

  it('of an untrusted run are read and never written', async () => {
    const first = await warmUp()
    await first.save()
    const fork = await runner({ env: { GITHUB_EVENT_NAME: 'pull_request_target' } })
    expect((await fork.restore()).map((part) => part?.hit)).toEqual(['exact', 'exact'])
    expect(fork.at.act.log.lines[0]).toContain('only read')
    double.requests.length = 0
    expect((await fork.save()).map((saved) => saved.status)).toEqual(['read-only', 'read-only'])
    expect(double.requests).toEqual([])
  })

  it('cost one line each when the service is down', async () => {
    await write({ ...program(), 'go.sum': sums })
    const at = await runner({ env: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' } })
    expect((await at.restore()).map((part) => part?.status)).toEqual(['failed', 'failed'])
    expect(at.at.act.log.lines).toHaveLength(2)
    for (const folder of ['gocache', 'mod'])
      await cp(join(base.at.folder, folder), join(at.at.folder, folder), { recursive: true })
    expect((await at.save()).map((saved) => saved.status)).toEqual(['failed', 'failed'])
    expect(at.at.act.log.lines).toHaveLength(4)
  })
})

async function count(gocache: string): Promise<number> {
  let entries = 0
  for (const folder of await readdir(gocache)) {
    const path = join(gocache, folder)
    if ((await stat(path)).isDirectory()) entries += (await readdir(path)).length
  }
  return entries
}
