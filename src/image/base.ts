import type { Problem } from '../base/errors.ts'
import { formatPlatform, type Platform } from '../base/platform.ts'

/** What a base brings along; decides what the root file system has to add. */
export interface BaseTraits {
  readonly kind: 'scratch' | 'distroless' | 'alpine' | 'nanoserver' | 'other'
  /** CA bundle, passwd, /tmp are there. Unknown bases are taken to have them. */
  readonly furnished: boolean
}

export const DISTROLESS_STATIC = 'gcr.io/distroless/static-debian13:nonroot'
export const DISTROLESS_BASE = 'gcr.io/distroless/base-debian13:nonroot'
export const ALPINE = 'docker.io/library/alpine:3.24'
const NANOSERVER = 'mcr.microsoft.com/windows/nanoserver'

/** What distroless Debian 13 is published for (GoogleContainerTools/distroless, common/variables.bzl). */
const DISTROLESS = new Set(['amd64', 'arm64', 'arm', 's390x', 'ppc64le', 'riscv64'])

/** Windows builds of the long-term channels (learn.microsoft.com, "Base image servicing lifecycles"). */
const WINDOWS_CHANNELS: Readonly<Record<string, string>> = {
  '17763': 'ltsc2019',
  '20348': 'ltsc2022',
  '26100': 'ltsc2025',
}

/**
 * The base of the generated image: `scratch` or a reference. `input` is auto, scratch, distroless, alpine, nanoserver
 * or a reference of the user's, which is taken for every platform. Linux words leave Windows with Nano Server.
 */
export function baseFor(input: string, platform: Platform, cgo: boolean): string {
  const named = ['auto', 'scratch', 'distroless', 'alpine', 'nanoserver'].includes(input)
  if (!named) return input
  if (platform.os === 'windows') return `${NANOSERVER}:${windowsChannel(platform)}`
  if (input === 'scratch' || platform.os !== 'linux') return 'scratch'
  if (input === 'alpine') return ALPINE
  const published =
    DISTROLESS.has(platform.arch) && (platform.arch !== 'arm' || (platform.variant ?? 'v7') === 'v7')
  if (!published) return cgo ? DISTROLESS_BASE : 'scratch'
  return cgo ? DISTROLESS_BASE : DISTROLESS_STATIC
}

function windowsChannel(platform: Platform): string {
  const build = platform.osVersion?.split('.')[2] ?? ''
  return WINDOWS_CHANNELS[build] ?? 'ltsc2022'
}

/** What cannot work, told before anything is compiled. */
export function validateBase(input: string, platforms: readonly Platform[], cgo: boolean): Problem[] {
  const problems: Problem[] = []
  const bad = (what: string, cause: string, fix: string): void => {
    problems.push({ code: 'base', what, cause, fix, input: 'base', value: input })
  }
  const linux = platforms.filter((platform) => platform.os === 'linux')
  if (input === 'nanoserver' && linux.length > 0) {
    bad(
      'nanoserver is no base for Linux',
      `${linux.map(formatPlatform).join(', ')} was asked for`,
      'leave "base" at auto: Windows platforms get Nano Server, Linux ones distroless',
    )
  }
  if (input === 'scratch' && cgo) {
    bad(
      'a cgo program does not run on scratch',
      'it needs the C library and its loader',
      'use base: distroless (glibc), or set cgo: false',
    )
  }
  if (cgo && ['auto', 'distroless'].includes(input)) {
    const unpublished = linux.filter((platform) => !DISTROLESS.has(platform.arch))
    if (unpublished.length > 0) {
      bad(
        'no distroless base with a C library is published for a platform that was asked for',
        unpublished.map(formatPlatform).join(', '),
        'name a base image that has it, or set cgo: false',
      )
    }
  }
  return problems
}

/** Recognises the usual bases by name, whatever registry, tag or digest they come with. */
export function baseTraits(base: string): BaseTraits {
  if (base === 'scratch') return { kind: 'scratch', furnished: false }
  const name = base.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  if (/(^|\/)windows\/nanoserver$/.test(name)) return { kind: 'nanoserver', furnished: true }
  if (/(^|\/)distroless\//.test(name)) return { kind: 'distroless', furnished: true }
  if (/(^|\/)alpine$/.test(name)) return { kind: 'alpine', furnished: true }
  return { kind: 'other', furnished: true }
}

/** `name:tag@sha256:…`: the tag stays for people, the digest decides. */
export const pinBase = (base: string, digest: string | undefined): string =>
  base === 'scratch' || digest === undefined || base.includes('@') ? base : `${base}@${digest}`
