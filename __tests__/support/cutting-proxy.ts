import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A TCP proxy that ends connections after so many bytes, to see what a real server does with half a transfer. */
export class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Bytes after which the next connections are cut, one entry each; when used up, nothing is cut. */
  readonly cuts: { direction: 'up' | 'down'; after: number }[] = []
  /** Cuts that took place. */
  done = 0

  constructor(target: string) {
    const [host = '', port = ''] = target.split(':')
    this.#server = createServer((client) => {
      const server = connect(Number(port), host)
      for (const socket of [client, server]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          this.#sockets.delete(socket)
          client.destroy()
          server.destroy()
        })
      }
      const through = (from: Socket, to: Socket, direction: 'up' | 'down'): void => {
        let count = 0
        from.on('data', (chunk: Buffer) => {
          count += chunk.length
          const [next] = this.cuts
          if (next?.direction === direction && count > next.after) {
            this.cuts.shift()
            this.done++
            const part = chunk.subarray(0, Math.max(0, chunk.length - (count - next.after)))
            // What is before the cut arrives.
            to.write(part, () => {
              client.resetAndDestroy()
              server.destroy()
            })
            return
          }
          if (!to.write(chunk)) {
            from.pause()
            to.once('drain', () => from.resume())
          }
        })
      }
      through(client, server, 'up')
      through(server, client, 'down')
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
