// The benchmarks: `npm run bench -- --help`. See bench/README.md.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeTree, type Tools } from './machine.ts'
import { ModuleServer } from './module-server.ts'
import { type Options, parseOptions, SUITES, USAGE } from './options.ts'
import { parseRecords, wholeUnits } from './records.ts'
import { results, type Versions } from './results.ts'
import { prepareSubject, type Subject } from './subjects.ts'
import { EIGHT, planUnits, unitName } from './suites.ts'
import { CHAINS } from './types.ts'
import { type Bench, runUnit } from './unit.ts'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

const rig = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '')
    throw new Error(`${name} is not set. Run it inside the rig: bash bench/run.sh`)
  return value
}

const output = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

function findTools(): Omit<Tools, 'modules'> {
  return {
    node: realpathSync(rig('GIP_NODE24')),
    go: { root: output('go', 'env', 'GOROOT'), version: output('go', 'env', 'GOVERSION').replace(/^go/, '') },
    ko: rig('GIP_KO'),
    crane: rig('GIP_CRANE'),
    path: `${rig('GIP_RIG_PATH')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    dockerHost: rig('DOCKER_HOST'),
    registry: rig('GIP_REGISTRY'),
    buildkitImage: rig('GIP_BUILDKIT_IMAGE'),
    buildkitdToml: rig('GIP_BUILDKITD_TOML'),
    dist: join(root, 'dist'),
  }
}

function findVersions(tools: Omit<Tools, 'modules'>): Versions {
  const dist = digestOf(tools.dist, (name) => /^[^/]*\.js$/.test(name))
  return {
    product: `${output('git', '-C', root, 'rev-parse', '--short=12', 'HEAD')} (dist ${dist})`,
    bench: digestOf(join(root, 'bench'), (name) =>
      /^(?:chains\/|subjects\/|(?:generate|suites)\.ts$)/.test(name),
    ),
    go: tools.go.version,
    node: output(tools.node, '--version'),
    ko: output(tools.ko, 'version'),
    engine: output('docker', 'version', '--format', '{{.Server.Version}}'),
    buildx: /v?\d[\w.+-]*/.exec(output('docker', 'buildx', 'version').split(' ')[1] ?? '')?.[0] ?? '',
    buildkit: tools.buildkitImage.split(':')[1] ?? '',
    cpu: processor(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: output('uname', '-r'),
  }
}

/** Of the files in a folder that are wanted, by their path in it: 12 digits. */
function digestOf(folder: string, wanted: (name: string) => boolean): string {
  const hash = createHash('sha256')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter(wanted).sort())
    if (statSync(join(folder, name)).isFile())
      hash.update(`${name}\0`).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

/** Its name, and on Linux its generation: clouds give processors of very different speed the same name. */
function processor(): string {
  const name = cpus()[0]?.model ?? 'unknown'
  if (process.platform !== 'linux') return name
  const text = readFileSync('/proc/cpuinfo', 'utf8')
  const parts = ['cpu family', 'model', 'stepping'].map(
    (field) => new RegExp(`^${field}\\s*: (\\d+)$`, 'm').exec(text)?.[1],
  )
  return parts.includes(undefined) ? name : `${name} ${parts.join('-')}`
}

/** What makes figures comparable. The commit is not part of it: a change of the docs begins no new series. */
const seriesOf = (versions: Versions): string => {
  const { product, ...rest } = versions
  const dist = /dist (\w+)/.exec(product)?.[1] ?? ''
  return `${dist}-${createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, 8)}`
}

/** An image with nothing in it for all eight platforms. */
function makeWideBase(tools: Tools, work: string): string {
  const folder = join(work, 'wide-base')
  const name = `${tools.registry}/bench/base:8`
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'passwd'), 'nonroot:x:65532:65532::/:/none\n')
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY passwd /etc/passwd\nUSER 65532:65532\n')
  const platforms = EIGHT.join(',')
  output(
    'docker',
    'buildx',
    'build',
    '--builder',
    'default',
    '--platform',
    platforms,
    '--provenance',
    'false',
    '--tag',
    name,
    '--push',
    folder,
  )
  return name
}

/** What is made once and then kept. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

async function measure(options: Options, file: string): Promise<void> {
  const found = findTools()
  const versions = findVersions(found)
  const series = seriesOf(versions)
  const units = planUnits(options)
  const runsOf = new Map(units.map((unit) => [unitName(unit), unit.runs]))
  const known = options.fresh || !existsSync(file) ? '' : readFileSync(file, 'utf8')
  const done = wholeUnits(parseRecords(known), series, (unit) => runsOf.get(unit))
  const left = units.filter((unit) => !done.has(unitName(unit)))
  const total = units.length
  process.stderr.write(`${total} units, ${total - left.length} measured already, series ${series}\n`)
  if (left.length === 0) return

  const work = options.work === '' ? mkdtempSync(join(tmpdir(), 'gip-bench-')) : resolve(options.work)
  const store = join(work, 'modules')
  mkdirSync(join(store, 'cache/download'), { recursive: true })
  mkdirSync(options.out, { recursive: true })
  writeFileSync(
    join(options.out, 'versions.json'),
    `${JSON.stringify({ series, ...versions }, undefined, 2)}\n`,
  )
  const server = await ModuleServer.start(join(store, 'cache/download'))
  const tools: Tools = { ...found, modules: server.url }
  const subjects = new Map<string, Subject>()
  const bench: Bench = {
    tools,
    work,
    series,
    modulesPort: server.port,
    subject: (name) => {
      const subject = subjects.get(name) ?? prepareSubject(name, root, work)
      if (!subjects.has(name)) {
        // All that a run downloads comes from here. The user's own GOPROXY fills it, once.
        execFileSync('go', ['mod', 'download'], {
          cwd: subject.folder,
          env: { ...process.env, GOMODCACHE: store, GOFLAGS: '', GOTOOLCHAIN: 'local' },
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        subjects.set(name, subject)
      }
      return subject
    },
    wideBase: once(() => makeWideBase(tools, work)),
    save: (record) => appendFileSync(file, `${JSON.stringify(record)}\n`),
    say: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
  }
  try {
    for (const [at, unit] of left.entries()) {
      process.stderr.write(`unit ${total - left.length + at + 1} of ${total}: ${unitName(unit)}\n`)
      await runUnit(unit, bench)
    }
  } finally {
    await server.close()
    // Logs stay where the folder was named, or when something failed.
    if (options.work === '' && process.exitCode === undefined) await removeTree(work)
    else for (const part of ['chains', 'modules', 'subjects']) await removeTree(join(work, part))
  }
}

function write(options: Options, file: string): void {
  const versions = JSON.parse(readFileSync(join(options.out, 'versions.json'), 'utf8')) as Versions & {
    series: string
  }
  const records = parseRecords(readFileSync(file, 'utf8'))
  const runs = new Map<string, readonly string[]>()
  for (const unit of planUnits({ rounds: 99, growthRounds: 99, suites: SUITES, chains: CHAINS }))
    runs.set(unitName(unit), unit.runs)
  const whole = [...wholeUnits(records, versions.series, (unit) => runs.get(unit)).values()].flat()
  const { markdown, pictures } = results(whole, versions)
  const folder = join(options.out, 'charts')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, svg] of pictures) writeFileSync(join(folder, name), svg)
  writeFileSync(join(options.out, 'RESULTS.md'), markdown)
  process.stderr.write(`${join(options.out, 'RESULTS.md')} and ${pictures.size} pictures written\n`)
}

const options = parseOptions(process.argv.slice(2), { out: join(root, 'bench'), work: '' })
if (process.argv.includes('--help')) {
  process.stdout.write(USAGE)
} else if (typeof options === 'string') {
  process.stderr.write(`${options}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  const file = join(options.out, 'runs.jsonl')
  try {
    if (!options.reportOnly) await measure(options, file)
    write(options, file)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
