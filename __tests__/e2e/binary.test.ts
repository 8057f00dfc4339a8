import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePlatform, goEnvironment } from '../../src/base/platform.ts'
import { judgeBinary, readBinaryFile } from '../../src/checks/binary.ts'
import { describeWithRig, run } from '../support/rig.ts'

describeWithRig('programs that Go really writes', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-go-binary-'))
    await writeFile(join(folder, 'go.mod'), 'module example.com/tiny\n\ngo 1.26\n')
    await writeFile(join(folder, 'main.go'), 'package main\n\nfunc main() { println("hi") }\n')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'windows/amd64', 'windows/386'])(
    '%s fits its platform and no other',
    async (text) => {
      const platform = parsePlatform(text)
      if ('reason' in platform) throw new Error(platform.reason)
      const file = join(folder, 'program')
      const built = await run(['go', 'build', '-o', file, '.'], {
        cwd: folder,
        env: { CGO_ENABLED: '0', GOFLAGS: '', ...goEnvironment(platform) },
      })
      expect(built.stderr).toBe('')
      const facts = await readBinaryFile(file)
      const options = { where: file, mustBeStatic: true }
      expect(judgeBinary(facts, platform, options)).toEqual([])
      expect(
        judgeBinary(facts, { os: platform.os, arch: platform.arch === 'amd64' ? 'arm64' : 'amd64' }, options),
      ).toHaveLength(1)
      if (facts.format === 'pe')
        expect(facts).toMatchObject({ subsystem: 'console', dll: false, imports: ['kernel32.dll'] })
    },
  )

  it('a cgo program needs its loader and the C library', async () => {
    await writeFile(
      join(folder, 'main.go'),
      'package main\n\n// int one(void) { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n',
    )
    const file = join(folder, 'dynamic')
    const built = await run(['go', 'build', '-o', file, '.'], {
      cwd: folder,
      env: { CGO_ENABLED: '1', GOFLAGS: '' },
    })
    expect(built.code).toBe(0)
    const facts = await readBinaryFile(file)
    expect(facts).toMatchObject({
      format: 'elf',
      static: false,
      interpreter: expect.stringContaining('ld-linux'),
      needed: expect.arrayContaining(['libc.so.6']),
    })
    expect(
      judgeBinary(facts, { os: 'linux', arch: 'amd64' }, { where: file, mustBeStatic: true }),
    ).toHaveLength(1)
    expect(judgeBinary(facts, { os: 'linux', arch: 'amd64' }, { where: file, mustBeStatic: false })).toEqual(
      [],
    )
  })
})
