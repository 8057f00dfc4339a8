import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { request } from 'undici'
import { countVersions, type GrayRig, haproxyConfig, nginxConfig, startGrayRig } from '../support/gray-rig.ts'
import { describeWithRig, run, until } from '../support/rig.ts'

describeWithRig('the rig of the gray release', () => {
  let rig: GrayRig
  beforeAll(async () => {
    rig = await startGrayRig()
  })
  afterAll(async () => {
    await rig.stop()
  })

  it('splits real traffic through HAProxy by its weights, reloads it under load', async () => {
    const [old, fresh] = [await rig.backend('old'), await rig.backend('new')]
    const proxy = await rig.haproxy(({ port, socket }) =>
      haproxyConfig({ port, socket, servers: { old, new: fresh }, weights: { old: 95, new: 5 } }),
    )
    expect(await countVersions(proxy.url, 1000)).toEqual({ old: 950, new: 50 })
    const load = rig.load(proxy.url)
    await proxy.reload()
    const report = await load.stop()
    expect(report.statuses).toEqual({ 200: report.total })
  })

  it('serves through nginx and scrapes with Prometheus, which survives a crash', async () => {
    const app = await rig.backend('v1')
    app.behaviour.errorRatio = 0.25
    const proxy = await rig.nginx(({ port, folder }) =>
      nginxConfig({
        folder,
        http: `server { listen 127.0.0.1:${port}; location / { proxy_pass ${app.url}; } }`,
      }),
    )
    await proxy.reload()
    expect(await countVersions(proxy.url, 40)).toEqual({ v1: 30, 'status 500': 10 })
    const metrics = await rig.prometheus({
      jobs: { app: [{ target: app.address, labels: { track: 'new' } }] },
    })
    const errors = 'http_requests_total{code="500",track="new"}'
    await until('a scrape', async () => (await metrics.query(errors)) === 10)
    await metrics.crash()
    await metrics.restart()
    await until('a scrape after the crash', async () => (await metrics.query(errors)) === 10)
  })

  it('has Alertmanager', async () => {
    const alerts = await rig.alertmanager()
    const answer = await request(`${alerts.url}/api/v2/alerts`)
    expect(await answer.body.json()).toEqual([])
  })

  it('runs commands over SSH', async () => {
    const server = await rig.sshd({ env: { GRAY_NAME: 'a b' } })
    const done = await run([...server.argv, 'printf %s "$GRAY_NAME"'])
    expect(done).toMatchObject({ code: 0, stdout: 'a b' })
  })
})
