// Makes an image of several platforms out of plain tar files, without an engine.
// node image.mjs SPEC.json    where SPEC is
// { "types": "oci" | "docker", "index": true,
//   "images": [{ "platform": {"os","architecture","variant"?,"os.version"?}, "layers": ["a.tar"], "config": {...} }],
//   "push": ["127.0.0.1:5000/library/x:tag"], "archive": "for-docker-load.tar", "tags": ["x:tag"] }
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  copyFileSync,
  renameSync,
} from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

const spec = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const work = mkdtempSync(join(tmpdir(), 'gip-image-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
}
const types = TYPES[spec.types ?? 'oci']
const CREATED = '2026-01-01T00:00:00Z'

async function sha256(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return `sha256:${hash.digest('hex')}`
}
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const layers = new Map()
async function layer(tar) {
  if (!layers.has(tar)) {
    const gz = join(work, `${layers.size}.tar.gz`)
    await pipeline(createReadStream(tar), createGzip({ level: 2 }), createWriteStream(gz))
    layers.set(tar, { tar, gz, diffId: await sha256(tar), digest: await sha256(gz), size: statSync(gz).size })
  }
  return layers.get(tar)
}

function request(method, host, path, headers = {}, body) {
  return new Promise((resolve, reject) => {
    const [hostname, port] = host.split(':')
    const req = http.request({ hostname, port, method, path, headers, timeout: 60_000 }, (res) => {
      const parts = []
      res.on('data', (part) => parts.push(part))
      res.on('end', () =>
        resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(parts).toString() }),
      )
    })
    req.on('timeout', () => req.destroy(new Error(`no answer in 60 s: ${method} ${path}`)))
    req.on('error', reject)
    if (body && typeof body.pipe === 'function') body.pipe(req)
    else req.end(body)
  })
}
function must(answer, statuses, what) {
  if (!statuses.includes(answer.status))
    throw new Error(`${what}: HTTP ${answer.status} ${answer.text.slice(0, 300)}`)
  return answer
}
async function putBlob(host, repo, digest, size, open) {
  if ((await request('HEAD', host, `/v2/${repo}/blobs/${digest}`)).status === 200) return
  const begun = must(
    await request('POST', host, `/v2/${repo}/blobs/uploads/`, { 'content-length': 0 }),
    [202],
    `begin upload to ${repo}`,
  )
  const url = new URL(begun.headers.location, `http://${host}`)
  url.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': size }
  must(
    await request('PUT', host, url.pathname + url.search, headers, open()),
    [201],
    `upload ${digest} to ${repo}`,
  )
}
async function putManifest(host, repo, reference, type, bytes) {
  const headers = { 'content-type': type, 'content-length': bytes.length }
  must(
    await request('PUT', host, `/v2/${repo}/manifests/${reference}`, headers, bytes),
    [201],
    `manifest ${repo}:${reference}`,
  )
}

const built = []
for (const image of spec.images) {
  const parts = []
  for (const tar of image.layers) parts.push(await layer(tar))
  const { platform } = image
  const config = Buffer.from(
    JSON.stringify({
      created: CREATED,
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant && { variant: platform.variant }),
      ...(platform['os.version'] && { 'os.version': platform['os.version'] }),
      config: image.config ?? {},
      rootfs: { type: 'layers', diff_ids: parts.map((part) => part.diffId) },
      history: parts.map((part) => ({ created: CREATED, created_by: `rig ${basename(part.tar)}` })),
    }),
  )
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: digestOf(config), size: config.length },
      layers: parts.map((part) => ({ mediaType: types.layer, digest: part.digest, size: part.size })),
    }),
  )
  built.push({ platform, parts, config, manifest })
}

for (const ref of spec.push ?? []) {
  const [, host, repo, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(ref)
  for (const image of built) {
    for (const part of image.parts)
      await putBlob(host, repo, part.digest, part.size, () => createReadStream(part.gz))
    await putBlob(host, repo, digestOf(image.config), image.config.length, () => image.config)
    await putManifest(host, repo, digestOf(image.manifest), types.manifest, image.manifest)
  }
  if (spec.index === false) {
    await putManifest(host, repo, tag, types.manifest, built[0].manifest)
  } else {
    const manifests = built.map((image) => ({
      mediaType: types.manifest,
      digest: digestOf(image.manifest),
      size: image.manifest.length,
      platform: image.platform,
    }))
    await putManifest(
      host,
      repo,
      tag,
      types.index,
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests })),
    )
  }
  console.log(`pushed ${repo}:${tag}`)
}

if (spec.archive) {
  const [image] = built
  const dir = mkdtempSync(join(work, 'archive-'))
  const configName = `${digestOf(image.config).slice(7)}.json`
  writeFileSync(join(dir, configName), image.config)
  const names = image.parts.map((part, i) => {
    copyFileSync(part.tar, join(dir, `${i}.tar`))
    return `${i}.tar`
  })
  writeFileSync(
    join(dir, 'manifest.json'),
    JSON.stringify([{ Config: configName, RepoTags: spec.tags, Layers: names }]),
  )
  const part = join(dirname(spec.archive), `.${basename(spec.archive)}.part`)
  const tar = spawnSync('tar', ['-C', dir, '-cf', part, 'manifest.json', configName, ...names], {
    stdio: 'inherit',
  })
  if (tar.status !== 0) throw new Error(`tar failed for ${spec.archive}`)
  renameSync(part, spec.archive)
  console.log(`wrote ${spec.archive}`)
}
