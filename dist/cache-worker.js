import { start } from './index.js'
await start('cache-worker')
