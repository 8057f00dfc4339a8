import { start } from './index.js'
await start('template-lint')
