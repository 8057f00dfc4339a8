export const id = 185;
export const ids = [185];
export const modules = {

/***/ 35185:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  loadBaseRefresh: () => (/* binding */ loadBaseRefresh),
  runBaseRefresh: () => (/* binding */ runBaseRefresh)
});

// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/github/client.js
var client = __webpack_require__(70636);
// EXTERNAL MODULE: ./lib/github/issues.js
var issues = __webpack_require__(375);
;// CONCATENATED MODULE: ./lib/rebase/issue.js

const LABEL = 'base-refresh';
const MARKER = 'base-refresh';
/**
 * One issue for all stale images: opened, kept up to date, opened again when a base moves again, and closed when nothing is
 * stale. Returns its address; undefined when there is nothing to say and never was.
 */
async function tellByIssue(github, repository, stale, signal) {
    if (stale.count === 0) {
        const open = await (0,issues/* findIssue */.Ry)(github, repository, MARKER, { label: LABEL, state: 'open' }, signal);
        if (open === undefined)
            return undefined;
        await (0,issues/* addComment */.BC)(github, repository, open.number, 'All images stand on current bases.', signal);
        await (0,issues/* updateIssue */.tt)(github, repository, open.number, { state: 'closed', state_reason: 'completed' }, signal);
        return open.url;
    }
    const title = `Base images: ${stale.count} ${stale.count === 1 ? 'image stands' : 'images stand'} on an old base`;
    const body = `${stale.text}\n\nBuild them again, or run base-refresh with \`mode: rebase\`.`;
    const { issue, opened } = await (0,issues/* ensureIssue */.W7)(github, repository, { title, body, labels: [LABEL], marker: MARKER }, signal);
    const wanted = `${(0,issues/* markerLine */.B_)(MARKER)}\n${body}`;
    if (!opened && (issue.body !== wanted || !issue.open))
        await (0,issues/* updateIssue */.tt)(github, repository, issue.number, { title, body: wanted, ...(issue.open ? {} : { state: 'open', state_reason: 'reopened' }) }, signal);
    return issue.url;
} // prettier-ignore
//# sourceMappingURL=issue.js.map
// EXTERNAL MODULE: ./lib/base/platform.js
var base_platform = __webpack_require__(44694);
// EXTERNAL MODULE: ./lib/registry/media-types.js
var media_types = __webpack_require__(77103);
// EXTERNAL MODULE: ./lib/registry/publish.js
var publish = __webpack_require__(14512);
// EXTERNAL MODULE: ./lib/registry/reference.js
var registry_reference = __webpack_require__(9758);
// EXTERNAL MODULE: ./lib/registry/verify.js + 3 modules
var verify = __webpack_require__(49843);
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(57975);
;// CONCATENATED MODULE: ./lib/rebase/model.js
const BASE_NAME = 'org.opencontainers.image.base.name';
const BASE_DIGEST = 'org.opencontainers.image.base.digest';
//# sourceMappingURL=model.js.map
;// CONCATENATED MODULE: ./lib/rebase/plan.js




const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const list = (value) => (Array.isArray(value) ? value : []);
const json = (value) => Buffer.from(JSON.stringify(value));
const diffIds = (config) => list(object(config['rootfs'])['diff_ids']);
/** What a builder may have done on top of the base so that the result does not depend on what was in it. */
const HARMLESS = /^(?:COPY|ENV|LABEL|USER|ENTRYPOINT|CMD|EXPOSE|HEALTHCHECK|STOPSIGNAL|VOLUME|ARG|WORKDIR)\b/;
/** The layers that are the image's own, or why they cannot be told or moved. Pure. */
function ownLayersOf(image, oldBase) {
    if (image.platform.os !== 'linux')
        return { why: 'only layers for Linux can change their base: Windows ties them to its version' };
    const ids = diffIds(image.config);
    const below = diffIds(oldBase.config);
    if (ids.length !== image.manifest.layers.length)
        return { why: 'its configuration and its manifest do not count the same layers' };
    if (ids.length <= below.length || !(0,external_node_util_.isDeepStrictEqual)(ids.slice(0, below.length), below))
        return {
            why: 'its lower layers are not those of the base that it notes, so its own cannot be told apart',
        };
    const history = list(image.config['history']);
    const baseHistory = list(oldBase.config['history']);
    if (!(0,external_node_util_.isDeepStrictEqual)(history.slice(0, baseHistory.length), baseHistory))
        return { why: 'its history does not begin with that of the base that it notes' };
    const own = history.slice(baseHistory.length).map(object);
    if (own.length === 0)
        return { why: 'it does not say how its own layers were made' };
    for (const entry of own) {
        const by = typeof entry['created_by'] === 'string' ? entry['created_by'] : '';
        if (by === 'go-image-pipeline' || HARMLESS.test(by))
            continue;
        return { why: `a step may have used what is in the base: ${by.slice(0, 80) || 'unknown'}` };
    }
    return { layers: image.manifest.layers.slice(below.length) };
}
/**
 * A platform with the layers and settings of the new base under its own. Settings are merged as people merge text: what the
 * image took over from the old base follows the new one, what the image set itself stays. The same three images always give
 * the same bytes; nothing is dated anew.
 */
