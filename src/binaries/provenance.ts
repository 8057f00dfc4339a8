import { type Module, purlOf } from './build-info.ts'

export interface Subject {
  readonly name: string
  readonly sha256: string
}

export interface ProvenanceFacts {
  readonly subjects: readonly Subject[]
  readonly commit: string
  /** Everything that was compiled in, and the Go that compiled it. */
  readonly modules: readonly Module[]
  readonly go: string
  /** Of a run on GitHub Actions. */
  readonly run: GitHubRun
  /** What the caller chose: inputs of the stage that differ the bytes. */
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface GitHubRun {
  readonly serverUrl: string
  readonly repository: string
  readonly repositoryId: string
  readonly ownerId: string
  readonly ref: string
  /** `OWNER/REPO/.github/workflows/X.yml@REF` of the workflow that was started. */
  readonly workflowRef: string
  readonly eventName: string
  readonly runId: string
  readonly attempt: string
  /** `github-hosted` or `self-hosted`. */
  readonly runner: string
}

/** The facts of this run from the runner's environment; undefined outside GitHub Actions. */
export function githubRun(env: Readonly<Record<string, string | undefined>>): GitHubRun | undefined {
  if (env['GITHUB_ACTIONS'] !== 'true') return undefined
  const get = (name: string): string => env[name] ?? ''
  const [repository, workflowRef, runId] = [get('GITHUB_REPOSITORY'), get('GITHUB_WORKFLOW_REF'), get('GITHUB_RUN_ID')] // prettier-ignore
  if (repository === '' || runId === '') return undefined
  return {
    serverUrl: get('GITHUB_SERVER_URL') === '' ? 'https://github.com' : get('GITHUB_SERVER_URL'),
    repository,
    repositoryId: get('GITHUB_REPOSITORY_ID'),
    ownerId: get('GITHUB_REPOSITORY_OWNER_ID'),
    ref: get('GITHUB_REF'),
    workflowRef,
    eventName: get('GITHUB_EVENT_NAME'),
    runId,
    attempt: get('GITHUB_RUN_ATTEMPT') === '' ? '1' : get('GITHUB_RUN_ATTEMPT'),
    runner: get('RUNNER_ENVIRONMENT') === 'github-hosted' ? 'github-hosted' : 'self-hosted',
  }
}

/**
 * How the files came to be: an in-toto statement v1 with the SLSA provenance v1 predicate (slsa.dev/spec/v1.0/provenance), of
 * the build type that GitHub's own attestations use. It is not signed: who signs it states that this run made it.
 */
export function toProvenance(facts: ProvenanceFacts): object {
  const { run } = facts
  const repository = `${run.serverUrl}/${run.repository}`
  const [workflow = '', workflowRef = run.ref] = run.workflowRef.split('@', 2)
  const modules = new Map(facts.modules.map((module) => [purlOf(module), module]))
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: facts.subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
        externalParameters: {
          workflow: {
            ref: workflowRef,
            repository,
            path: workflow.startsWith(`${run.repository}/`) ? workflow.slice(run.repository.length + 1) : workflow,
          },
          inputs: facts.parameters,
        },
        internalParameters: {
          github: {
            event_name: run.eventName,
            repository_id: run.repositoryId,
            repository_owner_id: run.ownerId,
            runner_environment: run.runner,
          },
        },
        resolvedDependencies: [
          { uri: `git+${repository}@${run.ref}`, digest: { gitCommit: facts.commit } },
          { uri: `pkg:golang/toolchain@${facts.go}`, name: 'Go' },
          ...[...modules.keys()].sort().map((uri) => {
            const sum = modules.get(uri)?.sum ?? ''
            // in-toto names dirHash for Go's h1: sums (github.com/in-toto/attestation, digest_set.md), in hex.
            return sum.startsWith('h1:')
              ? { uri, digest: { dirHash: Buffer.from(sum.slice(3), 'base64').toString('hex') } }
              : { uri }
          }),
        ],
      },
      runDetails: {
        builder: { id: `https://github.com/actions/runner/${run.runner}` },
        metadata: { invocationId: `${repository}/actions/runs/${run.runId}/attempts/${run.attempt}` },
      },
    },
  }
} // prettier-ignore
