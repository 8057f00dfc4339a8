/**
 * The inputs and outputs of the gray-release action, stated once: gray-release/action.yml, docs/gray-inputs.md and the
 * options of `gray …` on the command line are made from here (`npm run generate`), and CI fails on a difference.
 */
import { choice, input, type InputSpec, type OutputSpec } from '../spec.ts'

/** What the action can be asked to do; the first is the default. */
export const ACTIONS = ['release', 'tick', 'reap', 'recover', 'abort', 'status'] as const

export const INPUTS: readonly InputSpec[] = [
  choice('Release', 'command', ACTIONS, 'What to do: release starts one (and first takes up what an earlier run left); tick goes on with a split release and ends when it must wait; reap takes up a release whose run is gone; recover takes back our own unfinished one; abort takes back the present one; status only reads.'),
  input('Release', 'environment', 'text', 'production', 'Name of the environment. One release at a time runs in each.'),
  input('Release', 'new-version', 'text', '', 'The version to bring in, as the adapter understands it: an image with digest, a tag, or only a name for people and records. Needed to release.'),
  input('Release', 'old-version', 'text', '', 'The version that serves now, for people, records and the metrics. Empty: what the last finished release of this environment brought, or old.'),
  choice('Release', 'mode', ['inline', 'split'], 'inline: one job waits through the whole release. split: the job ends at each wait, and the tick of a scheduled workflow goes on; the verdicts are the same, because they come from the history in Prometheus.'),
  input('Release', 'dry-run', 'boolean', 'false', 'Print the plan, what the traffic can decide, and the result of every check; touch nothing.'),

  input('Plan', 'steps', 'text', '5% 5m, 10% 5m, 25% 5m, 50% 5m, 100% 5m', 'Steps, parted by commas or lines: the part of the new version in percent (of the traffic, or of the hosts), how long it is observed (default 5m), and perhaps the word hold (people must approve before the next step). 100% alone is blue-green.'),
  input('Plan', 'warm-up', 'duration', '1m', 'Time after each shift whose measurements do not count.'),
  input('Plan', 'bake', 'duration', '10m', 'Observation at 100 % while the old version is still there; 0s leaves it out.'),
  input('Plan', 'interval', 'duration', '15s', 'Time between two looks at the metrics.'),
  input('Plan', 'max-extends', 'number', '3', 'How often an undecided step is prolonged by its own length.'),
  choice('Plan', 'end-policy', ['rollback', 'hold', 'promote'], 'What a step that is still undecided ends with: rollback, hold (people decide), or promote (which still needs one conclusive look in the whole release).'),
  input('Plan', 'max-errors', 'number', '3', 'How many looks in a row may fail (metrics unreachable) before everything is taken back.'),
  input('Plan', 'max-tries', 'number', '3', 'Tries of one action at the target, its read-back included, before everything is taken back.'),

  input('Traffic', 'adapter', 'text', '', 'How traffic is split: YAML, or the path of a YAML file, with kind haproxy, nginx, traefik-file, command or hosts and its settings (docs/adapters.md). Needed but for reap, recover, abort and status, which take it from the state.'),

  input('Metrics', 'metrics', 'text', '', 'What judges the release: YAML, or the path of a YAML file (docs/gray-metrics.md): the address of Prometheus, a preset or queries, and limits. Needed to release and to tick.'),
  choice('Metrics', 'power', ['auto', 'warn', 'refuse', 'off'], 'What to do when the traffic cannot decide within the steps, counted before the start: warn, refuse to start, off (not counted), or auto: as the metrics file says, else warn.'),

  input('State', 'state', 'text', '', 'Where the state of the release is kept, which is what makes it resumable and exclusive: the path of a file on a self-hosted runner, or ssh://user@host[:port]/path at the target. Always needed.'),
  input('State', 'identity', 'text', '', 'Private SSH key for ssh:// and for hosts: its text, or the path of its file. Empty: the keys of the SSH agent.', { secret: true }),
  input('State', 'known-hosts', 'text', '', 'Host keys of the hosts that are reached by SSH, as lines of a known_hosts file, or the path of one. Needed with SSH: a key is never accepted unseen.'),
  input('State', 'jump-host', 'text', '', 'Host that all SSH connections go through, user@host[:port]; its key stands in known-hosts too.'),
  input('State', 'lease', 'duration', '2m', 'How long the run may be silent until another one may take the release up.'),
  choice('State', 'concurrency', ['queue', 'newest-wins'], 'When another release runs in the environment: queue waits for its end, newest-wins takes it back and starts.'),
  input('State', 'queue-timeout', 'duration', '30m', 'The longest wait for the end of another release.'),
  choice('State', 'resume', ['rollback', 'continue'], 'What reap does with a release whose run is gone: rollback, or continue when its plan and settings are the same. The start of another release always takes it back.'),

  choice('People', 'approval', ['local', 'environment', 'pull-request', 'issue'], 'Where approvals for a hold come from: local (gray approve and gray reject, by files in approval-folder), the reviews of protected environments of this workflow run, the pull request that last changed approval-file, or comments in an issue.'),
  input('People', 'approvals', 'number', '2', 'Distinct people who must approve. Who started the run or wrote the released commit does not count (locally: with 1 they do).'),
  input('People', 'approvers', 'list', '', 'Who may approve by GitHub: @user, @org/team or permission:maintain, a line each. Empty: everybody with write access.'),
  input('People', 'approval-environments', 'list', '', 'With approval: environment, the environments whose approvals count. Empty: any.'),
  input('People', 'approval-file', 'text', '', 'With approval: pull-request, the file whose last change must be approved, for example the one with the metrics.'),
  input('People', 'approval-folder', 'text', '', 'With approval: local, the folder for the votes, shared by all who approve. Empty: approvals beside the file of the state.'),
  input('People', 'approval-timeout', 'duration', '1h', 'How long a hold waits for people until everything is taken back.'),
  input('People', 'notify', 'list', '', 'Where messages go, a line each: dingtalk=URL SECRET, feishu=URL SECRET, wecom=URL, slack=URL, webhook=URL SECRET (the secret may be missing), or github-issue. ${NAME} takes a value from the environment.', { secret: true }),
  input('People', 'deployments', 'boolean', 'false', 'Mirror the release to the deployments of the repository (needs deployments: write).'),

  input('Run', 'audit', 'text', '', 'File that the audit is appended to, JSON lines chained by hashes. Empty: audit.jsonl in report-dir. Keep it for as long as your rules ask (docs/gray-release.md).'),
  input('Run', 'audit-branch', 'text', '', 'Branch of the repository that keeps the audit for good: it is fetched before the first line and grown after the last one (needs contents: write). Made when it is not there; nobody checks it out.'),
  input('Run', 'report-dir', 'text', '', 'Folder for the report files, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/gray outside GitHub Actions.'),
  input('Run', 'github-token', 'text', '${{ github.token }}', 'Token for approvals, deployments and issues; without these it is not used.', { secret: true }),
] // prettier-ignore

