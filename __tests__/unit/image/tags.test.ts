import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  computeTags,
  describeVersion,
  parseTagRules,
  tagFacts,
  type TagFacts,
} from '../../../src/image/tags.ts'
import { isTag } from '../../../src/registry/reference.ts'

const COMMIT = '860c1904a1ce19322e91ac35af1ab07466440c37'
const facts = (ref: string, more: Partial<TagFacts> = {}): TagFacts => ({
  event: 'push',
  ref,
  commit: COMMIT,
  commitTime: Date.UTC(2026, 0, 10, 0, 30) / 1000,
  defaultBranch: 'main',
  dirty: false,
  versionTags: [],
  versionTagsComplete: true,
  now: Date.UTC(2026, 0, 12, 9, 8, 7),
  ...more,
})
/** Facts of a folder outside git. */
const without = (at: TagFacts): TagFacts => {
  const copy: { -readonly [K in keyof TagFacts]: TagFacts[K] } = { ...at }
  delete copy.commit
  return copy
}
const tagsOf = (lines: string, at: TagFacts): string =>
  computeTags(parseTagRules(lines), at, { required: false }).tags.join(' ')

describe('tags without any rule', () => {
  const known = { versionTags: ['v1.2.3', 'v1.2.2', 'v0.9.0', 'v1'] }
  it.each<[string, TagFacts, string, string]>([
    ['the highest version', facts('refs/tags/v1.2.3', known), '1.2.3 1.2 1 latest', '1.2.3'],
    ['a version without v', facts('refs/tags/1.2.3', known), '1.2.3 1.2 1 latest', '1.2.3'],
    ['a fix of an old minor line', facts('refs/tags/v1.1.9', { versionTags: ['v1.1.8', 'v1.1.9', 'v1.2.0'] }), '1.1.9 1.1', '1.1.9'],
    ['a late build of an old patch', facts('refs/tags/v1.2.3', { versionTags: ['v1.2.4', 'v1.2.3'] }), '1.2.3', '1.2.3'],
    ['an old major line', facts('refs/tags/v1.9.0', { versionTags: ['v1.9.0', 'v2.0.0'] }), '1.9.0 1.9 1', '1.9.0'],
    ['numbers, not letters, decide', facts('refs/tags/v1.10.0', { versionTags: ['v1.9.0', 'v1.10.0'] }), '1.10.0 1.10 1 latest', '1.10.0'],
    ['a pre-release of the next one counts not', facts('refs/tags/v1.2.3', { versionTags: ['v1.2.3', 'v2.0.0-rc.1'] }), '1.2.3 1.2 1 latest', '1.2.3'],
    ['0.x has no tag for all', facts('refs/tags/v0.4.0', { versionTags: ['v0.4.0'] }), '0.4.0 0.4 latest', '0.4.0'],
    ['a pre-release', facts('refs/tags/v1.3.0-rc.1', known), '1.3.0-rc.1', '1.3.0-rc.1'],
    ['an environment suffix', facts('refs/tags/v1.2.3-staging', known), '1.2.3-staging', '1.2.3-staging'],
    ['build metadata', facts('refs/tags/v1.2.4+exp.5', known), '1.2.4 1.2 1 latest', '1.2.4'],
    ['a short version', facts('refs/tags/v1.3', known), '1.3 1 latest', '1.3'],
    ['a major tag that follows', facts('refs/tags/v1', known), '1', '1'],
    ['other tags unknown', facts('refs/tags/v1.2.3', { versionTagsComplete: false }), '1.2.3 1.2 1', '1.2.3'],
    ['another kind of tag', facts('refs/tags/release/2026_01'), 'release-2026_01', 'release-2026_01'],
    ['no semantic version', facts('refs/tags/v1.2.3.4'), 'v1.2.3.4', 'v1.2.3.4'],
    ['this module of several', facts('refs/tags/svc/api/v1.2.0', { moduleFolder: './svc/api', versionTags: ['v9.0.0', 'svc/api/v1.1.0', 'svc/web/v3.0.0'] }), '1.2.0 1.2 1 latest', '1.2.0'],
    ['another module of several', facts('refs/tags/svc/web/v3.0.0', { moduleFolder: 'svc/api' }), 'svc-web-v3.0.0', 'svc-web-v3.0.0'],
    ['the default branch', facts('refs/heads/main'), 'sha-860c190 main', 'main'],
    ['a branch with a slash', facts('refs/heads/feature/Föö_x'), 'sha-860c190 feature-F-_x', 'feature-F-_x'],
    ['a pull request', facts('refs/pull/7/merge', { event: 'pull_request' }), 'pr-7', 'pr-7'],
    ['a schedule', facts('refs/heads/main', { event: 'schedule' }), 'sha-860c190 nightly main', 'nightly'],
    ['a merge queue', facts('refs/heads/gh-readonly-queue/main/pr-7-abc', { event: 'merge_group' }), 'sha-860c190', 'sha-860c190'],
    ['a nameless commit', facts(''), 'sha-860c190', 'sha-860c190'],
    ['a changed tree on a laptop, though its commit is tagged', facts('refs/tags/v1.2.3', { event: 'local', dirty: true }), 'sha-860c190-dirty', 'sha-860c190-dirty'],
  ])('%s', (_, at, tags, version) => {
    const result = computeTags(parseTagRules(''), at)
    expect(result.tags.join(' ')).toBe(tags)
    expect(result.version).toBe(version)
    expect(result.problems).toEqual([])
  }) // prettier-ignore

  it('outside git is a problem that says what to give', () => {
    const nothing = without(facts('', { event: 'local' }))
    expect(computeTags(parseTagRules(''), nothing).problems).toMatchObject([
      { code: 'no-tag', input: 'tags', fix: expect.stringContaining('tags: dev') },
    ])
    expect(computeTags(parseTagRules(''), nothing, { required: false }).problems).toEqual([])
  })

  it.each([
    [
      'a higher version',
      { versionTags: ['v2.0.0'] },
      'latest stays where it is: v2.0.0 is higher than v1.2.3',
    ],
    ['unknown others', { versionTagsComplete: false }, 'fetch-tags'],
  ])('tells why latest stays: %s', (_, more, note) => {
    const { notes } = computeTags(parseTagRules(''), facts('refs/tags/v1.2.3', more))
    expect(notes.join('\n')).toContain(note)
  })
})

