import {
  type ClientAnswers,
  contextOf,
  detectEngine,
  type EngineDetection,
} from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';

/**
 * A builder by its name. buildx has one with the driver docker for each docker context, which is an engine of its own:
 * everything about its images is asked there.
 */
export async function openNamed(
  plain: Docker,
  name: string,
  signal: AbortSignal,
): Promise<{ docker: Docker; detection: EngineDetection }> {
  const docker = await dockerOfBuilder(plain, name, signal);
  return { docker, detection: await detectNamed(docker, name, signal) };
}

/** As `detectEngine`; what is wrong is said of this builder. */
export async function detectNamed(
  docker: Docker,
  name: string,
  signal: AbortSignal,
  client?: Promise<ClientAnswers>,
): Promise<EngineDetection> {
  const detection = await detectEngine(docker, signal, client);
  return detection.kind === 'unusable'
    ? { ...detection, diagnostic: ofBuilder(name, docker, detection.diagnostic) }
    : detection;
}

/** What docker is run with for a builder of this name. */
export async function dockerOfBuilder(
  plain: Docker,
  name: string,
  signal: AbortSignal,
): Promise<Docker> {
  const named = { ...plain, builder: name };
  const context = await contextOf(named, signal);
  if (context === undefined) {
    return named;
  }
  // DOCKER_HOST would go before it; `default` is what DOCKER_HOST says.
  const { DOCKER_HOST: _, BUILDX_BUILDER: __, ...env } = plain.env;
  return context === 'default' ? plain : { ...plain, env: { ...env, DOCKER_CONTEXT: context } };
}

type Unusable = Extract<EngineDetection, { kind: 'unusable' }>;

/** No daemon can be reached; what else is wrong with one is for the user to correct. */
export function isAbsent(detection: EngineDetection): detection is Unusable {
  return detection.kind === 'unusable' && detection.reason === 'daemon-down';
}

/** The context of a builder is not the user's choice of a context, as which the hints of docker take it. */
function ofBuilder(name: string, { env, builder }: Docker, diagnostic: Diagnostic): Diagnostic {
  const { code, message } = diagnostic;
  const isDown = code === 'engine-daemon-down';
  const isContext = builder === undefined && env.DOCKER_CONTEXT === name;
  const hint = `start the daemon there, or correct the context: "docker context inspect ${name}"`;
  return {
    ...diagnostic,
    ...(isDown && isContext ? { hint } : {}),
    message: message.includes(`builder ${name}`) ? message : `the builder ${name}: ${message}`,
  };
}