function rebasePlatform(image, oldBase, newBase, baseDigest) {
    const own = ownLayersOf(image, oldBase);
    if ('why' in own)
        return own;
    if (newBase.config['os'] !== image.config['os'] || newBase.config['architecture'] !== image.config['architecture'])
        return { why: `the new base is for ${(0,base_platform/* formatPlatform */.Bq)(newBase.platform)}` };
    const lower = [];
    for (const layer of newBase.manifest.layers) {
        const mediaType = layerType(layer.mediaType, image.manifest.mediaType === media_types/* OCI_MANIFEST */.EG);
        if (mediaType === undefined)
            return { why: `a manifest of Docker cannot hold layers of type ${layer.mediaType}` };
        lower.push({ mediaType, digest: layer.digest, size: layer.size });
    }
    const below = diffIds(oldBase.config).length;
    const settings = mergeSettings(object(image.config['config']), object(oldBase.config['config']), object(newBase.config['config']));
    const labels = object(settings['Labels']);
    const config = json({
        ...image.config,
        config: {
            ...settings,
            ...(BASE_DIGEST in labels ? { Labels: { ...labels, [BASE_DIGEST]: baseDigest } } : {}),
        },
        rootfs: { type: 'layers', diff_ids: [...diffIds(newBase.config), ...diffIds(image.config).slice(below)] },
        history: [
            ...list(newBase.config['history']),
            ...list(image.config['history']).slice(list(oldBase.config['history']).length),
        ],
    });
    const configDigest = (0,media_types/* digestOf */.ol)(config);
    const annotations = object(image.manifestJson['annotations']);
    const manifest = json({
        ...image.manifestJson,
        config: { mediaType: image.manifest.config.mediaType, digest: configDigest, size: config.length },
        layers: [...lower, ...list(image.manifestJson['layers']).slice(below)],
        ...(BASE_DIGEST in annotations ? { annotations: { ...annotations, [BASE_DIGEST]: baseDigest } } : {}),
    });
    return {
        descriptor: { ...image.descriptor, digest: (0,media_types/* digestOf */.ol)(manifest), size: manifest.length },
        manifest,
        mediaType: image.manifest.mediaType,
        config,
        configDigest,
        baseLayers: lower,
        ownLayers: own.layers,
    };
} // prettier-ignore
/** The layer's type in the family of the manifest that will list it. */
function layerType(mediaType, oci) {
    const compression = (0,media_types/* layerCompression */.AH)(mediaType);
    if (oci) {
        if (compression === undefined)
            return undefined;
        return `application/vnd.oci.image.layer.v1.tar${compression === 'none' ? '' : `+${compression}`}`;
    }
    return compression === 'gzip' ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : undefined;
}
/** Three-way merge of the `config` object: per key, and inside Env, Labels, ExposedPorts and Volumes per entry. */
function mergeSettings(image, oldBase, newBase) {
    const merged = {};
    for (const key of new Set([...Object.keys(image), ...Object.keys(newBase)])) {
        const value = mergeKey(key, image, oldBase, newBase);
        if (value !== undefined)
            merged[key] = value;
    }
    return merged;
}
function mergeKey(key, image, oldBase, newBase) {
    const [mine, before, after] = [image[key], oldBase[key], newBase[key]];
    if (key === 'Env')
        return Object.values(mergeRecord(envRecord(mine), envRecord(before), envRecord(after)));
    if (['Labels', 'ExposedPorts', 'Volumes'].includes(key)) {
        const record = mergeRecord(object(mine), object(before), object(after));
        return mine === undefined && Object.keys(record).length === 0 ? undefined : record;
    }
    // An entry point of its own took the base's command away, and a new one must not come back.
    if (key === 'Cmd' && !(0,external_node_util_.isDeepStrictEqual)(image['Entrypoint'], oldBase['Entrypoint']))
        return mine;
    return (0,external_node_util_.isDeepStrictEqual)(mine, before) ? after : mine;
}
/** `NAME=value` lines by their names; the lines stay the values, in order. */
const envRecord = (value) => Object.fromEntries(list(value).flatMap((line) => (typeof line === 'string' ? [[line.split('=', 1)[0] ?? '', line]] : [])));
function mergeRecord(mine, before, after) {
    const merged = {};
    for (const key of new Set([...Object.keys(after), ...Object.keys(mine)])) {
        const value = (0,external_node_util_.isDeepStrictEqual)(mine[key], before[key]) ? after[key] : mine[key];
        if (value !== undefined)
            merged[key] = value;
    }
    return merged;
}
/** The index with its rebased platforms; attestations speak about the old digests and are left out. Undefined for a single manifest. */
function rebaseIndex(image, rebased, baseDigest) {
    if (image.index === undefined)
        return undefined;
    const gone = new Set(image.attestations.map((one) => one.digest));
    const annotations = object(image.index['annotations']);
    return json({
        ...image.index,
        manifests: list(image.index['manifests']).flatMap((entry) => {
            const { digest } = object(entry);
            if (typeof digest !== 'string' || gone.has(digest))
                return [];
            const fresh = rebased.get(digest);
            return [fresh === undefined ? entry : { ...object(entry), digest: fresh.descriptor.digest, size: fresh.descriptor.size }];
        }),
        ...(BASE_DIGEST in annotations ? { annotations: { ...annotations, [BASE_DIGEST]: baseDigest } } : {}),
    });
} // prettier-ignore
//# sourceMappingURL=plan.js.map
// EXTERNAL MODULE: external "node:stream/promises"
var promises_ = __webpack_require__(46466);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(38522);
// EXTERNAL MODULE: ./node_modules/tar-stream/index.js
var tar_stream = __webpack_require__(56118);
// EXTERNAL MODULE: ./lib/checks/elf.js
var elf = __webpack_require__(71196);
;// CONCATENATED MODULE: ./lib/rebase/programs.js






