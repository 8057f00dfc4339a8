/**
 * Every secret value the run knows, so that no log line, error or report can carry one.
 * `mask` also tells the runner (`::add-mask::`), through the callback given at construction.
 */
export class Secrets {
  readonly #values = new Set<string>()
  readonly #announce: (value: string) => void

  constructor(announce: (value: string) => void = () => undefined) {
    this.#announce = announce
  }

  /** Registers a secret and the forms it is likely to be printed in (base64, URL-encoded, each line). */
  mask(value: string): void {
    if (value.length === 0) return
    const forms = [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)]
    // A multi-line secret (a key, a JSON credential) is printed line by line.
    if (value.includes('\n')) forms.push(...value.split(/\r?\n/).filter((line) => line.trim().length >= 8))
    for (const form of forms) {
      // Shorter values would turn ordinary text into asterisks.
      if (form.length < 4 || this.#values.has(form)) continue
      this.#values.add(form)
      this.#announce(form)
    }
  }

  /** `text` with every known secret replaced by `***`. */
  redact(text: string): string {
    let clean = text
    for (const value of [...this.#values].sort((a, b) => b.length - a.length))
      clean = clean.replaceAll(value, '***')
    return clean
  }
}

/** A URL without user information and without the query values that carry signatures. */
export function redactUrl(text: string): string {
  try {
    const url = new URL(text)
    url.username = ''
    url.password = ''
    for (const key of [...url.searchParams.keys()]) {
      if (/sig|token|key|secret|password|credential/i.test(key)) url.searchParams.set(key, '***')
    }
    return url.toString()
  } catch {
    return text
  }
}
