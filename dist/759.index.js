export const id = 759;
export const ids = [759];
export const modules = {

/***/ 65840:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  aP: () => (/* binding */ adapterFactory),
  yK: () => (/* binding */ adapterProblems),
  PP: () => (/* binding */ hostsOf),
  Rb: () => (/* binding */ stepsFor),
  dg: () => (/* binding */ storedAdapter)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var base_errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/lists.js
var lists = __webpack_require__(23416);
// EXTERNAL MODULE: ./lib/gray/adapters/hosts.js
var hosts = __webpack_require__(99551);
// EXTERNAL MODULE: ./lib/gray/adapters/hosts-settings.js
var hosts_settings = __webpack_require__(74165);
// EXTERNAL MODULE: ./lib/base/json.js
var json = __webpack_require__(24807);
// EXTERNAL MODULE: ./lib/base/exec.js
var exec = __webpack_require__(79584);
// EXTERNAL MODULE: ./lib/gray/plan.js
var plan = __webpack_require__(2648);
// EXTERNAL MODULE: ./lib/gray/adapters/fields.js
var adapters_fields = __webpack_require__(89079);
;// CONCATENATED MODULE: ./lib/gray/adapters/commands.js




const SHELLS = ['sh', 'bash', 'pwsh', 'powershell'];
/** Reads `[program, argument …]`, `{run: […], timeout, cwd}` or `{shell: sh, script: "…", timeout, cwd}`. */
function readCommand(fields, key) {
    const raw = fields.raw(key);
    if (raw === undefined)
        return undefined;
    const value = Array.isArray(raw) ? { run: raw } : raw;
    const bad = (what, fix) => {
        fields.problems.push((0,adapters_fields/* fault */.DG)(fields.path(key), what, fix, raw));
        return undefined;
    };
    if (!(0,json/* isRecord */.u4)(value))
        return bad('is not a command', `write a list of words ([program, argument]), or {shell: sh, script: "…"}: nothing is given to a shell unasked`);
    const unknown = Object.keys(value).find((name) => !['run', 'shell', 'script', 'timeout', 'cwd'].includes(name));
    if (unknown !== undefined)
        return bad(`has the field ${unknown}`, 'a command has run, or shell and script; and timeout and cwd');
    const { run, shell, script, timeout, cwd } = value;
    if (timeout !== undefined && (typeof timeout !== 'string' || ((0,plan/* parseDuration */.E9)(timeout) ?? 0) <= 0))
        return bad('has a timeout that is not a length of time', 'write it like 30s or 5m');
    if (cwd !== undefined && (typeof cwd !== 'string' || cwd === ''))
        return bad('has a cwd that is not a text', 'write the path of a folder');
    const common = { ...(timeout === undefined ? {} : { timeout }), ...(cwd === undefined ? {} : { cwd }) };
    if (run !== undefined && (shell !== undefined || script !== undefined))
        return bad('has run and also shell or script', 'write one of the two');
    if (run !== undefined) {
        if (!Array.isArray(run) ||
            run.length === 0 ||
            !run.every((word) => typeof word === 'string') ||
            run[0] === '')
            return bad('is not a list of words', 'write it like [program, argument]; quote numbers');
        return { run, ...common };
    }
    const known = SHELLS.find((name) => name === shell);
    if (known === undefined)
        return bad('names no shell we know', `write shell: ${SHELLS.join(', ')}`);
    if (typeof script !== 'string' || script.trim() === '')
        return bad('has no script', 'write script: "…"');
    return { shell: known, script, ...common };
}
/** The argv of a shell that ends at the first failing command. */
function shellArgv(shell, script) {
    switch (shell) {
        case 'sh':
            return ['sh', '-ec', script];
        case 'bash':
            return ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
        case 'pwsh':
        case 'powershell':
            // Without the last line a program's failure inside the script would be lost.
            return [
                shell,
                '-NoProfile',
                '-NonInteractive',
                '-Command',
                `$ErrorActionPreference = 'Stop'\n${script}\nif (Test-Path variable:LASTEXITCODE) { exit $LASTEXITCODE }`,
            ];
    }
}
/** `{percent}` and the like in the words of an argv; scripts get their values by the environment only. */
function fill(words, values) {
    return words.map((word) => word.replaceAll(/\{([a-z]+)\}/g, (all, name) => values[name] ?? all));
}
/** Runs it; a non-zero exit is an answer. `shown` is the command line for people. */
async function runCommand(act, { command, values = {}, env = {}, defaultTimeoutMs, signal }) {
    const argv = 'run' in command ? fill(command.run, values) : shellArgv(command.shell, command.script);
    const shown = 'run' in command ? (0,exec/* display */.Vy)(argv) : `${command.shell}: ${firstLine(command.script)}`;
    const finished = await act.exec.run({
        argv,
        env,
        signal,
        timeoutMs: timeoutOf(command, defaultTimeoutMs),
        onLine: (line) => act.log.debug(line),
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    });
    return { ...finished, shown };
}
function timeoutOf(command, fallback) {
    return command.timeout === undefined ? fallback : ((0,plan/* parseDuration */.E9)(command.timeout) ?? fallback);
}
function firstLine(script) {
    const [first = '', ...rest] = script.trim().split('\n');
    return rest.length === 0 ? first : `${first} …`;
}
//# sourceMappingURL=commands.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/hooks.js




const DEPLOY_MS = 10 * 60_000;
const SMOKE_MS = 60_000;
const BODY_LIMIT = 1024 * 1024;
function readHooks(fields) {
    const deploy = readCommand(fields, 'deploy');
    const finalise = readCommand(fields, 'finalise');
    const smoke = readSmoke(fields);
    return {
        ...(deploy === undefined ? {} : { deploy }),
        ...(smoke === undefined ? {} : { smoke }),
        ...(finalise === undefined ? {} : { finalise }),
    };
}
function readSmoke(fields) {
    const raw = fields.raw('smoke');
    if (typeof raw !== 'object' || raw === null || !('url' in raw))
        return readCommand(fields, 'smoke');
    const at = new adapters_fields/* Fields */.C8(raw, fields.problems, fields.path('smoke'));
    const url = at.text('url', { test: adapters_fields/* plainUrl */.kP });
    const status = at.has('status')
        ? at.list('status', (value, path) => readStatus(value, path, fields), '200')
        : undefined;
    const contains = at.optionalText('contains');
    const timeout = at.optionalText('timeout', (text) => ((0,plan/* parseDuration */.E9)(text) ?? 0) > 0
        ? undefined
        : { what: 'is not a length of time', fix: 'write it like 30s or 5m' });
    at.end();
    return {
        url,
        ...(status === undefined ? {} : { status }),
        ...(contains === undefined ? {} : { contains }),
        ...(timeout === undefined ? {} : { timeout }),
    };
}
function readStatus(value, path, fields) {
    if (Number.isInteger(value) && value >= 100 && value <= 599)
        return value;
    fields.problems.push((0,adapters_fields/* fault */.DG)(path, 'is not an HTTP status', 'write a number such as 200', value));
    return undefined;
}
/**
 * The adapter with the user's hooks around it. The adapter's own `deploy`, `smoke` and `finalise` run after the user's:
 * what is brought up by a command must be there before the adapter looks at it.
 * `env` is what the commands are told beside `GIP_ACTION` (the versions).
 */
function withHooks(adapter, hooks, act, env = {}) {
    const { deploy, smoke, finalise } = hooks;
    const after = (own, work) => work === undefined
        ? own
        : async (signal) => {
            await work(signal);
            await own?.(signal);
        };
    const command = (name, given) => given === undefined ? undefined : (signal) => runHook(act, name, given, env, signal);
    // Method by method, so that an adapter may also be an instance of a class.
    const all = {
        deploy: after(adapter.deploy?.bind(adapter), command('deploy', deploy)),
        smoke: after(adapter.smoke?.bind(adapter), smoke !== undefined && 'url' in smoke
            ? (signal) => askSmoke(act, smoke, signal)
            : command('smoke', smoke)),
        finalise: after(adapter.finalise?.bind(adapter), command('finalise', finalise)),
    };
    return {
        kind: adapter.kind,
        check: (signal) => adapter.check(signal),
        get: (signal) => adapter.get(signal),
        set: (percent, signal) => adapter.set(percent, signal),
        reset: (signal) => adapter.reset(signal),
        ...(all.deploy === undefined ? {} : { deploy: all.deploy }),
        ...(all.smoke === undefined ? {} : { smoke: all.smoke }),
        ...(all.finalise === undefined ? {} : { finalise: all.finalise }),
    };
}
async function runHook(act, name, command, env, signal) {
    const done = await runCommand(act, {
        command,
        env: { ...env, GIP_ACTION: name },
        defaultTimeoutMs: name === 'smoke' ? SMOKE_MS : DEPLOY_MS,
        signal,
    });
    if (done.code === 0)
        return;
    const problem = {
        code: name === 'smoke' ? 'gray-smoke' : `gray-${name}`,
        what: name === 'smoke'
            ? 'the new version did not pass its smoke test'
            : `the ${name} command of the adapter failed`,
        cause: `exit code ${done.code} of ${done.shown}`,
        fix: 'see its last output below',
    };
    const log = done.tail.join('\n');
    throw name === 'smoke' ? (0,base_errors/* gateError */.em)(problem, log) : (0,base_errors/* environmentError */.me)(problem, { log });
}
async function askSmoke(act, smoke, signal) {
    const { clock, http } = act;
    const limit = smoke.timeout === undefined ? SMOKE_MS : ((0,plan/* parseDuration */.E9)(smoke.timeout) ?? SMOKE_MS);
    const end = clock.now() + limit;
    for (;;) {
        let last;
        try {
            const answer = await http.request({ url: smoke.url, signal, timeoutMs: Math.min(10_000, limit) });
            const body = await answer.text(BODY_LIMIT);
            const statuses = smoke.status ?? [200];
            if (!statuses.includes(answer.status))
                last = `status ${answer.status} instead of ${statuses.join(' or ')}`;
            else if (smoke.contains !== undefined && !body.includes(smoke.contains))
                last = `status ${answer.status}, but the body does not hold "${smoke.contains}": ${body.slice(0, 200)}`;
            else
                return;
        }
        catch (error) {
            signal.throwIfAborted();
            last = (0,base_errors/* messageOf */.bD)(error);
        }
        if (clock.now() + 1000 > end)
            throw smokeFailed(smoke, last);
        await clock.sleep(1000, signal);
    }
}
function smokeFailed(smoke, last) {
    return (0,base_errors/* gateError */.em)({
        code: 'gray-smoke',
        what: 'the new version did not pass its smoke test',
        cause: last,
        where: smoke.url,
        fix: 'look at the log of the new version; it has had no traffic so far',
    });
}
//# sourceMappingURL=hooks.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/command.js





const TIMEOUT_MS = 60_000;
/** Reads the settings of kind `command`; all faults at once. */
function parseCommandSettings(raw) {
    const problems = [];
    const at = new adapters_fields/* Fields */.C8(raw, problems);
    at.raw('kind');
    const needed = (key, example) => {
        if (!at.has(key))
            at.fault(key, 'is missing', `write ${key}: ${example}`);
        return readCommand(at, key);
    };
    const get = needed('get', '[./traffic.sh, get]');
    const set = needed('set', '[./traffic.sh, set, "{percent}"]');
    const reset = readCommand(at, 'reset');
    const check = readCommand(at, 'check');
    const hooks = readHooks(at);
    at.end();
    if (problems.length > 0 || get === undefined || set === undefined)
        return { problems };
    return {
        settings: {
            kind: 'command',
            get,
            set,
            ...(reset === undefined ? {} : { reset }),
            ...(check === undefined ? {} : { check }),
            ...hooks,
        },
        problems,
    };
}
/** A non-zero exit code of any command is a fault that may be tried again, with the command's output. */
function makeCommand(settings, act, env = {}) {
    const run = async (action, command, percent, signal) => {
        const value = percent === undefined ? undefined : String(percent);
        const done = await runCommand(act, {
            command,
            values: value === undefined ? {} : { percent: value },
            env: { ...env, GIP_ACTION: action, GIP_PERCENT: value },
            defaultTimeoutMs: TIMEOUT_MS,
            signal,
        });
        if (done.code === 0)
            return done;
        throw (0,base_errors/* environmentError */.me)({
            code: 'gray-command',
            what: `the adapter’s ${action} command failed`,
            cause: `exit code ${done.code} of ${done.shown}`,
            fix: 'see its last output below',
        }, { log: done.tail.join('\n') });
    };
    const { check } = settings;
    return {
        kind: 'command',
        check: async (signal) => {
            if (check !== undefined)
                await run('check', check, undefined, signal);
            // That the present share can be read is what everything else stands on.
            await read(signal);
        },
        get: read,
        set: async (percent, signal) => {
            await run('set', settings.set, percent, signal);
        },
        reset: async (signal) => {
            await run('reset', settings.reset ?? settings.set, 0, signal);
        },
    };
    async function read(signal) {
        const { stdout, tail, shown } = await run('get', settings.get, undefined, signal);
        const answer = parseObservation(stdout);
        if ('percent' in answer)
            return answer;
        throw (0,base_errors/* environmentError */.me)({
            code: 'gray-command-answer',
            what: 'the adapter’s get command did not print the new version’s part',
            cause: answer.fault,
            where: shown,
            fix: 'print a number from 0 to 100, or {"percent": 5, "settled": true}, as the last line of stdout',
        }, { log: tail.join('\n') });
    }
}
/** Reads what a get command printed: the whole of it, else its last line. A bare number is taken for settled. */
function parseObservation(stdout) {
    const whole = stdout.trim();
    const last = whole.split(/\r?\n/).at(-1)?.trim() ?? '';
    if (whole === '')
        return { fault: 'it printed nothing' };
    for (const text of [whole, last]) {
        const bare = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text);
        if (bare !== null)
            return ranged(Number(bare[1]), true, text);
        const value = parseJson(text);
        if (!(0,json/* isRecord */.u4)(value))
            continue;
        const { percent, settled = true, detail } = value;
        if (typeof percent !== 'number' || !Number.isFinite(percent))
            return { fault: '"percent" is not a number' };
        if (typeof settled !== 'boolean')
            return { fault: '"settled" is neither true nor false' };
        return ranged(percent, settled, typeof detail === 'string' ? detail : `new ${percent} %`);
    }
    return { fault: `it printed "${last.slice(0, 100)}"` };
}
function ranged(percent, settled, detail) {
    return percent >= 0 && percent <= 100
        ? { percent, settled, detail }
        : { fault: `${percent} lies outside 0 to 100` };
}
function parseJson(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
//# sourceMappingURL=command.js.map
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(77030);
// EXTERNAL MODULE: ./lib/base/clock.js
var clock = __webpack_require__(74743);
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy-settings.js





const MOST_SIZE = 32;
/** Reads the settings of kind `haproxy`; all faults at once. */
function parseHaproxySettings(raw) {
    const problems = [];
    const at = new adapters_fields/* Fields */.C8(raw, problems);
    at.raw('kind');
    const processes = at.list('processes', (value, path) => readProcess(value, path, problems), '[/run/haproxy/admin.sock]');
    const backend = at.text('backend', { test: adapters_fields/* plainName */.MH });
    const old = at.list('old', (value, path) => readServer(value, path, problems), '[app-old]');
    const fresh = at.list('new', (value, path) => readServer(value, path, problems), '[app-new]');
    const zero = at.one('zero', ['weight', 'maint'], 'weight');
    const config = at.optionalText('config');
    const validate = readCommand(at, 'validate');
    if (validate !== undefined && config === undefined)
        at.fault('validate', 'is of no use without config', 'add config, or remove it');
    if (validate !== undefined &&
        !('run' in validate && validate.run.some((word) => word.includes('{config}'))))
        at.fault('validate', 'does not name {config}', 'write it like [haproxy, -c, -f, "{config}"]');
    const timeout = at.optionalText('timeout', duration);
    const settle = at.optionalText('settle', duration);
    const hooks = readHooks(at);
    at.end();
    const names = [...old, ...fresh].map(({ name }) => name);
    for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
        at.fault('new', `names ${name} twice, or as old too`, 'each server stands once, on one side');
    if (problems.length > 0)
        return { problems };
    return {
        settings: {
            kind: 'haproxy',
            processes,
            backend,
            old,
            new: fresh,
            zero,
            ...(config === undefined ? {} : { config }),
            ...(validate === undefined ? {} : { validate }),
            ...(timeout === undefined ? {} : { timeout }),
            ...(settle === undefined ? {} : { settle }),
            ...hooks,
        },
        problems,
    };
}
const duration = (text) => ((0,plan/* parseDuration */.E9)(text) ?? 0) > 0 ? undefined : { what: 'is not a length of time', fix: 'write it like 5s' };
function readServer(value, path, problems) {
    const from = typeof value === 'string' ? { name: value } : value;
    if (!(0,json/* isRecord */.u4)(from)) {
        problems.push((0,adapters_fields/* fault */.DG)(path, 'is not a server', 'write its name, or {name: app-1, size: 2}', value));
        return undefined;
    }
    const at = new adapters_fields/* Fields */.C8(from, problems, path);
    const name = at.text('name', { test: adapters_fields/* plainName */.MH });
    const size = at.whole('size', { fallback: 1, least: 1, most: MOST_SIZE });
    at.end();
    return { name, ...(size === 1 ? {} : { size }) };
}
function readProcess(value, path, problems) {
    if ((0,json/* isRecord */.u4)(value)) {
        const at = new adapters_fields/* Fields */.C8({ process: value }, problems);
        const command = readCommand(at, 'process');
        if (command !== undefined &&
            'run' in command &&
            command.timeout === undefined &&
            command.cwd === undefined)
            return { run: command.run };
        if (command === undefined)
            return undefined;
    }
    else if (typeof value === 'string' && endpointOf(value) !== undefined)
        return value;
    problems.push((0,adapters_fields/* fault */.DG)(path, 'is not an address of the runtime API', 'write /run/haproxy/admin.sock, 10.0.0.5:9999, or {run: [ssh, …]}', value));
    return undefined;
}
/** `/path`, `unix:/path`, `host:port`, `[::1]:port`, each host also after `tcp:`. */
function endpointOf(text) {
    const path = /^(?:unix[:@])?(\/.+)$/.exec(text)?.[1];
    if (path !== undefined)
        return { path };
    const match = /^(?:tcp:)?(?:\/\/)?(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    const host = match?.[1] ?? match?.[2];
    return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}
//# sourceMappingURL=haproxy-settings.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy-api.js




const MOST_ANSWER = 4 * 1024 * 1024;
/** The name of a process for people. */
const nameOf = (address) => typeof address === 'string' ? address : address.run.join(' ');
/**
 * One request to HAProxy's runtime API: one line there, an answer until the end of the connection
 * (doc/management.txt, 9.3 "Unix Socket commands").
 */
async function ask(act, address, request, options) {
    options.signal.throwIfAborted();
    try {
        return typeof address === 'string'
            ? await overSocket(address, request, options)
            : await overCommand(act, address.run, request, options);
    }
    catch (error) {
        options.signal.throwIfAborted();
        if (error instanceof base_errors/* PipelineError */.zC)
            throw error;
        throw unreachable(address, error);
    }
}
function overSocket(address, request, { timeoutMs, signal }) {
    const endpoint = endpointOf(address);
    if (endpoint === undefined)
        throw new TypeError(`not an address: ${address}`);
    return new Promise((resolve, reject) => {
        const socket = (0,external_node_net_.connect)(endpoint);
        const chunks = [];
        let size = 0;
        const fail = (error) => {
            socket.destroy();
            clearTimeout(timer);
            signal.removeEventListener('abort', onAbort);
            reject(error);
        };
        const onAbort = () => {
            fail((0,clock/* reasonOf */.A3)(signal));
        };
        const timer = setTimeout(() => {
            fail(new Error(`no answer within ${timeoutMs} ms`));
        }, timeoutMs);
        signal.addEventListener('abort', onAbort, { once: true });
        socket.on('connect', () => {
            socket.write(`${request}\n`);
        });
        socket.on('data', (chunk) => {
            size += chunk.length;
            if (size > MOST_ANSWER)
                fail(new Error(`an answer of more than ${MOST_ANSWER} bytes`));
            chunks.push(chunk);
        });
        socket.on('error', fail);
        socket.on('end', () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', onAbort);
            socket.destroy();
            resolve(Buffer.concat(chunks).toString('utf8'));
        });
    });
}
async function overCommand(act, argv, request, { timeoutMs, signal }) {
    const done = await act.exec.run({ argv, input: `${request}\n`, timeoutMs: timeoutMs + 15_000, signal });
    if (done.code === 0)
        return done.stdout;
    throw (0,base_errors/* environmentError */.me)({
        code: 'gray-haproxy-unreachable',
        what: 'the command to HAProxy’s runtime API failed',
        cause: `exit code ${done.code}`,
        where: argv.join(' '),
        fix: 'see its last output below; try it by hand with "show info" on its stdin',
    }, { log: done.tail.join('\n') });
}
function unreachable(address, error) {
    const [cause, fix] = explain((0,base_errors/* codeOf */.$N)(error), (0,base_errors/* messageOf */.bD)(error));
    return (0,base_errors/* environmentError */.me)({
        code: 'gray-haproxy-unreachable',
        what: 'HAProxy’s runtime API does not answer',
        cause,
        where: nameOf(address),
        fix,
    }, { cause: error });
}
function explain(code, message) {
    switch (code) {
        case 'ENOENT':
            return [
                'no such socket',
                'is HAProxy running, and does its global section have "stats socket PATH level admin"?',
            ];
        case 'EACCES':
        case 'EPERM':
            return [
                'this user may not open the socket',
                'give the socket a group this user is in: "stats socket PATH mode 660 group GROUP level admin"',
            ];
        case 'ECONNREFUSED':
            return ['nobody listens there', 'is HAProxy running? A socket file outlives a process that was killed'];
        default:
            return [message, 'see whether HAProxy runs, and whether this machine reaches it'];
    }
}
/**
 * What HAProxy said to a request that answers with nothing when all is well.
 * The texts are those of HAProxy 1.9 to 3.x; an unknown one is shown as it is.
 */
function refused(address, request, answer) {
    const text = answer.trim();
    if (text === '')
        return undefined;
    const where = nameOf(address);
    if (/permission denied/i.test(text))
        return levelTooLow(where);
    if (/static LB algorithm/i.test(text))
        return staticAlgorithm(where, undefined);
    if (/(?:no such|can't find|unknown) (?:server|backend|proxy)/i.test(text))
        return unknownName(where, request, text);
    return (0,base_errors/* environmentError */.me)({
        code: 'gray-haproxy-answer',
        what: `HAProxy did not take "${request}"`,
        cause: text.slice(0, 300),
        where,
        fix: 'try the request by hand; the runtime API of HAProxy 2.0 and later is understood',
    });
}
const levelTooLow = (where) => (0,base_errors/* inputError */.Xu)({
    code: 'gray-haproxy-level',
    what: 'this socket may not change weights',
    cause: 'its level is below admin',
    where,
    fix: 'write "level admin" on its "stats socket" line and reload HAProxy',
});
const staticAlgorithm = (where, algorithm) => (0,base_errors/* inputError */.Xu)({
    code: 'gray-haproxy-algorithm',
    what: `the backend's balance algorithm${algorithm === undefined ? '' : ` (${algorithm})`} does not split by weights that change`,
    cause: 'a static or hashing algorithm takes only 0 % and 100 %, or splits keys and not requests',
    where,
    fix: 'write "balance roundrobin" (or leastconn, or random) in the backend; users stick by "cookie NAME insert", not by a hash',
});
function unknownName(where, request, text) {
    return (0,base_errors/* inputError */.Xu)({
        code: 'gray-haproxy-name',
        what: `HAProxy knows no such server or backend: ${request}`,
        cause: text.slice(0, 200),
        where,
        fix: 'backend, old and new name the backend and its server lines as they stand in the configuration',
    });
}
//# sourceMappingURL=haproxy-api.js.map
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy-config.js
/** First words that end a section (HAProxy configuration manual, 3.x). */
const SECTIONS = new Set([
    'global', 'defaults', 'frontend', 'backend', 'listen', 'peers', 'resolvers', 'userlist', 'mailers', 'program', 'ring',
    'cache', 'http-errors', 'log-forward', 'log-profile', 'fcgi-app', 'crt-store', 'traces', 'acme',
]); // prettier-ignore
/** The words of a line: blanks part them, a backslash escapes, quotes group, `#` ends it (manual, 2.2 "Quoting"). */
function wordsOf(line) {
    const words = [];
    let at = 0;
    while (at < line.length) {
        while (at < line.length && /\s/.test(line.charAt(at)))
            at++;
        if (at >= line.length || line.charAt(at) === '#')
            break;
        const start = at;
        let text = '';
        let quote = '';
        for (; at < line.length; at++) {
            const char = line.charAt(at);
            if (quote === '' && (/\s/.test(char) || char === '#'))
                break;
            if (char === '\\' && quote !== "'")
                text += line.charAt(++at);
            else if (quote !== '' && char === quote)
                quote = '';
            else if (quote === '' && (char === '"' || char === "'"))
                quote = char;
            else
                text += char;
        }
        words.push({ text, start, end: at });
    }
    return words;
}
/** The value of `weight` on a server or default-server line; the name and address are no keywords. */
function weightWord(words, from) {
    for (let i = from; i < words.length - 1; i++) {
        const value = words[i + 1];
        if (words[i]?.text === 'weight' && value !== undefined && /^\d+$/.test(value.text))
            return value;
    }
    return undefined;
}
function find(text, backend, names) {
    const lines = text.split('\n');
    const servers = new Map();
    const defaults = new Map();
    let inside = false;
    let seen = false;
    // What a server line inherits: of the last `defaults` section or the one named by `from`, then of its own.
    const sections = new Map();
    let last = '';
    let current = 1;
    let section = '';
    for (const [line, content] of lines.entries()) {
        const words = wordsOf(content);
        const first = words[0]?.text ?? '';
        if (SECTIONS.has(first)) {
            section = first;
            inside = (first === 'backend' || first === 'listen') && words[1]?.text === backend;
            if (inside && seen)
                return { fault: `the backend ${backend} stands there twice`, line: line + 1 };
            seen ||= inside;
            const from = words.findIndex(({ text: word }) => word === 'from');
            const parent = from < 0 ? undefined : words[from + 1]?.text;
            if (first === 'defaults')
                last = words[1] === undefined || from === 1 ? `line ${line}` : words[1].text;
            current = sections.get(parent ?? (first === 'defaults' ? '' : last)) ?? 1;
            if (first === 'defaults')
                sections.set(last, current);
        }
        else if (first === 'default-server') {
            const weight = weightWord(words, 1);
            if (weight === undefined)
                continue;
            current = Number(weight.text);
            if (section === 'defaults')
                sections.set(last, current);
        }
        else if (inside && first === 'server') {
            const name = words[1]?.text ?? '';
            if (!names.includes(name))
                continue;
            if (servers.has(name))
                return { fault: `the server ${name} stands there twice`, line: line + 1 };
            if (words.length < 3)
                return { fault: `the server ${name} has no address`, line: line + 1 };
            servers.set(name, { line, words });
            defaults.set(name, current);
        }
    }
    if (!seen)
        return { fault: `there is no backend ${backend}` };
    const missing = names.filter((name) => !servers.has(name));
    return missing.length === 0
        ? { lines, servers, defaults }
        : { fault: `the backend ${backend} has no server line for ${missing.join(' and ')}` };
}
/** The weights that a (re)start would give, by server; a server without one has its default-server's, or 1. */
function readConfigWeights(text, backend, names) {
    const found = find(text, backend, names);
    if ('fault' in found)
        return found;
    const weights = new Map();
    const own = new Map();
    for (const [name, { words }] of found.servers) {
        const word = weightWord(words, 3);
        own.set(name, word === undefined ? undefined : Number(word.text));
        weights.set(name, own.get(name) ?? found.defaults.get(name) ?? 1);
    }
    return { weights, own };
}
/**
 * The configuration with these weights on the server lines of the backend: only the numbers change, or ` weight N` is
 * added after the address; undefined as a weight takes the word away again. Everything else stays byte for byte.
 */
function writeConfigWeights(text, backend, weights) {
    const found = find(text, backend, [...weights.keys()]);
    if ('fault' in found)
        return found;
    const lines = [...found.lines];
    for (const [name, { line, words }] of found.servers) {
        const content = lines[line] ?? '';
        const weight = weights.get(name);
        const present = weightWord(words, 3);
        if (present === undefined) {
            if (weight === undefined)
                continue;
            const after = words[2]?.end ?? content.length;
            lines[line] = `${content.slice(0, after)} weight ${weight}${content.slice(after)}`;
        }
        else if (weight === undefined) {
            const keyword = words[words.indexOf(present) - 1];
            const from = words[words.indexOf(present) - 2]?.end ?? keyword?.start ?? 0;
            lines[line] = content.slice(0, from) + content.slice(present.end);
        }
        else
            lines[line] = content.slice(0, present.start) + String(weight) + content.slice(present.end);
    }
    return { text: lines.join('\n') };
}
//# sourceMappingURL=haproxy-config.js.map
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
;// CONCATENATED MODULE: ./lib/gray/adapters/replace-file.js




/**
 * Writes `content` beside `file` with the file's own owner and mode; a link is followed, so that it stays a link.
 * `base` is the content the draft was made from, undefined where no file was.
 */
async function draftOf(file, content, base) {
    const target = base === undefined ? file : await (0,promises_.realpath)(file);
    // A leading dot keeps it out of `include *.conf` and of folders that a proxy reads.
    const path = (0,external_node_path_.join)((0,external_node_path_.dirname)(target), `.${(0,external_node_path_.basename)(target)}.${(0,external_node_crypto_.randomUUID)()}.tmp`);
    try {
        const before = base === undefined ? undefined : await (0,promises_.stat)(target);
        const handle = await (0,promises_.open)(path, 'wx', 0o600);
        try {
            await handle.writeFile(content);
            await handle.chmod((before?.mode ?? 0o644) & 0o7777);
            await handle.sync();
        }
        finally {
            await handle.close();
        }
        if (before !== undefined)
            await keepOwner(path, before);
    }
    catch (error) {
        await (0,promises_.rm)(path, { force: true });
        throw fileFault(`${file} cannot be written`, target, error);
    }
    let pending = true;
    return {
        path,
        commit: async () => {
            const now = await readText(target);
            if (now !== base)
                throw (0,base_errors/* environmentError */.me)({
                    code: 'gray-file-changed',
                    what: `${file} was changed by somebody else at the same moment`,
                    fix: 'nothing of it was overwritten; the release tries again from the new content',
                });
            try {
                await (0,promises_.rename)(path, target);
            }
            catch (error) {
                throw fileFault(`${file} cannot be replaced`, target, error);
            }
            pending = false;
        },
        discard: async () => {
            if (pending)
                await (0,promises_.rm)(path, { force: true });
        },
    };
}
/** The text of a file, undefined when there is none; any other fault is told. */
async function readText(file) {
    try {
        return await (0,promises_.readFile)(file, 'utf8');
    }
    catch (error) {
        if ((0,base_errors/* codeOf */.$N)(error) === 'ENOENT')
            return undefined;
        throw fileFault(`${file} cannot be read`, file, error);
    }
}
async function keepOwner(path, { uid, gid }) {
    const own = await (0,promises_.stat)(path);
    if (own.uid !== uid || own.gid !== gid)
        await (0,promises_.chown)(path, uid, gid);
}
function fileFault(what, where, error) {
    const denied = ['EACCES', 'EPERM', 'EROFS'].includes((0,base_errors/* codeOf */.$N)(error) ?? '');
    return (0,base_errors/* environmentError */.me)({
        code: 'gray-file',
        what,
        cause: (0,base_errors/* messageOf */.bD)(error),
        where,
        fix: denied
            ? 'give the user that runs the release the right to write the file, its folder and its owner'
            : 'see the cause; the file is as it was',
    }, { cause: error });
}
//# sourceMappingURL=replace-file.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/shares.js
/** The new version's part in percent: w·n / (w·n + v·m). */
function shareOf(oldTotal, newTotal) {
    return oldTotal + newTotal === 0 ? 0 : (100 * newTotal) / (oldTotal + newTotal);
}
/**
 * Whole weights whose share is nearest to `percent`; of equally near ones the smallest, which also spread requests most
 * evenly. At 0 and 100 one side has no weight, between them both have some.
 *
 * The error is at most 50·n/(m·V) points below the middle, m and n being the units of old and new and V the greatest old
 * weight (and 50·m/(n·W) above it): at a fixed old weight v = V the shares of w and w + 1 differ by
 * (n/(m·V))·(1 − r(w))·(1 − r(w+1)). One server on each side and weights up to 256: 0.2 points. Below the smallest
 * share, w = 1 and v = V, nothing is nearer than that share itself.
 */
function nearestWeights(percent, old, fresh) {
    if (percent <= 0)
        return { old: Math.min(100, old.most), new: 0, percent: 0 };
    if (percent >= 100)
        return { old: 0, new: Math.min(100, fresh.most), percent: 100 };
    let best;
    let bestError = Infinity;
    for (let w = 1; w <= fresh.most; w++) {
        const exact = (w * fresh.units * (100 - percent)) / (percent * old.units);
        for (const v of new Set([Math.floor(exact), Math.ceil(exact)].map((n) => Math.min(old.most, Math.max(1, n))))) {
            const share = shareOf(v * old.units, w * fresh.units);
            const error = Math.abs(share - percent);
            // The margin keeps 2/38 from passing for nearer than 1/19 by a last binary digit.
            if (best === undefined || error < bestError - 1e-9) {
                best = { old: v, new: w, percent: share };
                bestError = error;
            }
        }
    }
    return best ?? { old: 1, new: 1, percent: shareOf(old.units, fresh.units) };
}
/**
 * Which side is set first, so that no moment between the two has everything at zero, or more on the new version than
 * before or after: raises go before lowers; of two raises the old side's comes first, of two lowers the new side's.
 */
function orderOf(before, after) {
    return after.old > before.old ? ['old', 'new'] : ['new', 'old'];
}
/** Whether a share cannot pass for the one asked for: the engine takes more than half a point for drift. */
function tooFar(asked, got) {
    return Math.abs(asked - got) > 0.5;
}
//# sourceMappingURL=shares.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy-file.js







/**
 * HAProxy's configuration file as the place where weights outlive a reload. Before the first change its content is kept
 * beside it as `.NAME.gray-before`, until the release is over.
 */
class HaproxyFile {
    path;
    #kept;
    #act;
    #settings;
    #names;
    constructor(act, settings, path) {
        this.#act = act;
        this.#settings = settings;
        this.path = path;
        this.#kept = (0,external_node_path_.join)((0,external_node_path_.dirname)(path), `.${(0,external_node_path_.basename)(path)}.gray-before`);
        this.#names = [...settings.old, ...settings.new].map(({ name }) => name);
    }
    /** The new version's part in percent after a reload, without the servers that are out of service. */
    async percent(out = new Set()) {
        const { weights } = this.#weights(await this.#text());
        return this.#share(new Map([...weights].filter(([name]) => !out.has(name))));
    }
    /** Proves that the file can be read, validated and written, by writing what is there beside it. */
    async check(signal) {
        const text = await this.#text();
        this.#weights(text);
        const draft = await this.#draft(text, text, signal);
        await draft.discard();
    }
    /** A validated draft with these weights, undefined when the file has them already. */
    async prepare(weights, signal) {
        const text = await this.#text();
        const written = writeConfigWeights(text, this.#settings.backend, weights);
        if ('fault' in written)
            throw this.#fault(written);
        if (written.text === text)
            return undefined;
        const draft = await this.#draft(written.text, text, signal);
        try {
            await this.#keep(text);
        }
        catch (error) {
            await draft.discard();
            throw error;
        }
        return draft;
    }
    /** The weights of before the release, by server, when the file was changed since. */
    async before() {
        const kept = await readText(this.#kept);
        if (kept === undefined)
            return undefined;
        const found = readConfigWeights(kept, this.#settings.backend, this.#names);
        return 'fault' in found ? undefined : found.weights;
    }
    /**
     * Puts our server lines back to what they were; other edits made meanwhile stay. `fallback` is written where nothing
     * was kept and a reload would give the new version traffic, or where what was kept would do so itself.
     */
    async restore(fallback, signal) {
        const kept = await readText(this.#kept);
        const found = kept === undefined ? undefined : readConfigWeights(kept, this.#settings.backend, this.#names);
        const usable = found !== undefined && !('fault' in found) && this.#share(found.weights) === 0;
        if (usable || (await this.percent()) !== 0) {
            const draft = await this.prepare(usable ? found.own : fallback, signal);
            try {
                await draft?.commit();
            }
            finally {
                await draft?.discard();
            }
        }
        await this.forget();
    }
    /** The release is over: what is in the file stays. */
    async forget() {
        await (0,promises_.rm)(this.#kept, { force: true });
    }
    #share(weights) {
        const sum = (servers) => servers.reduce((total, { name }) => total + (weights.get(name) ?? 0), 0);
        return shareOf(sum(this.#settings.old), sum(this.#settings.new));
    }
    #weights(text) {
        const found = readConfigWeights(text, this.#settings.backend, this.#names);
        if ('fault' in found)
            throw this.#fault(found);
        return found;
    }
    async #text() {
        const text = await readText(this.path);
        if (text !== undefined)
            return text;
        throw (0,base_errors/* inputError */.Xu)({
            code: 'gray-haproxy-config',
            what: 'there is no such HAProxy configuration file on this machine',
            where: this.path,
            input: 'adapter',
            fix: 'config names the file that holds the backend; leave it out when HAProxy runs elsewhere',
        });
    }
    async #draft(content, base, signal) {
        const draft = await draftOf(this.path, content, base);
        try {
            await this.#validate(draft.path, signal);
            return draft;
        }
        catch (error) {
            await draft.discard();
            throw error;
        }
    }
    async #validate(file, signal) {
        const command = this.#settings.validate ?? { run: ['haproxy', '-c', '-f', '{config}'] };
        const done = await runCommand(this.#act, {
            command,
            values: { config: file },
            defaultTimeoutMs: 30_000,
            signal,
        });
        if (done.code === 0)
            return;
        throw (0,base_errors/* environmentError */.me)({
            code: 'gray-haproxy-config',
            what: 'HAProxy refuses the configuration with the new weights',
            cause: `exit code ${done.code} of ${done.shown}`,
            where: this.path,
            fix: 'the file was not changed; see the output below. When it needs other files too, set validate',
        }, { log: done.tail.join('\n') });
    }
    async #keep(text) {
        try {
            // Only the first change of a release keeps: later ones would keep our own weights.
            const handle = await (0,promises_.open)(this.#kept, 'wx', 0o600);
            try {
                await handle.writeFile(text);
                await handle.sync();
            }
            finally {
                await handle.close();
            }
        }
        catch (error) {
            if ((0,base_errors/* codeOf */.$N)(error) === 'EEXIST')
                return;
            throw (0,base_errors/* environmentError */.me)({
                code: 'gray-file',
                what: 'the present HAProxy configuration cannot be kept for the way back',
                cause: (0,base_errors/* messageOf */.bD)(error),
                where: this.#kept,
                fix: 'give the user that runs the release the right to write this folder',
            }, { cause: error });
        }
    }
    #fault({ fault, line }) {
        return (0,base_errors/* inputError */.Xu)({
            code: 'gray-haproxy-config',
            what: `the weights cannot be written into this HAProxy configuration: ${fault}`,
            where: line === undefined ? this.path : `${this.path}:${line}`,
            input: 'adapter',
            fix: 'backend, old and new name the backend and its "server" lines in this file; server-template lines cannot be used',
        });
    }
}
//# sourceMappingURL=haproxy-file.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy-state.js
/** Bits of srv_admin_state: forced, inherited, configured and DNS maintenance; forced and inherited drain. */
const MAINT = 0x01 | 0x02 | 0x04 | 0x20;
const DRAIN = 0x08 | 0x10;
const OPERATIONAL = ['down', 'starting', 'up', 'stopping'];
/**
 * Reads the answer to `show servers state BACKEND` (doc/management.txt; format version 1: a line with the version, one
 * with `#` and the column names, one line per server). Undefined when it is not of this form.
 */
function parseServersState(answer, backend) {
    const [version, header, ...rows] = answer
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    if (version !== '1' || header?.startsWith('#') !== true)
        return undefined;
    const columns = header.slice(1).trim().split(/\s+/);
    const index = (name) => columns.indexOf(name);
    const at = {
        backend: index('be_name'),
        name: index('srv_name'),
        state: index('srv_op_state'),
        admin: index('srv_admin_state'),
        weight: index('srv_uweight'),
        initial: index('srv_iweight'),
    };
    if (Object.values(at).some((position) => position < 0))
        return undefined;
    const servers = new Map();
    for (const row of rows) {
        if (row.startsWith('#'))
            continue;
        const cells = row.split(/\s+/);
        if (cells[at.backend] !== backend)
            continue;
        const name = cells[at.name] ?? '';
        const [state, admin, weight, initial] = [at.state, at.admin, at.weight, at.initial].map((i) => Number(cells[i]));
        if (name === '' ||
            !isWhole(state) ||
            !isWhole(admin) ||
            !isWhole(weight) ||
            !isWhole(initial) ||
            servers.has(name))
            return undefined;
        const [maint, drain] = [(admin & MAINT) !== 0, (admin & DRAIN) !== 0];
        servers.set(name, {
            name,
            weight,
            initial,
            up: state === 2 && !maint && !drain,
            maint,
            drain,
            shown: maint ? 'maintenance' : drain ? 'drain' : (OPERATIONAL[state] ?? `state ${state}`),
        });
    }
    return servers;
}
function isWhole(value) {
    return value !== undefined && Number.isInteger(value) && value >= 0;
}
/** Reads the CSV answer to `show stat` for one backend (doc/management.txt 9.1). Undefined when it is not of this form. */
function parseStat(answer, backend) {
    const [header, ...rows] = answer.split('\n').filter((line) => line.trim() !== '');
    if (header?.startsWith('# ') !== true)
        return undefined;
    const columns = header.slice(2).split(',');
    const rowsOf = rows.map((row) => new Map(splitCsv(row).map((cell, i) => [columns[i] ?? '', cell])));
    const own = rowsOf.filter((row) => row.get('pxname') === backend);
    const total = own.find((row) => row.get('svname') === 'BACKEND');
    if (total === undefined)
        return undefined;
    const text = (name) => {
        const value = total.get(name);
        return value === undefined || value === '' ? undefined : value;
    };
    return {
        algorithm: text('algo'),
        cookie: text('cookie'),
        backups: own
            .filter((row) => row.get('type') === '2' && row.get('bck') === '1')
            .map((row) => row.get('svname') ?? ''),
    };
}
/** One CSV line; a field with commas or quotes stands in double quotes. */
function splitCsv(line) {
    return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
//# sourceMappingURL=haproxy-state.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy-process.js




/** One HAProxy process: its backend read and changed over the runtime API. */
class HaproxyProcess {
    name;
    #act;
    #address;
    #settings;
    #timeoutMs;
    constructor(act, settings, address, timeoutMs) {
        this.#act = act;
        this.#address = address;
        this.#settings = settings;
        this.#timeoutMs = timeoutMs;
        this.name = nameOf(address);
    }
    async read(signal) {
        const { backend } = this.#settings;
        const request = `show servers state ${backend}`;
        const answer = await this.#ask(request, signal);
        const states = parseServersState(answer, backend);
        if (states === undefined)
            throw this.#notUnderstood(request, answer);
        const side = (servers) => {
            const found = servers.map(({ name }) => {
                const state = states.get(name);
                if (state === undefined)
                    throw unknownName(this.name, `${backend}/${name}`, `it has ${[...states.keys()].join(', ') || 'no server'}`);
                return state;
            });
            return {
                servers: found,
                total: found.reduce((sum, { weight, maint, drain }) => sum + (maint || drain ? 0 : weight), 0),
            };
        };
        return { old: side(this.#settings.old), new: side(this.#settings.new), all: states };
    }
    /** What only a look at the whole backend tells; the level of the socket is proved too. */
    async facts(signal) {
        const level = (await this.#ask('show cli level', signal)).trim();
        if (level === 'operator' || level === 'user')
            throw levelTooLow(this.name);
        const { backend } = this.#settings;
        // 7: frontends, backends and servers; -1: every one.
        const request = `show stat ${backend} 7 -1`;
        const answer = await this.#ask(request, signal);
        const facts = parseStat(answer, backend);
        if (facts === undefined)
            throw this.#notUnderstood(request, answer);
        return facts;
    }
    /** Which side this process has to be given first on the way to `goal`. */
    order(state, goal) {
        const after = (side) => side.servers.reduce((sum, { name }) => sum + (goal.get(name) ?? 0), 0);
        return orderOf({ old: state.old.total, new: state.new.total }, { old: after(state.old), new: after(state.new) });
    }
    /**
     * Gives one side its weights. A side without traffic so far is taken out of drain and maintenance; a single server
     * that somebody put there while its side had traffic is left there.
     */
    async apply(side, goal, signal) {
        const { backend, zero } = this.#settings;
        const state = (await this.read(signal))[side];
        const asleep = state.total === 0;
        for (const server of state.servers) {
            const path = `${backend}/${server.name}`;
            const weight = goal.get(server.name) ?? 0;
            if (server.weight !== weight)
                await this.#tell(`set server ${path} weight ${weight}`, signal);
            if (weight > 0 && asleep && (server.maint || server.drain))
                await this.#tell(`set server ${path} state ready`, signal);
            if (weight === 0 && zero === 'maint' && !server.maint)
                await this.#tell(`set server ${path} state maint`, signal);
        }
    }
    /** Throws unless the weights are `goal`'s. */
    verify(state, goal) {
        const wrong = [...state.old.servers, ...state.new.servers].filter(({ name, weight }) => weight !== goal.get(name));
        if (wrong.length === 0)
            return;
        throw (0,base_errors/* environmentError */.me)({
            code: 'gray-haproxy-lost',
            what: 'HAProxy does not have the weights it was given a moment ago',
            cause: wrong
                .map(({ name, weight }) => `${name} has ${weight} instead of ${goal.get(name) ?? 0}`)
                .join(', '),
            where: this.name,
            fix: 'does something else change them (an agent check, a reload, another release)?',
        });
    }
    async #tell(request, signal) {
        const answer = await this.#ask(request, signal);
        const fault = refused(this.#address, request, answer);
        if (fault !== undefined)
            throw fault;
    }
    #ask(request, signal) {
        return ask(this.#act, this.#address, request, { timeoutMs: this.#timeoutMs, signal });
    }
    #notUnderstood(request, answer) {
        return (refused(this.#address, request, answer) ??
            (0,base_errors/* environmentError */.me)({
                code: 'gray-haproxy-answer',
                what: `HAProxy answered nothing to "${request}"`,
                where: this.name,
                fix: 'is this the socket of a worker (stats socket), not of the master?',
            }));
    }
}
/** The new version's part in percent, by the weights that count. */
function percentOf(state) {
    return shareOf(state.old.total, state.new.total);
}
/** Servers that have weight but do not, or not fully, take requests; maintenance of an old one is a person's wish. */
function unfit(state) {
    return [
        ...state.old.servers.filter(({ weight, up, maint, drain }) => weight > 0 && !up && !maint && !drain),
        ...state.new.servers.filter(({ weight, up }) => weight > 0 && !up),
    ];
}
/** Takes requests now, if only at a reduced rate. */
function usable(server) {
    return server.up || (server.shown === 'starting' && !server.maint && !server.drain);
}
/** All faults as one error, of the kind that is final when any is. */
function joined(errors) {
    const [first] = errors;
    const known = errors.filter((error) => error instanceof base_errors/* PipelineError */.zC);
    if (errors.length < 2 || known.length < errors.length)
        return first;
    const kind = known.find(({ kind: each }) => each !== 'environment')?.kind ?? 'environment';
    return new base_errors/* PipelineError */.zC(kind, known.flatMap(({ problems }) => problems), { log: known.flatMap(({ log }) => log ?? []).join('\n') });
}
/** Does all of them, also when one fails; then throws what failed. */
async function everywhere(processes, work) {
    const results = await Promise.allSettled(processes.map(work));
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (errors.length > 0)
        throw joined(errors);
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
//# sourceMappingURL=haproxy-process.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/haproxy.js






const MOST_WEIGHT = 256;
/** Those that follow weights while they change, and split requests rather than keys (configuration manual, "balance"). */
const ALGORITHMS = ['roundrobin', 'leastconn', 'random'];
const POLL_MS = 200;
/**
 * Traffic split by the weights of server lines, over HAProxy's runtime API; with `config` also in its file, so that a
 * reload does not forget them. All processes have to agree.
 */
function makeHaproxy(settings, act) {
    const apiMs = timeoutOf(settings, 5000);
    const settleMs = timeoutOf(settings.settle === undefined ? {} : { timeout: settings.settle }, 30_000);
    const processes = settings.processes.map((address) => new HaproxyProcess(act, settings, address, apiMs));
    const file = settings.config === undefined ? undefined : new HaproxyFile(act, settings, settings.config);
    /** `out`: old servers that somebody has taken out of service; the share is that of the others. */
    const goalOf = (percent, out = new Set()) => {
        const old = settings.old.filter(({ name }) => !out.has(name));
        const weights = nearestWeights(percent, sideOf(old), sideOf(settings.new));
        if (tooFar(percent, weights.percent))
            throw shareFault(percent, weights.percent);
        return new Map([
            ...settings.old.map(({ name, size = 1 }) => [name, weights.old * size]),
            ...settings.new.map(({ name, size = 1 }) => [name, weights.new * size]),
        ]);
    };
    /** Both sides, old and new servers as they were configured; at least one old server has a weight. */
    const homeOf = (weights) => {
        const old = settings.old.map(({ name }) => [name, weights(name) ?? 0]);
        const known = old.some(([, weight]) => weight > 0) ? old : [...goalOf(0)].slice(0, settings.old.length);
        return new Map([...known, ...settings.new.map(({ name }) => [name, 0])]);
    };
    return {
        kind: 'haproxy',
        check: async (signal) => {
            await everywhere(processes, async (process) => {
                const facts = await process.facts(signal);
                const state = await process.read(signal);
                checkBackend(settings, process.name, facts, state);
                if (!state.old.servers.some(usable))
                    throw downFault(process.name, 'old', state);
            });
            await file?.check(signal);
            if (file !== undefined) {
                const states = await everywhere(processes, (process) => process.read(signal));
                const after = await file.percent(outOf(states));
                const now = mean(states.map(percentOf));
                if (tooFar(now, after))
                    throw (0,base_errors/* environmentError */.me)({
                        code: 'gray-haproxy-drift',
                        what: `a reload of HAProxy would give the new version ${show(after)} %, now it has ${show(now)} %`,
                        where: file.path,
                        fix: 'put the weights in the file right (the new servers at weight 0), or reload HAProxy, before the release',
                    });
            }
        },
        get: async (signal) => {
            const states = await everywhere(processes, (process) => process.read(signal));
            const reload = await file?.percent(outOf(states));
            return observe(settings, processes, states, reload);
        },
        set: async (percent, signal) => {
            const states = await everywhere(processes, (process) => process.read(signal));
            const goal = goalOf(percent, outOf(states));
            // Validated before anything is touched, put in place when the weights are in force.
            const draft = await file?.prepare(goal, signal);
            try {
                await shift(settings, processes, goal, signal);
                await draft?.commit();
            }
            finally {
                await draft?.discard();
            }
            await settled(act, processes, settleMs, signal);
        },
        reset: async (signal) => {
            const errors = [];
            const attempt = async (work) => {
                try {
                    return await work();
                }
                catch (error) {
                    errors.push(error);
                    return undefined;
                }
            };
            const before = await attempt(async () => file?.before());
            // The running processes first, each on its own: one that does not answer must not keep the others back.
            await attempt(() => everywhere(processes, async (process) => {
                const state = await process.read(signal);
                const goal = homeOf((name) => before?.get(name) ?? state.all.get(name)?.initial);
                await process.apply('old', goal, signal);
                const raised = await process.read(signal);
                if (!raised.old.servers.some(usable))
                    throw downFault(process.name, 'old', raised);
                await process.apply('new', goal, signal);
                process.verify(await process.read(signal), goal);
            }));
            await attempt(async () => file?.restore(homeOf((name) => before?.get(name)), signal));
            signal.throwIfAborted();
            if (errors.length > 0)
                throw joined(errors);
        },
        ...(file === undefined
            ? {}
            : {
                finalise: async () => {
                    await file.forget();
                },
            }),
    };
}
/** Old servers that are in maintenance or drain everywhere while others serve: a person's wish, which is kept. */
function outOf(states) {
    const sets = states.map(({ old }) => new Set(old.total === 0
        ? []
        : old.servers.filter(({ maint, drain }) => maint || drain).map(({ name }) => name)));
    return new Set([...(sets[0] ?? [])].filter((name) => sets.every((set) => set.has(name))));
}
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
function sideOf(servers) {
    const sizes = servers.map(({ size = 1 }) => size);
    return { units: sizes.reduce((a, b) => a + b, 0), most: Math.floor(MOST_WEIGHT / Math.max(...sizes)) };
}
/** Every process gets what it has to get first before any gets the rest, so that none is left without servers. */
async function shift(settings, processes, goal, signal) {
    const takes = settings.new.some(({ name }) => (goal.get(name) ?? 0) > 0);
    const orders = await everywhere(processes, async (process) => {
        const state = await process.read(signal);
        // A new server that is down would come up later with more traffic than anybody looked at.
        const down = state.new.servers.filter((server) => !usable(server) && !server.maint && !server.drain);
        if (takes && down.length > 0)
            throw downFault(process.name, 'new', state);
        return { process, order: process.order(state, goal) };
    });
    const turn = (index) => everywhere(processes, async (process) => {
        const order = orders.find((entry) => entry.process === process)?.order ?? ['old', 'new'];
        const side = order[index] ?? 'new';
        if (index === 1) {
            const first = order[0] ?? 'old';
            const state = await process.read(signal);
            const given = state[first].servers.some(({ name }) => (goal.get(name) ?? 0) > 0);
            if (given && !state[first].servers.some(usable))
                throw downFault(process.name, first, state);
        }
        await process.apply(side, goal, signal);
    });
    await turn(0);
    await turn(1);
    await everywhere(processes, async (process) => {
        process.verify(await process.read(signal), goal);
    });
}
/** Waits, within its time, for checks and slowstart; what is still missing then is told by `get`. */
async function settled(act, processes, limitMs, signal) {
    const end = act.clock.now() + limitMs;
    for (;;) {
        const states = await everywhere(processes, (process) => process.read(signal));
        const waiting = states.flatMap(unfit);
        if (waiting.length === 0 || act.clock.now() + POLL_MS > end)
            return;
        act.log.debug(`waiting for ${waiting.map(({ name, shown }) => `${name} (${shown})`).join(', ')}`);
        await act.clock.sleep(POLL_MS, signal);
    }
}
function observe(settings, processes, states, reload) {
    const shares = states.map(percentOf);
    const percent = mean(shares);
    const faults = [];
    if (shares.some((share) => Math.abs(share - percent) > 1e-9))
        faults.push(`processes disagree: ${processes.map(({ name }, i) => `${name} ${show(shares[i] ?? 0)} %`).join(', ')}`);
    for (const [index, state] of states.entries()) {
        const where = processes.length > 1 ? ` at ${processes[index]?.name ?? ''}` : '';
        if (state.old.total + state.new.total === 0)
            faults.push(`no server has a weight${where}`);
        for (const { name, shown } of unfit(state))
            faults.push(`${name} is ${shown}${where}`);
        if (settings.zero === 'maint')
            for (const { name } of [...state.old.servers, ...state.new.servers].filter(({ weight, maint }) => weight === 0 && !maint))
                faults.push(`${name} has no weight but still takes users who stick to it${where}`);
    }
    if (reload !== undefined && Math.abs(reload - percent) > 0.01)
        faults.push(`a reload would give ${show(reload)} %`);
    const [first] = states;
    const weights = (side) => first?.[side].servers.map(({ name, weight }) => `${name} ${weight}`).join(', ') ?? '';
    return {
        percent,
        settled: faults.length === 0,
        detail: [`new ${show(percent)} % (weights ${weights('old')}; ${weights('new')})`, ...faults].join('; '),
    };
}
function checkBackend(settings, where, facts, state) {
    const { algorithm, cookie, backups } = facts;
    if (algorithm !== undefined && !ALGORITHMS.includes(algorithm))
        throw staticAlgorithm(where, algorithm);
    const ours = new Set([...settings.old, ...settings.new].map(({ name }) => name));
    const backup = backups.find((name) => ours.has(name));
    if (backup !== undefined)
        throw unknownName(where, backup, 'it is a backup server: weights have no meaning for it');
    const others = [...state.all.values()].filter(({ name, weight, maint, drain }) => !ours.has(name) && !backups.includes(name) && weight > 0 && !maint && !drain);
    if (others.length > 0)
        throw (0,base_errors/* inputError */.Xu)({
            code: 'gray-haproxy-others',
            what: `the backend ${settings.backend} has servers that are on neither side: ${others.map(({ name }) => name).join(', ')}`,
            cause: 'they take traffic too, so no share would be right',
            where,
            input: 'adapter',
            fix: 'name every server of the backend under old or new',
        });
    if (cookie !== undefined && settings.zero !== 'maint')
        throw (0,base_errors/* inputError */.Xu)({
            code: 'gray-haproxy-sticky',
            what: `users stick to a server by the cookie ${cookie}, so weight 0 does not take them away`,
            cause: 'a server at weight 0, or in drain, still takes everybody whose cookie names it',
            where,
            input: 'adapter',
            fix: 'write "zero: maint" in the adapter, so that a side at 0 % is also put into maintenance and its users move',
        });
}
function downFault(where, side, state) {
    return (0,base_errors/* environmentError */.me)({
        code: 'gray-haproxy-down',
        what: `the ${side} version cannot take traffic`,
        cause: state[side].servers.map(({ name, shown }) => `${name} is ${shown}`).join(', '),
        where,
        fix: 'nothing was taken from the other version; see why the health check fails (show servers state, HAProxy’s log)',
    });
}
function shareFault(asked, nearest) {
    return (0,base_errors/* inputError */.Xu)({
        code: 'gray-share',
        what: `${asked} % cannot be had with these servers: the nearest is ${show(nearest)} %`,
        cause: `a weight is a whole number from 0 to ${MOST_WEIGHT}, the same for every server of a side (times its size)`,
        input: 'steps',
        fix: 'choose another step, or other numbers of servers: few new ones for a small share, few old ones for a large',
    });
}
const show = (percent) => String(Number(percent.toFixed(2)));
//# sourceMappingURL=haproxy.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/nginx-render.js

const HEAD = '# go-image-pipeline gray release: written by a program, do not edit. ';
/** nginx's split_clients knows hundredths of a percent; weights are as fine. */
function roundPercent(percent) {
    return Math.min(100, Math.max(0, Math.round(percent * 100) / 100));
}
/** The whole include file for a share: head, split, and a loopback server that tells what is loaded. */
function render(settings, asked) {
    const percent = roundPercent(asked);
    const split = settings.upstream === undefined ? renderSplit(settings, percent) : renderUpstream(settings, percent);
    const lines = split.join('\n');
    const generation = (0,external_node_crypto_.createHash)('sha256')
        .update(`${percent}\n${settings.marker}\n${lines}`)
        .digest('hex')
        .slice(0, 16);
    const marker = { percent, generation };
    return `${HEAD}${JSON.stringify(marker)}
${lines}

# Tells which of these files the running nginx has loaded.
server {
    listen ${settings.marker};
    access_log off;
    location = ${MARKER_PATH} {
        default_type application/json;
        return 200 '${JSON.stringify(marker)}';
    }
    location / {
        return 404;
    }
}
`;
}
const MARKER_PATH = '/gray-release';
/** The first line's marker; undefined when the file is not one of ours. */
function markerOf(content) {
    return content.startsWith(HEAD)
        ? parseMarker(content.slice(HEAD.length).split('\n', 1)[0] ?? '')
        : undefined;
}
function parseMarker(text) {
    try {
        const { percent, generation } = JSON.parse(text);
        return typeof percent === 'number' && typeof generation === 'string' ? { percent, generation } : undefined;
    }
    catch {
        return undefined;
    }
}
/**
 * `split_clients` (ngx_http_split_clients_module): the key's hash falls into a range, the new version's being the lowest.
 * So a key that is on the new version stays there while the share grows.
 */
function renderSplit(settings, percent) {
    const { variable, sticky } = settings;
    const [old = '', fresh = ''] = [settings.old[0], settings.new[0]];
    const ranges = percent >= 100
        ? [`    * ${fresh};`]
        : [...(percent > 0 ? [`    ${percent}% ${fresh};`] : []), `    * ${old};`];
    if (sticky === undefined)
        return [`split_clients "${settings.key}" $${variable} {`, ...ranges, '}'];
    return [
        // Who has no cookie yet is placed by the value the cookie will get, so the first request decides for all later ones.
        `map $cookie_${sticky} $${variable}_key {`,
        '    "" $request_id;',
        `    default $cookie_${sticky};`,
        '}',
        `map $cookie_${sticky} $${variable}_cookie {`,
        `    "" "${sticky}=$request_id; Path=/; HttpOnly; SameSite=Lax";`,
        '    default "";',
        '}',
        `split_clients "$${variable}_key" $${variable} {`,
        ...ranges,
        '}',
    ];
}
/** An upstream with weights; `zone` makes all workers share one round, so that the split is exact. */
function renderUpstream(settings, percent) {
    const name = settings.upstream ?? '';
    const [oldWeight, newWeight] = upstreamWeights(percent, settings.old.length, settings.new.length);
    const line = (address, weight) => `    server ${address}${weight > 0 ? ` weight=${weight}` : ' down'};`;
    return [
        `upstream ${name} {`,
        `    zone ${name} 256k;`,
        ...settings.old.map((address) => line(address, oldWeight)),
        ...settings.new.map((address) => line(address, newWeight)),
        ...settings.options.map((option) => `    ${option};`),
        '}',
    ];
}
/** Per server; exact to a hundredth of a percent, divided by the greatest common divisor. */
function upstreamWeights(percent, old, fresh) {
    const hundredths = Math.round(percent * 100);
    const [a, b] = [(10_000 - hundredths) * fresh, hundredths * old];
    const divisor = gcd(a, b);
    return divisor === 0 ? [1, 0] : [a / divisor, b / divisor];
}
function gcd(a, b) {
    return b === 0 ? a : gcd(b, a % b);
}
//# sourceMappingURL=nginx-render.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/nginx.js





const nginx_POLL_MS = 100;
const SETTLE_MS = 30_000;
/** Old workers go on accepting for a moment beside the new ones: so many answers in a row have to agree. */
const AGREEING = 5;
/**
 * Traffic split by a file that nginx includes: rendered, put in place at once, tested with the whole configuration
 * (`nginx -t`), loaded, and proved to be loaded by asking a loopback location that the file itself defines.
 */
function makeNginx(settings, act) {
    const { file } = settings;
    const settleMs = timeoutOf(settings.settle === undefined ? {} : { timeout: settings.settle }, SETTLE_MS);
    const set = async (percent, signal) => {
        const before = await own(file);
        const content = render(settings, percent);
        const wanted = markerOf(content);
        if (wanted === undefined)
            throw new TypeError('a rendered file has a marker');
        if (before !== content)
            await replace(content, before, signal);
        else if (same(await loaded(signal), wanted))
            return;
        else
            await test(signal);
        try {
            await reload(signal);
        }
        catch (error) {
            // A later reload by somebody else must not give more to the new version than anybody looked at.
            if (before !== content && percent > 0)
                await putBack(before, content);
            throw error;
        }
        await awaitLoaded(wanted, signal);
    };
    /** In place first, because nginx tests only files that it includes; a refused one is taken back at once. */
    const replace = async (content, before, signal) => {
        signal.throwIfAborted();
        const draft = await draftOf(file, content, before);
        try {
            await draft.commit();
        }
        finally {
            await draft.discard();
        }
        try {
            await test(signal);
        }
        catch (error) {
            await putBack(before, content);
            throw error;
        }
    };
    const putBack = async (before, refused) => {
        if (before === undefined) {
            await (0,promises_.rm)(file, { force: true });
            return;
        }
        const draft = await draftOf(file, before, refused);
        try {
            await draft.commit();
        }
        finally {
            await draft.discard();
        }
    };
    const nginx = async (what, args, signal, fix = 'the file is as it was and nginx goes on with what it has loaded; see its output below') => {
        const argv = [...settings.nginx, ...args];
        const done = await act.exec.run({ argv, timeoutMs: 30_000, signal });
        if (done.code === 0)
            return done.stdout;
        throw (0,base_errors/* environmentError */.me)({
            code: 'gray-nginx-refused',
            what,
            cause: done.tail.find((line) => /\[(?:emerg|crit|alert)\]/.test(line)) ?? `exit code ${done.code}`,
            where: file,
            fix,
        }, { log: done.tail.join('\n') });
    };
    const test = (signal) => nginx('nginx refuses its configuration with the new split', ['-t'], signal);
    const reload = async (signal) => {
        if (settings.reload === undefined) {
            const fix = 'is nginx running, and was it started with the same -p and -c as in the adapter’s nginx?';
            await nginx('nginx cannot be told to reload', ['-s', 'reload'], signal, fix);
            return;
        }
        const done = await runCommand(act, { command: settings.reload, defaultTimeoutMs: 30_000, signal });
        if (done.code === 0)
            return;
        throw (0,base_errors/* environmentError */.me)({
            code: 'gray-nginx-reload',
            what: 'the reload command failed',
            cause: `exit code ${done.code} of ${done.shown}`,
            fix: 'see its output below; the new split is not in force',
        }, { log: done.tail.join('\n') });
    };
    /** What the running workers have loaded; undefined when it is none of ours. */
    const loaded = async (signal) => {
        const url = settings.markerUrl ?? `http://${settings.marker}${MARKER_PATH}`;
        try {
            // A connection of its own each time: an old worker would go on answering on one that lives on.
            const answer = await act.http.request({
                url,
                timeoutMs: 5000,
                signal,
                headers: { connection: 'close' },
            });
            const text = await answer.text(64 * 1024);
            return answer.status === 200 ? parseMarker(text) : undefined;
        }
        catch (error) {
            signal.throwIfAborted();
            act.log.debug(`${url}: ${(0,base_errors/* messageOf */.bD)(error)}`);
            return undefined;
        }
    };
    const awaitLoaded = async (wanted, signal) => {
        const end = act.clock.now() + settleMs;
        let last;
        for (let agreeing = 0; agreeing < AGREEING;) {
            last = await loaded(signal);
            agreeing = same(last, wanted) ? agreeing + 1 : 0;
            if (agreeing > 0)
                continue;
            if (act.clock.now() + nginx_POLL_MS > end)
                throw notLoaded(settings, last);
            await act.clock.sleep(nginx_POLL_MS, signal);
        }
    };
    const get = async (signal) => {
        const content = await own(file);
        if (content === undefined)
            throw (0,base_errors/* environmentError */.me)({
                code: 'gray-nginx-file',
                what: 'the file that splits the traffic is not there',
                where: file,
                fix: 'start the release, which writes it, or put it back',
            });
        const written = markerOf(content);
        const answers = [];
        for (let i = 0; i < AGREEING; i++)
            answers.push(await loaded(signal));
        const [running] = answers;
        if (running === undefined || written === undefined)
            throw (0,base_errors/* environmentError */.me)({
                code: 'gray-nginx-marker',
                what: 'the running nginx does not tell which split it has loaded',
                where: settings.markerUrl ?? settings.marker,
                fix: 'is nginx running, is the file included in its http section, and does this machine reach the marker address?',
            });
        const faults = [];
        if (!answers.every((answer) => same(answer, running)))
            faults.push('its workers answer differently');
        if (!same(running, written))
            faults.push(`the file says ${written.percent} % but is not loaded`);
        if (content !== render(settings, written.percent))
            faults.push('the file was made with other settings, or edited');
        return {
            percent: running.percent,
            settled: faults.length === 0,
            detail: [`new ${running.percent} % (loaded ${running.generation})`, ...faults].join('; '),
        };
    };
    return {
        kind: 'nginx',
        check: async (signal) => {
            const content = await own(file);
            // Without the file nginx's configuration is not whole: the first write tests it.
            if (content === undefined)
                return;
            const dump = await nginx('nginx refuses its present configuration', ['-T'], signal);
            if (!dump.includes(`# configuration file ${file}:`))
                throw (0,base_errors/* inputError */.Xu)({
                    code: 'gray-nginx-include',
                    what: 'nginx does not include the file that splits the traffic',
                    where: file,
                    input: 'adapter',
                    fix: `write "include ${file};" in the http section of nginx's configuration, with the very path of the adapter's file`,
                });
        },
        // The file is there from the first release on; before it, nothing has split traffic.
        deploy: async (signal) => {
            if ((await own(file)) === undefined)
                await set(0, signal);
        },
        get,
        set,
        reset: (signal) => set(0, signal),
    };
}
function same(a, b) {
    return a !== undefined && b !== undefined && a.generation === b.generation && a.percent === b.percent;
}
/** The content of our file; undefined when there is none, or an empty one. A stranger's is refused. */
async function own(file) {
    const content = await readText(file);
    if (content === undefined || markerOf(content) !== undefined)
        return content;
    throw (0,base_errors/* inputError */.Xu)({
        code: 'gray-nginx-file',
        what: 'the file that is to split the traffic holds something else',
        where: file,
        input: 'adapter',
        fix: 'give the adapter a file of its own; move this one away when nothing in it is needed',
    });
}
function notLoaded(settings, last) {
    return (0,base_errors/* environmentError */.me)({
        code: 'gray-nginx-not-loaded',
        what: 'nginx was told to reload but does not show the new split',
        cause: last === undefined ? `${settings.marker} does not answer` : `it still has ${last.percent} % loaded`,
        where: settings.markerUrl ?? settings.marker,
        fix: 'see nginx’s error log: a reload fails silently when, for example, a port cannot be bound',
    });
}
//# sourceMappingURL=nginx.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/nginx-settings.js




// Told apart from what somebody wrote, so that completed settings can be read again.
const KEY = '${remote_addr}${request_id}';
const VARIABLE = 'gray_upstream';
const VARIABLES = /^(?:[A-Za-z0-9_.:|/-]|\$[a-z0-9_]+|\$\{[a-z0-9_]+\})+$/;
/** Reads the settings of kind `nginx`; all faults at once. */
function parseNginxSettings(raw) {
    const problems = [];
    const at = new adapters_fields/* Fields */.C8(raw, problems);
    at.raw('kind');
    const file = at.text('file', { example: '/etc/nginx/gray/app.conf' });
    const address = (value, path) => {
        if (typeof value === 'string' && /^[A-Za-z0-9._:/[\]-]+$/.test(value))
            return value;
        problems.push((0,adapters_fields/* fault */.DG)(path, 'is no upstream or address', 'write a name such as app_new, or 10.0.0.7:8080', value));
        return undefined;
    };
    const old = at.list('old', address, 'app_old');
    const fresh = at.list('new', address, 'app_new');
    const upstream = at.optionalText('upstream', identifier);
    const sticky = at.optionalText('sticky', identifier);
    const key = at.text('key', {
        fallback: KEY,
        test: (text) => VARIABLES.test(text) && text.includes('$')
            ? undefined
            : { what: 'is not a text of nginx variables', fix: 'write it like ${remote_addr}${request_id}' },
    });
    const variable = at.text('variable', { fallback: VARIABLE, test: identifier });
    const given = at.raw('options');
    const options = given !== undefined && !(Array.isArray(given) && given.length === 0)
        ? at.list('options', (value, path) => {
            if (typeof value === 'string' && /^[A-Za-z0-9_ =.:$/-]+$/.test(value))
                return value;
            problems.push((0,adapters_fields/* fault */.DG)(path, 'is not a line of an upstream', 'write it like keepalive 16', value));
            return undefined;
        }, '[keepalive 16]')
        : [];
    const marker = at.text('marker', { fallback: '127.0.0.1:8099', test: loopback });
    const markerUrl = at.optionalText('markerUrl', adapters_fields/* plainUrl */.kP);
    const nginx = at.has('nginx')
        ? at.list('nginx', (value, path) => {
            if (typeof value === 'string' && value !== '')
                return value;
            problems.push((0,adapters_fields/* fault */.DG)(path, 'is not a word', 'write it like [nginx, -c, /etc/nginx/nginx.conf]', value));
            return undefined;
        }, '[nginx]')
        : ['nginx'];
    const reload = readCommand(at, 'reload');
    const settle = at.optionalText('settle', duration);
    const hooks = readHooks(at);
    at.end();
    if (upstream === undefined) {
        for (const [name, list] of [
            ['old', old],
            ['new', fresh],
        ])
            if (list.length > 1)
                at.fault(name, 'has several entries', 'name one upstream; or set upstream, and list the addresses here');
        if (options.length > 0)
            at.fault('options', 'is for an upstream only', 'set upstream, or remove it');
    }
    else {
        for (const [name, chosen] of [
            ['key', key !== KEY],
            ['variable', variable !== VARIABLE],
            ['sticky', sticky !== undefined],
        ])
            if (chosen)
                at.fault(name, 'is of no use with upstream', 'remove one of the two');
    }
    if (sticky !== undefined && key !== KEY)
        at.fault('key', 'is of no use with sticky', 'remove one of the two');
    const both = old.filter((name) => fresh.includes(name));
    if (both.length > 0)
        at.fault('new', `names ${both.join(', ')} as old too`, 'the two versions stand apart');
    if (problems.length > 0)
        return { problems };
    return {
        settings: {
            kind: 'nginx',
            file,
            old,
            new: fresh,
            key,
            variable,
            ...(sticky === undefined ? {} : { sticky }),
            ...(upstream === undefined ? {} : { upstream }),
            options,
            marker,
            ...(markerUrl === undefined ? {} : { markerUrl }),
            nginx,
            ...(reload === undefined ? {} : { reload }),
            ...(settle === undefined ? {} : { settle }),
            ...hooks,
        },
        problems,
    };
}
const identifier = (text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)
    ? undefined
    : { what: 'has characters other than letters, digits and _', fix: 'choose a plain name' };
const loopback = (text) => /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]):\d{1,5}$/.test(text)
    ? undefined
    : {
        what: 'is not a loopback address with a port',
        fix: 'write it like 127.0.0.1:8099: it is for this machine alone',
    };
//# sourceMappingURL=nginx-settings.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/traefik-file.js









const traefik_file_HEAD = '# go-image-pipeline gray release: written by a program, do not edit.\n';
const traefik_file_POLL_MS = 200;
function parseTraefikFileSettings(raw) {
    const problems = [];
    const at = new adapters_fields/* Fields */.C8(raw, problems);
    at.raw('kind');
    const file = at.text('file', { test: yamlFile });
    const [service, old, fresh] = ['service', 'old', 'new'].map((key) => at.text(key, { test: serviceName }));
    const api = at.text('api', { test: adapters_fields/* plainUrl */.kP, example: 'http://127.0.0.1:8080' });
    const settle = at.optionalText('settle', duration);
    const hooks = readHooks(at);
    at.end();
    if (problems.length > 0 || service === undefined || old === undefined || fresh === undefined)
        return { problems };
    const settings = { kind: 'traefik-file', file, service, old, new: fresh, api };
    return { settings: { ...settings, ...(settle === undefined ? {} : { settle }), ...hooks }, problems };
}
const yamlFile = (text) => /\.ya?ml$/.test(text)
    ? undefined
    : { what: 'does not end in .yml', fix: 'the file provider reads .yml and .toml files' };
const serviceName = (text) => /^[A-Za-z0-9_.-]+(?:@[a-z]+)?$/.test(text)
    ? undefined
    : { what: 'is no name of a service', fix: 'write it like app-old@docker' };
/** The file for a share; JSON texts are YAML texts. */
function renderTraefik(settings, percent) {
    const [old, fresh] = upstreamWeights(percent, 1, 1);
    return `${traefik_file_HEAD}http:
  services:
    ${JSON.stringify(settings.service)}:
      weighted:
        services:
          - name: ${JSON.stringify(settings.old)}
            weight: ${old}
          - name: ${JSON.stringify(settings.new)}
            weight: ${fresh}
`;
}
function makeTraefikFile(settings, act) {
    const settleMs = timeoutOf(settings.settle === undefined ? {} : { timeout: settings.settle }, 30_000);
    /** The share that Traefik has in force; undefined while it does not know the service. */
    const inForce = async (signal) => {
        const url = `${settings.api.replace(/\/$/, '')}/api/http/services/${settings.service}@file`;
        try {
            const answer = await act.http.request({ url, signal, timeoutMs: 10_000 });
            const text = await answer.text();
            if (answer.status === 404)
                return undefined;
            const found = answer.status === 200 ? parseService(text, settings) : undefined;
            if (found !== undefined)
                return found;
            throw new Error(`status ${answer.status}: ${text.slice(0, 200)}`);
        }
        catch (error) {
            signal.throwIfAborted();
            throw (0,base_errors/* environmentError */.me)({
                code: 'gray-traefik-api',
                what: 'Traefik’s API does not tell the weights of the service',
                cause: (0,base_errors/* messageOf */.bD)(error),
                where: url,
                fix: 'is the API on ("api.insecure" or a router to api@internal), and is the service a weighted one of the file provider?',
            });
        }
    };
    const own = async () => {
        const content = await readText(settings.file);
        if (content === undefined || content.startsWith(traefik_file_HEAD))
            return content;
        throw (0,base_errors/* inputError */.Xu)({
            code: 'gray-traefik-file',
            what: 'the file that is to split the traffic holds something else',
            where: settings.file,
            input: 'adapter',
            fix: 'give the adapter a file of its own in the provider’s directory',
        });
    };
    const set = async (percent, signal) => {
        const before = await own();
        // The file itself is the act: a run that was cancelled writes none.
        signal.throwIfAborted();
        const content = renderTraefik(settings, percent);
        if (content !== before) {
            const draft = await draftOf(settings.file, content, before);
            try {
                await draft.commit();
            }
            finally {
                await draft.discard();
            }
        }
        // Traefik watches the folder and takes a change over within its throttle (2 s by default).
        const end = act.clock.now() + settleMs;
        for (;;) {
            const now = await inForce(signal);
            if (now?.enabled === true && Math.abs(now.percent - percent) <= 0.01)
                return;
            if (act.clock.now() + traefik_file_POLL_MS > end)
                throw (0,base_errors/* environmentError */.me)({
                    code: 'gray-traefik-not-loaded',
                    what: 'Traefik has not taken the new weights over',
                    cause: now === undefined ? 'it does not know the service' : `it has ${now.percent} % in force`,
                    where: settings.file,
                    fix: 'is the folder watched (providers.file.directory, watch: true)? See Traefik’s log for a fault in a file',
                });
            await act.clock.sleep(traefik_file_POLL_MS, signal);
        }
    };
    return {
        kind: 'traefik-file',
        check: async (signal) => {
            if ((await own()) !== undefined)
                await inForce(signal);
        },
        deploy: async (signal) => {
            if ((await own()) === undefined)
                await set(0, signal);
        },
        get: async (signal) => {
            const content = await own();
            const now = await inForce(signal);
            const percent = now?.percent ?? 0;
            const faults = [
                ...(now === undefined ? ['Traefik does not know the service'] : []),
                ...(now?.enabled === false ? ['the service is not enabled'] : []),
                ...(content === renderTraefik(settings, percent) ? [] : ['the file says something else']),
            ];
            return { percent, settled: faults.length === 0, detail: [`new ${percent} %`, ...faults].join('; ') };
        },
        set,
        reset: (signal) => set(0, signal),
    };
}
/** Reads `/api/http/services/NAME@file`: `{"weighted": {"services": [{"name", "weight"}]}, "status": "enabled"}`. */
function parseService(text, settings) {
    const body = JSON.parse(text);
    const weighted = (0,json/* isRecord */.u4)(body) && (0,json/* isRecord */.u4)(body['weighted']) ? body['weighted']['services'] : undefined;
    if (!(0,json/* isRecord */.u4)(body) || !Array.isArray(weighted))
        return undefined;
    const weightOf = (name) => {
        const entry = weighted.find((one) => (0,json/* isRecord */.u4)(one) && one['name'] === name);
        if (!(0,json/* isRecord */.u4)(entry))
            return undefined;
        // The API leaves a weight out when it is the default.
        const weight = entry['weight'] ?? 1;
        return typeof weight === 'number' ? weight : undefined;
    };
    const [old, fresh] = [weightOf(settings.old), weightOf(settings.new)];
    if (old === undefined || fresh === undefined || weighted.length !== 2)
        return undefined;
    return { percent: Number(shareOf(old, fresh).toFixed(2)), enabled: body['status'] === 'enabled' };
}
//# sourceMappingURL=traefik-file.js.map
;// CONCATENATED MODULE: ./lib/gray/adapters/index.js











/** Ties a kind's settings to what is made of them, so that the list below needs to know neither. */
function kind(parse, make) {
    return (raw) => {
        const { settings, problems } = parse(raw);
        if (settings === undefined)
            return { problems };
        return {
            settings: settings,
            problems,
            make: (act, { env = {} }) => withHooks(make(settings, act, env), settings, act, env),
        };
    };
}
/** Every kind of adapter that needs nothing but `Act`. A new one is one line here. */
const KINDS = {
    haproxy: kind(parseHaproxySettings, makeHaproxy),
    nginx: kind(parseNginxSettings, makeNginx),
    'traefik-file': kind(parseTraefikFileSettings, makeTraefikFile),
    command: kind(parseCommandSettings, makeCommand),
};
const ADAPTER_KINDS = Object.keys(KINDS);
function read(raw) {
    if (!(0,json/* isRecord */.u4)(raw))
        return {
            problems: [(0,adapters_fields/* fault */.DG)('adapter', 'is not a map of settings', 'write kind: haproxy and its settings')],
        };
    const name = raw['kind'];
    if (typeof name === 'string' && Object.hasOwn(KINDS, name))
        return KINDS[name]?.(raw) ?? { problems: [] };
    const guess = typeof name === 'string' ? (0,lists/* nearest */.pA)(name, ADAPTER_KINDS) : undefined;
    const kinds = ADAPTER_KINDS.join(', ');
    return {
        problems: [
            (0,adapters_fields/* fault */.DG)('kind', 'names no adapter', guess === undefined ? `use one of ${kinds}` : `did you mean ${guess}?`, name),
        ],
    };
}
/** Checks an adapter's settings and completes them with their defaults; all faults at once. */
function parseAdapter(raw) {
    const { settings, problems } = read(raw);
    return settings === undefined ? { problems } : { settings, problems };
}
/** Makes the adapter from settings, also from stored ones; throws PipelineError (input) when they cannot be used. */
function makeAdapter(settings, act, options = {}) {
    const { problems, make } = read(settings);
    if (make === undefined)
        throw new base_errors/* PipelineError */.zC('input', problems);
    const text = JSON.stringify(settings);
    if (act.secrets.redact(text) !== text)
        throw (0,base_errors/* inputError */.Xu)({
            code: 'gray-adapter-secret',
            what: 'a secret stands in the settings of the adapter',
            cause: 'they are kept at the target and shown in the audit',
            input: 'adapter',
            fix: 'let the commands take it from their environment instead',
        });
    return make(act, options);
}
//# sourceMappingURL=index.js.map
// EXTERNAL MODULE: ./lib/gray/dead-man.js
var dead_man = __webpack_require__(28016);
;// CONCATENATED MODULE: ./lib/actions/gray/adapters.js






/** The versions stand beside the adapter's own settings, for its commands and for the image of hosts. */
function takeApart(stored) {
    const { versions, ...own } = stored;
    const { old, new: fresh } = (versions ?? {});
    const text = (value) => (typeof value === 'string' ? value : '');
    return { own, versions: { old: text(old), new: text(fresh) } };
}
/** The settings of a stored `hosts` adapter; undefined for any other, or when they cannot be read any more. */
function hostsOf(stored) {
    const { own, versions } = takeApart(stored);
    return own['kind'] === 'hosts' ? (0,hosts_settings/* parseHosts */.t)(own, versions.new).settings : undefined;
}
/** Everything that is wrong with the settings of an adapter; `fresh` is the version that the release brings. */
function adapterProblems(adapter, fresh) {
    return problemsOf(adapter, fresh).map((problem) => ({ input: 'adapter', ...problem }));
}
function problemsOf(adapter, fresh) {
    if (adapter.kind === 'hosts')
        return (0,hosts_settings/* parseHosts */.t)(adapter, fresh === '' ? undefined : fresh).problems;
    if (ADAPTER_KINDS.includes(adapter.kind))
        return parseAdapter(adapter).problems;
    const kinds = [...ADAPTER_KINDS, 'hosts'];
    const near = (0,lists/* nearest */.pA)(adapter.kind, kinds);
    return [
        {
            code: 'gray-adapter',
            what: 'there is no adapter of this kind',
            value: adapter.kind,
            fix: `${near === undefined ? '' : `did you mean ${near}? `}use one of ${kinds.join(', ')}`,
        },
    ];
}
/** The settings as they are stored with the release: checked, and with the names of both versions. */
function storedAdapter(adapter, versions, leaseMs) {
    const problems = adapterProblems(adapter, versions.new);
    if (problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', problems);
    const stored = { ...adapter, versions: { ...versions } };
    const silenceMs = hostsOf(stored)?.deadManMs;
    const short = silenceMs === undefined ? undefined : (0,dead_man/* deadManFault */.t1)(silenceMs, leaseMs);
    if (short !== undefined)
        throw new base_errors/* PipelineError */.zC('input', [short]);
    return stored;
}
/** Makes the adapter from what is stored, in this process or in any later one. */
function adapterFactory(act, ssh) {
    return async (stored) => {
        const { own, versions } = takeApart(stored);
        if (own['kind'] !== 'hosts')
            return makeAdapter(own, act, { env: { GIP_OLD_VERSION: versions.old, GIP_NEW_VERSION: versions.new } });
        const { settings, problems } = (0,hosts_settings/* parseHosts */.t)(own, versions.new);
        if (settings === undefined)
            throw new base_errors/* PipelineError */.zC('input', problems);
        return new hosts/* HostsAdapter */.nE(settings, await ssh(settings.hosts.map(({ target }) => target)), act.log);
    };
}
/** A node plan has whole nodes; traffic is split as it is asked for. */
function stepsFor(steps, adapter) {
    const hosts = hostsOf(adapter);
    return hosts === undefined ? steps : (0,hosts_settings/* hostSteps */.M)(steps, hosts.hosts.length);
}
//# sourceMappingURL=adapters.js.map

/***/ }),

/***/ 8894:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  y: () => (/* binding */ approvalFolder),
  N: () => (/* binding */ approverFor)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/gray/approvals-local.js
var approvals_local = __webpack_require__(55697);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/issues.js
var issues = __webpack_require__(375);
// EXTERNAL MODULE: ./lib/github/answers.js
var answers = __webpack_require__(67536);
// EXTERNAL MODULE: ./lib/github/runs.js
var runs = __webpack_require__(12325);
;// CONCATENATED MODULE: ./lib/github/reviews.js



/**
 * The pull request that last changed a file as it is at `sha`, with its reviews; a reason when there is none.
 * It is found by the newest commit that touched the path, and that commit's merged pull request.
 */
async function changeOf(github, repository, path, sha, signal) {
    const { owner, repo } = repository;
    const commits = (0,answers/* listAt */.gT)(await github.get((0,client/* route */.wE) `/repos/${owner}/${repo}/commits`, signal, {
        query: { path, sha, per_page: 1 },
        needs: 'contents: read',
    }));
    if (commits[0] === undefined)
        return { reason: `${path} is in no commit of ${sha.slice(0, 12)}` };
    const commit = (0,answers/* textAt */.$6)(commits[0], 'sha');
    const pulls = (0,answers/* listAt */.gT)(await github.get((0,client/* route */.wE) `/repos/${owner}/${repo}/commits/${commit}/pulls`, signal, {
        needs: 'pull-requests: read',
    }));
    const merged = pulls.find((one) => typeof (0,answers/* maybeText */.oX)(one, 'merged_at') === 'string');
    if (merged === undefined)
        return {
            reason: `${path} was last changed by commit ${commit.slice(0, 12)}, which came in without a pull request`,
        };
    const number = (0,answers/* numberAt */.tk)(merged, 'number');
    const reviews = await github.list((0,client/* route */.wE) `/repos/${owner}/${repo}/pulls/${number}/reviews`, signal, {
        needs: 'pull-requests: read',
    });
    const parts = await github.list((0,client/* route */.wE) `/repos/${owner}/${repo}/pulls/${number}/commits`, signal, {
        needs: 'pull-requests: read',
    });
    const author = (0,answers/* personAt */.Td)(merged, 'user');
    return {
        number,
        url: (0,answers/* textAt */.$6)(merged, 'html_url'),
        head: (0,answers/* textAt */.$6)(merged, 'head', 'sha'),
        authors: [...new Set([...(author === undefined ? [] : [author.login]), ...parts.flatMap(runs/* peopleOf */.xr)])],
        reviews: reviews.flatMap((one) => {
            const by = (0,answers/* personAt */.Td)(one, 'user');
            if (by === undefined)
                return [];
            return [
                {
                    by: by.login,
                    bot: by.bot,
                    state: (0,answers/* textAt */.$6)(one, 'state'),
                    commit: (0,answers/* maybeText */.oX)(one, 'commit_id'),
                    at: (0,answers/* maybeText */.oX)(one, 'submitted_at') ?? '',
                },
            ];
        }),
    };
}
/**
 * Each person's present word on a change: the newest review that says yes or no. Comments leave it as it was; a dismissed
 * review says nothing; an approval of another commit than `head` is one of something else. Lists are oldest first, as the API's.
 */
function standingReviews(reviews, head) {
    const words = new Map();
    for (const { by, bot, state, commit } of reviews) {
        if (bot || !['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(state))
            continue;
        const word = state === 'CHANGES_REQUESTED' ? 'no' : state === 'APPROVED' && commit === head ? 'yes' : 'none';
        words.set(by.toLowerCase(), { name: by, word });
    }
    const having = (wanted) => [...words.values()].filter(({ word }) => word === wanted).map(({ name }) => name);
    return { approved: having('yes'), refused: having('no') };
}
//# sourceMappingURL=reviews.js.map
// EXTERNAL MODULE: ./lib/github/roles.js
var github_roles = __webpack_require__(10674);
// EXTERNAL MODULE: ./lib/gray/github-votes.js
var github_votes = __webpack_require__(94192);
;// CONCATENATED MODULE: ./lib/gray/github-approvals.js







/** The people behind a release: they would approve their own work. */
async function ownPeople(github, release, rules, signal) {
    if (release.run === undefined)
        return [];
    const repository = (0,client/* parseRepository */.SU)(release.run.repository);
    const run = await (0,runs/* findRun */.Lc)(github, repository, release.run.id, signal);
    if (run === undefined)
        return [];
    const excluded = [];
    if (rules.excludeActor !== false)
        for (const person of [run.actor, run.triggeredBy])
            if (person !== undefined && !person.bot)
                excluded.push({ login: person.login, why: 'started the run' });
    if (rules.excludeAuthor !== false)
        for (const login of await (0,runs/* commitPeople */.t$)(github, repository, run.headSha, signal))
            excluded.push({ login, why: 'wrote the released commit' });
    return excluded;
}
/** Says why somebody's approval does not count, asking GitHub once for each person. */
function rightTo(github, repository, rules, signal) {
    if (rules === undefined)
        return undefined;
    return async (login) => {
        const roles = await (0,github_roles/* rolesOf */.R7)(github, repository, rules, login, signal);
        return (0,github_roles/* may */._L)(roles, 'approve') ? undefined : 'has no role that may approve';
    };
}
/**
 * Approvals of protected environments. GitHub asks for one reviewer of an environment, so two people need two environments
 * with different reviewers; this counts the different people in the run's review history. Needs `actions: read`.
 */
class EnvironmentApprover {
    #deps;
    #options;
    constructor(deps, options) {
        this.#deps = deps;
        this.#options = options;
    }
    ask(release) {
        this.#deps.log.info(`approval is asked for in the environments of ${release.run?.url ?? 'the workflow run'}`);
        return Promise.resolve();
    }
    async answer(release, signal) {
        const { github } = this.#deps;
        const { run } = release;
        if (run === undefined)
            return { kind: 'waiting', detail: 'a release without a workflow run has no environments' };
        const repository = (0,client/* parseRepository */.SU)(run.repository);
        const { environments } = this.#options;
        const reviews = (await (0,runs/* runReviews */.pV)(github, repository, run.id, signal)).filter((one) => one.state !== 'pending' &&
            !one.by.bot &&
            (environments.length === 0 || one.environments.some((name) => environments.includes(name))));
        const rejected = reviews.find(({ state }) => state === 'rejected');
        // GitHub ends the job of a rejected environment, so a rejection is final there too.
        if (rejected !== undefined)
            return { kind: 'rejected', by: rejected.by.login };
        return (0,github_votes/* countVotes */.B0)(reviews.map(({ by }) => ({ by: by.login, approves: true })), {
            minimum: this.#options.minimum,
            excluded: await ownPeople(github, release, this.#options, signal),
            how: `Approve at ${run.url}`,
            ...optional('refusal', rightTo(github, repository, this.#options.roles, signal)),
        });
    }
}
/** Two people approve the configuration: approving reviews of the pull request that last changed it, at its head. */
class ReviewApprover {
    #deps;
    #options;
    constructor(deps, options) {
        this.#deps = deps;
        this.#options = options;
    }
    ask() {
        return Promise.resolve();
    }
    async answer(_release, signal) {
        const { github } = this.#deps;
        const { repository, path, sha, minimum, roles } = this.#options;
        const change = await changeOf(github, repository, path, sha, signal);
        if ('reason' in change)
            return { kind: 'waiting', detail: `${change.reason}: change it by a pull request that is approved` };
        const { approved, refused } = standingReviews(change.reviews, change.head);
        if (refused[0] !== undefined)
            return { kind: 'waiting', detail: `${refused.join(' and ')} asked for changes in ${change.url}` };
        return (0,github_votes/* countVotes */.B0)(approved.map((by) => ({ by, approves: true })), {
            minimum,
            excluded: change.authors.map((login) => ({ login, why: 'wrote a part of the change' })),
            how: `Approve the last change of ${path} in ${change.url}, at ${change.head.slice(0, 12)}`,
            ...optional('refusal', rightTo(github, repository, roles ?? github_roles/* DEFAULT_RULES */.ck, signal)),
        });
    }
}
const APPROVAL_LABEL = 'gray-release-approval';
/**
 * Approval by comments on an issue: works on every plan of GitHub and holds no runner, because a workflow on `issue_comment`
 * asks again when somebody has written. Edited comments, bots, quotes and people without the right do not count.
 * Needs `issues: write`, and for teams a token that sees them.
 */
class CommentApprover {
    #deps;
    #options;
    constructor(deps, options) {
        this.#deps = deps;
        this.#options = options;
    }
    async ask(release, reason, signal) {
        const { repository, evidence, minimum } = this.#options;
        const { issue } = await (0,issues/* ensureIssue */.W7)(this.#deps.github, repository, {
            title: `Approve the gray release of ${release.environment}: ${release.state.observed ?? release.state.intended} %`,
            body: approvalText(release, reason, minimum, evidence?.(release)),
            labels: [APPROVAL_LABEL],
            marker: (0,github_votes/* holdId */.l2)(release),
        }, signal);
        this.#deps.log.info(`approval is asked for in ${issue.url}`);
    }
    async answer(release, signal) {
        const { github } = this.#deps;
        const { repository, minimum, roles } = this.#options;
        const hold = (0,github_votes/* holdId */.l2)(release);
        const issue = await (0,issues/* findIssue */.Ry)(github, repository, hold, { label: APPROVAL_LABEL }, signal);
        if (issue === undefined)
            return { kind: 'waiting', detail: 'nobody was asked yet: the issue is not there' };
        const comments = await (0,issues/* commentsOf */.u3)(github, repository, issue.number, signal);
        const votes = comments.flatMap((comment) => {
            if (comment.by === undefined || comment.by.bot || comment.edited)
                return [];
            const command = (0,github_votes/* commandIn */.vt)(comment.body, hold);
            return command === undefined ? [] : [{ by: comment.by.login, approves: command === 'approve' }];
        });
        const answer = await (0,github_votes/* countVotes */.B0)(votes, {
            minimum,
            excluded: await ownPeople(github, release, this.#options, signal),
            how: `Comment "/approve ${hold}" on ${issue.url}`,
            ...optional('refusal', rightTo(github, repository, roles ?? github_roles/* DEFAULT_RULES */.ck, signal)),
        });
        if (answer.kind !== 'waiting' && issue.open)
            await this.#close(issue, answer, signal);
        return answer;
    }
    /** The decision stands whether or not the issue can be closed. */
    async #close(issue, answer, signal) {
        const { github, log } = this.#deps;
        const { repository } = this.#options;
        const word = answer.kind === 'approved'
            ? `Approved by ${answer.by.map((one) => `@${one}`).join(' and ')}.`
            : answer.kind === 'rejected'
                ? `Rejected by @${answer.by}. The release is taken back.`
                : '';
        try {
            await (0,issues/* addComment */.BC)(github, repository, issue.number, word, signal);
            const reason = answer.kind === 'approved' ? 'completed' : 'not_planned';
            await (0,issues/* updateIssue */.tt)(github, repository, issue.number, { state: 'closed', state_reason: reason }, signal);
        }
        catch (error) {
            log.warning(`the approval issue ${issue.url} was not closed: ${(0,errors/* messageOf */.bD)(error)}`);
        }
    }
}
/** The issue's text; what others wrote stays behind the instructions, so that nothing in it can look like them. */
function approvalText(release, reason, minimum, evidence) {
    const hold = (0,github_votes/* holdId */.l2)(release);
    const people = minimum === 1 ? 'One person' : `${minimum} different people`;
    return [
        `The gray release of \`${release.environment}\` waits. ${people} must approve it; who started it or wrote its commit does not count.`,
        '',
        `- to go on, comment: \`/approve ${hold}\``,
        `- to take it back, comment: \`/reject ${hold}\``,
        '',
        'Write a new comment for another decision: edited comments do not count.',
        '',
        `- new: \`${plain(release.new)}\``,
        `- old: \`${plain(release.old)}\``,
        `- share of the new version: ${release.state.observed ?? release.state.intended} %`,
        ...(release.run === undefined ? [] : [`- run: ${release.run.url}`]),
        `- why it waits: ${plain(reason)}`,
        ...(evidence === undefined ? [] : ['', evidence]),
    ].join('\n');
}
const plain = (text) => text.replace(/[`<>@\r\n]+/g, ' ').trim();
/** All must approve: the configuration by reviews, and the hold by comments, for example. Any rejection rejects. */
class EveryApprover {
    #all;
    constructor(all) {
        this.#all = all;
    }
    async ask(release, reason, signal) {
        for (const one of this.#all)
            await one.ask(release, reason, signal);
    }
    async answer(release, signal) {
        const by = [];
        const waiting = [];
        for (const one of this.#all) {
            const answer = await one.answer(release, signal);
            if (answer.kind === 'rejected')
                return answer;
            if (answer.kind === 'waiting')
                waiting.push(answer.detail);
            else
                by.push(...answer.by);
        }
        if (waiting.length > 0 || by.length === 0)
            return { kind: 'waiting', detail: waiting.length > 0 ? waiting.join('; ') : 'nobody is asked' };
        return { kind: 'approved', by: [...new Set(by)] };
    }
}
const optional = (key, value) => value === undefined ? {} : { [key]: value };
//# sourceMappingURL=github-approvals.js.map
;// CONCATENATED MODULE: ./lib/actions/gray/approval.js




/** Where local votes lie: as told, or beside the file of the state. */
function approvalFolder(inputs, workspace) {
    if (inputs.approvalFolder !== undefined)
        return (0,external_node_path_.resolve)(workspace, inputs.approvalFolder);
    if (inputs.state?.kind !== 'file')
        return undefined;
    return (0,external_node_path_.join)((0,external_node_path_.dirname)((0,external_node_path_.resolve)(workspace, inputs.state.path)), 'approvals');
}
/** Who is asked at a hold; undefined when nobody can be. */
function approverFor(inputs, workspace, github, act) {
    const minimum = inputs.approvals;
    if (inputs.approval === 'local') {
        const folder = approvalFolder(inputs, workspace);
        if (folder === undefined)
            return undefined;
        return new approvals_local/* LocalApprover */.Hd({
            folder,
            minimum,
            // One person who needs nobody else tries something out.
            selfApproval: minimum === 1,
            host: act.host,
            log: act.log,
        });
    }
    if (github === undefined)
        return undefined;
    const { client, repository } = github;
    const deps = { github: client, log: act.log };
    // Whoever is listed may approve, as a developer may; nobody else may.
    const roles = inputs.approvers.length === 0
        ? {}
        : { roles: { ...github_roles/* DEFAULT_RULES */.ck, developer: inputs.approvers, 'pipeline-admin': [] } };
    const sha = act.env['GITHUB_SHA'] ?? '';
    switch (inputs.approval) {
        case 'environment':
            return new EnvironmentApprover(deps, {
                minimum,
                environments: inputs.approvalEnvironments,
                ...roles,
            });
        case 'pull-request':
            return new ReviewApprover(deps, {
                minimum,
                repository,
                path: inputs.approvalFile ?? '',
                sha,
                ...roles,
            });
        case 'issue':
            return new CommentApprover(deps, { minimum, repository, ...roles });
    }
}
//# sourceMappingURL=approval.js.map

/***/ }),

/***/ 87968:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  V: () => (/* binding */ gatherSettings)
});

// UNUSED EXPORTS: parseAdapterText

// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
// EXTERNAL MODULE: ./lib/gray/presets.js
var presets = __webpack_require__(14763);
// EXTERNAL MODULE: ./lib/base/json.js
var json = __webpack_require__(24807);
// EXTERNAL MODULE: ./lib/base/lists.js
var lists = __webpack_require__(23416);
;// CONCATENATED MODULE: ./lib/gray/metrics/fields.js


/** Where a value stands, and who hears of its faults. */
class Place {
    path;
    #problems;
    #file;
    constructor(file, problems, path = '') {
        this.#file = file;
        this.#problems = problems;
        this.path = path;
    }
    /** How many faults there are so far, anywhere. */
    get faults() {
        return this.#problems.length;
    }
    at(name) {
        const path = typeof name === 'number' ? `${this.path}[${name}]` : this.path === '' ? name : `${this.path}.${name}`;
        return new Place(this.#file, this.#problems, path);
    }
    /** `value` is left out where it could be a secret. */
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller's own type, of which there is no value
    fault(what, fix, value) {
        const name = this.path === '' ? 'the file' : this.path;
        this.#problems.push({
            code: 'gray-metrics',
            what: `${name} ${what}`,
            where: this.#file,
            fix,
            input: 'metrics',
            ...(value === undefined ? {} : { value: preview(value) }),
        });
        return undefined;
    }
}
function preview(value) {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
function matched(doc, rule) {
    return {
        schema: { type: 'string', pattern: rule.pattern.source, description: doc },
        read: (value, place) => {
            const result = typeof value === 'string' && rule.pattern.test(value) ? rule.convert(value) : undefined;
            if (result !== undefined)
                return result;
            const shown = rule.secret === true ? undefined : value;
            // YAML reads 1.20 as the number 1.2, and yes as true.
            if ((typeof value === 'number' || typeof value === 'boolean') && rule.pattern.test(String(value)))
                return place.fault('must be a text', `put it in quotes: "${value}"`, shown);
            return place.fault(rule.what, rule.fix, shown);
        },
    };
}
/** Text that is not blank; with a pattern and what to write instead. */
function fields_text(doc, rule) {
    return matched(doc, {
        pattern: rule?.pattern ?? /\S/,
        convert: (value) => value,
        what: rule === undefined ? 'must be a text that is not empty' : 'cannot be used as it is written',
        fix: rule?.fix ?? 'write a text',
    });
}
/** The name of an environment variable. A value of another form may be the secret itself, so it is never shown. */
function variable(doc) {
    return matched(doc, {
        pattern: /^[A-Z_][A-Z0-9_]*$/,
        convert: (value) => value,
        what: 'must be the NAME of an environment variable, in capitals',
        fix: 'put the secret into `env:` of the step, and the name of that variable here',
        secret: true,
    });
}
function flag(doc) {
    return {
        schema: { type: 'boolean', description: doc },
        read: (value, place) => typeof value === 'boolean'
            ? value
            : place.fault('is neither true nor false', 'write true or false', value),
    };
}
/** A finite number; the bounds are allowed values, but for those given as `above` and `below`. */
function number(doc, bounds) {
    const { min, max, above, below, whole } = bounds;
    const said = [
        whole === true ? 'a whole number' : 'a number',
        ...(min === undefined ? [] : [`at least ${min}`]),
        ...(max === undefined ? [] : [`at most ${max}`]),
        ...(above === undefined ? [] : [`above ${above}`]),
        ...(below === undefined ? [] : [`below ${below}`]),
    ].join(', ');
    return {
        schema: {
            type: whole === true ? 'integer' : 'number',
            ...(min === undefined ? {} : { minimum: min }),
            ...(max === undefined ? {} : { maximum: max }),
            ...(above === undefined ? {} : { exclusiveMinimum: above }),
            ...(below === undefined ? {} : { exclusiveMaximum: below }),
            description: doc,
        },
        read: (value, place) => typeof value === 'number' &&
            Number.isFinite(value) &&
            value >= (min ?? -Infinity) &&
            value <= (max ?? Infinity) &&
            value > (above ?? -Infinity) &&
            value < (below ?? Infinity) &&
            (whole !== true || Number.isInteger(value))
            ? value
            : place.fault(`must be ${said}`, `write it like ${bounds.example}`, value),
    };
}
const PERCENT = /^(\d{1,2}(\.\d+)?|100(\.0+)?) ?%$/;
/** A part: `1%`, or a number below 1 such as 0.01. The number 1 is refused: it could be meant as 1 % or as all. */
function ratio(doc, example = '1%') {
    return {
        schema: {
            anyOf: [
                { type: 'string', pattern: PERCENT.source },
                { type: 'number', minimum: 0, exclusiveMaximum: 1 },
            ],
            description: doc,
        },
        read: (value, place) => {
            if (typeof value === 'number' && value >= 0 && value < 1)
                return value;
            // Divided as decimal text would be: 0.3 / 100 is not 0.003 in binary.
            if (typeof value === 'string' && PERCENT.test(value))
                return Number(`${parseFloat(value)}e-2`);
            const meant = typeof value === 'number' && value >= 1 && value <= 100 ? `${value}%` : example;
            return place.fault('must be a percentage, or a number from 0 to below 1', `write it like ${meant}`, value);
        },
    };
}
const DURATION = /^(?=.*[1-9])(?=\d)(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$/;
const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
/** `800ms`, `1.5s`, `5m`, `1h30m`, `30d`, in ms. A number without a unit is refused. */
function duration(doc, example = '5m') {
    return matched(doc, {
        pattern: DURATION,
        convert: (value) => {
            let sum = 0;
            for (const [, count, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g))
                sum += Number(count) * (UNIT_MS[unit] ?? NaN);
            return sum > 0 ? Math.round(sum * 1000) / 1000 : undefined;
        },
        what: 'is no duration above zero',
        fix: `write it with a unit, like ${example}`,
    });
}
function choice(doc, options) {
    return {
        schema: { enum: options, description: doc },
        read: (value, place) => {
            const found = options.find((option) => option === value);
            if (found !== undefined)
                return found;
            const near = typeof value === 'string' ? (0,lists/* nearest */.pA)(value, options) : undefined;
            return place.fault(`must be one of ${options.join(', ')}`, near === undefined ? `write ${options[0] ?? ''}` : `did you mean ${near}?`, value);
        },
    };
}
function list(doc, of) {
    return {
        schema: { type: 'array', items: of.schema, minItems: 1, description: doc },
        read: (value, place) => {
            if (!Array.isArray(value) || value.length === 0)
                return place.fault('must be a list with at least one item', 'write the items below it, each after "- "', value);
            const items = value.map((item, index) => of.read(item, place.at(index)));
            return items.includes(undefined) ? undefined : items;
        },
    };
}
/** Names of the user's own choice, each with a value of one shape. */
function map(doc, of, names) {
    return {
        schema: {
            type: 'object',
            additionalProperties: false,
            patternProperties: { [names.pattern.source]: of.schema },
            description: doc,
        },
        read: (value, place) => {
            if (!(0,json/* isRecord */.u4)(value))
                return place.fault('must hold names and values', 'write "name: value" lines below it', value);
            const result = [];
            let bad = false;
            for (const [name, item] of Object.entries(value)) {
                if (!names.pattern.test(name))
                    place.at(name).fault('has a name that cannot be used', names.fix);
                const read = of.read(item, place.at(name));
                if (read === undefined || !names.pattern.test(name))
                    bad = true;
                else
                    result.push([name, read]);
            }
            return bad ? undefined : Object.fromEntries(result);
        },
    };
}
/** Either the shape, or `off` (also false). */
function orOff(of) {
    return {
        schema: { anyOf: [{ enum: ['off', false] }, of.schema] },
        read: (value, place) => (value === 'off' || value === false ? 'off' : of.read(value, place)),
    };
}
function required(shape) {
    return { ...shape, required: true };
}
/** Fixed fields. Unknown ones are faults, because a misspelt one would otherwise be ignored. */
function object(doc, fields) {
    const names = Object.keys(fields);
    const needed = names.filter((name) => isRequired(fields[name]));
    return {
        schema: {
            type: 'object',
            additionalProperties: false,
            properties: Object.fromEntries(names.map((name) => [name, fields[name]?.schema])),
            ...(needed.length === 0 ? {} : { required: needed }),
            description: doc,
        },
        read: (value, place) => {
            if (!(0,json/* isRecord */.u4)(value))
                return place.fault('must hold fields', `write "name: value" lines below it (${names.join(', ')})`, value);
            const result = {};
            let bad = false;
            for (const [name, item] of Object.entries(value)) {
                const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
                if (shape === undefined) {
                    const near = (0,lists/* nearest */.pA)(name, names);
                    place
                        .at(name)
                        .fault('is not a field here', `${near === undefined ? 'remove it' : `did you mean "${near}"?`} (known: ${names.join(', ')})`);
                    bad = true;
                    continue;
                }
                const read = shape.read(item, place.at(name));
                if (read === undefined)
                    bad = true;
                else
                    result[name] = read;
            }
            for (const name of needed) {
                if (Object.hasOwn(value, name))
                    continue;
                place.at(name).fault('is missing', `add it: ${describe(fields[name])}`);
                bad = true;
            }
            return bad ? undefined : result;
        },
    };
}
function describe(shape) {
    const doc = shape?.schema['description'];
    return typeof doc === 'string' ? doc : 'it is needed';
}
function isRequired(shape) {
    return shape !== undefined && 'required' in shape;
}
//# sourceMappingURL=fields.js.map
;// CONCATENATED MODULE: ./lib/gray/metrics/rules.js

const CONFIDENCE = 0.95;
/** For gauges: the confidence and tolerance of Kayenta's judge, so that its users find what they know. */
const SAMPLES = { confidence: 0.98, tolerance: 0.25, everyMs: 15_000 };
const SEQUENTIAL = { tolerated: 1.5, alpha: 0.01 };
/** Of a CPU that idles at 1 %, 2 % are no alarm. */
const CPU_LEAST = 0.05;
const WINDOW_MS = 300_000;
const LEAST = 3;
/** Common fields with their defaults. What only warns or pages has no say. */
function commonOf(fields, defaults) {
    const { name, title, action } = defaults;
    return {
        name,
        title,
        action,
        critical: fields.critical ?? defaults.critical,
        dryRun: fields['dry-run'] ?? false,
        weight: fields.weight ?? 1,
        onNodata: fields['on-nodata'] ?? 'wait',
        against: fields.against ?? defaults.against,
        windowMs: fields.window ?? defaults.windowMs,
        confidence: fields.confidence ?? defaults.confidence,
    };
}
/** Counters as written, or those of the preset; faults where they are half written. */
function countersOf(fields, place, preset) {
    const { bad, good, total } = fields;
    if (bad !== undefined && good !== undefined)
        return place.fault('has both bad and good', 'keep one of the two counters');
    const part = bad ?? good;
    if (part === undefined && total === undefined)
        return preset === undefined ? undefined : { part: preset.bad, partIs: 'bad', total: preset.total };
    if (part === undefined || total === undefined)
        return place.fault(part === undefined ? 'has no counter of bad or good events' : 'has no counter of all events', part === undefined ? 'add bad: or good:' : 'add total:');
    return { part, partIs: bad === undefined ? 'good' : 'bad', total };
}
function sequentialOf(written, otherwise) {
    if (written === 'off')
        return {};
    if (written === undefined)
        return otherwise === undefined ? {} : { sequential: otherwise };
    return { sequential: { ...SEQUENTIAL, ...written } };
}
/** The standard rules that have something to read, with what the file changes. */
function standardMetrics(preset, rules, place) {
    const metrics = [];
    for (const rule of presets/* STANDARD_RULES */.wV) {
        if (rule.metric === 'coverage')
            continue;
        const metric = standardMetric(rule, preset, rules, place.at(rule.id));
        if (metric !== undefined)
            metrics.push(metric);
    }
    return metrics;
}
function standardMetric(rule, preset, rules, place) {
    // Only the rules that abort are worth the comparison; the others have a limit and no more.
    const gating = rule.action === 'abort';
    const defaults = {
        name: rule.id,
        title: rule.title,
        action: rule.action,
        critical: rule.action === 'abort' || rule.action === 'hard-abort',
        against: gating ? 'both' : 'limit',
        windowMs: rule.window * 1000,
        confidence: rule.metric === 'cpu' ? SAMPLES.confidence : rule.action === 'hard-abort' ? 0.99 : CONFIDENCE,
    };
    switch (rule.metric) {
        case 'errors':
        case 'business': {
            const written = rules[rule.id] ?? {};
            if (written === 'off')
                return undefined;
            const counters = countersOf(written, place, rule.metric === 'errors' ? preset?.errors : undefined);
            if (counters === undefined)
                return undefined;
            const limit = written.limit ?? (rule.metric === 'errors' ? rule.limit : roundOff(1 - rule.atLeast));
            return {
                ...commonOf(written, defaults),
                kind: 'ratio',
                ...counters,
                limit,
                margin: written.margin ?? limit,
                least: written.least ?? LEAST,
                ...sequentialOf(written.sequential, gating || rule.action === 'hard-abort' ? SEQUENTIAL : undefined),
            };
        }
        case 'latency': {
            const written = rules[rule.id] ?? {};
            if (written === 'off')
                return undefined;
            const histogram = written.histogram ?? preset?.latency?.histogram;
            if (histogram === undefined)
                return undefined;
            const quantile = written.quantile ?? rule.quantile;
            return {
                ...commonOf(written, defaults),
                kind: 'latency',
                histogram,
                quantile,
                limitSeconds: written.limit === undefined ? rule.seconds : written.limit / 1000,
                margin: written.margin ?? quantileMargin(quantile),
                tolerated: written.tolerated ?? SEQUENTIAL.tolerated,
                least: written.least ?? LEAST,
                ...sequentialOf(written.sequential, gating ? SEQUENTIAL : undefined),
            };
        }
        case 'cpu': {
            const written = rules.cpu ?? {};
            if (written === 'off')
                return undefined;
            const used = written.used ?? preset?.cpu?.used;
            if (written.available !== undefined && written.cores !== undefined)
                return place.fault('has both available and cores', 'keep one of the two');
            const available = written.cores ?? written.available ?? preset?.cpu?.available;
            if (used === undefined && available === undefined)
                return undefined;
            if (used === undefined || available === undefined)
                return place.fault(used === undefined ? 'has no counter of used CPU seconds' : 'does not know how many CPUs there are', used === undefined ? 'add used:' : 'add cores: (a number) or available: (a gauge)');
            return {
                ...commonOf(written, defaults),
                kind: 'samples',
                source: { kind: 'cpu', used, available },
                max: written.limit ?? rule.limit,
                direction: written.direction ?? 'increase',
                tolerance: written.tolerance ?? SAMPLES.tolerance,
                leastChange: CPU_LEAST,
                everyMs: written.every ?? SAMPLES.everyMs,
            };
        }
    }
}
const KINDS = ['ratio', 'latency', 'samples', 'value'];
/** One metric of the user's own. */
function ownMetric(name, written, place) {
    const kinds = KINDS.filter((kind) => written[kind] !== undefined);
    if (kinds.length !== 1)
        return place.fault(kinds.length === 0 ? 'says nothing to measure' : `is ${kinds.join(' and ')} at once`, `write exactly one of ${KINDS.join(', ')}`);
    const { ratio, latency, samples, value } = written;
    const defaults = {
        name,
        title: written.title ?? name,
        action: written.action ?? 'abort',
        critical: written.action === 'hard-abort',
        against: 'both',
        windowMs: WINDOW_MS,
        confidence: samples === undefined ? CONFIDENCE : SAMPLES.confidence,
    };
    const common = commonOf(written, defaults);
    const isLimited = (has) => {
        if (has || common.against === 'old')
            return true;
        if (written.against === undefined)
            return true;
        place.fault(`is judged against its ${common.against === 'limit' ? 'limit' : 'limit and the old version'}, but has no limit`, 'add it, or write "against: old"');
        return false;
    };
    const against = (has) => (has ? common.against : 'old');
    if (ratio !== undefined) {
        const counters = countersOf(ratio, place.at('ratio'));
        if (counters === undefined || !isLimited(ratio.limit !== undefined))
            return undefined;
        return {
            ...common,
            against: against(ratio.limit !== undefined),
            kind: 'ratio',
            ...counters,
            ...(ratio.limit === undefined ? {} : { limit: ratio.limit }),
            margin: ratio.margin ?? ratio.limit ?? 0.01,
            least: ratio.least ?? LEAST,
            ...sequentialOf(ratio.sequential, SEQUENTIAL),
        };
    }
    if (latency !== undefined) {
        const quantile = latency.quantile ?? 0.99;
        if (!isLimited(latency.limit !== undefined))
            return undefined;
        return {
            ...common,
            against: against(latency.limit !== undefined),
            kind: 'latency',
            histogram: latency.histogram,
            quantile,
            ...(latency.limit === undefined ? {} : { limitSeconds: latency.limit / 1000 }),
            margin: latency.margin ?? quantileMargin(quantile),
            tolerated: latency.tolerated ?? SEQUENTIAL.tolerated,
            least: latency.least ?? LEAST,
            ...sequentialOf(latency.sequential, SEQUENTIAL),
        };
    }
    if (samples !== undefined) {
        const { gauge, query } = samples;
        if ((gauge === undefined) === (query === undefined))
            return place.at('samples').fault('needs either gauge or query', 'write exactly one of the two');
        const limited = samples.max !== undefined || samples.min !== undefined;
        if (!isLimited(limited) || (query !== undefined && !hasSelector(query, place.at('samples'))))
            return undefined;
        return {
            ...common,
            against: against(limited),
            kind: 'samples',
            source: gauge === undefined ? { kind: 'query', query: query ?? '' } : { kind: 'gauge', gauge },
            ...(samples.max === undefined ? {} : { max: samples.max }),
            ...(samples.min === undefined ? {} : { min: samples.min }),
            direction: samples.direction ?? 'increase',
            tolerance: samples.tolerance ?? SAMPLES.tolerance,
            everyMs: samples.every ?? SAMPLES.everyMs,
        };
    }
    if (value === undefined)
        return undefined;
    if (value.max === undefined && value.min === undefined)
        return place
            .at('value')
            .fault('has neither max nor min', 'add one: a single number can only be held against a limit');
    if (written.against === 'old')
        return place.fault('compares one number with one number', 'use samples for a comparison with the old version');
    if (!hasSelector(value.query, place.at('value')))
        return undefined;
    return {
        ...common,
        against: 'limit',
        kind: 'value',
        query: value.query,
        ...(value.max === undefined ? {} : { max: value.max }),
        ...(value.min === undefined ? {} : { min: value.min }),
    };
}
/** Without the version's matchers a query would judge both versions together. */
function hasSelector(query, place) {
    if (query.includes('$selector'))
        return true;
    place
        .at('query')
        .fault('does not hold $selector', 'write it where the matchers stand: up{$selector}', query);
    return false;
}
/**
 * How much greater the share above an edge near the old version's quantile may be. Twice 1 − q: a P99 that has become the
 * P97 is about a quarter slower on usual services; a margin of once would ask for four times the requests.
 */
function quantileMargin(quantile) {
    return roundOff(Math.min(2 * (1 - quantile), 0.05));
}
/** 1 − 0.995 is 0.0050000000000000044 in binary. */
function roundOff(value) {
    return Number(value.toPrecision(12));
}
//# sourceMappingURL=rules.js.map
;// CONCATENATED MODULE: ./lib/gray/metrics/shape.js


const LABEL = { pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/, fix: 'a label has letters, digits and _ only' };
const URL_TEXT = {
    pattern: /^https?:\/\/[^\s@]+$/,
    fix: 'write http://host:port or https://host, without user and password',
};
const VECTOR = {
    pattern: /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})?$/,
    fix: 'write a metric name, with matchers in braces where needed: orders_total{status="failed"}; no rate(), no [5m]',
};
const selector = (doc) => map(doc, fields_text('a value, or an operator (= != =~ !~) and a value'), LABEL);
const auth = object('Credentials, as names of environment variables.', {
    bearer: variable('The variable that holds a bearer token.'),
    user: variable('The variable that holds the user name of basic authentication.'),
    password: variable('The variable that holds the password of basic authentication.'),
});
const common = {
    critical: flag('A fail stops the release at once. Otherwise it only lowers the score.'),
    'dry-run': flag('Measured and shown, but without a say.'),
    weight: number('Its part of the score.', { above: 0, example: 1 }),
    'on-nodata': choice('What it counts as when there is no data: keep waiting (default), a fail, or a pass.', ['wait', 'fail', 'pass']),
    against: choice('Judged against its limit, against the old version at the same time, or both (default).', ['limit', 'old', 'both']),
    window: duration('The time it is judged over.'),
    confidence: number('How sure a verdict must be.', { min: 0.5, below: 1, example: 0.95 }),
};
const sequential = orOff(object('Early abort: may be looked at any number of times.', {
    tolerated: number("How many times the old version's bad-event rate is tolerable.", {
        min: 1,
        example: 1.5,
    }),
    alpha: number('The chance of a wrong abort over the whole release.', {
        above: 0,
        max: 0.2,
        example: 0.01,
    }),
}));
const margin = ratio("How much higher than the old version's the bad ratio may be.");
const least = number('Fewer bad events than this stop no release.', { min: 1, whole: true, example: 3 });
const counters = {
    bad: fields_text('The counter of bad events.', VECTOR),
    good: fields_text('The counter of good events, instead of bad ones.', VECTOR),
    total: fields_text('The counter of all events.', VECTOR),
};
const histogram = fields_text('The histogram, without _bucket.', VECTOR);
const quantile = number('The quantile, such as 0.99 for P99.', { above: 0, below: 1, example: 0.99 });
const odds = number("How many times the odds of being slower than the old version's quantile may grow.", {
    min: 1,
    example: 1.5,
});
const comparison = {
    direction: choice('Which change is bad.', ['increase', 'decrease', 'either']),
    tolerance: ratio("The tolerated change, as a part of the old version's median.", '25%'),
    every: duration('One sample in this time: closer ones depend on each other.', '15s'),
};
const bounds = {
    max: number('The greatest value allowed.', { example: 100 }),
    min: number('The least value allowed.', { example: 10 }),
};
const errorRule = (doc) => orOff(object(doc, {
    ...common,
    ...counters,
    limit: ratio('The limit of the bad ratio.'),
    margin,
    sequential,
    least,
}));
const latencyRule = (doc) => orOff(object(doc, {
    ...common,
    histogram,
    quantile,
    limit: duration('The limit of the quantile.', '800ms'),
    margin,
    tolerated: odds,
    sequential,
    least,
}));
/** What may stand below one name of `metrics`: one kind, and what all have. */
const metric = object('A metric of your own: one of ratio, latency, samples, value.', {
    title: fields_text('What people read.'),
    action: choice('What a fail leads to.', ['abort', 'hard-abort', 'warn', 'page']),
    ...common,
    ratio: object('Bad (or good) among all events, by two counters.', {
        ...counters,
        total: required(counters.total),
        limit: ratio('The limit of the bad ratio.'),
        margin,
        sequential,
        least,
    }),
    latency: object("A quantile, by a histogram's buckets.", {
        histogram: required(histogram),
        quantile,
        limit: duration('The limit of the quantile.', '800ms'),
        margin,
        tolerated: odds,
        sequential,
        least,
    }),
    samples: object('A gauge: many values of each version.', {
        gauge: fields_text('The gauge, one series per instance.', VECTOR),
        query: fields_text('PromQL with $selector for the matchers and $window for the time, instead of a gauge.'),
        ...bounds,
        ...comparison,
    }),
    value: object('One number of the new version, compared as it is.', {
        query: required(fields_text('PromQL with $selector for the matchers and $window for the time; one series.')),
        ...bounds,
    }),
});
/** The whole file. */
const METRICS = object('How go-image-pipeline judges a gray release (docs/gray-metrics.md).', {
    prometheus: required(object('The Prometheus server (also Thanos, Mimir, VictoriaMetrics).', {
        url: required(fields_text('Its address, without /api/v1.', URL_TEXT)),
        auth,
        tls: object('TLS.', {
            ca: fields_text('Extra authorities: a path, or PEM text.'),
            insecure: flag('Do not verify the certificate.'),
        }),
        proxy: fields_text('Proxy for these requests; else HTTP_PROXY, HTTPS_PROXY and NO_PROXY.', URL_TEXT),
        timeout: duration('For one query.', '10s'),
        headers: map('Extra headers without secrets, such as X-Scope-OrgID.', fields_text('A value.'), {
            pattern: /^[A-Za-z0-9-]+$/,
            fix: 'a header name has letters, digits and - only',
        }),
        'headers-from-env': map('Extra headers whose values are secret.', variable('The variable that holds the value.'), {
            pattern: /^[A-Za-z0-9-]+$/,
            fix: 'a header name has letters, digits and - only',
        }),
        'scrape-interval': duration('How often the services are scraped; else found from the samples.', '15s'),
        delay: duration('How late samples arrive (remote write, Thanos).', '10s'),
        'accept-partial': flag('Take results that carry warnings and may be partial.'),
    })),
    labels: selector('Labels that both versions have, such as job.'),
    'version-label': fields_text('The label that holds the version.', LABEL),
    selectors: object('The labels of each version, instead of version-label; $old and $new are the names of the release.', {
        old: required(selector('The old version.')),
        new: required(selector('The new version.')),
    }),
    preset: choice('Where errors, latency and CPU come from.', presets/* METRIC_PRESETS */.Yy.map(({ name }) => name)),
    rules: object('The standard rules: changed, or switched off.', {
        p99: latencyRule('P99 > 1 s for 5 min aborts.'),
        cpu: orOff(object('CPU > 80 % as a 10 min mean aborts.', {
            ...common,
            ...comparison,
            limit: ratio('The limit of the mean.', '80%'),
            used: fields_text('The counter of used CPU seconds.', VECTOR),
            available: fields_text('The gauge of available CPUs.', VECTOR),
            cores: number('The CPUs of one instance, instead of a gauge.', { above: 0, example: 2 }),
        })),
        '5xx': errorRule('5xx > 1 % over 5 min aborts.'),
        '5xx-hard': errorRule('5xx > 5 % for 3 min aborts, at any step.'),
        'p99-warn': latencyRule('P99 > 800 ms warns.'),
        business: errorRule('Business success < 99.5 % pages: give its counters.'),
    }),
    metrics: map('Metrics of your own.', metric, {
        pattern: /^[a-z0-9][a-z0-9-]*$/,
        fix: 'a name has small letters, digits and - only',
    }),
    slo: object('A service level objective: burns of the error budget abort, a spent budget forbids the start.', {
        objective: required(ratio('The good part that was promised.', '99.9%')),
        period: duration('Over which it was promised.', '30d'),
        burn: number('The burn rate that aborts.', { above: 0, example: 14.4 }),
        ...counters,
    }),
    score: object('For metrics that are not critical: passed weight of 100.', {
        pass: number('At least this passes.', { min: 0, max: 100, example: 95 }),
        marginal: number('Below this fails.', { min: 0, max: 100, example: 75 }),
    }),
    alerts: object('No start while an alert fires.', {
        url: required(fields_text("Alertmanager's address, without /api/v2.", URL_TEXT)),
        filter: required(list('Matchers of the alerts that count.', fields_text('A matcher.', {
            pattern: /^[a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)/,
            fix: 'write it like service="shop"',
        }))),
        auth,
        insecure: flag('Do not verify the certificate.'),
    }),
    power: choice('When the traffic cannot decide a step: say so, refuse the start, or do not look.', [
        'warn',
        'refuse',
        'off',
    ]),
});
/** The JSON Schema of the file, for editors: `# yaml-language-server: $schema=…`. */
function metricsSchema() {
    return {
        $schema: 'http://json-schema.org/draft-07/schema#',
        title: 'Metrics of a gray release',
        ...METRICS.schema,
    };
}
//# sourceMappingURL=shape.js.map
;// CONCATENATED MODULE: ./lib/gray/metrics/parse.js





/**
 * Reads the metrics file, or the same text inline. `file` is its name for messages. All faults are told at once; unknown
 * fields are faults.
 */
function parseMetrics(text, file = 'metrics') {
    const problems = [];
    const place = new Place(file, problems);
    const document = (0,dist/* parseDocument */.Tp)(text, { prettyErrors: true, uniqueKeys: true });
    for (const error of [...document.errors, ...document.warnings]) {
        const at = error.linePos?.[0];
        problems.push({
            code: 'gray-metrics',
            what: `${file} is not good YAML`,
            cause: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code,
            where: at === undefined ? file : `${file}:${at.line}:${at.col}`,
            fix: 'correct the line; texts that hold ": ", "#", "{" or quotes go into single quotes',
            input: 'metrics',
        });
    }
    if (problems.length > 0)
        return { problems };
    let value;
    try {
        value = document.toJS({ maxAliasCount: 100 });
    }
    catch {
        place.fault('has too many aliases', 'write the values out');
        return { problems };
    }
    const read = METRICS.read(value, place);
    if (read === undefined)
        return { problems };
    const settings = resolve(read, place);
    return problems.length > 0 ? { problems } : { settings, problems };
}
function resolve(file, place) {
    if ((file['version-label'] === undefined) === (file.selectors === undefined))
        place.fault(file.selectors === undefined
            ? 'does not say how the two versions are told apart'
            : 'has both version-label and selectors', file.selectors === undefined
            ? 'add "version-label: version" (the label that holds the version), or selectors: {old: …, new: …}'
            : 'keep one of the two');
    if (file.selectors !== undefined &&
        JSON.stringify(file.selectors.old) === JSON.stringify(file.selectors.new))
        place
            .at('selectors')
            .fault('are the same for both versions', 'write what differs: an instance, a version, a server');
    const preset = presets/* METRIC_PRESETS */.Yy.find(({ name }) => name === file.preset);
    const metrics = metricsOf(file, preset, place);
    const score = { pass: file.score?.pass ?? 95, marginal: file.score?.marginal ?? 75 };
    if (score.marginal > score.pass)
        place.at('score').fault('has marginal above pass', 'marginal must not exceed pass', score);
    const slo = sloOf(file, preset, place);
    if (slo !== undefined)
        metrics.push(burnMetric(slo, file.slo?.burn ?? BURN));
    if (metrics.length === 0)
        place.fault('names nothing to judge', `add "preset:" (${presets/* METRIC_PRESETS */.Yy.map(({ name }) => name).join(', ')}), or metrics`);
    else if (metrics.every(({ action, dryRun }) => dryRun || action === 'warn' || action === 'page'))
        place.fault('has no metric with a say: all only warn, page, or are dry runs', 'let at least one abort');
    const { alerts } = file;
    return {
        prometheus: serverOf(file.prometheus, place.at('prometheus')),
        labels: file.labels ?? {},
        ...(file['version-label'] === undefined ? {} : { versionLabel: file['version-label'] }),
        ...(file.selectors === undefined ? {} : { selectors: file.selectors }),
        metrics,
        ...(slo === undefined ? {} : { slo }),
        score,
        ...(alerts === undefined
            ? {}
            : {
                alerts: {
                    url: alerts.url,
                    filter: alerts.filter,
                    unverified: alerts.insecure ?? false,
                    ...credentials(alerts.auth, place.at('alerts')),
                },
            }),
        power: file.power ?? 'warn',
    };
}
function metricsOf(file, preset, place) {
    const metrics = standardMetrics(preset, file.rules ?? {}, place.at('rules'));
    for (const [name, written] of Object.entries(file.metrics ?? {})) {
        const at = place.at('metrics').at(name);
        if (metrics.some((metric) => metric.name === name))
            at.fault('has the name of a standard rule', 'change that rule below "rules:", or choose another name');
        const metric = ownMetric(name, written, at);
        if (metric !== undefined)
            metrics.push(metric);
    }
    // A rule that was written out but has nothing to read would be missed in silence.
    for (const name of Object.keys(file.rules ?? {})) {
        const written = file.rules?.[name];
        if (written === 'off' || metrics.some((metric) => metric.name === name))
            continue;
        place
            .at('rules')
            .at(name)
            .fault('has nothing to read', preset === undefined
            ? 'add a preset, or its counters or histogram'
            : `the preset ${preset.name} lacks ${preset.lacks ?? 'it'}; write the rule's own counters or histogram`);
    }
    return metrics;
}
function serverOf(file, place) {
    for (const name of Object.keys(file.headers ?? {})) {
        if (/^(authorization|proxy-authorization|cookie)$|key|token|secret/i.test(name))
            place
                .at('headers')
                .at(name)
                .fault('looks like a secret', `put it into headers-from-env: {${name}: NAME_OF_A_VARIABLE}`);
    }
    const { tls } = file;
    return {
        url: file.url,
        ...credentials(file.auth, place),
        ...(tls === undefined
            ? {}
            : {
                tls: {
                    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
                    ...(tls.insecure === undefined ? {} : { unverified: tls.insecure }),
                },
            }),
        ...(file.proxy === undefined ? {} : { proxy: file.proxy }),
        ...(file.timeout === undefined ? {} : { timeoutMs: file.timeout }),
        ...(file.headers === undefined ? {} : { headers: file.headers }),
        ...(file['headers-from-env'] === undefined ? {} : { headersFromEnv: file['headers-from-env'] }),
        ...(file['scrape-interval'] === undefined ? {} : { scrapeMs: file['scrape-interval'] }),
        delayMs: file.delay ?? 0,
        acceptPartial: file['accept-partial'] ?? false,
    };
}
function credentials(auth, place) {
    if (auth === undefined)
        return {};
    const { bearer, user, password } = auth;
    const basic = user !== undefined && password !== undefined;
    if (bearer === undefined ? !basic : user !== undefined || password !== undefined)
        place
            .at('auth')
            .fault('is neither a bearer token nor user and password', 'write {bearer: NAME} or {user: NAME, password: NAME}');
    return { auth };
}
/** The SRE workbook's fast burn: 2 % of a month's budget in one hour. */
const BURN = 14.4;
function sloOf(file, preset, place) {
    if (file.slo === undefined)
        return undefined;
    const before = place.faults;
    const counters = countersOf(file.slo, place.at('slo'), preset?.errors);
    if (counters === undefined) {
        if (place.faults === before)
            place.at('slo').fault('has no counters', 'add good: (or bad:) and total:, or a preset');
        return undefined;
    }
    const { objective } = file.slo;
    const burn = file.slo.burn ?? BURN;
    if (objective <= 0) {
        place.at('slo').at('objective').fault('leaves nothing to be good', 'write it like 99.9%', objective);
        return undefined;
    }
    if (burn * (1 - objective) >= 1) {
        place
            .at('slo')
            .fault(`can never burn ${burn} times: all requests failing is a burn of ${(1 / (1 - objective)).toFixed(1)}`, 'write a smaller burn, or use a limit instead');
        return undefined;
    }
    return { objective, periodMs: file.slo.period ?? 30 * 86_400_000, ...counters };
}
/** A burn of b is a bad ratio of b · (1 − objective). */
function burnMetric(slo, burn) {
    const limit = Number((burn * (1 - slo.objective)).toPrecision(12));
    return {
        kind: 'ratio',
        name: 'slo-burn',
        title: `error budget burns ${burn} times too fast`,
        action: 'abort',
        critical: true,
        dryRun: false,
        weight: 1,
        onNodata: 'wait',
        against: 'limit',
        // Long and short window of the workbook are 12 to 1: the whole observation, and its last twelfth.
        windowMs: 300_000,
        confidence: 0.95,
        part: slo.part,
        partIs: slo.partIs,
        total: slo.total,
        limit,
        margin: limit,
        least: 3,
        confirm: 1 / 12,
        sequential: { tolerated: 1.5, alpha: 0.01 },
    };
}
//# sourceMappingURL=parse.js.map
// EXTERNAL MODULE: ./lib/actions/gray/adapters.js + 17 modules
var adapters = __webpack_require__(65840);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/sources.js
var sources = __webpack_require__(23905);
// EXTERNAL MODULE: ./lib/actions/this-run.js
var this_run = __webpack_require__(81023);
;// CONCATENATED MODULE: ./lib/actions/gray/gather.js






/** Reads the files that inputs name. All problems are returned. */
async function gatherSettings(inputs, act) {
    const problems = [];
    const workspace = (0,folders/* workspaceOf */.B3)(act.env);
    const read = (name, source) => (0,sources/* readSource */.o)(name, source, workspace, problems);
    const [adapterText, metricsText, identity, knownHosts] = [
        await read('adapter', inputs.adapter),
        await read('metrics', inputs.metrics),
        await read('identity', inputs.identity),
        await read('known-hosts', inputs.knownHosts),
    ];
    if (identity !== undefined)
        act.secrets.mask(identity);
    const adapter = adapterText === undefined ? undefined : parseAdapterText(adapterText, nameOf(inputs.adapter), problems); // prettier-ignore
    if (adapter !== undefined)
        problems.push(...(0,adapters/* adapterProblems */.yK)(adapter, inputs.newVersion ?? ''));
    let metrics;
    if (metricsText !== undefined) {
        const parsed = parseMetrics(metricsText, nameOf(inputs.metrics) ?? 'metrics');
        problems.push(...parsed.problems);
        metrics = parsed.settings;
    }
    const run = (0,this_run/* runOf */.ng)(act.env);
    return {
        gathered: {
            workspace,
            ssh: {
                ...(identity === undefined ? {} : { identity }),
                ...(knownHosts === undefined ? {} : { knownHosts }),
                ...(inputs.jumpHost === undefined ? {} : { jump: inputs.jumpHost }),
            },
            ...(adapter === undefined ? {} : { adapter }),
            ...(metrics === undefined ? {} : { metrics }),
            ...(run === undefined ? {} : { run }),
        },
        problems,
    };
}
const nameOf = (source) => source?.kind === 'file' ? source.value : undefined;
/** The adapter's YAML as plain data with a kind; what else must be in it the adapter itself says. */
function parseAdapterText(text, file, problems) {
    const bad = (what, more = {}) => {
        problems.push({
            code: 'gray-adapter',
            what,
            input: 'adapter',
            ...(file === undefined ? {} : { where: file }),
            fix: 'write kind: haproxy, nginx, traefik-file, command or hosts, and its settings (docs/adapters.md)',
            ...more,
        });
    };
    const document = (0,dist/* parseDocument */.Tp)(text, { prettyErrors: true, uniqueKeys: true });
    const [error] = document.errors;
    const value = error === undefined ? document.toJS({ maxAliasCount: 100 }) : undefined;
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
    if (error !== undefined) {
        const at = error.linePos?.[0];
        bad('the adapter is not good YAML', {
            cause: error.message.split('\n')[0] ?? error.code,
            ...(at === undefined ? {} : { where: `${file ?? 'adapter'}:${at.line}:${at.col}` }),
            fix: 'correct the line; texts that hold ": ", "#", "{" or quotes go into single quotes',
        });
    }
    else if (typeof value !== 'object' || value === null || Array.isArray(value))
        bad('the adapter is no mapping of settings');
    else if (typeof kind !== 'string' || kind === '')
        bad('the adapter has no kind');
    else
        return { ...value, kind };
    return undefined;
}
//# sourceMappingURL=gather.js.map

/***/ }),

/***/ 43938:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $: () => (/* binding */ loadGrayInputs)
/* harmony export */ });
/* harmony import */ var _deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(29619);
/* harmony import */ var _gray_plan_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2648);
/* harmony import */ var _access_reader_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(325);
/* harmony import */ var _spec_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(92);




/**
 * Reads and checks every input; `read` gives the raw text by name (empty when not given). All problems are returned
 * together. Secrets are masked before anything else is done with them.
 */
function loadGrayInputs(read, env, secrets, purpose = 'command') {
    const reader = new GrayReader(_spec_js__WEBPACK_IMPORTED_MODULE_3__/* .INPUTS */ .mc, read, env, secrets);
    const inputs = {
        command: reader.choice('command'),
        environment: reader.environment(),
        newVersion: reader.version('new-version'),
        oldVersion: reader.version('old-version'),
        mode: reader.choice('mode'),
        dryRun: reader.boolean('dry-run'),
        steps: reader.collect('steps', (0,_gray_plan_js__WEBPACK_IMPORTED_MODULE_1__/* .parseSteps */ .$i)(reader.text('steps')), (found) => found.steps),
        warmUpMs: reader.time('warm-up', 0),
        bakeMs: reader.time('bake', 0),
        intervalMs: reader.time('interval', 1000),
        maxExtends: reader.count('max-extends', 0, 100),
        endPolicy: reader.choice('end-policy'),
        maxErrors: reader.count('max-errors', 0, 1000),
        maxTries: reader.count('max-tries', 1, 20),
        adapter: reader.textOrFile('adapter'),
        metrics: reader.textOrFile('metrics'),
        power: reader.choice('power'),
        state: reader.state(),
        identity: reader.identity(),
        knownHosts: reader.knownHosts(),
        jumpHost: reader.jumpHost(),
        leaseMs: reader.time('lease', 5000),
        concurrency: reader.choice('concurrency'),
        queueTimeoutMs: reader.time('queue-timeout', 0),
        resume: reader.choice('resume'),
        approval: reader.choice('approval'),
        approvals: reader.count('approvals', 1, 20),
        approvers: reader.members('approvers'),
        approvalEnvironments: reader.list('approval-environments', { commas: true }),
        approvalFile: reader.optional('approval-file'),
        approvalFolder: reader.optional('approval-folder'),
        approvalTimeoutMs: reader.time('approval-timeout', 1000),
        notify: reader.notify(),
        deployments: reader.boolean('deployments'),
        audit: reader.optional('audit'),
        auditBranch: reader.branch('audit-branch'),
        reportDir: reader.optional('report-dir'),
        githubToken: reader.text('github-token'),
    };
    return { inputs, problems: [...reader.problems, ...together(inputs, reader.problems, purpose)] };
}
class GrayReader extends _access_reader_js__WEBPACK_IMPORTED_MODULE_2__/* .AccessReader */ .C {
    version(name) {
        const text = this.optional(name);
        if (text !== undefined && (/\p{C}/u.test(text) || text.length > 512))
            this.bad(name, text.slice(0, 60), 'not a version', 'write one line, for example an image with its digest');
        return text;
    }
    state() {
        const text = this.optional('state');
        if (text === undefined)
            return undefined;
        if (!text.startsWith('ssh://')) {
            if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
                this.bad('state', text, 'not a place for the state', 'write a path, or ssh://user@host/path');
            return { kind: 'file', path: text };
        }
        const slash = text.indexOf('/', 'ssh://'.length);
        const path = slash < 0 ? '' : text.slice(slash);
        const target = (0,_deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_0__/* .parseTarget */ .hu)(slash < 0 ? text : text.slice(0, slash));
        if ('reason' in target) {
            this.bad('state', text, 'not an SSH address', target.reason);
            return undefined;
        }
        if (path === '' || path.endsWith('/') || path.split('/').includes('..'))
            this.bad('state', text, 'the path of a file is missing', 'write ssh://user@host/path/to/state.json');
        return { kind: 'ssh', target, path };
    }
}
/** Rules that join several inputs. */
function together(inputs, wrong, purpose) {
    const problems = [];
    const add = (input, what, fix) => {
        problems.push({ code: 'inputs-clash', what, input, fix });
    };
    const { command } = inputs;
    const need = (input, missing, fix) => {
        // What was given and could not be read has its own problem.
        if (missing && !wrong.some((one) => one.input === input))
            add(input, `${command} needs ${input}`, fix);
    };
    const say = 'say what judges the release (docs/gray-metrics.md)';
    if (purpose === 'past')
        need('metrics', inputs.metrics === undefined, say);
    if (purpose !== 'command')
        return problems;
    need('state', inputs.state === undefined, 'set the path of a file on the target: ssh://deploy@lb1.example/var/lib/gray/shop.json');
    if (command === 'release') {
        need('new-version', inputs.newVersion === undefined, 'set it, for example to the image output of the build');
        need('adapter', inputs.adapter === undefined, 'say how traffic is split (docs/adapters.md)');
    }
    if (command === 'release' || command === 'tick')
        need('metrics', inputs.metrics === undefined, say);
    if (inputs.newVersion !== undefined && inputs.newVersion === inputs.oldVersion)
        add('new-version', 'the new version is the old one', 'give two different versions');
    if (inputs.state?.kind === 'ssh' && inputs.knownHosts === undefined)
        add('known-hosts', `nothing says which key ${inputs.state.target.host} has`, 'run ssh-keyscan on a machine you trust, check the key, and put its lines into a variable of the repository');
    if (inputs.leaseMs < 2 * inputs.intervalMs)
        add('lease', 'the lease could end between two looks', 'make the lease at least twice as long as the interval');
    const shortest = Math.min(...inputs.steps.map((step) => step.observeMs));
    if (inputs.intervalMs > shortest)
        add('interval', 'the interval is longer than the shortest step', 'look more often, or observe longer');
    const holds = inputs.steps.some((step) => step.hold) || inputs.endPolicy === 'hold';
    if (inputs.approval === 'local' &&
        inputs.approvalFolder === undefined &&
        inputs.state?.kind === 'ssh' &&
        holds)
        add('approval-folder', 'votes of people need a folder they all reach', 'set approval-folder, or take approvals from GitHub');
    if (inputs.approval === 'pull-request' && inputs.approvalFile === undefined)
        add('approval-file', 'approval: pull-request needs a file', 'set approval-file to the file with the metrics or the adapter');
    const github = inputs.approval !== 'local' ||
        inputs.deployments ||
        inputs.auditBranch !== undefined ||
        inputs.notify.some((one) => one.kind === 'github-issue');
    if (github && inputs.githubToken === '')
        add('github-token', 'approvals, deployments, issues and the audit branch need a token', 'set github-token');
    return problems;
}
//# sourceMappingURL=inputs.js.map

/***/ }),

/***/ 28436:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A$: () => (/* binding */ checkBeforeStart),
/* harmony export */   HW: () => (/* binding */ planDry),
/* harmony export */   df: () => (/* binding */ describePlan),
/* harmony export */   vL: () => (/* binding */ describePower)
/* harmony export */ });
/* unused harmony export powerOf */
/* harmony import */ var _base_clock_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(74743);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(17594);
/* harmony import */ var _gray_metrics_power_report_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(11843);



/** The plan in a few lines: what is done, and how long it takes at least. */
function describePlan({ inputs, names, plan, adapter }) {
    const steps = plan.steps.map(({ percent, observeMs, hold }) => `  ${round(percent)} %: warm-up ${(0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(plan.warmUpMs)}, observed ${(0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(observeMs)}${hold ? ', then people must approve' : ''}`);
    const least = plan.steps.reduce((sum, { observeMs }) => sum + plan.warmUpMs + observeMs, plan.bakeMs);
    return [
        `${inputs.environment}: ${names.old} -> ${names.new}, ${adapter.kind}, ${inputs.mode}`,
        ...steps,
        ...(plan.bakeMs > 0 ? [`  100 % with the old version still there: ${(0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(plan.bakeMs)}`] : []),
        `  at least ${(0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(least)}; a look every ${(0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(plan.intervalMs)}; an undecided step is prolonged up to ${plan.maxExtends} times, then: ${plan.endPolicy}`,
    ].join('\n');
}
/**
 * Everything that can be found wrong before the start, all at once. Throws one error with every problem; what is a gate's
 * (a firing alert, a spent budget, traffic that cannot decide) stays a gate's.
 */
async function checkBeforeStart({ names, plan, adapter, metrics, wires }, act) {
    const faults = await Promise.all([
        faultOf(async () => (await wires.adapterFor(adapter)).check(act.signal)),
        faultOf(() => wires.measurer(metrics, names, plan).check(act.signal)),
    ]);
    const found = faults.filter((fault) => fault !== undefined);
    if (act.signal.aborted || found.length === 0)
        return;
    const kinds = ['input', 'gate', 'environment', 'cancelled'];
    const first = kinds.find((kind) => found.some((fault) => fault.kind === kind)) ?? 'environment';
    throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .PipelineError */ .zC(first, found.flatMap((fault) => fault.problems));
}
async function faultOf(work) {
    try {
        await work();
        return undefined;
    }
    catch (error) {
        return (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .toPipelineError */ .Oo)(error, 'a check before the start failed');
    }
}
/** A dry run: the plan, what the traffic can decide, and the result of every check. Touches nothing. */
async function planDry(asked, act) {
    const { inputs, names, plan, adapter, metrics, wires } = asked;
    const checks = [];
    const add = (check, good, fault) => {
        if (fault === undefined)
            checks.push({ check, ok: true, detail: good });
        else
            checks.push({ check, ok: false, detail: fault.message, problems: fault.problems });
    };
    let present = '';
    add('adapter', 'the target can be reached and is fit', await faultOf(async () => {
        const made = await wires.adapterFor(adapter);
        await made.check(act.signal);
        present = (await made.get(act.signal)).detail;
    }));
    // The power plan stands in a table of its own here.
    const quiet = { ...metrics, power: 'off' };
    add('metrics', 'Prometheus answers every query', await faultOf(() => wires.measurer(quiet, names, plan).check(act.signal))); // prettier-ignore
    const power = await powerOf(asked, act);
    const json = {
        environment: inputs.environment,
        ...names,
        mode: inputs.mode,
        adapter: { kind: adapter.kind, ...(present === '' ? {} : { present }) },
        steps: plan.steps,
        warmUpMs: plan.warmUpMs,
        bakeMs: plan.bakeMs,
        intervalMs: plan.intervalMs,
        maxExtends: plan.maxExtends,
        endPolicy: plan.endPolicy,
        ...(power === undefined ? {} : { power }),
        checks,
    };
    const text = [
        describePlan({ inputs, names, plan, adapter }),
        '',
        ...(power === undefined ? [] : [describePower(power), '']),
        ...checks.map(({ check, ok, detail }) => `${ok ? '✔' : '✘'} ${check}: ${detail}`),
        ...(present === '' ? [] : [`now: ${present}`]),
    ].join('\n');
    return { json, text, ok: checks.every((check) => check.ok) };
}
/** What the present traffic can decide; undefined when nobody can say. */
async function powerOf({ names, plan, metrics, wires }, act) {
    try {
        return await wires.measurer(metrics, names, plan).power(act.signal);
    }
    catch (error) {
        act.log.debug(`no power plan: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .toPipelineError */ .Oo)(error, 'power').message}`);
        return undefined;
    }
}
function describePower(power) {
    const doubts = [...power.unknown, ...power.doubts];
    return [
        'What the present traffic can decide:',
        ...(power.rows.length === 0 ? [] : [(0,_gray_metrics_power_report_js__WEBPACK_IMPORTED_MODULE_2__/* .powerTable */ .m7)(power)]),
        ...(doubts.length === 0 ? ['every step decides'] : doubts.map((line) => `! ${line}`)),
    ].join('\n');
}
const round = (percent) => Math.round(percent * 10) / 10;
//# sourceMappingURL=plan.js.map

/***/ }),

/***/ 69976:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  XC: () => (/* binding */ planOf),
  wF: () => (/* binding */ recoverGray),
  $r: () => (/* binding */ runGray)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/clock.js
var base_clock = __webpack_require__(74743);
;// CONCATENATED MODULE: ./lib/gray/engine-bound.js


/**
 * Runs `work` for at most `ms`. When the time is over or a signal fires, its own signal is aborted, it gets its grace,
 * and the call rejects with the reason even when the work then ends well: nobody knows what half of it was done.
 */
function bounded(bound, work) {
    const { clock, signals, graceMs = 1000 } = bound;
    const fired = signals.find((signal) => signal.aborted);
    if (fired !== undefined)
        return Promise.reject((0,base_clock/* reasonOf */.A3)(fired));
    const own = new AbortController();
    const timers = new AbortController();
    return new Promise((resolve, reject) => {
        const listeners = signals.map((signal) => ({
            signal,
            onAbort: () => {
                stop((0,base_clock/* reasonOf */.A3)(signal));
            },
        }));
        let over = false;
        const settle = (act) => {
            if (over)
                return;
            over = true;
            for (const { signal, onAbort } of listeners)
                signal.removeEventListener('abort', onAbort);
            timers.abort(new Error('settled'));
            act();
        };
        const after = (ms, act) => {
            clock.sleep(ms, timers.signal).then(act, () => undefined);
        };
        const stop = (reason) => {
            if (own.signal.aborted)
                return;
            own.abort(reason);
            after(graceMs, () => {
                settle(() => {
                    bound.orphan?.(running);
                    reject(reason);
                });
            });
        };
        for (const { signal, onAbort } of listeners)
            signal.addEventListener('abort', onAbort, { once: true });
        after(bound.ms, () => {
            stop((0,errors/* environmentError */.me)({
                code: 'gray-timeout',
                what: `${bound.what} did not end within ${(0,base_clock/* formatDuration */.a3)(bound.ms)}`,
                fix: 'see whether the target answers; raise the time limit only if it was still making progress',
            }));
        });
        // Started here and not in a later turn, so that no signal can come in between.
        const running = begin(work, own.signal);
        running.then((value) => {
            settle(() => {
                if (own.signal.aborted)
                    reject((0,base_clock/* reasonOf */.A3)(own.signal));
                else
                    resolve(value);
            });
        }, (error) => {
            settle(() => {
                reject(own.signal.aborted
                    ? (0,base_clock/* reasonOf */.A3)(own.signal)
                    : error instanceof Error
                        ? error
                        : new Error(String(error)));
            });
        });
    });
}
/** A synchronous throw becomes a rejection. */
async function begin(work, signal) {
    return await work(signal);
}
//# sourceMappingURL=engine-bound.js.map
// EXTERNAL MODULE: ./lib/gray/reducer.js
var reducer = __webpack_require__(35043);
;// CONCATENATED MODULE: ./lib/gray/lease.js



/** How far two machines' clocks may be apart: nobody takes over earlier than this after the holder's own expiry. */
const SKEW_MS = 30_000;
/** Decides by the record, the time, and what CI knows of the run that holds the lease. */
function claimOf(release, now, run = 'unknown') {
    if (release === undefined)
        return { kind: 'free' };
    const { lease, state, pending } = release;
    if (lease !== null) {
        if (run === 'completed')
            return { kind: 'unfinished', why: 'its run has completed' };
        if (now > lease.expires + SKEW_MS)
            return { kind: 'unfinished', why: `its lease expired at ${new Date(lease.expires).toISOString()}` };
        return { kind: 'held', owner: lease.owner, expires: lease.expires };
    }
    if (state.phase === 'done' || state.phase === 'rolled-back')
        return { kind: 'free' };
    if ((0,reducer/* isTerminal */.Hd)(state))
        return { kind: 'unfinished', why: state.reason };
    if (pending === undefined)
        return { kind: 'unfinished', why: 'nobody holds its lease' };
    if (now > pending.until)
        return { kind: 'unfinished', why: `nobody took it up by ${new Date(pending.until).toISOString()}` };
    return { kind: 'sleeping', ...pending };
}
/** Another engine has the release, or may have it: nothing at the target may be touched any more. */
class LeaseLost extends Error {
    name = 'LeaseLost';
}
/** The state cannot be stored, and a third of the lease is left to put the target back. */
class StoreFailing extends Error {
    name = 'StoreFailing';
}
/** Writes, as `owner`, the taken-up record; undefined when somebody else was faster. */
async function take(release, expected, options, signal) {
    const { store, clock, owner, leaseMs, storeMs } = options;
    const { pending: _, ...rest } = release;
    const taken = { ...rest, lease: { owner, expires: clock.now() + leaseMs } };
    const revision = await bounded({ what: `writing ${store.where}`, ms: storeMs, clock, signals: [signal] }, (own) => store.write(taken, expected, own));
    return revision === undefined ? undefined : new Holder(taken, revision, options);
}
/**
 * The one hand that writes a release's record while its lease is ours. Writes are in order and compare-and-swap; each
 * renews the lease, and so does a heartbeat in between. A failed swap means that somebody asked us to stop (the
 * mark is taken over and obeyed) or that the lease is lost.
 */
class Holder {
    #options;
    #release;
    #revision;
    #expires;
    #tail = Promise.resolve();
    /** Writes begun, and the number of the last one that was carried out under our lease. */
    #begun = 0;
    #proved = 0;
    #beating;
    #gone = new AbortController();
    #asked = new AbortController();
    constructor(release, revision, options) {
        this.#options = options;
        this.#release = release;
        this.#revision = revision;
        this.#expires = release.lease?.expires ?? 0;
        if (release.superseded !== undefined)
            this.#asked.abort(new Error(supersededReason(release)));
    }
    get release() {
        return this.#release;
    }
    /** Aborted with LeaseLost or StoreFailing; nothing is written after it. */
    get gone() {
        return this.#gone.signal;
    }
    /** Aborted when a newer run asks us to go back. */
    get superseded() {
        return this.#asked.signal;
    }
    /** ms of the lease that are left by our own clock. */
    get left() {
        return this.#expires - this.#options.clock.now();
    }
    /** A moment, for `provedSince`. */
    get moment() {
        return this.#begun;
    }
    /** Whether a write that was begun after `moment` has found the lease still ours. */
    provedSince(moment) {
        return this.#proved > moment;
    }
    /** Renews at each third of the lease, also during long effects and waits, until `rest`. */
    beat() {
        const { clock, leaseMs } = this.#options;
        const beating = new AbortController();
        this.#beating = beating;
        const loop = async () => {
            while (!beating.signal.aborted && !this.gone.aborted) {
                await clock.sleep(leaseMs / 3, beating.signal);
                await this.save((release) => release);
            }
        };
        // Its faults are told by `gone`.
        loop().catch(() => undefined);
    }
    rest() {
        this.#beating?.abort(new Error('at rest'));
    }
    /** Stores what `change` makes of the newest record. Throws LeaseLost or StoreFailing. */
    save(change) {
        return this.#inOrder(() => this.#commit(change, false));
    }
    /** To be called before anything is touched: a lease that has run out unnoticed (a sleeping laptop) is renewed first. */
    async ensure() {
        this.#alive();
        if (this.left <= 0)
            await this.save((release) => release);
    }
    /** Writes the last record without a lease. */
    letGo(change) {
        this.rest();
        return this.#inOrder(() => this.#commit(change, true));
    }
    #inOrder(work) {
        const result = this.#tail.then(work);
        this.#tail = result.catch(() => undefined);
        return result;
    }
    async #commit(change, last) {
        const { store, clock, owner, leaseMs, log } = this.#options;
        let swaps = 0;
        for (let tries = 0;; tries++) {
            this.#alive();
            const expires = clock.now() + leaseMs;
            const number = ++this.#begun;
            const next = { ...change(this.#release), lease: last ? null : { owner, expires } };
            try {
                const revision = await this.#call('writing', (signal) => store.write(next, this.#revision, signal));
                if (revision !== undefined) {
                    this.#release = next;
                    this.#revision = revision;
                    this.#expires = last ? 0 : expires;
                    this.#proved = number;
                    return;
                }
                // Each waiting run may put its mark in between; more often than that is not our lease any more.
                if (++swaps > 5)
                    throw this.#lose(new LeaseLost('the stored state keeps changing under this engine'));
                if (await this.#reread(last))
                    return;
            }
            catch (error) {
                this.#alive();
                const spare = this.left - leaseMs / 3;
                const final = error instanceof errors/* PipelineError */.zC && error.kind !== 'environment';
                if (spare <= 0 || final)
                    throw this.#lose(new StoreFailing(`the state cannot be stored: ${(0,errors/* messageOf */.bD)(error)}`, { cause: error }));
                log.warning(`${store.where} cannot be written, tried again: ${(0,errors/* messageOf */.bD)(error)}`);
                await clock.sleep(Math.min(spare, 250 * 2 ** Math.min(tries, 4)));
            }
        }
    }
    /** After a failed swap: adopts a mark, or our own write whose answer was lost. True: that write was the last one. */
    async #reread(last) {
        const { store, owner } = this.#options;
        const stored = await this.#call('reading', (signal) => store.read(signal));
        const there = stored?.release;
        if (stored === undefined || there === undefined)
            throw this.#lose(new LeaseLost('the stored state has vanished'));
        if (there.id === this.#release.id && there.lease?.owner === owner) {
            this.#revision = stored.revision;
            if (there.superseded !== undefined)
                this.#mark(there);
            return false;
        }
        if (last && there.id === this.#release.id && there.lease === null)
            return true;
        throw this.#lose(new LeaseLost(there.id === this.#release.id
            ? `${there.lease?.owner ?? 'somebody'} has taken the release over`
            : `another release, ${there.id}, is stored now`));
    }
    #mark(there) {
        if (there.superseded === undefined)
            return;
        this.#release = { ...this.#release, superseded: there.superseded };
        if (!this.#asked.signal.aborted)
            this.#asked.abort(new Error(supersededReason(there)));
    }
    #call(verb, work) {
        const { store, clock, storeMs } = this.#options;
        return bounded({ what: `${verb} ${store.where}`, ms: storeMs, clock, signals: [] }, work);
    }
    #lose(reason) {
        this.rest();
        if (!this.gone.aborted)
            this.#gone.abort(reason);
        return this.#reason();
    }
    #alive() {
        if (this.gone.aborted)
            throw this.#reason();
    }
    #reason() {
        const reason = this.gone.reason;
        return reason instanceof Error ? reason : new LeaseLost('the lease is lost');
    }
}
function supersededReason({ superseded }) {
    return `superseded by a newer run (${superseded?.by ?? 'unknown'})`;
}
//# sourceMappingURL=lease.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-status.js



const PHASES = {
    idle: 'nothing has begun',
    preparing: 'being prepared',
    deploying: 'the new version is being brought up, without traffic',
    smoking: 'the new version is being tested, without traffic',
    shifting: 'traffic is being shifted',
    warming: 'warming up',
    observing: 'observed',
    holding: 'waiting for approval',
    baking: 'observed at 100 %, the old version is still there',
    finalising: 'the old version is being removed',
    done: 'promoted',
    'finalise-failed': 'promoted, but the old version could not be removed',
    aborting: 'going back to the old version',
    'rolled-back': 'taken back',
    'rollback-failed': 'THE WAY BACK FAILED',
};
/** The stored release in a few lines for people, as at `now` (ms). */
function describeStatus(release, now) {
    if (release === undefined)
        return 'no release is stored';
    const { state, plan, run, superseded } = release;
    const step = plan.steps[state.step];
    const lines = [
        ['environment', release.environment],
        ['release', `${release.id}: ${release.old} -> ${release.new}`],
        ['started', `${stamp(release.startedAt)}${run === undefined ? '' : ` by ${run.url}`}`],
        ['state', `${PHASES[state.phase]} (${state.phase})`],
    ];
    if (step !== undefined)
        lines.push(['step', `${state.step + 1} of ${plan.steps.length}, ${step.percent} % asked for`]);
    lines.push([
        'weight',
        `${state.observed === null ? 'not read back yet' : `${round(state.observed)} % read back`}, ${round(state.intended)} % intended`,
    ]);
    if (state.deadline !== null)
        lines.push([state.phase === 'holding' ? 'approve by' : 'until', from(state.deadline, now)]);
    if (state.extends > 0)
        lines.push(['prolonged', `${state.extends} of ${plan.maxExtends} times`]);
    if (state.drifts > 0)
        lines.push(['weight lost', `${state.drifts} times`]);
    lines.push(['why', state.reason]);
    if (superseded !== undefined)
        lines.push(['superseded', `by ${superseded.by}, ${from(superseded.at, now)}`]);
    lines.push(['driven by', driver(release, now)]);
    const width = Math.max(...lines.map(([name]) => name.length));
    return lines.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}
function driver(release, now) {
    const claim = claimOf(release, now);
    switch (claim.kind) {
        case 'free':
            return 'nobody; it has ended';
        case 'held':
            return `${claim.owner}, lease until ${from(claim.expires, now)}`;
        case 'sleeping':
            return `nobody until ${from(claim.nextAt, now)}; then "gray tick"`;
        case 'unfinished':
            return (0,reducer/* isTerminal */.Hd)(release.state) && release.lease !== null
                ? 'nobody; it has ended, the lease was not given back'
                : `nobody (${claim.why}); "gray reap" takes it back`;
    }
}
/** The notice of an end, so that a person on call knows what serves now and what to do. */
function endNotice(release, level, reason = release.state.reason) {
    const { environment, old, new: fresh, state } = release;
    switch (state.phase) {
        case 'done':
            return {
                level: level ?? 'info',
                event: 'promoted',
                message: `${environment}: ${fresh} serves everything. ${reason}`,
            };
        case 'finalise-failed':
            return {
                level: level ?? 'page',
                event: state.phase,
                message: `${environment}: ${fresh} serves everything, but what is left of ${old} stays. ${reason}. Fix it, then run "gray reap".`,
            };
        case 'rollback-failed':
            return {
                level: level ?? 'page',
                event: state.phase,
                message: `${environment}: the way back to ${old} FAILED, last read back at ${round(state.observed ?? 0)} % of ${fresh}. ${reason}. Look at the target now; "gray reap" tries again.`,
            };
        default:
            return {
                level: level ?? 'warning',
                event: state.phase,
                message: `${environment}: ${fresh} was taken back, ${old} serves everything. ${reason}`,
            };
    }
}
const stamp = (at) => new Date(at).toISOString();
function from(at, now) {
    const distance = (0,base_clock/* formatDuration */.a3)(Math.abs(at - now));
    return `${stamp(at)} (${at >= now ? `in ${distance}` : `${distance} ago`})`;
}
const round = (percent) => Math.round(percent * 10) / 10;
//# sourceMappingURL=engine-status.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-audit.js


/** Appends in order, each bounded. A line that cannot be written is told once, by `onFault`: without evidence nothing goes on. */
class AuditTrail {
    #options;
    #ms;
    #onFault;
    #tail = Promise.resolve();
    #faulty = false;
    constructor(options, ms, onFault) {
        this.#options = options;
        this.#ms = ms;
        this.#onFault = onFault;
    }
    append(record, release) {
        const { audit, clock, log } = this.#options;
        if (audit === undefined)
            return this.#tail;
        const at = clock.now();
        const { id, environment } = release;
        this.#tail = this.#tail.then(async () => {
            try {
                await bounded({ what: 'the audit', ms: this.#ms, clock, signals: [] }, () => audit.append(record, { id, environment }, at));
            }
            catch (error) {
                const reason = `the audit cannot be written: ${(0,errors/* messageOf */.bD)(error)}`;
                if (!this.#faulty)
                    log.warning(reason);
                this.#faulty = true;
                this.#onFault(reason);
            }
        });
        return this.#tail;
    }
}
//# sourceMappingURL=engine-audit.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-window.js
/** The window of the look at `end`, in the release's own times, so that it is the same however late it is taken. */
function windowOf(release, end) {
    const { state, windowStart, history } = release;
    return {
        start: windowStart ?? end,
        end,
        step: state.step,
        percent: state.observed ?? state.intended,
        baking: state.phase === 'baking',
        history,
        ...(state.deadline === null ? {} : { deadline: state.deadline }),
    };
}
/** What of an observation the machine is told. */
function part({ percent, settled }) {
    return { percent, settled };
}
/** What of a fault fits into a reason. */
function firstLine(text) {
    return text.split('\n')[0] ?? '';
}
//# sourceMappingURL=engine-window.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-effects.js





/** `calm` was aborted: even the way back has to end here. */
class Interrupted extends Error {
    name = 'Interrupted';
}
const CHANGES = new Set(['deploy', 'set-weight', 'finalise', 'reset']);
const MAX_RETRY_MS = 30_000;
const MAX_SLEEP_MS = 3_600_000;
/** How often the target is looked at while people make up their minds. */
const HOLD_CHECK_MS = 60_000;
/** How long interrupted work that did not end is waited for, before the way back is taken for proved. */
const ORPHAN_MS = 10_000;
const MAX_LOOKS = 5000;
/** Carries out one effect after the other, each bounded, each with its lines in the audit; faults become events. */
class Effects {
    looks = [];
    #ports;
    #orphans = new Set();
    #running = Promise.resolve();
    #early;
    #seenAt = -Infinity;
    /** The newest change at the target: `moment` of its end by the holder, undefined while it is under way. */
    #change;
    constructor(ports) {
        this.#ports = ports;
    }
    /**
     * Begins the way back now: the effect that is under way is aborted by `stop`, gets its grace, and then comes `reset`,
     * beside whatever is being stored or written. The next `reset` effect is answered by this one.
     */
    resetNow() {
        if (this.#early !== undefined)
            return;
        this.#early = this.#running.then(() => this.#reset(true));
        // Its fault is met where the answer is taken.
        this.#early.catch(() => undefined);
    }
    /**
     * After the lease was lost: waits for a change that is still under way, and tells whether one may have landed after somebody
     * else had the release (a process that was frozen in the middle of it).
     */
    async late() {
        const change = this.#change;
        if (change === undefined)
            return false;
        const { options, holder } = this.#ports;
        if (this.#orphans.size > 0) {
            const all = Promise.allSettled([...this.#orphans]);
            const bound = { what: 'interrupted work', ms: ORPHAN_MS, clock: options.clock, signals: [] };
            await bounded(bound, () => all).catch(() => undefined);
        }
        return change.ended === undefined || !holder.provedSince(change.ended);
    }
    /** The event that answers the effect; undefined when it has none, or was interrupted by `stop`. */
    async carryOut(effect) {
        const { adapter, options, settings, holder } = this.#ports;
        const { limits } = settings;
        switch (effect.kind) {
            case 'prepare':
                return await this.#act(effect.kind, 2 * limits.prepare, '', false, async (signal) => {
                    await adapter.check(signal);
                    await options.measurer?.check(signal);
                    await this.#stillOld(signal);
                });
            case 'deploy':
                return await this.#act(effect.kind, limits.deploy, holder.release.new, false, async (signal) => {
                    await adapter.deploy?.(signal);
                });
            case 'smoke':
                return await this.#act(effect.kind, limits.smoke, holder.release.new, false, async (signal) => {
                    await adapter.smoke?.(signal);
                });
            case 'set-weight':
                return await this.#act(effect.kind, limits.setWeight, `${effect.percent} %`, false, (signal) => adapter.set(effect.percent, signal));
            case 'finalise':
                return await this.#act(effect.kind, limits.finalise, holder.release.old, true, async (signal) => {
                    await adapter.finalise?.(signal);
                });
            case 'reset': {
                const early = this.#early;
                this.#early = undefined;
                return await (early ?? this.#reset(false));
            }
            case 'read-back':
                return await this.#readBack();
            case 'wait':
                return await this.#wait(effect.until);
            case 'measure':
                return await this.#measure();
            case 'ask-approval':
                return await this.#ask(effect.reason);
            case 'await-approval':
                return await this.#await(effect.until);
            case 'notify':
                this.#ports.outbox.notify(endNotice(holder.release, effect.level, effect.message), holder.release);
                return undefined;
        }
    }
    /**
     * Deploying over a version that serves would break it, and so would going "back" to one that does not: the new
     * version must have no part yet. A target that cannot tell before the deployment is asked after it.
     */
    async #stillOld(signal) {
        const { adapter, options, holder } = this.#ports;
        let seen;
        try {
            seen = await adapter.get(signal);
        }
        catch (error) {
            options.log.debug(`the target says nothing yet: ${(0,errors/* messageOf */.bD)(error)}`);
            return;
        }
        if ((0,reducer/* agrees */.ie)({ intended: 0 }, { ...seen, settled: true }))
            return;
        const { old, new: fresh } = holder.release;
        throw (0,errors/* gateError */.em)({
            code: 'gray-not-at-zero',
            what: `the new version already has ${seen.percent} % before anything was shifted`,
            cause: seen.detail,
            fix: `see that ${old} is the version that serves and ${fresh} the one that comes (after a promotion the two change places), give it weight 0, and release again`,
        });
    }
    /** What a new engine finds at the target of a release whose weight was confirmed; undefined when all is as it should be. */
    async drift() {
        const { holder, options } = this.#ports;
        try {
            const seen = await this.#settled(false);
            return (0,reducer/* agrees */.ie)(holder.release.state, seen) ? undefined : { kind: 'observed', ...part(seen) };
        }
        catch (error) {
            this.#stopped(error);
            // The next look tells whether it lasts.
            options.log.warning(`the target cannot be read: ${(0,errors/* messageOf */.bD)(error)}`);
            return undefined;
        }
    }
    async #reset(urgent) {
        const { adapter, settings } = this.#ports;
        const reset = (signal) => adapter.reset(signal);
        return await this.#act('reset', settings.limits.reset, '', true, reset, urgent);
    }
    async #act(action, ms, detail, back, work, urgent = false) {
        const { holder, trail, settings } = this.#ports;
        try {
            const { tries } = holder.release.state;
            if (tries > 0 && !urgent)
                await this.#pause(Math.min(MAX_RETRY_MS, settings.retryMs * 2 ** (tries - 1)), back);
            const noted = trail.append({ kind: 'intent', action, detail }, holder.release);
            // The way back does not wait for paper.
            if (!back)
                await noted;
            await holder.ensure();
            if (CHANGES.has(action))
                await this.#changing(() => this.#bounded(action, ms, back, work));
            else
                await this.#bounded(action, ms, back, work);
            await trail.append({ kind: 'done', action, detail }, holder.release);
            return { kind: 'acted', of: action };
        }
        catch (error) {
            return await this.#fault(error, action);
        }
    }
    async #changing(work) {
        const change = { ended: undefined };
        this.#change = change;
        try {
            await work();
        }
        finally {
            change.ended = this.#ports.holder.moment;
        }
    }
    /** A fault as an event; what stops this engine altogether is thrown on. */
    async #fault(error, action) {
        const { holder, trail } = this.#ports;
        const reason = firstLine((0,errors/* messageOf */.bD)(error));
        // A way back that began early fails while the record still says forward: a fault all the same, to be tried again.
        const interrupted = this.#stopped(error) && action !== 'reset';
        await trail.append({ kind: 'failed', action, detail: interrupted ? `interrupted: ${reason}` : reason }, holder.release);
        if (interrupted)
            return undefined;
        const final = error instanceof errors/* PipelineError */.zC && error.kind !== 'environment';
        return { kind: 'failed', reason, ...(final ? { final } : {}) };
    }
    /** True: interrupted by `stop`. Throws when the lease is gone or even the way back must end. */
    #stopped(error) {
        const { holder, options, stop } = this.#ports;
        if (holder.gone.aborted)
            throw holder.gone.reason instanceof Error ? holder.gone.reason : error;
        if (options.calm?.aborted === true)
            throw new Interrupted('this process has to end');
        return stop.aborted && (0,reducer/* reversible */.qp)(holder.release.state);
    }
    async #readBack() {
        const { holder, trail } = this.#ports;
        const { phase } = holder.release.state;
        try {
            if (phase === 'aborting')
                await this.#orphansEnd();
            const seen = await this.#settled(phase === 'aborting' || phase === 'finalising');
            await trail.append({ kind: 'done', action: 'read-back', detail: seen.detail }, holder.release);
            return { kind: 'observed', ...part(seen) };
        }
        catch (error) {
            return await this.#fault(error, 'read-back');
        }
    }
    /** Asks the target until it has what was set, at most as long as it may take to settle; then its last answer. */
    async #settled(back) {
        const { adapter, settings, options, holder } = this.#ports;
        const until = options.clock.now() + settings.settleMs;
        for (;;) {
            let answer;
            try {
                const seen = await this.#bounded('get', settings.limits.get, back, (signal) => adapter.get(signal));
                this.#seenAt = options.clock.now();
                if ((0,reducer/* agrees */.ie)(holder.release.state, seen))
                    return seen;
                answer = { seen };
            }
            catch (error) {
                if (this.#stopped(error) || (error instanceof errors/* PipelineError */.zC && error.kind !== 'environment'))
                    throw error;
                answer = { error };
            }
            const left = until - options.clock.now();
            if (left <= 0) {
                if ('seen' in answer)
                    return answer.seen;
                throw answer.error;
            }
            await this.#pause(Math.min(left, settings.settlePollMs), back);
        }
    }
    /** Work that went on after its abort could still land after the reset: the proof is taken once it has ended. */
    async #orphansEnd() {
        if (this.#orphans.size === 0)
            return;
        const all = Promise.allSettled([...this.#orphans]);
        await this.#bounded('interrupted work', ORPHAN_MS, true, () => all).catch((error) => {
            this.#stopped(error);
        });
    }
    async #wait(until) {
        const { options, settings, holder } = this.#ports;
        const { state, plan } = holder.release;
        const looking = state.phase === 'observing' || state.phase === 'baking';
        const due = until + (looking ? settings.lagMs : 0);
        const warming = state.phase === 'warming' ? (plan.steps[state.step]?.observeMs ?? 0) : 0;
        // Between two looks nothing can pass, so a split job sleeps until the one that decides, and makes up for the others.
        const decides = (state.deadline ?? until) + warming + settings.lagMs;
        if (settings.mode === 'split' && decides - options.clock.now() > settings.awakeMs)
            return { kind: 'pending', nextAt: decides };
        try {
            for (let left = due - options.clock.now(); left > 0; left = due - options.clock.now())
                await this.#pause(Math.min(left, MAX_SLEEP_MS), false);
        }
        catch (error) {
            this.#stopped(error);
            return undefined;
        }
        return { kind: 'waited', at: until };
    }
    async #measure() {
        const { options, settings, holder, trail, outbox } = this.#ports;
        const { release } = holder;
        const now = options.clock.now();
        const at = Math.min(release.state.nextLook ?? now, now);
        try {
            // A look that is made up for says nothing of the target's present weight.
            const timely = now - at - settings.lagMs <= release.plan.intervalMs;
            const found = timely ? await this.#presentWeight() : undefined;
            if (found?.kind === 'observed')
                return found;
            const window = windowOf(release, at);
            let measurement = await this.#look(window);
            if (found !== undefined && measurement.verdict !== 'fail' && measurement.hard !== true)
                measurement = { ...measurement, verdict: 'error', reason: found.reason };
            if (this.looks.length < MAX_LOOKS)
                this.looks.push({ window, measurement });
            await trail.append({ kind: 'measurement', measurement, window }, release);
            options.log.info(`step ${release.state.step + 1}, ${window.percent} %: ${measurement.verdict} (${measurement.reason})`);
            for (const { level, message } of measurement.alerts ?? [])
                outbox.notifyOnce({ level, event: 'alert', message }, release);
            const { verdict, reason, hard } = measurement;
            return { kind: 'measured', verdict, reason, at, ...(hard === true ? { hard } : {}) };
        }
        catch (error) {
            this.#stopped(error);
            return undefined;
        }
    }
    async #look(window) {
        const { options, settings } = this.#ports;
        const { measurer } = options;
        const failed = (reason) => ({
            at: window.end,
            verdict: 'error',
            reason,
            metrics: [],
        });
        if (measurer === undefined)
            return failed('there is nothing to measure with');
        try {
            return await this.#bounded('measure', settings.limits.measure, false, (signal) => measurer.measure(window, signal));
        }
        catch (error) {
            if (this.#stopped(error))
                throw error;
            return failed(firstLine((0,errors/* messageOf */.bD)(error)));
        }
    }
    /** A lost weight as the event of it, a target that does not answer as a fault, undefined when all is well. */
    async #presentWeight() {
        const { adapter, settings, holder, options } = this.#ports;
        try {
            const first = await this.#bounded('get', settings.limits.get, false, (signal) => adapter.get(signal));
            this.#seenAt = options.clock.now();
            if ((0,reducer/* agrees */.ie)(holder.release.state, first))
                return undefined;
            const seen = await this.#settled(false);
            return (0,reducer/* agrees */.ie)(holder.release.state, seen) ? undefined : { kind: 'observed', ...part(seen) };
        }
        catch (error) {
            if (this.#stopped(error))
                throw error;
            return { kind: 'fault', reason: `the target cannot be read back: ${firstLine((0,errors/* messageOf */.bD)(error))}` };
        }
    }
    async #ask(reason) {
        const { options, settings, holder } = this.#ports;
        const { approver } = options;
        if (approver === undefined)
            return { kind: 'failed', reason: 'there is no way to ask for approval', final: true };
        return await this.#act('ask-approval', settings.limits.approval, reason, false, (signal) => approver.ask(holder.release, reason, signal));
    }
    async #await(until) {
        const { options, settings, holder, trail } = this.#ports;
        let last = '';
        try {
            for (;;) {
                const answer = await this.#answer();
                const told = JSON.stringify(answer);
                if (told !== last) {
                    await trail.append({ kind: 'approval', answer }, holder.release);
                    if (answer.kind === 'waiting')
                        options.log.info(`waiting for approval: ${answer.detail}`);
                }
                last = told;
                if (answer.kind === 'approved')
                    return { kind: 'approved', by: answer.by };
                if (answer.kind === 'rejected')
                    return { kind: 'rejected', by: answer.by };
                const now = options.clock.now();
                if (now >= until)
                    return { kind: 'waited', at: until };
                if (settings.mode === 'split')
                    return { kind: 'pending', nextAt: until };
                if (now - this.#seenAt >= HOLD_CHECK_MS) {
                    this.#seenAt = now;
                    const found = await this.#presentWeight();
                    if (found?.kind === 'observed')
                        return found;
                }
                await this.#pause(Math.min(until - now, settings.approvalPollMs), false);
            }
        }
        catch (error) {
            if (!this.#stopped(error))
                throw error;
            return undefined;
        }
    }
    async #answer() {
        const { options, settings, holder } = this.#ports;
        const { approver } = options;
        if (approver === undefined)
            return { kind: 'waiting', detail: 'this process cannot see approvals' };
        try {
            return await this.#bounded('approval', settings.limits.approval, false, (signal) => approver.answer(holder.release, signal));
        }
        catch (error) {
            if (this.#stopped(error))
                throw error;
            // Approvals that cannot be read are not given; the hold has its own end.
            return { kind: 'waiting', detail: firstLine((0,errors/* messageOf */.bD)(error)) };
        }
    }
    #bounded(what, ms, back, work) {
        const { options, settings } = this.#ports;
        const result = bounded({
            what,
            ms,
            clock: options.clock,
            signals: this.#signals(back),
            graceMs: settings.graceMs,
            orphan: (running) => {
                const ended = running
                    .catch(() => undefined)
                    .finally(() => {
                    this.#orphans.delete(ended);
                });
                this.#orphans.add(ended);
            },
        }, work);
        this.#running = result.catch(() => undefined);
        return result;
    }
    async #pause(ms, back) {
        const { clock } = this.#ports.options;
        await bounded({ what: 'a wait', ms: ms + 60_000, clock, signals: this.#signals(back) }, (signal) => clock.sleep(ms, signal));
    }
    #signals(back) {
        const { holder, stop, options } = this.#ports;
        return [
            holder.gone,
            ...(options.calm === undefined ? [] : [options.calm]),
            // A newer run or a cancel does not stop what is on its way to an end.
            ...(back ? [] : [stop]),
        ];
    }
}
//# sourceMappingURL=engine-effects.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-outbox.js


/**
 * What goes to people: chats and the mirror. Sent in order beside the release, each bounded, and never in its way: a chat that is down
 * must not hold a rollback up.
 */
class Outbox {
    #options;
    #limits;
    #signals;
    #said = new Set();
    #tail = Promise.resolve();
    #mirrored;
    constructor(options, limits, signals) {
        this.#options = options;
        this.#limits = limits;
        this.#signals = signals;
    }
    notify(notice, release) {
        const { notifier, log } = this.#options;
        if (notice.level === 'info')
            log.info(notice.message);
        else
            log.warning(notice.message);
        if (notifier === undefined)
            return;
        this.#add('a notice', this.#limits.notify, (signal) => notifier.notify(notice, release, signal));
    }
    /** A notice whose text is sent once in this process, however often it is found again. */
    notifyOnce(notice, release) {
        const key = `${notice.event} ${notice.message}`;
        if (this.#said.has(key))
            return;
        this.#said.add(key);
        this.notify(notice, release);
    }
    /** Only the newest state is sent when several gather while one is under way. */
    mirror(release) {
        const { mirror } = this.#options;
        if (mirror === undefined)
            return;
        const waiting = this.#mirrored !== undefined;
        this.#mirrored = release;
        if (waiting)
            return;
        this.#add('the mirror', this.#limits.mirror, async (signal) => {
            const newest = this.#mirrored;
            this.#mirrored = undefined;
            if (newest !== undefined)
                await mirror.update(newest, signal);
        });
    }
    /** Resolves when all is sent; each message has its own time limit. */
    async flush() {
        await this.#tail;
    }
    #add(what, ms, work) {
        const { clock, log } = this.#options;
        const sent = this.#tail.then(() => bounded({ what, ms, clock, signals: this.#signals }, work));
        this.#tail = sent.catch((error) => {
            log.warning(`${what} could not be sent: ${(0,errors/* messageOf */.bD)(error)}`);
        });
    }
}
//# sourceMappingURL=engine-outbox.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-types.js
const DEFAULT_LIMITS = {
    prepare: 2 * 60_000,
    deploy: 15 * 60_000,
    smoke: 2 * 60_000,
    setWeight: 5 * 60_000,
    get: 30_000,
    measure: 60_000,
    approval: 30_000,
    finalise: 5 * 60_000,
    reset: 10 * 60_000,
    notify: 15_000,
    mirror: 15_000,
    store: 20_000,
    audit: 10_000,
};
const DEFAULT_SETTINGS = {
    mode: 'inline',
    concurrency: 'queue',
    queueMs: 30 * 60_000,
    queuePollMs: 5000,
    leaseMs: 60_000,
    awakeMs: 60_000,
    overdueMs: 6 * 3_600_000,
    settleMs: 60_000,
    settlePollMs: 1000,
    lagMs: 0,
    approvalPollMs: 15_000,
    retryMs: 1000,
    graceMs: 1000,
    limits: DEFAULT_LIMITS,
};
function settingsOf(options) {
    const given = options.settings ?? {};
    return { ...DEFAULT_SETTINGS, ...given, limits: { ...DEFAULT_LIMITS, ...given.limits } };
}
//# sourceMappingURL=engine-types.js.map
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
// EXTERNAL MODULE: ./lib/base/json.js
var json = __webpack_require__(24807);
;// CONCATENATED MODULE: ./lib/gray/record-reader.js
/** Reads one JSON object field by field; what is wrong is collected with its path, and reading goes on. */

class Reader {
    /** `state.phase is "x"`, shared with all children. */
    faults;
    #value;
    #path;
    #seen = new Set();
    constructor(value, path, faults = []) {
        this.#value = value;
        this.#path = path;
        this.faults = faults;
    }
    fault(key, what) {
        this.faults.push(`${this.#name(key)} ${what}`);
    }
    child(key) {
        return new Reader(this.#get(key), this.#name(key), this.faults);
    }
    /** A child that may be absent. */
    optional(key) {
        return this.#get(key) === undefined ? undefined : this.child(key);
    }
    /** A child that may be null, but not absent. */
    nullable(key) {
        return this.#get(key) === null ? undefined : this.child(key);
    }
    /** Reads this value as an object; `read` has to ask for every field there is. */
    object(read) {
        if (!(0,json/* isRecord */.u4)(this.#value)) {
            this.faults.push(`${this.#path} is not an object`);
            return undefined;
        }
        const result = read(this);
        this.end();
        return result;
    }
    list(read) {
        if (!Array.isArray(this.#value)) {
            this.faults.push(`${this.#path} is not a list`);
            return [];
        }
        const items = [];
        this.#value.forEach((item, index) => {
            const value = new Reader(item, `${this.#path}[${index}]`, this.faults).object(read);
            if (value !== undefined)
                items.push(value);
        });
        return items;
    }
    /** The whole object as it is; its fields need not be known. */
    all() {
        if (!(0,json/* isRecord */.u4)(this.#value))
            return {};
        for (const key of Object.keys(this.#value))
            this.#seen.add(key);
        return this.#value;
    }
    /** Names the fields nobody asked for. */
    end() {
        if (!(0,json/* isRecord */.u4)(this.#value))
            return;
        for (const key of Object.keys(this.#value))
            if (!this.#seen.has(key))
                this.fault(key, 'is not known');
    }
    string(key, empty = false) {
        const value = this.#get(key);
        if (typeof value === 'string' && (empty || value !== ''))
            return value;
        return this.#bad(key, 'is not a text', '');
    }
    nullableString(key) {
        return this.#get(key) === null ? null : this.string(key, true);
    }
    boolean(key) {
        const value = this.#get(key);
        return typeof value === 'boolean' ? value : this.#bad(key, 'is neither true nor false', false);
    }
    number(key) {
        const value = this.#get(key);
        return typeof value === 'number' && Number.isFinite(value) ? value : this.#bad(key, 'is not a number', 0);
    }
    /** A length of time in ms. */
    amount(key) {
        const value = this.number(key);
        return value >= 0 ? value : this.#bad(key, 'is below 0', 0);
    }
    optionalNumber(key) {
        return this.#get(key) === undefined ? undefined : this.amount(key);
    }
    whole(key, least = 0) {
        const value = this.number(key);
        return Number.isSafeInteger(value) && value >= least
            ? value
            : this.#bad(key, `is not a whole number from ${least}`, least);
    }
    /** ms since the epoch. */
    time(key) {
        return this.amount(key);
    }
    nullableTime(key) {
        return this.#get(key) === null ? null : this.time(key);
    }
    percent(key) {
        const value = this.number(key);
        return value >= 0 && value <= 100 ? value : this.#bad(key, 'lies outside 0 to 100', 0);
    }
    nullablePercent(key) {
        return this.#get(key) === null ? null : this.percent(key);
    }
    one(key, known) {
        const value = this.#get(key);
        return known.find((name) => name === value) ?? this.#bad(key, `is ${show(value)}`, known[0]);
    }
    nullableOne(key, known) {
        return this.#get(key) === null ? null : this.one(key, known);
    }
    #get(key) {
        this.#seen.add(key);
        return (0,json/* isRecord */.u4)(this.#value) && Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
    }
    #name(key) {
        return this.#path === '' ? key : `${this.#path}.${key}`;
    }
    #bad(key, what, instead) {
        this.fault(key, this.#get(key) === undefined ? 'is missing' : what);
        return instead;
    }
}
function show(value) {
    return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);
}
//# sourceMappingURL=record-reader.js.map
;// CONCATENATED MODULE: ./lib/gray/record.js



/** Every phase of the machine, for reading a record. */
const record_PHASES = [
    'idle', 'preparing', 'deploying', 'smoking', 'shifting', 'warming', 'observing', 'holding', 'baking', 'finalising',
    'done', 'finalise-failed', 'aborting', 'rolled-back', 'rollback-failed',
]; // prettier-ignore
/** Adapter settings are small; anything larger is no state of ours. */
const MAX_CHARACTERS = 1_000_000;
/** The record as it is stored: readable, the same bytes for the same release, ended by a line end. */
function formatRelease(release) {
    return `${JSON.stringify(release, null, 2)}\n`;
}
/**
 * Reads a stored record strictly: every field of the right type and range, none unknown (a newer program may have put
 * a meaning into it that this one would lose when it writes). All problems are returned at once, each with its path.
 */
function parseRelease(text, where) {
    const bad = (what, cause) => ({
        problems: [
            {
                code: 'gray-state-corrupt',
                what,
                ...(cause === undefined ? {} : { cause }),
                where,
                fix: 'look at the target and at this file; put it right, or move it away once nothing of the release is left',
            },
        ],
    });
    if (text.length > MAX_CHARACTERS)
        return bad('the stored state is far too large');
    let value;
    try {
        value = JSON.parse(text);
    }
    catch (error) {
        return bad('the stored state is not JSON', error instanceof Error ? error.message : undefined);
    }
    const schema = typeof value === 'object' && value !== null ? value.schema : undefined;
    if (schema !== 1)
        return {
            problems: [
                {
                    code: 'gray-state-schema',
                    what: `the stored state has schema ${schema === undefined ? 'none' : JSON.stringify(schema)}, this program writes 1`,
                    where,
                    fix: 'use the version of go-image-pipeline that wrote it, or move the file away once nothing of the release is left',
                },
            ],
        };
    const read = new Reader(value, '');
    const release = readRelease(read);
    if (read.faults.length === 0 && release !== undefined)
        return { release, problems: [] };
    return bad('the stored state cannot be read', read.faults.join('; '));
}
function readRelease(read) {
    const run = read.optional('run')?.object((at) => ({
        repository: at.string('repository'),
        id: at.string('id'),
        attempt: at.whole('attempt'),
        url: at.string('url'),
    }));
    const pending = read
        .optional('pending')
        ?.object((at) => ({ nextAt: at.time('nextAt'), until: at.time('until') }));
    const superseded = read.optional('superseded')?.object((at) => ({ by: at.string('by'), at: at.time('at') }));
    const plan = read.child('plan').object(readPlan);
    const state = read.child('state').object((at) => readState(at, plan?.steps.length ?? 0));
    const lease = read
        .nullable('lease')
        ?.object((at) => ({ owner: at.string('owner'), expires: at.time('expires') }));
    const adapter = read.child('adapter').object((at) => {
        at.string('kind');
        return at.all();
    });
    const rest = {
        id: read.string('id'),
        environment: read.string('environment'),
        old: read.string('old'),
        new: read.string('new'),
        startedAt: read.time('startedAt'),
        planHash: read.string('planHash'),
        windowStart: read.nullableTime('windowStart'),
        history: read.child('history').list((at) => ({
            at: at.time('at'),
            step: at.whole('step', -1),
            percent: at.percent('percent'),
        })),
    };
    read.number('schema');
    read.end();
    if (plan === undefined || state === undefined || adapter === undefined)
        return undefined;
    return {
        schema: 1,
        ...rest,
        plan,
        adapter,
        state,
        lease: lease ?? null,
        ...(run === undefined ? {} : { run }),
        ...(pending === undefined ? {} : { pending }),
        ...(superseded === undefined ? {} : { superseded }),
    };
}
function readPlan(at) {
    const approvalMs = at.optionalNumber('approvalMs');
    return {
        steps: at.child('steps').list((step) => ({
            percent: step.percent('percent'),
            observeMs: step.amount('observeMs'),
            hold: step.boolean('hold'),
        })),
        warmUpMs: at.amount('warmUpMs'),
        bakeMs: at.amount('bakeMs'),
        intervalMs: at.amount('intervalMs'),
        maxExtends: at.whole('maxExtends'),
        endPolicy: at.one('endPolicy', ['rollback', 'hold', 'promote']),
        maxErrors: at.whole('maxErrors'),
        maxTries: at.whole('maxTries'),
        ...(approvalMs === undefined ? {} : { approvalMs }),
    };
}
function readState(at, steps) {
    const state = {
        schema: 1,
        phase: at.one('phase', record_PHASES),
        stage: at.one('stage', ['act', 'read-back']),
        step: at.whole('step', -1),
        intended: at.percent('intended'),
        observed: at.nullablePercent('observed'),
        extends: at.whole('extends'),
        errors: at.whole('errors'),
        tries: at.whole('tries'),
        conclusive: at.whole('conclusive'),
        heldAt: at.nullableOne('heldAt', ['observing', 'baking']),
        asked: at.boolean('asked'),
        deadline: at.nullableTime('deadline'),
        nextLook: at.nullableTime('nextLook'),
        drifts: at.whole('drifts'),
        paged: at.nullableString('paged'),
        touched: at.boolean('touched'),
        reason: at.string('reason', true),
    };
    if (at.number('schema') !== 1)
        at.fault('schema', 'is not 1');
    if (state.step >= steps)
        at.fault('step', `is ${state.step}, the plan has ${steps}`);
    const { phase, touched } = state;
    const acts = !['idle', 'preparing', 'rolled-back'].includes(phase);
    if (acts && !touched)
        at.fault('touched', `is false in the phase ${phase}`);
    return state;
}
/**
 * What is wrong with a plan before anything is stored: `parseSteps` checks what people write, this what programs pass.
 */
function checkPlan(plan) {
    const faults = [];
    const amounts = { warmUpMs: plan.warmUpMs, bakeMs: plan.bakeMs, approvalMs: plan.approvalMs ?? 0 };
    for (const [name, value] of Object.entries(amounts))
        if (!Number.isSafeInteger(value) || value < 0)
            faults.push(`${name} is ${value}`);
    for (const [name, value] of Object.entries({ intervalMs: plan.intervalMs, maxTries: plan.maxTries }))
        if (!Number.isSafeInteger(value) || value < 1)
            faults.push(`${name} is ${value}`);
    for (const [name, value] of Object.entries({ maxExtends: plan.maxExtends, maxErrors: plan.maxErrors }))
        if (!Number.isSafeInteger(value) || value < 0)
            faults.push(`${name} is ${value}`);
    let before = 0;
    for (const { percent, observeMs } of plan.steps) {
        if (!(percent > before && percent <= 100))
            faults.push(`the step ${percent} % does not rise above ${before} %`);
        if (!Number.isSafeInteger(observeMs) || observeMs < 0)
            faults.push(`a step is observed for ${observeMs} ms`);
        before = percent;
    }
    if (before !== 100)
        faults.push('the last step is not 100 %');
    return faults.map((what) => ({
        code: 'gray-plan',
        what: `the plan cannot be used: ${what}`,
        fix: 'correct the plan',
    }));
}
/**
 * One value for everything that decides a release's course (plan, adapter, metrics): SHA-256 of JSON with sorted keys.
 * A stored release is only continued under the same value.
 */
function planHash(parts) {
    return (0,external_node_crypto_.createHash)('sha256')
        .update(JSON.stringify(sorted(parts)))
        .digest('hex');
}
function sorted(value) {
    if (Array.isArray(value))
        return value.map(sorted);
    if (typeof value !== 'object' || value === null)
        return value;
    // By code unit, so that no locale has a say.
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
/** A release at its beginning, not yet stored. */
function newRelease(request, now) {
    const { run, ...rest } = request;
    return {
        schema: 1,
        id: rest.id,
        environment: rest.environment,
        old: rest.old,
        new: rest.new,
        ...(run === undefined ? {} : { run }),
        startedAt: now,
        plan: rest.plan,
        planHash: rest.planHash,
        adapter: rest.adapter,
        state: reducer/* INITIAL_STATE */.N_,
        windowStart: null,
        history: [],
        lease: null,
    };
}
/** The record after a transition at `at` (ms): confirmed weights join the history, windows open and close. */
function advanceRelease(release, state, at) {
    const before = release.state;
    const entered = state.phase !== before.phase;
    const confirmed = entered && (state.phase === 'warming' || (state.phase === 'rolled-back' && before.touched));
    const history = confirmed
        ? [...release.history, { at, step: state.step, percent: state.observed ?? state.intended }]
        : release.history;
    const opens = entered && (state.phase === 'observing' || (state.phase === 'baking' && before.phase === 'observing'));
    const looking = ['observing', 'baking', 'holding'].includes(state.phase);
    // A bake after a hold begins when people have approved, and so does its window.
    const afterHold = entered && state.phase === 'baking' && before.phase === 'holding';
    return {
        ...release,
        state,
        windowStart: opens || afterHold ? at : looking ? release.windowStart : null,
        history,
    };
}
const KEPT = 20;
/** The list with this ended release in it (once, by id), the newest last, at most twenty. */
function addEnded(list, release, now) {
    const { phase, reason } = release.state;
    if (!(0,reducer/* isTerminal */.Hd)(release.state))
        return [...list];
    const known = list.find(({ id, result }) => id === release.id && result === phase);
    const ended = {
        id: release.id,
        environment: release.environment,
        old: release.old,
        new: release.new,
        result: phase,
        reason,
        startedAt: release.startedAt,
        // Written again for other causes, an end keeps its time.
        endedAt: known?.endedAt ?? now,
        reached: Math.max(0, ...release.history.map(({ percent }) => percent)),
        ...(release.run === undefined ? {} : { run: release.run.url }),
    };
    return [...list.filter(({ id }) => id !== release.id), ended].slice(-KEPT);
}
//# sourceMappingURL=record.js.map
;// CONCATENATED MODULE: ./lib/gray/engine.js











/**
 * Drives one release whose lease `holder` has: each event is reduced, the new state is stored, its effects are carried
 * out in order, and what they answer is the next event. It ends at an end of the release, at a wait that a split job does not sleep
 * through, when the lease is lost, or when `calm` says that this process has to go.
 */
class Engine {
    #holder;
    #adapter;
    #options;
    #settings;
    #outbox;
    #trail;
    #effects;
    #stop = new AbortController();
    /** The newest state, which may not be stored yet: what a cancel has to go by. */
    #state;
    #asleep = false;
    constructor(holder, adapter, options) {
        this.#holder = holder;
        this.#adapter = adapter;
        this.#options = options;
        this.#settings = settingsOf(options);
        this.#state = holder.release.state;
        const { limits } = this.#settings;
        this.#outbox = new Outbox(options, limits, options.calm === undefined ? [] : [options.calm]);
        this.#trail = new AuditTrail(options, limits.audit, (reason) => {
            this.#halt(reason);
        });
        this.#effects = new Effects({
            holder,
            adapter,
            options,
            settings: this.#settings,
            outbox: this.#outbox,
            trail: this.#trail,
            stop: this.#stop.signal,
        });
    }
    /** A release that has just been stored for the first time. */
    async start() {
        const { release } = this.#holder;
        return await this.#guarded(async () => {
            const { plan, adapter, planHash } = release;
            await this.#lease('taken');
            await this.#trail.append({ kind: 'settings', settings: { plan, adapter, planHash, old: release.old, new: release.new } }, release);
            const steps = plan.steps.map(({ percent }) => `${percent} %`).join(', ');
            this.#say('info', 'started', `${release.new} is released to ${release.environment}: ${steps}`);
            return await this.#drive({ kind: 'start' });
        });
    }
    /** A release that another engine has begun. `untold`: its end was stored, but perhaps not told. */
    async resume(policy, reason, untold) {
        return await this.#guarded(async () => {
            await this.#lease('taken-over');
            const { release } = this.#holder;
            const { state } = release;
            if (untold && (0,reducer/* isTerminal */.Hd)(state))
                this.#outbox.notify(endNotice(release), release);
            if (state.phase === 'done' || state.phase === 'rolled-back')
                return await this.#finish();
            // Whether the target still has the weight that was confirmed is asked before anything is built on it.
            const drifted = policy === 'continue' && (0,reducer/* steady */.vM)(state.phase) ? await this.#effects.drift() : undefined;
            return await this.#drive(drifted ?? { kind: 'resume', policy, reason });
        });
    }
    async #drive(first) {
        let next = first;
        for (;;) {
            const event = this.#cancelled() ?? next;
            if (event === undefined)
                throw new Error(`nothing leads on from the phase ${this.#state.phase}`);
            next = undefined;
            for (const effect of await this.#transit(event)) {
                // Overtaken while the state was being stored: the effect belongs to a way that is not gone any more.
                if (this.#cancelled() !== undefined)
                    break;
                const answer = await this.#effects.carryOut(effect);
                if (answer?.kind === 'pending') {
                    const asleep = await this.#sleep(answer.nextAt);
                    if (asleep !== undefined)
                        return asleep;
                }
                else
                    next = answer ?? next;
            }
            if ((0,reducer/* isTerminal */.Hd)(this.#state))
                return await this.#finish();
        }
    }
    /** The cancel that is due, as long as there is a way back. */
    #cancelled() {
        const { signal } = this.#stop;
        return signal.aborted && (0,reducer/* reversible */.qp)(this.#state)
            ? { kind: 'cancel', reason: (0,base_clock/* reasonOf */.A3)(signal).message }
            : undefined;
    }
    async #transit(event) {
        const before = this.#holder.release;
        const now = this.#options.clock.now();
        const { state, effects } = (0,reducer/* reduce */.TS)(before.plan, before.state, event, now);
        this.#state = state;
        const at = event.kind === 'waited' || event.kind === 'measured' ? (event.at ?? now) : now;
        if (state !== before.state)
            await this.#holder.save((release) => advanceRelease(release, state, at));
        await this.#trail.append({ kind: 'event', event, before: before.state.phase, after: state.phase }, this.#holder.release);
        if (state.phase !== before.state.phase) {
            this.#announce(before.state, state);
            this.#outbox.mirror(this.#holder.release);
        }
        return effects;
    }
    #announce(before, { phase, observed, reason, step }) {
        const { environment, plan } = this.#holder.release;
        if (phase === 'warming')
            this.#say('info', 'step', `${environment}: step ${step + 1} of ${plan.steps.length}, ${observed ?? 0} % confirmed`);
        if (phase === 'holding')
            this.#say('warning', 'hold', `${environment}: approval is needed. ${reason}`);
        if (phase === 'aborting' && before.phase !== 'rollback-failed')
            this.#say('warning', 'going-back', `${environment}: going back to the old version. ${reason}`);
    }
    #say(level, event, message) {
        this.#outbox.notify({ level, event, message }, this.#holder.release);
    }
    /** Split mode: the record without a lease, with the time of the next decision; undefined when a cancel came first. */
    async #sleep(nextAt) {
        const until = nextAt + this.#settings.overdueMs;
        await this.#lease('released');
        await this.#outbox.flush();
        if (this.#cancelled() !== undefined)
            return undefined;
        // From here on a cancel has to take the lease again (see takeUp): this engine must touch nothing without one.
        this.#asleep = true;
        await this.#holder.letGo((release) => ({ ...release, pending: { nextAt, until } }));
        return { ...this.#result('pending'), pending: true, nextAt };
    }
    /** People are told before the record is let go: a reaper repeats what may not have been told. */
    async #finish() {
        await this.#outbox.flush();
        await this.#lease('released');
        try {
            await this.#holder.letGo((release) => release);
        }
        catch (error) {
            // The end itself is stored.
            this.#options.log.warning(`the lease was not given back: ${(0,errors/* messageOf */.bD)(error)}`);
        }
        const outcomes = {
            done: 'promoted',
            'rolled-back': 'rolled-back',
            'finalise-failed': 'finalise-failed',
        };
        return this.#result(outcomes[this.#state.phase] ?? 'rollback-failed');
    }
    #result(outcome, reason = this.#state.reason) {
        return { outcome, pending: false, reason, release: this.#holder.release, looks: this.#effects.looks };
    }
    /** Listens for what ends the way forward, keeps the lease alive, and turns what stops this engine into its outcome. */
    async #guarded(work) {
        const { signal } = this.#options;
        const { superseded } = this.#holder;
        const onCancel = () => {
            this.#halt(`cancelled: ${(0,base_clock/* reasonOf */.A3)(signal).message}`);
        };
        const onSuperseded = () => {
            this.#halt((0,base_clock/* reasonOf */.A3)(superseded).message);
        };
        signal.addEventListener('abort', onCancel, { once: true });
        superseded.addEventListener('abort', onSuperseded, { once: true });
        if (superseded.aborted)
            onSuperseded();
        if (signal.aborted)
            onCancel();
        this.#holder.beat();
        try {
            return await work();
        }
        catch (error) {
            if (error instanceof LeaseLost) {
                await this.#lease('lost');
                const late = await this.#effects.late();
                return { ...this.#result('lost', error.message), ...(late ? { late } : {}) };
            }
            if (error instanceof Interrupted)
                return this.#result('interrupted', error.message);
            throw await this.#emergency(error);
        }
        finally {
            this.#holder.rest();
            signal.removeEventListener('abort', onCancel);
            superseded.removeEventListener('abort', onSuperseded);
        }
    }
    #halt(reason) {
        if (this.#stop.signal.aborted)
            return;
        // Aborts the effect that is under way; the reset waits for its end, at most for its grace.
        this.#stop.abort(new Error(reason));
        if ((0,reducer/* reversible */.qp)(this.#state) && this.#state.touched && !this.#asleep)
            this.#effects.resetNow();
    }
    /**
     * The state cannot be stored any more (or this program has a fault), but the lease is still ours: the target is put back
     * while it is. The record stays unfinished, so that a reaper completes it.
     */
    async #emergency(error) {
        const { clock, calm, log } = this.#options;
        const { environment } = this.#holder.release;
        let what = 'nothing was changed at the target';
        const back = this.#state.phase === 'aborting' || ((0,reducer/* reversible */.qp)(this.#state) && this.#state.touched);
        if (back && this.#holder.left > 0) {
            const ms = Math.min(this.#settings.limits.reset, this.#holder.left);
            try {
                const signals = calm === undefined ? [] : [calm];
                await bounded({ what: 'reset', ms, clock, signals }, (signal) => this.#adapter.reset(signal));
                what = 'the target was put back to the old version';
            }
            catch (fault) {
                what = `the target could not be put back: ${(0,errors/* messageOf */.bD)(fault)}`;
            }
            log.error(`${environment}: ${(0,errors/* messageOf */.bD)(error)}; ${what}`);
            this.#say('page', 'engine-failed', `${environment}: ${(0,errors/* messageOf */.bD)(error)}; ${what}`);
        }
        else if (this.#state.phase === 'finalising')
            what = 'the old version was being removed; run "gray reap"';
        await this.#outbox.flush();
        if (!(error instanceof StoreFailing))
            return error;
        return (0,errors/* environmentError */.me)({
            code: 'gray-state-unwritable',
            what: `the release's state cannot be stored; ${what}`,
            cause: (0,errors/* messageOf */.bD)(error.cause),
            where: this.#options.store.where,
            fix: 'make the place writable again, then run "gray reap", which finishes the record',
        }, { cause: error });
    }
    async #lease(action) {
        await this.#trail.append({ kind: 'lease', action, owner: this.#options.owner }, this.#holder.release);
    }
}
//# sourceMappingURL=engine.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-lost.js





/** How long the end that the new holder is driving to is waited for, ms. */
const WAIT_MS = 5 * 60_000;
/**
 * No lease can keep a frozen process from ending the one call it was in when it wakes. An engine that lost its lease with such a
 * call under way therefore proves the end anew: once the release has ended, it takes the place again and repeats what its end
 * asked for, which is idempotent. Another release at that place needs no help: each of its looks reads the weight back.
 */
async function afterLoss(run, options) {
    if (run.outcome !== 'lost' || run.late !== true)
        return run;
    const { clock, log, calm } = options;
    const { environment } = run.release;
    log.warning(`${environment}: a change was under way when the lease was lost; its end is proved again`);
    const signals = calm === undefined ? [] : [calm];
    try {
        const until = clock.now() + WAIT_MS;
        for (;;) {
            const again = await proveAgain(run.release, options, signals);
            if (again === 'over')
                return run;
            if (again !== 'later') {
                const reason = `${run.reason}; a change was under way, so the target was proved again: ${again.outcome}`;
                return { ...run, reason, release: again.release };
            }
            if (clock.now() >= until)
                break;
            const ms = settingsOf(options).queuePollMs;
            await bounded({ what: 'a wait', ms: ms + 60_000, clock, signals }, (own) => clock.sleep(ms, own));
        }
        log.warning(`${environment}: the new holder has not ended yet; its own read-back has to find a late change`);
    }
    catch (error) {
        log.error(`${environment}: the target could not be proved again: ${(0,errors/* messageOf */.bD)(error)}; look at it`);
    }
    return run;
}
/** `over`: another release is there. `later`: the new holder still drives this one. */
async function proveAgain(lost, options, signals) {
    const { store, clock, log, owner, adapterFor } = options;
    const { limits, leaseMs } = settingsOf(options);
    const bound = { what: `reading ${store.where}`, ms: limits.store, clock, signals };
    const stored = await bounded(bound, (signal) => store.read(signal));
    if (stored?.release.id !== lost.id)
        return 'over';
    const { release, revision } = stored;
    const { phase } = release.state;
    const promoted = phase === 'done' || phase === 'finalise-failed';
    const ended = promoted || phase === 'rolled-back' || phase === 'rollback-failed';
    if (release.lease !== null || !ended)
        return 'later';
    const adapter = await adapterFor(release.adapter);
    const unproved = {
        ...release,
        state: { ...release.state, phase: promoted ? 'finalise-failed' : 'rollback-failed' },
    };
    const calm = options.calm ?? new AbortController().signal;
    const holder = await take(unproved, revision, { store, clock, log, owner, leaseMs, storeMs: limits.store }, calm);
    if (holder === undefined)
        return 'later';
    // A late weight would send traffic to a version that is gone; the end of a promotion does not set one by itself.
    if (promoted)
        await bounded({ what: 'set-weight', ms: limits.setWeight, clock, signals }, (own) => adapter.set(100, own));
    return await new Engine(holder, adapter, options).resume('rollback', 'proved again', false);
}
//# sourceMappingURL=engine-lost.js.map
;// CONCATENATED MODULE: ./lib/gray/reap.js






/**
 * Finds a release whose engine is gone (its lease has expired, its CI run has completed, its next job never came) or whose way back
 * failed, takes it over, and takes it back or on. Needs nothing but the store: the adapter is made from the stored settings.
 */
function reap(options) {
    return takeUp(options, (claim) => claim.kind === 'unfinished');
}
/** Split mode: goes on with the stored release; the same as a reap with `continue` when its engine is gone. */
function tick(options) {
    return takeUp({ ...options, policy: 'continue' }, (claim) => claim.kind !== 'held');
}
/**
 * For the post step of a job: takes back what the main step of the same job (lease owner `owner`) has left, without waiting
 * for its lease. `options.owner` must be another one, so that a main step that still lives loses its lease.
 */
function recover(owner, options) {
    return takeUp({ ...options, policy: 'rollback' }, 
    // A main step that hung before it was killed has let its lease run out.
    (claim) => claim.kind === 'unfinished' || (claim.kind === 'held' && claim.owner === owner), (release) => release.lease?.owner === owner);
}
/** The rule of `reap`, `tick`, `recover` and of a new release that finds another: who may take what up. */
async function takeUp(options, may, ours = () => true) {
    const { store, clock, adapterFor, owner, measurer, log } = options;
    const { limits, leaseMs } = settingsOf(options);
    // A cancelled run still has to take its release back.
    const signal = options.calm ?? new AbortController().signal;
    const stored = await bounded({ what: `reading ${store.where}`, ms: limits.store, clock, signals: [signal] }, (own) => store.read(own));
    if (stored === undefined)
        return { action: 'none', reason: 'no release is stored' };
    const { release } = stored;
    const claim = await claimWith(release, options, signal);
    if (claim.kind === 'free')
        return { action: 'none', reason: 'the stored release has ended', release };
    if (!ours(release))
        return { action: 'none', reason: 'the stored release is driven by another run', release };
    if (!may(claim, release))
        return left(claim, release);
    // Before the lease is taken: settings that cannot be read must not leave it behind.
    const adapter = await adapterFor(release.adapter);
    const holder = await take(release, stored.revision, { store, clock, log, owner, leaseMs, storeMs: limits.store }, signal);
    if (holder === undefined)
        return { action: 'left', reason: 'another engine was faster', release };
    const { policy, reason } = policyFor(options, release, claim, measurer !== undefined);
    log.info(`${release.environment}: release ${release.id} is taken up (${policy}): ${reason}`);
    const engine = new Engine(holder, adapter, options);
    const run = await engine.resume(policy, reason, release.lease !== null);
    const settled = await afterLoss(run, options);
    return await afterSleep({ action: 'taken', reason, release: settled.release, run: settled }, options);
}
/** A cancel that came while a split job let go of its lease: it is taken again, and the release goes back. */
async function afterSleep(result, options) {
    if (result.run?.outcome !== 'pending' || !options.signal.aborted)
        return result;
    const again = await takeUp({ ...options, policy: 'rollback' }, (claim) => claim.kind === 'sleeping', ({ id }) => id === result.release?.id);
    return again.action === 'taken' ? again : result;
}
function policyFor(options, release, claim, measurable) {
    const why = claim.kind === 'unfinished' ? `the engine was lost (${claim.why})` : 'its next job';
    if (options.policy !== 'continue')
        return { policy: 'rollback', reason: `${why}; taken back` };
    if (release.superseded !== undefined)
        return { policy: 'rollback', reason: `superseded by a newer run (${release.superseded.by})` };
    if (options.planHash !== undefined && options.planHash !== release.planHash)
        return { policy: 'rollback', reason: `${why}; the settings are not those it began with; taken back` };
    if (!measurable)
        return { policy: 'rollback', reason: `${why}; there is nothing to measure with; taken back` };
    return { policy: 'continue', reason: why };
}
async function claimWith(release, options, signal) {
    const { clock, runState, log } = options;
    const claim = claimOf(release, clock.now());
    if (claim.kind !== 'held' || runState === undefined || release.run === undefined)
        return claim;
    const { run } = release;
    try {
        const state = await bounded({ what: 'asking for the run', ms: 30_000, clock, signals: [signal] }, (own) => runState(run, own));
        return claimOf(release, clock.now(), state);
    }
    catch (error) {
        log.warning(`whether the run ${run.id} has ended is not known: ${(0,errors/* messageOf */.bD)(error)}`);
        return claim;
    }
}
function left(claim, release) {
    switch (claim.kind) {
        case 'held':
            return { action: 'left', reason: `${claim.owner} drives it`, release, nextAt: claim.expires };
        case 'sleeping':
            return { action: 'left', reason: 'it sleeps between two jobs', release, nextAt: claim.nextAt };
        default:
            return { action: 'left', reason: 'it is not for this call', release };
    }
}
//# sourceMappingURL=reap.js.map
;// CONCATENATED MODULE: ./lib/gray/engine-start.js








/**
 * Releases a new version: takes the place of what is stored (an ended release at once, an abandoned one after taking it
 * back, a running one after waiting for it, or asking it to go back), and drives it to its end, or in split mode to its first long
 * wait. Throws PipelineError for settings that cannot work, for a release that blocks this one, and when the state cannot be stored.
 */
async function runRelease(request, options) {
    const problems = checkRequest(request, options);
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('input', problems);
    const { store, clock, log, owner } = options;
    const { leaseMs, limits } = settingsOf(options);
    const adapter = await options.adapterFor(request.adapter);
    const since = clock.now();
    const queue = new Queue(options, since);
    for (;;) {
        const stored = await unlessCancelled(options.signal, () => place(queue, options));
        if (stored === 'taken')
            continue;
        const release = newRelease(request, clock.now());
        const holder = await take(release, stored?.revision, { store, clock, log, owner, leaseMs, storeMs: limits.store }, 
        // Once begun, the write is waited for: a cancel right after it goes back in order.
        options.calm ?? new AbortController().signal);
        if (holder === undefined)
            continue;
        const run = await afterLoss(await new Engine(holder, adapter, options).start(), options);
        const done = await afterSleep({ action: 'taken', reason: run.reason, release: run.release, run }, options);
        return done.run ?? run;
    }
}
/** What is stored at a place that may be taken now. */
async function place(queue, { store, clock, signal, settings }) {
    const { limits } = settingsOf({ ...(settings === undefined ? {} : { settings }) });
    const bound = { what: `reading ${store.where}`, ms: limits.store, clock, signals: [signal] };
    const stored = await bounded(bound, (own) => store.read(own));
    return (await queue.free(stored)) ? stored : 'taken';
}
async function unlessCancelled(signal, work) {
    try {
        return await work();
    }
    catch (error) {
        throw signal.aborted && !(error instanceof errors/* PipelineError */.zC) ? (0,errors/* cancelledError */.YQ)() : error;
    }
}
function checkRequest(request, options) {
    const problems = checkPlan(request.plan);
    const missing = (what, fix) => {
        problems.push({ code: 'gray-plan', what, fix });
    };
    const { steps, endPolicy } = request.plan;
    if (options.measurer === undefined)
        missing('a release needs metrics to be judged by', 'give metrics');
    if (options.approver === undefined && (endPolicy === 'hold' || steps.some(({ hold }) => hold)))
        missing('the plan holds for approval, but nobody can be asked', 'set an approver up, or take the hold out of the plan');
    if (typeof request.adapter['kind'] !== 'string')
        missing('the adapter\'s settings have no "kind"', 'name the adapter');
    if (request.old === request.new)
        missing(`old and new version are the same: ${request.new}`, 'there is nothing to release');
    return problems;
}
/** What stands between a new release and the stored one. */
class Queue {
    #options;
    #since;
    #told = '';
    constructor(options, since) {
        this.#options = options;
        this.#since = since;
    }
    /** True when the place may be taken. False after something has been done about it, or after a wait: look again. */
    async free(stored) {
        if (stored === undefined)
            return true;
        const { clock, signal, log } = this.#options;
        const { concurrency, queueMs, queuePollMs } = settingsOf(this.#options);
        const { release } = stored;
        const newest = concurrency === 'newest-wins';
        if (newest)
            this.#refuseOlder(release);
        const claim = claimOf(release, clock.now());
        if (claim.kind === 'free')
            return true;
        // Asked through takeUp as well, which knows whether the run has completed.
        const taken = await takeUp({ ...this.#options, policy: 'rollback' }, (found) => found.kind === 'unfinished' || (newest && found.kind === 'sleeping'), ({ id }) => id === release.id);
        if (taken.run !== undefined) {
            if (taken.run.outcome === 'promoted' || taken.run.outcome === 'rolled-back')
                return false;
            if (taken.run.outcome !== 'lost')
                throw (0,errors/* gateError */.em)({
                    code: 'gray-unfinished',
                    what: `the release before (${release.id}, ${release.new}) could not be brought to an end: ${taken.run.outcome}`,
                    cause: taken.run.reason,
                    where: this.#options.store.where,
                    fix: 'put the target right, run "gray reap" until it ends well, then release again',
                });
        }
        if (newest && claim.kind === 'held' && release.superseded?.by !== this.#options.owner)
            return await this.#supersede(stored);
        const waited = clock.now() - this.#since;
        if (waited >= queueMs)
            throw (0,errors/* gateError */.em)({
                code: 'gray-busy',
                what: `another release (${release.id}, ${release.new}) is still running`,
                cause: taken.reason,
                where: release.run?.url ?? this.#options.store.where,
                fix: 'wait for it; raise the time to queue, or use newest-wins, which asks it to go back',
            });
        const told = `waiting for release ${release.id} (${release.new}), which is ${release.state.phase}`;
        if (told !== this.#told)
            log.info(told);
        this.#told = told;
        await bounded({ what: 'a wait', ms: queuePollMs + 60_000, clock, signals: [signal] }, (own) => clock.sleep(Math.min(queuePollMs, queueMs - waited), own));
        return false;
    }
    /** Of several waiting runs only the newest goes on; a mark from before us is replaced by ours. */
    #refuseOlder({ superseded }) {
        if (superseded === undefined || superseded.by === this.#options.owner)
            return;
        // Equal times are decided by name, so that not both give way.
        const newer = superseded.at > this.#since || (superseded.at === this.#since && superseded.by > this.#options.owner);
        if (newer)
            throw (0,errors/* gateError */.em)({
                code: 'gray-superseded',
                what: `a newer release (${superseded.by}) takes this one's place`,
                fix: 'nothing: the newest run releases',
            });
    }
    async #supersede({ release, revision }) {
        const { store, clock, signal, owner, log } = this.#options;
        const { limits } = settingsOf(this.#options);
        const marked = { ...release, superseded: { by: owner, at: this.#since } };
        const written = await bounded({ what: `writing ${store.where}`, ms: limits.store, clock, signals: [signal] }, (own) => store.write(marked, revision, own));
        if (written !== undefined)
            log.info(`release ${release.id} is asked to go back`);
        return false;
    }
}
//# sourceMappingURL=engine-start.js.map
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(48161);
;// CONCATENATED MODULE: ./lib/actions/gray/abort.js





const POLL_MS = 1000;
/** A live engine learns of the mark with its next write, at the latest with its next heartbeat, and then goes back. */
const PATIENCE_MS = 15 * 60_000;
/**
 * Takes the stored release back, whoever drives it: a living engine is asked by the mark that only it may obey, a sleeping or
 * lost one is taken over. Throws `gray-busy` when a living engine does not obey in time.
 */
async function abortRelease(wires, act, why) {
    const { store } = wires;
    const owner = `gray ${why} by ${who(act.env['GITHUB_ACTOR'])}`;
    const since = act.clock.now();
    let asked = false;
    for (;;) {
        const stored = await store.read(act.signal);
        if (stored === undefined)
            return { action: 'none', reason: 'no release is stored' };
        const { release, revision } = stored;
        const names = { old: release.old, new: release.new };
        const claim = claimOf(release, act.clock.now());
        if (claim.kind === 'free')
            return {
                action: 'none',
                reason: asked ? release.state.reason : 'the stored release has ended',
                release,
            };
        if (claim.kind !== 'held') {
            const options = wires.options(names);
            const marked = { ...options, policy: 'rollback' };
            return takeUp(marked, (found) => found.kind !== 'held', ({ id }) => id === release.id); // prettier-ignore
        }
        // One that has ended is let go of in a moment, or when its lease is over.
        if (act.clock.now() - since > PATIENCE_MS)
            throw (0,errors/* gateError */.em)({
                code: 'gray-busy',
                what: `release ${release.id} is held by ${claim.owner}, which does not go back`,
                where: release.run?.url ?? store.where,
                fix: `wait until ${new Date(claim.expires).toISOString()}, then run gray reap`,
            });
        if (release.superseded === undefined && !(0,reducer/* isTerminal */.Hd)(release.state)) {
            const marked = { ...release, superseded: { by: owner, at: since } };
            if ((await store.write(marked, revision, act.signal)) !== undefined && !asked) {
                act.log.info(`release ${release.id} is asked to go back; ${claim.owner} drives it`);
                asked = true;
            }
        }
        await act.clock.sleep(POLL_MS, act.signal);
    }
}
function who(actor) {
    if (actor !== undefined && actor !== '')
        return actor;
    try {
        return (0,external_node_os_.userInfo)().username;
    }
    catch {
        return 'somebody';
    }
}
//# sourceMappingURL=abort.js.map
// EXTERNAL MODULE: ./lib/actions/this-run.js
var this_run = __webpack_require__(81023);
// EXTERNAL MODULE: ./lib/actions/gray/gather.js + 4 modules
var gather = __webpack_require__(87968);
// EXTERNAL MODULE: ./lib/actions/gray/inputs.js
var gray_inputs = __webpack_require__(43938);
;// CONCATENATED MODULE: ./lib/actions/gray/outputs.js


/** The outputs of the action, by name. */
function outputsOf(end) {
    const { release } = end;
    const outputs = { result: end.result };
    if (release !== undefined) {
        const { state } = release;
        outputs['phase'] = state.phase;
        outputs['step'] = String(state.step + 1);
        outputs['weight'] = String(state.observed ?? state.intended);
        outputs['release-id'] = release.id;
        outputs['old-version'] = release.old;
        outputs['new-version'] = release.new;
    }
    const reason = end.reason ?? release?.state.reason;
    if (reason !== undefined)
        outputs['reason'] = reason;
    const next = end.nextAt ?? (end.result === 'pending' ? release?.pending?.nextAt : undefined);
    // While people are asked there is a time too, but it is that of giving up.
    if (next !== undefined && release?.state.phase !== 'holding')
        outputs['next-at'] = new Date(next).toISOString();
    if (end.audit !== undefined) {
        outputs['audit'] = end.audit.file;
        if (end.audit.head !== undefined)
            outputs['audit-head'] = end.audit.head;
    }
    if (end.report !== undefined)
        outputs['report'] = end.report;
    if (end.plan !== undefined)
        outputs['plan'] = JSON.stringify(end.plan);
    return outputs;
}
/** What a stored release is, told by `status`. */
function resultOf(release) {
    switch (release?.state.phase) {
        case undefined:
            return 'none';
        case 'done':
            return 'promoted';
        case 'rolled-back':
        case 'rollback-failed':
        case 'finalise-failed':
            return release.state.phase;
        default:
            return 'pending';
    }
}
/**
 * Why a release did not end well, typed for the exit code: a gate that refused (1), a target or metrics that failed (3), a
 * cancelled run (130). undefined: it ended well, or goes on.
 */
function failureOf(end, { last, cancelled }) {
    const { release, result } = end;
    const reason = end.reason ?? release?.state.reason ?? 'nothing is known of the release';
    const where = release === undefined ? {} : { where: `environment ${release.environment}, release ${release.id}` };
    switch (result) {
        case 'promoted':
        case 'pending':
        case 'planned':
        case 'none':
            return undefined;
        case 'rollback-failed':
            return (0,errors/* environmentError */.me)({
                code: 'gray-rollback-failed',
                what: 'the release could not be taken back: both versions may be serving',
                cause: reason,
                ...where,
                fix: 'put the target right by hand or repair it, then run gray reap: the state is kept and it tries again',
            });
        case 'finalise-failed':
            return (0,errors/* environmentError */.me)({
                code: 'gray-finalise-failed',
                what: 'the new version serves everything, but the old one could not be removed',
                cause: reason,
                ...where,
                fix: 'repair the target, then run gray reap: it tries again',
            });
        case 'lost':
            return (0,errors/* environmentError */.me)({
                code: 'gray-lease-lost',
                what: 'another run has taken the release over',
                cause: reason,
                ...where,
                fix: 'look at that run; make lease longer if this one was only slow',
            });
        case 'interrupted':
            return (0,errors/* cancelledError */.YQ)(`the run was cancelled before the release was taken back; the post step goes on: ${reason}`);
        case 'superseded':
        case 'refused':
        case 'rolled-back':
            return takenBack(reason, where, cancelled, last, release);
    }
}
function takenBack(reason, where, cancelled, last, release) {
    if (cancelled)
        return (0,errors/* cancelledError */.YQ)(`the run was cancelled and the release taken back: ${reason}`);
    const refused = {
        what: 'the release was refused and taken back',
        cause: reason,
        ...where,
        fix: 'the summary and the audit show the numbers; repair the new version and release again',
    };
    if (last !== undefined && (last.verdict === 'fail' || last.hard === true))
        return (0,errors/* gateError */.em)({ code: 'gray-gate', ...refused });
    // The reducer's own words; each has a test of its own there and here.
    if (/^(rejected by|nobody approved|still (inconclusive|nodata|pass|fail)|smoking failed|superseded)/.test(reason))
        return (0,errors/* gateError */.em)({ code: 'gray-gate', ...refused });
    return (0,errors/* environmentError */.me)({
        code: 'gray-environment',
        what: 'the release was taken back because its surroundings failed',
        cause: reason,
        ...where,
        fix: release === undefined || !(0,reducer/* isTerminal */.Hd)(release.state)
            ? 'look at the target and at Prometheus'
            : 'nothing of it is left at the target: look at the target and at Prometheus, then release again',
    });
}
//# sourceMappingURL=outputs.js.map
// EXTERNAL MODULE: ./lib/actions/gray/plan.js
var gray_plan = __webpack_require__(28436);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/files.js
var base_files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/report/audit-chain.js
var audit_chain = __webpack_require__(17637);
// EXTERNAL MODULE: ./lib/report/files.js + 1 modules
var report_files = __webpack_require__(44934);
;// CONCATENATED MODULE: ./lib/report/gray-model.js
/** The looks and decisions of a release as its audit holds them: in split mode each job knows only its own. */
function fromAudit(entries, release) {
    const looks = [];
    const decisions = [];
    const weights = new Map();
    for (const { release: of, record, at } of entries) {
        if (of !== release)
            continue;
        if (record.kind === 'measurement') {
            looks.push({ window: record.window, measurement: record.measurement });
            for (const one of record.window.history)
                weights.set(one.at, one);
        }
        if (record.kind === 'approval' && record.answer.kind !== 'waiting')
            decisions.push({
                at: Date.parse(at),
                text: record.answer.kind === 'approved'
                    ? `approved by ${record.answer.by.join(' and ')}`
                    : `rejected by ${record.answer.by}`,
            });
    }
    return { looks, decisions, weights: [...weights.values()].sort((a, b) => a.at - b.at) };
}
/** How a release stands, in one word of its own and in a sentence. */
function outcomeOf({ release }) {
    const { phase, observed, intended } = release.state;
    const share = `${gray_model_round(observed ?? intended)} %`;
    const outcomes = {
        done: { mark: '✅', tone: 'good', text: 'promoted, the new version serves everything' },
        'rolled-back': { mark: '⛔', tone: 'bad', text: 'taken back, the old version serves everything' },
        'rollback-failed': {
            mark: '🚨',
            tone: 'bad',
            text: `THE WAY BACK FAILED: the new version was last seen at ${share}`,
        },
        'finalise-failed': {
            mark: '⚠️',
            tone: 'bad',
            text: 'promoted, but the old version could not be removed',
        },
        holding: { mark: '✋', tone: 'open', text: `waits for approval at ${share}` },
        aborting: { mark: '⛔', tone: 'bad', text: 'going back to the old version' },
    };
    return (outcomes[phase] ?? {
        mark: '⏳',
        tone: 'open',
        text: `on its way, ${share} of the new version (${phase})`,
    });
}
function sectionsOf(looks) {
    const groups = new Map();
    for (const look of looks) {
        const key = `${look.window.step} ${look.window.baking}`;
        groups.set(key, [...(groups.get(key) ?? []), look]);
    }
    return [...groups.values()].flatMap((group) => {
        const [first] = group;
        if (first === undefined)
            return [];
        return [
            {
                title: first.window.baking ? 'bake' : `step ${first.window.step + 1}`,
                percent: first.window.percent,
                looks: group,
                start: Math.min(...group.map(({ window }) => window.start)),
                end: Math.max(...group.map(({ window }) => window.end)),
            },
        ];
    });
}
/** Metrics worth a picture first: what failed, then what is critical, then what decides anything. */
function metricsOf(looks) {
    const ranks = new Map();
    for (const { measurement } of looks)
        for (const metric of measurement.metrics) {
            const rank = metric.verdict === 'fail' && !metric.dryRun
                ? 0
                : metric.critical && !metric.dryRun
                    ? 1
                    : metric.dryRun
                        ? 3
                        : 2;
            ranks.set(metric.name, Math.min(rank, ranks.get(metric.name) ?? 9));
        }
    return [...ranks].sort((a, b) => a[1] - b[1]).map(([name]) => name);
}
const isCounts = (value) => typeof value === 'object' &&
    value !== null &&
    typeof value.bad === 'number' &&
    typeof value.total === 'number';
/** The counts a metric was judged by, for each version, when it is made of counts. */
function countsOf(metric) {
    const counts = {};
    for (const item of metric.items ?? []) {
        const { new: fresh, old } = item;
        if (counts.new === undefined && isCounts(fresh))
            counts.new = fresh;
        if (counts.old === undefined && isCounts(old))
            counts.old = old;
    }
    return counts;
}
/** What the last look still lacked for a verdict; empty when everything that has a say was decided. */
function neededOf({ looks }) {
    const last = looks.at(-1);
    if (last === undefined)
        return [];
    const { start, end } = last.window;
    return last.measurement.metrics.flatMap((metric) => {
        if (metric.needed === undefined ||
            metric.dryRun ||
            metric.verdict === 'pass' ||
            metric.verdict === 'fail')
            return [];
        const total = countsOf(metric).new?.total ?? 0;
        const ms = total > 0 && end > start ? Math.round((metric.needed * (end - start)) / total) : undefined;
        return [{ metric: metric.name, events: metric.needed, ...(ms === undefined ? {} : { ms }) }];
    });
}
/** A ratio is shown in percent; what is measured in units of its own is shown as it is. */
const isShare = (metric) => (metric.items ?? []).some((item) => ['ratio', 'sequential'].includes(String(item.kind)));
/** Three digits, never in powers of ten where people would have to count zeros. */
function showValue(value, share) {
    const number = share ? value * 100 : value;
    const digits = number === 0 ? '0' : Math.abs(number) >= 100 ? number.toFixed(0) : plain(number);
    return share ? `${digits} %` : digits;
}
const plain = (value) => Math.abs(value) < 1e-6 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
const gray_model_round = (percent) => Math.round(percent * 10) / 10;
/** The share of the new version over time: what was confirmed, and nothing after a way back. */
function weightsOf({ release, until }) {
    const changes = [...release.history].sort((a, b) => a.at - b.at).map(({ at, percent }) => ({ at, percent }));
    const points = [{ at: Math.min(release.startedAt, changes[0]?.at ?? Infinity), percent: 0 }, ...changes];
    const { phase } = release.state;
    if (phase === 'rolled-back' && (points.at(-1)?.percent ?? 0) > 0)
        points.push({ at: until, percent: 0 });
    return points;
}
//# sourceMappingURL=gray-model.js.map
// EXTERNAL MODULE: ./lib/report/format.js
var format = __webpack_require__(87703);
// EXTERNAL MODULE: ./lib/report/svg.js
var svg = __webpack_require__(26752);
;// CONCATENATED MODULE: ./lib/report/gray-chart.js




const WIDTH = 860;
const PAD = 20;
const LEFT = 78;
const RIGHT = WIDTH - PAD;
const SMALL = 11;
const MOST_PANELS = 8;
/** More looks than this in one panel are thinned out: a picture of hours must not grow to megabytes. */
const MOST_POINTS = 160;
const WEIGHT_HEIGHT = 84;
const PANEL_HEIGHT = 104;
const GAP = 48;
// Lines and marks in the colours of svg.ts, which only fills.
const STYLE = [
    '<style>.ln{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.sb{stroke:#0969da}.sg{stroke:#818b98}.sr{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:6 4;fill:none}',
    '.ba{fill:#54aeff;fill-opacity:.22}.dot{stroke:#fff;stroke-width:1.5}.wt{fill:#0969da;fill-opacity:.14}',
    '@media (prefers-color-scheme:dark){.sb{stroke:#388bfd}.sg{stroke:#9198a1}.sr{stroke:#f85149}.dot{stroke:#0d1117}.ba{fill:#388bfd}.wt{fill:#388bfd}}</style>',
].join('');
const VERDICTS = {
    pass: { style: 'green', text: 'pass' },
    fail: { style: 'red', text: 'fail' },
    inconclusive: { style: 'amber', text: 'not decided' },
    nodata: { style: 'grey', text: 'no data' },
    error: { style: 'grey', text: 'error' },
};
/**
 * The release as a picture: the new version's share, and under it each metric of both versions with its bounds, its limit and the
 * verdict of each look, on one axis of time. Undefined before anything has happened.
 */
function grayChartSvg(report) {
    const { release, looks } = report;
    if (release.history.length === 0 && looks.length === 0)
        return undefined;
    const names = metricsOf(looks);
    const shown = names.slice(0, MOST_PANELS);
    const weights = weightsOf(report);
    const start = weights[0]?.at ?? release.startedAt;
    const end = Math.max(start + 1000, report.until, ...looks.map(({ window }) => window.end));
    const x = (at) => LEFT + ((Math.min(end, Math.max(start, at)) - start) / (end - start)) * (RIGHT - LEFT);
    const { shapes, height } = header(report, names.length - shown.length);
    const top = height + 28;
    const bottom = top + WEIGHT_HEIGHT + shown.length * (PANEL_HEIGHT + GAP);
    const ticks = grid(start, end, x, top, bottom);
    const body = [
        ...ticks,
        ...weightPanel(report, weights, x, top, end),
        ...shown.flatMap((name, index) => metricPanel(name, thinned(looks.flatMap(({ measurement, window }) => measurement.metrics
            .filter((metric) => metric.name === name)
            .map((metric) => ({
            at: measurement.at,
            section: `${window.step} ${window.baking}`,
            metric,
        })))), x, top + WEIGHT_HEIGHT + index * (PANEL_HEIGHT + GAP) + GAP)),
        ...decisions(report, x, top, bottom),
    ];
    return (0,svg/* picture */.li)(WIDTH, bottom + 34, `Gray release of ${release.environment}: ${outcomeOf(report).text}`, [
        STYLE,
        ...shapes,
        ...body,
    ]);
}
function header(report, hidden) {
    const { release, looks } = report;
    const room = WIDTH - 2 * PAD;
    const outcome = outcomeOf(report);
    const took = (0,base_clock/* formatDuration */.a3)(Math.max(0, report.until - release.startedAt));
    const shapes = [
        (0,svg/* textAt */.$6)(PAD, 30, (0,svg/* fitText */.vY)(`${release.environment}: ${outcome.text}`, room, 15, true), {
            size: 15,
            bold: true,
        }),
        (0,svg/* textAt */.$6)(PAD, 50, (0,svg/* fitText */.vY)(release.state.reason, room, 12), { style: 'm' }),
    ];
    const used = new Set(looks.flatMap(({ measurement }) => measurement.metrics.map((metric) => metric.verdict)));
    const legend = [
        ['line sb', 'new version'],
        ['line sg', 'old version'],
        ['line sr', 'limit'],
        ['box ba', 'bounds'],
        ...['pass', 'fail', 'inconclusive', 'nodata', 'error']
            .filter((verdict) => used.has(verdict))
            .map((verdict) => [
            `dot ${VERDICTS[verdict]?.style ?? 'grey'}`,
            VERDICTS[verdict]?.text ?? verdict,
        ]),
    ];
    let at = PAD;
    for (const [kind, text] of legend) {
        const [shape = '', style = ''] = kind.split(' ');
        if (shape === 'line')
            shapes.push((0,svg/* line */.n8)(at, 68, at + 16, 68, style === 'sr' ? 'sr' : `ln ${style}`));
        else if (shape === 'box')
            shapes.push((0,svg/* rectangle */.YC)({ x: at, y: 63, width: 16, height: 10 }, style));
        else
            shapes.push(dot(at + 8, 68, style));
        shapes.push((0,svg/* textAt */.$6)(at + 21, 72, text, { size: SMALL, style: 'm' }));
        at += 21 + (0,svg/* textWidth */.sc)(text, SMALL) + 14;
    }
    const more = hidden > 0 ? `, ${(0,format/* count */.U9)(hidden, 'metric')} not drawn` : '';
    const facts = `${took}, ${(0,format/* count */.U9)(looks.length, 'look')}${more}`;
    if (at + (0,svg/* textWidth */.sc)(facts, SMALL) < WIDTH - PAD)
        shapes.push((0,svg/* textAt */.$6)(WIDTH - PAD, 72, facts, { size: SMALL, anchor: 'end', style: 'm' }));
    return { shapes, height: 84 };
}
/** Lines of time through all panels, each panel on the same axis. */
function grid(start, end, x, top, bottom) {
    const steps = [5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000]; // prettier-ignore
    const step = steps.find((one) => (end - start) / one <= 9) ?? Math.ceil((end - start) / 9);
    const shapes = [];
    for (let ms = 0; ms <= end - start; ms += step) {
        shapes.push((0,svg/* line */.n8)(x(start + ms), top, x(start + ms), bottom + 4, 'grid'));
        const text = ms === 0
            ? '0'
            : step < 60_000 && ms % 60_000 !== 0
                ? `${ms / 1000} s`
                : ms < 7_200_000
                    ? `${gray_model_round(ms / 60_000)} min`
                    : `${gray_model_round(ms / 3_600_000)} h`;
        shapes.push((0,svg/* textAt */.$6)(x(start + ms), bottom + 20, text, { size: SMALL, anchor: 'middle', style: 'm' }));
    }
    return shapes;
}
function weightPanel({ release }, weights, x, top, end) {
    const y = (percent) => top + WEIGHT_HEIGHT - (percent / 100) * WEIGHT_HEIGHT;
    const shapes = [
        (0,svg/* textAt */.$6)(PAD, top - 12, 'Share of the new version', { size: 12, bold: true }),
        ...[0, 50, 100].flatMap((percent) => [
            (0,svg/* line */.n8)(LEFT, y(percent), RIGHT, y(percent), 'grid'),
            (0,svg/* textAt */.$6)(LEFT - 8, y(percent) + 4, `${percent} %`, { size: SMALL, anchor: 'end', style: 'm' }),
        ]),
    ];
    const corners = [];
    for (const [index, { at, percent }] of weights.entries()) {
        const before = weights[index - 1];
        if (before !== undefined)
            corners.push([x(at), y(before.percent)]);
        corners.push([x(at), y(percent)]);
    }
    corners.push([x(end), y(weights.at(-1)?.percent ?? 0)]);
    const [first] = corners;
    const last = corners.at(-1);
    if (first !== undefined && last !== undefined)
        shapes.push(`<path class="wt" d="${path([...corners, [last[0], y(0)], [first[0], y(0)]])}Z"/>`);
    shapes.push(`<path class="ln sb" d="${path(corners)}"/>`);
    let free = 0;
    for (const [index, { at, percent }] of weights.entries()) {
        const before = weights[index - 1]?.percent;
        if (before === undefined)
            continue;
        const label = `${gray_model_round(percent)} %`;
        const width = (0,svg/* textWidth */.sc)(label, SMALL);
        const place = Math.min(x(at) + 4, RIGHT - width);
        if (place < free)
            continue;
        free = place + width + 6;
        shapes.push((0,svg/* textAt */.$6)(place, Math.max(top + 12, y(Math.max(percent, before)) - 5), label, {
            size: SMALL,
            style: 'm halo',
        }));
    }
    if (release.state.phase === 'rollback-failed')
        shapes.push(dot(x(end), y(weights.at(-1)?.percent ?? 0), 'red'));
    return shapes;
}
function metricPanel(name, points, x, top) {
    const last = points.at(-1);
    if (last === undefined)
        return [];
    const share = points.some(({ metric }) => isShare(metric));
    const values = points.flatMap(({ metric }) => [metric.new, metric.old, metric.limit].filter((one) => one !== undefined));
    const highest = Math.max(0, ...values);
    // Bounds of few events reach far: they may go beyond the panel, the values and the limit may not.
    const far = Math.max(0, ...points.flatMap(({ metric }) => (hasBand(metric) ? [metric.upper ?? 0] : [])));
    const most = niceMost(Math.max(highest * 1.15, Math.min(far, highest * 2.5)), share);
    const low = niceLeast(Math.min(0, ...values));
    const y = (value) => top + PANEL_HEIGHT - ((Math.min(most, Math.max(low, value)) - low) / (most - low)) * PANEL_HEIGHT;
    const verdict = VERDICTS[last.metric.verdict];
    const kind = last.metric.dryRun ? ' (says, but does not decide)' : last.metric.critical ? ' (critical)' : '';
    const now = last.metric.new === undefined
        ? ''
        : `: new ${showValue(last.metric.new, share)}${last.metric.old === undefined ? '' : `, old ${showValue(last.metric.old, share)}`}`;
    const { needed } = last.metric;
    const more = needed === undefined ? '' : `, ${(0,format/* count */.U9)(needed, 'more event')} needed`;
    const right = `${verdict?.text ?? last.metric.verdict}${more}${now}`;
    const shapes = [
        // The lines of time run behind the words.
        (0,svg/* textAt */.$6)(PAD, top - 12, (0,svg/* fitText */.vY)(`${name}${kind}`, RIGHT - PAD - (0,svg/* textWidth */.sc)(right, SMALL) - 24, 12, true), {
            size: 12,
            bold: true,
            style: 't halo',
        }),
        (0,svg/* textAt */.$6)(RIGHT, top - 12, right, { size: SMALL, anchor: 'end', style: 'm halo' }),
        ...[low, (low + most) / 2, most].flatMap((value) => [
            (0,svg/* line */.n8)(LEFT, y(value), RIGHT, y(value), 'grid'),
            (0,svg/* textAt */.$6)(LEFT - 8, y(value) + 4, showValue(value, share), { size: SMALL, anchor: 'end', style: 'm' }),
        ]),
    ];
    for (const run of runsOf(points, hasBand)) {
        const upper = run.map(({ at, metric }) => [x(at), y(metric.upper ?? 0)]);
        const lower = run.map(({ at, metric }) => [x(at), y(metric.lower ?? 0)]);
        shapes.push(`<path class="ba" d="${path([...widened(upper), ...widened(lower).reverse()])}Z"/>`);
    }
    for (const run of runsOf(points, ({ limit }) => limit !== undefined)) {
        const corners = run.map(({ at, metric }) => [x(at), y(metric.limit ?? 0)]);
        shapes.push(`<path class="sr" d="${path(widened(corners))}"/>`);
    }
    for (const [key, style] of [
        ['old', 'sg'],
        ['new', 'sb'],
    ])
        for (const run of runsOf(points, (metric) => metric[key] !== undefined))
            shapes.push(`<path class="ln ${style}" d="${path(run.map(({ at, metric }) => [x(at), y(metric[key] ?? 0)]))}"/>`);
    for (const { at, metric } of points)
        shapes.push(dot(x(at), y(metric.new ?? low), VERDICTS[metric.verdict]?.style ?? 'grey', `${metric.verdict}: ${metric.reason}`.slice(0, 300)));
    return shapes;
}
/** Keeps the ends of each observation and, as far as there is room, each change of the verdict. */
function thinned(points) {
    if (points.length <= MOST_POINTS)
        return points;
    const every = Math.ceil((2 * points.length) / MOST_POINTS);
    const keeps = (index) => {
        const [before, point, after] = [points[index - 1], points[index], points[index + 1]];
        return before?.section !== point?.section || after?.section !== point?.section;
    };
    const changes = points.flatMap((point, index) => point.metric.verdict === points[index - 1]?.metric.verdict ? [] : [index]);
    const kept = new Set(changes.length > MOST_POINTS / 2 ? [] : changes);
    return points.filter((_, index) => index % every === 0 || keeps(index) || kept.has(index));
}
/** The recorded bounds are those of the value itself, not of a difference between the versions. */
const hasBand = ({ lower, upper, new: value }) => lower !== undefined && upper !== undefined && value !== undefined && lower <= value && value <= upper;
/** Stretches without a gap: no line is drawn over looks without data, or from one step to the next. */
function runsOf(points, has) {
    const runs = [];
    let open;
    for (const point of points) {
        if (!has(point.metric)) {
            open = undefined;
            continue;
        }
        if (open === undefined || open[0]?.section !== point.section)
            runs.push((open = []));
        open.push(point);
    }
    return runs;
}
/** A single look as a short line instead of a point that cannot be seen. */
function widened(corners) {
    const [only] = corners;
    if (only === undefined || corners.length > 1)
        return [...corners];
    return [
        [Math.max(LEFT, only[0] - 6), only[1]],
        [Math.min(RIGHT, only[0] + 6), only[1]],
    ];
}
function decisions(report, x, top, bottom) {
    let free = 0;
    return report.decisions.flatMap(({ at, text }) => {
        const width = (0,svg/* textWidth */.sc)(text, SMALL);
        const place = Math.min(Math.max(LEFT, x(at) + 4), RIGHT - width);
        const shapes = [(0,svg/* line */.n8)(x(at), top, x(at), bottom, 'mark')];
        if (place >= free)
            shapes.push((0,svg/* textAt */.$6)(place, top + WEIGHT_HEIGHT + 14, text, { size: SMALL, style: 'm halo' }));
        free = Math.max(free, place + width + 8);
        return shapes;
    });
}
function dot(x, y, style, hint) {
    const shape = `<circle class="dot ${style}" cx="${number(x)}" cy="${number(y)}" r="4.5"`;
    return hint === undefined ? `${shape}/>` : `${shape}><title>${(0,svg/* xml */._n)(hint)}</title></circle>`;
}
const number = (value) => String(Math.round(value * 10) / 10);
const path = (corners) => corners.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`).join('');
/** A round number above `value`, so that the axis has labels people can read. */
function niceMost(value, share) {
    if (!(value > 0))
        return share ? 0.01 : 1;
    const power = 10 ** Math.floor(Math.log10(value));
    const found = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10]
        .map((factor) => factor * power)
        .find((one) => one >= value * 0.9999) ?? 10 * power;
    return share ? Math.min(1, Number(found.toPrecision(6))) : Number(found.toPrecision(6));
}
const niceLeast = (value) => (value < 0 ? -niceMost(-value, false) : 0);
//# sourceMappingURL=gray-chart.js.map
// EXTERNAL MODULE: ./lib/report/mermaid.js
var mermaid = __webpack_require__(49789);
;// CONCATENATED MODULE: ./lib/report/gray-mermaid.js


/** A summary page of GitHub draws Mermaid, but no SVG of ours; so the same picture in its plainer form. */
const SAMPLES = 24;
const MOST_METRICS = 3;
/**
 * The new version's share, and the first metrics of both versions with their limits, as Mermaid xychart blocks. Each says
 * in `legend` which line is which, because the chart cannot.
 */
function grayMermaid(report) {
    const charts = [];
    const weights = weightsOf(report);
    const start = weights[0]?.at ?? report.release.startedAt;
    if (report.release.history.length > 0) {
        const axis = axisOf(start, start, Math.max(start + 1000, report.until));
        const points = weights.map(({ at, percent }) => ({ at, value: percent }));
        const title = 'Share of the new version';
        charts.push({
            title,
            legend: '',
            chart: chart(`${title} in %`, axis.text, 100, [sampled(points, axis.times)]),
        });
    }
    for (const name of metricsOf(report.looks).slice(0, MOST_METRICS)) {
        const points = report.looks.flatMap(({ measurement }) => measurement.metrics
            .filter((one) => one.name === name)
            .map((metric) => ({ at: measurement.at, metric })));
        const share = points.some(({ metric }) => isShare(metric));
        const series = ['new', 'old', 'limit'].flatMap((key) => {
            const values = points.flatMap(({ at, metric }) => {
                const value = metric[key];
                return value === undefined ? [] : [{ at, value: share ? value * 100 : value }];
            });
            return values.length === 0 ? [] : [{ key, values }];
        });
        const times = series.find(({ key }) => key === 'new')?.values.map(({ at }) => at) ?? [];
        const [first] = times;
        const last = times.at(-1);
        // One point is no line; the tables have its numbers.
        if (first === undefined || last === undefined || last <= first)
            continue;
        const axis = axisOf(start, first, last);
        const lines = series.map(({ values }) => sampled(values, axis.times));
        const most = Math.max(...lines.flat());
        charts.push({
            title: name,
            legend: series
                .map(({ key }, index) => `${ORDER[index] ?? ''} line (${LINES[key].name}): ${key === 'limit' ? 'limit' : `${key} version`}`)
                .join(', '),
            chart: chart(`${name}${share ? ', bad events in %' : ''}`, axis.text, most <= 0 ? 1 : most * 1.15, lines, series.map(({ key }) => LINES[key].colour)),
        });
    }
    return charts;
}
const ORDER = ['first', 'second', 'third'];
/** As in the SVG. Where a viewer ignores the directive, the order of the lines still holds. */
const LINES = {
    new: { name: 'blue', colour: '#0969da' },
    old: { name: 'grey', colour: '#818b98' },
    limit: { name: 'red', colour: '#cf222e' },
};
/** Equal distances, because the chart knows no times: the axis tells where the first and the last lie. */
function axisOf(zero, from, to) {
    const short = to - zero < 180_000;
    const unit = short ? 1000 : 60_000;
    return {
        text: `x-axis "${short ? 'seconds' : 'minutes'}" ${decimal((from - zero) / unit)} --> ${decimal((to - zero) / unit)}`,
        times: Array.from({ length: SAMPLES + 1 }, (_, index) => from + ((to - from) * index) / SAMPLES),
    };
}
/** The newest value known at each time; a chart of this kind knows no gaps. */
function sampled(points, times) {
    return times.map((time) => points.filter((one) => one.at <= time).at(-1)?.value ?? points[0]?.value ?? 0);
}
function chart(title, axis, most, lines, colours = [LINES.new.colour]) {
    return [
        `%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "${colours.join(', ')}"}}}}%%`,
        'xychart-beta',
        `    title "${(0,mermaid/* ganttName */.k)(title)}"`,
        `    ${axis}`,
        `    y-axis 0 --> ${decimal(most)}`,
        ...lines.map((values) => `    line [${values.map(decimal).join(', ')}]`),
    ].join('\n');
}
/** The grammar knows no exponents. */
function decimal(value) {
    const text = Number(value.toPrecision(4)).toString();
    return /e/.test(text) ? value.toFixed(12).replace(/\.?0+$/, '') : text;
}
//# sourceMappingURL=gray-mermaid.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
// EXTERNAL MODULE: ./lib/report/notify/message.js
var message = __webpack_require__(82257);
// EXTERNAL MODULE: ./lib/report/notify/release-message.js
var release_message = __webpack_require__(81333);
;// CONCATENATED MODULE: ./lib/report/gray-summary.js









const gray_summary_VERDICTS = {
    pass: '🟢 pass',
    fail: '🔴 fail',
    inconclusive: '🟡 not decided',
    nodata: '⚪ no data',
    error: '⚪ error',
};
/** GitHub takes 1 MiB a step, and refuses all of a longer summary. */
const MOST_BYTES = 900_000;
/** The job summary of a gray release: the outcome and what to do first, then pictures, steps, numbers, people, the audit. */
function renderGraySummary(report) {
    const whole = rendered(report, true);
    return Buffer.byteLength(whole) <= MOST_BYTES ? whole : rendered(report, false);
}
function rendered(report, withDetails) {
    const { release } = report;
    const { state, run } = release;
    const outcome = outcomeOf(report);
    const event = state.phase === 'holding' ? 'hold' : state.phase === 'aborting' ? 'going-back' : state.phase;
    const { todo } = (0,release_message/* composeMessage */.S)({ level: 'info', event, message: state.reason }, release, report.until);
    const sections = sectionsOf(report.looks);
    return [
        `## ${outcome.mark} ${(0,markdown/* inline */.mG)(release.environment)}: ${(0,markdown/* inline */.mG)(outcome.text)}`,
        `**Why:** ${(0,markdown/* inline */.mG)(state.reason)}`,
        ...(todo.length === 0 ? [] : [todo.map((one) => `- ${(0,markdown/* inline */.mG)(one)}`).join('\n')]),
        ...stillNeeded(report, outcome.tone),
        (0,markdown/* table */.tp)([
            ['', 'left'],
            ['', 'left'],
        ], [
            ['new version', (0,markdown/* code */.aY)((0,message/* version */.rE)(release.new))],
            ['old version', (0,markdown/* code */.aY)((0,message/* version */.rE)(release.old))],
            ['share of the new', shareOf(report)],
            ['took', (0,base_clock/* formatDuration */.a3)(Math.max(0, report.until - release.startedAt))],
            ['release', `${(0,markdown/* code */.aY)(release.id)}${run === undefined ? '' : `, ${(0,markdown/* link */.nf)('run', run.url)}`}`],
        ]),
        ...pictures(report),
        ...(sections.length === 0
            ? ['No look was taken at the metrics.']
            : ['### Steps', stepsTable(report, sections)]),
        ...(withDetails
            ? []
            : ['The numbers of each look are left out here, because they are too many; all are in the audit.']),
        ...(withDetails ? sections : []).map((section, index) => {
            const last = index === sections.length - 1;
            return (0,markdown/* details */.zH)(sectionTitle(section), sectionBody(section), last && outcome.tone !== 'good');
        }),
        ...(report.decisions.length === 0
            ? []
            : [
                '### People',
                report.decisions
                    .map(({ at, text }) => `- ${new Date(at).toISOString()}: ${(0,markdown/* inline */.mG)(text)}`)
                    .join('\n'),
            ]),
        ...(report.problems === undefined || report.problems.length === 0
            ? []
            : [
                '### Problems',
                report.problems
                    .map((one) => `- ${(0,errors/* describeProblem */.BJ)(one).split('\n').map(markdown/* inline */.mG).join('<br>')}`)
                    .join('\n'),
            ]),
        ...auditPart(report),
        '',
    ].join('\n\n');
}
/** Only where somebody still waits for a verdict, or would have needed one. */
function stillNeeded(report, tone) {
    const verdict = report.looks.at(-1)?.measurement.verdict;
    const needed = neededOf(report);
    if (tone === 'good' || verdict === 'fail' || needed.length === 0)
        return [];
    const lines = needed.map(({ metric, events, ms }) => `- ${(0,markdown/* inline */.mG)(metric)}: ${(0,format/* count */.U9)(events, 'more event')} on the new version${ms === undefined ? '' : `, about ${(0,base_clock/* formatDuration */.a3)(ms)} at the present traffic`}`);
    return [`**Still needed for a verdict:**\n\n${lines.join('\n')}`];
}
/** The share and the metric that matters most at once, the others folded. */
function pictures(report) {
    const drawn = grayMermaid(report).map(({ legend, chart }) => {
        const below = legend === '' ? '' : `\n\n<sub>${(0,markdown/* inline */.mG)(legend)}</sub>`;
        return `\`\`\`mermaid\n${chart}\n\`\`\`${below}`;
    });
    const [first, second, ...more] = drawn;
    return [
        ...(first === undefined ? [] : [first]),
        ...(second === undefined ? [] : [second]),
        ...(more.length === 0 ? [] : [(0,markdown/* details */.zH)('More metrics', more.join('\n\n'))]),
    ];
}
function shareOf({ release }) {
    const { observed, intended, step } = release.state;
    const read = observed === null ? 'not read back' : `${gray_model_round(observed)} % read back`;
    const asked = observed === intended ? '' : `, ${gray_model_round(intended)} % asked for`;
    return `${read}${asked}${step < 0 ? '' : `, step ${step + 1} of ${release.plan.steps.length}`}`;
}
/** One row for each step of the plan, also those that were never reached. */
function stepsTable({ release }, sections) {
    const of = (step, baking) => sections.find(({ looks }) => looks[0]?.window.step === step && looks[0].window.baking === baking);
    const row = (name, percent, section) => {
        const last = section?.looks.at(-1);
        if (section === undefined || last === undefined)
            return [name, `${gray_model_round(percent)} %`, '', '', 'not reached', ''];
        return [
            name,
            `${gray_model_round(section.percent)} %`,
            (0,base_clock/* formatDuration */.a3)(Math.max(0, section.end - section.start)),
            String(section.looks.length),
            gray_summary_VERDICTS[last.measurement.verdict] ?? last.measurement.verdict,
            (0,markdown/* inline */.mG)(last.measurement.reason),
        ];
    };
    const rows = release.plan.steps.map((step, index) => row(`${index + 1}${step.hold ? ' (hold)' : ''}`, step.percent, of(index, false)));
    const bake = of(release.plan.steps.length - 1, true);
    if (bake !== undefined || release.plan.bakeMs > 0)
        rows.push(row('bake', 100, bake));
    return (0,markdown/* table */.tp)([
        ['step', 'left'],
        ['share', 'right'],
        ['observed', 'right'],
        ['looks', 'right'],
        ['verdict', 'left'],
        ['why', 'left'],
    ], rows);
}
function sectionTitle({ title, percent, looks }) {
    const last = looks.at(-1);
    return `${title}, ${gray_model_round(percent)} %: ${gray_summary_VERDICTS[last?.measurement.verdict ?? ''] ?? ''} after ${(0,format/* count */.U9)(looks.length, 'look')}`;
}
/** The numbers of the last look, which decided, and how the verdicts came over time. */
function sectionBody({ looks }) {
    const last = looks.at(-1);
    if (last === undefined)
        return '';
    const { metrics, score, alerts = [] } = last.measurement;
    return [
        (0,markdown/* table */.tp)([
            ['metric', 'left'],
            ['new', 'right'],
            ['old', 'right'],
            ['bounds', 'right'],
            ['limit', 'right'],
            ['verdict', 'left'],
            ['still needed', 'right'],
            ['looks', 'left'],
        ], metrics.map((metric) => metricRow(metric, looks))),
        metrics.map((metric) => `- ${(0,markdown/* inline */.mG)(metric.name)}: ${(0,markdown/* inline */.mG)(metric.reason)}`).join('\n'),
        ...(score === undefined ? [] : [`Score: ${gray_model_round(score)} of 100.`]),
        ...(alerts.length === 0
            ? []
            : [alerts.map(({ level, message }) => `- **${level}**: ${(0,markdown/* inline */.mG)(message)}`).join('\n')]),
    ].join('\n\n');
}
function metricRow(metric, looks) {
    const share = isShare(metric);
    const counts = countsOf(metric);
    const value = (which) => {
        const number = metric[which];
        const events = counts[which];
        if (number === undefined && events === undefined)
            return '';
        const shown = number === undefined ? '' : showValue(number, share);
        return events === undefined ? shown : `${shown} (${events.bad} of ${events.total})`;
    };
    const bounds = metric.lower !== undefined && metric.upper !== undefined
        ? `${showValue(metric.lower, share)} to ${showValue(metric.upper, share)}`
        : metric.evalue === undefined
            ? ''
            : `e-value ${Number(metric.evalue.toPrecision(3))}`;
    const marks = looks.map(({ measurement }) => {
        const verdict = measurement.metrics.find(({ name }) => name === metric.name)?.verdict;
        return verdict === undefined ? '·' : (gray_summary_VERDICTS[verdict]?.split(' ')[0] ?? '·');
    });
    return [
        `${(0,markdown/* inline */.mG)(metric.name)}${metric.dryRun ? ' <sub>dry run</sub>' : metric.critical ? ' <sub>critical</sub>' : ''}`,
        value('new'),
        value('old'),
        bounds,
        metric.limit === undefined ? '' : showValue(metric.limit, share),
        gray_summary_VERDICTS[metric.verdict] ?? metric.verdict,
        metric.needed === undefined ? '' : (0,format/* count */.U9)(metric.needed, 'event'),
        marks.length > 12 ? `… ${marks.slice(-12).join('')}` : marks.join(''),
    ];
}
function auditPart({ audit }) {
    if (audit === undefined)
        return [];
    const head = audit.head === undefined ? '' : ` Head: ${(0,markdown/* code */.aY)((0,audit_chain/* formatHead */.Gw)(audit.head))}.`;
    const option = audit.head === undefined ? '' : ` --head ${(0,audit_chain/* formatHead */.Gw)(audit.head)}`;
    return [
        '### Audit',
        `Every measurement, decision and weight is in ${(0,markdown/* code */.aY)(audit.file)}.${head} Prove it, and have each verdict computed again:`,
        `\`\`\`sh\ngray audit verify ${audit.file}${option}\n\`\`\``,
    ];
}
//# sourceMappingURL=gray-summary.js.map
;// CONCATENATED MODULE: ./lib/report/gray-files.js





/**
 * Writes gray.svg (when there is something to draw) and gray-summary.md into `folder`; secrets are taken out of every text
 * first. Returns the summary for GITHUB_STEP_SUMMARY and the names of the files.
 */
async function writeGrayFiles(folder, report, secrets) {
    const clean = (0,report_files/* redactAll */.$)(report, secrets);
    const summary = renderGraySummary(clean);
    const svg = grayChartSvg(clean);
    const files = [
        ...(svg === undefined ? [] : [{ name: 'gray.svg', content: svg }]),
        { name: 'gray-summary.md', content: summary },
    ];
    for (const { name, content } of files)
        await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(folder, name), content);
    return { summary, files: files.map(({ name }) => name) };
}
//# sourceMappingURL=gray-files.js.map
// EXTERNAL MODULE: ./lib/actions/job-summary.js
var job_summary = __webpack_require__(87757);
;// CONCATENATED MODULE: ./lib/actions/gray/report.js








/** Writes report files and the job summary; returns where they are. What only looks (status, a dry run) leaves no files. */
async function reportGray({ done, wires, failure }, act) {
    const { release } = done.end;
    if (wires === undefined || release === undefined || done.run === undefined) {
        if (failure !== undefined)
            await (0,job_summary/* appendSummary */.f)(act, (0,job_summary/* problemsSummary */.B)('Gray release: nothing was done', failure));
        else if (done.text !== undefined)
            await (0,job_summary/* appendSummary */.f)(act, told(done.text));
        return {};
    }
    const report = await reportOf(release, done, wires, failure, act);
    const { reportDir, auditFile } = wires;
    await (0,promises_.mkdir)(reportDir, { recursive: true });
    const { summary } = await writeGrayFiles(reportDir, report, act.secrets);
    await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(reportDir, 'gray.json'), act.secrets.redact(`${JSON.stringify({ ...done.end, ...report }, null, 2)}\n`));
    await (0,job_summary/* appendSummary */.f)(act, summary);
    const head = wires.auditHead();
    return { report: reportDir, audit: { file: auditFile, ...(head === undefined ? {} : { head }) } };
}
/** From the audit, which also has the looks of earlier jobs; what is not there (a damaged file) is told by this run itself. */
async function reportOf(release, done, wires, failure, act) {
    const entries = await wires.auditEntries(release.id);
    const audited = fromAudit(entries, release.id);
    const own = done.run?.looks ?? [];
    const looks = audited.looks.length >= own.length ? audited.looks : own;
    const last = entries.findLast(({ record }) => record.kind === 'event');
    const ended = (0,reducer/* isTerminal */.Hd)(release.state) && last !== undefined ? Date.parse(last.at) : act.clock.now();
    const head = (0,audit_chain/* parseHead */.ww)(wires.auditHead() ?? '');
    return {
        release,
        looks,
        decisions: audited.decisions,
        until: ended,
        audit: { file: wires.auditFile, ...(head === undefined ? {} : { head }) },
        ...(failure === undefined ? {} : { problems: failure.problems }),
    };
}
/** A status or a plan, as it stands on a terminal. */
const told = (text) => `## Gray release\n\n~~~text\n${text.replaceAll('~~~', '~ ~ ~')}\n~~~\n`;
//# sourceMappingURL=report.js.map
// EXTERNAL MODULE: ./lib/github/deployments.js
var deployments = __webpack_require__(90251);
;// CONCATENATED MODULE: ./lib/gray/github-mirror.js


const STATES = {
    idle: 'queued',
    preparing: 'in_progress',
    deploying: 'in_progress',
    smoking: 'in_progress',
    shifting: 'in_progress',
    warming: 'in_progress',
    observing: 'in_progress',
    // Waiting for a person is what "pending" looks like on GitHub's pages.
    holding: 'pending',
    baking: 'in_progress',
    finalising: 'in_progress',
    done: 'success',
    // All traffic is on the new version, but the target is not tidy: somebody has to look.
    'finalise-failed': 'error',
    aborting: 'in_progress',
    'rolled-back': 'failure',
    'rollback-failed': 'error',
};
const FINAL = ['done', 'finalise-failed', 'rolled-back', 'rollback-failed'];
/** What GitHub is told about a release; pure. The audit's head goes in whole, the reason is cut to what room is left. */
function mirrorStatus(release, head) {
    const { phase, step, observed, intended, reason } = release.state;
    const steps = release.plan.steps.length;
    const place = step >= 0 && !FINAL.includes(phase) ? `${observed ?? intended} % (step ${step + 1} of ${steps}) ` : '';
    const text = `${place}${phase.replace('-', ' ')}: ${reason}`;
    if (head === undefined || !FINAL.includes(phase))
        return { state: STATES[phase], description: (0,deployments/* shortDescription */.r3)(text) };
    const tail = ` [audit ${head.seq} ${head.hash}]`;
    return {
        state: STATES[phase],
        description: `${(0,deployments/* shortDescription */.r3)(text, deployments/* DESCRIPTION_LIMIT */.r7 - tail.length)}${tail}`,
    };
}
/** The pinned head in a status description, for `audit verify`. */
function headIn(description) {
    const match = /\[audit (\d+) ([0-9a-f]{64})\]/.exec(description);
    return match === null ? undefined : { seq: Number(match[1]), hash: match[2] ?? '' };
}
/**
 * Shows a release as a GitHub Deployment. Found again by the release's id in its payload, so that any later process
 * goes on with the same one. Never throws: GitHub being down must not stop a release, the target's own state decides.
 */
class DeploymentMirror {
    #github;
    #repository;
    #options;
    #log;
    #ids = new Map();
    #told = new Map();
    constructor(github, repository, options, { log }) {
        this.#github = github;
        this.#repository = repository;
        this.#options = options;
        this.#log = log;
    }
    async update(release, signal) {
        const status = mirrorStatus(release, this.#options.auditHead?.());
        const text = JSON.stringify(status);
        if (this.#told.get(release.id) === text)
            return;
        try {
            const id = await this.#deployment(release, signal);
            // A process that has taken over does not know what was told before.
            const last = this.#told.has(release.id)
                ? undefined
                : await (0,deployments/* lastStatus */.by)(this.#github, this.#repository, id, signal);
            if (last?.state !== status.state || last.description !== status.description)
                await (0,deployments/* addStatus */.su)(this.#github, this.#repository, id, { ...status, ...(release.run === undefined ? {} : { logUrl: release.run.url }) }, signal);
            this.#told.set(release.id, text);
            if (release.state.phase === 'done')
                await this.#retire(release, id, signal);
        }
        catch (error) {
            this.#log.warning(`the GitHub Deployment of release ${release.id} was not updated: ${(0,errors/* messageOf */.bD)(error)}`);
        }
    }
    async #deployment(release, signal) {
        const known = this.#ids.get(release.id);
        if (known !== undefined)
            return known;
        const { id } = await (0,deployments/* ensureDeployment */.y0)(this.#github, this.#repository, {
            ref: this.#options.ref,
            environment: release.environment,
            production: this.#options.production,
            description: `gray release of ${release.new}`,
            payload: {
                release: release.id,
                schema: release.schema,
                old: release.old,
                new: release.new,
                plan: release.planHash,
                startedAt: new Date(release.startedAt).toISOString(),
                ...(release.run === undefined ? {} : { run: { ...release.run } }),
            },
        }, signal);
        this.#ids.set(release.id, id);
        return id;
    }
    /** GitHub retires older deployments of environments by itself, but not of production ones. */
    async #retire(release, id, signal) {
        for (const older of await (0,deployments/* olderDeployments */.LQ)(this.#github, this.#repository, release.environment, id, signal)) {
            const last = await (0,deployments/* lastStatus */.by)(this.#github, this.#repository, older, signal);
            // Beyond a retired one all are.
            if (last?.state === 'inactive')
                return;
            if (last?.state !== 'success')
                continue;
            const description = `replaced by ${release.new}`;
            await (0,deployments/* addStatus */.su)(this.#github, this.#repository, older, { state: 'inactive', description }, signal);
        }
    }
}
//# sourceMappingURL=github-mirror.js.map
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/runs.js
var runs = __webpack_require__(12325);
;// CONCATENATED MODULE: ./lib/gray/github-run-state.js


/** What a run says about the attempt that drove a release; pure. A newer attempt means that the old one has ended. */
function judgeRun(run, attempt) {
    if (run === undefined)
        return { state: 'unknown', detail: 'the run does not exist any more, or the token may not see it' };
    if (run.attempt > attempt)
        return { state: 'completed', detail: `attempt ${attempt} was followed by attempt ${run.attempt}` };
    if (run.status === 'completed')
        return { state: 'completed', detail: `the run has ended: ${run.conclusion ?? 'no conclusion'}` };
    // Waiting for a reviewer or a runner is going on too: only the lease can tell a run that hangs.
    return { state: 'running', detail: `the run is ${run.status.replaceAll('_', ' ')}` };
}
/** The port by which a reaper asks GitHub; needs `actions: read`. */
function runStateOf(github, log) {
    return async (run, signal) => {
        const found = await (0,runs/* findRun */.Lc)(github, (0,client/* parseRepository */.SU)(run.repository), run.id, signal);
        const { state, detail } = judgeRun(found, run.attempt);
        log.debug(`run ${run.id}: ${detail}`);
        return state;
    };
}
//# sourceMappingURL=github-run-state.js.map
// EXTERNAL MODULE: ./lib/gray/metrics/measurer.js + 5 modules
var metrics_measurer = __webpack_require__(66075);
// EXTERNAL MODULE: ./lib/report/audit.js
var report_audit = __webpack_require__(21489);
// EXTERNAL MODULE: ./lib/report/audit-store.js + 1 modules
var audit_store = __webpack_require__(7388);
;// CONCATENATED MODULE: ./lib/actions/gray/audit-keeping.js





/** A kept audit is worth waiting for, but not the last minutes of a job. */
const KEEP_MS = 60_000;
/** Where the audit comes from and where it goes: the branch of the inputs, or nowhere but its file. */
function auditKeeping(inputs, file, github, act, calm) {
    const { auditBranch, environment } = inputs;
    const branch = auditBranch === undefined || github === undefined
        ? undefined
        : {
            repository: github.repository,
            branch: auditBranch,
            folder: environment.replaceAll(/[^A-Za-z0-9.-]/g, '-'),
        };
    return {
        fetchAudit: async () => {
            if (branch === undefined || github === undefined)
                return;
            if (await (0,audit_store/* fetchAudit */.I)(github.client, branch, file, act.signal))
                act.log.info(`the audit goes on from the branch ${branch.branch}`);
        },
        keepAudit: async () => {
            if (branch === undefined || github === undefined)
                return;
            // Also of a cancelled run: its last lines matter most.
            const signals = [AbortSignal.timeout(KEEP_MS), ...(calm === undefined ? [] : [calm])];
            try {
                const commit = await (0,audit_store/* keepAudit */.v)(github.client, branch, file, environment, { signal: AbortSignal.any(signals) }); // prettier-ignore
                if (commit !== undefined)
                    act.log.info(`the audit is kept on ${branch.branch} (${commit.slice(0, 12)})`);
            }
            catch (error) {
                act.log.warning(`the audit was not brought to ${branch.branch}, it is in ${file}: ${(0,errors/* messageOf */.bD)(error)}`);
            }
        },
        auditEntries: async (release) => {
            const entries = [];
            for (const part of await (0,report_audit/* auditParts */.q)(file))
                entries.push(...(0,audit_chain/* verifyAudit */.Rn)(await (0,promises_.readFile)(part, 'utf8')).entries);
            return entries.filter((entry) => entry.release === release);
        },
    };
}
//# sourceMappingURL=audit-keeping.js.map
// EXTERNAL MODULE: ./lib/actions/gray/adapters.js + 17 modules
var adapters = __webpack_require__(65840);
// EXTERNAL MODULE: ./lib/actions/gray/approval.js + 2 modules
var approval = __webpack_require__(8894);
// EXTERNAL MODULE: ./lib/actions/ssh-lines.js + 4 modules
var ssh_lines = __webpack_require__(96787);
// EXTERNAL MODULE: ./lib/report/notify/send.js + 1 modules
var send = __webpack_require__(81397);
// EXTERNAL MODULE: ./lib/actions/notifiers.js + 1 modules
var notifiers = __webpack_require__(43037);
;// CONCATENATED MODULE: ./lib/actions/gray/notify.js


/** Everybody who is told; undefined when nobody asked to be. */
function notifierFor(inputs, github, act) {
    const side = github === undefined ? undefined : { github: github.client, repository: github.repository };
    const all = (0,notifiers/* notifiersFor */.x)(inputs.notify, side, act).map(({ notifier }) => notifier);
    return all.length === 0 ? undefined : new send/* EveryNotifier */.IC(all, act);
}
//# sourceMappingURL=notify.js.map
// EXTERNAL MODULE: ./lib/deploy/ssh-target.js
var ssh_target = __webpack_require__(29619);
// EXTERNAL MODULE: ./lib/gray/adapters/hosts.js
var hosts = __webpack_require__(99551);
// EXTERNAL MODULE: ./lib/gray/dead-man.js
var dead_man = __webpack_require__(28016);
// EXTERNAL MODULE: ./lib/gray/store-lock.js
var store_lock = __webpack_require__(92624);
;// CONCATENATED MODULE: ./lib/gray/store-file.js








/**
 * The state in one local JSON file. A write holds `FILE.lock` (made with O_EXCL), compares the revision (SHA-256 of the
 * bytes), writes `FILE.draft`, syncs it and renames it over the file, so that a reader or a crash sees the old or the new state.
 * `FILE.history` keeps the last twenty ended releases.
 */
class FileStateStore {
    where;
    #options;
    #clock;
    constructor(file, options = {}) {
        this.where = file;
        this.#options = options;
        this.#clock = options.clock ?? base_clock/* systemClock */.ml;
    }
    async read(signal) {
        if (signal.aborted)
            throw (0,base_clock/* reasonOf */.A3)(signal);
        const text = await guard(this.where, 'read', () => (0,base_files/* readTextIfAny */.$v)(this.where));
        if (text === undefined)
            return undefined;
        const { release, problems } = parseRelease(text, this.where);
        if (release === undefined)
            throw new errors/* PipelineError */.zC('environment', problems);
        return { release, revision: revisionOf(text) };
    }
    async write(release, expected, signal) {
        return await guard(this.where, 'written', async () => {
            await (0,promises_.mkdir)((0,external_node_path_.dirname)(this.where), { recursive: true });
            const lock = await (0,store_lock/* acquireLock */.I)(`${this.where}.lock`, {
                ...this.#options,
                clock: this.#clock,
                waitMs: this.#options.lockMs ?? 10_000,
                signal,
            });
            try {
                const present = await (0,base_files/* readTextIfAny */.$v)(this.where);
                // A state that cannot be read is not overwritten, whatever its revision.
                if (present !== undefined) {
                    const { release: known, problems } = parseRelease(present, this.where);
                    if (known === undefined)
                        throw new errors/* PipelineError */.zC('environment', problems);
                }
                if ((present === undefined ? undefined : revisionOf(present)) !== expected)
                    return undefined;
                const text = formatRelease(release);
                await this.#replace(this.where, text, () => lock.held());
                await this.#remember(release);
                return revisionOf(text);
            }
            finally {
                await lock.release();
            }
        });
    }
    /** The ended releases that are remembered, oldest first; a damaged list is an empty one, it decides nothing. */
    async history() {
        try {
            const list = JSON.parse((await (0,base_files/* readTextIfAny */.$v)(`${this.where}.history`)) ?? '[]');
            return Array.isArray(list) ? list : [];
        }
        catch {
            return [];
        }
    }
    async #remember(release) {
        const before = await this.history();
        const after = addEnded(before, release, this.#clock.now());
        if (JSON.stringify(before) === JSON.stringify(after))
            return;
        try {
            await this.#replace(`${this.where}.history`, `${JSON.stringify(after, null, 2)}\n`, () => Promise.resolve(true));
        }
        catch {
            // Statistics: the state itself has been written.
        }
    }
    async #replace(file, text, held) {
        // One name is enough, as only the lock's holder writes it; what a killed writer left is overwritten.
        const draft = `${file}.draft`;
        const handle = await (0,promises_.open)(draft, 'w', 0o644);
        try {
            await handle.writeFile(text);
            await handle.sync();
        }
        finally {
            await handle.close();
        }
        // A writer that slept so long that its lock was broken must not write over what came after.
        if (!(await held()))
            throw (0,errors/* environmentError */.me)({
                code: 'gray-lock-broken',
                what: 'the lock of the stored state was taken away while it was being written',
                where: file,
                fix: 'see whether two programs drive this environment, or whether this machine was asleep',
            });
        await renameOver(draft, file, this.#clock);
        await syncFolder((0,external_node_path_.dirname)(file));
    }
}
const revisionOf = (text) => (0,external_node_crypto_.createHash)('sha256').update(text).digest('hex');
/** Windows refuses to replace a file while somebody reads it; that passes. */
async function renameOver(from, to, clock) {
    for (let tries = 0;; tries++) {
        try {
            await (0,promises_.rename)(from, to);
            return;
        }
        catch (error) {
            const busy = ['EPERM', 'EACCES', 'EBUSY'].includes((0,errors/* codeOf */.$N)(error) ?? '');
            if (!busy || tries >= 10)
                throw error;
            await clock.sleep(20 * (tries + 1));
        }
    }
}
/** Makes a rename last through a power cut, where the system can (Windows cannot open folders). */
async function syncFolder(folder) {
    try {
        const handle = await (0,promises_.open)(folder, 'r');
        try {
            await handle.sync();
        }
        finally {
            await handle.close();
        }
    }
    catch {
        // The rename itself is done.
    }
}
async function guard(file, verb, work) {
    try {
        return await work();
    }
    catch (error) {
        const code = (0,errors/* codeOf */.$N)(error);
        // Only faults of the file system are put into words here.
        if (error instanceof errors/* PipelineError */.zC || code === undefined || !/^E[A-Z]+$/.test(code))
            throw error;
        throw (0,errors/* environmentError */.me)({
            code: 'gray-state-file',
            what: `the stored state cannot be ${verb}`,
            cause: code,
            where: file,
            fix: 'give the user that runs the release the right to read and write this folder, and room on the disk',
        }, { cause: error });
    }
}
//# sourceMappingURL=store-file.js.map
// EXTERNAL MODULE: ./lib/deploy/ssh-quote.js
var ssh_quote = __webpack_require__(36208);
// EXTERNAL MODULE: ./lib/gray/dead-man-script.js
var dead_man_script = __webpack_require__(62842);
;// CONCATENATED MODULE: ./lib/gray/dead-man-state.js



/** `firing:RELEASE:DEADLINE` or `fired:RELEASE:SECONDS:CODE`, as the store's scripts join them. */
function parseMark(word) {
    const [, kind = '', release = '', at = '', code = ''] = /^(firing|fired):([^:]+)(?::(\d+))?(?::(\d+))?$/.exec(word) ?? [];
    if (kind === 'firing')
        return { kind, release };
    if (kind !== 'fired' || at === '' || code === '')
        return undefined;
    return { kind, release, at: Number(at) * 1000, code: Number(code) };
}
/** Whether a release's target is the one host that keeps its state, so that its timer speaks for all of it. */
function alone(release) {
    const { kind, hosts } = release.adapter;
    return kind !== 'hosts' || (Array.isArray(hosts) && hosts.length === 1);
}
/**
 * The stored release as it is after its dead-man timer: nobody holds it any more. Where the timer has put back all there is,
 * it is rolled back; of several hosts each has its own timer, so the release is on its way back, and whoever takes it up asks
 * every host before it says that all are old.
 */
function applyDeadMan(release, mark) {
    if (mark.release !== (0,dead_man_script/* releaseWord */.Kx)(release.id) || (0,reducer/* isTerminal */.Hd)(release.state) || !release.state.touched)
        return release;
    const { plan } = release;
    const at = mark.at ?? release.startedAt;
    const when = mark.at === undefined ? '' : ` at ${new Date(mark.at).toISOString()}`;
    const reason = `the dead-man timer put the old version back${when}: its engine was silent for too long`;
    const { state } = (0,reducer/* reduce */.TS)(plan, release.state, { kind: 'cancel', reason }, at);
    const aborting = { ...advanceRelease(release, state, at), lease: null };
    if (mark.kind !== 'fired' || mark.code !== 0 || !alone(release) || state.phase !== 'aborting')
        return aborting;
    const asked = (0,reducer/* reduce */.TS)(plan, state, { kind: 'acted', of: 'reset' }, at).state;
    const back = (0,reducer/* reduce */.TS)(plan, asked, { kind: 'observed', percent: 0, settled: true }, at).state;
    return advanceRelease(aborting, back, at);
}
//# sourceMappingURL=dead-man-state.js.map
;// CONCATENATED MODULE: ./lib/gray/store-ssh.js






const MS = 30_000;
const HASH = `hash() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256
  else openssl dgst -sha256 -r; fi | cut -c 1-64
}`;
/** How the script ends when the state cannot be written at all. */
const UNWRITABLE = 70;
const BUSY = 71;
/**
 * The state in one JSON file on a host, over SSH; each operation is one round trip with a small POSIX script. A write
 * holds a lock, compares SHA-256 of the bytes there with the expected one and renames a checked draft over the file, so
 * a reader or a cut line sees the old or the new state, and of two writers only one goes on. A write that is sent
 * again because its answer was lost finds its own bytes and has succeeded.
 */
class SshStateStore {
    where;
    #ssh;
    #target;
    #path;
    #options;
    constructor(ssh, target, path, options = {}) {
        this.#ssh = ssh;
        this.#target = target;
        this.#path = path;
        this.#options = options;
        this.where = `ssh://${(0,ssh_target/* formatTarget */.P4)(target)}${path}`;
    }
    async read(signal) {
        const done = await this.#run('reading the state', readStateScript(this.#path, this.#options), signal);
        const stored = parseStored(done.stdout, this.where);
        if (stored === undefined)
            return undefined;
        const { release, problems } = parseRelease(stored.text, this.where);
        if (release === undefined)
            throw new errors/* PipelineError */.zC('environment', problems);
        return {
            release: stored.mark === undefined ? release : applyDeadMan(release, stored.mark),
            revision: stored.revision,
        };
    }
    async write(release, expected, signal) {
        const script = writeStateScript(this.#path, formatRelease(release), expected, this.#options);
        const done = await this.#run('writing the state', script, signal);
        const [, answer = '', revision = ''] = /^(written|changed)(?: (\S+))?$/m.exec(done.stdout) ?? [];
        if (answer === 'changed')
            return undefined;
        if (answer === 'written' && revision !== '')
            return revision;
        throw unreadable(this.where, done.stdout);
    }
    async #run(what, script, signal) {
        const timeoutMs = MS + (this.#options.lockSeconds ?? 10) * 1000;
        const done = await this.#ssh.run(this.#target, { what, script, timeoutMs, signal });
        if (done.code === 0)
            return done;
        const cause = done.stderr.trim().split('\n').at(-1) ?? '';
        if (done.code === BUSY)
            throw (0,errors/* environmentError */.me)({
                code: 'gray-lock',
                what: 'the lock of the stored state is held by another writer',
                ...(cause === '' ? {} : { cause }),
                where: this.where,
                fix: 'wait: it is held for moments only, and a lock left behind is broken by itself',
            });
        throw (done.code === UNWRITABLE ? errors/* inputError */.Xu : errors/* environmentError */.me)({
            code: 'gray-state-unwritable',
            what: `${what} failed`,
            cause: cause === '' ? `the script ended with ${done.code}` : cause,
            where: this.where,
            fix: 'give the user of the connection a folder it may write to, and room on the disk',
        });
    }
}
const folderOf = (path) => path.lastIndexOf('/') <= 0 ? '/' : path.slice(0, path.lastIndexOf('/'));
/** The dead-man's mark in one word: `-`, or its words joined by `:`. While it acts and once it has acted. */
const markOf = (folder) => folder === undefined
    ? 'mark=-'
    : `dead=${(0,ssh_quote/* quotePosix */.cG)(folder)}
mark=-
if [ -f "$dead/firing" ]; then mark=firing:$(head -n 1 "$dead/firing" | tr ' ' ':')
elif [ -f "$dead/fired" ]; then mark=fired:$(head -n 1 "$dead/fired" | tr ' ' ':'); fi`;
/** Answers `none`, or `HASH MARK` and then the bytes of the state. */
const readStateScript = (path, options = {}) => `umask 077
file=${(0,ssh_quote/* quotePosix */.cG)(path)}
${HASH}
${markOf(options.deadMan)}
if [ ! -e "$file" ]; then echo none; exit 0; fi
# A copy: the file may be replaced between its hash and its text.
text=$(cat "$file" && echo .) || exit ${UNWRITABLE}
text=\${text%.}
echo "$(printf '%s' "$text" | hash) $mark"
printf '%s' "$text"`;
/** Answers `written REVISION`, or `changed` when something else than `expected` is there. */
function writeStateScript(path, text, expected, options = {}) {
    const { lockSeconds = 10, staleSeconds = 60 } = options;
    const fresh = (0,external_node_crypto_.createHash)('sha256').update(text).digest('hex');
    return `umask 077
file=${(0,ssh_quote/* quotePosix */.cG)(path)}
mkdir -p ${(0,ssh_quote/* quotePosix */.cG)(folderOf(path))} || exit ${UNWRITABLE}
new=${fresh}
${HASH}
${lockText(lockSeconds, staleSeconds)}
lock
${markOf(options.deadMan)}
present=none
if [ -e "$file" ]; then present=$(hash <"$file"); fi
revision=$present
if [ "$mark" != - ] && [ "$present" != none ]; then revision=$present+$mark; fi
if [ "$present" = "$new" ] && [ "$mark" = - ]; then echo "written $new"; exit 0; fi
if [ "$revision" != ${(0,ssh_quote/* quotePosix */.cG)(expected ?? 'none')} ]; then echo changed; exit 0; fi
draft=$file.draft
cat >"$draft" <<'GIP_STATE_ENDS' || exit ${UNWRITABLE}
${text.replace(/\n$/, '')}
GIP_STATE_ENDS
if [ "$(hash <"$draft")" != "$new" ]; then echo 'the draft was not written whole' >&2; rm -f "$draft"; exit ${UNWRITABLE}; fi
sync "$draft" 2>/dev/null || :
held || { echo 'the lock was taken away' >&2; exit ${BUSY}; }
mv -f "$draft" "$file" || exit ${UNWRITABLE}
case $mark in
  fired:*) rm -f "$dead/fired"; mark=- ;;
esac
if [ "$mark" = - ]; then echo "written $new"; else echo "written $new+$mark"; fi`;
}
/**
 * \`lock\` and \`held\`. Where the host has flock(1) (every Linux) the kernel keeps the lock and it ends with its holder, so it
 * cannot be left behind. Elsewhere: mkdir, which is atomic, with owner and time inside. One left behind is broken by one
 * process at a time, which looks again before it does, and a writer asks \`held\` right before it writes.
 */
const lockText = (seconds, stale) => `own="$$-$(date +%s)"
if command -v flock >/dev/null 2>&1; then
  once() { flock -n 9; }
  held() { :; }
  exec 9>>"$file.lock" || exit ${UNWRITABLE}
else
  once() {
    if mkdir "$file.held" 2>/dev/null; then
      printf '%s\\n' "$own" >"$file.held/owner"
      trap 'if held; then rm -rf "$file.held"; fi' EXIT
      return 0
    fi
    owner=$(cat "$file.held/owner" 2>/dev/null)
    old "\${owner#*-}" || return 1
    if mkdir "$file.breaking" 2>/dev/null; then
      if [ "$(cat "$file.held/owner" 2>/dev/null)" = "$owner" ]; then rm -rf "$file.held"; fi
      rmdir "$file.breaking"
    fi
    return 1
  }
  # Without a time in it, its maker is about to write it, or has died there: then its age decides.
  old() {
    case $1 in
      '' | *[!0-9]*) [ -n "$(find "$file.held" -prune -mmin +$((${stale} / 60 + 1)) 2>/dev/null)" ] ;;
      *) [ $(($(date +%s) - $1)) -gt ${stale} ] ;;
    esac
  }
  held() { [ "$(cat "$file.held/owner" 2>/dev/null)" = "$own" ]; }
fi
lock() {
  left=$((${seconds} * 5))
  until once; do
    left=$((left - 1))
    if [ "$left" -lt 0 ]; then echo "waited ${seconds} s for $file.lock" >&2; exit ${BUSY}; fi
    sleep 0.2 2>/dev/null || sleep 1
  done
}`;
/** Reads the answer of `readStateScript` and checks that the bytes are those that were hashed there. */
function parseStored(stdout, where) {
    if (stdout.trimEnd() === 'none')
        return undefined;
    const end = stdout.indexOf('\n');
    const [, hash = '', word = ''] = /^([0-9a-f]{64}) (\S+)$/.exec(stdout.slice(0, Math.max(0, end))) ?? [];
    const text = stdout.slice(end + 1);
    if (hash === '' || (0,external_node_crypto_.createHash)('sha256').update(text).digest('hex') !== hash)
        throw unreadable(where, stdout);
    if (word === '-')
        return { text, revision: hash };
    const mark = parseMark(word);
    return { text, revision: `${hash}+${word}`, ...(mark === undefined ? {} : { mark }) };
}
const unreadable = (where, stdout) => (0,errors/* environmentError */.me)({
    code: 'gray-state-answer',
    what: 'the answer of the host about the state cannot be read',
    cause: `"${stdout.slice(0, 120)}"`,
    where,
    fix: 'a login shell that prints text of its own, or a file that is not UTF-8, can be the cause',
});
//# sourceMappingURL=store-ssh.js.map
;// CONCATENATED MODULE: ./lib/actions/gray/store.js







/**
 * The state where the inputs say, with the dead-man timers of the release that is in it: those belong to the stored adapter,
 * which is only known once the state was read, or is about to be written.
 */
class GrayStore {
    where;
    #place;
    #open;
    #act;
    /** Stores by the adapter they are for; each remembers what it has armed. */
    #guarded = new Map();
    #plain;
    #last;
    constructor(place, plain, where, open, act) {
        this.where = where;
        this.#place = place;
        this.#plain = plain;
        this.#open = open;
        this.#act = act;
    }
    /** Opens the place, by SSH where it lies on a host. */
    static async open(place, workspace, open, act) {
        const plain = place.kind === 'file'
            ? new FileStateStore((0,external_node_path_.resolve)(workspace, place.path), { clock: act.clock })
            : new SshStateStore(await open([place.target]), place.target, place.path);
        return new GrayStore(place, Promise.resolve(plain), plain.where, open, act);
    }
    async read(signal) {
        const plain = await this.#plain;
        const found = await plain.read(signal);
        const guarded = found === undefined ? undefined : this.#guardedBy(found.release);
        this.#last = (await guarded) ?? plain;
        // Again, with what the timer on the same host has to say.
        return this.#last === plain ? found : this.#last.read(signal);
    }
    async write(release, expected, signal) {
        const store = (await this.#guardedBy(release)) ?? this.#last ?? (await this.#plain);
        return store.write(release, expected, signal);
    }
    #guardedBy({ adapter }) {
        const settings = (0,adapters/* hostsOf */.PP)(adapter);
        if (settings?.deadManMs === undefined)
            return undefined;
        const key = JSON.stringify(adapter);
        const known = this.#guarded.get(key) ?? this.#guard((0,hosts/* hostsDeadMan */.EM)(settings), settings.deadManMs);
        this.#guarded.set(key, known);
        return known;
    }
    async #guard(hosts, silenceMs) {
        const place = this.#place;
        const ssh = await this.#open(hosts.map(({ target }) => target));
        let store = await this.#plain;
        if (place.kind === 'ssh') {
            const same = hosts.find(({ target }) => (0,ssh_target/* formatTarget */.P4)(target) === (0,ssh_target/* formatTarget */.P4)(place.target));
            if (same !== undefined)
                store = new SshStateStore(await this.#open([place.target]), place.target, place.path, { deadMan: same.folder }); // prettier-ignore
        }
        const { clock, log } = this.#act;
        return (0,dead_man/* withDeadMan */.z1)(store, new dead_man/* DeadMan */.TD(ssh, hosts), { clock, log, silenceMs });
    }
}
//# sourceMappingURL=store.js.map
;// CONCATENATED MODULE: ./lib/actions/gray/wire.js















/** Connects everything the inputs name. Nothing is sent anywhere yet. */
async function wire(inputs, gathered, act, extras) {
    const owner = (0,this_run/* ownerOf */.bf)(gathered.run);
    const lines = new ssh_lines/* Lines */.q(gathered.ssh, act);
    const { state } = inputs;
    if (state === undefined)
        throw new TypeError('checked by the inputs');
    const store = await GrayStore.open(state, gathered.workspace, (targets) => lines.open(targets), act);
    const adapterFor = (0,adapters/* adapterFactory */.aP)(act, (targets) => lines.open(targets));
    const github = githubFor(inputs, act);
    const reportDir = reportFolder(inputs, gathered, act);
    const auditFile = inputs.audit === undefined ? (0,external_node_path_.resolve)(reportDir, 'audit.jsonl') : (0,external_node_path_.resolve)(gathered.workspace, inputs.audit);
    const audit = new report_audit/* AuditFile */.i({ file: auditFile }, act);
    const head = () => audit.head;
    const notifier = notifierFor(inputs, github, act);
    const approver = (0,approval/* approverFor */.N)(inputs, gathered.workspace, github, act);
    const mirror = inputs.deployments && github !== undefined
        ? new DeploymentMirror(github.client, github.repository, { ref: act.env['GITHUB_SHA'] ?? 'HEAD', production: /^prod/i.test(inputs.environment), auditHead: head }, // prettier-ignore
        act)
        : undefined;
    const runState = github === undefined ? undefined : runStateOf(github.client, act.log);
    const measurer = (metrics, names, plan) => (0,metrics_measurer/* makeMeasurer */.zD)(powered(metrics, inputs), act, { ...names, plan });
    return {
        owner,
        store,
        adapterFor,
        reportDir,
        auditFile,
        auditHead: () => (audit.head === undefined ? undefined : (0,audit_chain/* formatHead */.Gw)(audit.head)),
        ...auditKeeping(inputs, auditFile, github, act, extras.calm),
        storedSettings: (adapter, names) => (0,adapters/* storedAdapter */.dg)(adapter, names, inputs.leaseMs),
        planFor: (plan, adapter) => ({ ...plan, steps: (0,adapters/* stepsFor */.Rb)(plan.steps, adapter) }),
        measurer,
        options: (names, way) => {
            const { metrics } = gathered;
            const judge = way === undefined || metrics === undefined ? undefined : measurer(metrics, names, way.plan);
            return {
                store,
                adapterFor,
                ...(judge === undefined ? {} : { measurer: way?.checked === true ? checkedOnce(judge) : judge }),
                ...(approver === undefined ? {} : { approver }),
                ...(notifier === undefined ? {} : { notifier }),
                ...(mirror === undefined ? {} : { mirror }),
                ...(runState === undefined ? {} : { runState }),
                ...(extras.calm === undefined ? {} : { calm: extras.calm }),
                audit,
                clock: act.clock,
                log: act.log,
                signal: act.signal,
                owner,
                settings: settingsFor(inputs, metrics),
            };
        },
        close: () => lines.close(),
    };
}
/** Its first check was just made, and told. */
function checkedOnce(measurer) {
    let first = true;
    return {
        check: async (signal) => {
            if (!first)
                await measurer.check(signal);
            first = false;
        },
        measure: (window, signal) => measurer.measure(window, signal),
    };
}
/** The engine's settings; small intervals bring small waits, so that a plan of seconds runs in seconds. */
function settingsFor(inputs, metrics) {
    const { intervalMs } = inputs;
    const scrapeMs = metrics?.prometheus.scrapeMs;
    return {
        mode: inputs.mode,
        concurrency: inputs.concurrency,
        queueMs: inputs.queueTimeoutMs,
        queuePollMs: Math.min(5000, intervalMs),
        leaseMs: inputs.leaseMs,
        awakeMs: Math.min(60_000, 4 * intervalMs),
        approvalPollMs: Math.min(15_000, intervalMs),
        // The last scrape of a window has arrived when the look is taken.
        lagMs: scrapeMs === undefined ? Math.min(5000, intervalMs) : Math.min(scrapeMs + 500, 60_000),
    };
}
function powered(metrics, { power }) {
    return power === 'auto' ? metrics : { ...metrics, power };
}
/** The same in main and in post of a job, so that one audit tells all of it. */
function reportFolder(inputs, { workspace }, act) {
    if (inputs.reportDir !== undefined)
        return (0,external_node_path_.resolve)(workspace, inputs.reportDir);
    return act.env['GITHUB_ACTIONS'] === 'true'
        ? (0,external_node_path_.resolve)((0,base_files/* temporaryRoot */.is)(act.env), `gray-${slugOf(inputs.environment)}`)
        : (0,external_node_path_.resolve)(workspace, '.gip/gray');
}
/** An environment's name as that of a folder. */
const slugOf = (environment) => environment.replaceAll(/[^A-Za-z0-9.-]/g, '-');
function githubFor(inputs, act) {
    const name = act.env['GITHUB_REPOSITORY'] ?? '';
    if (inputs.githubToken === '' || name === '')
        return undefined;
    return {
        client: new client/* GitHub */.gq((0,client/* githubSettings */.ND)(act.env, inputs.githubToken), act),
        repository: (0,client/* parseRepository */.SU)(name),
    };
}
//# sourceMappingURL=wire.js.map
;// CONCATENATED MODULE: ./lib/actions/gray/run.js














/** One command of the action, from inputs to outputs. Never throws: whatever fails is told by `failure`. */
async function runGray(read, act, keeper, extras = {}) {
    let wires;
    let inputs;
    let done;
    let fault;
    try {
        const loaded = (0,gray_inputs/* loadGrayInputs */.$)(read, act.env, act.secrets);
        inputs = loaded.inputs;
        const { gathered, problems } = await (0,gather/* gatherSettings */.V)(inputs, act);
        refuse([...loaded.problems, ...problems]);
        wires = await wire(inputs, gathered, act, extras);
        await fetchAudit(inputs, wires, act);
        done = await carryOut(inputs, gathered, wires, act, keeper);
    }
    catch (error) {
        fault = (0,errors/* toPipelineError */.Oo)(act.signal.aborted ? act.signal.reason : error, `${inputs?.command ?? 'the gray release'} failed`);
        done = { end: { result: 'refused', reason: fault.problems[0]?.what ?? fault.message } };
    }
    // What was asked for is done by reap, recover and abort when everything is back: no failure of theirs.
    const asked = inputs !== undefined && ['reap', 'recover', 'abort', 'status'].includes(inputs.command);
    const back = asked && (done.end.result === 'rolled-back' || inputs?.command === 'status');
    const last = done.run?.looks.at(-1)?.measurement;
    const failure = fault ??
        (back
            ? undefined
            : failureOf(done.end, { cancelled: act.signal.aborted, ...(last === undefined ? {} : { last }) }));
    let end = done.end;
    try {
        end = { ...end, ...(await reportGray({ done, wires, failure }, act)) };
    }
    catch (error) {
        act.log.warning(`the report could not be written: ${(0,errors/* toPipelineError */.Oo)(error, 'report').message}`);
    }
    if (done.run !== undefined)
        await wires?.keepAudit();
    await wires?.close();
    return {
        end,
        outputs: outputsOf(end),
        ...(failure === undefined ? {} : { failure }),
        ...(done.text === undefined ? {} : { text: done.text }),
    };
}
function refuse(problems) {
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('input', problems);
}
/** Before the first line is written. A release is not begun on an audit that cannot go on; no way back waits for one. */
async function fetchAudit(inputs, wires, act) {
    if (inputs.command === 'status' || inputs.dryRun)
        return;
    try {
        await wires.fetchAudit();
    }
    catch (error) {
        if (inputs.command === 'release')
            throw error;
        act.log.warning(`the audit of earlier runs could not be fetched: ${(0,errors/* messageOf */.bD)(error)}`);
    }
}
async function carryOut(inputs, gathered, wires, act, keeper) {
    const { store } = wires;
    switch (inputs.command) {
        case 'status': {
            const release = (await store.read(act.signal))?.release;
            return {
                end: { result: resultOf(release), ...(release === undefined ? {} : { release }) },
                text: describeStatus(release, act.clock.now()),
            };
        }
        case 'release':
            return release(inputs, gathered, wires, act, keeper);
        case 'tick':
        case 'reap':
            return goOn(inputs, gathered, wires, act, keeper);
        case 'recover':
            // By hand there is no owner to go by: whatever is unfinished is taken back, however young its lease is.
            return doneOf(await abortRelease(wires, act, 'recover'));
        case 'abort':
            return doneOf(await abortRelease(wires, act, 'abort'));
    }
}
async function release(inputs, gathered, wires, act, keeper) {
    const { adapter, metrics } = gathered;
    if (adapter === undefined || metrics === undefined)
        throw new TypeError('checked by the inputs');
    const stored = (await wires.store.read(act.signal))?.release;
    const names = { old: oldVersion(inputs, stored, act.clock.now()), new: inputs.newVersion ?? '' };
    const settings = wires.storedSettings(adapter, names);
    const plan = wires.planFor(planOf(inputs), settings);
    const asked = { inputs, names, plan, adapter: settings, metrics, wires };
    if (inputs.dryRun) {
        const { json, text, ok } = await (0,gray_plan/* planDry */.HW)(asked, act);
        const reason = ok ? 'every check passed' : 'a check failed';
        return { end: { result: 'planned', reason, plan: json }, text };
    }
    for (const line of (0,gray_plan/* describePlan */.df)(asked).split('\n'))
        act.log.info(line);
    // While another release runs the target is not as this one will find it: its checks come when it is its turn.
    const busy = stored !== undefined && claimOf(stored, act.clock.now()).kind !== 'free';
    if (!busy)
        await (0,gray_plan/* checkBeforeStart */.A$)(asked, act);
    const request = {
        id: (0,this_run/* releaseId */.Bf)(act.clock.now()),
        environment: inputs.environment,
        ...names,
        ...(gathered.run === undefined ? {} : { run: gathered.run }),
        plan,
        planHash: planHash({ plan, adapter: settings, metrics }),
        adapter: settings,
    };
    // Before anything is touched, so that post finds what a killed main has left.
    keeper.update({ owner: wires.owner });
    const run = await runRelease(request, wires.options(names, { plan, checked: !busy }));
    keeper.update({ settled: run.outcome !== 'interrupted' });
    return { ...doneOf({ action: 'taken', reason: run.reason, release: run.release, run }), run };
}
/** What the stored release left unnamed: the version that serves before this one comes. */
function oldVersion(inputs, stored, now) {
    if (inputs.oldVersion !== undefined)
        return inputs.oldVersion;
    if (stored === undefined)
        return 'old';
    if (stored.state.phase === 'done' || stored.state.phase === 'finalise-failed')
        return stored.new;
    const claim = claimOf(stored, now);
    const waits = claim.kind === 'held' || claim.kind === 'sleeping';
    if (waits && inputs.concurrency === 'queue')
        throw new errors/* PipelineError */.zC('input', [
            {
                code: 'gray-old-version',
                what: `a release to ${stored.new} is under way, so it is not known yet which version this one will replace`,
                input: 'old-version',
                fix: 'set old-version, wait for the other release, or use concurrency: newest-wins',
            },
        ]);
    return stored.old;
}
/** `tick` and `reap`: the plan and the adapter are the stored ones; present settings that differ mean the way back. */
async function goOn(inputs, gathered, wires, act, keeper) {
    const stored = (await wires.store.read(act.signal))?.release;
    if (stored === undefined)
        return { end: { result: 'none', reason: 'no release is stored' } };
    const names = { old: stored.old, new: stored.new };
    const { metrics } = gathered;
    const settings = gathered.adapter === undefined ? stored.adapter : wires.storedSettings(gathered.adapter, names);
    const options = wires.options(names, { plan: stored.plan });
    const common = {
        ...options,
        ...(metrics === undefined ? {} : { planHash: planHash({ plan: stored.plan, adapter: settings, metrics }) }), // prettier-ignore
    };
    keeper.update({ owner: wires.owner });
    const found = inputs.command === 'tick' ? await tick(common) : await reap({ ...common, policy: inputs.resume });
    keeper.update({ settled: found.run?.outcome !== 'interrupted' });
    return doneOf(found);
}
function doneOf(found) {
    const { run } = found;
    const release = run?.release ?? found.release;
    const nextAt = run?.nextAt ?? found.nextAt;
    return {
        end: {
            result: run === undefined ? resultOf(release) : resultOfRun(run),
            reason: run?.reason ?? found.reason,
            ...(release === undefined ? {} : { release }),
            ...(nextAt === undefined ? {} : { nextAt }),
        },
        ...(run === undefined ? {} : { run }),
    };
}
const resultOfRun = (run) => run.outcome === 'rolled-back' && run.release.superseded !== undefined ? 'superseded' : run.outcome;
/** The plan that the inputs ask for, before the adapter has had its say (a node plan has whole nodes). */
function planOf(inputs) {
    return {
        steps: inputs.steps,
        warmUpMs: inputs.warmUpMs,
        bakeMs: inputs.bakeMs,
        intervalMs: inputs.intervalMs,
        maxExtends: inputs.maxExtends,
        endPolicy: inputs.endPolicy,
        maxErrors: inputs.maxErrors,
        maxTries: inputs.maxTries,
        approvalMs: inputs.approvalTimeoutMs,
    };
}
/** For the post step: takes back what main (lease owner `owner`) has left. Reports like `runGray`, never throws for the release. */
async function recoverGray(read, act, owner) {
    const { inputs } = (0,gray_inputs/* loadGrayInputs */.$)(read, act.env, act.secrets);
    const { gathered } = await (0,gather/* gatherSettings */.V)(inputs, act);
    const wires = await wire(inputs, gathered, act, {});
    try {
        const stored = (await wires.store.read(act.signal))?.release;
        const names = { old: stored?.old ?? 'old', new: stored?.new ?? 'new' };
        await fetchAudit({ ...inputs, command: 'recover' }, wires, act);
        const done = doneOf(await recover(owner, wires.options(names)));
        const ended = done.end.result === 'rolled-back' || done.run === undefined;
        const failure = ended ? undefined : failureOf(done.end, { cancelled: false });
        if (done.run === undefined)
            return { end: done.end, outputs: outputsOf(done.end) };
        const end = { ...done.end, ...(await reportGray({ done, wires, failure }, act)) };
        await wires.keepAudit();
        return { end, outputs: outputsOf(end), ...(failure === undefined ? {} : { failure }) };
    }
    finally {
        await wires.close();
    }
}
//# sourceMappingURL=run.js.map

/***/ }),

/***/ 20450:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Ow: () => (/* binding */ GrayKeeper),
/* harmony export */   gP: () => (/* binding */ parseGrayState)
/* harmony export */ });
/* unused harmony export EMPTY_STATE */
const EMPTY_STATE = { schema: 1, settled: false, folders: [] };
/** Keeps the state up to date where post finds it, before what it names is done. */
class GrayKeeper {
    #state = EMPTY_STATE;
    #write;
    constructor(write = () => undefined) {
        this.#write = write;
    }
    get state() {
        return this.#state;
    }
    update(change) {
        this.#state = { ...this.#state, ...change };
        this.#write(this.#state);
    }
}
/** Reads what main left; undefined when there is nothing that this program wrote. */
function parseGrayState(text) {
    if (text === '')
        return undefined;
    try {
        const value = JSON.parse(text);
        if (value === null || typeof value !== 'object' || value.schema !== 1)
            return undefined;
        const { owner, settled, folders } = value;
        return {
            schema: 1,
            settled: settled === true,
            folders: Array.isArray(folders) ? folders.filter((one) => typeof one === 'string') : [],
            ...(typeof owner === 'string' ? { owner } : {}),
        };
    }
    catch {
        return undefined;
    }
}
//# sourceMappingURL=state.js.map

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

/***/ 99551:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   EM: () => (/* binding */ hostsDeadMan),
/* harmony export */   nE: () => (/* binding */ HostsAdapter)
/* harmony export */ });
/* unused harmony exports unfitFor, observe */
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _deploy_compose_sh_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(55435);
/* harmony import */ var _deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(29007);
/* harmony import */ var _deploy_compose_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(45341);
/* harmony import */ var _deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(80044);
/* harmony import */ var _dead_man_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(28016);
/* harmony import */ var _plan_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(2648);







/**
 * Percent of the hosts: at p % the first ⌈n·p⌉ of them run the new image (at least one, all only at 100 %), the others the old
 * one. Every host keeps the note of its own old image, so going back needs nothing but the settings, and each host that
 * refuses the new image has put its old one back before we hear of it.
 */
class HostsAdapter {
    kind = 'hosts';
    #settings;
    #hosts;
    #log;
    constructor(settings, ssh, log) {
        this.#settings = settings;
        this.#hosts = settings.hosts.map((host) => new _deploy_compose_js__WEBPACK_IMPORTED_MODULE_3__/* .ComposeService */ .A(ssh, host));
        this.#log = log;
    }
    async check(signal) {
        const { problems, error } = await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .preflightHosts */ .JV)(this.#hosts, signal);
        if (error !== undefined)
            throw error;
        if (problems.length > 0)
            throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC('input', problems);
        const found = await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(this.#hosts, (host) => host.inspect(signal));
        const unseen = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .hostsError */ .Ak)(found, 'the look at the hosts');
        if (unseen !== undefined)
            throw unseen;
        const unfit = found.flatMap(({ host, value }) => value === undefined ? [] : unfitFor(value, this.#settings.image, host.where));
        if (unfit.length > 0)
            throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC('gate', unfit);
    }
    /** Pulls the new image everywhere and notes what runs; nothing that runs is touched. */
    async deploy(signal) {
        const error = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .hostsError */ .Ak)(await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(this.#hosts, (host) => host.prepare(this.#settings.image, signal)), 'the pull of the image');
        if (error !== undefined)
            throw error;
    }
    async get(signal) {
        const results = await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(this.#hosts, (host) => host.inspect(signal));
        // A cancelled look says nothing of the hosts.
        signal.throwIfAborted();
        return observe(results, this.#settings.image);
    }
    async set(percent, signal) {
        const { image, batch } = this.#settings;
        const count = percent <= 0 ? 0 : (0,_plan_js__WEBPACK_IMPORTED_MODULE_6__/* .nodesAt */ .Pw)(percent, this.#hosts.length);
        const receiving = this.#hosts.slice(0, count);
        for (let at = 0; at < receiving.length; at += batch) {
            const now = receiving.slice(at, at + batch);
            // What a batch refuses, the next one is not asked.
            const failed = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .hostsError */ .Ak)(await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(now, (host) => host.update(image, signal), batch), 'the update');
            if (failed !== undefined)
                throw failed;
        }
        const results = await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(this.#hosts.slice(count), async (host) => {
            if ((0,_deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__/* .versionOf */ .E4)(await host.inspect(signal), image).version === 'old')
                return;
            await host.back(signal);
            // The release goes on, at a lower part: the host may be asked again.
            await host.prepare(image, signal);
        });
        const [unreached, final] = [results.filter(isPassing), results.filter((result) => !isPassing(result))];
        const failed = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .hostsError */ .Ak)(final, 'the way back');
        if (failed !== undefined)
            throw failed;
        // A host that is to stay old and cannot be asked is for the read-back to judge; it hinders no other.
        for (const { host, error } of unreached)
            this.#log.warning(`${host.where}: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)}`);
    }
    /** Every host that can be reached gets its old image; throws, naming the others, when one could not be asked. */
    async reset(signal) {
        const results = await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(this.#hosts, (host) => host.back(signal));
        const error = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .hostsError */ .Ak)(results, 'the way back');
        if (error === undefined)
            return;
        if (!(error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC))
            throw error;
        const left = results.filter((result) => result.error !== undefined).map(({ host }) => host.where);
        const back = results.length - left.length;
        // Some may be reached by another try, so this is never final.
        throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC('environment', [
            {
                code: 'hosts-not-back',
                what: `${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} not known to run the old version`,
                cause: `${back} of ${results.length} hosts are back`,
                where: left.join(', '),
                fix: 'make the host reachable and run the release action with command: recover; or see to it by hand: docker compose ps',
            },
            ...error.problems,
        ], error.log === undefined ? {} : { log: error.log });
    }
    /** Drops the notes and the old images. */
    async finalise(signal) {
        const error = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .hostsError */ .Ak)(await (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_4__/* .eachHost */ .yP)(this.#hosts, (host) => host.finalise(this.#settings.image, signal)), 'the removal of the old image');
        if (error !== undefined)
            throw error;
    }
}
const isPassing = ({ error }) => error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC && error.kind === 'environment';
/** What forbids a start on a host: nothing to go back to, nothing new, or an earlier release that was never ended. */
function unfitFor(state, image, where) {
    const { version, healthy, detail } = (0,_deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__/* .versionOf */ .E4)(state, image);
    const kept = state.kept;
    const earlier = kept !== undefined && kept.new !== image ? kept.new : undefined;
    if (earlier !== undefined && (0,_deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__/* .versionOf */ .E4)(state, earlier).version !== 'old')
        return [
            {
                code: 'hosts-unfinished',
                what: `${where} still has an earlier release that was neither finished nor taken back`,
                cause: `it runs ${earlier}`,
                where,
                fix: 'take that release back first (command: recover)',
            },
        ];
    if (version === 'new' || version === 'mixed')
        return [
            {
                code: 'hosts-already-new',
                what: `${where} runs the new image already`,
                cause: detail,
                where,
                fix: 'release another image, or take the host’s version back first: there is nothing to compare with',
            },
        ];
    if (version === 'none' || !healthy)
        return [
            {
                code: 'hosts-nothing-old',
                what: `${where} has no healthy version to go back to`,
                cause: detail,
                where,
                fix: 'start the present version first: docker compose up -d --wait; a first deployment is not a gray release',
            },
        ];
    return [];
}
/** The hosts' answers as one: the part in percent, whether all agree, and who stands where. */
function observe(results, image) {
    let fresh = 0;
    let settled = results.length > 0;
    const groups = new Map();
    for (const { host, value, error } of results) {
        let word;
        if (value === undefined) {
            settled = false;
            word = `not reached (${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error).split('\n')[0] ?? ''})`;
        }
        else {
            const { version, healthy, detail } = (0,_deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__/* .versionOf */ .E4)(value, image);
            if (version === 'new')
                fresh++;
            const strange = version === 'old' && isStrange(value);
            if (!healthy || version === 'mixed' || version === 'none' || strange)
                settled = false;
            word = strange ? 'neither the old nor the new version' : detail;
        }
        groups.set(word, [...(groups.get(word) ?? []), host.where]);
    }
    return {
        percent: results.length === 0 ? 0 : (100 * fresh) / results.length,
        settled,
        detail: [...groups].map(([word, hosts]) => `${word}: ${hosts.join(', ')}`).join('; '),
    };
}
/** Somebody has put a third version there while the release ran. */
function isStrange({ kept, containers }) {
    if (kept === undefined || (0,_deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__/* .digestOf */ .ol)(kept.old) === undefined)
        return false;
    return containers.some((container) => container.digests.length > 0 && !(0,_deploy_compose_state_js__WEBPACK_IMPORTED_MODULE_2__/* .runsImage */ .m2)(container, kept.old));
}
/** Where each host's timer lies and what it runs: the host's own way back. */
const hostsDeadMan = (settings) => settings.hosts.map(({ target, service }) => ({
    target,
    folder: (0,_dead_man_js__WEBPACK_IMPORTED_MODULE_5__/* .deadManFolder */ .zB)(service.folder, service.service),
    back: (0,_deploy_compose_sh_js__WEBPACK_IMPORTED_MODULE_1__.backScript)(service),
}));
//# sourceMappingURL=hosts.js.map

/***/ }),

/***/ 55697:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Hd: () => (/* binding */ LocalApprover),
/* harmony export */   lD: () => (/* binding */ decideLocally)
/* harmony export */ });
/* unused harmony export localUser */
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(51455);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(48161);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(76760);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(17594);
/* harmony import */ var _base_files_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(40378);
/* harmony import */ var _github_votes_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(94192);






/** A name that is a file name on every system; two names never become the same one. */
const fileName = (name) => encodeURIComponent(name).replace(/[.*~!'()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
/** Who runs this program. The account of the operating system, not a variable that anybody can set. */
const localUser = () => (0,node_os__WEBPACK_IMPORTED_MODULE_1__.userInfo)().username;
/**
 * Approvals without GitHub: `gray approve` writes a file for each person into a shared folder. On Linux and macOS the owner of
 * the file is the proof of who wrote it; on Windows the name in it is taken as it is, as the folder's rights allow.
 */
class LocalApprover {
    #options;
    constructor(options) {
        this.#options = options;
    }
    async ask(release, reason) {
        const hold = (0,_github_votes_js__WEBPACK_IMPORTED_MODULE_5__/* .holdId */ .l2)(release);
        const folder = holdFolder(this.#options.folder, hold);
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.mkdir)(folder, { recursive: true });
        const request = { hold, reason, askedBy: localUser(), new: release.new, old: release.old };
        // The first one stays: who takes a release over is not who started it.
        if ((await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, 'request.json'))) === undefined)
            await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .writeAtomic */ .vZ)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, 'request.json'), `${JSON.stringify(request, null, 2)}\n`);
        this.#options.log.info(`the release waits for ${this.#options.minimum} to approve: gray approve ${hold}`);
    }
    async answer(release) {
        const hold = (0,_github_votes_js__WEBPACK_IMPORTED_MODULE_5__/* .holdId */ .l2)(release);
        const folder = holdFolder(this.#options.folder, hold);
        const request = parse(await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, 'request.json')));
        const { host, selfApproval, ownerOf = ownerOfFile } = this.#options;
        const accounts = host.os !== 'windows';
        const votes = await readVotes(folder, hold, accounts ? ownerOf : undefined);
        const asker = typeof request['askedBy'] === 'string' ? request['askedBy'] : undefined;
        const askerAccount = accounts && asker !== undefined ? await ownerOf((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, 'request.json')) : undefined;
        const own = votes.filter(({ by, owner }) => (owner === undefined ? by === asker : owner === askerAccount));
        return (0,_github_votes_js__WEBPACK_IMPORTED_MODULE_5__/* .countVotes */ .B0)(votes, {
            minimum: this.#options.minimum,
            excluded: selfApproval === true ? [] : own.map(({ by }) => ({ login: by, why: 'started the release' })),
            how: `Run: gray approve ${hold}`,
        });
    }
}
/** What `gray approve ID` and `gray reject ID` do. Throws `approval-unknown` when nothing waits under this id. */
async function decideLocally(decision, by = localUser()) {
    const folder = holdFolder(decision.folder, decision.hold);
    if ((await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, 'request.json'))) === undefined)
        throw (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .inputError */ .Xu)({
            code: 'approval-unknown',
            what: `no release waits for "${decision.hold}"`,
            where: decision.folder,
            fix: 'copy the id from the line that asks for the approval',
        });
    const vote = {
        hold: decision.hold,
        by,
        approves: decision.approves,
        at: new Date(decision.at).toISOString(),
    };
    await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .writeAtomic */ .vZ)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, `${fileName(by)}.vote.json`), `${JSON.stringify(vote)}\n`);
}
const holdFolder = (folder, hold) => (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, fileName(hold));
const ownerOfFile = async (file) => (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.stat)(file)).uid;
async function readVotes(folder, hold, ownerOf) {
    let names;
    try {
        names = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)(folder);
    }
    catch (error) {
        if ((0,_base_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .codeOf */ .$N)(error) === 'ENOENT')
            return [];
        throw error;
    }
    const votes = [];
    for (const name of names.filter((one) => one.endsWith('.vote.json')).sort()) {
        const file = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, name);
        const vote = parse(await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_4__/* .readTextIfAny */ .$v)(file));
        const { by, approves } = vote;
        if (vote['hold'] !== hold || typeof by !== 'string' || typeof approves !== 'boolean')
            continue;
        if (name !== `${fileName(by)}.vote.json`)
            continue;
        const owner = await ownerOf?.(file);
        // Two files of one account are one person, whatever names are in them; a rejection stays one.
        if (approves && owner !== undefined && votes.some((one) => one.approves && one.owner === owner))
            continue;
        votes.push({ by, approves, owner });
    }
    return votes;
}
function parse(text) {
    try {
        const value = JSON.parse(text ?? '{}');
        return typeof value === 'object' && value !== null ? value : {};
    }
    catch {
        return {};
    }
}
//# sourceMappingURL=approvals-local.js.map

/***/ }),

/***/ 62842:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ disarmScript),
/* harmony export */   Kx: () => (/* binding */ releaseWord),
/* harmony export */   Me: () => (/* binding */ armScript)
/* harmony export */ });
/* harmony import */ var _deploy_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(36208);

/**
 * The watcher, as it lies on the host: `sh watch FOLDER`. It reads `deadline` (release and time) again and again, so that
 * a renewal is one small write, and ends when the file is gone. The time is that since the start of the machine where there is
 * one, so no clock that is set can make it go off. Going off is claimed by a rename; from then on the state's readers see it.
 */
const WATCH = `#!/bin/sh
# Written by go-image-pipeline: puts the old version back when nobody speaks for the release any more.
dir=$1
trap '' HUP PIPE INT
now() {
  if [ -r /proc/uptime ]; then read -r up _ </proc/uptime; echo "\${up%%.*}"; else date +%s; fi
}
while :; do
  read -r release deadline <"$dir/deadline" 2>/dev/null || exit 0
  left=$((deadline - $(now)))
  if [ "$left" -gt 0 ]; then
    if [ "$left" -gt 2 ]; then left=2; fi
    sleep "$left"
    continue
  fi
  mv "$dir/deadline" "$dir/firing" 2>/dev/null || exit 0
  read -r release deadline <"$dir/firing"
  if [ "$deadline" -gt "$(now)" ]; then
    # Renewed between the look and the rename.
    mv "$dir/firing" "$dir/deadline"
    continue
  fi
  break
done
try=1
: >"$dir/log"
while :; do
  code=0
  sh "$dir/back" >>"$dir/log" 2>&1 || code=$?
  if [ "$code" = 0 ] || [ "$try" = 5 ]; then break; fi
  sleep $((try * 10))
  try=$((try + 1))
done
printf '%s %s %s\\n' "$release" "$(date +%s)" "$code" >"$dir/fired.draft"
mv -f "$dir/fired.draft" "$dir/fired"
rm -f "$dir/firing"
`;
/** A release's id as it stands in a file of words. */
const releaseWord = (release) => release.replace(/[^A-Za-z0-9._-]+/g, '-');
/**
 * Arms the timer for `release`, or renews it; answers `armed`, or `fired` when it has gone off for this release already. The
 * watcher is started detached: as a unit of systemd where this user may have one, else in a session of its own.
 */
const armScript = (folder, release, seconds, back) => `umask 077
dir=${(0,_deploy_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(folder)}
release=${(0,_deploy_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(releaseWord(release))}
mkdir -p "$dir" || exit 1
fired=''
if [ -f "$dir/firing" ]; then read -r fired _ <"$dir/firing"
elif [ -f "$dir/fired" ]; then read -r fired _ <"$dir/fired"; fi
if [ "$fired" = "$release" ]; then echo fired; exit 0; fi
rm -f "$dir/fired"
put() { # FILE: standard input, in one piece
  cat >"$dir/$1.draft" && mv -f "$dir/$1.draft" "$dir/$1"
}
put back <<'GIP_BACK_ENDS' || exit 1
${back}
GIP_BACK_ENDS
put watch <<'GIP_WATCH_ENDS' || exit 1
${WATCH}GIP_WATCH_ENDS
if [ -r /proc/uptime ]; then read -r up _ </proc/uptime; now=\${up%%.*}; else now=$(date +%s); fi
echo "$release $((now + ${Math.max(1, Math.ceil(seconds))}))" | put deadline || exit 1
alive() { # The number alone could be another program's by now.
  pid=$(cat "$dir/pid" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  [ ! -r "/proc/$pid/cmdline" ] || tr '\\0' ' ' <"/proc/$pid/cmdline" | grep -qF -e "$dir"
}
if ! alive; then
  rm -f "$dir/pid"
  start='echo "$$" >"$1/pid"; exec sh "$1/watch" "$1"'
  if [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
    systemd-run --quiet --collect --description='go-image-pipeline: dead-man timer' \\
      --setenv=PATH="$PATH" --setenv=DOCKER_HOST="\${DOCKER_HOST:-}" --setenv=DOCKER_CONFIG="\${DOCKER_CONFIG:-}" --setenv=HOME="\${HOME:-/}" \\
      sh -c "$start" sh "$dir" >&2 || exit 1
  elif command -v setsid >/dev/null 2>&1; then
    setsid sh -c "$start" sh "$dir" </dev/null >/dev/null 2>&1 &
  else
    nohup sh -c "$start" sh "$dir" </dev/null >/dev/null 2>&1 &
  fi
  tries=50
  # A short timer may have gone off before we look.
  until alive || [ -f "$dir/firing" ] || [ -f "$dir/fired" ]; do
    tries=$((tries - 1))
    if [ "$tries" -lt 0 ]; then echo 'the watcher did not start' >&2; exit 1; fi
    sleep 0.1 2>/dev/null || sleep 1
  done
fi
echo armed`;
/** Ends the timer: the watcher sees within two seconds that its file is gone. One that goes off at this moment is waited for. */
const disarmScript = (folder) => `dir=${(0,_deploy_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(folder)}
rm -f "$dir/deadline"
tries=120
while [ -f "$dir/firing" ]; do
  tries=$((tries - 1))
  if [ "$tries" -lt 0 ]; then echo 'the timer is going off' >&2; exit 1; fi
  sleep 0.2 2>/dev/null || sleep 1
done
rm -f "$dir/back" "$dir/watch"
exit 0`;
//# sourceMappingURL=dead-man-script.js.map

/***/ }),

/***/ 28016:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   TD: () => (/* binding */ DeadMan),
/* harmony export */   t1: () => (/* binding */ deadManFault),
/* harmony export */   z1: () => (/* binding */ withDeadMan),
/* harmony export */   zB: () => (/* binding */ deadManFolder)
/* harmony export */ });
/* unused harmony export timerSeconds */
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(29619);
/* harmony import */ var _dead_man_script_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(62842);
/* harmony import */ var _reducer_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(35043);




/** The timer's folder beside a compose file or a state file: one per service or environment. */
const deadManFolder = (folder, name) => `${folder.replace(/\/$/, '')}/.gip/${name.replace(/[^A-Za-z0-9._-]+/g, '-')}.dead-man`;
/** One try: a host that is away is asked again by the next heartbeat. */
const MS = 15_000;
class DeadMan {
    #ssh;
    #hosts;
    /** The last command of each host, so that a slow renewal cannot come after the end of its timer. */
    #last = new Map();
    constructor(ssh, hosts) {
        this.#ssh = ssh;
        this.#hosts = hosts;
    }
    /**
     * Arms every host's timer, or renews it: it goes off `seconds` from now unless it is renewed. Answers one entry per host:
     * `fired` when it has gone off for this release already; an error when the host could not be asked.
     */
    async arm(release, seconds, signal) {
        return Promise.all(this.#hosts.map(async (host) => {
            const where = (0,_deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__/* .formatTarget */ .P4)(host.target);
            const script = (0,_dead_man_script_js__WEBPACK_IMPORTED_MODULE_3__/* .armScript */ .Me)(host.folder, release, seconds, host.back);
            try {
                const done = await this.#inOrder(host, () => this.#run(host, 'setting the dead-man timer', script, signal));
                const word = /^(armed|fired)$/m.exec(done.stdout)?.[1];
                if (done.code === 0 && word === 'fired')
                    return { where, kind: 'fired' };
                if (done.code === 0 && word === 'armed')
                    return { where, kind: 'armed' };
                return { where, kind: 'failed', error: failed(where, 'set', done.stderr) };
            }
            catch (error) {
                return { where, kind: 'failed', error };
            }
        }));
    }
    /** Ends every timer; throws when one could not be ended, for it would still go off. */
    async disarm(signal) {
        const results = await Promise.allSettled(this.#hosts.map(async (host) => {
            const script = (0,_dead_man_script_js__WEBPACK_IMPORTED_MODULE_3__/* .disarmScript */ .G)(host.folder);
            const done = await this.#inOrder(host, () => this.#run(host, 'ending the dead-man timer', script, signal));
            if (done.code !== 0)
                throw failed((0,_deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__/* .formatTarget */ .P4)(host.target), 'ended', done.stderr);
        }));
        const bad = results.find((result) => result.status === 'rejected');
        if (bad !== undefined)
            throw bad.reason;
    }
    #run({ target }, what, script, signal) {
        return this.#ssh.run(target, { what, script, timeoutMs: MS, attempts: 1, signal });
    }
    #inOrder(host, work) {
        const before = this.#last.get(host) ?? Promise.resolve();
        const result = before.then(work);
        this.#last.set(host, result.catch(() => undefined));
        return result;
    }
}
const failed = (where, verb, stderr) => (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
    code: 'dead-man',
    what: `the dead-man timer on ${where} could not be ${verb}`,
    cause: stderr.trim().split('\n').at(-1) ?? '',
    where,
    fix: 'its folder must be writable and setsid (or systemd-run) must be there; or leave dead-man out',
});
/** A timer must outlive the lease: every heartbeat renews both, and a reaper should come before the timer. */
function deadManFault(silenceMs, leaseMs) {
    return silenceMs > leaseMs
        ? undefined
        : {
            code: 'dead-man-short',
            what: `the dead-man timer (${silenceMs / 1000} s) is not longer than the lease (${leaseMs / 1000} s)`,
            cause: 'it is renewed with the lease, so it would go off while all is well',
            input: 'adapter',
            fix: 'write a longer dead-man, or a shorter lease; twice the lease is a good choice',
        };
}
/** How long a slow renewal may hold a write up; far below the time a store is given. */
const PATIENCE_MS = 5000;
/**
 * A store whose writes carry the timers along: armed when the target is first touched, renewed by every write (so by each
 * heartbeat), ended before the old version is removed and after the release has ended well. Whoever starts a release must
 * arm everywhere, as somebody asked for it; later, a host that cannot be reached holds nothing up and is a warning: its timer
 * runs, which is its purpose. After a rollback that failed the timers run on: where nobody gets through, they are the way back.
 */
function withDeadMan(store, timers, options) {
    const { clock, log, silenceMs } = options;
    /** A release that this process began and has not armed yet. */
    let begun;
    const tell = (results) => {
        for (const result of results)
            if (result.kind === 'fired')
                log.warning(`the dead-man timer on ${result.where} has gone off; the old version is back there`);
            else if (result.kind === 'failed')
                log.warning(`the dead-man timer on ${result.where} was not renewed: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(result.error)}`);
    };
    const arm = async (release, own) => {
        const seconds = timerSeconds(release, clock.now(), silenceMs);
        if (begun === release.id) {
            const results = await timers.arm(release.id, seconds, own);
            const bad = results.find((result) => result.kind === 'failed');
            if (bad !== undefined)
                throw bad.error;
            begun = undefined;
            tell(results);
            return;
        }
        // Its own time: the renewal goes on when the write it came with is over.
        const renewal = timers.arm(release.id, seconds, AbortSignal.timeout(2 * MS)).then(tell);
        const over = new AbortController();
        const patience = clock.sleep(PATIENCE_MS, over.signal).catch(() => undefined);
        await Promise.race([renewal, patience]);
        over.abort();
    };
    return {
        where: store.where,
        read: (signal) => store.read(signal),
        write: async (release, expected, signal) => {
            const { state } = release;
            if (!state.touched)
                begun = release.id;
            // From here the old version is being removed: a timer that goes off now would do harm.
            if (state.phase === 'finalising')
                await timers.disarm(signal);
            const revision = await store.write(release, expected, signal);
            if (revision === undefined)
                return undefined;
            if (guards(release))
                await arm(release, signal);
            else if (state.touched && (0,_reducer_js__WEBPACK_IMPORTED_MODULE_2__/* .isTerminal */ .Hd)(state) && state.phase !== 'rollback-failed')
                await timers.disarm(signal).catch((error) => {
                    log.warning(`a dead-man timer was not ended; it finds nothing to take back: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)}`);
                });
            return revision;
        },
    };
}
/** Whether there is something to take back, and still a way back. */
function guards({ state }) {
    return state.touched && !(0,_reducer_js__WEBPACK_IMPORTED_MODULE_2__/* .isTerminal */ .Hd)(state) && state.phase !== 'finalising';
}
/** From now to the end of the silence; between the jobs of a split release nobody is expected to speak until then. */
function timerSeconds(release, now, silenceMs) {
    const quiet = release.lease === null && release.pending !== undefined ? release.pending.until - now : 0;
    return Math.ceil((Math.max(0, quiet) + silenceMs) / 1000);
}
//# sourceMappingURL=dead-man.js.map

/***/ }),

/***/ 1489:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Z: () => (/* binding */ compose)
/* harmony export */ });
/* harmony import */ var _samples_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(14456);
/* harmony import */ var _decide_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(72733);


/**
 * One verdict from all metrics. Pure.
 *
 * - A critical fail stops, at its own level of confidence. Fails of the others are first held against each other
 *   (Holm, Scandinavian Journal of Statistics 6, 1979): of many metrics one is out of line by chance alone.
 * - The others make a score: passed weight of the decided weight, out of 100. Undecided ones leave it open between two
 *   bounds; it passes or fails only when both bounds do.
 * - Without one metric decided by evidence nothing ever passes.
 */
function compose(evaluated, look, rules) {
    const corrected = holm(evaluated.map((one) => policy(one, look)));
    const say = corrected.filter((one) => !(0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .hasNoSay */ .v6)(one.spec) && one.idle !== true);
    const critical = say.filter(({ spec }) => spec.critical);
    const others = say.filter(({ spec }) => !spec.critical);
    const score = scoreOf(others);
    const { verdict, reason } = overall(say, critical, score, rules);
    const hard = say.some(({ spec, result }) => spec.action === 'hard-abort' && result.verdict === 'fail');
    const decided = say.some(({ result }) => result.verdict === 'pass' || result.verdict === 'fail');
    return {
        at: look.end,
        verdict,
        ...(hard ? { hard } : {}),
        reason,
        ...(decided ? { score: score.now } : {}),
        // In an order of their own: they were asked at the same time, and the audit of a look must not depend on who was first.
        metrics: corrected.map(({ result, queries }) => ({
            ...result,
            queries: queries.toSorted((a, b) => (a.query < b.query ? -1 : 1)),
        })),
        ...alertsOf(corrected),
    };
}
/** What having no data counts as. */
function policy(one, look) {
    const { spec, result } = one;
    const evidence = result.verdict === 'pass' || result.verdict === 'fail';
    if (result.verdict !== 'nodata' || spec.onNodata === 'wait' || one.idle === true)
        return { ...one, evidence };
    // A fail by policy waits for the end: data may still come.
    if (spec.onNodata === 'fail' && !look.final)
        return { ...one, evidence };
    const reason = `${result.reason}; on-nodata makes this a ${spec.onNodata}`;
    return {
        ...one,
        result: { ...result, verdict: spec.onNodata, reason },
        evidence,
        ...(spec.onNodata === 'fail' ? { chance: 0 } : {}),
    };
}
/** Withdraws those fails of non-critical metrics that may be the unlucky one of many. */
function holm(evaluated) {
    const family = evaluated.filter(({ spec, idle }) => !spec.critical && !(0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .hasNoSay */ .v6)(spec) && idle !== true);
    const failed = family
        .filter(({ result }) => result.verdict === 'fail')
        .toSorted((a, b) => (a.chance ?? 0) - (b.chance ?? 0));
    const withdrawn = new Map();
    let stopped = false;
    for (const [index, { spec, chance = 0 }] of failed.entries()) {
        const level = (1 - spec.confidence) / (family.length - index);
        stopped ||= chance > level;
        if (stopped)
            withdrawn.set(spec.name, level);
    }
    return evaluated.map((one) => {
        const level = withdrawn.get(one.spec.name);
        if (level === undefined)
            return one;
        const { chance = 0, ...rest } = one;
        return {
            ...rest,
            evidence: false,
            result: {
                ...one.result,
                verdict: 'inconclusive',
                reason: `fails alone (chance ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(chance)}), but one of ${family.length} metrics may do so by chance: it takes ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(level)} (Holm): ${one.result.reason}`,
            },
        };
    });
}
function scoreOf(others) {
    const weight = (...verdicts) => others.reduce((sum, { spec, result }) => sum + (verdicts.includes(result.verdict) ? spec.weight : 0), 0);
    const [passed, failed] = [weight('pass'), weight('fail')];
    const open = weight('inconclusive', 'nodata', 'error');
    const of = (part, all) => all === 0 ? 100 : Math.round((10_000 * part) / all) / 100;
    const all = passed + failed + open;
    return { now: of(passed, passed + failed), least: of(passed, all), most: of(passed + open, all) };
}
function overall(say, critical, score, rules) {
    const told = (list) => list.map(({ spec, result }) => `${spec.name}: ${result.reason}`).join(' | ');
    const failed = critical.filter(({ result }) => result.verdict === 'fail');
    if (failed.length > 0)
        return { verdict: 'fail', reason: told(failed) };
    if (score.most < rules.marginal)
        return {
            verdict: 'fail',
            reason: `the score is at most ${score.most} of 100, below ${rules.marginal}: ${told(say.filter(({ spec, result }) => !spec.critical && result.verdict === 'fail'))}`,
        };
    const errors = say.filter(({ result }) => result.verdict === 'error');
    if (errors.length > 0)
        return { verdict: 'error', reason: told(errors) };
    const evidence = say.filter((one) => one.evidence);
    const open = critical.filter(({ result }) => result.verdict !== 'pass');
    const environment = say.filter((one) => one.environment === true);
    if (open.length === 0 &&
        environment.length === 0 &&
        score.least >= rules.pass &&
        evidence.some(({ result }) => result.verdict === 'pass'))
        return { verdict: 'pass', reason: passText(say, score) };
    const waiting = say.filter(({ result }) => result.verdict === 'inconclusive' || result.verdict === 'nodata');
    if (evidence.length === 0 && waiting.every(({ result }) => result.verdict === 'nodata'))
        return {
            verdict: 'nodata',
            reason: say.length === 0
                ? 'at this step no metric can be judged'
                : `no metric was decided by evidence: ${told(say)}`,
        };
    const marginal = waiting.length === 0
        ? `the score ${score.now} is between ${rules.marginal} and ${rules.pass}: ${told(say.filter(({ result }) => result.verdict === 'fail'))}`
        : told(environment.length > 0 ? environment : waiting);
    return { verdict: 'inconclusive', reason: marginal };
}
function passText(say, score) {
    const names = say.filter(({ result }) => result.verdict === 'pass').map(({ spec }) => spec.name);
    return `${names.join(', ')} pass${score.now === 100 ? '' : `; score ${score.now}`}`;
}
/** What warns or pages: heard, whatever the verdict. */
function alertsOf(evaluated) {
    const alerts = evaluated.flatMap(({ spec, result }) => {
        if (result.verdict !== 'fail' || spec.dryRun)
            return [];
        if (spec.action !== 'warn' && spec.action !== 'page')
            return [];
        const level = spec.action === 'page' ? 'page' : 'warning';
        return [{ level, message: `${spec.title}: ${result.reason}` }];
    });
    return alerts.length === 0 ? {} : { alerts };
}
//# sourceMappingURL=compose.js.map

/***/ }),

/***/ 99069:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $r: () => (/* binding */ targetOf),
/* harmony export */   H2: () => (/* binding */ increments),
/* harmony export */   Hk: () => (/* binding */ sumPerWindow),
/* harmony export */   Pr: () => (/* binding */ typicalGap),
/* harmony export */   eg: () => (/* binding */ sumBetween)
/* harmony export */ });
/**
 * The growth of counters from their raw samples, scrape by scrape and target by target: whole events, where `increase()`
 * extrapolates to fractions.
 *
 * - A drop of any series of a target is a restart of its process: everything counted since belongs to the growth.
 * - A series that begins while its target is already being scraped began at zero: client libraries make the series of
 *   `code="500"` with the first such answer, and `increase()` misses that one. The first error is the one that matters.
 * - A target never seen before brings an unknown past, which is left out.
 *
 * `groups`: the series of each counter, such as bad and all.
 */
function increments(groups, rules) {
    const byTarget = new Map();
    for (const [group, list] of groups.entries())
        for (const series of list) {
            const target = targetOf(series.labels);
            const known = byTarget.get(target) ?? [];
            known.push({ group, series });
            byTarget.set(target, known);
        }
    const found = [];
    const stale = [];
    let [resets, births] = [0, 0];
    let newest;
    const scrapeMs = rules.scrapeMs ?? typicalGap([...groups].flat());
    for (const [target, members] of [...byTarget].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const result = growth(target, members, groups.length, scrapeMs ?? 0);
        found.push(...result.increments);
        resets += result.resets;
        births += result.births;
        if (result.newest === undefined)
            continue;
        newest = Math.max(newest ?? result.newest, result.newest);
        if (scrapeMs !== undefined && rules.end - result.newest > 2 * scrapeMs)
            stale.push(target);
    }
    return {
        increments: found,
        targets: [...byTarget.keys()].sort(),
        ...(newest === undefined ? {} : { newest }),
        ...(scrapeMs === undefined ? {} : { scrapeMs }),
        resets,
        births,
        stale,
    };
}
/** What is scraped as one: an instance of a job. */
function targetOf(labels) {
    return [labels['job'], labels['instance']].filter((part) => part !== undefined).join('/');
}
function growth(target, members, groups, scrapeMs) {
    // Samples of one scrape have one time; some senders spread them a little.
    const times = scrapeTimes(members.map(({ series }) => series), scrapeMs / 4);
    const values = members.map(({ series }) => atTimes(series, times, scrapeMs / 4));
    const result = [];
    let [resets, births] = [0, 0];
    /** Per series: its last value and when; whether the process has restarted since. */
    const last = members.map(() => ({ value: NaN, at: NaN, restarted: false }));
    // Plain indices: this runs for every sample of every look.
    for (let index = 0; index < times.length; index++) {
        const at = times[index] ?? NaN;
        let dropped = false;
        for (let member = 0; member < last.length; member++) {
            const before = last[member];
            if (before !== undefined && (values[member]?.[index] ?? NaN) < before.value && !before.restarted)
                dropped = true;
        }
        if (dropped) {
            resets++;
            for (const before of last)
                before.restarted = true;
        }
        /** By the time the growth began, because a series may have been away for a while. Mostly one. */
        const grown = [];
        const previous = times[index - 1];
        for (let member = 0; member < last.length; member++) {
            const value = values[member]?.[index] ?? NaN;
            const before = last[member];
            if (Number.isNaN(value) || before === undefined)
                continue;
            const known = !Number.isNaN(before.at);
            const from = known ? before.at : previous;
            if (from !== undefined) {
                if (!known)
                    births++;
                let entry = grown[0]?.from === from ? grown[0] : grown.find((one) => one.from === from);
                if (entry === undefined)
                    grown.push((entry = { from, sum: new Array(groups).fill(0) }));
                const group = members[member]?.group ?? 0;
                entry.sum[group] = (entry.sum[group] ?? 0) + value - (known && !before.restarted ? before.value : 0);
            }
            before.value = value;
            before.at = at;
            before.restarted = false;
        }
        for (const { from, sum } of grown)
            result.push({ target, from, at, values: sum });
    }
    return { increments: result, resets, births, newest: times.at(-1) };
}
function scrapeTimes(list, near) {
    const [first, ...others] = list;
    const same = others.every(({ points }) => points.length === first?.points.length &&
        points.every(({ at }, index) => at === first.points[index]?.at));
    const all = same
        ? (first?.points ?? []).map(({ at }) => at)
        : [...new Set(list.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
    return all.filter((at, index) => index === 0 || at - (all[index - 1] ?? -Infinity) > near);
}
/** The series' finite values on the common times, else NaN; a sample counts for the last time at or before it. */
function atTimes(series, times, near) {
    const row = new Float64Array(times.length).fill(NaN);
    let index = 0;
    for (const { at, value } of series.points) {
        while (index + 1 < times.length && (times[index + 1] ?? Infinity) <= at)
            index++;
        const time = times[index];
        if (time !== undefined && Number.isFinite(value) && at - time <= Math.max(near, 1) * 2)
            row[index] = value;
    }
    return row;
}
/** The median time between neighbouring samples of one series; undefined when no series has two. */
function typicalGap(list) {
    // The series with the most samples says it best.
    const points = list.reduce((most, one) => (one.points.length > most.length ? one.points : most), []);
    if (points.length < 2)
        return undefined;
    const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
    gaps.sort((a, b) => a - b);
    return gaps[Math.floor(gaps.length / 2)];
}
/** The sums of each group from `start` to `end`: a growth that began before `start` (or a shift) is left out. */
function sumBetween(data, groups, start, end) {
    const sums = new Array(groups).fill(0);
    for (const { from, at, values } of data)
        if (from >= start && at <= end)
            for (const [group, value] of values.entries())
                sums[group] = (sums[group] ?? 0) + value;
    return sums;
}
/** The same in equal parts of `widthMs`, so that a burst can be seen for what it is. */
function sumPerWindow(data, groups, span) {
    const { start, end, widthMs } = span;
    const windows = new Map();
    for (const { from, at, values } of data) {
        if (from < start || at > end)
            continue;
        const index = Math.floor((at - start) / widthMs);
        const sums = windows.get(index) ?? new Array(groups).fill(0);
        for (const [group, value] of values.entries())
            sums[group] = (sums[group] ?? 0) + value;
        windows.set(index, sums);
    }
    return [...windows].sort(([a], [b]) => a - b).map(([, sums]) => sums);
}
//# sourceMappingURL=counts.js.map

/***/ }),

/***/ 72733:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   KM: () => (/* binding */ isTrouble),
/* harmony export */   LD: () => (/* binding */ decide),
/* harmony export */   N7: () => (/* binding */ idle),
/* harmony export */   Oz: () => (/* binding */ cannot),
/* harmony export */   Y3: () => (/* binding */ troubled),
/* harmony export */   v6: () => (/* binding */ hasNoSay)
/* harmony export */ });
/* harmony import */ var _power_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(94802);


function isTrouble(value) {
    return typeof value === 'object' && value !== null && 'verdict' in value && 'reason' in value;
}
const AGAINST_LIMIT = new Set(['limit', 'recent', 'sequential-limit', 'mean']);
/** From the answers of the judge to the metric's verdict. */
function decide(spec, parts, found) {
    const failing = parts.filter((part) => part.judgement.verdict === 'fail');
    const counted = failing.filter(({ mayFail }) => mayFail);
    const excused = (part) => AGAINST_LIMIT.has(part.role) && (found.environment !== undefined || found.stopped !== undefined);
    const blamed = counted.filter((part) => !excused(part));
    const needed = parts.filter((part) => part.needed);
    const notes = found.notes.length === 0 ? '' : ` (${found.notes.join('; ')})`;
    let verdict;
    let reason;
    const environment = blamed.length === 0 && counted.length > 0 && found.environment !== undefined;
    const [first] = blamed;
    if (first !== undefined) {
        verdict = 'fail';
        reason = blamed.map(({ judgement }) => judgement.reason).join('; also ');
    }
    else if (counted.length > 0) {
        verdict = 'inconclusive';
        reason = `${environment ? `environment bad, not the new version alone: ${found.environment ?? ''}` : (found.stopped ?? '')}; ${counted.map(({ judgement }) => judgement.reason).join('; ')}`;
    }
    else if (failing.length > 0) {
        verdict = 'inconclusive';
        reason = `beyond the limit so far, which counts at the end of the observation and with enough bad events: ${failing.map(({ judgement }) => judgement.reason).join('; ')}`;
    }
    else if (needed.length === 0) {
        verdict = 'inconclusive';
        reason = 'nothing that could pass it was asked';
    }
    else {
        const open = needed.filter(({ judgement }) => judgement.verdict !== 'pass');
        verdict =
            open.length === 0
                ? 'pass'
                : open.some(({ judgement }) => judgement.verdict === 'nodata')
                    ? 'nodata'
                    : 'inconclusive';
        reason = (open.length === 0 ? needed : open).map(({ judgement }) => judgement.reason).join('; ');
    }
    const lead = first ?? parts.find(({ role }) => role === 'limit' || role === 'mean') ?? parts[0];
    const evalues = parts.flatMap(({ judgement }) => (judgement.evalue === undefined ? [] : [judgement.evalue]));
    const numbers = (lead?.role.startsWith('sequential') === true ? parts[0] : lead)?.judgement;
    const chances = blamed.map(({ chance }) => chance ?? 0);
    const more = verdict === 'inconclusive' && found.counts !== undefined ? stillNeeded(spec, found.counts) : undefined;
    return {
        spec,
        result: {
            name: spec.name,
            verdict,
            critical: spec.critical,
            dryRun: hasNoSay(spec),
            reason: `${reason}${notes}`,
            ...(numbers?.estimate === undefined ? {} : { estimate: numbers.estimate }),
            ...(numbers?.lower === undefined ? {} : { lower: numbers.lower }),
            ...(numbers?.upper === undefined ? {} : { upper: numbers.upper }),
            ...(evalues.length === 0 ? {} : { evalue: Math.max(...evalues) }),
            ...(found.limit === undefined ? {} : { limit: found.limit }),
            items: parts.flatMap(({ items }) => items),
            ...valuesOf(found),
            ...(more === undefined ? {} : { needed: more }),
        },
        ...(verdict === 'fail' ? { chance: Math.min(...chances) } : {}),
        ...(environment ? { environment } : {}),
    };
}
function valuesOf({ counts, values }) {
    if (values !== undefined)
        return { new: values.fresh, ...(values.old === undefined ? {} : { old: values.old }) };
    if (counts === undefined || counts.fresh.total === 0)
        return {};
    const { fresh, old } = counts;
    return {
        new: fresh.bad / fresh.total,
        ...(old === undefined || old.total === 0 ? {} : { old: old.bad / old.total }),
    };
}
/** What only warns or pages is shown, and heard, but decides nothing. */
function hasNoSay(spec) {
    return spec.dryRun || spec.action === 'warn' || spec.action === 'page';
}
function cannot(spec, look, fresh, old) {
    if (spec.against === 'old' && look.percent >= 100)
        return idle(spec);
    if (isTrouble(fresh))
        return troubled(spec, { ...fresh, reason: `the new version: ${fresh.reason}` });
    if (old !== undefined && isTrouble(old))
        return troubled(spec, { ...old, reason: `the old version: ${old.reason}` });
    return undefined;
}
function idle(spec) {
    return {
        ...troubled(spec, {
            verdict: 'nodata',
            reason: 'at 100 % there is no old version to compare with: left out',
        }),
        idle: true,
    };
}
function troubled(spec, trouble) {
    return {
        spec,
        result: {
            name: spec.name,
            verdict: trouble.verdict,
            critical: spec.critical,
            dryRun: hasNoSay(spec),
            reason: trouble.reason,
        },
    };
}
const memory = new Map();
function stillNeeded(spec, { fresh, old }) {
    if (spec.kind !== 'ratio' && spec.kind !== 'latency')
        return undefined;
    const limit = spec.kind === 'ratio' ? spec.limit : 1 - spec.quantile;
    const rounded = old === undefined || old.total === 0 ? 0 : Number((old.bad / old.total).toPrecision(1));
    const share = old === undefined || old.total === 0
        ? 1
        : Math.max(0.001, Number((fresh.total / (fresh.total + old.total)).toPrecision(2)));
    const key = JSON.stringify([spec.against, limit, spec.margin, spec.confidence, rounded, share]);
    let wanted = memory.get(key);
    if (wanted === undefined) {
        const forLimit = limit === undefined || spec.against === 'old' ? 0 : (0,_power_js__WEBPACK_IMPORTED_MODULE_0__/* .sampleForLimit */ .rd)(limit, spec.confidence, rounded);
        const forMargin = spec.against === 'limit' || share >= 1
            ? 0
            : (0,_power_js__WEBPACK_IMPORTED_MODULE_0__/* .sampleForMargin */ .Y$)(spec.margin, spec.confidence, rounded, share) * share;
        wanted = Math.ceil(Math.max(forLimit, forMargin));
        if (memory.size > 500)
            memory.clear();
        memory.set(key, wanted);
    }
    return Number.isFinite(wanted) && wanted > fresh.total ? wanted - fresh.total : undefined;
}
//# sourceMappingURL=decide.js.map

/***/ }),

/***/ 45602:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   q: () => (/* binding */ evaluateLatency),
/* harmony export */   t: () => (/* binding */ evaluateRatio)
/* harmony export */ });
/* harmony import */ var _statistics_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(39416);
/* harmony import */ var _decide_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(72733);
/* harmony import */ var _look_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(60350);
/* harmony import */ var _parts_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1299);




const DEFAULT_SCRAPE_MS = 15_000;
/** Judges a ratio of two counters. Pure. */
function evaluateRatio(spec, look, fresh, old) {
    const comparing = spec.against !== 'limit' && look.percent < 100;
    const stop = (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .cannot */ .Oz)(spec, look, fresh, comparing ? old : undefined);
    if (stop !== undefined)
        return stop;
    if (!(fresh instanceof _look_js__WEBPACK_IMPORTED_MODULE_3__/* .Events */ .s))
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, fresh);
    const known = old instanceof _look_js__WEBPACK_IMPORTED_MODULE_3__/* .Events */ .s ? old : undefined;
    const observed = fresh.between(look.start, look.end);
    if (observed.total === 0)
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, { verdict: 'nodata', reason: 'the new version had no events in the window' });
    const before = known?.between(look.start, look.end);
    const parts = [];
    const width = widthOf(fresh, known);
    if (spec.limit !== undefined && spec.against !== 'old') {
        parts.push(...limitParts(spec, look, fresh, spec.limit));
        const early = spec.sequential === undefined
            ? undefined
            : (0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .sequentialLimit */ .JU)(fresh, look, spec.limit, spec.sequential, width);
        if (early !== undefined)
            parts.push(early);
    }
    if (comparing && known !== undefined && before !== undefined) {
        const item = {
            kind: 'ratio',
            margin: spec.margin,
            confidence: spec.confidence,
            old: before,
            new: observed,
        };
        parts.push((0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .single */ .J0)('margin', item, { mayFail: look.final && observed.bad >= spec.least, needed: true }));
        const early = spec.sequential === undefined ? undefined : (0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .sequentialOld */ .Bj)(fresh, known, look, spec.sequential, width);
        if (early !== undefined)
            parts.push(early);
    }
    const environment = spec.limit === undefined || before === undefined ? undefined : breaks(before, spec.limit, spec.confidence);
    const stopped = spec.confirm === undefined || spec.limit === undefined
        ? undefined
        : confirmed(fresh, look, spec.limit, spec.confirm);
    return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .decide */ .LD)(spec, parts, {
        counts: { fresh: observed, ...(before === undefined ? {} : { old: before }) },
        ...(spec.limit === undefined ? {} : { limit: spec.limit }),
        ...(environment === undefined ? {} : { environment }),
        ...(stopped === undefined ? {} : { stopped }),
        notes: [...notesOf('new', fresh), ...(known === undefined ? [] : notesOf('old', known))],
    });
}
/** The whole observation, and where it is longer than the rule's own window, the last of these. */
function limitParts(spec, look, events, limit) {
    const { confidence, least, windowMs } = spec;
    const elapsed = look.end - look.start;
    const ask = (start) => {
        const counts = events.between(start, look.end);
        return { item: { kind: 'ratio', limit, confidence, new: counts }, counts };
    };
    const recentStart = Math.max(look.start, look.end - windowMs);
    if (spec.action === 'hard-abort') {
        // "5 % for 3 min": the last 3 min, as soon as they are full.
        const { item, counts } = ask(recentStart);
        const mayFail = (look.final || elapsed >= windowMs) && counts.bad >= least;
        return [(0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .single */ .J0)('limit', item, { mayFail, needed: true })];
    }
    const { item, counts } = ask(look.start);
    const parts = [(0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .single */ .J0)('limit', item, { mayFail: look.final && counts.bad >= least, needed: true })];
    if (elapsed > 1.5 * windowMs) {
        const recent = ask(recentStart);
        const mayFail = look.final && recent.counts.bad >= least;
        parts.push((0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .single */ .J0)('recent', recent.item, { mayFail, needed: false }));
    }
    return parts;
}
/** Judges a quantile as shares above bucket edges. Pure. */
function evaluateLatency(spec, look, fresh, old) {
    const comparing = spec.against !== 'limit' && look.percent < 100;
    const eventsOf = (version) => (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(version)
        ? version
        : ([...version.slowerThan.values()][0] ?? { verdict: 'nodata', reason: 'the histogram has no buckets' });
    const stop = (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .cannot */ .Oz)(spec, look, eventsOf(fresh), comparing ? eventsOf(old) : undefined);
    if (stop !== undefined)
        return stop;
    if ((0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(fresh))
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, fresh);
    const known = (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(old) ? undefined : old;
    const limit = Number((1 - spec.quantile).toPrecision(12));
    const parts = [];
    const slower = (version, edge) => edge === undefined ? undefined : version?.slowerThan.get(edge);
    const { below, above } = fresh.limitEdges;
    const [near, far] = [slower(fresh, below), slower(fresh, above)];
    const any = near ?? far ?? eventsOf(fresh);
    if (!(any instanceof _look_js__WEBPACK_IMPORTED_MODULE_3__/* .Events */ .s))
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, any);
    if (any.between(look.start, look.end).total === 0)
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, { verdict: 'nodata', reason: 'the new version had no requests in the window' });
    if (spec.limitSeconds !== undefined && spec.against !== 'old') {
        const [lowParts, highParts] = [near, far].map((events) => events === undefined ? [] : limitParts(spec, look, events, limit));
        for (const role of ['limit', 'recent']) {
            const part = (0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .both */ .WP)(role, lowParts?.find((one) => one.role === role), below === above
                ? lowParts?.find((one) => one.role === role)
                : highParts?.find((one) => one.role === role));
            if (part !== undefined)
                parts.push(below === above ? { ...part, items: part.items.slice(0, 1) } : part);
        }
        // What is slower than the upper edge is surely slower than the limit.
        const early = spec.sequential === undefined || far === undefined
            ? undefined
            : (0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .sequentialLimit */ .JU)(far, look, limit, spec.sequential, widthOf(far));
        if (early !== undefined)
            parts.push(early);
    }
    if (comparing && known !== undefined) {
        const edges = [...new Set([known.oldEdges.below, known.oldEdges.above])];
        for (const edge of edges) {
            const [a, b] = [slower(fresh, edge), slower(known, edge)];
            if (a === undefined || b === undefined)
                continue;
            const [after, before] = [a.between(look.start, look.end), b.between(look.start, look.end)];
            const margin = (0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .marginAt */ .ce)(before, spec.margin, spec.tolerated);
            // Either edge may fail it: each has half of the chance of a wrong fail.
            const confidence = edges.length < 2 ? spec.confidence : Number(((1 + spec.confidence) / 2).toPrecision(12));
            const item = { kind: 'ratio', margin, confidence, old: before, new: after };
            const part = (0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .single */ .J0)('margin', item, { mayFail: look.final && after.bad >= spec.least, needed: true });
            parts.push({
                ...part,
                judgement: { ...part.judgement, reason: `slower than ${edge ?? 0} s: ${part.judgement.reason}` },
            });
        }
    }
    const observed = any.between(look.start, look.end);
    const oldAny = slower(known, below) ?? slower(known, above);
    const before = oldAny?.between(look.start, look.end);
    // Blame the environment only for what is certain: slower than the upper edge.
    const oldFar = slower(known, above)?.between(look.start, look.end);
    const environment = oldFar === undefined ? undefined : breaks(oldFar, limit, spec.confidence);
    return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .decide */ .LD)(spec, parts, {
        counts: { fresh: observed, ...(before === undefined ? {} : { old: before }) },
        limit,
        ...(environment === undefined ? {} : { environment }),
        notes: [...notesOf('new', any), ...(oldAny === undefined ? [] : notesOf('old', oldAny))],
    });
}
/** Whether a version is proved to break the limit. */
function breaks(counts, limit, confidence) {
    if (counts.total === 0)
        return undefined;
    const { lower } = (0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .clopperPearson */ .mI)(counts, confidence);
    return lower > limit
        ? `the old version has ${counts.bad} of ${counts.total} bad, at least ${(0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .percent */ .KN)(lower)}, too`
        : undefined;
}
/** A burn that has stopped is no reason to abort: the last part of the observation must burn too. */
function confirmed(events, look, limit, part) {
    const start = look.end - Math.max((look.end - look.start) * part, 2 * widthOf(events));
    const { bad, total } = events.between(Math.max(start, look.start), look.end);
    return total === 0 || bad / total > limit
        ? undefined
        : `it has stopped: ${bad} of the last ${total} are bad`;
}
function widthOf(...versions) {
    return Math.max(...versions.map((events) => events?.data.scrapeMs ?? 0)) || DEFAULT_SCRAPE_MS;
}
function notesOf(version, { data }) {
    return [
        ...(data.resets === 0
            ? []
            : [`${data.resets} restart${data.resets === 1 ? '' : 's'} on the ${version} version`]),
        ...(data.stale.length === 0
            ? []
            : [`${data.stale.length} of ${data.targets.length} targets of the ${version} version are silent`]),
    ];
}
//# sourceMappingURL=evaluate-events.js.map

/***/ }),

/***/ 83880:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   f: () => (/* binding */ evaluateSamples),
/* harmony export */   z: () => (/* binding */ evaluateValue)
/* harmony export */ });
/* harmony import */ var _statistics_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(39416);
/* harmony import */ var _decide_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(72733);
/* harmony import */ var _parts_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1299);



/** More samples than this say nothing more, and would fill the audit. */
const MOST_SAMPLES = 400;
const FEWEST_SAMPLES = 4;
/** Judges a gauge: its mean against a limit, its samples against the old version's. Pure. */
function evaluateSamples(spec, look, fresh, old) {
    const comparing = spec.against !== 'limit' && look.percent < 100;
    if (spec.against === 'old' && !comparing)
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .idle */ .N7)(spec);
    if ((0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(fresh))
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, fresh);
    if (comparing && (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(old))
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, { ...old, reason: `the old version: ${old.reason}` });
    const start = Math.max(look.start, look.end - spec.windowMs);
    const inside = (samples, from) => samples
        .filter(({ at, value }) => at >= from && at <= look.end && Number.isFinite(value))
        .map(({ value }) => value);
    const recent = inside(fresh, start);
    const before = (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(old) ? [] : inside(old, start);
    if (recent.length < FEWEST_SAMPLES)
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, {
            verdict: 'nodata',
            reason: `${recent.length} samples of the new version; ${FEWEST_SAMPLES} are needed`,
        });
    const [mean, oldMean] = [average(recent), before.length === 0 ? undefined : average(before)];
    const full = look.final || look.end - look.start >= spec.windowMs;
    const parts = [];
    const beyond = (value) => (spec.max !== undefined && value > spec.max) || (spec.min !== undefined && value < spec.min);
    const limited = spec.against !== 'old' && (spec.max !== undefined || spec.min !== undefined);
    if (limited) {
        const failed = beyond(mean);
        parts.push({
            role: 'mean',
            items: [],
            judgement: {
                verdict: failed ? 'fail' : 'pass',
                estimate: mean,
                reason: `the mean of ${recent.length} samples over ${seconds(look.end - start)} is ${number(mean)}, ${failed ? 'beyond' : 'within'} ${boundsText(spec)}`,
            },
            mayFail: full,
            needed: true,
            // What was measured is what it was: there is no sample to be unlucky with.
            ...(failed ? { chance: 0 } : {}),
        });
    }
    if (comparing && !(0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .isTrouble */ .KM)(old)) {
        const [a, b] = [thinned(inside(old, look.start)), thinned(inside(fresh, look.start))];
        const median = a.length === 0 ? 0 : Math.abs((0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .sortedMedian */ .iF)([...a].sort((x, y) => x - y)));
        const floor = median === 0 || spec.leastChange === undefined ? 0 : spec.leastChange / median;
        const tolerance = Number(Math.max(spec.tolerance, floor).toPrecision(6));
        const item = {
            kind: 'samples',
            direction: spec.direction,
            tolerance,
            confidence: spec.confidence,
            old: a,
            new: b,
        };
        // With a limit that has passed, doubts about the comparison alone do not hold a release back; a fail does.
        parts.push((0,_parts_js__WEBPACK_IMPORTED_MODULE_2__/* .single */ .J0)('samples', item, { mayFail: look.final, needed: !limited }));
    }
    return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .decide */ .LD)(spec, parts, {
        ...(spec.max === undefined ? {} : { limit: spec.max }),
        values: { fresh: mean, ...(oldMean === undefined ? {} : { old: oldMean }) },
        ...(limited && oldMean !== undefined && beyond(oldMean)
            ? { environment: `the old version's mean is ${number(oldMean)} too` }
            : {}),
        notes: [],
    });
}
/** Judges one number by itself. */
function evaluateValue(spec, look, value) {
    if (typeof value !== 'number')
        return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .troubled */ .Y3)(spec, value);
    const failed = (spec.max !== undefined && value > spec.max) || (spec.min !== undefined && value < spec.min);
    const part = {
        role: 'mean',
        items: [],
        judgement: {
            verdict: failed ? 'fail' : 'pass',
            estimate: value,
            reason: `the value is ${number(value)}, ${failed ? 'beyond' : 'within'} ${boundsText(spec)}`,
        },
        mayFail: look.final,
        needed: true,
        ...(failed ? { chance: 0 } : {}),
    };
    return (0,_decide_js__WEBPACK_IMPORTED_MODULE_1__/* .decide */ .LD)(spec, [part], {
        ...(spec.max === undefined ? {} : { limit: spec.max }),
        values: { fresh: value },
        notes: [],
    });
}
function average(values) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}
function thinned(values) {
    const every = Math.ceil(values.length / MOST_SAMPLES);
    return values.filter((_, index) => index % every === 0);
}
function number(value) {
    return String(Number(value.toPrecision(4)));
}
function seconds(ms) {
    return ms >= 120_000 ? `${(ms / 60_000).toFixed(1)} min` : `${Math.round(ms / 1000)} s`;
}
function boundsText({ max, min }) {
    return [
        ...(max === undefined ? [] : [`at most ${max}`]),
        ...(min === undefined ? [] : [`at least ${min}`]),
    ].join(', ');
}
//# sourceMappingURL=evaluate-samples.js.map

/***/ }),

/***/ 60350:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   L: () => (/* binding */ lookOf),
/* harmony export */   s: () => (/* binding */ Events)
/* harmony export */ });
/* harmony import */ var _counts_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(99069);

/** The look that a window of the engine asks for. Earlier steps are taken from their weight's confirmation and warm-up on. */
function lookOf(window, plan, delayMs) {
    const end = window.end - delayMs;
    const earlier = window.history.filter(({ at }) => at < window.start);
    // The last of them is the present weight, whose observation is the window itself.
    const spans = earlier.slice(0, -1).map(({ at, percent }, index) => ({
        start: at + plan.warmUpMs,
        end: earlier[index + 1]?.at ?? window.start,
        percent,
    }));
    return {
        start: window.start,
        end,
        percent: window.percent,
        final: window.deadline === undefined || window.end >= window.deadline,
        spans: [
            ...spans.filter((span) => span.end > span.start && span.percent > 0),
            { start: window.start, end, percent: window.percent },
        ],
        planned: plan.steps.length + 1,
    };
}
/** The events of one version: counters, and which of their groups are all and bad ones. */
class Events {
    data;
    #pick;
    #groups;
    constructor(data, groups, pick) {
        this.data = data;
        this.#groups = groups;
        this.#pick = pick;
    }
    /** The same counters over other data. */
    with(data) {
        return new Events(data, this.#groups, this.#pick);
    }
    between(start, end) {
        return whole(this.#pick((0,_counts_js__WEBPACK_IMPORTED_MODULE_0__/* .sumBetween */ .eg)(this.data.increments, this.#groups, start, end)));
    }
    /** One count for each scrape of the span. */
    windows({ start, end }, widthMs) {
        return (0,_counts_js__WEBPACK_IMPORTED_MODULE_0__/* .sumPerWindow */ .Hk)(this.data.increments, this.#groups, { start, end, widthMs }).map((sums) => whole(this.#pick(sums)));
    }
}
/** Events are whole; two counters read at nearly one moment may be an event apart. */
function whole({ bad, total }) {
    const all = Math.max(0, Math.round(total));
    return { bad: Math.min(all, Math.max(0, Math.round(bad))), total: all };
}
//# sourceMappingURL=look.js.map

/***/ }),

/***/ 66075:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  Ng: () => (/* binding */ connect),
  zD: () => (/* binding */ makeMeasurer),
  jU: () => (/* binding */ measureWindow)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/http.js
var base_http = __webpack_require__(55921);
// EXTERNAL MODULE: ./lib/base/json.js
var json = __webpack_require__(24807);
// EXTERNAL MODULE: ./lib/base/retry.js
var retry = __webpack_require__(27091);
// EXTERNAL MODULE: ./lib/base/secrets.js
var secrets = __webpack_require__(33516);
;// CONCATENATED MODULE: ./lib/gray/prometheus-data.js

/** The `data` of a successful answer. Native histograms are refused with a reason: their count needs a function. */
function parsePrometheusData(data) {
    if (!(0,json/* isRecord */.u4)(data))
        return { fault: 'the answer has no data' };
    const { resultType: type, result } = data;
    if (type === 'scalar' || type === 'string') {
        const point = type === 'scalar' ? parsePoint(result) : undefined;
        if (type === 'scalar' && point === undefined)
            return { fault: 'the scalar is not [time, "value"]' };
        return { type, series: point === undefined ? [] : [{ labels: {}, points: [point] }] };
    }
    if (type !== 'vector' && type !== 'matrix')
        return { fault: `the result type ${JSON.stringify(type)} is not known` };
    if (!Array.isArray(result))
        return { fault: `the ${type} is not an array` };
    const series = [];
    for (const entry of result) {
        if (!(0,json/* isRecord */.u4)(entry) || !(0,json/* isRecord */.u4)(entry['metric']))
            return { fault: `a series of the ${type} has no labels` };
        if (entry['histogram'] !== undefined || entry['histograms'] !== undefined)
            return {
                fault: 'the result is a native histogram; use histogram_count, histogram_fraction or histogram_quantile',
            };
        const raw = type === 'vector' ? [entry['value']] : entry['values'];
        const points = Array.isArray(raw) ? raw.map(parsePoint) : [];
        if (!Array.isArray(raw) || points.includes(undefined))
            return { fault: 'a sample is not [time, "value"]' };
        const labels = Object.entries(entry['metric']).map(([name, value]) => [name, String(value)]);
        series.push({
            labels: Object.fromEntries(labels),
            points: points.filter((point) => point !== undefined),
        });
    }
    return { type, series };
}
function parsePoint(value) {
    if (!Array.isArray(value) || value.length !== 2)
        return undefined;
    const [at, text] = value;
    if (typeof at !== 'number' || typeof text !== 'string')
        return undefined;
    const known = { NaN, '+Inf': Infinity, '-Inf': -Infinity, Inf: Infinity };
    const number = known[text] ?? (/^[-+]?[\d.]/.test(text) ? Number(text) : undefined);
    if (number === undefined || (Number.isNaN(number) && text !== 'NaN'))
        return undefined;
    return { at: Math.round(at * 1000), value: number };
}
/** Reads the one number of an outcome; of a matrix, its last point. */
function readOne(outcome, rules) {
    if (outcome.kind === 'error')
        return { kind: 'error', cause: 'query-failed', passing: outcome.passing, detail: outcome.detail };
    if (outcome.type === 'string')
        return {
            kind: 'error',
            cause: 'wrong-type',
            passing: false,
            detail: 'the query gives a text, not a number',
        };
    if (outcome.warnings.length > 0 && rules.acceptPartial !== true)
        return { kind: 'error', cause: 'partial', passing: true, detail: outcome.warnings.join('; ') };
    const [series, ...others] = outcome.series;
    if (others.length > 0)
        return {
            kind: 'error',
            cause: 'several-series',
            passing: false,
            detail: `${others.length + 1} series where one is needed; aggregate with sum(…): ${outcome.series.slice(0, 3).map(labelText).join(', ')}`,
        };
    const point = series?.points.at(-1);
    if (point === undefined)
        return { kind: 'nodata', cause: 'empty', detail: 'the query matches no series' };
    const age = rules.now - point.at;
    if (age > rules.maxAgeMs)
        return { kind: 'nodata', cause: 'stale', detail: `the newest sample is ${Math.round(age / 1000)} s old` };
    if (Number.isNaN(point.value))
        return {
            kind: 'nodata',
            cause: 'nan',
            detail: 'the value is NaN (0/0: no requests, or an empty histogram)',
        };
    if (!Number.isFinite(point.value))
        return {
            kind: 'error',
            cause: 'infinite',
            passing: false,
            detail: `the value is ${point.value} (a division by zero)`,
        };
    return { kind: 'value', value: point.value, at: point.at, warnings: outcome.warnings };
}
/**
 * The increase of counters over their raw samples, summed over all series: whole events, where `increase()` extrapolates
 * to fractions. A drop is a restart of the process: all that was counted since belongs to the increase.
 * Undefined when no series has two samples, because then nothing was seen to grow or stand still.
 */
function counterIncrease(series) {
    let [increase, resets, pairs] = [0, 0, 0];
    for (const { points } of series) {
        let last;
        for (const { value } of points) {
            if (!Number.isFinite(value))
                continue;
            if (last !== undefined) {
                pairs++;
                if (value < last)
                    resets++;
                increase += value < last ? value : value - last;
            }
            last = value;
        }
    }
    return pairs === 0 ? undefined : { increase, resets };
}
function labelText({ labels }) {
    const parts = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `{${parts.join(', ')}}`;
}
//# sourceMappingURL=prometheus-data.js.map
;// CONCATENATED MODULE: ./lib/gray/prometheus.js





/**
 * The HTTP API of Prometheus (and of Thanos, Mimir, VictoriaMetrics): instant and range queries. A fault is returned, not
 * thrown, because a gate treats it as a verdict of its own; only the run's cancellation is thrown.
 */
class Prometheus {
    #act;
    #server;
    constructor(act, server) {
        this.#act = act;
        this.#server = server;
    }
    /** The query's value at one time (ms since the epoch). A range selector gives its raw samples, as a matrix. */
    instant(query, at) {
        return this.#ask('query', query, { time: seconds(at) });
    }
    /** The query's values from `start` to `end` (ms, both included), one each `stepMs`. */
    range(query, span) {
        return this.#ask('query_range', query, {
            start: seconds(span.start),
            end: seconds(span.end),
            step: seconds(span.stepMs),
        });
    }
    async #ask(path, query, rest) {
        const timeoutMs = this.#server.timeoutMs ?? 10_000;
        const form = new URLSearchParams({ query, ...rest, timeout: `${seconds(timeoutMs)}s` });
        try {
            return await (0,retry/* retry */.L5)(async () => {
                const outcome = await this.#send(path, form, timeoutMs);
                if (outcome.kind === 'error' && outcome.passing)
                    throw new PassingFault(outcome);
                return outcome;
            }, {
                what: `query of ${(0,secrets/* redactUrl */.B)(this.#server.url)}`,
                classify: (error) => (error instanceof PassingFault ? error.fault : classifyFault(error)),
                attempts: this.#server.attempts ?? 3,
                capMs: timeoutMs,
                clock: this.#act.clock,
                signal: this.#act.signal,
                log: this.#act.log,
                counter: this.#act.counter,
            });
        }
        catch (error) {
            if (this.#act.signal.aborted)
                throw error;
            if (error instanceof PassingFault)
                return error.outcome;
            const passing = classifyFault(error).kind === 'passing';
            return { kind: 'error', fault: 'unreachable', passing, detail: (0,errors/* messageOf */.bD)(error) };
        }
    }
    async #send(path, form, timeoutMs) {
        const base = new URL(this.#server.url);
        base.pathname = `${base.pathname.replace(/\/+$/, '')}/api/v1/${path}`;
        const shared = {
            // The server's own limit comes first, so that its reason reaches us.
            timeoutMs: timeoutMs + 2000,
            // Each wait above is between two pieces; this one bounds the whole answer.
            signal: AbortSignal.any([this.#act.signal, AbortSignal.timeout(2 * timeoutMs + 2000)]),
            ...(this.#server.unverified === true ? { unverified: true } : {}),
        };
        const headers = { accept: 'application/json', ...this.#server.headers, ...this.#authorization() };
        // Queries can be longer than an address may be; the API takes a form for that.
        let response = await this.#act.http.request({
            method: 'POST',
            url: base.toString(),
            headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
            body: form.toString(),
            ...shared,
        });
        if (response.status === 405 || response.status === 501) {
            // A reading proxy in between may allow GET only.
            await response.drain();
            for (const [name, value] of form)
                base.searchParams.set(name, value);
            response = await this.#act.http.request({ url: base.toString(), headers, ...shared });
        }
        const text = await response.text();
        const outcome = readAnswer(response.status, text, response.headers['location']);
        if (outcome.kind === 'error' && outcome.passing) {
            const fault = (0,retry/* classifyStatus */.xo)(response.status, response.headers['retry-after'], this.#act.clock.now());
            throw new PassingFault(outcome, fault);
        }
        return outcome;
    }
    #authorization() {
        const auth = this.#server.auth;
        if (auth === undefined)
            return {};
        if (auth.kind === 'bearer')
            return { authorization: `Bearer ${auth.token}` };
        return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` };
    }
}
/** A network fault, or the end of our own time for one request. */
function classifyFault(error) {
    // By shape: the DOMException of AbortSignal.timeout may be of another realm.
    return (0,json/* isRecord */.u4)(error) && error['name'] === 'TimeoutError'
        ? { kind: 'passing' }
        : (0,retry/* classifyNetworkFault */.xI)(error);
}
class PassingFault extends Error {
    outcome;
    fault;
    constructor(outcome, fault = { kind: 'passing' }) {
        super(outcome.detail);
        this.outcome = outcome;
        this.fault = fault;
    }
}
/** Status and body of an answer to an outcome (https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview). */
function readAnswer(status, text, location) {
    const fail = (fault, detail, passing = false) => ({
        kind: 'error',
        fault,
        passing,
        detail,
    });
    if (status >= 300 && status < 400)
        return fail('redirected', `HTTP ${status} to ${location === undefined ? 'nowhere' : (0,secrets/* redactUrl */.B)(location)}; give that address`);
    let body;
    try {
        body = JSON.parse(text);
    }
    catch {
        body = undefined;
    }
    const said = (0,json/* isRecord */.u4)(body) && typeof body['error'] === 'string' ? `: ${body['error']}` : '';
    if (status === 401 || status === 403)
        return fail('denied', `HTTP ${status}${said}; check the credentials`);
    if (status === 400 || status === 422)
        return fail('query', `the query was refused (HTTP ${status})${said}`);
    if (status !== 200) {
        const passing = (0,retry/* classifyStatus */.xo)(status).kind === 'passing';
        return fail(passing ? 'overloaded' : 'refused', `HTTP ${status}${said}`, passing);
    }
    if (!(0,json/* isRecord */.u4)(body))
        return fail('malformed', 'the answer is not a JSON object; is this address Prometheus?');
    if (body['status'] !== 'success')
        return fail('query', `status ${JSON.stringify(body['status'])}${said}`);
    const data = parsePrometheusData(body['data']);
    if ('fault' in data)
        return fail('malformed', data.fault);
    return { kind: 'answer', ...data, warnings: strings(body['warnings']), infos: strings(body['infos']) };
}
function strings(value) {
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
function seconds(ms) {
    return String(ms / 1000);
}
//# sourceMappingURL=prometheus.js.map
// EXTERNAL MODULE: ./lib/gray/presets.js
var presets = __webpack_require__(14763);
;// CONCATENATED MODULE: ./lib/gray/metrics/alertmanager.js


/**
 * The alerts that fire now and match, as problems that forbid a start; so does an Alertmanager that does not answer.
 * `GET /api/v2/alerts` (prometheus/alertmanager, api/v2/openapi.yaml). `Watchdog` always fires and never counts.
 */
async function firingAlerts(settings, act) {
    const where = (0,secrets/* redactUrl */.B)(settings.url);
    const url = new URL(settings.url);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
    for (const [name, value] of [
        ['active', 'true'],
        ['silenced', 'false'],
        ['inhibited', 'false'],
        ['unprocessed', 'false'],
    ])
        url.searchParams.set(name, value);
    for (const filter of settings.filter)
        url.searchParams.append('filter', quoted(filter));
    const unknown = (cause) => [
        {
            kind: 'environment',
            problem: {
                code: 'gray-alertmanager',
                what: 'whether an alert fires could not be asked',
                cause,
                where,
                fix: 'correct alerts.url or its credentials, or remove "alerts:" to start without asking',
            },
        },
    ];
    let text;
    try {
        const response = await act.http.request({
            url: url.toString(),
            headers: { accept: 'application/json', ...act.headers },
            timeoutMs: 10_000,
            signal: AbortSignal.any([act.signal, AbortSignal.timeout(20_000)]),
            ...(settings.unverified ? { unverified: true } : {}),
        });
        text = await response.text();
        if (response.status !== 200)
            return unknown(`HTTP ${response.status}: ${text.slice(0, 200)}`);
    }
    catch (error) {
        if (act.signal.aborted)
            throw error;
        return unknown((0,errors/* messageOf */.bD)(error));
    }
    const alerts = parseAlerts(text);
    if (alerts === undefined)
        return unknown('the answer is no list of alerts; is this address Alertmanager?');
    return alerts
        .filter(({ name }) => name !== 'Watchdog')
        .map(({ name, since, summary }) => ({
        kind: 'gate',
        problem: {
            code: 'gray-alert-firing',
            what: `the alert ${name} fires${since === undefined ? '' : ` since ${since}`}: no release starts into a fire`,
            ...(summary === undefined ? {} : { cause: summary }),
            where,
            fix: 'wait until it is resolved, silence it, or narrow alerts.filter',
        },
    }));
}
/** The API wants the value in quotes: `service=shop` is `service="shop"`. */
function quoted(filter) {
    const [, name = '', operator = '', value = ''] = /^([^=!~]+)(=~|!~|!=|=)(.*)$/s.exec(filter) ?? [];
    return /^".*"$/s.test(value.trim()) ? filter : `${name}${operator}${JSON.stringify(value.trim())}`;
}
function parseAlerts(text) {
    let value;
    try {
        value = JSON.parse(text);
    }
    catch {
        return undefined;
    }
    if (!Array.isArray(value))
        return undefined;
    return value.map((alert) => {
        const { labels, annotations, startsAt } = record(alert);
        const [name, summary] = [record(labels)['alertname'], record(annotations)['summary']];
        return {
            name: typeof name === 'string' ? name : 'without a name',
            ...(typeof startsAt === 'string' ? { since: startsAt } : {}),
            ...(typeof summary === 'string' ? { summary } : {}),
        };
    });
}
function record(value) {
    return typeof value === 'object' && value !== null ? value : {};
}
//# sourceMappingURL=alertmanager.js.map
// EXTERNAL MODULE: ./lib/gray/metrics/source.js
var metrics_source = __webpack_require__(13872);
;// CONCATENATED MODULE: ./lib/gray/metrics/burn-rate.js


/**
 * How much of the period's error budget is gone (SRE workbook, "Alerting on SLOs"): bad ratio / (1 − objective). Here the
 * server's own `increase` serves: over weeks its rounding does not matter, and raw samples would be too many.
 */
async function errorBudget(slo, selector, source, at) {
    const period = (0,metrics_source/* durationText */.S5)(slo.periodMs);
    const [part, total] = await Promise.all([slo.part, slo.total].map((counter) => source.instant(`sum(increase(${(0,presets/* vectorOf */.Tk)(counter, selector)}[${period}]))`, at)));
    for (const fetched of [part, total])
        if (fetched === undefined || fetched.kind === 'error')
            return { trouble: fetched?.reason ?? 'no answer', kind: 'error' };
    const number = (fetched) => fetched?.kind === 'series' ? (fetched.series[0]?.points.at(-1)?.value ?? 0) : 0;
    const all = number(total);
    if (!(all > 0))
        return { trouble: `no requests in the last ${period}`, kind: 'nodata' };
    const some = number(part);
    const ratio = (slo.partIs === 'bad' ? some : all - some) / all;
    return { ratio, spent: ratio / (1 - slo.objective) };
}
//# sourceMappingURL=burn-rate.js.map
// EXTERNAL MODULE: ./lib/gray/metrics/decide.js
var decide = __webpack_require__(72733);
// EXTERNAL MODULE: ./lib/gray/metrics/power-report.js
var power_report = __webpack_require__(11843);
;// CONCATENATED MODULE: ./lib/gray/metrics/check.js







/**
 * What forbids the start, all at once: alerts that fire, an error budget that is spent, queries that Prometheus does not
 * take or that give more series than they may, an old version without data, and, when asked for, steps that the traffic
 * cannot decide. Anything odd that forbids nothing is a warning in the log.
 */
async function checkStart(settings, selectors, source, context) {
    const found = [];
    if (!context.bothNamed && settings.versionLabel !== undefined)
        found.push({
            kind: 'input',
            problem: {
                code: 'gray-metrics-versions',
                what: 'the old and the new version must have names, and different ones, to be told apart by a label',
                fix: 'give both versions, or write selectors: {old: …, new: …}',
                input: 'metrics',
            },
        });
    const alive = await source.instant('vector(1)', context.now);
    if (alive.kind === 'error') {
        // One cause, told once: every query would fail in the same way.
        found.push({
            kind: 'environment',
            problem: {
                code: 'gray-prometheus-unreachable',
                what: 'Prometheus does not answer',
                cause: alive.reason,
                where: settings.prometheus.url,
                fix: 'check prometheus.url, its credentials, and the way from this runner to it',
            },
        });
    }
    else {
        for (const spec of settings.metrics)
            found.push(...(await checkMetric(spec, settings, selectors, source, context)));
        found.push(...(await checkBudget(settings, selectors, source, context)));
    }
    if (settings.alerts !== undefined)
        found.push(...(await firingAlerts(settings.alerts, context.alerts)));
    if (alive.kind === 'series' && settings.power !== 'off' && !found.some(({ kind }) => kind === 'input'))
        found.push(...(await checkPower(settings, context)));
    warnAboutFullStep(settings, context.log);
    if (found.length === 0)
        return;
    const kinds = found.map(({ kind }) => kind);
    const kind = ['gate', 'input', 'environment'].find((one) => kinds.includes(one)) ?? 'environment';
    throw new errors/* PipelineError */.zC(kind, unique(found.map(({ problem }) => problem)));
}
async function checkMetric(spec, settings, selectors, source, { now, log }) {
    const problem = (what, fix, query, cause) => ({
        kind: 'input',
        problem: {
            code: 'gray-query',
            what: `${spec.name}: ${what}`,
            ...(cause === undefined ? {} : { cause }),
            where: query,
            fix,
            input: 'metrics',
        },
    });
    const refused = (fetched) => fetched.kind === 'error'
        ? [
            fetched.passing
                ? {
                    kind: 'environment',
                    problem: {
                        code: 'gray-prometheus-unreachable',
                        what: `${spec.name}: the query was not answered`,
                        cause: fetched.reason,
                        where: fetched.query,
                        fix: 'try again; if it stays, the query may be too much for the server',
                    },
                }
                : problem('Prometheus does not take the query', 'correct the metric', fetched.query, fetched.reason),
        ]
        : [];
    const noOld = (query) => problem('the old version has no data, so nothing can be compared with it', 'check the name of the metric, and labels, version-label or selectors: this query must give series', query);
    // Whether a version without events has any series is not said by a missing error: a version still has its total.
    const count = async (vector, own) => {
        const fetched = await source.instant(`count(${(0,presets/* vectorOf */.Tk)(vector, own)})`, now);
        return { fetched, series: fetched.kind === 'series' ? (fetched.series[0]?.points.at(-1)?.value ?? 0) : 0 };
    };
    switch (spec.kind) {
        case 'ratio': {
            const [part, total] = [await count(spec.part, selectors.old), await count(spec.total, selectors.old)];
            const faults = [...refused(part.fetched), ...refused(total.fetched)];
            if (faults.length > 0)
                return faults;
            if (total.series === 0)
                return [noOld((0,presets/* vectorOf */.Tk)(spec.total, selectors.old))];
            if (part.series === 0) {
                const name = spec.part.replace(/\{.*$/s, '');
                const any = await source.instant(`count(${name})`, now);
                if (any.kind === 'series' && any.series.length === 0)
                    return [
                        problem(`nothing has the name ${name}`, 'correct the name: a counter that is never there would make every version look good', name),
                    ];
                log.info(`${spec.name}: no series yet for ${(0,presets/* vectorOf */.Tk)(spec.part, selectors.old)}; that is right while there was none`);
            }
            return [];
        }
        case 'latency': {
            const query = `count by (le) (${(0,presets/* vectorOf */.Tk)(spec.histogram, selectors.old, '_bucket')})`;
            const fetched = await source.instant(query, now);
            if (fetched.kind === 'error')
                return refused(fetched);
            const edges = fetched.series
                .map(({ labels: { le } }) => Number(le))
                .filter((edge) => Number.isFinite(edge))
                .sort((a, b) => a - b);
            if (edges.length === 0)
                return [noOld(query)];
            if (spec.limitSeconds !== undefined && !edges.includes(spec.limitSeconds))
                log.warning(`${spec.name}: the limit ${spec.limitSeconds} s is no bucket edge (${edges.join(', ')}): between its neighbours the verdict stays open`);
            return [];
        }
        case 'samples': {
            if (spec.source.kind === 'query') {
                const query = (0,metrics_source/* fillQuery */.gv)(spec.source.query, selectors.old, spec.everyMs);
                const fetched = await source.instant(query, now);
                if (fetched.kind === 'error')
                    return refused(fetched);
                return fetched.series.length === 0 ? [noOld(query)] : [];
            }
            const vector = spec.source.kind === 'cpu' ? spec.source.used : spec.source.gauge;
            const { fetched, series } = await count(vector, selectors.old);
            if (fetched.kind === 'error')
                return refused(fetched);
            if (series === 0)
                return [noOld((0,presets/* vectorOf */.Tk)(vector, selectors.old))];
            if (spec.source.kind === 'cpu' && typeof spec.source.available === 'string') {
                const cores = await count(spec.source.available, settings.labels);
                if (cores.fetched.kind === 'error')
                    return refused(cores.fetched);
                if (cores.series === 0)
                    return [
                        problem('how many CPUs there are is not known', 'add "cores:" to the rule, with the CPUs of one instance', (0,presets/* vectorOf */.Tk)(spec.source.available, settings.labels)),
                    ];
            }
            return [];
        }
        case 'value': {
            const query = (0,metrics_source/* fillQuery */.gv)(spec.query, selectors.old, spec.windowMs);
            const fetched = await source.instant(query, now);
            if (fetched.kind === 'error')
                return refused(fetched);
            if (fetched.series.length > 1)
                return [
                    problem(`${fetched.series.length} series where one is expected`, 'aggregate: sum(…), max(…) or avg(…) around the whole query', query, fetched.series
                        .slice(0, 3)
                        .map(({ labels }) => JSON.stringify(labels))
                        .join(', ')),
                ];
            if (fetched.series.length === 0)
                log.warning(`${spec.name}: no series for the old version: ${query}`);
            return [];
        }
    }
}
async function checkBudget(settings, selectors, source, { now, log }) {
    const { slo } = settings;
    if (slo === undefined)
        return [];
    const selector = Object.keys(settings.labels).length > 0 ? settings.labels : selectors.old;
    const budget = await errorBudget(slo, selector, source, now);
    const objective = `${Number((100 * slo.objective).toPrecision(8))} % over ${(0,metrics_source/* durationText */.S5)(slo.periodMs)}`;
    if ('trouble' in budget) {
        if (budget.kind === 'nodata') {
            log.warning(`slo: ${budget.trouble}: the error budget is not known`);
            return [];
        }
        return [
            {
                kind: 'environment',
                problem: {
                    code: 'gray-prometheus-unreachable',
                    what: 'the error budget could not be read',
                    cause: budget.trouble,
                    fix: 'try again, or shorten slo.period',
                },
            },
        ];
    }
    const spent = `${Math.round(100 * budget.spent)} %`;
    if (budget.spent < 1) {
        log.info(`error budget of ${objective}: ${spent} spent`);
        return [];
    }
    return [
        {
            kind: 'gate',
            problem: {
                code: 'gray-budget-spent',
                what: `the error budget of ${objective} is spent (${spent})`,
                fix: 'wait until it recovers, or release with "slo:" removed when this release is the repair',
            },
        },
    ];
}
async function checkPower(settings, { log, power }) {
    const report = await power();
    if (report.rows.length > 0)
        log.info(`What the present traffic can decide:\n${(0,power_report/* powerTable */.m7)(report)}`);
    if (report.decides)
        return [];
    const lines = [...report.unknown, ...report.doubts];
    if (settings.power === 'refuse')
        return lines.map((line) => ({
            kind: 'gate',
            problem: {
                code: 'gray-power',
                what: `the traffic cannot decide the release: ${line}`,
                fix: 'observe longer, begin with a greater step, or set "power: warn"',
            },
        }));
    for (const line of lines)
        log.warning(`the traffic may not decide the release: ${line}`);
    return [];
}
/** At 100 % a comparison has nothing to compare with. */
function warnAboutFullStep(settings, log) {
    const say = settings.metrics.filter((spec) => !(0,decide/* hasNoSay */.v6)(spec));
    if (say.length > 0 && say.every(({ against }) => against === 'old'))
        log.warning('every metric is only compared with the old version: at 100 % nothing can be judged; give one of them a limit');
}
function unique(problems) {
    return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
//# sourceMappingURL=check.js.map
// EXTERNAL MODULE: ./lib/gray/metrics/compose.js
var compose = __webpack_require__(1489);
// EXTERNAL MODULE: ./lib/gray/metrics/evaluate-events.js
var evaluate_events = __webpack_require__(45602);
// EXTERNAL MODULE: ./lib/gray/metrics/evaluate-samples.js
var evaluate_samples = __webpack_require__(83880);
// EXTERNAL MODULE: ./lib/gray/metrics/look.js
var metrics_look = __webpack_require__(60350);
// EXTERNAL MODULE: ./lib/gray/metrics/read.js
var read = __webpack_require__(85297);
// EXTERNAL MODULE: ./lib/gray/metrics/settings.js
var metrics_settings = __webpack_require__(49288);
;// CONCATENATED MODULE: ./lib/gray/metrics/measurer.js












/**
 * Connects the metrics file with Prometheus and the judge. Credentials are read here, from the variables the file names;
 * throws an input error that lists all that are missing.
 */
function makeMeasurer(settings, act, release, makeHttp = (options) => new base_http/* SystemHttp */.m(options)) {
    const alertAuth = authOf(settings.alerts?.auth, act);
    const ask = connect(settings, act, makeHttp, alertAuth.problems);
    const selectors = (0,metrics_settings/* selectorsFor */.W)(settings, release);
    const options = { acceptPartial: settings.prometheus.acceptPartial };
    // Kept from look to look; each look brings its own signal.
    let signal = act.signal;
    const kept = new metrics_source/* Source */.kL({
        instant: (query, at) => ask(signal).instant(query, at),
        range: (query, span) => ask(signal).range(query, span),
    }, options);
    const power = (by) => (0,power_report/* powerReport */.Ku)(settings, selectors, new metrics_source/* Source */.kL(ask(by), options), release.plan, act.clock.now());
    return {
        power,
        check: (by) => checkStart(settings, selectors, new metrics_source/* Source */.kL(ask(by), options), {
            now: act.clock.now(),
            log: act.log,
            alerts: { http: act.http, headers: alertAuth.headers, signal: AbortSignal.any([act.signal, by]) },
            power: () => power(by),
            bothNamed: release.old !== '' && release.new !== '' && release.old !== release.new,
        }),
        measure: async (window, by) => {
            signal = by;
            try {
                return await measureWindow(settings, selectors, kept, window, release.plan);
            }
            catch (error) {
                if (by.aborted || act.signal.aborted)
                    throw error;
                // A fault of our own is no verdict about the release.
                return {
                    at: window.end,
                    verdict: 'error',
                    reason: `the metrics could not be judged: ${(0,errors/* messageOf */.bD)(error)}`,
                    metrics: [],
                };
            }
        },
    };
}
/** The Prometheus of the settings, by the signal of each use: what `replay` and `checkAgainstItself` ask. */
function connect(settings, act, makeHttp = (options) => new base_http/* SystemHttp */.m(options), more = []) {
    const server = serverOf(settings.prometheus, act);
    const problems = [...server.problems, ...more];
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('input', problems);
    const http = ownHttp(settings.prometheus, makeHttp) ?? act.http;
    const { clock, log, counter } = act;
    return (signal) => new Prometheus({ http, clock, log, counter, signal: AbortSignal.any([act.signal, signal]) }, server.value);
}
/** One look: all metrics at once, then one verdict. */
async function measureWindow(settings, selectors, source, window, plan) {
    const look = (0,metrics_look/* lookOf */.L)(window, plan, settings.prometheus.delayMs);
    const reader = new read/* Reader */.m(source, look, settings);
    const measured = await Promise.all(settings.metrics.map((spec) => measureOne(spec, reader, look, selectors)));
    return (0,compose/* compose */.Z)(measured, look, settings.score);
}
async function measureOne(spec, reader, look, selectors) {
    const queries = [];
    // At 100 % the old version has no traffic; its leftovers would be noise.
    const old = look.percent < 100 ? selectors.old : undefined;
    const absent = { verdict: 'nodata', reason: 'at 100 % there is no old version' };
    switch (spec.kind) {
        case 'ratio': {
            const [fresh, before] = await Promise.all([
                reader.ratio(spec, selectors.new, queries),
                old === undefined ? absent : reader.ratio(spec, old, queries),
            ]);
            return { ...(0,evaluate_events/* evaluateRatio */.t)(spec, look, fresh, before), queries };
        }
        case 'latency': {
            const events = await reader.latency(spec, { new: selectors.new, ...(old === undefined ? {} : { old }) }, queries);
            return { ...(0,evaluate_events/* evaluateLatency */.q)(spec, look, events.new, events.old ?? absent), queries };
        }
        case 'samples': {
            const [fresh, before] = await Promise.all([
                reader.samples(spec, selectors.new, queries),
                old === undefined ? absent : reader.samples(spec, old, queries),
            ]);
            return { ...(0,evaluate_samples/* evaluateSamples */.f)(spec, look, fresh, before), queries };
        }
        case 'value':
            return { ...(0,evaluate_samples/* evaluateValue */.z)(spec, look, await reader.value(spec, selectors.new, queries)), queries };
    }
}
function ownHttp(server, make) {
    const { proxy, tls } = server;
    if (proxy === undefined && tls?.ca === undefined)
        return undefined;
    try {
        return make({
            ...(proxy === undefined ? {} : { proxy }),
            ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
        });
    }
    catch (error) {
        throw (0,errors/* inputError */.Xu)({
            code: 'gray-metrics',
            what: 'prometheus.tls.ca or prometheus.proxy cannot be used',
            cause: (0,errors/* messageOf */.bD)(error),
            fix: 'give the path of a PEM file, or its text',
            input: 'metrics',
        });
    }
}
function serverOf(settings, act) {
    const { auth, problems } = authOf(settings.auth, act);
    const headers = { ...settings.headers };
    for (const [name, variable] of Object.entries(settings.headersFromEnv ?? {})) {
        const value = secretOf(variable, act);
        if (value === undefined)
            problems.push(missing(variable));
        else
            headers[name] = value;
    }
    return {
        value: {
            url: settings.url,
            headers,
            ...(auth === undefined ? {} : { auth }),
            ...(settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs }),
            ...(settings.tls?.unverified === true ? { unverified: true } : {}),
        },
        problems,
    };
}
function authOf(auth, act) {
    if (auth === undefined)
        return { headers: {}, problems: [] };
    const names = [auth.bearer, auth.user, auth.password].filter((name) => name !== undefined);
    const problems = names.filter((name) => secretOf(name, act) === undefined).map(missing);
    if (problems.length > 0)
        return { headers: {}, problems };
    const value = (name) => (name === undefined ? '' : (secretOf(name, act) ?? ''));
    if (auth.bearer !== undefined) {
        const token = value(auth.bearer);
        return { auth: { kind: 'bearer', token }, headers: { authorization: `Bearer ${token}` }, problems };
    }
    const [user, password] = [value(auth.user), value(auth.password)];
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    act.secrets.mask(basic);
    return { auth: { kind: 'basic', user, password }, headers: { authorization: `Basic ${basic}` }, problems };
}
function secretOf(name, act) {
    const value = act.env[name]?.trim();
    if (value === undefined || value === '')
        return undefined;
    act.secrets.mask(value);
    return value;
}
function missing(name) {
    return {
        code: 'gray-metrics-secret',
        what: `the environment variable ${name}, which the metrics file names, is not set`,
        fix: `set it in the step: env: {${name}: \${{ secrets.${name} }}}`,
        input: 'metrics',
    };
}
//# sourceMappingURL=measurer.js.map

/***/ }),

/***/ 1299:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Bj: () => (/* binding */ sequentialOld),
/* harmony export */   J0: () => (/* binding */ single),
/* harmony export */   JU: () => (/* binding */ sequentialLimit),
/* harmony export */   KN: () => (/* binding */ percent),
/* harmony export */   WP: () => (/* binding */ both),
/* harmony export */   ce: () => (/* binding */ marginAt)
/* harmony export */ });
/* unused harmony export chanceOf */
/* harmony import */ var _judge_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(15500);
/* harmony import */ var _samples_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(14456);
/* harmony import */ var _sequential_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(28976);



/** A part that is one item. */
function single(role, item, flags) {
    const judgement = (0,_judge_js__WEBPACK_IMPORTED_MODULE_0__/* .judge */ .S)(item);
    return {
        role,
        items: [item],
        judgement,
        ...flags,
        ...(judgement.verdict === 'fail' ? { chance: chanceOf(item) } : {}),
    };
}
/** The least 1 − confidence at which an item still fails: its p-value, whatever its test. */
function chanceOf(item) {
    if (item.kind === 'sequential')
        return Math.min(1, 1 / ((0,_judge_js__WEBPACK_IMPORTED_MODULE_0__/* .judge */ .S)(item).evalue ?? 1));
    const fails = (level) => (0,_judge_js__WEBPACK_IMPORTED_MODULE_0__/* .judge */ .S)({ ...item, confidence: 1 - level }).verdict === 'fail';
    let [low, high] = [1e-9, 1 - item.confidence];
    if (fails(low))
        return low;
    // On a scale of logarithms: small chances matter by their factor.
    while (high / low > 1.001) {
        const middle = Math.sqrt(low * high);
        if (fails(middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}
/**
 * Early abort against a limit: the e-value of "each event is bad with a chance of at most `limit`", over the present
 * observation. It is the sequential item with share = limit and tolerated = 1, whose chance is the limit itself.
 * Bursts are cut as between versions: evidence must come in three scrapes.
 */
function sequentialLimit(events, look, limit, rule, widthMs) {
    if (limit <= 0 || limit >= 1)
        return undefined;
    const windows = events.windows(look, widthMs);
    const cap = windows.map(({ bad }) => bad).sort((a, b) => b - a)[2] ?? 0;
    const bad = windows.reduce((sum, window) => sum + Math.min(window.bad, cap), 0);
    const good = windows.reduce((sum, window) => sum + window.total - window.bad, 0);
    const alpha = rule.alpha / look.planned;
    const item = {
        kind: 'sequential',
        share: limit,
        tolerated: 1,
        alpha,
        new: bad,
        all: bad + good,
    };
    const answer = (0,_judge_js__WEBPACK_IMPORTED_MODULE_0__/* .judge */ .S)(item);
    const evalue = answer.evalue ?? 1;
    const seen = `${bad} of ${bad + good} events bad, bursts cut: the e-value ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(evalue)} against ${percent(limit)}`;
    return {
        role: 'sequential-limit',
        items: [item],
        judgement: {
            ...answer,
            reason: answer.verdict === 'fail'
                ? `${seen} has reached ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(1 / alpha)}`
                : `${seen} is below ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(1 / alpha)}`,
        },
        mayFail: true,
        needed: false,
        ...(answer.verdict === 'fail' ? { chance: Math.min(1, 1 / evalue) } : {}),
    };
}
/**
 * Early abort against the old version, over all steps so far. Each step is a bet of its own, since the share differs; the
 * e-values of consecutive steps are multiplied. Evidence that only begins at a later step (bad under load) must not be
 * drowned by good earlier ones, so a bet may begin at any step: one of `planned` bets wins with a chance of alpha/planned.
 */
function sequentialOld(fresh, old, look, rule, widthMs) {
    const spans = look.spans
        .filter(({ percent: part }) => part > 0 && part < 100)
        .map((span) => tally(span, fresh, old, widthMs));
    if (spans.length === 0)
        return undefined;
    const alpha = rule.alpha / look.planned;
    let best;
    for (const from of spans.keys()) {
        const windows = spans.slice(from).flatMap(({ windows }) => windows);
        const { log, cap } = (0,_sequential_js__WEBPACK_IMPORTED_MODULE_2__/* .guardedEvalue */ .ni)(windows, rule.tolerated);
        if (best === undefined || log > best.log)
            best = { log, from, cap };
    }
    if (best === undefined)
        return undefined;
    const { from, cap } = best;
    const items = spans.slice(from).map(({ windows, share, oldBad }) => {
        const bad = windows.reduce((sum, window) => sum + Math.min(window.fresh, cap), 0);
        return { kind: 'sequential', share, tolerated: rule.tolerated, alpha, new: bad, all: bad + oldBad };
    });
    const logs = items.map((item) => (0,_sequential_js__WEBPACK_IMPORTED_MODULE_2__/* .logEvalue */ .xm)({ fresh: item.new, all: item.all }, (0,_sequential_js__WEBPACK_IMPORTED_MODULE_2__/* .nullChance */ .od)(item.share, item.tolerated)));
    const log = logs.reduce((sum, value) => sum + value, 0);
    const evalue = (0,_sequential_js__WEBPACK_IMPORTED_MODULE_2__/* .finiteEvalue */ .AC)(log);
    const failed = log >= -Math.log(alpha);
    const sum = (key) => items.reduce((total, item) => total + item[key], 0);
    const steps = items.length === 1 ? '' : ` (the product of ${items.length} steps)`;
    const seen = `${sum('new')} of ${sum('all')} bad events on the new version, bursts cut: the e-value ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(evalue)}${steps}`;
    return {
        role: 'sequential-old',
        items,
        judgement: {
            verdict: failed ? 'fail' : 'inconclusive',
            ...(sum('all') === 0 ? {} : { estimate: sum('new') / sum('all') }),
            evalue,
            reason: failed ? `${seen} has reached ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(1 / alpha)}` : `${seen} is below ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(1 / alpha)}`,
        },
        mayFail: true,
        needed: false,
        ...(failed ? { chance: Math.min(1, 1 / evalue) } : {}),
    };
}
function tally(span, fresh, old, widthMs) {
    const [a, b] = [fresh.between(span.start, span.end), old.between(span.start, span.end)];
    const all = a.total + b.total;
    // The greater of the asked and the seen share: too small a one would make good versions look bad.
    const share = Math.min(0.999, Math.max(span.percent / 100, all === 0 ? 0 : a.total / all));
    const windows = fresh
        .windows(span, widthMs)
        .map(({ bad }) => ({ fresh: bad, old: 0, share }));
    windows.push({ fresh: 0, old: b.bad, share });
    return { windows, share, oldBad: b.bad };
}
/**
 * How much higher than the old version's a ratio may be: the margin, or, where the old ratio is already high (an edge far
 * below the quantile), what odds grown by `tolerated` give. Odds, because 10 % may well become 14 %, but 90 % not 130 %.
 */
function marginAt(old, margin, tolerated) {
    if (old.total === 0)
        return margin;
    const p = old.bad / old.total;
    const grown = (tolerated * p) / (1 - p + tolerated * p);
    return Number(Math.max(margin, grown - p).toPrecision(6));
}
/** Both neighbours of a limit that is no edge: a verdict is one that both give. */
function both(role, below, above) {
    if (below === undefined || above === undefined) {
        const one = below ?? above;
        if (one === undefined)
            return undefined;
        // More requests are slower than the lower edge: only its pass says something, and only the upper edge's fail does.
        const useless = below === undefined ? 'pass' : 'fail';
        const { chance: _, ...rest } = one;
        return one.judgement.verdict === useless
            ? {
                ...rest,
                role,
                judgement: {
                    ...one.judgement,
                    verdict: 'inconclusive',
                    reason: `${one.judgement.reason}; the limit lies ${below === undefined ? 'below the least' : 'above the greatest'} bucket`,
                },
            }
            : { ...one, role };
    }
    const items = [...below.items, ...above.items];
    if (below.judgement.verdict === above.judgement.verdict)
        return { ...below, role, items };
    const { chance: _, ...rest } = below;
    return {
        ...rest,
        role,
        items,
        judgement: {
            ...below.judgement,
            verdict: 'inconclusive',
            reason: `the limit is no bucket edge, and its neighbours disagree: below it ${below.judgement.verdict} (${below.judgement.reason}); above it ${above.judgement.verdict} (${above.judgement.reason})`,
        },
    };
}
function percent(value) {
    return `${(0,_samples_js__WEBPACK_IMPORTED_MODULE_1__/* .show */ .WU)(100 * value)} %`;
}
//# sourceMappingURL=parts.js.map

/***/ }),

/***/ 11843:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Ku: () => (/* binding */ powerReport),
/* harmony export */   m7: () => (/* binding */ powerTable)
/* harmony export */ });
/* unused harmony export rowsOf */
/* harmony import */ var _base_clock_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(74743);
/* harmony import */ var _power_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(94802);
/* harmony import */ var _presets_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(14763);
/* harmony import */ var _read_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(85297);
/* harmony import */ var _source_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(13872);
/* harmony import */ var _decide_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(72733);






/** The traffic of this time is taken for the traffic of the release. */
const LOOK_BACK_MS = 600_000;
/**
 * The power plan from the live traffic: for each step whether its requests can decide it, and how long that takes. The old
 * version has all the traffic before the start, so its rate is that of both.
 */
async function powerReport(settings, selectors, source, plan, now) {
    const rates = {};
    const rows = [];
    const unknown = [];
    const judged = settings.metrics.filter((spec) => (spec.kind === 'ratio' || spec.kind === 'latency') && !(0,_decide_js__WEBPACK_IMPORTED_MODULE_5__/* .hasNoSay */ .v6)(spec) && spec.action !== 'hard-abort');
    for (const spec of judged) {
        const traffic = await trafficOf(spec, selectors, source, now);
        if ('trouble' in traffic) {
            unknown.push(`${spec.name}: ${traffic.trouble}`);
            continue;
        }
        rates[spec.name] = traffic.rate;
        rows.push(...rowsOf(spec, plan, traffic));
    }
    const open = rows.filter(({ extends: needed }) => needed === undefined);
    return {
        rates,
        rows,
        decides: open.length === 0 && unknown.length === 0,
        doubts: open.map(({ metric, percent, reason }) => `${metric} at ${percent} %: ${reason}`),
        unknown,
    };
}
async function trafficOf(spec, selectors, source, now) {
    const window = (0,_source_js__WEBPACK_IMPORTED_MODULE_4__/* .durationText */ .S5)(LOOK_BACK_MS);
    if (spec.kind === 'latency') {
        const query = `sum by (le) (rate(${(0,_presets_js__WEBPACK_IMPORTED_MODULE_2__/* .vectorOf */ .Tk)(spec.histogram, selectors.old, '_bucket')}[${window}]))`;
        const fetched = await source.instant(query, now);
        if (fetched.kind === 'error')
            return { trouble: fetched.reason };
        const growth = new Map(fetched.series.map(({ labels: { le }, points }) => [
            le === '+Inf' ? Infinity : Number(le),
            points.at(-1)?.value ?? 0,
        ]));
        const rate = growth.get(Infinity) ?? 0;
        if (!(rate > 0))
            return { trouble: `no requests in the last ${window}: ${query}` };
        const edges = [...growth.keys()].filter((edge) => edge !== Infinity).sort((a, b) => a - b);
        // Judged at the edge below a limit that is none, as the gate does.
        const edge = spec.limitSeconds === undefined
            ? (0,_read_js__WEBPACK_IMPORTED_MODULE_3__/* .quantileEdges */ .U)(growth, spec.quantile, edges).above
            : edges.filter((one) => one <= (spec.limitSeconds ?? 0)).at(-1);
        return { rate, badRatio: edge === undefined ? 1 : 1 - (growth.get(edge) ?? 0) / rate };
    }
    const [part, total] = await Promise.all([spec.part, spec.total].map((counter) => source.instant(`sum(rate(${(0,_presets_js__WEBPACK_IMPORTED_MODULE_2__/* .vectorOf */ .Tk)(counter, selectors.old)}[${window}]))`, now)));
    if (part?.kind !== 'series' || total?.kind !== 'series')
        return {
            trouble: part?.kind === 'error' ? part.reason : total?.kind === 'error' ? total.reason : 'no answer',
        };
    const rate = total.series[0]?.points.at(-1)?.value ?? 0;
    if (!(rate > 0))
        return { trouble: `no events of the old version in the last ${window}` };
    const some = part.series[0]?.points.at(-1)?.value ?? 0;
    const bad = spec.partIs === 'bad' ? some : rate - some;
    return { rate, badRatio: Math.min(1, Math.max(0, bad / rate)) };
}
/** Pure: what each step needs for one metric, for limit and margin together. */
function rowsOf(spec, plan, { rate, badRatio }) {
    // Two digits are all that a rate of some minutes is worth.
    const expected = Number(badRatio.toPrecision(2));
    const limit = spec.kind === 'ratio' ? spec.limit : Number((1 - spec.quantile).toPrecision(12));
    const limited = spec.against !== 'old' && limit !== undefined;
    const bySteps = (steps) => (0,_power_js__WEBPACK_IMPORTED_MODULE_1__/* .powerPlan */ .ZE)(steps, rate, {
        limit: limited ? limit : 1 - 1e-9,
        confidence: spec.confidence,
        expected: limited ? expected : 0,
    });
    return bySteps(plan.steps).map((power, index) => {
        const step = plan.steps[index];
        const share = power.percent / 100;
        const forMargin = spec.against === 'limit' || share >= 1
            ? 0
            : Math.ceil((0,_power_js__WEBPACK_IMPORTED_MODULE_1__/* .sampleForMargin */ .Y$)(spec.margin, spec.confidence, expected, share) * share);
        const needed = Math.max(limited || share >= 1 ? power.needed : 0, forMargin);
        const observeMs = step?.observeMs ?? 0;
        const perMs = (rate * share) / 1000;
        const neededMs = Number.isFinite(needed) && perMs > 0 ? Math.ceil(needed / perMs) : Infinity;
        const rounds = Math.max(1, Math.ceil(neededMs / Math.max(1, observeMs)));
        const possible = Number.isFinite(rounds) && rounds - 1 <= plan.maxExtends;
        const decides = power.requests >= needed;
        return {
            metric: spec.name,
            percent: power.percent,
            requests: power.requests,
            needed,
            neededMs,
            decides,
            ...(possible ? { extends: rounds - 1 } : {}),
            reason: !Number.isFinite(needed)
                ? `a bad ratio of ${Number((100 * expected).toPrecision(3))} % now cannot be shown to be within ${Number((100 * (limit ?? 0)).toPrecision(3))} %`
                : decides
                    ? `${power.requests} requests are expected, ${needed} are needed`
                    : `${power.requests} requests are expected, ${needed} are needed: that takes ${(0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(neededMs)}${possible ? `, ${rounds - 1} prolongations` : ', more than the prolongations give'}`,
        };
    });
}
/** The report as a Markdown table. */
function powerTable(report) {
    const rows = report.rows.map(({ metric, percent, requests, needed, neededMs, decides, extends: more }) => `| ${metric} | ${percent} % | ${requests} | ${Number.isFinite(needed) ? needed : 'never'} | ${Number.isFinite(neededMs) ? (0,_base_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(neededMs) : 'never'} | ${decides ? 'yes' : more === undefined ? 'no' : `after ${more} prolongations`} |`);
    return [
        '| metric | step | requests expected | needed | time needed | decides |',
        '| --- | --- | --- | --- | --- | --- |',
        ...rows,
    ].join('\n');
}
//# sourceMappingURL=power-report.js.map

/***/ }),

/***/ 85297:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   U: () => (/* binding */ quantileEdges),
/* harmony export */   m: () => (/* binding */ Reader)
/* harmony export */ });
/* harmony import */ var _presets_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(14763);
/* harmony import */ var _counts_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(99069);
/* harmony import */ var _look_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(60350);
/* harmony import */ var _source_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(13872);




/** The questions of one look: each is put once, however many metrics ask it, and each is kept for the audit. */
class Reader {
    #source;
    #look;
    #settings;
    #from;
    #asked = new Map();
    constructor(source, look, settings) {
        this.#source = source;
        this.#look = look;
        this.#settings = settings;
        // Some scrapes more, so that it is known which series began inside.
        const before = Math.max(60_000, 4 * (settings.prometheus.scrapeMs ?? 15_000));
        this.#from = Math.min(look.start, ...look.spans.map(({ start }) => start)) - before;
    }
    /** Bad and all events of one version. */
    async ratio(spec, selector, records) {
        const [part, total] = await Promise.all([
            this.#raw((0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(spec.part, selector)),
            this.#raw((0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(spec.total, selector)),
        ]);
        const trouble = this.#troubleOf(total) ?? (part.kind === 'error' ? this.#troubleOf(part) : undefined);
        if (trouble !== undefined || part.kind === 'error' || total.kind === 'error') {
            for (const fetched of [part, total])
                records.push(this.#record(fetched, trouble?.reason ?? null));
            return trouble ?? { verdict: 'error', reason: 'no answer' };
        }
        // No error yet may well mean no such series yet; no success at all means a wrong name.
        if (spec.partIs === 'good' && part.series.length === 0)
            return {
                verdict: 'nodata',
                reason: `no series match the good events: ${(0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(spec.part, selector)}`,
            };
        const events = new _look_js__WEBPACK_IMPORTED_MODULE_2__/* .Events */ .s(this.#increments([part.series, total.series]), 2, (sums) => {
            const [some = 0, all = 0] = sums;
            return { bad: spec.partIs === 'bad' ? some : all - some, total: all };
        });
        const { bad, total: all } = events.between(this.#look.start, this.#look.end);
        records.push(this.#record(part, spec.partIs === 'bad' ? bad : all - bad), this.#record(total, all));
        return events;
    }
    /** The events of a histogram above the edges that matter, of both versions. */
    async latency(spec, selectors, records) {
        const [fresh, old] = await Promise.all([
            this.#edges(spec, selectors.new, records),
            selectors.old === undefined ? undefined : this.#edges(spec, selectors.old, records),
        ]);
        if ('verdict' in fresh)
            return { new: fresh, ...(old === undefined ? {} : { old: 'verdict' in old ? old : fresh }) };
        const known = old === undefined || 'verdict' in old ? undefined : old;
        const common = [...fresh.labels.keys()]
            .filter((edge) => known === undefined || known.labels.has(edge))
            .sort((a, b) => a - b);
        const limitEdges = spec.limitSeconds === undefined ? {} : (0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .edgesAround */ .gX)(spec.limitSeconds, common);
        const oldEdges = known === undefined ? {} : quantileEdges(known.growth, spec.quantile, common);
        const wanted = [...new Set([...Object.values(limitEdges), ...Object.values(oldEdges)])];
        const eventsOf = async (selector, labels) => {
            const texts = wanted.flatMap((edge) => labels.get(edge) ?? []);
            const within = (0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)((0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(spec.histogram, selector, '_bucket'), {
                le: `=~${texts.map(escapeRegex).join('|')}`,
            });
            const [buckets, total] = await Promise.all([
                this.#raw(within),
                this.#raw((0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(spec.histogram, selector, '_count')),
            ]);
            const trouble = this.#troubleOf(total) ?? this.#troubleOf(buckets);
            if (trouble !== undefined || buckets.kind === 'error' || total.kind === 'error') {
                for (const fetched of [buckets, total])
                    records.push(this.#record(fetched, trouble?.reason ?? null));
                return trouble ?? { verdict: 'error', reason: 'no answer' };
            }
            const groups = wanted.map((edge) => buckets.series.filter(({ labels: { le } }) => Number(le) === edge));
            const data = this.#increments([...groups, total.series]);
            const slowerThan = new Map(wanted.map((edge, index) => [
                edge,
                new _look_js__WEBPACK_IMPORTED_MODULE_2__/* .Events */ .s(data, wanted.length + 1, (sums) => {
                    const all = sums.at(-1) ?? 0;
                    return { bad: all - (sums[index] ?? 0), total: all };
                }),
            ]));
            const answer = [...slowerThan].map(([edge, events]) => {
                const { bad, total: all } = events.between(this.#look.start, this.#look.end);
                return { le: edge, within: all - bad, total: all };
            });
            records.push(this.#record(buckets, answer), this.#record(total, answer[0]?.total ?? 0));
            return { slowerThan, limitEdges, oldEdges };
        };
        if (wanted.length === 0)
            return { new: { verdict: 'nodata', reason: 'the two versions have no bucket edge in common' } };
        const [a, b] = await Promise.all([
            eventsOf(selectors.new, fresh.labels),
            known === undefined || selectors.old === undefined ? undefined : eventsOf(selectors.old, known.labels),
        ]);
        return { new: a, ...(selectors.old === undefined ? {} : { old: b ?? old }) };
    }
    /** The bucket edges of a version (with all ways they are written), and how much each grew. */
    async #edges(spec, selector, records) {
        const { start, end } = this.#look;
        const buckets = (0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(spec.histogram, selector, '_bucket');
        const query = `sum by (le) (increase(${buckets}[${(0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .durationText */ .S5)(end - start)}]))`;
        const fetched = await this.#once(query, () => this.#source.instant(query, end));
        if (fetched.kind === 'error') {
            records.push(this.#record(fetched, fetched.reason));
            return { verdict: 'error', reason: fetched.reason };
        }
        const labels = new Map();
        const growth = new Map();
        for (const { labels: { le }, points, } of fetched.series) {
            const edge = le === '+Inf' ? Infinity : Number(le);
            if (le === undefined || Number.isNaN(edge))
                continue;
            growth.set(edge, (growth.get(edge) ?? 0) + (points.at(-1)?.value ?? 0));
            if (edge !== Infinity)
                labels.set(edge, [...(labels.get(edge) ?? []), le]);
        }
        records.push({
            query,
            at: end,
            answer: Object.fromEntries([...growth].map(([edge, value]) => [String(edge), value])),
        });
        if (labels.size === 0)
            return {
                verdict: 'nodata',
                reason: `no bucket grew or was scraped twice in the window: ${buckets} (a native histogram has none)`,
            };
        return { labels, growth };
    }
    /** The samples of a gauge, one in `everyMs`. */
    async samples(spec, selector, records) {
        const { source, everyMs } = spec;
        const { start, end } = this.#look;
        let samples;
        let fetched;
        if (source.kind === 'cpu') {
            fetched = await this.#raw((0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(source.used, selector));
            samples = this.#troubleOf(fetched) ?? (await this.#cpu(spec, source.available, fetched, selector));
        }
        else if (source.kind === 'gauge') {
            fetched = await this.#raw((0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(source.gauge, selector));
            samples =
                this.#troubleOf(fetched) ?? (fetched.kind === 'series' ? thinned(fetched.series, start, everyMs) : []);
        }
        else {
            const query = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .fillQuery */ .gv)(source.query, selector, everyMs);
            const span = { start: start + everyMs, end, stepMs: everyMs };
            if (span.start > span.end)
                return { verdict: 'nodata', reason: 'the window is shorter than the time of one sample' };
            fetched = await this.#once(`${query} each ${everyMs}`, () => this.#source.range(query, span));
            samples =
                this.#troubleOf(fetched, 2 * everyMs) ??
                    (fetched.kind === 'series' ? thinned(fetched.series, start, 0) : []);
        }
        records.push(this.#record(fetched, Array.isArray(samples) ? samples.map(({ value }) => Number(value.toPrecision(6))) : samples.reason));
        return samples;
    }
    /** Used CPU seconds by time and available CPUs, scrape by scrape. */
    async #cpu(spec, available, used, selector) {
        if (used.kind === 'error')
            return { verdict: 'error', reason: used.reason };
        const cores = new Map();
        if (typeof available === 'string') {
            // The runtime's series may lack the version's label (go_info has a label "version" of its own): same instance will do.
            const instances = [...new Set(used.series.flatMap(({ labels: { instance } }) => instance ?? []))];
            const queries = [
                (0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(available, selector),
                (0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)(available, {
                    ...this.#settings.labels,
                    instance: `=~${instances.map(escapeRegex).join('|')}`,
                }),
            ];
            for (const vector of queries) {
                const fetched = await this.#once(vector, () => this.#source.instant(vector, this.#look.end));
                if (fetched.kind === 'error')
                    return { verdict: 'error', reason: fetched.reason };
                for (const { labels, points } of fetched.series) {
                    const value = points.at(-1)?.value;
                    if (value !== undefined && value > 0)
                        cores.set((0,_counts_js__WEBPACK_IMPORTED_MODULE_3__/* .targetOf */ .$r)(labels), value);
                }
                if (cores.size > 0)
                    break;
            }
        }
        const data = this.#increments([used.series]);
        const samples = [];
        const open = new Map();
        for (const { target, from, at, values } of data.increments) {
            if (from < this.#look.start || at > this.#look.end)
                continue;
            const count = typeof available === 'number' ? available : cores.get(target);
            if (count === undefined)
                return {
                    verdict: 'nodata',
                    reason: `no CPU count for ${target}: ${String(available)} has no series; give "cores:"`,
                };
            const begun = open.get(target) ?? { from, sum: 0 };
            begun.sum += values[0] ?? 0;
            if (at - begun.from < spec.everyMs * 0.99) {
                open.set(target, begun);
                continue;
            }
            samples.push({ target, at, value: begun.sum / ((at - begun.from) / 1000) / count });
            open.delete(target);
        }
        return samples;
    }
    /** One number. */
    async value(spec, selector, records) {
        const { start, end } = this.#look;
        const query = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .fillQuery */ .gv)(spec.query, selector, Math.min(spec.windowMs, end - start));
        const fetched = await this.#once(query, () => this.#source.instant(query, end));
        const answer = fetched.kind === 'error'
            ? fetched.reason
            : fetched.series.map(({ labels, points }) => ({ labels, value: String(points.at(-1)?.value) }));
        records.push({ query, at: end, answer });
        if (fetched.kind === 'error')
            return { verdict: 'error', reason: fetched.reason };
        const [series, ...others] = fetched.series;
        if (others.length > 0)
            return {
                verdict: 'error',
                reason: `${others.length + 1} series where one is expected; aggregate with sum(…) or max(…): ${fetched.series
                    .slice(0, 3)
                    .map(({ labels }) => JSON.stringify(labels))
                    .join(', ')}`,
            };
        const value = series?.points.at(-1)?.value;
        if (value === undefined)
            return { verdict: 'nodata', reason: `no series match: ${query}` };
        if (Number.isNaN(value))
            return { verdict: 'nodata', reason: 'the value is NaN (0/0: no requests, or an empty histogram)' };
        if (!Number.isFinite(value))
            return { verdict: 'error', reason: `the value is ${value} (a division by zero)` };
        return value;
    }
    #increments(groups) {
        const { scrapeMs } = this.#settings.prometheus;
        return (0,_counts_js__WEBPACK_IMPORTED_MODULE_3__/* .increments */ .H2)(groups, { end: this.#look.end, ...(scrapeMs === undefined ? {} : { scrapeMs }) });
    }
    #raw(vector) {
        return this.#once(vector, () => this.#source.raw(vector, this.#from, this.#look.end));
    }
    #once(key, ask) {
        const known = this.#asked.get(key) ?? ask();
        this.#asked.set(key, known);
        return known;
    }
    /** What keeps series of samples from being used at all. */
    #troubleOf(fetched, maxAgeMs) {
        if (fetched.kind === 'error')
            return { verdict: 'error', reason: fetched.reason };
        const { series, query } = fetched;
        let [samples, finite, newest] = [0, 0, 0];
        for (const { points } of series)
            for (const { at, value } of points) {
                samples++;
                if (Math.abs(value) === Infinity)
                    return {
                        verdict: 'error',
                        reason: `a sample is infinite (a division by zero in a recording rule?): ${query}`,
                    };
                if (Number.isNaN(value))
                    continue;
                finite++;
                if (at > newest)
                    newest = at;
            }
        if (samples === 0)
            return { verdict: 'nodata', reason: `no series match: ${query}` };
        if (finite === 0)
            return { verdict: 'nodata', reason: `every sample is NaN: ${query}` };
        const gap = this.#settings.prometheus.scrapeMs ?? (0,_counts_js__WEBPACK_IMPORTED_MODULE_3__/* .typicalGap */ .Pr)(series);
        if (gap === undefined && maxAgeMs === undefined)
            return { verdict: 'nodata', reason: `scraped only once so far: ${query}` };
        const age = this.#look.end - newest;
        if (age > (maxAgeMs ?? 2 * (gap ?? 0)) + 1000)
            return {
                verdict: 'nodata',
                reason: `stale: the newest sample is ${Math.round(age / 1000)} s old, more than two scrapes: ${query}`,
            };
        return undefined;
    }
    #record(fetched, answer) {
        return { query: fetched.query, at: this.#look.end, answer };
    }
}
/** The edges on both sides of a version's own quantile. */
function quantileEdges(growth, quantile, edges) {
    const total = growth.get(Infinity) ?? Math.max(0, ...growth.values());
    if (total <= 0)
        return {};
    const part = (edge) => (growth.get(edge) ?? 0) / total;
    const above = edges.find((edge) => part(edge) >= quantile);
    const below = edges.filter((edge) => part(edge) < quantile && part(edge) > 0).at(-1);
    return { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) };
}
/** At most one sample of a series in `everyMs`. */
function thinned(series, start, everyMs) {
    const samples = [];
    for (const { labels, points } of series) {
        const target = (0,_counts_js__WEBPACK_IMPORTED_MODULE_3__/* .targetOf */ .$r)(labels);
        let last = -Infinity;
        for (const { at, value } of points) {
            if (at < start || !Number.isFinite(value) || at - last < everyMs * 0.99)
                continue;
            samples.push({ at, value, target });
            last = at;
        }
    }
    return samples;
}
function escapeRegex(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
//# sourceMappingURL=read.js.map

/***/ }),

/***/ 49288:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ selectorsFor)
/* harmony export */ });
/** Both versions' matchers for releases of these names. */
function selectorsFor(settings, names) {
    const { labels, versionLabel, selectors } = settings;
    // A name is data: whatever operator it begins with, it is compared as it is.
    if (versionLabel !== undefined)
        return {
            old: { ...labels, [versionLabel]: `=${names.old}` },
            new: { ...labels, [versionLabel]: `=${names.new}` },
        };
    const fill = (selector) => ({
        ...labels,
        ...Object.fromEntries(Object.entries(selector).map(([label, value]) => [
            label,
            value.replaceAll(/\$(old|new)\b/g, (_, which) => (which === 'old' ? names.old : names.new)),
        ])),
    });
    return { old: fill(selectors?.old ?? {}), new: fill(selectors?.new ?? {}) };
}
//# sourceMappingURL=settings.js.map

/***/ }),

/***/ 13872:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   S5: () => (/* binding */ durationText),
/* harmony export */   gv: () => (/* binding */ fillQuery),
/* harmony export */   kL: () => (/* binding */ Source)
/* harmony export */ });
/* unused harmony export rangeQuery */
/* harmony import */ var _presets_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(14763);

/** Samples that arrive late by up to this are still taken in by the next look. */
const LATE_MS = 120_000;
/** Raw samples of very many series are asked in parts of time; after this many halvings they are refused. */
const HALVINGS = 4;
/**
 * Reads raw samples, and remembers them from look to look: a look asks only for what is new. Everything can be read again
 * from Prometheus by another process, so nothing here needs to be kept.
 */
class Source {
    #server;
    #acceptPartial;
    #kept = new Map();
    constructor(server, options) {
        this.#server = server;
        this.#acceptPartial = options.acceptPartial;
    }
    /** The raw samples of a vector selector from `from` to `to` (ms). */
    async raw(vector, from, to) {
        const kept = this.#kept.get(vector);
        const begin = kept !== undefined && kept.from <= from && kept.to >= from ? Math.max(from, kept.to - LATE_MS) : from;
        const query = rangeQuery(vector, to - begin);
        const fetched = await this.#rawParts(vector, begin, to, 0);
        if (fetched.kind === 'error')
            return fetched;
        const series = begin === from || kept === undefined ? new Map() : kept.series;
        for (const { labels, points } of fetched.series) {
            const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
            const known = series.get(key);
            if (known === undefined)
                series.set(key, { labels, points: [...points] });
            else
                for (const point of points)
                    insert(known.points, point);
        }
        this.#kept.set(vector, { from, to, series });
        const list = [...series.values()].map(({ labels, points }) => ({
            labels,
            points: points.slice(firstAfter(points, from - 1), firstAfter(points, to)),
        }));
        return { kind: 'series', query, series: list.filter(({ points }) => points.length > 0) };
    }
    async #rawParts(vector, from, to, depth) {
        const query = rangeQuery(vector, to - from);
        const outcome = await this.#server.instant(query, to);
        const whole = this.#read(query, outcome);
        const tooLarge = whole.kind === 'error' && /larger than \d+ bytes|too many samples|exceed/i.test(whole.reason);
        if (!tooLarge || depth >= HALVINGS)
            return whole;
        const middle = Math.floor((from + to) / 2);
        const [first, second] = [
            await this.#rawParts(vector, from, middle, depth + 1),
            await this.#rawParts(vector, middle, to, depth + 1),
        ];
        if (first.kind === 'error')
            return first;
        return second.kind === 'error'
            ? second
            : { ...second, query, series: [...first.series, ...second.series] };
    }
    /** Any query at one time. */
    async instant(query, at) {
        return this.#read(query, await this.#server.instant(query, at));
    }
    /** Any query over a time, one value each `stepMs`. */
    async range(query, span) {
        return this.#read(query, await this.#server.range(query, span));
    }
    #read(query, outcome) {
        if (outcome.kind === 'error')
            return { kind: 'error', query, reason: outcome.detail, passing: outcome.passing };
        const fault = faultOf(outcome);
        if (fault !== undefined)
            return { kind: 'error', query, reason: fault, passing: false };
        if (outcome.warnings.length > 0 && !this.#acceptPartial)
            return {
                kind: 'error',
                query,
                reason: `Prometheus warns that the result may be partial: ${outcome.warnings.join('; ')}`,
                passing: true,
            };
        return { kind: 'series', query, series: outcome.series };
    }
}
function faultOf(answer) {
    return answer.type === 'string' ? 'the query gives a text, not numbers' : undefined;
}
/** Index of the first point later than `at`. */
function firstAfter(points, at) {
    let [low, high] = [0, points.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((points[middle]?.at ?? Infinity) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
/** Puts a point where its time belongs; a time that is known stays as it was. */
function insert(points, point) {
    const index = firstAfter(points, point.at);
    if (points[index - 1]?.at !== point.at)
        points.splice(index, 0, point);
}
/** `name{…}[90s]`. */
function rangeQuery(vector, ms) {
    return `${vector}[${durationText(ms)}]`;
}
/** A time as PromQL writes it. */
function durationText(ms) {
    const whole = Math.max(1, Math.round(ms));
    return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`;
}
/** A query of the user's with the version's matchers and the window. */
function fillQuery(query, selector, windowMs) {
    const list = (0,_presets_js__WEBPACK_IMPORTED_MODULE_0__/* .vectorOf */ .Tk)('', selector).replace(/^\{|\}$/g, '');
    return query.replaceAll('$selector', () => list).replaceAll('$window', durationText(windowMs));
}
//# sourceMappingURL=source.js.map

/***/ }),

/***/ 94802:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Y$: () => (/* binding */ sampleForMargin),
/* harmony export */   ZE: () => (/* binding */ powerPlan),
/* harmony export */   rd: () => (/* binding */ sampleForLimit)
/* harmony export */ });
/* unused harmony export minimumSample */
/* harmony import */ var _stdlib_math_base_special_betainc__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(89986);
/* harmony import */ var _statistics_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(39416);


/** No more events than this are planned for; what needs more is told as undecidable. */
const MOST = 1e9;
/** The fewest events, all of them good, that pass a limit: ⌈ln(1 − confidence) / ln(1 − limit)⌉; Infinity at limit 0. */
function minimumSample(limit, confidence) {
    if (limit <= 0)
        return Infinity;
    const estimate = Math.ceil(Math.log1p(-confidence) / Math.log1p(-limit));
    // The formula and the gate must agree to the last event.
    return leastPassing(0, limit, confidence, estimate);
}
/** The fewest events that pass with `bad` bad ones among them. */
function leastPassing(bad, limit, confidence, guess) {
    const passes = (total) => (0,_statistics_js__WEBPACK_IMPORTED_MODULE_1__/* .clopperPearson */ .mI)({ bad, total }, confidence).upper <= limit;
    return least(passes, Math.max(bad + 1, guess));
}
/** The least whole number that satisfies a condition which stays true once it is true. */
function least(holds, guess) {
    let high = Math.max(1, guess);
    while (!holds(high)) {
        high *= 2;
        if (high > MOST)
            return Infinity;
    }
    let low = 0;
    while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (holds(middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}
/** P(at most `bad` bad events among `total`) for a true ratio. */
function atMost(bad, total, ratio) {
    return bad >= total ? 1 : ratio <= 0 ? 1 : ratio >= 1 ? 0 : _stdlib_math_base_special_betainc__WEBPACK_IMPORTED_MODULE_0__(ratio, bad + 1, total - bad, true, true);
}
/**
 * Events needed so that a version whose true bad ratio is `expected` passes `limit` with a chance of at least `power`.
 * Exact for the binomial gate. Infinity when `expected` is too near the limit, or beyond it.
 */
function sampleForLimit(limit, confidence, expected, power = 0.9) {
    if (limit <= 0 || expected >= limit)
        return Infinity;
    if (expected <= 0)
        return minimumSample(limit, confidence);
    // Each allowed number of bad events has its least sample; the first that is likely enough is the answer.
    const enough = (bad) => {
        const total = leastPassing(bad, limit, confidence, Math.ceil((bad + 1) / limit));
        return !Number.isFinite(total) || atMost(bad, total, expected) >= power;
    };
    let high = 1;
    if (enough(0))
        return minimumSample(limit, confidence);
    while (!enough(high))
        high *= 2;
    let low = Math.floor(high / 2);
    while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (enough(middle))
            high = middle;
        else
            low = middle;
    }
    return leastPassing(high, limit, confidence, Math.ceil((high + 1) / limit));
}
/**
 * Events of both versions together needed so that an equally good new version (bad ratio `expected` on both sides) passes a
 * margin, with counts as expected. A typical, not a guaranteed, size.
 */
function sampleForMargin(margin, confidence, expected, share) {
    if (margin <= 0)
        return Infinity;
    return least((total) => {
        const fresh = Math.max(1, Math.floor(total * share));
        const old = Math.max(1, total - fresh);
        const counts = (events) => ({
            bad: Math.min(events, Math.round(events * expected)),
            total: events,
        });
        return (0,_statistics_js__WEBPACK_IMPORTED_MODULE_1__/* .newcombe */ .pv)(counts(old), counts(fresh), confidence).upper <= margin;
    }, 64);
}
/** Says for each step, before the start, whether the traffic (requests a second, both versions) can decide it. */
function powerPlan(steps, requestsPerSecond, rule) {
    const needed = sampleForLimit(rule.limit, rule.confidence, rule.expected, rule.power);
    return steps.map(({ percent, observeMs }) => {
        const rate = (requestsPerSecond * percent) / 100;
        const requests = Math.floor((rate * observeMs) / 1000);
        const neededMs = rate > 0 && Number.isFinite(needed) ? Math.ceil((1000 * needed) / rate) : Infinity;
        const decides = requests >= needed;
        return { percent, requests, needed, neededMs, decides, reason: explain() };
        function explain() {
            if (!Number.isFinite(needed))
                return `a bad ratio of ${100 * rule.expected} % cannot be shown to be within ${100 * rule.limit} %`;
            if (rate <= 0)
                return 'there is no traffic';
            const minutes = (neededMs / 60_000).toFixed(1);
            return decides
                ? `${requests} requests are expected, ${needed} are needed`
                : `${requests} requests are expected, ${needed} are needed: ${minutes} min at this share`;
        }
    });
}
//# sourceMappingURL=power.js.map

/***/ }),

/***/ 14763:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Tk: () => (/* binding */ vectorOf),
/* harmony export */   Yy: () => (/* binding */ METRIC_PRESETS),
/* harmony export */   gX: () => (/* binding */ edgesAround),
/* harmony export */   wV: () => (/* binding */ STANDARD_RULES)
/* harmony export */ });
/* unused harmony exports matcherList, matchers */
/** The thresholds of the standard this project follows; ratios are between 0 and 1. */
const STANDARD_RULES = [
    { id: 'p99', title: 'P99 > 1 s for 5 min', metric: 'latency', quantile: 0.99, seconds: 1, window: 300, action: 'abort' },
    { id: 'cpu', title: 'CPU > 80 % as a 10 min mean', metric: 'cpu', limit: 0.8, window: 600, action: 'abort' },
    { id: '5xx', title: '5xx > 1 % over 5 min', metric: 'errors', limit: 0.01, window: 300, action: 'abort' },
    { id: '5xx-hard', title: '5xx > 5 % for 3 min', metric: 'errors', limit: 0.05, window: 180, action: 'hard-abort' },
    { id: 'p99-warn', title: 'P99 > 800 ms', metric: 'latency', quantile: 0.99, seconds: 0.8, window: 300, action: 'warn' },
    { id: 'business', title: 'business success < 99.5 %', metric: 'business', atLeast: 0.995, window: 300, action: 'page' },
    { id: 'coverage', title: 'coverage >= 80 %', metric: 'coverage', atLeast: 0.8, window: 0, action: 'block' },
]; // prettier-ignore
/** Go services as most of them are instrumented, and the two proxies. */
const METRIC_PRESETS = [
    {
        name: 'client_golang',
        title: 'prometheus/client_golang: promhttp handlers with the usual names',
        errors: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' },
        latency: { histogram: 'http_request_duration_seconds' },
        // prometheus.DefBuckets
        edges: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        cpu: { used: 'process_cpu_seconds_total', available: 'go_sched_gomaxprocs_threads' },
    },
    {
        name: 'opentelemetry',
        title: 'OpenTelemetry: http.server.request.duration of the stable semantic conventions',
        errors: {
            bad: 'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',
            total: 'http_server_request_duration_seconds_count',
        },
        latency: { histogram: 'http_server_request_duration_seconds' },
        edges: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        cpu: { used: 'process_cpu_time_seconds_total', available: 'go_processor_limit' },
    },
    {
        name: 'haproxy',
        title: 'HAProxy: its own exporter, per server',
        errors: {
            bad: 'haproxy_server_http_responses_total{code="5xx"}',
            total: 'haproxy_server_http_responses_total',
        },
        lacks: 'latency (only a mean of the last 1024 requests, no histogram) and CPU: take them from the service',
    },
    {
        name: 'nginx-plus',
        title: 'nginx Plus: nginx-prometheus-exporter, per upstream server',
        errors: {
            bad: 'nginxplus_upstream_server_responses{code="5xx"}',
            total: 'nginxplus_upstream_server_requests',
        },
        lacks: 'latency and CPU: take them from the service',
    },
    {
        name: 'nginx-log',
        title: 'nginx: prometheus-nginxlog-exporter, one namespace "nginx", with a label for the version',
        errors: {
            bad: 'nginx_http_response_count_total{status=~"5.."}',
            total: 'nginx_http_response_count_total',
        },
        latency: { histogram: 'nginx_http_response_time_seconds_hist' },
        edges: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        lacks: 'CPU; and plain nginx (stub_status) has no status codes at all, so its own exporter cannot judge a version',
    },
];
/**
 * `job="shop", code=~"5.."` in PromQL. Values are escaped, so none can leave its quotes.
 * The operator is the value's start: `=`, `!=`, `=~` or `!~`; without one it is `=`.
 */
function matcherList(selector) {
    const parts = Object.entries(selector).map(([name, text]) => {
        if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
            throw new TypeError(`"${name}" is no label name`);
        const operator = /^(?:=~|!~|!=|=)/.exec(text)?.[0] ?? '';
        return `${name}${operator === '' ? '=' : operator}${JSON.stringify(text.slice(operator.length))}`;
    });
    return parts.join(', ');
}
/** `{job="shop", code=~"5.."}`. */
const matchers = (selector) => `{${matcherList(selector)}}`;
/** A vector selector of the user's (`orders_total{status="failed"}`) with a version's matchers, and a suffix to its name. */
function vectorOf(vector, selector, suffix = '') {
    const [, name = vector, own = ''] = /^([^{]*)(?:\{(.*)\})?$/s.exec(vector) ?? [];
    const parts = [own.trim().replace(/,$/, ''), matcherList(selector)].filter((part) => part !== '');
    return `${name}${suffix}${parts.length === 0 ? '' : `{${parts.join(', ')}}`}`;
}
/** The bucket edges around a limit: equal when it is an edge; undefined where there is none on that side. */
function edgesAround(limit, edges) {
    const below = edges.filter((edge) => edge <= limit).at(-1);
    const above = edges.find((edge) => edge >= limit);
    return { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) };
}
//# sourceMappingURL=presets.js.map

/***/ }),

/***/ 35043:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Hd: () => (/* binding */ isTerminal),
/* harmony export */   N_: () => (/* binding */ INITIAL_STATE),
/* harmony export */   TS: () => (/* binding */ reduce),
/* harmony export */   ie: () => (/* binding */ agrees),
/* harmony export */   qp: () => (/* binding */ reversible),
/* harmony export */   vM: () => (/* binding */ steady)
/* harmony export */ });
const DEFAULT_APPROVAL_MS = 3_600_000;
const WAY_BACK_FAILED = '; the way back failed: ';
const INITIAL_STATE = {
    schema: 1,
    phase: 'idle',
    stage: 'act',
    step: -1,
    intended: 0,
    observed: null,
    extends: 0,
    errors: 0,
    tries: 0,
    conclusive: 0,
    heldAt: null,
    asked: false,
    deadline: null,
    nextLook: null,
    drifts: 0,
    paged: null,
    touched: false,
    reason: 'nothing has begun',
};
function isTerminal({ phase }) {
    return ['done', 'finalise-failed', 'rolled-back', 'rollback-failed'].includes(phase);
}
/** One step of the machine at `now` (ms). An event that has no meaning in this phase changes nothing. */
function reduce(plan, state, event, now) {
    const stay = { state, effects: [] };
    const failed = state.phase === 'rollback-failed' || state.phase === 'finalise-failed';
    if (isTerminal(state) && !(failed && event.kind === 'resume'))
        return stay;
    const at = event.kind === 'waited' || event.kind === 'measured' ? (event.at ?? now) : now;
    switch (event.kind) {
        case 'start':
            return state.phase === 'idle' ? act(state, 'preparing', 'the release begins') : stay;
        case 'cancel':
            return reversible(state) ? abort(state, event.reason) : stay;
        case 'rejected':
            return state.phase === 'holding' ? abort(state, `rejected by ${event.by}`) : stay;
        case 'resume':
            return resume(plan, state, event, now);
        case 'failed':
            return acting(state.phase) || asking(state)
                ? again(plan, state, event.reason, event.final === true)
                : stay;
        case 'acted':
            if (asking(state) && event.of === 'ask-approval')
                return awaitApproval({ ...state, asked: true }, now);
            // The answer of an action that was overtaken (by a cancel) is not that of the present one.
            return acting(state.phase) && state.stage === 'act' && event.of === effectOf(state).kind
                ? acted(plan, state)
                : stay;
        case 'observed':
            if (steady(state.phase))
                return agrees(state, event) ? stay : drifted(plan, state, event);
            return acting(state.phase) && state.stage === 'read-back' ? observed(plan, state, event, now) : stay;
        case 'waited':
            return waited(plan, state, at);
        case 'measured':
            return observing(state.phase) ? measured(plan, state, event, at, now) : stay;
        case 'approved':
            if (state.phase !== 'holding')
                return stay;
            return advance(plan, state, `approved by ${event.by.join(' and ')}`, now);
    }
}
function acting(phase) {
    return ['preparing', 'deploying', 'smoking', 'shifting', 'finalising', 'aborting'].includes(phase);
}
function observing(phase) {
    return phase === 'observing' || phase === 'baking';
}
/** The weight was confirmed and should stay as it is. */
function steady(phase) {
    return phase === 'warming' || phase === 'holding' || observing(phase);
}
function asking(state) {
    return state.phase === 'holding' && !state.asked;
}
/** Before the old version is being removed, not already on the way back, and not at an end. */
function reversible(state) {
    return state.phase !== 'finalising' && state.phase !== 'aborting' && !isTerminal(state);
}
/** Whether the target has what was set. A proxy rounds weights to whole parts: half a percent is not drift. */
function agrees({ intended }, { percent, settled }) {
    return settled && Math.abs(percent - intended) <= 0.5;
}
function disagreement({ intended }, { percent, settled }) {
    return settled
        ? `read back ${percent} % where ${intended} % were set`
        : 'the target has not settled into what was asked';
}
function effectOf(state) {
    switch (state.phase) {
        case 'deploying':
            return { kind: 'deploy' };
        case 'smoking':
            return { kind: 'smoke' };
        case 'shifting':
            return { kind: 'set-weight', percent: state.intended };
        case 'finalising':
            return { kind: 'finalise' };
        case 'aborting':
            return { kind: 'reset' };
        case 'holding':
            return { kind: 'ask-approval', reason: state.reason };
        default:
            return { kind: 'prepare' };
    }
}
function act(state, phase, reason, more = {}) {
    const next = {
        ...state,
        phase,
        stage: 'act',
        tries: 0,
        asked: false,
        deadline: null,
        nextLook: null,
        heldAt: null,
        reason,
        ...more,
    };
    return { state: next, effects: [effectOf(next)] };
}
function acted(plan, state) {
    // Preparing and the smoke test change nothing at the target: their own answer is the proof.
    if (state.phase === 'preparing')
        return act(state, 'deploying', 'prepared', { touched: true, intended: 0 });
    if (state.phase === 'smoking')
        return shift(plan, state, 0, 'the smoke test passed');
    return { state: { ...state, stage: 'read-back' }, effects: [{ kind: 'read-back' }] };
}
function observed(plan, before, event, now) {
    const { percent } = event;
    const state = { ...before, observed: percent };
    if (!agrees(state, event))
        return again(plan, state, disagreement(state, event), false);
    switch (state.phase) {
        case 'deploying':
            return act(state, 'smoking', 'the new version runs without traffic');
        case 'shifting':
            return wait(state, 'warming', `${percent} % confirmed`, now + plan.warmUpMs);
        case 'finalising':
            return end(state, 'done', 'the new version serves everything', 'info');
        case 'aborting':
            return end(state, 'rolled-back', state.reason, 'warning');
        default:
            return { state, effects: [] };
    }
}
/**
 * The target lost what had been set (a reload, a dead-man's timer): set again and observed anew, because what was
 * measured meanwhile belongs to another weight. Too often, and the release goes back.
 */
function drifted(plan, state, event) {
    const drifts = state.drifts + 1;
    const reason = `the target lost its weight (${drifts} of ${plan.maxTries}): ${disagreement(state, event)}`;
    const next = { ...state, drifts, observed: event.percent };
    return drifts >= plan.maxTries ? abort(next, reason) : act(next, 'shifting', reason, { errors: 0 });
}
/** Another try of the failed action, or, when they are used up, the way back (of a way back: a page). */
function again(plan, state, reason, final) {
    const tries = state.tries + 1;
    if (!final && tries < plan.maxTries) {
        const next = { ...state, stage: 'act', tries };
        return { state: next, effects: [effectOf(next)] };
    }
    const told = { ...state, paged: reason };
    // A reaper tries again and again: people are paged when the fault is another one, not at each try.
    const level = state.paged === reason ? 'info' : 'page';
    if (state.phase === 'aborting')
        return end(told, 'rollback-failed', `${state.reason}${WAY_BACK_FAILED}${reason}`, level);
    // All traffic is on the new version and the old one may be gone: there is nothing to go back to.
    if (state.phase === 'finalising')
        return end(told, 'finalise-failed', `the old version could not be removed: ${reason}`, level);
    return abort(state, `${state.phase} failed: ${reason}`);
}
function shift(plan, state, index, reason) {
    const step = plan.steps[index];
    if (step === undefined)
        return abort(state, 'the plan has no such step');
    return act(state, 'shifting', reason, { step: index, intended: step.percent, extends: 0, errors: 0 });
}
function wait(state, phase, reason, until) {
    return { state: { ...state, phase, deadline: until, reason }, effects: [{ kind: 'wait', until }] };
}
function waited(plan, state, now) {
    const early = state.deadline !== null && now < state.deadline;
    if (state.phase === 'holding')
        return early ? awaitApproval(state, now) : abort(state, `nobody approved in time: ${state.reason}`);
    if (state.phase === 'warming') {
        if (early)
            return { state, effects: [{ kind: 'wait', until: state.deadline }] };
        const step = plan.steps[state.step];
        if (step === undefined)
            return abort(state, 'the plan has no such step');
        return look({ ...state, phase: 'observing', deadline: now + step.observeMs, reason: 'warmed up' }, plan, now);
    }
    if (observing(state.phase))
        return { state, effects: [{ kind: 'measure' }] };
    return { state, effects: [] };
}
/** Waits for the next look, but not beyond the end of the window. */
function look(state, plan, now) {
    const until = Math.min(state.deadline ?? now, now + plan.intervalMs);
    return { state: { ...state, nextLook: until }, effects: [{ kind: 'wait', until }] };
}
function measured(plan, before, { verdict, hard, reason }, at, now) {
    const errors = verdict === 'error' ? before.errors + 1 : 0;
    const conclusive = before.conclusive + (verdict === 'pass' || verdict === 'fail' ? 1 : 0);
    const state = { ...before, errors, conclusive };
    if (verdict === 'fail' || hard === true)
        return abort(state, reason);
    if (errors > plan.maxErrors)
        return abort(state, `${errors} looks in a row failed: ${reason}`);
    // A pass before the end of the window is a look too early: what comes with time has not come yet.
    if (at < (state.deadline ?? 0))
        return look(state, plan, at);
    if (verdict === 'pass')
        return passed(plan, state, reason, at, now);
    if (state.extends < plan.maxExtends) {
        const length = state.phase === 'baking' ? plan.bakeMs : (plan.steps[state.step]?.observeMs ?? 0);
        const message = `prolonged (${state.extends + 1} of ${plan.maxExtends}): ${reason}`;
        return look({ ...state, extends: state.extends + 1, deadline: at + length, reason: message }, plan, at);
    }
    return undecided(plan, state, verdict, reason, at, now);
}
function undecided(plan, state, verdict, reason, at, now) {
    const why = `still ${verdict} after ${state.extends} prolongations: ${reason}`;
    if (plan.endPolicy === 'hold')
        return hold(plan, state, why, now);
    if (plan.endPolicy === 'promote' && verdict === 'inconclusive' && state.conclusive > 0)
        return advance(plan, state, `${why}; the policy promotes`, at);
    return abort(state, plan.endPolicy === 'promote' ? `${why}; without one conclusive look nothing is promoted` : why);
}
function passed(plan, state, reason, at, now) {
    const step = plan.steps[state.step];
    if (state.phase === 'observing' && step?.hold === true)
        return hold(plan, state, reason, now);
    return advance(plan, state, reason, at);
}
/** People get their time from now on, even when the look that led here was due long ago. */
function hold(plan, state, reason, now) {
    const next = {
        ...state,
        phase: 'holding',
        tries: 0,
        asked: false,
        deadline: now + (plan.approvalMs ?? DEFAULT_APPROVAL_MS),
        nextLook: null,
        heldAt: state.phase === 'baking' ? 'baking' : 'observing',
        reason,
    };
    return { state: next, effects: [effectOf(next)] };
}
function awaitApproval(state, now) {
    return { state, effects: [{ kind: 'await-approval', until: state.deadline ?? now }] };
}
/** From a passed (or approved) step to the next one, from the last to the bake, from the bake to the end. */
function advance(plan, state, reason, now) {
    if (state.step + 1 < plan.steps.length)
        return shift(plan, state, state.step + 1, reason);
    const baked = state.phase === 'baking' || state.heldAt === 'baking';
    if (baked || plan.bakeMs <= 0)
        return act(state, 'finalising', reason);
    const deadline = now + plan.bakeMs;
    return look({ ...state, phase: 'baking', deadline, extends: 0, errors: 0, heldAt: null, reason }, plan, now);
}
function abort(state, reason) {
    if (!state.touched)
        return end({ ...state, observed: 0 }, 'rolled-back', reason, 'warning');
    return act(state, 'aborting', reason, { intended: 0 });
}
function end(state, phase, reason, level) {
    return {
        state: { ...state, phase, deadline: null, nextLook: null, reason },
        effects: [{ kind: 'notify', level, message: reason }],
    };
}
function resume(plan, state, event, now) {
    if (state.phase === 'rollback-failed')
        return act(state, 'aborting', firstReason(state), { intended: 0 });
    if (state.phase === 'finalise-failed')
        return act(state, 'finalising', state.reason);
    if (event.policy === 'rollback' && reversible(state))
        return abort(state, event.reason ?? 'the engine was lost; taken back');
    if (state.phase === 'idle')
        return act(state, 'preparing', 'the release begins');
    if (acting(state.phase) || asking(state)) {
        // Whether the action was carried out is not known; all are idempotent, so it is done again.
        const next = { ...state, stage: 'act', tries: 0 };
        return { state: next, effects: [effectOf(next)] };
    }
    if (state.phase === 'holding')
        return awaitApproval(state, now);
    if (state.phase === 'warming')
        return { state, effects: [{ kind: 'wait', until: state.deadline ?? now }] };
    // The metrics of the lost time are still in Prometheus: each missed look is made up for at its own time.
    return { state, effects: [{ kind: 'wait', until: state.nextLook ?? now }] };
}
/** Why the release went back, without the fault of the way back that stands behind it. */
function firstReason({ reason, paged }) {
    const fault = `${WAY_BACK_FAILED}${paged ?? ''}`;
    return reason.endsWith(fault) ? reason.slice(0, -fault.length) : reason;
}
//# sourceMappingURL=reducer.js.map

/***/ })

};
