import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseModuleFile, resolveGoRequest } from '../../../src/go/version-files.ts'

const files = (
  all: Record<string, string>,
): { read: (path: string) => Promise<string | undefined>; asked: string[] } => {
  const asked: string[] = []
  return {
    asked,
    read: (path) => {
      asked.push(path)
      return Promise.resolve(all[path])
    },
  }
}
const resolve = (
  all: Record<string, string>,
  inputs: { goVersion?: string; goVersionFile?: string; workingDirectory?: string } = {},
): ReturnType<typeof resolveGoRequest> =>
  resolveGoRequest({ goVersion: '', goVersionFile: '', workingDirectory: '.', ...inputs }, files(all))

const MOD = (...lines: string[]): string => ['module example.com/a', '', ...lines, ''].join('\n')

describe('resolveGoRequest without inputs', () => {
  it.each<[string, Record<string, string>, string, string]>([
    ['the go line', { 'go.mod': MOD('go 1.25.3') }, '1.25.3', 'go.mod line 3 (go)'],
    ['a minor', { 'go.mod': MOD('go 1.25') }, '1.25', 'go.mod line 3 (go)'],
    ['a release candidate, whole', { 'go.mod': MOD('go 1.25rc1') }, '1.25rc1', 'go.mod line 3 (go)'],
    [
      'the newer toolchain line',
      { 'go.mod': MOD('go 1.25', 'toolchain go1.26.2') },
      '1.26.2',
      'go.mod line 4 (toolchain)',
    ],
    [
      'the go line when newer',
      { 'go.mod': MOD('go 1.26.3', 'toolchain go1.26.2') },
      '1.26.3',
      'go.mod line 3 (go)',
    ],
    [
      'toolchain default',
      { 'go.mod': MOD('go 1.25.3', 'toolchain default') },
      '1.25.3',
      'go.mod line 3 (go)',
    ],
    [
      'a custom toolchain',
      { 'go.mod': MOD('go 1.25', 'toolchain go1.26.2-acme') },
      '1.26.2',
      'go.mod line 4 (toolchain)',
    ],
    [
      'CRLF, BOM, comments',
      { 'go.mod': '\uFEFFmodule a\r\n// go 1.11\r\ngo 1.25.3 // least\r\n' },
      '1.25.3',
      'go.mod line 3 (go)',
    ],
    [
      'no line inside blocks',
      { 'go.mod': MOD('require (', '\tgo 1.99', ')', 'go 1.25.3') },
      '1.25.3',
      'go.mod line 6 (go)',
    ],
    [
      'go.work before go.mod',
      { 'go.work': 'go 1.26.1\n', 'go.mod': MOD('go 1.25.3') },
      '1.26.1',
      'go.work line 1 (go)',
    ],
    [
      'the newest module of a workspace',
      {
        'go.work': 'go 1.25.0\n\nuse (\n\t./a\n\t"./b" // second\n)\nuse ./gone\n',
        'a/go.mod': MOD('go 1.24'),
        'b/go.mod': MOD('go 1.25', 'toolchain go1.26.4'),
      },
      '1.26.4',
      'b/go.mod line 4 (toolchain)',
    ],
    ['.go-version', { '.go-version': '# team\n\ngo1.26.8\n' }, 'go1.26.8', '.go-version line 3'],
    [
      '.tool-versions',
      { '.tool-versions': 'nodejs 22\ngolang 1.26.8 1.25.0\n' },
      '1.26.8',
      '.tool-versions line 2',
    ],
    [
      '.tool-versions, newest of a minor',
      { '.tool-versions': 'go latest:1.26\n' },
      '1.26',
      '.tool-versions line 1',
    ],
    [
      '.go-version before .tool-versions',
      { '.go-version': '1.26.1', '.tool-versions': 'golang 1.25.0' },
      '1.26.1',
      '.go-version line 1',
    ],
  ])('takes %s', async (_, all, spec, origin) => {
    expect(await resolve(all)).toEqual({ request: expect.objectContaining({ spec, origin }) as unknown })
  })

  it('says stable when go.mod has no go line', async () => {
    expect(await resolve({ 'go.mod': 'module a\n' })).toEqual({
      request: { spec: 'stable', origin: 'go.mod has no go line' },
    })
  })

  it('searches upwards to the repository and names the path it found', async () => {
    expect(
      await resolve(
        { 'go.work': 'go 1.26.1\nuse ./svc/a\n', 'svc/a/go.mod': MOD('go 1.26.5') },
        { workingDirectory: './svc/a/' },
      ),
    ).toEqual({
      request: {
        spec: '1.26.5',
        origin: 'svc/a/go.mod line 3 (go)',
        minimum: '1.26.5',
        minimumOrigin: 'svc/a/go.mod line 3 (go)',
      },
    })
  })

  it.each([
    ['/repo/app', '/repo/go.mod', '/repo/go.mod line 3 (go)'],
    ['D:\\a\\repo\\app', 'D:/a/repo/go.mod', 'D:/a/repo/go.mod line 3 (go)'],
  ])('searches upwards from %s', async (workingDirectory, path, origin) => {
    expect(await resolve({ [path]: MOD('go 1.26.5') }, { workingDirectory })).toEqual({
      request: expect.objectContaining({ origin }) as unknown,
    })
  })

  it('reports a line that is no version, with file and line', async () => {
    expect(await resolve({ 'go.mod': MOD('go 1.twenty') })).toEqual({
      problems: [expect.objectContaining({ code: 'go-version-invalid', where: 'go.mod line 3 (go)' })],
    })
  })

  it('reports that nothing asks for a version', async () => {
    expect(await resolve({ '.tool-versions': 'nodejs 22' }, { workingDirectory: 'app' })).toEqual({
      problems: [expect.objectContaining({ code: 'go-version-unknown', where: 'app' })],
    })
  })
})

