import type { Graph } from '#compiler/resolve/graph.js';

/** `<tree>/<name>.log`, with a number behind the name where another image has that file. */
export function logFileOf({ graph }: { readonly graph: Graph }): (reference: string) => string {
  const files = new Map<string, string>();
  const taken = new Set<string>();
  const sound = graph.images.map(({ reference, rendered: { definition } }) => {
    return { reference, tree: definition.tree, name: definition.name };
  });
  for (const { reference, tree, name } of [...sound, ...graph.broken.map(({ image }) => image)]) {
    if (reference === undefined || name === undefined) {
      continue;
    }
    const stem = `${folderName(tree.name)}/${name.replaceAll('/', '-')}`;
    let file = `${stem}.log`;
    for (let more = 2; taken.has(file); more++) {
      file = `${stem}.${more}.log`;
    }
    taken.add(file);
    files.set(reference, file);
  }
  return (reference) => files.get(reference) ?? 'other.log';
}

/** A tree that has no name is called after its directory, which may be `../images`. */
function folderName(tree: string): string {
  return tree.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'tree';
}
