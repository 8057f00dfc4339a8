export const id = 388;
export const ids = [388];
export const modules = {

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
var audit = __webpack_require__(21489);
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

/***/ 21489:
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
