import { describe, expect, it } from '@jest/globals'
import { failed, install, m, offer, offerModules, sources } from '../../support/go-machine.ts'

describe('failures', () => {
  it('say at once that the version makes no sense', async () => {
    expect(await failed(install('1.2', {}, { origin: 'input go-version' }))).toMatchObject({
      kind: 'input',
      exitCode: 2,
      problems: [{ code: 'go-version-invalid', where: 'input go-version' }],
    })
  })

  it('name the line of go.mod, the newest Go, every source, and the fix', async () => {
    await offer(['1.26.8', '1.25.9'])
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    const error = await failed(
      install(
        '1.99.0',
        { goproxy: proxy, sumdbKey, goMirrors: [`${sources.url}/one`] },
        { origin: 'svc/go.mod line 3 (go)' },
      ),
    )
    expect(error.kind).toBe('input')
    const [problem] = error.problems
    expect(problem).toMatchObject({
      code: 'go-version-not-offered',
      what: 'no source offers Go 1.99.0 for linux/amd64',
      where: 'svc/go.mod line 3 (go)',
    })
    expect(problem?.cause).toMatch(
      /^the newest release is 1\.26\.8; sources asked: tool cache: has no Go; PATH: no Go there; listing of .*\/one: answered 404; listing of https:\/\/go\.dev\/dl: has no such version \(newest 1\.26\.8\); .*one: no checksum for .*; checksum database: has no golang\.org\/toolchain@v0\.0\.1-go1\.99\.0\.linux-amd64$/,
    )
    expect(problem?.fix).toContain('go mod edit -go=1.26.8')
  })

  it('name the newest toolchain of the proxy when no listing answers', async () => {
    m.routes = {}
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    for (const spec of ['1.99.0', '^1.99']) {
      const error = await failed(install(spec, { goproxy: proxy, sumdbKey }, { origin: 'input go-version' }))
      expect(error.problems[0]).toMatchObject({
        code: 'go-version-not-offered',
        fix: 'ask for a released version, for example 1.26.8',
      })
    }
  })

  it('name the minimum that the modules set', async () => {
    await offer(['1.26.8'])
    const error = await failed(install('1.26', {}, { minimum: '1.26.9', origin: 'input go-version' }))
    expect(error.problems[0]?.what).toContain(
      'a Go that fits "1.26" and is at least 1.26.9 (go.mod line 4 (toolchain))',
    )
  })

  it('tell a platform for which Go is not published', async () => {
    await offer(['1.26.8'])
    const error = await failed(install('1.26.8', { arch: 'loong64' }))
    expect(error).toMatchObject({ kind: 'input', problems: [{ code: 'go-not-for-platform' }] })
    expect(error.message).toContain('Go 1.26.8 is not published for linux/loong64')
    expect(error.message).toContain('linux/amd64')
  })

  it('list every source when none can be reached', async () => {
    m.routes = {}
    const error = await failed(
      install('1.26.8', { goproxy: 'https://proxy.example', goMirrors: ['https://mirror.example/go'] }),
    )
    expect(error).toMatchObject({ kind: 'environment', exitCode: 3, problems: [{ code: 'go-unavailable' }] })
    for (const source of [
      'tool cache',
      'PATH',
      'mirror.example/go',
      'go.dev/dl',
      'sum.golang.org',
      'proxy.example',
    ]) {
      expect(error.message).toContain(source)
    }
    expect(error.message).toContain('go-mirrors')
  })

  it('tell that nothing could be asked because GOPROXY is off', async () => {
    m.routes = {}
    expect((await failed(install('1.26.8'))).message).toContain(
      'GOPROXY: names no proxy that could be asked (off)',
    )
  })
})
