import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { recordScript, recordScriptWindows } from '../../../src/deploy/compose-record.ts'
import { type Container, parseServiceState, type Recorded } from '../../../src/deploy/compose-state.ts'
import { healthUrls } from '../../../src/deploy/health.ts'
import { rollOut, wayBackOf } from '../../../src/deploy/rollout.ts'
import { adviceFor, standingOf } from '../../../src/deploy/target-compose.ts'
import type { Standing, Target, TargetDeploy } from '../../../src/deploy/target.ts'
import { testAct } from '../../support/registry-act.ts'

const image = (digit: number): string => `acme/shop@sha256:${String(digit).repeat(64)}`
const [ZERO, ONE, TWO, THREE] = [0, 1, 2, 3].map(image) as [string, string, string, string]
const line = (kind: Recorded['kind'], to: string, before: string): Recorded => ({ at: 'T', kind, image: to, before }) // prettier-ignore
const standing = (runs: string | undefined, history: readonly Recorded[] = [], more: Partial<Standing> = {}): Standing => ({
  where: 'web-1',
  healthy: true,
  detail: 'healthy',
  history,
  advice: [],
  ...(runs === undefined ? {} : { image: runs, content: `id of ${runs}` }),
  ...more,
}) // prettier-ignore
const codes = (work: () => unknown): string[] => {
  try {
    work()
  } catch (error) {
    if (error instanceof PipelineError) return error.problems.map(({ code }) => code)
    throw error
  }
  return []
}

describe('where a rollback leads', () => {
  const history = [line('deploy', ONE, ZERO), line('deploy', TWO, ONE), line('deploy', THREE, TWO)]
  it.each<[string, string, readonly Recorded[], string]>([
    ['one step', THREE, history, TWO],
    ['a further step, not the way it came', TWO, [...history, line('rollback', TWO, THREE)], ONE],
    ['a third step', ONE, [...history, line('rollback', TWO, THREE), line('rollback', ONE, TWO)], ZERO],
    ['after a new deployment', THREE, [line('deploy', THREE, ONE), line('rollback', ONE, THREE), line('deploy', THREE, TWO)], TWO],
    ['by another name of the same digest', THREE.replace('acme', 'mirror.example/acme'), history, TWO],
  ])('%s', (_, runs, lines, expected) => {
    expect(wayBackOf([standing(runs, lines)])).toEqual({ kind: 'image', image: expected })
  }) // prettier-ignore

  it.each<[string, Standing[], string[]]>([
    ['nothing is recorded', [standing(ONE)], ['deploy-no-record']],
    ['it was the first', [standing(ONE, [line('deploy', ONE, '-')])], ['deploy-no-record']],
    ['something else runs', [standing(ZERO, history)], ['deploy-no-record']],
    ['nothing runs', [standing(undefined, history), standing(THREE, history)], ['deploy-no-record']],
    ['they differ', [standing(TWO, history), standing(THREE, history)], ['deploy-rollback-mixed']],
  ])('nowhere when %s', (_, standings, expected) => {
    expect(codes(() => wayBackOf(standings))).toEqual(expected)
  })

  it('ends what was never ended first', () => {
    const half = standing(TWO, history, { unfinished: TWO })
    expect(wayBackOf([standing(ONE), half])).toEqual({ kind: 'unfinished', image: TWO })
  })
})

/** A target of one place that does as it is told. */
class OnePlace implements Target {
  readonly kind = 'double'
  readonly places = ['web-1']
  readonly #looks: Standing[]
  readonly #work: (deploy: TargetDeploy) => void
  deployed: TargetDeploy[] = []
  constructor(looks: Standing[], work: (deploy: TargetDeploy) => void = (deploy) => deploy.begins()) {
    this.#looks = looks
    this.#work = work
  }
  look(): Promise<Standing[]> {
    const [first, ...rest] = this.#looks
    if (first === undefined) return Promise.reject(new Error('away'))
    if (rest.length > 0) this.#looks.shift()
    return Promise.resolve([first])
  }
  deploy(deploy: TargetDeploy): Promise<void> {
    this.deployed.push(deploy)
    return new Promise((resolve) => {
      this.#work(deploy)
      resolve()
    })
  }
  takeBack(): Promise<void> {
    return Promise.resolve()
  }
}

