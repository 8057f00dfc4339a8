import { releaseWord } from './dead-man-script.ts'
import type { StoredRelease } from './ports.ts'
import { advanceRelease } from './record.ts'
import { isTerminal, reduce } from './reducer.ts'

/** What a dead-man timer says of itself beside the state. */
export interface DeadManMark {
  readonly kind: 'firing' | 'fired'
  /** The release it was armed for. */
  readonly release: string
  /** Fired: when, ms by the host's clock. */
  readonly at?: number
  /** Fired: exit code of the way back, 0 when everything on its host is old and healthy. */
  readonly code?: number
}

/** `firing:RELEASE:DEADLINE` or `fired:RELEASE:SECONDS:CODE`, as the store's scripts join them. */
export function parseMark(word: string): DeadManMark | undefined {
  const [, kind = '', release = '', at = '', code = ''] =
    /^(firing|fired):([^:]+)(?::(\d+))?(?::(\d+))?$/.exec(word) ?? []
  if (kind === 'firing') return { kind, release }
  if (kind !== 'fired' || at === '' || code === '') return undefined
  return { kind, release, at: Number(at) * 1000, code: Number(code) }
}

/** Whether a release's target is the one host that keeps its state, so that its timer speaks for all of it. */
function alone(release: StoredRelease): boolean {
  const { kind, hosts } = release.adapter
  return kind !== 'hosts' || (Array.isArray(hosts) && hosts.length === 1)
}

/**
 * The stored release as it is after its dead-man timer: nobody holds it any more. Where the timer has put back all there is,
 * it is rolled back; of several hosts each has its own timer, so the release is on its way back, and whoever takes it up asks
 * every host before it says that all are old.
 */
export function applyDeadMan(release: StoredRelease, mark: DeadManMark): StoredRelease {
  if (mark.release !== releaseWord(release.id) || isTerminal(release.state) || !release.state.touched)
    return release
  const { plan } = release
  const at = mark.at ?? release.startedAt
  const when = mark.at === undefined ? '' : ` at ${new Date(mark.at).toISOString()}`
  const reason = `the dead-man timer put the old version back${when}: its engine was silent for too long`
  const { state } = reduce(plan, release.state, { kind: 'cancel', reason }, at)
  const aborting = { ...advanceRelease(release, state, at), lease: null }
  if (mark.kind !== 'fired' || mark.code !== 0 || !alone(release) || state.phase !== 'aborting')
    return aborting
  const asked = reduce(plan, state, { kind: 'acted', of: 'reset' }, at).state
  const back = reduce(plan, asked, { kind: 'observed', percent: 0, settled: true }, at).state
  return advanceRelease(aborting, back, at)
}
