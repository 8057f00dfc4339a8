export const id = 503;
export const ids = [503];
export const modules = {

/***/ 325:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ AccessReader)
/* harmony export */ });
/* unused harmony export CHANNELS */
/* harmony import */ var _base_lists_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(23416);
/* harmony import */ var _deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(29619);
/* harmony import */ var _github_roles_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(10674);
/* harmony import */ var _gray_plan_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2648);
/* harmony import */ var _reader_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(37428);





const CHANNELS = ['dingtalk', 'feishu', 'wecom', 'slack', 'webhook'];
/** The longest a wait of one job can sensibly be; GitHub's own limits are shorter for most. */
const LONGEST_MS = 35 * 24 * 3_600_000;
/** Inputs that actions on a target share: who and where it is, how hosts are logged in to, who is told. */
class AccessReader extends _reader_js__WEBPACK_IMPORTED_MODULE_3__/* .InputReader */ .i {
    #env;
    #secrets;
    constructor(specs, read, env, secrets) {
        super(specs, read, secrets);
        this.#env = env;
        this.#secrets = secrets;
    }
    environment() {
        const name = this.text('environment');
        // It becomes part of file names, issue titles and deployments.
        if (!/^[A-Za-z0-9](?:[A-Za-z0-9._ /-]{0,98}[A-Za-z0-9])?$/.test(name) || name.includes('..'))
            this.bad('environment', name, 'not the name of an environment', 'write a name such as production');
        return name;
    }
    /** A duration of at least `least` ms. */
    time(name, least) {
        const text = this.text(name);
        const value = text === '0' ? 0 : (0,_gray_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .parseDuration */ .E9)(text);
        if (value === undefined) {
            this.bad(name, text, 'not a duration', 'write for example 30s, 5m or 1h30m');
            return least;
        }
        if (value < least || value > LONGEST_MS)
            this.bad(name, text, value < least ? 'too short a time' : 'too long a time', value < least ? `write at least ${least / 1000}s` : 'write at most 840h');
        return value;
    }
    count(name, least, most) {
        const text = this.text(name);
        const value = Number(text);
        if (!/^\d+$/.test(text) || value < least || value > most) {
            this.bad(name, text, 'not a number that fits', `write a whole number from ${least} to ${most}`);
            return least;
        }
        return value;
    }
    /** The name of a branch, by the rules of git check-ref-format that matter in a URL. */
    branch(name) {
        const text = this.optional(name);
        if (text === undefined)
            return undefined;
        if (!/^(?![-/.])[A-Za-z0-9._/-]{1,200}$/.test(text) || /\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$/.test(text))
            this.bad(name, text, 'not the name of a branch', 'write a name such as gray-audit');
        return text;
    }
    /** YAML stands for itself; one line that is no mapping is a path. */
    textOrFile(name) {
        const value = this.optional(name);
        if (value === undefined)
            return undefined;
        const inline = value.includes('\n') || /^[\w"'-]+:(?:\s|$)/.test(value) || value.startsWith('{');
        return { kind: inline ? 'text' : 'file', value };
    }
    identity() {
        const value = this.optional('identity');
        if (value === undefined)
            return undefined;
        return { kind: value.includes('PRIVATE KEY') || value.includes('\n') ? 'text' : 'file', value };
    }
    knownHosts() {
        const value = this.optional('known-hosts');
        if (value === undefined)
            return undefined;
        return { kind: /\s/.test(value) ? 'text' : 'file', value };
    }
    jumpHost() {
        const text = this.optional('jump-host');
        if (text === undefined)
            return undefined;
        const target = (0,_deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_0__/* .parseTarget */ .hu)(text);
        if (!('reason' in target))
            return target;
        this.bad('jump-host', text, 'not an SSH address', target.reason);
        return undefined;
    }
    /** `@user`, `@org/team` and `permission:…`. */
    members(name) {
        return this.list(name, { commas: true }).flatMap((text) => {
            const member = (0,_github_roles_js__WEBPACK_IMPORTED_MODULE_1__/* .parseMember */ .yl)(text);
            if ('kind' in member)
                return [member];
            this.bad(name, text, 'names nobody', member.fix ?? '');
            return [];
        });
    }
    /** `kind=URL [SECRET]` lines. Never shows a line: addresses of chat bots are secrets. */
    notify() {
        const targets = [];
        for (const [index, line] of (0,_base_lists_js__WEBPACK_IMPORTED_MODULE_4__/* .parseList */ .E1)(this.text('notify')).entries()) {
            if (line === 'github-issue') {
                targets.push({ kind: 'github-issue' });
                continue;
            }
            const equals = line.indexOf('=');
            const kind = CHANNELS.find((one) => one === line.slice(0, Math.max(0, equals)).trim());
            const [url = '', secret, ...more] = line
                .slice(equals + 1)
                .trim()
                .split(/\s+/)
                .map((word) => this.#expand(word));
            for (const word of [url, secret])
                this.#secrets.mask(word ?? '');
            if (kind === undefined) {
                this.bad('notify', '', `line ${index + 1}: not a known kind`, `write one of ${CHANNELS.join('=URL, ')}=URL, or github-issue`); // prettier-ignore
            }
            else if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
                this.bad('notify', '', `line ${index + 1}: no URL after ${kind}=`, `write ${kind}=https://…, and check that the secret or variable is set`); // prettier-ignore
            }
            else if (more.length > 0) {
                this.bad('notify', '', `line ${index + 1}: more than a URL and a secret`, `write ${kind}=URL SECRET`);
            }
            else {
                targets.push({ kind, url, ...(secret === undefined || secret === '' ? {} : { secret }) });
            }
        }
        return targets;
    }
    #expand(word) {
        return word.replace(/\$\{(\w+)\}/g, (_, name) => this.#env[name] ?? '');
    }
}
//# sourceMappingURL=access-reader.js.map

/***/ }),

