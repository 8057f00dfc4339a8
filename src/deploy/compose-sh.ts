import { quotePosix } from './ssh-quote.ts'

/** One service of a compose project on a host. */
export interface ServiceSettings {
  /** The project's folder on the host, absolute. */
  readonly folder: string
  readonly service: string
  /** Compose files, relative to the folder; default: those docker compose finds by itself. */
  readonly files?: readonly string[]
  /** The project's name; default: compose's own (from the file, else the folder's name). */
  readonly project?: string
  /** A variable in `.env` that the compose file uses as the image; without it an override file is written. */
  readonly variable?: string
  /** How long the service may take to become healthy. */
  readonly waitSeconds: number
  /** Without a health check in the compose file: how long it must keep running. */
  readonly stableSeconds: number
  /** Asked on the host after the start, with curl or wget; any 2xx or 3xx is healthy. */
  readonly healthUrl?: string
}

/** How our scripts end; anything else is the failing program's own code. */
export const ENDS = {
  folder: 40,
  refused: 41,
  stuck: 42,
  nothingOld: 43,
  fenced: 44,
  image: 45,
  busy: 46,
  pull: 47,
  docker: 48,
  health: 49,
} as const

/** What every script begins with: the folder, docker, compose's files, and the names of our own files. */
export function prelude(settings: ServiceSettings): string {
  const own = `.gip/${settings.service}`
  const listed =
    settings.files === undefined
      ? `files=$(sed -n 's/^COMPOSE_FILE=//p' .env 2>/dev/null | tail -n 1 | tr -d "\\"'\\r")
if [ -z "$files" ]; then
  for f in compose.yaml compose.yml docker-compose.yaml docker-compose.yml; do
    if [ -f "$f" ]; then files=$f; break; fi
  done
  for f in compose.override.yaml compose.override.yml docker-compose.override.yaml docker-compose.override.yml; do
    if [ -f "$f" ]; then files=$files:$f; break; fi
  done
fi`
      : `files=${quotePosix(settings.files.join(':'))}`
  return `PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/snap/bin
export PATH
umask 077
cd ${quotePosix(settings.folder)} 2>/dev/null || { echo ${quotePosix(`there is no folder ${settings.folder}`)} >&2; exit ${ENDS.folder}; }
service=${quotePosix(settings.service)}
own=${quotePosix(own)}
mkdir -p .gip || { echo 'the folder cannot be written' >&2; exit ${ENDS.folder}; }
# Rootless Docker: its socket is known to login shells only.
if [ -z "\${DOCKER_HOST:-}" ] && [ ! -w /var/run/docker.sock ] && [ -S "/run/user/$(id -u)/docker.sock" ]; then
  DOCKER_HOST=unix:///run/user/$(id -u)/docker.sock
  export DOCKER_HOST
fi
${listed}
if [ -z "$files" ]; then echo 'there is no compose file' >&2; exit ${ENDS.folder}; fi
COMPOSE_PATH_SEPARATOR=:
export COMPOSE_PATH_SEPARATOR
compose() {
  (
    # Our override comes last; a .env that names it for people's own commands must not name it twice.
    COMPOSE_FILE=$(printf '%s' "$files" | tr ':' '\\n' | grep -vxF "$own.yaml" | paste -s -d : -)
    if [ -f "$own.yaml" ]; then COMPOSE_FILE=$COMPOSE_FILE:$own.yaml; fi
    export COMPOSE_FILE
    exec docker compose ${settings.project === undefined ? '' : `--project-name ${quotePosix(settings.project)} `}"$@"
  )
}`
}

/**
 * One script at a time per service: an exclusive lock that ends with its holder. The way back does not wait for a
 * running update, it ends it: \`.gip/SERVICE.holder\` has the holder's process group.
 */
