#!/usr/bin/env bash
# Starts a rig on loopback: a Docker engine of its own, a registry with base images, a file with the environment.
#   scripts/rig/up.sh [--run DIR] [--classic] [--auth] [--port N]
# --run DIR   where env, pids and logs are kept (default: .rig in the repository); one rig per directory, any number of rigs
# --classic   a second engine with the classic overlay2 store
# --auth      a second registry with TLS (own CA) and a random password
# --port N    port of the first registry (default: a free one)
# Then: . DIR/env          Stop: scripts/rig/down.sh --run DIR
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUN=$RIG_REPO/.rig CLASSIC=0 AUTH=0 PORT=''
while [ $# -gt 0 ]; do
  case $1 in
    --run) RUN=$(rig_abs "${2:?--run needs a directory}"); shift ;;
    --classic) CLASSIC=1 ;;
    --auth) AUTH=1 ;;
    --port) PORT=${2:?--port needs a number}; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) rig_die "unknown argument $1" "" "see scripts/rig/up.sh --help" ;;
  esac
  shift
done
rig_need_linux_root
R=$GIP_RIG_DIR
export PATH=$R/bin:$R/engine/bin:$PATH
[ ! -e "$RUN/state" ] || rig_die "a rig is there already" "$RUN/state exists" "use it with '. $RUN/env', or stop it first: scripts/rig/down.sh --run $RUN"
for need in engine crane node24; do
  [ -e "$R/stamps/$need" ] || rig_die "the rig is not installed" "$need is missing in $R" "scripts/rig/install.sh"
done
mkdir -p "$RUN/pid" "$RUN/log" "$RUN/docker"
chmod 700 "$RUN"
started=$(rig_now_ms)

# Sockets must stay under 100 characters and data must not lie where test runners crawl: a short folder of its own.
T=$(mktemp -d "${GIP_RIG_DATA:-/tmp}/gip.XXXXXX")
ln -sfn "$T" "$RUN/data"

