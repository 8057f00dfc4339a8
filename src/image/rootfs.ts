import { constants } from 'node:fs'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  realpath,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { isAbsolute, join, posix, relative, resolve, sep } from 'node:path'
import { rootCertificates } from 'node:tls'
import { inputError, PipelineError, type Problem } from '../base/errors.ts'
import { slashes } from '../base/files.ts'
import { parseList } from '../base/lists.ts'
import type { Host, Platform } from '../base/platform.ts'

/** An extra file or folder of the image. */
export interface FileCopy {
  /** Relative to working-directory, forward slashes. */
  readonly source: string
  /** Absolute path in the image. */
  readonly destination: string
  /** Permission bits; by default 0755 for what is executable, 0644 for the rest. */
  readonly mode?: number
}

/** One path of the image's layer, in the order it is written: parents first. */
export interface RootfsEntry {
  /** Absolute, forward slashes. */
  readonly path: string
  readonly kind: 'directory' | 'file'
  readonly mode: number
  readonly size: number
}

export interface RootfsOptions {
  /** The build context; the platform's folder is made in it. */
  readonly context: string
  readonly platform: Platform
  readonly host: Host
  /** Compiled programs; `name` without suffix. */
  readonly binaries: readonly { readonly name: string; readonly file: string }[]
  /** False for scratch: CA bundle, users and /tmp are added. */
  readonly furnished: boolean
  readonly files: readonly FileCopy[]
  /** What `files` is relative to (absolute). */
  readonly filesRoot: string
  /** `uid[:gid]`, for passwd on scratch. */
  readonly user: string
  /** Seconds since 1970, given to every file and folder. */
  readonly epoch: number
  /** Go's `lib/time/zoneinfo.zip`; lies at {@link ZONEINFO_PATH} when given. */
  readonly zoneinfo?: string
  /** PEM text for /etc/ssl/certs; default: the authorities of Mozilla that Node carries, the same on every runner. */
  readonly caBundle?: string
}

export interface Rootfs {
  /** Folder to COPY from, relative to the context: `linux_arm64/rootfs`. */
  readonly folder: string
  readonly entries: readonly RootfsEntry[]
  readonly bytes: number
}

/** Where programs lie. One folder of our own: nothing of any base is touched, and no PATH is needed. */
export const APP_FOLDER = '/app'
export const CA_BUNDLE_PATH = '/etc/ssl/certs/ca-certificates.crt'
export const ZONEINFO_PATH = '/usr/share/zoneinfo.zip'

/** The folder of a platform as BuildKit's `${TARGETOS}_${TARGETARCH}${TARGETVARIANT}` spells it. */
export const rootfsSlug = (platform: Platform): string =>
  `${platform.os}_${platform.arch}${platform.variant ?? (platform.arch === 'arm' ? 'v7' : '')}`

/** A program's path in the image, as the entry point names it. */
export function binaryPath(name: string, os: string): string {
  return os === 'windows' ? `C:\\app\\${name}.exe` : `${APP_FOLDER}/${name}`
}

/** Reads `source:/destination[:mode]` lines. Every fault is returned. */
export function parseFiles(text: string): { files: FileCopy[]; problems: Problem[] } {
  const files: FileCopy[] = []
  const problems: Problem[] = []
  for (const line of parseList(text)) {
    const parsed = parseFile(line)
    if ('source' in parsed) files.push(parsed)
    else {
      problems.push({
        code: 'files-syntax',
        what: 'an extra file is not written as source:/destination[:mode]',
        cause: parsed.reason,
        fix: 'write for example config/app.yaml:/etc/app/app.yaml or scripts/run:/app/run:0755',
        input: 'files',
        value: line,
      })
    }
  }
  return { files, problems }
}

