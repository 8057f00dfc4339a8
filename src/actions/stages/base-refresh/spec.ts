import { sharedInputs } from '../../build/spec.ts'
import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

/** Inputs that mean the same as those of the main action. */
export const BASE_REFRESH: StageSpec = {
  name: 'base-refresh',
  description: 'Look whether published images stand on old bases; tell, or put their own layers on the new base without a build',
  icon: 'refresh-cw',
  inputs: [
    input('Images', 'images', 'list', '', 'Published images with their tags, for example ghcr.io/acme/hello:latest, a line each. Tags of one repository with the same digest are moved together.'),
    choice('Images', 'mode', ['report', 'issue', 'rebase'], 'report only tells; issue opens one issue, keeps it up to date and closes it; rebase replaces the base of images made by this action and moves their tags.'),
    input('Images', 'fail-on-stale', 'boolean', 'false', 'Modes report and issue: fail when an image stands on an old base.'),
    input('Rebase', 'previous-tag', 'text', '', 'Tag that keeps the image as it was, for example {tag}-previous. Empty: it stays without a tag.'),
    choice('Rebase', 'verify', ['full', 'fast'], 'Read the rebased image back before tags move: full hashes every layer again.'),
    input('Issue', 'repository', 'text', '${{ github.repository }}', 'OWNER/NAME of the repository for the issue.'),
    ...sharedInputs('registries', 'github-token', 'registry-mirrors', 'insecure-registries', 'registry-ca'),
  ],
  outputs: [
    { name: 'verdict', description: 'current, stale, refreshed, or refused (an image is stale and could not be rebased).' },
    { name: 'stale', description: 'JSON list of images on old bases: image, digest, base, was, now, days.' },
    { name: 'refreshed', description: 'JSON list of rebased images: image, was, digest, tags.' },
    { name: 'images', description: 'name@digest of each rebased image, a line each.' },
    { name: 'issue', description: 'Address of the issue, when there is one.' },
  ],
} // prettier-ignore