# Until the end is reached, every failure takes everything down again.
READY=0
finish() {
  local code=$?
  [ "$READY" = 0 ] || exit 0
  for log in "$RUN"/log/*.log; do rig_tail "$log" 15; done
  mkdir -p "$R/log/failed" && cp -r "$RUN/log/." "$R/log/failed/" || true
  "$RIG_HERE/down.sh" --run "$RUN" || true
  rig_say "the logs of the failed start are in $R/log/failed"
  exit "$((code == 0 ? 1 : code))"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- network: one free /16, one bridge per engine, one nftables table -------------------------------------------
pick_network() {
  exec 8>"$R/lock.net"
  flock -w 60 8 || rig_die "no turn to choose a network" "$R/lock.net is held for 60 s"
  local n
  for n in $(seq 200 249); do
    ip -4 addr show | grep -q "inet 10\.$n\." && continue
    ip -4 route show | grep -q "^10\.$n\." && continue
    NET=$n
    ip link add name "gip${n}a" type bridge && ip addr add "10.$n.0.1/24" dev "gip${n}a" && ip link set "gip${n}a" up
    break
  done
  exec 8>&-
  [ -n "${NET:-}" ] || rig_die "no free network in 10.200.0.0 to 10.249.0.0" "other rigs hold them" "stop some: scripts/rig/down.sh --run DIR"
}
NET=''
printf 'RIG_TMP=%q\n' "$T" >"$RUN/state"
pick_network
printf 'RIG_NET=%q\n' "$NET" >>"$RUN/state"
if [ "$CLASSIC" = 1 ]; then
  ip link add name "gip${NET}b" type bridge && ip addr add "10.$NET.128.1/24" dev "gip${NET}b" && ip link set "gip${NET}b" up
fi
# The engines are told to leave the firewall alone (two of them would undo each other's rules, or a system engine's).
# Published ports go through docker-proxy; this table is the containers' way out.
if nft -f - 2>"$RUN/log/nft.log" <<NFT
table ip gip$NET {
  chain out { type nat hook postrouting priority 100; ip saddr 10.$NET.0.0/16 ip daddr != 10.$NET.0.0/16 masquerade; }
}
NFT
then
  [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || echo 1 >/proc/sys/net/ipv4/ip_forward
else
  rig_say "warning: nftables refused a masquerade rule: containers on a bridge have no way out (host network still has)"
fi

free_port() { "$R/node/24/bin/node" -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }

# ---- registries -------------------------------------------------------------------------------------------------
copy_seed() { # TARGET: blobs are never written in place, so links will do; tags are
  mkdir -p "$1"
  [ -d "$R/seed/docker" ] || return 0
  local v2=docker/registry/v2
  mkdir -p "$1/$v2"
  cp -al "$R/seed/$v2/blobs" "$1/$v2/" 2>/dev/null || cp -a "$R/seed/$v2/blobs" "$1/$v2/"
  cp -a "$R/seed/$v2/repositories" "$1/$v2/"
}

start_registry() { # NAME PORT -- extra http / auth YAML on stdin
  local name=$1 port=$2
  {
    printf 'version: 0.1\nlog: {level: info, accesslog: {disabled: false}}\n'
    printf 'storage:\n  filesystem: {rootdirectory: %s}\n  delete: {enabled: true}\n' "$T/$name"
    printf 'http:\n  addr: 127.0.0.1:%s\n' "$port"
    cat
  } >"$T/$name.yml"
  setsid env OTEL_TRACES_EXPORTER=none docker-registry serve "$T/$name.yml" >"$RUN/log/$name.log" 2>&1 </dev/null &
  rig_pid_save "$RUN/pid/$name.pid" $!
}

copy_seed "$T/registry"
for try in 1 2 3; do
  port=${PORT:-$(free_port)}
  start_registry registry "$port" </dev/null
  if rig_wait 15 curl -fsS -m 2 "http://127.0.0.1:$port/v2/" && rig_pid_live "$RUN/pid/registry.pid" >/dev/null; then break; fi
  rig_pid_stop "$RUN/pid/registry.pid" 5
  [ "$try" -lt 3 ] && [ -z "$PORT" ] || rig_die "the registry does not answer on 127.0.0.1:$port" "see its log above" "choose another --port"
done
REGISTRY=127.0.0.1:$port

# ---- a CA of our own: for the registry with a password, and for gcr.io and mcr.microsoft.com as the engines see them ----
make_cert() { # NAME SAN
  openssl req -newkey rsa:2048 -nodes -keyout "$T/tls/$1.key" -out "$T/tls/$1.csr" -subj "/CN=$1" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" >"$T/tls/$1.ext"
  openssl x509 -req -in "$T/tls/$1.csr" -CA "$T/tls/ca.crt" -CAkey "$T/tls/ca.key" -CAcreateserial -days 30 \
    -extfile "$T/tls/$1.ext" -out "$T/tls/$1.crt" 2>/dev/null
}
MIRRORED='gcr.io mcr.microsoft.com'
FRONTED="$MIRRORED registry-1.docker.io" # what the mirror lacks must not be asked of the real Docker Hub
mkdir -p "$T/tls"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=go-image-pipeline test rig' \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
  -keyout "$T/tls/ca.key" -out "$T/tls/ca.crt" 2>/dev/null
cp "$T/tls/ca.crt" "$RUN/ca.crt"
cat /etc/ssl/certs/ca-certificates.crt "$T/tls/ca.crt" >"$T/tls/bundle.crt"
# shellcheck disable=SC2086
make_cert mirrors "$(printf 'DNS:%s,' $FRONTED)IP:127.0.0.1"
FRONT=127.$NET.0.1
setsid "$R/node/24/bin/node" "$RIG_HERE/tls-front.mjs" "$FRONT" 443 "$T/tls/mirrors.crt" "$T/tls/mirrors.key" "$REGISTRY" \
  >"$RUN/log/front.log" 2>&1 </dev/null &
rig_pid_save "$RUN/pid/front.pid" $!
rig_wait 15 curl -fsS -m 2 --cacert "$T/tls/ca.crt" --resolve "gcr.io:443:$FRONT" https://gcr.io/v2/ ||
  rig_die "the TLS front does not answer on $FRONT:443" "see front.log above" "is something listening on port 443 of every address? stop it, or let it listen on its own address only"

if [ "$AUTH" = 1 ]; then
  make_cert registry 'IP:127.0.0.1,DNS:localhost'
  AUTH_USER=gip-$(openssl rand -hex 3)
  (umask 077 && openssl rand -hex 16 | tr -d '\n' >"$RUN/registry-password")
  # bcrypt through perl's crypt(): in every Debian, no extra package
  AUTH_HASH=$(GIP_PW=$(cat "$RUN/registry-password") perl -MMIME::Base64 -e '
    my @a = ("a".."z", "A".."Z", 0..9, ".", "/"); open my $r, "<", "/dev/urandom"; read $r, my $b, 21;
    my $salt = join "", map { $a[ord($_) % 64] } split //, $b; print crypt($ENV{GIP_PW}, "\$2y\$05\$${salt}u")')
  # shellcheck disable=SC2016
  case $AUTH_HASH in '$2y$05$'*) ;; *) rig_die "cannot hash the registry password" "perl's crypt() here knows no bcrypt" "start without --auth" ;; esac
  printf '%s:%s\n' "$AUTH_USER" "$AUTH_HASH" >"$T/htpasswd"
  mkdir -p "$T/registry-auth"
  for try in 1 2 3; do
    auth_port=$(free_port)
    start_registry registry-auth "$auth_port" <<YAML
  tls: {certificate: $T/tls/registry.crt, key: $T/tls/registry.key}
auth:
  htpasswd: {realm: rig, path: $T/htpasswd}
YAML
    if rig_wait 15 curl -sS -m 2 --cacert "$RUN/ca.crt" "https://127.0.0.1:$auth_port/v2/" && rig_pid_live "$RUN/pid/registry-auth.pid" >/dev/null; then break; fi
    rig_pid_stop "$RUN/pid/registry-auth.pid" 5
    [ "$try" -lt 3 ] || rig_die "the registry with a password does not answer on 127.0.0.1:$auth_port" "see its log above"
  done
fi

# ---- engines ----------------------------------------------------------------------------------------------------
{
  cat /etc/hosts
  printf '\n'
  for host in $FRONTED; do printf '%s %s\n' "$FRONT" "$host"; done
} >"$T/hosts"

start_engine() { # NAME SOCKET BRIDGE POOL STORE
  local name=$1 sock=$2 bridge=$3 pool=$4 store=$5 features='false' driver='"storage-driver": "overlay2",'
  if [ "$store" = containerd ]; then features='true' driver=''; fi
  mkdir -p "$T/$name"
  printf '{%s "features": {"containerd-snapshotter": %s}, "default-address-pools": [{"base": "%s", "size": 24}]}\n' \
    "$driver" "$features" "$pool" >"$T/$name.json"
  # A mount namespace of its own: what it mounts goes when it goes, and its /etc/hosts can send the names of the big
  # registries to loopback while the machine's stays as it is.
  # shellcheck disable=SC2016
  setsid env SSL_CERT_FILE="$T/tls/bundle.crt" OTEL_TRACES_EXPORTER=none \
    unshare --mount --propagation slave -- sh -c 'mount --bind "$1" /etc/hosts; shift; exec "$@"' sh "$T/hosts" \
    dockerd --config-file "$T/$name.json" --host "unix://$sock" --data-root "$T/$name" --exec-root "$T/x$name" \
    --pidfile "$T/$name.pid" --bridge "$bridge" --iptables=false --ip6tables=false --ip-forward=false --cgroup-parent "/gip$NET" \
    --registry-mirror "http://$REGISTRY" --userland-proxy-path "$R/engine/bin/docker-proxy" --init-path "$R/engine/bin/docker-init" \
    >"$RUN/log/dockerd-$name.log" 2>&1 </dev/null &
  rig_pid_save "$RUN/pid/dockerd-$name.pid" $!
}
engine_answers() { rig_pid_live "$RUN/pid/dockerd-$1.pid" >/dev/null || return 0; docker -H "unix://$2" version; }
await_engine() { # NAME SOCKET
  if ! rig_wait 90 engine_answers "$1" "$2" || ! rig_pid_live "$RUN/pid/dockerd-$1.pid" >/dev/null; then
    rig_die "the Docker engine ($1) did not start" "see its log above"
  fi
}
export DOCKER_CONFIG=$RUN/docker
printf '{"cliPluginsExtraDirs": ["%s"]}\n' "$R/engine/plugins" >"$RUN/docker/config.json"
start_engine a "$T/a.sock" "gip${NET}a" "10.$NET.64.0/18" containerd
[ "$CLASSIC" = 0 ] || start_engine b "$T/b.sock" "gip${NET}b" "10.$NET.192.0/18" overlay2
await_engine a "$T/a.sock"
[ "$CLASSIC" = 0 ] || await_engine b "$T/b.sock"

# ---- BuildKit's image, so that a docker-container builder boots without pulling ------------------------------------
if [ -e "$R/images/buildkit.tar" ]; then
  pin=''
  if [ -e "$RIG_REPO/src/buildx/pins.json" ]; then
    pin=$("$R/node/24/bin/node" -p 'let p=JSON.parse(require("fs").readFileSync(process.argv[1],"utf8"));
      let i=p.buildkit?.image??p["buildkit.image"]??"";(typeof i==="string"?i:i.ref??"").replace(/@sha256:.*/,"")' "$RIG_REPO/src/buildx/pins.json") || pin=''
  fi
  load() { # SOCKET
    timeout 180 docker -H "unix://$1" load -q -i "$R/images/buildkit.tar" >>"$RUN/log/load.log" 2>&1 || return 1
    [ -z "$pin" ] || docker -H "unix://$1" tag moby/buildkit:buildx-stable-1 "$pin"
  }
  loads=()
  for sock in "$T/a.sock" "$T/b.sock"; do
    [ -S "$sock" ] || continue
    load "$sock" &
    loads+=($!)
  done
  for pid in "${loads[@]}"; do wait "$pid" || rig_die "loading BuildKit's image" "$(tail -3 "$RUN/log/load.log")"; done
