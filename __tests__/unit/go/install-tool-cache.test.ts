import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as toolCache from '@actions/tool-cache'
import type { Clock } from '../../../src/base/clock.ts'
import { hostOf, mergeEnvironment } from '../../../src/base/platform.ts'
import { parseGoVersionName } from '../../../src/go/local.ts'
import { listInstalled, makeStaging, placeTool, toolCacheRoots } from '../../../src/go/tool-cache.ts'
import { toolchainEnvironment } from '../../../src/go/toolchain-environment.ts'
import { formatGoVersion } from '../../../src/go/version.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gip-tools-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const host = hostOf('linux', 'x64')
/** A clock whose sleeps pass at once, but count. */
const fastClock = (during: () => Promise<void> = () => Promise.resolve()): Clock & { slept: number } => {
  const clock = {
    slept: 0,
    now: () => Date.now() + clock.slept,
    sleep: async (ms: number) => {
      clock.slept += ms
      await during()
    },
  }
  return clock
}

async function make(content: string): Promise<string> {
  const made = join(await makeStaging(root, 'go'), 'go')
  await mkdir(join(made, 'bin'), { recursive: true })
  await writeFile(join(made, 'bin', 'go'), content)
  return made
}
const place = (semver = '1.26.8') => ({ root, name: 'go', semver, arch: 'x64', program: 'bin/go' })
const target = (): string => join(root, 'go', '1.26.8', 'x64')
const contentOf = (folder: string): Promise<string> => readFile(join(folder, 'bin', 'go'), 'utf8')

describe('toolCacheRoots', () => {
  it.each([
    ['linux', { RUNNER_TOOL_CACHE: '/opt/hostedtoolcache' }, '/opt/hostedtoolcache'],
    ['linux', {}, '/home/me/.cache/go-image-pipeline/tools'],
    ['linux', { RUNNER_TOOL_CACHE: '', XDG_CACHE_HOME: '/xdg' }, '/xdg/go-image-pipeline/tools'],
    ['darwin', {}, '/home/me/Library/Caches/go-image-pipeline/tools'],
    ['darwin', { RUNNER_TOOL_CACHE: '/Users/runner/hostedtoolcache' }, '/Users/runner/hostedtoolcache'],
    [
      'win32',
      { LocalAppData: 'C:\\Users\\me\\AppData\\Local' },
      'C:\\Users\\me\\AppData\\Local\\go-image-pipeline\\tools',
    ],
    ['win32', { RUNNER_TOOL_CACHE: 'D:\\tools', RUNNER_TEMP: 'C:\\t' }, 'D:\\tools'],
    [
      'win32',
      {
        Runner_Tool_Cache: 'C:\\hostedtoolcache\\windows',
        RUNNER_TEMP: 'D:\\a\\_temp',
        RUNNER_ENVIRONMENT: 'github-hosted',
      },
      'D:\\hostedtoolcache\\windows',
    ],
    [
      'win32',
      { RUNNER_TOOL_CACHE: 'd:\\tools', RUNNER_TEMP: 'D:\\a\\_temp', RUNNER_ENVIRONMENT: 'github-hosted' },
      'd:\\tools',
    ],
  ])('on %s with %j installs into %s', (platform, env, expected) => {
    const roots = toolCacheRoots(
      env,
      hostOf(platform, 'x64'),
      platform === 'win32' ? 'C:\\Users\\me' : '/home/me',
    )
    expect(roots.install[0]).toBe(expected)
    expect(roots.search).toContain(expected)
    expect([...roots.install].sort()).toEqual([...roots.search].sort())
  })

  it("searches the image's own tools first, whatever the disk", () => {
    const env = {
      RUNNER_TOOL_CACHE: 'C:\\h',
      RUNNER_TEMP: 'D:\\t',
      RUNNER_ENVIRONMENT: 'github-hosted',
      LOCALAPPDATA: 'C:\\l',
    }
    expect(toolCacheRoots(env, hostOf('win32', 'x64'))).toEqual({
      search: ['C:\\h', 'D:\\h', 'C:\\l\\go-image-pipeline\\tools'],
      install: ['D:\\h', 'C:\\h', 'C:\\l\\go-image-pipeline\\tools'],
    })
  })
})

