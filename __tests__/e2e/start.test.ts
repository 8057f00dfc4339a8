import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nativeContainerPlatform } from '../../src/base/platform.ts'
import { runBuild } from '../../src/buildx/build.ts'
import { probeEngine } from '../../src/buildx/engine.ts'
import { installBuildx } from '../../src/buildx/install.ts'
import { loadFromArchive } from '../../src/image/load.ts'
import { removeTrials, startImage, type StartOptions } from '../../src/image/start.ts'
import { describeWithRig, rigValue, run, until } from '../support/rig.ts'
import { testAct, type TestAct } from '../support/docker-act.ts'

/** One program with every way of going wrong, chosen by its first argument. */
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

func serve(address string, handle bool) {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, os.Getenv("GREETING")) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening on", listener.Addr(), os.Getenv("GREETING"))
	server := &http.Server{Handler: mux}
	if handle {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		go func() { <-ctx.Done(); _ = server.Shutdown(context.Background()) }()
	}
	_ = server.Serve(listener)
	fmt.Println("stopped")
}

func main() {
	switch os.Args[1] {
	case "serve":
		serve(os.Args[2], true)
	case "serve-slowly":
		time.Sleep(2 * time.Second)
		serve(os.Args[2], true)
	case "serve-without-handler":
		serve(os.Args[2], false)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		serve(os.Args[2], false)
	case "work":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		<-ctx.Done()
	case "done":
		fmt.Println("version 1")
	case "exit":
		fmt.Fprintln(os.Stderr, "no configuration")
		os.Exit(7)
	case "panic":
		var m map[string]int
		m["x"] = 1
	case "write":
		if err := os.WriteFile("/state", nil, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		serve(os.Args[2], true)
	case "tmp":
		if err := os.WriteFile("/tmp/state", nil, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "eat":
		var kept [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := range b {
				b[i] = 1
			}
			kept = append(kept, b)
			_ = kept
		}
	}
}
`

describeWithRig('starting an image', () => {
  let act: TestAct
  const image = 'gip-e2e-start:expose'
  const quiet = 'gip-e2e-start:quiet'
  const platform = nativeContainerPlatform({ os: 'linux', arch: 'amd64' })

  // The default image promises a port, so nothing is judged before it is open; the others end by themselves.
  const start = (options: Partial<StartOptions>): ReturnType<typeof startImage> =>
    startImage(
      {
        image,
        platform,
        mode: 'auto',
        timeoutMs: 60_000,
        settleMs: options.image === undefined ? 500 : 20_000,
        graceMs: 30_000,
        run: 'e2e-start',
        ...options,
      },
      act,
    )
  const left = async (): Promise<string> =>
    (await run(['docker', 'ps', '-aq', '--filter', 'label=go-image-pipeline.run=e2e-start'])).stdout.trim()

  beforeAll(async () => {
    act = await testAct()
    const buildx = await installBuildx({ version: 'auto' }, await probeEngine(act), act)
    const folder = join(act.folder, 'program')
    await mkdir(folder)
    await writeFile(join(folder, 'go.mod'), 'module example.com/program\n\ngo 1.26\n')
    await writeFile(join(folder, 'main.go'), PROGRAM)
    for (const [name, arch, cgo] of [
      ['program', 'amd64', '0'],
      ['foreign', 'arm64', '0'],
      ['dynamic', 'amd64', '1'],
    ] as const) {
      const built = await run(
        ['go', 'build', ...(cgo === '1' ? ['-ldflags=-linkmode=external'] : []), '-o', name, '.'],
        { cwd: folder, env: { CGO_ENABLED: cgo, GOARCH: arch, GOFLAGS: '' } },
      )
      if (built.code !== 0) throw new Error(built.stderr)
    }
    const make = async (tag: string, dockerfile: string): Promise<void> => {
      const file = join(folder, 'Dockerfile')
      await writeFile(file, dockerfile)
      await runBuild({ context: folder, file, output: { kind: 'load', tags: [tag] } }, buildx, act)
    }
    await make(
      image,
      'FROM scratch\nCOPY program /app/program\nUSER 65532\nEXPOSE 8080\nENTRYPOINT ["/app/program"]\n',
    )
    await make(quiet, 'FROM scratch\nCOPY program /app/program\nUSER 65532\nENTRYPOINT ["/app/program"]\n')
    await make(
      'gip-e2e-start:foreign',
      'FROM scratch\nCOPY foreign /app/program\nENTRYPOINT ["/app/program", "done"]\n',
    )
    await make(
      'gip-e2e-start:dynamic',
      'FROM scratch\nCOPY dynamic /app/program\nENTRYPOINT ["/app/program", "done"]\n',
    )
    await make(
      'gip-e2e-start:shell',
      'FROM scratch\nCOPY program /app/program\nENTRYPOINT /app/program done\n',
    )
    await make(
      'gip-e2e-start:missing',
      'FROM scratch\nCOPY program /app/program\nENTRYPOINT ["/app/other"]\n',
    )
    await make(
      'gip-e2e-start:mode',
      'FROM scratch\nCOPY --chmod=0444 program /app/program\nUSER 65532\nENTRYPOINT ["/app/program"]\n',
    )
    const name = `${rigValue('GIP_REGISTRY')}/e2e/start:1`
    const file = join(folder, 'Dockerfile')
    await writeFile(file, 'FROM scratch\nCOPY program /app/program\nENTRYPOINT ["/app/program", "done"]\n')
    await runBuild({ context: folder, file, output: { kind: 'tag', tags: [name] } }, buildx, act)
    // The docker driver also keeps what it pushes.
    await run(['docker', 'image', 'rm', '--force', name])
    await runBuild(
      { context: folder, file, output: { kind: 'oci', file: join(act.folder, 'image.tar') } },
      buildx,
      act,
    )
  })

  afterAll(async () => {
    const images = (await run(['docker', 'images', '-q', 'gip-e2e-start'])).stdout
      .split(/\s+/)
      .filter((id) => id !== '')
    if (images.length > 0) await run(['docker', 'image', 'rm', '--force', ...new Set(images)])
    expect(await left()).toBe('')
    await act.dispose()
  })

  it('passes a service: open, healthy from outside, stopped by SIGTERM', async () => {
    const report = await start({
      args: ['serve', ':8080'],
      env: [['GREETING', 'hi = "there"']],
      healthPath: '/health',
    })
    expect(report).toMatchObject({
      verdict: 'passed',
      as: 'service',
      platform: 'linux/amd64',
      problems: [],
      warnings: [],
      exitCode: 0,
      readOnly: true,
      health: { path: '/health', status: 200 },
    })
    expect(report.listeners).toEqual([{ address: '::', port: 8080, loopback: false }])
    expect(report.logs).toEqual(['listening on [::]:8080 hi = "there"', 'stopped'])
    expect(report.summary).toMatch(/^up after .*, listens on 8080, \/health answered 200 in .*, stopped in /)
  })

  it('waits for a slow one', async () => {
    const report = await start({ args: ['serve-slowly', ':8080'], healthPath: '/health' })
    expect(report).toMatchObject({ verdict: 'passed', as: 'service' })
  })

  it.each([
    [
      'loopback only',
      { args: ['serve', '127.0.0.1:8080'] },
      'start-loopback',
      /listens on 127\.0\.0\.1:8080 only/,
      /":8080"/,
    ],
    [
      'another port than promised',
      { args: ['serve', ':9090'], timeoutMs: 5000 },
      'start-wrong-port',
      /promises port 8080.* listens on 9090/,
      /expose 9090/,
    ],
    [
      'nothing listens',
      { args: ['work'], timeoutMs: 2000 },
      'start-not-listening',
      /port 8080 was not open/,
      /EXPOSE/,
    ],
    [
      'unhealthy',
      { args: ['serve', ':8080'], healthPath: '/broken', timeoutMs: 5000 },
      'start-unhealthy',
      /\/broken did not answer 2xx/,
      /health/,
    ],
    [
      'deaf to SIGTERM',
      { args: ['deaf', ':8080'], graceMs: 3000 },
      'start-ignores-sigterm',
      /did not end within 3\.0 s of SIGTERM/,
      /signal\.NotifyContext/,
    ],
    ['an exit code', { args: ['exit'] }, 'start-exit', /ended with code 7/, /start-env/],
    ['a panic', { args: ['panic'] }, 'start-panic', /ended with code 2/, /stack/],
    ['a low port', { args: ['serve', ':80'] }, 'start-low-port', /ended with code 1/, /1024/],
    [
      'too little memory',
      { args: ['eat'], memory: '64m' },
      'start-out-of-memory',
      /ended with code 137/,
      /GOMEMLIMIT/,
    ],
    [
      'a service that ends',
      { args: ['done'], mode: 'service' },
      'start-ended',
      /should go on running/,
      /start: command/,
    ],
    [
      'a command that does not end',
      { args: ['work'], mode: 'command', timeoutMs: 1500 },
      'start-did-not-end',
      /did not end/,
      /start-args/,
    ],
    [
      'another architecture',
      { image: 'gip-e2e-start:foreign' },
      'start-exec-format',
      /ended with code/,
      /TARGETARCH/,
    ],
    [
      'a missing loader',
      { image: 'gip-e2e-start:dynamic' },
      'start-library-missing',
      /ended with code/,
      /CGO_ENABLED=0/,
    ],
    [
      'shell form without a shell',
      { image: 'gip-e2e-start:shell' },
      'start-shell-missing',
      /does not start/,
      /exec form/,
    ],
    [
      'a missing program',
      { image: 'gip-e2e-start:missing' },
      'start-program-missing',
      /does not start/,
      /ENTRYPOINT/,
    ],
    [
      'a file that may not be executed',
      { image: 'gip-e2e-start:mode' },
      'start-not-executable',
      /does not start/,
      /0555/,
    ],
  ] as const)('refuses %s, with cause and fix', async (_name, options, code, what, fix) => {
    const report = await start(options)
    expect(report.verdict).toBe('failed')
    expect(report.problems[0]?.code).toBe(code)
    expect(report.problems[0]?.what).toMatch(what)
    expect(report.problems[0]?.fix).toMatch(fix)
    expect(report.summary).toContain(report.problems[0]?.what ?? '?')
    expect(await left()).toBe('')
  })

  it('shows the output of what failed', async () => {
    expect((await start({ args: ['exit'] })).logs).toEqual(['no configuration'])
    expect((await start({ args: ['panic'] })).problems[0]?.cause).toContain('assignment to entry in nil map')
  })

  it('takes a program that exits 0 for a command', async () => {
    expect(await start({ args: ['done'] })).toMatchObject({
      verdict: 'passed',
      as: 'command',
      exitCode: 0,
      logs: ['version 1'],
    })
  })

  it('takes a program without a port for a worker when nothing is promised', async () => {
    expect(await start({ image: quiet, args: ['work'], settleMs: 3000 })).toMatchObject({
      verdict: 'passed',
      as: 'service',
      listeners: [],
    })
  })

  it('finds the port by itself when none is exposed', async () => {
    const report = await start({
      image: quiet,
      args: ['serve', ':7070'],
      healthPath: 'health',
      settleMs: 500,
    })
    expect(report).toMatchObject({ verdict: 'passed', health: { status: 200 } })
    expect(report.listeners.map((one) => one.port)).toEqual([7070])
  })

  it('warns of a program that only runs with a writable root, and lets /tmp be written', async () => {
    const report = await start({ args: ['write', ':8080'], user: '0' })
    expect(report).toMatchObject({ verdict: 'passed', readOnly: false })
    expect(report.warnings.map((one) => one.code)).toEqual(['start-writable-root'])
    expect(await start({ args: ['tmp'] })).toMatchObject({ verdict: 'passed', readOnly: true })
  })

  it('warns of a program without a handler for SIGTERM', async () => {
    const report = await start({ args: ['serve-without-handler', ':8080'] })
    expect(report.verdict).toBe('passed')
    expect(report.warnings.map((one) => one.code)).toEqual(['start-sigterm-unhandled'])
  })

  it('removes its container when the run is cancelled', async () => {
    const abort = new AbortController()
    const running = startImage(
      { image, platform, mode: 'service', args: ['work'], timeoutMs: 30_000, run: 'e2e-start' },
      { ...act, signal: abort.signal },
    )
    await until('the container', async () => (await left()) !== '')
    abort.abort(new Error('cancelled by the test'))
    await expect(running).rejects.toThrow('cancelled by the test')
    expect(await left()).toBe('')
  })

  it('removes what a killed run left', async () => {
    await run(['docker', 'create', '--label', 'go-image-pipeline.run=e2e-killed', image, 'work'])
    expect(await removeTrials('e2e-killed', act)).toBe(1)
    expect(await removeTrials('e2e-killed', act)).toBe(0)
  })

  it('starts what was pushed, by digest, and leaves no image behind', async () => {
    const registry = rigValue('GIP_REGISTRY')
    const digest = (
      await run([rigValue('GIP_CRANE'), 'digest', '--insecure', `${registry}/e2e/start:1`])
    ).stdout.trim()
    const reference = `${registry}/e2e/start@${digest}`
    const report = await start({ image: reference, pull: true, remove: true })
    expect(report).toMatchObject({ verdict: 'passed', as: 'command' })
    expect((await run(['docker', 'image', 'inspect', reference])).code).not.toBe(0)
    await expect(
      start({ image: `${registry}/e2e/start@sha256:${'0'.repeat(64)}`, pull: true }),
    ).rejects.toMatchObject({
      kind: 'environment',
      problems: [expect.objectContaining({ code: 'start-base-missing' })],
    })
  })

  it('starts an OCI archive', async () => {
    const loaded = await loadFromArchive(join(act.folder, 'image.tar'), act)
    try {
      expect(await start({ image: loaded.image })).toMatchObject({ verdict: 'passed', as: 'command' })
    } finally {
      await loaded.remove()
    }
    expect((await run(['docker', 'image', 'inspect', loaded.image])).code).not.toBe(0)
  })

  it('says that the engine does not hold an image', async () => {
    await expect(start({ image: 'gip-e2e-start:nowhere' })).rejects.toMatchObject({
      problems: [expect.objectContaining({ code: 'start-no-image' })],
    })
  })
})
