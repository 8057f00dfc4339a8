/** The stages there are. Their code is loaded by whoever runs one; the specifications are small and always there. */
import { BASE_REFRESH } from './base-refresh/spec.ts'
import { DEPLOY } from './deploy/spec.ts'
import { BINARIES } from './binaries/spec.ts'
import { INTEGRATION } from './integration/spec.ts'
import { LINT } from './lint/spec.ts'
import { METRICS } from './metrics/spec.ts'
import { MATRIX } from './matrix/spec.ts'
import { NOTIFY } from './notify/spec.ts'
import { PUBLISH } from './publish/spec.ts'
import { REPORT } from './report/spec.ts'
import { SCAN } from './scan/spec.ts'
import { TEMPLATE_LINT } from './template-lint/spec.ts'
import type { StageRun, StageSpec } from './stage.ts'

export interface Stage extends StageSpec {
  readonly load: () => Promise<StageRun>
}

const stage = (spec: StageSpec, load: () => Promise<StageRun>): Stage => ({ ...spec, load })

export const STAGES = {
  'base-refresh': stage(BASE_REFRESH, async () => (await import('./base-refresh/run.ts')).runBaseRefresh),
  deploy: stage(DEPLOY, async () => (await import('./deploy/run.ts')).runDeploy),
  binaries: stage(BINARIES, async () => (await import('./binaries/run.ts')).runBinaries),
  integration: stage(INTEGRATION, async () => (await import('./integration/run.ts')).runIntegration),
  lint: stage(LINT, async () => (await import('./lint/run.ts')).runLint),
  metrics: stage(METRICS, async () => (await import('./metrics/run.ts')).runMetrics),
  matrix: stage(MATRIX, async () => (await import('./matrix/run.ts')).runMatrix),
  notify: stage(NOTIFY, async () => (await import('./notify/run.ts')).runNotify),
  publish: stage(PUBLISH, async () => (await import('./publish/run.ts')).runPublish),
  report: stage(REPORT, async () => (await import('./report/run.ts')).runReport),
  scan: stage(SCAN, async () => (await import('./scan/run.ts')).runScan),
  'template-lint': stage(TEMPLATE_LINT, async () => (await import('./template-lint/run.ts')).runTemplateLint),
} as const satisfies Record<string, Stage>

export type StageName = keyof typeof STAGES

export const STAGE_NAMES = Object.keys(STAGES) as StageName[]

export const stageOf = (name: StageName): Stage => STAGES[name]

export const isStage = (name: string): name is StageName => Object.hasOwn(STAGES, name)
