export const id = 242;
export const ids = [242];
export const modules = {

/***/ 84366:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   l: () => (/* binding */ findFiles)
/* harmony export */ });
/* unused harmony export globPattern */
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(51455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(76760);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(17594);



/** Folders that hold what others wrote. */
const PASSED_OVER = new Set(['.git', 'node_modules', 'vendor']);
const MOST_FILES = 20_000;
/** `*` within a folder, `**` over folders, `?` one character, `{a,b}` one of these; everything else is itself. */
function globPattern(glob) {
    let source = '';
    let depth = 0;
    for (let i = 0; i < glob.length; i++) {
        const rest = glob.slice(i);
        const char = glob.charAt(i);
        if (rest.startsWith('**/')) {
            source += '(?:[^/]+/)*';
            i += 2;
        }
        else if (rest.startsWith('**')) {
            source += '.*';
            i += 1;
        }
        else if (char === '*')
            source += '[^/]*';
        else if (char === '?')
            source += '[^/]';
        else if (char === '{') {
            source += '(?:';
            depth++;
        }
        else if (char === '}' && depth > 0) {
            source += ')';
            depth--;
        }
        else if (char === ',' && depth > 0)
            source += '|';
        else
            source += char.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
    }
    return new RegExp(`^${source}${')'.repeat(depth)}$`);
}
/**
 * Files below `root` that a pattern matches, sorted, relative with forward slashes. A pattern that begins with `!` takes files
 * out again; the last that matches decides. Links are not followed.
 */
async function findFiles(root, globs) {
    const rules = globs.map((glob) => ({
        wanted: !glob.startsWith('!'),
        pattern: globPattern(glob.replace(/^!/, '').replace(/^(\.\/)+/, '')),
    }));
    const found = [];
    let seen = 0;
    const descend = async (folder) => {
        const entries = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, folder), { withFileTypes: true }).catch((error) => {
            if ((0,_base_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .codeOf */ .$N)(error) === 'ENOENT')
                return [];
            throw error;
        });
        for (const entry of entries) {
            if (++seen > MOST_FILES)
                return;
            const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
            if (entry.isDirectory()) {
                if (!PASSED_OVER.has(entry.name))
                    await descend(path);
            }
            else if (entry.isFile() && rules.findLast((rule) => rule.pattern.test(path))?.wanted === true)
                found.push(path);
        }
    };
    await descend('');
    return found.sort();
}
//# sourceMappingURL=glob.js.map

/***/ }),

/***/ 26937:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ readLibrary),
/* harmony export */   j: () => (/* binding */ ownRoot)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(51455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(76760);
/* harmony import */ var _base_files_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(40378);
/* harmony import */ var _base_json_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(24807);
/* harmony import */ var _lint_templates_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(33681);





/** The repository of the program that runs: the folder above `dist`. */
const ownRoot = (program = process.argv[1] ?? '') => (0,node_path__WEBPACK_IMPORTED_MODULE_1__.dirname)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.dirname)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.resolve)(program)));
/**
 * The templates that came with this program: a runner unpacks the whole repository of an action. Undefined where they are not
 * there (a bundle that was copied alone); then only the rules that need none are checked.
 */
async function readLibrary(root) {
    const release = (0,_base_json_js__WEBPACK_IMPORTED_MODULE_4__/* .parseObject */ .lj)((await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, 'workflows', 'release.json'))) ?? '');
    const { repository, version, sha } = release ?? {};
    if (typeof repository !== 'string' || typeof version !== 'string' || typeof sha !== 'string')
        return undefined;
    const twins = await texts((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, 'workflows'));
    const callables = await texts((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, '.github', 'workflows'));
    const files = new Map([...callables].map(([name, text]) => [`.github/workflows/${name}`, text]));
    for (const folder of ['', ...(await folders(root))]) {
        const text = await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, folder, 'action.yml'));
        if (text !== undefined)
            files.set(folder === '' ? 'action.yml' : `${folder}/action.yml`, text);
    }
    return { repository, version, sha, interfaces: (0,_lint_templates_js__WEBPACK_IMPORTED_MODULE_3__/* .interfacesOf */ .qg)(files), twins };
}
async function texts(folder) {
    const found = new Map();
    for (const name of (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)(folder).catch(() => [])).sort())
        if (/\.ya?ml$/.test(name))
            found.set((0,node_path__WEBPACK_IMPORTED_MODULE_1__.basename)(name), (await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(folder, name))) ?? '');
    return found;
}
const folders = async (root) => (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)(root, { withFileTypes: true }))
    .filter((one) => one.isDirectory() && !one.name.startsWith('.') && one.name !== 'node_modules')
    .map((one) => one.name);
