import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publishModule } from './module-proxy.ts'
import { commitAll, run } from './rig.ts'

/** example.com/weak: `Bad` is vulnerable and `Good` is not; the package `sub` has another fault. */
const WEAK = {
  'weak.go':
    'package weak\n\n//go:noinline\nfunc Bad(s string) string { return s + "!" }\n\n//go:noinline\nfunc Good(s string) string { return s }\n',
  'sub/sub.go': 'package sub\n\n//go:noinline\nfunc Ugly() {}\n',
}

/** A git repository with a program that calls one function of example.com/weak v1.0.0, vendored, so that it needs no proxy. */
export async function vulnerableProject(calls: 'Bad' | 'Good'): Promise<{
  folder: string
  write: (files: Readonly<Record<string, string>>) => Promise<void>
  commit: () => Promise<void>
  dispose: () => Promise<void>
}> {
  const parent = await mkdtemp(join(tmpdir(), 'gip-weak-'))
  const folder = join(parent, 'app')
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
    }
  }
  await publishModule(join(parent, 'proxy'), 'example.com/weak', 'v1.0.0', WEAK)
  await write({
    'go.mod': 'module example.com/app\n\ngo 1.25\n\nrequire example.com/weak v1.0.0\n',
    'main.go':
      'package main\n\nimport "example.com/app/inner"\n\nfunc main() {\n\tprintln(inner.Call("a"))\n}\n',
    'inner/inner.go': `package inner\n\nimport "example.com/weak"\n\nfunc Call(s string) string {\n\treturn weak.${calls}(s)\n}\n`,
  })
  const env = {
    GOPROXY: `file://${join(parent, 'proxy')}`,
    GONOSUMDB: '*',
    GOFLAGS: '-modcacherw',
    GOMODCACHE: join(parent, 'mod'),
  }
  for (const args of [['mod', 'tidy'], ['mod', 'vendor']]) {
    const done = await run(['go', ...args], { cwd: folder, env })
    if (done.code !== 0) throw new Error(`go ${args.join(' ')}: ${done.stderr}`)
  } // prettier-ignore
  await commitAll(folder)
  return {
    folder,
    write,
    commit: () => commitAll(folder),
    dispose: () => rm(parent, { recursive: true, force: true, maxRetries: 3 }),
  }
}

export const WEAK_ENTRIES = [
  {
    id: 'GO-2026-0001',
    aliases: ['CVE-2026-0001'],
    summary: 'weak.Bad is bad',
    module: 'example.com/weak',
    package: 'example.com/weak',
    symbols: ['Bad'],
    fixed: '1.0.1',
  },
  {
    id: 'GO-2026-0002',
    summary: 'sub is bad',
    module: 'example.com/weak',
    package: 'example.com/weak/sub',
    symbols: ['Ugly'],
    fixed: '1.0.2',
  },
] as const

/** An access key of no account, in the form that AWS gives them. Put together here, so that nobody's scanner finds it in this file. */
export const MADE_KEY = ['AKIA', 'Q3EGUFXYZ2LMN7PK'].join('')
