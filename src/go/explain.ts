/** A known failure of the go command: its cause in plain words and what to do. */
export interface Explanation {
  readonly code: string
  /** `environment`: the machine, the network or a service, not the code. */
  readonly kind: 'environment' | 'gate'
  readonly cause: string
  readonly fix: string
  /** Trying again may help. */
  readonly transient?: true
}

interface Rule extends Omit<Explanation, 'cause'> {
  readonly pattern: RegExp
  readonly cause: (match: RegExpExecArray) => string
}

const RULES: readonly Rule[] = [
  {
    code: 'go-too-old',
    kind: 'gate',
    pattern: /(\S+) requires go >= (\S+) \(running go ([^;)]+)/,
    cause: ([, what = '', wanted = '', running = '']) =>
      `${what} asks for Go ${wanted}, but Go ${running} runs`,
    fix: 'set go-version (or go-version-file: go.mod) to a Go that is new enough',
  },
  {
    code: 'go-sum-mismatch',
    kind: 'gate',
    pattern: /(?:verifying (\S+?): )?checksum mismatch|SECURITY ERROR/,
    cause: ([, what]) =>
      `the downloaded ${what ?? 'module'} is not the one that go.sum or the checksum database knows`,
    fix: 'do not ignore this: the module was replaced upstream or on the way. Compare with sum.golang.org; if the change is wanted, update go.sum with: go mod tidy',
  },
  {
    code: 'go-sum-missing',
    kind: 'gate',
    pattern: /missing go\.sum entry/,
    cause: () => 'go.sum is not complete',
    fix: 'run "go mod tidy" (in a workspace also "go work sync") and commit go.sum',
  },
  {
    code: 'go-mod-untidy',
    kind: 'gate',
    pattern: /updates to go\.(?:mod|work) needed|no required module provides package (\S+?)[;\s]/,
    cause: ([, what]) =>
      what === undefined ? 'go.mod does not match the code' : `no module that go.mod requires holds ${what}`,
    fix: 'run "go mod tidy" and commit go.mod and go.sum',
  },
  {
    code: 'go-vendor-inconsistent',
    kind: 'gate',
    pattern: /inconsistent vendoring/,
    cause: () => 'vendor/modules.txt does not match go.mod',
    fix: 'run "go mod vendor" (or "go work vendor") and commit the vendor folder',
  },
  {
    code: 'go-private-module',
    kind: 'environment',
    pattern:
      /terminal prompts disabled|could not read Username|(?:\s|: )(?:401|403|404|410) (?:Unauthorized|Forbidden|Not Found|Gone)/,
    cause: () => 'a module cannot be read: it is private, was removed, or the proxy refuses it',
    fix: 'for a private module set goprivate and give git credentials (a token with read access); else check the version and goproxy',
  },
  {
    code: 'go-c-compiler',
    kind: 'environment',
    pattern: /cgo: C compiler "?([^"\s]+)"? not found/,
    cause: ([, cc = 'gcc']) => `cgo is on, but there is no C compiler ${cc}`,
    fix: 'set cgo: false when the code needs none, or install a C compiler before this step (apk add build-base, apt-get install gcc libc6-dev)',
  },
  {
    code: 'go-race-platform',
    kind: 'environment',
    pattern: /-race is (?:not supported|only supported) on ([^\n]*)/,
    cause: ([, where = 'this platform']) => `the race detector does not work on ${where}`,
    fix: 'set race: false on this runner',
  },
  {
    code: 'go-race-cgo',
    kind: 'environment',
    pattern: /-race requires cgo/,
    cause: () => 'the race detector needs cgo',
    fix: 'set race: false, or let CGO_ENABLED be 1 and install a C compiler',
  },
  {
    code: 'disk-full',
    kind: 'environment',
    pattern: /no space left on device|not enough space on the disk|disk quota exceeded/i,
    cause: () => 'the disk is full',
    fix: 'free disk space on the runner (GOCACHE, GOMODCACHE, RUNNER_TEMP), or use a larger runner',
  },
  {
    code: 'out-of-memory',
    kind: 'environment',
    pattern:
      /(?:compile|link|cgo|go build[^\n]*): signal: killed|: signal: killed|cannot allocate memory|out of memory/,
    cause: () => 'a compiler, linker or test was killed, most likely for want of memory',
    fix: 'use a runner with more memory, or compile less at once: GOFLAGS=-p=2',
  },
  {
    code: 'go-vcs',
    kind: 'environment',
    pattern: /error obtaining VCS status/,
    cause: () => 'git cannot tell the state of the checkout, most often because another user owns it',
    fix: 'git config --global --add safe.directory "$GITHUB_WORKSPACE"',
  },
  {
    code: 'go-network',
    kind: 'environment',
    // "unexpected EOF" and the like alone could be the compiler's: an address must be there.
    pattern:
      /(?:(?:Get|Head|reading|fetch) "?https?:\/\/|dial tcp |lookup \S+ on |net\/http: TLS handshake timeout)[^\n]*/,
    cause: ([what = '']) => `a module could not be downloaded (${what.trim().slice(0, 200)})`,
    fix: "check the runner's network, or set goproxy to a proxy that it reaches",
    transient: true,
  },
  {
    code: 'go-embed-missing',
    kind: 'gate',
    pattern: /pattern (\S+): no matching files found/,
    cause: ([, what = '']) => `//go:embed names ${what}, which is not there`,
    fix: 'generate or check out the embedded files before this step',
  },
  {
    code: 'go-not-in-std',
    kind: 'gate',
    pattern: /package (\S+) is not in std/,
    cause: ([, what = '']) => `there is no package ${what} in this Go's standard library`,
    fix: 'correct the import path, or use a newer Go',
  },
]

/** The cause of a failed go command, when its output shows a known one. */
export function explainGo(output: string): Explanation | undefined {
  for (const { pattern, cause, ...rest } of RULES) {
    const match = pattern.exec(output)
    if (match !== null) return { ...rest, cause: cause(match) }
  }
  return undefined
}
