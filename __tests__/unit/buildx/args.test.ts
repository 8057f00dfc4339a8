import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { buildArgv, buildEnvironment, type BuildRequest, csv, makesIndex } from '../../../src/buildx/args.ts'

const AMD64 = { os: 'linux', arch: 'amd64' }
const ARM = { os: 'linux', arch: 'arm', variant: 'v7' }
const cache: BuildRequest = { context: '.', output: { kind: 'cache' } }
const QUIET = ['--output', 'type=cacheonly', '--provenance=false', '--sbom=false']

describe('buildArgv', () => {
  it('is short when nothing is asked for', () => {
    expect(buildArgv(cache)).toEqual(['build', ...QUIET, '--progress=rawjson', '.'])
  })

  it.each<[string, Partial<BuildRequest>, string[]]>([
    [
      'builder, file, target',
      { builder: 'b', file: 'x/Dockerfile', target: 'tester' },
      ['--builder', 'b', '--file', 'x/Dockerfile', '--target', 'tester'],
    ],
    [
      'platforms with variant and OS version',
      { platforms: [AMD64, ARM, { os: 'windows', arch: 'amd64', osVersion: '10.0.20348' }] },
      ['--platform', 'linux/amd64,linux/arm/v7,windows(10.0.20348)/amd64'],
    ],
    [
      'build contexts',
      {
        buildContexts: [
          ['src', '../src'],
          ['base', 'docker-image://x@sha256:0'],
        ],
      },
      ['--build-context', 'src=../src', '--build-context', 'base=docker-image://x@sha256:0'],
    ],
    ['build arguments', { buildArgs: [['VERSION', 'v1 = "a, b"']] }, ['--build-arg', 'VERSION=v1 = "a, b"']],
    ['the time', { sourceDateEpoch: 5 }, ['--build-arg', 'SOURCE_DATE_EPOCH=5']],
    [
      'the user’s own time, which wins',
      { sourceDateEpoch: 5, buildArgs: [['SOURCE_DATE_EPOCH', '7']] },
      ['--build-arg', 'SOURCE_DATE_EPOCH=7'],
    ],
    [
      'labels',
      {
        labels: [
          ['a', 'b=c'],
          ['d', ''],
        ],
      },
      ['--label', 'a=b=c', '--label', 'd='],
    ],
    [
      'secrets by variable and file',
      {
        secrets: [
          { id: 'a', env: 'TOKEN' },
          { id: 'b', file: '/x,y' },
        ],
      },
      ['--secret', 'id=a,env=TOKEN', '--secret', 'id=b,"src=/x,y"'],
    ],
    ['ssh', { ssh: ['default', 'key=/k'] }, ['--ssh', 'default', '--ssh', 'key=/k']],
    [
      'caches',
      { cacheFrom: ['type=gha'], cacheTo: ['type=gha,mode=max'] },
      ['--cache-from', 'type=gha', '--cache-to', 'type=gha,mode=max'],
    ],
    [
      'no cache, pull',
      { noCache: true, noCacheFilters: ['builder'], pull: true },
      ['--no-cache', '--no-cache-filter', 'builder', '--pull'],
    ],
    ['false is left out', { noCache: false, pull: false }, []],
    [
      'the network',
      { addHosts: ['a:1.2.3.4'], network: 'host', allow: ['network.host'] },
      ['--add-host', 'a:1.2.3.4', '--network', 'host', '--allow', 'network.host'],
    ],
    [
      'limits',
      { shmSize: '1g', ulimits: ['nofile=1:2'], cgroupParent: 'cg' },
      ['--shm-size', '1g', '--ulimit', 'nofile=1:2', '--cgroup-parent', 'cg'],
    ],
    ['files', { metadataFile: 'm.json', imageIdFile: 'i' }, ['--metadata-file', 'm.json', '--iidfile', 'i']],
  ])('%s', (_name, request, wanted) => {
    const argv = buildArgv({ ...cache, ...request })
    const rest = argv.filter(
      (word, index) =>
        index > 0 && index < argv.length - 1 && !QUIET.includes(word) && word !== '--progress=rawjson',
    )
    expect(rest).toEqual(wanted)
    expect(argv[0]).toBe('build')
    expect(argv.at(-1)).toBe('.')
  })

  it.each<[string, Partial<BuildRequest>, string[]]>([
    [
      'digest',
      { output: { kind: 'digest', names: ['a/x', 'b/y'] } },
      [
        '--output',
        'type=image,"name=a/x,b/y",push=true,push-by-digest=true,name-canonical=true,oci-mediatypes=true',
        '--provenance=false',
        '--sbom=false',
      ],
    ],
    [
      'digest, compressed',
      { output: { kind: 'digest', names: ['a/x'], compression: { type: 'zstd', level: 3 } } },
      [
        '--output',
        'type=image,name=a/x,push=true,push-by-digest=true,name-canonical=true,oci-mediatypes=true,compression=zstd,compression-level=3',
        '--provenance=false',
        '--sbom=false',
      ],
    ],
    [
      'tag, attested',
      { output: { kind: 'tag', tags: ['a:1', 'a:2'] }, provenance: 'max', sbom: 'on' },
      [
        '--output',
        'type=image,push=true,oci-mediatypes=true',
        '--tag',
        'a:1',
        '--tag',
        'a:2',
        '--provenance=mode=max',
        '--sbom=true',
      ],
    ],
    [
      'oci',
      {
        output: { kind: 'oci', file: '/t/a,b.tar' },
        provenance: 'mode=max,version=v1',
        sbom: 'generator=x',
        attests: ['type=y'],
      },
      [
        '--output',
        'type=oci,"dest=/t/a,b.tar",oci-mediatypes=true',
        '--provenance=mode=max,version=v1',
        '--sbom=generator=x',
        '--attest',
        'type=y',
      ],
    ],
    [
      'oci folder',
      { output: { kind: 'oci', file: '/t/d', tar: false }, provenance: 'false', sbom: 'false' },
      ['--output', 'type=oci,dest=/t/d,tar=false,oci-mediatypes=true', '--provenance=false', '--sbom=false'],
    ],
    [
      'load, never attested',
      { output: { kind: 'load', tags: ['x:1'] }, provenance: 'max' },
      ['--output', 'type=docker', '--tag', 'x:1', '--provenance=false', '--sbom=false'],
    ],
  ])('output %s', (_name, request, wanted) => {
    const argv = buildArgv({ context: '.', output: { kind: 'cache' }, ...request })
    expect(argv.slice(1, -2)).toEqual(wanted)
  })

  it.each<[string, Partial<BuildRequest>, string[]]>([
    ['one platform', { platforms: [AMD64] }, ['manifest:k=v']],
    ['two platforms', { platforms: [AMD64, ARM] }, ['index:k=v', 'manifest:k=v']],
    ['attested', { platforms: [AMD64], provenance: 'min' }, ['index:k=v', 'manifest:k=v']],
    ['loaded', { output: { kind: 'load', tags: ['x'] } }, []],
  ])('annotations: %s', (_name, request, wanted) => {
    const argv = buildArgv({
      context: '.',
      output: { kind: 'oci', file: 'f' },
      annotations: [['k', 'v']],
      ...request,
    })
    expect(argv.filter((_word, index) => argv[index - 1] === '--annotation')).toEqual(wanted)
  })

  it('leaves annotations with a level of their own alone', () => {
    const own = [
      ['index:a', '1'],
      ['manifest[linux/amd64]:b', '2'],
      ['manifest-descriptor:c', '3'],
      ['index,manifest:d', '4'],
    ] as const
    const argv = buildArgv({ context: '.', output: { kind: 'oci', file: 'f' }, annotations: own })
    expect(argv.filter((_word, index) => argv[index - 1] === '--annotation')).toEqual(
      own.map((pair) => pair.join('=')),
    )
  })

  it('only looks at the Dockerfile when asked to check', () => {
    const argv = buildArgv({
      ...cache,
      check: true,
      metadataFile: 'm',
      cacheTo: ['x'],
      annotations: [['a', 'b']],
    })
    expect(argv).toEqual(['build', '--call=check,format=json', '.'])
  })

  it('puts extra words behind everything but the context', () => {
    expect(buildArgv({ ...cache, extra: ['--debug'] }).slice(-2)).toEqual(['--debug', '.'])
  })

  it('never shows a secret', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id: fc.stringMatching(/^[a-z]{1,5}$/), value: fc.string({ minLength: 12 }) }), {
          minLength: 1,
        }),
        (secrets) => {
          const request: BuildRequest = { ...cache, secrets }
          const argv = buildArgv(request).join('\0')
          const env = Object.values(buildEnvironment(request))
          for (const { value } of secrets) {
            expect(argv).not.toContain(value)
            expect(env).toContain(value)
          }
        },
      ),
    )
  })
})

