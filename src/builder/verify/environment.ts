import type { TreeConfig } from '#compiler/workspace/tree.js';

/** The variables that docker and buildx read, without those that hold credentials. */
const dockerVariables = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'DOCKER_TLS',
  'DOCKER_API_VERSION',
  'DOCKER_DEFAULT_PLATFORM',
];

/**
 * The environment of a test: the proxies as docker-pkg gives them, PATH, HOME and docker's own
 * variables. Nothing else, so that no credential reaches a test by accident.
 */
export function verificationEnvironment(
  config: Pick<TreeConfig, 'httpProxy'>,
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const made: Record<string, string> = {};
  if (config.httpProxy !== undefined) {
    for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) {
      made[name] = config.httpProxy;
    }
  }
  for (const name of ['PATH', 'HOME', ...dockerVariables]) {
    const value = environment[name];
    if (value !== undefined && value !== '') {
      made[name] = value;
    }
  }
  return made;
}
