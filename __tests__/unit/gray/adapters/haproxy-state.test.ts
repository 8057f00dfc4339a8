import { describe, expect, it } from '@jest/globals'
import { parseServersState, parseStat } from '../../../../src/gray/adapters/haproxy-state.ts'

// As HAProxy 3.0.11 printed it.
const HEADER =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port'
const row = (name: string, state: number, admin: number, weight: number, backend = 'app'): string =>
  `3 ${backend} 1 ${name} 127.0.0.1 ${state} ${admin} ${weight} 95 2 1 0 2 0 0 0 0 - 1111 - 0 0 - - 0`
const answer = (...rows: string[]): string => `1\n${HEADER}\n${rows.join('\n')}\n\n`

describe('parseServersState', () => {
  it.each([
    ['up', 2, 0, { up: true, maint: false, drain: false, shown: 'up' }],
    ['down', 0, 0, { up: false, shown: 'down' }],
    ['starting slowly', 1, 0, { up: false, shown: 'starting' }],
    ['stopping', 3, 0, { up: false, shown: 'stopping' }],
    ['forced maintenance', 0, 1, { up: false, maint: true, shown: 'maintenance' }],
    ['inherited maintenance', 0, 2, { maint: true }],
    ['disabled in the configuration', 0, 4, { maint: true }],
    ['no address from DNS', 0, 0x20, { maint: true }],
    ['drain', 2, 8, { up: false, maint: false, drain: true, shown: 'drain' }],
    ['inherited drain', 2, 0x10, { drain: true }],
    ['a name set at run time', 2, 0x40, { up: true, maint: false, drain: false }],
    ['a state of a later HAProxy', 9, 0, { up: false, shown: 'state 9' }],
  ])('%s', (_, state, admin, wanted) => {
    const found = parseServersState(answer(row('a', state, admin, 5)), 'app')
    expect(found?.get('a')).toMatchObject({ name: 'a', weight: 5, initial: 95, ...wanted })
  })

  it('takes the columns by name and leaves other backends out', () => {
    const text =
      '1\n# srv_name be_name new_column srv_uweight srv_iweight srv_admin_state srv_op_state\na app x 7 9 0 2\nb other x 1 1 0 2\n'
    expect([...(parseServersState(text, 'app') ?? [])]).toEqual([
      ['a', { name: 'a', weight: 7, initial: 9, up: true, maint: false, drain: false, shown: 'up' }],
    ])
  })

  it.each([
    ['nothing', ''],
    ['an error', "Can't find backend.\n\n"],
    ['another version', answer(row('a', 2, 0, 1)).replace(/^1/, '2')],
    ['a missing column', answer(row('a', 2, 0, 1)).replace('srv_uweight', 'srv_weight')],
    ['a cut line', `1\n${HEADER}\n3 app 1 a 127.0.0.1 2`],
    ['a weight that is no number', answer(row('a', 2, 0, NaN))],
    ['a name twice', answer(row('a', 2, 0, 1), row('a', 2, 0, 1))],
  ])('does not guess: %s', (_, text) => {
    expect(parseServersState(text, 'app')).toBeUndefined()
  })
})

describe('parseStat', () => {
  const head = '# pxname,svname,status,weight,act,bck,type,cookie,algo,last,'
  it('reads algorithm, cookie and backups', () => {
    const text = `${head}\napp,one,UP,1,1,0,2,one,,"a, ""b""",\napp,spare,UP,1,0,1,2,,,,\napp,BACKEND,UP,2,1,1,1,SRV,roundrobin,,\nother,BACKEND,UP,1,1,0,1,,source,,\n`
    expect(parseStat(text, 'app')).toEqual({ algorithm: 'roundrobin', cookie: 'SRV', backups: ['spare'] })
  })
  it.each([
    [
      'an HAProxy that does not tell',
      `${head}\napp,BACKEND,UP,2,1,1,1,,,,\n`,
      { algorithm: undefined, cookie: undefined, backups: [] },
    ],
    ['no such backend', `${head}\nother,BACKEND,UP,2,1,1,1,,,,\n`, undefined],
    ['an error', 'Permission denied\n', undefined],
  ])('%s', (_, text, wanted) => {
    expect(parseStat(text, 'app')).toEqual(wanted)
  })
})
