import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import {
  binaryPath,
  parseFiles,
  prepareRootfs,
  type RootfsOptions,
  rootfsSlug,
} from '../../../src/image/rootfs.ts'

describe('parseFiles', () => {
  it('reads source, destination and mode', () => {
    const { files, problems } = parseFiles(
      '# comment\n./config/app.yaml:/etc/app/app.yaml\nrun:/opt//run:0755\nassets:/srv/assets/\na\\b:/x:644\n',
    )
    expect(problems).toEqual([])
    expect(files).toEqual([
      { source: 'config/app.yaml', destination: '/etc/app/app.yaml' },
      { source: 'run', destination: '/opt/run', mode: 0o755 },
      { source: 'assets', destination: '/srv/assets' },
      { source: 'a/b', destination: '/x', mode: 0o644 },
    ])
  })

  it.each([
    ['app.yaml', 'no ":"'],
    ['app.yaml:etc/app.yaml', 'absolute path'],
    [':/etc/app.yaml', 'source is empty'],
    ['/etc/passwd:/etc/passwd', 'relative'],
    ['../secret:/etc/secret', 'leaves'],
    ['a/../../b:/x', 'leaves'],
    ['C:\\x:/x', 'relative'],
    ['a:/x/../../etc', 'holds ..'],
    ['a:/', 'root folder'],
    ['a:/x:rwx', 'octal'],
    ['a:/x:9999', 'octal'],
    ['a:/x\u0007', 'control'],
  ])('refuses %j', (line, cause) => {
    const { files, problems } = parseFiles(line)
    expect(files).toEqual([])
    expect(problems).toEqual([
      expect.objectContaining({ input: 'files', cause: expect.stringContaining(cause) }),
    ])
  })

  it('never lets a path out of its root', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (source, destination) => {
        for (const file of parseFiles(`${source}:/${destination}`).files) {
          expect(posix.normalize(posix.join('/root', file.source))).toMatch(/^\/root(\/|$)/)
          expect(posix.normalize(file.destination)).toBe(file.destination)
          expect(file.destination).toMatch(/^\/./)
        }
      }),
    )
  })
})

it.each([
  [{ os: 'linux', arch: 'amd64' }, 'linux_amd64'],
  [{ os: 'linux', arch: 'amd64', variant: 'v3' }, 'linux_amd64v3'],
  [{ os: 'linux', arch: 'arm' }, 'linux_armv7'],
  [{ os: 'linux', arch: 'arm', variant: 'v6' }, 'linux_armv6'],
  [{ os: 'linux', arch: 'arm64', variant: 'v8.1' }, 'linux_arm64v8.1'],
  [{ os: 'windows', arch: 'amd64', osVersion: '10.0.20348' }, 'windows_amd64'],
])('rootfsSlug(%j)', (platform, slug) => {
  expect(rootfsSlug(platform)).toBe(slug)
})

it('names programs as the entry point does', () => {
  expect(binaryPath('hello', 'linux')).toBe('/app/hello')
  expect(binaryPath('hello', 'windows')).toBe('C:\\app\\hello.exe')
})

