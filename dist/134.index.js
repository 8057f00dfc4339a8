export const id = 134;
export const ids = [134];
export const modules = {

/***/ 41134:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  initCli: () => (/* binding */ initCli),
  initCommand: () => (/* binding */ initCommand),
  loadInit: () => (/* binding */ loadInit),
  printed: () => (/* binding */ printed)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
// EXTERNAL MODULE: external "node:readline/promises"
var promises_ = __webpack_require__(26848);
// EXTERNAL MODULE: ./lib/base/errors.js
var errors = __webpack_require__(17594);
// EXTERNAL MODULE: ./lib/base/exec.js
var exec = __webpack_require__(79584);
// EXTERNAL MODULE: ./lib/base/files.js
var files = __webpack_require__(40378);
// EXTERNAL MODULE: ./lib/pipeline/library.js
var pipeline_library = __webpack_require__(26937);
// EXTERNAL MODULE: ./lib/pipeline/lint/diff.js
var diff = __webpack_require__(28383);
;// CONCATENATED MODULE: ./lib/pipeline/starter/calls.js

const CONTENTS = ['contents', 'read', 'check the repository out'];
/** What deployments, the gray release and the reaper ask for. */
const DELIVERY = [
    ['deployments', 'write', 'mirror deployments and gray releases'],
    ['issues', 'write', 'ask for approval and tell of trouble'],
    ['actions', 'read', 'who started and who approved this run'],
];
/** Environment that holds the logins of a registry that is not ghcr.io. */
const REGISTRY_ENVIRONMENT = 'registry';
const isGithubRegistry = (image) => image.startsWith('ghcr.io/');
/** File of the hosts of an environment, where none is there yet. */
const hostsFile = (environment) => `deploy/${environment.replaceAll(/[^\w.-]/g, '-')}.yaml`;
/** Keys of the hosts that are reached by SSH. */
const KNOWN_HOSTS = 'deploy/known_hosts';
/** Files that a gray release needs (the defaults of pipeline.yml). */
const GRAY_FILES = ['deploy/adapter.yaml', 'deploy/metrics.yaml'];
const isGray = (facts, options) => options.gray === 'auto'
    ? options.productionEnvironment !== undefined &&
        GRAY_FILES.every((file) => facts.deployFiles.includes(file))
    : options.gray === 'true';
const onPush = (facts, tags) => ({
    push: { branches: [facts.defaultBranch], ...(tags ? { tags: ['v*'] } : {}) },
    pull_request: null,
});
/** Runners of the checks: one of each system that some files are written for. */
const runners = (facts, options) => [
    options.runner.length > 0 ? options.runner.join('+') : 'ubuntu-latest',
    ...facts.systems.map((system) => (system === 'windows' ? 'windows-latest' : 'macos-latest')),
].join(', ');
/** Runner labels as the templates take them: JSON. */
const runnerInput = (options, ...names) => options.runner.length === 0
    ? {}
    : Object.fromEntries(names.map((name) => [
        name,
        JSON.stringify(options.runner.length === 1 ? options.runner[0] : options.runner),
    ]));
const folder = (dir) => (dir === '.' ? {} : { 'working-directory': dir });
function pipelineCall(service, facts, options, alone) {
    const { testEnvironment: test, productionEnvironment: production } = options;
    const gray = isGray(facts, options);
    const delivered = (test ?? production) !== undefined;
    const otherRegistry = !service.images.every(isGithubRegistry);
    const checks = facts.lint !== undefined || facts.systems.length > 0;
    return {
        name: alone ? 'pipeline' : `pipeline ${service.slug}`,
        head: [
            `The whole way of a commit${alone ? '' : ` of ${service.slug}`}: checks, image, scan, tests, tags, environments.`,
            'The permissions are those of all stages: GitHub wants them granted, also for stages that are off.',
        ],
        on: onPush(facts, true),
        cancel: 'pull requests',
        template: 'pipeline.yml',
        permissions: [CONTENTS, ['packages', 'write', 'push to ghcr.io with the token of the job'], ...DELIVERY],
        with: {
            images: service.images.join('\n'),
            ...folder(service.dir),
            ...(service.main === undefined ? {} : { main: service.main }),
            ...(service.file === undefined ? {} : { file: service.file }),
            ...(checks ? { ci: true } : {}),
            ...(checks && runners(facts, options) !== 'ubuntu-latest' ? { runners: runners(facts, options) } : {}),
            ...(service.integration === undefined
                ? {}
                : {
                    integration: true,
                    ...(service.integration === '' ? {} : { 'integration-files': service.integration }),
                }),
            ...(test === undefined ? {} : { 'test-environment': test, 'test-hosts': hostsFile(test) }),
            ...(production === undefined ? {} : { 'production-environment': production }),
            ...(production === undefined || gray ? {} : { 'production-hosts': hostsFile(production) }),
            ...(gray && production !== undefined ? { gray: true } : {}),
            ...(gray && production !== undefined && options.state !== undefined ? { 'gray-state': options.state } : {}),
            ...(delivered && facts.deployFiles.includes(KNOWN_HOSTS)
                ? { 'known-hosts': KNOWN_HOSTS }
                : {}),
            ...(otherRegistry ? { 'registry-environment': REGISTRY_ENVIRONMENT } : {}),
            ...runnerInput(options, 'runner', 'deploy-runner'),
        },
        secrets: [
            ...(otherRegistry ? ['registries'] : []),
            ...(delivered ? ['identity', 'notify'] : []),
            ...(delivered && gray ? ['prometheus-token'] : []),
        ],
    };
} // prettier-ignore
/** The checks alone: of a library, or of the modules that no pipeline builds. */
function ciCall(facts, options) {
    const [only = '.', ...more] = facts.modules;
    return {
        name: 'ci',
        head: ['Vet, tests and coverage of every push and pull request.'],
        on: onPush(facts, false),
        cancel: 'pull requests',
        template: 'ci.yml',
        permissions: [CONTENTS],
        with: {
            runners: runners(facts, options),
            ...(more.length === 0 ? folder(only) : {}),
            ...runnerInput(options, 'plan-runner'),
        },
    };
}
/** A minute of its own for each repository: at the full hour GitHub's schedules are late. */
function minuteOf(seed) {
    let sum = 7;
    for (const char of seed)
        sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
    return (sum % 53) + 4;
}
const seedOf = (facts) => facts.remote?.repository ?? '';
const schedule = (minute, rest) => ({
    schedule: [{ cron: `${minute} ${rest}` }],
    workflow_dispatch: null,
});
const EXTRA_CALLS = {
    'gray-reap': (facts, options) => ({
        name: 'gray-reap',
        head: ['Takes up a gray release whose run is gone, and brings everything back.'],
        on: { schedule: [{ cron: '*/10 * * * *' }], workflow_dispatch: null },
        cancel: 'never',
        template: 'gray-reap.yml',
        permissions: [CONTENTS, ...DELIVERY],
        with: {
            environment: options.productionEnvironment ?? 'production',
            state: options.state ?? '',
            ...(facts.deployFiles.includes(KNOWN_HOSTS) ? { 'known-hosts': KNOWN_HOSTS } : {}),
            ...runnerInput(options, 'runner'),
        },
        secrets: ['identity', 'notify'],
    }),
    metrics: (facts, options, _services, pipelines) => ({
        name: 'metrics',
        head: ['What the pipeline did in the last four weeks, and whether that is good enough.'],
        on: schedule(minuteOf(seedOf(facts)), '5 * * 1'),
        cancel: 'never',
        template: 'metrics.yml',
        permissions: [
            CONTENTS,
            ['actions', 'read', 'runs of workflows, and their reports'],
            ['deployments', 'read', 'deployments and what became of them'],
            ['security-events', 'read', 'alerts of code scanning'],
        ],
        with: {
            workflows: pipelines.join('\n'),
            branch: facts.defaultBranch,
            ...(options.productionEnvironment === undefined ? {} : { 'deployed-to': options.productionEnvironment }),
            ...runnerInput(options, 'runner'),
        },
    }),
    'base-refresh': (facts, options, services) => {
        const images = services.flatMap((service) => service.images);
        return {
            name: 'base-refresh',
            head: ['Tells by an issue when a published image stands on an old base.'],
            on: schedule(minuteOf(`${seedOf(facts)} bases`), '4 * * 2'),
            cancel: 'never',
            template: 'base-refresh.yml',
            permissions: [
                ['packages', 'write', 'read images of ghcr.io; rebase also writes them'],
                ['issues', 'write', 'open, change and close the issue'],
            ],
            with: {
                images: images.map((image) => `${image}:${facts.versions ? 'latest' : facts.defaultBranch}`).join('\n'),
                mode: 'issue',
                ...(images.every(isGithubRegistry) ? {} : { environment: REGISTRY_ENVIRONMENT }),
                ...runnerInput(options, 'runner'),
            },
            secrets: images.every(isGithubRegistry) ? [] : ['registries'],
        };
    },
    'template-lint': (facts, options) => ({
        name: 'template-lint',
        head: ['Checks every change of workflows and actions before it is merged.'],
        on: {
            push: { branches: [facts.defaultBranch], paths: ['.github/**', '**/action.yml'] },
            pull_request: { paths: ['.github/**', '**/action.yml'] },
        },
        cancel: 'always',
        template: 'template-lint.yml',
        permissions: [CONTENTS],
        with: { 'fail-on': 'warning', ...runnerInput(options, 'runner') },
    }),
    binaries: (facts, options, services) => {
        const dirs = [...new Set((services.length > 0 ? services : facts.mains.map((main) => ({ dir: main.module }))).map(({ dir }) => dir))];
        const dir = dirs.length === 1 ? (dirs[0] ?? '.') : '.';
        // Every main package is meant, unless some were left out.
        const all = services.length === 0 || services.length === facts.mains.length;
        const mains = services.map((service) => {
            const path = external_node_path_.posix.join(service.dir === dir ? '.' : service.dir, service.main ?? '.');
            return path === '.' ? '.' : `./${path}`;
        });
        return {
            name: 'binaries',
            head: ['Release binaries of every version tag, in a draft release.'],
            on: { push: { tags: ['v*'] } },
            cancel: 'never',
            template: 'binaries.yml',
            permissions: [['contents', 'write', 'make the draft release; the job that compiles only reads']],
            with: {
                ...folder(dir),
                ...(all ? {} : { main: mains.join('\n') }),
                ...runnerInput(options, 'runner'),
            },
        };
    },
}; // prettier-ignore
//# sourceMappingURL=calls.js.map
;// CONCATENATED MODULE: ./lib/pipeline/starter/next.js

/** Steps of other workflows that the pipeline takes over, by what stands in them. */
const OTHERS = [
    [/uses:\s*docker\/build-push-action@/, 'docker/build-push-action'],
    [/uses:\s*docker\/github-builder/, 'docker/github-builder'],
    [/uses:\s*ko-build\/setup-ko@|\bko build\b/, 'ko'],
    [/uses:\s*goreleaser\/goreleaser-action@|\bgoreleaser release\b/, 'goreleaser'],
];
/** What no file can do: environments, secrets, permissions, and what to look at. One line each. */
function nextSteps(services, facts, options, library) {
    const { testEnvironment: test, productionEnvironment: production } = options;
    const gray = isGray(facts, options);
    const steps = [];
    if (library.repository.startsWith('OWNER/'))
        steps.push('OWNER stands for the owner of go-image-pipeline: run init again with --templates NAME/go-image-pipeline --force, or replace it'); // prettier-ignore
    if (facts.remote !== undefined && facts.remote.host !== 'github.com' && !options.copies)
        steps.push(`The remote is on ${facts.remote.host}. GitHub Enterprise Server does not call templates of github.com: run init again with --copies --force (docs/pipeline.md). Other servers do not run these workflows; the command line does the same there`); // prettier-ignore
    if (services.some((service) => !service.images.every(isGithubRegistry)))
        steps.push(`Settings, Environments: make the environment ${REGISTRY_ENVIRONMENT} with the secret REGISTRIES, a line "host user password"`); // prettier-ignore
    if (services.some((service) => service.images.some(isGithubRegistry)))
        steps.push('ghcr.io: nothing to set. A package that somebody pushed by hand must give this repository the role Write (docs/permissions.md)'); // prettier-ignore
    const hosts = [test, ...(gray ? [] : [production])].filter((name) => name !== undefined);
    for (const name of hosts) {
        const file = hostsFile(name);
        if (!facts.deployFiles.includes(file))
            steps.push(`Write ${file}: the hosts of ${name} (docs/workflows/deploy.md)`);
    }
    if (gray)
        for (const file of GRAY_FILES)
            if (!facts.deployFiles.includes(file))
                steps.push(`Write ${file} (${file.includes('adapter') ? 'docs/adapters.md' : 'docs/gray-metrics.md'})`);
    if ((test ?? production) !== undefined && !facts.deployFiles.includes(KNOWN_HOSTS))
        steps.push(`Hosts that are reached by SSH: put their keys into ${KNOWN_HOSTS} (docs/hosts.md), then run init again with --force`); // prettier-ignore
    for (const name of [test, production])
        if (name !== undefined)
            steps.push(`Settings, Environments: make the environment ${name} with the secret IDENTITY (an SSH key), if its hosts are reached by SSH, and NOTIFY, if somebody shall be told${name === production ? '. Required reviewers there approve every release' : ''}`); // prettier-ignore
    if (gray && production !== undefined)
        steps.push('Settings, Secrets: PROMETHEUS_TOKEN is a secret of the repository, if Prometheus asks for a token'); // prettier-ignore
    if (services.length > 0 && production === undefined)
        steps.push('The pipeline ends with the published image. To deploy it: --test-environment, --production-environment'); // prettier-ignore
    steps.push(services.length === 0
        ? 'Settings, Branches: require the check ci / report before a merge'
        : `Settings, Branches: require ${services.length === 1 ? 'the check pipeline / verdict' : `the checks ${services.map(({ slug }) => `pipeline ${slug} / verdict`).join(', ')}`} before a merge`);
    for (const file of facts.workflows) {
        const other = OTHERS.find(([pattern]) => pattern.test(file.text));
        if (other !== undefined && services.length > 0)
            steps.push(`${file.path} uses ${other[1]}: docs/migration.md says what takes its place. Remove it when the pipeline is green`); // prettier-ignore
    }
    steps.push('Commit the files, push a branch, and open a pull request: nothing is pushed to a registry from there');
    return steps;
} // prettier-ignore
//# sourceMappingURL=next.js.map
// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
;// CONCATENATED MODULE: ./lib/pipeline/starter/render.js

const CANCEL = {
    never: 'false',
    'pull requests': "${{ github.event_name == 'pull_request' }}",
    always: 'true',
};
const indent = (text, depth) => text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `${' '.repeat(depth)}${line}`))
    .join('\n');