/***/ 43037:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  x: () => (/* binding */ notifiersFor)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/github/issues.js
var issues = __webpack_require__(375);
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
// EXTERNAL MODULE: ./lib/report/notify/send.js + 1 modules
var send = __webpack_require__(81397);
;// CONCATENATED MODULE: ./lib/report/notify/issue.js




/**
 * One issue for each trouble: opened by the first message, a comment for each later one, closed when its group (the
 * environment) is well again. Needs `issues: write`. Never throws.
 */
class IssueNotifier extends send/* MessageNotifier */.Y0 {
    #github;
    #repository;
    constructor(github, repository, act) {
        super(act);
        this.#github = github;
        this.#repository = repository;
    }
    async send(message, signal) {
        const { story } = message;
        if (story.issue === 'none')
            return true;
        try {
            if (story.issue === 'closes')
                await this.#recovered(message, signal);
            else
                await this.#trouble(message, signal);
            return true;
        }
        catch (error) {
            this.ports.log.warning(`the issue of ${story.group} (${story.id}) was not written: ${(0,errors/* messageOf */.bD)(error)}`);
            return false;
        }
    }
    async #trouble(message, signal) {
        const { story } = message;
        const { label } = story;
        const marker = `${groupMarker(story.group)}/${story.id}`;
        if (story.issue === 'continues') {
            const issue = await (0,issues/* findIssue */.Ry)(this.#github, this.#repository, marker, { label, state: 'open' }, signal);
            if (issue !== undefined)
                await (0,issues/* addComment */.BC)(this.#github, this.#repository, issue.number, issueText(message), signal);
            return;
        }
        const wanted = { title: message.title, body: issueText(message), labels: [label], marker };
        const { issue, opened } = await (0,issues/* ensureIssue */.W7)(this.#github, this.#repository, wanted, signal);
        if (opened)
            return;
        // The title says how it stands now; what was is in the comments.
        await (0,issues/* addComment */.BC)(this.#github, this.#repository, issue.number, issueText(message), signal);
        const reopen = issue.open ? {} : { state: 'open', state_reason: 'reopened' };
        await (0,issues/* updateIssue */.tt)(this.#github, this.#repository, issue.number, { title: message.title.slice(0, 250), ...reopen }, signal);
    }
    async #recovered(message, signal) {
        const { label, group } = message.story;
        const own = (0,issues/* markerLine */.B_)(groupMarker(group)).replace(/ -->$/, '/');
        for await (const issue of (0,issues/* issuesOf */.wf)(this.#github, this.#repository, { label, state: 'open' }, signal)) {
            if (!issue.body.startsWith(own))
                continue;
            await (0,issues/* addComment */.BC)(this.#github, this.#repository, issue.number, `Recovered.\n\n${issueText(message)}`, signal);
            await (0,issues/* updateIssue */.tt)(this.#github, this.#repository, issue.number, { state: 'closed', state_reason: 'completed' }, signal);
        }
    }
}
const groupMarker = (group) => `trouble ${encodeURIComponent(group)}`;
/** Markdown; every value is somebody else's text. Mentions are broken up, so that a metric's name calls nobody. */
function issueText(message) {
    const safe = (text) => (0,markdown/* inline */.mG)(text).replaceAll('@', '@\u200b');
    return [
        `**${safe(message.why)}**`,
        '',
        ...message.facts.map(([name, value]) => `- ${safe(name)}: ${(0,markdown/* code */.aY)(value)}`),
        ...(message.todo.length === 0
            ? []
            : ['', '**To do**', '', ...message.todo.map((one) => `- ${safe(one)}`)]),
        ...(message.link === undefined ? [] : ['', (0,markdown/* link */.nf)('Open the run', message.link)]),
    ].join('\n');
}
//# sourceMappingURL=issue.js.map
;// CONCATENATED MODULE: ./lib/actions/notifiers.js


/** Everybody that the input notify names, in its order; the issues only where there is a repository and a token. */
const notifiersFor = (targets, github, act) => targets.flatMap((target) => {
    if (target.kind !== 'github-issue')
        return [{ kind: target.kind, notifier: new send/* WebhookNotifier */.q(target, act) }];
    if (github === undefined)
        return [];
    return [{ kind: target.kind, notifier: new IssueNotifier(github.github, github.repository, act) }];
});
//# sourceMappingURL=notifiers.js.map

/***/ }),

/***/ 81023:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Bf: () => (/* binding */ releaseId),
/* harmony export */   bf: () => (/* binding */ ownerOf),
/* harmony export */   ng: () => (/* binding */ runOf)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(77598);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(48161);


/** The workflow run we are in; undefined outside GitHub Actions. */
function runOf(env) {
    const repository = env['GITHUB_REPOSITORY'] ?? '';
    const id = env['GITHUB_RUN_ID'] ?? '';
    if (repository === '' || id === '')
        return undefined;
    const attempt = Number(env['GITHUB_RUN_ATTEMPT'] ?? '1');
    const server = (env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/+$/, '');
    return {
        repository,
        id,
        attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
        url: `${server}/${repository}/actions/runs/${id}`,
    };
}
/** Unique to this process, and readable: who holds the lease. */
function ownerOf(run) {
    const random = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(4).toString('hex');
    return run === undefined ? `${(0,node_os__WEBPACK_IMPORTED_MODULE_1__.hostname)()}.${process.pid}.${random}` : `${run.id}.${run.attempt}.${random}`;
}
/** Short enough to be typed, sorted by time: `20261121-143500-9f3a`. */
function releaseId(now) {
    const stamp = new Date(now).toISOString().replace(/\.\d+Z$/, '').replaceAll(/[-:]/g, '').replace('T', '-'); // prettier-ignore
    return `${stamp}-${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(2).toString('hex')}`;
}
//# sourceMappingURL=this-run.js.map

/***/ }),

/***/ 29619:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G8: () => (/* binding */ LOCAL),
/* harmony export */   IX: () => (/* binding */ isLocal),
/* harmony export */   P4: () => (/* binding */ formatTarget),
/* harmony export */   QW: () => (/* binding */ parsePrivateKey),
/* harmony export */   hG: () => (/* binding */ unknownTargets),
/* harmony export */   hu: () => (/* binding */ parseTarget)
/* harmony export */ });
/* unused harmony export knownName */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(77598);

