import { describe, expect, it } from '@jest/globals'
import { loadGrayInputs, type GrayInputs } from '../../../src/actions/gray/inputs.ts'
import type { Problem } from '../../../src/base/errors.ts'
import { Secrets } from '../../../src/base/secrets.ts'

const LEAST: Record<string, string> = {
  state: 'state.json',
  'new-version': '2.0.0',
  adapter: 'adapter.yml',
  metrics: 'metrics.yml',
}

function load(
  given: Record<string, string>,
  env: Record<string, string> = {},
): { inputs: GrayInputs; problems: readonly Problem[]; announced: string[] } {
  const announced: string[] = []
  const secrets = new Secrets((value) => announced.push(value))
  const all = { ...LEAST, ...given }
  return { ...loadGrayInputs((name) => all[name] ?? '', env, secrets), announced }
}

const good = (given: Record<string, string>, env: Record<string, string> = {}): GrayInputs => {
  const { inputs, problems } = load(given, env)
  expect(problems).toEqual([])
  return inputs
}

describe('loadGrayInputs', () => {
  it('has the defaults of a careful release', () => {
    expect(good({})).toMatchObject({
      command: 'release',
      environment: 'production',
      oldVersion: undefined,
      mode: 'inline',
      dryRun: false,
      steps: [5, 10, 25, 50, 100].map((percent) => ({ percent, observeMs: 300_000, hold: false })),
      warmUpMs: 60_000,
      bakeMs: 600_000,
      intervalMs: 15_000,
      maxExtends: 3,
      endPolicy: 'rollback',
      leaseMs: 120_000,
      concurrency: 'queue',
      resume: 'rollback',
      approvals: 2,
      deployments: false,
    })
  })

  it.each<[string, string, unknown]>([
    ['warm-up', '90s', { warmUpMs: 90_000 }],
    ['bake', '0s', { bakeMs: 0 }],
    ['bake', '0', { bakeMs: 0 }],
    ['lease', '1h30m', { leaseMs: 5_400_000 }],
    ['steps', '5% 30s\n50% 1m hold\n100% 15s', { steps: [{ percent: 5, observeMs: 30_000, hold: false }, { percent: 50, observeMs: 60_000, hold: true }, { percent: 100, observeMs: 15_000, hold: false }] }],
    ['adapter', 'kind: haproxy', { adapter: { kind: 'text', value: 'kind: haproxy' } }],
    ['adapter', '{"kind":"command"}', { adapter: { kind: 'text', value: '{"kind":"command"}' } }],
    ['adapter', 'deploy/adapter.yml', { adapter: { kind: 'file', value: 'deploy/adapter.yml' } }],
    ['adapter', 'C:\\gray\\adapter.yml', { adapter: { kind: 'file', value: 'C:\\gray\\adapter.yml' } }],
    ['state', '/var/lib/gray/shop.json', { state: { kind: 'file', path: '/var/lib/gray/shop.json' } }],
    ['state', 'C:\\gray\\shop.json', { state: { kind: 'file', path: 'C:\\gray\\shop.json' } }],
    ['identity', 'keys/id', { identity: { kind: 'file', value: 'keys/id' } }],
    ['identity', '-----BEGIN OPENSSH PRIVATE KEY-----\nx', { identity: { kind: 'text' } }],
    ['known-hosts', 'known_hosts', { knownHosts: { kind: 'file' } }],
    ['known-hosts', 'lb1 ssh-ed25519 AAAA', { knownHosts: { kind: 'text' } }],
    ['jump-host', 'ops@bastion:2222', { jumpHost: { user: 'ops', host: 'bastion', port: 2222 } }],
    ['approvers', '@mona\n@acme/release, permission:admin', { approvers: [{ kind: 'user', login: 'mona' }, { kind: 'team', org: 'acme', team: 'release' }, { kind: 'permission', permission: 'admin' }] }],
    ['notify', 'slack=https://hooks.example/x\n# a comment\nwebhook = https://pager.example/y s3cret', { notify: [{ kind: 'slack', url: 'https://hooks.example/x' }, { kind: 'webhook', url: 'https://pager.example/y', secret: 's3cret' }] }],
  ])('%s = %j', (name, value, expected) => {
    expect(good({ [name]: value })).toMatchObject(expected as object)
  }) // prettier-ignore

  it('reads the place of the state at a host', () => {
    expect(
      good({ state: 'ssh://deploy@lb1.example:2222/var/lib/gray/shop.json', 'known-hosts': 'kh' }).state,
    ).toEqual({
      kind: 'ssh',
      target: { user: 'deploy', host: 'lb1.example', port: 2222 },
      path: '/var/lib/gray/shop.json',
    })
  })

  it.each<[Record<string, string>, string, string, RegExp]>([
    [{ command: 'relaese' }, 'command', 'bad-input', /did you mean release\?/],
    [{ environment: '../prod' }, 'environment', 'bad-input', /production/],
    [{ 'new-version': 'a\u0000b' }, 'new-version', 'bad-input', /one line/],
    [{ steps: '5%, 3%, 100%' }, 'steps', 'gray-steps', /rising/],
    [{ steps: '5%, 50%' }, 'steps', 'gray-steps', /end with "100%"/],
    [{ 'warm-up': '5 minutes' }, 'warm-up', 'bad-input', /30s, 5m or 1h30m/],
    [{ interval: '0s' }, 'interval', 'bad-input', /at least 1s/],
    [{ bake: '9999h' }, 'bake', 'bad-input', /at most 840h/],
    [{ 'max-extends': '-1' }, 'max-extends', 'bad-input', /whole number from 0/],
    [{ 'max-tries': '0' }, 'max-tries', 'bad-input', /from 1 to 20/],
    [{ state: 'https://example.com/state' }, 'state', 'bad-input', /ssh:\/\/user@host\/path/],
    [{ state: 'ssh://lb1/state.json', 'known-hosts': 'k' }, 'state', 'bad-input', /user@host/],
    [{ state: 'ssh://a@lb1', 'known-hosts': 'k' }, 'state', 'bad-input', /\/path\/to\/state\.json/],
    [{ state: 'ssh://a@lb1/../x', 'known-hosts': 'k' }, 'state', 'bad-input', /path/],
    [{ state: 'ssh://a@lb1/x' }, 'known-hosts', 'inputs-clash', /ssh-keyscan/],
    [{ 'jump-host': 'bastion' }, 'jump-host', 'bad-input', /user@host/],
    [{ approvers: 'mona' }, 'approvers', 'bad-input', /@org\/team/],
    [{ 'old-version': '2.0.0' }, 'new-version', 'inputs-clash', /different/],
    [{ lease: '20s' }, 'lease', 'inputs-clash', /twice as long/],
    [{ steps: '5% 5s, 100% 5s' }, 'interval', 'inputs-clash', /look more often/],
    [{ approval: 'pull-request', 'github-token': 't0ken' }, 'approval-file', 'inputs-clash', /approval-file/],
    [{ approval: 'issue' }, 'github-token', 'inputs-clash', /set github-token/],
    [{ deployments: 'true' }, 'github-token', 'inputs-clash', /set github-token/],
    [{ notify: 'github-issue' }, 'github-token', 'inputs-clash', /set github-token/],
    [{ steps: '50% hold, 100%', state: 'ssh://a@b/c', 'known-hosts': 'k' }, 'approval-folder', 'inputs-clash', /approval-folder/],
  ])('%j is refused', (given, input, code, fix) => {
    const { problems } = load(given)
    expect(problems).toEqual([expect.objectContaining({ input, code, fix: expect.stringMatching(fix) })])
  }) // prettier-ignore

  it('tells all problems at once', () => {
    const { problems } = load({ mode: 'x', steps: '7', approvals: 'two', state: '', adapter: '' })
    expect(problems.map(({ input }) => input).sort()).toEqual([
      'adapter',
      'approvals',
      'mode',
      'state',
      'steps',
    ])
  })

  it.each([
    ['telegram=https://bot.example/t0psecret', /one of dingtalk/],
    ['slack=${NOT_SET}', /no URL after slack=.*/],
    ['slack=ftp://hooks.example/t0psecret', /no URL/],
    ['dingtalk=https://oapi.example/?access_token=t0psecret SECxyz more', /more than a URL/],
    ['https://hooks.example/t0psecret', /one of dingtalk/],
  ])('never shows a line of notify: %s', (notify, message) => {
    const { problems } = load({ notify })
    expect(problems).toHaveLength(1)
    expect(JSON.stringify(problems)).not.toMatch(/t0psecret|SECxyz/)
    expect(`${problems[0]?.what ?? ''} ${problems[0]?.fix ?? ''}`).toMatch(message)
  })

  it('masks secrets, and takes them from the environment', () => {
    const { inputs, announced } = load(
      {
        notify: 'dingtalk=https://oapi.example/robot?access_token=${TOKEN} ${SIGN}',
        'github-token': 'ghs_abcdef',
        identity: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----',
      },
      { TOKEN: 'tok123', SIGN: 'SECabc' },
    )
    expect(inputs.notify).toEqual([
      { kind: 'dingtalk', url: 'https://oapi.example/robot?access_token=tok123', secret: 'SECabc' },
    ])
    expect(announced).toEqual(
      expect.arrayContaining([
        'https://oapi.example/robot?access_token=tok123',
        'SECabc',
        'ghs_abcdef',
        'b3BlbnNzaC1rZXk',
      ]),
    )
  })
})
