#!/usr/bin/env bash
# The main job on examples/hello, set-up included: a real Docker engine and a real registry on loopback, both platforms,
# push, read-back, start. Uses the engine that is there; on a bare Debian machine it installs one beside the system.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
mode=()
if docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then mode=(--light); fi
exec bash scripts/rig/with.sh ${mode[@]+"${mode[@]}"} -- bash scripts/demo-run.sh "$@"
