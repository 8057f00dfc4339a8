import type { Series } from '../prometheus-data.ts'

/** What one target's counters grew by between two scrapes, one number for each group of series. */
export interface Increment {
  readonly target: string
  /** The earlier and the later scrape, ms. */
  readonly from: number
  readonly at: number
  readonly values: readonly number[]
}

export interface CounterData {
  readonly increments: readonly Increment[]
  readonly targets: readonly string[]
  /** The newest sample of any target, ms. */
  readonly newest?: number
  /** The typical time between two scrapes, ms. */
  readonly scrapeMs?: number
  /** Restarts seen, and series that began while their target was already being scraped. */
  readonly resets: number
  readonly births: number
  /** Targets whose newest sample is older than two scrapes before `end`. */
  readonly stale: readonly string[]
}

export interface CounterRules {
  readonly end: number
  /** Absent: found from the samples. */
  readonly scrapeMs?: number
}

/**
 * The growth of counters from their raw samples, scrape by scrape and target by target: whole events, where `increase()`
 * extrapolates to fractions.
 *
 * - A drop of any series of a target is a restart of its process: everything counted since belongs to the growth.
 * - A series that begins while its target is already being scraped began at zero: client libraries make the series of
 *   `code="500"` with the first such answer, and `increase()` misses that one. The first error is the one that matters.
 * - A target never seen before brings an unknown past, which is left out.
 *
 * `groups`: the series of each counter, such as bad and all.
 */
export function increments(groups: readonly (readonly Series[])[], rules: CounterRules): CounterData {
  const byTarget = new Map<string, { group: number; series: Series }[]>()
  for (const [group, list] of groups.entries())
    for (const series of list) {
      const target = targetOf(series.labels)
      const known = byTarget.get(target) ?? []
      known.push({ group, series })
      byTarget.set(target, known)
    }
  const found: Increment[] = []
  const stale: string[] = []
  let [resets, births] = [0, 0]
  let newest: number | undefined
  const scrapeMs = rules.scrapeMs ?? typicalGap([...groups].flat())
  for (const [target, members] of [...byTarget].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const result = growth(target, members, groups.length, scrapeMs ?? 0)
    found.push(...result.increments)
    resets += result.resets
    births += result.births
    if (result.newest === undefined) continue
    newest = Math.max(newest ?? result.newest, result.newest)
    if (scrapeMs !== undefined && rules.end - result.newest > 2 * scrapeMs) stale.push(target)
  }
  return {
    increments: found,
    targets: [...byTarget.keys()].sort(),
    ...(newest === undefined ? {} : { newest }),
    ...(scrapeMs === undefined ? {} : { scrapeMs }),
    resets,
    births,
    stale,
  }
}

/** What is scraped as one: an instance of a job. */
export function targetOf(labels: Readonly<Record<string, string>>): string {
  return [labels['job'], labels['instance']].filter((part) => part !== undefined).join('/')
}

function growth(
  target: string,
  members: readonly { group: number; series: Series }[],
  groups: number,
  scrapeMs: number,
): { increments: Increment[]; resets: number; births: number; newest: number | undefined } {
  // Samples of one scrape have one time; some senders spread them a little.
  const times = scrapeTimes(
    members.map(({ series }) => series),
    scrapeMs / 4,
  )
  const values = members.map(({ series }) => atTimes(series, times, scrapeMs / 4))
  const result: Increment[] = []
  let [resets, births] = [0, 0]
  /** Per series: its last value and when; whether the process has restarted since. */
  const last = members.map(() => ({ value: NaN, at: NaN, restarted: false }))
  // Plain indices: this runs for every sample of every look.
  for (let index = 0; index < times.length; index++) {
    const at = times[index] ?? NaN
    let dropped = false
    for (let member = 0; member < last.length; member++) {
      const before = last[member]
      if (before !== undefined && (values[member]?.[index] ?? NaN) < before.value && !before.restarted)
        dropped = true
    }
    if (dropped) {
      resets++
      for (const before of last) before.restarted = true
    }
    /** By the time the growth began, because a series may have been away for a while. Mostly one. */
    const grown: { from: number; sum: number[] }[] = []
    const previous = times[index - 1]
    for (let member = 0; member < last.length; member++) {
      const value = values[member]?.[index] ?? NaN
      const before = last[member]
      if (Number.isNaN(value) || before === undefined) continue
      const known = !Number.isNaN(before.at)
      const from = known ? before.at : previous
      if (from !== undefined) {
        if (!known) births++
        let entry = grown[0]?.from === from ? grown[0] : grown.find((one) => one.from === from)
        if (entry === undefined) grown.push((entry = { from, sum: new Array<number>(groups).fill(0) }))
        const group = members[member]?.group ?? 0
        entry.sum[group] = (entry.sum[group] ?? 0) + value - (known && !before.restarted ? before.value : 0)
      }
      before.value = value
      before.at = at
      before.restarted = false
    }
    for (const { from, sum } of grown) result.push({ target, from, at, values: sum })
  }
  return { increments: result, resets, births, newest: times.at(-1) }
}

function scrapeTimes(list: readonly Series[], near: number): number[] {
  const [first, ...others] = list
  const same = others.every(
    ({ points }) =>
      points.length === first?.points.length &&
      points.every(({ at }, index) => at === first.points[index]?.at),
  )
  const all = same
    ? (first?.points ?? []).map(({ at }) => at)
    : [...new Set(list.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b)
  return all.filter((at, index) => index === 0 || at - (all[index - 1] ?? -Infinity) > near)
}

/** The series' finite values on the common times, else NaN; a sample counts for the last time at or before it. */
function atTimes(series: Series, times: readonly number[], near: number): Float64Array {
  const row = new Float64Array(times.length).fill(NaN)
  let index = 0
  for (const { at, value } of series.points) {
    while (index + 1 < times.length && (times[index + 1] ?? Infinity) <= at) index++
    const time = times[index]
    if (time !== undefined && Number.isFinite(value) && at - time <= Math.max(near, 1) * 2) row[index] = value
  }
  return row
}

/** The median time between neighbouring samples of one series; undefined when no series has two. */
export function typicalGap(list: readonly Series[]): number | undefined {
  // The series with the most samples says it best.
  const points = list.reduce<Series['points']>(
    (most, one) => (one.points.length > most.length ? one.points : most),
    [],
  )
  if (points.length < 2) return undefined
  const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at))
  gaps.sort((a, b) => a - b)
  return gaps[Math.floor(gaps.length / 2)]
}

/** The sums of each group from `start` to `end`: a growth that began before `start` (or a shift) is left out. */
export function sumBetween(data: readonly Increment[], groups: number, start: number, end: number): number[] {
  const sums = new Array<number>(groups).fill(0)
  for (const { from, at, values } of data)
    if (from >= start && at <= end)
      for (const [group, value] of values.entries()) sums[group] = (sums[group] ?? 0) + value
  return sums
}

/** The same in equal parts of `widthMs`, so that a burst can be seen for what it is. */
export function sumPerWindow(
  data: readonly Increment[],
  groups: number,
  span: { start: number; end: number; widthMs: number },
): number[][] {
  const { start, end, widthMs } = span
  const windows = new Map<number, number[]>()
  for (const { from, at, values } of data) {
    if (from < start || at > end) continue
    const index = Math.floor((at - start) / widthMs)
    const sums = windows.get(index) ?? new Array<number>(groups).fill(0)
    for (const [group, value] of values.entries()) sums[group] = (sums[group] ?? 0) + value
    windows.set(index, sums)
  }
  return [...windows].sort(([a], [b]) => a - b).map(([, sums]) => sums)
}
