/**
 * The plan as pure data: what will run, what each step needs and why. Printable (`dry-run`), testable as a table,
 * and executed by run.ts.
 */
export type Lane = 'network' | 'compile' | 'engine' | 'start' | 'free'

export interface PlanStep {
  /** Unique, kebab-case, with `:target` where there are several images. */
  readonly id: string
  readonly title: string
  /** Ids of the steps that must have ended well before. */
  readonly needs: readonly string[]
  /** A gate may stop the release. */
  readonly gate: boolean
  /** Steps of one lane share its capacity; `free` ones do not wait for a place. */
  readonly lane: Lane
  /** One sentence: why it is there, or why it does what it does. */
  readonly why: string
  /** Command lines that it will run, for the reader of a dry run. Never secrets. */
  readonly argv?: readonly (readonly string[])[]
  /** Set when the step will not run, with the reason. Others that need it go on. */
  readonly skip?: string
}

/** Every mistake of a graph: double ids, unknown needs, circles. An empty list means that it can be run. */
export function graphFaults(steps: readonly PlanStep[]): string[] {
  const faults: string[] = []
  const byId = new Map<string, PlanStep>()
  for (const step of steps) {
    if (byId.has(step.id)) faults.push(`the step ${step.id} is there twice`)
    byId.set(step.id, step)
  }
  for (const step of steps) {
    for (const need of step.needs)
      if (!byId.has(need)) faults.push(`${step.id} needs ${need}, which is not there`)
  }
  const state = new Map<string, 'open' | 'done'>()
  const visit = (id: string, path: readonly string[]): void => {
    if (state.get(id) === 'done') return
    if (state.get(id) === 'open') {
      faults.push(`a circle: ${[...path.slice(path.indexOf(id)), id].join(' → ')}`)
      return
    }
    state.set(id, 'open')
    for (const need of byId.get(id)?.needs ?? []) visit(need, [...path, id])
    state.set(id, 'done')
  }
  for (const step of steps) visit(step.id, [])
  return faults
}

/** The steps in an order in which they could run one after another. */
export function inOrder(steps: readonly PlanStep[]): PlanStep[] {
  const done = new Set<string>()
  const ordered: PlanStep[] = []
  let rest = [...steps]
  while (rest.length > 0) {
    const ready = rest.filter((step) => step.needs.every((need) => done.has(need)))
    if (ready.length === 0) throw new TypeError(graphFaults(steps).join('; '))
    for (const step of ready) {
      ordered.push(step)
      done.add(step.id)
    }
    rest = rest.filter((step) => !done.has(step.id))
  }
  return ordered
}
