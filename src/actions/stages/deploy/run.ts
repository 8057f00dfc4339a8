import { join } from 'node:path'
import { messageOf, PipelineError, toPipelineError } from '../../../base/errors.ts'
import { writeAtomic } from '../../../base/files.ts'
import { digestOf } from '../../../deploy/compose-state.ts'
import { type Rollout, rollOut } from '../../../deploy/rollout.ts'
import { ComposeTarget } from '../../../deploy/target-compose.ts'
import type { Standing, Target } from '../../../deploy/target.ts'
import { AuditFile } from '../../../report/audit.ts'
import { formatHead } from '../../../report/audit-chain.ts'
import { type AuditBranch, fetchAudit, keepAudit } from '../../../report/audit-store.ts'
import type { Shell } from '../../shell.ts'
import { Lines } from '../../ssh-lines.ts'
import { notifiersFor } from '../../notifiers.ts'
import { releaseId, runOf } from '../../this-run.ts'
import type { StageEnd } from '../stage.ts'
import { allowed, githubOf, Mirror, type Side } from './github.ts'
import { type DeployInputs, loadDeploy } from './inputs.ts'
import { deploySummary, type Told } from './report.ts'
import { deployMessage } from './tell.ts'

const KEEP_MS = 60_000
const NOTIFY_MS = 30_000

/** Deploys, goes back, or only looks. */
export async function runDeploy(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = await loadDeploy(read, act)
  if (inputs.problems.length > 0) throw new PipelineError('input', inputs.problems)
  const side = githubOf(inputs, act)
  const lines = new Lines(inputs.ssh, act)
  try {
    const ssh = await lines.open(inputs.hosts.map(({ target }) => target))
    const target = new ComposeTarget(inputs.hosts, inputs.batch, ssh, act.log)
    return inputs.command === 'status' ? await status(inputs, target, act) : await change(inputs, target, side, act)
  } finally {
    await lines.close()
  }
} // prettier-ignore

async function status(inputs: DeployInputs, target: Target, act: Shell): Promise<StageEnd> {
  const now = await target.look(act.signal)
  const result = now.every(({ healthy, unfinished }) => healthy && unfinished === undefined) ? 'healthy' : 'unhealthy' // prettier-ignore
  return finish({ result, environment: inputs.environment, image: oneImage(now), before: now, after: now }, inputs, act) // prettier-ignore
}

async function change(
  inputs: DeployInputs,
  target: Target,
  side: Side | undefined,
  act: Shell,
): Promise<StageEnd> {
  const { command, environment, image, health } = inputs
  const kind = command === 'rollback' ? 'rollback' : 'deploy'
  const release = { id: releaseId(act.clock.now()), environment }
  const branch: AuditBranch | undefined =
    inputs.auditBranch === undefined || side === undefined
      ? undefined
      : { repository: side.repository, branch: inputs.auditBranch, folder: `deploy-${environment.replaceAll(/[^A-Za-z0-9.-]/g, '-')}` } // prettier-ignore
  if (branch !== undefined && side !== undefined) await fetchAudit(side.github, branch, inputs.audit, act.signal) // prettier-ignore
  const audit = new AuditFile({ file: inputs.audit }, act)
  const note = (what: 'intent' | 'done' | 'failed', detail: object): Promise<void> =>
    audit.append({ kind: what, action: kind, detail: JSON.stringify(detail) }, release, act.clock.now())
  const run = { commit: act.env['GITHUB_SHA'] ?? null, image: image ?? null, places: target.places }
  const mirror = inputs.deployments && side !== undefined ? new Mirror(side, inputs, act) : undefined
  let rollout: Rollout
  let by = ''
  try {
    try {
      by = await allowed(inputs, side, act)
      // What cannot be put on record is not done.
      await note('intent', { ...run, by })
      await mirror?.begin(release.id)
      rollout = await rollOut(
        target,
        { kind, ...(image === undefined ? {} : { image }), ...(health === undefined ? {} : { health }) },
        act,
      )
    } catch (error) {
      const failure = toPipelineError(error, `the ${kind} failed`)
      rollout = { result: 'refused', image: image ?? '', before: [], after: [], failure }
    }
    await told(note, rollout, act)
    await mirror?.end(rollout.result, rollout.failure?.problems[0]?.what ?? `${rollout.result}: ${rollout.image}`) // prettier-ignore
    const message = deployMessage(rollout, release.id, environment, by, runOf(act.env))
    // Also of a cancelled deployment; each receiver gives up by itself within seconds.
    const telling = notifiersFor(inputs.notify, side, act)
    await Promise.all(telling.map(({ notifier }) => notifier.send(message, AbortSignal.timeout(NOTIFY_MS))))
  } finally {
    if (branch !== undefined && side !== undefined) await keep(side, branch, inputs, act)
  }
  const head = audit.head === undefined ? {} : { auditHead: formatHead(audit.head) }
  return finish({ environment, ...rollout, ...head }, inputs, act)
}

