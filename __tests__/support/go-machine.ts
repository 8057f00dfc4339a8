import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals'
import { createHash } from 'node:crypto'
import { access, chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import type { PipelineError } from '../../src/base/errors.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import { SystemHttp } from '../../src/base/http.ts'
import { silentLog } from '../../src/base/log.ts'
import { type Environment, hostOf } from '../../src/base/platform.ts'
import { RetryCounter } from '../../src/base/retry.ts'
import { type GoInstalled, type InstallAct, type InstallOptions, installGo } from '../../src/go/install.ts'
import {
  FILLER,
  GoSources,
  goTarball,
  h1Of,
  RoutedHttp,
  SumLog,
  toolchainZip,
  type ZipFile,
} from './go-sources.ts'

/*
 * A machine without Go, for tests of its installation: an empty tool cache, a PATH with tar only, and a network in
 * which nothing exists but a loopback double. Set up anew for each test of the file that imports it.
 */

export const sources = new GoSources()
const http = new SystemHttp()

/** What a test may look at and change. */
export const m = {
  work: '',
  tools: '',
  path: '',
  temp: new TemporaryFolders(tmpdir()),
  log: { warnings: [] as string[], infos: [] as string[] },
  counter: new RetryCounter(),
  /** The address of each host that the test lets exist. */
  routes: {} as Record<string, string>,
}

beforeAll(() => sources.start())
afterAll(async () => {
  await http.close()
  await sources.stop()
})
beforeEach(async () => {
  m.work = await mkdtemp(join(tmpdir(), 'gip-install-'))
  m.tools = join(m.work, 'tools')
  m.path = join(m.work, 'bin')
  await mkdir(m.path)
  for (const name of ['tar', 'gzip', 'sh']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const program = join(folder, name)
      if (!(await isThere(program))) continue
      await symlink(program, join(m.path, name))
      break
    }
  }
  m.temp = new TemporaryFolders(join(m.work, 'temp'))
  m.counter = new RetryCounter()
  m.log = { warnings: [], infos: [] }
  m.routes = { 'https://go.dev': `${sources.url}/go.dev` }
})
afterEach(async () => {
  sources.reset()
  await m.temp.dispose()
  await rm(m.work, { recursive: true, force: true })
})

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

export function act(env: Environment = {}, signal = new AbortController().signal): InstallAct {
  const all = { PATH: m.path, RUNNER_TEMP: m.work, ...env }
  const collected = {
    ...silentLog,
    info: (line: string) => m.log.infos.push(line),
    warning: (line: string) => m.log.warnings.push(line),
  }
  return {
    exec: new SystemExec(all, 'linux'),
    http: new RoutedHttp(http, m.routes),
    log: collected,
    signal,
    host: hostOf('linux', 'x64'),
    env: all,
    temp: m.temp,
    counter: m.counter,
    clock: { ...systemClock, sleep: () => Promise.resolve() },
  }
}

export const OFF = { checkLatest: false, goMirrors: [], goproxy: 'off' }
export const install = (
  spec: string,
  options: Partial<InstallOptions> = {},
  more: { minimum?: string; origin?: string; env?: Environment; signal?: AbortSignal } = {},
): Promise<GoInstalled> =>
  installGo(
    {
      spec,
      origin: more.origin ?? 'go.mod line 3 (go)',
      ...(more.minimum === undefined
        ? {}
        : { minimum: more.minimum, minimumOrigin: 'go.mod line 4 (toolchain)' }),
    },
    { ...OFF, toolCache: m.tools, ...options },
    act(more.env, more.signal),
  )
export const failed = async (promise: Promise<unknown>): Promise<PipelineError> => {
  try {
    await promise
  } catch (error) {
    return error as PipelineError
  }
  throw new Error('it did not fail')
}

export async function haveTool(version: string, arch = 'x64'): Promise<string> {
  const folder = join(m.tools, 'go', version, arch)
  await mkdir(join(folder, 'bin'), { recursive: true })
  await writeFile(join(folder, 'bin', 'go'), '')
  await writeFile(`${folder}.complete`, '')
  return folder
}

/** A go on PATH that answers `go env …` as the real one does. */
export async function haveOnPath(name: string, arch = 'amd64', folder = m.path): Promise<void> {
  await mkdir(folder, { recursive: true })
  const lines = [name, '/usr/lib/go', 'linux', arch, 'https://from.goenv.example', ''].map(
    (line) => `echo '${line}'`,
  )
  await writeFile(
    join(folder, 'go'),
    `#!/bin/sh\n[ "$GOTOOLCHAIN" = local ] || exit 9\n${lines.join('\n')}\n`,
  )
  await chmod(join(folder, 'go'), 0o755)
}

/** Puts releases on a source, go.dev by default, with listing and archives. */
export async function offer(
  versions: string[],
  base = '/go.dev/dl',
  says?: string,
  hashes: Record<string, string> = {},
): Promise<void> {
  const rows = []
  for (const version of versions) {
    const file = `go${version}.linux-amd64.tar.gz`
    const archive = await goTarball(version, says)
    sources.put(`${base}/${file}`, archive)
    rows.push({
      version: `go${version}`,
      stable: true,
      files: [
        {
          filename: file,
          os: 'linux',
          arch: 'amd64',
          version: `go${version}`,
          kind: 'archive',
          size: archive.length,
          sha256: hashes[version] ?? createHash('sha256').update(archive).digest('hex'),
        },
      ],
    })
  }
  sources.put(`${base}/?mode=json`, JSON.stringify(rows))
  sources.put(`${base}/?mode=json&include=all`, JSON.stringify(rows))
}

/** A module proxy with toolchains, and with the checksum database behind it. */
export function offerModules(
  versions: string[],
  base = '/proxy',
  extra: ZipFile[] = [],
): { proxy: string; sumdbKey: string; log: SumLog } {
  const sums = new SumLog()
  sums.fill(270)
  const list: string[] = []
  for (const version of versions) {
    const module = `v0.0.1-go${version}.linux-amd64`
    list.push(module)
    const zip = toolchainZip(version, 'linux-amd64', extra)
    sources.put(`${base}/golang.org/toolchain/@v/${module}.zip`, zip)
    sums.add('golang.org/toolchain', module, h1OfToolchain(version, extra))
  }
  sources.put(`${base}/golang.org/toolchain/@v/list`, `${list.join('\n')}\nv0.0.1-go1.99.0.windows-amd64\n`)
  sums.publish(sources, `${base}/sumdb/sum.golang.org`)
  return { proxy: sources.url + base, sumdbKey: sums.verifierKey, log: sums }
}

const h1OfToolchain = (version: string, extra: readonly ZipFile[] = []): string => {
  const prefix = `golang.org/toolchain@v0.0.1-go${version}.linux-amd64/`
  const files: Record<string, string | Uint8Array> = {
    VERSION: `go${version}\n`,
    'bin/go': `#!/bin/sh\necho "go version go${version} linux/amd64"\n`,
    'pkg/tool/linux_amd64/compile': 'compile',
    'lib/wasm/go_js_wasm_exec': 'exec',
    'src/_go.mod': 'module std\n',
    'src/cmd/_go.mod': 'module cmd\n',
    'src/fmt/print.go': FILLER,
  }
  for (const file of extra) files[file.name] = file.content
  return h1Of(Object.fromEntries(Object.entries(files).map(([name, content]) => [prefix + name, content])))
}

export const nothingLeft = async (): Promise<void> => {
  const inTools = await readdir(join(m.tools, 'go')).catch(() => [])
  expect(inTools.filter((name) => name.startsWith('.'))).toEqual([])
}