else
  rig_say "warning: no BuildKit image yet: docker-container builders cannot boot (scripts/rig/install.sh buildkit)"
fi

# ---- what a user of the rig needs -----------------------------------------------------------------------------------
{
  printf '# for docker buildx create --buildkitd-config: Docker Hub, gcr.io and mcr.microsoft.com come from the loopback registry\n'
  printf '[registry."%s"]\n  http = true\n' "$REGISTRY"
  for host in docker.io $MIRRORED; do printf '[registry."%s"]\n  mirrors = ["%s"]\n' "$host" "$REGISTRY"; done
  [ "$AUTH" = 0 ] || printf '[registry."127.0.0.1:%s"]\n  ca = ["%s"]\n' "$auth_port" "$RUN/ca.crt"
} >"$RUN/buildkitd.toml"

vars=(GIP_RIG=1 "GIP_RIG_RUN=$RUN" "GIP_RIG_DIR=$R"
  "DOCKER_HOST=unix://$T/a.sock" "DOCKER_CONFIG=$RUN/docker" "GIP_REGISTRY=$REGISTRY" "GIP_BUILDKITD_TOML=$RUN/buildkitd.toml"
  "GIP_REGISTRY_CA=$RUN/ca.crt" "GIP_NODE24=$R/node/24/bin/node" "GIP_CRANE=$R/bin/crane" "GIP_ACT=$R/bin/act"
  "GIP_ACTIONLINT=$R/bin/actionlint" "GIP_SHELLCHECK=$R/bin/shellcheck" "GIP_ZIZMOR=$R/bin/zizmor" "GIP_RIG_PATH=$R/bin")
