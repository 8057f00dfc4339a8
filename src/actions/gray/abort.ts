import { userInfo } from 'node:os'
import { gateError } from '../../base/errors.ts'
import { claimOf } from '../../gray/lease.ts'
import { type ReapResult, takeUp } from '../../gray/reap.ts'
import { isTerminal } from '../../gray/reducer.ts'
import type { Shell } from '../shell.ts'
import type { Wires } from './wire.ts'

const POLL_MS = 1000
/** A live engine learns of the mark with its next write, at the latest with its next heartbeat, and then goes back. */
const PATIENCE_MS = 15 * 60_000

/**
 * Takes the stored release back, whoever drives it: a living engine is asked by the mark that only it may obey, a sleeping or
 * lost one is taken over. Throws `gray-busy` when a living engine does not obey in time.
 */
export async function abortRelease(wires: Wires, act: Shell, why: 'abort' | 'recover'): Promise<ReapResult> {
  const { store } = wires
  const owner = `gray ${why} by ${who(act.env['GITHUB_ACTOR'])}`
  const since = act.clock.now()
  let asked = false
  for (;;) {
    const stored = await store.read(act.signal)
    if (stored === undefined) return { action: 'none', reason: 'no release is stored' }
    const { release, revision } = stored
    const names = { old: release.old, new: release.new }
    const claim = claimOf(release, act.clock.now())
    if (claim.kind === 'free')
      return {
        action: 'none',
        reason: asked ? release.state.reason : 'the stored release has ended',
        release,
      }
    if (claim.kind !== 'held') {
      const options = wires.options(names)
      const marked = { ...options, policy: 'rollback' as const }
      return takeUp(marked, (found) => found.kind !== 'held', ({ id }) => id === release.id) // prettier-ignore
    }
    // One that has ended is let go of in a moment, or when its lease is over.
    if (act.clock.now() - since > PATIENCE_MS)
      throw gateError({
        code: 'gray-busy',
        what: `release ${release.id} is held by ${claim.owner}, which does not go back`,
        where: release.run?.url ?? store.where,
        fix: `wait until ${new Date(claim.expires).toISOString()}, then run gray reap`,
      })
    if (release.superseded === undefined && !isTerminal(release.state)) {
      const marked = { ...release, superseded: { by: owner, at: since } }
      if ((await store.write(marked, revision, act.signal)) !== undefined && !asked) {
        act.log.info(`release ${release.id} is asked to go back; ${claim.owner} drives it`)
        asked = true
      }
    }
    await act.clock.sleep(POLL_MS, act.signal)
  }
}

function who(actor: string | undefined): string {
  if (actor !== undefined && actor !== '') return actor
  try {
    return userInfo().username
  } catch {
    return 'somebody'
  }
}
