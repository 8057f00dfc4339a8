/** Facts about a user's Dockerfile, and the traps in it. */
export * from './dockerfile-parse.ts'
export * from './dockerfile-caches.ts'
export * from './dockerfile-helpers.ts'
export * from './dockerfile-traps.ts'
