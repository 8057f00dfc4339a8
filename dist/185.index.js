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
    let seen = false;
    for (const layer of layers) {
        const fault = await visitFiles(layer, open, (path, bytes) => {
            if (path === wanted)
                seen = true;
            return (0,elf/* isElf */.aB)(bytes) ? elfFault(path, bytes) : Promise.resolve(path === wanted ? `${path} is no program for Linux` : undefined);
        });
        if (fault !== undefined)
            return fault;
    }
    return seen ? undefined : `its program ${program} is not in its own layers`;
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
    const index = (0,media_types/* parseObject */.lj)(top.bytes) ?? {};
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
    const config = (0,media_types/* parseObject */.lj)(Buffer.concat(chunks));
    const { os, architecture, variant } = config ?? {};
    if (config === undefined || typeof os !== 'string' || typeof architecture !== 'string')
        throw notAnImage({ ...at, digest: descriptor.digest }, `the configuration of ${reference} names no platform`);
    const platform = (0,media_types/* toPlatform */.rE)({
        os,
        architecture,
        ...(typeof variant === 'string' ? { variant } : {}),
    });
    return { platform, descriptor, manifest, manifestJson: (0,media_types/* parseObject */.lj)(bytes) ?? {}, config };
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
                },
                ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
                timeoutMs: TIMEOUT_MS,
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

/***/ 375:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   BC: () => (/* binding */ addComment),
/* harmony export */   B_: () => (/* binding */ markerLine),
/* harmony export */   Ry: () => (/* binding */ findIssue),
/* harmony export */   W7: () => (/* binding */ ensureIssue),
/* harmony export */   tt: () => (/* binding */ updateIssue),
/* harmony export */   u3: () => (/* binding */ commentsOf),
/* harmony export */   wf: () => (/* binding */ issuesOf)
/* harmony export */ });
/* harmony import */ var _answers_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(67536);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(70636);
/* harmony import */ var _once_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(56210);



const NEEDS = 'issues: write';
/** GitHub refuses longer bodies (65 536 characters). */
const BODY_LIMIT = 65_000;
const INSIDERS = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);
/** The invisible line that names an issue. A marker with `--` in it would end the comment. */
const markerLine = (marker) => `<!-- gray-release: ${marker.replaceAll('--', '-')} -->`;
/**
 * The newest issue with this marker that we or a collaborator have opened: an outsider's look-alike does not count.
 */
async function findIssue(github, { owner, repo }, marker, options, signal) {
    const line = markerLine(marker);
    for await (const one of issuesOf(github, { owner, repo }, { state: 'all', ...options }, signal))
        if (one.body.startsWith(line))
            return one;
    return undefined;
}
/** Issues with a label, newest first, without pull requests and without those of outsiders. */
async function* issuesOf(github, { owner, repo }, { label, state }, signal) {
    let seen = 0;
    const query = { labels: label, state, sort: 'created', direction: 'desc' };
    const path = (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/issues`;
    for await (const item of github.items(path, signal, { query, needs: 'issues: read' })) {
        if (++seen > 500)
            return;
        if ((0,_answers_js__WEBPACK_IMPORTED_MODULE_0__.at)(item, 'pull_request') !== undefined)
            continue;
        const issue = readIssue(item);
        if (issue.by?.bot === true || INSIDERS.has((0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(item, 'author_association') ?? ''))
            yield issue;
    }
}
function readIssue(value) {
    return {
        number: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .numberAt */ .tk)(value, 'number'),
        url: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(value, 'html_url'),
        open: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(value, 'state') === 'open',
        body: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(value, 'body') ?? '',
        by: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(value, 'user'),
    };
}
/** The issue with this marker, opened when there is none. After a cut connection it is looked for again, never opened twice. */
async function ensureIssue(github, repository, wanted, signal) {
    const { owner, repo } = repository;
    const label = wanted.labels[0] ?? 'gray-release';
    const body = `${markerLine(wanted.marker)}\n${wanted.body}`.slice(0, BODY_LIMIT);
    const { value, made } = await (0,_once_js__WEBPACK_IMPORTED_MODULE_2__/* .findOrMake */ .t)(() => findIssue(github, repository, wanted.marker, { label }, signal), async () => readIssue(await github.send('POST', (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/issues`, signal, {
        body: { title: wanted.title.slice(0, 250), body, labels: [...wanted.labels] },
        needs: NEEDS,
    })), { clock: github.clock, signal });
    return { issue: value, opened: made };
}
async function updateIssue(github, { owner, repo }, number, change, signal) {
    await github.send('PATCH', (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/issues/${number}`, signal, {
        body: change,
        needs: NEEDS,
    });
}
async function addComment(github, { owner, repo }, number, body, signal) {
    await github.send('POST', (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/issues/${number}/comments`, signal, {
        body: { body: body.slice(0, BODY_LIMIT) },
        needs: NEEDS,
    });
}
/** All comments of an issue or pull request, oldest first. */
async function commentsOf(github, { owner, repo }, number, signal) {
    const items = await github.list((0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .route */ .wE) `/repos/${owner}/${repo}/issues/${number}/comments`, signal, {
        needs: 'issues: read',
    });
    return items.map((one) => {
        const createdAt = (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(one, 'created_at');
        return {
            by: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .personAt */ .Td)(one, 'user'),
            body: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .maybeText */ .oX)(one, 'body') ?? '',
            createdAt,
            edited: (0,_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .textAt */ .$6)(one, 'updated_at') !== createdAt,
        };
    });
}
//# sourceMappingURL=issues.js.map

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
