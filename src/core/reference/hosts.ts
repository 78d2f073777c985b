export const dockerHub = 'docker.io';

const dockerHubNames = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The one spelling of a registry's host under which it is asked and compared. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return dockerHubNames.has(lower) ? dockerHub : lower;
}
