#!/usr/bin/env bash
# Runs the arguments by a Node that strips types (>= 22.18): the one on PATH, else the rig's, else one from npm.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pick() {
  if [ -n "${GIP_NODE24:-}" ] && [ -x "$GIP_NODE24" ]; then echo "$GIP_NODE24" && return; fi
  if node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)'; then
    command -v node && return
  fi
  local dir="${GIP_RIG_DIR:-$HOME/.cache/go-image-pipeline-rig}/node/24"
  if [ ! -x "$dir/bin/node" ]; then "$here/rig/install.sh" node24 >&2; fi
  echo "$dir/bin/node"
}
node24=$(pick)
export NODE_OPTIONS="${NODE_OPTIONS:-} --disable-warning=ExperimentalWarning"
exec "$node24" "$@"
