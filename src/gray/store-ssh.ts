import { createHash } from 'node:crypto'
import { environmentError, inputError, PipelineError } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { quotePosix } from '../deploy/ssh-quote.ts'
import type { Ssh } from '../deploy/ssh.ts'
import { formatTarget, type SshTarget } from '../deploy/ssh-target.ts'
import { applyDeadMan, type DeadManMark, parseMark } from './dead-man-state.ts'
import type { StateStore, StoredRelease } from './ports.ts'
import { formatRelease, parseRelease } from './record.ts'

export interface SshStoreOptions {
  /** The folder of a dead-man timer on the same host (`deadManFolder`): its mark is a part of the state. */
  readonly deadMan?: string
  /** How long another writer's lock is waited for, seconds. Default 10. */
  readonly lockSeconds?: number
  /** Where the host has no flock: age at which a lock is taken for left behind, seconds. Default 60. */
  readonly staleSeconds?: number
}

const MS = 30_000
const HASH = `hash() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256
  else openssl dgst -sha256 -r; fi | cut -c 1-64
}`
/** How the script ends when the state cannot be written at all. */
const UNWRITABLE = 70
const BUSY = 71

/**
 * The state in one JSON file on a host, over SSH; each operation is one round trip with a small POSIX script. A write
 * holds a lock, compares SHA-256 of the bytes there with the expected one and renames a checked draft over the file, so
 * a reader or a cut line sees the old or the new state, and of two writers only one goes on. A write that is sent
 * again because its answer was lost finds its own bytes and has succeeded.
 */
export class SshStateStore implements StateStore {
  readonly where: string
  readonly #ssh: Ssh
  readonly #target: SshTarget
  readonly #path: string
  readonly #options: SshStoreOptions

  constructor(ssh: Ssh, target: SshTarget, path: string, options: SshStoreOptions = {}) {
    this.#ssh = ssh
    this.#target = target
    this.#path = path
    this.#options = options
    this.where = `ssh://${formatTarget(target)}${path}`
  }

  async read(signal: AbortSignal): Promise<{ release: StoredRelease; revision: string } | undefined> {
    const done = await this.#run('reading the state', readStateScript(this.#path, this.#options), signal)
    const stored = parseStored(done.stdout, this.where)
    if (stored === undefined) return undefined
    const { release, problems } = parseRelease(stored.text, this.where)
    if (release === undefined) throw new PipelineError('environment', problems)
    return {
      release: stored.mark === undefined ? release : applyDeadMan(release, stored.mark),
      revision: stored.revision,
    }
  }

