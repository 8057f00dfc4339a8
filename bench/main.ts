// The benchmarks: `npm run bench -- --help`. See bench/README.md.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Machine } from './machine.ts'
import { ModuleServer } from './module-server.ts'
import { prepareSubject } from './subjects.ts'
import { runUnit, type Bench } from './unit.ts'
import { appendFileSync } from 'node:fs'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
void Machine
const rig = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set: run inside the rig`)
  return value
}
const work = mkdtempSync(join(tmpdir(), 'gip-bench-'))
mkdirSync(work, { recursive: true })
const names = (process.argv[2] ?? 'service').split(',')
const chains = (process.argv[3] ?? 'ours').split(',')
const modcache = join('/tmp/s1-mod')
const subjects = names.map((name) => prepareSubject(name, root, work))
for (const s of subjects) execFileSync('go', ['mod', 'download'], { cwd: s.folder, env: { ...process.env, GOMODCACHE: modcache, GOFLAGS: '' } })
const server = await ModuleServer.start(join(modcache, 'cache/download'))
const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim()
const bench: Bench = {
  tools: {
    node: realpathSync(rig('GIP_NODE24')),
    go: { root: goroot, version: execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim().slice(2) },
    ko: process.env['GIP_KO'] ?? '/tmp/s1-ko/ko',
    crane: rig('GIP_CRANE'),
    path: `${rig('GIP_RIG_PATH')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    dockerHost: rig('DOCKER_HOST'),
    registry: rig('GIP_REGISTRY'),
    buildkitImage: rig('GIP_BUILDKIT_IMAGE'),
    buildkitdToml: rig('GIP_BUILDKITD_TOML'),
    dist: process.env['BENCH_DIST'] ?? join(root, 'dist'),
    modules: server.url,
  },
  work, series: 'quick', modulesPort: server.port,
  save: (r) => appendFileSync('/tmp/s1-runs.jsonl', JSON.stringify(r) + '\n'),
  say: (l) => console.log(l),
}
try {
  for (const subject of subjects) for (const chain of chains)
    await runUnit({ suite: 'main', subject, chain, round: 1, platforms: ['linux/amd64', 'linux/arm64'], runs: ['cold', 'same', 'edit'] }, bench)
} finally { await server.close(); console.log(work) }
