import { join } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import type { Host } from '../base/platform.ts'
import { parseFlag, splitGoFlags } from './flags.ts'

/**
 * For `go test -coverprofile`, cmd/go (internal/work, CovData) starts `go tool covdata` twice for each package without tests. Since Go 1.25
 * that tool is no part of the distribution: each start loads the standard library's packages to find out that it is built already,
 * 0.1 to 0.2 s of CPU. So the first start asks for the built program (`go tool -n`), and the others run it.
 *
 * Nothing else changes: cmd/go takes the identity of a tool from what it prints by -V=full, so no cache key knows of the wrapper,
 * and whatever cannot be found out is left to `go tool covdata` itself.
 */
const WRAPPER = `if [ "$2" = tool ] && [ "$3" = covdata ]; then
  go=$1
  shift 3
  known=$0.path
  if ! read -r program <"$known"; then
    program=$("$go" tool -n covdata) && printf '%s\\n' "$program" >"$known.$$" && mv -f "$known.$$" "$known"
  fi 2>/dev/null
  [ -f "$program" ] && [ -x "$program" ] && exec "$program" "$@"
  exec "$go" tool covdata "$@"
fi
exec "$@"
`

/**
 * The flag for `go test` that spares these starts, with its script in `folder` (absolute; made when missing). None on Windows, where there
 * is no shell to count on, and none where the caller has a -toolexec.
 */
export async function covdataFlag(
  folder: string,
  own: { readonly flags: readonly string[]; readonly goflags: string },
  host: Host,
): Promise<string | undefined> {
  const words = [...own.flags, ...splitGoFlags(own.goflags).words]
  // cmd/go splits the value at blanks and knows quotes, but nothing that escapes one.
  if (host.os === 'windows' || folder.includes("'") || words.some(isToolexec)) return undefined
  const script = join(folder, 'covdata.sh')
  await writeAtomic(script, WRAPPER)
  // By the shell's name: the folder may be on a file system where nothing is executed.
  return `-toolexec=/bin/sh '${script}'`
}

const isToolexec = (word: string): boolean => word.startsWith('-') && parseFlag(word).name === 'toolexec'