describe('rules as in metadata-action', () => {
  const branch = facts('refs/heads/main')
  const pr = facts('refs/pull/15/merge', { event: 'pull_request', baseRef: 'main' })
  const v = facts('refs/tags/v1.1.1')
  const beta = facts('refs/tags/v2.0.8-beta.67')
  it.each<[string, TagFacts, string]>([
    ['type=schedule', branch, ''],
    ['type=schedule', { ...branch, event: 'schedule' }, 'nightly'],
    ["type=schedule,pattern={{date 'YYYYMMDD'}}", { ...branch, event: 'schedule' }, '20260112'],
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", { ...branch, event: 'schedule' }, '20260112-180807'],
    ['type=semver,pattern={{version}}', branch, ''],
    ['type=semver,pattern={{version}}', v, '1.1.1 latest'],
    ['type=semver,pattern={{raw}}', v, 'v1.1.1 latest'],
    ['type=semver,pattern=v{{major}}', v, 'v1 latest'],
    ['type=semver,pattern={{major}}.{{minor}}', v, '1.1 latest'],
    ['type=semver,pattern={{minor}}', v, '1 latest'],
    ['type=semver,pattern={{patch}}', v, '1 latest'],
    ['type=semver,pattern={{version}}', beta, '2.0.8-beta.67'],
    ['type=semver,pattern={{raw}}', beta, 'v2.0.8-beta.67'],
    ['type=semver,pattern={{major}}.{{minor}}', beta, '2.0.8-beta.67'],
    ['type=semver,pattern={{version}}\ntype=semver,pattern={{major}}', beta, '2.0.8-beta.67'],
    ['type=semver,pattern={{version}},value=v3.4.5', branch, '3.4.5 latest'],
    [String.raw`type=semver,pattern={{version}},value=p1/v1.0.0,match=v(\d.\d.\d)$`, branch, '1.0.0 latest'],
    [String.raw`type=semver,pattern={{version}},match=/V(\d+\.\d+\.\d+)/i`, facts('refs/tags/rel-v4.5.6'), '4.5.6 latest'],
    ['type=semver,pattern={{version}},value=latest-thing', branch, ''],
    [String.raw`type=match,pattern=\d.\d.\d`, v, '1.1.1 latest'],
    [String.raw`type=match,pattern=v(.*),group=1`, beta, '2.0.8-beta.67'],
    [String.raw`type=match,pattern=v(\d.\d),group=1`, beta, '2.0'],
    [String.raw`type=match,pattern=\d+`, facts('refs/tags/20200110-RC2'), '20200110'],
    [String.raw`type=match,"pattern=v(\d{1,3})",group=1`, v, '1 latest'],
    [String.raw`type=match,pattern=/V(.*)/i,group=1,value=v5`, branch, '5'],
    ['type=match,pattern=nope', v, ''],
    ['type=match,pattern=v(.*),group=2', v, ''],
    ['type=edge', branch, 'edge'],
    ['type=edge', facts('refs/heads/dev'), ''],
    ['type=edge,branch=dev', facts('refs/heads/dev'), 'edge'],
    ['type=ref,event=branch', facts('refs/heads/my/branch'), 'my-branch'],
    ['type=ref,event=tag', v, 'v1.1.1 latest'],
    ['type=ref,event=tag', beta, 'v2.0.8-beta.67'],
    ['type=ref,event=tag', branch, ''],
    ['type=ref,event=pr', pr, 'pr-15'],
    ['type=ref,event=pr,prefix=', pr, '15'],
    ['type=ref,event=pr,prefix=x-,suffix=-y', pr, 'x-15-y'],
    ['type=raw,value=foo', branch, 'foo'],
    ['type=raw,foo', branch, 'foo'],
    ['foo\nbar\nfoo', branch, 'foo bar'],
    ['type=raw,value=', branch, ''],
    ['type=raw,value={{branch}}-{{sha}}', branch, 'main-860c190'],
    ['type=raw,value={{base_ref}}-x', pr, 'main-x'],
    ['{{tag}}-debug', v, 'v1.1.1-debug'],
    ['type=raw,value=latest,enable={{is_default_branch}}', branch, 'latest'],
    ['type=raw,value=latest,enable={{is_default_branch}}', facts('refs/heads/dev'), ''],
    ['type=raw,value=dev,enable={{is_not_default_branch}}', facts('refs/heads/dev'), 'dev'],
    ['type=raw,value=dev,enable=false', branch, ''],
    ['type=raw,value=feature/x y', branch, 'feature-x-y'],
    ["type=raw,value={{commit_date 'YYYYMMDD-HHmm' tz='Europe/Berlin'}}", branch, '20260110-0130'],
    ['type=sha', branch, 'sha-860c190'],
    ['type=sha,prefix=,format=long', branch, COMMIT],
    ['# a comment\n\ntype=sha', branch, 'sha-860c190'],
    ['TYPE=sha', branch, 'sha-860c190'],
    ['type=sha\nlatest=true', branch, 'sha-860c190 latest'],
    ['type=semver,pattern={{version}}\nlatest=false', v, '1.1.1'],
    ['type=semver,pattern={{version}}\nsuffix=-alpine,onlatest=true', v, '1.1.1-alpine latest-alpine'],
    ['type=semver,pattern={{version}}\nprefix=go-', v, 'go-1.1.1 latest'],
  ])('%s', (lines, at, expected) => {
    expect(parseTagRules(lines).problems).toEqual([])
    expect(tagsOf(lines, at)).toBe(expected)
  }) // prettier-ignore

  it('the highest priority is the version; what moves is published last', () => {
    const result = computeTags(
      parseTagRules('latest\ntype=ref,event=branch\ntype=sha,priority=2000\ntype=edge'),
      branch,
    )
    expect(result.version).toBe('sha-860c190')
    expect(result.tags).toEqual(['sha-860c190', 'edge', 'main', 'latest'])
    expect(result.moving).toEqual(['edge', 'main', 'latest'])
  })

  it('latest asked for in so many words moves, and the summary says so', () => {
    const rules = parseTagRules('type=semver,pattern={{version}}\ntype=raw,value=latest')
    const old = computeTags(rules, facts('refs/tags/v1.0.0', { versionTags: ['v2.0.0'] }))
    expect(old.tags).toEqual(['1.0.0', 'latest'])
    expect(old.notes).toEqual([expect.stringContaining('although v2.0.0 is higher')])
    expect(computeTags(rules, beta).notes).toEqual([expect.stringContaining('pre-release')])
    expect(computeTags(rules, v).notes).toEqual([])
  })

  it('full references keep their own tags', () => {
    const result = computeTags(
      parseTagRules('ghcr.io/Acme/Hello:v1\nacme/hello:Edge\n127.0.0.1:5000/x:y'),
      branch,
    )
    expect(result.references).toEqual([
      { name: 'ghcr.io/acme/hello', tag: 'v1' },
      { name: 'docker.io/acme/hello', tag: 'Edge' },
      { name: '127.0.0.1:5000/x', tag: 'y' },
    ])
    expect(result.tags).toEqual([])
    expect(result.problems).toEqual([])
    expect(result.version).toBe('v1')
  })

  it('no rule for the event is a problem before the build', () => {
    expect(computeTags(parseTagRules('type=semver,pattern={{version}}'), branch).problems).toMatchObject([
      { code: 'no-tag', cause: 'none of the rules gives a tag for push of refs/heads/main' },
    ])
  })
})

