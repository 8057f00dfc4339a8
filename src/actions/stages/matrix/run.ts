import { PipelineError } from '../../../base/errors.ts'
import { parseGoSpec } from '../../../go/version.ts'
import { matrixOf } from '../../../project/matrix.ts'
import { code, inline, table } from '../../../report/markdown.ts'
import { Reader } from '../../build/reader.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { MATRIX } from './spec.ts'

const PREFIX = {
  pattern: /^[a-z0-9]+(\/[a-z0-9]+(\/[a-z0-9]+)?)?$/,
  name: 'a platform or the beginning of one',
}
const MOST = 256

/** Works out the legs; touches nothing. */
export async function runMatrix(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const reader = new Reader(read, act.env, act.secrets, MATRIX.inputs)
  const platforms = reader.platforms()
  const goVersions = reader.list('go-versions', { commas: true })
  for (const version of goVersions) {
    const spec = parseGoSpec(version)
    if ('reason' in spec) reader.bad('go-versions', version, 'not a Go version', spec.reason)
  }
  const limit = Number(reader.text('limit'))
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    reader.bad('limit', reader.text('limit'), 'not a number of legs', `write a number from 1 to ${MOST}`)
  const runners = reader.list('runners', { commas: true })
  for (const label of runners)
    if (!/^[\w.+-]+$/.test(label))
      reader.bad('runners', label, 'not a runner label', 'use letters, digits, . _ - and + between labels')
  const { legs, problems } = matrixOf({
    platforms,
    runnerOf: reader.pairs('runner-of', PREFIX),
    runners,
    goVersions,
    limit,
  })
  const all = [...reader.problems, ...problems]
  if (all.length > 0) throw new PipelineError('input', all)
  return Promise.resolve({
    outputs: {
      matrix: JSON.stringify(legs),
      names: JSON.stringify(legs.map((leg) => leg.name)),
      platforms: legs.flatMap((leg) => leg.platform ?? []).join(','),
    },
    summary: `## ${legs.length} legs\n\n${table(
      [['Leg', 'left'], ['Runner', 'left'], ['For', 'left']],
      legs.map((leg) => [inline(leg.name), code([leg.runner].flat().join(' + ')), inline(leg.platform ?? (leg.go === '' || leg.go === undefined ? 'Go of go.mod' : `Go ${leg.go}`))]),
    )}`,
  })
} // prettier-ignore
