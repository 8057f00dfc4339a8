import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemExec } from '../../src/base/exec.ts'
import { hostOf, parsePlatform } from '../../src/base/platform.ts'
import { RegistryClient } from '../../src/registry/client.ts'
import { fetchImage, type ImagePlatform } from '../../src/scan/image.ts'
import { type GrypeOptions, prepareGrype, scanPackages } from '../../src/scan/image-scan.ts'
import { buildEnvironment, provideScanner, type ScanGo, type Scanner } from '../../src/scan/install.ts'
import { pinOf } from '../../src/scan/pins.ts'
import { type TestAct, testAct } from '../support/registry-act.ts'
import { type RegistryDouble, startRegistry } from '../support/registry-double.ts'
import { ROOT, run } from '../support/rig.ts'
import { goEnvironmentOf } from '../support/scan-go.ts'
import { imageOf } from '../support/scan-image.ts'

jest.setTimeout(3_000_000)

/** grype and the program that makes its database compile for minutes when Go's cache is cold. */
const describeGrype = process.env['GIP_GRYPE'] === '1' ? describe : describe.skip

const ENTRIES = [
  { id: 'CVE-2026-1111', severity: 'high', package: 'libfoo1', ecosystem: 'deb', fixed: '1.2-4', description: 'libfoo reads too far', os: 'debian', major: '13', codename: 'trixie' },
  { id: 'CVE-2026-2222', severity: 'critical', package: 'libbar', ecosystem: 'deb', fixed: '', description: 'libbar has no fix', os: 'debian', major: '13', codename: 'trixie' },
] // prettier-ignore

const installed = (name: string, version: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\nMaintainer: x <x@example.com>\nDescription: x\n\n`

describeGrype('the real grype, with a database made here', () => {
  let folder: string
  let act: TestAct
  let double: RegistryDouble
  let scanner: Scanner
  let options: GrypeOptions

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-grype-'))
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...(await goEnvironmentOf()) }
    act = testAct({ env, exec: new SystemExec(env), host: hostOf() })
    double = await startRegistry()
    const version = (await run(['go', 'env', 'GOVERSION'])).stdout.trim().replace(/^go/, '')
    const go: ScanGo = { bin: 'go', version, env: {} }
    scanner = await provideScanner('grype', { kind: 'pinned' }, () => Promise.resolve(go), act)
    // The database is written by grype's own library, of the same pinned modules.
    const pin = pinOf('grype')
    const module = join(folder, 'module')
    await mkdir(module)
    await cp(join(ROOT, '__tests__/fixtures/scan/mkdb'), join(module, 'mkdb'), { recursive: true })
    await writeFile(join(module, 'go.mod'), `${pin.mod.join('\n')}\n`)
    await writeFile(join(module, 'go.sum'), `${pin.sum.join('\n')}\n`)
    const built = await run(['go', 'build', '-o', join(folder, 'make'), './mkdb'], {
      cwd: module,
      env: { ...buildEnvironment(go, act.host) },
      timeoutMs: 2_400_000,
    })
    expect(built.code === 0 ? '' : built.stderr).toBe('')
    await mkdir(join(folder, 'db'))
    const made = spawnSync(join(folder, 'make'), [join(folder, 'db')], { input: JSON.stringify(ENTRIES) })
    expect(made.stderr.toString()).toBe('')
    const archive = join(folder, 'db/vulnerability.db')
    options = { archive, cache: join(folder, 'cache'), withoutGo: true }
  })
  afterAll(async () => {
    await act.temp.dispose()
    await act.http.close()
    await double.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  async function fetch(files: Record<string, string>): Promise<ImagePlatform> {
    const digest = await imageOf(double, 'acme/app', [files], {})
    const client = new RegistryClient(act, {})
    const ref = { registry: double.host, repository: 'acme/app', digest }
    const platform = parsePlatform('linux/amd64')
    const [found] = await fetchImage(ref, 'reason' in platform ? [] : [platform], client, act)
    if (found === undefined) throw new Error('no platform')
    return found
  }

  const debian = (packages: string): Record<string, string> => ({
    'etc/os-release': 'ID=debian\nVERSION_ID="13"\nNAME=Debian\nVERSION_CODENAME=trixie\n',
    'var/lib/dpkg/status': packages,
    // Nothing in an image or a repository may switch findings off.
    '.grype.yaml': 'ignore:\n  - vulnerability: CVE-2026-1111\n',
  })

  it('without a database is an environment failure, not a pass', async () => {
    const image = await fetch(debian(installed('libfoo1', '1.2-3')))
    const empty = { ...options, cache: join(folder, 'nothing') }
    await expect(scanPackages(image, empty, scanner, act)).rejects.toMatchObject({ exitCode: 3, problems: [{ code: 'scan-database' }] })
    await expect(prepareGrype(scanner, { archive: '/not/there.db', cache: empty.cache }, act)).rejects.toMatchObject({ exitCode: 3, problems: [{ code: 'scan-database', cause: expect.stringContaining('no such file') }] })
  }) // prettier-ignore

  it('finds what the distribution has, fixed and not fixed', async () => {
    await prepareGrype(scanner, options, act)
    const image = await fetch(debian(installed('libfoo1', '1.2-3') + installed('libbar', '2.0-1')))
    expect(image.packages).toBe(true)
    const { part } = await scanPackages(image, options, scanner, act)
    expect(part.findings.map(({ id, severity, package: name, installed: version, fixed }) => [id, severity, name, version, fixed])).toEqual([
      ['CVE-2026-2222', 'CRITICAL', 'libbar', '2.0-1', undefined],
      ['CVE-2026-1111', 'HIGH', 'libfoo1', '1.2-3', '1.2-4'],
    ])
    expect(part.findings[0]?.places).toEqual([{ file: '/var/lib/dpkg/status', image: image.image, platform: 'linux/amd64' }])
    expect(part).toMatchObject({ database: { source: 'manual import' }, notes: ['debian 13'] })
    // The same package in the fixed version is none.
    const fixed = await fetch(debian(installed('libfoo1', '1.2-4')))
    expect((await scanPackages(fixed, options, scanner, act)).part.findings).toEqual([])
    expect(await readFile(join(folder, 'cache/6/vulnerability.db'))).not.toHaveLength(0)
  }) // prettier-ignore
})
