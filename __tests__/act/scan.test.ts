import { beforeAll, expect, it } from '@jest/globals'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemExec } from '../../src/base/exec.ts'
import { hostOf } from '../../src/base/platform.ts'
import { provideScanner } from '../../src/scan/install.ts'
import { libraryCaller } from '../support/library.ts'
import { testAct } from '../support/registry-act.ts'
import { crane, describeWithRig, rigValue, run } from '../support/rig.ts'
import { goEnvironmentOf } from '../support/scan-go.ts'
import { writeVulnDb } from '../support/vuln-db.ts'
import { outputsOf } from '../support/workflow-run.ts'

describeWithRig('scan.yml, called from another repository', () => {
  // A small program: the calls of a server take a minute to analyse. Its failing test is none of the scan's business.
  const { start } = libraryCaller('broken-panic', 'scan.yml')
  let tools: Record<string, string>
  let clean: string
  let bad: string

  beforeAll(async () => {
    // Built once for this machine (e2e/scan.test.ts proves that); act's runner has an empty tool cache each time.
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...(await goEnvironmentOf()) }
    const act = testAct({ env, exec: new SystemExec(env), host: hostOf() })
    const version = (await run(['go', 'env', 'GOVERSION'])).stdout.trim().replace(/^go/, '')
    const go = (): Promise<{ bin: string; version: string; env: object & Record<string, string> }> =>
      Promise.resolve({ bin: 'go', version, env: {} })
    const program = async (name: 'govulncheck' | 'gitleaks'): Promise<string> =>
      (await provideScanner(name, { kind: 'pinned' }, go, act)).program
    tools = { GOVULNCHECK: await program('govulncheck'), GITLEAKS: await program('gitleaks') }
    await act.temp.dispose()
    await act.http.close()
    const folder = await mkdtemp(join(tmpdir(), 'gip-act-db-'))
    clean = await writeVulnDb(join(folder, 'clean'), [])
    bad = await writeVulnDb(join(folder, 'bad'), [
      {
        id: 'GO-2026-0009',
        summary: 'printing is bad',
        module: 'stdlib',
        package: 'fmt',
        symbols: ['Println', 'Fprintln'],
        fixed: '1.99.0',
      },
    ])
  })

  it('passes; the verdict crosses to the next job, the report is kept', async () => {
    const done = await start({ ...tools, DB: clean })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    expect(outputsOf(done)).toMatchObject({ verdict: 'passed', stopping: '0' })
    expect(done.log).not.toMatch(/SKIP/)
  })

  it('is stopped by a vulnerability of the code and of the image, and nothing comes after it', async () => {
    const image = `${rigValue('GIP_REGISTRY')}/act-scan-${process.pid}/app`
    const folder = await mkdtemp(join(tmpdir(), 'gip-act-image-'))
    const built = await run(['go', 'build', '-o', join(folder, 'app/server'), '.'], {
      cwd: join(import.meta.dirname, '../../examples/broken-panic'),
      env: { CGO_ENABLED: '0' },
    })
    expect(built.code === 0 ? '' : built.stderr).toBe('')
    await run(['tar', '-cf', join(folder, 'layer.tar'), '-C', folder, 'app'])
    const digest = await crane(
      'append',
      '--oci-empty-base',
      '-f',
      join(folder, 'layer.tar'),
      '-t',
      `${image}:x`,
    )
    const done = await start({ ...tools, DB: bad, IMAGE: digest })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/GO-2026-0009 \(HIGH\) in stdlib .*printing is bad/)
    expect(done.log).toMatch(/use Go 1\.99\.0/)
    expect(done.told.has('OUTPUTS')).toBe(false)
  })

  it('cannot be skipped by somebody', async () => {
    const done = await start({ ...tools, DB: bad, SKIP: 'true', REASON: 'we are in a hurry' })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/the scan may not leave out all scanners/)
    expect(done.told.has('OUTPUTS')).toBe(false)
  })
})