/** The deployment stands as it is, whether this line can be written or not. */
async function told(
  note: (what: 'done' | 'failed', detail: object) => Promise<void>,
  { result, image, before, after, failure }: Rollout,
  { log }: Shell,
): Promise<void> {
  try {
    await note(failure === undefined ? 'done' : 'failed', {
      result,
      image,
      before: imagesOf(before),
      after: imagesOf(after),
      ...(failure === undefined ? {} : { problems: failure.problems.map(({ code, what }) => ({ code, what })) }),
    })
  } catch (error) {
    log.warning(`the end of the deployment is not in the audit: ${messageOf(error)}`)
  }
} // prettier-ignore

async function keep({ github }: Side, branch: AuditBranch, inputs: DeployInputs, { log }: Shell): Promise<void> {
  try {
    const commit = await keepAudit(github, branch, inputs.audit, inputs.environment, { signal: AbortSignal.timeout(KEEP_MS) })
    if (commit !== undefined) log.info(`the audit is kept on ${branch.branch} (${commit.slice(0, 12)})`)
  } catch (error) {
    log.warning(`the audit was not brought to ${branch.branch}, it is in ${inputs.audit}: ${messageOf(error)}`)
  }
} // prettier-ignore

const imagesOf = (standings: readonly Standing[]): Record<string, string> =>
  Object.fromEntries(standings.map(({ where, image }) => [where, image ?? '']))

/** The image that all places serve; empty when they differ or nothing serves. */
function oneImage(standings: readonly Standing[]): string {
  const [first] = standings
  const same = standings.every((one) => digestOf(one.image ?? '') === digestOf(first?.image ?? ''))
  return same ? (first?.image ?? '') : ''
}

async function finish(end: Told, inputs: DeployInputs, act: Shell): Promise<StageEnd> {
  const { result, image, before, after, failure, auditHead } = end
  for (const { what, cause, where, fix } of after.flatMap((one) => one.advice))
    act.log.warning(`${where ?? ''}: ${what}: ${cause ?? ''}; ${fix ?? ''}`)
  const summary = deploySummary(end)
  const images = { before: imagesOf(before), after: imagesOf(after) }
  const advice = after.flatMap((one) => one.advice)
  const report = { schema: 1, command: inputs.command, environment: inputs.environment, result, image, ...images, problems: failure?.problems ?? [], advice } // prettier-ignore
  await writeAtomic(join(inputs.reportDir, 'deploy.json'), act.secrets.redact(`${JSON.stringify(report, null, 2)}\n`)) // prettier-ignore
  await writeAtomic(join(inputs.reportDir, 'summary.md'), act.secrets.redact(`${summary}\n`))
  return {
    outputs: {
      result,
      image: failure === undefined ? image : oneImage(after),
      before: JSON.stringify(images.before),
      after: JSON.stringify(images.after),
      report: inputs.reportDir,
      ...(auditHead === undefined ? {} : { audit: inputs.audit, 'audit-head': auditHead }),
    },
    summary,
    ...(failure === undefined ? {} : { failure }),
  }
}
