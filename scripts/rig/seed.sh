#!/usr/bin/env bash
# Makes the base images and fills a registry storage with them, once: up.sh only copies it.
#   scripts/rig/seed.sh RIG_DIR      (called by install.sh)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
R=$1
W=$(mktemp -d "$R/tmp.XXXXXX")
REGISTRY_PID=''
finish() {
  [ -z "$REGISTRY_PID" ] || kill "$REGISTRY_PID" 2>/dev/null || true
  rm -rf "$W"
}
trap finish EXIT

port=$("$R/node/24/bin/node" -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
REG=127.0.0.1:$port
printf 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\n' "$W/storage" "$REG" >"$W/config.yml"
OTEL_TRACES_EXPORTER=none "$R/engine/bin/docker-registry" serve "$W/config.yml" >"$W/registry.log" 2>&1 &
REGISTRY_PID=$!
rig_wait 15 curl -fsS -m 2 "http://$REG/v2/" || { cat "$W/registry.log"; rig_die "the registry for seeding does not answer on $REG"; }

PATHS='PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
push() { "$R/node/24/bin/node" "$RIG_HERE/image.mjs" /dev/stdin; }
refs() { # REPO TAG... -> JSON list
  local repo=$1 out='' tag
  shift
  for tag in "$@"; do out+="${out:+, }\"$REG/$repo:$tag\""; done
  printf '[%s]' "$out"
}

# ---- library/debian: amd64 is whole, arm64 is only unpacked (nothing RUNs in it)
push <<JSON
{"push": $(refs library/debian trixie-slim trixie 13-slim latest), "images": [
  {"platform": {"os": "linux", "architecture": "amd64"}, "layers": ["$R/roots/debian-amd64.tar"], "config": {"Env": ["$PATHS"], "Cmd": ["bash"]}},
  {"platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}, "layers": ["$R/roots/debian-arm64.tar"], "config": {"Env": ["$PATHS"], "Cmd": ["bash"]}}]}
JSON

# ---- library/golang: that root with git and gcc, and this machine's toolchain
goroot=$(go env GOROOT)
version=$(go env GOVERSION)
version=${version#go}
tar -C "$goroot" --numeric-owner --owner=0 --group=0 --sort=name --transform 's,^\.,usr/local/go,' \
  --exclude=./api --exclude=./doc --exclude=./test --exclude=./.git -cf "$W/go.tar" .
push <<JSON
{"push": $(refs library/golang "$version" "${version%.*}" "${version%.*}-trixie" 1 latest), "images": [
  {"platform": {"os": "linux", "architecture": "amd64"}, "layers": ["$R/roots/golang-amd64.tar", "$W/go.tar"],
   "config": {"Env": ["PATH=/go/bin:/usr/local/go/bin:${PATHS#PATH=}", "GOLANG_VERSION=$version", "GOTOOLCHAIN=local", "GOPATH=/go"],
              "WorkingDir": "/go", "Cmd": ["bash"]}}]}
JSON

# ---- distroless: static and base, for the platforms that people build
mkdir -p "$W/static"/{etc/ssl/certs,usr/share/zoneinfo,home/nonroot,root,tmp,var/lib/dpkg/status.d,proc,sys,dev,run}
cp /etc/ssl/certs/ca-certificates.crt "$W/static/etc/ssl/certs/"
tar -C /usr/share/zoneinfo --exclude=./right --exclude=./posix -cf - . | tar -C "$W/static/usr/share/zoneinfo" -xf -
printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$W/static/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n' >"$W/static/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$W/static/etc/nsswitch.conf"
printf 'PRETTY_NAME="Distroless (rig)"\nNAME="Debian GNU/Linux"\nID="debian"\nVERSION_ID="13"\n' >"$W/static/etc/os-release"
chown -R 0:0 "$W/static"
chown 65532:65532 "$W/static/home/nonroot"
chmod 700 "$W/static/home/nonroot" "$W/static/root"
chmod 1777 "$W/static/tmp"
tar -C "$W/static" --numeric-owner --sort=name --mtime=@0 -cf "$W/static.tar" .
distroless() { # KIND USER TAG PLATFORM_JSON_AND_LAYERS...
  local kind=$1 user=$2 tag=$3 images='' pair home=/
  shift 3
  [ "$user" = 0 ] || home=/home/nonroot
  for pair in "$@"; do
    images+="${images:+, }{\"platform\": ${pair%%|*}, \"layers\": [${pair#*|}],
      \"config\": {\"User\": \"$user\", \"WorkingDir\": \"$home\", \"Env\": [\"$PATHS\", \"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\"]}}"
  done
  push <<<"{\"push\": [\"$REG/distroless/$kind-debian13:$tag\", \"$REG/distroless/$kind-debian12:$tag\", \"$REG/distroless/$kind:$tag\"], \"images\": [$images]}"
}
P_AMD='{"os": "linux", "architecture": "amd64"}' P_ARM='{"os": "linux", "architecture": "arm64", "variant": "v8"}' P_ARM7='{"os": "linux", "architecture": "arm", "variant": "v7"}'
P_S390='{"os": "linux", "architecture": "s390x"}' P_PPC='{"os": "linux", "architecture": "ppc64le"}'
for pair in nonroot:65532 latest:0; do
  distroless static "${pair#*:}" "${pair%:*}" "$P_AMD|\"$W/static.tar\"" "$P_ARM|\"$W/static.tar\"" "$P_ARM7|\"$W/static.tar\"" \
    "$P_S390|\"$W/static.tar\"" "$P_PPC|\"$W/static.tar\""
  distroless base "${pair#*:}" "${pair%:*}" "$P_AMD|\"$W/static.tar\", \"$R/roots/libc-amd64.tar\"" "$P_ARM|\"$W/static.tar\", \"$R/roots/libc-arm64.tar\""
done

# ---- docker/dockerfile: the frontend that "# syntax=docker/dockerfile:1" asks for
mkdir -p "$W/frontend/bin"
cp "$R/buildkit/$RIG_BUILDKIT/dockerfile-frontend" "$W/frontend/bin/"
tar -C "$W/frontend" --numeric-owner --owner=0 --group=0 --sort=name --mtime=@0 -cf "$W/frontend.tar" .
push <<JSON
{"push": $(refs docker/dockerfile 1 latest), "images": [{"platform": $P_AMD, "layers": ["$W/frontend.tar"],
  "config": {"Entrypoint": ["/bin/dockerfile-frontend"], "Labels": {"moby.buildkit.frontend.network.none": "true",
    "moby.buildkit.frontend.caps": "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts"}}}]}
JSON

# ---- windows/nanoserver: the shape of the real ones, a few bytes of it
mkdir -p "$W/win/Files/Windows/System32" "$W/win/Files/Users/ContainerUser" "$W/win/Hives"
printf 'rig\n' >"$W/win/Files/License.txt"
for hive in Sam Security Software System DefaultUser; do printf 'regf' >"$W/win/Hives/${hive}_Delta"; done
tar -C "$W/win" --numeric-owner --owner=0 --group=0 --sort=name --mtime=@0 -cf "$W/win.tar" Files Hives
for pair in ltsc2022:10.0.20348.4405 ltsc2025:10.0.26100.7171; do
  push <<JSON
{"types": "docker", "push": $(refs windows/nanoserver "${pair%:*}"), "images": [{"layers": ["$W/win.tar"],
  "platform": {"os": "windows", "architecture": "amd64", "os.version": "${pair#*:}"},
  "config": {"User": "ContainerUser", "Cmd": ["c:\\\\windows\\\\system32\\\\cmd.exe"]}}]}
JSON
done

kill "$REGISTRY_PID" 2>/dev/null || true
wait "$REGISTRY_PID" 2>/dev/null || true
REGISTRY_PID=''
# swapped, so that a rig that starts meanwhile finds a whole one
[ ! -e "$R/seed" ] || mv "$R/seed" "$W/old"
mv "$W/storage" "$R/seed"
du -sh "$R/seed"
