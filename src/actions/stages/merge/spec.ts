import { inputSpec } from '../../build/spec.ts'
import { choice, input, type InputSpec } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

/** Inputs that mean the same as those of the main action. */
const shared = (...names: readonly string[]): InputSpec[] => names.flatMap((name) => inputSpec(name) ?? [])

export const MERGE: StageSpec = {
  name: 'merge',
  description: 'Join images that were built on a runner for each platform into one, verify it, move the tags',
  icon: 'git-merge',
  inputs: [
    input('Image', 'images', 'list', '', 'Image names without tag. The parts are in the repository of the first; the others get copies.'),
    input('Image', 'digests', 'list', '', 'The parts: sha256:… or name@sha256:…, a line each, or the outputs platform-digests of the legs (a JSON object each, one below the other).'),
    input('Image', 'platforms', 'list', '', 'Platforms that must be there, neither more nor less; they also give the order. Empty: those of the parts.'),
    ...shared('tags'),
    input('Image', 'annotations', 'pairs', '', 'Annotations of the index, key=value lines.'),
    input('Image', 'working-directory', 'text', '.', 'Folder of the Go project, for tags that come from git.'),
    choice('Gates', 'verify', ['full', 'fast', 'off'], 'Read the joined image back: full hashes every layer again, fast checks manifests and that layers are there.'),
    ...shared('registries', 'github-token', 'registry-mirrors', 'insecure-registries', 'registry-ca'),
  ],
  outputs: [
    { name: 'image', description: 'name@digest of the joined image, a line for each name.' },
    { name: 'digest', description: 'Digest of the joined image.' },
    { name: 'tags', description: 'Full references of the tags, a line each.' },
    { name: 'platform-digests', description: 'JSON object: platform to manifest digest.' },
  ],
} // prettier-ignore