function parseFile(line: string): FileCopy | { reason: string } {
  const match = /^(.*?):(\/[^:]*)(?::([^:]*))?$/.exec(line)
  if (match === null) {
    return {
      reason: line.includes(':')
        ? 'the destination must be an absolute path such as /etc/app.yaml'
        : 'there is no ":" in it',
    }
  }
  const source = slashes(match[1] ?? '').trim()
  const destination = (match[2] ?? '').trim()
  if (source === '') return { reason: 'the source is empty' }
  if (source.startsWith('/') || /^[A-Za-z]:/.test(source))
    return { reason: 'the source must be relative to working-directory' }
  if (source.split('/').includes('..')) return { reason: 'the source leaves working-directory (..)' }
  if (destination.split('/').includes('..')) return { reason: 'the destination holds ..' }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f]/.test(destination)) return { reason: 'the destination holds a control character' }
  const clean = posix.normalize(destination).replace(/(.)\/$/, '$1')
  if (clean === '/') return { reason: 'the destination is the root folder: name a folder in it' }
  const mode = match[3]?.trim()
  if (mode !== undefined && !/^0?[0-7]{3,4}$/.test(mode))
    return { reason: `"${mode}" is no mode: write octal digits such as 0644` }
  return {
    source: posix.normalize(source).replace(/^\.\//, ''),
    destination: clean,
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
  }
}

interface Draft {
  readonly path: string
  readonly kind: 'directory' | 'file'
  readonly mode: number
  readonly from?: string
  readonly content?: string
}

/**
 * Puts the image's layer together on disk, so that one `COPY` takes it whole: programs, extra files, and on scratch
 * what programs expect of a system. Owners are root, times are `epoch`, modes are set: the same input gives the same
 * layer. Throws an input error for extra files that are missing, leave their root or collide.
 */
