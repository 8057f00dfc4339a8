export const id = 33;
export const ids = [33];
export const modules = {

/***/ 23905:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ readSource)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(76760);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(17594);
/* harmony import */ var _base_files_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(40378);



/** The text of an input that may be the path of a file. What is wrong is added to `problems`. */
async function readSource(name, source, workspace, problems) {
    if (source === undefined || source.kind === 'text')
        return source?.value;
    const fault = (what, cause) => {
        problems.push({
            code: 'bad-input',
            what,
            ...(cause === undefined ? {} : { cause }),
            input: name,
            value: source.value,
            fix: 'give the path of a file, relative to the workspace, or the text itself',
        });
    };
    try {
        const text = await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_0__.resolve)(workspace, source.value));
        if (text === undefined)
            fault('the file is not there');
        return text;
    }
    catch (error) {
        fault('the file cannot be read', (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .messageOf */ .bD)(error));
        return undefined;
    }
}
//# sourceMappingURL=sources.js.map

/***/ }),

/***/ 96787:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  q: () => (/* binding */ Lines)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/clock.js
var clock = __webpack_require__(74743);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/base/retry.js
var retry = __webpack_require__(27091);
;// CONCATENATED MODULE: ./lib/deploy/ssh-config.js

const JUMP_ALIAS = 'gip-jump';
/**
 * The whole configuration of our own ssh client. A file rather than options, because options of the command line do not
 * hold for the jump host (ssh(1), -J), and because arguments can be seen by every process of the machine. The user's and the
 * system's own configuration are not read.
 */
function renderSshConfig(config) {
    const host = (alias, target, jump) => [
        `Host ${alias}`,
        `  HostName ${target.host.replaceAll('%', '%%')}`,
        `  Port ${target.port}`,
        `  User ${quoted(target.user)}`,
        ...(jump ? [`  ProxyJump ${JUMP_ALIAS}`] : []),
    ];
    const identity = config.identityFile === undefined
        ? config.agentSocket === undefined
            ? []
            : [`  IdentityAgent ${path(config.agentSocket)}`]
        : [`  IdentityFile ${path(config.identityFile)}`, '  IdentitiesOnly yes', '  IdentityAgent none'];
    return [
        ...config.targets.flatMap(({ alias, target }) => host(alias, target, config.jump !== undefined)),
        ...(config.jump === undefined ? [] : host(JUMP_ALIAS, config.jump, false)),
        'Host *',
        '  BatchMode yes',
        `  StrictHostKeyChecking ${config.hostKeys}`,
        `  UserKnownHostsFile ${path(config.knownHosts)}`,
        '  GlobalKnownHostsFile none',
        '  UpdateHostKeys no',
        '  HashKnownHosts no',
        '  CheckHostIP no',
        '  VerifyHostKeyDNS no',
        ...identity,
        '  PreferredAuthentications publickey',
        '  PasswordAuthentication no',
        '  KbdInteractiveAuthentication no',
        '  ForwardAgent no',
        '  ForwardX11 no',
        '  PermitLocalCommand no',
        '  RequestTTY no',
        '  EscapeChar none',
        '  LogLevel ERROR',
        `  ConnectTimeout ${config.connectSeconds}`,
        '  ConnectionAttempts 1',
        '  ServerAliveInterval 10',
        '  ServerAliveCountMax 3',
        '  TCPKeepAlive yes',
        '',
    ].join('\n');
}
/** ssh binds the control socket as `PATH.` and 16 random characters before it moves it, and a socket's path is bounded. */
const SOCKET_LIMIT = { linux: 107, darwin: 103, freebsd: 103, windows: 0 };
/** Where the shared connection's socket lies; undefined where there can be none (Windows' ssh has no such thing). */
function controlSocket(folder, index, os) {
    const socket = `${folder}/${index}`;
    return Buffer.byteLength(socket) + 17 <= SOCKET_LIMIT[os] ? socket : undefined;
}
/** ssh expands %-tokens in paths, and takes what stands in double quotes as one word. */
const path = (text) => quoted(slashesOnWindows(text).replaceAll('%', '%%'));
const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
const slashesOnWindows = (text) => (/^[A-Za-z]:\\/.test(text) ? (0,files/* slashes */.k2)(text) : text);
//# sourceMappingURL=ssh-config.js.map
;// CONCATENATED MODULE: ./lib/deploy/ssh-faults.js

/** OpenSSH's own sentences, the most telling first; several can be in one answer. */
const RULES = [
    { fault: 'host-key-changed', pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|has changed and you have requested strict|REVOKED HOST KEY/i },
    { fault: 'host-key-unknown', pattern: /host key is known for|Host key verification failed/i },
    { fault: 'key', pattern: /error in libcrypto|invalid format|UNPROTECTED PRIVATE KEY FILE|Load key .*: (?!No such)/i },
    { fault: 'denied', pattern: /Permission denied \(|Too many authentication failures|No supported authentication methods/i },
    { fault: 'algorithms', pattern: /no matching (?:host key type|key exchange method|cipher|MAC) found|no mutual signature/i },
    { fault: 'name', pattern: /Could not resolve hostname/i },
    { fault: 'refused', pattern: /Connection refused|administratively prohibited|open failed: connect failed/i },
    { fault: 'unreachable', pattern: /timed out|No route to host|Network is (?:unreachable|down)|Host is down/i },
    { fault: 'closed', pattern: /Connection (?:closed|reset)|kex_exchange_identification|Broken pipe|not responding|banner exchange|disconnect/i },
    { fault: 'config', pattern: /Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions/i },
]; // prettier-ignore
/** What ssh's words on stderr mean. */
function classifySsh(stderr) {
    return RULES.find(({ pattern }) => pattern.test(stderr))?.fault ?? 'unknown';
}
/** Whether another try can help: addresses that do not answer and lines that are cut do pass; keys and rights do not. */
function isPassing(fault, stderr) {
    if (fault === 'name')
        return /Temporary failure|try again/i.test(stderr);
    return fault === 'unreachable' || fault === 'refused' || fault === 'closed' || fault === 'unknown';
}
const TOLD = {
    unreachable: {
        code: 'ssh-unreachable',
        kind: 'environment',
        what: (where) => `${where} does not answer`,
        fix: 'check that the host runs, its address and port, and that its firewall lets this runner in',
    },
    refused: {
        code: 'ssh-refused',
        kind: 'environment',
        what: (where) => `${where} refuses the connection`,
        cause: 'no SSH server listens at that port, or it is being started again',
        fix: 'check the port, and sshd on the host',
    },
    name: {
        code: 'ssh-name',
        kind: 'environment',
        what: (where) => `the host name of ${where} cannot be resolved`,
        fix: 'check the spelling, and that this runner can ask the DNS that knows the name',
    },
    closed: {
        code: 'ssh-closed',
        kind: 'environment',
        what: (where) => `${where} closed the connection before the command began`,
        cause: 'too many logins at once (MaxStartups), a restart, or a firewall between',
        fix: 'see sshd’s log on the host',
    },
    'host-key-changed': {
        code: 'ssh-host-key-changed',
        kind: 'gate',
        what: (where) => `${where} shows another host key than the known one; nothing was sent to it`,
        cause: 'the host was set up again, or somebody sits between',
        fix: 'compare the fingerprint on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); only when it is right, renew its line in the known hosts',
    },
    'host-key-unknown': {
        code: 'ssh-host-key-unknown',
        kind: 'input',
        what: (where) => `the host key of ${where} is not among the known hosts; nothing was sent to it`,
        fix: 'add the line that ssh-keyscan -p PORT HOST prints, after comparing its fingerprint on the host itself',
    },
    denied: {
        code: 'ssh-denied',
        kind: 'input',
        what: (where) => `${where} does not accept the key`,
        cause: 'another user, another key, or rights on ~/.ssh that sshd refuses',
        fix: 'put the public key into ~/.ssh/authorized_keys of that user (0600, its folder 0700)',
    },
    key: {
        code: 'ssh-key',
        kind: 'input',
        what: (where) => `the private key for ${where} cannot be read`,
        fix: 'give the whole text of an unencrypted OpenSSH key, with its first and last line',
    },
    algorithms: {
        code: 'ssh-algorithms',
        kind: 'input',
        what: (where) => `this runner and ${where} have no algorithm in common`,
        cause: 'one of the two is many years older than the other',
        fix: 'update OpenSSH on the host, or use an ed25519 key',
    },
    config: {
        code: 'ssh-client',
        kind: 'environment',
        what: () => 'the ssh client of this runner does not understand its configuration',
        cause: 'it is older than OpenSSH 7.6',
        fix: 'install a newer OpenSSH client on the runner',
    },
    unknown: {
        code: 'ssh-failed',
        kind: 'environment',
        what: (where) => `ssh to ${where} failed`,
        fix: 'see its words below',
    },
};
/** The error for a connection that never reached the command. */
function sshError(fault, where, stderr) {
    const told = TOLD[fault];
    const cause = told.cause ?? lastLine(stderr);
    return new errors/* PipelineError */.zC(told.kind, [
        {
            code: told.code,
            what: told.what(where),
            ...(cause === '' ? {} : { cause }),
            where,
            fix: told.fix,
        },
    ], { log: stderr });
}
/** The connection broke while the command ran. */
function lostError(where, stderr) {
    return new errors/* PipelineError */.zC('environment', [
        {
            code: 'ssh-lost',
            what: `the connection to ${where} broke while a command ran there`,
            cause: lastLine(stderr) || 'how far the command came is not known',
            where,
            fix: 'run again: every command of ours may be repeated',
        },
    ], { log: stderr });
}
/** Our own limit of time. */
const timeoutProblem = (where, what, ms) => ({
    code: 'ssh-timeout',
    what: `${what} on ${where} did not end within ${Math.round(ms / 1000)} s`,
    where,
    fix: 'see what the host is busy with; raise the time only if it was still making progress',
});
const lastLine = (text) => text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .at(-1) ?? '';
//# sourceMappingURL=ssh-faults.js.map
// EXTERNAL MODULE: ./lib/deploy/ssh-quote.js
var ssh_quote = __webpack_require__(36208);
// EXTERNAL MODULE: ./lib/deploy/ssh-target.js
var ssh_target = __webpack_require__(29619);
;// CONCATENATED MODULE: ./lib/deploy/ssh.js










/**
 * Prepares connections over the system's `ssh`: its own configuration file, the key in a file only we can read. Nothing is
 * sent to any host yet. Throws inputError for a key or known hosts that cannot work.
 */
async function openSsh(settings, ports) {
    const folder = await ports.temp.make('ssh');
    const knownHosts = (0,external_node_path_.join)(folder, 'known_hosts');
    checkKnown(settings);
    let identityFile;
    if (settings.identity.kind === 'key') {
        ports.secrets.mask(settings.identity.text);
        const key = (0,ssh_target/* parsePrivateKey */.QW)(settings.identity.text);
        if ('reason' in key)
            throw (0,errors/* inputError */.Xu)({
                code: 'ssh-key',
                what: 'the private key cannot be used',
                cause: key.reason,
                fix: key.fix,
            });
        identityFile = (0,external_node_path_.join)(folder, 'key');
        await (0,files/* writeAtomic */.vZ)(identityFile, key.text, 0o600);
    }
    await (0,files/* writeAtomic */.vZ)(knownHosts, `${settings.knownHosts.trim()}\n`, 0o600);
    const aliases = new Map(settings.targets.map((target, index) => [(0,ssh_target/* formatTarget */.P4)(target), `gip-${index}`]));
    const { identity, jump } = settings;
    const config = (0,external_node_path_.join)(folder, 'config');
    await (0,files/* writeAtomic */.vZ)(config, renderSshConfig({
        targets: settings.targets.map((target) => ({
            alias: aliases.get((0,ssh_target/* formatTarget */.P4)(target)) ?? '',
            target,
        })),
        ...(jump === undefined ? {} : { jump }),
        knownHosts,
        hostKeys: settings.hostKeys ?? 'yes',
        ...(identityFile === undefined ? {} : { identityFile }),
        ...(identity.kind === 'agent' && identity.socket !== undefined ? { agentSocket: identity.socket } : {}),
        connectSeconds: settings.connectSeconds ?? 15,
    }), 0o600);
    return new SystemSsh(ports, folder, config, aliases, settings);
}
function checkKnown(settings) {
    if (settings.hostKeys === 'accept-new')
        return;
    const all = [...settings.targets, ...(settings.jump === undefined ? [] : [settings.jump])];
    const unknown = (0,ssh_target/* unknownTargets */.hG)(settings.knownHosts, all);
    if (unknown.length === 0)
        return;
    const [first] = unknown;
    throw (0,errors/* inputError */.Xu)({
        code: 'ssh-host-key-unknown',
        what: `the known hosts have no line for ${unknown.map(ssh_target/* formatTarget */.P4).join(', ')}`,
        cause: 'a host whose key is not known beforehand could be anybody',
        fix: `add what "ssh-keyscan -p ${first?.port ?? 22} ${first?.host ?? 'HOST'}" prints, after comparing the fingerprint on the host itself`,
    });
}
class SystemSsh {
    #ports;
    #folder;
    #config;
    #aliases;
    #connectMs;
    #agent;
    #jump;
    /** One shared connection per host: its socket, or undefined where there is none. */
    #masters = new Map();
    #opened = 0;
    constructor(ports, folder, config, aliases, settings) {
        this.#ports = ports;
        this.#folder = folder;
        this.#config = config;
        this.#aliases = aliases;
        this.#connectMs = (settings.connectSeconds ?? 15) * 1000;
        this.#agent = settings.identity.kind === 'agent';
        this.#jump = settings.jump !== undefined;
    }
    run(target, command) {
        const where = (0,ssh_target/* formatTarget */.P4)(target);
        const { counter, clock, log } = this.#ports;
        return (0,retry/* retry */.L5)(() => this.#once(target, command), {
            what: `${command.what} on ${where}`,
            classify: (error) => error instanceof errors/* PipelineError */.zC &&
                error.kind === 'environment' &&
                error.problems.every(({ code }) => code.startsWith('ssh-') && code !== 'ssh-timeout' && code !== 'ssh-client')
                ? { kind: 'passing' }
                : { kind: 'final' },
            attempts: command.attempts ?? 3,
            baseMs: 1000,
            capMs: 10_000,
            signal: command.signal,
            counter,
            clock,
            log,
        });
    }
    async #once(target, command) {
        const where = (0,ssh_target/* formatTarget */.P4)(target);
        const alias = this.#alias(target);
        const socket = await orAborted(this.#master(alias, where), command.signal);
        const nonce = (0,external_node_crypto_.randomBytes)(8).toString('hex');
        const make = command.shell === 'powershell' ? ssh_quote/* powerShellScript */.lH : ssh_quote/* posixScript */.z0;
        const { command: remote, input } = make(command.script, nonce);
        const seen = { started: false };
        const end = `${(0,ssh_quote/* endMark */.xl)(nonce)} `;
        const isMark = (line) => line === (0,ssh_quote/* startMark */.Oj)(nonce) || line.startsWith(end);
        const argv = [
            ...this.#argv(),
            ...(socket === undefined ? [] : ['-o', 'ControlMaster=no', '-o', `ControlPath=${socket}`]),
            alias,
            remote,
        ];
        let done;
        try {
            done = await this.#ports.exec.run({
                argv,
                env: this.#env(),
                input,
                timeoutMs: command.timeoutMs + this.#connectMs,
                signal: command.signal,
                maxStdout: 4 * 1024 * 1024,
                onLine: (raw, stream) => {
                    const line = raw.replace(/\r$/, '');
                    if (stream === 'stderr' && line === (0,ssh_quote/* startMark */.Oj)(nonce))
                        seen.started = true;
                    else if (stream === 'stderr' && line.startsWith(end))
                        seen.code = Number(line.slice(end.length));
                    else
                        command.onLine?.(line, stream);
                },
            });
        }
        catch (error) {
            throw timeoutOf(error, where, command);
        }
        const clean = (lines) => lines.map((line) => line.replace(/\r$/, '')).filter((line) => !isMark(line));
        const stderr = clean(done.stderr.split('\n')).join('\n');
        if (seen.code !== undefined)
            return { ...done, code: seen.code, stderr, tail: clean(done.tail) };
        // Whatever broke, the shared connection is not to be trusted any more.
        this.#masters.delete(alias);
        if (seen.started)
            throw lostError(where, stderr);
        if (done.code !== 255)
            throw new errors/* PipelineError */.zC('input', [
                {
                    code: 'ssh-shell',
                    what: `${where} does not run commands`,
                    cause: `the login shell ended with ${done.code} before the command began`,
                    where,
                    fix: command.shell === 'powershell'
                        ? 'the account needs powershell.exe and the right to run commands over OpenSSH'
                        : 'the account needs a login shell that can run "sh -s" (no nologin, no forced command, no menu)',
                },
            ], { log: done.tail.join('\n') });
        throw connectionError(where, stderr);
    }
    /**
     * Opens the shared connection once. It detaches itself (-f), so a command that is stopped does not take the other
     * commands' connection with it; left alone it ends after two minutes.
     */
    #master(alias, where) {
        const known = this.#masters.get(alias);
        if (known !== undefined)
            return known;
        const socket = controlSocket(this.#folder, this.#opened++, this.#ports.host.os);
        const opening = socket === undefined ? Promise.resolve(undefined) : this.#open(alias, where, socket);
        this.#masters.set(alias, opening);
        opening.catch(() => this.#masters.delete(alias));
        return opening;
    }
    async #open(alias, where, socket) {
        const done = await this.#ports.exec.run({
            argv: [
                ...this.#argv(),
                ...['-o', 'ControlMaster=yes', '-o', `ControlPath=${socket}`, '-o', 'ControlPersist=120'],
                '-N',
                '-f',
                alias,
            ],
            env: this.#env(),
            timeoutMs: this.#connectMs * 2 + 10_000,
        });
        if (done.code === 0)
            return socket;
        // A socket that could not be made is no reason to fail; a host that could not be reached is.
        if (/ControlSocket|ControlPath|mux|unix_listener/i.test(done.stderr))
            return undefined;
        // Behind a jump host a persistent connection does not tell why; the command's own one does.
        if (this.#jump) {
            this.#masters.delete(alias);
            return undefined;
        }
        throw connectionError(where, done.stderr);
    }
    async close() {
        const open = [...this.#masters];
        this.#masters.clear();
        for (const [alias, opening] of open) {
            const socket = await opening.catch(() => undefined);
            if (socket === undefined)
                continue;
            await this.#ports.exec
                .run({
                argv: [...this.#argv(), '-o', `ControlPath=${socket}`, '-O', 'exit', alias],
                env: this.#env(),
                timeoutMs: 5000,
            })
                .catch(() => undefined);
        }
    }
    #argv() {
        return ['ssh', '-F', this.#config, '-T'];
    }
    /** Untranslated messages, and no door to an agent or a password dialogue that was not asked for. */
    #env() {
        return {
            LC_ALL: 'C',
            SSH_ASKPASS: undefined,
            DISPLAY: undefined,
            ...(this.#agent ? {} : { SSH_AUTH_SOCK: undefined }),
        };
    }
    #alias(target) {
        const alias = this.#aliases.get((0,ssh_target/* formatTarget */.P4)(target));
        if (alias === undefined)
            throw new TypeError(`${(0,ssh_target/* formatTarget */.P4)(target)} is not among the hosts`);
        return alias;
    }
}
function connectionError(where, stderr) {
    const fault = classifySsh(stderr);
    const error = sshError(fault, where, stderr);
    // A name that does not exist will not exist in a second either.
    return fault === 'name' && !isPassing(fault, stderr)
        ? new errors/* PipelineError */.zC('input', error.problems, { log: stderr })
        : error;
}
function timeoutOf(error, where, command) {
    if (!(error instanceof errors/* PipelineError */.zC) || error.problems[0]?.code !== 'command-timeout')
        return error;
    const problem = timeoutProblem(where, command.what, command.timeoutMs);
    return new errors/* PipelineError */.zC('environment', [problem], error.log === undefined ? {} : { log: error.log });
}
/** The promise's answer, or the signal's reason as soon as it is aborted. */
function orAborted(promise, signal) {
    if (signal.aborted)
        return Promise.reject((0,clock/* reasonOf */.A3)(signal));
    return new Promise((resolve, reject) => {
        const onAbort = () => {
            reject((0,clock/* reasonOf */.A3)(signal));
        };
        signal.addEventListener('abort', onAbort, { once: true });
        promise.then(resolve, reject).finally(() => {
            signal.removeEventListener('abort', onAbort);
        });
    });
}
//# sourceMappingURL=ssh.js.map
;// CONCATENATED MODULE: ./lib/deploy/local.js





