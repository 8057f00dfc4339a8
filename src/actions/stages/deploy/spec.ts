import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const COMMANDS = ['deploy', 'status', 'rollback'] as const

export const DEPLOY: StageSpec = {
  name: 'deploy',
  description: 'Bring an image by digest to hosts with Docker Compose over SSH, batch by batch, healthy or everything back',
  icon: 'send',
  inputs: [
    choice('Deploy', 'command', COMMANDS, 'What to do: deploy brings the image everywhere or nowhere; status only reads; rollback takes an unfinished deployment back, else brings the image that served before the present one.'),
    choice('Deploy', 'target', ['compose'], 'What the image is brought to: compose is a service of a Docker Compose project on hosts.'),
    input('Deploy', 'image', 'text', '', 'The image, name@sha256:…, as the output image of the build gives it. Needed to deploy; with rollback it names the one to go back to, and is else taken from the record that deployments leave on the hosts.'),
    input('Deploy', 'environment', 'text', 'production', 'Name of the environment, for records and messages.'),

    input('Hosts', 'hosts', 'text', '', 'YAML, or the path of a YAML file: hosts (user@host[:port], or local for this machine), folder, service, and more (docs/hosts.md; the settings of kind: hosts without image and dead-man).'),
    input('Hosts', 'batch', 'number', '', 'Hosts updated at the same time. Empty: as the YAML says, else 1.'),
    input('Hosts', 'identity', 'text', '', 'Private SSH key: its text, or the path of its file. Empty: the keys of the SSH agent.', { secret: true }),
    input('Hosts', 'known-hosts', 'text', '', 'Host keys, as lines of a known_hosts file, or the path of one. Needed with SSH: a key is never accepted unseen.'),
    input('Hosts', 'jump-host', 'text', '', 'Host that all SSH connections go through, user@host[:port]; its key stands in known-hosts too.'),

    input('Health', 'health-url', 'text', '', 'Address that the runner asks after each batch, beside the health check of the service; 2xx and 3xx are healthy. {host} stands for the name of each host.'),
    input('Health', 'health-wait', 'duration', '1m', 'How long health-url may take until it is healthy.'),

    input('People', 'deployers', 'list', '', 'Who may deploy and roll back by GitHub: @user, @org/team or permission:maintain, a line each; pipeline admins (permission:maintain) always may. Empty: who may start the workflow deploys, and everybody with write access rolls back.'),
    input('People', 'notify', 'list', '', 'Where messages go, a line each: dingtalk=URL SECRET, feishu=URL SECRET, wecom=URL, slack=URL, webhook=URL SECRET (the secret may be missing), or github-issue. ${NAME} takes a value from the environment.', { secret: true }),
    input('People', 'deployments', 'boolean', 'false', 'Mirror it to the deployments of the repository (needs deployments: write). A job with an environment has one already.'),

    input('Run', 'audit', 'text', '', 'File that the audit is appended to, JSON lines chained by hashes. Empty: audit.jsonl in report-dir.'),
    input('Run', 'audit-branch', 'text', '', 'Branch of the repository that keeps the audit for good (needs contents: write).'),
    input('Run', 'report-dir', 'text', '', 'Folder for deploy.json, summary.md and the audit, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/deploy outside GitHub Actions.'),
    input('Run', 'github-token', 'text', '${{ github.token }}', 'Token for roles, deployments, issues and the audit branch; without these it is not used.', { secret: true }),
  ],
  outputs: [
    { name: 'result', description: 'deployed, unchanged, rolled-back, refused (nothing was touched), taken-back (it failed, what served before serves again), broken (not all is as before); of status: healthy or unhealthy.' },
    { name: 'image', description: 'The image that was to serve; of status and of a failed deployment the one that serves, empty when hosts differ.' },
    { name: 'before', description: 'JSON object: host to the image that served before.' },
    { name: 'after', description: 'JSON object: host to the image that serves now, read back.' },
    { name: 'audit', description: 'Path of the audit file.' },
    { name: 'audit-head', description: 'Number and hash of the last line of the audit.' },
    { name: 'report', description: 'Folder of the report files.' },
  ],
} // prettier-ignore
