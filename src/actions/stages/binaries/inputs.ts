import type { Problem } from '../../../base/errors.ts'
import type { Platform } from '../../../base/platform.ts'
import { type ArchiveFormat, templateProblems } from '../../../binaries/names.ts'
import { parseTargets } from '../../../binaries/platforms.ts'
import type { MainRequest } from '../../../plan/inputs.ts'
import { Reader } from '../../build/reader.ts'
import type { Shell } from '../../shell.ts'
import { BINARIES } from './spec.ts'

export interface BinariesInputs {
  readonly platforms: readonly Platform[]
  readonly workingDirectory: string
  readonly main: readonly MainRequest[]
  readonly name: string
  readonly archive: 'auto' | ArchiveFormat
  /** undefined: those that are usual. */
  readonly files: readonly string[] | undefined
  readonly version: string | undefined
  readonly sbom: boolean
  readonly goVersion: string
  readonly goVersionFile: string
  readonly goTags: readonly string[]
  readonly ldflags: string
  readonly goproxy: string | undefined
  readonly goMirrors: readonly string[]
  readonly cgo: false
  readonly release: boolean
  readonly from: string | undefined
  readonly tag: string | undefined
  readonly draft: boolean
  readonly notes: string | undefined
  readonly token: string
  readonly out: string | undefined
  readonly problems: readonly Problem[]
}

/** Reads the inputs; every problem is in `problems`. */
export function loadBinaries(
  read: (name: string) => string,
  act: Pick<Shell, 'env' | 'secrets'>,
): BinariesInputs {
  const reader = new Reader(read, act.env, act.secrets, BINARIES.inputs)
  const name = reader.text('name')
  const path = (input: string): string | undefined =>
    reader.optional(input) === undefined ? undefined : reader.relativePath(input, '.')
  const inputs = {
    platforms: reader.collect(
      'platforms',
      parseTargets(reader.list('platforms', { commas: true })),
      (found) => found.platforms,
    ),
    workingDirectory: reader.relativePath('working-directory', '.'),
    main: reader.mains(),
    name: reader.collect('name', { problems: templateProblems(name) }, () => name),
    archive: reader.choice<'auto' | ArchiveFormat>('archive'),
    files: filesOf(reader),
    version: versionOf(reader),
    sbom: reader.boolean('sbom'),
    goVersion: reader.goVersion(),
    goVersionFile: reader.text('go-version-file'),
    goTags: reader.goTags(),
    ldflags: reader.ldflags(),
    goproxy: reader.optional('goproxy'),
    goMirrors: reader.urls('go-mirrors'),
    cgo: false as const,
    release: reader.boolean('release') || reader.optional('from') !== undefined,
    from: path('from'),
    tag: tagOf(reader),
    draft: reader.boolean('draft'),
    notes: path('notes'),
    token: reader.text('github-token'),
    out: path('out'),
  }
  return { ...inputs, problems: reader.problems }
}

function filesOf(reader: Reader): readonly string[] | undefined {
  const files = reader.list('files', { commas: true })
  if (files.length === 1 && files[0] === 'auto') return undefined
  if (files.length === 1 && files[0] === 'none') return []
  return files.map((text) => {
    const clean = text.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '')
    if (/^(?:[A-Za-z]:|\/)/.test(clean) || clean.split('/').includes('..'))
      reader.bad('files', text, 'a path that leads out of working-directory', 'write a path below it')
    return clean
  })
}

function versionOf(reader: Reader): string | undefined {
  const text = reader.optional('version')
  if (text !== undefined && !/^[\w.+-]+$/.test(text))
    reader.bad('version', text, 'not a version', 'use letters, digits and . _ + -')
  return text
}

/** As git check-ref-format has it, as far as it matters in an address. */
function tagOf(reader: Reader): string | undefined {
  const text = reader.optional('tag')?.replace(/^refs\/tags\//, '')
  if (text !== undefined && (!/^[\w.+/-]+$/.test(text) || /^[/.-]|\.\.|\/$/.test(text)))
    reader.bad('tag', text, 'not a tag', 'write the name of a git tag, for example v1.2.3')
  return text
}
