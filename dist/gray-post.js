import { start } from './index.js'
await start('gray-post')
