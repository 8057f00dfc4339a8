import * as powershell from './compose-powershell.ts'
import * as sh from './compose-sh.ts'
import type { Recorded } from './compose-state.ts'
import { quotePosix, quotePowerShell } from './ssh-quote.ts'

/** Lines of the record that stay on the host. */
const LINES = 50

type Entry = Omit<Recorded, 'before'>

/**
 * Ends a deployment that stands: the note becomes a line of `.gip/SERVICE.history`, and the old image stays for the way back
 * (it needs no registry then); the one before it goes. Without a note, or when nothing was changed, nothing is recorded.
 */
export const recordScript = (
  settings: sh.ServiceSettings,
  { at, kind, image }: Entry,
): string => `${sh.prelude(settings)}
${sh.LOCK}
${sh.FACTS}
lock record ${settings.waitSeconds + 60}
image=${quotePosix(image)}
if [ "$(kept new)" = "$image" ]; then
  old=$(kept old)
  tag=$(kept tag)
  if [ "$old" = "$image" ]; then
    docker image rm "$tag" >/dev/null 2>&1
  else
    { tail -n ${LINES - 1} "$own.history" 2>/dev/null; printf '%s %s %s %s\\n' ${quotePosix(at)} ${kind} "$image" "$old"; } >"$own.history.$$" &&
      mv -f "$own.history.$$" "$own.history" || exit 1
    for name in $(cat "$own.last" 2>/dev/null); do
      case $name in -|"$image"|"$old"|"$tag") continue ;; esac
      # Refused where a container still uses it: then it is not ours to remove.
      docker image rm "$name" >/dev/null 2>&1
    done
    printf '%s %s\\n' "$old" "$tag" >"$own.last"
  fi
  rm -f "$own.old"
fi
facts`

/** The same for Windows. */
export const recordScriptWindows = (
  settings: sh.ServiceSettings,
  { at, kind, image }: Entry,
): string => `${powershell.prelude(settings)}
${powershell.FACTS}
${powershell.lock(settings.waitSeconds + 60)}
$image = ${quotePowerShell(image)}
if ((Kept new) -eq $image) {
  $old = Kept old
  $tag = Kept tag
  if ($old -eq $image) {
    Invoke-Native { & docker image rm $tag 2>&1 | Out-Null }
  } else {
    $lines = @(if (Test-Path "$own.history") { Get-Content "$own.history" | Select-Object -Last ${LINES - 1} })
    $lines += (${quotePowerShell(at)} + " ${kind} $image $old")
    Save "$own.history" (($lines -join "\`n") + "\`n")
    $names = @(if (Test-Path "$own.last") { Get-Content "$own.last" })
    foreach ($name in $names) {
      if ($name -and @('-', $image, $old, $tag) -notcontains $name) { Invoke-Native { & docker image rm $name 2>&1 | Out-Null } }
    }
    Save "$own.last" "$old\`n$tag\`n"
  }
  Remove-Item -Force "$own.old"
}
Facts`