/** A Go program is far smaller; more is not held in memory. */
const MAX_PROGRAM = 512 * 1024 * 1024;
/**
 * Why the programs in an image's own layers need something of the base: a loader, a library, or an interpreter. Undefined when
 * they stand on their own, and the entry point is one of them.
 *
 * @param open streams a layer, verified
 */
async function programFault(layers, entrypoint, open) {
    const [program] = Array.isArray(entrypoint) ? entrypoint : [];
    if (typeof program !== 'string' || !program.startsWith('/'))
        return 'its entry point is no absolute path of a program';
    const wanted = clean(program);
    const seen = new Set();
    for (const layer of layers) {
        const fault = await visitFiles(layer, open, (path, bytes) => {
            seen.add(path);
            return (0,elf/* isElf */.aB)(bytes) ? elfFault(path, bytes) : Promise.resolve(path === wanted ? `${path} is no program for Linux` : undefined);
        });
        if (fault !== undefined)
            return fault;
    }
    return seen.has(wanted) ? undefined : `its program ${program} is not in its own layers`;
} // prettier-ignore
async function elfFault(path, bytes) {
    const facts = await (0,elf/* readElf */.oU)((offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)));
    if ('reason' in facts)
        return `${path} is ${facts.reason}`;
    if (facts.static)
        return undefined;
    const needs = [...(facts.interpreter === undefined ? [] : [facts.interpreter]), ...facts.needed];
    return `${path} is linked dynamically (${needs.join(', ')}): the new base may have other versions of its libraries`;
}
/** Hands over ELF files whole and of all others their head; ends at the first answer. Faults of the layer are an answer too. */
async function visitFiles(layer, open, visit) {
    let answer;
    const tar = (0,tar_stream.extract)();
    const reading = async () => {
        for await (const entry of tar) {
            const { name, type } = entry.header;
            const bytes = await content(entry);
            if (type === 'file' && bytes !== undefined)
                answer ??= await visit(clean(name), bytes);
            else if (type === 'file')
                answer ??= `${clean(name)} is larger than ${MAX_PROGRAM} bytes`;
        }
    };
    try {
        await Promise.all([reading(), (0,promises_.pipeline)([open(layer), ...decompressor(layer.mediaType), tar])]);
    }
    catch (error) {
        // What the registry says is told as such; it has a code of its own.
        if (error instanceof Error && error.name === 'PipelineError')
            throw error;
        return `one of its own layers cannot be read: ${(0,errors/* messageOf */.bD)(error)}`;
    }
    return answer;
}
/** Whole for an ELF file, the first piece for others; undefined when it is too large. The stream is read to its end. */
async function content(entry) {
    const chunks = [];
    let size = 0;
    for await (const chunk of entry) {
        size += chunk.length;
        const head = chunks[0] ?? chunk;
        if (chunks.length === 0 || ((0,elf/* isElf */.aB)(head) && size <= MAX_PROGRAM))
            chunks.push(chunk);
    }
    return size > MAX_PROGRAM && (0,elf/* isElf */.aB)(chunks[0] ?? Buffer.alloc(0)) ? undefined : Buffer.concat(chunks);
}
const zstd = external_node_zlib_.createZstdDecompress;
function decompressor(mediaType) {
    const compression = (0,media_types/* layerCompression */.AH)(mediaType);
    if (compression === 'gzip')
        return [external_node_zlib_.createGunzip()];
    if (compression !== 'zstd')
        return [];
    if (zstd === undefined)
        throw new Error(`this Node (${process.version}) cannot read zstd: use 22.15 or newer`);
    return [zstd()];
}
const clean = (name) => name.replace(/^(?:\.?\/)+/, '');
//# sourceMappingURL=programs.js.map
// EXTERNAL MODULE: ./lib/base/json.js
var base_json = __webpack_require__(24807);
;// CONCATENATED MODULE: ./lib/rebase/read.js





