#!/usr/bin/env bash
# Proves a rig: each line is one thing that our tests count on, with its time.
#   scripts/rig/selftest.sh [--quick]
# Uses the rig that is up (GIP_RIG=1), or brings one up with both engines and both registries and checks that nothing is left.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
QUICK=0
[ "${1:-}" != --quick ] || QUICK=1

if [ "${GIP_RIG:-}" != 1 ]; then
  run=$(mktemp -d "${TMPDIR:-/tmp}/gip-selftest-run.XXXXXX")
  note=$run.note
  code=0
  # shellcheck disable=SC2016
  "$RIG_HERE/with.sh" --run "$run" --classic --auth -- sh -c 'cat "$GIP_RIG_RUN/state" >"$1"; shift; exec "$@"' sh "$note" "$0" "$@" || code=$?
  RIG_TMP='' RIG_NET=''
  # shellcheck disable=SC1090
  [ ! -s "$note" ] || . "$note"
  rm -rf "$note" "$run"
  if [ -n "$RIG_TMP" ]; then
    left=$(grep -lsF -- "$RIG_TMP/" /proc/[0-9]*/cmdline /proc/[0-9]*/mountinfo 2>/dev/null || true)
    [ ! -e "$RIG_TMP" ] || left+=" $RIG_TMP"
    left+=$(ip -o link | grep -o "gip${RIG_NET}[ab]" || true)
    if [ -n "$left" ]; then
      printf 'FAIL  left behind: %s\n' "$left"
      code=1
    else
      printf 'ok    nothing left behind: no process, no mount, no file, no network link\n'
    fi
  fi
  exit "$code"
fi

# shellcheck disable=SC2153
: "${GIP_CRANE:?}" "${GIP_ACTIONLINT:?}" "${GIP_ZIZMOR:?}" "${GIP_SHELLCHECK:?}" "${GIP_NODE24:?}" "${GIP_ACT:?}"
W=$(mktemp -d /tmp/gip-selftest.XXXXXX)
export DOCKER_CONFIG=$W/docker GIP_LOG=$W/step.log
mkdir -p "$DOCKER_CONFIG"
cp "$GIP_RIG_RUN/docker/config.json" "$DOCKER_CONFIG/config.json" 2>/dev/null || true
BUILDERS=()
cleanup() {
  local code=$? pair
  for pair in ${BUILDERS[@]+"${BUILDERS[@]}"}; do DOCKER_HOST=${pair#* } timeout 60 docker buildx rm -f "${pair%% *}" >/dev/null 2>&1 || true; done
  rm -rf "$W"
  exit "$code"
}
trap cleanup EXIT

PASSED=0 FAILED=0
check() { # WHAT FUNCTION ARGS...
  local what=$1 start
  shift
  start=$(rig_now_ms)
  if (set -euo pipefail; "$@") >"$GIP_LOG" 2>&1; then
    PASSED=$((PASSED + 1))
    printf 'ok    %-78s %8s\n' "$what" "$(rig_took "$start")"
  else
    FAILED=$((FAILED + 1))
    printf 'FAIL  %-78s %8s\n' "$what" "$(rig_took "$start")"
    sed 's/^/      | /' "$GIP_LOG" | tail -25
  fi
}

# ---- a small program for three platforms
mkdir -p "$W/app/out"
cat >"$W/app/main.go" <<'GO'
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		_ = http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "served") }))
	}
	fmt.Println("hello from uid", os.Getuid())
}
GO
printf 'module example.com/rig\n\ngo 1.24\n' >"$W/app/go.mod"
cat >"$W/app/Dockerfile" <<'EOD'
FROM gcr.io/distroless/static-debian13:nonroot
ARG TARGETOS TARGETARCH
COPY --link out/${TARGETOS}_${TARGETARCH} /app
ENTRYPOINT ["/app"]
EOD
cat >"$W/app/Dockerfile.user" <<'EOD'
# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod main.go ./
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /app .
FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /app /app
ENTRYPOINT ["/app"]
EOD
cat >"$W/app/Dockerfile.windows" <<'EOD'
FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
COPY --link out/windows_amd64 /app.exe
ENTRYPOINT ["C:\\app.exe"]
EOD
compile() {
  cd "$W/app"
  export CGO_ENABLED=0 GOFLAGS=''
  GOOS=linux GOARCH=amd64 go build -o out/linux_amd64 . && GOOS=linux GOARCH=arm64 go build -o out/linux_arm64 .
  GOOS=windows GOARCH=amd64 go build -o out/windows_amd64 .
}

