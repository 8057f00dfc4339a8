import { resolve } from 'node:path'
import type { EngineOptions } from '../../gray/engine-types.ts'
import { type AuditHead, DeploymentMirror } from '../../gray/github-mirror.ts'
import { runStateOf } from '../../gray/github-run-state.ts'
import { makeMeasurer, type MetricsMeasurer } from '../../gray/metrics/measurer.ts'
import type { MetricsSettings } from '../../gray/metrics/settings.ts'
import type { AdapterFactory, Measurer, RunState, StateStore } from '../../gray/ports.ts'
import type { ReleasePlan } from '../../gray/reducer.ts'
import { GitHub, githubSettings, parseRepository, type Repository } from '../../github/client.ts'
import { AuditFile } from '../../report/audit.ts'
import { type AuditEntry, formatHead } from '../../report/audit-chain.ts'
import { temporaryRoot } from '../../base/files.ts'
import type { Shell } from '../shell.ts'
import { auditKeeping } from './audit-keeping.ts'
import { adapterFactory, stepsFor, storedAdapter } from './adapters.ts'
import { approverFor } from './approval.ts'
import { Lines } from '../ssh-lines.ts'
import { ownerOf } from '../this-run.ts'
import type { AdapterSettings, Gathered } from './gather.ts'
import type { GrayInputs } from './inputs.ts'
import { notifierFor } from './notify.ts'
import { GrayStore } from './store.ts'

export interface Names {
  readonly old: string
  readonly new: string
}

/** The parts of a run, connected: what the engine needs, and what the commands ask for themselves. */
export interface Wires {
  readonly owner: string
  readonly store: StateStore
  readonly adapterFor: AdapterFactory
  /** Folder of the report files, absolute. */
  readonly reportDir: string
  readonly auditFile: string
  auditHead(): string | undefined
  /** Brings the audit of earlier runs here; before anything is written to it. Throws when the branch cannot be read. */
  fetchAudit(): Promise<void>
  /** Brings what was written to the branch; never throws. */
  keepAudit(): Promise<void>
  /** The entries of a release, as far as they are here. */
  auditEntries(release: string): Promise<readonly AuditEntry[]>
  /** The adapter's settings as they are stored: checked, complete, the versions filled in. Throws all problems at once. */
  storedSettings(adapter: AdapterSettings, names: Names): AdapterSettings
  /** The plan as this adapter can carry it out: a node plan has whole nodes. */
  planFor(plan: ReleasePlan, adapter: AdapterSettings): ReleasePlan
  measurer(metrics: MetricsSettings, names: Names, plan: ReleasePlan): MetricsMeasurer
  /**
   * With a plan the engine can measure; without one it can only go back, which must not fail for want of metrics.
   * `checked`: the metrics were checked a moment ago.
   */
  options(names: Names, way?: { readonly plan: ReleasePlan; readonly checked?: boolean }): EngineOptions
  close(): Promise<void>
}

