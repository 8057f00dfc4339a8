import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import {
  actionLog,
  childEnvironment,
  inert,
  openShell,
  tellFailure,
  terminalLog,
} from '../../../src/actions/shell.ts'
import { INPUTS } from '../../../src/actions/build/spec.ts'
import { gateError } from '../../../src/base/errors.ts'
import { prefixed } from '../../../src/base/log.ts'
import { Secrets } from '../../../src/base/secrets.ts'

/** The runner's commands (actions/runner, ActionCommandManager and its extensions). */
const COMMANDS = [
  'set-env', 'set-output', 'save-state', 'add-path', 'add-mask', 'add-matcher', 'remove-matcher', 'debug',
  'warning', 'error', 'notice', 'group', 'endgroup', 'echo', 'stop-commands', 'internal-set-repo-path',
] // prettier-ignore

/** What a comparison by the rules of a language does not see. */
const seen = (text: string): string => text.replace(/[\p{Cf}\p{Cc}\p{M}]/gu, '')

/** The commands the runner would carry out, told line by line as its StreamReader cuts them. */
function commandsIn(text: string): string[] {
  return text.split(/\r\n|\r|\n/).flatMap((raw) =>
    [raw, seen(raw)].flatMap((line) => {
      const [, second] = /^\p{Z}*\s*::(.*?)::/u.exec(line) ?? []
      const from = line.indexOf('##[')
      const to = line.indexOf(']', from)
      const first = from < 0 || to < 0 ? undefined : line.slice(from + 3, to)
      return [second, first]
        .flatMap((info) => (info === undefined ? [] : [info.split(' ')[0]?.toLowerCase() ?? '']))
        .filter((name) => COMMANDS.includes(name))
    }),
  )
}

describe('inert', () => {
  it.each([
    ['::error::x', '\\::error::x'],
    ['    ::set-output name=image::evil', '    \\::set-output name=image::evil'],
    ['\t\u00a0\u3000\u0085::add-mask::a', '\t\u00a0\u3000\u0085\\::add-mask::a'],
    ['[test] ##[set-output name=image;]evil', '[test] ##\\[set-output name=image;]evil'],
    ['a ###[error]x', 'a ###\\[error]x'],
    ['progress\r::stop-commands::t', 'progress\r\\::stop-commands::t'],
    ['one\n::warning::two\r\n  ::notice::three', 'one\n\\::warning::two\r\n  \\::notice::three'],
    ['\u200b::error::x', '\u200b\\::error::x'],
    [':\u200d:error::x', '\\:\u200d:error::x'],
    ['#\u00ad#\u200b[error]x', '#\u00ad#\u200b\\[error]x'],
    ['\u0000::error::x', '\u0000\\::error::x'],
  ])('%j becomes %j', (line, expected) => {
    expect(inert(line)).toBe(expected)
    expect(commandsIn(inert(line))).toEqual([])
  })

  it.each([
    'listening on [::]:8080',
    'std::vector<int> a',
    '#12 [builder 3/5] RUN go build',
    '## heading',
    '[test] ::error::is text behind a prefix',
    ': : not a command',
    '',
  ])('leaves %j as it is', (line) => {
    expect(inert(line)).toBe(line)
  })

  it('lets no command through, whatever surrounds it', () => {
    const noise = fc.constantFrom(
      '',
      ' ',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '\u200b',
      '\u0000',
      '\u00ad',
      '#',
      ':',
      '\\',
      'a',
      '\u3000',
    )
    const mark = fc.constantFrom(...COMMANDS.flatMap((name) => [`::${name} a=b::`, `##[${name} a=b;]`]))
    const text = fc.array(fc.oneof(noise, mark), { maxLength: 12 }).map((parts) => parts.join(''))
    let dangerous = 0
    fc.assert(
      fc.property(text, (value) => {
        if (commandsIn(value).length > 0) dangerous++
        expect(commandsIn(inert(value))).toEqual([])
      }),
      { numRuns: 2000, seed: 1 },
    )
    // Or the judge above would be blind.
    expect(dangerous).toBeGreaterThan(200)
  })
})