export const OUTPUTS: readonly OutputSpec[] = [
  { name: 'result', description: 'promoted, rolled-back, rollback-failed, finalise-failed, pending (a split release waits, or people must decide), refused (it did not start), superseded, planned (dry-run), or none (nothing is stored).' },
  { name: 'phase', description: 'Phase of the release at the end of the run, for example observing, holding, done, rolled-back.' },
  { name: 'step', description: 'Number of the step that was reached, from 1; 0 before the first.' },
  { name: 'weight', description: 'Part of the new version in percent, as last read back from the target.' },
  { name: 'next-at', description: 'When a pending release has something to do next, as an ISO time; empty when people must decide.' },
  { name: 'reason', description: 'Why the release is where it is, one sentence.' },
  { name: 'release-id', description: 'Id of the release; every line of the audit carries it.' },
  { name: 'old-version', description: 'The version that served before.' },
  { name: 'new-version', description: 'The version that was to be brought in.' },
  { name: 'audit', description: 'Path of the audit file.' },
  { name: 'audit-head', description: 'Hash of the last line of the audit; keep it elsewhere and nobody can shorten or rewrite the file unseen.' },
  { name: 'report', description: 'Folder of the report files: gray.json, gray-summary.md, gray.svg.' },
  { name: 'plan', description: 'The plan as JSON: steps, times, what the traffic can decide, and the checks.' },
] // prettier-ignore
