import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { mergeSettings } from '../../../src/rebase/plan.ts'

describe('settings of an image on a new base', () => {
  it('follows the base in what was taken over, and keeps what the image set', () => {
    expect(
      mergeSettings(
        {
          User: '65532:65532', WorkingDir: '/', Entrypoint: ['/app/x'],
          Env: ['PATH=/usr/bin', 'SSL_CERT_FILE=/old.pem', 'MODE=prod', 'GONE=1'],
          Labels: { a: 'base', own: 'mine', changed: 'mine' },
          ExposedPorts: { '8080/tcp': {} },
        },
        {
          User: '0', WorkingDir: '/', Cmd: ['/bin/sh'],
          Env: ['PATH=/usr/bin', 'SSL_CERT_FILE=/old.pem', 'GONE=1'],
          Labels: { a: 'base', changed: 'base' },
        },
        {
          User: '1', WorkingDir: '/home', Cmd: ['/bin/bash'],
          Env: ['PATH=/usr/bin', 'SSL_CERT_FILE=/new.pem', 'MODE=base', 'NEW=1'],
          Labels: { a: 'newer', changed: 'newer', b: 'new' },
          StopSignal: 'SIGINT',
        },
      ),
    ).toEqual({
      User: '65532:65532', WorkingDir: '/home', Entrypoint: ['/app/x'], StopSignal: 'SIGINT',
      Env: ['PATH=/usr/bin', 'SSL_CERT_FILE=/new.pem', 'MODE=prod', 'NEW=1'],
      Labels: { a: 'newer', own: 'mine', changed: 'mine', b: 'new' },
      ExposedPorts: { '8080/tcp': {} },
    })
  }) // prettier-ignore

  it('keeps the command of a base whose entry point the image uses', () => {
    expect(mergeSettings({ Cmd: ['a'] }, { Cmd: ['a'] }, { Cmd: ['b'] })).toEqual({ Cmd: ['b'] })
    expect(mergeSettings({ Entrypoint: ['x'] }, { Cmd: ['a'] }, { Cmd: ['b'] })).toEqual({
      Entrypoint: ['x'],
    })
  })

  const words = fc.constantFrom('a', 'b', 'c')
  const settings = fc.record(
    { User: words, WorkingDir: words, Env: fc.uniqueArray(fc.tuple(words, words), { selector: ([name]) => name }).map((pairs) => pairs.map(([name, value]) => `${name}=${value}`)), Labels: fc.dictionary(words, words) },
    { requiredKeys: ['Env', 'Labels'] },
  ) // prettier-ignore

  it('changes nothing when the base has not changed, and takes everything when the image set nothing', () => {
    fc.assert(
      fc.property(settings, settings, (image, base) => {
        expect(sorted(mergeSettings(image, base, base))).toEqual(sorted(image))
        expect(sorted(mergeSettings(base, base, image))).toEqual(sorted(image))
      }),
    )
  })
})

/** The order of environment lines may differ. */
const sorted = (settings: Record<string, unknown>): unknown => ({
  ...settings,
  Env: [...((settings['Env'] ?? []) as string[])].sort(),
})