describe('mistakes in rules', () => {
  it.each([
    ['type=semvr,pattern={{version}}', 'did you mean "semver"?'],
    ['type=semver', 'type=semver needs pattern='],
    ['type=semver,pattern={{versoin}}', 'did you mean {{version}}?'],
    ['type=semver,pattern={{#if x}}', 'not understood'],
    ['type=semver,pattern={{version', 'not closed'],
    ['type=semver,pattern={{version}},match=(', 'not a regular expression'],
    ['type=pep440,pattern={{version}}', 'Python'],
    ['type=match', 'needs pattern='],
    [String.raw`type=match,pattern=v(\d{1,3}),group=1`, 'there twice|double quotes'],
    ['type=match,pattern=x,group=a', 'capturing group'],
    ['type=ref', 'needs event='],
    ['type=ref,event=branches', 'did you mean "branch"?'],
    ['type=raw', 'needs value='],
    ['type=raw,value=x,valu=y', 'did you mean "value"?'],
    ['type=sha,format=tiny', 'short, long'],
    ['type=sha,enable=yes', 'is no enable'],
    ['type=sha,priority=high', 'priority is not a number'],
    ['type=sha,type=ref', '"type" is there twice'],
    ["type=schedule,pattern={{date 'YYYYMMDD' tz='Mars/Base'}}", 'Mars/Base'],
    ["type=schedule,pattern={{date 'YYYY-gg'}}", 'date letter "g"'],
    ['type=schedule,pattern={{date}}', 'needs a format'],
    ["type=raw,value={{branch 'x'}}", 'takes nothing'],
    ['"type=raw,value=x', 'quote is not closed'],
    ['my tag', 'is not a tag'],
    ['-x', 'is not a tag'],
    ['x'.repeat(129), 'is not a tag'],
    ['ghcr.io/acme/hello', 'without a tag'],
    ['ghcr.io/acme/hello:', 'is not a tag'],
    ['ghcr.io/acme/he llo:x', 'blank'],
    [`ghcr.io/acme/hello:v1@sha256:${'a'.repeat(64)}`, 'digest'],
    ['latest=maybe', 'is no latest'],
    ['onlatest=true', 'onlatest stands alone'],
  ])('%s', (line, expected) => {
    const { problems, rules } = parseTagRules(line)
    expect(rules).toEqual([])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ input: 'tags', value: line })
    expect(`${problems[0]?.cause ?? ''} ${problems[0]?.fix ?? ''}`).toMatch(
      new RegExp(expected.replace(/[{}()?.]/g, String.raw`\$&`)),
    )
  })

  it('are told all at once, with the good lines kept', () => {
    const { problems, rules } = parseTagRules('type=nope\ntype=sha\nmy tag\n')
    expect(problems.map((problem) => problem.value)).toEqual(['type=nope', 'my tag'])
    expect(rules).toHaveLength(1)
  })

  it('that only the run shows: an enable that is neither true nor false, a name that leaves nothing', () => {
    const at = facts('refs/heads/ä')
    expect(computeTags(parseTagRules('type=sha,enable={{branch}}'), at).problems).toMatchObject([
      { code: 'bad-tag-rule', cause: expect.stringContaining('neither true nor false') },
    ])
    expect(computeTags(parseTagRules('type=ref,event=branch'), at).problems).toMatchObject([
      { code: 'bad-tag' },
    ])
  })
})