//# sourceMappingURL=library.js.map

/***/ }),

/***/ 28383:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ unifiedDiff)
/* harmony export */ });
/** Beyond this many lines on a side nobody reads a diff, and the table below would grow. */
const MOST_LINES = 3000;
const CONTEXT = 2;
/** Lines of a unified diff (without its two header lines) that turns `before` into `after`; empty when they are equal. */
function unifiedDiff(before, after) {
    if (before === after)
        return [];
    const a = before.split('\n');
    const b = after.split('\n');
    if (a.length > MOST_LINES || b.length > MOST_LINES)
        return ['@@ too long to compare @@'];
    const ops = operations(a, b);
    const changed = ops.flatMap((op, index) => (op.kind === ' ' ? [] : [index]));
    const hunks = [];
    for (let i = 0; i < changed.length;) {
        const from = Math.max(0, (changed[i] ?? 0) - CONTEXT);
        let last = changed[i] ?? 0;
        while (i < changed.length && (changed[i] ?? 0) - last <= 2 * CONTEXT)
            last = changed[i++] ?? last;
        const part = ops.slice(from, Math.min(ops.length, last + CONTEXT + 1));
        const [first] = part;
        const count = (skip) => part.filter((op) => op.kind !== skip).length;
        hunks.push(`@@ -${(first?.a ?? 0) + 1},${count('+')} +${(first?.b ?? 0) + 1},${count('-')} @@`, ...part.map((op) => `${op.kind}${op.line}`));
    }
    return hunks;
}
/** By the longest common subsequence of lines. */
function operations(a, b) {
    const width = b.length + 1;
    const table = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--)
        for (let j = b.length - 1; j >= 0; j--)
            table[i * width + j] =
                a[i] === b[j]
                    ? (table[(i + 1) * width + j + 1] ?? 0) + 1
                    : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
    const ops = [];
    for (let i = 0, j = 0; i < a.length || j < b.length;) {
        const left = a[i];
        const right = b[j];
        if (left !== undefined && left === right)
            ops.push({ kind: ' ', line: left, a: i++, b: j++ });
        else if (left !== undefined &&
            (right === undefined || (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0)))
            ops.push({ kind: '-', line: left, a: i++, b: j });
        else
            ops.push({ kind: '+', line: right ?? '', a: i, b: j++ });
    }
    return ops;
}
//# sourceMappingURL=diff.js.map

/***/ }),

/***/ 11285:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   MZ: () => (/* binding */ usesOf),
/* harmony export */   nr: () => (/* binding */ lintSource)
/* harmony export */ });
/* unused harmony export isWorkflow */
/* harmony import */ var yaml__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(38815);
/* harmony import */ var _source_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(44865);


