import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  judgePorts,
  type Listener,
  parseProcNet,
  type PortVerdict,
  tcpPorts,
} from '../../../src/image/ports.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const row = (local: string, state = '0A'): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 65532 0 1 1 0 100 0 0 10 0\n`

describe('parseProcNet', () => {
  it.each<[string, Listener]>([
    ['00000000:1F90', { address: '0.0.0.0', port: 8080, loopback: false }],
    ['0100007F:1F90', { address: '127.0.0.1', port: 8080, loopback: true }],
    ['3500007F:0035', { address: '127.0.0.53', port: 53, loopback: true }],
    ['020011AC:0050', { address: '172.17.0.2', port: 80, loopback: false }],
    ['00000000000000000000000000000000:1F90', { address: '::', port: 8080, loopback: false }],
    ['00000000000000000000000001000000:1F90', { address: '::1', port: 8080, loopback: true }],
    ['0000000000000000FFFF00000100007F:1F90', { address: '::ffff:127.0.0.1', port: 8080, loopback: true }],
    ['0000000000000000FFFF0000020011AC:1F90', { address: '::ffff:172.17.0.2', port: 8080, loopback: false }],
    ['B80D0120000000000000000001000000:0001', { address: '2001:db8::1', port: 1, loopback: false }],
  ])('%s', (local, wanted) => {
    expect(parseProcNet(HEAD + row(local))).toEqual([wanted])
  })

  it('reads big-endian machines', () => {
    expect(parseProcNet(HEAD + row('7F000001:1F90'), { bigEndian: true })).toEqual([
      { address: '127.0.0.1', port: 8080, loopback: true },
    ])
  })

  it('leaves connections and broken lines out', () => {
    expect(parseProcNet(`${HEAD}${row('00000000:1F90', '01')}${row('xyz')}garbage\n\n`)).toEqual([])
    expect(parseProcNet('')).toEqual([])
  })

  it('writes what it reads for any IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
        const hex = address
          .split('.')
          .reverse()
          .map((byte) => Number(byte).toString(16).padStart(2, '0'))
          .join('')
          .toUpperCase()
        expect(
          parseProcNet(HEAD + row(`${hex}:${port.toString(16).padStart(4, '0').toUpperCase()}`)),
        ).toEqual([{ address, port, loopback: address.startsWith('127.') }])
      }),
    )
  })
})

it.each([
  [['8080'], [8080]],
  [['8080/tcp', '53/udp', '8080'], [8080]],
  [['8000-8002/TCP'], [8000, 8001, 8002]],
  [['nonsense', '1/sctp'], []],
  [[], []],
])('tcpPorts(%j)', (expose, ports) => {
  expect(tcpPorts(expose)).toEqual(ports)
})

const open = (port: number): Listener => ({ address: '::', port, loopback: false })
const inside = (port: number): Listener => ({ address: '127.0.0.1', port, loopback: true })

it.each<[string, Listener[], number[], PortVerdict]>([
  ['the promised port is open', [open(9090), open(8080)], [8080], { kind: 'ready', port: 8080 }],
  ['open outside and inside', [open(8080), inside(8080)], [8080], { kind: 'ready', port: 8080 }],
  ['one of two promised ports', [open(9090)], [8080, 9090], { kind: 'ready', port: 9090 }],
  ['nothing promised, something open', [open(9090), inside(6060)], [], { kind: 'ready', port: 9090 }],
  ['nothing at all', [], [], { kind: 'quiet' }],
  ['not yet', [], [8080], { kind: 'waiting' }],
  ['on loopback only', [inside(8080)], [8080], { kind: 'loopback', ports: [8080] }],
  ['on loopback only, another open', [inside(8080), open(6060)], [8080], { kind: 'loopback', ports: [8080] }],
  ['on loopback, nothing promised', [inside(6060)], [], { kind: 'loopback', ports: [6060] }],
  ['another one on loopback', [inside(6060)], [8080], { kind: 'loopback', ports: [6060] }],
  ['elsewhere', [open(9091), open(9090)], [8080], { kind: 'elsewhere', open: [9090, 9091] }],
])('judgePorts: %s', (_name, listeners, exposed, verdict) => {
  expect(judgePorts(listeners, exposed)).toEqual(verdict)
})
