import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  formatTarget,
  knownName,
  parsePrivateKey,
  parseTarget,
  type SshTarget,
  unknownTargets,
} from '../../../src/deploy/ssh-target.ts'

const folder = mkdtempSync(join(tmpdir(), 'gip-target-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const keygen = (...args: string[]): void => {
  const done = spawnSync('ssh-keygen', ['-q', ...args], { cwd: folder, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(done.stderr)
}

describe('parseTarget', () => {
  it.each<[string, SshTarget]>([
    ['deploy@web-1.example', { user: 'deploy', host: 'web-1.example', port: 22 }],
    [' deploy@10.0.0.7:2222 ', { user: 'deploy', host: '10.0.0.7', port: 2222 }],
    ['ssh://deploy@web:22', { user: 'deploy', host: 'web', port: 22 }],
    ['deploy@[fe80::1%eth0]:2222', { user: 'deploy', host: 'fe80::1%eth0', port: 2222 }],
    ['me@corp.example@web', { user: 'me@corp.example', host: 'web', port: 22 }],
    ['CORP\\me@web', { user: 'CORP\\me', host: 'web', port: 22 }],
  ])('%s', (text, target) => {
    expect(parseTarget(text)).toEqual(target)
  })

  it.each([
    ['web', 'user'],
    ['@web', 'user'],
    ['-oProxyCommand=id@web', 'user name'],
    ['deploy@-oProxyCommand=id', 'host name'],
    ['deploy@web;id', 'host name'],
    ['deploy@we b', 'host name'],
    ['deploy@fe80::1', 'IPv6'],
    ['deploy@[web]', 'host name'],
    ['deploy@web:0', 'port'],
    ['deploy@web:65536', 'port'],
    ['deploy@', 'host name'],
    ["d'e@web", 'user name'],
  ])('refuses %s', (text, reason) => {
    expect(parseTarget(text)).toEqual({ reason: expect.stringContaining(reason) })
  })

  it('reads what it writes, and never makes an option of ssh of it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const target = parseTarget(text)
        if ('reason' in target) return
        expect(parseTarget(formatTarget(target))).toEqual(target)
        expect(target.host).not.toMatch(/^-|\s/)
        expect(target.user).not.toMatch(/^-|\s/)
      }),
    )
  })
})

describe('unknownTargets', () => {
  const web: SshTarget = { user: 'deploy', host: 'Web.example', port: 22 }
  const other: SshTarget = { user: 'deploy', host: 'web.example', port: 2222 }
  it.each([
    ['web.example ssh-ed25519 AAAA', [web, other], []],
    ['[web.example]:2222 ssh-ed25519 AAAA comment', [web, other], [web]],
    ['# web.example ssh-ed25519 AAAA', [web], [web]],
    ['10.0.0.1,web.example ssh-ed25519 AAAA', [web], []],
    ['*.example ssh-ed25519 AAAA', [web], []],
    ['*.example,!web.example ssh-ed25519 AAAA', [web], [web]],
    ['@cert-authority *.example ssh-ed25519 AAAA', [web], []],
    ['@revoked web.example ssh-ed25519 AAAA', [web], [web]],
    ['webXexample ssh-ed25519 AAAA', [web], [web]],
    ['web.example', [web], [web]],
    ['', [web], [web]],
  ])('%j', (known, targets, unknown) => {
    expect(unknownTargets(known, targets)).toEqual(unknown)
  })

  it('reads the names that ssh-keygen -H has hashed', () => {
    const file = join(folder, 'known')
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
    writeFileSync(file, `${knownName(web)} ${key}\n${knownName(other)} ${key}\n`)
    keygen('-H', '-f', file)
    const hashed = readFileSync(file, 'utf8')
    expect(hashed).not.toContain('example')
    expect(unknownTargets(hashed, [web, other])).toEqual([])
    expect(unknownTargets(hashed, [{ ...web, host: 'db.example' }])).toHaveLength(1)
  })
})

describe('parsePrivateKey', () => {
  const make = (name: string, ...args: string[]): string => {
    keygen('-N', '', '-f', join(folder, name), ...args)
    return readFileSync(join(folder, name), 'utf8')
  }

  it('takes keys as ssh-keygen writes them, and as secrets mangle them', () => {
    const key = make('plain', '-t', 'ed25519')
    expect(parsePrivateKey(key)).toEqual({ text: key })
    for (const mangled of [
      key.trimEnd(),
      `\n ${key.replaceAll('\n', '\r\n')}\r\n`,
      key.replaceAll('\n', ' \n'),
    ])
      expect(parsePrivateKey(mangled)).toEqual({ text: key })
    const pem = make('pem', '-t', 'rsa', '-b', '2048', '-m', 'PEM')
    expect(parsePrivateKey(pem)).toEqual({ text: pem })
  })

  it('says of a key with a passphrase that nobody is there to type it', () => {
    for (const [name, ...args] of [
      ['locked', '-t', 'ed25519'],
      ['locked-pem', '-t', 'rsa', '-b', '2048', '-m', 'PEM'],
      ['locked-pkcs8', '-t', 'rsa', '-b', '2048', '-m', 'PKCS8'],
    ] as const) {
      keygen('-N', 'secret', '-f', join(folder, name), ...args)
      expect(parsePrivateKey(readFileSync(join(folder, name), 'utf8'))).toMatchObject({
        reason: expect.stringContaining('passphrase'),
      })
    }
  })

  it.each([
    ['ssh-ed25519 AAAAC3Nz me', 'public key'],
    ['PuTTY-User-Key-File-3: ssh-ed25519', 'PuTTY'],
    ['/home/me/.ssh/id_ed25519', 'BEGIN'],
    ['', 'BEGIN'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA', 'last line'],
  ])('says what is wrong with %j', (text, reason) => {
    expect(parsePrivateKey(text)).toMatchObject({ reason: expect.stringContaining(reason) })
  })
})
