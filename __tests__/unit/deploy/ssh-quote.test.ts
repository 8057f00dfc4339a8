import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  encodedCommand,
  posixScript,
  powerShellScript,
  quotePosix,
  quotePowerShell,
} from '../../../src/deploy/ssh-quote.ts'

const folder = mkdtempSync(join(tmpdir(), 'gip-quote-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const shell = (input: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync('sh', ['-s'], { input, encoding: 'utf8', cwd: folder })

describe('quotePosix', () => {
  it('gives a real shell back what it was given, whatever it is', () => {
    const word = fc
      .string({ unit: 'binary' })
      .map((text) => text.replaceAll('\0', '').replaceAll(/\p{Cs}/gu, ''))
    const nasty = fc.constantFrom("'", '"', '$(id)', '`id`', '\\', '\n', '*', '-n', '!!', ';', '\r', '~', '')
    fc.assert(
      fc.property(fc.array(fc.oneof(word, nasty), { minLength: 20, maxLength: 60 }), (words) => {
        const script = words.map((text) => `printf '%s\\000' ${quotePosix(text)}`).join('\n')
        expect(shell(script).stdout.split('\0').slice(0, -1)).toEqual(words)
      }),
      { numRuns: 10 },
    )
  })

  it('refuses what no argument can hold', () => {
    expect(() => quotePosix('a\0b')).toThrow('NUL')
    expect(() => quotePowerShell('a\0b')).toThrow('NUL')
  })
})

describe('quotePowerShell', () => {
  it.each([
    ['plain', "'plain'"],
    ["it's", "'it''s'"],
    ['$env:PATH `n "x"', '\'$env:PATH `n "x"\''],
    // PowerShell ends a text in single quotes at any of these.
    ['\u2018a\u2019b\u201Ac\u201B', "'\u2018\u2018a\u2019\u2019b\u201A\u201Ac\u201B\u201B'"],
  ])('%s', (text, quoted) => {
    expect(quotePowerShell(text)).toBe(quoted)
  })
})

describe('posixScript', () => {
  it.each([
    ['exit 0', 0],
    ['exit 255', 255],
    ['false', 1],
    ['set -e; false; echo never', 1],
    ['echo $nobody_has_set_this', 2],
  ])('%s ends with its own code, told on stderr', (script, code) => {
    const { command, input } = posixScript(script, 'n1')
    expect(command).toBe('sh -s')
    const done = shell(input)
    expect(done.status).toBe(code)
    expect(done.stdout).not.toContain('never')
    const lines = done.stderr.trim().split('\n')
    expect([lines[0], lines.at(-1)]).toEqual(['gip-start-n1', `gip-end-n1 ${code}`])
  })

  it('keeps the script away from commands that read their input', () => {
    const done = shell(posixScript('cat; read -r line || echo "nothing to read"; echo after', 'n').input)
    expect(done.stdout).toBe('nothing to read\nafter\n')
  })

  it('runs nothing at all when it arrives in part', () => {
    const { input } = posixScript("touch 'was-run'\necho done", 'n')
    for (let length = 0; length < input.length - 1; length++) shell(input.slice(0, length))
    expect(existsSync(join(folder, 'was-run'))).toBe(false)
    shell(input)
    expect(existsSync(join(folder, 'was-run'))).toBe(true)
  })
})

const decoded = (command: string): string =>
  Buffer.from(command.split(' ').at(-1) ?? '', 'base64').toString('utf16le')

describe('PowerShell over OpenSSH', () => {
  it('encodes UTF-16LE, so that no shell between has anything to read', () => {
    const command = encodedCommand('Write-Output \'ü "$x"\'')
    expect(command).toMatch(
      /^powershell\.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand [A-Za-z0-9+/=]+$/,
    )
    expect(decoded(command)).toBe('Write-Output \'ü "$x"\'')
  })

  it('sends a script of any length on standard input, framed by the same marks', () => {
    const script = `'ü' * ${'9'.repeat(50_000)}`
    const { command, input } = powerShellScript(script, 'n1')
    expect(command.length).toBeLessThan(8000)
    expect(decoded(command)).toContain('[Console]::In.ReadToEnd()')
    const body = Buffer.from(input, 'base64').toString('utf8')
    expect(body).toContain(script)
    expect(body).toContain("WriteLine('gip-start-n1')")
    expect(body).toContain("WriteLine('gip-end-n1 ' + $gipCode)")
  })
})
