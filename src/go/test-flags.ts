import type { Problem } from '../base/errors.ts'
import { parseFlag } from './flags.ts'

/** Flags that the run sets itself, and what to use instead. */
const OURS: Readonly<Record<string, string>> = {
  json: 'leave it out: the JSON log is written to report-dir in any case',
  vet: 'use the input vet: true or false',
  coverprofile: 'leave it out: the profile is written to report-dir; use coverage-threshold',
  cover: 'use coverage-threshold: coverage is then measured',
  covermode: 'leave it out: atomic is used with race, set without',
  race: 'use the input race: true',
  tags: 'use the input go-tags, so that vet, test and build agree',
  mod: 'set it with GOFLAGS, so that vet, test and build agree',
  trimpath: 'leave it out: it is always set, so that vet, test and build agree',
  c: 'tests must run, not only be compiled; leave it out',
  o: 'leave it out: no test binary is kept',
  exec: 'run such tests in a step of their own',
  args: 'leave it out; the flags of the test program itself can be given as they are',
  n: 'use dry-run: true',
  C: 'use the input working-directory',
  i: 'leave it out: Go has no such flag any more',
  outputdir: 'leave it out: files are written to report-dir',
}

/** Test flags that take a value in the next word when it is not given with `=`. */
const VALUED = new Set(
  (
    'bench benchtime blockprofile blockprofilerate count coverpkg cpu cpuprofile fuzz fuzztime fuzzminimizetime list ' +
    'memprofile memprofilerate mutexprofile mutexprofilefraction parallel run skip timeout trace shuffle ' +
    'p asmflags gcflags gccgoflags ldflags buildmode compiler installsuffix modfile overlay pgo pkgdir toolexec buildvcs'
  ).split(' '),
)

/**
 * Checks `test-flags`: flags that would clash with what the run sets itself, words that are no flags. `-test.x` is
 * treated as `-x`. All problems at once.
 */
export function validateTestFlags(words: readonly string[]): Problem[] {
  const problems: Problem[] = []
  const problem = (word: string, what: string, fix: string): void => {
    problems.push({ code: 'test-flag-conflict', what, input: 'test-flags', value: word, fix })
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!/^--?[A-Za-z]/.test(word)) {
      problem(
        word,
        `"${word}" is not a flag`,
        'package patterns belong to the input packages; quote values with blanks',
      )
      continue
    }
    const { name, value } = normalised(word)
    const instead = OURS[name]
    if (instead !== undefined) problem(word, `-${name} cannot be given in test-flags`, instead)
    if (VALUED.has(name) && value === undefined) {
      at++
      if (words[at] === undefined) problem(word, `-${name} needs a value`, `write -${name}=VALUE`)
    } else if (instead !== undefined && value === undefined && TAKES_VALUE.has(name)) at++
  }
  return problems
}

/** Of the refused flags, those that have a value in the next word (so that it is not called "not a flag" too). */
const TAKES_VALUE = new Set(['coverprofile', 'covermode', 'tags', 'mod', 'o', 'exec', 'C', 'outputdir'])

/** Flags that are right but cost the result cache of `go test`, or more; one line each. */
export function testFlagWarnings(words: readonly string[]): string[] {
  const warnings: string[] = []
  for (const [at, word] of words.entries()) {
    const { name, value = words[at + 1] } = normalised(word)
    const again = whyAgain(name, value)
    if (again !== undefined) warnings.push(again)
    if (name === 'gcflags' || name === 'asmflags' || name === 'installsuffix')
      warnings.push(`-${name} differs from the build's flags, so packages are compiled twice`)
  }
  return warnings
}

/** Whether these flags ask for every test to run, whatever is known of it. */
export const runsEveryTest = (words: readonly string[]): boolean =>
  words.some((word, at) => {
    const { name, value = words[at + 1] } = normalised(word)
    return whyAgain(name, value) !== undefined
  })

/** What a flag costs that takes no result from the cache; undefined for all others. */
function whyAgain(name: string, value: string | undefined): string | undefined {
  if (name === 'count')
    return `-count=${value ?? ''} makes every test run again: no result comes from the cache`
  if (name === 'shuffle' && value !== 'off')
    return '-shuffle makes every test run again: no result comes from the cache'
  if (name === 'fuzz') return '-fuzz works for one package only and runs until -fuzztime'
  if (name === 'a') return '-a compiles everything again, the standard library too'
  return undefined
}

function normalised(word: string): { name: string; value?: string } {
  const flag = parseFlag(word)
  return { ...flag, name: flag.name.replace(/^test\./, '') }
}
