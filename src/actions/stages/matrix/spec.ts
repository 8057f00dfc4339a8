import { input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const MATRIX: StageSpec = {
  name: 'matrix',
  description: 'Work out the legs of a job matrix: a native runner for each platform, or runners by Go versions',
  icon: 'grid',
  inputs: [
    input('Legs', 'platforms', 'list', '', 'Platforms: a leg for each, on a runner where it needs no emulation. Empty: runners by Go versions.'),
    input('Legs', 'runner-of', 'pairs', '', 'Runners for platforms, PREFIX=LABEL lines, for example linux/arm64=my-arm or windows=windows-2022; a+b asks for both labels. The most specific prefix counts. Others have the runners of GitHub.'),
    input('Legs', 'runners', 'list', 'ubuntu-latest', 'Runner labels, a line each or parted by commas; a+b asks for both labels.'),
    input('Legs', 'go-versions', 'list', '', 'Go versions, a line each or parted by commas. Empty: the one that go.mod asks for.'),
    input('Legs', 'limit', 'number', '64', 'The most legs there may be; more is an error before any of them starts.'),
  ],
  outputs: [
    { name: 'matrix', description: 'JSON array for strategy.matrix.include: name, runner, and platform or go.' },
    { name: 'names', description: 'JSON array of the names of the legs.' },
    { name: 'platforms', description: 'The platforms, parted by commas.' },
  ],
} // prettier-ignore
