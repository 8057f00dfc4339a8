import { isMap, type Node } from 'yaml'
import {
  type Entry,
  entries,
  entry,
  items,
  matchesIn,
  type Raw,
  type Source,
  startOf,
  textOf,
} from './source.ts'
import type { RuleId } from './model.ts'

/** A job or composite action's step, and everything else that has `uses`. */
export interface Use {
  readonly text: string
  readonly at: number
  readonly node: Node | null
  /** The mapping that holds `uses`, `with` and `secrets`. */
  readonly holder: Node
  readonly job: boolean
}

interface Step {
  readonly node: Node
  readonly id: string
}
interface Job {
  readonly id: string
  readonly at: number
  readonly node: Node
  readonly steps: readonly Step[]
}

const raw = (rule: RuleId, offset: number, message: string, fix: string): Raw => ({
  rule,
  offset,
  message,
  fix,
})

const stepsOf = (node: unknown): Step[] =>
  items(node).filter(isMap).map((step, index) => ({
    node: step,
    id: textOf(entry(step, 'name')?.value) ?? textOf(entry(step, 'id')?.value) ?? `step ${index + 1}`,
  })) // prettier-ignore

const jobsOf = (source: Source): Job[] =>
  entries(entry(source.root, 'jobs')?.value).flatMap(({ key, at, value }) =>
    isMap(value) ? [{ id: key, at, node: value, steps: stepsOf(entry(value, 'steps')?.value) }] : [],
  )

/** Steps of a composite action. */
const actionSteps = (source: Source): Step[] =>
  stepsOf(entry(entry(source.root, 'runs')?.value, 'steps')?.value)

export const isWorkflow = (source: Source): boolean => entry(source.root, 'jobs') !== undefined

/** Every `uses` of a file. */
export function usesOf(source: Source): Use[] {
  const of = (holder: Node, job: boolean): Use[] => {
    const found = entry(holder, 'uses')
    const text = textOf(found?.value)
    return found === undefined || text === undefined
      ? []
      : [{ text, at: startOf(found.value), node: found.value, holder, job }]
  }
  const jobs = jobsOf(source)
  return [
    ...jobs.flatMap((job) => of(job.node, true)),
    ...[...jobs.flatMap((job) => job.steps), ...actionSteps(source)].flatMap((step) => of(step.node, false)),
  ]
}

/** All rules that need nothing but the file. */
export function lintSource(source: Source): Raw[] {
  if (source.root === undefined || source.faults.some((fault) => fault.rule === 'yaml'))
    return source.faults.length > 0
      ? [...source.faults]
      : [
          raw(
            'shape',
            0,
            'the file is no mapping',
            'write a workflow (on, jobs) or take the file out of paths',
          ),
        ]
  const shared = [...pins(source), ...scripts(source), ...checkouts(source)]
  if (!isWorkflow(source))
    return entry(source.root, 'runs') === undefined
      ? [raw('shape', 0, 'neither a workflow (jobs) nor an action (runs)', 'take the file out of paths, or correct it')] // prettier-ignore
      : shared
  return [
    ...shared,
    ...triggers(source),
    ...permissions(source),
    ...concurrency(source),
    ...names(source),
    ...sharedSecrets(source),
    ...jobsOf(source).flatMap((job) => [...timeouts(job), ...secrets(source, job), ...images(job)]),
  ].sort((a, b) => a.offset - b.offset)
}

function triggers(source: Source): Raw[] {
  const on = entry(source.root, 'on')
  if (on === undefined)
    return [raw('shape', 0, 'the workflow has no trigger', 'add "on", for example on: [push, pull_request]')]
  const named = [
    ...entries(on.value).map(({ key, at }) => ({ name: key, at })),
    ...items(on.value).map((node) => ({ name: textOf(node) ?? '', at: startOf(node) })),
    { name: textOf(on.value) ?? '', at: startOf(on.value) },
  ]
  return named
    .filter(({ name }) => name === 'pull_request_target' || name === 'workflow_run')
    .map(({ name, at }) =>
      raw('dangerous-trigger', at, `${name} gives rights and secrets to runs that outsiders begin`, 'use pull_request, and do what needs rights after the merge'),
    ) // prettier-ignore
}

