import { input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const REPORT: StageSpec = {
  name: 'report',
  description: 'Join the reports of a matrix of runners, or the ends of many jobs, into one report with one verdict',
  icon: 'list',
  inputs: [
    input('Reports', 'reports', 'text', 'reports', 'Folder with the reports of the legs, a folder each, as actions/download-artifact makes them; relative to the workspace.'),
    input('Reports', 'prefix', 'text', '', 'What the folders are called before the name of the leg, for example ci-.'),
    input('Reports', 'legs', 'list', '', 'Names of the folders that must be there, a line each or a JSON array. One that is missing counts as failed: its runner may have died.'),
    input('Gates', 'coverage-threshold', 'number', '', 'Least coverage of statements by all legs together, in percent. A statement counts when any leg reached it.'),
    input('Gates', 'also', 'pairs', '', 'Other jobs whose end counts: success and skipped pass. The context needs as JSON (toJSON), which also shows what they handed on, or name=result lines.'),
    input('Run', 'report-dir', 'text', '', 'Folder for the joined report (summary.md, report.json, coverage.out). Empty: a folder in RUNNER_TEMP, or .gip/combined outside GitHub Actions.'),
  ],
  outputs: [
    { name: 'verdict', description: 'passed or failed.' },
    { name: 'failed', description: 'Names of the legs and other jobs that did not pass, a line each.' },
    { name: 'tests', description: 'JSON object: passed, failed, skipped, over all legs.' },
    { name: 'coverage', description: 'Coverage by all legs together in percent, when it was measured.' },
    { name: 'report', description: 'Folder of the joined report.' },
  ],
} // prettier-ignore
