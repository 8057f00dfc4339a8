export const id = 305;
export const ids = [305];
export const modules = {

/***/ 34305:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  lintWith: () => (/* binding */ lintWith),
  loadTemplateLint: () => (/* binding */ loadTemplateLint),
  runTemplateLint: () => (/* binding */ runTemplateLint)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/lists.js
var lists = __webpack_require__(23416);
// EXTERNAL MODULE: ./lib/base/errors.js
var base_errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/files.js
var base_files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/pipeline/glob.js
var glob = __webpack_require__(84366);
;// CONCATENATED MODULE: ./lib/pipeline/lint/model.js
const rule = (id, level, title, why) => ({ id, level, title, why });
const RULES = [
    rule('yaml', 'error', 'The file is YAML', 'GitHub does not run a file that it cannot read, and says so only when it is too late.'),
    rule('shape', 'error', 'The file is a workflow or an action', 'Without "on" and "jobs" (or "runs") nothing runs.'),
    rule('permissions', 'error', 'Nothing is granted at the top', 'A job that is added later must not inherit rights that nobody thought of.'),
    rule('timeout', 'error', 'Each job ends in time', 'The standard is six hours; a job that hangs holds a runner and a deployment for so long.'),
    rule('names', 'warning', 'Workflow, jobs and steps have names', 'Branch rules and people find a job by its name.'),
    rule('pin', 'error', 'Actions are pinned by commit', 'A tag can be moved to other code, as in the attacks of 2025 and 2026; a commit cannot.'),
    rule('pin-comment', 'warning', 'A pin says its version', 'Nobody can read a commit, and update tools need the version beside it.'),
    rule('interpolation', 'error', 'No outside text in scripts', 'An expression becomes part of the script before the shell sees it: a branch name or an input can be a command.'),
    rule('secret-in-script', 'error', 'No secrets in scripts', 'A secret that is part of a script is in arguments and traces.'),
    rule('shell', 'warning', 'Scripts name their shell', 'Without it Linux takes bash without pipefail, and Windows another shell.'),
    rule('concurrency', 'warning', 'Runs of one ref wait for each other', 'Two runs at once race for tags and environments; a deployment must not be cut off in the middle.'),
    rule('secrets-inherit', 'error', 'Secrets are handed over by name', 'inherit gives every secret of the caller to code that needs one.'),
    rule('secrets-environment', 'error', 'Secrets only in jobs with an environment', 'An environment says which branches and persons may use its secrets; a secret of the repository is open to every branch.'),
    rule('image-digest', 'error', 'Images by digest', 'What was tested must be what runs; a tag can be another image a minute later.'),
    rule('checkout-credentials', 'error', 'Checkout leaves no token behind', 'The token stays in the working copy, where every later step and every artifact can have it.'),
    rule('dangerous-trigger', 'error', 'No trigger that runs outside code with rights', 'pull_request_target and workflow_run give the rights of the repository to runs that strangers begin.'),
    rule('version', 'error', 'Templates are of a version that is allowed now', 'Templates are released ring by ring; a repository takes the version of its ring.'),
    rule('inputs', 'error', 'Templates are given what they take', 'An input with a wrong name is ignored by actions and refused by workflows: the switch does nothing.'),
    rule('twin-outdated', 'warning', 'Copies are of the current version', 'A copy does not update itself; the diff shows what it misses.'),
    rule('twin-adapted', 'warning', 'Copies are as they were released', 'What was changed has to be carried along with every update; the diff shows it.'),
]; // prettier-ignore
const RULE_IDS = RULES.map(({ id }) => id);
const ruleOf = (id) => RULES.find((one) => one.id === id) ?? fail(id);
function fail(id) {
    throw new TypeError(`there is no rule ${id}`);
}
//# sourceMappingURL=model.js.map
// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
;// CONCATENATED MODULE: ./lib/pipeline/lint/source.js

/** A YAML file with the places of its parts. */
class Source {
    file;
    text;
    root;
    faults;
    #lines = new dist/* LineCounter */.HN();
    constructor(file, text) {
        this.file = file;
        this.text = text;
        // GitHub reads YAML 1.2 with anchors; the same key twice is refused there too.
        const document = (0,dist/* parseDocument */.Tp)(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
        this.root = (0,dist/* isMap */.jh)(document.contents) ? document.contents : undefined;
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
    if (!(0,dist/* isMap */.jh)(node))
        return [];
    return node.items.flatMap((pair) => (0,dist/* isScalar */.jn)(pair.key)
        ? [{ key: String(pair.key.value), at: pair.key.range?.[0] ?? 0, value: pair.value }]
        : []);
}
const entry = (node, key) => entries(node).find((one) => one.key === key);
const items = (node) => ((0,dist/* isSeq */.oP)(node) ? node.items : []);
/** The text of a scalar; numbers and booleans as they are written out. */
const textOf = (node) => (0,dist/* isScalar */.jn)(node) && node.value !== null ? String(node.value) : undefined;
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
;// CONCATENATED MODULE: ./lib/pipeline/lint/rules.js


const raw = (rule, offset, message, fix) => ({
    rule,
    offset,
    message,
    fix,
});
const stepsOf = (node) => items(node).filter(dist/* isMap */.jh).map((step, index) => ({
    node: step,
    id: textOf(entry(step, 'name')?.value) ?? textOf(entry(step, 'id')?.value) ?? `step ${index + 1}`,
})); // prettier-ignore
const jobsOf = (source) => entries(entry(source.root, 'jobs')?.value).flatMap(({ key, at, value }) => (0,dist/* isMap */.jh)(value) ? [{ id: key, at, node: value, steps: stepsOf(entry(value, 'steps')?.value) }] : []);
/** Steps of a composite action. */
const actionSteps = (source) => stepsOf(entry(entry(source.root, 'runs')?.value, 'steps')?.value);
const isWorkflow = (source) => entry(source.root, 'jobs') !== undefined;
/** Every `uses` of a file. */
function usesOf(source) {
    const of = (holder, job) => {
        const found = entry(holder, 'uses');
        const text = textOf(found?.value);
        return found === undefined || text === undefined
            ? []
            : [{ text, at: startOf(found.value), node: found.value, holder, job }];
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
        return entry(source.root, 'runs') === undefined
            ? [raw('shape', 0, 'neither a workflow (jobs) nor an action (runs)', 'take the file out of paths, or correct it')] // prettier-ignore
            : shared;
    return [
        ...shared,
        ...triggers(source),
        ...permissions(source),
        ...concurrency(source),
        ...names(source),
        ...sharedSecrets(source),
        ...jobsOf(source).flatMap((job) => [...timeouts(job), ...secrets(source, job), ...rules_images(job)]),
    ].sort((a, b) => a.offset - b.offset);
}
function triggers(source) {
    const on = entry(source.root, 'on');
    if (on === undefined)
        return [raw('shape', 0, 'the workflow has no trigger', 'add "on", for example on: [push, pull_request]')];
    const named = [
        ...entries(on.value).map(({ key, at }) => ({ name: key, at })),
        ...items(on.value).map((node) => ({ name: textOf(node) ?? '', at: startOf(node) })),
        { name: textOf(on.value) ?? '', at: startOf(on.value) },
    ];
    return named
        .filter(({ name }) => name === 'pull_request_target' || name === 'workflow_run')
        .map(({ name, at }) => raw('dangerous-trigger', at, `${name} gives rights and secrets to runs that outsiders begin`, 'use pull_request, and do what needs rights after the merge')); // prettier-ignore
}
function permissions(source) {
    const top = entry(source.root, 'permissions');
    const fix = 'write permissions: {} at the top, and grant each job what it needs';
    const found = [];
    if (top === undefined)
        found.push(raw('permissions', 0, 'the workflow does not say "permissions": the repository decides what the token may do', fix)); // prettier-ignore
    else if (!(0,dist/* isMap */.jh)(top.value) || top.value.items.length > 0)
        found.push(raw('permissions', top.at, 'permissions are granted at the top, to every job', fix));
    for (const job of jobsOf(source)) {
        const own = entry(job.node, 'permissions');
        if (/^(write|read)-all$/.test(textOf(own?.value) ?? ''))
            found.push(raw('permissions', own?.at ?? job.at, `job ${job.id} is granted ${textOf(own?.value) ?? ''}`, 'name each permission with the reason beside it')); // prettier-ignore
    }
    return found;
}
function concurrency(source) {
    const jobs = jobsOf(source);
    const top = entry(source.root, 'concurrency');
    const every = jobs.length > 0 && jobs.every((job) => entry(job.node, 'concurrency') !== undefined);
    const found = [];
    if (top === undefined && !every)
        found.push(raw('concurrency', entry(source.root, 'on')?.at ?? 0, 'runs of one ref may race with each other', 'add concurrency with a group such as ${{ github.workflow }}-${{ github.ref }}-NAME')); // prettier-ignore
    const deploys = jobs.some((job) => entry(job.node, 'environment') !== undefined);
    const cancel = entry(top?.value, 'cancel-in-progress');
    if (deploys && textOf(cancel?.value) === 'true')
        found.push(raw('concurrency', cancel?.at ?? 0, 'a newer run cuts a deployment off in the middle', 'write cancel-in-progress: false where a job has an environment')); // prettier-ignore
    return found;
}
function names(source) {
    const found = [];
    const say = (offset, what) => found.push(raw('names', offset, `${what} has no name`, 'add a name that says what it is for'));
    if (entry(source.root, 'name') === undefined)
        say(0, 'the workflow');
    for (const job of jobsOf(source)) {
        if (entry(job.node, 'name') === undefined)
            say(job.at, `job ${job.id}`);
        for (const step of job.steps)
            if (entry(step.node, 'name') === undefined)
                say(startOf(step.node), `${step.id} of job ${job.id}`);
    }
    return found;
}
function timeouts(job) {
    // A job that calls a workflow cannot have one; the jobs of that workflow do.
    if (entry(job.node, 'uses') !== undefined || entry(job.node, 'timeout-minutes') !== undefined)
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
    const shellAbove = (node) => entry(entry(entry(node, 'defaults')?.value, 'run')?.value, 'shell') !== undefined;
    const all = [
        ...jobs.flatMap((job) => job.steps.map((step) => ({ step, where: `job ${job.id}`, shell: shellAbove(source.root) || shellAbove(job.node) }))),
        ...actionSteps(source).map((step) => ({ step, where: 'the action', shell: false })),
    ];
    return all.flatMap(({ step, where, shell }) => {
        const found = [];
        const run = entry(step.node, 'run');
        const script = /^actions\/github-script@/.test(textOf(entry(step.node, 'uses')?.value) ?? '')
            ? entry(entry(step.node, 'with')?.value, 'script')
            : undefined;
        for (const one of [run, script])
            for (const { offset, match } of matchesIn(source, one?.value, /\$\{\{([\s\S]*?)\}\}/g)) {
                const expression = match[1] ?? '';
                const shown = match[0].replace(/\s+/g, ' ');
                const fix = 'hand it over by env, and use "$NAME" in the script';
                if (/\bsecrets\b/.test(expression))
                    found.push(raw('secret-in-script', offset, `${shown} in a script of ${where}`, fix));
                else if (OUTSIDE.test(expression))
                    found.push(raw('interpolation', offset, `${shown} in a script of ${where}`, fix));
            }
        if (run !== undefined && !shell && entry(step.node, 'shell') === undefined)
            found.push(raw('shell', run.at, `${step.id} of ${where} does not name its shell`, 'add shell: bash'));
        return found;
    });
}
function checkouts(source) {
    return usesOf(source)
        .filter((use) => /^actions\/checkout@/.test(use.text))
        .filter((use) => textOf(entry(entry(use.holder, 'with')?.value, 'persist-credentials')?.value) !== 'false')
        .map((use) => raw('checkout-credentials', use.at, 'checkout leaves the token in the working copy', 'add with: persist-credentials: false')); // prettier-ignore
}
function secrets(source, job) {
    const given = entry(job.node, 'secrets');
    if (textOf(given?.value) === 'inherit')
        return [raw('secrets-inherit', given?.at ?? job.at, `job ${job.id} hands over every secret`, 'name the secrets that the workflow takes')]; // prettier-ignore
    // The called workflow has the environment; the caller's job cannot have one.
    if (entry(job.node, 'uses') !== undefined || entry(job.node, 'environment') !== undefined)
        return [];
    const used = matchesIn(source, job.node, /\$\{\{[^}]*?\bsecrets\b\s*(?:\.\s*([\w-]+)|\[)[^}]*\}\}/g);
    const first = used.find(({ match }) => match[1] !== 'GITHUB_TOKEN');
    return first === undefined
        ? []
        : [raw('secrets-environment', first.offset, `job ${job.id} uses a secret (${first.match[1] ?? 'by expression'}) without an environment`, 'add environment to the job, and keep the secret there')]; // prettier-ignore
}
/** An environment variable of the whole workflow is in every job, with and without an environment. */
function sharedSecrets(source) {
    const used = matchesIn(source, entry(source.root, 'env')?.value, /\$\{\{[^}]*?\bsecrets\b[^}]*\}\}/g);
    return used.map(({ offset }) => raw('secrets-environment', offset, 'a secret is handed to every job', 'move it to the env of the step that needs it, in a job with an environment')); // prettier-ignore
}
function rules_images(job) {
    const container = entry(job.node, 'container');
    const places = [
        (0,dist/* isMap */.jh)(container?.value) ? entry(container.value, 'image') : container,
        ...entries(entry(job.node, 'services')?.value).map(({ value }) => entry(value, 'image')),
    ];
    return places.flatMap((place) => {
        const text = textOf(place?.value) ?? '';
        if (place === undefined || text === '' || text.includes('${{') || /@sha256:[0-9a-f]{64}$/.test(text))
            return [];
        return [raw('image-digest', startOf(place.value), `${text} is not pinned by digest`, 'write NAME:TAG@sha256:…')];
    }); // prettier-ignore
}
//# sourceMappingURL=rules.js.map
;// CONCATENATED MODULE: ./lib/pipeline/lint/diff.js
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
;// CONCATENATED MODULE: ./lib/pipeline/lint/templates.js





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
    const call = entry(entry(source.root, 'on')?.value, 'workflow_call');
    if (call !== undefined)
        return { inputs: taken(entry(call.value, 'inputs')?.value), secrets: taken(entry(call.value, 'secrets')?.value) };
    if (entry(source.root, 'runs') === undefined)
        return undefined;
    return { inputs: taken(entry(source.root, 'inputs')?.value), secrets: undefined };
} // prettier-ignore
function taken(node) {
    return new Map(entries(node).map(({ key, value }) => {
        const standard = entry(value, 'default');
        return [key, { required: textOf(entry(value, 'required')?.value) === 'true' && standard === undefined }];
    }));
}
const templates_raw = (rule, offset, message, fix) => ({
    rule,
    offset,
    message,
    fix,
});
/** Rules that compare a file with the templates. */
function lintTemplates(source, rules) {
    const uses = usesOf(source);
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
    return [templates_raw('version', use.at, `${use.text.replace(/([0-9a-f]{12})[0-9a-f]{28}/, '$1…')}${comment === undefined ? '' : ` (${comment})`} is not allowed in this repository now`, `use one of: ${list.join(', ')}`)]; // prettier-ignore
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
            ? [templates_raw('inputs', use.at, `there is no ${path} in ${rules.library.repository} ${rules.library.version}`, 'look the path up in docs/workflows')] // prettier-ignore
            : [];
    return [
        ...compare(use, 'with', 'input', known.inputs, where),
        ...(known.secrets === undefined ? [] : compare(use, 'secrets', 'secret', known.secrets, where)),
    ];
}
function compare(use, part, what, known, where) {
    const holder = entry(use.holder, part);
    if (part === 'secrets' && textOf(holder?.value) === 'inherit')
        return [];
    const given = entries(holder?.value);
    // Actions read their inputs without case.
    const fold = (name) => (use.job ? name : name.toLowerCase());
    const names = new Map([...known.keys()].map((name) => [fold(name), name]));
    const unknown = given.filter(({ key }) => !names.has(fold(key)));
    const missing = [...known].filter(([name, { required }]) => required && !given.some(({ key }) => fold(key) === fold(name))); // prettier-ignore
    return [
        ...unknown.map(({ key, at }) => {
            const near = (0,lists/* nearest */.pA)(key, [...known.keys()]);
            return templates_raw('inputs', at, `${where} has no ${what} ${key}`, near === undefined ? `it takes ${[...known.keys()].join(', ') || 'none'}` : `did you mean ${near}?`); // prettier-ignore
        }),
        ...missing.map(([name]) => templates_raw('inputs', holder?.at ?? use.at, `${where} needs the ${what} ${name}`, `add ${name} under ${part}`)), // prettier-ignore
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
        return [templates_raw('twin-outdated', 0, `${name} is no template of ${library.version} any more`, 'see the changelog for what took its place')]; // prettier-ignore
    // Line ends are the checkout's affair.
    const text = source.text.replaceAll('\r\n', '\n');
    if (text === twin)
        return [];
    const diff = unifiedDiff(text, twin);
    const changed = diff.filter((line) => /^[+-]/.test(line)).length;
    return version === library.version
        ? [{ ...templates_raw('twin-adapted', firstDifference(text, twin), `this copy of ${name} ${version} was changed (${changed} lines)`, 'call the template with inputs instead, or keep the change and carry it along; rules: twin-adapted=off when it is meant to stay'), diff }] // prettier-ignore
        : [{ ...templates_raw('twin-outdated', 0, `this copy is of ${version}; ${library.version} is current (${changed} lines differ)`, `copy workflows/${name} of ${library.version} again, or take the lines of the diff over`), diff }]; // prettier-ignore
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
        const known = interfaceOf(new Source(file, text));
        if (known !== undefined)
            found.set(file.replace(/(^|\/)action\.ya?ml$/, ''), known);
    }
    return found;
}
//# sourceMappingURL=templates.js.map
;// CONCATENATED MODULE: ./lib/pipeline/lint/lint.js




