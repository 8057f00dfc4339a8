/** Real Go compiling small modules for several platforms. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { cp, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CompileError, compile, type CompileRun } from '../../src/go/compile.ts'
import { DEFAULT_LDFLAGS, renderLdflags } from '../../src/go/ldflags.ts'
import { findMains, findModules } from '../../src/project/modules.ts'
import { GoBench, goMod } from '../support/go-bench.ts'

jest.setTimeout(600_000)

const go = new GoBench()
beforeAll(() => go.start())
afterAll(() => go.temp.dispose())

describe('compile', () => {
  const MAIN =
    'package main\n\nimport "fmt"\n\nvar version, commit = "none", "none"\n\nfunc main() { fmt.Println(version, commit) }\n'
  const compileRun = async (root: string, extra: Partial<CompileRun> = {}): Promise<CompileRun> => ({
    bin: 'go',
    root,
    modules: (await findModules(root, '.')).modules,
    env: go.environment(),
    ldflags: renderLdflags(DEFAULT_LDFLAGS, {
      version: '1.2.3',
      commit: 'abc',
      commitDate: '2026-01-01T00:00:00Z',
    }).text,
    buildvcs: 'auto',
    timeoutMs: 300_000,
    ...extra,
  })
  const targetsOf = async (
    root: string,
    out: string,
    platforms: { os: string; arch: string; variant?: string }[],
  ) => {
    const mains = await findMains(root, '.', await findModules(root, '.'))
    return platforms.flatMap((platform) =>
      mains.map((main) => ({
        main,
        platform,
        output: join(out, `${platform.os}-${platform.arch}`, main.name),
      })),
    )
  }

  it('builds the mains of several modules for several platforms, reproducibly, with their versions', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      'cmd/one/main.go': MAIN,
      'two/go.mod': goMod('example.com/two'),
      'two/main.go': MAIN,
    })
    const out = await go.temp.make('bin')
    const native = { os: go.host.os, arch: go.host.arch }
    const foreign = { os: 'windows', arch: go.host.arch === 'arm64' ? 'amd64' : 'arm64' }
    const targets = await targetsOf(root, out, [native, foreign])
    const built = await compile(targets, await compileRun(root), go.act)
    expect(built.map((b) => b.target)).toEqual(targets)
    expect(built.map((b) => b.target.main.importPath)).toEqual([
      'example.com/r/cmd/one',
      'example.com/two',
      'example.com/r/cmd/one',
      'example.com/two',
    ])
    for (const binary of built) {
      expect((await stat(binary.path)).size).toBe(binary.size)
      expect(binary.buildId.split('/')).toHaveLength(4)
    }
    expect(execFileSync(built[0]?.path ?? '').toString()).toBe('1.2.3 abc\n')
    expect((await readFile(built[2]?.path ?? '')).subarray(0, 2).toString()).toBe('MZ')
    const info = execFileSync('go', ['version', '-m', built[0]?.path ?? '']).toString()
    expect(info).toContain('-trimpath=true')
    // Elsewhere, the same bytes: nothing of this folder is in them.
    const copy = await go.temp.make('copy')
    await cp(root, copy, { recursive: true })
    const again = await compile(
      await targetsOf(copy, await go.temp.make('bin'), [native]),
      await compileRun(copy),
      go.act,
    )
    expect(again[0]?.buildId).toBe(built[0]?.buildId)
    expect((await readFile(again[0]?.path ?? '')).equals(await readFile(built[0]?.path ?? ''))).toBe(true)
  })

  it('the readings of the build id agree with the go command', async () => {
    const root = await go.repository({ 'go.mod': goMod('example.com/r'), 'main.go': MAIN })
    const out = await go.temp.make('bin')
    const built = await compile(
      await targetsOf(root, out, [
        { os: go.host.os, arch: go.host.arch },
        { os: 'windows', arch: 'amd64' },
      ]),
      await compileRun(root),
      go.act,
    )
    for (const binary of built) {
      const theirs = execFileSync('go', ['tool', 'buildid', binary.path], {
        env: { ...process.env, ...go.environment() },
      })
        .toString()
        .trim()
      expect(binary.buildId).toBe(theirs)
    }
  })

  it('compile errors are a gate, with every place', async () => {
    const root = await go.repository({
      'svc/go.mod': goMod('example.com/svc'),
      'svc/main.go': 'package main\n\nimport "example.com/svc/lib"\n\nfunc main() { lib.F() }\n',
      'svc/lib/lib.go': 'package lib\n\nfunc F() int { return "x" }\n\nvar y undefinedType\n',
    })
    const failed: unknown = await compile(
      await targetsOf(root, await go.temp.make('bin'), [{ os: 'linux', arch: 'amd64' }]),
      await compileRun(root),
      go.act,
    ).catch((e: unknown) => e)
    expect(failed).toBeInstanceOf(CompileError)
    expect(failed).toMatchObject({
      kind: 'gate',
      exitCode: 1,
      problems: [{ where: 'svc/lib/lib.go:3:23' }, { where: 'svc/lib/lib.go:5:7' }],
    })
    expect((failed as CompileError).log).toContain('undefined: undefinedType')
  })

  it('a C compiler that is missing is an environment fault with its fix', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      'main.go': 'package main\n\nimport "C"\n\nfunc main() {}\n',
    })
    const env = go.environment({ CGO_ENABLED: '1', CC: 'no-such-cc' })
    await expect(
      compile(
        await targetsOf(root, await go.temp.make('bin'), [{ os: go.host.os, arch: go.host.arch }]),
        await compileRun(root, { env }),
        go.act,
      ),
    ).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'go-c-compiler', cause: expect.stringContaining('no-such-cc') }],
    })
  })
})
