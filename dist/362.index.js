export const id = 362;
export const ids = [362];
export const modules = {

/***/ 37362:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runScan: () => (/* binding */ runScan)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/errors.js
var base_errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/project/event.js
var project_event = __webpack_require__(63701);
// EXTERNAL MODULE: ./lib/project/git-folder.js
var git_folder = __webpack_require__(21986);
// EXTERNAL MODULE: ./lib/project/modules.js + 3 modules
var modules = __webpack_require__(98054);
;// CONCATENATED MODULE: ./lib/scan/findings.js
/** What scanners find, in one form whatever the scanner; everything after the parsers sees nothing else. */
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'NEGLIGIBLE', 'UNKNOWN'];
/** How near a vulnerable symbol is: called (or, in a binary, linked), its package imported, or only its module required. */
const REACHES = ['symbol', 'package', 'module'];
const isSeverity = (text) => SEVERITIES.includes(text);
/** GitHub's and the OSV schema's spellings: MODERATE is MEDIUM. */
function parseSeverity(text) {
    const name = (text ?? '').trim().toUpperCase();
    if (name === 'MODERATE')
        return 'MEDIUM';
    return isSeverity(name) ? name : undefined;
}
function countBySeverity(findings) {
    const counts = {
        CRITICAL: 0,
        HIGH: 0,
        MEDIUM: 0,
        LOW: 0,
        NEGLIGIBLE: 0,
        UNKNOWN: 0,
    };
    for (const { severity } of findings)
        counts[severity]++;
    return counts;
}
/** Worst first; then the nearest, then by name, so that two runs print the same order. */
function compareFindings(a, b) {
    const rank = (one) => SEVERITIES.indexOf(one.severity) * 4 + reachRank(one.reach);
    return (rank(a) - rank(b) ||
        order(a.id, b.id) ||
        order(a.package, b.package) ||
        order(a.fingerprint, b.fingerprint));
}
const reachRank = (reach) => reach === undefined ? 0 : REACHES.indexOf(reach);
const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
/** One finding for each fingerprint: the same binary on two platforms is one fault in two places. */
function mergeFindings(findings) {
    const merged = new Map();
    for (const finding of findings) {
        const key = `${finding.scanner} ${finding.fingerprint}`;
        const known = merged.get(key);
        if (known === undefined) {
            merged.set(key, finding);
            continue;
        }
        const nearer = reachRank(finding.reach) < reachRank(known.reach) ? finding : known;
        const places = [...known.places];
        for (const place of finding.places)
            if (!places.some((one) => JSON.stringify(one) === JSON.stringify(place)))
                places.push(place);
        merged.set(key, { ...nearer, places });
    }
    return [...merged.values()].sort(compareFindings);
}
/**
 * Severities that another scanner states for the same vulnerability under one of its names; the worst when several do.
 * govulncheck tells none, so what grype knows about the same module is taken.
 */
function severitiesFrom(findings, stated) {
    return findings.map((finding) => {
        if (finding.severityFrom !== 'assumed' || finding.kind === 'secret')
            return finding;
        const known = [finding.id, ...finding.aliases].flatMap((name) => stated.get(name) ?? []);
        const worst = SEVERITIES.find((severity) => severity !== 'UNKNOWN' && known.includes(severity));
        return worst === undefined ? finding : { ...finding, severity: worst, severityFrom: 'advisory' };
    });
}
/** `main.go:12:3`, `/app/server in ghcr.io/acme/x@sha256:0123456789ab… (linux/amd64)`, `key.txt:3 in commit 0123456`. */
function describePlace(place) {
    const file = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
    const image = place.image === undefined
        ? ''
        : ` in ${place.image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')}${place.platform === undefined ? '' : ` (${place.platform})`}`;
    const commit = place.commit === undefined ? '' : ` in commit ${place.commit.slice(0, 12)}`;
    return `${file}${image}${commit}`.trim();
}
//# sourceMappingURL=findings.js.map
// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
// EXTERNAL MODULE: ./lib/base/lists.js
var lists = __webpack_require__(23416);
;// CONCATENATED MODULE: ./lib/scan/ignore.js


const REQUIRED = ['id', 'reason', 'until', 'owner'];
const OPTIONAL = ['package', 'path'];
const KNOWN = [...REQUIRED, ...OPTIONAL];
const SHORTEST_REASON = 10;
const LONGEST_DAYS = 366;
const DAY = 86_400_000;
/**
 * Reads `.gip/scan-ignore.yaml`: a list of entries, or `ignore:` with one. Every problem is returned, with its line.
 * An entry that holds for more than a year would be one for ever, so it is refused.
 *
 * @param now ms since the epoch
 */
function parseIgnores(text, file, now) {
    const problems = [];
    const lines = new dist/* LineCounter */.HN();
    const bad = (line, what, fix) => {
        problems.push({ code: 'scan-ignore', what, where: `${file}:${line}`, fix });
    };
    const document = (0,dist/* parseDocument */.Tp)(text, { lineCounter: lines });
    for (const error of document.errors)
        bad(error.linePos?.[0].line ?? 1, 'the ignore file is no YAML', error.message.split('\n')[0] ?? '');
    if (problems.length > 0 || document.contents === null)
        return { entries: [], problems };
    const top = document.contents;
    const list = (0,dist/* isMap */.jh)(top) ? top.get('ignore', true) : top;
    if (!(0,dist/* isSeq */.oP)(list)) {
        bad(1, 'the ignore file is no list', `write a list of entries with ${REQUIRED.join(', ')}`);
        return { entries: [], problems };
    }
    const entries = [];
    for (const item of list.items) {
        const range = item?.range;
        const line = lines.linePos(range?.[0] ?? 0).line;
        if (!(0,dist/* isMap */.jh)(item))
            bad(line, 'an entry of the ignore file is no map', `give it ${REQUIRED.join(', ')}`);
        else {
            const entry = readEntry(item, line, now, (what, fix) => {
                bad(line, what, fix);
            });
            if (entry !== undefined)
                entries.push(entry);
        }
    }
    return { entries, problems };
}
function readEntry(item, line, now, bad) {
    const values = new Map();
    let faults = 0;
    const refuse = (what, fix) => {
        faults++;
        bad(what, fix);
    };
    for (const { key, value } of item.items) {
        const name = (0,dist/* isScalar */.jn)(key) ? String(key.value) : '';
        // The source of a date is its text; YAML 1.2 has no dates, but quoting must not matter.
        const text = (0,dist/* isScalar */.jn)(value) ? (value.source ?? '').trim() : '';
        if (!KNOWN.includes(name)) {
            const near = (0,lists/* nearest */.pA)(name, KNOWN);
            refuse(`"${name}" is no field of an ignore entry`, near === undefined ? `use ${KNOWN.join(', ')}` : `did you mean ${near}?`);
        }
        else
            values.set(name, text);
    }
    const about = values.get('id') ?? '';
    for (const name of REQUIRED)
        if ((values.get(name) ?? '') === '')
            refuse(`an ignore entry${about === '' ? '' : ` (${about})`} has no ${name}`, MISSING[name]);
    const reason = values.get('reason') ?? '';
    if (reason !== '' && reason.length < SHORTEST_REASON)
        refuse(`the reason of ${about} says too little`, `write a sentence: why it does no harm here (at least ${SHORTEST_REASON} letters)`);
    const until = values.get('until') ?? '';
    const end = lastMoment(until);
    if (until !== '' && end === undefined)
        refuse(`until of ${about} is no date`, 'write YYYY-MM-DD');
    else if (end !== undefined && end - now > (LONGEST_DAYS + 1) * DAY)
        refuse(`until of ${about} is more than a year away`, `choose a day up to ${new Date(now + LONGEST_DAYS * DAY).toISOString().slice(0, 10)}, and look at it again then`);
    if (faults > 0)
        return undefined;
    const only = (name) => {
        const value = values.get(name);
        return value === undefined || value === '' ? undefined : value;
    };
    const of = only('package');
    const path = only('path');
    return {
        id: about,
        reason,
        until,
        owner: values.get('owner') ?? '',
        line,
        ...(of === undefined ? {} : { package: of }),
        ...(path === undefined ? {} : { path }),
    };
}
const MISSING = {
    id: 'name the vulnerability (GO-…, CVE-…, GHSA-…), the rule of a secret, or the fingerprint of findings.json',
    reason: 'say why it does no harm here',
    until: 'say until which day it is accepted: YYYY-MM-DD',
    owner: 'say who answers for it: @user, @org/team or an address',
};
/** The last ms of a day, UTC; undefined when it is none of the calendar. */
function lastMoment(day) {
    const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
    // Date.parse takes 2026-02-30 for the 2nd of March.
    if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day)
        return undefined;
    return at + DAY - 1;
}
const isExpired = (entry, now) => now > (lastMoment(entry.until) ?? -Infinity);
/** Whether an entry speaks about a finding. With `path` every place of it must lie there. */
function covers(entry, finding) {
    const names = [finding.id, finding.fingerprint, ...finding.aliases].map((name) => name.toLowerCase());
    if (!names.includes(entry.id.toLowerCase()))
        return false;
    if (entry.package !== undefined && entry.package !== finding.package)
        return false;
    const { path } = entry;
    if (path === undefined)
        return true;
    const folder = clean(path);
    return finding.places.every(({ file = '' }) => {
        const at = clean(file);
        return at === folder || at.startsWith(`${folder}/`);
    });
}
const clean = (path) => path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
//# sourceMappingURL=ignore.js.map
;// CONCATENATED MODULE: ./lib/scan/gate.js


/**
 * The verdict on what was found. An expired entry of the ignore file fails the gate even when its finding is gone: what was
 * accepted for a time has to be looked at when the time is over.
 *
 * @param now ms since the epoch
 */
function judgeFindings(findings, rules, ignores, ignoreFile, now) {
    const used = new Set();
    const judged = [...findings].sort(compareFindings).map((finding) => {
        const entries = ignores.filter((entry) => covers(entry, finding));
        for (const entry of entries)
            used.add(entry);
        const valid = entries.find((entry) => !isExpired(entry, now));
        if (valid !== undefined) {
            const why = `accepted by ${valid.owner} until ${valid.until}: ${valid.reason}`;
            return { finding, state: 'ignored', why, entry: valid };
        }
        const [entry] = entries;
        return { finding, ...stateOf(finding, rules), ...(entry === undefined ? {} : { entry }) };
    });
    const stopping = judged.filter(({ state }) => state === 'stops');
    const expired = ignores.filter((entry) => isExpired(entry, now));
    const problems = [
        ...stopping.map(({ finding, entry }) => problemOf(finding, entry)),
        ...expired.map((entry) => expiredProblem(entry, ignoreFile)),
    ];
    return {
        verdict: problems.length === 0 ? 'passed' : 'failed',
        judged,
        stopping,
        counts: countBySeverity(judged.flatMap(({ finding, state }) => (state === 'ignored' ? [] : [finding]))),
        expired,
        unused: ignores.filter((entry) => !used.has(entry) && !isExpired(entry, now)),
        problems,
    };
}
function stateOf(finding, { failOn, level, unfixed }) {
    if (finding.kind === 'secret')
        return { state: 'stops', why: 'a secret always stops' };
    if (!failOn.includes(finding.severity))
        return { state: 'warning', why: `${finding.severity} is not in fail-on` };
    if (finding.reach !== undefined && reachRank(finding.reach) > reachRank(level))
        return {
            state: 'warning',
            why: finding.reach === 'package'
                ? 'imported, but no vulnerable symbol is called'
                : 'required, but its vulnerable packages are not imported',
        };
    if (finding.fixed === undefined && unfixed === 'warn')
        return { state: 'warning', why: 'there is no fixed version' };
    return { state: 'stops', why: finding.severity };
}
function problemOf(finding, entry) {
    const [place] = finding.places;
    const more = finding.places.length - 1;
    const where = place === undefined ? '' : `${describePlace(place)}${more > 0 ? ` and ${more} more` : ''}`;
    const expired = entry === undefined ? '' : `; its entry in the ignore file (${entry.owner}) ended on ${entry.until}`;
    if (finding.kind === 'secret')
        return {
            code: 'scan-secret',
            what: `a secret is in the repository: ${finding.id}`,
            cause: `${finding.title}${expired}`,
            where,
            fix: finding.fix,
        };
    const calls = finding.trace === undefined ? '' : `; called by ${finding.trace.join(' → ')}`;
    const { aliases, id, severity } = finding;
    return {
        code: 'scan-vulnerability',
        what: `${id} (${severity}) in ${finding.package} ${finding.installed}`.trim(),
        cause: `${finding.title}${aliases.length === 0 ? '' : ` (${aliases.join(', ')})`}${calls}${expired}`,
        where,
        fix: finding.fix,
    };
}
const expiredProblem = (entry, file) => ({
    code: 'scan-ignore-expired',
    what: `the entry for ${entry.id} in the ignore file has ended on ${entry.until}`,
    cause: `${entry.owner} accepted it: ${entry.reason}`,
    where: `${file}:${entry.line}`,
    fix: 'fix the finding and remove the entry, or look at it again and give it a new day',
});
//# sourceMappingURL=gate.js.map
// EXTERNAL MODULE: ./lib/scan/install.js + 4 modules
var install = __webpack_require__(35514);
;// CONCATENATED MODULE: ./lib/scan/json.js
/** Reading JSON that other programs wrote: nothing is believed before it is looked at. */
const asObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
const asList = (value) => (Array.isArray(value) ? value : []);
const asObjects = (value) => asList(value)
    .map(asObject)
    .filter((item) => item !== undefined);
