import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GitHubDouble } from '../support/github-double.ts'
import { libraryCaller } from '../support/library.ts'
import { describeWithRig } from '../support/rig.ts'
import { outputsOf } from '../support/workflow-run.ts'

describeWithRig('binaries.yml, called from another repository', () => {
  const { start, project } = libraryCaller('hello', 'binaries.yml')
  let github: GitHubDouble
  beforeAll(async () => {
    github = await GitHubDouble.start()
  })
  afterAll(() => github.close())

  /** A push of a tag, in the repository that the double knows. */
  const tagged = async (vars: Record<string, string>) => {
    const payload = join(project(), '.git', 'event.json')
    await writeFile(payload, JSON.stringify({ ref: 'refs/tags/v1.2.3', repository: { full_name: 'acme/shop', name: 'shop', owner: { login: 'acme' } } })) // prettier-ignore
    const env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/shop' }
    return start({ RELEASE: 'true', ...vars }, { payload, env, secrets: { GITHUB_TOKEN: 'ghs_test-token' } })
  }

  it('compiles, packs, and makes a draft release of the tag', async () => {
    const done = await tagged({ PLATFORMS: 'linux/amd64,windows/amd64' })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = outputsOf(done) ?? {}
    const archives = JSON.parse(outputs['archives'] ?? '[]') as { name: string; digest: string; platform: string }[] // prettier-ignore
    expect(archives.map(({ platform, name }) => `${platform} ${name.replace(/^.*\./, '')}`)).toEqual(['linux/amd64 gz', 'windows/amd64 zip']) // prettier-ignore
    expect(github.releases).toMatchObject([{ tag_name: 'v1.2.3', draft: true }])
    const assets = github.releases[0]?.['assets'] as { name: string; digest: string }[]
    for (const { name, digest } of archives) expect(assets).toContainEqual(expect.objectContaining({ name, digest })) // prettier-ignore
    expect(assets.map(({ name }) => name.replace(/^hello_\w[\w.-]*?_(?=linux|windows)/, ''))).toEqual(
      expect.arrayContaining(['SHA256SUMS', 'provenance.json', 'linux_amd64.tar.gz.spdx.json']),
    )
    expect(outputs['release']).toMatch(/releases\/tag\/v1\.2\.3/)
  })

  it('is stopped by a platform that Go does not build for, and releases nothing', async () => {
    const before = github.seen.length
    const done = await tagged({ PLATFORMS: 'linux/amd64,windows/s390x' })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/Go 1\.\d+(\.\d+)? does not build for windows\/s390x/)
    expect(github.seen.slice(before).filter(({ method }) => method !== 'GET')).toEqual([])
  })
})
