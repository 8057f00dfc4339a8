import { display } from '../base/exec.ts'
import { flowLabel } from './mermaid.ts'

/** The part of a plan that is drawn; the plan's own steps fit. */
export interface DrawnPlan {
  readonly steps: readonly DrawnStep[]
}

export interface DrawnStep {
  readonly id: string
  readonly title: string
  readonly needs: readonly string[]
  readonly gate?: boolean
  readonly why?: string
  /** The step will not run, with the reason. */
  readonly skip?: string
  readonly argv?: readonly (readonly string[])[]
}

/**
 * The steps by waves: all steps whose needs stand in earlier waves could run at the same time. A step that needs something
 * unknown, or itself, comes last instead of being lost.
 */
export function waves(steps: readonly DrawnStep[]): DrawnStep[][] {
  const result: DrawnStep[][] = []
  const known = new Set(steps.map((step) => step.id))
  const done = new Set<string>()
  let rest = [...steps]
  while (rest.length > 0) {
    const ready = rest.filter((step) => step.needs.every((need) => done.has(need) || !known.has(need)))
    const wave = ready.length === 0 ? rest : ready
    result.push(wave)
    for (const step of wave) done.add(step.id)
    rest = rest.filter((step) => !done.has(step.id))
  }
  return result
}

/** The plan for a terminal: by waves, gates marked, with the reason and the command lines of each step. */
export function renderPlanText(plan: DrawnPlan): string {
  const lines: string[] = []
  const running = plan.steps.filter((step) => step.skip === undefined)
  const width = Math.max(0, ...running.map((step) => step.title.length))
  for (const [at, wave] of waves(running.map((step) => direct(step, plan.steps))).entries()) {
    if (at === 0) lines.push('At once:')
    if (at === 1) lines.push('Then, each as soon as what it needs is there:')
    for (const step of wave) {
      const after = step.needs.length === 0 ? '' : `after ${step.needs.join(', ')}`
      const gate = step.gate === true ? 'gate' : ''
      const note = [gate, after].filter((part) => part !== '').join(', ')
      const title = note === '' ? step.title : step.title + ' '.repeat(width - step.title.length)
      lines.push(`  ${step.gate === true ? '◆' : '•'} ${title}${note === '' ? '' : `  (${note})`}`)
      if (step.why !== undefined && step.why !== '') lines.push(`      ${step.why}`)
      for (const argv of step.argv ?? []) lines.push(`      $ ${display(argv)}`)
    }
  }
  const skipped = plan.steps.filter((step) => step.skip !== undefined)
  if (skipped.length > 0) {
    lines.push('Not run:')
    for (const step of skipped) lines.push(`  - ${step.title}: ${step.skip ?? ''}`)
  }
  const gates = running.filter((step) => step.gate === true).length
  lines.push(
    `${count(running.length, 'step')}, ${count(gates, 'gate')}${skipped.length > 0 ? `, ${skipped.length} not run` : ''}.`,
  )
  return lines.join('\n')
}

/**
 * The plan as a Mermaid flowchart: gates are hexagons, steps that do not run are dashed. Edges that others imply are left
 * out, so that the picture stays readable.
 */
export function renderPlanMermaid(plan: DrawnPlan): string {
  const names = new Map(plan.steps.map((step, i) => [step.id, `s${i}`]))
  const reduced = withoutImplied(plan.steps)
  const lines = ['flowchart LR']
  for (const step of plan.steps) {
    const name = names.get(step.id) ?? ''
    const label = flowLabel(step.title)
    lines.push(`  ${name}${step.gate === true ? `{{${label}}}` : `[${label}]`}`)
  }
  for (const step of plan.steps) {
    for (const need of reduced.get(step.id) ?? []) {
      const from = names.get(need)
      if (from !== undefined) lines.push(`  ${from} --> ${names.get(step.id) ?? ''}`)
    }
  }
  // Strokes only: the fill is the theme's, so that text is readable in light and dark.
  const group = (style: string, css: string, steps: readonly DrawnStep[]): void => {
    if (steps.length === 0) return
    lines.push(`  classDef ${style} ${css}`)
    lines.push(`  class ${steps.map((step) => names.get(step.id) ?? '').join(',')} ${style}`)
  }
  group('gate', 'stroke:#bf8700,stroke-width:2px', plan.steps.filter((step) => step.gate === true && step.skip === undefined)) // prettier-ignore
  group(
    'off',
    'stroke-dasharray:4 3,opacity:0.6',
    plan.steps.filter((step) => step.skip !== undefined),
  )
  return `${lines.join('\n')}\n`
}

/** The step with skipped needs replaced by what those need, as a skipped step does not hold anything up. */
function direct(step: DrawnStep, steps: readonly DrawnStep[]): DrawnStep {
  const byId = new Map(steps.map((one) => [one.id, one]))
  const needs = new Set<string>()
  const seen = new Set<string>()
  const visit = (id: string): void => {
    if (seen.has(id)) return
    seen.add(id)
    const need = byId.get(id)
    if (need?.skip === undefined) needs.add(id)
    else for (const behind of need.needs) visit(behind)
  }
  for (const need of step.needs) visit(need)
  const implied = withoutImplied(steps).get(step.id) ?? []
  // Needs that another need has already waited for say nothing new; replaced ones are kept as they are.
  const kept = [...needs].filter((need) => implied.includes(need) || !step.needs.includes(need))
  return { ...step, needs: kept.length === 0 ? [...needs] : kept }
}

/** Needs of each step without those that another of its needs has anyway (transitive reduction of a graph without circles). */
function withoutImplied(steps: readonly DrawnStep[]): Map<string, string[]> {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const behind = new Map<string, Set<string>>()
  const reach = (id: string, path: ReadonlySet<string>): Set<string> => {
    const known = behind.get(id)
    if (known !== undefined) return known
    const found = new Set<string>()
    for (const need of byId.get(id)?.needs ?? []) {
      if (path.has(need)) continue
      found.add(need)
      for (const further of reach(need, new Set([...path, need]))) found.add(further)
    }
    behind.set(id, found)
    return found
  }
  return new Map(
    steps.map((step) => {
      const needs = [...new Set(step.needs)]
      return [
        step.id,
        needs.filter(
          (need) => !needs.some((other) => other !== need && reach(other, new Set([other])).has(need)),
        ),
      ]
    }),
  )
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