function permissions(source: Source): Raw[] {
  const top = entry(source.root, 'permissions')
  const fix = 'write permissions: {} at the top, and grant each job what it needs'
  const found: Raw[] = []
  if (top === undefined)
    found.push(raw('permissions', 0, 'the workflow does not say "permissions": the repository decides what the token may do', fix)) // prettier-ignore
  else if (!isMap(top.value) || top.value.items.length > 0)
    found.push(raw('permissions', top.at, 'permissions are granted at the top, to every job', fix))
  for (const job of jobsOf(source)) {
    const own = entry(job.node, 'permissions')
    if (/^(write|read)-all$/.test(textOf(own?.value) ?? ''))
      found.push(raw('permissions', own?.at ?? job.at, `job ${job.id} is granted ${textOf(own?.value) ?? ''}`, 'name each permission with the reason beside it')) // prettier-ignore
  }
  return found
}

function concurrency(source: Source): Raw[] {
  const jobs = jobsOf(source)
  const top = entry(source.root, 'concurrency')
  const every = jobs.length > 0 && jobs.every((job) => entry(job.node, 'concurrency') !== undefined)
  const found: Raw[] = []
  if (top === undefined && !every)
    found.push(raw('concurrency', entry(source.root, 'on')?.at ?? 0, 'runs of one ref may race with each other', 'add concurrency with a group such as ${{ github.workflow }}-${{ github.ref }}-NAME')) // prettier-ignore
  const deploys = jobs.some((job) => entry(job.node, 'environment') !== undefined)
  const cancel = entry(top?.value, 'cancel-in-progress')
  if (deploys && textOf(cancel?.value) === 'true')
    found.push(raw('concurrency', cancel?.at ?? 0, 'a newer run cuts a deployment off in the middle', 'write cancel-in-progress: false where a job has an environment')) // prettier-ignore
  return found
}

function names(source: Source): Raw[] {
  const found: Raw[] = []
  const say = (offset: number, what: string): number =>
    found.push(raw('names', offset, `${what} has no name`, 'add a name that says what it is for'))
  if (entry(source.root, 'name') === undefined) say(0, 'the workflow')
  for (const job of jobsOf(source)) {
    if (entry(job.node, 'name') === undefined) say(job.at, `job ${job.id}`)
    for (const step of job.steps)
      if (entry(step.node, 'name') === undefined) say(startOf(step.node), `${step.id} of job ${job.id}`)
  }
  return found
}

function timeouts(job: Job): Raw[] {
  // A job that calls a workflow cannot have one; the jobs of that workflow do.
  if (entry(job.node, 'uses') !== undefined || entry(job.node, 'timeout-minutes') !== undefined) return []
  return [raw('timeout', job.at, `job ${job.id} may run for six hours`, 'add timeout-minutes')]
}

function pins(source: Source): Raw[] {
  return usesOf(source).flatMap(({ text, at, node }): Raw[] => {
    // Of this repository, at this commit.
    if (text.startsWith('./') || text.startsWith('$/')) return []
    if (text.startsWith('docker://'))
      return /@sha256:[0-9a-f]{64}$/.test(text)
        ? []
        : [raw('image-digest', at, `${text} is not pinned by digest`, 'write docker://NAME@sha256:…')]
    const [, , ref] = /^([^@]+)@(.+)$/.exec(text) ?? []
    if (ref === undefined || !/^[0-9a-f]{40}$/.test(ref))
      return [raw('pin', at, `${text} is not pinned by commit`, 'write the 40 hexadecimal digits of the commit, and the version as a comment: @SHA # vX.Y.Z')] // prettier-ignore
    const after = source.restOfLine(node?.range?.[1] ?? at)
    return /^\s*#\s*v?\d/.test(after)
      ? []
      : [raw('pin-comment', at, `${text.replace(/@.*/, '')} does not say which version its commit is`, 'add the version as a comment: # vX.Y.Z')] // prettier-ignore
  })
}