driver_build() { # docker driver: base through the engine's own mirrors
  docker buildx build --builder default --load -t rig-selftest "$W/app"
  [ "$(docker run --rm rig-selftest)" = 'hello from uid 65532' ]
}
ports() {
  docker run -d --name rig-selftest-ports -p 127.0.0.1::8080 rig-selftest serve
  trap 'docker rm -f rig-selftest-ports' EXIT
  rig_wait 20 curl -fsS -m 2 "http://$(docker port rig-selftest-ports 8080/tcp | head -1)/"
  [ "$(curl -fsS -m 2 "http://$(docker port rig-selftest-ports 8080/tcp | head -1)/")" = served ]
}
builder_boot() { # NAME: from the image in the engine; nothing can be pulled here
  docker image inspect "$GIP_BUILDKIT_IMAGE" moby/buildkit:buildx-stable-1 >/dev/null
  timeout 120 docker buildx create --name "$1" --driver docker-container --driver-opt "network=host,image=$GIP_BUILDKIT_IMAGE" \
    --buildkitd-config "$GIP_BUILDKITD_TOML" --bootstrap
  docker buildx inspect "$1" | tee "$W/inspect"
  grep -q 'Status: *running' "$W/inspect"
}
by_digest() { # BUILDER ENGINE
  local digest name=$GIP_REGISTRY/selftest/$2
  timeout 300 docker buildx build --builder "$1" --platform linux/amd64,linux/arm64 --provenance=false \
    --output "type=image,name=$name,push-by-digest=true,name-canonical=true,push=true" --metadata-file "$W/meta.json" "$W/app"
  digest=$("$GIP_NODE24" -p 'JSON.parse(require("fs").readFileSync(process.argv[1],"utf8"))["containerimage.digest"]' "$W/meta.json")
  printf '%s@%s\n' "$name" "$digest" >"$W/ref-$2"
  "$GIP_CRANE" manifest "$name@$digest" >"$W/manifest"
  grep -q '"arm64"' "$W/manifest"
  "$GIP_CRANE" validate --remote "$name@$digest"
  if [ -n "$("$GIP_CRANE" ls "$name" 2>/dev/null)" ]; then echo 'a tag appeared, though the push was by digest'; return 1; fi
}
pull_run() { # ENGINE
  local ref
  ref=$(cat "$W/ref-$1")
  docker pull -q "$ref"
  [ "$(docker run --rm "$ref")" = 'hello from uid 65532' ]
  docker rmi -f "$ref"
}
user_dockerfile() { # BUILDER
  timeout 600 docker buildx build --builder "$1" --platform linux/amd64,linux/arm64 -f "$W/app/Dockerfile.user" \
    --tag "$GIP_REGISTRY/selftest/user:$1" --push "$W/app"
}
windows() { # BUILDER
  timeout 300 docker buildx build --builder "$1" --platform windows/amd64 -f "$W/app/Dockerfile.windows" \
    --tag "$GIP_REGISTRY/selftest/windows:$1" --push "$W/app"
  "$GIP_CRANE" config --platform windows/amd64 "$GIP_REGISTRY/selftest/windows:$1" >"$W/config"
  grep -q '"os.version":"10.0.20348' "$W/config"
}
oci_output() {
  timeout 300 docker buildx build --builder default --platform linux/amd64,linux/arm64 --provenance=false \
    --output "type=oci,dest=$W/oci.tar" "$W/app"
  mkdir -p "$W/oci" && tar -C "$W/oci" -xf "$W/oci.tar"
  grep -aqE '"architecture": ?"arm64"' "$W"/oci/blobs/sha256/* && grep -aqE '"architecture": ?"amd64"' "$W"/oci/blobs/sha256/*
}
compose() {
  printf 'services:\n  web:\n    image: rig-selftest\n    command: [serve]\n    ports: ["127.0.0.1::8080"]\n' >"$W/compose.yaml"
  trap 'docker compose -p rigselftest -f "$W/compose.yaml" down -t 1' EXIT
  timeout 120 docker compose -p rigselftest -f "$W/compose.yaml" up -d --wait
  rig_wait 20 curl -fsS -m 2 "http://$(docker compose -p rigselftest -f "$W/compose.yaml" port web 8080)/"
}
auth() { # ENGINE
  local ref=$GIP_REGISTRY_AUTH/private/$1:v1
  docker tag rig-selftest "$ref"
  if docker push -q "$ref"; then echo 'pushed without a login'; return 1; fi
  if echo wrong | docker login "$GIP_REGISTRY_AUTH" -u "$GIP_REGISTRY_AUTH_USER" --password-stdin; then echo 'a wrong password was taken'; return 1; fi
  docker login "$GIP_REGISTRY_AUTH" -u "$GIP_REGISTRY_AUTH_USER" --password-stdin <"$GIP_REGISTRY_AUTH_PASSWORD_FILE"
  docker push -q "$ref"
  SSL_CERT_FILE=$GIP_REGISTRY_CA "$GIP_CRANE" digest "$ref"
  docker logout "$GIP_REGISTRY_AUTH"
}
auth_builder() { # BUILDER: BuildKit itself pushes over TLS with the CA from its configuration
  docker login "$GIP_REGISTRY_AUTH" -u "$GIP_REGISTRY_AUTH_USER" --password-stdin <"$GIP_REGISTRY_AUTH_PASSWORD_FILE"
  timeout 120 docker buildx build --builder "$1" --platform linux/amd64,linux/arm64 --tag "$GIP_REGISTRY_AUTH/private/multi:$1" --push "$W/app"
  docker logout "$GIP_REGISTRY_AUTH"
}
actions() {
  mkdir -p "$W/act/.github/workflows" "$W/act/a" "$W/home/.config/act"
  touch "$W/home/.config/act/actrc"
  printf 'name: a\ndescription: a\nruns:\n  using: node24\n  main: m.js\n' >"$W/act/a/action.yml"
  printf 'console.log("node", process.version)\n' >"$W/act/a/m.js"
  printf 'name: t\non: push\npermissions: {}\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - uses: ./a\n' >"$W/act/.github/workflows/t.yml"
  cd "$W/act"
  git init -q -b main && git remote add origin https://example.invalid/o/r.git
  git add -A && git -c user.name=rig -c user.email=rig@example.invalid commit -qm t
  HOME=$W/home PATH=$(dirname "$GIP_NODE24"):$PATH timeout 120 "$GIP_ACT" push -P ubuntu-latest=-self-hosted --pull=false | tee "$W/act.log"
  grep -q 'node v24' "$W/act.log"
  PATH=$GIP_RIG_PATH:$PATH "$GIP_ACTIONLINT" .github/workflows/t.yml
  "$GIP_ZIZMOR" --offline .github/workflows/t.yml || [ $? -ge 10 ] # 10 and up are findings
  "$GIP_SHELLCHECK" --version
}

check 'go: a static program for three platforms' compile
CLASSIC=${GIP_DOCKER_HOST_CLASSIC:-}
MAIN=$DOCKER_HOST
for pair in "containerd $MAIN" ${CLASSIC:+"classic $CLASSIC"}; do
  engine=${pair%% *} DOCKER_HOST=${pair#* }
  builder=rig-$engine-$$
  export DOCKER_HOST
  check "$engine: docker driver builds from gcr.io (loopback), container runs as 65532" driver_build
  check "$engine: a published port answers on loopback" ports
  BUILDERS+=("$builder $DOCKER_HOST")
  check "$engine: docker-container builder boots from the local image" builder_boot "$builder"
  check "$engine: two platforms, COPY --link, pushed by digest, no tag, whole" by_digest "$builder" "$engine"
  check "$engine: pulled by digest and run" pull_run "$engine"
  if [ "$engine" = containerd ]; then
    check "$engine: docker driver, two platforms, type=oci,dest=" oci_output
    check "$engine: a windows image on mcr.microsoft.com's nanoserver keeps os.version" windows "$builder"
    [ "$QUICK" = 1 ] || check "$engine: a user's multi-stage Dockerfile with # syntax= and golang:1.26" user_dockerfile "$builder"
  fi
  check "$engine: compose brings one service up and down" compose
  if [ -n "${GIP_REGISTRY_AUTH:-}" ]; then
    check "$engine: registry with TLS and password: refused, logged in, pushed" auth "$engine"
    check "$engine: BuildKit pushes to it with our CA" auth_builder "$builder"
  fi
done
export DOCKER_HOST=$MAIN
check 'act runs a node24 action; actionlint, zizmor, shellcheck answer' actions
printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
[ "$FAILED" = 0 ]
