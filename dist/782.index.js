export const id = 782;
export const ids = [782];
export const modules = {

/***/ 30782:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ANSWER_MARK: () => (/* binding */ ANSWER_MARK),
/* harmony export */   cacheWorkerMain: () => (/* binding */ cacheWorkerMain),
/* harmony export */   parseRequest: () => (/* binding */ parseRequest)
/* harmony export */ });
/**
 * The half of the cache store that runs in a process of its own, around @actions/cache.
 *
 * A process of its own, because @actions/cache cannot be cancelled (a late tar would still write into a cache that Go uses
 * already), keeps 128 MiB segments in memory, prints to stdout and takes its settings (workspace, tar options) from
 * process.env. Here it is ended as a group, its lines are read by the parent, and its environment is its own.
 */
/** Marks the one line of stdout that is the answer; everything else there is talk of @actions/cache. */
const ANSWER_MARK = '@@gip-cache-answer@@';
/** Reads one {@link WorkerRequest} as JSON from stdin, does it, prints one marked {@link WorkerAnswer}, exits 0. */
async function cacheWorkerMain() {
    const answer = await serve();
    await new Promise((resolve) => {
        process.stdout.write(`\n${ANSWER_MARK}${JSON.stringify(answer)}\n`, () => {
            resolve();
        });
    });
    // Sockets kept alive would hold the process for minutes (actions/cache#1217).
    process.exit(0);
}
async function serve() {
    try {
        const request = parseRequest(await readStdin());
        const cache = await Promise.all(/* import() */[__webpack_require__.e(507), __webpack_require__.e(691)]).then(__webpack_require__.bind(__webpack_require__, 61691));
        if (request.operation === 'save')
            return { id: await cache.saveCache([...request.paths], request.key, undefined, request.crossOs) };
        const key = await cache.restoreCache([...request.paths], request.key, [...request.restoreKeys], undefined, request.crossOs);
        return key === undefined ? {} : { key };
    }
    catch (error) {
        return { error: error instanceof Error ? error.message : String(error) };
    }
}
/** Checks the shape of the request, which crosses a process border. Throws TypeError. */
function parseRequest(text) {
    const value = JSON.parse(text);
    const texts = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string');
    if (typeof value !== 'object' || value === null)
        throw new TypeError('the request is not an object');
    const { operation, paths, key, restoreKeys, crossOs } = value;
    if ((operation !== 'restore' && operation !== 'save') ||
        !texts(paths) ||
        typeof key !== 'string' ||
        !texts(restoreKeys) ||
        typeof crossOs !== 'boolean')
        throw new TypeError('the request is incomplete');
    return { operation, paths, key, restoreKeys, crossOs };
}
async function readStdin() {
    const chunks = [];
    for await (const chunk of process.stdin)
        chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
}
//# sourceMappingURL=worker.js.map

/***/ })

};
