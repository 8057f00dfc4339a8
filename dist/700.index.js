export const id = 700;
export const ids = [700,551];
export const modules = {

/***/ 10700:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  auditCli: () => (/* binding */ auditCli)
});

// EXTERNAL MODULE: ./lib/gray/judge.js
var judge = __webpack_require__(15500);
// EXTERNAL MODULE: ./lib/gray/judge-input.js
var judge_input = __webpack_require__(11565);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/report/audit.js
var audit = __webpack_require__(21489);
// EXTERNAL MODULE: ./lib/report/audit-chain.js
var audit_chain = __webpack_require__(17637);
;// CONCATENATED MODULE: ./lib/report/audit-recompute.js
/**
 * Asks the judge again about every measurement of an audit and compares. A verdict stands when its evidence is there: a `fail`
 * needs an item that fails (or consecutive sequential items whose product does), a `pass` an item that passes and none
 * that fails, and the recorded bounds must be those of one of the items. Pure.
 */
function recompute(entries, judge) {
    return entries.flatMap(({ seq, record }) => {
        if (record.kind !== 'measurement')
            return [];
        const metrics = record.measurement.metrics.map((metric) => recomputeMetric(seq, metric, judge));
        const whole = wholeVerdict(seq, record.measurement);
        return whole === undefined ? metrics : [...metrics, whole];
    });
}
function recomputeMetric(seq, metric, judge) {
    const items = metric.items ?? [];
    const answers = items.map(judge);
    const result = (state, detail) => ({
        seq,
        metric: metric.name,
        state,
        recorded: metric.verdict,
        detail,
        answers,
    });
    if (metric.verdict === 'nodata' || metric.verdict === 'error') {
        const decided = answers.find(({ verdict }) => verdict === 'fail');
        return decided === undefined
            ? result('same', 'there was nothing to judge')
            : result('different', `an item fails: ${decided.reason}`);
    }
    const numbers = sameNumbers(metric, items, answers);
    if (numbers !== undefined)
        return result('different', numbers);
    if (items.length === 0)
        return byLimit(metric, result);
    const failing = answers.find(({ verdict }) => verdict === 'fail');
    const evidence = failing !== undefined || products(items, answers).some(({ fails }) => fails);
    switch (metric.verdict) {
        case 'fail':
            if (evidence)
                return result('same', failing?.reason ?? 'the product of the steps has reached the bound');
            // The mean of a gauge is no item: it is compared with its limit as it stands.
            return metric.limit === undefined ? result('different', 'no item fails') : byLimit(metric, result);
        case 'pass':
            if (evidence)
                return result('different', `an item fails: ${failing?.reason ?? 'the product of the steps'}`);
            if (answers.some(({ verdict }) => verdict === 'pass'))
                return result('same', 'an item passes and none fails');
            return byLimit(metric, result);
        case 'inconclusive':
            return result('same', evidence ? 'what fails did not count yet' : 'no item decides it');
    }
}
/** A mean against its limit: the two numbers are the whole question. */
function byLimit({ verdict, limit, new: value, lower }, result) {
    if (limit === undefined || value === undefined || lower !== undefined)
        return result('unchecked', 'the line holds no item for the judge');
    const beyond = value > limit;
    const same = verdict === 'inconclusive' || beyond === (verdict === 'fail');
    return result(same ? 'same' : 'different', `the mean ${value} lies ${beyond ? 'above' : 'within'} the limit ${limit}`);
}
/** A reason when a recorded number belongs to none of the items. */
function sameNumbers(metric, items, answers) {
    const { estimate, lower, upper, evalue } = metric;
    if (answers.length > 0 && lower !== undefined) {
        const found = answers.some((one) => near(one.lower, lower) && near(one.upper, upper) && near(one.estimate, estimate));
        if (!found)
            return `no item has the bounds ${lower} and ${upper ?? 'none'}`;
    }
    if (answers.length > 0 && evalue !== undefined) {
        const known = [...answers.map((one) => one.evalue), ...products(items, answers).map((one) => one.evalue)];
        if (!known.some((one) => near(one, evalue)))
            return `no item has the e-value ${evalue}`;
    }
    return undefined;
}
/** Consecutive sequential items are bets on one after another: their e-values are multiplied. */
function products(items, answers) {
    const found = [];
    for (const first of items.keys()) {
        let product = 1;
        for (let at = first; at < items.length; at++) {
            const item = items[at];
            const evalue = answers[at]?.evalue;
            if (item.kind !== 'sequential' || typeof item.alpha !== 'number' || evalue === undefined)
                break;
            product = Math.min(Number.MAX_VALUE, product * evalue);
            found.push({ evalue: product, fails: product >= 1 / item.alpha });
        }
    }
    return found;
}
const near = (a, b) => a === b ||
    (a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-300));
