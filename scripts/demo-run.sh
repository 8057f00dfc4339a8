#!/usr/bin/env bash
# Inside the rig: one run of the main job, by the committed bundle. More inputs may be given: npm run demo -- --base scratch
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
more=()
# The rig's registry holds the base images and its engine holds BuildKit; with an engine of one's own both are pulled.
if [ "${GIP_RIG_LIGHT:-}" != 1 ]; then
  more=(--registry-mirrors "gcr.io=http://$GIP_REGISTRY" --driver-opts "image=$GIP_BUILDKIT_IMAGE")
fi
node dist/cli.js run \
  --working-directory examples/hello \
  --images "$GIP_REGISTRY/demo/hello" \
  --tags $'demo\nlatest' \
  --platforms linux/amd64,linux/arm64 \
  --push true \
  --health-path /health \
  --coverage-threshold 80 \
  ${more[@]+"${more[@]}"} "$@"
echo
echo "Published and read back. What GitHub would show as job summary: .gip/report/summary.md"