describe('listInstalled', () => {
  it('finds complete tools, tells damaged ones, and leaves the environment as it was', async () => {
    await placeTool(await make('one'), place(), fastClock())
    await placeTool(await make('rc'), place('1.27.0-rc.1'), fastClock())
    await mkdir(join(root, 'go', '1.25.0', 'x64'), { recursive: true })
    await writeFile(join(root, 'go', '1.25.0', 'x64.complete'), '')
    await mkdir(join(root, 'go', '1.24.0', 'x64', 'bin'), { recursive: true })
    await writeFile(join(root, 'go', '1.24.0', 'x64', 'bin', 'go'), 'no marker')
    const before = process.env['RUNNER_TOOL_CACHE']
    const { installed, damaged } = await listInstalled(
      [join(root, 'absent'), root],
      ['go', 'go-0f'],
      'x64',
      host,
    )
    expect(installed.map((go) => formatGoVersion(go.version)).sort()).toEqual(['1.26.8', '1.27rc1'])
    expect(installed.every((go) => go.bin === join(go.root, 'bin', 'go'))).toBe(true)
    expect(damaged).toEqual([join(root, 'go', '1.25.0', 'x64')])
    expect(process.env['RUNNER_TOOL_CACHE']).toBe(before)
    expect((await listInstalled([root], ['go'], 'arm64', host)).installed).toEqual([])
  })
})

describe('placeTool', () => {
  it('makes a tool that @actions/tool-cache itself finds', async () => {
    const folder = await placeTool(await make('one'), place(), fastClock())
    expect(folder).toBe(target())
    const before = process.env['RUNNER_TOOL_CACHE']
    process.env['RUNNER_TOOL_CACHE'] = root
    expect(toolCache.find('go', '^1.26', 'x64')).toBe(folder)
    if (before === undefined) delete process.env['RUNNER_TOOL_CACHE']
    else process.env['RUNNER_TOOL_CACHE'] = before
  })

  it('uses the tool of whoever was faster and throws its own away', async () => {
    await placeTool(await make('first'), place(), fastClock())
    const second = await make('second')
    expect(await contentOf(await placeTool(second, place(), fastClock()))).toBe('first')
    expect(await readdir(dirname(second))).toEqual([])
  })

  it('survives many at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, (_, i) => make(`tool ${i}`)))
    const folders = await Promise.all(made.map((one) => placeTool(one, place(), fastClock())))
    expect(new Set(folders)).toEqual(new Set([target()]))
    expect(await contentOf(target())).toMatch(/^tool \d+$/)
    expect((await readdir(join(root, 'go', '1.26.8'))).sort()).toEqual(['x64', 'x64.complete'])
    expect((await readdir(join(root, 'go'))).filter((name) => name.startsWith('.old'))).toEqual([])
  })

  it('replaces what a killed installation left behind', async () => {
    await mkdir(join(target(), 'bin'), { recursive: true })
    await writeFile(join(target(), 'bin', 'half'), '')
    await utimes(target(), 1, 1)
    const clock = fastClock()
    expect(await contentOf(await placeTool(await make('whole'), place(), clock))).toBe('whole')
    expect(await readdir(join(target(), 'bin'))).toEqual(['go'])
    expect(clock.slept).toBe(0)
  })

  it('waits for a copy that is under way in another job', async () => {
    await mkdir(join(target(), 'bin'), { recursive: true })
    await writeFile(join(target(), 'bin', 'go'), 'theirs')
    const clock = fastClock(async () => {
      await writeFile(`${target()}.complete`, '')
    })
    expect(await contentOf(await placeTool(await make('ours'), place(), clock))).toBe('theirs')
    expect(clock.slept).toBeGreaterThan(0)
  })

  it('stops waiting after a minute', async () => {
    await mkdir(join(target(), 'bin'), { recursive: true })
    const clock = fastClock()
    expect(await contentOf(await placeTool(await make('ours'), place(), clock))).toBe('ours')
    expect(clock.slept).toBeLessThanOrEqual(62_000)
  })

  // Another disk, as far as this system has one.
  const shm = process.platform === 'linux' && existsSync('/dev/shm') ? it : it.skip
  shm('copies from another disk, where a folder cannot be moved', async () => {
    const other = await mkdtemp('/dev/shm/gip-tools-')
    try {
      const made = join(other, 'go')
      await mkdir(join(made, 'bin'), { recursive: true })
      await writeFile(join(made, 'bin', 'go'), 'far', { mode: 0o755 })
      const folder = await placeTool(made, place(), fastClock())
      expect(await contentOf(folder)).toBe('far')
      expect((await readdir(dirname(folder))).sort()).toEqual(['x64', 'x64.complete'])
      expect(await readdir(other)).toEqual([])
    } finally {
      await rm(other, { recursive: true, force: true })
    }
  })

  it('fails when the place cannot be made', async () => {
    const made = await make('ours')
    await writeFile(join(root, 'go', '1.26.8'), 'a file')
    await expect(placeTool(made, place(), fastClock())).rejects.toThrow(/EEXIST|ENOTDIR/)
  })

  const noRoot = process.platform !== 'win32' && process.getuid?.() !== 0
  it('tells a folder that cannot be written', async () => {
    const closed = join(root, 'closed')
    await mkdir(closed)
    await chmod(closed, 0o555)
    const staging = makeStaging(closed, 'go')
    // Root may write everywhere.
    if (noRoot) await expect(staging).rejects.toMatchObject({ code: 'EACCES' })
    else expect(await staging).toContain(closed)
    await chmod(closed, 0o755)
  })
})