const raw = (rule, offset, message, fix) => ({
    rule,
    offset,
    message,
    fix,
});
const stepsOf = (node) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .items */ .ld)(node).filter(yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh).map((step, index) => ({
    node: step,
    id: (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step, 'name')?.value) ?? (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step, 'id')?.value) ?? `step ${index + 1}`,
})); // prettier-ignore
const jobsOf = (source) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entries */ .jO)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'jobs')?.value).flatMap(({ key, at, value }) => (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh)(value) ? [{ id: key, at, node: value, steps: stepsOf((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(value, 'steps')?.value) }] : []);
/** Steps of a composite action. */
const actionSteps = (source) => stepsOf((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'runs')?.value, 'steps')?.value);
const isWorkflow = (source) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'jobs') !== undefined;
/** Every `uses` of a file. */
function usesOf(source) {
    const of = (holder, job) => {
        const found = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(holder, 'uses');
        const text = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(found?.value);
        return found === undefined || text === undefined
            ? []
            : [{ text, at: (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .startOf */ .GH)(found.value), node: found.value, holder, job }];
    };
    const jobs = jobsOf(source);
    return [
        ...jobs.flatMap((job) => of(job.node, true)),
        ...[...jobs.flatMap((job) => job.steps), ...actionSteps(source)].flatMap((step) => of(step.node, false)),
    ];
}
/** All rules that need nothing but the file. */
function lintSource(source) {
    if (source.root === undefined || source.faults.some((fault) => fault.rule === 'yaml'))
        return source.faults.length > 0
            ? [...source.faults]
            : [
                raw('shape', 0, 'the file is no mapping', 'write a workflow (on, jobs) or take the file out of paths'),
            ];
    const shared = [...pins(source), ...scripts(source), ...checkouts(source)];
    if (!isWorkflow(source))
        return (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'runs') === undefined
            ? [raw('shape', 0, 'neither a workflow (jobs) nor an action (runs)', 'take the file out of paths, or correct it')] // prettier-ignore
            : shared;
    return [
        ...shared,
        ...triggers(source),
        ...permissions(source),
        ...concurrency(source),
        ...names(source),
        ...sharedSecrets(source),
        ...jobsOf(source).flatMap((job) => [...timeouts(job), ...secrets(source, job), ...images(job)]),
    ].sort((a, b) => a.offset - b.offset);
}
function triggers(source) {
    const on = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'on');
    if (on === undefined)
        return [raw('shape', 0, 'the workflow has no trigger', 'add "on", for example on: [push, pull_request]')];
    const named = [
        ...(0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entries */ .jO)(on.value).map(({ key, at }) => ({ name: key, at })),
        ...(0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .items */ .ld)(on.value).map((node) => ({ name: (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(node) ?? '', at: (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .startOf */ .GH)(node) })),
        { name: (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(on.value) ?? '', at: (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .startOf */ .GH)(on.value) },
    ];
    return named
        .filter(({ name }) => name === 'pull_request_target' || name === 'workflow_run')
        .map(({ name, at }) => raw('dangerous-trigger', at, `${name} gives rights and secrets to runs that outsiders begin`, 'use pull_request, and do what needs rights after the merge')); // prettier-ignore
}
function permissions(source) {
    const top = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'permissions');
    const fix = 'write permissions: {} at the top, and grant each job what it needs';
    const found = [];
    if (top === undefined)
        found.push(raw('permissions', 0, 'the workflow does not say "permissions": the repository decides what the token may do', fix)); // prettier-ignore
    else if (!(0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh)(top.value) || top.value.items.length > 0)
        found.push(raw('permissions', top.at, 'permissions are granted at the top, to every job', fix));
    for (const job of jobsOf(source)) {
        const own = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'permissions');
        if (/^(write|read)-all$/.test((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(own?.value) ?? ''))
            found.push(raw('permissions', own?.at ?? job.at, `job ${job.id} is granted ${(0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(own?.value) ?? ''}`, 'name each permission with the reason beside it')); // prettier-ignore
    }
    return found;
}
function concurrency(source) {
    const jobs = jobsOf(source);
    const top = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'concurrency');
    const every = jobs.length > 0 && jobs.every((job) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'concurrency') !== undefined);
    const found = [];
    if (top === undefined && !every)
        found.push(raw('concurrency', (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'on')?.at ?? 0, 'runs of one ref may race with each other', 'add concurrency with a group such as ${{ github.workflow }}-${{ github.ref }}-NAME')); // prettier-ignore
    const deploys = jobs.some((job) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'environment') !== undefined);
    const cancel = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(top?.value, 'cancel-in-progress');
    if (deploys && (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(cancel?.value) === 'true')
        found.push(raw('concurrency', cancel?.at ?? 0, 'a newer run cuts a deployment off in the middle', 'write cancel-in-progress: false where a job has an environment')); // prettier-ignore
    return found;
}
function names(source) {
    const found = [];
    const say = (offset, what) => found.push(raw('names', offset, `${what} has no name`, 'add a name that says what it is for'));
    if ((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'name') === undefined)
        say(0, 'the workflow');
    for (const job of jobsOf(source)) {
        if ((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'name') === undefined)
            say(job.at, `job ${job.id}`);
        for (const step of job.steps)
            if ((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step.node, 'name') === undefined)
                say((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .startOf */ .GH)(step.node), `${step.id} of job ${job.id}`);
    }
    return found;
}
function timeouts(job) {
    // A job that calls a workflow cannot have one; the jobs of that workflow do.
    if ((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'uses') !== undefined || (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'timeout-minutes') !== undefined)
        return [];
    return [raw('timeout', job.at, `job ${job.id} may run for six hours`, 'add timeout-minutes')];
}
function pins(source) {
    return usesOf(source).flatMap(({ text, at, node }) => {
        // Of this repository, at this commit.
        if (text.startsWith('./') || text.startsWith('$/'))
            return [];
        if (text.startsWith('docker://'))
            return /@sha256:[0-9a-f]{64}$/.test(text)
                ? []
                : [raw('image-digest', at, `${text} is not pinned by digest`, 'write docker://NAME@sha256:…')];
        const [, , ref] = /^([^@]+)@(.+)$/.exec(text) ?? [];
        if (ref === undefined || !/^[0-9a-f]{40}$/.test(ref))
            return [raw('pin', at, `${text} is not pinned by commit`, 'write the 40 hexadecimal digits of the commit, and the version as a comment: @SHA # vX.Y.Z')]; // prettier-ignore
        const after = source.restOfLine(node?.range?.[1] ?? at);
        return /^\s*#\s*v?\d/.test(after)
            ? []
            : [raw('pin-comment', at, `${text.replace(/@.*/, '')} does not say which version its commit is`, 'add the version as a comment: # vX.Y.Z')]; // prettier-ignore
    });
}
/** Values that somebody without rights can choose, and those that come from them. */
const OUTSIDE = /\b(?:github\s*\.\s*(?:event|head_ref|ref_name|ref|base_ref|actor|triggering_actor)|inputs|steps|needs|env|matrix)\s*(?:\.|\[)|\bgithub\s*\.\s*(?:head_ref|ref_name|ref|base_ref|actor|triggering_actor)\b|\bgithub\s*\[|toJSON\s*\(\s*github\s*\)/;
function scripts(source) {
    const jobs = jobsOf(source);
    const shellAbove = (node) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(node, 'defaults')?.value, 'run')?.value, 'shell') !== undefined;
    const all = [
        ...jobs.flatMap((job) => job.steps.map((step) => ({ step, where: `job ${job.id}`, shell: shellAbove(source.root) || shellAbove(job.node) }))),
        ...actionSteps(source).map((step) => ({ step, where: 'the action', shell: false })),
    ];
    return all.flatMap(({ step, where, shell }) => {
        const found = [];
        const run = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step.node, 'run');
        const script = /^actions\/github-script@/.test((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step.node, 'uses')?.value) ?? '')
            ? (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step.node, 'with')?.value, 'script')
            : undefined;
        for (const one of [run, script])
            for (const { offset, match } of (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .matchesIn */ .XJ)(source, one?.value, /\$\{\{([\s\S]*?)\}\}/g)) {
                const expression = match[1] ?? '';
                const shown = match[0].replace(/\s+/g, ' ');
                const fix = 'hand it over by env, and use "$NAME" in the script';
                if (/\bsecrets\b/.test(expression))
                    found.push(raw('secret-in-script', offset, `${shown} in a script of ${where}`, fix));
                else if (OUTSIDE.test(expression))
                    found.push(raw('interpolation', offset, `${shown} in a script of ${where}`, fix));
            }
        if (run !== undefined && !shell && (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(step.node, 'shell') === undefined)
            found.push(raw('shell', run.at, `${step.id} of ${where} does not name its shell`, 'add shell: bash'));
        return found;
    });
}
function checkouts(source) {
    return usesOf(source)
        .filter((use) => /^actions\/checkout@/.test(use.text))
        .filter((use) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(use.holder, 'with')?.value, 'persist-credentials')?.value) !== 'false')
        .map((use) => raw('checkout-credentials', use.at, 'checkout leaves the token in the working copy', 'add with: persist-credentials: false')); // prettier-ignore
}
function secrets(source, job) {
    const given = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'secrets');
    if ((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(given?.value) === 'inherit')
        return [raw('secrets-inherit', given?.at ?? job.at, `job ${job.id} hands over every secret`, 'name the secrets that the workflow takes')]; // prettier-ignore
    // The called workflow has the environment; the caller's job cannot have one.
    if ((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'uses') !== undefined || (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'environment') !== undefined)
        return [];
    const used = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .matchesIn */ .XJ)(source, job.node, /\$\{\{[^}]*?\bsecrets\b\s*(?:\.\s*([\w-]+)|\[)[^}]*\}\}/g);
    const first = used.find(({ match }) => match[1] !== 'GITHUB_TOKEN');
    return first === undefined
        ? []
        : [raw('secrets-environment', first.offset, `job ${job.id} uses a secret (${first.match[1] ?? 'by expression'}) without an environment`, 'add environment to the job, and keep the secret there')]; // prettier-ignore
}
/** An environment variable of the whole workflow is in every job, with and without an environment. */
function sharedSecrets(source) {
    const used = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .matchesIn */ .XJ)(source, (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(source.root, 'env')?.value, /\$\{\{[^}]*?\bsecrets\b[^}]*\}\}/g);
    return used.map(({ offset }) => raw('secrets-environment', offset, 'a secret is handed to every job', 'move it to the env of the step that needs it, in a job with an environment')); // prettier-ignore
}
function images(job) {
    const container = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'container');
    const places = [
        (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh)(container?.value) ? (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(container.value, 'image') : container,
        ...(0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entries */ .jO)((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(job.node, 'services')?.value).map(({ value }) => (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .entry */ .f_)(value, 'image')),
    ];
    return places.flatMap((place) => {
        const text = (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(place?.value) ?? '';
        if (place === undefined || text === '' || text.includes('${{') || /@sha256:[0-9a-f]{64}$/.test(text))
            return [];
        return [raw('image-digest', (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .startOf */ .GH)(place.value), `${text} is not pinned by digest`, 'write NAME:TAG@sha256:…')];
    }); // prettier-ignore
}
//# sourceMappingURL=rules.js.map

/***/ }),

