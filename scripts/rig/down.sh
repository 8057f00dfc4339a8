#!/usr/bin/env bash
# Stops a rig and removes its data. Works after a crash too.
#   scripts/rig/down.sh [--run DIR] [--keep-logs]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUN=$RIG_REPO/.rig KEEP=0
while [ $# -gt 0 ]; do
  case $1 in
    --run) RUN=$(rig_abs "${2:?--run needs a directory}"); shift ;;
    --keep-logs) KEEP=1 ;;
    -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) rig_die "unknown argument $1" "" "see scripts/rig/down.sh --help" ;;
  esac
  shift
done
[ -d "$RUN" ] || { rig_say "nothing to stop: no $RUN"; exit 0; }
[ -e "$RUN/state" ] || [ -d "$RUN/pid" ] || rig_die "$RUN is not a rig" "no state in it" "give the directory that was given to up.sh"
RIG_TMP='' RIG_NET='' RIG_LIGHT_CONTAINER=''
# shellcheck disable=SC1091
[ ! -e "$RUN/state" ] || . "$RUN/state"
started=$(rig_now_ms)
rm -f "$RUN/env" "$RUN/env.json"

if [ -n "$RIG_LIGHT_CONTAINER" ]; then rig_timeout 60 docker rm -f -v "$RIG_LIGHT_CONTAINER" >/dev/null 2>&1 || true; fi

# Engines first (they stop their containers), both at once; then the rest.
for file in "$RUN"/pid/dockerd-*.pid; do
  [ -e "$file" ] || continue
  pid=$(rig_pid_live "$file") && kill -TERM "$pid" 2>/dev/null || true
done
for file in "$RUN"/pid/dockerd-*.pid "$RUN"/pid/*.pid; do [ ! -e "$file" ] || rig_pid_stop "$file" 30; done

# What an engine that died left behind: its containerd and shims (our binaries, our folder on their command line), and
# containers, which have mounts out of our folder in a mount namespace that is not ours.
left_behind() {
  local own file dir
  own=$(readlink /proc/self/ns/mnt)
  grep -lsF -- "$RIG_TMP/" /proc/[0-9]*/cmdline /proc/[0-9]*/mountinfo 2>/dev/null | while read -r file; do
    dir=${file%/*}
    case $file in
      */cmdline) case $(readlink "$dir/exe" 2>/dev/null) in "$GIP_RIG_DIR"/*) printf '%s\n' "${dir#/proc/}" ;; esac ;;
      *) [ "$(readlink "$dir/ns/mnt" 2>/dev/null || echo "$own")" = "$own" ] || printf '%s\n' "${dir#/proc/}" ;;
    esac
  done
}
rig_absent() { [ ! -e "$1" ]; }
case $RIG_TMP in
  */gip.??????)
    for round in 1 2 3; do
      # shellcheck disable=SC2046
      pids=$(rig_descendants $(left_behind) | sort -un)
      [ -n "$pids" ] || break
      [ "$round" = 1 ] || rig_say "still running, killed: $(echo "$pids" | tr '\n' ' ')"
      # shellcheck disable=SC2086
      kill -KILL $pids 2>/dev/null || true
      sleep 0.3
    done
    while read -r mount; do umount -l "$mount" 2>/dev/null || true; done \
      < <(awk -v t="$RIG_TMP/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
    if awk -v t="$RIG_TMP/" 'index($5, t) == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo; then
      rig_die "something is still mounted under $RIG_TMP" "see /proc/self/mountinfo" "unmount it by hand, then run this again"
    fi
    # A busy disk can take a minute for it: set aside, removed in the background, waited for a little. What a killed
    # removal left is taken along by the next one.
    if [ -e "$RIG_TMP" ]; then
      mv "$RIG_TMP" "$RIG_TMP.gone"
      setsid rm -rf --one-file-system "$(dirname "$RIG_TMP")"/gip.??????.gone >/dev/null 2>&1 </dev/null &
      rig_wait 8 rig_absent "$RIG_TMP.gone" || rig_say "the data is still being removed in the background: $RIG_TMP.gone"
    fi
    ;;
  '') ;;
  *) rig_die "$RUN/state names an odd folder: $RIG_TMP" "the rig's are .../gip.XXXXXX" "remove $RUN by hand" ;;
esac
if [[ $RIG_NET =~ ^2[0-4][0-9]$ ]]; then
  nft delete table ip "gip$RIG_NET" 2>/dev/null || true
  for cgroup in "/sys/fs/cgroup/gip$RIG_NET" /sys/fs/cgroup/*/"gip$RIG_NET"; do
    [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  for link in "gip${RIG_NET}a" "gip${RIG_NET}b"; do ip link delete "$link" 2>/dev/null || true; done
fi
if [ "$KEEP" = 1 ]; then
  find "$RUN" -mindepth 1 -maxdepth 1 ! -name log -exec rm -rf {} +
else
  for name in env env.json env.new state data pid log docker ca.crt buildkitd.toml registry-password; do rm -rf "${RUN:?}/$name"; done
  rmdir "$RUN" 2>/dev/null || true
fi
rig_say "down in $(rig_took "$started")"
