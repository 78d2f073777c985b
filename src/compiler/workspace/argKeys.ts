import type { Found, TableReader } from '#formats/settings/tableReader.js';

/** Build arguments, by their names. */
export type Args = ReadonlyMap<string, Found<string>>;

/** They change with the builder, and are in no definition digest where they are written as what they are. */
const proxies = /^(?:https?|ftp|all|no)_proxy$/i;

/** What the rebuild key sets. */
const rebuildArg = 'BUILDKIT_SANDBOX_HOSTNAME';

/**
 * The build arguments of a tree, or of an image with `isImage`. No value may be a URL with a password: arguments are in
 * the history of images and in attestations.
 */
export function readArgs(table: TableReader, isImage = false): Args | undefined {
  const entries = table.stringEntries('args', 'write each argument as NAME = "value"');
  if (entries === undefined) {
    return undefined;
  }
  const found = new Map<string, Found<string>>();
  for (const [name, entry] of entries) {
    const problem = problemOf(name, entry.value, isImage);
    if (problem === undefined) {
      found.set(name, entry);
    } else {
      table.complain(`args.${name}: ${problem.message}`, entry.place, problem.hint);
    }
  }
  return found;
}

function problemOf(
  name: string,
  value: string,
  isImage: boolean,
): { readonly message: string; readonly hint: string } | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return {
      message: `${JSON.stringify(name)} cannot be the name of an argument`,
      hint: 'write letters, digits and "_"',
    };
  }
  if (name === rebuildArg) {
    return { message: 'the rebuild key sets it', hint: 'give --rebuild-key TEXT instead' };
  }
  if (!isImage && proxies.test(name)) {
    const hint = 'set http_proxy of the configuration: definition digests do not depend on it';
    return { message: 'a proxy is not an argument of a tree', hint };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*:[^/?#@\s]+@/i.test(value)) {
    return {
      message: 'its value has a password, which the history of the image would show',
      hint: 'mount it as a secret: secrets = ["ID"], and RUN --mount=type=secret,id=ID',
    };
  }
  return undefined;
}
