// Times of the main job on examples/hello: cold (no Go caches), the same commit again, a one-line edit; by phase.
// Run inside the rig: bash scripts/rig/with.sh -- bash scripts/node.sh bench/demo.mjs [REPEATS]
// Prints a Markdown table. Absolute times of a shared machine say little; compare the columns.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const repeats = Number(process.argv[2] ?? 3)
const registry = process.env.GIP_REGISTRY
if (registry === undefined) throw new Error('run it inside the rig (scripts/rig/with.sh)')
const work = mkdtempSync(join(tmpdir(), 'gip-bench-'))
const project = join(work, 'hello')
const git = (...args) => {
  const done = spawnSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
    cwd: project,
  })
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`)
}

/** One run of the bundle; the report's own times, in ms. */
function once() {
  const started = performance.now()
  const done = spawnSync(
    process.execPath,
    [
      join(root, 'dist/cli.js'),
      'run',
      '--images',
      `${registry}/bench/hello`,
      '--tags',
      'bench',
      '--push',
      'true',
      '--platforms',
      'linux/amd64,linux/arm64',
      '--health-path',
      '/health',
      '--registry-mirrors',
      `gcr.io=http://${registry}`,
    ],
    {
      cwd: project,
      env: {
        ...process.env,
        GOCACHE: join(work, 'gocache'),
        GOMODCACHE: join(work, 'gomodcache'),
        RUNNER_TEMP: work,
      },
      encoding: 'utf8',
    },
  )
  const wall = performance.now() - started
  if (done.status !== 0) throw new Error(done.stderr)
  const { timing, durationMs } = JSON.parse(readFileSync(join(project, '.gip/report/report.json'), 'utf8'))
  return {
    wall,
    run: durationMs,
    critical: timing.criticalMs,
    ...Object.fromEntries(timing.phases.map((one) => [one.phase, one.wallMs])),
  }
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const medians = (runs) =>
  Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((one) => one[key]))]))

try {
  cpSync(join(root, 'examples/hello'), project, { recursive: true })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'bench')
  const columns = { 'cold (1 run)': once() }
  columns[`same commit (median of ${repeats})`] = medians(Array.from({ length: repeats }, once))
  columns[`one-line edit (median of ${repeats})`] = medians(
    Array.from({ length: repeats }, (_, i) => {
      appendFileSync(join(project, 'main.go'), `\nvar _ = "edit ${i}"\n`)
      git('commit', '-q', '-a', '-m', 'edit')
      return once()
    }),
  )
  const names = Object.keys(columns)
  const go = spawnSync('go', ['version'], { encoding: 'utf8' }).stdout.trim()
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, Node ${process.version}, ${go}\n`,
  )
  console.log(`| s | ${names.join(' | ')} |\n|---|${names.map(() => '---:').join('|')}|`)
  for (const key of Object.keys(columns[names[0]])) {
    const label =
      { wall: 'whole process', run: 'run', critical: 'longest chain of steps' }[key] ?? `phase: ${key}`
    console.log(
      `| ${label} | ${names.map((name) => (columns[name][key] === undefined ? '' : (columns[name][key] / 1000).toFixed(1))).join(' | ')} |`,
    )
  }
} finally {
  spawnSync('go', ['clean', '-modcache'], { env: { ...process.env, GOMODCACHE: join(work, 'gomodcache') } })
  rmSync(work, { recursive: true, force: true, maxRetries: 3 })
}
