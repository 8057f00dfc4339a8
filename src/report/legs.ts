import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { readTextIfAny } from '../base/files.ts'
import type { Leg } from './combine.ts'
import { parseReport } from './schema.ts'

/** How deep report.json may lie below the folder of its leg. */
const DEPTH = 3

/** A leg as it was found, with the text of its coverage.out. */
export interface FoundLeg {
  readonly leg: Leg
  readonly profile?: string
}

/** The reports in the folders of `folder`, a leg each, as actions/download-artifact leaves them; sorted by name. */
export async function readLegs(folder: string, act: Pick<Act, 'log'>, prefix = ''): Promise<FoundLeg[]> {
  const names = (await foldersIn(folder)).filter((one) => one.startsWith(prefix)).sort()
  const legs: FoundLeg[] = []
  for (const called of names) {
    const name = called.slice(prefix.length)
    const at = await findReport(join(folder, called), DEPTH)
    if (at === undefined) {
      act.log.warning(`${name}: there is no report.json in it`)
      legs.push({ leg: { name, reason: 'its report is not there' } })
      continue
    }
    const report = parseReport((await readTextIfAny(join(at, 'report.json'))) ?? '')
    const profile = await readTextIfAny(join(at, 'coverage.out'))
    legs.push({
      leg:
        'reason' in report
          ? { name, reason: `its report cannot be read: ${report.reason}` }
          : { name, report },
      ...(profile === undefined ? {} : { profile }),
    })
  }
  return legs
}

const foldersIn = async (folder: string): Promise<string[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return []
  }
}

async function findReport(folder: string, depth: number): Promise<string | undefined> {
  if ((await readTextIfAny(join(folder, 'report.json'))) !== undefined) return folder
  if (depth === 0) return undefined
  for (const name of (await foldersIn(folder)).sort()) {
    const found = await findReport(join(folder, name), depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}
