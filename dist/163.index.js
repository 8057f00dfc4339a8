export const id = 163;
export const ids = [163];
export const modules = {

/***/ 38163:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  loadPublish: () => (/* binding */ loadPublish),
  runPublish: () => (/* binding */ runPublish)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/json.js
var base_json = __webpack_require__(24807);
// EXTERNAL MODULE: ./lib/base/platform.js
var base_platform = __webpack_require__(44694);
// EXTERNAL MODULE: external "node:stream/consumers"
var consumers_ = __webpack_require__(38321);
// EXTERNAL MODULE: ./lib/registry/media-types.js
var media_types = __webpack_require__(77103);
// EXTERNAL MODULE: ./lib/registry/reference.js
var reference = __webpack_require__(9758);
// EXTERNAL MODULE: ./lib/registry/pool.js
var pool = __webpack_require__(49481);
;// CONCATENATED MODULE: ./lib/image/join.js
/** Joining images that were built apart, one for each platform, into one index. */






/**
 * Reads the parts and makes the index; pushes nothing. A part may be a manifest or an index (then all that is in it counts,
 * attestations too); one part alone, without annotations, stays what it is. A platform that is there twice, missing, or not expected fails the gate, all of them told at once.
 */
async function joinParts(parts, expected, annotations, client) {
    const read = await (0,pool/* mapLimited */.b)(parts, 4, (part) => readPart(part, client));
    const entries = read.flatMap((one) => one.entries);
    const problems = faults(entries, expected);
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('gate', problems);
    const [only] = read;
    if (only !== undefined && read.length === 1 && Object.keys(annotations).length === 0) {
        const { part, bytes, mediaType } = only;
        const platforms = entries.map(({ platform, descriptor }) => ({ platform, digest: descriptor.digest }));
        return { bytes, digest: part.digest, mediaType, made: false, platforms };
    }
    const ordered = expected.length === 0
        ? entries
        : expected.flatMap((platform) => entries.filter((entry) => (0,base_platform/* samePlatform */.my)(entry.platform, platform)));
    const bytes = Buffer.from(JSON.stringify({
        schemaVersion: 2,
        mediaType: media_types/* OCI_INDEX */.$p,
        manifests: [
            ...ordered.map((entry) => entry.descriptor),
            ...ordered.flatMap((entry) => entry.attestations),
        ],
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    }));
    return {
        bytes,
        digest: (0,media_types/* digestOf */.ol)(bytes),
        mediaType: media_types/* OCI_INDEX */.$p,
        made: true,
        platforms: ordered.map(({ platform, descriptor }) => ({ platform, digest: descriptor.digest })),
    };
}
function faults(entries, expected) {
    const problems = [];
    entries.forEach((entry, at) => {
        const name = (0,base_platform/* formatPlatform */.Bq)(entry.platform);
        const other = entries.slice(0, at).find((one) => (0,base_platform/* samePlatform */.my)(one.platform, entry.platform));
        if (other !== undefined)
            problems.push({
                code: 'publish-platform-twice',
                what: `two parts are ${name}`,
                cause: `${other.part.digest} and ${entry.part.digest}`,
                input: 'digests',
                fix: 'give each leg of the matrix a platform of its own',
            });
        if (expected.length > 0 && !expected.some((platform) => (0,base_platform/* samePlatform */.my)(platform, entry.platform)))
            problems.push({
                code: 'publish-platform-unexpected',
                what: `a part is ${name}, which is not among the platforms`,
                where: (0,reference/* formatReference */.FH)(entry.part),
                input: 'platforms',
                fix: `add ${name} to platforms, or leave the part out`,
            });
    });
    for (const platform of expected)
        if (!entries.some((entry) => (0,base_platform/* samePlatform */.my)(entry.platform, platform)))
            problems.push({
                code: 'publish-platform-missing',
                what: `no part is ${(0,base_platform/* formatPlatform */.Bq)(platform)}`,
                cause: 'its leg failed, was skipped, or its digest was not handed on',
                input: 'digests',
                fix: 'look at the job of that platform; nothing was tagged',
            });
    return problems;
}
async function readPart(part, client) {
    const where = (0,reference/* formatReference */.FH)(part);
    const { bytes, mediaType } = await client.manifest(part, { writing: true });
    const parsed = (0,media_types/* parseManifest */.Ng)(bytes, mediaType);
    if ('reason' in parsed)
        throw (0,errors/* environmentError */.me)({
            code: 'publish-part-unreadable',
            what: 'a part is no image',
            cause: parsed.reason,
            where,
            fix: 'hand on the digest that the build printed',
        });
    if (parsed.kind === 'index') {
        const images = parsed.manifests.filter((entry) => !(0,media_types/* isAttestation */.H3)(entry));
        const attestations = parsed.manifests.filter(media_types/* isAttestation */.H3);
        const entries = images.map((descriptor) => {
            if (descriptor.platform === undefined)
                throw noPlatform(where, 'an entry of its index names none');
            return {
                platform: (0,media_types/* toPlatform */.rE)(descriptor.platform),
                descriptor,
                attestations: attestations.filter((entry) => (0,media_types/* attestationSubject */.dX)(entry) === descriptor.digest),
                part,
            };
        });
        return { part, bytes, mediaType, entries };
    }
    const config = (0,media_types/* parseConfig */.o4)(await (0,consumers_.buffer)(client.blob(part, parsed.config.digest)));
    if ('reason' in config)
        throw noPlatform(where, config.reason);
    const platform = {
        os: config.os,
        architecture: config.architecture,
        ...(config.variant === undefined ? {} : { variant: config.variant }),
        ...(config.osVersion === undefined ? {} : { 'os.version': config.osVersion }),
    };
    const descriptor = { mediaType: parsed.mediaType, digest: part.digest, size: bytes.length, platform };
    return {
        part,
        bytes,
        mediaType,
        entries: [{ platform: (0,media_types/* toPlatform */.rE)(platform), descriptor, attestations: [], part }],
    };
}
const noPlatform = (where, cause) => (0,errors/* inputError */.Xu)({
    code: 'publish-part-without-platform',
    what: 'a part does not say for which platform it is',
    cause,
    where,
    input: 'digests',
    fix: 'hand on the digest of an image, not of one of its layers or attestations',
});
//# sourceMappingURL=join.js.map
// EXTERNAL MODULE: ./lib/image/tags.js + 4 modules
var tags = __webpack_require__(59209);
// EXTERNAL MODULE: ./lib/project/git.js
var project_git = __webpack_require__(15281);
// EXTERNAL MODULE: ./lib/registry/copy.js
var copy = __webpack_require__(88302);
// EXTERNAL MODULE: ./lib/registry/publish.js
var publish = __webpack_require__(14512);
// EXTERNAL MODULE: ./lib/registry/verify.js + 3 modules
var verify = __webpack_require__(49843);
// EXTERNAL MODULE: ./lib/report/legs.js
var report_legs = __webpack_require__(6497);
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
// EXTERNAL MODULE: ./lib/actions/build/reader.js
var build_reader = __webpack_require__(28853);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/registry.js + 10 modules
var actions_registry = __webpack_require__(43967);
// EXTERNAL MODULE: ./lib/actions/stages/publish/spec.js
var spec = __webpack_require__(70016);
;// CONCATENATED MODULE: ./lib/actions/stages/publish/run.js


















/** Joins parts where there are several, pushes the index by digest, reads it back, and only then moves the tags: all or none. */
async function runPublish(read, act) {
    const inputs = loadPublish(read, act);
    if (inputs.reports !== undefined && inputs.problems.length === 0) {
        const { parts, problems } = await partsOf((0,external_node_path_.resolve)((0,folders/* workspaceOf */.B3)(act.env), inputs.reports), inputs.repositories, act);
        if (problems.length > 0)
            throw new errors/* PipelineError */.zC('gate', problems);
        return publishParts({ ...inputs, parts }, act);
    }
    return publishParts(inputs, act);
}
/** What the legs of a matrix pushed into the first repository, by their reports. A leg that did not pass stops everything. */
async function partsOf(folder, [to], act) {
    const legs = await (0,report_legs/* readLegs */.C)(folder, act);
    const problems = [];
    const fault = (what, cause) => void problems.push({
        code: 'publish-leg',
        what,
        cause,
        where: folder,
        fix: 'look at the job of that leg; nothing was tagged',
    });
    const parts = legs.flatMap(({ leg: { name, report, reason } }) => {
        if (report?.outcome !== 'passed') {
            fault(`${name} did not pass`, reason ?? report?.problems[0]?.what ?? 'its report says so');
            return [];
        }
        const image = report.images.find((one) => to !== undefined && one.digest !== undefined && one.name === `${to.registry}/${to.repository}`);
        if (to === undefined || image?.digest === undefined || !report.push) {
            fault(`${name} pushed no such image`, `its images are ${report.images.map((one) => one.name).join(', ') || 'none'}`);
            return [];
        }
        return [{ ...to, digest: image.digest }];
    });
    if (legs.length === 0)
        fault('there are no reports', 'the artifacts of the legs were not downloaded');
    return { parts, problems };
}
async function publishParts(inputs, act) {
    const tags = await tagsOf(inputs, act);
    const problems = [...inputs.problems, ...tags.problems];
    const [first] = inputs.repositories;
    if (problems.length > 0 || first === undefined)
        throw new errors/* PipelineError */.zC('input', problems);
    const client = (0,actions_registry/* registryClient */.Rk)(inputs.access, act);
    for (const part of inputs.parts)
        if (!(0,reference/* sameRepository */.RB)(part, first))
            await (0,copy/* copyImage */.L)(part, first, client, act);
    const parts = inputs.parts.map((part) => ({ ...part, ...first }));
    const joined = await joinParts(parts, inputs.platforms, Object.fromEntries(inputs.annotations), client);
    const source = { ...first, digest: joined.digest };
    if (joined.made) {
        await client.putManifest(first, joined.bytes, joined.mediaType, joined.digest);
        act.log.info(`pushed ${(0,reference/* formatReference */.FH)(source)} (${joined.platforms.length} platforms), no tag yet`);
    }
    if (inputs.verify !== 'off') {
        const report = await (0,verify/* verifyImage */.Z)(source, { platforms: joined.platforms.map((one) => one.platform) }, client, { level: inputs.verify, signal: act.signal });
        const failure = (0,verify/* verifyError */.q)(report);
        if (failure !== undefined)
            throw failure;
        act.log.info(`read back: ${report.blobs} blobs`);
    }
    const targets = [
        ...inputs.repositories.flatMap((to) => tags.tags.map((tag) => ({ ...to, tag }))),
        ...tags.references.map(({ name, tag }) => ({ ...repository(name), tag })),
    ];
    const published = await (0,publish/* publish */.mk)({ source, tags: targets }, client, act);
    return {
        outputs: {
            image: inputs.repositories.map((to) => (0,reference/* formatReference */.FH)({ ...to, digest: joined.digest })).join('\n'),
            digest: joined.digest,
            tags: published.tags.map((tag) => tag.reference).join('\n'),
            'platform-digests': JSON.stringify(Object.fromEntries(joined.platforms.map((one) => [(0,base_platform/* formatPlatform */.Bq)(one.platform), one.digest]))),
        },
        summary: summarise((0,reference/* formatReference */.FH)(source), joined, published.tags),
    };
}
const repository = (name) => {
    const { registry, repository: path } = (0,actions_registry/* referenceOf */.Bz)(name);
    return { registry, repository: path };
};
/** Reads the inputs; every problem is in `problems`. */
function loadPublish(read, act) {
    const reader = new build_reader/* Reader */.m(read, act.env, act.secrets, spec/* PUBLISH */.W.inputs);
    const repositories = reader.images().flatMap((name) => {
        const found = (0,reference/* parseReference */.F2)(name);
        return 'reason' in found ? [] : [{ registry: found.registry, repository: found.repository }];
    });
    if (repositories.length === 0 && reader.problems.length === 0)
        reader.bad('images', '', 'no image is named', 'set images, for example ghcr.io/OWNER/NAME');
    const reports = reader.text('reports') === '' ? undefined : reader.relativePath('reports', '.');
    if (reports !== undefined && reader.text('digests') !== '')
        reader.bad('reports', reports, 'given together with digests', 'keep one of them');
    const parts = repositories[0] === undefined || reports !== undefined ? [] : readParts(reader, repositories[0]);
    return {
        repositories,
        parts,
        reports,
        platforms: reader.platforms(),
        tags: reader.collect('tags', (0,tags/* parseTagRules */.hh)(reader.text('tags')), (rules) => rules),
        annotations: reader.pairs('annotations'),
        workingDirectory: reader.relativePath('working-directory', '.'),
        verify: reader.choice('verify'),
        access: reader.registryAccess(),
        problems: reader.problems,
    };
}
/** Digests, references by digest, or JSON objects of platform to digest; empty ones are legs that gave none. */
function readParts(reader, standard) {
    const parts = [];
    const add = (text, line) => {
        if ((0,media_types/* isDigest */.Bc)(text)) {
            parts.push({ ...standard, digest: text });
            return;
        }
        const found = (0,reference/* parseReference */.F2)(text);
        if ('reason' in found || found.digest === undefined)
            reader.bad('digests', line, 'not a digest', 'write sha256:…, name@sha256:…, or the JSON of platform-digests');
        else
            parts.push({ registry: found.registry, repository: found.repository, digest: found.digest });
    };
    for (const line of reader.list('digests')) {
        const json = line.startsWith('{') ? (0,base_json/* parseObject */.lj)(line) : undefined;
        if (json === undefined)
            add(line, line);
        else
            for (const value of Object.values(json))
                add(typeof value === 'string' ? value : '', line);
    }
    if (parts.length === 0 && reader.problems.length === 0)
        reader.bad('digests', '', 'there is nothing to join', 'hand on the outputs platform-digests of the legs');
    return parts.filter((part, at) => parts.findIndex((one) => one.digest === part.digest) === at);
}
async function tagsOf(inputs, act) {
    const [git, event] = await Promise.all([
        (0,project_git/* gitFacts */.gi)((0,external_node_path_.resolve)((0,folders/* workspaceOf */.B3)(act.env), inputs.workingDirectory), act.env, act),
        (0,project_git/* eventFacts */.IS)(act.env),
    ]);
    const folder = inputs.workingDirectory === '.' ? undefined : inputs.workingDirectory;
    const result = (0,tags/* computeTags */.$o)(inputs.tags, (0,tags/* tagFacts */.EG)(git, event, act.clock.now(), folder));
    for (const note of result.notes)
        act.log.info(note);
    return { ...result, problems: result.problems.map((problem) => ({ input: 'tags', ...problem })) };
}
function summarise(image, joined, tags) {
    return [
        joined.made ? '## Joined from its platforms and published' : '## Published',
        (0,markdown/* code */.aY)(image),
        (0,markdown/* table */.tp)([['platform', 'left'], ['digest', 'left']], joined.platforms.map((one) => [(0,markdown/* code */.aY)((0,base_platform/* formatPlatform */.Bq)(one.platform)), (0,markdown/* code */.aY)(one.digest)])),
        (0,markdown/* table */.tp)([['tag', 'left'], ['was', 'left']], tags.map((tag) => [(0,markdown/* code */.aY)(tag.reference), tag.old === undefined ? 'new' : tag.state === 'unchanged' ? 'the same' : (0,markdown/* code */.aY)(tag.old)])),
    ].join('\n\n');
} // prettier-ignore
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
