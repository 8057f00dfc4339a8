export const id = 544;
export const ids = [544];
export const modules = {

/***/ 47544:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runMetrics: () => (/* binding */ runMetrics)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/files.js
var base_files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/pipeline/glob.js
var glob = __webpack_require__(84366);
// EXTERNAL MODULE: ./lib/report/format.js
var format = __webpack_require__(87703);
// EXTERNAL MODULE: ./lib/report/mermaid.js
var mermaid = __webpack_require__(49789);
// EXTERNAL MODULE: ./lib/report/svg.js
var svg = __webpack_require__(26752);
;// CONCATENATED MODULE: ./lib/pipeline/metrics/gate.js

/** Each number beside its limit. Without data there is no verdict: an empty week is neither good nor bad. */
function judgeMetrics(metrics, limits) {
    const { builds, deployments, rollbacks, changes, vulnerabilities } = metrics;
    const one = (id, title, unit, better, value, limit, evidence) => ({ id, title, unit, better, value, limit, evidence, verdict: verdictOf(value, limit, better) }); // prettier-ignore
    return [
        one('success-rate', 'Builds that succeed', 'percent', 'high', builds.successRate, limits.minSuccessRate, `${builds.succeeded} of ${builds.counted} runs`), // prettier-ignore
        one('deploy-time', 'Mean deploy time', 'seconds', 'low', deployments.duration.mean, limits.maxDeployTime, (0,format/* count */.U9)(deployments.duration.count, 'deployment')), // prettier-ignore
        one('vulnerabilities-stopped', 'Vulnerabilities stopped', 'percent', 'high', vulnerabilities.stoppedRate, limits.minVulnerabilitiesStopped, `${vulnerabilities.stopped} of ${vulnerabilities.stopped + vulnerabilities.escaped}`), // prettier-ignore
        one('rollbacks', 'Rollbacks in the worst week', 'count', 'low', rollbacks.worstWeek, limits.maxRollbacksPerWeek, `${rollbacks.count} in the window`), // prettier-ignore
        one('lead-time', 'Lead time, median', 'seconds', 'low', changes.leadTime.median, limits.maxLeadTime, (0,format/* count */.U9)(changes.leadTime.count, 'commit')), // prettier-ignore
        one('change-failure-rate', 'Changes that failed', 'percent', 'low', changes.failureRate, limits.maxChangeFailureRate, `${changes.failed} of ${changes.count} changes`), // prettier-ignore
    ];
}
function verdictOf(value, limit, better) {
    if (limit === undefined)
        return 'off';
    if (value === undefined)
        return 'nodata';
    // Not rounded before: 97.96 shown as 98.0 must not pass a limit of 98.
    return (better === 'high' ? value >= limit : value <= limit) ? 'passed' : 'failed';
}
/** Failed before no data before passed; `off` when nothing is limited. */
function overall(judgements) {
    for (const verdict of ['failed', 'nodata', 'passed'])
        if (judgements.some((one) => one.verdict === verdict))
            return verdict;
    return 'off';
}
const FIXES = {
    'success-rate': 'look at the failed runs that the summary names; a flaky test shows as a success at a second attempt',
    'deploy-time': 'look at the slowest deployments in the summary; waiting for a person is not counted',
    'vulnerabilities-stopped': 'let the scan gate stop what escaped: the summary names each with the deployment it went out with',
    rollbacks: 'find what the tests did not: the summary names the versions that were taken back',
    'lead-time': 'release smaller changes more often',
    'change-failure-rate': 'test nearer to production before the release; a gray release keeps the damage small',
}; // prettier-ignore
/** What the gate refuses; with `nodataFails` also what could not be judged. */
function gateProblems(judgements, nodataFails) {
    return judgements.flatMap((one) => {
        if (one.verdict === 'failed')
            return [
                {
                    code: 'metrics-limit',
                    what: `${one.title}: ${formatValue(one.value, one.unit)}, ${one.better === 'high' ? 'at least' : 'at most'} ${formatValue(one.limit, one.unit)} is asked for`,
                    cause: one.evidence,
                    fix: FIXES[one.id],
                },
            ];
        if (one.verdict === 'nodata' && nodataFails)
            return [
                {
                    code: 'metrics-no-data',
                    what: `${one.title}: nothing to count in the window`,
                    cause: one.evidence,
                    fix: 'take a longer window, or set on-nodata: ignore',
                },
            ];
        return [];
    });
}
/** `97.9 %` (never rounded up to a limit), `4 m 05 s`, `3`, `no data`. */
function formatValue(value, unit) {
    if (value === undefined)
        return 'no data';
    if (unit === 'percent')
        return `${String(Math.floor(value * 100 + 1e-9) / 100)} %`;
    if (unit === 'count')
        return String(value);
    return formatSeconds(value);
}
/** `45 s`, `4 m 05 s`, `3 h 20 m`, `2 d 4 h`. */
function formatSeconds(seconds) {
    const total = Math.round(seconds);
    const pad = (value) => String(value).padStart(2, '0');
    if (total < 60)
        return `${total} s`;
    if (total < 3600)
        return `${Math.floor(total / 60)} m ${pad(total % 60)} s`;
    if (total < 86_400)
        return `${Math.floor(total / 3600)} h ${pad(Math.floor((total % 3600) / 60))} m`;
    return `${Math.floor(total / 86_400)} d ${Math.floor((total % 86_400) / 3600)} h`;
}
//# sourceMappingURL=gate.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/numbers.js
/** The value below or at which `share` of the values lie (nearest rank); undefined without values. */
function percentile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
const mean = (values) => values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
/** A share as a percentage; undefined of nothing, because 0 of 0 is neither 0 nor 100. */
const percentOf = (part, whole) => whole === 0 ? undefined : (part / whole) * 100;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The most of `times` that lie in any stretch of `length`. */
function busiest(times, length) {
    const sorted = [...times].sort((a, b) => a - b);
    let most = 0;
    let first = 0;
    for (const [last, time] of sorted.entries()) {
        while (time - (sorted[first] ?? time) >= length)
            first++;
        most = Math.max(most, last - first + 1);
    }
    return most;
}
//# sourceMappingURL=numbers.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/chart.js





const WIDTH = 860;
const PAD = 20;
const PLOT = 110;
const LEFT = 70;
/** Every day of the window, also those on which nothing ran. */
function daysOf(metrics) {
    const byDay = new Map(metrics.builds.days.map((day) => [day.day, day]));
    const days = [];
    const last = metrics.window.to.slice(0, 10);
    for (let at = Date.parse(metrics.window.from.slice(0, 10));; at += DAY_MS) {
        const day = new Date(at).toISOString().slice(0, 10);
        days.push(byDay.get(day) ?? { day, succeeded: 0, failed: 0 });
        if (day >= last)
            return days;
    }
}
/** Runs by day, and the time of each deployment with its limit. Undefined when there is nothing to draw. */
function metricsSvg(metrics, name, deployLimit) {
    const { builds, deployments, window } = metrics;
    if (builds.counted === 0 && deployments.live === 0)
        return undefined;
    const span = `${window.from.slice(0, 10)} to ${window.to.slice(0, 10)}`;
    const shapes = [
        (0,svg/* textAt */.$6)(PAD, 30, (0,svg/* fitText */.vY)(`Pipeline of ${name}`, WIDTH - 2 * PAD, 15, true), { size: 15, bold: true }),
        (0,svg/* textAt */.$6)(PAD, 50, (0,svg/* fitText */.vY)(`${span}, ${(0,format/* count */.U9)(builds.counted, 'run')}, ${(0,format/* count */.U9)(deployments.live, 'deployment')}`, WIDTH - 2 * PAD, 12), { style: 'm' }),
    ]; // prettier-ignore
    let top = 80;
    if (builds.counted > 0) {
        shapes.push(...buildBars(metrics, top));
        top += PLOT + 60;
    }
    if (deployments.live > 0) {
        shapes.push(...deployBars(metrics, top, deployLimit));
        top += PLOT + 60;
    }
    return (0,svg/* picture */.li)(WIDTH, top - 10, `Pipeline metrics of ${name}`, shapes);
}
function buildBars(metrics, top) {
    const days = daysOf(metrics);
    const most = Math.max(1, ...days.map((day) => day.succeeded + day.failed));
    const slot = (WIDTH - PAD - LEFT) / days.length;
    const width = Math.max(1, Math.min(slot * 0.75, 40));
    const rate = formatValue(metrics.builds.successRate, 'percent');
    const shapes = [
        (0,svg/* textAt */.$6)(PAD, top, `Runs by day: ${rate} succeeded`, { bold: true }),
        ...axis(top + 16, String(most)),
    ];
    for (const [index, day] of days.entries()) {
        const total = day.succeeded + day.failed;
        if (total === 0)
            continue;
        const x = LEFT + index * slot + (slot - width) / 2;
        const good = (day.succeeded / most) * PLOT;
        const bad = (day.failed / most) * PLOT;
        const y = top + 16 + PLOT;
        const hint = `${day.day}: ${day.succeeded} succeeded, ${day.failed} failed`;
        if (good > 0)
            shapes.push((0,svg/* rectangle */.YC)({ x, y: y - good, width, height: good }, 'green', hint, 1));
        if (bad > 0)
            shapes.push((0,svg/* rectangle */.YC)({ x, y: y - good - bad, width, height: bad }, 'red', hint, 1));
    }
    shapes.push(...ends(top + 16 + PLOT, days[0]?.day ?? '', days.at(-1)?.day ?? ''));
    return shapes;
}
function deployBars(metrics, top, limit) {
    const { list } = metrics.deployments;
    const most = Math.max(1, limit ?? 0, ...list.map((one) => one.seconds));
    const slot = (WIDTH - PAD - LEFT) / list.length;
    const width = Math.max(1, Math.min(slot * 0.75, 40));
    const bottom = top + 16 + PLOT;
    const shapes = [
        (0,svg/* textAt */.$6)(PAD, top, `Time of each deployment${limit === undefined ? '' : `, limit of the mean ${formatSeconds(limit)}`}`, { bold: true }),
        ...axis(top + 16, formatSeconds(most)),
    ]; // prettier-ignore
    for (const [index, one] of list.entries()) {
        const height = (one.seconds / most) * PLOT;
        const x = LEFT + index * slot + (slot - width) / 2;
        const style = one.gray ? 'sky' : limit !== undefined && one.seconds > limit ? 'amber' : 'blue';
        const hint = `${one.at.slice(0, 16)}: ${formatSeconds(one.seconds)}, ${one.version}${one.gray ? ' (gray release)' : ''}`;
        shapes.push((0,svg/* rectangle */.YC)({ x, y: bottom - height, width, height: Math.max(1, height) }, style, hint, 1));
    }
    if (limit !== undefined) {
        const y = bottom - (limit / most) * PLOT;
        shapes.push((0,svg/* line */.n8)(LEFT, y, WIDTH - PAD, y, 'mark'));
    }
    shapes.push(...ends(bottom, list[0]?.at.slice(0, 10) ?? '', list.at(-1)?.at.slice(0, 10) ?? ''));
    return shapes;
}
const axis = (top, most) => [
    (0,svg/* line */.n8)(LEFT, top, WIDTH - PAD, top, 'grid'),
    (0,svg/* line */.n8)(LEFT, top + PLOT, WIDTH - PAD, top + PLOT, 'grid'),
    (0,svg/* textAt */.$6)(LEFT - 8, top + 4, most, { size: 11, anchor: 'end', style: 'm' }),
    (0,svg/* textAt */.$6)(LEFT - 8, top + PLOT + 4, '0', { size: 11, anchor: 'end', style: 'm' }),
];
const ends = (bottom, first, last) => [
    (0,svg/* textAt */.$6)(LEFT, bottom + 18, first, { size: 11, style: 'm' }),
    (0,svg/* textAt */.$6)(WIDTH - PAD, bottom + 18, last === first ? '' : last, { size: 11, anchor: 'end', style: 'm' }),
];
/** The same for a job summary, which draws Mermaid but no SVG of ours. One bar a day, a week when there are many. */
function metricsMermaid(metrics) {
    const charts = [];
    if (metrics.builds.counted > 0) {
        const days = daysOf(metrics);
        const step = days.length > 35 ? 7 : 1;
        const groups = Array.from({ length: Math.ceil(days.length / step) }, (_, index) => days.slice(index * step, (index + 1) * step));
        const sums = groups.map((group) => ({
            label: group[0]?.day.slice(5) ?? '',
            total: group.reduce((sum, day) => sum + day.succeeded + day.failed, 0),
            failed: group.reduce((sum, day) => sum + day.failed, 0),
        }));
        const title = `Runs by ${step === 1 ? 'day' : 'week'}, all (bars) and failed (line)`;
        charts.push({
            title,
            chart: xy(title, sums.map((one) => one.label), Math.max(1, ...sums.map((one) => one.total)), [
                `bar [${sums.map((one) => one.total).join(', ')}]`,
                `line [${sums.map((one) => one.failed).join(', ')}]`,
            ]),
        }); // prettier-ignore
    }
    const deploys = metrics.deployments.list.filter((one) => !one.gray).slice(-30);
    if (deploys.length > 1) {
        const title = 'Minutes of the last deployments';
        const minutes = deploys.map((one) => Math.round(one.seconds / 6) / 10);
        charts.push({
            title,
            chart: xy(title, deploys.map((_, index) => String(index + 1)), Math.max(1, ...minutes), [
                `bar [${minutes.join(', ')}]`,
            ]),
        }); // prettier-ignore
    }
    return charts;
}
const xy = (title, labels, most, series) => [
    'xychart-beta',
    `    title "${(0,mermaid/* ganttName */.k)(title)}"`,
    `    x-axis [${labels.map((label) => `"${label}"`).join(', ')}]`,
    `    y-axis 0 --> ${most}`,
    ...series.map((one) => `    ${one}`),
].join('\n');
//# sourceMappingURL=chart.js.map
// EXTERNAL MODULE: ./lib/github/answers.js
var answers = __webpack_require__(67536);
// EXTERNAL MODULE: ./lib/github/faults.js
var faults = __webpack_require__(14534);
// EXTERNAL MODULE: ./lib/registry/pool.js
var pool = __webpack_require__(49481);
;// CONCATENATED MODULE: ./lib/pipeline/metrics/deployments.js
const ENDED_BADLY = new Set(['failure', 'error']);
const WAITING = new Set(['queued', 'pending', 'waiting']);
function eventOf(deployment) {
    const { statuses } = deployment;
    const live = statuses.find((status) => status.state === 'success');
    const bad = statuses.findLast((status) => ENDED_BADLY.has(status.state));
    const gray = deployment.task === 'deploy:gray';
    // The words are those of the mirror of a gray release (src/gray/github-mirror.ts).
    const back = gray && bad !== undefined && /^(rolled back|rollback failed):/.test(bad.description);
    const outcome = live !== undefined ? 'live' : back ? 'rolled-back' : bad !== undefined ? 'failed' : 'running';
    return {
        id: deployment.id,
        sha: deployment.sha,
        version: deployment.version ?? deployment.sha,
        gray,
        outcome,
        at: (live ?? bad ?? statuses.at(-1))?.at ?? deployment.createdAt,
        workMs: live === undefined ? undefined : workTime(deployment, live),
    };
}
/** Sum of the stretches in which the deployment neither waited in a queue nor for an approval. */
function workTime({ createdAt, statuses }, live) {
    const begun = statuses.find((status) => status.state === 'in_progress');
    if (begun === undefined)
        return live.at - createdAt;
    let work = 0;
    let since = begun;
    for (const status of statuses.slice(statuses.indexOf(begun) + 1)) {
        if (!WAITING.has(since.state))
            work += status.at - since.at;
        if (status === live)
            break;
        since = status;
    }
    return work;
}
/**
 * Deployments as events in the order in which they ended. A job that carries a gray release in an `environment` makes a
 * deployment of its own beside it; it is the same event, told worse, and left out.
 */
function eventsOf(deployments) {
    const gray = deployments.filter((one) => one.task === 'deploy:gray');
    const shadow = (one) => {
        const end = one.statuses.at(-1)?.at ?? one.createdAt;
        return (one.task !== 'deploy:gray' &&
            gray.some((g) => g.sha === one.sha && g.createdAt >= one.createdAt && g.createdAt <= end));
    };
    return deployments
        .filter((one) => !shadow(one))
        .map(eventOf)
        .sort((a, b) => a.at - b.at || a.id - b.id);
}
/**
 * The changes among events. One that went live is a rollback when its commit is older than that of the version before it, or,
 * where commits do not tell (the same one, an unrelated one, one that is gone), when its version was live before that one was.
 */
function changesOf(events, comparisons) {
    const first = new Map();
    const changes = [];
    let former;
    for (const event of events) {
        if (event.outcome !== 'live')
            continue;
        if (!first.has(event.version))
            first.set(event.version, first.size);
        if (former?.version === event.version)
            continue;
        changes.push({ event, former, kind: kindOf(event, former, first, comparisons) });
        former = event;
    }
    return changes;
}
function kindOf(event, former, first, comparisons) {
    if (former === undefined)
        return 'forward';
    const { status } = comparisonOf(comparisons, former.sha, event.sha) ?? { status: undefined };
    if (status === 'ahead')
        return 'forward';
    if (status === 'behind')
        return 'rollback';
    return (first.get(event.version) ?? 0) < (first.get(former.version) ?? 0) ? 'rollback' : 'forward';
}
const comparisonOf = (comparisons, base, head) => comparisons.find((one) => one.base === base && one.head === head);
//# sourceMappingURL=deployments.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/vulnerabilities.js

/** Dismissed for these reasons it never was a vulnerability of this product. */
const NOT_ONE = new Set(['false positive', 'used in tests']);
/**
 * Alerts of code scanning, judged by what was deployed: one that was fixed before anything went live after it had been found
 * was stopped; one that was open while a version went live escaped. While it is open and nothing has gone live, nobody can say.
 */
function alertFacts(alerts, severities, events, window) {
    const live = events.filter((event) => event.outcome === 'live');
    return alerts.flatMap((alert) => {
        const severity = (0,answers/* maybeText */.oX)(alert, 'rule', 'security_severity_level');
        if (severity === undefined || !severities.includes(severity))
            return [];
        if (NOT_ONE.has((0,answers/* maybeText */.oX)(alert, 'dismissed_reason') ?? ''))
            return [];
        const foundAt = Date.parse((0,answers/* textAt */.$6)(alert, 'created_at'));
        const fixed = (0,answers/* maybeText */.oX)(alert, 'fixed_at');
        const until = fixed === undefined ? window.to : Date.parse(fixed);
        const escape = live.find((event) => event.at >= foundAt && event.at < until);
        const path = (0,answers/* maybeText */.oX)(alert, 'most_recent_instance', 'location', 'path');
        return [
            {
                id: (0,answers/* maybeText */.oX)(alert, 'rule', 'id') ?? (0,answers/* textAt */.$6)(alert, 'rule', 'name'),
                place: path ?? (0,answers/* maybeText */.oX)(alert, 'tool', 'name') ?? '',
                severity,
                foundAt,
                stopped: escape !== undefined ? false : fixed === undefined ? undefined : true,
                why: escape !== undefined
                    ? `${vulnerabilities_short(escape.version)} went live while it was open`
                    : fixed === undefined
                        ? 'open; nothing has gone live since'
                        : 'fixed before the next version went live',
                url: (0,answers/* maybeText */.oX)(alert, 'html_url'),
            },
        ];
    });
}
const vulnerabilities_short = (version) => (/^[0-9a-f]{40}$/.test(version) ? version.slice(0, 12) : version);
//# sourceMappingURL=vulnerabilities.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/collect.js







/** What is read at most. Beyond it the report says what is missing instead of running for hours. */
const MOST = { runs: 5000, deployments: 300, comparisons: 150, alerts: 1000 };
/** GitHub answers no more than this many results of one search for runs. */
const SEARCH_LIMIT = 1000;
const HOUR_MS = 3_600_000;
/** Everything the numbers need, from the API, within bounds; what is missing is in `partial`. */
async function collectFacts(request, github, act) {
    const partial = [];
    const reader = new Collector(request, github, act, partial);
    const runs = await reader.runs();
    const deployments = await reader.deployments();
    const comparisons = await reader.comparisons(deployments);
    const vulnerabilities = await reader.alerts(deployments);
    return { window: request.window, runs, deployments, comparisons, vulnerabilities, partial };
}
class Collector {
    #request;
    #github;
    #act;
    #partial;
    constructor(request, github, act, partial) {
        this.#request = request;
        this.#github = github;
        this.#act = act;
        this.#partial = partial;
    }
    async runs() {
        const { owner, repo } = this.#request.repository;
        const { workflows, window } = this.#request;
        const all = [];
        const paths = workflows.length === 0
            ? [(0,client/* route */.wE) `/repos/${owner}/${repo}/actions/runs`]
            : workflows.map((name) => (0,client/* route */.wE) `/repos/${owner}/${repo}/actions/workflows/${name}/runs`);
        for (const [index, path] of paths.entries())
            try {
                await this.#runsOf(path, window, all);
            }
            catch (error) {
                if (!(error instanceof faults/* GitHubFault */.Q4) || error.status !== 404 || workflows[index] === undefined)
                    throw error;
                throw (0,errors/* inputError */.Xu)({
                    code: 'metrics-no-workflow',
                    what: `there is no workflow ${workflows[index]}`,
                    input: 'workflows',
                    value: workflows[index],
                    fix: 'name the file in .github/workflows, for example ci.yml; a private repository also needs actions: read',
                });
            }
        return all;
    }
    /** The later half of a window that holds too many runs is read first: what is missing in the end is the oldest. */
    async #runsOf(path, window, all) {
        const { branch, event } = this.#request;
        let read = 0;
        for (let page = 1;; page++) {
            if (all.length >= MOST.runs) {
                this.#say(`runs before ${iso(window.to)} were not read (${MOST.runs} are the most)`);
                return;
            }
            const answer = await this.#github.get(path, this.#act.signal, {
                query: {
                    created: `${iso(window.from)}..${iso(window.to)}`,
                    status: 'completed',
                    exclude_pull_requests: 'true',
                    per_page: 100,
                    page,
                    branch,
                    event,
                },
                needs: 'actions: read',
            });
            const total = (0,answers/* numberAt */.tk)(answer, 'total_count');
            if (page === 1 && total > SEARCH_LIMIT && window.to - window.from > HOUR_MS) {
                const middle = Math.floor((window.from + window.to) / 2000) * 1000;
                await this.#runsOf(path, { from: middle + 1000, to: window.to }, all);
                await this.#runsOf(path, { from: window.from, to: middle }, all);
                return;
            }
            const items = (0,answers/* listAt */.gT)(answer, 'workflow_runs');
            all.push(...items.map(readRun));
            read += items.length;
            if (read >= total)
                return;
            // Beyond the limit of a search pages are empty.
            if (items.length === 0) {
                this.#say(`${total - read} runs before ${iso(window.to)} were not read: GitHub does not give them`);
                return;
            }
        }
    }
    /** Those of the window, and before it back to the last one that was live. Oldest first. */
    async deployments() {
        const { owner, repo } = this.#request.repository;
        const { window, environment } = this.#request;
        const path = (0,client/* route */.wE) `/repos/${owner}/${repo}/deployments`;
        const found = [];
        let before = 0;
        for await (const item of this.#github.items(path, this.#act.signal, {
            query: { environment },
            needs: 'deployments: read',
        })) {
            const createdAt = time(item, 'created_at');
            if (createdAt > window.to)
                continue;
            if (found.length >= MOST.deployments) {
                this.#say(`deployments before ${iso(createdAt)} were not read (${MOST.deployments} are the most)`);
                break;
            }
            const fact = readDeployment(item, createdAt, await this.#statuses((0,answers/* numberAt */.tk)(item, 'id')));
            found.push(fact);
            // A few more tell which version was live, and which were live before that.
            if (createdAt < window.from && fact.statuses.some((status) => status.state === 'success'))
                before++;
            if (before >= 2)
                break;
        }
        return found.reverse();
    }
    async #statuses(id) {
        const { owner, repo } = this.#request.repository;
        const statuses = [];
        const path = (0,client/* route */.wE) `/repos/${owner}/${repo}/deployments/${id}/statuses`;
        for await (const one of this.#github.items(path, this.#act.signal, { needs: 'deployments: read' })) {
            statuses.push({
                state: (0,answers/* textAt */.$6)(one, 'state'),
                description: (0,answers/* maybeText */.oX)(one, 'description') ?? '',
                at: time(one, 'created_at'),
            });
            if (statuses.length >= 500)
                break;
        }
        return statuses.filter((status) => status.at <= this.#request.window.to).sort((a, b) => a.at - b.at);
    }
    /** Each version that went live against the one before it; newest first, because they matter most. */
    async comparisons(deployments) {
        const pairs = new Map();
        let former;
        for (const event of eventsOf(deployments)) {
            if (event.outcome !== 'live')
                continue;
            if (event.at >= this.#request.window.from && former !== event.sha)
                pairs.set(`${former ?? ''}...${event.sha}`, { base: former ?? '', head: event.sha });
            former = event.sha;
        }
        const asked = [...pairs.values()].reverse().slice(0, MOST.comparisons);
        if (asked.length < pairs.size)
            this.#say(`${pairs.size - asked.length} older changes were not compared (${MOST.comparisons} are the most)`);
        const facts = await (0,pool/* mapLimited */.b)(asked, 4, (pair) => this.#compare(pair.base, pair.head));
        return facts.filter((fact) => fact !== undefined);
    }
    async #compare(base, head) {
        const { owner, repo } = this.#request.repository;
        const needs = 'contents: read';
        if (base === '') {
            const value = await this.#github.find((0,client/* route */.wE) `/repos/${owner}/${repo}/commits/${head}`, this.#act.signal, { needs }); // prettier-ignore
            if (value === undefined)
                return undefined;
            return { base, head, status: 'ahead', commits: [readCommit(value)], total: 1 };
        }
        const path = `${(0,client/* route */.wE) `/repos/${owner}/${repo}/compare/`}${encodeURIComponent(`${base}...${head}`)}`;
        const value = await this.#github.find(path, this.#act.signal, { needs });
        if (value === undefined) {
            this.#say(`${head.slice(0, 12)} cannot be compared with ${base.slice(0, 12)}: one of them is gone`);
            return undefined;
        }
        const commits = (0,answers/* listAt */.gT)(value, 'commits').map(readCommit);
        const total = (0,answers/* numberAt */.tk)(value, 'total_commits');
        if (total > commits.length)
            this.#say(`lead time of ${head.slice(0, 12)}: ${commits.length} of ${total} commits were read`);
        return { base, head, status: (0,answers/* textAt */.$6)(value, 'status'), commits, total };
    }
    /** Alerts of code scanning; where it is off there are none, and that is said. */
    async alerts(deployments) {
        const { repository, severities, window } = this.#request;
        const { owner, repo } = repository;
        if (severities.length === 0)
            return [];
        const path = (0,client/* route */.wE) `/repos/${owner}/${repo}/code-scanning/alerts`;
        const items = [];
        try {
            for await (const item of this.#github.items(path, this.#act.signal, {
                query: { sort: 'created', direction: 'desc' },
                needs: 'security-events: read',
            })) {
                if (time(item, 'created_at') < window.from)
                    break;
                if (items.length >= MOST.alerts) {
                    this.#say(`alerts before ${(0,answers/* textAt */.$6)(item, 'created_at')} were not read (${MOST.alerts} are the most)`);
                    break;
                }
                items.push(item);
            }
        }
        catch (error) {
            // 404: no analysis yet; 403: not paid for, or not granted.
            if (!(error instanceof faults/* GitHubFault */.Q4) || (error.status !== 404 && error.status !== 403))
                throw error;
            this.#say(`code scanning gave no alerts: ${(0,errors/* messageOf */.bD)(error).split('\n')[0] ?? ''}`);
        }
        return alertFacts(items, severities, eventsOf(deployments), window);
    }
    #say(note) {
        this.#partial.push(note);
        this.#act.log.info(`partial data: ${note}`);
    }
}
function readRun(value) {
    const createdAt = time(value, 'created_at');
    const startedAt = (0,answers/* maybeText */.oX)(value, 'run_started_at');
    return {
        id: (0,answers/* numberAt */.tk)(value, 'id'),
        workflow: (0,answers/* maybeText */.oX)(value, 'name') ?? '',
        branch: (0,answers/* maybeText */.oX)(value, 'head_branch') ?? '',
        attempt: (0,answers.at)(value, 'run_attempt') ?? 1,
        conclusion: (0,answers/* maybeText */.oX)(value, 'conclusion') ?? '',
        createdAt,
        startedAt: startedAt === undefined ? createdAt : Date.parse(startedAt),
        endedAt: time(value, 'updated_at'),
        url: (0,answers/* textAt */.$6)(value, 'html_url'),
    };
}
function readDeployment(value, createdAt, statuses) {
    const raw = (0,answers.at)(value, 'payload');
    const payload = typeof raw === 'string' ? parse(raw) : raw;
    return {
        id: (0,answers/* numberAt */.tk)(value, 'id'),
        sha: (0,answers/* textAt */.$6)(value, 'sha'),
        task: (0,answers/* textAt */.$6)(value, 'task'),
        version: (0,answers/* maybeText */.oX)(payload, 'new') ?? (0,answers/* maybeText */.oX)(payload, 'image'),
        createdAt,
        statuses,
    };
}
// The committer's date is when the change came to be in this form; the author's may be years older.
const readCommit = (value) => ({
    sha: (0,answers/* textAt */.$6)(value, 'sha'),
    at: time(value, 'commit', 'committer', 'date'),
});
const time = (value, ...path) => Date.parse((0,answers/* textAt */.$6)(value, ...path));
/** To the second, as GitHub's search takes it. */
const iso = (ms) => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
//# sourceMappingURL=collect.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/compute.js


