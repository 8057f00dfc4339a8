export const id = 393;
export const ids = [393];
export const modules = {

/***/ 23393:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  runBinaries: () => (/* binding */ runBinaries)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/clock.js
var clock = __webpack_require__(74743);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: ./lib/base/download.js
var download = __webpack_require__(13001);
// EXTERNAL MODULE: ./lib/base/files.js
var base_files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/base/platform.js
var base_platform = __webpack_require__(44694);
// EXTERNAL MODULE: ./lib/checks/binary.js + 2 modules
var binary = __webpack_require__(26289);
// EXTERNAL MODULE: ./lib/go/compile.js + 1 modules
var compile = __webpack_require__(14285);
// EXTERNAL MODULE: ./lib/binaries/build-info.js
var build_info = __webpack_require__(86406);
// EXTERNAL MODULE: ./lib/image/layers.js
var image_layers = __webpack_require__(6415);
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(57975);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(38522);
;// CONCATENATED MODULE: ./lib/binaries/zip.js




const deflate = (0,external_node_util_.promisify)(external_node_zlib_.deflateRaw);
const LIMIT = 0xffff_ffff;
/** MS-DOS time, two seconds fine, and date from 1980 on (APPNOTE 4.4.6), in UTC so that no machine's zone is in it. */
function dosTime(seconds) {
    const at = new Date(Math.max(seconds, Date.UTC(1980, 0, 1) / 1000) * 1000);
    return {
        time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
        date: (Math.min(at.getUTCFullYear() - 1980, 127) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    };
}
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++)
        value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
    return value;
});
/** CRC-32 (ISO 3309). node:zlib has one only from 20.15 on. */
function crc32(data) {
    let value = 0xffff_ffff;
    for (const byte of data)
        value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
    return (value ^ 0xffff_ffff) >>> 0;
}
/**
 * Writes a ZIP archive (PKWARE APPNOTE 6.3.10, deflate, no extra fields): the same entries and time give the same bytes.
 * One entry is in memory at a time.
 *
 * @param mtime seconds since the epoch, for every entry
 * @throws PipelineError environment `archive-too-large` beyond 4 GiB, where another format begins
 */
async function writeZip(file, entries, mtime) {
    const { time, date } = dosTime(mtime);
    const handle = await (0,promises_.open)(file, 'w');
    try {
        const directory = [];
        let at = 0;
        const put = async (bytes) => {
            await handle.write(bytes, 0, bytes.length, at);
            at += bytes.length;
            if (at > LIMIT)
                throw (0,errors/* environmentError */.me)({ code: 'archive-too-large', what: 'an archive is larger than 4 GiB', where: file, fix: 'set archive to tar.gz' }); // prettier-ignore
        };
        for (const { name, content, mode } of entries) {
            const packed = await deflate(content, { level: 9 });
            const title = Buffer.from(name, 'utf8');
            const common = Buffer.alloc(26);
            common.writeUInt16LE(20, 0); // needs version 2.0: deflate
            common.writeUInt16LE(0x0800, 2); // the name is UTF-8
            common.writeUInt16LE(8, 4); // deflate
            common.writeUInt16LE(time, 6);
            common.writeUInt16LE(date, 8);
            common.writeUInt32LE(crc32(content), 10);
            common.writeUInt32LE(packed.length, 14);
            common.writeUInt32LE(content.length, 18);
            common.writeUInt16LE(title.length, 22);
            const tail = Buffer.alloc(14);
            tail.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6); // external attributes: a file with its mode
            tail.writeUInt32LE(at, 10);
            directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 3]), common, tail, title); // made on Unix
            await put(Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, title, packed]));
        }
        const start = at;
        await put(Buffer.concat(directory));
        const end = Buffer.alloc(22);
        end.write('PK\u0005\u0006', 0, 'latin1');
        end.writeUInt16LE(entries.length, 8);
        end.writeUInt16LE(entries.length, 10);
        end.writeUInt32LE(at - start, 12);
        end.writeUInt32LE(start, 16);
        await put(end);
    }
    finally {
        await handle.close();
    }
}
//# sourceMappingURL=zip.js.map
;// CONCATENATED MODULE: ./lib/binaries/pack.js




/**
 * Writes one archive (or the bare program) so that the same members and time give the same bytes: sorted, owned by 0, modes
 * and times fixed.
 *
 * @param mtime seconds since the epoch, of the commit
 */
async function pack(bundle, members, out, mtime, act) {
    const file = (0,external_node_path_.join)(out, bundle.file);
    await (0,promises_.mkdir)((0,external_node_path_.dirname)(file), { recursive: true });
    const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (bundle.format === 'zip') {
        const entries = [];
        for (const { name, from, mode } of sorted)
            entries.push({ name, content: await (0,promises_.readFile)(from), mode });
        await writeZip(file, entries, mtime);
    }
    else if (bundle.format === 'tar.gz') {
        const folder = await act.temp.make('archive');
        for (const { name, from, mode } of sorted) {
            await (0,promises_.copyFile)(from, (0,external_node_path_.join)(folder, (0,external_node_path_.basename)(name)));
            await (0,promises_.chmod)((0,external_node_path_.join)(folder, (0,external_node_path_.basename)(name)), mode);
        }
        await (0,image_layers/* packLayer */.J)(folder, file, { mtime });
    }
    else {
        const [program] = sorted;
        if (program !== undefined)
            await (0,promises_.copyFile)(program.from, file);
        await (0,promises_.chmod)(file, 0o755);
    }
    return file;
}
//# sourceMappingURL=pack.js.map
// EXTERNAL MODULE: ./lib/binaries/platforms.js
var platforms = __webpack_require__(74785);
;// CONCATENATED MODULE: ./lib/binaries/provenance.js

/** The facts of this run from the runner's environment; undefined outside GitHub Actions. */
function githubRun(env) {
    if (env['GITHUB_ACTIONS'] !== 'true')
        return undefined;
    const get = (name) => env[name] ?? '';
    const [repository, workflowRef, runId] = [get('GITHUB_REPOSITORY'), get('GITHUB_WORKFLOW_REF'), get('GITHUB_RUN_ID')]; // prettier-ignore
    if (repository === '' || runId === '')
        return undefined;
    return {
        serverUrl: get('GITHUB_SERVER_URL') === '' ? 'https://github.com' : get('GITHUB_SERVER_URL'),
        repository,
        repositoryId: get('GITHUB_REPOSITORY_ID'),
        ownerId: get('GITHUB_REPOSITORY_OWNER_ID'),
        ref: get('GITHUB_REF'),
        workflowRef,
        eventName: get('GITHUB_EVENT_NAME'),
        runId,
        attempt: get('GITHUB_RUN_ATTEMPT') === '' ? '1' : get('GITHUB_RUN_ATTEMPT'),
        runner: get('RUNNER_ENVIRONMENT') === 'github-hosted' ? 'github-hosted' : 'self-hosted',
    };
}
/**
 * How the files came to be: an in-toto statement v1 with the SLSA provenance v1 predicate (slsa.dev/spec/v1.0/provenance), of
 * the build type that GitHub's own attestations use. It is not signed: who signs it states that this run made it.
 */
