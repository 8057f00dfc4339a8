import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { PipelineError } from '../../src/base/errors.ts'
import { SystemHttp } from '../../src/base/http.ts'
import { type ClientOptions, RegistryClient } from '../../src/registry/client.ts'
import { copyImage } from '../../src/registry/copy.ts'
import { makeDockerConfig } from '../../src/registry/docker-config.ts'
import { openOciLayout, pushLayout } from '../../src/registry/oci-layout.ts'
import { publish, PublishFailure } from '../../src/registry/publish.ts'
import { verifyImage } from '../../src/registry/verify.ts'
import { CuttingProxy } from '../support/cutting-proxy.ts'
import { digest } from '../support/image-maker.ts'
import { type TestAct, testAct } from '../support/registry-act.ts'
import { crane, describeWithRig, rigValue, run } from '../support/rig.ts'

const PLATFORMS = [
  { os: 'linux', arch: 'amd64' },
  { os: 'linux', arch: 'arm64' },
]

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PipelineError) return error.problems[0]?.code ?? 'no problem'
    throw error
  }
  return 'none'
}

describeWithRig('a real registry', () => {
  const closers: (() => Promise<unknown>)[] = []
  // A repository of its own for every run, since the rig's registry is kept.
  const space = `registry-e2e/${randomBytes(4).toString('hex')}`
  let folder: string
  let registry: string
  /** Two images as BuildKit writes them: index, manifests, provenance. */
  const layouts: Record<'old' | 'new', { file: string; digest: string }> = {
    old: { file: '', digest: '' },
    new: { file: '', digest: '' },
  }

  function client(
    options: ClientOptions = {},
    act: TestAct = testAct(),
  ): { client: RegistryClient; act: TestAct } {
    closers.push(() => act.http.close())
    return { client: new RegistryClient(act, options), act }
  }
  const at = (name: string): { registry: string; repository: string } => ({
    registry,
    repository: `${space}/${name}`,
  })

  beforeAll(async () => {
    registry = rigValue('GIP_REGISTRY')
    folder = await mkdtemp(join(tmpdir(), 'gip-registry-'))
    const { client: pusher, act } = client()
    for (const name of ['old', 'new'] as const) {
      const context = join(folder, name)
      await mkdir(context)
      await writeFile(join(context, 'data'), randomBytes(700_000))
      await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY data /data\nLABEL kind=test\n')
      const file = join(folder, `${name}.tar`)
      const built = await run([
        'docker', 'buildx', 'build', '--builder', 'default', '--platform', 'linux/amd64,linux/arm64',
        '--provenance', 'mode=min', '--output', `type=oci,dest=${file}`, context,
      ]) // prettier-ignore
      if (built.code !== 0) throw new Error(built.stderr)
      layouts[name] = { file, digest: (await pushLayout(file, at('app'), pusher, act)).digest }
    }
  })

  afterAll(async () => {
    for (const close of closers.reverse()) await close()
    await rm(folder, { recursive: true, force: true })
  })

  it('has what a BuildKit layout held, by the judgement of crane', async () => {
    const name = `${registry}/${space}/app@${layouts.new.digest}`
    const index = JSON.parse(await crane('manifest', name)) as {
      manifests: { digest: string; platform: { architecture: string } }[]
    }
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual([
      'amd64',
      'arm64',
      'unknown',
      'unknown',
    ])
    for (const { digest: platform } of index.manifests.slice(0, 2))
      expect(await crane('validate', '--remote', `${registry}/${space}/app@${platform}`)).toMatch(/PASS/)
    // Nothing under a tag.
    expect((await run([rigValue('GIP_CRANE'), 'ls', `${registry}/${space}/app`])).stdout.trim()).toBe('')
    const layout = await openOciLayout(layouts.new.file)
    expect(layout.tops.map((top) => top.digest)).toEqual([layouts.new.digest])
  })

  it('pushes an unpacked layout, and nothing twice', async () => {
    const { client: pusher, act } = client()
    const unpacked = join(folder, 'unpacked')
    await mkdir(unpacked)
    expect((await run(['tar', '-xf', layouts.old.file, '-C', unpacked])).code).toBe(0)
    const first = await pushLayout(unpacked, at('unpacked'), pusher, act)
    expect(first.digest).toBe(layouts.old.digest)
    expect(first.blobs.uploaded).toBeGreaterThan(0)
    const again = await pushLayout(unpacked, at('unpacked'), pusher, act)
    expect(again.blobs).toMatchObject({ uploaded: 0, mounted: 0 })
  })

  it('is read back whole', async () => {
    const { client: reader, act } = client()
    const ref = { ...at('app'), digest: layouts.new.digest }
    const report = await verifyImage(ref, { platforms: PLATFORMS, labels: { kind: 'test' } }, reader, {
      level: 'full',
      signal: act.signal,
    })
    expect(report.failures).toEqual([])
    expect(report.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64'])
    expect(report.attestations).toHaveLength(2)
    const fast = await verifyImage(ref, {}, reader, { level: 'fast', signal: act.signal })
    expect(fast.ok).toBe(true)
    const wrong = { platforms: [{ os: 'linux', arch: 's390x' }] }
    const missing = await verifyImage(ref, wrong, reader, { level: 'fast', signal: act.signal })
    expect(missing.failures.map(({ code }) => code)).toEqual(['image-platform-missing'])
  })

  it('moves tags, puts them back after a failure, and takes new ones away without their image', async () => {
    const { client: publisher, act } = client()
    const tag = (name: string): { registry: string; repository: string; tag: string } => ({
      ...at('app'),
      tag: name,
    })
    await publish(
      { source: { ...at('app'), digest: layouts.old.digest }, tags: [tag('1.0.0'), tag('latest')] },
      publisher,
      act,
    )
    expect(await crane('digest', `${registry}/${space}/app:latest`)).toBe(layouts.old.digest)

    let moves = 0
    const plan = {
      source: { ...at('app'), digest: layouts.new.digest },
      tags: [tag('1.0.1'), tag('1.0'), tag('latest')],
    }
    const failing = publish(plan, publisher, act, {
      onMove: () => {
        if (++moves === 3) throw new Error('the disk is full')
      },
    })
    const failure = await failing.catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PublishFailure)
    expect((failure as PublishFailure).tags.map(({ state }) => state)).toEqual(['removed', 'removed'])
    expect((await publisher.listTags(at('app'))).sort()).toEqual(['1.0.0', 'latest'])
    expect(await crane('digest', `${registry}/${space}/app:latest`)).toBe(layouts.old.digest)
    // The image is still there by digest: publishing again works.
    const result = await publish(plan, publisher, act)
    expect(result.tags.map(({ state }) => state)).toEqual(['created', 'created', 'moved'])
    for (const name of ['1.0.1', '1.0', 'latest'])
      expect(await crane('digest', `${registry}/${space}/app:${name}`)).toBe(layouts.new.digest)
  })

  it('copies between repositories by mounts', async () => {
    const { client: copier, act } = client()
    const copied = await copyImage({ ...at('app'), digest: layouts.new.digest }, at('twin'), copier, act)
    expect(copied.blobs).toMatchObject({ uploaded: 0 })
    expect(copied.blobs.mounted).toBeGreaterThan(0)
    const { client: reader } = client()
    const whole = { level: 'full', signal: act.signal } as const
    expect(
      (await verifyImage({ ...at('twin'), digest: layouts.new.digest }, {}, reader, whole)).failures,
    ).toEqual([])
    expect(await crane('digest', `${registry}/${space}/twin@${layouts.new.digest}`)).toBe(layouts.new.digest)
  })

  it('goes on with an upload and a download that were cut', async () => {
    const proxy = await new CuttingProxy(registry).listen()
    closers.push(() => proxy.close())
    const through = { registry: proxy.host, repository: `${space}/cut` }
    const bytes = randomBytes(6_000_000)
    const blob = { digest: digest(bytes), size: bytes.length, open: () => bytes }
    const { client: pusher, act } = client()
    await pusher.ping(proxy.host)
    proxy.cuts.push({ direction: 'up', after: 3_000_000 }, { direction: 'up', after: 1_500_000 })
    expect(await pusher.uploadBlob(through, blob, { chunk: 1_000_000 })).toBe('uploaded')
    expect(proxy.done).toBe(2)
    expect(act.counter.list().length).toBeGreaterThan(0)
    // Resumed, not begun again: what was sent by PATCH is the rest only.
    expect(act.lines.some((line) => line.includes('debug: PATCH'))).toBe(true)
    proxy.cuts.push({ direction: 'down', after: 2_000_000 }, { direction: 'down', after: 2_000_000 })
    const chunks: Buffer[] = []
    for await (const chunk of pusher.blob(through, blob.digest, { size: blob.size }) as AsyncIterable<Buffer>)
      chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    expect(proxy.done).toBe(4)
  })

  it('is known by its answers', async () => {
    const { client: asker } = client()
    expect(await asker.ping(registry)).toEqual({ registry, ok: true, login: 'none', status: 200 })
    await asker.checkPush(at('app'))
    expect(await asker.tryResolve({ ...at('app'), tag: 'none' })).toBeUndefined()
    expect(await asker.tryResolve({ ...at('nothing'), tag: 'none' })).toBeUndefined()
    expect(await asker.listTags(at('nothing'))).toEqual([])
    const absent = { ...at('app'), digest: digest(Buffer.from('absent')) }
    expect(await codeOf(asker.manifest(absent))).toBe('registry-not-found')
    const png = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType: 'x', digest: absent.digest, size: 1 }],
    })
    const broken = asker.putManifest(
      at('app'),
      Buffer.from(png),
      'application/vnd.oci.image.index.v1+json',
      'x',
    )
    expect(await codeOf(broken)).toBe('registry-blob-unknown')
  })

  it('with TLS of its own authority and a login', async () => {
    const host = rigValue('GIP_REGISTRY_AUTH')
    const username = rigValue('GIP_REGISTRY_AUTH_USER')
    const password = (await readFile(rigValue('GIP_REGISTRY_AUTH_PASSWORD_FILE'), 'utf8')).trim()
    const ca = rigValue('GIP_REGISTRY_CA')
    const trusting = (): TestAct => ({ ...testAct(), http: new SystemHttp({ ca }) })
    const login = { registry: host, username, password }

    const { client: known, act } = client({ logins: [login] }, trusting())
    await known.checkLogin(host)
    expect(await known.ping(host)).toMatchObject({ ok: true, login: 'basic' })
    const pushed = await pushLayout(
      layouts.new.file,
      { registry: host, repository: `${space}/app` },
      known,
      act,
    )
    expect(pushed.digest).toBe(layouts.new.digest)

    const { client: wrong } = client({ logins: [{ ...login, password: 'not it' }] }, trusting())
    expect(await codeOf(wrong.checkLogin(host))).toBe('registry-login-refused')
    expect(await codeOf(wrong.checkPush({ registry: host, repository: 'a/b' }))).toBe(
      'registry-login-refused',
    )
    const { client: nobody } = client({}, trusting())
    expect(await codeOf(nobody.checkLogin(host))).toBe('registry-login-missing')

    // By another name of this machine that is no loopback address, and so has to be trusted.
    const { client: stranger } = client({ logins: [login], insecure: [host] })
    await stranger.checkLogin(host)
  })

  it('lets docker tools in by the private configuration, beside the user\'s own', async () => {
    const host = rigValue('GIP_REGISTRY_AUTH')
    const password = (await readFile(rigValue('GIP_REGISTRY_AUTH_PASSWORD_FILE'), 'utf8')).trim()
    const own = join(folder, 'own-config')
    await cp(rigValue('DOCKER_CONFIG'), own, { recursive: true }).catch(() => mkdir(own))
    // A store that knows nobody: Docker asks it for every registry that is not taken out of it.
    const helper = join(folder, 'docker-credential-gip-e2e')
    await writeFile(helper, '#!/bin/sh\necho "credentials not found in native keychain"\nexit 1\n', { mode: 0o755 })
    await writeFile(join(own, 'config.json'), JSON.stringify({ credsStore: 'gip-e2e' }))
    const act = testAct({ env: { DOCKER_CONFIG: own } })
    closers.push(() => act.temp.dispose())
    const login = { registry: host, username: rigValue('GIP_REGISTRY_AUTH_USER'), password }
    const config = await makeDockerConfig([login], act)
    const inspect = (env: Record<string, string | undefined>): Promise<{ code: number; stderr: string }> =>
      run([rigValue("GIP_CRANE"), "digest", `${host}/${space}/app@${layouts.new.digest}`], {
        env: { ...env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, SSL_CERT_FILE: rigValue('GIP_REGISTRY_CA') },
      })
    expect(await inspect(config.env)).toMatchObject({ code: 0 })
    expect((await inspect({ DOCKER_CONFIG: own })).code).not.toBe(0)
  }) // prettier-ignore
})