/** Under which name people keep it: `prometheus-token` is PROMETHEUS_TOKEN. */
const secretName = (name) => name.toUpperCase().replaceAll('-', '_');
/** The prefix of copied templates, so that they do not stand in the way of the workflows that call them. */
const COPY = 'gip-';
/** The text of the workflow file. */
function renderCall(call, library, copies) {
    const given = Object.keys(call.with).length === 0 ? '' : `\n    with:\n${indent(yaml(call.with), 6)}`;
    const secrets = (call.secrets ?? []).map((name) => `\n      ${name}: \${{ secrets.${secretName(name)} }}`);
    const passed = secrets.length === 0 ? '' : `\n    secrets:${secrets.join('')}`;
    const uses = copies
        ? `./.github/workflows/${COPY}${call.template}`
        : `${library.repository}/.github/workflows/${call.template}@${library.sha} # ${library.version}`;
    const page = `${library.repository}: docs/workflows/${call.template.replace(/\.yml$/, '.md')}`;
    return `${[...call.head, `All inputs are in ${page}.`].map((line) => `# ${line}`).join('\n')}
name: ${call.name}

on:
${indent(yaml(call.on), 2)}

permissions: {}

concurrency:
  group: ${call.name.replaceAll(' ', '-')}-\${{ github.ref }}
  cancel-in-progress: ${CANCEL[call.cancel]}

jobs:
  ${call.template.replace(/\.yml$/, '')}:
    name: ${call.name}
    permissions:
${call.permissions.map(([scope, level, reason]) => `      ${scope}: ${level} # ${reason}`).join('\n')}
    uses: ${uses}${given}${passed}
`;
}
/** Lists of plain values stand on one line; `pull_request:` without a value says all of them. */
function yaml(value) {
    const document = new dist/* Document */.yo(value);
    (0,dist/* visit */.YR)(document, {
        Seq(_, node) {
            if (node.items.every(dist/* isScalar */.jn))
                node.flow = true;
        },
    });
    return document
        .toString({ lineWidth: 0, singleQuote: true, nullStr: '', flowCollectionPadding: false })
        .replaceAll(/[^\S\n]+$/gm, '');
}
/** A template and those it calls, with nested calls made local: a server without `uses: $/` takes them so. */
function copiesOf(template, library) {
    const found = new Map();
    const visit = (name) => {
        const twin = library.twins.get(name);
        if (twin === undefined || found.has(name))
            return;
        const nested = /(\buses: )\S+?\/\.github\/workflows\/([\w-]+\.yml)@\S+[^\n]*/g;
        found.set(name, twin.replaceAll(nested, `$1./.github/workflows/${COPY}$2`));
        for (const [, , file = ''] of twin.replaceAll(/^\s*#.*$/gm, '').matchAll(nested))
            visit(file);
    };
    visit(template);
    return new Map([...found].map(([name, text]) => [`.github/workflows/${COPY}${name}`, text]));
}
//# sourceMappingURL=render.js.map
;// CONCATENATED MODULE: ./lib/pipeline/starter/services.js

/** Folders of programs that are run by the developers, not deployed. */
const TOOLS = /(^|\/)(tools?|hack|scripts?|examples?|testing|e2e|gen(erate)?)(\/|$)/;
const STANDARD_COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const pathOf = (main) => external_node_path_.posix.join(main.module, main.path);
const shown = (main) => (pathOf(main) === '.' ? '.' : `./${pathOf(main)}`);
/** Which images the repository makes, and from what. */
function servicesOf(facts, options) {
    const problems = [];
    const notes = [];
    const mains = chosen(facts, options, problems, notes);
    const slugs = slugsOf(mains);
    const names = imagesOf(facts, options, problems, mains.length);
    const services = mains.map((main, index) => {
        const slug = slugs[index] ?? main.name;
        const siblings = facts.mains.filter((other) => other.module === main.module);
        const file = dockerfileOf(main, siblings, facts, notes);
        const integration = integrationOf(main, facts, notes);
        return {
            slug,
            dir: main.module,
            ...(siblings.length > 1 ? { main: main.path } : {}),
            ...(file === undefined ? {} : { file }),
            images: names(slug),
            ...(integration === undefined ? {} : { integration }),
        };
    });
    return { services, problems, notes: [...new Set(notes)] };
}
function chosen(facts, options, problems, notes) {
    if (options.kind === 'library')
        return [];
    const clean = (path) => external_node_path_.posix.normalize(path.replaceAll('\\', '/')).replace(/\/+$/, '');
    const wanted = options.mains.map((text) => {
        const main = facts.mains.find((one) => pathOf(one) === clean(text));
        if (main === undefined)
            problems.push({
                code: 'bad-input',
                what: 'there is no such main package',
                input: 'main',
                value: text,
                fix: facts.mains.length === 0 ? 'this repository has none: --kind library' : `use one of ${facts.mains.map(shown).join(', ')}`,
            });
        return main;
    });
    if (wanted.length > 0)
        return wanted.filter((one) => one !== undefined);
    if (facts.mains.length === 0 && options.kind === 'service')
        problems.push({
            code: 'bad-input',
            what: 'a service needs a main package, and there is none',
            input: 'kind',
            value: 'service',
            fix: 'leave kind out, or set working-directory',
        });
    const services = facts.mains.filter((main) => !TOOLS.test(pathOf(main)));
    if (services.length === 0)
        return facts.mains;
    const left = facts.mains.filter((main) => !services.includes(main));
    if (left.length > 0)
        notes.push(`left out, as it looks like a tool of the developers: ${left.map(shown).join(', ')} (--main names what is deployed)`);
    return services;
} // prettier-ignore
/** The binary's name, with its module's folder in front where two are called alike. */
function slugsOf(mains) {
    const clean = (text) => text
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-+|-+$/g, '');
    const plain = mains.map((main) => clean(main.name));
    return mains.map((main, index) => plain.filter((one) => one === plain[index]).length > 1 && pathOf(main) !== '.'
        ? clean(pathOf(main))
        : (plain[index] ?? ''));
}
function imagesOf(facts, options, problems, count) {
    const { images } = options;
    for (const image of images)
        if (!/^[a-z0-9][\w.:-]*(\/[a-z0-9][a-z0-9._-]*)+$/.test(image.replaceAll('{name}', 'name')))
            problems.push({
                code: 'bad-input',
                what: 'not the name of an image',
                input: 'images',
                value: image,
                fix: 'write host/owner/name in lower case and without a tag, for example ghcr.io/acme/hello',
            });
    if (images.length > 0)
        return (slug) => images.map((image) => image.includes('{name}') ? image.replaceAll('{name}', slug) : count > 1 ? `${image}-${slug}` : image);
    if (facts.remote?.host === 'github.com') {
        const base = `ghcr.io/${facts.remote.repository.toLowerCase()}`;
        return (slug) => [count > 1 ? `${base}/${slug}` : base];
    }
    if (count > 0)
        problems.push({
            code: 'starter-images',
            what: 'it is not known where the images go',
            cause: facts.remote === undefined
                ? 'the repository has no remote'
                : `the remote is on ${facts.remote.host}, so ghcr.io may not be its registry`,
            input: 'images',
            fix: 'name them, for example --images ghcr.io/acme/hello',
        });
    return () => [];
}
/** The Dockerfile that builds this main, relative to its module; undefined where the standard is right. */
function dockerfileOf(main, siblings, facts, notes) {
    const here = facts.dockerfiles.filter((file) => inFolder(file.path, main.module));
    const relative = (path) => external_node_path_.posix.relative(main.module, path);
    const root = here.find((file) => relative(file.path) === 'Dockerfile');
    const own = here.find((file) => {
        const path = relative(file.path);
        return ((main.path !== '.' && path === external_node_path_.posix.join(main.path, 'Dockerfile')) ||
            path === `Dockerfile.${main.name}` ||
            path === `${main.name}.Dockerfile`);
    });
    if (own !== undefined)
        return relative(own.path);
    if (root === undefined || siblings.length < 2)
        return undefined;
    // Several mains and one Dockerfile: it belongs to the only one that it names.
    const named = siblings.filter((one) => one.path !== '.' && namesPackage(root.text, one.path));
    if (named.length === 1 && named[0] === main)
        return undefined;
    if (named.length !== 1)
        notes.push(`${root.path} does not say which main package it builds, so images are built without it; set \`file: Dockerfile\` where it is right`); // prettier-ignore
    return 'none';
}
const namesPackage = (dockerfile, path) => new RegExp(`${path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw `\$&`)}(?![\\w/-])`).test(dockerfile);
const inFolder = (path, dir) => dir === '.' || path.startsWith(`${dir}/`);
/** Compose file and tests of the module; both are needed. */
function integrationOf(main, facts, notes) {
    const inside = facts.composeFiles.filter((file) => inFolder(file, main.module));
    const [compose] = [...inside].sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
    const tests = facts.integrationTests.find((file) => inFolder(file, main.module));
    if (compose === undefined) {
        if (tests !== undefined)
            notes.push(`${tests} has integration tests, but no compose file says image: \${IMAGE} (docs/workflows/integration.md)`); // prettier-ignore
        return undefined;
    }
    if (tests === undefined) {
        notes.push(`${compose} takes the image from IMAGE, but no test has the build tag integration (docs/workflows/integration.md)`); // prettier-ignore
        return undefined;
    }
    const path = external_node_path_.posix.relative(main.module, compose);
    return STANDARD_COMPOSE.includes(path) ? '' : path;
}
//# sourceMappingURL=services.js.map
;// CONCATENATED MODULE: ./lib/pipeline/starter/files.js





