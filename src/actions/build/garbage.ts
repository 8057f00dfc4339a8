import type { Environment } from '../../base/platform.ts'

const MIB = 2 ** 20

/**
 * How the go command and the compilers it starts collect garbage. They live for seconds, so Go's default (collect whenever the heap has
 * doubled) costs them more than it saves: measured on a service with 35 direct dependencies, GOGC=400 takes a cold compile from 154 to 130
 * seconds of CPU, and GOGC=off the unpacking of its modules from 37 to 9 s on a busy machine (8.7 to 1.3 s of kernel time). GOMEMLIMIT
 * bounds each process, so a small machine collects more instead of running out.
 *
 * Not for commands that run tests: the tests would inherit it. Empty when the user has set either. Neither is part of Go's cache keys.
 * @param cores how many compilers run at once
 */
export function collectLess(
  kind: 'unpack' | 'compile',
  env: Environment,
  memoryBytes: number,
  cores: number,
): Record<string, string> {
  if ((env['GOGC'] ?? '') !== '' || (env['GOMEMLIMIT'] ?? '') !== '') return {}
  const share = Math.floor(memoryBytes / MIB / 2 / Math.max(1, cores))
  const limit = Math.max(256, Math.min(kind === 'unpack' ? 512 : 2048, share))
  return { GOGC: kind === 'unpack' ? 'off' : '400', GOMEMLIMIT: `${limit}MiB` }
}
