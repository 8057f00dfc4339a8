import type { Act } from '../base/act.ts'
import { messageOf } from '../base/errors.ts'

/** Longer than any disk takes; nobody waits for it. */
const LIMIT_MS = 60_000

/**
 * Begins to write to the disk what the file system of `folder` holds in memory only, and does not wait for it.
 *
 * `docker create` ends with the unmount of an overlay, and Linux writes out the whole file system below it then (fs/overlayfs, ovl_sync_fs).
 * After a restore that is a gigabyte which nobody else waits for: create took 1.3 to 3 s, and 0.3 s when the writing had begun at the
 * restore's end, beside the compile. Never throws; where there is no such `sync`, everything is as before.
 */
export function beginWriteBack(folder: string, act: Pick<Act, 'exec' | 'log' | 'signal' | 'host'>): void {
  if (act.host.os !== 'linux') return
  act.exec
    .run({ argv: ['sync', '-f', folder], timeoutMs: LIMIT_MS, signal: act.signal })
    .then(({ code, stderr }) => {
      if (code !== 0) act.log.debug(`sync -f ${folder}: ${stderr}`)
    })
    .catch((error: unknown) => {
      act.log.debug(`sync -f ${folder}: ${messageOf(error)}`)
    })
}