export async function prepareRootfs(options: RootfsOptions): Promise<Rootfs> {
  const slug = rootfsSlug(options.platform)
  const target = join(options.context, slug, 'rootfs')
  const drafts = new Map<string, Draft>()
  const add = (draft: Draft): void => {
    for (let parent = posix.dirname(draft.path); parent !== '/'; parent = posix.dirname(parent)) {
      const known = drafts.get(parent)
      if (known?.kind === 'file') throw collision(parent, draft.path)
      if (known === undefined) drafts.set(parent, { path: parent, kind: 'directory', mode: 0o755 })
    }
    const known = drafts.get(draft.path)
    // A folder that is there keeps its mode: /tmp stays 1777 when files are put into it.
    if (known?.kind === 'directory' && draft.kind === 'directory') return
    if (known !== undefined) throw collision(draft.path)
    drafts.set(draft.path, draft)
  }

  const suffix = options.platform.os === 'windows' ? '.exe' : ''
  for (const { name, file } of options.binaries) {
    add({ path: `${APP_FOLDER}/${name}${suffix}`, kind: 'file', mode: 0o555, from: file })
  }
  if (!options.furnished && options.platform.os !== 'windows') furnish(options).forEach(add)
  if (options.zoneinfo !== undefined)
    add({ path: ZONEINFO_PATH, kind: 'file', mode: 0o444, from: options.zoneinfo })
  for (const draft of await extraFiles(options)) {
    // The user's own CA bundle or passwd replaces ours; a program of ours is never replaced.
    const ours = drafts.get(draft.path)
    if (ours?.kind === 'file' && ours.content !== undefined && draft.kind === 'file')
      drafts.delete(draft.path)
    add(draft)
  }

  await rm(target, { recursive: true, force: true })
  const ordered = [...drafts.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const entries: RootfsEntry[] = []
  await mkdir(target, { recursive: true })
  for (const draft of ordered) {
    const at = join(target, ...draft.path.split('/'))
    if (draft.kind === 'directory') await mkdir(at, { recursive: true })
    else if (draft.content !== undefined) await writeFile(at, draft.content)
    else if (draft.from !== undefined) {
      // Copy-on-write where the file system can: the binary is not written twice.
      await copyFile(draft.from, at, constants.COPYFILE_FICLONE)
    }
    const size = draft.kind === 'file' ? (await stat(at)).size : 0
    entries.push({ path: draft.path, kind: draft.kind, mode: draft.mode, size })
  }
  // Deepest first: writing into a folder changes its time, and a mode may forbid it.
  const posixHost = options.host.os !== 'windows'
  for (const draft of [...ordered].reverse()) {
    const at = join(target, ...draft.path.split('/'))
    await utimes(at, options.epoch, options.epoch)
    if (posixHost) await chmod(at, draft.mode)
  }
  await utimes(target, options.epoch, options.epoch)
  return {
    folder: `${slug}/rootfs`,
    entries,
    bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
  }
}

function furnish(options: RootfsOptions): Draft[] {
  const [uid = '65532', gid = uid] = options.user.split(':')
  const numeric = /^\d+$/.test(uid) && /^\d+$/.test(gid)
  const other = numeric && uid !== '0'
  return [
    {
      path: CA_BUNDLE_PATH,
      kind: 'file',
      mode: 0o444,
      content: `${(options.caBundle ?? rootCertificates.join('\n')).trimEnd()}\n`,
    },
    {
      path: '/etc/passwd',
      kind: 'file',
      mode: 0o444,
      content: `root:x:0:0:root:/root:/sbin/nologin\n${other ? `nonroot:x:${uid}:${gid}:nonroot:/home/nonroot:/sbin/nologin\n` : ''}`,
    },
    {
      path: '/etc/group',
      kind: 'file',
      mode: 0o444,
      content: `root:x:0:\n${numeric && gid !== '0' ? `nonroot:x:${gid}:\n` : ''}`,
    },
    { path: '/tmp', kind: 'directory', mode: 0o1777 },
  ]
}

async function extraFiles(options: RootfsOptions): Promise<Draft[]> {
  const drafts: Draft[] = []
  const root = await realpath(options.filesRoot)
  const inside = (path: string): boolean => {
    const way = relative(root, path)
    return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way))
  }
  const walk = async (file: FileCopy, from: string, to: string, above: readonly string[]): Promise<void> => {
    const real = await realpath(from).catch((): undefined => undefined)
    if (real === undefined) {
      throw fileError(
        file,
        'an extra file is not there',
        `${slashes(relative(root, from))} does not exist`,
        'correct the source, or generate the file before this step',
      )
    }
    if (!inside(real)) {
      throw fileError(
        file,
        'an extra file lies outside working-directory',
        `${slashes(relative(root, from))} is a link to ${slashes(real)}`,
        'copy the file into the repository, or remove the link',
      )
    }
    const facts = await lstat(real)
    if (facts.isDirectory()) {
      if (above.includes(real)) {
        throw fileError(
          file,
          'an extra folder contains itself through a link',
          slashes(relative(root, from)),
          'remove the link',
        )
      }
      drafts.push({ path: to, kind: 'directory', mode: 0o755 })
      for (const name of (await readdir(real)).sort()) {
        if (name === '.git') continue
        await walk(file, join(real, name), posix.join(to, name), [...above, real])
      }
    } else if (facts.isFile()) {
      const executable = options.host.os !== 'windows' && (facts.mode & 0o111) !== 0
      drafts.push({ path: to, kind: 'file', mode: file.mode ?? (executable ? 0o755 : 0o644), from: real })
    } else {
      throw fileError(
        file,
        'an extra file is neither a file nor a folder',
        slashes(relative(root, from)),
        'leave sockets, devices and pipes out',
      )
    }
  }
  for (const file of options.files) await walk(file, resolve(root, file.source), file.destination, [])
  return drafts
}

function fileError(file: FileCopy, what: string, cause: string, fix: string): PipelineError {
  return inputError({
    code: 'files',
    what,
    cause,
    fix,
    input: 'files',
    value: `${file.source}:${file.destination}`,
  })
}

const collision = (path: string, other?: string): PipelineError =>
  inputError({
    code: 'files-collide',
    what: `two things would lie at ${path} in the image`,
    ...(other === undefined ? {} : { cause: `${other} needs it to be a folder` }),
    input: 'files',
    fix: `give one of them another destination (programs lie in ${APP_FOLDER})`,
  })