export const LOCK = `group() {
  if [ -r "/proc/$$/stat" ]; then sed 's/.*) //' "/proc/$$/stat" | cut -d ' ' -f 3
  else ps -o pgid= -p "$$" | tr -d ' '; fi
}
try_lock() { # SECONDS
  left=$1
  until once_lock; do
    left=$((left - 1))
    if [ "$left" -lt 0 ]; then return 1; fi
    sleep 1
  done
}
once_lock() {
  if command -v flock >/dev/null 2>&1; then flock -n 9; return; fi
  if mkdir "$own.held" 2>/dev/null; then
    printf '%s\\n' "$$" >"$own.held/pid"
    trap 'rm -rf "$own.held"' EXIT
    return 0
  fi
  # A lock whose holder has ended without taking it away (kill -9, a restart of the host).
  holder=$(cat "$own.held/pid" 2>/dev/null)
  if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf "$own.held"; fi
  return 1
}
lock() { # KIND SECONDS
  exec 9>>"$own.lock"
  if ! try_lock 0; then
    set -- "$1" "$2" "$(cut -d ' ' -f 1 "$own.holder" 2>/dev/null)" "$(cut -d ' ' -f 2 "$own.holder" 2>/dev/null)"
    if [ "$1" = back ] && [ "$4" = update ] && [ -n "$3" ] && [ "$3" != "$(group)" ]; then
      kill -s TERM -- "-$3" 2>/dev/null
      try_lock 5 || { kill -s KILL -- "-$3" 2>/dev/null; try_lock 5; }
    else
      try_lock "$2"
    fi || { echo 'another command of ours is busy with this service' >&2; exit ${ENDS.busy}; }
  fi
  printf '%s %s\\n' "$(group)" "$1" >"$own.holder"
}`

// `index`, because a container without a health check has no such key, and newer docker clients refuse a missing one.
export const FACTS = `facts() {
  docker version --format 'docker {{.Server.Version}}' 2>"$own.err" || { cat "$own.err" >&2; exit ${ENDS.docker}; }
  ids=$(compose ps -a -q "$service" 2>"$own.err") || { cat "$own.err" >&2; exit ${ENDS.docker}; }
  for id in $ids; do
    docker inspect --type container --format 'container {"id":{{json .Id}},"image":{{json .Image}},"ref":{{json .Config.Image}},"status":{{json .State.Status}},"restarts":{{json .RestartCount}},"health":{{with index .State "Health"}}{{json .Status}}{{else}}null{{end}},"memory":{{json .HostConfig.Memory}},"cpus":{{json .HostConfig.NanoCpus}},"quota":{{json .HostConfig.CpuQuota}},"restart":{{json .HostConfig.RestartPolicy.Name}},"grace":{{with index .Config "StopTimeout"}}{{json .}}{{else}}null{{end}}}' "$id" 2>"$own.err" || {
      # Gone since the list was made is no fault; anything else is.
      docker inspect --type container "$id" >/dev/null 2>&1 || continue
      cat "$own.err" >&2
      exit ${ENDS.docker}
    }
    image=$(docker inspect --type container --format '{{.Image}}' "$id" 2>/dev/null)
    docker image inspect --format 'image {"id":'"\\"$image\\""',"digests":{{json .RepoDigests}}}' "$image" 2>/dev/null
  done
  if [ -f "$own.old" ]; then sed 's/^/kept-/' "$own.old"; fi
  if [ -f "$own.history" ]; then sed 's/^/history /' "$own.history"; fi
  return 0
}
kept() { # NAME
  sed -n "s/^$1 //p" "$own.old" 2>/dev/null
}`

function writing(settings: ServiceSettings): string {
  const write =
    settings.variable === undefined
      ? `  if [ "$1" = - ]; then rm -f "$own.yaml"; return; fi
  [ ! -f "$own.yaml" ] || cp -p "$own.yaml" "$own.yaml.previous"
  {
    echo '# Written by go-image-pipeline: the image of this service, by digest.'
    printf 'services:\\n  "%s":\\n    image: "%s"\\n    pull_policy: missing\\n' "$service" "$1"
  } >"$own.yaml.$$" && mv -f "$own.yaml.$$" "$own.yaml"`
      : `  if [ "$1" = - ]; then return; fi
  env=$(readlink -f .env 2>/dev/null || echo .env)
  if [ -f "$env" ]; then cp -p "$env" "$own.env.previous"; cp -p "$env" "$env.gip-$$"; else : >"$env.gip-$$"; fi
  # The file keeps its other lines, their order, its owner and its mode.
  { cat "$env" 2>/dev/null || :; } | GIP_IMAGE=$1 awk '
    /^(export[ \\t]+)?${settings.variable}[ \\t]*=/ { if (!done) print "${settings.variable}=" ENVIRON["GIP_IMAGE"]; done = 1; next }
    { print }
    END { if (!done) print "${settings.variable}=" ENVIRON["GIP_IMAGE"] }' >"$env.gip-$$" && mv -f "$env.gip-$$" "$env"`
  return `write_image() { # REFERENCE, or - for none
${write}
}`
}

