/** What a tree that asks for an environment variable gets. */
type Variable =
  | { readonly kind: 'set'; readonly value: string }
  | { readonly kind: 'unset' }
  /** It may be set or not: the user has not allowed trees to know. */
  | { readonly kind: 'forbidden'; readonly hint: string };

/**
 * The environment as trees see it: a merge request must not read the password of the machine, so
 * only what the user allowed outside of the tree is there.
 */
export type TreeVariables = (name: string) => Variable;

/** `userFile`, for the hint, is the user's own configuration. */
export function treeVariables(
  env: Readonly<Record<string, string | undefined>>,
  allowed: readonly string[],
  userFile: string,
): TreeVariables {
  const names = new Set(allowed);
  return (name) => {
    if (!names.has(name)) {
      const hint = `to let trees read it, add --env ${name}, or write environment = ["${name}"] into ${userFile}`;
      return { kind: 'forbidden', hint };
    }
    const value = env[name];
    return value === undefined ? { kind: 'unset' } : { kind: 'set', value };
  };
}

/** Of trees that are read for something else than their versions. */
export const noVariables: TreeVariables = () => ({ kind: 'unset' });
