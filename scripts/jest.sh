#!/usr/bin/env bash
# Jest on the TypeScript sources as they are (ES modules, types stripped by Node).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NODE_OPTIONS="--experimental-vm-modules" exec "$here/node.sh" "$here/../node_modules/jest/bin/jest.js" "$@"
