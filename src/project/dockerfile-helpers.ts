/** The Dockerfiles of two builds around the user's: one fills its cache mounts, one brings back what is new in them. Pure. */

/** The named contexts of the filling build: archives of a GOCACHE, and what a GOMODCACHE has of `cache/download`. */
export const SEED_CONTEXT = 'gip-seed'
export const MODULES_CONTEXT = 'gip-gomod'
/** The targets of the two builds. */
export const FILL_TARGET = 'gip-fill'
export const COLLECT_TARGET = 'gip-collect'
/** What a mount has left: all of it that is worth keeping, or only what the archives do not have. */
export const WHOLE_ARCHIVE = 'whole.tar'
export const NEW_ARCHIVE = 'new.tar'

/** A folder of Go's caches in a cache mount. */
export interface Place {
  readonly kind: 'modules' | 'build'
  /** The mount as written after `--mount=`. */
  readonly text: string
  readonly target: string
  /** The name of the mount: the same for all who mount it. */
  readonly id: string
  /** GOMODCACHE or GOCACHE, in the target. */
  readonly path: string
  /** A FROM line whose image has a shell and tar. */
  readonly from: string
}

/**
 * Takes the arguments `GIP_OLD` and `GIP_MARK` (seconds): entries get a time more than an hour back, so that cmd/go marks those it uses
 * (internal/cache markUsed), and `gip-mark` lies between. `gip-list` names what came from the archives.
 */
export function fillerText(head: readonly string[], places: readonly Place[]): string {
  const seed = ({ path }: Place): string =>
    [
      `mkdir -p '${path}' && cd '${path}' && : > gip-list`,
      'for f in /.gip/in/*.tar; do if [ -e "$f" ]; then tar -xvof "$f" >> gip-list || exit 1; fi; done',
      `find . -type f -name '*-[ad]' -exec touch -d "@$GIP_OLD" {} + && touch -d "@$GIP_MARK" gip-mark`,
    ].join(' && ')
  const modules = ({ path }: Place): string => `mkdir -p '${path}' && cp -R /.gip/in/. '${path}/'`
  return helperText(
    head,
    places.map((place) => ({
      place,
      script: place.kind === 'build' ? seed(place) : modules(place),
      context: place.kind === 'build' ? SEED_CONTEXT : MODULES_CONTEXT,
    })),
    FILL_TARGET,
    ['GIP_OLD', 'GIP_MARK'],
  )
}

/**
 * Leaves in `/N/`: `new`, the entries that the archives do not have, and one of two archives. With `GIP_REPACK=true` all that was used is
 * packed again when a third of the bytes was not. Outputs count as used with the actions that name them.
 */
export function collectorText(head: readonly string[], places: readonly Place[]): string {
  const script = ({ path }: Place): string =>
    [
      `export LC_ALL=C && cd '${path}' && touch gip-list`,
      "find . -type f -name '*-[ad]' | sort > /.gip/all",
      'sort gip-list | comm -13 - /.gip/all > /.gip/out/new',
      "if [ -e gip-mark ]; then find . -type f -name '*-[ad]' -newer gip-mark | sort > /.gip/used; else cp /.gip/all /.gip/used; fi",
      'grep -e -a$ /.gip/used | xargs -r cat | awk \'{ print "./" substr($3, 1, 2) "/" $3 "-d" }\' | sort -u | comm -12 - /.gip/all | sort -u - /.gip/used > /.gip/keep',
      'size() { xargs -r ls -ln < "$1" | awk \'{ s += $5 } END { printf "%.0f", s }\'; }',
      `if [ "$GIP_REPACK" = true ] && [ $(($(size /.gip/keep) * 3)) -lt $(($(size /.gip/all) * 2)) ]; then tar -cf /.gip/out/${WHOLE_ARCHIVE} -T /.gip/keep; elif [ -s /.gip/out/new ]; then tar -cf /.gip/out/${NEW_ARCHIVE} -T /.gip/out/new; fi`,
    ].join(' && ')
  return helperText(
    head,
    places.map((place) => ({ place, script: script(place) })),
    COLLECT_TARGET,
    ['GIP_REPACK'],
  )
}

/**
 * Arguments before the first FROM may be part of it; directives stay behind: no frontend is fetched for this. What is in a mount is no part
 * of a step's key, so the argument `GIP_ONCE` has to be another one each time (without a cache BuildKit mounts an empty folder).
 */
function helperText(
  head: readonly string[],
  parts: readonly { readonly place: Place; readonly script: string; readonly context?: string }[],
  target: string,
  args: readonly string[],
): string {
  const stages = parts.flatMap(({ place, script, context }, number) => [
    `${place.from} AS ${target}-${number}`,
    ...[...place.id.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => `ARG ${match[1] ?? ''}`),
    ...['GIP_ONCE', ...args].map((name) => `ARG ${name}`),
    'USER 0',
    [
      'RUN --network=none',
      `--mount=${place.text}`,
      ...(context === undefined ? [] : [`--mount=type=bind,from=${context},target=/.gip/in`]),
      JSON.stringify(['/bin/sh', '-c', `mkdir -p /.gip/out && ${script}`]),
    ].join(' '),
  ])
  return [
    ...head.filter((line) => !/^\s*#/.test(line)),
    ...stages,
    `FROM scratch AS ${target}`,
    ...parts.map((_, number) => `COPY --from=${target}-${number} /.gip/out/ /${number}/`),
    '',
  ].join('\n')
}