function toProvenance(facts) {
    const { run } = facts;
    const repository = `${run.serverUrl}/${run.repository}`;
    const [workflow = '', workflowRef = run.ref] = run.workflowRef.split('@', 2);
    const modules = new Map(facts.modules.map((module) => [(0,build_info/* purlOf */.V)(module), module]));
    return {
        _type: 'https://in-toto.io/Statement/v1',
        subject: facts.subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {
            buildDefinition: {
                buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
                externalParameters: {
                    workflow: {
                        ref: workflowRef,
                        repository,
                        path: workflow.startsWith(`${run.repository}/`) ? workflow.slice(run.repository.length + 1) : workflow,
                    },
                    inputs: facts.parameters,
                },
                internalParameters: {
                    github: {
                        event_name: run.eventName,
                        repository_id: run.repositoryId,
                        repository_owner_id: run.ownerId,
                        runner_environment: run.runner,
                    },
                },
                resolvedDependencies: [
                    { uri: `git+${repository}@${run.ref}`, digest: { gitCommit: facts.commit } },
                    { uri: `pkg:golang/toolchain@${facts.go}`, name: 'Go' },
                    ...[...modules.keys()].sort().map((uri) => {
                        const sum = modules.get(uri)?.sum ?? '';
                        // in-toto names dirHash for Go's h1: sums (github.com/in-toto/attestation, digest_set.md), in hex.
                        return sum.startsWith('h1:')
                            ? { uri, digest: { dirHash: Buffer.from(sum.slice(3), 'base64').toString('hex') } }
                            : { uri };
                    }),
                ],
            },
            runDetails: {
                builder: { id: `https://github.com/actions/runner/${run.runner}` },
                metadata: { invocationId: `${repository}/actions/runs/${run.runId}/attempts/${run.attempt}` },
            },
        },
    };
} // prettier-ignore
//# sourceMappingURL=provenance.js.map
// EXTERNAL MODULE: ./lib/binaries/sbom.js
var binaries_sbom = __webpack_require__(38104);
;// CONCATENATED MODULE: ./lib/binaries/sums.js




const SUMS = 'SHA256SUMS';
const PROVENANCE = 'provenance.json';
/** The lines of `sha256sum --binary` (`HEX *NAME`), sorted by name. */
const formatSums = (files) => [...files]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => `${sha256} *${name}\n`)
    .join('');
/** Reads such lines; a name with a folder in it, or one that stands twice, is a fault. */
function parseSums(text) {
    const files = [];
    const problems = [];
    for (const line of text.split(/\r?\n/)) {
        if (line === '')
            continue;
        const [, sha256 = '', name = ''] = /^([0-9a-f]{64}) [ *]([^/\\]+)$/.exec(line) ?? [];
        if (name === '' || name === '.' || name === '..')
            problems.push(`"${line.slice(0, 100)}" is no line of checksums`);
        else if (files.some((file) => file.name === name))
            problems.push(`${name} stands twice`);
        else
            files.push({ name, sha256 });
    }
    if (files.length === 0 && problems.length === 0)
        problems.push('it is empty');
    return { files, problems };
} // prettier-ignore
/**
 * Whether a folder holds exactly the files of its SHA256SUMS, unchanged, and beside them at most a provenance that speaks of
 * the same files. What somebody put in between is never released.
 */