describe('parseGoVersionName', () => {
  it.each([
    ['go1.26.8', '1.26.8'],
    ['go1.26.8-X:nodwarf5', '1.26.8'],
    ['go1.24.6 (Red Hat 1.24.6-1.el9)', '1.24.6'],
    ['go1.27rc1', '1.27rc1'],
    ['go1.20', '1.20'],
    ['devel go1.27-0f4d2a', undefined],
    ['go1.27-devel_0f4d2a', undefined],
    ['', undefined],
    ['go1.26.8evil', undefined],
  ])('%s', (name, expected) => {
    const version = parseGoVersionName(name)
    expect(version === undefined ? undefined : formatGoVersion(version)).toBe(expected)
  })
})

describe('toolchainEnvironment', () => {
  const linux = { version: '1.26.8', root: '/t/go', bin: '/t/go/bin/go' }
  const windows = { version: '1.26.8', root: 'D:\\t\\go', bin: 'D:\\t\\go\\bin\\go.exe' }

  it.each([
    [undefined, {}, 'local', true, /used as it is/],
    ['1.26', {}, 'local', true, /accepts every module \(they ask for 1\.26 or newer\)/],
    ['1.26.8', { GOTOOLCHAIN: 'local' }, 'local', true, /^GOTOOLCHAIN=local: /],
    [
      '1.26.9',
      { GOTOOLCHAIN: 'local' },
      'auto',
      false,
      /^GOTOOLCHAIN=auto \(it was local\): a module asks for Go 1\.26\.9/,
    ],
    ['1.27rc1', {}, 'auto', false, /newer than the installed 1\.26\.8/],
    ['1.26', { GOTOOLCHAIN: 'go1.25.0+auto' }, 'local', true, /it was go1\.25\.0\+auto/],
  ])('modules that ask for %s with %j: GOTOOLCHAIN=%s', (required, env, value, satisfied, explanation) => {
    const result = toolchainEnvironment(linux, required, { PATH: '/usr/bin', GOROOT: '/old', ...env }, host)
    expect(result.env).toEqual({ PATH: '/t/go/bin:/usr/bin', GOROOT: undefined, GOTOOLCHAIN: value })
    expect(result.satisfied).toBe(satisfied)
    expect(result.explanation).toMatch(explanation)
  })

  it("takes the runner's tokens away, which tests of the repository must not have", () => {
    const { env } = toolchainEnvironment(linux, undefined, {}, host)
    for (const name of [
      'ACTIONS_RUNTIME_TOKEN',
      'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
      'ACTIONS_ID_TOKEN_REQUEST_URL',
    ]) {
      expect(Object.hasOwn(env, name)).toBe(true)
      expect(mergeEnvironment({ [name]: 'secret' }, env, 'linux')[name]).toBeUndefined()
    }
  })

  it.each([
    ['linux', linux, { PATH: '/a::/t/go/bin:/b' }, '/t/go/bin:/a:/b', '/t/go/bin'],
    ['linux', linux, {}, '/t/go/bin', '/t/go/bin'],
    ['darwin', linux, { PATH: '/a' }, '/t/go/bin:/a', '/t/go/bin'],
    [
      'win32',
      windows,
      { Path: 'C:\\Windows;D:\\t\\go\\bin' },
      'D:\\t\\go\\bin;C:\\Windows',
      'D:\\t\\go\\bin',
    ],
  ])('on %s puts %j before PATH once', (platform, installed, env, path, addPath) => {
    const result = toolchainEnvironment(installed, undefined, env, hostOf(platform, 'x64'))
    expect(result.env['PATH']).toBe(path)
    expect(result.addPath).toBe(addPath)
  })
})