/** The look as a whole: it cannot pass over a critical metric that fails. */
function wholeVerdict(seq, { verdict, metrics }) {
    const failing = metrics.filter((one) => one.critical && !one.dryRun && one.verdict === 'fail');
    if (failing.length === 0 || verdict === 'fail')
        return undefined;
    return {
        seq,
        metric: '(the look)',
        state: 'different',
        recorded: verdict,
        detail: `the critical metric ${failing.map(({ name }) => name).join(', ')} fails`,
        answers: [],
    };
}
//# sourceMappingURL=audit-recompute.js.map
// EXTERNAL MODULE: ./lib/report/format.js
var format = __webpack_require__(87703);
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/report/audit-verify.js







/**
 * `gray audit verify FILE [--head SEQ:HASH]`: proves the chain over all rotated parts and recomputes every verdict.
 * `text` is for people, `json` for programs; `ok` false is a refusal (exit code 1). Throws inputError when there is no audit.
 */
async function auditVerifyCommand(request) {
    const expected = headOf(request.expected);
    const files = await (0,audit/* auditParts */.q)(request.file);
    if (files.length === 0)
        throw (0,errors/* inputError */.Xu)({
            code: 'audit-missing',
            what: 'there is no audit',
            where: request.file,
            fix: 'give the path of audit.jsonl; rotated parts beside it are read too',
        });
    const entries = [];
    const notes = new Set();
    let check;
    let failedIn;
    for (const [index, file] of files.entries()) {
        const last = index === files.length - 1;
        check = (0,audit_chain/* verifyAudit */.Rn)(await (0,promises_.readFile)(file, 'utf8'), {
            ...(check?.head === undefined ? {} : { after: check.head }),
        });
        entries.push(...check.entries);
        for (const note of check.notes)
            if (!note.startsWith('no head'))
                notes.add(note);
        if (!check.ok || last) {
            failedIn = file;
            break;
        }
    }
    const chained = check?.fault === undefined ? pinned(entries, expected) : check.fault;
    if (expected === undefined)
        notes.add('no head was given (--head): an end that was cut off, or a file written anew, cannot be seen');
    const fault = chained === undefined ? undefined : { file: failedIn ?? request.file, ...chained };
    const answers = request.judge === undefined ? undefined : recompute(entries, request.judge);
    const of = (state) => answers?.filter((one) => one.state === state).length ?? 0;
    const ok = fault === undefined && of('different') === 0;
    const json = {
        ok,
        files,
        entries: entries.length,
        head: check?.head === undefined ? undefined : (0,audit_chain/* formatHead */.Gw)(check.head),
        fault,
        notes: [...notes],
        recomputed: answers === undefined
            ? undefined
            : { same: of('same'), different: of('different'), unchecked: of('unchecked') },
        differences: answers?.filter((one) => one.state === 'different') ?? [],
    };
    return { text: told(json, entries), json, ok };
}
function headOf(text) {
    if (text === undefined || text === '')
        return undefined;
    const head = (0,audit_chain/* parseHead */.ww)(text);
    if (head !== undefined)
        return head;
    const problem = {
        code: 'audit-head',
        what: 'the head of the audit is not one',
        value: text,
        fix: 'copy it from the deployment or the job summary: the number, a colon, and 64 hex digits',
    };
    throw (0,errors/* inputError */.Xu)(problem);
}
/** Over all parts at once, because the pinned entry may stand in any of them. */
function pinned(entries, expected) {
    if (expected === undefined)
        return undefined;
    const last = entries.at(-1)?.seq ?? 0;
    const entry = entries.find(({ seq }) => seq === expected.seq);
    if (entry?.hash === expected.hash)
        return undefined;
    if (entry === undefined && last < expected.seq)
        return {
            line: entries.length + 1,
            what: `it ends at entry ${last}, but entry ${expected.seq} was written: the end was cut off`,
        };
    return entry === undefined
        ? { line: 1, what: `entry ${expected.seq}, whose hash is known, is not in it` }
        : {
            line: entries.indexOf(entry) + 1,
            what: `entry ${expected.seq} has the hash ${entry.hash}, not the pinned ${expected.hash}: the file was written anew`,
        };
}
function told(report, entries) {
    const lines = [
        report.fault === undefined
            ? `The audit is whole: ${(0,format/* count */.U9)(entries.length, 'line')} in ${(0,format/* count */.U9)(report.files.length, 'file')}.`
            : `THE AUDIT IS NOT WHOLE. ${report.fault.file}:${report.fault.line}: ${report.fault.what}.`,
    ];
    if (report.fault !== undefined)
        lines.push(`${(0,format/* count */.U9)(entries.length, 'line')} before that ${entries.length === 1 ? 'is' : 'are'} proved; nothing behind it is.`);
    const [first, last] = [entries[0], entries.at(-1)];
    if (first !== undefined && last !== undefined)
        lines.push(`From ${first.at} to ${last.at}; head ${report.head ?? 'none'}.`);
    for (const release of new Set(entries.map((one) => one.release)))
        lines.push(...aboutRelease(release, entries));
    if (report.recomputed !== undefined) {
        const { same, different, unchecked } = report.recomputed;
        lines.push(`Verdicts asked of the judge again: ${same} the same, ${different} different${unchecked === 0 ? '' : `, ${unchecked} that cannot be (their lines hold no item)`}.`);
        for (const one of report.differences.slice(0, 20))
            lines.push(`  entry ${one.seq}, ${one.metric}: recorded ${one.recorded}, but ${one.detail}`);
        if (report.differences.length > 20)
            lines.push(`  and ${report.differences.length - 20} more`);
    }
    for (const note of report.notes)
        lines.push(`Note: ${note}.`);
    return `${lines.map(markdown/* printable */.g$).join('\n')}\n`;
}
function aboutRelease(release, entries) {
    const own = entries.filter((one) => one.release === release);
    const looks = own.filter(({ record }) => record.kind === 'measurement').length;
    const people = new Set(own.flatMap(({ record }) => {
        if (record.kind !== 'approval')
            return [];
        if (record.answer.kind === 'approved')
            return record.answer.by.map((by) => `approved by ${by}`);
        return record.answer.kind === 'rejected' ? [`rejected by ${record.answer.by}`] : [];
    }));
    const events = own.flatMap(({ record }) => (record.kind === 'event' ? [record.after] : []));
    const end = events.at(-1);
    return [
        `  ${own[0]?.environment ?? ''} ${release}: ${(0,format/* count */.U9)(own.length, 'line')}, ${(0,format/* count */.U9)(looks, 'look')}${end === undefined ? '' : `, last ${end}`}${people.size === 0 ? '' : `; ${[...people].join(', ')}`}`,
    ];
}
//# sourceMappingURL=audit-verify.js.map
// EXTERNAL MODULE: ./lib/actions/gray/cli.js + 3 modules
var cli = __webpack_require__(98932);
;// CONCATENATED MODULE: ./lib/actions/gray/audit.js