describe('a rollout', () => {
  const act = testAct()
  const fails = (deploy: TargetDeploy): never => {
    deploy.begins()
    throw new PipelineError('gate', [{ code: 'compose-refused', what: 'sick' }])
  }
  const early = (): never => {
    throw new PipelineError('input', [{ code: 'compose-disk', what: 'full' }])
  }
  it.each<[string, Standing[], ((deploy: TargetDeploy) => void) | undefined, string, string[]]>([
    ['deployed', [standing(ONE), standing(TWO)], undefined, 'deployed', []],
    ['the same again', [standing(TWO), standing(TWO)], undefined, 'unchanged', []],
    ['refused early', [standing(ONE)], early, 'refused', ['compose-disk']],
    ['taken back', [standing(ONE), standing(ONE)], fails, 'taken-back', ['compose-refused']],
    ['taken back, sick as before', [standing(ONE, [], { healthy: false }), standing(ONE, [], { healthy: false })], fails, 'taken-back', ['compose-refused']],
    ['not back', [standing(ONE), standing(TWO)], fails, 'broken', ['compose-refused']],
    ['back but sick', [standing(ONE), standing(ONE, [], { healthy: false })], fails, 'broken', ['compose-refused']],
    ['lost later', [standing(ONE), standing(TWO, [], { healthy: false })], undefined, 'broken', ['deploy-changed']],
    ['unfinished', [standing(THREE, [], { unfinished: THREE })], undefined, 'refused', ['deploy-unfinished']],
    ['unfinished, the same again', [standing(TWO, [], { unfinished: TWO }), standing(TWO)], undefined, 'unchanged', []],
  ])('%s', async (_, looks, work, result, expected) => {
    const target = new OnePlace(looks, work)
    const end = await rollOut(target, { kind: 'deploy', image: TWO }, act)
    expect([end.result, end.failure?.problems.map(({ code }) => code) ?? []]).toEqual([result, expected])
    expect(target.deployed.length).toBe(expected[0] === 'deploy-unfinished' ? 0 : 1)
  }) // prettier-ignore
})

describe('what a host says', () => {
  it('has its record, and what its container was made with', () => {
    const container = { id: 'c', image: 'sha256:i', ref: ONE, status: 'running', restarts: 0, health: 'healthy', memory: 64, cpus: 0, quota: 0, restart: 'always', grace: 30 } // prettier-ignore
    const text = [
      'docker 28.1',
      `container ${JSON.stringify(container)}`,
      `history 2026-11-21T10:00:00Z deploy ${ONE} ${ZERO}`,
      'history broken',
      `kept-new ${TWO}`,
      `kept-old ${ONE}`,
    ].join('\n')
    const state = parseServiceState(text, 'web-1')
    expect(state.history).toEqual([{ at: '2026-11-21T10:00:00Z', kind: 'deploy', image: ONE, before: ZERO }])
    expect(state.containers[0]?.made).toEqual({ memory: 64, cpuLimited: false, restart: 'always', graceSeconds: 30 }) // prettier-ignore
    // A note beside the old version is a deployment that has not begun.
    expect(standingOf(state, 'web-1', 'web')).toMatchObject({ image: ONE, healthy: true, detail: 'healthy' })
    expect(standingOf(state, 'web-1', 'web').unfinished).toBeUndefined()
    const begun = parseServiceState(text.replace(`"ref":"${ONE}"`, `"ref":"${TWO}"`), 'web-1')
    expect(standingOf(begun, 'web-1', 'web').unfinished).toBe(TWO)
  })

  it.each<[Partial<Container>, string[]]>([
    [{}, []],
    [{ health: null }, ['deploy-no-healthcheck']],
    [{ made: { memory: 0, cpuLimited: true, restart: 'no', graceSeconds: null } }, ['deploy-no-limits', 'deploy-no-grace', 'deploy-no-restart']],
  ])('lacks by %j: %j', (more, expected) => {
    const whole: Container = { id: 'c', image: 'i', ref: ONE, status: 'running', restarts: 0, health: 'healthy', digests: [], made: { memory: 1, cpuLimited: true, restart: 'always', graceSeconds: 30 } }
    expect(adviceFor({ ...whole, ...more }, 'web-1', 'web').map(({ code }) => code)).toEqual(expected)
  }) // prettier-ignore
})

it.each([
  ['https://shop.example/health', ['a@web-1', 'b@web-2'], ['https://shop.example/health']],
  ['http://{host}:8080/', ['a@web-1', 'b@web-2:2222', 'local'], ['http://web-1:8080/', 'http://web-2:8080/', 'http://127.0.0.1:8080/']],
])('asks at %s', (pattern, where, expected) => {
  expect(healthUrls(pattern, where)).toEqual(expected)
}) // prettier-ignore

it('records by scripts that are POSIX shell, and the same for Windows', () => {
  const settings = { folder: "/srv/it's", service: 'web', waitSeconds: 30, stableSeconds: 3 }
  const entry = { at: '2026-11-21T10:00:00Z', kind: 'deploy', image: ONE } as const
  const done = spawnSync('sh', ['-n'], { input: recordScript(settings, entry), encoding: 'utf8' })
  expect([done.status, done.stderr]).toEqual([0, ''])
  const windows = recordScriptWindows({ ...settings, folder: 'C:\\srv' }, entry)
  expect(windows.split('{').length).toBe(windows.split('}').length)
  expect(windows).toContain(`'${ONE}'`)
})
