import { sharedInputs } from '../../build/spec.ts'
import { input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const INTEGRATION: StageSpec = {
  name: 'integration',
  description: 'Start an image with its neighbours by docker compose, wait until all are healthy, run tests against them',
  icon: 'check-circle',
  inputs: [
    input('Stack', 'image', 'text', '', 'The image that is tested, name@sha256:…. Some service of the compose project must run exactly it.'),
    input('Stack', 'image-variable', 'text', 'IMAGE', 'Variable by which the compose file takes the image: image: ${IMAGE}.'),
    input('Stack', 'compose-files', 'list', '', 'Compose files, relative to working-directory. Empty: the ones that compose finds by itself.'),
    input('Stack', 'services', 'list', '', 'Services to start, with what they depend on. Empty: all.'),
    input('Stack', 'compose-env', 'pairs', '', 'More variables for the compose files, KEY=value lines. Not for secrets.'),
    input('Stack', 'wait', 'duration', '2m', 'How long the services may take until all are healthy.'),
    input('Tests', 'working-directory', 'text', '.', 'Folder of the project, relative to the workspace.'),
    input('Tests', 'run', 'words', 'go test -count=1 -tags=integration ./...', 'The tests: a program and its arguments, no shell. They find the services by SERVICE_PORT variables: SHOP_8080=127.0.0.1:32768, and SHOP_ADDR where a service publishes one port.'),
    input('Tests', 'run-env', 'pairs', '', 'More variables for the tests, KEY=value lines.'),
    input('Tests', 'timeout', 'duration', '20m', 'Limit of the tests.'),
    ...sharedInputs('registries', 'github-token'),
    input('Run', 'report-dir', 'text', '', 'Folder for the logs of services and tests. Empty: a folder in RUNNER_TEMP, or .gip/integration outside GitHub Actions.'),
  ],
  outputs: [
    { name: 'verdict', description: 'passed or failed.' },
    { name: 'image', description: 'The image that was tested, by digest.' },
    { name: 'report', description: 'Folder with the logs of every service and of the tests.' },
  ],
} // prettier-ignore
