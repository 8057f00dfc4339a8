import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PipelineError } from '../../../src/base/errors.ts'
import { display, LineReader, LineRing, probe, SystemExec } from '../../../src/base/exec.ts'

const exec = new SystemExec()
const node = (script: string, ...args: string[]): string[] => [process.execPath, '-e', script, ...args]

describe('SystemExec', () => {
  it('gives exit code, output and arguments exactly, without a shell', async () => {
    const result = await exec.run({
      argv: node(
        'console.log(JSON.stringify(process.argv.slice(1))); console.error("e"); process.exit(7)',
        'a b',
        '$HOME',
        '"',
      ),
    })
    expect(result).toMatchObject({ code: 7, stdout: '["a b","$HOME","\\""]\n', stderr: 'e' })
  })

  it('hands input over by stdin and delivers lines as they come', async () => {
    const lines: string[] = []
    await exec.run({
      argv: node('process.stdin.pipe(process.stdout)'),
      input: 'one\r\ntwo\nthree',
      onLine: (line, stream) => lines.push(`${stream}:${line}`),
    })
    expect(lines).toEqual(['stdout:one', 'stdout:two', 'stdout:three'])
  })

  it('names a missing program', async () => {
    const failure = await exec.run({ argv: ['no-such-program-gip'] }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PipelineError)
    expect((failure as PipelineError).problems[0]).toMatchObject({
      code: 'program-missing',
      what: 'cannot start no-such-program-gip',
    })
  })

  it('ends the whole process group on abort, also a child that ignores SIGTERM', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gip-exec-'))
    try {
      const abort = new AbortController()
      const pidFile = join(folder, 'pid')
      // The grandchild would live for a minute; the group must take it along.
      const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']); require('node:fs').writeFileSync(process.argv[1], String(c.pid)); console.log('up'); setTimeout(() => {}, 60000)`
      const running = exec.run({
        argv: node(script, pidFile),
        signal: abort.signal,
        onLine: () => abort.abort(new Error('stop')),
      })
      await expect(running).rejects.toThrow('stop')
      const pid = Number(await readFile(pidFile, 'utf8'))
      for (let i = 0; i < 400 && isAlive(pid); i++) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(isAlive(pid)).toBe(false)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('stops at the timeout and keeps the last output', async () => {
    const failure = await exec
      .run({ argv: node('console.log("working"); setTimeout(() => {}, 60000)'), timeoutMs: 5000 })
      .catch((error: unknown) => error)
    expect((failure as PipelineError).problems[0]?.code).toBe('command-timeout')
    expect((failure as PipelineError).log).toContain('working')
  })

  it('refuses more output than it may keep', async () => {
    const failure = await exec
      .run({ argv: node('process.stdout.write("x".repeat(5000))'), maxStdout: 1000 })
      .catch((error: unknown) => error)
    expect((failure as PipelineError).problems[0]?.code).toBe('output-too-large')
    const dropped = await exec.run({ argv: node('process.stdout.write("x".repeat(5000))'), maxStdout: 0 })
    expect(dropped).toMatchObject({ code: 0, stdout: '' })
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('LineRing', () => {
  it('is empty at first, and keeps empty lines', () => {
    const ring = new LineRing()
    expect(ring.lines).toEqual([])
    for (const line of ['', 'a', '']) ring.push(line)
    expect(ring.lines).toEqual(['', 'a', ''])
  })

  it('keeps the last 200 lines, whatever their lengths', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc
        .tuple(fc.constantFrom('x', 'é', '世', '😀'), fc.nat(9000))
        .map(([text, times]) => text.repeat(times)),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 700, size: 'max' }), (lines) => {
        const ring = new LineRing()
        for (const one of lines) ring.push(one)
        expect(ring.lines).toEqual(lines.slice(-200))
      }),
      { numRuns: 40 },
    )
  })
})

describe('LineReader', () => {
  it('joins characters that were cut, and cuts lines that never end', () => {
    const lines: string[] = []
    const reader = new LineReader((line) => lines.push(line))
    const bytes = Buffer.from('ä\nö')
    reader.write(bytes.subarray(0, 1))
    reader.write(bytes.subarray(1))
    reader.end()
    expect(lines).toEqual(['ä', 'ö'])
    lines.length = 0
    reader.write(Buffer.from('x'.repeat(200_000)))
    reader.end()
    expect(lines.map((line) => line.length)).toEqual([65536, 65536, 65536, 3392])
  })
})

describe('display and probe', () => {
  it('quotes for people', () => {
    expect(display(['go', 'build', "-ldflags=-X 'a=b'"])).toBe(`go build '-ldflags=-X '\\''a=b'\\'''`)
  })

  it('answers undefined for what is missing, fails or takes too long', async () => {
    expect(await probe(node('console.log(" yes ")'))).toBe('yes')
    expect(await probe(node('process.exit(1)'))).toBeUndefined()
    expect(await probe(['no-such-program-gip'])).toBeUndefined()
    expect(await probe(node('setTimeout(() => {}, 900)'), { timeoutMs: 200 })).toBeUndefined()
  })
})
