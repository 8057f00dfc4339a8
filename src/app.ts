/** One module for all entries but the cache worker, so that the bundle holds each of their parts once. */
export { main } from './actions/build/main.ts'
export { post } from './actions/build/post.ts'
export { cli } from './cli.ts'