describe('whatever the names of branches and tags', () => {
  const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 })
  it('every tag is one that registries take, without doubles, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('refs/heads/', 'refs/tags/', 'refs/pull/'),
        word,
        fc.array(word),
        fc.constantFrom('', 'type=ref,event=branch\ntype=ref,event=tag', 'type=raw,value={{branch}}{{tag}}x', 'type=semver,pattern={{raw}}'),
        (kind, name, versionTags, lines) => {
          const result = computeTags(parseTagRules(lines), facts(kind + name, { versionTags }))
          for (const tag of result.tags) expect(isTag(tag)).toBe(true)
          expect(new Set(result.tags).size).toBe(result.tags.length)
          expect(describeVersion(facts(kind + name))).toMatch(/^[\w.-]+$/)
        },
      ),
    ) // prettier-ignore
  })

  it('any text as rules gives rules or problems, never an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(word, fc.array(fc.constantFrom('type=', 'semver', 'ref', ',', '=', '"', '{{', '}}', 'sha', 'x', '\n', "'", '/', ':', 'pattern=', '(')).map((parts) => parts.join(''))),
        (text) => {
          const { rules, problems, flavor } = parseTagRules(text)
          for (const problem of problems) expect(problem.cause).toBeTruthy()
          computeTags({ rules, flavor }, facts('refs/heads/main'))
        },
      ),
    ) // prettier-ignore
  })

  it('latest never goes to a pre-release or below a known stable version by itself', () => {
    const number = fc.integer({ min: 0, max: 4 })
    const version = fc
      .tuple(number, number, number, fc.constantFrom('', '', '-rc.1'))
      .map(([major, minor, patch, pre]) => ({ tag: `v${major}.${minor}.${patch}${pre}`, rank: (major * 5 + minor) * 5 + patch, pre })) // prettier-ignore
    fc.assert(
      fc.property(version, fc.array(version, { maxLength: 6 }), (own, others) => {
        const all = [own, ...others]
        const { tags } = computeTags(
          parseTagRules(''),
          facts(`refs/tags/${own.tag}`, { versionTags: all.map((one) => one.tag) }),
        )
        const higher = others.some((one) => one.pre === '' && one.rank > own.rank)
        expect(tags.includes('latest')).toBe(own.pre === '' && !higher)
        expect(tags[0]).toBe(own.tag.slice(1))
      }),
    )
  })
})

