/** What `os-release` says of an image. */
export interface Distribution {
  /** `debian`. */
  readonly id: string;
  /** `12`; absent for testing and unstable. */
  readonly versionId?: string;
  /** `bookworm`. */
  readonly codename?: string;
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name?: string;
}

/** Reads os-release(5): assignments of a shell without expansions. Undefined where it has no ID. */
export function readOsRelease(text: string): Distribution | undefined {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim());
      return match === null ? [] : [[match[1] ?? '', unquoted(match[2] ?? '')] as const];
    }),
  );
  const given = (key: string) => values.get(key) || undefined;
  const id = given('ID');
  if (id === undefined) {
    return undefined;
  }
  const versionId = given('VERSION_ID');
  const codename = given('VERSION_CODENAME');
  const name = given('PRETTY_NAME');
  return {
    id,
    ...(versionId === undefined ? {} : { versionId }),
    ...(codename === undefined ? {} : { codename }),
    ...(name === undefined ? {} : { name }),
  };
}

function unquoted(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value);
  if (quoted?.[1] === "'") {
    return quoted[2] ?? '';
  }
  return (quoted?.[2] ?? value).replace(/\\(.)/g, '$1');
}