async function checkFolder(folder) {
    const faults = [];
    const text = await (0,promises_.readFile)((0,external_node_path_.join)(folder, SUMS), 'utf8').catch((error) => {
        if ((0,errors/* codeOf */.$N)(error) === 'ENOENT' || (0,errors/* codeOf */.$N)(error) === 'ENOTDIR')
            return undefined;
        throw error;
    });
    if (text === undefined)
        return { files: [], problems: [problem(folder, [`there is no ${SUMS} in it`])] };
    const sums = parseSums(text);
    faults.push(...sums.problems);
    const there = (await (0,promises_.readdir)(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of there) {
        if (entry.name === SUMS || entry.name === PROVENANCE)
            continue;
        if (!sums.files.some(({ name }) => name === entry.name))
            faults.push(`${entry.name} is not in ${SUMS}`);
        else if (!entry.isFile())
            faults.push(`${entry.name} is no file`);
    }
    for (const { name, sha256 } of sums.files) {
        if (!there.some((entry) => entry.name === name))
            faults.push(`${name} is missing`);
        else if (there.some((entry) => entry.name === name && entry.isFile())) {
            const is = await (0,download/* sha256File */.Q3)((0,external_node_path_.join)(folder, name));
            if (is !== sha256)
                faults.push(`${name} was changed: its SHA-256 is ${is}, not ${sha256}`);
        }
    }
    const files = [...sums.files];
    if (there.some(({ name }) => name === PROVENANCE)) {
        const wrong = provenanceFault(await (0,promises_.readFile)((0,external_node_path_.join)(folder, PROVENANCE), 'utf8'), sums.files);
        if (wrong !== undefined)
            faults.push(`${PROVENANCE} ${wrong}`);
        files.push({ name: PROVENANCE, sha256: await (0,download/* sha256File */.Q3)((0,external_node_path_.join)(folder, PROVENANCE)) });
    }
    files.push({ name: SUMS, sha256: await (0,download/* sha256File */.Q3)((0,external_node_path_.join)(folder, SUMS)) });
    return { files, problems: faults.length === 0 ? [] : [problem(folder, faults)] };
}
function provenanceFault(text, files) {
    let subjects;
    try {
        subjects = JSON.parse(text)?.subject;
    }
    catch {
        return 'is no JSON';
    }
    if (!Array.isArray(subjects))
        return 'has no subjects';
    const stated = subjects
        .map((one) => `${String(one.digest?.sha256)} ${String(one.name)}`)
        .sort();
    const wanted = files.map(({ name, sha256 }) => `${sha256} ${name}`).sort();
    return JSON.stringify(stated) === JSON.stringify(wanted) ? undefined : 'speaks of other files';
}
const problem = (folder, faults) => ({
    code: 'binaries-changed',
    what: 'the files are not those that were built',
    cause: `${faults.slice(0, 10).join('; ')}${faults.length > 10 ? `; and ${faults.length - 10} more` : ''}`,
    where: folder,
    fix: 'release the folder that the stage binaries wrote, as it is; build again when in doubt',
});
//# sourceMappingURL=sums.js.map
;// CONCATENATED MODULE: ./lib/binaries/build.js
















const BUILD_MS = 60 * 60_000;
/**
 * Compiles every program, checks each for its machine, packs them, and writes SBOMs, SHA256SUMS and the provenance. The same
 * commit, Go and Node give the same files but the provenance, which names the run.
 *
 * @throws CompileError (gate); PipelineError gate `binary-…`, environment `binaries-no-info`
 */
async function buildBinaries(request, act) {
    const folder = await act.temp.make('binaries');
    // Filled apart: what was cut short leaves nothing in the folder that is released.
    const out = await act.temp.make('release');
    const wanted = request.bundles.flatMap((bundle) => bundle.members);
    const fileOf = (one) => (0,external_node_path_.join)(folder, (0,base_platform/* platformSlug */.DN)(one.platform), (0,base_platform/* executable */.FC)(one.name, one.platform.os));
    const built = await (0,compile/* compile */.wE)(wanted.map((one) => ({ main: one.main, platform: one.platform, output: fileOf(one) })), { ...request.compile, buildvcs: 'auto', timeoutMs: BUILD_MS }, act);
    act.log.info(`${built.length} programs, ${(0,clock/* formatBytes */.z3)(built.reduce((sum, one) => sum + one.size, 0))}`);
    await checkAll(wanted, fileOf);
    const sums = [];
    const archives = [];
    const infos = [];
    for (const bundle of request.bundles) {
        act.signal.throwIfAborted();
        const programs = bundle.members.map((one) => ({
            name: (0,base_platform/* executable */.FC)(one.name, one.platform.os),
            from: fileOf(one),
            mode: 0o755,
        }));
        const extras = bundle.format === 'none' ? [] : request.extras;
        const file = await pack(bundle, [...programs, ...extras], out, request.commitTime, act);
        const sha256 = await (0,download/* sha256File */.Q3)(file);
        sums.push({ name: bundle.file, sha256 });
        archives.push({
            name: bundle.file,
            digest: `sha256:${sha256}`,
            platform: (0,base_platform/* formatPlatform */.Bq)(bundle.platform),
            size: (await (0,promises_.stat)(file)).size,
            programs: programs.map(({ name }) => name),
        });
        for (const { from, name } of programs) {
            const info = await readInfo(from, request.compile, act);
            infos.push(info);
            if (!request.sbom)
                continue;
            const sbom = `${programs.length === 1 ? bundle.file : `${bundle.file}.${name}`}.spdx.json`;
            const text = `${JSON.stringify((0,binaries_sbom/* toSpdx */.z)(info, await sbomFacts(from, name, request)), null, 2)}\n`;
            await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(out, sbom), text);
            sums.push({ name: sbom, sha256: (0,external_node_crypto_.createHash)('sha256').update(text).digest('hex') });
        }
    }
    await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(out, SUMS), formatSums(sums));
    const { run } = request;
    if (run !== undefined) {
        const statement = toProvenance({
            subjects: [...sums].sort((a, b) => (a.name < b.name ? -1 : 1)),
            commit: request.commit,
            modules: infos.flatMap((info) => info.dependencies),
            go: infos[0]?.go ?? '',
            run,
            parameters: request.parameters,
        });
        await (0,base_files/* writeAtomic */.vZ)((0,external_node_path_.join)(out, PROVENANCE), `${JSON.stringify(statement, null, 2)}\n`);
    }
    await (0,promises_.cp)(out, request.out, { recursive: true });
    return { archives, sums, provenance: run !== undefined };
}
/** Every fault of every program at once. */
async function checkAll(wanted, fileOf) {
    const problems = await Promise.all(wanted.map(async (one) => (0,binary/* judgeBinary */.jp)(await (0,binary/* readBinaryFile */._N)(fileOf(one)), one.platform, {
        where: `${one.name} for ${(0,base_platform/* formatPlatform */.Bq)(one.platform)}`,
        mustBeStatic: (0,platforms/* mustBeStatic */.Bx)(one.platform),
    })));
    const all = problems.flat();
    if (all.length > 0)
        throw new errors/* PipelineError */.zC('gate', all);
}
async function sbomFacts(file, name, request) {
    const content = await (0,promises_.readFile)(file);
    const hash = (algorithm) => (0,external_node_crypto_.createHash)(algorithm).update(content).digest('hex');
    const { version, commitTime, license, url, commit } = request;
    return {
        file: name,
        sha1: hash('sha1'),
        sha256: hash('sha256'),
        version,
        created: commitTime,
        ...(license === undefined ? {} : { license }),
        ...(url === undefined ? {} : { url }),
        ...(commit === '' ? {} : { commit }),
    };
} // prettier-ignore
async function readInfo(file, { bin, env }, act) {
    const done = await act.exec.run({
        argv: [bin, 'version', '-m', file],
        // GOFLAGS may hold flags that `go version` does not know.
        env: { ...env, GOFLAGS: undefined },
        timeoutMs: 60_000,
        signal: act.signal,
    });
    const info = done.code === 0 ? (0,build_info/* parseBuildInfo */._)(done.stdout) : undefined;
    if (info === undefined)
        throw (0,errors/* environmentError */.me)({
            code: 'binaries-no-info',
            what: `${(0,external_node_path_.basename)(file)} says nothing about what it is made of`,
            cause: 'it has no build information',
            fix: 'remove -buildmode and linker flags that strip it, or set sbom: false',
        }, { log: done.tail.join('\n') });
    return info;
}
//# sourceMappingURL=build.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/base/lists.js
var lists = __webpack_require__(23416);
;// CONCATENATED MODULE: ./lib/binaries/names.js


