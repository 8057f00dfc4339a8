// Bundled by esbuild before it runs: the parser's packages import JSON in a way that Node 24 refuses.
import { readFileSync } from 'node:fs'
import { validate } from '@actions/languageservice'
import { TextDocument } from 'vscode-languageserver-textdocument'

const findings: Record<string, string[]> = {}
for (const file of process.argv.slice(2)) {
  const document = TextDocument.create(`file:///${file}`, 'yaml', 1, readFileSync(file, 'utf8'))
  findings[file] = (await validate(document)).map(
    ({ range, message }) =>
      `${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  )
}
process.stdout.write(JSON.stringify(findings))