const asText = (value) => typeof value === 'string' && value !== '' ? value : undefined;
const asTexts = (value) => asList(value).flatMap((item) => asText(item) ?? []);
const json_asNumber = (value) => typeof value === 'number' && Number.isFinite(value) ? value : undefined;
/** The values of a text that holds one JSON object after the other, with or without blanks between (no arrays at the top). */
function* concatenated(text) {
    let depth = 0;
    let start = 0;
    let quoted = false;
    for (let at = 0; at < text.length; at++) {
        const char = text.charCodeAt(at);
        if (quoted) {
            if (char === 0x5c)
                at++;
            else if (char === 0x22)
                quoted = false;
        }
        else if (char === 0x22)
            quoted = true;
        else if (char === 0x7b) {
            if (depth++ === 0)
                start = at;
        }
        else if (char === 0x7d && --depth === 0) {
            const value = asObject(JSON.parse(text.slice(start, at + 1)));
            if (value !== undefined)
                yield value;
        }
    }
    if (depth !== 0)
        throw new SyntaxError('the JSON ends in the middle of an object');
}
//# sourceMappingURL=json.js.map
;// CONCATENATED MODULE: ./lib/scan/gitleaks.js

/**
 * Reads the report of gitleaks (`--report-format json`). Only names and places are taken over: no field that can hold the
 * secret or the line around it (`Secret`, `Match`, `Line`, `Message`) is ever read, redacted or not.
 *
 * @param place turns a file name of the report into a repository-relative one
 * @throws SyntaxError when it is no list of findings
 */
function parseGitleaks(text, place) {
    const report = text.trim() === '' ? [] : JSON.parse(text);
    // Without a finding some versions write null.
    if (report !== null && !Array.isArray(report))
        throw new SyntaxError('the report of gitleaks is no list');
    return asList(report).flatMap((one) => {
        const leak = asObject(one);
        return leak === undefined ? [] : [findingOf(leak, place)];
    });
}
function findingOf(leak, place) {
    const rule = asText(leak['RuleID']) ?? 'unknown-rule';
    const file = place(asText(leak['File']) ?? '');
    const line = json_asNumber(leak['StartLine']);
    const commit = asText(leak['Commit']);
    const title = asText(leak['Description']) ?? rule;
    return {
        scanner: 'gitleaks',
        kind: 'secret',
        id: rule,
        aliases: [],
        severity: 'CRITICAL',
        severityFrom: 'assumed',
        title,
        package: '',
        installed: '',
        places: [
            {
                file,
                ...(line === undefined || line < 1 ? {} : { line }),
                ...(commit === undefined ? {} : { commit }),
            },
        ],
        fix: commit === undefined
            ? 'revoke it where it was issued, then remove it from the file'
            : 'revoke it where it was issued: whoever has a clone has it, and removing the line does not take it back',
        // gitleaks' own form, which people know from .gitleaksignore.
        fingerprint: [...(commit === undefined ? [] : [commit]), file, rule, line ?? 0].join(':'),
    };
}
//# sourceMappingURL=gitleaks.js.map
// EXTERNAL MODULE: ./lib/base/secrets.js
var secrets = __webpack_require__(33516);
;// CONCATENATED MODULE: ./lib/scan/govulncheck.js


/**
 * Reads the stream. govulncheck tells a vulnerability once for each level it holds on (module, then package, then symbol) and
 * for each vulnerable symbol; here it is one finding for each module, at its nearest level, with one call chain.
 *
 * @throws SyntaxError when the stream is cut off or is no JSON
 */
function parseGovulncheck(text, subject) {
    const osvs = new Map();
    const raw = [];
    let config = {};
    let inventory = { mains: [], versions: new Map() };
    for (const message of concatenated(text)) {
        config = asObject(message['config']) ?? config;
        const sbom = asObject(message['SBOM']);
        if (sbom !== undefined)
            inventory = readInventory(sbom);
        const osv = asObject(message['osv']);
        const id = asText(osv?.['id']);
        if (osv !== undefined && id !== undefined)
            osvs.set(id, readOsv(id, osv));
        const finding = asObject(message['finding']);
        const about = asText(finding?.['osv']);
        if (finding === undefined || about === undefined)
            continue;
        raw.push({
            osv: about,
            fixed: asText(finding['fixed_version']),
            trace: asObjects(finding['trace']).map((frame) => readFrame(frame, subject)),
        });
    }
    const version = asText(config['scanner_version']);
    const findings = raw.flatMap(({ osv, fixed, trace }) => {
        const [hit] = trace;
        return hit === undefined ? [] : [govulncheck_findingOf(osvs.get(osv) ?? unknownOsv(osv), hit, trace, fixed, subject)];
    });
    return {
        version,
        goVersion: asText(config['go_version']),
        database: asText(config['db']),
        modified: asText(config['db_last_modified']),
        inventory,
        findings: mergeFindings(nearest(findings)),
    };
}
/** Of one vulnerability in one module only what is nearest: where it is called, that it is imported says nothing more. */
function nearest(findings) {
    const best = new Map();
    for (const { fingerprint, reach } of findings)
        best.set(fingerprint, Math.min(best.get(fingerprint) ?? Infinity, reachRank(reach)));
    return findings.filter(({ fingerprint, reach }) => best.get(fingerprint) === reachRank(reach));
}
function govulncheck_findingOf(osv, hit, trace, fixed, subject) {
    const reach = hit.function !== undefined ? 'symbol' : hit.package !== undefined ? 'package' : 'module';
    const calls = reach === 'symbol' ? [...trace].reverse().map(nameOf) : [];
    const own = trace.find((frame, at) => at > 0 && frame.position !== undefined);
    const name = hit.module === 'stdlib' || hit.module === 'toolchain' ? `Go ${hit.module}` : hit.module;
    return {
        scanner: 'govulncheck',
        kind: 'vulnerability',
        id: osv.id,
        aliases: osv.aliases,
        // Its messages carry no severity; judged is by reach (severitiesFrom may know better).
        severity: 'HIGH',
        severityFrom: 'assumed',
        reach,
        title: osv.summary,
        package: hit.module,
        installed: hit.version,
        ...(fixed === undefined ? {} : { fixed }),
        places: [own?.position ?? subject.standard],
        ...(calls.length > 1 ? { trace: calls } : {}),
        url: osv.url,
        fix: fixText(name, hit.module, fixed),
        fingerprint: `${osv.id}/${hit.module}${subject.standard.image === undefined ? '' : '/image'}`,
    };
}
function fixText(name, module, fixed) {
    if (fixed === undefined)
        return `there is no fixed version of ${name}: stop using the vulnerable symbols`;
    return name === module
        ? `go get ${module}@${fixed}`
        : `use Go ${fixed.replace(/^(?:v|go)/, '')} (go-version, or the toolchain line of go.mod)`;
}
/** `pkg.Func`, `pkg.(*T).Method` shortened to the last part of the import path, as govulncheck prints it. */
function nameOf({ package: path, receiver, function: name, module }) {
    const last = (path ?? module).split('/').at(-1) ?? '';
    return [last, receiver?.replace(/^\*/, ''), name]
        .filter((part) => part !== undefined && part !== '')
        .join('.');
}
function readFrame(frame, subject) {
    const position = asObject(frame['position']);
    const file = asText(position?.['filename']);
    const module = asText(frame['module']) ?? '';
    const place = file === undefined ? undefined : subject.place(module, file);
    const line = json_asNumber(position?.['line']);
    const column = json_asNumber(position?.['column']);
    return {
        module,
        version: asText(frame['version']) ?? '',
        package: asText(frame['package']),
        function: asText(frame['function']),
        receiver: asText(frame['receiver']),
        position: place === undefined
            ? undefined
            : {
                file: place,
                ...(line === undefined || line < 1 ? {} : { line }),
                ...(column === undefined || column < 1 ? {} : { column }),
            },
    };
}
function readOsv(id, osv) {
    const database = asObject(osv['database_specific']);
    return {
        id,
        aliases: asTexts(osv['aliases']),
        summary: asText(osv['summary']) ?? asText(osv['details'])?.split('\n')[0] ?? id,
        url: asText(database?.['url']) ?? `https://pkg.go.dev/vuln/${id}`,
    };
}
const unknownOsv = (id) => ({
    id,
    aliases: [],
    summary: id,
    url: `https://pkg.go.dev/vuln/${id}`,
});
function readInventory(sbom) {
    const versions = new Map(asObjects(sbom['modules']).flatMap((one) => {
        const path = asText(one['path']);
        return path === undefined ? [] : [[path, asText(one['version']) ?? '']];
    }));
    const roots = asTexts(sbom['roots']);
    const own = [...versions]
        .filter(([, version]) => version === '' || version === '(devel)')
        .map(([path]) => path);
    const holds = (module) => roots.some((root) => root === module || root.startsWith(`${module}/`));
    // A tool installed by version has one as main module too.
    const mains = own.length > 0 ? own : [...versions.keys()].filter(holds);
    return { mains, versions };
}
/** `v1.26.8` of a source scan and `go1.26.8` of a binary are one version. */
const plainVersion = (version) => (version ?? '').replace(/^(?:v|go)(?=\d)/, '');
/**
 * A binary without symbol table (`-ldflags=-s`) tells only which packages it holds, so govulncheck takes every symbol of them
 * for called. When the image was made from the commit whose source was scanned, the source knows better: its reach is taken
 * for the same vulnerability in the same version of the same module.
 */
function reachFromSource(binary, sources) {
    const source = sources.find(({ inventory }) => inventory.mains.some((module) => binary.inventory.mains.includes(module)));
    if (source === undefined)
        return [...binary.findings];
    return binary.findings.map((finding) => {
        const same = plainVersion(binary.inventory.versions.get(finding.package)) ===
            plainVersion(source.inventory.versions.get(finding.package));
        const known = source.findings.find((one) => one.id === finding.id && one.package === finding.package);
        return same && known?.reach !== undefined && reachRank(known.reach) > reachRank(finding.reach)
            ? { ...finding, reach: known.reach }
            : finding;
    });
}
//# sourceMappingURL=govulncheck.js.map
;// CONCATENATED MODULE: ./lib/scan/source.js




