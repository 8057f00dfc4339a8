#!/usr/bin/env bash
# One run of the main job, by the committed bundle: inside the rig, or with the embedded registry (--without-docker first).
# More inputs may be given: npm run demo -- --base scratch
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
images=demo/hello
if [ "${1:-}" = --without-docker ]; then
  shift
  echo "No Docker engine answers: the image goes to the embedded registry, on scratch, so that nothing has to be pulled."
  more=(--embedded-registry --base scratch)
elif [ "${GIP_RIG_LIGHT:-}" = 1 ]; then
  images=$GIP_REGISTRY/$images
  more=()
else
  # The rig's registry holds the base images and its engine holds BuildKit; with an engine of one's own both are pulled.
  images=$GIP_REGISTRY/$images
  more=(--registry-mirrors "gcr.io=http://$GIP_REGISTRY" --driver-opts "image=$GIP_BUILDKIT_IMAGE")
fi
node dist/cli.js run \
  --working-directory examples/hello \
  --images "$images" \
  --tags $'demo\nlatest' \
  --platforms linux/amd64,linux/arm64 \
  --push true \
  --expose 8080 \
  --health-path /health \
  --coverage-threshold 80 \
  ${more[@]+"${more[@]}"} "$@"
echo
echo "Published and read back. What GitHub would show as job summary: .gip/report/summary.md"
