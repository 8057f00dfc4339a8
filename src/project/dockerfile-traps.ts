import { nearest } from '../base/lists.ts'
import { buildTraps } from './dockerfile-build-traps.ts'
import { imageTraps } from './dockerfile-image-traps.ts'
import { type DockerfileFacts, stageConfig } from './dockerfile-parse.ts'
import { type DockerfileFinding, Scene, type TrapContext } from './dockerfile-scene.ts'

export type { DockerfileFinding, TrapContext } from './dockerfile-scene.ts'

/** Everything known to go wrong with Go in Dockerfiles, by line. Pure. */
export function dockerfileTraps(facts: DockerfileFacts, context: TrapContext): DockerfileFinding[] {
  const config = stageConfig(facts, context.target)
  if (config === undefined) return [missingStage(facts, context.target)]
  const scene = new Scene(facts, context, config)
  buildTraps(scene)
  imageTraps(scene)
  return scene.found.sort((a, b) => a.line - b.line)
}

function missingStage(facts: DockerfileFacts, target: string | undefined): DockerfileFinding {
  if (facts.stages.length === 0) {
    return {
      code: 'no-from',
      severity: 'error',
      message: 'the Dockerfile has no FROM',
      line: 1,
      fix: 'begin it with FROM',
    }
  }
  const names = facts.stages.map((stage) => stage.name ?? String(stage.index))
  const near = nearest(target ?? '', names)
  return {
    code: 'target-missing',
    severity: 'error',
    message: `the Dockerfile has no stage "${target ?? ''}"`,
    line: facts.stages.at(-1)?.line ?? 1,
    fix:
      near === undefined
        ? `its stages are ${names.join(', ')}`
        : `did you mean ${near}? Its stages are ${names.join(', ')}`,
  }
}