const SCAN_MS = 30 * 60_000;
/** The database's entries of all modules, the standard library's too, are in the output. */
const MOST_OUTPUT = 512 * 1024 * 1024;
/** The public database of the Go project. */
const GO_DATABASE = 'https://vuln.go.dev';
/** govulncheck on each module: which vulnerable symbols the code can reach, and by which calls. */
async function scanSource(request, scanner, go, act) {
    const parts = [];
    const reports = [];
    const folders = new Map(request.modules.map((module) => [module.path, module.dir]));
    for (const module of request.modules) {
        const started = Date.now();
        const tags = request.tags.length === 0 ? [] : ['-tags', request.tags.join(',')];
        const report = await govulncheck([...tags, './...'], { cwd: (0,external_node_path_.join)(request.root, module.dir), env: go.env, database: request.database, about: module.path }, {
            place: (name, file) => {
                const dir = folders.get(name);
                return dir === undefined ? undefined : external_node_path_.posix.normalize(external_node_path_.posix.join(dir, file.replaceAll('\\', '/')));
            },
            standard: { file: external_node_path_.posix.normalize(external_node_path_.posix.join(module.dir, 'go.mod')) },
        }, scanner, act);
        reports.push(report);
        parts.push({
            scanner: 'govulncheck',
            subject: `module ${module.path}`,
            version: scanner.version,
            database: databaseOf(report, request.database),
            findings: report.findings,
            notes: [],
            ms: Date.now() - started,
        });
    }
    return { parts, reports };
}
const databaseOf = (report, asked) => ({
    source: (0,secrets/* redactUrl */.B)(report.database ?? asked),
    ...(report.modified === undefined ? {} : { modified: report.modified }),
});
/**
 * Runs govulncheck once and reads its answer. With `-format json` it exits with 0 whether it found something or not; any
 * other code means that it could not look, which is never a pass.
 *
 * @throws PipelineError gate `scan-load` (the code does not compile), environment `scan-database`, `scan-failed`
 */
async function govulncheck(args, options, subject, scanner, act) {
    const done = await act.exec.run({
        argv: [scanner.program, '-format', 'json', '-db', options.database, ...args],
        cwd: options.cwd,
        env: options.env,
        timeoutMs: SCAN_MS,
        maxStdout: MOST_OUTPUT,
        signal: act.signal,
    });
    if (done.code !== 0)
        throw govulncheckFault(done.stderr, options.about, options.database);
    try {
        return parseGovulncheck(done.stdout, subject);
    }
    catch (error) {
        throw unreadable('govulncheck', options.about, error, done.tail);
    }
}
/** Why govulncheck could not look, by what it wrote to stderr. */
function govulncheckFault(stderr, about, database) {
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    if (/loading packages|errors with the provided package patterns/.test(stderr)) {
        const cause = lines.find((line) => /^\S+\.go:\d+/.test(line) || /^go: /.test(line)) ?? lines.at(-1);
        return (0,base_errors/* gateError */.em)({
            code: 'scan-load',
            what: `the code of ${about} cannot be loaded, so its calls are not known`,
            ...(cause === undefined ? {} : { cause: cause.trim() }),
            fix: 'make it compile (go build ./...) with the build tags of go-tags, then scan again',
        }, stderr);
    }
    const cause = lines.at(-1)?.replace(/^govulncheck: /, '');
    if (/creating client|vulndb|fetching vulnerabilities|HTTP (?:GET|status)|dial tcp|lookup |x509|index\/db\.json/.test(stderr))
        return (0,base_errors/* environmentError */.me)({
            code: 'scan-database',
            what: 'the vulnerability database of govulncheck cannot be read',
            ...(cause === undefined ? {} : { cause }),
            where: (0,secrets/* redactUrl */.B)(database),
            fix: 'without a network set vuln-db to a mirror (https://…) or a copy (file:///…, go.dev/doc/security/vuln/database)',
        }, { log: stderr });
    return (0,base_errors/* environmentError */.me)({
        code: 'scan-failed',
        what: `govulncheck could not scan ${about}`,
        ...(cause === undefined ? {} : { cause }),
        fix: 'see its last output below; another version can be given by its path in the input govulncheck',
    }, { log: stderr });
}
/** A scanner that ended well but whose answer is none. */
function unreadable(name, about, error, tail) {
    return (0,base_errors/* environmentError */.me)({
        code: 'scan-output',
        what: `the answer of ${name} on ${about} cannot be read`,
        cause: error instanceof Error ? error.message : String(error),
        fix: `an own program may be of a version that writes another form: use the pinned one (${name}: auto)`,
    }, { log: tail.slice(-20).join('\n'), cause: error });
}
//# sourceMappingURL=source.js.map
;// CONCATENATED MODULE: ./lib/scan/secrets.js





const SECRET_SCOPES = (/* unused pure expression or super */ null && (['auto', 'history', 'folder']));
const secrets_SCAN_MS = 60 * 60_000;
const LEAKS = 7;
/**
 * What is looked at. A secret that was committed once is in every clone, so the history counts, not the last state. A history
 * that is cut off would pass unseen, so it is refused.
 *
 * @param git undefined outside git
 */
function chooseTarget(request, git) {
    if (request.scope === 'folder')
        return { kind: 'folder' };
    if (git === undefined) {
        if (request.scope === 'auto')
            return { kind: 'folder' };
        throw (0,base_errors/* inputError */.Xu)({
            code: 'scan-no-history',
            what: 'there is no git history to look for secrets in',
            input: 'secret-scope',
            value: request.scope,
            fix: 'check the repository out, or set secret-scope: folder',
        });
    }
    if (git.shallow)
        throw (0,base_errors/* inputError */.Xu)({
            code: 'scan-no-history',
            what: 'the git history is cut off, so secrets in older commits would not be seen',
            cause: 'the clone is shallow (actions/checkout fetches one commit unless told otherwise)',
            input: 'secret-scope',
            value: request.scope,
            fix: 'set fetch-depth: 0 in actions/checkout, or secret-scope: folder to look at the present files only',
        });
    return request.scope === 'auto' && request.pullRequest && git.parents === 2
        ? { kind: 'range', range: 'HEAD^1..HEAD' }
        : { kind: 'history' };
}
/**
 * Looks for secrets with gitleaks. It is pointed at the git folder, not the work tree, so that nothing in the checkout
 * (`.gitleaksignore`, `.gitattributes`) hides a commit from it; comments `gitleaks:allow` do not count either. What is
 * accepted stands in the ignore file, with a reason and an end.
 *
 * @throws PipelineError input `scan-no-history`, environment `scan-failed`, `scan-output`
 */
async function scanSecrets(request, tree, scanner, act) {
    const started = Date.now();
    const parents = tree === undefined ? 0 : await countParents(tree);
    const target = chooseTarget(request, tree === undefined ? undefined : { shallow: tree.shallow, parents });
    const top = tree?.root ?? request.folder;
    const notes = [];
    const config = (0,external_node_path_.join)(top, '.gitleaks.toml');
    const own = (await (0,files/* readTextIfAny */.$v)(config)) !== undefined;
    if (own)
        notes.push('rules and allow lists of .gitleaks.toml are used');
    if ((await (0,files/* readTextIfAny */.$v)((0,external_node_path_.join)(top, '.gitleaksignore'))) !== undefined)
        notes.push(target.kind === 'folder'
            ? '.gitleaksignore hides findings without a reason and an end'
            : '.gitleaksignore is not read: accept findings in the ignore file, with a reason and an end');
    const where = target.kind === 'folder' ? ['dir', request.folder] : ['git', ...(await gitArguments(target, tree))];
    const done = await act.exec.run({
        argv: [
            scanner.program, ...where,
            '--redact=100', '--ignore-gitleaks-allow', '--no-banner', '--no-color', '--log-level', 'info',
            '--report-format', 'json', '--report-path', '-', '--exit-code', String(LEAKS),
            ...(own ? ['--config', config] : []),
        ], // prettier-ignore
        // Not the folder that is scanned: gitleaks reads .gitleaksignore of where it stands as well.
        cwd: target.kind === 'folder' ? request.folder : await gitFolder(tree),
        env: { ...trusted(tree), GITLEAKS_CONFIG: undefined, GITLEAKS_CONFIG_TOML: undefined, LC_ALL: 'C' },
        timeoutMs: secrets_SCAN_MS,
        maxStdout: 128 * 1024 * 1024,
        signal: act.signal,
    });
    const fault = gitleaksFault(done);
    if (fault !== undefined)
        throw fault;
    const commits = /(\d+) commits scanned/.exec(done.stderr)?.[1];
    const subject = target.kind === 'folder'
        ? 'the files of the folder'
        : target.kind === 'range'
            ? `the pull request (commits: ${commits ?? 'all'})`
            : `the history (commits: ${commits ?? 'all'})`;
    try {
        const findings = parseGitleaks(done.stdout, (file) => relative(file, request.folder));
        return {
            scanner: 'gitleaks',
            subject,
            version: scanner.version,
            findings,
            notes,
            ms: Date.now() - started,
        };
    }
    catch (error) {
        // Not its output: even a redacted report has no business in the log.
        throw unreadable('gitleaks', subject, error, []);
    }
}
/**
 * Why gitleaks could not look; undefined when it could. It exits with 0 and reports nothing when git itself fails (a wrong
 * range, no repository), so its log decides.
 */
function gitleaksFault(done) {
    const errors = done.stderr.split('\n').filter((line) => /(?:^|\s)(?:ERR|FTL)\s/.test(line));
    if ((done.code === 0 || done.code === LEAKS) && errors.length === 0)
        return undefined;
    const cause = errors[0]?.replace(/^.*?(?:ERR|FTL)\s+/, '');
    return (0,base_errors/* environmentError */.me)({
        code: 'scan-failed',
        what: 'gitleaks could not look for secrets',
        cause: cause ?? `it ended with exit code ${done.code}`,
        fix: 'see its last output below; a history that git cannot read has to be fetched again (fetch-depth: 0)',
    }, { log: done.stderr });
}
async function gitArguments(target, tree) {
    const options = target.kind === 'range' ? target.range : '--all';
    return [await gitFolder(tree), `--log-opts=${options}`];
}
async function gitFolder(tree) {
    const found = await tree?.git(['rev-parse', '--absolute-git-dir']);
    return found?.code === 0 ? found.stdout.trim() : '.git';
}
async function countParents(tree) {
    const found = await tree.git(['rev-list', '--parents', '--max-count=1', 'HEAD']);
    return found.code === 0 ? found.stdout.trim().split(/\s+/).length - 1 : 0;
}
/** git refuses a folder of another user by its own path; the work tree's was found to be the runner's own before. */
const trusted = (tree) => tree === undefined || Object.keys(tree.environment).length === 0
    ? {}
    : {
        ...tree.environment,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
    };
function relative(file, folder) {
    const at = (0,files/* slashes */.k2)(file);
    const top = `${(0,files/* slashes */.k2)(folder).replace(/\/+$/, '')}/`;
    return at.startsWith(top) ? at.slice(top.length) : at;
}
//# sourceMappingURL=secrets.js.map
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/faults.js
var faults = __webpack_require__(14534);
// EXTERNAL MODULE: ./lib/github/roles.js
var github_roles = __webpack_require__(10674);
// EXTERNAL MODULE: ./lib/github/runs.js
var runs = __webpack_require__(12325);
;// CONCATENATED MODULE: ./lib/scan/skip.js





