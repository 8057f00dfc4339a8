export const id = 359;
export const ids = [359];
export const modules = {

/***/ 67536:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $6: () => (/* binding */ textAt),
/* harmony export */   Td: () => (/* binding */ personAt),
/* harmony export */   Up: () => (/* binding */ sameLogin),
/* harmony export */   at: () => (/* binding */ at),
/* harmony export */   gT: () => (/* binding */ listAt),
/* harmony export */   oX: () => (/* binding */ maybeText),
/* harmony export */   tk: () => (/* binding */ numberAt)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);

/** Reads answers of the API without trusting their shape: a proxy's error page must not become `undefined` somewhere else. */
function at(value, ...path) {
    let here = value;
    for (const name of path) {
        if (typeof here !== 'object' || here === null)
            return undefined;
        here = Object.hasOwn(here, name) ? here[name] : undefined;
    }
    return here;
}
function textAt(value, ...path) {
    const found = at(value, ...path);
    if (typeof found === 'string')
        return found;
    throw unexpected(path, 'a text');
}
function numberAt(value, ...path) {
    const found = at(value, ...path);
    if (typeof found === 'number')
        return found;
    throw unexpected(path, 'a number');
}
/** The text, or undefined when it is absent or null. */
function maybeText(value, ...path) {
    const found = at(value, ...path);
    return typeof found === 'string' ? found : undefined;
}
function listAt(value, ...path) {
    const found = at(value, ...path);
    if (Array.isArray(found))
        return found;
    throw unexpected(path, 'a list');
}
function unexpected(path, wanted) {
    return (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
        code: 'github-answer',
        what: 'the answer of the GitHub API is not of the published shape',
        cause: path.length === 0 ? `it is not ${wanted}` : `"${path.join('.')}" is not ${wanted}`,
        fix: 'a proxy may answer in its place, or the server is older than GHES 3.17: ask the address with curl',
    });
}
/** Undefined for `null`, which stands for a deleted account. */
function personAt(value, ...path) {
    const login = maybeText(value, ...path, 'login');
    if (login === undefined)
        return undefined;
    return { login, bot: maybeText(value, ...path, 'type') === 'Bot' || login.endsWith('[bot]') };
}
const sameLogin = (a, b) => a.toLowerCase() === b.toLowerCase();
//# sourceMappingURL=answers.js.map

/***/ }),

/***/ 70636:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ND: () => (/* binding */ githubSettings),
/* harmony export */   SU: () => (/* binding */ parseRepository),
/* harmony export */   gq: () => (/* binding */ GitHub),
/* harmony export */   wE: () => (/* binding */ route)
/* harmony export */ });
/* unused harmony exports API_VERSION, nextLink */
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _base_retry_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(27091);
/* harmony import */ var _answers_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(67536);
/* harmony import */ var _faults_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(14534);




/** The version of the API that this code was written and tested against. */
const API_VERSION = '2022-11-28';
const TIMEOUT_MS = 30_000;
/** Longer waits for a rate limit are told to the user instead of being waited for. */
const LONGEST_WAIT_MS = 120_000;
const ATTEMPTS = 5;
const PER_PAGE = 100;
const MOST_REDIRECTS = 3;
/** Where the API is and who asks: GITHUB_API_URL is set by every runner, also those of GHES, Gitea and act. */
function githubSettings(env, token) {
    const given = env['GITHUB_API_URL'];
    const apiUrl = (given === undefined || given === '' ? 'https://api.github.com' : given).replace(/\/+$/, '');
    return { apiUrl, token };
}
/** `OWNER/REPO`; throws `bad-repository`. */
function parseRepository(text) {
    const match = /^([A-Za-z0-9_.-]+)\/([A-Za-z0-9_.-]+)$/.exec(text);
    if (match === null)
        throw (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .inputError */ .Xu)({
            code: 'bad-repository',
            what: `"${text}" is no repository`,
            fix: 'write OWNER/REPO, as in GITHUB_REPOSITORY',
        });
    return { owner: match[1] ?? '', repo: match[2] ?? '' };
}
/** A path with its parameters encoded: ``route`/repos/${owner}/${repo}/issues/${number}` ``. */
function route(parts, ...values) {
    return parts.reduce((path, part, index) => path + encodeURIComponent(String(values[index - 1] ?? '')) + part);
}
/**
 * A small client of GitHub's REST API: retries by class of fault, rate limits honoured up to a bound, pages followed, refusals
 * told with the missing permission. All methods throw GitHubFault for answers ≥ 300, and PipelineError otherwise.
 */
