import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { environmentError, inputError, PipelineError, type Problem } from '../../../base/errors.ts'
import { readTextIfAny, slashes } from '../../../base/files.ts'
import type { BinariesRequest, Wanted } from '../../../binaries/build.ts'
import { bundles } from '../../../binaries/names.ts'
import type { Member } from '../../../binaries/pack.ts'
import { checkTargets } from '../../../binaries/platforms.ts'
import { githubRun } from '../../../binaries/provenance.ts'
import { parseSums, PROVENANCE, SUMS } from '../../../binaries/sums.ts'
import { goCommandEnvironment, mergeGoFlags } from '../../../go/flags.ts'
import { DEFAULT_LDFLAGS, renderLdflags, stripsDwarf } from '../../../go/ldflags.ts'
import { guessLicense, LICENSE_FILES } from '../../../image/license.ts'
import { describeVersion, tagFacts } from '../../../image/tags.ts'
import { eventFacts, gitFacts } from '../../../project/git.ts'
import { findMains, findModules, type MainPackage, projectName } from '../../../project/modules.ts'
import { stageFolder } from '../../folders.ts'
import { projectGo } from '../../project-go.ts'
import type { Shell } from '../../shell.ts'
import type { BinariesInputs } from './inputs.ts'

const READMES = ['README.md', 'README', 'README.txt', 'README.rst']

/** Looks at the project and turns the inputs into what is to be built. Everything that is wrong is told at once. */
export async function prepare(
  inputs: BinariesInputs,
  top: string,
  act: Shell,
): Promise<BinariesRequest> {
  const start = resolve(top, inputs.workingDirectory)
  const [git, event] = await Promise.all([gitFacts(start, act.env, act), eventFacts(act.env)])
  const root = git === undefined ? top : resolve(git.root)
  const folder = slashes(relative(root, start)) || '.'
  const gowork = act.env['GOWORK']
  const workspace = await findModules(root, folder, gowork === undefined ? {} : { gowork })
  const settings = {
    tags: inputs.goTags,
    cgo: false,
    race: false,
    cover: false,
    ...(inputs.goproxy === undefined ? {} : { goproxy: inputs.goproxy }),
  }
  const systems = [...new Set(inputs.platforms.map(({ os }) => os))]
  const found = await findMains(root, folder, workspace, { tags: inputs.goTags, systems })
  const mains = chooseMains(inputs, found)
  const out = stageFolder('binaries', inputs.out, act.env)
  const extras = await extraFiles(inputs, start, root)
  const facts = tagFacts(git, event, act.clock.now(), folder === '.' ? undefined : folder)
  const version = inputs.version ?? describeVersion(facts)
  const commitTime = git?.commitTime ?? Math.floor(act.clock.now() / 1000)
  const wanted = inputs.platforms.flatMap((platform) =>
    mains.chosen.map((main): Wanted => ({ ...main, platform })),
  )
  const names = { project: projectName(workspace) ?? 'app', version, tag: git?.tag ?? '', shortCommit: git?.shortCommit ?? '' } // prettier-ignore
  const files = bundles(wanted, inputs.name, names, inputs.archive)
  const ldflags = renderLdflags(inputs.ldflags === '' ? DEFAULT_LDFLAGS : inputs.ldflags, {
    version,
    commit: git?.commit ?? event.sha ?? '',
    commitDate: new Date(commitTime * 1000).toISOString().replace('.000Z', 'Z'),
    env: act.env,
    ...(git?.branch === undefined ? {} : { branch: git.branch }),
    ...(git?.tag === undefined ? {} : { tag: git.tag }),
  })
  const problems = [
    ...inputs.problems,
    ...workspace.problems,
    ...mergeGoFlags(settings, act.env['GOFLAGS']).problems,
    ...(workspace.problems.length > 0 ? [] : mains.problems),
    ...(await folderProblems(out)),
    ...extras.problems,
    ...files.problems,
    ...(inputs.problems.some(({ input }) => input === 'ldflags') ? [] : ldflags.problems),
  ]
  if (problems.length > 0) throw new PipelineError('input', problems)

  const go = await projectGo(inputs, top, act)
  const listed = await act.exec.run({
    argv: [go.bin, 'tool', 'dist', 'list'],
    env: { ...go.env, GOFLAGS: undefined },
    timeoutMs: 60_000,
    signal: act.signal,
  })
  if (listed.code !== 0)
    throw environmentError(
      { code: 'go-build-failed', what: 'go tool dist list failed', fix: 'this Go is not whole: set go-version' },
      { log: listed.tail.join('\n') },
    ) // prettier-ignore
  const unknown = checkTargets(inputs.platforms, listed.stdout, go.version)
  if (unknown.length > 0) throw new PipelineError('input', unknown)
  await emptyFolder(out)
  const license = await licenseOf(start, root)
  const run = githubRun(act.env)
  if (git?.dirty === true) act.log.warning(`the tree differs from the commit (${git.changes.slice(0, 3).join(', ')}): the files cannot be built again from it`) // prettier-ignore
  return {
      bundles: files.bundles,
      compile: {
        bin: go.bin,
        root,
        modules: workspace.modules,
        env: {
          ...go.env,
          ...git?.environment,
          ...goCommandEnvironment({ ...settings, stripped: stripsDwarf(ldflags.text) }, act.host, {}, act.env),
        },
        ldflags: ldflags.text,
        concurrency: Math.max(1, availableParallelism()),
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
  }
} // prettier-ignore

function chooseMains(
  inputs: BinariesInputs,
  found: readonly MainPackage[],
): { chosen: { main: MainPackage; name: string }[]; problems: Problem[] } {
  const list = found.map(({ path }) => path).join(', ')
  const bad = (what: string, fix: string, value?: string): Problem => ({ code: 'bad-input', what, input: 'main', ...(value === undefined ? {} : { value }), fix }) // prettier-ignore
  const problems: Problem[] = []
  const chosen =
    inputs.main.length === 0
      ? found.map((main) => ({ main, name: main.name }))
      : inputs.main.flatMap((request) => {
          const main = found.find(({ path }) => path === request.path)
          if (main !== undefined) return [{ main, name: request.name ?? main.name }]
          problems.push(bad('no main package is there', list === '' ? 'no main package was found below working-directory' : `use one of ${list}`, request.path)) // prettier-ignore
          return []
        })
  if (found.length === 0 && inputs.main.length === 0)
    problems.push(bad('there is no main package', 'point working-directory at the Go project; a library has no programs')) // prettier-ignore
  const names = chosen.map(({ name }) => name.toLowerCase())
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index)))
    problems.push(
      bad(`two programs are called ${name}`, 'give one of them another name: ./cmd/x=other', name),
    )
  return { chosen, problems }
}

