import type { Act } from '../../base/act.ts'
import { inputError, messageOf } from '../../base/errors.ts'
import { at, listAt, maybeText, numberAt, textAt } from '../../github/answers.ts'
import { type GitHub, type Repository, route } from '../../github/client.ts'
import { GitHubFault } from '../../github/faults.ts'
import { mapLimited } from '../../registry/pool.ts'
import { eventsOf } from './deployments.ts'
import type { ComparisonFact, DeploymentFact, Facts, RunFact, StatusFact, Window } from './facts.ts'
import { alertFacts } from './vulnerabilities.ts'

export interface CollectRequest {
  readonly repository: Repository
  readonly window: Window
  /** File names or ids; empty is every workflow of the repository. */
  readonly workflows: readonly string[]
  /** Undefined is every one. */
  readonly branch: string | undefined
  readonly event: string | undefined
  readonly environment: string
  /** Severities of code scanning that count; empty asks nothing of code scanning. */
  readonly severities: readonly string[]
}

/** What is read at most. Beyond it the report says what is missing instead of running for hours. */
export const MOST = { runs: 5000, deployments: 300, comparisons: 150, alerts: 1000 } as const
/** GitHub answers no more than this many results of one search for runs. */
const SEARCH_LIMIT = 1000
const HOUR_MS = 3_600_000

/** Everything the numbers need, from the API, within bounds; what is missing is in `partial`. */
export async function collectFacts(
  request: CollectRequest,
  github: GitHub,
  act: Pick<Act, 'signal' | 'log'>,
): Promise<Facts> {
  const partial: string[] = []
  const reader = new Collector(request, github, act, partial)
  const runs = await reader.runs()
  const deployments = await reader.deployments()
  const comparisons = await reader.comparisons(deployments)
  const vulnerabilities = await reader.alerts(deployments)
  return { window: request.window, runs, deployments, comparisons, vulnerabilities, partial }
}

class Collector {
  readonly #request: CollectRequest
  readonly #github: GitHub
  readonly #act: Pick<Act, 'signal' | 'log'>
  readonly #partial: string[]

  constructor(request: CollectRequest, github: GitHub, act: Pick<Act, 'signal' | 'log'>, partial: string[]) {
    this.#request = request
    this.#github = github
    this.#act = act
    this.#partial = partial
  }

  async runs(): Promise<RunFact[]> {
    const { owner, repo } = this.#request.repository
    const { workflows, window } = this.#request
    const all: RunFact[] = []
    const paths =
      workflows.length === 0
        ? [route`/repos/${owner}/${repo}/actions/runs`]
        : workflows.map((name) => route`/repos/${owner}/${repo}/actions/workflows/${name}/runs`)
    for (const [index, path] of paths.entries())
      try {
        await this.#runsOf(path, window, all)
      } catch (error) {
        if (!(error instanceof GitHubFault) || error.status !== 404 || workflows[index] === undefined)
          throw error
        throw inputError({
          code: 'metrics-no-workflow',
          what: `there is no workflow ${workflows[index]}`,
          input: 'workflows',
          value: workflows[index],
          fix: 'name the file in .github/workflows, for example ci.yml; a private repository also needs actions: read',
        })
      }
    return all
  }

