#!/usr/bin/env bash
# Runs the bench in its rig, on a file system of its own: bash bench/run.sh [options of npm run bench]
# Each run throws a whole runner away. On a disk that is told of freed blocks (mount option discard) that goes on for seconds after the
# removal, and the next run pays for it, which no runner does that is a fresh machine. Without root or loop devices the bench runs where it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

disk='' child=''
# shellcheck disable=SC2329 # called by the trap
finish() {
  local code=$?
  trap - EXIT INT TERM
  if [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; then wait "$child" || true; fi
  if [ -n "$disk" ]; then
    umount "$disk/mnt" 2>/dev/null || umount --lazy "$disk/mnt" || true
    rm -rf "$disk"
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

case " $* " in
  *' --report '* | *' --help '*) exec npm run bench -- "$@" ;;
esac

disk=$(mktemp -d "${TMPDIR:-/tmp}/gip-bench-disk.XXXXXX")
mkdir "$disk/mnt"
free=$(df --output=avail --block-size=1G "$disk" | tail -1)
if truncate -s "$((free * 3 / 4))G" "$disk/image" &&
  mkfs.ext4 -q -m 0 -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$disk/image" &&
  mount -o loop,nodiscard,noatime "$disk/image" "$disk/mnt"; then
  export TMPDIR=$disk/mnt GIP_RIG_DATA=$disk/mnt
else
  echo 'bench: no file system of its own here (it needs root and loop devices): running on the one there is' >&2
  rm -rf "$disk"
  disk=''
fi

scripts/rig/with.sh -- npm run bench -- "$@" &
child=$!
code=0
wait "$child" || code=$?
child=''
exit "$code"