const FAILED = new Set(['failure', 'timed_out', 'startup_failure']);
/** All numbers of a window. Pure. */
function computeMetrics(facts) {
    const { window } = facts;
    const events = eventsOf(facts.deployments);
    const inside = events.filter((event) => within(window, event.at));
    const changes = changesOf(events, facts.comparisons);
    return {
        window: {
            from: new Date(window.from).toISOString(),
            to: new Date(window.to).toISOString(),
            days: round((window.to - window.from) / DAY_MS),
        },
        builds: builds(facts.runs.filter((run) => within(window, run.createdAt))),
        deployments: deployments(window, inside),
        rollbacks: rollbacks(window, inside, changes),
        changes: changeNumbers(facts, inside, changes),
        vulnerabilities: vulnerabilities(facts),
        partial: facts.partial,
    };
}
const within = (window, at) => at >= window.from && at <= window.to;
const round = (value) => Math.round(value * 1000) / 1000;
const known = (name, value) => value === undefined ? {} : { [name]: round(value) };
function spread(ms) {
    const seconds = ms.map((one) => one / 1000);
    return {
        count: seconds.length,
        ...known('mean', mean(seconds)),
        ...known('median', percentile(seconds, 0.5)),
        ...known('p90', percentile(seconds, 0.9)),
    };
}
function builds(runs) {
    const succeeded = runs.filter((run) => run.conclusion === 'success');
    const failed = runs.filter((run) => FAILED.has(run.conclusion));
    const counted = succeeded.length + failed.length;
    const days = new Map();
    for (const run of [...succeeded, ...failed].sort((a, b) => a.createdAt - b.createdAt)) {
        const day = new Date(run.createdAt).toISOString().slice(0, 10);
        const entry = days.get(day) ?? { succeeded: 0, failed: 0 };
        entry[run.conclusion === 'success' ? 'succeeded' : 'failed']++;
        days.set(day, entry);
    }
    return {
        counted,
        succeeded: succeeded.length,
        failed: failed.length,
        leftOut: runs.length - counted,
        ...known('successRate', percentOf(succeeded.length, counted)),
        ...known('firstTryRate', percentOf(succeeded.filter((run) => run.attempt === 1).length, counted)),
        duration: spread(succeeded.map((run) => run.endedAt - run.startedAt)),
        days: [...days].map(([day, numbers]) => ({ day, ...numbers })),
    };
}
function deployments(window, events) {
    const live = events.filter((event) => event.outcome === 'live');
    const times = (gray) => live.flatMap((event) => (event.gray === gray && event.workMs !== undefined ? [event.workMs] : []));
    return {
        live: live.length,
        failed: events.filter((event) => event.outcome === 'failed').length,
        running: events.filter((event) => event.outcome === 'running').length,
        ...known('perWeek', events.length === 0 ? undefined : perWeek(window, live.length)),
        duration: spread(times(false)),
        grayDuration: spread(times(true)),
        list: live.map((event) => ({
            at: new Date(event.at).toISOString(),
            seconds: round((event.workMs ?? 0) / 1000),
            version: event.version,
            gray: event.gray,
        })),
    };
}
/** A window shorter than a week is not blown up to one: one rollback in a day is no seven a week. */
const perWeek = (window, count) => count / Math.max(1, (window.to - window.from) / WEEK_MS);
function rollbacks(window, inside, changes) {
    const gray = inside.filter((event) => event.outcome === 'rolled-back');
    const older = changes.filter((change) => change.kind === 'rollback' && within(window, change.event.at) && change.former !== undefined);
    const times = [...gray.map((event) => event.at), ...older.map((change) => change.event.at)];
    const nothing = inside.length === 0;
    return {
        count: times.length,
        ofGrayReleases: gray.length,
        toOlderVersions: older.length,
        ...known('perWeek', nothing ? undefined : perWeek(window, times.length)),
        ...known('worstWeek', nothing ? undefined : busiest(times, WEEK_MS)),
        timeToRestore: spread(older.flatMap(({ event, former }) => (former === undefined ? [] : [event.at - former.at]))),
    };
}
/**
 * Changes are versions that went live for the first time after another one, and gray releases that were taken back. A change
 * has failed when it was taken back: as a gray release, or by a rollback that came right after it.
 */