it('keeps other tools’ toggles out', () => {
  expect(buildEnvironment(cache)).toEqual({
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    BUILDX_METADATA_PROVENANCE: 'disabled',
    BUILDX_METADATA_WARNINGS: undefined,
    BUILDKIT_PROGRESS: undefined,
    BUILDX_BUILDER: undefined,
    NO_COLOR: '1',
  })
})

it.each<[Partial<BuildRequest>, boolean]>([
  [{}, false],
  [{ platforms: [AMD64, ARM] }, true],
  [{ provenance: 'off', sbom: 'false' }, false],
  [{ sbom: 'on' }, true],
  [{ attests: ['x'] }, true],
  [{ platforms: [AMD64, ARM], output: { kind: 'cache' } }, false],
])('makesIndex(%j)', (request, wanted) => {
  expect(makesIndex({ output: { kind: 'oci', file: 'f' }, ...request })).toBe(wanted)
})

it('csv reads back as the fields it was made of', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (fields) => {
      expect(readCsv(csv(fields))).toEqual(fields)
    }),
  )
})

/** RFC 4180, one record. */
function readCsv(text: string): string[] {
  const fields: string[] = []
  for (let i = 0; i <= text.length; i++) {
    let field = ''
    if (text[i] === '"') {
      for (i++; text[i] !== '"' || text[i + 1] === '"'; i++) {
        if (text[i] === '"') i++
        field += text.charAt(i)
      }
      i++
    } else {
      for (; i < text.length && text[i] !== ','; i++) field += text.charAt(i)
    }
    fields.push(field)
  }
  return fields
}
