import { describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostOf } from '../../../src/base/platform.ts'
import { installGo } from '../../../src/go/install.ts'
import {
  act,
  failed,
  haveOnPath,
  haveTool,
  install,
  m,
  nothingLeft,
  OFF,
  offer,
  sources,
} from '../../support/go-machine.ts'
import { goTarball, makeZip } from '../../support/go-sources.ts'

describe('a Go that is there', () => {
  it('comes from the tool cache, newest first, without a request', async () => {
    await haveTool('1.26.3')
    const root = await haveTool('1.26.8')
    await haveTool('1.27.0-rc.1')
    await haveOnPath('go1.26.9')
    expect(await install('1.26')).toEqual({
      version: '1.26.8',
      root,
      bin: join(root, 'bin', 'go'),
      source: 'tool-cache',
      detail: `Go 1.26.8 from the tool cache (${root}), asked for as 1.26 by go.mod line 3 (go)`,
    })
    expect(sources.requests).toEqual([])
  })

  it('comes from PATH when the tool cache has none that fits', async () => {
    await haveTool('1.25.3')
    await haveOnPath('go1.26.8-X:nodwarf5')
    expect(await install('~1.26')).toMatchObject({
      version: '1.26.8',
      source: 'path',
      root: '/usr/lib/go',
      bin: '/usr/lib/go/bin/go',
    })
    expect(sources.requests).toEqual([])
  })

  it('comes from GOROOT when PATH has none', async () => {
    await haveOnPath('go1.26.8', 'amd64', join(m.work, 'goroot', 'bin'))
    expect(await install('1.26.8', {}, { env: { GOROOT: join(m.work, 'goroot') } })).toMatchObject({
      source: 'path',
    })
  })

  it.each([
    ['another architecture', 'go1.26.8', '386'],
    ['a build from source', 'devel go1.26-0f4d2a', 'amd64'],
  ])('is not taken when it is %s', async (_, name, arch) => {
    await haveOnPath(name, arch)
    await offer(['1.26.8'])
    const installed = await install('1.26.8')
    expect(installed.source).toBe('go.dev')
    expect(installed.detail).toContain(`PATH: ${name}`)
  })

  it('is not taken when it does not work', async () => {
    await offer(['1.26.8'])
    await writeFile(join(m.path, 'go'), '#!/bin/sh\necho broken pipe dream >&2\nexit 3\n', { mode: 0o755 })
    const installed = await install('1.26.8', {}, { env: { GOROOT: join(m.work, 'absent') } })
    expect(installed.source).toBe('go.dev')
    expect(installed.detail).toMatch(/PATH: cannot start .*absent\/bin\/go/)
    expect((await install('1.26.8', { toolCache: join(m.work, 'other') })).detail).toContain(
      'PATH: go does not work (exit code 3: broken pipe dream)',
    )
  })

  it('must be new enough for the modules, if the range allows that at all', async () => {
    await haveTool('1.26.3')
    await offer(['1.26.8'])
    expect(await install('1.26', {}, { minimum: '1.26.5' })).toMatchObject({
      version: '1.26.8',
      source: 'go.dev',
    })
    expect(await install('1.26.3', {}, { minimum: '1.26.5' })).toMatchObject({
      version: '1.26.3',
      source: 'tool-cache',
    })
  })

  it('is replaced when it is damaged', async () => {
    const root = await haveTool('1.26.8')
    await rm(join(root, 'bin'), { recursive: true })
    await offer(['1.26.8'])
    expect(await install('1.26.8')).toMatchObject({ source: 'go.dev', root })
    expect(m.log.warnings).toEqual([`the Go in ${root} is damaged (no go program) and not used`])
    expect(await readdir(root)).toContain('VERSION')
    await nothingLeft()
  })

  it('gives way to the newest release with check-latest, and for stable', async () => {
    await haveTool('1.26.3')
    await offer(['1.25.9', '1.26.8'])
    expect(await install('1.26', { checkLatest: true })).toMatchObject({
      version: '1.26.8',
      source: 'go.dev',
    })
    expect(await install('stable')).toMatchObject({ version: '1.26.8', source: 'tool-cache' })
    expect(await install('oldstable')).toMatchObject({ version: '1.25.9', source: 'go.dev' })
  })

  it('serves stable with a warning when no source can be asked', async () => {
    await haveTool('1.26.3')
    m.routes = {}
    expect(await install('stable')).toMatchObject({ version: '1.26.3', source: 'tool-cache' })
    expect(m.log.warnings.join()).toMatch(
      /no source of Go served stable.*go\.dev\/dl: its name cannot be resolved/,
    )
  })
})

