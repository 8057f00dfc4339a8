import { afterEach } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { type ClientOptions, RegistryClient } from '../../../src/registry/client.ts'
import { type TestAct, testAct } from '../../support/registry-act.ts'
import {
  type RegistryDouble,
  type RegistryDoubleOptions,
  startRegistry,
} from '../../support/registry-double.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Closed after the test. */
export async function registry(options: RegistryDoubleOptions = {}): Promise<RegistryDouble> {
  const double = await startRegistry(options)
  closers.push(() => double.close())
  return double
}

export function clientFor(
  options: ClientOptions = {},
  act: TestAct = testAct(),
): { client: RegistryClient; act: TestAct } {
  closers.push(async () => {
    await act.http.close()
    await act.temp.dispose()
  })
  return { client: new RegistryClient(act, options), act }
}

/** The codes of the problems a promise fails with; `none` when it does not fail. */
export async function codesOf(promise: Promise<unknown>): Promise<string[]> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PipelineError) return error.problems.map(({ code }) => code)
    throw error
  }
  return ['none']
}

export const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  (await codesOf(promise))[0] ?? 'empty'

export async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export const at = (
  double: RegistryDouble,
  repository = 'acme/hello',
): { registry: string; repository: string } => ({
  registry: double.host,
  repository,
})
