import { sharedInputs } from '../../build/spec.ts'
import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

/** Inputs that mean the same as those of the main action. */
export const PUBLISH: StageSpec = {
  name: 'publish',
  description: 'Move the tags to an image that passed its gates, joined from one part for each platform where it was built apart',
  icon: 'tag',
  inputs: [
    input('Image', 'images', 'list', '', 'Image names without tag. The parts are in the repository of the first; the others get copies.'),
    input('Image', 'digests', 'list', '', 'What is published: sha256:… or name@sha256:…. Several, a line each, are parts that are joined into one image; the outputs platform-digests of the legs of a matrix (a JSON object each, one below the other) can be given as they are.'),
    input('Image', 'reports', 'text', '', 'Folder with the reports of the legs, a folder each, instead of digests: what they pushed is taken from their report.json.'),
    input('Image', 'platforms', 'list', '', 'Platforms that must be there, neither more nor less; they also give the order. Empty: those of the parts.'),
    ...sharedInputs('tags'),
    input('Image', 'annotations', 'pairs', '', 'Annotations of the joined index, key=value lines.'),
    input('Image', 'working-directory', 'text', '.', 'Folder of the Go project, for tags that come from git.'),
    choice('Gates', 'verify', ['full', 'fast', 'off'], 'Read the image back: full hashes every layer again, fast checks manifests and that layers are there.'),
    ...sharedInputs('registries', 'github-token', 'registry-mirrors', 'insecure-registries', 'registry-ca'),
  ],
  outputs: [
    { name: 'image', description: 'name@digest of the joined image, a line for each name.' },
    { name: 'digest', description: 'Digest of the joined image.' },
    { name: 'tags', description: 'Full references of the tags, a line each.' },
    { name: 'platform-digests', description: 'JSON object: platform to manifest digest.' },
  ],
} // prettier-ignore