class GitHub {
    #settings;
    #act;
    constructor(settings, act) {
        act.secrets.mask(settings.token);
        this.#settings = settings;
        this.#act = act;
    }
    get apiUrl() {
        return this.#settings.apiUrl;
    }
    get clock() {
        return this.#act.clock;
    }
    async get(path, signal, options = {}) {
        return (await this.#call('GET', this.#url(path, options.query), signal, options)).value;
    }
    /** As `get`, but undefined for 404. */
    async find(path, signal, options = {}) {
        try {
            return await this.get(path, signal, options);
        }
        catch (error) {
            if (error instanceof _faults_js__WEBPACK_IMPORTED_MODULE_3__/* .GitHubFault */ .Q4 && error.status === 404)
                return undefined;
            throw error;
        }
    }
    async send(method, path, signal, options = {}) {
        return (await this.#call(method, this.#url(path, options.query), signal, options)).value;
    }
    /**
     * The items of a list, page after page, as they are asked for. Ends with `github-too-many` after `pages` full pages:
     * what was not read must not be taken for absent.
     */
    async *items(path, signal, options = {}) {
        const most = options.pages ?? 20;
        let url = this.#url(path, { per_page: PER_PAGE, ...options.query });
        for (let page = 1; url !== undefined; page++) {
            if (page > most)
                throw (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
                    code: 'github-too-many',
                    what: `a list of GitHub has more than ${most} pages`,
                    where: `GET ${path}`,
                    fix: 'close or delete what is old, so that nothing can hide behind the last page read',
                });
            const answer = await this.#call('GET', url, signal, options);
            if (!Array.isArray(answer.value))
                throw badAnswer('GET', path, 'it is no list');
            yield* answer.value;
            url = answer.next;
        }
    }
    async list(path, signal, options = {}) {
        const all = [];
        for await (const item of this.items(path, signal, options))
            all.push(item);
        return all;
    }
    #url(path, query = {}) {
        const url = new URL(this.#settings.apiUrl + path);
        for (const [name, value] of Object.entries(query))
            if (value !== undefined)
                url.searchParams.set(name, String(value));
        return url.toString();
    }
    #call(method, url, signal, options) {
        const { log, clock, counter } = this.#act;
        const what = `${method} ${new URL(url).pathname}`;
        return (0,_base_retry_js__WEBPACK_IMPORTED_MODULE_1__/* .retry */ .L5)(() => this.#once(method, url, signal, options), {
            what,
            attempts: ATTEMPTS,
            capMs: LONGEST_WAIT_MS,
            classify: (error) => error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC && !(error instanceof _faults_js__WEBPACK_IMPORTED_MODULE_3__/* .GitHubFault */ .Q4)
                ? { kind: 'final' }
                : (0,_faults_js__WEBPACK_IMPORTED_MODULE_3__/* .classifyGitHubFault */ .yq)(error, {
                    repeatable: options.repeatable ?? method !== 'POST',
                    longest: LONGEST_WAIT_MS,
                    now: clock.now(),
                }),
            clock,
            signal,
            log,
            counter,
        }).catch((error) => {
            if (error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC || signal.aborted)
                throw error;
            throw (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
                code: 'github-unreachable',
                what: 'the GitHub API cannot be reached',
                cause: (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error),
                where: `${method} ${new URL(url).origin}`,
                fix: 'check GITHUB_API_URL, the proxy (HTTPS_PROXY, NO_PROXY) and the firewall of this machine',
            }, { cause: error });
        });
    }
    async #once(method, first, signal, options) {
        let url = first;
        for (let hop = 0;; hop++) {
            const response = await this.#act.http.request({
                method,
                url,
                headers: {
                    accept: 'application/vnd.github+json',
                    'x-github-api-version': API_VERSION,
                    ...(this.#settings.token === '' ? {} : { authorization: `Bearer ${this.#settings.token}` }),
                    ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
                },
                ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
                timeoutMs: TIMEOUT_MS,
                signal,
            });
            const { location } = response.headers;
            // A renamed repository answers with its new address; the token never follows to another host.
            const moved = [301, 302, 307, 308].includes(response.status) && location !== undefined;
            if (moved && hop < MOST_REDIRECTS) {
                const next = new URL(location, url);
                if (next.origin === new URL(url).origin) {
                    await response.drain();
                    url = next.toString();
                    continue;
                }
            }
            return { value: await this.#read(method, url, response, options), next: this.#next(response, url) };
        }
    }
    async #read(method, url, response, options) {
        const text = await response.text();
        const path = new URL(url).pathname;
        const value = parseJson(text);
        if (response.status >= 300)
            throw new _faults_js__WEBPACK_IMPORTED_MODULE_3__/* .GitHubFault */ .Q4({
                method,
                path,
                status: response.status,
                message: explain(value) ?? text.slice(0, 200).replace(/\s+/g, ' '),
                headers: response.headers,
                ...(options.needs === undefined ? {} : { needs: options.needs }),
            }, this.#act.clock.now());
        if (text !== '' && value === undefined)
            throw badAnswer(method, path, 'it is no JSON');
        return value;
    }
    /** The next page, on the same server only: a Link header must not send the token elsewhere. */
    #next(response, url) {
        const next = nextLink(response.headers['link']);
        if (next === undefined)
            return undefined;
        const target = new URL(next, url);
        return target.origin === new URL(url).origin ? target.toString() : undefined;
    }
}
/** The address with rel="next" of a Link header (RFC 8288). */
function nextLink(header) {
    for (const part of header?.split(/,\s*(?=<)/) ?? []) {
        const match = /^<([^>]*)>\s*;(.*)$/.exec(part.trim());
        if (match !== null && /(?:^|;)\s*rel="?next"?\s*(?:;|$)/.test(match[2] ?? ''))
            return match[1];
    }
    return undefined;
}
/** `message`, and the fields that `errors` names (422). */
function explain(value) {
    const message = (0,_answers_js__WEBPACK_IMPORTED_MODULE_2__/* .maybeText */ .oX)(value, 'message');
    if (message === undefined)
        return undefined;
    const errors = (0,_answers_js__WEBPACK_IMPORTED_MODULE_2__.at)(value, 'errors');
    const details = (Array.isArray(errors) ? errors : [])
        .map((one) => typeof one === 'string'
        ? one
        : ((0,_answers_js__WEBPACK_IMPORTED_MODULE_2__/* .maybeText */ .oX)(one, 'message') ??
            [(0,_answers_js__WEBPACK_IMPORTED_MODULE_2__/* .maybeText */ .oX)(one, 'resource'), (0,_answers_js__WEBPACK_IMPORTED_MODULE_2__/* .maybeText */ .oX)(one, 'field'), (0,_answers_js__WEBPACK_IMPORTED_MODULE_2__/* .maybeText */ .oX)(one, 'code')]
                .filter((part) => part !== undefined)
                .join(' ')))
        .filter((one) => one !== '');
    return details.length === 0 ? message : `${message} (${details.join('; ')})`;
}
function parseJson(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
function badAnswer(method, path, cause) {
    return (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
        code: 'github-answer',
        what: 'the answer of the GitHub API is not of the published shape',
        cause,
        where: `${method} ${path}`,
        fix: 'a proxy may answer in its place: ask the address with curl',
    });
}
//# sourceMappingURL=client.js.map

/***/ }),

/***/ 14534:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q4: () => (/* binding */ GitHubFault),
/* harmony export */   yq: () => (/* binding */ classifyGitHubFault),
/* harmony export */   zM: () => (/* binding */ isStatus)
/* harmony export */ });
/* unused harmony exports rateLimitWait, acceptedPermissions */
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _base_retry_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(27091);



