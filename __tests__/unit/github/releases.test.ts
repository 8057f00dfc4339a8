import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../../src/base/download.ts'
import { ensureRelease, type WantedRelease } from '../../../src/github/releases.ts'
import { clientOf } from '../../support/github-act.ts'
import { GitHubDouble } from '../../support/github-double.ts'
import { testAct } from '../../support/registry-act.ts'

describe('ensureRelease', () => {
  let double: GitHubDouble
  let folder: string
  beforeEach(async () => {
    double = await GitHubDouble.start()
    folder = await mkdtemp(join(tmpdir(), 'gip-release-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    await double.close()
  })

  const start = async (more: Partial<WantedRelease> = {}, texts: Record<string, string> = { 'a.tar.gz': 'A', SHA256SUMS: 'S' }) => {
    const files = await Promise.all(
      Object.entries(texts).map(async ([name, text]) => {
        await writeFile(join(folder, name), text)
        return { name, path: join(folder, name), sha256: sha256(text) }
      }),
    )
    const act = testAct()
    try {
      return await ensureRelease(clientOf(double, act), double.repository, { tag: 'v1.2.3', name: 'v1.2.3', prerelease: false, draft: true, files, ...more }, act)
    } finally {
      await act.http.close()
    }
  } // prettier-ignore
  const sent = (method: string): number => double.seen.filter((one) => one.method === method).length
  const digests = (): unknown[] =>
    ((double.releases[0]?.['assets'] ?? []) as { name: string; digest: string }[]).map(({ name, digest }) => `${name} ${digest}`) // prettier-ignore

  it('makes a draft once; a second run uploads nothing', async () => {
    expect(await start()).toMatchObject({ uploaded: 2, draft: true })
    expect(double.releases).toMatchObject([{ tag_name: 'v1.2.3', draft: true }])
    expect(digests()).toEqual([`a.tar.gz sha256:${sha256('A')}`, `SHA256SUMS sha256:${sha256('S')}`])
    const posts = sent('POST')
    expect(await start()).toMatchObject({ uploaded: 0, draft: true })
    expect([sent('POST'), sent('DELETE'), sent('PATCH')]).toEqual([posts, 0, 0])
  })

  it('replaces what is different in a draft', async () => {
    await start()
    expect(await start({}, { 'a.tar.gz': 'B', SHA256SUMS: 'S' })).toMatchObject({ uploaded: 1 })
    expect(digests()).toContain(`a.tar.gz sha256:${sha256('B')}`)
  })

  it('publishes only when asked, and never changes what is published', async () => {
    expect(await start({ draft: false, notes: 'text' })).toMatchObject({ draft: false })
    expect(double.releases).toMatchObject([{ draft: false, body: 'text' }])
    expect(await start()).toMatchObject({ uploaded: 0, draft: false })
    await expect(start({}, { 'a.tar.gz': 'B' })).rejects.toMatchObject({ kind: 'gate', problems: [{ code: 'release-published' }] }) // prettier-ignore
    expect(sent('DELETE')).toBe(0)
  })

  it('uploads once when the answer was lost', async () => {
    double.fail({ when: ({ method, path }) => method === 'POST' && path.endsWith('/assets'), status: 'cut', carriedOut: true }) // prettier-ignore
    await start()
    expect(digests()).toHaveLength(2)
  })

  it('sends nothing to a host that an answer invents', async () => {
    await start()
    Object.assign(double.releases[0] ?? {}, {
      upload_url: 'https://evil.example/assets{?name,label}',
      assets: [],
    })
    await expect(start()).rejects.toMatchObject({ problems: [{ code: 'github-answer' }] })
  })
})
