import { type Diagnostic, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { Definitions } from '../definitions/read.js';
import { ofWorkspaceFile } from '../workspace/config.js';
import { ownKey } from '../workspace/configKeys.js';
import type { Tree } from '../workspace/tree.js';
import { includable, templateLoader } from './templateLoader.js';

/**
 * Warnings about keys that are at the top of a configuration, where they are template variables, and that
 * no template reads: they were meant to be below `generate-bake`, or in the workspace file. Configurations of several trees are
 * looked at once.
 */
export function misplacedKeys({
  images,
  broken,
}: Pick<Definitions, 'images' | 'broken'>): readonly Diagnostic[] {
  const suspects = new Map<
    string,
    { readonly key: string; readonly place: Place; users: Tree[] }
  >();
  const directories = new Map<Tree, Set<string>>();
  for (const { tree, directory } of [...images, ...broken]) {
    if (tree.config.perhapsOwn === undefined) {
      continue;
    }
    const known = directories.get(tree);
    directories.set(tree, (known ?? new Set()).add(directory));
    if (known !== undefined) {
      continue;
    }
    for (const [key, place] of tree.config.perhapsOwn) {
      const id = `${place.file}:${place.line}:${key}`;
      const { users } = suspects.get(id) ?? { users: [] };
      suspects.set(id, { key, place, users: [...users, tree] });
    }
  }
  return [...suspects.values()].flatMap(({ key, place, users }) => {
    const isRead = users.some((tree) =>
      [...(directories.get(tree) ?? [])].some((directory) => mentions(directory, tree, key)),
    );
    const message = `${key} is a template variable here, and no template reads it`;
    const where = ofWorkspaceFile[key] ?? `write it below ${ownKey}:`;
    const hint = `if it is for generate-bake, ${where}`;
    return isRead ? [] : [warning('config-misplaced', message, { place, hint })];
  });
}

/** Whether code in a file that is or may be part of an image's template has the name as a word. */
function mentions(directory: string, { boundary }: Tree, key: string): boolean {
  const word = new RegExp(`\\b${key}\\b`);
  const load = templateLoader(directory, '.', boundary);
  return includable(directory).some((name) => {
    const loaded = load(name);
    return (
      loaded !== undefined &&
      'text' in loaded &&
      codeOf(loaded.text).some((code) => word.test(code))
    );
  });
}

/** What is in `{{ }}` and `{% %}`, roughly: text of a hostile tree is looked at once. */
function codeOf(text: string): readonly string[] {
  return text
    .split(/\{[{%]/)
    .slice(1)
    .map((piece) => piece.split(/[%}]\}/, 1)[0] ?? '');
}
