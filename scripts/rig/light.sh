#!/usr/bin/env bash
# The small rig for a machine that has an engine: a registry on loopback, nothing installed as root.
#   scripts/rig/light.sh [--run DIR]      stop: scripts/rig/down.sh --run DIR
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUN=$RIG_REPO/.rig
while [ $# -gt 0 ]; do
  case $1 in
    --run) RUN=$(rig_abs "${2:?--run needs a directory}"); shift ;;
    -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) rig_die "unknown argument $1" "" "see scripts/rig/light.sh --help" ;;
  esac
  shift
done
R=$GIP_RIG_DIR
command -v docker >/dev/null || rig_die "no docker command" "the small rig uses the engine you have" \
  "install Docker Desktop (macOS, Windows with WSL 2) or Docker Engine (Linux); on a throw-away Debian machine run without --light"
rig_have_engine || rig_die "no Docker engine answers" "'docker version' shows no server" \
  "start Docker Desktop or the docker service, check DOCKER_HOST; on a throw-away Debian machine run without --light"
docker buildx version >/dev/null 2>&1 || rig_die "docker buildx is missing" "the docker CLI has no Buildx plug-in" "install docker-buildx-plugin"
[ ! -e "$RUN/state" ] || rig_die "a rig is there already" "$RUN/state exists" "stop it first: scripts/rig/down.sh --run $RUN"
mkdir -p "$RUN/pid" "$RUN/log" "$R/bin"
started=$(rig_now_seconds)
READY=0
finish() {
  local code=$?
  [ "$READY" = 0 ] || exit 0
  rig_tail "$RUN/log/registry.log"
  "$RIG_HERE/down.sh" --run "$RUN" || true
  exit "$((code == 0 ? 1 : code))"
}
trap finish EXIT
printf '# light\n' >"$RUN/state"

registry=$(command -v docker-registry || true)
[ -n "$registry" ] || registry=$([ ! -x "$R/engine/bin/docker-registry" ] || echo "$R/engine/bin/docker-registry")
# On macOS and Windows the engine lives in a virtual machine whose loopback is not ours: there it must be a container.
if [ "$(uname -s)" = Linux ] && [ -n "$registry" ] && command -v python3 >/dev/null; then
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  T=$(mktemp -d "${GIP_RIG_DATA:-/tmp}/gip.XXXXXX")
  printf 'RIG_TMP=%q\n' "$T" >>"$RUN/state"
  printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$T/registry" "$port" >"$T/registry.yml"
  OTEL_TRACES_EXPORTER=none setsid "$registry" serve "$T/registry.yml" >"$RUN/log/registry.log" 2>&1 </dev/null &
  rig_pid_save "$RUN/pid/registry.pid" $!
else
  image=${GIP_RIG_REGISTRY_IMAGE:-registry:2}
  container=$(rig_timeout 300 docker run -d -p 127.0.0.1::5000 -e REGISTRY_STORAGE_DELETE_ENABLED=true "$image" 2>"$RUN/log/registry.log") ||
    rig_die "starting a registry from the image $image" "$(tail -1 "$RUN/log/registry.log")" "check that the engine can pull $image, or name another in GIP_RIG_REGISTRY_IMAGE"
  printf 'RIG_LIGHT_CONTAINER=%q\n' "$container" >>"$RUN/state"
  port=$(docker port "$container" 5000/tcp | head -1 | sed 's/.*://')
fi
rig_wait 20 curl -fsS -m 2 "http://127.0.0.1:$port/v2/" || rig_die "the registry does not answer on 127.0.0.1:$port"

crane=$(command -v crane || true)
[ -n "$crane" ] || crane=$([ ! -x "$R/bin/crane" ] || echo "$R/bin/crane")
if [ -z "$crane" ] && command -v go >/dev/null; then
  if GOBIN=$R/bin CGO_ENABLED=0 GOFLAGS='' GOWORK=off go install -trimpath "github.com/google/go-containerregistry/cmd/crane@$RIG_CRANE" >"$RUN/log/crane.log" 2>&1; then
    crane=$R/bin/crane
  else
    rig_say "warning: crane could not be built (see $RUN/log/crane.log)"
  fi
fi
node=$([ ! -x "$R/node/24/bin/node" ] || echo "$R/node/24/bin/node")
[ -n "$node" ] || case $(node --version 2>/dev/null) in v24.*) node=$(command -v node) ;; esac

printf '[registry."127.0.0.1:%s"]\n  http = true\n' "$port" >"$RUN/buildkitd.toml"
vars=(GIP_RIG=1 GIP_RIG_LIGHT=1 "GIP_RIG_RUN=$RUN" "GIP_RIG_DIR=$R" "GIP_REGISTRY=127.0.0.1:$port" "GIP_BUILDKITD_TOML=$RUN/buildkitd.toml" "GIP_RIG_PATH=$R/bin")
[ -z "$crane" ] || vars+=("GIP_CRANE=$crane")
[ -z "$node" ] || vars+=("GIP_NODE24=$node")
for var in "${vars[@]}"; do printf 'export %s=%q\n' "${var%%=*}" "${var#*=}"; done >"$RUN/env"
{
  printf '{'
  sep=''
  for var in "${vars[@]}"; do
    value=${var#*=} value=${value//\\/\\\\}
    printf '%s\n  "%s": "%s"' "$sep" "${var%%=*}" "${value//\"/\\\"}"
    sep=,
  done
  printf '\n}\n'
} >"$RUN/env.json"
READY=1
rig_say "up in $(($(rig_now_seconds) - started)) s: your engine, registry 127.0.0.1:$port"