/** This machine itself: no login, no connection. For a runner on the host, and for a laptop. */
const LOCAL = { user: '', host: 'local', port: 0 };
const isLocal = (target) => target.user === '' && target.host === LOCAL.host;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$/;
const IPV6 = /^[0-9A-Fa-f:]+(?:%[A-Za-z0-9._-]+)?$/;
/** POSIX portable names, and the `user@domain` and `DOMAIN\user` of Windows; never a leading dash. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@\\-]*\$?$/;
/** Reads `user@host`, `user@host:2222`, `user@[::1]:2222`, each also after `ssh://`. */
function parseTarget(text) {
    const trimmed = text.trim().replace(/^ssh:\/\//, '');
    const at = trimmed.lastIndexOf('@');
    if (at <= 0)
        return { reason: 'write user@host or user@host:port; the user is needed' };
    const user = trimmed.slice(0, at);
    if (!USER.test(user))
        return { reason: `"${user}" is not a user name` };
    const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(trimmed.slice(at + 1));
    if (match === null)
        return { reason: 'write user@host:port; an IPv6 address stands in [brackets]' };
    const [, six, name, portText] = match;
    const host = six ?? name ?? '';
    const valid = six === undefined ? NAME.test(host) : IPV6.test(host) && host.includes(':');
    if (!valid)
        return { reason: `"${host}" is not a host name or address` };
    const port = portText === undefined ? 22 : Number(portText);
    if (port < 1 || port > 65_535)
        return { reason: `${port} is not a port` };
    return { user, host, port };
}
/** `user@host`, with the port where it is not 22; `local` for this machine. */
function formatTarget(target) {
    if (isLocal(target))
        return LOCAL.host;
    const { user, host, port } = target;
    const name = host.includes(':') ? `[${host}]` : host;
    return `${user}@${name}${port === 22 ? '' : `:${port}`}`;
}
/** The name under which known_hosts keeps this host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
function knownName({ host, port }) {
    const lower = host.toLowerCase();
    return port === 22 ? lower : `[${lower}]:${port}`;
}
/** The targets no line of `known` can match; ssh also takes a line without the port for another port. */
function unknownTargets(known, targets) {
    const patterns = known
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.replace(/^@cert-authority\s+/, ''))
        .filter((line) => !line.startsWith('@'))
        .map((line) => line.split(/\s+/))
        .filter((words) => words.length >= 3)
        .map(([names = '']) => names.split(','));
    return targets.filter((target) => !patterns.some((names) => [knownName(target), target.host.toLowerCase()].some((name) => matchesNames(names, name))));
}
function matchesNames(names, name) {
    let found = false;
    for (const pattern of names) {
        if (pattern.startsWith('!')) {
            if (matchesPattern(pattern.slice(1), name))
                return false;
        }
        else if (matchesPattern(pattern, name))
            found = true;
    }
    return found;
}
function matchesPattern(pattern, name) {
    const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(pattern);
    if (hashed !== null) {
        const [, salt = '', hash = ''] = hashed;
        return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHmac)('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
    }
    const expression = pattern
        .toLowerCase()
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.');
    return new RegExp(`^${expression}$`).test(name);
}
/** A private key as ssh wants it, or why it cannot be used. */
function parsePrivateKey(text) {
    // Secrets are pasted with Windows line ends, without the last one, or with spaces around: ssh refuses all three.
    const lines = text
        .trim()
        .split(/\r\n|\r|\n/)
        .map((line) => line.trim());
    const clean = `${lines.join('\n')}\n`;
    if (/^PuTTY-User-Key-File-/.test(clean))
        return { reason: 'it is a PuTTY key', fix: 'export it in PuTTYgen as an OpenSSH key' };
    if (/^(?:ssh-|ecdsa-|sk-)\S+ AAAA/.test(clean))
        return {
            reason: 'it is a public key',
            fix: 'give the private one; its file has the same name without .pub',
        };
    const kind = /^-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----\n/.exec(clean)?.[1];
    if (kind === undefined)
        return {
            reason: 'it does not begin with -----BEGIN … PRIVATE KEY-----',
            fix: 'give the whole text of the key file, made by ssh-keygen -t ed25519',
        };
    if (!clean.endsWith(`-----END ${kind}PRIVATE KEY-----\n`))
        return { reason: 'its last line is missing', fix: 'give the whole text of the key file' };
    const locked = {
        reason: 'it is protected by a passphrase, and nobody is there to type it',
        fix: 'make a key for deployment alone with ssh-keygen -t ed25519 -N "", or load it into an agent',
    };
    if (kind.startsWith('ENCRYPTED') || lines.some((line) => line.startsWith('Proc-Type: 4,ENCRYPTED')))
        return locked;
    if (kind === 'OPENSSH ' && cipherOf(lines.slice(1, -1).join('')) !== 'none')
        return locked;
    return { text: clean };
}
/** The cipher's name in an OpenSSH key (PROTOCOL.key: the text "openssh-key-v1" and a NUL, then length and name). */
function cipherOf(base64) {
    const bytes = Buffer.from(base64, 'base64');
    const at = 'openssh-key-v1\0'.length;
    if (bytes.length < at + 4)
        return 'none';
    return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)).toString('latin1');
}
//# sourceMappingURL=ssh-target.js.map

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

/***/ 94192:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B0: () => (/* binding */ countVotes),
/* harmony export */   l2: () => (/* binding */ holdId),
/* harmony export */   vt: () => (/* binding */ commandIn)
/* harmony export */ });
/* harmony import */ var _github_answers_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(67536);

/**
 * Names one hold of a release: an approval of the 5 % step is none of the 50 % step. Short enough to be typed.
 */
