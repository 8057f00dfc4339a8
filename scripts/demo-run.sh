#!/usr/bin/env bash
# Inside the rig: one run of the main job, by the committed bundle.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mirrors=()
# The rig seeds its registry with the base images; with an engine of one's own they come from their registries.
if [ -n "${GIP_SEEDED:-}" ]; then
  mirrors=(--registry-mirrors "gcr.io=http://$GIP_REGISTRY")
fi
node dist/cli.js run \
  --working-directory examples/hello \
  --images "$GIP_REGISTRY/demo/hello" \
  --tags $'demo\nlatest' \
  --platforms linux/amd64,linux/arm64 \
  --push true \
  --health-path /health \
  --coverage-threshold 80 \
  "${mirrors[@]}" "$@"
echo
echo "The summary as GitHub would show it: .gip/report/summary.md"
