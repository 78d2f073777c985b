import type { Found, TableReader } from '#formats/settings/tableReader.js';

/** What a build gets from its user alone: files or variables, and the way to other machines. */
export const secretKinds = ['secrets', 'ssh'] as const;
export type SecretKind = (typeof secretKinds)[number];

/** The option of the command line that says where one is. */
export const secretOption: Readonly<Record<SecretKind, string>> = {
  secrets: '--secret',
  ssh: '--ssh',
};

const id = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Whether docker, bake and this program write such an id without quotes. */
export function isSecretId(text: string): boolean {
  return id.test(text);
}

/** The ids below `secrets` or `ssh`: what is behind one is never in a file of a tree. */
export function readIds(table: TableReader, key: SecretKind): readonly Found<string>[] | undefined {
  return table.strings(key, 'an id')?.filter(({ value, place }) => {
    if (isSecretId(value)) {
      return true;
    }
    const written = /(?:^|,)id=([^,]*)/.exec(value)?.[1] ?? /^([^=]*)=/.exec(value)?.[1];
    const named = written !== undefined && isSecretId(written) ? written : undefined;
    const hint =
      named === undefined
        ? 'write letters, digits, "_", "-" and "."'
        : `write "${named}" alone; whoever builds says where it is: ${secretOption[key]} ${exampleOf(key, named)}`;
    table.complain(`${key}: ${JSON.stringify(value)} is not an id`, place, hint);
    return false;
  });
}

/** How the user says where it is. */
export function exampleOf(kind: SecretKind, name: string): string {
  return kind === 'ssh' ? `${name}=FILE` : `id=${name},src=FILE`;
}
