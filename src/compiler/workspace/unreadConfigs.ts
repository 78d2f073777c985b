import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { isWithin, shownPath } from '#core/files/paths.js';
import { some } from '#core/text/some.js';

/** How repositories call the configuration of one of their directories: `config-istio.yaml`. */
const ofDirectory = /^config[-_.](.+)\.yaml$/;

/**
 * Warns where a tree has a directory that seems to have a configuration of its own beside the one of
 * the tree, as in repositories that call docker-pkg once for each. `beside` has the configurations.
 */
export function unreadConfigs(
  cwd: string,
  beside: string,
  trees: readonly string[],
): readonly Diagnostic[] {
  const unread = readdirSync(beside)
    .sort()
    .filter((file) => {
      const directory = join(beside, ofDirectory.exec(file)?.[1] ?? '');
      return (
        directory !== beside &&
        trees.some((tree) => isWithin(tree, directory)) &&
        statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true
      );
    });
  const [first] = unread;
  if (first === undefined) {
    return [];
  }
  const message =
    unread.length === 1
      ? 'this configuration is not read, though a directory has its name'
      : `${some(unread, 3)} are not read, though directories have their names`;
  return [
    warning('config-unread', message, {
      place: { file: shownPath(cwd, join(beside, first)) },
      hint: '`generate-bake import docker-pkg` writes a workspace file with all configurations',
    }),
  ];
}