function changeNumbers(facts, inside, changes) {
    const gray = inside.filter((event) => event.outcome === 'rolled-back').length;
    const forward = changes.filter((one) => one.kind === 'forward' && within(facts.window, one.event.at));
    const undone = forward.filter((one) => changes[changes.indexOf(one) + 1]?.kind === 'rollback');
    const count = forward.length + gray;
    const leads = forward.flatMap(({ event, former }) => (comparisonOf(facts.comparisons, former?.sha ?? '', event.sha)?.commits ?? []).map((commit) => event.at - commit.at));
    return {
        count,
        failed: undone.length + gray,
        ...known('failureRate', percentOf(undone.length + gray, count)),
        leadTime: spread(leads),
    };
}
function vulnerabilities(facts) {
    const all = facts.vulnerabilities.filter((one) => within(facts.window, one.foundAt));
    const stopped = all.filter((one) => one.stopped === true).length;
    const escaped = all.filter((one) => one.stopped === false).length;
    return {
        found: all.length,
        stopped,
        escaped,
        undecided: all.length - stopped - escaped,
        ...known('stoppedRate', percentOf(stopped, stopped + escaped)),
        list: all.map(({ id, place, severity, stopped: verdict, why, url }) => ({
            id,
            place,
            severity,
            verdict: verdict === undefined ? 'undecided' : verdict ? 'stopped' : 'escaped',
            why,
            ...(url === undefined ? {} : { url }),
        })),
    };
}
//# sourceMappingURL=compute.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/openmetrics.js

