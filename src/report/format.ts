import { formatBytes } from '../base/clock.ts'
import type { CoverageReport, ImageReport, PackageCoverage, RunReport } from './model.ts'

/** `83.4 %`; rounded down, so that 79.96 is not shown as 80.0 beside a threshold of 80. */
export const formatPercent = (percent: number): string =>
  `${(Math.floor(percent * 10 + 1e-9) / 10).toFixed(1)} %`

/** `sha256:0123456789ab`, the length Docker shows. */
export const shortDigest = (digest: string): string =>
  digest.replace(/^(sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '$1')

/** `+1.2 kB (+0.4 %)`, `−3.0 MB (−12.0 %)`, `same`. */
export function sizeChange(now: number, before: number): string {
  if (now === before) return 'same'
  const sign = now > before ? '+' : '−'
  const difference = Math.abs(now - before)
  const percent = before === 0 ? '' : ` (${sign}${((difference / before) * 100).toFixed(1)} %)`
  return `${sign}${formatBytes(difference)}${percent}`
}

/** `+0.4`, `−1.0`, `same`: percentage points. */
export function pointChange(now: number, before: number): string {
  const difference = Math.round((now - before) * 10) / 10
  if (difference === 0) return 'same'
  return `${difference > 0 ? '+' : '−'}${Math.abs(difference).toFixed(1)}`
}

export const packagePercent = (one: PackageCoverage): number =>
  one.statements === 0 ? 100 : (one.covered / one.statements) * 100

/** Names without the part that all share, so that they fit: `github.com/acme/hello/internal/api` → `internal/api`. */
export function shortNames(names: readonly string[], module: string | undefined): Map<string, string> {
  return new Map(
    names.map((name) => {
      if (module === undefined || module === '') return [name, name]
      if (name === module) return [name, '(root)']
      return [name, name.startsWith(`${module}/`) ? name.slice(module.length + 1) : name]
    }),
  )
}

/** Least covered first: that is where work is to be done. Packages without statements say nothing. */
export const byCoverage = (coverage: CoverageReport): PackageCoverage[] =>
  coverage.packages
    .filter((one) => one.statements > 0)
    .sort((a, b) => packagePercent(a) - packagePercent(b) || (a.name < b.name ? -1 : 1))

/** `1 test`, `2 tests`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

/** The page of a file at the commit, on servers that lay their pages out as GitHub does. */
export function fileUrl(report: RunReport, file: string, line?: number): string | undefined {
  const { url, commit } = report.project
  if (url === undefined || commit === undefined) return undefined
  const knownLayout =
    url.startsWith('https://github.com/') || report.run.url?.startsWith(`${url}/actions/`) === true
  if (!knownLayout) return undefined
  const path = file.split('/').map(encodeURIComponent).join('/').replaceAll('(', '%28').replaceAll(')', '%29')
  return `${url}/blob/${commit}/${path}${line === undefined ? '' : `#L${line}`}`
}

/** The name people pull: the most exact tag (tags are in order of publishing), else the digest. */
export function pullName(image: ImageReport): string | undefined {
  const tag = image.tags.find((one) => one.after !== undefined)
  if (tag !== undefined) return `${image.name}:${tag.tag}`
  return image.digest === undefined ? undefined : `${image.name}@${image.digest}`
}
