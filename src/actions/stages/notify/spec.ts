import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

export const NOTIFY: StageSpec = {
  name: 'notify',
  description: 'Tell people by DingTalk, Feishu, WeCom, Slack, a webhook or a GitHub issue, with the facts and the link to the run',
  icon: 'bell',
  inputs: [
    choice('Message', 'level', ['info', 'warning', 'page'], 'How urgent it is; page calls everybody in the chat.'),
    input('Message', 'title', 'text', '', 'What has happened, one line. Needed.'),
    input('Message', 'text', 'text', '', 'Why, one line. Empty: the title.'),
    input('Message', 'facts', 'pairs', '', 'What people need to know, name=value lines. Repository, commit and actor are added in GitHub.'),
    input('Message', 'todo', 'list', '', 'What the reader should do, a line each.'),
    input('Message', 'link', 'text', '', 'Where to look. Empty: this workflow run.'),
    input('Message', 'event', 'text', 'pipeline', 'Name of the event, for programs that get the webhook.'),
    input('Message', 'topic', 'text', '', 'What it is about, for example ci main: with github-issue a warning or page opens one issue for it, and the next info on it closes that. Empty: the title.'),
    input('Receivers', 'notify', 'list', '', 'Where it goes, a line each: dingtalk=URL SECRET, feishu=URL SECRET, wecom=URL, slack=URL, webhook=URL SECRET (the secret may be missing), or github-issue. ${NAME} takes a value from the environment. Empty: nobody is told.', { secret: true }),
    input('Receivers', 'required', 'boolean', 'false', 'Fail when a message was not delivered.'),
    input('Receivers', 'github-token', 'text', '${{ github.token }}', 'Token for github-issue (issues: write).', { secret: true }),
  ],
  outputs: [
    { name: 'delivered', description: 'Kinds that took the message, a line each.' },
    { name: 'undelivered', description: 'Kinds that did not, a line each.' },
  ],
} // prettier-ignore