/**
 * The numbers as an OpenMetrics 1.0 text exposition, for the textfile collector of node_exporter or a Pushgateway: gauges,
 * shares as ratios from 0 to 1, times in seconds, without timestamps. What has no data has no sample.
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
function openMetrics(metrics, judgements, common) {
    const lines = [];
    const family = (name, unit, help, samples) => {
        const known = samples.flatMap(({ labels, value }) => (value === undefined ? [] : [{ labels, value }]));
        if (known.length === 0)
            return;
        // The unit must be the end of the name.
        const full = `gip_pipeline_${name}${unit === '' ? '' : `_${unit}`}`;
        lines.push(`# TYPE ${full} gauge`);
        if (unit !== '')
            lines.push(`# UNIT ${full} ${unit}`);
        lines.push(`# HELP ${full} ${escaped(help)}`);
        for (const { labels, value } of known)
            lines.push(`${full}${labelText({ ...common, ...labels })} ${value}`);
    }; // prettier-ignore
    const ratio = (percent) => percent === undefined ? undefined : Math.round(percent * 1e4) / 1e6;
    const spread = (of, labels = {}) => ['mean', 'median', 'p90'].map((stat) => ({ labels: { ...labels, stat }, value: of[stat] }));
    const { builds, deployments, rollbacks, changes, vulnerabilities } = metrics;
    family('window', 'seconds', 'Length of the window that was counted.', [
        { value: (Date.parse(metrics.window.to) - Date.parse(metrics.window.from)) / 1000 },
    ]);
    family('builds', '', 'Workflow runs in the window.', [
        { labels: { result: 'success' }, value: builds.succeeded },
        { labels: { result: 'failure' }, value: builds.failed },
        { labels: { result: 'left_out' }, value: builds.leftOut },
    ]);
    family('build_success', 'ratio', 'Runs that succeeded, of those that succeeded or failed.', [
        { value: ratio(builds.successRate) },
    ]);
    family('build_duration', 'seconds', 'Time of runs that succeeded.', spread(builds.duration));
    family('deployments', '', 'Deployments in the window.', [
        { labels: { result: 'live' }, value: deployments.live },
        { labels: { result: 'failed' }, value: deployments.failed },
        { labels: { result: 'rolled_back' }, value: rollbacks.ofGrayReleases },
    ]);
    family('deploy_duration', 'seconds', 'Time of deployments that went live, without waiting for people.', [
        ...spread(deployments.duration, { kind: 'direct' }),
        ...spread(deployments.grayDuration, { kind: 'gray' }),
    ]);
    family('rollbacks', '', 'Rollbacks in the window.', [
        { labels: { kind: 'gray_release' }, value: rollbacks.ofGrayReleases },
        { labels: { kind: 'older_version' }, value: rollbacks.toOlderVersions },
    ]);
    family('rollbacks_worst_week', '', 'The most rollbacks in any seven days.', [
        { value: rollbacks.worstWeek },
    ]);
    family('time_to_restore', 'seconds', 'From a bad version to the rollback.', spread(rollbacks.timeToRestore));
    family('lead_time', 'seconds', 'From commit to live.', spread(changes.leadTime));
    family('change_failure', 'ratio', 'Changes that were taken back.', [{ value: ratio(changes.failureRate) }]);
    family('vulnerabilities', '', 'Vulnerabilities found in the window.', [
        { labels: { verdict: 'stopped' }, value: vulnerabilities.stopped },
        { labels: { verdict: 'escaped' }, value: vulnerabilities.escaped },
        { labels: { verdict: 'undecided' }, value: vulnerabilities.undecided },
    ]);
    family('vulnerabilities_stopped', 'ratio', 'Vulnerabilities that were stopped, of those that can be judged.', [
        { value: ratio(vulnerabilities.stoppedRate) },
    ]); // prettier-ignore
    const verdict = overall(judgements);
    family('within_limits', '', '1 when no limit is broken, 0 when one is; absent without data.', [
        { value: verdict === 'passed' ? 1 : verdict === 'failed' ? 0 : undefined },
    ]);
    return `${lines.join('\n')}\n# EOF\n`;
}
const escaped = (text) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
const labelText = (labels) => {
    const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
    return parts.length === 0 ? '' : `{${parts.join(',')}}`;
};
//# sourceMappingURL=openmetrics.js.map
;// CONCATENATED MODULE: ./lib/pipeline/metrics/scans.js


/**
 * A SARIF 2.1.0 file as a record. In our own (stage scan) `level: error` is what stopped the release; other scanners' files are
 * read by the same rule. A suppressed result was accepted by somebody, so it was let through. The time is that of the run's
 * invocation; a file without one counts as made at `fallback`.
 */
