/**
 * Text for other machines' shells. Everything that reaches a remote shell goes through one of these functions.
 */

/** One word for a POSIX shell: always in single quotes, so nothing in it is expanded. A NUL cannot be in any argument. */
export function quotePosix(text: string): string {
  if (text.includes('\0')) throw new TypeError('a NUL byte cannot be passed to a shell')
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** One literal for PowerShell: single quotes, in which only a quote is special. PowerShell takes typographic quotes for quotes too. */
export function quotePowerShell(text: string): string {
  if (text.includes('\0')) throw new TypeError('a NUL byte cannot be passed to a shell')
  return `'${text.replace(/['\u2018\u2019\u201A\u201B]/g, '$&$&')}'`
}

/** What is run on the far side: the command for its login shell, and the text for its standard input. */
export interface RemoteText {
  readonly command: string
  readonly input: string
}

/** Marks on stderr that tell our command's own end from the connection's: `gip-start-NONCE`, `gip-end-NONCE CODE`. */
export const startMark = (nonce: string): string => `gip-start-${nonce}`
export const endMark = (nonce: string): string => `gip-end-${nonce}`

/**
 * A script for `sh -s` over standard input. It is one function, so that a connection cut while it is sent runs nothing; it
 * reads no input of its own, so that it cannot eat its own text; and its exit code is told on stderr, because ssh's
 * 255 could be the command's or the connection's.
 * `sh -s` means the same to every login shell, be it bash, dash, fish or csh.
 */
export function posixScript(script: string, nonce: string): RemoteText {
  return {
    command: 'sh -s',
    input: [
      'gip_main() {',
      `printf '%s\\n' ${quotePosix(startMark(nonce))} >&2`,
      '(',
      'set -u',
      script,
      ') </dev/null',
      'gip_code=$?',
      `printf '%s %s\\n' ${quotePosix(endMark(nonce))} "$gip_code" >&2`,
      'exit "$gip_code"',
      '}',
      'gip_main',
      '',
    ].join('\n'),
  }
}

/** cmd.exe, OpenSSH's usual shell on Windows, takes 8191 characters. */
const CMD_LIMIT = 8000

/** `powershell -EncodedCommand`: UTF-16LE in base64 (about_PowerShell_exe), which no shell between can misread. */
export function encodedCommand(script: string): string {
  const encoded = Buffer.from(script, 'utf16le').toString('base64')
  return `powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ${encoded}`
}

/**
 * A script for Windows PowerShell over OpenSSH. Its text travels on standard input as base64 and a short encoded command
 * runs it, so its length has no limit and no secret is on the command line. The same marks as on POSIX frame it.
 */
export function powerShellScript(script: string, nonce: string): RemoteText {
  const body = [
    `[Console]::Error.WriteLine(${quotePowerShell(startMark(nonce))})`,
    '$gipCode = 0',
    'try {',
    "$ErrorActionPreference = 'Stop'",
    // A script ends by `exit-with CODE`: `exit` would end PowerShell before the end mark.
    'function Exit-With([int]$code) { $script:gipCode = $code; throw "gip-exit" }',
    script,
    '} catch {',
    'if ("$_" -ne "gip-exit") { [Console]::Error.WriteLine("$_"); $gipCode = 1 }',
    '}',
    `[Console]::Error.WriteLine(${quotePowerShell(`${endMark(nonce)} `)} + $gipCode)`,
    'exit $gipCode',
  ].join('\n')
  const starter = [
    "$ProgressPreference = 'SilentlyContinue'",
    '$text = [Console]::In.ReadToEnd()',
    '$bytes = [Convert]::FromBase64String($text.Trim())',
    '. ([ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($bytes)))',
  ].join('\n')
  const command = encodedCommand(starter)
  if (command.length > CMD_LIMIT) throw new TypeError('the starter is too long for cmd.exe')
  return { command, input: Buffer.from(body, 'utf8').toString('base64') }
}