function holdId(release) {
    const { step, heldAt } = release.state;
    return `${release.id}.${heldAt === 'baking' ? 'bake' : `step${step + 1}`}`;
}
/**
 * Counts votes: any permitted rejection rejects, `minimum` different permitted people approve, anything else waits. The last
 * vote of a person counts. Rejecting needs the right too, but nobody is excluded from it: the author may stop his own release.
 */
async function countVotes(votes, rules) {
    const last = new Map();
    for (const vote of votes)
        last.set(vote.by.toLowerCase(), vote);
    const by = [];
    const ignored = [];
    for (const vote of last.values()) {
        const own = rules.excluded.find(({ login }) => (0,_github_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .sameLogin */ .Up)(login, vote.by));
        if (own !== undefined && vote.approves) {
            ignored.push(`${vote.by} ${own.why}`);
            continue;
        }
        const refusal = await rules.refusal?.(vote.by);
        if (refusal !== undefined)
            ignored.push(`${vote.by} ${refusal}`);
        else if (!vote.approves)
            return { kind: 'rejected', by: vote.by };
        else
            by.push(vote.by);
    }
    const minimum = Math.max(1, rules.minimum);
    if (by.length >= minimum)
        return { kind: 'approved', by };
    const have = by.length === 0 ? '' : ` (${by.join(', ')})`;
    const not = ignored.length === 0 ? '' : `; not counted: ${ignored.join('; ')}`;
    return { kind: 'waiting', detail: `${by.length} of ${minimum} approvals${have}${not}. ${rules.how}` };
}
/**
 * What a comment says about a hold: the last `/approve ID` or `/reject ID` at the start of a line. Quotes (`>`) and code
 * blocks are other people's words. Pure.
 */
