import { sharedInputs } from '../../build/spec.ts'
import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const LINT: StageSpec = {
  name: 'lint',
  description: 'Lint Go code with a pinned golangci-lint or staticcheck, and gofmt, with annotations and SARIF',
  icon: 'search',
  inputs: [
    choice('Lint', 'lint', ['auto', 'golangci-lint', 'staticcheck', 'off'], 'auto: golangci-lint where a .golangci.yml (.yaml, .toml, .json) is in working-directory or at the top of the repository, else staticcheck.'),
    input('Lint', 'gofmt', 'boolean', 'true', 'Every Go file has to be as gofmt writes it (vendor and testdata left out).'),
    choice('Lint', 'fail-on', ['any', 'error', 'none'], 'What stops: any finding, only those of severity error, or none.'),
    ...sharedInputs('working-directory'),
    input('Lint', 'golangci-lint', 'text', 'auto', 'auto: the pinned golangci-lint, built by Go (minutes on a fresh runner); or the absolute path of an installed one of version 2.'),
    input('Lint', 'staticcheck', 'text', 'auto', 'auto: the pinned staticcheck, built by Go; or the absolute path of an installed one.'),
    ...sharedInputs('go-version', 'go-version-file', 'go-tags', 'cgo', 'goproxy', 'go-mirrors'),
    input('Run', 'report-dir', 'text', '', 'Folder for lint.sarif and summary.md, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/lint outside GitHub Actions.'),
  ],
  outputs: [
    { name: 'verdict', description: 'passed or failed.' },
    { name: 'findings', description: 'Number of findings.' },
    { name: 'stopping', description: 'Number of findings that stop.' },
    { name: 'sarif', description: 'Path of lint.sarif (SARIF 2.1.0).' },
  ],
} // prettier-ignore
