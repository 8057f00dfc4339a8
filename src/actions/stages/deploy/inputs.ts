import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import type { Problem } from '../../../base/errors.ts'
import type { ComposeHost } from '../../../deploy/compose.ts'
import { imageFault } from '../../../deploy/hosts.ts'
import { isLocal } from '../../../deploy/ssh-target.ts'
import { parseHosts } from '../../../gray/adapters/hosts-settings.ts'
import type { Member } from '../../../github/roles.ts'
import { AccessReader, type NotifyTarget } from '../../access-reader.ts'
import type { Shell } from '../../shell.ts'
import { stageFolder, workspaceOf } from '../../folders.ts'
import { readSource } from '../../sources.ts'
import type { SshAccess } from '../../ssh-lines.ts'
import { type COMMANDS, DEPLOY } from './spec.ts'

export interface DeployInputs {
  readonly command: (typeof COMMANDS)[number]
  readonly image: string | undefined
  readonly environment: string
  readonly hosts: readonly ComposeHost[]
  readonly batch: number
  readonly ssh: SshAccess
  readonly health: { readonly url: string; readonly waitMs: number } | undefined
  readonly deployers: readonly Member[]
  readonly notify: readonly NotifyTarget[]
  readonly deployments: boolean
  readonly audit: string
  readonly auditBranch: string | undefined
  readonly reportDir: string
  readonly githubToken: string
  readonly problems: readonly Problem[]
}

/** The settings of hosts name an image; status and rollback have none. */
const NO_IMAGE = `none@sha256:${'0'.repeat(64)}`

/** Reads the inputs and the files they name; every problem is in `problems`. */
export async function loadDeploy(
  read: (name: string) => string,
  act: Pick<Shell, 'env' | 'secrets'>,
): Promise<DeployInputs> {
  const reader = new AccessReader(DEPLOY.inputs, read, act.env, act.secrets)
  const problems: Problem[] = []
  const workspace = workspaceOf(act.env)
  const command = reader.choice<DeployInputs['command']>('command')
  reader.choice('target')
  const image = reader.optional('image')
  const fault = image === undefined ? undefined : imageFault(image)
  if (fault !== undefined) reader.bad('image', image ?? '', fault, 'write name@sha256:…, as the output image of the build gives it') // prettier-ignore
  if (image === undefined && command === 'deploy') reader.bad('image', '', 'deploy needs image', 'set it to the output image of the build') // prettier-ignore
  const environment = reader.environment()
  const source = reader.textOrFile('hosts')
  if (source === undefined)
    reader.bad('hosts', '', 'no host is named', 'write hosts, folder and service (docs/hosts.md)')
  const [text, identity, known] = [
    await readSource('hosts', source, workspace, problems),
    await readSource('identity', reader.identity(), workspace, problems),
    await readSource('known-hosts', reader.knownHosts(), workspace, problems),
  ]
  if (identity !== undefined) act.secrets.mask(identity)
  const settings = text === undefined ? undefined : readHosts(text, source?.kind === 'file' ? source.value : undefined, fault === undefined ? image : undefined, problems) // prettier-ignore
  if (known === undefined && settings?.hosts.some(({ target }) => !isLocal(target)) === true && reader.optional('known-hosts') === undefined)
    reader.bad('known-hosts', '', 'nothing says which keys the hosts have', 'run ssh-keyscan on a machine you trust, check the keys, and give its lines') // prettier-ignore
  const jump = reader.jumpHost()
  const url = reader.optional('health-url')
  if (url !== undefined && !/^https?:\/\//.test(url)) reader.bad('health-url', url, 'not a URL', 'write https://shop.example/health, or http://{host}:8080/health') // prettier-ignore
  else if (url !== undefined && !URL.canParse(url.replaceAll('{host}', 'h'))) reader.bad('health-url', url, 'not a URL', 'write https://shop.example/health') // prettier-ignore
  const batch = reader.optional('batch') === undefined ? undefined : reader.count('batch', 1, 50)
  const reportDir = stageFolder('deploy', reader.optional('report-dir'), act.env, environment)
  const audit = reader.optional('audit')
  const inputs = {
    command,
    image,
    environment,
    hosts: settings?.hosts ?? [],
    batch: batch ?? settings?.batch ?? 1,
    ssh: {
      ...(identity === undefined ? {} : { identity }),
      ...(known === undefined ? {} : { knownHosts: known }),
      ...(jump === undefined ? {} : { jump }),
    },
    health: url === undefined ? undefined : { url, waitMs: reader.duration('health-wait') },
    deployers: reader.members('deployers'),
    notify: reader.notify(),
    deployments: reader.boolean('deployments'),
    audit: audit === undefined ? join(reportDir, 'audit.jsonl') : resolve(workspace, audit),
    auditBranch: reader.branch('audit-branch'),
    reportDir,
    githubToken: reader.text('github-token'),
  }
  const github =
    inputs.deployments || inputs.auditBranch !== undefined || inputs.deployers.length > 0 || inputs.notify.some((one) => one.kind === 'github-issue') // prettier-ignore
  if (github && (inputs.githubToken === '' || (act.env['GITHUB_REPOSITORY'] ?? '') === ''))
    reader.bad('github-token', '', 'deployers, deployments, issues and the audit branch need GitHub', 'run it in a workflow, with a token') // prettier-ignore
  return { ...inputs, problems: [...reader.problems, ...problems] }
}

function readHosts(text: string, file: string | undefined, image: string | undefined, problems: Problem[]) {
  const bad = (what: string, more: Partial<Problem> = {}): undefined => {
    const fix = 'write hosts, folder and service as key: value lines (docs/hosts.md)'
    problems.push({ code: 'deploy-hosts', what, input: 'hosts', ...(file === undefined ? {} : { where: file }), fix, ...more }) // prettier-ignore
    return undefined
  }
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) {
    const at = error.linePos?.[0]
    bad('the hosts are not good YAML', {
      cause: error.message.split('\n')[0] ?? error.code,
      ...(at === undefined ? {} : { where: `${file ?? 'hosts'}:${at.line}:${at.col}` }),
    })
    return
  }
  const raw: unknown = document.toJS({ maxAliasCount: 100 })
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) { bad('the hosts are no mapping of settings'); return; } // prettier-ignore
  // What a gray release needs beside them, so that both can share one file.
  const { 'dead-man': _timer, image: own, ...rest } = raw as Record<string, unknown>
  if (own !== undefined)
    bad('an image stands in the hosts', { fix: 'leave it out: the input image says which' })
  const parsed = parseHosts(rest, image ?? NO_IMAGE)
  for (const problem of parsed.problems)
    problems.push({ ...problem, code: 'deploy-hosts', input: 'hosts', ...(file === undefined ? {} : { where: file }) }) // prettier-ignore
  return parsed.settings
}
