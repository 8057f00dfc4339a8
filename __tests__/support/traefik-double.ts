import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'

interface File {
  readonly http?: {
    readonly services?: Record<
      string,
      { readonly weighted?: { readonly services?: readonly { name: string; weight?: number }[] } }
    >
  }
}

/**
 * Traefik as far as the adapter can see it: a watched file, and the API that tells what is in force. Answers have the form of
 * Traefik 3's `/api/http/services/NAME@file`. What a real Traefik does with the file this double does not prove.
 */
export class TraefikDouble {
  readonly file: string
  readonly settings: Readonly<Record<string, unknown>>
  /** The API does not answer. */
  away = false
  /** The file is not watched: what was read last stays in force. */
  frozen = false
  /** A fault in the service, as the API tells it. */
  status = 'enabled'
  readonly stop: () => Promise<void>
  #last: string | undefined

  constructor(folder: string, api: string, stop: () => Promise<void>) {
    this.file = join(folder, 'gray.yml')
    this.stop = stop
    this.settings = {
      kind: 'traefik-file',
      file: this.file,
      service: 'app',
      old: 'app-old@docker',
      new: 'app-new@docker',
      api,
    }
  }

  /** The services in force, or undefined when there is no file. */
  services(): readonly { name: string; weight?: number }[] | undefined {
    if (!this.frozen) this.#last = readIfAny(this.file)
    return this.#last === undefined
      ? undefined
      : (parse(this.#last) as File).http?.services?.['app']?.weighted?.services
  }

  percent(): number {
    const [old, fresh] = this.services()?.map(({ weight = 1 }) => weight) ?? []
    return old === undefined || fresh === undefined ? 0 : (100 * fresh) / (old + fresh)
  }

  answer(path: string): { status: number; body: unknown } {
    if (path !== '/api/http/services/app@file') return { status: 404, body: { message: 'no such path' } }
    const services = this.services()
    if (services === undefined) return { status: 404, body: { message: 'service not found: app@file' } }
    return {
      status: 200,
      body: {
        weighted: { services },
        status: this.status,
        usedBy: ['app@docker'],
        name: 'app@file',
        provider: 'file',
        type: 'weighted',
      },
    }
  }
}

export async function startTraefik(): Promise<TraefikDouble> {
  const folder = mkdtempSync(join(tmpdir(), 'gip-traefik-'))
  const server = createServer((request, response) => {
    if (double.away) {
      request.socket.destroy()
      return
    }
    const { status, body } = double.answer(request.url ?? '')
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const double = new TraefikDouble(
    folder,
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  )
  return double
}

function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
