import { relative, resolve } from 'node:path'
import { describeProblem, PipelineError } from '../../../base/errors.ts'
import { readTextIfAny, slashes } from '../../../base/files.ts'
import { eventFacts } from '../../../project/event.ts'
import { openWorkTree, type WorkTree } from '../../../project/git-folder.ts'
import { findModules, type Workspace } from '../../../project/modules.ts'
import {
  describePlace,
  mergeFindings,
  type ScannerName,
  type ScanPart,
  severitiesFrom,
} from '../../../scan/findings.ts'
import { judgeFindings } from '../../../scan/gate.ts'
import { type IgnoreEntry, parseIgnores } from '../../../scan/ignore.ts'
import { provideScanner, type ScanGo, type Scanner } from '../../../scan/install.ts'
import { scanSecrets } from '../../../scan/secrets.ts'
import { skipsOf } from '../../../scan/skip.ts'
import { scanSource, type SourceScan } from '../../../scan/source.ts'
import type { ScanReport } from '../../../scan/summary.ts'
import { stageFolder, workspaceOf } from '../../folders.ts'
import { projectGo } from '../../project-go.ts'
import { registryClient } from '../../registry.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { type ImageScans, scanImages } from './images.ts'
import { loadScan, type ScanInputs } from './inputs.ts'
import { failureOf, writeReport } from './report.ts'
import { allowSkips } from './skips.ts'

/** What a scan is about. */
export interface Scene {
  readonly inputs: ScanInputs
  /** The workspace. */
  readonly top: string
  /** Top of the repository. */
  readonly root: string
  readonly tree: WorkTree | undefined
  readonly commit: string | undefined
  readonly workspace: Workspace
  readonly ignores: readonly IgnoreEntry[]
  readonly provide: (name: ScannerName) => Promise<Scanner>
  readonly go: () => Promise<ScanGo>
}

/** Scans what the inputs do not leave out, judges what was found, and writes the report. */
export async function runScan(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadScan(read, act)
  if (inputs.problems.length > 0) throw new PipelineError('input', inputs.problems)
  const folder = stageFolder('scan', inputs.reportDir, act.env)
  const skips = skipsOf({
    skip: inputs.skip,
    govulncheck: inputs.scanners.govulncheck !== undefined,
    gitleaks: inputs.scanners.gitleaks !== undefined,
    imageScanner: inputs.imageScanner,
    hasImage: inputs.images.length > 0,
    nothingStops: inputs.rules.failOn.length === 0,
  })
  const allowed = skips.length === 0 ? undefined : await allowSkips(skips, inputs, folder, act)
  const common = { rules: inputs.rules, skips, permit: allowed?.permit, reason: inputs.skipReason, auditHead: allowed?.head } // prettier-ignore
  if (inputs.skip) {
    const report: ScanReport = { ...common, parts: [], gate: undefined, failures: [], notes: [] }
    return writeReport(report, folder, act)
  }
  const scene = await look(inputs, act)
  const done = await scanAll(scene, act)
  const findings = severitiesFrom(mergeFindings(done.parts.flatMap((part) => part.findings)), done.severities)
  const gate = judgeFindings(findings, inputs.rules, scene.ignores, inputs.ignoreFile, act.clock.now())
  for (const { finding } of gate.stopping.slice(0, 20)) {
    const [place] = finding.places
    if (place?.file === undefined || place.image !== undefined || place.commit !== undefined) continue
    const { file, line } = place
    act.log.annotate({ level: 'error', title: finding.id, message: `${finding.title}. ${finding.fix}`, file, ...(line === undefined ? {} : { line }) }) // prettier-ignore
  }
  for (const { finding, why } of gate.judged.filter(({ state }) => state !== 'stops').slice(0, 50))
    act.log.info(`${finding.id} ${finding.severity} ${finding.package} ${finding.installed} (${finding.places.map(describePlace).join(', ')}): passes, ${why}`) // prettier-ignore
  const report: ScanReport = {
    ...common,
    parts: done.parts,
    gate,
    failures: done.failures.flatMap((failure) => failure.problems.map(describeProblem)),
    notes: done.notes,
  }
  const end = await writeReport(report, folder, act)
  const failure = failureOf(gate, done.failures)
  return failure === undefined ? end : { ...end, failure }
}

