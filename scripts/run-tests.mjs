// Runs the static checks beside Jest, prints what was skipped and why, and ends with `N passed, N failed`.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const paths = process.argv.slice(2)
const noRig = process.env.GIP_NO_RIG === '1'
const bin = (name) => join(root, 'node_modules', name)
const node = process.execPath

/** Resolves to the exit code; what it says is handed to `said` where its streams are pipes. */
const run = (args, { said, ...more }) =>
  new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: root, ...more })
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', said)
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })

let passed = 0
let failed = 0
const skips = []

/** One after the other: each takes one core, and the suites that run meanwhile mostly wait. */
async function staticChecks() {
  const checks = [
    ['types (tsc)', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.check.json']],
    ['lint (eslint)', [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0']],
    ['format (prettier)', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
    ['generated files', ['scripts/generate.ts', '--check']],
    ['dist is what src builds, licences complete', ['scripts/build.mjs', '--check']],
  ]
  for (const [name, args] of checks) {
    const started = Date.now()
    let output = ''
    // Said at once at its end, so that it does not mix with what Jest says.
    const ok =
      (await run(args, { stdio: ['ignore', 'pipe', 'pipe'], said: (part) => (output += part) })) === 0
    console.log(`${output}${ok ? 'PASS' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
    if (ok) passed++
    else failed++
  }
}

const checked = paths.length === 0 ? staticChecks() : Promise.resolve()
const work = mkdtempSync(join(tmpdir(), 'gip-tests-'))
try {
  const result = join(work, 'jest.json')
  const layers = noRig ? ['__tests__/unit', '__tests__/contract'] : []
  const status = await run(
    [
      bin('jest/bin/jest.js'),
      '--json',
      `--outputFile=${result}`,
      ...(process.env.CI ? ['--ci'] : []),
      ...(paths.length > 0 ? paths : layers),
      ...(paths.length === 0 && !noRig
        ? ['--coverage', '--coverageReporters=text-summary', '--coverageReporters=json-summary']
        : []),
    ],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  let report
  try {
    report = JSON.parse(readFileSync(result, 'utf8'))
  } catch {
    console.log('FAIL jest gave no result')
    failed++
  }
  if (report !== undefined) {
    passed += report.numPassedTests
    failed += report.numFailedTests + report.numRuntimeErrorTestSuites
    for (const suite of report.testResults) {
      for (const test of suite.assertionResults)
        if (test.status === 'pending' || test.status === 'todo') skips.push(test.fullName)
    }
    if (status !== 0 && report.numFailedTests + report.numRuntimeErrorTestSuites === 0) {
      console.log(`FAIL jest ended with ${status}`)
      failed++
    }
  }
  await checked
} finally {
  rmSync(work, { recursive: true, force: true })
}

if (noRig) console.log('left out: e2e and act tests (--no-rig)')
for (const name of skips) console.log(`skipped: ${name}`)
console.log(`${passed} passed, ${failed} failed${skips.length > 0 ? `, ${skips.length} skipped` : ''}`)
process.exitCode = failed === 0 ? 0 : 1