function readScan(text, file, where, fallback) {
    let value;
    try {
        value = JSON.parse(text);
    }
    catch (error) {
        return notSarif(file, (0,errors/* messageOf */.bD)(error));
    }
    const runs = (0,answers.at)(value, 'runs');
    if (!Array.isArray(runs))
        return notSarif(file, 'it has no list "runs"');
    const times = [];
    const findings = runs.flatMap((run) => {
        for (const invocation of array((0,answers.at)(run, 'invocations'))) {
            const end = Date.parse((0,answers/* maybeText */.oX)(invocation, 'endTimeUtc') ?? '');
            if (!Number.isNaN(end))
                times.push(end);
        }
        const rules = array((0,answers.at)(run, 'tool', 'driver', 'rules'));
        return array((0,answers.at)(run, 'results')).flatMap((result) => readResult(result, rules) ?? []);
    });
    return { at: times.length === 0 ? fallback : Math.max(...times), where, findings };
}
function readResult(result, rules) {
    const index = (0,answers.at)(result, 'ruleIndex');
    const id = (0,answers/* maybeText */.oX)(result, 'ruleId') ?? (0,answers/* maybeText */.oX)(rules[typeof index === 'number' ? index : -1], 'id');
    if (id === undefined)
        return undefined;
    const rule = rules.find((one) => (0,answers/* maybeText */.oX)(one, 'id') === id);
    // A leaked secret is another matter: it is revoked, not patched.
    if (array((0,answers.at)(rule, 'properties', 'tags')).includes('secret'))
        return undefined;
    const [location] = array((0,answers.at)(result, 'locations'));
    const suppressed = array((0,answers.at)(result, 'suppressions')).length > 0;
    // SARIF's own default of the level (§3.27.10), unless the rule says another.
    const level = (0,answers/* maybeText */.oX)(result, 'level') ?? (0,answers/* maybeText */.oX)(rule, 'defaultConfiguration', 'level') ?? 'warning';
    return {
        id,
        place: (0,answers/* maybeText */.oX)(location, 'physicalLocation', 'artifactLocation', 'uri') ?? '',
        severity: (0,answers/* maybeText */.oX)(result, 'properties', 'severity')?.toLowerCase() ??
            severityOfScore((0,answers/* maybeText */.oX)(rule, 'properties', 'security-severity')),
        refused: level === 'error' && !suppressed,
    };
}
/** GitHub's bands of `security-severity`. */
function severityOfScore(text) {
    const score = Number(text ?? Number.NaN);
    if (Number.isNaN(score))
        return 'unknown';
    return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'unknown';
}
/**
 * Findings of scans, each vulnerability of each place once: stopped when a gate refused it and it was never let through nor
 * found in what was published; escaped when it was.
 */
