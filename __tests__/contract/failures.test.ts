import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '..', '..')
const SRC = join(ROOT, 'src')

/** Codes made of a name that only the call knows. */
const BUILT: Readonly<Record<string, readonly string[]>> = {
  'gray/adapters/hooks.ts': ['gray-deploy', 'gray-finalise'],
}
/** Tables of causes whose codes are only ever shown behind a prefix. */
const PREFIXED: Readonly<Record<string, string>> = {
  'buildx/errors.ts': 'image-build-',
  'image/container.ts': 'start-',
}

const sources = (readdirSync(SRC, { recursive: true }) as string[])
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) =>
    ts.createSourceFile(file, readFileSync(join(SRC, file), 'utf8'), ts.ScriptTarget.Latest, true),
  )

const isKebab = (text: string): boolean => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text)

/** Every text an expression can become: both arms of `?:`, the right of `??`, templates with what they may hold. */
function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression)
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return [...textsOf(node.left), ...textsOf(node.right)]
  if (ts.isTemplateExpression(node)) {
    const [span, ...more] = node.templateSpans
    if (span === undefined || more.length > 0 || span.literal.text !== '') return []
    return textsOf(span.expression).map((text) => `${node.head.text}${text}`)
  }
  return []
}

/** Functions with a parameter called `code`: `add(severity, code, …)` of the Dockerfile traps, `problem(code, …)`. */
function takers(source: ts.SourceFile): Map<string, number> {
  const found = new Map<string, number>()
  const visit = (node: ts.Node): void => {
    const name = ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node) ? node.name : arrowName(node)
    if (ts.isFunctionLike(node) && name !== undefined) {
      const at = node.parameters.findIndex((parameter) => parameter.name.getText() === 'code')
      if (at >= 0) found.set(name.getText(), at)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function arrowName(node: ts.Node): ts.Node | undefined {
  return ts.isArrowFunction(node) && ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined
}

function codesOf(source: ts.SourceFile, methods: ReadonlyMap<string, number>): string[] {
  const own = takers(source)
  const codes: string[] = []
  const visit = (node: ts.Node): void => {
    const named =
      (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node) || ts.isParameter(node)) &&
      node.name.getText() === 'code'
    if (named && node.initializer !== undefined) codes.push(...textsOf(node.initializer))
    if (ts.isCallExpression(node)) {
      const { expression } = node
      const at = ts.isPropertyAccessExpression(expression)
        ? methods.get(expression.name.getText())
        : own.get(expression.getText())
      const argument = at === undefined ? undefined : node.arguments[at]
      if (argument !== undefined) codes.push(...textsOf(argument))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  const prefix = PREFIXED[source.fileName] ?? ''
  // Node's own codes (ECONNRESET) and messages are none of ours.
  return codes.filter(isKebab).map((code) => `${prefix}${code}`)
}

const methods = new Map(sources.flatMap((source) => [...takers(source)]))
const inSources = new Map<string, string>()
for (const source of sources)
  for (const code of [...codesOf(source, methods), ...(BUILT[source.fileName] ?? [])])
    inSources.set(code, `src/${source.fileName}`)

const text = readFileSync(join(ROOT, 'docs', 'failures.md'), 'utf8')
const rows = [...text.matchAll(/^\| `([a-z0-9-]+)` \|(.*)\|$/gm)].map(([, code = '', rest = '']) => ({
  code,
  cells: rest.split(' | ').map((cell) => cell.trim()),
}))
const documented = new Set(rows.map(({ code }) => code))

describe('docs/failures.md', () => {
  it('is compared with codes that were really found', () => {
    expect(inSources.size).toBeGreaterThan(350)
    // One of each form in which a code is written.
    for (const code of [
      'bad-input',
      'unexpected',
      'tests-failed',
      'bad-tag-rule',
      'ldflags-quotes',
      'copy-order',
      'image-build-failed',
      'image-build-network',
      'builder-boot',
      'start-load',
      'start-exec-format',
      'gray-gate',
      'ssh-denied',
      'github-denied',
    ])
      expect([...inSources.keys()]).toContain(code)
  })

  it('has every code of the sources', () => {
    const missing = [...inSources].filter(([code]) => !documented.has(code))
    expect(missing.map(([code, file]) => `${code} (${file})`)).toEqual([])
  })

  it('has no code that is gone', () => {
    expect([...documented].filter((code) => !inSources.has(code))).toEqual([])
  })

  it('says something about each, once in each table', () => {
    const sections = text.split(/^## /m).map((section) => [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)])
    for (const section of sections) {
      const codes = section.map(([, code]) => code)
      expect(codes).toEqual([...new Set(codes)])
    }
    for (const { code, cells } of rows) expect([code, (cells[0] ?? '').length > 8]).toEqual([code, true])
  })
})
