/** Legs of a job matrix: one for each platform, or for each runner and Go version. Pure. */
import type { Problem } from '../base/errors.ts'
import { formatPlatform, type Platform } from '../base/platform.ts'

export interface MatrixLeg {
  /** Short and unique: names the job and its artifact. */
  readonly name: string
  /** Value for `runs-on`: a label, or labels as a list. */
  readonly runner: string | readonly string[]
  readonly platform?: string
  readonly go?: string
}

export interface MatrixRequest {
  readonly platforms: readonly Platform[]
  /** `linux/arm64` or a shorter prefix (`linux`), with the labels of its runner. The most specific one counts. */
  readonly runnerOf: readonly (readonly [prefix: string, labels: string])[]
  readonly runners: readonly string[]
  readonly goVersions: readonly string[]
  readonly limit: number
}

/** Runners of GitHub's own on which a platform runs without emulation. */
export const NATIVE_RUNNERS: readonly (readonly [prefix: string, labels: string])[] = [
  ['linux/amd64', 'ubuntu-24.04'],
  ['linux/386', 'ubuntu-24.04'],
  ['linux/arm64', 'ubuntu-24.04-arm'],
  ['linux/arm', 'ubuntu-24.04-arm'],
  ['windows/amd64', 'windows-2025'],
  // Anything else is cross-compiled, and cannot be started on its own hardware.
  ['linux', 'ubuntu-24.04'],
]

/** With platforms: a leg for each. Else a leg for each runner and Go version. Names are unique; too many legs are a problem. */
export function matrixOf(request: MatrixRequest): { legs: MatrixLeg[]; problems: Problem[] } {
  const problems: Problem[] = []
  const legs = request.platforms.length > 0 ? platformLegs(request, problems) : runnerLegs(request)
  if (legs.length > request.limit)
    problems.push({
      code: 'matrix-too-large',
      what: `the matrix has ${legs.length} legs, more than ${request.limit}`,
      input: 'limit',
      fix: 'ask for less, or raise limit (GitHub takes at most 256 jobs of one matrix)',
    })
  for (const [at, leg] of legs.entries())
    if (legs.findIndex((other) => other.name === leg.name) !== at)
      problems.push({
        code: 'matrix-leg-twice',
        what: `two legs are called ${leg.name}`,
        fix: 'remove what is given twice',
      })
  return { legs, problems }
}

function platformLegs({ platforms, runnerOf }: MatrixRequest, problems: Problem[]): MatrixLeg[] {
  return platforms.flatMap((platform) => {
    const name = formatPlatform(platform)
    const labels = longestPrefix(name, runnerOf) ?? longestPrefix(name, NATIVE_RUNNERS)
    if (labels === undefined) {
      problems.push({
        code: 'matrix-no-runner',
        what: `no runner is known for ${name}`,
        input: 'runner-of',
        fix: `add a line such as ${name}=LABEL`,
      })
      return []
    }
    return [{ name: slug(name), runner: labelsOf(labels), platform: name }]
  })
}

const runnerLegs = ({ runners, goVersions }: MatrixRequest): MatrixLeg[] =>
  runners.flatMap((labels) =>
    (goVersions.length === 0 ? [''] : goVersions).map((go) => ({
      name: slug(go === '' ? labels : `${labels}-go${go}`),
      runner: labelsOf(labels),
      go,
    })),
  )

function longestPrefix(
  name: string,
  map: readonly (readonly [prefix: string, labels: string])[],
): string | undefined {
  const fits = map.filter(([prefix]) => name === prefix || name.startsWith(`${prefix}/`))
  return fits.sort((a, b) => b[0].length - a[0].length)[0]?.[1]
}

/** `self-hosted+linux` is a runner with both labels. */
function labelsOf(text: string): string | string[] {
  const labels = text.split('+').map((label) => label.trim())
  return labels.length === 1 ? text.trim() : labels
}

/** What an artifact and a job may be called. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-|-$/g, '')
