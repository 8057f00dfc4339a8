import { describe, expect, it } from '@jest/globals'
import { blamesCaches } from '../../../src/actions/build/dockerfile-caches.ts'
import { cancelledError, environmentError, gateError, type Problem } from '../../../src/base/errors.ts'

const problem = (more: Partial<Problem> = {}): Problem => ({
  code: 'image-build-run-failed',
  what: 'the image build failed at [build 4/5] RUN --mount=type=cache,target=/x go build',
  where: 'Dockerfile:9',
  ...more,
})

describe('whether a failed build is tried again without the caches', () => {
  it.each<[what: string, error: unknown, again: boolean]>([
    ['a RUN that says nothing of Go', gateError(problem(), 'permission denied'), true],
    [
      'a private module that only the layer of before had',
      gateError(problem({ code: 'image-build-go-private-module' }), 'could not read Username'),
      true,
    ],
    ['a compile error', gateError(problem(), './main.go:3:15: undefined: x'), false],
    ['a failed test', gateError(problem(), '--- FAIL: TestX (0.00s)\nFAIL'), false],
    [
      'a step before the first that has them',
      gateError(problem({ where: 'Dockerfile:3' }), 'apt-get failed'),
      false,
    ],
    ['a full disk', environmentError(problem({ code: 'image-build-disk-full' })), false],
    ['a base that is not there', gateError(problem({ code: 'image-build-base-missing' })), false],
    ['a broken network', environmentError(problem({ code: 'image-build-network' })), false],
    ['a cancelled run', cancelledError('enough'), false],
    ['a fault of ours', new TypeError('x'), false],
  ])('%s', (_, error, again) => {
    expect(blamesCaches(error, 5)).toBe(again)
  })
})