/** An answer other than a success. A PipelineError whose status callers may look at (404, 409, 422). */
class GitHubFault extends _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC {
    status;
    refusal;
    constructor(refusal, now) {
        super('environment', [problemOf(refusal, now)]);
        this.name = 'GitHubFault';
        this.status = refusal.status;
        this.refusal = refusal;
    }
}
const isStatus = (error, ...statuses) => error instanceof GitHubFault && statuses.includes(error.status);
/**
 * How long GitHub asks to wait, in ms; undefined when this is no rate limit.
 * Primary limit: `x-ratelimit-remaining: 0` and `x-ratelimit-reset` (UTC seconds). Secondary limit: `retry-after`, or at least
 * one minute (docs.github.com, "Rate limits for the REST API").
 */
function rateLimitWait(refusal, now) {
    const { status, headers, message } = refusal;
    if (status !== 403 && status !== 429)
        return undefined;
    const after = (0,_base_retry_js__WEBPACK_IMPORTED_MODULE_1__/* .parseRetryAfter */ .mu)(headers['retry-after'], now);
    if (after !== undefined)
        return after;
    const reset = Number(headers['x-ratelimit-reset']);
    // A second more, because the two clocks are not the same.
    if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset))
        return Math.max(0, reset * 1000 - now) + 1000;
    return status === 429 || /rate limit|abuse detection/i.test(message) ? 60_000 : undefined;
}
/** Before these the request has not reached the server, so that it may be sent again whatever it does. */
const NOT_SENT = new Set([
    'ECONNREFUSED',
    'EAI_AGAIN',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
]);
/**
 * Whether another try can help. A request that makes something (`repeatable` false) is only sent again when it surely
 * was not carried out: a rate limit, or no connection. A wait longer than `longest` is refused at once.
 */
function classifyGitHubFault(error, options) {
    if (!(error instanceof GitHubFault)) {
        const code = (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .codeOf */ .$N)(error);
        if (!options.repeatable && !(code !== undefined && NOT_SENT.has(code)))
            return { kind: 'final' };
        return (0,_base_retry_js__WEBPACK_IMPORTED_MODULE_1__/* .classifyNetworkFault */ .xI)(error);
    }
    const wait = rateLimitWait(error.refusal, options.now);
    if (wait !== undefined)
        return wait > options.longest ? { kind: 'final' } : { kind: 'passing', afterMs: wait };
    const { status } = error;
    const passing = status === 408 || (status >= 500 && status !== 501);
    return passing && options.repeatable ? { kind: 'passing' } : { kind: 'final' };
}
/**
 * `deployments: write` from GitHub's own header `x-accepted-github-permissions: deployments=write; …`: alternatives by
 * semicolon, permissions needed together by comma.
 */
function acceptedPermissions(header) {
    const first = header?.split(';')[0]?.trim();
    if (first === undefined || first === '' || first.includes('allows_permissionless'))
        return undefined;
    return first
        .split(',')
        .map((one) => one.trim().replace('=', ': '))
        .join(', ');
}
function problemOf(refusal, now) {
    const { method, path, status, message, headers } = refusal;
    const where = `${method} ${path}`;
    const cause = `${status}${message === '' ? '' : ` ${message}`}`;
    const wait = rateLimitWait(refusal, now);
    if (wait !== undefined)
        return {
            code: 'github-rate-limit',
            what: "GitHub's rate limit is used up",
            cause,
            where,
            fix: `wait ${Math.ceil(wait / 1000)} s (until ${new Date(now + wait).toISOString()}), or use a token of its own for this workflow`,
        };
    const permission = refusal.needs ?? acceptedPermissions(headers['x-accepted-github-permissions']);
    const grant = permission === undefined
        ? 'give the token the permission this request needs'
        : `give the token the permission "${permission}" (in a workflow: under permissions: of the job)`;
    if (status === 401)
        return {
            code: 'github-token',
            what: 'GitHub does not know the token',
            cause,
            where,
            fix: 'the token has expired, was revoked or is empty: pass github-token, for example ${{ github.token }}',
        };
    if (status === 403)
        return { code: 'github-denied', what: 'GitHub refuses this to the token', cause, where, fix: grant };
    if (status === 404)
        return {
            code: 'github-not-found',
            what: 'GitHub does not find this',
            cause,
            where,
            fix: `check the name; GitHub also answers 404 to a token that may not see it: ${grant}`,
        };
    if (status >= 500)
        return {
            code: 'github-unavailable',
            what: 'the GitHub API failed',
            cause,
            where,
            fix: 'look at githubstatus.com (or ask whoever runs the GHES server) and run again',
        };
    return {
        code: 'github-refused',
        what: 'GitHub refuses the request',
        cause,
        where,
        fix: 'the cause names the field or the rule; rules of branches and environments count too',
    };
}
//# sourceMappingURL=faults.js.map

/***/ }),

/***/ 10674:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   R7: () => (/* binding */ rolesOf),
/* harmony export */   _L: () => (/* binding */ may),
/* harmony export */   ck: () => (/* binding */ DEFAULT_RULES),
/* harmony export */   yl: () => (/* binding */ parseMember)
/* harmony export */ });
/* unused harmony exports PERMISSIONS, atLeast, permissionOf, inTeam, isMember */
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _answers_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(67536);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(70636);



/**
 * Who may do what. Going back is open to everybody who can start, because in an incident nobody should be looked for; what
 * weakens a gate is for the pipeline's admins alone.
 */
