#!/usr/bin/env bash
# Runs the bench in its rig: bash bench/run.sh [options of npm run bench]
# Each run throws a whole runner away; on a file system of its own (--disk) the next one does not pay for that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case " $* " in
  *' --report '* | *' --help '*) exec npm run bench -- "$@" ;;
esac
exec scripts/rig/with.sh --disk -- npm run bench -- "$@"
