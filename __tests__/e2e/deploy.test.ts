import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { runDeploy } from '../../src/actions/stages/deploy/run.ts'
import type { StageEnd } from '../../src/actions/stages/stage.ts'
import { openShell } from '../../src/actions/shell.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { verifyAudit } from '../../src/report/audit-chain.ts'
import { KeptLog } from '../support/docker-act.ts'
import { describeWithRig, run } from '../support/rig.ts'
import { composeIn, pushImages } from '../support/ssh-host.ts'

const suffix = `${process.pid.toString(36)}-${Date.now().toString(36).slice(-4)}`

describeWithRig('deploy to this machine', () => {
  let top: string
  let images: Readonly<Record<'one' | 'two' | 'three' | 'sick', string>>
  const folders = (): string[] => ['a', 'b'].map((name) => join(top, name))
  beforeAll(async () => {
    top = await mkdtemp(join(tmpdir(), 'gip-deploy-'))
    const [one = '', two = '', three = '', sick = ''] = await pushImages(`deploy/app-${suffix}`, [
      { version: '1' },
      { version: '2' },
      { version: '3' },
      { version: '4', fault: 'sick' },
    ])
    images = { one, two, three, sick }
  })
  afterAll(async () => {
    for (const folder of folders()) await composeIn(folder, 'down', '-v', '-t', '0').catch(() => undefined)
    const kept = await run(['docker', 'image', 'ls', '-q', '--filter', `reference=gip-kept/*${suffix}*`])
    await run(['docker', 'image', 'rm', '-f', ...Object.values(images), ...new Set(kept.stdout.split('\n').filter((id) => id !== ''))]) // prettier-ignore
    await rm(top, { recursive: true, force: true })
  })

  /** Two projects on this machine stand for two hosts; both run `image`, deployed by hand. */
  async function fresh(image: string, more = ''): Promise<void> {
    for (const [index, folder] of folders().entries()) {
      await composeIn(folder, 'down', '-t', '0').catch(() => undefined)
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder)
      await writeFile(
        join(folder, 'compose.yaml'),
        `name: d${index}-${suffix}\nservices:\n  web:\n    image: ${image}\n    stop_grace_period: 1s\n    healthcheck: {test: [CMD, /app, check], interval: 1s, timeout: 20s, retries: 3, start_period: 1s}\n${more}`,
      )
      await composeIn(folder, 'up', '-d', '--wait')
    }
  }

  async function deploy(values: Record<string, string>): Promise<StageEnd & { log: KeptLog }> {
    const log = new KeptLog()
    const env = { ...process.env, GITHUB_WORKSPACE: top, GITHUB_ACTIONS: '', GITHUB_REPOSITORY: '' }
    const shell = openShell(() => log, new Secrets(), { env })
    const hosts = `hosts: [{host: local, folder: ${folders().join('}, {host: local, folder: ')}}]\nservice: web\nwait: 90s`
    try {
      const end = await runDeploy((name) => ({ hosts, ...values })[name] ?? '', shell)
      return { ...end, log }
    } finally {
      await shell.temp.dispose()
      await shell.close()
    }
  }

  /** What each host's container really runs. */
  const running = async (): Promise<string[]> => {
    const all: string[] = []
    for (const folder of folders()) {
      const id = await composeIn(folder, 'ps', '-q', 'web')
      all.push((await run(['docker', 'inspect', '--format', '{{.Config.Image}}', id])).stdout.trim())
    }
    return all
  }

  it('deploys, deploys again, and goes back one step at a time without the registry', async () => {
    await fresh(images.one)
    const first = await deploy({ image: images.two })
    expect([first.failure, first.outputs['result'], first.outputs['image']]).toEqual([undefined, 'deployed', images.two]) // prettier-ignore
    expect(await running()).toEqual([images.two, images.two])
    // Nothing to do is done again, and leaves no line in the record.
    expect((await deploy({ image: images.two })).outputs['result']).toBe('unchanged')
    expect((await deploy({ image: images.three, batch: '2' })).outputs['result']).toBe('deployed')
    // The old image is still here: going back asks no registry.
    expect((await run(['docker', 'image', 'inspect', images.two])).code).toBe(0)

    const back = await deploy({ command: 'rollback' })
    expect([back.failure, back.outputs['result'], back.outputs['image']]).toEqual([undefined, 'rolled-back', images.two]) // prettier-ignore
    expect(await running()).toEqual([images.two, images.two])
    // Once more goes further back, not to the version that was just left.
    expect((await deploy({ command: 'rollback' })).outputs['image']).toBe(images.one)
    expect(await running()).toEqual([images.one, images.one])
    const end = await deploy({ command: 'rollback' })
    expect(end.outputs['result']).toBe('refused')
    expect(end.failure?.problems.map(({ code }) => code)).toEqual(['deploy-no-record', 'deploy-no-record'])

    const audit = verifyAudit(await readFile(join(top, '.gip/deploy/audit.jsonl'), 'utf8'))
    expect([audit.ok, audit.entries.length]).toEqual([true, 12])
    expect(audit.entries.map(({ record }) => record.kind).slice(-2)).toEqual(['intent', 'failed'])
    const status = await deploy({ command: 'status' })
    expect([status.outputs['result'], status.outputs['image']]).toEqual(['healthy', images.one])
  })

  it('takes everything back when a new image is unhealthy, and says what is missing in the compose file', async () => {
    await fresh(images.one)
    const end = await deploy({ image: images.sick, batch: '2' })
    expect(end.failure?.kind).toBe('gate')
    expect(end.failure?.problems[0]?.code).toBe('compose-refused')
    expect(end.outputs).toMatchObject({ result: 'taken-back', image: images.one })
    expect(await running()).toEqual([images.one, images.one])
    expect(end.summary).toContain('the database is away')
    expect(end.summary).toContain('no memory limit and no CPU limit')
    expect(end.summary).toContain('restart: unless-stopped')
    expect(end.summary).not.toContain('stop_grace_period')
    const report = JSON.parse(await readFile(join(top, '.gip/deploy/deploy.json'), 'utf8')) as object
    expect(report).toMatchObject({ result: 'taken-back', problems: [{ code: 'compose-refused' }, { code: 'compose-refused' }] }) // prettier-ignore
  })

  it('takes the first host back when the address that the runner asks is not healthy', async () => {
    await fresh(images.one, '    mem_limit: 64m\n    cpus: 0.5\n    restart: unless-stopped\n')
    const end = await deploy({
      image: images.two,
      'health-url': 'http://{host}:9/health',
      'health-wait': '1s',
    })
    expect(end.failure?.problems.map(({ code }) => code)).toEqual(['deploy-unhealthy'])
    expect(end.outputs['result']).toBe('taken-back')
    expect(await running()).toEqual([images.one, images.one])
    expect(end.summary).not.toContain('For safe operation')
  })

  it('refuses while another deployment was never ended, and rollback ends it', async () => {
    await fresh(images.one)
    // A run that was killed after the first host: the note is there, the new image runs.
    const [folder = ''] = folders()
    await mkdir(join(folder, '.gip'), { recursive: true })
    await deploy({ image: images.two })
    await writeFile(join(folder, '.gip/web.old'), `new ${images.two}\nold ${images.one}\ntag -\n`)
    const refused = await deploy({ image: images.three })
    expect(refused.failure?.problems.map(({ code }) => code)).toEqual(['deploy-unfinished'])
    expect(await running()).toEqual([images.two, images.two])
    expect((await deploy({ command: 'status' })).outputs['result']).toBe('unhealthy')
    const back = await deploy({ command: 'rollback' })
    expect([back.failure, back.outputs['result']]).toEqual([undefined, 'rolled-back'])
    expect(await running()).toEqual([images.one, images.two])
  })

  it('refuses an image that is nowhere before anything is touched', async () => {
    await fresh(images.one)
    const end = await deploy({ image: images.two.replace(/@.*/, `@sha256:${'0'.repeat(64)}`) })
    expect([end.outputs['result'], end.failure?.kind]).toEqual(['refused', 'input'])
    expect(end.failure?.problems[0]?.code).toBe('compose-pull-missing')
    expect(await running()).toEqual([images.one, images.one])
  })
})