/** Everything that the inputs leave out. `image-scanner: grype` leaves nothing out: it knows Go modules too. */
function skipsOf(switches) {
    if (switches.skip)
        return [{ what: 'all scanners', input: 'skip', value: 'true' }];
    const skips = [];
    if (!switches.govulncheck)
        skips.push({ what: 'vulnerabilities that the code calls', input: 'govulncheck', value: 'off' });
    if (!switches.gitleaks)
        skips.push({ what: 'secrets', input: 'gitleaks', value: 'off' });
    if (switches.hasImage && switches.imageScanner === 'off')
        skips.push({ what: 'the image', input: 'image-scanner', value: 'off' });
    if (switches.hasImage && switches.imageScanner === 'govulncheck')
        skips.push({
            what: 'packages of the image that are not Go',
            input: 'image-scanner',
            value: 'govulncheck',
        });
    if (switches.nothingStops)
        skips.push({ what: 'the verdict on vulnerabilities', input: 'fail-on', value: 'none' });
    return skips;
}
const skip_SHORTEST_REASON = 10;
/**
 * A skip is blocked unless it has a reason and a pipeline admin stands behind it: the one who started this attempt of the run,
 * or one who approved an environment of it. Allowed or not, it is in the audit before anything goes on; when the audit
 * cannot be written, the skip is not allowed.
 *
 * @throws PipelineError gate `scan-skip-blocked`
 */
async function permitSkip(request, github, audit, act) {
    const people = await askPeople(request, github, act);
    const what = request.skips.map((skip) => `${skip.what} (${skip.input}: ${skip.value})`).join(', ');
    const refused = blockedBecause(request, people);
    const record = {
        kind: refused === undefined ? 'done' : 'failed',
        action: 'scan-skip',
        detail: JSON.stringify({
            what,
            reason: request.reason ?? null,
            asked: people.asked ?? null,
            allowed: people.permit?.by ?? null,
            how: people.permit?.how ?? refused ?? null,
            commit: act.env['GITHUB_SHA'] ?? null,
            ref: act.env['GITHUB_REF'] ?? null,
        }),
    };
    await audit.append(record, { id: runName(act.env), environment: 'scan' }, act.clock.now());
    if (refused !== undefined || people.permit === undefined)
        throw blocked(request, what, refused ?? '');
    act.log.warning(`NOT SCANNED: ${what}. ${people.permit.by} (${people.permit.how}): ${request.reason ?? ''}`);
    return people.permit;
}
/** Why a skip is not allowed; undefined when it is. Pure. */
function blockedBecause(request, people) {
    const { reason } = request;
    if (reason === undefined)
        return 'no skip-reason is given';
    if (reason.length < skip_SHORTEST_REASON)
        return `the skip-reason "${reason}" says too little`;
    if (people.permit !== undefined)
        return undefined;
    if (people.unknown !== undefined)
        return people.unknown;
    const has = people.roles.length === 0 ? 'no role' : people.roles.join(', ');
    return `@${people.asked ?? 'nobody'} has ${has}, and no pipeline-admin has approved this run`;
}
async function askPeople(request, github, act) {
    const named = act.env['GITHUB_TRIGGERING_ACTOR'] ?? act.env['GITHUB_ACTOR'];
    const name = act.env['GITHUB_REPOSITORY'] ?? '';
    const nobody = { asked: named, roles: [], permit: undefined };
    // Without a reason nobody needs to be asked about.
    if (request.reason === undefined)
        return nobody;
    if (github === undefined || name === '')
        return {
            ...nobody,
            unknown: 'who asks is not known: there is no GitHub repository or token to ask about roles',
        };
    const repository = (0,client/* parseRepository */.SU)(name);
    const rules = request.admins.length === 0 ? github_roles/* DEFAULT_RULES */.ck : { ...github_roles/* DEFAULT_RULES */.ck, 'pipeline-admin': request.admins };
    const id = act.env['GITHUB_RUN_ID'] ?? '';
    const run = id === '' ? undefined : await visibleOr(undefined, () => (0,runs/* findRun */.Lc)(github, repository, id, act.signal));
    const asked = run?.triggeredBy?.login ?? run?.actor?.login ?? named;
    if (asked === undefined)
        return { ...nobody, unknown: 'who started the run is not known' };
    const roles = await (0,github_roles/* rolesOf */.R7)(github, repository, rules, asked, act.signal);
    if ((0,github_roles/* may */._L)(roles, 'skip-gate'))
        return { asked, roles, permit: { by: `@${asked}`, how: 'pipeline-admin, started the run' } };
    return { asked, roles, permit: await approver(github, repository, rules, id, act.signal) };
}
/** An admin who approved an environment of this run. */
async function approver(github, repository, rules, id, signal) {
    if (id === '')
        return undefined;
    const reviews = await visibleOr([], () => (0,runs/* runReviews */.pV)(github, repository, id, signal));
    for (const { by, state, environments } of reviews) {
        if (state !== 'approved' || by.bot)
            continue;
        if ((0,github_roles/* may */._L)(await (0,github_roles/* rolesOf */.R7)(github, repository, rules, by.login, signal), 'skip-gate'))
            return { by: `@${by.login}`, how: `pipeline-admin, approved ${environments.join(', ')}` };
    }
    return undefined;
}
/** A token without `actions: read` sees no runs; then what the runner says about the run has to do. */
async function visibleOr(none, ask) {
    try {
        return await ask();
    }
    catch (error) {
        if (error instanceof faults/* GitHubFault */.Q4 && [401, 403, 404].includes(error.status))
            return none;
        throw error;
    }
}
function blocked(request, what, cause) {
    const [first] = request.skips;
    const admins = request.admins.length === 0
        ? 'somebody with the permission maintain or admin in the repository'
        : request.admins.map(memberName).join(', ');
    return (0,base_errors/* gateError */.em)({
        code: 'scan-skip-blocked',
        what: `the scan may not leave out ${what}`,
        cause,
        ...(first === undefined ? {} : { input: first.input, value: first.value }),
        fix: `remove it; or a pipeline-admin (${admins}) starts or approves the run, with a skip-reason. Every try is in the audit`,
    });
}
const memberName = (member) => member.kind === 'team'
    ? `@${member.org}/${member.team}`
    : member.kind === 'user'
        ? `@${member.login}`
        : `permission:${member.permission}`;
