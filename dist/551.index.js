export const id = 551;
export const ids = [551];
export const modules = {

/***/ 98932:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  M: () => (/* binding */ GRAY_USAGE),
  grayCli: () => (/* binding */ grayCli)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/gray/approvals-local.js
var approvals_local = __webpack_require__(55697);
// EXTERNAL MODULE: ./lib/actions/shell.js
var actions_shell = __webpack_require__(87185);
// EXTERNAL MODULE: ./lib/actions/gray/approval.js + 2 modules
var approval = __webpack_require__(8894);
// EXTERNAL MODULE: ./lib/actions/gray/gather.js + 4 modules
var gather = __webpack_require__(87968);
// EXTERNAL MODULE: ./lib/actions/gray/inputs.js
var gray_inputs = __webpack_require__(43938);
// EXTERNAL MODULE: ./lib/gray/statistics.js
var statistics = __webpack_require__(39416);
// EXTERNAL MODULE: ./lib/gray/metrics/compose.js
var compose = __webpack_require__(1489);
// EXTERNAL MODULE: ./lib/gray/metrics/decide.js
var decide = __webpack_require__(72733);
// EXTERNAL MODULE: ./lib/gray/metrics/evaluate-events.js
var evaluate_events = __webpack_require__(45602);
// EXTERNAL MODULE: ./lib/gray/metrics/evaluate-samples.js
var evaluate_samples = __webpack_require__(83880);
// EXTERNAL MODULE: ./lib/gray/metrics/look.js
var metrics_look = __webpack_require__(60350);
// EXTERNAL MODULE: ./lib/gray/metrics/read.js
var read = __webpack_require__(85297);
// EXTERNAL MODULE: ./lib/gray/metrics/source.js
var metrics_source = __webpack_require__(13872);
;// CONCATENATED MODULE: ./lib/gray/metrics/aa.js








/**
 * A against A: the old version is split by chance into two arms, again and again, and judged as if one of them were new.
 * Every abort is then a false one: what this gate, with these settings and this data, would do to a version that is no
 * worse. Arms are single scrapes of instances, and in every second run, where there are four or more, whole instances, so
 * that differences between hosts show too.
 */
async function checkAgainstItself(settings, server, options) {
    const { start, end, percent, observeMs, runs = 200, seed = 1 } = options;
    const source = new metrics_source/* Source */.kL(server, { acceptPartial: settings.prometheus.acceptPartial });
    const whole = { start, end, percent, final: true, spans: [{ start, end, percent }], planned: 1 };
    const { data, skipped } = await readAll(settings, new read/* Reader */.m(source, whole, settings), options.selector);
    const targets = [...new Set(data.flatMap(targetsOf))].sort();
    let [passed, failed, undecided] = [0, 0, 0];
    const byMetric = {};
    const events = {};
    for (let run = 0; run < (data.length === 0 ? 0 : runs); run++) {
        const byInstance = targets.length >= 4 && run % 2 === 1;
        const chosen = byInstance ? someOf(targets, percent / 100, `${seed}/${run}`) : undefined;
        const isNew = (target, at) => chosen === undefined ? chance(`${seed}/${run}/${target}/${at}`) < percent / 100 : chosen.has(target);
        const room = Math.max(0, end - start - observeMs);
        const from = start + Math.floor(chance(`${seed}/${run}`) * room);
        let verdict = 'inconclusive';
        for (const part of [0.25, 0.5, 0.75, 1]) {
            const until = Math.min(end, from + observeMs * part);
            const look = {
                start: from,
                end: until,
                percent,
                final: part === 1,
                spans: [{ start: from, end: until, percent }],
                planned: 1,
            };
            const measured = data.map((one) => ({ ...judgeSplit(one, look, isNew), queries: [] }));
            const { verdict: found, metrics } = (0,compose/* compose */.Z)(measured, look, settings.score);
            verdict = found;
            if (part === 1)
                for (const one of data)
                    events[one.spec.name] = (events[one.spec.name] ?? 0) + countOf(one, look, isNew) / runs;
            if (found !== 'fail')
                continue;
            for (const metric of metrics)
                if (metric.verdict === 'fail' && !metric.dryRun)
                    byMetric[metric.name] = (byMetric[metric.name] ?? 0) + 1;
            break;
        }
        if (verdict === 'fail')
            failed++;
        else if (verdict === 'pass')
            passed++;
        else
            undecided++;
    }
    const done = passed + failed + undecided;
    return {
        runs: done,
        passed,
        undecided,
        failed,
        rate: done === 0 ? 0 : failed / done,
        upper: done === 0 ? 1 : (0,statistics/* clopperPearson */.mI)({ bad: failed, total: done }, 0.95).upper,
        byMetric,
        skipped,
        events,
    };
}
async function readAll(settings, reader, selector) {
    const data = [];
    const skipped = {};
    const records = [];
    const keep = (name, value) => {
        if (!(0,decide/* isTrouble */.KM)(value))
            return value;
        skipped[name] = value.reason;
        return undefined;
    };
    for (const spec of settings.metrics) {
        if (spec.kind === 'value') {
            skipped[spec.name] = 'a single number cannot be split';
        }
        else if (spec.kind === 'ratio') {
            const events = keep(spec.name, await reader.ratio(spec, selector, records));
            if (events !== undefined)
                data.push({ spec, data: events });
        }
        else if (spec.kind === 'latency') {
            const { old } = await reader.latency(spec, { new: selector, old: selector }, records);
            const events = old === undefined ? undefined : keep(spec.name, old);
            if (events !== undefined)
                data.push({ spec, data: events });
        }
        else {
            const samples = keep(spec.name, await reader.samples(spec, selector, records));
            if (samples !== undefined)
                data.push({ spec, data: samples });
        }
    }
    return { data, skipped };
}
function judgeSplit(one, look, isNew) {
    switch (one.spec.kind) {
        case 'ratio': {
            const [fresh, old] = splitEvents(one.data, look, isNew);
            return (0,evaluate_events/* evaluateRatio */.t)(one.spec, look, fresh, old);
        }
        case 'latency': {
            const { slowerThan, limitEdges, oldEdges } = one.data;
            const halves = [...slowerThan].map(([edge, events]) => [edge, splitEvents(events, look, isNew)]);
            const arm = (index) => ({
                slowerThan: new Map(halves.map(([edge, pair]) => [edge, pair[index]])),
                limitEdges,
                oldEdges,
            });
            return (0,evaluate_events/* evaluateLatency */.q)(one.spec, look, arm(0), arm(1));
        }
        case 'samples': {
            const samples = one.data;
            return (0,evaluate_samples/* evaluateSamples */.f)(one.spec, look, samples.filter(({ target, at }) => isNew(target, at)), samples.filter(({ target, at }) => !isNew(target, at)));
        }
    }
}
/** Only what lies in the look: a run judges minutes of what may be days. */
function splitEvents(events, { start, end }, isNew) {
    const arms = [[], []];
    for (const one of events.data.increments)
        if (one.from >= start && one.at <= end)
            arms[isNew(one.target, one.at) ? 0 : 1].push(one);
    const [fresh, old] = arms;
    return [
        events.with({ ...events.data, increments: fresh }),
        events.with({ ...events.data, increments: old }),
    ];
}
function targetsOf({ data }) {
    if (data instanceof metrics_look/* Events */.s)
        return data.data.targets;
    if ('slowerThan' in data)
        return [...data.slowerThan.values()][0]?.data.targets ?? [];
    return data.map(({ target }) => target);
}
function countOf(one, look, isNew) {
    if (one.spec.kind === 'samples')
        return one.data.filter(({ target, at }) => at >= look.start && at <= look.end && isNew(target, at)).length;
    const events = one.data instanceof metrics_look/* Events */.s ? one.data : [...one.data.slowerThan.values()][0];
    const fresh = events === undefined ? undefined : splitEvents(events, look, isNew)[0];
    return fresh instanceof metrics_look/* Events */.s ? fresh.between(look.start, look.end).total : 0;
}
/** At least one, and never all. */
function someOf(targets, share, seed) {
    const count = Math.min(targets.length - 1, Math.max(1, Math.round(targets.length * share)));
    const shuffled = targets.toSorted((a, b) => chance(`${seed}/${a}`) - chance(`${seed}/${b}`));
    return new Set(shuffled.slice(0, count));
}
/** A number from 0 to below 1 for a text, the same every time: FNV-1a, its bits mixed as MurmurHash3 ends. */
function chance(text) {
    let hash = 0x811c9dc5;
    for (let index = 0; index < text.length; index++)
        hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}
//# sourceMappingURL=aa.js.map
// EXTERNAL MODULE: ./lib/gray/metrics/measurer.js + 5 modules
var measurer = __webpack_require__(66075);
;// CONCATENATED MODULE: ./lib/gray/metrics/replay.js


/**
 * Judges a past window as a release would have been judged: with the samples that Prometheus still has, the verdicts are
 * the same as if it ran now. Steps after an abort are judged too, to see what they would have said.
 */
async function replay(settings, server, options) {
    const source = new metrics_source/* Source */.kL(server, { acceptPartial: settings.prometheus.acceptPartial });
    const { steps, end, warmUpMs = 0 } = options;
    const plan = { steps: steps.map((step) => ({ ...step, hold: false })), warmUpMs };
    const selectors = { old: options.oldSelector, new: options.newSelector };
    const looks = [];
    const verdicts = [];
    const history = [];
    let abort;
    let from = options.start;
    for (const [index, { percent, observeMs }] of steps.entries()) {
        const start = from + warmUpMs;
        const deadline = start + observeMs;
        if (deadline > end)
            break;
        history.push({ at: from - 1, step: index, percent });
        const interval = Math.max(1000, options.intervalMs ?? observeMs / 5);
        for (let at = Math.min(start + interval, deadline);; at = Math.min(at + interval, deadline)) {
            const window = { start, end: at, step: index, percent, baking: false, history: [...history], deadline };
            const look = await (0,measurer/* measureWindow */.jU)(settings, selectors, source, window, plan);
            looks.push(look);
            if (look.verdict === 'fail')
                abort ??= { at, percent, reason: look.reason };
            if (at >= deadline) {
                verdicts.push({ percent, at, verdict: look.verdict, reason: look.reason });
                break;
            }
        }
        from = deadline;
    }
    return { looks, steps: verdicts, ...(abort === undefined ? {} : { abort }) };
}
//# sourceMappingURL=replay.js.map
// EXTERNAL MODULE: ./lib/gray/metrics/settings.js
var settings = __webpack_require__(49288);
// EXTERNAL MODULE: ./lib/gray/plan.js
var plan = __webpack_require__(2648);
// EXTERNAL MODULE: ./lib/actions/gray/adapters.js + 17 modules
var adapters = __webpack_require__(65840);
// EXTERNAL MODULE: ./lib/actions/gray/plan.js
var gray_plan = __webpack_require__(28436);
// EXTERNAL MODULE: ./lib/actions/gray/run.js + 31 modules
var gray_run = __webpack_require__(69976);
;// CONCATENATED MODULE: ./lib/actions/gray/past.js











/**
 * `gray power`, `gray replay` and `gray aa`: what Prometheus can say without any release. Needs the metrics; touches nothing. Exit
 * code 1 where a gate would refuse: traffic that cannot decide, a past window that would have been taken back.
 */
async function pastCommand(verb, read, options, act) {
    const loaded = (0,gray_inputs/* loadGrayInputs */.$)(read, act.env, act.secrets, 'past');
    const { inputs } = loaded;
    const { gathered, problems } = await (0,gather/* gatherSettings */.V)(inputs, act);
    const span = verb === 'power' ? undefined : pastSpan(options, act.clock.now());
    const wrong = [...loaded.problems, ...problems, ...(span?.problems ?? [])];
    const { metrics, adapter } = gathered;
    if (wrong.length > 0 || metrics === undefined)
        throw new errors/* PipelineError */.zC('input', wrong);
    const names = { old: inputs.oldVersion ?? 'old', new: inputs.newVersion ?? 'new' };
    const asked = (0,gray_run/* planOf */.XC)(inputs);
    const steps = adapter === undefined ? asked.steps : (0,adapters/* stepsFor */.Rb)(asked.steps, { ...adapter, versions: names });
    const plan = { ...asked, steps };
    if (span === undefined) {
        const power = await (0,measurer/* makeMeasurer */.zD)(metrics, act, { ...names, plan }).power(act.signal);
        return { text: (0,gray_plan/* describePower */.vL)(power), json: power, exitCode: power.decides ? 0 : 1 };
    }
    const server = (0,measurer/* connect */.Ng)(metrics, act)(act.signal);
    const selectors = (0,settings/* selectorsFor */.W)(metrics, names);
    const { start, end, percent } = span;
    if (verb === 'aa') {
        const [first] = steps;
        const report = await checkAgainstItself(metrics, server, {
            selector: selectors.old,
            start,
            end,
            percent: percent ?? first?.percent ?? 5,
            observeMs: Math.min(first?.observeMs ?? 300_000, end - start),
        });
        return { text: describeAa(report), json: report, exitCode: 0 };
    }
    const report = await replay(metrics, server, {
        oldSelector: selectors.old,
        newSelector: selectors.new,
        start,
        end,
        warmUpMs: percent === undefined ? plan.warmUpMs : 0,
        intervalMs: plan.intervalMs,
        steps: percent === undefined ? steps : [{ percent, observeMs: end - start }],
    });
    return { text: describeReplay(report), json: report, exitCode: report.abort === undefined ? 0 : 1 };
}
/** `--from`, `--to` and `--percent`, as at `now` (ms); pure. */
function pastSpan(options, now) {
    const problems = [];
    const time = (name, fallback) => {
        const text = options.get(name)?.trim() ?? '';
        if (text === '' && fallback !== undefined)
            return fallback;
        const ago = (0,plan/* parseDuration */.E9)(text);
        const at = ago === undefined ? Date.parse(text) : now - ago;
        if (Number.isFinite(at) && at <= now)
            return at;
        problems.push({
            code: 'bad-input',
            what: text === '' ? `${name} is needed` : `${name} is no time in the past`,
            input: name,
            ...(text === '' ? {} : { value: text }),
            fix: `write --${name} 2h (ago), or --${name} 2026-11-21T14:00:00Z`,
        });
        return now;
    };
    const start = time('from', undefined);
    const end = time('to', now);
    const share = options.get('percent');
    const percent = share === undefined ? undefined : Number(share.replace(/%$/, ''));
    if (percent !== undefined && !(percent > 0 && percent <= 100))
        problems.push({
            code: 'bad-input',
            what: 'percent is no part of the traffic',
            input: 'percent',
            value: share ?? '',
            fix: 'write for example --percent 5',
        });
    if (problems.length === 0 && end - start < 10_000)
        problems.push({
            code: 'bad-input',
            what: 'the past window is shorter than ten seconds',
            input: 'from',
            fix: 'give a from that lies before to',
        });
    return { start, end, ...(percent === undefined ? {} : { percent }), problems };
}
function describeReplay({ steps, abort, looks }) {
    const lines = steps.map(({ percent, at, verdict, reason }) => `${percent} % until ${new Date(at).toISOString()}: ${verdict} (${reason})`);
    if (steps.length === 0)
        lines.push('no step fits into this window');
    lines.push(abort === undefined
        ? `${looks.length} looks; nothing would have been taken back`
        : `would have been taken back at ${new Date(abort.at).toISOString()}, at ${abort.percent} %: ${abort.reason}`);
    return lines.join('\n');
}
function describeAa(report) {
    const { runs, passed, undecided, failed, rate, upper, byMetric, skipped, events } = report;
    const share = (value) => `${Number((100 * value).toPrecision(3))} %`;
    return [
        `${runs} releases of the old version against itself: ${passed} passed, ${undecided} undecided, ${failed} taken back for nothing (${share(rate)}, with 95 % confidence at most ${share(upper)})`,
        ...Object.entries(events).map(([name, count]) => `${name}: ${Math.round(count)} events in the part, ${byMetric[name] ?? 0} false aborts`),
        ...Object.entries(skipped).map(([name, why]) => `${name}: left out, ${why}`),
    ].join('\n');
}
//# sourceMappingURL=past.js.map
// EXTERNAL MODULE: ./lib/actions/gray/spec.js
var gray_spec = __webpack_require__(92);
// EXTERNAL MODULE: ./lib/actions/gray/state.js
var state = __webpack_require__(20450);
;// CONCATENATED MODULE: ./lib/actions/gray/cli.js










const GRAY_USAGE = `gray release: a new version gets its traffic step by step, judged by metrics, with a way back at every moment

  node dist/cli.js gray plan    [--INPUT VALUE …]   plan, what the traffic can decide, and every check; touches nothing
  node dist/cli.js gray start   [--INPUT VALUE …]   release, to the end (or, with --mode split, to the first wait)
  node dist/cli.js gray tick    [--INPUT VALUE …]   go on with a split release, to its next wait
  node dist/cli.js gray status  --state PLACE       where the release is and why
  node dist/cli.js gray abort   --state PLACE       take the present release back, whoever drives it
  node dist/cli.js gray reap    --state PLACE       take up a release whose run is gone: back, or on (--resume continue)
  node dist/cli.js gray recover --state PLACE       take back whatever is unfinished, as abort does
  node dist/cli.js gray approve ID | reject ID      vote on a hold (--approval local)
  node dist/cli.js gray power   [--INPUT VALUE …]   how long each step must be for a verdict, from the present traffic
  node dist/cli.js gray replay  --from TIME         judge a past window as if it were a release
  node dist/cli.js gray aa      --from TIME         old against old: how often these gates abort for nothing
  node dist/cli.js audit verify FILE [--head HASH]  whether an audit is whole, and every verdict recomputed

Every input of the action is an option (docs/gray-inputs.md). --json prints one JSON object to stdout.
Exit code: 0 promoted or under way, 1 a gate refused, 2 bad input, 3 the environment failed, 130 cancelled.
`;
/** The verbs whose names differ from the action's `command`. */
const COMMANDS = {
    start: 'release',
    plan: 'release',
    power: 'release',
    replay: 'release',
    aa: 'release',
    approve: 'status',
    reject: 'status',
};
/** `gray …` on the command line: the same code and the same verdicts as the action. Returns the exit code. */
async function grayCli(command, shell, write) {
    const verb = command.name.replace(/^gray /, '');
    const json = command.flags.has('json');
    const print = (value) => write(`${shell.secrets.redact(JSON.stringify(value, null, 2))}\n`);
    const read = (name) => {
        if (name === 'command')
            return COMMANDS[verb] ?? verb;
        if (name === 'dry-run' && verb === 'plan')
            return 'true';
        const given = command.values.get(name);
        return given ?? (name === 'github-token' ? (shell.env['GITHUB_TOKEN'] ?? '') : '');
    };
    switch (verb) {
        case 'help':
            write(help(command.operands[0]));
            return 0;
        case 'approve':
        case 'reject':
            await vote(command.operands[0] ?? '', verb === 'approve', read, shell);
            return 0;
        case 'power':
        case 'replay':
        case 'aa': {
            const report = await pastCommand(verb, read, command.values, shell);
            if (json)
                print(report.json);
            else
                write(`${report.text}\n`);
            return report.exitCode;
        }
        default: {
            const run = await (0,gray_run/* runGray */.$r)(read, shell, new state/* GrayKeeper */.Ow());
            if (json)
                print({ ...run.outputs, ...(run.failure === undefined ? {} : { problems: run.failure.problems }) }); // prettier-ignore
            else if (run.text !== undefined)
                write(`${run.text}\n`);
            else
                write(`${run.end.result}${run.end.reason === undefined ? '' : `: ${run.end.reason}`}\n`);
            if (run.failure === undefined)
                return 0;
            (0,actions_shell/* tellFailure */.s9)(run.failure, shell.log, `${command.name} failed`);
            return (0,errors/* exitCodeOf */.FO)(run.failure);
        }
    }
}
async function vote(hold, approves, read, shell) {
    const { inputs, problems } = (0,gray_inputs/* loadGrayInputs */.$)(read, shell.env, shell.secrets, 'vote');
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('input', problems);
    const { gathered } = await (0,gather/* gatherSettings */.V)({ ...inputs, adapter: undefined, metrics: undefined }, shell);
    const folder = (0,approval/* approvalFolder */.y)(inputs, gathered.workspace);
    if (folder === undefined)
        throw (0,errors/* inputError */.Xu)({
            code: 'bad-input',
            what: 'it is not known where votes are kept',
            input: 'approval-folder',
            fix: 'give --approval-folder, or --state with the path of the file',
        });
    await (0,approvals_local/* decideLocally */.lD)({ folder, hold, approves, at: shell.clock.now() });
    shell.log.info(`${hold} is ${approves ? 'approved' : 'rejected'}`);
}
function help(about) {
    if (about === undefined)
        return `${GRAY_USAGE}\nInputs: ${gray_spec/* INPUTS */.mc.map((spec) => spec.name).join(', ')}\n`;
    const spec = gray_spec/* INPUTS */.mc.find((one) => one.name === about.replace(/^--/, ''));
    if (spec === undefined)
        return `${(0,errors/* describeProblem */.BJ)({ code: 'unknown-option', what: `no such input: ${about}` })}\n`;
    return `--${spec.name}  (default: ${spec.default === '' ? 'none' : spec.default})\n  ${spec.description}\n`;
}
//# sourceMappingURL=cli.js.map

/***/ })

};