describe('go.dev', () => {
  it('serves an archive that is checked, unpacked, tried and put into the tool cache', async () => {
    await offer(['1.26.8', '1.26.7'])
    const installed = await install('1.26')
    const root = join(m.tools, 'go', '1.26.8', 'x64')
    expect(installed).toMatchObject({
      version: '1.26.8',
      source: 'go.dev',
      root,
      bin: join(root, 'bin', 'go'),
    })
    expect(installed.detail).toMatch(
      /^Go 1\.26\.8 from https:\/\/go\.dev\/dl, SHA-256 by go\.dev, asked for as 1\.26 by go\.mod line 3 \(go\)\. Before: tool cache: has no Go; PATH: no Go there$/,
    )
    expect((await readdir(join(m.tools, 'go', '1.26.8'))).sort()).toEqual(['x64', 'x64.complete'])
    expect(await readFile(join(root, 'VERSION'), 'utf8')).toMatch(/^go1\.26\.8\n/)
    await nothingLeft()
    sources.requests.length = 0
    expect(await install('1.26')).toMatchObject({ source: 'tool-cache' })
    expect(sources.requests).toEqual([])
  })

  it('is asked again after 429 and after a cut connection, from where it was cut', async () => {
    await offer(['1.26.8'])
    sources.faults.push(
      { path: /mode=json$/, status: 429, headers: { 'retry-after': '2' } },
      { path: /tar\.gz$/, cutAfter: 1_000_000 },
      { path: /tar\.gz$/, status: 503 },
    )
    expect(await install('1.26.8')).toMatchObject({ source: 'go.dev' })
    const downloads = sources.requests.filter((request) => request.includes('tar.gz'))
    expect(downloads).toHaveLength(3)
    expect(downloads[2]).toMatch(/ bytes=\d+-$/)
    expect(m.counter.list().reduce((sum, { count }) => sum + count, 0)).toBe(3)
  })

  it('with a wrong checksum installs nothing and says so', async () => {
    await offer(['1.26.8'], '/go.dev/dl', undefined, { '1.26.8': 'ab'.repeat(32) })
    const error = await failed(install('1.26.8'))
    expect(error.kind).toBe('environment')
    expect(error.message).toContain('is not the published file: its SHA-256 is')
    expect(await readdir(m.tools).catch(() => [])).toEqual([])
    expect(m.log.warnings.join()).toContain('is not the published file')
  })

  it('with another version in the archive installs nothing', async () => {
    await offer(['1.26.8'], '/go.dev/dl', '1.20')
    expect((await failed(install('1.26.8'))).message).toContain('its VERSION file says go1.20')
    await nothingLeft()
  })

  it('with an archive that is no archive installs nothing', async () => {
    await offer(['1.26.8'])
    const broken = Buffer.from('no archive')
    sources.put('/go.dev/dl/go1.26.8.linux-amd64.tar.gz', broken)
    const text = sources.files.get('/go.dev/dl/?mode=json')?.toString() ?? ''
    sources.put(
      '/go.dev/dl/?mode=json',
      text.replace(/"sha256":"\w+"/, `"sha256":"${createHash('sha256').update(broken).digest('hex')}"`),
    )
    expect((await failed(install('1.26.8'))).message).toContain('the Go archive cannot be unpacked')
    await nothingLeft()
  })

  it('with a go program that does not run installs nothing', async () => {
    await offer(['1.26.8'])
    const archive = await goTarball('1.26.8', '1.26.8', '#!/bin/sh\necho cannot execute >&2\nexit 126\n')
    sources.put('/go.dev/dl/go1.26.8.linux-amd64.tar.gz', archive)
    const text = sources.files.get('/go.dev/dl/?mode=json')?.toString() ?? ''
    const hash = createHash('sha256').update(archive).digest('hex')
    sources.put('/go.dev/dl/?mode=json', text.replace(/"sha256":"\w+"/, `"sha256":"${hash}"`))
    const error = await failed(install('1.26.8'))
    expect(error.problems[0]).toMatchObject({
      code: 'go-does-not-run',
      cause: 'exit code 126: cannot execute',
    })
    expect((await readdir(join(m.tools, 'go'))).filter((name) => name.startsWith('1.'))).toEqual([])
    await nothingLeft()
  })

  it('serves a Windows zip', async () => {
    const file = 'go1.26.8.windows-amd64.zip'
    const zip = makeZip([
      { name: 'go/', content: '', mode: 0o040755, stored: true },
      { name: 'go/VERSION', content: 'go1.26.8\ntime 2026\n' },
      {
        name: 'go/bin/go.exe',
        content: '#!/bin/sh\necho "go version go1.26.8 windows/amd64"\n',
        mode: 0o100755,
      },
    ])
    sources.put(`/go.dev/dl/${file}`, zip)
    sources.put(
      '/go.dev/dl/?mode=json',
      JSON.stringify([
        {
          version: 'go1.26.8',
          files: [
            {
              filename: file,
              os: 'windows',
              arch: 'amd64',
              kind: 'archive',
              sha256: createHash('sha256').update(zip).digest('hex'),
            },
          ],
        },
      ]),
    )
    const installed = await installGo(
      { spec: '1.26.8', origin: 'input go-version' },
      { ...OFF, toolCache: m.tools },
      { ...act(), host: hostOf('win32', 'x64') },
    )
    expect(installed.bin).toBe(join(m.tools, 'go', '1.26.8', 'x64', 'bin', 'go.exe'))
  })

  it('serves another architecture, which is not tried', async () => {
    await offer(['1.26.8'])
    const text = sources.files.get('/go.dev/dl/?mode=json')?.toString() ?? ''
    sources.put('/go.dev/dl/?mode=json', text.replaceAll('"arch":"amd64"', '"arch":"armv6l"'))
    expect(await install('1.26.8', { arch: 'armv7l' })).toMatchObject({
      root: join(m.tools, 'go', '1.26.8', 'arm'),
    })
  })

  it('stops when cancelled', async () => {
    await offer(['1.26.8'])
    const stop = new AbortController()
    stop.abort(new Error('cancelled by the user'))
    expect((await failed(install('1.26.8', {}, { signal: stop.signal }))).message).toBe(
      'cancelled by the user',
    )
  })

  it('is installed elsewhere when the tool cache cannot be written', async () => {
    await offer(['1.26.8'])
    // A file in the way of the folder, which even root cannot write into.
    await writeFile(join(m.work, 'blocked'), '')
    const env = { RUNNER_TOOL_CACHE: join(m.work, 'blocked'), XDG_CACHE_HOME: join(m.work, 'xdg') }
    const installed = await installGo({ spec: '1.26.8', origin: 'x' }, OFF, act(env))
    expect(installed.root).toBe(join(m.work, 'xdg', 'go-image-pipeline', 'tools', 'go', '1.26.8', 'x64'))
    expect(m.log.infos.join()).toContain('cannot be written')
  })
})

