import { quotePosix } from '../deploy/ssh-quote.ts'

/**
 * The watcher, as it lies on the host: `sh watch FOLDER`. It reads `deadline` (release and time) again and again, so that
 * a renewal is one small write, and ends when the file is gone. The time is that since the start of the machine where there is
 * one, so no clock that is set can make it go off. Going off is claimed by a rename; from then on the state's readers see it.
 */
const WATCH = `#!/bin/sh
# Written by go-image-pipeline: puts the old version back when nobody speaks for the release any more.
dir=$1
trap '' HUP PIPE INT
now() {
  if [ -r /proc/uptime ]; then read -r up _ </proc/uptime; echo "\${up%%.*}"; else date +%s; fi
}
while :; do
  read -r release deadline <"$dir/deadline" 2>/dev/null || exit 0
  left=$((deadline - $(now)))
  if [ "$left" -gt 0 ]; then
    if [ "$left" -gt 2 ]; then left=2; fi
    sleep "$left"
    continue
  fi
  mv "$dir/deadline" "$dir/firing" 2>/dev/null || exit 0
  read -r release deadline <"$dir/firing"
  if [ "$deadline" -gt "$(now)" ]; then
    # Renewed between the look and the rename.
    mv "$dir/firing" "$dir/deadline"
    continue
  fi
  break
done
try=1
: >"$dir/log"
while :; do
  code=0
  sh "$dir/back" >>"$dir/log" 2>&1 || code=$?
  if [ "$code" = 0 ] || [ "$try" = 5 ]; then break; fi
  sleep $((try * 10))
  try=$((try + 1))
done
printf '%s %s %s\\n' "$release" "$(date +%s)" "$code" >"$dir/fired.draft"
mv -f "$dir/fired.draft" "$dir/fired"
rm -f "$dir/firing"
`

/** A release's id as it stands in a file of words. */
export const releaseWord = (release: string): string => release.replace(/[^A-Za-z0-9._-]+/g, '-')

/**
 * Arms the timer for `release`, or renews it; answers `armed`, or `fired` when it has gone off for this release already. The
 * watcher is started detached: as a unit of systemd where this user may have one, else in a session of its own.
 */
export const armScript = (
  folder: string,
  release: string,
  seconds: number,
  back: string,
): string => `umask 077
dir=${quotePosix(folder)}
release=${quotePosix(releaseWord(release))}
mkdir -p "$dir" || exit 1
fired=''
if [ -f "$dir/firing" ]; then read -r fired _ <"$dir/firing"
elif [ -f "$dir/fired" ]; then read -r fired _ <"$dir/fired"; fi
if [ "$fired" = "$release" ]; then echo fired; exit 0; fi
rm -f "$dir/fired"
put() { # FILE: standard input, in one piece
  cat >"$dir/$1.draft" && mv -f "$dir/$1.draft" "$dir/$1"
}
put back <<'GIP_BACK_ENDS' || exit 1
${back}
GIP_BACK_ENDS
put watch <<'GIP_WATCH_ENDS' || exit 1
${WATCH}GIP_WATCH_ENDS
if [ -r /proc/uptime ]; then read -r up _ </proc/uptime; now=\${up%%.*}; else now=$(date +%s); fi
echo "$release $((now + ${Math.max(1, Math.ceil(seconds))}))" | put deadline || exit 1
alive() { # The number alone could be another program's by now.
  pid=$(cat "$dir/pid" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  [ ! -r "/proc/$pid/cmdline" ] || tr '\\0' ' ' <"/proc/$pid/cmdline" | grep -qF -e "$dir"
}
if ! alive; then
  rm -f "$dir/pid"
  start='echo "$$" >"$1/pid"; exec sh "$1/watch" "$1"'
  if [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
    systemd-run --quiet --collect --description='go-image-pipeline: dead-man timer' \\
      --setenv=PATH="$PATH" --setenv=DOCKER_HOST="\${DOCKER_HOST:-}" --setenv=DOCKER_CONFIG="\${DOCKER_CONFIG:-}" --setenv=HOME="\${HOME:-/}" \\
      sh -c "$start" sh "$dir" >&2 || exit 1
  elif command -v setsid >/dev/null 2>&1; then
    setsid sh -c "$start" sh "$dir" </dev/null >/dev/null 2>&1 &
  else
    nohup sh -c "$start" sh "$dir" </dev/null >/dev/null 2>&1 &
  fi
  tries=50
  # A short timer may have gone off before we look.
  until alive || [ -f "$dir/firing" ] || [ -f "$dir/fired" ]; do
    tries=$((tries - 1))
    if [ "$tries" -lt 0 ]; then echo 'the watcher did not start' >&2; exit 1; fi
    sleep 0.1 2>/dev/null || sleep 1
  done
fi
echo armed`

/** Ends the timer: the watcher sees within two seconds that its file is gone. One that goes off at this moment is waited for. */
export const disarmScript = (folder: string): string => `dir=${quotePosix(folder)}
rm -f "$dir/deadline"
tries=120
while [ -f "$dir/firing" ]; do
  tries=$((tries - 1))
  if [ "$tries" -lt 0 ]; then echo 'the timer is going off' >&2; exit 1; fi
  sleep 0.2 2>/dev/null || sleep 1
done
rm -f "$dir/back" "$dir/watch"
exit 0`