function scanFacts(records, severities) {
    const found = new Map();
    for (const record of [...records].sort((a, b) => a.at - b.at))
        for (const { id, place, severity, refused } of record.findings) {
            if (!severities.includes(severity))
                continue;
            const key = JSON.stringify([id, place]);
            const known = found.get(key);
            const stopped = record.where === 'gate' && refused;
            if (known !== undefined && (known.stopped === false || stopped))
                continue;
            const why = stopped
                ? 'the scan gate refused it'
                : record.where === 'gate'
                    ? 'the scan gate let it through'
                    : 'found in an image that was published';
            found.set(key, { id, place, severity, foundAt: known?.foundAt ?? record.at, stopped, why, url: undefined });
        } // prettier-ignore
    return [...found.values()];
}
const array = (value) => (Array.isArray(value) ? value : []);
const notSarif = (file, cause) => ({
    code: 'metrics-scan-report',
    what: 'a scan report cannot be read',
    cause,
    where: file,
    fix: 'give SARIF 2.1.0 files, as the stage scan writes them',
});
//# sourceMappingURL=scans.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/pipeline/metrics/summary.js



const MARKS = {
    passed: '✅ within',
    failed: '❌ beyond',
    nodata: '⚪ no data',
    off: 'no limit',
};
/** Markdown for the job summary: each number beside its limit, charts, what stands behind, and what was counted. */
function metricsSummary(metrics, judgements, context) {
    const { window } = metrics;
    const head = { passed: 'within its limits', failed: 'beyond its limits', nodata: 'not enough data', off: 'no limits set' }[overall(judgements)]; // prettier-ignore
    const parts = [
        `## Pipeline metrics: ${head}`,
        `${(0,markdown/* code */.aY)(context.repository)}, ${window.from.slice(0, 10)} to ${window.to.slice(0, 10)} (${window.days} days), environment ${(0,markdown/* code */.aY)(context.environment)}`,
        (0,markdown/* table */.tp)([['', 'left'], ['value', 'right'], ['limit', 'right'], ['', 'left'], ['of', 'left']], judgements.map((one) => [
            (0,markdown/* inline */.mG)(one.title),
            formatValue(one.value, one.unit),
            one.limit === undefined ? '' : `${one.better === 'high' ? '≥' : '≤'} ${formatValue(one.limit, one.unit)}`,
            MARKS[one.verdict],
            (0,markdown/* inline */.mG)(one.evidence),
        ])),
        ...metricsMermaid(metrics).map((one) => (0,markdown/* fence */.EU)(one.chart.split('\n'), 'mermaid')),
        numbers(metrics),
        summary_escaped(metrics),
        metrics.partial.length === 0
            ? ''
            : `**Partial data**\n\n${metrics.partial.map((note) => `- ${(0,markdown/* inline */.mG)(note)}`).join('\n')}`,
        (0,markdown/* details */.zH)('What is counted', counted(context)),
    ]; // prettier-ignore
    return parts.filter((part) => part !== '').join('\n\n');
}
function numbers(metrics) {
    const { builds, deployments, rollbacks, changes } = metrics;
    const times = [
        ['run that succeeds', builds.duration],
        ['deployment', deployments.duration],
        ['gray release', deployments.grayDuration],
        ['lead time (commit to live)', changes.leadTime],
        ['bad version to rollback', rollbacks.timeToRestore],
    ];
    const cell = (value) => (value === undefined ? '' : formatSeconds(value));
    const rows = times.filter(([, spread]) => spread.count > 0);
    const first = builds.firstTryRate;
    return [
        rows.length === 0
            ? ''
            : (0,markdown/* table */.tp)([['time of a', 'left'], ['number', 'right'], ['mean', 'right'], ['median', 'right'], ['p90', 'right']], rows.map(([name, of]) => [name, String(of.count), cell(of.mean), cell(of.median), cell(of.p90)])),
        [
            first === undefined ? '' : `${formatValue(first, 'percent')} of the runs succeeded at the first attempt.`,
            deployments.perWeek === undefined ? '' : `${deployments.perWeek.toFixed(1)} deployments a week, ${deployments.failed} failed.`,
            rollbacks.perWeek === undefined ? '' : `${rollbacks.perWeek.toFixed(1)} rollbacks a week: ${rollbacks.ofGrayReleases} gray releases taken back, ${rollbacks.toOlderVersions} returns to an older version.`,
        ].filter((part) => part !== '').join(' '),
    ].filter((part) => part !== '').join('\n\n'); // prettier-ignore
}
function summary_escaped(metrics) {
    const list = metrics.vulnerabilities.list.filter((one) => one.verdict !== 'stopped');
    if (list.length === 0)
        return '';
    const rows = list
        .slice(0, 20)
        .map((one) => [(0,markdown/* link */.nf)((0,markdown/* code */.aY)(one.id), one.url), (0,markdown/* code */.aY)(one.place), one.severity, one.verdict, (0,markdown/* inline */.mG)(one.why)]);
    const more = list.length > 20 ? `\n\nand ${list.length - 20} more in metrics.json` : '';
    return `**Vulnerabilities that were not stopped**\n\n${(0,markdown/* table */.tp)([['', 'left'], ['where', 'left'], ['severity', 'left'], ['', 'left'], ['why', 'left']], rows)}${more}`; // prettier-ignore
}
const counted = ({ environment, workflows, source }) => [
    `- Builds: runs of ${workflows.length === 0 ? 'every workflow' : workflows.map(markdown/* code */.aY).join(', ')} that were made in the window and have ended, by their last attempt. Cancelled, skipped and waiting ones are left out.`,
    `- Deploy time: from the start of work to success of each deployment of ${(0,markdown/* code */.aY)(environment)}; waiting in a queue or for an approval is left out. Gray releases watch their metrics on purpose and are told apart.`,
    '- Rollbacks: gray releases that were taken back, and deployments whose commit is older than that of the version before (or whose version was live before it). The limit is for the worst seven days.',
    '- Lead time: from the committer date of each commit to the moment its version was live.',
    '- Changes that failed: versions that were taken back, of all that went live for the first time or were taken back on the way.',
    `- Vulnerabilities: ${source}`,
].join('\n');
//# sourceMappingURL=summary.js.map
// EXTERNAL MODULE: ./lib/report/files.js + 1 modules
var report_files = __webpack_require__(44934);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/reader.js
var actions_reader = __webpack_require__(37428);
// EXTERNAL MODULE: ./lib/actions/stages/metrics/spec.js
var spec = __webpack_require__(25846);
;// CONCATENATED MODULE: ./lib/actions/stages/metrics/inputs.js