const MAX_CONFIG = 16 * 1024 * 1024;
/** An image with the manifests and configurations of all its platforms; no layer is read. */
async function readImage(ref, client) {
    const top = await client.manifest(ref);
    const at = { registry: ref.registry, repository: ref.repository };
    const { content } = top;
    if (content.kind === 'manifest') {
        const descriptor = { mediaType: top.mediaType, digest: top.digest, size: top.bytes.length };
        const platforms = [await readPlatform(at, descriptor, content, top.bytes, client)];
        return { at, digest: top.digest, mediaType: top.mediaType, index: undefined, platforms, attestations: [] };
    }
    const attestations = content.manifests.filter(media_types/* isAttestation */.H3);
    const entries = content.manifests.filter((one) => !(0,media_types/* isAttestation */.H3)(one));
    const platforms = [];
    for (const entry of entries) {
        if ((0,media_types/* isIndexType */.$U)(entry.mediaType))
            throw notAnImage(ref, 'it is an index of indexes');
        const child = await client.manifest({ ...at, digest: entry.digest });
        if (child.content.kind === 'index')
            throw notAnImage(ref, 'it is an index of indexes');
        platforms.push(await readPlatform(at, entry, child.content, child.bytes, client));
    }
    const index = (0,base_json/* parseObject */.lj)(top.bytes) ?? {};
    return { at, digest: top.digest, mediaType: top.mediaType, index, platforms, attestations };
}
/** The platform of a base that an image's platform stands on; undefined when the base has none. */
const platformIn = (base, platform) => base.platforms.find((one) => (0,base_platform/* samePlatform */.my)(one.platform, platform));
async function readPlatform(at, descriptor, manifest, bytes, client) {
    const reference = (0,registry_reference/* formatReference */.FH)({ ...at, digest: descriptor.digest });
    const { config: described } = manifest;
    if (!(0,media_types/* isConfigType */.lJ)(described.mediaType) || described.size > MAX_CONFIG)
        throw notAnImage({ ...at, digest: descriptor.digest }, `its configuration is of type ${described.mediaType}`);
    const chunks = [];
    for await (const chunk of client.blob(at, described.digest, { size: described.size }))
        chunks.push(chunk);
    const config = (0,base_json/* parseObject */.lj)(Buffer.concat(chunks));
    const { os, architecture, variant } = config ?? {};
    if (config === undefined || typeof os !== 'string' || typeof architecture !== 'string')
        throw notAnImage({ ...at, digest: descriptor.digest }, `the configuration of ${reference} names no platform`);
    const platform = (0,media_types/* toPlatform */.rE)({
        os,
        architecture,
        ...(typeof variant === 'string' ? { variant } : {}),
    });
    return { platform, descriptor, manifest, manifestJson: (0,base_json/* parseObject */.lj)(bytes) ?? {}, config };
} // prettier-ignore
const notAnImage = (ref, cause) => (0,errors/* environmentError */.me)({
    code: 'rebase-not-an-image',
    what: `${(0,registry_reference/* formatReference */.FH)(ref)} is no image that can be looked at`,
    cause,
    fix: 'name an image, not another artifact',
});
//# sourceMappingURL=read.js.map
;// CONCATENATED MODULE: ./lib/rebase/staleness.js