[ ! -e "$R/images/buildkit.tar" ] || vars+=("GIP_BUILDKIT_IMAGE=${pin:-moby/buildkit:buildx-stable-1}")
[ "$CLASSIC" = 0 ] || vars+=("GIP_DOCKER_HOST_CLASSIC=unix://$T/b.sock")
[ "$AUTH" = 0 ] || vars+=("GIP_REGISTRY_AUTH=127.0.0.1:$auth_port" "GIP_REGISTRY_AUTH_USER=$AUTH_USER" "GIP_REGISTRY_AUTH_PASSWORD_FILE=$RUN/registry-password")
G=$R/gray/bin
[ ! -e "$R/stamps/gray" ] || vars+=("GIP_PROMETHEUS=$G/prometheus" "GIP_ALERTMANAGER=$G/prometheus-alertmanager" "GIP_HAPROXY=$G/haproxy"
  "GIP_NGINX=$G/nginx" "GIP_SSHD=$G/sshd" "GIP_HEY=$R/bin/hey")
[ ! -e "$R/stamps/ko" ] || vars+=("GIP_KO=$R/bin/ko")
[ ! -e "$R/node/22/bin/node" ] || vars+=("GIP_NODE22=$R/node/22/bin/node")
[ ! -e "$R/node/20/bin/node" ] || vars+=("GIP_NODE20=$R/node/20/bin/node")
{
  for var in "${vars[@]}"; do printf 'export %s=%q\n' "${var%%=*}" "${var#*=}"; done
  # shellcheck disable=SC2016
  printf 'case ":$PATH:" in *:%q:*) ;; *) export PATH=%q:$PATH ;; esac\n' "$R/bin" "$R/bin"
} >"$RUN/env.new"
"$R/node/24/bin/node" -e 'const o={};for(const v of process.argv.slice(1)){const i=v.indexOf("=");o[v.slice(0,i)]=v.slice(i+1)}
  console.log(JSON.stringify(o,null,2))' "${vars[@]}" >"$RUN/env.json"
mv "$RUN/env.new" "$RUN/env"
READY=1
rig_say "up in $(rig_took "$started"): engine $(docker -H "unix://$T/a.sock" version --format '{{.Server.Version}}'), registry $REGISTRY$([ "$CLASSIC" = 0 ] || echo ', classic engine')$([ "$AUTH" = 0 ] || echo ", registry with password 127.0.0.1:$auth_port")"
rig_say "use it: . $RUN/env    stop it: scripts/rig/down.sh --run $RUN"