const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }; // prettier-ignore
const MOST_DAYS = 180;
/** Reads the inputs; every problem is in `problems`. `now` in ms since the epoch. */
function loadMetrics(read, act, now) {
    const reader = new actions_reader/* InputReader */.i(spec/* METRICS */.C.inputs, read, act.secrets);
    const severities = reader.list('severities', { commas: true }).map((one) => one.toLowerCase());
    for (const one of severities)
        if (!SEVERITIES.includes(one))
            reader.bad('severities', one, 'not a severity', `use ${SEVERITIES.join(', ')}`);
    const workflows = reader
        .list('workflows', { commas: true })
        .map((one) => one.replace(/^\.github\/workflows\//, ''));
    for (const one of workflows)
        if (!/^[\w.-]+\.ya?ml$|^\d+$/.test(one))
            reader.bad('workflows', one, 'not a workflow file', 'write the name of the file, for example ci.yml');
    const environment = reader.text('environment');
    const source = reader.choice('vulnerabilities');
    const scanReports = reader.list('scan-reports');
    const watchReports = reader.list('watch-reports');
    if (source === 'reports' && scanReports.length + watchReports.length === 0)
        reader.bad('vulnerabilities', source, 'no reports are named', 'set scan-reports, or use alerts');
    const limits = {
        minSuccessRate: limit(reader, 'min-success-rate', 100),
        maxDeployTime: span(reader, 'max-deploy-time'),
        minVulnerabilitiesStopped: limit(reader, 'min-vulnerabilities-stopped', 100),
        maxRollbacksPerWeek: limit(reader, 'max-rollbacks-per-week', 1_000_000),
        maxLeadTime: span(reader, 'max-lead-time'),
        maxChangeFailureRate: limit(reader, 'max-change-failure-rate', 100),
    };
    return {
        window: windowOf(reader, now),
        repository: repositoryOf(reader, act.env),
        workflows,
        branch: reader.optional('branch'),
        event: reader.optional('event'),
        environment,
        source,
        scanReports,
        watchReports,
        severities,
        token: reader.text('github-token'),
        limits,
        gate: reader.boolean('gate'),
        nodataFails: reader.choice('on-nodata') === 'fail',
        reportDir: reader.optional('report-dir'),
        problems: reader.problems,
    };
}
function windowOf(reader, now) {
    const until = reader.optional('until');
    // Whole seconds, as the API has them.
    const to = Math.floor((until === undefined ? now : Date.parse(until)) / 1000) * 1000;
    if (Number.isNaN(to)) {
        reader.bad('until', until ?? '', 'not a date', 'write for example 2026-11-21 or 2026-11-21T12:00:00Z');
        return { from: now, to: now };
    }
    const match = /^(\d+)([dw])$/.exec(reader.text('window'));
    const length = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
    if (!(length > 0) || length > MOST_DAYS * 86_400_000) {
        reader.bad('window', reader.text('window'), 'not a window', `write for example 7d or 4w, at most ${MOST_DAYS}d`);
        return { from: to, to };
    }
    return { from: to - length, to };
}
function repositoryOf(reader, env) {
    const text = reader.optional('repository') ?? env['GITHUB_REPOSITORY'] ?? '';
    try {
        return (0,client/* parseRepository */.SU)(text);
    }
    catch {
        reader.bad('repository', text, 'not a repository', 'write OWNER/NAME');
        return { owner: '', repo: '' };
    }
}
function limit(reader, name, most) {
    const text = reader.text(name).replace(/\s*%$/, '');
    if (text === 'none')
        return undefined;
    const value = Number(text);
    if (Number.isFinite(value) && value >= 0 && value <= most)
        return value;
    reader.bad(name, reader.text(name), 'not a limit', most === 100 ? 'write a percentage, for example 98, or none' : 'write a number, or none'); // prettier-ignore
    return undefined;
}
/** In seconds. */
function span(reader, name) {
    const text = reader.text(name);
    if (text === 'none')
        return undefined;
    const match = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text);
    const value = (Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN)) / 1000;
    if (value > 0)
        return value;
    reader.bad(name, text, 'not a time', 'write for example 90s, 5m, 1h or 2d, or none');
    return undefined;
}
//# sourceMappingURL=inputs.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/metrics/run.js
















