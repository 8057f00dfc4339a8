import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { RunReport } from '../../src/report/model.ts'
import type { Phase } from '../types.ts'
import type { Job, Outcome } from './chain.ts'

/** The action as a runner runs it: dist/main.js with INPUT_*, then dist/post.js with the state that main left. */
export async function runOurs(job: Job, inputs: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const { machine } = job
  const { tools, temp } = machine
  const files = join(machine.folder, 'runner')
  await mkdir(files, { recursive: true })
  const file = async (name: string, text = ''): Promise<string> => {
    await writeFile(join(files, name), text)
    return join(files, name)
  }
  const state = await file('state')
  const env = machine.env({
    ...job.cacheEnv,
    ...(await inputsOf(join(tools.dist, '..', 'action.yml'), {
      ...defaultInputs(job),
      ...(inputs['file'] === 'Dockerfile' ? { 'build-args': `GOPROXY=${tools.modules}` } : {}),
      ...inputs,
    })),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: machine.workspace,
    GITHUB_REPOSITORY: 'acme/repo',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_SHA: job.commit,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: await file('event.json', JSON.stringify({ repository: { default_branch: 'main' } })),
    GITHUB_RUN_ID: String(job.runId),
    GITHUB_RUN_NUMBER: String(job.runId),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'build',
    GITHUB_ACTOR: 'bench',
    GITHUB_OUTPUT: await file('output'),
    GITHUB_STATE: state,
    GITHUB_ENV: await file('env'),
    GITHUB_PATH: await file('path'),
    GITHUB_STEP_SUMMARY: await file('summary.md'),
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: machine.toolCache,
    RUNNER_ENVIRONMENT: 'github-hosted',
    ImageOS: 'ubuntu24',
  })
  machine.begin()
  const main = await machine.step('main', {
    argv: [tools.node, join(tools.dist, 'main.js')],
    env,
    watch: true,
  })
  const report = JSON.parse(
    await readFile(join(temp, 'go-image-pipeline/report/report.json'), 'utf8'),
  ) as RunReport
  const states = parseCommandFile(await readFile(state, 'utf8'))
  const post = await machine.step('post', {
    argv: [tools.node, join(tools.dist, 'post.js')],
    env: { ...env, ...Object.fromEntries([...states].map(([name, value]) => [`STATE_${name}`, value])) },
    watch: true,
  })
  const [mainPhase, postPhase] = machine.phases
  const mainMs = main.endMs - main.startMs
  const postMs = post.endMs - post.startMs
  // The report's clock begins with the run inside main; what is before it is the start of the process.
  const boot = Math.max(0, mainMs - report.durationMs)
  const critical = new Set(report.timing.criticalPath)
  const steps: Phase[] = report.steps.flatMap(({ id, startMs, endMs }) =>
    startMs === undefined || endMs === undefined
      ? []
      : [{ name: id, startMs: boot + startMs, endMs: boot + endMs, critical: critical.has(id) }],
  )
  return {
    phases: [...steps, ...[mainPhase, postPhase].filter((phase) => phase !== undefined)],
    // Reading the report between main and post is ours, not the action's.
    wallMs: mainMs + postMs,
    own: {
      mainMs,
      postMs,
      criticalMs: report.timing.criticalMs,
      postBusyMs: Math.max(0, postMs - post.idleMs),
      idleMs: main.idleMs + post.idleMs,
      peakBytes: main.peakBytes,
      postPeakBytes: post.peakBytes,
      ...(report.tests === undefined ? {} : { cachedPackages: report.tests.cachedPackages }),
    },
  }
}

function defaultInputs(job: Job): Record<string, string> {
  const { registry, buildkitImage } = job.machine.tools
  return {
    images: job.image,
    tags: 'bench',
    push: 'true',
    platforms: job.platforms.join(','),
    ...(job.mains.length === 1 && job.mains[0] === '.' ? {} : { main: job.mains.join('\n') }),
    ...(job.base === undefined ? {} : { base: job.base }),
    'go-version': job.goVersion,
    file: 'none',
    // As a job that is logged in to its registry; only a layer cache beside the image needs it. No word of it is part of an image name.
    registries: `${registry} bench-user bench-password`,
    'registry-mirrors': ['gcr.io', 'docker.io', 'mcr.microsoft.com']
      .map((one) => `${one}=http://${registry}`)
      .join('\n'),
    'driver-opts': `image=${buildkitImage}`,
    'github-token': '',
  }
}

/** INPUT_* as a runner gives them: every input of action.yml, with its default or the value given. */
async function inputsOf(
  file: string,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { inputs } = parse(await readFile(file, 'utf8')) as { inputs: Record<string, { default?: string }> }
  const unknown = Object.keys(given).find((name) => !(name in inputs))
  if (unknown !== undefined) throw new Error(`the action has no input ${unknown}`)
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { default: value = '' }]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      given[name] ?? value,
    ]),
  )
}

/** GITHUB_STATE: `name=value` lines and `name<<delimiter` blocks; the last of a name wins, as with the runner. */
export function parseCommandFile(text: string): Map<string, string> {
  const found = new Map<string, string>()
  const lines = text.split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const block = /^([^=<]+)<<(.+)$/.exec(line)
    if (block === null) {
      const split = line.indexOf('=')
      if (split > 0) found.set(line.slice(0, split), line.slice(split + 1))
      continue
    }
    const [, name = '', delimiter = ''] = block
    const end = lines.indexOf(delimiter, at + 1)
    if (end < 0) break
    found.set(name, lines.slice(at + 1, end).join('\n'))
    at = end
  }
  return found
}