describe('the version for the program', () => {
  it.each<[TagFacts, string]>([
    [facts('refs/tags/v1.2.3'), '1.2.3'],
    [facts('refs/tags/svc/api/v1.2.3', { moduleFolder: 'svc/api' }), '1.2.3'],
    [facts('refs/tags/nice one'), 'nice-one'],
    [facts('refs/heads/feature/x'), 'feature-x-860c190'],
    [facts('refs/heads/main', { dirty: true }), 'main-860c190-dirty'],
    [facts('refs/pull/7/merge'), 'pr-7-860c190'],
    [facts(''), '860c190'],
  ])('%#', (at, expected) => {
    expect(describeVersion(at)).toBe(expected)
  })
  it('outside git', () => {
    const nothing = without(facts(''))
    expect(describeVersion(nothing)).toBe('dev')
  })
})

it('facts come from git where it knows better than the event', () => {
  const git = {
    root: '/w', commit: 'a'.repeat(40), shortCommit: 'aaaaaaa', commitTime: 5, ref: 'refs/tags/v1.0.0', tag: 'v1.0.0',
    tags: ['v1.0.0'], tagsComplete: true, shallow: false, dirty: true, changes: ['x'], environment: {}, defaultBranch: 'trunk',
  } // prettier-ignore
  const event = {
    name: 'workflow_dispatch',
    ref: 'refs/heads/main',
    sha: COMMIT,
    fork: false,
    defaultBranch: 'main',
    commitTime: 9,
    baseRef: 'b',
  }
  expect(tagFacts(git, event, 7, 'sub')).toEqual({
    event: 'workflow_dispatch', ref: 'refs/tags/v1.0.0', commit: git.commit, commitTime: 5, defaultBranch: 'main', baseRef: 'b',
    dirty: true, versionTags: ['v1.0.0'], versionTagsComplete: true, moduleFolder: 'sub', now: 7,
  }) // prettier-ignore
  expect(tagFacts(undefined, event, 7)).toMatchObject({ ref: 'refs/heads/main', commit: COMMIT, commitTime: 9, dirty: false }) // prettier-ignore
})
