import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { describeWithRig, rigValue, ROOT } from '../support/rig.ts'
import { githubFindings, rewriteSelf, rewrittenRepository, workflowFiles } from '../support/workflow-files.ts'

interface Job {
  readonly name?: string
  readonly uses?: string
  readonly permissions?: Record<string, string>
  readonly environment?: string
  readonly secrets?: unknown
  readonly 'timeout-minutes'?: unknown
  readonly steps?: readonly { name?: string; uses?: string; run?: string; with?: Record<string, unknown> }[]
}
interface Workflow {
  readonly name?: string
  readonly on: Record<string, unknown>
  readonly permissions: unknown
  readonly concurrency?: { group: string; 'cancel-in-progress'?: unknown }
  readonly jobs: Record<string, Job>
}

const files = workflowFiles()
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const workflow = (file: string): Workflow => parse(read(file)) as Workflow
const callables = files.filter((file) => file.startsWith('.github/') && 'workflow_call' in workflow(file).on)

describe('the workflow library', () => {
  it('has callables', () => {
    expect(callables).toContain('.github/workflows/image.yml')
  })

  it.each(callables)('%s has a copyable twin', (file) => {
    expect(files).toContain(file.replace('.github/', ''))
  })

  it('has twins and tables as the callables make them', () => {
    const done = spawnSync(process.execPath, [join(ROOT, 'scripts/twins.ts'), '--check'], {
      encoding: 'utf8',
    })
    expect(done.stderr.replace(/^.*ExperimentalWarning.*\n.*\n/m, '')).toBe('')
    expect(done.status).toBe(0)
  })

  it.each(callables)('%s says what it is for, what it may do, where it ends and how it is used', (file) => {
    const head = read(file).split(/^name:/m)[0] ?? ''
    for (const part of [/^# \S+: /m, /^# Permissions/m, /^# Limits:/m, /^# Usage\b.*:$/m, /@SHA # vX\.Y\.Z/])
      expect(head).toMatch(part)
    expect(workflow(file).name).toBe(file.replace(/^.*\/|\.yml$/g, ''))
  })

  it.each(callables)(
    '%s grants nothing by default, names its jobs, ends in time, cuts no caller off',
    (file) => {
      const { permissions, concurrency, jobs } = workflow(file)
      expect(permissions).toEqual({})
      const name = file.replace(/^.*\/|\.yml$/g, '')
      expect(concurrency?.group).toContain(`-${name}`)
      for (const [id, job] of Object.entries(jobs)) {
        expect([id, job.name]).toEqual([id, expect.any(String)])
        expect([id, job.secrets]).not.toEqual([id, 'inherit'])
        if (job.uses === undefined) expect([id, job['timeout-minutes']]).not.toEqual([id, undefined])
        for (const step of job.steps ?? []) {
          expect([id, step.name]).toEqual([id, expect.any(String)])
          expect(step.run ?? '').not.toContain('${{')
          if (step.uses?.startsWith('actions/checkout@') === true)
            expect(step.with).toMatchObject({ 'persist-credentials': false })
        }
      }
      // Each grant stands with its reason.
      for (const line of read(file).split('\n'))
        if (/^ +(?!default)[a-z-]+: (read|write)\b/.test(line) && !line.startsWith('#'))
          expect(line).toMatch(/ # \S/)
    },
  )

  it.each(callables)('%s uses our own parts at its own commit and the three actions of GitHub', (file) => {
    for (const job of Object.values(workflow(file).jobs))
      for (const uses of [job.uses, ...(job.steps ?? []).map((step) => step.uses)])
        if (uses !== undefined)
          expect(uses).toMatch(
            /^(\$\/.*|actions\/(checkout|upload-artifact|download-artifact)@[0-9a-f]{40})$/,
          )
  })

  it('gives actions only inputs that they have', () => {
    for (const file of callables)
      for (const [id, job] of Object.entries(workflow(file).jobs))
        for (const { uses, with: given } of job.steps ?? [])
          if (uses?.startsWith('$/') === true) {
            const action = parse(read(`${uses.slice(2)}/action.yml`.replace(/^\//, ''))) as {
              inputs?: Record<string, unknown>
            }
            const unknown = Object.keys(given ?? {}).filter((name) => !(name in (action.inputs ?? {})))
            expect([file, id, uses, unknown]).toEqual([file, id, uses, []])
          }
  })

  it('hands nested workflows only what they take', () => {
    for (const file of callables)
      for (const job of Object.values(workflow(file).jobs))
        if (job.uses?.startsWith('$/') === true) {
          const call = workflow(job.uses.slice(2)).on['workflow_call'] as {
            inputs?: Record<string, { required?: boolean }>
          }
          const given = Object.keys((job as { with?: Record<string, unknown> }).with ?? {})
          expect(given.filter((name) => !(name in (call.inputs ?? {})))).toEqual([])
          const needed = Object.entries(call.inputs ?? {}).flatMap(([name, { required }]) =>
            required === true ? [name] : [],
          )
          expect(needed.filter((name) => !given.includes(name))).toEqual([])
        }
  })

  it('is accepted by the parser of GitHub', () => {
    const findings = githubFindings(files)
    expect(Object.keys(findings)).toHaveLength(files.length)
    expect(Object.entries(findings).filter(([, list]) => list.length > 0)).toEqual([])
  })

  it('is rewritten for other tools in nothing but its own references', () => {
    for (const file of files) {
      const [before, after] = [read(file).split('\n'), rewriteSelf(read(file)).split('\n')]
      const changed = before.filter((line, index) => line !== after[index])
      expect(changed.filter((line) => !/^\s*(- )?uses: \$\//.test(line))).toEqual([])
      expect(after.filter((line) => /^\s*(- )?uses: \$/.test(line))).toEqual([])
    }
  })
})

describeWithRig('tools of the field', () => {
  it('zizmor, as an auditor, finds nothing, and nothing is ignored', () => {
    const done = spawnSync(
      rigValue('GIP_ZIZMOR'),
      ['--offline', '--persona=auditor', '--strict-collection', '--format=plain', '--no-progress', '.'],
      { cwd: ROOT, encoding: 'utf8' },
    )
    expect(done.stdout + done.stderr).toMatch(/No findings to report/)
    expect(done.stdout + done.stderr).not.toMatch(/ignored/)
    expect(done.status).toBe(0)
    for (const file of files) expect(read(file)).not.toContain('zizmor: ignore')
  })

  it.each(['.github/workflows', 'workflows'])('actionlint with shellcheck finds nothing in %s', (folder) => {
    const { folder: copy, dispose } = rewrittenRepository(
      files.filter((file) => file.startsWith(`${folder}/`)),
    )
    try {
      const done = spawnSync(
        rigValue('GIP_ACTIONLINT'),
        ['-no-color', '-shellcheck', rigValue('GIP_SHELLCHECK')],
        { cwd: copy, encoding: 'utf8' },
      )
      expect(done.stdout + done.stderr).toBe('')
      expect(done.status).toBe(0)
    } finally {
      dispose()
    }
  })

  it('the twins are pinned to a commit of this history', () => {
    const { sha } = JSON.parse(read('workflows/release.json')) as { sha: string }
    const shallow = execFileSync('git', ['rev-parse', '--is-shallow-repository'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    // A shallow clone has no history to ask.
    if (shallow.trim() === 'false') {
      expect(spawnSync('git', ['merge-base', '--is-ancestor', sha, 'HEAD'], { cwd: ROOT }).status).toBe(0)
      // What a twin uses is there at that commit.
      const used = files.flatMap((file) =>
        [...read(file).matchAll(/uses: OWNER\/go-image-pipeline(?:\/(\S+?))?@[0-9a-f]{40}/g)].map(
          ([, path = '']) => path,
        ),
      )
      const lacking = [...new Set(used)].filter((path) => {
        const at = path.endsWith('.yml') ? path : `${path}/action.yml`.replace(/^\//, '')
        return spawnSync('git', ['cat-file', '-e', `${sha}:${at}`], { cwd: ROOT }).status !== 0
      })
      expect(lacking).toEqual([])
    }
  })
})