const KEYS = ['Project', 'Name', 'Version', 'Tag', 'ShortCommit', 'Os', 'Arch'];
/** zip where people unpack by double click, tar.gz where modes of files matter. */
const formatOf = (asked, platform) => asked === 'auto' ? (platform.os === 'windows' ? 'zip' : 'tar.gz') : asked;
/** What is wrong with a template by itself: unknown keys, braces, letters that GitHub would rename. */
function templateProblems(template) {
    const problems = [];
    const bad = (what, fix) => {
        problems.push({ code: 'bad-input', what, input: 'name', value: template, fix });
    };
    const known = KEYS.map((key) => `{{.${key}}}`).join(' ');
    const plain = template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, key) => {
        if (KEYS.includes(key))
            return '';
        const near = (0,lists/* nearest */.pA)(key, KEYS);
        bad(`${whole} is not known`, `${near === undefined ? '' : `did you mean {{.${near}}}? `}known: ${known}`);
        return '';
    });
    if (/[{}]/.test(plain))
        bad('braces that are no {{.Key}}', `known: ${known}`);
    else if (!/^[\w.+-]*$/.test(plain))
        bad('not a name of a file', 'use letters, digits and . _ + - between the keys'); // prettier-ignore
    for (const key of ['Os', 'Arch'])
        if (!new RegExp(`\\{\\{\\s*\\.${key}\\s*\\}\\}`).test(template))
            bad(`the name has no {{.${key}}}`, `two platforms would have one name: put {{.${key}}} into it`);
    return problems;
}
/** `armv7`, `amd64v3`. */
const archName = ({ arch, variant = '' }) => arch + variant;
/** The name without a suffix. */
function renderName(template, facts, name, platform) {
    const values = {
        Project: facts.project,
        Name: name,
        Version: facts.version,
        Tag: facts.tag,
        ShortCommit: facts.shortCommit,
        Os: platform.os,
        Arch: archName(platform),
    };
    const text = template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, key) => values[key]);
    // Versions and tags may hold slashes and plus signs; GitHub renames other letters of an asset by itself.
    return text.replace(/[^\w.+-]+/g, '-');
}
/**
 * The files of a release. Programs whose names come out equal go into one archive, so `{{.Name}}` in the template decides
 * whether several programs go out one by one or together.
 */
function bundles(programs, template, facts, archive) {
    const found = new Map();
    const problems = [];
    for (const program of programs) {
        const { platform } = program;
        const format = formatOf(archive, platform);
        const suffix = format === 'none' ? (platform.os === 'windows' ? '.exe' : '') : `.${format}`;
        const file = renderName(template, facts, program.name, platform) + suffix;
        const known = found.get(file.toLowerCase());
        if (known === undefined)
            found.set(file.toLowerCase(), { file, format, platform, members: [program] });
        else if (format === 'none' || (0,base_platform/* formatPlatform */.Bq)(known.platform) !== (0,base_platform/* formatPlatform */.Bq)(platform))
            problems.push({
                code: 'bad-input',
                what: `two files would be called ${file}`,
                input: 'name',
                value: template,
                fix: format === 'none' ? 'without an archive each program needs a name: put {{.Name}} into it' : 'put {{.Os}} and {{.Arch}} into it', // prettier-ignore
            });
        else
            known.members.push(program);
    }
    return { bundles: [...found.values()], problems };
}
//# sourceMappingURL=names.js.map
// EXTERNAL MODULE: ./lib/actions/build/reader.js
var build_reader = __webpack_require__(28853);
// EXTERNAL MODULE: ./lib/actions/stages/binaries/spec.js
var spec = __webpack_require__(42490);
;// CONCATENATED MODULE: ./lib/actions/stages/binaries/inputs.js




/** Reads the inputs; every problem is in `problems`. */
function loadBinaries(read, act) {
    const reader = new build_reader/* Reader */.m(read, act.env, act.secrets, spec/* BINARIES */.Q.inputs);
    const name = reader.text('name');
    const path = (input) => reader.optional(input) === undefined ? undefined : reader.relativePath(input, '.');
    const inputs = {
        platforms: reader.collect('platforms', (0,platforms/* parseTargets */.Sx)(reader.list('platforms', { commas: true })), (found) => found.platforms),
        workingDirectory: reader.relativePath('working-directory', '.'),
        main: reader.mains(),
        name: reader.collect('name', { problems: templateProblems(name) }, () => name),
        archive: reader.choice('archive'),
        files: filesOf(reader),
        version: versionOf(reader),
        sbom: reader.boolean('sbom'),
        goVersion: reader.goVersion(),
        goVersionFile: reader.text('go-version-file'),
        goTags: reader.goTags(),
        ldflags: reader.ldflags(),
        goproxy: reader.optional('goproxy'),
        goMirrors: reader.urls('go-mirrors'),
        cgo: false,
        release: reader.boolean('release') || reader.optional('from') !== undefined,
        from: path('from'),
        tag: tagOf(reader),
        draft: reader.boolean('draft'),
        notes: path('notes'),
        token: reader.text('github-token'),
        out: path('out'),
    };
    return { ...inputs, problems: reader.problems };
}
function filesOf(reader) {
    const files = reader.list('files', { commas: true });
    if (files.length === 1 && files[0] === 'auto')
        return undefined;
    if (files.length === 1 && files[0] === 'none')
        return [];
    return files.map((text) => {
        const clean = text.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
        if (/^(?:[A-Za-z]:|\/)/.test(clean) || clean.split('/').includes('..'))
            reader.bad('files', text, 'a path that leads out of working-directory', 'write a path below it');
        return clean;
    });
}
function versionOf(reader) {
    const text = reader.optional('version');
    if (text !== undefined && !/^[\w.+-]+$/.test(text))
        reader.bad('version', text, 'not a version', 'use letters, digits and . _ + -');
    return text;
}
/** As git check-ref-format has it, as far as it matters in an address. */
function tagOf(reader) {
    const text = reader.optional('tag')?.replace(/^refs\/tags\//, '');
    if (text !== undefined && (!/^[\w.+/-]+$/.test(text) || /^[/.-]|\.\.|\/$/.test(text)))
        reader.bad('tag', text, 'not a tag', 'write the name of a git tag, for example v1.2.3');
    return text;
}
//# sourceMappingURL=inputs.js.map
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(48161);
// EXTERNAL MODULE: ./lib/go/flags.js
var flags = __webpack_require__(66549);
// EXTERNAL MODULE: ./lib/go/ldflags.js
var go_ldflags = __webpack_require__(94045);
;// CONCATENATED MODULE: ./lib/image/license.js
/** Phrases that only one licence's text has, and the first lines that name it. */
const TEXTS = [
    ['AGPL-3.0-only', /GNU AFFERO GENERAL PUBLIC LICENSE/, /Version 3,/],
    ['LGPL-3.0-only', /GNU LESSER GENERAL PUBLIC LICENSE/, /Version 3,/],
    ['LGPL-2.1-only', /GNU LESSER GENERAL PUBLIC LICENSE/, /Version 2\.1,/],
    ['GPL-3.0-only', /GNU GENERAL PUBLIC LICENSE/, /Version 3,/],
    ['GPL-2.0-only', /GNU GENERAL PUBLIC LICENSE/, /Version 2,/],
    ['Apache-2.0', /Apache License/, /Version 2\.0/],
    ['MPL-2.0', /Mozilla Public License,? [Vv]ersion 2\.0/],
    ['EPL-2.0', /Eclipse Public License - v 2\.0/],
    ['Unlicense', /This is free and unencumbered software released into the public domain/],
    ['CC0-1.0', /CC0 1\.0 Universal/],
    ['BSL-1.0', /Boost Software License - Version 1\.0/],
    ['Zlib', /This software is provided 'as-is', without any express or implied warranty\. In no event/],
    ['0BSD', /Permission to use, copy, modify, and\/or distribute this software for any purpose with or without fee is hereby granted\./],
    ['ISC', /Permission to use, copy, modify, and(?:\/or)? distribute this software for any purpose with or without fee is hereby granted, provided/],
    ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy of this software/, /THE SOFTWARE IS PROVIDED/i],
    ['BSD-3-Clause', /Redistribution and use in source and binary forms/, /Neither the name of/],
    ['BSD-2-Clause', /Redistribution and use in source and binary forms/],
]; // prettier-ignore
/** File names that hold a licence, in the order in which they are looked at. */
const LICENSE_FILES = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'LICENCE', 'COPYING', 'UNLICENSE'];
/**
 * The SPDX identifier of a licence text, or undefined when it is not surely one of the usual ones: a wrong statement
 * about a licence is worse than none. An `SPDX-License-Identifier:` line decides.
 */
