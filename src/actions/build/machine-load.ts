import type { Environment } from '../../base/platform.ts'
import type { CachePart } from '../../cache/state.ts'

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

/**
 * How many go commands that compile run at once. With a build cache each mostly links, which keeps one core busy: they fill each other's
 * gaps. Without one each keeps all cores busy by itself: side by side they take the processor's caches from each other (two platforms of a
 * service with 35 direct dependencies, cold, 2 cores: 155 seconds of CPU one after the other, 175 side by side), and what waits for the first of
 * them waits twice as long.
 * @param cache what is known of the build cache; undefined where none is restored (a laptop, whose caches stay)
 */
export function compilesAtOnce(cache: Pick<CachePart, 'status' | 'hit'> | undefined, cores: number): number {
  const cold = cache !== undefined && cache.hit === 'none' && !['kept', 'shared'].includes(cache.status)
  return cold ? Math.max(1, Math.floor(cores / 2)) : Math.max(2, Math.ceil(cores / 2))
}

/**
 * How many images are started at once. A start mostly waits, for the program and then to see that it stays up, so there may be more than
 * cores; each may take a core and 512 MB. Without an engine they would take each other's ports.
 */
export const startsAtOnce = (natively: boolean, cores: number): number =>
  natively ? 1 : Math.min(16, Math.max(6, cores))