describe('resolveGoRequest with go-version', () => {
  it('takes the input and still finds what the modules ask for', async () => {
    const all = { 'go.mod': MOD('go 1.25', 'toolchain go1.26.2') }
    expect(await resolve(all, { goVersion: ' ^1.26 ', goVersionFile: 'ignored' })).toEqual({
      request: {
        spec: '^1.26',
        origin: 'input go-version',
        minimum: '1.26.2',
        minimumOrigin: 'go.mod line 4 (toolchain)',
      },
    })
  })

  it('leaves a broken go line to Go itself', async () => {
    expect(await resolve({ 'go.mod': MOD('go x') }, { goVersion: '1.26' })).toEqual({
      request: { spec: '1.26', origin: 'input go-version' },
    })
  })

  it('reports a value that is no version', async () => {
    expect(await resolve({}, { goVersion: '1.2' })).toEqual({
      problems: [expect.objectContaining({ code: 'go-version-invalid', input: 'go-version', value: '1.2' })],
    })
  })
})

describe('resolveGoRequest with go-version-file', () => {
  it.each<[string, string, string, string]>([
    ['app/go.mod', MOD('go 1.25', 'toolchain go1.26.2'), '1.26.2', 'app/go.mod line 4 (toolchain)'],
    ['tools/go.work', 'go 1.26.1\n', '1.26.1', 'tools/go.work line 1 (go)'],
    ['.go-version', '1.26.8', '1.26.8', '.go-version line 1'],
    ['VERSION_GO', 'go1.26.8\n', 'go1.26.8', 'VERSION_GO line 1'],
    ['.tool-versions', 'golang   1.26.8  # pinned', '1.26.8', '.tool-versions line 1'],
    ['mise.toml', '[env]\ngo = "9"\n[tools]\nnode = "22"\ngo = "1.26"\n', '1.26', 'mise.toml line 5'],
    ['mise.toml', "[tools]\ngo = ['1.26.3', '1.25']\n", '1.26.3', 'mise.toml line 2'],
    [
      '.mise.toml',
      '[tools]\ngo = { version = "prefix:1.26", os = ["linux"] }\n',
      '1.26',
      '.mise.toml line 2',
    ],
    [
      '.config/mise/config.toml',
      '[tools.go]\nversion = "1.26.8"\n',
      '1.26.8',
      '.config/mise/config.toml line 2',
    ],
    ['mise.toml', 'tools.go = "1.26.8"\n', '1.26.8', 'mise.toml line 1'],
    [
      'Dockerfile',
      'FROM alpine\nFROM golang:1.26.8-alpine3.22 AS build\n',
      '1.26.8',
      'Dockerfile line 2 (FROM)',
    ],
    [
      'Dockerfile',
      'FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26@sha256:0f\n',
      '1.26',
      'Dockerfile line 1 (FROM)',
    ],
    [
      'build/Dockerfile.api',
      'ARG GO_VERSION=1.26.3\nFROM golang:${GO_VERSION}-bookworm\n',
      '1.26.3',
      'build/Dockerfile.api line 1 (ARG GO_VERSION)',
    ],
    ['api.dockerfile', 'ARG V="1.27rc1"\nFROM golang:$V\n', '1.27rc1', 'api.dockerfile line 1 (ARG V)'],
    ['Dockerfile', 'FROM golang:${V:-1.26.4}-alpine\n', '1.26.4', 'Dockerfile line 1 (FROM)'],
    ['Dockerfile', 'FROM golang\n', 'latest', 'Dockerfile line 1 (FROM)'],
    ['Dockerfile', 'FROM golang:alpine\n', 'latest', 'Dockerfile line 1 (FROM)'],
    [
      'Containerfile',
      'ARG GO_VERSION=1.26.3\nFROM base/golang-tools:9\n',
      '1.26.3',
      'Containerfile line 1 (ARG GO_VERSION)',
    ],
  ])('%s: %j', async (goVersionFile, text, spec, origin) => {
    expect(await resolve({ [goVersionFile]: text }, { goVersionFile })).toEqual({
      request: expect.objectContaining({ spec, origin }) as unknown,
    })
  })

  it('looks in the working directory first, then in the repository', async () => {
    const both = { 'app/.go-version': '1.26.1', '.go-version': '1.25.1' }
    const inputs = { goVersionFile: '.go-version', workingDirectory: 'app' }
    expect(await resolve(both, inputs)).toMatchObject({ request: { spec: '1.26.1' } })
    expect(await resolve({ '.go-version': '1.25.1' }, inputs)).toMatchObject({ request: { spec: '1.25.1' } })
  })

  it.each<[string, Record<string, string>, string]>([
    ['absent.mod', {}, 'go-version-file-missing'],
    ['.tool-versions', { '.tool-versions': 'nodejs 22' }, 'go-version-file-without-version'],
    ['Dockerfile', { Dockerfile: 'FROM alpine:3.22' }, 'go-version-file-without-version'],
    ['mise.toml', { 'mise.toml': '[tools]\nnode = "22"\n' }, 'go-version-file-without-version'],
    ['.go-version', { '.go-version': '\n\n' }, 'go-version-file-without-version'],
    ['.go-version', { '.go-version': 'system' }, 'go-version-invalid'],
  ])('reports %s %j as a problem: %s', async (goVersionFile, all, code) => {
    expect(await resolve(all, { goVersionFile })).toEqual({
      problems: [expect.objectContaining({ code, input: 'go-version-file', value: goVersionFile })],
    })
  })
})

describe('parseModuleFile', () => {
  it('never throws and never invents a line', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('g', 'o', ' ', '1', '.', '\n', '(', ')', '/', 'use', 'toolchain'),
        }),
        (text) => {
          for (const line of parseModuleFile('go.mod', text).lines) expect(text).toContain(line.spec)
        },
      ),
    )
  })
})