/** All findings of some files, by file and place. Pure. */
function lintFiles(files, rules) {
    return [...files].flatMap(([file, text]) => {
        const source = new Source(file, text);
        const broken = source.root === undefined || source.faults.length > 0;
        return [...lintSource(source), ...(broken ? [] : lintTemplates(source, rules))]
            .sort((a, b) => a.offset - b.offset)
            .flatMap(({ offset, rule, message, fix, diff }) => {
            const level = rules.levels.get(rule) ?? ruleOf(rule).level;
            if (level === 'off')
                return [];
            return [
                { rule, level, file, ...source.position(offset), message, fix, ...(diff === undefined ? {} : { diff }) },
            ];
        });
    }); // prettier-ignore
}
//# sourceMappingURL=lint.js.map
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
// EXTERNAL MODULE: ./lib/report/format.js
var format = __webpack_require__(87703);
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/pipeline/lint/report.js




/** GitHub shows ten of each level for a step. */
const MOST_ANNOTATIONS = 10;
/** Annotations at their lines; when some must be left out the last one says how many. */
function lintAnnotations(findings) {
    return ['error', 'warning'].flatMap((level) => {
        const all = findings.filter((one) => one.level === level);
        const shown = all.length > MOST_ANNOTATIONS ? all.slice(0, MOST_ANNOTATIONS - 1) : all;
        const left = all.length - shown.length;
        return [
            ...shown.map((one) => ({
                level,
                title: one.rule,
                message: `${one.message}\nfix: ${one.fix}`,
                file: one.file,
                line: one.line,
                column: one.column,
            })),
            ...(left === 0 ? [] : [{ level, title: 'more findings', message: `${left} more are in the job summary` }]),
        ];
    }); // prettier-ignore
}
/** SARIF 2.1.0 (OASIS), deterministic, with every rule, so that a fixed finding closes its alert. */
function lintSarif(findings, version) {
    return {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: [
            {
                tool: {
                    driver: {
                        name: 'go-image-pipeline template-lint',
                        semanticVersion: version.replace(/^v/, ''),
                        rules: RULES.map(({ id, title, why, level }) => ({
                            id,
                            shortDescription: { text: title },
                            fullDescription: { text: why },
                            defaultConfiguration: { level },
                        })),
                    },
                },
                automationDetails: { id: 'go-image-pipeline/template-lint/' },
                columnKind: 'utf16CodeUnits',
                results: findings.map((one) => ({
                    ruleId: one.rule,
                    ruleIndex: RULES.findIndex(({ id }) => id === one.rule),
                    level: one.level,
                    message: { text: `${one.message}. To fix it: ${one.fix}.` },
                    locations: [
                        {
                            physicalLocation: {
                                artifactLocation: { uri: one.file.split('/').map(encodeURIComponent).join('/') },
                                region: { startLine: one.line, startColumn: one.column },
                            },
                        },
                    ],
                    // Lines move; what is said about a file stays the same finding.
                    partialFingerprints: {
                        'goImagePipeline/v1': (0,external_node_crypto_.createHash)('sha256')
                            .update(JSON.stringify([one.rule, one.file, one.message]))
                            .digest('hex'),
                    },
                })),
            },
        ],
    };
}
/** Markdown for the job summary: what was found, by file, with diffs folded. */
function lintSummary(findings, files, failed) {
    const number = (level) => findings.filter((one) => one.level === level).length;
    const head = failed ? 'stopped' : findings.length === 0 ? 'nothing found' : 'passed';
    const rows = findings
        .slice(0, 200)
        .map((one) => [
        one.level === 'error' ? '❌' : '⚠️',
        (0,markdown/* code */.aY)(`${one.file}:${one.line}`),
        (0,markdown/* code */.aY)(one.rule),
        (0,markdown/* inline */.mG)(one.message),
        (0,markdown/* inline */.mG)(one.fix),
    ]);
    const diffs = findings.flatMap((one) => one.diff === undefined
        ? []
        : [
            (0,markdown/* details */.zH)(`${one.file}: to the template of the current version`, (0,markdown/* fence */.EU)(one.diff.slice(0, 400), 'diff')),
        ]);
    return [
        `## Templates: ${head}`,
        `${(0,format/* count */.U9)(files, 'file')}, ${(0,format/* count */.U9)(number('error'), 'error')}, ${(0,format/* count */.U9)(number('warning'), 'warning')}`,
        rows.length === 0
            ? ''
            : (0,markdown/* table */.tp)([['', 'left'], ['where', 'left'], ['rule', 'left'], ['what', 'left'], ['fix', 'left']], rows),
        findings.length > 200 ? `and ${findings.length - 200} more in the SARIF file` : '',
        ...diffs,
    ].filter((part) => part !== '').join('\n\n'); // prettier-ignore
}
//# sourceMappingURL=report.js.map
// EXTERNAL MODULE: ./lib/actions/reader.js
var actions_reader = __webpack_require__(37428);
// EXTERNAL MODULE: ./lib/registry/media-types.js
var media_types = __webpack_require__(77103);
;// CONCATENATED MODULE: ./lib/actions/stages/template-lint/library.js