  async write(
    release: StoredRelease,
    expected: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const script = writeStateScript(this.#path, formatRelease(release), expected, this.#options)
    const done = await this.#run('writing the state', script, signal)
    const [, answer = '', revision = ''] = /^(written|changed)(?: (\S+))?$/m.exec(done.stdout) ?? []
    if (answer === 'changed') return undefined
    if (answer === 'written' && revision !== '') return revision
    throw unreadable(this.where, done.stdout)
  }

  async #run(what: string, script: string, signal: AbortSignal): Promise<Finished> {
    const timeoutMs = MS + (this.#options.lockSeconds ?? 10) * 1000
    const done = await this.#ssh.run(this.#target, { what, script, timeoutMs, signal })
    if (done.code === 0) return done
    const cause = done.stderr.trim().split('\n').at(-1) ?? ''
    if (done.code === BUSY)
      throw environmentError({
        code: 'gray-lock',
        what: 'the lock of the stored state is held by another writer',
        ...(cause === '' ? {} : { cause }),
        where: this.where,
        fix: 'wait: it is held for moments only, and a lock left behind is broken by itself',
      })
    throw (done.code === UNWRITABLE ? inputError : environmentError)({
      code: 'gray-state-unwritable',
      what: `${what} failed`,
      cause: cause === '' ? `the script ended with ${done.code}` : cause,
      where: this.where,
      fix: 'give the user of the connection a folder it may write to, and room on the disk',
    })
  }
}

const folderOf = (path: string): string =>
  path.lastIndexOf('/') <= 0 ? '/' : path.slice(0, path.lastIndexOf('/'))

/** The dead-man's mark in one word: `-`, or its words joined by `:`. While it acts and once it has acted. */
const markOf = (folder: string | undefined): string =>
  folder === undefined
    ? 'mark=-'
    : `dead=${quotePosix(folder)}
mark=-
if [ -f "$dead/firing" ]; then mark=firing:$(head -n 1 "$dead/firing" | tr ' ' ':')
elif [ -f "$dead/fired" ]; then mark=fired:$(head -n 1 "$dead/fired" | tr ' ' ':'); fi`

/** Answers `none`, or `HASH MARK` and then the bytes of the state. */
export const readStateScript = (path: string, options: SshStoreOptions = {}): string => `umask 077
file=${quotePosix(path)}
${HASH}
${markOf(options.deadMan)}
if [ ! -e "$file" ]; then echo none; exit 0; fi
# A copy: the file may be replaced between its hash and its text.
text=$(cat "$file" && echo .) || exit ${UNWRITABLE}
text=\${text%.}
echo "$(printf '%s' "$text" | hash) $mark"
printf '%s' "$text"`

/** Answers `written REVISION`, or `changed` when something else than `expected` is there. */
export function writeStateScript(
  path: string,
  text: string,
  expected: string | undefined,
  options: SshStoreOptions = {},
): string {
  const { lockSeconds = 10, staleSeconds = 60 } = options
  const fresh = createHash('sha256').update(text).digest('hex')
  return `umask 077
file=${quotePosix(path)}
mkdir -p ${quotePosix(folderOf(path))} || exit ${UNWRITABLE}
new=${fresh}
${HASH}
${lockText(lockSeconds, staleSeconds)}
lock
${markOf(options.deadMan)}
present=none
if [ -e "$file" ]; then present=$(hash <"$file"); fi
revision=$present
if [ "$mark" != - ] && [ "$present" != none ]; then revision=$present+$mark; fi
if [ "$present" = "$new" ] && [ "$mark" = - ]; then echo "written $new"; exit 0; fi
if [ "$revision" != ${quotePosix(expected ?? 'none')} ]; then echo changed; exit 0; fi
draft=$file.draft
cat >"$draft" <<'GIP_STATE_ENDS' || exit ${UNWRITABLE}
${text.replace(/\n$/, '')}
GIP_STATE_ENDS
if [ "$(hash <"$draft")" != "$new" ]; then echo 'the draft was not written whole' >&2; rm -f "$draft"; exit ${UNWRITABLE}; fi
sync "$draft" 2>/dev/null || :
held || { echo 'the lock was taken away' >&2; exit ${BUSY}; }
mv -f "$draft" "$file" || exit ${UNWRITABLE}
case $mark in
  fired:*) rm -f "$dead/fired"; mark=- ;;
esac
if [ "$mark" = - ]; then echo "written $new"; else echo "written $new+$mark"; fi`
}

/**
 * \`lock\` and \`held\`. Where the host has flock(1) (every Linux) the kernel keeps the lock and it ends with its holder, so it
 * cannot be left behind. Elsewhere: mkdir, which is atomic, with owner and time inside. One left behind is broken by one
 * process at a time, which looks again before it does, and a writer asks \`held\` right before it writes.
 */
const lockText = (seconds: number, stale: number): string => `own="$$-$(date +%s)"
if command -v flock >/dev/null 2>&1; then
  once() { flock -n 9; }
  held() { :; }
  exec 9>>"$file.lock" || exit ${UNWRITABLE}
else
  once() {
    if mkdir "$file.held" 2>/dev/null; then
      printf '%s\\n' "$own" >"$file.held/owner"
      trap 'if held; then rm -rf "$file.held"; fi' EXIT
      return 0
    fi
    owner=$(cat "$file.held/owner" 2>/dev/null)
    old "\${owner#*-}" || return 1
    if mkdir "$file.breaking" 2>/dev/null; then
      if [ "$(cat "$file.held/owner" 2>/dev/null)" = "$owner" ]; then rm -rf "$file.held"; fi
      rmdir "$file.breaking"
    fi
    return 1
  }
  # Without a time in it, its maker is about to write it, or has died there: then its age decides.
  old() {
    case $1 in
      '' | *[!0-9]*) [ -n "$(find "$file.held" -prune -mmin +$((${stale} / 60 + 1)) 2>/dev/null)" ] ;;
      *) [ $(($(date +%s) - $1)) -gt ${stale} ] ;;
    esac
  }
  held() { [ "$(cat "$file.held/owner" 2>/dev/null)" = "$own" ]; }
fi
lock() {
  left=$((${seconds} * 5))
  until once; do
    left=$((left - 1))
    if [ "$left" -lt 0 ]; then echo "waited ${seconds} s for $file.lock" >&2; exit ${BUSY}; fi
    sleep 0.2 2>/dev/null || sleep 1
  done
}`

interface Stored {
  readonly text: string
  readonly revision: string
  readonly mark?: DeadManMark
}

/** Reads the answer of `readStateScript` and checks that the bytes are those that were hashed there. */
export function parseStored(stdout: string, where: string): Stored | undefined {
  if (stdout.trimEnd() === 'none') return undefined
  const end = stdout.indexOf('\n')
  const [, hash = '', word = ''] = /^([0-9a-f]{64}) (\S+)$/.exec(stdout.slice(0, Math.max(0, end))) ?? []
  const text = stdout.slice(end + 1)
  if (hash === '' || createHash('sha256').update(text).digest('hex') !== hash) throw unreadable(where, stdout)
  if (word === '-') return { text, revision: hash }
  const mark = parseMark(word)
  return { text, revision: `${hash}+${word}`, ...(mark === undefined ? {} : { mark }) }
}

const unreadable = (where: string, stdout: string): PipelineError =>
  environmentError({
    code: 'gray-state-answer',
    what: 'the answer of the host about the state cannot be read',
    cause: `"${stdout.slice(0, 120)}"`,
    where,
    fix: 'a login shell that prints text of its own, or a file that is not UTF-8, can be the cause',
  })