/** The scripts of a host, run on this machine by its own shell. */
class LocalShell {
    #ports;
    constructor(ports) {
        this.#ports = ports;
    }
    async run(_target, command) {
        const nonce = (0,external_node_crypto_.randomBytes)(8).toString('hex');
        const windows = command.shell === 'powershell';
        const text = (windows ? ssh_quote/* powerShellScript */.lH : ssh_quote/* posixScript */.z0)(command.script, nonce);
        const marks = (line) => line === (0,ssh_quote/* startMark */.Oj)(nonce) || line.startsWith(`${(0,ssh_quote/* endMark */.xl)(nonce)} `);
        const done = await this.#ports.exec.run({
            // PowerShell's command is options and one base64 word: no blank in any of them.
            argv: windows ? text.command.split(' ') : ['/bin/sh', '-s'],
            input: text.input,
            timeoutMs: command.timeoutMs,
            signal: command.signal,
            maxStdout: 4 * 1024 * 1024,
            onLine: (line, stream) => {
                if (!marks(line))
                    command.onLine?.(line, stream);
            },
        });
        const clean = (lines) => lines.map((line) => line.replace(/\r$/, '')).filter((line) => !marks(line));
        return { ...done, stderr: clean(done.stderr.split('\n')).join('\n'), tail: clean(done.tail) };
    }
    close() {
        return Promise.resolve();
    }
}
/** SSH to the hosts that are elsewhere, this machine's shell for `local`. Known hosts are needed as soon as one is elsewhere. */
async function openHosts(access, ports) {
    const local = new LocalShell(ports);
    const targets = access.targets.filter((target) => !(0,ssh_target/* isLocal */.IX)(target));
    if (targets.length === 0)
        return local;
    const { knownHosts } = access;
    if (knownHosts === undefined)
        throw (0,errors/* inputError */.Xu)({
            code: 'bad-input',
            what: 'nothing says which keys the hosts have',
            input: 'known-hosts',
            fix: 'run ssh-keyscan on a machine you trust, check the keys, and give its lines',
        });
    const ssh = await openSsh({ ...access, targets, knownHosts }, ports);
    return {
        run: (target, command) => ((0,ssh_target/* isLocal */.IX)(target) ? local : ssh).run(target, command),
        close: () => ssh.close(),
    };
}
//# sourceMappingURL=local.js.map
;// CONCATENATED MODULE: ./lib/actions/ssh-lines.js

/** Connections of this run, by the hosts they are for (`local` is this machine's shell); all are closed at the end. */
class Lines {
    #access;
    #ports;
    #open = new Map();
    constructor(access, ports) {
        this.#access = access;
        this.#ports = ports;
    }
    open(targets) {
        const key = JSON.stringify(targets);
        const known = this.#open.get(key);
        if (known !== undefined)
            return known;
        const { identity, ...access } = this.#access;
        const opened = openHosts({ ...access, targets, identity: identity === undefined ? { kind: 'agent' } : { kind: 'key', text: identity } }, // prettier-ignore
        this.#ports);
        this.#open.set(key, opened);
        return opened;
    }
    async close() {
        for (const line of this.#open.values())
            await line.then((ssh) => ssh.close()).catch(() => undefined);
    }
}
//# sourceMappingURL=ssh-lines.js.map

/***/ }),

/***/ 55435:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ENDS: () => (/* binding */ ENDS),
/* harmony export */   FACTS: () => (/* binding */ FACTS),
/* harmony export */   LOCK: () => (/* binding */ LOCK),
/* harmony export */   backScript: () => (/* binding */ backScript),
/* harmony export */   finaliseScript: () => (/* binding */ finaliseScript),
/* harmony export */   inspectScript: () => (/* binding */ inspectScript),
/* harmony export */   preflightScript: () => (/* binding */ preflightScript),
/* harmony export */   prelude: () => (/* binding */ prelude),
/* harmony export */   prepareScript: () => (/* binding */ prepareScript),
/* harmony export */   updateScript: () => (/* binding */ updateScript)
/* harmony export */ });
/* harmony import */ var _ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(36208);