const staleness_object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
/** The base that an image notes: in annotations of the index or a manifest, or in labels. All places must agree. */
function baseOf(image) {
    const places = [
        staleness_object(image.index?.['annotations']),
        ...image.platforms.flatMap(({ manifest, config }) => [
            { ...manifest.annotations },
            staleness_object(staleness_object(config['config'])['Labels']),
        ]),
    ];
    const noted = (key) => [
        ...new Set(places.flatMap((place) => (typeof place[key] === 'string' ? [place[key]] : []))),
    ];
    const [name, ...otherNames] = noted(BASE_NAME);
    const [digest, ...otherDigests] = noted(BASE_DIGEST);
    if (name === undefined || digest === undefined)
        return { why: `it does not note its base (${BASE_NAME} and ${BASE_DIGEST})` };
    if (otherNames.length + otherDigests.length > 0)
        return { why: 'its platforms note different bases' };
    if (!(0,media_types/* isDigest */.Bc)(digest))
        return { why: `the digest of its base is none: ${digest}` };
    if ('reason' in (0,registry_reference/* parseReference */.F2)(name))
        return { why: `the name of its base is none: ${name}` };
    return { name, digest };
}
/** The tag that is followed: what is noted without its digest, `latest` where no tag is noted. */
function followedTag(note) {
    const found = (0,registry_reference/* parseReference */.F2)(note.name);
    if ('reason' in found)
        throw new TypeError(found.reason);
    return { registry: found.registry, repository: found.repository, tag: found.tag ?? 'latest' };
}
const DAY_MS = 86_400_000;
/** Reproducible builds date images 1970 or 1980; nothing real is older than the first container images. */
const FIRST_IMAGES = Date.parse('2013-03-01T00:00:00Z');
/** Whole days from `created` of a configuration to `now`; undefined when it does not tell. */
function ageInDays(platform, now) {
    const created = platform?.config['created'];
    const at = typeof created === 'string' ? Date.parse(created) : Number.NaN;
    return at > FIRST_IMAGES ? Math.max(0, Math.floor((now - at) / DAY_MS)) : undefined;
}
//# sourceMappingURL=staleness.js.map
;// CONCATENATED MODULE: ./lib/rebase/refresh.js










/** Whether the base of an image has moved since. A base that cannot be asked for is `unknown`, not an error: others go on. */
async function look(ref, client, act) {
    const image = await readImage(ref, client);
    const base = baseOf(image);
    if ('why' in base)
        return { image, staleness: { state: 'unknown', why: base.why } };
    const tag = followedTag(base);
    const now = await client.tryResolve(tag);
    if (now === undefined)
        return { image, staleness: { state: 'unknown', why: `${(0,registry_reference/* formatReference */.FH)(tag)} does not exist any more` } };
    if (now.digest === base.digest)
        return { image, staleness: { state: 'current', base } };
    const fresh = await readImage({ registry: tag.registry, repository: tag.repository, digest: now.digest }, client);
    const days = ageInDays(fresh.platforms[0], act.clock.now());
    return { image, staleness: { state: 'stale', base, now: now.digest, days } };
} // prettier-ignore
/** The image on the newer base, as bytes; or every reason why not. Reads layers of the image, writes nothing. */
async function planRebase({ image, staleness }, client) {
    if (staleness.state !== 'stale')
        return { why: ['its base has not moved'] };
    const { registry, repository } = followedTag(staleness.base);
    const base = { registry, repository };
    if ((await client.tryResolve({ ...base, digest: staleness.base.digest })) === undefined)
        return {
            why: ['the base as it was is gone from its registry, so nobody can say which layers are its own'],
        };
    const before = await readImage({ ...base, digest: staleness.base.digest }, client);
    const after = await readImage({ ...base, digest: staleness.now }, client);
    const why = [];
    const notes = [];
    const platforms = new Map();
    for (const platform of image.platforms) {
        const name = (0,base_platform/* formatPlatform */.Bq)(platform.platform);
        if (platform.platform.os !== 'linux' && image.platforms.length > 1) {
            notes.push(`${name} stays as it is: only layers for Linux can change their base`);
            continue;
        }
        const [old, fresh] = [platformIn(before, platform.platform), platformIn(after, platform.platform)];
        if (old === undefined || fresh === undefined) {
            why.push(`${name}: the ${old === undefined ? 'base as it was' : 'new base'} does not have it`);
            continue;
        }
        const made = rebasePlatform(platform, old, fresh, staleness.now);
        if ('why' in made) {
            why.push(`${name}: ${made.why}`);
            continue;
        }
        const settings = platform.config['config'];
        const fault = await programFault(made.ownLayers, settings?.Entrypoint, (layer) => client.blob(image.at, layer.digest, { size: layer.size }));
        if (fault === undefined)
            platforms.set(platform.descriptor.digest, made);
        else
            why.push(`${name}: ${fault}`);
    }
    if (platforms.size === 0 && why.length === 0)
        why.push('it has no platform for Linux');
    if (why.length > 0)
        return { why };
    if (image.attestations.length > 0)
        notes.push(`${image.attestations.length} attestations are left out: they speak about the image as it was`);
    const index = rebaseIndex(image, platforms, staleness.now);
    const [only] = platforms.values();
    return {
        digest: index === undefined ? (only?.descriptor.digest ?? '') : (0,media_types/* digestOf */.ol)(index),
        mediaType: image.mediaType,
        index,
        platforms,
        base,
        notes,
    };
}
/**
 * Pushes the rebased image by digest beside the old one, reads it back, and only then moves the tags. A tag that does not point
 * to the old digest any more is somebody else's by now: nothing is moved. The old image stays in the registry; `previousTag`
 * keeps a name on it, so that a clean-up of untagged images does not take the way back.
 */
