import { ENDS, type ServiceSettings } from './compose-sh.ts'
import { quotePowerShell } from './ssh-quote.ts'

/*
 * The same operations as compose-sh.ts for Windows Server, as scripts for Windows PowerShell 5.1 over OpenSSH. They speak the
 * same lines and end with the same codes. They were never run on Windows: docs/limits.md.
 */

export function prelude(settings: ServiceSettings): string {
  const { folder, service } = settings
  const files =
    settings.files === undefined
      ? `$files = ''
if (Test-Path .env) { $line = Get-Content .env | Where-Object { $_ -match '^COMPOSE_FILE=' } | Select-Object -Last 1; if ($line) { $files = ($line -replace '^COMPOSE_FILE=', '').Trim('"', "'") } }
if (-not $files) {
  $found = @()
  foreach ($name in 'compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml') { if (Test-Path $name) { $found += $name; break } }
  foreach ($name in 'compose.override.yaml', 'compose.override.yml', 'docker-compose.override.yaml', 'docker-compose.override.yml') { if (Test-Path $name) { $found += $name; break } }
  $files = $found -join ';'
}`
      : `$files = ${quotePowerShell(settings.files.join(';'))}`
  return `if (-not (Test-Path -LiteralPath ${quotePowerShell(folder)} -PathType Container)) { [Console]::Error.WriteLine(${quotePowerShell(`there is no folder ${folder}`)}); Exit-With ${ENDS.folder} }
Set-Location -LiteralPath ${quotePowerShell(folder)}
[Environment]::CurrentDirectory = (Get-Location).ProviderPath
$service = ${quotePowerShell(service)}
$own = ${quotePowerShell(`.gip\\${service}`)}
New-Item -ItemType Directory -Force .gip | Out-Null
${files}
if (-not $files) { [Console]::Error.WriteLine('there is no compose file'); Exit-With ${ENDS.folder} }
$env:COMPOSE_PATH_SEPARATOR = ';'
# Native programs write progress to stderr; with Stop, PowerShell 5.1 would take the first line for an error.
function Invoke-Native([scriptblock]$block) {
  $before = $ErrorActionPreference
  $ErrorActionPreference = 'Continue'
  try { & $block } finally { $ErrorActionPreference = $before }
}
function Compose {
  $list = @($files -split ';' | Where-Object { $_ -and $_ -ne "$own.yaml" })
  if (Test-Path "$own.yaml") { $list += "$own.yaml" }
  $env:COMPOSE_FILE = $list -join ';'
  $arguments = @('compose'${settings.project === undefined ? '' : `, '--project-name', ${quotePowerShell(settings.project)}`}) + $args
  Invoke-Native { & docker @arguments }
}
function Kept([string]$name) {
  if (Test-Path "$own.old") { Get-Content "$own.old" | Where-Object { $_.StartsWith("$name ") } | ForEach-Object { $_.Substring($name.Length + 1) } | Select-Object -First 1 }
}
function Save([string]$file, [string]$text) {
  # Without a byte order mark, and by a rename, so that a reader sees the old or the new text.
  [IO.File]::WriteAllText("$file.tmp", $text, (New-Object Text.UTF8Encoding $false))
  if (Test-Path $file) { [IO.File]::Replace("$file.tmp", $file, "$file.previous") } else { [IO.File]::Move("$file.tmp", $file) }
}
function Log-File([object[]]$lines) { Add-Content -Path "$own.log" -Value ($lines | ForEach-Object { "$_" }) -Encoding UTF8 }`
}

export const lock = (seconds: number): string => `$held = $null
for ($left = ${seconds}; -not $held; $left--) {
  try { $held = [IO.File]::Open("$own.lock", 'OpenOrCreate', 'ReadWrite', 'None') }
  catch { if ($left -le 0) { [Console]::Error.WriteLine('another command of ours is busy with this service'); Exit-With ${ENDS.busy} }; Start-Sleep 1 }
}`

export const FACTS = `function Facts {
  $version = Invoke-Native { & docker version --format 'docker {{.Server.Version}}' 2>&1 }
  if ($LASTEXITCODE -ne 0) { [Console]::Error.WriteLine("$version"); Exit-With ${ENDS.docker} }
  [Console]::Out.WriteLine("$version")
  foreach ($id in @(Compose ps -a -q $service)) {
    # Quotes inside an argument do not survive PowerShell 5.1: the objects are made here, not by docker's template.
    $one = (Invoke-Native { & docker inspect --type container $id } | Out-String | ConvertFrom-Json)[0]
    $health = if ($one.State.Health) { $one.State.Health.Status } else { $null }
    $line = [ordered]@{ id = $one.Id; image = $one.Image; ref = $one.Config.Image; status = $one.State.Status; restarts = $one.RestartCount; health = $health; memory = $one.HostConfig.Memory; cpus = $one.HostConfig.NanoCpus; quota = $one.HostConfig.CpuQuota; restart = $one.HostConfig.RestartPolicy.Name; grace = $one.Config.StopTimeout }
    [Console]::Out.WriteLine('container ' + ($line | ConvertTo-Json -Compress))
    $image = (Invoke-Native { & docker image inspect $one.Image } | Out-String | ConvertFrom-Json)[0]
    if ($image) { [Console]::Out.WriteLine('image ' + ([ordered]@{ id = $one.Image; digests = @($image.RepoDigests) } | ConvertTo-Json -Compress)) }
  }
  if (Test-Path "$own.old") { Get-Content "$own.old" | ForEach-Object { [Console]::Out.WriteLine("kept-$_") } }
  if (Test-Path "$own.history") { Get-Content "$own.history" | ForEach-Object { [Console]::Out.WriteLine("history $_") } }
}`