  /** The later half of a window that holds too many runs is read first: what is missing in the end is the oldest. */
  async #runsOf(path: string, window: Window, all: RunFact[]): Promise<void> {
    const { branch, event } = this.#request
    let read = 0
    for (let page = 1; ; page++) {
      if (all.length >= MOST.runs) {
        this.#say(`runs before ${iso(window.to)} were not read (${MOST.runs} are the most)`)
        return
      }
      const answer = await this.#github.get(path, this.#act.signal, {
        query: {
          created: `${iso(window.from)}..${iso(window.to)}`,
          status: 'completed',
          exclude_pull_requests: 'true',
          per_page: 100,
          page,
          branch,
          event,
        },
        needs: 'actions: read',
      })
      const total = numberAt(answer, 'total_count')
      if (page === 1 && total > SEARCH_LIMIT && window.to - window.from > HOUR_MS) {
        const middle = Math.floor((window.from + window.to) / 2000) * 1000
        await this.#runsOf(path, { from: middle + 1000, to: window.to }, all)
        await this.#runsOf(path, { from: window.from, to: middle }, all)
        return
      }
      const items = listAt(answer, 'workflow_runs')
      all.push(...items.map(readRun))
      read += items.length
      if (read >= total) return
      // Beyond the limit of a search pages are empty.
      if (items.length === 0) {
        this.#say(`${total - read} runs before ${iso(window.to)} were not read: GitHub does not give them`)
        return
      }
    }
  }

  /** Those of the window, and before it back to the last one that was live. Oldest first. */
  async deployments(): Promise<DeploymentFact[]> {
    const { owner, repo } = this.#request.repository
    const { window, environment } = this.#request
    const path = route`/repos/${owner}/${repo}/deployments`
    const found: DeploymentFact[] = []
    let before = 0
    for await (const item of this.#github.items(path, this.#act.signal, {
      query: { environment },
      needs: 'deployments: read',
    })) {
      const createdAt = time(item, 'created_at')
      if (createdAt > window.to) continue
      if (found.length >= MOST.deployments) {
        this.#say(`deployments before ${iso(createdAt)} were not read (${MOST.deployments} are the most)`)
        break
      }
      const fact = readDeployment(item, createdAt, await this.#statuses(numberAt(item, 'id')))
      found.push(fact)
      // A few more tell which version was live, and which were live before that.
      if (createdAt < window.from && fact.statuses.some((status) => status.state === 'success')) before++
      if (before >= 2) break
    }
    return found.reverse()
  }

  async #statuses(id: number): Promise<StatusFact[]> {
    const { owner, repo } = this.#request.repository
    const statuses: StatusFact[] = []
    const path = route`/repos/${owner}/${repo}/deployments/${id}/statuses`
    for await (const one of this.#github.items(path, this.#act.signal, { needs: 'deployments: read' })) {
      statuses.push({
        state: textAt(one, 'state'),
        description: maybeText(one, 'description') ?? '',
        at: time(one, 'created_at'),
      })
      if (statuses.length >= 500) break
    }
    return statuses.filter((status) => status.at <= this.#request.window.to).sort((a, b) => a.at - b.at)
  }

  /** Each version that went live against the one before it; newest first, because they matter most. */
  async comparisons(deployments: readonly DeploymentFact[]): Promise<ComparisonFact[]> {
    const pairs = new Map<string, { base: string; head: string }>()
    let former: string | undefined
    for (const event of eventsOf(deployments)) {
      if (event.outcome !== 'live') continue
      if (event.at >= this.#request.window.from && former !== event.sha)
        pairs.set(`${former ?? ''}...${event.sha}`, { base: former ?? '', head: event.sha })
      former = event.sha
    }
    const asked = [...pairs.values()].reverse().slice(0, MOST.comparisons)
    if (asked.length < pairs.size)
      this.#say(
        `${pairs.size - asked.length} older changes were not compared (${MOST.comparisons} are the most)`,
      )
    const facts = await mapLimited(asked, 4, (pair) => this.#compare(pair.base, pair.head))
    return facts.filter((fact) => fact !== undefined)
  }

  async #compare(base: string, head: string): Promise<ComparisonFact | undefined> {
    const { owner, repo } = this.#request.repository
    const needs = 'contents: read'
    if (base === '') {
      const value = await this.#github.find(route`/repos/${owner}/${repo}/commits/${head}`, this.#act.signal, { needs }) // prettier-ignore
      if (value === undefined) return undefined
      return { base, head, status: 'ahead', commits: [readCommit(value)], total: 1 }
    }
    const path = `${route`/repos/${owner}/${repo}/compare/`}${encodeURIComponent(`${base}...${head}`)}`
    const value = await this.#github.find(path, this.#act.signal, { needs })
    if (value === undefined) {
      this.#say(`${head.slice(0, 12)} cannot be compared with ${base.slice(0, 12)}: one of them is gone`)
      return undefined
    }
    const commits = listAt(value, 'commits').map(readCommit)
    const total = numberAt(value, 'total_commits')
    if (total > commits.length)
      this.#say(`lead time of ${head.slice(0, 12)}: ${commits.length} of ${total} commits were read`)
    return { base, head, status: textAt(value, 'status') as ComparisonFact['status'], commits, total }
  }

  /** Alerts of code scanning; where it is off there are none, and that is said. */
  async alerts(deployments: readonly DeploymentFact[]): Promise<Facts['vulnerabilities']> {
    const { repository, severities, window } = this.#request
    const { owner, repo } = repository
    if (severities.length === 0) return []
    const path = route`/repos/${owner}/${repo}/code-scanning/alerts`
    const items: unknown[] = []
    try {
      for await (const item of this.#github.items(path, this.#act.signal, {
        query: { sort: 'created', direction: 'desc' },
        needs: 'security-events: read',
      })) {
        if (time(item, 'created_at') < window.from) break
        if (items.length >= MOST.alerts) {
          this.#say(`alerts before ${textAt(item, 'created_at')} were not read (${MOST.alerts} are the most)`)
          break
        }
        items.push(item)
      }
    } catch (error) {
      // 404: no analysis yet; 403: not paid for, or not granted.
      if (!(error instanceof GitHubFault) || (error.status !== 404 && error.status !== 403)) throw error
      this.#say(`code scanning gave no alerts: ${messageOf(error).split('\n')[0] ?? ''}`)
    }
    return alertFacts(items, severities, eventsOf(deployments), window)
  }

  #say(note: string): void {
    this.#partial.push(note)
    this.#act.log.info(`partial data: ${note}`)
  }
}

function readRun(value: unknown): RunFact {
  const createdAt = time(value, 'created_at')
  const startedAt = maybeText(value, 'run_started_at')
  return {
    id: numberAt(value, 'id'),
    workflow: maybeText(value, 'name') ?? '',
    branch: maybeText(value, 'head_branch') ?? '',
    attempt: (at(value, 'run_attempt') as number | undefined) ?? 1,
    conclusion: maybeText(value, 'conclusion') ?? '',
    createdAt,
    startedAt: startedAt === undefined ? createdAt : Date.parse(startedAt),
    endedAt: time(value, 'updated_at'),
    url: textAt(value, 'html_url'),
  }
}

function readDeployment(value: unknown, createdAt: number, statuses: readonly StatusFact[]): DeploymentFact {
  const raw = at(value, 'payload')
  const payload = typeof raw === 'string' ? parse(raw) : raw
  return {
    id: numberAt(value, 'id'),
    sha: textAt(value, 'sha'),
    task: textAt(value, 'task'),
    version: maybeText(payload, 'new') ?? maybeText(payload, 'image'),
    createdAt,
    statuses,
  }
}

// The committer's date is when the change came to be in this form; the author's may be years older.
const readCommit = (value: unknown): { sha: string; at: number } => ({
  sha: textAt(value, 'sha'),
  at: time(value, 'commit', 'committer', 'date'),
})

const time = (value: unknown, ...path: readonly string[]): number => Date.parse(textAt(value, ...path))
/** To the second, as GitHub's search takes it. */
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
