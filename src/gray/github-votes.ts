import { sameLogin } from '../github/answers.ts'
import type { ApprovalAnswer, StoredRelease } from './ports.ts'

/**
 * Names one hold of a release: an approval of the 5 % step is none of the 50 % step. Short enough to be typed.
 */
export function holdId(release: Pick<StoredRelease, 'id' | 'state'>): string {
  const { step, heldAt } = release.state
  return `${release.id}.${heldAt === 'baking' ? 'bake' : `step${step + 1}`}`
}

export interface Vote {
  readonly by: string
  readonly approves: boolean
}

export interface CountRules {
  /** How many different people must approve; at least 1. */
  readonly minimum: number
  /** People whose approval does not count, with the reason: they would approve their own work. */
  readonly excluded: readonly { readonly login: string; readonly why: string }[]
  /** Asked of each approver that is left: undefined when he may, else why not. */
  readonly refusal?: (login: string) => Promise<string | undefined>
  /** Where people approve, for the waiting message. */
  readonly how: string
}

/**
 * Counts votes: any permitted rejection rejects, `minimum` different permitted people approve, anything else waits. The last
 * vote of a person counts. Rejecting needs the right too, but nobody is excluded from it: the author may stop his own release.
 */
export async function countVotes(votes: readonly Vote[], rules: CountRules): Promise<ApprovalAnswer> {
  const last = new Map<string, Vote>()
  for (const vote of votes) last.set(vote.by.toLowerCase(), vote)
  const by: string[] = []
  const ignored: string[] = []
  for (const vote of last.values()) {
    const own = rules.excluded.find(({ login }) => sameLogin(login, vote.by))
    if (own !== undefined && vote.approves) {
      ignored.push(`${vote.by} ${own.why}`)
      continue
    }
    const refusal = await rules.refusal?.(vote.by)
    if (refusal !== undefined) ignored.push(`${vote.by} ${refusal}`)
    else if (!vote.approves) return { kind: 'rejected', by: vote.by }
    else by.push(vote.by)
  }
  const minimum = Math.max(1, rules.minimum)
  if (by.length >= minimum) return { kind: 'approved', by }
  const have = by.length === 0 ? '' : ` (${by.join(', ')})`
  const not = ignored.length === 0 ? '' : `; not counted: ${ignored.join('; ')}`
  return { kind: 'waiting', detail: `${by.length} of ${minimum} approvals${have}${not}. ${rules.how}` }
}

/**
 * What a comment says about a hold: the last `/approve ID` or `/reject ID` at the start of a line. Quotes (`>`) and code
 * blocks are other people's words. Pure.
 */
export function commandIn(body: string, hold: string): 'approve' | 'reject' | undefined {
  let fenced = false
  let found: 'approve' | 'reject' | undefined
  for (const line of body.split(/\r?\n/)) {
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced
    const match = fenced ? null : /^\/(approve|reject)\s+(\S+)(?:\s|$)/.exec(line)
    if (match?.[2] === hold) found = match[1] === 'approve' ? 'approve' : 'reject'
  }
  return found
}