function writing(settings: ServiceSettings): string {
  const { variable } = settings
  const body =
    variable === undefined
      ? `  if ($image -eq '-') { Remove-Item -Force -ErrorAction SilentlyContinue "$own.yaml"; return }
  Save "$own.yaml" ("# Written by go-image-pipeline: the image of this service, by digest.\`nservices:\`n  \`"$service\`":\`n    image: \`"$image\`"\`n    pull_policy: missing\`n")`
      : `  if ($image -eq '-') { return }
  $lines = @(if (Test-Path .env) { Get-Content .env })
  $done = $false
  $lines = @($lines | ForEach-Object { if ($_ -match '^(export[ \\t]+)?${variable}[ \\t]*=') { if (-not $done) { "${variable}=$image" }; $done = $true } else { $_ } })
  if (-not $done) { $lines += "${variable}=$image" }
  Save '.env' (($lines -join "\`n") + "\`n")`
  return `function Write-Image([string]$image) {
${body}
}`
}

function starting(settings: ServiceSettings): string {
  const url =
    settings.healthUrl === undefined
      ? ''
      : `
  $end = (Get-Date).AddSeconds(${settings.waitSeconds})
  while ($true) {
    try { Invoke-WebRequest -UseBasicParsing -TimeoutSec 5 -Uri ${quotePowerShell(settings.healthUrl)} | Out-Null; break }
    catch { if ((Get-Date) -ge $end) { Log-File @("$_", ${quotePowerShell(`${settings.healthUrl} was not healthy within ${settings.waitSeconds} s`)}); return 1 }; Start-Sleep 1 }
  }`
  return `function Standing {
  @(foreach ($id in @(Compose ps -a -q $service)) {
    $one = (Invoke-Native { & docker inspect --type container $id } | Out-String | ConvertFrom-Json)[0]
    $health = if ($one.State.Health) { $one.State.Health.Status } else { 'none' }
    "$id $($one.State.Status) $($one.RestartCount) $health"
  })
}
function Start-Service-Image([string]$image) {
  if (@(Compose config --images 2>$null) -notcontains $image) { Log-File "the compose project does not use $image after it was written"; return ${ENDS.image} }
  $output = Compose up -d --no-deps --no-build --wait --wait-timeout ${settings.waitSeconds} $service 2>&1
  $code = $LASTEXITCODE
  Log-File @($output)
  if ($code -ne 0) { return 1 }
  $stays = @(Standing)
  if ($stays -match ' none$') { Start-Sleep ${settings.stableSeconds}; if (("$(Standing)") -ne "$stays") { $stays = @() } }
  if (-not $stays -or ($stays -notmatch ' running [0-9]+ (none|healthy)$')) { Log-File 'the service did not stay up'; return 1 }${url}
  return 0
}
function Put-Back {
  $old = Kept old
  if ($old -eq '-') { Compose rm -s -f $service 2>&1 | Out-Null; Write-Image '-'; return 0 }
  Invoke-Native { & docker image inspect $old 2>&1 | Out-Null }
  if ($LASTEXITCODE -ne 0) { Invoke-Native { & docker pull -q $old 2>&1 | Out-Null }; if ($LASTEXITCODE -ne 0) { $old = Kept tag } }
  Write-Image $old
  return (Start-Service-Image $old)
}
function Tell {
  Get-Content "$own.log" -ErrorAction SilentlyContinue
  '--- docker compose ps'
  Compose ps -a $service 2>&1
  "--- the last lines of $service"
  Compose logs --no-color --tail 100 $service 2>&1
}
Set-Content -Path "$own.log" -Value '' -Encoding UTF8`
}

