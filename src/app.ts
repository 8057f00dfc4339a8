/** One module for all entries but the cache worker, so that the bundle holds each of their parts once. */
import { main } from './actions/build/main.ts'
import { post } from './actions/build/post.ts'
import type { StageName } from './actions/stages/index.ts'
import { cli } from './cli.ts'

/** The gray release has a chunk of its own, which the main action never loads. */
export const ENTRIES = {
  main,
  post,
  cli,
  'gray-main': async (): Promise<void> => (await import('./actions/gray/main.ts')).grayMain(),
  'gray-post': async (): Promise<void> => (await import('./actions/gray/post.ts')).grayPost(),
} as const

export const isEntry = (name: string): name is keyof typeof ENTRIES => Object.hasOwn(ENTRIES, name)

/** Each stage has a chunk of its own too. */
export const stage = async (name: StageName): Promise<void> =>
  (await import('./actions/stages/main.ts')).stageMain(name)