/** The repository of the program that runs: the folder above `dist`. */
const ownRoot = (program = process.argv[1] ?? '') => (0,external_node_path_.dirname)((0,external_node_path_.dirname)((0,external_node_path_.resolve)(program)));
/**
 * The templates that came with this program: a runner unpacks the whole repository of an action. Undefined where they are not
 * there (a bundle that was copied alone); then only the rules that need none are checked.
 */
async function readLibrary(root) {
    const release = (0,media_types/* parseObject */.lj)((await (0,base_files/* readTextIfAny */.$v)((0,external_node_path_.join)(root, 'workflows', 'release.json'))) ?? '');
    const { repository, version, sha } = release ?? {};
    if (typeof repository !== 'string' || typeof version !== 'string' || typeof sha !== 'string')
        return undefined;
    const twins = await texts((0,external_node_path_.join)(root, 'workflows'));
    const callables = await texts((0,external_node_path_.join)(root, '.github', 'workflows'));
    const files = new Map([...callables].map(([name, text]) => [`.github/workflows/${name}`, text]));
    for (const folder of ['', ...(await folders(root))]) {
        const text = await (0,base_files/* readTextIfAny */.$v)((0,external_node_path_.join)(root, folder, 'action.yml'));
        if (text !== undefined)
            files.set(folder === '' ? 'action.yml' : `${folder}/action.yml`, text);
    }
    return { repository, version, sha, interfaces: interfacesOf(files), twins };
}
async function texts(folder) {
    const found = new Map();
    for (const name of (await (0,promises_.readdir)(folder).catch(() => [])).sort())
        if (/\.ya?ml$/.test(name))
            found.set((0,external_node_path_.basename)(name), (await (0,base_files/* readTextIfAny */.$v)((0,external_node_path_.join)(folder, name))) ?? '');
    return found;
}
const folders = async (root) => (await (0,promises_.readdir)(root, { withFileTypes: true }))
    .filter((one) => one.isDirectory() && !one.name.startsWith('.') && one.name !== 'node_modules')
    .map((one) => one.name);
