import { type BuildInfo, type Module, purlOf } from './build-info.ts'

export interface SbomFacts {
  /** File name of the program in the archive. */
  readonly file: string
  readonly sha1: string
  readonly sha256: string
  readonly version: string
  /** Seconds since the epoch: of the commit, so that the same commit gives the same document. */
  readonly created: number
  /** SPDX identifier, when the repository's licence is known. */
  readonly license?: string
  /** Web address of the repository. */
  readonly url?: string
  readonly commit?: string
}

const NONE = 'NOASSERTION'

/**
 * What a program is made of, as SPDX 2.3 JSON (spdx.github.io/spdx-spec/v2.3): the modules that Go linked into it and the
 * standard library, from its own build information. go.sum's hash is no hash of a file, so it stands in the comment.
 */
export function toSpdx(info: BuildInfo, facts: SbomFacts): object {
  const root = 'SPDXRef-Package-main'
  const go = info.go.replace(/^go/, '').split(' ')[0] ?? ''
  const parts: readonly { readonly id: string; readonly module: Module }[] = [
    { id: 'SPDXRef-Package-stdlib', module: { path: 'stdlib', version: go, sum: '' } },
    ...info.dependencies.map((module, index) => ({ id: `SPDXRef-Package-${index + 1}`, module })),
  ]
  const source = facts.url === undefined ? NONE : `git+${facts.url}${facts.commit === undefined ? '' : `@${facts.commit}`}` // prettier-ignore
  const relation = (from: string, relationshipType: string, to: string): object => ({
    spdxElementId: from,
    relationshipType,
    relatedSpdxElement: to,
  })
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: facts.file,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(facts.file)}-${facts.sha256}`,
    creationInfo: {
      created: new Date(facts.created * 1000).toISOString().replace('.000Z', 'Z'),
      creators: ['Tool: go-image-pipeline'],
    },
    documentDescribes: [root],
    packages: [
      {
        ...packageOf(root, { ...info.main, version: facts.version }, source, facts.license ?? NONE),
        primaryPackagePurpose: 'APPLICATION',
      },
      ...parts.map(({ id, module }) => ({
        ...packageOf(id, module, NONE, NONE),
        primaryPackagePurpose: 'LIBRARY',
      })),
    ],
    files: [
      {
        SPDXID: 'SPDXRef-File',
        fileName: `./${facts.file}`,
        fileTypes: ['BINARY'],
        checksums: [
          { algorithm: 'SHA1', checksumValue: facts.sha1 },
          { algorithm: 'SHA256', checksumValue: facts.sha256 },
        ],
        licenseConcluded: NONE,
        copyrightText: NONE,
        comment: [...info.settings].map(([key, value]) => `${key}=${value}`).join('\n'),
      },
    ],
    relationships: [
      relation('SPDXRef-DOCUMENT', 'DESCRIBES', root),
      relation('SPDXRef-File', 'GENERATED_FROM', root),
      ...parts.map(({ id }) => relation(root, 'DEPENDS_ON', id)),
    ],
  }
}

function packageOf(SPDXID: string, module: Module, downloadLocation: string, license: string): object {
  const { path, version, sum, replaces } = module
  const notes = [
    ...(sum === '' ? [] : [`go.sum ${sum}`]),
    ...(replaces === undefined ? [] : [`replaces ${replaces.path} ${replaces.version}`]),
  ]
  return {
    SPDXID,
    name: path,
    ...(version === '' ? {} : { versionInfo: version }),
    downloadLocation,
    filesAnalyzed: false,
    licenseConcluded: NONE,
    licenseDeclared: license,
    copyrightText: NONE,
    ...(notes.length === 0 ? {} : { comment: notes.join('; ') }),
    externalRefs: [
      { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purlOf(module) },
    ],
  }
}
