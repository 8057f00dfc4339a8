import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { annotationsAt, formatAnnotation, imageAnnotations, imageLabels } from '../../../src/image/labels.ts'
import { guessLicense } from '../../../src/image/license.ts'
import { parseImageNames, publishTargets } from '../../../src/image/names.ts'

const full = {
  created: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000,
  revision: 'abc',
  url: 'https://github.com/acme/hello',
  version: '1.2.3',
  title: 'hello',
  description: 'Says\r\nhello',
  license: 'MIT',
  baseName: 'gcr.io/distroless/static:nonroot',
  baseDigest: `sha256:${'b'.repeat(64)}`,
}

describe('labels', () => {
  it('are the OCI ones, sorted, from the commit and without empty ones', () => {
    expect(imageLabels(full, '')).toEqual({
      labels: {
        'org.opencontainers.image.base.digest': full.baseDigest,
        'org.opencontainers.image.base.name': 'gcr.io/distroless/static:nonroot',
        'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
        'org.opencontainers.image.description': 'Says hello',
        'org.opencontainers.image.licenses': 'MIT',
        'org.opencontainers.image.revision': 'abc',
        'org.opencontainers.image.source': 'https://github.com/acme/hello',
        'org.opencontainers.image.title': 'hello',
        'org.opencontainers.image.url': 'https://github.com/acme/hello',
        'org.opencontainers.image.version': '1.2.3',
      },
      problems: [],
    })
    expect(imageLabels({}, '').labels).toEqual({})
  })

  it("take the user's on top, and off", () => {
    const { labels } = imageLabels(
      { title: 'hello', version: '1', license: 'MIT' },
      'team=a=b,c\norg.opencontainers.image.title=mine\norg.opencontainers.image.licenses=\nempty=',
    )
    expect(labels).toEqual({
      empty: '',
      'org.opencontainers.image.title': 'mine',
      'org.opencontainers.image.version': '1',
      team: 'a=b,c',
    })
    expect(Object.keys(labels)).toEqual([...Object.keys(labels)].sort())
  })

  it('report every bad line', () => {
    expect(imageLabels({}, 'x\n=y\na b=c').problems.map((problem) => problem.value)).toEqual([
      'x',
      '=y',
      'a b=c',
    ])
  })
})