/** How our scripts end; anything else is the failing program's own code. */
const ENDS = {
    folder: 40,
    refused: 41,
    stuck: 42,
    nothingOld: 43,
    fenced: 44,
    image: 45,
    busy: 46,
    pull: 47,
    docker: 48,
    health: 49,
};
/** What every script begins with: the folder, docker, compose's files, and the names of our own files. */
function prelude(settings) {
    const own = `.gip/${settings.service}`;
    const listed = settings.files === undefined
        ? `files=$(sed -n 's/^COMPOSE_FILE=//p' .env 2>/dev/null | tail -n 1 | tr -d "\\"'\\r")
if [ -z "$files" ]; then
  for f in compose.yaml compose.yml docker-compose.yaml docker-compose.yml; do
    if [ -f "$f" ]; then files=$f; break; fi
  done
  for f in compose.override.yaml compose.override.yml docker-compose.override.yaml docker-compose.override.yml; do
    if [ -f "$f" ]; then files=$files:$f; break; fi
  done
fi`
        : `files=${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(settings.files.join(':'))}`;
    return `PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/snap/bin
export PATH
umask 077
cd ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(settings.folder)} 2>/dev/null || { echo ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(`there is no folder ${settings.folder}`)} >&2; exit ${ENDS.folder}; }
service=${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(settings.service)}
own=${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(own)}
mkdir -p .gip || { echo 'the folder cannot be written' >&2; exit ${ENDS.folder}; }
# Rootless Docker: its socket is known to login shells only.
if [ -z "\${DOCKER_HOST:-}" ] && [ ! -w /var/run/docker.sock ] && [ -S "/run/user/$(id -u)/docker.sock" ]; then
  DOCKER_HOST=unix:///run/user/$(id -u)/docker.sock
  export DOCKER_HOST
fi
${listed}
if [ -z "$files" ]; then echo 'there is no compose file' >&2; exit ${ENDS.folder}; fi
COMPOSE_PATH_SEPARATOR=:
export COMPOSE_PATH_SEPARATOR
compose() {
  (
    # Our override comes last; a .env that names it for people's own commands must not name it twice.
    COMPOSE_FILE=$(printf '%s' "$files" | tr ':' '\\n' | grep -vxF "$own.yaml" | paste -s -d : -)
    if [ -f "$own.yaml" ]; then COMPOSE_FILE=$COMPOSE_FILE:$own.yaml; fi
    export COMPOSE_FILE
    exec docker compose ${settings.project === undefined ? '' : `--project-name ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(settings.project)} `}"$@"
  )
}`;
}
/**
 * One script at a time per service: an exclusive lock that ends with its holder. The way back does not wait for a
 * running update, it ends it: \`.gip/SERVICE.holder\` has the holder's process group.
 */
const LOCK = `group() {
  if [ -r "/proc/$$/stat" ]; then sed 's/.*) //' "/proc/$$/stat" | cut -d ' ' -f 3
  else ps -o pgid= -p "$$" | tr -d ' '; fi
}
try_lock() { # SECONDS
  left=$1
  until once_lock; do
    left=$((left - 1))
    if [ "$left" -lt 0 ]; then return 1; fi
    sleep 1
  done
}
once_lock() {
  if command -v flock >/dev/null 2>&1; then flock -n 9; return; fi
  if mkdir "$own.held" 2>/dev/null; then
    printf '%s\\n' "$$" >"$own.held/pid"
    trap 'rm -rf "$own.held"' EXIT
    return 0
  fi
  # A lock whose holder has ended without taking it away (kill -9, a restart of the host).
  holder=$(cat "$own.held/pid" 2>/dev/null)
  if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf "$own.held"; fi
  return 1
}
lock() { # KIND SECONDS
  exec 9>>"$own.lock"
  if ! try_lock 0; then
    set -- "$1" "$2" "$(cut -d ' ' -f 1 "$own.holder" 2>/dev/null)" "$(cut -d ' ' -f 2 "$own.holder" 2>/dev/null)"
    if [ "$1" = back ] && [ "$4" = update ] && [ -n "$3" ] && [ "$3" != "$(group)" ]; then
      kill -s TERM -- "-$3" 2>/dev/null
      try_lock 5 || { kill -s KILL -- "-$3" 2>/dev/null; try_lock 5; }
    else
      try_lock "$2"
    fi || { echo 'another command of ours is busy with this service' >&2; exit ${ENDS.busy}; }
  fi
  printf '%s %s\\n' "$(group)" "$1" >"$own.holder"
}`;
// `index`, because a container without a health check has no such key, and newer docker clients refuse a missing one.
const FACTS = `facts() {
  docker version --format 'docker {{.Server.Version}}' 2>"$own.err" || { cat "$own.err" >&2; exit ${ENDS.docker}; }
  ids=$(compose ps -a -q "$service" 2>"$own.err") || { cat "$own.err" >&2; exit ${ENDS.docker}; }
  for id in $ids; do
    docker inspect --type container --format 'container {"id":{{json .Id}},"image":{{json .Image}},"ref":{{json .Config.Image}},"status":{{json .State.Status}},"restarts":{{json .RestartCount}},"health":{{with index .State "Health"}}{{json .Status}}{{else}}null{{end}},"memory":{{json .HostConfig.Memory}},"cpus":{{json .HostConfig.NanoCpus}},"quota":{{json .HostConfig.CpuQuota}},"restart":{{json .HostConfig.RestartPolicy.Name}},"grace":{{with index .Config "StopTimeout"}}{{json .}}{{else}}null{{end}}}' "$id" 2>"$own.err" || {
      # Gone since the list was made is no fault; anything else is.
      docker inspect --type container "$id" >/dev/null 2>&1 || continue
      cat "$own.err" >&2
      exit ${ENDS.docker}
    }
    image=$(docker inspect --type container --format '{{.Image}}' "$id" 2>/dev/null)
    docker image inspect --format 'image {"id":'"\\"$image\\""',"digests":{{json .RepoDigests}}}' "$image" 2>/dev/null
  done
  if [ -f "$own.old" ]; then sed 's/^/kept-/' "$own.old"; fi
  if [ -f "$own.history" ]; then sed 's/^/history /' "$own.history"; fi
  return 0
}
kept() { # NAME
  sed -n "s/^$1 //p" "$own.old" 2>/dev/null
}`;
function writing(settings) {
    const write = settings.variable === undefined
        ? `  if [ "$1" = - ]; then rm -f "$own.yaml"; return; fi
  [ ! -f "$own.yaml" ] || cp -p "$own.yaml" "$own.yaml.previous"
  {
    echo '# Written by go-image-pipeline: the image of this service, by digest.'
    printf 'services:\\n  "%s":\\n    image: "%s"\\n    pull_policy: missing\\n' "$service" "$1"
  } >"$own.yaml.$$" && mv -f "$own.yaml.$$" "$own.yaml"`
        : `  if [ "$1" = - ]; then return; fi
  env=$(readlink -f .env 2>/dev/null || echo .env)
  if [ -f "$env" ]; then cp -p "$env" "$own.env.previous"; cp -p "$env" "$env.gip-$$"; else : >"$env.gip-$$"; fi
  # The file keeps its other lines, their order, its owner and its mode.
  { cat "$env" 2>/dev/null || :; } | GIP_IMAGE=$1 awk '
    /^(export[ \\t]+)?${settings.variable}[ \\t]*=/ { if (!done) print "${settings.variable}=" ENVIRON["GIP_IMAGE"]; done = 1; next }
    { print }
    END { if (!done) print "${settings.variable}=" ENVIRON["GIP_IMAGE"] }' >"$env.gip-$$" && mv -f "$env.gip-$$" "$env"`;
    return `write_image() { # REFERENCE, or - for none
${write}
}`;
}
function starting(settings) {
    const url = settings.healthUrl === undefined
        ? ''
        : `
  end=$(($(date +%s) + ${settings.waitSeconds}))
  until ask ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(settings.healthUrl)} >>"$own.log" 2>&1; do
    if [ "$(date +%s)" -ge "$end" ]; then
      echo ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(`${settings.healthUrl} was not healthy within ${settings.waitSeconds} s`)} >>"$own.log"
      return 1
    fi
    sleep 1
  done`;
    return `ask() {
  if command -v curl >/dev/null 2>&1; then curl -fsS -m 5 -o /dev/null "$1"
  elif command -v wget >/dev/null 2>&1; then wget -q -T 5 -O /dev/null "$1"
  else echo 'neither curl nor wget is installed on the host'; return 1; fi
}
standing() {
  for id in $(compose ps -a -q "$service"); do
    docker inspect --format '{{.Id}} {{.State.Status}} {{.RestartCount}} {{with index .State "Health"}}{{.Status}}{{else}}none{{end}}' "$id"
  done
}
# Ends when the service is healthy, or keeps running where it has no health check. Output goes to a file: a connection that
# is cut must not end docker compose half-way.
start() { # REFERENCE
  compose config --images 2>>"$own.log" | grep -qxF -e "$1" || {
    echo "the compose project does not use $1 after it was written" >>"$own.log"
    return ${ENDS.image}
  }
  compose up -d --no-deps --no-build --wait --wait-timeout ${settings.waitSeconds} "$service" >>"$own.log" 2>&1 9>&- || return 1
  stays=$(standing)
  case $stays in *' none'*) sleep ${settings.stableSeconds}; [ "$(standing)" = "$stays" ] || stays=changed ;; esac
  if [ -z "$stays" ] || printf '%s\\n' "$stays" | grep -qvE ' running [0-9]+ (none|healthy)$'; then
    echo 'the service did not stay up' >>"$own.log"
    return 1
  fi${url}
}
# The reference that works: by digest, else the name we kept the image under.
old_reference() {
  old=$(kept old)
  docker image inspect "$old" >/dev/null 2>&1 || docker pull -q "$old" >>"$own.log" 2>&1 || old=$(kept tag)
  printf '%s\\n' "$old"
}
put_back() {
  old=$(kept old)
  if [ "$old" = - ]; then
    compose rm -s -f "$service" >>"$own.log" 2>&1 9>&-
    write_image -
    return 0
  fi
  old=$(old_reference)
  write_image "$old" && start "$old"
}
tell() {
  cat "$own.log"
  echo "--- docker compose ps"
  compose ps -a "$service" 2>&1
  echo "--- the last lines of $service"
  compose logs --no-color --tail 100 "$service" 2>&1
  for id in $(compose ps -a -q "$service"); do
    docker inspect --format '{{with index .State "Health"}}{{range .Log}}health check ended with {{.ExitCode}}: {{.Output}}{{println}}{{end}}{{end}}' "$id" 2>/dev/null | tail -n 5
  done
}`;
}
/** What a host has: versions, room, rights, the service and its image. Lines of `name value`. */
function preflightScript(settings) {
    const probe = settings.variable === undefined
        ? ''
        : `
${settings.variable}=gip.invalid/probe:1
export ${settings.variable}
if compose config --images 2>/dev/null | grep -qxF gip.invalid/probe:1; then echo 'variable used'; else echo 'variable unused'; fi
unset ${settings.variable}`;
    return `${prelude(settings)}
if ! command -v docker >/dev/null 2>&1; then echo 'docker is not installed' >&2; exit ${ENDS.docker}; fi
docker version --format 'docker {{.Server.Version}}' || exit ${ENDS.docker}
docker version --format 'platform {{.Server.Os}}/{{.Server.Arch}}'
echo "compose $(docker compose version --short 2>/dev/null)"
root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)
echo "free $(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { print $4 }')"
if : >"$own.probe" 2>/dev/null; then rm -f "$own.probe"; echo 'writable yes'; else echo 'writable no'; fi
if ! services=$(compose config --services 2>"$own.err"); then echo 'config bad'; cat "$own.err" >&2; exit 0; fi
echo 'config good'
if printf '%s\\n' "$services" | grep -qxF -e "$service"; then echo 'service there'; else echo "services $(printf '%s' "$services" | tr '\\n' ' ')"; fi
if command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1; then echo 'client there'; fi${probe}`;
}
/** The service's containers as they are. */
const inspectScript = (settings) => `${prelude(settings)}
${FACTS}
facts`;
/**
 * Pulls the new image and notes what runs now; nothing that runs is touched. Done again for the same image it keeps
 * the first note: after an update what runs is no longer the old one.
 */
const prepareScript = (settings, image) => `${prelude(settings)}
${LOCK}
${FACTS}
lock prepare ${settings.waitSeconds + 60}
image=${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(image)}
if ! docker image inspect "$image" >/dev/null 2>&1; then
  docker pull -q "$image" >"$own.err" 2>&1 || { cat "$own.err" >&2; exit ${ENDS.pull}; }
fi
if [ "$(kept new)" != "$image" ]; then
  rm -f "$own.old"
  first=$(compose ps -q "$service" | head -n 1)
  if [ -z "$first" ]; then
    printf 'new %s\\nold -\\ntag -\\n' "$image" >"$own.old.$$"
  else
    id=$(docker inspect --type container --format '{{.Image}}' "$first")
    reference=$(docker inspect --type container --format '{{.Config.Image}}' "$first")
    project=$(docker inspect --type container --format '{{index .Config.Labels "com.docker.compose.project"}}' "$first")
    # A tag keeps the image from being cleaned away, and works without a registry.
    name=$(printf '%s-%s' "$project" "$service" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9]\\{1,\\}/-/g; s/^-//; s/-$//')
    tag=gip-kept/$name:$(printf '%s' "\${id#sha256:}" | cut -c 1-12)
    docker tag "$id" "$tag" || exit 1
    case $reference in
      *@sha256:*) old=$reference ;;
      *)
        name=\${reference%%@*}
        case \${name##*/} in *:*) name=\${name%:*} ;; esac
        old=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$id" | grep -F -e "$name@" | head -n 1)
        ;;
    esac
    [ -n "$old" ] || old=$tag
    printf 'new %s\\nold %s\\ntag %s\\n' "$image" "$old" "$tag" >"$own.old.$$"
  fi
  mv -f "$own.old.$$" "$own.old"
fi
facts`;
/**
 * Puts the prepared image into service. When it does not become healthy, the old one is put back at once, on the
 * host itself, whatever becomes of the connection. Without a note by `prepare` (a way back has taken it) nothing is done.
 */
