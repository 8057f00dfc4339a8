// Builds dist/ with ncc: one bundle with a chunk per entry, thin wrappers, the licences of all that is in it.
// `--check` builds into a temporary folder and fails when the committed dist differs by a byte.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const check = process.argv.includes('--check')
const ENTRIES = ['main', 'post', 'gray-main', 'gray-post', 'cli', 'cache-worker']
const stages = async () => (await import(join(root, 'lib/actions/stages/index.js'))).STAGE_NAMES

const work = mkdtempSync(join(tmpdir(), 'gip-build-'))
try {
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  const build = (out, ...more) =>
    execFileSync(
      process.execPath,
      [ncc, 'build', 'lib/index.js', '-o', out, '--license', 'licenses.txt', '-C', '-q', ...more],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    )
  // Compiled first: ncc then bundles plain JavaScript, in half the time, and tsc has checked every type.
  rmSync(join(root, 'lib'), { recursive: true, force: true })
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const out = join(work, 'dist')
  build(out)
  for (const entry of [...ENTRIES, ...(await stages())]) {
    const shebang = entry === 'cli' ? '#!/usr/bin/env node\n' : ''
    writeFileSync(
      join(out, `${entry}.js`),
      `${shebang}import { start } from './index.js'\nawait start('${entry}')\n`,
      { mode: entry === 'cli' ? 0o755 : 0o644 },
    )
  }
  const folders = readdirSync(out, { withFileTypes: true }).filter((entry) => !entry.isFile())
  // ncc takes some path expressions for assets and copies what they could mean.
  if (folders.length > 0)
    throw new Error(`ncc made assets of our files: ${folders.map((entry) => entry.name).join(', ')}`)
  licences(out, build)
  // Many packages come under the very same text: it is given once, below all their names.
  const file = join(out, 'licenses.txt')
  writeFileSync(file, groupLicences(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')))

  if (check) compare(out)
  else {
    rmSync(dist, { recursive: true, force: true })
    mkdirSync(dist)
    cpSync(out, dist, { recursive: true })
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** ncc writes `name`, an SPDX id and the text for each package; packages with equal text are put together. */
function groupLicences(text) {
  const known = new Set(
    Object.keys(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages).map((path) =>
      path.replace(/^.*node_modules\//, ''),
    ),
  )
  const groups = new Map()
  let name
  let lines = []
  const close = () => {
    if (name === undefined) return
    const body = lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trim()
    groups.set(body, [...(groups.get(body) ?? []), name])
  }
  for (const line of text.split('\n')) {
    if (known.has(line) && line !== '') {
      close()
      name = line
      lines = []
    } else lines.push(line)
  }
  close()
  return [...groups]
    .map(([body, names]) => `${names.join('\n')}\n\n${body}\n`)
    .join('\n' + '-'.repeat(80) + '\n\n')
}

/** ncc can leave licences out silently: every package in the source maps must have a heading. */
function licences(out, build) {
  const mapped = join(work, 'mapped')
  build(mapped, '--source-map', '--no-source-map-register')
  const packages = new Set()
  for (const name of readdirSync(mapped).filter((name) => name.endsWith('.map'))) {
    for (const source of JSON.parse(readFileSync(join(mapped, name), 'utf8')).sources) {
      const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(source)
      if (found) packages.add(found[1])
    }
  }
  if (packages.size === 0)
    throw new Error('no package was found in the source maps: the licence check cannot check anything')
  const text = readFileSync(join(out, 'licenses.txt'), 'utf8').split('\n')
  const missing = [...packages].filter((name) => !text.includes(name))
  if (missing.length > 0) throw new Error(`licenses.txt lacks ${missing.join(', ')}`)
}

function compare(out) {
  const list = (folder) => readdirSync(folder).sort()
  const differing = [...new Set([...list(out), ...list(dist)])].filter((name) => {
    try {
      return !readFileSync(join(out, name)).equals(readFileSync(resolve(dist, name)))
    } catch {
      return true
    }
  })
  if (differing.length > 0) {
    console.error(
      `dist is not what src builds: ${differing.join(', ')}. Run npm run build and commit the result.`,
    )
    process.exitCode = 1
  }
}
