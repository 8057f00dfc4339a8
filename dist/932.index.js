export const id = 932;
export const ids = [932];
export const modules = {

/***/ 3932:
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
// EXTERNAL MODULE: ./lib/pipeline/library.js
var pipeline_library = __webpack_require__(26937);
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
// EXTERNAL MODULE: ./lib/pipeline/lint/rules.js
var lint_rules = __webpack_require__(11285);
// EXTERNAL MODULE: ./lib/pipeline/lint/source.js
var lint_source = __webpack_require__(44865);
// EXTERNAL MODULE: ./lib/pipeline/lint/templates.js
var templates = __webpack_require__(33681);
;// CONCATENATED MODULE: ./lib/pipeline/lint/lint.js




/** All findings of some files, by file and place. Pure. */
function lintFiles(files, rules) {
    return [...files].flatMap(([file, text]) => {
        const source = new lint_source/* Source */.kL(file, text);
        const broken = source.root === undefined || source.faults.length > 0;
        return [...(0,lint_rules/* lintSource */.nr)(source), ...(broken ? [] : (0,templates/* lintTemplates */.hL)(source, rules))]
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
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/reader.js
var actions_reader = __webpack_require__(37428);
// EXTERNAL MODULE: ./lib/actions/stages/template-lint/spec.js
var spec = __webpack_require__(62505);
;// CONCATENATED MODULE: ./lib/actions/stages/template-lint/run.js














const STANDARD_PATHS = ['.github/workflows/*.{yml,yaml}', '**/action.{yml,yaml}'];
/** Checks the files, annotates them, writes SARIF, and fails from the level on that is asked for. */
async function runTemplateLint(read, act) {
    return lintWith(read, act, (0,pipeline_library/* ownRoot */.j)());
}
/** `root` is the folder of the templates. */
async function lintWith(read, act, root) {
    const inputs = loadTemplateLint(read, act);
    const top = (0,folders/* workspaceOf */.B3)(act.env);
    const names = inputs.problems.length > 0 ? [] : await (0,glob/* findFiles */.l)(top, inputs.paths);
    if (names.length === 0 && inputs.problems.length === 0)
        inputs.reader.bad('paths', inputs.paths.join(' '), 'no file is there', 'check out the repository first, or change the globs'); // prettier-ignore
    if (inputs.problems.length > 0)
        throw new base_errors/* PipelineError */.zC('input', inputs.problems);
    const library = await (0,pipeline_library/* readLibrary */.G)(root);
    if (library === undefined)
        act.log.warning('the templates are not beside this program: copies and inputs are not compared');
    const files = new Map();
    for (const name of names)
        files.set(name, await (0,promises_.readFile)((0,external_node_path_.join)(top, name), 'utf8'));
    const findings = lintFiles(files, { ...inputs, library, own: (0,templates/* interfacesOf */.qg)(files) });
    for (const annotation of lintAnnotations(findings))
        act.log.annotate(annotation);
    // The runner's log shows an annotation without its place; a terminal shows it with.
    if (act.env['GITHUB_ACTIONS'] === 'true')
        for (const one of findings)
            act.log.info(`${one.file}:${one.line}:${one.column}: ${one.level}: ${one.message} [${one.rule}]`);
    const errors = findings.filter((one) => one.level === 'error').length;
    const warnings = findings.length - errors;
    const failed = inputs.failOn === 'never' ? false : errors > 0 || (inputs.failOn === 'warning' && warnings > 0);
    const folder = (0,folders/* stageFolder */.h8)('template-lint', inputs.reportDir, act.env);
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
        const one = (0,templates/* parseAllowed */.sh)(text);
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

/***/ })

};
