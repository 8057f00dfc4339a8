/** What the starter knows of a repository. Paths are relative to the repository, with forward slashes. */
export interface StarterFacts {
  /** Folders with a go.mod; `.` is the root. */
  readonly modules: readonly string[]
  readonly mains: readonly StarterMain[]
  readonly dockerfiles: readonly TextFile[]
  /** Compose files whose services take the image from the variable IMAGE. */
  readonly composeFiles: readonly string[]
  /** Test files with the build tag `integration`. */
  readonly integrationTests: readonly string[]
  /** Systems besides Linux that some files are written for, by their names. */
  readonly systems: readonly ('windows' | 'darwin')[]
  /** Configuration of golangci-lint. */
  readonly lint?: string
  /** Files of a gray release or of a deployment that are there already. */
  readonly deployFiles: readonly string[]
  /** Where the repository lives, for example `github.com` and `acme/hello`. */
  readonly remote?: { readonly host: string; readonly repository: string }
  readonly defaultBranch: string
  /** There is a tag of a version, so releases carry `latest`. */
  readonly versions: boolean
  /** What is in .github/workflows. */
  readonly workflows: readonly TextFile[]
}

export interface StarterMain {
  /** Folder of its module. */
  readonly module: string
  /** As the go command takes it in that folder: `.`, `./cmd/api`. */
  readonly path: string
  /** Name of its binary. */
  readonly name: string
}

export interface TextFile {
  readonly path: string
  readonly text: string
}

export const EXTRAS = ['gray-reap', 'metrics', 'base-refresh', 'template-lint', 'binaries'] as const
export type Extra = (typeof EXTRAS)[number]

export interface StarterOptions {
  readonly kind: 'auto' | 'service' | 'library'
  /** Image names without tag; `{name}` stands for the name of the main. Empty: on ghcr.io, named like the repository. */
  readonly images: readonly string[]
  /** Main packages, as `./cmd/api` relative to the repository. Empty: all that are no tools of the developers. */
  readonly mains: readonly string[]
  readonly extras: readonly Extra[]
  readonly testEnvironment?: string
  readonly productionEnvironment?: string
  readonly gray: 'auto' | 'true' | 'false'
  /** Where the state of gray releases is kept. */
  readonly state?: string
  /** Labels of the runner of every stage. Empty: GitHub's own. */
  readonly runner: readonly string[]
  /** Copy the templates instead of calling them. */
  readonly copies: boolean
}

/** The version of the templates that is called or copied. */
export interface StarterLibrary {
  /** `OWNER/NAME` on the server that the workflows will run on. */
  readonly repository: string
  readonly version: string
  readonly sha: string
  /** Copyable twins by file name. */
  readonly twins: ReadonlyMap<string, string>
}