describe('actionLog', () => {
  let written: string[]
  beforeEach(() => {
    written = []
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })

  const hostile = ['::set-output name=image::evil', '    ##[save-state name=gip;]evil', 'x\r::add-mask::a']

  it.each(hostile)('writes no command for the line %j, with a prefix or without', (line) => {
    const log = actionLog(new Secrets())
    log.info(line)
    prefixed(log, 'test').info(line)
    expect(commandsIn(written.join(''))).toEqual([])
    expect(written).toHaveLength(2)
  })

  it('writes no command for the log of a failure', () => {
    const failure = gateError({ code: 'x', what: 'y' }, hostile.join('\n'))
    tellFailure(failure, actionLog(new Secrets()), 'z')
    // Our own one error, and no other.
    expect(commandsIn(written.join('')).filter((name) => name !== 'error')).toEqual([])
    expect(written.filter((text) => text.startsWith('::error::'))).toHaveLength(1)
  })

  it('escapes what stands in messages and annotations', () => {
    const log = actionLog(new Secrets())
    log.warning('a\n::set-output name=image::evil')
    log.debug('b\r\n::set-output name=image::evil')
    log.annotate({
      level: 'error',
      message: 'c\n::set-output name=image::evil',
      title: 'd\n::e::',
      file: 'f,line=9',
    })
    expect(commandsIn(written.join(''))).toEqual(expect.arrayContaining(['warning', 'debug', 'error']))
    expect(commandsIn(written.join(''))).not.toContain('set-output')
    for (const text of written) expect(text.trimEnd()).not.toMatch(/[\r\n]/)
    expect(written.join('')).toContain('file=f%2Cline=9')
  })

  it('redacts secrets in all of them', () => {
    const secrets = new Secrets()
    secrets.mask('hunter22')
    const log = actionLog(secrets)
    log.info('a hunter22')
    log.debug('b hunter22')
    log.warning('c hunter22')
    log.error('d hunter22')
    log.annotate({ level: 'notice', message: 'e hunter22', title: 'f hunter22' })
    expect(written.join('')).not.toContain('hunter22')
    expect(written.join('').match(/\*\*\*/g)).toHaveLength(6)
  })
})

describe('terminalLog', () => {
  it('writes no command either, and every line once', () => {
    const written: string[] = []
    const log = terminalLog(new Secrets(), (text) => written.push(text), false)
    log.info('::error::x')
    log.debug('unseen')
    log.warning('two\n::error::lines')
    log.annotate({ level: 'error', message: 'm', file: 'a.go', line: 3, column: 7 })
    expect(written).toEqual(['\\::error::x\n', 'warning: two\n\\::error::lines\n', 'a.go:3:7: error: m\n'])
  })
})

describe('the environment of the programs we start', () => {
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY']
  const own = Object.fromEntries(
    [...INPUTS.map(({ name }) => `INPUT_${name.toUpperCase()}`), ...files].map((name) => [name, 'hunter22']),
  )
  const theirs = { PATH: process.env['PATH'], GITHUB_SHA: 'a', GITHUB_TOKEN: 'b', INPUT_FOLDER: 'c' }

  it('is without our inputs and the files of the runner, and else as it is', () => {
    expect(childEnvironment({ ...own, ...theirs, Input_Registries: 'as Windows may spell it' })).toEqual(
      theirs,
    )
  })

  it('is what a child of an opened shell sees', async () => {
    const shell = openShell((secrets) => terminalLog(secrets, () => undefined, false), new Secrets(), {
      env: { ...own, ...theirs },
    })
    try {
      const child = await shell.exec.run({
        argv: [process.execPath, '-e', 'console.log(JSON.stringify(process.env))'],
        env: { NODE_OPTIONS: '' },
      })
      expect(JSON.parse(child.stdout)).toMatchObject(theirs)
      expect(child.stdout).not.toContain('hunter22')
      expect(shell.env['INPUT_REGISTRIES']).toBe('hunter22')
    } finally {
      await shell.close()
    }
  })
})
