export type Level = 'error' | 'warning'

/** What a rule is about; `level` is its standard, which the input `rules` may change. */
export interface Rule {
  readonly id: RuleId
  readonly level: Level
  readonly title: string
  /** Why it matters, one or two sentences. */
  readonly why: string
}

export interface Finding {
  readonly rule: RuleId
  readonly level: Level
  /** Repository-relative with forward slashes. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
  readonly fix: string
  /** Lines of a unified diff, for drift. */
  readonly diff?: readonly string[]
}

export type RuleId =
  | 'yaml' | 'shape' | 'permissions' | 'timeout' | 'names' | 'pin' | 'pin-comment' | 'interpolation' | 'secret-in-script' | 'shell'
  | 'concurrency' | 'secrets-inherit' | 'secrets-environment' | 'image-digest' | 'checkout-credentials' | 'dangerous-trigger'
  | 'version' | 'inputs' | 'twin-outdated' | 'twin-adapted' // prettier-ignore

const rule = (id: RuleId, level: Level, title: string, why: string): Rule => ({ id, level, title, why })

export const RULES: readonly Rule[] = [
  rule('yaml', 'error', 'The file is YAML', 'GitHub does not run a file that it cannot read, and says so only when it is too late.'),
  rule('shape', 'error', 'The file is a workflow or an action', 'Without "on" and "jobs" (or "runs") nothing runs.'),
  rule('permissions', 'error', 'Nothing is granted at the top', 'A job that is added later must not inherit rights that nobody thought of.'),
  rule('timeout', 'error', 'Each job ends in time', 'The standard is six hours; a job that hangs holds a runner and a deployment for so long.'),
  rule('names', 'warning', 'Workflow, jobs and steps have names', 'Branch rules and people find a job by its name.'),
  rule('pin', 'error', 'Actions are pinned by commit', 'A tag can be moved to other code, as in the attacks of 2025 and 2026; a commit cannot.'),
  rule('pin-comment', 'warning', 'A pin says its version', 'Nobody can read a commit, and update tools need the version beside it.'),
  rule('interpolation', 'error', 'No outside text in scripts', 'An expression becomes part of the script before the shell sees it: a branch name or an input can be a command.'),
  rule('secret-in-script', 'error', 'No secrets in scripts', 'A secret that is part of a script is in arguments and traces.'),
  rule('shell', 'warning', 'Scripts name their shell', 'Without it Linux takes bash without pipefail, and Windows another shell.'),
  rule('concurrency', 'warning', 'Runs of one ref wait for each other', 'Two runs at once race for tags and environments; a deployment must not be cut off in the middle.'),
  rule('secrets-inherit', 'error', 'Secrets are handed over by name', 'inherit gives every secret of the caller to code that needs one.'),
  rule('secrets-environment', 'error', 'Secrets only in jobs with an environment', 'An environment says which branches and persons may use its secrets; a secret of the repository is open to every branch.'),
  rule('image-digest', 'error', 'Images by digest', 'What was tested must be what runs; a tag can be another image a minute later.'),
  rule('checkout-credentials', 'error', 'Checkout leaves no token behind', 'The token stays in the working copy, where every later step and every artifact can have it.'),
  rule('dangerous-trigger', 'error', 'No trigger that runs outside code with rights', 'pull_request_target and workflow_run give the rights of the repository to runs that strangers begin.'),
  rule('version', 'error', 'Templates are of a version that is allowed now', 'Templates are released ring by ring; a repository takes the version of its ring.'),
  rule('inputs', 'error', 'Templates are given what they take', 'An input with a wrong name is ignored by actions and refused by workflows: the switch does nothing.'),
  rule('twin-outdated', 'warning', 'Copies are of the current version', 'A copy does not update itself; the diff shows what it misses.'),
  rule('twin-adapted', 'warning', 'Copies are as they were released', 'What was changed has to be carried along with every update; the diff shows it.'),
] // prettier-ignore

export const RULE_IDS = RULES.map(({ id }) => id)
export const ruleOf = (id: RuleId): Rule => RULES.find((one) => one.id === id) ?? fail(id)

function fail(id: string): never {
  throw new TypeError(`there is no rule ${id}`)
}
