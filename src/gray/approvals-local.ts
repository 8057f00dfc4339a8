import { mkdir, readdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { codeOf, inputError } from '../base/errors.ts'
import { readTextIfAny, writeAtomic } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import type { Host } from '../base/platform.ts'
import { countVotes, holdId, type Vote } from './github-votes.ts'
import type { ApprovalAnswer, Approver, StoredRelease } from './ports.ts'

export interface LocalApproverOptions {
  /** Shared by everybody who approves; one folder for each hold is made in it. */
  readonly folder: string
  readonly minimum: number
  /** Default false. True is for a laptop on which one person tries a release out. */
  readonly selfApproval?: boolean
  readonly host: Host
  readonly log: Log
  /** The account that owns a file; for tests. */
  readonly ownerOf?: (file: string) => Promise<number>
}

/** A name that is a file name on every system; two names never become the same one. */
const fileName = (name: string): string =>
  encodeURIComponent(name).replace(/[.*~!'()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)

/** Who runs this program. The account of the operating system, not a variable that anybody can set. */
export const localUser = (): string => userInfo().username

/**
 * Approvals without GitHub: `gray approve` writes a file for each person into a shared folder. On Linux and macOS the owner of
 * the file is the proof of who wrote it; on Windows the name in it is taken as it is, as the folder's rights allow.
 */
export class LocalApprover implements Approver {
  readonly #options: LocalApproverOptions

  constructor(options: LocalApproverOptions) {
    this.#options = options
  }

  async ask(release: StoredRelease, reason: string): Promise<void> {
    const hold = holdId(release)
    const folder = holdFolder(this.#options.folder, hold)
    await mkdir(folder, { recursive: true })
    const request = { hold, reason, askedBy: localUser(), new: release.new, old: release.old }
    // The first one stays: who takes a release over is not who started it.
    if ((await readTextIfAny(join(folder, 'request.json'))) === undefined)
      await writeAtomic(join(folder, 'request.json'), `${JSON.stringify(request, null, 2)}\n`)
    this.#options.log.info(`the release waits for ${this.#options.minimum} to approve: gray approve ${hold}`)
  }

  async answer(release: StoredRelease): Promise<ApprovalAnswer> {
    const hold = holdId(release)
    const folder = holdFolder(this.#options.folder, hold)
    const request = parse(await readTextIfAny(join(folder, 'request.json')))
    const { host, selfApproval, ownerOf = ownerOfFile } = this.#options
    const accounts = host.os !== 'windows'
    const votes = await readVotes(folder, hold, accounts ? ownerOf : undefined)
    const asker = typeof request['askedBy'] === 'string' ? request['askedBy'] : undefined
    const askerAccount =
      accounts && asker !== undefined ? await ownerOf(join(folder, 'request.json')) : undefined
    const own = votes.filter(({ by, owner }) => (owner === undefined ? by === asker : owner === askerAccount))
    return countVotes(votes, {
      minimum: this.#options.minimum,
      excluded: selfApproval === true ? [] : own.map(({ by }) => ({ login: by, why: 'started the release' })),
      how: `Run: gray approve ${hold}`,
    })
  }
}

/** What `gray approve ID` and `gray reject ID` do. Throws `approval-unknown` when nothing waits under this id. */
export async function decideLocally(
  decision: {
    readonly folder: string
    readonly hold: string
    readonly approves: boolean
    readonly at: number
  },
  by = localUser(),
): Promise<void> {
  const folder = holdFolder(decision.folder, decision.hold)
  if ((await readTextIfAny(join(folder, 'request.json'))) === undefined)
    throw inputError({
      code: 'approval-unknown',
      what: `no release waits for "${decision.hold}"`,
      where: decision.folder,
      fix: 'copy the id from the line that asks for the approval',
    })
  const vote = {
    hold: decision.hold,
    by,
    approves: decision.approves,
    at: new Date(decision.at).toISOString(),
  }
  await writeAtomic(join(folder, `${fileName(by)}.vote.json`), `${JSON.stringify(vote)}\n`)
}

const holdFolder = (folder: string, hold: string): string => join(folder, fileName(hold))

const ownerOfFile = async (file: string): Promise<number> => (await stat(file)).uid

async function readVotes(
  folder: string,
  hold: string,
  ownerOf: ((file: string) => Promise<number>) | undefined,
): Promise<(Vote & { owner: number | undefined })[]> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
  const votes: (Vote & { owner: number | undefined })[] = []
  for (const name of names.filter((one) => one.endsWith('.vote.json')).sort()) {
    const file = join(folder, name)
    const vote = parse(await readTextIfAny(file))
    const { by, approves } = vote
    if (vote['hold'] !== hold || typeof by !== 'string' || typeof approves !== 'boolean') continue
    if (name !== `${fileName(by)}.vote.json`) continue
    const owner = await ownerOf?.(file)
    // Two files of one account are one person, whatever names are in them; a rejection stays one.
    if (approves && owner !== undefined && votes.some((one) => one.approves && one.owner === owner)) continue
    votes.push({ by, approves, owner })
  }
  return votes
}

function parse(text: string | undefined): Record<string, unknown> {
  try {
    const value = JSON.parse(text ?? '{}') as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
