import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Graph } from '../resolve/graph.js';

/**
 * The file that each selected image's Dockerfile is written to, relative to the output directory:
 * `<tree>/<name with / as ->.Dockerfile` (doc/dev/decisions.md). Two names that give one file are an
 * error (doc/dev/decisions.md). A tree without a name is called after its directory, which may be
 * `../images`: no file is outside of the output directory.
 */
export function outputFiles(
  graph: Graph,
  selected: ReadonlySet<Reference>,
): Outcome<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const owners = new Map<string, Reference>();
  const diagnostics: Diagnostic[] = [];
  for (const { reference, rendered } of graph.images) {
    if (!selected.has(reference)) {
      continue;
    }
    const { tree, name, place } = rendered.definition;
    const file = outputFile(tree.name, name);
    const owner = owners.get(file);
    if (owner !== undefined) {
      const message = `${owner} and ${reference} would both be written to ${file}`;
      diagnostics.push(
        error('output-shared', message, { place, hint: 'rename one of the images' }),
      );
      continue;
    }
    owners.set(file, reference);
    files.set(file, rendered.dockerfile);
  }
  return { value: files, diagnostics };
}

function folderName(tree: string): string {
  const parts = tree.split('/').filter((part) => !/^\.{0,2}$/.test(part));
  return parts.join('/') || 'tree';
}

/** The file of one image, relative to the output directory. */
export function outputFile(tree: string, name: string): string {
  return `${folderName(tree)}/${name.replaceAll('/', '-')}.Dockerfile`;
}