/***/ 44865:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   GH: () => (/* binding */ startOf),
/* harmony export */   XJ: () => (/* binding */ matchesIn),
/* harmony export */   b6: () => (/* binding */ textOf),
/* harmony export */   f_: () => (/* binding */ entry),
/* harmony export */   jO: () => (/* binding */ entries),
/* harmony export */   kL: () => (/* binding */ Source),
/* harmony export */   ld: () => (/* binding */ items)
/* harmony export */ });
/* harmony import */ var yaml__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(38815);

/** A YAML file with the places of its parts. */
class Source {
    file;
    text;
    root;
    faults;
    #lines = new yaml__WEBPACK_IMPORTED_MODULE_0__/* .LineCounter */ .HN();
    constructor(file, text) {
        this.file = file;
        this.text = text;
        // GitHub reads YAML 1.2 with anchors; the same key twice is refused there too.
        const document = (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .parseDocument */ .Tp)(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
        this.root = (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh)(document.contents) ? document.contents : undefined;
        this.faults = [...document.errors, ...document.warnings].map((error) => ({
            rule: 'yaml',
            offset: error.pos[0],
            message: error.message.split('\n')[0] ?? '',
            fix: 'correct the YAML at this place (indentation, quotes, a key that is there twice)',
        }));
    }
    /** From 1, both. */
    position(offset) {
        const { line, col } = this.#lines.linePos(offset);
        return { line: Math.max(1, line), column: Math.max(1, col) };
    }
    /** The text of the line at an offset, from there to its end. */
    restOfLine(offset) {
        const end = this.text.indexOf('\n', offset);
        return this.text.slice(offset, end < 0 ? undefined : end);
    }
}
/** The entries of a mapping; of anything else none. */
function entries(node) {
    if (!(0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isMap */ .jh)(node))
        return [];
    return node.items.flatMap((pair) => (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isScalar */ .jn)(pair.key)
        ? [{ key: String(pair.key.value), at: pair.key.range?.[0] ?? 0, value: pair.value }]
        : []);
}
const entry = (node, key) => entries(node).find((one) => one.key === key);
const items = (node) => ((0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isSeq */ .oP)(node) ? node.items : []);
/** The text of a scalar; numbers and booleans as they are written out. */
function textOf(node) {
    const value = (0,yaml__WEBPACK_IMPORTED_MODULE_0__/* .isScalar */ .jn)(node) ? node.value : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : undefined;
}
const startOf = (node) => node?.range?.[0] ?? 0;
/** Offsets in the file at which `pattern` (global) matches inside a node, without those in comments. */
function matchesIn(source, node, pattern) {
    if (node?.range === null || node?.range === undefined)
        return [];
    const [from, to] = node.range;
    return [...source.text.slice(from, to).matchAll(pattern)].flatMap((match) => {
        const offset = from + match.index;
        const before = source.text.slice(source.text.lastIndexOf('\n', offset - 1) + 1, offset);
        return /^\s*#/.test(before) ? [] : [{ offset, match }];
    });
}
//# sourceMappingURL=source.js.map

/***/ }),