const FOLDER = '.github/workflows';
const fileOf = (call) => `${FOLDER}/${call.name.replaceAll(' ', '-')}.yml`;
/** The workflows that a repository needs. Pure: the same facts and options give the same bytes. */
function starterFiles(facts, options, library) {
    const { services, problems: found, notes } = servicesOf(facts, options);
    const problems = [...found];
    const alone = services.length === 1;
    const pipelines = services.map((service) => pipelineCall(service, facts, options, alone));
    // A module that no image is made of is tested all the same.
    const tested = new Set(services.map((service) => service.dir));
    const rest = facts.modules.filter((dir) => !tested.has(dir));
    const checks = rest.length > 0 || services.length === 0 ? [ciCall(facts, options)] : [];
    const builds = [...pipelines, ...(services.length === 0 ? checks : [])];
    const names = builds.map((call) => fileOf(call).slice(FOLDER.length + 1));
    const extras = [];
    for (const extra of options.extras) {
        const missing = missingFor(extra, options, services.length, facts, library);
        if (missing !== undefined)
            problems.push({ code: 'bad-input', input: 'with', value: extra, ...missing });
        else
            extras.push(EXTRA_CALLS[extra](facts, options, services, names));
    }
    if (services.length === 0 && (options.productionEnvironment ?? options.testEnvironment) !== undefined)
        problems.push({
            code: 'bad-input',
            what: 'a library is not deployed',
            input: options.productionEnvironment === undefined ? 'test-environment' : 'production-environment',
            value: options.productionEnvironment ?? options.testEnvironment ?? '',
            fix: 'leave it out',
        });
    if (options.gray === 'true' && options.productionEnvironment === undefined)
        problems.push({
            code: 'bad-input',
            what: 'a gray release needs the environment of production',
            input: 'gray',
            value: 'true',
            fix: 'add --production-environment production',
        });
    const calls = [...pipelines, ...checks, ...extras];
    const planned = new Set(calls.map(fileOf));
    for (const call of calls)
        problems.push(...calledAlready(call, facts, library, planned));
    if (problems.length > 0)
        return { files: [], problems, notes, next: [] };
    const files = new Map(calls.map((call) => [fileOf(call), renderCall(call, library, options.copies)]));
    if (options.copies)
        for (const call of calls)
            for (const [path, text] of copiesOf(call.template, library))
                files.set(path, text);
    return {
        files: [...files].map(([path, text]) => ({ path, text })),
        problems,
        notes,
        next: nextSteps(services, facts, options, library),
    };
}
/** Why an extra cannot be had. */
function missingFor(extra, options, services, facts, library) {
    if (!library.twins.has(`${extra}.yml`))
        return { what: `the templates of ${library.version} have no ${extra}.yml`, fix: 'leave it out, or use a newer release' };
    if (extra === 'gray-reap' && options.state === undefined)
        return { what: 'the reaper must know where the state of the release is', fix: 'add --state, for example --state ssh://deploy@web-1.example/srv/shop/gray.json' };
    if (extra === 'base-refresh' && services === 0)
        return { what: 'a library has no images', fix: 'leave it out' };
    if (extra === 'binaries' && facts.mains.length === 0)
        return { what: 'there is no main package to compile', fix: 'leave it out' };
    return undefined;
} // prettier-ignore
/** The same template called twice on the same events would do everything twice. */
function calledAlready(call, facts, library, planned) {
    const calls = new RegExp(String.raw `^\s*uses:\s*['"]?${library.repository}/${FOLDER}/${call.template}@`, 'im');
    return facts.workflows
        .filter((file) => !planned.has(file.path) && calls.test(file.text))
        .map((file) => ({
        code: 'starter-called-already',
        what: `${file.path} calls ${call.template} already`,
        cause: `${fileOf(call)} would do everything a second time`,
        fix: `change that file, or remove it and run init again`,
    }));
} // prettier-ignore
/** Compares what shall be with what is; line ends do not count. */
function settle(files, present) {
    const write = [];
    const same = [];
    const different = [];
    for (const file of files) {
        const before = present.get(file.path)?.replaceAll('\r\n', '\n');
        if (before === undefined)
            write.push(file);
        else if (before === file.text)
            same.push(file.path);
        else
            different.push({ ...file, diff: (0,diff/* unifiedDiff */.W)(before, file.text) });
    }
    return { write, same, different };
}
const MOST_DIFF_LINES = 12;
/** The problem of a file that is there and differs. */
function existsProblem({ path, diff }) {
    const lines = diff.slice(0, MOST_DIFF_LINES);
    const more = diff.length - lines.length;
    return {
        code: 'starter-exists',
        what: 'the file is there already, and it differs',
        where: path,
        cause: `\n${[...lines, ...(more > 0 ? [`… ${more} more lines`] : [])].map((line) => `    ${line}`).join('\n')}`,
        fix: 'take the lines over that you want, or write --force to replace the file',
    };
}
//# sourceMappingURL=files.js.map
// EXTERNAL MODULE: external "node:fs/promises"
var external_node_fs_promises_ = __webpack_require__(51455);
// EXTERNAL MODULE: ./lib/project/event.js
var project_event = __webpack_require__(63701);
// EXTERNAL MODULE: ./lib/project/git.js
var git = __webpack_require__(15281);
// EXTERNAL MODULE: ./lib/project/modules.js + 3 modules
var modules = __webpack_require__(98054);
// EXTERNAL MODULE: ./lib/pipeline/glob.js
var glob = __webpack_require__(84366);
;// CONCATENATED MODULE: ./lib/pipeline/starter/look.js