/** One attempt of one run of a workflow, or this machine. */
const runName = (env) => env['GITHUB_RUN_ID'] === undefined ? 'local' : `${env['GITHUB_RUN_ID']}/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`;
//# sourceMappingURL=skip.js.map
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/project-go.js
var project_go = __webpack_require__(20877);
// EXTERNAL MODULE: ./lib/actions/registry.js + 10 modules
var registry = __webpack_require__(43967);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(73024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: external "node:stream/promises"
var external_node_stream_promises_ = __webpack_require__(46466);
// EXTERNAL MODULE: ./lib/base/clock.js
var clock = __webpack_require__(74743);
// EXTERNAL MODULE: ./lib/base/platform.js
var base_platform = __webpack_require__(44694);
// EXTERNAL MODULE: ./lib/registry/media-types.js
var media_types = __webpack_require__(77103);
// EXTERNAL MODULE: ./lib/registry/pool.js
var pool = __webpack_require__(49481);
// EXTERNAL MODULE: ./lib/registry/reference.js
var reference = __webpack_require__(9758);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(38522);
// EXTERNAL MODULE: ./node_modules/tar-stream/index.js
var tar_stream = __webpack_require__(56118);
// EXTERNAL MODULE: ./lib/registry/layers.js
var registry_layers = __webpack_require__(46205);
;// CONCATENATED MODULE: ./lib/scan/layers.js








/** `\xff Go buildinf:`: the head of the build information that the linker puts into every Go program (debug/buildinfo). */
const BUILD_INFO = Buffer.from([0xff, ...Buffer.from(' Go buildinf:')]);
const WHITEOUT = '.wh.';
/** Node has zstd from 22.15 and 23.8 on. */
const zstd = external_node_zlib_.createZstdDecompress;
/**
 * Reads a layer once: names, whiteouts (OCI image-spec layer.md), and its Go programs, which are put into `folder`. Others
 * are never written. Constant memory but for the names.
 *
 * @throws PipelineError environment `scan-layer`
 */
async function readLayer(file, folder) {
    const paths = new Set();
    const removed = new Set();
    const opaque = new Set();
    const programs = new Map();
    await (0,promises_.mkdir)(folder, { recursive: true });
    const tar = (0,tar_stream.extract)();
    let number = 0;
    const visit = async (header, stream) => {
        const path = cleanPath(header.name);
        const cut = path.lastIndexOf('/') + 1;
        const name = path.slice(cut);
        if (name === '.wh..wh..opq')
            opaque.add(path.slice(0, Math.max(0, cut - 1)));
        else if (name.startsWith(WHITEOUT))
            removed.add(path.slice(0, cut) + name.slice(WHITEOUT.length));
        else if (path !== '')
            paths.add(path);
        if (header.type === 'link') {
            const same = programs.get(cleanPath(header.linkname));
            if (same !== undefined)
                programs.set(path, same);
        }
        if (header.type !== 'file' && header.type !== 'contiguous-file')
            return drain(stream);
        const out = (0,external_node_path_.join)(folder, String(number++));
        if (await keepProgram(stream, out))
            programs.set(path, out);
    };
    try {
        await Promise.all([
            (async () => {
                for await (const entry of tar)
                    await visit(entry.header, entry);
            })(),
            (0,external_node_stream_promises_.pipeline)([(0,external_node_fs_.createReadStream)(file), ...(await decompressor(file)), tar]),
        ]);
    }
    catch (error) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'scan-layer',
            what: 'a layer of the image cannot be read',
            cause: (0,base_errors/* messageOf */.bD)(error),
            fix: 'zstd layers need Node 22.15 or newer; another fault means that the layer is no tar: build the image again',
        }, { cause: error });
    }
    return { paths, removed, opaque, programs };
}
async function decompressor(file) {
    const handle = await (0,promises_.open)(file, 'r');
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0).finally(() => handle.close());
    const compression = (0,registry_layers/* sniffCompression */.Hs)(head);
    if (compression === 'none')
        return [];
    if (compression === 'gzip')
        return [external_node_zlib_.createGunzip()];
    if (zstd === undefined)
        throw new Error(`this Node (${process.version}) cannot read zstd`);
    return [zstd()];
}
const cleanPath = (name) => name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
/** ELF, PE and Mach-O (both byte orders, and fat). */
function isProgram(head) {
    if (head.length < 4)
        return false;
    const magic = Buffer.from(head).readUInt32BE(0);
    return (magic === 0x7f454c46 ||
        magic >>> 16 === 0x4d5a ||
        [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(magic));
}
/** Writes the entry to `out` when it is a program, and keeps it when Go made it. Reads it to its end in any case. */
async function keepProgram(stream, out) {
    const chunks = stream[Symbol.asyncIterator]();
    let head = Buffer.alloc(0);
    while (head.length < 4) {
        const next = await chunks.next();
        if (next.done === true)
            return false;
        head = Buffer.concat([head, next.value]);
    }
    const program = isProgram(head);
    const search = new Search(BUILD_INFO);
    const handle = program ? await (0,promises_.open)(out, 'w') : undefined;
    try {
        for (let chunk = head;;) {
            search.add(chunk);
            await handle?.writeFile(chunk);
            const next = await chunks.next();
            if (next.done === true)
                break;
            chunk = next.value;
        }
    }
    finally {
        await handle?.close();
    }
    if (program && !search.found)
        await (0,promises_.rm)(out, { force: true });
    return program && search.found;
}
/** Finds bytes in a stream, also across two pieces of it. */
class Search {
    #wanted;
    #tail = Buffer.alloc(0);
    #found = false;
    constructor(wanted) {
        this.#wanted = wanted;
    }
    get found() {
        return this.#found;
    }
    add(chunk) {
        if (this.#found)
            return;
        const edge = Buffer.concat([this.#tail, chunk.subarray(0, this.#wanted.length)]);
        this.#found = edge.includes(this.#wanted) || chunk.includes(this.#wanted);
        this.#tail = Buffer.concat([this.#tail, chunk.subarray(-this.#wanted.length)]).subarray(-this.#wanted.length);
    }
}
async function drain(stream) {
    stream.resume();
    await (0,external_node_stream_promises_.finished)(stream);
}
/** What is visible in the image after all layers. Bottom layer first. */
function visible(layers) {
    const paths = new Set();
    const programs = new Map();
    const drop = (gone) => {
        for (const path of paths) {
            if (!gone(path))
                continue;
            paths.delete(path);
            programs.delete(path);
        }
    };
    for (const layer of layers) {
        for (const folder of layer.opaque)
            drop((path) => folder === '' || path.startsWith(`${folder}/`));
        if (layer.removed.size > 0)
            drop((path) => ancestors(path).some((one) => layer.removed.has(one)));
        for (const path of layer.paths) {
            paths.add(path);
            programs.delete(path);
        }
        for (const [path, file] of layer.programs)
            programs.set(path, file);
    }
    return { paths, programs };
}
/** The path itself and every folder it is in. */
function ancestors(path) {
    const parts = path.split('/');
    return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}
/** Databases of package managers, and what other languages leave: what grype reads and govulncheck does not. */
const PACKAGES = /^(?:var\/lib\/dpkg\/status(?:\.d\/.+)?|(?:usr\/)?lib\/apk\/db\/installed|(?:var\/lib|usr\/lib\/sysimage)\/rpm\/.+|var\/lib\/pacman\/local\/.+|.*\/node_modules\/.+\/package\.json|.*\.dist-info\/METADATA|.*\.(?:jar|war|ear)|.*\/specifications\/.+\.gemspec)$/;
/** Whether something else than Go programs is in the image that has versions. */
const hasPackages = (paths) => {
    for (const path of paths)
        if (PACKAGES.test(path))
            return true;
    return false;
};
//# sourceMappingURL=layers.js.map
;// CONCATENATED MODULE: ./lib/scan/image.js











const REVISION = 'org.opencontainers.image.revision';
const MAX_CONFIG = 16 * 1024 * 1024;
/**
 * Fetches an image by digest, each layer once, through our own client (its logins, mirrors and checks: every blob is hashed),
 * and finds its Go programs. No engine, no scanner and no credential is involved.
 *
 * @param platforms only these; empty: all
 */
async function fetchImage(ref, platforms, client, act) {
    const name = (0,reference/* formatReference */.FH)(ref);
    const folder = await act.temp.make('scan');
    const blobs = (0,external_node_path_.join)(folder, 'layout', 'blobs', 'sha256');
    await (0,promises_.mkdir)(blobs, { recursive: true });
    const manifests = await manifestsOf(ref, client);
    const chosen = platforms.length === 0
        ? manifests
        : manifests.filter((one) => platforms.some((platform) => (0,base_platform/* samePlatform */.my)(platform, one.platform)));
    if (chosen.length === 0)
        throw (0,base_errors/* inputError */.Xu)({
            code: 'scan-no-platform',
            what: `${name} has none of the platforms to scan`,
            cause: `it has ${manifests.map(({ platform }) => (0,base_platform/* platformId */.NX)(platform)).join(', ')}`,
            input: 'platforms',
            fix: 'leave platforms empty to scan all of them',
        });
    const save = async (blob) => {
        const file = (0,external_node_path_.join)(blobs, blob.digest.replace(/^sha\d+:/, ''));
        await (0,external_node_stream_promises_.pipeline)(client.blob(ref, blob.digest, { size: blob.size }), (0,external_node_fs_.createWriteStream)(file), {
            signal: act.signal,
        });
        return file;
    };
    const layers = new Map();
    for (const { manifest } of chosen)
        for (const layer of manifest.layers)
            if (!(0,media_types/* isForeignLayer */.sJ)(layer.mediaType))
                layers.set(layer.digest, layer);
    const size = [...layers.values()].reduce((sum, layer) => sum + layer.size, 0);
    act.log.info(`fetches ${name}: ${chosen.length} platforms, ${layers.size} layers, ${(0,clock/* formatBytes */.z3)(size)}`);
    const contents = new Map();
    await (0,pool/* mapLimited */.b)([...layers.values()], 3, async (layer, at) => {
        contents.set(layer.digest, await readLayer(await save(layer), (0,external_node_path_.join)(folder, `programs-${at}`)));
    });
    return (0,pool/* mapLimited */.b)(chosen, 2, async ({ platform, manifest, bytes, descriptor }) => {
        await save(manifest.config);
        const config = (0,media_types/* parseConfig */.o4)(await readBlob(client, ref, manifest.config));
        const seen = visible(manifest.layers.flatMap((layer) => contents.get(layer.digest) ?? []));
        const foreign = manifest.layers.filter((layer) => (0,media_types/* isForeignLayer */.sJ)(layer.mediaType)).length;
        return {
            image: name,
            // An image without a configured platform (a bare artifact with layers) still has layers to look at.
            platform: platform.os === '' ? 'no platform' : (0,base_platform/* platformId */.NX)(platform),
            programs: new Map([...seen.programs].map(([path, file]) => [`/${path}`, file])),
            packages: hasPackages(seen.paths),
            revision: 'reason' in config ? undefined : config.labels[REVISION],
            notes: foreign === 0
                ? []
                : [`${foreign} layers of the Windows base lie outside the registry and were not looked at`],
            layout: async () => {
                await (0,promises_.writeFile)((0,external_node_path_.join)(blobs, descriptor.digest.replace(/^sha\d+:/, '')), bytes);
                const index = { schemaVersion: 2, mediaType: media_types/* OCI_INDEX */.$p, manifests: [descriptor] };
                await (0,promises_.writeFile)((0,external_node_path_.join)(folder, 'layout', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
                await (0,promises_.writeFile)((0,external_node_path_.join)(folder, 'layout', 'index.json'), JSON.stringify(index));
                return (0,external_node_path_.join)(folder, 'layout');
            },
        };
    });
}
async function manifestsOf(ref, client) {
    const top = await client.manifest(ref);
    if (top.content.kind === 'manifest') {
        const config = (0,media_types/* parseConfig */.o4)(await readBlob(client, ref, top.content.config));
        if ('reason' in config)
            throw notAnImage(ref, config.reason);
        const platform = (0,media_types/* toPlatform */.rE)({ os: config.os, architecture: config.architecture, ...(config.variant === undefined ? {} : { variant: config.variant }), ...(config.osVersion === undefined ? {} : { 'os.version': config.osVersion }) }); // prettier-ignore
        return [chosenOf(top, top.content, platform)];
    }
    const found = [];
    for (const entry of top.content.manifests) {
        if ((0,media_types/* isAttestation */.H3)(entry) || (0,media_types/* isIndexType */.$U)(entry.mediaType) || entry.platform === undefined)
            continue;
        const one = await client.manifest({
            registry: ref.registry,
            repository: ref.repository,
            digest: entry.digest,
        });
        if (one.content.kind === 'manifest')
            found.push(chosenOf(one, one.content, (0,media_types/* toPlatform */.rE)(entry.platform)));
    }
    if (found.length === 0)
        throw notAnImage(ref, 'its index names no platform');
    return found;
}
const chosenOf = ({ bytes, mediaType }, manifest, platform) => ({
    platform,
    manifest,
    bytes,
    descriptor: { mediaType, digest: (0,media_types/* digestOf */.ol)(bytes), size: bytes.length },
});
const notAnImage = (ref, cause) => (0,base_errors/* environmentError */.me)({
    code: 'scan-no-image',
    what: `${(0,reference/* formatReference */.FH)(ref)} is no image that can be scanned`,
    cause,
    fix: 'give the digest of an image or of an index of images',
});
async function readBlob(client, from, blob) {
    if (blob.size > MAX_CONFIG)
        throw notAnImage(from, 'its configuration is too large');
    const chunks = [];
    for await (const chunk of client.blob(from, blob.digest, { size: blob.size }))
        chunks.push(chunk);
    return Buffer.concat(chunks);
}
//# sourceMappingURL=image.js.map
;// CONCATENATED MODULE: ./lib/scan/grype.js


/**
 * Reads `grype -o json` (github.com/anchore/grype/grype/presenter/models, Document).
 *
 * @throws SyntaxError when it is no report of grype
 */
function parseGrype(text, subject) {
    const report = asObject(JSON.parse(text));
    if (report === undefined || !Array.isArray(report['matches']))
        throw new SyntaxError('it has no list of matches');
    const matches = asObjects(report['matches']);
    const all = matches.flatMap((match) => grype_findingOf(match, subject) ?? []);
    const kept = subject.withoutGo ? matches.filter((match) => !isGo(match)) : matches;
    const descriptor = asObject(report['descriptor']);
    const distro = asObject(report['distro']);
    const distribution = [asText(distro?.['name']), asText(distro?.['version'])].filter((part) => part !== undefined);
    const db = asObject(descriptor?.['db']);
    const status = asObject(db?.['status']) ?? db;
    return {
        version: asText(descriptor?.['version']),
        database: asText(status?.['from']) ?? asText(status?.['path']) ?? asText(status?.['location']),
        modified: asText(status?.['built']),
        distribution: distribution.length === 0 ? undefined : distribution.join(' '),
        findings: mergeFindings(kept.flatMap((match) => grype_findingOf(match, subject) ?? [])),
        severities: new Map(all.flatMap(({ id, aliases, severity }) => [id, ...aliases].map((name) => [name, severity]))),
        leftOut: matches.length - kept.length,
    };
}
const isGo = (match) => asText(asObject(match['artifact'])?.['type']) === 'go-module';
function grype_findingOf(match, subject) {
    const vulnerability = asObject(match['vulnerability']);
    const artifact = asObject(match['artifact']);
    const id = asText(vulnerability?.['id']);
    const name = asText(artifact?.['name']);
    if (vulnerability === undefined || artifact === undefined || id === undefined || name === undefined)
        return undefined;
    const related = asObjects(match['relatedVulnerabilities']);
    const installed = asText(artifact['version']) ?? '';
    const fixed = fixedVersion(asObject(vulnerability['fix']));
    const { severity, from } = severityOf(vulnerability, related);
    const url = asText(vulnerability['dataSource']);
    const type = asText(artifact['type']) ?? 'package';
    const title = asText(vulnerability['description']) ??
        related.map((one) => asText(one['description'])).find(Boolean) ??
        id;
    return {
        scanner: 'grype',
        kind: 'vulnerability',
        id,
        aliases: [...new Set(related.flatMap((one) => asText(one['id']) ?? []))].filter((other) => other !== id),
        severity,
        severityFrom: from,
        title: title.split('\n')[0] ?? id,
        package: name,
        installed,
        ...(fixed === undefined ? {} : { fixed }),
        places: placesOf(artifact, subject),
        ...(url === undefined ? {} : { url }),
        fix: fixed === undefined
            ? `there is no fixed ${type} of ${name} yet: take a base image without it, or wait for one`
            : `take a base image with ${name} ${fixed} or newer`,
        fingerprint: [id, type, name, installed].join('/'),
    };
}
function placesOf(artifact, { image, platform }) {
    const files = asObjects(artifact['locations']).flatMap((one) => asText(one['path']) ?? []);
    const [first] = files;
    return [{ ...(first === undefined ? {} : { file: first }), image, platform }];
}
/** The first fixed version; undefined when the state is `not-fixed`, `wont-fix` or `unknown`. */
function fixedVersion(fix) {
    const versions = asTexts(fix?.['versions']);
    return asText(fix?.['state']) === 'fixed' ? versions[0] : undefined;
}
/** The vulnerability's own word, else that of the record it refers to (distributions often leave it to NVD). */
function severityOf(vulnerability, related) {
    for (const one of [vulnerability, ...related]) {
        const severity = parseSeverity(asText(one['severity']));
        if (severity !== undefined && severity !== 'UNKNOWN')
            return { severity, from: 'advisory' };
    }
    return { severity: 'UNKNOWN', from: 'advisory' };
}
/** Age of a database in whole days, undefined when it does not tell. */
function databaseAge(modified, now) {
    const at = modified === undefined ? Number.NaN : Date.parse(modified);
    const days = asNumber(Math.floor((now - at) / 86_400_000));
    return days === undefined ? undefined : Math.max(0, days);
}
//# sourceMappingURL=grype.js.map
;// CONCATENATED MODULE: ./lib/scan/image-scan.js







const image_scan_SCAN_MS = 30 * 60_000;
/** govulncheck on every Go program of an image: whoever built it, and whatever its source was. */
async function scanPrograms(platform, options, scanner, go, act) {
    const started = Date.now();
    const cwd = await act.temp.make('scan');
    // The image was made from the commit whose source was scanned just now.
    const same = platform.revision !== undefined && platform.revision === options.commit;
    const notes = [...platform.notes];
    const reports = await (0,pool/* mapLimited */.b)([...platform.programs], 2, async ([path, file]) => {
        const about = `${path} in ${platform.image} (${platform.platform})`;
        const place = { file: path, image: platform.image, platform: platform.platform };
        const report = await govulncheck(['-mode', 'binary', file], { cwd, env: go.env, database: options.database, about }, { place: () => undefined, standard: place }, scanner, act);
        const findings = same ? reachFromSource(report, options.sources) : report.findings;
        const nearer = report.findings.filter((finding, at) => findings[at]?.reach !== finding.reach).length;
        if (nearer > 0)
            notes.push(`${path}: ${nearer} judged by the calls in its source, which is this commit`);
        return { ...report, findings };
    });
    const [first] = reports;
    if (first === undefined)
        notes.push('it holds no Go program');
    return {
        scanner: 'govulncheck',
        subject: `${platform.programs.size} Go programs of ${platform.image} (${platform.platform})`,
        version: scanner.version,
        ...(first === undefined ? {} : { database: databaseOf(first, options.database) }),
        findings: reports.flatMap((report) => report.findings),
        notes,
        ms: Date.now() - started,
    };
}
/** Makes grype's database ready: imports the archive, or lets grype update its own. Throws `scan-database`. */
async function prepareGrype(scanner, options, act) {
    const argv = options.archive === undefined
        ? [scanner.program, 'db', 'update']
        : [scanner.program, 'db', 'import', options.archive];
    const done = await act.exec.run({
        argv,
        env: grypeEnvironment(options),
        timeoutMs: image_scan_SCAN_MS,
        signal: act.signal,
    });
    if (done.code !== 0)
        throw databaseFault(done.stderr, options.archive);
}
/** grype on one platform: packages of the distribution and of other languages, from the layout on the disk. */
async function scanPackages(platform, options, scanner, act) {
    const started = Date.now();
    const about = `${platform.image} (${platform.platform})`;
    const folder = await act.temp.make('grype');
    const out = (0,external_node_path_.join)(folder, 'report.json');
    const done = await act.exec.run({
        argv: [scanner.program, `oci-dir:${await platform.layout()}`, '-o', 'json', '--file', out],
        // A .grype.yaml of the repository would hide findings without a reason and an end.
        cwd: folder,
        env: grypeEnvironment(options),
        timeoutMs: image_scan_SCAN_MS,
        signal: act.signal,
    });
    if (done.code !== 0)
        throw grypeFault(done.stderr, about, options.archive);
    let report;
    try {
        report = parseGrype(await (0,promises_.readFile)(out, 'utf8'), {
            image: platform.image,
            platform: platform.platform,
            withoutGo: options.withoutGo,
        });
    }
    catch (error) {
        throw unreadable('grype', about, error, done.tail);
    }
    const { database, modified, distribution, leftOut } = report;
    return {
        part: {
            scanner: 'grype',
            subject: `packages of ${about}`,
            version: scanner.version,
            ...(database === undefined
                ? {}
                : { database: { source: database, ...(modified === undefined ? {} : { modified }) } }),
            findings: report.findings,
            notes: [
                ...(distribution === undefined ? [] : [distribution]),
                ...(leftOut === 0
                    ? []
                    : [`${leftOut} matches of Go modules are left to govulncheck, which knows what is called`]),
            ],
            ms: Date.now() - started,
        },
        severities: report.severities,
    };
}
/** Never an update behind our back, never a look for its own newer version, and a database that is too old is an error. */
const grypeEnvironment = ({ cache }) => ({
    GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    GRYPE_DB_AUTO_UPDATE: 'false',
    ...(cache === undefined ? {} : { GRYPE_DB_CACHE_DIR: cache }),
});
const databaseFault = (stderr, archive) => (0,base_errors/* environmentError */.me)({
    code: 'scan-database',
    what: 'the vulnerability database of grype cannot be had',
    cause: lastLine(stderr),
    ...(archive === undefined ? {} : { where: archive }),
    fix: archive === undefined
        ? 'without a network give an archive of the database as grype-db, or set image-scanner: govulncheck (a skip, which an admin has to allow)'
        : 'make the archive with a grype of the same database schema, and give it whole',
}, { log: stderr });
function grypeFault(stderr, about, archive) {
    if (/database does not exist|failed to load vulnerability db|db could not be loaded|the vulnerability database was built/i.test(stderr))
        return databaseFault(stderr, archive);
    return (0,base_errors/* environmentError */.me)({
        code: 'scan-failed',
        what: `grype could not scan ${about}`,
        cause: lastLine(stderr),
        fix: 'see its last output below; another version can be given by its path in the input grype',
    }, { log: stderr });
}
const lastLine = (text) => text
    .split('\n')
    .findLast((line) => line.trim() !== '')
    // eslint-disable-next-line no-control-regex -- colours of a terminal
    ?.replace(/\u001b\[[0-9;]*m/g, '')
    .trim() ?? 'it said nothing';
//# sourceMappingURL=image-scan.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/scan/images.js



/** Every platform of every image: Go programs by govulncheck, the rest by grype where there is a rest. */
async function scanImages(scene, sources, client, attempt, act) {
    const { inputs } = scene;
    const parts = [];
    const severities = new Map();
    const byGrype = [];
    for (const image of inputs.images) {
        const platforms = await attempt(() => fetchImage(image, inputs.platforms, client, act), []);
        for (const platform of platforms) {
            if (inputs.imageScanner !== 'grype') {
                const work = async () => scanPrograms(platform, { database: inputs.vulnDb, sources, commit: scene.commit }, await scene.provide('govulncheck'), await scene.go(), act);
                const part = await attempt(work, undefined);
                if (part !== undefined)
                    parts.push(part);
            }
            if (inputs.imageScanner === 'grype' || (inputs.imageScanner === 'auto' && platform.packages))
                byGrype.push(platform);
        }
    }
    if (byGrype.length > 0)
        await attempt(packages, undefined);
    return { parts, severities };
    async function packages() {
        const scanner = await scene.provide('grype');
        const archive = inputs.grypeDb === undefined ? undefined : (0,external_node_path_.resolve)(scene.top, inputs.grypeDb);
        const options = {
            archive,
            // A database that was given for this run does not replace the user's own.
            cache: archive === undefined ? undefined : await act.temp.make('grype-db'),
            withoutGo: inputs.imageScanner === 'auto',
        };
        await prepareGrype(scanner, options, act);
        for (const platform of byGrype) {
            const done = await attempt(() => scanPackages(platform, options, scanner, act), undefined);
            if (done === undefined)
                continue;
            parts.push(done.part);
            for (const [name, severity] of done.severities)
                severities.set(name, severity);
        }
    }
}
//# sourceMappingURL=images.js.map
// EXTERNAL MODULE: ./lib/actions/build/reader.js
var build_reader = __webpack_require__(28853);
// EXTERNAL MODULE: ./lib/actions/stages/scan/spec.js
var spec = __webpack_require__(17850);
;// CONCATENATED MODULE: ./lib/actions/stages/scan/inputs.js






/** Reads the inputs; every problem is in `problems`. */
function loadScan(read, act) {
    const reader = new build_reader/* Reader */.m(read, act.env, act.secrets, spec/* SCAN */.w.inputs);
    const grypeDb = reader.optional('grype-db');
    const inputs = {
        workingDirectory: reader.relativePath('working-directory', '.'),
        images: imagesOf(reader),
        platforms: reader.platforms(),
        imageScanner: reader.choice('image-scanner'),
        secretScope: reader.choice('secret-scope'),
        scanners: {
            govulncheck: scannerOf(reader, 'govulncheck', true),
            gitleaks: scannerOf(reader, 'gitleaks', true),
            grype: scannerOf(reader, 'grype', false),
        },
        vulnDb: inputs_databaseOf(reader),
        grypeDb,
        rules: {
            failOn: failOnOf(reader),
            level: reader.choice('govulncheck-level'),
            unfixed: reader.choice('unfixed'),
        },
        ignoreFile: reader.relativePath('ignore-file', '.gip/scan-ignore.yaml'),
        skip: reader.boolean('skip'),
        skipReason: reader.optional('skip-reason'),
        admins: adminsOf(reader),
        audit: reader.optional('audit'),
        auditBranch: reader.optional('audit-branch'),
        goVersion: reader.goVersion(),
        goVersionFile: reader.text('go-version-file'),
        goTags: reader.goTags(),
        cgo: reader.boolean('cgo'),
        goproxy: reader.optional('goproxy'),
        goMirrors: reader.urls('go-mirrors'),
        reportDir: reader.optional('report-dir'),
        access: reader.registryAccess(),
    };
    return { ...inputs, problems: reader.problems };
}
/** A tag can be moved between the scan and the deployment: what was scanned is named by digest. */
function imagesOf(reader) {
    const images = new Map();
    for (const text of reader.list('image', { commas: true })) {
        const found = (0,reference/* parseReference */.F2)(text);
        if ('reason' in found)
            reader.bad('image', text, found.reason, 'write name@sha256:…');
        else if (found.digest === undefined)
            reader.bad('image', text, 'an image without a digest', 'write name@sha256:…, as in the output image of the build');
        else {
            const { registry, repository, digest } = found;
            const ref = { registry, repository, digest };
            images.set((0,reference/* formatReference */.FH)(ref), ref);
        }
    }
    return [...images.values()];
}
function scannerOf(reader, name, mayBeOff) {
    const text = reader.text(name);
    if (text === 'auto')
        return { kind: 'pinned' };
    if (mayBeOff && text === 'off')
        return undefined;
    if ((0,external_node_path_.isAbsolute)(text))
        return { kind: 'own', path: text };
    reader.bad(name, text, 'not a known value', `write auto${mayBeOff ? ', off' : ''} or the absolute path of a program`);
    return undefined;
}
function inputs_databaseOf(reader) {
    const text = reader.text('vuln-db').replace(/\/+$/, '');
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^(?:https?|file):$/.test(url.protocol))
        reader.bad('vuln-db', text, 'not a URL', 'write https://… or file:///…');
    else if (url.username !== '' || url.password !== '')
        reader.bad('vuln-db', url.host, 'a URL with a password', 'use a mirror that needs none, or a copy as file:///…');
    return text;
}
function failOnOf(reader) {
    const words = reader.list('fail-on', { commas: true }).map((word) => word.toUpperCase());
    if (words.length === 1 && words[0] === 'NONE')
        return [];
    const severities = [...new Set(words)].flatMap((word) => {
        if (isSeverity(word))
            return [word];
        reader.bad('fail-on', word, 'not a severity', `use ${SEVERITIES.join(', ')}, or none alone`);
        return [];
    });
    // What is worse than something that stops has to stop as well. UNKNOWN is beside the scale.
    const mildest = Math.max(0, ...severities.filter((one) => one !== 'UNKNOWN').map((one) => SEVERITIES.indexOf(one)));
    const missing = SEVERITIES.slice(0, mildest + 1).filter((one) => !severities.includes(one));
    if (severities.length > 0 && missing.length > 0)
        reader.bad('fail-on', words.join(','), `a gate with a hole: ${missing.join(', ')} is not in it`, `add ${missing.join(', ')}`); // prettier-ignore
    return severities;
}
function adminsOf(reader) {
    return reader.list('admins', { commas: true }).flatMap((name) => {
        const member = (0,github_roles/* parseMember */.yl)(name);
        if ('kind' in member)
            return [member];
        reader.bad('admins', name, 'names nobody', member.fix ?? '');
        return [];
    });
}
//# sourceMappingURL=inputs.js.map
// EXTERNAL MODULE: ./lib/report/files.js + 1 modules
var report_files = __webpack_require__(44934);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
;// CONCATENATED MODULE: ./lib/scan/sarif.js


/** GitHub sorts by this number (docs.github.com, "SARIF support for code scanning", security-severity). */
const SCORES = {
    CRITICAL: '9.5',
    HIGH: '8.0',
    MEDIUM: '5.5',
    LOW: '2.0',
    NEGLIGIBLE: '0.1',
    UNKNOWN: '0.0',
};
const HOMES = {
    govulncheck: 'https://go.dev/security/vuln',
    gitleaks: 'https://gitleaks.io',
    grype: 'https://oss.anchore.com/docs',
};
/**
 * The findings as SARIF 2.1.0 (OASIS, sarif-v2.1.0): one run for each scanner that ran, with or without findings, because an
 * empty run is what closes alerts. Ignored findings are there, as suppressed. `error` is what stops the release. No absolute
 * path of this machine is in it.
 *
 * @param at when the scan ended, ms since the epoch
 */
function toSarif(parts, judged, at) {
    const scanners = [...new Map(parts.map((part) => [part.scanner, part.version]))];
    return {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: scanners.map(([name, version]) => {
            const own = judged.filter(({ finding }) => finding.scanner === name);
            const ids = [...new Set(own.map(({ finding }) => finding.id))].sort();
            return {
                tool: {
                    driver: {
                        name,
                        informationUri: HOMES[name],
                        ...(version === '' ? {} : { version }),
                        rules: ids.flatMap((id) => {
                            const first = own.find(({ finding }) => finding.id === id);
                            return first === undefined ? [] : [ruleOf(first.finding)];
                        }),
                    },
                },
                // One upload for each tool, so that they do not close each other's alerts.
                automationDetails: { id: `go-image-pipeline/${name}/` },
                invocations: [{ executionSuccessful: true, endTimeUtc: new Date(at).toISOString() }],
                columnKind: 'utf16CodeUnits',
                results: own.map((one) => resultOf(one, ids.indexOf(one.finding.id))),
            };
        }),
    };
}
function ruleOf(finding) {
    return {
        id: finding.id,
        shortDescription: { text: finding.title },
        ...(finding.url === undefined ? {} : { helpUri: finding.url }),
        help: {
            text: finding.aliases.length === 0 ? finding.title : `${finding.title} (${finding.aliases.join(', ')})`,
        },
        properties: {
            tags: ['security', finding.kind],
            'security-severity': SCORES[finding.severity],
        },
    };
}
function resultOf({ finding, state, why, entry }, ruleIndex) {
    const about = finding.kind === 'secret'
        ? finding.title
        : `${finding.package} ${finding.installed}: ${finding.title}${finding.trace === undefined ? '' : `. Called: ${finding.trace.join(' → ')}`}`;
    return {
        ruleId: finding.id,
        ruleIndex,
        level: state === 'stops' ? 'error' : state === 'warning' ? 'warning' : 'note',
        message: { text: `${about}. ${finding.fix}.` },
        locations: finding.places.map(locationOf),
        partialFingerprints: {
            'goImagePipeline/v1': (0,external_node_crypto_.createHash)('sha256')
                .update(`${finding.scanner} ${finding.fingerprint}`)
                .digest('hex'),
        },
        properties: {
            severity: finding.severity,
            ...(finding.reach === undefined ? {} : { reach: finding.reach }),
            ...(finding.fixed === undefined ? {} : { fixed: finding.fixed }),
            gate: why,
        },
        ...(state === 'ignored'
            ? { suppressions: [{ kind: 'external', status: 'accepted', justification: entry?.reason ?? why }] }
            : {}),
    };
}
/** A file that is in an image has no place in the repository: its path there names it, and the image stands beside it. */
function locationOf(place) {
    const file = (place.file ?? 'go.mod').replace(/^\/+/, '');
    const { line, column } = place;
    return {
        physicalLocation: {
            artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
            ...(line === undefined
                ? {}
                : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } }),
        },
        ...(place.image === undefined && place.commit === undefined
            ? {}
            : {
                logicalLocations: [
                    {
                        fullyQualifiedName: place.image ?? place.commit,
                        kind: place.image === undefined ? 'commit' : 'image',
                    },
                ],
            }),
        ...(place.image === undefined && place.commit === undefined
            ? {}
            : { message: { text: describePlace(place) } }),
    };
}
//# sourceMappingURL=sarif.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/scan/summary.js



const MOST_ROWS = 60;
/** The job summary: the verdict, what stops and how to mend it, what was looked at, what was let pass and by whom. */
function scanSummary(report) {
    const { gate } = report;
    const parts = [`## ${headline(report)}`];
    if (report.failures.length > 0)
        parts.push(report.failures.map((failure) => `- **not scanned:** ${(0,markdown/* inline */.mG)(failure)}`).join('\n'));
    if (report.permit !== undefined)
        parts.push(skipText(report, report.permit));
    if (gate !== undefined) {
        const of = (state) => gate.judged.filter((one) => one.state === state);
        const stopping = of('stops');
        if (stopping.length > 0)
            parts.push(findingsTable(stopping));
        for (const entry of gate.expired)
            parts.push(`- the entry for ${(0,markdown/* code */.aY)(entry.id)} in the ignore file ended on ${entry.until} (${(0,markdown/* inline */.mG)(entry.owner)}: ${(0,markdown/* inline */.mG)(entry.reason)})`);
        const warnings = of('warning');
        if (warnings.length > 0)
            parts.push((0,markdown/* details */.zH)(`${warnings.length} that do not stop the release`, findingsTable(warnings)));
        const ignored = of('ignored');
        if (ignored.length > 0)
            parts.push((0,markdown/* details */.zH)(`${ignored.length} accepted for a time`, findingsTable(ignored)));
        if (gate.unused.length > 0)
            parts.push(`Entries of the ignore file that speak about nothing found, remove them: ${gate.unused.map(({ id }) => (0,markdown/* code */.aY)(id)).join(', ')}`);
    }
    if (report.parts.length > 0)
        parts.push(partsTable(report.parts));
    if (report.notes.length > 0)
        parts.push(report.notes.map((note) => `- ${(0,markdown/* inline */.mG)(note)}`).join('\n'));
    if (report.auditHead !== undefined)
        parts.push(`Audit: ${(0,markdown/* code */.aY)(report.auditHead)}`);
    return parts.join('\n\n');
}
function headline({ gate, parts, failures, rules }) {
    if (gate === undefined)
        return 'Scan: skipped';
    if (gate.verdict === 'failed')
        return `Scan: stopped by ${plural(gate.problems.length, 'finding')}`;
    if (failures.length > 0)
        return 'Scan: not finished';
    const known = SEVERITIES.filter((severity) => gate.counts[severity] > 0);
    const rest = known.map((severity) => `${gate.counts[severity]} ${severity}`).join(', ');
    const judged = rules.failOn.length === 0 ? 'nothing was judged' : 'passed';
    return `Scan: ${judged}${rest === '' ? `, nothing found by ${new Set(parts.map(({ scanner }) => scanner)).size} scanners` : ` (${rest})`}`;
}
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const skipText = ({ skips, reason }, permit) => `> **Not scanned:** ${skips.map((skip) => (0,markdown/* inline */.mG)(skip.what)).join(', ')}. Allowed by ${(0,markdown/* inline */.mG)(permit.by)} (${(0,markdown/* inline */.mG)(permit.how)}): ${(0,markdown/* inline */.mG)(reason ?? '')}`;
function findingsTable(judged) {
    const rows = judged.slice(0, MOST_ROWS).map(({ finding, why, state }) => {
        const names = [finding.id, ...finding.aliases.slice(0, 2)];
        const places = finding.places.slice(0, 2).map((place) => (0,markdown/* code */.aY)(describePlace(place)));
        const more = finding.places.length - places.length;
        const calls = finding.trace === undefined ? '' : `<br>${(0,markdown/* code */.aY)((0,markdown/* shorten */.ml)(finding.trace.join(' → '), 160))}`;
        return [
            (0,markdown/* link */.nf)((0,markdown/* inline */.mG)(names.join(', ')), finding.url),
            finding.severityFrom === 'assumed' && finding.kind === 'vulnerability' ? `${finding.severity} (assumed)` : finding.severity, // prettier-ignore
            finding.package === '' ? '' : (0,markdown/* code */.aY)(finding.package),
            (0,markdown/* code */.aY)(finding.installed),
            finding.fixed === undefined ? '' : (0,markdown/* code */.aY)(finding.fixed),
            `${places.join('<br>')}${more > 0 ? `<br>and ${more} more` : ''}${calls}`,
            (0,markdown/* inline */.mG)(state === 'stops' ? finding.fix : why),
        ];
    });
    const rest = judged.length - rows.length;
    const tail = rest > 0 ? `\n\n${rest} more are in findings.json and scan.sarif.` : '';
    const last = judged[0]?.state === 'stops' ? 'how to fix' : 'why it passes';
    return `${(0,markdown/* table */.tp)([['id', 'left'], ['severity', 'left'], ['package', 'left'], ['installed', 'left'], ['fixed in', 'left'], ['where', 'left'], [last, 'left']], rows)}${tail}`; // prettier-ignore
}
const partsTable = (parts) => (0,markdown/* table */.tp)([['scanner', 'left'], ['looked at', 'left'], ['found', 'right'], ['database', 'left'], ['notes', 'left'], ['time', 'right']], parts.map((part) => [
    (0,markdown/* inline */.mG)(`${part.scanner} ${part.version}`),
    (0,markdown/* inline */.mG)(part.subject),
    String(part.findings.length),
    part.database === undefined ? '' : `${(0,markdown/* inline */.mG)(part.database.source)}${part.database.modified === undefined ? '' : ` of ${part.database.modified.slice(0, 10)}`}`,
    part.notes.map(markdown/* inline */.mG).join('<br>'),
    (0,clock/* formatDuration */.a3)(part.ms),
])); // prettier-ignore
//# sourceMappingURL=summary.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/scan/report.js







const MOST_PROBLEMS = 40;
/** Writes scan.sarif, findings.json and summary.md, and returns the outputs. */
async function writeReport(report, folder, act) {
    const clean = (0,report_files/* redactAll */.$)(report, act.secrets);
    const { gate, parts, failures } = clean;
    const verdict = gate === undefined ? 'skipped' : gate.verdict === 'failed' || failures.length > 0 ? 'failed' : 'passed';
    const summary = scanSummary(clean);
    const counts = gate?.counts ?? countBySeverity([]);
    const findings = {
        schemaVersion: 1,
        verdict,
        rules: clean.rules,
        counts,
        findings: gate?.judged.map(({ finding, state, why }) => ({ ...finding, state, why })) ?? [],
        expired: gate?.expired ?? [],
        unused: gate?.unused ?? [],
        scanners: parts.map(({ findings: found, ...part }) => ({ ...part, found: found.length })),
        notScanned: failures,
        skips: clean.skips,
        ...(clean.permit === undefined ? {} : { skipAllowed: { ...clean.permit, reason: clean.reason } }),
    };
    const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
    const sarif = (0,external_node_path_.join)(folder, 'scan.sarif');
    await (0,files/* writeAtomic */.vZ)(sarif, json(toSarif(parts, gate?.judged ?? [], act.clock.now())));
    await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(folder, 'findings.json'), json(findings));
    await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(folder, 'summary.md'), `${summary}\n`);
    return {
        outputs: {
            verdict,
            counts: JSON.stringify(counts),
            stopping: String(gate?.problems.length ?? 0),
            sarif,
            findings: (0,external_node_path_.join)(folder, 'findings.json'),
            report: folder,
            'audit-head': clean.auditHead ?? '',
        },
        summary,
    };
}
/** All that is wrong as one failure. A finding comes before a scanner that could not look, as the exit code does. */
function failureOf(gate, failures) {
    const problems = [...gate.problems];
    if (problems.length > MOST_PROBLEMS) {
        const rest = problems.splice(MOST_PROBLEMS).length;
        problems.push({ code: 'scan-vulnerability', what: `${rest} more stop the release`, fix: 'see findings.json or scan.sarif of the report' }); // prettier-ignore
    }
    const all = [...problems, ...failures.flatMap((failure) => failure.problems)];
    if (all.length === 0)
        return undefined;
    const kinds = new Set(failures.map((failure) => failure.kind));
    const kind = problems.length > 0 || kinds.has('gate') ? 'gate' : kinds.has('input') ? 'input' : 'environment';
    const log = failures.find((failure) => failure.log !== undefined)?.log;
    return new base_errors/* PipelineError */.zC(kind, all, log === undefined ? {} : { log });
}
//# sourceMappingURL=report.js.map
// EXTERNAL MODULE: ./lib/report/audit.js
var report_audit = __webpack_require__(21489);
// EXTERNAL MODULE: ./lib/report/audit-chain.js
var audit_chain = __webpack_require__(17637);
// EXTERNAL MODULE: ./lib/report/audit-store.js + 1 modules
var audit_store = __webpack_require__(7388);
;// CONCATENATED MODULE: ./lib/actions/stages/scan/skips.js








const KEEP_MS = 60_000;
/** Asks whether the skips are allowed; the answer is in the audit, and on its branch when there is one, whatever it is. */
async function allowSkips(skips, inputs, reports, act) {
    const name = act.env['GITHUB_REPOSITORY'] ?? '';
    const token = inputs.access.githubToken;
    const github = name === '' || token === '' ? undefined : new client/* GitHub */.gq((0,client/* githubSettings */.ND)(act.env, token), act);
    const file = inputs.audit === undefined ? (0,external_node_path_.resolve)(reports, 'audit.jsonl') : (0,external_node_path_.resolve)((0,folders/* workspaceOf */.B3)(act.env), inputs.audit);
    const branch = inputs.auditBranch === undefined
        ? undefined
        : { repository: (0,client/* parseRepository */.SU)(name), branch: inputs.auditBranch, folder: 'scan' };
    if (branch !== undefined && github !== undefined && (await (0,audit_store/* fetchAudit */.I)(github, branch, file, act.signal)))
        act.log.info(`the audit goes on from the branch ${branch.branch}`);
    const audit = new report_audit/* AuditFile */.i({ file }, act);
    const { skipReason: reason, admins } = inputs;
    try {
        const permit = await permitSkip({ skips, reason, admins }, github, audit, act);
        return { permit, head: audit.head === undefined ? undefined : (0,audit_chain/* formatHead */.Gw)(audit.head) };
    }
    finally {
        if (audit.head !== undefined)
            act.log.info(`audit: ${file} (${(0,audit_chain/* formatHead */.Gw)(audit.head)})`);
        if (branch !== undefined && github !== undefined)
            await keep(github, branch, file, act);
    }
}
/** A skip that is not kept where the inputs say is not allowed. */
async function keep(github, branch, file, act) {
    const signal = AbortSignal.any([AbortSignal.timeout(KEEP_MS), act.signal]);
    try {
        const commit = await (0,audit_store/* keepAudit */.v)(github, branch, file, 'scan skip', { signal });
        if (commit !== undefined)
            act.log.info(`the audit is kept on ${branch.branch} (${commit.slice(0, 12)})`);
    }
    catch (error) {
        throw (0,base_errors/* environmentError */.me)({
            code: 'scan-audit',
            what: `the audit was not brought to the branch ${branch.branch}, so nothing is skipped`,
            cause: (0,base_errors/* messageOf */.bD)(error),
            fix: 'give the job contents: write, or leave audit-branch empty and keep the audit file yourself',
        }, { cause: error });
    }
}
//# sourceMappingURL=skips.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/scan/run.js




















/** Scans what the inputs do not leave out, judges what was found, and writes the report. */
async function runScan(read, act) {
    const inputs = loadScan(read, act);
    if (inputs.problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', inputs.problems);
    const folder = (0,folders/* stageFolder */.h8)('scan', inputs.reportDir, act.env);
    const skips = skipsOf({
        skip: inputs.skip,
        govulncheck: inputs.scanners.govulncheck !== undefined,
        gitleaks: inputs.scanners.gitleaks !== undefined,
        imageScanner: inputs.imageScanner,
        hasImage: inputs.images.length > 0,
        nothingStops: inputs.rules.failOn.length === 0,
    });
    const allowed = skips.length === 0 ? undefined : await allowSkips(skips, inputs, folder, act);
    const common = { rules: inputs.rules, skips, permit: allowed?.permit, reason: inputs.skipReason, auditHead: allowed?.head }; // prettier-ignore
    if (inputs.skip) {
        const report = { ...common, parts: [], gate: undefined, failures: [], notes: [] };
        return writeReport(report, folder, act);
    }
    const scene = await look(inputs, act);
    const done = await scanAll(scene, act);
    const findings = severitiesFrom(mergeFindings(done.parts.flatMap((part) => part.findings)), done.severities);
    const gate = judgeFindings(findings, inputs.rules, scene.ignores, inputs.ignoreFile, act.clock.now());
    for (const { finding } of gate.stopping.slice(0, 20)) {
        const [place] = finding.places;
        if (place?.file === undefined || place.image !== undefined || place.commit !== undefined)
            continue;
        const { file, line } = place;
        act.log.annotate({ level: 'error', title: finding.id, message: `${finding.title}. ${finding.fix}`, file, ...(line === undefined ? {} : { line }) }); // prettier-ignore
    }
    for (const { finding, why } of gate.judged.filter(({ state }) => state !== 'stops').slice(0, 50))
        act.log.info(`${finding.id} ${finding.severity} ${finding.package} ${finding.installed} (${finding.places.map(describePlace).join(', ')}): passes, ${why}`); // prettier-ignore
    const report = {
        ...common,
        parts: done.parts,
        gate,
        failures: done.failures.flatMap((failure) => failure.problems.map(base_errors/* describeProblem */.BJ)),
        notes: done.notes,
    };
    const end = await writeReport(report, folder, act);
    const failure = failureOf(gate, done.failures);
    return failure === undefined ? end : { ...end, failure };
}
/** Looks at the repository; every problem of it is told at once. */
async function look(inputs, act) {
    const top = (0,folders/* workspaceOf */.B3)(act.env);
    const start = (0,external_node_path_.resolve)(top, inputs.workingDirectory);
    const tree = await (0,git_folder/* openWorkTree */.w)(start, act.env, act);
    const root = tree === undefined ? top : (0,external_node_path_.resolve)(tree.root);
    const folder = (0,files/* slashes */.k2)((0,external_node_path_.relative)(root, start)) || '.';
    const gowork = act.env['GOWORK'];
    const [workspace, text, head] = await Promise.all([
        (0,modules/* findModules */.th)(root, folder, gowork === undefined ? {} : { gowork }),
        (0,files/* readTextIfAny */.$v)((0,external_node_path_.resolve)(top, inputs.ignoreFile)),
        tree?.git(['rev-parse', '--verify', 'HEAD']),
    ]);
    const ignores = parseIgnores(text ?? '', inputs.ignoreFile, act.clock.now());
    // A folder without Go code is scanned for secrets, when there is an image to scan: by mistake it would pass unseen.
    const missing = workspace.problems.filter(({ code }) => code === 'no-go-mod');
    const asked = inputs.scanners.govulncheck !== undefined;
    const broken = workspace.problems.filter((problem) => !missing.includes(problem));
    const problems = [...ignores.problems, ...(asked ? broken : []), ...(asked && inputs.images.length === 0 ? missing : [])]; // prettier-ignore
    if (problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', problems);
    const go = once(() => (0,project_go/* projectGo */.Y)(inputs, top, act));
    const scanners = new Map();
    return {
        inputs,
        top,
        root,
        tree,
        commit: head?.code === 0 ? head.stdout.trim() : undefined,
        workspace,
        ignores: ignores.entries,
        go,
        provide: (name) => {
            const known = scanners.get(name) ?? (0,install/* provideScanner */.EH)(name, inputs.scanners[name] ?? { kind: 'pinned' }, go, act);
            scanners.set(name, known);
            return known;
        },
    };
}
/** Everything that was asked for. One scanner that cannot look does not keep the others from telling what they see. */
async function scanAll(scene, act) {
    const { inputs, workspace } = scene;
    const failures = [];
    const parts = [];
    const notes = [];
    const attempt = async (work, none) => {
        try {
            return await work();
        }
        catch (error) {
            if (act.signal.aborted || !(error instanceof base_errors/* PipelineError */.zC))
                throw error;
            failures.push(error);
            return none;
        }
    };
    const nothing = { parts: [], reports: [] };
    const source = async () => {
        if (inputs.scanners.govulncheck === undefined)
            return nothing;
        if (workspace.modules.length === 0) {
            notes.push(`there is no Go module in ${inputs.workingDirectory}: only the images were scanned for vulnerabilities`);
            return nothing;
        }
        const request = {
            root: scene.root,
            modules: workspace.modules,
            tags: inputs.goTags,
            database: inputs.vulnDb,
        };
        return scanSource(request, await scene.provide('govulncheck'), await scene.go(), act);
    };
    const [found, secrets] = await Promise.all([
        attempt(source, nothing),
        attempt(() => findSecrets(scene, act), undefined),
    ]);
    const none = { parts: [], severities: new Map() };
    const images = inputs.images.length === 0 || inputs.imageScanner === 'off'
        ? none
        : await scanImages(scene, found.reports, (0,registry/* registryClient */.Rk)(inputs.access, act), attempt, act);
    parts.push(...found.parts, ...(secrets === undefined ? [] : [secrets]), ...images.parts);
    return { parts, severities: images.severities, failures, notes };
}
async function findSecrets(scene, act) {
    const { inputs, tree } = scene;
    if (inputs.scanners.gitleaks === undefined)
        return undefined;
    const event = await (0,project_event/* eventFacts */.IS)(act.env);
    const folder = tree === undefined ? (0,external_node_path_.resolve)(scene.top, inputs.workingDirectory) : scene.root;
    const request = { folder, scope: inputs.secretScope, pullRequest: /^pull_request/.test(event.name) };
    return scanSecrets(request, tree, await scene.provide('gitleaks'), act);
}
/** The value of `make`, made at the first call. */
function once(make) {
    let value;
    return () => (value ??= make());
}
//# sourceMappingURL=run.js.map

/***/ }),

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
/** Files may be large and lines slow. */
const UPLOAD_MS = 10 * 60_000;
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
     * Sends a file to an address that an answer named (`upload_url` of a release). It must be of the same server or GitHub's
     * host for uploads: an answer cannot make the token go elsewhere.
     */
    async upload(address, query, file, signal, options = {}) {
        const url = new URL(address);
        const api = new URL(this.#settings.apiUrl);
        const hosts = [api.host, `uploads.${api.host.replace(/^api\./, '')}`];
        if (url.protocol !== api.protocol || !hosts.includes(url.host))
            throw badAnswer('POST', url.pathname, `it sends uploads to ${url.host}`);
        for (const [name, value] of Object.entries(query))
            url.searchParams.set(name, value);
        return (await this.#call('POST', url.toString(), signal, { ...options, file })).value;
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
                    ...(options.file === undefined ? {} : { 'content-type': options.file.type }),
                },
                ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
                ...(options.file === undefined ? {} : { body: options.file.content }),
                timeoutMs: options.file === undefined ? TIMEOUT_MS : UPLOAD_MS,
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

/***/ })

};
