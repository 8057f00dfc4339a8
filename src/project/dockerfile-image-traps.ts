import { type Scene, NO_SHELL } from './dockerfile-scene.ts'

/** Traps of the image that is shipped: entry point, user, what its base lacks. */
export function imageTraps(scene: Scene): void {
  // A stage that only tests or builds is not shipped: its user and entry point do not matter.
  if (!shipped(scene)) return
  entry(scene)
  user(scene)
  furniture(scene)
  health(scene)
}

function shipped(scene: Scene): boolean {
  const { instructions } = scene.config
  return (
    scene.config.stage.index === scene.facts.stages.length - 1 ||
    instructions.some(({ keyword }) => ['ENTRYPOINT', 'CMD', 'EXPOSE', 'USER'].includes(keyword))
  )
}

function entry(scene: Scene): void {
  const { entrypoint, cmd, base } = scene.config
  const noShell = NO_SHELL.test(base)
  const start = entrypoint ?? cmd
  for (const one of [entrypoint, cmd]) {
    if (one === undefined || one.json !== undefined) continue
    const words = one.args.split(/\s+/)
    const simple = !/[$&|;<>()`"'*?~=]/.test(one.args)
    const patch = simple
      ? scene.patch(one.line, one.endLine, `${one.keyword} ${JSON.stringify(words).replaceAll(',', ', ')}`)
      : undefined
    if (one === start && noShell) {
      scene.add(
        'error',
        'shell-form',
        one.line,
        `${one.keyword} in shell form needs /bin/sh, which ${base} does not have: the image cannot start`,
        `write it in exec form: ${one.keyword} ["/app", "argument"]`,
        patch,
      )
    } else if (one === start) {
      scene.add(
        'warning',
        'shell-form',
        one.line,
        `${one.keyword} in shell form makes /bin/sh process 1: the program never gets SIGTERM and is killed after the grace time`,
        `write it in exec form: ${one.keyword} ["/app", "argument"]`,
        patch,
      )
    } else if (entrypoint?.json !== undefined) {
      scene.add(
        'warning',
        'shell-form',
        one.line,
        'CMD in shell form gives the entry point the arguments "/bin/sh", "-c" and the text',
        'write CMD in exec form',
        patch,
      )
    }
  }
}

function user(scene: Scene): void {
  const { user, base, stage, expose } = scene.config
  const name = user?.args.split(/\s+/)[0]?.split(':')[0]
  const root =
    name === undefined ? !/:(?:[\w.-]*-)?nonroot\b|chainguard\//.test(base) : ['0', 'root'].includes(name)
  const windows =
    scene.context.platforms.length > 0 &&
    scene.context.platforms.every((platform) => platform.os === 'windows')
  if (root && !windows) {
    const last = scene.config.stage.instructions.at(-1)
    scene.add(
      'warning',
      'root-user',
      user?.line ?? stage.line,
      'the image runs as root',
      'run as a numeric user: USER 65532:65532',
      user === undefined
        ? `+ USER 65532:65532\n  ${scene.facts.lines[(last?.line ?? stage.line) - 1] ?? ''}`
        : scene.patch(user.line, user.endLine, 'USER 65532:65532'),
    )
  } else if (name !== undefined && !/^\d+$/.test(name) && !name.includes('$') && !windows) {
    scene.add(
      'note',
      'user-name',
      user?.line ?? stage.line,
      `Kubernetes cannot tell that "${name}" is not root (runAsNonRoot needs a number)`,
      'write the number: USER 65532:65532',
    )
  }
  if (root) return
  for (const { port, line } of expose) {
    const number = Number(port.split('/')[0]?.split('-')[0])
    if (number > 0 && number < 1024) {
      scene.add(
        'warning',
        'low-port',
        line,
        `a program that is not root may not listen on port ${number} in Kubernetes (Docker hides it)`,
        'listen on a port from 1024 on, for example 8080, and map it outside',
      )
    }
  }
}

function furniture(scene: Scene): void {
  const { base, stage, instructions } = scene.config
  if (/(?:^|\/)golang(?::|@|$)/.test(base)) {
    scene.add(
      'warning',
      'toolchain-shipped',
      stage.line,
      'the image that is shipped holds the whole Go toolchain (about 800 MB)',
      'add a last stage: FROM gcr.io/distroless/static-debian13:nonroot, and COPY --from the program into it',
    )
  }
  const brings = (pattern: RegExp): boolean =>
    instructions.some((one) => /^(?:COPY|ADD)$/.test(one.keyword) && pattern.test(one.args))
  const certificates = /ca-certificates|ca-bundle|\/etc\/ssl|\/certs?\b|cert\.pem|rootfs|\s\/$/
  if (base === 'scratch' && !brings(certificates)) {
    scene.add(
      'warning',
      'no-ca',
      stage.line,
      'scratch has no CA bundle: every HTTPS call fails with "certificate signed by unknown authority"',
      'copy one from the builder stage, or use gcr.io/distroless/static-debian13:nonroot',
      '+ COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/',
    )
  }
}

function health(scene: Scene): void {
  const { healthcheck, base } = scene.config
  if (healthcheck === undefined || /^NONE\b/i.test(healthcheck.args) || !NO_SHELL.test(base)) return
  const program = healthcheck.json?.[0]
  const known = program !== undefined && !/(?:^|\/)(?:curl|wget|sh|bash|nc)$/.test(program)
  if (known) return
  scene.add(
    'warning',
    'healthcheck-tool',
    healthcheck.line,
    program === undefined
      ? `HEALTHCHECK in shell form needs /bin/sh, which ${base} does not have: the container is unhealthy for ever`
      : `${program} is not in ${base}: the container is unhealthy for ever`,
    'let the program check itself (HEALTHCHECK CMD ["/app", "healthcheck"]), or leave the check to the orchestrator',
  )
}
