import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize, sep } from 'node:path'

/**
 * A module proxy on loopback that serves a `cache/download` folder (go.dev/ref/mod#goproxy-protocol): what a run downloads
 * comes from the same disk in every chain, and no run depends on the network.
 */
export class ModuleServer {
  readonly url: string
  readonly port: number
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    this.url = `http://127.0.0.1:${this.port}`
  }

  static async start(folder: string): Promise<ModuleServer> {
    const server = createServer((request, response) => {
      const file = pathOf(folder, request.url ?? '/')
      const found = file === undefined ? Promise.resolve(undefined) : stat(file).catch(() => undefined)
      void found.then((info) => {
        if (file === undefined || info?.isFile() !== true) {
          response.writeHead(404).end()
          return
        }
        response.writeHead(200, { 'content-length': info.size })
        createReadStream(file).pipe(response)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new ModuleServer(server)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The file of a request, or undefined for one that leaves the folder. */
export function pathOf(folder: string, url: string): string | undefined {
  const path = normalize(join(folder, decodeURIComponent(url.split('?')[0] ?? '/')))
  return path.startsWith(folder + sep) ? path : undefined
}
