import { execFileSync } from 'node:child_process'
import type { Bytes } from './types.ts'

/**
 * Counts the bytes that services on loopback send and receive, by nftables: nothing stands in the way of the data, so
 * counting costs no time. Needs root, as the rig does.
 */
export class Meter {
  readonly #table: string
  readonly #ports: Readonly<Record<'cache' | 'registry' | 'modules', number>>

  constructor(name: string, ports: Readonly<Record<'cache' | 'registry' | 'modules', number>>) {
    this.#table = name
    this.#ports = ports
    const counters = Object.entries(ports).flatMap(([service, port]) => [
      `add counter inet ${name} ${service}_up`,
      `add counter inet ${name} ${service}_down`,
      `add rule inet ${name} in tcp dport ${port} counter name ${service}_up`,
      `add rule inet ${name} in tcp sport ${port} counter name ${service}_down`,
    ])
    const script = [
      `add table inet ${name}`,
      `add chain inet ${name} in { type filter hook input priority -400; policy accept; }`,
      ...counters,
    ]
    this.close()
    execFileSync('nft', ['-f', '-'], { input: script.join('\n') })
  }

  /** What has been counted since the last call. */
  take(): Bytes {
    const text = execFileSync('nft', ['-j', 'reset', 'counters', 'table', 'inet', this.#table], {
      encoding: 'utf8',
    })
    const counted = parseCounters(text)
    const of = (name: string): number => counted.get(name) ?? 0
    return {
      cacheDown: of('cache_down'),
      cacheUp: of('cache_up'),
      registryDown: of('registry_down'),
      registryUp: of('registry_up'),
      modulesDown: of('modules_down'),
    }
  }

  close(): void {
    try {
      execFileSync('nft', ['delete', 'table', 'inet', this.#table], { stdio: 'ignore' })
    } catch {
      // It is not there.
    }
  }

  get ports(): Readonly<Record<'cache' | 'registry' | 'modules', number>> {
    return this.#ports
  }
}

/** Reads `nft -j list counters`: bytes by counter name. */
export function parseCounters(json: string): Map<string, number> {
  const { nftables = [] } = JSON.parse(json) as {
    nftables?: readonly { readonly counter?: { readonly name: string; readonly bytes: number } }[]
  }
  return new Map(
    nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.bytes]])),
  )
}
