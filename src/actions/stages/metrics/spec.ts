import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const METRICS: StageSpec = {
  name: 'metrics',
  description: 'Count builds, deployments, rollbacks, lead time and vulnerabilities of a window, and judge them by limits',
  icon: 'bar-chart-2',
  inputs: [
    input('Window', 'window', 'text', '28d', 'How far back to look: days or weeks, for example 7d or 4w (at most 180d).'),
    input('Window', 'until', 'text', '', 'End of the window, a date or time such as 2026-11-21. Empty: now.'),

    input('Data', 'repository', 'text', '${{ github.repository }}', 'OWNER/NAME.'),
    input('Data', 'workflows', 'list', '', 'Workflow files whose runs are the builds, for example ci.yml. Empty: all.'),
    input('Data', 'branch', 'text', '', 'Count runs of this branch only.'),
    input('Data', 'event', 'text', '', 'Count runs of this event only, for example push.'),
    input('Data', 'environment', 'text', 'production', 'Environment whose deployments count.'),
    choice('Data', 'vulnerabilities', ['auto', 'alerts', 'reports', 'off'], 'Where vulnerabilities come from: alerts of code scanning, SARIF reports of scans, auto (reports when there are any, else alerts), or off.'),
    input('Data', 'scan-reports', 'list', '', 'SARIF files of scan gates, globs below the workspace. What has level error was refused; the rest was let through.'),
    input('Data', 'watch-reports', 'list', '', 'SARIF files of scans of what had been published already, globs below the workspace.'),
    input('Data', 'severities', 'list', 'critical,high', 'Severities that count: critical, high, medium, low.'),
    input('Data', 'github-token', 'text', '${{ github.token }}', 'Token for the API (actions: read, deployments: read, contents: read, security-events: read for alerts).', { secret: true }),

    input('Limits', 'min-success-rate', 'number', '98', 'Least share of builds that succeed, in percent. none: no limit.'),
    input('Limits', 'max-deploy-time', 'text', '5m', 'Longest mean time of a deployment, for example 90s, 5m, 1h. none: no limit.'),
    input('Limits', 'min-vulnerabilities-stopped', 'number', '90', 'Least share of vulnerabilities that were stopped before they went live, in percent. none: no limit.'),
    input('Limits', 'max-rollbacks-per-week', 'number', '2', 'Most rollbacks in any seven days. none: no limit.'),
    input('Limits', 'max-lead-time', 'text', 'none', 'Longest median time from commit to live, for example 2d. none: no limit.'),
    input('Limits', 'max-change-failure-rate', 'number', 'none', 'Most changes that were taken back, in percent. none: no limit.'),
    input('Limits', 'gate', 'boolean', 'true', 'Fail when a limit is broken. false: only report.'),
    choice('Limits', 'on-nodata', ['ignore', 'fail'], 'What a limit without data does to the gate.'),

    input('Run', 'report-dir', 'text', '', 'Folder for metrics.json, metrics.prom (OpenMetrics), metrics.svg and summary.md. Empty: a folder in RUNNER_TEMP, or .gip/metrics outside GitHub Actions.'),
  ],
  outputs: [
    { name: 'verdict', description: 'passed, failed, nodata (something limited could not be counted, nothing failed), or off.' },
    { name: 'metrics', description: 'JSON object with all numbers; the lists are in metrics.json only.' },
    { name: 'judgements', description: 'JSON list: id, value, limit, verdict of each limited number.' },
    { name: 'report', description: 'Folder of the report files.' },
  ],
} // prettier-ignore
