import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/lists.ts'
import { formatPlatform, type Platform } from '../base/platform.ts'

/** Systems whose programs checks/binary.ts can read. */
const SYSTEMS = [
  'darwin',
  'dragonfly',
  'freebsd',
  'illumos',
  'linux',
  'netbsd',
  'openbsd',
  'solaris',
  'windows',
]
/** Systems that Go knows, and why they are no targets here. */
const UNFIT: Readonly<Record<string, string>> = {
  aix: 'its programs cannot be checked',
  android: 'it needs the NDK',
  ios: 'it needs Xcode',
  js: 'WebAssembly is not a program for a system',
  plan9: 'its programs cannot be checked',
  wasip1: 'WebAssembly is not a program for a system',
}
const ARCHES = ['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle', 'ppc64', 'ppc64le', 'riscv64', 's390x'] // prettier-ignore
const VARIANTS: Readonly<Record<string, readonly string[]>> = { arm: ['v5', 'v6', 'v7'], amd64: ['v1', 'v2', 'v3', 'v4'] } // prettier-ignore
/** Go links these against the C library of the system even with cgo off. */
const DYNAMIC_SYSTEMS = new Set(['illumos', 'openbsd', 'solaris'])

export const STANDARD_PLATFORMS =
  'linux/amd64,linux/arm64,windows/amd64,windows/arm64,darwin/amd64,darwin/arm64,freebsd/amd64'

export const mustBeStatic = (platform: Platform): boolean => !DYNAMIC_SYSTEMS.has(platform.os)

/** `os/arch[/variant]` lists as targets of go build; every fault is told, and what is given twice is one. */
export function parseTargets(words: readonly string[]): { platforms: Platform[]; problems: Problem[] } {
  const platforms: Platform[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const word of words) {
    const found = parseTarget(word)
    if ('what' in found) {
      problems.push({ code: 'bad-input', input: 'platforms', value: word, ...found })
      continue
    }
    const name = formatPlatform(found)
    if (seen.has(name))
      problems.push({ code: 'bad-input', what: `${name} is given twice`, input: 'platforms', value: word, fix: 'keep one of them' }) // prettier-ignore
    else platforms.push(found)
    seen.add(name)
  }
  if (platforms.length === 0 && problems.length === 0)
    problems.push({ code: 'bad-input', what: 'no platform is given', input: 'platforms', fix: 'name at least one, for example linux/amd64' }) // prettier-ignore
  return { platforms, problems }
}

function parseTarget(word: string): Platform | { readonly what: string; readonly fix: string } {
  const match = /^([a-z0-9]+)\/([a-z0-9]+)(?:\/(v\d))?$/.exec(word)
  if (match === null) return { what: 'not a platform', fix: 'write GOOS/GOARCH, for example linux/arm64 or linux/arm/v6' } // prettier-ignore
  const [, os = '', arch = '', given] = match
  const known = (text: string, names: readonly string[], of: string): string => {
    const near = nearest(text, names)
    return `${near === undefined ? '' : `did you mean ${near}? `}${of}: ${names.join(', ')}`
  }
  const unfit = UNFIT[os]
  if (unfit !== undefined)
    return { what: `${os} is not offered: ${unfit}`, fix: known('', SYSTEMS, 'systems') }
  if (!SYSTEMS.includes(os)) return { what: `Go has no system ${os}`, fix: known(os, SYSTEMS, 'systems') }
  if (!ARCHES.includes(arch)) return { what: `Go has no architecture ${arch}`, fix: known(arch, ARCHES, 'architectures') } // prettier-ignore
  if (given !== undefined && VARIANTS[arch]?.includes(given) !== true)
    return { what: `${arch} has no variant ${given}`, fix: VARIANTS[arch] === undefined ? `write ${os}/${arch}` : `variants: ${VARIANTS[arch].join(', ')}` } // prettier-ignore
  // Go's own default of GOARM differs by machine; a release says what it is.
  const variant = given ?? (arch === 'arm' ? 'v7' : undefined)
  return { os, arch, ...(variant === undefined || (arch === 'amd64' && variant === 'v1') ? {} : { variant }) }
}

/** Which platforms this Go cannot build for, by `go tool dist list`. */
export function checkTargets(platforms: readonly Platform[], distList: string, goVersion: string): Problem[] {
  const pairs = distList.split(/\s+/).filter((pair) => pair !== '')
  return platforms.flatMap((platform) => {
    const pair = `${platform.os}/${platform.arch}`
    if (pairs.includes(pair)) return []
    const others = pairs.filter((one) => one.startsWith(`${platform.os}/`)).map((one) => one.split('/')[1])
    return [
      {
        code: 'binaries-platform',
        what: `Go ${goVersion} does not build for ${pair}`,
        input: 'platforms',
        value: formatPlatform(platform),
        fix:
          others.length === 0 ? 'take another system' : `for ${platform.os} it builds ${others.join(', ')}`,
      },
    ]
  })
}