const updateScript = (settings, image) => `${prelude(settings)}
${LOCK}
${FACTS}
${writing(settings)}
${starting(settings)}
trap '' HUP PIPE
lock update ${settings.waitSeconds + 60}
image=${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(image)}
if [ "$(kept new)" != "$image" ]; then
  echo "the release of $image was taken back or never prepared" >&2
  exit ${ENDS.fenced}
fi
: >"$own.log"
code=0
write_image "$image" && start "$image" || code=$?
if [ "$code" = 0 ]; then facts; exit 0; fi
tell >"$own.failed.log" 2>&1
cat "$own.failed.log"
: >"$own.log"
if put_back; then
  [ "$code" != ${ENDS.image} ] || exit ${ENDS.image}
  exit ${ENDS.refused}
fi
echo '--- the old version does not start either'
tell
exit ${ENDS.stuck}`;
/** Puts the noted old image back; without a note there is nothing to take back. Also what a dead-man timer runs. */
const backScript = (settings) => `${prelude(settings)}
${LOCK}
${FACTS}
${writing(settings)}
${starting(settings)}
trap '' HUP PIPE
lock back ${settings.waitSeconds * 2 + 60}
if [ ! -f "$own.old" ]; then facts; exit 0; fi
: >"$own.log"
if put_back; then
  [ "$old" = "$(kept tag)" ] || docker image rm "$(kept tag)" >/dev/null 2>&1
  rm -f "$own.old"
  facts
  exit 0
fi
tell
exit ${ENDS.stuck}`;
/** The old image is no longer needed. */
const finaliseScript = (settings, image) => `${prelude(settings)}
${LOCK}
${FACTS}
lock finalise ${settings.waitSeconds + 60}
if [ "$(kept new)" = ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(image)} ]; then
  old=$(kept old)
  tag=$(kept tag)
  rm -f "$own.old"
  # Refused where a container still uses it: then it is not ours to remove.
  [ "$tag" = - ] || docker image rm "$tag" >/dev/null 2>&1
  [ "$old" = - ] || [ "$old" = ${(0,_ssh_quote_js__WEBPACK_IMPORTED_MODULE_0__/* .quotePosix */ .cG)(image)} ] || docker image rm "$old" >/dev/null 2>&1
fi
facts`;
//# sourceMappingURL=compose-sh.js.map

/***/ }),

/***/ 29007:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E4: () => (/* binding */ versionOf),
/* harmony export */   Et: () => (/* binding */ parseServiceState),
/* harmony export */   m2: () => (/* binding */ runsImage),
/* harmony export */   nr: () => (/* binding */ runningReference),
/* harmony export */   ol: () => (/* binding */ digestOf)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);

/** Reads the lines of `inspectScript`; a line that cannot be read is a fault of the environment, not "no container". */
function parseServiceState(text, where) {
    let engine;
    const containers = [];
    const digests = new Map();
    const kept = {};
    const history = [];
    for (const line of text.split('\n')) {
        const [, name = '', rest = ''] = /^([a-z-]+) (.*)$/.exec(line.trimEnd()) ?? [];
        if (name === 'docker')
            engine = rest;
        else if (name === 'kept-new')
            kept.new = rest;
        else if (name === 'kept-old')
            kept.old = rest;
        else if (name === 'history')
            history.push(...recorded(rest));
        else if (name === 'container') {
            const value = parseObject(rest);
            const { id, image, ref, status, restarts, health } = value ?? {};
            if (typeof id !== 'string' ||
                typeof image !== 'string' ||
                typeof ref !== 'string' ||
                typeof status !== 'string' ||
                typeof restarts !== 'number')
                throw unreadable(line, where);
            containers.push({
                id,
                image,
                ref,
                status,
                restarts,
                health: typeof health === 'string' ? health : null,
                ...madeOf(value ?? {}),
            });
        }
        else if (name === 'image') {
            const { id, digests: list } = parseObject(rest) ?? {};
            // An image without any name has null here.
            if (typeof id !== 'string')
                throw unreadable(line, where);
            digests.set(id, Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []);
        }
    }
    if (engine === undefined)
        throw unreadable(text.split('\n')[0] ?? '', where);
    return {
        engine,
        containers: containers.map((container) => ({
            ...container,
            digests: digests.get(container.image) ?? [],
        })),
        ...(kept.new === undefined || kept.old === undefined ? {} : { kept: { new: kept.new, old: kept.old } }),
        ...(history.length === 0 ? {} : { history }),
    };
}
/** A line that cannot be read is left out: the record only says where to go back to, and what is not there is told. */
function recorded(text) {
    const [at = '', kind, image = '', before = '', ...more] = text.trim().split(' ');
    if ((kind !== 'deploy' && kind !== 'rollback') || before === '' || more.length > 0)
        return [];
    return [{ at, kind, image, before }];
}
function madeOf(value) {
    const { memory, cpus, quota, restart, grace } = value;
    if (typeof memory !== 'number' || typeof restart !== 'string')
        return {};
    const limited = (number) => typeof number === 'number' && number > 0;
    const graceSeconds = typeof grace === 'number' ? grace : null;
    return { made: { memory, cpuLimited: limited(cpus) || limited(quota), restart, graceSeconds } };
}
function parseObject(text) {
    try {
        const value = JSON.parse(text);
        return typeof value === 'object' && value !== null && !Array.isArray(value)
            ? value
            : undefined;
    }
    catch {
        return undefined;
    }
}
const unreadable = (line, where) => (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
    code: 'compose-answer',
    what: `the answer of docker on ${where} cannot be read`,
    cause: `"${line.slice(0, 200)}"`,
    where,
    fix: 'log in there and run docker compose ps; a login shell that prints text of its own can be the cause',
});
/** `sha256:…` of a reference by digest. */
const digestOf = (reference) => /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
const runsImage = (container, image) => {
    const wanted = digestOf(image);
    return (container.ref === image ||
        (wanted !== undefined && container.digests.some((name) => digestOf(name) === wanted)));
};
/** Whether a host's service has the new image, as its containers really run. */
function versionOf(state, image) {
    const { containers } = state;
    const fresh = containers.filter((container) => runsImage(container, image)).length;
    const sick = containers.filter(({ status, health }) => status !== 'running' || (health !== null && health !== 'healthy'));
    const [first] = sick;
    const version = containers.length === 0 ? 'none' : fresh === containers.length ? 'new' : fresh === 0 ? 'old' : 'mixed';
    return {
        version,
        healthy: containers.length > 0 && sick.length === 0,
        detail: version === 'none'
            ? 'no container is there'
            : `${version === 'mixed' ? `${fresh} of ${containers.length} containers new` : version}${first === undefined
                ? ''
                : `, ${first.status}${first.health === null ? '' : ` and ${first.health}`}`}`,
    };
}
/** What runs, for people: the first container's reference. */
const runningReference = (state) => {
    const [first] = state.containers;
    return first === undefined
        ? undefined
        : digestOf(first.ref) === undefined
            ? (first.digests[0] ?? first.ref)
            : first.ref;
};
//# sourceMappingURL=compose-state.js.map

/***/ }),

/***/ 45341:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  A: () => (/* binding */ ComposeService)
});

// UNUSED EXPORTS: composeError

