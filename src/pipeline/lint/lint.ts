import { type Finding, type Level, ruleOf, type RuleId } from './model.ts'
import { lintSource } from './rules.ts'
import { Source } from './source.ts'
import { lintTemplates, type TemplateRules } from './templates.ts'

export interface LintRules extends TemplateRules {
  /** Levels that differ from the standard. */
  readonly levels: ReadonlyMap<RuleId, Level | 'off'>
}

/** All findings of some files, by file and place. Pure. */
export function lintFiles(files: ReadonlyMap<string, string>, rules: LintRules): Finding[] {
  return [...files].flatMap(([file, text]) => {
    const source = new Source(file, text)
    const broken = source.root === undefined || source.faults.length > 0
    return [...lintSource(source), ...(broken ? [] : lintTemplates(source, rules))]
      .sort((a, b) => a.offset - b.offset)
      .flatMap(({ offset, rule, message, fix, diff }): Finding[] => {
        const level = rules.levels.get(rule) ?? ruleOf(rule).level
        if (level === 'off') return []
        return [
          { rule, level, file, ...source.position(offset), message, fix, ...(diff === undefined ? {} : { diff }) },
        ]
      })
  }) // prettier-ignore
}
