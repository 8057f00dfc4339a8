import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  mobility,
  orderTags,
  publish,
  PublishFailure,
  type PublishPlan,
} from '../../../src/registry/publish.ts'
import { restoreTags, type TagMove } from '../../../src/registry/restore.ts'
import { type MadeImage, makeImage, plant } from '../../support/image-maker.ts'
import type {
  RegistryDouble,
  RegistryDoubleOptions,
  RegistryFaultRule,
} from '../../support/registry-double.ts'
import { at, clientFor, codesOf, registry } from './support.ts'

/** An old release under 1.0.0, 1.0 and latest; a new image pushed by digest only. */
async function release(options: RegistryDoubleOptions = {}): Promise<{
  double: RegistryDouble
  oldImage: MadeImage
  newImage: MadeImage
  before: Record<string, string>
  plan: PublishPlan
}> {
  const double = await registry(options)
  const oldImage = await makeImage({ content: 'old' })
  const newImage = await makeImage({ content: 'new' })
  plant(double, 'acme/hello', oldImage, '1.0.0', '1.0', 'latest')
  plant(double, 'acme/hello', newImage)
  return {
    double,
    oldImage,
    newImage,
    before: double.tags(),
    plan: {
      source: { ...at(double), digest: newImage.top.digest },
      tags: ['latest', '1.0.1', '1.0'].map((tag) => ({ ...at(double), tag })),
    },
  }
}

