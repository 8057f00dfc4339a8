import { rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A door to HAProxy's runtime API that sees each request, and can be shut. */
export interface Relay {
  readonly path: string
  cut(): Promise<void>
  join(): Promise<void>
  close(): Promise<void>
}

/** Listens at `path` and carries one request per connection to `target`; `after` runs before its answer is passed on. */
export async function relayTo(
  target: string,
  path: string,
  after: (request: string) => Promise<void>,
): Promise<Relay> {
  let server: Server | undefined
  const take = (client: Socket): void => {
    client.on('error', () => undefined)
    client.once('data', (request: Buffer) => {
      const onward = connect(target)
      const chunks: Buffer[] = []
      onward.on('data', (chunk: Buffer) => chunks.push(chunk))
      onward.on('error', () => client.destroy())
      onward.on('end', () => {
        after(request.toString()).then(
          () => client.end(Buffer.concat(chunks)),
          () => client.destroy(),
        )
      })
      onward.write(request)
    })
  }
  const relay: Relay = {
    path,
    join: async () => {
      await rm(path, { force: true })
      const next = createServer(take)
      await new Promise<void>((resolve, reject) => next.once('error', reject).listen(path, resolve))
      server = next
    },
    cut: async () => {
      const last = server
      server = undefined
      if (last !== undefined) await new Promise((resolve) => last.close(resolve))
    },
    close: () => relay.cut(),
  }
  await relay.join()
  return relay
}