// NAMESPACE OBJECT: ./lib/deploy/compose-powershell.js
var compose_powershell_namespaceObject = {};
__webpack_require__.r(compose_powershell_namespaceObject);
__webpack_require__.d(compose_powershell_namespaceObject, {
  FACTS: () => (FACTS),
  backScript: () => (backScript),
  finaliseScript: () => (finaliseScript),
  inspectScript: () => (inspectScript),
  lock: () => (lock),
  preflightScript: () => (preflightScript),
  prelude: () => (prelude),
  prepareScript: () => (prepareScript),
  updateScript: () => (updateScript)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
;// CONCATENATED MODULE: ./lib/deploy/compose-preflight.js
/** `up --wait-timeout`, `config --images` and variables in `--no-build` are all there since compose 2.20 (2023). */
const MIN_COMPOSE = [2, 20];
const MIN_DOCKER = [20, 10];
/** Room for one more image and its layers while they are unpacked. */
const MIN_FREE_KIB = 1024 * 1024;
/** What `preflightScript` found: the host's facts, and everything that would stop a deployment, all at once. */
function parsePreflight(stdout, stderr, settings, where, minFreeKib = MIN_FREE_KIB) {
    const values = new Map();
    for (const line of stdout.split('\n')) {
        const [, name = '', value = ''] = /^([a-z]+) (.*)$/.exec(line.trimEnd()) ?? [];
        if (name !== '')
            values.set(name, value.trim());
    }
    const get = (name) => values.get(name) ?? '';
    const free = /^\d+$/.test(get('free')) ? Number(get('free')) : undefined;
    const facts = {
        docker: get('docker'),
        compose: get('compose'),
        platform: get('platform'),
        freeKib: free,
    };
    const problems = [];
    const add = (problem) => {
        problems.push({ where, ...problem });
    };
    if (!atLeast(facts.docker, MIN_DOCKER))
        add({
            code: 'compose-docker-old',
            what: `the Docker engine is ${facts.docker === '' ? 'not there' : `version ${facts.docker}`}; ${MIN_DOCKER.join('.')} is needed`,
            fix: 'update Docker on the host',
        });
    if (!atLeast(facts.compose, MIN_COMPOSE))
        add({
            code: 'compose-old',
            what: `docker compose is ${facts.compose === '' ? 'not there' : `version ${facts.compose}`}; ${MIN_COMPOSE.join('.')} is needed`,
            cause: 'older ones cannot wait for health with a limit',
            fix: 'install the compose plug-in (docker-compose-plugin) on the host; the old docker-compose program is not it',
        });
    if (free !== undefined && free < minFreeKib)
        add({
            code: 'compose-disk',
            what: `only ${Math.floor(free / 1024)} MiB are free where Docker keeps images`,
            fix: 'free space on the host: docker system df, docker image prune',
        });
    if (get('writable') === 'no')
        add({
            code: 'compose-folder',
            what: `${settings.folder} cannot be written by this user`,
            fix: 'give the deploying user the folder (chown), so that neither root nor sudo is needed',
        });
    if (get('config') === 'bad')
        add({
            code: 'compose-config',
            what: `docker compose cannot read the project in ${settings.folder}`,
            cause: stderr.trim().split('\n').at(-1) ?? '',
            fix: 'run docker compose config there',
        });
    else if (get('config') === 'good' && get('service') !== 'there')
        add({
            code: 'compose-service',
            what: `there is no service ${settings.service} in ${settings.folder}`,
            cause: `the project has: ${get('services') === '' ? 'none' : get('services')}`,
            fix: 'name one of them',
        });
    if (settings.variable !== undefined && get('config') === 'good' && get('variable') !== 'used')
        add({
            code: 'compose-variable',
            what: `no image of the project is \${${settings.variable}}`,
            fix: `write image: \${${settings.variable}} in the compose file, or leave the variable out and an override file is used`,
        });
    if (settings.healthUrl !== undefined && get('client') !== 'there')
        add({
            code: 'compose-health-client',
            what: 'neither curl nor wget is installed on the host, so the health URL cannot be asked there',
            fix: 'install one of them, or give the service a health check in the compose file',
        });
    return { facts, problems };
}
function atLeast(version, [major, minor]) {
    const match = /^v?(\d+)\.(\d+)/.exec(version);
    if (match === null)
        return false;
    const [found, foundMinor] = [Number(match[1]), Number(match[2])];
    return found > major || (found === major && foundMinor >= minor);
}
//# sourceMappingURL=compose-preflight.js.map
// EXTERNAL MODULE: ./lib/deploy/compose-sh.js
var compose_sh = __webpack_require__(55435);
// EXTERNAL MODULE: ./lib/deploy/ssh-quote.js
var ssh_quote = __webpack_require__(36208);
;// CONCATENATED MODULE: ./lib/deploy/compose-powershell.js


/*
 * The same operations as compose-sh.ts for Windows Server, as scripts for Windows PowerShell 5.1 over OpenSSH. They speak the
 * same lines and end with the same codes. They were never run on Windows: docs/limits.md.
 */
function prelude(settings) {
    const { folder, service } = settings;
    const files = settings.files === undefined
        ? `$files = ''
if (Test-Path .env) { $line = Get-Content .env | Where-Object { $_ -match '^COMPOSE_FILE=' } | Select-Object -Last 1; if ($line) { $files = ($line -replace '^COMPOSE_FILE=', '').Trim('"', "'") } }
if (-not $files) {
  $found = @()
  foreach ($name in 'compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml') { if (Test-Path $name) { $found += $name; break } }
  foreach ($name in 'compose.override.yaml', 'compose.override.yml', 'docker-compose.override.yaml', 'docker-compose.override.yml') { if (Test-Path $name) { $found += $name; break } }
  $files = $found -join ';'
}`
        : `$files = ${(0,ssh_quote/* quotePowerShell */.ko)(settings.files.join(';'))}`;
    return `if (-not (Test-Path -LiteralPath ${(0,ssh_quote/* quotePowerShell */.ko)(folder)} -PathType Container)) { [Console]::Error.WriteLine(${(0,ssh_quote/* quotePowerShell */.ko)(`there is no folder ${folder}`)}); Exit-With ${compose_sh.ENDS.folder} }
Set-Location -LiteralPath ${(0,ssh_quote/* quotePowerShell */.ko)(folder)}
[Environment]::CurrentDirectory = (Get-Location).ProviderPath
$service = ${(0,ssh_quote/* quotePowerShell */.ko)(service)}
$own = ${(0,ssh_quote/* quotePowerShell */.ko)(`.gip\\${service}`)}
New-Item -ItemType Directory -Force .gip | Out-Null
${files}
if (-not $files) { [Console]::Error.WriteLine('there is no compose file'); Exit-With ${compose_sh.ENDS.folder} }
$env:COMPOSE_PATH_SEPARATOR = ';'
# Native programs write progress to stderr; with Stop, PowerShell 5.1 would take the first line for an error.
function Invoke-Native([scriptblock]$block) {
  $before = $ErrorActionPreference
  $ErrorActionPreference = 'Continue'
  try { & $block } finally { $ErrorActionPreference = $before }
}
function Compose {
  $list = @($files -split ';' | Where-Object { $_ -and $_ -ne "$own.yaml" })
  if (Test-Path "$own.yaml") { $list += "$own.yaml" }
  $env:COMPOSE_FILE = $list -join ';'
  $arguments = @('compose'${settings.project === undefined ? '' : `, '--project-name', ${(0,ssh_quote/* quotePowerShell */.ko)(settings.project)}`}) + $args
  Invoke-Native { & docker @arguments }
}
function Kept([string]$name) {
  if (Test-Path "$own.old") { Get-Content "$own.old" | Where-Object { $_.StartsWith("$name ") } | ForEach-Object { $_.Substring($name.Length + 1) } | Select-Object -First 1 }
}
function Save([string]$file, [string]$text) {
  # Without a byte order mark, and by a rename, so that a reader sees the old or the new text.
  [IO.File]::WriteAllText("$file.tmp", $text, (New-Object Text.UTF8Encoding $false))
  if (Test-Path $file) { [IO.File]::Replace("$file.tmp", $file, "$file.previous") } else { [IO.File]::Move("$file.tmp", $file) }
}
function Log-File([object[]]$lines) { Add-Content -Path "$own.log" -Value ($lines | ForEach-Object { "$_" }) -Encoding UTF8 }`;
}
const lock = (seconds) => `$held = $null
for ($left = ${seconds}; -not $held; $left--) {
  try { $held = [IO.File]::Open("$own.lock", 'OpenOrCreate', 'ReadWrite', 'None') }
  catch { if ($left -le 0) { [Console]::Error.WriteLine('another command of ours is busy with this service'); Exit-With ${compose_sh.ENDS.busy} }; Start-Sleep 1 }
}`;
const FACTS = `function Facts {
  $version = Invoke-Native { & docker version --format 'docker {{.Server.Version}}' 2>&1 }
  if ($LASTEXITCODE -ne 0) { [Console]::Error.WriteLine("$version"); Exit-With ${compose_sh.ENDS.docker} }
  [Console]::Out.WriteLine("$version")
  foreach ($id in @(Compose ps -a -q $service)) {
    # Quotes inside an argument do not survive PowerShell 5.1: the objects are made here, not by docker's template.
    $one = (Invoke-Native { & docker inspect --type container $id } | Out-String | ConvertFrom-Json)[0]
    $health = if ($one.State.Health) { $one.State.Health.Status } else { $null }
    $line = [ordered]@{ id = $one.Id; image = $one.Image; ref = $one.Config.Image; status = $one.State.Status; restarts = $one.RestartCount; health = $health; memory = $one.HostConfig.Memory; cpus = $one.HostConfig.NanoCpus; quota = $one.HostConfig.CpuQuota; restart = $one.HostConfig.RestartPolicy.Name; grace = $one.Config.StopTimeout }
    [Console]::Out.WriteLine('container ' + ($line | ConvertTo-Json -Compress))
    $image = (Invoke-Native { & docker image inspect $one.Image } | Out-String | ConvertFrom-Json)[0]
    if ($image) { [Console]::Out.WriteLine('image ' + ([ordered]@{ id = $one.Image; digests = @($image.RepoDigests) } | ConvertTo-Json -Compress)) }
  }
  if (Test-Path "$own.old") { Get-Content "$own.old" | ForEach-Object { [Console]::Out.WriteLine("kept-$_") } }
  if (Test-Path "$own.history") { Get-Content "$own.history" | ForEach-Object { [Console]::Out.WriteLine("history $_") } }
}`;
function writing(settings) {
    const { variable } = settings;
    const body = variable === undefined
        ? `  if ($image -eq '-') { Remove-Item -Force -ErrorAction SilentlyContinue "$own.yaml"; return }
  Save "$own.yaml" ("# Written by go-image-pipeline: the image of this service, by digest.\`nservices:\`n  \`"$service\`":\`n    image: \`"$image\`"\`n    pull_policy: missing\`n")`
        : `  if ($image -eq '-') { return }
  $lines = @(if (Test-Path .env) { Get-Content .env })
  $done = $false
  $lines = @($lines | ForEach-Object { if ($_ -match '^(export[ \\t]+)?${variable}[ \\t]*=') { if (-not $done) { "${variable}=$image" }; $done = $true } else { $_ } })
  if (-not $done) { $lines += "${variable}=$image" }
  Save '.env' (($lines -join "\`n") + "\`n")`;
    return `function Write-Image([string]$image) {
${body}
}`;
}
function starting(settings) {
    const url = settings.healthUrl === undefined
        ? ''
        : `
  $end = (Get-Date).AddSeconds(${settings.waitSeconds})
  while ($true) {
    try { Invoke-WebRequest -UseBasicParsing -TimeoutSec 5 -Uri ${(0,ssh_quote/* quotePowerShell */.ko)(settings.healthUrl)} | Out-Null; break }
    catch { if ((Get-Date) -ge $end) { Log-File @("$_", ${(0,ssh_quote/* quotePowerShell */.ko)(`${settings.healthUrl} was not healthy within ${settings.waitSeconds} s`)}); return 1 }; Start-Sleep 1 }
  }`;
    return `function Standing {
  @(foreach ($id in @(Compose ps -a -q $service)) {
    $one = (Invoke-Native { & docker inspect --type container $id } | Out-String | ConvertFrom-Json)[0]
    $health = if ($one.State.Health) { $one.State.Health.Status } else { 'none' }
    "$id $($one.State.Status) $($one.RestartCount) $health"
  })
}
function Start-Service-Image([string]$image) {
  if (@(Compose config --images 2>$null) -notcontains $image) { Log-File "the compose project does not use $image after it was written"; return ${compose_sh.ENDS.image} }
  $output = Compose up -d --no-deps --no-build --wait --wait-timeout ${settings.waitSeconds} $service 2>&1
  $code = $LASTEXITCODE
  Log-File @($output)
  if ($code -ne 0) { return 1 }
  $stays = @(Standing)
  if ($stays -match ' none$') { Start-Sleep ${settings.stableSeconds}; if (("$(Standing)") -ne "$stays") { $stays = @() } }
  if (-not $stays -or ($stays -notmatch ' running [0-9]+ (none|healthy)$')) { Log-File 'the service did not stay up'; return 1 }${url}
  return 0
}
function Put-Back {
  $old = Kept old
  if ($old -eq '-') { Compose rm -s -f $service 2>&1 | Out-Null; Write-Image '-'; return 0 }
  Invoke-Native { & docker image inspect $old 2>&1 | Out-Null }
  if ($LASTEXITCODE -ne 0) { Invoke-Native { & docker pull -q $old 2>&1 | Out-Null }; if ($LASTEXITCODE -ne 0) { $old = Kept tag } }
  Write-Image $old
  return (Start-Service-Image $old)
}
function Tell {
  Get-Content "$own.log" -ErrorAction SilentlyContinue
  '--- docker compose ps'
  Compose ps -a $service 2>&1
  "--- the last lines of $service"
  Compose logs --no-color --tail 100 $service 2>&1
}
Set-Content -Path "$own.log" -Value '' -Encoding UTF8`;
}
/** What a host has: versions, room, rights, the service and its image. */
function preflightScript(settings) {
    const { variable } = settings;
    return `${prelude(settings)}
if (-not (Get-Command docker -ErrorAction SilentlyContinue)) { [Console]::Error.WriteLine('docker is not installed'); Exit-With ${compose_sh.ENDS.docker} }
Invoke-Native { & docker version --format 'docker {{.Server.Version}}' }
if ($LASTEXITCODE -ne 0) { Exit-With ${compose_sh.ENDS.docker} }
Invoke-Native { & docker version --format 'platform {{.Server.Os}}/{{.Server.Arch}}' }
"compose $(Compose version --short 2>$null)"
$root = "$(Invoke-Native { & docker info --format '{{.DockerRootDir}}' 2>$null })"
if ($root) { "free $([Math]::Floor((Get-PSDrive $root.Substring(0, 1)).Free / 1024))" }
try { Save "$own.probe" 'x'; Remove-Item -Force "$own.probe"; 'writable yes' } catch { 'writable no' }
$services = @(Compose config --services 2>$null)
if ($LASTEXITCODE -ne 0) { 'config bad'; [Console]::Error.WriteLine("$(Compose config --quiet 2>&1)"); Exit-With 0 }
'config good'
if ($services -contains $service) { 'service there' } else { "services $services" }
'client there'${variable === undefined
        ? ''
        : `
$env:${variable} = 'gip.invalid/probe:1'
if (@(Compose config --images 2>$null) -contains 'gip.invalid/probe:1') { 'variable used' } else { 'variable unused' }
Remove-Item Env:${variable}`}`;
}
/** The service's containers as they are. */
const inspectScript = (settings) => `${prelude(settings)}
${FACTS}
Facts`;
/** Pulls the new image and notes what runs now; nothing that runs is touched. */
const prepareScript = (settings, image) => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
$image = ${(0,ssh_quote/* quotePowerShell */.ko)(image)}
Invoke-Native { & docker image inspect $image 2>&1 | Out-Null }
if ($LASTEXITCODE -ne 0) {
  $output = Invoke-Native { & docker pull -q $image 2>&1 }
  if ($LASTEXITCODE -ne 0) { [Console]::Error.WriteLine("$output"); Exit-With ${compose_sh.ENDS.pull} }
}
if ((Kept new) -ne $image) {
  $first = @(Compose ps -q $service)[0]
  $old = '-'
  $tag = '-'
  if ($first) {
    $one = (Invoke-Native { & docker inspect --type container $first } | Out-String | ConvertFrom-Json)[0]
    $name = ("$($one.Config.Labels.'com.docker.compose.project')-$service").ToLowerInvariant() -replace '[^a-z0-9]+', '-' -replace '^-|-$', ''
    $tag = "gip-kept/\${name}:" + ($one.Image -replace '^sha256:', '').Substring(0, 12)
    Invoke-Native { & docker tag $one.Image $tag }
    if ($LASTEXITCODE -ne 0) { Exit-With 1 }
    $old = $one.Config.Image
    if ($old -notmatch '@sha256:') {
      $repository = $old -replace ':[^:/]*$', ''
      $image1 = (Invoke-Native { & docker image inspect $one.Image } | Out-String | ConvertFrom-Json)[0]
      $old = @($image1.RepoDigests | Where-Object { $_ -and $_.StartsWith("$repository@") })[0]
      if (-not $old) { $old = $tag }
    }
  }
  Save "$own.old" "new $image\`nold $old\`ntag $tag\`n"
}
Facts`;
/** Puts the prepared image into service; when it does not become healthy, the host puts the old one back. */
const updateScript = (settings, image) => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
${writing(settings)}
${starting(settings)}
$image = ${(0,ssh_quote/* quotePowerShell */.ko)(image)}
if ((Kept new) -ne $image) { [Console]::Error.WriteLine("the release of $image was taken back or never prepared"); Exit-With ${compose_sh.ENDS.fenced} }
Write-Image $image
$code = Start-Service-Image $image
if ($code -eq 0) { Facts; Exit-With 0 }
$told = @(Tell)
Set-Content -Path "$own.failed.log" -Value $told -Encoding UTF8
$told | ForEach-Object { [Console]::Out.WriteLine("$_") }
if ((Put-Back) -eq 0) { if ($code -eq ${compose_sh.ENDS.image}) { Exit-With ${compose_sh.ENDS.image} }; Exit-With ${compose_sh.ENDS.refused} }
Tell | ForEach-Object { [Console]::Out.WriteLine("$_") }
Exit-With ${compose_sh.ENDS.stuck}`;
/** Puts the noted old image back; it waits for a running update, which Windows cannot end as a group. */
const backScript = (settings) => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds * 2 + 60)}
${writing(settings)}
${starting(settings)}
if (-not (Test-Path "$own.old")) { Facts; Exit-With 0 }
if ((Put-Back) -eq 0) { Remove-Item -Force "$own.old"; Facts; Exit-With 0 }
Tell | ForEach-Object { [Console]::Out.WriteLine("$_") }
Exit-With ${compose_sh.ENDS.stuck}`;
/** The old image is no longer needed. */
const finaliseScript = (settings, image) => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
if ((Kept new) -eq ${(0,ssh_quote/* quotePowerShell */.ko)(image)}) {
  $old = Kept old
  $tag = Kept tag
  Remove-Item -Force "$own.old"
  if ($tag -ne '-') { Invoke-Native { & docker image rm $tag 2>&1 | Out-Null } }
  if ($old -ne '-' -and $old -ne ${(0,ssh_quote/* quotePowerShell */.ko)(image)}) { Invoke-Native { & docker image rm $old 2>&1 | Out-Null } }
}
Facts`;
//# sourceMappingURL=compose-powershell.js.map
;// CONCATENATED MODULE: ./lib/deploy/compose-record.js



