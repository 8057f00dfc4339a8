import { SystemExec } from '../../src/base/exec.ts'
import { hostOf } from '../../src/base/platform.ts'
import { provideScanner } from '../../src/scan/install.ts'
import { testAct } from './registry-act.ts'
import { run } from './rig.ts'
import { goEnvironmentOf } from './scan-go.ts'

/**
 * The pinned scanners as variables of a workflow, built once for this machine (e2e/scan.test.ts proves the building): act's
 * runner has an empty tool cache each time.
 */
export async function scannersOf(): Promise<{ GOVULNCHECK: string; GITLEAKS: string }> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...(await goEnvironmentOf()) }
  const act = testAct({ env, exec: new SystemExec(env), host: hostOf() })
  const version = (await run(['go', 'env', 'GOVERSION'])).stdout.trim().replace(/^go/, '')
  const go = (): Promise<{ bin: string; version: string; env: object & Record<string, string> }> =>
    Promise.resolve({ bin: 'go', version, env: {} })
  try {
    const program = async (name: 'govulncheck' | 'gitleaks'): Promise<string> =>
      (await provideScanner(name, { kind: 'pinned' }, go, act)).program
    return { GOVULNCHECK: await program('govulncheck'), GITLEAKS: await program('gitleaks') }
  } finally {
    await act.temp.dispose()
    await act.http.close()
  }
}
