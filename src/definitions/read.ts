import { type Diagnostic, error, hasErrors, type Outcome } from '../diagnostics/diagnostic.js';
import type { Reference } from '../reference/brands.js';
import type { Tree } from '../workspace/tree.js';
import type { ImageDefinition } from './definition.js';
import { readDockerPkgImage } from './dockerPkg.js';
import { scanTree } from './scan.js';

/** Every image that the trees define, tree by tree and sorted by path, with all that is wrong. */
export function readDefinitions(trees: readonly Tree[]): Outcome<readonly ImageDefinition[]> {
  const value: ImageDefinition[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const tree of trees) {
    const scan = scanTree(tree);
    for (const diagnostic of scan.diagnostics) diagnostics.push(diagnostic);
    if (scan.value.length === 0 && !hasErrors(scan.diagnostics)) {
      diagnostics.push(
        error('tree-empty', 'no image is defined below this directory', {
          place: { file: tree.shownDirectory },
          hint: 'an image is a directory that holds a Dockerfile.template and a changelog',
        }),
      );
    }
    for (const found of scan.value) {
      const image = readDockerPkgImage(tree, found);
      for (const diagnostic of image.diagnostics) diagnostics.push(diagnostic);
      if (image.value !== undefined) value.push(image.value);
    }
  }
  return { value, diagnostics };
}

/** The suffix of a nightly (`-YYYYMMDD`) or snapshot (`-YYYYMMDD-HHMMSS`) build, local time. */
export function buildSuffix(kind: 'nightly' | 'snapshot', now: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  if (kind === 'nightly') return `-${date}`;
  return `-${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** The definitions with `suffix` behind the version of the selected ones; the others as they are. */
export function withSuffix(
  definitions: readonly ImageDefinition[],
  selected: ReadonlySet<Reference>,
  suffix: string,
): readonly ImageDefinition[] {
  return definitions.map((definition) => {
    if (!selected.has(definition.reference)) return definition;
    const version = definition.version + suffix;
    return {
      ...definition,
      version,
      reference: `${definition.repository}:${version}` as Reference,
    };
  });
}