const RIGHTS = {
    developer: ['start', 'approve', 'reject', 'roll-back', 'read-audit'],
    'pipeline-admin': [
        'start',
        'approve',
        'reject',
        'roll-back',
        'promote-early',
        'skip-gate',
        'change-settings',
        'read-audit',
        'verify-audit',
    ],
    auditor: ['read-audit', 'verify-audit'],
};
/** Whether one of somebody's roles allows an action. */
const may = (roles, action) => (typeof roles === 'string' ? [roles] : roles).some((role) => RIGHTS[role].includes(action));
/** Repository permissions from the least to the most (GitHub's `role_name`). */
const PERMISSIONS = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];
const atLeast = (has, needed) => PERMISSIONS.indexOf(has) >= PERMISSIONS.indexOf(needed);
/** Without rules of its own a repository uses its permissions: write is a developer's, maintain and admin are an admin's. */
const DEFAULT_RULES = {
    developer: [{ kind: 'permission', permission: 'write' }],
    'pipeline-admin': [{ kind: 'permission', permission: 'maintain' }],
    auditor: [],
};
/** One member as people write it: `@acme/release-admins`, `@mona`, `permission:maintain`. */
function parseMember(text) {
    const team = /^@([A-Za-z0-9-]+)\/([A-Za-z0-9_.-]+)$/.exec(text);
    if (team !== null)
        return { kind: 'team', org: team[1] ?? '', team: team[2] ?? '' };
    const user = /^@([A-Za-z0-9-]+)$/.exec(text);
    if (user !== null)
        return { kind: 'user', login: user[1] ?? '' };
    const permission = PERMISSIONS.find((one) => text === `permission:${one}`);
    if (permission !== undefined && permission !== 'none')
        return { kind: 'permission', permission };
    return {
        code: 'bad-member',
        what: `"${text}" names nobody`,
        fix: 'write @org/team, @user or permission:write (read, triage, write, maintain, admin)',
    };
}
/** A person's permission in the repository. Custom roles count as the standard one they are built on. */
async function permissionOf(github, { owner, repo }, login, signal) {
    const value = await github.find((0,_client_js__WEBPACK_IMPORTED_MODULE_2__/* .route */ .wE) `/repos/${owner}/${repo}/collaborators/${login}/permission`, signal, {
        needs: 'metadata: read',
    });
    if (value === undefined)
        return 'none';
    // `permission` folds maintain into write and triage into read; `role_name` is exact but may be a custom name.
    const names = [(0,_answers_js__WEBPACK_IMPORTED_MODULE_1__/* .maybeText */ .oX)(value, 'role_name'), (0,_answers_js__WEBPACK_IMPORTED_MODULE_1__/* .maybeText */ .oX)(value, 'permission')];
    return PERMISSIONS.find((one) => one === names[0]) ?? PERMISSIONS.find((one) => one === names[1]) ?? 'none';
}
/**
 * Whether a person is an active member of a team (or of a team below it). The workflow's own token cannot see teams: when the
 * team itself is not visible, that is told, because "not found" would else be taken for "no member".
 */
async function inTeam(github, { org, team }, login, signal) {
    const value = await github.find((0,_client_js__WEBPACK_IMPORTED_MODULE_2__/* .route */ .wE) `/orgs/${org}/teams/${team}/memberships/${login}`, signal, {
        needs: 'members: read',
    });
    if (value !== undefined)
        return (0,_answers_js__WEBPACK_IMPORTED_MODULE_1__/* .maybeText */ .oX)(value, 'state') === 'active';
    const visible = await github.find((0,_client_js__WEBPACK_IMPORTED_MODULE_2__/* .route */ .wE) `/orgs/${org}/teams/${team}`, signal, { needs: 'members: read' });
    if (visible !== undefined)
        return false;
    throw (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
        code: 'github-team-hidden',
        what: `the token cannot see the team @${org}/${team}`,
        cause: 'the GITHUB_TOKEN of a workflow has no rights in the organization, or the team does not exist',
        fix: 'use the token of a GitHub App (or a fine-grained one) with the organization permission "members: read"',
    });
}
async function isMember(github, repository, member, login, signal) {
    switch (member.kind) {
        case 'user':
            return (0,_answers_js__WEBPACK_IMPORTED_MODULE_1__/* .sameLogin */ .Up)(member.login, login);
        case 'team':
            return inTeam(github, member, login, signal);
        case 'permission':
            return atLeast(await permissionOf(github, repository, login, signal), member.permission);
    }
}
/** All roles of a person, by the rules. A listed user or team is asked before the permission, which costs a request each. */
async function rolesOf(github, repository, rules, login, signal) {
    const roles = [];
    for (const role of ['developer', 'pipeline-admin', 'auditor']) {
        for (const member of rules[role]) {
            if (!(await isMember(github, repository, member, login, signal)))
                continue;
            roles.push(role);
            break;
        }
    }
    return roles;
}
//# sourceMappingURL=roles.js.map

/***/ }),

/***/ 12325:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Lc: () => (/* binding */ findRun),
/* harmony export */   pV: () => (/* binding */ runReviews),
/* harmony export */   t$: () => (/* binding */ commitPeople),
/* harmony export */   xr: () => (/* binding */ peopleOf)
/* harmony export */ });
/* harmony import */ var _answers_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(67536);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(70636);