/** Looks at the repository; every problem of it is told at once. */
async function look(inputs: ScanInputs, act: Shell): Promise<Scene> {
  const top = workspaceOf(act.env)
  const start = resolve(top, inputs.workingDirectory)
  const tree = await openWorkTree(start, act.env, act)
  const root = tree === undefined ? top : resolve(tree.root)
  const folder = slashes(relative(root, start)) || '.'
  const gowork = act.env['GOWORK']
  const [workspace, text, head] = await Promise.all([
    findModules(root, folder, gowork === undefined ? {} : { gowork }),
    readTextIfAny(resolve(top, inputs.ignoreFile)),
    tree?.git(['rev-parse', '--verify', 'HEAD']),
  ])
  const ignores = parseIgnores(text ?? '', inputs.ignoreFile, act.clock.now())
  // A folder without Go code is scanned for secrets, when there is an image to scan: by mistake it would pass unseen.
  const missing = workspace.problems.filter(({ code }) => code === 'no-go-mod')
  const asked = inputs.scanners.govulncheck !== undefined
  const broken = workspace.problems.filter((problem) => !missing.includes(problem))
  const problems = [...ignores.problems, ...(asked ? broken : []), ...(asked && inputs.images.length === 0 ? missing : [])] // prettier-ignore
  if (problems.length > 0) throw new PipelineError('input', problems)
  const go = once(() => projectGo(inputs, top, act))
  const scanners = new Map<ScannerName, Promise<Scanner>>()
  return {
    inputs,
    top,
    root,
    tree,
    commit: head?.code === 0 ? head.stdout.trim() : undefined,
    workspace,
    ignores: ignores.entries,
    go,
    provide: (name) => {
      const known =
        scanners.get(name) ?? provideScanner(name, inputs.scanners[name] ?? { kind: 'pinned' }, go, act)
      scanners.set(name, known)
      return known
    },
  }
}

interface Scanned {
  readonly parts: readonly ScanPart[]
  readonly severities: ImageScans['severities']
  /** Scanners that could not look. */
  readonly failures: readonly PipelineError[]
  readonly notes: readonly string[]
}

/** Everything that was asked for. One scanner that cannot look does not keep the others from telling what they see. */
async function scanAll(scene: Scene, act: Shell): Promise<Scanned> {
  const { inputs, workspace } = scene
  const failures: PipelineError[] = []
  const parts: ScanPart[] = []
  const notes: string[] = []
  const attempt = async <T>(work: () => Promise<T>, none: T): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (act.signal.aborted || !(error instanceof PipelineError)) throw error
      failures.push(error)
      return none
    }
  }
  const nothing: SourceScan = { parts: [], reports: [] }
  const source = async (): Promise<SourceScan> => {
    if (inputs.scanners.govulncheck === undefined) return nothing
    if (workspace.modules.length === 0) {
      notes.push(
        `there is no Go module in ${inputs.workingDirectory}: only the images were scanned for vulnerabilities`,
      )
      return nothing
    }
    const request = {
      root: scene.root,
      modules: workspace.modules,
      tags: inputs.goTags,
      database: inputs.vulnDb,
    }
    return scanSource(request, await scene.provide('govulncheck'), await scene.go(), act)
  }
  const [found, secrets] = await Promise.all([
    attempt(source, nothing),
    attempt(() => findSecrets(scene, act), undefined),
  ])
  const none: ImageScans = { parts: [], severities: new Map() }
  const images =
    inputs.images.length === 0 || inputs.imageScanner === 'off'
      ? none
      : await scanImages(scene, found.reports, registryClient(inputs.access, act), attempt, act)
  parts.push(...found.parts, ...(secrets === undefined ? [] : [secrets]), ...images.parts)
  return { parts, severities: images.severities, failures, notes }
}

async function findSecrets(scene: Scene, act: Shell): Promise<ScanPart | undefined> {
  const { inputs, tree } = scene
  if (inputs.scanners.gitleaks === undefined) return undefined
  const event = await eventFacts(act.env)
  const folder = tree === undefined ? resolve(scene.top, inputs.workingDirectory) : scene.root
  const request = { folder, scope: inputs.secretScope, pullRequest: /^pull_request/.test(event.name) }
  return scanSecrets(request, tree, await scene.provide('gitleaks'), act)
}

/** The value of `make`, made at the first call. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined
  return () => (value ??= make())
}
