#!/usr/bin/env bash
# All tests, set-up included: npm packages, the test rig (a real engine, BuildKit, registry and runner on loopback),
# static checks, then every layer of tests. Ends with the line `N passed, N failed`.
#   npm test                       everything
#   npm test -- --no-rig [paths]   what needs no engine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
if [ "${1:-}" = --no-rig ]; then
  shift
  GIP_NO_RIG=1 exec bash scripts/node.sh scripts/run-tests.mjs "$@"
fi
exec bash scripts/rig/with.sh --classic --auth --nodes --disk -- bash scripts/node.sh scripts/run-tests.mjs "$@"
