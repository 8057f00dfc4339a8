import { oneLine } from '../markdown.ts'

/** What a person on call reads: what, where, the numbers, why, where to look and what to do. Plain text, one line a value. */
export interface Message {
  readonly level: 'info' | 'warning' | 'page'
  /** `rolled-back`, `deployed` …: for programs. */
  readonly event: string
  readonly title: string
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly why: string
  /** Empty: there is nothing to do. */
  readonly todo: readonly string[]
  readonly link?: string
  /** The same for each try of this message, so that a receiver can drop what it has already. */
  readonly key: string
  readonly story: Story
  /** More for programs; only the generic webhook sends it. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What messages belong together, for those who keep them in one place: one issue for one trouble. */
export interface Story {
  /** Label of its issues. */
  readonly label: string
  /** What is in trouble: an environment, a workflow. */
  readonly group: string
  /** Which trouble of the group. */
  readonly id: string
  /** What this message does to the issue: `closes` all of the group, `continues` only one that is open. */
  readonly issue: 'opens' | 'continues' | 'closes' | 'none'
}

/** Digests in the length that people compare by. */
export const version = (text: string): string =>
  oneLine(text).replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1')

/** The message as lines of plain text, for what knows no markup. */
export function plainText(message: Message): string {
  return [
    message.title,
    '',
    `Why: ${message.why}`,
    ...message.facts.map(([name, value]) => `${name}: ${value}`),
    ...(message.todo.length === 0 ? [] : ['', ...message.todo.map((one) => `To do: ${one}`)]),
    ...(message.link === undefined ? [] : ['', message.link]),
  ].join('\n')
}

/** `text` cut to `bytes` of UTF-8 without a broken character; chats count bytes, not letters. */
export function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const mark = '…'
  let room = bytes - Buffer.byteLength(mark)
  let kept = ''
  for (const letter of text) {
    room -= Buffer.byteLength(letter)
    if (room < 0) break
    kept += letter
  }
  return kept + mark
}
