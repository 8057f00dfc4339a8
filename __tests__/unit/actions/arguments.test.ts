import { describe, expect, it } from '@jest/globals'
import { parseArguments } from '../../../src/actions/arguments.ts'

const parse = (line: string): ReturnType<typeof parseArguments> =>
  parseArguments(line === '' ? [] : line.split(' '))

describe('parseArguments', () => {
  it.each<[string, string, string[], Record<string, string>, string[]]>([
    ['', 'help', [], {}, []],
    ['help', 'help', [], {}, []],
    ['--help', 'help', [], {}, []],
    ['-h', 'help', [], {}, []],
    ['run --help', 'help', ['run'], {}, []],
    ['version', 'version', [], {}, []],
    ['doctor --json', 'doctor', [], {}, ['json']],
    ['plan --json --mermaid', 'plan', [], {}, ['json', 'mermaid']],
    ['verify ghcr.io/acme/hello:1', 'verify', ['ghcr.io/acme/hello:1'], {}, []],
    ['verify --json ghcr.io/acme/hello:1', 'verify', ['ghcr.io/acme/hello:1'], {}, ['json']],
    ['run --images a/b --push true', 'run', [], { images: 'a/b', push: 'true' }, []],
    ['--images a/b run', 'run', [], { images: 'a/b' }, []],
    ['run --images=a/b', 'run', [], { images: 'a/b' }, []],
    ['run --ldflags=-X=main.version=1', 'run', [], { ldflags: '-X=main.version=1' }, []],
    ['run --target=', 'run', [], { target: '' }, []],
    ['run --test-flags -short', 'run', [], { 'test-flags': '-short' }, []],
    ['run --start-args --version', 'run', [], { 'start-args': '--version' }, []],
    // Several uses of one option are lines of one list.
    ['run --tags v1 --tags latest', 'run', [], { tags: 'v1\nlatest' }, []],
    // A boolean may stand alone, before another option, before the command, or with its value.
    ['run --dry-run', 'run', [], { 'dry-run': 'true' }, []],
    ['run --race --json', 'run', [], { race: 'true' }, ['json']],
    ['--dry-run run', 'run', [], { 'dry-run': 'true' }, []],
    ['run --vet false --test FALSE', 'run', [], { vet: 'false', test: 'FALSE' }, []],
    ['run --vet=maybe', 'run', [], { vet: 'maybe' }, []],
    // The starter has options of its own.
    [
      'init --dry-run --copies --with metrics --force',
      'init',
      [],
      { copies: 'true', with: 'metrics' },
      ['dry-run', 'force'],
    ],
  ])('%s', (line, name, operands, values, flags) => {
    const { command, problems } = parse(line)
    expect(problems).toEqual([])
    expect({ ...command, values: Object.fromEntries(command.values), flags: [...command.flags] }).toEqual({
      name,
      operands,
      values,
      flags,
    })
  })

  it.each<[string, string, string, RegExp]>([
    ['runn', 'unknown-command', 'runn is not a command', /did you mean run\?/],
    ['qqqqqqqq', 'unknown-command', 'qqqqqqqq is not a command', /use one of run, plan, verify, doctor/],
    ['iniit', 'unknown-command', 'iniit is not a command', /did you mean init\?/],
    ['init --imagse a/b', 'unknown-option', '--imagse is not an option', /did you mean --images\?/],
    ['--', 'unknown-command', '-- is not a command', /use one of/],
    ['run --imagse a/b', 'unknown-option', '--imagse is not an option', /did you mean --images\?/],
    ['run --imagse=a/b', 'unknown-option', '--imagse is not an option', /did you mean --images\?/],
    ['run --jsom', 'unknown-option', '--jsom is not an option', /did you mean --json\?/],
    ['run --qqqqqqqq', 'unknown-option', '--qqqqqqqq is not an option', /help/],
    ['run --images', 'bad-input', '--images has no value', /--images VALUE/],
    ['run extra', 'unknown-option', 'extra is not expected here', /quote/],
    ['verify', 'bad-input', 'verify needs the reference of an image', /verify ghcr\.io/],
    ['verify a/b c/d', 'unknown-option', 'c/d is not expected here', /quote/],
  ])('%s is refused', (line, code, what, fix) => {
    expect(parse(line).problems).toEqual([
      expect.objectContaining({ code, what, fix: expect.stringMatching(fix) }),
    ])
  })

  it('tells everything at once', () => {
    const { problems } = parse('rnu --imagse a/b --qqqqqqqq --tags')
    expect(problems.map((problem) => problem.what)).toEqual([
      '--imagse is not an option',
      '--qqqqqqqq is not an option',
      '--tags has no value',
      'rnu is not a command',
    ])
  })

  it.each([
    ['run --registries ghcr.io ada s3cret', 2],
    ['--registries ghcr.io ada s3cret', 1],
    ['run --secrets token = s3cret', 2],
    ['run --registreis s3cret', 1],
    ['run --registreis=s3cret', 1],
  ])('shows nothing of a secret that lost its quotes or its option: %s', (line, count) => {
    const { problems } = parse(line)
    expect(problems).toHaveLength(count)
    expect(JSON.stringify(problems)).not.toMatch(/s3cret|ada/)
  })
})
