import { expect, it } from '@jest/globals'
import { tmpdir } from 'node:os'
import { type Command, type Exec, type Finished, SystemExec } from '../../../src/base/exec.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hostOf } from '../../../src/base/platform.ts'
import { beginWriteBack } from '../../../src/cache/write-back.ts'

/** What is said and asked for, once all that was begun has ended. */
async function begun(
  answer: (command: Command) => Promise<Finished>,
  os: 'linux' | 'darwin' | 'windows' = 'linux',
  folder = '/caches',
): Promise<{ argv: (readonly string[])[]; said: string[] }> {
  const argv: (readonly string[])[] = []
  const said: string[] = []
  const answers: Promise<unknown>[] = []
  const exec: Exec = {
    run: (command) => {
      argv.push(command.argv)
      const answered = answer(command)
      answers.push(answered.catch(() => undefined))
      return answered
    },
  }
  const log = { ...silentLog, debug: (line: string) => void said.push(line) }
  beginWriteBack(folder, { exec, log, signal: new AbortController().signal, host: hostOf(os, 'x64') })
  await Promise.all(answers)
  await new Promise((resolve) => setImmediate(resolve))
  return { argv, said }
}
const ended = (code: number, stderr = ''): Promise<Finished> =>
  Promise.resolve({ code, stdout: '', stderr, tail: [], ms: 0 })

it('asks for one file system, and says nothing when it is done', async () => {
  expect(await begun(() => ended(0))).toEqual({ argv: [['sync', '-f', '/caches']], said: [] })
})

it('a sync that cannot do it, or is not there, is worth a line of debugging only', async () => {
  expect((await begun(() => ended(1, "invalid option -- 'f'"))).said).toEqual([
    "sync -f /caches: invalid option -- 'f'",
  ])
  expect((await begun(() => Promise.reject(new Error('cannot start sync')))).said).toEqual([
    'sync -f /caches: cannot start sync',
  ])
})

it('nothing where the engine has a disk of its own: macOS, Windows', async () => {
  for (const os of ['darwin', 'windows'] as const)
    expect(await begun(() => ended(0), os)).toEqual({ argv: [], said: [] })
})

const linux = process.platform === 'linux' ? it : it.skip
linux('the sync of this machine knows the option', async () => {
  const done = await begun((command) => new SystemExec().run(command), 'linux', tmpdir())
  expect(done.said).toEqual([])
})
