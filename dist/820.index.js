export const id = 820;
export const ids = [820];
export const modules = {

/***/ 80820:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runMatrix: () => (/* binding */ runMatrix)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/go/version.js
var go_version = __webpack_require__(66190);
// EXTERNAL MODULE: ./lib/base/platform.js
var base_platform = __webpack_require__(44694);
;// CONCATENATED MODULE: ./lib/project/matrix.js

/** Runners of GitHub's own on which a platform runs without emulation. */
const NATIVE_RUNNERS = [
    ['linux/amd64', 'ubuntu-24.04'],
    ['linux/386', 'ubuntu-24.04'],
    ['linux/arm64', 'ubuntu-24.04-arm'],
    ['linux/arm', 'ubuntu-24.04-arm'],
    ['windows/amd64', 'windows-2025'],
    // Anything else is cross-compiled, and cannot be started on its own hardware.
    ['linux', 'ubuntu-24.04'],
];
/** With platforms: a leg for each. Else a leg for each runner and Go version. Names are unique; too many legs are a problem. */
function matrixOf(request) {
    const problems = [];
    const legs = request.platforms.length > 0 ? platformLegs(request, problems) : runnerLegs(request);
    if (legs.length > request.limit)
        problems.push({
            code: 'matrix-too-large',
            what: `the matrix has ${legs.length} legs, more than ${request.limit}`,
            input: 'limit',
            fix: 'ask for less, or raise limit (GitHub takes at most 256 jobs of one matrix)',
        });
    for (const [at, leg] of legs.entries())
        if (legs.findIndex((other) => other.name === leg.name) !== at)
            problems.push({
                code: 'matrix-leg-twice',
                what: `two legs are called ${leg.name}`,
                fix: 'remove what is given twice',
            });
    return { legs, problems };
}
function platformLegs({ platforms, runnerOf }, problems) {
    return platforms.flatMap((platform) => {
        const name = (0,base_platform/* formatPlatform */.Bq)(platform);
        const labels = longestPrefix(name, runnerOf) ?? longestPrefix(name, NATIVE_RUNNERS);
        if (labels === undefined) {
            problems.push({
                code: 'matrix-no-runner',
                what: `no runner is known for ${name}`,
                input: 'runner-of',
                fix: `add a line such as ${name}=LABEL`,
            });
            return [];
        }
        return [{ name: slug(name), runner: labelsOf(labels), platform: name }];
    });
}
const runnerLegs = ({ runners, goVersions }) => runners.flatMap((labels) => (goVersions.length === 0 ? [''] : goVersions).map((go) => ({
    name: slug(go === '' ? labels : `${labels}-go${go}`),
    runner: labelsOf(labels),
    go,
})));
function longestPrefix(name, map) {
    const fits = map.filter(([prefix]) => name === prefix || name.startsWith(`${prefix}/`));
    return fits.sort((a, b) => b[0].length - a[0].length)[0]?.[1];
}
/** `self-hosted+linux` is a runner with both labels. */
function labelsOf(text) {
    const labels = text.split('+').map((label) => label.trim());
    return labels.length === 1 ? text.trim() : labels;
}
/** What an artifact and a job may be called. */
const slug = (text) => text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-|-$/g, '');
//# sourceMappingURL=matrix.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
// EXTERNAL MODULE: ./lib/actions/build/reader.js
var build_reader = __webpack_require__(28853);
// EXTERNAL MODULE: ./lib/actions/stages/matrix/spec.js
var spec = __webpack_require__(10010);
;// CONCATENATED MODULE: ./lib/actions/stages/matrix/run.js






const PREFIX = {
    pattern: /^[a-z0-9]+(\/[a-z0-9]+(\/[a-z0-9]+)?)?$/,
    name: 'a platform or the beginning of one',
};
const MOST = 256;
/** Works out the legs; touches nothing. */
async function runMatrix(read, act) {
    const reader = new build_reader/* Reader */.m(read, act.env, act.secrets, spec/* MATRIX */.G.inputs);
    const platforms = reader.platforms();
    const goVersions = reader.list('go-versions', { commas: true });
    for (const version of goVersions) {
        const spec = (0,go_version/* parseGoSpec */.Ll)(version);
        if ('reason' in spec)
            reader.bad('go-versions', version, 'not a Go version', spec.reason);
    }
    const limit = Number(reader.text('limit'));
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
        reader.bad('limit', reader.text('limit'), 'not a number of legs', `write a number from 1 to ${MOST}`);
    const runners = reader.list('runners', { commas: true });
    for (const label of runners)
        if (!/^[\w.+-]+$/.test(label))
            reader.bad('runners', label, 'not a runner label', 'use letters, digits, . _ - and + between labels');
    const { legs, problems } = matrixOf({
        platforms,
        runnerOf: reader.pairs('runner-of', PREFIX),
        runners,
        goVersions,
        limit,
    });
    const all = [...reader.problems, ...problems];
    if (all.length > 0)
        throw new errors/* PipelineError */.zC('input', all);
    return Promise.resolve({
        outputs: {
            matrix: JSON.stringify(legs),
            names: JSON.stringify(legs.map((leg) => leg.name)),
            platforms: legs.flatMap((leg) => leg.platform ?? []).join(','),
        },
        summary: `## ${legs.length} legs\n\n${(0,markdown/* table */.tp)([['Leg', 'left'], ['Runner', 'left'], ['For', 'left']], legs.map((leg) => [(0,markdown/* inline */.mG)(leg.name), (0,markdown/* code */.aY)([leg.runner].flat().join(' + ')), (0,markdown/* inline */.mG)(leg.platform ?? (leg.go === '' || leg.go === undefined ? 'Go of go.mod' : `Go ${leg.go}`))]))}`,
    });
} // prettier-ignore
//# sourceMappingURL=run.js.map

/***/ })

};