/** Lines of the record that stay on the host. */
const LINES = 50;
/**
 * Ends a deployment that stands: the note becomes a line of `.gip/SERVICE.history`, and the old image stays for the way back
 * (it needs no registry then); the one before it goes. Without a note, or when nothing was changed, nothing is recorded.
 */
const recordScript = (settings, { at, kind, image }) => `${compose_sh.prelude(settings)}
${compose_sh.LOCK}
${compose_sh.FACTS}
lock record ${settings.waitSeconds + 60}
image=${(0,ssh_quote/* quotePosix */.cG)(image)}
if [ "$(kept new)" = "$image" ]; then
  old=$(kept old)
  tag=$(kept tag)
  if [ "$old" = "$image" ]; then
    docker image rm "$tag" >/dev/null 2>&1
  else
    { tail -n ${LINES - 1} "$own.history" 2>/dev/null; printf '%s %s %s %s\\n' ${(0,ssh_quote/* quotePosix */.cG)(at)} ${kind} "$image" "$old"; } >"$own.history.$$" &&
      mv -f "$own.history.$$" "$own.history" || exit 1
    for name in $(cat "$own.last" 2>/dev/null); do
      case $name in -|"$image"|"$old"|"$tag") continue ;; esac
      # Refused where a container still uses it: then it is not ours to remove.
      docker image rm "$name" >/dev/null 2>&1
    done
    printf '%s %s\\n' "$old" "$tag" >"$own.last"
  fi
  rm -f "$own.old"
fi
facts`;
/** The same for Windows. */
const recordScriptWindows = (settings, { at, kind, image }) => `${prelude(settings)}
${FACTS}
${lock(settings.waitSeconds + 60)}
$image = ${(0,ssh_quote/* quotePowerShell */.ko)(image)}
if ((Kept new) -eq $image) {
  $old = Kept old
  $tag = Kept tag
  if ($old -eq $image) {
    Invoke-Native { & docker image rm $tag 2>&1 | Out-Null }
  } else {
    $lines = @(if (Test-Path "$own.history") { Get-Content "$own.history" | Select-Object -Last ${LINES - 1} })
    $lines += (${(0,ssh_quote/* quotePowerShell */.ko)(at)} + " ${kind} $image $old")
    Save "$own.history" (($lines -join "\`n") + "\`n")
    $names = @(if (Test-Path "$own.last") { Get-Content "$own.last" })
    foreach ($name in $names) {
      if ($name -and @('-', $image, $old, $tag) -notcontains $name) { Invoke-Native { & docker image rm $name 2>&1 | Out-Null } }
    }
    Save "$own.last" "$old\`n$tag\`n"
  }
  Remove-Item -Force "$own.old"
}
Facts`;
//# sourceMappingURL=compose-record.js.map
// EXTERNAL MODULE: ./lib/deploy/compose-state.js
var compose_state = __webpack_require__(29007);
// EXTERNAL MODULE: ./lib/deploy/ssh-target.js
var ssh_target = __webpack_require__(29619);
;// CONCATENATED MODULE: ./lib/deploy/compose.js








const PULL_MS = 15 * 60_000;
const LOOK_MS = 60_000;
/**
 * One service of a compose project on one host. Every method may be called again at any time, also by another process
 * that knows only the settings: what is under way is noted on the host (`.gip/SERVICE.old`).
 */
class ComposeService {
    where;
    #ssh;
    #host;
    constructor(ssh, host) {
        this.#ssh = ssh;
        this.#host = host;
        this.where = (0,ssh_target/* formatTarget */.P4)(host.target);
    }
    /** What the host has and what it lacks; changes nothing. */
    async preflight(signal) {
        const done = await this.#run('look at the host', this.#scripts.preflightScript(this.#host.service), LOOK_MS, signal);
        if (done.code !== 0)
            throw this.#error(done);
        return parsePreflight(done.stdout, done.stderr, this.#host.service, this.where);
    }
    /** The service's containers as they run now. */
    async inspect(signal) {
        return this.#state('look at the service', this.#scripts.inspectScript(this.#host.service), LOOK_MS, signal);
    }
    /** Pulls `image` (`name@sha256:…`) and notes what runs now as the way back; touches nothing that runs. */
    async prepare(image, signal) {
        return this.#state('pull of the image', this.#scripts.prepareScript(this.#host.service, image), PULL_MS, signal);
    }
    /**
     * Puts the prepared image into service and waits until it is healthy. When it does not become so, the host puts the
     * old image back by itself and gateError `compose-refused` with the service's log is thrown.
     */
    async update(image, signal) {
        const ms = (this.#host.service.waitSeconds * 4 + this.#host.service.stableSeconds * 2 + 120) * 1000;
        return this.#state('update of the service', this.#scripts.updateScript(this.#host.service, image), ms, signal);
    }
    /** Puts the noted old image back, ends an update that still runs; nothing when nothing is noted. */
    async back(signal) {
        const ms = (this.#host.service.waitSeconds * 4 + this.#host.service.stableSeconds + 120) * 1000;
        return this.#state('way back', this.#scripts.backScript(this.#host.service), ms, signal);
    }
    /** Drops the note and the old image: from here there is no way back. */
    async finalise(image, signal) {
        return this.#state('removal of the old image', this.#scripts.finaliseScript(this.#host.service, image), LOOK_MS * 2, signal);
    }
    /** As `finalise`, but the old image stays on the host, and what was done is in its record: the way back of later runs. */
    async record(entry, signal) {
        const { os, service } = this.#host;
        const script = (os === 'windows' ? recordScriptWindows : recordScript)(service, entry);
        return this.#state('record of the deployment', script, LOOK_MS * 2, signal);
    }
    get #scripts() {
        return this.#host.os === 'windows' ? compose_powershell_namespaceObject : compose_sh;
    }
    async #state(what, script, timeoutMs, signal) {
        const done = await this.#run(what, script, timeoutMs, signal);
        if (done.code !== 0)
            throw this.#error(done);
        return (0,compose_state/* parseServiceState */.Et)(done.stdout, this.where);
    }
    #run(what, script, timeoutMs, signal) {
        const shell = this.#host.os === 'windows' ? 'powershell' : 'sh';
        return this.#ssh.run(this.#host.target, { what, script, shell, timeoutMs, signal });
    }
    #error(done) {
        return composeError(done, this.#host.service, this.where);
    }
}
/** What a script's exit code and words mean. */
function composeError(done, { folder, service }, where) {
    const log = done.stdout.trim() === '' ? done.tail.join('\n') : done.stdout.trim().slice(-20_000);
    const cause = done.stderr.trim().split('\n').at(-1) ?? '';
    const because = cause === '' ? {} : { cause };
    switch (done.code) {
        case compose_sh.ENDS.folder:
            return (0,errors/* inputError */.Xu)({
                code: 'compose-folder',
                what: `${folder} on ${where} is no compose project this user can use`,
                ...because,
                where,
                fix: 'correct the folder, or give it to the deploying user (chown)',
            });
        case compose_sh.ENDS.refused:
            return (0,errors/* gateError */.em)({
                code: 'compose-refused',
                what: `the new version of ${service} on ${where} did not become healthy; the old one was put back`,
                where,
                fix: 'see the log of the service below',
            }, log);
        case compose_sh.ENDS.stuck:
            return (0,errors/* environmentError */.me)({
                code: 'compose-stuck',
                what: `neither version of ${service} on ${where} becomes healthy`,
                cause: 'the old version does not start any more, or something it needs is down',
                where,
                fix: `log in and look: docker compose logs ${service}; the state before is noted in .gip of ${folder}`,
            }, { log });
        case compose_sh.ENDS.fenced:
            return (0,errors/* gateError */.em)({
                code: 'compose-fenced',
                what: `nothing was changed on ${where}`,
                ...because,
                where,
                fix: 'begin a new release',
            });
        case compose_sh.ENDS.image:
            return (0,errors/* gateError */.em)({
                code: 'compose-image',
                what: `${service} on ${where} would not run the image it was given; the old one was left`,
                cause: 'another file or an environment variable of the host sets the image again',
                where,
                fix: 'look for the image in docker compose config there; with COMPOSE_FILE set, our override must come last',
            }, log);
        case compose_sh.ENDS.busy:
            return (0,errors/* environmentError */.me)({
                code: 'compose-busy',
                what: `another deployment is working on ${service} on ${where}`,
                where,
                fix: 'wait for it; see .gip of the folder for its holder',
            });
        case compose_sh.ENDS.pull:
            return pullError(done.stderr, where);
        case compose_sh.ENDS.docker:
            return dockerError(done.stderr, where);
        default:
            return (0,errors/* environmentError */.me)({
                code: 'compose-failed',
                what: `a command for ${service} on ${where} ended with ${done.code}`,
                ...because,
                where,
                fix: 'see the last output of the host below',
            }, { log: done.tail.join('\n') });
    }
}
function pullError(stderr, where) {
    const cause = stderr.trim().split('\n').at(-1) ?? '';
    if (/denied|unauthorized|no basic auth|authentication required/i.test(stderr))
        return (0,errors/* inputError */.Xu)({
            code: 'compose-pull-denied',
            what: `${where} may not pull the image`,
            cause,
            where,
            fix: 'log the deploying user in on the host once, with a token that can only read: docker login REGISTRY',
        });
    if (/not found|manifest unknown|no matching manifest|does not exist/i.test(stderr))
        return (0,errors/* inputError */.Xu)({
            code: 'compose-pull-missing',
            what: `the image is not there for ${where}`,
            cause,
            where,
            fix: 'check the digest, and that it was built for the host’s platform',
        });
    if (/no space left/i.test(stderr))
        return (0,errors/* inputError */.Xu)({
            code: 'compose-disk',
            what: `the disk of ${where} is full`,
            cause,
            where,
            fix: 'free space on the host: docker system df, docker image prune',
        });
    return (0,errors/* environmentError */.me)({
        code: 'compose-pull',
        what: `${where} could not pull the image`,
        cause,
        where,
        fix: 'check that the host reaches the registry',
    });
}
function dockerError(stderr, where) {
    const cause = stderr.trim().split('\n').at(-1) ?? '';
    const denied = /permission denied/i.test(stderr);
    return (denied ? errors/* inputError */.Xu : errors/* environmentError */.me)({
        code: denied ? 'compose-docker-denied' : 'compose-docker',
        what: denied ? `the user on ${where} may not use Docker` : `Docker does not answer on ${where}`,
        ...(cause === '' ? {} : { cause }),
        where,
        fix: denied
            ? 'add the user to the group docker (and log in again), or use rootless Docker; no sudo is needed'
            : 'see systemctl status docker there',
    });
}
//# sourceMappingURL=compose.js.map

/***/ }),

/***/ 80044:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Ak: () => (/* binding */ hostsError),
/* harmony export */   JV: () => (/* binding */ preflightHosts),
/* harmony export */   KL: () => (/* binding */ isVariableName),
/* harmony export */   _n: () => (/* binding */ imageFault),
/* harmony export */   ex: () => (/* binding */ deployToHosts),
/* harmony export */   jD: () => (/* binding */ isProjectName),
/* harmony export */   lQ: () => (/* binding */ isFolder),
/* harmony export */   tN: () => (/* binding */ isServiceName),
/* harmony export */   yP: () => (/* binding */ eachHost)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _compose_state_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(29007);