async function applyRebase({ image }, rebased, tags, options, client, act) {
    const to = image.at;
    for (const one of rebased.platforms.values()) {
        act.signal.throwIfAborted();
        for (const layer of one.baseLayers)
            await client.uploadBlob(to, { digest: layer.digest, size: layer.size, open: () => client.blob(rebased.base, layer.digest, { size: layer.size }) }, rebased.base.registry === to.registry ? { mountFrom: rebased.base.repository } : {});
        await client.uploadBlob(to, { digest: one.configDigest, size: one.config.length, open: () => one.config });
        await client.putManifest(to, one.manifest, one.mediaType, one.descriptor.digest);
    }
    if (rebased.index !== undefined)
        await client.putManifest(to, rebased.index, rebased.mediaType, rebased.digest);
    const source = { ...to, digest: rebased.digest };
    act.log.info(`pushed ${(0,registry_reference/* formatReference */.FH)(source)} by digest, no tag yet`);
    const report = await (0,verify/* verifyImage */.Z)(source, { platforms: image.platforms.map((one) => one.platform) }, client, { level: options.verify, signal: act.signal });
    const failure = (0,verify/* verifyError */.q)(report);
    if (failure !== undefined)
        throw failure;
    await unmoved(tags, image.digest, client);
    if (options.previousTag !== '') {
        const previous = tags.map((tag) => ({ ...to, tag: options.previousTag.replaceAll('{tag}', tag.tag) }));
        await (0,publish/* publish */.mk)({ source: { ...to, digest: image.digest }, tags: previous }, client, act);
    }
    const targets = tags.map(({ registry, repository, tag }) => ({ registry, repository, tag }));
    const published = await (0,publish/* publish */.mk)({ source, tags: targets }, client, act);
    return { digest: rebased.digest, tags: published.tags.map((tag) => tag.reference) };
} // prettier-ignore
/** Between the look and now somebody may have released: their tag is not turned back. */
async function unmoved(tags, digest, client) {
    for (const tag of tags) {
        const now = await client.tryResolve(tag, { writing: true });
        if (now?.digest !== digest)
            throw (0,errors/* environmentError */.me)({
                code: 'rebase-tag-moved',
                what: `${(0,registry_reference/* formatReference */.FH)(tag)} was moved while its base was being replaced`,
                cause: `it was ${digest}, it is ${now?.digest ?? 'gone'}`,
                fix: 'run again: the newer image is looked at then',
            });
    }
}
/** The gate of mode report: stale images as problems. */
const staleProblem = (name, staleness) => ({
    code: 'base-stale',
    what: `${name} stands on an old base`,
    cause: `${staleness.base.name} was ${staleness.base.digest.slice(0, 19)}…, it is ${staleness.now.slice(0, 19)}…${staleness.days === undefined ? '' : ` since about ${staleness.days} days`}`,
    where: name,
    fix: 'build the image again, or let base-refresh replace the base (mode: rebase)',
}); // prettier-ignore
//# sourceMappingURL=refresh.js.map
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
;// CONCATENATED MODULE: ./lib/rebase/report.js