/** Values that somebody without rights can choose, and those that come from them. */
const OUTSIDE =
  /\b(?:github\s*\.\s*(?:event|head_ref|ref_name|ref|base_ref|actor|triggering_actor)|inputs|steps|needs|env|matrix)\s*(?:\.|\[)|\bgithub\s*\.\s*(?:head_ref|ref_name|ref|base_ref|actor|triggering_actor)\b|\bgithub\s*\[|toJSON\s*\(\s*github\s*\)/

function scripts(source: Source): Raw[] {
  const jobs = jobsOf(source)
  const shellAbove = (node: unknown): boolean =>
    entry(entry(entry(node, 'defaults')?.value, 'run')?.value, 'shell') !== undefined
  const all = [
    ...jobs.flatMap(
      (job) =>
      job.steps.map((step) => ({ step, where: `job ${job.id}`, shell: shellAbove(source.root) || shellAbove(job.node) })), // prettier-ignore
    ),
    ...actionSteps(source).map((step) => ({ step, where: 'the action', shell: false })),
  ]
  return all.flatMap(({ step, where, shell }): Raw[] => {
    const found: Raw[] = []
    const run = entry(step.node, 'run')
    const script = /^actions\/github-script@/.test(textOf(entry(step.node, 'uses')?.value) ?? '')
      ? entry(entry(step.node, 'with')?.value, 'script')
      : undefined
    for (const one of [run, script])
      for (const { offset, match } of matchesIn(source, one?.value, /\$\{\{([\s\S]*?)\}\}/g)) {
        const expression = match[1] ?? ''
        const shown = match[0].replace(/\s+/g, ' ')
        const fix = 'hand it over by env, and use "$NAME" in the script'
        if (/\bsecrets\b/.test(expression))
          found.push(raw('secret-in-script', offset, `${shown} in a script of ${where}`, fix))
        else if (OUTSIDE.test(expression))
          found.push(raw('interpolation', offset, `${shown} in a script of ${where}`, fix))
      }
    if (run !== undefined && !shell && entry(step.node, 'shell') === undefined)
      found.push(raw('shell', run.at, `${step.id} of ${where} does not name its shell`, 'add shell: bash'))
    return found
  })
}

function checkouts(source: Source): Raw[] {
  return usesOf(source)
    .filter((use) => /^actions\/checkout@/.test(use.text))
    .filter((use) => textOf(entry(entry(use.holder, 'with')?.value, 'persist-credentials')?.value) !== 'false')
    .map((use) => raw('checkout-credentials', use.at, 'checkout leaves the token in the working copy', 'add with: persist-credentials: false')) // prettier-ignore
}

function secrets(source: Source, job: Job): Raw[] {
  const given = entry(job.node, 'secrets')
  if (textOf(given?.value) === 'inherit')
    return [raw('secrets-inherit', given?.at ?? job.at, `job ${job.id} hands over every secret`, 'name the secrets that the workflow takes')] // prettier-ignore
  // The called workflow has the environment; the caller's job cannot have one.
  if (entry(job.node, 'uses') !== undefined || entry(job.node, 'environment') !== undefined) return []
  const used = matchesIn(source, job.node, /\$\{\{[^}]*?\bsecrets\b\s*(?:\.\s*([\w-]+)|\[)[^}]*\}\}/g)
  const first = used.find(({ match }) => match[1] !== 'GITHUB_TOKEN')
  return first === undefined
    ? []
    : [raw('secrets-environment', first.offset, `job ${job.id} uses a secret (${first.match[1] ?? 'by expression'}) without an environment`, 'add environment to the job, and keep the secret there')] // prettier-ignore
}

/** An environment variable of the whole workflow is in every job, with and without an environment. */
function sharedSecrets(source: Source): Raw[] {
  const used = matchesIn(source, entry(source.root, 'env')?.value, /\$\{\{[^}]*?\bsecrets\b[^}]*\}\}/g)
  return used.map(({ offset }) => raw('secrets-environment', offset, 'a secret is handed to every job', 'move it to the env of the step that needs it, in a job with an environment')) // prettier-ignore
}

function images(job: Job): Raw[] {
  const container = entry(job.node, 'container')
  const places: (Entry | undefined)[] = [
    isMap(container?.value) ? entry(container.value, 'image') : container,
    ...entries(entry(job.node, 'services')?.value).map(({ value }) => entry(value, 'image')),
  ]
  return places.flatMap((place): Raw[] => {
    const text = textOf(place?.value) ?? ''
    if (place === undefined || text === '' || text.includes('${{') || /@sha256:[0-9a-f]{64}$/.test(text)) return []
    return [raw('image-digest', startOf(place.value), `${text} is not pinned by digest`, 'write NAME:TAG@sha256:…')]
  }) // prettier-ignore
}
