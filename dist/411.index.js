export const id = 411;
export const ids = [411];
export const modules = {

/***/ 74792:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  loadIntegration: () => (/* binding */ loadIntegration),
  runIntegration: () => (/* binding */ runIntegration)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: ./lib/base/clock.js
var clock = __webpack_require__(74743);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/exec.js
var exec = __webpack_require__(79584);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(77598);
;// CONCATENATED MODULE: ./lib/integration/stack.js
/** A compose project that lives for one test run: started together, awaited, read, and taken down whatever happens. */


/** 2.20 has `up --wait-timeout` and `config --images`. */
const LEAST_COMPOSE = [2, 20];
const UP_MS = 15 * 60_000;
const DOWN_MS = 3 * 60_000;
const LOOK_MS = 60_000;
class Stack {
    /** The same again for the same folder and files: what a killed run left is found by the next one. */
    project;
    #settings;
    #act;
    constructor(settings, act) {
        this.#settings = settings;
        this.#act = act;
        const key = JSON.stringify([settings.folder, settings.files]);
        this.project = `gip-${(0,external_node_crypto_.createHash)('sha256').update(key).digest('hex').slice(0, 12)}`;
    }
    /** Everything that would keep the project from starting, all at once; starts nothing. */
    async check() {
        const version = await this.#docker(['compose', 'version', '--short'], LOOK_MS);
        if (version.code !== 0)
            throw (0,errors/* environmentError */.me)({
                code: 'integration-no-compose',
                what: 'docker compose does not run here',
                cause: version.stderr.trim(),
                fix: 'install Docker with the compose plugin on the runner, or use a runner that has it',
            }, { log: version.tail.join('\n') });
        const problems = [];
        const [major = 0, minor = 0] = version.stdout.trim().replace(/^v/, '').split('.').map(Number);
        if (major < LEAST_COMPOSE[0] || (major === LEAST_COMPOSE[0] && minor < LEAST_COMPOSE[1]))
            problems.push({
                code: 'integration-old-compose',
                what: `docker compose ${version.stdout.trim()} is too old`,
                fix: `update it to ${LEAST_COMPOSE.join('.')} or newer`,
            });
        const config = await this.#compose(['config', '--format', 'json'], LOOK_MS);
        if (config.code !== 0)
            throw (0,errors/* inputError */.Xu)(configProblem(config.stderr));
        problems.push(...readConfig(config.stdout, this.#settings));
        if (problems.length > 0)
            throw new errors/* PipelineError */.zC('input', problems);
    }
    /** Starts the services and waits until each is healthy (or running, without a health check). What an earlier run left goes first. */
    async up() {
        const { services, waitMs } = this.#settings;
        await this.down();
        const seconds = Math.ceil(waitMs / 1000);
        const done = await this.#compose(['up', '--detach', '--no-build', '--quiet-pull', '--wait', '--wait-timeout', String(seconds), ...services], UP_MS + waitMs);
        if (done.code === 0)
            return;
        const ends = await this.ends();
        throw new errors/* PipelineError */.zC('gate', unhealthy(ends, done.stderr, waitMs), {
            log: (await this.logs()).split('\n').slice(-120).join('\n'),
        });
    }
    /** How every service stands, finished ones too. */
    async ends() {
        const done = await this.#compose(['ps', '--all', '--format', 'json'], LOOK_MS);
        return done.code === 0 ? readContainers(done.stdout).map(({ end }) => end) : [];
    }
    /** Where the published ports of the services can be reached. */
    async ports() {
        const done = await this.#compose(['ps', '--format', 'json'], LOOK_MS);
        return done.code === 0 ? readContainers(done.stdout).flatMap(({ ports }) => ports) : [];
    }
    /** All that a service (or all of them) has printed, with times. */
    async logs(service) {
        const done = await this.#docker([...this.#prefix(), 'logs', '--no-color', '--timestamps', ...(service === undefined ? [] : ['--no-log-prefix', service])], LOOK_MS, new AbortController().signal);
        return done.stdout;
    }
    /** Removes containers, networks and volumes of the project; also after a cancellation. Never throws. */
    async down() {
        try {
            const done = await this.#docker([...this.#prefix(), 'down', '--volumes', '--remove-orphans', '--timeout', '10'], DOWN_MS, new AbortController().signal);
            if (done.code !== 0)
                this.#act.log.warning(`${this.project} was not taken down: ${done.stderr.trim()}`);
        }
        catch (error) {
            this.#act.log.warning(`${this.project} was not taken down: ${String(error)}`);
        }
    }
    #prefix() {
        return [
            'compose',
            '--project-name',
            this.project,
            '--ansi',
            'never',
            '--progress',
            'quiet',
            ...this.#settings.files.flatMap((file) => ['--file', file]),
        ];
    }
    #compose(words, timeoutMs) {
        return this.#docker([...this.#prefix(), ...words], timeoutMs, this.#act.signal);
    }
    #docker(words, timeoutMs, signal = this.#act.signal) {
        const { folder, env } = this.#settings;
        return this.#act.exec.run({ argv: ['docker', ...words], cwd: folder, env, timeoutMs, signal, maxStdout: 32 * 1024 * 1024 });
    }
} // prettier-ignore
const configProblem = (stderr) => ({
    code: 'integration-compose-file',
    what: 'the compose project cannot be read',
    cause: stderr.trim().split('\n').slice(-5).join('\n'),
    input: 'compose-files',
    fix: 'try docker compose config in the same folder',
});
const isObject = (value) => typeof value === 'object' && value !== null;
/** What is wrong with a resolved project (`docker compose config --format json`), against what is asked of it. */
function readConfig(text, { services, images }) {
    const config = JSON.parse(text);
    const there = config.services ?? {};
    const problems = [];
    for (const name of services)
        if (!Object.hasOwn(there, name))
            problems.push({
                code: 'integration-no-service',
                what: 'the compose project has no such service',
                input: 'services',
                value: name,
                fix: `use one of ${Object.keys(there).join(', ')}`,
            });
    for (const image of images)
        if (!Object.values(there).some((service) => service.image === image))
            problems.push({
                code: 'integration-image-unused',
                what: 'no service runs the image that is to be tested',
                cause: `the images are ${Object.values(there).flatMap((service) => service.image ?? []).join(', ') || 'none'}`,
                input: 'image',
                value: image,
                fix: 'write image: ${IMAGE} in the compose file (the input image-variable names the variable)',
            }); // prettier-ignore
    for (const [name, service] of Object.entries(there))
        if (service.image === undefined && service.build !== undefined)
            problems.push({
                code: 'integration-builds',
                what: `the service ${name} is built from source`,
                cause: 'what is tested must be the image that is released, byte for byte',
                input: 'compose-files',
                fix: `give ${name} an image by digest`,
            });
    return problems;
}
/** Lines of `docker compose ps --format json`: an object each, or (before compose 2.21) one array. */
function readContainers(text) {
    const entries = text.trim().startsWith('[')
        ? JSON.parse(text)
        : text
            .split('\n')
            .filter((line) => line.trim() !== '')
            .map((line) => JSON.parse(line));
    return entries.filter(isObject).map((entry) => {
        const word = (name) => (typeof entry[name] === 'string' ? entry[name] : '');
        const service = word('Service');
        const publishers = Array.isArray(entry['Publishers']) ? entry['Publishers'].filter(isObject) : [];
        return {
            end: {
                service,
                state: word('State'),
                health: word('Health'),
                exitCode: typeof entry['ExitCode'] === 'number' ? entry['ExitCode'] : 0,
            },
            ports: publishers.flatMap((port) => {
                const { URL: url, TargetPort: target, PublishedPort: published, Protocol: protocol } = port;
                if (typeof target !== 'number' || typeof published !== 'number' || published === 0 || protocol !== 'tcp')
                    return [];
                // Bound to every address, or by IPv6 as well: loopback reaches it.
                const host = typeof url === 'string' && !['', '0.0.0.0', '::'].includes(url) ? url : '127.0.0.1';
                return [{ service, target, host, port: published }];
            }),
        };
    }); // prettier-ignore
}
/** `SHOP_8080=127.0.0.1:32768`, and `SHOP_ADDR` where a service publishes one port only. */
function portVariables(ports) {
    const variables = {};
    for (const { service, target, host, port } of ports) {
        const name = service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
        variables[`${name}_${target}`] = `${host}:${port}`;
        const own = new Set(ports.filter((one) => one.service === service).map((one) => one.target));
        if (own.size === 1)
            variables[`${name}_ADDR`] = `${host}:${port}`;
    }
    return variables;
}
function unhealthy(ends, stderr, waitMs) {
    const bad = ends.filter(({ state, health, exitCode }) => health === 'unhealthy' || health === 'starting' || (state !== 'running' && exitCode !== 0) || state === 'restarting'); // prettier-ignore
    if (bad.length === 0)
        return [
            {
                code: 'integration-up',
                what: 'the services could not be started',
                cause: stderr.trim().split('\n').slice(-5).join('\n'),
                fix: 'look at the cause; try docker compose up --wait in the same folder',
            },
        ];
    return bad.map(({ service, state, health, exitCode }) => ({
        code: 'integration-unhealthy',
        what: `the service ${service} did not become healthy`,
        cause: state === 'running'
            ? `its health is ${health} after ${Math.round(waitMs / 1000)} s`
            : `it is ${state}${exitCode === 0 ? '' : `, exit code ${exitCode}`}`,
        fix: 'its log below says more; give a slow one more time by wait',
    }));
}
//# sourceMappingURL=stack.js.map
// EXTERNAL MODULE: ./lib/registry/docker-config.js
var docker_config = __webpack_require__(1122);
// EXTERNAL MODULE: ./lib/registry/reference.js
var registry_reference = __webpack_require__(9758);
// EXTERNAL MODULE: ./lib/report/markdown.js
var markdown = __webpack_require__(63021);
// EXTERNAL MODULE: ./lib/actions/build/reader.js
var build_reader = __webpack_require__(28853);
// EXTERNAL MODULE: ./lib/actions/folders.js
var folders = __webpack_require__(85170);
// EXTERNAL MODULE: ./lib/actions/registry.js + 10 modules
var registry = __webpack_require__(43967);
// EXTERNAL MODULE: ./lib/actions/stages/integration/spec.js
var spec = __webpack_require__(6403);
;// CONCATENATED MODULE: ./lib/actions/stages/integration/run.js













