import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { copyFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { startNative, type NativeStart } from '../../src/image/start-native.ts'
import type { StartReport } from '../../src/image/start-types.ts'
import { testAct } from '../support/registry-act.ts'
import { run } from '../support/rig.ts'

/** One program that behaves as its first argument says. */
const PROGRAM = `package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	how := os.Args[1]
	switch how {
	case "exit":
		fmt.Println("done", os.Getenv("WORD"), len(os.Environ()))
		return
	case "fail":
		fmt.Fprintln(os.Stderr, "panic: no config")
		os.Exit(3)
	case "quiet":
		time.Sleep(time.Hour)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if how == "deaf" {
		signal.Ignore(syscall.SIGTERM)
		ctx = context.Background()
	}
	host := ""
	if how == "loopback" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", host+":"+os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if how == "sick" {
			w.WriteHeader(500)
		}
	})
	go http.Serve(listener, nil)
	<-ctx.Done()
}
`
const linux = process.platform === 'linux' ? describe : describe.skip

linux('a program started without an engine', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-native-'))
    await writeFile(join(folder, 'go.mod'), 'module example.com/n\n\ngo 1.25\n')
    await writeFile(join(folder, 'main.go'), PROGRAM)
    const built = await run(['go', 'build', '-trimpath', '-o', 'n', '.'], {
      cwd: folder,
      env: { CGO_ENABLED: '0', GOFLAGS: '' },
    })
    expect(built).toMatchObject({ code: 0 })
  }, 600_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** A port that nobody has at this moment. */
  const freePort = async (): Promise<number> => {
    const server = await listen()
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  const listen = (): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer()
      server.listen(0, '127.0.0.1', () => resolve(server))
    })
  // What does not have to open a port ends by itself: nothing may be judged before, however slowly it gets going.
  const start = async (how: string, port: number, more: Partial<NativeStart> = {}, signal?: AbortSignal): Promise<StartReport> => {
    const act = { ...testAct(), clock: systemClock, ...(signal === undefined ? {} : { signal }) }
    try {
      return await startNative(
        { program: join(folder, 'n'), args: [how, String(port)], env: [['WORD', 'w']], folder, mode: 'auto', expose: [], timeoutMs: 60_000, settleMs: 20_000, platform: 'linux/amd64', ...more },
        act,
      )
    } finally {
      await act.http.close()
    }
  } // prettier-ignore
  /** Whether any process of ours is left. */
  const left = async (): Promise<string> => (await run(['pgrep', '-f', `^${join(folder, 'n')}`])).stdout

  it('waits for a program that somebody still has open for writing', async () => {
    const program = join(folder, 'busy')
    await copyFile(join(folder, 'n'), program)
    const writer = await open(program, 'r+')
    try {
      // Held for good, it cannot be started: what is waited for below is real.
      await expect(start('exit', 0, { program, mode: 'command' })).rejects.toMatchObject({ code: 'ETXTBSY' })
      setTimeout(() => void writer.close(), 150)
      const report = await start('exit', 0, { program, mode: 'command' })
      expect(report).toMatchObject({ verdict: 'passed', exitCode: 0 })
    } finally {
      await writer.close()
    }
  })

  it('is watched from its start to its stop', async () => {
    const port = await freePort()
    const report = await start('serve', port, {
      healthPath: '/health',
      expose: [`${port}/tcp`],
      mode: 'service',
      settleMs: 100,
    })
    expect(report).toMatchObject({
      verdict: 'passed',
      as: 'service',
      exitCode: 0,
      problems: [],
      warnings: [],
      health: { status: 200 },
    })
    expect(report.listeners).toEqual([expect.objectContaining({ port, loopback: false })])
    expect(report.summary).toContain('(as a process of this machine)')
  })

  it('sees only its own environment', async () => {
    const report = await start('exit', 0)
    expect(report).toMatchObject({ verdict: 'passed', as: 'command', logs: ['done w 1'] })
  })

  it.each<[how: string, more: (port: number) => Partial<NativeStart>, code: string]>([
    ['fail', () => ({}), 'start-panic'],
    ['exit', () => ({ mode: 'service' }), 'start-ended'],
    ['loopback', (port) => ({ expose: [String(port)] }), 'start-loopback'],
    [
      'serve',
      (port) => ({ expose: [String(port === 65535 ? 1 : port + 1)], timeoutMs: 4000 }),
      'start-wrong-port',
    ],
    ['sick', () => ({ healthPath: '/health', timeoutMs: 4000 }), 'start-unhealthy'],
    ['quiet', () => ({ expose: ['9'], timeoutMs: 1000 }), 'start-not-listening'],
    ['quiet', () => ({ mode: 'command', timeoutMs: 1000 }), 'start-did-not-end'],
    ['deaf', (port) => ({ expose: [String(port)], settleMs: 100, graceMs: 500 }), 'start-ignores-sigterm'],
    ['serve', () => ({ program: '/nowhere/n' }), 'start-exit'],
  ])('%s is refused', async (how, more, code) => {
    const port = await freePort()
    const report = await start(how, port, more(port))
    expect([report.verdict, report.problems.map((one) => one.code)]).toEqual(['failed', [code]])
    expect(await left()).toBe('')
  })

  it('a port that is taken on this machine is no fault of the program', async () => {
    const server = await listen()
    const { port } = server.address() as AddressInfo
    const report = await start('serve', port)
    await new Promise((resolve) => server.close(resolve))
    expect(report).toMatchObject({
      verdict: 'skipped',
      problems: [],
      summary: expect.stringContaining('taken') as unknown,
    })
  })

  it('a cancelled run leaves nothing behind', async () => {
    const abort = new AbortController()
    const running = start('quiet', 0, { expose: ['9'] }, abort.signal)
    setTimeout(() => abort.abort(new Error('enough')), 300)
    await expect(running).rejects.toThrow('enough')
    expect(await left()).toBe('')
  })
})