/** A workflow run; undefined when it does not exist (or the token may not see it). */
async function findRun(github, { owner, repo }, id, signal) {
    const value = await github.find((0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/actions/runs/${id}`, signal, {
        needs: 'actions: read',
    });
    if (value === undefined)
        return undefined;
    return {
        id: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .numberAt */ .tk)(value, 'id'),
        attempt: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__.at)(value, 'run_attempt') ?? 1,
        status: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(value, 'status') ?? 'unknown',
        conclusion: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(value, 'conclusion'),
        headSha: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(value, 'head_sha'),
        actor: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(value, 'actor'),
        triggeredBy: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(value, 'triggering_actor'),
    };
}
/** Who approved or rejected the environments of a run ("review history"). */
async function runReviews(github, { owner, repo }, id, signal) {
    const value = await github.get((0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/actions/runs/${id}/approvals`, signal, {
        needs: 'actions: read',
    });
    return (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .listAt */ .gT)(value).flatMap((one) => {
        const by = (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(one, 'user');
        const state = (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(one, 'state');
        if (by === undefined || (state !== 'approved' && state !== 'rejected' && state !== 'pending'))
            return [];
        const environments = (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .listAt */ .gT)(one, 'environments').flatMap((each) => (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(each, 'name') ?? []);
        return [{ state, by, environments, comment: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(one, 'comment') ?? '' }];
    });
}
/** The GitHub accounts of a commit's author and committer, as far as their addresses are known to GitHub. */
async function commitPeople(github, { owner, repo }, sha, signal) {
    const value = await github.get((0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/commits/${sha}`, signal, {
        needs: 'contents: read',
    });
    return peopleOf(value);
}
/** Author and committer of a commit object. `web-flow` is GitHub itself, which commits what people merge in the browser. */
function peopleOf(commit) {
    return [(0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(commit, 'author'), (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(commit, 'committer')].flatMap((person) => person === undefined || person.login === 'web-flow' ? [] : [person.login]);
}
//# sourceMappingURL=runs.js.map

/***/ }),

/***/ 92624:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   I: () => (/* binding */ acquireLock)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(77598);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(51455);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(48161);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(17594);
/* harmony import */ var _base_files_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(40378);





/**
 * A lock file made with O_EXCL; in it stand process, machine and a token. Its age is the file's own, so that clocks of
 * several machines on a shared disk need not agree with what is written in it.
 */
async function acquireLock(file, options) {
    const { clock, signal, waitMs } = options;
    const mark = { token: (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomUUID)(), pid: process.pid, host: (0,node_os__WEBPACK_IMPORTED_MODULE_2__.hostname)() };
    const until = clock.now() + waitMs;
    for (;;) {
        signal.throwIfAborted();
        if (await create(file, JSON.stringify(mark)))
            return lockOf(file, mark.token);
        if (await breakStale(file, options))
            continue;
        if (clock.now() >= until)
            throw await locked(file);
        await clock.sleep(10 + Math.random() * 30, signal);
    }
}
function lockOf(file, token) {
    const held = async () => (await readMark(file))?.token === token;
    return {
        held,
        release: async () => {
            if (await held())
                await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(file, { force: true });
        },
    };
}
/** True when the file did not exist and is ours now. */
async function create(file, text) {
    try {
        const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(file, 'wx', 0o644);
        try {
            await handle.writeFile(text);
        }
        catch (error) {
            // A full disk: an empty lock must not stay.
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(file, { force: true });
            throw error;
        }
        finally {
            await handle.close();
        }
        return true;
    }
    catch (error) {
        const code = (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .codeOf */ .$N)(error);
        // Windows says EPERM of a file that is being removed.
        if (code === 'EEXIST' || code === 'EPERM')
            return false;
        throw error;
    }
}
/**
 * Removes a lock that nobody holds. Of several breakers only the one that made the guard file may, and it looks again
 * under the guard, so that no fresh lock is ever removed.
 */
async function breakStale(file, options) {
    if (!(await isStale(file, options)))
        return false;
    const guard = `${file}.break`;
    if (!(await create(guard, String(process.pid)))) {
        const age = await ageOf(guard);
        // Whoever died between making and removing the guard left it behind.
        if (age !== undefined && age > (options.staleMs ?? STALE_MS))
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(guard, { force: true });
        return false;
    }
    try {
        if (await isStale(file, options))
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(file, { force: true });
        return true;
    }
    finally {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(guard, { force: true });
    }
}
const STALE_MS = 2000;
const FOREIGN_STALE_MS = 60_000;
async function isStale(file, options) {
    const age = await ageOf(file);
    if (age === undefined)
        return false;
    if (age > (options.foreignStaleMs ?? FOREIGN_STALE_MS))
        return true;
    if (age <= (options.staleMs ?? STALE_MS))
        return false;
    const mark = await readMark(file);
    // Empty: its maker died before it could write into it.
    if (mark === undefined)
        return true;
    return mark.host === (0,node_os__WEBPACK_IMPORTED_MODULE_2__.hostname)() && !lives(mark.pid);
}
/** The file's age in ms, by the disk's and this machine's clock; undefined when it is gone. */
async function ageOf(file) {
    try {
        return Date.now() - (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.stat)(file)).mtimeMs;
    }
    catch {
        return undefined;
    }
}
async function readMark(file) {
    try {
        const value = JSON.parse((await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .readTextIfAny */ .$v)(file)) ?? '');
        return typeof value.token === 'string' && typeof value.pid === 'number' && typeof value.host === 'string'
            ? { token: value.token, pid: value.pid, host: value.host }
            : undefined;
    }
    catch {
        return undefined;
    }
}
/** Signal 0 asks without disturbing. EPERM: it lives, as another user's. */
function lives(pid) {
    try {
        process.kill(pid, 0);
        return true;
    }
    catch (error) {
        return (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .codeOf */ .$N)(error) !== 'ESRCH';
    }
}
async function locked(file) {
    const mark = await readMark(file);
    return (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .environmentError */ .me)({
        code: 'gray-state-locked',
        what: 'another process keeps the stored state locked',
        ...(mark === undefined ? {} : { cause: `process ${mark.pid} on ${mark.host}` }),
        where: file,
        fix: 'wait for it, or end it; a lock whose process is gone is removed by itself',
    });
}
//# sourceMappingURL=store-lock.js.map

/***/ }),

/***/ 17637:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Gw: () => (/* binding */ formatHead),
/* harmony export */   Rn: () => (/* binding */ verifyAudit),
/* harmony export */   cA: () => (/* binding */ lineOf),
/* harmony export */   oP: () => (/* binding */ nextEntry),
/* harmony export */   ww: () => (/* binding */ parseHead)
/* harmony export */ });
/* unused harmony exports GENESIS, canonical */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(77598);

const GENESIS = '0'.repeat(64);
/**
 * Canonical JSON (RFC 8785, JCS): keys sorted by UTF-16 code units, no blanks, numbers as ECMAScript writes them. What JSON
 * cannot hold is dropped or becomes null first, as JSON.stringify does.
 */
function canonical(value) {
    const text = JSON.stringify(value);
    return sorted(JSON.parse(text ?? 'null'));
}
function sorted(value) {
    if (Array.isArray(value))
        return `[${value.map(sorted).join(',')}]`;
    if (typeof value !== 'object' || value === null)
        return JSON.stringify(value);
    const fields = Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, field]) => `${JSON.stringify(name)}:${sorted(field)}`);
    return `{${fields.join(',')}}`;
}
const hashOf = (entry) => (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(canonical(entry)).digest('hex');
/** The next entry behind `head`. */
function nextEntry(head, record, release, at) {
    const entry = {
        seq: (head?.seq ?? 0) + 1,
        at: new Date(at).toISOString(),
        release: release.id,
        environment: release.environment,
        record,
        prev: head?.hash ?? GENESIS,
    };
    return { ...entry, hash: hashOf(entry) };
}
/** One line, as it is written: the canonical form, so that nothing about it can be changed unseen. */
const lineOf = (entry) => `${canonical(entry)}\n`;
/** Checks every line of an audit; pure. Finds edits, insertions, removals, moves and, with a pinned head, a cut end. */
function verifyAudit(text, options = {}) {
    const lines = text.split('\n');
    const open = lines.pop() ?? '';
    const entries = [];
    const notes = [];
    let head = options.after;
    let fault;
    for (const [index, line] of lines.entries()) {
        const read = readLine(line);
        if (typeof read === 'string')
            fault = { line: index + 1, what: read };
        else if (index === 0 && head === undefined && read.seq > 1) {
            notes.push(`it begins at entry ${read.seq}: the file before it was not given, so what was there is not proved`);
            head = { seq: read.seq - 1, hash: read.prev };
        }
        if (typeof read !== 'string')
            fault = misplaced(read, head, index + 1);
        if (fault !== undefined || typeof read === 'string')
            break;
        entries.push(read);
        head = { seq: read.seq, hash: read.hash };
    }
    if (fault === undefined && open !== '')
        fault = {
            line: lines.length + 1,
            what: 'the last line is not finished: the writer was stopped in the middle of it, or it was cut',
        };
    fault ??= missingHead(entries, head, lines.length, options);
    if (options.expected === undefined)
        notes.push('no head was given: an end that was cut off, or a whole file written anew, cannot be seen');
    return { ok: fault === undefined, entries, head, notes, ...(fault === undefined ? {} : { fault }) };
}
function missingHead(entries, head, line, { expected, exact, after }) {
    if (expected === undefined)
        return undefined;
    const last = head?.seq ?? 0;
    if (last < expected.seq)
        return {
            line: line + 1,
            what: `it ends at entry ${last}, but entry ${expected.seq} was written: the end was cut off`,
        };
    const pinned = entries.find(({ seq }) => seq === expected.seq);
    const hash = pinned?.hash ?? (after?.seq === expected.seq ? after.hash : undefined);
    if (hash === undefined)
        return { line: 1, what: `entry ${expected.seq}, whose hash is known, is not in it` };
    if (hash !== expected.hash)
        return {
            line: entries.findIndex(({ seq }) => seq === expected.seq) + 1,
            what: `entry ${expected.seq} has the hash ${hash}, not the pinned ${expected.hash}: the file was written anew`,
        };
    if (exact === true && last !== expected.seq)
        return { line, what: `it goes on to entry ${last}, but ended at entry ${expected.seq}` };
    return undefined;
}
function misplaced(entry, head, line) {
    const expected = (head?.seq ?? 0) + 1;
    if (entry.seq !== expected)
        return {
            line,
            what: entry.seq > expected
                ? `entry ${entry.seq} stands where entry ${expected} belongs: lines are missing or were moved`
                : `entry ${entry.seq} stands where entry ${expected} belongs: a line was repeated, inserted or moved`,
        };
    if (entry.prev !== (head?.hash ?? GENESIS))
        return {
            line,
            what: `entry ${entry.seq} does not follow the line before it: one of the two was replaced`,
        };
    return undefined;
}
/** An entry whose own hash is right, else what is wrong with the line. */
function readLine(line) {
    let value;
    try {
        value = JSON.parse(line);
    }
    catch {
        return 'the line is no JSON';
    }
    if (!isEntry(value))
        return 'the line is no audit entry';
    const { hash, ...rest } = value;
    if (hashOf(rest) !== hash)
        return `entry ${value.seq} was changed: its hash does not belong to its content`;
    // Repeated keys and other writings of the same value would show readers something else than what was hashed.
    if (canonical(value) !== line)
        return `entry ${value.seq} was written in another form than ours`;
    return value;
}
function isEntry(value) {
    if (typeof value !== 'object' || value === null)
        return false;
    const at = value;
    return (Number.isSafeInteger(at['seq']) &&
        ['at', 'release', 'environment', 'prev', 'hash'].every((name) => typeof at[name] === 'string') &&
        typeof at['record'] === 'object' &&
        at['record'] !== null &&
        typeof at['record']['kind'] === 'string');
}
/** `SEQ:HASH`, `SEQ HASH` or `[audit SEQ HASH]`, as it is pinned in statuses and summaries; undefined when it is none. */
function parseHead(text) {
    const match = /(\d+)[:\s]+([0-9a-f]{64})/i.exec(text);
    return match === null ? undefined : { seq: Number(match[1]), hash: (match[2] ?? '').toLowerCase() };
}
const formatHead = ({ seq, hash }) => `${seq}:${hash}`;
//# sourceMappingURL=audit-chain.js.map

/***/ }),

/***/ 7388:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  I: () => (/* binding */ fetchAudit),
  v: () => (/* binding */ keepAudit)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/github/answers.js
var answers = __webpack_require__(67536);
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/faults.js
var faults = __webpack_require__(14534);
;// CONCATENATED MODULE: ./lib/github/branch-file.js




const NEEDS = 'contents: write';
const ATTEMPTS = 5;
async function tipOf(github, { repository, branch }, signal) {
    const { owner, repo } = repository;
    const ref = await github.find(`${(0,client/* route */.wE) `/repos/${owner}/${repo}/git/ref/`}${refPath(branch)}`, signal, {
        needs: NEEDS,
    });
    if (ref === undefined)
        return undefined;
    const commit = (0,answers/* textAt */.$6)(ref, 'object', 'sha');
    const value = await github.get((0,client/* route */.wE) `/repos/${owner}/${repo}/git/commits/${commit}`, signal, {
        needs: NEEDS,
    });
    return { commit, tree: (0,answers/* textAt */.$6)(value, 'tree', 'sha') };
}
const refPath = (branch) => `heads/${branch.split('/').map(encodeURIComponent).join('/')}`;
/** The text of a file at the branch's tip; undefined when branch or file is not there. */
async function readBranchFile(github, target, path, signal) {
    const tip = await tipOf(github, target, signal);
    return tip === undefined ? undefined : readAt(github, target, tip, path, signal);
}
async function readAt(github, { repository, branch }, tip, path, signal) {
    const { owner, repo } = repository;
    const tree = await github.get((0,client/* route */.wE) `/repos/${owner}/${repo}/git/trees/${tip.tree}`, signal, {
        query: { recursive: 1 },
        needs: NEEDS,
    });
    if ((0,answers.at)(tree, 'truncated') === true)
        throw (0,errors/* environmentError */.me)({
            code: 'github-too-many',
            what: `the branch ${branch} holds more files than GitHub lists`,
            fix: 'begin a new branch for the audit; keep the old one',
        });
    const entry = (0,answers/* listAt */.gT)(tree, 'tree').find((one) => (0,answers.at)(one, 'path') === path && (0,answers.at)(one, 'type') === 'blob');
    if (entry === undefined)
        return undefined;
    const blob = await github.get((0,client/* route */.wE) `/repos/${owner}/${repo}/git/blobs/${(0,answers/* textAt */.$6)(entry, 'sha')}`, signal, {
        needs: NEEDS,
    });
    return Buffer.from((0,answers/* textAt */.$6)(blob, 'content'), 'base64').toString('utf8');
}
/**
 * Writes a file that only ever grows: what is on the branch must be a beginning of `text`, else `branch-file-diverged`.
 * The branch moves forward only (compare-and-swap: a push in between is read and built upon). Returns the commit.
 */
async function growBranchFile(github, target, file, signal) {
    const { owner, repo } = target.repository;
    const send = async (what, body) => 
    // Objects are named by their content: sending one twice is nothing.
    (0,answers/* textAt */.$6)(await github.send('POST', `${(0,client/* route */.wE) `/repos/${owner}/${repo}/git/`}${what}`, signal, {
        body,
        needs: NEEDS,
        repeatable: true,
    }), 'sha');
    let blob;
    for (let attempt = 1;; attempt++) {
        const tip = await tipOf(github, target, signal);
        const known = tip === undefined ? undefined : await readAt(github, target, tip, file.path, signal);
        if (tip !== undefined && known === file.text)
            return tip.commit;
        if (known !== undefined && !file.text.startsWith(known))
            throw diverged(target.branch, file.path);
        blob ??= await send('blobs', { content: Buffer.from(file.text).toString('base64'), encoding: 'base64' });
        const tree = await send('trees', {
            ...(tip === undefined ? {} : { base_tree: tip.tree }),
            tree: [{ path: file.path, mode: '100644', type: 'blob', sha: blob }],
        });
        const commit = await send('commits', {
            message: file.message,
            tree,
            parents: tip === undefined ? [] : [tip.commit],
        });
        try {
            if (tip === undefined)
                await github.send('POST', (0,client/* route */.wE) `/repos/${owner}/${repo}/git/refs`, signal, {
                    body: { ref: `refs/heads/${target.branch}`, sha: commit },
                    needs: NEEDS,
                });
            else
                await github.send('PATCH', `${(0,client/* route */.wE) `/repos/${owner}/${repo}/git/refs/`}${refPath(target.branch)}`, signal, {
                    body: { sha: commit, force: false },
                    needs: NEEDS,
                });
            return commit;
        }
        catch (error) {
            // Somebody else was faster, or the answer was lost: look again.
            const raced = (0,faults/* isStatus */.zM)(error, 409, 422) || (error instanceof faults/* GitHubFault */.Q4 && error.status >= 500);
            if (!raced || attempt >= ATTEMPTS)
                throw error;
            await github.clock.sleep(500 * attempt, signal);
        }
    }
}
function diverged(branch, path) {
    return (0,errors/* environmentError */.me)({
        code: 'branch-file-diverged',
        what: 'the file on the branch is not a beginning of the one here',
        cause: 'another engine has written another audit under this name, or one of the two was changed',
        where: `${branch}:${path}`,
        fix: 'verify both with "gray audit verify"; keep both, and go on under another name',
    });
}
//# sourceMappingURL=branch-file.js.map
// EXTERNAL MODULE: ./lib/report/audit.js
var audit = __webpack_require__(43870);
;// CONCATENATED MODULE: ./lib/report/audit-store.js





/**
 * Brings the audit of earlier runs to this machine, so that the chain goes on. A file that is here already stays. Call it
 * before the first line is written. Returns whether something was fetched.
 */
async function fetchAudit(github, branch, file, signal) {
    if ((await (0,files/* readTextIfAny */.$v)(file)) !== undefined)
        return false;
    const text = await readBranchFile(github, branch, `${branch.folder}/${(0,external_node_path_.basename)(file)}`, signal);
    if (text === undefined)
        return false;
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(file), { recursive: true });
    await (0,promises_.writeFile)(file, text, { mode: 0o600, flag: 'wx' });
    return true;
}
/** Writes the audit, with its rotated parts, to the branch; a part that is there already is left. Returns the last commit. */
async function keepAudit(github, branch, file, what, act) {
    let commit;
    for (const part of await (0,audit/* auditParts */.q)(file)) {
        const text = await (0,promises_.readFile)(part, 'utf8');
        // A line that is being written belongs to the next time.
        const whole = text.slice(0, text.lastIndexOf('\n') + 1);
        if (whole === '')
            continue;
        const path = (0,external_node_path_.join)(branch.folder, (0,external_node_path_.basename)(part)).replaceAll('\\', '/');
        commit = await growBranchFile(github, branch, { path, text: whole, message: `audit: ${what}` }, act.signal);
    }
    return commit;
}
//# sourceMappingURL=audit-store.js.map

/***/ }),

/***/ 43870:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   i: () => (/* binding */ AuditFile),
/* harmony export */   q: () => (/* binding */ auditParts)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(51455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(76760);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(17594);
/* harmony import */ var _gray_store_lock_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(92624);
/* harmony import */ var _audit_chain_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(17637);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(44934);






const ROTATE_AT = 8 * 1024 * 1024;
const LOCK_WAIT_MS = 5000;
/**
 * The audit of one environment in a file. A line is on the disk (fsync) before `append` returns; a line that a crash left
 * half written is removed and told in the next one; two writers of one file take turns by a lock.
 */
class AuditFile {
    #file;
    #rotateAt;
    #act;
    #tail = Promise.resolve();
    #head;
    /** Size of the file after our last write; another size means another writer. */
    #size = -1;
    constructor(options, act) {
        this.#file = options.file;
        this.#rotateAt = options.rotateAt ?? ROTATE_AT;
        this.#act = act;
    }
    /** The last line this process has written or found; what is pinned elsewhere. */
    get head() {
        return this.#head;
    }
    append(record, release, at) {
        const done = this.#tail.then(() => this.#append(record, release, at));
        // One failed line must not keep later ones from being tried.
        this.#tail = done.catch(() => undefined);
        return done;
    }
    async #append(record, release, at) {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.mkdir)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.dirname)(this.#file), { recursive: true });
        const lock = await (0,_gray_store_lock_js__WEBPACK_IMPORTED_MODULE_3__/* .acquireLock */ .I)(`${this.#file}.lock`, {
            clock: this.#act.clock,
            // The last lines of a cancelled release matter most: an abort does not stop them.
            signal: new AbortController().signal,
            waitMs: LOCK_WAIT_MS,
        });
        try {
            const size = (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.stat)(this.#file).catch(ignoreMissing))?.size ?? 0;
            const torn = size === this.#size ? 0 : await this.#open(size);
            const clean = (0,_files_js__WEBPACK_IMPORTED_MODULE_5__/* .redactAll */ .$)(record, this.#act.secrets);
            const repaired = torn === 0
                ? []
                : [
                    {
                        kind: 'failed',
                        action: 'audit',
                        detail: `a line that was not finished (${torn} bytes) was removed`,
                    },
                ];
            for (const one of [...repaired, clean])
                await this.#write(one, release, at);
        }
        finally {
            await lock.release();
        }
    }
    /** Finds the head of what is there; returns the bytes of an unfinished last line, which it removes. */
    async #open(size) {
        const text = size === 0 ? '' : await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readFile)(this.#file, 'utf8');
        const end = text.lastIndexOf('\n') + 1;
        const torn = Buffer.byteLength(text.slice(end));
        if (torn > 0)
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.truncate)(this.#file, size - torn);
        const parts = await auditParts(this.#file);
        const last = end > 0 ? text.slice(0, end) : await lastPart(parts);
        const check = (0,_audit_chain_js__WEBPACK_IMPORTED_MODULE_4__/* .verifyAudit */ .Rn)(last);
        if (!check.ok)
            throw (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .environmentError */ .me)({
                code: 'audit-broken',
                what: 'the audit is not the one that was written',
                cause: check.fault?.what ?? 'it cannot be read',
                where: `${this.#file}:${check.fault?.line ?? 1}`,
                fix: 'keep the file for whoever looks into it, and begin a new one under another name',
            });
        this.#head = check.head;
        this.#size = size - torn;
        return torn;
    }
    async #write(record, release, at) {
        if (this.#size >= this.#rotateAt)
            await this.#rotate();
        const entry = (0,_audit_chain_js__WEBPACK_IMPORTED_MODULE_4__/* .nextEntry */ .oP)(this.#head, record, release, at);
        const line = Buffer.from((0,_audit_chain_js__WEBPACK_IMPORTED_MODULE_4__/* .lineOf */ .cA)(entry));
        const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.open)(this.#file, 'a', 0o600);
        try {
            await handle.writeFile(line);
            await handle.sync();
        }
        finally {
            await handle.close();
        }
        this.#head = { seq: entry.seq, hash: entry.hash };
        this.#size += line.length;
    }
    /** The full file gets the numbers of its entries as a name; the next one goes on with the chain. */
    async #rotate() {
        const first = /"seq":(\d+)/.exec((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readFile)(this.#file, 'utf8')).split('\n', 1)[0] ?? '')?.[1] ?? '0';
        const number = (seq) => seq.padStart(6, '0');
        const name = `${this.#file.replace(/\.jsonl$/, '')}.${number(first)}-${number(String(this.#head?.seq ?? 0))}.jsonl`;
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.rename)(this.#file, name);
        this.#size = 0;
    }
}
/** The files of an audit from the oldest to the present one. */
async function auditParts(file) {
    const prefix = `${(0,node_path__WEBPACK_IMPORTED_MODULE_1__.basename)(file).replace(/\.jsonl$/, '')}.`;
    const names = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.dirname)(file)).catch(ignoreMissing);
    const parts = (names ?? [])
        .filter((name) => name.startsWith(prefix) && /^\d+-\d+\.jsonl$/.test(name.slice(prefix.length)))
        .sort((a, b) => parseInt(a.slice(prefix.length), 10) - parseInt(b.slice(prefix.length), 10))
        .map((name) => (0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.dirname)(file), name));
    return [...parts, ...((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.stat)(file).catch(ignoreMissing)) === undefined ? [] : [file])];
}
async function lastPart(parts) {
    for (const part of [...parts].reverse()) {
        const text = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readFile)(part, 'utf8');
        if (text !== '')
            return text;
    }
    return '';
}
function ignoreMissing(error) {
    if ((0,_base_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .codeOf */ .$N)(error) === 'ENOENT')
        return undefined;
    throw error;
}
//# sourceMappingURL=audit.js.map

/***/ })

};
