// Bundled by esbuild before it runs: the parser's packages import JSON in a way that Node 24 refuses.
import { existsSync, readFileSync } from 'node:fs'
import { validate } from '@actions/languageservice'
import { TextDocument } from 'vscode-languageserver-textdocument'

/** Files of this repository, by `$/` and (in copies) by its own name: what a nested workflow gives is checked too. */
const fileProvider = {
  getFileContent: ({ path }: { path: string }) => {
    if (!existsSync(path)) throw new Error(`there is no ${path}`)
    return Promise.resolve({ name: path, content: readFileSync(path, 'utf8') })
  },
}

const findings: Record<string, string[]> = {}
for (const file of process.argv.slice(2)) {
  const document = TextDocument.create(`file:///${file}`, 'yaml', 1, readFileSync(file, 'utf8'))
  findings[file] = (await validate(document, { fileProvider })).map(
    ({ range, message }) =>
      `${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  )
}
process.stdout.write(JSON.stringify(findings))