describe('annotations', () => {
  const at = (lines: string, multi = true): string[] =>
    imageAnnotations({ title: 't' }, lines, multi).entries.map(formatAnnotation)
  it.each([
    ['one platform', '', false, ['manifest:org.opencontainers.image.title=t']],
    ['several', '', true, ['index:org.opencontainers.image.title=t', 'manifest:org.opencontainers.image.title=t']],
    ['own, without level', 'a=b', false, ['manifest:a=b', 'manifest:org.opencontainers.image.title=t']],
    ['own, with levels', 'index,manifest[linux/arm64]:a=b:c=d', false, ['index:a=b:c=d', 'manifest:org.opencontainers.image.title=t', 'manifest[linux/arm64]:a=b:c=d']],
    ['own, replacing at one level', 'index:org.opencontainers.image.title=x', true, ['index:org.opencontainers.image.title=x', 'manifest:org.opencontainers.image.title=t']],
    ['own, removing', 'org.opencontainers.image.title=', true, []],
    ['a key with a dot and a colon', 'com.acme:x=y', false, ['manifest:com.acme:x=y', 'manifest:org.opencontainers.image.title=t']],
  ])('%s', (_, lines, multi, expected) => {
    expect(at(lines, multi)).toEqual(expected)
  }) // prettier-ignore

  it.each([
    ['x', 'no "="'],
    ['indx:a=b', 'is no level'],
    ['index[linux/amd64]:a=b', 'the index has no platform'],
    ['manifest[linux/amd63]:a=b', 'amd63'],
    ['manifest:=b', 'nothing before'],
  ])('refuse %s', (line, cause) => {
    const { problems } = imageAnnotations({}, line, true)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.cause).toContain(cause)
  })

  it('of one place: the own ones of a platform over the common ones', () => {
    const { entries } = imageAnnotations(
      {},
      'manifest:a=1\nmanifest:b=2\nmanifest[linux/arm64]:a=3\nindex:c=4',
      true,
    )
    expect(annotationsAt(entries, 'manifest', { os: 'linux', arch: 'arm64' })).toEqual({ a: '3', b: '2' })
    expect(annotationsAt(entries, 'manifest', { os: 'linux', arch: 'amd64' })).toEqual({ a: '1', b: '2' })
    expect(annotationsAt(entries, 'index')).toEqual({ c: '4' })
  })

  it('any text gives entries or problems, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { entries, problems } = imageAnnotations(full, text, true)
        expect(entries.length + problems.length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('licences', () => {
  const mit =
    'MIT License\n\nCopyright (c) 2026 Acme\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation files …\n\nTHE SOFTWARE IS PROVIDED "AS IS"'
  const bsd = 'Redistribution and use in source and binary forms, with or without modification'
  it.each([
    [mit, 'MIT'],
    ['                                 Apache License\n                           Version 2.0, January 2004', 'Apache-2.0'],
    [bsd, 'BSD-2-Clause'],
    [`${bsd}\n* Neither the name of the copyright holder`, 'BSD-3-Clause'],
    ['GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007' + ' x'.repeat(2000) + 'GNU AFFERO GENERAL PUBLIC LICENSE', 'GPL-3.0-only'],
    ['GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007', 'AGPL-3.0-only'],
    ['Mozilla Public License Version 2.0', 'MPL-2.0'],
    ['// SPDX-License-Identifier: MIT OR Apache-2.0\n', 'MIT OR Apache-2.0'],
    ['/* SPDX-License-Identifier: BSD-3-Clause */', 'BSD-3-Clause'],
    ['All rights reserved. You may not copy this.', undefined],
    ['', undefined],
  ])('%#: %j is %s', (text, expected) => {
    expect(guessLicense(text)).toBe(expected)
  }) // prettier-ignore
})

describe('image names', () => {
  it('are lowered, taken once, and checked', () => {
    const result = parseImageNames('ghcr.io/Acme/Hello, ghcr.io/acme/hello\nacme/web\nLOCALHOST:5000/x')
    expect(result.images).toEqual([
      { registry: 'ghcr.io', repository: 'acme/hello' },
      { registry: 'docker.io', repository: 'acme/web' },
      { registry: 'localhost:5000', repository: 'x' },
    ])
    expect(result.notes).toHaveLength(2)
    expect(result.problems).toEqual([])
  })

  it('with a tag, a digest or strange letters are problems, all told', () => {
    const result = parseImageNames(
      `ghcr.io/a/b:v1\nghcr.io/a/b@sha256:${'a'.repeat(64)}\nhttps://ghcr.io/a\na//b`,
    )
    expect(result.problems.map((problem) => problem.code)).toEqual(Array(4).fill('bad-image-name'))
    expect(result.images).toEqual([])
  })

  it('and tags make targets: full references bring their own name', () => {
    const images = [{ registry: 'ghcr.io', repository: 'acme/hello' }]
    const references = [
      { name: 'ghcr.io/acme/hello', tag: 'x' },
      { name: 'docker.io/acme/web', tag: 'y' },
    ]
    expect(publishTargets(images, { tags: ['1', 'latest'], references })).toEqual([
      { registry: 'ghcr.io', repository: 'acme/hello', tags: ['x', '1', 'latest'] },
      { registry: 'docker.io', repository: 'acme/web', tags: ['y'] },
    ])
    expect(publishTargets([], { tags: ['1'], references: references.slice(1) })).toEqual([
      { registry: 'docker.io', repository: 'acme/web', tags: ['y', '1'] },
    ])
  })
})
