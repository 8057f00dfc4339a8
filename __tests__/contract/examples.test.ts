import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { Platform } from '../../src/base/platform.ts'
import { dockerfileTraps, parseDockerfile } from '../../src/project/dockerfile.ts'
import { findMains } from '../../src/project/mains.ts'
import { findModules } from '../../src/project/modules.ts'

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples')
const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
const AMD64: Platform = { os: 'linux', arch: 'amd64' }
const BOTH: readonly Platform[] = [AMD64, { os: 'linux', arch: 'arm64' }]

describe('examples/README.md', () => {
  const readme = readFileSync(join(EXAMPLES, 'README.md'), 'utf8')
  const listed = [...readme.matchAll(/^\| \[`([\w-]+)`\]\(([\w-]+)\) \|/gm)]

  it('lists every example once, and no other', () => {
    expect(listed.map(([, name]) => name).sort()).toEqual([...folders].sort())
    for (const [, name, link] of listed) expect(link).toBe(name)
  })

  it.each(folders.filter((name) => name.startsWith('broken-')))('%s names its trap in its code', (name) => {
    const sources = (readdirSync(join(EXAMPLES, name), { recursive: true }) as string[]).filter((file) =>
      file.endsWith('main.go'),
    )
    expect(sources.length).toBeGreaterThan(0)
    for (const file of sources)
      expect(readFileSync(join(EXAMPLES, name, file), 'utf8')).toMatch(/^\/\/ Trap: .+\.\npackage main\n/)
  })
})

describe('Dockerfiles of the examples', () => {
  const expected: Readonly<Record<string, { platforms: readonly Platform[]; codes: readonly string[] }>> = {
    dockerfile: { platforms: BOTH, codes: [] },
    'broken-shell': { platforms: BOTH, codes: ['shell-form'] },
    'broken-no-ca': { platforms: BOTH, codes: ['no-ca'] },
    'broken-arch': { platforms: BOTH, codes: ['wrong-arch'] },
    'broken-port': { platforms: BOTH, codes: [] },
    'broken-dynamic': { platforms: [AMD64], codes: ['dynamic-on-static'] },
  }

  it('are all looked at here', () => {
    const found = folders.filter((name) => existsSync(join(EXAMPLES, name, 'Dockerfile')))
    expect(found.sort()).toEqual(Object.keys(expected).sort())
  })

  it.each(Object.entries(expected))('%s holds only its own trap', (name, { platforms, codes }) => {
    const text = readFileSync(join(EXAMPLES, name, 'Dockerfile'), 'utf8')
    const dockerignore = readFileSync(join(EXAMPLES, name, '.dockerignore'), 'utf8')
    const findings = dockerfileTraps(parseDockerfile(text), { platforms, dockerignore, goVersion: '1.25.0' })
    // That a base has no digest is advice for every Dockerfile, no trap of an example.
    expect(findings.filter(({ code }) => code !== 'floating-base').map(({ code }) => code)).toEqual(codes)
  })
})

describe('main packages of the examples', () => {
  it.each([
    ['hello', ['.']],
    ['dockerfile', ['.']],
    ['monorepo', ['./services/api', './services/worker']],
    ['broken-two-mains', ['./cmd/one', './cmd/two']],
    ['broken-new-go', ['.']],
  ] as const)('%s: %j', async (name, mains) => {
    const root = join(EXAMPLES, name)
    const workspace = await findModules(root, '.')
    expect((await findMains(root, '.', workspace)).map(({ path }) => path)).toEqual([...mains])
  })
})
