// Long test files first, so that no worker ends with one of them alone. Jest itself knows durations only after a first run,
// and a fresh clone has none; a file that is not in the list comes after those that are, as Jest would order it.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import Sequencer from '@jest/test-sequencer'

const seconds = JSON.parse(readFileSync(new URL('test-seconds.json', import.meta.url), 'utf8'))

export default class LongFirst extends Sequencer {
  sort(tests) {
    const known = (test) =>
      seconds[relative(test.context.config.rootDir, test.path).replaceAll('\\', '/')] ?? 0
    return super.sort(tests).sort((a, b) => known(b) - known(a))
  }
}
