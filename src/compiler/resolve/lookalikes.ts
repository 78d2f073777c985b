import { basename } from 'node:path';
import { type Diagnostic, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import {
  canonicalRepository,
  type ImageReference,
  parseReference,
  repositoryOf,
} from '#core/reference/reference.js';
import { some } from '#core/text/some.js';
import { suggest } from '#core/text/suggest.js';
import { isHubs, isPlain, type KnownImage, pathOf } from './catalogue.js';
import type { Former, FormerNames } from './formerNames.js';
import type { ExternalReference, SharedDoubt } from './graph.js';

/** An image that is pulled, with who uses it. */
export interface Pulled {
  readonly user: KnownImage;
  readonly external: ExternalReference;
}

/** All uses of one repository. */
interface Use {
  readonly reference: ImageReference;
  readonly first: ExternalReference;
  readonly users: ReadonlySet<KnownImage>;
}

/** A reference that looks like an image of the trees. */
interface Likeness {
  readonly use: Use;
  readonly image: KnownImage;
  /** What is before the name that both have: `docker.io/company`. */
  readonly prefix: string;
}

/**
 * References that look like images of the trees and are not linked to them. Templates say whole
 * references on purpose: of them only what would be linked in a plain Dockerfile is reported. An
 * image that is made of another of its own name (company/redis of bitnami/redis) says that the name
 * is somebody else's too.
 */
export function lookalikes(
  images: readonly KnownImage[],
  pulled: readonly Pulled[],
  former: FormerNames,
): readonly SharedDoubt[] {
  if (pulled.length === 0) {
    return [];
  }
  const names = new Names(images);
  const likenesses: Likeness[] = [];
  const doubts: SharedDoubt[] = [];
  for (const use of usesOf(pulled)) {
    const { reference, users } = use;
    const all = [...users];
    if (!all.some(isPlain)) {
      const same = names.withPath(reference);
      if (same !== undefined) {
        doubts.push(doubt(use, ofTemplate(use, same)));
      }
      continue;
    }
    const last = lastOf(reference.path);
    if (all.some((user) => lastOf(user.name) === last)) {
      continue;
    }
    const meant = all.flatMap((user) => former.find(reference, user) ?? [])[0];
    if (meant !== undefined) {
      doubts.push(doubt(use, ofFormer(use, meant)));
      continue;
    }
    const image = names.like(reference);
    if (image !== undefined) {
      likenesses.push({ use, image, prefix: prefixOf(reference, image) });
      continue;
    }
    const near = names.near(reference);
    if (near !== undefined) {
      doubts.push(doubt(use, misspelt(use, near)));
    }
  }
  return [...doubts, ...byPrefix(likenesses).map(together)];
}

class Names {
  readonly #byPath = new Map<string, KnownImage>();
  readonly #byLast = new Map<string, readonly KnownImage[]>();

  constructor(images: readonly KnownImage[]) {
    for (const image of images) {
      this.#byPath.set(pathOf(image), image);
      const last = lastOf(image.name);
      this.#byLast.set(last, [...(this.#byLast.get(last) ?? []), image]);
    }
  }

  /** The image that a plain Dockerfile would mean. */
  withPath(reference: ImageReference): KnownImage | undefined {
    const { domain, path, tag = 'latest' } = reference;
    if (!isHubs(reference)) {
      return domain === 'docker.io' ? this.#byPath.get(path) : undefined;
    }
    // Without a registry, this is what would be linked if a file gave the image its name.
    const image = this.#byPath.get(lastOf(path));
    const isBare = image !== undefined && !image.repository.includes('/');
    return isBare && tag === 'latest' ? image : undefined;
  }

  /** The image whose name the path ends with; of several the one with most of it. */
  like(reference: ImageReference): KnownImage | undefined {
    const { path, tag } = reference;
    // What has one component is Docker Hub's own: with a version, somebody means that.
    if (isHubs(reference) && tag !== undefined && tag !== 'latest') {
      return undefined;
    }
    const same = this.#byLast.get(lastOf(path)) ?? [];
    const whole = same.filter(({ name }) => `/${path}`.endsWith(`/${name}`));
    const [best] = [...whole].sort((a, b) => b.name.length - a.name.length);
    return best ?? (same.length === 1 ? same[0] : undefined);
  }

  /** The image whose path is a typing error away: another number is another image. */
  near(reference: ImageReference): KnownImage | undefined {
    const { domain, path } = reference;
    if (domain !== 'docker.io' || isHubs(reference)) {
      return undefined;
    }
    const limit = path.length > 12 ? 2 : 1;
    const [nearest] = suggest(path, this.#byPath.keys(), 1, limit);
    if (nearest === undefined || withoutDigits(nearest) === withoutDigits(path)) {
      return undefined;
    }
    return this.#byPath.get(nearest);
  }
}

function usesOf(pulled: readonly Pulled[]): readonly Use[] {
  const uses = new Map<string, Use & { readonly users: Set<KnownImage> }>();
  // Many images write the same references.
  const byWritten = new Map<string, (Use & { readonly users: Set<KnownImage> }) | undefined>();
  for (const { user, external } of pulled) {
    const { written } = external;
    let use = byWritten.get(written);
    if (use === undefined && !byWritten.has(written)) {
      const reference = parseReference(written);
      if (reference.kind === 'reference' && reference.digest === undefined) {
        const key = canonicalRepository(reference);
        use = uses.get(key) ?? { reference, first: external, users: new Set() };
        uses.set(key, use);
      }
      byWritten.set(written, use);
    }
    use?.users.add(user);
  }
  return [...uses.values()];
}

function byPrefix(
  likenesses: readonly Likeness[],
): readonly (readonly [Likeness, ...Likeness[]])[] {
  const groups = new Map<string, [Likeness, ...Likeness[]]>();
  for (const likeness of likenesses) {
    const group = groups.get(likeness.prefix);
    if (group === undefined) {
      groups.set(likeness.prefix, [likeness]);
    } else {
      group.push(likeness);
    }
  }
  return [...groups.values()];
}

/** One warning for what has one prefix: it is one key that is missing. */
function together(group: readonly [Likeness, ...Likeness[]]): SharedDoubt {
  const [first] = group;
  const { use, image, prefix } = first;
  if (group.length === 1) {
    const alias = repositoryOf(use.first.written);
    return doubt(
      use,
      notLinked(
        `${use.first.written} is pulled${inMany(use)}, though ${makes(image)}`,
        use.first.place,
        `to link it, ${addAlias(alias, image)}`,
      ),
    );
  }
  const names = group.map((each) => each.image.name).sort();
  const users = new Set(group.flatMap((each) => [...each.use.users]));
  const shownPrefix = prefix === 'docker.io' ? 'Docker Hub' : prefix.replace(/^docker\.io\//, '');
  const message = `${group.length} images of ${shownPrefix} are pulled, though these trees make images of these names: ${some(names, 5)}`;
  return {
    users: referencesOf(users),
    diagnostic: notLinked(message, use.first.place, keyFor(group)),
  };
}

/** The key that links a whole group: the directory or the namespace, where it is one tree's. */
function keyFor(group: readonly [Likeness, ...Likeness[]]): string {
  const [{ image, prefix, use }] = group;
  const { registry, namespace } = image.tree.config;
  const isOneTree = group.every((each) => each.image.tree === image.tree);
  const [host = '', ...rest] = prefix.split('/');
  const meant = rest.join('/');
  const directory = isOneTree ? commonDirectory(group) : undefined;
  if (directory !== undefined) {
    return `to link them, set directory = "${directory}" in generate-bake.toml: images are named by their path below it`;
  }
  if (isOneTree && host === 'docker.io' && meant !== namespace && meant !== '') {
    const now = namespace === '' ? 'there is none' : `it is "${namespace}"`;
    return `to link them, set namespace = "${meant}" in the configuration (${now})`;
  }
  if (isOneTree && host !== 'docker.io' && host !== registry && meant === namespace) {
    return `to link them, set registry = "${host}" in the configuration, or leave the registry out`;
  }
  return `to link one, ${addAlias(repositoryOf(use.first.written), image)}`;
}

/**
 * The directory below which all of them are by the names that are written: images/base for
 * company/base. Only of trees whose images are named by their paths.
 */
function commonDirectory(group: readonly Likeness[]): string | undefined {
  const found = new Set(
    group.map(({ image }) => {
      const { name, shown, tree } = image;
      const directory = name.slice(0, -lastOf(name).length - 1);
      const isPath = tree.dockerfiles !== undefined && `/${shown}/`.includes(`/${directory}/`);
      return isPath && directory !== '' ? directory : undefined;
    }),
  );
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

function makes({ shown, repository }: KnownImage): string {
  return shown === repository
    ? `the directory ${shown} makes an image of this name`
    : `${shown} makes ${repository}`;
}

function ofTemplate({ first }: Use, image: KnownImage): Diagnostic {
  return notLinked(
    `${first.written} is pulled, though ${makes(image)}`,
    first.place,
    `write {{ "${image.name}" | image_tag }} to build on the tree's own`,
  );
}

function ofFormer(use: Use, meant: Former): Diagnostic {
  const { written, place } = use.first;
  const pulled = `${written} is pulled${inMany(use)}`;
  switch (meant.kind) {
    case 'renamed': {
      const { image } = meant;
      return notLinked(
        `${pulled}, since the image of ${image.shown} is now named ${pathOf(image)}`,
        place,
        // A name of one component would be Docker Hub's.
        (pathOf(image).includes('/') ? `write ${pathOf(image)}, or ` : 'to link it, ') +
          addAlias(repositoryOf(written), image),
      );
    }
    case 'broken':
      return notLinked(
        `${pulled}, though ${meant.shown} may make it: that is broken, and has no name`,
        place,
        'fix that first',
      );
    case 'excluded':
      return notLinked(
        `${pulled}, since exclude has "${meant.path.pattern.text}"`,
        place,
        'remove that pattern to build it here',
      );
  }
}

/** Where the key goes that links a reference to an image. */
function addAlias(alias: string, { shown, rendered, broken }: KnownImage): string {
  const file = (rendered?.definition ?? broken?.definition)?.settingsFile;
  const key = `add aliases = ["${alias}"]`;
  return file === undefined || basename(file).startsWith('image.')
    ? `${key} to ${shown}/image.toml`
    : `${key} to its [[image]] in ${basename(file)}`;
}

function misspelt({ first }: Use, near: KnownImage): Diagnostic {
  return notLinked(
    `${first.written} is pulled: no image of the trees has this name`,
    first.place,
    `did you mean ${pathOf(near)}?`,
  );
}

function notLinked(message: string, place: Place, hint: string): Diagnostic {
  return warning('not-linked', message, { place, hint });
}

function doubt({ users }: Use, diagnostic: Diagnostic): SharedDoubt {
  return { users: referencesOf(users), diagnostic };
}

function referencesOf(users: ReadonlySet<KnownImage>): readonly Reference[] {
  return [...users].flatMap(({ reference }) => reference ?? []);
}

function inMany({ users }: Use): string {
  return users.size === 1 ? '' : ` in ${users.size} Dockerfiles`;
}

function prefixOf(reference: ImageReference, { name }: KnownImage): string {
  const { domain, path } = reference;
  if (isHubs(reference)) {
    return 'docker.io';
  }
  const own = `/${path}`.endsWith(`/${name}`) ? name : lastOf(path);
  return `${domain}/${path.slice(0, path.length - own.length)}`.replace(/\/$/, '');
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function withoutDigits(text: string): string {
  return text.replace(/[0-9]+/g, '0');
}
