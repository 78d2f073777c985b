/** What a file's name says of the image that it defines, beside its directory. */
export type FileRole =
  /** `Dockerfile`: the directory's own image. */
  | { readonly kind: 'own' }
  /** `Dockerfile.dev`: a variant of it. */
  | { readonly kind: 'variant'; readonly suffix: string }
  /** `api.Dockerfile`: an image of that name in the directory. */
  | { readonly kind: 'named'; readonly name: string };

/** Last parts of names that make a file something else than a Dockerfile. */
const otherFiles: ReadonlySet<string> = new Set(
  'dockerignore template tmpl gotmpl tpl j2 jinja jinja2 erb mustache in md txt rst orig rej bak old'
    .concat(' save swp swo patch diff')
    .split(' '),
);

/** What a file (a name without a directory) defines; undefined: nothing, it is another file. */
export function roleOf(file: string): FileRole | undefined {
  const match = /^(?:(.+)\.)?(?:Dockerfile|Containerfile)(?:\.(.+))?$/.exec(file);
  if (match === null) {
    return undefined;
  }
  const [, name, suffix] = match;
  if (name?.startsWith('.') === true) {
    return undefined;
  }
  if (suffix === undefined) {
    return name === undefined ? { kind: 'own' } : { kind: 'named', name };
  }
  const last = suffix.slice(suffix.lastIndexOf('.') + 1);
  if (name !== undefined || otherFiles.has(last.toLowerCase()) || suffix.endsWith('~')) {
    return undefined;
  }
  return { kind: 'variant', suffix };
}

/** Parts of a path that say where Dockerfiles are kept, not what they make. */
const keeping: ReadonlySet<string> = new Set(['docker', 'build']);

/** Whether the last part of a path is one of these. */
export function isKeeping(path: string): boolean {
  return keeping.has(path.slice(path.lastIndexOf('/') + 1));
}

/**
 * The name of an image by convention: the path of its directory (relative to the tree's, `/`-separated,
 * empty for the tree's own) without `docker` and `build`; of the tree's own directory it is `root`.
 */
export function conventionalName(path: string, role: FileRole, root: string): string {
  const parts = path.split('/').filter((part) => part !== '' && !keeping.has(part));
  switch (role.kind) {
    case 'own':
      return legal(parts.length === 0 ? [root] : parts);
    case 'variant': {
      const own = parts.length === 0 ? [root] : parts;
      return legal([...own.slice(0, -1), `${own.at(-1)}-${role.suffix}`]);
    }
    case 'named':
      return legal([...parts, role.name]);
  }
}

/** As a repository may be called: `node-base` for `NodeBase`, and `-` for what no name may have. */
function legal(parts: readonly string[]): string {
  return parts
    .map((part) =>
      part
        .replace(/[a-z0-9](?=[A-Z][a-z])/g, '$&-')
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+|[._-]+$/g, '')
        .replace(/[._-]{2,}/g, (run) => (run === '__' || /^-+$/.test(run) ? run : '-')),
    )
    .join('/');
}