function commandIn(body, hold) {
    let fenced = false;
    let found;
    for (const line of body.split(/\r?\n/)) {
        if (/^\s*(?:```|~~~)/.test(line))
            fenced = !fenced;
        const match = fenced ? null : /^\/(approve|reject)\s+(\S+)(?:\s|$)/.exec(line);
        if (match?.[2] === hold)
            found = match[1] === 'approve' ? 'approve' : 'reject';
    }
    return found;
}
//# sourceMappingURL=github-votes.js.map

/***/ }),

/***/ 2648:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $i: () => (/* binding */ parseSteps),
/* harmony export */   E9: () => (/* binding */ parseDuration),
/* harmony export */   ML: () => (/* binding */ nodeSteps),
/* harmony export */   Pw: () => (/* binding */ nodesAt)
/* harmony export */ });
const UNITS = { s: 1000, m: 60_000, h: 3_600_000 };
const DEFAULT_OBSERVE_MS = 5 * 60_000;
/**
 * Reads the steps of a release: `5% 5m, 10% 5m, 25%, 50% hold, 100%`. Items are parted by commas or lines; each has a percentage,
 * and may have a time (`30s`, `5m`, `1h30m`; default 5 min) and the word `hold`. They must rise and end at 100 %.
 * `100%` alone is a blue-green release.
 */
function parseSteps(text, defaults = { observeMs: DEFAULT_OBSERVE_MS }) {
    const steps = [];
    const problems = [];
    const problem = (value, what, fix) => {
        problems.push({ code: 'gray-steps', what, input: 'steps', value, fix });
    };
    const items = text
        .split(/[,\n]/)
        .map((item) => item.trim())
        .filter((item) => item !== '');
    for (const item of items) {
        const [first = '', ...words] = item.split(/\s+/);
        const match = /^(\d+(?:\.\d+)?)%$/.exec(first);
        const percent = Number(match?.[1]);
        if (match === null) {
            problem(item, `a step starts with a percentage, not with "${first}"`, 'write it like "5% 5m"');
            continue;
        }
        if (percent <= 0 || percent > 100) {
            problem(item, 'a step lies above 0 % and at most at 100 %', 'leave it out, or correct it');
            continue;
        }
        let observeMs;
        let hold = false;
        for (const word of words) {
            const duration = parseDuration(word);
            if (word === 'hold' && !hold)
                hold = true;
            else if (duration !== undefined && duration > 0 && observeMs === undefined)
                observeMs = duration;
            else
                problem(item, `"${word}" is not understood in a step`, 'a step is a percentage, a time such as 5m (once), and perhaps the word hold');
        }
        const before = steps.at(-1);
        if (before !== undefined && percent <= before.percent)
            problem(item, `the step ${percent} % does not rise above ${before.percent} %`, 'write the steps in rising order');
        steps.push({ percent, observeMs: observeMs ?? defaults.observeMs, hold });
    }
    if (items.length === 0)
        problem(text, 'there are no steps', 'write them like "5% 5m, 25%, 100%"');
    else if (problems.length === 0 && steps.at(-1)?.percent !== 100)
        problem(text, 'the last step is not 100 %', 'end with "100%", so that one version is left');
    return { steps: problems.length > 0 ? [] : steps, problems };
}
/** `90s`, `5m`, `1h30m` in ms; undefined when it is no duration. */
function parseDuration(text) {
    if (!/^(?:\d+h)?(?:\d+m)?(?:\d+s)?$/.test(text) || text === '')
        return undefined;
    let sum = 0;
    for (const [, count, unit = ''] of text.matchAll(/(\d+)([hms])/g))
        sum += Number(count) * (UNITS[unit] ?? NaN);
    return Number.isSafeInteger(sum) ? sum : undefined;
}
/**
 * How many of `nodes` have the new version at a step: rounded up, at least one, all only at 100 %, so that the old
 * version is still there to compare with and to go back to (a single node has no such choice).
 */
function nodesAt(percent, nodes) {
    if (nodes < 1)
        return 0;
    if (percent >= 100)
        return nodes;
    // The small term keeps 10 % of 30, which is 3.0000000000000004 in binary, from becoming 4.
    const wanted = Math.ceil((nodes * percent) / 100 - 1e-9);
    return Math.min(Math.max(1, wanted), Math.max(1, nodes - 1));
}
/** The steps of a node plan; steps that would move no further node are left out. */
function nodeSteps(steps, nodes) {
    const result = [];
    for (const step of steps) {
        const count = nodesAt(step.percent, nodes);
        const last = result.at(-1);
        if (last === undefined || count > last.nodes) {
            result.push({ ...step, nodes: count, real: (100 * count) / nodes });
        }
        else {
            // Merged: the longer look and any hold stay, because somebody asked for them.
            result[result.length - 1] = {
                ...last,
                observeMs: Math.max(last.observeMs, step.observeMs),
                hold: last.hold || step.hold,
            };
        }
    }
    return result;
}
//# sourceMappingURL=plan.js.map

/***/ }),

/***/ 82257:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Uw: () => (/* binding */ cutBytes),
/* harmony export */   rE: () => (/* binding */ version),
/* harmony export */   wh: () => (/* binding */ plainText)
/* harmony export */ });
/* harmony import */ var _markdown_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(63021);

/** Digests in the length that people compare by. */
const version = (text) => (0,_markdown_js__WEBPACK_IMPORTED_MODULE_0__/* .oneLine */ .TN)(text).replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1');
/** The message as lines of plain text, for what knows no markup. */
function plainText(message) {
    return [
        message.title,
        '',
        `Why: ${message.why}`,
        ...message.facts.map(([name, value]) => `${name}: ${value}`),
        ...(message.todo.length === 0 ? [] : ['', ...message.todo.map((one) => `To do: ${one}`)]),
        ...(message.link === undefined ? [] : ['', message.link]),
    ].join('\n');
}
/** `text` cut to `bytes` of UTF-8 without a broken character; chats count bytes, not letters. */
function cutBytes(text, bytes) {
    if (Buffer.byteLength(text) <= bytes)
        return text;
    const mark = '…';
    let room = bytes - Buffer.byteLength(mark);
    let kept = '';
    for (const letter of text) {
        room -= Buffer.byteLength(letter);
        if (room < 0)
            break;
        kept += letter;
    }
    return kept + mark;
}
//# sourceMappingURL=message.js.map

/***/ }),

/***/ 81333:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   S: () => (/* binding */ composeMessage)
/* harmony export */ });
/* unused harmony export ISSUE_LABEL */
/* harmony import */ var _base_clock_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(74743);
/* harmony import */ var _gray_github_votes_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(94192);
/* harmony import */ var _markdown_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(63021);
/* harmony import */ var _message_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(82257);




const ISSUE_LABEL = 'gray-release';
const TITLES = {
    started: 'a gray release begins',
    step: 'the next step is reached',
    hold: 'approval is needed',
    'going-back': 'going back to the old version',
    promoted: 'the new version serves everything',
    'rolled-back': 'the new version was taken back',
    'rollback-failed': 'THE WAY BACK FAILED',
    'finalise-failed': 'promoted, but the old version could not be removed',
    'engine-failed': 'the engine of the release failed',
    alert: 'a metric gives an alert',
};
const LEVELS = { info: '', warning: 'WARNING ', page: 'PAGE ' };
/** A notice with everything around it that its reader would else have to look for; pure. `now` in ms. */
function composeMessage(notice, release, now) {
    const { state, plan, run } = release;
    const share = state.observed === null ? 'not read back yet' : `${round(state.observed)} % read back`;
    const asked = state.observed === state.intended ? '' : `, ${round(state.intended)} % asked for`;
    const step = state.step < 0 ? '' : ` (step ${state.step + 1} of ${plan.steps.length})`;
    return {
        level: notice.level,
        event: notice.event,
        title: (0,_markdown_js__WEBPACK_IMPORTED_MODULE_2__/* .oneLine */ .TN)(`${LEVELS[notice.level]}${release.environment}: ${TITLES[notice.event] ?? notice.event.replaceAll('-', ' ')}`),
        facts: [
            ['environment', release.environment],
            ['new version', (0,_message_js__WEBPACK_IMPORTED_MODULE_3__/* .version */ .rE)(release.new)],
            ['old version', (0,_message_js__WEBPACK_IMPORTED_MODULE_3__/* .version */ .rE)(release.old)],
            ['share of the new', `${share}${asked}${step}`],
            ['running for', (0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(Math.max(0, now - release.startedAt))],
            ['release', release.id],
            ...(run === undefined ? [] : [['repository', run.repository]]),
        ],
        why: (0,_markdown_js__WEBPACK_IMPORTED_MODULE_2__/* .oneLine */ .TN)(notice.message),
        todo: todoOf(notice, release),
        key: `${release.id}\n${notice.event}\n${state.step}\n${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_2__/* .oneLine */ .TN)(notice.message)}`,
        story: { label: ISSUE_LABEL, group: release.environment, id: release.id, issue: issueOf(notice) },
        data: { release: dataOf(release) },
        ...(run === undefined ? {} : { link: run.url }),
    };
}
/** Events that open an issue: something is wrong, or was. A hold has an issue of its own where approval is by comments. */
const OPENS = [
    'going-back',
    'rolled-back',
    'rollback-failed',
    'finalise-failed',
    'engine-failed',
    'alert',
];
/** Events after which traffic is where it belongs and nothing is left to be done at the target. */
const RECOVERS = ['promoted'];
function issueOf({ event, level }) {
    if (RECOVERS.includes(event))
        return 'closes';
    if (OPENS.includes(event))
        return 'opens';
    // Other notices belong to the story of an issue that is there, but open none.
    return level === 'info' ? 'none' : 'continues';
}
const dataOf = ({ state, plan, run, ...release }) => ({
    id: release.id,
    environment: release.environment,
    old: release.old,
    new: release.new,
    phase: state.phase,
    step: state.step + 1,
    steps: plan.steps.length,
    intended: state.intended,
    observed: state.observed,
    startedAt: new Date(release.startedAt).toISOString(),
    ...(run === undefined ? {} : { run }),
});
function todoOf({ event }, release) {
    const old = (0,_message_js__WEBPACK_IMPORTED_MODULE_3__/* .version */ .rE)(release.old);
    switch (event) {
        case 'hold': {
            const id = (0,_gray_github_votes_js__WEBPACK_IMPORTED_MODULE_1__/* .holdId */ .l2)(release);
            return [
                'look at the numbers in the job summary',
                `then comment "/approve ${id}" or "/reject ${id}" (on a laptop: gray approve ${id})`,
            ];
        }
        case 'going-back':
            return ['nothing yet: the way back runs by itself, and a page follows if it fails'];
        case 'rolled-back':
            return [
                `nothing urgent: ${old} serves everything`,
                'before the next try read why in the job summary; "gray audit verify" shows each number',
            ];
        case 'rollback-failed':
            return [
                `NOW: look at the target ("gray status"), and give ${old} all traffic by hand if the new version still gets any`,
                'when the target can be reached again, run "gray reap": it goes back and proves it',
            ];
        case 'finalise-failed':
            return ['remove what is left of the old version, or run "gray reap" to try it again; traffic is fine'];
        case 'engine-failed':
            return ['run "gray status" to see what serves, then "gray reap" to take the release back'];
        case 'alert':
            return ['look at this metric now; the release goes on, "gray rollback" takes it back'];
        default:
            return [];
    }
}
const round = (percent) => Math.round(percent * 10) / 10;
//# sourceMappingURL=release-message.js.map

/***/ }),

/***/ 81397:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  IC: () => (/* binding */ EveryNotifier),
  Y0: () => (/* binding */ MessageNotifier),
  q: () => (/* binding */ WebhookNotifier)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/retry.js
var retry = __webpack_require__(27091);
// EXTERNAL MODULE: ./lib/report/notify/release-message.js
var release_message = __webpack_require__(81333);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
// EXTERNAL MODULE: ./lib/base/download.js
var download = __webpack_require__(13001);
// EXTERNAL MODULE: ./lib/report/notify/message.js
var notify_message = __webpack_require__(82257);
;// CONCATENATED MODULE: ./lib/report/notify/services.js



const json = { 'content-type': 'application/json; charset=utf-8' };
const hmac = (key, text) => (0,external_node_crypto_.createHmac)('sha256', key).update(text).digest('base64');
/** Letters that have a meaning in some chat's Markdown, as look-alikes without one: most chats know no escape. */
const tame = (text) => text.replace(/[<>[\]`*\\]/g, (letter) => ({ '<': '＜', '>': '＞', '[': '［', ']': '］', '`': "'", '*': '∗', '\\': '＼' })[letter] ?? '');
function markdown(message) {
    return [
        `### ${tame(message.title)}`,
        `**Why:** ${tame(message.why)}`,
        message.facts.map(([name, value]) => `- ${name}: **${tame(value)}**`).join('\n'),
        ...(message.todo.length === 0
            ? []
            : [`**To do:**\n${message.todo.map((one) => `- ${tame(one)}`).join('\n')}`]),
        ...(message.link === undefined ? [] : [`[Open the run](${message.link})`]),
    ].join('\n\n');
}
/** DingTalk custom robot: `sign` = base64(HMAC-SHA256(secret, "timestamp\nsecret")), timestamp in ms, in the query. */
function signDingtalk(secret, timestamp) {
    return hmac(secret, `${timestamp}\n${secret}`);
}
/** Feishu custom bot: the key is "timestamp\nsecret", the text is empty; timestamp in seconds, in the body. */
function signFeishu(secret, timestamp) {
    return hmac(`${timestamp}\n${secret}`, '');
}
/**
 * Standard Webhooks 1.0 (standardwebhooks.com): base64(HMAC-SHA256(key, "id.timestamp.body")), timestamp in seconds.
 * A key that begins with `whsec_` is base64.
 */
function signWebhook(secret, id, timestamp, body) {
    const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
    return `v1,${hmac(key, `${id}.${timestamp}.${body}`)}`;
}
/** Reads `{"errcode": 0}` and `{"code": 0}`: only a zero is a success, whatever the status is. */
function byCode(field, text, codes) {
    return (status, body) => {
        let value = {};
        try {
            const parsed = JSON.parse(body);
            if (typeof parsed === 'object' && parsed !== null)
                value = parsed;
        }
        catch {
            // Below: an answer without a code is none of theirs.
        }
        const code = value[field];
        if (code === 0 && status >= 200 && status < 300)
            return { ok: true };
        if (typeof code !== 'number')
            return byStatus(status, 'the answer is not the service’s own: a proxy may stand between');
        const known = codes[String(code)];
        const said = typeof value[text] === 'string' ? ` ${value[text].slice(0, 200)}` : '';
        return {
            ok: false,
            fault: known?.passing === true || status >= 500 || status === 429 ? { kind: 'passing' } : { kind: 'final' },
            reason: `${field} ${code}${said}${known === undefined ? '' : `; ${known.fix}`}`,
        };
    };
}
function byStatus(status, text) {
    const passing = status === 408 || status === 429 || (status >= 500 && status !== 501);
    return {
        ok: false,
        fault: passing ? { kind: 'passing' } : { kind: 'final' },
        reason: `HTTP ${status}: ${text}`,
    };
}
const DINGTALK = {
    build: (message, channel, now) => {
        const url = new URL(channel.url);
        if (channel.secret !== undefined) {
            url.searchParams.set('timestamp', String(now));
            url.searchParams.set('sign', signDingtalk(channel.secret, now));
        }
        const body = {
            msgtype: 'markdown',
            // The whole body may have 20 000 bytes.
            markdown: { title: (0,notify_message/* cutBytes */.Uw)(message.title, 200), text: (0,notify_message/* cutBytes */.Uw)(markdown(message), 15_000) },
            at: { isAtAll: message.level === 'page' },
        };
        return { url: url.toString(), headers: json, body: JSON.stringify(body) };
    },
    read: byCode('errcode', 'errmsg', {
        '-1': { passing: true, fix: 'the service is busy' },
        '130101': { passing: true, fix: 'a robot may send 20 messages a minute' },
        '410100': { passing: true, fix: 'a robot may send 20 messages a minute' },
        '90030': { fix: "the robot's messages of the day are used up" },
        '300001': { fix: 'the access_token in the address is not that of a robot' },
        '300005': { fix: 'the access_token in the address is not that of a robot' },
        '310000': {
            fix: 'the signature, a keyword or the address list of the robot refuses it: check the secret (SEC…), the keywords, and the clock of this machine',
        },
        '400101': { fix: 'the access_token in the address is not that of a robot' },
        '400102': { fix: 'the robot is switched off' },
        '400106': { fix: 'the robot was removed from the group' },
    }),
};
const COLOURS = { info: 'blue', warning: 'orange', page: 'red' };
const FEISHU = {
    build: (message, channel, now) => {
        const timestamp = Math.floor(now / 1000);
        const plain = (content) => ({ tag: 'plain_text', content });
        const card = {
            config: { wide_screen_mode: true },
            header: { template: COLOURS[message.level], title: plain((0,notify_message/* cutBytes */.Uw)(message.title, 200)) },
            elements: [
                ...(message.level === 'page'
                    ? [{ tag: 'div', text: { tag: 'lark_md', content: '<at id=all></at>' } }]
                    : []),
                // The request may have 20 KB.
                { tag: 'div', text: plain((0,notify_message/* cutBytes */.Uw)(`Why: ${message.why}`, 8000)) },
                {
                    tag: 'div',
                    fields: message.facts.map(([name, value]) => ({
                        is_short: false,
                        text: plain((0,notify_message/* cutBytes */.Uw)(`${name}: ${value}`, 600)),
                    })),
                },
                ...message.todo.map((one) => ({ tag: 'div', text: plain(`To do: ${(0,notify_message/* cutBytes */.Uw)(one, 600)}`) })),
                ...(message.link === undefined
                    ? []
                    : [
                        {
                            tag: 'action',
                            actions: [{ tag: 'button', type: 'primary', text: plain('Open the run'), url: message.link }],
                        },
                    ]),
            ],
        };
        const signed = channel.secret === undefined
            ? {}
            : { timestamp: String(timestamp), sign: signFeishu(channel.secret, timestamp) };
        return {
            url: channel.url,
            headers: json,
            body: JSON.stringify({ ...signed, msg_type: 'interactive', card }),
        };
    },
    read: byCode('code', 'msg', {
        '9499': { fix: 'the message was not understood' },
        '11232': { passing: true, fix: 'a bot may send 100 messages a minute and 5 a second' },
        '19001': { fix: 'the address is not that of a bot' },
        '19021': { fix: 'the signature is wrong, or the clock of this machine is off by more than an hour' },
        '19022': { fix: 'the address list of the bot does not have this machine' },
        '19024': { fix: 'the message has none of the keywords of the bot' },
    }),
};
const WECOM = {
    build: (message, channel) => {
        // Markdown cannot call everybody, and text can: 4096 and 2048 bytes are the limits of the two.
        const body = message.level === 'page'
            ? { msgtype: 'text', text: { content: (0,notify_message/* cutBytes */.Uw)((0,notify_message/* plainText */.wh)(message), 2048), mentioned_list: ['@all'] } }
            : { msgtype: 'markdown', markdown: { content: (0,notify_message/* cutBytes */.Uw)(markdown(message), 4096) } };
        return { url: channel.url, headers: json, body: JSON.stringify(body) };
    },
    read: byCode('errcode', 'errmsg', {
        '-1': { passing: true, fix: 'the service is busy' },
        '40008': { fix: 'the message was not understood' },
        '40058': { fix: 'the message was not understood, or is too long' },
        '45009': { passing: true, fix: 'a robot may send 20 messages a minute' },
        '45033': { passing: true, fix: 'too many messages at once' },
        '93000': { fix: 'the key in the address is not that of a robot' },
        '93008': { fix: 'the robot is not in the group any more' },
    }),
};
/** Slack's own three (api.slack.com, "Formatting text"); nothing else is markup once they are gone. */
const slackEscape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const SLACK = {
    build: (message, channel) => {
        const text = (content, most) => ({ type: 'mrkdwn', text: content.slice(0, most) });
        const call = message.level === 'page' ? '<!channel> ' : '';
        const blocks = [
            { type: 'header', text: { type: 'plain_text', text: message.title.slice(0, 150), emoji: false } },
            { type: 'section', text: text(`${call}*Why:* ${slackEscape(message.why.slice(0, 2000))}`, 3000) },
            // Ten fields at most, of 2000 characters.
            {
                type: 'section',
                fields: message.facts
                    .slice(0, 10)
                    .map(([name, value]) => text(`*${name}*\n${slackEscape(value.slice(0, 500))}`, 2000)),
            },
            ...(message.todo.length === 0
                ? []
                : [
                    {
                        type: 'section',
                        text: text(`*To do:*\n${message.todo.map((one) => `• ${slackEscape(one.slice(0, 500))}`).join('\n')}`, 3000),
                    },
                ]),
            ...(message.link === undefined
                ? []
                : [{ type: 'section', text: text(`<${message.link}|Open the run>`, 3000) }]),
        ];
        // `text` is what a phone's notification shows.
        const body = {
            text: slackEscape(`${message.title}. ${message.why}`.slice(0, 2000)),
            blocks,
            unfurl_links: false,
        };
        return { url: channel.url, headers: json, body: JSON.stringify(body) };
    },
    read: (status, body) => {
        if (status === 200 && body.trim() === 'ok')
            return { ok: true };
        const word = /^[a-z_]{1,60}$/.test(body.trim()) ? body.trim() : '';
        const fix = SLACK_FIXES[word];
        return byStatus(status === 200 ? 400 : status, `${word === '' ? 'not the answer of Slack' : word}${fix === undefined ? '' : `; ${fix}`}`);
    },
};
const SLACK_FIXES = {
    action_prohibited: 'an admin has forbidden this webhook to post',
    channel_is_archived: 'the channel is archived: make a webhook for another one',
    channel_not_found: 'the channel is gone: make a new webhook',
    invalid_payload: 'the message was not understood',
    no_service: 'the webhook was removed: make a new one',
    no_team: 'the workspace is gone',
    rate_limited: 'a webhook may send one message a second',
};
const WEBHOOK = {
    build: (message, channel, now) => {
        const { key, story, data, ...told } = message;
        const timestamp = Math.floor(now / 1000);
        const body = JSON.stringify({
            schema: 1,
            ...told,
            facts: Object.fromEntries(message.facts),
            text: (0,notify_message/* plainText */.wh)(message),
            at: new Date(now).toISOString(),
            about: story.group,
            ...data,
        });
        const id = `msg_${(0,download/* sha256 */.sc)(key).slice(0, 32)}`;
        const signed = channel.secret === undefined
            ? {}
            : { 'webhook-signature': signWebhook(channel.secret, id, timestamp, body) };
        return {
            url: channel.url,
            headers: { ...json, 'webhook-id': id, 'webhook-timestamp': String(timestamp), ...signed },
            body,
        };
    },
    read: (status, body) => status >= 200 && status < 300 ? { ok: true } : byStatus(status, body.slice(0, 120).replace(/\s+/g, ' ')),
};
const SERVICES = {
    dingtalk: DINGTALK,
    feishu: FEISHU,
    wecom: WECOM,
    slack: SLACK,
    webhook: WEBHOOK,
};
//# sourceMappingURL=services.js.map
;// CONCATENATED MODULE: ./lib/report/notify/send.js




/** A message is tried for no longer than this: it must not keep a release waiting, and old news help nobody. */
const WINDOW_MS = 12_000;
const REQUEST_MS = 5000;
const ATTEMPTS = 4;
const LEVELS = ['info', 'warning', 'page'];
class DeliveryError extends Error {
    fault;
    constructor(reason, fault) {
        super(reason);
        this.fault = fault;
    }
}
/** Sends messages; those of a release are made from its notices. Never throws. */
class MessageNotifier {
    ports;
    constructor(ports) {
        this.ports = ports;
    }
    async notify(notice, release, signal) {
        const { secrets, clock } = this.ports;
        const clean = { ...notice, message: secrets.redact(notice.message) };
        await this.send((0,release_message/* composeMessage */.S)(clean, release, clock.now()), signal);
    }
}
/** One chat or webhook. Never throws; tries again what can pass, within 12 s; no address and no secret is ever told. */
class WebhookNotifier extends MessageNotifier {
    #channel;
    #act;
    constructor(channel, act) {
        super(act);
        maskChannel(channel, act.secrets);
        this.#channel = channel;
        this.#act = act;
    }
    async send(message, signal) {
        if (LEVELS.indexOf(message.level) < LEVELS.indexOf(this.#channel.level ?? 'info'))
            return true;
        const { kind } = this.#channel;
        const { clock, counter, log, secrets } = this.#act;
        const until = clock.now() + WINDOW_MS;
        try {
            await (0,retry/* retry */.L5)(() => this.#once(message, signal), {
                what: `the ${kind} message "${message.event}"`,
                attempts: ATTEMPTS,
                baseMs: 500,
                capMs: WINDOW_MS,
                classify: (error) => {
                    const fault = error instanceof DeliveryError ? error.fault : (0,retry/* classifyNetworkFault */.xI)(error);
                    const late = clock.now() + (fault.kind === 'passing' ? (fault.afterMs ?? 0) : 0) >= until;
                    return late ? { kind: 'final' } : fault;
                },
                clock,
                signal,
                counter,
                log: { ...log, info: (line) => log.info(secrets.redact(line)) },
            });
            return true;
        }
        catch (error) {
            log.warning(secrets.redact(`the ${kind} message "${message.event}" was not delivered: ${plainReason(error, this.#channel.url)}`));
            return false;
        }
    }
    async #once(message, signal) {
        const { kind } = this.#channel;
        const { http, clock } = this.#act;
        const now = clock.now();
        const { url, headers, body } = SERVICES[kind].build(message, this.#channel, now);
        const response = await http.request({ method: 'POST', url, headers, body, timeoutMs: REQUEST_MS, signal });
        const text = await response.text(64 * 1024);
        const outcome = SERVICES[kind].read(response.status, text);
        if (outcome.ok)
            return;
        const afterMs = (0,retry/* parseRetryAfter */.mu)(response.headers['retry-after'], now);
        const fault = outcome.fault ?? { kind: 'final' };
        throw new DeliveryError(outcome.reason ?? `HTTP ${response.status}`, fault.kind === 'passing' && afterMs !== undefined ? { kind: 'passing', afterMs } : fault);
    }
}
/** The address is the credential of a webhook: all of it, and each long part that could be told alone. */
function maskChannel({ url, secret }, secrets) {
    secrets.mask(url);
    if (secret !== undefined)
        secrets.mask(secret);
    try {
        const { pathname, searchParams } = new URL(url);
        for (const value of searchParams.values())
            if (value.length >= 8)
                secrets.mask(value);
        for (const part of pathname.split('/'))
            if (part.length >= 12)
                secrets.mask(part);
        if (pathname.length >= 12)
            secrets.mask(pathname);
    }
    catch {
        // Not an address: it fails when it is used, and is masked as it is.
    }
}
/** What failed, without the address, which libraries like to put into their messages. */
function plainReason(error, url) {
    return (0,errors/* messageOf */.bD)(error).replaceAll(url, '***');
}
/** Sends to all at the same time; one that is slow or down keeps no other one waiting. Never throws. */
class EveryNotifier {
    #all;
    #log;
    constructor(all, { log }) {
        this.#all = all;
        this.#log = log;
    }
    async notify(notice, release, signal) {
        const results = await Promise.allSettled(this.#all.map((one) => one.notify(notice, release, signal)));
        for (const one of results)
            if (one.status === 'rejected')
                this.#log.warning(`a notice was not sent: ${(0,errors/* messageOf */.bD)(one.reason)}`);
    }
}
//# sourceMappingURL=send.js.map

/***/ })

};
