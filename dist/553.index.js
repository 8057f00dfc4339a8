export const id = 553;
export const ids = [553,782];
export const modules = {

/***/ 96553:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  cli: () => (/* reexport */ cli),
  main: () => (/* reexport */ main_main),
  post: () => (/* reexport */ post)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: ./node_modules/@actions/core/lib/core.js + 7 modules
var core = __webpack_require__(33838);
;// CONCATENATED MODULE: ./lib/base/secrets.js
/**
 * Every secret value the run knows, so that no log line, error or report can carry one.
 * `mask` also tells the runner (`::add-mask::`), through the callback given at construction.
 */
class Secrets {
    #values = new Set();
    #announce;
    constructor(announce = () => undefined) {
        this.#announce = announce;
    }
    /** Registers a secret and the forms it is likely to be printed in (base64, URL-encoded, each line). */
    mask(value) {
        if (value.length === 0)
            return;
        const forms = [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)];
        // A multi-line secret (a key, a JSON credential) is printed line by line.
        if (value.includes('\n'))
            forms.push(...value.split(/\r?\n/).filter((line) => line.trim().length >= 8));
        for (const form of forms) {
            // Shorter values would turn ordinary text into asterisks.
            if (form.length < 4 || this.#values.has(form))
                continue;
            this.#values.add(form);
            this.#announce(form);
        }
    }
    /** `text` with every known secret replaced by `***`. */
    redact(text) {
        let clean = text;
        for (const value of [...this.#values].sort((a, b) => b.length - a.length))
            clean = clean.replaceAll(value, '***');
        return clean;
    }
}
/** A URL without user information and without the query values that carry signatures. */
function redactUrl(text) {
    try {
        const url = new URL(text);
        url.username = '';
        url.password = '';
        for (const key of [...url.searchParams.keys()]) {
            if (/sig|token|key|secret|password|credential/i.test(key))
                url.searchParams.set(key, '***');
        }
        return url.toString();
    }
    catch {
        return text;
    }
}
//# sourceMappingURL=secrets.js.map
// EXTERNAL MODULE: ./lib/base/errors.js
var base_errors = __webpack_require__(17594);
;// CONCATENATED MODULE: ./lib/base/clock.js
const systemClock = {
    now: () => Date.now(),
    sleep: (ms, signal) => new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
            reject(reasonOf(signal));
            return;
        }
        const onAbort = () => {
            clearTimeout(timer);
            if (signal !== undefined)
                reject(reasonOf(signal));
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
        }, ms);
        signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
/** The reason of an aborted signal, always an Error. */
function reasonOf(signal) {
    const reason = signal.reason;
    return reason instanceof Error ? reason : new Error(String(reason));
}
/** `850 ms`, `12.3 s`, `2 m 05 s`. */
function formatDuration(ms) {
    if (ms < 1000)
        return `${Math.round(ms)} ms`;
    if (ms < 60_000)
        return `${(ms / 1000).toFixed(1)} s`;
    const seconds = Math.round(ms / 1000);
    return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}
/** `512 B`, `1.4 kB`, `12.0 MB` (decimal units, as registries show them). */
function formatBytes(bytes) {
    if (bytes < 1000)
        return `${bytes} B`;
    const units = ['kB', 'MB', 'GB', 'TB'];
    let value = bytes / 1000;
    let unit = 0;
    while (value >= 999.95 && unit < units.length - 1) {
        value /= 1000;
        unit++;
    }
    return `${value.toFixed(1)} ${units[unit] ?? 'TB'}`;
}
//# sourceMappingURL=clock.js.map
// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __webpack_require__(31421);
// EXTERNAL MODULE: external "node:string_decoder"
var external_node_string_decoder_ = __webpack_require__(46193);
// EXTERNAL MODULE: ./node_modules/@actions/exec/lib/exec.js + 1 modules
var exec = __webpack_require__(41955);
;// CONCATENATED MODULE: ./lib/base/platform.js
/** Operating systems and architectures in the three spellings in use: Node, Go, and OCI platforms. */
/** GOOS/GOARCH pairs that `go tool dist list` of Go 1.27 names and that containers exist for. */
const CONTAINER_OS = new Set(['linux', 'windows', 'freebsd']);
const GO_ARCHES = new Set([
    '386',
    'amd64',
    'arm',
    'arm64',
    'loong64',
    'mips',
    'mips64',
    'mips64le',
    'mipsle',
    'ppc64',
    'ppc64le',
    'riscv64',
    's390x',
]);
const WINDOWS_ARCHES = new Set(['386', 'amd64', 'arm64']);
const VARIANTS = {
    arm: ['v5', 'v6', 'v7'],
    arm64: ['v8', 'v8.0', 'v8.1', 'v8.2', 'v8.3', 'v8.4', 'v8.5', 'v8.6', 'v8.7', 'v8.8', 'v8.9', 'v9.0', 'v9.1', 'v9.2', 'v9.3', 'v9.4', 'v9.5'],
    amd64: ['v1', 'v2', 'v3', 'v4'],
}; // prettier-ignore
const ARCH_ALIASES = {
    x86_64: { arch: 'amd64' },
    'x86-64': { arch: 'amd64' },
    i386: { arch: '386' },
    i686: { arch: '386' },
    aarch64: { arch: 'arm64' },
    armhf: { arch: 'arm', variant: 'v7' },
    armel: { arch: 'arm', variant: 'v6' },
};
/** Parses `os/arch[/variant]`, with the OS version in parentheses for Windows. Returns a reason when it is not one. */
function parsePlatform(text) {
    const match = /^([a-z0-9]+)(?:\(([0-9.]+)\))?\/([a-z0-9_-]+)(?:\/(v[0-9.]+))?$/.exec(text.trim());
    if (match === null)
        return { reason: 'write os/arch or os/arch/variant, for example linux/arm64' };
    const [, os = '', osVersion, rawArch = '', rawVariant] = match;
    const alias = ARCH_ALIASES[rawArch];
    const arch = alias?.arch ?? rawArch;
    const variant = rawVariant ?? alias?.variant;
    if (!CONTAINER_OS.has(os))
        return { reason: `no container images exist for ${os}; use linux or windows` };
    if (!GO_ARCHES.has(arch))
        return { reason: `Go has no architecture ${arch}` };
    if (os === 'windows' && !WINDOWS_ARCHES.has(arch))
        return { reason: `Go does not build for windows/${arch}` };
    if (os === 'freebsd' && !['386', 'amd64', 'arm', 'arm64', 'riscv64'].includes(arch)) {
        return { reason: `Go does not build for freebsd/${arch}` };
    }
    if (osVersion !== undefined && os !== 'windows')
        return { reason: 'only Windows has an OS version' };
    if (variant !== undefined && VARIANTS[arch]?.includes(variant) !== true) {
        const known = VARIANTS[arch];
        return {
            reason: known === undefined ? `${arch} has no variants` : `${arch} has the variants ${known.join(', ')}`,
        };
    }
    // arm64/v8 is the same platform as arm64 (containerd platforms.Normalize).
    const plain = variant === undefined || (arch === 'arm64' && variant === 'v8') || (arch === 'amd64' && variant === 'v1');
    return { os, arch, ...(plain ? {} : { variant }), ...(osVersion === undefined ? {} : { osVersion }) };
}
/** `linux/arm/v7`; the OS version is left out, as in Docker's own listings. */
function formatPlatform(platform) {
    return [platform.os, platform.arch, ...(platform.variant === undefined ? [] : [platform.variant])].join('/');
}
/** With the OS version, so that two Windows versions of one architecture differ: `windows(10.0.20348)/amd64`. */
function platformId(platform) {
    const name = formatPlatform(platform);
    return platform.osVersion === undefined ? name : name.replace('/', `(${platform.osVersion})/`);
}
/** A name for files and cache scopes: `linux_arm_v7`. */
const platformSlug = (platform) => [platform.os, platform.arch + (platform.variant ?? '').replaceAll('.', '_')].join('_') +
    (platform.osVersion === undefined ? '' : `_${platform.osVersion.replaceAll('.', '_')}`);
function samePlatform(a, b) {
    const variant = (p) => p.variant ?? (p.arch === 'arm' ? 'v7' : '');
    return (a.os === b.os &&
        a.arch === b.arch &&
        variant(a) === variant(b) &&
        (a.osVersion === undefined || b.osVersion === undefined || a.osVersion === b.osVersion));
}
/** Go's environment for a platform: GOOS, GOARCH and the variant's variable. */
function goEnvironment(platform) {
    const env = { GOOS: platform.os, GOARCH: platform.arch };
    if (platform.arch === 'arm')
        env['GOARM'] = (platform.variant ?? 'v7').slice(1);
    if (platform.arch === 'amd64' && platform.variant !== undefined)
        env['GOAMD64'] = platform.variant;
    if (platform.arch === 'arm64' && platform.variant !== undefined) {
        env['GOARM64'] = platform.variant.includes('.') ? platform.variant : `${platform.variant}.0`;
    }
    return env;
}
/** Maps Node's names to Go's; unknown ones pass through, so that the message downstream can name them. */
function hostOf(platform = process.platform, arch = process.arch, endianness = 'LE') {
    const os = platform === 'win32' ? 'windows' : platform;
    const arches = {
        x64: 'amd64',
        ia32: '386',
        ppc64: endianness === 'LE' ? 'ppc64le' : 'ppc64',
    };
    return { os: os, arch: arches[arch] ?? arch };
}
/** The platform whose containers this host can run without emulation: macOS and Windows (WSL) engines run Linux. */
const nativeContainerPlatform = (host) => ({ os: 'linux', arch: host.arch });
/** `name` with the host's suffix for programs. */
const executable = (name, os) => (os === 'windows' ? `${name}.exe` : name);
/**
 * `base` with `extra` on top; an undefined value removes. Windows environment names ignore case, so
 * `PATH` replaces `Path` there instead of standing beside it.
 */
function mergeEnvironment(base, extra, os) {
    const merged = {};
    const nameOf = new Map();
    const fold = (name) => (os === 'windows' ? name.toUpperCase() : name);
    for (const source of [base, extra]) {
        for (const [name, value] of Object.entries(source)) {
            const known = nameOf.get(fold(name));
            if (known !== undefined) {
                nameOf.delete(fold(name));
                // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain record of the environment
                delete merged[known];
            }
            if (value === undefined)
                continue;
            merged[name] = value;
            nameOf.set(fold(name), name);
        }
    }
    return merged;
}
/** Looks a variable up as the operating system would. */
function lookupEnvironment(env, name, os) {
    if (os !== 'windows')
        return env[name];
    return Object.entries(env).find(([key]) => key.toUpperCase() === name.toUpperCase())?.[1];
}
//# sourceMappingURL=platform.js.map
;// CONCATENATED MODULE: ./lib/base/exec.js






const TAIL_LINES = 200;
const MAX_LINE = 64 * 1024;
const KILL_GRACE_MS = 5000;
/** Runs real processes: each in a group of its own, ended as a group on abort or timeout, with bounded memory. */
class SystemExec {
    #os;
    #env;
    constructor(env = process.env, os = hostOf().os) {
        this.#env = env;
        this.#os = os;
    }
    run(command) {
        const [program, ...args] = command.argv;
        if (program === undefined)
            throw new TypeError('a command needs a program');
        const started = Date.now();
        const { signal, timeoutMs = 30 * 60_000, maxStdout = 8 * 1024 * 1024 } = command;
        if (signal?.aborted === true)
            return Promise.reject(reasonOf(signal));
        return new Promise((resolve, reject) => {
            const child = (0,external_node_child_process_.spawn)(program, args, {
                cwd: command.cwd,
                env: mergeEnvironment(this.#env, command.env ?? {}, this.#os),
                stdio: ['pipe', 'pipe', 'pipe'],
                // A group of its own, so that grandchildren (compilers, test binaries) end with it.
                detached: this.#os !== 'windows',
                windowsHide: true,
            });
            let stop;
            let killTimer;
            const end = (reason) => {
                if (stop !== undefined)
                    return;
                stop = reason;
                this.#kill(child.pid, 'SIGTERM');
                killTimer = setTimeout(() => {
                    this.#kill(child.pid, 'SIGKILL');
                }, KILL_GRACE_MS);
            };
            const onAbort = () => {
                if (signal !== undefined)
                    end(reasonOf(signal));
            };
            signal?.addEventListener('abort', onAbort, { once: true });
            const timer = setTimeout(() => {
                end((0,base_errors/* environmentError */.me)({
                    code: 'command-timeout',
                    what: `${display(command.argv)} did not end within ${Math.round(timeoutMs / 1000)} s and was stopped`,
                    fix: 'see its last output below; raise the timeout only if it was still making progress',
                }, { log: tail.join('\n') }));
            }, timeoutMs);
            const done = () => {
                clearTimeout(timer);
                clearTimeout(killTimer);
                signal?.removeEventListener('abort', onAbort);
            };
            const tail = [];
            const errors = [];
            const kept = [];
            let keptBytes = 0;
            const keep = (lines, line) => {
                lines.push(line);
                if (lines.length > TAIL_LINES)
                    lines.shift();
            };
            const reader = (stream) => new LineReader((line) => {
                keep(tail, line);
                if (stream === 'stderr')
                    keep(errors, line);
                command.onLine?.(line, stream);
            });
            const out = reader('stdout');
            const err = reader('stderr');
            child.stdout.on('data', (chunk) => {
                keptBytes += chunk.length;
                if (maxStdout > 0 && keptBytes <= maxStdout)
                    kept.push(chunk);
                out.write(chunk);
            });
            child.stderr.on('data', (chunk) => {
                err.write(chunk);
            });
            child.on('error', (error) => {
                done();
                const missing = (0,base_errors/* codeOf */.$N)(error) === 'ENOENT';
                reject((0,base_errors/* environmentError */.me)({
                    code: missing ? 'program-missing' : 'program-failed-to-start',
                    what: `cannot start ${program}`,
                    cause: missing ? 'no such program on PATH (or no such working directory)' : (0,base_errors/* messageOf */.bD)(error),
                    ...(command.cwd === undefined ? {} : { where: command.cwd }),
                    fix: `install ${program} on the runner, or put it on PATH`,
                }, { cause: error }));
            });
            child.on('close', (code, killed) => {
                done();
                out.end();
                err.end();
                if (stop !== undefined)
                    reject(stop);
                else if (maxStdout > 0 && keptBytes > maxStdout) {
                    reject((0,base_errors/* environmentError */.me)({
                        code: 'output-too-large',
                        what: `${display(command.argv)} printed more than ${maxStdout} bytes`,
                    }));
                }
                else {
                    resolve({
                        code: code ?? 128 + (SIGNALS[killed ?? ''] ?? 9),
                        stdout: Buffer.concat(kept).toString('utf8'),
                        stderr: errors.join('\n'),
                        tail,
                        ms: Date.now() - started,
                    });
                }
            });
            // A program that does not read its stdin must not fail us with EPIPE.
            child.stdin.on('error', () => undefined);
            child.stdin.end(command.input ?? '');
        });
    }
    #kill(pid, signal) {
        if (pid === undefined)
            return;
        if (this.#os === 'windows') {
            // Windows has no signals and no groups: taskkill ends the tree.
            (0,external_node_child_process_.spawn)('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => undefined);
            return;
        }
        try {
            process.kill(-pid, signal);
        }
        catch {
            // Already gone.
        }
    }
}
const SIGNALS = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
};
/** Cuts a byte stream into lines; a line longer than 64 KiB is delivered in pieces, so memory stays bounded. */
class LineReader {
    #decoder = new external_node_string_decoder_.StringDecoder('utf8');
    #onLine;
    #rest = '';
    constructor(onLine) {
        this.#onLine = onLine;
    }
    write(chunk) {
        let text = this.#rest + this.#decoder.write(chunk);
        let start = 0;
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
            this.#onLine(text.slice(start, at).replace(/\r$/, ''));
            start = at + 1;
        }
        text = text.slice(start);
        while (text.length > MAX_LINE) {
            this.#onLine(text.slice(0, MAX_LINE));
            text = text.slice(MAX_LINE);
        }
        this.#rest = text;
    }
    end() {
        const last = this.#rest + this.#decoder.end();
        this.#rest = '';
        if (last !== '')
            this.#onLine(last.replace(/\r$/, ''));
    }
}
/** A command line for people: words with blanks are quoted. It is never given to a shell. */
function display(argv) {
    return argv
        .map((word) => (/^[\w@%+=:,./\\()-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
        .join(' ');
}
/**
 * A short question to a program (`git rev-parse`, `docker version`): its trimmed stdout, or undefined when it is
 * missing, fails or does not answer in time.
 */
async function probe(argv, options = {}) {
    const [program, ...args] = argv;
    if (program === undefined)
        return undefined;
    const limit = options.timeoutMs ?? 15_000;
    let timer;
    const late = new Promise((resolve) => {
        timer = setTimeout(() => {
            resolve(undefined);
        }, limit);
    });
    try {
        const asked = (0,exec/* getExecOutput */.H)(program, args, {
            silent: true,
            ignoreReturnCode: true,
            ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
            env: mergeEnvironment(process.env, options.env ?? {}, hostOf().os),
        }).then((result) => (result.exitCode === 0 ? result.stdout.trim() : undefined));
        return await Promise.race([asked, late]);
    }
    catch {
        return undefined;
    }
    finally {
        clearTimeout(timer);
    }
}
//# sourceMappingURL=exec.js.map
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(48161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
;// CONCATENATED MODULE: ./lib/base/files.js





/** Where temporary files belong: the runner's own folder (cleaned after each job), else the system's. */
const temporaryRoot = (env = process.env) => {
    const root = env['RUNNER_TEMP'];
    return root === undefined || root === '' ? (0,external_node_os_.tmpdir)() : root;
};
/** Folders made by one run, all removed by `dispose`, whatever happened. */
class TemporaryFolders {
    #root;
    #made = [];
    constructor(root = temporaryRoot()) {
        this.#root = root;
    }
    /** A new empty folder, readable by this user only. */
    async make(purpose) {
        await (0,promises_.mkdir)(this.#root, { recursive: true });
        const folder = await (0,promises_.mkdtemp)((0,external_node_path_.join)(this.#root, `gip-${purpose}-`));
        this.#made.push(folder);
        return folder;
    }
    get folders() {
        return this.#made;
    }
    async dispose() {
        for (const folder of this.#made.splice(0))
            await (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 });
    }
}
/** Writes a file so that readers see the old or the new content, never a part. Parents are made. */
async function writeAtomic(file, content, mode = 0o644) {
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(file), { recursive: true });
    const draft = (0,external_node_path_.join)((0,external_node_path_.dirname)(file), `.${(0,external_node_crypto_.randomUUID)()}.tmp`);
    try {
        const handle = await (0,promises_.open)(draft, 'wx', mode);
        try {
            await (0,promises_.writeFile)(handle, content);
            await handle.sync();
        }
        finally {
            await handle.close();
        }
        await (0,promises_.rename)(draft, file);
    }
    catch (error) {
        await (0,promises_.rm)(draft, { force: true });
        throw error;
    }
}
/** The file's text, or undefined when there is none. */
async function readTextIfAny(file) {
    try {
        return await (0,promises_.readFile)(file, 'utf8');
    }
    catch (error) {
        const code = (0,base_errors/* codeOf */.$N)(error);
        if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR')
            return undefined;
        throw error;
    }
}
/** A path with forward slashes, for annotations and images. */
const slashes = (path) => path.replaceAll('\\', '/');
//# sourceMappingURL=files.js.map
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(73024);
// EXTERNAL MODULE: external "node:stream/promises"
var external_node_stream_promises_ = __webpack_require__(46466);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(41692);
// EXTERNAL MODULE: ./node_modules/undici/index.js
var undici = __webpack_require__(46752);
;// CONCATENATED MODULE: ./lib/base/http.js





/** undici with the proxy of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY, either case). */
class SystemHttp {
    #dispatcher;
    #makeUnverified;
    #unverified;
    #agent;
    constructor(options = {}) {
        const connect = options.ca === undefined
            ? {}
            : { ca: [...external_node_tls_.rootCertificates, ...extraAuthorities(), readAuthority(options.ca)] };
        const proxied = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => (process.env[name] ?? '') !== '');
        const make = (tls) => {
            const shared = { connect: { timeout: 15_000, ...tls }, connections: 16 };
            return proxied
                ? new undici/* EnvHttpProxyAgent */.J2({ ...shared, requestTls: tls })
                : new undici/* Agent */.g6(shared);
        };
        this.#dispatcher = make(connect);
        this.#makeUnverified = () => make({ rejectUnauthorized: false });
        this.#agent = options.agent ?? 'go-image-pipeline';
    }
    async request(request) {
        const timeout = request.timeoutMs ?? 60_000;
        const answer = await (0,undici/* request */.Em)(request.url, {
            method: request.method ?? 'GET',
            headers: { 'user-agent': this.#agent, ...request.headers },
            body: request.body ?? null,
            headersTimeout: timeout,
            bodyTimeout: timeout,
            dispatcher: request.unverified === true ? (this.#unverified ??= this.#makeUnverified()) : this.#dispatcher,
            ...(request.signal === undefined ? {} : { signal: request.signal }),
        });
        const headers = {};
        for (const [name, value] of Object.entries(answer.headers)) {
            if (value !== undefined)
                headers[name] = Array.isArray(value) ? value.join(', ') : value;
        }
        return wrapResponse(answer.statusCode, headers, answer.body);
    }
    /** Ends idle connections, so that the process can exit at once. */
    async close() {
        await this.#dispatcher.destroy();
        await this.#unverified?.destroy();
    }
}
/** An HttpResponse over any stream: shared with the test doubles. */
function wrapResponse(status, headers, body) {
    // A body nobody reads (an abort, a refused answer) must not end the process; whoever reads it still sees the error.
    body.on('error', () => undefined);
    const bytes = async (limit = 16 * 1024 * 1024) => {
        const chunks = [];
        let size = 0;
        for await (const chunk of body) {
            size += chunk.length;
            if (size > limit) {
                body.destroy();
                throw (0,base_errors/* environmentError */.me)({
                    code: 'response-too-large',
                    what: `a response is larger than ${limit} bytes`,
                });
            }
            chunks.push(chunk);
        }
        return Buffer.concat(chunks);
    };
    return {
        status,
        headers,
        body,
        bytes,
        text: async (limit) => (await bytes(limit)).toString('utf8'),
        drain: async () => {
            body.resume();
            await (0,external_node_stream_promises_.finished)(body);
        },
    };
}
function readAuthority(ca) {
    return ca.includes('-----BEGIN') ? ca : (0,external_node_fs_.readFileSync)(ca, 'utf8');
}
// A custom list of authorities replaces Node's default, NODE_EXTRA_CA_CERTS included, so it is added back.
function extraAuthorities() {
    const file = process.env['NODE_EXTRA_CA_CERTS'];
    if (file === undefined || file === '')
        return [];
    try {
        return [(0,external_node_fs_.readFileSync)(file, 'utf8')];
    }
    catch {
        return [];
    }
}
//# sourceMappingURL=http.js.map
;// CONCATENATED MODULE: ./lib/base/log.js
/** Drops everything: for tests and for calls whose output nobody needs. */
const silentLog = {
    info: () => undefined,
    debug: () => undefined,
    warning: () => undefined,
    error: () => undefined,
    annotate: () => undefined,
};
/** A log that puts `[name] ` before each line, so that concurrent steps can be told apart. */
function prefixed(log, name) {
    return {
        ...log,
        info: (line) => log.info(`[${name}] ${line}`),
        debug: (line) => log.debug(`[${name}] ${line}`),
    };
}
//# sourceMappingURL=log.js.map
;// CONCATENATED MODULE: ./lib/base/retry.js



/** Counts retries of the whole run, for the summary. */
class RetryCounter {
    #counts = new Map();
    add(what, reason) {
        const entry = this.#counts.get(what) ?? { count: 0, lastReason: '' };
        this.#counts.set(what, { count: entry.count + 1, lastReason: reason });
    }
    list() {
        return [...this.#counts].map(([what, entry]) => ({ what, ...entry }));
    }
}
/**
 * Runs `work` until it succeeds, a fault is final, or the tries are used up; then throws the last error.
 * Waits `random() * min(cap, base * 2^n)` ("full jitter", AWS Architecture Blog 2015), or Retry-After when it is longer.
 */
async function retry(work, options) {
    const { attempts = 5, baseMs = 500, capMs = 60_000, clock = systemClock, random = Math.random, log = silentLog, } = options;
    for (let attempt = 1;; attempt++) {
        options.signal?.throwIfAborted();
        try {
            return await work(attempt);
        }
        catch (error) {
            if (options.signal?.aborted === true)
                throw error;
            const fault = options.classify(error);
            if (fault.kind === 'final' || attempt >= attempts)
                throw error;
            const jittered = random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
            const wait = Math.min(capMs, Math.max(jittered, fault.afterMs ?? 0));
            const reason = (0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? '';
            options.counter?.add(options.what, reason);
            log.info(`retry ${attempt} of ${attempts - 1}: ${options.what} in ${formatDuration(wait)} (${reason})`);
            await clock.sleep(wait, options.signal);
        }
    }
}
const PASSING_CODES = new Set([
    'ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN',
    'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET', 'UND_ERR_RESPONSE_STATUS_CODE',
]); // prettier-ignore
/** Network faults by system error code; anything else is final. */
function classifyNetworkFault(error) {
    const code = (0,base_errors/* codeOf */.$N)(error);
    return code !== undefined && PASSING_CODES.has(code) ? { kind: 'passing' } : { kind: 'final' };
}
/** HTTP statuses another try can help: 408, 425, 429 and 5xx except 501 and 505. */
function classifyStatus(status, retryAfter, now = Date.now()) {
    const passing = status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
    if (!passing)
        return { kind: 'final' };
    const afterMs = parseRetryAfter(retryAfter ?? undefined, now);
    return afterMs === undefined ? { kind: 'passing' } : { kind: 'passing', afterMs };
}
/** `Retry-After` as ms from now: seconds or an HTTP date (RFC 9110 §10.2.3). */
function parseRetryAfter(value, now) {
    if (value === undefined || value.trim() === '')
        return undefined;
    if (/^\d+$/.test(value.trim()))
        return Number(value.trim()) * 1000;
    const date = Date.parse(value);
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
//# sourceMappingURL=retry.js.map
;// CONCATENATED MODULE: ./lib/actions/build/spec.js
const input = (group, name, kind, standard, description, more = {}) => ({ name, group, kind, default: standard, description, ...more });
const choice = (group, name, choices, description) => input(group, name, 'choice', choices[0] ?? '', description, { choices });
const INPUTS = [
    input('Image', 'images', 'list', '', 'Image names without tag, for example ghcr.io/acme/hello. Needed unless push is false. With several mains, {name} stands for the name of the main; without it -NAME is appended.'),
    input('Image', 'platforms', 'list', '', 'Platforms, for example linux/amd64,linux/arm64,windows/amd64. Empty: linux/amd64 and linux/arm64; with a Dockerfile that cannot cross-compile, only the platform of the runner.'),
    input('Image', 'tags', 'list', '', 'Tags, or rules as in docker/metadata-action (type=semver,pattern={{version}}, type=ref,event=branch, type=sha, type=raw,value=…). Empty: the version tags of a v* tag, else the branch or pr-N.'),
    input('Image', 'labels', 'pairs', '', 'Labels, key=value lines, on top of the OCI labels that are set anyway.'),
    input('Image', 'annotations', 'pairs', '', 'Annotations, key=value lines, on top of the OCI annotations; a level prefix (index:, manifest:) is honoured.'),
    input('Image', 'base', 'text', 'auto', 'Base of the generated image: auto (distroless static; base for cgo; nanoserver for Windows), scratch, distroless, alpine, nanoserver, or an image reference.'),
    input('Image', 'user', 'text', '65532:65532', 'Numeric user[:group] that the generated image runs as.'),
    input('Image', 'expose', 'list', '', 'Ports of the generated image, for example 8080 or 8080/tcp.'),
    input('Image', 'entrypoint-args', 'words', '', 'Arguments after the program in the entry point of the generated image.'),
    input('Image', 'healthcheck', 'words', '', 'HEALTHCHECK of the generated image: a program in the image and its arguments, for example /app/hello healthcheck; every 30s, 3s timeout, 5s start period, 3 retries.'),
    input('Image', 'image-env', 'pairs', '', 'Environment variables of the generated image, KEY=value lines.'),
    input('Image', 'files', 'list', '', 'Extra files in the generated image, SOURCE:/destination[:mode] lines, relative to working-directory.'),
    input('Project', 'working-directory', 'text', '.', 'Folder of the Go project, relative to the workspace.'),
    input('Project', 'main', 'list', '', 'Main packages relative to working-directory, for example ./cmd/server, optionally =name for the binary and image name. Empty: the only main package.'),
    choice('Project', 'binaries', ['separate', 'together'], 'With several mains: separate makes an image of each, together puts all binaries into one image (the first is the entry point).'),
    input('Project', 'packages', 'list', './...', 'Packages to vet and test.'),
    input('Project', 'file', 'text', '', 'Dockerfile, relative to working-directory. Empty: ./Dockerfile when there is one, else one is generated; none: always generate.'),
    input('Project', 'context', 'text', '', 'Build context of a Dockerfile, relative to working-directory. Empty: working-directory.'),
    input('Go', 'go-version', 'text', '', 'Go version: 1.26, 1.26.8, ^1.25, stable, oldstable, 1.27rc1. Empty: from the files.'),
    input('Go', 'go-version-file', 'text', '', 'File that names the Go version: go.mod, go.work, .go-version, .tool-versions, mise.toml, a Dockerfile. Empty: found.'),
    input('Go', 'check-latest', 'boolean', 'false', 'Ask for the newest matching release even when an older one is installed.'),
    input('Go', 'go-tags', 'list', '', 'Build tags, shared by vet, test and build.'),
    input('Go', 'cgo', 'boolean', 'false', 'Build with cgo (CGO_ENABLED=1). Needs a C compiler on the runner; only the platform of the runner can be built.'),
    input('Go', 'ldflags', 'text', '', 'Linker flags with {{.Version}}, {{.Commit}}, {{.ShortCommit}}, {{.Date}}, {{.Branch}}, {{.Tag}}, {{.Env.NAME}}. Empty: -s -w and -X main.version, main.commit, main.date.'),
    input('Go', 'goproxy', 'text', '', 'GOPROXY for modules and, as a last resort, for the Go toolchain. Empty: as the environment says.'),
    input('Go', 'go-mirrors', 'list', '', 'Mirrors of go.dev/dl asked first, for example https://golang.google.cn/dl. Downloads are checked against the published SHA-256.'),
    input('Go', 'cache-dependency-path', 'list', '', 'Files that key the module cache, globs allowed. Empty: go.mod, go.sum and go.work.sum of all modules.'),
    input('Gates', 'vet', 'boolean', 'true', 'Run go vet; a finding stops the release.'),
    input('Gates', 'test', 'boolean', 'true', 'Run go test; a failure stops the release.'),
    input('Gates', 'test-flags', 'words', '', 'More flags for go test, for example -short -timeout=5m.'),
    input('Gates', 'race', 'boolean', 'false', 'Test with the race detector (needs a C compiler; compiles separately from the build).'),
    input('Gates', 'coverage', 'boolean', 'true', 'Measure test coverage.'),
    input('Gates', 'coverage-threshold', 'number', '', 'Least coverage of statements in percent; less stops the release.'),
    choice('Gates', 'start', ['auto', 'service', 'command', 'off'], 'Start the image before it is published. auto: a program that goes on running is a service, one that exits 0 a command.'),
    input('Gates', 'health-path', 'text', '', 'HTTP path that must answer 2xx, for example /health.'),
    input('Gates', 'start-args', 'words', '', 'Arguments for the start, for example --version.'),
    input('Gates', 'start-env', 'pairs', '', 'Environment for the start, KEY=value lines. Not for secrets: give the program test values.'),
    input('Gates', 'start-timeout', 'duration', '30s', 'How long the image may take until it listens and is healthy.'),
    choice('Gates', 'verify', ['full', 'fast', 'off'], 'Read the pushed image back: full hashes every layer again, fast checks manifests and that layers are there.'),
    input('Build', 'push', 'text', 'auto', 'Push the image: true, false, or auto (not on pull requests, not outside GitHub Actions).'),
    input('Build', 'load', 'boolean', 'false', 'Load the image of the platform of the runner into the local Docker engine, under its tags.'),
    input('Build', 'target', 'text', '', 'Stage of the Dockerfile to build.'),
    input('Build', 'build-args', 'pairs', '', 'Build arguments, KEY=value lines. VERSION, COMMIT and DATE are given when the Dockerfile declares them.'),
    input('Build', 'build-contexts', 'pairs', '', 'Further named contexts, name=path-or-url lines.'),
    input('Build', 'secrets', 'pairs', '', 'Build secrets, id=value lines, for RUN --mount=type=secret,id=….', { secret: true }),
    input('Build', 'secret-files', 'pairs', '', 'Build secrets from files, id=path lines.'),
    input('Build', 'secret-envs', 'pairs', '', 'Build secrets from environment variables, id=NAME lines.'),
    input('Build', 'ssh', 'list', '', 'SSH agent sockets or keys for the build, as in docker buildx build --ssh.'),
    input('Build', 'no-cache', 'boolean', 'false', 'Build without any layer cache.'),
    input('Build', 'pull', 'boolean', 'false', 'Always ask for newer base images.'),
    input('Build', 'provenance', 'text', 'false', 'Provenance attestation: false, true, mode=min, mode=max. Off by default because it makes the digest differ from run to run and adds unknown/unknown entries.'),
    input('Build', 'sbom', 'text', 'false', 'SBOM attestation by BuildKit: false, true, or generator=image.'),
    input('Registries', 'registries', 'list', '', 'Logins: "host user password-or-${ENV}" lines, or a YAML list with registry, username, password. ghcr.io is logged in with github-token by itself.', { secret: true }),
    input('Registries', 'github-token', 'text', '${{ github.token }}', 'Token for ghcr.io (needs packages: write to push).', { secret: true }),
    input('Registries', 'registry-mirrors', 'list', '', 'Mirrors for pulls, for example docker.io=https://mirror.example lines; http:// is allowed and then insecure.'),
    input('Registries', 'insecure-registries', 'list', '', 'Registries reached by http or with an unknown certificate, host[:port] lines. Loopback ones need no entry.'),
    input('Registries', 'registry-ca', 'text', '', 'Certificate authority of the registries: PEM text or a path.'),
    choice('Caches', 'cache', ['auto', 'read', 'off'], 'Module and build cache: auto restores and saves, read never saves, off neither.'),
    choice('Caches', 'layer-cache', ['auto', 'registry', 'gha', 'local', 'off'], 'Layer cache for your own Dockerfile. auto: beside the image when logged in there, else gha, else off.'),
    choice('Builder', 'engine', ['auto', 'buildx', 'direct'], 'What assembles the image: buildx (Docker Buildx), direct (our own layers through the registry API, no Docker needed), or auto: direct for a generated image that is pushed, else buildx.'),
    choice('Builder', 'driver', ['auto', 'docker', 'docker-container', 'remote', 'kubernetes'], 'Buildx driver. auto: docker when its containerd image store can do the job (no boot), else docker-container.'),
    input('Builder', 'driver-opts', 'list', '', 'Options for the driver, key=value lines.'),
    input('Builder', 'endpoint', 'text', '', 'Address of the builder for the remote driver, or Docker context for the others.'),
    input('Builder', 'buildkitd-config', 'text', '', 'More buildkitd.toml, merged with what the registry inputs need: TOML text or a path.'),
    input('Builder', 'buildx-version', 'text', 'auto', 'Buildx to use: auto (the installed one when new enough), vX.Y.Z or latest.'),
    input('Builder', 'buildx-url', 'text', 'https://github.com/docker/buildx/releases/download', 'Where Buildx is downloaded from.'),
    input('Builder', 'keep-builder', 'boolean', 'false', 'Keep the builder and its cache for the next run (self-hosted runners), pruned to a size.'),
    input('Run', 'report-dir', 'text', '', 'Folder for the report files, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/report outside GitHub Actions.'),
    input('Run', 'dry-run', 'boolean', 'false', 'Only print the plan.'),
]; // prettier-ignore
const OUTPUTS = [
    { name: 'image', description: 'name@digest of what was pushed, a line for each image name.' },
    { name: 'digest', description: 'Digest of the image (its index when it has several platforms), a line for each image.' },
    { name: 'tags', description: 'Full references of the tags, a line each.' },
    { name: 'platform-digests', description: 'JSON object: platform to manifest digest (an object of these by name when there are several images).' },
    { name: 'metadata', description: 'JSON object with everything about the images: names, digests, platforms, sizes, tags, labels.' },
    { name: 'go-version', description: 'The Go version that was used, for example 1.26.8.' },
    { name: 'coverage', description: 'Test coverage of statements in percent, for example 83.4.' },
    { name: 'tests', description: 'JSON object: passed, failed, skipped, packages, cached.' },
    { name: 'cache-hit-modules', description: 'true when the module cache was restored by its exact key, partial for an older one, else false.' },
    { name: 'cache-hit-build', description: 'true when the build cache was restored from the same commit, partial for an older one, else false.' },
    { name: 'report', description: 'Folder of the report files (report.json, summary.md, junit.xml, coverage.out, pictures).' },
    { name: 'plan', description: 'The plan as JSON.' },
]; // prettier-ignore
const inputSpec = (name) => INPUTS.find((spec) => spec.name === name);
//# sourceMappingURL=spec.js.map
;// CONCATENATED MODULE: ./lib/actions/shell.js










/**
 * `text` so that the runner finds no workflow command in it: what tests, builds and containers print must not set
 * outputs, unmask secrets or switch commands off in our name. A backslash shows where one was.
 *
 * The runner takes `::name::` at the start of a line, after blanks, and the older `##[name]` anywhere in it
 * (actions/runner, ActionCommand.TryParseV2 and TryParse); a lone CR ends a line too. It compares by the rules of a
 * language, which pass over characters that cannot be seen, so these do not hide a command here either.
 */
function inert(text) {
    return text
        .replace(/(^|[\r\n])([\p{Z}\p{C}\p{M}]*)(?=:[\p{C}\p{M}]*:)/gu, '$1$2\\')
        .replace(/(#[\p{C}\p{M}]*#[\p{C}\p{M}]*)(?=\[)/gu, '$1\\');
}
/** The log of a GitHub action: workflow commands on stdout. */
function actionLog(secrets) {
    const clean = (text) => secrets.redact(text);
    return {
        // The others escape their text themselves and begin with a command, which the runner looks for first.
        info: (line) => core.info(inert(clean(line))),
        debug: (line) => core.debug(clean(line)),
        warning: (message) => core.warning(clean(message)),
        error: (message) => core.error(clean(message)),
        annotate: (annotation) => {
            const { level, message, title, file, line, column } = annotation;
            const where = {
                ...(title === undefined ? {} : { title: clean(title) }),
                ...(file === undefined ? {} : { file }),
                ...(line === undefined ? {} : { startLine: line }),
                ...(column === undefined ? {} : { startColumn: column }),
            };
            core[level](clean(message), where);
        },
    };
}
/** The log of the command line: everything to stderr, so that stdout stays for results. */
function terminalLog(secrets, write, debug) {
    // The command line may run in a workflow step too, and the runner reads stderr like stdout.
    const line = (text) => write(`${inert(secrets.redact(text))}\n`);
    return {
        info: line,
        debug: (text) => {
            if (debug)
                line(text);
        },
        warning: (message) => line(`warning: ${message}`),
        error: (message) => line(`error: ${message}`),
        annotate: (annotation) => line(formatAnnotation(annotation)),
    };
}
/** `file:line:column: error: message`, as compilers print it. */
function formatAnnotation({ level, message, title, file, line, column }) {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return [place === '' ? undefined : place, level, title, message]
        .filter((part) => part !== undefined)
        .join(': ');
}
const INPUT_VARIABLES = new Set(INPUTS.map(({ name }) => `INPUT_${name.toUpperCase()}`));
const COMMAND_FILES = new Set(['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => `GITHUB_${name}`));
/**
 * The environment of the programs we start: without our inputs (passwords stand in them) and without the files by
 * which a step talks to the runner. Tests and builds run the repository's code; outputs, state and PATH of this job
 * are not theirs to set.
 */
function childEnvironment(env) {
    return Object.fromEntries(Object.entries(env).filter(([name]) => !INPUT_VARIABLES.has(name.toUpperCase()) && !COMMAND_FILES.has(name.toUpperCase())));
}
/** Opens the ports of a run and listens for SIGINT and SIGTERM: the first cancels, a second one ends at once. */
function openShell(log, secrets, options = {}) {
    const env = options.env ?? process.env;
    const abort = new AbortController();
    const http = new SystemHttp(options.ca === undefined ? {} : { ca: options.ca });
    const onSignal = (name) => {
        if (abort.signal.aborted)
            process.exit(130);
        abort.abort((0,base_errors/* cancelledError */.YQ)(`the run was cancelled (${name})`));
    };
    const names = ['SIGINT', 'SIGTERM'];
    for (const name of names)
        process.on(name, onSignal);
    return {
        exec: new SystemExec(childEnvironment(env)),
        http,
        log: log(secrets),
        signal: abort.signal,
        host: hostOf(),
        env,
        counter: new RetryCounter(),
        secrets,
        temp: new TemporaryFolders(temporaryRoot(env)),
        clock: systemClock,
        cancel: (reason) => abort.abort(reason),
        close: async () => {
            for (const name of names)
                process.off(name, onSignal);
            await http.close();
        },
    };
}
/** Tells a failure completely: every problem with its fix, then the log it came with. Returns it typed. */
function tellFailure(error, log, what) {
    const failure = (0,base_errors/* toPipelineError */.Oo)(error, what);
    for (const problem of failure.problems)
        log.error((0,base_errors/* describeProblem */.BJ)(problem));
    if (failure.log !== undefined && failure.log !== '') {
        log.info('--- last output ---');
        for (const line of failure.log.split('\n').slice(-60))
            log.info(line);
    }
    return failure;
}
//# sourceMappingURL=shell.js.map
;// CONCATENATED MODULE: ./lib/buildx/config.js
/**
 * The BuildKit daemon's configuration (docs/buildkitd.toml.md in moby/buildkit). Undefined when nothing is asked for,
 * so that the builder keeps its own default.
 */
function buildkitdToml(options) {
    const registries = collect(options);
    const raw = options.raw ?? '';
    if (registries.size === 0 && raw.trim() === '')
        return { toml: undefined, problems: [] };
    const lines = raw === '' ? [] : raw.replace(/\r\n/g, '\n').replace(/\n$/, '').split('\n');
    const sections = registrySections(lines);
    const problems = [];
    if (registries.size > 0 && sections.unreadable !== undefined) {
        problems.push({
            code: 'buildkitd-config-mixed',
            what: 'the mirrors and authorities cannot be merged into this buildkitd configuration',
            cause: `line ${sections.unreadable + 1} sets registries as a dotted key or inline table`,
            input: 'buildkitd-config',
            fix: 'write it as a table: [registry."docker.io"] on a line of its own, its keys below',
        });
        return { toml: undefined, problems };
    }
    const out = [];
    lines.forEach((line, index) => {
        out.push(line);
        const section = sections.tables.find((table) => table.line === index);
        const ours = section === undefined ? undefined : registries.get(section.registry);
        if (section !== undefined && ours !== undefined) {
            out.push(...keys(ours)
                .filter(([key]) => !section.keys.has(key))
                .map(([key, value]) => `  ${key} = ${value}`));
            registries.delete(section.registry);
        }
    });
    for (const [name, registry] of registries) {
        if (out.length > 0)
            out.push('');
        out.push(`[registry.${tomlString(name)}]`, ...keys(registry).map(([key, value]) => `  ${key} = ${value}`));
    }
    return { toml: `${out.join('\n')}\n`, problems };
}
function collect(options) {
    const registries = new Map();
    const at = (name) => {
        const known = registries.get(name) ?? { mirrors: [], http: false, insecure: false, ca: [] };
        registries.set(name, known);
        return known;
    };
    for (const { registry, url } of options.mirrors ?? []) {
        const mirror = bareMirror(url);
        const entry = at(registry);
        if (!entry.mirrors.includes(mirror))
            entry.mirrors.push(mirror);
        // The scheme of a mirror is set at the mirror's own host, not at the registry it stands for.
        if (url.startsWith('http://'))
            at(config_hostOf(mirror)).http = true;
    }
    for (const host of options.insecure ?? []) {
        const entry = at(host);
        entry.http = true;
        entry.insecure = true;
    }
    for (const { registry, file } of options.ca ?? []) {
        const entry = at(registry);
        if (!entry.ca.includes(file))
            entry.ca.push(file);
    }
    return registries;
}
/** `https://mirror.example/hub/` → `mirror.example/hub`, as buildkitd.toml and image references write it. */
const bareMirror = (url) => url.replace(/^https?:\/\//, '').replace(/\/+$/, '');
const config_hostOf = (mirror) => mirror.split('/')[0] ?? mirror;
function keys(registry) {
    const list = (values) => `[${values.map(tomlString).join(', ')}]`;
    return [
        ...(registry.mirrors.length > 0 ? [['mirrors', list(registry.mirrors)]] : []),
        ...(registry.http ? [['http', 'true']] : []),
        // BuildKit speaks plain HTTP to loopback addresses unless it is told not to.
        ...(!registry.http && registry.ca.length > 0 ? [['http', 'false']] : []),
        ...(registry.insecure ? [['insecure', 'true']] : []),
        ...(registry.ca.length > 0 ? [['ca', list(registry.ca)]] : []),
    ];
}
/** A TOML basic string (toml.io v1.0.0, "String"): quotes, backslashes and control characters escaped. */
function tomlString(value) {
    let out = '"';
    for (const char of value) {
        const code = char.codePointAt(0) ?? 0;
        if (char === '"' || char === '\\')
            out += `\\${char}`;
        else if (code < 0x20 || code === 0x7f)
            out += `\\u${code.toString(16).padStart(4, '0')}`;
        // A lone surrogate is no Unicode scalar value and may not stand in TOML.
        else if (code >= 0xd800 && code <= 0xdfff)
            out += '\ufffd';
        else
            out += char;
    }
    return `${out}"`;
}
/** Finds `[registry."host"]` tables and their keys; knows multi-line strings and arrays, and nothing more of TOML. */
function registrySections(lines) {
    const found = { tables: [] };
    const open = new OpenValue();
    let table = '';
    let current;
    lines.forEach((line, index) => {
        if (open.inside) {
            open.read(line);
            return;
        }
        const statement = line.trim();
        if (statement === '' || statement.startsWith('#'))
            return;
        const header = /^\[(?!\[)(.*)\]\s*(?:#.*)?$/.exec(statement);
        if (header !== null) {
            table = (header[1] ?? '').trim();
            const name = /^registry\s*\.\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))$/.exec(table);
            const registry = name?.[1] ?? name?.[2] ?? name?.[3];
            current = registry === undefined ? undefined : { line: index, registry, keys: new Set() };
            if (current !== undefined)
                found.tables.push(current);
            return;
        }
        if (statement.startsWith('[[')) {
            table = statement;
            current = undefined;
            return;
        }
        const key = /^(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))/.exec(statement);
        const name = key?.[1] ?? key?.[2] ?? key?.[3] ?? '';
        if (current !== undefined)
            current.keys.add(name);
        if ((table === '' && name === 'registry') || table === 'registry')
            found.unreadable ??= index;
        open.read(line.slice(line.indexOf('=') + 1));
    });
    return found;
}
/** Whether a value goes on over the line's end: inside a multi-line string or unclosed brackets. */
class OpenValue {
    #quote;
    #depth = 0;
    get inside() {
        return this.#quote !== undefined || this.#depth > 0;
    }
    read(text) {
        for (let i = 0; i < text.length;) {
            if (this.#quote !== undefined) {
                if (text.startsWith(this.#quote, i)) {
                    i += 3;
                    this.#quote = undefined;
                }
                else
                    i += this.#quote === '"""' && text[i] === '\\' ? 2 : 1;
                continue;
            }
            const char = text[i];
            if (text.startsWith('"""', i) || text.startsWith("'''", i)) {
                this.#quote = text.startsWith('"""', i) ? '"""' : "'''";
                i += 3;
            }
            else if (char === '"' || char === "'") {
                i++;
                while (i < text.length && text[i] !== char)
                    i += char === '"' && text[i] === '\\' ? 2 : 1;
                i++;
            }
            else if (char === '#')
                return;
            else {
                if (char === '[' || char === '{')
                    this.#depth++;
                else if (char === ']' || char === '}')
                    this.#depth = Math.max(0, this.#depth - 1);
                i++;
            }
        }
    }
}
//# sourceMappingURL=config.js.map
;// CONCATENATED MODULE: ./lib/buildx/driver.js

/**
 * Which driver builds. `docker` needs no builder to boot (2 to 20 s saved) but leans on the engine's own image store
 * and registry settings; `docker-container` can do everything; `remote` and `kubernetes` need no engine here.
 */
function chooseDriver(input, engine, needs) {
    if (input === 'remote') {
        const problems = (needs.endpoint ?? '') === ''
            ? [
                {
                    code: 'endpoint-missing',
                    what: 'the remote driver needs the address of a BuildKit',
                    input: 'endpoint',
                    fix: 'set "endpoint", for example tcp://buildkit.example:1234',
                },
            ]
            : [];
        return {
            driver: 'remote',
            boots: true,
            why: 'asked for',
            problems: [...problems, ...unusedConfig(needs)],
        };
    }
    if (input === 'kubernetes')
        return kubernetes(needs);
    // Without a scheme it is the name of a Docker context, which docker-container builds in.
    if (input === 'auto' && (needs.endpoint ?? '').includes('://')) {
        return {
            driver: 'remote',
            boots: true,
            why: 'the address of a BuildKit was given',
            problems: unusedConfig(needs),
        };
    }
    const { server } = engine;
    if (!engine.reachable || server === undefined) {
        const problem = engine.problem ?? { code: 'docker-down', what: 'no Docker engine can be used' };
        return { driver: 'none', boots: false, why: 'no engine answers', problems: [problem] };
    }
    if (server.os === 'windows')
        return windowsEngine(needs);
    const cannot = dockerDriverLacks(engine, needs);
    if (input === 'docker') {
        const problems = cannot.map((reason) => ({
            code: 'driver-cannot',
            what: 'the docker driver cannot do this build',
            cause: reason,
            input: 'driver',
            value: 'docker',
            fix: 'set "driver" to auto or docker-container; or turn the containerd image store on in the engine',
        }));
        return { driver: 'docker', boots: false, why: 'asked for', problems };
    }
    if (input === 'docker-container')
        return { driver: input, boots: true, why: 'asked for', problems: [] };
    return cannot.length === 0
        ? {
            driver: 'docker',
            boots: false,
            why: 'the engine itself can do this build: no builder to boot',
            problems: [],
        }
        : { driver: 'docker-container', boots: true, why: cannot.join('; '), problems: [] };
}
/** Why the engine's built-in BuildKit is not enough; empty when it is. */
function dockerDriverLacks(engine, needs) {
    const { server } = engine;
    if (server === undefined)
        return ['no engine answers'];
    const reasons = [];
    if (server.product === 'podman')
        reasons.push('Podman has no BuildKit of its own');
    if (!server.containerdStore) {
        const wants = [
            ...(needs.platforms.length > 1 ? ['several platforms'] : []),
            ...((needs.output ?? 'push') === 'push' ? ['an OCI export'] : []),
            ...(needs.attestations ? ['attestations'] : []),
            ...(needs.cacheExport ? ['a layer cache'] : []),
        ];
        if (wants.length > 0)
            reasons.push(`the engine’s classic image store has no ${wants.join(', ')}`);
    }
    const mirrors = needs.mirrors.filter(({ registry, url }) => !(registry === 'docker.io' && server.mirrors.some((own) => bareMirror(own) === bareMirror(url))));
    if (mirrors.length > 0)
        reasons.push('registry mirrors are asked for that the engine does not have');
    const insecure = needs.insecure.filter((host) => !isLoopback(host) && !server.insecureRegistries.includes(host));
    if (insecure.length > 0)
        reasons.push(`the engine does not accept ${insecure.join(', ')} without verified TLS`);
    if (needs.ca)
        reasons.push('a registry authority is given, which the engine does not have');
    if ((needs.endpoint ?? '') !== '')
        reasons.push('another Docker context is named by "endpoint"');
    if (needs.rawConfig)
        reasons.push('a buildkitd configuration is given');
    return reasons;
}
/** The host part of `host[:port]` is this machine; the engine accepts plain HTTP there by itself. */
function isLoopback(host) {
    const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name);
}
function kubernetes(needs) {
    const problems = [
        {
            code: 'loopback-registry',
            what: 'a builder in Kubernetes cannot reach a registry on this machine’s loopback',
            input: 'driver',
            value: 'kubernetes',
            fix: 'push to a registry that the cluster reaches, or leave "driver" at auto',
        },
    ];
    return {
        driver: 'kubernetes',
        boots: true,
        why: 'asked for',
        problems: needs.loopbackRegistry === true ? problems : [],
    };
}
function unusedConfig(needs) {
    if (needs.mirrors.length === 0 && needs.insecure.every(isLoopback) && !needs.ca && !needs.rawConfig)
        return [];
    return [
        {
            code: 'remote-config',
            what: 'a remote BuildKit has its own configuration',
            cause: 'mirrors, insecure registries, authorities and buildkitd settings cannot be handed to it from here',
            input: 'driver',
            value: 'remote',
            fix: 'put them into the buildkitd.toml of that BuildKit and remove the inputs here',
        },
    ];
}
/** Buildx and BuildKit do not run in a Windows-containers engine (docker/setup-buildx-action#597). */
function windowsEngine(needs) {
    const windowsOnly = needs.platforms.length > 0 && needs.platforms.every((platform) => platform.os === 'windows');
    return {
        driver: 'none',
        boots: false,
        why: 'the engine runs Windows containers',
        problems: [
            {
                code: 'windows-engine',
                what: 'this engine runs Windows containers and has no BuildKit',
                cause: windowsOnly
                    ? 'Windows images are assembled by a BuildKit in Linux-containers mode, or by the direct engine'
                    : `it cannot build for ${[...new Set(needs.platforms.map((platform) => platform.os))].join(' and ')}`,
                fix: 'build on ubuntu-latest: Windows images need no Windows there as long as nothing RUNs in them (start them in a job on windows-2022 or windows-2025); ' +
                    'or switch Docker Desktop to Linux containers; or set "driver: remote" with an "endpoint"',
            },
        ],
    };
}
/** How the result leaves a builder that can do `needs`: by digest where the driver can, else as a file that we push. */
const pushForm = (driver) => (driver === 'docker' ? 'oci' : 'digest');
//# sourceMappingURL=driver.js.map
;// CONCATENATED MODULE: ./lib/image/base.js

const DISTROLESS_STATIC = 'gcr.io/distroless/static-debian13:nonroot';
const DISTROLESS_BASE = 'gcr.io/distroless/base-debian13:nonroot';
const ALPINE = 'docker.io/library/alpine:3.24';
const NANOSERVER = 'mcr.microsoft.com/windows/nanoserver';
/** What distroless Debian 13 is published for (GoogleContainerTools/distroless, common/variables.bzl). */
const DISTROLESS = new Set(['amd64', 'arm64', 'arm', 's390x', 'ppc64le', 'riscv64']);
/** Windows builds of the long-term channels (learn.microsoft.com, "Base image servicing lifecycles"). */
const WINDOWS_CHANNELS = {
    '17763': 'ltsc2019',
    '20348': 'ltsc2022',
    '26100': 'ltsc2025',
};
/**
 * The base of the generated image: `scratch` or a reference. `input` is auto, scratch, distroless, alpine, nanoserver
 * or a reference of the user's, which is taken for every platform. Linux words leave Windows with Nano Server.
 */
function baseFor(input, platform, cgo) {
    const named = ['auto', 'scratch', 'distroless', 'alpine', 'nanoserver'].includes(input);
    if (!named)
        return input;
    if (platform.os === 'windows')
        return `${NANOSERVER}:${windowsChannel(platform)}`;
    if (input === 'scratch' || platform.os !== 'linux')
        return 'scratch';
    if (input === 'alpine')
        return ALPINE;
    const published = DISTROLESS.has(platform.arch) && (platform.arch !== 'arm' || (platform.variant ?? 'v7') === 'v7');
    if (!published)
        return cgo ? DISTROLESS_BASE : 'scratch';
    return cgo ? DISTROLESS_BASE : DISTROLESS_STATIC;
}
function windowsChannel(platform) {
    const build = platform.osVersion?.split('.')[2] ?? '';
    return WINDOWS_CHANNELS[build] ?? 'ltsc2022';
}
/** What cannot work, told before anything is compiled. */
function validateBase(input, platforms, cgo) {
    const problems = [];
    const bad = (what, cause, fix) => {
        problems.push({ code: 'base', what, cause, fix, input: 'base', value: input });
    };
    const linux = platforms.filter((platform) => platform.os === 'linux');
    if (input === 'nanoserver' && linux.length > 0) {
        bad('nanoserver is no base for Linux', `${linux.map(formatPlatform).join(', ')} was asked for`, 'leave "base" at auto: Windows platforms get Nano Server, Linux ones distroless');
    }
    if (input === 'scratch' && cgo) {
        bad('a cgo program does not run on scratch', 'it needs the C library and its loader', 'use base: distroless (glibc), or set cgo: false');
    }
    if (cgo && ['auto', 'distroless'].includes(input)) {
        const unpublished = linux.filter((platform) => !DISTROLESS.has(platform.arch));
        if (unpublished.length > 0) {
            bad('no distroless base with a C library is published for a platform that was asked for', unpublished.map(formatPlatform).join(', '), 'name a base image that has it, or set cgo: false');
        }
    }
    return problems;
}
/** Recognises the usual bases by name, whatever registry, tag or digest they come with. */
function base_baseTraits(base) {
    if (base === 'scratch')
        return { kind: 'scratch', furnished: false };
    const name = base.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
    if (/(^|\/)windows\/nanoserver$/.test(name))
        return { kind: 'nanoserver', furnished: true };
    if (/(^|\/)distroless\//.test(name))
        return { kind: 'distroless', furnished: true };
    if (/(^|\/)alpine$/.test(name))
        return { kind: 'alpine', furnished: true };
    return { kind: 'other', furnished: true };
}
/** `name:tag@sha256:…`: the tag stays for people, the digest decides. */
const pinBase = (base, digest) => base === 'scratch' || digest === undefined || base.includes('@') ? base : `${base}@${digest}`;
//# sourceMappingURL=base.js.map
;// CONCATENATED MODULE: ./lib/registry/reference.js
/** Image names, as Docker and containerd read them (distribution/reference grammar). */
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const DOCKER_HUB = new Set([
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'registry.hub.docker.com',
]);
/** The name under which a registry's credentials, mirrors and settings are kept: lower case, Docker Hub in one spelling. */
function normalizeRegistry(host) {
    const lower = host.toLowerCase();
    return DOCKER_HUB.has(lower) ? 'docker.io' : lower;
}
/** The host that answers the API of a registry: Docker Hub's is not at docker.io. */
const apiHost = (registry) => normalizeRegistry(registry) === 'docker.io' ? 'registry-1.docker.io' : registry;
/** Why `text` is no `host[:port]`, or undefined when it is one. IPv6 addresses stand in brackets. */
function registryFault(text) {
    if (/^[a-z]+:\/\//i.test(text))
        return 'leave the scheme out: write host or host:port';
    if (text.includes('/'))
        return 'a registry is host or host:port, without a path';
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
    if (match === null)
        return 'write host or host:port (an IPv6 address in brackets)';
    const [, host = '', port] = match;
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
        return `there is no port ${port}`;
    if (!host.startsWith('[') && !/^[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(host))
        return `"${host}" is not a host name`;
    return undefined;
}
const isTag = (text) => TAG.test(text);
/**
 * Reads `[registry/]repository[:tag][@digest]`. Without a registry it is Docker Hub's, without a namespace there
 * `library/`. Returns the reason when it is no reference.
 */
function reference_parseReference(text) {
    const trimmed = text.trim();
    if (trimmed === '')
        return { reason: 'it is empty' };
    if (/^[a-z]+:\/\//i.test(trimmed))
        return { reason: 'leave the scheme (https://, docker://) out' };
    if (/\s/.test(trimmed))
        return { reason: 'it holds a blank' };
    const at = trimmed.indexOf('@');
    const digest = at < 0 ? undefined : trimmed.slice(at + 1);
    if (digest !== undefined && !DIGEST.test(digest))
        return { reason: `"${digest}" is not a digest: write sha256: and 64 hexadecimal digits` };
    const named = at < 0 ? trimmed : trimmed.slice(0, at);
    // A colon after the last slash starts a tag; before it, a port.
    const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
    const tag = colon < 0 ? undefined : named.slice(colon + 1);
    const name = colon < 0 ? named : named.slice(0, colon);
    if (tag !== undefined && !TAG.test(tag))
        return {
            reason: `"${tag}" is not a tag: letters, digits, "_", "." and "-", at most 128, not starting with "." or "-"`,
        };
    const slash = name.indexOf('/');
    const first = slash < 0 ? '' : name.slice(0, slash);
    // Docker's rule: the first part is a host when it could not be a namespace.
    const hasHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
    const host = hasHost ? first : 'docker.io';
    let repository = hasHost ? name.slice(slash + 1) : name;
    const fault = registryFault(host);
    if (fault !== undefined)
        return { reason: `"${host}" is not a registry: ${fault}` };
    const registry = normalizeRegistry(host);
    if (registry === 'docker.io' && !repository.includes('/') && repository !== '')
        repository = `library/${repository}`;
    if (repository === '')
        return { reason: 'it names no repository' };
    if (repository !== repository.toLowerCase())
        return { reason: `repository names are lower case: write ${repository.toLowerCase()}` };
    if (repository.length > 255)
        return { reason: 'its repository name is longer than 255 characters' };
    for (const part of repository.split('/')) {
        if (!COMPONENT.test(part))
            return {
                reason: part === ''
                    ? 'it has an empty part between slashes'
                    : `"${part}" is not allowed in a repository name: lower-case letters and digits, with ".", "_", "__" or "-" between them`,
            };
    }
    if (!hasHost && /^[a-f0-9]{64}$/.test(name))
        return { reason: 'it is an image id, not a name' };
    return {
        registry,
        repository,
        ...(tag === undefined ? {} : { tag }),
        ...(digest === undefined ? {} : { digest }),
    };
}
/** The full name: `docker.io/library/alpine:3.22@sha256:…`. */
function formatReference(ref) {
    return (`${ref.registry}/${ref.repository}` +
        (ref.tag === undefined ? '' : `:${ref.tag}`) +
        (ref.digest === undefined ? '' : `@${ref.digest}`));
}
/** What is asked of the registry: the digest when there is one, else the tag, else `latest`. */
const identifierOf = (ref) => ref.digest ?? ref.tag ?? 'latest';
const sameRepository = (a, b) => a.registry === b.registry && a.repository === b.repository;
/** Hosts that Docker trusts without TLS: this machine's own. */
function reference_isLoopback(registry) {
    const host = registry.replace(/:\d+$/, '');
    return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
//# sourceMappingURL=reference.js.map
;// CONCATENATED MODULE: ./lib/image/dates.js
/**
 * Dates in tags, in the letters of moment.js that docker/metadata-action made usual
 * (https://momentjs.com/docs/#/displaying/format/). Week numbers are ISO 8601's.
 */
const TOKEN = /\[[^\]]*\]|YYYY|YY|Q|MMMM|MMM|MM|M|DDDD|DDD|DD|D|dddd|ddd|E|GGGG|WW|W|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x|ZZ|Z|[A-Za-z]/g;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']; // prettier-ignore
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY_MS = 86_400_000;
/** Why `format` or `zone` cannot be used, or undefined. */
function dateFault(format, zone) {
    try {
        new Intl.DateTimeFormat('en-US', { timeZone: zone });
    }
    catch {
        return `"${zone}" is not a time zone (write one like Europe/Berlin or UTC)`;
    }
    for (const [token] of format.matchAll(TOKEN)) {
        // A lone T parts date and time, as in ISO 8601.
        if (token !== 'T' && LETTERS[token] === undefined && !token.startsWith('['))
            return `the date letter "${token}" is not known (text that is no date stands in [brackets])`;
    }
    return undefined;
}
/** `ms` since the epoch, as `format` says, in an IANA time zone. Both must have passed `dateFault`. */
function formatDate(ms, format, zone) {
    const parts = new Map();
    const formatter = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
    });
    for (const part of formatter.formatToParts(ms))
        parts.set(part.type, Number(part.value));
    const part = (name) => parts.get(name) ?? 0;
    const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')); // prettier-ignore
    const moment = {
        ms,
        wall: new Date(wall),
        offsetMinutes: Math.round((wall - Math.floor(ms / 1000) * 1000) / 60_000),
    };
    return format.replace(TOKEN, (token) => token.startsWith('[') ? token.slice(1, -1) : (LETTERS[token]?.(moment) ?? token));
}
const pad = (value, width) => String(value).padStart(width, '0');
const hour12 = (date) => date.getUTCHours() % 12 || 12;
const dayOfYear = (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
const isoDay = (date) => date.getUTCDay() || 7;
/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeek(date) {
    const thursday = new Date(date.getTime() + (4 - isoDay(date)) * DAY_MS);
    return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}
function offset(minutes, colon) {
    const size = Math.abs(minutes);
    return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}${colon}${pad(size % 60, 2)}`;
}
const LETTERS = {
    YYYY: ({ wall }) => pad(wall.getUTCFullYear(), 4),
    YY: ({ wall }) => pad(wall.getUTCFullYear() % 100, 2),
    Q: ({ wall }) => String(Math.floor(wall.getUTCMonth() / 3) + 1),
    MMMM: ({ wall }) => MONTHS[wall.getUTCMonth()] ?? '',
    MMM: ({ wall }) => (MONTHS[wall.getUTCMonth()] ?? '').slice(0, 3),
    MM: ({ wall }) => pad(wall.getUTCMonth() + 1, 2),
    M: ({ wall }) => String(wall.getUTCMonth() + 1),
    DDDD: ({ wall }) => pad(dayOfYear(wall), 3),
    DDD: ({ wall }) => String(dayOfYear(wall)),
    DD: ({ wall }) => pad(wall.getUTCDate(), 2),
    D: ({ wall }) => String(wall.getUTCDate()),
    dddd: ({ wall }) => DAYS[wall.getUTCDay()] ?? '',
    ddd: ({ wall }) => (DAYS[wall.getUTCDay()] ?? '').slice(0, 3),
    E: ({ wall }) => String(isoDay(wall)),
    GGGG: ({ wall }) => pad(isoWeek(wall).year, 4),
    WW: ({ wall }) => pad(isoWeek(wall).week, 2),
    W: ({ wall }) => String(isoWeek(wall).week),
    HH: ({ wall }) => pad(wall.getUTCHours(), 2),
    H: ({ wall }) => String(wall.getUTCHours()),
    hh: ({ wall }) => pad(hour12(wall), 2),
    h: ({ wall }) => String(hour12(wall)),
    mm: ({ wall }) => pad(wall.getUTCMinutes(), 2),
    m: ({ wall }) => String(wall.getUTCMinutes()),
    ss: ({ wall }) => pad(wall.getUTCSeconds(), 2),
    s: ({ wall }) => String(wall.getUTCSeconds()),
    SSS: ({ ms }) => pad(ms % 1000, 3),
    A: ({ wall }) => (wall.getUTCHours() < 12 ? 'AM' : 'PM'),
    a: ({ wall }) => (wall.getUTCHours() < 12 ? 'am' : 'pm'),
    X: ({ ms }) => String(Math.floor(ms / 1000)),
    x: ({ ms }) => String(ms),
    ZZ: ({ offsetMinutes }) => offset(offsetMinutes, ''),
    Z: ({ offsetMinutes }) => offset(offsetMinutes, ':'),
};
//# sourceMappingURL=dates.js.map
// EXTERNAL MODULE: ./lib/base/lists.js
var lists = __webpack_require__(23416);
;// CONCATENATED MODULE: ./lib/image/template.js


const DATES = new Set(['date', 'commit_date']);
const EXPRESSION = /\{\{\{?\s*([^{}]*?)\s*\}?\}\}/g;
/**
 * The part of Handlebars that tag rules use: `{{name}}` and `{{date 'YYYYMMDD' tz='Asia/Tokyo'}}`.
 * Returns the reason when an expression is not known or not closed.
 */
function parseTemplate(text, names) {
    const parts = [];
    let from = 0;
    for (const match of text.matchAll(EXPRESSION)) {
        if (match.index > from)
            parts.push(text.slice(from, match.index));
        from = match.index + match[0].length;
        const expression = parseExpression(match[1] ?? '', names);
        if ('reason' in expression)
            return expression;
        parts.push(expression);
    }
    if (from < text.length)
        parts.push(text.slice(from));
    const broken = parts.find((part) => typeof part === 'string' && /\{\{|\}\}/.test(part));
    return broken === undefined ? parts : { reason: 'an expression {{…}} is not closed, or not opened' };
}
function parseExpression(text, names) {
    const match = /^([A-Za-z_]\w*)(?:\s+(?:'([^']*)'|"([^"]*)"))?(?:\s+tz=(?:'([^']*)'|"([^"]*)"))?$/.exec(text);
    if (match === null) {
        return {
            reason: `{{${text}}} is not understood: write {{name}}, or {{date 'YYYYMMDD' tz='UTC'}} (blocks like {{#if}} are not supported)`,
        };
    }
    const [, name = '', single, double, zoneSingle, zoneDouble] = match;
    if (!names.includes(name)) {
        const near = (0,lists/* nearest */.pA)(name, names);
        return {
            reason: near === undefined
                ? `{{${name}}} is not known here; known are ${names.join(', ')}`
                : `{{${name}}} is not known here; did you mean {{${near}}}?`,
        };
    }
    const given = single ?? double;
    const zone = zoneSingle ?? zoneDouble;
    if (!DATES.has(name)) {
        return given === undefined && zone === undefined
            ? { name, format: '', zone: '' }
            : { reason: `{{${name}}} takes nothing after its name` };
    }
    if (given === undefined)
        return { reason: `{{${name}}} needs a format, for example {{${name} 'YYYYMMDD'}}` };
    const fault = dateFault(given, zone ?? 'UTC');
    return fault === undefined ? { name, format: given, zone: zone ?? 'UTC' } : { reason: fault };
}
/** The text of a template, with `value` giving each expression's. */
const expand = (template, value) => template.map((part) => (typeof part === 'string' ? part : value(part))).join('');
/** Whether the template holds no expression, so that its text is known before the run. */
const isPlain = (template) => template.every((part) => typeof part === 'string');
//# sourceMappingURL=template.js.map
// EXTERNAL MODULE: ./node_modules/semver/index.js
var semver = __webpack_require__(62088);
;// CONCATENATED MODULE: ./lib/image/versions.js

const VERSION = /^v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
function parseVersion(tag) {
    const slash = tag.lastIndexOf('/') + 1;
    const raw = tag.slice(slash);
    const match = VERSION.exec(raw);
    if (match === null)
        return undefined;
    const [, major = '', minor, patch, prerelease] = match;
    if ([major, minor, patch].some((part) => part !== undefined && !Number.isSafeInteger(Number(part))))
        return undefined;
    // A numeric identifier with a leading zero is no semantic version (semver.org, item 9).
    if (prerelease?.split('.').some((part) => /^0\d+$/.test(part)) === true)
        return undefined;
    return {
        raw,
        folder: tag.slice(0, slash),
        major: Number(major),
        ...(minor === undefined ? {} : { minor: Number(minor) }),
        ...(patch === undefined ? {} : { patch: Number(patch) }),
        ...(prerelease === undefined ? {} : { prerelease }),
    };
}
/** `1.2.3-rc.1`, as many parts as were written, without `v` and build metadata. */
function versions_formatVersion(version) {
    const numbers = [version.major, version.minor, version.patch].filter((part) => part !== undefined);
    return numbers.join('.') + (version.prerelease === undefined ? '' : `-${version.prerelease}`);
}
const comparable = (version) => `${version.major}.${version.minor ?? 0}.${version.patch ?? 0}` +
    (version.prerelease === undefined ? '' : `-${version.prerelease}`);
/** Precedence of semantic versioning; missing parts count as 0. */
const compareVersions = (a, b) => (0,semver.compare)(comparable(a), comparable(b));
/**
 * The highest stable version of `tags` that is above `version`, of the same folder and, when `line` says so, of the same
 * major or minor line. Undefined when `version` is the highest, so that a moving tag may move to it.
 */
function higherVersion(version, tags, line) {
    return tags
        .map(parseVersion)
        .filter((other) => other !== undefined)
        .filter((other) => other.folder === version.folder &&
        other.prerelease === undefined &&
        (line === 'all' || other.major === version.major) &&
        (line !== 'minor' || other.minor === version.minor) &&
        compareVersions(other, version) > 0)
        .sort(compareVersions)
        .at(-1);
}
//# sourceMappingURL=versions.js.map
;// CONCATENATED MODULE: ./lib/image/tag-facts.js



/** Facts for tags from git and the event; git knows better what is checked out. */
function tagFacts(git, event, now, moduleFolder) {
    const commit = git?.commit ?? event.sha;
    const commitTime = git?.commitTime ?? event.commitTime;
    const defaultBranch = event.defaultBranch ?? git?.defaultBranch;
    return {
        event: event.name,
        ref: git === undefined ? event.ref : (git.ref ?? ''),
        dirty: git?.dirty ?? false,
        versionTags: git?.tags ?? [],
        versionTagsComplete: git?.tagsComplete ?? false,
        now,
        ...(commit === undefined ? {} : { commit }),
        ...(commitTime === undefined ? {} : { commitTime }),
        ...(defaultBranch === undefined ? {} : { defaultBranch }),
        ...(event.baseRef === undefined ? {} : { baseRef: event.baseRef }),
        ...(moduleFolder === undefined ? {} : { moduleFolder }),
    };
}
/** The version in a git tag, if it is this module's: `v1.2.3`, or `sub/dir/v1.2.3` for the module in sub/dir. */
function ownVersion(facts, gitTag) {
    const version = parseVersion(gitTag);
    return version !== undefined && (version.folder === '' || version.folder === folderOf(facts))
        ? version
        : undefined;
}
/** The module's folder with its slash, '' at the top. */
const folderOf = (facts) => {
    const folder = (facts.moduleFolder ?? '').replace(/^(?:\.?\/)+|\/+$/g, '');
    return folder === '' || folder === '.' ? '' : `${folder}/`;
};
/** Letters that a tag cannot hold become `-`, as in metadata-action; it may not start with one, and has a length. */
const clean = (text) => text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
/** Expands a template with the facts, and with a version where a version rule asks. */
function fill(template, facts, version) {
    const value = ({ name, format, zone }) => {
        switch (name) {
            case 'branch':
                return after(facts.ref, 'refs/heads/') ?? '';
            case 'tag':
                return after(facts.ref, 'refs/tags/') ?? '';
            case 'sha':
                return (facts.commit ?? '').slice(0, 7);
            case 'base_ref':
                return facts.baseRef ?? '';
            case 'is_default_branch':
                return String(isDefaultBranch(facts));
            case 'is_not_default_branch':
                return String(!isDefaultBranch(facts));
            case 'date':
                return formatDate(facts.now, format, zone);
            case 'commit_date':
                return formatDate(facts.commitTime === undefined ? facts.now : facts.commitTime * 1000, format, zone);
            case 'raw':
                return version?.raw ?? '';
            case 'version':
                return version === undefined ? '' : versions_formatVersion(version);
            case 'major':
                return String(version?.major ?? '');
            case 'minor':
                return String(version?.minor ?? '');
            case 'patch':
                return String(version?.patch ?? '');
            case 'prerelease':
                return version?.prerelease ?? '';
            default:
                return '';
        }
    };
    return expand(template, value);
}
/** Scheduled runs have the default branch's ref; GitHub gives no payload of the repository there in every case. */
const isDefaultBranch = (facts) => {
    const branch = after(facts.ref, 'refs/heads/');
    return (branch !== undefined &&
        (branch === facts.defaultBranch || (facts.event === 'schedule' && facts.defaultBranch === undefined)));
};
/** The rest of `text` behind `start`, undefined when it does not start so. */
const after = (text, start) => text.startsWith(start) ? text.slice(start.length) : undefined;
/**
 * The version to compile into the program: `1.2.3` on its git tag, `main-1a2b3c4` or `pr-7-1a2b3c4` elsewhere,
 * `dev` outside git; `-dirty` at the end when the tree differs from the commit.
 */
function describeVersion(facts) {
    const gitTag = after(facts.ref, 'refs/tags/');
    const version = gitTag === undefined ? undefined : ownVersion(facts, gitTag);
    const commit = facts.commit?.slice(0, 7) ?? '';
    const branch = after(facts.ref, 'refs/heads/') ?? facts.ref.replace(/^refs\/pull\/(\d+)\/.*$/s, 'pr-$1');
    // The commit at the end must survive the cut of a long branch name.
    const named = [clean(branch).slice(0, 100), commit].filter((part) => part !== '').join('-');
    const found = version === undefined ? clean(gitTag ?? named) : formatVersion(version);
    return (found === '' ? commit || 'dev' : found) + (facts.dirty ? '-dirty' : '');
}
//# sourceMappingURL=tag-facts.js.map
;// CONCATENATED MODULE: ./lib/image/tag-rules.js



const PLAIN_FLAVOR = {
    latest: 'auto',
    prefix: [],
    suffix: [],
    prefixLatest: false,
    suffixLatest: false,
};
/** Order of the kinds, as documented by docker/metadata-action. */
const PRIORITIES = { schedule: 1000, semver: 900, match: 800, edge: 700, ref: 600, raw: 200, sha: 100 };
const TYPES = Object.keys(PRIORITIES);
const OWN_ATTRIBUTES = {
    schedule: ['pattern'],
    semver: ['pattern', 'value', 'match'],
    match: ['pattern', 'group', 'value'],
    edge: ['branch'],
    ref: ['event'],
    raw: ['value'],
    sha: ['format'],
};
const GLOBAL_NAMES = ['branch', 'tag', 'sha', 'base_ref', 'is_default_branch', 'is_not_default_branch', 'date', 'commit_date']; // prettier-ignore
const VERSION_NAMES = ['raw', 'version', 'major', 'minor', 'patch', 'prerelease'];
/**
 * Reads the `tags` input: one rule, plain tag, full reference or flavor line (`latest=false`, `suffix=-alpine,onlatest=true`)
 * a line. All mistakes are returned at once.
 */
function parseTagRules(text) {
    const rules = [];
    const problems = [];
    let flavor = PLAIN_FLAVOR;
    for (const line of (0,lists/* parseList */.E1)(text)) {
        try {
            const fields = splitFields(line);
            if (isFlavor(fields))
                flavor = { ...flavor, ...flavorOf(fields) };
            else
                rules.push(ruleOf(line, fields));
        }
        catch (error) {
            if (!(error instanceof RuleFault))
                throw error;
            problems.push({
                code: error.code,
                what: 'a line of the tags cannot be used',
                cause: error.message,
                input: 'tags',
                value: line,
                fix: error.fix,
            });
        }
    }
    return { rules, flavor, problems };
}
/** Thrown and caught inside this file only, to leave a line with its reason. */
class RuleFault extends Error {
    code;
    fix;
    constructor(message, fix, code = 'bad-tag-rule') {
        super(message);
        this.fix = fix;
        this.code = code;
    }
}
/** Comma-separated fields; a field in double quotes may hold commas, `""` in it is one quote (RFC 4180). */
function splitFields(line) {
    const fields = [];
    let field = '';
    let quoted = false;
    for (let i = 0; i < line.length; i++) {
        const char = line.charAt(i);
        if (quoted) {
            if (char !== '"')
                field += char;
            else if (line.charAt(i + 1) === '"')
                field += line.charAt(++i);
            else
                quoted = false;
        }
        else if (char === '"' && field.trim() === '') {
            quoted = true;
            field = '';
        }
        else if (char === ',') {
            fields.push(field.trim());
            field = '';
        }
        else
            field += char;
    }
    if (quoted)
        throw new RuleFault('a double quote is not closed', 'close the quote, or double it inside quotes');
    fields.push(field.trim());
    return fields.filter((part) => part !== '');
}
function keyOf(field) {
    const at = field.indexOf('=');
    return at < 1
        ? { value: field }
        : { key: field.slice(0, at).trim().toLowerCase(), value: field.slice(at + 1).trim() };
}
const FLAVOR_KEYS = new Set(['latest', 'prefix', 'suffix', 'onlatest']);
const isFlavor = (fields) => fields.length > 0 && fields.every((field) => FLAVOR_KEYS.has(keyOf(field).key ?? ''));
function flavorOf(fields) {
    const flavor = {};
    let last = '';
    for (const field of fields) {
        const { key = '', value } = keyOf(field);
        if (key === 'latest')
            flavor.latest = oneOf(value, ['auto', 'true', 'false'], 'latest');
        else if (key === 'prefix' || key === 'suffix') {
            flavor[key] = template(value, GLOBAL_NAMES);
            last = key;
        }
        else {
            const only = oneOf(value, ['true', 'false'], 'onlatest') === 'true';
            if (last === 'prefix')
                flavor.prefixLatest = only;
            else if (last === 'suffix')
                flavor.suffixLatest = only;
            else
                throw new RuleFault('onlatest stands alone', 'write it after prefix= or suffix=, on the same line');
        }
    }
    return flavor;
}
function ruleOf(line, fields) {
    const attributes = new Map();
    for (const field of fields) {
        const { key, value } = keyOf(field);
        const name = key ?? 'value';
        if (attributes.has(name))
            throw new RuleFault(`"${name}" is there twice`, 'keep one of them, or put a value with commas in "quotes"');
        attributes.set(name, value);
    }
    const type = attributes.get('type');
    // A line without attributes is a tag or a full reference.
    if (type === undefined && attributes.size === 1 && attributes.has('value'))
        return plainRule(line, attributes.get('value') ?? '');
    if (type === 'pep440') {
        throw new RuleFault('pep440 is the version scheme of Python, which is not supported here', 'use type=semver for Go versions, or type=match for anything else', 'unsupported-tag-rule');
    }
    const kind = type === undefined ? 'raw' : oneOf(type, TYPES, 'type');
    for (const name of attributes.keys()) {
        const known = ['type', 'enable', 'priority', 'prefix', 'suffix', ...OWN_ATTRIBUTES[kind]];
        if (known.includes(name))
            continue;
        const near = (0,lists/* nearest */.pA)(name, known);
        throw new RuleFault(`type=${kind} has no attribute "${name}"`, near === undefined ? `it has ${known.join(', ')}` : `did you mean "${near}"?`);
    }
    const priority = Number(attributes.get('priority') ?? PRIORITIES[kind]);
    if (!Number.isFinite(priority))
        throw new RuleFault('priority is not a number', 'write for example priority=300');
    const prefix = attributes.get('prefix') ?? (kind === 'sha' ? 'sha-' : undefined);
    const suffix = attributes.get('suffix');
    const base = {
        source: line,
        enable: enableTemplate(attributes.get('enable') ?? 'true'),
        priority,
        ...(prefix === undefined ? {} : { prefix: template(prefix, GLOBAL_NAMES) }),
        ...(suffix === undefined ? {} : { suffix: template(suffix, GLOBAL_NAMES) }),
    };
    return ofKind(kind, base, attributes);
}
function ofKind(kind, base, attributes) {
    const value = () => template(attributes.get('value') ?? '', GLOBAL_NAMES);
    const needed = (name, example) => {
        const given = attributes.get(name);
        if (given === undefined || given === '')
            throw new RuleFault(`type=${kind} needs ${name}=`, `write for example type=${kind},${example}`);
        return given;
    };
    switch (kind) {
        case 'schedule': {
            const pattern = attributes.get('pattern') ?? 'nightly';
            return { ...base, type: kind, pattern: template(pattern, GLOBAL_NAMES) };
        }
        case 'semver': {
            const pattern = template(needed('pattern', 'pattern={{version}}'), [...VERSION_NAMES, ...GLOBAL_NAMES]);
            const match = attributes.get('match') ?? '';
            return {
                ...base,
                type: kind,
                pattern,
                value: value(),
                ...(match === '' ? {} : { match: regexp(match) }),
            };
        }
        case 'match': {
            const group = Number(attributes.get('group') ?? '0');
            if (!Number.isInteger(group) || group < 0)
                throw new RuleFault('group is not the number of a capturing group', 'write group=0 for the whole match');
            const pattern = regexp(needed('pattern', String.raw `"pattern=v(\d+)",group=1`));
            return { ...base, type: kind, pattern, group, value: value() };
        }
        case 'edge':
            return { ...base, type: kind, branch: attributes.get('branch') ?? '' };
        case 'ref': {
            const event = oneOf(needed('event', 'event=branch'), ['branch', 'tag', 'pr'], 'event');
            const prefix = event === 'pr' && base.prefix === undefined ? { prefix: ['pr-'] } : {};
            return { ...base, ...prefix, type: kind, event };
        }
        case 'raw':
            if (!attributes.has('value'))
                throw new RuleFault('type=raw needs value=', 'write for example type=raw,value=dev');
            return { ...base, type: kind, value: value() };
        case 'sha':
            return { ...base, type: kind, format: oneOf(attributes.get('format') ?? 'short', ['short', 'long'], 'format') }; // prettier-ignore
    }
}
/** `v1.2.3-staging`, `{{branch}}-debug` or `ghcr.io/acme/hello:v1`. */
function plainRule(line, value) {
    const base = { source: line, enable: ['true'], priority: PRIORITIES.raw };
    if (value.includes('{{'))
        return { ...base, type: 'raw', value: template(value, GLOBAL_NAMES) };
    if (isTag(value))
        return { ...base, type: 'raw', value: [value] };
    if (!/[/:]/.test(value)) {
        throw new RuleFault(`"${value}" is not a tag: letters, digits, "_", "." and "-", at most 128, not starting with "." or "-"`, 'write a tag, a rule (type=…) or a full reference', 'bad-tag');
    }
    const colon = value.indexOf(':', value.lastIndexOf('/') + 1);
    const name = (colon < 0 ? value : value.slice(0, colon)).toLowerCase();
    const tag = colon < 0 ? undefined : value.slice(colon + 1);
    const parsed = reference_parseReference(tag === undefined ? name : `${name}:${tag}`);
    if ('reason' in parsed)
        throw new RuleFault(parsed.reason, 'write for example ghcr.io/acme/hello:v1', 'bad-tag');
    if (parsed.digest !== undefined)
        throw new RuleFault('a digest is what a push gives, it cannot be asked for', 'leave @sha256:… out', 'bad-tag');
    if (tag === undefined) {
        throw new RuleFault('it is an image name without a tag', `write ${value}:latest if that is meant, or give the name in the input images`, 'bad-tag');
    }
    return { ...base, type: 'reference', name: `${parsed.registry}/${parsed.repository}`, tag };
}
function template(text, names) {
    const parsed = parseTemplate(text, names);
    if ('reason' in parsed)
        throw new RuleFault(parsed.reason, 'see docs/inputs.md, tags');
    return parsed;
}
function enableTemplate(text) {
    const parsed = template(text, GLOBAL_NAMES);
    if (!text.includes('{{'))
        oneOf(text, ['true', 'false'], 'enable');
    return parsed;
}
/** `/source/flags` or the bare source of a JavaScript regular expression. */
function regexp(text) {
    const wrapped = /^\/(.+)\/([a-z]*)$/s.exec(text);
    try {
        // Without g and y, which would keep a position between calls.
        return wrapped === null
            ? new RegExp(text)
            : new RegExp(wrapped[1] ?? '', (wrapped[2] ?? '').replace(/[gy]/g, ''));
    }
    catch (error) {
        throw new RuleFault(`not a regular expression: ${error instanceof Error ? error.message : text}`, 'a pattern with commas stands in double quotes: type=match,"pattern=v(\\d{1,3})",group=1');
    }
}
function oneOf(value, known, name) {
    const found = known.find((item) => item === value);
    if (found !== undefined)
        return found;
    const near = (0,lists/* nearest */.pA)(value, known);
    throw new RuleFault(`"${value}" is no ${name}`, near === undefined ? `it is one of ${known.join(', ')}` : `did you mean "${near}"?`);
}
//# sourceMappingURL=tag-rules.js.map
;// CONCATENATED MODULE: ./lib/image/tags.js







/**
 * The rules that hold when the input `tags` is empty.
 *
 * | what is built | tags |
 * |---|---|
 * | git tag v1.2.3 | `1.2.3`, `1.2`, `1`, `latest`; each of the last three only while no higher stable version of its line exists; no `0` |
 * | git tag v1.2.3-rc.1 or v1.2.3-staging | `1.2.3-rc.1`: a pre-release moves nothing |
 * | git tag v1.2 or v1 | `1.2`, `1`, `latest`, as above |
 * | any other git tag | its name |
 * | a branch | its name, `sha-1a2b3c4` |
 * | a pull request | `pr-7` |
 * | a schedule | `nightly`, the branch, `sha-1a2b3c4` |
 * | a merge queue, or HEAD without a name | `sha-1a2b3c4` |
 * | a changed tree outside CI | `sha-1a2b3c4-dirty` |
 */
function defaultTagRules(facts) {
    if (facts.event === 'local' && facts.dirty)
        return 'type=sha,suffix=-dirty';
    if (facts.ref.startsWith('refs/tags/')) {
        const version = ownVersion(facts, facts.ref.slice('refs/tags/'.length));
        if (version === undefined)
            return 'type=ref,event=tag';
        const rules = ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}.{{minor}}'];
        // Nothing is promised between 0.x versions, so no tag may stand for all of them.
        if (version.major > 0)
            rules.push('type=semver,pattern={{major}}');
        return rules.join('\n');
    }
    if (facts.ref.startsWith('refs/pull/'))
        return 'type=ref,event=pr';
    if (facts.ref.startsWith('refs/heads/gh-readonly-queue/'))
        return 'type=sha';
    return 'type=schedule\ntype=ref,event=branch\ntype=sha';
}
/** Lower ranks are published first, so that a tag that people follow moves only after the exact ones stand. */
const RANK = { exact: 0, named: 1, branch: 2, minor: 3, major: 4, latest: 5 };
const MOVING = new Set(['branch', 'minor', 'major', 'latest']);
/**
 * Evaluates the rules (the default ones when there are none). A moving version tag is left where it is while a higher
 * stable version of its line is known; `latest` moves by itself only to the highest stable version.
 * With `required` (the default) "no tag at all" is a problem: it would fail at the push otherwise.
 */
function computeTags(parsed, facts, options = {}) {
    const rules = parsed.rules.length === 0 ? parseTagRules(defaultTagRules(facts)).rules : parsed.rules;
    const context = { facts, flavor: parsed.flavor, notes: [], problems: [] };
    const candidates = [];
    const references = [];
    let released;
    for (const rule of [...rules].sort((a, b) => b.priority - a.priority)) {
        if (!enabled(rule, context))
            continue;
        if (rule.type === 'reference') {
            references.push({ name: rule.name, tag: rule.tag });
            continue;
        }
        const found = evaluate(rule, context);
        if (found === undefined)
            continue;
        if (found.version !== undefined)
            released ??= found.version;
        // A tag that is left where it is still told which version is released.
        if (found.text !== undefined)
            candidates.push(...named(rule, found.text, found.rank, context));
    }
    const first = candidates[0]?.tag;
    const asked = candidates.some((one) => one.rank === 'latest');
    if (asked && released !== undefined)
        context.notes.push(...latestAgainst(released, facts));
    if (wantsLatest(released, first, asked, context))
        candidates.push({ tag: latestName(context), rank: 'latest' });
    const unique = candidates.filter((one, i) => candidates.findIndex((other) => other.tag === one.tag) === i);
    const ordered = [...unique].sort((a, b) => RANK[a.rank] - RANK[b.rank]);
    if (unique.length === 0 &&
        references.length === 0 &&
        options.required !== false &&
        context.problems.length === 0)
        context.problems.push(noTag(parsed.rules, facts));
    return {
        tags: ordered.map((one) => one.tag),
        moving: ordered.filter((one) => MOVING.has(one.rank)).map((one) => one.tag),
        references,
        version: first ?? references[0]?.tag ?? '',
        problems: context.problems,
        notes: [...new Set(context.notes)],
    };
}
function evaluate(rule, context) {
    const { facts } = context;
    const gitTag = after(facts.ref, 'refs/tags/');
    switch (rule.type) {
        case 'schedule':
            return facts.event === 'schedule' ? { text: fill(rule.pattern, facts), rank: 'branch' } : undefined;
        case 'edge': {
            const wanted = rule.branch === '' ? facts.defaultBranch : rule.branch;
            return wanted !== undefined && after(facts.ref, 'refs/heads/') === wanted
                ? { text: 'edge', rank: 'branch' }
                : undefined;
        }
        case 'ref': {
            if (rule.event === 'pr') {
                const number = /^refs\/pull\/(\d+)\//.exec(facts.ref)?.[1];
                return number === undefined ? undefined : { text: number, rank: 'branch' };
            }
            if (rule.event === 'branch') {
                const branch = after(facts.ref, 'refs/heads/');
                return branch === undefined ? undefined : { text: branch, rank: 'branch' };
            }
            if (gitTag === undefined)
                return undefined;
            const version = ownVersion(facts, gitTag);
            return { text: gitTag, rank: 'exact', ...(version === undefined ? {} : { version }) };
        }
        case 'raw': {
            const text = fill(rule.value, facts);
            return text === '' ? undefined : { text, rank: text === 'latest' ? 'latest' : 'named' };
        }
        case 'sha':
            return facts.commit === undefined
                ? undefined
                : { text: rule.format === 'long' ? facts.commit : facts.commit.slice(0, 7), rank: 'exact' };
        case 'match': {
            const value = fill(rule.value, facts);
            const subject = value === '' ? gitTag : value;
            if (subject === undefined)
                return undefined;
            const text = rule.pattern.exec(subject)?.[rule.group];
            if (text === undefined) {
                context.notes.push(`no tag from "${rule.source}": group ${rule.group} of the pattern does not match ${subject}`);
                return undefined;
            }
            const version = value === '' ? ownVersion(facts, subject) : undefined;
            return { text, rank: 'exact', ...(version === undefined ? {} : { version }) };
        }
        case 'semver':
            return versionTag(rule, gitTag, context);
    }
}
function versionTag(rule, gitTag, context) {
    const { facts } = context;
    const value = fill(rule.value, facts);
    const subject = value === '' ? gitTag : value;
    if (subject === undefined)
        return undefined;
    let text = subject;
    if (rule.match !== undefined) {
        const match = rule.match.exec(subject);
        if (match === null) {
            context.notes.push(`no tag from "${rule.source}": ${subject} does not match`);
            return undefined;
        }
        text = match[1] ?? match[0];
    }
    const version = rule.match === undefined && value === '' ? ownVersion(facts, text) : parseVersion(text);
    if (version === undefined || (version.folder !== '' && version.folder !== folderOf(facts))) {
        context.notes.push(`no tag from "${rule.source}": ${text} is no semantic version`);
        return undefined;
    }
    const names = new Set(rule.pattern.filter((part) => typeof part !== 'string').map((part) => part.name));
    const pick = (pattern) => fill(pattern, facts, version);
    // A pre-release never moves a tag that stands for stable versions.
    if (version.prerelease !== undefined)
        return {
            text: names.has('raw') && names.size === 1 ? pick(rule.pattern) : versions_formatVersion(version),
            rank: 'exact',
            version,
        };
    for (const part of ['minor', 'patch']) {
        if (names.has(part) && version[part] === undefined) {
            context.notes.push(`no tag from "${rule.source}": ${version.raw} has no ${part} part`);
            return { rank: 'exact', version };
        }
    }
    const exact = names.has('version') || names.has('raw') || names.has('patch');
    const depth = version.patch !== undefined ? 'exact' : version.minor !== undefined ? 'minor' : 'major';
    const rank = exact ? depth : names.has('minor') ? 'minor' : 'major';
    const tag = pick(rule.pattern);
    // The git tag v1 itself asks for `1`; v1.2.3 moves `1` only forward.
    const higher = rank === depth || rank === 'exact' ? undefined : higherVersion(version, facts.versionTags, rank);
    if (higher !== undefined) {
        context.notes.push(`${tag} stays where it is: ${higher.raw} is higher than ${version.raw}`);
        return { rank, version };
    }
    return { text: tag, rank, version };
}
function wantsLatest(released, first, asked, context) {
    const { facts, flavor, notes } = context;
    if (flavor.latest !== 'auto')
        return flavor.latest === 'true' && first !== undefined;
    if (released === undefined || asked)
        return false;
    if (released.prerelease !== undefined) {
        notes.push(`latest stays where it is: ${released.raw} is a pre-release`);
        return false;
    }
    const higher = higherVersion(released, facts.versionTags, 'all');
    if (higher !== undefined) {
        notes.push(`latest stays where it is: ${higher.raw} is higher than ${released.raw}`);
        return false;
    }
    if (!facts.versionTagsComplete) {
        notes.push('latest stays where it is: the other version tags are not known here, so nobody can say that this is the highest (give actions/checkout fetch-tags: true)');
        return false;
    }
    return true;
}
/** Said when a line asks for `latest` in so many words, though by itself it would not move. */
function latestAgainst(released, facts) {
    const higher = higherVersion(released, facts.versionTags, 'all');
    if (released.prerelease !== undefined)
        return [`latest moves to the pre-release ${released.raw}, because the tags ask for it`];
    return higher === undefined
        ? []
        : [`latest moves to ${released.raw}, because the tags ask for it, although ${higher.raw} is higher`];
}
function latestName(context) {
    const { flavor, facts } = context;
    return clean(`${flavor.prefixLatest ? fill(flavor.prefix, facts) : ''}latest${flavor.suffixLatest ? fill(flavor.suffix, facts) : ''}`);
}
/** Puts prefix and suffix on, cleans the name and reports what cannot become a tag. */
function named(rule, text, rank, context) {
    const { facts, flavor } = context;
    const full = fill(rule.prefix ?? flavor.prefix, facts) + text + fill(rule.suffix ?? flavor.suffix, facts);
    const tag = clean(full);
    if (!isTag(tag)) {
        context.problems.push({
            code: 'bad-tag',
            what: `the rule gives "${full}", which cannot become a tag`,
            cause: 'a tag has letters, digits, "_", "." and "-"',
            input: 'tags',
            value: rule.source,
            fix: 'change the rule, or give it a prefix',
        });
        return [];
    }
    if (tag !== full && rule.type === 'raw' && isPlain(rule.value))
        context.notes.push(`"${full}" is published as ${tag}, because a tag cannot hold it as it is`);
    return [{ tag, rank }];
}
function enabled(rule, context) {
    const answer = fill(rule.enable, context.facts);
    if (answer === 'true' || answer === 'false')
        return answer === 'true';
    context.problems.push({
        code: 'bad-tag-rule',
        what: 'a line of the tags cannot be used',
        cause: `enable= gives "${answer}", which is neither true nor false`,
        input: 'tags',
        value: rule.source,
        fix: 'use {{is_default_branch}} or an expression that gives true or false',
    });
    return false;
}
function noTag(rules, facts) {
    const where = facts.ref === '' ? 'a commit without a branch or tag' : facts.ref;
    return rules.length === 0
        ? {
            code: 'no-tag',
            what: 'there is no tag to publish the image under',
            cause: 'the build is outside git, and the input tags is empty',
            input: 'tags',
            fix: 'give the input tags, for example tags: dev',
        }
        : {
            code: 'no-tag',
            what: 'there is no tag to publish the image under',
            cause: `none of the rules gives a tag for ${facts.event === 'local' ? '' : `${facts.event} of `}${where}`,
            input: 'tags',
            fix: 'add a rule for this case (type=ref,event=branch, type=sha …), or set push: false for it',
        };
}
//# sourceMappingURL=tags.js.map
;// CONCATENATED MODULE: ./lib/project/gomod.js
/** Reads line and block forms, comments and quoted strings. Faults are returned; what could be read is kept. */
function parseModFile(text) {
    const directives = [];
    const faults = [];
    let block;
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
        const line = index + 1;
        const { words, reason } = splitWords(raw);
        if (reason !== undefined) {
            faults.push({ line, reason });
            continue;
        }
        const [first, ...rest] = words;
        if (first === undefined)
            continue;
        if (block !== undefined) {
            if (first === ')' && rest.length === 0)
                block = undefined;
            else
                directives.push({ verb: block.verb, words, line });
        }
        else if (rest.length === 1 && rest[0] === '(')
            block = { verb: first, line };
        else if (rest.length === 2 && rest[0] === '(' && rest[1] === ')')
            continue;
        else if (first === ')')
            faults.push({ line, reason: 'a ")" without its "("' });
        else
            directives.push({ verb: first, words: rest, line });
    }
    if (block !== undefined)
        faults.push({ line: block.line, reason: `the block "${block.verb} (" is not closed` });
    return { directives, faults };
}
/** The words of one line. Only double quotes and back quotes quote; `//` starts a comment at a word's beginning. */
function splitWords(line) {
    const words = [];
    let at = 0;
    while (at < line.length) {
        const char = line.charAt(at);
        if (/\s/.test(char))
            at++;
        else if (line.startsWith('//', at))
            break;
        else if ('(),[]'.includes(char)) {
            words.push(char);
            at++;
        }
        else if (char === '`') {
            const end = line.indexOf('`', at + 1);
            if (end < 0)
                return { words, reason: 'a ` is not closed' };
            words.push(line.slice(at + 1, end));
            at = end + 1;
        }
        else if (char === '"') {
            const match = /^"(?:[^"\\]|\\.)*"/.exec(line.slice(at));
            if (match === null)
                return { words, reason: 'a " is not closed' };
            words.push(unquote(match[0]));
            at += match[0].length;
        }
        else {
            // A `//` inside a word (https://…) also ends it, as in Go's own lexer.
            const match = /^(?:(?!\/\/)[^\s(),[\]"`])+/.exec(line.slice(at));
            if (match === null)
                break;
            words.push(match[0]);
            at += match[0].length;
        }
    }
    return { words };
}
function unquote(text) {
    try {
        const value = JSON.parse(text);
        return typeof value === 'string' ? value : text;
    }
    catch {
        return text.slice(1, -1);
    }
}
function parseGoMod(text) {
    const { directives, faults } = parseModFile(text);
    const all = [...faults];
    const first = (verb) => directives.find((d) => d.verb === verb)?.words[0];
    const module = first('module');
    if (module === undefined || module === '')
        all.push({ line: 1, reason: 'there is no "module" line' });
    const go = first('go');
    const toolchain = first('toolchain');
    const localReplacements = directives
        .filter((d) => d.verb === 'replace')
        .map((d) => d.words[d.words.indexOf('=>') + 1])
        .filter((target) => target !== undefined && isLocalPath(target));
    return {
        ...(module === undefined ? {} : { module }),
        ...(go === undefined ? {} : { go }),
        ...(toolchain === undefined ? {} : { toolchain }),
        requires: directives.filter((d) => d.verb === 'require').length,
        localReplacements: localReplacements,
        faults: all,
    };
}
function parseGoWork(text) {
    const { directives, faults } = parseModFile(text);
    const first = (verb) => directives.find((d) => d.verb === verb)?.words[0];
    const go = first('go');
    const toolchain = first('toolchain');
    const uses = directives.flatMap((d) => d.verb === 'use' && d.words[0] !== undefined ? [{ path: d.words[0], line: d.line }] : []);
    return {
        ...(go === undefined ? {} : { go }),
        ...(toolchain === undefined ? {} : { toolchain }),
        uses,
        faults,
    };
}
/** A replacement is a folder when it starts like one (modfile.IsDirectoryPath of golang.org/x/mod). */
const isLocalPath = (path) => /^(?:\.{1,2}(?:[\\/]|$)|[\\/]|[A-Za-z]:[\\/])/.test(path);
//# sourceMappingURL=gomod.js.map
;// CONCATENATED MODULE: ./lib/project/go-source.js
function readSource(text) {
    const plain = stripComments(text);
    const name = /^\s*package\s+([\p{L}_][\p{L}\p{N}_]*)/u.exec(plain)?.[1];
    // The constraint counts only above the package clause.
    const header = name === undefined ? text : text.slice(0, plain.indexOf('package'));
    const constraint = /^\/\/go:build[ \t]+(.+?)[ \t\r]*$/m.exec(header)?.[1];
    return {
        ...(name === undefined ? {} : { package: name }),
        declaresMain: /^func\s+main\s*\(\s*\)/m.test(plain),
        ...(constraint === undefined ? {} : { constraint }),
    };
}
/** Comments and the insides of literals become blanks, so that positions and lines stay. */
function stripComments(text) {
    const blank = (part) => part.replace(/[^\n\r]/g, ' ');
    return text.replace(/\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|`[^`]*(?:`|$)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (part) => blank(part));
}
const KNOWN_OS = new Set('aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(' '));
const KNOWN_ARCH = new Set('386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(' '));
const UNIX = new Set('aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris'.split(' '));
/** `name_linux_arm64.go` and its like (go/build.Context.goodOSArchFile). */
function matchesFileName(name, context) {
    const stem = name.replace(/\.go$/, '').replace(/_test$/, '');
    const first = stem.indexOf('_');
    if (first < 0)
        return true;
    const parts = stem.slice(first).split('_');
    const last = parts.at(-1) ?? '';
    const before = parts.at(-2) ?? '';
    if (KNOWN_OS.has(before) && KNOWN_ARCH.has(last))
        return satisfiesTag(before, context) && last === context.arch;
    if (KNOWN_OS.has(last))
        return satisfiesTag(last, context);
    return !KNOWN_ARCH.has(last) || last === context.arch;
}
function satisfiesTag(tag, context) {
    if (tag === context.os || tag === context.arch || context.tags.includes(tag))
        return true;
    if (tag === 'unix')
        return UNIX.has(context.os);
    if (tag === 'cgo')
        return context.cgo;
    // Any release tag: the newest Go is assumed, the go command refuses the others by itself.
    return tag === 'gc' || /^go1\.\d+$/.test(tag);
}
/** Evaluates a `//go:build` expression (`!`, `&&`, `||`, parentheses). A malformed one is taken as not met. */
function evaluateConstraint(expression, context) {
    const tokens = expression.match(/\|\||&&|[!()]|[^\s!()&|]+/g) ?? [];
    let at = 0;
    const parseOr = () => {
        let value = parseAnd();
        while (tokens[at] === '||') {
            at++;
            const right = parseAnd();
            value = value || right;
        }
        return value;
    };
    const parseAnd = () => {
        let value = parseNot();
        while (tokens[at] === '&&') {
            at++;
            const right = parseNot();
            value = value && right;
        }
        return value;
    };
    const parseNot = () => {
        const token = tokens[at++];
        if (token === '!')
            return !parseNot();
        if (token === '(') {
            const value = parseOr();
            if (tokens[at++] !== ')')
                throw new SyntaxError('")" expected');
            return value;
        }
        if (token === undefined || !/^[\p{L}\p{N}_.]+$/u.test(token))
            throw new SyntaxError('a tag expected');
        return satisfiesTag(token, context);
    };
    try {
        const value = parseOr();
        return at === tokens.length && value;
    }
    catch (error) {
        if (error instanceof SyntaxError)
            return false;
        throw error;
    }
}
//# sourceMappingURL=go-source.js.map
;// CONCATENATED MODULE: ./lib/project/mains.js




/**
 * The main packages in `workingDirectory`, sorted by path: folders with a file of `package main` that declares
 * `func main()` and builds for one of the systems. Needs no Go.
 */
async function findMains(root, workingDirectory, workspace, options = {}) {
    const start = normalise(workingDirectory);
    const contexts = (options.systems ?? ['linux', 'windows']).flatMap((os) => ['amd64', 'arm64'].map((arch) => ({ os, arch, cgo: true, tags: options.tags ?? [] })));
    const mains = [];
    const inScope = workspace.modules.filter((module) => isWithin(module.dir, start) || isWithin(start, module.dir));
    const visited = new Set();
    for (const module of inScope) {
        const from = isWithin(module.dir, start) ? module.dir : start;
        // A start below two nested modules belongs to the deepest only.
        if (moduleOf(workspace.modules, from) !== module)
            continue;
        for (const dir of await packageFolders(root, from)) {
            if (visited.has(dir))
                continue;
            visited.add(dir);
            if (await isMain(root, dir, contexts))
                mains.push(describe(module, dir, start));
        }
    }
    return mains.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
function describe(module, dir, start) {
    const inside = module.dir === '.' ? dir : dir === module.dir ? '.' : dir.slice(module.dir.length + 1);
    const importPath = inside === '.' ? module.path : `${module.path}/${inside}`;
    const relative = external_node_path_.posix.relative(start, dir);
    return {
        module,
        path: relative === '' ? '.' : relative.startsWith('..') ? relative : `./${relative}`,
        importPath,
        name: binaryName(importPath),
    };
}
/** As cmd/go/internal/load.DefaultExecName: the last element, or the one before a major-version suffix. */
function binaryName(importPath) {
    const parts = importPath.split('/');
    const last = parts.at(-1) ?? importPath;
    return /^v[1-9][0-9]*$/.test(last) && last !== 'v1' && parts.length > 1 ? (parts.at(-2) ?? last) : last;
}
/** Folders below `from` that Go would look into, nested modules left out. */
async function packageFolders(root, from) {
    const found = [];
    const visit = async (dir) => {
        const entries = await (0,promises_.readdir)((0,external_node_path_.join)(root, dir), { withFileTypes: true });
        if (dir !== from && entries.some((entry) => entry.name === 'go.mod' && entry.isFile()))
            return;
        if (entries.some((entry) => entry.isFile() && isSource(entry.name)))
            found.push(dir);
        for (const entry of entries) {
            if (entry.isDirectory() && !isSkippedFolder(entry.name))
                await visit(external_node_path_.posix.join(dir, entry.name));
        }
    };
    await visit(from);
    return found;
}
const isSource = (name) => name.endsWith('.go') && !name.endsWith('_test.go') && !name.startsWith('_') && !name.startsWith('.');
async function isMain(root, dir, contexts) {
    const files = (await (0,promises_.readdir)((0,external_node_path_.join)(root, dir))).filter(isSource).sort();
    for (const file of files) {
        const named = contexts.filter((context) => matchesFileName(file, context));
        if (named.length === 0)
            continue;
        const facts = readSource(await (0,promises_.readFile)((0,external_node_path_.join)(root, dir, file), 'utf8'));
        if (facts.package !== 'main' || !facts.declaresMain)
            continue;
        const { constraint } = facts;
        if (constraint === undefined || named.some((context) => evaluateConstraint(constraint, context)))
            return true;
    }
    return false;
}
//# sourceMappingURL=mains.js.map
;// CONCATENATED MODULE: ./lib/project/modules.js





/** Short name of the project: the last part of the first module's path, without its major version. */
const projectName = (workspace) => workspace.modules[0]?.path
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1);
/** Folders that Go never looks into for packages, and that hold no modules of ours. */
const isSkippedFolder = (name) => name === 'vendor' ||
    name === 'node_modules' ||
    name === 'testdata' ||
    name.startsWith('.') ||
    name.startsWith('_');
/**
 * The modules in `workingDirectory` (repository-relative): those a go.work uses, or else every go.mod below it; when
 * there is none below, the one above it. Needs no Go.
 */
async function findModules(root, workingDirectory, options = {}) {
    const start = normalise(workingDirectory);
    const work = await findWork(root, start, options.gowork);
    return work === undefined ? await loose(root, start) : await fromWork(root, work);
}
async function fromWork(root, work) {
    const problems = [];
    const base = external_node_path_.posix.dirname(work);
    const parsed = parseGoWork((await readTextIfAny((0,external_node_path_.join)(root, work))) ?? '');
    problems.push(...parsed.faults.map((fault) => broken(work, fault)));
    const vendored = await exists((0,external_node_path_.join)(root, base, 'vendor', 'modules.txt'));
    const modules = [];
    const sums = [work, ...(await present(root, [external_node_path_.posix.join(base, 'go.work.sum')]))];
    const seen = new Set();
    for (const use of parsed.uses) {
        const where = `${work}:${use.line}`;
        const path = slashes(use.path);
        const dir = normalise(external_node_path_.posix.join(base, path));
        if (/^(?:\/|[A-Za-z]:)/.test(path) || dir.startsWith('..')) {
            problems.push({
                code: 'go-work-outside',
                what: `go.work uses ${use.path}, which is outside the repository`,
                where,
                cause: 'a checkout on a runner does not have it',
                fix: 'use folders of this repository only, or set GOWORK=off',
            });
            continue;
        }
        if (seen.has(dir))
            continue;
        seen.add(dir);
        const module = await readModule(root, dir, problems, vendored);
        if (module === undefined) {
            problems.push({
                code: 'go-work-use-missing',
                what: `go.work uses ${use.path}, but there is no go.mod`,
                where,
                fix: 'check out the missing folder (a submodule?), or remove the line with: go work use -r .',
            });
            continue;
        }
        modules.push(module);
        sums.push(...(await present(root, [external_node_path_.posix.join(dir, 'go.mod'), external_node_path_.posix.join(dir, 'go.sum')])));
    }
    if (modules.length === 0 && problems.length === 0) {
        problems.push({
            code: 'no-go-mod',
            what: 'the go.work uses no module',
            where: work,
            fix: 'add modules with: go work use -r .',
        });
    }
    return {
        modules: modules.sort(byDir),
        work,
        ...(parsed.go === undefined ? {} : { go: parsed.go }),
        ...(parsed.toolchain === undefined ? {} : { toolchain: parsed.toolchain }),
        sumFiles: [...new Set(sums)].sort(),
        problems,
    };
}
async function loose(root, start) {
    const problems = [];
    const dirs = await foldersWithGoMod(root, start);
    const enclosing = dirs.includes(start) ? undefined : await findAbove(root, external_node_path_.posix.dirname(start), start);
    // A subfolder of a module: `go test ./...` works there, on the module above.
    if (enclosing !== undefined)
        dirs.unshift(enclosing);
    const modules = [];
    for (const dir of dirs) {
        const module = await readModule(root, dir, problems, false);
        if (module !== undefined)
            modules.push(module);
    }
    if (dirs.length === 0) {
        problems.push({
            code: 'no-go-mod',
            what: 'no go.mod was found',
            where: start === '.' ? 'the repository' : start,
            cause: 'neither the folder, nor one above or below it, holds a Go module (or the checkout step is missing)',
            fix: 'put actions/checkout before this step, set working-directory, or create a module with: go mod init',
        });
    }
    const files = dirs.flatMap((dir) => [external_node_path_.posix.join(dir, 'go.mod'), external_node_path_.posix.join(dir, 'go.sum')]);
    return { modules: modules.sort(byDir), sumFiles: (await present(root, files)).sort(), problems };
}
async function readModule(root, dir, problems, workVendored) {
    const file = external_node_path_.posix.join(dir, 'go.mod');
    const text = await readTextIfAny((0,external_node_path_.join)(root, file));
    if (text === undefined)
        return undefined;
    const mod = parseGoMod(text);
    problems.push(...mod.faults.map((fault) => broken(file, fault)));
    return {
        dir,
        path: mod.module ?? '',
        ...(mod.go === undefined ? {} : { go: mod.go }),
        ...(mod.toolchain === undefined ? {} : { toolchain: mod.toolchain }),
        dependencies: mod.requires > 0,
        vendored: workVendored || (await exists((0,external_node_path_.join)(root, dir, 'vendor', 'modules.txt'))),
        replacesLocal: mod.localReplacements.length > 0,
    };
}
const broken = (file, fault) => ({
    code: 'go-mod-syntax',
    what: `${file} cannot be read`,
    where: `${file}:${fault.line}`,
    cause: fault.reason,
    fix: 'correct the line; "go mod edit -fmt" or "go work edit -fmt" shows what Go makes of it',
});
/** The go.work that the go command would take, as long as it lies in the repository. */
async function findWork(root, start, gowork = '') {
    if (gowork === 'off')
        return undefined;
    if (gowork !== '') {
        const given = slashes(gowork);
        const prefix = `${slashes(root).replace(/\/+$/, '')}/`;
        return given.startsWith(prefix) ? normalise(given.slice(prefix.length)) : undefined;
    }
    for (let dir = start;; dir = external_node_path_.posix.dirname(dir)) {
        const file = external_node_path_.posix.join(dir, 'go.work');
        if (await exists((0,external_node_path_.join)(root, file)))
            return file;
        if (dir === '.')
            return undefined;
    }
}
async function findAbove(root, from, start) {
    if (start === '.')
        return undefined;
    for (let dir = from;; dir = external_node_path_.posix.dirname(dir)) {
        if (await exists((0,external_node_path_.join)(root, dir, 'go.mod')))
            return dir;
        if (dir === '.')
            return undefined;
    }
}
async function foldersWithGoMod(root, start) {
    const found = [];
    const visit = async (dir) => {
        let entries;
        try {
            entries = await (0,promises_.readdir)((0,external_node_path_.join)(root, dir), { withFileTypes: true });
        }
        catch {
            return;
        }
        if (entries.some((entry) => entry.name === 'go.mod' && !entry.isDirectory()))
            found.push(dir);
        for (const entry of entries) {
            if (entry.isDirectory() && !isSkippedFolder(entry.name))
                await visit(external_node_path_.posix.join(dir, entry.name));
        }
    };
    await visit(start);
    return found.sort();
}
const byDir = (a, b) => (a.dir < b.dir ? -1 : a.dir > b.dir ? 1 : 0);
/** `./a//b/` → `a/b`; the root is `.`. */
function normalise(path) {
    const clean = external_node_path_.posix.normalize(slashes(path)).replace(/\/+$/, '');
    return clean === '' ? '.' : clean;
}
async function exists(path) {
    try {
        return (await (0,promises_.stat)(path)).isFile();
    }
    catch {
        return false;
    }
}
async function present(root, files) {
    const found = [];
    for (const file of files)
        if (await exists((0,external_node_path_.join)(root, file)))
            found.push(file);
    return found;
}
/** The module that a repository-relative folder belongs to: the deepest one that holds it. */
function moduleOf(modules, dir) {
    return modules
        .filter((module) => isWithin(dir, module.dir))
        .sort((a, b) => b.dir.length - a.dir.length)
        .at(0);
}
/** `dir` is `parent` or lies below it; both repository-relative. */
const isWithin = (dir, parent) => parent === '.' ? !dir.startsWith('..') : dir === parent || dir.startsWith(`${parent}/`);
//# sourceMappingURL=modules.js.map
;// CONCATENATED MODULE: ./lib/plan/steps.js


/** Id of the step that compiles for a platform; two Windows versions of one architecture differ. */
const compileStepId = (platform) => `compile:${platformId(platform)}`;
/** The graph of a plan: what runs, after what, and why. Pure. */
function planSteps(plan, inputs, facts) {
    const steps = [];
    const add = (id, title, lane, needs, why, more = {}) => {
        steps.push({ id, title, lane, needs, why, gate: false, ...more });
        return id;
    };
    const generated = plan.form === 'generated';
    const needsGo = generated || inputs.vet || inputs.test;
    const downloads = facts.workspace.modules.some((module) => module.dependencies && !module.vendored);
    const noCache = inputs.cache === 'off' ? { skip: 'cache is off' } : {};
    add('login', 'Log in', 'network', [], 'Credentials are needed before anything is pulled; they are checked before time is spent.');
    if (needsGo) {
        add('go', 'Install Go', 'network', [], `${facts.go.spec} (${facts.go.origin})`);
        add('modules-restore', 'Restore modules', 'network', [], 'Keyed by what go.mod and go.sum ask for, shared by all platforms.', downloads ? noCache : { skip: 'no modules are needed' });
        add('build-restore', 'Restore build cache', 'network', ['go'], 'Keyed by Go version and flags, newest commit first.', noCache);
        add('mtimes', 'Set file times', 'free', [], 'Times derived from content keep unchanged tests cached across checkouts.', facts.inActions && facts.git !== undefined ? {} : { skip: 'only in fresh checkouts on a runner' });
        add('modules', 'Download modules', 'network', ['go', 'modules-restore'], 'Once for all, so that parallel builds do not race for them.', {
            argv: [['go', 'mod', 'download']],
            ...(downloads ? {} : { skip: 'no modules are needed' }),
        });
    }
    const ready = needsGo ? ['go', 'build-restore', 'modules', 'mtimes'] : [];
    const compiles = [];
    const own = { os: facts.host.os, arch: facts.host.arch };
    let ownCompile;
    if (generated) {
        for (const platform of plan.platforms) {
            const id = add(compileStepId(platform), `Compile ${platformId(platform)}`, 'compile', ready, 'Cross-compiled on the runner, sharing one cache with the tests: no emulation, no second compile.');
            compiles.push(id);
            if (samePlatform(platform, own))
                ownCompile = id;
        }
    }
    const gates = [];
    if (inputs.vet || inputs.test) {
        const title = inputs.vet && inputs.test ? 'Vet and test' : inputs.vet ? 'Vet' : 'Test';
        gates.push(add('test', title, 'compile', [...ready, ...(ownCompile === undefined ? [] : [ownCompile])], ownCompile === undefined
            ? 'All modules, one build graph for vet and tests.'
            : 'After the compile of the same platform, whose packages it then finds in the cache.', { gate: true }));
        if (inputs.coverageThreshold !== undefined)
            gates.push(add('coverage', `Coverage ≥ ${inputs.coverageThreshold} %`, 'free', ['test'], 'Asked for by coverage-threshold.', { gate: true }));
    }
    if (generated)
        gates.push(add('binaries', 'Check binaries', 'free', compiles, 'Right machine, executable, static where the base has no loader.', { gate: true }));
    const direct = plan.engine === 'direct';
    if (direct || plan.driver.driver !== 'none') {
        if (!direct) {
            add('builder', plan.driver.boots ? 'Boot builder' : 'Prepare Buildx', 'engine', ['login'], plan.driver.why);
        }
        if (generated) {
            const bases = [...new Set(plan.platforms.map((platform) => baseFor(inputs.base, platform, inputs.cgo)))];
            add('base', 'Resolve base', 'network', ['login'], `Pinned to a digest before the build: ${bases.join(', ')}.`, bases.every((base) => base === 'scratch') ? { skip: 'scratch has no base' } : {});
        }
        const suffix = (target) => (plan.targets.length > 1 ? `:${target.id}` : '');
        const label = (target) => (plan.targets.length > 1 ? ` ${target.id}` : '');
        for (const target of plan.targets) {
            const image = add(`image${suffix(target)}`, direct ? `Assemble image${label(target)}` : `Build image${label(target)}`, direct ? 'network' : 'engine', [...(direct ? [] : ['builder']), ...(generated ? ['base', ...compiles] : [])], plan.push
                ? 'Pushed by digest only: no tag shows it before every gate has passed.'
                : 'Built, not pushed.');
            if (inputs.start !== 'off') {
                gates.push(add(`start${suffix(target)}`, `Start image${label(target)}`, 'engine', [image], 'The image must run, stay up and answer, under least privilege.', {
                    gate: true,
                    ...(plan.startPlatform === undefined
                        ? {
                            skip: notStartable(plan, facts),
                        }
                        : {}),
                }));
            }
            gates.push(add(`verify${suffix(target)}`, `Read back${label(target)}`, 'network', [image], 'Pulled again by digest; manifests, config and every layer hashed again.', {
                gate: true,
                ...(plan.push
                    ? inputs.verify === 'off'
                        ? { skip: 'verify is off' }
                        : {}
                    : { skip: 'nothing is pushed' }),
            }));
        }
        if (inputs.load)
            add('load', 'Load image', 'engine', [...gates], 'Asked for by load.');
        add('publish', 'Publish tags', 'network', [...gates], 'The commit point: tags move only when every gate has passed, and move back if any of them fails to.', plan.push ? {} : { skip: 'nothing is pushed' });
    }
    return steps;
}
function notStartable(plan, facts) {
    const { server, problem } = facts.engine;
    if (server === undefined)
        return `no Docker engine is there to start it${problem === undefined ? '' : ` (${problem.what})`}`;
    if (!plan.push && plan.engine === 'direct')
        return 'an image that is not pushed cannot reach the engine from here';
    return `no platform of the image runs on ${server.os}/${server.arch} without emulation`;
}
//# sourceMappingURL=steps.js.map
;// CONCATENATED MODULE: ./lib/plan/make.js







const DEFAULT_PLATFORMS = [
    { os: 'linux', arch: 'amd64' },
    { os: 'linux', arch: 'arm64' },
];
/** Decides everything, from inputs and facts alone. All problems are returned together; with any, nothing may run. */
function makePlan(inputs, facts) {
    const maker = new Maker(inputs, facts);
    const plan = maker.make();
    return { plan, problems: maker.problems };
}
class Maker {
    problems = [];
    #notes = [];
    #warnings = [];
    #inputs;
    #facts;
    constructor(inputs, facts) {
        this.#inputs = inputs;
        this.#facts = facts;
    }
    make() {
        const form = this.#facts.dockerfile === undefined ? 'generated' : 'dockerfile';
        const push = this.#push();
        const platforms = this.#platforms(form);
        const targets = this.#targets(form, push);
        const tags = this.#tags(push);
        const engine = this.#engine(form, push, targets);
        const startPlatform = this.#startPlatform(platforms, engine, push);
        const driver = this.#driver(engine, platforms, form, push);
        this.#traps(platforms);
        if (engine === 'buildx' && form === 'generated')
            this.#oneOfEach(platforms);
        this.problems.push(...validateBase(this.#inputs.base, platforms, this.#inputs.cgo));
        const plan = {
            schema: 1,
            engine,
            form,
            push,
            platforms,
            targets,
            tags,
            version: tags.version,
            driver,
        };
        const whole = { ...plan, ...(startPlatform === undefined ? {} : { startPlatform }) };
        return {
            ...whole,
            steps: planSteps(whole, this.#inputs, this.#facts),
            notes: this.#notes,
            warnings: this.#warnings,
        };
    }
    #push() {
        const { push, images } = this.#inputs;
        const { event, inActions } = this.#facts;
        if (push !== 'auto')
            return push;
        if (images.length === 0) {
            this.#notes.push('Nothing is pushed: no image is named.');
            return false;
        }
        if (!inActions) {
            this.#notes.push('Nothing is pushed: outside GitHub Actions that must be asked for with push=true.');
            return false;
        }
        if (event.name.startsWith('pull_request') || event.name === 'merge_group') {
            this.#notes.push(`Nothing is pushed on ${event.name}.`);
            return false;
        }
        return true;
    }
    #platforms(form) {
        const { platforms, cgo } = this.#inputs;
        if (platforms.length > 0)
            return platforms;
        const own = nativeContainerPlatform(this.#facts.host);
        if (cgo) {
            this.#notes.push(`Only ${formatPlatform(own)} is built: cgo does not cross-compile.`);
            return [own];
        }
        const emulated = form === 'dockerfile' &&
            this.#facts.dockerfile?.findings(DEFAULT_PLATFORMS).some((finding) => finding.code === 'emulated-build');
        if (emulated === true) {
            this.#notes.push(`Only ${formatPlatform(own)} is built: this Dockerfile would need emulation for others. Set platforms to override.`);
            return [own];
        }
        return DEFAULT_PLATFORMS;
    }
    #startPlatform(platforms, engine, push) {
        if (this.#inputs.start === 'off' || (engine === 'direct' && !push))
            return undefined;
        const { server } = this.#facts.engine;
        if (server === undefined)
            return undefined;
        const own = parsePlatform(`${server.os}/${server.arch}`);
        if ('reason' in own)
            return undefined;
        return platforms.find((platform) => samePlatform(platform, own));
    }
    #targets(form, push) {
        const { images, binaries } = this.#inputs;
        if (push && images.length === 0) {
            // `together()` has told it already when push was asked for by name.
            if (this.#inputs.push !== true)
                this.#problem('images', 'no image is named', 'set images, or push: false');
        }
        if (form === 'dockerfile')
            return [
                {
                    id: 'image',
                    mains: [],
                    repositories: images.map((image) => image.replaceAll('{name}', this.#projectName())),
                },
            ];
        const mains = this.#mains();
        if (mains.length === 0)
            return [];
        if (binaries === 'together' || mains.length === 1) {
            const first = mains[0];
            if (first === undefined)
                return [];
            return [
                {
                    id: first.name,
                    mains,
                    repositories: images.map((image) => image.replaceAll('{name}', first.name)),
                },
            ];
        }
        return mains.map((main) => ({
            id: main.name,
            mains: [main],
            repositories: images.map((image) => image.includes('{name}') ? image.replaceAll('{name}', main.name) : `${image}-${main.name}`),
        }));
    }
    #projectName() {
        return (projectName(this.#facts.workspace) ?? 'app').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    }
    /** The mains asked for, or the only one there is. */
    #mains() {
        const { main } = this.#inputs;
        const found = this.#facts.mains;
        const list = found.map((one) => one.path).join(', ');
        if (main.length > 0) {
            return main.flatMap((request) => {
                const match = found.find((one) => one.path === request.path);
                if (match === undefined) {
                    this.#problem('main', 'no main package is there', found.length === 0
                        ? 'check the path: no main package was found below working-directory'
                        : `use one of ${list}`, request.path);
                    return [];
                }
                return [{ package: match, name: request.name ?? match.name }];
            });
        }
        const [only, ...others] = found;
        if (only === undefined) {
            this.#problem('main', 'there is no main package', 'point working-directory at the Go project; a library has no image to build');
            return [];
        }
        if (others.length > 0) {
            this.#problem('main', `${found.length} main packages are there and none is chosen`, `set main to one or more of ${list} (a line each)`);
            return [];
        }
        return [{ package: only, name: only.name }];
    }
    #tags(push) {
        const { git, event, now, folder } = this.#facts;
        const facts = tagFacts(git, event, now, folder === '.' ? undefined : folder);
        const result = computeTags(this.#inputs.tags, facts, { required: push });
        for (const problem of result.problems)
            this.problems.push({ input: 'tags', ...problem });
        this.#notes.push(...result.notes);
        return result;
    }
    /** `auto`: direct where it does the job, because there is no builder to boot and no base layer to pull. */
    #engine(form, push, targets) {
        const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts };
        const needsBuildx = [
            ...(form === 'dockerfile' ? [['file', 'a Dockerfile is built']] : []),
            ...(inputs.provenance === 'false' ? [] : [['provenance', 'an attestation is asked for']]),
            ...(inputs.sbom === 'false' ? [] : [['sbom', 'an attestation is asked for']]),
            ...(inputs.load ? [['load', 'the image is loaded into Docker']] : []),
            ...(inputs.driver === 'auto' ? [] : [['driver', `the driver ${inputs.driver} is asked for`]]),
            ...(inputs.endpoint === undefined ? [] : [['endpoint', 'a builder is named']]),
        ];
        if (inputs.engine === 'direct') {
            for (const [input, why] of needsBuildx)
                this.#problem('engine', `the direct engine cannot do this: ${why}`, `set engine to buildx, or remove ${input}`, 'direct');
            return 'direct';
        }
        if (inputs.engine === 'buildx')
            return 'buildx';
        const [needed] = needsBuildx;
        if (needed !== undefined) {
            this.#notes.push(`Docker Buildx assembles the image: ${needed[1]}.`);
            return 'buildx';
        }
        const engineThere = facts.engine.server !== undefined;
        if (!push && engineThere) {
            this.#notes.push('Docker Buildx assembles the image: it is not pushed, and the engine has to start it.');
            return 'buildx';
        }
        const starts = inputs.start !== 'off' && engineThere;
        if (push && starts && targets.some((target) => !enginePulls(target, inputs, facts))) {
            this.#notes.push('Docker Buildx assembles the image: the engine cannot pull from this registry by itself, and has to start it.');
            return 'buildx';
        }
        this.#notes.push(engineThere
            ? 'The image is assembled directly through the registry API: no builder to boot, no base layer to pull.'
            : 'The image is assembled directly through the registry API: no Docker engine answers here.');
        return 'direct';
    }
    #driver(engine, platforms, form, push) {
        if (engine === 'direct')
            return { driver: 'none', boots: false, why: '', problems: [] };
        const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts };
        const choice = chooseDriver(inputs.driver, facts.engine, {
            platforms,
            mirrors: inputs.registryMirrors,
            insecure: inputs.insecureRegistries,
            ca: inputs.registryCa !== undefined,
            attestations: inputs.provenance !== 'false' || inputs.sbom !== 'false',
            cacheExport: form === 'dockerfile' && inputs.layerCache !== 'off',
            rawConfig: inputs.buildkitdConfig !== undefined,
            output: push ? 'push' : 'none',
            ...(inputs.endpoint === undefined ? {} : { endpoint: inputs.endpoint }),
        });
        this.problems.push(...choice.problems);
        if (choice.why !== '')
            this.#notes.push(choice.why);
        return choice;
    }
    /** One build cannot make two images of one architecture (two Windows versions); the direct engine can. */
    #oneOfEach(platforms) {
        for (const [index, platform] of platforms.entries()) {
            if (platforms.findIndex((other) => formatPlatform(other) === formatPlatform(platform)) === index)
                continue;
            this.#problem('platforms', 'Docker Buildx cannot build two versions of one platform at once', 'set engine to direct (and push), or build them in two steps', platformId(platform));
        }
    }
    #traps(platforms) {
        const { dockerfile } = this.#facts;
        for (const finding of dockerfile?.findings(platforms) ?? []) {
            if (finding.severity !== 'error')
                continue;
            this.problems.push({
                code: finding.code,
                what: finding.message,
                where: `${dockerfile?.path ?? 'Dockerfile'}:${finding.line}`,
                ...(finding.fix === undefined ? {} : { fix: finding.fix }),
            });
        }
    }
    #problem(input, what, fix, value) {
        this.problems.push({ code: 'bad-input', what, input, fix, ...(value === undefined ? {} : { value }) });
    }
}
/** The engine pulls with its own registry settings: a registry that needs ours is out of its reach. */
function enginePulls(target, inputs, facts) {
    const [name] = target.repositories;
    const reference = name === undefined ? undefined : reference_parseReference(name);
    if (reference === undefined || 'reason' in reference)
        return false;
    const { registry } = reference;
    if (inputs.registryCa !== undefined)
        return false;
    return (!inputs.insecureRegistries.includes(registry) ||
        facts.engine.server?.insecureRegistries.includes(registry) === true);
}
//# sourceMappingURL=make.js.map
;// CONCATENATED MODULE: ./lib/plan/graph.js
/** Every mistake of a graph: double ids, unknown needs, circles. An empty list means that it can be run. */
function graphFaults(steps) {
    const faults = [];
    const byId = new Map();
    for (const step of steps) {
        if (byId.has(step.id))
            faults.push(`the step ${step.id} is there twice`);
        byId.set(step.id, step);
    }
    for (const step of steps) {
        for (const need of step.needs)
            if (!byId.has(need))
                faults.push(`${step.id} needs ${need}, which is not there`);
    }
    const state = new Map();
    const visit = (id, path) => {
        if (state.get(id) === 'done')
            return;
        if (state.get(id) === 'open') {
            faults.push(`a circle: ${[...path.slice(path.indexOf(id)), id].join(' → ')}`);
            return;
        }
        state.set(id, 'open');
        for (const need of byId.get(id)?.needs ?? [])
            visit(need, [...path, id]);
        state.set(id, 'done');
    };
    for (const step of steps)
        visit(step.id, []);
    return faults;
}
/** The steps in an order in which they could run one after another. */
function inOrder(steps) {
    const done = new Set();
    const ordered = [];
    let rest = [...steps];
    while (rest.length > 0) {
        const ready = rest.filter((step) => step.needs.every((need) => done.has(need)));
        if (ready.length === 0)
            throw new TypeError(graphFaults(steps).join('; '));
        for (const step of ready) {
            ordered.push(step);
            done.add(step.id);
        }
        rest = rest.filter((step) => !done.has(step.id));
    }
    return ordered;
}
/** Ids of all steps that need `id`, directly or through others. */
function dependants(steps, id) {
    const found = new Set();
    const grow = (of) => {
        for (const step of steps) {
            if (!found.has(step.id) && step.needs.includes(of)) {
                found.add(step.id);
                grow(step.id);
            }
        }
    };
    grow(id);
    return found;
}
//# sourceMappingURL=graph.js.map
;// CONCATENATED MODULE: ./lib/plan/run.js



/**
 * Runs the graph with the greatest safe concurrency: a step starts as soon as what it needs has ended well and its
 * lane has room. After a failure nothing new starts but gates that are ready (their verdicts are worth having),
 * running gates finish, and running work that could only serve the refused release is aborted.
 * Never rejects: the caller reads `failures`.
 */
async function runPlan(steps, work, options) {
    const faults = graphFaults(steps);
    if (faults.length > 0)
        throw new TypeError(`the plan cannot be run: ${faults.join('; ')}`);
    const ended = new Map();
    const running = new Map();
    const failures = [];
    const { clock, signal } = options;
    const finish = (span) => {
        ended.set(span.id, span);
        options.onEnd?.(span);
    };
    const unrun = (step, status, reason) => {
        finish({ id: step.id, title: step.title, gate: step.gate, status, reason });
    };
    /** Work in progress that a still running or ready gate needs goes on; the rest is aborted. */
    const abortUseless = () => {
        const wanted = new Set();
        const want = (id) => {
            if (wanted.has(id))
                return;
            wanted.add(id);
            for (const need of steps.find((step) => step.id === id)?.needs ?? [])
                want(need);
        };
        for (const entry of running.values())
            if (entry.step.gate)
                want(entry.step.id);
        for (const entry of running.values()) {
            if (!wanted.has(entry.step.id))
                entry.abort.abort((0,base_errors/* cancelledError */.YQ)(`stopped because ${failures[0]?.id ?? 'a step'} failed`));
        }
    };
    const start = (step) => {
        const task = work.get(step.id);
        if (task === undefined)
            throw new TypeError(`no work is known for the step ${step.id}`);
        const abort = new AbortController();
        const onCancel = () => abort.abort(reasonOf(signal));
        signal.addEventListener('abort', onCancel, { once: true });
        const startMs = clock.now();
        options.onStart?.(step);
        const base = { id: step.id, title: step.title, gate: step.gate, startMs };
        const promise = task(abort.signal)
            .then((note) => {
            finish({
                ...base,
                status: 'ok',
                endMs: clock.now(),
                ...(note === undefined ? {} : { reason: note }),
            });
        }, (error) => {
            const status = abort.signal.aborted ? 'cancelled' : 'failed';
            if (status === 'failed')
                failures.push({ id: step.id, gate: step.gate, error });
            finish({ ...base, status, endMs: clock.now(), reason: (0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? '' });
            if (status === 'failed')
                abortUseless();
        })
            .finally(() => {
            signal.removeEventListener('abort', onCancel);
            running.delete(step.id);
        });
        running.set(step.id, { promise, abort, step });
    };
    const laneHasRoom = (lane) => lane === 'free' ||
        [...running.values()].filter((entry) => entry.step.lane === lane).length < options.lanes[lane];
    for (;;) {
        // Settle what cannot run any more, until nothing changes: a skip may doom the next.
        for (let changed = true; changed;) {
            changed = false;
            for (const step of steps) {
                if (ended.has(step.id) || running.has(step.id))
                    continue;
                const bad = step.needs
                    .map((need) => ended.get(need))
                    .find((span) => span !== undefined && !endedWell(span, steps));
                if (step.skip !== undefined)
                    unrun(step, 'skipped', step.skip);
                else if (signal.aborted)
                    unrun(step, 'cancelled', reasonOf(signal).message);
                else if (bad !== undefined)
                    unrun(step, 'skipped', `${bad.title} did not end well`);
                else if (failures.length > 0 && !step.gate)
                    unrun(step, 'skipped', `${failures[0]?.id ?? 'a step'} failed`);
                else
                    continue;
                changed = true;
            }
        }
        for (const step of steps) {
            if (ended.has(step.id) || running.has(step.id))
                continue;
            if (!step.needs.every((need) => ended.has(need)) || !laneHasRoom(step.lane))
                continue;
            start(step);
        }
        if (running.size === 0)
            break;
        await Promise.race([...running.values()].map((entry) => entry.promise));
    }
    return { spans: steps.map((step) => ended.get(step.id)), failures };
}
/** A step that the plan left out counts as done; one that was skipped because of a failure does not. */
function endedWell(span, steps) {
    return (span.status === 'ok' ||
        (span.status === 'skipped' && steps.find((step) => step.id === span.id)?.skip !== undefined));
}
//# sourceMappingURL=run.js.map
;// CONCATENATED MODULE: ./lib/report/markdown.js
/**
 * GitHub-flavoured Markdown made of text that others wrote: test names, messages of compilers, branch names. Whatever
 * they hold, it is shown as it is and changes nothing around it.
 */
// eslint-disable-next-line no-control-regex -- escape sequences of terminals and control characters are what is removed
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[@-_]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** Without terminal colours and control characters; half surrogate pairs become U+FFFD. */
const printable = (text) => text.replace(CONTROL, '').toWellFormed();
/** On one line, blanks collapsed. */
const oneLine = (text) => printable(text)
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .trim();
/** `text` cut to `length` characters, with an ellipsis when something is missing. */
function shorten(text, length) {
    if (text.length <= length)
        return text;
    return `${text
        .slice(0, Math.max(0, length - 1))
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
}
/** Text inside HTML tags, where Markdown's own escapes would be shown. */
const html = (text) => oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
/** Text in a paragraph, list item or table cell. */
function inline(text) {
    const escaped = oneLine(text)
        .replace(/[\\`*_[\]~$]/g, String.raw `\$&`)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        // In a table a backslash before a pipe would need care; an entity is never a column border.
        .replaceAll('|', '&#124;');
    // At the start of a line these would make a heading, a list or a rule.
    return escaped.replace(/^([#+=-])/, String.raw `\$1`).replace(/^(\d+)([.)])(?=\s|$)/, String.raw `$1\$2`);
}
/** Text in a code span, safe in table cells too. */
function code(text) {
    const plain = oneLine(text);
    if (plain === '')
        return '';
    if (!/[`|]/.test(plain))
        return `\`${plain}\``;
    // A code span cannot hold every mix of backticks and pipes; a tag with entities can.
    const entities = plain.replace(/[&<>"'`|*_[\]\\~$]/g, (char) => `&#${char.charCodeAt(0)};`);
    return `<code>${entities}</code>`;
}
/** A fenced block; the fence is longer than any run of backticks in it. */
function fence(lines, language = '') {
    const body = lines.map((line) => printable(line).replace(/[\r\n]+/g, ' ')).join('\n');
    const longest = Math.max(0, ...[...body.matchAll(/`+/g)].map((match) => match[0].length));
    const mark = '`'.repeat(Math.max(3, longest + 1));
    return `${mark}${language}\n${body}\n${mark}`;
}
/** A folded part; `body` is Markdown. */
const details = (title, body, open = false) => `<details${open ? ' open' : ''}><summary>${html(title)}</summary>\n\n${body}\n\n</details>`;
/** A link when `url` is one of the web, else the label alone. The label is Markdown. */
function markdown_link(label, url) {
    if (url === undefined || !/^https?:\/\/[^\s<>()]+$/.test(url))
        return label;
    return `[${label}](${url.replaceAll('|', '%7C').replaceAll('\\', '%5C').replaceAll('`', '%60')})`;
}
/** A table; header cells are plain text, body cells are Markdown on one line. */
function table(head, rows) {
    const line = (cells) => `| ${cells.join(' | ')} |`;
    return [
        line(head.map(([title]) => inline(title))),
        line(head.map(([, align]) => (align === 'right' ? '---:' : '---'))),
        ...rows.map(line),
    ].join('\n');
}
//# sourceMappingURL=markdown.js.map
;// CONCATENATED MODULE: ./lib/report/mermaid.js

/**
 * Text for Mermaid diagrams. Only a small, old part of its grammar is used, because GitHub, GitLab and editors carry
 * different versions, and a label with the wrong character turns the whole picture into an error box.
 */
/** A quoted flowchart label. Entities are Mermaid's own (`#quot;`): HTML ones would be read as markup by some versions. */
function flowLabel(text) {
    const safe = oneLine(text)
        .replaceAll('#', '#35;')
        .replaceAll('&', '#amp;')
        .replaceAll('"', '#quot;')
        .replaceAll('<', '#lt;')
        .replaceAll('>', '#gt;')
        .replaceAll('`', '#96;')
        .replaceAll('\\', '#92;');
    return `"${safe === '' ? ' ' : safe}"`;
}
// Words that start a statement of a gantt chart.
const STATEMENTS = /^(?:gantt|title|section|dateformat|axisformat|tickinterval|todaymarker|includes|excludes|weekday|weekend|topaxis|inclusiveenddates|acctitle|accdescr|click|call|href|%%)/i;
/** A task or section name of a gantt chart: it ends at a colon or the end of the line, and knows no escape at all. */
function ganttName(text) {
    const safe = oneLine(text)
        .replaceAll(':', ' ')
        // ≥ and ≤ are letters to Mermaid; what is left out starts comments, statements, entities or markup.
        .replace(/[^\p{L}\p{N} ._/()+,=@≥≤·×→%-]/gu, ' ')
        .replace(/%+/g, '%')
        .replace(/ {2,}/g, ' ')
        .trim();
    if (safe === '')
        return 'step';
    return STATEMENTS.test(safe) ? `· ${safe}` : safe;
}
//# sourceMappingURL=mermaid.js.map
;// CONCATENATED MODULE: ./lib/report/plan.js


/**
 * The steps by waves: all steps whose needs stand in earlier waves could run at the same time. A step that needs something
 * unknown, or itself, comes last instead of being lost.
 */
function waves(steps) {
    const result = [];
    const known = new Set(steps.map((step) => step.id));
    const done = new Set();
    let rest = [...steps];
    while (rest.length > 0) {
        const ready = rest.filter((step) => step.needs.every((need) => done.has(need) || !known.has(need)));
        const wave = ready.length === 0 ? rest : ready;
        result.push(wave);
        for (const step of wave)
            done.add(step.id);
        rest = rest.filter((step) => !done.has(step.id));
    }
    return result;
}
/** The plan for a terminal: by waves, gates marked, with the reason and the command lines of each step. */
function renderPlanText(plan) {
    const lines = [];
    const running = plan.steps.filter((step) => step.skip === undefined);
    const width = Math.max(0, ...running.map((step) => step.title.length));
    for (const [at, wave] of waves(running.map((step) => direct(step, plan.steps))).entries()) {
        if (at === 0)
            lines.push('At once:');
        if (at === 1)
            lines.push('Then, each as soon as what it needs is there:');
        for (const step of wave) {
            const after = step.needs.length === 0 ? '' : `after ${step.needs.join(', ')}`;
            const gate = step.gate === true ? 'gate' : '';
            const note = [gate, after].filter((part) => part !== '').join(', ');
            const title = note === '' ? step.title : step.title + ' '.repeat(width - step.title.length);
            lines.push(`  ${step.gate === true ? '◆' : '•'} ${title}${note === '' ? '' : `  (${note})`}`);
            if (step.why !== undefined && step.why !== '')
                lines.push(`      ${step.why}`);
            for (const argv of step.argv ?? [])
                lines.push(`      $ ${display(argv)}`);
        }
    }
    const skipped = plan.steps.filter((step) => step.skip !== undefined);
    if (skipped.length > 0) {
        lines.push('Not run:');
        for (const step of skipped)
            lines.push(`  - ${step.title}: ${step.skip ?? ''}`);
    }
    const gates = running.filter((step) => step.gate === true).length;
    lines.push(`${count(running.length, 'step')}, ${count(gates, 'gate')}${skipped.length > 0 ? `, ${skipped.length} not run` : ''}.`);
    return lines.join('\n');
}
/**
 * The plan as a Mermaid flowchart: gates are hexagons, steps that do not run are dashed. Edges that others imply are left
 * out, so that the picture stays readable.
 */
function renderPlanMermaid(plan) {
    const names = new Map(plan.steps.map((step, i) => [step.id, `s${i}`]));
    const reduced = withoutImplied(plan.steps);
    const lines = ['flowchart LR'];
    for (const step of plan.steps) {
        const name = names.get(step.id) ?? '';
        const label = flowLabel(step.title);
        lines.push(`  ${name}${step.gate === true ? `{{${label}}}` : `[${label}]`}`);
    }
    for (const step of plan.steps) {
        for (const need of reduced.get(step.id) ?? []) {
            const from = names.get(need);
            if (from !== undefined)
                lines.push(`  ${from} --> ${names.get(step.id) ?? ''}`);
        }
    }
    // Strokes only: the fill is the theme's, so that text is readable in light and dark.
    const group = (style, css, steps) => {
        if (steps.length === 0)
            return;
        lines.push(`  classDef ${style} ${css}`);
        lines.push(`  class ${steps.map((step) => names.get(step.id) ?? '').join(',')} ${style}`);
    };
    group('gate', 'stroke:#bf8700,stroke-width:2px', plan.steps.filter((step) => step.gate === true && step.skip === undefined)); // prettier-ignore
    group('off', 'stroke-dasharray:4 3,opacity:0.6', plan.steps.filter((step) => step.skip !== undefined));
    return `${lines.join('\n')}\n`;
}
/** The step with skipped needs replaced by what those need, as a skipped step does not hold anything up. */
function direct(step, steps) {
    const byId = new Map(steps.map((one) => [one.id, one]));
    const needs = new Set();
    const seen = new Set();
    const visit = (id) => {
        if (seen.has(id))
            return;
        seen.add(id);
        const need = byId.get(id);
        if (need?.skip === undefined)
            needs.add(id);
        else
            for (const behind of need.needs)
                visit(behind);
    };
    for (const need of step.needs)
        visit(need);
    const implied = withoutImplied(steps).get(step.id) ?? [];
    // Needs that another need has already waited for say nothing new; replaced ones are kept as they are.
    const kept = [...needs].filter((need) => implied.includes(need) || !step.needs.includes(need));
    return { ...step, needs: kept.length === 0 ? [...needs] : kept };
}
/** Needs of each step without those that another of its needs has anyway (transitive reduction of a graph without circles). */
function withoutImplied(steps) {
    const byId = new Map(steps.map((step) => [step.id, step]));
    const behind = new Map();
    const reach = (id, path) => {
        const known = behind.get(id);
        if (known !== undefined)
            return known;
        const found = new Set();
        for (const need of byId.get(id)?.needs ?? []) {
            if (path.has(need))
                continue;
            found.add(need);
            for (const further of reach(need, new Set([...path, need])))
                found.add(further);
        }
        behind.set(id, found);
        return found;
    };
    return new Map(steps.map((step) => {
        const needs = [...new Set(step.needs)];
        return [
            step.id,
            needs.filter((need) => !needs.some((other) => other !== need && reach(other, new Set([other])).has(need))),
        ];
    }));
}
const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
//# sourceMappingURL=plan.js.map
;// CONCATENATED MODULE: ./lib/buildx/engine.js



const PROBE_MS = 20_000;
/**
 * Asks the engine what it is: `docker version`, `docker info` and the current context, at the same time and each
 * bounded. Never throws for a missing or broken engine: the reason is `problem`.
 */
async function probeEngine(act) {
    const ask = async (argv) => {
        const command = { argv, timeoutMs: PROBE_MS, signal: act.signal };
        try {
            const done = await act.exec.run(command);
            return { code: done.code, stdout: done.stdout, stderr: done.stderr };
        }
        catch (error) {
            act.signal.throwIfAborted();
            return { code: -1, stdout: '', stderr: (0,base_errors/* messageOf */.bD)(error), failed: error };
        }
    };
    const [version, info, context] = await Promise.all([
        ask(['docker', 'version', '--format', '{{json .}}']),
        ask(['docker', 'info', '--format', '{{json .}}']),
        ask(['docker', 'context', 'inspect', '--format', '{{json .}}']),
    ]);
    return readEngine({ version, info, context }, act.host, act.env);
}
/** The pure half of {@link probeEngine}: three answers of the docker client become facts. */
function readEngine(answers, host, env) {
    const version = json(answers.version.stdout);
    const info = json(answers.info.stdout);
    const context = json(answers.context.stdout);
    const clientVersion = engine_text(object(version['Client'])['Version']);
    const reach = contextEnvironment(context, env, host);
    const plugin = list(object(info['ClientInfo'])['Plugins'])
        .map(object)
        .find((one) => one['Name'] === 'buildx' && engine_text(one['Path']) !== '');
    const common = {
        ...(clientVersion === '' ? {} : { client: { version: clientVersion } }),
        ...(plugin === undefined
            ? {}
            : { buildx: { version: plainVersion(engine_text(plugin['Version'])), path: engine_text(plugin['Path']) } }),
        context: engine_text(context['Name']) || 'default',
        env: reach,
    };
    const serverJson = object(version['Server']);
    if (engine_text(serverJson['Version']) === '') {
        const said = [answers.version.stderr, answers.info.stderr, ...list(info['ServerErrors']).map(engine_text)].join('\n');
        return { reachable: false, ...common, problem: explainUnreachable(said, host, clientVersion !== '') };
    }
    return { reachable: true, ...common, server: readServer(serverJson, info) };
}
function readServer(server, info) {
    const registries = object(info['RegistryConfig']);
    const indexes = Object.entries(object(registries['IndexConfigs']));
    const driverStatus = list(info['DriverStatus']).map((row) => list(row).map(engine_text).join('='));
    const components = list(server['Components']).map((one) => engine_text(object(one)['Name']));
    return {
        version: engine_text(server['Version']),
        product: components.some((name) => name.startsWith('Podman')) ? 'podman' : 'docker',
        os: engine_text(server['Os']) || engine_text(info['OSType']),
        arch: engine_text(server['Arch']),
        system: engine_text(info['OperatingSystem']),
        storageDriver: engine_text(info['Driver']),
        containerdStore: driverStatus.some((row) => row.startsWith('driver-type=io.containerd.snapshotter')),
        rootless: list(info['SecurityOptions']).some((one) => engine_text(one).startsWith('name=rootless')),
        mirrors: list(registries['Mirrors']).map(engine_text),
        insecureRegistries: [
            ...list(registries['InsecureRegistryCIDRs']).map(engine_text),
            ...indexes.filter(([, index]) => object(index)['Secure'] === false).map(([name]) => name),
        ],
        cpus: typeof info['NCPU'] === 'number' ? info['NCPU'] : 0,
        memoryBytes: typeof info['MemTotal'] === 'number' ? info['MemTotal'] : 0,
    };
}
/**
 * A private DOCKER_CONFIG hides the user's contexts, so the endpoint of the context in force travels as DOCKER_HOST.
 * A DOCKER_HOST that is set already wins, as it does in the client.
 */
function contextEnvironment(context, env, host) {
    const set = lookupEnvironment(env, 'DOCKER_HOST', host.os);
    if (set !== undefined && set !== '')
        return { DOCKER_HOST: set };
    const name = engine_text(context['Name']);
    if (name === '' || name === 'default')
        return {};
    const endpoint = object(object(context['Endpoints'])['docker']);
    const at = engine_text(endpoint['Host']);
    if (at === '')
        return {};
    const tls = engine_text(object(context['Storage'])['TLSPath']);
    const material = object(context['TLSMaterial'])['docker'];
    return {
        DOCKER_HOST: at,
        ...(material !== undefined && tls !== '' && tls !== '<IN MEMORY>'
            ? { DOCKER_CERT_PATH: (0,external_node_path_.join)(tls, 'docker'), DOCKER_TLS_VERIFY: '1' }
            : {}),
    };
}
/** Why no engine answers, and what would help on this host. */
function explainUnreachable(said, host, hasClient) {
    const where = /(?:unix|npipe|tcp|ssh):\/\/\S+?(?=[.,;]?(?:\s|$))/.exec(said)?.[0];
    const at = where === undefined ? {} : { where };
    const what = 'no Docker engine can be used';
    if (!hasClient && /no such program|ENOENT|not found|cannot start docker/i.test(said)) {
        return {
            code: 'docker-missing',
            what,
            cause: 'there is no docker program on PATH',
            fix: `${installHint(host)}; or set "driver: remote" with an "endpoint", which needs no engine here`,
        };
    }
    if (/permission denied/i.test(said)) {
        return {
            code: 'docker-permission',
            what,
            ...at,
            cause: 'this user may not open the engine’s socket',
            fix: 'add the runner’s user to the group "docker" and start the runner again (sudo usermod -aG docker USER), or use rootless Docker',
        };
    }
    if (/did not end within|timeout|deadline exceeded/i.test(said)) {
        return {
            code: 'docker-hangs',
            what,
            ...at,
            cause: 'the engine did not answer in time',
            fix: 'look at the engine’s log (journalctl -u docker) and restart it; a full disk is the usual reason',
        };
    }
    if (/client version .* is too (new|old)|minimum supported API version/i.test(said)) {
        return {
            code: 'docker-api-version',
            what,
            ...at,
            cause: said.split('\n').find((line) => /API version|is too/i.test(line)) ?? 'client and engine do not fit',
            fix: 'bring the docker client and the engine to the same release, or set DOCKER_API_VERSION to what the engine offers',
        };
    }
    if (/x509|tls:|certificate/i.test(said)) {
        return {
            code: 'docker-tls',
            what,
            ...at,
            cause: 'the engine’s TLS certificate is not accepted',
            fix: 'check DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH',
        };
    }
    return {
        code: 'docker-down',
        what,
        ...at,
        cause: 'nothing answers at the engine’s address',
        fix: startHint(host),
    };
}
function installHint(host) {
    if (host.os === 'darwin')
        return 'GitHub’s macOS runners have no Docker: build the image in a job on ubuntu-latest';
    if (host.os === 'windows')
        return 'use a GitHub-hosted runner (ubuntu-latest builds Windows images too), or install Docker';
    return 'install Docker (https://docs.docker.com/engine/install/) or use a GitHub-hosted ubuntu runner';
}
function startHint(host) {
    if (host.os === 'darwin')
        return 'start Docker Desktop (or colima start); on GitHub, build the image in a job on ubuntu-latest';
    if (host.os === 'windows')
        return 'start the service "docker" or Docker Desktop; on GitHub, ubuntu-latest builds Windows images too';
    return 'start it (sudo systemctl start docker), or point DOCKER_HOST at a running engine; in a container job, mount the engine’s socket';
}
/** `github.com/docker/buildx 0.29.1+ds1 …` or `v0.36.1` → `0.29.1`; unknown → ''. */
function plainVersion(said) {
    return /(?:^|[\s/v])v?(\d+\.\d+\.\d+(?:-(?:rc|beta|alpha)[0-9.]*)?)/.exec(said)?.[1] ?? '';
}
function json(said) {
    try {
        return object(JSON.parse(said));
    }
    catch {
        return {};
    }
}
function object(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
const list = (value) => (Array.isArray(value) ? value : []);
const engine_text = (value) => (typeof value === 'string' ? value : '');
//# sourceMappingURL=engine.js.map
;// CONCATENATED MODULE: ./lib/go/flags.js

/**
 * GOFLAGS for every go command of the run. `-trimpath` and `-tags` are part of each package's action ID
 * (cmd/go/internal/work/exec.go, buildActionID), so a command with other flags compiles everything again.
 *
 * @param own the caller's GOFLAGS: kept, and merged with the inputs
 */
function mergeGoFlags(settings, own = '') {
    const notes = [];
    const problems = [];
    const split = splitGoFlags(own);
    if (split.reason !== undefined) {
        problems.push({
            code: 'goflags-invalid',
            what: 'the environment variable GOFLAGS cannot be read',
            value: own,
            cause: split.reason,
            fix: "separate the flags with blanks, and quote a whole flag that holds blanks: '-ldflags=-s -w'",
        });
    }
    const kept = [];
    const tags = [...settings.tags];
    let trimpath = true;
    for (const word of split.words) {
        const { name, value } = parseFlag(word);
        if (name === 'trimpath') {
            trimpath = value !== 'false';
            if (!trimpath) {
                notes.push('GOFLAGS has -trimpath=false: it is kept for vet, test and build alike, so paths of this machine get into the binaries');
            }
        }
        else if (name === 'tags') {
            const more = (value ?? '').split(',').filter((tag) => tag !== '' && !tags.includes(tag));
            if (more.length > 0 && settings.tags.length > 0) {
                notes.push(`the tags of GOFLAGS (${more.join(', ')}) and of go-tags (${settings.tags.join(', ')}) are all set`);
            }
            tags.push(...more);
        }
        else if (name === 'mod' && settings.mod !== undefined) {
            if (value !== settings.mod)
                notes.push(`-mod=${settings.mod} of the inputs wins over ${word} of GOFLAGS`);
        }
        else if (name === 'json' || name === 'o' || name === 'n') {
            problems.push({
                code: 'goflags-conflict',
                what: `GOFLAGS has ${word}, which this run must set itself`,
                value: own,
                fix: `remove ${word} from GOFLAGS`,
            });
        }
        else if (name === 'race' && value !== 'false') {
            notes.push('GOFLAGS has -race: left out, because it would get into the published binaries; use race: true');
        }
        else if ((name === 'cover' || name === 'coverprofile' || name === 'covermode') && value !== 'false') {
            notes.push(`GOFLAGS has ${word}: left out, because it would get into the published binaries; use coverage-threshold`);
        }
        else {
            if (name === 'a')
                notes.push('GOFLAGS has -a: everything is compiled again by each command, caches do not help');
            if (name === 'count')
                notes.push(`GOFLAGS has ${word}: no test result is taken from the cache`);
            if (name === 'vet')
                notes.push(`GOFLAGS has ${word}: the input vet decides instead`);
            kept.push(word);
        }
    }
    const words = [
        trimpath ? '-trimpath' : '-trimpath=false',
        ...(tags.length > 0 ? [`-tags=${[...new Set(tags)].join(',')}`] : []),
        ...(settings.mod === undefined ? [] : [`-mod=${settings.mod}`]),
        ...kept,
    ];
    return { words, notes, problems };
}
/**
 * The environment of every go command: same GOFLAGS and CGO_ENABLED for vet, test and build, so that nothing is
 * compiled twice. GOFLAGS of `extraEnv`, or else of `ambient`, is the caller's own and is merged.
 */
function goCommandEnvironment(settings, host, caches = {}, ambient = {}) {
    const own = settings.extraEnv?.['GOFLAGS'] ?? lookupEnvironment(ambient, 'GOFLAGS', host.os);
    return {
        CGO_ENABLED: settings.cgo ? '1' : '0',
        ...(settings.goproxy === undefined ? {} : { GOPROXY: settings.goproxy }),
        ...(settings.goprivate === undefined ? {} : { GOPRIVATE: settings.goprivate }),
        ...(caches.gocache === undefined ? {} : { GOCACHE: caches.gocache }),
        ...(caches.gomodcache === undefined ? {} : { GOMODCACHE: caches.gomodcache }),
        ...(caches.gotmpdir === undefined ? {} : { GOTMPDIR: caches.gotmpdir }),
        ...settings.extraEnv,
        GOFLAGS: joinGoFlags(mergeGoFlags(settings, own).words),
    };
}
/** The race detector needs cgo (and so a C compiler) everywhere but on macOS (Go 1.20 and later). */
const raceNeedsCgo = (host) => host.os !== 'darwin';
/** Splits GOFLAGS as cmd/internal/quoted does: a flag may be quoted whole, nothing is escaped. */
function splitGoFlags(text) {
    const words = [];
    let rest = text.trim();
    while (rest !== '') {
        const quote = rest.charAt(0);
        if (quote === "'" || quote === '"') {
            const end = rest.indexOf(quote, 1);
            if (end < 0)
                return { words, reason: `the quote ${quote} is not closed` };
            words.push(rest.slice(1, end));
            rest = rest.slice(end + 1).trimStart();
        }
        else {
            const word = /^\S+/.exec(rest)?.[0] ?? rest;
            words.push(word);
            rest = rest.slice(word.length).trimStart();
        }
    }
    const bad = words.find((word) => !/^--?[A-Za-z]/.test(word));
    return bad === undefined ? { words } : { words, reason: `"${bad}" is not a flag` };
}
const joinGoFlags = (words) => words.map((word) => (/\s/.test(word) ? (word.includes("'") ? `"${word}"` : `'${word}'`) : word)).join(' ');
/** `-name`, `--name=value`: the name without dashes. */
function parseFlag(word) {
    const match = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(word);
    const [, name = word, value] = match ?? [];
    return value === undefined ? { name } : { name, value };
}
//# sourceMappingURL=flags.js.map
;// CONCATENATED MODULE: ./lib/go/version.js

const PATTERN = /^(?:go|v)?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:-?(rc|beta)\.?(\d{1,3}))?$/;
/** Reads `1.26.8`, `go1.27rc1`, `1.20`, `1.27.0-rc.1`, `1.26` (a language version); undefined for anything else. */
function parseGoVersion(text) {
    const match = PATTERN.exec(text.trim());
    if (match === null)
        return undefined;
    const [, major = '', minor = '', patch, kind, n = ''] = match;
    const version = { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) };
    if (kind !== undefined)
        return { ...version, pre: { kind: kind, n: Number(n) } };
    if (patch === undefined && hasZeroRelease(version))
        return { ...version, language: true };
    return version;
}
/** Since Go 1.21 the first release of a minor is called `.0`. */
const hasZeroRelease = (version) => version.major > 1 || version.minor >= 21;
/** Go's own spelling, without `go`: `1.26.8`, `1.20`, `1.27rc1`, `1.26` for a language version. */
function formatGoVersion(version) {
    const base = `${version.major}.${version.minor}`;
    const zero = version.pre === undefined && version.language === undefined && hasZeroRelease(version);
    const patch = version.patch > 0 || zero ? `.${version.patch}` : '';
    return base + patch + (version.pre === undefined ? '' : version.pre.kind + String(version.pre.n));
}
/** A name that can only be a release's (`go1.21` in a listing), not a language version. */
const asRelease = ({ major, minor, patch, pre }) => pre === undefined ? { major, minor, patch } : { major, minor, patch, pre };
/** npm's spelling, which names folders of the runner's tool cache: `1.26.8`, `1.27.0-rc.1`. */
function semverOf(version) {
    const pre = version.pre === undefined ? '' : `-${version.pre.kind}.${version.pre.n}`;
    return `${version.major}.${version.minor}.${version.patch}${pre}`;
}
/** Negative, zero or positive, as `sort` wants it. */
function compareGoVersions(a, b) {
    const key = (v) => [
        v.major,
        v.minor,
        v.language === true ? -1 : v.patch,
        v.pre === undefined ? 2 : v.pre.kind === 'rc' ? 1 : 0,
        v.pre?.n ?? 0,
    ];
    const left = key(a);
    const right = key(b);
    for (const [i, value] of left.entries()) {
        const difference = value - (right[i] ?? 0);
        if (difference !== 0)
            return difference;
    }
    return 0;
}
/** Whether a release accepts a module that says `go <minimum>`. A minimum that is no version accepts nothing. */
function meetsMinimum(version, minimum) {
    const least = parseGoVersion(minimum);
    return least !== undefined && compareGoVersions(version, least) >= 0;
}
const HELP = 'write a version (1.26.8, 1.27rc1), a minor (1.26, 1.26.x), a range (^1.25, ~1.26, ">=1.25 <1.27"), stable or oldstable';
/**
 * Reads what `go-version` and version files may say. Ranges are npm's; Go's spelling of pre-releases and a `go`
 * prefix are understood inside them too. `latest` and `*` mean `stable`.
 */
function parseGoSpec(text) {
    const asked = text.trim();
    if (asked === '')
        return { reason: `it is empty: ${HELP}` };
    if (/^(stable|latest|\*|x)$/i.test(asked))
        return { kind: 'alias', alias: 'stable' };
    if (/^oldstable$/i.test(asked))
        return { kind: 'alias', alias: 'oldstable' };
    if (/^(go)?tip$|^master$|^main$/i.test(asked)) {
        return { reason: `${asked} is not a release, it would have to be built from source: ${HELP}` };
    }
    const old = /^1\.([1-4])$/.exec(asked);
    if (old !== null) {
        const meant = `1.${old[1] ?? ''}0`;
        return {
            reason: `Go ${asked} is older than 2015. YAML turns an unquoted ${meant} into ${asked}: write '${meant}' with quotes`,
        };
    }
    const version = parseGoVersion(asked);
    // `1.20` names a release, but people (and setup-go) mean the newest patch of that minor.
    const minor = /^(?:go|v)?(\d+)\.(\d+)$/.exec(asked);
    if (minor !== null)
        return { kind: 'range', range: `~${minor[1] ?? ''}.${minor[2] ?? ''}.0` };
    if (version !== undefined)
        return { kind: 'exact', version };
    const range = semver.validRange(asked
        .replace(/\bgo(?=\d)/g, '')
        .replace(/(?<![\d.])(\d+\.\d+)(rc|beta)(\d+)/g, '$1.0-$2.$3')
        .replace(/(\d+\.\d+\.\d+)(rc|beta)(\d+)/g, '$1-$2.$3'));
    // npm takes any word after a dash for a pre-release (`1.26.8-alpine`); Go has only rc and beta.
    if (range === null || /-(?!0(?![\w.])|(?:rc|beta)\.\d)/.test(range))
        return { reason: `"${asked}" is not a Go version: ${HELP}` };
    if (range === '*' || range === '')
        return { kind: 'alias', alias: 'stable' };
    return { kind: 'range', range };
}
/**
 * Whether a release is one that the spec allows. A pre-release satisfies a range only where the range names a
 * pre-release of the same version, as in npm. For an alias every stable release does: which one is meant is known only
 * with a listing (`chooseVersion`).
 */
function satisfies(version, spec) {
    if (version.language === true)
        return false;
    switch (spec.kind) {
        case 'exact':
            return compareGoVersions(version, spec.version) === 0;
        case 'range':
            return semver.satisfies(semverOf(version), spec.range);
        case 'alias':
            return version.pre === undefined;
    }
}
/**
 * The release to take: the newest stable one that the spec allows and `minimum` accepts, a pre-release only when no
 * stable one does. `oldstable` is the newest patch of the minor before the newest. Undefined: none is offered.
 */
function chooseVersion(spec, available, options = {}) {
    const { minimum } = options;
    let fit = available.filter((release) => satisfies(release.version, spec)).sort(newestFirst);
    if (spec.kind === 'alias' && spec.alias === 'oldstable') {
        const newest = fit[0];
        fit = fit.filter((release) => newest !== undefined && minorOf(release) !== minorOf(newest));
    }
    if (minimum !== undefined)
        fit = fit.filter((release) => meetsMinimum(release.version, minimum));
    return fit.find((release) => release.version.pre === undefined) ?? fit[0];
}
/** The newest stable release of a list. */
const newestStable = (available) => chooseVersion({ kind: 'alias', alias: 'stable' }, available);
const newestFirst = (a, b) => compareGoVersions(b.version, a.version);
const minorOf = (release) => `${release.version.major}.${release.version.minor}`;
/**
 * Whether some release the spec allows could meet the minimum. When none can, the minimum must not narrow the
 * choice: the user asked for an older Go on purpose and hears about it in `toolchainEnvironment`.
 */
function canMeet(spec, minimum) {
    const least = parseGoVersion(minimum);
    if (least === undefined)
        return false;
    switch (spec.kind) {
        case 'exact':
            return compareGoVersions(spec.version, least) >= 0;
        case 'range':
            return semver.intersects(spec.range, `>=${semverOf(least)}`, { includePrerelease: true });
        case 'alias':
            return true;
    }
}
//# sourceMappingURL=version.js.map
;// CONCATENATED MODULE: ./lib/go/version-files.js



/**
 * Which Go the project wants, and which line says so.
 *
 * Order: input `go-version`; input `go-version-file`; else the nearest go.work, go.mod, `.go-version`,
 * `.tool-versions` from the working directory upwards to the repository root. In go.mod and go.work the newer of the `go` and `toolchain` lines
 * decides, for a workspace over all modules it uses. The modules' own minimum is always found out, so that a range
 * can be narrowed by it and a too old choice explained.
 */
async function resolveGoRequest(inputs, files) {
    const directories = upwards(inputs.workingDirectory);
    const module = await modulesMinimum(directories, files);
    const minimum = module?.found;
    const withMinimum = (found) => ({
        request: {
            ...found,
            ...(minimum === undefined || parseGoVersion(minimum.spec) === undefined
                ? {}
                : { minimum: minimum.spec, minimumOrigin: minimum.origin }),
        },
    });
    const asked = inputs.goVersion.trim();
    if (asked !== '') {
        const problem = check({ spec: asked, origin: 'input go-version' }, { input: 'go-version', value: asked });
        return problem === undefined
            ? withMinimum({ spec: asked, origin: 'input go-version' })
            : { problems: [problem] };
    }
    const named = slashes(inputs.goVersionFile.trim());
    if (named !== '') {
        const input = { input: 'go-version-file', value: inputs.goVersionFile.trim() };
        for (const path of new Set([join(inputs.workingDirectory, named), named])) {
            const text = await files.read(path);
            if (text === undefined)
                continue;
            const found = await readVersionFile(path, text, files);
            if ('problem' in found)
                return { problems: [{ ...found.problem, ...input }] };
            const problem = check(found, input);
            return problem === undefined ? withMinimum(found) : { problems: [problem] };
        }
        return {
            problems: [
                {
                    code: 'go-version-file-missing',
                    what: 'the Go version file does not exist',
                    ...input,
                    where: join(inputs.workingDirectory, named),
                    fix: 'give its path relative to working-directory or to the repository, and check that it is committed',
                },
            ],
        };
    }
    if (module !== undefined) {
        // Without a go line (cmd/go reads it as 1.16) any Go does.
        const found = minimum ?? { spec: 'stable', origin: `${module.path} has no go line` };
        const problem = check(found, {});
        return problem === undefined ? withMinimum(found) : { problems: [problem] };
    }
    for (const name of ['.go-version', '.tool-versions']) {
        for (const directory of directories) {
            const path = join(directory, name);
            const text = await files.read(path);
            if (text === undefined)
                continue;
            const found = await readVersionFile(path, text, files);
            // A .tool-versions without Go (nodejs, python …) is no answer and no error.
            if ('problem' in found)
                continue;
            const problem = check(found, {});
            return problem === undefined ? { request: found } : { problems: [problem] };
        }
    }
    return {
        problems: [
            {
                code: 'go-version-unknown',
                what: 'no Go version is asked for',
                cause: 'there is no go.work, go.mod, .go-version or .tool-versions with one',
                where: inputs.workingDirectory === '' ? '.' : inputs.workingDirectory,
                fix: 'set go-version (for example stable), or point working-directory at the folder of go.mod',
            },
        ],
    };
}
function check(found, input) {
    const spec = parseGoSpec(found.spec);
    if (!('reason' in spec))
        return undefined;
    return {
        code: 'go-version-invalid',
        what: 'the Go version cannot be understood',
        cause: spec.reason,
        ...(input.input === 'go-version' ? {} : { where: found.origin }),
        ...input,
        fix: 'correct the version where it is written',
    };
}
/** The nearest workspace or module and its newest `go` or `toolchain` line, as the go command would search. */
async function modulesMinimum(directories, files) {
    for (const name of ['go.work', 'go.mod']) {
        for (const directory of directories) {
            const path = join(directory, name);
            const text = await files.read(path);
            if (text === undefined)
                continue;
            return { path, found: newest(await moduleLines(path, text, files)) };
        }
    }
    return undefined;
}
/** All version lines of a go.mod, or of a go.work and the modules it uses. */
async function moduleLines(path, text, files) {
    const { lines, use } = parseModuleFile(path, text);
    for (const folder of use) {
        const file = join(join(version_files_parent(path), slashes(folder)), 'go.mod');
        const inner = await files.read(file);
        if (inner !== undefined)
            lines.push(...parseModuleFile(file, inner).lines);
    }
    return lines;
}
/**
 * The `go` and `toolchain` lines and `use` directives of a go.mod or go.work (Go Modules Reference, "go.mod files").
 * A custom toolchain (`go1.26.8-acme`) counts as the release it is based on.
 */
function parseModuleFile(path, text) {
    const lines = [];
    const use = [];
    let block;
    for (const [index, raw] of text
        .replace(/^\uFEFF/, '')
        .split(/\r?\n/)
        .entries()) {
        const words = raw
            .replace(/\/\/.*$/, '')
            .trim()
            .split(/\s+/)
            .map(version_files_unquote);
        const [first = '', second = ''] = words;
        if (block !== undefined) {
            if (first === ')')
                block = undefined;
            else if (block === 'use' && first !== '')
                use.push(first);
        }
        else if (second === '(' || first.endsWith('('))
            block = first.replace(/\($/, '');
        else if (first === 'use' && second !== '')
            use.push(second);
        else if ((first === 'go' || first === 'toolchain') && second !== '' && second !== 'default') {
            const spec = first === 'go' ? second : second.replace(/^go/, '').replace(/-.*$/, '');
            lines.push({ spec, origin: `${path} line ${index + 1} (${first})` });
        }
    }
    return { lines, use };
}
/** The newest of several; the first wins among equals. Lines that are no version win, so that they are reported. */
function newest(lines) {
    let best;
    for (const line of lines) {
        const version = parseGoVersion(line.spec);
        if (version === undefined)
            return line;
        const known = best === undefined ? undefined : parseGoVersion(best.spec);
        if (known === undefined || compareGoVersions(version, known) > 0)
            best = line;
    }
    return best;
}
/** What a file of any known kind says. */
async function readVersionFile(path, text, files) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    let found;
    if (/\.mod$|\.work$/.test(name))
        found = newest(await moduleLines(path, text, files));
    else if (name === '.tool-versions')
        found = readToolVersions(path, text);
    else if (name.endsWith('.toml'))
        found = readMise(path, text);
    else if (/dockerfile|containerfile/i.test(name))
        found = readDockerfile(path, text);
    else
        found = readPlain(path, text);
    if (found !== undefined)
        return found;
    return {
        problem: {
            code: 'go-version-file-without-version',
            what: 'the Go version file names no Go version',
            where: path,
            fix: 'files understood: go.mod, go.work, .go-version, .tool-versions, mise.toml ([tools] go), Dockerfile (FROM golang:… or ARG GO_VERSION)',
        },
    };
}
function readPlain(path, text) {
    for (const [index, raw] of numbered(text)) {
        const line = raw.replace(/#.*$/, '').trim();
        if (line !== '')
            return { spec: line, origin: `${path} line ${index}` };
    }
    return undefined;
}
/** asdf: `golang 1.26.8`, several versions are fallbacks, `latest:1.26` is the newest 1.26. */
function readToolVersions(path, text) {
    for (const [index, raw] of numbered(text)) {
        const [tool, version] = raw.replace(/#.*$/, '').trim().split(/\s+/);
        if ((tool === 'golang' || tool === 'go') && version !== undefined) {
            return { spec: withoutPrefix(version), origin: `${path} line ${index}` };
        }
    }
    return undefined;
}
/** mise: `[tools]` with `go = "1.26"`, `go = ["1.26", …]`, `go = { version = "1.26" }`, or a table `[tools.go]`. */
function readMise(path, text) {
    let table = '';
    for (const [index, raw] of numbered(text)) {
        const header = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/.exec(raw);
        if (header !== null) {
            table = (header[1] ?? '').replace(/["'\s]/g, '');
            continue;
        }
        const pair = /^\s*["']?([\w.:-]+)["']?\s*=\s*(.+)$/.exec(raw);
        const key = pair?.[1] ?? '';
        const wanted = (table === 'tools' && ['go', 'golang', 'core:go'].includes(key)) ||
            (['tools.go', 'tools.golang'].includes(table) && key === 'version') ||
            (table === '' && ['tools.go', 'tools.golang'].includes(key));
        if (!wanted)
            continue;
        const value = pair?.[2] ?? '';
        const version = /version\s*=\s*["']([^"']+)["']/.exec(value) ?? /["']([^"']+)["']/.exec(value);
        if (version?.[1] !== undefined)
            return { spec: withoutPrefix(version[1]), origin: `${path} line ${index}` };
    }
    return undefined;
}
/** The first `FROM …/golang:<version>…`, ARG values filled in; else the default of `ARG GO_VERSION`. */
function readDockerfile(path, text) {
    const args = new Map();
    for (const [index, raw] of numbered(text)) {
        const arg = /^\s*ARG\s+(\w+)=["']?([^"'\s]+)["']?/i.exec(raw);
        if (arg !== null) {
            const [, name = '', value = ''] = arg;
            if (!args.has(name))
                args.set(name, { spec: value, origin: `${path} line ${index} (ARG ${name})` });
        }
        const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)/i.exec(raw);
        let origin = `${path} line ${index} (FROM)`;
        const image = (from?.[1] ?? '').replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g, (whole, braced, fallback, bare) => {
            const known = args.get(braced ?? bare ?? '');
            if (known === undefined)
                return fallback ?? whole;
            origin = known.origin;
            return known.spec;
        });
        const tag = /(?:^|\/)golang(?::([^@]+))?(?:@.*)?$/.exec(image);
        if (tag === null)
            continue;
        const version = /^\d+(?:\.\d+)*(?:(?:rc|beta)\d+)?/.exec(tag[1] ?? 'latest')?.[0] ?? 'latest';
        return { spec: version, origin };
    }
    return args.get('GO_VERSION') ?? args.get('GOLANG_VERSION');
}
const numbered = (text) => text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => [index + 1, line]);
const version_files_unquote = (word) => word.replace(/^["`](.*)["`]$/, '$1');
const withoutPrefix = (version) => version.replace(/^(?:latest|prefix):/, '');
/** Clean concatenation with forward slashes; an absolute second part wins. */
function join(directory, name) {
    if (name.startsWith('/') || /^[A-Za-z]:\//.test(name))
        return name;
    const parts = [];
    for (const part of `${slashes(directory)}/${name}`.split('/')) {
        if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '')
            parts.pop();
        else if (part !== '.' && (part !== '' || parts.length === 0))
            parts.push(part);
    }
    // An empty first part is a leading slash when the directory was absolute, and nothing when it was empty.
    if (parts[0] === '' && !slashes(directory).startsWith('/'))
        parts.shift();
    return parts.join('/');
}
const version_files_parent = (path) => path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '';
/** The folder and its parents, nearest first, up to the repository (relative) or the file system's root (absolute). */
function upwards(directory) {
    const all = [];
    let at = join(directory === '.' ? '' : directory, '.');
    for (let depth = 0; depth < 32; depth++) {
        all.push(at);
        const up = version_files_parent(at);
        if (up === at || at === '' || at === '/' || at.split('/').at(-1) === '..')
            break;
        at = up;
    }
    return all;
}
//# sourceMappingURL=version-files.js.map
// EXTERNAL MODULE: ./node_modules/dockerfile-ast/lib/main.js
var main = __webpack_require__(78390);
;// CONCATENATED MODULE: ./lib/project/dockerfile-parse.js

const USUAL_PLATFORM = new Map([
    ['TARGETOS', 'linux'],
    ['TARGETARCH', 'amd64'],
    ['TARGETVARIANT', ''],
]);
/** Reads a Dockerfile. Never throws: what cannot be read leaves no stages. */
function parseDockerfile(text) {
    const document = text.replace(/^\ufeff/, '').replace(/\r\n/g, '\n');
    const tree = main.DockerfileParser.parse(document);
    const args = new Map();
    const stages = [];
    const images = new Set();
    const stageOf = (name) => {
        const found = stages.findLastIndex((stage) => stage.name?.toLowerCase() === name.toLowerCase());
        return found < 0 ? undefined : found;
    };
    for (const node of tree.getInstructions()) {
        const instruction = readInstruction(node);
        if (instruction.keyword === 'FROM') {
            const [image = '', as = '', name] = instruction.args.split(/\s+/);
            let base = dockerfile_parse_expand(image, args);
            let baseStage = stageOf(base);
            // FROM image-${TARGETOS}: one of several stages by platform; the usual platform stands for all.
            const usual = dockerfile_parse_expand(base, USUAL_PLATFORM);
            if (baseStage === undefined && usual !== base && stageOf(usual) !== undefined) {
                base = usual;
                baseStage = stageOf(usual);
            }
            const platform = instruction.flags['platform'];
            if (baseStage === undefined && base !== 'scratch' && base !== '')
                images.add(base);
            stages.push({
                index: stages.length,
                ...(as.toLowerCase() === 'as' && name !== undefined ? { name } : {}),
                base,
                ...(baseStage === undefined ? {} : { baseStage }),
                ...(platform === undefined ? {} : { platform }),
                line: instruction.line,
                instructions: [],
            });
            continue;
        }
        const stage = stages.at(-1);
        if (stage === undefined) {
            // ARG before the first FROM: defaults for FROM lines.
            const pair = /^([A-Za-z_]\w*)=(.*)$/.exec(instruction.args);
            if (instruction.keyword === 'ARG' && pair !== null)
                args.set(pair[1] ?? '', dockerfile_parse_unquote(dockerfile_parse_expand(pair[2] ?? '', args)));
            continue;
        }
        stage.instructions.push(instruction);
        const from = instruction.flags['from'];
        if (from !== undefined && stageOf(from) === undefined && !/^\d+$/.test(from))
            images.add(dockerfile_parse_expand(from, args));
    }
    const syntax = tree
        .getDirectives()
        .find((directive) => directive.getName().toLowerCase() === 'syntax')
        ?.getValue();
    return {
        stages,
        images: [...images],
        ...(syntax === undefined ? {} : { syntax }),
        lines: document.split('\n'),
    };
}
function readInstruction(node) {
    const range = node.getRange();
    const flags = {};
    if ('getFlags' in node && typeof node.getFlags === 'function') {
        for (const flag of node.getFlags.call(node)) {
            const value = flag.getValue() ?? '';
            const known = flags[flag.getName()];
            flags[flag.getName()] = known === undefined ? value : `${known} ${value}`;
        }
    }
    // In the raw text comments between continued lines are still whole lines.
    const raw = node.getRawArgumentsContent() ?? '';
    const args = raw
        .split('\n')
        .filter((line, index) => index === 0 || !/^\s*#/.test(line))
        .join('\n')
        .replace(/[\\`][ \t]*\n/g, ' ')
        .trim();
    const json = readJson(args);
    return {
        keyword: node.getKeyword(),
        args,
        ...(json === undefined ? {} : { json }),
        flags,
        line: range.start.line + 1,
        endLine: range.end.line + 1,
    };
}
function readJson(args) {
    // HEALTHCHECK's command stands behind CMD.
    const text = args.replace(/^CMD\s+(?=\[)/i, '');
    if (!text.startsWith('['))
        return undefined;
    try {
        const value = JSON.parse(text);
        return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
    }
    catch {
        return undefined;
    }
}
/** `$NAME`, `${NAME}` and `${NAME:-default}` by the ARGs known so far; unknown ones stay as they are. */
function dockerfile_parse_expand(text, args) {
    return text.replace(/\$(?:\{([A-Za-z_]\w*)(?::-([^}]*))?\}|([A-Za-z_]\w*))/g, (whole, braced, fallback, plain) => args.get(braced ?? plain ?? '') ?? fallback ?? whole);
}
const dockerfile_parse_unquote = (text) => text.replace(/^(["'])(.*)\1$/, '$2');
/** The stage that is built: `target` by name or number, else the last one. */
function findStage(facts, target) {
    if (target === undefined || target === '')
        return facts.stages.at(-1);
    const named = facts.stages.findLast((stage) => stage.name?.toLowerCase() === target.toLowerCase());
    return named ?? (/^\d+$/.test(target) ? facts.stages[Number(target)] : undefined);
}
/** A stage and those it goes on from, oldest first. */
function stageChain(facts, stage) {
    const chain = [stage];
    for (let at = stage.baseStage; at !== undefined;) {
        const below = facts.stages[at];
        if (below === undefined)
            break;
        chain.unshift(below);
        at = below.baseStage;
    }
    return chain;
}
/** Stages that the build of `stage` runs: its chain, and what it copies or mounts from. */
function neededStages(facts, stage) {
    const needed = new Set();
    const visit = (one) => {
        if (needed.has(one.index))
            return;
        needed.add(one.index);
        if (one.baseStage !== undefined && facts.stages[one.baseStage] !== undefined)
            visit(facts.stages[one.baseStage] ?? one);
        for (const instruction of one.instructions) {
            const froms = [
                ...(instruction.flags['from'] === undefined ? [] : [instruction.flags['from']]),
                ...[...(instruction.flags['mount'] ?? '').matchAll(/(?:^|[,\s])from=([^,\s]+)/g)].map((match) => match[1] ?? ''),
            ];
            for (const from of froms) {
                const source = findStage(facts, from);
                if (from !== '' && source !== undefined && source.index < one.index)
                    visit(source);
            }
        }
    };
    visit(stage);
    return facts.stages.filter((one) => needed.has(one.index));
}
/** What the image built from `target` says of itself. Undefined when there is no such stage. */
function stageConfig(facts, target) {
    const stage = findStage(facts, target);
    if (stage === undefined)
        return undefined;
    const chain = stageChain(facts, stage);
    const instructions = chain.flatMap((one) => one.instructions);
    const last = (keyword) => instructions.findLast((instruction) => instruction.keyword === keyword);
    const entrypoint = last('ENTRYPOINT');
    // An ENTRYPOINT resets a CMD that came before it in the same or an older stage.
    const cmd = last('CMD');
    const optional = {
        user: last('USER'),
        entrypoint,
        cmd,
        healthcheck: last('HEALTHCHECK'),
        workdir: last('WORKDIR'),
    };
    return {
        stage,
        base: chain[0]?.base ?? stage.base,
        ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
        expose: instructions
            .filter((instruction) => instruction.keyword === 'EXPOSE')
            .flatMap(({ args, line }) => args.split(/\s+/).map((port) => ({ port, line }))),
        instructions,
    };
}
//# sourceMappingURL=dockerfile-parse.js.map
;// CONCATENATED MODULE: ./lib/project/dockerfile-scene.js

/** The furnishing that a base lacks decides what is a trap on it. */
const NO_SHELL = /^scratch$|(?:^|\/)distroless\/(?!.*:.*debug)|(?:^|\/)chainguard\/static|^cgr\.dev\/chainguard\/static/;
const STATIC_BASE = /^scratch$|(?:^|\/)distroless\/static|chainguard\/static/;
/** What every trap looks at, and where it tells what it found. */
class Scene {
    facts;
    context;
    config;
    /** Stages that the build of the wanted one runs. */
    needed;
    found = [];
    constructor(facts, context, config) {
        this.facts = facts;
        this.context = context;
        this.config = config;
        this.needed = neededStages(facts, config.stage);
    }
    add(severity, code, line, message, fix, patch) {
        this.found.push({ code, severity, message, line, fix, ...(patch === undefined ? {} : { patch }) });
    }
    /** A line of the file, 1-based. */
    line(number) {
        return this.facts.lines[number - 1] ?? '';
    }
    /** The text of a line range as a diff. */
    patch(line, endLine, put) {
        const out = this.facts.lines.slice(line - 1, endLine).map((text) => `- ${text}`);
        return [...out, ...put.split('\n').map((text) => `+ ${text}`)].join('\n');
    }
}
//# sourceMappingURL=dockerfile-scene.js.map
;// CONCATENATED MODULE: ./lib/project/dockerfile-build-traps.js


const GO_COMPILE = /(?:^|[\s;&|(`])(?:go|xx-go|goxx-go)\s+(?:build|install|test)\b/;
const CROSS_TOOLS = /\b(?:xx-go|goxx-go)\b/;
const TARGET_ARGS = ['TARGETOS', 'TARGETARCH', 'TARGETVARIANT', 'TARGETPLATFORM'];
/** Traps of the stages that compile: platforms, order, flags, bases. */
function buildTraps(scene) {
    for (const stage of scene.needed) {
        platforms(scene, stage);
        sources(scene, stage);
        base(scene, stage);
    }
}
function platforms(scene, stage) {
    const { platforms, emulation } = scene.context;
    const foreign = platforms.length > 1;
    const chain = stageChain(scene.facts, stage);
    const head = chain[0] ?? stage;
    const onBuildPlatform = chain.some((one) => /\$\{?BUILDPLATFORM\b|\$\{?BUILDOS\b/.test(one.platform ?? ''));
    const fixedPlatform = chain.some((one) => one.platform !== undefined && !one.platform.includes('$'));
    const own = stage.instructions;
    const everything = chain.flatMap((one) => one.instructions);
    const compile = own.find((one) => one.keyword === 'RUN' && GO_COMPILE.test(one.args) && /\b(?:build|install)\b/.test(one.args));
    const runs = own.find((one) => one.keyword === 'RUN');
    if (!onBuildPlatform) {
        if (!foreign || runs === undefined)
            return;
        const severity = emulation === false ? 'error' : 'warning';
        const missing = emulation === false ? ', which is not installed here' : '';
        if (compile !== undefined) {
            const line = scene.facts.lines[head.line - 1] ?? '';
            scene.add(severity, 'emulated-build', head.line, `this stage compiles Go under QEMU for every foreign platform${missing}: ten to twenty times slower, and it can crash (golang/go#48439)`, 'build on the machine’s own platform and let Go cross-compile: FROM --platform=$BUILDPLATFORM, ARG TARGETOS TARGETARCH, GOOS=$TARGETOS GOARCH=$TARGETARCH go build', fixedPlatform
                ? undefined
                : [
                    scene.patch(head.line, head.line, line.replace(/^(\s*FROM)\s+/i, '$1 --platform=$BUILDPLATFORM ')),
                    scene.patch(compile.line, compile.endLine, crossCompile(scene.facts.lines.slice(compile.line - 1, compile.endLine))),
                ].join('\n'));
        }
        else if (!fixedPlatform) {
            scene.add(severity, 'emulated-run', runs.line, `this RUN needs QEMU for every foreign platform${missing}`, 'do it in a stage FROM --platform=$BUILDPLATFORM and COPY the result');
        }
        return;
    }
    if (compile === undefined || !foreign)
        return;
    const text = everything.map((one) => `${one.args} ${Object.values(one.flags).join(' ')}`).join('\n');
    if (CROSS_TOOLS.test(text))
        return;
    const fixed = /\bGOARCH=["']?([a-z0-9]+)\b/.exec(text)?.[1];
    const usesTarget = /\$\{?TARGETARCH\b|\$\{?TARGETPLATFORM\b/.test(text);
    if (!usesTarget) {
        scene.add('error', 'wrong-arch', compile.line, fixed === undefined
            ? 'go build does not look at TARGETARCH: every platform of the image would hold a program of the build machine'
            : `GOARCH is fixed to ${fixed}: every other platform of the image would hold a program that does not start (exec format error)`, 'declare ARG TARGETOS TARGETARCH in this stage and build with GOOS=$TARGETOS GOARCH=$TARGETARCH', scene.patch(compile.line, compile.endLine, crossCompile(scene.facts.lines.slice(compile.line - 1, compile.endLine))));
        return;
    }
    const declared = new Set(own
        .filter((one) => one.keyword === 'ARG')
        .flatMap((one) => one.args.split(/\s+/).map((word) => word.split('=')[0] ?? '')));
    const used = TARGET_ARGS.filter((name) => new RegExp(`\\$\\{?${name}\\b`).test(`${compile.args}\n${envText(own)}`));
    const undeclared = used.filter((name) => !declared.has(name));
    if (undeclared.length > 0) {
        scene.add('error', 'arg-undeclared', compile.line, `${undeclared.join(' and ')} ${undeclared.length > 1 ? 'are' : 'is'} empty here: a stage sees a platform argument only after its own ARG`, `put ARG ${used.join(' ')} into this stage, before that line`, `+ ARG ${used.join(' ')}\n  ${scene.facts.lines[compile.line - 1] ?? ''}`);
    }
}
function sources(scene, stage) {
    const own = stage.instructions;
    const chain = stageChain(scene.facts, stage).flatMap((one) => one.instructions);
    const text = (one) => one.args;
    const compile = own.find((one) => one.keyword === 'RUN' && GO_COMPILE.test(one.args));
    const all = own.findIndex((one) => isCopyAll(one));
    const copyAll = own[all];
    const downloads = own.findIndex((one) => one.keyword === 'RUN' && /\bgo mod download\b/.test(one.args));
    const download = own[downloads];
    const modOnly = chain.some((one) => /^(?:COPY|ADD)$/.test(one.keyword) && /\bgo\.mod\b/.test(one.args));
    if (copyAll !== undefined && compile !== undefined) {
        if (!modOnly && !own.some((one) => (one.flags['mount'] ?? '').includes('type=cache'))) {
            scene.add('warning', 'copy-order', copyAll.line, 'all sources are copied before the modules are downloaded: any change of any file downloads everything again', 'copy go.mod and go.sum alone first, run go mod download, then copy the rest', [
                '+ COPY go.mod go.sum ./',
                '+ RUN go mod download',
                `  ${scene.facts.lines[copyAll.line - 1] ?? ''}`,
                ...(download !== undefined && downloads > all
                    ? [`- ${scene.facts.lines[download.line - 1] ?? ''}`]
                    : []),
            ].join('\n'));
        }
    }
    const anyCopyAll = copyAll ??
        own.find((one) => (one.flags['mount'] ?? '').includes('type=bind') &&
            compile !== undefined &&
            !/source=/.test(one.flags['mount'] ?? ''));
    if (anyCopyAll !== undefined &&
        scene.context.dockerignore === undefined &&
        !scene.found.some((one) => one.code === 'no-dockerignore')) {
        scene.add('note', 'no-dockerignore', anyCopyAll.line, 'there is no .dockerignore: .git and everything else goes into the build context, and every commit breaks the cache of this line', 'add a .dockerignore with the lines below', ['.git', '.github', '**/*_test.go', '**/testdata', 'dist', 'bin', '*.md', 'Dockerfile*']
            .map((line) => `+ ${line}`)
            .join('\n'));
    }
    for (const one of own) {
        if (one.keyword === 'RUN' && /\bgo\s+(?:build|install|test)\b[^;&|]*\s-a\b/.test(text(one))) {
            scene.add('warning', 'go-build-a', one.line, '-a compiles the standard library and every dependency again, each time', 'leave -a out: the build cache already knows what changed', scene.patch(one.line, one.endLine, scene.facts.lines
                .slice(one.line - 1, one.endLine)
                .join('\n')
                .replace(/(\bgo\s+(?:build|install|test)\b[^;&|]*?)\s-a\b/, '$1')));
        }
        if (one.keyword === 'RUN' &&
            (/\bGO111MODULE=(?:off|auto)\b/.test(text(one)) ||
                /\bgo get\s+(?!-tool)(?:-[dtuv]+\s+)*\.\/?\.*/.test(text(one)))) {
            scene.add('warning', 'gopath', one.line, 'this is the GOPATH way of before Go modules', 'copy go.mod and go.sum, run go mod download, and build in any folder outside GOPATH');
        }
        if ((one.keyword === 'COPY' || one.keyword === 'ADD') &&
            one.flags['from'] === undefined &&
            (one.json ?? one.args.split(/\s+/)).slice(0, -1).some((path) => path.startsWith('../'))) {
            scene.add('error', 'copy-outside', one.line, `${one.keyword} names a file outside the build context`, 'set "context" to a folder that holds it, or hand that folder over with "build-contexts" and COPY --from=NAME');
        }
        if (one.keyword === 'ADD' && /^https?:\/\//.test(one.args) && one.flags['checksum'] === undefined) {
            scene.add('warning', 'add-unchecked', one.line, 'ADD takes whatever the URL gives', 'add --checksum=sha256:… so that a changed download fails');
        }
    }
    cgo(scene, stage, compile);
}
function cgo(scene, stage, compile) {
    if (compile === undefined ||
        !/\b(?:build|install)\b/.test(compile.args) ||
        !STATIC_BASE.test(scene.config.base))
        return;
    if (stage.index === scene.config.stage.index || !copiesFrom(scene, stage))
        return;
    const chain = stageChain(scene.facts, stage);
    const text = chain
        .flatMap((one) => one.instructions)
        .map((one) => one.args)
        .join('\n');
    const set = [...text.matchAll(/\bCGO_ENABLED[= ]["']?([01])/g)].at(-1)?.[1];
    if (set === '0' || /-extldflags[^\n]*-static/.test(text))
        return;
    // Images without a C compiler switch cgo off by themselves since Go 1.20.
    const compiler = !/golang:\S*alpine/.test(chain[0]?.base ?? '') || /\bapk add\b[^\n]*(?:gcc|build-base)/.test(text);
    if (set !== '1' && !compiler)
        return;
    scene.add('warning', 'dynamic-on-static', compile.line, `the program may need the C library, which ${scene.config.base === 'scratch' ? 'scratch' : scene.config.base} does not have (it then fails with "no such file or directory")`, 'build with CGO_ENABLED=0, or use a base with glibc such as gcr.io/distroless/base-debian13:nonroot', scene.patch(compile.line, compile.endLine, scene.facts.lines
        .slice(compile.line - 1, compile.endLine)
        .join('\n')
        .replace(/CGO_ENABLED=1\s+/, '')
        .replace(/\bgo(\s+(?:build|install))\b/, 'CGO_ENABLED=0 go$1')));
}
function copiesFrom(scene, stage) {
    return scene.config.instructions.some((one) => {
        const from = one.flags['from'];
        return from !== undefined && findStage(scene.facts, from)?.index === stage.index;
    });
}
function base(scene, stage) {
    if (stage.baseStage !== undefined || stage.base === 'scratch' || stage.base.includes('$'))
        return;
    const tag = /:([^/:@]+)(?:@|$)/.exec(stage.base)?.[1];
    if (!stage.base.includes('@') && (tag === undefined || tag === 'latest')) {
        scene.add('warning', 'floating-base', stage.line, `${stage.base} is another image tomorrow`, 'name a version, and a digest for the stage that is shipped');
    }
    const wanted = scene.context.goVersion;
    const have = /(?:^|\/)golang:(\d+)\.(\d+)(?:\.(\d+))?(?:-|@|$)/.exec(stage.base);
    if (wanted !== undefined && have !== null) {
        const [major = 0, minor = 0, patch = 0] = wanted.split('.').map((part) => Number.parseInt(part, 10));
        // golang:1.26 is its newest patch.
        const older = Number(have[1]) < major ||
            (Number(have[1]) === major &&
                (Number(have[2]) < minor ||
                    (Number(have[2]) === minor && have[3] !== undefined && Number(have[3]) < patch)));
        const auto = stage.instructions.some((one) => /GOTOOLCHAIN[= ]["']?(?:auto|go\d|path)/.test(one.args));
        if (older && !auto) {
            scene.add('error', 'go-too-old', stage.line, `go.mod asks for Go ${wanted}, and this image holds an older one that may not fetch another (GOTOOLCHAIN=local)`, `use golang:${major}.${minor}`);
        }
    }
}
const envText = (instructions) => instructions
    .filter((one) => one.keyword === 'ENV')
    .map((one) => one.args)
    .join('\n');
function isCopyAll(one) {
    if (one.keyword !== 'COPY' && one.keyword !== 'ADD')
        return false;
    if (one.flags['from'] !== undefined)
        return false;
    const words = one.json ?? one.args.split(/\s+/);
    return words.length >= 2 && words.slice(0, -1).some((word) => word === '.' || word === './');
}
/** The lines of a RUN with the platform put before `go build`, and the ARG before them. */
function crossCompile(lines) {
    const text = lines
        .join('\n')
        .replace(/\bGOOS=\S+\s+/g, '')
        .replace(/\bGOARCH=\S+\s+/g, '')
        .replace(/\bgo(\s+(?:build|install))\b/g, 'GOOS=$TARGETOS GOARCH=$TARGETARCH go$1');
    return `ARG TARGETOS TARGETARCH\n${text}`;
}
//# sourceMappingURL=dockerfile-build-traps.js.map
;// CONCATENATED MODULE: ./lib/project/dockerfile-image-traps.js

/** Traps of the image that is shipped: entry point, user, what its base lacks. */
function imageTraps(scene) {
    // A stage that only tests or builds is not shipped: its user and entry point do not matter.
    if (!shipped(scene))
        return;
    entry(scene);
    user(scene);
    furniture(scene);
    health(scene);
}
function shipped(scene) {
    const { instructions } = scene.config;
    return (scene.config.stage.index === scene.facts.stages.length - 1 ||
        instructions.some(({ keyword }) => ['ENTRYPOINT', 'CMD', 'EXPOSE', 'USER'].includes(keyword)));
}
function entry(scene) {
    const { entrypoint, cmd, base } = scene.config;
    const noShell = NO_SHELL.test(base);
    const start = entrypoint ?? cmd;
    for (const one of [entrypoint, cmd]) {
        if (one === undefined || one.json !== undefined)
            continue;
        const words = one.args.split(/\s+/);
        const simple = !/[$&|;<>()`"'*?~=]/.test(one.args);
        const patch = simple
            ? scene.patch(one.line, one.endLine, `${one.keyword} ${JSON.stringify(words).replaceAll(',', ', ')}`)
            : undefined;
        if (one === start && noShell) {
            scene.add('error', 'shell-form', one.line, `${one.keyword} in shell form needs /bin/sh, which ${base} does not have: the image cannot start`, `write it in exec form: ${one.keyword} ["/app", "argument"]`, patch);
        }
        else if (one === start) {
            scene.add('warning', 'shell-form', one.line, `${one.keyword} in shell form makes /bin/sh process 1: the program never gets SIGTERM and is killed after the grace time`, `write it in exec form: ${one.keyword} ["/app", "argument"]`, patch);
        }
        else if (entrypoint?.json !== undefined) {
            scene.add('warning', 'shell-form', one.line, 'CMD in shell form gives the entry point the arguments "/bin/sh", "-c" and the text', 'write CMD in exec form', patch);
        }
    }
}
function user(scene) {
    const { user, base, stage, expose } = scene.config;
    const name = user?.args.split(/\s+/)[0]?.split(':')[0];
    const root = name === undefined ? !/:(?:[\w.-]*-)?nonroot\b|chainguard\//.test(base) : ['0', 'root'].includes(name);
    const windows = scene.context.platforms.length > 0 &&
        scene.context.platforms.every((platform) => platform.os === 'windows');
    if (root && !windows) {
        const last = scene.config.stage.instructions.at(-1);
        scene.add('warning', 'root-user', user?.line ?? stage.line, 'the image runs as root', 'run as a numeric user: USER 65532:65532', user === undefined
            ? `+ USER 65532:65532\n  ${scene.facts.lines[(last?.line ?? stage.line) - 1] ?? ''}`
            : scene.patch(user.line, user.endLine, 'USER 65532:65532'));
    }
    else if (name !== undefined && !/^\d+$/.test(name) && !name.includes('$') && !windows) {
        scene.add('note', 'user-name', user?.line ?? stage.line, `Kubernetes cannot tell that "${name}" is not root (runAsNonRoot needs a number)`, 'write the number: USER 65532:65532');
    }
    if (root)
        return;
    for (const { port, line } of expose) {
        const number = Number(port.split('/')[0]?.split('-')[0]);
        if (number > 0 && number < 1024) {
            scene.add('warning', 'low-port', line, `a program that is not root may not listen on port ${number} in Kubernetes (Docker hides it)`, 'listen on a port from 1024 on, for example 8080, and map it outside');
        }
    }
}
function furniture(scene) {
    const { base, stage, instructions } = scene.config;
    if (/(?:^|\/)golang(?::|@|$)/.test(base)) {
        scene.add('warning', 'toolchain-shipped', stage.line, 'the image that is shipped holds the whole Go toolchain (about 800 MB)', 'add a last stage: FROM gcr.io/distroless/static-debian13:nonroot, and COPY --from the program into it');
    }
    const brings = (pattern) => instructions.some((one) => /^(?:COPY|ADD)$/.test(one.keyword) && pattern.test(one.args));
    const certificates = /ca-certificates|ca-bundle|\/etc\/ssl|\/certs?\b|cert\.pem|rootfs|\s\/$/;
    if (base === 'scratch' && !brings(certificates)) {
        scene.add('warning', 'no-ca', stage.line, 'scratch has no CA bundle: every HTTPS call fails with "certificate signed by unknown authority"', 'copy one from the builder stage, or use gcr.io/distroless/static-debian13:nonroot', '+ COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/');
    }
}
function health(scene) {
    const { healthcheck, base } = scene.config;
    if (healthcheck === undefined || /^NONE\b/i.test(healthcheck.args) || !NO_SHELL.test(base))
        return;
    const program = healthcheck.json?.[0];
    const known = program !== undefined && !/(?:^|\/)(?:curl|wget|sh|bash|nc)$/.test(program);
    if (known)
        return;
    scene.add('warning', 'healthcheck-tool', healthcheck.line, program === undefined
        ? `HEALTHCHECK in shell form needs /bin/sh, which ${base} does not have: the container is unhealthy for ever`
        : `${program} is not in ${base}: the container is unhealthy for ever`, 'let the program check itself (HEALTHCHECK CMD ["/app", "healthcheck"]), or leave the check to the orchestrator');
}
//# sourceMappingURL=dockerfile-image-traps.js.map
;// CONCATENATED MODULE: ./lib/project/dockerfile-traps.js





/** Everything known to go wrong with Go in Dockerfiles, by line. Pure. */
function dockerfileTraps(facts, context) {
    const config = stageConfig(facts, context.target);
    if (config === undefined)
        return [missingStage(facts, context.target)];
    const scene = new Scene(facts, context, config);
    buildTraps(scene);
    imageTraps(scene);
    return scene.found.sort((a, b) => a.line - b.line);
}
function missingStage(facts, target) {
    if (facts.stages.length === 0) {
        return {
            code: 'no-from',
            severity: 'error',
            message: 'the Dockerfile has no FROM',
            line: 1,
            fix: 'begin it with FROM',
        };
    }
    const names = facts.stages.map((stage) => stage.name ?? String(stage.index));
    const near = (0,lists/* nearest */.pA)(target ?? '', names);
    return {
        code: 'target-missing',
        severity: 'error',
        message: `the Dockerfile has no stage "${target ?? ''}"`,
        line: facts.stages.at(-1)?.line ?? 1,
        fix: near === undefined
            ? `its stages are ${names.join(', ')}`
            : `did you mean ${near}? Its stages are ${names.join(', ')}`,
    };
}
//# sourceMappingURL=dockerfile-traps.js.map
;// CONCATENATED MODULE: ./lib/project/dockerfile.js
/** Facts about a user's Dockerfile, and the traps in it. */


//# sourceMappingURL=dockerfile.js.map
;// CONCATENATED MODULE: ./lib/project/event.js



/**
 * Reads the event from `GITHUB_*` and the payload file. Missing or broken payloads leave facts out, they never fail:
 * act, other servers and hand-made environments give less than GitHub does.
 */
async function eventFacts(env, readFile = readTextIfAny) {
    const { payload, problem } = await readPayload(env['GITHUB_EVENT_PATH'], readFile);
    return { ...factsOf(env, payload), ...(problem === undefined ? {} : { problem }) };
}
async function readPayload(file, readFile) {
    if (file === undefined || file === '')
        return { payload: undefined };
    try {
        const text = await readFile(file);
        if (text === undefined || text.trim() === '')
            return { payload: undefined };
        return { payload: JSON.parse(text) };
    }
    catch (error) {
        return { payload: undefined, problem: `GITHUB_EVENT_PATH cannot be read: ${(0,base_errors/* messageOf */.bD)(error)}` };
    }
}
/** The pure part of `eventFacts`. */
function factsOf(env, payload) {
    const name = env['GITHUB_EVENT_NAME'] ?? '';
    const isPullRequest = name.startsWith('pull_request') || dig(payload, 'pull_request') !== undefined;
    const number = isPullRequest
        ? (dig(payload, 'pull_request', 'number') ?? dig(payload, 'number'))
        : undefined;
    const prNumber = typeof number === 'number' ? number : numberOfRef(env['GITHUB_REF']);
    const repository = nonEmpty(env['GITHUB_REPOSITORY']) ?? event_text(payload, 'repository', 'full_name');
    const serverUrl = nonEmpty(env['GITHUB_SERVER_URL'])?.replace(/\/+$/, '');
    const runId = nonEmpty(env['GITHUB_RUN_ID']);
    const attempt = Number(env['GITHUB_RUN_ATTEMPT']);
    const sha = nonEmpty(env['GITHUB_SHA']);
    return given({
        name: name === '' ? 'local' : name,
        // pull_request_target gives the base branch as ref; the run is about the pull request all the same.
        ref: name === 'pull_request_target' && prNumber !== undefined
            ? `refs/pull/${prNumber}/merge`
            : (env['GITHUB_REF'] ?? ''),
        sha,
        baseRef: isPullRequest
            ? (nonEmpty(env['GITHUB_BASE_REF']) ?? event_text(payload, 'pull_request', 'base', 'ref'))
            : event_text(payload, 'base_ref')?.replace(/^refs\/heads\//, ''),
        headRef: isPullRequest
            ? (nonEmpty(env['GITHUB_HEAD_REF']) ?? event_text(payload, 'pull_request', 'head', 'ref'))
            : undefined,
        prNumber,
        fork: isFork(payload, repository),
        defaultBranch: event_text(payload, 'repository', 'default_branch'),
        commitTime: timeOf(payload, sha),
        runId,
        runAttempt: Number.isInteger(attempt) && attempt > 0 ? attempt : undefined,
        actor: nonEmpty(env['GITHUB_ACTOR']),
        repository,
        serverUrl,
        runUrl: serverUrl !== undefined && repository !== undefined && runId !== undefined
            ? `${serverUrl}/${repository}/actions/runs/${runId}`
            : undefined,
        schedule: name === 'schedule' ? event_text(payload, 'schedule') : undefined,
        description: event_text(payload, 'repository', 'description'),
        license: licenseOf(payload),
    });
}
/**
 * A fork's code: the head repository of the pull request (or of the run that `workflow_run` follows) is another one.
 * A deleted head repository (null in the payload) counts as a fork: nobody can vouch for it.
 */
function isFork(payload, repository) {
    for (const source of [
        ['pull_request', 'head', 'repo'],
        ['workflow_run', 'head_repository'],
    ]) {
        const parent = dig(payload, ...source.slice(0, -1));
        if (parent === undefined || parent === null)
            continue;
        const head = event_text(payload, ...source, 'full_name');
        const base = event_text(payload, 'repository', 'full_name') ?? repository;
        if (head === undefined || base === undefined || head.toLowerCase() !== base.toLowerCase())
            return true;
    }
    return false;
}
function timeOf(payload, sha) {
    const commits = dig(payload, 'commits');
    const candidates = [
        dig(payload, 'head_commit'),
        dig(payload, 'workflow_run', 'head_commit'),
        ...(Array.isArray(commits) ? commits : []),
    ];
    for (const commit of candidates) {
        if (sha === undefined || event_text(commit, 'id') !== sha)
            continue;
        const time = Date.parse(event_text(commit, 'timestamp') ?? '');
        if (!Number.isNaN(time))
            return Math.floor(time / 1000);
    }
    return undefined;
}
function licenseOf(payload) {
    const id = event_text(payload, 'repository', 'license', 'spdx_id');
    return id === 'NOASSERTION' ? undefined : id;
}
function numberOfRef(ref) {
    const match = /^refs\/pull\/(\d+)\//.exec(ref ?? '');
    return match === null ? undefined : Number(match[1]);
}
/**
 * The https form of a remote's URL, without credentials, `.git` or slash at the end; undefined for local paths.
 * `git@host:owner/x.git`, `ssh://git@host:22/owner/x`, `git://…` and `https://token@host/…` are understood.
 */
function webUrl(remote) {
    const trimmed = remote.trim();
    const strip = (path) => path.replace(/\/+$/, '').replace(/\.git$/, '');
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) {
        let url;
        try {
            url = new URL(trimmed);
        }
        catch {
            return undefined;
        }
        const scheme = url.protocol.slice(0, -1).toLowerCase();
        if (!['http', 'https', 'ssh', 'git', 'git+ssh', 'git+https'].includes(scheme) || url.hostname === '')
            return undefined;
        // An ssh or git port is not the web server's.
        const host = scheme.startsWith('http') || scheme === 'git+https' ? url.host : url.hostname;
        return redactUrl(`${scheme === 'http' ? 'http' : 'https'}://${host}${strip(url.pathname)}`);
    }
    // scp-like `[user@]host:path`; one letter before the colon is a Windows drive.
    const scp = /^(?:[^@/\\:]+@)?([A-Za-z0-9][A-Za-z0-9.-]+):(?!\\)\/?(.+)$/.exec(trimmed);
    return scp === null ? undefined : `https://${scp[1] ?? ''}/${strip(scp[2] ?? '')}`;
}
function dig(value, ...path) {
    let at = value;
    for (const key of path) {
        if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key))
            return undefined;
        at = at[key];
    }
    return at;
}
function event_text(value, ...path) {
    const found = dig(value, ...path);
    return typeof found === 'string' ? nonEmpty(found) : undefined;
}
const nonEmpty = (value) => (value === '' ? undefined : value);
/** Drops the keys whose value is undefined, as exactOptionalPropertyTypes wants. */
function given(facts) {
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
//# sourceMappingURL=event.js.map
;// CONCATENATED MODULE: ./lib/project/git-folder.js




const QUESTION_MS = 30_000;
/**
 * Finds the work tree around `dir`, undefined outside git; adds `safe.directory` for this run's children when the runner's own workspace needs it.
 * @throws PipelineError (environment) `git-untrusted-folder`, `git-failed`, `program-missing`
 */
async function openWorkTree(dir, env, act) {
    const gitWith = (environment) => (args, timeoutMs = QUESTION_MS) => act.exec.run({
        argv: ['git', '--no-optional-locks', ...args],
        cwd: dir,
        // Messages are read, so they must be English; nobody is there to answer a password prompt.
        env: { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GCM_INTERACTIVE: 'never', ...environment },
        timeoutMs,
        signal: act.signal,
    });
    const question = ['rev-parse', '--show-toplevel', '--is-shallow-repository'];
    let environment = {};
    let result = await gitWith(environment)(question);
    const untrusted = untrustedFolder(result);
    if (untrusted !== undefined) {
        if (isRunnersOwn(untrusted, env, act.host.os === 'windows')) {
            environment = trusting(untrusted, env, act.host.os);
            result = await gitWith(environment)(question);
        }
        if (untrustedFolder(result) !== undefined)
            throw untrustedError(untrusted);
        act.log.info(`git: ${untrusted} belongs to another user; trusted for this run, because it is the workspace`);
    }
    if (result.code !== 0) {
        if (/not a git repository|must be run in a work tree/i.test(result.stderr))
            return undefined;
        throw (0,base_errors/* environmentError */.me)({
            code: 'git-failed',
            what: 'git cannot read the repository',
            cause: result.stderr.trim().split('\n')[0] ?? '',
            where: dir,
            fix: 'run `git status` in that folder and repair what it says',
        }, { log: result.tail.join('\n') });
    }
    const [root = dir, shallow] = result.stdout.trim().split(/\r?\n/);
    return { git: gitWith(environment), root: slashes(root), shallow: shallow === 'true', environment };
}
/** The folder that git refuses to trust, from its message (2.35.2 and later word it differently). */
function untrustedFolder(result) {
    if (result.code === 0)
        return undefined;
    const match = /dubious ownership in repository at '(.+)'/.exec(result.stderr) ??
        /unsafe repository \('(.+)' is owned by someone else\)/.exec(result.stderr);
    return match?.[1];
}
function isRunnersOwn(folder, env, ignoreCase) {
    const workspace = env['GITHUB_WORKSPACE'];
    if (env['GITHUB_ACTIONS'] !== 'true' || workspace === undefined || workspace === '')
        return false;
    const fold = (path) => {
        const plain = external_node_path_.posix.normalize(slashes(path)).replace(/\/+$/, '');
        return ignoreCase ? plain.toLowerCase() : plain;
    };
    const inside = fold(folder);
    const top = fold(workspace);
    return inside === top || inside.startsWith(`${top}/`);
}
/** `safe.directory` by environment (git 2.31 and later read it, 2.38 and later obey it there), after what is set already. */
function trusting(folder, env, os) {
    const set = Number(lookupEnvironment(env, 'GIT_CONFIG_COUNT', os) ?? '0');
    const index = Number.isInteger(set) && set > 0 ? set : 0;
    return {
        GIT_CONFIG_COUNT: String(index + 1),
        [`GIT_CONFIG_KEY_${index}`]: 'safe.directory',
        [`GIT_CONFIG_VALUE_${index}`]: folder,
    };
}
const untrustedError = (folder) => (0,base_errors/* environmentError */.me)({
    code: 'git-untrusted-folder',
    what: 'git refuses to read the repository, because another user owns its folder',
    cause: 'the files were checked out by another user than the one who runs this step, as happens in containers',
    where: folder,
    fix: `run \`git config --global --add safe.directory ${folder}\` as this user before this step, or give the folder to this user`,
});
//# sourceMappingURL=git-folder.js.map
;// CONCATENATED MODULE: ./lib/project/git.js





const REMOTE_MS = 15_000;
const MAX_CHANGES = 20;
/**
 * Facts of the git work tree around `dir`. Undefined outside git and before the first commit. Works in the shallow,
 * detached checkout of actions/checkout, and without git when the event tells the commit.
 *
 * A work tree that another user owns is trusted only when it is the runner's own workspace; elsewhere it throws.
 * @throws PipelineError (environment) `git-untrusted-folder`, `git-missing`, `git-failed`
 */
async function gitFacts(dir, env, act) {
    const event = await eventFacts(env);
    let opened;
    try {
        opened = await openWorkTree(dir, env, act);
    }
    catch (error) {
        if (!isMissingProgram(error))
            throw error;
        return withoutGit(env, event, act, error);
    }
    if (opened === undefined)
        return undefined;
    const { git, root, shallow, environment } = opened;
    const head = await git(['log', '-1', '--no-show-signature', '--format=%H%n%ct', 'HEAD']);
    if (head.code !== 0) {
        act.log.debug(`no git facts: ${root} has no commit yet (${firstLine(head.stderr)})`);
        return undefined;
    }
    const [commit = '', time = ''] = head.stdout.trim().split('\n');
    const [symbolic, atHead, list, status, remotes, remoteHead, eventCommit] = await Promise.all([
        git(['symbolic-ref', '-q', '--short', 'HEAD']),
        git(['tag', '--points-at', 'HEAD']),
        git(['tag', '--list']),
        git(['status', '--porcelain=v1', '-z', '--untracked-files=normal']),
        git(['config', '--get-regexp', String.raw `^remote\..*\.url$`]),
        git(['symbolic-ref', '-q', '--short', 'refs/remotes/origin/HEAD']),
        // An annotated tag's event may carry the tag object; `^{commit}` gives the commit in both cases.
        event.sha === undefined
            ? undefined
            : git(['rev-parse', '-q', '--verify', '--end-of-options', `${event.sha}^{commit}`]),
    ]);
    const ref = refOfHead({
        event,
        isEventCommit: event.sha === commit || eventCommit?.stdout.trim() === commit,
        branch: answer(symbolic),
        tagsAtHead: lines(atHead),
    });
    const url = remoteUrl(lines(remotes)) ?? eventUrl(event);
    const defaultBranch = event.defaultBranch ?? answer(remoteHead)?.replace(/^[^/]+\//, '');
    const changes = status.code === 0 ? parseStatus(status.stdout) : [];
    const local = lines(list).filter(isVersionTag);
    let tags = local;
    let tagsComplete = !shallow;
    if (ref?.startsWith('refs/tags/') === true && shallow) {
        const remote = await remoteTags(git);
        if (remote === undefined)
            act.log.debug('the remote could not be asked for its tags');
        else {
            tags = [...new Set([...local, ...remote.filter(isVersionTag)])];
            tagsComplete = true;
        }
    }
    return {
        root,
        commit,
        shortCommit: commit.slice(0, 7),
        commitTime: Number(time),
        ...refParts(ref),
        tags,
        tagsComplete,
        shallow,
        dirty: changes.length > 0,
        changes: changes.slice(0, MAX_CHANGES),
        ...(url === undefined ? {} : { url }),
        ...(defaultBranch === undefined ? {} : { defaultBranch }),
        environment,
    };
}
const isMissingProgram = (error) => error instanceof base_errors/* PipelineError */.zC && error.problems[0]?.code === 'program-missing';
/** Without git, actions/checkout downloads an archive; then the event is the only witness of the commit. */
function withoutGit(env, event, act, error) {
    const root = env['GITHUB_WORKSPACE'];
    if (event.sha === undefined || root === undefined || root === '') {
        act.log.debug(`no git facts: ${(0,base_errors/* messageOf */.bD)(error)}`);
        return undefined;
    }
    if (event.commitTime === undefined) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'git-missing',
            what: 'the time of the commit is not known, so the image could not be made reproducible',
            cause: `git is not installed here, and the ${event.name} event does not tell the time of ${event.sha.slice(0, 7)}`,
            fix: 'install git in the job container before actions/checkout runs, so that it makes a real clone',
        });
    }
    act.log.warning('git is not installed: commit, branch and tag are taken from the event, other tags are not known');
    const url = eventUrl(event);
    return {
        root: slashes(root),
        commit: event.sha,
        shortCommit: event.sha.slice(0, 7),
        commitTime: event.commitTime,
        ...refParts(event.ref === '' ? undefined : event.ref),
        tags: [],
        tagsComplete: false,
        shallow: true,
        dirty: false,
        changes: [],
        ...(url === undefined ? {} : { url }),
        ...(event.defaultBranch === undefined ? {} : { defaultBranch: event.defaultBranch }),
        environment: {},
    };
}
/**
 * Which ref HEAD stands for. The event's own while HEAD is the event's commit (a detached checkout has no name of its
 * own) and always for pull requests; otherwise the workflow checked out something else, and git knows better.
 */
function refOfHead(facts) {
    const { event, branch } = facts;
    if (event.ref !== '' && (event.prNumber !== undefined || facts.isEventCommit))
        return event.ref;
    const tag = highestTag(facts.tagsAtHead);
    // On a laptop a tagged commit is a release even while a branch is checked out.
    if (event.ref === '' && tag !== undefined)
        return `refs/tags/${tag}`;
    if (branch !== undefined)
        return `refs/heads/${branch}`;
    return tag === undefined ? undefined : `refs/tags/${tag}`;
}
function refParts(ref) {
    if (ref === undefined)
        return {};
    if (ref.startsWith('refs/heads/'))
        return { ref, branch: ref.slice('refs/heads/'.length) };
    if (ref.startsWith('refs/tags/'))
        return { ref, tag: ref.slice('refs/tags/'.length) };
    return { ref };
}
/** `v1.2.3`, `1.2`, `v1.2.3-rc.1`, also behind a module's folder as in `sub/dir/v1.2.3`. */
const isVersionTag = (tag) => /(?:^|\/)v?\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(tag);
/** The tag to name a commit by when it has several: the most exact version, then the highest. */
function highestTag(tags) {
    const weight = (tag) => {
        const version = /(?:^|\/)v?(\d+(?:\.\d+){0,2})(-)?/.exec(isVersionTag(tag) ? tag : '');
        const parts = (version?.[1] ?? '').split('.').filter((part) => part !== '');
        // A folder's tag names one module, not the repository.
        return [
            tag.includes('/') ? 0 : 1,
            parts.length,
            ...[0, 1, 2].map((i) => Number(parts[i] ?? -1)),
            version?.[2] === undefined ? 1 : 0,
        ];
    };
    return [...tags].sort((a, b) => {
        const [left, right] = [weight(a), weight(b)];
        const at = left.findIndex((value, i) => value !== right[i]);
        return at < 0 ? a.localeCompare(b, 'en') : (right[at] ?? 0) - (left[at] ?? 0);
    })[0];
}
async function remoteTags(git) {
    try {
        const result = await git(['ls-remote', '--tags', '--refs', 'origin'], REMOTE_MS);
        if (result.code !== 0)
            return undefined;
        return lines(result).map((line) => line.replace(/^[0-9a-f]+\s+refs\/tags\//, ''));
    }
    catch (error) {
        // A slow or silent remote costs the answer, not the run.
        if (error instanceof base_errors/* PipelineError */.zC && error.problems[0]?.code === 'command-timeout')
            return undefined;
        throw error;
    }
}
/** Paths of `git status --porcelain=v1 -z`; a rename's old path follows as an item of its own and is left out. */
function parseStatus(text) {
    const items = text.split('\0');
    const paths = [];
    for (let i = 0; i < items.length; i++) {
        const item = items[i] ?? '';
        if (item.length < 4)
            continue;
        paths.push(item.slice(3));
        if (/^[RC]/.test(item))
            i++;
    }
    return paths;
}
/** The web address of `origin`, else of the first remote that has one. */
function remoteUrl(config) {
    const remotes = config.map((line) => {
        const at = line.indexOf(' ');
        return { name: line.slice('remote.'.length, at).replace(/\.url$/, ''), url: line.slice(at + 1) };
    });
    const sorted = [
        ...remotes.filter((r) => r.name === 'origin'),
        ...remotes.filter((r) => r.name !== 'origin'),
    ];
    return sorted.map((remote) => webUrl(remote.url)).find((url) => url !== undefined);
}
const eventUrl = (event) => event.serverUrl !== undefined && event.repository !== undefined
    ? `${event.serverUrl}/${event.repository}`
    : undefined;
const answer = (result) => result.code === 0 && result.stdout.trim() !== '' ? result.stdout.trim() : undefined;
const lines = (result) => result.code === 0
    ? result.stdout
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
    : [];
const firstLine = (text) => text.trim().split('\n')[0] ?? '';
//# sourceMappingURL=git.js.map
;// CONCATENATED MODULE: ./lib/base/download.js









/** A status other than the wanted ones, with what a retry needs to know. */
class HttpStatusError extends Error {
    status;
    retryAfter;
    url;
    constructor(url, status, retryAfter, detail = '') {
        super(`${redactUrl(url)} answered ${status}${detail === '' ? '' : `: ${detail}`}`);
        this.name = 'HttpStatusError';
        this.status = status;
        this.retryAfter = retryAfter;
        this.url = url;
    }
}
function classifyHttpFault(error) {
    if (error instanceof HttpStatusError)
        return classifyStatus(error.status, error.retryAfter);
    return classifyNetworkFault(error);
}
/** GET with redirects (at most 5; credentials never cross hosts) and the status checked. */
async function get(url, context, headers = {}) {
    let at = url;
    let send = headers;
    for (let hop = 0; hop <= 5; hop++) {
        const response = await context.http.request({
            url: at,
            headers: send,
            ...(context.signal === undefined ? {} : { signal: context.signal }),
        });
        const location = response.headers['location'];
        if (response.status >= 300 &&
            response.status < 400 &&
            response.status !== 304 &&
            location !== undefined) {
            await response.drain();
            const next = new URL(location, at);
            if (next.host !== new URL(at).host)
                send = Object.fromEntries(Object.entries(send).filter(([name]) => name.toLowerCase() !== 'authorization'));
            at = next.toString();
            continue;
        }
        if (response.status !== 200 && response.status !== 206) {
            const detail = (await response.text(64 * 1024).catch(() => '')).slice(0, 200).replace(/\s+/g, ' ');
            throw new HttpStatusError(at, response.status, response.headers['retry-after'], detail);
        }
        return response;
    }
    throw new HttpStatusError(url, 310, undefined, 'too many redirects');
}
/** A small text (JSON, checksum file), with retries. */
function getText(url, context, options = {}) {
    return retry(async () => (await get(url, context, options.headers)).text(options.limit), retryOptions(`GET ${redactUrl(url)}`, context));
}
/**
 * Downloads to `file`, resuming after a cut connection where the server can, and checks SHA-256 before anybody
 * opens it. Throws HttpStatusError (final statuses) or PipelineError `checksum-mismatch`; no partial file stays.
 */
async function download(job, context) {
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(job.file), { recursive: true });
    try {
        await retry(async () => {
            await downloadOnce(job, context);
        }, retryOptions(`download of ${redactUrl(job.url)}`, context));
    }
    catch (error) {
        await (0,promises_.rm)(job.file, { force: true });
        throw error;
    }
}
async function downloadOnce(job, context) {
    const have = (await (0,promises_.stat)(job.file).catch(() => undefined))?.size ?? 0;
    const response = await get(job.url, context, {
        ...job.headers,
        ...(have > 0 ? { range: `bytes=${have}-` } : {}),
    }).catch(async (error) => {
        // 416: what lies here is not a prefix of the file; begin again.
        if (error instanceof HttpStatusError && error.status === 416) {
            await (0,promises_.rm)(job.file, { force: true });
            return get(job.url, context, job.headers);
        }
        throw error;
    });
    await (0,external_node_stream_promises_.pipeline)(response.body, (0,external_node_fs_.createWriteStream)(job.file, { flags: response.status === 206 ? 'a' : 'w' }));
    if ('check' in job) {
        try {
            await job.check(job.file);
        }
        catch (error) {
            await (0,promises_.rm)(job.file, { force: true });
            throw error;
        }
        return;
    }
    const actual = await sha256File(job.file);
    if (actual !== job.sha256.toLowerCase()) {
        await (0,promises_.rm)(job.file, { force: true });
        throw (0,base_errors/* environmentError */.me)({
            code: 'checksum-mismatch',
            what: `the download of ${redactUrl(job.url)} is not the published file`,
            cause: `its SHA-256 is ${actual}, expected ${job.sha256}`,
            fix: 'a proxy or mirror may alter or truncate downloads: use another mirror; if the publisher says it changed, report it',
        });
    }
}
function retryOptions(what, context) {
    return {
        what,
        classify: (error) => (error instanceof base_errors/* PipelineError */.zC ? { kind: 'final' } : classifyHttpFault(error)),
        ...(context.clock === undefined ? {} : { clock: context.clock }),
        ...(context.signal === undefined ? {} : { signal: context.signal }),
        ...(context.counter === undefined ? {} : { counter: context.counter }),
        log: context.log ?? silentLog,
    };
}
async function sha256Stream(stream) {
    const hash = (0,external_node_crypto_.createHash)('sha256');
    let size = 0;
    for await (const chunk of stream) {
        hash.update(chunk);
        size += chunk.length;
    }
    return { sha256: hash.digest('hex'), size };
}
const sha256File = async (file) => (await sha256Stream((0,external_node_fs_.createReadStream)(file))).sha256;
const sha256 = (data) => (0,external_node_crypto_.createHash)('sha256').update(data).digest('hex');
//# sourceMappingURL=download.js.map
;// CONCATENATED MODULE: ./lib/registry/media-types.js
/** Media types of OCI image-spec 1.1 and Docker's image manifest v2 schema 2, and the shapes they name. */

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
const OCI_LAYER_GZIP = (/* unused pure expression or super */ null && (`${OCI_LAYER}+gzip`));
const OCI_LAYER_ZSTD = (/* unused pure expression or super */ null && (`${OCI_LAYER}+zstd`));
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const DOCKER_LAYER_GZIP = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const IN_TOTO = 'application/vnd.in-toto+json';
/** What we ask for when a manifest is read. A registry converts or refuses what is not listed. */
const ACCEPT_MANIFESTS = [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST].join(', ');
const isIndexType = (mediaType) => mediaType === OCI_INDEX || mediaType === DOCKER_INDEX;
const isManifestType = (mediaType) => mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
const isConfigType = (mediaType) => mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
/** Layers that lie outside the registry by licence (old Windows bases); they are never pushed or pulled by us. */
const isForeignLayer = (mediaType) => mediaType.includes('.nondistributable.') || mediaType.includes('rootfs.foreign.');
/** How a layer's media type says it is compressed; undefined when it is no filesystem layer. */
function layerCompression(mediaType) {
    const known = /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(gzip|zstd))?$/.exec(mediaType) ??
        /^application\/vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.(gzip|zstd))?$/.exec(mediaType);
    if (known === null)
        return undefined;
    return known[1] === 'gzip' ? 'gzip' : known[1] === 'zstd' ? 'zstd' : 'none';
}
const ATTESTATION_TYPE = 'vnd.docker.reference.type';
const ATTESTATION_OF = 'vnd.docker.reference.digest';
/** BuildKit puts provenance and SBOM into the index as manifests of platform unknown/unknown. */
const isAttestation = (entry) => entry.annotations?.[ATTESTATION_TYPE] === 'attestation-manifest' ||
    (entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown');
/** The digest of the manifest an attestation speaks about. */
const attestationSubject = (entry) => entry.annotations?.[ATTESTATION_OF];
/** The platform an entry names, in our spelling: variants that say nothing (arm64/v8, amd64/v1) are left out. */
function toPlatform(from) {
    const { variant = '', architecture: arch } = from;
    const plain = variant === '' || (arch === 'arm64' && variant === 'v8') || (arch === 'amd64' && variant === 'v1');
    return {
        os: from.os,
        arch,
        ...(plain ? {} : { variant }),
        ...(from['os.version'] === undefined ? {} : { osVersion: from['os.version'] }),
    };
}
/** `sha256:<hex>` of the bytes, or with the algorithm of `like`. */
function digestOf(bytes, like = 'sha256:') {
    const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256';
    return `${algorithm}:${(0,external_node_crypto_.createHash)(algorithm).update(bytes).digest('hex')}`;
}
const isDigest = (text) => /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/.test(text);
/**
 * Reads an index or manifest. Unknown fields are ignored, wrong ones are named.
 * `mediaType` is the Content-Type it came with: the body may leave its own out (OCI 1.0).
 */
function parseManifest(bytes, mediaType) {
    const json = parseObject(bytes);
    if (json === undefined)
        return { reason: 'it is not a JSON object' };
    const own = typeof json['mediaType'] === 'string' ? json['mediaType'] : undefined;
    // CVE-2021-41190: a document must not be an index to one reader and a manifest to another.
    const offered = mediaType.split(';')[0]?.trim() ?? '';
    const known = isIndexType(offered) || isManifestType(offered);
    if (own !== undefined && known && own !== offered)
        return { reason: `its mediaType is ${own}, but it is served as ${offered}` };
    if ('manifests' in json && ('layers' in json || 'config' in json))
        return { reason: 'it has both "manifests" and "layers"' };
    const type = own ?? (known ? offered : 'manifests' in json ? OCI_INDEX : OCI_MANIFEST);
    const annotations = stringRecord(json['annotations']);
    if (isIndexType(type)) {
        const manifests = descriptors(json['manifests']);
        return manifests === undefined
            ? { reason: 'its "manifests" is not a list of descriptors' }
            : { kind: 'index', mediaType: type, manifests, annotations };
    }
    if (!isManifestType(type))
        return { reason: `it is of type ${type}, not an image index or manifest` };
    const config = descriptor(json['config']);
    const layers = descriptors(json['layers']);
    if (config === undefined)
        return { reason: 'its "config" is not a descriptor' };
    if (layers === undefined)
        return { reason: 'its "layers" is not a list of descriptors' };
    const artifactType = json['artifactType'];
    return {
        kind: 'manifest',
        mediaType: type,
        config,
        layers,
        annotations,
        ...(typeof artifactType === 'string' ? { artifactType } : {}),
    };
}
/** Reads an image configuration (image-spec config.md). */
function parseConfig(bytes) {
    const json = parseObject(bytes);
    if (json === undefined)
        return { reason: 'it is not a JSON object' };
    const { os, architecture, variant } = json;
    if (typeof os !== 'string' || typeof architecture !== 'string')
        return { reason: 'it names no os and architecture' };
    const rootfs = asObject(json['rootfs']);
    const diffIds = rootfs?.['diff_ids'];
    if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id)))
        return { reason: 'its rootfs.diff_ids is not a list of digests' };
    const history = json['history'];
    const osVersion = json['os.version'];
    return {
        os,
        architecture,
        ...(typeof variant === 'string' ? { variant } : {}),
        ...(typeof osVersion === 'string' ? { osVersion } : {}),
        diffIds: diffIds,
        ...(Array.isArray(history)
            ? { layerHistory: history.filter((entry) => asObject(entry)?.['empty_layer'] !== true).length }
            : {}),
        labels: stringRecord(asObject(json['config'])?.['Labels']),
    };
}
function descriptors(value) {
    if (!Array.isArray(value))
        return undefined;
    const all = value.map(descriptor);
    return all.every((one) => one !== undefined) ? all : undefined;
}
function descriptor(value) {
    const json = asObject(value);
    const { mediaType, digest, size, urls, artifactType } = json ?? {};
    if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest))
        return undefined;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
        return undefined;
    const platform = asObject(json?.['platform']);
    const variant = platform?.['variant'];
    const osVersion = platform?.['os.version'];
    const annotations = stringRecord(json?.['annotations']);
    return {
        mediaType,
        digest,
        size,
        ...(typeof platform?.['os'] === 'string' && typeof platform['architecture'] === 'string'
            ? {
                platform: {
                    os: platform['os'],
                    architecture: platform['architecture'],
                    ...(typeof variant === 'string' ? { variant } : {}),
                    ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
                },
            }
            : {}),
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        ...(typeof artifactType === 'string' ? { artifactType } : {}),
        ...(Array.isArray(urls) ? { urls: urls.filter((url) => typeof url === 'string') } : {}),
    };
}
/** The JSON object in the bytes, or undefined. */
function parseObject(bytes) {
    try {
        return asObject(JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')));
    }
    catch {
        return undefined;
    }
}
function asObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? value
        : undefined;
}
function stringRecord(value) {
    return Object.fromEntries(Object.entries(asObject(value) ?? {}).filter((entry) => typeof entry[1] === 'string'));
}
//# sourceMappingURL=media-types.js.map
;// CONCATENATED MODULE: ./lib/registry/failures.js
/** What a registry's refusal means: the error codes of the distribution specification, and of the great registries. */





/** An answer that is not the wanted one. */
class RegistryFault extends Error {
    status;
    /** Error codes of the body, upper case: `DENIED`, `NAME_UNKNOWN`. */
    codes;
    detail;
    url;
    retryAfter;
    /** The body was HTML: something other than a registry spoke. */
    html;
    asked;
    constructor(answer) {
        const said = answer.detail === '' ? '' : `: ${answer.detail}`;
        super(`${answer.method} ${redactUrl(answer.url)} answered ${answer.status}${said}`);
        this.name = 'RegistryFault';
        this.status = answer.status;
        this.codes = answer.codes;
        this.detail = answer.detail;
        this.url = answer.url;
        this.retryAfter = answer.retryAfter;
        this.html = answer.html;
        this.asked = answer.asked;
    }
}
/** Reads the body of a refusal: the specification's JSON errors, a token server's `details`, or text. */
async function readFault(response, request, asked) {
    const text = request.method === 'HEAD' ? '' : await response.text(256 * 1024).catch(() => '');
    if (request.method === 'HEAD')
        await response.drain().catch(() => undefined);
    const json = parseObject(text);
    const errors = (Array.isArray(json?.['errors']) ? json['errors'] : []).map(asObject);
    const codes = errors
        .map((error) => (plain(error?.['code']) ?? '').toUpperCase())
        .filter((code) => code !== '');
    const html = /text\/html/i.test(response.headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)/i.test(text);
    const said = errors
        .map((error) => [error?.['message'], plain(error?.['detail'])]
        .filter((part) => typeof part === 'string' && part !== '')
        .join(' '))
        .filter((line) => line !== '')
        .join('; ');
    const other = [json?.['details'], json?.['message'], json?.['error_description'], json?.['error']].find((value) => typeof value === 'string' && value !== '');
    const detail = said !== '' ? said : typeof other === 'string' ? other : html ? title(text) : text;
    return new RegistryFault({
        status: response.status,
        codes,
        detail: detail.replace(/\s+/g, ' ').trim().slice(0, 300),
        url: request.url,
        retryAfter: response.headers['retry-after'],
        html,
        method: request.method,
        asked,
    });
}
const plain = (value) => (typeof value === 'string' ? value : undefined);
const title = (html) => /<title>([^<]*)/i.exec(html)?.[1] ?? 'an HTML page';
const QUOTA = /quota|storage (?:limit|space)|exceed(?:s|ed)? the (?:configured )?(?:upper )?limit|insufficient storage/i;
// Docker Hub's allowance is counted over six hours: waiting seconds does not help.
const PULL_LIMIT = /pull rate limit/i;
const IMMUTABLE = /immutab|cannot be overwritten/i;
/** The class of anything a request can throw, for base/retry. */
function classifyRegistryFault(error, now) {
    if (error instanceof base_errors/* PipelineError */.zC)
        return { kind: 'final' };
    if (!(error instanceof RegistryFault))
        return classifyHttpFault(error);
    if (error.status === 507 || QUOTA.test(error.detail) || PULL_LIMIT.test(error.detail))
        return { kind: 'final' };
    return classifyStatus(error.status, error.retryAfter, now);
}
/** True for an answer that says there is no such manifest, blob or repository. */
const isAbsent = (error) => (error instanceof RegistryFault && error.status === 404 && !error.html) ||
    (error instanceof base_errors/* PipelineError */.zC &&
        error.problems.some(({ code }) => code === 'registry-not-found' || code === 'registry-repository-missing'));
/** Anything thrown while talking to a registry, told so that a person can act. PipelineErrors pass through. */
function registryError(error, asked) {
    if (error instanceof base_errors/* PipelineError */.zC)
        return error;
    const problem = error instanceof RegistryFault ? describeAnswer(error) : describeNetworkFault(error, asked);
    return (0,base_errors/* environmentError */.me)(problem, { cause: error });
}
const VERBS = {
    login: 'log in to',
    pull: 'read',
    push: 'push',
    delete: 'delete',
    list: 'list the tags of',
};
/** The problem behind a refusal. */
function describeAnswer(fault) {
    const { asked, status, codes, detail } = fault;
    const { registry } = asked;
    const base = {
        what: `${registry} refused to ${VERBS[asked.action]} ${asked.what}`,
        where: redactUrl(fault.url),
    };
    const cause = (text) => (detail === '' ? text : `${text} (it says: ${detail})`);
    const has = (...names) => names.some((name) => codes.includes(name));
    if (fault.html && ![413, 429].includes(status) && status < 500)
        return {
            ...base,
            code: 'registry-not-a-registry',
            what: `something other than a registry answers for ${registry}`,
            cause: cause(`status ${status} with an HTML page: a proxy, firewall or portal may stand between`),
            fix: `check the registry's name; behind a proxy set HTTPS_PROXY, or NO_PROXY=${registry} when it is inside`,
        };
    if (status === 407)
        return {
            ...base,
            code: 'registry-proxy',
            what: `the proxy on the way to ${registry} wants a login`,
            fix: 'put user and password into HTTPS_PROXY (http://user:password@proxy:port)',
        };
    if (PULL_LIMIT.test(detail))
        return {
            ...base,
            code: 'registry-rate-limit',
            cause: cause('the pull allowance of this address or account is used up'),
            fix: `log in to ${registry} with the input "registries", or name a mirror in "registry-mirrors"`,
        };
    if (status === 429 || has('TOOMANYREQUESTS'))
        return {
            ...base,
            code: 'registry-rate-limit',
            cause: cause('too many requests'),
            fix: 'run fewer jobs at once, log in for a higher limit, or use a mirror',
        };
    if (QUOTA.test(detail) || status === 507)
        return {
            ...base,
            code: 'registry-quota',
            cause: cause('the storage quota is used up'),
            fix: 'delete old images or raise the quota',
        };
    if (IMMUTABLE.test(detail) || status === 412)
        return {
            ...base,
            code: 'registry-tag-immutable',
            cause: cause('the tag exists and the registry does not let it move'),
            fix: 'give this release a new tag, or leave moving tags (latest, v1, v1.2) out of the immutability rule',
        };
    if (status === 401)
        return asked.loggedIn === true
            ? {
                ...base,
                code: 'registry-login-refused',
                cause: cause(`${registry} does not accept this user and password, or they may not ${asked.action} here`),
                fix: `check user and password of ${registry} in the input "registries"${loginHint(registry)}`,
            }
            : {
                ...base,
                code: 'registry-login-missing',
                cause: cause('it wants a login, and none is given'),
                fix: `add a line to the input "registries": ${registry} USER \${PASSWORD_VARIABLE}${loginHint(registry)}`,
            };
    if (status === 403 || has('DENIED'))
        return { ...base, code: 'registry-denied', cause: cause('no permission'), fix: deniedFix(asked) };
    if (has('NAME_UNKNOWN'))
        return {
            ...base,
            code: 'registry-repository-missing',
            cause: cause('there is no such repository'),
            fix: /\.dkr\.ecr\./.test(registry)
                ? 'create it first (aws ecr create-repository): Amazon ECR makes none by itself'
                : 'check the name; some registries want the repository or project made first',
        };
    if (status === 404)
        return {
            ...base,
            code: 'registry-not-found',
            what: `${asked.what} is not in ${registry}`,
            cause: cause('not found'),
            fix: 'check name, tag and digest; a private repository can also look like this without a login',
        };
    if (has('DIGEST_INVALID', 'SIZE_INVALID'))
        return {
            ...base,
            code: 'registry-digest-invalid',
            cause: cause('what arrived is not what was announced: it changed on disk or on the way'),
            fix: 'run again; if it stays, a proxy alters uploads',
        };
    if (has('MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN'))
        return {
            ...base,
            code: 'registry-blob-unknown',
            cause: cause('the manifest names a blob the registry does not have (yet)'),
            fix: 'run again; if it stays, the registry loses blobs: check its storage',
        };
    if (status === 413)
        return {
            ...base,
            code: 'registry-too-large',
            cause: cause('the body is larger than the registry or a proxy before it takes'),
            fix: 'raise the limit (nginx: client_max_body_size 0), or make the image smaller',
        };
    if (status === 405 || status === 501 || has('UNSUPPORTED'))
        return { ...base, code: 'registry-unsupported', cause: cause('the registry does not support this') };
    if (status >= 500)
        return {
            ...base,
            code: 'registry-unavailable',
            cause: cause(`it answered ${status} each time`),
            fix: 'look at the status page of the registry, and run again',
        };
    return { ...base, code: 'registry-unexpected', cause: cause(`it answered ${status}`) };
}
function loginHint(registry) {
    if (registry === 'ghcr.io')
        return ' (ghcr.io: user ${{ github.actor }}, password ${{ github.token }})';
    if (registry === 'docker.io')
        return ' (Docker Hub: an access token with write scope, not the account password)';
    if (/\.dkr\.ecr\./.test(registry))
        return ' (Amazon ECR: user AWS, password of `aws ecr get-login-password`)';
    return '';
}
function deniedFix(asked) {
    const { registry, action } = asked;
    if (registry === 'ghcr.io')
        return action === 'pull'
            ? 'give the job `permissions: packages: read`, and the package access for this repository (package settings, Manage Actions access)'
            : 'give the job `permissions: packages: write`; when the package exists already, add this repository with the Write role in its settings under Manage Actions access';
    if (registry === 'docker.io')
        return 'check the namespace (your user or organization), and that the access token may write';
    if (/\.dkr\.ecr\./.test(registry))
        return `the role needs ecr:${action === 'pull' ? 'BatchGetImage and ecr:GetDownloadUrlForLayer' : 'InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, BatchCheckLayerAvailability and PutImage'}`;
    return `give the account of ${registry} the right to ${action === 'pull' ? 'read' : action === 'list' ? 'list' : action} ${asked.repository ?? 'it'}`;
}
const CERTIFICATE = /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID)$/;
/** The problem behind a request that got no answer. */
function describeNetworkFault(error, asked) {
    const code = (0,base_errors/* codeOf */.$N)(error) ?? '';
    const { registry } = asked;
    const message = (0,base_errors/* messageOf */.bD)(error);
    const base = { where: registry, cause: message };
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
        return {
            ...base,
            code: 'registry-dns',
            what: `the name of ${registry} cannot be resolved`,
            fix: 'check its spelling, the DNS of the runner, and whether it needs a VPN or a proxy',
        };
    if (code === 'ECONNREFUSED')
        return {
            ...base,
            code: 'registry-refused',
            what: `nothing listens at ${registry}`,
            fix: 'check host and port, and that the registry runs',
        };
    if (CERTIFICATE.test(code))
        return {
            ...base,
            code: 'registry-tls',
            what: `the TLS certificate of ${registry} cannot be trusted`,
            cause: `${message} (${code})`,
            fix: code === 'CERT_HAS_EXPIRED'
                ? 'renew the certificate'
                : 'give its authority in the input "registry-ca"; for a test registry list it in "insecure-registries"',
        };
    if (/^(?:EPROTO|ERR_SSL_)/.test(code))
        return {
            ...base,
            code: 'registry-plain-http',
            what: `${registry} does not speak TLS`,
            fix: 'list it in the input "insecure-registries" if it is meant to be plain HTTP',
        };
    if (/proxy/i.test(message))
        return {
            ...base,
            code: 'registry-proxy',
            what: `the proxy on the way to ${registry} does not let us through`,
            fix: `check HTTPS_PROXY (user and password in it), or add ${registry} to NO_PROXY`,
        };
    if (/TIMEOUT|ETIMEDOUT/.test(code))
        return {
            ...base,
            code: 'registry-timeout',
            what: `${registry} did not answer in time`,
            fix: 'check the network of the runner (firewall, proxy) and the load of the registry',
        };
    if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET')
        return {
            ...base,
            code: 'registry-cut',
            what: `the connection to ${registry} was cut each time while we tried to ${VERBS[asked.action]} ${asked.what}`,
            fix: 'look for a proxy or firewall that limits the size or time of transfers; run again',
        };
    return {
        ...base,
        code: 'registry-unreachable',
        what: `${registry} cannot be reached to ${VERBS[asked.action]} ${asked.what}`,
        ...(code === '' ? {} : { cause: `${message} (${code})` }),
        fix: 'check the network of the runner',
    };
}
//# sourceMappingURL=failures.js.map
;// CONCATENATED MODULE: ./lib/registry/mirrors.js

/** The registry itself. Loopback hosts need no TLS, as in Docker. */
function originOf(registry, routes) {
    const name = normalizeRegistry(registry);
    return { registry: name, host: apiHost(name), prefix: '', transport: transportOf(name, routes) };
}
/**
 * The endpoints to try in order. Pulls go to the mirrors first and end at the registry itself; pushes, and reads that
 * must see what was pushed, go to the registry only.
 */
function endpointsOf(registry, routes, origin) {
    const name = normalizeRegistry(registry);
    const mirrors = origin ? [] : (routes.mirrors ?? []).filter((mirror) => mirror.registry === name);
    return [
        ...mirrors.map((mirror) => {
            const url = new URL(mirror.url);
            const path = url.pathname.replace(/^\/+|\/+$/g, '');
            return {
                registry: normalizeRegistry(url.host),
                host: url.host,
                prefix: path === '' ? '' : `${path}/`,
                ...(url.host === apiHost(name) ? {} : { ns: name }),
                transport: mirror.insecure ? 'http' : listed(url.host, routes) ? 'insecure' : 'https',
            };
        }),
        originOf(name, routes),
    ];
}
const listed = (host, routes) => (routes.insecure ?? []).some((name) => normalizeRegistry(name) === normalizeRegistry(host));
const transportOf = (registry, routes) => listed(registry, routes) || reference_isLoopback(registry) ? 'insecure' : 'https';
//# sourceMappingURL=mirrors.js.map
;// CONCATENATED MODULE: ./lib/registry/api.js





const NOUNS = {
    login: 'login to',
    pull: 'pull of',
    push: 'push of',
    delete: 'deletion of',
    list: 'tags of',
};
class Api {
    act;
    #transport;
    #routes;
    constructor(act, transport, routes) {
        this.act = act;
        this.#transport = transport;
        this.#routes = routes;
    }
    as(signal) {
        return new Api({ ...this.act, signal }, this.#transport.as(signal), this.#routes);
    }
    origin(registry) {
        return originOf(registry, this.#routes);
    }
    endpoints(registry, origin) {
        return endpointsOf(registry, this.#routes, origin);
    }
    /** One try. */
    send(endpoint, call) {
        return this.#transport.send(endpoint, call);
    }
    /** GET /v2/ without a login or a judgement of the status. */
    bare(endpoint) {
        return this.#transport.bare(endpoint);
    }
    /** Tries `work` again while its faults can pass; throws PipelineError, or the signal's reason. */
    async retrying(asked, work, options = {}) {
        const { clock, signal, log, counter } = this.act;
        try {
            return await retry(work, {
                what: `${NOUNS[asked.action]} ${asked.what}`,
                classify: (error) => options.classify?.(error) ?? classifyRegistryFault(error, clock.now()),
                clock,
                signal,
                log,
                counter,
                ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
            });
        }
        catch (error) {
            if (signal.aborted)
                throw reasonOf(signal);
            throw registryError(error, asked);
        }
    }
    /** A retried call to the registry itself, read by `read` while it can still be repeated. */
    call(registry, call, read) {
        const endpoint = this.origin(registry);
        return this.retrying(call.asked, async () => read(await this.send(endpoint, call)));
    }
    /**
     * Reads by way of the mirrors, then from the registry. Whatever a mirror does wrong (absent, denied, broken, lying
     * about a digest) only leads to the next one.
     */
    async reading(registry, asked, origin, work) {
        const endpoints = this.endpoints(registry, origin);
        for (const [at, endpoint] of endpoints.entries()) {
            const last = at === endpoints.length - 1;
            const about = last ? asked : { ...asked, registry: endpoint.registry };
            try {
                return await this.retrying(about, () => work(endpoint, about), last ? {} : { attempts: 2 });
            }
            catch (error) {
                if (last || this.act.signal.aborted)
                    throw error;
                this.act.log.info(`the mirror ${endpoint.host} does not serve ${asked.what}: ${(0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? ''}`);
            }
        }
        throw new TypeError(`no endpoint for ${registry}`);
    }
}
//# sourceMappingURL=api.js.map
;// CONCATENATED MODULE: ./lib/registry/challenges.js
const challenges_TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y;
const BLANKS = /[ \t]*/y;
const GAPS = /[ \t,]*/y;
/**
 * Reads every challenge of a header (several headers joined by commas are the same thing). What cannot be read ends
 * the list: the challenges before it count.
 */
function parseChallenges(header) {
    const challenges = [];
    let at = 0;
    const take = (pattern) => {
        pattern.lastIndex = at;
        const match = pattern.exec(header);
        if (match === null)
            return undefined;
        at = pattern.lastIndex;
        return match;
    };
    /** `name = value`, or undefined with nothing consumed. */
    const parameter = () => {
        const start = at;
        const name = take(challenges_TOKEN)?.[0];
        take(BLANKS);
        if (name !== undefined && header[at] === '=') {
            at++;
            take(BLANKS);
            const quoted = take(QUOTED);
            const value = quoted === undefined ? take(challenges_TOKEN)?.[0] : quoted[1]?.replace(/\\([\s\S])/g, '$1');
            if (value !== undefined)
                return [name.toLowerCase(), value];
        }
        at = start;
        return undefined;
    };
    for (;;) {
        take(GAPS);
        const scheme = take(challenges_TOKEN)?.[0].toLowerCase();
        if (scheme === undefined)
            return challenges;
        const params = {};
        let token68;
        if (header[at] === ' ' || header[at] === '\t') {
            take(BLANKS);
            const first = parameter();
            if (first === undefined)
                token68 = take(TOKEN68)?.[0];
            else {
                params[first[0]] ??= first[1];
                for (;;) {
                    // After a comma comes another parameter of this challenge, or the next challenge.
                    const before = at;
                    take(GAPS);
                    const next = parameter();
                    if (next === undefined) {
                        at = before;
                        break;
                    }
                    params[next[0]] ??= next[1];
                }
            }
        }
        challenges.push({ scheme, params, ...(token68 === undefined ? {} : { token68 }) });
        take(BLANKS);
        if (at < header.length && header[at] !== ',')
            return challenges;
    }
}
//# sourceMappingURL=challenges.js.map
// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
;// CONCATENATED MODULE: ./lib/registry/credentials.js
/** The inputs `registries`, `registry-mirrors` and `insecure-registries`. */




const REGISTRIES = 'registries';
const LIST_SYNTAX = 'write one line "host user ${PASSWORD_VARIABLE}" for each, or a YAML list with registry, username and password';
/**
 * Reads `host user password-or-${ENV}` lines, or a YAML list of {registry, username, password}. A user or password
 * that is wholly `${NAME}` is taken from `env`; anything else is literal, so a password may hold `$` and blanks.
 * No Problem ever holds a password.
 */
function parseRegistries(text, env) {
    const problems = [];
    const raw = /^\s*-\s/m.test(credentials_firstLine(text)) ? readYaml(text, problems) : readLines(text, problems);
    const registries = [];
    const seen = new Map();
    for (const entry of raw) {
        const about = { input: REGISTRIES, where: entry.where };
        const host = normalizeHost(entry.registry);
        const fault = registryFault(host);
        if (fault !== undefined) {
            problems.push({
                code: 'registries-host',
                what: `"${redactHost(entry.registry)}" is not a registry`,
                cause: fault,
                fix: LIST_SYNTAX,
                ...about,
            });
            continue;
        }
        const registry = normalizeRegistry(host);
        const before = seen.get(registry);
        if (before !== undefined) {
            problems.push({
                code: 'registries-twice',
                what: `${registry} is given twice`,
                cause: `it already stands at ${before}`,
                fix: 'keep one login for each registry',
                ...about,
            });
            continue;
        }
        seen.set(registry, entry.where);
        const username = credentials_expand(entry.username, env);
        const password = credentials_expand(entry.password, env);
        for (const [part, result] of [
            ['user', username],
            ['password', password],
        ]) {
            if ('missing' in result)
                problems.push({
                    code: 'registries-variable-missing',
                    what: `the ${part} for ${registry} is to come from the environment variable ${result.missing}, which is ${result.empty ? 'empty' : 'not set'}`,
                    cause: result.empty
                        ? 'an unknown secret is empty; so is every secret in a pull request from a fork'
                        : 'the step has no such variable',
                    fix: `add it to the step: env: { ${result.missing}: \${{ secrets.${result.missing} }} }`,
                    ...about,
                });
        }
        if ('value' in username && 'value' in password)
            registries.push({ registry, username: username.value, password: password.value });
    }
    return { registries, problems };
}
/** Tells the run's secrets every form a login can be printed in. */
function maskLogins(logins, secrets) {
    for (const login of logins) {
        secrets.mask(login.password);
        secrets.mask(basicToken(login.username, login.password));
    }
}
/** The credentials of RFC 7617: base64 of `user:password`. */
const basicToken = (username, password) => Buffer.from(`${username}:${password}`).toString('base64');
function readLines(text, problems) {
    const found = [];
    for (const [at, line] of text.split(/\r?\n/).entries()) {
        if (line.trim() === '' || line.trim().startsWith('#'))
            continue;
        const where = `line ${at + 1}`;
        const match = /^\s*(\S+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line);
        if (match === null) {
            // The words may be secrets, so they are counted, not shown.
            const words = line.trim().split(/\s+/).length;
            problems.push({
                code: 'registries-syntax',
                what: `a login needs three words: host, user, password; this line has ${words}`,
                fix: LIST_SYNTAX,
                input: REGISTRIES,
                where,
            });
            continue;
        }
        const [, registry = '', username = '', password = ''] = match;
        found.push({ where, registry, username, password });
    }
    return found;
}
function readYaml(text, problems) {
    let list;
    try {
        // Without pretty errors: those quote the source, and the source holds passwords.
        list = (0,dist/* parse */.qg)(text, { prettyErrors: false, maxAliasCount: 0 });
    }
    catch (error) {
        const at = error instanceof dist/* YAMLParseError */.XT ? text.slice(0, error.pos[0]).split('\n').length : undefined;
        problems.push({
            code: 'registries-syntax',
            what: 'the list of registries is not valid YAML',
            cause: error instanceof dist/* YAMLParseError */.XT ? error.code.toLowerCase().replaceAll('_', ' ') : 'it cannot be read',
            fix: LIST_SYNTAX,
            input: REGISTRIES,
            ...(at === undefined ? {} : { where: `line ${at}` }),
        });
        return [];
    }
    const found = [];
    for (const [at, item] of (Array.isArray(list) ? list : []).entries()) {
        const where = `entry ${at + 1}`;
        const entry = asObject(item);
        const text = (name) => {
            const value = entry?.[name];
            // A number is a legal YAML password: 123456.
            return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
        };
        const unknown = Object.keys(entry ?? {}).filter((key) => !['registry', 'username', 'password'].includes(key));
        const username = text('username');
        const password = text('password');
        const missing = [
            ...(username === undefined ? ['username'] : []),
            ...(password === undefined ? ['password'] : []),
        ];
        if (entry === undefined || unknown.length > 0 || missing.length > 0) {
            problems.push({
                code: 'registries-syntax',
                what: entry === undefined
                    ? 'a login in the YAML list is an object with registry, username and password'
                    : missing.length > 0
                        ? `a login has no ${missing.join(' and no ')}`
                        : `a login has no setting "${unknown.join('", "')}"`,
                fix: LIST_SYNTAX,
                input: REGISTRIES,
                where,
            });
            continue;
        }
        found.push({
            where,
            registry: text('registry') ?? 'docker.io',
            username: username ?? '',
            password: password ?? '',
        });
    }
    return found;
}
function credentials_expand(text, env) {
    const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(text)?.[1];
    if (name === undefined)
        return { value: text };
    const value = env[name];
    return value === undefined || value === '' ? { missing: name, empty: value === '' } : { value };
}
const credentials_firstLine = (text) => text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.trim().startsWith('#')) ?? '';
// Docker itself writes Docker Hub as the address of its old v1 index.
const normalizeHost = (text) => text.replace(/^https:\/\//i, '').replace(/(?:\/v[12])?\/?$/, '');
const redactHost = (text) => text.replace(/\/\/[^@/]*@/, '//***@');
/** Reads `docker.io=https://mirror.example` lines; several mirrors of one registry are tried in their order. */
function parseMirrors(text) {
    const input = 'registry-mirrors';
    const fix = 'write one line registry=URL for each, for example docker.io=https://mirror.example';
    const { pairs, errors } = (0,lists/* parsePairs */.xg)(text);
    const problems = errors.map((error) => ({
        code: 'registry-mirrors-syntax',
        what: 'a mirror is written registry=URL',
        cause: error.reason,
        fix,
        input,
        value: redactHost(error.line),
    }));
    const mirrors = [];
    for (const [name, target] of pairs) {
        const refuse = (cause) => {
            problems.push({
                code: 'registry-mirrors-syntax',
                what: `the mirror of ${name} cannot be used`,
                cause,
                fix,
                input,
                value: `${name}=${redactHost(target)}`,
            });
        };
        const fault = registryFault(name);
        if (fault !== undefined) {
            refuse(`"${name}" is not a registry: ${fault}`);
            continue;
        }
        let url;
        try {
            url = new URL(target);
        }
        catch {
            refuse(/^https?:/i.test(target) ? 'that is not a URL' : 'the URL must begin with https:// or http://');
            continue;
        }
        if (url.protocol !== 'https:' && url.protocol !== 'http:')
            refuse('the URL must begin with https:// or http://');
        else if (url.username !== '' || url.password !== '')
            refuse('credentials do not belong into the URL: give them in the input "registries"');
        else if (url.search !== '' || url.hash !== '')
            refuse('the URL must not have a query or a fragment');
        else {
            const path = url.pathname.replace(/\/+$/, '').replace(/^\/v2$/, '');
            const mirror = {
                registry: normalizeRegistry(name),
                url: `${url.protocol}//${url.host}${path}`,
                insecure: url.protocol === 'http:',
            };
            if (mirrors.some((other) => other.registry === mirror.registry && other.url === mirror.url))
                refuse('it is given twice');
            else
                mirrors.push(mirror);
        }
    }
    return { mirrors, problems };
}
/** Reads `host[:port]` lines (commas too): registries to be talked to over plain HTTP or unverified TLS. */
function parseInsecure(text) {
    const problems = [];
    const hosts = new Set();
    for (const item of (0,lists/* parseList */.E1)(text, { commas: true })) {
        const fault = registryFault(item);
        if (fault === undefined)
            hosts.add(normalizeRegistry(item));
        else
            problems.push({
                code: 'insecure-registries-syntax',
                what: 'an insecure registry is written host or host:port',
                cause: fault,
                fix: 'write one host[:port] a line, for example registry.internal:5000',
                input: 'insecure-registries',
                value: redactHost(item),
            });
    }
    return { hosts: [...hosts], problems };
}
//# sourceMappingURL=credentials.js.map
;// CONCATENATED MODULE: ./lib/registry/auth.js





const CLIENT_ID = 'go-image-pipeline';
/** Tokens are good for 60 s unless they say otherwise (distribution spec, token response). */
const DEFAULT_SECONDS = 60;
const scopeOf = (repository, actions) => `repository:${repository}:${actions}`;
class Authorizer {
    #act;
    #source;
    #memory;
    constructor(act, source, memory = { credentials: new Map(), challenges: new Map(), tokens: new Map() }) {
        this.#act = act;
        this.#source = source;
        this.#memory = memory;
    }
    /** The same logins and tokens, under another signal. */
    as(act) {
        return new Authorizer(act, this.#source, this.#memory);
    }
    /** Whether a login is known for the registry. */
    async loggedIn(registry) {
        return (await this.#credential(registry)) !== undefined;
    }
    /**
     * The Authorization header for a request, or undefined when the registry has not asked for one yet.
     * Tokens are shared by equal scopes and renewed before they end.
     */
    async header(audience, scopes, asked) {
        const challenge = this.#memory.challenges.get(audience.origin);
        return challenge === undefined ? undefined : this.#answer(audience, challenge, scopes, asked);
    }
    /**
     * Takes a 401's WWW-Authenticate and returns a fresh Authorization header, or undefined when there is nothing (more)
     * to offer. `used` is the header that was refused.
     */
    async challenged(audience, header, scopes, asked, used) {
        const offered = parseChallenges(header ?? '');
        const challenge = offered.find(({ scheme, params }) => scheme === 'bearer' && params['realm'] !== undefined) ??
            offered.find(({ scheme }) => scheme === 'basic');
        if (challenge === undefined) {
            if (offered.length === 0)
                return undefined;
            throw (0,base_errors/* environmentError */.me)({
                code: 'registry-auth-scheme',
                what: `${asked.registry} wants a kind of login we do not have`,
                cause: `it offers ${offered.map(({ scheme }) => scheme).join(', ')}; registries use Bearer or Basic`,
                where: audience.origin,
                fix: 'a proxy may be asking instead of the registry: check HTTPS_PROXY and NO_PROXY',
            });
        }
        this.#memory.challenges.set(audience.origin, challenge);
        if (challenge.scheme === 'bearer') {
            // The registry may name a scope that we could not know (a proxy project, another spelling).
            const wanted = merge(scopes, challenge.params['scope']);
            this.#memory.tokens.delete(auth_keyOf(audience, challenge, wanted));
            return this.#answer(audience, challenge, wanted, asked);
        }
        const basic = await this.#answer(audience, challenge, scopes, asked);
        return basic === used ? undefined : basic;
    }
    async #answer(audience, challenge, scopes, asked) {
        const credential = await this.#credential(audience.registry);
        if (challenge.scheme === 'basic') {
            return credential?.kind === 'password'
                ? `Basic ${basicToken(credential.username, credential.password)}`
                : undefined;
        }
        const key = auth_keyOf(audience, challenge, scopes);
        const known = this.#memory.tokens.get(key);
        const token = await known?.catch(() => undefined);
        if (token !== undefined && token.until > this.#act.clock.now())
            return `Bearer ${token.value}`;
        let pending = this.#memory.tokens.get(key);
        // Unless another request has renewed it while we waited.
        if (pending === known || pending === undefined) {
            pending = this.#fetchToken(audience, challenge, scopes, credential, asked);
            this.#memory.tokens.set(key, pending);
            const kept = pending;
            // A failed fetch is not kept: the next request asks again.
            kept.catch(() => {
                if (this.#memory.tokens.get(key) === kept)
                    this.#memory.tokens.delete(key);
            });
        }
        return `Bearer ${(await pending).value}`;
    }
    async #fetchToken(audience, challenge, scopes, credential, asked) {
        const realm = this.#realm(audience, challenge, credential, asked);
        const service = challenge.params['service'];
        const unverified = audience.unverified && realm.origin === audience.origin;
        const url = new URL(realm);
        if (service !== undefined)
            url.searchParams.set('service', service);
        for (const scope of scopes)
            url.searchParams.append('scope', scope);
        const byGet = {
            method: 'GET',
            url: url.toString(),
            headers: credential?.kind === 'password'
                ? { authorization: `Basic ${basicToken(credential.username, credential.password)}` }
                : {},
        };
        const form = new URLSearchParams({
            client_id: CLIENT_ID,
            ...(service === undefined ? {} : { service }),
            ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
            ...(credential?.kind === 'identity-token'
                ? { grant_type: 'refresh_token', refresh_token: credential.token }
                : credential === undefined
                    ? {}
                    : { grant_type: 'password', username: credential.username, password: credential.password }),
        });
        const byPost = {
            method: 'POST',
            url: realm.toString(),
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: form.toString(),
        };
        // A refresh token can only be sent by POST; everything else prefers GET, which every registry answers.
        const ways = credential === undefined ? [byGet] : credential.kind === 'identity-token' ? [byPost] : [byGet, byPost];
        const about = { ...asked, loggedIn: credential !== undefined };
        for (const [at, request] of ways.entries()) {
            const response = await this.#act.http.request({ ...request, unverified, signal: this.#act.signal });
            const gone = response.status === 404 || response.status === 405 || response.status === 501;
            if (gone && at + 1 < ways.length) {
                await response.drain();
                continue;
            }
            if (response.status !== 200)
                throw await readFault(response, request, about);
            const json = parseObject(await response.text(1024 * 1024));
            const value = [json?.['token'], json?.['access_token']].find((text) => typeof text === 'string' && text !== '');
            if (value === undefined)
                break;
            const seconds = json?.['expires_in'];
            const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_SECONDS;
            // Renewed before its end, so that it does not run out under way.
            return { value, until: this.#act.clock.now() + lifetime * 1000 * 0.8 };
        }
        throw (0,base_errors/* environmentError */.me)({
            code: 'registry-token',
            what: `the token server of ${asked.registry} gave no token`,
            where: realm.origin + realm.pathname,
            fix: 'check that the address belongs to a registry; a proxy may answer instead',
        });
    }
    #realm(audience, challenge, credential, asked) {
        const text = challenge.params['realm'] ?? '';
        const realm = URL.canParse(text, audience.origin) ? new URL(text, audience.origin) : undefined;
        const https = realm?.protocol === 'https:';
        const plain = realm?.protocol === 'http:' && (audience.origin.startsWith('http:') || credential === undefined);
        if (realm !== undefined && (https || plain))
            return realm;
        throw (0,base_errors/* environmentError */.me)({
            code: 'registry-token',
            what: `the token server that ${asked.registry} names cannot be used`,
            cause: realm?.protocol === 'http:'
                ? 'the registry speaks TLS but sends logins to plain HTTP, which would show the password'
                : 'its address is not a URL',
            where: realm === undefined ? audience.origin : realm.origin,
            fix: 'correct the realm in the configuration of the registry',
        });
    }
    #credential(registry) {
        let known = this.#memory.credentials.get(registry);
        if (known === undefined) {
            known = this.#source(registry);
            this.#memory.credentials.set(registry, known);
            known.catch(() => this.#memory.credentials.delete(registry));
        }
        return known;
    }
}
const auth_keyOf = (audience, challenge, scopes) => [audience.origin, challenge.params['realm'], challenge.params['service'], ...[...scopes].sort()].join('\n');
/** Our scopes and those of the challenge (blank-separated), each once; a scope contained in another is left out. */
function merge(scopes, offered) {
    const all = new Map();
    for (const scope of [...scopes, ...(offered ?? '').split(/\s+/)]) {
        if (scope === '')
            continue;
        const at = scope.lastIndexOf(':');
        const name = at < 0 ? scope : scope.slice(0, at);
        const actions = all.get(name) ?? new Set();
        if (at >= 0)
            for (const action of scope.slice(at + 1).split(','))
                actions.add(action);
        all.set(name, actions);
    }
    return [...all].map(([name, actions]) => (actions.size === 0 ? name : `${name}:${[...actions].join(',')}`));
}
//# sourceMappingURL=auth.js.map
// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(57075);
;// CONCATENATED MODULE: ./lib/registry/blobs.js
/** Reading blobs: verified as they stream, resumed where they were cut. */






const nameOfBlob = (digest) => `blob ${digest.slice(0, 19)}`;
/**
 * Streams a blob. After a cut connection it goes on where it stopped (Range), on the next endpoint when one fails for
 * good. Size and digest are checked before the stream ends: a reader that sees the end has seen the right bytes.
 */
function readBlob(api, from, digest, options = {}) {
    return external_node_stream_.Readable.from(streamBlob(api, from, digest, options), { objectMode: false });
}
async function* streamBlob(api, from, digest, options) {
    const { clock, signal, log, counter } = api.act;
    const asked = {
        registry: from.registry,
        repository: from.repository,
        what: `${nameOfBlob(digest)} of ${from.registry}/${from.repository}`,
        action: 'pull',
    };
    const hash = (0,external_node_crypto_.createHash)(digest.startsWith('sha512:') ? 'sha512' : 'sha256');
    let offset = 0;
    let cuts = 0;
    let source = from.registry;
    for (;;) {
        const response = await api.reading(from.registry, asked, options.origin === true, (endpoint, about) => {
            source = endpoint.host;
            return openBlob(api, endpoint, from, digest, offset, options.size, about);
        });
        const before = offset;
        try {
            for await (const chunk of response.body) {
                offset += chunk.length;
                if (options.size !== undefined && offset > options.size) {
                    response.body.destroy();
                    break;
                }
                hash.update(chunk);
                yield chunk;
            }
            if (options.size === undefined || offset >= options.size)
                break;
            // A connection that ends early without a word is a cut as well.
            throw Object.assign(new Error(`it ended after ${offset} of ${options.size} bytes`), {
                code: 'ECONNRESET',
            });
        }
        catch (error) {
            if (signal.aborted)
                throw reasonOf(signal);
            cuts = offset > before ? 1 : cuts + 1;
            if (classifyRegistryFault(error, clock.now()).kind === 'final' || cuts >= 5)
                throw registryError(error, asked);
            const wait = Math.random() * 500 * 2 ** (cuts - 1);
            const reason = (0,base_errors/* messageOf */.bD)(error);
            counter.add(`pull of ${asked.what}`, reason);
            log.info(`${asked.what} was cut after ${offset} bytes, going on in ${formatDuration(wait)} (${reason})`);
            await clock.sleep(wait, signal);
        }
    }
    const size = options.size ?? offset;
    const actual = `${digest.slice(0, digest.indexOf(':'))}:${hash.digest('hex')}`;
    if (offset === size && actual === digest)
        return;
    throw mismatch(asked, source, offset === size
        ? `the bytes from ${source} have the digest ${actual}`
        : `${source} sent ${offset > size ? 'more than' : `${offset} of`} ${size} bytes`);
}
const mismatch = (asked, source, cause) => (0,base_errors/* environmentError */.me)({
    code: 'registry-blob-mismatch',
    what: `${asked.what} is not what its digest says`,
    cause,
    where: source,
    fix: 'the registry or mirror stores or delivers it damaged: push it again, or leave the mirror out',
});
async function openBlob(api, endpoint, from, digest, offset, size, asked) {
    const { response } = await api.send(endpoint, {
        method: 'GET',
        path: `${from.repository}/blobs/${digest}`,
        headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
        scopes: [scopeOf(endpoint.prefix + from.repository, 'pull')],
        expect: offset === 0 ? [200] : [200, 206],
        asked,
    });
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers['content-range'] ?? '');
    const total = Number((response.status === 206 ? range?.[2] : response.headers['content-length']) ?? Number.NaN);
    if (size !== undefined && !Number.isNaN(total) && total !== size) {
        response.body.destroy();
        throw mismatch(asked, endpoint.host, `${endpoint.host} has ${total} instead of ${size} bytes`);
    }
    if (offset === 0)
        return response;
    // A server may begin earlier than asked, or know no ranges at all.
    const start = response.status === 206 ? Number(range?.[1] ?? offset) : 0;
    if (start === offset)
        return response;
    if (start < offset)
        return { body: external_node_stream_.Readable.from(skip(response.body, offset - start)) };
    response.body.destroy();
    throw (0,base_errors/* environmentError */.me)({
        code: 'registry-range',
        what: `${endpoint.host} answered a range that was not asked for`,
        cause: `asked from byte ${offset}, got from ${start}`,
        where: endpoint.host,
        fix: 'a proxy or cache between may mix up ranges',
    });
}
async function* skip(body, count) {
    let left = count;
    for await (const chunk of body) {
        if (left >= chunk.length)
            left -= chunk.length;
        else {
            yield chunk.subarray(left);
            left = 0;
        }
    }
}
/** The size of a blob, or undefined when the registry does not have it; NaN when it is there but its size is not told. */
function statBlob(api, at, digest, scope = 'pull') {
    return api.call(at.registry, {
        method: 'HEAD',
        path: `${at.repository}/blobs/${digest}`,
        scopes: [scopeOf(at.repository, scope)],
        // A redirect to the storage also says that it is there; the storage may refuse HEAD.
        expect: [200, 301, 302, 303, 307, 308, 404],
        asked: {
            registry: at.registry,
            repository: at.repository,
            what: `${nameOfBlob(digest)} of ${at.registry}/${at.repository}`,
            action: 'pull',
        },
    }, async ({ response }) => {
        await response.drain();
        if (response.status === 404)
            return undefined;
        return response.status === 200 ? Number(response.headers['content-length'] ?? Number.NaN) : Number.NaN;
    });
}
//# sourceMappingURL=blobs.js.map
;// CONCATENATED MODULE: ./lib/registry/docker-config.js
/** Docker's own client configuration: reading logins from it, and making a private copy with ours. */









/** The folder of Docker's client configuration. */
function dockerConfigFolder(env, os) {
    const own = lookupEnvironment(env, 'DOCKER_CONFIG', os);
    if (own !== undefined && own !== '')
        return own;
    const home = lookupEnvironment(env, os === 'windows' ? 'USERPROFILE' : 'HOME', os);
    return (0,external_node_path_.join)(home === undefined || home === '' ? (0,external_node_os_.homedir)() : home, '.docker');
}
const HUB_INDEX = 'index.docker.io';
/** The names under which the configuration may hold a registry: Docker Hub goes by its v1 address. */
function credentialKeys(registry) {
    const name = normalizeRegistry(registry);
    if (name === 'docker.io')
        return [`https://${HUB_INDEX}/v1/`, HUB_INDEX, 'docker.io', 'registry-1.docker.io'];
    return [name, `https://${name}`, `https://${name}/`, `https://${name}/v1/`, `https://${name}/v2/`];
}
/**
 * The login Docker would use for a registry: DOCKER_AUTH_CONFIG, then the registry's credHelper, then credsStore,
 * then auths (docker/cli configfile). A broken file or helper costs a warning, and the registry is asked anonymously.
 */
async function readDockerCredentials(registry, act) {
    const { env, host } = act;
    const file = (0,external_node_path_.join)(dockerConfigFolder(env, host.os), 'config.json');
    const config = await readConfig(file, act);
    const fromEnvironment = parseObject(lookupEnvironment(env, 'DOCKER_AUTH_CONFIG', host.os) ?? '');
    const credential = credentialFrom(fromEnvironment ?? {}, registry) ??
        (await askHelper(config, registry, act)) ??
        credentialFrom(config, registry);
    if (credential !== undefined)
        act.secrets.mask(credential.kind === 'password' ? credential.password : credential.token);
    return credential;
}
/** The login in a configuration's `auths`, without helpers. */
function credentialFrom(config, registry) {
    const auths = asObject(config['auths']) ?? {};
    for (const key of credentialKeys(registry)) {
        const entry = asObject(auths[key]);
        if (entry === undefined)
            continue;
        const identity = entry['identitytoken'];
        if (typeof identity === 'string' && identity !== '')
            return { kind: 'identity-token', token: identity };
        const { auth, username, password } = entry;
        if (typeof auth === 'string' && auth !== '') {
            const [, user, secret] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')) ?? [];
            if (user !== undefined && secret !== undefined && user !== '')
                return { kind: 'password', username: user, password: secret };
        }
        if (typeof username === 'string' && username !== '' && typeof password === 'string')
            return { kind: 'password', username, password };
    }
    return undefined;
}
/** The credential helper in charge of a registry, and the name it knows the registry by. */
function helperFor(config, registry) {
    const helpers = asObject(config['credHelpers']) ?? {};
    const keys = credentialKeys(registry);
    for (const key of keys) {
        const helper = helpers[key];
        // An empty name is Docker's way to say: not the store, the file.
        if (typeof helper === 'string')
            return helper === '' ? undefined : { helper, key };
    }
    const store = config['credsStore'];
    return typeof store === 'string' && store !== '' ? { helper: store, key: keys[0] ?? registry } : undefined;
}
async function askHelper(config, registry, act) {
    const found = helperFor(config, registry);
    if (found === undefined)
        return undefined;
    // A name with a path in it would run a program that is not a helper.
    if (!/^[\w.-]+$/.test(found.helper))
        return undefined;
    const program = `docker-credential-${found.helper}`;
    try {
        const answer = await act.exec.run({
            argv: [program, 'get'],
            input: found.key,
            env: act.env,
            timeoutMs: 30_000,
            signal: act.signal,
        });
        const json = answer.code === 0 ? parseObject(answer.stdout) : undefined;
        const { Username: username, Secret: secret } = json ?? {};
        if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
            act.log.debug(`${program} knows no login for ${found.key}`);
            return undefined;
        }
        return username === '<token>'
            ? { kind: 'identity-token', token: secret }
            : { kind: 'password', username, password: secret };
    }
    catch (error) {
        act.signal.throwIfAborted();
        act.log.warning(`Docker's configuration names the credential helper ${program}, which cannot be used: ${(0,base_errors/* messageOf */.bD)(error)}`);
        return undefined;
    }
}
async function readConfig(file, act) {
    const text = await readTextIfAny(file);
    if (text === undefined || text.trim() === '')
        return {};
    const config = parseObject(text);
    if (config === undefined)
        act.log.warning(`${file} is not a JSON object, so its logins are not used`);
    return config ?? {};
}
/**
 * A configuration with our logins on top. Our registries are taken out of the stores, which Docker would ask before
 * `auths`: an empty helper name for a registry means the file.
 */
function mergeDockerConfig(config, logins) {
    const auths = { ...asObject(config['auths']) };
    const helpers = { ...asObject(config['credHelpers']) };
    const store = config['credsStore'];
    const stored = typeof store === 'string' && store !== '';
    for (const login of logins) {
        const [key = login.registry, ...aliases] = credentialKeys(login.registry);
        for (const alias of aliases) {
            // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain record
            delete auths[alias];
        }
        auths[key] = { auth: basicToken(login.username, login.password) };
        if (stored || key in helpers)
            helpers[key] = '';
    }
    return {
        ...config,
        auths,
        ...(Object.keys(helpers).length === 0 ? {} : { credHelpers: helpers }),
    };
}
/** What of the user's folder the CLI needs beside config.json: contexts, plugins, client certificates. */
const SHARED = ['contexts', 'cli-plugins', 'trust', 'ca.pem', 'cert.pem', 'key.pem'];
/**
 * A private copy (folder 0700, file 0600) of the user's Docker configuration with our logins in it, so that docker and
 * buildx are logged in without `docker login`: no secret in an argument, nothing changed in the user's own files.
 * Builders stay where they are, by BUILDX_CONFIG. The folder is made by `act.temp`; the caller removes it in post.
 */
async function makeDockerConfig(logins, act) {
    const { env, host } = act;
    maskLogins(logins, act.secrets);
    const source = dockerConfigFolder(env, host.os);
    const inherited = parseObject(lookupEnvironment(env, 'DOCKER_AUTH_CONFIG', host.os) ?? '');
    const config = await readConfig((0,external_node_path_.join)(source, 'config.json'), act);
    const auths = { ...asObject(config['auths']), ...asObject(inherited?.['auths']) };
    const dir = await act.temp.make('docker-config');
    await (0,promises_.chmod)(dir, 0o700);
    const merged = mergeDockerConfig({ ...config, auths }, logins);
    await writeAtomic((0,external_node_path_.join)(dir, 'config.json'), `${JSON.stringify(merged, null, 2)}\n`, 0o600);
    for (const name of SHARED)
        await share((0,external_node_path_.join)(source, name), (0,external_node_path_.join)(dir, name), host.os);
    const buildx = lookupEnvironment(env, 'BUILDX_CONFIG', host.os);
    return {
        dir,
        env: {
            DOCKER_CONFIG: dir,
            BUILDX_CONFIG: buildx === undefined || buildx === '' ? (0,external_node_path_.join)(source, 'buildx') : buildx,
            ...(inherited === undefined ? {} : { DOCKER_AUTH_CONFIG: undefined }),
        },
    };
}
async function share(from, to, os) {
    try {
        const found = await (0,promises_.lstat)(from);
        if (found.isDirectory() && (await (0,promises_.readdir)(from)).length === 0)
            return;
    }
    catch (error) {
        if ((0,base_errors/* codeOf */.$N)(error) === 'ENOENT' || (0,base_errors/* codeOf */.$N)(error) === 'ENOTDIR')
            return;
        throw error;
    }
    // Links need a privilege on Windows that runners may not have.
    if (os === 'windows')
        await (0,promises_.cp)(from, to, { recursive: true, dereference: true });
    else
        await (0,promises_.symlink)(from, to);
}
//# sourceMappingURL=docker-config.js.map
;// CONCATENATED MODULE: ./lib/registry/ping.js
/** Asking a registry before any work: is it there, does it know us, may we push? */





/** GET /v2/ without a login, once: 200 and 401 are a registry's answers; anything else is named for what it is. */
async function ping(api, registry) {
    const endpoint = api.origin(registry);
    const asked = { registry, what: registry, action: 'login' };
    try {
        const { response, url } = await api.bare(endpoint);
        const { status, headers } = response;
        const challenge = headers['www-authenticate'];
        const api2 = headers['docker-distribution-api-version'] !== undefined;
        if (status === 200 || status === 401) {
            const body = status === 200 ? (await response.text(64 * 1024).catch(() => '')).trim() : '';
            const html = /html/i.test(headers['content-type'] ?? '') || body.startsWith('<');
            const login = status === 200 ? 'none' : schemeOf(challenge);
            if (!html && (api2 || (status === 200 ? /^(?:\{.*\}|)$/s.test(body) : challenge !== undefined))) {
                if (status === 401)
                    await response.drain();
                return { registry, ok: true, login, status };
            }
            if (status === 401)
                await response.drain();
            return {
                registry,
                ok: false,
                status,
                problem: {
                    code: 'registry-not-a-registry',
                    what: `something other than a registry answers for ${registry}`,
                    cause: html
                        ? `GET /v2/ gives an HTML page (status ${status}): a proxy, firewall or portal may stand between`
                        : `GET /v2/ gives status ${status} without the signs of a registry`,
                    where: url,
                    fix: `check the name; behind a proxy set HTTPS_PROXY, or NO_PROXY=${registry} when it is inside`,
                },
            };
        }
        const fault = await readFault(response, { method: 'GET', url }, asked);
        if (status === 404 || (status >= 300 && status < 400))
            return {
                registry,
                ok: false,
                status,
                problem: {
                    code: 'registry-not-a-registry',
                    what: `${registry} is not a registry`,
                    cause: `GET /v2/ gives status ${status}`,
                    where: url,
                    fix: 'give host and port of the registry itself, not of its web page',
                },
            };
        return { registry, ok: false, status, problem: describeAnswer(fault) };
    }
    catch (error) {
        if (api.act.signal.aborted)
            throw reasonOf(api.act.signal);
        const problem = error instanceof base_errors/* PipelineError */.zC ? error.problems[0] : describeNetworkFault(error, asked);
        return { registry, ok: false, ...(problem === undefined ? {} : { problem }) };
    }
}
function schemeOf(challenge) {
    const schemes = parseChallenges(challenge ?? '').map(({ scheme }) => scheme);
    return schemes.includes('bearer') ? 'bearer' : schemes.includes('basic') ? 'basic' : 'other';
}
/** As `docker login`: the API's root with the login. Throws `registry-login-refused`, and whatever keeps it from answering. */
async function checkLogin(api, registry) {
    const asked = { registry, what: registry, action: 'login' };
    await api.call(registry, { method: 'GET', path: '', scopes: [], expect: [200], asked }, async ({ response }) => {
        await response.drain();
    });
}
/** Begins an upload and cancels it: the earliest proof that the push will be allowed. */
async function checkPush(api, to) {
    const asked = { ...to, what: `${to.registry}/${to.repository}`, action: 'push' };
    const scopes = [scopeOf(to.repository, 'pull,push')];
    const location = await api.call(to.registry, {
        method: 'POST',
        path: `${to.repository}/blobs/uploads/`,
        headers: { 'content-length': '0' },
        scopes,
        expect: [202],
        asked,
    }, async ({ response }) => {
        await response.drain();
        return response.headers['location'];
    });
    if (location === undefined)
        throw (0,base_errors/* environmentError */.me)({
            code: 'registry-location',
            what: `${to.registry} began an upload but did not say where`,
            cause: 'its answer has no Location header',
            where: to.registry,
            fix: 'a proxy before the registry may drop it',
        });
    try {
        const call = { method: 'DELETE', path: '', location, scopes, expect: [204, 202, 200], asked };
        await (await api.send(api.origin(to.registry), call)).response.drain();
    }
    catch {
        // Not every registry can cancel; it drops the empty upload by itself.
        api.act.signal.throwIfAborted();
    }
}
//# sourceMappingURL=ping.js.map
;// CONCATENATED MODULE: ./lib/registry/transport.js




const MAX_REDIRECTS = 5;
class Transport {
    #act;
    #auth;
    #schemes;
    constructor(act, source, known) {
        this.#act = act;
        this.#auth = known === undefined ? new Authorizer(act, source) : known.#auth.as(act);
        this.#schemes = known === undefined ? new Map() : known.#schemes;
    }
    get signal() {
        return this.#act.signal;
    }
    /** The same connections, logins and tokens under another signal. */
    as(signal) {
        return new Transport({ ...this.#act, signal }, () => Promise.resolve(undefined), this);
    }
    /** Sends one call. Throws RegistryFault for a status that is not expected, and whatever the network throws. */
    async send(endpoint, call) {
        const { scheme, unverified } = await this.#scheme(endpoint);
        const origin = `${scheme}://${endpoint.host}`;
        const audience = { origin, registry: endpoint.registry, unverified };
        let url = call.location === undefined ? urlOf(origin, endpoint, call) : locate(call.location, origin);
        let challenged = false;
        for (let hops = 0;;) {
            const own = new URL(url).origin === origin;
            const authorization = own ? await this.#auth.header(audience, call.scopes, call.asked) : undefined;
            let response = await this.#request(url, call, authorization, own && unverified);
            if (response.status === 401 && own && !challenged) {
                challenged = true;
                const fresh = await this.#auth.challenged(audience, response.headers['www-authenticate'], call.scopes, call.asked, authorization);
                if (fresh !== undefined) {
                    await response.drain();
                    response = await this.#request(url, call, fresh, unverified);
                }
            }
            if (call.expect.includes(response.status))
                return { response, url };
            const target = response.headers['location'];
            if ((call.method === 'GET' || call.method === 'HEAD') &&
                [301, 302, 303, 307, 308].includes(response.status) &&
                target !== undefined &&
                ++hops <= MAX_REDIRECTS) {
                await response.drain();
                url = new URL(target, url).toString();
                continue;
            }
            const loggedIn = await this.#auth.loggedIn(endpoint.registry);
            throw await readFault(response, { method: call.method, url }, { ...call.asked, loggedIn });
        }
    }
    /** The API's root, without a login, whatever it answers. */
    async bare(endpoint) {
        const { scheme, unverified } = await this.#scheme(endpoint);
        const url = `${scheme}://${endpoint.host}/v2/`;
        const asked = { registry: endpoint.registry, what: endpoint.registry, action: 'login' };
        const call = { method: 'GET', path: '', scopes: [], expect: [], asked, timeoutMs: 15_000 };
        return { response: await this.#request(url, call, undefined, unverified), url };
    }
    async #request(url, call, authorization, unverified) {
        const body = typeof call.body === 'function' ? call.body() : call.body;
        const response = await this.#act.http.request({
            method: call.method,
            url,
            headers: { ...call.headers, ...(authorization === undefined ? {} : { authorization }) },
            ...(body === undefined ? {} : { body }),
            ...(unverified ? { unverified } : {}),
            timeoutMs: call.timeoutMs ?? 60_000,
            signal: this.#act.signal,
        });
        this.#act.log.debug(`${call.method} ${redactUrl(url)} -> ${response.status}`);
        return response;
    }
    /** Which of TLS and plain HTTP a host speaks. Asked once, and only of hosts that may be insecure. */
    #scheme(endpoint) {
        if (endpoint.transport !== 'insecure')
            return Promise.resolve({ scheme: endpoint.transport, unverified: false });
        const known = this.#schemes.get(endpoint.host);
        if (known !== undefined)
            return known;
        const asking = this.#probe(endpoint.host);
        this.#schemes.set(endpoint.host, asking);
        asking.catch(() => this.#schemes.delete(endpoint.host));
        return asking;
    }
    async #probe(host) {
        const { http, signal } = this.#act;
        const ask = async (scheme) => {
            const unverified = scheme === 'https';
            const response = await http.request({
                url: `${scheme}://${host}/v2/`,
                unverified,
                timeoutMs: 15_000,
                signal,
            });
            await response.drain().catch(() => undefined);
            // What servers of TLS answer to plain HTTP.
            if (scheme === 'http' && response.status === 400)
                throw new Error('plain HTTP is refused');
            return { scheme, unverified };
        };
        try {
            return await ask('https');
        }
        catch (error) {
            signal.throwIfAborted();
            // The first error says more when nothing answers at all.
            return ask('http').catch(() => Promise.reject(error));
        }
    }
}
function urlOf(origin, endpoint, call) {
    const url = new URL(`${origin}/v2/${call.path === '' ? '' : endpoint.prefix}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {}))
        url.searchParams.append(name, value);
    if (endpoint.ns !== undefined)
        url.searchParams.set('ns', endpoint.ns);
    return url.toString();
}
/**
 * An upload location, made absolute. A registry behind a TLS proxy often names itself as http://: the same host is then
 * reached as before, so that no login goes out in plain text.
 */
function locate(location, origin) {
    if (!URL.canParse(location, origin))
        throw (0,base_errors/* environmentError */.me)({
            code: 'registry-location',
            what: 'the registry sent us to an address that is not a URL',
            where: origin,
            fix: 'correct the external address in the configuration of the registry',
        });
    const url = new URL(location, origin);
    const base = new URL(origin);
    return url.hostname === base.hostname && url.protocol === 'http:' && base.protocol === 'https:'
        ? `${origin}${url.pathname}${url.search}`
        : url.toString();
}
//# sourceMappingURL=transport.js.map
;// CONCATENATED MODULE: ./lib/registry/uploads.js
/** Writing blobs: by mount, in one piece, or in chunks that can be resumed. */





const CHUNK = 16 * 1024 * 1024;
const UPLOAD_TIMEOUT = 5 * 60_000;
/**
 * Pushes a blob unless it is there: by cross-repository mount, else in one PUT (what every registry takes), and after a
 * cut in PATCH chunks from the byte the registry has (distribution spec, "Pushing a blob in chunks").
 */
async function uploadBlob(api, to, blob, options = {}) {
    if (await isThere(api, to, blob.digest))
        return 'exists';
    return new Upload(api, to, blob, options).run();
}
async function isThere(api, to, digest) {
    try {
        return (await statBlob(api, to, digest, 'pull,push')) !== undefined;
    }
    catch (error) {
        // Some registries refuse to speak of a repository that is not made yet; a real refusal the upload tells better.
        if (error instanceof base_errors/* PipelineError */.zC && /denied|login/.test(error.problems[0]?.code ?? ''))
            return false;
        throw error;
    }
}
class Upload {
    #api;
    #to;
    #blob;
    #options;
    #asked;
    #endpoint;
    #session;
    /**
     * One PUT first, chunks after a fault: what a cut PUT had sent is dropped by some registries (distribution), a PATCH
     * is kept. `refused` once the registry has refused a PATCH.
     */
    #way = 'put';
    constructor(api, to, blob, options) {
        this.#api = api;
        this.#to = to;
        this.#blob = blob;
        this.#options = options;
        this.#endpoint = api.origin(to.registry);
        this.#asked = {
            registry: to.registry,
            repository: to.repository,
            what: `${nameOfBlob(blob.digest)} to ${to.registry}/${to.repository}`,
            action: 'push',
        };
    }
    run() {
        return this.#api.retrying(this.#asked, async (attempt) => {
            if (attempt > 1) {
                // The last try may have succeeded with its answer lost.
                if (await isThere(this.#api, this.#to, this.#blob.digest))
                    return 'uploaded';
                this.#session = await this.#resume(this.#session);
                if (this.#way === 'put' && this.#blob.size > (this.#options.chunk ?? CHUNK))
                    this.#way = 'chunks';
            }
            if (this.#session === undefined) {
                const begun = await this.#begin();
                if (begun === 'mounted')
                    return 'mounted';
                this.#session = begun;
            }
            await (this.#way === 'chunks' || this.#session.offset > 0
                ? this.#patches(this.#session)
                : this.#put(this.#session));
            return 'uploaded';
        }, { attempts: 8, classify: (error) => this.#lost(error) });
    }
    #call(call) {
        return this.#api.send(this.#endpoint, {
            path: '',
            scopes: [scopeOf(this.#to.repository, 'pull,push')],
            ...call,
            asked: this.#asked,
        });
    }
    async #begin() {
        const path = `${this.#to.repository}/blobs/uploads/`;
        const from = this.#options.mountFrom;
        let answer;
        if (from !== undefined && from !== this.#to.repository) {
            try {
                answer = await this.#call({
                    method: 'POST',
                    path,
                    query: { mount: this.#blob.digest, from },
                    scopes: [scopeOf(this.#to.repository, 'pull,push'), scopeOf(from, 'pull')],
                    expect: [201, 202],
                    headers: { 'content-length': '0' },
                });
            }
            catch (error) {
                // No right to read the other repository, or no mounts here: then we send the bytes.
                if (!(error instanceof RegistryFault) || error.status === 429 || error.status >= 500)
                    throw error;
            }
        }
        answer ??= await this.#call({
            method: 'POST',
            path,
            expect: [202],
            headers: { 'content-length': '0' },
        });
        const { response } = answer;
        await response.drain();
        if (response.status === 201)
            return 'mounted';
        const minChunk = Number(response.headers['oci-chunk-min-length'] ?? 0);
        return {
            location: this.#location(answer),
            offset: 0,
            minChunk: Number.isFinite(minChunk) ? minChunk : 0,
        };
    }
    #location({ response, url }) {
        const location = response.headers['location'];
        if (location === undefined)
            throw (0,base_errors/* environmentError */.me)({
                code: 'registry-location',
                what: `${this.#to.registry} began an upload but did not say where`,
                cause: 'its answer has no Location header',
                where: url,
                fix: 'a proxy before the registry may drop it',
            });
        return location;
    }
    /** What the registry has of a session that was cut; undefined to begin a new one. */
    async #resume(session) {
        if (session === undefined || this.#way === 'refused')
            return undefined;
        try {
            const answer = await this.#call({ method: 'GET', location: session.location, expect: [204, 202, 200] });
            await answer.response.drain();
            const end = /^(?:bytes=)?0-(\d+)$/.exec(answer.response.headers['range'] ?? '')?.[1];
            const offset = end === undefined || end === '0' ? 0 : Number(end) + 1;
            if (offset === 0 || offset > this.#blob.size)
                return undefined;
            const location = answer.response.headers['location'] ?? session.location;
            return { ...session, location, offset };
        }
        catch (error) {
            if (error instanceof RegistryFault && error.status < 500 && error.status !== 429)
                return undefined;
            throw error;
        }
    }
    async #put(session) {
        const { size } = this.#blob;
        await this.#finish(session.location, size, size === 0 ? undefined : () => this.#blob.open());
    }
    async #patches(session) {
        const chunk = Math.max(this.#options.chunk ?? CHUNK, session.minChunk);
        let { location, offset } = session;
        while (offset < this.#blob.size) {
            const start = offset;
            const end = Math.min(this.#blob.size, start + chunk);
            const answer = await this.#call({
                method: 'PATCH',
                location,
                headers: {
                    'content-type': 'application/octet-stream',
                    'content-length': String(end - start),
                    'content-range': `${start}-${end - 1}`,
                },
                body: () => external_node_stream_.Readable.from(slice(this.#blob.open(), start, end)),
                expect: [202, 201, 204],
                timeoutMs: UPLOAD_TIMEOUT,
            });
            await answer.response.drain();
            offset = end;
            location = this.#location(answer);
            this.#session = { ...session, location, offset };
        }
        await this.#finish(location, 0, undefined);
    }
    async #finish(location, length, open) {
        const { response } = await this.#call({
            method: 'PUT',
            location: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(this.#blob.digest)}`,
            headers: { 'content-type': 'application/octet-stream', 'content-length': String(length) },
            ...(open === undefined ? {} : { body: () => asStream(open()) }),
            expect: [201, 204, 202],
            timeoutMs: UPLOAD_TIMEOUT,
        });
        await response.drain();
    }
    /** Faults of a session, not of the push: begin again, without chunks when those are refused. */
    #lost(error) {
        if (!(error instanceof RegistryFault) || this.#session === undefined)
            return undefined;
        const patched = this.#way === 'chunks' || this.#session.offset > 0;
        if (patched && [400, 404, 405, 411, 416, 501].includes(error.status)) {
            this.#way = 'refused';
            this.#session = undefined;
            return { kind: 'passing' };
        }
        if (error.codes.includes('BLOB_UPLOAD_UNKNOWN') || error.status === 416) {
            this.#session = undefined;
            return { kind: 'passing' };
        }
        return undefined;
    }
}
const asStream = (content) => content instanceof Uint8Array ? external_node_stream_.Readable.from([content]) : content;
/** The bytes from `start` to before `end`. */
async function* slice(content, start, end) {
    if (content instanceof Uint8Array) {
        yield content.subarray(start, end);
        return;
    }
    let at = 0;
    for await (const chunk of content) {
        const from = Math.max(0, start - at);
        const to = Math.min(chunk.length, end - at);
        if (to > from)
            yield chunk.subarray(from, to);
        at += chunk.length;
        if (at >= end)
            break;
    }
    content.destroy();
}
//# sourceMappingURL=uploads.js.map
;// CONCATENATED MODULE: ./lib/registry/client.js











/** Manifests are at most 4 MiB at the registries; more is not read. */
const MANIFEST_LIMIT = 8 * 1024 * 1024;
const MAX_TAG_PAGES = 200;
/** The logins of Docker's own configuration. */
const dockerCredentials = (act) => (registry) => readDockerCredentials(registry, act);
/**
 * Talks to registries. Every method retries what can pass, gives up at once on what cannot, and throws PipelineError
 * with cause and fix (`registry-*` codes); an abort throws the signal's reason.
 */
class RegistryClient {
    #act;
    #options;
    #api;
    /** `known` is for withSignal only. */
    constructor(act, options = {}, known) {
        this.#act = act;
        this.#options = options;
        this.#api = known ?? new Api(act, new Transport(act, sourceOf(options)), options);
    }
    /** The same client, with its logins and tokens, under another signal: for cleaning up after an abort. */
    withSignal(signal) {
        return new RegistryClient({ ...this.#act, signal }, this.#options, this.#api.as(signal));
    }
    /** One look at a registry for the doctor: never throws but on abort. */
    ping(registry) {
        return ping(this.#api, registry);
    }
    /** Proves user and password before any work; throws `registry-login-refused`. */
    checkLogin(registry) {
        return checkLogin(this.#api, registry);
    }
    /** Proves the right to push into a repository by beginning an upload and cancelling it. */
    checkPush(to) {
        return checkPush(this.#api, to);
    }
    /** Digest and media type of what a reference names, without reading it (HEAD; GET where HEAD says too little). */
    async resolve(ref, options = {}) {
        const asked = askedFor(ref, 'pull');
        const scope = options.writing === true ? 'pull,push' : 'pull';
        return this.#api.reading(ref.registry, asked, isOrigin(options), async (endpoint, about) => {
            const found = await this.#head(endpoint, ref, about, scope);
            if (found !== undefined)
                return found;
            const { bytes, digest, mediaType } = await this.#get(endpoint, ref, about, scope);
            return { digest, mediaType, size: bytes.length };
        });
    }
    /** As resolve, but undefined when there is no such manifest or repository. */
    async tryResolve(ref, options = {}) {
        try {
            return await this.resolve(ref, options);
        }
        catch (error) {
            if (isAbsent(error))
                return undefined;
            throw error;
        }
    }
    /** The bytes of a manifest or index, hashed again and compared with the digest asked for or announced. */
    manifest(ref, options = {}) {
        return this.#api.reading(ref.registry, askedFor(ref, 'pull'), isOrigin(options), (endpoint, about) => this.#get(endpoint, ref, about, options.writing === true ? 'pull,push' : 'pull'));
    }
    /** Puts a manifest under a tag or its digest. The bytes are sent as they are. */
    async putManifest(to, bytes, mediaType, tagOrDigest) {
        const digest = digestOf(bytes, tagOrDigest);
        const ref = withIdentifier(to, tagOrDigest);
        return this.#api.call(to.registry, {
            method: 'PUT',
            path: `${to.repository}/manifests/${tagOrDigest}`,
            headers: { 'content-type': mediaType },
            body: bytes,
            scopes: [scopeOf(to.repository, 'pull,push')],
            expect: [200, 201, 202],
            asked: askedFor(ref, 'push'),
            timeoutMs: 120_000,
        }, async ({ response }) => {
            await response.drain();
            const told = response.headers['docker-content-digest'];
            if (told !== undefined && told.startsWith('sha256:') && told !== digestOf(bytes))
                throw (0,base_errors/* environmentError */.me)({
                    code: 'registry-digest-mismatch',
                    what: `${to.registry} stored another manifest than the one pushed to ${formatReference(ref)}`,
                    cause: `pushed ${digest}, the registry answered ${told}`,
                    where: to.registry,
                    fix: 'the registry or a proxy rewrites manifests: look for a conversion setting there',
                });
            return { digest };
        });
    }
    /** Streams a blob, verified; see readBlob. */
    blob(from, digest, options = {}) {
        return readBlob(this.#api, from, digest, options);
    }
    async hasBlob(at, digest) {
        return (await this.blobSize(at, digest)) !== undefined;
    }
    /** Bytes; undefined when the registry does not have it, NaN when it does not tell the size. */
    blobSize(at, digest) {
        return statBlob(this.#api, at, digest);
    }
    /** Pushes a blob unless it is there; see uploadBlob. */
    uploadBlob(to, blob, options = {}) {
        return uploadBlob(this.#api, to, blob, options);
    }
    /** All tags of a repository, none when there is no such repository. */
    async listTags(of) {
        const tags = [];
        const asked = { ...of, what: `${of.registry}/${of.repository}`, action: 'list' };
        let location;
        for (let page = 0; page < MAX_TAG_PAGES; page++) {
            const next = await this.#api.call(of.registry, {
                method: 'GET',
                path: `${of.repository}/tags/list`,
                query: { n: '1000' },
                ...(location === undefined ? {} : { location }),
                scopes: [scopeOf(of.repository, 'pull')],
                expect: [200, 404],
                asked,
            }, async ({ response, url }) => {
                const text = await response.text();
                if (response.status === 404)
                    return undefined;
                const found = parseObject(text)?.['tags'];
                if (Array.isArray(found))
                    tags.push(...found.filter((tag) => typeof tag === 'string'));
                const link = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(response.headers['link'] ?? '')?.[1];
                return link === undefined ? undefined : new URL(link, url).toString();
            });
            if (next === undefined || next === location)
                break;
            location = next;
        }
        return tags;
    }
    /** Deletes a manifest with every tag on it. */
    deleteManifest(at, digest) {
        return this.#delete(at, digest);
    }
    /** Deletes a tag and leaves its manifest; many registries cannot. */
    deleteTag(at, tag) {
        return this.#delete(at, tag);
    }
    #delete(at, identifier) {
        return this.#api.call(at.registry, {
            method: 'DELETE',
            path: `${at.repository}/manifests/${identifier}`,
            scopes: [scopeOf(at.repository, 'delete,pull')],
            // 400: distribution 2 takes digests only; 405 and 501: deletion is switched off.
            expect: [200, 202, 204, 400, 404, 405, 501],
            asked: askedFor(withIdentifier(at, identifier), 'delete'),
        }, async ({ response }) => {
            await response.drain();
            if (response.status === 404)
                return 'absent';
            return response.status < 300 ? 'deleted' : 'unsupported';
        });
    }
    /** Undefined when the registry says too little to HEAD, so that GET must tell. */
    async #head(endpoint, ref, asked, scope) {
        try {
            const { response } = await this.#api.send(endpoint, {
                method: 'HEAD',
                path: `${ref.repository}/manifests/${identifierOf(ref)}`,
                headers: { accept: ACCEPT_MANIFESTS },
                scopes: [scopeOf(endpoint.prefix + ref.repository, scope)],
                expect: [200],
                asked,
            });
            await response.drain();
            const digest = response.headers['docker-content-digest'];
            const mediaType = response.headers['content-type'];
            if (digest === undefined || !isDigest(digest) || mediaType === undefined)
                return undefined;
            if (ref.digest !== undefined && digest !== ref.digest)
                return undefined;
            const size = Number(response.headers['content-length'] ?? Number.NaN);
            return { digest, mediaType, ...(Number.isFinite(size) && size > 0 ? { size } : {}) };
        }
        catch (error) {
            // A refused HEAD has no body to say why; a missing HEAD says nothing about the manifest.
            if (error instanceof RegistryFault &&
                error.status < 500 &&
                ![404, 408, 425, 429].includes(error.status))
                return undefined;
            throw error;
        }
    }
    async #get(endpoint, ref, asked, scope) {
        const { response } = await this.#api.send(endpoint, {
            method: 'GET',
            path: `${ref.repository}/manifests/${identifierOf(ref)}`,
            headers: { accept: ACCEPT_MANIFESTS },
            scopes: [scopeOf(endpoint.prefix + ref.repository, scope)],
            expect: [200],
            asked,
        });
        const bytes = await response.bytes(MANIFEST_LIMIT);
        const mediaType = response.headers['content-type'] ?? '';
        const announced = response.headers['docker-content-digest'];
        const wanted = ref.digest ?? (announced !== undefined && isDigest(announced) ? announced : undefined);
        const digest = digestOf(bytes, wanted);
        if (wanted !== undefined && digest !== wanted)
            throw (0,base_errors/* environmentError */.me)({
                code: 'registry-digest-mismatch',
                what: `${endpoint.registry} sent another manifest than ${asked.what}`,
                cause: `its bytes have the digest ${digest}, ${ref.digest === undefined ? 'it announced' : 'asked for was'} ${wanted}`,
                where: endpoint.host,
                fix: 'the registry, mirror or a proxy between stores or delivers it damaged or converted',
            });
        const content = parseManifest(bytes, mediaType);
        if ('reason' in content)
            throw (0,base_errors/* environmentError */.me)({
                code: /html/i.test(mediaType) ? 'registry-not-a-registry' : 'registry-manifest-invalid',
                what: `what ${endpoint.registry} sent for ${asked.what} cannot be read`,
                cause: content.reason,
                where: endpoint.host,
                fix: /html/i.test(mediaType)
                    ? 'a proxy, firewall or portal answers instead of the registry'
                    : 'push the image again with a current tool (Docker schema 1 is not supported)',
            });
        return { bytes, digest, mediaType: content.mediaType, content };
    }
}
function sourceOf(options) {
    const logins = new Map((options.logins ?? []).map((login) => [
        normalizeRegistry(login.registry),
        { kind: 'password', username: login.username, password: login.password },
    ]));
    return (registry) => {
        const own = logins.get(registry);
        return own !== undefined || options.credentials === undefined
            ? Promise.resolve(own)
            : options.credentials(registry);
    };
}
const isOrigin = (options) => options.origin === true || options.writing === true;
const askedFor = (ref, action) => ({
    registry: ref.registry,
    repository: ref.repository,
    what: formatReference(ref),
    action,
});
const withIdentifier = (at, tagOrDigest) => ({
    registry: at.registry,
    repository: at.repository,
    ...(isDigest(tagOrDigest) ? { digest: tagOrDigest } : { tag: tagOrDigest }),
});
//# sourceMappingURL=client.js.map
;// CONCATENATED MODULE: ./lib/actions/registry.js



/** The logins of the inputs, and the job's own token for ghcr.io where it is GitHub's. */
function loginsOf(inputs, env) {
    const own = inputs.registries.some((login) => login.registry === 'ghcr.io');
    const server = env['GITHUB_SERVER_URL'] ?? 'https://github.com';
    // A token of another server (GHES, Gitea) means nothing to ghcr.io.
    if (own || inputs.githubToken === '' || server !== 'https://github.com')
        return [...inputs.registries];
    return [
        ...inputs.registries,
        { registry: 'ghcr.io', username: env['GITHUB_ACTOR'] ?? 'x-access-token', password: inputs.githubToken },
    ];
}
/** A client with the logins, mirrors and exceptions of the inputs, and Docker's own logins below them. */
const registryClient = (inputs, act) => new RegistryClient(act, {
    logins: loginsOf(inputs, act.env),
    mirrors: inputs.registryMirrors,
    insecure: inputs.insecureRegistries,
    credentials: dockerCredentials(act),
});
/** A reference that has been checked before; one that is none is a fault of ours. */
function referenceOf(name) {
    const reference = reference_parseReference(name);
    if ('reason' in reference) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'bad-reference',
            what: `${name} is no image reference`,
            cause: reference.reason,
        });
    }
    return reference;
}
/** Where an image goes, without tags. */
const repositoriesOf = (target) => target.repositories.map(referenceOf).map(({ registry, repository }) => ({ registry, repository }));
//# sourceMappingURL=registry.js.map
;// CONCATENATED MODULE: ./lib/actions/build/gather.js















/**
 * Looks at the project, the runner and the engine, all at the same time; changes nothing. Problems of the project
 * (no module, a Dockerfile that is not there) are returned, to be told together with those of the inputs.
 */
async function gatherFacts(inputs, act) {
    const problems = [];
    const workspaceFolder = act.env['GITHUB_WORKSPACE'];
    const top = workspaceFolder === undefined || workspaceFolder === '' ? process.cwd() : workspaceFolder;
    const workingDirectory = (0,external_node_path_.resolve)(top, inputs.workingDirectory);
    const [git, event, engine] = await Promise.all([
        gitFacts(workingDirectory, act.env, act),
        eventFacts(act.env),
        probeEngine(act),
    ]);
    const root = git === undefined ? top : (0,external_node_path_.resolve)(git.root);
    const folder = slashes((0,external_node_path_.relative)(root, workingDirectory)) || '.';
    const [workspace, request] = await Promise.all([
        findModules(root, folder, { ...(act.env['GOWORK'] === undefined ? {} : { gowork: act.env['GOWORK'] }) }),
        resolveGoRequest({
            goVersion: inputs.goVersion,
            goVersionFile: inputs.goVersionFile,
            workingDirectory: inputs.workingDirectory,
        }, { read: (path) => readTextIfAny((0,external_node_path_.resolve)(top, path)) }),
    ]);
    const goVersion = workspace.go ?? workspace.modules[0]?.go;
    const dockerfile = await gather_readDockerfile(inputs, workingDirectory, goVersion, problems);
    problems.push(...workspace.problems);
    if ('problems' in request)
        problems.push(...request.problems);
    const { goTags: tags, cgo, race, coverage: cover } = inputs;
    const goflags = lookupEnvironment(act.env, 'GOFLAGS', act.host.os);
    problems.push(...mergeGoFlags({ tags, cgo, race, cover }, goflags).problems);
    const mains = await findMains(root, folder, workspace);
    return {
        facts: {
            now: act.clock.now(),
            host: act.host,
            // Wine and some containers report no cores at all.
            cores: Math.max(1, (0,external_node_os_.availableParallelism)()),
            inActions: act.env['GITHUB_ACTIONS'] === 'true',
            root,
            folder,
            workingDirectory,
            ...(git === undefined ? {} : { git }),
            event,
            workspace,
            mains,
            ...(dockerfile === undefined ? {} : { dockerfile }),
            engine,
            go: await goAtHand('request' in request ? request.request : { spec: 'stable', origin: 'nothing names a version' }, inputs, act.env),
            loggedIn: await loggedIn(inputs, act),
        },
        problems,
    };
}
async function gather_readDockerfile(inputs, workingDirectory, goVersion, problems) {
    if (inputs.file === 'none')
        return undefined;
    const path = inputs.file === '' ? 'Dockerfile' : inputs.file;
    const text = await readTextIfAny((0,external_node_path_.resolve)(workingDirectory, path));
    if (text === undefined) {
        if (inputs.file === '')
            return undefined;
        problems.push({
            code: 'dockerfile-missing',
            what: 'the Dockerfile is not there',
            input: 'file',
            value: inputs.file,
            fix: 'give its path relative to working-directory, or leave file empty to have one generated',
        });
        return undefined;
    }
    const context = (0,external_node_path_.resolve)(workingDirectory, inputs.context);
    const ignore = (await readTextIfAny(`${workingDirectory}/${path}.dockerignore`)) ??
        (await readTextIfAny(`${context}/.dockerignore`));
    const facts = parseDockerfile(text);
    return {
        path: external_node_path_.posix.normalize(path),
        facts,
        findings: (platforms) => dockerfileTraps(facts, {
            platforms,
            ...(ignore === undefined ? {} : { dockerignore: ignore }),
            ...(goVersion === undefined ? {} : { goVersion }),
            ...(inputs.target === undefined ? {} : { target: inputs.target }),
        }),
    };
}
/**
 * Outside a runner Go's own rule holds: the `go` line is a minimum, and a newer Go on PATH is used as it is. On a runner
 * exactly the named version is installed, so that every run and every machine compiles alike.
 */
async function goAtHand(request, inputs, env) {
    if (env['GITHUB_ACTIONS'] === 'true' ||
        inputs.goVersion !== '' ||
        inputs.goVersionFile !== '' ||
        inputs.checkLatest)
        return request;
    if (!request.origin.endsWith('(go)'))
        return request;
    const told = await probe(['go', 'env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } });
    const version = told === undefined ? undefined : parseGoVersion(told);
    if (version === undefined ||
        !meetsMinimum(version, request.spec) ||
        (request.minimum !== undefined && !meetsMinimum(version, request.minimum)))
        return request;
    return {
        ...request,
        spec: formatGoVersion(version),
        origin: `the Go on PATH, which meets ${request.spec} of ${request.origin}`,
    };
}
/** The registries of the images that there are credentials for: inputs, the job's token, the Docker configuration. */
async function loggedIn(inputs, act) {
    const known = new Set(loginsOf(inputs, act.env).map((login) => login.registry));
    for (const image of inputs.images) {
        const reference = reference_parseReference(image.replaceAll('{name}', 'name'));
        if ('reason' in reference || known.has(reference.registry))
            continue;
        if ((await readDockerCredentials(reference.registry, act)) !== undefined)
            known.add(reference.registry);
    }
    return known;
}
//# sourceMappingURL=gather.js.map
;// CONCATENATED MODULE: ./lib/image/labels.js


const OCI = 'org.opencontainers.image.';
/** The OCI labels that the facts allow; what is not known is left out instead of being left empty. */
function standardLabels(facts) {
    const labels = {
        created: facts.created === undefined ? undefined : timestamp(facts.created),
        revision: facts.revision,
        source: facts.url,
        url: facts.url,
        version: facts.version,
        title: facts.title,
        description: facts.description,
        licenses: facts.license,
        vendor: facts.vendor,
        documentation: facts.documentation,
        'ref.name': facts.refName,
        'base.name': facts.baseName,
        'base.digest': facts.baseDigest,
    };
    return Object.fromEntries(Object.entries(labels)
        .map(([key, value]) => [OCI + key, labels_oneLine(value ?? '')])
        .filter(([, value]) => value !== ''));
}
/** RFC 3339 in UTC, to the second. */
const timestamp = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
// A line feed in a label breaks Dockerfiles and every tool that lists labels by line.
const labels_oneLine = (text) => text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
/** The standard labels with the user's `key=value` lines on top; `key=` removes a standard label. */
function imageLabels(facts, userLines) {
    const { pairs, errors } = (0,lists/* parsePairs */.xg)(userLines);
    const problems = errors.map((error) => badPair('labels', error.line, error.reason));
    const labels = standardLabels(facts);
    for (const [key, value] of pairs) {
        const fault = keyFault(key);
        if (fault !== undefined)
            problems.push(badPair('labels', `${key}=${value}`, fault));
        else
            labels[key] = value;
        if (value === '' && key.startsWith(OCI))
            Reflect.deleteProperty(labels, key);
    }
    return { labels: sorted(labels), problems };
}
const LEVELS = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'];
/**
 * The annotations of an image: the standard ones on the manifests and, with several platforms, on the index (GHCR and
 * others show the index's); then the user's lines in Buildx's syntax, `[level[platform],…:]key=value`.
 * A line without a level goes where the standard ones go. `key=` removes a standard annotation.
 */
function imageAnnotations(facts, userLines, multiPlatform) {
    const levels = multiPlatform ? ['index', 'manifest'] : ['manifest'];
    const problems = [];
    const entries = new Map();
    const put = (entry) => {
        const place = `${entry.level}[${entry.platform === undefined ? '' : formatPlatform(entry.platform)}]:${entry.key}`;
        if (entry.value === '' && entry.key.startsWith(OCI))
            entries.delete(place);
        else
            entries.set(place, entry);
    };
    for (const [key, value] of Object.entries(standardLabels(facts)))
        for (const level of levels)
            put({ level, key, value });
    for (const line of (0,lists/* parseList */.E1)(userLines)) {
        const parsed = parseAnnotation(line, levels);
        if ('reason' in parsed)
            problems.push(badPair('annotations', line, parsed.reason));
        else
            for (const entry of parsed)
                put(entry);
    }
    return {
        entries: [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
        problems,
    };
}
function parseAnnotation(line, levels) {
    const equals = line.indexOf('=');
    if (equals < 0)
        return { reason: 'no "=": write key=value' };
    const value = line.slice(equals + 1).trim();
    const left = line.slice(0, equals).trim();
    const place = /^((?:[a-z-]+(?:\[[^\]]*\])?)(?:,[a-z-]+(?:\[[^\]]*\])?)*):(.*)$/.exec(left);
    const key = place?.[2] ?? left;
    const fault = keyFault(key);
    if (fault !== undefined)
        return { reason: fault };
    if (place === null)
        return levels.map((level) => ({ level, key, value }));
    const entries = [];
    for (const part of (place[1] ?? '').match(/[a-z-]+(?:\[[^\]]*\])?/g) ?? []) {
        const [, name = '', platformText] = /^([a-z-]+)(?:\[([^\]]*)\])?$/.exec(part) ?? [];
        const level = LEVELS.find((known) => known === name);
        if (level === undefined)
            return { reason: `"${name}" is no level: it is one of ${LEVELS.join(', ')}` };
        if (platformText === undefined || platformText === '') {
            entries.push({ level, key, value });
            continue;
        }
        const platform = parsePlatform(platformText);
        if ('reason' in platform)
            return { reason: `"${platformText}" is no platform: ${platform.reason}` };
        if (level.startsWith('index'))
            return { reason: 'the index has no platform: leave [ ] out' };
        entries.push({ level, platform, key, value });
    }
    return entries;
}
/** An entry as `docker buildx build --annotation` takes it. */
const labels_formatAnnotation = (entry) => `${entry.level}${entry.platform === undefined ? '' : `[${formatPlatform(entry.platform)}]`}:${entry.key}=${entry.value}`;
/** The annotations of one place: the index, or the manifest of a platform (its own entries over the common ones). */
function annotationsAt(entries, level, platform) {
    const here = entries.filter((entry) => entry.level === level);
    const common = here.filter((entry) => entry.platform === undefined);
    const own = here.filter((entry) => entry.platform !== undefined && platform !== undefined && samePlatform(entry.platform, platform));
    return sorted(Object.fromEntries([...common, ...own].map((entry) => [entry.key, entry.value])));
}
const badPair = (input, line, cause) => ({
    code: 'bad-pair',
    what: `a line of the ${input} cannot be used`,
    cause,
    input,
    value: line,
    fix: 'write key=value, one a line',
});
function keyFault(key) {
    if (key === '')
        return 'nothing before "="';
    return /[\s"'=\\]/.test(key) ? `the key "${key}" holds a blank, a quote or a backslash` : undefined;
}
const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
//# sourceMappingURL=labels.js.map
;// CONCATENATED MODULE: ./lib/image/rootfs.js







/** Where programs lie. One folder of our own: nothing of any base is touched, and no PATH is needed. */
const rootfs_APP_FOLDER = '/app';
const CA_BUNDLE_PATH = '/etc/ssl/certs/ca-certificates.crt';
const ZONEINFO_PATH = '/usr/share/zoneinfo.zip';
/** The folder of a platform as BuildKit's `${TARGETOS}_${TARGETARCH}${TARGETVARIANT}` spells it. */
const rootfsSlug = (platform) => `${platform.os}_${platform.arch}${platform.variant ?? (platform.arch === 'arm' ? 'v7' : '')}`;
/** A program's path in the image, as the entry point names it. */
function binaryPath(name, os) {
    return os === 'windows' ? `C:\\app\\${name}.exe` : `${rootfs_APP_FOLDER}/${name}`;
}
/** Reads `source:/destination[:mode]` lines. Every fault is returned. */
function parseFiles(text) {
    const files = [];
    const problems = [];
    for (const line of (0,lists/* parseList */.E1)(text)) {
        const parsed = parseFile(line);
        if ('source' in parsed)
            files.push(parsed);
        else {
            problems.push({
                code: 'files-syntax',
                what: 'an extra file is not written as source:/destination[:mode]',
                cause: parsed.reason,
                fix: 'write for example config/app.yaml:/etc/app/app.yaml or scripts/run:/app/run:0755',
                input: 'files',
                value: line,
            });
        }
    }
    return { files, problems };
}
function parseFile(line) {
    const match = /^(.*?):(\/[^:]*)(?::([^:]*))?$/.exec(line);
    if (match === null) {
        return {
            reason: line.includes(':')
                ? 'the destination must be an absolute path such as /etc/app.yaml'
                : 'there is no ":" in it',
        };
    }
    const source = slashes(match[1] ?? '').trim();
    const destination = (match[2] ?? '').trim();
    if (source === '')
        return { reason: 'the source is empty' };
    if (source.startsWith('/') || /^[A-Za-z]:/.test(source))
        return { reason: 'the source must be relative to working-directory' };
    if (source.split('/').includes('..'))
        return { reason: 'the source leaves working-directory (..)' };
    if (destination.split('/').includes('..'))
        return { reason: 'the destination holds ..' };
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f]/.test(destination))
        return { reason: 'the destination holds a control character' };
    const clean = external_node_path_.posix.normalize(destination).replace(/(.)\/$/, '$1');
    if (clean === '/')
        return { reason: 'the destination is the root folder: name a folder in it' };
    const mode = match[3]?.trim();
    if (mode !== undefined && !/^0?[0-7]{3,4}$/.test(mode))
        return { reason: `"${mode}" is no mode: write octal digits such as 0644` };
    return {
        source: external_node_path_.posix.normalize(source).replace(/^\.\//, ''),
        destination: clean,
        ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    };
}
/**
 * Puts the image's layer together on disk, so that one `COPY` takes it whole: programs, extra files, and on scratch
 * what programs expect of a system. Owners are root, times are `epoch`, modes are set: the same input gives the same
 * layer. Throws an input error for extra files that are missing, leave their root or collide.
 */
async function prepareRootfs(options) {
    const slug = rootfsSlug(options.platform);
    const target = (0,external_node_path_.join)(options.context, slug, 'rootfs');
    const drafts = new Map();
    const add = (draft) => {
        for (let parent = external_node_path_.posix.dirname(draft.path); parent !== '/'; parent = external_node_path_.posix.dirname(parent)) {
            const known = drafts.get(parent);
            if (known?.kind === 'file')
                throw collision(parent, draft.path);
            if (known === undefined)
                drafts.set(parent, { path: parent, kind: 'directory', mode: 0o755 });
        }
        const known = drafts.get(draft.path);
        // A folder that is there keeps its mode: /tmp stays 1777 when files are put into it.
        if (known?.kind === 'directory' && draft.kind === 'directory')
            return;
        if (known !== undefined)
            throw collision(draft.path);
        drafts.set(draft.path, draft);
    };
    const suffix = options.platform.os === 'windows' ? '.exe' : '';
    for (const { name, file } of options.binaries) {
        add({ path: `${rootfs_APP_FOLDER}/${name}${suffix}`, kind: 'file', mode: 0o555, from: file });
    }
    if (!options.furnished && options.platform.os !== 'windows')
        furnish(options).forEach(add);
    if (options.zoneinfo !== undefined)
        add({ path: ZONEINFO_PATH, kind: 'file', mode: 0o444, from: options.zoneinfo });
    for (const draft of await extraFiles(options)) {
        // The user's own CA bundle or passwd replaces ours; a program of ours is never replaced.
        const ours = drafts.get(draft.path);
        if (ours?.kind === 'file' && ours.content !== undefined && draft.kind === 'file')
            drafts.delete(draft.path);
        add(draft);
    }
    await (0,promises_.rm)(target, { recursive: true, force: true });
    const ordered = [...drafts.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    const entries = [];
    await (0,promises_.mkdir)(target, { recursive: true });
    for (const draft of ordered) {
        const at = (0,external_node_path_.join)(target, ...draft.path.split('/'));
        if (draft.kind === 'directory')
            await (0,promises_.mkdir)(at, { recursive: true });
        else if (draft.content !== undefined)
            await (0,promises_.writeFile)(at, draft.content);
        else if (draft.from !== undefined) {
            // Copy-on-write where the file system can: the binary is not written twice.
            await (0,promises_.copyFile)(draft.from, at, external_node_fs_.constants.COPYFILE_FICLONE);
        }
        const size = draft.kind === 'file' ? (await (0,promises_.stat)(at)).size : 0;
        entries.push({ path: draft.path, kind: draft.kind, mode: draft.mode, size });
    }
    // Deepest first: writing into a folder changes its time, and a mode may forbid it.
    const posixHost = options.host.os !== 'windows';
    for (const draft of [...ordered].reverse()) {
        const at = (0,external_node_path_.join)(target, ...draft.path.split('/'));
        await (0,promises_.utimes)(at, options.epoch, options.epoch);
        if (posixHost)
            await (0,promises_.chmod)(at, draft.mode);
    }
    await (0,promises_.utimes)(target, options.epoch, options.epoch);
    return {
        folder: `${slug}/rootfs`,
        entries,
        bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    };
}
function furnish(options) {
    const [uid = '65532', gid = uid] = options.user.split(':');
    const numeric = /^\d+$/.test(uid) && /^\d+$/.test(gid);
    const other = numeric && uid !== '0';
    return [
        {
            path: CA_BUNDLE_PATH,
            kind: 'file',
            mode: 0o444,
            content: `${(options.caBundle ?? external_node_tls_.rootCertificates.join('\n')).trimEnd()}\n`,
        },
        {
            path: '/etc/passwd',
            kind: 'file',
            mode: 0o444,
            content: `root:x:0:0:root:/root:/sbin/nologin\n${other ? `nonroot:x:${uid}:${gid}:nonroot:/home/nonroot:/sbin/nologin\n` : ''}`,
        },
        {
            path: '/etc/group',
            kind: 'file',
            mode: 0o444,
            content: `root:x:0:\n${numeric && gid !== '0' ? `nonroot:x:${gid}:\n` : ''}`,
        },
        { path: '/tmp', kind: 'directory', mode: 0o1777 },
    ];
}
async function extraFiles(options) {
    const drafts = [];
    const root = await (0,promises_.realpath)(options.filesRoot);
    const inside = (path) => {
        const way = (0,external_node_path_.relative)(root, path);
        return way === '' || (!way.startsWith(`..${external_node_path_.sep}`) && way !== '..' && !(0,external_node_path_.isAbsolute)(way));
    };
    const walk = async (file, from, to, above) => {
        const real = await (0,promises_.realpath)(from).catch(() => undefined);
        if (real === undefined) {
            throw fileError(file, 'an extra file is not there', `${slashes((0,external_node_path_.relative)(root, from))} does not exist`, 'correct the source, or generate the file before this step');
        }
        if (!inside(real)) {
            throw fileError(file, 'an extra file lies outside working-directory', `${slashes((0,external_node_path_.relative)(root, from))} is a link to ${slashes(real)}`, 'copy the file into the repository, or remove the link');
        }
        const facts = await (0,promises_.lstat)(real);
        if (facts.isDirectory()) {
            if (above.includes(real)) {
                throw fileError(file, 'an extra folder contains itself through a link', slashes((0,external_node_path_.relative)(root, from)), 'remove the link');
            }
            drafts.push({ path: to, kind: 'directory', mode: 0o755 });
            for (const name of (await (0,promises_.readdir)(real)).sort()) {
                if (name === '.git')
                    continue;
                await walk(file, (0,external_node_path_.join)(real, name), external_node_path_.posix.join(to, name), [...above, real]);
            }
        }
        else if (facts.isFile()) {
            const executable = options.host.os !== 'windows' && (facts.mode & 0o111) !== 0;
            drafts.push({ path: to, kind: 'file', mode: file.mode ?? (executable ? 0o755 : 0o644), from: real });
        }
        else {
            throw fileError(file, 'an extra file is neither a file nor a folder', slashes((0,external_node_path_.relative)(root, from)), 'leave sockets, devices and pipes out');
        }
    };
    for (const file of options.files)
        await walk(file, (0,external_node_path_.resolve)(root, file.source), file.destination, []);
    return drafts;
}
function fileError(file, what, cause, fix) {
    return (0,base_errors/* inputError */.Xu)({
        code: 'files',
        what,
        cause,
        fix,
        input: 'files',
        value: `${file.source}:${file.destination}`,
    });
}
const collision = (path, other) => (0,base_errors/* inputError */.Xu)({
    code: 'files-collide',
    what: `two things would lie at ${path} in the image`,
    ...(other === undefined ? {} : { cause: `${other} needs it to be a folder` }),
    input: 'files',
    fix: `give one of them another destination (programs lie in ${rootfs_APP_FOLDER})`,
});
//# sourceMappingURL=rootfs.js.map
;// CONCATENATED MODULE: ./lib/go/ldflags.js

/**
 * The default: no symbol table and no DWARF (a third smaller, panics keep their lines), and the usual variables. The
 * linker ignores `-X` for a variable that does not exist, so they cost nothing where they are not declared.
 */
const DEFAULT_LDFLAGS = '-s -w -X main.version={{.Version}} -X main.commit={{.Commit}} -X main.date={{.Date}}';
const KEYS = {
    Version: (f) => f.version,
    Commit: (f) => f.commit,
    FullCommit: (f) => f.commit,
    ShortCommit: (f) => f.commit.slice(0, 7),
    Date: (f) => f.commitDate,
    CommitDate: (f) => f.commitDate,
    CommitTimestamp: (f) => {
        const ms = Date.parse(f.commitDate);
        return Number.isNaN(ms) ? '' : String(Math.floor(ms / 1000));
    },
    Timestamp: (f) => KEYS['CommitTimestamp']?.(f) ?? '',
    Branch: (f) => f.branch ?? '',
    Tag: (f) => f.tag ?? '',
    Major: (f) => /^(\d+)\.\d+\.\d+/.exec(f.version)?.[1] ?? '',
    Minor: (f) => /^\d+\.(\d+)\.\d+/.exec(f.version)?.[1] ?? '',
    Patch: (f) => /^\d+\.\d+\.(\d+)/.exec(f.version)?.[1] ?? '',
};
/** The lower-case spelling of metadata-action, and short forms: `{{version}}`, `{{sha}}`, `{{commit_date}}`. */
const ALIASES = {
    ...Object.fromEntries(Object.keys(KEYS).map((key) => [key.toLowerCase(), key])),
    sha: 'ShortCommit',
    short_commit: 'ShortCommit',
    full_commit: 'Commit',
    commit_date: 'CommitDate',
    timestamp: 'Timestamp',
};
/**
 * Fills `{{.Version}}`, `{{ .Env.X }}`, `{{version}}` … in the input `ldflags`.
 *
 * The template is split into words before the values are put in, and a word with blanks is quoted for the linker: a
 * value can therefore never become a flag of its own. Unknown keys, unset variables, unclosed quotes and braces are
 * all returned at once.
 */
function renderLdflags(template, facts) {
    const problems = [];
    const problem = (code, what, fix) => {
        problems.push({ code, what, input: 'ldflags', value: template, fix });
    };
    const split = splitTemplate(template);
    if (split.reason !== undefined)
        problem('ldflags-syntax', split.reason, 'close every quote and every {{');
    const words = split.words.map((word) => {
        const text = word.replace(/\{\{\s*(.*?)\s*\}\}/gs, (whole, expression) => {
            const value = lookup(expression, facts);
            if (typeof value === 'string')
                return value;
            problem(value.code, `${whole} ${value.reason}`, value.fix);
            return '';
        });
        const quoted = quoteWord(text);
        if (quoted === undefined) {
            problem('ldflags-quotes', 'a value holds blanks and both kinds of quotes', 'the linker cannot be given such a value; leave one kind of quotes out');
        }
        return quoted ?? '';
    });
    // A value that is missing leaves an empty word, which is quoted: the one fault is enough.
    if (problems.length === 0 && words[0] !== undefined && /^['"]/.test(words[0]))
        problem('ldflags-syntax', 'ldflags starts with a quote', "quote single words only: -X 'main.x=a b'");
    return { text: words.join(' '), problems };
}
/** Words as Go splits -ldflags (cmd/internal/quoted: only whole words are quoted); blanks inside `{{ }}` do not count. */
function splitTemplate(template) {
    const words = [];
    let rest = template.trim();
    while (rest !== '') {
        const quote = rest.charAt(0);
        if (quote === "'" || quote === '"') {
            const end = rest.indexOf(quote, 1);
            if (end < 0)
                return { words, reason: `the quote ${quote} is not closed` };
            words.push(rest.slice(1, end));
            rest = rest.slice(end + 1).trimStart();
            continue;
        }
        const word = /^(?:\{\{.*?\}\}|(?!\{\{)\S)+/s.exec(rest)?.[0];
        if (word === undefined)
            return { words, reason: 'a {{ is not closed' };
        if (word.replace(/\{\{.*?\}\}/gs, '').includes('}}'))
            return { words, reason: 'a }} has no {{' };
        words.push(word);
        rest = rest.slice(word.length).trimStart();
    }
    return { words };
}
/** The word as Go's splitter takes it back, or undefined when that cannot be done. */
function quoteWord(word) {
    if (word !== '' && !/\s/.test(word) && !/^['"]/.test(word))
        return word;
    if (!word.includes("'"))
        return `'${word}'`;
    return word.includes('"') ? undefined : `"${word}"`;
}
function lookup(expression, facts) {
    const env = /^\.?[Ee]nv\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(expression);
    if (env !== null) {
        const name = env[1] ?? '';
        const value = facts.env?.[name];
        if (value !== undefined)
            return value;
        return {
            code: 'ldflags-env-missing',
            reason: `asks for the environment variable ${name}, which is not set`,
            fix: `set it in the step's env:, or remove it from ldflags`,
        };
    }
    const key = expression.startsWith('.') ? expression.slice(1) : ALIASES[expression];
    const get = key === undefined || !Object.hasOwn(KEYS, key) ? undefined : KEYS[key];
    if (get !== undefined)
        return get(facts);
    const near = (0,lists/* nearest */.pA)(expression.replace(/^\./, ''), Object.keys(KEYS));
    return {
        code: 'ldflags-unknown-key',
        reason: 'is not known',
        fix: `${near === undefined ? '' : `did you mean {{.${near}}}? `}Known: ${Object.keys(KEYS)
            .map((name) => `.${name}`)
            .join(' ')} .Env.NAME`,
    };
}
//# sourceMappingURL=ldflags.js.map
;// CONCATENATED MODULE: ./lib/go/test-flags.js

/** Flags that the run sets itself, and what to use instead. */
const OURS = {
    json: 'leave it out: the JSON log is written to report-dir in any case',
    vet: 'use the input vet: true or false',
    coverprofile: 'leave it out: the profile is written to report-dir; use coverage-threshold',
    cover: 'use coverage-threshold: coverage is then measured',
    covermode: 'leave it out: atomic is used with race, set without',
    race: 'use the input race: true',
    tags: 'use the input go-tags, so that vet, test and build agree',
    mod: 'set it with GOFLAGS, so that vet, test and build agree',
    trimpath: 'leave it out: it is always set, so that vet, test and build agree',
    c: 'tests must run, not only be compiled; leave it out',
    o: 'leave it out: no test binary is kept',
    exec: 'run such tests in a step of their own',
    args: 'leave it out; the flags of the test program itself can be given as they are',
    n: 'use dry-run: true',
    C: 'use the input working-directory',
    i: 'leave it out: Go has no such flag any more',
    outputdir: 'leave it out: files are written to report-dir',
};
/** Test flags that take a value in the next word when it is not given with `=`. */
const VALUED = new Set(('bench benchtime blockprofile blockprofilerate count coverpkg cpu cpuprofile fuzz fuzztime fuzzminimizetime list ' +
    'memprofile memprofilerate mutexprofile mutexprofilefraction parallel run skip timeout trace shuffle ' +
    'p asmflags gcflags gccgoflags ldflags buildmode compiler installsuffix modfile overlay pgo pkgdir toolexec buildvcs').split(' '));
/**
 * Checks `test-flags`: flags that would clash with what the run sets itself, words that are no flags. `-test.x` is
 * treated as `-x`. All problems at once.
 */
function validateTestFlags(words) {
    const problems = [];
    const problem = (word, what, fix) => {
        problems.push({ code: 'test-flag-conflict', what, input: 'test-flags', value: word, fix });
    };
    for (let at = 0; at < words.length; at++) {
        const word = words[at] ?? '';
        if (!/^--?[A-Za-z]/.test(word)) {
            problem(word, `"${word}" is not a flag`, 'package patterns belong to the input packages; quote values with blanks');
            continue;
        }
        const { name, value } = normalised(word);
        const instead = OURS[name];
        if (instead !== undefined)
            problem(word, `-${name} cannot be given in test-flags`, instead);
        if (VALUED.has(name) && value === undefined) {
            at++;
            if (words[at] === undefined)
                problem(word, `-${name} needs a value`, `write -${name}=VALUE`);
        }
        else if (instead !== undefined && value === undefined && TAKES_VALUE.has(name))
            at++;
    }
    return problems;
}
/** Of the refused flags, those that have a value in the next word (so that it is not called "not a flag" too). */
const TAKES_VALUE = new Set(['coverprofile', 'covermode', 'tags', 'mod', 'o', 'exec', 'C', 'outputdir']);
/** Flags that are right but cost the result cache of `go test`, or more; one line each. */
function testFlagWarnings(words) {
    const warnings = [];
    for (const [at, word] of words.entries()) {
        const { name, value = words[at + 1] } = normalised(word);
        if (name === 'count')
            warnings.push(`-count=${value ?? ''} makes every test run again: no result comes from the cache`);
        if (name === 'shuffle' && value !== 'off')
            warnings.push('-shuffle makes every test run again: no result comes from the cache');
        if (name === 'fuzz')
            warnings.push('-fuzz works for one package only and runs until -fuzztime');
        if (name === 'a')
            warnings.push('-a compiles everything again, the standard library too');
        if (name === 'gcflags' || name === 'asmflags' || name === 'installsuffix')
            warnings.push(`-${name} differs from the build's flags, so packages are compiled twice`);
    }
    return warnings;
}
function normalised(word) {
    const flag = parseFlag(word);
    return { ...flag, name: flag.name.replace(/^test\./, '') };
}
//# sourceMappingURL=test-flags.js.map
;// CONCATENATED MODULE: ./lib/actions/build/reader.js








/** Reads one input after the other; every problem is kept, none is thrown. */
class Reader {
    problems = [];
    #values = new Map();
    #env;
    #secrets;
    constructor(read, env, secrets) {
        this.#env = env;
        this.#secrets = secrets;
        for (const spec of INPUTS) {
            // A `${{ … }}` default only has a meaning for the runner; outside it counts as not given.
            const standard = spec.default.startsWith('${{') ? '' : spec.default;
            const raw = read(spec.name).trim();
            this.#values.set(spec.name, raw === '' ? standard : raw);
        }
        secrets.mask(this.text('github-token'));
    }
    text(name) {
        const value = this.#values.get(name);
        if (value === undefined)
            throw new TypeError(`the input ${name} is not in the specification`);
        return value;
    }
    optional(name) {
        return this.text(name) === '' ? undefined : this.text(name);
    }
    /** Takes over the problems of a parser of its own, and the value by `pick`. */
    collect(name, found, pick) {
        for (const problem of found.problems)
            this.problems.push({ input: name, ...problem });
        return pick(found);
    }
    bad(name, value, what, fix) {
        const secret = this.#spec(name).secret === true;
        this.problems.push({ code: 'bad-input', what, input: name, ...(secret ? {} : { value }), fix });
    }
    boolean(name) {
        const text = this.text(name);
        if (/^(true|True|TRUE)$/.test(text))
            return true;
        // The YAML 1.2 core schema, as core.getBooleanInput has it.
        if (!/^(false|False|FALSE)$/.test(text))
            this.bad(name, text, 'not a boolean', 'write true or false');
        return false;
    }
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the specification's choices are T
    choice(name) {
        const { choices = [] } = this.#spec(name);
        const text = this.text(name);
        if (!choices.includes(text)) {
            const near = (0,lists/* nearest */.pA)(text, choices);
            this.bad(name, text, 'not a known value', `${near === undefined ? '' : `did you mean ${near}? `}use one of ${choices.join(', ')}`);
            return choices[0];
        }
        return text;
    }
    list(name, options = {}) {
        return (0,lists/* parseList */.E1)(this.text(name), options);
    }
    pairs(name, rule) {
        const secret = this.#spec(name).secret === true;
        const { pairs, errors } = secret ? secretPairs(this.text(name)) : (0,lists/* parsePairs */.xg)(this.text(name));
        for (const error of errors)
            this.bad(name, error.line, `not key=value: ${error.reason}`, 'write one key=value a line');
        const seen = new Set();
        for (const [key, value] of pairs) {
            if (secret)
                this.#secrets.mask(value);
            // A secret given without an id: what stands before its own "=" is part of it.
            if (rule !== undefined && !rule.pattern.test(key))
                this.bad(name, key, `not ${rule.name}`, secret ? 'write id=value' : `rename ${key}`);
            if (seen.has(key))
                this.bad(name, key, `${key} is given twice`, 'keep one of them');
            seen.add(key);
        }
        return pairs;
    }
    words(name) {
        const { words, error } = (0,lists/* parseWords */.nl)(this.text(name));
        if (error !== undefined)
            this.bad(name, this.text(name), error, 'close the quote');
        return words;
    }
    healthcheck() {
        const words = this.words('healthcheck');
        if (words[0] !== undefined && !/^(\/|[A-Za-z]:\\)/.test(words[0])) {
            this.bad('healthcheck', this.text('healthcheck'), 'not the path of a program in the image', 'write an absolute path, for example /app/NAME healthcheck (there is no shell to look it up)');
        }
        return words;
    }
    images() {
        const images = this.list('images', { commas: true });
        for (const image of images) {
            const found = reference_parseReference(image.replaceAll('{name}', 'name'));
            if ('reason' in found)
                this.bad('images', image, found.reason, 'write a name such as ghcr.io/acme/hello, in lower case');
            else if (found.tag !== undefined || found.digest !== undefined) {
                this.bad('images', image, 'an image name with a tag or digest', 'put the tag into the input tags');
            }
        }
        return [...new Set(images)];
    }
    platforms() {
        const platforms = [];
        for (const text of this.list('platforms', { commas: true })) {
            const platform = parsePlatform(text);
            if ('reason' in platform)
                this.bad('platforms', text, 'not a platform', platform.reason);
            else if (platforms.some((other) => samePlatform(other, platform))) {
                this.bad('platforms', text, `${formatPlatform(platform)} is given twice`, 'keep one of them');
            }
            else
                platforms.push(platform);
        }
        return platforms;
    }
    user() {
        const user = this.text('user');
        if (!/^\d+(:\d+)?$/.test(user)) {
            this.bad('user', user, 'not a numeric user', 'write uid or uid:gid, for example 65532:65532 (names are unknown in an image without /etc/passwd)');
        }
        return user;
    }
    ports() {
        const ports = this.list('expose', { commas: true });
        for (const port of ports) {
            const match = /^(\d{1,5})(\/(tcp|udp|sctp))?$/.exec(port);
            const number = Number(match?.[1]);
            if (match === null || number < 1 || number > 65535)
                this.bad('expose', port, 'not a port', 'write 8080 or 8080/tcp');
        }
        return ports;
    }
    mains() {
        const mains = this.list('main', { commas: true }).map((item) => {
            const [path = '', name] = item.split('=', 2);
            if (path.startsWith('/') || path.split('/').includes('..')) {
                this.bad('main', item, 'a main package outside working-directory', 'write a relative path such as ./cmd/server');
            }
            if (name !== undefined && !/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name)) {
                this.bad('main', item, 'not a name for a binary and image', 'use lower-case letters, digits and single . _ - between them');
            }
            const clean = path.replace(/^\.\//, '').replace(/\/+$/, '');
            const normal = clean === '' || clean === '.' ? '.' : `./${clean}`;
            return name === undefined ? { path: normal } : { path: normal, name };
        });
        const seen = new Set();
        for (const { path } of mains) {
            if (seen.has(path))
                this.bad('main', path, 'this main package is given twice', 'keep one of them');
            seen.add(path);
        }
        return mains;
    }
    relativePath(name, standard) {
        const text = this.text(name).replaceAll('\\', '/');
        if (/^([A-Za-z]:|\/)/.test(text))
            this.bad(name, text, 'an absolute path', 'write it relative to the workspace or working-directory');
        else if (text.split('/').includes('..'))
            this.bad(name, text, 'a path that leads out of the workspace', 'remove the ..');
        const clean = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
        return clean === '' || clean === '.' ? standard : clean;
    }
    goVersion() {
        const text = this.text('go-version');
        if (text !== '') {
            const spec = parseGoSpec(text);
            if ('reason' in spec)
                this.bad('go-version', text, 'not a Go version', spec.reason);
        }
        return text;
    }
    goTags() {
        const tags = this.list('go-tags', { commas: true }).flatMap((item) => item.split(/\s+/));
        for (const tag of tags)
            if (!/^[\p{L}\p{N}_.]+$/u.test(tag))
                this.bad('go-tags', tag, 'not a build tag', 'use letters, digits, _ and .');
        return tags;
    }
    ldflags() {
        const text = this.text('ldflags');
        const sample = {
            version: '0.0.0',
            commit: '0'.repeat(40),
            commitDate: '1970-01-01T00:00:00Z',
            env: this.#env,
        };
        return this.collect('ldflags', renderLdflags(text, sample), () => text);
    }
    testFlags() {
        const words = this.words('test-flags');
        return this.collect('test-flags', { problems: validateTestFlags(words) }, () => words);
    }
    percent(name) {
        const text = this.text(name).replace(/\s*%$/, '');
        if (text === '')
            return undefined;
        const value = Number(text);
        if (!Number.isFinite(value) || value < 0 || value > 100) {
            this.bad(name, this.text(name), 'not a percentage', 'write a number from 0 to 100, for example 80');
            return undefined;
        }
        return value;
    }
    /** `30s`, `2m`, `500ms`, or seconds as a plain number; in ms. */
    duration(name) {
        const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(this.text(name));
        const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'] ?? 1000;
        const value = Number(match?.[1]) * unit;
        if (match === null || value <= 0 || value > 3_600_000) {
            this.bad(name, this.text(name), 'not a duration', 'write for example 30s or 2m (at most 60m)');
            return 30_000;
        }
        return value;
    }
    healthPath() {
        const path = this.optional('health-path');
        if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path)) {
            this.bad('health-path', path, 'not an HTTP path', 'write a path that begins with /, for example /health');
        }
        return path;
    }
    urls(name) {
        const urls = this.list(name, { commas: true });
        for (const text of urls) {
            const url = URL.canParse(text) ? new URL(text) : undefined;
            // First: the other problem shows the whole text.
            if (text.includes('@'))
                this.bad(name, url?.host ?? '', 'a URL with a password', 'use a mirror that needs none, or a proxy');
            else if (url === undefined || !/^https?:$/.test(url.protocol))
                this.bad(name, text, 'not a URL', 'write https://…');
        }
        return urls.map((url) => url.replace(/\/+$/, ''));
    }
    push() {
        const text = this.text('push').toLowerCase();
        if (text === 'true' || text === 'false')
            return text === 'true';
        if (text !== 'auto')
            this.bad('push', this.text('push'), 'not a known value', 'write true, false or auto');
        return 'auto';
    }
    attestation(name, keys) {
        const text = this.text(name);
        const known = /^(true|false)$/.test(text) || text.split(',').every((part) => keys.some((key) => part.startsWith(key)));
        if (!known)
            this.bad(name, text, 'not a known value', `write true, false or ${keys.map((key) => `${key}…`).join(', ')}`);
        return text;
    }
    buildxVersion() {
        const text = this.text('buildx-version');
        if (!/^(auto|latest|v?\d+\.\d+\.\d+(-[\w.]+)?)$/.test(text))
            this.bad('buildx-version', text, 'not a Buildx version', 'write auto, latest or a version such as v0.36.1');
        return /^\d/.test(text) ? `v${text}` : text;
    }
    registries() {
        const found = parseRegistries(this.text('registries'), this.#env);
        for (const login of found.registries)
            this.#secrets.mask(login.password);
        return this.collect('registries', found, (result) => [...result.registries]);
    }
    #spec(name) {
        const spec = INPUTS.find((one) => one.name === name);
        if (spec === undefined)
            throw new TypeError(`the input ${name} is not in the specification`);
        return spec;
    }
}
/**
 * `id=value` lines whose values may go on over several lines when the line is quoted: `"KEY=first⏎second"`, as in
 * docker/build-push-action. A bad line's text is never returned: it may be a secret.
 */
function secretPairs(text) {
    const lines = [];
    let open;
    for (const raw of text.split(/\r?\n/)) {
        const line = open === undefined ? raw.trimStart() : `${open}\n${raw}`;
        const whole = line.trimEnd();
        open = undefined;
        if (!line.startsWith('"'))
            lines.push(whole);
        // As in CSV: a quote in the value stands twice, so a closed line has an even number of them.
        else if (whole.length > 1 && whole.endsWith('"') && whole.split('"').length % 2 === 1)
            lines.push(whole.slice(1, -1).replaceAll('""', '"'));
        else
            open = line;
    }
    const result = { pairs: [], errors: [] };
    if (open !== undefined)
        result.errors.push({ line: '(hidden)', reason: 'a quoted value is not closed' });
    for (const line of lines) {
        if (line === '' || line.startsWith('#'))
            continue;
        const at = line.indexOf('=');
        if (at <= 0)
            result.errors.push({ line: '(hidden)', reason: at === 0 ? 'nothing before "="' : 'no "="' });
        else
            result.pairs.push([line.slice(0, at).trim(), line.slice(at + 1)]);
    }
    return result;
}
//# sourceMappingURL=reader.js.map
;// CONCATENATED MODULE: ./lib/actions/build/inputs.js





/**
 * Reads and checks every input; `read` gives the raw text by name (empty when not given). All problems are returned
 * together. Secrets are masked before anything else is done with them.
 */
function loadInputs(read, env, secrets) {
    const reader = new Reader(read, env, secrets);
    const inputs = {
        images: reader.images(),
        platforms: reader.platforms(),
        tags: reader.collect('tags', parseTagRules(reader.text('tags')), (found) => found),
        labels: reader.collect('labels', imageLabels({}, reader.text('labels')), () => reader.text('labels')),
        annotations: reader.collect('annotations', imageAnnotations({}, reader.text('annotations'), true), () => reader.text('annotations')),
        base: reader.text('base') === '' ? 'auto' : reader.text('base'),
        user: reader.user(),
        expose: reader.ports(),
        entrypointArgs: reader.words('entrypoint-args'),
        healthcheck: reader.healthcheck(),
        imageEnv: reader.pairs('image-env', ENV_NAME),
        files: reader.collect('files', parseFiles(reader.text('files')), (found) => found.files),
        workingDirectory: reader.relativePath('working-directory', '.'),
        main: reader.mains(),
        binaries: reader.choice('binaries'),
        packages: reader.list('packages', { commas: true }),
        file: reader.text('file') === 'none' ? 'none' : reader.relativePath('file', ''),
        context: reader.relativePath('context', ''),
        goVersion: reader.goVersion(),
        goVersionFile: reader.relativePath('go-version-file', ''),
        checkLatest: reader.boolean('check-latest'),
        goTags: reader.goTags(),
        cgo: reader.boolean('cgo'),
        ldflags: reader.ldflags(),
        goproxy: reader.optional('goproxy'),
        goMirrors: reader.urls('go-mirrors'),
        cacheDependencyPath: reader.list('cache-dependency-path'),
        vet: reader.boolean('vet'),
        test: reader.boolean('test'),
        testFlags: reader.testFlags(),
        race: reader.boolean('race'),
        coverage: reader.boolean('coverage'),
        coverageThreshold: reader.percent('coverage-threshold'),
        start: reader.choice('start'),
        healthPath: reader.healthPath(),
        startArgs: reader.words('start-args'),
        startEnv: reader.pairs('start-env', ENV_NAME),
        startTimeoutMs: reader.duration('start-timeout'),
        verify: reader.choice('verify'),
        push: reader.push(),
        load: reader.boolean('load'),
        target: reader.optional('target'),
        buildArgs: reader.pairs('build-args', ENV_NAME),
        buildContexts: reader.pairs('build-contexts'),
        secrets: reader.pairs('secrets', SECRET_ID),
        secretFiles: reader.pairs('secret-files', SECRET_ID),
        secretEnvs: reader.pairs('secret-envs', SECRET_ID),
        ssh: reader.list('ssh'),
        noCache: reader.boolean('no-cache'),
        pull: reader.boolean('pull'),
        provenance: reader.attestation('provenance', ['mode=', 'builder-id=', 'version=', 'inline-only=']),
        sbom: reader.attestation('sbom', ['generator=']),
        registries: reader.registries(),
        githubToken: reader.text('github-token'),
        registryMirrors: reader.collect('registry-mirrors', parseMirrors(reader.text('registry-mirrors')), (found) => found.mirrors),
        insecureRegistries: reader.collect('insecure-registries', parseInsecure(reader.text('insecure-registries')), (found) => found.hosts),
        registryCa: reader.optional('registry-ca'),
        cache: reader.choice('cache'),
        layerCache: reader.choice('layer-cache'),
        engine: reader.choice('engine'),
        driver: reader.choice('driver'),
        driverOpts: reader.list('driver-opts'),
        endpoint: reader.optional('endpoint'),
        buildkitdConfig: reader.optional('buildkitd-config'),
        buildxVersion: reader.buildxVersion(),
        buildxUrl: reader.text('buildx-url'),
        keepBuilder: reader.boolean('keep-builder'),
        reportDir: reader.optional('report-dir'),
        dryRun: reader.boolean('dry-run'),
    };
    return { inputs, problems: [...reader.problems, ...together(inputs)] };
}
const ENV_NAME = { pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/, name: 'the name of a variable' };
const SECRET_ID = { pattern: /^[\w.-]+$/, name: 'a secret id (letters, digits, _ . -)' };
/** Rules that join several inputs. */
function together(inputs) {
    const problems = [];
    const add = (input, what, fix) => {
        problems.push({ code: 'inputs-clash', what, input, fix });
    };
    if (inputs.push === true && inputs.images.length === 0) {
        add('images', 'push is true but no image is named', 'set images, for example ghcr.io/OWNER/NAME');
    }
    if (inputs.start === 'off' && inputs.healthPath !== undefined) {
        add('health-path', 'a health path cannot be asked when start is off', 'remove health-path, or set start to service');
    }
    if (inputs.coverageThreshold !== undefined && (!inputs.test || !inputs.coverage)) {
        add('coverage-threshold', 'a coverage threshold needs test and coverage', 'set test and coverage to true, or remove the threshold');
    }
    const foreign = new Set(inputs.platforms.map((platform) => platform.os + platform.arch));
    if (inputs.cgo && foreign.size > 1) {
        add('cgo', 'cgo cannot be cross-compiled here for several platforms', 'build each platform on a native runner and merge them (workflows/matrix-image.yml), or set cgo to false');
    }
    const ids = new Map();
    for (const [name, list] of [
        ['secrets', inputs.secrets],
        ['secret-files', inputs.secretFiles],
        ['secret-envs', inputs.secretEnvs],
    ]) {
        for (const [id] of list) {
            const other = ids.get(id);
            // Twice in one input is told when that is read.
            if (other !== undefined && other !== name)
                add(name, `the secret ${id} is given twice (also in ${other})`, 'keep one of them');
            ids.set(id, name);
        }
    }
    return problems;
}
//# sourceMappingURL=inputs.js.map
;// CONCATENATED MODULE: ./lib/image/names.js


/**
 * Reads the `images` input: names without tag or digest, one a line. Upper-case letters are lowered (an owner is often
 * written `Acme`, and no registry takes that), which is told; names given twice are taken once.
 */
function parseImageNames(text) {
    const images = [];
    const problems = [];
    const notes = [];
    for (const line of parseList(text, { commas: true })) {
        const lower = line.toLowerCase();
        const parsed = parseReference(lower);
        const fault = (cause, fix) => {
            problems.push({ code: 'bad-image-name', what: 'an image name cannot be used', cause, input: 'images', value: line, fix });
        }; // prettier-ignore
        if ('reason' in parsed)
            fault(parsed.reason, 'write for example ghcr.io/acme/hello');
        else if (parsed.digest !== undefined)
            fault('it has a digest', 'leave @sha256:… out: the push gives it');
        else if (parsed.tag !== undefined)
            fault(`it has the tag "${parsed.tag}"`, `write the name only, and the tag in the input tags`);
        else {
            if (lower !== line)
                notes.push(`image name ${line} is published as ${lower}, because names are lower case`);
            const { registry, repository } = parsed;
            if (!images.some((other) => other.registry === registry && other.repository === repository))
                images.push({ registry, repository });
        }
    }
    return { images, problems, notes };
}
/** Joins names and tags: every name gets the common tags; full references add their own, and their name when it is new. */
function publishTargets(images, result) {
    const targets = new Map();
    for (const { registry, repository } of images)
        targets.set(`${registry}/${repository}`, { registry, repository, tags: [...result.tags] });
    for (const { name, tag } of result.references) {
        const slash = name.indexOf('/');
        const target = targets.get(name) ?? {
            registry: name.slice(0, slash),
            repository: name.slice(slash + 1),
            // Plain tags belong to the names that stand in the references when `images` names none.
            tags: images.length === 0 ? [...result.tags] : [],
        };
        if (!target.tags.includes(tag))
            target.tags.unshift(tag);
        targets.set(name, target);
    }
    return [...targets.values()];
}
//# sourceMappingURL=names.js.map
;// CONCATENATED MODULE: ./lib/go/diagnostics.js



/**
 * A path of Go's output as a repository-relative one: absolute (vet, stack traces), relative to the folder the go
 * command ran in (compile errors), or starting with a module path (stack traces of -trimpath builds).
 * Undefined for files outside the repository: the standard library, dependencies.
 *
 * @param cwd repository-relative folder of the go command
 */
function repositoryPath(path, tree, cwd = '.') {
    const clean = slashes(path);
    if (clean.startsWith('/') || /^[A-Za-z]:\//.test(clean)) {
        for (const root of [tree.root, tree.realRoot]) {
            if (root === undefined)
                continue;
            const prefix = `${slashes(root).replace(/\/+$/, '')}/`;
            const starts = tree.os === 'windows'
                ? clean.toLowerCase().startsWith(prefix.toLowerCase())
                : clean.startsWith(prefix);
            if (starts)
                return external_node_path_.posix.normalize(clean.slice(prefix.length));
        }
        return undefined;
    }
    const joined = external_node_path_.posix.join(cwd, clean);
    return joined.startsWith('../') ? undefined : joined;
}
/** A file named by a stack trace: absolute, or `module/path/dir/file.go` when built with -trimpath. */
function stackPath(path, tree) {
    const clean = slashes(path);
    if (clean.startsWith('/') || /^[A-Za-z]:\//.test(clean))
        return repositoryPath(clean, tree);
    const dir = packageDir(external_node_path_.posix.dirname(clean), tree);
    return dir === undefined ? undefined : external_node_path_.posix.join(dir, external_node_path_.posix.basename(clean));
}
/** The folder of a package by its import path: variants (`p [p.test]`, `p_test`) are the same folder. */
function packageDir(importPath, tree) {
    const plain = plainPackage(importPath);
    const module = tree.modules
        .filter((m) => m.path !== '' && (plain === m.path || plain.startsWith(`${m.path}/`)))
        .sort((a, b) => b.path.length - a.path.length)
        .at(0);
    return module === undefined
        ? undefined
        : normalise(external_node_path_.posix.join(module.dir, plain.slice(module.path.length + 1)));
}
/** `p [p.test]` → `p`. */
const plainPackage = (id) => id.replace(/ \[.*$/, '');
const LOCATED = /^(?:vet: )?((?:[A-Za-z]:[\\/])?[^\s:"'][^:"]*?\.(?:go|s|S|c|h|cc|cpp|cxx|hh|hpp|m|mm|syso|y|mod|work|sum|f90)):(\d+)(?::(\d+))?: (.*)$/;
/** `file:line[:column]: message`, also with a Windows drive in front. */
function parseLocated(line) {
    const match = LOCATED.exec(line);
    if (match === null)
        return undefined;
    const [, file = '', row = '0', column, message = ''] = match;
    return {
        file,
        line: Number(row),
        ...(column === undefined ? {} : { column: Number(column) }),
        message,
    };
}
/** `posn` of `go vet -json`: `C:\a\b.go:3:24`. */
function parsePosition(posn) {
    const match = /^(.+?):(\d+)(?::(\d+))?$/.exec(posn);
    if (match === null)
        return undefined;
    const [, file = '', line = '0', column] = match;
    return { file, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}
/**
 * Reads what a build prints: `# package` headers, located messages with indented continuation lines, and messages
 * without a place. `# [package]` marks findings of vet (cmd/go/internal/work: the vet action's description).
 */
function parseBuildOutput(lines, tree, cwd) {
    const found = [];
    let current;
    let name;
    let kind = 'compile';
    const finish = () => {
        if (current !== undefined)
            found.push(current);
        current = undefined;
    };
    for (const raw of lines) {
        const line = raw.replace(/[\r\n]+$/, '');
        if (line.trim() === '')
            continue;
        const header = /^# (\[)?([^\]]+?)\]?$/.exec(line);
        if (header !== null && !line.startsWith('# _')) {
            finish();
            const [, bracket, pkg = ''] = header;
            // A header that is a pattern (./x/...) stands for what could not be loaded.
            kind = bracket !== undefined ? 'vet' : pkg.startsWith('.') ? 'setup' : 'compile';
            name = plainPackage(pkg);
            continue;
        }
        const located = parseLocated(line);
        if (located !== undefined) {
            finish();
            const file = repositoryPath(located.file, tree, cwd);
            current = {
                // A type error found by vet is no finding: the package does not compile.
                kind: line.startsWith('vet: ') ? 'compile' : isSetup(located) ? 'setup' : kind,
                message: located.message,
                ...(file === undefined ? {} : { file, line: located.line }),
                ...(file === undefined || located.column === undefined ? {} : { column: located.column }),
                ...(name === undefined ? {} : { package: name }),
            };
            if (file === undefined)
                current = { ...current, message: `${located.file}:${located.line}: ${located.message}` };
        }
        else if (/^\s/.test(line) && current !== undefined) {
            current = { ...current, message: `${current.message}\n${line.trim()}` };
        }
        else if (!IGNORED.test(line)) {
            finish();
            current = {
                kind: name === undefined ? 'setup' : kind,
                message: line,
                ...(name === undefined ? {} : { package: name }),
            };
        }
    }
    finish();
    return unique(found);
}
const isSetup = (located) => /\.(?:mod|work|sum)$/.test(located.file) ||
    /no required module provides|is not in std|cannot find (?:main )?module|missing go\.sum entry|import cycle|use of internal package/.test(located.message);
/** Lines that explain nothing: progress, the shell's own words, what the summary lines say better. */
const IGNORED = /^(?:go: (?:downloading|finding|extracting|warning|added|upgraded|creating|errors parsing)|too many errors|exit status|FAIL\b|ok\s|\?\s|PASS$|note: module requires|no packages to (?:test|vet)|WARNING: )/;
function unique(diagnostics) {
    const seen = new Set();
    return diagnostics.filter((d) => {
        const key = JSON.stringify([d.file, d.line, d.column, d.analyzer, d.message]);
        if (seen.has(key))
            return false;
        seen.add(key);
        return true;
    });
}
/** In the order of files and lines, so that the same code gives the same report. */
function sortDiagnostics(diagnostics) {
    return [...diagnostics].sort((a, b) => {
        const [x, y] = [a.file ?? '', b.file ?? ''];
        if (x !== y)
            return x < y ? -1 : 1;
        return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
    });
}
/** `cmd/a.go:3:4: message (printf)`, as compilers write it. */
function formatDiagnostic(d) {
    const place = d.file === undefined
        ? d.package === undefined
            ? ''
            : `${d.package}: `
        : `${[d.file, d.line, d.column].filter((part) => part !== undefined).join(':')}: `;
    return `${place}${d.message}${d.analyzer === undefined ? '' : ` (${d.analyzer})`}`;
}
//# sourceMappingURL=diagnostics.js.map
;// CONCATENATED MODULE: ./lib/go/coverage.js



/**
 * Reads and merges cover profiles of all modes, also of several modules. Blocks that come twice (-coverpkg, a second
 * run of some packages) count once; they are covered when any run reached them.
 * @returns undefined when no text is a profile; lines that cannot be read are counted in `bad`
 */
function parseCoverProfiles(texts) {
    const files = new Map();
    let mode;
    let bad = 0;
    for (const text of texts) {
        for (const line of text.split(/\r?\n/)) {
            if (line === '')
                continue;
            const header = /^mode: (set|count|atomic)$/.exec(line);
            if (header !== null) {
                const found = header[1];
                mode = mode === undefined || mode === found ? found : 'count';
                continue;
            }
            const match = /^(.+):(\d+)\.(\d+),(\d+)\.(\d+) (\d+) (\d+)$/.exec(line);
            if (match === null) {
                bad++;
                continue;
            }
            const [, file = '', ...numbers] = match;
            const [startLine = 0, startColumn = 0, endLine = 0, endColumn = 0, statements = 0, count = 0] = numbers.map(Number);
            const blocks = files.get(file) ?? new Map();
            files.set(file, blocks);
            const key = `${startLine}.${startColumn},${endLine}.${endColumn}`;
            const before = blocks.get(key)?.count ?? 0;
            const merged = mode === 'set' ? Math.max(before, count) : before + count;
            blocks.set(key, { startLine, startColumn, endLine, endColumn, statements, count: merged });
        }
    }
    if (mode === undefined)
        return undefined;
    const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
        profile: {
            mode,
            files: new Map(sorted.map(([file, blocks]) => [file, [...blocks.values()].sort(byPlace)])),
        },
        bad,
    };
}
const byPlace = (a, b) => a.startLine - b.startLine ||
    a.startColumn - b.startColumn ||
    a.endLine - b.endLine ||
    a.endColumn - b.endColumn;
/** The profile as text that `go tool cover` reads. */
function formatCoverProfile(profile) {
    const lines = [`mode: ${profile.mode}`];
    for (const [file, blocks] of profile.files) {
        for (const b of blocks) {
            lines.push(`${file}:${b.startLine}.${b.startColumn},${b.endLine}.${b.endColumn} ${b.statements} ${b.count}`);
        }
    }
    return `${lines.join('\n')}\n`;
}
/** Totals by statements, as `go tool cover -func` computes them. */
function summariseCoverage(profile, modules) {
    const packages = new Map();
    const files = [];
    const total = { statements: 0, covered: 0 };
    for (const [name, blocks] of profile.files) {
        const pkg = external_node_path_.posix.dirname(name);
        const sums = packages.get(pkg) ?? { statements: 0, covered: 0 };
        packages.set(pkg, sums);
        let statements = 0;
        let covered = 0;
        for (const block of blocks) {
            statements += block.statements;
            if (block.count > 0)
                covered += block.statements;
        }
        sums.statements += statements;
        sums.covered += covered;
        total.statements += statements;
        total.covered += covered;
        const dir = packageDir(pkg, { modules });
        files.push({
            file: dir === undefined ? name : external_node_path_.posix.join(dir, external_node_path_.posix.basename(name)),
            package: pkg,
            statements,
            covered,
            percent: percentOf(covered, statements),
            uncovered: uncoveredLines(blocks),
        });
    }
    return {
        ...total,
        ...(total.statements === 0 ? {} : { percent: percentOf(total.covered, total.statements) }),
        packages: [...packages].map(([name, sums]) => ({
            package: name,
            ...sums,
            percent: percentOf(sums.covered, sums.statements),
        })),
        files,
    };
}
const percentOf = (covered, statements) => statements === 0 ? 100 : (100 * covered) / statements;
function uncoveredLines(blocks) {
    const ranges = [];
    for (const block of blocks) {
        if (block.count > 0 || block.statements === 0)
            continue;
        // A block that ends in column 1 or before has nothing on its last line.
        const last = block.endColumn <= 1 && block.endLine > block.startLine ? block.endLine - 1 : block.endLine;
        const previous = ranges.at(-1);
        if (previous !== undefined && block.startLine <= previous[1] + 1)
            previous[1] = Math.max(previous[1], last);
        else
            ranges.push([block.startLine, last]);
    }
    return ranges;
}
/** One digit after the point, rounded down: 79.96 never shows as the 80.0 that it is not. */
const formatPercent = (percent) => `${(Math.floor(percent * 10 + 1e-9) / 10).toFixed(1)} %`;
/** The coverage gate: undefined when the threshold is met. */
function checkCoverage(report, threshold) {
    const base = { input: 'coverage-threshold', value: String(threshold) };
    if (report?.percent === undefined) {
        return {
            ...base,
            code: 'coverage-unknown',
            what: 'no coverage was measured, but a threshold is set',
            cause: 'no test ran, or the code has no statements',
            fix: 'add tests, or remove coverage-threshold',
        };
    }
    // Sums of floats: 80 of 100 must be 80.
    if (report.percent + 1e-9 >= threshold)
        return undefined;
    const missing = Math.ceil((threshold / 100) * report.statements - 1e-9) - report.covered;
    const worst = [...report.files]
        .sort((a, b) => b.statements - b.covered - (a.statements - a.covered))
        .slice(0, 3)
        .map((file) => `${file.file} (${file.statements - file.covered})`);
    return {
        ...base,
        code: 'coverage-below-threshold',
        what: `coverage is ${formatPercent(report.percent)}, below the threshold of ${threshold} %`,
        cause: `${report.covered} of ${report.statements} statements are covered, ${missing} more are needed`,
        fix: `most uncovered statements: ${worst.join(', ')}`,
    };
}
//# sourceMappingURL=coverage.js.map
;// CONCATENATED MODULE: ./lib/actions/build/outputs.js



/** The outputs of the action, by name; what is not known is left out. */
function outputsOf(plan, results) {
    const outputs = {
        'cache-hit-modules': hit(results.modulesCache),
        'cache-hit-build': hit(results.buildCache),
    };
    if (results.go !== undefined)
        outputs['go-version'] = results.go.version;
    const { tests } = results;
    if (tests !== undefined) {
        const { passed, failed, skipped, cached } = tests;
        outputs['tests'] = JSON.stringify({ passed, failed, skipped, packages: tests.packages.length, cached });
        if (tests.coverage?.percent !== undefined)
            outputs['coverage'] = formatPercent(tests.coverage.percent).replace(/ %$/, '');
    }
    const built = plan.targets.flatMap((target) => {
        const image = results.images.get(target.id);
        return image === undefined ? [] : [{ target, image, repositories: outputs_repositoriesOf(target.repositories) }];
    });
    if (built.length === 0)
        return outputs;
    const published = results.published.size > 0;
    const tags = (repositories) => publishTargets(repositories, plan.tags).flatMap((one) => one.tags.map((tag) => `${one.registry}/${one.repository}:${tag}`));
    outputs['digest'] = built.map(({ image }) => image.digest).join('\n');
    if (plan.push)
        outputs['image'] = built
            .flatMap(({ image, repositories }) => repositories.map((one) => `${one.registry}/${one.repository}@${image.digest}`))
            .join('\n');
    if (published)
        outputs['tags'] = built.flatMap(({ repositories }) => tags(repositories)).join('\n');
    const digests = (image) => Object.fromEntries(image.platforms.map((one) => [one.platform, one.digest]));
    const [only, ...others] = built;
    outputs['platform-digests'] = JSON.stringify(others.length === 0 && only !== undefined
        ? digests(only.image)
        : Object.fromEntries(built.map(({ image }) => [image.id, digests(image)])));
    outputs['metadata'] = JSON.stringify({
        version: plan.version,
        pushed: plan.push,
        published,
        images: built.map(({ image, repositories }) => ({
            name: image.id,
            repositories: repositories.map((one) => `${one.registry}/${one.repository}`),
            digest: image.digest,
            mediaType: image.mediaType,
            platforms: image.platforms,
            tags: tags(repositories),
            labels: image.labels,
        })),
    });
    return outputs;
}
function hit(part) {
    return part?.hit === 'exact' ? 'true' : part?.hit === 'partial' ? 'partial' : 'false';
}
function outputs_repositoriesOf(names) {
    return names.flatMap((name) => {
        const reference = reference_parseReference(name);
        return 'reason' in reference ? [] : [{ registry: reference.registry, repository: reference.repository }];
    });
}
//# sourceMappingURL=outputs.js.map
;// CONCATENATED MODULE: ./lib/report/annotations.js
/** GitHub shows ten annotations of each level for a step; what comes after is dropped without a word. */
const MAX_ANNOTATIONS = 10;
/**
 * Annotations for what stops the run: build errors first, then failed tests, then findings of vet. One for each
 * place; tests that only went down with another one's panic are left out. When some must be hidden, the last one
 * shown says how many.
 */
function annotationsOf(report, limit = MAX_ANNOTATIONS) {
    const crashed = new Set(report.failures.filter((f) => f.kind === 'panic' || f.kind === 'timeout').map((f) => f.package));
    const all = [
        ...report.buildErrors.map(ofDiagnostic),
        ...report.failures.filter((f) => f.kind !== 'unfinished' || !crashed.has(f.package)).map(ofFailure),
        ...report.findings.map(ofDiagnostic),
    ];
    const seen = new Set();
    const unique = all.filter((a) => {
        const key = JSON.stringify([a.file, a.line, a.title, a.message]);
        if (seen.has(key))
            return false;
        seen.add(key);
        return true;
    });
    if (unique.length <= limit)
        return unique;
    const shown = unique.slice(0, Math.max(0, limit - 1));
    return [
        ...shown,
        {
            level: 'error',
            title: 'more problems',
            message: `${unique.length - shown.length} more problems are in the job summary and in the JUnit file of report-dir`,
        },
    ];
}
function ofDiagnostic(d) {
    const title = d.kind === 'vet'
        ? `go vet${d.analyzer === undefined ? '' : `: ${d.analyzer}`}`
        : d.kind === 'compile'
            ? 'does not compile'
            : 'cannot be loaded';
    const message = d.fix === undefined ? d.message : `${d.message}\nfix: ${d.fix}`;
    return { level: 'error', title, message, ...placeOf(d) };
}
const TITLES = {
    failed: 'failed',
    panic: 'panicked',
    race: 'has a data race',
    timeout: 'timed out',
    unfinished: 'did not finish',
    package: 'the test program failed',
};
function ofFailure(failure) {
    const subject = failure.test ?? failure.package;
    // A message that says nothing by itself: the last words of the output help more.
    const tail = failure.message.includes('\n') ? [] : failure.output.slice(-5);
    const message = [failure.message, ...tail.filter((line) => !line.includes(failure.message))].join('\n');
    return { level: 'error', title: `${subject} ${TITLES[failure.kind]}`, message, ...placeOf(failure) };
}
const placeOf = (at) => ({
    ...(at.file === undefined ? {} : { file: at.file }),
    ...(at.file === undefined || at.line === undefined ? {} : { line: at.line }),
    ...(at.file === undefined || at.column === undefined ? {} : { column: at.column }),
});
//# sourceMappingURL=annotations.js.map
;// CONCATENATED MODULE: ./lib/report/format.js

/** `83.4 %`; rounded down, so that 79.96 is not shown as 80.0 beside a threshold of 80. */
const format_formatPercent = (percent) => `${(Math.floor(percent * 10 + 1e-9) / 10).toFixed(1)} %`;
/** `sha256:0123456789ab`, the length Docker shows. */
const shortDigest = (digest) => digest.replace(/^(sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '$1');
/** `+1.2 kB (+0.4 %)`, `−3.0 MB (−12.0 %)`, `same`. */
function sizeChange(now, before) {
    if (now === before)
        return 'same';
    const sign = now > before ? '+' : '−';
    const difference = Math.abs(now - before);
    const percent = before === 0 ? '' : ` (${sign}${((difference / before) * 100).toFixed(1)} %)`;
    return `${sign}${formatBytes(difference)}${percent}`;
}
/** `+0.4`, `−1.0`, `same`: percentage points. */
function pointChange(now, before) {
    const difference = Math.round((now - before) * 10) / 10;
    if (difference === 0)
        return 'same';
    return `${difference > 0 ? '+' : '−'}${Math.abs(difference).toFixed(1)}`;
}
const packagePercent = (one) => one.statements === 0 ? 100 : (one.covered / one.statements) * 100;
/** Names without the part that all share, so that they fit: `github.com/acme/hello/internal/api` → `internal/api`. */
function shortNames(names, module) {
    return new Map(names.map((name) => {
        if (module === undefined || module === '')
            return [name, name];
        if (name === module)
            return [name, '(root)'];
        return [name, name.startsWith(`${module}/`) ? name.slice(module.length + 1) : name];
    }));
}
/** Least covered first: that is where work is to be done. Packages without statements say nothing. */
const byCoverage = (coverage) => coverage.packages
    .filter((one) => one.statements > 0)
    .sort((a, b) => packagePercent(a) - packagePercent(b) || (a.name < b.name ? -1 : 1));
/** `1 test`, `2 tests`. */
const format_count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
/** The page of a file at the commit, on servers that lay their pages out as GitHub does. */
function fileUrl(report, file, line) {
    const { url, commit } = report.project;
    if (url === undefined || commit === undefined)
        return undefined;
    const knownLayout = url.startsWith('https://github.com/') || report.run.url?.startsWith(`${url}/actions/`) === true;
    if (!knownLayout)
        return undefined;
    const path = file.split('/').map(encodeURIComponent).join('/').replaceAll('(', '%28').replaceAll(')', '%29');
    return `${url}/blob/${commit}/${path}${line === undefined ? '' : `#L${line}`}`;
}
/** The name people pull: the most exact tag (tags are in order of publishing), else the digest. */
function pullName(image) {
    const tag = image.tags.find((one) => one.after !== undefined);
    if (tag !== undefined)
        return `${image.name}:${tag.tag}`;
    return image.digest === undefined ? undefined : `${image.name}@${image.digest}`;
}
//# sourceMappingURL=format.js.map
;// CONCATENATED MODULE: ./lib/report/model.js
const PHASES = ['set up', 'compile', 'check', 'image', 'publish', 'finish'];
//# sourceMappingURL=model.js.map
;// CONCATENATED MODULE: ./lib/report/svg.js

/**
 * Standalone SVG pictures: no script, no outside font or file, readable on light and dark ground.
 *
 * Nobody can measure text without the reader's font, so widths are those of DejaVu Sans, the widest of the usual
 * sans-serif fonts: what fits with it fits with Segoe UI, Helvetica, Arial, Roboto and Liberation Sans too.
 */
const WIDTHS = [
    [0.42, "'ijlIJ ,./:;\\|f-()[]t!r·"],
    [0.56, '"*_`sz?cL–'],
    [0.64, 'FkvxyPTYoaehnuESbdgpq$0123456789{}“”'],
    [0.79, 'KAVXZBRCUNHDG&OQ'],
    [0.87, 'w#+<=>^~M×−→≥≤'],
];
const WIDTH_OF = new Map(WIDTHS.flatMap(([width, letters]) => Array.from(letters, (letter) => [letter, width])));
const BOLD = 1.12;
/** Upper bound of the width of `text` in pixels. */
function textWidth(text, size, bold = false) {
    let width = 0;
    for (const letter of text) {
        const code = letter.codePointAt(0) ?? 0;
        // Letters beyond Latin and Greek are drawn up to a full square wide, emoji a bit wider.
        width += WIDTH_OF.get(letter) ?? (code > 0xffff ? 1.4 : code < 0x0250 && code > 0x7f ? 0.9 : 1.05);
    }
    return width * size * (bold ? BOLD : 1);
}
/** `text` cut until it is no wider than `room`. */
function fitText(text, room, size, bold = false) {
    const plain = oneLine(text);
    if (textWidth(plain, size, bold) <= room)
        return plain;
    let [low, high] = [0, plain.length];
    while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (textWidth(shorten(plain, middle), size, bold) <= room)
            low = middle;
        else
            high = middle - 1;
    }
    return low === 0 ? '' : shorten(plain, low);
}
/** As `fitText`, but the end stays: `…internal/api` says more of a package than `github.com/acm…`. */
function fitEnd(text, room, size) {
    const reversed = (value) => Array.from(value).reverse().join('');
    return reversed(fitText(reversed(oneLine(text)), room, size));
}
const xml = (text) => oneLine(text)
    // U+FFFE and U+FFFF are no characters of XML.
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
const number = (value) => String(Math.round(value * 10) / 10);
/** Text at a baseline. What it is placed in must have been fitted before. */
function textAt(x, y, text, options = {}) {
    const { size = 12, anchor = 'start', bold = false, style = 't' } = options;
    if (text === '')
        return '';
    return `<text class="${style}" x="${number(x)}" y="${number(y)}" font-size="${size}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ''}>${xml(text)}</text>`;
}
/** A bar or field; `hint` is shown when the pointer rests on it. */
function rectangle(box, style, hint, radius = 2) {
    const { x, y, width, height } = box;
    const shape = `<rect class="${style}" x="${number(x)}" y="${number(y)}" width="${number(Math.max(0, width))}" height="${number(height)}" rx="${radius}"`;
    return hint === undefined ? `${shape}/>` : `${shape}><title>${xml(hint)}</title></rect>`;
}
const line = (x1, y1, x2, y2, style) => `<line class="${style}" x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}"/>`;
// Colours of GitHub's Primer, which are tuned for contrast on both grounds.
const STYLE = [
    '.bg{fill:#fff;stroke:#d1d9e0}.t{fill:#1f2328}.m{fill:#59636e}.grid{stroke:#d1d9e0;stroke-width:1}.mark{stroke:#59636e;stroke-width:1.5;stroke-dasharray:4 3}',
    '.halo{stroke:#fff;stroke-width:4;stroke-linejoin:round;paint-order:stroke}.track{fill:#eff2f5}.blue{fill:#0969da}.sky{fill:#54aeff}.grey{fill:#afb8c1}.green{fill:#2da44e}.amber{fill:#d4a72c}.red{fill:#cf222e}',
    '@media (prefers-color-scheme:dark){.bg{fill:#0d1117;stroke:#3d444d}.t{fill:#f0f6fc}.m{fill:#9198a1}.grid{stroke:#2f3742}.mark{stroke:#9198a1}',
    '.halo{stroke:#0d1117}.track{fill:#212830}.blue{fill:#388bfd}.sky{fill:#1158c7}.grey{fill:#656c76}.green{fill:#3fb950}.amber{fill:#d29922}.red{fill:#f85149}}',
].join('');
/** The whole file. `title` is what a screen reader says. */
function picture(width, height, title, shapes) {
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" viewBox="0 0 ${number(width)} ${number(height)}" role="img" aria-label="${xml(title)}" font-family="-apple-system,'Segoe UI',Helvetica,Arial,'Liberation Sans',sans-serif">`,
        `<style>${STYLE}</style>`,
        rectangle({ x: 0.5, y: 0.5, width: width - 1, height: height - 1 }, 'bg', undefined, 6),
        ...shapes.filter((shape) => shape !== ''),
        '</svg>',
        '',
    ].join('\n');
}
//# sourceMappingURL=svg.js.map
;// CONCATENATED MODULE: ./lib/report/timeline.js

const ran = (steps) => steps.filter((step) => step.startMs !== undefined && step.endMs !== undefined);
/** Joins spans with what their steps needed; times become relative to the start of the run. */
function stepReports(spans, plan, runStartMs) {
    const needs = new Map(plan.map((step) => [step.id, step.needs]));
    return spans.map((span) => ({
        id: span.id,
        title: span.title,
        status: span.status,
        gate: span.gate,
        needs: needs.get(span.id) ?? [],
        phase: phaseOf(span.id),
        ...(span.startMs === undefined || span.endMs === undefined
            ? {}
            : {
                startMs: Math.max(0, span.startMs - runStartMs),
                endMs: Math.max(0, span.startMs - runStartMs, span.endMs - runStartMs),
            }),
        ...(span.reason === undefined ? {} : { reason: span.reason }),
    }));
}
const PHASE_OF = {
    compile: 'compile',
    vet: 'check',
    test: 'check',
    coverage: 'check',
    binaries: 'check',
    scan: 'check',
    base: 'image',
    image: 'image',
    inspect: 'image',
    start: 'image',
    load: 'publish',
    publish: 'publish',
    verify: 'publish',
    save: 'finish',
    report: 'finish',
};
/** The phase that a step belongs to, by the part of its id before the first colon; what is not known sets things up. */
function phaseOf(id) {
    const kind = id.split(':')[0] ?? '';
    return Object.hasOwn(PHASE_OF, kind) ? (PHASE_OF[kind] ?? 'set up') : 'set up';
}
/**
 * The critical path: from the step that ended last back over the need that ended last each time. It is the chain that
 * decided how long the run took; making any other step faster gains nothing. Skipped needs hand over what they needed.
 */
function criticalPath(steps) {
    const byId = new Map(steps.map((step) => [step.id, step]));
    const last = (candidates) => candidates.reduce((best, step) => (best === undefined || step.endMs > best.endMs ? step : best), undefined);
    const path = [];
    const seen = new Set();
    let at = last(ran(steps));
    while (at !== undefined && !seen.has(at.id)) {
        seen.add(at.id);
        path.unshift(at);
        at = last(needsThatRan(at, byId).filter((need) => !seen.has(need.id)));
    }
    return path;
}
function needsThatRan(step, byId) {
    const found = new Map();
    const visited = new Set();
    const visit = (ids) => {
        for (const id of ids) {
            const need = byId.get(id);
            if (need === undefined || visited.has(id))
                continue;
            visited.add(id);
            const [one] = ran([need]);
            if (one === undefined)
                visit(need.needs);
            else
                found.set(id, one);
        }
    };
    visit(step.needs);
    return [...found.values()];
}
/** Milliseconds in which at least one of the steps ran. */
function busyMs(steps) {
    let busy = 0;
    let until = 0;
    for (const { startMs, endMs } of ran(steps).sort((a, b) => a.startMs - b.startMs)) {
        if (endMs <= until)
            continue;
        busy += endMs - Math.max(startMs, until);
        until = endMs;
    }
    return busy;
}
/** The greatest number of steps that ran at the same moment. One that starts when another ends does not overlap it. */
function peakConcurrency(steps) {
    const changes = ran(steps)
        .filter((step) => step.endMs > step.startMs)
        .flatMap((step) => [
        { at: step.startMs, by: 1 },
        { at: step.endMs, by: -1 },
    ]) // prettier-ignore
        .sort((a, b) => a.at - b.at || a.by - b.by);
    let now = 0;
    let peak = 0;
    for (const change of changes) {
        now += change.by;
        peak = Math.max(peak, now);
    }
    return peak;
}
/** All figures about time that a report holds. */
function timingOf(steps) {
    const path = criticalPath(steps);
    const work = (list) => ran(list).reduce((sum, step) => sum + step.endMs - step.startMs, 0);
    return {
        workMs: work(steps),
        criticalMs: work(path),
        criticalPath: path.map((step) => step.id),
        phases: PHASES.map((phase) => ({ phase, list: steps.filter((step) => step.phase === phase) }))
            .filter(({ list }) => ran(list).length > 0)
            .map(({ phase, list }) => ({ phase, wallMs: busyMs(list), workMs: work(list) })),
    };
}
//# sourceMappingURL=timeline.js.map
;// CONCATENATED MODULE: ./lib/report/charts.js





const WIDTH = 860;
const PAD = 20;
const ROW = 22;
const BAR = 14;
const SIZE = 12;
const SMALL = 11;
/** Column of names at the left. */
const NAME_MIN = 90;
const NAME_MAX = 250;
/** Title, subtitle and legend; the height that they take. */
function header(title, subtitle, legend) {
    const room = WIDTH - 2 * PAD;
    const shapes = [
        textAt(PAD, 30, fitText(title, room, 15, true), { size: 15, bold: true }),
        textAt(PAD, 50, fitText(subtitle, room, SIZE), { style: 'm' }),
    ];
    let x = PAD;
    const y = 72;
    for (const item of legend) {
        shapes.push(rectangle({ x, y: y - 9, width: 10, height: 10 }, item.style));
        shapes.push(textAt(x + 15, y, item.text, { size: SMALL, style: 'm' }));
        x += 15 + textWidth(item.text, SMALL) + 18;
    }
    return { shapes, height: legend.length > 0 ? 88 : 66 };
}
const nameColumn = (names) => Math.min(NAME_MAX, Math.max(NAME_MIN, ...names.map((name) => textWidth(name, SIZE))));
/** A round step for an axis of `length`, so that it gets 4 to 10 parts. */
function axisStep(length) {
    if (!(length > 0))
        return 1;
    const power = 10 ** Math.floor(Math.log10(length / 5));
    return [1, 2, 5, 10].map((factor) => factor * power).find((step) => length / step <= 8) ?? 10 * power;
}
/** Round steps of a clock: 15 s and 2 min instead of 20 s and 100 s. */
function timeStep(ms) {
    const steps = [1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000]; // prettier-ignore
    if (ms < 4000)
        return axisStep(ms);
    return steps.find((step) => ms / step <= 8) ?? axisStep(ms / 3_600_000) * 3_600_000;
}
function axisTime(ms, step) {
    if (ms === 0)
        return '0';
    if (step < 1000)
        return ms < 1000 ? `${Math.round(ms)} ms` : `${String(Math.round(ms / 10) / 100)} s`;
    if (step < 60_000)
        return `${String(ms / 1000)} s`;
    if (step < 3_600_000)
        return `${String(ms / 60_000)} min`;
    return `${String(Math.round(ms / 360_000) / 10)} h`;
}
/** What ran beside what: a row for each step, by phase. Undefined when nothing ran. */
function timelineSvg(report) {
    const steps = ran(report.steps);
    if (steps.length === 0)
        return undefined;
    const path = new Set(report.timing.criticalPath);
    const end = Math.max(1, ...steps.map((step) => step.endMs));
    const peak = peakConcurrency(report.steps);
    const failed = steps.some((step) => step.status === 'failed');
    const stopped = steps.some((step) => step.status === 'cancelled');
    const { shapes, height: top } = header(`${formatDuration(report.timing.workMs)} of work in ${formatDuration(end)}`, `${report.project.name} on ${report.run.host}: ${format_count(steps.length, 'step')}, up to ${peak} at the same time`, [
        { style: 'blue', text: 'longest chain' },
        ...(steps.every((step) => path.has(step.id)) ? [] : [{ style: 'grey', text: 'beside it' }]),
        ...(failed ? [{ style: 'red', text: 'failed' }] : []),
        ...(stopped ? [{ style: 'amber', text: 'stopped' }] : []),
    ]);
    const left = PAD + nameColumn(steps.map((step) => step.title)) + 14;
    // The longest duration must fit to the right of a bar that reaches the end.
    const right = Math.max(...steps.map((step) => textWidth(formatDuration(step.endMs - step.startMs), SMALL))) + 8;
    const scale = (WIDTH - PAD - right - left) / end;
    const groups = PHASES.map((phase) => ({
        phase,
        rows: steps
            .filter((step) => step.phase === phase)
            .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs),
    })).filter((group) => group.rows.length > 0);
    const body = top + groups.length * 24 + steps.length * ROW;
    const step = timeStep(end);
    for (let ms = 0; ms <= end; ms += step) {
        const x = left + ms * scale;
        shapes.push(line(x, top, x, body + 4, 'grid'));
        shapes.push(textAt(x, body + 20, axisTime(ms, step), { size: SMALL, anchor: 'middle', style: 'm' }));
    }
    let y = top;
    for (const group of groups) {
        shapes.push(textAt(PAD, y + 16, group.phase.toUpperCase(), { size: 10, bold: true, style: 'm' }));
        y += 24;
        for (const one of group.rows) {
            const took = formatDuration(one.endMs - one.startMs);
            const width = Math.max(2, (one.endMs - one.startMs) * scale);
            const x = Math.min(left + one.startMs * scale, WIDTH - PAD - right - width);
            const style = one.status === 'failed'
                ? 'red'
                : one.status === 'cancelled'
                    ? 'amber'
                    : path.has(one.id)
                        ? 'blue'
                        : 'grey';
            shapes.push(textAt(PAD, y + 15, fitText(one.title, left - PAD - 14, SIZE)));
            shapes.push(rectangle({ x, y: y + 4, width, height: BAR }, style, `${one.title}: ${took}${one.reason === undefined ? '' : `, ${one.reason}`}`));
            shapes.push(textAt(x + width + 6, y + 15, took, { size: SMALL, style: 'm halo' }));
            y += ROW;
        }
    }
    return picture(WIDTH, body + 34, `Timeline of ${report.project.name}`, shapes);
}
const MAX_PACKAGES = 40;
/** Coverage of each package as a bar, least covered first. Undefined without packages that have statements. */
function coverageSvg(report) {
    const { coverage } = report;
    if (coverage === undefined)
        return undefined;
    const all = byCoverage(coverage);
    if (all.length === 0)
        return undefined;
    const packages = all.slice(0, MAX_PACKAGES);
    const names = shortNames(packages.map((one) => one.name), report.project.module);
    const threshold = coverage.threshold === undefined ? '' : `, threshold ${String(coverage.threshold)} %`;
    const hidden = all.length > packages.length ? `, the ${packages.length} least covered of ${all.length} packages` : '';
    const { shapes, height: top } = header(`${format_formatPercent(coverage.percent)} of statements covered`, `${report.project.name}: ${format_count(all.length, 'package')}${threshold}${hidden}`, []);
    const rows = packages.map((one) => ({
        name: names.get(one.name) ?? one.name,
        full: one.name,
        percent: packagePercent(one),
        figures: `${one.covered} / ${one.statements}`,
    }));
    const figuresWidth = Math.max(...rows.map((row) => textWidth(row.figures, SMALL)));
    const percentWidth = textWidth('100.0 %', SIZE, true);
    const left = PAD + nameColumn(rows.map((row) => row.name)) + 14;
    const right = WIDTH - PAD - figuresWidth - 14 - percentWidth - 10;
    const scale = (right - left) / 100;
    let y = top;
    for (const row of rows) {
        const track = { x: left, y: y + 4, width: right - left, height: BAR };
        shapes.push(textAt(PAD, y + 15, fitEnd(row.name, left - PAD - 14, SIZE)));
        shapes.push(rectangle(track, 'track'));
        if (row.percent > 0)
            shapes.push(rectangle({ ...track, width: Math.max(2, row.percent * scale) }, coverageStyle(row.percent, coverage), `${row.full}: ${row.figures} statements`));
        shapes.push(textAt(right + 10 + percentWidth, y + 15, format_formatPercent(row.percent), { anchor: 'end', bold: true }), textAt(WIDTH - PAD, y + 15, row.figures, { size: SMALL, anchor: 'end', style: 'm' }));
        y += ROW;
    }
    if (coverage.threshold !== undefined) {
        const x = left + Math.min(100, Math.max(0, coverage.threshold)) * scale;
        shapes.push(line(x, top - 2, x, y + 4, 'mark'));
        shapes.push(textAt(x, y + 18, `${String(coverage.threshold)} %`, { size: SMALL, anchor: 'middle', style: 'm' }));
    }
    return picture(WIDTH, y + (coverage.threshold === undefined ? 14 : 32), `Coverage of ${report.project.name}`, shapes);
}
/** Against the threshold when there is one: below it is what the gate would refuse, were it for this package alone. */
function coverageStyle(percent, coverage) {
    const good = coverage.threshold ?? 80;
    return percent >= good ? 'green' : percent >= good / 2 ? 'amber' : 'red';
}
/** Compressed sizes of all images and platforms, base and own layers apart. Undefined when no size is known. */
function sizesSvg(report) {
    const images = report.images
        .map((image) => ({ ...image, platforms: image.platforms.filter((one) => one.size > 0) }))
        .filter((image) => image.platforms.length > 0);
    const all = images.flatMap((image) => image.platforms);
    if (all.length === 0)
        return undefined;
    const most = Math.max(...all.flatMap((one) => [one.size, one.previousSize ?? 0]));
    const largest = Math.max(...all.map((one) => one.size));
    const shrunk = all.some((one) => (one.previousSize ?? 0) > one.size);
    const { shapes, height: top } = header(all.length === 1 ? `${formatBytes(largest)} to pull` : `Up to ${formatBytes(largest)} to pull`, `${report.project.name}: compressed layers, as a registry sends them`, [
        { style: 'blue', text: 'own layers' },
        ...(all.some((one) => one.layers.some((layer) => layer.base))
            ? [{ style: 'grey', text: 'base image' }]
            : []),
        ...(shrunk ? [{ style: 'sky', text: 'saved against the previous tag' }] : []),
    ]);
    const label = (one) => formatBytes(one.size) +
        (one.previousSize === undefined ? '' : ` · ${sizeChange(one.size, one.previousSize)}`);
    const left = PAD + nameColumn(all.map((one) => one.platform)) + 14;
    const right = Math.max(...all.map((one) => textWidth(label(one), SMALL))) + 8;
    const scale = (WIDTH - PAD - right - left) / most;
    let y = top;
    for (const image of images) {
        const tag = image.tags[0] === undefined ? '' : `:${image.tags[0].tag}`;
        shapes.push(textAt(PAD, y + 16, fitText(image.name + tag, WIDTH - 2 * PAD, SIZE, true), { bold: true }));
        y += 26;
        for (const one of image.platforms) {
            const base = one.layers.reduce((sum, layer) => sum + (layer.base ? layer.size : 0), 0);
            const own = Math.max(0, one.size - base);
            const row = { y: y + 4, height: BAR };
            const width = Math.max(2, one.size * scale);
            const saved = (one.previousSize ?? 0) > one.size ? ((one.previousSize ?? 0) - one.size) * scale : 0;
            shapes.push(textAt(PAD, y + 15, fitText(one.platform, left - PAD - 14, SIZE)));
            if (saved >= 1)
                shapes.push(rectangle({ ...row, x: left + width, width: saved }, 'sky', `before: ${formatBytes(one.previousSize ?? 0)}`));
            shapes.push(rectangle({ ...row, x: left, width: Math.min(width, base * scale) }, 'grey', `base image: ${formatBytes(base)}`));
            shapes.push(rectangle({ ...row, x: left + Math.min(width, base * scale), width: Math.max(0, width - base * scale) }, 'blue', `own layers: ${formatBytes(own)}`));
            shapes.push(textAt(left + width + saved + 6, y + 15, label(one), { size: SMALL, style: 'm' }));
            y += ROW;
        }
        y += 6;
    }
    return picture(WIDTH, y + 10, `Image sizes of ${report.project.name}`, shapes);
}
//# sourceMappingURL=charts.js.map
;// CONCATENATED MODULE: ./lib/report/schema.js

const described = (description) => description === undefined ? {} : { description };
const schema_text = (description) => ({
    json: { type: 'string', ...described(description) },
});
const digest = { json: { type: 'string', pattern: '^sha(256|512):[0-9a-f]+$' } };
const flag = (description) => ({
    json: { type: 'boolean', ...described(description) },
});
/** A number from 0 up. */
const amount = (description) => ({
    json: { type: 'number', minimum: 0, ...described(description) },
});
const whole = (description) => ({
    json: { type: 'integer', minimum: 0, ...described(description) },
});
const schema_oneOf = (...values) => ({
    json: { type: 'string', enum: values },
});
const schema_list = (items, description) => ({
    json: { type: 'array', items: items.json, ...described(description) },
});
const schema_object = (required, optional) => {
    const schemas = (fields) => Object.entries(fields).map(([name, field]) => [name, field.json]);
    return {
        json: {
            type: 'object',
            properties: Object.fromEntries([...schemas(required), ...schemas(optional)]),
            required: Object.keys(required),
        },
    };
};
const problem = schema_object({ code: schema_text('Stable, kebab-case.'), what: schema_text() }, { cause: schema_text(), where: schema_text(), fix: schema_text(), input: schema_text(), value: schema_text() });
const schema_image = schema_object({
    name: schema_text('Name without tag or digest.'),
    tags: schema_list(schema_object({ tag: schema_text() }, { before: digest, after: digest })),
    platforms: schema_list(schema_object({
        platform: schema_text('os/arch[/variant]'),
        size: whole('Config and compressed layers, in bytes.'),
        layers: schema_list(schema_object({ digest, size: whole(), base: flag('Part of the base image.') }, {})),
    }, { digest, previousSize: whole() })),
    verified: flag('Read back from the registry and hashed again.'),
}, {
    digest,
    base: schema_object({ name: schema_text() }, { digest }),
    start: schema_object({ platform: schema_text(), ok: flag(), detail: schema_text() }, {}),
});
const report = schema_object({
    schema: { json: { type: 'integer', enum: [1] } },
    outcome: schema_oneOf('passed', 'failed', 'cancelled'),
    startedAt: schema_text('RFC 3339, UTC.'),
    durationMs: amount('Milliseconds, as all times in this file.'),
    project: schema_object({ name: schema_text(), directory: schema_text(), dirty: flag() }, {
        module: schema_text(),
        version: schema_text(),
        url: schema_text(),
        commit: schema_text(),
        branch: schema_text(),
        tag: schema_text(),
        pullRequest: whole(),
    }),
    run: schema_object({ event: schema_text(), host: schema_text() }, { actor: schema_text(), url: schema_text(), attempt: whole(), cores: whole() }),
    tools: schema_list(schema_object({ name: schema_text(), version: schema_text() }, { source: schema_text() })),
    steps: schema_list(schema_object({
        id: schema_text(),
        title: schema_text(),
        status: schema_oneOf('ok', 'failed', 'skipped', 'cancelled'),
        gate: flag(),
        needs: schema_list(schema_text()),
        phase: schema_oneOf(...PHASES),
    }, { startMs: amount('Since the start of the run.'), endMs: amount(), reason: schema_text() })),
    gates: schema_list(schema_object({
        id: schema_text(),
        title: schema_text(),
        verdict: schema_oneOf('passed', 'failed', 'warned', 'off', 'not-reached'),
    }, { detail: schema_text(), durationMs: amount() })),
    diagnostics: schema_list(schema_object({ tool: schema_text(), level: schema_oneOf('error', 'warning', 'notice'), message: schema_text() }, { file: schema_text('Repository-relative.'), line: whole(), code: schema_text(), fix: schema_text() })),
    images: schema_list(schema_image),
    push: flag('false: built and checked only.'),
    published: flag('Tags were moved.'),
    caches: schema_list(schema_object({ name: schema_text(), hit: schema_oneOf('exact', 'partial', 'miss', 'off', 'failed') }, { restoredBytes: whole(), restoreMs: amount(), key: schema_text(), note: schema_text() })),
    retries: schema_list(schema_object({ what: schema_text(), count: whole(), lastReason: schema_text() }, {})),
    notes: schema_list(schema_text()),
    warnings: schema_list(schema_text()),
    problems: schema_list(problem, 'Why the run did not pass.'),
    files: schema_list(schema_object({ title: schema_text(), path: schema_text() }, {})),
    timing: schema_object({
        workMs: amount('Sum of all steps.'),
        criticalMs: amount(),
        criticalPath: schema_list(schema_text('Id of a step.')),
        phases: schema_list(schema_object({ phase: schema_oneOf(...PHASES), wallMs: amount(), workMs: amount() }, {})),
    }, {}),
}, {
    tests: schema_object({
        passed: whole(),
        failed: whole(),
        skipped: whole(),
        packages: whole(),
        cachedPackages: whole(),
        durationMs: amount(),
        slowest: schema_list(schema_object({ package: schema_text(), name: schema_text(), ms: amount() }, {})),
        failures: schema_list(schema_object({ package: schema_text(), message: schema_text(), output: schema_list(schema_text()) }, { test: schema_text(), file: schema_text(), line: whole() })),
    }, {}),
    coverage: schema_object({
        percent: amount('Of statements, 0 to 100.'),
        packages: schema_list(schema_object({ name: schema_text(), covered: whole(), statements: whole() }, {})),
    }, { threshold: amount(), previousPercent: amount() }),
    failureLog: schema_object({ step: schema_text(), lines: schema_list(schema_text()) }, {}),
});
/** JSON Schema of report.json. Fields may be added under the same number; readers ignore what they do not know. */
const REPORT_SCHEMA = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Report of a go-image-pipeline run',
    ...report.json,
};
/** Where `value` differs from the schema: `/images/0/tags/1/tag: is number, not string`. Empty when it fits. */
function schemaFaults(value, schema = REPORT_SCHEMA, path = '') {
    const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    const wanted = schema.type === 'integer' ? 'number' : schema.type;
    if (type !== wanted)
        return [`${path || '/'}: is ${type}, not ${schema.type}`];
    const faults = [];
    if (schema.enum?.includes(value) === false)
        faults.push(`${path}: is none of ${schema.enum.join(', ')}`);
    if (typeof value === 'number') {
        if (schema.type === 'integer' && !Number.isInteger(value))
            faults.push(`${path}: is not a whole number`);
        if (schema.minimum !== undefined && !(value >= schema.minimum))
            faults.push(`${path}: is below ${schema.minimum}`);
    }
    if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
        faults.push(`${path}: does not look like ${schema.pattern}`);
    if (Array.isArray(value) && schema.items !== undefined) {
        const items = schema.items;
        for (const [i, item] of value.entries())
            faults.push(...schemaFaults(item, items, `${path}/${i}`));
    }
    if (type === 'object') {
        const fields = value;
        for (const name of schema.required ?? [])
            if (!Object.hasOwn(fields, name))
                faults.push(`${path}/${name}: is missing`);
        for (const [name, field] of Object.entries(schema.properties ?? {}))
            if (Object.hasOwn(fields, name))
                faults.push(...schemaFaults(fields[name], field, `${path}/${name}`));
    }
    return faults;
}
/** Reads a report.json (of an earlier run, for comparison); returns the reason when it is none. */
function parseReport(json) {
    let value;
    try {
        value = JSON.parse(json);
    }
    catch (error) {
        return { reason: error instanceof Error ? error.message : String(error) };
    }
    const faults = schemaFaults(value);
    return faults.length === 0 ? value : { reason: faults.slice(0, 5).join('; ') };
}
//# sourceMappingURL=schema.js.map
;// CONCATENATED MODULE: ./lib/report/summary-failure.js


const MAX_PROBLEMS = 10;
const MAX_FAILURES = 10;
const MAX_FINDINGS = 25;
const MAX_OUTPUT_LINES = 25;
const MAX_LOG_LINES = 60;
const summary_failure_MAX_LINE = 300;
/** What went wrong, before anything else: causes, places and fixes; then tests, findings and the log behind them. */
function failureSection(report) {
    if (report.outcome === 'passed')
        return undefined;
    const parts = [];
    for (const problem of report.problems.slice(0, MAX_PROBLEMS))
        parts.push(problemBlock(problem, report));
    if (report.problems.length > MAX_PROBLEMS)
        parts.push(`… and ${format_count(report.problems.length - MAX_PROBLEMS, 'more problem')}; all are in report.json.`);
    parts.push(...testFailures(report.tests?.failures ?? [], report));
    const log = report.failureLog;
    if (log !== undefined && log.lines.length > 0) {
        const lines = tail(log.lines, MAX_LOG_LINES);
        parts.push(details(`Last ${format_count(lines.length, 'line')} of ${log.step}`, fence(lines, 'text')));
    }
    return parts.length === 0 ? undefined : parts.join('\n\n');
}
function problemBlock(problem, report) {
    const lines = [`> ❌ **${inline(shorten(problem.what, 500))}**`];
    const row = (name, text) => {
        if (text !== undefined && text !== '')
            lines.push('>', `> **${name}** ${text}`);
    };
    row('Cause', problem.cause === undefined ? undefined : inline(shorten(problem.cause, 2000)));
    row('Where', place(problem, report));
    row('Fix', problem.fix === undefined ? undefined : inline(shorten(problem.fix, 2000)));
    return lines.join('\n');
}
function place(problem, report) {
    const parts = [];
    if (problem.input !== undefined) {
        const value = problem.value === undefined ? '' : ` = ${code(shorten(problem.value, 200))}`;
        parts.push(`input ${code(problem.input)}${value}`);
    }
    if (problem.where !== undefined) {
        const file = /^([\w./@ -]+\.\w+):(\d+)(?::\d+)?$/.exec(problem.where);
        const url = file?.[1] === undefined ? undefined : fileUrl(report, file[1], Number(file[2]));
        parts.push(markdown_link(code(shorten(problem.where, 500)), url));
    }
    return parts.join(', ');
}
function testFailures(failures, report) {
    const shown = failures.slice(0, MAX_FAILURES).map((failure) => {
        const name = failure.test === undefined ? failure.package : `${failure.test} (${failure.package})`;
        const where = failure.file === undefined
            ? []
            : [
                markdown_link(code(failure.line === undefined ? failure.file : `${failure.file}:${failure.line}`), fileUrl(report, failure.file, failure.line)),
            ];
        const output = failure.output.length > 0 ? failure.output : failure.message.split('\n');
        return details(`✗ ${shorten(name, 200)}`, [...where, fence(tail(output, MAX_OUTPUT_LINES), 'text')].join('\n\n'));
    });
    if (failures.length > MAX_FAILURES)
        shown.push(`… and ${format_count(failures.length - MAX_FAILURES, 'more failed test')}; all are in junit.xml.`);
    return shown;
}
/** Findings on lines of the code, worst first. */
function findingsSection(report) {
    const weight = { error: 0, warning: 1, notice: 2 };
    const sorted = [...report.diagnostics].sort((a, b) => weight[a.level] - weight[b.level]);
    if (sorted.length === 0)
        return undefined;
    const icon = { error: '❌', warning: '⚠️', notice: 'ℹ️' };
    const rows = sorted.slice(0, MAX_FINDINGS).map((one) => {
        const where = one.file === undefined
            ? ''
            : markdown_link(code(one.line === undefined ? one.file : `${one.file}:${one.line}`), fileUrl(report, one.file, one.line));
        const fix = one.fix === undefined ? '' : `<br>→ ${inline(shorten(one.fix, summary_failure_MAX_LINE))}`;
        return [
            icon[one.level],
            where,
            inline(shorten(one.message, summary_failure_MAX_LINE)) + fix,
            code(one.code === undefined ? one.tool : `${one.tool} ${one.code}`),
        ];
    });
    const more = sorted.length > MAX_FINDINGS
        ? `\n\n… and ${sorted.length - MAX_FINDINGS} more; all are in report.json.`
        : '';
    return (table([['', 'left'], ['Where', 'left'], ['Finding', 'left'], ['From', 'left']], rows) + more); // prettier-ignore
}
const tail = (lines, most) => lines.slice(-most).map((line) => shorten(line, summary_failure_MAX_LINE));
//# sourceMappingURL=summary-failure.js.map
;// CONCATENATED MODULE: ./lib/report/gantt.js




/** More bars than these are no picture any more; the longest are kept. */
const MAX_BARS = 40;
const TICKS = [
    [100, '100millisecond'], [250, '250millisecond'], [500, '500millisecond'],
    [1000, '1second'], [2000, '2second'], [5000, '5second'], [10_000, '10second'], [15_000, '15second'], [30_000, '30second'],
    [60_000, '1minute'], [120_000, '2minute'], [300_000, '5minute'], [600_000, '10minute'], [900_000, '15minute'], [1_800_000, '30minute'],
    [3_600_000, '1hour'],
]; // prettier-ignore
/**
 * What ran beside what, as a Mermaid gantt chart. Red bars failed, those of the critical path have the theme's main
 * colour, the others its colour for what is done. (`active` would be brighter, but Mermaid's dark theme writes labels beside
 * such bars in black.)
 * The axis counts seconds since the start (`%s` is the epoch's, and the chart starts there), because a clock time would be
 * shifted by the time zone of the reader.
 */
function renderGantt(report) {
    const all = ran(report.steps);
    if (all.length === 0)
        return undefined;
    const path = new Set(report.timing.criticalPath);
    const length = (step) => step.endMs - step.startMs;
    const kept = new Set([...all]
        .sort((a, b) => Number(path.has(b.id)) - Number(path.has(a.id)) || length(b) - length(a))
        .slice(0, MAX_BARS));
    const end = Math.max(...all.map((step) => step.endMs));
    const [tickMs, tick] = TICKS.find(([ms]) => end / ms <= 10) ?? [3_600_000, '1hour'];
    const lines = [
        'gantt',
        '  dateFormat x',
        `  axisFormat ${tickMs < 1000 ? '%s.%L s' : '%s s'}`,
        `  tickInterval ${tick}`,
        '  todayMarker off',
    ];
    for (const phase of PHASES) {
        const steps = all
            .filter((step) => step.phase === phase && kept.has(step))
            .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
        if (steps.length > 0)
            lines.push(`  section ${ganttName(phase)}`);
        for (const step of steps) {
            const kind = step.status === 'failed' ? 'crit, ' : path.has(step.id) ? '' : 'done, ';
            const name = ganttName(`${step.title} ${formatDuration(length(step))}`);
            // A bar without length is not drawn.
            const width = Math.max(1, Math.round(length(step)));
            lines.push(`  ${name} :${kind}${Math.round(step.startMs)}, ${width}ms`);
        }
    }
    return lines.join('\n');
}
//# sourceMappingURL=gantt.js.map
;// CONCATENATED MODULE: ./lib/report/summary-parts.js

 // prettier-ignore



const summary_parts_MAX_PACKAGES = 60;
const MAX_SLOWEST = 10;
const MAX_PULLS = 20;
/** Beneath this a "slow" test is none. */
const SLOW_MS = 100;
const VERDICTS = {
    passed: '✅ passed',
    failed: '❌ failed',
    warned: '⚠️ warned',
    off: '➖ off',
    'not-reached': '⏭️ not reached',
};
function gatesSection(report) {
    if (report.gates.length === 0)
        return undefined;
    return table([['Gate', 'left'], ['Verdict', 'left'], ['Detail', 'left'], ['Time', 'right']], report.gates.map((gate) => [
        inline(gate.title),
        VERDICTS[gate.verdict],
        inline(shorten(gate.detail ?? '', 300)),
        gate.durationMs === undefined ? '' : formatDuration(gate.durationMs),
    ])); // prettier-ignore
}
function testsSection(report) {
    const { tests, coverage } = report;
    if (tests === undefined && coverage === undefined)
        return undefined;
    const parts = [];
    if (tests !== undefined) {
        const figures = [
            tests.failed > 0 ? `**${tests.failed} failed**` : undefined,
            `${tests.passed} passed`,
            tests.skipped > 0 ? `${tests.skipped} skipped` : undefined,
        ].filter((figure) => figure !== undefined);
        const cached = tests.cachedPackages > 0 ? `, ${tests.cachedPackages} of them from the cache` : '';
        parts.push(`${figures.join(', ')} in ${format_count(tests.packages, 'package')}${cached}, ${formatDuration(tests.durationMs)}`);
    }
    if (coverage !== undefined) {
        const change = coverage.previousPercent === undefined
            ? undefined
            : `${pointChange(coverage.percent, coverage.previousPercent)} against the last run`;
        const threshold = coverage.threshold === undefined ? undefined : `threshold ${String(coverage.threshold)} %`;
        const extra = [change, threshold].filter((part) => part !== undefined).join(', ');
        parts.push(`**Coverage** \`${bar(coverage.percent)}\` ${format_formatPercent(coverage.percent)} of statements${extra === '' ? '' : ` (${extra})`}`);
    }
    const folded = [coverageTable(report), slowestTable(report)].filter((part) => part !== undefined);
    return [parts.join('<br>\n'), ...folded].join('\n\n');
}
function coverageTable(report) {
    const { coverage } = report;
    const packages = coverage === undefined ? [] : byCoverage(coverage);
    if (packages.length < 2)
        return undefined;
    const names = shortNames(packages.map((one) => one.name), report.project.module);
    const rows = packages
        .slice(0, summary_parts_MAX_PACKAGES)
        .map((one) => [
        code(names.get(one.name) ?? one.name),
        `\`${bar(packagePercent(one))}\` ${format_formatPercent(packagePercent(one))}`,
        `${one.covered} / ${one.statements}`,
    ]);
    const more = packages.length > summary_parts_MAX_PACKAGES ? `\n\n… and ${packages.length - summary_parts_MAX_PACKAGES} better covered ones.` : '';
    return details(`Coverage of ${format_count(packages.length, 'package')}`, table([['Package', 'left'], ['Coverage', 'left'], ['Statements', 'right']], rows) + more); // prettier-ignore
}
function slowestTable(report) {
    const slowest = [...(report.tests?.slowest ?? [])]
        .filter((test) => test.ms >= SLOW_MS)
        .sort((a, b) => b.ms - a.ms)
        .slice(0, MAX_SLOWEST);
    if (slowest.length === 0)
        return undefined;
    const names = shortNames(slowest.map((test) => test.package), report.project.module);
    const rows = slowest.map((test) => [
        code(shorten(test.name, 120)),
        code(names.get(test.package) ?? test.package),
        formatDuration(test.ms),
    ]);
    return details('Slowest tests', table([['Test', 'left'], ['Package', 'left'], ['Time', 'right']], rows)); // prettier-ignore
}
/** Ten cells; only a full value fills the last one, only zero leaves the first one empty. */
function bar(percent) {
    const exact = Math.floor(percent / 10);
    const full = percent >= 100 ? 10 : percent <= 0 ? 0 : Math.min(9, Math.max(1, exact));
    return '█'.repeat(full) + '░'.repeat(10 - full);
}
function imagesSection(report) {
    if (report.images.length === 0)
        return undefined;
    return report.images.map((image) => imageBlock(image, report)).join('\n\n');
}
function imageBlock(image, report) {
    const state = [
        image.digest === undefined ? undefined : code(shortDigest(image.digest)),
        image.verified ? 'read back and hashed again ✔' : undefined,
        report.push ? undefined : 'built, not pushed',
    ].filter((part) => part !== undefined);
    const parts = [`**${code(image.name)}**${state.length > 0 ? ` · ${state.join(' · ')}` : ''}`];
    if (image.platforms.length > 0) {
        const compared = image.platforms.some((one) => one.previousSize !== undefined);
        const rows = image.platforms.map((one) => {
            const base = one.layers.filter((layer) => layer.base).length;
            return [
                code(one.platform),
                one.size > 0 ? formatBytes(one.size) : '',
                ...(compared
                    ? [one.previousSize === undefined ? 'new' : sizeChange(one.size, one.previousSize)]
                    : []),
                `${one.layers.length - base}${base > 0 ? ` + ${base} of the base` : ''}`,
                one.digest === undefined ? '' : code(shortDigest(one.digest)),
            ];
        });
        parts.push(table([['Platform', 'left'], ['Size', 'right'], ...(compared ? [['Change', 'right']] : []), ['Layers', 'left'], ['Digest', 'left']], rows)); // prettier-ignore
    }
    const lines = [];
    if (image.tags.length > 0)
        lines.push(tagsLine(image.tags));
    if (image.base !== undefined) {
        const digest = image.base.digest === undefined ? '' : ` at ${code(shortDigest(image.base.digest))}`;
        lines.push(`**Base** ${code(image.base.name)}${digest}`);
    }
    if (image.start !== undefined)
        lines.push(`**Start** ${image.start.ok ? '✅' : '❌'} ${code(image.start.platform)} ${inline(image.start.detail)}`);
    if (lines.length > 0)
        parts.push(lines.join('<br>\n'));
    return parts.join('\n\n');
}
function tagsLine(tags) {
    const published = tags.filter((tag) => tag.after !== undefined);
    const rest = tags.filter((tag) => tag.after === undefined).map((tag) => code(tag.tag));
    const parts = [
        ...published.map(tagText),
        ...(rest.length > 0 ? [`${rest.join(', ')} (${rest.length > 1 ? 'all ' : ''}not published)`] : []),
    ];
    return `**Tags** ${parts.join(', ')}`;
}
function tagText(tag) {
    const name = code(tag.tag);
    if (tag.before === undefined)
        return name;
    return tag.before === tag.after
        ? `${name} (unchanged)`
        : `${name} (moved from ${code(shortDigest(tag.before))})`;
}
/** The lines that people copy. */
function pullSection(report) {
    if (!report.published)
        return undefined;
    const lines = report.images.slice(0, MAX_PULLS).flatMap((image) => {
        const name = pullName(image);
        if (name === undefined)
            return [];
        const pinned = image.digest === undefined ? [] : [`docker run --rm ${image.name}@${image.digest}`];
        return [`docker pull ${name}`, ...pinned];
    });
    return lines.length === 0 ? undefined : fence(lines, 'sh');
}
function timelineSection(report) {
    const gantt = renderGantt(report);
    if (gantt === undefined)
        return undefined;
    const titles = new Map(report.steps.map((step) => [step.id, step.title]));
    const chain = report.timing.criticalPath.map((id) => inline(titles.get(id) ?? id)).join(' → ');
    const folded = details('Time by phase', table([['Phase', 'left'], ['Took', 'right'], ['Work in it', 'right']], report.timing.phases.map((one) => [inline(one.phase), formatDuration(one.wallMs), formatDuration(one.workMs)]))); // prettier-ignore
    return [
        parallelText(report),
        `\`\`\`mermaid\n${gantt}\n\`\`\``,
        `**Longest chain** ${formatDuration(report.timing.criticalMs)}: ${chain}`,
        folded,
    ].join('\n\n');
}
/** `38.1 s of work in 12.4 s, up to 5 steps at the same time`. */
function parallelText(report) {
    const peak = peakConcurrency(report.steps);
    const steps = ran(report.steps);
    const wall = Math.max(0, ...steps.map((step) => step.endMs));
    const beside = peak > 1 ? `, up to ${peak} steps at the same time` : '';
    return `${formatDuration(report.timing.workMs)} of work in ${formatDuration(wall)}${beside}`;
}
function cachesLine(report) {
    if (report.caches.length === 0)
        return undefined;
    const words = { exact: 'exact', partial: 'partly', miss: 'nothing found', off: 'off', failed: 'failed' };
    const parts = report.caches.map((cache) => {
        const size = cache.restoredBytes === undefined ? '' : ` ${formatBytes(cache.restoredBytes)}`;
        const time = cache.restoreMs === undefined ? '' : ` in ${formatDuration(cache.restoreMs)}`;
        const note = cache.note === undefined ? '' : ` (${inline(shorten(cache.note, 200))})`;
        return `${inline(cache.name)} ${words[cache.hit]}${size}${time}${note}`;
    });
    return `**Caches** ${parts.join(' · ')}`;
}
function retriesLine(report) {
    if (report.retries.length === 0)
        return undefined;
    const parts = report.retries
        .slice(0, 10)
        .map((one) => `${inline(one.what)} ×${one.count} (${inline(shorten(one.lastReason, 160))})`);
    const total = report.retries.reduce((sum, one) => sum + one.count, 0);
    return `**Retries** ${total}: ${parts.join('; ')}`;
}
function toolsLine(report) {
    const parts = report.tools.map((tool) => `${inline(tool.name)} ${inline(tool.version)}${tool.source === undefined ? '' : ` (${inline(tool.source)})`}`);
    const machine = `${inline(report.run.host)}${report.run.cores === undefined ? '' : `, ${format_count(report.run.cores, 'core')}`}`;
    return `**Machine** ${[machine, ...parts].join(' · ')}`;
}
//# sourceMappingURL=summary-parts.js.map
;// CONCATENATED MODULE: ./lib/report/summary.js




 // prettier-ignore
/** GitHub drops a step summary above 1 MiB as a whole; a page above this is slow and read by nobody. */
const WANTED_BYTES = 64_000;
const MOST_BYTES = 900_000;
const MAX_NOTES = 15;
/**
 * The job summary as GitHub-flavoured Markdown: the verdict, then what failed and how to mend it, then gates, tests,
 * images, time. It stays far below GitHub's 1 MiB.
 */
function renderSummary(report) {
    const sections = [
        { cut: 0, body: `## ${headline(report)}\n\n${subline(report)}` },
        { cut: 1, body: failureSection(report) },
        { cut: 0, body: pullSection(report) },
        { cut: 2, body: gatesSection(report) },
        { cut: 4, title: 'Findings', body: findingsSection(report) },
        { cut: 5, title: 'Tests', body: testsSection(report) },
        { cut: 3, title: report.images.length > 1 ? 'Images' : 'Image', body: imagesSection(report) },
        { cut: 6, title: 'Timeline', body: timelineSection(report) },
        { cut: 7, body: closing(report) },
    ];
    return fit(sections);
}
/** Leaves whole sections out, least needed first, until the page fits. */
function fit(sections) {
    const kept = sections.filter((section) => section.body !== undefined);
    const left = [];
    const page = () => `${[
        ...kept.map((section) => section.title === undefined ? (section.body ?? '') : `### ${section.title}\n\n${section.body ?? ''}`),
        ...(left.length > 0
            ? [`Left out to keep this page short, and all there in the report files: ${left.join(', ')}.`]
            : []),
    ].join('\n\n')}\n`;
    for (;;) {
        const text = page();
        if (Buffer.byteLength(text) <= WANTED_BYTES)
            return text;
        const victim = kept.reduce((worst, section) => (section.cut > (worst?.cut ?? 0) ? section : worst), undefined);
        if (victim === undefined || kept.length <= 2)
            return Buffer.byteLength(text) <= MOST_BYTES
                ? text
                : Buffer.from(text).subarray(0, MOST_BYTES).toString().toWellFormed();
        kept.splice(kept.indexOf(victim), 1);
        left.push(victim.title?.toLowerCase() ?? (victim.cut === 1 ? 'failures' : victim.cut === 2 ? 'gates' : 'details'));
    }
}
/** The verdict in one line, as plain text for notifications and as the heading of the summary. */
function headlineText(report) {
    const name = report.project.name;
    const version = report.project.version;
    const what = oneLine(version === undefined || version === '' ? name : `${name} ${version}`);
    if (report.outcome === 'cancelled')
        return `${what} was cancelled`;
    if (report.outcome === 'passed') {
        if (!report.published)
            return `${what} passed every gate`;
        const verified = report.images.length > 0 && report.images.every((image) => image.verified);
        return verified ? `${what} is published and read back` : `${what} is published`;
    }
    const failed = report.steps.find((step) => step.status === 'failed');
    if (failed?.gate === true)
        return `${what} was stopped at the gate “${oneLine(failed.title)}”`;
    if (failed !== undefined)
        return `${what} failed at “${oneLine(failed.title)}”`;
    return `${what} could not start`;
}
function headline(report) {
    const icon = { passed: '✅', failed: '❌', cancelled: '⏹️' }[report.outcome];
    return `${icon} ${inline(shorten(headlineText(report), 200))}`;
}
function subline(report) {
    const { project, tests, coverage, images } = report;
    const facts = [];
    if (tests !== undefined)
        facts.push(tests.failed > 0
            ? `**${format_count(tests.failed, 'failed test')}**`
            : `**${format_count(tests.passed, 'test')}** passed`);
    if (coverage !== undefined)
        facts.push(`**${format_formatPercent(coverage.percent)}** covered`);
    const platforms = new Set(images.flatMap((image) => image.platforms.map((one) => one.platform)));
    if (platforms.size > 0)
        facts.push(`**${format_count(platforms.size, 'platform')}**`);
    const starts = images.flatMap((image) => (image.start === undefined ? [] : [image.start]));
    if (starts.length > 0 && starts.every((start) => start.ok))
        facts.push('**starts**');
    facts.push(formatDuration(report.durationMs));
    const lines = [facts.join(' · ')];
    if (report.outcome !== 'passed' && report.push)
        lines.push(report.published ? '⚠️ Tags had been moved before this happened.' : '**No tag was moved**: the registry shows what it showed before.'); // prettier-ignore
    const origin = [
        project.pullRequest === undefined
            ? undefined
            : markdown_link(`#${project.pullRequest}`, project.url === undefined ? undefined : `${project.url}/pull/${project.pullRequest}`),
        project.tag ?? project.branch,
    ];
    const from = origin[0] ?? (origin[1] === undefined ? undefined : code(origin[1]));
    const commit = project.commit === undefined
        ? undefined
        : markdown_link(code(project.commit.slice(0, 7)), project.url === undefined ? undefined : `${project.url}/commit/${project.commit}`);
    const digest = report.published && images.length === 1 && images[0]?.digest !== undefined
        ? code(shortDigest(images[0].digest))
        : undefined;
    const dirty = project.dirty ? 'with changes that are not committed' : undefined;
    const where = [from, commit, dirty, digest].filter((part) => part !== undefined);
    if (where.length > 0)
        lines.push(where.join(' · '));
    return lines.join('<br>\n');
}
function closing(report) {
    const lines = [cachesLine(report), retriesLine(report), toolsLine(report)].filter((line) => line !== undefined);
    const remarks = [...report.warnings.map((text) => `- ⚠️ ${inline(shorten(text, 500))}`), ...report.notes.map((text) => `- ${inline(shorten(text, 500))}`)]; // prettier-ignore
    const shown = remarks.slice(0, MAX_NOTES);
    if (remarks.length > shown.length)
        shown.push(`- … and ${remarks.length - shown.length} more in report.json`);
    const parts = [lines.join('<br>\n')];
    if (shown.length > 0) {
        // Warnings want to be read; notes are there for who wonders.
        parts.push(report.warnings.length > 0 ? shown.join('\n') : details(format_count(shown.length, 'note'), shown.join('\n')));
    }
    return parts.join('\n\n');
}
//# sourceMappingURL=summary.js.map
;// CONCATENATED MODULE: ./lib/report/files.js





/**
 * Writes report.json with its schema, summary.md and the pictures that there is something to draw for. Each file
 * appears whole or not at all. Secrets are taken out of every text, also of those inside the JSON.
 * Other files (junit.xml, coverage.out) are listed in report.json when the report names them.
 *
 * @returns the names of the written files, in the order in which a reader would open them
 */
async function writeReportFiles(folder, report, secrets) {
    const clean = redactAll(report, secrets);
    const pictures = [
        { title: 'Timeline', path: 'timeline.svg', content: timelineSvg(clean) },
        { title: 'Coverage', path: 'coverage.svg', content: coverageSvg(clean) },
        { title: 'Image sizes', path: 'sizes.svg', content: sizesSvg(clean) },
    ].filter((one) => one.content !== undefined);
    const listed = [
        { title: 'Summary', path: 'summary.md' },
        ...pictures.map(({ title, path }) => ({ title, path })),
        ...clean.files,
    ];
    const files = listed.filter((one, i) => listed.findIndex((other) => other.path === one.path) === i);
    const written = [
        { path: 'summary.md', content: renderSummary(clean) },
        ...pictures,
        { path: 'report.schema.json', content: `${JSON.stringify(REPORT_SCHEMA, null, 2)}\n` },
        // Last: who finds it finds the others too.
        { path: 'report.json', content: `${JSON.stringify({ ...clean, files }, null, 2)}\n` },
    ];
    for (const { path, content } of written)
        await writeAtomic((0,external_node_path_.join)(folder, path), content);
    return written.map(({ path }) => path);
}
/** A copy in which no string, at any depth, holds a secret. Redacting the JSON text instead would miss escaped ones. */
function redactAll(value, secrets) {
    const clean = (at) => {
        if (typeof at === 'string')
            return secrets.redact(at);
        if (Array.isArray(at))
            return at.map(clean);
        if (typeof at === 'object' && at !== null)
            return Object.fromEntries(Object.entries(at).map(([key, entry]) => [key, clean(entry)]));
        return at;
    };
    return clean(value);
}
//# sourceMappingURL=files.js.map
;// CONCATENATED MODULE: ./lib/report/junit.js

/**
 * JUnit XML as the readers of GitHub, GitLab and Jenkins take it: one suite per package. What does not compile and
 * what vet finds are errors of the suite of their package, or of a suite `build` when they belong to none.
 */
function junitXml(report, name = 'go test') {
    const failures = groupBy(report.failures, (f) => f.package);
    const diagnostics = groupBy([...report.buildErrors, ...report.findings], (d) => (d.package ?? 'build').replace(/_test$/, ''));
    const suites = report.packages.map((result) => suite(result.package, result, failures.get(result.package) ?? [], diagnostics.get(result.package) ?? []));
    const known = new Set(report.packages.map((result) => result.package));
    const others = new Set([...failures.keys(), ...diagnostics.keys()].filter((key) => !known.has(key)));
    for (const other of [...others].sort())
        suites.push(suite(other, undefined, failures.get(other) ?? [], diagnostics.get(other) ?? []));
    const sum = (of) => suites.reduce((total, s) => total + of(s), 0);
    const head = junit_element('testsuites', {
        name,
        tests: sum((s) => s.tests),
        failures: sum((s) => s.failures),
        errors: sum((s) => s.errors),
        skipped: sum((s) => s.skipped),
        time: seconds(report.ms),
    });
    return `<?xml version="1.0" encoding="UTF-8"?>\n${head}>\n${suites.map((s) => s.xml).join('')}</testsuites>\n`;
}
function suite(name, result, failures, diagnostics) {
    const cases = [];
    const counts = { tests: 0, failures: 0, errors: 0, skipped: 0 };
    const byTest = new Map(failures.flatMap((f) => (f.test === undefined ? [] : [[f.test, f]])));
    const told = new Set();
    const add = (attributes, body) => {
        counts.tests++;
        const head = junit_element('testcase', attributes, 4);
        cases.push(body === '' ? `${head}/>\n` : `${head}>\n${body}    </testcase>\n`);
    };
    for (const test of result?.tests ?? []) {
        const failure = test.status === 'fail' ? byTest.get(test.name) : undefined;
        const attributes = {
            name: test.name,
            classname: name,
            ...junit_placeOf(failure),
            time: seconds(test.ms),
        };
        if (test.status === 'pass')
            add(attributes, '');
        else if (test.status === 'skip') {
            counts.skipped++;
            add(attributes, `${junit_element('skipped', { message: test.reason ?? '' }, 6)}/>\n`);
        }
        else {
            counts.failures++;
            if (failure !== undefined)
                told.add(failure);
            add(attributes, failureXml(failure));
        }
    }
    // Failures of no counted test: TestMain, init, a panic in a group, tests beyond the limit.
    for (const failure of failures) {
        if (told.has(failure))
            continue;
        counts.failures++;
        add({ name: failure.test ?? 'TestMain', classname: name, ...junit_placeOf(failure), time: seconds(0) }, failureXml(failure));
    }
    for (const d of diagnostics) {
        counts.errors++;
        const type = d.kind === 'vet' ? `vet.${d.analyzer ?? 'finding'}` : d.kind;
        add({ name: `[${type}]`, classname: name, ...junit_placeOf(d), time: seconds(0) }, `${junit_element('error', { message: junit_firstLine(d.message), type }, 6)}>${escapeXml(formatDiagnostic(d))}</error>\n`);
    }
    const head = junit_element('testsuite', {
        name,
        ...counts,
        time: seconds(result?.ms ?? 0),
    }, 2);
    const properties = [
        ...(result?.cached === true ? [['go.cached', 'true']] : []),
        ...(result?.coverage === undefined
            ? []
            : [['coverage.statements.pct', result.coverage.toFixed(1)]]),
    ];
    const lines = properties.map(([key, value]) => `${junit_element('property', { name: key, value }, 6)}/>\n`);
    const block = lines.length === 0 ? '' : `    <properties>\n${lines.join('')}    </properties>\n`;
    return { ...counts, xml: `${head}>\n${block}${cases.join('')}  </testsuite>\n` };
}
function failureXml(failure) {
    if (failure === undefined)
        return `${junit_element('failure', { message: 'failed' }, 6)}/>\n`;
    const text = [failure.message, ...failure.output].join('\n');
    const head = junit_element('failure', { message: junit_firstLine(failure.message), type: failure.kind }, 6);
    return `${head}>${escapeXml(text)}</failure>\n`;
}
const junit_placeOf = (at) => ({
    ...(at?.file === undefined ? {} : { file: at.file }),
    ...(at?.line === undefined ? {} : { line: at.line }),
});
/** An opening tag without its end. */
function junit_element(name, attributes, indent = 0) {
    const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`);
    return `${' '.repeat(indent)}<${name}${words.join('')}`;
}
const seconds = (ms) => (ms / 1000).toFixed(3);
const junit_firstLine = (text) => (text.split('\n')[0] ?? '').slice(0, 500);
/**
 * Text for XML 1.0: what the standard does not allow (control characters, lone surrogates, U+FFFE, U+FFFF) becomes
 * U+FFFD, for no escape exists for it (https://www.w3.org/TR/xml/#charsets).
 */
function escapeXml(text) {
    return (text
        // eslint-disable-next-line no-control-regex -- these are what must go
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
        .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll('\r', '&#13;'));
}
/** Line breaks and tabs in attributes would be read as blanks. */
const escapeAttribute = (text) => escapeXml(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
function groupBy(items, keyOf) {
    const groups = new Map();
    for (const item of items) {
        const key = keyOf(item);
        const group = groups.get(key);
        if (group === undefined)
            groups.set(key, [item]);
        else
            group.push(item);
    }
    return groups;
}
//# sourceMappingURL=junit.js.map
;// CONCATENATED MODULE: ./lib/checks/elf.js
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
/** Limits for broken or hostile files: the numbers come from the file itself. */
const MAX_HEADERS = 4096;
const MAX_STRINGS = 4 * 1024 * 1024;
const MAX_DYNAMIC = 1024 * 1024;
const MAX_PATH = 4096;
/** e_machine → GOARCH by class and byte order (debug/elf, cmd/link). */
function archOf(machine, bits, little) {
    switch (machine) {
        case 3:
            return '386';
        case 62:
            return bits === 64 ? 'amd64' : undefined;
        case 40:
            return 'arm';
        case 183:
            return little ? 'arm64' : undefined;
        case 8:
            return bits === 64 ? (little ? 'mips64le' : 'mips64') : little ? 'mipsle' : 'mips';
        case 21:
            return little ? 'ppc64le' : 'ppc64';
        case 22:
            return 's390x';
        case 243:
            return bits === 64 ? 'riscv64' : undefined;
        case 258:
            return bits === 64 ? 'loong64' : undefined;
        default:
            return undefined;
    }
}
const isElf = (start) => start.length >= 4 && start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46;
/** Reads an ELF file. Returns the reason when it is none, or is cut short; never throws for what the file holds. */
async function readElf(read) {
    const head = await read(0, 64);
    if (!isElf(head))
        return { reason: 'not an ELF file' };
    const bits = head[4] === 1 ? 32 : head[4] === 2 ? 64 : undefined;
    if (bits === undefined)
        return { reason: 'an ELF file of an unknown class' };
    if (head[5] !== 1 && head[5] !== 2)
        return { reason: 'an ELF file of an unknown byte order' };
    if (head.length < (bits === 64 ? 64 : 52))
        return { reason: 'an ELF file that is cut short' };
    const view = new elf_Reader(head, bits, head[5] === 1);
    const machine = view.u16(18);
    const headersAt = view.word(bits === 64 ? 32 : 28);
    const flags = view.u32(bits === 64 ? 48 : 36);
    const entrySize = view.u16(bits === 64 ? 54 : 42);
    const count = view.u16(bits === 64 ? 56 : 44);
    const smallest = bits === 64 ? 56 : 32;
    if (count > MAX_HEADERS || (count > 0 && entrySize < smallest))
        return { reason: 'an ELF file with broken headers' };
    const table = await read(headersAt, count * entrySize);
    if (table.length < count * entrySize)
        return { reason: 'an ELF file that is cut short' };
    const segments = Array.from({ length: count }, (_, index) => readSegment(new elf_Reader(table.subarray(index * entrySize), bits, view.little)));
    const interpreter = await readInterpreter(segments, read);
    const needed = await readNeeded(segments, read, bits, view.little);
    const type = view.u16(16);
    return {
        format: 'elf',
        bits,
        littleEndian: view.little,
        machine,
        arch: archOf(machine, bits, view.little),
        type: type === 2 ? 'executable' : type === 3 ? 'shared' : 'other',
        ...(interpreter === undefined ? {} : { interpreter }),
        needed,
        static: interpreter === undefined && needed.length === 0,
        // EF_ARM_ABI_FLOAT_HARD, ELF for the Arm Architecture, "e_flags".
        ...(machine === 40 ? { hardFloat: (flags & 0x400) !== 0 } : {}),
    };
}
function readSegment(view) {
    return view.bits === 64
        ? { type: view.u32(0), offset: view.word(8), address: view.word(16), size: view.word(32) }
        : { type: view.u32(0), offset: view.word(4), address: view.word(8), size: view.word(16) };
}
async function readInterpreter(segments, read) {
    const segment = segments.find((one) => one.type === PT_INTERP);
    if (segment === undefined)
        return undefined;
    return cString(await read(segment.offset, Math.min(segment.size, MAX_PATH)), 0);
}
async function readNeeded(segments, read, bits, little) {
    const dynamic = segments.find((one) => one.type === PT_DYNAMIC);
    if (dynamic === undefined)
        return [];
    const bytes = await read(dynamic.offset, Math.min(dynamic.size, MAX_DYNAMIC));
    const step = bits === 64 ? 16 : 8;
    const names = [];
    let stringsAt;
    let stringsSize = 0;
    for (let at = 0; at + step <= bytes.length; at += step) {
        const view = new elf_Reader(bytes.subarray(at), bits, little);
        const tag = view.word(0);
        const value = view.word(step / 2);
        if (tag === 0)
            break;
        if (tag === DT_NEEDED)
            names.push(value);
        else if (tag === DT_STRTAB)
            stringsAt = value;
        else if (tag === DT_STRSZ)
            stringsSize = value;
    }
    if (names.length === 0 || stringsAt === undefined)
        return [];
    // DT_STRTAB is an address in memory: find the loaded segment that holds it.
    const at = stringsAt;
    const home = segments.find((one) => one.type === PT_LOAD && at >= one.address && at < one.address + one.size);
    if (home === undefined)
        return [];
    const strings = await read(home.offset + (at - home.address), Math.min(stringsSize, MAX_STRINGS));
    return names.map((name) => cString(strings, name)).filter((name) => name !== '');
}
function cString(bytes, at) {
    if (at >= bytes.length)
        return '';
    const end = bytes.indexOf(0, at);
    return bytes.toString('utf8', at, end < 0 ? bytes.length : end);
}
/** Numbers of the file's own width and byte order; beyond the end they are 0. */
class elf_Reader {
    #bytes;
    bits;
    little;
    constructor(bytes, bits, little) {
        this.#bytes = bytes;
        this.bits = bits;
        this.little = little;
    }
    u16(at) {
        if (at + 2 > this.#bytes.length)
            return 0;
        return this.little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
    }
    u32(at) {
        if (at + 4 > this.#bytes.length)
            return 0;
        return this.little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
    }
    /** An address or offset; those beyond 2^53 are no real ones and become the largest safe number. */
    word(at) {
        if (this.bits === 32)
            return this.u32(at);
        if (at + 8 > this.#bytes.length)
            return 0;
        const value = this.little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at);
        return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
    }
}
/** A reader over bytes in memory. */
const readerOf = (bytes) => (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length));
//# sourceMappingURL=elf.js.map
;// CONCATENATED MODULE: ./lib/checks/pe.js
const MACHINES = {
    0x14c: '386',
    0x8664: 'amd64',
    0xaa64: 'arm64',
    0x1c4: 'arm',
};
const MAX_SECTIONS = 96;
const MAX_IMPORTS = 512;
const MAX_NAME = 256;
const isPe = (start) => start.length >= 2 && start[0] === 0x4d && start[1] === 0x5a;
/** Reads a Windows program. Returns the reason when it is none; never throws for what the file holds. */
async function readPe(read) {
    const dos = await read(0, 64);
    if (!isPe(dos))
        return { reason: 'not a Windows program' };
    if (dos.length < 64)
        return { reason: 'a Windows program that is cut short' };
    const at = dos.readUInt32LE(0x3c);
    const head = await read(at, 24);
    if (head.length < 24 || head.toString('latin1', 0, 4) !== 'PE\0\0')
        return { reason: 'an MS-DOS program, not a Windows one' };
    const machine = head.readUInt16LE(4);
    const sectionCount = head.readUInt16LE(6);
    const optionalSize = head.readUInt16LE(20);
    const characteristics = head.readUInt16LE(22);
    if (sectionCount > MAX_SECTIONS)
        return { reason: 'a Windows program with broken headers' };
    const optional = await read(at + 24, optionalSize);
    if (optional.length < optionalSize || optionalSize < 72)
        return { reason: 'a Windows program that is cut short' };
    const magic = optional.readUInt16LE(0);
    const bits = magic === 0x20b ? 64 : magic === 0x10b ? 32 : undefined;
    if (bits === undefined)
        return { reason: 'a Windows program of an unknown kind' };
    const subsystem = optional.readUInt16LE(68);
    const table = await read(at + 24 + optionalSize, sectionCount * 40);
    const sections = Array.from({ length: Math.floor(table.length / 40) }, (_, index) => ({
        size: table.readUInt32LE(index * 40 + 8),
        address: table.readUInt32LE(index * 40 + 12),
        rawSize: table.readUInt32LE(index * 40 + 16),
        raw: table.readUInt32LE(index * 40 + 20),
    }));
    const toOffset = (address) => {
        const section = sections.find((one) => address >= one.address && address < one.address + Math.max(one.size, one.rawSize));
        return section === undefined ? undefined : section.raw + (address - section.address);
    };
    return {
        format: 'pe',
        bits,
        machine,
        arch: MACHINES[machine],
        dll: (characteristics & 0x2000) !== 0,
        subsystem: subsystem === 3 ? 'console' : subsystem === 2 ? 'gui' : 'other',
        imports: await readImports(optional, bits, toOffset, read),
    };
}
/** Data directory 1: an array of descriptors of 20 bytes, ended by an empty one; the name's address is at 12. */
async function readImports(optional, bits, toOffset, read) {
    const directories = bits === 64 ? 112 : 96;
    if (optional.length < directories + 16)
        return [];
    const table = toOffset(optional.readUInt32LE(directories + 8));
    if (optional.readUInt32LE(directories + 8) === 0 || table === undefined)
        return [];
    const descriptors = await read(table, MAX_IMPORTS * 20);
    const names = [];
    for (let at = 0; at + 20 <= descriptors.length; at += 20) {
        const nameAt = descriptors.readUInt32LE(at + 12);
        if (nameAt === 0)
            break;
        const offset = toOffset(nameAt);
        if (offset === undefined)
            continue;
        const bytes = await read(offset, MAX_NAME);
        const end = bytes.indexOf(0);
        const name = bytes.toString('latin1', 0, end < 0 ? bytes.length : end).toLowerCase();
        if (name !== '' && !names.includes(name))
            names.push(name);
    }
    return names;
}
//# sourceMappingURL=pe.js.map
;// CONCATENATED MODULE: ./lib/checks/binary.js




/** Tells what kind of program it is and reads its header. */
async function readBinary(read) {
    const start = await read(0, 64);
    if (isElf(start)) {
        const elf = await readElf(read);
        return 'reason' in elf ? { format: 'unknown', reason: elf.reason } : elf;
    }
    if (isPe(start)) {
        const pe = await readPe(read);
        return 'reason' in pe ? { format: 'unknown', reason: pe.reason } : pe;
    }
    if (start.toString('latin1', 0, 2) === '#!')
        return { format: 'script', reason: 'a script' };
    const magic = start.length >= 4 ? start.readUInt32BE(0) : 0;
    if ([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(magic)) {
        return { format: 'mach-o', reason: 'a program for macOS' };
    }
    return {
        format: 'unknown',
        reason: start.length === 0 ? 'an empty file' : 'no program that Linux or Windows starts',
    };
}
/** {@link readBinary} of a file on disk: only headers are read, whatever its size. */
async function readBinaryFile(file) {
    const handle = await (0,promises_.open)(file, 'r');
    try {
        return await readBinary(async (offset, length) => {
            const bytes = Buffer.alloc(length);
            const { bytesRead } = await handle.read(bytes, 0, length, offset);
            return bytes.subarray(0, bytesRead);
        });
    }
    finally {
        await handle.close();
    }
}
/**
 * Whether a program fits the platform it goes out for, and, where the base has no C library, needs none. `where` names
 * the program for people. Pure.
 */
function judgeBinary(facts, platform, options) {
    const wanted = formatPlatform(platform);
    const { where } = options;
    const format = platform.os === 'windows' ? 'pe' : 'elf';
    if (facts.format !== format) {
        const is = 'reason' in facts
            ? facts.reason
            : facts.format === 'elf'
                ? 'a program for Linux'
                : 'a program for Windows';
        return [
            {
                code: 'binary-format',
                what: `${wanted} cannot start its program`,
                cause: `it is ${is}`,
                where,
                fix: `build it with GOOS=${platform.os} GOARCH=${platform.arch}`,
            },
        ];
    }
    const problems = [];
    if (facts.arch !== platform.arch) {
        problems.push({
            code: 'binary-arch',
            what: `${wanted} cannot start its program (exec format error)`,
            cause: `it is built for ${facts.arch ?? `machine ${facts.machine}`}`,
            where,
            fix: `build it with GOARCH=${platform.arch}; in a Dockerfile take GOARCH=$TARGETARCH, and COPY the file of the right platform`,
        });
    }
    if (facts.format === 'elf' && options.mustBeStatic && !facts.static) {
        const needs = [...(facts.interpreter === undefined ? [] : [facts.interpreter]), ...facts.needed];
        problems.push({
            code: 'binary-dynamic',
            what: 'the program needs a C library that its base does not have ("no such file or directory" at the start)',
            cause: `it needs ${needs.join(', ')}`,
            where,
            fix: 'build with CGO_ENABLED=0, or use a base with glibc (base: distroless with cgo: true)',
        });
    }
    if (facts.format === 'pe' && facts.dll) {
        problems.push({
            code: 'binary-dll',
            what: `${wanted} cannot start a DLL`,
            where,
            fix: 'build it without -buildmode=c-shared',
        });
    }
    return problems;
}
//# sourceMappingURL=binary.js.map
;// CONCATENATED MODULE: ./lib/actions/build/binaries.js





/**
 * The gate on compiled programs: made for the platform they go out for, and needing no C library where the base has none.
 * Says what all of them are; throws with every fault.
 */
async function checkBinaries(binaries, inputs) {
    const problems = await Promise.all(binaries.map(async ({ file, platform }) => {
        const base = baseFor(inputs.base, platform, inputs.cgo);
        const mustBeStatic = base === 'scratch' || base === DISTROLESS_STATIC;
        return judgeBinary(await readBinaryFile(file), platform, {
            where: `${(0,external_node_path_.basename)(file)} for ${formatPlatform(platform)}`,
            mustBeStatic,
        });
    }));
    const all = problems.flat();
    if (all.length > 0)
        throw new base_errors/* PipelineError */.zC('gate', all, { log: all.map(base_errors/* describeProblem */.BJ).join('\n') });
    return `${binaries.length} ${binaries.length === 1 ? 'program' : 'programs'} fit their platforms and bases`;
}
//# sourceMappingURL=binaries.js.map
;// CONCATENATED MODULE: ./lib/actions/build/results.js
const emptyResults = () => ({
    binaries: [],
    bases: new Map(),
    images: new Map(),
    starts: new Map(),
    verifies: new Map(),
    published: new Map(),
    before: new Map(),
    notes: [],
});
//# sourceMappingURL=results.js.map
;// CONCATENATED MODULE: ./lib/cache/access.js
// Only events that somebody with write access to the repository (or its own schedule) starts; an unknown event is not trusted.
const TRUSTED_EVENTS = new Set(['push', 'schedule', 'workflow_dispatch', 'repository_dispatch']);
/**
 * Decides from the input `cache`, the runner's own `ACTIONS_CACHE_MODE`, and what started the run.
 *
 * Saved entries are restored by later runs with more rights, so a run that foreign code can steer must not write
 * (cache poisoning). Tags only read: an entry saved by a tag is seen by that tag alone, and what a release builds from
 * must not come from a release run. Set `cache: off` for a release that shall trust no cache at all.
 * @param event the parsed webhook payload (`GITHUB_EVENT_PATH`), of unknown shape
 */
function cacheAccess(env, input, event) {
    const defaultBranch = access_isDefaultBranch(env, event);
    if (input === 'off')
        return { read: false, write: false, reason: 'caches are off (input "cache")', defaultBranch };
    const mode = (env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase();
    if (mode === 'none') {
        return {
            read: false,
            write: false,
            reason: 'this run may not use caches (ACTIONS_CACHE_MODE is none)',
            defaultBranch,
        };
    }
    const read = mode !== 'write-only';
    const readOnly = (reason) => ({ read, write: false, reason, defaultBranch });
    if (input === 'read')
        return readOnly('caches are only read (input "cache")');
    if (mode === 'read')
        return readOnly('caches are only read (ACTIONS_CACHE_MODE is read: GitHub does not trust what started this run)');
    const untrusted = untrustedReason(env, event);
    if (untrusted !== undefined)
        return readOnly(`caches are only read (${untrusted})`);
    return read
        ? { read, write: true, defaultBranch }
        : { read, write: true, reason: 'caches are only saved (ACTIONS_CACHE_MODE is write-only)', defaultBranch };
}
/** Whether this run may save entries, see {@link cacheAccess}. */
const mayWrite = (env, input, event) => cacheAccess(env, input, event).write;
function untrustedReason(env, event) {
    const name = env['GITHUB_EVENT_NAME'] ?? '';
    const ref = env['GITHUB_REF'] ?? '';
    if (name === 'pull_request') {
        const head = access_text(event, 'pull_request', 'head', 'repo', 'full_name');
        const base = access_text(event, 'pull_request', 'base', 'repo', 'full_name');
        if (head === undefined || base === undefined || head.toLowerCase() !== base.toLowerCase())
            return 'the pull request comes from a fork';
        if (env['GITHUB_ACTOR'] === 'dependabot[bot]')
            return 'Dependabot started the run';
        return undefined;
    }
    if (name === '')
        return 'what started the run is unknown';
    if (!TRUSTED_EVENTS.has(name))
        return `the event ${name} can be started by others`;
    if (env['GITHUB_REF_TYPE'] === 'tag' || ref.startsWith('refs/tags/'))
        return 'a tag saves no caches for others';
    return undefined;
}
function access_isDefaultBranch(env, event) {
    const name = access_text(event, 'repository', 'default_branch');
    if (env['GITHUB_EVENT_NAME'] === 'pull_request')
        return false;
    return name === undefined || env['GITHUB_REF'] === undefined || env['GITHUB_REF'] === `refs/heads/${name}`;
}
/** A text deep in parsed JSON, or undefined where the path ends early. */
function access_text(value, ...path) {
    let at = value;
    for (const name of path) {
        if (typeof at !== 'object' || at === null)
            return undefined;
        at = at[name];
    }
    return typeof at === 'string' ? at : undefined;
}
/**
 * The protocol of the cache service this process can reach, decided as @actions/cache does (config.ts): v2 only on
 * github.com and its relatives, v1 elsewhere (GHES, act, Gitea). Undefined when there is none: outside a runner, or in a `run:` step.
 */
function cacheService(env) {
    const has = (name) => (env[name] ?? '') !== '';
    if (!isEnterpriseServer(env['GITHUB_SERVER_URL']) && has('ACTIONS_CACHE_SERVICE_V2'))
        return has('ACTIONS_RESULTS_URL') && has('ACTIONS_RUNTIME_TOKEN') ? 'v2' : undefined;
    return has('ACTIONS_CACHE_URL') ? 'v1' : undefined;
}
function isEnterpriseServer(server) {
    if (server === undefined || server === '')
        return false;
    try {
        const host = new URL(server).hostname.toLowerCase();
        return host !== 'github.com' && !host.endsWith('.ghe.com') && !host.endsWith('.localhost');
    }
    catch {
        return true;
    }
}
//# sourceMappingURL=access.js.map
;// CONCATENATED MODULE: ./lib/cache/keys.js


/** Raise it when entries of an older release must not be read any more. */
const KEY_SALT = 'gip-v1';
/** Limits of the cache service (documented with actions/cache): longer keys and longer lists are refused. */
const MAX_KEY_LENGTH = 512;
const MAX_KEYS = 10;
/**
 * Keys of the module cache: one line of entries per set of dependencies, for every operating system, architecture
 * and Go version (what is stored are the proxy's own zip files). A bumped dependency starts from the last set.
 */
function moduleKeys(facts) {
    const all = `${KEY_SALT}-mod-`;
    const project = `${all}${keys_short(facts.project)}-`;
    const exact = `${project}${slug(facts.modulesHash)}-`;
    return { primary: `${exact}${slug(facts.unique)}`, restore: [exact, project, all], exact };
}
/**
 * Keys of the build cache. The ladder goes down only where entries can still be hit: never across operating systems,
 * architectures, Go versions, race, cgo or compiler settings (cmd/go hashes those into every action, so such an
 * entry is dead weight), but across tags, coverage, target platforms, dependencies and jobs, which share most objects.
 */
function buildKeys(facts) {
    const { flavour, host } = facts;
    const hard = keys_short(JSON.stringify([
        flavour.cgo,
        flavour.race,
        compileFlags(flavour.goflags),
        keys_list(flavour.goexperiment),
        flavour.goamd64 === '' ? 'v1' : flavour.goamd64,
        Object.entries(flavour.environment ?? {}).sort(byName),
    ]));
    const soft = keys_short(JSON.stringify([flavour.cover, [...flavour.tags].sort(), [...new Set(flavour.platforms)].sort()]));
    // Without cgo the objects do not depend on the image of the runner.
    const image = flavour.cgo ? slug(facts.image ?? 'any') : 'any';
    const words = [flavour.cgo ? 'cgo' : 'nocgo', ...(flavour.race ? ['race'] : [])].join('.');
    const toolchain = `${KEY_SALT}-build-${host.os}-${slug(host.arch)}-${image}-go${slug(facts.goVersion)}-${words}-${hard}-`;
    const same = `${toolchain}${soft}-`;
    const project = `${same}${keys_short(facts.project)}-`;
    const modules = `${project}${slug(facts.modulesHash)}-`;
    const job = `${modules}${slug(facts.job)}-`;
    return {
        primary: `${job}${slug(facts.unique)}`,
        restore: [job, modules, project, same, toolchain],
        exact: modules,
    };
}
/** How well an entry fits: `exact` when it was made from the same inputs. */
function hitOf(matched, keys) {
    if (matched === undefined || matched === '')
        return 'none';
    return matched.toLowerCase().startsWith(keys.exact.toLowerCase()) ? 'exact' : 'partial';
}
/**
 * A hash of what decides the set of modules: `require`, `replace`, `exclude` and `use` lines of go.mod and go.work,
 * all lines of go.sum and go.work.sum. Order, comments, places of the files and the `go` and `toolchain` lines do not count
 * (the Go version has its own place in the build key). Undefined when nothing is required: there is nothing to cache.
 */
function hashModules(files) {
    const lines = new Set();
    for (const file of files) {
        const name = file.path.slice(file.path.replaceAll('\\', '/').lastIndexOf('/') + 1);
        const text = file.content.replaceAll('\r\n', '\n');
        if (name === 'go.mod' || name === 'go.work')
            for (const line of directives(text))
                lines.add(line);
        else if (name === 'go.sum' || name === 'go.work.sum') {
            for (const line of text.split('\n'))
                if (line.trim() !== '')
                    lines.add(`sum ${line.trim()}`);
        }
    }
    const needsModules = [...lines].some((line) => line.startsWith('require ') || line.startsWith('sum '));
    return needsModules ? sha256([...lines].sort().join('\n')).slice(0, 20) : undefined;
}
const DIRECTIVES = new Set(['require', 'replace', 'exclude', 'use']);
/** The directives of go.mod syntax that choose modules, one a line, blocks unrolled, comments dropped. */
function directives(text) {
    const found = [];
    let block;
    for (const raw of text.split('\n')) {
        const line = raw
            .replace(/\/\/.*$/, '')
            .trim()
            .replace(/\s+/g, ' ');
        if (line === '')
            continue;
        if (block !== undefined) {
            if (line === ')')
                block = undefined;
            else if (DIRECTIVES.has(block))
                found.push(`${block} ${line}`);
            continue;
        }
        const open = /^(\w+) ?\($/.exec(line);
        if (open !== null)
            block = open[1];
        else if (DIRECTIVES.has(line.split(' ')[0] ?? ''))
            found.push(line);
    }
    return found;
}
// Flags that change what is printed, fetched, run or how fast, never an object.
const HARMLESS = /^-(v|x|json|work|p|modcacherw|buildvcs|mod|modfile|count|timeout|parallel|run|skip|short|failfast)(=|$)/;
/** GOFLAGS without what never reaches a compiler, in a fixed order. */
function compileFlags(goflags) {
    return goflags
        .split(/\s+/)
        .map((flag) => flag.replace(/^--/, '-'))
        .filter((flag) => flag !== '' && !HARMLESS.test(flag))
        .sort();
}
const COMPILE_VARIABLES = [
    'GOARM64', 'GOARM', 'GO386', 'GOPPC64', 'GOMIPS', 'GOMIPS64', 'GORISCV64', 'GOWASM', 'GOFIPS140',
    'CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_FFLAGS', 'CGO_LDFLAGS', 'CC', 'CXX', 'AR', 'FC', 'PKG_CONFIG',
]; // prettier-ignore
/** The variables that cmd/go hashes into its actions besides those {@link Flavour} names, where they are set. */
function compileEnvironment(env, os) {
    const found = {};
    for (const name of COMPILE_VARIABLES) {
        const value = lookupEnvironment(env, name, os);
        if (value !== undefined && value !== '')
            found[name] = value;
    }
    return found;
}
/**
 * The unique end of a key. Runs of GitHub have their number; a re-run attempt counts as another. Runners that count every
 * run as 1 (act) or have no number at all get the time.
 */
function uniqueOf(env, now) {
    const run = env['GITHUB_RUN_ID'] ?? '';
    const attempt = env['GITHUB_RUN_ATTEMPT'] ?? '1';
    const counted = run !== '' && env['ACT'] !== 'true';
    return counted ? `${run}-${attempt}` : `${run === '' ? '0' : run}-${attempt}-${now.toString(36)}`;
}
/** A part of a key: no comma, no blank, at most 48 characters; what had to change keeps its identity by a hash. */
function slug(text) {
    const clean = text.replace(/[^A-Za-z0-9._-]/g, '_');
    if (clean === text && clean !== '' && clean.length <= 48)
        return clean;
    return `${clean.slice(0, 32)}_${keys_short(text)}`;
}
const keys_short = (text) => sha256(text).slice(0, 10);
const keys_list = (text) => text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .sort();
const byName = (a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
//# sourceMappingURL=keys.js.map
;// CONCATENATED MODULE: ./lib/cache/each.js
/** Runs `work` on every item, at most `limit` at once (file operations: the thread pool has 4 threads). The first fault is thrown. */
async function each(items, work, limit = 16) {
    const queue = items.values();
    const lane = async () => {
        for (const item of queue)
            await work(item);
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}
//# sourceMappingURL=each.js.map
;// CONCATENATED MODULE: ./lib/cache/module-cache.js




/**
 * What of GOMODCACHE is stored: `cache/download` alone, without toolchains. The zips there are what the proxy sent; the go command
 * unpacks the ones it needs, in parallel, when it needs them. Against the full tree (a service with 30 direct dependencies,
 * 53 modules): 28 MB instead of 50 MB, 270 files instead of 8,475, packing 0.1 s instead of 0.9 s; unpacking costs the same whoever
 * does it. All files are writable, so restoring twice works, and the archive is the same on every operating system.
 *
 * Patterns of @actions/glob relative to GOMODCACHE; the last that matches decides. They are part of the entry's version.
 */
const MODULE_PATHS = [
    'cache/download/*',
    '!cache/download/golang.org',
    'cache/download/golang.org/*',
    '!cache/download/golang.org/toolchain',
];
/** Reads the lines `path version h1:…` and `path version/go.mod h1:…` of go.sum and go.work.sum files. */
function wantedModules(files) {
    const zips = new Set();
    const mods = new Set();
    for (const file of files) {
        if (!/(^|[\\/])go\.(work\.)?sum$/.test(file.path))
            continue;
        for (const line of file.content.split(/\r?\n/)) {
            const [path, version, hash] = line.trim().split(/\s+/);
            if (path === undefined || version === undefined || hash === undefined)
                continue;
            if (version.endsWith('/go.mod'))
                mods.add(`${path}@${version.slice(0, -'/go.mod'.length)}`);
            else
                zips.add(`${path}@${version}`);
        }
    }
    return { zips, mods };
}
/** How the module cache writes paths and versions on case-insensitive disks: capitals become `!` and the small letter (go.dev/ref/mod). */
const escapeModule = (text) => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
const unescapeModule = (text) => text.replace(/!([a-z])/g, (_, letter) => letter.toUpperCase());
/**
 * Removes versions that `wanted` does not name from a restored `cache/download`, so that an entry that grew out of an older set of
 * dependencies does not carry them for ever. Returns how many files went.
 */
async function pruneModules(download, wanted) {
    let removed = 0;
    await walkVersions(download, async (folder, module, files) => {
        const kept = new Set(files.filter((file) => {
            const match = /^(v.+)\.(zip|ziphash|mod|info|lock)$/.exec(file);
            const [, version = '', kind = ''] = match ?? [];
            const name = `${module}@${unescapeModule(version)}`;
            return kind === 'zip' || kind === 'ziphash'
                ? wanted.zips.has(name)
                : wanted.zips.has(name) || wanted.mods.has(name);
        }));
        if (kept.size === 0) {
            await (0,promises_.rm)(folder, { recursive: true, force: true });
            removed += files.length;
            return;
        }
        for (const file of files) {
            // `list` and others speak of the module as a whole.
            if (kept.has(file) || !/^v.+\.(zip|ziphash|mod|info|lock)$/.test(file))
                continue;
            await (0,promises_.unlink)((0,external_node_path_.join)(folder, file));
            removed++;
        }
    });
    return removed;
}
/** The share (0 to 1) of the wanted zips that a `cache/download` holds; 0 when none is wanted. */
async function shareOfModules(download, wanted) {
    let held = 0;
    await each([...wanted.zips], async (name) => {
        const at = name.lastIndexOf('@');
        const path = escapeModule(name.slice(0, at)).split('/');
        const file = (0,external_node_path_.join)(download, ...path, '@v', `${escapeModule(name.slice(at + 1))}.zip`);
        if ((await (0,promises_.stat)(file).catch(() => undefined)) !== undefined)
            held++;
    });
    return wanted.zips.size === 0 ? 0 : held / wanted.zips.size;
}
/** How many module zips and go.mod files a `cache/download` holds; both only grow in a run. Toolchains do not count. */
async function countModules(download) {
    let zips = 0;
    let mods = 0;
    await walkVersions(download, (_, module, files) => {
        if (module === 'golang.org/toolchain')
            return Promise.resolve();
        zips += files.filter((file) => file.endsWith('.zip')).length;
        mods += files.filter((file) => file.endsWith('.mod')).length;
        return Promise.resolve();
    });
    return { zips, mods };
}
/** Visits every `<module>/@v` under `cache/download`; `sumdb` holds tiles of the checksum database, not modules. */
async function walkVersions(download, visit) {
    const descend = async (folder, module) => {
        const entries = await (0,promises_.readdir)(folder, { withFileTypes: true }).catch((error) => {
            if ((0,base_errors/* codeOf */.$N)(error) === 'ENOENT')
                return [];
            throw error;
        });
        await each(entries.filter((entry) => entry.isDirectory() && !(module === '' && entry.name === 'sumdb')), async (entry) => {
            const inside = (0,external_node_path_.join)(folder, entry.name);
            if (entry.name === '@v')
                await visit(inside, unescapeModule(module), await (0,promises_.readdir)(inside));
            else
                await descend(inside, module === '' ? entry.name : `${module}/${entry.name}`);
        });
    };
    await descend(download, '');
}
//# sourceMappingURL=module-cache.js.map
// EXTERNAL MODULE: ./lib/cache/worker.js
var worker = __webpack_require__(30782);
;// CONCATENATED MODULE: ./lib/cache/talk.js

/** What the lines of one worker said; @actions/cache tells why only there (its return values do not). */
class Talk {
    answer;
    /** Size of the archive. */
    bytes;
    /** Warnings, errors and notes about what failed, in the order they came. */
    faults = [];
    #mask;
    #debug;
    constructor(mask, debug) {
        this.#mask = mask;
        this.#debug = debug;
    }
    /** Takes one line of the worker's stdout: a workflow command (`::name props::value`), the answer, or plain text. */
    hear(line) {
        if (line.startsWith(worker.ANSWER_MARK)) {
            this.answer = parseAnswer(line.slice(worker.ANSWER_MARK.length));
            return;
        }
        const command = /^::([\w-]+)[^:]*::(.*)$/.exec(line);
        const name = command?.[1] ?? '';
        const value = unescapeCommand(command?.[2] ?? line);
        if (name === 'add-mask') {
            this.#mask(value);
            return;
        }
        // `Cache Size: ~107 MB (112472702 B)` on restore, `File Size: 112472702` (debug) on save.
        const size = /^(?:Cache Size: ~\d+ MB \((\d+) B\)|File Size: (\d+))$/.exec(value);
        if (size !== null)
            this.bytes = Number(size[1] ?? size[2]);
        if (name === 'warning' ||
            name === 'error' ||
            value.startsWith('Failed to save: ') ||
            value.startsWith('Failed to reserve cache: '))
            this.faults.push(value);
        if (value.trim() !== '')
            this.#debug(value);
    }
}
function parseAnswer(json) {
    try {
        const value = JSON.parse(json);
        if (typeof value !== 'object' || value === null)
            return { error: 'the answer is not an object' };
        const { key, id, error } = value;
        return {
            ...(typeof key === 'string' ? { key } : {}),
            ...(typeof id === 'number' ? { id } : {}),
            ...(typeof error === 'string' ? { error } : {}),
        };
    }
    catch {
        return { error: 'the answer is not JSON' };
    }
}
// @actions/core escapes data of commands this way (toCommandValue, escapeData).
const unescapeCommand = (value) => value.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
/** What a finished restore came to. `why` is one line for people. */
function judgeRestore(talk) {
    const why = talk.answer === undefined ? 'its process died' : (talk.answer.error ?? reason(talk.faults));
    if (talk.faults.some((fault) => fault.includes('cache read denied:')))
        return { status: 'denied', why: 'the token of this run may not read caches' };
    if (why !== undefined)
        return { status: 'failed', why };
    return { status: talk.answer?.key === undefined ? 'missed' : 'restored' };
}
/** What a finished save came to. A v1 save has a number even when its upload failed, so faults decide first. */
function judgeSave(talk) {
    const { answer, faults } = talk;
    if (answer === undefined)
        return { status: 'failed', why: 'its process died' };
    if (answer.error !== undefined)
        return { status: 'failed', why: answer.error };
    if (faults.some((fault) => fault.includes('cache write denied:')))
        return { status: 'denied', why: 'the token of this run may not save caches' };
    const reserve = faults.filter((fault) => /reserve|reservation/.test(fault)).join('\n');
    if (reserve !== '') {
        // @actions/cache calls every refused reservation "another job"; the debug line before it has the real cause.
        const fault = /\b(?:4(?!09)\d\d|5\d\d)\b|rate limit|ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|timed? ?out|socket/i.exec(reserve);
        return fault === null || /already exists/i.test(reserve)
            ? { status: 'exists', why: 'another job has saved this entry' }
            : { status: 'failed', why: reason(faults) ?? 'not reserved' };
    }
    const why = reason(faults);
    if (why !== undefined)
        return { status: 'failed', why };
    return (answer.id ?? -1) >= 0
        ? { status: 'saved' }
        : { status: 'failed', why: 'the service gave no reason' };
}
/** The fault that says most, in one line: the first that is not the library's general sentence. */
function reason(faults) {
    const lines = faults
        .map((fault) => (fault.split('\n')[0] ?? '')
        .replace(/^(Failed to (restore|save|reserve cache): )+/, '')
        .replace(/^Error: /, '')
        .trim())
        .filter((line) => line !== '');
    const telling = lines.find((line) => !line.startsWith('Unable to reserve cache') && !/^You've hit a rate limit/.test(line));
    return (telling ?? lines[0])?.slice(0, 300);
}
//# sourceMappingURL=talk.js.map
;// CONCATENATED MODULE: ./lib/cache/store.js







/**
 * The cache service as best effort: every call ends in time, is ended by the signal, and answers; none throws.
 * A failed call has cost time and one line, never a half-written cache: archives are unpacked beside the live files and moved in.
 */
class CacheStore {
    #act;
    #options;
    constructor(act, options) {
        this.#act = act;
        this.#options = options;
    }
    /**
     * Restores the best entry into `store.root`. Files that are there already stay as they are.
     * @param prepare works on the unpacked files before they are moved in (trimming, marking); its fault costs the restore
     */
    async restore(store, keys, prepare = () => Promise.resolve()) {
        const started = this.#act.clock.now();
        const done = (rest) => ({
            ...rest,
            ms: this.#act.clock.now() - started,
        });
        if (cacheService(this.#act.env) === undefined)
            return done({ status: 'unavailable', hit: 'none' });
        let staging;
        try {
            await (0,promises_.mkdir)(store.root, { recursive: true });
            staging = await (0,promises_.mkdtemp)((0,external_node_path_.join)(store.root, '.gip-restore-'));
            const talk = await this.#work({
                operation: 'restore',
                paths: store.paths,
                key: keys.primary,
                restoreKeys: keys.restore,
                crossOs: store.crossOs,
            }, staging, this.#options.restoreTimeoutMs ?? 5 * 60_000);
            const verdict = judgeRestore(talk);
            if (verdict.status !== 'restored')
                return done({ ...verdict, hit: 'none' });
            const key = talk.answer?.key;
            const hit = hitOf(key, keys);
            await prepare(staging, hit);
            await moveInto(staging, store.root);
            return done({
                status: 'restored',
                hit,
                ...(key === undefined ? {} : { key }),
                ...(talk.bytes === undefined ? {} : { bytes: talk.bytes }),
            });
        }
        catch (error) {
            return done({ status: 'failed', hit: 'none', why: whyOf(error) });
        }
        finally {
            if (staging !== undefined)
                await removeTree(staging);
        }
    }
    /** Saves `store.paths` under `key`. */
    async save(store, key) {
        const started = this.#act.clock.now();
        const done = (rest) => ({
            ...rest,
            key,
            ms: this.#act.clock.now() - started,
        });
        if (cacheService(this.#act.env) === undefined)
            return done({ status: 'unavailable' });
        try {
            const talk = await this.#work({ operation: 'save', paths: store.paths, key, restoreKeys: [], crossOs: store.crossOs }, store.root, this.#options.saveTimeoutMs ?? 10 * 60_000);
            return done({ ...judgeSave(talk), ...(talk.bytes === undefined ? {} : { bytes: talk.bytes }) });
        }
        catch (error) {
            return done({ status: 'failed', why: whyOf(error) });
        }
    }
    async #work(request, folder, timeoutMs) {
        const { exec, log, secrets, signal, temp } = this.#act;
        const talk = new Talk((secret) => secrets.mask(secret), (line) => log.debug(line));
        await exec.run({
            argv: this.#options.worker,
            cwd: folder,
            input: JSON.stringify(request),
            env: {
                // tar runs in the workspace and stores names relative to it; the archive goes to RUNNER_TEMP.
                GITHUB_WORKSPACE: folder,
                RUNNER_TEMP: await temp.make('cache'),
                // Debug mode would list every file of the archive.
                RUNNER_DEBUG: undefined,
                // A segment that takes longer than this hangs (the library waits 10 minutes).
                SEGMENT_DOWNLOAD_TIMEOUT_MINS: this.#act.env['SEGMENT_DOWNLOAD_TIMEOUT_MINS'] ?? '2',
            },
            timeoutMs,
            signal,
            maxStdout: 0,
            onLine: (line, stream) => {
                if (stream === 'stdout')
                    talk.hear(line);
                else
                    log.debug(line);
            },
        });
        return talk;
    }
}
/**
 * Moves what `from` holds into `to`, folder by folder. What is there already wins: cache entries are named by their content,
 * so both are the same, and a file that Go has open is never touched.
 */
async function moveInto(from, to) {
    await each(await (0,promises_.readdir)(from, { withFileTypes: true }), async (entry) => {
        const source = (0,external_node_path_.join)(from, entry.name);
        const target = (0,external_node_path_.join)(to, entry.name);
        if (await store_exists(target)) {
            if (entry.isDirectory())
                await moveInto(source, target);
            return;
        }
        try {
            await (0,promises_.rename)(source, target);
        }
        catch (error) {
            // Another process made the folder in between (the go command makes all of its folders at its start).
            if (!entry.isDirectory() || !['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes((0,base_errors/* codeOf */.$N)(error) ?? ''))
                throw error;
            await (0,promises_.mkdir)(target, { recursive: true });
            await moveInto(source, target);
        }
    });
}
async function store_exists(path) {
    try {
        await (0,promises_.lstat)(path);
        return true;
    }
    catch {
        return false;
    }
}
/** Removes a tree, read-only folders (as in a module cache) included; a fault leaves the rest behind. */
async function removeTree(folder) {
    try {
        await (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 });
    }
    catch {
        await makeWritable(folder).catch(() => undefined);
        await (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
}
async function makeWritable(folder) {
    await (0,promises_.chmod)(folder, 0o755);
    for (const entry of await (0,promises_.readdir)(folder, { withFileTypes: true }))
        if (entry.isDirectory())
            await makeWritable((0,external_node_path_.join)(folder, entry.name));
}
function whyOf(error) {
    if (error instanceof base_errors/* PipelineError */.zC)
        return error.problems[0]?.what ?? error.message;
    return (0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? '';
}
//# sourceMappingURL=store.js.map
;// CONCATENATED MODULE: ./lib/cache/state.js

/** Reads a state back; undefined when it is of another shape (another release, damaged). */
function parseCacheState(json) {
    try {
        const value = JSON.parse(json);
        if (typeof value !== 'object' || value === null)
            return undefined;
        const state = value;
        return state.version === 1 && Array.isArray(state.parts) && typeof state.access === 'object'
            ? state
            : undefined;
    }
    catch {
        return undefined;
    }
}
/** One line about a restore. */
function describePart(part) {
    const { name } = part.store;
    const size = part.bytes === undefined ? '' : ` ${formatBytes(part.bytes)}`;
    switch (part.status) {
        case 'restored':
            return `${name}: restored${size} in ${formatDuration(part.ms)} (${part.hit === 'exact' ? 'same inputs' : 'nearest inputs'}: ${part.key ?? ''})`;
        case 'missed':
            return `${name}: no entry yet`;
        case 'kept':
            return `${name}: ${part.store.root} is filled already and belongs to this machine: used as it is, not saved`;
        case 'shared':
            return `${name}: restored by an earlier step of this job`;
        case 'skipped':
            return `${name}: not read`;
        case 'unavailable':
            return `${name}: no cache service here`;
        case 'denied':
        case 'failed':
            return `${name}: not restored, going on without it (${part.why ?? 'no reason given'}, after ${formatDuration(part.ms)})`;
    }
}
/** One line about a save. */
function describeSaved(saved) {
    const why = saved.why === undefined ? '' : ` (${saved.why})`;
    const trimmed = saved.removed === undefined || saved.removed.entries === 0
        ? ''
        : `, ${formatBytes(saved.removed.bytes)} that this run did not use trimmed`;
    switch (saved.status) {
        case 'saved':
            return `${saved.name}: saved ${saved.bytes === undefined ? '' : `${formatBytes(saved.bytes)} `}in ${formatDuration(saved.ms)}${trimmed}${why}`;
        case 'unchanged':
        case 'read-only':
            return `${saved.name}: not saved${why}`;
        case 'kept':
        case 'shared':
            return `${saved.name}: left to its owner`;
        case 'exists':
        case 'denied':
        case 'unavailable':
        case 'failed':
            return `${saved.name}: not saved${why === '' ? ` (${saved.status})` : why}`;
    }
}
//# sourceMappingURL=state.js.map
;// CONCATENATED MODULE: ./lib/cache/trim.js




/**
 * Exact trimming of a GOCACHE: what the run did not use is removed before the cache is saved.
 *
 * cmd/go (internal/cache, DiskCache.markUsed) sets an entry's mtime to now when it uses it, but only if the mtime is more than an
 * hour old, and its own Trim drops entries older than five days, at most once a day by the time in trim.txt. So restored entries
 * get one mtime two hours back: used ones move away from it, Trim leaves them alone, and equal mtimes afterwards mean "not used".
 * Entries that were in the folder before keep their mtimes and so can never be removed here.
 */
const BACK_MS = 2 * 60 * 60 * 1000;
/** The two kinds of cmd/go: `<hash>-a` (action, 1 line naming an output) and `<hash>-d` (output; a folder for an executable). */
const ENTRY = /^[0-9a-f]{64}-[ad]$/;
const FOLDER = /^[0-9a-f]{2}$/;
/** The mtime for restored entries, ms since the epoch: whole even seconds, which every file system keeps exactly (FAT has 2 s). */
const markTime = (now) => Math.floor((now - BACK_MS) / 2000) * 2000;
/** Sets the mtime of every entry under `gocache` to `mark` (see {@link markTime}). To be called on restored files only. */
async function markEntries(gocache, mark) {
    const entries = await listEntries(gocache);
    await each(entries, (entry) => (0,promises_.utimes)(entry.path, mark / 1000, mark / 1000));
    return trim_amount(entries);
}
/** Tells cmd/go that the cache has been trimmed at `now`, so that it does not walk through it again in this job. */
async function writeTrimStamp(gocache, now) {
    await (0,promises_.writeFile)((0,external_node_path_.join)(gocache, 'trim.txt'), String(Math.floor(now / 1000)));
}
/** What there is and what the run left unused. Outputs that a used action names count as used. */
async function measureUsage(gocache, mark) {
    const entries = await listEntries(gocache);
    return { all: trim_amount(entries), unused: trim_amount(await unusedOf(entries, mark)) };
}
/** Removes what the run did not use, as {@link measureUsage} counts it. Never called on a cache that was not restored here. */
async function trimUnused(gocache, mark) {
    const entries = await listEntries(gocache);
    const unused = await unusedOf(entries, mark);
    await each(unused, (entry) => entry.directory ? (0,promises_.rm)(entry.path, { recursive: true, force: true }) : (0,promises_.unlink)(entry.path));
    const all = trim_amount(entries);
    const removed = trim_amount(unused);
    return { kept: { entries: all.entries - removed.entries, bytes: all.bytes - removed.bytes }, removed };
}
async function unusedOf(entries, mark) {
    if (mark === undefined)
        return [];
    const marked = (entry) => Math.abs(entry.mtime - mark) < 500;
    // A lookup may read the action alone and its output in a later run: keep what kept actions name.
    const named = new Set();
    await each(entries.filter((entry) => entry.name.endsWith('-a') && !marked(entry)), async (entry) => {
        const output = outputOf(await (0,promises_.readFile)(entry.path, 'latin1').catch(() => ''));
        if (output !== undefined)
            named.add(`${output}-d`);
    });
    return entries.filter((entry) => marked(entry) && !named.has(entry.name));
}
/** The output's hash in an action entry: `v1 <action> <output> <size> <time>`. */
function outputOf(action) {
    return /^v1 [0-9a-f]{64} ([0-9a-f]{64}) /.exec(action)?.[1];
}
async function listEntries(gocache) {
    const found = [];
    const folders = (await names(gocache)).filter((name) => FOLDER.test(name));
    await each(folders, async (folder) => {
        for (const name of await names((0,external_node_path_.join)(gocache, folder))) {
            if (!ENTRY.test(name))
                continue;
            const path = (0,external_node_path_.join)(gocache, folder, name);
            const info = await (0,promises_.lstat)(path);
            const directory = info.isDirectory();
            found.push({
                path,
                name,
                directory,
                mtime: info.mtimeMs,
                bytes: directory ? await sizeOf(path) : info.size,
            });
        }
    });
    return found;
}
async function sizeOf(folder) {
    let bytes = 0;
    for (const name of await names(folder))
        bytes += (await (0,promises_.lstat)((0,external_node_path_.join)(folder, name))).size;
    return bytes;
}
async function names(folder) {
    try {
        return await (0,promises_.readdir)(folder);
    }
    catch (error) {
        if ((0,base_errors/* codeOf */.$N)(error) === 'ENOENT' || (0,base_errors/* codeOf */.$N)(error) === 'ENOTDIR')
            return [];
        throw error;
    }
}
const trim_amount = (entries) => ({
    entries: entries.length,
    bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
});
/** Whether the folder holds at least `limit` actions; stops counting there. */
async function holdsActions(gocache, limit) {
    let count = 0;
    for (const folder of (await names(gocache)).filter((name) => FOLDER.test(name))) {
        count += (await names((0,external_node_path_.join)(gocache, folder))).filter((name) => ENTRY.test(name) && name.endsWith('-a')).length;
        if (count >= limit)
            return true;
    }
    return false;
}
// Saving 5 % more costs about as long as compiling it again (3-5 s for a service with 30 dependencies); other branches see
// their entries alone, so theirs must be worth more. A third of dead weight costs every later run its download.
const NEW_SHARE = { defaultBranch: 0.05, otherBranch: 0.2 };
const DEAD_SHARE = 1 / 3;
/** Save only when the next run would gain by it; `why` says it with the figures. */
function saveDecision(facts) {
    const { all, unused } = facts.usage;
    if (all.entries === 0)
        return { save: false, why: 'nothing was compiled' };
    const { restored } = facts;
    if (restored === undefined || restored.entries === 0)
        return { save: true, why: 'no entry was restored' };
    const fresh = { entries: all.entries - restored.entries, bytes: all.bytes - restored.bytes };
    const share = Math.max(fresh.bytes / restored.bytes, fresh.entries / restored.entries);
    const needed = facts.defaultBranch ? NEW_SHARE.defaultBranch : NEW_SHARE.otherBranch;
    if (share >= needed)
        return { save: true, why: `${percent(share)} more than restored` };
    const dead = unused.bytes / restored.bytes;
    if (dead >= DEAD_SHARE && facts.defaultBranch)
        return { save: true, why: `${percent(dead)} of it was not used any more` };
    return { save: false, why: `only ${percent(Math.max(0, share))} more than restored` };
}
const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
//# sourceMappingURL=trim.js.map
;// CONCATENATED MODULE: ./lib/cache/plan.js











/** With so many actions a build cache belongs to the machine; `go list` and small tools of earlier steps leave fewer. */
const MACHINE_ACTIONS = 500;
const BUILD_PATHS = ['[0-9a-f][0-9a-f]'];
/** Decides what to restore and save, and under which keys. */
function planCaches(facts) {
    const { env, host, locations } = facts;
    const access = cacheAccess(env, facts.input, facts.event);
    const hosted = env['RUNNER_ENVIRONMENT'] === 'github-hosted';
    const wanted = wantedModules(facts.moduleFiles);
    const notes = access.reason === undefined ? [] : [access.reason];
    const nothing = { access, wanted, hosted, notes };
    if (!access.read && !access.write)
        return nothing;
    if (cacheService(env) === undefined)
        return { ...nothing, notes: ['no cache service here: Go uses its local caches'] };
    const modulesHash = hashModules(facts.moduleFiles);
    const unique = uniqueOf(env, facts.now);
    const { gomodcache, gocache } = locations;
    const modules = modulesHash === undefined || facts.vendored || gomodcache === undefined
        ? undefined
        : {
            store: { name: 'module cache', root: gomodcache, paths: MODULE_PATHS, crossOs: true },
            keys: moduleKeys({ project: facts.project, modulesHash, unique }),
        };
    const build = gocache === undefined
        ? undefined
        : {
            store: { name: 'build cache', root: gocache, paths: BUILD_PATHS, crossOs: false },
            keys: buildKeys({
                host,
                image: env['ImageOS'],
                goVersion: facts.goVersion,
                flavour: facts.flavour,
                project: facts.project,
                modulesHash: modulesHash ?? 'none',
                job: env['GITHUB_JOB'] ?? 'job',
                unique,
            }),
        };
    return {
        ...nothing,
        ...(modules === undefined ? {} : { modules }),
        ...(build === undefined ? {} : { build }),
        notes: [
            ...notes,
            ...(gocache === undefined
                ? ['GOCACHEPROG or an unusable GOCACHE: build objects are not cached here']
                : []),
        ],
    };
}
/** The state for post, from what {@link restoreCaches} gave. */
const cacheState = (plan, parts) => ({
    version: 1,
    access: plan.access,
    parts: parts.filter((part) => part !== undefined),
});
/**
 * Starts both restores at once and returns at once. Neither promise rejects; each costs one line in the log. Go commands of the
 * run have to wait for both (an entry that arrives late is of no use), installs need not.
 */
function restoreCaches(plan, act, options) {
    for (const note of plan.notes)
        act.log.info(`caches: ${note}`);
    const store = new CacheStore(act, options);
    return {
        modules: guarded(plan.modules, act, (planned) => restoreModules(plan, planned, store, act)),
        build: guarded(plan.build, act, (planned) => restoreBuild(plan, planned, store, act)),
    };
}
async function guarded(planned, act, work) {
    if (planned === undefined)
        return undefined;
    const part = await work(planned).catch((error) => ({
        ...planned,
        status: 'failed',
        hit: 'none',
        ms: 0,
        why: error instanceof Error ? error.message : String(error),
    }));
    act.log.info(describePart(part));
    return part;
}
async function restoreModules(plan, planned, store, act) {
    const download = (0,external_node_path_.join)(planned.store.root, 'cache', 'download');
    // go.sum names more than a build needs (tests of dependencies), so not all of it will ever be there.
    const filled = (await shareOfModules(download, plan.wanted)) >= 0.7;
    const held = await heldBack(plan, planned, filled, act);
    if (held !== undefined)
        return held;
    let modules = { zips: 0, mods: 0 };
    const result = await store.restore(planned.store, planned.keys, async (staging, hit) => {
        const restored = (0,external_node_path_.join)(staging, 'cache', 'download');
        // An entry of these very dependencies may also hold tools that go.sum does not name.
        if (hit !== 'exact')
            await pruneModules(restored, plan.wanted);
        modules = await countModules(restored);
    });
    await remember(planned, act);
    return { ...planned, ...result, ...(result.status === 'restored' ? { modules } : {}) };
}
async function restoreBuild(plan, planned, store, act) {
    const { root } = planned.store;
    const held = await heldBack(plan, planned, !plan.hosted && (await holdsActions(root, MACHINE_ACTIONS)), act);
    if (held !== undefined)
        return held;
    const now = act.clock.now();
    const mark = markTime(now);
    let restored;
    const result = await store.restore(planned.store, planned.keys, async (staging) => {
        restored = await markEntries(staging, mark);
    });
    if (result.status === 'restored')
        await writeTrimStamp(root, now);
    await remember(planned, act);
    return {
        ...planned,
        ...result,
        ...(result.status === 'restored' && restored !== undefined ? { mark, restored } : {}),
    };
}
/** The reasons not to ask the service, besides what the plan knows. */
async function heldBack(plan, planned, filled, act) {
    const part = (status) => ({ ...planned, status, hit: 'none', ms: 0 });
    if ((await readTextIfAny(reminder(planned, act.env))) === reminderOf(planned, act.env))
        return part('shared');
    if (filled)
        return part('kept');
    if (!plan.access.read)
        return part('skipped');
    return undefined;
}
// Tells a later call of the action in the same job that this folder has been restored from the same inputs already.
const reminder = (planned, env) => (0,external_node_path_.join)(env['RUNNER_TEMP'] ?? planned.store.root, `gip-cache-${sha256(planned.store.root).slice(0, 12)}`);
const reminderOf = (planned, env) => [env['GITHUB_RUN_ID'], env['GITHUB_RUN_ATTEMPT'], env['GITHUB_JOB'], planned.keys.exact].join(' ');
async function remember(planned, act) {
    if ((act.env['RUNNER_TEMP'] ?? '') !== '')
        await writeAtomic(reminder(planned, act.env), reminderOf(planned, act.env));
}
/**
 * Saves what changed, both caches at once. Never rejects; each costs one line.
 * @param outcome `complete` when every compile and test of the plan ran: only then "not used" is a reason to trim
 */
async function saveCaches(state, act, options, outcome) {
    const store = new CacheStore(act, options);
    return Promise.all(state.parts.map(async (part) => {
        const saved = await savePart(state, part, store, outcome.complete).catch((error) => ({
            name: part.store.name,
            status: 'failed',
            ms: 0,
            why: error instanceof Error ? error.message : String(error),
        }));
        act.log.info(describeSaved(saved));
        // Post steps run in reverse order: the call that restored is the last.
        if ((act.env['RUNNER_TEMP'] ?? '') !== '' && part.status !== 'shared')
            await (0,promises_.rm)(reminder(part, act.env), { force: true }).catch(() => undefined);
        return saved;
    }));
}
async function savePart(state, part, store, complete) {
    const { name } = part.store;
    const not = (status, why) => ({
        name,
        status,
        ms: 0,
        ...(why === undefined ? {} : { why }),
    });
    if (part.status === 'kept' || part.status === 'shared')
        return not(part.status);
    if (part.status === 'unavailable')
        return not('unavailable');
    if (!state.access.write)
        return not('read-only', state.access.reason);
    if (part.store.name === 'module cache') {
        const now = await countModules((0,external_node_path_.join)(part.store.root, 'cache', 'download'));
        if (now.zips + now.mods === 0)
            return not('unchanged', 'no module was downloaded');
        const before = part.modules;
        const same = part.hit === 'exact' && before !== undefined;
        if (same && now.zips <= before.zips && now.mods <= before.mods)
            return not('unchanged', 'the entry holds all modules');
        return { name, ...(await store.save(part.store, part.keys.primary)) };
    }
    const usage = await measureUsage(part.store.root, complete ? part.mark : undefined);
    const decision = saveDecision({
        restored: part.restored,
        usage,
        defaultBranch: state.access.defaultBranch,
    });
    if (!decision.save)
        return not('unchanged', decision.why);
    const trimmed = complete && part.mark !== undefined ? await trimUnused(part.store.root, part.mark) : undefined;
    const saved = await store.save(part.store, part.keys.primary);
    return {
        name,
        ...saved,
        why: saved.why ?? decision.why,
        ...(trimmed === undefined ? {} : { removed: trimmed.removed }),
    };
}
//# sourceMappingURL=plan.js.map
;// CONCATENATED MODULE: ./lib/cache/locations.js


/**
 * Where GOCACHE and GOMODCACHE are, by the rules of cmd/go (internal/cache/default.go, internal/cfg): variable, then
 * `go env -w` file, then default. It is worked out here because Go itself may not be installed yet while caches are restored.
 *
 * On Linux and macOS Go's defaults stay. On Windows the slow system drive is left when RUNNER_TEMP is on another
 * one (restores took 12-15 min on C: and 1 min on D:, actions/setup-go#495), unless the user chose a place.
 */
function cacheLocations(facts) {
    const { host, env, goEnv = {} } = facts;
    const windows = host.os === 'windows';
    const path = windows ? external_node_path_.win32 : external_node_path_.posix;
    const get = (name) => {
        const value = lookupEnvironment(env, name, host.os);
        return value === undefined || value === '' ? undefined : value;
    };
    const setting = (name) => {
        const saved = goEnv[name];
        return get(name) ?? (saved === undefined || saved === '' ? undefined : saved);
    };
    const home = windows ? get('USERPROFILE') : get('HOME');
    const userCache = windows
        ? get('LocalAppData')
        : host.os === 'darwin'
            ? home && path.join(home, 'Library', 'Caches')
            : (get('XDG_CACHE_HOME') ?? (home && path.join(home, '.cache')));
    const gopath = setting('GOPATH')?.split(path.delimiter)[0] ?? (home && path.join(home, 'go'));
    const chosenCache = setting('GOCACHE');
    const chosenModules = setting('GOMODCACHE') ?? (setting('GOPATH') && gopath && path.join(gopath, 'pkg', 'mod'));
    const defaultCache = userCache && path.join(userCache, 'go-build');
    const defaultModules = gopath && path.join(gopath, 'pkg', 'mod');
    const temp = facts.runnerTemp;
    const drive = (at) => at === undefined ? '' : external_node_path_.win32.parse(at).root.toUpperCase();
    const away = (at) => windows && temp !== undefined && external_node_path_.win32.isAbsolute(temp) && drive(temp) !== drive(at);
    const target = temp === undefined ? '' : path.join(external_node_path_.win32.parse(temp).root, 'go');
    const moveCache = chosenCache === undefined && away(defaultCache);
    const moveModules = chosenModules === undefined && away(defaultModules);
    // cmd/go refuses relative folders; GOCACHEPROG replaces the folder by a program.
    const usable = (at) => at !== undefined && at !== '' && path.isAbsolute(at) ? path.normalize(at) : undefined;
    const gocache = setting('GOCACHEPROG') === undefined
        ? usable(chosenCache ?? (moveCache ? path.join(target, 'build') : defaultCache))
        : undefined;
    const gomodcache = usable(chosenModules ?? (moveModules ? path.join(target, 'pkg', 'mod') : defaultModules));
    const moved = moveCache || moveModules;
    return {
        gocache,
        gomodcache,
        moved,
        environment: {
            ...(gocache === undefined ? {} : { GOCACHE: gocache }),
            ...(gomodcache === undefined ? {} : { GOMODCACHE: gomodcache }),
            // Compilers write and read their work there: the same drive. The folder exists, as Go requires.
            ...(moved && temp !== undefined && setting('GOTMPDIR') === undefined ? { GOTMPDIR: temp } : {}),
        },
    };
}
/** The file of `go env -w`, or undefined when it is off or there is no configuration folder. */
function goEnvFile(host, env) {
    const get = (name) => {
        const value = lookupEnvironment(env, name, host.os);
        return value === undefined || value === '' ? undefined : value;
    };
    const chosen = get('GOENV');
    if (chosen !== undefined)
        return chosen === 'off' ? undefined : chosen;
    if (host.os === 'windows') {
        const data = get('AppData');
        return data && external_node_path_.win32.join(data, 'go', 'env');
    }
    const home = get('HOME');
    if (host.os === 'darwin')
        return home && external_node_path_.posix.join(home, 'Library', 'Application Support', 'go', 'env');
    const config = get('XDG_CONFIG_HOME') ?? (home && external_node_path_.posix.join(home, '.config'));
    return config && external_node_path_.posix.join(config, 'go', 'env');
}
/** `NAME=value` lines; comments and lines of another form are skipped, as cmd/go does. */
function parseGoEnv(text) {
    const found = {};
    for (const line of text.split(/\r?\n/)) {
        const match = /^([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line);
        if (match?.[1] !== undefined)
            found[match[1]] = match[2] ?? '';
    }
    return found;
}
//# sourceMappingURL=locations.js.map
;// CONCATENATED MODULE: ./lib/go/build-id.js

const PREFIX = 64 * 1024;
const MARKER = Buffer.from('\xff Go build ID: "', 'latin1');
/** An ELF note: name size 4, then the description's size, type 4, the name "Go". */
const NOTE_TAIL = Buffer.from('\x04\0\0\0Go\0\0', 'latin1');
/**
 * The Go build ID of a binary, as `go tool buildid` prints it (that tool is not shipped with Go 1.25 and later, but
 * compiled when asked for). It names the content: action ID / main package / link inputs / content
 * (cmd/internal/buildid). An empty string when there is none (-buildid=).
 */
async function readBuildId(file) {
    const handle = await (0,promises_.open)(file, 'r');
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(PREFIX), 0, PREFIX, 0);
        return findBuildId(buffer.subarray(0, bytesRead));
    }
    finally {
        await handle.close();
    }
}
/** ELF keeps it in a note; Mach-O and PE begin their code with `\xff Go build ID: "…"\n \xff`. */
function findBuildId(head) {
    if (head.subarray(0, 4).toString('latin1') === '\x7fELF') {
        const big = head[5] === 2;
        const tail = big ? Buffer.from('\0\0\0\x04Go\0\0', 'latin1') : NOTE_TAIL;
        for (let at = head.indexOf(tail); at >= 0; at = head.indexOf(tail, at + 1)) {
            if (at < 8)
                continue;
            const nameSize = big ? head.readUInt32BE(at - 8) : head.readUInt32LE(at - 8);
            const size = big ? head.readUInt32BE(at - 4) : head.readUInt32LE(at - 4);
            const start = at + tail.length;
            if (nameSize === 4 && size > 0 && start + size <= head.length)
                return head.subarray(start, start + size).toString('latin1');
        }
    }
    const at = head.indexOf(MARKER);
    if (at < 0)
        return '';
    const start = at + MARKER.length;
    const end = head.indexOf('"', start);
    return end < 0 ? '' : head.subarray(start, end).toString('latin1');
}
//# sourceMappingURL=build-id.js.map
;// CONCATENATED MODULE: ./lib/go/explain.js
const RULES = [
    {
        code: 'go-too-old',
        kind: 'gate',
        pattern: /(\S+) requires go >= (\S+) \(running go ([^;)]+)/,
        cause: ([, what = '', wanted = '', running = '']) => `${what} asks for Go ${wanted}, but Go ${running} runs`,
        fix: 'set go-version (or go-version-file: go.mod) to a Go that is new enough',
    },
    {
        code: 'go-sum-mismatch',
        kind: 'gate',
        pattern: /(?:verifying (\S+?): )?checksum mismatch|SECURITY ERROR/,
        cause: ([, what]) => `the downloaded ${what ?? 'module'} is not the one that go.sum or the checksum database knows`,
        fix: 'do not ignore this: the module was replaced upstream or on the way. Compare with sum.golang.org; if the change is wanted, update go.sum with: go mod tidy',
    },
    {
        code: 'go-sum-missing',
        kind: 'gate',
        pattern: /missing go\.sum entry/,
        cause: () => 'go.sum is not complete',
        fix: 'run "go mod tidy" (in a workspace also "go work sync") and commit go.sum',
    },
    {
        code: 'go-mod-untidy',
        kind: 'gate',
        pattern: /updates to go\.(?:mod|work) needed|no required module provides package (\S+?)[;\s]/,
        cause: ([, what]) => what === undefined ? 'go.mod does not match the code' : `no module that go.mod requires holds ${what}`,
        fix: 'run "go mod tidy" and commit go.mod and go.sum',
    },
    {
        code: 'go-vendor-inconsistent',
        kind: 'gate',
        pattern: /inconsistent vendoring/,
        cause: () => 'vendor/modules.txt does not match go.mod',
        fix: 'run "go mod vendor" (or "go work vendor") and commit the vendor folder',
    },
    {
        code: 'go-private-module',
        kind: 'environment',
        pattern: /terminal prompts disabled|could not read Username|(?:\s|: )(?:401|403|404|410) (?:Unauthorized|Forbidden|Not Found|Gone)/,
        cause: () => 'a module cannot be read: it is private, was removed, or the proxy refuses it',
        fix: 'for a private module set goprivate and give git credentials (a token with read access); else check the version and goproxy',
    },
    {
        code: 'go-c-compiler',
        kind: 'environment',
        pattern: /cgo: C compiler "?([^"\s]+)"? not found/,
        cause: ([, cc = 'gcc']) => `cgo is on, but there is no C compiler ${cc}`,
        fix: 'set cgo: false when the code needs none, or install a C compiler before this step (apk add build-base, apt-get install gcc libc6-dev)',
    },
    {
        code: 'go-race-platform',
        kind: 'environment',
        pattern: /-race is (?:not supported|only supported) on ([^\n]*)/,
        cause: ([, where = 'this platform']) => `the race detector does not work on ${where}`,
        fix: 'set race: false on this runner',
    },
    {
        code: 'go-race-cgo',
        kind: 'environment',
        pattern: /-race requires cgo/,
        cause: () => 'the race detector needs cgo',
        fix: 'set race: false, or let CGO_ENABLED be 1 and install a C compiler',
    },
    {
        code: 'disk-full',
        kind: 'environment',
        pattern: /no space left on device|not enough space on the disk|disk quota exceeded/i,
        cause: () => 'the disk is full',
        fix: 'free disk space on the runner (GOCACHE, GOMODCACHE, RUNNER_TEMP), or use a larger runner',
    },
    {
        code: 'out-of-memory',
        kind: 'environment',
        pattern: /(?:compile|link|cgo|go build[^\n]*): signal: killed|: signal: killed|cannot allocate memory|out of memory/,
        cause: () => 'a compiler, linker or test was killed, most likely for want of memory',
        fix: 'use a runner with more memory, or compile less at once: GOFLAGS=-p=2',
    },
    {
        code: 'go-vcs',
        kind: 'environment',
        pattern: /error obtaining VCS status/,
        cause: () => 'git cannot tell the state of the checkout, most often because another user owns it',
        fix: 'git config --global --add safe.directory "$GITHUB_WORKSPACE"',
    },
    {
        code: 'go-network',
        kind: 'environment',
        // "unexpected EOF" and the like alone could be the compiler's: an address must be there.
        pattern: /(?:(?:Get|Head|reading|fetch) "?https?:\/\/|dial tcp |lookup \S+ on |net\/http: TLS handshake timeout)[^\n]*/,
        cause: ([what = '']) => `a module could not be downloaded (${what.trim().slice(0, 200)})`,
        fix: "check the runner's network, or set goproxy to a proxy that it reaches",
        transient: true,
    },
    {
        code: 'go-embed-missing',
        kind: 'gate',
        pattern: /pattern (\S+): no matching files found/,
        cause: ([, what = '']) => `//go:embed names ${what}, which is not there`,
        fix: 'generate or check out the embedded files before this step',
    },
    {
        code: 'go-not-in-std',
        kind: 'gate',
        pattern: /package (\S+) is not in std/,
        cause: ([, what = '']) => `there is no package ${what} in this Go's standard library`,
        fix: 'correct the import path, or use a newer Go',
    },
];
/** The cause of a failed go command, when its output shows a known one. */
function explainGo(output) {
    for (const { pattern, cause, ...rest } of RULES) {
        const match = pattern.exec(output);
        if (match !== null)
            return { ...rest, cause: cause(match) };
    }
    return undefined;
}
//# sourceMappingURL=explain.js.map
;// CONCATENATED MODULE: ./lib/go/compile.js








/** Code that does not compile, with every place. */
class CompileError extends base_errors/* PipelineError */.zC {
    diagnostics;
    constructor(diagnostics, what, fix, log) {
        super('gate', diagnostics.slice(0, 20).map((d) => ({
            code: 'compile-failed',
            what,
            cause: d.message,
            ...(d.file === undefined
                ? {}
                : { where: [d.file, d.line, d.column].filter((part) => part !== undefined).join(':') }),
            fix: d.fix ?? fix,
        })), { log });
        this.name = 'CompileError';
        this.diagnostics = diagnostics;
    }
}
/** The command line. Flags that vet and tests share (-trimpath, -tags, -mod) are in GOFLAGS, so they cannot differ. */
function compileArgv(bin, options) {
    return [
        bin,
        'build',
        `-buildvcs=${options.buildvcs}`,
        ...(options.ldflags === '' ? [] : [`-ldflags=${options.ldflags}`]),
        ...(options.flags ?? []),
        '-o',
        options.output,
        options.package,
    ];
}
/**
 * Compiles all binaries: platforms side by side, the main packages of one platform one after another (they share
 * most of their packages, so the later ones only link).
 * @throws CompileError (gate) with the places; PipelineError (environment) for disk, memory, network, C compiler
 */
async function compile(targets, run, act) {
    const tree = { root: run.root, os: act.host.os, modules: run.modules };
    const lanes = new Map();
    for (const target of targets) {
        const key = formatPlatform(target.platform);
        lanes.set(key, [...(lanes.get(key) ?? []), target]);
    }
    const done = new Map();
    const queue = [...lanes.values()];
    // The first failure ends the others: they would fail with the same words.
    const stop = new AbortController();
    const signal = AbortSignal.any([act.signal, stop.signal]);
    const errors = [];
    const worker = async () => {
        for (let lane = queue.shift(); lane !== undefined && !signal.aborted; lane = queue.shift()) {
            for (const target of lane) {
                try {
                    done.set(target, await goBuild(target, run, tree, { ...act, signal }));
                }
                catch (error) {
                    errors.push(error);
                    stop.abort(error);
                    return;
                }
            }
        }
    };
    await Promise.all(Array.from({ length: Math.max(1, run.concurrency ?? 3) }, worker));
    if (errors.length > 0)
        throw errors[0];
    act.signal.throwIfAborted();
    return targets.map((target) => done.get(target)).filter((binary) => binary !== undefined);
}
async function goBuild(target, run, tree, act) {
    const started = systemClock.now();
    const name = `${target.main.name} for ${formatPlatform(target.platform)}`;
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(target.output), { recursive: true });
    const build = (buildvcs) => act.exec.run({
        argv: compileArgv(run.bin, {
            package: target.main.importPath,
            output: target.output,
            ldflags: run.ldflags,
            buildvcs,
            ...(run.flags === undefined ? {} : { flags: run.flags }),
        }),
        // In its own module, whatever the working directory: without a go.work no other place knows the package.
        cwd: (0,external_node_path_.join)(run.root, target.main.module.dir),
        env: { ...run.env, ...goEnvironment(target.platform) },
        timeoutMs: run.timeoutMs,
        signal: act.signal,
    });
    let result = await build(run.buildvcs);
    if (result.code !== 0 && run.buildvcs === 'auto' && result.stderr.includes('error obtaining VCS status')) {
        act.log.warning(`${name}: git cannot be asked for the commit (another user owns the checkout?), so the binary does not name it. To have it: git config --global --add safe.directory "$GITHUB_WORKSPACE"`);
        result = await build('false');
    }
    if (result.code !== 0)
        throw buildError(name, result.code, result.tail, target.main.module.dir, tree);
    let size;
    try {
        size = (await (0,promises_.stat)(target.output)).size;
        await (0,promises_.chmod)(target.output, 0o755);
    }
    catch (error) {
        throw (0,base_errors/* environmentError */.me)({ code: 'binary-missing', what: `go build wrote no binary for ${name}`, where: target.output }, { cause: error, log: result.tail.join('\n') });
    }
    const ms = systemClock.now() - started;
    act.log.info(`compiled ${name}: ${formatBytes(size)} in ${formatDuration(ms)}`);
    return { target, path: target.output, size, buildId: await readBuildId(target.output), ms };
}
function buildError(name, code, tail, cwd, tree) {
    const log = tail.join('\n');
    const explained = explainGo(log);
    if (explained?.kind === 'environment') {
        const { cause, fix } = explained;
        return (0,base_errors/* environmentError */.me)({ code: explained.code, what: `cannot compile ${name}`, cause, fix }, { log });
    }
    const diagnostics = parseBuildOutput(tail, tree, cwd).map((d) => ({
        ...d,
        ...(explained === undefined ? {} : { fix: explained.fix }),
    }));
    if (diagnostics.length === 0) {
        return (0,base_errors/* environmentError */.me)({
            code: explained?.code ?? 'go-build-failed',
            what: `go build of ${name} ended with exit code ${code}`,
            cause: explained?.cause ?? 'it named no place in the code',
            fix: explained?.fix ?? 'run the same go build locally; its output is below',
        }, { log });
    }
    const first = diagnostics[0];
    const fix = `correct the code${first === undefined ? '' : `, first: ${formatDiagnostic(first)}`}`;
    return new CompileError(diagnostics, `${name} does not compile`, explained?.fix ?? fix, log);
}
//# sourceMappingURL=compile.js.map
;// CONCATENATED MODULE: ./lib/go/remote.js




/** Collects the attempts of one search. */
class Trail {
    attempts = [];
    add(source, answer) {
        this.attempts.push({ source: redactUrl(source), answer });
    }
    fail(source, error) {
        this.add(source, answerOf(error));
    }
    toString() {
        return this.attempts.map((attempt) => `${attempt.source}: ${attempt.answer}`).join('; ');
    }
}
/** A failed request in a few words. */
function answerOf(error) {
    if (error instanceof HttpStatusError)
        return `answered ${error.status}`;
    if (error instanceof base_errors/* PipelineError */.zC) {
        const problem = error.problems[0];
        return problem === undefined ? error.message : [problem.what, problem.cause].filter(Boolean).join(': ');
    }
    return (0,base_errors/* codeOf */.$N)(error) === 'ENOTFOUND'
        ? 'its name cannot be resolved'
        : ((0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? '');
}
/** Statuses by which a source says that it has not got the file: an answer, not a fault. */
const remote_isAbsent = (error) => error instanceof HttpStatusError && [403, 404, 410, 451].includes(error.status);
const CLOSED = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Like any HTTP fault, but a closed door is final: other sources remain, and waiting at this one costs minutes. */
function classifySource(error) {
    const code = (0,base_errors/* codeOf */.$N)(error);
    if (error instanceof base_errors/* PipelineError */.zC || (code !== undefined && CLOSED.has(code)))
        return { kind: 'final' };
    return classifyHttpFault(error);
}
/** A small file from one of several sources: three tries at what can pass, none at a closed door. */
function sourceBytes(url, context, options = {}) {
    const target = withCredentials(url);
    return retry(async () => (await get(target.url, context, target.headers)).bytes(options.limit), {
        what: `GET ${redactUrl(target.url)}`,
        classify: classifySource,
        attempts: options.attempts ?? 3,
        ...(context.clock === undefined ? {} : { clock: context.clock }),
        ...(context.signal === undefined ? {} : { signal: context.signal }),
        ...(context.counter === undefined ? {} : { counter: context.counter }),
        ...(context.log === undefined ? {} : { log: context.log }),
    });
}
/** The same as text. */
const sourceText = async (...args) => (await sourceBytes(...args)).toString('utf8');
/** User information of a URL (`https://user:password@mirror/`) as a Basic header, so that it is in no log. */
function withCredentials(text) {
    let url;
    try {
        url = new URL(text);
    }
    catch {
        return { url: text, headers: {} };
    }
    if (url.username === '' && url.password === '')
        return { url: text, headers: {} };
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    url.username = '';
    url.password = '';
    return { url: url.toString(), headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
/** Joins a base URL and a path by one slash. */
const under = (base, path) => `${base.replace(/\/+$/, '')}/${path}`;
//# sourceMappingURL=remote.js.map
;// CONCATENATED MODULE: ./lib/go/sumdb.js





/*
 * A client of the Go checksum database (golang.org/design/25530-sumdb; research.swtch.com/tlog).
 *
 * Verified, each time and without trust in whoever delivered the bytes: the Ed25519 signature of the tree head by the
 * known key; that the record is in that tree (Merkle inclusion proof from the tiles); that the record names exactly
 * the module version asked for. Not verified: that this tree head extends one seen before (the go command keeps
 * its last one in GOMODCACHE; a fresh runner has none to compare with).
 */
/** The public database's key, as cmd/go has it built in (cmd/go/internal/modfetch/key.go). */
const SUM_GOLANG_ORG = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
const sumdb_WIDTH = 256;
const HASH = 32;
const forged = (what, cause, where) => (0,base_errors/* environmentError */.me)({
    code: 'sumdb-not-authentic',
    what,
    cause,
    ...(where === undefined ? {} : { where }),
    fix: 'something between this machine and sum.golang.org alters answers: check the module proxy; nothing was installed',
});
// A login page or an error page is no forgery: another copy of the database may answer.
const malformed = (text) => new Error(`its answer is none of a checksum database: ${JSON.stringify(text.slice(0, 80))}`);
const sumdb_sha256 = (...parts) => {
    const hash = (0,external_node_crypto_.createHash)('sha256');
    for (const part of parts)
        hash.update(part);
    return hash.digest();
};
/** Reads `name+hash+base64(algorithm, key)` (golang.org/x/mod/sumdb/note) and checks its own hash. */
function parseVerifierKey(text) {
    const [, name = '', hash = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.length !== 33 || bytes[0] !== 1)
        throw forged('a verifier key is malformed', text);
    if (sumdb_sha256(`${name}\n`, bytes).toString('hex', 0, 4) !== hash) {
        throw forged('a verifier key does not match its own hash', text);
    }
    const x = bytes.subarray(1).toString('base64url');
    return { name, hash, key: (0,external_node_crypto_.createPublicKey)({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) };
}
/** The text of a signed note, if `key` signed it; signatures by other keys are of no interest. */
function openNote(note, key) {
    const split = note.lastIndexOf('\n\n');
    if (split < 0)
        throw malformed(note);
    const text = note.slice(0, split + 1);
    let signed = false;
    for (const line of note.slice(split + 2).split('\n')) {
        const [, name, encoded = ''] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
        if (name !== key.name)
            continue;
        const bytes = Buffer.from(encoded, 'base64');
        if (bytes.toString('hex', 0, 4) !== key.hash)
            continue;
        if (!(0,external_node_crypto_.verify)(null, Buffer.from(text), key.key, bytes.subarray(4))) {
            throw forged('the checksum database answered with a wrong signature', `key ${key.name}+${key.hash}`);
        }
        signed = true;
    }
    if (!signed)
        throw forged('the checksum database answered without its signature', `no line by ${key.name}`);
    return text;
}
/** `go.sum database tree`, size, root hash: the text of a tree head. */
function parseTreeHead(text) {
    const [, size = '', root = ''] = /^go\.sum database tree\n(\d{1,15})\n(\S+)\n/.exec(text) ?? [];
    const bytes = Buffer.from(root, 'base64');
    if (size === '' || bytes.length !== HASH)
        throw malformed(text);
    return { size: Number(size), root: bytes };
}
/** The answer of `/lookup/`: record number, record text, signed tree head. */
function parseLookup(body) {
    const [, id = '', record = '', note = ''] = /^(\d{1,15})\n([\s\S]*?\n)\n([\s\S]*)$/.exec(body) ?? [];
    if (id === '')
        throw malformed(body);
    return { id: Number(id), record, note };
}
/** RFC 6962 §2.1: leaves and inner nodes are hashed with different first bytes. */
const leafHash = (record) => sumdb_sha256(Buffer.of(0), record);
const nodeHash = (left, right) => sumdb_sha256(Buffer.of(1), left, right);
/** `tile/8/<level>/<n>[.p/<width>]`; n in groups of three digits, all but the last with an `x`. */
function tilePath(level, n, width) {
    const digits = String(n);
    const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
    const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
    return `tile/8/${level}/${name}${width < sumdb_WIDTH ? `.p/${width}` : ''}`;
}
/** The root of a perfect subtree over `hashes`, whose count is a power of two. */
function perfectRoot(hashes) {
    let row = [...hashes];
    while (row.length > 1) {
        row = Array.from({ length: row.length / 2 }, (_, i) => nodeHash(row[2 * i] ?? Buffer.alloc(0), row[2 * i + 1] ?? Buffer.alloc(0)));
    }
    return row[0] ?? Buffer.alloc(0);
}
/**
 * Proves that the leaf is number `id` of the tree. First the tree's right edge (its partial tiles) is hashed up to
 * the signed root, which makes those tiles authentic; then each full tile above the leaf must hash to its entry in
 * the next, until an authentic tile is reached. Seven small files for a tree of 60 million records.
 */
async function proveInclusion(id, leaf, tree, readTile) {
    if (id >= tree.size)
        throw forged('a record lies outside the signed tree', `record ${id}, size ${tree.size}`);
    const load = async (level, n, width) => {
        let bytes;
        try {
            bytes = await readTile(tilePath(level, n, width));
        }
        catch (error) {
            // A partial tile may be gone once it is complete; its beginning is the same.
            if (width === sumdb_WIDTH)
                throw error;
            bytes = await readTile(tilePath(level, n, sumdb_WIDTH));
        }
        if (bytes.length < width * HASH || bytes.length > sumdb_WIDTH * HASH) {
            throw forged('a tile of the checksum database has a wrong size', tilePath(level, n, width));
        }
        return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH, (i + 1) * HASH));
    };
    const edge = [];
    for (let level = 0, count = tree.size; count > 0; level++, count = Math.floor(count / sumdb_WIDTH)) {
        const n = Math.floor(count / sumdb_WIDTH);
        edge[level] = { n, hashes: count % sumdb_WIDTH === 0 ? [] : await load(level, n, count % sumdb_WIDTH) };
    }
    // The tree is perfect subtrees from left (large) to right (small); fold them from the right (RFC 6962 §2.1).
    let root;
    for (const { hashes } of edge) {
        for (let end = hashes.length; end > 0;) {
            const size = end & -end;
            const subtree = perfectRoot(hashes.slice(end - size, end));
            root = root === undefined ? subtree : nodeHash(subtree, root);
            end -= size;
        }
    }
    if (root?.equals(tree.root) !== true) {
        throw forged('the tiles of the checksum database do not hash to the signed tree', `size ${tree.size}`);
    }
    let hash = leaf;
    let index = id;
    for (let level = 0;; level++) {
        const n = Math.floor(index / sumdb_WIDTH);
        const right = edge[level]?.n === n;
        const hashes = right ? (edge[level]?.hashes ?? []) : await load(level, n, sumdb_WIDTH);
        if (hashes[index % sumdb_WIDTH]?.equals(hash) !== true) {
            throw forged('a record is not in the signed tree', `record ${id}, level ${level}`);
        }
        if (right)
            return;
        hash = perfectRoot(hashes);
        index = n;
    }
}
/**
 * The authentic `h1:` hash of a module version. Each base is asked in turn until one answers; what it answers is
 * verified, and a wrong answer ends the search with `sumdb-not-authentic`.
 *
 * @param bases `https://sum.golang.org`, or a module proxy's `…/sumdb/sum.golang.org`
 * @returns undefined when the database has no such version
 */
async function lookupSum(module, version, bases, context, verifierKey = SUM_GOLANG_ORG) {
    const key = parseVerifierKey(verifierKey);
    const failures = [];
    let absent = false;
    for (const base of bases) {
        let answered = false;
        try {
            const body = await sourceText(under(base, `lookup/${module}@${version}`), context, { limit: 64 * 1024 });
            answered = true;
            const { id, record, note } = parseLookup(body);
            const tree = parseTreeHead(openNote(note, key));
            const line = record.split('\n').find((text) => text.startsWith(`${module} ${version} h1:`));
            if (line === undefined) {
                throw forged('the checksum database answered for another module', JSON.stringify(record), redactUrl(base));
            }
            await proveInclusion(id, leafHash(record), tree, (path) => sourceBytes(under(base, path), context, { limit: sumdb_WIDTH * HASH }));
            return { h1: line.slice(module.length + version.length + 2), base, treeSize: tree.size };
        }
        catch (error) {
            context.signal?.throwIfAborted();
            if (error instanceof base_errors/* PipelineError */.zC && error.problems[0]?.code === 'sumdb-not-authentic')
                throw error;
            if (!answered && error instanceof HttpStatusError && [404, 410].includes(error.status))
                absent = true;
            failures.push(`${redactUrl(base)}: ${answerOf(error)}`);
        }
    }
    if (absent)
        return undefined;
    throw (0,base_errors/* environmentError */.me)({
        code: 'sumdb-unreachable',
        what: `the checksum of ${module}@${version} cannot be verified`,
        cause: `no copy of the Go checksum database answered: ${failures.join('; ')}`,
        fix: 'allow https://sum.golang.org, or use a module proxy that passes /sumdb/ on (GOPROXY)',
    });
}
//# sourceMappingURL=sumdb.js.map
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(57975);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(38522);
;// CONCATENATED MODULE: ./lib/go/zip.js






/*
 * A small reader for the two zip files that we open: Go modules and Go's Windows archives. Own, because a module's
 * `h1:` hash is over the unpacked files (so every one must be read before any is trusted), because `unzip` is
 * missing on many runners, and because Expand-Archive takes minutes for 11,000 files.
 * Format: PKWARE APPNOTE 6.3.10, §4.3. Zip64, encryption and symbolic links are refused: Go's files have none.
 */
const inflateRaw = (0,external_node_util_.promisify)(external_node_zlib_.inflateRaw);
const MAX_ENTRIES = 65_534;
const MAX_FILE = 1024 * 1024 * 1024;
const MAX_TOTAL = 4 * MAX_FILE;
/** Files handled at the same time: inflating runs in Node's thread pool. */
const LANES = 8;
const zip_broken = (file, cause) => (0,base_errors/* environmentError */.me)({
    code: 'archive-broken',
    what: 'a downloaded zip file cannot be opened',
    where: file,
    cause,
    fix: 'a proxy or mirror may have altered it: use another source',
});
/** Opens a zip file, checks its directory, and closes it after `use`. */
async function withZip(file, use) {
    const handle = await (0,promises_.open)(file, 'r');
    try {
        return await use(new Zip(file, handle, await readDirectory(file, handle)));
    }
    finally {
        await handle.close();
    }
}
async function readDirectory(file, handle) {
    const { size } = await handle.stat();
    // The end record has 22 bytes and a comment of at most 65,535.
    const tail = await readAt(file, handle, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    if (end < 0 || end + 22 > tail.length)
        throw zip_broken(file, 'it has no end record (cut off, or no zip file)');
    const count = tail.readUInt16LE(end + 10);
    const length = tail.readUInt32LE(end + 12);
    const start = tail.readUInt32LE(end + 16);
    if (count > MAX_ENTRIES || start === 0xffffffff)
        throw zip_broken(file, 'it is a zip64 archive');
    if (start + length > size)
        throw zip_broken(file, 'its directory lies outside the file');
    const directory = await readAt(file, handle, start, length);
    const entries = [];
    const seen = new Set();
    let total = 0;
    for (let at = 0, i = 0; i < count; i++) {
        if (at + 46 > length || directory.readUInt32LE(at) !== 0x02014b50)
            throw zip_broken(file, 'its directory is malformed');
        const nameLength = directory.readUInt16LE(at + 28);
        const next = at + 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
        if (next > length)
            throw zip_broken(file, 'its directory is malformed');
        const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
        const unix = directory.readUInt8(at + 5) === 3;
        const attributes = unix ? directory.readUInt16LE(at + 40) : 0;
        const entry = {
            name,
            method: directory.readUInt16LE(at + 10),
            compressed: directory.readUInt32LE(at + 20),
            size: directory.readUInt32LE(at + 24),
            offset: directory.readUInt32LE(at + 42),
            mode: attributes & 0o777,
        };
        const kind = attributes & 0o170000;
        total += entry.size;
        if ((directory.readUInt16LE(at + 8) & 1) !== 0)
            throw zip_broken(file, `${name} is encrypted`);
        if (entry.method !== 0 && entry.method !== 8)
            throw zip_broken(file, `${name} has compression method ${entry.method}`);
        if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000)
            throw zip_broken(file, `${name} is no regular file`);
        if (entry.size > MAX_FILE || total > MAX_TOTAL)
            throw zip_broken(file, `${name} would unpack to too many bytes`);
        if (!isSafeName(name))
            throw zip_broken(file, `the name ${JSON.stringify(name)} leads out of the archive or is not portable`);
        if (seen.has(name))
            throw zip_broken(file, `${name} is there twice`);
        seen.add(name);
        entries.push(entry);
        at = next;
    }
    return entries;
}
/** No way out of the target folder on any system: no `..`, absolute path, drive, backslash, stream or control character. */
function isSafeName(name) {
    if (name === '' || name.startsWith('/') || /[\\:*?"<>|\p{Cc}\ufffd]/u.test(name))
        return false;
    return name
        .replace(/\/$/, '')
        .split('/')
        .every((part) => part !== '' && part !== '.' && part !== '..');
}
async function readAt(file, handle, position, length) {
    const buffer = Buffer.allocUnsafe(length);
    let have = 0;
    while (have < length) {
        const { bytesRead } = await handle.read(buffer, have, length - have, position + have);
        if (bytesRead === 0)
            throw zip_broken(file, 'it ends too early');
        have += bytesRead;
    }
    return buffer;
}
class Zip {
    entries;
    #file;
    #handle;
    constructor(file, handle, entries) {
        this.#file = file;
        this.#handle = handle;
        this.entries = entries;
    }
    /** The unpacked bytes of one entry; its declared size is also the limit. */
    async read(entry) {
        const head = await readAt(this.#file, this.#handle, entry.offset, 30);
        if (head.readUInt32LE(0) !== 0x04034b50)
            throw zip_broken(this.#file, `${entry.name} has no header`);
        const start = entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
        const raw = await readAt(this.#file, this.#handle, start, entry.compressed);
        let bytes;
        try {
            bytes = entry.method === 0 ? raw : await inflateRaw(raw, { maxOutputLength: Math.max(1, entry.size) });
        }
        catch {
            throw zip_broken(this.#file, `${entry.name} cannot be unpacked`);
        }
        if (bytes.length !== entry.size)
            throw zip_broken(this.#file, `${entry.name} has not the size that the directory says`);
        return bytes;
    }
    /**
     * Go's module hash of the whole archive (golang.org/x/mod/sumdb/dirhash Hash1): base64 of SHA-256 over the lines
     * `hex(SHA-256(file)), two blanks, name`, sorted by name.
     */
    async h1(signal) {
        const lines = new Map();
        await inLanes(this.entries, signal, async (entry) => {
            const digest = (0,external_node_crypto_.createHash)('sha256')
                .update(await this.read(entry))
                .digest('hex');
            lines.set(entry.name, `${digest}  ${entry.name}\n`);
        });
        const all = (0,external_node_crypto_.createHash)('sha256');
        // Go sorts the bytes of the names, not UTF-16 units.
        const names = [...lines.keys()].map((name) => Buffer.from(name)).sort((a, b) => a.compare(b));
        for (const name of names)
            all.update(lines.get(name.toString()) ?? '');
        return `h1:${all.digest('base64')}`;
    }
    /** Writes every file below `prefix` into `folder`. `executable` adds to the permission bits of the archive. */
    async unpack(folder, options) {
        const made = new Map();
        const ensure = (directory) => {
            const known = made.get(directory) ?? (0,promises_.mkdir)(directory, { recursive: true });
            made.set(directory, known);
            return known;
        };
        await ensure(folder);
        await inLanes(this.entries, options.signal, async (entry) => {
            if (!entry.name.startsWith(options.prefix)) {
                throw zip_broken(this.#file, `${entry.name} is not below ${options.prefix}`);
            }
            const path = entry.name.slice(options.prefix.length);
            if (path === '')
                return;
            const target = (0,external_node_path_.join)(folder, path);
            if (path.endsWith('/')) {
                await ensure(target);
                return;
            }
            await ensure((0,external_node_path_.dirname)(target));
            const run = (entry.mode & 0o111) !== 0 || options.executable?.(path) === true;
            await (0,promises_.writeFile)(target, await this.read(entry), { flag: 'wx' });
            // Not by `mode` of the write: the umask would take bits away.
            if (run)
                await (0,promises_.chmod)(target, 0o755);
        });
    }
}
/** `work` for every item, a few at a time; the first failure stops the rest. */
async function inLanes(items, signal, work) {
    const queue = items.values();
    let failed = false;
    const lane = async () => {
        for (const item of queue) {
            if (failed)
                return;
            signal?.throwIfAborted();
            try {
                await work(item);
            }
            catch (error) {
                failed = true;
                throw error;
            }
        }
    };
    const results = await Promise.allSettled(Array.from({ length: LANES }, lane));
    for (const result of results)
        if (result.status === 'rejected')
            throw result.reason;
}
//# sourceMappingURL=zip.js.map
;// CONCATENATED MODULE: ./lib/go/goproxy.js









/** The module as which every Go toolchain is also published (go.dev/doc/toolchain, "Toolchain downloads"). */
const MODULE = 'golang.org/toolchain';
/** The copies of the checksum database that cmd/go knows; the second is reachable from China and has the same key. */
const SUMDBS = ['https://sum.golang.org', 'https://sum.golang.google.cn'];
/**
 * The proxies of a GOPROXY list, in order. `direct` is left out (for a toolchain it means go.dev, asked before);
 * `off` ends the list. Whether an item follows a comma or a bar does not matter here: the toolchain is no private
 * name and its hash is proved, so every proxy may be asked.
 */
function parseGoProxy(list) {
    const proxies = [];
    for (const item of list.split(/[,|]/).map((text) => text.trim())) {
        if (item === 'off')
            break;
        if (/^https?:\/\//i.test(item))
            proxies.push(item.replace(/\/+$/, ''));
        else if (item !== '' && item !== 'direct' && item !== 'noproxy' && !item.includes('://')) {
            proxies.push(`https://${item.replace(/\/+$/, '')}`);
        }
    }
    return [...new Set(proxies)];
}
/** `v0.0.1-go1.26.7.linux-amd64`. */
const toolchainVersion = (version, target) => `v0.0.1-go${formatGoVersion(version)}.${target.os}-${target.arch}`;
/** Where the checksum database may be asked: through proxies that pass it on, GOSUMDB's own URL, then directly. */
async function sumdbBases(proxies, env, context) {
    const bases = [];
    for (const proxy of proxies) {
        const base = under(proxy, 'sumdb/sum.golang.org');
        try {
            await sourceText(under(base, 'supported'), context, { limit: 64 * 1024, attempts: 2 });
            bases.push(base);
        }
        catch {
            // Not passed on, or not reachable: the proxy's own turn will tell.
            context.signal?.throwIfAborted();
        }
    }
    // GOSUMDB="sum.golang.org https://copy.example": a copy under the same key. Its name alone, or `off`, changes nothing:
    // cmd/go too insists on the database for toolchains.
    const [name, url] = (env['GOSUMDB'] ?? '').trim().split(/\s+/);
    if (url !== undefined && /^sum\.golang\.org(\+|$)/.test(name ?? '') && /^https?:\/\//.test(url))
        bases.push(url);
    return [...new Set([...bases, ...SUMDBS])];
}
/** The toolchains for a target that the first answering proxy lists. Such lists may be incomplete. */
async function listToolchains(proxies, target, context, trail) {
    const suffix = `.${target.os}-${target.arch}`;
    for (const proxy of proxies) {
        try {
            const text = await sourceText(under(proxy, `${MODULE}/@v/list`), context);
            const releases = [];
            for (const line of text.split(/\s+/)) {
                if (!line.startsWith('v0.0.1-go') || !line.endsWith(suffix))
                    continue;
                const version = parseGoVersion(line.slice('v0.0.1-'.length, -suffix.length));
                if (version !== undefined && version.language === undefined)
                    releases.push({ version });
            }
            trail.add(`list of ${redactUrl(proxy)}`, `${releases.length} toolchains for ${target.os}/${target.arch}`);
            if (releases.length > 0)
                return releases;
        }
        catch (error) {
            context.signal?.throwIfAborted();
            trail.fail(`list of ${redactUrl(proxy)}`, error);
        }
    }
    return [];
}
/**
 * Downloads a toolchain from the first proxy that has it, and verifies its `h1:` hash against the checksum database
 * before anything of it is unpacked. Undefined when no source has it; every answer is in the trail.
 * Throws `sumdb-not-authentic` and `toolchain-altered` at once: those are no reason to look elsewhere quietly.
 *
 * @param folder an empty folder for the download
 */
async function fetchToolchain(wanted, env, context, trail) {
    const { proxies, folder } = wanted;
    const version = toolchainVersion(wanted.version, wanted.target);
    let sum;
    try {
        const bases = await sumdbBases(proxies, env, context);
        sum = await lookupSum(MODULE, version, bases, context, wanted.sumdbKey);
    }
    catch (error) {
        context.signal?.throwIfAborted();
        if (!(error instanceof base_errors/* PipelineError */.zC) || error.problems[0]?.code !== 'sumdb-unreachable')
            throw error;
        trail.fail('GOPROXY', error);
        return { absent: false };
    }
    if (sum === undefined) {
        trail.add('checksum database', `has no ${MODULE}@${version}`);
        return { absent: true };
    }
    const expected = sum.h1;
    let absent = true;
    for (const proxy of proxies) {
        const source = withCredentials(under(proxy, `${MODULE}/@v/${version}.zip`));
        const file = (0,external_node_path_.join)(folder, 'toolchain.zip');
        try {
            await download({
                ...source,
                file,
                check: async (path) => {
                    const actual = await withZip(path, (zip) => zip.h1(context.signal));
                    if (actual !== expected)
                        throw altered(source.url, version, actual, expected);
                },
            }, context);
            return {
                toolchain: {
                    file,
                    prefix: `${MODULE}@${version}/`,
                    proxy,
                    proof: `${expected} proved by the checksum database (record in the signed tree of ${sum.treeSize})`,
                },
                absent: false,
            };
        }
        catch (error) {
            context.signal?.throwIfAborted();
            await (0,promises_.rm)(file, { force: true });
            if (error instanceof base_errors/* PipelineError */.zC && error.problems[0]?.code === 'toolchain-altered')
                throw error;
            if (!remote_isAbsent(error))
                absent = false;
            trail.fail(proxy, error);
        }
    }
    return { absent };
}
const altered = (url, version, actual, expected) => (0,base_errors/* environmentError */.me)({
    code: 'toolchain-altered',
    what: `the module proxy served an altered ${MODULE}@${version}`,
    where: redactUrl(url),
    cause: `its hash is ${actual}, the checksum database has ${expected}`,
    fix: 'do not use this proxy until it is cleared; nothing was installed',
});
/**
 * The files that the go command makes executable in an unpacked toolchain (cmd/go/internal/toolchain/exec.go):
 * everything in `bin` and `pkg/tool`, and `lib/go_?*_?*_exec`.
 */
const isToolchainProgram = (path) => path.startsWith('bin/') || path.startsWith('pkg/tool/') || /^lib\/(?:.*\/)?go_[^/]+_[^/]+_exec$/.test(path);
//# sourceMappingURL=goproxy.js.map
;// CONCATENATED MODULE: ./lib/go/local.js





const QUESTIONS = ['GOVERSION', 'GOROOT', 'GOHOSTOS', 'GOHOSTARCH', 'GOPROXY', 'GOSUMDB'];
/**
 * The version in GOVERSION: vendors add to it (`go1.26.8-X:nocoverageredesign`, `go1.24.6 (Red Hat …)`); a build
 * from source says `devel …` or `go1.27-devel_…` and is no release.
 */
function parseGoVersionName(name) {
    const release = /^go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)(?=$|\s|-(?!devel))/.exec(name)?.[1];
    const version = release === undefined ? undefined : parseGoVersion(release);
    return version === undefined ? undefined : asRelease(version);
}
/**
 * Asks the Go on PATH, then the one in GOROOT, what it is. GOTOOLCHAIN=local, so that a go.mod nearby cannot make
 * it answer for (or download) another toolchain.
 */
async function findPathGo(act) {
    const goroot = lookupEnvironment(act.env, 'GOROOT', act.host.os);
    const programs = ['go'];
    if (goroot !== undefined && goroot !== '')
        programs.push((0,external_node_path_.join)(goroot, 'bin', executable('go', act.host.os)));
    let answer = 'no Go there';
    for (const program of programs) {
        try {
            const asked = await act.exec.run({
                argv: [program, 'env', ...QUESTIONS],
                cwd: temporaryRoot(act.env),
                env: { GOTOOLCHAIN: 'local', GOROOT: undefined, GOFLAGS: '', GOWORK: 'off' },
                timeoutMs: 30_000,
                signal: act.signal,
            });
            const [name = '', root = '', os = '', arch = '', goproxy = '', gosumdb = ''] = asked.stdout.split(/\r?\n/);
            if (asked.code !== 0 || root === '') {
                answer = `${program} does not work (exit code ${asked.code}${asked.stderr === '' ? '' : `: ${asked.stderr.split('\n')[0] ?? ''}`})`;
                continue;
            }
            const version = parseGoVersionName(name);
            return {
                answer: name,
                go: {
                    name,
                    ...(version === undefined ? {} : { version }),
                    root,
                    bin: (0,external_node_path_.join)(root, 'bin', executable('go', act.host.os)),
                    target: { os, arch },
                    goproxy,
                    gosumdb,
                },
            };
        }
        catch (error) {
            act.signal.throwIfAborted();
            if (program !== 'go')
                answer = (0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? '';
        }
    }
    return { answer };
}
//# sourceMappingURL=local.js.map
;// CONCATENATED MODULE: ./lib/go/sources.js




/** Where Go publishes its archives (https://go.dev/dl/, "Downloads"). */
const GO_DEV = 'https://go.dev/dl';
const GOARCH = {
    x64: 'amd64',
    x86_64: 'amd64',
    x86: '386',
    x32: '386',
    ia32: '386',
    i386: '386',
    aarch64: 'arm64',
    armv6l: 'arm',
    armv7l: 'arm',
    armv6: 'arm',
    armv7: 'arm',
    s390: 's390x',
};
const NODE_ARCH = { amd64: 'x64', '386': 'ia32' };
/** The target for this host; `architecture` may be spelled as Go, Node, setup-go or `uname -m` do. */
function goTarget(host, architecture) {
    const asked = (architecture ?? '').trim().toLowerCase();
    return { os: host.os, arch: asked === '' ? host.arch : (GOARCH[asked] ?? asked) };
}
/** The architecture's folder name in the runner's tool cache, which is Node's spelling. */
const toolCacheArch = (target) => NODE_ARCH[target.arch] ?? target.arch;
/** The archive's name by Go's rule, for sources that have no listing. */
function archiveName(version, target) {
    const arch = target.os === 'linux' && target.arch === 'arm' ? 'armv6l' : target.arch;
    return `go${formatGoVersion(version)}.${target.os}-${arch}.${target.os === 'windows' ? 'zip' : 'tar.gz'}`;
}
/** The archive of a release for a target. */
const archiveFor = (release, target) => release.archives.find((archive) => archive.os === target.os &&
    (archive.arch === target.arch || (target.arch === 'arm' && archive.arch === 'armv6l')));
/**
 * Reads go.dev's listing (pkg.go.dev/golang.org/x/website/internal/dl). Rows that are no archive of a version are
 * left out (installers, sources, the `bootstrap` rows); the order of the listing means nothing.
 * Throws an Error that says what is wrong when it is no listing at all.
 */
function parseListing(text) {
    let rows;
    try {
        rows = JSON.parse(text);
    }
    catch {
        throw new Error('its answer is no JSON');
    }
    if (!Array.isArray(rows))
        throw new Error('its answer is no list of releases');
    const releases = [];
    for (const row of rows) {
        const version = isRecord(row) && typeof row['version'] === 'string' ? parseGoVersion(row['version']) : undefined;
        if (version === undefined || !isRecord(row) || !Array.isArray(row['files']))
            continue;
        const archives = [];
        for (const file of row['files']) {
            if (!isRecord(file))
                continue;
            const { filename, os, arch, sha256, size, kind } = file;
            if (kind !== 'archive' ||
                typeof filename !== 'string' ||
                typeof os !== 'string' ||
                typeof arch !== 'string') {
                continue;
            }
            // The name becomes part of a path here, so it must be a plain one.
            if (!/^go[\w.-]+\.(?:tar\.gz|zip)$/.test(filename))
                continue;
            const hash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : '';
            archives.push({ filename, os, arch, sha256: hash, size: typeof size === 'number' ? size : 0 });
        }
        if (archives.length > 0)
            releases.push({ version: asRelease(version), archives });
    }
    if (releases.length === 0)
        throw new Error('its listing holds no release');
    return releases;
}
const isRecord = (value) => typeof value === 'object' && value !== null;
/**
 * Asks the listings in order for a release that `choose` takes. Each is asked first for the supported releases only
 * (about 30 kB), then for all (megabytes): what is newest among the supported is newest of all.
 */
async function searchListings(bases, target, choose, context, trail) {
    let newest;
    let complete = false;
    let otherTargets;
    for (const base of bases) {
        for (const query of ['?mode=json', '?mode=json&include=all']) {
            let releases;
            try {
                releases = parseListing(await sourceText(under(base, query), context, { limit: 128 * 1024 * 1024 }));
            }
            catch (error) {
                context.signal?.throwIfAborted();
                trail.fail(`listing of ${redactUrl(base)}`, error);
                break;
            }
            const fit = releases.filter((release) => archiveFor(release, target) !== undefined);
            const latest = newestStable(fit)?.version;
            if (latest !== undefined && (newest === undefined || compareGoVersions(latest, newest) > 0))
                newest = latest;
            const release = choose(fit);
            if (release !== undefined) {
                return { found: { release, base }, complete: true, ...(newest === undefined ? {} : { newest }) };
            }
            if (!query.includes('all'))
                continue;
            complete = true;
            const elsewhere = choose(releases);
            if (elsewhere !== undefined)
                otherTargets = elsewhere.archives.map((file) => `${file.os}/${file.arch}`);
            trail.add(`listing of ${redactUrl(base)}`, elsewhere === undefined
                ? `has no such version (newest ${latest === undefined ? 'none' : formatGoVersion(latest)})`
                : `has Go ${formatGoVersion(elsewhere.version)}, but not for ${target.os}/${target.arch}`);
        }
    }
    return {
        complete,
        ...(newest === undefined ? {} : { newest }),
        ...(otherTargets === undefined ? {} : { otherTargets }),
    };
}
/** Longest wait for go.dev's opinion of a mirror's file: where only a mirror is open, packets may just vanish. */
const SECOND_OPINION_MS = 10_000;
/** go.dev's own SHA-256 of an archive, undefined when go.dev cannot be asked in time or does not list it. */
async function officialHash(version, target, context) {
    const limit = AbortSignal.timeout(SECOND_OPINION_MS);
    const signal = context.signal === undefined ? limit : AbortSignal.any([context.signal, limit]);
    for (const query of ['?mode=json', '?mode=json&include=all']) {
        try {
            const text = await sourceText(under(GO_DEV, query), { ...context, signal }, { limit: 128 * 1024 * 1024, attempts: 1 });
            const release = parseListing(text).find((row) => compareGoVersions(row.version, version) === 0);
            const archive = release === undefined ? undefined : archiveFor(release, target);
            if (archive !== undefined && archive.sha256 !== '')
                return archive.sha256;
        }
        catch {
            context.signal?.throwIfAborted();
            return undefined;
        }
    }
    return undefined;
}
/** The checksum that a mirror keeps beside an archive (`<file>.sha256`: the hash, or `hash  name`). */
async function checksumBeside(base, filename, context) {
    try {
        const text = await sourceText(under(base, `${filename}.sha256`), context, { limit: 4096 });
        const sha256 = /^\s*([0-9a-f]{64})(?:\s|$)/i.exec(text)?.[1];
        if (sha256 !== undefined)
            return { sha256: sha256.toLowerCase() };
        return { absent: true, answer: `${filename}.sha256 holds no SHA-256` };
    }
    catch (error) {
        context.signal?.throwIfAborted();
        return { absent: remote_isAbsent(error), answer: `no checksum for ${filename}: ${(0,base_errors/* messageOf */.bD)(error)}` };
    }
}
//# sourceMappingURL=sources.js.map
// EXTERNAL MODULE: ./node_modules/@actions/tool-cache/lib/tool-cache.js + 2 modules
var tool_cache = __webpack_require__(59805);
;// CONCATENATED MODULE: ./lib/go/tool-cache.js








/**
 * The tool caches of this machine. On a runner it is RUNNER_TOOL_CACHE; on a laptop, where there is none, a folder of
 * the user's own caches. GitHub's Windows machines have the tool cache on the slow system disk: what is installed
 * there goes to the same path on RUNNER_TEMP's disk (actions/setup-go#495: minutes against seconds).
 */
function toolCacheRoots(env, host, home = (0,external_node_os_.homedir)()) {
    const get = (name) => {
        const value = lookupEnvironment(env, name, host.os);
        return value === '' ? undefined : value;
    };
    const at = (...parts) => (host.os === 'windows' ? external_node_path_.win32 : external_node_path_.posix).join(...parts);
    const caches = host.os === 'windows'
        ? (get('LOCALAPPDATA') ?? at(home, 'AppData', 'Local'))
        : host.os === 'darwin'
            ? at(home, 'Library', 'Caches')
            : (get('XDG_CACHE_HOME') ?? at(home, '.cache'));
    const own = at(caches, 'go-image-pipeline', 'tools');
    const runner = get('RUNNER_TOOL_CACHE');
    if (runner === undefined)
        return { search: [own], install: [own] };
    const drive = /^[A-Za-z]:/.exec(get('RUNNER_TEMP') ?? '')?.[0];
    const swapped = host.os === 'windows' &&
        get('RUNNER_ENVIRONMENT') === 'github-hosted' &&
        drive !== undefined &&
        /^[A-Za-z]:/.test(runner) &&
        !runner.toLowerCase().startsWith(drive.toLowerCase())
        ? drive + runner.slice(2)
        : undefined;
    const install = swapped === undefined ? [runner, own] : [swapped, runner, own];
    return { search: swapped === undefined ? [runner, own] : [runner, swapped, own], install };
}
/** Every complete Go in the tool caches for an architecture (the tool cache's spelling: `x64`, `arm64`). */
async function listInstalled(roots, names, arch, host) {
    const installed = [];
    const damaged = [];
    for (const root of roots) {
        for (const name of names) {
            for (const semver of within(root, [], () => tool_cache/* findAllVersions */.iq(name, arch))) {
                const version = parseGoVersion(semver);
                const folder = (0,external_node_path_.join)(root, name, semver, arch);
                if (version === undefined)
                    continue;
                const bin = (0,external_node_path_.join)(folder, 'bin', executable('go', host.os));
                // A marker beside a half-deleted folder has been seen on self-hosted runners.
                if (await tool_cache_exists(bin))
                    installed.push({ version, root: folder, bin });
                else
                    damaged.push(folder);
            }
        }
    }
    return { installed, damaged };
}
/** @actions/tool-cache reads its folder from the environment at each call; the call is synchronous. */
function within(root, none, call) {
    const before = process.env['RUNNER_TOOL_CACHE'];
    process.env['RUNNER_TOOL_CACHE'] = root;
    try {
        return call();
    }
    catch {
        // An unreadable folder is an empty one.
        return none;
    }
    finally {
        if (before === undefined)
            delete process.env['RUNNER_TOOL_CACHE'];
        else
            process.env['RUNNER_TOOL_CACHE'] = before;
    }
}
const tool_cache_exists = (path) => (0,promises_.access)(path).then(() => true, () => false);
/** A folder beside the tools, on their disk, so that what is made there can be moved into place in one step. */
async function makeStaging(root, name) {
    await (0,promises_.mkdir)((0,external_node_path_.join)(root, name), { recursive: true });
    return (0,promises_.mkdtemp)((0,external_node_path_.join)(root, name, '.new-'));
}
/**
 * Moves a finished tool to its place in the tool cache (`<root>/<name>/<semver>/<arch>` and `<arch>.complete`, as
 * @actions/tool-cache lays it out and finds it), and returns the place. `program` is a file without which a tool is no
 * tool (`bin/go`).
 *
 * Not by tool-cache's `cacheDir`: that first deletes what is there and then copies for seconds, under the eyes of
 * other jobs on the same machine. Here the marker is written first and one rename makes folder and marker valid
 * together; whoever comes second finds a complete tool and uses it.
 */
async function placeTool(made, place, clock) {
    const target = (0,external_node_path_.join)(place.root, place.name, place.semver, place.arch);
    const marker = `${target}.complete`;
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(target), { recursive: true });
    for (let attempt = 1;; attempt++) {
        const state = await stateOf(target, marker, (0,external_node_path_.join)(target, place.program), clock);
        if (state === 'complete') {
            await remove(made);
            return target;
        }
        if (state === 'left-behind') {
            const aside = (0,external_node_path_.join)(place.root, place.name, `.old-${(0,external_node_crypto_.randomUUID)()}`);
            await (0,promises_.rename)(target, aside).catch((error) => {
                if ((0,base_errors/* codeOf */.$N)(error) !== 'ENOENT')
                    throw error;
            });
            await remove(aside);
        }
        await (0,promises_.writeFile)(marker, '');
        try {
            await (0,promises_.rename)(made, target);
            return target;
        }
        catch (error) {
            const code = (0,base_errors/* codeOf */.$N)(error) ?? '';
            // Someone else was faster, which the next look finds out, or a virus scanner holds the new files for a moment.
            if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EBUSY', 'EACCES'].includes(code) && attempt < 4) {
                await clock.sleep(250 * attempt);
                continue;
            }
            if (!['EPERM', 'EBUSY', 'EACCES', 'EXDEV'].includes(code))
                throw error;
            await (0,promises_.rm)(marker, { force: true });
            await (0,promises_.cp)(made, target, { recursive: true, preserveTimestamps: true });
            await (0,promises_.writeFile)(marker, '');
            await remove(made);
            return target;
        }
    }
}
/** A copy by another program (setup-go) is under way when its folder is this young; its end is waited for. */
const YOUNG_MS = 60_000;
/** What is at a place: nothing, a complete tool, or the rest of one (an installation or a clean-up was killed). */
async function stateOf(target, marker, program, clock) {
    for (let waited = 0;; waited += 1000) {
        const folder = await (0,promises_.stat)(target).catch(() => undefined);
        if (folder === undefined)
            return 'absent';
        if (await tool_cache_exists(marker))
            return (await tool_cache_exists(program)) ? 'complete' : 'left-behind';
        if (waited >= YOUNG_MS || clock.now() - folder.mtimeMs > YOUNG_MS)
            return 'left-behind';
        await clock.sleep(1000);
    }
}
const remove = (folder) => (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 });
//# sourceMappingURL=tool-cache.js.map
;// CONCATENATED MODULE: ./lib/go/install-job.js








/** Reads the request, and looks at what the machine has. Throws an input error when the version makes no sense. */
async function prepare(request, options, act) {
    const spec = parseGoSpec(request.spec);
    if ('reason' in spec) {
        throw (0,base_errors/* inputError */.Xu)({
            code: 'go-version-invalid',
            what: 'the Go version cannot be understood',
            cause: spec.reason,
            where: request.origin,
            fix: 'correct the version where it is written',
        });
    }
    const trail = new Trail();
    const target = goTarget(act.host, options.arch);
    const roots = options.toolCache === undefined
        ? toolCacheRoots(act.env, act.host)
        : { search: [options.toolCache], install: [options.toolCache] };
    const names = ['go', ...options.goMirrors.map(mirrorTool)];
    const [cached, path] = await Promise.all([
        listInstalled(roots.search, names, toolCacheArch(target), act.host),
        findPathGo(act),
    ]);
    for (const folder of cached.damaged)
        act.log.warning(`the Go in ${folder} is damaged (no go program) and not used`);
    const list = cached.installed.map((go) => formatGoVersion(go.version)).join(', ');
    trail.add('tool cache', list === '' ? 'has no Go' : `has ${list}`);
    const locals = cached.installed.map((go) => ({ ...go, source: 'tool-cache' }));
    const go = path.go;
    if (go?.version !== undefined && go.target.os === target.os && go.target.arch === target.arch) {
        locals.push({ version: go.version, root: go.root, bin: go.bin, source: 'path' });
    }
    trail.add('PATH', go !== undefined && go.target.arch !== target.arch ? `${go.name} for ${go.target.arch}` : path.answer);
    const { minimum } = request;
    return {
        request,
        spec,
        minimum: minimum !== undefined && canMeet(spec, minimum) ? minimum : undefined,
        target,
        options,
        act,
        roots,
        locals,
        pathGo: go,
        trail,
    };
}
/** The minimum as an option of `chooseVersion`. */
const narrowed = (job) => job.minimum === undefined ? {} : { minimum: job.minimum };
/** A fitting Go of the machine: the tool cache's newest, else the one on PATH. */
function pickLocal(job, spec) {
    for (const source of ['tool-cache', 'path']) {
        const local = chooseVersion(spec, job.locals.filter((go) => go.source === source), narrowed(job));
        if (local !== undefined)
            return local;
    }
    return undefined;
}
function useLocal(job, local) {
    const from = local.source === 'tool-cache' ? 'the tool cache' : 'PATH';
    return {
        version: formatGoVersion(local.version),
        root: local.root,
        bin: local.bin,
        source: local.source,
        detail: `Go ${formatGoVersion(local.version)} from ${from} (${local.root}), ${asked(job)}`,
    };
}
/** `asked for as ~1.26 by go.mod line 3 (go)`. */
const asked = (job) => `asked for as ${job.request.spec} by ${job.request.origin}`;
/** Tools from a mirror whose checksums only the mirror itself vouches for must not pass for go.dev's in a shared cache. */
const mirrorTool = (mirror) => `go-${sha256(mirror.replace(/\/+$/, '')).slice(0, 8)}`;
/** A setting of the environment, empty when it is not set. */
const setting = (act, name) => (lookupEnvironment(act.env, name, act.host.os) ?? '').trim();
//# sourceMappingURL=install-job.js.map
;// CONCATENATED MODULE: ./lib/go/unpack.js








/** Codes by which a folder says that nothing can be installed there. */
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
/**
 * Unpacks a verified archive beside its place, proves that it is the wanted Go and runs, then moves it into the tool
 * cache in one step. A tool cache that cannot be written is passed over. The archive is deleted.
 */
async function installArchive(archive, place, act) {
    const refused = [];
    for (const root of place.roots) {
        let staging;
        try {
            staging = await makeStaging(root, place.name);
        }
        catch (error) {
            if (!UNUSABLE.has((0,base_errors/* codeOf */.$N)(error) ?? ''))
                throw error;
            refused.push(`${root}: ${(0,base_errors/* messageOf */.bD)(error)}`);
            act.log.info(`the tool cache ${root} cannot be written (${(0,base_errors/* codeOf */.$N)(error) ?? ''}); another place is used`);
            continue;
        }
        try {
            const made = (0,external_node_path_.join)(staging, 'go');
            await unpack(archive, staging, made, act);
            await (0,promises_.rm)(archive.file, { force: true });
            await prove(made, place, act);
            const folder = await placeTool(made, {
                root,
                name: place.name,
                semver: semverOf(place.version),
                arch: place.arch,
                program: (0,external_node_path_.join)('bin', executable('go', act.host.os)),
            }, act.clock);
            return { root: folder, bin: (0,external_node_path_.join)(folder, 'bin', executable('go', act.host.os)) };
        }
        finally {
            await (0,promises_.rm)(staging, { recursive: true, force: true, maxRetries: 3 });
        }
    }
    throw (0,base_errors/* environmentError */.me)({
        code: 'tool-cache-read-only',
        what: 'there is no folder in which Go can be installed',
        cause: refused.join('; '),
        fix: 'make RUNNER_TOOL_CACHE (or the user cache folder) writable for the user of the runner',
    });
}
async function unpack(archive, staging, made, act) {
    if (archive.kind === 'tar.gz') {
        // `-o`: as root, tar would give the files to whatever user id the archive names.
        const argv = ['tar', '-x', '-z', '-o', '-f', archive.file, '-C', staging];
        const done = await act.exec.run({ argv, timeoutMs: 10 * 60_000, signal: act.signal, maxStdout: 0 });
        if (done.code === 0)
            return;
        throw (0,base_errors/* environmentError */.me)({
            code: 'archive-broken',
            what: 'the Go archive cannot be unpacked',
            cause: `tar ended with exit code ${done.code}: ${done.stderr.split('\n').at(-1) ?? ''}`,
            fix: 'see that tar and gzip work on the runner and that the disk is not full',
        }, { log: done.tail.join('\n') });
    }
    await (0,promises_.mkdir)(made);
    await withZip(archive.file, async (zip) => {
        if (archive.kind === 'zip') {
            await zip.unpack(made, { prefix: archive.prefix, signal: act.signal });
            return;
        }
        await zip.unpack(made, { prefix: archive.prefix, executable: isToolchainProgram, signal: act.signal });
        // A module cannot hold other modules, so their go.mod files are stored as _go.mod (cmd/go copies them back too).
        for (const { name } of zip.entries) {
            if (!name.endsWith('/_go.mod'))
                continue;
            const path = (0,external_node_path_.join)(made, name.slice(archive.prefix.length));
            await (0,promises_.rename)(path, (0,external_node_path_.join)(path, '..', 'go.mod'));
        }
    });
}
/** That the tree is the wanted version (its VERSION file), and that its go command runs here. */
async function prove(made, place, act) {
    const wanted = `go${formatGoVersion(place.version)}`;
    const says = (await (0,promises_.readFile)((0,external_node_path_.join)(made, 'VERSION'), 'utf8').catch(() => '')).split(/\r?\n/)[0]?.trim() ?? '';
    if (says !== wanted) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'go-archive-wrong',
            what: `the archive holds another Go than ${wanted}`,
            cause: says === '' ? 'it has no VERSION file' : `its VERSION file says ${says}`,
            fix: 'the mirror mixes files up: use another source',
        });
    }
    // Another architecture's Go need not run here (it may be meant for an emulator).
    if (place.target.arch !== act.host.arch)
        return;
    const bin = (0,external_node_path_.join)(made, 'bin', executable('go', act.host.os));
    let cause;
    try {
        const asked = await act.exec.run({
            argv: [bin, 'version'],
            env: { GOROOT: undefined, GOTOOLCHAIN: 'local', GOFLAGS: '' },
            timeoutMs: 60_000,
            signal: act.signal,
        });
        if (asked.code === 0 && asked.stdout.startsWith('go version '))
            return;
        cause = `exit code ${asked.code}: ${asked.tail.at(-1) ?? ''}`;
    }
    catch (error) {
        act.signal.throwIfAborted();
        cause = (0,base_errors/* messageOf */.bD)(error);
    }
    throw (0,base_errors/* environmentError */.me)({
        code: 'go-does-not-run',
        what: `the installed ${wanted} does not run on this machine (${act.host.os}/${act.host.arch})`,
        cause,
        fix: 'check that the tool cache is not mounted noexec and that the architecture is right',
    });
}
//# sourceMappingURL=unpack.js.map
;// CONCATENATED MODULE: ./lib/go/serve.js










/** Downloads the archive from the mirrors and go.dev in order; undefined when none of them could serve it. */
async function fromArchives(job, version, search, mirrors) {
    const { act, target, trail } = job;
    const listed = search.found === undefined ? undefined : archiveFor(search.found.release, target);
    const filename = listed?.filename ?? archiveName(version, target);
    const official = search.found?.base === GO_DEV
        ? listed?.sha256
        : mirrors.length > 0
            ? await officialHash(version, target, act)
            : undefined;
    const bases = official === undefined || official === '' ? mirrors : [...mirrors, GO_DEV];
    for (const base of bases) {
        const url = under(base, filename);
        let hash = official ?? '';
        let voucher = 'go.dev';
        if (hash === '' && search.found?.base === base)
            hash = listed?.sha256 ?? '';
        if (hash === '') {
            const beside = await checksumBeside(base, filename, act);
            if (!('sha256' in beside)) {
                trail.add(base, beside.answer);
                continue;
            }
            hash = beside.sha256;
        }
        if (official === undefined || official === '')
            voucher = 'the mirror alone (go.dev could not be asked)';
        const folder = await act.temp.make('go');
        const file = (0,external_node_path_.join)(folder, filename);
        try {
            await download({ ...withCredentials(url), file, sha256: hash }, act);
        }
        catch (error) {
            act.signal.throwIfAborted();
            trail.fail(url, error);
            // A mirror that alters files must be heard of, even when the next source helps.
            if (error instanceof base_errors/* PipelineError */.zC)
                act.log.warning(error.message);
            else if (!remote_isAbsent(error))
                act.log.info(`${redactUrl(url)} failed; the next source of Go is asked`);
            continue;
        }
        const isMirror = base !== GO_DEV;
        const place = {
            roots: job.roots.install,
            name: voucher === 'go.dev' ? 'go' : mirrorTool(base),
            version,
            arch: toolCacheArch(target),
            target,
        };
        const kind = filename.endsWith('.zip') ? 'zip' : 'tar.gz';
        const installed = await installArchive({ file, kind, prefix: 'go/' }, place, act);
        return {
            ...installed,
            version: formatGoVersion(version),
            source: isMirror ? 'mirror' : 'go.dev',
            detail: `Go ${formatGoVersion(version)} from ${redactUrl(base)}, SHA-256 by ${voucher}, ${asked(job)}. Before: ${trail.toString()}`,
        };
    }
    return undefined;
}
/** Takes the toolchain module from the proxies; `absent`: every source said that it does not exist. */
async function fromProxies(job, version, proxies) {
    const { act, target, trail, options } = job;
    const gosumdb = setting(act, 'GOSUMDB') || job.pathGo?.gosumdb || '';
    const folder = await act.temp.make('go');
    const { toolchain, absent } = await fetchToolchain({
        version,
        target,
        proxies,
        folder,
        ...(options.sumdbKey === undefined ? {} : { sumdbKey: options.sumdbKey }),
    }, { ...act.env, GOSUMDB: gosumdb }, act, trail);
    if (toolchain === undefined)
        return { absent };
    const installed = await installArchive({ file: toolchain.file, kind: 'module', prefix: toolchain.prefix }, { roots: job.roots.install, name: 'go', version, arch: toolCacheArch(target), target }, act);
    return {
        ...installed,
        version: formatGoVersion(version),
        source: 'goproxy',
        detail: `Go ${formatGoVersion(version)} from the module proxy ${redactUrl(toolchain.proxy)}, ${toolchain.proof}, ${asked(job)}. Before: ${trail.toString()}`,
    };
}
//# sourceMappingURL=serve.js.map
;// CONCATENATED MODULE: ./lib/go/install.js







/**
 * Finds or installs the Go that is asked for.
 *
 * Order: the runner's tool cache; a Go on PATH or in GOROOT; the mirrors and go.dev, each archive checked against
 * its SHA-256 (go.dev's own where it can be asked); the module proxies' `golang.org/toolchain`, checked against the
 * signed checksum database. `stable` and `oldstable`, and `checkLatest`, ask the listings before the machine.
 *
 * Throws PipelineError: kind input when the version does not exist or not for this platform, otherwise environment
 * with every source and its answer.
 */
async function installGo(request, options, act) {
    const job = await prepare(request, options, act);
    const { spec, trail } = job;
    if (spec.kind === 'exact' || (spec.kind === 'range' && !options.checkLatest)) {
        const local = pickLocal(job, spec);
        if (local !== undefined)
            return useLocal(job, local);
    }
    const mirrors = options.goMirrors.map((base) => base.replace(/\/+$/, ''));
    const search = await searchListings([...mirrors, GO_DEV], job.target, (available) => chooseVersion(spec, available, narrowed(job)), act, trail);
    if (search.found !== undefined) {
        const local = pickLocal(job, { kind: 'exact', version: search.found.release.version });
        if (local !== undefined)
            return useLocal(job, local);
    }
    let version = search.found?.release.version ?? (spec.kind === 'exact' ? spec.version : undefined);
    if (version !== undefined) {
        const installed = await fromArchives(job, version, search, mirrors);
        if (installed !== undefined)
            return installed;
    }
    const goproxy = options.goproxy ?? (setting(act, 'GOPROXY') || job.pathGo?.goproxy || '');
    const proxies = parseGoProxy(goproxy);
    if (proxies.length === 0)
        trail.add('GOPROXY', `names no proxy that could be asked (${redactList(goproxy)})`);
    let listed;
    if (version === undefined) {
        listed = await listToolchains(proxies, job.target, act, trail);
        // Such a list may be behind, so what is on the machine competes with it.
        if (listed.length > 0)
            version = chooseVersion(spec, [...listed, ...job.locals], narrowed(job))?.version;
    }
    let absent = false;
    if (version !== undefined) {
        const local = pickLocal(job, { kind: 'exact', version });
        if (local !== undefined)
            return useLocal(job, local);
        const fetched = proxies.length === 0 ? { absent: false } : await fromProxies(job, version, proxies);
        if ('version' in fetched)
            return fetched;
        absent = fetched.absent;
    }
    // No source served. Something older that fits is better than nothing, if it is said aloud.
    const local = pickLocal(job, spec) ?? pickLocal({ ...job, minimum: undefined }, spec);
    if (local !== undefined) {
        act.log.warning(`no source of Go served ${request.spec} (${request.origin}); Go ${formatGoVersion(local.version)}, which is on this machine, is used. ${trail.toString()}`);
        return useLocal(job, local);
    }
    if (search.newest === undefined)
        listed ??= await listToolchains(proxies, job.target, act, trail);
    throw failure(job, search, {
        absent: absent || (version === undefined && listed !== undefined && listed.length > 0),
        newest: search.newest ?? newestStable(listed ?? [])?.version,
    });
}
/** `absent`: sources were reached and have no such version, so trying again cannot help. */
function failure(job, search, known) {
    const { request, target, trail, spec } = job;
    const platform = `${target.os}/${target.arch}`;
    const wanted = spec.kind === 'exact'
        ? `Go ${formatGoVersion(spec.version)}`
        : job.minimum === undefined || job.minimum === request.spec
            ? `a Go that fits "${request.spec}"`
            : `a Go that fits "${request.spec}" and is at least ${job.minimum} (${request.minimumOrigin ?? 'go.mod'})`;
    const newest = known.newest === undefined ? undefined : formatGoVersion(known.newest);
    const sources = `sources asked: ${trail.toString()}`;
    if (search.otherTargets !== undefined) {
        return (0,base_errors/* inputError */.Xu)({
            code: 'go-not-for-platform',
            what: `${wanted} is not published for ${platform}`,
            where: request.origin,
            cause: `it is published for ${search.otherTargets.join(', ')}; ${sources}`,
            fix: `choose another Go version${newest === undefined ? '' : ` (${newest} is published for it)`} or another runner architecture`,
        });
    }
    if (known.absent || (search.complete && search.found === undefined)) {
        const inModule = /\.(mod|work) line \d+ \(/.test(request.origin);
        const example = newest === undefined ? '' : `, for example ${newest}`;
        return (0,base_errors/* inputError */.Xu)({
            code: 'go-version-not-offered',
            what: `no source offers ${wanted} for ${platform}`,
            where: request.origin,
            cause: `${newest === undefined ? '' : `the newest release is ${newest}; `}${sources}`,
            fix: inModule
                ? `write a released version there (\`go mod edit -go=${newest ?? '<version>'} -toolchain=none\`), or set the input go-version`
                : `ask for a released version${example}`,
        });
    }
    return (0,base_errors/* environmentError */.me)({
        code: 'go-unavailable',
        what: `${wanted} cannot be had for ${platform}`,
        where: request.origin,
        cause: sources,
        fix: 'let the runner reach one of them: https://go.dev/dl, a mirror (input go-mirrors), or a module proxy (input goproxy) together with sum.golang.org; or install this Go on the runner',
    });
}
const redactList = (list) => list.split(',').map(redactUrl).join(',');
//# sourceMappingURL=install.js.map
;// CONCATENATED MODULE: ./lib/go/download-modules.js



/** What the go command says, with what it means: first match decides. */
const FAULTS = [
    {
        said: /SECURITY ERROR|checksum mismatch/,
        code: 'module-checksum',
        gate: true,
        cause: 'a downloaded module is not the one that go.sum or the checksum database knows',
        fix: 'do not trust this download: compare with another GOPROXY; if the author moved the version tag, ask for a new version',
    },
    {
        said: /missing go\.sum entry|updates to go\.(mod|sum) needed/,
        code: 'go-sum-incomplete',
        gate: true,
        cause: 'go.mod and go.sum do not fit together',
        fix: 'run go mod tidy and commit go.mod and go.sum',
    },
    {
        said: /could not read Username|terminal prompts disabled|Permission denied \(publickey\)|401 Unauthorized|403 Forbidden/,
        code: 'module-denied',
        cause: 'a private module needs a login',
        fix: 'set GOPRIVATE in env, and give git a credential for its host before this step (for example a token by git config url.insteadOf)',
    },
    {
        said: /429 Too Many Requests|50[0234] |connection reset|connection refused|i\/o timeout|TLS handshake timeout|unexpected EOF|temporary failure|no such host/i,
        code: 'module-proxy-down',
        passing: true,
        cause: 'the module proxy did not answer properly',
        fix: 'set the input goproxy to one that this runner can reach, for example https://goproxy.cn,direct',
    },
    {
        said: /(404 Not Found|410 Gone|unknown revision|not found: module|malformed module path)/,
        code: 'module-not-found',
        gate: true,
        cause: 'a required module or version does not exist where GOPROXY looks',
        fix: 'check the version in go.mod; a private module needs GOPRIVATE',
    },
];
/** Explains what `go mod download` printed. Pure. */
function moduleFault(said) {
    return FAULTS.find((fault) => fault.said.test(said));
}
class ModuleFault extends Error {
    said;
    constructor(said) {
        super(said.split('\n').find((line) => line.trim() !== '') ?? 'go mod download failed');
        this.said = said;
    }
}
/**
 * Downloads the modules of the whole repository once, before anything compiles: parallel go commands would ask for the same
 * ones side by side, and a broken proxy is told here with its name rather than as a compile error. Passing faults are
 * tried again (modules that have arrived stay). @returns a line for the log
 */
async function downloadModules(job, act) {
    const wanted = job.workspace.modules.filter((module) => module.dependencies && !module.vendored);
    // In a workspace one call downloads the modules of all its members.
    const folders = job.workspace.work === undefined ? wanted.map((module) => module.dir) : [wanted[0]?.dir ?? '.'];
    for (const folder of folders) {
        const download = async () => {
            const done = await act.exec.run({
                argv: [job.bin, 'mod', 'download'],
                cwd: (0,external_node_path_.join)(job.root, folder),
                env: job.env,
                signal: act.signal,
                timeoutMs: 15 * 60_000,
                onLine: (line) => act.log.info(line),
            });
            if (done.code !== 0)
                throw new ModuleFault(done.tail.join('\n'));
        };
        try {
            await retry(download, {
                what: `go mod download in ${folder}`,
                classify: (error) => ({
                    kind: error instanceof ModuleFault && moduleFault(error.said)?.passing === true ? 'passing' : 'final',
                }),
                attempts: 4,
                baseMs: 1000,
                clock: act.clock,
                signal: act.signal,
                log: act.log,
                counter: act.counter,
            });
        }
        catch (error) {
            if (!(error instanceof ModuleFault))
                throw error;
            const fault = moduleFault(error.said);
            const problem = {
                code: fault?.code ?? 'module-download',
                what: 'the modules could not be downloaded',
                cause: fault === undefined ? error.message : `${fault.cause} (${error.message})`,
                where: folder === '.' ? 'go.mod' : `${folder}/go.mod`,
                fix: fault?.fix ??
                    'see the last output; go mod download on your machine shows whether it is the project or the runner',
            };
            throw fault?.gate === true
                ? (0,base_errors/* gateError */.em)(problem, error.said)
                : (0,base_errors/* environmentError */.me)(problem, { log: error.said });
        }
    }
    return folders.length === 1 ? 'go mod download' : `go mod download in ${folders.length} modules`;
}
//# sourceMappingURL=download-modules.js.map
;// CONCATENATED MODULE: ./lib/go/mtimes.js



const FIRST_SECOND = 946_684_800; // 2000-01-01
const SECONDS = 631_152_000; // to 2020-01-01
const FRACTIONS = 2 ** 22;
/**
 * A modification time, in seconds, that follows from a git object id: about 2^51 values between 2000 and 2020.
 *
 * `go test` takes a result from its cache only when files that the test opened have the same size and mtime
 * (cmd/go/internal/test: hashOpen), and a fresh checkout gives new mtimes. A constant would be wrong: cmd/go's module
 * index trusts (name, mtime, size), so an edit of the same size would go unseen. The fraction is a multiple of 2^-22 s
 * (238 ns): exact in a double, and coarser than NTFS's 100 ns. Node 20 (libuv 1.46) cuts it to microseconds, so results
 * are shared between runs of Node 20, and between runs of newer ones, but not across.
 */
function mtimeOfObject(oid) {
    const seconds = Number(BigInt(`0x${oid.slice(0, 16)}`) % BigInt(SECONDS));
    const fraction = Number(BigInt(`0x${oid.slice(16, 32)}`) % BigInt(FRACTIONS));
    return FIRST_SECOND + seconds + fraction / FRACTIONS;
}
/**
 * Gives every clean tracked file and folder an mtime that follows from its content. Works with fetch-depth 1. What
 * cannot be done is counted or explained, never thrown; only a cancelled run throws.
 *
 * @param root the repository's root, absolute
 */
async function setContentMtimes(root, act, options = {}) {
    const none = (reason) => ({
        files: 0,
        directories: 0,
        symlinks: 0,
        skipped: 0,
        reason,
    });
    const git = async (args) => {
        const result = await act.exec.run({
            argv: ['git', ...args],
            cwd: root,
            env: { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1', ...options.env },
            timeoutMs: 120_000,
            signal: act.signal,
            maxStdout: 256 * 1024 * 1024,
        });
        return result.code === 0 ? result.stdout.split('\0').filter((entry) => entry !== '') : undefined;
    };
    try {
        // -v: lower case is assume-unchanged, S is skip-worktree; only H is what git looks at.
        const index = await git(['ls-files', '-s', '-v', '-z']);
        if (index === undefined)
            return none('git cannot list the files (not a work tree?)');
        const changed = await git(['diff', '--name-only', '--no-ext-diff', '--ignore-submodules', '-z']);
        if (changed === undefined)
            return none('git cannot tell which files are changed');
        const staged = await git([
            'diff',
            '--cached',
            '--name-only',
            '--no-ext-diff',
            '--ignore-submodules',
            '-z',
            'HEAD',
        ]);
        const lfs = (await git(['ls-files', '-z', ':(attr:filter=lfs)'])) ?? [];
        const trees = staged === undefined
            ? []
            : ((await git(['ls-tree', '-r', '-t', '-d', '-z', '--full-tree', 'HEAD'])) ?? []);
        const rootTree = staged === undefined ? undefined : (await git(['rev-parse', 'HEAD^{tree}']))?.[0]?.trim();
        const plan = planMtimes({
            index,
            changed,
            staged: staged ?? [],
            lfs,
            trees,
            ...(rootTree === undefined ? {} : { rootTree }),
        });
        const counts = await apply(root, plan.entries, act.signal);
        // Git's own notes of sizes and times are stale now: refreshed once, or every later `git status` reads all files.
        await git(['update-index', '-q', '--refresh']);
        return { ...counts, skipped: counts.skipped + plan.skipped };
    }
    catch (error) {
        if (act.signal.aborted || (error instanceof base_errors/* PipelineError */.zC && error.kind === 'cancelled'))
            throw error;
        return none((0,base_errors/* messageOf */.bD)(error));
    }
}
/**
 * Decides which paths get which time. All lists are git's own, split at NUL.
 *
 * @param lists.index `ls-files -s -v -z`; @param lists.trees `ls-tree -r -t -d -z HEAD`
 */
function planMtimes(lists) {
    const entries = [];
    const left = new Set([...lists.changed, ...lists.lfs]);
    // A folder's tree id speaks of HEAD: it holds only where nothing below it differs.
    const touched = new Set();
    for (const path of [...lists.changed, ...lists.staged, ...lists.lfs]) {
        for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
            touched.add(path.slice(0, at));
    }
    let skipped = 0;
    for (const line of lists.index) {
        const match = /^(\S) (\d{6}) ([0-9a-f]{40,64}) (\d)\t([\s\S]+)$/.exec(line);
        const [, tag, mode = '', oid = '', stage, path = ''] = match ?? [];
        const regular = mode.startsWith('100');
        if (tag !== 'H' || stage !== '0' || left.has(path) || !(regular || mode === '120000')) {
            skipped++;
            continue;
        }
        entries.push({ path, kind: regular ? 'file' : 'symlink', seconds: mtimeOfObject(oid) });
    }
    for (const line of lists.trees) {
        const match = /^040000 tree ([0-9a-f]{40,64})\t([\s\S]+)$/.exec(line);
        const [, oid = '', path = ''] = match ?? [];
        if (match !== null && !touched.has(path))
            entries.push({ path, kind: 'directory', seconds: mtimeOfObject(oid) });
    }
    if (lists.rootTree !== undefined && lists.changed.length + lists.staged.length + lists.lfs.length === 0)
        entries.push({ path: '.', kind: 'directory', seconds: mtimeOfObject(lists.rootTree) });
    return { entries, skipped };
}
const AT_ONCE = 32;
async function apply(root, entries, signal) {
    const counts = { files: 0, directories: 0, symlinks: 0, skipped: 0 };
    let next = 0;
    const worker = async () => {
        for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
            signal.throwIfAborted();
            const path = (0,external_node_path_.join)(root, entry.path);
            try {
                if (entry.kind === 'symlink') {
                    await (0,promises_.lutimes)(path, entry.seconds, entry.seconds);
                    counts.symlinks++;
                }
                else {
                    // Never through a link: what git calls a file or folder may have been replaced by one.
                    const now = await (0,promises_.lstat)(path);
                    if (entry.kind === 'file' ? !now.isFile() : !now.isDirectory()) {
                        counts.skipped++;
                        continue;
                    }
                    await (0,promises_.utimes)(path, entry.seconds, entry.seconds);
                    counts[entry.kind === 'file' ? 'files' : 'directories']++;
                }
            }
            catch {
                counts.skipped++;
            }
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return counts;
}
//# sourceMappingURL=mtimes.js.map
;// CONCATENATED MODULE: ./lib/go/locate.js




/**
 * Gives failures a place that exists. `go test` names the file without its folder, so a line of a helper in another
 * package seems to be in the test's own: there the only file of that name is taken. Without a file it is the test
 * function itself, or TestMain for a package that failed without a failing test.
 */
async function locateFailures(failures, tree) {
    const sources = new Sources(tree);
    const located = [];
    for (const failure of failures)
        located.push(await locate_locate(failure, tree, sources));
    return located;
}
async function locate_locate(failure, tree, sources) {
    const dir = packageDir(failure.package, tree);
    if (failure.file !== undefined) {
        if (await sources.has(failure.file))
            return failure;
        const only = await sources.onlyNamed(external_node_path_.posix.basename(failure.file));
        if (only !== undefined)
            return { ...failure, file: only };
    }
    const { package: owner, kind, message, output, test } = failure;
    const rest = { package: owner, kind, message, output, ...(test === undefined ? {} : { test }) };
    if (dir === undefined)
        return rest;
    const name = failure.test?.split('/')[0] ?? (failure.kind === 'package' ? 'TestMain' : undefined);
    const place = name === undefined ? undefined : await sources.declaration(dir, name);
    return place === undefined ? rest : { ...rest, ...place };
}
const MAX_FILES = 50_000;
/** The Go files of the repository, listed once and only when needed. */
class Sources {
    #tree;
    #listing;
    #declarations = new Map();
    constructor(tree) {
        this.#tree = tree;
    }
    async has(file) {
        return (await this.#files()).get(external_node_path_.posix.basename(file))?.includes(file) === true;
    }
    async onlyNamed(name) {
        const found = (await this.#files()).get(name) ?? [];
        return found.length === 1 ? found[0] : undefined;
    }
    async declaration(dir, name) {
        const known = this.#declarations.get(dir) ?? this.#readDeclarations(dir);
        this.#declarations.set(dir, known);
        return (await known).get(name);
    }
    async #readDeclarations(dir) {
        const found = new Map();
        const names = await (0,promises_.readdir)((0,external_node_path_.join)(this.#tree.root, dir)).catch(() => []);
        for (const name of names.filter((n) => n.endsWith('_test.go')).sort()) {
            const text = await (0,promises_.readFile)((0,external_node_path_.join)(this.#tree.root, dir, name), 'utf8').catch(() => '');
            for (const [index, line] of text.split('\n').entries()) {
                const test = /^func ((?:Test|Fuzz|Benchmark|Example)\w*)\(/.exec(line)?.[1];
                if (test !== undefined && !found.has(test))
                    found.set(test, { file: external_node_path_.posix.join(dir, name), line: index + 1 });
            }
        }
        return found;
    }
    async #files() {
        this.#listing ??= this.#list();
        return this.#listing;
    }
    async #list() {
        const byName = new Map();
        let count = 0;
        const visit = async (dir) => {
            const entries = await (0,promises_.readdir)((0,external_node_path_.join)(this.#tree.root, dir), { withFileTypes: true }).catch(() => []);
            for (const entry of entries) {
                if (count > MAX_FILES)
                    return;
                if (entry.isDirectory()) {
                    if (!isSkippedFolder(entry.name))
                        await visit(external_node_path_.posix.join(dir, entry.name));
                }
                else if (entry.name.endsWith('.go')) {
                    count++;
                    const list = byName.get(entry.name) ?? [];
                    byName.set(entry.name, list);
                    list.push(external_node_path_.posix.join(dir, entry.name));
                }
            }
        };
        await visit('.');
        return byName;
    }
}
//# sourceMappingURL=locate.js.map
;// CONCATENATED MODULE: ./lib/go/packages.js



/**
 * Spreads package patterns (relative to `workingDirectory`) over the modules, because `./...` ends at a nested
 * go.mod and, in a workspace, does not work from a folder that is no module. A go.work gives one command for all of
 * its modules, so that they build as one graph; else each module has its own.
 *
 * Patterns that name no folder (`example.com/x/...`, `all`) go to the modules they begin with, or to all.
 */
function assignPackages(workspace, workingDirectory, patterns) {
    const start = normalise(workingDirectory);
    const byFolder = new Map();
    const unmatched = [];
    const workDir = workspace.work === undefined ? undefined : external_node_path_.posix.dirname(workspace.work);
    const add = (moduleDir, folder, recursive) => {
        const cwd = workDir ?? moduleDir;
        const relative = external_node_path_.posix.relative(cwd, folder);
        const base = relative === '' ? '.' : relative.startsWith('..') ? relative : `./${relative}`;
        push(cwd, recursive ? `${base}/...` : base);
    };
    const push = (cwd, pattern) => {
        const list = byFolder.get(cwd) ?? [];
        byFolder.set(cwd, list);
        if (!list.includes(pattern))
            list.push(pattern);
    };
    for (const raw of patterns) {
        const pattern = slashes(raw);
        if (!/^\.{1,2}(?:\/|$)/.test(pattern)) {
            const prefix = pattern.replace(/\/?\.\.\..*$/, '');
            const named = workspace.modules.filter((module) => prefix === module.path ||
                prefix.startsWith(`${module.path}/`) ||
                (pattern.includes('...') && module.path.startsWith(`${prefix}/`)));
            const targets = named.length > 0 ? named : workspace.modules;
            for (const module of targets)
                push(workDir ?? module.dir, pattern);
            continue;
        }
        const recursive = /(?:^|\/)\.\.\.$/.test(pattern);
        const folder = normalise(external_node_path_.posix.join(start, recursive ? pattern.replace(/\/?\.\.\.$/, '') || '.' : pattern));
        const owner = moduleOf(workspace.modules, folder);
        if (owner !== undefined)
            add(owner.dir, folder, recursive);
        const below = recursive
            ? workspace.modules.filter((module) => module.dir !== folder && isWithin(module.dir, folder))
            : [];
        for (const module of below)
            add(module.dir, module.dir, true);
        if (owner === undefined && below.length === 0)
            unmatched.push(raw);
    }
    return {
        invocations: [...byFolder].map(([cwd, list]) => ({ cwd, patterns: list })),
        unmatched,
    };
}
//# sourceMappingURL=packages.js.map
;// CONCATENATED MODULE: ./lib/go/test-output.js


const test_output_TAIL_LINES = 200;
const HEAD_LINES = 400;
const MAX_CHARS = 64 * 1024;
/**
 * What is kept of one running test's output: its last lines, and from the first panic or race report on its first
 * lines too. Bounded, however much the test prints.
 */
class OutputTail {
    #tail = [];
    #chars = 0;
    #dropped = 0;
    #head = [];
    #headChars = 0;
    #headKind;
    #partial = '';
    #errors = [];
    /** Takes a piece of output; lines may come in parts. `type` as in test2json of Go 1.27: `error`, `error-continue`. */
    add(text, type = '') {
        const parts = (this.#partial + text).split('\n');
        this.#partial = parts.pop() ?? '';
        for (const line of parts)
            this.#line(line.replace(/\r$/, ''), type);
        if (this.#partial.length > MAX_CHARS) {
            this.#line(this.#partial, type);
            this.#partial = '';
        }
    }
    #line(line, type) {
        if (FRAME.test(line) || type === 'frame')
            return;
        if (type.startsWith('error') && this.#errors.length < 20)
            this.#errors.push(line);
        if (this.#headKind === undefined) {
            if (PANIC.test(line))
                this.#headKind = 'panic';
            else if (line === 'WARNING: DATA RACE')
                this.#headKind = 'race';
        }
        else if (this.#headKind === 'race' && PANIC.test(line)) {
            // A panic says more than the race before it.
            this.#headKind = 'panic';
            this.#head.length = 0;
            this.#headChars = 0;
        }
        if (this.#headKind !== undefined &&
            this.#head.length < HEAD_LINES &&
            this.#headChars + line.length < MAX_CHARS) {
            this.#head.push(line);
            this.#headChars += line.length;
            return;
        }
        this.#tail.push(line);
        this.#chars += line.length;
        while (this.#tail.length > test_output_TAIL_LINES || (this.#chars > MAX_CHARS && this.#tail.length > 1)) {
            this.#chars -= this.#tail.shift()?.length ?? 0;
            this.#dropped++;
        }
    }
    /** Ends an unfinished line. */
    flush() {
        if (this.#partial !== '')
            this.#line(this.#partial.replace(/\r$/, ''), '');
        this.#partial = '';
    }
    /** The crash report, when there is one; a line `panic:` that a test merely printed is none. */
    get crash() {
        if (this.#headKind !== 'panic')
            return this.#headKind;
        if (TIMEOUT.test(this.#head[0] ?? ''))
            return 'timeout';
        const real = this.#head.some((line) => /^(?:\t*goroutine \d+|\[signal |runtime stack:)/.test(line));
        return real || this.#head[0]?.startsWith('fatal error: ') === true ? 'panic' : undefined;
    }
    get head() {
        return this.#head;
    }
    /** Lines that t.Error and t.Fatal printed, where Go says so (1.27 and later). */
    get errors() {
        return this.#errors;
    }
    get lines() {
        const dropped = this.#dropped > 0 ? [`… ${this.#dropped} lines before are in go-test.jsonl`] : [];
        return this.#headKind === 'race'
            ? [...dropped, ...this.#head, ...this.#tail]
            : [...dropped, ...this.#tail, ...this.#head];
    }
    get empty() {
        return this.#tail.length === 0 && this.#head.length === 0;
    }
}
/** Lines that frame the tests; they say nothing that the events do not say. */
const FRAME = /^(?:=== (?:RUN|PAUSE|CONT|NAME|ATTR|ARTIFACTS) |\s*--- (?:PASS|FAIL|SKIP|BENCH): .* \(\d+\.\d+s\)$)/;
const PANIC = /^(?:panic: |fatal error: |unexpected fault address )/;
const TIMEOUT = /^panic: test timed out after (\S+)/;
/** `    x_test.go:12: message`; output without a line end may stand before it. */
const LOCATION = /(?:^|.) {4}([^\s:]+\.go):(\d+): ?(.*)$/;
/** Where and why a test failed by its own word (t.Error, t.Fatal, an example): from the output it left. */
function blameOutput(output, importPath, tree) {
    const dir = packageDir(importPath, tree);
    const marked = output.errors.length > 0;
    const lines = marked ? output.errors : output.lines;
    let chosen;
    for (const [at, text] of lines.entries()) {
        const match = LOCATION.exec(text);
        const [, file = '', line = '0', message = ''] = match ?? [];
        // testing.go is where the race detector and the framework report from: not the user's line.
        if (match === null || file === 'testing.go')
            continue;
        chosen = { at, file, line: Number(line), text: message };
        // Before 1.27 logs look like errors, and the last line is what ended the test; since then the first error counts.
        if (marked)
            break;
    }
    if (chosen === undefined)
        return { message: exampleMessage(output.lines) ?? lastWords(output.lines) };
    const message = [chosen.text];
    for (const line of lines.slice(chosen.at + 1)) {
        if (!/^ {8}/.test(line) || message.length >= 12)
            break;
        message.push(line.slice(8));
    }
    const file = chosen.file.includes('/')
        ? stackPath(chosen.file, tree)
        : dir === undefined
            ? undefined
            : external_node_path_.posix.join(dir, chosen.file);
    return {
        message: message.join('\n').trim() || 'the test failed',
        ...(file === undefined ? {} : { file, line: chosen.line }),
    };
}
/** An example prints `got:` and `want:`. */
function exampleMessage(lines) {
    const got = lines.indexOf('got:');
    const want = lines.indexOf('want:', got + 1);
    if (got < 0 || want < 0)
        return undefined;
    return `got:\n${lines
        .slice(got + 1, want)
        .slice(0, 5)
        .join('\n')}\nwant:\n${lines
        .slice(want + 1)
        .slice(0, 5)
        .join('\n')}`;
}
const lastWords = (lines) => {
    const words = lines
        .filter((line) => line.trim() !== '' && !/^(?:PASS|FAIL|coverage: |exit status )/.test(line))
        .slice(-3);
    return words.length > 0 ? words.join('\n').trim() : 'the test failed without a message';
};
/** Where and why the test program crashed: the head of the panic and the first frame in the repository. */
function blameCrash(head, kind, tree, test) {
    const frames = stackFrames(head, tree);
    const root = test?.split('/')[0];
    const own = root === undefined ? [] : frames.filter((frame) => frame.function.includes(`.${root}`));
    // On a timeout every goroutine is listed: the test's own is wanted, and a subtest's comes after its parent's.
    const frame = kind === 'timeout' ? (own.at(-1) ?? frames.find((f) => !f.created)) : frames[0];
    const message = kind === 'race'
        ? 'data race detected'
        : kind === 'timeout'
            ? (head[0] ?? '').replace(/^panic: /, '')
            : panicMessage(head);
    return { message, ...(frame === undefined ? {} : { file: frame.file, line: frame.line }) };
}
function panicMessage(head) {
    const end = head.findIndex((line) => line === '' || line.startsWith('goroutine '));
    return head
        .slice(0, end < 0 ? 5 : Math.min(end, 5))
        .join('\n')
        .replace(/ \[recovered(?:, repanicked)?\]/g, '');
}
/** The frames of the repository's own files, in the order of the dump. */
function stackFrames(lines, tree) {
    const frames = [];
    for (const [at, line] of lines.entries()) {
        const match = /^\s+(\S.*\.go):(\d+)(?: \+0x[0-9a-f]+)?$/.exec(line);
        if (match === null)
            continue;
        const [, path = '', number = '0'] = match;
        const file = stackPath(path, tree);
        if (file === undefined || file.startsWith('vendor/') || file.includes('/vendor/'))
            continue;
        const name = (lines[at - 1] ?? '').trim();
        frames.push({ function: name, created: name.startsWith('created by '), file, line: Number(number) });
    }
    return frames;
}
/** The test that a stack trace belongs to: `p.TestX.func1(…)`, `created by p.TestX in goroutine 7`. */
function testInStack(head, importPath) {
    const plain = importPath.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const pattern = new RegExp(`(?:^|created by |\\s)${plain}(?:_test)?\\.((?:Test|Fuzz|Benchmark|Example)\\w*)`);
    for (const line of head) {
        const name = pattern.exec(line)?.[1];
        if (name !== undefined && name !== 'TestMain')
            return name;
    }
    return undefined;
}
/** The deepest of the `running tests:` that a timeout lists. */
function timedOutTests(head) {
    const running = head.flatMap((line) => {
        const name = /^\t\t(\S.*) \([^()]+\)$/.exec(line)?.[1];
        return name === undefined ? [] : [name];
    });
    return running.filter((name) => !running.some((other) => other.startsWith(`${name}/`)));
}
//# sourceMappingURL=test-output.js.map
;// CONCATENATED MODULE: ./lib/go/test-state.js

const newPackage = (name) => ({
    name,
    tests: new Map(),
    output: new OutputTail(),
    cases: [],
    passed: 0,
    failed: 0,
    skipped: 0,
    cached: false,
    noTests: false,
    buildFailed: false,
    coverage: undefined,
    told: 0,
});
/** The test that a subtest's name belongs to. */
function parentOf(pkg, name) {
    // A subtest's name may hold slashes of its own.
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
        const parent = pkg.tests.get(name.slice(0, at));
        if (parent !== undefined)
            return parent;
    }
    return undefined;
}
/** A test above this one printed the crash. */
function crashedAbove(test) {
    for (let at = test.parent; at !== undefined; at = at.parent)
        if (at.output.crash !== undefined)
            return true;
    return false;
}
/** The subtest that a crash printed by `test` belongs to: the failed one that said nothing itself. */
function deepestSilent(test) {
    const child = test.children.find((c) => c.status === 'fail' && c.output.empty);
    return child === undefined ? test : deepestSilent(child);
}
/** The event of a line, or undefined when the line is text. */
function parseEvent(line) {
    if (!line.startsWith('{'))
        return undefined;
    try {
        const value = JSON.parse(line);
        return typeof value === 'object' && value !== null && 'Action' in value ? value : undefined;
    }
    catch {
        return undefined;
    }
}
//# sourceMappingURL=test-state.js.map
;// CONCATENATED MODULE: ./lib/go/test-events.js



const MAX_CASES = 20_000;
const MAX_BUILD_LINES = 400;
const MAX_TEXT_LINES = 2000;
/**
 * Reads `go test -json` (go doc test2json) line by line, of one go command. What it keeps is bounded: the tail of
 * each running test, nothing of a passed one.
 *
 * A test counts when it has no subtests, or when it failed by itself; a group that fails because of a subtest does not.
 */
class TestEvents {
    #tree;
    #cwd;
    #listener;
    #packages = new Map();
    #results = new Map();
    #failures = [];
    #builds = new Map();
    #blocked = new Map();
    #text = [];
    #cases = 0;
    /** @param cwd repository-relative folder that the go command runs in */
    constructor(tree, cwd, listener = {}) {
        this.#tree = tree;
        this.#cwd = cwd;
        this.#listener = listener;
    }
    /** Takes one line of stdout or stderr. */
    line(text) {
        const event = parseEvent(text);
        if (event === undefined)
            this.#plain(text);
        else
            this.#event(event);
    }
    #event(event) {
        const { Action: action = '', Package: name } = event;
        if (action === 'build-output' || action === 'build-fail') {
            const lines = this.#build(event.ImportPath ?? '');
            if (event.Output !== undefined && lines.length < MAX_BUILD_LINES)
                lines.push(event.Output);
            return;
        }
        if (name === undefined)
            return;
        const pkg = this.#package(name);
        if (event.Test === undefined)
            this.#packageEvent(pkg, event);
        else
            this.#testEvent(pkg, event.Test, event);
    }
    #testEvent(pkg, name, event) {
        const test = this.#test(pkg, name);
        const ms = Math.round((event.Elapsed ?? 0) * 1000);
        switch (event.Action) {
            case 'output':
                test.output.add(event.Output ?? '', event.OutputType);
                this.#listener.onOutput?.(event.Output ?? '');
                return;
            case 'pass':
            case 'bench':
                this.#end(pkg, test, 'pass', ms);
                return;
            case 'fail':
                this.#end(pkg, test, 'fail', ms);
                return;
            case 'skip':
                this.#end(pkg, test, 'skip', ms);
                return;
            default:
        }
    }
    #packageEvent(pkg, event) {
        const ms = Math.round((event.Elapsed ?? 0) * 1000);
        switch (event.Action) {
            case 'output':
                this.#summaryLine(pkg, event.Output ?? '');
                return;
            case 'fail':
                if (event.FailedBuild !== undefined) {
                    pkg.buildFailed = true;
                    this.#blocked.set(pkg.name, event.FailedBuild);
                }
                this.#finish(pkg, 'fail', ms);
                return;
            case 'skip':
                pkg.noTests = true;
                this.#finish(pkg, 'pass', ms);
                return;
            case 'pass':
                this.#finish(pkg, 'pass', ms);
                return;
            default:
        }
    }
    /** `ok  \tp\t(cached)\tcoverage: 66.7% of statements`, `?   \tp\t[no test files]`, `FAIL\tp [build failed]` … */
    #summaryLine(pkg, output) {
        const line = output.trimEnd();
        if (/^ok\s/.test(line))
            pkg.cached = line.includes('\t(cached)');
        else if (/^\?\s.*\[no test files\]/.test(line))
            pkg.noTests = true;
        else if (/^\t\S+\t\tcoverage: /.test(line))
            pkg.noTests = true;
        else if (/^FAIL\s.*\[(?:build|setup) failed\]$/.test(line))
            pkg.buildFailed = true;
        else if (!/^(?:PASS|FAIL|coverage: |FAIL\s)/.test(line))
            pkg.output.add(output);
        const coverage = /coverage: (\d+(?:\.\d+)?)% of statements/.exec(line)?.[1];
        if (coverage !== undefined)
            pkg.coverage = Number(coverage);
    }
    /** Text beside the events: the go command's stderr, and what Go before 1.24 says about builds. */
    #plain(line) {
        const failed = /^FAIL\t(\S+) \[(?:build|setup) failed\]$/.exec(line);
        const none = /^\?\s+\t(\S+)\t\[no test files\]$/.exec(line);
        if (failed !== null) {
            const pkg = this.#package(failed[1] ?? '');
            pkg.buildFailed = true;
            this.#finish(pkg, 'fail', 0);
        }
        else if (none !== null) {
            const pkg = this.#package(none[1] ?? '');
            pkg.noTests = true;
            this.#finish(pkg, 'pass', 0);
        }
        else {
            if (this.#text.length < MAX_TEXT_LINES)
                this.#text.push(line);
            this.#listener.onText?.(line);
        }
    }
    #package(name) {
        const known = this.#packages.get(name);
        if (known !== undefined)
            return known;
        const pkg = newPackage(name);
        this.#packages.set(name, pkg);
        return pkg;
    }
    #test(pkg, name) {
        const known = pkg.tests.get(name);
        if (known !== undefined)
            return known;
        const parent = parentOf(pkg, name);
        const test = { name, parent, children: [], output: new OutputTail(), status: undefined, ms: 0 };
        parent?.children.push(test);
        pkg.tests.set(name, test);
        return test;
    }
    #end(pkg, test, status, ms) {
        if (test.status !== undefined)
            return;
        test.output.flush();
        test.status = status;
        test.ms = ms;
        // A test may not end before its subtests do, but the end of one may have been lost (golang/go#45508).
        if (test.parent === undefined)
            this.#settle(pkg, test);
    }
    /** The outermost test has ended: counts it and its subtests, tells its failures and forgets all of it. */
    #settle(pkg, root) {
        const visit = (test) => {
            let failedBelow = false;
            for (const child of test.children)
                failedBelow = visit(child) || failedBelow;
            pkg.tests.delete(test.name);
            const status = test.status ?? (root.status === 'fail' ? 'fail' : 'pass');
            if (status !== 'fail') {
                if (test.children.length === 0)
                    this.#count(pkg, test, status);
                return failedBelow;
            }
            const crash = test.output.crash;
            // The panic of a subtest is printed as the output of its outermost test.
            if (failedBelow && crash === undefined)
                return true;
            if (!failedBelow && test.output.empty && crashedAbove(test))
                return true;
            if (!failedBelow || crash !== undefined) {
                this.#count(pkg, crash === undefined ? test : deepestSilent(test), 'fail');
                this.#tell(pkg, this.#failureOf(pkg, test));
            }
            return true;
        };
        visit(root);
    }
    #count(pkg, test, status) {
        if (status === 'pass')
            pkg.passed++;
        else if (status === 'fail')
            pkg.failed++;
        else
            pkg.skipped++;
        if (this.#cases++ >= MAX_CASES)
            return;
        const reason = status === 'skip' ? blameOutput(test.output, pkg.name, this.#tree).message : undefined;
        pkg.cases.push({ name: test.name, status, ms: test.ms, ...(reason === undefined ? {} : { reason }) });
    }
    #failureOf(pkg, test) {
        const { crash, head } = test.output;
        const base = { package: pkg.name, output: test.output.lines };
        if (crash === undefined) {
            return { ...base, test: test.name, kind: 'failed', ...blameOutput(test.output, pkg.name, this.#tree) };
        }
        const name = deepestSilent(test).name;
        return { ...base, test: name, kind: crash, ...blameCrash(head, crash, this.#tree, name) };
    }
    #tell(pkg, failure) {
        pkg.told++;
        this.#failures.push(failure);
        this.#listener.onFailure?.(failure);
    }
    #finish(pkg, status, ms) {
        if (this.#results.has(pkg.name))
            return;
        pkg.output.flush();
        for (const test of pkg.tests.values())
            test.output.flush();
        if (status === 'fail' && !pkg.buildFailed)
            this.#unfinished(pkg);
        // In a package that passed, a test without an end (a benchmark, a lost event) has passed.
        for (const test of [...pkg.tests.values()]) {
            if (test.parent !== undefined || !pkg.tests.has(test.name))
                continue;
            test.status ??= 'pass';
            this.#settle(pkg, test);
        }
        if (status === 'fail' && !pkg.buildFailed && pkg.told === 0)
            this.#tell(pkg, this.#packageFailure(pkg));
        const dir = packageDir(pkg.name, this.#tree);
        const result = {
            package: pkg.name,
            ...(dir === undefined ? {} : { dir }),
            status: pkg.buildFailed ? 'build' : pkg.noTests && status === 'pass' ? 'no-tests' : status,
            cached: pkg.cached,
            ms,
            passed: pkg.passed,
            failed: pkg.failed,
            skipped: pkg.skipped,
            ...(pkg.coverage === undefined ? {} : { coverage: pkg.coverage }),
            tests: pkg.cases,
        };
        this.#packages.delete(pkg.name);
        this.#results.set(pkg.name, result);
        this.#listener.onPackage?.(result);
    }
    /** The test program ended while tests ran: finds the one to blame, and calls the others unfinished. */
    #unfinished(pkg) {
        const open = [...pkg.tests.values()].filter((test) => test.status === undefined);
        if (open.length === 0)
            return;
        const source = open.find((test) => test.output.crash !== undefined);
        const output = source?.output ?? (pkg.output.crash === undefined ? undefined : pkg.output);
        const crash = output?.crash;
        const blamed = new Set();
        if (output !== undefined && crash !== undefined) {
            // Output goes to the test that printed last, which need not be the one that crashed.
            const inStack = crash === 'timeout' ? undefined : testInStack(output.head, pkg.name);
            const named = crash === 'timeout'
                ? timedOutTests(output.head)
                : inStack !== undefined && inStack !== source?.name.split('/')[0] && pkg.tests.has(inStack)
                    ? [inStack]
                    : [source?.name ?? inStack].filter((name) => name !== undefined);
            for (const name of named) {
                blamed.add(name);
                this.#tell(pkg, {
                    package: pkg.name,
                    test: name,
                    kind: crash,
                    ...blameCrash(output.head, crash, this.#tree, name),
                    output: output.lines,
                });
            }
        }
        const leaves = open.filter((test) => !test.children.some((child) => child.status === undefined));
        const only = blamed.size === 0 && leaves.length === 1;
        for (const test of open) {
            test.status = 'fail';
            const isLeaf = leaves.includes(test);
            if (isLeaf || blamed.has(test.name))
                this.#count(pkg, test, 'fail');
            if (isLeaf && !blamed.has(test.name)) {
                this.#tell(pkg, {
                    package: pkg.name,
                    test: test.name,
                    kind: 'unfinished',
                    message: only
                        ? `the test program ended during this test (os.Exit or log.Fatal?)\n${blameOutput(test.output, pkg.name, this.#tree).message}`
                        : 'the test program ended while this test ran',
                    output: test.output.lines,
                });
            }
        }
        for (const test of [...pkg.tests.values()]) {
            // Finished subtests below an unfinished test still count.
            if (test.status !== 'fail' || !open.includes(test)) {
                if (test.children.length === 0 && test.status !== undefined)
                    this.#count(pkg, test, test.status);
            }
        }
        pkg.tests.clear();
    }
    #packageFailure(pkg) {
        const { crash, head, lines } = pkg.output;
        const base = { package: pkg.name, output: lines };
        if (crash !== undefined)
            return { ...base, kind: crash, ...blameCrash(head, crash, this.#tree) };
        const words = lines
            .filter((line) => line.trim() !== '')
            .slice(-5)
            .join('\n');
        const reason = pkg.passed + pkg.skipped > 0
            ? 'every test passed, but the test program ended with an error code (TestMain, os.Exit, a leak check?)'
            : 'the test program ended with an error code before any test ran';
        return { ...base, kind: 'package', message: words === '' ? reason : `${reason}\n${words}` };
    }
    #build(id) {
        const known = this.#builds.get(id);
        if (known !== undefined)
            return known;
        const lines = [];
        this.#builds.set(id, lines);
        return lines;
    }
    /** Ends packages that have no end: the go command was stopped or died. Call once, at the end. */
    close() {
        for (const pkg of [...this.#packages.values()])
            this.#finish(pkg, 'fail', 0);
    }
    get packages() {
        return [...this.#results.values()];
    }
    get failures() {
        return this.#failures;
    }
    /** What runs now, for progress lines: `example.com/p: TestA, TestB`. */
    get running() {
        return [...this.#packages.values()].map((pkg) => {
            const tests = [...pkg.tests.values()].filter((test) => test.status === undefined && test.children.length === 0);
            const names = tests.slice(0, 3).map((test) => test.name);
            const more = tests.length > names.length ? ` and ${tests.length - names.length} more` : '';
            return names.length === 0 ? pkg.name : `${pkg.name}: ${names.join(', ')}${more}`;
        });
    }
    /** What builds and loading said, by the JSON events (1.24 and later) or as text. */
    get buildDiagnostics() {
        const lists = [...this.#builds.values(), this.#text.map((line) => `${line}\n`)];
        return unique(lists.flatMap((lines) => parseBuildOutput(lines, this.#tree, this.#cwd)));
    }
    /** All text beside the events, for a log. */
    get text() {
        return [...this.#text, ...[...this.#builds.values()].flat().map((line) => line.trimEnd())];
    }
    /**
     * Packages whose tests did not run because of themselves (their own compile errors or vet findings), not because of
     * something they import. Go before 1.24 does not tell, so there it is every package that failed to build.
     */
    get buildFailedPackages() {
        return this.packages
            .filter((result) => {
            if (result.status !== 'build')
                return false;
            const because = this.#blocked.get(result.package);
            return because === undefined || plainPackage(because).replace(/_test$/, '') === result.package;
        })
            .map((result) => result.package);
    }
}
//# sourceMappingURL=test-events.js.map
;// CONCATENATED MODULE: ./lib/go/vet.js

/**
 * Reads `go vet -json`. It exits with 0 when there are findings; the JSON comes on stdout (1.25 and later) or among
 * `# package` lines on stderr (before), one object per package: `{"pkg": {"analyzer": [{posn, message}]}}`, or
 * `{"analyzer": {"error": "…"}}`.
 */
function parseVet(lines, tree, cwd) {
    const findings = [];
    const text = [];
    let object;
    for (const raw of lines) {
        const line = raw.replace(/\r$/, '');
        if (object === undefined) {
            if (line === '{')
                object = [line];
            else if (line !== '{}')
                text.push(line);
        }
        else {
            object.push(line);
            if (line === '}') {
                findings.push(...readObject(object.join('\n'), tree, cwd));
                object = undefined;
            }
        }
    }
    if (object !== undefined)
        text.push(...object);
    const errors = parseBuildOutput(text, tree, cwd);
    return {
        findings: unique(findings),
        errors: errors.map((d) => (d.kind === 'vet' ? { ...d, kind: 'compile' } : d)),
    };
}
function readObject(json, tree, cwd) {
    let parsed;
    try {
        parsed = JSON.parse(json);
    }
    catch {
        return [{ kind: 'vet', message: `go vet printed JSON that cannot be read: ${json.slice(0, 200)}` }];
    }
    const found = [];
    for (const [id, analyzers] of entriesOf(parsed)) {
        for (const [analyzer, results] of entriesOf(analyzers)) {
            if (!Array.isArray(results)) {
                const error = entriesOf(results).find(([key]) => key === 'error')?.[1];
                if (typeof error === 'string')
                    found.push({ kind: 'vet', message: error, analyzer, package: plainPackage(id) });
                continue;
            }
            for (const result of results) {
                const fields = new Map(entriesOf(result));
                const message = fields.get('message');
                const posn = fields.get('posn');
                if (typeof message !== 'string')
                    continue;
                const position = typeof posn === 'string' ? parsePosition(posn) : undefined;
                const file = position === undefined ? undefined : repositoryPath(position.file, tree, cwd);
                found.push({
                    kind: 'vet',
                    message,
                    analyzer,
                    package: plainPackage(id),
                    ...(file === undefined || position === undefined
                        ? {}
                        : {
                            file,
                            line: position.line,
                            ...(position.column === undefined ? {} : { column: position.column }),
                        }),
                });
            }
        }
    }
    return found;
}
const entriesOf = (value) => typeof value === 'object' && value !== null ? Object.entries(value) : [];
//# sourceMappingURL=vet.js.map
;// CONCATENATED MODULE: ./lib/go/test-step.js








const ATTEMPTS = 3;
const HEARTBEAT_MS = 30_000;
const SHOWN_LINES = 60;
/**
 * Runs one `go test -json`, says for people what happens, and reads the events.
 * @throws PipelineError (environment) when go itself cannot do its work
 */
async function goTest(command, invocation, options, tree, act) {
    const argv = testArgv(command.bin, invocation.patterns, options);
    for (let attempt = 1;; attempt++) {
        const run = await once(command, argv, invocation.cwd, options, tree, act);
        if (run.code === 0)
            return run.outcome;
        const { packages, diagnostics } = run.outcome;
        const explained = explainGo(run.text);
        const broken = packages.some((p) => p.status === 'build') || packages.length === 0;
        if (broken && explained?.transient === true && attempt < ATTEMPTS) {
            act.log.warning(`go test: ${explained.cause}; attempt ${attempt + 1} of ${ATTEMPTS}`);
            await systemClock.sleep(2000 * attempt, act.signal);
            continue;
        }
        if (broken && explained?.kind === 'environment') {
            const { code, cause, fix } = explained;
            throw (0,base_errors/* environmentError */.me)({ code, what: 'go test could not do its work', cause, fix }, { log: run.text });
        }
        if (packages.length === 0 && diagnostics.length === 0 && run.outcome.failures.length === 0) {
            if (/matched no packages|no packages to test/.test(run.text)) {
                act.log.info(`no packages in ${invocation.cwd}: ${invocation.patterns.join(' ')}`);
                return run.outcome;
            }
            throw goFailed('go test', run.code, run.text);
        }
        return run.outcome;
    }
}
/** Vets packages with `go vet -json`; the exit code says nothing about findings. */
async function goVet(command, invocation, tree, act) {
    const errors = [];
    const result = await act.exec.run({
        argv: [command.bin, 'vet', '-json', ...invocation.patterns],
        cwd: (0,external_node_path_.join)(command.root, invocation.cwd),
        env: command.env,
        timeoutMs: command.timeoutMs,
        signal: act.signal,
        maxStdout: 64 * 1024 * 1024,
        onLine: (line, stream) => {
            if (stream === 'stderr')
                errors.push(line);
        },
    });
    // Before 1.25 the JSON comes on stderr.
    const report = parseVet([...result.stdout.split('\n'), ...errors], tree, invocation.cwd);
    if (result.code === 0)
        return report;
    const text = errors.join('\n');
    const explained = explainGo(text);
    if (explained?.kind === 'environment') {
        const { code, cause, fix } = explained;
        throw (0,base_errors/* environmentError */.me)({ code, what: 'go vet could not do its work', cause, fix }, { log: text });
    }
    if (report.errors.length === 0 && report.findings.length === 0) {
        if (/matched no packages|no packages to vet/.test(text))
            return report;
        throw goFailed('go vet', result.code, text);
    }
    return report;
}
/** The command line. Patterns stand before the caller's flags: Go ends the package list at a flag it does not know. */
function testArgv(bin, patterns, options) {
    return [
        bin,
        'test',
        '-json',
        `-vet=${options.vet ? 'all' : 'off'}`,
        ...(options.race ? ['-race'] : []),
        ...(options.profile === undefined
            ? []
            : [`-covermode=${options.race ? 'atomic' : 'set'}`, `-coverprofile=${options.profile}`]),
        ...patterns,
        ...options.flags,
    ];
}
async function once(command, argv, cwd, options, tree, act) {
    const verbose = options.flags.some((flag) => /^--?(?:test\.)?(?:v|bench)(?:=|$)/.test(flag));
    let last = systemClock.now();
    const say = (line) => {
        last = systemClock.now();
        act.log.info(line);
    };
    const events = new TestEvents(tree, cwd, {
        onFailure: (failure) => {
            for (const line of failureLines(failure))
                say(line);
        },
        onPackage: (result) => {
            say(packageLine(result));
        },
        onText: (line) => {
            if (line.startsWith('go: downloading ') || line.trim() === '')
                act.log.debug(line);
            else
                say(line);
        },
        ...(verbose ? { onOutput: (line) => act.log.info(line.replace(/\n$/, '')) } : {}),
    });
    const started = last;
    const heartbeat = setInterval(() => {
        const now = systemClock.now();
        if (now - last < HEARTBEAT_MS)
            return;
        const running = events.running;
        say(running.length === 0
            ? `… still compiling after ${formatDuration(now - started)}`
            : `… running for ${formatDuration(now - started)}: ${running.slice(0, 4).join('; ')}`);
    }, HEARTBEAT_MS);
    heartbeat.unref();
    let code = 1;
    const late = [];
    try {
        const result = await act.exec.run({
            argv,
            cwd: (0,external_node_path_.join)(command.root, cwd),
            env: command.env,
            timeoutMs: command.timeoutMs,
            signal: act.signal,
            maxStdout: 0,
            onLine: (line, stream) => {
                if (stream === 'stdout')
                    options.onRaw(line);
                events.line(line);
            },
        });
        code = result.code;
    }
    catch (error) {
        const running = events.running;
        if (!isTimeout(error) || running.length === 0)
            throw error;
        // Tests that do not end are the code's fault; what was learnt until then is kept.
        late.push({
            package: plainPackage(running[0]?.split(':')[0] ?? ''),
            kind: 'timeout',
            message: `go test did not end within ${formatDuration(command.timeoutMs)} and was stopped; still running: ${running.join('; ')}`,
            output: [],
        });
    }
    finally {
        clearInterval(heartbeat);
    }
    events.close();
    return {
        code,
        text: events.text.join('\n'),
        outcome: {
            packages: events.packages,
            failures: [...late, ...events.failures],
            diagnostics: events.buildDiagnostics,
            buildFailedPackages: events.buildFailedPackages,
        },
    };
}
const isTimeout = (error) => error instanceof base_errors/* PipelineError */.zC && error.problems[0]?.code === 'command-timeout';
function goFailed(what, code, text) {
    const explained = explainGo(text);
    const first = text.split('\n').find((line) => line.trim() !== '');
    return (0,base_errors/* environmentError */.me)({
        code: explained?.code ?? 'go-failed',
        what: `${what} ended with exit code ${code} before any package`,
        cause: explained?.cause ?? first ?? 'it printed nothing',
        fix: explained?.fix ?? 'run the same command locally; its output is below',
    }, { log: text });
}
/** `ok    example.com/p   0.4 s   12 tests   (cached)   coverage 66.7 %`. */
function packageLine(result) {
    const total = result.passed + result.failed + result.skipped;
    const mark = { pass: 'ok   ', fail: 'FAIL ', 'no-tests': '-    ', build: 'BUILD' }[result.status];
    const counts = [
        ...(result.failed > 0
            ? [`${result.failed} of ${total} failed`]
            : [`${total} ${total === 1 ? 'test' : 'tests'}`]),
        ...(result.skipped > 0 ? [`${result.skipped} skipped`] : []),
    ].join(', ');
    const details = result.status === 'no-tests'
        ? ['no test files']
        : result.status === 'build'
            ? ['not tested: see the findings and errors']
            : [
                result.cached ? '(cached)' : formatDuration(result.ms),
                counts,
                ...(result.coverage === undefined ? [] : [`coverage ${result.coverage.toFixed(1)} %`]),
            ];
    return `${mark} ${result.package}  ${details.join('  ')}`;
}
/** A failure as a person reads it: what, where, and its last output. */
function failureLines(failure) {
    const place = failure.file === undefined ? '' : `  ${failure.file}:${failure.line ?? 1}`;
    const shown = failure.output.slice(-SHOWN_LINES);
    const cut = failure.output.length - shown.length;
    return [
        `--- ${failure.kind === 'failed' ? 'FAIL' : failure.kind.toUpperCase()}: ${failure.package}${failure.test === undefined ? '' : ` ${failure.test}`}${place}`,
        ...(failure.output.length === 0 || failure.kind === 'unfinished'
            ? failure.message.split('\n').map((line) => `    ${line}`)
            : []),
        ...(cut > 0 ? [`    … ${cut} lines before are left out`] : []),
        ...shown.map((line) => `    ${line}`),
    ];
}
/** Writes all events to a file as they come. A full disk costs the log, not the run. */
class RawLog {
    #descriptor;
    #buffer = '';
    #warn;
    constructor(file, warn) {
        this.#warn = warn;
        this.#try(() => {
            this.#descriptor = (0,external_node_fs_.openSync)(file, 'w');
        });
    }
    write(line) {
        this.#buffer += `${line}\n`;
        if (this.#buffer.length > 64 * 1024)
            this.#flush();
    }
    close() {
        this.#flush();
        const descriptor = this.#descriptor;
        this.#descriptor = undefined;
        if (descriptor !== undefined) {
            this.#try(() => {
                (0,external_node_fs_.closeSync)(descriptor);
            });
        }
    }
    #flush() {
        const text = this.#buffer;
        const descriptor = this.#descriptor;
        this.#buffer = '';
        if (descriptor !== undefined && text !== '') {
            this.#try(() => {
                (0,external_node_fs_.writeSync)(descriptor, text);
            });
        }
    }
    #try(work) {
        try {
            work();
        }
        catch (error) {
            this.#descriptor = undefined;
            this.#warn(`the test log cannot be written: ${(0,base_errors/* messageOf */.bD)(error)}`);
        }
    }
}
//# sourceMappingURL=test-step.js.map
;// CONCATENATED MODULE: ./lib/go/test.js













/**
 * Runs vet and tests over all modules and reports; for what the code does wrong it does not throw (the caller is the
 * gate).
 *
 * With both on there is one build graph: `go test -vet=all`. A package with findings does not run its tests then, so
 * those packages are vetted again by `go vet -json` (analyzer names, all findings) and tested with -vet=off.
 * @throws PipelineError (environment) when go cannot do its work: network, disk, C compiler, toolchain
 */
async function runTests(run, act) {
    const started = systemClock.now();
    const tree = await sourceTree(run, act);
    const { invocations, unmatched } = assignPackages(run.workspace, run.workingDirectory ?? '.', run.packages ?? ['./...']);
    const gathered = {
        packages: new Map(),
        failures: [],
        findings: [],
        buildErrors: unmatched.map((pattern) => ({
            kind: 'setup',
            message: `packages: ${pattern} lies in no Go module of the repository`,
        })),
        profiles: [],
    };
    await (0,promises_.mkdir)(run.reportDir, { recursive: true });
    const command = { ...run, env: await testEnvironment(run, act) };
    if (run.test) {
        const raw = new RawLog((0,external_node_path_.join)(run.reportDir, 'go-test.jsonl'), (message) => act.log.warning(message));
        try {
            for (const [index, invocation] of invocations.entries())
                await testOne({ run, command, tree, raw, index, invocation, gathered }, act);
        }
        finally {
            raw.close();
        }
    }
    else if (run.vet) {
        for (const invocation of invocations) {
            const { findings, errors } = await goVet(command, invocation, tree, act);
            gathered.findings.push(...findings);
            gathered.buildErrors.push(...errors);
        }
    }
    const report = await summarise(run, gathered, tree, systemClock.now() - started);
    for (const finding of report.findings)
        act.log.info(`vet: ${formatDiagnostic(finding)}`);
    for (const error of report.buildErrors)
        act.log.info(`build: ${formatDiagnostic(error)}`);
    act.log.info(summaryLine(run, report));
    return report;
}
async function testOne(step, act) {
    const { run, command, tree, raw, index, invocation, gathered } = step;
    const test = async (on, vet, suffix) => {
        const profile = run.coverage ? (0,external_node_path_.join)(run.reportDir, `coverage-${index}${suffix}.out`) : undefined;
        if (profile !== undefined)
            gathered.profiles.push(profile);
        const options = {
            vet,
            race: run.race,
            flags: run.flags,
            onRaw: (line) => {
                raw.write(line);
            },
        };
        return await goTest(command, on, { ...options, ...(profile === undefined ? {} : { profile }) }, tree, act);
    };
    const take = (outcome, without) => {
        for (const result of outcome.packages)
            gathered.packages.set(result.package, result);
        gathered.failures.push(...outcome.failures);
        gathered.buildErrors.push(...outcome.diagnostics.filter((d) => !without.has(owner(d))));
    };
    const first = await test(invocation, run.vet, '');
    // A pattern that could not be loaded stands for a package too: `./...`.
    const suspects = run.vet ? first.buildFailedPackages.filter((name) => !name.startsWith('.')) : [];
    if (suspects.length === 0) {
        take(first, new Set());
        return;
    }
    const vetted = await goVet(command, { cwd: invocation.cwd, patterns: suspects }, tree, act);
    gathered.findings.push(...vetted.findings);
    const found = new Set(vetted.findings.map(owner));
    // Those with findings do compile: what go test said of them were the findings, worded like compile errors.
    take(first, found);
    const again = suspects.filter((name) => found.has(name));
    if (again.length === 0)
        return;
    act.log.info(`vet has findings in ${again.length} packages; their tests run all the same`);
    take(await test({ cwd: invocation.cwd, patterns: again }, false, '-again'), new Set());
}
/** The package that a diagnostic is about; an external test package belongs to the one it tests. */
const owner = (d) => (d.package ?? '').replace(/_test$/, '');
async function sourceTree(run, act) {
    const real = await (0,promises_.realpath)(run.root).catch(() => run.root);
    return {
        root: run.root,
        ...(real === run.root ? {} : { realRoot: real }),
        os: act.host.os,
        modules: run.workspace.modules,
    };
}
/** Race needs cgo, whatever the builds use; without a C compiler that is said before minutes of compiling. */
async function testEnvironment(run, act) {
    if (!run.test || !run.race || !raceNeedsCgo(act.host))
        return run.env;
    const env = { ...run.env, CGO_ENABLED: '1' };
    const asked = await act.exec.run({
        argv: [run.bin, 'env', 'CC'],
        cwd: run.root,
        env,
        timeoutMs: 60_000,
        signal: act.signal,
    });
    const compiler = splitGoFlags(asked.stdout).words[0] ?? asked.stdout.trim().split(/\s+/)[0] ?? '';
    if (asked.code !== 0 || compiler === '')
        return env;
    try {
        await act.exec.run({
            argv: [compiler, '--version'],
            env,
            timeoutMs: 60_000,
            signal: act.signal,
        });
    }
    catch (error) {
        if (act.signal.aborted)
            throw error;
        throw (0,base_errors/* environmentError */.me)({
            code: 'race-needs-c-compiler',
            what: 'the race detector cannot be used on this runner',
            cause: `it needs cgo, and the C compiler ${compiler} is not there`,
            input: 'race',
            value: 'true',
            fix: 'set race: false, or install a C compiler before this step (apt-get install gcc libc6-dev, apk add build-base, on Windows MinGW-w64)',
        }, { cause: error });
    }
    return env;
}
async function summarise(run, gathered, tree, ms) {
    const packages = [...gathered.packages.values()].sort((a, b) => (a.package < b.package ? -1 : 1));
    const findings = sortDiagnostics(unique([...gathered.findings, ...gathered.buildErrors.filter((d) => d.kind === 'vet')]));
    const buildErrors = sortDiagnostics(unique(gathered.buildErrors.filter((d) => d.kind !== 'vet'))).map(withFix);
    const failures = await locateFailures(gathered.failures, tree);
    const sum = (of) => packages.reduce((total, result) => total + of(result), 0);
    const testFailed = run.test &&
        (failures.length > 0 ||
            buildErrors.length > 0 ||
            packages.some((p) => p.status === 'fail' || p.status === 'build'));
    const profile = await mergeProfiles(run, gathered.profiles);
    return {
        passed: sum((p) => p.passed),
        failed: sum((p) => Math.max(p.failed, p.status === 'fail' ? 1 : 0)),
        skipped: sum((p) => p.skipped),
        cached: packages.filter((p) => p.cached).length,
        packages,
        failures,
        slowest: slowest(packages),
        findings,
        buildErrors,
        ...profile,
        ms,
        vetFailed: run.vet && (findings.length > 0 || (!run.test && buildErrors.length > 0)),
        testFailed,
    };
}
function withFix(diagnostic) {
    const fix = explainGo(diagnostic.message)?.fix;
    return fix === undefined ? diagnostic : { ...diagnostic, fix };
}
const test_SLOW_MS = 100;
function slowest(packages) {
    return packages
        .filter((result) => !result.cached)
        .flatMap((result) => result.tests
        .filter((test) => test.ms >= test_SLOW_MS)
        .map((test) => ({ package: result.package, test: test.name, ms: test.ms })))
        .sort((a, b) => b.ms - a.ms)
        .slice(0, 10);
}
/** One profile from those of all go commands, in report-dir/coverage.out. */
async function mergeProfiles(run, files) {
    if (!run.coverage || !run.test)
        return {};
    const texts = [];
    for (const file of files) {
        const text = await readTextIfAny(file);
        if (text !== undefined)
            texts.push(text);
        await (0,promises_.rm)(file, { force: true });
    }
    const merged = parseCoverProfiles(texts);
    if (merged === undefined)
        return {};
    const coverageProfile = (0,external_node_path_.join)(run.reportDir, 'coverage.out');
    await writeAtomic(coverageProfile, formatCoverProfile(merged.profile));
    return { coverage: summariseCoverage(merged.profile, run.workspace.modules), coverageProfile };
}
function summaryLine(run, report) {
    const parts = [
        ...(run.vet ? [`vet: ${report.findings.length} findings`] : []),
        ...(run.test
            ? [
                `tests: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`,
                `${report.packages.length} packages, ${report.cached} from the cache`,
            ]
            : []),
        ...(report.buildErrors.length > 0 ? [`${report.buildErrors.length} build errors`] : []),
        ...(report.coverage?.percent === undefined ? [] : [`coverage ${formatPercent(report.coverage.percent)}`]),
    ];
    return parts.join('; ');
}
//# sourceMappingURL=test.js.map
;// CONCATENATED MODULE: ./lib/go/toolchain-environment.js


/** The runner's keys to the cache service and to the clouds: the repository's tests have no use for them. */
const RUNNER_KEYS = {
    ACTIONS_RUNTIME_TOKEN: undefined,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
    ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
};
/**
 * The environment in which exactly the installed Go is used.
 *
 * GOTOOLCHAIN is `local` (no surprise downloads) only when the installed Go accepts every module; otherwise `auto`,
 * so that Go fetches what the modules ask for. What an earlier step exported does not count: a GOTOOLCHAIN=local left
 * behind by another set-up would make Go refuse a module, or make us ignore its `toolchain` line.
 * GOROOT is removed, because one that belongs to another Go breaks this one; so are the runner's own tokens.
 *
 * @param required max of the `go` and `toolchain` lines of all modules (`1.26`, `1.26.3`), if there is any
 */
function toolchainEnvironment(installed, required, env, host) {
    const windows = host.os === 'windows';
    const addPath = windows ? `${installed.root}\\bin` : `${installed.root}/bin`;
    const separator = windows ? ';' : ':';
    const rest = (lookupEnvironment(env, 'PATH', host.os) ?? '')
        .split(separator)
        .filter((folder) => folder !== '' && folder !== addPath);
    const version = parseGoVersion(installed.version);
    const satisfied = required === undefined || (version !== undefined && meetsMinimum(version, required));
    const value = satisfied ? 'local' : 'auto';
    const inherited = lookupEnvironment(env, 'GOTOOLCHAIN', host.os);
    const replaced = inherited === undefined || inherited === '' || inherited === value ? '' : ` (it was ${inherited})`;
    const why = satisfied
        ? required === undefined
            ? `Go ${installed.version} is used as it is`
            : `Go ${installed.version} accepts every module (they ask for ${required} or newer)`
        : `a module asks for Go ${required}, newer than the installed ${installed.version}: Go itself fetches ${required} for it`;
    return {
        env: {
            ...RUNNER_KEYS,
            PATH: [addPath, ...rest].join(separator),
            GOROOT: undefined,
            GOTOOLCHAIN: value,
        },
        addPath,
        explanation: `GOTOOLCHAIN=${value}${replaced}: ${why}`,
        satisfied,
    };
}
//# sourceMappingURL=toolchain-environment.js.map
;// CONCATENATED MODULE: ./lib/actions/build/steps-go.js




















/** The process around @actions/cache; its file lies beside the one that was started (dist/main.js, dist/cli.js). */
const CACHE_WORKER = [
    process.execPath,
    (0,external_node_path_.join)((0,external_node_path_.dirname)(process.argv[1] ?? ''), 'cache-worker.js'),
];
/** The steps that run Go: install, caches, modules, tests, compiles. */
class GoSteps {
    #inputs;
    #facts;
    #plan;
    #act;
    #results;
    #keeper;
    #folder;
    #cachePlan;
    constructor(inputs, facts, plan, act, results, keeper, folder) {
        this.#inputs = inputs;
        this.#facts = facts;
        this.#plan = plan;
        this.#act = act;
        this.#results = results;
        this.#keeper = keeper;
        this.#folder = folder;
    }
    async install(signal) {
        const act = this.#ports('go', signal);
        const { checkLatest, goMirrors, goproxy } = this.#inputs;
        const installed = await installGo(this.#facts.go, { checkLatest, goMirrors, goproxy }, act);
        const required = requiredVersion(this.#facts);
        const toolchain = toolchainEnvironment(installed, required, act.env, act.host);
        act.log.info(toolchain.explanation);
        const locations = await this.#locations();
        this.#results.go = installed;
        this.#results.goEnvironment = {
            ...toolchain.env,
            ...goCommandEnvironment(this.#settings(), act.host, {}, act.env),
            ...locations.environment,
            ...(this.#facts.git?.environment ?? {}),
        };
        return installed.detail;
    }
    async restoreModules(signal) {
        const plan = await this.#caches('');
        const { build: _, ...modulesOnly } = plan;
        const part = await restoreCaches(modulesOnly, this.#ports('cache', signal), { worker: CACHE_WORKER })
            .modules;
        if (part !== undefined)
            this.#results.modulesCache = part;
        this.#keepCaches(plan);
        return steps_go_describe(part);
    }
    async restoreBuild(signal) {
        const plan = await this.#caches(this.#results.go?.version ?? '');
        const { modules: _, ...buildOnly } = { ...plan, notes: [] };
        const part = await restoreCaches(buildOnly, this.#ports('cache', signal), { worker: CACHE_WORKER }).build;
        if (part !== undefined)
            this.#results.buildCache = part;
        this.#keepCaches(plan);
        return steps_go_describe(part);
    }
    async mtimes(signal) {
        const done = await setContentMtimes(this.#facts.root, this.#ports('mtimes', signal), {
            env: { ...this.#facts.git?.environment },
        });
        return done.reason ?? `${done.files} files${done.skipped > 0 ? `, ${done.skipped} left alone` : ''}`;
    }
    async modules(signal) {
        const { go, env } = this.#go();
        return downloadModules({ bin: go.bin, root: this.#facts.root, workspace: this.#facts.workspace, env }, this.#ports('modules', signal));
    }
    async compile(platform, signal) {
        const { go, env } = this.#go();
        const out = (0,external_node_path_.join)(await this.#folder(), 'bin', platformSlug(platform));
        const mains = this.#plan.targets.flatMap((target) => target.mains);
        const built = await compile(mains.map((main) => ({
            main: main.package,
            platform,
            output: (0,external_node_path_.join)(out, executable(main.name, platform.os)),
        })), {
            bin: go.bin,
            root: this.#facts.root,
            modules: this.#facts.workspace.modules,
            env,
            ldflags: this.#ldflags(),
            buildvcs: 'auto',
            timeoutMs: 60 * 60_000,
        }, this.#ports(`compile ${formatPlatform(platform)}`, signal));
        for (const { target, path, size, ms } of built) {
            const name = mains.find((main) => main.package === target.main)?.name ?? target.main.name;
            this.#results.binaries.push({ name, platform, file: path, size, ms });
        }
        return built.map(({ target, size }) => `${target.main.name} ${formatBytes(size)}`).join(', ');
    }
    /** Vet and tests. The report is kept whatever the verdict is. */
    async test(reportDir, signal) {
        const { go, env } = this.#go();
        const inputs = this.#inputs;
        const report = await runTests({
            bin: go.bin,
            root: this.#facts.root,
            workingDirectory: this.#facts.folder,
            workspace: this.#facts.workspace,
            packages: inputs.packages,
            vet: inputs.vet,
            test: inputs.test,
            race: inputs.race,
            coverage: inputs.coverage && inputs.test,
            flags: inputs.testFlags,
            env,
            reportDir,
            timeoutMs: 60 * 60_000,
        }, this.#ports('test', signal));
        this.#results.tests = report;
        const refusal = refusalOf(report);
        if (refusal !== undefined)
            throw refusal;
        return verdictOf(report, inputs);
    }
    coverage() {
        const limit = this.#inputs.coverageThreshold ?? 0;
        const report = this.#results.tests?.coverage;
        const problem = checkCoverage(report, limit);
        if (problem !== undefined)
            throw (0,base_errors/* gateError */.em)(problem);
        return `${formatPercent(report?.percent ?? 0)} ≥ ${limit} %`;
    }
    #go() {
        const { go, goEnvironment } = this.#results;
        if (go === undefined || goEnvironment === undefined)
            throw new TypeError('Go is not installed yet');
        return { go, env: { ...goEnvironment } };
    }
    #settings() {
        const { goTags, cgo, race, coverage, goproxy } = this.#inputs;
        return { tags: goTags, cgo, race, cover: coverage, ...(goproxy === undefined ? {} : { goproxy }) };
    }
    #ldflags() {
        const { git, now, event } = this.#facts;
        const seconds = git?.commitTime ?? Math.floor(now / 1000);
        const rendered = renderLdflags(this.#inputs.ldflags === '' ? DEFAULT_LDFLAGS : this.#inputs.ldflags, {
            version: this.#plan.version === '' ? (git?.shortCommit ?? 'dev') : this.#plan.version,
            commit: git?.commit ?? event.sha ?? '',
            commitDate: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
            env: this.#act.env,
            ...(git?.branch === undefined ? {} : { branch: git.branch }),
            ...(git?.tag === undefined ? {} : { tag: git.tag }),
        });
        const [problem] = rendered.problems;
        if (problem !== undefined)
            throw (0,base_errors/* environmentError */.me)(problem);
        return rendered.text;
    }
    async #locations() {
        const { host, env } = this.#act;
        const file = goEnvFile(host, env);
        const saved = file === undefined ? undefined : await readTextIfAny(file);
        return cacheLocations({
            host,
            env,
            runnerTemp: env['RUNNER_TEMP'],
            ...(saved === undefined ? {} : { goEnv: parseGoEnv(saved) }),
        });
    }
    /** The same plan for both caches; only the build cache needs the Go version. */
    async #caches(goVersion) {
        if (goVersion === '')
            return this.#planCaches('');
        this.#cachePlan ??= this.#planCaches(goVersion);
        return this.#cachePlan;
    }
    async #planCaches(goVersion) {
        const { env, host } = this.#act;
        const merged = mergeEnvironment(env, this.#results.goEnvironment ?? {}, host.os);
        return planCaches({
            input: this.#inputs.cache,
            env,
            event: await payload(env['GITHUB_EVENT_PATH']),
            host,
            locations: await this.#locations(),
            goVersion,
            flavour: {
                cgo: this.#inputs.cgo,
                race: this.#inputs.race,
                cover: this.#inputs.coverage && this.#inputs.test,
                tags: this.#inputs.goTags,
                goflags: mergeGoFlags(this.#settings(), env['GOFLAGS']).words.join(' '),
                goexperiment: merged['GOEXPERIMENT'] ?? '',
                goamd64: merged['GOAMD64'] ?? '',
                platforms: this.#plan.form === 'generated' ? this.#plan.platforms.map(formatPlatform) : [],
                environment: compileEnvironment(merged, host.os),
            },
            moduleFiles: await this.#moduleFiles(),
            vendored: this.#facts.workspace.modules.every((module) => module.vendored),
            project: this.#facts.folder,
            now: this.#facts.now,
        });
    }
    async #moduleFiles() {
        const { root, workspace } = this.#facts;
        return Promise.all(workspace.sumFiles.map(async (path) => ({
            path,
            content: await (0,promises_.readFile)((0,external_node_path_.resolve)(root, path), 'utf8'),
        })));
    }
    #keepCaches(plan) {
        const { modulesCache, buildCache } = this.#results;
        this.#keeper.update({ caches: cacheState(plan, [modulesCache, buildCache]) });
    }
    #ports(name, signal) {
        return { ...this.#act, signal, log: prefixed(this.#act.log, name) };
    }
}
/** The newest `go` or `toolchain` line of all modules; undefined when none has one. */
function requiredVersion(facts) {
    const lines = [facts.workspace, ...facts.workspace.modules].flatMap((one) => [
        one.go,
        one.toolchain?.replace(/^go/, ''),
    ]);
    let highest;
    for (const line of lines) {
        if (line === undefined)
            continue;
        const version = parseGoVersion(line);
        if (version !== undefined && (highest === undefined || meetsMinimum(version, highest)))
            highest = line;
    }
    return highest;
}
async function payload(file) {
    const text = file === undefined || file === '' ? undefined : await readTextIfAny(file);
    try {
        return text === undefined ? undefined : JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
function steps_go_describe(part) {
    if (part === undefined)
        return 'nothing to restore';
    const size = part.bytes === undefined ? '' : `, ${formatBytes(part.bytes)}`;
    return part.status === 'restored' ? `${part.hit} hit${size}` : part.status;
}
/** What stops the release, as one error; undefined when nothing does. */
function refusalOf(report) {
    const parts = [
        report.buildErrors.length > 0
            ? `${report.buildErrors.length} compile ${report.buildErrors.length === 1 ? 'error' : 'errors'}`
            : undefined,
        report.findings.length > 0
            ? `${report.findings.length} vet ${report.findings.length === 1 ? 'finding' : 'findings'}`
            : undefined,
        report.failed > 0 ? `${report.failed} failed ${report.failed === 1 ? 'test' : 'tests'}` : undefined,
    ].filter((part) => part !== undefined);
    if (!report.vetFailed && !report.testFailed)
        return undefined;
    const first = report.buildErrors[0] ?? report.findings[0];
    const failure = report.failures[0];
    const place = first ?? failure;
    const where = place?.file === undefined ? place?.package : `${place.file}:${place.line ?? 1}`;
    const code = report.buildErrors.length > 0 ? 'compile-failed' : report.testFailed ? 'tests-failed' : 'vet-failed';
    return (0,base_errors/* gateError */.em)({
        code,
        what: parts.length === 0 ? 'go test failed' : parts.join(', '),
        ...(first === undefined
            ? failure === undefined
                ? {}
                : { cause: `${failure.package} ${failure.test ?? ''}`.trim() }
            : { cause: first.message }),
        ...(where === undefined ? {} : { where }),
        fix: 'see the annotations and the report; reproduce with go test ./... on your machine',
    }, failure?.output.join('\n'));
}
function verdictOf(report, inputs) {
    const parts = [];
    if (inputs.vet)
        parts.push('no vet findings');
    if (inputs.test)
        parts.push(`${report.passed} passed${report.skipped > 0 ? `, ${report.skipped} skipped` : ''}${report.cached > 0 ? `, ${report.cached} packages cached` : ''}`);
    if (report.coverage?.percent !== undefined)
        parts.push(`coverage ${formatPercent(report.coverage.percent)}`);
    return parts.join('; ');
}
//# sourceMappingURL=steps-go.js.map
;// CONCATENATED MODULE: ./lib/buildx/args.js

/**
 * `buildx build …` without the program's name. Pure; secrets given by value are named by {@link secretVariable} and
 * handed over in the environment ({@link buildEnvironment}).
 */
function buildArgv(request) {
    const many = (flag, values) => (values ?? []).flatMap((value) => [flag, value]);
    const pairs = (flag, values) => many(flag, (values ?? []).map(([name, value]) => `${name}=${value}`));
    const one = (flag, value) => value === undefined ? [] : [flag, value];
    const on = (flag, value) => (value === true ? [flag] : []);
    return [
        'build',
        ...one('--builder', request.builder),
        ...one('--file', request.file),
        ...one('--target', request.target),
        ...one('--platform', platformList(request.platforms)),
        ...(request.check === true ? ['--call=check,format=json'] : outputArgs(request)),
        ...pairs('--build-context', request.buildContexts),
        ...pairs('--build-arg', epochArg(request)),
        ...pairs('--label', request.labels),
        ...many('--annotation', annotationArgs(request)),
        ...many('--secret', request.secrets?.map(secretArg)),
        ...many('--ssh', request.ssh),
        ...many('--cache-from', request.cacheFrom),
        ...many('--cache-to', request.check === true ? [] : request.cacheTo),
        ...on('--no-cache', request.noCache),
        ...many('--no-cache-filter', request.noCacheFilters),
        ...on('--pull', request.pull),
        ...many('--add-host', request.addHosts),
        ...one('--network', request.network),
        ...one('--shm-size', request.shmSize),
        ...many('--ulimit', request.ulimits),
        ...one('--cgroup-parent', request.cgroupParent),
        ...many('--allow', request.allow),
        ...one('--metadata-file', request.check === true ? undefined : request.metadataFile),
        ...one('--iidfile', request.check === true ? undefined : request.imageIdFile),
        ...(request.check === true ? [] : ['--progress=rawjson']),
        ...(request.extra ?? []),
        request.context,
    ];
}
/** What the build needs in its environment: secret values, and nothing that Buildx would pick up by itself. */
function buildEnvironment(request) {
    const env = {
        // Toggles of other tools must not change what we asked for in the argv.
        BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
        BUILDX_METADATA_PROVENANCE: 'disabled',
        BUILDX_METADATA_WARNINGS: undefined,
        BUILDKIT_PROGRESS: undefined,
        BUILDX_BUILDER: undefined,
        NO_COLOR: '1',
    };
    request.secrets?.forEach((secret, index) => {
        if ('value' in secret)
            env[secretVariable(index)] = secret.value;
    });
    return env;
}
const secretVariable = (index) => `GIP_BUILD_SECRET_${index}`;
function secretArg(secret, index) {
    const source = 'file' in secret ? `src=${secret.file}` : `env=${'env' in secret ? secret.env : secretVariable(index)}`;
    return csv([`id=${secret.id}`, source]);
}
function platformList(platforms) {
    if (platforms === undefined || platforms.length === 0)
        return undefined;
    return platforms
        .map((platform) => platform.osVersion === undefined
        ? formatPlatform(platform)
        : formatPlatform(platform).replace(platform.os, `${platform.os}(${platform.osVersion})`))
        .join(',');
}
function outputArgs(request) {
    const { output } = request;
    const sbom = request.sbom ?? 'off';
    const provenance = request.provenance ?? 'off';
    const attest = [
        `--provenance=${isOff(provenance) ? 'false' : ['min', 'max'].includes(provenance) ? `mode=${provenance}` : provenance}`,
        `--sbom=${isOff(sbom) ? 'false' : sbom === 'on' ? 'true' : sbom}`,
        ...(request.attests ?? []).flatMap((value) => ['--attest', value]),
    ];
    const tags = (values) => values.flatMap((tag) => ['--tag', tag]);
    switch (output.kind) {
        case 'digest':
            return [
                '--output',
                csv([
                    'type=image',
                    `name=${output.names.join(',')}`,
                    'push=true',
                    'push-by-digest=true',
                    'name-canonical=true',
                    ...imageAttributes(output.compression),
                ]),
                ...attest,
            ];
        case 'tag':
            return [
                '--output',
                csv(['type=image', 'push=true', ...imageAttributes(output.compression)]),
                ...tags(output.tags),
                ...attest,
            ];
        case 'oci':
            return [
                '--output',
                csv([
                    'type=oci',
                    `dest=${output.file}`,
                    ...(output.tar === false ? ['tar=false'] : []),
                    ...imageAttributes(output.compression),
                ]),
                ...attest,
            ];
        // The engine holds neither attestations nor an index in its classic store.
        case 'load':
            return ['--output', 'type=docker', ...tags(output.tags), '--provenance=false', '--sbom=false'];
        case 'cache':
            return ['--output', 'type=cacheonly', '--provenance=false', '--sbom=false'];
    }
}
const isOff = (attestation) => ['off', 'false', ''].includes(attestation ?? 'off');
// The media types are pinned: runner images of two architectures once wrote different ones for the same Dockerfile.
function imageAttributes(compression) {
    return [
        'oci-mediatypes=true',
        ...(compression === undefined
            ? []
            : [
                `compression=${compression.type}`,
                ...(compression.level === undefined ? [] : [`compression-level=${compression.level}`]),
            ]),
    ];
}
/** True when the result is an index: several platforms, or attestation manifests beside one. */
function makesIndex(request) {
    if (request.output.kind === 'load' || request.output.kind === 'cache')
        return false;
    return ((request.platforms?.length ?? 0) > 1 ||
        !isOff(request.provenance) ||
        !isOff(request.sbom) ||
        (request.attests?.length ?? 0) > 0);
}
function annotationArgs(request) {
    if (request.output.kind === 'load' || request.output.kind === 'cache' || request.check === true)
        return [];
    const levels = makesIndex(request) ? ['index', 'manifest'] : ['manifest'];
    return (request.annotations ?? []).flatMap(([name, value]) => /^(?:index|manifest|index-descriptor|manifest-descriptor)(?:[,[].*)?:/.test(name)
        ? [`${name}=${value}`]
        : levels.map((level) => `${level}:${name}=${value}`));
}
function epochArg(request) {
    const given = request.buildArgs ?? [];
    if (request.sourceDateEpoch === undefined || given.some(([name]) => name === 'SOURCE_DATE_EPOCH'))
        return given;
    return [...given, ['SOURCE_DATE_EPOCH', String(request.sourceDateEpoch)]];
}
/** One CSV record as Go's encoding/csv reads it: fields with commas, quotes or line ends are quoted (RFC 4180). */
function csv(fields) {
    return fields
        .map((field) => (/[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
        .join(',');
}
//# sourceMappingURL=args.js.map
;// CONCATENATED MODULE: ./lib/buildx/errors.js
/**
 * Most specific first: the first match wins. Each pattern is the wording of BuildKit, Buildx, runc, containerd, the
 * Go command or a registry, as seen in real logs.
 */
const KNOWN = [
    {
        code: 'disk-full',
        pattern: /no space left on device|ENOSPC|disk quota exceeded/i,
        cause: 'the disk of the builder is full',
        fix: 'free space (docker system prune, fewer platforms at once, smaller build context) or use a larger runner',
    },
    {
        code: 'exec-format',
        pattern: /exec format error|Invalid ELF image for this architecture/i,
        cause: 'a RUN step starts a program of a foreign platform and no emulator is installed',
        fix: 'build on the runner’s own platform and cross-compile: FROM --platform=$BUILDPLATFORM, then GOOS=$TARGETOS GOARCH=$TARGETARCH go build; only when that is impossible install QEMU (docker run --privileged --rm tonistiigi/binfmt --install all) before this step',
    },
    {
        code: 'qemu-crash',
        pattern: /qemu: uncaught target signal|qemu-\S+: .*(?:SIGSEGV|signal 11|unhandled)/i,
        cause: 'the program crashed under QEMU, which the Go project does not support (golang/go#48439)',
        fix: 'cross-compile instead of emulating: FROM --platform=$BUILDPLATFORM and GOOS=$TARGETOS GOARCH=$TARGETARCH',
    },
    {
        code: 'docker-permission',
        pattern: /permission denied while trying to connect to the docker (?:daemon|API)|dial unix \S*docker\S*\.sock: connect: permission denied/i,
        cause: 'this user may not open the engine’s socket',
        fix: 'add the runner’s user to the group "docker" and start the runner again',
    },
    {
        code: 'docker-down',
        pattern: /cannot connect to the docker daemon|is the docker daemon running/i,
        cause: 'no Docker engine answers',
        fix: 'start the engine, or use "driver: remote" with an "endpoint"',
    },
    {
        code: 'rate-limited',
        pattern: /toomanyrequests|too many requests|\b429\b|pull rate limit/i,
        cause: 'the registry limits how often this address or account may ask',
        fix: 'log in to that registry ("registries"), or name a mirror for it ("registry-mirrors")',
        passing: true,
    },
    {
        code: 'registry-certificate',
        pattern: /x509: certificate|certificate signed by unknown authority|tls: failed to verify certificate/i,
        cause: 'the certificate of a registry, mirror or module proxy is not accepted',
        fix: 'give its authority ("registry-ca"); for a RUN step, copy the CA bundle into that stage; plain HTTP registries belong in "insecure-registries"',
    },
    {
        code: 'registry-plain-http',
        pattern: /server gave HTTP response to HTTPS client/i,
        cause: 'the registry speaks plain HTTP',
        fix: 'list it in "insecure-registries", or write its mirror with http://',
    },
    {
        code: 'unsupported-by-driver',
        pattern: /is (?:not|currently not) (?:supported|implemented) for the? ?docker driver|not supported for the docker driver|not implemented for docker driver/i,
        cause: 'the docker driver of this engine cannot do that',
        fix: 'leave "driver" at auto or set it to docker-container; or turn the containerd image store on in the engine',
    },
    {
        code: 'dockerfile-missing',
        pattern: /failed to read dockerfile|open \S*Dockerfile\S*: no such file|unable to evaluate symlinks in Dockerfile path/i,
        cause: 'there is no Dockerfile at that path in the build context',
        fix: 'correct "file" (relative to "context"), or remove it: without a Dockerfile one is generated',
    },
    {
        code: 'dockerfile-syntax',
        pattern: /dockerfile parse error|unknown instruction|syntax error - can't find = in|unterminated heredoc|invalid reference format/i,
        cause: 'the Dockerfile cannot be read',
        fix: 'correct the line named above',
    },
    {
        code: 'target-missing',
        pattern: /target stage "?[^"]+"? could not be found/i,
        cause: 'the Dockerfile has no stage of that name',
        fix: 'correct "target", or name the stage: FROM … AS name',
    },
    {
        code: 'copy-missing',
        pattern: /failed to (?:calculate checksum of ref|compute cache key).*not found|COPY failed: file not found/i,
        cause: 'COPY or ADD names a file that is not in the build context, or not in the stage it copies from',
        fix: 'check the path (relative to "context"), and .dockerignore: what it excludes cannot be copied',
    },
    {
        code: 'go-too-old',
        pattern: /go\.mod requires go >= \S+ \(running go \S+; GOTOOLCHAIN=local\)|invalid go version '|requires go >= /i,
        cause: 'the Go of the builder stage is older than go.mod asks for, and official golang images do not fetch another (GOTOOLCHAIN=local)',
        fix: 'raise the tag of the golang base image to at least the version in go.mod',
    },
    {
        code: 'go-vcs-stamp',
        pattern: /error obtaining VCS status/i,
        cause: 'go build wants the commit, but git or .git is not usable inside the stage (golang/go#64275)',
        fix: 'add -buildvcs=false to that go build and pass the commit with -ldflags, or let this action compile (remove the Dockerfile)',
    },
    {
        code: 'go-sum-missing',
        pattern: /missing go\.sum entry|go: updates to go\.(?:mod|sum) needed/i,
        cause: 'go.sum does not cover what the build imports, or was not copied into the stage',
        fix: 'run "go mod tidy" and commit go.sum; COPY go.mod go.sum ./ together',
    },
    {
        code: 'go-network',
        pattern: /dial tcp: lookup (?:proxy\.golang\.org|sum\.golang\.org)|proxy\.golang\.org\S*: (?:dial|EOF|read)/i,
        cause: 'the module proxy was not reached from inside the build',
        fix: 'set "goproxy" to one that this network reaches; in a Dockerfile take it as ARG GOPROXY',
        passing: true,
    },
    {
        code: 'go-private-module',
        pattern: /could not read Username for|terminal prompts disabled|fatal: could not read Password/i,
        cause: 'a private module needs credentials inside the build',
        fix: 'pass them with "secrets" and RUN --mount=type=secret, set GOPRIVATE, or let this action compile on the runner',
    },
    {
        code: 'shell-missing',
        pattern: /exec: "\/bin\/sh": stat \/bin\/sh: no such file|"\/bin\/sh": executable file not found|stat \/bin\/sh: no such file/i,
        cause: 'RUN needs a shell and this stage’s base has none (scratch, distroless)',
        fix: 'do that work in the builder stage and COPY the result, or write the exec form with a program that is there',
    },
    {
        code: 'tool-missing',
        pattern: /exec: "[^"]+": (?:executable file not found|stat \S+: no such file)|\bsh: (?:\d+: )?[^\s:]+: not found$|exit code: 127/im,
        cause: 'a RUN step calls a program that is not in that stage',
        fix: 'install it in the stage, or use a base that has it',
    },
    {
        code: 'out-of-memory',
        pattern: /signal: killed|exit code: 137|cannot allocate memory|Killed\s*$/im,
        cause: 'the step was killed, most likely for lack of memory',
        fix: 'use a larger runner, or fewer platforms at once; for go build, set GOMAXPROCS or -p lower',
    },
    {
        code: 'entitlement',
        pattern: /granting entitlement|entitlement \S+ is not allowed|additional privileges requested/i,
        cause: 'the build asks for a privilege that was not granted',
        fix: 'do without it: no input of this action grants privileges to a build',
    },
    {
        code: 'base-unauthorized',
        pattern: /pull access denied|insufficient_scope|authorization failed|401 Unauthorized|denied: requested access|no basic auth credentials/i,
        cause: 'the registry refused: the image does not exist for this account, or nobody is logged in',
        fix: 'check the image’s name and log in to its registry ("registries"); a push needs write permission (packages: write on ghcr.io)',
    },
    {
        code: 'push-denied',
        pattern: /403 Forbidden|denied: |permission_denied|unauthorized: /i,
        cause: 'the registry refused the account',
        fix: 'check user, password and permission (on GitHub: permissions: packages: write, and the package must give this repository access)',
    },
    {
        code: 'platform-missing',
        pattern: /no match for platform in manifest|no matching manifest for|does not provide the specified platform/i,
        cause: 'a base image does not exist for a platform that was asked for',
        fix: 'choose a base that has it, or leave that platform out',
    },
    {
        code: 'base-missing',
        pattern: /(?:failed to resolve source metadata|failed to do request|manifest unknown).*(?:not found|manifest unknown)|manifest unknown|: not found$/im,
        cause: 'an image does not exist under that name and tag',
        fix: 'correct the FROM line (or "base"); a deleted tag needs a newer one',
    },
    {
        code: 'builder-lost',
        pattern: /no builder "[^"]+" found|error reading from server: EOF|rpc error: code = Unavailable|graceful_stop|transport is closing/i,
        cause: 'the connection to BuildKit broke',
        fix: 'look at the builder’s log (docker logs buildx_buildkit_…): it may have been killed for lack of memory',
        passing: true,
    },
    {
        code: 'network',
        pattern: /\b50[0234]\b (?:Internal|Bad Gateway|Service|Gateway)|unexpected status(?: code)? .*\b50[0234]\b|i\/o timeout|TLS handshake timeout|connection (?:reset|refused)|unexpected EOF|\bEOF$|context deadline exceeded|temporary failure in name resolution|no such host|network is unreachable|received unexpected HTTP status: 5|blob upload unknown|server misbehaving/im,
        cause: 'a registry or mirror was not reached or broke off',
        fix: 'run again; if it stays, check the network, the proxy settings and the registry’s status page',
        passing: true,
    },
    {
        code: 'run-failed',
        pattern: /did not complete successfully: exit code: \d+/i,
        cause: 'a command in the Dockerfile failed',
        fix: 'see its last output below',
    },
];
/** The known failure that a log shows; undefined for an unknown one. */
function explainFailure(said) {
    const known = KNOWN.find((one) => one.pattern.test(said));
    if (known === undefined)
        return undefined;
    return { code: known.code, cause: known.cause, fix: known.fix, passing: known.passing ?? false };
}
/** The class of a failed docker or buildx call, for `retry`. Unknown failures are final: a compile error must not run five times. */
function classifyBuildFault(said) {
    return explainFailure(said)?.passing === true ? { kind: 'passing' } : { kind: 'final' };
}
//# sourceMappingURL=errors.js.map
;// CONCATENATED MODULE: ./lib/buildx/progress.js

const STEP_TAIL = 40;
/** What LineReader delivers of a longer line: a piece of exactly this length goes on in the next one. */
const PIECE = 64 * 1024;
const MAX_EVENT = 16 * 1024 * 1024;
/**
 * Reads `--progress=rawjson` (one BuildKit SolveStatus a line, client/graph.go) and turns it into lines that a person
 * can follow, while it keeps what a failure needs: the failed step with its last output, warnings with their lines,
 * and what Buildx says outside of JSON.
 */
class ProgressReader {
    #steps = new Map();
    #warnings = new Map();
    #plain = [];
    #print;
    #pending = '';
    #failed;
    constructor(print) {
        this.#print = print;
    }
    /** One line of stderr as {@link LineReader} delivers it. */
    read(line) {
        const whole = this.#pending + line;
        if (whole.startsWith('{')) {
            const event = parse(whole);
            if (event !== undefined) {
                this.#pending = '';
                this.#apply(event);
                return;
            }
            // A long event arrives in pieces; a broken one must not swallow the rest of the log.
            if (line.length >= PIECE && whole.length < MAX_EVENT) {
                this.#pending = whole;
                return;
            }
        }
        this.#pending = '';
        this.#plain.push(line);
        if (this.#plain.length > 200)
            this.#plain.shift();
        if (line.trim() !== '')
            this.#print(line);
    }
    /** Prints what steps have said without a line end. */
    end() {
        if (this.#pending !== '')
            this.#plain.push(this.#pending.slice(0, 2000));
        this.#pending = '';
        for (const step of this.#steps.values()) {
            if (step.partial !== '')
                this.#say(step, step.partial);
            step.partial = '';
        }
    }
    get warnings() {
        return [...this.#warnings.values()];
    }
    get failed() {
        return this.#failed;
    }
    /** Lines outside the JSON stream: Buildx's own errors with the excerpt of the Dockerfile. */
    get plain() {
        return this.#plain;
    }
    /** Steps of the Dockerfile (FROM and internal ones left out), and how many came from the cache. */
    get counts() {
        const real = [...this.#steps.values()].filter((step) => isStep(step.name));
        return { total: real.length, cached: real.filter((step) => step.cached).length };
    }
    #apply(event) {
        for (const vertex of event.vertexes ?? [])
            this.#vertex(vertex);
        for (const log of event.logs ?? []) {
            const step = this.#steps.get(log.vertex ?? '');
            if (step !== undefined)
                this.#log(step, Buffer.from(log.data ?? '', 'base64').toString('utf8'));
        }
        for (const warning of event.warnings ?? []) {
            const short = Buffer.from(warning.short ?? '', 'base64').toString('utf8');
            const rule = /^([A-Z][A-Za-z]+): /.exec(short)?.[1] ?? '';
            const line = warning.range?.[0]?.start?.line;
            // Each platform reports the same warning again.
            this.#warnings.set(`${short}\0${line ?? ''}`, {
                rule,
                message: short.slice(rule === '' ? 0 : rule.length + 2).replace(/ \(line \d+\)$/, ''),
                ...(warning.url === undefined ? {} : { url: warning.url }),
                ...(warning.sourceInfo?.filename === undefined ? {} : { file: warning.sourceInfo.filename }),
                ...(line === undefined ? {} : { line }),
            });
        }
    }
    #vertex(vertex) {
        const id = vertex.digest ?? '';
        const step = this.#steps.get(id) ?? {
            name: vertex.name ?? id,
            said: false,
            cached: false,
            done: false,
            partial: '',
            tail: [],
        };
        this.#steps.set(id, step);
        if (vertex.cached === true)
            step.cached = true;
        if (vertex.started !== undefined && !step.said && step.name !== '') {
            step.said = true;
            this.#print(step.name);
        }
        if (vertex.error !== undefined && vertex.error !== '' && !step.done) {
            step.done = true;
            if (step.partial !== '')
                this.#say(step, step.partial);
            step.partial = '';
            // When one step fails, BuildKit cancels the others: those are not the cause.
            const cancelled = /context canceled|CANCELED/i.test(vertex.error);
            if (!cancelled) {
                this.#failed ??= { name: step.name, error: vertex.error, log: [...step.tail] };
                this.#print(`${step.name}: FAILED: ${vertex.error}`);
            }
        }
        else if (vertex.completed !== undefined && !step.done) {
            step.done = true;
            if (isStep(step.name))
                this.#print(`${step.name}: ${step.cached ? 'cached' : took(vertex)}`);
        }
        else if (vertex.completed === undefined && vertex.started !== undefined) {
            // Internal steps run several times under one digest.
            step.done = false;
        }
    }
    #log(step, data) {
        const lines = (step.partial + data).split('\n');
        step.partial = (lines.pop() ?? '').slice(-8192);
        for (const line of lines)
            this.#say(step, line.replace(/\r$/, ''));
    }
    #say(step, line) {
        step.tail.push(line);
        if (step.tail.length > STEP_TAIL)
            step.tail.shift();
        this.#print(`  ${line}`);
    }
}
/** A step of the Dockerfile that does something: FROM only names a base, brackets like [internal] are BuildKit's own. */
const isStep = (name) => /^\[(?:[^\]]* )?\d+\/\d+\] (?!FROM )/.test(name);
function took(vertex) {
    const ms = Date.parse(vertex.completed ?? '') - Date.parse(vertex.started ?? '');
    return Number.isFinite(ms) ? formatDuration(Math.max(0, ms)) : 'done';
}
function parse(line) {
    try {
        return JSON.parse(line);
    }
    catch {
        return undefined;
    }
}
/**
 * Where Buildx puts the fault: the excerpt it prints starts with `FILE:LINE` and a ruler, and marks lines with `>>>`.
 */
function failureSource(plain) {
    for (let i = plain.length - 2; i >= 0; i--) {
        const head = /^(.+):(\d+)$/.exec(plain[i] ?? '');
        if (head === null || !/^-{10,}$/.test(plain[i + 1] ?? ''))
            continue;
        const marked = plain.slice(i + 2).find((line) => /^\s*\d+ \| >>> /.test(line));
        return {
            file: head[1] ?? '',
            line: Number(head[2]),
            text: marked?.replace(/^\s*\d+ \| >>> /, '').trim() ?? '',
        };
    }
    return undefined;
}
/** Buildx's last `ERROR:` paragraph without its prefixes. */
function errorText(plain) {
    const start = plain.findLastIndex((line) => /^ERROR: /.test(line));
    if (start < 0)
        return plain
            .filter((line) => line.trim() !== '')
            .slice(-5)
            .join('\n');
    return plain
        .slice(start)
        .join('\n')
        .replace(/^ERROR: (?:failed to build: )?(?:failed to solve: )?/, '')
        .trim();
}
//# sourceMappingURL=progress.js.map
;// CONCATENATED MODULE: ./lib/buildx/build.js









/** A failed run of Buildx that `retry` may judge; it never leaves this module. */
class BuildFault extends Error {
    reader;
    code;
    constructor(reader, code) {
        super(errorText(reader.plain).split('\n')[0] ?? `exit code ${code}`);
        this.reader = reader;
        this.code = code;
    }
    /** Everything that helps to tell the cause, most specific text first. */
    get said() {
        const failed = this.reader.failed;
        return [errorText(this.reader.plain), failed?.error ?? '', ...(failed?.log ?? [])].join('\n');
    }
}
/**
 * Runs `buildx build` and reads its result. Layers stay in the builder, so another try after a broken push only
 * pushes. Throws PipelineError `image-build-…`: kind gate for a fault of the sources, environment for one of the world.
 */
async function runBuild(request, buildx, act, options = {}) {
    const metadataFile = request.metadataFile ?? (0,external_node_path_.join)(await act.temp.make('metadata'), 'metadata.json');
    const whole = { ...request, metadataFile };
    const argv = [...buildx.argv, ...buildArgv(whole)];
    const env = { ...buildx.env, ...buildEnvironment(whole) };
    const started = act.clock.now();
    let attempts = 0;
    act.log.info(display(argv));
    try {
        const reader = await retry(async () => {
            attempts++;
            const progress = new ProgressReader((line) => act.log.info(line));
            const done = await act.exec.run({
                argv,
                env,
                signal: act.signal,
                timeoutMs: options.timeoutMs ?? 60 * 60_000,
                onLine: (line) => progress.read(line),
            });
            progress.end();
            if (done.code !== 0)
                throw new BuildFault(progress, done.code);
            return progress;
        }, {
            what: `build of ${outputName(request)}`,
            attempts: options.attempts ?? 4,
            baseMs: 2000,
            classify: (error) => error instanceof BuildFault ? classifyBuildFault(error.said) : { kind: 'final' },
            clock: act.clock,
            signal: act.signal,
            log: act.log,
            counter: act.counter,
        });
        const metadata = await readMetadata(metadataFile);
        return {
            ...digests(metadata, request),
            metadata,
            steps: reader.counts,
            warnings: reader.warnings.map((warning) => warning.file === undefined
                ? warning
                : { ...warning, file: dockerfilePath(request, warning.file, options.root) }),
            ms: act.clock.now() - started,
            attempts,
        };
    }
    catch (error) {
        if (!(error instanceof BuildFault))
            throw error;
        const failure = describeBuildFailure(error, request, options.root);
        const { where, ...problem } = failure.problem;
        if (failure.file !== undefined && failure.line !== undefined) {
            act.log.annotate({
                level: 'error',
                title: 'image build failed',
                message: [problem.what, problem.cause, problem.fix].filter((part) => part !== undefined).join('\n'),
                file: failure.file,
                line: failure.line,
            });
        }
        throw failure.make({ ...problem, ...(where === undefined ? {} : { where }) });
    }
}
/** Codes that the sources are to blame for; everything else of the table is the world's fault. */
const SOURCE_FAULTS = new Set([
    'run-failed', 'exec-format', 'qemu-crash', 'dockerfile-syntax', 'copy-missing', 'go-too-old', 'go-vcs-stamp', 'go-sum-missing',
    'shell-missing', 'tool-missing', 'base-missing', 'platform-missing', 'go-private-module',
]); // prettier-ignore
const INPUT_FAULTS = new Set(['dockerfile-missing', 'target-missing', 'unsupported-by-driver', 'entitlement']);
function describeBuildFailure(fault, request, root) {
    const { reader } = fault;
    const text = errorText(reader.plain);
    // Buildx's own last word decides; only when it says nothing known does the step's output.
    const known = explainSpecific(text, fault.said);
    const source = failureSource(reader.plain);
    const file = source === undefined ? undefined : dockerfilePath(request, source.file, root);
    // An internal step means less to people than the line it came from.
    const line = source?.text === '' ? undefined : source?.text;
    const failed = reader.failed?.name;
    const step = failed?.startsWith('[internal]') === true ? (line ?? failed) : (failed ?? line);
    const log = [...(reader.failed?.log.slice(-20) ?? []), ...(text === '' ? [] : [text])].join('\n');
    const problem = {
        code: `image-build-${known?.code ?? 'failed'}`,
        what: step === undefined ? 'the image build failed' : `the image build failed at ${step}`,
        cause: [known?.cause, build_firstLine(text)].filter((part) => part !== undefined && part !== '').join(' – '),
        ...(file === undefined || source === undefined ? {} : { where: `${file}:${source.line}` }),
        fix: known?.fix ?? 'see the log of the failed step below',
    };
    const make = (made) => {
        const code = known?.code ?? 'failed';
        if (INPUT_FAULTS.has(code))
            return (0,base_errors/* inputError */.Xu)(made);
        if (SOURCE_FAULTS.has(code) || (known === undefined && source !== undefined))
            return (0,base_errors/* gateError */.em)(made, log);
        return (0,base_errors/* environmentError */.me)(made, { log });
    };
    return { problem, make, ...(file === undefined || source === undefined ? {} : { file, line: source.line }) };
}
/** `run-failed` only says that a command failed: its output may name the reason. */
function explainSpecific(text, said) {
    const first = explainFailure(text);
    if (first !== undefined && first.code !== 'run-failed')
        return first;
    const deeper = explainFailure(said);
    return deeper ?? first;
}
const build_firstLine = (text) => text.split('\n')[0] ?? '';
function outputName(request) {
    const { output } = request;
    switch (output.kind) {
        case 'digest':
            return output.names[0] ?? 'the image';
        case 'tag':
        case 'load':
            return output.tags[0] ?? 'the image';
        case 'oci':
        case 'cache':
            return request.target === undefined ? 'the image' : `target ${request.target}`;
    }
}
/** The Dockerfile for people: repository-relative, with forward slashes. BuildKit knows only its base name. */
function dockerfilePath(request, named, root) {
    const file = request.file ?? (/^[a-z+]+:\/\//.test(request.context) ? named : (0,external_node_path_.join)(request.context, named));
    if (root === undefined)
        return slashes(file);
    const inside = (0,external_node_path_.relative)(root, (0,external_node_path_.isAbsolute)(file) ? file : (0,external_node_path_.join)(root, file));
    return inside.startsWith('..') ? slashes(file) : slashes(inside);
}
async function readMetadata(file) {
    try {
        return JSON.parse(await (0,promises_.readFile)(file, 'utf8'));
    }
    catch (error) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'image-build-no-metadata',
            what: 'Buildx ended well but left no readable metadata file',
            where: (0,external_node_path_.dirname)(file),
            fix: 'check the free disk space of the runner; run again with debug logging',
        }, { cause: error });
    }
}
/** Digests of the metadata file (docs/reference/buildx_build.md, "--metadata-file"). */
function digests(metadata, request) {
    const digest = metadata['containerimage.digest'];
    const config = metadata['containerimage.config.digest'];
    const descriptor = metadata['containerimage.descriptor'];
    if (typeof digest !== 'string') {
        if (request.output.kind === 'cache')
            return {};
        throw (0,base_errors/* environmentError */.me)({
            code: 'image-build-no-digest',
            what: 'Buildx did not tell the digest of what it built',
            fix: 'update Buildx ("buildx-version: latest")',
        });
    }
    return {
        digest,
        ...(typeof descriptor?.mediaType === 'string' ? { mediaType: descriptor.mediaType } : {}),
        ...(typeof config === 'string' ? { configDigest: config } : {}),
    };
}
//# sourceMappingURL=build.js.map
;// CONCATENATED MODULE: ./lib/buildx/pins.json
const pins_namespaceObject = /*#__PURE__*/JSON.parse('{"N":{"rE":"v0.36.1","sc":{"linux-amd64":"48af8a397ebd60178778bf63611dbcebe5f5e7a9be90eb9147b24b9587455778","linux-arm-v6":"324ed0ca85defb28442eda3b002472dbfc7e77bf6992292f2daa94f699f0e43a","linux-arm-v7":"32ff9bee8c48c1fbceb1e2fb1d8472ec817ad1e25b5dff58ec9abf9b8d903518","linux-arm64":"5d0cafd9d16afe1a0f0d9529885344ace2cc99efdd531b6c783c5455a6001569","linux-ppc64le":"46f71a277d1d05cb20f87601abfb729d0056f88705903bd82ad6153f80e3cd9b","linux-riscv64":"5e82f0ada635dabda74f1486dea604e0ea3a1214971ec8c52dcb4db6e08cce26","linux-s390x":"9d8dff974aa0166fc59a5804f35bb6c9ea0693a3f5061a81101668cfe707b0b4","darwin-amd64":"52a39ee4012d18f83373656712102ebda55656121dcdabbbb1ccfbd41b7debe8","darwin-arm64":"214cdc36788602862dbc82b523d58648b4585c7b0ff95218b0817c44db5573d7","freebsd-amd64":"43d8ce4bbbf981639db2ca441ab6d6c59cc015ae47e3882d2eb9f7cc035c4948","freebsd-arm64":"8a9db4e9c1f6b900772759a0cb8078ec495cd3a1870e27b79fcbf7d527841178","windows-amd64":"cd7d06a00d924b5800d2654b507afe100378a4685fcec6585eeadc599a527330","windows-arm64":"79522ff962bf3b127c8e9ca56944b1a3fcbe46e1d0b4144d481f356d8c13fa74"}},"L":{"S":"moby/buildkit:v0.32.2@sha256:28a898719c18a33f4e8000685287fa36fd0dd9560c6440227d3a732d79bb41d8"}}');
;// CONCATENATED MODULE: ./lib/buildx/pins.js

/** The Buildx release that `auto` downloads, with a leading v. */
const PINNED_BUILDX = pins_namespaceObject.N.rE;
/** The BuildKit image of docker-container and kubernetes builders: tag for people, digest for the engine. */
const PINNED_BUILDKIT = pins_namespaceObject.L.S;
/**
 * The oldest Buildx that does all we ask: `--progress=rawjson`, `--call=check`, `prune --max-used-space` and the
 * GitHub Actions cache service v2, which came with 0.21 (docker/build-push-action#1345).
 */
const MINIMUM_BUILDX = '0.21.0';
/** The committed SHA-256 of a release binary, or undefined when this version and platform are not pinned. */
function pinnedChecksum(version, platform) {
    if (version !== pins_namespaceObject.N.rE)
        return undefined;
    return pins_namespaceObject.N.sc[platform];
}
/** The platform part of a release file's name (`linux-arm-v7`), or undefined when no binary is published for it. */
function releasePlatform(host) {
    const name = `${host.os}-${host.arch === 'arm' ? 'arm-v7' : host.arch}`;
    return name in pins_namespaceObject.N.sc ? name : undefined;
}
//# sourceMappingURL=pins.js.map
;// CONCATENATED MODULE: ./lib/buildx/builder.js










const DEFAULT_KEEP_BYTES = 10_000_000_000;
/** The driver options in force: ours, with the user's on top. Pure. */
function driverOptions(options, env, image) {
    const given = options.driverOpts ?? [];
    const has = (key) => given.some((opt) => opt.startsWith(`${key}=`));
    const warnings = [];
    const opts = [];
    if (options.driver === 'docker-container' || options.driver === 'kubernetes') {
        if (!has('image'))
            opts.push(`image=${image}`);
    }
    if (options.driver === 'docker-container') {
        if (!has('network') &&
            (options.registries ?? []).some((registry) => isLoopback(registry.split('/')[0] ?? ''))) {
            opts.push('network=host');
        }
        // The builder pulls and pushes by itself, so it needs the proxy that this machine uses.
        for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
            const value = env[name] ?? env[name.toLowerCase()];
            if (value === undefined || value === '' || has(`env.${name}`) || has(`env.${name.toLowerCase()}`))
                continue;
            if (/\/\/[^/@]+@/.test(value)) {
                warnings.push(`${name} holds a password, which would be visible in the process list: it is not handed to the builder. ` +
                    'Use a proxy without a password in its URL, or set driver-opts env.' +
                    name +
                    ' on purpose.');
            }
            else
                opts.push(quoteOpt(`env.${name}=${value}`));
        }
    }
    return { opts: [...opts, ...given], warnings };
}
// Buildx reads driver options as CSV: a comma in a value (NO_PROXY) needs quotes.
const quoteOpt = (opt) => (/[",]/.test(opt) ? `"${opt.replaceAll('"', '""')}"` : opt);
/** `buildx create …` without the program's name. Pure. */
function createArgv(name, options, opts, configFile) {
    return [
        'create',
        '--name',
        name,
        '--driver',
        options.driver,
        ...opts.flatMap((opt) => ['--driver-opt', opt]),
        ...(configFile === undefined ? [] : ['--buildkitd-config', configFile]),
        ...(options.buildkitdFlags === undefined || options.buildkitdFlags === ''
            ? []
            : ['--buildkitd-flags', options.buildkitdFlags]),
        ...(options.endpoint === undefined || options.endpoint === '' ? [] : [options.endpoint]),
    ];
}
/**
 * Images to try for BuildKit: through each HTTPS mirror of Docker Hub, then the original. All name the same digest,
 * so a mirror cannot give another one.
 */
function buildkitImages(mirrors = [], pinned = PINNED_BUILDKIT) {
    const hub = mirrors.filter((mirror) => mirror.registry === 'docker.io' && mirror.url.startsWith('https://'));
    return [...hub.map((mirror) => `${bareMirror(mirror.url)}/${pinned}`), pinned];
}
/** Where Buildx keeps its builders: a place of the user that outlives this step, so that post finds the builder again. */
function buildxStore(env) {
    const set = env['BUILDX_CONFIG'];
    if (set !== undefined && set !== '')
        return set;
    const config = env['DOCKER_CONFIG'];
    return (0,external_node_path_.join)(config === undefined || config === '' ? (0,external_node_path_.join)((0,external_node_os_.homedir)(), '.docker') : config, 'buildx');
}
/**
 * Makes a builder and waits until it answers; `docker` needs none. `onCreated` is called before anything exists that
 * would have to be removed, so that the caller can save the name for its post step first.
 */
async function createBuilder(options, buildx, act, onCreated = () => undefined) {
    const started = act.clock.now();
    const env = { BUILDX_CONFIG: buildxStore(act.env) };
    if (options.driver === 'docker') {
        const builder = {
            name: 'default', driver: 'docker', owned: false, keep: false, keepBytes: 0, buildkit: '', bootMs: 0, env,
        }; // prettier-ignore
        return builder;
    }
    const call = (args, timeoutMs) => act.exec.run({
        argv: [...buildx.argv, ...args],
        env: { ...buildx.env, ...env },
        timeoutMs,
        signal: act.signal,
        onLine: (line) => act.log.debug(line),
    });
    const userImage = (options.driverOpts ?? []).find((opt) => opt.startsWith('image='))?.slice(6);
    const images = userImage === undefined ? buildkitImages(options.mirrors) : [userImage];
    const keep = options.keep === true;
    const name = builderName(options, images[images.length - 1] ?? '');
    const draft = {
        name,
        driver: options.driver,
        owned: true,
        keep,
        keepBytes: options.keepBytes ?? DEFAULT_KEEP_BYTES,
        buildkit: '',
        bootMs: 0,
        env,
    };
    onCreated(draft);
    const configFile = await writeConfig(options.config, act);
    let last;
    for (const image of options.driver === 'remote' ? [''] : images) {
        const { opts, warnings } = driverOptions(options, act.env, image);
        for (const warning of warnings)
            act.log.warning(warning);
        try {
            const known = keep ? await call(['inspect', name], 30_000) : undefined;
            if (known?.code !== 0) {
                const made = await call(createArgv(name, options, opts, configFile), 60_000);
                if (made.code !== 0)
                    throw new CallFault('create', made);
            }
            const inspected = await retry(async () => {
                const booted = await call(['inspect', '--bootstrap', name], options.bootTimeoutMs ?? 180_000);
                if (booted.code !== 0)
                    throw new CallFault('boot', booted);
                return booted.stdout;
            }, {
                what: `boot of the builder (${options.driver})`,
                attempts: 4,
                baseMs: 1000,
                classify: (error) => error instanceof CallFault ? classifyBuildFault(error.said) : { kind: 'final' },
                clock: act.clock,
                signal: act.signal,
                log: act.log,
                counter: act.counter,
            });
            return { ...draft, buildkit: buildkitVersion(inspected), bootMs: act.clock.now() - started };
        }
        catch (error) {
            last = error;
            if (act.signal.aborted || !(error instanceof CallFault))
                break;
            act.log.info(`the builder did not come up with ${image === '' ? options.driver : image}: ${(0,base_errors/* messageOf */.bD)(error)}`);
            await removeBuilder({ ...draft, keep: false }, buildx, act);
        }
    }
    if (last instanceof CallFault)
        throw explainBuilder(last, options);
    await removeBuilder({ ...draft, keep: false }, buildx, act);
    throw last;
}
/**
 * Removes a builder with its container and volume, or prunes a kept one. Never throws and never waits for ever: it
 * runs when everything else has ended, also after a cancellation.
 */
async function removeBuilder(builder, buildx, act) {
    if (!builder.owned)
        return true;
    const env = { ...buildx.env, ...builder.env };
    const call = async (argv, timeoutMs) => {
        try {
            return await act.exec.run({ argv, env, timeoutMs });
        }
        catch (error) {
            act.log.debug(`${argv.join(' ')}: ${(0,base_errors/* messageOf */.bD)(error)}`);
            return undefined;
        }
    };
    if (builder.keep) {
        const size = `${Math.max(1, Math.round(builder.keepBytes / 1e6))}MB`;
        const pruned = await call([...buildx.argv, 'prune', '--builder', builder.name, '--force', '--max-used-space', size], 120_000);
        return pruned?.code === 0;
    }
    const removed = await call([...buildx.argv, 'rm', '--force', builder.name], 60_000);
    const gone = removed?.code === 0 || /no builder .* found/i.test(removed?.stderr ?? '');
    if (builder.driver !== 'docker-container') {
        if (!gone)
            act.log.warning(`The builder ${builder.name} could not be removed: docker buildx rm ${builder.name}`);
        return gone;
    }
    // `buildx rm` may give up half-way (docker/setup-buildx-action#615): make sure by the names Buildx gives.
    const container = `buildx_buildkit_${builder.name}0`;
    const left = await call(['docker', 'ps', '-aq', '--filter', `name=^/?${container}$`], 20_000);
    if (left?.stdout.trim() !== '')
        await call(['docker', 'rm', '--force', '--volumes', container], 60_000);
    const volume = await call(['docker', 'volume', 'ls', '-q', '--filter', `name=^${container}_state$`], 20_000);
    if (volume !== undefined && volume.stdout.trim() !== '') {
        const dropped = await call(['docker', 'volume', 'rm', '--force', `${container}_state`], 60_000);
        if (dropped?.code !== 0) {
            act.log.warning(`The builder’s volume is still there: docker volume rm ${container}_state`);
            return false;
        }
    }
    return true;
}
class CallFault extends Error {
    step;
    said;
    constructor(step, finished) {
        const said = finished.tail
            .filter((line) => line.trim() !== '')
            .slice(-30)
            .join('\n');
        super(/^ERROR: (.*)$/m.exec(said)?.[1] ?? said.split('\n').at(-1) ?? `exit code ${finished.code}`);
        this.step = step;
        this.said = said;
    }
}
function explainBuilder(fault, options) {
    const known = explainFailure(fault.said);
    const pull = /pulling image|failed to pull|manifest|denied|toomanyrequests|no such image/i.test(fault.said);
    return (0,base_errors/* environmentError */.me)({
        code: `builder-${known?.code ?? (fault.step === 'boot' ? 'boot' : 'create')}`,
        what: fault.step === 'boot'
            ? `the builder (${options.driver}) did not start`
            : `the builder (${options.driver}) could not be made`,
        cause: [known?.cause, (0,base_errors/* messageOf */.bD)(fault)].filter((part) => part !== undefined && part !== '').join(' – '),
        ...(options.endpoint === undefined ? {} : { where: options.endpoint }),
        fix: known !== undefined && known.code !== 'base-missing'
            ? known.fix
            : pull
                ? 'make BuildKit’s image reachable: log in to Docker Hub ("registries"), name a mirror ("registry-mirrors"), or set driver-opts image=… to a copy of it'
                : 'see the log below; "driver: docker" needs no builder when the engine uses the containerd image store',
    }, { log: fault.said });
}
async function writeConfig(config, act) {
    if (config === undefined || config.trim() === '')
        return undefined;
    const file = (0,external_node_path_.join)(await act.temp.make('buildkitd'), 'buildkitd.toml');
    await writeAtomic(file, config, 0o600);
    return file;
}
/** A kept builder is found again by what it is made of: other settings make another builder. */
function builderName(options, image) {
    const run = (options.runName ?? '')
        .replace(/[^A-Za-z0-9-]+/g, '-')
        .slice(0, 24)
        .replace(/^-+|-+$/g, '');
    if (options.keep !== true)
        return ['gip', run, (0,external_node_crypto_.randomBytes)(5).toString('hex')].filter((part) => part !== '').join('-');
    const recipe = JSON.stringify([
        options.driver, image, options.driverOpts ?? [], options.endpoint ?? '', options.config ?? '', options.buildkitdFlags ?? '',
        (options.registries ?? []).some((registry) => isLoopback(registry.split('/')[0] ?? '')),
    ]); // prettier-ignore
    return `gip-kept-${(0,external_node_crypto_.createHash)('sha256').update(recipe).digest('hex').slice(0, 12)}`;
}
/** `BuildKit version: v0.32.2` of `buildx inspect`, without the v. */
function buildkitVersion(inspected) {
    return /^\s*BuildKit(?: version)?:\s*v?(\S+)/im.exec(inspected)?.[1] ?? '';
}
//# sourceMappingURL=builder.js.map
;// CONCATENATED MODULE: ./lib/buildx/install.js










const BUILDX_RELEASES = 'https://github.com/docker/buildx/releases/download';
/** Checks `buildx-version` before any work. */
function validateBuildxVersion(version) {
    if (['auto', 'latest'].includes(version) || exactVersion(version) !== undefined)
        return [];
    return [
        {
            code: 'buildx-version',
            what: 'this is no version of Buildx',
            input: 'buildx-version',
            value: version,
            fix: `write auto, latest, or an exact release such as ${PINNED_BUILDX}`,
        },
    ];
}
/** `0.36.1` and `v0.36.1` → `v0.36.1`. */
function exactVersion(version) {
    const plain = /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)$/.exec(version)?.[1];
    return plain === undefined ? undefined : `v${plain}`;
}
/**
 * What to do for a wanted version: use the installed plug-in, or fetch a release. Pure; `latest` always needs a look
 * at the release page.
 */
function decideBuildx(wanted, installed) {
    const have = installed?.version ?? '';
    if (wanted === 'auto') {
        if (have !== '' && semver.gte(have, MINIMUM_BUILDX)) {
            return {
                use: 'installed',
                version: have,
                why: `the installed Buildx ${have} is new enough (at least ${MINIMUM_BUILDX})`,
            };
        }
        return {
            use: 'fetch',
            version: PINNED_BUILDX,
            why: have === ''
                ? 'no Buildx is installed'
                : `the installed Buildx ${have} is older than ${MINIMUM_BUILDX}`,
        };
    }
    if (wanted === 'latest')
        return { use: 'fetch', version: 'latest', why: 'the newest release was asked for' };
    const exact = exactVersion(wanted) ?? wanted;
    if (have !== '' && exact === `v${have}`)
        return { use: 'installed', version: have, why: `Buildx ${have} is installed` };
    return { use: 'fetch', version: exact, why: `Buildx ${exact} was asked for` };
}
/**
 * A Buildx that can do the job. A download is checked against the committed SHA-256 of the pinned release, or, for
 * any other release, against the `checksums.txt` published beside it (fetched over TLS).
 */
async function installBuildx(options, engine, act) {
    const problems = validateBuildxVersion(options.version);
    if (problems[0] !== undefined)
        throw (0,base_errors/* inputError */.Xu)(problems[0]);
    const env = { ...engine.env, ...options.env };
    const decision = decideBuildx(options.version, engine.buildx);
    if (decision.use === 'installed' && engine.buildx !== undefined) {
        const { path } = engine.buildx;
        return { argv: [path], env, path, version: decision.version, source: 'installed', why: decision.why };
    }
    const base = (options.baseUrl ?? BUILDX_RELEASES).replace(/\/+$/, '');
    const version = decision.version === 'latest' ? await newestRelease(base, act) : decision.version;
    const platform = releasePlatform(act.host);
    if (platform === undefined) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'buildx-no-binary',
            what: `no Buildx binary is published for ${act.host.os}/${act.host.arch}`,
            fix: 'install Buildx from your distribution (package docker-buildx) and leave "buildx-version" at auto',
        });
    }
    const file = `buildx-${version}.${platform}${act.host.os === 'windows' ? '.exe' : ''}`;
    const checksum = pinnedChecksum(version, platform) ?? (await publishedChecksum(base, version, file, act));
    const store = new ToolFolder(act.host, act.env);
    const kept = await store.find(version);
    if (kept !== undefined && (await sha256File(kept).catch(() => '')) === checksum) {
        return {
            argv: [kept],
            env,
            path: kept,
            version: version.slice(1),
            source: 'tool-cache',
            why: decision.why,
        };
    }
    const draft = (0,external_node_path_.join)(await act.temp.make('buildx'), file);
    const url = `${base}/${version}/${file}`;
    await download({ url, file: draft, sha256: checksum }, act).catch((error) => {
        throw unavailable(error, version, url);
    });
    await (0,promises_.chmod)(draft, 0o755);
    const path = await store.add(draft, version);
    const said = await act.exec.run({ argv: [path, 'version'], env, timeoutMs: 60_000, signal: act.signal });
    if (said.code !== 0) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'buildx-broken',
            what: `Buildx ${version} does not run here`,
            where: path,
            fix: 'choose another "buildx-version"',
        }, { log: said.tail.join('\n') });
    }
    return {
        argv: [path],
        env,
        path,
        version: plainVersion(said.stdout) || version.slice(1),
        source: 'download',
        why: decision.why,
    };
}
/** Makes `docker buildx` of other steps find this Buildx: a link (a copy on Windows) in `<config>/cli-plugins`. */
async function linkPlugin(buildx, dockerConfig, host) {
    const folder = (0,external_node_path_.join)(dockerConfig, 'cli-plugins');
    await (0,promises_.mkdir)(folder, { recursive: true });
    const link = (0,external_node_path_.join)(folder, executable('docker-buildx', host.os));
    await (0,promises_.rm)(link, { force: true });
    if (host.os === 'windows')
        await (0,promises_.copyFile)(buildx.path, link);
    else
        await (0,promises_.symlink)(buildx.path, link);
    return link;
}
/** GitHub answers `/releases/latest` with a redirect to the tag: no API, so no rate limit. */
async function newestRelease(base, act) {
    const page = base.replace(/\/download$/, '/latest');
    const answer = await act.http
        .request({ url: page, signal: act.signal })
        .catch((error) => (0,base_errors/* messageOf */.bD)(error));
    if (typeof answer !== 'string') {
        await answer.drain().catch(() => undefined);
        const tag = exactVersion((0,external_node_path_.basename)(answer.headers['location'] ?? ''));
        if (tag !== undefined)
            return tag;
    }
    act.log.warning(`The newest Buildx release could not be found out at ${page}` +
        `${typeof answer === 'string' ? ` (${answer})` : ` (status ${answer.status})`}: using ${PINNED_BUILDX}.`);
    return PINNED_BUILDX;
}
/** The SHA-256 of one file in the release's `checksums.txt` (`<hex> *<file>` lines). */
function checksumOf(listing, file) {
    for (const line of listing.split(/\r?\n/)) {
        const match = /^([0-9a-f]{64})\s+\*?(\S+)$/i.exec(line.trim());
        if (match?.[2] === file)
            return match[1]?.toLowerCase();
    }
    return undefined;
}
async function publishedChecksum(base, version, file, act) {
    const url = `${base}/${version}/checksums.txt`;
    const listing = await getText(url, act, { limit: 1024 * 1024 }).catch((error) => {
        throw unavailable(error, version, url);
    });
    const checksum = checksumOf(listing, file);
    if (checksum === undefined) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'buildx-no-checksum',
            what: `Buildx ${version} has no published checksum for ${file}`,
            where: url,
            fix: `use ${PINNED_BUILDX}, whose checksums are part of this action, or another release`,
        });
    }
    return checksum;
}
function unavailable(error, version, url) {
    if (error instanceof base_errors/* PipelineError */.zC)
        return error;
    const missing = error instanceof HttpStatusError && error.status === 404;
    return (0,base_errors/* environmentError */.me)({
        code: missing ? 'buildx-release-missing' : 'buildx-download',
        what: missing
            ? `there is no Buildx release ${version} for this platform`
            : `Buildx ${version} could not be downloaded`,
        cause: (0,base_errors/* messageOf */.bD)(error),
        where: url,
        fix: missing
            ? `correct "buildx-version" (auto takes ${PINNED_BUILDX})`
            : 'allow this runner to reach it, set the base URL to a mirror of the releases, or install Buildx on the runner',
    }, { cause: error });
}
/** The runner's tool cache; on a laptop, which has none, a folder of the user's own cache. */
class ToolFolder {
    #host;
    #own;
    constructor(host, env) {
        this.#host = host;
        const runner = env['RUNNER_TOOL_CACHE'];
        const temp = env['RUNNER_TEMP'];
        // @actions/tool-cache insists on both.
        const hosted = runner !== undefined && runner !== '' && temp !== undefined && temp !== '';
        this.#own = hosted ? undefined : (0,external_node_path_.join)(cacheHome(host, env), 'go-image-pipeline', 'tools');
    }
    get #program() {
        return executable('docker-buildx', this.#host.os);
    }
    async find(version) {
        const folder = this.#own === undefined
            ? tool_cache/* find */.I6('gip-buildx', version.slice(1), this.#host.arch)
            : (0,external_node_path_.join)(this.#own, 'gip-buildx', version, this.#host.arch);
        if (folder === '')
            return undefined;
        const file = (0,external_node_path_.join)(folder, this.#program);
        return (await (0,promises_.stat)(file).catch(() => undefined))?.isFile() === true ? file : undefined;
    }
    async add(file, version) {
        if (this.#own === undefined) {
            const folder = await tool_cache/* cacheFile */.NJ(file, this.#program, 'gip-buildx', version.slice(1), this.#host.arch);
            await (0,promises_.chmod)((0,external_node_path_.join)(folder, this.#program), 0o755);
            return (0,external_node_path_.join)(folder, this.#program);
        }
        const folder = (0,external_node_path_.join)(this.#own, 'gip-buildx', version, this.#host.arch);
        await (0,promises_.mkdir)(folder, { recursive: true });
        const target = (0,external_node_path_.join)(folder, this.#program);
        const draft = `${target}.${process.pid}`;
        await (0,promises_.copyFile)(file, draft);
        await (0,promises_.chmod)(draft, 0o755);
        await (0,promises_.rename)(draft, target);
        return target;
    }
}
/** Where programs keep what they can fetch again: XDG, macOS and Windows each have their place. */
function cacheHome(host, env) {
    const set = env['XDG_CACHE_HOME'];
    if (set !== undefined && set !== '')
        return set;
    if (host.os === 'windows')
        return env['LOCALAPPDATA'] ?? (0,external_node_path_.join)((0,external_node_os_.homedir)(), 'AppData', 'Local');
    return host.os === 'darwin' ? (0,external_node_path_.join)((0,external_node_os_.homedir)(), 'Library', 'Caches') : (0,external_node_path_.join)((0,external_node_os_.homedir)(), '.cache');
}
//# sourceMappingURL=install.js.map
;// CONCATENATED MODULE: ./lib/registry/pool.js
/**
 * Runs `work` for every item, at most `limit` at a time, and returns the results in order. After the first failure no
 * further item is begun; those running are waited for, then the failure is thrown.
 */
async function mapLimited(items, limit, work) {
    const results = [];
    let next = 0;
    let failure;
    const worker = async () => {
        while (failure === undefined && next < items.length) {
            const at = next++;
            const item = items[at];
            try {
                results[at] = await work(item, at);
            }
            catch (error) {
                failure ??= { error };
            }
        }
    };
    await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker));
    const failed = failure;
    if (failed !== undefined)
        throw failed.error;
    return results;
}
//# sourceMappingURL=pool.js.map
// EXTERNAL MODULE: ./node_modules/tar-stream/index.js
var tar_stream = __webpack_require__(56118);
;// CONCATENATED MODULE: ./lib/image/layers.js








/** SDDL `O:BUG:BU` as a self-relative descriptor (MS-DTYP 2.4.6): owner and group BUILTIN\Users (S-1-5-32-545), no list. */
const WINDOWS_DESCRIPTOR = 'AQAAgBQAAAAkAAAAAAAAAAAAAAABAgAAAAAABSAAAAAhAgAAAQIAAAAAAAUgAAAAIQIAAA==';
/**
 * Packs a folder into one gzip layer: entries sorted by name, owned by root, times fixed, so that the same files give the
 * same bytes on every machine. Memory does not grow with the size of the files.
 */
async function packLayer(folder, file, options) {
    const tar = (0,tar_stream.pack)();
    const diff = new HashingStream();
    const packed = new HashingStream();
    // Level 6: 9 buys nothing on Go binaries (research: 5.93 against 5.92 MB) and takes three times as long.
    const gzip = (0,external_node_zlib_.createGzip)({ level: external_node_zlib_.constants.Z_DEFAULT_COMPRESSION });
    const written = (0,external_node_stream_promises_.pipeline)(tar, diff, gzip, packed, (0,external_node_fs_.createWriteStream)(file));
    try {
        if (options.windows === true) {
            await layers_entry(tar, { name: 'Hives/', type: 'directory', mode: 0o755, ...layers_owner(options) });
            await layers_entry(tar, { name: 'Files/', type: 'directory', mode: 0o755, ...layers_owner(options) });
        }
        await addFolder(tar, folder, options.windows === true ? 'Files/' : '', options);
        tar.finalize();
    }
    catch (error) {
        tar.destroy(error instanceof Error ? error : new Error(String(error)));
        await written.catch(() => undefined);
        throw error;
    }
    await written;
    return {
        file,
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: packed.digest,
        size: packed.size,
        diffId: diff.digest,
        uncompressedSize: diff.size,
    };
}
const layers_owner = (options) => ({
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    mtime: new Date(options.mtime * 1000),
    ...(options.windows === true
        ? { pax: { 'MSWINDOWS.rawsd': WINDOWS_DESCRIPTOR, 'MSWINDOWS.fileattr': '32' } }
        : {}),
});
async function addFolder(tar, folder, prefix, options) {
    const names = (await (0,promises_.readdir)(folder)).sort((a, b) => (a < b ? -1 : 1));
    for (const name of names) {
        const path = (0,external_node_path_.join)(folder, name);
        const facts = await (0,promises_.lstat)(path);
        // On Windows hosts modes are lost; programs must stay executable.
        const mode = process.platform === 'win32' ? 0o755 : facts.mode & 0o7777;
        if (facts.isDirectory()) {
            await layers_entry(tar, { name: `${prefix}${name}/`, type: 'directory', mode, ...layers_owner(options) });
            await addFolder(tar, path, `${prefix}${name}/`, options);
        }
        else if (facts.isSymbolicLink()) {
            await layers_entry(tar, {
                name: prefix + name,
                type: 'symlink',
                linkname: await (0,promises_.readlink)(path),
                mode: 0o777,
                ...layers_owner(options),
            });
        }
        else if (facts.isFile()) {
            const header = {
                name: prefix + name,
                type: 'file',
                size: facts.size,
                mode,
                ...layers_owner(options),
            };
            await new Promise((resolve, reject) => {
                const sink = tar.entry(header, (error) => {
                    if (error)
                        reject(error);
                    else
                        resolve();
                });
                (0,external_node_stream_promises_.pipeline)((0,external_node_fs_.createReadStream)(path), new external_node_stream_.PassThrough(), sink).catch(reject);
            });
        }
    }
}
function layers_entry(tar, header) {
    return new Promise((resolve, reject) => {
        tar.entry(header, (error) => {
            if (error)
                reject(error);
            else
                resolve();
        });
    });
}
/** Passes bytes on, and knows their SHA-256 and number at the end. */
class HashingStream extends external_node_stream_.Transform {
    #hash = (0,external_node_crypto_.createHash)('sha256');
    size = 0;
    #digest;
    _transform(chunk, _encoding, done) {
        this.#hash.update(chunk);
        this.size += chunk.length;
        done(null, chunk);
    }
    get digest() {
        this.#digest ??= `sha256:${this.#hash.digest('hex')}`;
        return this.#digest;
    }
}
//# sourceMappingURL=layers.js.map
;// CONCATENATED MODULE: ./lib/image/direct.js
/**
 * The direct engine: base manifest + one layer of ours + configuration, written through the registry API. No Docker, no
 * BuildKit, no pull of the base. The configuration says what the generated Dockerfile would have said.
 */










/** Packs the layers and writes configurations, manifests and index; reads only manifests and configurations of the bases. */
async function assembleDirect(request, client, act) {
    const manifests = await mapLimited(request.platforms, 4, (one) => assemblePlatform(one, request, client, act));
    const [only, ...others] = manifests;
    if (only === undefined)
        throw new TypeError('an image needs a platform');
    if (others.length === 0)
        return { digest: only.descriptor.digest, mediaType: OCI_MANIFEST, manifests };
    const annotations = annotationsAt(request.annotations, 'index');
    const index = direct_json({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: manifests.map((one) => one.descriptor),
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    });
    return { digest: digestOf(index), mediaType: OCI_INDEX, index, manifests };
}
/** Pushes everything by digest, children first; base layers are mounted or copied from where they are. No tag is touched. */
async function pushDirect(image, to, client, act) {
    const pushed = new Map();
    const once = (digest, push) => {
        const known = pushed.get(digest);
        if (known !== undefined)
            return known;
        const work = push();
        pushed.set(digest, work);
        return work;
    };
    await mapLimited(image.manifests, 3, async (one) => {
        act.signal.throwIfAborted();
        const { layer, base } = one;
        await Promise.all([
            once(layer.digest, () => client.uploadBlob(to, {
                digest: layer.digest,
                size: layer.size,
                open: () => (0,external_node_fs_.createReadStream)(layer.file),
            })),
            once(one.configDigest, () => client.uploadBlob(to, { digest: one.configDigest, size: one.config.length, open: () => one.config })),
            ...one.baseLayers.map(({ digest, size, mediaType }) => base === undefined || isForeignLayer(mediaType)
                ? Promise.resolve()
                : once(digest, () => client.uploadBlob(to, { digest, size, open: () => client.blob(base, digest, { size }) }, base.registry === to.registry ? { mountFrom: base.repository } : {}))),
        ]);
        await client.putManifest(to, one.bytes, OCI_MANIFEST, one.descriptor.digest);
    });
    if (image.index !== undefined)
        await client.putManifest(to, image.index, OCI_INDEX, image.digest);
    act.log.info(`pushed ${to.registry}/${to.repository}@${image.digest.slice(0, 19)} by digest`);
}
async function assemblePlatform(one, request, client, act) {
    const { platform } = one;
    act.signal.throwIfAborted();
    const file = (0,external_node_path_.join)(request.work, `layer-${platformSlug(platform)}.tar.gz`);
    const [layer, base] = await Promise.all([
        packLayer(one.rootfs, file, { mtime: request.epoch, windows: platform.os === 'windows' }),
        one.base === undefined ? undefined : readBase(one.base, platform, client),
    ]);
    const config = direct_json(imageConfiguration(platform, request, layer, base?.config));
    const configDigest = digestOf(config);
    const baseLayers = base?.manifest.layers ?? [];
    const annotations = annotationsAt(request.annotations, 'manifest', platform);
    const bytes = direct_json({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: OCI_CONFIG, digest: configDigest, size: config.length },
        layers: [
            ...baseLayers.map(({ mediaType, digest, size, urls }) => ({
                mediaType: ociLayer(mediaType),
                digest,
                size,
                ...(urls === undefined ? {} : { urls }),
            })),
            { mediaType: layer.mediaType, digest: layer.digest, size: layer.size },
        ],
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    });
    const osVersion = base?.config['os.version'];
    const described = {
        architecture: platform.arch,
        os: platform.os,
        ...(platform.variant === undefined
            ? platform.arch === 'arm'
                ? { variant: 'v7' }
                : {}
            : { variant: platform.variant }),
        ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
    };
    return {
        platform,
        descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.length, platform: described },
        bytes,
        config,
        configDigest,
        layer,
        baseLayers,
        ...(one.base === undefined
            ? {}
            : { base: { registry: one.base.registry, repository: one.base.repository } }),
    };
}
/** The base's manifest and configuration for one platform. */
async function readBase(base, platform, client) {
    let { content } = await client.manifest(base);
    if (content.kind === 'index') {
        const candidates = content.manifests.filter((entry) => entry.platform !== undefined && samePlatform(toPlatform(entry.platform), platform));
        const [entry] = candidates;
        if (entry === undefined) {
            const there = content.manifests.flatMap((one) => one.platform === undefined ? [] : [formatPlatform(toPlatform(one.platform))]);
            throw (0,base_errors/* environmentError */.me)({
                code: 'base-platform-missing',
                what: `the base ${formatReference(base)} has no ${formatPlatform(platform)}`,
                cause: `it has ${[...new Set(there)].join(', ')}`,
                fix: 'choose another base, or leave this platform out',
            });
        }
        ;
        ({ content } = await client.manifest({
            registry: base.registry,
            repository: base.repository,
            digest: entry.digest,
        }));
    }
    if (content.kind === 'index')
        throw (0,base_errors/* environmentError */.me)({
            code: 'base-nested',
            what: `the base ${formatReference(base)} is an index of indexes`,
            fix: 'choose another base',
        });
    const chunks = [];
    for await (const chunk of client.blob(base, content.config.digest, {
        size: content.config.size,
    }))
        chunks.push(chunk);
    const config = parseObject(Buffer.concat(chunks));
    if (config === undefined)
        throw (0,base_errors/* environmentError */.me)({
            code: 'base-config',
            what: `the configuration of ${formatReference(base)} is no JSON object`,
            fix: 'choose another base',
        });
    return { manifest: content, config };
}
/** The image configuration (OCI image-spec 1.1, config.md): the base's with ours on top. Pure. */
function imageConfiguration(platform, request, layer, base) {
    const { config } = request;
    const created = timestamp(request.epoch);
    const inherited = direct_object(base?.['config']);
    const strings = (value) => Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
    const env = new Map(strings(inherited['Env']).map((line) => [line.split('=', 1)[0] ?? '', line]));
    if (env.size === 0 && platform.os === 'linux')
        env.set('PATH', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    const own = [
        ...(config.zoneinfo === true
            ? [
                [
                    'ZONEINFO',
                    platform.os === 'windows' ? `C:${ZONEINFO_PATH.replaceAll('/', '\\')}` : ZONEINFO_PATH,
                ],
            ]
            : []),
        ...(config.env ?? []),
    ];
    for (const [name, value] of own)
        env.set(name, `${name}=${value}`);
    const ports = Object.fromEntries((config.expose ?? []).map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]));
    const volumes = Object.fromEntries((config.volumes ?? []).map((path) => [path, {}]));
    const { Cmd: _, ...kept } = inherited;
    const whole = {
        ...kept,
        User: platform.os === 'windows' ? 'ContainerUser' : config.user,
        Env: [...env.values()],
        Entrypoint: [binaryPath(config.program, platform.os), ...(config.args ?? [])],
        ...((config.command ?? []).length === 0 ? {} : { Cmd: config.command }),
        Labels: { ...direct_object(inherited['Labels']), ...Object.fromEntries(request.labels) },
        ...(Object.keys(ports).length === 0
            ? {}
            : { ExposedPorts: { ...direct_object(inherited['ExposedPorts']), ...ports } }),
        ...(Object.keys(volumes).length === 0
            ? {}
            : { Volumes: { ...direct_object(inherited['Volumes']), ...volumes } }),
        ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
        ...(config.healthCheck === undefined ? {} : { Healthcheck: healthcheck(config.healthCheck) }),
    };
    const history = Array.isArray(base?.['history']) ? base['history'] : [];
    const osVersion = base?.['os.version'];
    return {
        created,
        architecture: platform.arch,
        ...(platform.variant === undefined
            ? platform.arch === 'arm'
                ? { variant: 'v7' }
                : {}
            : { variant: platform.variant }),
        os: platform.os,
        ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
        config: whole,
        rootfs: { type: 'layers', diff_ids: [...strings(direct_object(base?.['rootfs'])['diff_ids']), layer.diffId] },
        history: [...history, { created, created_by: 'go-image-pipeline', comment: 'direct' }],
    };
}
/** Docker's extension of the configuration: durations in nanoseconds, the exec form marked by CMD. */
function healthcheck(check) {
    const nanoseconds = (text) => Number.parseFloat(text) * (text.endsWith('m') ? 60e9 : 1e9);
    return {
        Test: ['CMD', ...check.test],
        ...(check.interval === undefined ? {} : { Interval: nanoseconds(check.interval) }),
        ...(check.timeout === undefined ? {} : { Timeout: nanoseconds(check.timeout) }),
        ...(check.startPeriod === undefined ? {} : { StartPeriod: nanoseconds(check.startPeriod) }),
        ...(check.retries === undefined ? {} : { Retries: check.retries }),
    };
}
const direct_object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
/** An OCI manifest lists OCI media types, whatever the base called its layers. */
const ociLayer = (mediaType) => mediaType.replace('application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.oci.image.layer.v1.tar+gzip');
const direct_json = (value) => Buffer.from(JSON.stringify(value));
//# sourceMappingURL=direct.js.map
;// CONCATENATED MODULE: ./lib/image/container.js

/** The label that every container of ours carries. */
const RUN_LABEL = 'go-image-pipeline.run';
/**
 * `docker create …`: as strict as a careful cluster, so that what fails there fails here. Low ports need
 * `ip_unprivileged_port_start` set back: Docker allows them to everybody (moby/moby#41030). Pure.
 */
function createContainerArgv(trial) {
    const windows = trial.platform?.os === 'windows';
    return [
        'docker',
        'create',
        '--name',
        trial.name,
        '--label',
        `${RUN_LABEL}=${trial.run}`,
        '--pull=never',
        ...(trial.platform === undefined ? [] : ['--platform', formatPlatform(trial.platform)]),
        '--restart=no',
        `--memory=${trial.memory}`,
        ...(windows
            ? []
            : [
                ...(trial.readOnly ? ['--read-only', '--tmpfs', '/tmp:rw,nosuid,nodev,size=64m,mode=1777'] : []),
                '--cap-drop=ALL',
                '--security-opt=no-new-privileges',
                '--sysctl=net.ipv4.ip_unprivileged_port_start=1024',
                `--memory-swap=${trial.memory}`,
                `--cpus=${trial.cpus}`,
                '--pids-limit=256',
                // Bounded, and readable with `docker logs` whatever the engine's default is.
                '--log-driver=json-file',
                '--log-opt=max-size=10m',
            ]),
        ...(trial.user === undefined ? [] : ['--user', trial.user]),
        ...(trial.envFile === undefined ? [] : ['--env-file', trial.envFile]),
        ...trial.publish.flatMap((port) => ['--publish', `127.0.0.1::${port}/tcp`]),
        trial.image,
        ...trial.args,
    ];
}
const container_object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const container_text = (value) => (typeof value === 'string' ? value : '');
const strings = (value) => (Array.isArray(value) ? value.map(container_text) : []);
const container_number = (value) => (typeof value === 'number' ? value : 0);
/** Reads the first object of `docker inspect`'s array. */
function readContainer(inspected) {
    const one = first(inspected);
    if (one === undefined)
        return undefined;
    const state = container_object(one['State']);
    const network = container_object(one['NetworkSettings']);
    const published = new Map();
    for (const [port, bindings] of Object.entries(container_object(network['Ports']))) {
        const host = Array.isArray(bindings) ? Number(container_text(container_object(bindings[0])['HostPort'])) : 0;
        if (host > 0)
            published.set(Number(port.split('/')[0]), host);
    }
    const address = Object.values(container_object(network['Networks']))
        .map((one) => container_text(container_object(one)['IPAddress']))
        .find((ip) => ip !== '');
    const health = container_text(container_object(state['Health'])['Status']);
    return {
        id: container_text(one['Id']),
        running: state['Running'] === true,
        exitCode: container_number(state['ExitCode']),
        oomKilled: state['OOMKilled'] === true,
        error: container_text(state['Error']),
        pid: container_number(state['Pid']),
        ip: container_text(network['IPAddress']) || (address ?? ''),
        published,
        ...(health === '' ? {} : { health }),
    };
}
function readImage(inspected) {
    const one = first(inspected);
    if (one === undefined)
        return undefined;
    const config = container_object(one['Config']);
    return {
        id: container_text(one['Id']),
        os: container_text(one['Os']),
        arch: container_text(one['Architecture']),
        user: container_text(config['User']),
        expose: Object.keys(container_object(config['ExposedPorts'])),
        entrypoint: strings(config['Entrypoint']),
        cmd: strings(config['Cmd']),
        stopSignal: container_text(config['StopSignal']) || 'SIGTERM',
        size: container_number(one['Size']),
    };
}
function first(inspected) {
    try {
        const all = JSON.parse(inspected);
        return Array.isArray(all) && all.length > 0 ? container_object(all[0]) : undefined;
    }
    catch {
        return undefined;
    }
}
/** Decodes an exit: texts of the kernel and the runtimes first, then the code itself. Pure. */
function decodeExit(remains) {
    const { exitCode, program, memory } = remains;
    const said = [remains.error, ...remains.logs].join('\n');
    const panic = remains.logs.find((line) => /^panic: |^fatal error: /.test(line));
    if (remains.oomKilled) {
        return {
            code: 'out-of-memory',
            cause: `the kernel killed it: it needs more than ${memory} of memory`,
            fix: 'raise the limit, or set GOMEMLIMIT so that the collector works earlier',
        };
    }
    if (/exec format error/i.test(said)) {
        return {
            code: 'exec-format',
            cause: `${program} is built for another architecture (exec format error)`,
            fix: 'build it with GOOS=$TARGETOS GOARCH=$TARGETARCH; check that COPY takes the file of the right platform',
        };
    }
    if (/"?\/bin\/sh"?: (?:stat \/bin\/sh: )?no such file|exec: "(?:\/bin\/)?sh"/i.test(said)) {
        return {
            code: 'shell-missing',
            cause: 'ENTRYPOINT or CMD is in shell form, and the image has no /bin/sh',
            fix: 'write it in exec form: ENTRYPOINT ["/app/name"]',
        };
    }
    if (/exec: "[^"]+": (?:executable file not found|stat .*: no such file)|no such file or directory: unknown/i.test(said)) {
        return {
            code: 'program-missing',
            cause: `${program} is not in the image`,
            fix: 'correct the path in ENTRYPOINT, or the COPY that brings it',
        };
    }
    if (new RegExp(`exec ${container_escape(program)}: no such file or directory`).test(said) ||
        /error while loading shared libraries|Error loading shared library/i.test(said)) {
        return {
            code: 'library-missing',
            cause: `${program} is linked dynamically, and its loader or a library is not in the image`,
            fix: 'build with CGO_ENABLED=0, or use a base with that C library (gcr.io/distroless/base-debian13 for glibc)',
        };
    }
    if (/exec[^\n]*permission denied|permission denied: unknown/i.test(said) || exitCode === 126) {
        return {
            code: 'not-executable',
            cause: `${program} may not be executed by the image’s user`,
            fix: 'give it the mode 0555 or 0755 (COPY --chmod=0555)',
        };
    }
    if (/listen [^\n]*bind: permission denied/i.test(said)) {
        return {
            code: 'low-port',
            cause: 'it listens on a port below 1024, which only root may',
            fix: 'listen on a port from 1024 on, for example 8080',
        };
    }
    if (/read-only file system/i.test(said)) {
        return {
            code: 'read-only',
            cause: 'it writes into the image’s own file system, which is read-only in a careful cluster',
            fix: 'write below /tmp, or into a volume',
        };
    }
    if (/operation not permitted/i.test(said) && exitCode !== 0) {
        return {
            code: 'capability',
            cause: 'it needs a privilege that was taken away (all capabilities are dropped)',
            fix: 'do without it, or start it with "start: off" and prove it in the cluster',
        };
    }
    if (/x509: certificate signed by unknown authority|failed to verify certificate/i.test(said)) {
        return {
            code: 'ca-missing',
            cause: 'it does not accept a server’s certificate: the image has no CA bundle, or not that authority',
            fix: 'use a base with a CA bundle (distroless), or copy one to /etc/ssl/certs/ca-certificates.crt',
        };
    }
    if (/unknown time zone/i.test(said)) {
        return {
            code: 'zoneinfo-missing',
            cause: 'the image has no time zone database',
            fix: 'import _ "time/tzdata", or use a base that has /usr/share/zoneinfo',
        };
    }
    if (panic !== undefined || (exitCode === 2 && remains.logs.some((line) => /^goroutine \d+/.test(line)))) {
        return {
            code: 'panic',
            cause: `it panicked: ${panic ?? 'see its stack below'}`,
            fix: 'see the stack below; if it lacks configuration, give it with "start-env" or "start-args"',
        };
    }
    const decoded = BY_CODE[exitCode];
    const last = remains.logs.findLast((line) => line.trim() !== '');
    const detail = last === undefined ? '' : `; its last line: ${last.slice(0, 300)}`;
    if (decoded !== undefined)
        return { ...decoded, cause: `${decoded.cause}${detail}` };
    return {
        code: 'exit',
        cause: exitCode > 128 && exitCode < 160
            ? `it was ended by signal ${exitCode - 128}${detail}`
            : `it ended with code ${exitCode}${detail}`,
        fix: 'see its output below; if it lacks configuration, give it with "start-env" or "start-args"',
    };
}
const BY_CODE = {
    125: {
        code: 'runtime',
        cause: 'the container runtime refused to make the container',
        fix: 'see the message below',
    },
    127: {
        code: 'program-missing',
        cause: 'a program or its loader was not found (127)',
        fix: 'check ENTRYPOINT, and that the program is static (CGO_ENABLED=0)',
    },
    132: {
        code: 'illegal-instruction',
        cause: 'it used an instruction that this processor does not have (SIGILL)',
        fix: 'build for a lower level: GOAMD64=v1',
    },
    134: { code: 'aborted', cause: 'it aborted (SIGABRT)', fix: 'see its output below' },
    137: {
        code: 'killed',
        cause: 'it was killed (SIGKILL), often for lack of memory',
        fix: 'see its output below; raise the memory limit',
    },
    139: {
        code: 'segfault',
        cause: 'it crashed (SIGSEGV)',
        fix: 'usually C code: build with CGO_ENABLED=0, or find the fault with its output below',
    },
    143: { code: 'terminated', cause: 'it was ended from outside (SIGTERM)', fix: 'run again' },
};
const container_escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
//# sourceMappingURL=container.js.map
;// CONCATENATED MODULE: ./lib/image/load.js




/** Pulls `name@sha256:…` for one platform: exactly what was pushed is what is started. */
async function loadFromRegistry(reference, platform, act, dockerEnv) {
    const had = (await call(['image', 'inspect', '--format', '{{.Id}}', reference], act, dockerEnv)).code === 0;
    await retry(async () => {
        const pulled = await call(['pull', '--quiet', '--platform', formatPlatform(platform), reference], act, dockerEnv, 15 * 60_000);
        if (pulled.code !== 0)
            throw new DockerFault(pulled);
    }, {
        what: `pull of ${reference}`,
        classify: (error) => error instanceof DockerFault ? classifyBuildFault(error.said) : { kind: 'final' },
        signal: act.signal,
        log: act.log,
        clock: act.clock,
        counter: act.counter,
    }).catch((error) => {
        throw error instanceof DockerFault
            ? explain(error, `${reference} could not be pulled to be started`)
            : error;
    });
    return {
        image: reference,
        remove: () => (had ? Promise.resolve() : removeImage(reference, act, dockerEnv)),
    };
}
/**
 * Loads an archive that BuildKit wrote: `type=docker`, or `type=oci` into an engine with the containerd store (the
 * classic store takes an OCI archive of one platform only).
 */
async function loadFromArchive(file, act, dockerEnv) {
    const loaded = await call(['load', '--input', file], act, dockerEnv, 10 * 60_000);
    if (loaded.code !== 0)
        throw explain(new DockerFault(loaded), 'the built image could not be loaded to be started');
    const image = loadedName(loaded.stdout);
    if (image === undefined) {
        throw environmentError({
            code: 'start-load',
            what: 'the engine did not tell the name of the image it loaded',
            fix: 'update Docker; or set "start: off"',
        }, { log: loaded.tail.join('\n') });
    }
    return { image, remove: () => removeImage(image, act, dockerEnv) };
}
/** `Loaded image: name:tag` or `Loaded image ID: sha256:…`; the first one counts. */
function loadedName(said) {
    return /^Loaded image(?: ID)?: (\S+)$/m.exec(said)?.[1];
}
class DockerFault extends Error {
    said;
    constructor(finished) {
        const said = finished.tail
            .filter((line) => line.trim() !== '')
            .slice(-20)
            .join('\n');
        super(said.split('\n').at(-1) ?? `exit code ${finished.code}`);
        this.said = said;
    }
}
function explain(fault, what) {
    const known = explainFailure(fault.said);
    return (0,base_errors/* environmentError */.me)({
        code: `start-${known?.code ?? 'load'}`,
        what,
        cause: [known?.cause, (0,base_errors/* messageOf */.bD)(fault)].filter((part) => part !== undefined && part !== '').join(' – '),
        fix: known?.fix ?? 'see the message of the engine below',
    }, { log: fault.said });
}
/** Never throws. */
async function removeImage(image, act, dockerEnv) {
    try {
        await act.exec.run({
            argv: ['docker', 'image', 'rm', '--force', image],
            ...(dockerEnv === undefined ? {} : { env: dockerEnv }),
            timeoutMs: 60_000,
        });
    }
    catch (error) {
        act.log.debug(`removal of ${image}: ${(0,base_errors/* messageOf */.bD)(error)}`);
    }
}
function call(args, act, dockerEnv, timeoutMs = 60_000) {
    return act.exec.run({
        argv: ['docker', ...args],
        ...(dockerEnv === undefined ? {} : { env: dockerEnv }),
        timeoutMs,
        signal: act.signal,
    });
}
//# sourceMappingURL=load.js.map
;// CONCATENATED MODULE: ./lib/image/ports.js
/**
 * The listening sockets in `/proc/PID/net/tcp` or `tcp6` (proc_pid_net(5)): addresses are hexadecimal words in the
 * byte order of the host, state 0A is LISTEN.
 */
function parseProcNet(text, options = {}) {
    const listeners = [];
    for (const line of text.split('\n').slice(1)) {
        const [, local = '', , state] = line.trim().split(/\s+/);
        const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(local);
        if (state !== '0A' || match === null)
            continue;
        const bytes = addressBytes(match[1] ?? '', options.bigEndian === true);
        const port = Number.parseInt(match[2] ?? '', 16);
        listeners.push({ address: formatAddress(bytes), port, loopback: ports_isLoopback(bytes) });
    }
    return listeners;
}
function addressBytes(hex, bigEndian) {
    const bytes = [];
    for (let word = 0; word < hex.length; word += 8) {
        const quad = [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(word + at, word + at + 2), 16));
        bytes.push(...(bigEndian ? quad : quad.reverse()));
    }
    return bytes;
}
const isMapped = (bytes) => bytes.length === 16 &&
    bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 255 &&
    bytes[11] === 255;
function ports_isLoopback(bytes) {
    if (bytes.length === 4)
        return bytes[0] === 127;
    if (isMapped(bytes))
        return bytes[12] === 127;
    return bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}
function formatAddress(bytes) {
    if (bytes.length === 4)
        return bytes.join('.');
    if (isMapped(bytes))
        return `::ffff:${bytes.slice(12).join('.')}`;
    const words = [];
    for (let i = 0; i < 16; i += 2)
        words.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
    // The longest run of zero words becomes `::` (RFC 5952 §4.2).
    let best = { at: -1, length: 1 };
    for (let at = 0; at < 8; at++) {
        let length = 0;
        while (at + length < 8 && words[at + length] === '0')
            length++;
        if (length > best.length)
            best = { at, length };
    }
    if (best.at < 0)
        return words.join(':');
    return `${words.slice(0, best.at).join(':')}::${words.slice(best.at + best.length).join(':')}`;
}
/** The TCP ports of `EXPOSE` entries (`8080`, `8080/tcp`, `8000-8003`); UDP and SCTP have no listening state. */
function tcpPorts(expose) {
    const ports = new Set();
    for (const entry of expose) {
        const match = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(entry);
        if (match === null || (match[3] ?? 'tcp').toLowerCase() !== 'tcp')
            continue;
        const first = Number(match[1]);
        const last = Number(match[2] ?? match[1]);
        for (let port = first; port <= last && port - first < 100; port++)
            ports.add(port);
    }
    return [...ports];
}
/** Judges the sockets against `EXPOSE`. Pure. */
function judgePorts(listeners, exposed) {
    const open = ports_unique(listeners.filter((one) => !one.loopback).map((one) => one.port));
    const inside = ports_unique(listeners.filter((one) => one.loopback).map((one) => one.port)).filter((port) => !open.includes(port));
    const ready = exposed.find((port) => open.includes(port));
    if (ready !== undefined)
        return { kind: 'ready', port: ready };
    if (exposed.length === 0) {
        const first = open[0];
        if (first !== undefined)
            return { kind: 'ready', port: first };
        return inside.length > 0 ? { kind: 'loopback', ports: inside } : { kind: 'quiet' };
    }
    const hidden = exposed.filter((port) => inside.includes(port));
    if (hidden.length > 0)
        return { kind: 'loopback', ports: hidden };
    if (open.length > 0)
        return { kind: 'elsewhere', open };
    return inside.length > 0 ? { kind: 'loopback', ports: inside } : { kind: 'waiting' };
}
const ports_unique = (ports) => [...new Set(ports)].sort((a, b) => a - b);
//# sourceMappingURL=ports.js.map
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(77030);
;// CONCATENATED MODULE: ./lib/image/sockets.js



/**
 * The container's sockets, read in its network namespace from the host: no shell is needed in the image. Undefined
 * where the engine's processes are not ours (Docker Desktop, remote engines, job containers).
 */
async function readListeners(state, host) {
    if (host.os !== 'linux' || state.pid <= 0)
        return undefined;
    try {
        const [cgroup, tcp, tcp6] = await Promise.all(['cgroup', 'net/tcp', 'net/tcp6'].map((file) => (0,promises_.readFile)(`/proc/${state.pid}/${file}`, 'utf8').catch((error) => {
            // IPv6 may be switched off.
            if (file === 'net/tcp6')
                return '';
            throw error;
        })));
        // The number may belong to another process when the engine lives in another PID namespace.
        if (cgroup?.includes(state.id.slice(0, 12)) !== true)
            return undefined;
        const bigEndian = host.arch === 's390x';
        return [...parseProcNet(tcp ?? '', { bigEndian }), ...parseProcNet(tcp6 ?? '', { bigEndian })];
    }
    catch {
        return undefined;
    }
}
/**
 * Whether a program stands behind a published port. Docker's proxy takes every connection and drops it at once when
 * nothing listens inside, so a connection has to last.
 */
function answers(port, ms = 400) {
    return new Promise((resolve) => {
        const socket = (0,external_node_net_.connect)({ host: '127.0.0.1', port });
        const end = (answer) => {
            clearTimeout(timer);
            socket.destroy();
            resolve(answer);
        };
        const timer = setTimeout(() => {
            end(!socket.connecting);
        }, ms);
        socket.on('error', () => end(false));
        socket.on('close', () => end(false));
        socket.on('end', () => end(false));
    });
}
//# sourceMappingURL=sockets.js.map
;// CONCATENATED MODULE: ./lib/image/start-verdicts.js

/** Why a service is not ready when its time is over. */
function notReady(verdict, seen) {
    const exposed = seen.exposed.join(', ');
    const within = formatDuration(seen.limitMs);
    const healthPath = seen.healthPath;
    switch (verdict?.kind) {
        case 'loopback':
            return {
                code: 'start-loopback',
                what: `the program listens on 127.0.0.1:${verdict.ports.join(', ')} only`,
                cause: 'nobody outside the container can reach that address',
                fix: `listen on all addresses: ":${verdict.ports[0] ?? 8080}" or "0.0.0.0:${verdict.ports[0] ?? 8080}" instead of "localhost"`,
            };
        case 'elsewhere':
            return {
                code: 'start-wrong-port',
                what: `the image promises port ${exposed}, but the program listens on ${verdict.open.join(', ')}`,
                cause: 'EXPOSE (or the "expose" input) and the program do not agree',
                fix: `expose ${verdict.open.join(', ')}, or make the program listen on ${exposed}`,
            };
        case 'ready':
            return {
                code: 'start-unhealthy',
                what: `${healthPath ?? ''} did not answer 2xx within ${within}`,
                ...(seen.lastHealth === '' ? {} : { cause: seen.lastHealth }),
                input: 'health-path',
                ...(healthPath === undefined ? {} : { value: healthPath }),
                fix: 'correct the path, or give the program what it needs to be healthy ("start-env"); raise "start-timeout" for a slow start',
            };
        case 'waiting':
        case 'quiet':
        case undefined:
            return {
                code: 'start-not-listening',
                what: exposed === ''
                    ? `the program opened no port within ${within}`
                    : `port ${exposed} was not open within ${within}`,
                cause: seen.lastHealth === '' ? 'the program runs, but does not listen' : seen.lastHealth,
                fix: 'raise "start-timeout" for a slow start; if it lacks configuration, give it with "start-env"; a program without a port needs no EXPOSE',
            };
    }
}
/** What an exit code after the stop signal says; undefined when it is in order. */
function judgeStop(exitCode, signal) {
    if (exitCode === 0 || exitCode === 143)
        return undefined;
    // As process 1 the default action of a signal is ignored, and Go's runtime then ends with 2.
    const unhandled = exitCode === 2;
    return {
        code: unhandled ? 'start-sigterm-unhandled' : 'start-stop-code',
        what: unhandled
            ? `the program does not handle ${signal}: it ends at once (code 2)`
            : `the program ends with code ${exitCode} on ${signal}`,
        cause: unhandled
            ? 'requests it is working on are cut off'
            : 'a stop that was asked for looks like a failure',
        fix: 'stop on the signal (signal.NotifyContext, http.Server.Shutdown) and exit 0',
    };
}
/** One line for people: what was seen, or why it failed. */
function summarize(report) {
    const [problem] = report.problems;
    if (problem !== undefined)
        return problem.cause === undefined ? problem.what : `${problem.what}: ${problem.cause}`;
    if (report.as === 'command')
        return 'ran as a command and exited 0';
    const open = report.listeners.filter((one) => !one.loopback).map((one) => one.port);
    const ports = [...new Set(open)];
    return [
        report.readyMs === undefined ? 'up' : `up after ${formatDuration(report.readyMs)}`,
        ...(ports.length === 0 ? [] : [`listens on ${ports.join(', ')}`]),
        ...(report.health === undefined
            ? []
            : [`${report.health.path} answered ${report.health.status} in ${formatDuration(report.health.ms)}`]),
        ...(report.stopMs === undefined ? [] : [`stopped in ${formatDuration(report.stopMs)}`]),
    ].join(', ');
}
//# sourceMappingURL=start-verdicts.js.map
;// CONCATENATED MODULE: ./lib/image/trial.js










const POLL_MS = 200;
/** One trial container, from create to remove. */
class Trial {
    #options;
    #image;
    #readOnly;
    #act;
    #name = `gip-start-${(0,external_node_crypto_.randomBytes)(6).toString('hex')}`;
    #exposed;
    #warnings = [];
    #health;
    #lastHealth = '';
    #seen = [];
    #started = 0;
    constructor(options, image, readOnly, act) {
        this.#options = options;
        this.#image = image;
        this.#readOnly = readOnly;
        this.#act = act;
        this.#exposed = [...new Set(tcpPorts([...(options.expose ?? []), ...image.expose]))];
    }
    async run() {
        const report = await this.#run();
        return { ...report, summary: summarize(report) };
    }
    async #run() {
        const { clock } = this.#act;
        await this.#create();
        this.#started = clock.now();
        const begun = await this.#docker(['start', this.#name]);
        if (begun.code !== 0) {
            const state = await this.#inspect();
            return this.#ended(state, begun.stderr);
        }
        return this.#options.mode === 'command' ? this.#awaitEnd() : this.#awaitService();
    }
    /** Never throws, is bounded, and does not listen to the run's signal: it is what a cancelled run does last. */
    async remove() {
        try {
            const done = await this.#act.exec.run({
                argv: ['docker', 'rm', '--force', '--volumes', this.#name],
                ...(this.#options.dockerEnv === undefined ? {} : { env: this.#options.dockerEnv }),
                timeoutMs: 30_000,
            });
            if (done.code !== 0 && !/no such container/i.test(done.stderr)) {
                this.#act.log.warning(`The trial container ${this.#name} could not be removed: ${done.stderr.trim()}`);
            }
        }
        catch (error) {
            this.#act.log.warning(`The trial container ${this.#name} could not be removed: ${(0,base_errors/* messageOf */.bD)(error)}`);
        }
    }
    #docker(args, timeoutMs = 60_000) {
        return docker(args, this.#options, this.#act, timeoutMs);
    }
    async #create() {
        const { options, envFile } = { options: this.#options, envFile: await this.#envFile() };
        const created = await docker(createContainerArgv({
            name: this.#name,
            run: options.run ?? 'cli',
            image: options.image,
            ...(options.platform === undefined ? {} : { platform: options.platform }),
            args: options.args ?? [],
            ...(envFile === undefined ? {} : { envFile }),
            publish: this.#exposed,
            ...(options.user === undefined ? {} : { user: options.user }),
            readOnly: this.#readOnly,
            memory: options.memory ?? '512m',
            cpus: options.cpus ?? '1',
        }).slice(1), options, this.#act);
        if (created.code === 0)
            return;
        throw (0,base_errors/* environmentError */.me)({
            code: 'start-create',
            what: 'the engine refused the trial container',
            cause: created.stderr.trim().split('\n').at(-1) ?? '',
            fix: 'see the message; "start: off" leaves the start out',
        }, { log: created.tail.join('\n') });
    }
    async #envFile() {
        const env = this.#options.env ?? [];
        if (env.length === 0)
            return undefined;
        const broken = env.find(([, value]) => /[\r\n]/.test(value));
        if (broken !== undefined) {
            throw (0,base_errors/* inputError */.Xu)({
                code: 'start-env',
                what: `the value of ${broken[0]} holds a line end, which docker cannot take`,
                input: 'start-env',
                fix: 'give the program a one-line test value',
            });
        }
        const file = (0,external_node_path_.join)(await this.#act.temp.make('start'), 'env');
        await writeAtomic(file, env.map(([name, value]) => `${name}=${value}\n`).join(''), 0o600);
        return file;
    }
    async #inspect() {
        const asked = await this.#docker(['inspect', this.#name]);
        const state = asked.code === 0 ? readContainer(asked.stdout) : undefined;
        if (state === undefined) {
            throw (0,base_errors/* environmentError */.me)({
                code: 'start-lost',
                what: 'the trial container is gone',
                cause: asked.stderr.trim(),
                fix: 'something else removes containers on this engine: look for a clean-up job',
            }, { log: asked.tail.join('\n') });
        }
        return state;
    }
    async #awaitEnd() {
        const limit = this.#options.timeoutMs ?? 30_000;
        for (;;) {
            const state = await this.#inspect();
            if (!state.running)
                return this.#ended(state);
            if (this.#elapsed() > limit) {
                return this.#failed({
                    code: 'start-did-not-end',
                    what: `the program did not end within ${formatDuration(limit)}`,
                    cause: 'it was started as a command',
                    fix: 'give arguments that make it end ("start-args: --version"), or set "start: service"',
                });
            }
            await this.#act.clock.sleep(POLL_MS, this.#act.signal);
        }
    }
    async #awaitService() {
        const { clock, signal } = this.#act;
        const limit = this.#options.timeoutMs ?? 30_000;
        const settle = this.#options.settleMs ?? 2000;
        let readyAt;
        let loopbackSince;
        for (;;) {
            const sight = await this.#look();
            if (!sight.state.running)
                return this.#ended(sight.state);
            const verdict = sight.listeners === undefined ? undefined : judgePorts(sight.listeners, this.#exposed);
            // A port that was promised and is open on 127.0.0.1 only stays so; give a slow start its settling time.
            loopbackSince = verdict?.kind === 'loopback' ? (loopbackSince ?? clock.now()) : undefined;
            const port = await this.#readyPort(sight, verdict);
            const healthy = port !== undefined && (await this.#healthy(sight.state, port));
            if (healthy)
                readyAt ??= clock.now();
            else
                readyAt = undefined;
            if (readyAt !== undefined && clock.now() - readyAt >= settle)
                return this.#stop(readyAt - this.#started);
            const late = this.#elapsed() > limit;
            const hopeless = loopbackSince !== undefined && clock.now() - loopbackSince > Math.max(settle, 1000);
            if ((late && readyAt === undefined) || hopeless)
                return this.#failed(notReady(verdict, {
                    exposed: this.#exposed,
                    ...(this.#options.healthPath === undefined ? {} : { healthPath: this.#options.healthPath }),
                    lastHealth: this.#lastHealth,
                    limitMs: limit,
                }));
            await clock.sleep(POLL_MS, signal);
        }
    }
    async #look() {
        const state = await this.#inspect();
        const listeners = state.running ? await readListeners(state, this.#act.host) : undefined;
        if (listeners !== undefined)
            this.#seen = listeners;
        return { state, listeners };
    }
    /** The port that is ready; 0 for a program that promises none; undefined while it has to be waited for. */
    async #readyPort(sight, verdict) {
        if (verdict !== undefined) {
            if (verdict.kind === 'ready')
                return verdict.port;
            return verdict.kind === 'quiet' && this.#options.healthPath === undefined ? 0 : undefined;
        }
        if (this.#exposed.length === 0)
            return this.#options.healthPath === undefined ? 0 : undefined;
        for (const port of this.#exposed) {
            const at = sight.state.published.get(port);
            if (at !== undefined && (await answers(at)))
                return port;
        }
        return undefined;
    }
    async #healthy(state, port) {
        const path = this.#options.healthPath;
        if (path === undefined)
            return true;
        const published = state.published.get(port);
        const host = published === undefined ? `${state.ip}:${port}` : `127.0.0.1:${published}`;
        const url = `http://${host}${path.startsWith('/') ? '' : '/'}${path}`;
        const before = this.#act.clock.now();
        try {
            const answer = await this.#act.http.request({ url, timeoutMs: 2000, signal: this.#act.signal });
            await answer.drain();
            this.#lastHealth = `it answered ${answer.status}`;
            if (answer.status < 200 || answer.status > 299)
                return false;
            this.#health ??= { path, status: answer.status, ms: this.#act.clock.now() - before };
            return true;
        }
        catch (error) {
            this.#act.signal.throwIfAborted();
            this.#lastHealth = (0,base_errors/* messageOf */.bD)(error);
            return false;
        }
    }
    /** SIGTERM, as Docker and Kubernetes send it, and the time until it is gone. */
    async #stop(readyMs) {
        const { clock, signal } = this.#act;
        const grace = this.#options.graceMs ?? 10_000;
        const sent = clock.now();
        const logs = await this.#logs();
        if (this.#image.os === 'windows') {
            await this.#docker(['stop', '--time', String(Math.ceil(grace / 1000)), this.#name], grace + 30_000);
        }
        else {
            await this.#docker(['kill', '--signal', this.#image.stopSignal, this.#name]);
        }
        for (;;) {
            const state = await this.#inspect();
            if (!state.running) {
                const odd = judgeStop(state.exitCode, this.#image.stopSignal);
                if (odd !== undefined)
                    this.#warnings.push(odd);
                return {
                    ...(await this.#report('passed', 'service', [])),
                    readyMs,
                    stopMs: clock.now() - sent,
                    exitCode: state.exitCode,
                };
            }
            if (clock.now() - sent > grace) {
                return {
                    ...(await this.#report('failed', 'service', [
                        {
                            code: 'start-ignores-sigterm',
                            what: `the program did not end within ${formatDuration(grace)} of ${this.#image.stopSignal}`,
                            cause: 'it is killed at every deployment, with the requests it is working on',
                            fix: 'stop on the signal: ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM), then http.Server.Shutdown; write ENTRYPOINT in exec form, so that the signal reaches it',
                        },
                    ])),
                    readyMs,
                    logs,
                };
            }
            await clock.sleep(POLL_MS, signal);
        }
    }
    /** It ended by itself, or never began. */
    async #ended(state, said = '') {
        const { mode } = this.#options;
        if (state.exitCode === 0 && said === '') {
            if (mode !== 'service')
                return { ...(await this.#report('passed', 'command', [])), exitCode: 0 };
            return {
                ...(await this.#failed({
                    code: 'start-ended',
                    what: 'the program ended, but should go on running',
                    cause: `it exited 0 after ${formatDuration(this.#elapsed())}`,
                    fix: 'if it is a command, set "start: command"; else give it what it needs to run ("start-args", "start-env")',
                })),
                exitCode: 0,
            };
        }
        const logs = await this.#logs();
        const ending = decodeExit({
            exitCode: state.exitCode,
            oomKilled: state.oomKilled,
            error: said === '' ? state.error : said,
            logs,
            program: this.#image.entrypoint[0] ?? this.#image.cmd[0] ?? 'the program',
            memory: this.#options.memory ?? '512m',
        });
        const began = said === '' && state.error === '';
        return {
            ...(await this.#failed({
                code: `start-${ending.code}`,
                what: began
                    ? `the program ended with code ${state.exitCode} after ${formatDuration(this.#elapsed())}`
                    : 'the image does not start',
                cause: ending.cause,
                fix: ending.fix,
            })),
            exitCode: state.exitCode,
            logs: logs.length > 0 ? logs : said === '' ? [] : said.trim().split('\n'),
        };
    }
    #failed(problem) {
        return this.#report('failed', undefined, [problem]);
    }
    async #report(verdict, as, problems) {
        const { platform } = this.#options;
        return {
            verdict,
            as,
            ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
            problems,
            warnings: this.#warnings,
            listeners: this.#seen,
            ...(this.#health === undefined ? {} : { health: this.#health }),
            logs: await this.#logs(),
            readOnly: this.#readOnly,
        };
    }
    async #logs() {
        const asked = await this.#docker(['logs', '--tail', '50', this.#name]).catch(() => {
            this.#act.signal.throwIfAborted();
            return undefined;
        });
        return asked?.code === 0 ? [...asked.tail].slice(-50) : [];
    }
    #elapsed() {
        return this.#act.clock.now() - this.#started;
    }
}
/** A call of the docker client, bounded and cancelled with the run. */
function docker(args, options, act, timeoutMs = 60_000) {
    return act.exec.run({
        argv: ['docker', ...args],
        ...(options.dockerEnv === undefined ? {} : { env: options.dockerEnv }),
        timeoutMs,
        signal: act.signal,
    });
}
//# sourceMappingURL=trial.js.map
;// CONCATENATED MODULE: ./lib/image/start.js




/**
 * Proves that an image starts, the way a careful cluster runs it: read-only root, no capabilities, no new privileges,
 * low ports forbidden. The container is removed whatever happens. A failing program is a report, not an exception;
 * exceptions are for a broken engine and for cancellation.
 */
async function startImage(options, act) {
    if (options.mode === 'off')
        return skipped('the start is switched off');
    const loaded = await fetchImage(options, act);
    try {
        return await startLoaded(options, act);
    }
    finally {
        await loaded.remove();
    }
}
async function fetchImage(options, act) {
    const { image, platform, dockerEnv } = options;
    if (options.pull === true) {
        if (platform === undefined)
            throw new TypeError('a pull needs a platform');
        const loaded = await loadFromRegistry(image, platform, act, dockerEnv);
        return options.remove === true ? loaded : { ...loaded, remove: () => Promise.resolve() };
    }
    return {
        image,
        remove: () => (options.remove === true ? removeImage(image, act, dockerEnv) : Promise.resolve()),
    };
}
async function startLoaded(options, act) {
    const image = await inspectImage(options, act);
    const report = await attempt(options, image, true, act);
    if (report.verdict !== 'failed' || report.problems[0]?.code !== 'start-read-only')
        return report;
    act.log.info('it writes into its own file system: once more with a writable root, to tell the rest');
    const again = await attempt(options, image, false, act);
    if (again.verdict !== 'passed')
        return { ...again, problems: [...again.problems, ...report.problems] };
    return {
        ...again,
        warnings: [
            ...again.warnings,
            {
                code: 'start-writable-root',
                what: 'the program only starts with a writable root file system',
                cause: report.problems[0].cause ?? 'it writes into the image’s own file system',
                fix: 'write below /tmp, or into a volume; then readOnlyRootFilesystem can be set in the cluster',
            },
        ],
    };
}
const skipped = (cause) => ({
    verdict: 'skipped',
    as: undefined,
    problems: [],
    warnings: [{ code: 'start-skipped', what: 'the image was not started', cause }],
    listeners: [],
    logs: [],
    readOnly: false,
    summary: cause,
});
async function inspectImage(options, act) {
    const asked = await docker(['image', 'inspect', options.image], options, act);
    const image = asked.code === 0 ? readImage(asked.stdout) : undefined;
    if (image === undefined) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'start-no-image',
            what: `the engine does not hold ${options.image}`,
            cause: asked.stderr.trim().split('\n').at(-1) ?? '',
            fix: 'load or pull it before it is started',
        }, { log: asked.tail.join('\n') });
    }
    return image;
}
async function attempt(options, image, readOnly, act) {
    const trial = new Trial(options, image, readOnly, act);
    try {
        return await trial.run();
    }
    finally {
        await trial.remove();
    }
}
/** Removes trial containers that a killed run left behind. Never throws. */
async function removeTrials(run, act, dockerEnv) {
    const env = dockerEnv === undefined ? {} : { env: dockerEnv };
    try {
        const left = await act.exec.run({
            argv: ['docker', 'ps', '-aq', '--filter', `label=${RUN_LABEL}=${run}`],
            ...env,
            timeoutMs: 20_000,
        });
        const ids = left.code === 0 ? left.stdout.split(/\s+/).filter((id) => id !== '') : [];
        if (ids.length > 0) {
            await act.exec.run({
                argv: ['docker', 'rm', '--force', '--volumes', ...ids],
                ...env,
                timeoutMs: 60_000,
            });
        }
        return ids.length;
    }
    catch (error) {
        act.log.debug(`trial containers of ${run}: ${(0,base_errors/* messageOf */.bD)(error)}`);
        return 0;
    }
}
//# sourceMappingURL=start.js.map
;// CONCATENATED MODULE: ./lib/registry/tar-index.js
/** Where each file of a tar lies, without reading the files (POSIX ustar and pax, GNU long names). */


const BLOCK = 512;
const MAX_EXTENSION = 1024 * 1024;
/**
 * The regular files of an uncompressed tar by name. Reads the headers only, so a tar of gigabytes takes milliseconds and
 * no memory. Throws `tar-broken` for anything that is not one, with the offset.
 */
async function indexTar(file) {
    const handle = await (0,promises_.open)(file, 'r');
    try {
        const { size: total } = await handle.stat();
        const entries = new Map();
        let pax = {};
        let longName;
        for (let at = 0; at < total;) {
            const header = await tar_index_readAt(handle, at, BLOCK);
            if (header.every((byte) => byte === 0))
                break;
            const broken = (cause) => (0,base_errors/* environmentError */.me)({
                code: 'tar-broken',
                what: 'a tar file cannot be read',
                cause: `${cause} at byte ${at}`,
                where: file,
                fix: 'the disk may be full or the file cut off: make it again',
            });
            if (header.length < BLOCK)
                throw broken('the file ends within a header');
            if (!checksumFits(header))
                throw broken('a header has a wrong checksum');
            const size = pax['size'] === undefined ? numberAt(header, 124, 12) : Number(pax['size']);
            if (!Number.isSafeInteger(size) || size < 0)
                throw broken('a header has no size');
            const type = String.fromCharCode(header[156] ?? 0);
            const data = at + BLOCK;
            if (data + size > total)
                throw broken('the file ends within an entry');
            at = data + Math.ceil(size / BLOCK) * BLOCK;
            if ((type === 'x' || type === 'L' || type === 'g') && size > MAX_EXTENSION)
                throw broken('an extension header is too large');
            if (type === 'x')
                pax = parsePax(await tar_index_readAt(handle, data, size));
            else if (type === 'L')
                longName = tar_index_textAt(await tar_index_readAt(handle, data, size), 0, size);
            else if (type !== 'g') {
                const prefix = tar_index_textAt(header, 257, 5) === 'ustar' ? tar_index_textAt(header, 345, 155) : '';
                const short = tar_index_textAt(header, 0, 100);
                const name = pax['path'] ?? longName ?? (prefix === '' ? short : `${prefix}/${short}`);
                if (type === '0' || type === '\0')
                    entries.set(name.replace(/^\.\//, ''), { offset: data, size });
                pax = {};
                longName = undefined;
            }
        }
        return entries;
    }
    finally {
        await handle.close();
    }
}
async function tar_index_readAt(handle, position, length) {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
}
function tar_index_textAt(bytes, start, length) {
    const field = bytes.subarray(start, start + length);
    const end = field.indexOf(0);
    return field.subarray(0, end < 0 ? length : end).toString('utf8');
}
/** Octal text, or base 256 when the first bit is set (GNU, files beyond 8 GiB). */
function numberAt(bytes, start, length) {
    const first = bytes[start] ?? 0;
    if ((first & 0x80) !== 0) {
        let value = first & 0x7f;
        for (const byte of bytes.subarray(start + 1, start + length))
            value = value * 256 + byte;
        return value;
    }
    const text = tar_index_textAt(bytes, start, length).trim();
    return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}
function checksumFits(header) {
    let sum = 0;
    for (const [at, byte] of header.entries())
        sum += at >= 148 && at < 156 ? 0x20 : byte;
    return numberAt(header, 148, 8) === sum;
}
/** `<length> key=value\n` records (POSIX pax). */
function parsePax(bytes) {
    const records = {};
    for (let at = 0; at < bytes.length;) {
        const blank = bytes.indexOf(0x20, at);
        const length = blank < 0 ? Number.NaN : Number(bytes.subarray(at, blank).toString('latin1'));
        if (!Number.isSafeInteger(length) || length <= blank - at)
            break;
        const record = bytes.subarray(blank + 1, at + length - 1).toString('utf8');
        const equals = record.indexOf('=');
        if (equals > 0)
            records[record.slice(0, equals)] = record.slice(equals + 1);
        at += length;
    }
    return records;
}
//# sourceMappingURL=tar-index.js.map
;// CONCATENATED MODULE: ./lib/registry/oci-layout.js
/** OCI image layouts (image-spec image-layout.md): a folder, or the tar that `--output type=oci,dest=FILE` writes. */








const MAX_READ = 16 * 1024 * 1024;
function inFolder(folder) {
    const at = (name) => (0,external_node_path_.join)(folder, ...name.split('/'));
    return {
        size: async (name) => (await (0,promises_.stat)(at(name)).catch(() => undefined))?.size,
        open: (name) => (0,external_node_fs_.createReadStream)(at(name)),
    };
}
async function inTar(file) {
    const entries = await indexTar(file);
    return {
        size: (name) => Promise.resolve(entries.get(name)?.size),
        open: (name) => {
            const { offset = 0, size = 0 } = entries.get(name) ?? {};
            return size === 0
                ? external_node_stream_.Readable.from([])
                : (0,external_node_fs_.createReadStream)(file, { start: offset, end: offset + size - 1 });
        },
    };
}
const nameOf = (digest) => `blobs/${digest.replace(':', '/')}`;
/** Opens a layout, folder or tar. Blobs in a tar are found by one pass over its headers; only small files are read. */
async function openOciLayout(path) {
    const files = (await (0,promises_.stat)(path)).isDirectory() ? inFolder(path) : await inTar(path);
    const fault = (cause) => (0,base_errors/* environmentError */.me)({
        code: 'oci-layout',
        what: 'the image that was built cannot be read',
        cause,
        where: path,
        fix: 'build again; the disk may be full, or the builder wrote no OCI layout (output type=oci)',
    });
    const sizeOf = async (name) => {
        const size = await files.size(name);
        if (size === undefined)
            throw fault(`it has no ${name}`);
        return size;
    };
    const bytesOf = async (name) => {
        const size = await sizeOf(name);
        if (size > MAX_READ)
            throw fault(`${name} is larger than ${MAX_READ} bytes`);
        const chunks = [];
        for await (const chunk of files.open(name))
            chunks.push(chunk);
        return Buffer.concat(chunks);
    };
    const version = parseObject(await bytesOf('oci-layout'))?.['imageLayoutVersion'];
    if (version !== '1.0.0')
        throw fault('its oci-layout file does not say version 1.0.0');
    const index = parseManifest(await bytesOf('index.json'), OCI_INDEX);
    if ('reason' in index || index.kind !== 'index')
        throw fault(`index.json cannot be read${'reason' in index ? `: ${index.reason}` : ''}`);
    return {
        path,
        tops: [...new Map(index.manifests.map((top) => [top.digest, top])).values()],
        has: async (digest) => (await files.size(nameOf(digest))) !== undefined,
        read: async (digest) => {
            const bytes = await bytesOf(nameOf(digest));
            if (digestOf(bytes, digest) !== digest)
                throw fault(`the blob ${digest} does not have its digest`);
            return bytes;
        },
        source: async (digest) => ({
            digest,
            size: await sizeOf(nameOf(digest)),
            open: () => files.open(nameOf(digest)),
        }),
    };
}
/**
 * Pushes an image of a layout (a path, or an open one) by digest, children first: nothing is visible under a tag.
 * `digest` chooses among several images in index.json. `mountFrom` names repositories of the same registry that may
 * have a blob already, for example the base's.
 */
async function pushLayout(from, to, client, options) {
    const layout = typeof from === 'string' ? await openOciLayout(from) : from;
    const registry = client.withSignal(options.signal);
    const top = chooseTop(layout, options.digest);
    const blobs = { exists: 0, mounted: 0, uploaded: 0 };
    /** Levels of manifests, the deepest last. */
    const levels = [];
    const needed = new Map();
    const collect = async (entry, depth) => {
        const bytes = await layout.read(entry.digest);
        const content = parseManifest(bytes, entry.mediaType);
        if ('reason' in content)
            throw (0,base_errors/* environmentError */.me)({
                code: 'oci-layout',
                what: `the manifest ${entry.digest} that was built cannot be read`,
                cause: content.reason,
                where: layout.path,
                fix: 'build again with a current BuildKit',
            });
        const level = (levels[depth] ??= []);
        if (!level.some((node) => node.digest === entry.digest))
            level.push({ digest: entry.digest, bytes, mediaType: content.mediaType });
        if (content.kind === 'index') {
            for (const child of content.manifests) {
                if (isIndexType(child.mediaType) || isManifestType(child.mediaType))
                    await collect(child, depth + 1);
                else
                    needed.set(child.digest, child);
            }
            return;
        }
        for (const blob of [content.config, ...content.layers])
            if (!isForeignLayer(blob.mediaType))
                needed.set(blob.digest, blob);
    };
    await collect(top, 0);
    const limit = options.concurrency ?? 4;
    await mapLimited([...needed.keys()], limit, async (digest) => {
        // A lazy layer of the base may lie only in its registry; then ours must have it already.
        if (!(await layout.has(digest)) && (await registry.hasBlob(to, digest))) {
            blobs.exists++;
            return;
        }
        const mountFrom = options.mountFrom?.(digest);
        const source = await layout.source(digest);
        blobs[await registry.uploadBlob(to, source, mountFrom === undefined ? {} : { mountFrom })]++;
    });
    let manifests = 0;
    for (const level of levels.reverse()) {
        await mapLimited(level, limit, async (node) => {
            await registry.putManifest(to, node.bytes, node.mediaType, node.digest);
            manifests++;
        });
    }
    return { digest: top.digest, mediaType: top.mediaType, blobs, manifests };
}
function chooseTop(layout, digest) {
    const [first, ...others] = layout.tops;
    const chosen = digest === undefined ? first : layout.tops.find((top) => top.digest === digest);
    if (chosen !== undefined && (digest !== undefined || others.length === 0))
        return chosen;
    throw (0,base_errors/* environmentError */.me)({
        code: 'oci-layout',
        what: chosen === undefined
            ? `the layout holds no ${digest ?? 'image'}`
            : 'the layout holds several images, and none is chosen',
        cause: `index.json names ${layout.tops.map((top) => top.digest).join(', ') || 'nothing'}`,
        where: layout.path,
        fix: 'build one image into one layout',
    });
}
//# sourceMappingURL=oci-layout.js.map
;// CONCATENATED MODULE: ./lib/registry/copy.js




const CONCURRENCY = 4;
/**
 * Copies an index with all its manifests and blobs, children first, so that the target never holds a manifest whose
 * parts are missing. Within one registry blobs are mounted, not sent. No tag is touched. Referrers (signatures kept
 * outside of the index) are not copied.
 */
async function copyImage(from, to, client, act) {
    const blobs = { exists: 0, mounted: 0, uploaded: 0 };
    let manifests = 0;
    const seen = new Set();
    const copyBlobs = async (all) => {
        const fresh = all.filter((blob) => !isForeignLayer(blob.mediaType) && !seen.has(blob.digest));
        for (const { digest } of fresh)
            seen.add(digest);
        const once = [...new Map(fresh.map((blob) => [blob.digest, blob])).values()];
        await mapLimited(once, CONCURRENCY, async ({ digest, size }) => {
            const source = { digest, size, open: () => client.blob(from, digest, { size }) };
            const result = await client.uploadBlob(to, source, from.registry === to.registry ? { mountFrom: from.repository } : {});
            blobs[result]++;
        });
    };
    const isThere = async (digest) => {
        const ref = { registry: to.registry, repository: to.repository, digest };
        try {
            return (await client.tryResolve(ref, { writing: true })) !== undefined;
        }
        catch (error) {
            // A repository that is not made yet may look like a refusal; the push tells which it is.
            if (error instanceof base_errors/* PipelineError */.zC && /denied|login/.test(error.problems[0]?.code ?? ''))
                return false;
            throw error;
        }
    };
    const copyManifest = async (digest) => {
        act.signal.throwIfAborted();
        const { bytes, mediaType, content } = await client.manifest({ ...from, digest });
        // A registry takes a manifest only with its parts, so one that is there is whole.
        if (await isThere(digest))
            return mediaType;
        if (content.kind === 'index') {
            for (const child of content.manifests) {
                if (isIndexType(child.mediaType) || isManifestType(child.mediaType))
                    await copyManifest(child.digest);
                else
                    await copyBlobs([child]);
            }
        }
        else
            await copyBlobs([content.config, ...content.layers]);
        await client.putManifest(to, bytes, mediaType, digest);
        manifests++;
        return mediaType;
    };
    const mediaType = await copyManifest(from.digest);
    act.log.info(`copied ${formatReference({ ...from })} to ${to.registry}/${to.repository}: ${manifests} manifests, ` +
        `${blobs.mounted} blobs mounted, ${blobs.uploaded} sent, ${blobs.exists} there already`);
    return { digest: from.digest, mediaType, blobs, manifests };
}
//# sourceMappingURL=copy.js.map
;// CONCATENATED MODULE: ./lib/registry/restore.js
/** Putting tags back as they were. Also used by post, after a crash, from what publish told `onMove`. */




/** Puts each tag back; never throws, every tag is tried. */
async function restoreTags(moves, client, act) {
    const results = [];
    for (const move of moves) {
        const about = { target: move.target, ...(move.old === undefined ? {} : { old: move.old }), new: move.new };
        let result;
        try {
            result = { ...about, ...(await restoreTag(move, client, act.clock)) };
        }
        catch (error) {
            result = { ...about, state: 'stayed', cause: (0,base_errors/* messageOf */.bD)(error).split('\n')[0] ?? '' };
        }
        act.log[result.state === 'stayed' || result.state === 'left' ? 'warning' : 'info'](`${formatReference(move.target)}: ${SAID[result.state]}${result.cause === undefined ? '' : ` (${result.cause})`}`);
        results.push(result);
    }
    return results;
}
const SAID = {
    restored: 'put back to what it was',
    removed: 'removed again',
    left: 'left where somebody else has moved it',
    stayed: 'could not be put back',
};
async function restoreTag(move, client, clock) {
    const { target, old } = move;
    const now = (await client.tryResolve(target, { writing: true }))?.digest;
    if (now !== undefined && now !== old && now !== move.new)
        return { state: 'left', cause: `it points to ${now}` };
    if (old === undefined) {
        // The set may have been refused; a few more reads, for registries that show a write late.
        if (now === undefined && (await waitForTag(target, move.new, client, clock, { tries: 5 })) === undefined)
            return { state: 'removed' };
        const cause = await removeTag(target, client);
        if (cause !== undefined)
            return { state: 'stayed', cause };
        const seen = await waitForTag(target, undefined, client, clock);
        return seen === undefined
            ? { state: 'removed' }
            : { state: 'stayed', cause: `it still points to ${seen}` };
    }
    // Put even if a read shows the old digest: the read may be behind the move.
    try {
        const { bytes, mediaType } = move.manifest ??
            (await client.manifest({ registry: target.registry, repository: target.repository, digest: old }, { writing: true }));
        await client.putManifest(target, bytes, mediaType, target.tag);
    }
    catch (error) {
        // A tag that cannot be written (immutable, no permission) has not been moved by us either.
        if ((await client.tryResolve(target, { writing: true }))?.digest === old)
            return { state: 'restored' };
        throw error;
    }
    const seen = await waitForTag(target, old, client, clock);
    return seen === old
        ? { state: 'restored' }
        : { state: 'stayed', cause: `it points to ${seen ?? 'nothing'}` };
}
const TRIES = 15;
/**
 * Reads a tag until it shows `wanted` (undefined: nothing), because registries may show a write late; by default at most
 * 15 reads over half a minute. Returns what it shows at last.
 */
async function waitForTag(target, wanted, client, clock, options = {}) {
    const { tries = TRIES, signal } = options;
    for (let attempt = 1;; attempt++) {
        const seen = (await client.tryResolve(target, { writing: true }))?.digest;
        if (seen === wanted || attempt >= tries)
            return seen;
        await clock.sleep(Math.min(3000, 100 * 2 ** (attempt - 1)), signal);
    }
}
/**
 * Removes a tag without harming its manifest, which other tags or indexes may need. Registries that delete by digest only
 * (distribution 2) are helped by pointing the tag to an empty image of our own and deleting that; first it is proved, on
 * another such image, that they delete at all. Returns why not, or undefined.
 */
async function removeTag(target, client) {
    if ((await client.deleteTag(target, target.tag)) !== 'unsupported')
        return undefined;
    const trial = await emptyImage(target, client);
    await client.putManifest(target, trial.bytes, OCI_MANIFEST, trial.digest);
    if ((await client.deleteManifest(target, trial.digest)) !== 'deleted')
        return 'the registry does not allow deletion';
    const stone = await emptyImage(target, client);
    await client.putManifest(target, stone.bytes, OCI_MANIFEST, target.tag);
    return (await client.deleteManifest(target, stone.digest)) === 'deleted'
        ? undefined
        : 'the registry does not allow deletion';
}
async function emptyImage(at, client) {
    const config = Buffer.from(JSON.stringify({
        architecture: 'unknown',
        os: 'unknown',
        // Makes it a manifest of its own, which no tag but ours can point to.
        config: { Labels: { 'go-image-pipeline.removed-tag': (0,external_node_crypto_.randomUUID)() } },
        rootfs: { type: 'layers', diff_ids: [] },
    }));
    const digest = digestOf(config);
    await client.uploadBlob(at, { digest, size: config.length, open: () => config });
    const bytes = Buffer.from(JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: OCI_CONFIG, digest, size: config.length },
        layers: [],
    }));
    return { bytes, digest: digestOf(bytes) };
}
//# sourceMappingURL=restore.js.map
;// CONCATENATED MODULE: ./lib/registry/publish.js





/** A publish that failed; `tags` tells where every tag that was touched points now. */
class PublishFailure extends base_errors/* PipelineError */.zC {
    tags;
    constructor(error, problems, tags) {
        super(error.kind, problems, { cause: error, ...(error.log === undefined ? {} : { log: error.log }) });
        this.tags = tags;
    }
}
/** Longest time the restoring after a failure may take. */
const RESTORE_MS = 3 * 60_000;
/**
 * How much a tag is expected to move, and so how late it is set: exact versions and commits 0, `1.2` 1, `1` and branches
 * 2, `latest` 3. Who follows `latest` never sees it ahead of the version it stands for.
 */
function mobility(tag) {
    if (/(?:^|-)latest(?:-|$)/.test(tag))
        return 3;
    if (/^v?\d+\.\d+\.\d+/.test(tag) || /^(?:sha-)?[a-f0-9]{7,40}$/.test(tag))
        return 0;
    if (/^v?\d+\.\d+(?:$|-)/.test(tag))
        return 1;
    return 2;
}
/** Specific tags first, moving ones last; each tag once. */
function orderTags(tags) {
    const once = new Map(tags.map((target) => [formatReference(target), target]));
    return [...once.values()].sort((a, b) => mobility(a.tag) - mobility(b.tag));
}
/**
 * Moves the tags to the digest, in every repository of the plan (the image is copied there first, by digest). Each tag's
 * old digest is remembered, each move read back. On any failure or abort all tags are put back as they were: moved ones
 * to their old digest, new ones removed; PublishFailure tells of each. A tag that somebody else has moved meanwhile is
 * left to them. Nothing happens to a tag that has the digest already.
 */
async function publish(plan, client, act, options = {}) {
    const { log, signal } = act;
    const { source } = plan;
    const touched = [];
    try {
        signal.throwIfAborted();
        const targets = orderTags(plan.tags);
        const manifest = await client.manifest(source, { writing: true });
        for (const target of targets.filter((one, at) => !sameRepository(one, source) && targets.findIndex((other) => sameRepository(one, other)) === at))
            await copyImage(source, target, client, act);
        const moves = await mapLimited(targets, 4, (target) => publish_remember(target, source.digest, client, log));
        const published = [];
        for (const move of moves) {
            const reference = formatReference(move.target);
            const state = move.old === undefined ? 'created' : move.old === move.new ? 'unchanged' : 'moved';
            if (state !== 'unchanged') {
                signal.throwIfAborted();
                await options.onMove?.(move);
                touched.push(move);
                await moveTag(move, manifest, client, act);
                log.info(`${reference} -> ${move.new.slice(0, 19)}${move.old === undefined ? ' (new tag)' : ` (was ${move.old.slice(0, 19)})`}`);
            }
            published.push({
                ...move.target,
                reference,
                ...(move.old === undefined ? {} : { old: move.old }),
                new: move.new,
                state,
            });
        }
        return { digest: source.digest, mediaType: manifest.mediaType, tags: published };
    }
    catch (error) {
        const failure = signal.aborted
            ? (0,base_errors/* cancelledError */.YQ)('publishing was cancelled')
            : (0,base_errors/* toPipelineError */.Oo)(error, 'the tags could not be moved');
        // The run's own signal may be aborted: what must be put right gets one of its own.
        const cleaner = client.withSignal(AbortSignal.timeout(RESTORE_MS));
        const tags = await restoreTags(touched.reverse(), cleaner, act);
        throw new PublishFailure(failure, [...failure.problems, ...tags.flatMap(describeRestored)], tags);
    }
}
async function publish_remember(target, digest, client, log) {
    const found = await client.tryResolve(target, { writing: true });
    const move = {
        target: { registry: target.registry, repository: target.repository, tag: target.tag },
        new: digest,
    };
    if (found === undefined)
        return move;
    if (found.digest === digest)
        return { ...move, old: digest };
    try {
        // Held, so that putting the tag back needs no reading, even if the registry drops what has no tag.
        const { bytes, mediaType } = await client.manifest({ registry: target.registry, repository: target.repository, digest: found.digest }, { writing: true });
        return { ...move, old: found.digest, manifest: { bytes, mediaType } };
    }
    catch (error) {
        if (!(error instanceof base_errors/* PipelineError */.zC) || error.problems[0]?.code !== 'registry-manifest-invalid')
            throw error;
        log.warning(`${formatReference(target)} points to something that cannot be read, so it could not be put back`);
        return { ...move, old: found.digest };
    }
}
async function moveTag(move, manifest, client, act) {
    const { target } = move;
    try {
        await client.putManifest(target, manifest.bytes, manifest.mediaType, target.tag);
    }
    catch (error) {
        act.signal.throwIfAborted();
        // An answer may be lost and the next try refused (immutable tags): what counts is where the tag points.
        const now = await client.tryResolve(target, { writing: true }).catch(() => undefined);
        if (now?.digest !== move.new)
            throw error;
    }
    const seen = await waitForTag(target, move.new, client, act.clock, { signal: act.signal });
    if (seen !== move.new)
        throw (0,base_errors/* environmentError */.me)({
            code: 'registry-read-back',
            what: `${formatReference(target)} does not point to the published digest`,
            cause: seen === undefined
                ? 'the registry took the tag but does not show it'
                : `it was set to ${move.new}, the registry shows ${seen}: somebody else moved it, or the registry serves old data`,
            where: target.registry,
            fix: 'let one release at a time move this tag (workflow concurrency), then run again',
        });
}
function describeRestored(tag) {
    const reference = formatReference(tag.target);
    if (tag.state === 'stayed')
        return [
            {
                code: 'publish-tag-stayed',
                what: `${reference} could not be put back and may point to ${tag.new}`,
                ...(tag.cause === undefined ? {} : { cause: tag.cause }),
                fix: tag.old === undefined
                    ? 'delete the tag by hand'
                    : `move it back by hand, for example: crane tag ${formatReference({ registry: tag.target.registry, repository: tag.target.repository, digest: tag.old })} ${tag.target.tag}`,
            },
        ];
    if (tag.state === 'left')
        return [
            {
                code: 'publish-tag-taken',
                what: `${reference} was moved by somebody else meanwhile and left there`,
                ...(tag.cause === undefined ? {} : { cause: tag.cause }),
                fix: 'let one release at a time move this tag (workflow concurrency)',
            },
        ];
    return [];
}
//# sourceMappingURL=publish.js.map
;// CONCATENATED MODULE: ./lib/registry/verify-checks.js


const REBUILD = 'build and push the image again; if it stays, report it against the tool that built it';
const verify_checks_short = (digest) => digest.slice(0, 19);
const platformOf = (config) => toPlatform({
    os: config.os,
    architecture: config.architecture,
    ...(config.variant === undefined ? {} : { variant: config.variant }),
    ...(config.osVersion === undefined ? {} : { 'os.version': config.osVersion }),
});
/** What a configuration says about itself against its manifest, its entry in the index and the labels asked for. */
function checkConfig(config, layers, entry, labels) {
    const problems = [];
    if (config.diffIds.length !== layers)
        problems.push({
            code: 'image-layer-count',
            what: 'the configuration and the manifest do not name the same layers',
            cause: `${config.diffIds.length} diff_ids, ${layers} layers`,
            fix: REBUILD,
        });
    if (config.layerHistory !== undefined && config.layerHistory > 0 && config.layerHistory !== layers)
        problems.push({
            code: 'image-history-count',
            what: 'the history of the image does not fit its layers',
            cause: `${config.layerHistory} entries that made a layer, ${layers} layers`,
            fix: REBUILD,
        });
    if (entry?.platform !== undefined) {
        const said = toPlatform(entry.platform);
        const own = platformOf(config);
        if (!samePlatform(said, own) || said.osVersion !== own.osVersion)
            problems.push({
                code: 'image-platform-mismatch',
                what: `the index says ${verify_checks_display(said)}, the configuration ${verify_checks_display(own)}`,
                cause: 'an engine would pull it for the wrong machine',
                fix: REBUILD,
            });
    }
    for (const [name, value] of Object.entries(labels)) {
        const actual = config.labels[name];
        if (actual !== value)
            problems.push({
                code: 'image-label-mismatch',
                what: `the label ${name} is ${actual === undefined ? 'missing' : `"${actual}"`}`,
                cause: `expected "${value}"`,
                fix: 'look for a LABEL of the same name in the Dockerfile or the base',
            });
    }
    return problems;
}
const verify_checks_display = (platform) => formatPlatform(platform) + (platform.osVersion === undefined ? '' : ` (${platform.osVersion})`);
/** Every wanted platform once, no platform twice. Windows platforms are told apart by their OS version. */
function checkPlatforms(found, wanted, where) {
    const problems = [];
    const names = found.map((platform) => `${formatPlatform(platform)} ${platform.osVersion ?? ''}`);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined)
        problems.push({
            code: 'image-platform-twice',
            what: `the index has ${twice.trim()} more than once`,
            cause: 'engines take the first one and never see the other',
            where: where,
            fix: REBUILD,
        });
    for (const platform of wanted) {
        if (found.some((found) => samePlatform(found, platform)))
            continue;
        problems.push({
            code: 'image-platform-missing',
            what: `the image has no ${formatPlatform(platform)}`,
            cause: `it has ${found.map(formatPlatform).join(', ') || 'no platform that could be read'}`,
            where: where,
            fix: 'build for it (input "platforms") and push the whole index',
        });
    }
    return problems;
}
//# sourceMappingURL=verify-checks.js.map
;// CONCATENATED MODULE: ./lib/registry/layers.js
/** Hashing a layer's content: what its bytes decompress to. */



/** Node has zstd from 22.15 and 23.8 on. */
const zstd = external_node_zlib_.createZstdDecompress;
const canDecompress = (compression) => compression !== 'zstd' || zstd !== undefined;
/** What the first bytes say: gzip (RFC 1952) and zstd (RFC 8878) have magic numbers, zstd also skippable frames. */
function sniffCompression(head) {
    if (head[0] === 0x1f && head[1] === 0x8b)
        return 'gzip';
    const magic = head.length < 4 ? 0 : Buffer.from(head).readUInt32LE(0);
    return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? 'zstd' : 'none';
}
/**
 * Reads a verified blob to its end in constant memory and hashes what it decompresses to. Errors of the stream itself
 * (registry, digest) are thrown; bytes that do not decompress are reported, after the rest has been verified.
 */
async function hashLayer(open, declared) {
    let actual = 'none';
    let sourceFailure;
    const source = open();
    const sniffed = async function* (stream) {
        let first = true;
        try {
            for await (const chunk of stream) {
                if (first && chunk.length > 0) {
                    first = false;
                    actual = sniffCompression(chunk);
                }
                yield chunk;
            }
        }
        catch (error) {
            sourceFailure = { error };
            throw error;
        }
    };
    const hash = (0,external_node_crypto_.createHash)('sha256');
    const hashing = async (stream) => {
        for await (const chunk of stream)
            hash.update(chunk);
    };
    const decompress = declared === 'gzip' ? external_node_zlib_.createGunzip() : declared === 'zstd' ? zstd?.() : undefined;
    try {
        if (decompress === undefined)
            await (0,external_node_stream_promises_.pipeline)(source, sniffed, hashing);
        else
            await (0,external_node_stream_promises_.pipeline)(source, sniffed, decompress, hashing);
    }
    catch (error) {
        const failed = sourceFailure;
        if (failed !== undefined)
            throw failed.error;
        // The digest comes first: damaged bytes are told as such, and only whole ones as badly compressed.
        const again = open();
        again.resume();
        await (0,external_node_stream_promises_.finished)(again);
        return { actual, broken: error instanceof Error ? error.message : String(error) };
    }
    return { actual, ...(canDecompress(declared) ? { diffId: `sha256:${hash.digest('hex')}` } : {}) };
}
//# sourceMappingURL=layers.js.map
;// CONCATENATED MODULE: ./lib/registry/verify-layers.js



class LayerCheck {
    #at;
    #client;
    #notes;
    #level;
    #origin;
    constructor(at, client, notes, options) {
        this.#at = at;
        this.#client = client;
        this.#notes = notes;
        this.#level = options.level;
        this.#origin = options.origin;
    }
    /** One blob, whoever uses it. */
    async check(uses) {
        const [first] = uses;
        if (first === undefined)
            return;
        const { layer, where } = first;
        const { digest, size } = layer;
        for (const use of uses) {
            if (use.layer.size !== size)
                this.#notes.fail({
                    code: 'image-size-mismatch',
                    what: `two manifests give different sizes for the layer ${verify_checks_short(digest)}`,
                    cause: `${size} and ${use.layer.size} bytes`,
                    where: use.where,
                    fix: REBUILD,
                });
        }
        const wanted = uses.filter((use) => use.diffId !== undefined);
        const compression = layerCompression(layer.mediaType);
        if (wanted.length > 0 && compression === undefined)
            this.#notes.fail({
                code: 'image-media-type',
                what: `the layer ${verify_checks_short(digest)} is of a type no engine unpacks`,
                cause: `its media type is ${layer.mediaType}`,
                where,
                fix: 'build with OCI or Docker media types',
            });
        const done = await this.#notes.guarded(`layer ${verify_checks_short(digest)} of ${where}`, () => this.#level === 'fast'
            ? this.#statLayer(layer, where)
            : this.#hashLayer(layer, wanted.length > 0 ? (compression ?? 'none') : 'none', wanted));
        if (done !== undefined)
            this.#notes.blobs++;
    }
    async #statLayer({ digest, size }, where) {
        const found = await this.#client.blobSize(this.#at, digest);
        if (found === undefined)
            this.#notes.fail({
                code: 'registry-not-found',
                what: `the layer ${verify_checks_short(digest)} is not in the registry`,
                where,
                fix: 'push the image again; if it stays, the registry loses blobs',
            });
        else if (!Number.isNaN(found) && found !== size)
            this.#notes.fail({
                code: 'image-size-mismatch',
                what: `the layer ${verify_checks_short(digest)} has another size than its manifest says`,
                cause: `${found} instead of ${size} bytes`,
                where,
                fix: 'push the image again; if it stays, the registry stores it damaged',
            });
        return true;
    }
    async #hashLayer(layer, compression, wanted) {
        const { digest, size } = layer;
        const open = () => this.#client.blob(this.#at, digest, { size, origin: this.#origin });
        const facts = await hashLayer(open, compression);
        this.#notes.bytes += size;
        const where = wanted[0]?.where ?? '';
        if (wanted.length === 0)
            return true;
        if (facts.broken !== undefined || facts.actual !== compression) {
            this.#notes.fail({
                code: 'image-layer-compression',
                what: `the layer ${verify_checks_short(digest)} is not compressed as its media type says`,
                cause: `${layer.mediaType} says ${compression}, the bytes are ${facts.actual}${facts.broken === undefined ? '' : ` (${facts.broken})`}`,
                where,
                fix: REBUILD,
            });
            return true;
        }
        if (facts.diffId === undefined) {
            this.#notes.skip(`the content of layer ${verify_checks_short(digest)}`, `Node ${process.versions.node} cannot decompress zstd (22.15 and later can); its digest was checked`);
            return true;
        }
        for (const use of wanted) {
            if (use.diffId !== facts.diffId)
                this.#notes.fail({
                    code: 'image-diffid-mismatch',
                    what: `the layer ${verify_checks_short(digest)} is not the one the configuration names`,
                    cause: `it unpacks to ${facts.diffId}, rootfs.diff_ids says ${use.diffId ?? 'nothing'}: engines refuse to start it`,
                    where: use.where,
                    fix: REBUILD,
                });
        }
        return true;
    }
}
//# sourceMappingURL=verify-layers.js.map
;// CONCATENATED MODULE: ./lib/registry/verify-report.js
/** The report of a verification, and the notebook it is written in. */

/** The failures as one error: a gate's when the image is wrong, the environment's when it could not be read. */
function verifyError(report) {
    if (report.ok)
        return undefined;
    const gate = report.failures.some(({ kind }) => kind === 'gate');
    return new base_errors/* PipelineError */.zC(gate ? 'gate' : 'environment', report.failures);
}
/** Faults that are the image's own; all others say that the registry could not be asked. */
const CONTENT = new Set([
    'registry-blob-mismatch',
    'registry-digest-mismatch',
    'registry-manifest-invalid',
    'registry-blob-unknown',
]);
/** Collects what a verification finds, from parts that run at the same time. */
class Notebook {
    failures = [];
    skipped = [];
    platforms = [];
    attestations = [];
    manifests = 0;
    blobs = 0;
    bytes = 0;
    fail(problem) {
        this.failures.push({ ...problem, kind: 'gate' });
    }
    skip(what, reason) {
        this.skipped.push({ what, reason });
    }
    /** Runs a part; its failure becomes a line of the report, an abort is thrown. */
    async guarded(where, work, absent = 'gate') {
        try {
            return await work();
        }
        catch (error) {
            if (!(error instanceof base_errors/* PipelineError */.zC))
                throw error;
            for (const problem of error.problems) {
                const missing = problem.code === 'registry-not-found';
                const kind = missing ? absent : CONTENT.has(problem.code) ? 'gate' : 'environment';
                this.failures.push({ ...problem, where: problem.where ?? where, kind });
            }
            return undefined;
        }
    }
}
//# sourceMappingURL=verify-report.js.map
;// CONCATENATED MODULE: ./lib/registry/verify.js
/** Reading a pushed image back: everything hashed again, and compared with what was asked for. */








const MAX_DEPTH = 4;
const MAX_CONFIG = 16 * 1024 * 1024;
/**
 * Verifies `name@digest` (and, when the reference has a tag too, that the tag points to the digest): index, manifests,
 * configurations and layers are read and hashed, layers also uncompressed against rootfs.diff_ids. Shared layers are
 * read once; nothing is held but hashes. All failures are listed; only an abort is thrown.
 */
async function verifyImage(ref, expectations, client, options) {
    return new Verification(ref, expectations, client, options).run();
}
class Verification {
    #ref;
    #at;
    #name;
    #wanted;
    #client;
    #options;
    #origin;
    #notes = new Notebook();
    #layers = [];
    #found = [];
    /** Digests in the order of the index. */
    #order = [];
    constructor(ref, wanted, client, options) {
        this.#ref = ref;
        this.#at = { registry: ref.registry, repository: ref.repository };
        this.#name = formatReference(ref);
        this.#wanted = wanted;
        this.#client = client.withSignal(options.signal);
        this.#options = options;
        this.#origin = options.mirrors !== true;
    }
    async run() {
        await this.#checkTag();
        const top = await this.#read(this.#ref.digest, undefined, this.#name, 'environment');
        if (top !== undefined) {
            await this.#walk(top, this.#name, 0);
            const layers = new LayerCheck(this.#at, this.#client, this.#notes, {
                level: this.#options.level,
                origin: this.#origin,
            });
            const limit = this.#options.concurrency ?? 4;
            const byDigest = new Map();
            for (const use of this.#layers)
                byDigest.set(use.layer.digest, [...(byDigest.get(use.layer.digest) ?? []), use]);
            await mapLimited([...byDigest.values()], limit, (uses) => layers.check(uses));
            for (const problem of checkPlatforms(this.#found, this.#wanted.platforms ?? [], this.#name))
                this.#notes.fail(problem);
        }
        const notes = this.#notes;
        const inOrder = (all) => [...all].sort((a, b) => this.#order.indexOf(a.digest) - this.#order.indexOf(b.digest));
        return {
            ok: notes.failures.length === 0,
            reference: this.#name,
            digest: this.#ref.digest,
            mediaType: top?.mediaType ?? '',
            level: this.#options.level,
            platforms: inOrder(notes.platforms),
            attestations: inOrder(notes.attestations),
            manifests: notes.manifests,
            blobs: notes.blobs,
            bytes: notes.bytes,
            failures: notes.failures,
            skipped: notes.skipped,
        };
    }
    async #checkTag() {
        const { tag, digest } = this.#ref;
        if (tag === undefined)
            return;
        const found = await this.#notes.guarded(this.#name, () => this.#client.resolve({ ...this.#at, tag }, { origin: this.#origin }));
        if (found !== undefined && found.digest !== digest)
            this.#notes.fail({
                code: 'image-tag-mismatch',
                what: `the tag ${tag} does not point to the image`,
                cause: `it points to ${found.digest}, expected ${digest}`,
                where: this.#name,
                fix: 'another run may have moved it: let one release at a time move a tag (workflow concurrency)',
            });
    }
    /** A manifest by digest; checked against the descriptor that named it. */
    async #read(digest, named, where, absent = 'gate') {
        const ref = { ...this.#at, digest };
        const read = await this.#notes.guarded(where, () => this.#client.manifest(ref, { origin: this.#origin }), absent);
        if (read === undefined)
            return undefined;
        this.#notes.manifests++;
        this.#notes.bytes += read.bytes.length;
        if (named !== undefined && named.size !== read.bytes.length)
            this.#notes.fail({
                code: 'image-size-mismatch',
                what: `the index gives a wrong size for the manifest ${verify_checks_short(digest)}`,
                cause: `it says ${named.size}, the manifest has ${read.bytes.length} bytes`,
                where,
                fix: REBUILD,
            });
        if (named !== undefined && named.mediaType !== read.mediaType)
            this.#notes.fail({
                code: 'image-media-type',
                what: `the index gives a wrong media type for the manifest ${verify_checks_short(digest)}`,
                cause: `it says ${named.mediaType}, the manifest is ${read.mediaType}`,
                where,
                fix: REBUILD,
            });
        return read;
    }
    async #walk(read, where, depth, entry) {
        const { content } = read;
        if (content.kind === 'manifest') {
            await this.#image(content, read.digest, where, entry);
            return;
        }
        if (depth >= MAX_DEPTH) {
            this.#notes.skip(where, `indexes are nested deeper than ${MAX_DEPTH}`);
            return;
        }
        this.#order.push(...content.manifests.map(({ digest }) => digest));
        const subjects = new Set(content.manifests.map(({ digest }) => digest));
        await mapLimited(content.manifests, this.#options.concurrency ?? 4, async (child) => {
            const name = child.platform === undefined ? verify_checks_short(child.digest) : formatPlatform(toPlatform(child.platform));
            const at = `${where} (${name})`;
            if (!isIndexType(child.mediaType) && !isManifestType(child.mediaType)) {
                this.#notes.skip(at, `entries of type ${child.mediaType} are not read`);
                return;
            }
            const found = await this.#read(child.digest, child, at);
            if (isAttestation(child)) {
                const subject = attestationSubject(child);
                this.#notes.attestations.push({ digest: child.digest, ...(subject === undefined ? {} : { subject }) });
                if (subject !== undefined && !subjects.has(subject))
                    this.#notes.fail({
                        code: 'image-attestation-orphan',
                        what: `the attestation ${verify_checks_short(child.digest)} speaks about a manifest that is not in the index`,
                        cause: `it names ${subject}`,
                        where,
                        fix: REBUILD,
                    });
            }
            if (found !== undefined)
                await this.#walk(found, at, depth + 1, child);
        });
    }
    async #image(manifest, digest, where, entry) {
        const { config, layers } = manifest;
        if (!isConfigType(config.mediaType) || (entry !== undefined && isAttestation(entry))) {
            // Attestations and other artifacts: their blobs are no file systems.
            for (const blob of [config, ...layers])
                this.#layers.push({ layer: blob, where });
            return;
        }
        const facts = await this.#config(config, where);
        const compressed = layers.reduce((sum, layer) => sum + layer.size, config.size);
        if (facts !== undefined) {
            const platform = platformOf(facts);
            this.#found.push(platform);
            this.#notes.platforms.push({
                platform: formatPlatform(platform),
                digest,
                config: config.digest,
                layers: layers.map((layer) => ({
                    digest: layer.digest,
                    size: layer.size,
                    mediaType: layer.mediaType,
                })),
                size: compressed,
            });
            for (const failure of checkConfig(facts, layers.length, entry, this.#wanted.labels ?? {}))
                this.#notes.fail({ ...failure, where });
        }
        for (const [at, layer] of layers.entries()) {
            if (isForeignLayer(layer.mediaType)) {
                this.#notes.skip(`layer ${verify_checks_short(layer.digest)} of ${where}`, 'it is kept outside of the registry by its licence');
                continue;
            }
            const diffId = facts?.diffIds.length === layers.length ? facts.diffIds[at] : undefined;
            this.#layers.push({ layer, where, ...(diffId === undefined ? {} : { diffId }) });
        }
    }
    async #config(config, where) {
        if (config.size > MAX_CONFIG) {
            this.#notes.skip(`the configuration of ${where}`, `it is larger than ${MAX_CONFIG} bytes`);
            return undefined;
        }
        const bytes = await this.#notes.guarded(where, async () => {
            const chunks = [];
            const stream = this.#client.blob(this.#at, config.digest, { size: config.size, origin: this.#origin });
            for await (const chunk of stream)
                chunks.push(chunk);
            return Buffer.concat(chunks);
        });
        if (bytes === undefined)
            return undefined;
        this.#notes.blobs++;
        this.#notes.bytes += bytes.length;
        const facts = parseConfig(bytes);
        if (!('reason' in facts))
            return facts;
        this.#notes.fail({
            code: 'image-config-invalid',
            what: 'the configuration of the image cannot be read',
            cause: facts.reason,
            where,
            fix: REBUILD,
        });
        return undefined;
    }
}
//# sourceMappingURL=verify.js.map
;// CONCATENATED MODULE: ./lib/buildx/cache.js


/** How long GitHub's cache service may take per request before the build goes on without it. */
const GHA_TIMEOUT = '3m';
/**
 * Where layers are cached between runs. Only the default branch writes; everything else reads: exporting costs more
 * than it saves on branches nobody builds twice (docker/build-push-action#545, #1485).
 */
function layerCache(input, facts) {
    const off = (why) => ({ kind: 'off', from: [], to: [], why });
    if (input === 'off')
        return off('switched off');
    if (facts.generated && input === 'auto')
        return off('the generated image only copies files: there is nothing to cache');
    if (facts.release && input === 'auto')
        return off('a release is built from its sources alone');
    if (facts.driver === 'docker' && !facts.containerdStore) {
        return off('the docker driver without the containerd image store cannot read or write a layer cache');
    }
    const kind = input === 'auto' ? choose(facts) : input;
    if (kind === undefined)
        return off('no registry login and no Actions cache service');
    const writes = facts.trusted && !facts.pullRequest && facts.defaultBranch;
    const reads = writes ? 'read and written' : 'only read: it is written on the default branch';
    const scope = cacheScope(facts);
    switch (kind) {
        case 'registry': {
            if (facts.repository === undefined)
                return off('no image name to keep a registry cache beside');
            const ref = `ref=${facts.repository}:${cacheTag(scope)}`;
            const to = csv([
                'type=registry',
                ref,
                'mode=max',
                'image-manifest=true',
                'oci-mediatypes=true',
                'ignore-error=true',
            ]);
            const write = writes && facts.loggedIn;
            return {
                kind,
                from: [csv(['type=registry', ref])],
                to: write ? [to] : [],
                why: `in the registry at ${ref.slice(4)}, ${write ? reads : facts.loggedIn ? reads : 'only read: no login'}`,
            };
        }
        case 'gha': {
            if (!facts.ghaAvailable)
                return off('the Actions cache service is not there');
            const where = ['type=gha', `scope=${scope}`, `timeout=${GHA_TIMEOUT}`];
            return {
                kind,
                from: [csv(where)],
                // mode=max would spend minutes of throttled uploads for little reuse (docker/build-push-action#545).
                to: writes ? [csv([...where, 'mode=min', 'ignore-error=true'])] : [],
                why: `in the Actions cache under ${scope}, ${reads}`,
            };
        }
        case 'local': {
            if (facts.folder === undefined)
                return off('no folder for a local layer cache');
            const where = `${facts.folder.replace(/[/\\]+$/, '')}/${scope}`;
            return {
                kind,
                from: [csv(['type=local', `src=${where}`])],
                to: writes
                    ? [
                        csv([
                            'type=local',
                            `dest=${where}`,
                            'mode=max',
                            'image-manifest=true',
                            'oci-mediatypes=true',
                            'ignore-error=true',
                        ]),
                    ]
                    : [],
                why: `in ${where}, ${reads}`,
            };
        }
    }
}
function choose(facts) {
    if (facts.loggedIn && facts.repository !== undefined)
        return 'registry';
    return facts.ghaAvailable ? 'gha' : undefined;
}
/** One scope per image, target and set of platforms, so that a matrix does not overwrite its own cache. */
function cacheScope(facts) {
    const image = (facts.repository ?? 'image').split('/').slice(1).join('-') || 'image';
    const platforms = facts.platforms.map(formatPlatform).sort().join('-');
    return [image, facts.target ?? '', platforms]
        .filter((part) => part !== '')
        .join('-')
        .replace(/[^A-Za-z0-9_.-]+/g, '-');
}
/** A tag holds 128 characters (OCI distribution spec, `<reference>`); long scopes keep their end, which differs most. */
const cacheTag = (scope) => `buildcache-${scope.slice(-110).replace(/^[.-]+/, '')}`;
//# sourceMappingURL=cache.js.map
;// CONCATENATED MODULE: ./lib/image/generate.js




/**
 * The Dockerfile of the generated image: per base one stage of `COPY --link` and metadata, so that BuildKit never pulls
 * a base layer (dockerfile reference, "Benefits of using --link"). No RUN, no WORKDIR, no `--chown` by name, no
 * `# syntax` line: each of them costs a pull. Pure: the same input gives the same bytes.
 */
function generateDockerfile(options) {
    const groups = groupByBase(options.platforms);
    const head = '# Made by go-image-pipeline: compiled on the runner, copied onto a base. Only COPY --link and metadata.';
    if (groups.length === 1 && groups[0] !== undefined)
        return generate_text([head, ...stage(groups[0], options)]);
    const lines = [head];
    groups.forEach((group, index) => lines.push(...stage(group, options, `group${index}`), ''));
    const byOs = new Set(groups.map((group) => group.os)).size === groups.length;
    if (byOs) {
        groups.forEach((group, index) => lines.push(`FROM group${index} AS image-${group.os}`));
        lines.push('', 'FROM image-${TARGETOS}');
        return generate_text(lines);
    }
    groups.forEach((group, index) => group.slugs.forEach((slug) => lines.push(`FROM group${index} AS image-${slug}`)));
    lines.push('', 'FROM image-${TARGETOS}_${TARGETARCH}${TARGETVARIANT}');
    return generate_text(lines);
}
function groupByBase(platforms) {
    const groups = [];
    const baseOf = new Map();
    for (const { platform, base } of platforms) {
        const slug = rootfsSlug(platform);
        const known = baseOf.get(slug);
        if (known !== undefined && known !== base) {
            throw (0,base_errors/* inputError */.Xu)({
                code: 'platform-twice',
                what: `${formatPlatform(platform)} is asked for with two bases`,
                cause: `${known} and ${base}: several Windows versions of one architecture need a build each`,
                input: 'platforms',
                fix: 'build them in two steps and merge the digests into one index',
            });
        }
        if (known !== undefined)
            continue;
        baseOf.set(slug, base);
        const group = groups.find((one) => one.os === platform.os && one.base === base);
        if (group === undefined)
            groups.push({ os: platform.os, base, slugs: [slug] });
        else
            group.slugs.push(slug);
    }
    if (groups.length === 0)
        throw new TypeError('an image needs a platform');
    return groups;
}
function stage(group, options, name) {
    const source = '${TARGETOS}_${TARGETARCH}${TARGETVARIANT}/rootfs/';
    const as = name === undefined ? '' : ` AS ${name}`;
    const scratch = base_baseTraits(group.base).kind === 'scratch';
    const copies = options.chmod !== true
        ? [`COPY --link ${source} /`]
        : // Folders need their x bit too, and --chmod knows one mode for all; /tmp comes last with its own.
            [
                `COPY --link --chmod=0755 ${source} /`,
                ...(scratch && group.os !== 'windows' ? [`COPY --link --chmod=1777 ${source}tmp/ /tmp/`] : []),
            ];
    return [
        `FROM ${group.base}${as}`,
        'ARG TARGETOS TARGETARCH TARGETVARIANT',
        ...copies,
        ...metadata(options, group.os),
    ];
}
/** USER, EXPOSE, ENV … ENTRYPOINT: no layer, no pull. */
function metadata(config, os) {
    const env = [
        ...(config.zoneinfo === true ? [['ZONEINFO', zoneinfoPath(os)]] : []),
        ...(config.env ?? []),
    ];
    const health = config.healthCheck;
    return [
        `USER ${os === 'windows' ? 'ContainerUser' : config.user}`,
        ...env.map(([name, value]) => `ENV ${name}=${quoteEnv(value)}`),
        ...((config.expose ?? []).length > 0 ? [`EXPOSE ${(config.expose ?? []).join(' ')}`] : []),
        ...((config.volumes ?? []).length > 0 ? [`VOLUME ${execForm(config.volumes ?? [])}`] : []),
        ...(config.stopSignal === undefined ? [] : [`STOPSIGNAL ${config.stopSignal}`]),
        ...(health === undefined ? [] : [`HEALTHCHECK ${healthFlags(health)}CMD ${execForm(health.test)}`]),
        `ENTRYPOINT ${execForm([binaryPath(config.program, os), ...(config.args ?? [])])}`,
        ...((config.command ?? []).length > 0 ? [`CMD ${execForm(config.command ?? [])}`] : []),
    ];
}
const zoneinfoPath = (os) => os === 'windows' ? `C:${ZONEINFO_PATH.replaceAll('/', '\\')}` : ZONEINFO_PATH;
function healthFlags(health) {
    const flags = [
        ['interval', health.interval],
        ['timeout', health.timeout],
        ['start-period', health.startPeriod],
        ['retries', health.retries],
    ];
    return flags.map(([name, value]) => (value === undefined ? '' : `--${name}=${value} `)).join('');
}
/** JSON, as the exec form is read; Go's reader takes the same escapes as JavaScript writes. */
const execForm = (words) => JSON.stringify(words);
/** A value for ENV: in double quotes, with what the Dockerfile reader would expand or unescape made literal. */
function quoteEnv(value) {
    if (/[\r\n]/.test(value)) {
        throw (0,base_errors/* inputError */.Xu)({
            code: 'image-env',
            what: 'an environment variable of an image holds a line end',
            input: 'image-env',
            fix: 'put the text into a file ("files") and name the file in the variable',
        });
    }
    return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '\\$')}"`;
}
/** For the context folder of the prebuilt form: everything out, the prepared trees in. */
const prebuiltDockerignore = () => '*\n!*/rootfs\n';
/**
 * A whole Dockerfile that a user can keep and build anywhere: stages builder (cross-compiles on the build machine's
 * own platform), tester (vet and test, `--target tester`) and runtime (the same last stage as the generated image).
 */
function standaloneDockerfile(options) {
    const cgo = options.cgo === true;
    const module = options.module ?? '.';
    const groups = groupByBase(options.platforms);
    const caches = '--mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build';
    const source = (rw) => `--mount=type=bind,target=/src${rw ? ',rw' : ''}`;
    const flags = [
        '-trimpath',
        '-buildvcs=false',
        ...((options.tags ?? []).length > 0 ? [`-tags=${(options.tags ?? []).join(',')}`] : []),
    ];
    const bindFile = (name) => `--mount=type=bind,source=${posixJoin(module, name)},target=${name}`;
    const download = options.vendored === true
        ? []
        : [
            '',
            '# Modules first: this step is done again only when go.mod or go.sum change.',
            options.workspace === true
                ? `RUN ${caches} ${source(false)} go mod download`
                : [
                    `RUN ${caches}`,
                    bindFile('go.mod'),
                    ...(options.goSum === false ? [] : [bindFile('go.sum')]),
                    'go mod download',
                ].join(' \\\n    '),
        ];
    const needsFurniture = groups.some((group) => baseTraits(group.base).kind === 'scratch');
    const [uid = '65532', gid = uid] = options.user.split(':');
    const lines = [
        '# syntax=docker/dockerfile:1',
        '# Stages: builder, tester (docker build --target tester .), runtime. Written by go-image-pipeline; yours to change.',
        '',
        `FROM --platform=$BUILDPLATFORM golang:${options.goVersion} AS modules`,
        `WORKDIR ${module === '.' ? '/src' : `/src/${module}`}`,
        `ENV CGO_ENABLED=${cgo ? '1' : '0'} GOTOOLCHAIN=local GOFLAGS="${flags.join(' ')}"`,
        ...download,
        '',
        'FROM modules AS tester',
        `RUN ${caches} ${source(true)} go vet ./... && go test ./...`,
        '',
        'FROM modules AS builder',
        'ARG VERSION=dev COMMIT=unknown DATE=unknown',
        'ARG TARGETOS TARGETARCH TARGETVARIANT',
        `RUN ${caches} ${source(false)} \\`,
        '    export GOOS=$TARGETOS GOARCH=$TARGETARCH && \\',
        '    case "$TARGETARCH" in arm) export GOARM=${TARGETVARIANT#v} ;; amd64) export GOAMD64=${TARGETVARIANT:-v1} ;; esac && \\',
        '    suffix=$(go env GOEXE) && \\',
        options.binaries
            .map((binary) => `    go build -ldflags=${shellQuote(options.ldflags ?? '-s -w')} -o "/out/rootfs${APP_FOLDER}/${binary.name}$suffix" ${binary.package}`)
            .join(' && \\\n'),
        ...(needsFurniture
            ? [
                '',
                '# What scratch lacks: CA bundle, a user, /tmp.',
                'FROM modules AS furniture',
                'RUN mkdir -p /out/rootfs/etc/ssl/certs && mkdir -m 1777 /out/rootfs/tmp && \\',
                '    cp /etc/ssl/certs/ca-certificates.crt /out/rootfs/etc/ssl/certs/ && \\',
                `    echo 'nonroot:x:${uid}:${gid}:nonroot:/home/nonroot:/sbin/nologin' > /out/rootfs/etc/passwd && \\`,
                `    echo 'nonroot:x:${gid}:' > /out/rootfs/etc/group`,
            ]
            : []),
        '',
    ];
    const runtime = (group, name) => [
        `FROM ${group.base} AS ${name}`,
        ...(baseTraits(group.base).kind === 'scratch' ? ['COPY --link --from=furniture /out/rootfs/ /'] : []),
        'COPY --link --from=builder /out/rootfs/ /',
        ...metadata({ ...options, zoneinfo: false }, group.os),
    ];
    if (groups.length === 1 && groups[0] !== undefined)
        return generate_text([...lines, ...runtime(groups[0], 'runtime')]);
    groups.forEach((group, index) => lines.push(...runtime(group, `group${index}`), ''));
    const byOs = new Set(groups.map((group) => group.os)).size === groups.length;
    groups.forEach((group, index) => {
        if (byOs)
            lines.push(`FROM group${index} AS runtime-${group.os}`);
        else
            group.slugs.forEach((slug) => lines.push(`FROM group${index} AS runtime-${slug}`));
    });
    lines.push('', `FROM runtime-${byOs ? '${TARGETOS}' : '${TARGETOS}_${TARGETARCH}${TARGETVARIANT}'} AS runtime`);
    return generate_text(lines);
}
const posixJoin = (folder, name) => (folder === '.' ? name : `${folder}/${name}`);
/** In double quotes for a POSIX shell, with $VERSION and its like left to expand. */
const shellQuote = (value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('`', '\\`')}"`;
/** For a repository with a Dockerfile of its own: nothing that the build does not need, so that its cache holds. */
const proposedDockerignore = () => [
    '.git',
    '.github',
    '**/*_test.go',
    '**/testdata',
    'dist',
    'bin',
    '*.md',
    'Dockerfile*',
    '.dockerignore',
    '',
].join('\n');
const generate_text = (lines) => `${lines.join('\n').replace(/\n+$/, '')}\n`;
//# sourceMappingURL=generate.js.map
;// CONCATENATED MODULE: ./lib/actions/build/requests.js













/** Quick enough to notice, slow enough not to load. */
const HEALTH = { interval: '30s', timeout: '3s', startPeriod: '5s', retries: 3 };
/** What is asked of an engine: the build requests of a target, from inputs, facts and what earlier steps found. */
class ImageRequests {
    #inputs;
    #facts;
    #plan;
    #act;
    #results;
    #folder;
    constructor(inputs, facts, plan, act, results, folder) {
        this.#inputs = inputs;
        this.#facts = facts;
        this.#plan = plan;
        this.#act = act;
        this.#results = results;
        this.#folder = folder;
    }
    /** For Buildx. */
    request(target) {
        return this.#plan.form === 'generated'
            ? this.#generated(target)
            : Promise.resolve(this.#dockerfile(target));
    }
    /** For the direct engine. */
    async direct(target) {
        const { context, platforms } = await this.#layOut(target);
        const facts = this.#labelFacts(target);
        const work = (0,external_node_path_.join)(await this.#folder(), 'layers', target.id);
        await (0,promises_.mkdir)(work, { recursive: true });
        return {
            platforms: platforms.map(({ platform, base, folder }) => {
                const digest = this.#results.bases.get(base);
                return {
                    platform,
                    rootfs: (0,external_node_path_.join)(context, folder),
                    ...(base === 'scratch' || digest === undefined ? {} : { base: { ...referenceOf(base), digest } }),
                };
            }),
            config: this.#config(target),
            labels: Object.entries(imageLabels(facts, this.#inputs.labels).labels),
            annotations: imageAnnotations(facts, this.#inputs.annotations, this.#plan.platforms.length > 1).entries,
            epoch: this.#epoch(),
            work,
        };
    }
    /** buildkitd.toml for the registries of this run; undefined when BuildKit needs none. */
    async buildkitd() {
        const inputs = this.#inputs;
        const given = inputs.buildkitdConfig;
        const raw = given === undefined || given.includes('\n') || given.includes('=')
            ? given
            : await (0,promises_.readFile)((0,external_node_path_.resolve)(this.#facts.workingDirectory, given), 'utf8');
        const ca = inputs.registryCa;
        let file;
        if (ca !== undefined) {
            file = (0,external_node_path_.join)(await this.#folder(), 'registry-ca.pem');
            await (0,promises_.writeFile)(file, ca.includes('-----BEGIN') ? ca : await (0,promises_.readFile)((0,external_node_path_.resolve)(this.#facts.workingDirectory, ca), 'utf8'));
        }
        const registries = new Set(this.#plan.targets.flatMap((target) => repositoriesOf(target)).map((one) => one.registry));
        const { toml, problems } = buildkitdToml({
            mirrors: inputs.registryMirrors,
            insecure: [
                ...inputs.insecureRegistries,
                ...[...registries].filter((one) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(one) && ca === undefined),
            ],
            ...(file === undefined ? {} : { ca: [...registries].map((registry) => ({ registry, file })) }),
            ...(raw === undefined ? {} : { raw }),
        });
        const [problem] = problems;
        if (problem !== undefined)
            throw (0,base_errors/* environmentError */.me)(problem);
        return toml;
    }
    /** The base of a platform: `scratch` or a reference. */
    base(platform) {
        return baseFor(this.#inputs.base, platform, this.#inputs.cgo);
    }
    /** Lays the programs and files out per platform; the folders are relative to the context. */
    async #layOut(target) {
        const { inputs, facts, plan, results } = {
            inputs: this.#inputs,
            facts: this.#facts,
            plan: this.#plan,
            results: this.#results,
        };
        const context = (0,external_node_path_.join)(await this.#folder(), 'context', target.id);
        await (0,promises_.mkdir)(context, { recursive: true });
        const names = target.mains.map((main) => main.name);
        const platforms = [];
        for (const platform of plan.platforms) {
            const base = this.base(platform);
            const binaries = results.binaries.filter((one) => names.includes(one.name) && samePlatform(one.platform, platform));
            const { folder } = await prepareRootfs({
                context,
                platform,
                host: this.#act.host,
                binaries: binaries.map((one) => ({ name: one.name, file: one.file })),
                furnished: base_baseTraits(base).furnished,
                files: inputs.files,
                filesRoot: facts.workingDirectory,
                user: inputs.user,
                epoch: this.#epoch(),
            });
            platforms.push({ platform, base, folder });
        }
        return { context, platforms };
    }
    #config(target) {
        const inputs = this.#inputs;
        const [main] = target.mains;
        if (main === undefined)
            throw new TypeError('a generated image has a main package');
        return {
            program: main.name,
            args: inputs.entrypointArgs,
            user: inputs.user,
            expose: inputs.expose,
            env: inputs.imageEnv,
            ...(inputs.healthcheck.length === 0 ? {} : { healthCheck: { test: inputs.healthcheck, ...HEALTH } }),
        };
    }
    /** The request of the generated image: one Dockerfile of COPY and metadata. */
    async #generated(target) {
        const { context, platforms } = await this.#layOut(target);
        const dockerfile = generateDockerfile({
            ...this.#config(target),
            platforms: platforms.map(({ platform, base }) => ({
                platform,
                base: pinBase(base, this.#results.bases.get(base)),
            })),
            chmod: this.#act.host.os === 'windows',
        });
        const file = (0,external_node_path_.join)(context, 'Dockerfile');
        await (0,promises_.writeFile)(file, dockerfile);
        return { ...this.#common(target), context, file };
    }
    /** The request of the user's own Dockerfile. */
    #dockerfile(target) {
        const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts };
        const { dockerfile, git, event } = facts;
        if (dockerfile === undefined)
            throw new TypeError('there is no Dockerfile');
        const declared = declaredArguments(dockerfile.facts);
        const given = new Set(inputs.buildArgs.map(([name]) => name));
        const automatic = [
            ['VERSION', this.#plan.version],
            ['COMMIT', git?.commit ?? event.sha ?? ''],
            ['DATE', new Date(this.#epoch() * 1000).toISOString().replace('.000Z', 'Z')],
        ].filter(([name, value]) => declared.has(name) && !given.has(name) && value !== '');
        const cache = this.#layerCache(target);
        this.#act.log.info(`layer cache: ${cache.kind} (${cache.why})`);
        return {
            ...this.#common(target),
            context: (0,external_node_path_.resolve)(facts.workingDirectory, inputs.context),
            file: (0,external_node_path_.resolve)(facts.workingDirectory, dockerfile.path),
            ...(inputs.target === undefined ? {} : { target: inputs.target }),
            buildArgs: [...automatic, ...inputs.buildArgs],
            buildContexts: inputs.buildContexts,
            secrets: this.#secrets(),
            ssh: inputs.ssh,
            cacheFrom: inputs.noCache ? [] : cache.from,
            cacheTo: cache.to,
        };
    }
    #common(target) {
        const { inputs, plan } = { inputs: this.#inputs, plan: this.#plan };
        const facts = this.#labelFacts(target);
        const { entries } = imageAnnotations(facts, inputs.annotations, plan.platforms.length > 1);
        const switched = (text, on) => text === 'false' ? 'off' : text === 'true' ? on : text;
        return {
            ...(this.#results.builder === undefined ? {} : { builder: this.#results.builder.name }),
            platforms: plan.platforms,
            labels: Object.entries(imageLabels(facts, inputs.labels).labels),
            annotations: entries.map((entry) => {
                const text = labels_formatAnnotation(entry);
                const at = text.indexOf('=');
                return [text.slice(0, at), text.slice(at + 1)];
            }),
            noCache: inputs.noCache,
            pull: inputs.pull,
            provenance: switched(inputs.provenance, 'min'),
            sbom: switched(inputs.sbom, 'on'),
            sourceDateEpoch: this.#epoch(),
        };
    }
    #labelFacts(target) {
        const { git, event, workspace } = this.#facts;
        const [base, ...others] = [...this.#results.bases];
        const url = git?.url ??
            (event.serverUrl !== undefined && event.repository !== undefined
                ? `${event.serverUrl}/${event.repository}`
                : undefined);
        return {
            created: this.#epoch(),
            title: target.id === 'image' ? (projectName(workspace) ?? 'image') : target.id,
            ...(git === undefined
                ? event.sha === undefined
                    ? {}
                    : { revision: event.sha }
                : { revision: git.commit }),
            ...(url === undefined ? {} : { url }),
            ...(this.#plan.version === '' ? {} : { version: this.#plan.version }),
            ...(event.description === undefined ? {} : { description: event.description }),
            ...(event.license === undefined ? {} : { license: event.license }),
            ...(base === undefined || others.length > 0 ? {} : { baseName: base[0], baseDigest: base[1] }),
        };
    }
    #layerCache(target) {
        const { inputs, facts, plan } = { inputs: this.#inputs, facts: this.#facts, plan: this.#plan };
        const { env } = this.#act;
        const [repository] = repositoriesOf(target);
        const branch = facts.event.ref.replace(/^refs\/heads\//, '');
        if (plan.driver.driver === 'none')
            throw new TypeError('the plan has no driver');
        return layerCache(inputs.layerCache, {
            driver: plan.driver.driver,
            containerdStore: facts.engine.server?.containerdStore === true,
            ...(repository === undefined ? {} : { repository: `${repository.registry}/${repository.repository}` }),
            loggedIn: repository !== undefined && facts.loggedIn.has(repository.registry),
            ghaAvailable: (env['ACTIONS_RUNTIME_TOKEN'] ?? '') !== '' &&
                ((env['ACTIONS_RESULTS_URL'] ?? '') !== '' || (env['ACTIONS_CACHE_URL'] ?? '') !== ''),
            trusted: mayWrite(env, inputs.cache, undefined) && !facts.event.fork,
            defaultBranch: facts.event.defaultBranch !== undefined && branch === facts.event.defaultBranch,
            pullRequest: facts.event.name.startsWith('pull_request'),
            release: facts.event.ref.startsWith('refs/tags/'),
            generated: plan.form === 'generated',
            platforms: plan.platforms,
            ...(inputs.target === undefined ? {} : { target: inputs.target }),
        });
    }
    #secrets() {
        const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts };
        return [
            ...inputs.secrets.map(([id, value]) => ({ id, value })),
            ...inputs.secretFiles.map(([id, file]) => ({
                id,
                file: (0,external_node_path_.resolve)(facts.workingDirectory, file),
            })),
            ...inputs.secretEnvs.map(([id, env]) => ({ id, env })),
        ];
    }
    #epoch() {
        return epochOf(this.#facts);
    }
}
/** Seconds since the epoch of everything that is written into an image: the commit's, so that it can be reproduced. */
const epochOf = (facts) => facts.git?.commitTime ?? facts.event.commitTime ?? Math.floor(facts.now / 1000);
/** Names of all ARG instructions, of any stage or before the first. */
function declaredArguments(facts) {
    return new Set(facts.lines.flatMap((line) => /^\s*ARG\s+([A-Za-z_]\w*)/i.exec(line)?.[1] ?? []));
}
//# sourceMappingURL=requests.js.map
;// CONCATENATED MODULE: ./lib/actions/build/sizes.js




/** What an image weighs, platform by platform, as the registry tells it. */
class ImageSizes {
    #plan;
    #results;
    #client;
    #base;
    constructor(plan, results, client, base) {
        this.#plan = plan;
        this.#results = results;
        this.#client = client;
        this.#base = base;
    }
    /** Sizes per platform, from the manifests in the registry. */
    /** Of what was pushed. */
    async of(repository, digest, signal) {
        if (repository === undefined)
            return [];
        const client = this.#client.withSignal(signal);
        return this.#measure(digest, async (one) => (await client.manifest({ ...repository, digest: one }, { origin: true })).content, client);
    }
    /** Of an OCI layout that was not pushed (pull requests). */
    async ofLayout(file, digest, signal) {
        const layout = await openOciLayout(file);
        const read = async (one) => {
            const content = parseManifest(await layout.read(one), '');
            if ('reason' in content)
                throw new TypeError(`the layout holds no manifest ${one}: ${content.reason}`);
            return content;
        };
        return this.#measure(digest, read, this.#client.withSignal(signal));
    }
    async #measure(digest, read, client) {
        const measured = async (of, manifest, platform) => {
            const known = platform === undefined ? new Set() : await this.#baseLayers(platform, client);
            const layers = manifest.layers.map((layer) => ({
                digest: layer.digest,
                size: layer.size,
                base: known.has(layer.digest),
            }));
            const size = manifest.config.size + layers.reduce((sum, layer) => sum + layer.size, 0);
            return {
                platform: platform === undefined ? 'unknown' : formatPlatform(platform),
                digest: of,
                size,
                layers,
            };
        };
        const top = await read(digest);
        if (top.kind === 'manifest')
            return [await measured(digest, top, this.#plan.platforms[0])];
        const images = top.manifests.filter((entry) => !isAttestation(entry));
        return Promise.all(images.map(async (entry) => {
            const manifest = await read(entry.digest);
            if (manifest.kind === 'index')
                throw new TypeError('an index in an index');
            return measured(entry.digest, manifest, entry.platform === undefined ? undefined : toPlatform(entry.platform));
        }));
    }
    /** Digests of the layers that come with the base; empty when that is not known. */
    async #baseLayers(platform, client) {
        const base = this.#plan.form === 'generated' ? this.#base(platform) : 'scratch';
        const digest = this.#results.bases.get(base);
        if (digest === undefined)
            return new Set();
        try {
            const reference = referenceOf(base);
            const top = await client.manifest({
                registry: reference.registry,
                repository: reference.repository,
                digest,
            });
            if (top.content.kind === 'manifest')
                return new Set(top.content.layers.map((layer) => layer.digest));
            const entry = top.content.manifests.find((one) => one.platform !== undefined && samePlatform(toPlatform(one.platform), platform));
            if (entry === undefined)
                return new Set();
            const { content } = await client.manifest({
                registry: reference.registry,
                repository: reference.repository,
                digest: entry.digest,
            });
            return new Set(content.kind === 'index' ? [] : content.layers.map((layer) => layer.digest));
        }
        catch {
            // Only the picture of the layers is poorer for it.
            return new Set();
        }
    }
}
//# sourceMappingURL=sizes.js.map
;// CONCATENATED MODULE: ./lib/actions/build/steps-image.js





















/** The steps around the image: login, builder, build, start, read back, publish. */
class ImageSteps {
    #inputs;
    #facts;
    #plan;
    #act;
    #results;
    #keeper;
    #folder;
    #client;
    #requests;
    #sizes;
    #dockerEnv = {};
    #dockerConfig = '';
    constructor(inputs, facts, plan, act, results, keeper, folder) {
        this.#inputs = inputs;
        this.#facts = facts;
        this.#plan = plan;
        this.#act = act;
        this.#results = results;
        this.#keeper = keeper;
        this.#folder = folder;
        this.#client = registryClient(inputs, act);
        this.#requests = new ImageRequests(inputs, facts, plan, act, results, folder);
        this.#sizes = new ImageSizes(plan, results, this.#client, (platform) => this.#requests.base(platform));
    }
    async login(signal) {
        const logins = loginsOf(this.#inputs, this.#act.env);
        const config = await makeDockerConfig(logins, this.#ports('login', signal));
        this.#dockerEnv = config.env;
        this.#dockerConfig = config.dir;
        this.#keepFolders();
        const client = this.#client.withSignal(signal);
        const repositories = this.#plan.push ? this.#plan.targets.flatMap((target) => repositoriesOf(target)) : [];
        const used = new Set(repositories.map((repository) => repository.registry));
        // The job's own token is only worth a call when ghcr.io is used at all.
        const worth = logins.filter((login) => used.has(login.registry) || this.#inputs.registries.includes(login));
        await Promise.all(worth.map((login) => client.checkLogin(login.registry)));
        await Promise.all(repositories.map((repository) => client.checkPush(repository)));
        const names = [...new Set(repositories.map((one) => `${one.registry}/${one.repository}`))];
        return names.length === 0 ? 'nothing is pushed' : `may push to ${names.join(', ')}`;
    }
    async builder(signal) {
        const act = this.#ports('builder', signal);
        const inputs = this.#inputs;
        const buildx = await installBuildx({ version: inputs.buildxVersion, baseUrl: inputs.buildxUrl, env: this.#dockerEnv }, this.#facts.engine, act);
        this.#results.buildx = buildx;
        if (this.#dockerConfig !== '')
            await linkPlugin(buildx, this.#dockerConfig, act.host);
        const { driver } = this.#plan.driver;
        if (driver === 'none')
            throw new TypeError('the plan has no driver');
        const config = await this.#requests.buildkitd();
        const builder = await createBuilder({
            driver,
            ...(config === undefined ? {} : { config }),
            driverOpts: inputs.driverOpts,
            ...(inputs.endpoint === undefined ? {} : { endpoint: inputs.endpoint }),
            registries: [
                ...this.#plan.targets.flatMap((target) => repositoriesOf(target)).map((one) => one.registry),
                ...inputs.registryMirrors.map((mirror) => new URL(mirror.url).host),
            ],
            mirrors: inputs.registryMirrors,
            keep: inputs.keepBuilder,
        }, buildx, act, (made) => {
            this.#keeper.update({ builder: { builder: made, buildx: { argv: buildx.argv, env: buildx.env } } });
        });
        this.#results.builder = builder;
        return `Buildx ${buildx.version}, ${builder.driver}${builder.buildkit === '' ? '' : `, BuildKit ${builder.buildkit}`}`;
    }
    /** Resolves every base to its digest, so that all platforms and reruns use the same one. */
    async base(signal) {
        const bases = new Set(this.#plan.platforms
            .map((platform) => this.#requests.base(platform))
            .filter((base) => base !== 'scratch'));
        const client = this.#client.withSignal(signal);
        await Promise.all([...bases].map(async (base) => {
            const { digest } = await client.resolve(referenceOf(base));
            this.#results.bases.set(base, digest);
        }));
        return [...this.#results.bases].map(([base, digest]) => `${base} is ${digest.slice(0, 19)}`).join(', ');
    }
    async image(target, signal) {
        const act = this.#ports(`image ${target.id}`, signal);
        const image = this.#plan.engine === 'direct' ? await this.#assemble(target, act) : await this.#build(target, act);
        this.#results.images.set(target.id, image);
        const sizes = image.platforms.map((one) => `${one.platform} ${formatBytes(one.size)}`).join(', ');
        return `${image.digest.slice(0, 19)}${sizes === '' ? '' : ` (${sizes})`}`;
    }
    /** Our own layers on the base's, through the registry API. */
    async #assemble(target, act) {
        const client = this.#client.withSignal(act.signal);
        const request = await this.#requests.direct(target);
        const image = await assembleDirect(request, client, act);
        if (this.#plan.push)
            for (const repository of repositoriesOf(target))
                await pushDirect(image, repository, client, act);
        return {
            id: target.id,
            digest: image.digest,
            mediaType: image.mediaType,
            platforms: image.manifests.map((one) => {
                const layers = [
                    ...one.baseLayers.map(({ digest, size }) => ({ digest, size, base: true })),
                    { digest: one.layer.digest, size: one.layer.size, base: false },
                ];
                const size = one.config.length + layers.reduce((sum, layer) => sum + layer.size, 0);
                return { platform: formatPlatform(one.platform), digest: one.descriptor.digest, size, layers };
            }),
            labels: Object.fromEntries(request.labels),
        };
    }
    async #build(target, act) {
        const { signal } = act;
        const request = await this.#requests.request(target);
        const layout = (0,external_node_path_.join)(await this.#folder(), `${target.id}.oci.tar`);
        const repositories = repositoriesOf(target);
        const output = this.#plan.push && this.#plan.driver.driver !== 'docker'
            ? { kind: 'digest', names: repositories.map((one) => `${one.registry}/${one.repository}`) }
            : this.#plan.push ||
                this.#plan.driver.driver !== 'docker' ||
                this.#facts.engine.server?.containerdStore === true
                ? { kind: 'oci', file: layout }
                : { kind: 'load', tags: [`gip-build-${target.id}:latest`] };
        const built = await runBuild({ ...request, output }, this.#buildx(), act, { root: this.#facts.root });
        for (const warning of built.warnings) {
            act.log.annotate({
                level: 'warning',
                message: warning.message,
                ...(warning.file === undefined ? {} : { file: warning.file }),
                ...(warning.line === undefined ? {} : { line: warning.line }),
            });
        }
        let digest = built.digest;
        if (output.kind === 'oci' && this.#plan.push) {
            for (const repository of repositories)
                digest = (await pushLayout(layout, repository, this.#client.withSignal(signal), { signal })).digest;
        }
        if (digest === undefined) {
            throw (0,base_errors/* environmentError */.me)({
                code: 'image-digest-missing',
                what: 'the build told no digest',
                fix: 'update Buildx (buildx-version: latest)',
            });
        }
        return {
            id: target.id,
            digest,
            mediaType: built.mediaType ?? '',
            platforms: this.#plan.push
                ? await this.#sizes.of(repositories[0], digest, signal)
                : output.kind === 'oci'
                    ? await this.#sizes.ofLayout(layout, digest, signal)
                    : [],
            labels: Object.fromEntries(request.labels ?? []),
            ...(output.kind === 'oci' ? { layout } : {}),
        };
    }
    async start(target, signal) {
        const act = this.#ports(`start ${target.id}`, signal);
        const inputs = this.#inputs;
        const platform = this.#plan.startPlatform;
        const image = this.#results.images.get(target.id);
        if (platform === undefined || image === undefined)
            throw new TypeError('there is no image to start');
        const reference = await this.#runnable(target, image, platform, act);
        const trial = `gip-${(0,external_node_crypto_.randomUUID)()}`;
        this.#keeper.update({ trials: [...(this.#keeper.state.trials ?? []), trial] });
        const report = await startImage({
            image: reference.image,
            pull: reference.pull,
            remove: true,
            platform,
            mode: inputs.start === 'off' ? 'auto' : inputs.start,
            args: inputs.startArgs,
            env: inputs.startEnv,
            expose: inputs.expose,
            timeoutMs: inputs.startTimeoutMs,
            dockerEnv: this.#dockerEnv,
            run: trial,
            ...(inputs.healthPath === undefined ? {} : { healthPath: inputs.healthPath }),
        }, act);
        this.#results.starts.set(target.id, report);
        for (const warning of report.warnings)
            act.log.annotate({
                level: 'warning',
                title: warning.what,
                message: warning.fix ?? warning.cause ?? warning.what,
            });
        if (report.problems.length > 0)
            throw (0,base_errors/* gateError */.em)(report.problems[0] ?? { code: 'start-failed', what: 'the image did not start' }, report.logs.join('\n'));
        return report.summary;
    }
    async verify(target, signal) {
        const image = this.#results.images.get(target.id);
        const { verify } = this.#inputs;
        if (image === undefined || verify === 'off')
            throw new TypeError('there is nothing to read back');
        const client = this.#client.withSignal(signal);
        const reports = await Promise.all(repositoriesOf(target).map((repository) => verifyImage({ ...repository, digest: image.digest }, { platforms: this.#plan.platforms }, client, {
            level: verify,
            signal,
        })));
        for (const report of reports) {
            this.#results.verifies.set(target.id, report);
            const failure = verifyError(report);
            if (failure !== undefined)
                throw failure;
        }
        const [first] = reports;
        return first === undefined
            ? 'nothing to read'
            : `${first.blobs} blobs, ${formatBytes(first.bytes)} hashed`;
    }
    /** Moves the tags of all images, or of none: what an earlier image had moved is put back when a later one fails. */
    async publish(signal) {
        const act = this.#ports('publish', signal);
        const moves = [];
        const onMove = (move) => {
            moves.push(move);
            this.#keeper.update({
                moves: moves.map(({ target, old, new: to }) => ({
                    target,
                    new: to,
                    ...(old === undefined ? {} : { old }),
                })),
            });
        };
        for (const target of this.#plan.targets) {
            const image = this.#results.images.get(target.id);
            const repositories = repositoriesOf(target);
            const [source] = repositories;
            if (image === undefined || source === undefined)
                throw new TypeError('an image to publish was built and has a name');
            const tags = publishTargets(repositories, this.#plan.tags).flatMap((one) => one.tags.map((tag) => ({ registry: one.registry, repository: one.repository, tag })));
            const before = moves.length;
            try {
                const result = await publish({ source: { ...source, digest: image.digest }, tags }, this.#client.withSignal(signal), act, { onMove });
                this.#results.published.set(target.id, result);
            }
            catch (error) {
                // Its own moves it has put back itself.
                await restoreTags(moves.slice(0, before).reverse(), this.#client.withSignal(AbortSignal.timeout(3 * 60_000)), act);
                this.#results.published.clear();
                this.#keeper.update({ moves: [] });
                throw error;
            }
            await this.#sizesBefore(target, signal);
        }
        this.#keeper.update({ moves: [] });
        const states = [...this.#results.published.values()].flatMap((result) => result.tags);
        return [
            ...new Set(states.map((one) => (one.state === 'unchanged' ? `${one.tag} (unchanged)` : one.tag))),
        ].join(', ');
    }
    /** What the image weighed before, for the comparison in the summary; not knowing it costs nothing. */
    async #sizesBefore(target, signal) {
        const tags = this.#results.published.get(target.id)?.tags ?? [];
        const earlier = tags.findLast((tag) => tag.old !== undefined && tag.old !== tag.new);
        if (earlier?.old === undefined)
            return;
        try {
            this.#results.before.set(target.id, await this.#sizes.of(earlier, earlier.old, signal));
        }
        catch {
            signal.throwIfAborted();
        }
    }
    async load(signal) {
        const act = this.#ports('load', signal);
        const own = this.#ownPlatform();
        const names = [];
        for (const target of this.#plan.targets) {
            const request = await this.#requests.request(target);
            const repositories = repositoriesOf(target);
            const tags = repositories.length === 0
                ? [`${target.id}:latest`]
                : publishTargets(repositories, this.#plan.tags).flatMap((one) => one.tags.map((tag) => `${one.registry}/${one.repository}:${tag}`));
            await runBuild({ ...request, platforms: [own], output: { kind: 'load', tags } }, this.#buildx(), act, {
                root: this.#facts.root,
            });
            names.push(...tags);
        }
        return names.join(', ');
    }
    /** What the engine is to start: the very image that was pushed, pulled by digest, or a loaded build of it. */
    async #runnable(target, image, platform, act) {
        const [repository] = repositoriesOf(target);
        if (this.#plan.push && repository !== undefined && enginePulls(target, this.#inputs, this.#facts)) {
            return { image: `${repository.registry}/${repository.repository}@${image.digest}`, pull: true };
        }
        const tag = `gip-start-${target.id}:${image.digest.slice(7, 19)}`;
        const request = await this.#requests.request(target);
        await runBuild({ ...request, platforms: [platform], output: { kind: 'load', tags: [tag] } }, this.#buildx(), act, { root: this.#facts.root });
        return { image: tag, pull: false };
    }
    #ownPlatform() {
        return this.#plan.startPlatform ?? nativeContainerPlatform(this.#facts.host);
    }
    #buildx() {
        if (this.#results.buildx === undefined)
            throw new TypeError('Buildx is not there yet');
        return this.#results.buildx;
    }
    #keepFolders() {
        this.#keeper.update({ folders: this.#act.temp.folders });
    }
    #ports(name, signal) {
        return { ...this.#act, signal, log: prefixed(this.#act.log, name) };
    }
}
//# sourceMappingURL=steps-image.js.map
;// CONCATENATED MODULE: ./lib/actions/build/steps.js







/** What each step of the plan does. */
class Steps {
    results = emptyResults();
    /** Absolute. */
    reportDir;
    #inputs;
    #plan;
    #act;
    #go;
    #image;
    #keeper;
    #work;
    constructor(inputs, facts, plan, act, keeper) {
        this.#inputs = inputs;
        this.#plan = plan;
        this.#act = act;
        this.#keeper = keeper;
        this.reportDir = reportFolder(inputs, facts, act);
        const folder = () => this.#folder();
        this.#go = new GoSteps(inputs, facts, plan, act, this.results, keeper, folder);
        this.#image = new ImageSteps(inputs, facts, plan, act, this.results, keeper, folder);
    }
    /** By step id; every step of the plan is there. */
    work() {
        const go = this.#go;
        const image = this.#image;
        const work = new Map([
            ['login', (signal) => image.login(signal)],
            ['go', (signal) => go.install(signal)],
            ['modules-restore', (signal) => go.restoreModules(signal)],
            ['build-restore', (signal) => go.restoreBuild(signal)],
            ['mtimes', (signal) => go.mtimes(signal)],
            ['modules', (signal) => go.modules(signal)],
            ['test', async (signal) => go.test(await this.#reports(), signal)],
            ['coverage', () => Promise.resolve(go.coverage())],
            ['binaries', () => checkBinaries(this.results.binaries, this.#inputs)],
            ['builder', (signal) => image.builder(signal)],
            ['base', (signal) => image.base(signal)],
            ['load', (signal) => image.load(signal)],
            ['publish', (signal) => image.publish(signal)],
        ]);
        for (const platform of this.#plan.platforms) {
            work.set(compileStepId(platform), (signal) => go.compile(platform, signal));
        }
        for (const target of this.#plan.targets) {
            const suffix = this.#plan.targets.length > 1 ? `:${target.id}` : '';
            work.set(`image${suffix}`, (signal) => image.image(target, signal));
            work.set(`start${suffix}`, (signal) => image.start(target, signal));
            work.set(`verify${suffix}`, (signal) => image.verify(target, signal));
        }
        return work;
    }
    /** One working folder for the whole run, removed at its end. */
    #folder() {
        this.#work ??= this.#act.temp.make('work').then((folder) => {
            this.#keeper.update({ folders: this.#act.temp.folders });
            return folder;
        });
        return this.#work;
    }
    async #reports() {
        await makeReportFolder(this.reportDir);
        return this.reportDir;
    }
}
/** Where the report files go. */
function reportFolder(inputs, facts, act) {
    const top = act.env['GITHUB_WORKSPACE'] ?? process.cwd();
    if (inputs.reportDir !== undefined)
        return (0,external_node_path_.resolve)(top, inputs.reportDir);
    const temp = act.env['RUNNER_TEMP'];
    if (facts.inActions && temp !== undefined && temp !== '')
        return (0,external_node_path_.join)(temp, 'go-image-pipeline', 'report');
    return (0,external_node_path_.join)(process.cwd(), '.gip', 'report');
}
/**
 * Makes the folder, out of git's sight when it is new. A folder that was there is the user's: nothing is put in it but
 * the report.
 */
async function makeReportFolder(folder) {
    const made = await (0,promises_.mkdir)(folder, { recursive: true });
    if (made !== undefined)
        await (0,promises_.writeFile)((0,external_node_path_.join)(folder, '.gitignore'), '*\n');
}
//# sourceMappingURL=steps.js.map
;// CONCATENATED MODULE: ./lib/actions/build/report.js












/** Annotations, report files and job summary. A report that cannot be written costs a warning, never the run. */
async function writeReport(run, act) {
    const report = reportOf(run, act);
    const summary = renderSummary(report);
    const { tests } = run.results;
    if (tests !== undefined)
        for (const annotation of annotationsOf(tests))
            act.log.annotate(annotation);
    try {
        await makeReportFolder(run.reportDir);
        await writeReportFiles(run.reportDir, report, act.secrets);
        if (tests !== undefined)
            await (0,promises_.writeFile)((0,external_node_path_.join)(run.reportDir, 'junit.xml'), act.secrets.redact(junitXml(tests)));
        const file = act.env['GITHUB_STEP_SUMMARY'];
        if (file !== undefined && file !== '')
            await (0,promises_.appendFile)(file, act.secrets.redact(summary));
    }
    catch (error) {
        act.log.warning(`the report could not be written to ${run.reportDir}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return { folder: run.reportDir, summary };
}
/** Everything that happened, as the data that summary and files are made of. Pure. */
function reportOf(run, act) {
    const { inputs, facts, plan, result, results, failure } = run;
    const now = act.clock.now();
    const steps = stepReports(result.spans, plan.steps, facts.now);
    const { git, event, workspace } = facts;
    const failed = result.failures[0];
    return {
        schema: 1,
        outcome: failure === undefined ? 'passed' : failure.kind === 'cancelled' ? 'cancelled' : 'failed',
        startedAt: new Date(facts.now).toISOString(),
        durationMs: now - facts.now,
        project: {
            name: projectName(workspace) ?? facts.folder,
            directory: facts.folder,
            dirty: git?.dirty ?? false,
            ...(workspace.modules[0] === undefined ? {} : { module: workspace.modules[0].path }),
            ...(plan.version === '' ? {} : { version: plan.version }),
            ...(git?.url === undefined ? {} : { url: git.url }),
            ...(git === undefined ? {} : { commit: git.commit }),
            ...(git?.branch === undefined ? {} : { branch: git.branch }),
            ...(git?.tag === undefined ? {} : { tag: git.tag }),
            ...(event.prNumber === undefined ? {} : { pullRequest: event.prNumber }),
        },
        run: {
            event: event.name,
            host: `${facts.host.os}/${facts.host.arch}`,
            cores: facts.cores,
            ...(event.actor === undefined ? {} : { actor: event.actor }),
            ...(event.runUrl === undefined ? {} : { url: event.runUrl }),
            ...(event.runAttempt === undefined ? {} : { attempt: event.runAttempt }),
        },
        tools: toolsOf(facts, results),
        steps,
        gates: result.spans.filter((span) => span.gate).map(gateOf),
        ...(results.tests === undefined ? {} : testsOf(results.tests, inputs)),
        diagnostics: diagnosticsOf(results, plan, facts),
        images: plan.targets.flatMap((target) => imagesOf(target, run)),
        push: plan.push,
        published: results.published.size > 0,
        caches: [cacheOf('modules', results.modulesCache), cacheOf('build', results.buildCache)].filter((one) => one !== undefined),
        retries: act.counter.list(),
        notes: [...plan.notes, ...results.notes],
        warnings: plan.warnings,
        problems: failure?.problems ?? [],
        ...(failure?.log === undefined
            ? {}
            : { failureLog: { step: failed?.id ?? '', lines: failure.log.split('\n') } }),
        files: [
            { title: 'This report as data', path: 'report.json' },
            ...(results.tests === undefined
                ? []
                : [
                    { title: 'JUnit', path: 'junit.xml' },
                    { title: 'go test events', path: 'go-test.jsonl' },
                ]),
            ...(results.tests?.coverageProfile === undefined
                ? []
                : [{ title: 'Coverage profile', path: 'coverage.out' }]),
        ],
        timing: timingOf(steps),
    };
}
function toolsOf(facts, results) {
    const tools = [];
    if (results.go !== undefined)
        tools.push({ name: 'go', version: results.go.version, source: results.go.source });
    if (facts.engine.server !== undefined)
        tools.push({ name: facts.engine.server.product, version: facts.engine.server.version });
    if (results.buildx !== undefined)
        tools.push({ name: 'buildx', version: results.buildx.version, source: results.buildx.source });
    if (results.builder !== undefined && results.builder.buildkit !== '')
        tools.push({ name: 'buildkit', version: results.builder.buildkit });
    return tools;
}
function gateOf(span) {
    const verdict = span.status === 'ok'
        ? 'passed'
        : span.status === 'failed'
            ? 'failed'
            : span.startMs === undefined &&
                span.status === 'skipped' &&
                !/did not end well|failed$/.test(span.reason ?? '')
                ? 'off'
                : 'not-reached';
    return {
        id: span.id,
        title: span.title,
        verdict,
        ...(span.reason === undefined ? {} : { detail: span.reason }),
        ...(span.startMs === undefined || span.endMs === undefined
            ? {}
            : { durationMs: span.endMs - span.startMs }),
    };
}
function testsOf(tests, inputs) {
    const { coverage } = tests;
    return {
        ...(inputs.test
            ? {
                tests: {
                    passed: tests.passed,
                    failed: tests.failed,
                    skipped: tests.skipped,
                    packages: tests.packages.length,
                    cachedPackages: tests.cached,
                    durationMs: tests.ms,
                    slowest: tests.slowest.map((one) => ({ package: one.package, name: one.test, ms: one.ms })),
                    failures: tests.failures.map((one) => ({
                        package: one.package,
                        message: one.output.at(-1) ?? 'failed',
                        output: one.output,
                        ...(one.test === undefined ? {} : { test: one.test }),
                        ...(one.file === undefined ? {} : { file: one.file }),
                        ...(one.line === undefined ? {} : { line: one.line }),
                    })),
                },
            }
            : {}),
        ...(coverage?.percent === undefined
            ? {}
            : {
                coverage: {
                    percent: coverage.percent,
                    packages: coverage.packages.map((one) => ({
                        name: one.package,
                        covered: one.covered,
                        statements: one.statements,
                    })),
                    ...(inputs.coverageThreshold === undefined ? {} : { threshold: inputs.coverageThreshold }),
                },
            }),
    };
}
function diagnosticsOf(results, plan, facts) {
    const of = (tool, list) => list.map((one) => ({
        tool,
        level: 'error',
        message: one.message,
        ...(one.file === undefined ? {} : { file: one.file }),
        ...(one.line === undefined ? {} : { line: one.line }),
        ...(one.analyzer === undefined ? {} : { code: one.analyzer }),
    }));
    const docker = (facts.dockerfile?.findings(plan.platforms) ?? []).map((finding) => ({
        tool: 'dockerfile',
        level: finding.severity === 'note' ? 'notice' : finding.severity,
        message: finding.message,
        file: facts.dockerfile?.path ?? 'Dockerfile',
        line: finding.line,
        code: finding.code,
        ...(finding.fix === undefined ? {} : { fix: finding.fix }),
    }));
    return [
        ...of('compile', results.tests?.buildErrors ?? []),
        ...of('vet', results.tests?.findings ?? []),
        ...docker,
    ];
}
function imagesOf(target, run) {
    const { plan, results } = run;
    const image = results.images.get(target.id);
    const published = results.published.get(target.id);
    const start = results.starts.get(target.id);
    const names = target.repositories.length === 0 ? [target.id] : target.repositories;
    return names.map((name) => {
        const reference = reference_parseReference(name);
        const repository = 'reason' in reference ? undefined : { registry: reference.registry, repository: reference.repository };
        const tags = repository === undefined ? [] : (publishTargets([repository], plan.tags)[0]?.tags ?? []);
        const moved = (tag) => published?.tags.find((one) => one.tag === tag && repository !== undefined && sameRepository(one, repository));
        const [base] = [...results.bases];
        return {
            name,
            ...(image === undefined ? {} : { digest: image.digest }),
            tags: tags.map((tag) => {
                const done = moved(tag);
                return {
                    tag,
                    ...(done?.old === undefined ? {} : { before: done.old }),
                    ...(done === undefined || image === undefined ? {} : { after: image.digest }),
                };
            }),
            platforms: platformsOf(target, image, results, plan),
            ...(base === undefined ? {} : { base: { name: base[0], digest: base[1] } }),
            verified: results.verifies.get(target.id)?.ok === true,
            ...(start === undefined
                ? {}
                : {
                    start: {
                        platform: plan.startPlatform === undefined ? '' : formatPlatform(plan.startPlatform),
                        ok: start.problems.length === 0,
                        detail: start.summary,
                    },
                }),
        };
    });
}
function platformsOf(target, image, results, plan) {
    if (image === undefined || image.platforms.length === 0) {
        return plan.platforms.map((platform) => ({ platform: formatPlatform(platform), size: 0, layers: [] }));
    }
    const before = results.before.get(target.id);
    return image.platforms.map((one) => {
        const previous = before?.find((other) => other.platform === one.platform);
        return {
            platform: one.platform,
            digest: one.digest,
            size: one.size,
            layers: one.layers,
            ...(previous === undefined ? {} : { previousSize: previous.size }),
        };
    });
}
function cacheOf(name, part) {
    if (part === undefined)
        return undefined;
    const hit = part.status === 'restored'
        ? part.hit === 'none'
            ? 'miss'
            : part.hit
        : part.status === 'failed' || part.status === 'denied'
            ? 'failed'
            : part.status === 'missed'
                ? 'miss'
                : 'off';
    return {
        name,
        hit,
        restoreMs: part.ms,
        ...(part.bytes === undefined ? {} : { restoredBytes: part.bytes }),
        ...(part.key === undefined ? {} : { key: part.key }),
        ...(part.why === undefined ? {} : { note: part.why }),
    };
}
//# sourceMappingURL=report.js.map
;// CONCATENATED MODULE: ./lib/actions/build/run.js











/** The whole main job: inputs, facts, plan, steps, report. Throws only for bad input and faults before any work. */
async function run_runBuild(read, act, keeper) {
    const { inputs, facts, plan } = await run_prepare(read, act);
    const planText = renderPlanText(plan);
    const planMermaid = renderPlanMermaid(plan);
    const planJson = JSON.stringify(publicPlan(plan));
    for (const note of plan.notes)
        act.log.info(note);
    for (const warning of plan.warnings)
        act.log.warning(warning);
    if (inputs.dryRun) {
        return { outputs: { plan: planJson }, planText, planMermaid };
    }
    annotateDockerfile(facts, plan, act);
    const steps = new Steps(inputs, facts, plan, act, keeper);
    const result = await runPlan(plan.steps, steps.work(), {
        clock: act.clock,
        signal: act.signal,
        lanes: { network: 8, compile: Math.max(2, Math.ceil(facts.cores / 2)), engine: 2 },
        onStart: (step) => act.log.info(`▶ ${step.title}`),
        onEnd: (span) => {
            const took = span.startMs === undefined ? '' : ` (${formatDuration((span.endMs ?? span.startMs) - span.startMs)})`;
            const mark = { ok: '✔', failed: '✘', skipped: '–', cancelled: '■' }[span.status];
            act.log.info(`${mark} ${span.title}${took}${span.reason === undefined ? '' : `: ${span.reason}`}`);
        },
    });
    const unfinished = result.spans.some((span) => /^(test|compile:)/.test(span.id) && span.status !== 'ok');
    keeper.update({ complete: !unfinished });
    const failure = failureOf(result, act);
    const outputs = { ...outputsOf(plan, steps.results), plan: planJson };
    const report = await writeReport({
        inputs,
        facts,
        plan,
        result,
        results: steps.results,
        reportDir: steps.reportDir,
        ...(failure === undefined ? {} : { failure }),
    }, act);
    return {
        outputs: { ...outputs, report: report.folder },
        ...(failure === undefined ? {} : { failure }),
        summary: report.summary,
        planText,
        planMermaid,
    };
}
/** Inputs, facts and plan; throws one error with every problem of all three. */
async function run_prepare(read, act) {
    const { inputs, problems: wrong } = loadInputs(read, act.env, act.secrets);
    let gathered;
    try {
        gathered = await gatherFacts(inputs, { ...act, log: prefixed(act.log, 'facts') });
    }
    catch (error) {
        act.signal.throwIfAborted();
        const fault = (0,base_errors/* toPipelineError */.Oo)(error, 'the project could not be looked at');
        throw wrong.length === 0 ? fault : new base_errors/* PipelineError */.zC('input', [...wrong, ...fault.problems]);
    }
    const { plan, problems } = makePlan(inputs, gathered.facts);
    refuse([...wrong, ...gathered.problems, ...problems], gathered.facts);
    return { inputs, facts: gathered.facts, plan };
}
/** A missing engine is a fault of the environment; anything else that is known before the work is one of the input. */
function refuse(problems, facts) {
    if (problems.length === 0)
        return;
    const ofEngine = (problem) => problem === facts.engine.problem;
    const seen = new Set();
    const once = problems.filter((problem) => {
        // Two looks at one input may find the same fault in different words: the first is told.
        const key = problem.input === undefined || problem.value === undefined
            ? JSON.stringify(problem)
            : `${problem.input}\0${problem.value}`;
        return !seen.has(key) && seen.add(key);
    });
    throw new base_errors/* PipelineError */.zC(once.every(ofEngine) ? 'environment' : 'input', once);
}
/** All failures of the run as one error: gates before faults of the environment, in the order they happened. */
function failureOf(result, act) {
    if (act.signal.aborted)
        return (0,base_errors/* toPipelineError */.Oo)(act.signal.reason, 'the run was cancelled');
    const errors = result.failures.map(({ id, error }) => (0,base_errors/* toPipelineError */.Oo)(error, `the step ${id} failed`));
    const [first] = errors;
    if (first === undefined)
        return undefined;
    const kinds = ['gate', 'input', 'environment', 'cancelled'];
    const kind = kinds.find((one) => errors.some((error) => error.kind === one)) ?? first.kind;
    const log = errors.map((error) => error.log).find((text) => text !== undefined);
    return new base_errors/* PipelineError */.zC(kind, errors.flatMap((error) => error.problems), log === undefined ? {} : { log });
}
/** The plan without what only we need. */
function publicPlan(plan) {
    return {
        schema: plan.schema,
        form: plan.form,
        push: plan.push,
        platforms: plan.platforms,
        images: plan.targets.map((target) => ({
            name: target.id,
            mains: target.mains.map((main) => main.package.path),
            repositories: target.repositories,
        })),
        tags: plan.tags.tags,
        version: plan.version,
        driver: plan.driver.driver,
        steps: plan.steps,
        notes: plan.notes,
        warnings: plan.warnings,
    };
}
/** What the Dockerfile checks found, on its lines. */
function annotateDockerfile(facts, plan, act) {
    const { dockerfile } = facts;
    if (dockerfile === undefined)
        return;
    const file = facts.folder === '.' ? dockerfile.path : `${facts.folder}/${dockerfile.path}`;
    for (const { severity, code, message, line, fix, patch } of dockerfile.findings(plan.platforms)) {
        if (severity === 'note')
            continue;
        const more = [fix, patch].filter((text) => text !== undefined).join('\n');
        act.log.annotate({
            level: severity,
            title: code,
            message: more === '' ? message : `${message}\n${more}`,
            file,
            line,
        });
    }
}
//# sourceMappingURL=run.js.map
;// CONCATENATED MODULE: ./lib/actions/build/state.js
const EMPTY_STATE = { schema: 1, complete: false, folders: [] };
/** Keeps the state up to date where post finds it, before what it names is made. */
class StateKeeper {
    #state = EMPTY_STATE;
    #write;
    constructor(write) {
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
//# sourceMappingURL=state.js.map
;// CONCATENATED MODULE: ./lib/actions/build/main.js







/** The main step of the action. Never throws: a failure is told and sets the exit code. */
async function main_main() {
    const secrets = new Secrets((value) => core.setSecret(value));
    const ca = core.getInput('registry-ca');
    const shell = openShell(actionLog, secrets, ca === '' ? {} : { ca });
    const keeper = new StateKeeper((state) => core.saveState('gip', JSON.stringify(state)));
    let reported = false;
    try {
        const run = await run_runBuild((name) => core.getInput(name), shell, keeper);
        if (run.summary === undefined)
            for (const line of run.planText.split('\n'))
                shell.log.info(line);
        reported = run.summary !== undefined;
        for (const [name, value] of Object.entries(run.outputs))
            core.setOutput(name, value);
        if (run.failure !== undefined)
            throw run.failure;
    }
    catch (error) {
        const failure = tellFailure(error, shell.log, 'the run failed');
        // Not core.setFailed: it would annotate the first problem a second time.
        process.exitCode = failure.exitCode;
        if (!reported)
            await main_summarise(failure, shell.env['GITHUB_STEP_SUMMARY'], secrets);
    }
    finally {
        // What was made after the last update of the state.
        if (shell.temp.folders.length > 0)
            keeper.update({ folders: shell.temp.folders });
        await shell.close();
    }
}
/** Bad input ends before there is a report; the summary still lists every problem. */
async function main_summarise(failure, file, secrets) {
    if (file === undefined || file === '')
        return;
    const items = failure.problems.map((problem) => `- ${(0,base_errors/* describeProblem */.BJ)(problem).replaceAll('\n', '  \n  ').replaceAll('<', '&lt;')}`);
    await (0,promises_.appendFile)(file, secrets.redact(`## go-image-pipeline: nothing was done\n\n${items.join('\n')}\n`));
}
//# sourceMappingURL=main.js.map
;// CONCATENATED MODULE: ./lib/actions/build/finish.js








/**
 * What is done after the run, whatever became of it: caches saved, builder and temporary folders removed, tags that a
 * killed main left half moved put back (`client` has the logins). Each part on its own:
 * none can fail the job, each fault is a line in the log.
 */
async function finish(state, act, client) {
    const guarded = async (what, work) => {
        try {
            await work();
        }
        catch (error) {
            act.log.warning(`${what}: ${(0,base_errors/* messageOf */.bD)(error)}`);
        }
    };
    const { caches, builder } = state;
    await Promise.all([
        caches === undefined
            ? undefined
            : guarded('the caches could not be saved', () => saveCaches(caches, act, { worker: CACHE_WORKER }, { complete: state.complete })),
        builder === undefined
            ? undefined
            : guarded('the builder could not be removed', () => removeBuilder(builder.builder, builder.buildx, act)),
    ]);
    for (const trial of state.trials ?? [])
        await removeTrials(trial, act);
    const { moves = [] } = state;
    if (moves.length > 0) {
        await guarded('tags that were being moved could not be put back', async () => {
            act.log.warning(`main ended while it moved tags: putting ${moves.length} back`);
            await restoreTags([...moves].reverse(), client(), act);
        });
    }
    for (const folder of state.folders) {
        // Only what we made: a state that was tampered with must not remove anything else.
        if (!(0,external_node_path_.basename)(folder).startsWith('gip-'))
            continue;
        await guarded(`${folder} could not be removed`, () => (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 3 }));
    }
}
//# sourceMappingURL=finish.js.map
;// CONCATENATED MODULE: ./lib/actions/build/post.js







/** The post step: saves and cleans up. It never fails the job. */
async function post() {
    const text = core.getState('gip');
    if (text === '')
        return;
    const shell = openShell(actionLog, new Secrets((value) => core.setSecret(value)));
    try {
        const state = JSON.parse(text);
        if (state.schema === 1) {
            const { inputs } = loadInputs((name) => core.getInput(name), shell.env, shell.secrets);
            await finish({ ...state, schema: 1 }, shell, () => registryClient(inputs, shell));
        }
    }
    catch (error) {
        core.warning(`the clean-up did not end well: ${(0,base_errors/* messageOf */.bD)(error)}`);
    }
    finally {
        await shell.temp.dispose().catch(() => undefined);
        await shell.close();
    }
}
//# sourceMappingURL=post.js.map
;// CONCATENATED MODULE: ./lib/actions/arguments.js


const COMMANDS = ['run', 'plan', 'verify', 'doctor', 'judge', 'help', 'version'];
const FLAGS = ['json', 'mermaid'];
/**
 * `COMMAND [OPERAND] --input value …`. A value may begin with `-` (`--test-flags -short`); a boolean input may stand
 * alone (`--dry-run`). All problems are returned.
 */
function parseArguments(argv) {
    const problems = [];
    const values = new Map();
    const flags = new Set();
    const operands = [];
    /** Words after a secret's value are likely its other half, torn off by a blank: they are not shown. */
    const torn = new Set();
    let afterSecret;
    const secret = new Set(INPUTS.filter((spec) => spec.secret === true).map((spec) => spec.name));
    const kinds = new Map(INPUTS.map((spec) => [spec.name, spec.kind]));
    for (let i = 0; i < argv.length; i++) {
        const word = argv[i] ?? '';
        if (word === '-h' || word === '--help') {
            operands.unshift('help');
            continue;
        }
        if (!word.startsWith('--') || word === '--') {
            operands.push(word);
            if (afterSecret !== undefined)
                torn.add(word);
            continue;
        }
        const equals = word.indexOf('=');
        const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
        const kind = kinds.get(name);
        afterSecret = secret.has(name) ? name : undefined;
        if (kind === undefined) {
            if (equals < 0 && FLAGS.some((flag) => flag === name))
                flags.add(name);
            else {
                const near = (0,lists/* nearest */.pA)(name, [...kinds.keys(), ...FLAGS]);
                problems.push({
                    code: 'unknown-option',
                    what: `--${name} is not an option`,
                    fix: near === undefined ? 'see node dist/cli.js help' : `did you mean --${near}?`,
                });
                // Its value, if it has one, is no operand.
                if (equals < 0 && argv[i + 1]?.startsWith('-') === false)
                    i++;
            }
            continue;
        }
        let value;
        if (equals >= 0)
            value = word.slice(equals + 1);
        else if (kind === 'boolean' && !/^(true|false)$/i.test(argv[i + 1] ?? ''))
            value = 'true';
        else
            value = argv[++i];
        if (value === undefined) {
            problems.push({
                code: 'bad-input',
                what: `--${name} has no value`,
                input: name,
                fix: `write --${name} VALUE`,
            });
            continue;
        }
        const before = values.get(name);
        values.set(name, before === undefined ? value : `${before}\n${value}`);
    }
    const [first = 'help', ...rest] = operands;
    const name = COMMANDS.find((command) => command === first);
    const shown = (word) => (torn.has(word) ? 'a word after the value of a secret' : word);
    if (name === undefined) {
        const near = (0,lists/* nearest */.pA)(first, COMMANDS);
        problems.push({
            code: 'unknown-command',
            what: `${shown(first)} is not a command`,
            fix: near === undefined ? `use one of ${COMMANDS.join(', ')}` : `did you mean ${near}?`,
        });
    }
    const expected = name === 'verify' || name === 'judge' ? 1 : 0;
    if (name === 'verify' && rest.length === 0) {
        problems.push({
            code: 'bad-input',
            what: 'verify needs the reference of an image',
            fix: 'write verify ghcr.io/acme/hello:1.2.3',
        });
    }
    if (name === 'judge' && rest.length === 0) {
        problems.push({
            code: 'bad-input',
            what: 'judge needs a file',
            fix: 'write judge metrics.json (docs/gray-judge.md shows its form)',
        });
    }
    if (name !== 'help' && name !== undefined) {
        for (const extra of rest.slice(expected)) {
            problems.push({
                code: 'unknown-option',
                what: `${shown(extra)} is not expected here`,
                fix: 'quote values that hold blanks',
            });
        }
    }
    return { command: { name: name ?? 'help', operands: rest, values, flags }, problems };
}
//# sourceMappingURL=arguments.js.map
;// CONCATENATED MODULE: ./lib/actions/doctor.js














const MINIMUM_GIT = '2.18.0';
const MINIMUM_DOCKER = '23.0.0';
/** Free space that a run with two platforms and a cold cache needs, in bytes. */
const DISK_NEEDED = 3_000_000_000;
const MEMORY_NEEDED = 1_500_000_000;
/** `doctor`: is everything there that a run needs. Looks at all of it, whatever fails, and changes nothing. */
async function doctorCommand(read, act) {
    const { inputs, problems } = loadInputs(read, act.env, act.secrets);
    if (problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', problems);
    const findings = [];
    const [git, go] = await Promise.all([
        probe(['git', '--version']),
        probe(['go', 'env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } }),
    ]);
    findings.push(toolFinding('git', git?.replace(/^git version /, ''), MINIMUM_GIT, true, 'install git'));
    findings.push(toolFinding('go', go?.replace(/^go/, ''), '1.21.0', false, 'none needed: the run installs the Go that go.mod asks for'));
    try {
        const { facts, problems: found } = await gatherFacts(inputs, act);
        for (const problem of found)
            findings.push(failed('project', problem));
        if (found.length === 0)
            findings.push({
                check: 'project',
                verdict: 'ok',
                detail: `${facts.workspace.modules.length} module(s), ${facts.mains.length} main package(s), Go ${facts.go.spec} (${facts.go.origin})`,
            });
        findings.push(...engineFindings(facts.engine));
    }
    catch (error) {
        act.signal.throwIfAborted();
        for (const problem of (0,base_errors/* toPipelineError */.Oo)(error, 'the project could not be looked at').problems)
            findings.push(failed('project', problem));
    }
    findings.push(...(await registryFindings(inputs, act)));
    findings.push(...(await machineFindings(act)));
    const mark = { ok: '✔', warn: '!', fail: '✘' };
    for (const one of findings) {
        act.log.info(`${mark[one.verdict]} ${one.check}: ${one.detail}${one.verdict !== 'ok' && one.fix !== undefined ? `\n    fix: ${one.fix}` : ''}`);
    }
    const ok = findings.every((one) => one.verdict !== 'fail');
    return { ok, json: { ok, findings } };
}
/** A tool that is there and new enough; one that is not needed only warns. */
function toolFinding(check, version, minimum, needed, fix) {
    if (version === undefined || version === '')
        return { check, verdict: needed ? 'fail' : 'warn', detail: 'not found on PATH', fix };
    const plain = semver.coerce(version);
    if (plain !== null && semver.lt(plain, minimum)) {
        return {
            check,
            verdict: needed ? 'fail' : 'warn',
            detail: `${version} is older than ${minimum}`,
            fix: needed ? `update ${check} to ${minimum} or newer` : fix,
        };
    }
    return { check, verdict: 'ok', detail: version };
}
function engineFindings(engine) {
    const { server, buildx } = engine;
    if (server === undefined) {
        return [
            failed('docker', engine.problem ?? { code: 'docker-down', what: 'no Docker engine answers', fix: 'start Docker' }),
        ];
    }
    const findings = [toolFinding('docker', server.version, MINIMUM_DOCKER, true, 'install Docker')];
    findings.push(toolFinding('buildx', buildx?.version, MINIMUM_BUILDX, false, 'none needed: the run downloads Buildx'));
    findings.push(server.containerdStore
        ? {
            check: 'image store',
            verdict: 'ok',
            detail: 'containerd: several platforms without booting a builder',
        }
        : {
            check: 'image store',
            verdict: 'warn',
            detail: 'classic: a builder container is booted for several platforms (2 to 20 s)',
            fix: 'turn on the containerd image store in the engine',
        });
    return findings;
}
async function registryFindings(inputs, act) {
    const client = registryClient(inputs, act);
    const own = new Set();
    for (const image of inputs.images) {
        const reference = reference_parseReference(image.replaceAll('{name}', 'name'));
        if (!('reason' in reference))
            own.add(reference.registry);
    }
    const findings = await Promise.all([...own].map(async (registry) => {
        const answer = await client.ping(registry);
        if (!answer.ok)
            return failed(`registry ${registry}`, answer.problem ?? { code: 'registry-down', what: `${registry} does not answer` });
        return {
            check: `registry ${registry}`,
            verdict: 'ok',
            detail: `answers GET /v2/${answer.login === 'none' ? '' : `, asks for a login (${answer.login ?? 'unknown'})`}`,
        };
    }));
    // The base is asked through the mirrors, as the build would.
    const linux = parsePlatform('linux/amd64');
    const base = 'reason' in linux ? 'scratch' : baseFor(inputs.base, linux, inputs.cgo);
    const reference = reference_parseReference(base);
    if (base !== 'scratch' && !('reason' in reference)) {
        try {
            const { digest } = await client.resolve(reference);
            findings.push({ check: 'base image', verdict: 'ok', detail: `${base} is ${digest.slice(0, 19)}` });
        }
        catch (error) {
            act.signal.throwIfAborted();
            findings.push({
                check: 'base image',
                verdict: 'fail',
                detail: `${base}: ${(0,base_errors/* messageOf */.bD)(error)}`,
                fix: 'set registry-mirrors to a mirror that this machine can reach, or base: scratch',
            });
        }
    }
    return findings;
}
async function machineFindings(act) {
    const findings = [];
    const folder = temporaryRoot(act.env);
    try {
        const { bavail, bsize } = await (0,promises_.statfs)(folder);
        findings.push(doctor_amount('disk', `${formatBytes(bavail * bsize)} free in ${folder}`, bavail * bsize, DISK_NEEDED, 'free space on this disk, or set RUNNER_TEMP to another'));
    }
    catch (error) {
        findings.push({ check: 'disk', verdict: 'warn', detail: (0,base_errors/* messageOf */.bD)(error) });
    }
    findings.push(doctor_amount('memory', `${formatBytes((0,external_node_os_.freemem)())} free of ${formatBytes((0,external_node_os_.totalmem)())}`, (0,external_node_os_.freemem)(), MEMORY_NEEDED, 'close other programs, or use a larger runner: linking large programs needs 1 to 2 GB'));
    const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => (act.env[name] ?? '') !== '');
    if (proxy !== undefined)
        findings.push({ check: 'proxy', verdict: 'ok', detail: `${proxy} is set and used` });
    return findings;
}
/** Half of what is needed fails, less than all warns. */
function doctor_amount(check, detail, have, need, fix) {
    return have >= need
        ? { check, verdict: 'ok', detail }
        : {
            check,
            verdict: have < need / 2 ? 'fail' : 'warn',
            detail: `${detail}, ${formatBytes(need)} advised`,
            fix,
        };
}
const failed = (check, problem) => ({
    check,
    verdict: 'fail',
    detail: problem.cause === undefined ? problem.what : `${problem.what}: ${problem.cause}`,
    ...(problem.fix === undefined ? {} : { fix: problem.fix }),
});
//# sourceMappingURL=doctor.js.map
;// CONCATENATED MODULE: ./lib/actions/verify.js







/** `verify REF`: reads an image back, ours or anyone's, and says what is wrong with it. */
async function verifyCommand(text, read, act) {
    const { inputs, problems } = loadInputs(read, act.env, act.secrets);
    const reference = reference_parseReference(text);
    if ('reason' in reference) {
        throw new base_errors/* PipelineError */.zC('input', [
            {
                code: 'bad-reference',
                what: `${text} is no image reference`,
                cause: reference.reason,
                fix: 'write for example ghcr.io/acme/hello:1.2.3',
            },
            ...problems,
        ]);
    }
    if (problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', problems);
    const client = registryClient(inputs, act);
    const { digest } = await client.resolve(reference, { origin: true });
    const report = await verifyImage({ registry: reference.registry, repository: reference.repository, digest }, inputs.platforms.length === 0 ? {} : { platforms: inputs.platforms }, client, { level: inputs.verify === 'fast' ? 'fast' : 'full', signal: act.signal });
    for (const failure of report.failures)
        act.log.error((0,base_errors/* describeProblem */.BJ)(failure));
    act.log.info(`${report.ok ? 'ok' : 'NOT OK'}: ${formatReference(reference)} is ${digest}, ${report.blobs} blobs, ${formatBytes(report.bytes)} hashed`);
    // A registry that breaks off says nothing against the image.
    return { ok: report.ok, exitCode: verifyError(report)?.exitCode ?? 0, json: report };
}
//# sourceMappingURL=verify.js.map
;// CONCATENATED MODULE: ./lib/cli.js















const USAGE = `go-image-pipeline: from go.mod to a tested container image, pushed, read back and proved to start

  node dist/cli.js run    [--INPUT VALUE …] [--json]   the whole pipeline, as in GitHub Actions
  node dist/cli.js plan   [--INPUT VALUE …] [--json|--mermaid]
                                                       what run would do, and why; runs nothing
  node dist/cli.js verify REF [--INPUT VALUE …] [--json]
                                                       read an image back: every manifest, config and layer
  node dist/cli.js doctor [--INPUT VALUE …] [--json]   is everything there that a run needs
  node dist/cli.js judge FILE                          verdicts of the gray release's judge on a JSON file (docs/gray-judge.md)
  node dist/cli.js help   [INPUT]

Every input of the action is an option: --images ghcr.io/acme/hello --push true. An option may be repeated for lists.
--json prints one JSON object to stdout; everything else goes to stderr.
Exit code: 0 every gate passed, 1 a gate refused, 2 bad input, 3 the environment failed, 130 cancelled.`;
/** The real stdout: it is for results alone. */
const stdout = process.stdout.write.bind(process.stdout);
/** The command line: the same code and the same verdicts as the action. Sets the exit code; never throws. */
async function cli(argv = process.argv.slice(2)) {
    // The toolkit's packages print workflow commands to stdout; here they would stand in the middle of the JSON.
    process.stdout.write = (text) => typeof text === 'string' && text.startsWith('::') ? true : process.stderr.write(String(text));
    process.exitCode = await run(argv);
}
async function run(argv) {
    const { command, problems } = parseArguments(argv);
    if (command.name === 'help') {
        stdout(help(command.operands[0]));
        return 0;
    }
    if (command.name === 'version') {
        stdout(`${version()}\n`);
        return 0;
    }
    const secrets = new Secrets();
    const log = (known) => terminalLog(known, (text) => process.stderr.write(text), process.env['RUNNER_DEBUG'] === '1');
    if (problems.length > 0) {
        for (const problem of problems)
            process.stderr.write(`error: ${(0,base_errors/* describeProblem */.BJ)(problem)}\n`);
        return new base_errors/* PipelineError */.zC('input', problems).exitCode;
    }
    const ca = command.values.get('registry-ca');
    const shell = openShell(log, secrets, ca === undefined ? {} : { ca });
    try {
        return await dispatch(command, shell);
    }
    catch (error) {
        const failure = tellFailure(error, shell.log, `${command.name} failed`);
        if (command.flags.has('json'))
            stdout(`${secrets.redact(JSON.stringify({ problems: failure.problems }, null, 2))}\n`);
        return (0,base_errors/* exitCodeOf */.FO)(error);
    }
    finally {
        await shell.temp.dispose();
        await shell.close();
    }
}
async function dispatch(command, shell) {
    const print = (value) => void stdout(`${JSON.stringify(value, null, 2)}\n`);
    const read = (name) => command.values.get(name) ?? (name === 'github-token' ? (process.env['GITHUB_TOKEN'] ?? '') : '');
    switch (command.name) {
        case 'run':
        case 'plan':
            return runOrPlan(command, shell, read, print);
        case 'verify': {
            const report = await verifyCommand(command.operands[0] ?? '', read, shell);
            if (command.flags.has('json'))
                print(report.json);
            return report.exitCode;
        }
        case 'doctor': {
            const report = await doctorCommand(read, shell);
            if (command.flags.has('json'))
                print(report.json);
            return report.ok ? 0 : 3;
        }
        case 'judge': {
            const file = command.operands[0] ?? '';
            const text = await readTextIfAny(file);
            if (text === undefined)
                throw (0,base_errors/* inputError */.Xu)({
                    code: 'judge-file-missing',
                    what: 'the file to judge is not there',
                    where: file,
                    fix: 'give the path of a JSON file',
                });
            // Its special functions are large, and nothing else needs them.
            const { judgeCommand } = await Promise.all(/* import() */[__webpack_require__.e(272), __webpack_require__.e(171)]).then(__webpack_require__.bind(__webpack_require__, 33171));
            const { output, ok } = judgeCommand(text);
            print(output);
            return ok ? 0 : 2;
        }
        case 'help':
        case 'version':
            return 0;
    }
}
async function runOrPlan(command, shell, read, print) {
    const planOnly = command.name === 'plan';
    const keeper = new StateKeeper(() => undefined);
    try {
        const result = await run_runBuild((name) => (planOnly && name === 'dry-run' ? 'true' : read(name)), shell, keeper);
        if (command.flags.has('mermaid'))
            stdout(`${result.planMermaid}\n`);
        else if (planOnly && command.flags.has('json'))
            stdout(`${result.outputs['plan'] ?? '{}'}\n`);
        else if (planOnly || result.summary === undefined)
            stdout(`${result.planText}\n`);
        else if (command.flags.has('json'))
            print(result.outputs);
        if (result.failure !== undefined)
            tellFailure(result.failure, shell.log, 'the run failed');
        return result.failure === undefined ? 0 : (0,base_errors/* exitCodeOf */.FO)(result.failure);
    }
    finally {
        // Also after a cancel: what was made must go, so the aborted signal does not count here.
        const calm = { ...shell, signal: new AbortController().signal };
        await finish(keeper.state, calm, () => registryClient(loadInputs(read, calm.env, calm.secrets).inputs, calm));
    }
}
function help(about) {
    if (about === undefined)
        return `${USAGE}\n\nInputs: ${INPUTS.map((spec) => spec.name).join(', ')}\n`;
    const spec = INPUTS.find((one) => one.name === about.replace(/^--/, ''));
    if (spec === undefined)
        return `no such input: ${about}\n`;
    return `--${spec.name}  (default: ${spec.default === '' ? 'none' : spec.default})\n  ${spec.description}\n`;
}
/** The version of the package the program belongs to; it lies beside dist/. */
function version() {
    try {
        const text = (0,external_node_fs_.readFileSync)((0,external_node_path_.join)((0,external_node_path_.dirname)(process.argv[1] ?? ''), '../package.json'), 'utf8');
        return JSON.parse(text).version;
    }
    catch {
        return 'unknown';
    }
}
//# sourceMappingURL=cli.js.map
;// CONCATENATED MODULE: ./lib/app.js
/** One module for all entries but the cache worker, so that the bundle holds each of their parts once. */



//# sourceMappingURL=app.js.map

/***/ }),

/***/ 17594:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $N: () => (/* binding */ codeOf),
/* harmony export */   BJ: () => (/* binding */ describeProblem),
/* harmony export */   FO: () => (/* binding */ exitCodeOf),
/* harmony export */   Oo: () => (/* binding */ toPipelineError),
/* harmony export */   Xu: () => (/* binding */ inputError),
/* harmony export */   YQ: () => (/* binding */ cancelledError),
/* harmony export */   bD: () => (/* binding */ messageOf),
/* harmony export */   em: () => (/* binding */ gateError),
/* harmony export */   me: () => (/* binding */ environmentError),
/* harmony export */   zC: () => (/* binding */ PipelineError)
/* harmony export */ });
const EXIT_CODES = { gate: 1, input: 2, environment: 3, cancelled: 130 };
/** An error whose message is complete: it is printed without a stack trace. */
class PipelineError extends Error {
    kind;
    problems;
    /** The last lines of the failed tool's own output, kept because an unknown cause must never lose its log. */
    log;
    constructor(kind, problems, options = {}) {
        super(problems.map(describeProblem).join('\n'), options.cause === undefined ? {} : { cause: options.cause });
        this.name = 'PipelineError';
        this.kind = kind;
        this.problems = problems;
        this.log = options.log;
    }
    get exitCode() {
        return EXIT_CODES[this.kind];
    }
}
const inputError = (problem) => new PipelineError('input', [problem]);
const gateError = (problem, log) => new PipelineError('gate', [problem], log === undefined ? {} : { log });
const environmentError = (problem, options = {}) => new PipelineError('environment', [problem], options);
const cancelledError = (what = 'the run was cancelled') => new PipelineError('cancelled', [{ code: 'cancelled', what }]);
/** One problem as a short paragraph: `what (input "x" = "y", at z): cause. Fix: …`. */
function describeProblem(problem) {
    const place = [
        problem.input === undefined
            ? undefined
            : problem.value === undefined
                ? `input "${problem.input}"`
                : `input "${problem.input}" = "${problem.value}"`,
        problem.where,
    ].filter((part) => part !== undefined);
    const head = place.length > 0 ? `${problem.what} (${place.join(', ')})` : problem.what;
    const cause = problem.cause === undefined ? '' : `: ${problem.cause}`;
    const fix = problem.fix === undefined ? '' : `\n  fix: ${problem.fix}`;
    return `${head}${cause}${fix}`;
}
/** The exit code for anything thrown: known kinds as above, a bug or unknown fault is an environment fault. */
function exitCodeOf(error) {
    return error instanceof PipelineError ? error.exitCode : EXIT_CODES.environment;
}
/** The message of anything thrown, without a stack. */
function messageOf(error) {
    if (error instanceof Error) {
        // fetch and undici hide the reason of a failed connection in `cause`.
        const cause = error.cause instanceof Error && !error.message.includes(error.cause.message)
            ? `: ${error.cause.message}`
            : '';
        return `${error.message}${cause}`;
    }
    return String(error);
}
/** Node's `code` of a system error (`ENOENT`, `ECONNRESET` …), looked up through `cause` and AggregateError. */
function codeOf(error) {
    let at = error;
    // By shape, not by instanceof: errors of another realm (test runners, workers) count as well.
    for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
        const { code, cause, errors } = at;
        if (typeof code === 'string')
            return code;
        at = Array.isArray(errors) ? errors[0] : cause;
    }
    return undefined;
}
/** Turns anything thrown into a PipelineError; an unknown error keeps its stack as the log. */
function toPipelineError(error, what) {
    if (error instanceof PipelineError)
        return error;
    const stack = error instanceof Error ? error.stack : undefined;
    const full = codeOf(error) === 'ENOSPC';
    return environmentError({
        code: full ? 'disk-full' : 'unexpected',
        what,
        cause: messageOf(error),
        fix: full
            ? 'free disk space on the runner (RUNNER_TEMP and the Docker data root), or use a larger runner'
            : 'run again with debug logging on; if it stays, report it with the log below',
    }, stack === undefined ? { cause: error } : { cause: error, log: stack });
}
//# sourceMappingURL=errors.js.map

/***/ }),

/***/ 23416:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E1: () => (/* binding */ parseList),
/* harmony export */   nl: () => (/* binding */ parseWords),
/* harmony export */   pA: () => (/* binding */ nearest),
/* harmony export */   xg: () => (/* binding */ parsePairs)
/* harmony export */ });
/**
 * List syntax of the inputs: one item a line; commas separate too where an item cannot hold one.
 * Blank lines and lines that start with `#` are left out.
 */
function parseList(text, options = {}) {
    const items = [];
    for (const line of text.split(/\r?\n/)) {
        if (line.trim().startsWith('#'))
            continue;
        const parts = options.commas === true ? line.split(',') : [line];
        for (const part of parts) {
            const item = part.trim();
            if (item !== '')
                items.push(item);
        }
    }
    return items;
}
/** `key=value` lines; the value may hold `=` and commas. Bad lines are returned, not thrown, so all are told at once. */
function parsePairs(text) {
    const pairs = [];
    const errors = [];
    for (const line of parseList(text)) {
        const at = line.indexOf('=');
        if (at < 0)
            errors.push({ line, reason: 'no "=": write key=value' });
        else if (at === 0)
            errors.push({ line, reason: 'nothing before "="' });
        else
            pairs.push([line.slice(0, at).trim(), line.slice(at + 1).trim()]);
    }
    return { pairs, errors };
}
/**
 * Shell-like words for inputs that hold arguments: blanks separate, single and double quotes group, a backslash
 * escapes inside double quotes and outside quotes before a blank, quote or backslash (so `C:\path` stays whole).
 * No expansion ever takes place.
 */
function parseWords(text) {
    const words = [];
    let word;
    let quote;
    for (let i = 0; i < text.length; i++) {
        const char = text.charAt(i);
        if (quote !== undefined) {
            if (char === quote)
                quote = undefined;
            else if (quote === '"' && char === '\\' && /["\\$`]/.test(text.charAt(i + 1)))
                word = (word ?? '') + text.charAt(++i);
            else
                word = (word ?? '') + char;
        }
        else if (char === "'" || char === '"') {
            quote = char;
            word ??= '';
        }
        else if (/\s/.test(char)) {
            if (word !== undefined)
                words.push(word);
            word = undefined;
        }
        else if (char === '\\' && /[\s"'\\]/.test(text.charAt(i + 1))) {
            word = (word ?? '') + text.charAt(++i);
        }
        else {
            word = (word ?? '') + char;
        }
    }
    if (word !== undefined)
        words.push(word);
    return quote === undefined ? { words } : { words, error: `the quote ${quote} is not closed` };
}
/** The nearest of `known` to `text` by edit distance, for "did you mean"; undefined when nothing is near. */
function nearest(text, known) {
    let best;
    for (const name of known) {
        const distance = editDistance(text.toLowerCase(), name.toLowerCase());
        if (distance <= Math.max(1, Math.floor(name.length / 3)) &&
            (best === undefined || distance < best.distance)) {
            best = { name, distance };
        }
    }
    return best?.name;
}
function editDistance(a, b) {
    let row = Array.from({ length: b.length + 1 }, (_, i) => i);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
        }
        row = next;
    }
    return row[b.length] ?? 0;
}
//# sourceMappingURL=lists.js.map

/***/ }),

/***/ 30782:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ANSWER_MARK: () => (/* binding */ ANSWER_MARK),
/* harmony export */   cacheWorkerMain: () => (/* binding */ cacheWorkerMain),
/* harmony export */   parseRequest: () => (/* binding */ parseRequest)
/* harmony export */ });
/**
 * The half of the cache store that runs in a process of its own, around @actions/cache.
 *
 * A process of its own, because @actions/cache cannot be cancelled (a late tar would still write into a cache that Go uses
 * already), keeps 128 MiB segments in memory, prints to stdout and takes its settings (workspace, tar options) from
 * process.env. Here it is ended as a group, its lines are read by the parent, and its environment is its own.
 */
/** Marks the one line of stdout that is the answer; everything else there is talk of @actions/cache. */
const ANSWER_MARK = '@@gip-cache-answer@@';
/** Reads one {@link WorkerRequest} as JSON from stdin, does it, prints one marked {@link WorkerAnswer}, exits 0. */
async function cacheWorkerMain() {
    const answer = await serve();
    await new Promise((resolve) => {
        process.stdout.write(`\n${ANSWER_MARK}${JSON.stringify(answer)}\n`, () => {
            resolve();
        });
    });
    // Sockets kept alive would hold the process for minutes (actions/cache#1217).
    process.exit(0);
}
async function serve() {
    try {
        const request = parseRequest(await readStdin());
        const cache = await Promise.all(/* import() */[__webpack_require__.e(507), __webpack_require__.e(691)]).then(__webpack_require__.bind(__webpack_require__, 61691));
        if (request.operation === 'save')
            return { id: await cache.saveCache([...request.paths], request.key, undefined, request.crossOs) };
        const key = await cache.restoreCache([...request.paths], request.key, [...request.restoreKeys], undefined, request.crossOs);
        return key === undefined ? {} : { key };
    }
    catch (error) {
        return { error: error instanceof Error ? error.message : String(error) };
    }
}
/** Checks the shape of the request, which crosses a process border. Throws TypeError. */
function parseRequest(text) {
    const value = JSON.parse(text);
    const texts = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string');
    if (typeof value !== 'object' || value === null)
        throw new TypeError('the request is not an object');
    const { operation, paths, key, restoreKeys, crossOs } = value;
    if ((operation !== 'restore' && operation !== 'save') ||
        !texts(paths) ||
        typeof key !== 'string' ||
        !texts(restoreKeys) ||
        typeof crossOs !== 'boolean')
        throw new TypeError('the request is incomplete');
    return { operation, paths, key, restoreKeys, crossOs };
}
async function readStdin() {
    const chunks = [];
    for await (const chunk of process.stdin)
        chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
}
//# sourceMappingURL=worker.js.map

/***/ })

};