const report_short = (digest) => (0,markdown/* code */.aY)(digest.replace(/^(sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '$1'));
function stateOf(row) {
    const { staleness } = row;
    if (row.problems !== undefined)
        return '❌ failed';
    if (row.rebased !== undefined)
        return '✅ on the new base';
    if (row.refused !== undefined)
        return '❌ must be built again';
    if (staleness.state === 'current')
        return '✅ current';
    if (staleness.state === 'unknown')
        return '⚪ unknown';
    return staleness.days === undefined ? '⚠️ old base' : `⚠️ old base (new one is ${staleness.days} days old)`;
}
/** A table of all images, then what has to be known about each. */
function refreshTable(rows) {
    const cells = rows.map((row) => {
        const { staleness } = row;
        return [
            row.names.map(markdown/* code */.aY).join('<br>'),
            stateOf(row),
            staleness.state === 'unknown' ? '' : (0,markdown/* code */.aY)(staleness.base.name),
            staleness.state === 'unknown' ? '' : report_short(staleness.base.digest),
            staleness.state === 'stale' ? report_short(staleness.now) : '',
        ];
    });
    const said = rows.flatMap((row) => [
        ...(row.staleness.state === 'unknown' && row.problems === undefined ? [row.staleness.why] : []),
        ...(row.refused ?? []),
        ...(row.problems ?? []).map((problem) => problem.what),
        ...row.notes,
    ].map((line) => `- ${row.names.map(markdown/* code */.aY).join(', ')}: ${(0,markdown/* inline */.mG)(line)}`));
    return [
        (0,markdown/* table */.tp)([['image', 'left'], ['', 'left'], ['base', 'left'], ['stands on', 'left'], ['is now', 'left']], cells),
        said.join('\n'),
    ].filter((part) => part !== '').join('\n\n');
} // prettier-ignore
const refreshSummary = (rows, verdict) => `## Base images: ${verdict}\n\n${refreshTable(rows)}`;
//# sourceMappingURL=report.js.map
// EXTERNAL MODULE: ./lib/actions/build/reader.js
var build_reader = __webpack_require__(28853);
// EXTERNAL MODULE: ./lib/actions/registry.js + 10 modules
var registry = __webpack_require__(43967);
// EXTERNAL MODULE: ./lib/actions/stages/base-refresh/spec.js
var spec = __webpack_require__(84056);
;// CONCATENATED MODULE: ./lib/actions/stages/base-refresh/run.js









/** Looks at every image, then tells, or rebases. An image that fails stops no other. */
async function runBaseRefresh(read, act) {
    const inputs = loadBaseRefresh(read, act);
    if (inputs.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', inputs.problems);
    const client = (0,registry/* registryClient */.Rk)(inputs.access, act);
    const rows = [];
    for (const group of await lookAt(inputs.tags, client, act))
        rows.push(await handle(group, inputs, client, act));
    return end(rows, inputs, await issueFor(rows, inputs, act));
}
async function lookAt(tags, client, act) {
    const groups = [];
    for (const tag of tags) {
        try {
            const { digest } = await client.resolve(tag);
            const same = groups.find(({ tags: [first], seen }) => first !== undefined && (0,registry_reference/* sameRepository */.RB)(first, tag) && 'image' in seen && seen.image.digest === digest);
            if (same === undefined)
                groups.push({ tags: [tag], seen: await look(tag, client, act) });
            else
                same.tags.push(tag);
        }
        catch (error) {
            groups.push({ tags: [tag], seen: { problems: problemsOf(error) } });
        }
    }
    return groups;
} // prettier-ignore
/** The problems of a fault that concerns one image; an abort ends everything. */
function problemsOf(error) {
    if (error instanceof errors/* PipelineError */.zC && error.kind !== 'cancelled')
        return error.problems;
    throw error;
}
async function handle({ tags, seen }, inputs, client, act) {
    const names = tags.map(registry_reference/* formatReference */.FH);
    if ('problems' in seen)
        return { names, digest: '', staleness: { state: 'unknown', why: seen.problems[0]?.what ?? '' }, notes: [], problems: seen.problems };
    const { staleness, image } = seen;
    const row = { names, digest: image.digest, staleness, notes: [] };
    act.log.info(`${names.join(', ')}: ${staleness.state === 'stale' ? staleProblem('it', staleness).cause ?? 'stale' : staleness.state === 'unknown' ? staleness.why : 'its base is current'}`);
    if (staleness.state !== 'stale' || inputs.mode !== 'rebase')
        return row;
    try {
        const plan = await planRebase(seen, client);
        if ('why' in plan)
            return { ...row, refused: plan.why };
        const done = await applyRebase(seen, plan, tags, inputs, client, act);
        return { ...row, rebased: done.digest, notes: plan.notes };
    }
    catch (error) {
        return { ...row, problems: problemsOf(error) };
    }
} // prettier-ignore
async function issueFor(rows, inputs, act) {
    if (inputs.mode !== 'issue')
        return undefined;
    const stale = rows.filter((row) => row.staleness.state === 'stale');
    const github = new client/* GitHub */.gq((0,client/* githubSettings */.ND)(act.env, inputs.access.githubToken), act);
    // Somebody could not be asked: nothing is called current that is not known to be.
    if (stale.length === 0 && rows.some((row) => row.problems !== undefined))
        return undefined;
    return tellByIssue(github, (0,client/* parseRepository */.SU)(inputs.repository), { count: stale.length, text: refreshTable(stale) }, act.signal);
} // prettier-ignore
function end(rows, inputs, issue) {
    const stale = rows.filter((row) => row.staleness.state === 'stale');
    const rebased = rows.filter((row) => row.rebased !== undefined);
    const refused = rows.filter((row) => row.refused !== undefined);
    const verdict = refused.length > 0 ? 'refused' : stale.length > rebased.length ? 'stale' : rebased.length > 0 ? 'refreshed' : 'current';
    const faults = rows.flatMap((row) => row.problems ?? []);
    const gate = [
        ...refused.map((row) => refusal(row)),
        ...(inputs.failOnStale && inputs.mode !== 'rebase'
            ? stale.flatMap((row) => (row.staleness.state === 'stale' ? [staleProblem(row.names.join(', '), row.staleness)] : []))
            : []),
    ];
    const nameOf = (row) => (row.names[0] ?? '').replace(/:[^:/]*$/, '');
    return {
        outputs: {
            verdict,
            stale: JSON.stringify(stale.flatMap((row) => (row.staleness.state !== 'stale' ? [] : row.names.map((image) => ({
                image, digest: row.digest, ...baseFields(row),
            }))))),
            refreshed: JSON.stringify(rebased.map((row) => ({ image: nameOf(row), was: row.digest, digest: row.rebased, tags: row.names }))),
            images: rebased.map((row) => `${nameOf(row)}@${row.rebased ?? ''}`).join('\n'),
            ...(issue === undefined ? {} : { issue }),
        },
        summary: refreshSummary(rows, verdict),
        ...(faults.length > 0
            ? { failure: new errors/* PipelineError */.zC('environment', [...faults, ...gate]) }
            : gate.length > 0
                ? { failure: new errors/* PipelineError */.zC('gate', gate) }
                : {}),
    };
} // prettier-ignore
function baseFields({ staleness }) {
    if (staleness.state !== 'stale')
        return {};
    const { base, now, days } = staleness;
    return { base: base.name, was: base.digest, now, ...(days === undefined ? {} : { days }) };
}
const refusal = (row) => ({
    code: 'rebase-refused',
    what: `${row.names.join(', ')} cannot change its base without a build`,
    cause: (row.refused ?? []).join('; '),
    fix: 'build the image again: the main action takes the newest base',
});
/** Reads the inputs; every problem is in `problems`. */
function loadBaseRefresh(read, act) {
    const reader = new build_reader/* Reader */.m(read, act.env, act.secrets, spec/* BASE_REFRESH */.e.inputs);
    const tags = reader.list('images', { commas: true }).flatMap((text) => {
        const found = (0,registry_reference/* parseReference */.F2)(text);
        if ('reason' in found)
            reader.bad('images', text, found.reason, 'write a name with its tag, such as ghcr.io/acme/hello:latest');
        else if (found.digest !== undefined)
            reader.bad('images', text, 'an image by digest', 'name the tag: it is what moves');
        else
            return [{ registry: found.registry, repository: found.repository, tag: found.tag ?? 'latest' }];
        return [];
    });
    if (tags.length === 0 && reader.problems.length === 0)
        reader.bad('images', '', 'no image is named', 'set images, for example ghcr.io/acme/hello:latest');
    const mode = reader.choice('mode');
    const repository = reader.optional('repository') ?? act.env['GITHUB_REPOSITORY'] ?? '';
    if (mode === 'issue' && !isRepository(repository))
        reader.bad('repository', repository, 'not a repository', 'write OWNER/NAME');
    const previousTag = reader.text('previous-tag');
    if (previousTag !== '' && (!previousTag.includes('{tag}') || previousTag === '{tag}' || !(0,registry_reference/* isTag */.dz)(previousTag.replaceAll('{tag}', 'v1'))))
        reader.bad('previous-tag', previousTag, 'not a pattern for a tag', 'write for example {tag}-previous');
    return {
        tags: [...new Map(tags.map((tag) => [(0,registry_reference/* formatReference */.FH)(tag), tag])).values()],
        mode,
        failOnStale: reader.boolean('fail-on-stale'),
        previousTag,
        verify: reader.choice('verify'),
        repository,
        access: reader.registryAccess(),
        problems: reader.problems,
    };
} // prettier-ignore
function isRepository(text) {
    try {
        (0,client/* parseRepository */.SU)(text);
        return true;
    }
    catch (error) {
        // Its message is told with the input.
        return (0,errors/* messageOf */.bD)(error) === '';
    }
}
//# sourceMappingURL=run.js.map

/***/ })

};