async function extraFiles(
  inputs: BinariesInputs,
  start: string,
  root: string,
): Promise<{ members: Member[]; problems: Problem[] }> {
  const problems: Problem[] = []
  const members: Member[] = []
  const add = (from: string): number => members.push({ name: basename(from), from, mode: 0o644 })
  if (inputs.files === undefined) {
    for (const names of [LICENSE_FILES, READMES]) {
      const file = await firstFile(names, [start, root])
      if (file !== undefined) add(file)
    }
    return { members, problems }
  }
  for (const path of inputs.files) {
    if (!(await isFile(resolve(start, path))))
      problems.push({ code: 'bad-input', what: 'there is no such file', input: 'files', value: path, fix: 'name files relative to working-directory' }) // prettier-ignore
    else if (members.some(({ name }) => name === basename(path)))
      problems.push({ code: 'bad-input', what: `two files are called ${basename(path)}`, input: 'files', value: path, fix: 'archives have no folders: keep one of them' }) // prettier-ignore
    else add(resolve(start, path))
  }
  return { members, problems }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  )

async function firstFile(names: readonly string[], folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders)
    for (const name of names) if (await isFile(join(folder, name))) return join(folder, name)
  return undefined
}

async function licenseOf(start: string, root: string): Promise<string | undefined> {
  const file = await firstFile(LICENSE_FILES, [start, root])
  return file === undefined ? undefined : guessLicense(await readFile(file, 'utf8'))
}

/** Only a folder that holds nothing but what an earlier build wrote may be emptied. */
async function folderProblems(out: string): Promise<Problem[]> {
  const names: readonly string[] = await readdir(out).catch(() => [])
  const known = parseSums((await readTextIfAny(join(out, SUMS))) ?? '').files.map(({ name }) => name)
  const others = names.filter((name) => ![SUMS, PROVENANCE, ...known].includes(name))
  if (others.length === 0) return []
  return [
    {
      code: 'bad-input',
      what: 'the folder holds other files',
      cause: others.slice(0, 5).join(', '),
      input: 'out',
      value: out,
      fix: 'name a new folder: what is released is all that is in it',
    },
  ]
}

async function emptyFolder(out: string): Promise<void> {
  try {
    await rm(out, { recursive: true, force: true, maxRetries: 3 })
    await mkdir(dirname(out), { recursive: true })
    // Out of git's sight: the next build must not find a changed tree.
    const ignore = join(dirname(out), '.gitignore')
    if (basename(dirname(out)) === '.gip' && (await readTextIfAny(ignore)) === undefined) await writeFile(ignore, '*\n') // prettier-ignore
    await mkdir(out, { recursive: true })
  } catch (error) {
    throw inputError({ code: 'bad-input', what: 'the folder cannot be made', cause: String(error), input: 'out', value: out, fix: 'name a folder that can be written' }) // prettier-ignore
  }
}