/** `audit verify FILE [--head SEQ:HASH]`: the chain, and every verdict asked of the judge again. Returns the exit code. */
async function auditCli(command, shell, write) {
    if (command.name === 'audit help') {
        write(cli/* GRAY_USAGE */.M);
        return 0;
    }
    const head = command.values.get('head');
    const { text, json, ok } = await auditVerifyCommand({
        file: command.operands[0] ?? '',
        ...(head === undefined ? {} : { expected: head }),
        judge: (item) => {
            const parsed = (0,judge_input/* parseJudgeItem */.u)(item);
            return 'item' in parsed ? (0,judge/* judge */.S)(parsed.item) : { verdict: 'error', reason: parsed.faults.join('; ') };
        },
    });
    write(command.flags.has('json') ? `${shell.secrets.redact(JSON.stringify(json, null, 2))}\n` : text);
    return ok ? 0 : 1;
}
//# sourceMappingURL=audit.js.map

/***/ }),

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

/***/ }),

/***/ 11565:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   u: () => (/* binding */ parseJudgeItem)
/* harmony export */ });
/* harmony import */ var _base_json_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(24807);
/* harmony import */ var _base_lists_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(23416);


const FIELDS = {
    sequential: ['kind', 'share', 'tolerated', 'alpha', 'new', 'all'],
    samples: ['kind', 'direction', 'tolerance', 'confidence', 'old', 'new'],
    limit: ['kind', 'limit', 'confidence', 'new'],
    margin: ['kind', 'margin', 'confidence', 'old', 'new'],
};
/** Reads one item of a judge file. Every fault is named, with its field; nothing is guessed or filled in. */
function parseJudgeItem(value) {
    if (!(0,_base_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isRecord */ .u4)(value))
        return { faults: [`an item must be an object, not ${describe(value)}`] };
    const reader = new Reader(value);
    const item = read(reader);
    return item === undefined || reader.faults.length > 0 ? { faults: reader.faults } : { item };
}
function read(reader) {
    const kind = reader.oneOf('kind', ['ratio', 'sequential', 'samples']);
    switch (kind) {
        case 'ratio':
            return readRatio(reader);
        case 'sequential':
            return readSequential(reader);
        case 'samples': {
            reader.only(FIELDS.samples);
            return {
                kind,
                direction: reader.oneOf('direction', ['increase', 'decrease', 'either']) ?? 'either',
                tolerance: reader.number('tolerance', 'a number ≥ 0, such as 0.25 for 25 %', (x) => x >= 0),
                confidence: reader.confidence(),
                old: reader.samples('old'),
                new: reader.samples('new'),
            };
        }
        case undefined:
            return undefined;
    }
}
function readRatio(reader) {
    if (reader.has('limit') === reader.has('margin')) {
        reader.faults.push(reader.has('limit')
            ? '"limit" and "margin" exclude each other: "limit" judges the new version alone, "margin" against the old one'
            : '"limit" (the new version alone) or "margin" (against the old one) is missing');
        return undefined;
    }
    if (reader.has('limit')) {
        reader.only(FIELDS.limit);
        return {
            kind: 'ratio',
            limit: reader.number('limit', 'a ratio from 0 to below 1, such as 0.01 for 1 %', (x) => x >= 0 && x < 1),
            confidence: reader.confidence(),
            new: reader.counts('new'),
        };
    }
    reader.only(FIELDS.margin);
    return {
        kind: 'ratio',
        margin: reader.number('margin', 'a difference of ratios from 0 to below 1, such as 0.01', (x) => x >= 0 && x < 1),
        confidence: reader.confidence(),
        old: reader.counts('old'),
        new: reader.counts('new'),
    };
}
function readSequential(reader) {
    reader.only(FIELDS.sequential);
    const inside = (x) => x > 0 && x < 1;
    const item = {
        kind: 'sequential',
        share: reader.number('share', 'a number between 0 and 1, such as 0.05 for 5 %', inside),
        tolerated: reader.number('tolerated', 'a ratio > 0, such as 1.5', (x) => x > 0),
        alpha: reader.number('alpha', 'a chance between 0 and 1, such as 0.01', inside),
        new: reader.count('new'),
        all: reader.count('all'),
    };
    if (item.new > item.all)
        reader.faults.push(`"new" (${item.new}) must not exceed "all" (${item.all})`);
    return item;
}
class Reader {
    faults = [];
    #value;
    constructor(value) {
        this.#value = value;
    }
    has(name) {
        return Object.hasOwn(this.#value, name);
    }
    only(names) {
        for (const name of Object.keys(this.#value)) {
            if (names.includes(name))
                continue;
            const near = (0,_base_lists_js__WEBPACK_IMPORTED_MODULE_1__/* .nearest */ .pA)(name, names);
            this.faults.push(`"${name}" is not a field here${near === undefined ? '' : `; did you mean "${near}"?`} (known: ${names.join(', ')})`);
        }
    }
    number(name, expected, valid, at = this.#value, path = name) {
        const value = Object.hasOwn(at, name) ? at[name] : undefined;
        if (typeof value === 'number' && Number.isFinite(value) && valid(value))
            return value;
        this.faults.push(value === undefined
            ? `"${path}" is missing: ${expected}`
            : `"${path}" must be ${expected}, not ${describe(value)}`);
        return NaN;
    }
    count(name, at = this.#value, path = name) {
        return this.number(name, 'a whole number ≥ 0', (x) => Number.isSafeInteger(x) && x >= 0, at, path);
    }
    confidence() {
        // Below one half the lower bound would lie above the upper one.
        return this.number('confidence', 'a number from 0.5 to below 1, such as 0.95', (x) => x >= 0.5 && x < 1);
    }
    oneOf(name, known) {
        const value = this.has(name) ? this.#value[name] : undefined;
        const found = known.find((option) => option === value);
        if (found === undefined)
            this.faults.push(`"${name}" must be one of ${known.join(', ')}${value === undefined ? '; it is missing' : `, not ${describe(value)}`}`);
        return found;
    }
    counts(name) {
        const value = this.has(name) ? this.#value[name] : undefined;
        if (!(0,_base_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isRecord */ .u4)(value)) {
            this.faults.push(value === undefined
                ? `"${name}" is missing: {"bad": …, "total": …}`
                : `"${name}" must be {"bad": …, "total": …}, not ${describe(value)}`);
            return { bad: NaN, total: NaN };
        }
        for (const key of Object.keys(value))
            if (key !== 'bad' && key !== 'total')
                this.faults.push(`"${name}.${key}" is not a field here (known: bad, total)`);
        const bad = this.count('bad', value, `${name}.bad`);
        const total = this.count('total', value, `${name}.total`);
        if (bad > total)
            this.faults.push(`"${name}.bad" (${bad}) must not exceed "${name}.total" (${total})`);
        return { bad, total };
    }
    samples(name) {
        const value = this.has(name) ? this.#value[name] : undefined;
        if (!Array.isArray(value)) {
            this.faults.push(value === undefined
                ? `"${name}" is missing: an array of numbers`
                : `"${name}" must be an array of numbers, not ${describe(value)}`);
            return [];
        }
        return value.map((sample, index) => {
            // Differences and their sums must stay finite too.
            if (typeof sample === 'number' && Math.abs(sample) <= 1e300)
                return sample;
            // JSON has no NaN: JavaScript writes null for it, Prometheus "NaN".
            if (sample !== null && sample !== 'NaN')
                this.faults.push(`"${name}[${index}]" must be a finite number, or null for a missing sample, not ${describe(sample)}`);
            return null;
        });
    }
}
function describe(value) {
    if (Array.isArray(value))
        return 'an array';
    if (typeof value === 'object' && value !== null)
        return 'an object';
    const text = JSON.stringify(value);
    return text === undefined ? 'nothing' : text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
//# sourceMappingURL=judge-input.js.map

/***/ })

};
