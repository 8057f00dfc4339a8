/**
 * A GitHub API on loopback for tests. Each request and each answer is checked against GitHub's published OpenAPI
 * description: a path, query, body or answer that is not in it is a violation, and `close` throws when there was one.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Found, OpenApi } from './github-openapi.ts'

type Json = Record<string, unknown>

export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
}

/** An answer instead of the real one. */
export interface Fault {
  readonly when: (request: Seen) => boolean
  readonly status: number | 'cut'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly times?: number
  /** The request is carried out first: only its answer is lost. */
  readonly carriedOut?: boolean
}

export interface DoubleUser {
  readonly login: string
  readonly type?: 'User' | 'Bot'
  /** `role_name` in the repository. */
  readonly role?: string
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const REPO = { owner: 'acme', repo: 'shop' }
const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

export class GitHubDouble {
  readonly seen: Seen[] = []
  readonly violations: string[] = []
  readonly users = new Map<string, DoubleUser>()
  /** `org/team` to logins; `hidden` ones answer 404 to everything. */
  readonly teams = new Map<string, { members: string[]; hidden?: boolean }>()
  readonly deployments: Json[] = []
  readonly statuses = new Map<number, Json[]>()
  readonly issues: Json[] = []
  readonly comments = new Map<number, Json[]>()
  readonly runs = new Map<string, Json>()
  readonly approvals = new Map<string, Json[]>()
  /** Workflow file to the ids of its runs; see addRun. */
  readonly workflows = new Map<string, string[]>()
  /** `base...head` to how they stand; commits oldest first. */
  readonly comparisons = new Map<
    string,
    { status: string; commits: { sha: string; at: string }[]; total?: number }
  >()
  readonly alerts: Json[] = []
  readonly commits: { sha: string; author: string; paths: string[]; pull?: number }[] = []
  readonly pulls = new Map<
    number,
    { author: string; head: string; merged: boolean; reviews: Json[]; commits: string[] }
  >()
  readonly blobs = new Map<string, Buffer>()
  readonly trees = new Map<string, Map<string, string>>()
  readonly gitCommits = new Map<string, { tree: string; parents: string[]; message: string }>()
  readonly refs = new Map<string, string>()
  readonly releases: Json[] = []
  #received = Buffer.alloc(0)
  readonly faults: { fault: Fault; left: number }[] = []
  readonly repository = REPO
  /** Pages of lists are this long at most, whatever is asked for. */
  pageSize = 100
  now = Date.parse('2026-11-21T12:00:00Z')