/** What is wrong with an image for hosts: only a digest names the same image everywhere and tomorrow. */
function imageFault(image) {
    // A reference's characters are safe in every file and command it is written into.
    if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$/.test(image))
        return (0,_compose_state_js__WEBPACK_IMPORTED_MODULE_1__/* .digestOf */ .ol)(image) === undefined ? 'is not an image with a digest' : 'is not an image reference';
    return undefined;
}
const isServiceName = (text) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text);
const isProjectName = (text) => /^[a-z0-9][a-z0-9_-]*$/.test(text);
const isVariableName = (text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
const isFolder = (text, os) => !/\p{Cc}/u.test(text) && (os === 'windows' ? /^[A-Za-z]:[\\/]/.test(text) : text.startsWith('/'));
/** At most this many hosts are asked at the same time. */
const TOGETHER = 10;
/** Asks every host, whatever becomes of the others; answers in the order of the hosts. */
async function eachHost(hosts, work, together = TOGETHER) {
    const results = [];
    let next = 0;
    const worker = async () => {
        for (;;) {
            const index = next++;
            const host = hosts[index];
            if (host === undefined)
                return;
            try {
                results[index] = { host, value: await work(host) };
            }
            catch (error) {
                results[index] = { host, error };
            }
        }
    };
    await Promise.all(Array.from({ length: Math.min(together, hosts.length) }, worker));
    return results;
}
/**
 * One error of several hosts: all problems together. When one of them may pass, the whole may be tried again, because
 * what is done on the other hosts is done.
 */
function hostsError(results, what) {
    const bad = results.filter(({ error }) => error !== undefined);
    if (bad.length === 0)
        return undefined;
    const other = bad.find(({ error }) => !(error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC));
    // A cancellation, or a fault of ours: not to be told as one of a host's.
    if (other !== undefined)
        return other.error instanceof Error ? other.error : new Error(`${what}: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(other.error)}`);
    const pipeline = bad.map(({ error }) => error).filter((error) => error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC);
    const kind = pipeline.find((error) => error.kind === 'cancelled')?.kind ??
        pipeline.find((error) => error.kind === 'environment')?.kind ??
        pipeline.find((error) => error.kind === 'gate')?.kind ??
        'input';
    const logs = pipeline.flatMap(({ log }) => (log === undefined ? [] : [log]));
    return new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC(kind, pipeline.flatMap(({ problems }) => problems), logs.length === 0 ? {} : { log: logs.join('\n\n') });
}
/** Everything that would stop a deployment on any host, all at once; hosts that cannot be asked are problems too. */
async function preflightHosts(hosts, signal) {
    const results = await eachHost(hosts, (host) => host.preflight(signal));
    const problems = results.flatMap(({ value }) => value?.problems ?? []);
    const error = hostsError(results, 'the look at the hosts');
    return { problems, ...(error === undefined ? {} : { error }) };
}
/**
 * Brings an image to all hosts, batch by batch, in order: first everything is checked and pulled everywhere, then
 * the first batch is updated; when a host refuses it, every host that was touched gets its old image back and the error
 * names what was and what was not put back.
 */
async function deployToHosts(options) {
    const { hosts, image, batch = 1, log, signal } = options;
    const { problems, error } = await preflightHosts(hosts, signal);
    if (error !== undefined)
        throw error;
    if (problems.length > 0)
        throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC('input', problems);
    const prepared = await eachHost(hosts, (host) => host.prepare(image, signal));
    const unprepared = hostsError(prepared, 'the pull of the image');
    if (unprepared !== undefined)
        throw unprepared;
    const deployed = prepared.map(({ host, value }) => {
        const before = value === undefined ? undefined : (0,_compose_state_js__WEBPACK_IMPORTED_MODULE_1__/* .runningReference */ .nr)(value);
        const changed = value === undefined || (0,_compose_state_js__WEBPACK_IMPORTED_MODULE_1__/* .versionOf */ .E4)(value, image).version !== 'new';
        return { host: host.where, changed, ...(before === undefined ? {} : { before }) };
    });
    options.begins?.();
    try {
        for (let at = 0; at < hosts.length; at += batch) {
            const now = hosts.slice(at, at + batch);
            const failed = hostsError(await eachHost(now, (host) => host.update(image, signal), batch), 'the update');
            if (failed !== undefined)
                throw failed;
            await options.healthy?.(now);
            log.info(`${now.map(({ where }) => where).join(', ')}: healthy with ${image}`);
        }
    }
    catch (fault) {
        const backSignal = options.backSignal ?? AbortSignal.timeout(10 * 60_000);
        const back = await eachHost(hosts, (host) => host.back(backSignal));
        const stuck = hostsError(back, 'the way back');
        if (stuck === undefined) {
            log.info('every host has its old version again');
            throw fault;
        }
        if (!(stuck instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC))
            throw stuck;
        throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC(stuck.kind, [...(fault instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC ? fault.problems : []), ...stuck.problems], { cause: fault, ...(stuck.log === undefined ? {} : { log: stuck.log }) });
    }
    // The release stands; what is left of the old one takes only room.
    const { record } = options;
    const ended = await eachHost(hosts, (host) => record === undefined ? host.finalise(image, signal) : host.record({ ...record, image }, signal));
    for (const { host, error: left } of ended)
        if (left !== undefined)
            log.warning(`${host.where}: ${record === undefined ? 'the old image was not removed' : 'the deployment was not recorded, so a later rollback there needs an image named'}: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(left)}`);
    return deployed;
}
//# sourceMappingURL=hosts.js.map

/***/ }),

/***/ 36208:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Oj: () => (/* binding */ startMark),
/* harmony export */   cG: () => (/* binding */ quotePosix),
/* harmony export */   ko: () => (/* binding */ quotePowerShell),
/* harmony export */   lH: () => (/* binding */ powerShellScript),
/* harmony export */   xl: () => (/* binding */ endMark),
/* harmony export */   z0: () => (/* binding */ posixScript)
/* harmony export */ });
/* unused harmony export encodedCommand */
/**
 * Text for other machines' shells. Everything that reaches a remote shell goes through one of these functions.
 */
/** One word for a POSIX shell: always in single quotes, so nothing in it is expanded. A NUL cannot be in any argument. */
function quotePosix(text) {
    if (text.includes('\0'))
        throw new TypeError('a NUL byte cannot be passed to a shell');
    return `'${text.replaceAll("'", `'\\''`)}'`;
}
/** One literal for PowerShell: single quotes, in which only a quote is special. PowerShell takes typographic quotes for quotes too. */
function quotePowerShell(text) {
    if (text.includes('\0'))
        throw new TypeError('a NUL byte cannot be passed to a shell');
    return `'${text.replace(/['\u2018\u2019\u201A\u201B]/g, '$&$&')}'`;
}
/** Marks on stderr that tell our command's own end from the connection's: `gip-start-NONCE`, `gip-end-NONCE CODE`. */
const startMark = (nonce) => `gip-start-${nonce}`;
const endMark = (nonce) => `gip-end-${nonce}`;
/**
 * A script for `sh -s` over standard input. It is one function, so that a connection cut while it is sent runs nothing; it
 * reads no input of its own, so that it cannot eat its own text; and its exit code is told on stderr, because ssh's
 * 255 could be the command's or the connection's.
 * `sh -s` means the same to every login shell, be it bash, dash, fish or csh.
 */
function posixScript(script, nonce) {
    return {
        command: 'sh -s',
        input: [
            'gip_main() {',
            `printf '%s\\n' ${quotePosix(startMark(nonce))} >&2`,
            '(',
            'set -u',
            script,
            ') </dev/null',
            'gip_code=$?',
            `printf '%s %s\\n' ${quotePosix(endMark(nonce))} "$gip_code" >&2`,
            'exit "$gip_code"',
            '}',
            'gip_main',
            '',
        ].join('\n'),
    };
}
/** cmd.exe, OpenSSH's usual shell on Windows, takes 8191 characters. */
const CMD_LIMIT = 8000;
/** `powershell -EncodedCommand`: UTF-16LE in base64 (about_PowerShell_exe), which no shell between can misread. */
function encodedCommand(script) {
    const encoded = Buffer.from(script, 'utf16le').toString('base64');
    return `powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ${encoded}`;
}
/**
 * A script for Windows PowerShell over OpenSSH. Its text travels on standard input as base64 and a short encoded command
 * runs it, so its length has no limit and no secret is on the command line. The same marks as on POSIX frame it.
 */
function powerShellScript(script, nonce) {
    const body = [
        `[Console]::Error.WriteLine(${quotePowerShell(startMark(nonce))})`,
        '$gipCode = 0',
        'try {',
        "$ErrorActionPreference = 'Stop'",
        // A script ends by `exit-with CODE`: `exit` would end PowerShell before the end mark.
        'function Exit-With([int]$code) { $script:gipCode = $code; throw "gip-exit" }',
        script,
        '} catch {',
        'if ("$_" -ne "gip-exit") { [Console]::Error.WriteLine("$_"); $gipCode = 1 }',
        '}',
        `[Console]::Error.WriteLine(${quotePowerShell(`${endMark(nonce)} `)} + $gipCode)`,
        'exit $gipCode',
    ].join('\n');
    const starter = [
        "$ProgressPreference = 'SilentlyContinue'",
        '$text = [Console]::In.ReadToEnd()',
        '$bytes = [Convert]::FromBase64String($text.Trim())',
        '. ([ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($bytes)))',
    ].join('\n');
    const command = encodedCommand(starter);
    if (command.length > CMD_LIMIT)
        throw new TypeError('the starter is too long for cmd.exe');
    return { command, input: Buffer.from(body, 'utf8').toString('base64') };
}
//# sourceMappingURL=ssh-quote.js.map

/***/ }),

/***/ 90251:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   LQ: () => (/* binding */ olderDeployments),
/* harmony export */   by: () => (/* binding */ lastStatus),
/* harmony export */   r3: () => (/* binding */ shortDescription),
/* harmony export */   r7: () => (/* binding */ DESCRIPTION_LIMIT),
/* harmony export */   su: () => (/* binding */ addStatus),
/* harmony export */   y0: () => (/* binding */ ensureDeployment)
/* harmony export */ });
/* unused harmony export findDeployment */
/* harmony import */ var _answers_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(67536);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(70636);
/* harmony import */ var _once_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(56210);



const NEEDS = 'deployments: write';
const TASK = 'deploy:gray';
/** GitHub refuses longer descriptions. */
const DESCRIPTION_LIMIT = 140;
/** `text` within GitHub's 140 characters (or `limit`), cut between words where it can be, with an ellipsis. */
function shortDescription(text, limit = DESCRIPTION_LIMIT) {
    const line = Array.from(text.replace(/\s+/g, ' ').trim());
    if (line.length <= limit)
        return line.join('');
    const head = line.slice(0, limit - 1).join('');
    const blank = head.lastIndexOf(' ');
    return `${blank > limit / 2 ? head.slice(0, blank) : head}…`;
}
function readDeployment(value) {
    const payload = (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__.at)(value, 'payload');
    return {
        id: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .numberAt */ .tk)(value, 'id'),
        environment: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(value, 'environment'),
        payload: typeof payload === 'string' ? parse(payload) : payload,
    };
}
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return text;
    }
}
/** The deployment whose payload names this release, among the newest ones of the environment. */
async function findDeployment(github, { owner, repo }, environment, release, signal, task = TASK) {
    const path = (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/deployments`;
    // Newest first; a release older than 300 others is not looked for.
    let seen = 0;
    for await (const item of github.items(path, signal, {
        query: { environment, task },
        needs: 'deployments: read',
    })) {
        const deployment = readDeployment(item);
        if ((0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(deployment.payload, 'release') === release)
            return deployment;
        if (++seen >= 300)
            return undefined;
    }
    return undefined;
}
/** The ids of our earlier deployments of an environment, newest first, at most 30. */
async function olderDeployments(github, { owner, repo }, environment, than, signal) {
    const value = await github.get((0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/deployments`, signal, {
        query: { environment, task: TASK, per_page: 31 },
        needs: 'deployments: read',
    });
    return (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .listAt */ .gT)(value)
        .map((one) => (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .numberAt */ .tk)(one, 'id'))
        .filter((id) => id < than);
}
/**
 * Makes a deployment for a release, or returns the one that is already there. `auto_merge` and `required_contexts` are off,
 * because the commit is what it is and the gates have been asked already.
 */
