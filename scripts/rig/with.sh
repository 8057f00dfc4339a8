#!/usr/bin/env bash
# Runs a command with a rig around it: install what is missing, up, CMD, down; exits as CMD does.
#   scripts/rig/with.sh [--classic] [--auth] [--run DIR] [--nodes] [--disk] -- CMD...    --disk: data and TMPDIR on a file system of its own
#   scripts/rig/with.sh --light -- CMD...    the engine that is there already, and only a registry on loopback; no root
# When a rig is up already (GIP_RIG=1) it just runs CMD in it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LIGHT=0 DISK='' RUN='' UP=() INSTALL=()
while [ $# -gt 0 ]; do
  case $1 in
    --light) LIGHT=1 ;;
    --classic | --auth) UP+=("$1") ;;
    --disk) DISK=wanted ;;
    --nodes) INSTALL+=("$1") ;;
    --run) RUN=$(rig_abs "${2:?--run needs a directory}"); shift ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --) shift; break ;;
    -*) rig_die "unknown option $1" "" "see scripts/rig/with.sh --help" ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || rig_die "no command given" "" "scripts/rig/with.sh -- CMD..."
[ "${GIP_RIG:-}" != 1 ] || exec "$@"

if [ -n "$DISK" ]; then
  DISK=$(mktemp -d "${TMPDIR:-/tmp}/gip-disk.XXXXXX")
  trap 'rig_disk_down "$DISK"' EXIT
  if rig_disk_up "$DISK"; then
    export TMPDIR=$DISK/mnt GIP_RIG_DATA=$DISK/mnt
  else
    rig_say 'no file system of its own here (it needs root and loop devices): the one there is must do'
    rig_disk_down "$DISK"
    DISK=''
  fi
fi
OWN_RUN=0
if [ -z "$RUN" ]; then
  RUN=$(mktemp -d "${TMPDIR:-/tmp}/gip-run.XXXXXX")
  OWN_RUN=1
fi
UP_DONE=0 CHILD=''
# shellcheck disable=SC2329 # called by the trap
rig_gone() { ! kill -0 "$@" 2>/dev/null; }
# The command first, then the rig below it.
# shellcheck disable=SC2329 # called by the trap
finish() {
  local code=$?
  trap - EXIT INT TERM
  if [ -n "$CHILD" ] && kill -0 "$CHILD" 2>/dev/null; then
    tree=$(rig_descendants "$CHILD")
    # shellcheck disable=SC2086
    kill -TERM $tree 2>/dev/null || true
    # shellcheck disable=SC2086
    rig_wait 20 rig_gone $tree || kill -KILL $tree 2>/dev/null || true
  fi
  if [ "$UP_DONE" = 1 ]; then "$RIG_HERE/down.sh" --run "$RUN" || true; fi
  [ "$OWN_RUN" = 0 ] || rm -rf "$RUN"
  [ -z "$DISK" ] || rig_disk_down "$DISK"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ "$LIGHT" = 1 ]; then
  UP_DONE=1
  "$RIG_HERE/light.sh" --run "$RUN"
else
  "$RIG_HERE/install.sh" ${INSTALL[@]+"${INSTALL[@]}"}
  UP_DONE=1
  "$RIG_HERE/up.sh" --run "$RUN" ${UP[@]+"${UP[@]}"}
fi
# shellcheck disable=SC1091
. "$RUN/env"

# In the background, so that a TERM to this script is heard at once; with its own stdin and with Ctrl-C working.
exec 3<&0
if env --default-signal=INT true 2>/dev/null; then
  env --default-signal=INT "$@" <&3 &
else
  "$@" <&3 &
fi
CHILD=$!
code=0
wait "$CHILD" || code=$?
CHILD=''
exit "$code"