/** Reads the window from GitHub, counts, writes the report files, and judges by the limits. */
async function runMetrics(read, act) {
    const inputs = loadMetrics(read, act, act.clock.now());
    const top = (0,folders/* workspaceOf */.B3)(act.env);
    const scans = inputs.problems.length > 0 ? { records: [], problems: [] } : await readScans(inputs, top);
    const problems = [...inputs.problems, ...scans.problems];
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('input', problems);
    const reports = inputs.source === 'reports' || (inputs.source === 'auto' && scans.records.length > 0);
    const alerts = inputs.source === 'alerts' || (inputs.source === 'auto' && !reports);
    const github = new client/* GitHub */.gq((0,client/* githubSettings */.ND)(act.env, inputs.token), act);
    const collected = await collectFacts({ ...inputs, severities: alerts ? inputs.severities : [] }, github, act);
    const facts = reports
        ? { ...collected, vulnerabilities: scanFacts(scans.records, inputs.severities) }
        : collected;
    const metrics = computeMetrics(facts);
    const judgements = judgeMetrics(metrics, inputs.limits);
    const verdict = overall(judgements);
    const repository = `${inputs.repository.owner}/${inputs.repository.repo}`;
    const summary = metricsSummary(metrics, judgements, {
        repository,
        environment: inputs.environment,
        workflows: inputs.workflows,
        source: sourceText(inputs, reports, alerts),
    });
    const folder = (0,folders/* stageFolder */.h8)('metrics', inputs.reportDir, act.env);
    await writeFiles(folder, { metrics, judgements, verdict, repository, inputs, summary }, act);
    const refused = gateProblems(judgements, inputs.nodataFails);
    for (const problem of refused)
        if (!inputs.gate)
            act.log.warning(problem.what);
    const { days: _days, ...builds } = metrics.builds;
    const { list: _list, ...deployments } = metrics.deployments;
    const { list: _all, ...vulnerabilities } = metrics.vulnerabilities;
    return {
        outputs: {
            verdict,
            metrics: JSON.stringify({ ...metrics, builds, deployments, vulnerabilities }),
            judgements: JSON.stringify(judgements.map(({ id, value, limit, verdict: one }) => ({ id, value, limit, verdict: one }))),
            report: folder,
        },
        summary,
        ...(inputs.gate && refused.length > 0 ? { failure: new errors/* PipelineError */.zC('gate', refused) } : {}),
    }; // prettier-ignore
}
async function readScans(inputs, top) {
    const records = [];
    const problems = [];
    if (inputs.source === 'alerts' || inputs.source === 'off')
        return { records, problems };
    for (const [where, globs] of [['gate', inputs.scanReports], ['watch', inputs.watchReports]])
        for (const file of globs.length === 0 ? [] : await (0,glob/* findFiles */.l)(top, globs)) {
            const path = (0,external_node_path_.join)(top, file);
            // Better than nothing: a file that was made in this job has the time of its scan.
            const { mtimeMs } = await (0,promises_.stat)(path);
            const fallback = Math.min(Math.max(mtimeMs, inputs.window.from), inputs.window.to);
            const found = readScan(await (0,promises_.readFile)(path, 'utf8'), file, where, fallback);
            if ('code' in found)
                problems.push(found);
            else
                records.push(found);
        } // prettier-ignore
    return { records, problems };
}
function sourceText(inputs, reports, alerts) {
    const severities = inputs.severities.join(', ');
    if (reports)
        return `SARIF reports of scans, severities ${severities}. Stopped: a scan gate refused it. Escaped: a gate let it through, or it was found in something published. Each vulnerability counts once for each place.`;
    if (alerts)
        return `alerts of code scanning found in the window, severities ${severities}, on the default branch, without those dismissed as false or used in tests. Stopped: fixed before another version went live. Escaped: a version went live while it was open. Open with nothing gone live since: not counted yet.`;
    return 'not counted (vulnerabilities: off).';
}
async function writeFiles(folder, report, act) {
    const { metrics, judgements, repository, inputs } = report;
    const labels = { repository, environment: inputs.environment };
    const json = (0,report_files/* redactAll */.$)({ schema: 1, ...labels, verdict: report.verdict, judgements, metrics }, act.secrets);
    const files = [
        ['summary.md', `${report.summary}\n`],
        ['metrics.svg', metricsSvg(metrics, repository, inputs.limits.maxDeployTime)],
        ['metrics.prom', openMetrics(metrics, judgements, labels)],
        ['metrics.json', `${JSON.stringify(json, null, 2)}\n`],
    ];
    await (0,folders/* makeReportFolder */.Be)(folder);
    for (const [name, content] of files)
        if (content !== undefined)
            await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(folder, name), act.secrets.redact(content));
    act.log.info(`metrics are in ${folder}`);
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
