#!/usr/bin/env bash
# The main job on examples/hello, set-up included: both platforms, push, read-back, start. With a Docker engine: a real registry beside
# it, and the image itself is started. Without one: the embedded registry, and the program is started as a process. A bare Debian
# machine gets a whole engine beside the system with --rig.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
if [ "${1:-}" = --rig ]; then
  shift
  exec bash scripts/rig/with.sh -- bash scripts/demo-run.sh "$@"
fi
if docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
  exec bash scripts/rig/with.sh --light -- bash scripts/demo-run.sh "$@"
fi
exec bash scripts/demo-run.sh --without-docker "$@"