/** What init looks for; folders of tests' data are left out below. */
const GLOBS = [
    '**/Dockerfile', '**/Dockerfile.*', '**/*.Dockerfile', '**/*compose*.{yml,yaml}', '**/*_test.go', '**/*_windows.go',
    '**/*_darwin.go', '.golangci.{yml,yaml,toml,json}', '**/.golangci.{yml,yaml,toml,json}', '.github/workflows/*.{yml,yaml}', 'deploy/*.{yml,yaml}', 'deploy/known_hosts',
]; // prettier-ignore
/** `//go:build` lines that ask for the tag, and do not only forbid it. */
const INTEGRATION = /^\/\/go:build\b(?=.*(?<![!\w])integration\b)/m;
/**
 * Looks at the repository around `top`; changes nothing. `workingDirectory` is where modules and mains are looked for.
 * @throws PipelineError (input) with every problem of go.mod and go.work
 */
async function lookAtRepository(top, workingDirectory, act) {
    const workspace = await (0,modules/* findModules */.th)(top, workingDirectory);
    if (workspace.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', workspace.problems);
    const [mains, git, files] = await Promise.all([
        (0,modules/* findMains */.mM)(top, workingDirectory, workspace),
        gitOf(top, act),
        (0,glob/* findFiles */.l)(top, GLOBS),
    ]);
    const seen = files.filter((path) => !/(^|\/)(testdata|_[^/]*|node_modules|vendor)\//.test(path));
    const read = async (paths) => {
        const found = [];
        for (const path of paths)
            found.push({ path, text: await (0,external_node_fs_promises_.readFile)((0,external_node_path_.join)(top, path), 'utf8') });
        return found;
    };
    const named = (pattern) => seen.filter((path) => pattern.test(path));
    const composes = await read(named(/compose[^/]*\.ya?ml$/));
    const tests = await read(named(/_test\.go$/));
    const lint = named(/(^|\/)\.golangci\.\w+$/)[0];
    return {
        modules: workspace.modules.map((module) => module.dir),
        mains: mains.map(({ module, path, name }) => {
            // findMains tells paths from the folder it was asked about.
            const whole = external_node_path_.posix.normalize(external_node_path_.posix.join(workingDirectory, path));
            const inside = external_node_path_.posix.relative(module.dir, whole);
            return { module: module.dir, path: inside === '' ? '.' : `./${inside}`, name };
        }),
        dockerfiles: await read(named(/(^|\/)(Dockerfile(\.[^/]+)?|[^/]+\.Dockerfile)$/)),
        composeFiles: composes
            .filter(({ text }) => /^\s*image:\s*['"]?\$\{?IMAGE\b/m.test(text))
            .map(({ path }) => path),
        integrationTests: tests.filter(({ text }) => INTEGRATION.test(text)).map(({ path }) => path),
        systems: ['windows', 'darwin'].filter((system) => seen.some((path) => path.endsWith(`_${system}.go`))),
        ...(lint === undefined ? {} : { lint }),
        deployFiles: named(/^deploy\/[^/]+$/),
        ...git,
        workflows: await read(named(/^\.github\/workflows\//)),
    };
}
const COMMON_BRANCHES = ['main', 'master', 'trunk', 'develop'];
async function gitOf(top, act) {
    const facts = await (0,git/* gitFacts */.gi)(top, act.env, act);
    // A repository without a commit has a remote and a branch all the same.
    const ask = (...words) => (0,exec/* probe */.dy)(['git', '-C', top, ...words]);
    const origin = facts === undefined ? await ask('config', '--get', 'remote.origin.url') : undefined;
    const url = facts?.url ?? (origin === undefined ? undefined : (0,project_event/* webUrl */.qP)(origin));
    const branch = facts === undefined ? await ask('symbolic-ref', '-q', '--short', 'HEAD') : facts.branch;
    const place = url === undefined ? undefined : new URL(url);
    return {
        ...(place === undefined
            ? {}
            : { remote: { host: place.host, repository: place.pathname.replace(/^\/+/, '') } }),
        // A clone knows the default branch; where nobody told, a branch of a usual name is it.
        defaultBranch: facts?.defaultBranch ?? COMMON_BRANCHES.find((name) => name === branch?.trim()) ?? 'main',
        versions: facts?.tags.some((tag) => /^v?\d/.test(tag)) ?? false,
    };
}
//# sourceMappingURL=look.js.map
// EXTERNAL MODULE: ./lib/pipeline/starter/model.js
var model = __webpack_require__(37115);
// EXTERNAL MODULE: ./lib/actions/reader.js
var actions_reader = __webpack_require__(37428);
// EXTERNAL MODULE: ./lib/actions/init/spec.js
var spec = __webpack_require__(78891);
;// CONCATENATED MODULE: ./lib/actions/init/run.js











/** `init`: looks at the repository and writes the workflows it needs. Returns the exit code. */
async function initCli(command, act, write) {
    const terminal = process.stdin.isTTY && process.stderr.isTTY;
    const result = await initCommand(command, act, {
        folder: process.cwd(),
        root: (0,pipeline_library/* ownRoot */.j)(),
        ...(terminal ? { ask: askTerminal } : {}),
    });
    write(command.flags.has('json') ? `${JSON.stringify(result, null, 2)}\n` : printed(result));
    return 0;
}
/**
 * Looks, decides, and writes all files or none. A file that is there and differs is replaced by `--force` or by a yes of
 * `ask` only.
 * @throws PipelineError (input) `starter-exists` with a diff for each such file, and every other problem at once
 */
async function initCommand(command, act, place) {
    const { options, workingDirectory, templates } = loadInit(command, act);
    const library = await libraryOf(place.root, templates);
    const top = (await (0,exec/* probe */.dy)(['git', '-C', place.folder, 'rev-parse', '--show-toplevel'])) ?? place.folder;
    const facts = await lookAtRepository(top, workingDirectory, act);
    const starter = starterFiles(facts, options, library);
    if (starter.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', starter.problems);
    const present = new Map();
    for (const { path } of starter.files) {
        const text = await (0,files/* readTextIfAny */.$v)((0,external_node_path_.join)(top, path));
        if (text !== undefined)
            present.set(path, text);
    }
    const { write, same, different } = settle(starter.files, present);
    if (command.flags.has('dry-run')) {
        for (const one of different)
            act.log.warning(`${one.path} is there and differs:\n${one.diff.join('\n')}`);
        return end(starter, (path) => (same.includes(path) ? 'same' : 'planned'));
    }
    const replace = new Set();
    if (command.flags.has('force'))
        for (const { path } of different)
            replace.add(path);
    else if (place.ask !== undefined) {
        for (const one of different) {
            act.log.info(`${one.path} is there and differs:\n${one.diff.join('\n')}`);
            if (await place.ask(`Replace ${one.path}? [y/N] `))
                replace.add(one.path);
        }
    }
    else if (different.length > 0)
        throw new errors/* PipelineError */.zC('input', different.map(existsProblem));
    act.signal.throwIfAborted();
    const written = [...write, ...different.filter(({ path }) => replace.has(path))];
    for (const { path, text } of written)
        await (0,files/* writeAtomic */.vZ)((0,external_node_path_.join)(top, path), text);
    const paths = new Set(written.map(({ path }) => path));
    return end(starter, (path) => (paths.has(path) ? 'written' : same.includes(path) ? 'same' : 'kept'));
}
const end = ({ files, notes, next }, stateOf) => ({
    files: files.map(({ path, text }) => ({ path, state: stateOf(path), text })),
    notes,
    next,
});
const STATES = {
    written: 'wrote',
    same: 'is there already:',
    kept: 'left as it is:',
    planned: 'would write',
};
/** What a person reads: the files' text where nothing was written, then what is left to do. */
function printed({ files, notes, next }) {
    const shown = files.filter((file) => file.state === 'planned');
    return [
        ...shown.map(({ path, text }) => `--- ${path}\n${text}`),
        files.map(({ path, state }) => `${STATES[state]} ${path}`).join('\n'),
        ...(notes.length === 0 ? [] : [`\nTo check:\n${notes.map((note) => `  - ${note}`).join('\n')}`]),
        `\nNext:\n${next.map((step, index) => `  ${index + 1}. ${step}`).join('\n')}`,
        '',
    ].join('\n');
}
/** Reads the options; throws every problem at once. */
function loadInit(command, act) {
    const reader = new actions_reader/* InputReader */.i(spec/* INIT_OPTIONS */.Q, (name) => command.values.get(name) ?? '', act.secrets);
    const extras = [];
    for (const text of reader.list('with', { commas: true })) {
        const extra = model/* EXTRAS */.C.find((one) => one === text);
        if (extra === undefined)
            reader.bad('with', text, 'no such workflow', `use some of ${model/* EXTRAS */.C.join(', ')}`);
        else if (!extras.includes(extra))
            extras.push(extra);
    }
    const environment = (name) => {
        const text = reader.optional(name);
        if (text !== undefined && !/^[\w][\w .-]*$/.test(text))
            reader.bad(name, text, 'not the name of an environment', 'use letters, digits, blanks, dots, _ and -');
        return text;
    };
    const templates = reader.optional('templates');
    if (templates !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(templates))
        reader.bad('templates', templates, 'not a repository', 'write OWNER/NAME');
    const test = environment('test-environment');
    const production = environment('production-environment');
    const state = reader.optional('state');
    const options = {
        kind: reader.choice('kind'),
        images: reader.list('images', { commas: true }),
        mains: reader.list('main', { commas: true }),
        extras,
        gray: reader.choice('gray'),
        runner: reader.list('runner', { commas: true }),
        copies: reader.boolean('copies'),
        ...(test === undefined ? {} : { testEnvironment: test }),
        ...(production === undefined ? {} : { productionEnvironment: production }),
        ...(state === undefined ? {} : { state }),
    };
    const workingDirectory = reader.relativePath('working-directory', '.');
    if (reader.problems.length > 0)
        throw new errors/* PipelineError */.zC('input', reader.problems);
    return { options, workingDirectory, templates };
}
async function libraryOf(root, templates) {
    const library = await (0,pipeline_library/* readLibrary */.G)(root);
    if (library === undefined)
        throw (0,errors/* environmentError */.me)({
            code: 'starter-no-templates',
            what: 'the templates are not beside this program',
            cause: 'only dist was copied, and it does not say which release it is',
            fix: 'run it from a clone of go-image-pipeline',
        });
    if (templates === undefined)
        return library;
    // Copies take their actions from there too.
    const uses = new RegExp(String.raw `(\buses: )${library.repository}(?=[/@])`, 'g');
    const twins = new Map([...library.twins].map(([name, text]) => [name, text.replaceAll(uses, `$1${templates}`)])); // prettier-ignore
    return { ...library, repository: templates, twins };
}
async function askTerminal(question) {
    const terminal = (0,promises_.createInterface)({ input: process.stdin, output: process.stderr });
    try {
        return /^y(es)?$/i.test((await terminal.question(question)).trim());
    }
    finally {
        terminal.close();
    }
}
//# sourceMappingURL=run.js.map

/***/ })

};
