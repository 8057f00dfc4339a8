import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { runMatrix } from '../../../../src/actions/stages/matrix/run.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import { testAct } from '../../../support/registry-act.ts'

const run = async (
  values: Record<string, string>,
): Promise<{ legs: unknown[]; outputs: Readonly<Record<string, string>> }> => {
  const act = { ...testAct(), cancel: () => undefined, close: () => Promise.resolve() }
  const { outputs } = await runMatrix((name) => values[name] ?? '', act)
  return { legs: JSON.parse(outputs['matrix'] ?? '') as unknown[], outputs }
}

describe('matrix', () => {
  it.each<[string, Record<string, string>, unknown[]]>([
    ['nothing', {}, [{ name: 'ubuntu-latest', runner: 'ubuntu-latest', go: '' }]],
    [
      'runners by Go versions',
      { runners: 'ubuntu-latest\nwindows-latest', 'go-versions': '1.25, 1.26' },
      [
        { name: 'ubuntu-latest-go1.25', runner: 'ubuntu-latest', go: '1.25' },
        { name: 'ubuntu-latest-go1.26', runner: 'ubuntu-latest', go: '1.26' },
        { name: 'windows-latest-go1.25', runner: 'windows-latest', go: '1.25' },
        { name: 'windows-latest-go1.26', runner: 'windows-latest', go: '1.26' },
      ],
    ],
    [
      'platforms on runners of their own kind',
      { platforms: 'linux/amd64,linux/arm64,windows/amd64,linux/riscv64' },
      [
        { name: 'linux-amd64', runner: 'ubuntu-24.04', platform: 'linux/amd64' },
        { name: 'linux-arm64', runner: 'ubuntu-24.04-arm', platform: 'linux/arm64' },
        { name: 'windows-amd64', runner: 'windows-2025', platform: 'windows/amd64' },
        { name: 'linux-riscv64', runner: 'ubuntu-24.04', platform: 'linux/riscv64' },
      ],
    ],
    [
      'the user’s own map before the runners of GitHub, the most specific first, with several labels',
      { platforms: 'linux/amd64,linux/arm64', 'runner-of': 'linux=mine\nlinux/arm64=self-hosted+arm' },
      [
        { name: 'linux-amd64', runner: 'mine', platform: 'linux/amd64' },
        { name: 'linux-arm64', runner: ['self-hosted', 'arm'], platform: 'linux/arm64' },
      ],
    ],
  ])('%s', async (_, values, legs) => {
    const found = await run(values)
    expect(found.legs).toEqual(legs)
    expect(JSON.parse(found.outputs['names'] ?? '')).toEqual(
      legs.map((leg) => (leg as { name: string }).name),
    )
  })

  it.each<[string, Record<string, string>, string]>([
    ['too many', { runners: 'a,b,c', limit: '2' }, 'matrix-too-large'],
    ['a runner twice', { runners: 'a,A' }, 'matrix-leg-twice'],
    ['no runner for it', { platforms: 'windows/arm64' }, 'matrix-no-runner'],
    ['no Go version', { 'go-versions': 'new' }, 'bad-input'],
    ['no label', { runners: '${{ evil }}' }, 'bad-input'],
    ['no limit', { limit: '1000' }, 'bad-input'],
  ])('refuses %s', async (_, values, code) => {
    const error: unknown = await run(values).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PipelineError)
    expect((error as PipelineError).problems.map((problem) => problem.code)).toContain(code)
  })

  it('names every leg once, whatever is asked for', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), { minLength: 1, maxLength: 5 }),
        fc.subarray(['1.24', '1.25', '1.26']),
        async (runners, versions) => {
          const found = await run({ runners: runners.join(','), 'go-versions': versions.join(',') }).catch(
            () => undefined,
          )
          if (found === undefined) return
          const names = JSON.parse(found.outputs['names'] ?? '') as string[]
          expect(new Set(names).size).toBe(names.length)
          expect(names).toHaveLength(runners.length * Math.max(1, versions.length))
        },
      ),
      { numRuns: 50 },
    ))
})