async function failureOf(promise: Promise<unknown>): Promise<PublishFailure> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PublishFailure) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('publish', () => {
  it('moves specific tags first, moving ones last, and reports old and new', async () => {
    const { double, oldImage, newImage, plan } = await release()
    const { client, act } = clientFor()
    const result = await publish(plan, client, act)
    const [old, fresh] = [oldImage.top.digest, newImage.top.digest]
    expect(result.tags.map(({ tag, old, new: now, state }) => [tag, old, now, state])).toEqual([
      ['1.0.1', undefined, fresh, 'created'],
      ['1.0', old, fresh, 'moved'],
      ['latest', old, fresh, 'moved'],
    ])
    expect(double.requests(/^PUT/)).toEqual(
      ['1.0.1', '1.0', 'latest'].map((tag) => `PUT /v2/acme/hello/manifests/${tag}`),
    )
    expect(double.tags()).toEqual({
      'acme/hello:1.0.0': old,
      'acme/hello:1.0': fresh,
      'acme/hello:1.0.1': fresh,
      'acme/hello:latest': fresh,
    })
  })

  it('does nothing to a tag that has the digest already', async () => {
    const { double, newImage, plan } = await release()
    plant(double, 'acme/hello', newImage, '1.0.1', '1.0', 'latest')
    const { client, act } = clientFor()
    const result = await publish(plan, client, act)
    expect(result.tags.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(double.requests(/^(?:PUT|DELETE|POST)/)).toEqual([])
  })

  it('waits for registries that show a write late', async () => {
    const { double, newImage, plan } = await release({ lag: 4 })
    const { client, act } = clientFor()
    await publish(plan, client, act)
    expect(double.tags()['acme/hello:latest']).toBe(newImage.top.digest)
    expect(act.clock.sleeps).toHaveLength(12)
  })

  it('takes a lost answer for the success it was, even if the next try is refused', async () => {
    const { double, plan, newImage } = await release({
      immutable: /^1\.0\.1$/,
      faults: [{ match: { method: 'PUT', path: /manifests\/1\.0\.1/, nth: 1 }, action: 'cut-response' }],
    })
    const { client, act } = clientFor()
    const result = await publish(plan, client, act)
    expect(result.tags[0]).toMatchObject({ tag: '1.0.1', state: 'created' })
    expect(double.tags()['acme/hello:1.0.1']).toBe(newImage.top.digest)
  })

  it('copies the image to other repositories and registries before any tag moves', async () => {
    const { double, plan, newImage } = await release()
    const other = await registry()
    const { client, act } = clientFor()
    const result = await publish(
      {
        ...plan,
        tags: [
          ...plan.tags,
          { ...at(other, 'x/y'), tag: '1.0.1' },
          { ...at(double, 'acme/twin'), tag: 'latest' },
        ],
      },
      client,
      act,
    )
    expect(result.tags).toHaveLength(5)
    expect(other.tags()).toEqual({ 'x/y:1.0.1': newImage.top.digest })
    expect(double.tags()['acme/twin:latest']).toBe(newImage.top.digest)
    // Within a registry blobs are mounted, not sent.
    const twin = double.log.filter(({ path }) => path.includes('acme/twin/blobs'))
    expect(twin.filter(({ method }) => method === 'PUT')).toEqual([])
    const last = other.log.findLastIndex(({ path }) => path.includes('/blobs/'))
    const moved = other.log.findIndex(({ method, path }) => method === 'PUT' && path.endsWith('/1.0.1'))
    expect(moved).toBeGreaterThan(last)
  })

  it('tells each move before it is made, so that post can undo it', async () => {
    const { double, plan, before } = await release()
    const { client, act } = clientFor()
    const moves: TagMove[] = []
    await publish(plan, client, act, {
      onMove: (move) => {
        // What is kept in the state of the job has no bytes.
        moves.push({
          target: move.target,
          new: move.new,
          ...(move.old === undefined ? {} : { old: move.old }),
        })
      },
    })
    expect(double.tags()).not.toEqual(before)
    const restored = await restoreTags(moves.reverse(), client, act)
    expect(restored.map(({ state }) => state)).toEqual(['restored', 'restored', 'removed'])
    expect(double.tags()).toEqual(before)
  })
})

describe('a fault at any step leaves the tags as they were', () => {
  const put = (tag: string): RegExp => new RegExp(`manifests/${tag}$`)
  const steps: [string, RegistryFaultRule['match']][] = [
    ['reading the source', { method: 'GET', path: /manifests\/sha256/, nth: 1 }],
    ['asking for the old tag', { method: 'HEAD', path: put('latest'), nth: 1 }],
    ['moving the first tag', { method: 'PUT', path: put('1.0.1') }],
    ['moving the second tag', { method: 'PUT', path: put('1.0') , nth: 1 }],
    ['moving the last tag', { method: 'PUT', path: put('latest'), nth: 1 }],
  ] // prettier-ignore
  const actions: [string, RegistryFaultRule['action']][] = [
    ['403', { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' }],
    ['404', { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN","message":"gone"}]}' }],
    ['412', { status: 412, body: '{"errors":[{"code":"PRECONDITION","message":"immutable"}]}' }],
    ['a wrong digest', 'wrong-digest'],
  ]
  const cases = steps.flatMap(([step, match]) =>
    actions
      // A HEAD has no body to spoil, and 404 there means a new tag.
      .filter(([name]) => !(match.method === 'HEAD' && name !== '403'))
      .map(([name, action]): [string, string, RegistryFaultRule] => [step, name, { match, action }]),
  )

  it.each(cases)('%s: %s', async (step, _name, fault) => {
    const { double, plan, before, newImage } = await release()
    double.faults = [
      fault,
      // The GET that would rescue a refused HEAD.
      ...(step.startsWith('asking')
        ? [{ match: { method: 'GET', path: put('latest') }, action: fault.action }]
        : []),
    ]
    const { client, act } = clientFor()
    const outcome = await publish(plan, client, act).then(
      (result) => result,
      (error: unknown) => error,
    )
    if (outcome instanceof PublishFailure) {
      expect(double.tags()).toEqual(before)
      expect(outcome.tags.every(({ state }) => state === 'restored' || state === 'removed')).toBe(true)
    } else {
      // A PUT whose answer tells another digest but whose tag is right: the tag is what counts.
      expect(fault.action).toBe('wrong-digest')
      expect(double.tags()['acme/hello:latest']).toBe(newImage.top.digest)
    }
  })

  it.each(['1.0.1', '1.0', 'latest'])(
    'the registry is down from the move of %s on, then comes back',
    async (tag) => {
      const { double, plan, before } = await release()
      const puts = new RegExp(`manifests/${tag}$`)
      // Five tries of the PUT fail; what restores comes through.
      double.faults = [1, 2, 3, 4, 5].map((nth) => ({
        match: { method: 'PUT', path: puts, nth },
        action: { status: 503 },
      }))
      const { client, act } = clientFor()
      const failure = await failureOf(publish(plan, client, act))
      expect(failure.problems[0]?.code).toBe('registry-unavailable')
      expect(failure.kind).toBe('environment')
      expect(double.tags()).toEqual(before)
    },
  )

  it.each(['1.0.1', '1.0', 'latest'])('the tag %s never shows the new digest', async (tag) => {
    const { double, plan, before, oldImage } = await release()
    const stored = double.repository('acme/hello')
    const answer = { status: 200, headers: { 'docker-content-digest': oldImage.top.digest, 'content-type': 'application/vnd.oci.image.index.v1+json' } }
    // The registry takes the PUT and keeps showing the old digest for all 15 reads.
    double.faults = Array.from({ length: 15 }, (_, at) => ({
      match: { method: 'HEAD', path: new RegExp(`manifests/${tag}$`), nth: at + 2 },
      action: answer,
    }))
    const { client, act } = clientFor()
    const failure = await failureOf(publish(plan, client, act))
    expect(failure.problems[0]?.code).toBe('registry-read-back')
    expect(double.tags()).toEqual(before)
    expect(stored.manifests.has(plan.source.digest)).toBe(true)
  }) // prettier-ignore

  it.each(['1.0.1', '1.0', 'latest'])('the run is cancelled while %s is moved', async (tag) => {
    const { double, plan, before } = await release()
    const { client, act } = clientFor()
    double.faults = [
      {
        match: { method: 'PUT', path: new RegExp(`manifests/${tag}$`), nth: 1 },
        action: { call: () => act.abort() },
      },
    ]
    const failure = await failureOf(publish(plan, client, act))
    expect(failure.kind).toBe('cancelled')
    expect(double.tags()).toEqual(before)
  })

  it('copying to another repository fails', async () => {
    const { double, plan, before } = await release()
    const other = await registry({
      faults: [{ match: { method: 'POST', path: /uploads/ }, action: { status: 403 } }],
    })
    const { client, act } = clientFor()
    const failure = await failureOf(
      publish({ ...plan, tags: [...plan.tags, { ...at(other), tag: 'latest' }] }, client, act),
    )
    expect(failure.problems[0]?.code).toBe('registry-denied')
    expect(double.tags()).toEqual(before)
    expect(other.tags()).toEqual({})
  })

  it('nothing is touched when the run was cancelled before', async () => {
    const { double, plan, before } = await release()
    const { client, act } = clientFor()
    act.abort()
    expect((await failureOf(publish(plan, client, act))).kind).toBe('cancelled')
    expect(double.requests(/^PUT/)).toEqual([])
    expect(double.tags()).toEqual(before)
  })
})

describe('registries that cannot delete tags', () => {
  const lastFails: RegistryFaultRule = {
    match: { method: 'PUT', path: /manifests\/latest$/, nth: 1 },
    action: { status: 403 },
  }

  it('a new tag goes away without its manifest (deletion by digest only)', async () => {
    const { double, plan, before, newImage } = await release({ tagDelete: false, faults: [lastFails] })
    const { client, act } = clientFor()
    await failureOf(publish(plan, client, act))
    expect(double.tags()).toEqual(before)
    expect(double.repository('acme/hello').manifests.has(newImage.top.digest)).toBe(true)
  })

  it('a new tag that cannot be removed is told, and every other tag is put back', async () => {
    const { double, plan, before, newImage } = await release({ delete: false, faults: [lastFails] })
    const { client, act } = clientFor()
    const failure = await failureOf(publish(plan, client, act))
    expect(failure.problems.map(({ code }) => code)).toEqual(['registry-denied', 'publish-tag-stayed'])
    expect(failure.problems[1]?.what).toContain(':1.0.1 could not be put back')
    expect(double.tags()).toEqual({ ...before, 'acme/hello:1.0.1': newImage.top.digest })
    expect(failure.tags.map(({ target, state }) => [target.tag, state])).toEqual([
      ['latest', 'restored'],
      ['1.0', 'restored'],
      ['1.0.1', 'stayed'],
    ])
  })
})

describe('somebody else', () => {
  it('has moved a tag after us: it is left to them, and told', async () => {
    const { double, plan, before } = await release()
    const theirs = await makeImage({ content: 'theirs' })
    plant(double, 'acme/hello', theirs)
    const takeOver = (): void => {
      double.repository('acme/hello').tags.set('1.0', theirs.top.digest)
    }
    double.faults = [
      { match: { method: 'PUT', path: /manifests\/latest$/, nth: 1 }, action: { status: 403 } },
      // The first read after the refused move: by then 1.0 is ours already.
      { match: { method: 'HEAD', path: /manifests\/latest$/, nth: 2 }, action: { call: takeOver } },
    ]
    const { client, act } = clientFor()
    const failure = await failureOf(publish(plan, client, act))
    expect(failure.problems.map(({ code }) => code)).toEqual(['registry-denied', 'publish-tag-taken'])
    expect(double.tags()).toEqual({ ...before, 'acme/hello:1.0': theirs.top.digest })
  })

  it('has moved the tag right after our move: the read-back sees it', async () => {
    const { double, plan, before } = await release()
    const theirs = await makeImage({ content: 'theirs' })
    plant(double, 'acme/hello', theirs)
    double.faults = [
      {
        match: { method: 'HEAD', path: /manifests\/latest$/, nth: 2 },
        action: { call: () => void double.repository('acme/hello').tags.set('latest', theirs.top.digest) },
      },
    ]
    const { client, act } = clientFor()
    const failure = await failureOf(publish(plan, client, act))
    expect(failure.problems.map(({ code }) => code)).toEqual(['registry-read-back', 'publish-tag-taken'])
    expect(double.tags()).toEqual({ ...before, 'acme/hello:latest': theirs.top.digest })
  })
})

describe('the order of tags', () => {
  it.each([
    ['1.2.3', 0],
    ['v1.2.3', 0],
    ['1.2.3-staging', 0],
    ['1.2.3-rc.1', 0],
    ['sha-90dd603', 0],
    ['90dd6032fac8bda1b6c4436a2e65de27961ed071', 0],
    ['1.2', 1],
    ['v1.2-staging', 1],
    ['1', 2],
    ['v1', 2],
    ['main', 2],
    ['nightly', 2],
    ['pr-12', 2],
    ['latest', 3],
    ['latest-debug', 3],
    ['debug-latest', 3],
  ])('%s: %i', (tag, rank) => {
    expect(mobility(tag)).toBe(rank)
  })

  it('is by mobility, stable, without doubles', () => {
    const tag = fc.constantFrom('1.2.3', '1.2', '1', 'latest', 'main', 'v1.2.3', 'sha-0123456')
    fc.assert(
      fc.property(fc.array(tag), (tags) => {
        const ordered = orderTags(tags.map((one) => ({ registry: 'r', repository: 'a', tag: one })))
        const ranks = ordered.map((one) => mobility(one.tag))
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
        expect(new Set(ordered.map((one) => one.tag))).toEqual(new Set(tags))
        expect(ordered).toHaveLength(new Set(tags).size)
      }),
    )
  })
})

it('a source that is not there is told as such', async () => {
  const { plan } = await release()
  const { client, act } = clientFor()
  const missing = { ...plan, source: { ...plan.source, digest: `sha256:${'0'.repeat(64)}` } }
  expect(await codesOf(publish(missing, client, act))).toEqual(['registry-not-found'])
})