  readonly #api = OpenApi.get()
  readonly #server: Server
  #ids = 1000

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.violations.push(`the double failed: ${String(error)}`)
        response.writeHead(599).end()
      })
    })
  }

  static async start(): Promise<GitHubDouble> {
    const double = new GitHubDouble()
    await new Promise<void>((resolve) => double.#server.listen(0, '127.0.0.1', resolve))
    return double
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Throws when anything was not as GitHub describes it. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    if (this.violations.length > 0) throw new Error(`GitHub would not do so:\n${this.violations.join('\n')}`)
  }

  fail(fault: Fault): void {
    this.faults.push({ fault, left: fault.times ?? 1 })
  }

  addUser(user: DoubleUser): void {
    this.users.set(user.login.toLowerCase(), user)
  }

  addRun(
    id: number,
    run: { actor: string; attempt?: number; status?: string; conclusion?: string; sha?: string },
  ): void {
    this.runs.set(String(id), {
      ...this.#api.example('workflow-run'),
      id,
      run_attempt: run.attempt ?? 1,
      status: run.status ?? 'in_progress',
      conclusion: run.conclusion ?? null,
      head_sha: run.sha ?? sha1('head'),
      actor: this.#user(run.actor),
      triggering_actor: this.#user(run.actor),
    })
  }

  /** A run that has ended, as the metrics count it. */
  addEndedRun(
    id: number,
    run: { workflow: string; createdAt: string; seconds: number; conclusion: string; branch?: string; attempt?: number },
  ): void {
    this.addRun(id, { actor: 'mona', status: 'completed', conclusion: run.conclusion, attempt: run.attempt ?? 1 })
    const ended = new Date(Date.parse(run.createdAt) + run.seconds * 1000).toISOString()
    Object.assign(this.runs.get(String(id)) ?? {}, {
      name: run.workflow,
      path: `.github/workflows/${run.workflow}`,
      head_branch: run.branch ?? 'main',
      created_at: run.createdAt,
      run_started_at: run.createdAt,
      updated_at: ended,
    })
    this.workflows.set(run.workflow, [...(this.workflows.get(run.workflow) ?? []), String(id)])
  } // prettier-ignore

  /** A deployment with its statuses, state and time each. */
  addDeployment(
    deployment: { sha: string; at: string; environment?: string; task?: string; payload?: Json },
    statuses: readonly (readonly [state: string, at: string, description?: string])[],
  ): number {
    const { sha, at, environment = 'production', task = 'deploy', payload = {} } = deployment
    const made = this.#deployment({ ref: 'main', environment, task, payload })
    const id = made['id'] as number
    Object.assign(made, { sha, created_at: at })
    for (const [state, time, description = ''] of statuses) {
      this.#status(id, { state, description })
      Object.assign(this.statuses.get(id)?.at(-1) ?? {}, { created_at: time })
    }
    return id
  }

  addAlert(alert: {
    rule: string; severity?: string; createdAt: string; fixedAt?: string; dismissed?: string; path?: string
  }): void {
    const example = this.#api.example('code-scanning-alert-items')
    const instance = example['most_recent_instance'] as Json
    this.alerts.unshift({
      ...example,
      number: this.#id(),
      state: alert.fixedAt !== undefined ? 'fixed' : alert.dismissed !== undefined ? 'dismissed' : 'open',
      created_at: alert.createdAt,
      fixed_at: alert.fixedAt ?? null,
      dismissed_reason: alert.dismissed ?? null,
      rule: { ...(example['rule'] as Json), id: alert.rule, security_severity_level: alert.severity ?? 'high' },
      most_recent_instance: { ...instance, location: { ...(instance['location'] as Json), path: alert.path ?? 'go.mod' } },
    })
  } // prettier-ignore

  addApproval(
    run: number,
    login: string,
    environment: string,
    state: 'approved' | 'rejected' = 'approved',
  ): void {
    const example = this.#api.example('environment-approvals-items')
    const [first] = example['environments'] as Json[]
    const list = this.approvals.get(String(run)) ?? []
    list.push({
      ...example,
      state,
      user: this.#user(login),
      comment: '',
      environments: [{ ...first, name: environment }],
    })
    this.approvals.set(String(run), list)
  }

  addReview(pull: number, login: string, state: string, commit: string): void {
    const found = this.pulls.get(pull)
    if (found === undefined) throw new Error(`there is no pull request ${pull}`)
    found.reviews.push({
      ...this.#api.example('pull-request-review'),
      id: this.#id(),
      user: this.#user(login),
      state,
      commit_id: commit,
      submitted_at: this.#time(),
    })
  }

  /** A comment as a person (or bot) would write it; `edited` changes it afterwards. */
  addComment(issue: number, login: string, body: string, edited = false): void {
    const createdAt = this.#time()
    const list = this.comments.get(issue) ?? []
    list.push({
      ...this.#comment(issue, login, body, createdAt),
      updated_at: edited ? this.#time() : createdAt,
    })
    this.comments.set(issue, list)
  }

  addIssue(login: string, title: string, body: string, labels: string[], association = 'NONE'): number {
    const issue = this.#issue(login, { title, body, labels }, association)
    this.issues.push(issue)
    return issue['number'] as number
  }

  fileAt(branch: string, path: string): string | undefined {
    const commit = this.gitCommits.get(this.refs.get(`heads/${branch}`) ?? '')
    const blob = this.trees.get(commit?.tree ?? '')?.get(path)
    return blob === undefined ? undefined : this.blobs.get(blob)?.toString('utf8')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    this.#received = Buffer.concat(chunks)
    const text = this.#received.toString('utf8')
    const method = request.method ?? 'GET'
    const seen: Seen = {
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers as Record<string, string | undefined>,
      body: bodyOf(text, request.headers['content-type']),
    }
    this.seen.push(seen)
    const where = `${method} ${url.pathname}${url.search}`
    const found = this.#api.find(method, url.pathname)
    if (found === undefined) {
      this.violations.push(`${where}: no such path`)
      response.writeHead(404).end()
      return
    }
    const wrong = this.#api.request(found, method, url.searchParams, seen.body)
    if (seen.headers['x-github-api-version'] !== '2022-11-28') wrong.push('the API version is not asked for')
    if (wrong.length > 0) this.violations.push(...wrong.map((fault) => `${where}: ${fault}`))
    const hit = this.faults.find(({ fault, left }) => left > 0 && fault.when(seen))
    // A lost answer: the work was done all the same.
    let answer = hit === undefined || hit.fault.carriedOut === true ? this.#answer(found, seen) : undefined
    if (hit !== undefined) {
      hit.left--
      if (hit.fault.status === 'cut') {
        request.socket.destroy()
        return
      }
      answer = {
        status: hit.fault.status,
        body: hit.fault.body ?? { message: 'injected' },
        headers: hit.fault.headers ?? {},
      }
    }
    if (answer === undefined) throw new Error(`${where} has no answer`)
    if (hit === undefined) {
      const bad = this.#api.answer(found, method, answer.status, answer.body)
      this.violations.push(...bad.map((fault) => `${where}: ${fault}`))
    }
    response.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      ...answer.headers,
    })
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  }

  #answer(found: Found, { method, query, body: raw, path }: Seen): Answer {
    const p = found.parameters
    const body = (raw ?? {}) as Json
    if (p['owner'] !== undefined && (p['owner'] !== REPO.owner || p['repo'] !== REPO.repo)) return notFound()
    switch (`${method} ${found.template}`) {
      case 'GET /repos/{owner}/{repo}/deployments':
        return this.#page(
          path,
          query,
          this.deployments
            .filter((one) =>
              ['environment', 'task', 'ref'].every(
                (name) => query[name] === undefined || one[name] === query[name],
              ),
            )
            .reverse(),
        )
      case 'POST /repos/{owner}/{repo}/deployments':
        return { status: 201, body: this.#deployment(body) }
      case 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses':
        return this.#page(path, query, [...(this.statuses.get(Number(p['deployment_id'])) ?? [])].reverse())
      case 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses':
        return this.#status(Number(p['deployment_id']), body)
      case 'GET /repos/{owner}/{repo}/actions/runs/{run_id}':
        return okOr404(this.runs.get(p['run_id'] ?? ''))
      case 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals':
        return { status: 200, body: this.approvals.get(p['run_id'] ?? '') ?? [] }
      case 'GET /repos/{owner}/{repo}/actions/runs':
        return this.#runList(query, [...this.runs.keys()])
      case 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': {
        const ids = this.workflows.get(p['workflow_id'] ?? '')
        return ids === undefined ? notFound() : this.#runList(query, ids)
      }
      case 'GET /repos/{owner}/{repo}/compare/{basehead}':
        return okOr404(this.#comparison(p['basehead'] ?? ''))
      case 'GET /repos/{owner}/{repo}/code-scanning/alerts':
        return this.#page(path, query, this.alerts)
      case 'GET /repos/{owner}/{repo}/commits/{ref}':
        return okOr404(this.#commitOf(p['ref'] ?? ''))
      case 'GET /repos/{owner}/{repo}/commits': {
        const list = this.commits.filter((one) => one.paths.includes(query['path'] ?? '')).reverse()
        return this.#page(
          path,
          query,
          list.map((one) => this.#commitOf(one.sha) ?? {}),
        )
      }
      case 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': {
        const pull = this.commits.find((one) => one.sha === p['commit_sha'])?.pull
        return { status: 200, body: pull === undefined ? [] : [this.#pull(pull)] }
      }
      case 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews':
        return this.#page(path, query, this.pulls.get(Number(p['pull_number']))?.reviews ?? [])
      case 'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits':
        return this.#page(
          path,
          query,
          (this.pulls.get(Number(p['pull_number']))?.commits ?? []).map((login) =>
            this.#commit(sha1(login), login),
          ),
        )
      case 'GET /repos/{owner}/{repo}/issues': {
        const state = query['state'] ?? 'open'
        const labels = (query['labels'] ?? '').split(',').filter((one) => one !== '')
        const list = this.issues.filter(
          (one) =>
            (state === 'all' || one['state'] === state) &&
            labels.every((label) => (one['labels'] as Json[]).some((each) => each['name'] === label)),
        )
        return this.#page(path, query, query['direction'] === 'asc' ? list : [...list].reverse())
      }
      case 'POST /repos/{owner}/{repo}/issues': {
        const issue = this.#issue('github-actions[bot]', body, 'NONE')
        this.issues.push(issue)
        return { status: 201, body: issue }
      }
      case 'PATCH /repos/{owner}/{repo}/issues/{issue_number}': {
        const issue = this.issues.find((one) => one['number'] === Number(p['issue_number']))
        if (issue === undefined) return notFound()
        Object.assign(issue, body, { updated_at: this.#time() })
        return { status: 200, body: issue }
      }
      case 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments':
        return this.#page(path, query, this.comments.get(Number(p['issue_number'])) ?? [])
      case 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
        const number = Number(p['issue_number'])
        this.addComment(number, 'github-actions[bot]', String(body['body']))
        return { status: 201, body: this.comments.get(number)?.at(-1) }
      }
      case 'GET /repos/{owner}/{repo}/collaborators/{username}/permission':
        return this.#permission(p['username'] ?? '')
      case 'GET /orgs/{org}/teams/{team_slug}': {
        const team = this.teams.get(`${p['org'] ?? ''}/${p['team_slug'] ?? ''}`)
        if (team === undefined || team.hidden === true) return notFound()
        const example = this.#api.example('team-full')
        const organization = { ...(example['organization'] as Json), archived_at: null }
        return { status: 200, body: { ...example, type: 'organization', slug: p['team_slug'], organization } }
      }
      case 'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': {
        const team = this.teams.get(`${p['org'] ?? ''}/${p['team_slug'] ?? ''}`)
        const member = team?.members.some((one) => one.toLowerCase() === (p['username'] ?? '').toLowerCase())
        if (team?.hidden === true || member !== true) return notFound()
        return { status: 200, body: { url: `${this.url}${path}`, role: 'member', state: 'active' } }
      }
      default:
        return (
          this.#releases(`${method} ${found.template}`, p, query, body, path) ??
          this.#git(`${method} ${found.template}`, p, query, body)
        )
    }
  }

  #releases(
    operation: string,
    p: Readonly<Record<string, string>>,
    query: Readonly<Record<string, string>>,
    body: Json,
    path: string,
  ): Answer | undefined {
    const of = (id: string | undefined): Json | undefined =>
      this.releases.find((one) => one['id'] === Number(id))
    switch (operation) {
      case 'GET /repos/{owner}/{repo}/releases':
        return this.#page(path, query, [...this.releases].reverse())
      case 'POST /repos/{owner}/{repo}/releases': {
        const id = this.#id()
        const { generate_release_notes: _notes, ...kept } = body
        const url = `${this.url}/repos/acme/shop/releases/${id}`
        const html = `https://github.com/acme/shop/releases/tag/${String(body['tag_name'])}`
        const release = { ...this.#api.example('release'), ...kept, id, assets: [], url, html_url: html, upload_url: `${url}/assets{?name,label}` } // prettier-ignore
        this.releases.push(release)
        return { status: 201, body: release }
      }
      case 'GET /repos/{owner}/{repo}/releases/{release_id}':
        return okOr404(of(p['release_id']))
      case 'PATCH /repos/{owner}/{repo}/releases/{release_id}': {
        const release = of(p['release_id'])
        return release === undefined ? notFound() : { status: 200, body: Object.assign(release, body) }
      }
      case 'GET /repos/{owner}/{repo}/releases/{release_id}/assets': {
        const release = of(p['release_id'])
        return release === undefined ? notFound() : this.#page(path, query, release['assets'] as Json[])
      }
      case 'POST /repos/{owner}/{repo}/releases/{release_id}/assets': {
        const assets = (of(p['release_id'])?.['assets'] ?? []) as Json[]
        if (assets.some((one) => one['name'] === query['name'])) return invalid('already_exists')
        const digest = `sha256:${createHash('sha256').update(this.#received).digest('hex')}`
        const asset = { ...this.#api.example('release-asset'), id: this.#id(), name: query['name'], state: 'uploaded', size: this.#received.length, digest } // prettier-ignore
        assets.push(asset)
        return { status: 201, body: asset }
      }
      case 'DELETE /repos/{owner}/{repo}/releases/assets/{asset_id}': {
        for (const release of this.releases)
          release['assets'] = (release['assets'] as Json[]).filter((one) => one['id'] !== Number(p['asset_id'])) // prettier-ignore
        return { status: 204 }
      }
      default:
        return undefined
    }
  }

  #git(
    operation: string,
    p: Readonly<Record<string, string>>,
    query: Readonly<Record<string, string>>,
    body: Json,
  ): Answer {
    switch (operation) {
      case 'GET /repos/{owner}/{repo}/git/ref/{ref}':
        return this.refs.has(p['ref'] ?? '') ? { status: 200, body: this.#ref(p['ref'] ?? '') } : notFound()
      case 'POST /repos/{owner}/{repo}/git/refs': {
        const name = String(body['ref']).replace(/^refs\//, '')
        if (this.refs.has(name)) return invalid('Reference already exists')
        if (!this.gitCommits.has(String(body['sha']))) return invalid('Object does not exist')
        this.refs.set(name, String(body['sha']))
        return { status: 201, body: this.#ref(name) }
      }
      case 'PATCH /repos/{owner}/{repo}/git/refs/{ref}': {
        const name = p['ref'] ?? ''
        const before = this.refs.get(name)
        if (before === undefined) return invalid('Reference does not exist')
        if (body['force'] !== true && !this.#isAncestor(before, String(body['sha'])))
          return invalid('Update is not a fast forward')
        this.refs.set(name, String(body['sha']))
        return { status: 200, body: this.#ref(name) }
      }
      case 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': {
        const commit = this.gitCommits.get(p['commit_sha'] ?? '')
        return commit === undefined
          ? notFound()
          : { status: 200, body: this.#gitCommit(p['commit_sha'] ?? '', commit) }
      }
      case 'POST /repos/{owner}/{repo}/git/commits': {
        const commit = {
          tree: String(body['tree']),
          parents: (body['parents'] ?? []) as string[],
          message: String(body['message']),
        }
        if (!this.trees.has(commit.tree)) return invalid('Tree SHA does not exist')
        const sha = sha1(JSON.stringify([commit, this.#id()]))
        this.gitCommits.set(sha, commit)
        return { status: 201, body: this.#gitCommit(sha, commit) }
      }
      case 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': {
        const tree = this.trees.get(p['tree_sha'] ?? '')
        return tree === undefined
          ? notFound()
          : { status: 200, body: this.#tree(p['tree_sha'] ?? '', tree, query['recursive'] !== undefined) }
      }
      case 'POST /repos/{owner}/{repo}/git/trees': {
        const files = new Map(this.trees.get(word(body['base_tree'])) ?? [])
        if (body['base_tree'] !== undefined && !this.trees.has(word(body['base_tree'])))
          return invalid('base_tree does not exist')
        for (const entry of body['tree'] as Json[]) files.set(String(entry['path']), String(entry['sha']))
        const sha = sha1(JSON.stringify([...files]))
        this.trees.set(sha, files)
        return { status: 201, body: this.#tree(sha, files) }
      }
      case 'POST /repos/{owner}/{repo}/git/blobs': {
        const data = Buffer.from(String(body['content']), body['encoding'] === 'base64' ? 'base64' : 'utf8')
        const sha = sha1(`blob ${data.length}\0${data.toString('latin1')}`)
        this.blobs.set(sha, data)
        return { status: 201, body: { url: `${this.url}/repos/acme/shop/git/blobs/${sha}`, sha } }
      }
      case 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': {
        const sha = p['file_sha'] ?? ''
        const data = this.blobs.get(sha)
        if (data === undefined) return notFound()
        // GitHub breaks base64 into lines.
        const content = data.toString('base64').replace(/(.{60})/g, '$1\n')
        const url = `${this.url}/repos/acme/shop/git/blobs/${sha}`
        return {
          status: 200,
          body: { content, encoding: 'base64', url, sha, size: data.length, node_id: 'B' },
        }
      }
      default:
        throw new Error(`the double does not do ${operation}`)
    }
  }

  #page(path: string, query: Readonly<Record<string, string>>, all: readonly Json[]): Answer {
    const size = Math.min(Number(query['per_page'] ?? 30), this.pageSize)
    const page = Number(query['page'] ?? 1)
    const more = all.length > page * size
    const next = new URLSearchParams({ ...query, page: String(page + 1) })
    return {
      status: 200,
      body: all.slice((page - 1) * size, page * size),
      headers: more
        ? {
            link: `<${this.url}${path}?${next.toString()}>; rel="next", <${this.url}${path}?page=99>; rel="last"`,
          }
        : {},
    }
  }

  /** Newest first; at most 1000 of a search can be read, as on GitHub. */
  #runList(query: Readonly<Record<string, string>>, ids: readonly string[]): Answer {
    const [from = '', to = ''] = (query['created'] ?? '').split('..')
    const hits = ids
      .flatMap((id): Json[] => [this.runs.get(id)].filter((run) => run !== undefined))
      .filter(
        (run) =>
          (from === '' || Date.parse(String(run['created_at'])) >= Date.parse(from)) &&
          (to === '' || Date.parse(String(run['created_at'])) <= Date.parse(to)) &&
          (query['status'] === undefined || run['status'] === query['status']) &&
          (query['branch'] === undefined || run['head_branch'] === query['branch']) &&
          (query['event'] === undefined || run['event'] === query['event']),
      )
      .sort((a, b) => Date.parse(String(b['created_at'])) - Date.parse(String(a['created_at'])))
    const size = Math.min(Number(query['per_page'] ?? 30), this.pageSize)
    const page = Number(query['page'] ?? 1)
    const some = page * size > 1000 ? [] : hits.slice((page - 1) * size, page * size)
    return { status: 200, body: { total_count: hits.length, workflow_runs: some } }
  }

  #comparison(basehead: string): Json | undefined {
    const known = this.comparisons.get(basehead)
    if (known === undefined) return undefined
    const commits = known.commits.map(({ sha, at }) => {
      const commit = this.#commit(sha, 'mona')
      const inner = commit['commit'] as Json
      return { ...commit, commit: { ...inner, committer: { ...(inner['committer'] as Json), date: at } } }
    })
    const total = known.total ?? commits.length
    return { ...this.#api.example('commit-comparison'), status: known.status, total_commits: total, commits }
  }

  #id(): number {
    return ++this.#ids
  }

  #time(): string {
    this.now += 1000
    return new Date(this.now).toISOString().replace('.000Z', 'Z')
  }

  #user(login: string): Json {
    const type = this.users.get(login.toLowerCase())?.type ?? (login.endsWith('[bot]') ? 'Bot' : 'User')
    const base = this.#api.example('issue-comment')['user'] as Json
    return { ...base, login, type }
  }

  #deployment(body: Json): Json {
    const example = this.#api.example('deployment')
    const id = this.#id()
    const { auto_merge: _merge, required_contexts: _contexts, ...kept } = body
    const deployment: Json = {
      ...example,
      ...kept,
      id,
      sha: sha1(String(body['ref'])),
      original_environment: body['environment'],
      creator: this.#user('github-actions[bot]'),
      created_at: this.#time(),
      updated_at: this.#time(),
      statuses_url: `${this.url}/repos/acme/shop/deployments/${id}/statuses`,
    }
    this.deployments.push(deployment)
    return deployment
  }

  #status(id: number, body: Json): Answer {
    const deployment = this.deployments.find((one) => one['id'] === id)
    if (deployment === undefined) return notFound()
    if (Array.from(word(body['description'])).length > 140)
      return invalid('description is too long (maximum is 140 characters)')
    const { auto_inactive: _auto, ...kept } = body
    const status = {
      ...this.#api.example('deployment-status'),
      ...kept,
      id: this.#id(),
      environment: deployment['environment'],
      creator: this.#user('github-actions[bot]'),
      created_at: this.#time(),
      updated_at: this.#time(),
    }
    const list = this.statuses.get(id) ?? []
    list.push(status)
    this.statuses.set(id, list)
    return { status: 201, body: status }
  }

  #issue(login: string, body: Json, association: string): Json {
    const example = this.#api.example('issue')
    const [label] = example['labels'] as Json[]
    const { pull_request: _pull, milestone: _milestone, ...plain } = example
    const number = this.issues.length + 1
    return {
      ...plain,
      milestone: null,
      id: this.#id(),
      number,
      title: body['title'],
      body: body['body'],
      state: 'open',
      labels: ((body['labels'] ?? []) as string[]).map((name) => ({ ...label, name })),
      user: this.#user(login),
      author_association: association,
      html_url: `https://github.com/acme/shop/issues/${number}`,
      created_at: this.#time(),
      updated_at: this.#time(),
    }
  }

  #comment(issue: number, login: string, body: string, at: string): Json {
    const id = this.#id()
    return {
      ...this.#api.example('issue-comment'),
      id,
      body,
      user: this.#user(login),
      created_at: at,
      updated_at: at,
      html_url: `https://github.com/acme/shop/issues/${issue}#issuecomment-${id}`,
    }
  }

  #permission(login: string): Answer {
    const user = this.users.get(login.toLowerCase())
    if (user === undefined) return notFound()
    const role = user.role ?? 'none'
    const permission =
      { maintain: 'write', triage: 'read', admin: 'admin', write: 'write', read: 'read' }[role] ??
      (role === 'none' ? 'none' : 'write')
    const example = this.#api.example(
      'repository-collaborator-permission-response-if-user-has-admin-permissions',
    )
    // The published examples leave some required fields out, here and below.
    const collaborator = {
      ...(example['user'] as Json),
      login: user.login,
      type: user.type ?? 'User',
      role_name: role,
    }
    return { status: 200, body: { permission, role_name: role, user: collaborator } }
  }

  #commitOf(sha: string): Json | undefined {
    const known = this.commits.find((one) => one.sha === sha)
    return known === undefined ? undefined : this.#commit(sha, known.author)
  }

  #commit(sha: string, login: string): Json {
    return {
      ...this.#api.example('commit'),
      files: [],
      sha,
      author: this.#user(login),
      committer: this.#user('web-flow'),
    }
  }

  #pull(number: number): Json {
    const pull = this.pulls.get(number)
    const example = this.#api.example('pull-request-simple-items')
    return {
      ...example,
      requested_teams: [],
      number,
      user: this.#user(pull?.author ?? ''),
      merged_at: pull?.merged === true ? this.#time() : null,
      state: pull?.merged === true ? 'closed' : 'open',
      html_url: `https://github.com/acme/shop/pull/${number}`,
      head: { ...(example['head'] as Json), sha: pull?.head },
    }
  }

  #ref(name: string): Json {
    const sha = this.refs.get(name)
    return {
      ref: `refs/${name}`,
      node_id: 'R',
      url: `${this.url}/repos/acme/shop/git/refs/${name}`,
      object: { type: 'commit', sha, url: `${this.url}/repos/acme/shop/git/commits/${sha ?? ''}` },
    }
  }

  #gitCommit(sha: string, commit: { tree: string; parents: string[]; message: string }): Json {
    const url = `${this.url}/repos/acme/shop/git/commits/${sha}`
    return {
      ...this.#api.example('git-commit'),
      sha,
      url,
      html_url: url,
      message: commit.message,
      tree: { sha: commit.tree, url },
      parents: commit.parents.map((one) => ({ sha: one, url, html_url: url })),
    }
  }

  #tree(sha: string, files: ReadonlyMap<string, string>, recursive = false): Json {
    const url = `${this.url}/repos/acme/shop/git/trees/${sha}`
    const top = new Map<string, Json>()
    for (const [path, blob] of files) {
      const [first = ''] = path.split('/')
      const entry = {
        path,
        mode: '100644',
        type: 'blob',
        sha: blob,
        size: this.blobs.get(blob)?.length ?? 0,
        url,
      }
      // Without `recursive` a folder is one entry.
      if (recursive || first === path) top.set(path, entry)
      else top.set(first, { path: first, mode: '040000', type: 'tree', sha: sha1(first), url })
    }
    return { sha, url, truncated: false, tree: [...top.values()] }
  }

  #isAncestor(before: string, after: string): boolean {
    const todo = [after]
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (at === before) return true
      todo.push(...(this.gitCommits.get(at)?.parents ?? []))
    }
    return false
  }
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '')

const notFound = (): Answer => ({
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
})

const invalid = (message: string): Answer => ({
  status: 422,
  body: {
    message: 'Validation Failed',
    documentation_url: 'https://docs.github.com/rest',
    errors: [{ code: 'custom', message }],
  },
})

const okOr404 = (body: Json | undefined): Answer => (body === undefined ? notFound() : { status: 200, body })

/** Files are sent as they are; everything else is JSON. */
function bodyOf(text: string, type: string | undefined): unknown {
  if (text === '' || type === 'application/octet-stream') return undefined
  return JSON.parse(text) as unknown
}