function starting(settings: ServiceSettings): string {
  const url =
    settings.healthUrl === undefined
      ? ''
      : `
  end=$(($(date +%s) + ${settings.waitSeconds}))
  until ask ${quotePosix(settings.healthUrl)} >>"$own.log" 2>&1; do
    if [ "$(date +%s)" -ge "$end" ]; then
      echo ${quotePosix(`${settings.healthUrl} was not healthy within ${settings.waitSeconds} s`)} >>"$own.log"
      return 1
    fi
    sleep 1
  done`
  return `ask() {
  if command -v curl >/dev/null 2>&1; then curl -fsS -m 5 -o /dev/null "$1"
  elif command -v wget >/dev/null 2>&1; then wget -q -T 5 -O /dev/null "$1"
  else echo 'neither curl nor wget is installed on the host'; return 1; fi
}
standing() {
  for id in $(compose ps -a -q "$service"); do
    docker inspect --format '{{.Id}} {{.State.Status}} {{.RestartCount}} {{with index .State "Health"}}{{.Status}}{{else}}none{{end}}' "$id"
  done
}
# Ends when the service is healthy, or keeps running where it has no health check. Output goes to a file: a connection that
# is cut must not end docker compose half-way.
start() { # REFERENCE
  compose config --images 2>>"$own.log" | grep -qxF -e "$1" || {
    echo "the compose project does not use $1 after it was written" >>"$own.log"
    return ${ENDS.image}
  }
  compose up -d --no-deps --no-build --wait --wait-timeout ${settings.waitSeconds} "$service" >>"$own.log" 2>&1 9>&- || return 1
  stays=$(standing)
  case $stays in *' none'*) sleep ${settings.stableSeconds}; [ "$(standing)" = "$stays" ] || stays=changed ;; esac
  if [ -z "$stays" ] || printf '%s\\n' "$stays" | grep -qvE ' running [0-9]+ (none|healthy)$'; then
    echo 'the service did not stay up' >>"$own.log"
    return 1
  fi${url}
}
# The reference that works: by digest, else the name we kept the image under.
old_reference() {
  old=$(kept old)
  docker image inspect "$old" >/dev/null 2>&1 || docker pull -q "$old" >>"$own.log" 2>&1 || old=$(kept tag)
  printf '%s\\n' "$old"
}
put_back() {
  old=$(kept old)
  if [ "$old" = - ]; then
    compose rm -s -f "$service" >>"$own.log" 2>&1 9>&-
    write_image -
    return 0
  fi
  old=$(old_reference)
  write_image "$old" && start "$old"
}
tell() {
  cat "$own.log"
  echo "--- docker compose ps"
  compose ps -a "$service" 2>&1
  echo "--- the last lines of $service"
  compose logs --no-color --tail 100 "$service" 2>&1
  for id in $(compose ps -a -q "$service"); do
    docker inspect --format '{{with index .State "Health"}}{{range .Log}}health check ended with {{.ExitCode}}: {{.Output}}{{println}}{{end}}{{end}}' "$id" 2>/dev/null | tail -n 5
  done
}`
}

/** What a host has: versions, room, rights, the service and its image. Lines of `name value`. */
export function preflightScript(settings: ServiceSettings): string {
  const probe =
    settings.variable === undefined
      ? ''
      : `
${settings.variable}=gip.invalid/probe:1
export ${settings.variable}
if compose config --images 2>/dev/null | grep -qxF gip.invalid/probe:1; then echo 'variable used'; else echo 'variable unused'; fi
unset ${settings.variable}`
  return `${prelude(settings)}
if ! command -v docker >/dev/null 2>&1; then echo 'docker is not installed' >&2; exit ${ENDS.docker}; fi
docker version --format 'docker {{.Server.Version}}' || exit ${ENDS.docker}
docker version --format 'platform {{.Server.Os}}/{{.Server.Arch}}'
echo "compose $(docker compose version --short 2>/dev/null)"
root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)
echo "free $(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { print $4 }')"
if : >"$own.probe" 2>/dev/null; then rm -f "$own.probe"; echo 'writable yes'; else echo 'writable no'; fi
if ! services=$(compose config --services 2>"$own.err"); then echo 'config bad'; cat "$own.err" >&2; exit 0; fi
echo 'config good'
if printf '%s\\n' "$services" | grep -qxF -e "$service"; then echo 'service there'; else echo "services $(printf '%s' "$services" | tr '\\n' ' ')"; fi
if command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1; then echo 'client there'; fi${probe}`
}

/** The service's containers as they are. */
export const inspectScript = (settings: ServiceSettings): string => `${prelude(settings)}
${FACTS}
facts`