describe('mirrors', () => {
  const mirror = (name: string): string => `${sources.url}/${name}`

  it('are asked first and are held to the checksum of go.dev', async () => {
    await offer(['1.26.8'])
    await offer(['1.26.8'], '/one')
    const installed = await install('1.26', { goMirrors: [`${mirror('one')}/`] })
    expect(installed).toMatchObject({ source: 'mirror', root: join(m.tools, 'go', '1.26.8', 'x64') })
    expect(installed.detail).toContain('SHA-256 by go.dev')
    expect(sources.requests).toContain('GET /one/go1.26.8.linux-amd64.tar.gz')
  })

  it('that alter files are passed over, aloud', async () => {
    await offer(['1.26.8'])
    await offer(['1.26.8'], '/one', '1.26.8\nevil')
    const installed = await install('1.26.8', { goMirrors: [mirror('one')] })
    expect(installed.source).toBe('go.dev')
    expect(m.log.warnings.join()).toMatch(/one\/go1\.26\.8\.linux-amd64\.tar\.gz is not the published file/)
    expect(installed.detail).toContain('one/go1.26.8.linux-amd64.tar.gz: the download of')
  })

  it('without go.dev are taken at their own word, under a tool name of their own', async () => {
    m.routes = {}
    await offer(['1.26.8'], '/one')
    const options = { goMirrors: [mirror('absent'), mirror('one')] }
    const installed = await install('1.26', options)
    expect(installed.root).toMatch(/tools\/go-[0-9a-f]{8}\/1\.26\.8\/x64$/)
    expect(installed.detail).toContain('SHA-256 by the mirror alone (go.dev could not be asked)')
    sources.requests.length = 0
    expect(await install('1.26', options)).toMatchObject({ source: 'tool-cache', root: installed.root })
    // Who did not name the mirror does not get its Go.
    expect((await failed(install('1.26'))).problems[0]?.code).toBe('go-unavailable')
  })

  it('without a listing serve an exact version by the checksum file beside it', async () => {
    m.routes = {}
    const archive = await goTarball('1.26.8')
    sources.put('/plain/go1.26.8.linux-amd64.tar.gz', archive)
    sources.put(
      '/plain/go1.26.8.linux-amd64.tar.gz.sha256',
      createHash('sha256').update(archive).digest('hex'),
    )
    expect(await install('1.26.8', { goMirrors: [mirror('plain')] })).toMatchObject({
      source: 'mirror',
      version: '1.26.8',
    })
  })

  it('with a password get it as a header and show it nowhere', async () => {
    await offer(['1.26.8'], '/one')
    const installed = await install('1.26.8', {
      goMirrors: [mirror('one').replace('http://', 'http://me:hunter22@')],
    })
    expect(installed.source).toBe('mirror')
    expect(new Set(sources.authorizations)).toEqual(
      new Set([`Basic ${Buffer.from('me:hunter22').toString('base64')}`]),
    )
    expect(JSON.stringify([installed, m.log, m.counter.list()])).not.toContain('hunter22')
  })
})
