import type { Observation, StoredRelease, Window } from './ports.ts'

/** The window of the look at `end`, in the release's own times, so that it is the same however late it is taken. */
export function windowOf(release: StoredRelease, end: number): Window {
  const { state, windowStart, history } = release
  return {
    start: windowStart ?? end,
    end,
    step: state.step,
    percent: state.observed ?? state.intended,
    baking: state.phase === 'baking',
    history,
    ...(state.deadline === null ? {} : { deadline: state.deadline }),
  }
}

/** What of an observation the machine is told. */
export function part({ percent, settled }: Observation): Pick<Observation, 'percent' | 'settled'> {
  return { percent, settled }
}

/** What of a fault fits into a reason. */
export function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
