/**
 * The inputs and outputs of the main action, stated once: action.yml, the tables in the docs and the CLI's help are
 * generated from here (`npm run generate`), and CI fails on a difference.
 */
import { choice, input, type InputSpec, type OutputSpec } from '../spec.ts'

export const INPUTS: readonly InputSpec[] = [
  input('Image', 'images', 'list', '', 'Image names without tag, for example ghcr.io/acme/hello. Needed unless push is false. With several mains, {name} stands for the name of the main; without it -NAME is appended.'),
  input('Image', 'platforms', 'list', '', 'Platforms, for example linux/amd64,linux/arm64,windows/amd64. Empty: linux/amd64 and linux/arm64; with a Dockerfile that cannot cross-compile, only the platform of the runner.'),
  input('Image', 'tags', 'list', '', 'Tags, or rules as in docker/metadata-action (type=semver,pattern={{version}}, type=ref,event=branch, type=sha, type=raw,value=…). Empty: the version tags of a v* tag, else the branch or pr-N.'),
  input('Image', 'labels', 'pairs', '', 'Labels, key=value lines, on top of the OCI labels that are set anyway.'),
  input('Image', 'annotations', 'pairs', '', 'Annotations, key=value lines, on top of the OCI annotations; a level prefix (index:, manifest:) is honoured.'),
  input('Image', 'base', 'text', 'auto', 'Base of the generated image: auto (distroless static; base for cgo; nanoserver for Windows), scratch, distroless, alpine, nanoserver, or an image reference.'),
  input('Image', 'user', 'text', '65532:65532', 'Numeric user[:group] that the generated image runs as.'),
  input('Image', 'expose', 'list', '', 'Ports of the generated image, for example 8080 or 8080/tcp.'),
  input('Image', 'entrypoint-args', 'words', '', 'Arguments after the program in the entry point of the generated image.'),
  input('Image', 'healthcheck', 'words', '', 'HEALTHCHECK of the generated image: a program in the image and its arguments, for example /app/hello healthcheck; every 30s, 3s timeout, 5s start period, 3 retries.'),
  input('Image', 'image-env', 'pairs', '', 'Environment variables of the generated image, KEY=value lines.'),
  input('Image', 'files', 'list', '', 'Extra files in the generated image, SOURCE:/destination[:mode] lines, relative to working-directory.'),

  input('Project', 'working-directory', 'text', '.', 'Folder of the Go project, relative to the workspace.'),
  input('Project', 'main', 'list', '', 'Main packages relative to working-directory, for example ./cmd/server, optionally =name for the binary and image name. Empty: the only main package.'),
  choice('Project', 'binaries', ['separate', 'together'], 'With several mains: separate makes an image of each, together puts all binaries into one image (the first is the entry point).'),
  input('Project', 'packages', 'list', './...', 'Packages to vet and test.'),
  input('Project', 'file', 'text', '', 'Dockerfile, relative to working-directory. Empty: ./Dockerfile when there is one, else one is generated; none: always generate.'),
  input('Project', 'context', 'text', '', 'Build context of a Dockerfile, relative to working-directory. Empty: working-directory.'),

  input('Go', 'go-version', 'text', '', 'Go version: 1.26, 1.26.8, ^1.25, stable, oldstable, 1.27rc1. Empty: from the files.'),
  input('Go', 'go-version-file', 'text', '', 'File that names the Go version: go.mod, go.work, .go-version, .tool-versions, mise.toml, a Dockerfile. Empty: found.'),
  input('Go', 'check-latest', 'boolean', 'false', 'Ask for the newest matching release even when an older one is installed.'),
  input('Go', 'go-tags', 'list', '', 'Build tags, shared by vet, test and build.'),
  input('Go', 'cgo', 'boolean', 'false', 'Build with cgo (CGO_ENABLED=1). Needs a C compiler on the runner; only the platform of the runner can be built.'),
  input('Go', 'ldflags', 'text', '', 'Linker flags with {{.Version}}, {{.Commit}}, {{.ShortCommit}}, {{.Date}}, {{.Branch}}, {{.Tag}}, {{.Env.NAME}}. Empty: -s -w and -X main.version, main.commit, main.date. Where they drop debug information (-s, -w) nothing compiles it; -gcflags in GOFLAGS wins.'),
  input('Go', 'goproxy', 'text', '', 'GOPROXY for modules and, as a last resort, for the Go toolchain. Empty: as the environment says.'),
  input('Go', 'go-mirrors', 'list', '', 'Mirrors of go.dev/dl asked first, for example https://golang.google.cn/dl. Downloads are checked against the published SHA-256.'),
  input('Go', 'cache-dependency-path', 'list', '', 'Files that key the module cache, globs allowed. Empty: go.mod, go.sum and go.work.sum of all modules.'),

  input('Gates', 'vet', 'boolean', 'true', 'Run go vet; a finding stops the release.'),
  input('Gates', 'test', 'boolean', 'true', 'Run go test; a failure stops the release.'),
  input('Gates', 'test-flags', 'words', '', 'More flags for go test, for example -short -timeout=5m.'),
  input('Gates', 'race', 'boolean', 'false', 'Test with the race detector (needs a C compiler; compiles separately from the build).'),
  input('Gates', 'coverage', 'boolean', 'true', 'Measure test coverage.'),
  input('Gates', 'coverage-threshold', 'number', '', 'Least coverage of statements in percent; less stops the release.'),
  choice('Gates', 'start', ['auto', 'service', 'command', 'off'], 'Start the image before it is published. auto: a program that goes on running is a service, one that exits 0 a command. A digest that the run before has started in the same way is not started again.'),
  input('Gates', 'health-path', 'text', '', 'HTTP path that must answer 2xx, for example /health.'),
  input('Gates', 'start-args', 'words', '', 'Arguments for the start, for example --version.'),
  input('Gates', 'start-env', 'pairs', '', 'Environment for the start, KEY=value lines. Not for secrets: give the program test values.'),
  input('Gates', 'start-timeout', 'duration', '30s', 'How long the image may take until it listens and is healthy.'),
  choice('Gates', 'verify', ['full', 'fast', 'off'], 'Read the pushed image back: full hashes every layer again, fast checks manifests and that layers are there.'),

  input('Build', 'push', 'text', 'auto', 'Push the image: true, false, or auto (not on pull requests, not outside GitHub Actions).'),
  input('Build', 'load', 'boolean', 'false', 'Load the image of the platform of the runner into the local Docker engine, under its tags.'),
  input('Build', 'target', 'text', '', 'Stage of the Dockerfile to build.'),
  input('Build', 'build-args', 'pairs', '', 'Build arguments, KEY=value lines. VERSION, COMMIT and DATE are given when the Dockerfile declares them.'),
  input('Build', 'build-contexts', 'pairs', '', 'Further named contexts, name=path-or-url lines.'),
  input('Build', 'secrets', 'pairs', '', 'Build secrets, id=value lines, for RUN --mount=type=secret,id=….', { secret: true }),
  input('Build', 'secret-files', 'pairs', '', 'Build secrets from files, id=path lines.'),
  input('Build', 'secret-envs', 'pairs', '', 'Build secrets from environment variables, id=NAME lines.'),
  input('Build', 'ssh', 'list', '', 'SSH agent sockets or keys for the build, as in docker buildx build --ssh.'),
  input('Build', 'no-cache', 'boolean', 'false', 'Build without any layer cache.'),
  input('Build', 'pull', 'boolean', 'false', 'Always ask for newer base images.'),
  choice('Build', 'compression', ['gzip', 'zstd'], 'Compression of our own layers. zstd is packed in half the time and 6 % smaller; readers from before 2020 cannot unpack it.'),
  input('Build', 'provenance', 'text', 'false', 'Provenance attestation: false, true, mode=min, mode=max. Off by default because it makes the digest differ from run to run and adds unknown/unknown entries.'),
  input('Build', 'sbom', 'text', 'false', 'SBOM attestation (SPDX): false, true, or generator=image. true: the modules of each program, as Go wrote them into it, the same for the same commit; by BuildKit and its scanner where Docker Buildx assembles the image.'),

  input('Registries', 'registries', 'list', '', 'Logins: "host user password-or-${ENV}" lines, or a YAML list with registry, username, password. ghcr.io is logged in with github-token by itself.', { secret: true }),
  input('Registries', 'github-token', 'text', '${{ github.token }}', 'Token for ghcr.io (needs packages: write to push).', { secret: true }),
  input('Registries', 'registry-mirrors', 'list', '', 'Mirrors for pulls, for example docker.io=https://mirror.example lines; http:// is allowed and then insecure.'),
  input('Registries', 'insecure-registries', 'list', '', 'Registries reached by http or with an unknown certificate, host[:port] lines. Loopback ones need no entry.'),
  input('Registries', 'registry-ca', 'text', '', 'Certificate authority of the registries: PEM text or a path.'),

  choice('Caches', 'cache', ['auto', 'read', 'off'], 'Module and build cache: auto restores and saves, read never saves, off neither.'),
  input('Caches', 'reuse', 'boolean', 'true', 'Publish again what an earlier run built, tested and started from the very same input (commit, inputs, environment, Go, base), when the whole image is still in the registry. Only where a cache service is there; debug logging, -count and uncommitted changes switch it off.'),
  choice('Caches', 'layer-cache', ['auto', 'registry', 'gha', 'local', 'off'], 'Layer cache for your own Dockerfile. auto: beside the image when logged in there, else gha, else off.'),
  choice('Caches', 'dockerfile-caches', ['auto', 'on', 'off'], 'Give the Go caches to RUN steps of your own Dockerfile, in a copy of it that is shown in the log: modules and compiled packages come from the caches of this action and what is new goes back. The image stays the same. auto: where the builder begins empty (hosted runners, builders booted for the run).'),

  choice('Builder', 'engine', ['auto', 'buildx', 'direct'], 'What assembles the image: buildx (Docker Buildx), direct (our own layers through the registry API, no Docker needed), or auto: direct for a generated image that is pushed, else buildx.'),
  choice('Builder', 'driver', ['auto', 'docker', 'docker-container', 'remote', 'kubernetes'], 'Buildx driver. auto: docker when its containerd image store can do the job (no boot), else docker-container.'),
  input('Builder', 'driver-opts', 'list', '', 'Options for the driver, key=value lines.'),
  input('Builder', 'endpoint', 'text', '', 'Address of the builder for the remote driver, or Docker context for the others.'),
  input('Builder', 'buildkitd-config', 'text', '', 'More buildkitd.toml, merged with what the registry inputs need: TOML text or a path.'),
  input('Builder', 'buildx-version', 'text', 'auto', 'Buildx to use: auto (the installed one when new enough), vX.Y.Z or latest.'),
  input('Builder', 'buildx-url', 'text', 'https://github.com/docker/buildx/releases/download', 'Where Buildx is downloaded from.'),
  input('Builder', 'keep-builder', 'boolean', 'false', 'Keep the builder and its cache for the next run (self-hosted runners), pruned to a size.'),

  choice('Run', 'until', ['publish', 'image', 'checks'], 'How far the run goes. publish: to the tags. image: pushed by digest, started and read back, no tag moved (another job publishes it). checks: vet, test and coverage only, also for a library without a main package.'),
  input('Run', 'report-dir', 'text', '', 'Folder for the report files, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/report outside GitHub Actions.'),
  input('Run', 'dry-run', 'boolean', 'false', 'Only print the plan.'),
] // prettier-ignore