/** Connects everything the inputs name. Nothing is sent anywhere yet. */
export async function wire(
  inputs: GrayInputs,
  gathered: Gathered,
  act: Shell,
  extras: { readonly calm?: AbortSignal },
): Promise<Wires> {
  const owner = ownerOf(gathered.run)
  const lines = new Lines(gathered.ssh, act)
  const { state } = inputs
  if (state === undefined) throw new TypeError('checked by the inputs')
  const store = await GrayStore.open(state, gathered.workspace, (targets) => lines.open(targets), act)
  const adapterFor = adapterFactory(act, (targets) => lines.open(targets))
  const github = githubFor(inputs, act)
  const reportDir = reportFolder(inputs, gathered, act)
  const auditFile =
    inputs.audit === undefined ? resolve(reportDir, 'audit.jsonl') : resolve(gathered.workspace, inputs.audit)
  const audit = new AuditFile({ file: auditFile }, act)
  const head = (): AuditHead | undefined => audit.head
  const notifier = notifierFor(inputs, github, act)
  const approver = approverFor(inputs, gathered.workspace, github, act)
  const mirror =
    inputs.deployments && github !== undefined
      ? new DeploymentMirror(
          github.client,
          github.repository,
          { ref: act.env['GITHUB_SHA'] ?? 'HEAD', production: /^prod/i.test(inputs.environment), auditHead: head }, // prettier-ignore
          act,
        )
      : undefined
  const runState: RunState | undefined = github === undefined ? undefined : runStateOf(github.client, act.log)
  const measurer = (metrics: MetricsSettings, names: Names, plan: ReleasePlan): MetricsMeasurer =>
    makeMeasurer(powered(metrics, inputs), act, { ...names, plan })
  return {
    owner,
    store,
    adapterFor,
    reportDir,
    auditFile,
    auditHead: () => (audit.head === undefined ? undefined : formatHead(audit.head)),
    ...auditKeeping(inputs, auditFile, github, act, extras.calm),
    storedSettings: (adapter, names) => storedAdapter(adapter, names, inputs.leaseMs),
    planFor: (plan, adapter) => ({ ...plan, steps: stepsFor(plan.steps, adapter) }),
    measurer,
    options: (names, way) => {
      const { metrics } = gathered
      const judge =
        way === undefined || metrics === undefined ? undefined : measurer(metrics, names, way.plan)
      return {
        store,
        adapterFor,
        ...(judge === undefined ? {} : { measurer: way?.checked === true ? checkedOnce(judge) : judge }),
        ...(approver === undefined ? {} : { approver }),
        ...(notifier === undefined ? {} : { notifier }),
        ...(mirror === undefined ? {} : { mirror }),
        ...(runState === undefined ? {} : { runState }),
        ...(extras.calm === undefined ? {} : { calm: extras.calm }),
        audit,
        clock: act.clock,
        log: act.log,
        signal: act.signal,
        owner,
        settings: settingsFor(inputs, metrics),
      }
    },
    close: () => lines.close(),
  }
}

/** Its first check was just made, and told. */
function checkedOnce(measurer: Measurer): Measurer {
  let first = true
  return {
    check: async (signal) => {
      if (!first) await measurer.check(signal)
      first = false
    },
    measure: (window, signal) => measurer.measure(window, signal),
  }
}

/** The engine's settings; small intervals bring small waits, so that a plan of seconds runs in seconds. */
function settingsFor(
  inputs: GrayInputs,
  metrics: MetricsSettings | undefined,
): NonNullable<EngineOptions['settings']> {
  const { intervalMs } = inputs
  const scrapeMs = metrics?.prometheus.scrapeMs
  return {
    mode: inputs.mode,
    concurrency: inputs.concurrency,
    queueMs: inputs.queueTimeoutMs,
    queuePollMs: Math.min(5000, intervalMs),
    leaseMs: inputs.leaseMs,
    awakeMs: Math.min(60_000, 4 * intervalMs),
    approvalPollMs: Math.min(15_000, intervalMs),
    // The last scrape of a window has arrived when the look is taken.
    lagMs: scrapeMs === undefined ? Math.min(5000, intervalMs) : Math.min(scrapeMs + 500, 60_000),
  }
}

function powered(metrics: MetricsSettings, { power }: GrayInputs): MetricsSettings {
  return power === 'auto' ? metrics : { ...metrics, power }
}

/** The same in main and in post of a job, so that one audit tells all of it. */
function reportFolder(inputs: GrayInputs, { workspace }: Gathered, act: Shell): string {
  if (inputs.reportDir !== undefined) return resolve(workspace, inputs.reportDir)
  return act.env['GITHUB_ACTIONS'] === 'true'
    ? resolve(temporaryRoot(act.env), `gray-${slugOf(inputs.environment)}`)
    : resolve(workspace, '.gip/gray')
}

/** An environment's name as that of a folder. */
const slugOf = (environment: string): string => environment.replaceAll(/[^A-Za-z0-9.-]/g, '-')

function githubFor(
  inputs: GrayInputs,
  act: Shell,
): { readonly client: GitHub; readonly repository: Repository } | undefined {
  const name = act.env['GITHUB_REPOSITORY'] ?? ''
  if (inputs.githubToken === '' || name === '') return undefined
  return {
    client: new GitHub(githubSettings(act.env, inputs.githubToken), act),
    repository: parseRepository(name),
  }
}
