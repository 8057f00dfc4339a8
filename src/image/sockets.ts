import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Host } from '../base/platform.ts'
import type { ContainerState } from './container.ts'
import { type Listener, parseProcNet } from './ports.ts'

/**
 * The container's sockets, read in its network namespace from the host: no shell is needed in the image. Undefined
 * where the engine's processes are not ours (Docker Desktop, remote engines, job containers).
 */
export async function readListeners(
  state: Pick<ContainerState, 'id' | 'pid'>,
  host: Host,
): Promise<Listener[] | undefined> {
  if (host.os !== 'linux' || state.pid <= 0) return undefined
  try {
    const [cgroup, tcp, tcp6] = await Promise.all(
      ['cgroup', 'net/tcp', 'net/tcp6'].map((file) =>
        readFile(`/proc/${state.pid}/${file}`, 'utf8').catch((error: unknown) => {
          // IPv6 may be switched off.
          if (file === 'net/tcp6') return ''
          throw error
        }),
      ),
    )
    // The number may belong to another process when the engine lives in another PID namespace.
    if (cgroup?.includes(state.id.slice(0, 12)) !== true) return undefined
    const bigEndian = host.arch === 's390x'
    return [...parseProcNet(tcp ?? '', { bigEndian }), ...parseProcNet(tcp6 ?? '', { bigEndian })]
  } catch {
    return undefined
  }
}

/**
 * Whether a program stands behind a published port. Docker's proxy takes every connection and drops it at once when
 * nothing listens inside, so a connection has to last.
 */
export function answers(port: number, ms = 400): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (answer: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => {
      end(!socket.connecting)
    }, ms)
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('end', () => end(false))
  })
}
