import { start } from './index.js'
await start('gray-main')
