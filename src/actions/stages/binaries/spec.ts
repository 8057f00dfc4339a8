import { STANDARD_PLATFORMS } from '../../../binaries/platforms.ts'
import { sharedInputs } from '../../build/spec.ts'
import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const BINARIES: StageSpec = {
  name: 'binaries',
  description: 'Compile release binaries for every platform, packed reproducibly, with checksums, SBOM, provenance, and a draft release',
  icon: 'box',
  inputs: [
    input('Binaries', 'platforms', 'list', STANDARD_PLATFORMS, 'GOOS/GOARCH[/variant] list, for example linux/arm/v6, linux/riscv64, windows/386. Checked against go tool dist list.'),
    ...sharedInputs('working-directory'),
    input('Binaries', 'main', 'list', '', 'Main packages relative to working-directory, for example ./cmd/server, optionally =name for the program. Empty: all there are.'),
    input('Binaries', 'name', 'text', '{{.Name}}_{{.Version}}_{{.Os}}_{{.Arch}}', 'Name of the files without suffix: {{.Project}} {{.Name}} {{.Version}} {{.Tag}} {{.ShortCommit}} {{.Os}} {{.Arch}}. Without {{.Name}} the programs of a platform go into one archive.'),
    choice('Binaries', 'archive', ['auto', 'tar.gz', 'zip', 'none'], 'auto: zip for Windows, else tar.gz; none: the bare programs.'),
    input('Binaries', 'files', 'list', 'auto', 'Files in every archive, relative to working-directory. auto: LICENSE and README, there or at the top of the repository; none: none.'),
    input('Binaries', 'version', 'text', '', 'Version of the files and for ldflags. Empty: from the git tag, else branch and commit.'),
    input('Binaries', 'sbom', 'boolean', 'true', 'Write an SPDX 2.3 document for each program, from its own build information.'),
    ...sharedInputs('go-version', 'go-version-file', 'go-tags', 'ldflags', 'goproxy', 'go-mirrors'),
    input('Release', 'release', 'boolean', 'false', 'Put the files into a GitHub release of the tag, a draft unless draft is false (needs contents: write).'),
    input('Release', 'from', 'text', '', 'Folder that an earlier run wrote, relative to the workspace: nothing is compiled, its files are checked against SHA256SUMS and released.'),
    input('Release', 'tag', 'text', '', 'Tag of the release. Empty: the tag of this run.'),
    input('Release', 'draft', 'boolean', 'true', 'Leave the release a draft. false publishes it when every file is there.'),
    input('Release', 'notes', 'text', '', 'File with the text of a new release, relative to the workspace. Empty: GitHub lists the changes.'),
    input('Release', 'github-token', 'text', '${{ github.token }}', 'Token for the release (needs contents: write).', { secret: true }),
    input('Run', 'out', 'text', '', 'Folder for the files, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/binaries outside GitHub Actions.'),
  ],
  outputs: [
    { name: 'folder', description: 'Folder with all files.' },
    { name: 'archives', description: 'JSON array: name, digest, platform, size and programs of each file.' },
    { name: 'checksums', description: 'Path of SHA256SUMS.' },
    { name: 'version', description: 'The version in the names.' },
    { name: 'release', description: 'Web address of the release.' },
  ],
} // prettier-ignore