//# sourceMappingURL=library.js.map
// EXTERNAL MODULE: ./lib/actions/stages/template-lint/spec.js
var spec = __webpack_require__(62505);
;// CONCATENATED MODULE: ./lib/actions/stages/template-lint/run.js













const STANDARD_PATHS = ['.github/workflows/*.{yml,yaml}', '**/action.{yml,yaml}'];
/** Checks the files, annotates them, writes SARIF, and fails from the level on that is asked for. */
async function runTemplateLint(read, act) {
    return lintWith(read, act, ownRoot());
}
/** `root` is the folder of the templates. */
async function lintWith(read, act, root) {
    const inputs = loadTemplateLint(read, act);
    const given = act.env['GITHUB_WORKSPACE'];
    const top = given === undefined || given === '' ? process.cwd() : given;
    const names = inputs.problems.length > 0 ? [] : await (0,glob/* findFiles */.l)(top, inputs.paths);
    if (names.length === 0 && inputs.problems.length === 0)
        inputs.reader.bad('paths', inputs.paths.join(' '), 'no file is there', 'check out the repository first, or change the globs'); // prettier-ignore
    if (inputs.problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', inputs.problems);
    const library = await readLibrary(root);
    if (library === undefined)
        act.log.warning('the templates are not beside this program: copies and inputs are not compared');
    const files = new Map();
    for (const name of names)
        files.set(name, await (0,promises_.readFile)((0,external_node_path_.join)(top, name), 'utf8'));
    const findings = lintFiles(files, { ...inputs, library, own: interfacesOf(files) });
    for (const annotation of lintAnnotations(findings))
        act.log.annotate(annotation);
    for (const one of findings)
        act.log.info(`${one.file}:${one.line}:${one.column}: ${one.level}: ${one.message} [${one.rule}]`);
    const errors = findings.filter((one) => one.level === 'error').length;
    const warnings = findings.length - errors;
    const failed = inputs.failOn === 'never' ? false : errors > 0 || (inputs.failOn === 'warning' && warnings > 0);
    const standard = act.env['GITHUB_ACTIONS'] === 'true'
        ? (0,external_node_path_.join)(act.env['RUNNER_TEMP'] ?? top, 'gip-template-lint')
        : (0,external_node_path_.join)(top, '.gip/template-lint');
    const folder = (0,external_node_path_.resolve)(top, inputs.reportDir ?? standard);
    const summary = lintSummary(findings, files.size, failed);
    const sarif = (0,external_node_path_.join)(folder, 'template-lint.sarif');
    await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(folder, 'summary.md'), `${summary}\n`);
    await (0,base_files/* writeAtomic */.vZ)(sarif, `${JSON.stringify(lintSarif(findings, library?.version ?? '0.0.0'), null, 2)}\n`);
    return {
        outputs: {
            verdict: failed ? 'failed' : 'passed',
            errors: String(errors),
            warnings: String(warnings),
            findings: JSON.stringify(findings.slice(0, 100).map(({ diff: _diff, ...one }) => one)),
            sarif,
        },
        summary,
        ...(failed ? { failure: refusal(errors, warnings, files.size) } : {}),
    };
} // prettier-ignore
// Each finding is annotated at its place already; the error only says that they stop the run.
const refusal = (errors, warnings, files) => new base_errors/* PipelineError */.zC('gate', [
    {
        code: 'template-lint',
        what: `the templates have ${errors} errors and ${warnings} warnings`,
        cause: `${files} files were checked`,
        fix: 'each finding stands at its line with its fix; RULE=off under rules switches a rule off',
    },
]);
/** Reads the inputs; every problem is in `problems`. */
function loadTemplateLint(read, act) {
    const reader = new actions_reader/* InputReader */.i(spec/* TEMPLATE_LINT */.$.inputs, read, act.secrets);
    const levels = new Map();
    for (const [name, value] of reader.pairs('rules')) {
        const id = RULE_IDS.find((one) => one === name);
        const level = ['error', 'warning', 'off'].find((one) => one === value);
        if (id === undefined)
            reader.bad('rules', name, 'not a rule', `${near(name, RULE_IDS)}use one of ${RULE_IDS.join(', ')}`);
        else if (level === undefined)
            reader.bad('rules', `${name}=${value}`, 'not a level', 'write error, warning or off');
        else
            levels.set(id, level);
    }
    const repositories = reader.list('templates');
    for (const name of repositories)
        if (!/^[\w.-]+\/[\w.-]+$/.test(name))
            reader.bad('templates', name, 'not a repository', 'write OWNER/NAME');
    return {
        reader,
        paths: reader.text('paths') === '' ? STANDARD_PATHS : reader.list('paths'),
        allowed: allowedVersions(reader),
        repositories,
        levels,
        failOn: reader.choice('fail-on'),
        reportDir: reader.optional('report-dir'),
        problems: reader.problems,
    };
} // prettier-ignore
function allowedVersions(reader) {
    return reader.list('allow-versions', { commas: true }).flatMap((text) => {
        const one = parseAllowed(text);
        if (one === undefined)
            reader.bad('allow-versions', text, 'not a version', 'write v1.2.0, 40 hexadecimal digits, or v1.2.0=COMMIT');
        return one ?? [];
    }); // prettier-ignore
}
const near = (name, known) => {
    const one = (0,lists/* nearest */.pA)(name, known);
    return one === undefined ? '' : `did you mean ${one}? `;
};
//# sourceMappingURL=run.js.map

/***/ }),

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

/***/ })

};
