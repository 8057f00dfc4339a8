export const id = 213;
export const ids = [213];
export const modules = {

/***/ 99213:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runReport: () => (/* binding */ runReport)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/go/coverage.js
var go_coverage = __webpack_require__(39190);
// EXTERNAL MODULE: ./lib/base/clock.js
var clock = __webpack_require__(74743);
// EXTERNAL MODULE: ./lib/report/format.js
var format = __webpack_require__(87703);
// EXTERNAL MODULE: ./lib/base/json.js
var json = __webpack_require__(24807);
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/report/jobs.js


/** `toJSON(needs)` (https://docs.github.com/actions/reference/contexts-reference#needs-context); a text says what is wrong with it. */
function parseNeeds(text) {
    const needs = (0,json/* parseObject */.lj)(text);
    if (needs === undefined)
        return 'not JSON';
    const jobs = [];
    for (const [name, job] of Object.entries(needs)) {
        const { result, outputs: given } = (0,json/* asObject */.eB)(job) ?? {};
        if (typeof result !== 'string')
            return `${name} has no result`;
        const outputs = Object.entries((0,json/* asObject */.eB)(given) ?? {}).filter((one) => typeof one[1] === 'string');
        jobs.push({ name, result, outputs: Object.fromEntries(outputs) });
    }
    return jobs;
}
/** A job that is switched off is skipped; one behind a failed one is, too, but then that one counts. */
const failedJobs = (jobs) => jobs.filter(({ result }) => result !== 'success' && result !== 'skipped');
const jobProblems = (jobs) => failedJobs(jobs).map(({ name, result }) => ({
    code: 'report-job-failed',
    what: `${name} ${result === 'cancelled' ? 'was cancelled' : 'did not pass'}`,
    cause: `the job ended with ${result === '' ? 'no result' : result}`,
    fix: `see the log and the summary of ${name}`,
}));
const ICONS = { success: '✅', skipped: '⏭️', cancelled: '⏹️' };
/** Outputs that are longer are for machines. */
const LONGEST = 160;
/** A row for each job: how it ended, and what it handed on. */
const renderJobs = (jobs) => (0,markdown/* table */.tp)([['Job', 'left'], ['Result', 'left'], ['Gave', 'left']], jobs.map(({ name, result, outputs }) => [
    `${ICONS[result] ?? '❌'} ${(0,markdown/* inline */.mG)(name)}`,
    (0,markdown/* inline */.mG)(result === '' ? 'no result' : result),
    Object.entries(outputs)
        .filter(([, value]) => value !== '' && value.length <= LONGEST && !/[\n{]/.test(value))
        .map(([key, value]) => `${(0,markdown/* inline */.mG)((0,markdown/* shorten */.ml)(key, 40))} ${(0,markdown/* code */.aY)(value)}`)
        .join('<br>'),
])); // prettier-ignore
/** One line of what all of them came to. */
function jobsTitle(jobs) {
    const bad = failedJobs(jobs).map(({ name }) => name);
    const skipped = jobs.filter(({ result }) => result === 'skipped').length;
    if (bad.length > 0)
        return `${(0,markdown/* inline */.mG)(bad.join(', '))} did not pass`;
    return `all ${jobs.length - skipped} jobs passed${skipped === 0 ? '' : `, ${skipped} had nothing to do`}`;
}
//# sourceMappingURL=jobs.js.map
;// CONCATENATED MODULE: ./lib/report/combine.js
/** Many runs of one commit (a matrix of runners and Go versions) as one report. Pure. */





const MOST_LOG_LINES = 40;
/**
 * Joins the legs. A leg that was expected and left no report has failed: its runner may have died before it could say so.
 * @param coverage percent over all legs; undefined when nothing was measured
 */
function combine(found, expected, gate, jobs = []) {
    const missing = expected.filter((name) => !found.some((leg) => leg.name === name));
    const legs = [
        ...found,
        ...missing.map((name) => ({
            name,
            reason: 'it left no report: its job failed before, or was cancelled',
        })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
    const ok = (leg) => leg.report?.outcome === 'passed';
    const sum = (key) => legs.reduce((total, leg) => total + (leg.report?.tests?.[key] ?? 0), 0);
    const problems = legs.filter((leg) => !ok(leg)).map(legProblem);
    if (legs.length === 0 && jobs.length === 0)
        problems.push({
            code: 'report-none',
            what: 'there is no report to combine',
            cause: 'no leg ran, or their reports were not downloaded',
            fix: 'download the artifacts of the legs into the folder that the input reports names',
        });
    const { coverage, threshold } = gate;
    if (threshold !== undefined && (coverage === undefined || coverage < threshold))
        problems.push({
            code: 'report-coverage',
            what: coverage === undefined
                ? 'no leg measured coverage, which a threshold asks for'
                : `all legs together cover ${(0,format/* formatPercent */.l9)(coverage)} of statements, below ${threshold} %`,
            input: 'coverage-threshold',
            fix: coverage === undefined
                ? 'set coverage to true in the legs'
                : 'test what the list of packages shows as uncovered, or lower the threshold in a change of its own',
        });
    problems.push(...jobProblems(jobs));
    return {
        legs,
        passed: legs.filter(ok).map((leg) => leg.name),
        failed: legs.filter((leg) => !ok(leg)).map((leg) => leg.name),
        tests: { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
        ...(coverage === undefined ? {} : { coverage }),
        jobs,
        problems,
    };
}
function legProblem({ name, report, reason }) {
    const [first] = report?.problems ?? [];
    const step = report?.steps.find((one) => one.status === 'failed');
    const cause = reason ?? first?.what ?? step?.reason;
    return {
        code: 'report-leg-failed',
        what: `${name} ${report?.outcome === 'cancelled' ? 'was cancelled' : 'did not pass'}`,
        ...(cause === undefined ? {} : { cause }),
        ...(step === undefined ? {} : { where: step.title }),
        fix: first?.fix ?? 'look at the log of its job',
    };
}
const combine_ICONS = { passed: '✅', failed: '❌', cancelled: '⏹️' };
/** What stands at the top. */
function titleOf({ legs, failed, jobs, problems }) {
    if (legs.length === 0 && jobs.length > 0)
        return jobsTitle(jobs);
    if (problems.length === 0)
        return `${(0,format/* count */.U9)(legs.length, 'leg')} passed`;
    if (failed.length > 0)
        return `${failed.length} of ${(0,format/* count */.U9)(legs.length, 'leg')} did not pass`;
    return failedJobs(jobs).length > 0
        ? `the legs passed, but ${jobsTitle(jobs)}`
        : 'the legs passed, a gate over all of them did not';
}
/** The combined summary, as GitHub-flavoured Markdown: a row for each leg and each other job, then what failed, worst first. */
function renderCombined(combined) {
    const { legs, tests, coverage, jobs, problems } = combined;
    const good = problems.length === 0;
    const facts = [
        tests.failed > 0
            ? `**${(0,format/* count */.U9)(tests.failed, 'failed test')}**`
            : `**${(0,format/* count */.U9)(tests.passed, 'test')}** passed`,
        ...(tests.skipped > 0 ? [`${tests.skipped} skipped`] : []),
        ...(coverage === undefined ? [] : [`**${(0,format/* formatPercent */.l9)(coverage)}** covered by all together`]),
    ];
    const rows = legs.map(({ name, report, reason }) => [
        `${combine_ICONS[report?.outcome ?? 'failed']} ${report?.run.url === undefined ? (0,markdown/* inline */.mG)(name) : (0,markdown/* link */.nf)((0,markdown/* inline */.mG)(name), report.run.url)}`,
        (0,markdown/* inline */.mG)(report?.run.host ?? ''),
        (0,markdown/* inline */.mG)(report?.tools.find((tool) => tool.name === 'go')?.version ?? ''),
        report?.tests === undefined ? '' : `${report.tests.passed}${report.tests.failed > 0 ? ` (${report.tests.failed} failed)` : ''}`,
        report?.coverage === undefined ? '' : (0,format/* formatPercent */.l9)(report.coverage.percent),
        report === undefined ? '' : (0,clock/* formatDuration */.a3)(report.durationMs),
        (0,markdown/* inline */.mG)((0,markdown/* shorten */.ml)(reason ?? failedAt(report), 160)),
    ]); // prettier-ignore
    const logs = legs.flatMap(({ name, report }) => {
        const lines = report?.failureLog?.lines ?? [];
        return lines.length === 0
            ? []
            : [(0,markdown/* details */.zH)(`Log of ${(0,markdown/* inline */.mG)(name)}`, (0,markdown/* fence */.EU)(lines.slice(-MOST_LOG_LINES)), legs.length < 4)];
    });
    const legTable = (0,markdown/* table */.tp)([
        ['Leg', 'left'],
        ['Runner', 'left'],
        ['Go', 'left'],
        ['Tests', 'right'],
        ['Coverage', 'right'],
        ['Time', 'right'],
        ['', 'left'],
    ], rows);
    return [
        `## ${good ? '✅' : '❌'} ${titleOf(combined)}`,
        ...(legs.length === 0 ? [] : [facts.join(' · '), legTable]),
        ...(jobs.length === 0 ? [] : [renderJobs(jobs)]),
        ...(good
            ? []
            : [`### What to do\n\n${problems.map((problem) => `- ${(0,markdown/* inline */.mG)((0,errors/* describeProblem */.BJ)(problem).replace(/\s*\n\s*/g, ' · '))}`).join('\n')}`]),
        ...failures(legs),
        ...logs,
    ].join('\n\n'); // prettier-ignore
}
const failedAt = (report) => {
    const step = report?.steps.find((one) => one.status === 'failed');
    return step === undefined ? '' : `failed at ${step.title}`;
};
/** Failed tests over all legs: one that fails everywhere stands once, with the legs where it does. */
function failures(legs) {
    const where = new Map();
    for (const { name, report } of legs)
        for (const failure of report?.tests?.failures ?? []) {
            const key = `${failure.package}${failure.test === undefined ? '' : `.${failure.test}`}`;
            where.set(key, [...(where.get(key) ?? []), name]);
        }
    if (where.size === 0)
        return [];
    const rows = [...where]
        .sort((a, b) => b[1].length - a[1].length)
        .slice(0, 50)
        .map(([test, names]) => [(0,markdown/* code */.aY)((0,markdown/* shorten */.ml)(test, 200)), names.length === legs.length ? 'everywhere' : names.map((name) => (0,markdown/* inline */.mG)(name)).join(', ')]); // prettier-ignore
    return [
        `### Failed tests\n\n${(0,markdown/* table */.tp)([
            ['Test', 'left'],
            ['Where', 'left'],
        ], rows)}`,
    ];
}
//# sourceMappingURL=combine.js.map
// EXTERNAL MODULE: ./lib/report/legs.js
var report_legs = __webpack_require__(6497);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/reader.js
var actions_reader = __webpack_require__(37428);
// EXTERNAL MODULE: ./lib/actions/stages/report/spec.js
var spec = __webpack_require__(89659);
;// CONCATENATED MODULE: ./lib/actions/stages/report/run.js










/** Reads the legs' reports, joins them, and fails when one of them did, or when all together cover too little. */
async function runReport(read, act) {
    const reader = new actions_reader/* InputReader */.i(spec/* REPORT */.r.inputs, read, act.secrets);
    const folder = reader.relativePath('reports', 'reports');
    const prefix = reader.text('prefix');
    const expected = legNames(reader);
    const threshold = reader.percent('coverage-threshold');
    const jobs = otherJobs(reader);
    const given = reader.optional('report-dir');
    if (reader.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', reader.problems);
    const found = await (0,report_legs/* readLegs */.C)((0,external_node_path_.resolve)((0,folders/* workspaceOf */.B3)(act.env), folder), act, prefix);
    const profile = (0,go_coverage/* parseCoverProfiles */.hA)(found.flatMap((leg) => (leg.profile === undefined ? [] : [leg.profile])));
    const coverage = profile === undefined ? undefined : (0,go_coverage/* summariseCoverage */.VI)(profile.profile, []).percent;
    const combined = combine(found.map(({ leg }) => leg), expected, { ...(coverage === undefined ? {} : { coverage }), ...(threshold === undefined ? {} : { threshold }) }, jobs);
    const reportDir = (0,folders/* stageFolder */.h8)('combined', given, act.env);
    const summary = renderCombined(combined);
    const { legs, ...figures } = combined;
    await (0,folders/* makeReportFolder */.Be)(reportDir);
    await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(reportDir, 'summary.md'), act.secrets.redact(`${summary}\n`));
    await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(reportDir, 'report.json'), act.secrets.redact(`${JSON.stringify({ schema: 1, ...figures, legs: legs.map(({ name, report, reason }) => ({ name, outcome: report?.outcome ?? 'failed', ...(reason === undefined ? {} : { reason }) })) }, null, 2)}\n`));
    if (profile !== undefined)
        await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(reportDir, 'coverage.out'), (0,go_coverage/* formatCoverProfile */.Ig)(profile.profile));
    return {
        outputs: {
            verdict: combined.problems.length === 0 ? 'passed' : 'failed',
            failed: [...combined.failed, ...failedJobs(jobs).map(({ name }) => name)].join('\n'),
            tests: JSON.stringify(combined.tests),
            ...(coverage === undefined ? {} : { coverage: coverage.toFixed(1) }),
            report: reportDir,
        },
        summary,
        ...(combined.problems.length === 0 ? {} : { failure: new errors/* PipelineError */.zC('gate', combined.problems) }),
    };
} // prettier-ignore
/** Lines with results, or the context `needs` as JSON. */
function otherJobs(reader) {
    const text = reader.text('also');
    if (!text.startsWith('{'))
        return reader.pairs('also').map(([name, result]) => ({ name, result, outputs: {} }));
    const jobs = parseNeeds(text);
    if (typeof jobs !== 'string')
        return jobs;
    reader.bad('also', text, `not the results of jobs: ${jobs}`, 'write ${{ toJSON(needs) }}, or a line name=result for each job');
    return [];
} // prettier-ignore
function legNames(reader) {
    const text = reader.text('legs');
    if (!text.startsWith('['))
        return reader.list('legs', { commas: true });
    try {
        const names = JSON.parse(text);
        if (Array.isArray(names) && names.every((name) => typeof name === 'string'))
            return names;
    }
    catch {
        // Told below.
    }
    reader.bad('legs', text, 'not a JSON array of names', 'write ["linux", "windows"], or a name a line');
    return [];
}
//# sourceMappingURL=run.js.map

/***/ }),

/***/ 6497:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ readLegs)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(51455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(76760);
/* harmony import */ var _base_files_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(40378);
/* harmony import */ var _schema_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(47455);




/** How deep report.json may lie below the folder of its leg. */
const DEPTH = 3;
/** The reports in the folders of `folder`, a leg each, as actions/download-artifact leaves them; sorted by name. */
async function readLegs(folder, act, prefix = '') {
    const names = (await foldersIn(folder)).filter((one) => one.startsWith(prefix)).sort();
    const legs = [];
    for (const called of names) {
        const name = called.slice(prefix.length);
        const at = await findReport((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(folder, called), DEPTH);
        if (at === undefined) {
            act.log.warning(`${name}: there is no report.json in it`);
            legs.push({ leg: { name, reason: 'its report is not there' } });
            continue;
        }
        const report = (0,_schema_js__WEBPACK_IMPORTED_MODULE_3__/* .parseReport */ .MM)((await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(at, 'report.json'))) ?? '');
        const profile = await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(at, 'coverage.out'));
        legs.push({
            leg: 'reason' in report
                ? { name, reason: `its report cannot be read: ${report.reason}` }
                : { name, report },
            ...(profile === undefined ? {} : { profile }),
        });
    }
    return legs;
}
const foldersIn = async (folder) => {
    try {
        const entries = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)(folder, { withFileTypes: true });
        return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    }
    catch {
        return [];
    }
};
async function findReport(folder, depth) {
    if ((await (0,_base_files_js__WEBPACK_IMPORTED_MODULE_2__/* .readTextIfAny */ .$v)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(folder, 'report.json'))) !== undefined)
        return folder;
    if (depth === 0)
        return undefined;
    for (const name of (await foldersIn(folder)).sort()) {
        const found = await findReport((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(folder, name), depth - 1);
        if (found !== undefined)
            return found;
    }
    return undefined;
}
//# sourceMappingURL=legs.js.map

/***/ })

};
