import { EXTRAS } from '../../pipeline/starter/model.ts'
import { choice, input, type InputSpec } from '../spec.ts'

/** Options of `init`; there is no action of it. */
export const INIT_OPTIONS: readonly InputSpec[] = [
  choice('Project', 'kind', ['auto', 'service', 'library'], 'service: images are made of its main packages. library: vet, test and coverage only. auto: a service where there is a main package.'),
  input('Project', 'working-directory', 'text', '.', 'Folder to look for modules and main packages in. Workflows always go to the top of the repository.'),
  input('Project', 'main', 'list', '', 'Main packages to make images of, for example ./cmd/api, relative to the repository. Empty: all but tools of the developers.'),
  input('Images', 'images', 'list', '', 'Image names without tag; {name} stands for the name of the main. Empty: on ghcr.io, named like the repository on github.com.'),
  input('Workflows', 'with', 'list', '', `Further workflows: ${EXTRAS.join(', ')}.`),
  input('Delivery', 'test-environment', 'text', '', 'Environment that the image is deployed to before production. Its hosts are in deploy/NAME.yaml.'),
  input('Delivery', 'production-environment', 'text', '', 'Environment of production. Its hosts are in deploy/NAME.yaml, or it gets a gray release.'),
  choice('Delivery', 'gray', ['auto', 'true', 'false'], 'Bring production the new version step by step. auto: when deploy/adapter.yaml and deploy/metrics.yaml are there.'),
  input('Delivery', 'state', 'text', '', 'Where the state of gray releases is kept, for example ssh://deploy@web-1.example/srv/shop/gray.json.'),
  input('Templates', 'templates', 'text', '', 'Repository of the templates on your server, OWNER/NAME: a fork or a mirror. Empty: the one this program is released from.'),
  input('Templates', 'copies', 'boolean', 'false', 'Copy the templates instead of calling them: for GitHub Enterprise Server, and for repositories that may call nothing from outside.'),
  input('Templates', 'runner', 'list', '', 'Labels of the runner of every stage, for example self-hosted, linux. Empty: ubuntu-latest.'),
] // prettier-ignore

export const INIT_FLAGS = ['json', 'dry-run', 'force'] as const
