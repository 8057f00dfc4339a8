import type { Fault } from '../base/retry.ts'

/** A failure of Buildx, BuildKit or the engine that we can explain. */
interface KnownFailure {
  readonly code: string
  readonly pattern: RegExp
  readonly cause: string
  readonly fix: string
  /** Another try can help. */
  readonly passing?: true
}

/**
 * Most specific first: the first match wins. Each pattern is the wording of BuildKit, Buildx, runc, containerd, the
 * Go command or a registry, as seen in real logs.
 */
const KNOWN: readonly KnownFailure[] = [
  {
    code: 'disk-full',
    pattern: /no space left on device|ENOSPC|disk quota exceeded/i,
    cause: 'the disk of the builder is full',
    fix: 'free space (docker system prune, fewer platforms at once, smaller build context) or use a larger runner',
  },
  {
    code: 'exec-format',
    pattern: /exec format error|Invalid ELF image for this architecture/i,
    cause: 'a RUN step starts a program of a foreign platform and no emulator is installed',
    fix: 'build on the runner’s own platform and cross-compile: FROM --platform=$BUILDPLATFORM, then GOOS=$TARGETOS GOARCH=$TARGETARCH go build; only when that is impossible install QEMU (docker run --privileged --rm tonistiigi/binfmt --install all) before this step',
  },
  {
    code: 'qemu-crash',
    pattern: /qemu: uncaught target signal|qemu-\S+: .*(?:SIGSEGV|signal 11|unhandled)/i,
    cause: 'the program crashed under QEMU, which the Go project does not support (golang/go#48439)',
    fix: 'cross-compile instead of emulating: FROM --platform=$BUILDPLATFORM and GOOS=$TARGETOS GOARCH=$TARGETARCH',
  },
  {
    code: 'docker-permission',
    pattern:
      /permission denied while trying to connect to the docker (?:daemon|API)|dial unix \S*docker\S*\.sock: connect: permission denied/i,
    cause: 'this user may not open the engine’s socket',
    fix: 'add the runner’s user to the group "docker" and start the runner again',
  },
  {
    code: 'docker-down',
    pattern: /cannot connect to the docker daemon|is the docker daemon running/i,
    cause: 'no Docker engine answers',
    fix: 'start the engine, or use "driver: remote" with an "endpoint"',
  },
  {
    code: 'rate-limited',
    pattern: /toomanyrequests|too many requests|\b429\b|pull rate limit/i,
    cause: 'the registry limits how often this address or account may ask',
    fix: 'log in to that registry ("registries"), or name a mirror for it ("registry-mirrors")',
    passing: true,
  },
  {
    code: 'registry-certificate',
    pattern: /x509: certificate|certificate signed by unknown authority|tls: failed to verify certificate/i,
    cause: 'the certificate of a registry, mirror or module proxy is not accepted',
    fix: 'give its authority ("registry-ca"); for a RUN step, copy the CA bundle into that stage; plain HTTP registries belong in "insecure-registries"',
  },
  {
    code: 'registry-plain-http',
    pattern: /server gave HTTP response to HTTPS client/i,
    cause: 'the registry speaks plain HTTP',
    fix: 'list it in "insecure-registries", or write its mirror with http://',
  },
  {
    code: 'unsupported-by-driver',
    pattern:
      /is (?:not|currently not) (?:supported|implemented) for the? ?docker driver|not supported for the docker driver|not implemented for docker driver/i,
    cause: 'the docker driver of this engine cannot do that',
    fix: 'leave "driver" at auto or set it to docker-container; or turn the containerd image store on in the engine',
  },
  {
    code: 'dockerfile-missing',
    pattern:
      /failed to read dockerfile|open \S*Dockerfile\S*: no such file|unable to evaluate symlinks in Dockerfile path/i,
    cause: 'there is no Dockerfile at that path in the build context',
    fix: 'correct "file" (relative to "context"), or remove it: without a Dockerfile one is generated',
  },
  {
    code: 'dockerfile-syntax',
    pattern:
      /dockerfile parse error|unknown instruction|syntax error - can't find = in|unterminated heredoc|invalid reference format/i,
    cause: 'the Dockerfile cannot be read',
    fix: 'correct the line named above',
  },
  {
    code: 'target-missing',
    pattern: /target stage "?[^"]+"? could not be found/i,
    cause: 'the Dockerfile has no stage of that name',
    fix: 'correct "target", or name the stage: FROM … AS name',
  },
  {
    code: 'copy-missing',
    pattern:
      /failed to (?:calculate checksum of ref|compute cache key).*not found|COPY failed: file not found/i,
    cause: 'COPY or ADD names a file that is not in the build context, or not in the stage it copies from',
    fix: 'check the path (relative to "context"), and .dockerignore: what it excludes cannot be copied',
  },
  {
    code: 'go-too-old',
    pattern:
      /go\.mod requires go >= \S+ \(running go \S+; GOTOOLCHAIN=local\)|invalid go version '|requires go >= /i,
    cause:
      'the Go of the builder stage is older than go.mod asks for, and official golang images do not fetch another (GOTOOLCHAIN=local)',
    fix: 'raise the tag of the golang base image to at least the version in go.mod',
  },
  {
    code: 'go-vcs-stamp',
    pattern: /error obtaining VCS status/i,
    cause: 'go build wants the commit, but git or .git is not usable inside the stage (golang/go#64275)',
    fix: 'add -buildvcs=false to that go build and pass the commit with -ldflags, or let this action compile (remove the Dockerfile)',
  },
  {
    code: 'go-sum-missing',
    pattern: /missing go\.sum entry|go: updates to go\.(?:mod|sum) needed/i,
    cause: 'go.sum does not cover what the build imports, or was not copied into the stage',
    fix: 'run "go mod tidy" and commit go.sum; COPY go.mod go.sum ./ together',
  },
  {
    code: 'go-network',
    pattern:
      /dial tcp: lookup (?:proxy\.golang\.org|sum\.golang\.org)|proxy\.golang\.org\S*: (?:dial|EOF|read)/i,
    cause: 'the module proxy was not reached from inside the build',
    fix: 'set "goproxy" to one that this network reaches; in a Dockerfile take it as ARG GOPROXY',
    passing: true,
  },
  {
    code: 'go-private-module',
    pattern: /could not read Username for|terminal prompts disabled|fatal: could not read Password/i,
    cause: 'a private module needs credentials inside the build',
    fix: 'pass them with "secrets" and RUN --mount=type=secret, set GOPRIVATE, or let this action compile on the runner',
  },
  {
    code: 'shell-missing',
    pattern:
      /exec: "\/bin\/sh": stat \/bin\/sh: no such file|"\/bin\/sh": executable file not found|stat \/bin\/sh: no such file/i,
    cause: 'RUN needs a shell and this stage’s base has none (scratch, distroless)',
    fix: 'do that work in the builder stage and COPY the result, or write the exec form with a program that is there',
  },
  {
    code: 'tool-missing',
    pattern:
      /exec: "[^"]+": (?:executable file not found|stat \S+: no such file)|\bsh: (?:\d+: )?[^\s:]+: not found$|exit code: 127/im,
    cause: 'a RUN step calls a program that is not in that stage',
    fix: 'install it in the stage, or use a base that has it',
  },
  {
    code: 'out-of-memory',
    pattern: /signal: killed|exit code: 137|cannot allocate memory|Killed\s*$/im,
    cause: 'the step was killed, most likely for lack of memory',
    fix: 'use a larger runner, or fewer platforms at once; for go build, set GOMAXPROCS or -p lower',
  },
  {
    code: 'entitlement',
    pattern: /granting entitlement|entitlement \S+ is not allowed|additional privileges requested/i,
    cause: 'the build asks for a privilege that was not granted',
    fix: 'do without it: no input of this action grants privileges to a build',
  },
  {
    code: 'base-unauthorized',
    pattern:
      /pull access denied|insufficient_scope|authorization failed|401 Unauthorized|denied: requested access|no basic auth credentials/i,
    cause: 'the registry refused: the image does not exist for this account, or nobody is logged in',
    fix: 'check the image’s name and log in to its registry ("registries"); a push needs write permission (packages: write on ghcr.io)',
  },
  {
    code: 'push-denied',
    pattern: /403 Forbidden|denied: |permission_denied|unauthorized: /i,
    cause: 'the registry refused the account',
    fix: 'check user, password and permission (on GitHub: permissions: packages: write, and the package must give this repository access)',
  },
  {
    code: 'platform-missing',
    pattern:
      /no match for platform in manifest|no matching manifest for|does not provide the specified platform/i,
    cause: 'a base image does not exist for a platform that was asked for',
    fix: 'choose a base that has it, or leave that platform out',
  },
  {
    code: 'base-missing',
    pattern:
      /(?:failed to resolve source metadata|failed to do request|manifest unknown).*(?:not found|manifest unknown)|manifest unknown|: not found$/im,
    cause: 'an image does not exist under that name and tag',
    fix: 'correct the FROM line (or "base"); a deleted tag needs a newer one',
  },
  {
    code: 'builder-lost',
    pattern:
      /no builder "[^"]+" found|error reading from server: EOF|rpc error: code = Unavailable|graceful_stop|transport is closing/i,
    cause: 'the connection to BuildKit broke',
    fix: 'look at the builder’s log (docker logs buildx_buildkit_…): it may have been killed for lack of memory',
    passing: true,
  },
  {
    code: 'network',
    pattern:
      /\b50[0234]\b (?:Internal|Bad Gateway|Service|Gateway)|unexpected status(?: code)? .*\b50[0234]\b|i\/o timeout|TLS handshake timeout|connection (?:reset|refused)|unexpected EOF|\bEOF$|context deadline exceeded|temporary failure in name resolution|no such host|network is unreachable|received unexpected HTTP status: 5|blob upload unknown|server misbehaving/im,
    cause: 'a registry or mirror was not reached or broke off',
    fix: 'run again; if it stays, check the network, the proxy settings and the registry’s status page',
    passing: true,
  },
  {
    code: 'run-failed',
    pattern: /did not complete successfully: exit code: \d+/i,
    cause: 'a command in the Dockerfile failed',
    fix: 'see its last output below',
  },
]

export interface ExplainedFailure {
  readonly code: string
  readonly cause: string
  readonly fix: string
  readonly passing: boolean
}

/** The known failure that a log shows; undefined for an unknown one. */
export function explainFailure(said: string): ExplainedFailure | undefined {
  const known = KNOWN.find((one) => one.pattern.test(said))
  if (known === undefined) return undefined
  return { code: known.code, cause: known.cause, fix: known.fix, passing: known.passing ?? false }
}

/** The class of a failed docker or buildx call, for `retry`. Unknown failures are final: a compile error must not run five times. */
export function classifyBuildFault(said: string): Fault {
  return explainFailure(said)?.passing === true ? { kind: 'passing' } : { kind: 'final' }
}