function guessLicense(text) {
    const stated = /^\W*SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]+?)\s*(?:\*\/)?$/m.exec(text);
    if (stated !== null)
        return stated[1];
    const plain = text.replace(/\s+/g, ' ').slice(0, 100_000);
    // A licence names itself in its head; later pages of the GPL speak of the AGPL and the LGPL.
    const head = plain.slice(0, 1500);
    return TEXTS.find(([id, ...needed]) => needed.every((phrase) => phrase.test(/GPL/.test(id) ? head : plain)))?.[0];
}
//# sourceMappingURL=license.js.map
// EXTERNAL MODULE: ./lib/image/tags.js + 4 modules
var tags = __webpack_require__(59209);
// EXTERNAL MODULE: ./lib/project/git.js
var project_git = __webpack_require__(15281);
// EXTERNAL MODULE: ./lib/project/modules.js + 3 modules
var modules = __webpack_require__(98054);
// EXTERNAL MODULE: ./lib/actions/project-go.js
var project_go = __webpack_require__(20877);
;// CONCATENATED MODULE: ./lib/actions/stages/binaries/prepare.js

















const READMES = ['README.md', 'README', 'README.txt', 'README.rst'];
/** Looks at the project and turns the inputs into what is to be built. Everything that is wrong is told at once. */
async function prepare(inputs, top, act) {
    const start = (0,external_node_path_.resolve)(top, inputs.workingDirectory);
    const [git, event] = await Promise.all([(0,project_git/* gitFacts */.gi)(start, act.env, act), (0,project_git/* eventFacts */.IS)(act.env)]);
    const root = git === undefined ? top : (0,external_node_path_.resolve)(git.root);
    const folder = (0,base_files/* slashes */.k2)((0,external_node_path_.relative)(root, start)) || '.';
    const gowork = act.env['GOWORK'];
    const workspace = await (0,modules/* findModules */.th)(root, folder, gowork === undefined ? {} : { gowork });
    const settings = {
        tags: inputs.goTags,
        cgo: false,
        race: false,
        cover: false,
        ...(inputs.goproxy === undefined ? {} : { goproxy: inputs.goproxy }),
    };
    const systems = [...new Set(inputs.platforms.map(({ os }) => os))];
    const found = await (0,modules/* findMains */.mM)(root, folder, workspace, { tags: inputs.goTags, systems });
    const mains = chooseMains(inputs, found);
    const out = (0,folders/* stageFolder */.h8)('binaries', inputs.out, act.env);
    const extras = await extraFiles(inputs, start, root);
    const facts = (0,tags/* tagFacts */.EG)(git, event, act.clock.now(), folder === '.' ? undefined : folder);
    const version = inputs.version ?? (0,tags/* describeVersion */.MP)(facts);
    const commitTime = git?.commitTime ?? Math.floor(act.clock.now() / 1000);
    const wanted = inputs.platforms.flatMap((platform) => mains.chosen.map((main) => ({ ...main, platform })));
    const names = { project: (0,modules/* projectName */.j1)(workspace) ?? 'app', version, tag: git?.tag ?? '', shortCommit: git?.shortCommit ?? '' }; // prettier-ignore
    const files = bundles(wanted, inputs.name, names, inputs.archive);
    const ldflags = (0,go_ldflags/* renderLdflags */.MT)(inputs.ldflags === '' ? go_ldflags/* DEFAULT_LDFLAGS */.wW : inputs.ldflags, {
        version,
        commit: git?.commit ?? event.sha ?? '',
        commitDate: new Date(commitTime * 1000).toISOString().replace('.000Z', 'Z'),
        env: act.env,
        ...(git?.branch === undefined ? {} : { branch: git.branch }),
        ...(git?.tag === undefined ? {} : { tag: git.tag }),
    });
    const problems = [
        ...inputs.problems,
        ...workspace.problems,
        ...(0,flags/* mergeGoFlags */.Ix)(settings, act.env['GOFLAGS']).problems,
        ...(workspace.problems.length > 0 ? [] : mains.problems),
        ...(await folderProblems(out)),
        ...extras.problems,
        ...files.problems,
        ...(inputs.problems.some(({ input }) => input === 'ldflags') ? [] : ldflags.problems),
    ];
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('input', problems);
    const go = await (0,project_go/* projectGo */.Y)(inputs, top, act);
    const listed = await act.exec.run({
        argv: [go.bin, 'tool', 'dist', 'list'],
        env: { ...go.env, GOFLAGS: undefined },
        timeoutMs: 60_000,
        signal: act.signal,
    });
    if (listed.code !== 0)
        throw (0,errors/* environmentError */.me)({ code: 'go-build-failed', what: 'go tool dist list failed', fix: 'this Go is not whole: set go-version' }, { log: listed.tail.join('\n') }); // prettier-ignore
    const unknown = (0,platforms/* checkTargets */.VJ)(inputs.platforms, listed.stdout, go.version);
    if (unknown.length > 0)
        throw new errors/* PipelineError */.zC('input', unknown);
    await emptyFolder(out);
    const license = await licenseOf(start, root);
    const run = githubRun(act.env);
    if (git?.dirty === true)
        act.log.warning(`the tree differs from the commit (${git.changes.slice(0, 3).join(', ')}): the files cannot be built again from it`); // prettier-ignore
    return {
        bundles: files.bundles,
        compile: {
            bin: go.bin,
            root,
            modules: workspace.modules,
            env: {
                ...go.env,
                ...git?.environment,
                ...(0,flags/* goCommandEnvironment */.fb)({ ...settings, stripped: (0,go_ldflags/* stripsDwarf */.cK)(ldflags.text) }, act.host, {}, act.env),
            },
            ldflags: ldflags.text,
            concurrency: Math.max(1, (0,external_node_os_.availableParallelism)()),
        },
        extras: extras.members,
        out,
        sbom: inputs.sbom,
        version,
        commit: git?.commit ?? event.sha ?? '',
        commitTime,
        ...(git?.url === undefined ? {} : { url: git.url }),
        ...(license === undefined ? {} : { license }),
        ...(run === undefined ? {} : { run }),
        parameters: {
            platforms: inputs.platforms.map(({ os, arch, variant }) => [os, arch, variant].filter((part) => part !== undefined).join('/')),
            main: mains.chosen.map(({ main }) => main.importPath),
            version,
            ldflags: ldflags.text,
            tags: inputs.goTags,
        },
    };
} // prettier-ignore
function chooseMains(inputs, found) {
    const list = found.map(({ path }) => path).join(', ');
    const bad = (what, fix, value) => ({ code: 'bad-input', what, input: 'main', ...(value === undefined ? {} : { value }), fix }); // prettier-ignore
    const problems = [];
    const chosen = inputs.main.length === 0
        ? found.map((main) => ({ main, name: main.name }))
        : inputs.main.flatMap((request) => {
            const main = found.find(({ path }) => path === request.path);
            if (main !== undefined)
                return [{ main, name: request.name ?? main.name }];
            problems.push(bad('no main package is there', list === '' ? 'no main package was found below working-directory' : `use one of ${list}`, request.path)); // prettier-ignore
            return [];
        });
    if (found.length === 0 && inputs.main.length === 0)
        problems.push(bad('there is no main package', 'point working-directory at the Go project; a library has no programs')); // prettier-ignore
    const names = chosen.map(({ name }) => name.toLowerCase());
    for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index)))
        problems.push(bad(`two programs are called ${name}`, 'give one of them another name: ./cmd/x=other', name));
    return { chosen, problems };
}
async function extraFiles(inputs, start, root) {
    const problems = [];
    const members = [];
    const add = (from) => members.push({ name: (0,external_node_path_.basename)(from), from, mode: 0o644 });
    if (inputs.files === undefined) {
        for (const names of [LICENSE_FILES, READMES]) {
            const file = await firstFile(names, [start, root]);
            if (file !== undefined)
                add(file);
        }
        return { members, problems };
    }
    for (const path of inputs.files) {
        if (!(await isFile((0,external_node_path_.resolve)(start, path))))
            problems.push({ code: 'bad-input', what: 'there is no such file', input: 'files', value: path, fix: 'name files relative to working-directory' }); // prettier-ignore
        else if (members.some(({ name }) => name === (0,external_node_path_.basename)(path)))
            problems.push({ code: 'bad-input', what: `two files are called ${(0,external_node_path_.basename)(path)}`, input: 'files', value: path, fix: 'archives have no folders: keep one of them' }); // prettier-ignore
        else
            add((0,external_node_path_.resolve)(start, path));
    }
    return { members, problems };
}
const isFile = (path) => (0,promises_.stat)(path).then((facts) => facts.isFile(), () => false);
async function firstFile(names, folders) {
    for (const folder of folders)
        for (const name of names)
            if (await isFile((0,external_node_path_.join)(folder, name)))
                return (0,external_node_path_.join)(folder, name);
    return undefined;
}
async function licenseOf(start, root) {
    const file = await firstFile(LICENSE_FILES, [start, root]);
    return file === undefined ? undefined : guessLicense(await (0,promises_.readFile)(file, 'utf8'));
}
/** Only a folder that holds nothing but what an earlier build wrote may be emptied. */
async function folderProblems(out) {
    const names = await (0,promises_.readdir)(out).catch(() => []);
    const known = parseSums((await (0,base_files/* readTextIfAny */.$v)((0,external_node_path_.join)(out, SUMS))) ?? '').files.map(({ name }) => name);
    const others = names.filter((name) => ![SUMS, PROVENANCE, ...known].includes(name));
    if (others.length === 0)
        return [];
    return [
        {
            code: 'bad-input',
            what: 'the folder holds other files',
            cause: others.slice(0, 5).join(', '),
            input: 'out',
            value: out,
            fix: 'name a new folder: what is released is all that is in it',
        },
    ];
}
async function emptyFolder(out) {
    try {
        await (0,promises_.rm)(out, { recursive: true, force: true, maxRetries: 3 });
        await (0,promises_.mkdir)((0,external_node_path_.dirname)(out), { recursive: true });
        // Out of git's sight: the next build must not find a changed tree.
        const ignore = (0,external_node_path_.join)((0,external_node_path_.dirname)(out), '.gitignore');
        if ((0,external_node_path_.basename)((0,external_node_path_.dirname)(out)) === '.gip' && (await (0,base_files/* readTextIfAny */.$v)(ignore)) === undefined)
            await (0,promises_.writeFile)(ignore, '*\n'); // prettier-ignore
        await (0,promises_.mkdir)(out, { recursive: true });
    }
    catch (error) {
        throw (0,errors/* inputError */.Xu)({ code: 'bad-input', what: 'the folder cannot be made', cause: String(error), input: 'out', value: out, fix: 'name a folder that can be written' }); // prettier-ignore
    }
}
//# sourceMappingURL=prepare.js.map
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/answers.js
var answers = __webpack_require__(67536);
// EXTERNAL MODULE: ./lib/github/once.js
var once = __webpack_require__(56210);
;// CONCATENATED MODULE: ./lib/github/releases.js





