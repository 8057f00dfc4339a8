import { run } from './rig.ts'

/** Go's caches and proxy as they are on this machine: scanners are built with them. */
export async function goEnvironmentOf(): Promise<Record<string, string>> {
  const done = await run(['go', 'env', '-json', 'GOCACHE', 'GOMODCACHE', 'GOPROXY'])
  if (done.code !== 0) throw new Error(`go env: ${done.stderr}`)
  return JSON.parse(done.stdout) as Record<string, string>
}