/** What a host has: versions, room, rights, the service and its image. */
export function preflightScript(settings: ServiceSettings): string {
  const { variable } = settings
  return `${prelude(settings)}
if (-not (Get-Command docker -ErrorAction SilentlyContinue)) { [Console]::Error.WriteLine('docker is not installed'); Exit-With ${ENDS.docker} }
Invoke-Native { & docker version --format 'docker {{.Server.Version}}' }
if ($LASTEXITCODE -ne 0) { Exit-With ${ENDS.docker} }
Invoke-Native { & docker version --format 'platform {{.Server.Os}}/{{.Server.Arch}}' }
"compose $(Compose version --short 2>$null)"
$root = "$(Invoke-Native { & docker info --format '{{.DockerRootDir}}' 2>$null })"
if ($root) { "free $([Math]::Floor((Get-PSDrive $root.Substring(0, 1)).Free / 1024))" }
try { Save "$own.probe" 'x'; Remove-Item -Force "$own.probe"; 'writable yes' } catch { 'writable no' }
$services = @(Compose config --services 2>$null)
if ($LASTEXITCODE -ne 0) { 'config bad'; [Console]::Error.WriteLine("$(Compose config --quiet 2>&1)"); Exit-With 0 }
'config good'
if ($services -contains $service) { 'service there' } else { "services $services" }
'client there'${
    variable === undefined
      ? ''
      : `
$env:${variable} = 'gip.invalid/probe:1'
if (@(Compose config --images 2>$null) -contains 'gip.invalid/probe:1') { 'variable used' } else { 'variable unused' }
Remove-Item Env:${variable}`
  }`
}

/** The service's containers as they are. */
export const inspectScript = (settings: ServiceSettings): string => `${prelude(settings)}
${FACTS}
Facts`

/** Pulls the new image and notes what runs now; nothing that runs is touched. */
export const prepareScript = (settings: ServiceSettings, image: string): string => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
$image = ${quotePowerShell(image)}
Invoke-Native { & docker image inspect $image 2>&1 | Out-Null }
if ($LASTEXITCODE -ne 0) {
  $output = Invoke-Native { & docker pull -q $image 2>&1 }
  if ($LASTEXITCODE -ne 0) { [Console]::Error.WriteLine("$output"); Exit-With ${ENDS.pull} }
}
if ((Kept new) -ne $image) {
  $first = @(Compose ps -q $service)[0]
  $old = '-'
  $tag = '-'
  if ($first) {
    $one = (Invoke-Native { & docker inspect --type container $first } | Out-String | ConvertFrom-Json)[0]
    $name = ("$($one.Config.Labels.'com.docker.compose.project')-$service").ToLowerInvariant() -replace '[^a-z0-9]+', '-' -replace '^-|-$', ''
    $tag = "gip-kept/\${name}:" + ($one.Image -replace '^sha256:', '').Substring(0, 12)
    Invoke-Native { & docker tag $one.Image $tag }
    if ($LASTEXITCODE -ne 0) { Exit-With 1 }
    $old = $one.Config.Image
    if ($old -notmatch '@sha256:') {
      $repository = $old -replace ':[^:/]*$', ''
      $image1 = (Invoke-Native { & docker image inspect $one.Image } | Out-String | ConvertFrom-Json)[0]
      $old = @($image1.RepoDigests | Where-Object { $_ -and $_.StartsWith("$repository@") })[0]
      if (-not $old) { $old = $tag }
    }
  }
  Save "$own.old" "new $image\`nold $old\`ntag $tag\`n"
}
Facts`

/** Puts the prepared image into service; when it does not become healthy, the host puts the old one back. */
export const updateScript = (settings: ServiceSettings, image: string): string => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
${writing(settings)}
${starting(settings)}
$image = ${quotePowerShell(image)}
if ((Kept new) -ne $image) { [Console]::Error.WriteLine("the release of $image was taken back or never prepared"); Exit-With ${ENDS.fenced} }
Write-Image $image
$code = Start-Service-Image $image
if ($code -eq 0) { Facts; Exit-With 0 }
$told = @(Tell)
Set-Content -Path "$own.failed.log" -Value $told -Encoding UTF8
$told | ForEach-Object { [Console]::Out.WriteLine("$_") }
if ((Put-Back) -eq 0) { if ($code -eq ${ENDS.image}) { Exit-With ${ENDS.image} }; Exit-With ${ENDS.refused} }
Tell | ForEach-Object { [Console]::Out.WriteLine("$_") }
Exit-With ${ENDS.stuck}`

/** Puts the noted old image back; it waits for a running update, which Windows cannot end as a group. */
export const backScript = (settings: ServiceSettings): string => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds * 2 + 60)}
${writing(settings)}
${starting(settings)}
if (-not (Test-Path "$own.old")) { Facts; Exit-With 0 }
if ((Put-Back) -eq 0) { Remove-Item -Force "$own.old"; Facts; Exit-With 0 }
Tell | ForEach-Object { [Console]::Out.WriteLine("$_") }
Exit-With ${ENDS.stuck}`

/** The old image is no longer needed. */
export const finaliseScript = (settings: ServiceSettings, image: string): string => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
if ((Kept new) -eq ${quotePowerShell(image)}) {
  $old = Kept old
  $tag = Kept tag
  Remove-Item -Force "$own.old"
  if ($tag -ne '-') { Invoke-Native { & docker image rm $tag 2>&1 | Out-Null } }
  if ($old -ne '-' -and $old -ne ${quotePowerShell(image)}) { Invoke-Native { & docker image rm $old 2>&1 | Out-Null } }
}
Facts`
