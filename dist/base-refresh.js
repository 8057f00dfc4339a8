import { start } from './index.js'
await start('base-refresh')