const NAME = { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, name: 'the name of a variable' };
const LOG_LINES = 40;
/** Starts the stack, runs the tests, keeps all logs, takes the stack down: whatever becomes of the tests. */
async function runIntegration(read, act) {
    const inputs = loadIntegration(read, act);
    if (inputs.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', inputs.problems);
    const { folder, reportDir, run, image } = inputs;
    await (0,folders/* makeReportFolder */.Be)(reportDir);
    const logins = (0,registry/* loginsOf */.Qm)(inputs, act.env);
    const config = logins.length === 0 ? undefined : await (0,docker_config/* makeDockerConfig */.x0)(logins, act);
    const env = { ...inputs.composeEnv, ...(config === undefined ? {} : config.env) };
    const settings = {
        folder,
        files: inputs.files,
        services: inputs.services,
        env: image === '' ? env : { ...env, [inputs.variable]: image },
        images: image === '' ? [] : [image],
        waitMs: inputs.waitMs,
    };
    const stack = new Stack(settings, act);
    let failure;
    let ends;
    let tail = [];
    let tests = '';
    await stack.check();
    try {
        act.log.info(`starting ${stack.project}`);
        await stack.up();
        const ports = await stack.ports();
        for (const { service, target, host, port } of ports)
            act.log.info(`${service}:${target} is at ${host}:${port}`);
        const lines = [];
        const done = await act.exec.run({
            argv: run,
            cwd: folder,
            env: { ...portVariables(ports), ...(image === '' ? {} : { [inputs.variable]: image }), ...inputs.runEnv },
            timeoutMs: inputs.timeoutMs,
            signal: act.signal,
            maxStdout: 0,
            onLine: (line) => {
                lines.push(line);
                act.log.info(line);
            },
        });
        tail = done.tail;
        tests = (0,clock/* formatDuration */.a3)(done.ms);
        await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(reportDir, 'tests.log'), act.secrets.redact(`${lines.join('\n')}\n`));
        if (done.code !== 0)
            failure = (0,errors/* gateError */.em)({
                code: 'integration-tests',
                what: `the integration tests failed (exit code ${done.code})`,
                where: (0,exec/* display */.Vy)(run),
                fix: 'look at the output of the tests, then at the logs of the services in report-dir',
            }, done.tail.join('\n'));
    }
    catch (error) {
        failure = (0,errors/* toPipelineError */.Oo)(error, 'the integration tests could not be run');
    }
    finally {
        ends = await stack.ends().catch(() => []);
        for (const { service } of ends) {
            const text = await stack.logs(service).catch((error) => `no log: ${String(error)}`);
            await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(reportDir, `${service}.log`), act.secrets.redact(text));
        }
        await stack.down();
    }
    return {
        outputs: { verdict: failure === undefined ? 'passed' : 'failed', ...(image === '' ? {} : { image }), report: reportDir },
        summary: summarise(inputs, ends, tests, failure, tail),
        ...(failure === undefined ? {} : { failure }),
    };
} // prettier-ignore
/** Reads the inputs; every problem is in `problems`. */
function loadIntegration(read, act) {
    const reader = new build_reader/* Reader */.m(read, act.env, act.secrets, spec/* INTEGRATION */.r.inputs);
    const top = (0,folders/* workspaceOf */.B3)(act.env);
    const image = reader.text('image');
    const reference = image === '' ? undefined : (0,registry_reference/* parseReference */.F2)(image);
    if (reference !== undefined && ('reason' in reference || reference.digest === undefined))
        reader.bad('image', image, 'not an image by digest', 'write name@sha256:…, as the output image of the build gives it');
    const variable = reader.text('image-variable');
    if (!NAME.pattern.test(variable))
        reader.bad('image-variable', variable, `not ${NAME.name}`, 'write it like IMAGE');
    const run = reader.words('run');
    if (run.length === 0)
        reader.bad('run', '', 'there are no tests', 'write for example go test ./integration/...');
    const services = reader.list('services', { commas: true });
    for (const name of services)
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
            reader.bad('services', name, 'not the name of a service', 'write its name in the compose file');
    for (const file of reader.list('compose-files'))
        if (file.startsWith('-') || file.startsWith('/') || file.split(/[\\/]/).includes('..'))
            reader.bad('compose-files', file, 'not a file of the project', 'write a path relative to working-directory, without ..');
    return {
        image,
        variable,
        run,
        services,
        files: reader.list('compose-files'),
        composeEnv: Object.fromEntries(reader.pairs('compose-env', NAME)),
        runEnv: Object.fromEntries(reader.pairs('run-env', NAME)),
        waitMs: reader.duration('wait'),
        timeoutMs: reader.duration('timeout'),
        folder: (0,external_node_path_.resolve)(top, reader.relativePath('working-directory', '.')),
        registries: reader.registries(),
        githubToken: reader.text('github-token'),
        reportDir: (0,folders/* stageFolder */.h8)('integration', reader.optional('report-dir'), act.env),
        problems: reader.problems,
    };
} // prettier-ignore
function summarise({ image, run }, ends, took, failure, tail) {
    const title = failure === undefined ? '✅ Integration tests passed' : `❌ ${(0,markdown/* inline */.mG)(failure.problems[0]?.what ?? 'Integration tests failed')}`;
    return [
        `## ${title}`,
        [...(image === '' ? [] : [(0,markdown/* code */.aY)(image)]), (0,markdown/* code */.aY)((0,exec/* display */.Vy)(run)), ...(took === '' ? [] : [took])].join(' · '),
        ...(ends.length === 0
            ? []
            : [
                (0,markdown/* table */.tp)([['Service', 'left'], ['State', 'left'], ['Health', 'left'], ['Exit code', 'right']], ends.map((end) => [(0,markdown/* inline */.mG)(end.service), (0,markdown/* inline */.mG)(end.state), (0,markdown/* inline */.mG)(end.health), end.state === 'running' ? '' : String(end.exitCode)])),
            ]),
        ...(failure === undefined ? [] : [...failure.problems.map((problem) => `- ${(0,markdown/* inline */.mG)(problem.what)}${problem.cause === undefined ? '' : `: ${(0,markdown/* inline */.mG)(problem.cause)}`}`)]),
        ...(failure === undefined || tail.length === 0 ? [] : [(0,markdown/* details */.zH)('Output of the tests', (0,markdown/* fence */.EU)(tail.slice(-LOG_LINES)), true)]),
    ].join('\n\n');
} // prettier-ignore
//# sourceMappingURL=run.js.map

/***/ })

};