/**
 * Pulls the new image and notes what runs now; nothing that runs is touched. Done again for the same image it keeps
 * the first note: after an update what runs is no longer the old one.
 */
export const prepareScript = (settings: ServiceSettings, image: string): string => `${prelude(settings)}
${LOCK}
${FACTS}
lock prepare ${settings.waitSeconds + 60}
image=${quotePosix(image)}
if ! docker image inspect "$image" >/dev/null 2>&1; then
  docker pull -q "$image" >"$own.err" 2>&1 || { cat "$own.err" >&2; exit ${ENDS.pull}; }
fi
if [ "$(kept new)" != "$image" ]; then
  rm -f "$own.old"
  first=$(compose ps -q "$service" | head -n 1)
  if [ -z "$first" ]; then
    printf 'new %s\\nold -\\ntag -\\n' "$image" >"$own.old.$$"
  else
    id=$(docker inspect --type container --format '{{.Image}}' "$first")
    reference=$(docker inspect --type container --format '{{.Config.Image}}' "$first")
    project=$(docker inspect --type container --format '{{index .Config.Labels "com.docker.compose.project"}}' "$first")
    # A tag keeps the image from being cleaned away, and works without a registry.
    name=$(printf '%s-%s' "$project" "$service" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9]\\{1,\\}/-/g; s/^-//; s/-$//')
    tag=gip-kept/$name:$(printf '%s' "\${id#sha256:}" | cut -c 1-12)
    docker tag "$id" "$tag" || exit 1
    case $reference in
      *@sha256:*) old=$reference ;;
      *)
        name=\${reference%%@*}
        case \${name##*/} in *:*) name=\${name%:*} ;; esac
        old=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$id" | grep -F -e "$name@" | head -n 1)
        ;;
    esac
    [ -n "$old" ] || old=$tag
    printf 'new %s\\nold %s\\ntag %s\\n' "$image" "$old" "$tag" >"$own.old.$$"
  fi
  mv -f "$own.old.$$" "$own.old"
fi
facts`

/**
 * Puts the prepared image into service. When it does not become healthy, the old one is put back at once, on the
 * host itself, whatever becomes of the connection. Without a note by `prepare` (a way back has taken it) nothing is done.
 */
export const updateScript = (settings: ServiceSettings, image: string): string => `${prelude(settings)}
${LOCK}
${FACTS}
${writing(settings)}
${starting(settings)}
trap '' HUP PIPE
lock update ${settings.waitSeconds + 60}
image=${quotePosix(image)}
if [ "$(kept new)" != "$image" ]; then
  echo "the release of $image was taken back or never prepared" >&2
  exit ${ENDS.fenced}
fi
: >"$own.log"
code=0
write_image "$image" && start "$image" || code=$?
if [ "$code" = 0 ]; then facts; exit 0; fi
tell >"$own.failed.log" 2>&1
cat "$own.failed.log"
: >"$own.log"
if put_back; then
  [ "$code" != ${ENDS.image} ] || exit ${ENDS.image}
  exit ${ENDS.refused}
fi
echo '--- the old version does not start either'
tell
exit ${ENDS.stuck}`

/** Puts the noted old image back; without a note there is nothing to take back. Also what a dead-man timer runs. */
export const backScript = (settings: ServiceSettings): string => `${prelude(settings)}
${LOCK}
${FACTS}
${writing(settings)}
${starting(settings)}
trap '' HUP PIPE
lock back ${settings.waitSeconds * 2 + 60}
if [ ! -f "$own.old" ]; then facts; exit 0; fi
: >"$own.log"
if put_back; then
  [ "$old" = "$(kept tag)" ] || docker image rm "$(kept tag)" >/dev/null 2>&1
  rm -f "$own.old"
  facts
  exit 0
fi
tell
exit ${ENDS.stuck}`

/** The old image is no longer needed. */
export const finaliseScript = (settings: ServiceSettings, image: string): string => `${prelude(settings)}
${LOCK}
${FACTS}
lock finalise ${settings.waitSeconds + 60}
if [ "$(kept new)" = ${quotePosix(image)} ]; then
  old=$(kept old)
  tag=$(kept tag)
  rm -f "$own.old"
  # Refused where a container still uses it: then it is not ours to remove.
  [ "$tag" = - ] || docker image rm "$tag" >/dev/null 2>&1
  [ "$old" = - ] || [ "$old" = ${quotePosix(image)} ] || docker image rm "$old" >/dev/null 2>&1
fi
facts`
