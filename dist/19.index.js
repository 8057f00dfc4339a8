export const id = 19;
export const ids = [19];
export const modules = {

/***/ 98019:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runDeploy: () => (/* binding */ runDeploy)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/deploy/compose-state.js
var compose_state = __webpack_require__(29007);
;// CONCATENATED MODULE: ./lib/deploy/health.js

const PAUSE_MS = 1000;
const ASK_MS = 5000;
/** The addresses to ask for some places: `{host}` is the name of the host, without user and port. */
function healthUrls(pattern, where) {
    if (!pattern.includes('{host}'))
        return [pattern];
    return where.map((place) => {
        const host = place.slice(place.lastIndexOf('@') + 1).replace(/:\d+$/, '');
        return pattern.replaceAll('{host}', host === 'local' ? '127.0.0.1' : host);
    });
}
/**
 * Asks from here until every address has answered 2xx or 3xx, each for at most `waitMs`.
 *
 * @throws PipelineError gate `deploy-unhealthy` with the last answer
 */
async function awaitHealthy(urls, waitMs, { http, clock, signal, log }) {
    for (const url of urls) {
        const end = clock.now() + waitMs;
        for (;;) {
            const answer = await ask(url, http, signal);
            if (answer === undefined)
                break;
            log.debug(`${url}: ${answer}`);
            if (clock.now() >= end)
                throw (0,errors/* gateError */.em)({
                    code: 'deploy-unhealthy',
                    what: `${url} was not healthy within ${Math.round(waitMs / 1000)} s`,
                    cause: answer,
                    where: url,
                    fix: 'look at the log of the service; the address must be reachable from the runner',
                });
            await clock.sleep(PAUSE_MS, signal);
        }
        log.info(`${url} is healthy`);
    }
}
async function ask(url, http, signal) {
    try {
        const response = await http.request({ url, timeoutMs: ASK_MS, signal });
        await response.drain();
        return response.status >= 200 && response.status < 400 ? undefined : `HTTP ${response.status}`;
    }
    catch (error) {
        signal.throwIfAborted();
        return (0,errors/* messageOf */.bD)(error);
    }
}
//# sourceMappingURL=health.js.map
;// CONCATENATED MODULE: ./lib/deploy/rollout.js



const RESULTS = (/* unused pure expression or super */ null && (['deployed', 'unchanged', 'rolled-back', 'refused', 'taken-back', 'broken']));
const LAST_LOOK_MS = 60_000;
/**
 * Where a rollback leads; pure. Each place's record is asked what served before the image that serves now was deployed, so that a
 * second rollback goes one step further back, and not to the image that was just left.
 *
 * @throws PipelineError `deploy-no-record` when a place knows none, `deploy-rollback-mixed` when places know different ones
 */
function wayBackOf(standings) {
    const unfinished = standings.find((one) => one.unfinished !== undefined)?.unfinished;
    if (unfinished !== undefined)
        return { kind: 'unfinished', image: unfinished };
    const found = standings.map((one) => ({ where: one.where, image: former(one) }));
    const nothing = found.filter(({ image }) => image === undefined);
    if (nothing.length > 0)
        throw new errors/* PipelineError */.zC('input', nothing.map(({ where }) => ({
            code: 'deploy-no-record',
            what: `${where} has no record of what served before the present image`,
            cause: 'it was its first deployment, or somebody else has changed the service since',
            where,
            fix: 'name the image: command rollback (or deploy) with image name@sha256:…; the audit and former runs have it',
        })));
    const images = [...new Set(found.map(({ image }) => image ?? ''))];
    const [image = '', ...others] = images;
    if (others.length > 0)
        throw (0,errors/* inputError */.Xu)({
            code: 'deploy-rollback-mixed',
            what: 'the places had different images before, so there is not one to go back to',
            cause: found.map((one) => `${one.where}: ${one.image ?? ''}`).join('; '),
            fix: 'name the image that all of them shall run',
        });
    return { kind: 'image', image };
}
function former({ image, history }) {
    const digest = (0,compose_state/* digestOf */.ol)(image ?? '');
    const entry = history.findLast((one) => one.kind === 'deploy' && digest !== undefined && (0,compose_state/* digestOf */.ol)(one.image) === digest);
    return entry === undefined || (0,compose_state/* digestOf */.ol)(entry.before) === undefined ? undefined : entry.before;
}
/** Deploys or goes back. Throws only what stops it before anything is known; every other end is in the result. */
async function rollOut(target, request, act) {
    const before = await target.look(act.signal);
    const way = request.kind === 'rollback' && request.image === undefined ? wayBackOf(before) : undefined;
    if (way?.kind === 'unfinished')
        return takeBack(target, way.image, before, act);
    const image = way?.image ?? request.image ?? '';
    const stuck = before.filter((one) => one.unfinished !== undefined && one.unfinished !== image);
    if (stuck.length > 0)
        return { result: 'refused', image, before, after: before, failure: unfinishedError(stuck) };
    const progress = { begun: false };
    try {
        await target.deploy({
            image,
            record: { at: new Date(act.clock.now()).toISOString(), kind: request.kind },
            begins: () => {
                progress.begun = true;
            },
            healthy: async (where) => {
                const { health } = request;
                if (health !== undefined)
                    await awaitHealthy(healthUrls(health.url, where), health.waitMs, act);
            },
        }, act.signal);
    }
    catch (error) {
        const failure = (0,errors/* toPipelineError */.Oo)(error, 'the deployment failed');
        const { begun } = progress;
        const after = begun ? await lastLook(target, act) : before;
        return { result: begun ? (isAs(before, after) ? 'taken-back' : 'broken') : 'refused', image, before, after, failure }; // prettier-ignore
    }
    const after = await lastLook(target, act);
    const wrong = after.filter((one) => (0,compose_state/* digestOf */.ol)(one.image ?? '') !== (0,compose_state/* digestOf */.ol)(image) || !one.healthy);
    if (after.length > 0 && wrong.length > 0)
        return { result: 'broken', image, before, after, failure: changedError(wrong, image) };
    const same = before.every((one) => (0,compose_state/* digestOf */.ol)(one.image ?? '') === (0,compose_state/* digestOf */.ol)(image));
    const result = same ? 'unchanged' : request.kind === 'rollback' ? 'rolled-back' : 'deployed';
    return { result, image, before, after };
}
async function takeBack(target, left, before, act) {
    act.log.info(`the deployment of ${left} was never ended: it is taken back`);
    let failure;
    try {
        await target.takeBack(act.signal);
    }
    catch (error) {
        failure = (0,errors/* toPipelineError */.Oo)(error, 'the way back failed');
    }
    const after = await lastLook(target, act);
    const image = after[0]?.image ?? '';
    return failure === undefined
        ? { result: 'rolled-back', image, before, after }
        : { result: 'broken', image, before, after, failure };
}
/** Also after a cancellation, so never with the run's own signal. */
async function lastLook(target, { log }) {
    try {
        return await target.look(AbortSignal.timeout(LAST_LOOK_MS));
    }
    catch (error) {
        log.warning(`what runs now could not be read: ${(0,errors/* messageOf */.bD)(error)}`);
        return [];
    }
}
/** Every place serves what it served before, as well as it did. */
const isAs = (before, after) => before.length === after.length &&
    before.every(({ image, healthy }, index) => after[index]?.image === image && (!healthy || after[index]?.healthy === true));
const unfinishedError = (stuck) => new errors/* PipelineError */.zC('gate', stuck.map(({ where, unfinished }) => ({
    code: 'deploy-unfinished',
    what: `${where} has a deployment that was begun and neither ended nor taken back`,
    cause: `it brings ${unfinished ?? ''}; its run was killed, or a gray release is under way`,
    where,
    fix: 'wait for the gray release; or take it back with command: rollback; or deploy that image again',
})));
const changedError = (wrong, image) => new errors/* PipelineError */.zC('gate', wrong.map(({ where, image: runs, detail }) => ({
    code: 'deploy-changed',
    what: `${where} was healthy with the new image and is not any more`,
    cause: `it runs ${runs ?? 'nothing'} (${detail}), not ${image}`,
    where,
    fix: 'see whether something else changes the service there; command: rollback goes back',
})));
//# sourceMappingURL=rollout.js.map
// EXTERNAL MODULE: ./lib/deploy/compose.js + 3 modules
var compose = __webpack_require__(45341);
// EXTERNAL MODULE: ./lib/deploy/hosts.js
var hosts = __webpack_require__(80044);
// EXTERNAL MODULE: ./lib/deploy/ssh-target.js
var ssh_target = __webpack_require__(29619);
;// CONCATENATED MODULE: ./lib/deploy/target-compose.js




/** One service of a compose project on each of some hosts. */
class ComposeTarget {
    kind = 'compose';
    places;
    #hosts;
    #services;
    #batch;
    #log;
    constructor(hosts, batch, ssh, log) {
        this.places = placesOf(hosts);
        this.#hosts = hosts.map((host) => new compose/* ComposeService */.A(ssh, host));
        this.#services = hosts.map(({ service }) => service.service);
        this.#batch = batch;
        this.#log = log;
    }
    async look(signal) {
        const results = await (0,hosts/* eachHost */.yP)(this.#hosts, (host) => host.inspect(signal));
        const error = (0,hosts/* hostsError */.Ak)(results, 'the look at the hosts');
        if (error !== undefined)
            throw error;
        return results.flatMap(({ value }, index) => value === undefined
            ? []
            : [standingOf(value, this.places[index] ?? '', this.#services[index] ?? 'the service')]);
    }
    async deploy({ image, record, begins, healthy }, signal) {
        await (0,hosts/* deployToHosts */.ex)({
            hosts: this.#hosts,
            image,
            batch: this.#batch,
            record,
            begins,
            healthy: (hosts) => healthy(hosts.map(({ where }) => where)),
            log: this.#log,
            signal,
        });
    }
    async takeBack(signal) {
        const error = (0,hosts/* hostsError */.Ak)(await (0,hosts/* eachHost */.yP)(this.#hosts, (host) => host.back(signal)), 'the way back');
        if (error !== undefined)
            throw error;
    }
}
/** A name for each: the host, and its folder where one host has several. */
function placesOf(hosts) {
    const names = hosts.map(({ target }) => (0,ssh_target/* formatTarget */.P4)(target));
    return hosts.map(({ service }, index) => {
        const name = names[index] ?? '';
        return names.indexOf(name) === names.lastIndexOf(name) ? name : `${name}:${service.folder}`;
    });
}
/** A host's answer as the target tells it; pure. */
function standingOf(state, where, service) {
    const { kept, containers, history = [] } = state;
    const image = (0,compose_state/* runningReference */.nr)(state);
    // The version that runs now, asked about by its own name: mixed means that an update stopped half-way.
    const { version, healthy, detail } = (0,compose_state/* versionOf */.E4)(state, image ?? '');
    const touched = kept !== undefined && (0,compose_state/* versionOf */.E4)(state, kept.new).version !== 'old' && containers.length > 0;
    return {
        where,
        healthy: healthy && version === 'new',
        detail: version === 'new' ? (healthy ? 'healthy' : detail.replace(/^new, /, '')) : detail,
        history,
        advice: containers[0] === undefined ? [] : adviceFor(containers[0], where, service),
        ...(image === undefined ? {} : { image }),
        ...(containers[0] === undefined ? {} : { content: containers[0].image }),
        ...(touched && kept.new !== kept.old ? { unfinished: kept.new } : {}),
    };
}
/** What a container lacks for safe operation, by how the engine has made it; pure. */
function adviceFor({ health, made }, where, service) {
    const all = [];
    const add = (code, what, cause, fix) => {
        all.push({ code, what: `${service} has no ${what}`, cause, where, fix: `in the compose file: ${fix}` });
    };
    if (health === null)
        add('deploy-no-healthcheck', 'health check', 'a version that starts and does not work is only seen by its users', 'healthcheck: { test: [CMD, /app, healthcheck], interval: 10s, timeout: 3s, start_period: 10s, retries: 3 }');
    if (made === undefined)
        return all;
    if (made.memory === 0 || !made.cpuLimited)
        add('deploy-no-limits', [made.memory === 0 ? 'memory limit' : '', made.cpuLimited ? '' : 'CPU limit'].filter((one) => one !== '').join(' and no '), 'one leak takes the whole host down', "deploy: { resources: { limits: { memory: 512M, cpus: '0.5' } } }");
    if (made.graceSeconds === null)
        add('deploy-no-grace', 'time of its own to stop', 'after 10 s, the standard of Docker, requests that still run are cut off', 'stop_grace_period: 30s');
    if (made.restart === '' || made.restart === 'no')
        add('deploy-no-restart', 'restart policy', 'after a crash or a restart of the host it stays down', 'restart: unless-stopped');
    return all;
} // prettier-ignore
//# sourceMappingURL=target-compose.js.map
// EXTERNAL MODULE: ./lib/report/audit.js
var report_audit = __webpack_require__(21489);
// EXTERNAL MODULE: ./lib/report/audit-chain.js
var audit_chain = __webpack_require__(17637);
// EXTERNAL MODULE: ./lib/report/audit-store.js + 1 modules
var audit_store = __webpack_require__(7388);
// EXTERNAL MODULE: ./lib/actions/ssh-lines.js + 4 modules
var ssh_lines = __webpack_require__(96787);
// EXTERNAL MODULE: ./lib/actions/notifiers.js + 1 modules
var notifiers = __webpack_require__(43037);
// EXTERNAL MODULE: ./lib/actions/this-run.js
var this_run = __webpack_require__(81023);
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/deployments.js
var deployments = __webpack_require__(90251);
// EXTERNAL MODULE: ./lib/github/roles.js
var github_roles = __webpack_require__(10674);
;// CONCATENATED MODULE: ./lib/github/permit.js


/** Who started this attempt of the run; a re-run counts for who asked for it. */
const actorOf = (env) => [env['GITHUB_TRIGGERING_ACTOR'], env['GITHUB_ACTOR']].find((name) => name !== undefined && name !== '');
/**
 * Whether who started the run may do something.
 *
 * @throws PipelineError gate `role-forbidden`
 */
async function permit(action, rules, { github, repository }, act) {
    const by = actorOf(act.env);
    const roles = by === undefined ? [] : await (0,github_roles/* rolesOf */.R7)(github, repository, rules, by, act.signal);
    if (by !== undefined && (0,github_roles/* may */._L)(roles, action))
        return { by, roles };
    throw (0,errors/* gateError */.em)({
        code: 'role-forbidden',
        what: `${by === undefined ? 'nobody known' : `@${by}`} may not ${action.replaceAll('-', ' ')} here`,
        cause: by === undefined
            ? 'who started the run is not known'
            : `the roles are: ${roles.length === 0 ? 'none' : roles.join(', ')}`,
        fix: 'let somebody with the role start it, or change who has it (the input deployers, or the access to the repository)',
    });
}
//# sourceMappingURL=permit.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/deploy/github.js






function githubOf({ githubToken }, act) {
    const name = act.env['GITHUB_REPOSITORY'] ?? '';
    if (githubToken === '' || name === '')
        return undefined;
    return { github: new client/* GitHub */.gq((0,client/* githubSettings */.ND)(act.env, githubToken), act), repository: (0,client/* parseRepository */.SU)(name) };
}
/**
 * Who may: a deployment is guarded by its environment unless deployers are named; going back, which needs no approval, is for
 * people with write access. Outside GitHub who has the key of the hosts may do both.
 */
async function allowed(inputs, side, act) {
    const { command, deployers } = inputs;
    if (side === undefined || command === 'status')
        return '';
    if (command === 'deploy' && deployers.length === 0)
        return act.env['GITHUB_ACTOR'] ?? '';
    const rules = deployers.length === 0 ? github_roles/* DEFAULT_RULES */.ck : { ...github_roles/* DEFAULT_RULES */.ck, developer: deployers };
    const { by, roles } = await permit(command === 'deploy' ? 'start' : 'roll-back', rules, side, act);
    act.log.info(`@${by} (${roles.join(', ')}) may ${command}`);
    return by;
}
const STATES = {
    deployed: 'success',
    unchanged: 'success',
    'rolled-back': 'success',
    refused: 'failure',
    'taken-back': 'failure',
    broken: 'error',
};
/** The deployment on GitHub's pages. Never throws: GitHub being down must not stop or fail a deployment of ours. */
class Mirror {
    #side;
    #inputs;
    #act;
    #id;
    constructor(side, inputs, act) {
        this.#side = side;
        this.#inputs = inputs;
        this.#act = act;
    }
    async begin(release) {
        const { command, environment, image } = this.#inputs;
        const what = command === 'rollback' ? 'rollback' : `deployment of ${image ?? ''}`;
        await this.#try(async (signal) => {
            const { id } = await (0,deployments/* ensureDeployment */.y0)(this.#side.github, this.#side.repository, {
                ref: this.#act.env['GITHUB_SHA'] ?? 'HEAD',
                environment,
                production: /^prod/i.test(environment),
                description: what,
                task: 'deploy',
                payload: { release, command, image: image ?? null },
            }, signal);
            this.#id = id;
            await this.#status('in_progress', what, signal);
        });
    }
    async end(result, text) {
        await this.#try((signal) => this.#status(STATES[result], text, signal));
    }
    async #status(state, description, signal) {
        if (this.#id === undefined)
            return;
        const logUrl = (0,this_run/* runOf */.ng)(this.#act.env)?.url;
        const status = { state, description, ...(logUrl === undefined ? {} : { logUrl }) };
        await (0,deployments/* addStatus */.su)(this.#side.github, this.#side.repository, this.#id, status, signal);
    }
    async #try(work) {
        try {
            // The last status of a cancelled deployment matters most.
            await work(AbortSignal.timeout(30_000));
        }
        catch (error) {
            this.#act.log.warning(`the deployment on GitHub was not updated: ${(0,errors/* messageOf */.bD)(error)}`);
        }
    }
}
//# sourceMappingURL=github.js.map
// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
// EXTERNAL MODULE: ./lib/gray/adapters/hosts-settings.js
var hosts_settings = __webpack_require__(74165);
// EXTERNAL MODULE: ./lib/actions/access-reader.js
var access_reader = __webpack_require__(325);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/sources.js
var sources = __webpack_require__(23905);
// EXTERNAL MODULE: ./lib/actions/stages/deploy/spec.js
var spec = __webpack_require__(68584);
;// CONCATENATED MODULE: ./lib/actions/stages/deploy/inputs.js









/** The settings of hosts name an image; status and rollback have none. */
const NO_IMAGE = `none@sha256:${'0'.repeat(64)}`;
/** Reads the inputs and the files they name; every problem is in `problems`. */
async function loadDeploy(read, act) {
    const reader = new access_reader/* AccessReader */.C(spec/* DEPLOY */.w.inputs, read, act.env, act.secrets);
    const problems = [];
    const workspace = (0,folders/* workspaceOf */.B3)(act.env);
    const command = reader.choice('command');
    reader.choice('target');
    const image = reader.optional('image');
    const fault = image === undefined ? undefined : (0,hosts/* imageFault */._n)(image);
    if (fault !== undefined)
        reader.bad('image', image ?? '', fault, 'write name@sha256:…, as the output image of the build gives it'); // prettier-ignore
    if (image === undefined && command === 'deploy')
        reader.bad('image', '', 'deploy needs image', 'set it to the output image of the build'); // prettier-ignore
    const environment = reader.environment();
    const source = reader.textOrFile('hosts');
    if (source === undefined)
        reader.bad('hosts', '', 'no host is named', 'write hosts, folder and service (docs/hosts.md)');
    const [text, identity, known] = [
        await (0,sources/* readSource */.o)('hosts', source, workspace, problems),
        await (0,sources/* readSource */.o)('identity', reader.identity(), workspace, problems),
        await (0,sources/* readSource */.o)('known-hosts', reader.knownHosts(), workspace, problems),
    ];
    if (identity !== undefined)
        act.secrets.mask(identity);
    const settings = text === undefined ? undefined : readHosts(text, source?.kind === 'file' ? source.value : undefined, fault === undefined ? image : undefined, problems); // prettier-ignore
    if (known === undefined && settings?.hosts.some(({ target }) => !(0,ssh_target/* isLocal */.IX)(target)) === true && reader.optional('known-hosts') === undefined)
        reader.bad('known-hosts', '', 'nothing says which keys the hosts have', 'run ssh-keyscan on a machine you trust, check the keys, and give its lines'); // prettier-ignore
    const jump = reader.jumpHost();
    const url = reader.optional('health-url');
    if (url !== undefined && !/^https?:\/\//.test(url))
        reader.bad('health-url', url, 'not a URL', 'write https://shop.example/health, or http://{host}:8080/health'); // prettier-ignore
    else if (url !== undefined && !URL.canParse(url.replaceAll('{host}', 'h')))
        reader.bad('health-url', url, 'not a URL', 'write https://shop.example/health'); // prettier-ignore
    const batch = reader.optional('batch') === undefined ? undefined : reader.count('batch', 1, 50);
    const reportDir = (0,folders/* stageFolder */.h8)('deploy', reader.optional('report-dir'), act.env, environment);
    const audit = reader.optional('audit');
    const inputs = {
        command,
        image,
        environment,
        hosts: settings?.hosts ?? [],
        batch: batch ?? settings?.batch ?? 1,
        ssh: {
            ...(identity === undefined ? {} : { identity }),
            ...(known === undefined ? {} : { knownHosts: known }),
            ...(jump === undefined ? {} : { jump }),
        },
        health: url === undefined ? undefined : { url, waitMs: reader.duration('health-wait') },
        deployers: reader.members('deployers'),
        notify: reader.notify(),
        deployments: reader.boolean('deployments'),
        audit: audit === undefined ? (0,external_node_path_.join)(reportDir, 'audit.jsonl') : (0,external_node_path_.resolve)(workspace, audit),
        auditBranch: reader.branch('audit-branch'),
        reportDir,
        githubToken: reader.text('github-token'),
    };
    const github = inputs.deployments || inputs.auditBranch !== undefined || inputs.deployers.length > 0 || inputs.notify.some((one) => one.kind === 'github-issue'); // prettier-ignore
    if (github && (inputs.githubToken === '' || (act.env['GITHUB_REPOSITORY'] ?? '') === ''))
        reader.bad('github-token', '', 'deployers, deployments, issues and the audit branch need GitHub', 'run it in a workflow, with a token'); // prettier-ignore
    return { ...inputs, problems: [...reader.problems, ...problems] };
}
function readHosts(text, file, image, problems) {
    const bad = (what, more = {}) => {
        const fix = 'write hosts, folder and service as key: value lines (docs/hosts.md)';
        problems.push({ code: 'deploy-hosts', what, input: 'hosts', ...(file === undefined ? {} : { where: file }), fix, ...more }); // prettier-ignore
        return undefined;
    };
    const document = (0,dist/* parseDocument */.Tp)(text, { prettyErrors: true, uniqueKeys: true });
    const [error] = document.errors;
    if (error !== undefined) {
        const at = error.linePos?.[0];
        bad('the hosts are not good YAML', {
            cause: error.message.split('\n')[0] ?? error.code,
            ...(at === undefined ? {} : { where: `${file ?? 'hosts'}:${at.line}:${at.col}` }),
        });
        return;
    }
    const raw = document.toJS({ maxAliasCount: 100 });
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
        bad('the hosts are no mapping of settings');
        return;
    } // prettier-ignore
    // What a gray release needs beside them, so that both can share one file.
    const { 'dead-man': _timer, image: own, ...rest } = raw;
    if (own !== undefined)
        bad('an image stands in the hosts', { fix: 'leave it out: the input image says which' });
    const parsed = (0,hosts_settings/* parseHosts */.t)(rest, image ?? NO_IMAGE);
    for (const problem of parsed.problems)
        problems.push({ ...problem, code: 'deploy-hosts', input: 'hosts', ...(file === undefined ? {} : { where: file }) }); // prettier-ignore
    return parsed.settings;
}
//# sourceMappingURL=inputs.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/actions/stages/deploy/report.js


const TITLES = {
    deployed: '✅ Deployed',
    unchanged: '✅ It was there already',
    'rolled-back': '↩️ Rolled back',
    refused: '❌ Refused: nothing was touched',
    'taken-back': '❌ Taken back: what served before serves again',
    broken: '🔥 BROKEN: not every host is as before',
    healthy: '✅ Healthy',
    unhealthy: '❌ Not healthy',
};
/** Digests in the length that people compare by. */
const report_short = (image) => image === undefined ? '–' : (0,markdown/* code */.aY)(image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, '$1'));
/** The summary of a deployment: what serves where, why, and what is missing for safe operation. */
function deploySummary(told) {
    const { result, environment, image, before, after, failure, auditHead } = told;
    const now = new Map(after.map((one) => [one.where, one]));
    const advice = after.flatMap((one) => one.advice);
    const unique = [...new Map(advice.map((one) => [`${one.code} ${one.what}`, one])).values()];
    return [
        `## ${TITLES[result]}: ${(0,markdown/* inline */.mG)(environment)}`,
        ...(image === '' ? [] : [(0,markdown/* code */.aY)(image)]),
        ...(before.length === 0
            ? []
            : [
                (0,markdown/* table */.tp)([['Host', 'left'], ['Before', 'left'], ['Now', 'left'], ['State', 'left']], before.map((one) => {
                    const is = now.get(one.where);
                    return [(0,markdown/* inline */.mG)(one.where), report_short(one.image), is === undefined ? '?' : report_short(is.image), (0,markdown/* inline */.mG)(is?.detail ?? 'could not be read')];
                })),
            ]),
        ...(failure === undefined ? [] : [failure.problems.map((problem) => `- ${(0,markdown/* inline */.mG)((0,errors/* describeProblem */.BJ)(problem).replaceAll(/\s*\n\s*/g, '; '))}`).join('\n')]),
        ...(failure?.log === undefined || failure.log === '' ? [] : [(0,markdown/* details */.zH)('Log of the service', (0,markdown/* fence */.EU)(failure.log.split('\n').slice(-60)), true)]),
        ...(unique.length === 0 ? [] : [`**For safe operation**\n\n${unique.map((one) => `- ${(0,markdown/* inline */.mG)(one.what)}: ${(0,markdown/* inline */.mG)(one.cause ?? '')}. ${(0,markdown/* inline */.mG)(one.fix ?? '')}`).join('\n')}`]),
        ...(auditHead === undefined ? [] : [`Audit: ${(0,markdown/* code */.aY)(auditHead)}`]),
    ].join('\n\n');
} // prettier-ignore
//# sourceMappingURL=report.js.map
// EXTERNAL MODULE: ./lib/report/notify/message.js
var message = __webpack_require__(82257);
;// CONCATENATED MODULE: ./lib/actions/stages/deploy/tell.js


const LEVELS = {
    deployed: 'info',
    unchanged: 'info',
    'rolled-back': 'warning',
    refused: 'warning',
    'taken-back': 'warning',
    broken: 'page',
};
const tell_TITLES = {
    deployed: 'deployed',
    unchanged: 'the image was there already',
    'rolled-back': 'rolled back',
    refused: 'the deployment was refused, nothing was touched',
    'taken-back': 'the deployment was taken back, what served before serves again',
    broken: 'THE DEPLOYMENT IS BROKEN: not every host is as before',
};
/** What people are told of a deployment; pure. One issue for each environment, closed by the next deployment that works. */
function deployMessage({ result, image, before, after, failure }, id, environment, by, run) {
    const level = LEVELS[result];
    const images = (standings) => [...new Set(standings.map((one) => (0,message/* version */.rE)(one.image ?? 'nothing')))].join(', ');
    const good = failure === undefined;
    return {
        level,
        event: `deploy-${result}`,
        title: `${level === 'info' ? '' : `${level.toUpperCase()} `}${environment}: ${tell_TITLES[result]}`,
        facts: [
            ['environment', environment],
            ...(image === '' ? [] : [['image', (0,message/* version */.rE)(image)]]),
            ...(before.length === 0 ? [] : [['before', images(before)], ['hosts', before.map(({ where }) => where).join(', ')]]),
            ...(after.length === 0 ? [] : [['now', images(after)]]),
            ...(by === '' ? [] : [['by', by]]),
            ...(run === undefined ? [] : [['repository', run.repository]]),
        ],
        why: (0,markdown/* oneLine */.TN)(failure?.problems[0]?.what ?? tell_TITLES[result]),
        todo: result === 'broken' ? ['NOW: look at the hosts named in the run; command: rollback goes back where it can'] : [],
        ...(run === undefined ? {} : { link: run.url }),
        key: `${id}\n${result}`,
        story: { label: 'deploy', group: environment, id: 'deploy', issue: good ? (result === 'rolled-back' ? 'continues' : 'closes') : 'opens' },
        data: { deployment: { id, environment, result, image } },
    };
} // prettier-ignore
//# sourceMappingURL=tell.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/deploy/run.js
















const KEEP_MS = 60_000;
const NOTIFY_MS = 30_000;
/** Deploys, goes back, or only looks. */
async function runDeploy(read, act) {
    const inputs = await loadDeploy(read, act);
    if (inputs.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', inputs.problems);
    const side = githubOf(inputs, act);
    const lines = new ssh_lines/* Lines */.q(inputs.ssh, act);
    try {
        const ssh = await lines.open(inputs.hosts.map(({ target }) => target));
        const target = new ComposeTarget(inputs.hosts, inputs.batch, ssh, act.log);
        return inputs.command === 'status' ? await run_status(inputs, target, act) : await change(inputs, target, side, act);
    }
    finally {
        await lines.close();
    }
} // prettier-ignore
async function run_status(inputs, target, act) {
    const now = await target.look(act.signal);
    const result = now.every(({ healthy, unfinished }) => healthy && unfinished === undefined) ? 'healthy' : 'unhealthy'; // prettier-ignore
    return finish({ result, environment: inputs.environment, image: oneImage(now), before: now, after: now }, inputs, act); // prettier-ignore
}
async function change(inputs, target, side, act) {
    const { command, environment, image, health } = inputs;
    const kind = command === 'rollback' ? 'rollback' : 'deploy';
    const release = { id: (0,this_run/* releaseId */.Bf)(act.clock.now()), environment };
    const branch = inputs.auditBranch === undefined || side === undefined
        ? undefined
        : { repository: side.repository, branch: inputs.auditBranch, folder: `deploy-${environment.replaceAll(/[^A-Za-z0-9.-]/g, '-')}` }; // prettier-ignore
    if (branch !== undefined && side !== undefined)
        await (0,audit_store/* fetchAudit */.I)(side.github, branch, inputs.audit, act.signal); // prettier-ignore
    const audit = new report_audit/* AuditFile */.i({ file: inputs.audit }, act);
    const note = (what, detail) => audit.append({ kind: what, action: kind, detail: JSON.stringify(detail) }, release, act.clock.now());
    const run = { commit: act.env['GITHUB_SHA'] ?? null, image: image ?? null, places: target.places };
    const mirror = inputs.deployments && side !== undefined ? new Mirror(side, inputs, act) : undefined;
    let rollout;
    let by = '';
    try {
        try {
            by = await allowed(inputs, side, act);
            // What cannot be put on record is not done.
            await note('intent', { ...run, by });
            await mirror?.begin(release.id);
            rollout = await rollOut(target, { kind, ...(image === undefined ? {} : { image }), ...(health === undefined ? {} : { health }) }, act);
        }
        catch (error) {
            const failure = (0,errors/* toPipelineError */.Oo)(error, `the ${kind} failed`);
            rollout = { result: 'refused', image: image ?? '', before: [], after: [], failure };
        }
        await told(note, rollout, act);
        await mirror?.end(rollout.result, rollout.failure?.problems[0]?.what ?? `${rollout.result}: ${rollout.image}`); // prettier-ignore
        const message = deployMessage(rollout, release.id, environment, by, (0,this_run/* runOf */.ng)(act.env));
        // Also of a cancelled deployment; each receiver gives up by itself within seconds.
        const telling = (0,notifiers/* notifiersFor */.x)(inputs.notify, side, act);
        await Promise.all(telling.map(({ notifier }) => notifier.send(message, AbortSignal.timeout(NOTIFY_MS))));
    }
    finally {
        if (branch !== undefined && side !== undefined)
            await keep(side, branch, inputs, act);
    }
    const head = audit.head === undefined ? {} : { auditHead: (0,audit_chain/* formatHead */.Gw)(audit.head) };
    return finish({ environment, ...rollout, ...head }, inputs, act);
}
/** The deployment stands as it is, whether this line can be written or not. */
async function told(note, { result, image, before, after, failure }, { log }) {
    try {
        await note(failure === undefined ? 'done' : 'failed', {
            result,
            image,
            before: imagesOf(before),
            after: imagesOf(after),
            ...(failure === undefined ? {} : { problems: failure.problems.map(({ code, what }) => ({ code, what })) }),
        });
    }
    catch (error) {
        log.warning(`the end of the deployment is not in the audit: ${(0,errors/* messageOf */.bD)(error)}`);
    }
} // prettier-ignore
async function keep({ github }, branch, inputs, { log }) {
    try {
        const commit = await (0,audit_store/* keepAudit */.v)(github, branch, inputs.audit, inputs.environment, { signal: AbortSignal.timeout(KEEP_MS) });
        if (commit !== undefined)
            log.info(`the audit is kept on ${branch.branch} (${commit.slice(0, 12)})`);
    }
    catch (error) {
        log.warning(`the audit was not brought to ${branch.branch}, it is in ${inputs.audit}: ${(0,errors/* messageOf */.bD)(error)}`);
    }
} // prettier-ignore
const imagesOf = (standings) => Object.fromEntries(standings.map(({ where, image }) => [where, image ?? '']));
/** The image that all places serve; empty when they differ or nothing serves. */
function oneImage(standings) {
    const [first] = standings;
    const same = standings.every((one) => (0,compose_state/* digestOf */.ol)(one.image ?? '') === (0,compose_state/* digestOf */.ol)(first?.image ?? ''));
    return same ? (first?.image ?? '') : '';
}
async function finish(end, inputs, act) {
    const { result, image, before, after, failure, auditHead } = end;
    for (const { what, cause, where, fix } of after.flatMap((one) => one.advice))
        act.log.warning(`${where ?? ''}: ${what}: ${cause ?? ''}; ${fix ?? ''}`);
    const summary = deploySummary(end);
    const images = { before: imagesOf(before), after: imagesOf(after) };
    const advice = after.flatMap((one) => one.advice);
    const report = { schema: 1, command: inputs.command, environment: inputs.environment, result, image, ...images, problems: failure?.problems ?? [], advice }; // prettier-ignore
    await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(inputs.reportDir, 'deploy.json'), act.secrets.redact(`${JSON.stringify(report, null, 2)}\n`)); // prettier-ignore
    await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(inputs.reportDir, 'summary.md'), act.secrets.redact(`${summary}\n`));
    return {
        outputs: {
            result,
            image: failure === undefined ? image : oneImage(after),
            before: JSON.stringify(images.before),
            after: JSON.stringify(images.after),
            report: inputs.reportDir,
            ...(auditHead === undefined ? {} : { audit: inputs.audit, 'audit-head': auditHead }),
        },
        summary,
        ...(failure === undefined ? {} : { failure }),
    };
}
//# sourceMappingURL=run.js.map

/***/ })

};
