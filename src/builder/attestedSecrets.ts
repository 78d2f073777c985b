import { isMeant, settingsIn } from '#adapters/docker/settings.js';
import { proxiesWithCredentials } from '#adapters/registry/dockerConfig.js';
import { attestOf } from '#compiler/definitions/definition.js';
import { refuseProxyCredentials } from '#compiler/plan/args.js';
import { nameTargets } from '#compiler/plan/nameTargets.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';

const hint =
  'a provenance of mode=max has the build arguments and the Dockerfile: use mode=min, or a proxy without credentials';

/**
 * Refuses passwords of proxies that an attestation would carry into the registry: in a build
 * argument of the trees, in a Dockerfile, or among the `proxies` of docker's configuration, which
 * docker makes build arguments of. `building` are the images that the run may build.
 */
export function attestedSecrets(
  args: readonly string[],
  graph: Graph,
  building: ReadonlySet<Reference>,
  dockerDirectory: string,
): Diagnostic[] {
  const names = nameTargets(graph);
  const isAttested = attested(args);
  const images = graph.images.filter(({ reference, rendered }) => {
    const name = names.get(reference);
    const isNamed = attestOf(rendered.definition)?.provenance === 'max';
    return name !== undefined && building.has(reference) && (isNamed || isAttested(name));
  });
  if (images.length === 0) {
    return [];
  }
  const { file, keys } = proxiesWithCredentials(dockerDirectory);
  return [
    ...refuseProxyCredentials(images, hint),
    ...keys.map((key) =>
      error('proxy-credentials', `${key} of docker's proxies contains a user name or password`, {
        place: { file },
        hint,
      }),
    ),
  ];
}

/** Which targets, by their names, get a provenance with all that they are built with. */
function attested(args: readonly string[]): (target: string) => boolean {
  const isAll = args.some((argument, at) => {
    // The word behind `--set` is its value, whatever it looks like.
    if (args[at - 1] === '--set') {
      return false;
    }
    const joined = /^--provenance=(.*)$/s.exec(argument)?.[1];
    const value = args[at - 1] === '--provenance' ? argument : joined;
    return value !== undefined && isFull(value);
  });
  const settings = settingsIn(args).flatMap(({ setting }) =>
    setting.key === 'attest' && /\btype=provenance\b/.test(setting.value) && isFull(setting.value)
      ? [setting]
      : [],
  );
  return (target) => isAll || settings.some((setting) => isMeant(setting, [target]));
}

/** BuildKit's default is mode=max; only mode=min leaves arguments out. */
function isFull(value: string): boolean {
  const fields = value.split(',').map((field) => field.trim().replaceAll('"', '').toLowerCase());
  const isOff = fields.some((field) => /^(?:disabled=(?:true|1|t)|false|0|f)$/.test(field));
  return value !== '' && !isOff && !fields.some((field) => /^(?:mode=)?min$/.test(field));
}
