import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const TEMPLATE_LINT: StageSpec = {
  name: 'template-lint',
  description: 'Check workflows and actions that were copied or adapted from the templates, or call them',
  icon: 'check-square',
  inputs: [
    input('Files', 'paths', 'list', '', 'Files to check, globs below the workspace, a line each; ! takes out again. Empty: all workflows in .github/workflows and every action.yml.'),
    input('Templates', 'allow-versions', 'list', '', 'Versions of the templates that this repository may use now: v1.2.0, a commit, or v1.2.0=COMMIT, a line each. Empty: every one.'),
    input('Templates', 'templates', 'list', '', 'Further names of the repository with the templates (a fork, a mirror), OWNER/NAME lines.'),
    input('Rules', 'rules', 'pairs', '', 'Levels of rules, RULE=error, RULE=warning or RULE=off lines.'),
    choice('Rules', 'fail-on', ['error', 'warning', 'never'], 'From which level on a finding fails the step.'),
    input('Run', 'report-dir', 'text', '', 'Folder for template-lint.sarif and summary.md. Empty: a folder in RUNNER_TEMP, or .gip/template-lint outside GitHub Actions.'),
  ],
  outputs: [
    { name: 'verdict', description: 'passed or failed.' },
    { name: 'errors', description: 'Number of errors.' },
    { name: 'warnings', description: 'Number of warnings.' },
    { name: 'findings', description: 'JSON list: rule, level, file, line, column, message, fix (the first 100).' },
    { name: 'sarif', description: 'Path of the SARIF file.' },
  ],
} // prettier-ignore
