import type { Found } from '#formats/settings/tableReader.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import type { SecretKind } from '../workspace/secretKeys.js';
import type { SecretSource } from './options.js';
import type { PlannedTarget } from './plan.js';
import type { TargetInput } from './targetInput.js';

/** Where a target's secrets are, in the notation of bake: without a source, bake looks for them by their ids. */
export function secretsIn(
  { graph, options }: Pick<TargetInput, 'graph' | 'options'>,
  image: ResolvedImage,
): Pick<PlannedTarget, 'secret' | 'ssh'> {
  const { sources } = options;
  return {
    secret: secretsOf(graph, image, 'secrets').map(({ value }) =>
      secretText(value, sources?.secrets.get(value)),
    ),
    ssh: secretsOf(graph, image, 'ssh').map(({ value }) =>
      [value, ...(sources?.ssh.get(value) ?? [])].join(',').replace(',', '='),
    ),
  };
}

/**
 * The ids of the secrets that an image may mount, each once: its own, and those of its tree which its Dockerfile
 * mentions, or an ONBUILD of what it is built on. So a tree may name them all, and whoever builds one image needs
 * its secrets alone.
 */
export function secretsOf(
  graph: Graph,
  image: ResolvedImage,
  kind: SecretKind,
): readonly Found<string>[] {
  const { definition, dockerfile } = image.rendered;
  const found = new Map((definition[kind] ?? []).map((each) => [each.value, each]));
  const ofTree = definition.tree.config[kind] ?? [];
  if (ofTree.length > 0) {
    const texts = [dockerfile, ...triggersOf(graph, image)];
    for (const each of ofTree) {
      if (!found.has(each.value) && texts.some((text) => mayMount(text, kind, each.value))) {
        found.set(each.value, each);
      }
    }
  }
  return [...found.values()];
}

/** Its id is in the Dockerfile, as that of a mount or at the end of its target, unless a variable has it. */
function mayMount(dockerfile: string, kind: SecretKind, id: string): boolean {
  const type = kind === 'ssh' ? 'ssh' : 'secret';
  return dockerfile
    .replace(/[\\`][ \t]*\r?\n/g, ' ')
    .split('\n')
    .some((line) =>
      (line.match(mounts) ?? []).some(
        (mount) =>
          new RegExp(`\\btype="?${type}\\b`, 'i').test(mount) &&
          (mount.includes(id) || mount.includes('$') || isUsual(kind, id, mount)),
      ),
    );
}

/** Without an id, SSH is that of the id `default`. */
function isUsual(kind: SecretKind, id: string, mount: string): boolean {
  return kind === 'ssh' && id === 'default' && !/\bid=/i.test(mount);
}

const mounts = /--mount=\S+/g;

/** The ONBUILD lines of the images of the trees that it is built on. */
function triggersOf(graph: Graph, { parents }: ResolvedImage): readonly string[] {
  return parents.flatMap(({ parent, kind }) => {
    const text = kind === 'from' ? graph.byReference.get(parent)?.rendered.dockerfile : undefined;
    return text?.match(/^[ \t]*ONBUILD[ \t](?:.*[\\`][ \t]*\r?\n)*.*/gim) ?? [];
  });
}

function secretText(id: string, source: SecretSource | undefined): string {
  return source === undefined || source.kind === 'usual'
    ? `id=${id}`
    : `id=${id},${quoted(`${source.kind === 'env' ? 'env' : 'src'}=${source.name}`)}`;
}

/** bake reads it as CSV. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