async function ensureDeployment(github, repository, wanted, signal) {
    const { owner, repo } = repository;
    const { value } = await (0,_once_js__WEBPACK_IMPORTED_MODULE_2__/* .findOrMake */ .t)(() => findDeployment(github, repository, wanted.environment, wanted.payload.release, signal, wanted.task), async () => readDeployment(await github.send('POST', (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/deployments`, signal, {
        body: {
            ref: wanted.ref,
            task: wanted.task ?? TASK,
            auto_merge: false,
            required_contexts: [],
            payload: wanted.payload,
            environment: wanted.environment,
            description: shortDescription(wanted.description),
            transient_environment: false,
            production_environment: wanted.production,
        },
        needs: NEEDS,
    })), { clock: github.clock, signal });
    return value;
}
/** The newest status of a deployment; undefined when it has none. */
async function lastStatus(github, { owner, repo }, deployment, signal) {
    const path = (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/deployments/${deployment}/statuses`;
    const value = await github.get(path, signal, { query: { per_page: 1 }, needs: 'deployments: read' });
    const first = Array.isArray(value) ? value[0] : undefined;
    return first === undefined
        ? undefined
        : { state: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(first, 'state'), description: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(first, 'description') ?? '' };
}
/** Adds a status. Sending it twice does no harm: the newest counts. `auto_inactive` retires the former successes. */
async function addStatus(github, { owner, repo }, deployment, status, signal) {
    await github.send('POST', (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/deployments/${deployment}/statuses`, signal, {
        body: {
            state: status.state,
            description: shortDescription(status.description),
            auto_inactive: status.state === 'success',
            ...(status.logUrl === undefined ? {} : { log_url: status.logUrl }),
        },
        needs: NEEDS,
        repeatable: true,
    });
}
//# sourceMappingURL=deployments.js.map

/***/ }),

/***/ 89079:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C8: () => (/* binding */ Fields),
/* harmony export */   DG: () => (/* binding */ fault),
/* harmony export */   MH: () => (/* binding */ plainName),
/* harmony export */   kP: () => (/* binding */ plainUrl)
/* harmony export */ });
/* harmony import */ var _base_json_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(24807);
/* harmony import */ var _base_lists_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(23416);


/**
 * Reads an adapter's settings field by field. Whatever is wrong becomes a Problem with its path, and reading goes on, so
 * that all faults are told at once. What is read is valid only when `problems` stayed empty.
 */
class Fields {
    problems;
    #values;
    #path;
    #seen = new Set();
    constructor(raw, problems, path = '') {
        this.problems = problems;
        this.#path = path;
        if ((0,_base_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isRecord */ .u4)(raw))
            this.#values = raw;
        else {
            this.#values = {};
            problems.push(fault(path === '' ? 'adapter' : path, 'is not a map of settings', 'write it as key: value lines', raw));
        }
    }
    fault(key, what, fix) {
        this.problems.push(fault(this.#name(key), what, fix, this.#values[key]));
    }
    has(key) {
        return this.raw(key) !== undefined;
    }
    /** The value as it is; a null (an empty YAML value) counts as absent. */
    raw(key) {
        this.#seen.add(key);
        return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
    }
    /** A text; without a fallback it is needed. */
    text(key, options = {}) {
        const value = this.raw(key) ?? options.fallback;
        const example = options.example === undefined ? '' : `, for example ${options.example}`;
        if (typeof value !== 'string' || value === '') {
            this.fault(key, value === undefined ? 'is missing' : 'is not a text', `write ${key}: TEXT${example}`);
            return '';
        }
        const bad = options.test?.(value);
        if (bad !== undefined)
            this.fault(key, bad.what, bad.fix);
        return value;
    }
    optionalText(key, test) {
        return this.has(key) ? this.text(key, test === undefined ? {} : { test }) : undefined;
    }
    whole(key, options) {
        const value = this.raw(key) ?? options.fallback;
        if (Number.isInteger(value) && value >= options.least && value <= options.most)
            return value;
        this.fault(key, `is not a whole number from ${options.least} to ${options.most}`, `write a number such as ${options.fallback}`);
        return options.fallback;
    }
    one(key, known, fallback) {
        const value = this.raw(key) ?? fallback;
        const found = known.find((name) => name === value);
        if (found === undefined)
            this.fault(key, 'is not known', `write ${known.join(' or ')}`);
        return found ?? fallback;
    }
    /** A list; one value alone counts as a list of one. `read` reports what is wrong with an item itself. */
    list(key, read, example) {
        const value = this.raw(key);
        const items = value === undefined ? [] : Array.isArray(value) ? value : [value];
        if (items.length === 0)
            this.fault(key, value === undefined ? 'is missing' : 'is empty', `write ${key}: ${example}`);
        return items.flatMap((item, index) => {
            const result = read(item, `${this.#name(key)}[${index}]`);
            return result === undefined ? [] : [result];
        });
    }
    /** A map below this one, or undefined when it is absent. */
    child(key) {
        const value = this.raw(key);
        return value === undefined ? undefined : new Fields(value, this.problems, this.#name(key));
    }
    path(key) {
        return this.#name(key);
    }
    /** Reports the keys nobody asked for. To be called last. */
    end() {
        for (const key of Object.keys(this.#values)) {
            if (this.#seen.has(key))
                continue;
            const guess = (0,_base_lists_js__WEBPACK_IMPORTED_MODULE_1__/* .nearest */ .pA)(key, [...this.#seen]);
            const known = [...this.#seen].sort().join(', ');
            this.fault(key, 'is not a setting', guess === undefined ? `the settings are: ${known}` : `did you mean ${guess}?`);
        }
    }
    #name(key) {
        return this.#path === '' ? key : `${this.#path}.${key}`;
    }
}
/** A fault of the adapter's settings; the value is shown shortened. */
function fault(path, what, fix, value) {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return {
        code: 'gray-adapter',
        what: `${path} ${what}`,
        input: 'adapter',
        ...(text === '' ? {} : { value: text.length > 60 ? `${text.slice(0, 60)}…` : text }),
        fix,
    };
}
/** Only letters, digits and `. _ - :`, so that a name can stand in any configuration file or command unquoted. */
const plainName = (text) => /^[A-Za-z0-9._:-]+$/.test(text)
    ? undefined
    : {
        what: 'has characters other than letters, digits and . _ - :',
        fix: 'write the name as it stands in the proxy',
    };
/** http(s) without user information: settings are stored, so no secret may be in them. */
const plainUrl = (text) => {
    let url;
    try {
        url = new URL(text);
    }
    catch {
        return { what: 'is not an address', fix: 'write it like http://127.0.0.1:8080/healthz' };
    }
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
        return { what: 'is not an http or https address', fix: 'write it like http://127.0.0.1:8080/healthz' };
    if (url.username !== '' || url.password !== '')
        return { what: 'has a user or password in it', fix: 'leave it out: these settings are stored' };
    return undefined;
};
//# sourceMappingURL=fields.js.map

/***/ }),

/***/ 74165:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   M: () => (/* binding */ hostSteps),
/* harmony export */   t: () => (/* binding */ parseHosts)
/* harmony export */ });
/* harmony import */ var _base_json_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(24807);
/* harmony import */ var _deploy_hosts_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(80044);
/* harmony import */ var _deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(29619);
/* harmony import */ var _plan_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2648);
/* harmony import */ var _fields_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(89079);





const OSES = ['linux', 'windows'];
const test = (holds, what, fix) => (text) => holds(text) ? undefined : { what, fix };
const duration = (text) => ((0,_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .parseDuration */ .E9)(text) ?? 0) > 0
    ? undefined
    : { what: 'is not a length of time', fix: 'write it like 30s or 5m' };
/**
 * Reads the settings of the `hosts` adapter (docs/hosts.md). `image` is what the release brings, used where the settings name no
 * image of their own. All faults are returned at once.
 */
function parseHosts(raw, image) {
    const problems = [];
    const fields = new _fields_js__WEBPACK_IMPORTED_MODULE_3__/* .Fields */ .C8(raw, problems);
    fields.one('kind', ['hosts'], 'hosts');
    const os = fields.one('os', OSES, 'linux');
    const folder = fields.optionalText('folder');
    const service = fields.text('service', {
        test: test(_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_0__/* .isServiceName */ .tN, 'is not the name of a service', 'write its name in the compose file'),
        example: 'web',
    });
    const project = fields.optionalText('project', test(_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_0__/* .isProjectName */ .jD, 'is not a project name', 'write lower-case letters, digits, - and _'));
    const variable = fields.optionalText('variable', test(_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_0__/* .isVariableName */ .KL, 'is not the name of a variable', 'write it like APP_IMAGE'));
    const files = fields.has('files')
        ? fields.list('files', (value, path) => readFile(value, path, problems), '[compose.yaml]')
        : undefined;
    const chosen = fields.text('image', {
        ...(image === undefined ? {} : { fallback: image }),
        test: (text) => {
            const what = (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_0__/* .imageFault */ ._n)(text);
            return what === undefined
                ? undefined
                : { what, fix: 'write name@sha256:…, as the digest output of the build gives it' };
        },
        example: 'ghcr.io/acme/shop@sha256:…',
    });
    const wait = (0,_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .parseDuration */ .E9)(fields.text('wait', { fallback: '2m', test: duration })) ?? 0;
    const stable = (0,_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .parseDuration */ .E9)(fields.text('stable', { fallback: '5s', test: duration })) ?? 0;
    const healthUrl = fields.optionalText('health-url', _fields_js__WEBPACK_IMPORTED_MODULE_3__/* .plainUrl */ .kP);
    const batch = fields.whole('batch', { fallback: 1, least: 1, most: 50 });
    const deadMan = fields.optionalText('dead-man', duration);
    const shared = {
        service,
        waitSeconds: Math.ceil(wait / 1000),
        stableSeconds: Math.ceil(stable / 1000),
        ...(project === undefined ? {} : { project }),
        ...(variable === undefined ? {} : { variable }),
        ...(files === undefined ? {} : { files }),
        ...(healthUrl === undefined ? {} : { healthUrl }),
    };
    const hosts = fields.list('hosts', (value, path) => {
        const host = readHost(value, path, { os, folder }, problems);
        return host === undefined
            ? undefined
            : { target: host.target, os: host.os, service: { ...shared, folder: host.folder } };
    }, '[deploy@web-1.example, deploy@web-2.example]');
    fields.end();
    const places = hosts.map((host) => `${(0,_deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__/* .formatTarget */ .P4)(host.target)} ${host.service.folder}`);
    for (const twice of new Set(places.filter((place, index) => places.indexOf(place) !== index)))
        problems.push((0,_fields_js__WEBPACK_IMPORTED_MODULE_3__/* .fault */ .DG)('hosts', 'has a host twice', 'name each host once', twice));
    if (deadMan !== undefined && hosts.some((host) => host.os === 'windows'))
        problems.push((0,_fields_js__WEBPACK_IMPORTED_MODULE_3__/* .fault */ .DG)('dead-man', 'is not there for Windows hosts', 'leave it out'));
    if (problems.length > 0)
        return { problems };
    const deadManMs = deadMan === undefined ? undefined : (0,_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .parseDuration */ .E9)(deadMan);
    return {
        settings: {
            kind: 'hosts',
            hosts,
            image: chosen,
            batch,
            ...(deadManMs === undefined ? {} : { deadManMs }),
        },
        problems,
    };
}
function readFile(value, path, problems) {
    if (typeof value === 'string' && /^[^\p{Cc}:;]+$/u.test(value))
        return value;
    problems.push((0,_fields_js__WEBPACK_IMPORTED_MODULE_3__/* .fault */ .DG)(path, 'is not the path of a compose file', 'write it like compose.yaml', value));
    return undefined;
}
function readHost(value, path, given, problems) {
    const before = problems.length;
    const fields = (0,_base_json_js__WEBPACK_IMPORTED_MODULE_4__/* .isRecord */ .u4)(value) ? new _fields_js__WEBPACK_IMPORTED_MODULE_3__/* .Fields */ .C8(value, problems, path) : undefined;
    const text = fields === undefined ? value : fields.text('host', { example: 'deploy@web-1.example' });
    const os = fields?.one('os', OSES, given.os) ?? given.os;
    const folder = fields?.optionalText('folder') ?? given.folder;
    fields?.end();
    const target = text === _deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__/* .LOCAL */ .G8.host
        ? _deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__/* .LOCAL */ .G8
        : typeof text === 'string'
            ? (0,_deploy_ssh_target_js__WEBPACK_IMPORTED_MODULE_1__/* .parseTarget */ .hu)(text)
            : { reason: 'write user@host, user@host:port, or local' };
    const wrong = 'reason' in target
        ? { what: 'is not a host', fix: target.reason }
        : folder === undefined
            ? { what: 'has no folder', fix: 'write folder: /srv/shop, for all hosts or for this one' }
            : (0,_deploy_hosts_js__WEBPACK_IMPORTED_MODULE_0__/* .isFolder */ .lQ)(folder, os)
                ? undefined
                : {
                    what: 'has a folder that is no absolute path',
                    fix: os === 'windows' ? 'write it like C:\\srv\\shop' : 'write it like /srv/shop',
                };
    if (problems.length > before)
        return undefined;
    if (wrong === undefined && folder !== undefined && !('reason' in target))
        return { target, os, folder };
    problems.push((0,_fields_js__WEBPACK_IMPORTED_MODULE_3__/* .fault */ .DG)(path, wrong?.what ?? 'is not a host', wrong?.fix ?? '', value));
    return undefined;
}
/**
 * The plan's steps as hosts can take them: percentages become those of whole hosts (10 % of 4 is 25 %), steps that would
 * move no further host are merged into the one before. The engine compares what it reads back with these.
 */
const hostSteps = (steps, hosts) => (0,_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .nodeSteps */ .ML)(steps, hosts).map(({ real, observeMs, hold }) => ({ percent: real, observeMs, hold }));
//# sourceMappingURL=hosts-settings.js.map

/***/ })

};