const NEEDS = 'contents: write';
/**
 * Puts files into the draft release of a tag, making it when there is none: each is uploaded once, what is there with
 * another digest is replaced, and in the end the list is read back and compared. A release that is published is never changed.
 *
 * @throws PipelineError gate `release-published`, environment `release-incomplete`, GitHubFault
 */
async function ensureRelease(github, repository, wanted, act) {
    const { owner, repo } = repository;
    const { signal } = act;
    const { value: release, made } = await (0,once/* findOrMake */.t)(() => findRelease(github, repository, wanted.tag, act), async () => readRelease(await github.send('POST', (0,client/* route */.wE) `/repos/${owner}/${repo}/releases`, signal, {
        needs: NEEDS,
        body: {
            tag_name: wanted.tag,
            name: wanted.name,
            draft: true,
            prerelease: wanted.prerelease,
            ...(wanted.notes === undefined ? { generate_release_notes: true } : { body: wanted.notes }),
        },
    })), { clock: github.clock, signal });
    act.log.info(`${made ? 'made' : 'found'} the ${release.draft ? 'draft' : 'release'} of ${wanted.tag}: ${release.url}`); // prettier-ignore
    const before = await assetsOf(github, repository, release, signal);
    if (!release.draft) {
        const wrong = differences(before, wanted.files);
        if (wrong.length === 0)
            return { url: release.url, uploaded: 0, draft: false };
        throw (0,errors/* gateError */.em)({
            code: 'release-published',
            what: `the release of ${wanted.tag} is published and holds other files`,
            cause: wrong.slice(0, 5).join('; '),
            where: release.url,
            fix: 'people may have downloaded it: make a new tag',
        });
    }
    let uploaded = 0;
    for (const file of wanted.files)
        if (await ensureAsset(github, repository, release, file, act))
            uploaded++;
    const after = await assetsOf(github, repository, release, signal);
    const wrong = differences(after, wanted.files);
    if (wrong.length > 0)
        throw (0,errors/* environmentError */.me)({
            code: 'release-incomplete',
            what: `the draft of ${wanted.tag} does not hold what was uploaded`,
            cause: wrong.slice(0, 5).join('; '),
            where: release.url,
            fix: 'run the job again: it goes on where it stopped. A second run may have worked on the same draft',
        });
    const others = after.filter(({ name }) => !wanted.files.some((file) => file.name === name));
    if (others.length > 0)
        act.log.warning(`the draft also holds ${others.map(({ name }) => name).join(', ')}, which this run did not make`); // prettier-ignore
    if (wanted.draft)
        return { url: release.url, uploaded, draft: true };
    const published = await github.send('PATCH', (0,client/* route */.wE) `/repos/${owner}/${repo}/releases/${release.id}`, signal, {
        needs: NEEDS,
        body: { draft: false },
    });
    return { url: readRelease(published).url, uploaded, draft: false };
}
/** Drafts are in the list only; the address by tag does not know them. */
async function findRelease(github, { owner, repo }, tag, { log, signal }) {
    const found = [];
    const path = (0,client/* route */.wE) `/repos/${owner}/${repo}/releases`;
    for await (const one of github.items(path, signal, { needs: NEEDS }))
        if ((0,answers/* maybeText */.oX)(one, 'tag_name') === tag)
            found.push(readRelease(one));
    if (found.length > 1)
        log.warning(`${tag} has ${found.length} releases: ${found.map(({ url }) => url).join(', ')}`); // prettier-ignore
    return found.find(({ draft }) => !draft) ?? found[0];
}
const readRelease = (value) => ({
    id: (0,answers/* numberAt */.tk)(value, 'id'),
    url: (0,answers/* textAt */.$6)(value, 'html_url'),
    draft: (0,answers.at)(value, 'draft') === true,
    uploadUrl: (0,answers/* textAt */.$6)(value, 'upload_url').replace(/\{.*$/, ''),
});
async function assetsOf(github, { owner, repo }, release, signal) {
    const list = await github.list((0,client/* route */.wE) `/repos/${owner}/${repo}/releases/${release.id}/assets`, signal);
    return (0,answers/* listAt */.gT)({ list }, 'list').map(readAsset);
}
const readAsset = (value) => ({
    id: (0,answers/* numberAt */.tk)(value, 'id'),
    name: (0,answers/* textAt */.$6)(value, 'name'),
    uploaded: (0,answers/* maybeText */.oX)(value, 'state') === 'uploaded',
    digest: (0,answers/* maybeText */.oX)(value, 'digest'),
    size: (0,answers/* numberAt */.tk)(value, 'size'),
});
const isSame = (asset, file) => asset.uploaded && asset.digest === `sha256:${file.sha256}`;
/** What is missing or different. A server that tells no digest was believed when the upload ended well. */
const differences = (assets, files) => files.flatMap((file) => {
    const asset = assets.find(({ name }) => name === file.name);
    if (asset === undefined)
        return [`${file.name} is missing`];
    if (!asset.uploaded)
        return [`${file.name} is not whole`];
    if (asset.digest === undefined || isSame(asset, file))
        return [];
    return [`${file.name} is ${asset.digest}`];
});
/** Whether it had to be uploaded. After a cut connection it is looked for again; what an upload left behind is removed. */
async function ensureAsset(github, repository, release, file, act) {
    const { owner, repo } = repository;
    const { made } = await (0,once/* findOrMake */.t)(async () => {
        const there = (await assetsOf(github, repository, release, act.signal)).find(({ name }) => name === file.name);
        if (there === undefined || isSame(there, file))
            return there;
        act.log.info(`${file.name} is there but not the same: replaced`);
        await github.send('DELETE', (0,client/* route */.wE) `/repos/${owner}/${repo}/releases/assets/${there.id}`, act.signal, { needs: NEEDS }); // prettier-ignore
        return undefined;
    }, async () => {
        const content = await (0,promises_.readFile)(file.path);
        const sent = { content, type: 'application/octet-stream' };
        const asset = readAsset(await github.upload(release.uploadUrl, { name: file.name }, sent, act.signal, { needs: NEEDS }));
        act.log.info(`uploaded ${file.name}, ${content.length} bytes`);
        return asset;
    }, { clock: github.clock, signal: act.signal });
    return made;
}
//# sourceMappingURL=releases.js.map
// EXTERNAL MODULE: ./lib/image/versions.js
var versions = __webpack_require__(79240);
;// CONCATENATED MODULE: ./lib/actions/stages/binaries/release.js








/** Which release is meant. A run that is not of a tag, and names none, has nothing to release. */
async function releaseTarget(inputs, top, act) {
    const problems = [];
    const ref = act.env['GITHUB_REF'] ?? '';
    const own = ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : (await (0,project_git/* gitFacts */.gi)(top, act.env, act))?.tag;
    const tag = inputs.tag ?? own;
    if (tag === undefined)
        problems.push({ code: 'release-no-tag', what: 'there is no tag to release', input: 'tag', fix: 'run it for a tag (on: push: tags:), or name one as tag' });
    const name = act.env['GITHUB_REPOSITORY'] ?? '';
    if (name === '')
        problems.push({ code: 'release-no-repository', what: 'no repository is known', fix: 'run it in GitHub Actions, or set GITHUB_REPOSITORY to OWNER/REPO' });
    if (inputs.token === '')
        problems.push({ code: 'bad-input', what: 'no token is given', input: 'github-token', fix: 'pass github-token (GITHUB_TOKEN on the command line) with contents: write' });
    const notes = inputs.notes === undefined ? undefined : await (0,base_files/* readTextIfAny */.$v)((0,external_node_path_.resolve)(top, inputs.notes));
    if (inputs.notes !== undefined && notes === undefined)
        problems.push({ code: 'bad-input', what: 'there is no such file', input: 'notes', value: inputs.notes, fix: 'name a file of the repository, or leave notes empty' });
    if (problems.length > 0 || tag === undefined)
        return { problems };
    return { value: { repository: (0,client/* parseRepository */.SU)(name), tag, token: inputs.token, draft: inputs.draft, notes }, problems };
} // prettier-ignore
/** Checks a folder against its checksums, then puts all of it into the release. */
async function releaseFolder(folder, target, act) {
    const { files, problems } = await checkFolder(folder);
    if (problems.length > 0)
        throw new errors/* PipelineError */.zC('gate', problems);
    const { repository, tag, token, draft, notes } = target;
    const release = await ensureRelease(new client/* GitHub */.gq((0,client/* githubSettings */.ND)(act.env, token), act), repository, {
        tag,
        name: tag,
        draft,
        prerelease: (0,versions/* parseVersion */.ot)(tag)?.prerelease !== undefined,
        ...(notes === undefined ? {} : { notes }),
        files: files.map((file) => ({ ...file, path: (0,external_node_path_.join)(folder, file.name) })),
    }, act);
    return { release, files: files.length };
}
//# sourceMappingURL=release.js.map
;// CONCATENATED MODULE: ./lib/actions/stages/binaries/run.js










/** Builds the release files, or takes those of an earlier run, and releases them when that is asked for. */
async function runBinaries(read, act) {
    const inputs = loadBinaries(read, act);
    const top = (0,folders/* workspaceOf */.B3)(act.env);
    if (inputs.from !== undefined) {
        const target = await releaseTarget(inputs, top, act);
        const problems = [...inputs.problems, ...target.problems];
        if (problems.length > 0 || target.value === undefined)
            throw new errors/* PipelineError */.zC('input', problems);
        const folder = (0,external_node_path_.resolve)(top, inputs.from);
        const { release, files } = await releaseFolder(folder, target.value, act);
        return {
            outputs: { folder, archives: '', checksums: (0,external_node_path_.join)(folder, SUMS), version: target.value.tag, release: release.url },
            summary: released(release, files),
        };
    }
    const target = inputs.release ? await releaseTarget(inputs, top, act) : { problems: [] };
    const ready = await prepare({ ...inputs, problems: [...inputs.problems, ...target.problems] }, top, act);
    const { out, version } = ready;
    const built = await buildBinaries(ready, act);
    const outputs = { folder: out, archives: JSON.stringify(built.archives), checksums: (0,external_node_path_.join)(out, SUMS), version };
    const summary = summarise(version, built);
    if (target.value === undefined)
        return { outputs: { ...outputs, release: '' }, summary };
    const { release, files } = await releaseFolder(out, target.value, act);
    return { outputs: { ...outputs, release: release.url }, summary: `${summary}\n\n${released(release, files)}` };
} // prettier-ignore
const released = (release, files) => `${release.draft ? 'Draft' : 'Published'}: ${(0,markdown/* link */.nf)('release', release.url)} with ${files} files, ${release.uploaded} of them uploaded now.`;
function summarise(version, built) {
    return [
        `## Binaries ${version}`,
        (0,markdown/* table */.tp)([['file', 'left'], ['platform', 'left'], ['size', 'right'], ['digest', 'left']], built.archives.map((one) => [
            (0,markdown/* code */.aY)(one.name),
            one.platform,
            (0,clock/* formatBytes */.z3)(one.size),
            (0,markdown/* code */.aY)(one.digest.slice(0, 19)),
        ])),
        built.provenance
            ? `The provenance is not signed; sign it in a job with ${(0,markdown/* code */.aY)('id-token: write')}.`
            : 'No provenance: this is no run of GitHub Actions.',
    ].join('\n\n');
} // prettier-ignore
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

/***/ 56210:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   t: () => (/* binding */ findOrMake)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _faults_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(14534);


/** Whether a request may have been carried out although no good answer came: a cut connection, or a failing server. */
function unknownOutcome(error) {
    if (error instanceof _faults_js__WEBPACK_IMPORTED_MODULE_1__/* .GitHubFault */ .Q4)
        return error.status >= 500 || error.status === 408;
    return error instanceof _base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .PipelineError */ .zC && error.problems.some(({ code }) => code === 'github-unreachable');
}
/**
 * Finds a thing, or makes it, never twice: when it is not known whether the making came through, it is looked for again
 * before another try. Lists of GitHub lag a little behind, hence the wait.
 */
async function findOrMake(find, make, { clock, signal, attempts = 3, }) {
    for (let attempt = 1;; attempt++) {
        const found = await find();
        if (found !== undefined)
            return { value: found, made: false };
        try {
            return { value: await make(), made: true };
        }
        catch (error) {
            if (!unknownOutcome(error) || attempt >= attempts)
                throw error;
            await clock.sleep(2000 * attempt, signal);
        }
    }
}
//# sourceMappingURL=once.js.map

/***/ })

};
