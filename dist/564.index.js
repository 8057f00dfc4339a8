export const id = 564;
export const ids = [564];
export const modules = {

/***/ 43564:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   loadNotify: () => (/* binding */ loadNotify),
/* harmony export */   runNotify: () => (/* binding */ runNotify)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _github_client_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(70636);
/* harmony import */ var _report_markdown_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(63021);
/* harmony import */ var _access_reader_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(325);
/* harmony import */ var _notifiers_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(43037);
/* harmony import */ var _this_run_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(81023);
/* harmony import */ var _spec_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(35610);







/** Sends one message to all receivers at the same time. One that is down fails nothing, unless that is asked for. */
async function runNotify(read, act) {
    const { message, targets, required, githubToken, problems } = loadNotify(read, act);
    if (problems.length > 0)
        throw new _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC('input', problems);
    const name = act.env['GITHUB_REPOSITORY'] ?? '';
    const side = githubToken === '' || name === ''
        ? undefined
        : { github: new _github_client_js__WEBPACK_IMPORTED_MODULE_1__/* .GitHub */ .gq((0,_github_client_js__WEBPACK_IMPORTED_MODULE_1__/* .githubSettings */ .ND)(act.env, githubToken), act), repository: (0,_github_client_js__WEBPACK_IMPORTED_MODULE_1__/* .parseRepository */ .SU)(name) };
    const all = await Promise.all((0,_notifiers_js__WEBPACK_IMPORTED_MODULE_3__/* .notifiersFor */ .x)(targets, side, act).map(async ({ kind, notifier }) => ({
        kind,
        arrived: await notifier.send(message, act.signal),
    })));
    if (all.length === 0)
        act.log.info('nobody is named in notify: nobody is told');
    const kinds = (arrived) => all.filter((one) => one.arrived === arrived).map(({ kind }) => kind);
    const missing = kinds(false);
    return {
        outputs: { delivered: kinds(true).join('\n'), undelivered: missing.join('\n') },
        summary: `${(0,_report_markdown_js__WEBPACK_IMPORTED_MODULE_6__/* .inline */ .mG)(message.title)}: ${all.length === 0 ? 'nobody is told' : `told ${all.length - missing.length} of ${all.length}`}`,
        ...(required && missing.length > 0
            ? {
                failure: (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .environmentError */ .me)({
                    code: 'notify-undelivered',
                    what: `the message was not delivered by ${missing.join(', ')}`,
                    input: 'notify',
                    fix: 'see the warnings above; check the address, the secret and the network',
                }),
            }
            : {}),
    };
}
/** Reads the inputs; every problem is in `problems`. */
function loadNotify(read, act) {
    const reader = new _access_reader_js__WEBPACK_IMPORTED_MODULE_2__/* .AccessReader */ .C(_spec_js__WEBPACK_IMPORTED_MODULE_5__/* .NOTIFY */ .W.inputs, read, act.env, act.secrets);
    const clean = (text) => (0,_report_markdown_js__WEBPACK_IMPORTED_MODULE_6__/* .oneLine */ .TN)(act.secrets.redact(text));
    const title = clean(reader.text('title'));
    if (title === '')
        reader.bad('title', '', 'the message has no title', 'write what has happened');
    const run = (0,_this_run_js__WEBPACK_IMPORTED_MODULE_4__/* .runOf */ .ng)(act.env);
    const link = reader.optional('link') ?? run?.url;
    if (link !== undefined && !/^https?:\/\//.test(link))
        reader.bad('link', link, 'not a URL', 'write https://…');
    const targets = reader.notify();
    const githubToken = reader.text('github-token');
    if (targets.some(({ kind }) => kind === 'github-issue') && (githubToken === '' || run === undefined))
        reader.bad('github-token', '', 'github-issue needs a workflow run and a token', 'set github-token'); // prettier-ignore
    const level = reader.choice('level');
    const why = clean(reader.text('text'));
    const event = reader.text('event');
    const env = (name, fact) => {
        const value = act.env[name] ?? '';
        return value === '' ? [] : [[fact, value]];
    };
    const facts = [
        ...reader.pairs('facts').map(([name, value]) => [clean(name), clean(value)]),
        ...env('GITHUB_REPOSITORY', 'repository'),
        ...env('GITHUB_REF_NAME', 'branch or tag'),
        ...env('GITHUB_SHA', 'commit').map(([name, value]) => [name, value.slice(0, 12)]),
        ...env('GITHUB_ACTOR', 'started by'),
    ];
    const topic = reader.optional('topic') ?? title;
    return {
        message: {
            level,
            event,
            title: `${level === 'info' ? '' : `${level.toUpperCase()} `}${title}`,
            facts,
            why: why === '' ? title : why,
            todo: reader.list('todo').map(clean),
            ...(link === undefined ? {} : { link }),
            key: [run?.id ?? '', run?.attempt ?? '', event, level, title, why].join('\n'),
            story: { label: 'pipeline', group: topic, id: event, issue: level === 'info' ? 'closes' : 'opens' },
            data: run === undefined ? {} : { run },
        },
        targets,
        required: reader.boolean('required'),
        githubToken,
        problems: reader.problems,
    };
}
//# sourceMappingURL=run.js.map

/***/ })

};