describe('prepareRootfs', () => {
  let folder: string
  let options: RootfsOptions
  const EPOCH = 1_700_000_000
  const posixHost = process.platform !== 'win32'

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-rootfs-'))
    await mkdir(join(folder, 'src', 'assets', 'deep'), { recursive: true })
    await mkdir(join(folder, 'src', 'assets', '.git'))
    await writeFile(join(folder, 'src', 'assets', '.git', 'HEAD'), 'x')
    await writeFile(join(folder, 'src', 'assets', 'deep', 'a.txt'), 'a')
    await writeFile(join(folder, 'src', 'assets', 'run.sh'), '#!/bin/sh\n')
    await chmod(join(folder, 'src', 'assets', 'run.sh'), 0o700)
    await writeFile(join(folder, 'program'), 'ELF')
    options = {
      context: join(folder, 'out'),
      platform: { os: 'linux', arch: 'arm64' },
      host: { os: posixHost ? 'linux' : 'windows', arch: 'amd64' },
      binaries: [{ name: 'hello', file: join(folder, 'program') }],
      furnished: true,
      files: [],
      filesRoot: join(folder, 'src'),
      user: '65532:65533',
      epoch: EPOCH,
    }
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const at = (...parts: string[]): string => join(folder, 'out', 'linux_arm64', 'rootfs', ...parts)

  it('lays the program out, and nothing else on a furnished base', async () => {
    const rootfs = await prepareRootfs(options)
    expect(rootfs).toEqual({
      folder: 'linux_arm64/rootfs',
      entries: [
        { path: '/app', kind: 'directory', mode: 0o755, size: 0 },
        { path: '/app/hello', kind: 'file', mode: 0o555, size: 3 },
      ],
      bytes: 3,
    })
    const facts = await stat(at('app', 'hello'))
    expect(facts.mtimeMs).toBe(EPOCH * 1000)
    expect((await stat(at('app'))).mtimeMs).toBe(EPOCH * 1000)
    if (posixHost) expect(facts.mode & 0o7777).toBe(0o555)
  })

  it('furnishes scratch: CA bundle, users, /tmp for everybody', async () => {
    const rootfs = await prepareRootfs({ ...options, furnished: false })
    expect(rootfs.entries.map((entry) => entry.path)).toEqual([
      '/app',
      '/app/hello',
      '/etc',
      '/etc/group',
      '/etc/passwd',
      '/etc/ssl',
      '/etc/ssl/certs',
      '/etc/ssl/certs/ca-certificates.crt',
      '/tmp',
    ])
    const bundle = await readFile(at('etc/ssl/certs/ca-certificates.crt'), 'utf8')
    expect(bundle.match(/-----BEGIN CERTIFICATE-----/g)?.length).toBeGreaterThan(100)
    expect(bundle.endsWith('-----END CERTIFICATE-----\n')).toBe(true)
    expect(await readFile(at('etc/passwd'), 'utf8')).toBe(
      'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65533:nonroot:/home/nonroot:/sbin/nologin\n',
    )
    expect(await readFile(at('etc/group'), 'utf8')).toBe('root:x:0:\nnonroot:x:65533:\n')
    if (posixHost) expect((await stat(at('tmp'))).mode & 0o7777).toBe(0o1777)
  })

  it('names no second root', async () => {
    await prepareRootfs({ ...options, furnished: false, user: '0' })
    expect(await readFile(at('etc/passwd'), 'utf8')).toBe('root:x:0:0:root:/root:/sbin/nologin\n')
    expect(await readFile(at('etc/group'), 'utf8')).toBe('root:x:0:\n')
  })

  it('adds the suffix for Windows, and no Linux furniture', async () => {
    const rootfs = await prepareRootfs({
      ...options,
      platform: { os: 'windows', arch: 'amd64' },
      furnished: false,
    })
    expect(rootfs.entries.map((entry) => entry.path)).toEqual(['/app', '/app/hello.exe'])
  })

  it('copies extra files and folders, with modes, without .git', async () => {
    const { files } = parseFiles(
      'assets:/srv/assets\nassets/deep/a.txt:/etc/a.txt:0600\nassets/deep/a.txt:/tmp/a.txt',
    )
    const rootfs = await prepareRootfs({ ...options, furnished: false, files })
    const modes = new Map(rootfs.entries.map((entry) => [entry.path, entry.mode]))
    expect(modes.get('/srv/assets/deep/a.txt')).toBe(0o644)
    expect(modes.get('/srv/assets/run.sh')).toBe(posixHost ? 0o755 : 0o644)
    expect(modes.get('/etc/a.txt')).toBe(0o600)
    expect(modes.get('/tmp')).toBe(0o1777)
    expect([...modes.keys()].some((path) => path.includes('.git'))).toBe(false)
  })

  it('lets the user’s own CA bundle replace ours', async () => {
    const { files } = parseFiles('assets/deep/a.txt:/etc/ssl/certs/ca-certificates.crt')
    await prepareRootfs({ ...options, furnished: false, files })
    expect(await readFile(at('etc/ssl/certs/ca-certificates.crt'), 'utf8')).toBe('a')
  })

  it('begins anew each time', async () => {
    await prepareRootfs({ ...options, furnished: false })
    await prepareRootfs(options)
    await expect(stat(at('etc'))).rejects.toThrow('ENOENT')
  })

  it('puts Go’s zone database where ZONEINFO points', async () => {
    const rootfs = await prepareRootfs({ ...options, zoneinfo: join(folder, 'program') })
    expect(rootfs.entries.map((entry) => entry.path)).toContain('/usr/share/zoneinfo.zip')
  })

  it.each([
    ['a missing source', 'nowhere:/x', 'files', /does not exist/],
    ['a program of ours', 'assets/run.sh:/app/hello', 'files-collide', /\/app\/hello/],
    ['a folder below a file', 'assets:/app/hello/x', 'files-collide', /\/app\/hello/],
    ['two to one place', 'assets/run.sh:/x\nassets/deep/a.txt:/x', 'files-collide', /\/x/],
  ])('refuses %s', async (_name, lines, code, words) => {
    const failure = await prepareRootfs({ ...options, files: parseFiles(lines).files }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({
      kind: 'input',
      problems: [expect.objectContaining({ code, input: 'files' })],
    })
    expect(String(failure)).toMatch(words)
  })

  const withLinks = posixHost ? it : it.skip
  withLinks('follows links inside the root, refuses those that leave it or never end', async () => {
    await symlink('deep/a.txt', join(folder, 'src', 'assets', 'link'))
    const { files } = parseFiles('assets:/srv')
    await prepareRootfs({ ...options, files })
    expect(await readFile(at('srv', 'link'), 'utf8')).toBe('a')

    await symlink(join(folder, 'program'), join(folder, 'src', 'assets', 'out'))
    await expect(prepareRootfs({ ...options, files })).rejects.toThrow('outside working-directory')
    await rm(join(folder, 'src', 'assets', 'out'))

    await symlink('..', join(folder, 'src', 'assets', 'deep', 'up'))
    await expect(prepareRootfs({ ...options, files })).rejects.toThrow('contains itself')
  })
})