export const OUTPUTS: readonly OutputSpec[] = [
  { name: 'image', description: 'name@digest of what was pushed, a line for each image name.' },
  { name: 'digest', description: 'Digest of the image (its index when it has several platforms), a line for each image.' },
  { name: 'tags', description: 'Full references of the tags, a line each.' },
  { name: 'platform-digests', description: 'JSON object: platform to manifest digest (an object of these by name when there are several images).' },
  { name: 'metadata', description: 'JSON object with everything about the images: names, digests, platforms, sizes, tags, labels.' },
  { name: 'go-version', description: 'The Go version that was used, for example 1.26.8.' },
  { name: 'coverage', description: 'Test coverage of statements in percent, for example 83.4.' },
  { name: 'tests', description: 'JSON object: passed, failed, skipped, packages, cached.' },
  { name: 'cache-hit-modules', description: 'true when the module cache was restored by its exact key, partial for an older one, else false.' },
  { name: 'cache-hit-build', description: 'true when the build cache was restored from the same commit, partial for an older one, else false.' },
  { name: 'reused', description: 'When an earlier run proved the very same input and nothing was built: the address of that run, or its time. Else empty.' },
  { name: 'report', description: 'Folder of the report files (report.json, summary.md, junit.xml, coverage.out, pictures).' },
  { name: 'plan', description: 'The plan as JSON.' },
] // prettier-ignore

/** Inputs that a stage takes over as they are. */
export const sharedInputs = (...names: readonly string[]): InputSpec[] =>
  names.map((name) => {
    const spec = INPUTS.find((one) => one.name === name)
    if (spec === undefined) throw new TypeError(`the action has no input ${name}`)
    return spec
  })