/***/ 33681:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   hL: () => (/* binding */ lintTemplates),
/* harmony export */   qg: () => (/* binding */ interfacesOf),
/* harmony export */   sh: () => (/* binding */ parseAllowed)
/* harmony export */ });
/* unused harmony export interfaceOf */
/* harmony import */ var yaml__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(38815);
/* harmony import */ var _base_lists_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(23416);
/* harmony import */ var _diff_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(28383);
/* harmony import */ var _rules_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(11285);
/* harmony import */ var _source_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(44865);





/** `v1.2.0`, a commit, or `v1.2.0=COMMIT`; undefined when it is none of these. */
function parseAllowed(text) {
    const match = /^(?:(v?\d+\.\d+\.\d+[\w.+-]*))?(?:=?([0-9a-f]{40}))?$/.exec(text);
    const [, version, sha] = match ?? [];
    if (version === undefined && sha === undefined)
        return undefined;
    return { version, sha };
}
/** The interface that a file states: a callable workflow's, or an action's; undefined when it is neither. */
function interfaceOf(source) {
    const call = (0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(source.root, 'on')?.value, 'workflow_call');
    if (call !== undefined)
        return { inputs: taken((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(call.value, 'inputs')?.value), secrets: taken((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(call.value, 'secrets')?.value) };
    if ((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(source.root, 'runs') === undefined)
        return undefined;
    return { inputs: taken((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(source.root, 'inputs')?.value), secrets: undefined };
} // prettier-ignore
function taken(node) {
    return new Map((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entries */ .jO)(node).map(({ key, value }) => {
        const standard = (0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(value, 'default');
        return [key, { required: (0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .textOf */ .b6)((0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(value, 'required')?.value) === 'true' && standard === undefined }];
    }));
}
const raw = (rule, offset, message, fix) => ({
    rule,
    offset,
    message,
    fix,
});
/** Rules that compare a file with the templates. */
function lintTemplates(source, rules) {
    const uses = (0,_rules_js__WEBPACK_IMPORTED_MODULE_1__/* .usesOf */ .MZ)(source);
    return [
        ...uses.flatMap((use) => versionOf(source, use, rules)),
        ...uses.flatMap((use) => inputsOf(use, rules)),
        ...driftOf(source, rules.library),
    ];
}
/** Repository, path in it and ref of a `uses` of the templates. */
function templateUse(text, rules) {
    const names = [...(rules.library === undefined ? [] : [rules.library.repository]), ...rules.repositories];
    const [whole = '', ref = ''] = text.split('@', 2);
    const name = names.find((one) => whole.toLowerCase() === one.toLowerCase() || whole.toLowerCase().startsWith(`${one.toLowerCase()}/`)); // prettier-ignore
    return name === undefined ? undefined : { path: whole.slice(name.length + 1), ref };
}
function versionOf(source, use, rules) {
    const template = templateUse(use.text, rules);
    if (template === undefined || rules.allowed.length === 0)
        return [];
    const { ref } = template;
    const comment = /^\s*#\s*(\S+)/.exec(source.restOfLine(use.node?.range?.[1] ?? use.at))?.[1];
    const same = (a, b) => a?.replace(/^v/, '') === b.replace(/^v/, '');
    const ok = rules.allowed.some(({ version, sha }) => sha !== undefined
        ? ref === sha && (version === undefined || comment === undefined || same(comment, version))
        : same(comment ?? ref, version ?? ''));
    if (ok)
        return [];
    const list = rules.allowed.map(({ version, sha }) => [version, sha?.slice(0, 12)].filter((part) => part !== undefined).join(' = ')); // prettier-ignore
    return [raw('version', use.at, `${use.text.replace(/([0-9a-f]{12})[0-9a-f]{28}/, '$1…')}${comment === undefined ? '' : ` (${comment})`} is not allowed in this repository now`, `use one of: ${list.join(', ')}`)]; // prettier-ignore
}
function inputsOf(use, rules) {
    const local = /^(?:\.\/|\$\/)(.*?)\/*$/.exec(use.text)?.[1];
    const template = local === undefined ? templateUse(use.text, rules) : undefined;
    const path = local ?? template?.path;
    if (path === undefined)
        return [];
    const known = local === undefined ? rules.library?.interfaces.get(path) : rules.own.get(path);
    const where = local === undefined ? `${path === '' ? 'the action' : path} of ${rules.library?.version ?? ''}` : path; // prettier-ignore
    if (known === undefined)
        return local === undefined && rules.library !== undefined
            ? [raw('inputs', use.at, `there is no ${path} in ${rules.library.repository} ${rules.library.version}`, 'look the path up in docs/workflows')] // prettier-ignore
            : [];
    return [
        ...compare(use, 'with', 'input', known.inputs, where),
        ...(known.secrets === undefined ? [] : compare(use, 'secrets', 'secret', known.secrets, where)),
    ];
}
function compare(use, part, what, known, where) {
    const holder = (0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entry */ .f_)(use.holder, part);
    if (part === 'secrets' && (0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .textOf */ .b6)(holder?.value) === 'inherit')
        return [];
    const given = (0,_source_js__WEBPACK_IMPORTED_MODULE_2__/* .entries */ .jO)(holder?.value);
    // Actions read their inputs without case.
    const fold = (name) => (use.job ? name : name.toLowerCase());
    const names = new Map([...known.keys()].map((name) => [fold(name), name]));
    const unknown = given.filter(({ key }) => !names.has(fold(key)));
    const missing = [...known].filter(([name, { required }]) => required && !given.some(({ key }) => fold(key) === fold(name))); // prettier-ignore
    return [
        ...unknown.map(({ key, at }) => {
            const near = (0,_base_lists_js__WEBPACK_IMPORTED_MODULE_3__/* .nearest */ .pA)(key, [...known.keys()]);
            return raw('inputs', at, `${where} has no ${what} ${key}`, near === undefined ? `it takes ${[...known.keys()].join(', ') || 'none'}` : `did you mean ${near}?`); // prettier-ignore
        }),
        ...missing.map(([name]) => raw('inputs', holder?.at ?? use.at, `${where} needs the ${what} ${name}`, `add ${name} under ${part}`)), // prettier-ignore
    ];
}
/** The first line of a twin says what it is a copy of. */
const HEAD = /^# Copy of (\S+?)\/\.github\/workflows\/(\S+\.ya?ml) at (\S+?):/;
function driftOf(source, library) {
    const [, repository, name = '', version = ''] = HEAD.exec(source.text) ?? [];
    if (library === undefined || repository === undefined)
        return [];
    if (repository.toLowerCase() !== library.repository.toLowerCase())
        return [];
    const twin = library.twins.get(name);
    if (twin === undefined)
        return [raw('twin-outdated', 0, `${name} is no template of ${library.version} any more`, 'see the changelog for what took its place')]; // prettier-ignore
    // Line ends are the checkout's affair.
    const text = source.text.replaceAll('\r\n', '\n');
    if (text === twin)
        return [];
    const diff = (0,_diff_js__WEBPACK_IMPORTED_MODULE_4__/* .unifiedDiff */ .W)(text, twin);
    const changed = diff.filter((line) => /^[+-]/.test(line)).length;
    return version === library.version
        ? [{ ...raw('twin-adapted', firstDifference(text, twin), `this copy of ${name} ${version} was changed (${changed} lines)`, 'call the template with inputs instead, or keep the change and carry it along; rules: twin-adapted=off when it is meant to stay'), diff }] // prettier-ignore
        : [{ ...raw('twin-outdated', 0, `this copy is of ${version}; ${library.version} is current (${changed} lines differ)`, `copy workflows/${name} of ${library.version} again, or take the lines of the diff over`), diff }]; // prettier-ignore
}
function firstDifference(a, b) {
    let at = 0;
    while (at < a.length && a.charAt(at) === b.charAt(at))
        at++;
    return Math.min(at, Math.max(0, a.length - 1));
}
/** Interfaces of files, by the path that `uses` names: workflows by file, actions by folder. */
function interfacesOf(files) {
    const found = new Map();
    for (const [file, text] of files) {
        const known = interfaceOf(new _source_js__WEBPACK_IMPORTED_MODULE_2__/* .Source */ .kL(file, text));
        if (known !== undefined)
            found.set(file.replace(/(^|\/)action\.ya?ml$/, ''), known);
    }
    return found;
}
//# sourceMappingURL=templates.js.map

/***/ })

};
