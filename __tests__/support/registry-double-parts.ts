/** The options and faults of the registry double, and its answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What happens instead of, or on top of, the right answer. */
export type FaultAction =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** The connection ends when the request (with what has come of its body, kept by an upload) has been seen. */
  | 'cut-request'
  /** As above, when this much of the body has come. */
  | { readonly cutRequestAfterBytes: number }
  /** The work is done, the answer is lost. */
  | 'cut-response'
  /** The answer's body ends early. */
  | { readonly cutAfterBytes: number }
  | { readonly delayMs: number }
  /** The bytes of the answer are changed; of a PUT, the digest that is announced. */
  | 'wrong-digest'
  /** Something a test does at that moment, before the right answer is given. */
  | { readonly call: () => void | Promise<void> }

export interface RegistryFaultRule {
  readonly match: {
    readonly method?: string
    /** Tested against path and query. */
    readonly path: RegExp
    /** Only the n-th matching request (from 1); without it, every one. */
    readonly nth?: number
  }
  readonly action: FaultAction
}

export interface LoggedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  status: number
  bodyBytes: number
}

export interface RegistryDoubleOptions {
  readonly auth?: {
    readonly kind: 'basic' | 'bearer'
    readonly username: string
    readonly password: string
    /** Reading needs no login. */
    readonly anonymousPull?: boolean
    /** Seconds; told as expires_in. Default 300. */
    readonly lifetime?: number
    /** The token server knows only POST (OAuth2), or only GET. */
    readonly only?: 'GET' | 'POST'
    /** Accepted by a refresh_token grant. */
    readonly identityToken?: string
    /** Repositories nobody may push into. */
    readonly readOnly?: RegExp
  }
  /** DELETE of a tag: distribution 2 answers 400. Default true. */
  readonly tagDelete?: boolean
  /** DELETE at all. Default true. */
  readonly delete?: boolean
  /** Cross-repository mounts. Default true. */
  readonly mount?: boolean
  /** PATCH of uploads. Default true. */
  readonly patch?: boolean
  /** Range on blobs. Default true. */
  readonly range?: boolean
  /** HEAD of manifests answers 405, or leaves the digest out. */
  readonly head?: 'none' | 'no-digest'
  /** Reads of a moved tag that still see the old state (read-after-write lag). Default 0. */
  readonly lag?: number
  readonly minChunk?: number
  readonly tagPage?: number
  readonly immutable?: RegExp
  /** Manifests and blobs are served under another path prefix (a proxy project). */
  readonly prefix?: string
  readonly faults?: readonly RegistryFaultRule[]
}

/** The connection ends here. */
export class Cut extends Error {}

/** What will be answered, so that a fault can change it first. */
export class Reply {
  status = 200
  readonly headers: Record<string, string> = {}
  body: Buffer = Buffer.alloc(0)

  json(status: number, value: unknown): void {
    this.status = status
    this.headers['content-type'] = 'application/json'
    this.body = Buffer.from(JSON.stringify(value))
  }

  error(status: number, code: string, message: string, detail?: string): void {
    this.json(status, { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] })
  }

  spoil(method: string): void {
    if (method === 'PUT') this.headers['docker-content-digest'] = `sha256:${'0'.repeat(64)}`
    else {
      this.body = Buffer.from(this.body)
      if (this.body.length > 0) this.body[this.body.length - 1] = (this.body.at(-1) ?? 0) ^ 1
    }
  }

  async send(response: ServerResponse, method: string, cutAfter: number | undefined): Promise<void> {
    response.writeHead(this.status, { ...this.headers, 'content-length': String(this.body.length) })
    if (method === 'HEAD') response.end()
    else if (cutAfter === undefined) response.end(this.body)
    else {
      await new Promise((resolve) => response.write(this.body.subarray(0, cutAfter), resolve))
      throw new Cut()
    }
  }
}
