import { join, resolve } from 'node:path'
import { formatDuration } from '../../../base/clock.ts'
import { gateError, PipelineError, toPipelineError } from '../../../base/errors.ts'
import { display } from '../../../base/exec.ts'
import { writeAtomic } from '../../../base/files.ts'
import { portVariables, type ServiceEnd, Stack, type StackSettings } from '../../../integration/stack.ts'
import { makeDockerConfig } from '../../../registry/docker-config.ts'
import { parseReference } from '../../../registry/reference.ts'
import { code, details, fence, inline, table } from '../../../report/markdown.ts'
import { Reader } from '../../build/reader.ts'
import { makeReportFolder, stageFolder, workspaceOf } from '../../folders.ts'
import { loginsOf } from '../../registry.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { INTEGRATION } from './spec.ts'

const NAME = { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, name: 'the name of a variable' }
const LOG_LINES = 40

/** Starts the stack, runs the tests, keeps all logs, takes the stack down: whatever becomes of the tests. */
export async function runIntegration(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadIntegration(read, act)
  if (inputs.problems.length > 0) throw new PipelineError('input', inputs.problems)
  const { folder, reportDir, run, image } = inputs
  await makeReportFolder(reportDir)
  const logins = loginsOf(inputs, act.env)
  const config = logins.length === 0 ? undefined : await makeDockerConfig(logins, act)
  const env = { ...inputs.composeEnv, ...(config === undefined ? {} : config.env) }
  const settings: StackSettings = {
    folder,
    files: inputs.files,
    services: inputs.services,
    env: image === '' ? env : { ...env, [inputs.variable]: image },
    images: image === '' ? [] : [image],
    waitMs: inputs.waitMs,
  }
  const stack = new Stack(settings, act)
  let failure: PipelineError | undefined
  let ends: ServiceEnd[]
  let tail: readonly string[] = []
  let tests = ''
  await stack.check()
  try {
    act.log.info(`starting ${stack.project}`)
    await stack.up()
    const ports = await stack.ports()
    for (const { service, target, host, port } of ports)
      act.log.info(`${service}:${target} is at ${host}:${port}`)
    const lines: string[] = []
    const done = await act.exec.run({
      argv: run,
      cwd: folder,
      env: { ...portVariables(ports), ...(image === '' ? {} : { [inputs.variable]: image }), ...inputs.runEnv },
      timeoutMs: inputs.timeoutMs,
      signal: act.signal,
      maxStdout: 0,
      onLine: (line) => {
        lines.push(line)
        act.log.info(line)
      },
    })
    tail = done.tail
    tests = formatDuration(done.ms)
    await writeAtomic(join(reportDir, 'tests.log'), act.secrets.redact(`${lines.join('\n')}\n`))
    if (done.code !== 0)
      failure = gateError(
        {
          code: 'integration-tests',
          what: `the integration tests failed (exit code ${done.code})`,
          where: display(run),
          fix: 'look at the output of the tests, then at the logs of the services in report-dir',
        },
        done.tail.join('\n'),
      )
  } catch (error) {
    failure = toPipelineError(error, 'the integration tests could not be run')
  } finally {
    ends = await stack.ends().catch(() => [])
    for (const { service } of ends) {
      const text = await stack.logs(service).catch((error: unknown) => `no log: ${String(error)}`)
      await writeAtomic(join(reportDir, `${service}.log`), act.secrets.redact(text))
    }
    await stack.down()
  }
  return {
    outputs: { verdict: failure === undefined ? 'passed' : 'failed', ...(image === '' ? {} : { image }), report: reportDir },
    summary: summarise(inputs, ends, tests, failure, tail),
    ...(failure === undefined ? {} : { failure }),
  }
} // prettier-ignore

type IntegrationInputs = ReturnType<typeof loadIntegration>

/** Reads the inputs; every problem is in `problems`. */
export function loadIntegration(read: (name: string) => string, act: Pick<Shell, 'env' | 'secrets'>) {
  const reader = new Reader(read, act.env, act.secrets, INTEGRATION.inputs)
  const top = workspaceOf(act.env)
  const image = reader.text('image')
  const reference = image === '' ? undefined : parseReference(image)
  if (reference !== undefined && ('reason' in reference || reference.digest === undefined))
    reader.bad('image', image, 'not an image by digest', 'write name@sha256:…, as the output image of the build gives it')
  const variable = reader.text('image-variable')
  if (!NAME.pattern.test(variable)) reader.bad('image-variable', variable, `not ${NAME.name}`, 'write it like IMAGE')
  const run = reader.words('run')
  if (run.length === 0) reader.bad('run', '', 'there are no tests', 'write for example go test ./integration/...')
  const services = reader.list('services', { commas: true })
  for (const name of services)
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
      reader.bad('services', name, 'not the name of a service', 'write its name in the compose file')
  for (const file of reader.list('compose-files'))
    if (file.startsWith('-') || file.startsWith('/') || file.split(/[\\/]/).includes('..'))
      reader.bad('compose-files', file, 'not a file of the project', 'write a path relative to working-directory, without ..')
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
    folder: resolve(top, reader.relativePath('working-directory', '.')),
    registries: reader.registries(),
    githubToken: reader.text('github-token'),
    reportDir: stageFolder('integration', reader.optional('report-dir'), act.env),
    problems: reader.problems,
  }
} // prettier-ignore

function summarise(
  { image, run }: IntegrationInputs,
  ends: readonly ServiceEnd[],
  took: string,
  failure: PipelineError | undefined,
  tail: readonly string[],
): string {
  const title = failure === undefined ? '✅ Integration tests passed' : `❌ ${inline(failure.problems[0]?.what ?? 'Integration tests failed')}`
  return [
    `## ${title}`,
    [...(image === '' ? [] : [code(image)]), code(display(run)), ...(took === '' ? [] : [took])].join(' · '),
    ...(ends.length === 0
      ? []
      : [
          table(
            [['Service', 'left'], ['State', 'left'], ['Health', 'left'], ['Exit code', 'right']],
            ends.map((end) => [inline(end.service), inline(end.state), inline(end.health), end.state === 'running' ? '' : String(end.exitCode)]),
          ),
        ]),
    ...(failure === undefined ? [] : [...failure.problems.map((problem) => `- ${inline(problem.what)}${problem.cause === undefined ? '' : `: ${inline(problem.cause)}`}`)]),
    ...(failure === undefined || tail.length === 0 ? [] : [details('Output of the tests', fence(tail.slice(-LOG_LINES)), true)]),
  ].join('\n\n')
} // prettier-ignore
