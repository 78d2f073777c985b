import { readDefinitions } from '#compiler/definitions/read.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Io } from '../terminal/io.js';

/** What a reference may be made of: a shell takes it as it is, and no terminal is moved by it. */
const plain = /^[A-Za-z0-9][\w./+-]*$/;

/**
 * The names of the images of the trees here, sorted; those that can be read, where others cannot.
 * Nothing is rendered or computed, and git is not asked for versions. A name that no image can have is
 * left out: a directory may be called anything, and a shell would execute some of it.
 */
export function imageNames(
  trees: { readonly configFile?: string; readonly workspaceFile?: string },
  { cwd, env, home, uid }: Io,
): readonly string[] {
  const { value } = openWorkspace({
    cwd,
    env,
    home,
    ...(uid === undefined ? {} : { uid }),
    ...trees,
    directories: [],
    takesNames: true,
  });
  const { images, broken } = readDefinitions(value.trees, {
    variables: value.variables,
    describe: () => ({ kind: 'failed', reason: 'only names are asked for' }),
  });
  const names = new Set<string>();
  for (const { name } of images) {
    names.add(name);
  }
  for (const { name, perhaps } of broken) {
    for (const each of name === undefined ? perhaps : [name]) {
      names.add(each);
    }
  }
  return [...names].filter((name) => plain.test(name)).toSorted();
}
