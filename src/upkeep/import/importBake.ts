import { join } from 'node:path';
import { checkNamespace } from '#compiler/workspace/configValues.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import type { BakeTarget } from './bakeTargets.js';
import { type CarriedKeys, carriedKeys } from './carriedKeys.js';
import type { Imported } from './importStages.js';
import type { FindLinks, PresentImage } from './presentLinks.js';
import {
  domainOf,
  firstTags,
  isMeant,
  isOwnName,
  isSame,
  mostOf,
  type Named,
  type Names,
  pathOf,
  referenceOf,
  sameText,
  sharedNamespace,
  sharedRegistry,
} from './targetNames.js';

/** What an import of a bake or compose file looks at. */
export interface BakeSource {
  /** As a person would write it: `docker-bake.hcl`. */
  readonly file: string;
  readonly targets: readonly BakeTarget[];
  /** Files of the repository that are found as Dockerfiles, relative to the new file. */
  readonly found: ReadonlySet<string>;
  /** The text of a file of the repository; undefined where it cannot be read. */
  readonly read: (file: string) => string | undefined;
  /** The links of its Dockerfiles as they are without the new file; absent: there are none. */
  readonly linksOf?: FindLinks;
}

/** A Dockerfile that no target builds, but imported ones are built on. */
interface Kept {
  readonly present: PresentImage;
  readonly name: string;
  readonly aliases: Set<string>;
}

/** An image as the new file will have it. */
interface Image extends Named {
  readonly target: BakeTarget;
  readonly dockerfile: string;
  readonly carried: CarriedKeys;
  readonly aliases: Set<string>;
  readonly comments: string[];
}

/**
 * The short generate-bake.toml for the targets of a bake file, one `[[image]]` each. What has no key
 * is a comment there, and a warning.
 */
export function importBake(source: BakeSource): Imported {
  return new BakeImporter(source).run();
}

class BakeImporter {
  readonly #source: BakeSource;
  readonly #carried: string[] = [];
  readonly #left: Diagnostic[] = [];
  readonly #files: { path: string; text: string }[] = [];
  /** Whether a Dockerfile names another image of the repository. */
  #isLinked = false;

  constructor(source: BakeSource) {
    this.#source = source;
  }

  run(): Imported {
    const { targets, found } = this.#source;
    const usable = targets.filter((target) => this.#isLocal(target));
    const registry = sharedRegistry(usable);
    const namespace =
      firstTags(usable).length === 0
        ? this.#presentPrefix(usable)
        : sharedNamespace(usable, registry);
    const images = this.#withOwnNames(
      usable.map((target) => this.#image(target, registry, namespace)),
    );
    this.#tellOthers(images);
    this.#tellSecrets(images);
    this.#link(images);
    const kept = this.#keep(images, { registry, namespace });
    const used = new Set<string>();
    const tables = images.map((image) => {
      const isFound = found.has(image.dockerfile) && !used.has(image.dockerfile);
      used.add(image.dockerfile);
      return tableOf(image, isFound);
    });
    const excluded = [...found].filter((file) => !used.has(file) && !kept.has(file)).sort();
    const said = [
      ...(kept.size === 0
        ? []
        : [`kept, since imported images are built on it: ${[...kept.keys()].join(', ')}`]),
      ...(excluded.length === 0
        ? []
        : [`excluded, since no target needs it: ${excluded.join(', ')}`]),
    ];
    tables.push(...[...kept.values()].flatMap((each) => keptTable(each, found) ?? []));
    const head = [
      `# Written by generate-bake import, from ${this.#source.file}.`,
      ...(registry === '' ? [] : [`registry = ${quoted(registry)}`]),
      // Written although it is empty: else what the Dockerfiles write would be taken.
      ...(namespace === '' && !this.#isLinked ? [] : [`namespace = ${quoted(namespace)}`]),
      ...(excluded.length === 0 ? [] : [`exclude = ${list(excluded)}`]),
    ].join('\n');
    this.#carried.unshift(`${images.length} of ${targets.length} targets of ${this.#source.file}`);
    this.#files.unshift({
      path: 'generate-bake.toml',
      text: `${[head, ...tables].join('\n\n')}\n`,
    });
    return { files: this.#files, carried: this.#carried, said, left: this.#left };
  }

  #isLocal({ name, context }: BakeTarget): boolean {
    const isRemote = /^(?:[a-z+]+:\/\/|git@|github\.com\/)|^-$/.test(context);
    if (isRemote) {
      this.#leave(
        `target ${name} is left out: its context is not a directory here: ${context}`,
        'build it where its files are',
      );
    }
    return !isRemote;
  }

  #image(target: BakeTarget, registry: string, namespace: string): Image {
    const [first, ...more] = target.tags.flatMap((tag) => referenceOf(tag) ?? []);
    const prefix = namespace === '' ? '' : `${namespace}/`;
    const carried = carriedKeys(target.others);
    const comments = [...carried.others];
    const path = first === undefined ? undefined : pathOf(first);
    const isOurs = path?.startsWith(prefix) === true && domainOf(first) === registry;
    if (first !== undefined && !isOurs) {
      this.#leave(
        `target ${target.name} is tagged ${target.tags[0]}, of another registry or namespace than the others`,
        'give it a tree of its own in generate-bake.toml',
      );
    }
    const name = path === undefined ? target.name : path.slice(isOurs ? prefix.length : 0);
    const own = [first, ...more].filter(
      (each) => each !== undefined && first !== undefined && isSame(each, first),
    );
    for (const other of more.filter((each) => first !== undefined && !isSame(each, first))) {
      comments.push(`tag = ${target.tags.find((tag) => sameText(tag, other)) ?? ''}`);
    }
    const tags = own.map((each) => each?.tag ?? 'latest');
    const version = tags.find((tag) => tag !== 'latest');
    return {
      target,
      name,
      ...(first === undefined ? {} : { reference: first }),
      ...(version === undefined ? {} : { version }),
      tags: [...new Set(tags.filter((tag) => tag !== version))],
      dockerfile: this.#dockerfile(target, name),
      carried,
      aliases: new Set(),
      comments,
    };
  }

  /** Targets that push to one repository under tags of their own: here an image has a repository. */
  #withOwnNames(images: readonly Image[]): readonly Image[] {
    const byName = new Map<string, number>();
    for (const { name } of images) {
      byName.set(name, (byName.get(name) ?? 0) + 1);
    }
    return images.map((image) => {
      const { target, name } = image;
      if ((byName.get(name) ?? 0) < 2 || target.name === name) {
        return image;
      }
      const message = `target ${target.name}: other targets have the repository of ${target.tags[0]} too; it is named ${target.name}`;
      this.#leave(message, 'name it differently in generate-bake.toml');
      const { reference: _, ...rest } = image;
      return { ...rest, name: target.name };
    });
  }

  /** One warning for each key that has no counterpart. */
  #tellOthers(images: readonly Image[]): void {
    const targets = new Map<string, Set<string>>();
    for (const { target, comments } of images) {
      for (const comment of comments) {
        const key = comment.slice(0, comment.indexOf(' = '));
        targets.set(key, (targets.get(key) ?? new Set()).add(target.name));
      }
    }
    for (const [key, names] of targets) {
      this.#leave(
        `${key} has no key here, and is a comment: ${[...names].join(', ')}`,
        'pass it to bake: generate-bake build -- --set NAME.KEY=VALUE',
      );
    }
  }

  /** Files here have ids alone. */
  #tellSecrets(images: readonly Image[]): void {
    const told = new Set<string>();
    for (const { carried } of images) {
      for (const [what, ids] of [
        ['the secret', carried.secrets],
        ['SSH,', carried.ssh],
      ] as const) {
        for (const [id, option] of ids) {
          if (!told.has(option)) {
            told.add(option);
            this.#leave(
              `where ${what} ${id} is has no key here`,
              `build with: generate-bake build ${option}`,
            );
          }
        }
      }
    }
  }

  /** Relative to the new file; one that is in the bake file gets a file of its own. */
  #dockerfile(target: BakeTarget, name: string): string {
    const { inline } = target;
    if (inline !== undefined) {
      const path = `docker/${name.replaceAll('/', '-')}.Dockerfile`;
      this.#files.push({ path, text: inline.endsWith('\n') ? inline : `${inline}\n` });
      return path;
    }
    return dockerfileOf(target);
  }

  /** Links become aliases, where the name that a Dockerfile writes is not the image's own. */
  #link(images: readonly Image[]): void {
    const byTarget = new Map(images.map((image) => [image.target.name, image]));
    for (const image of images) {
      for (const [key, value] of image.target.contexts) {
        const parent = value.startsWith('target:') ? byTarget.get(value.slice(7)) : undefined;
        const why =
          parent === undefined ? 'has no key here' : this.#whyNoAlias(key, parent, images);
        if (why !== undefined) {
          image.comments.push(`contexts.${key} = ${value}`);
          this.#leave(
            `target ${image.target.name}: the context ${key} = ${value} ${why}, and is a comment`,
            'write the image that it means in the Dockerfile',
          );
        } else if (parent !== undefined && !isOwnName(key, parent)) {
          parent.aliases.add(key);
        }
      }
    }
  }

  /** What the Dockerfiles write before the names of each other's images, where no target has a tag. */
  #presentPrefix(targets: readonly BakeTarget[]): string {
    const prefixes = targets.flatMap((target) =>
      this.#linksOfTarget(target).map(({ parent }) => parent.prefix),
    );
    const prefix = mostOf(prefixes);
    return checkNamespace(prefix) === undefined ? prefix : '';
  }

  #linksOfTarget(target: BakeTarget): ReturnType<FindLinks> {
    const { read, linksOf = () => [] } = this.#source;
    const { inline, args, stage, contexts } = target;
    const text = inline ?? read(dockerfileOf(target)) ?? '';
    const links = linksOf(text, { args, ...(stage === undefined ? {} : { stage }) });
    // The target says itself what such a reference means.
    return links.filter(({ written }) => !contexts.has(written));
  }

  /**
   * The Dockerfiles that imported ones are built on, directly or further up, by file. Where a
   * reference does not say the name that its image has in the new file, it becomes an alias.
   */
  #keep(images: readonly Image[], names: Names): ReadonlyMap<string, Kept> {
    const { read, linksOf = () => [] } = this.#source;
    const kept = new Map<string, Kept>();
    const taken = new Set(images.map(({ name }) => name));
    const follow = (links: ReturnType<FindLinks>): void => {
      this.#isLinked ||= links.length > 0;
      for (const { written, parent } of links) {
        const { dockerfile } = parent;
        const others = images.filter((image) => image.dockerfile === dockerfile);
        const whole = others.find(({ target }) => target.stage === undefined) ?? others[0];
        if (images.some((image) => isMeant(written, image, names))) {
          continue;
        }
        if (whole !== undefined) {
          whole.aliases.add(written);
          this.#tellStage(written, whole);
          continue;
        }
        const isNew = !kept.has(dockerfile);
        const name = taken.has(parent.name) ? `${parent.name}-base` : parent.name;
        const own = kept.get(dockerfile) ?? { present: parent, name, aliases: new Set() };
        kept.set(dockerfile, own);
        if (!isMeant(written, { name: own.name, tags: [] }, names)) {
          own.aliases.add(written);
        }
        if (isNew) {
          follow(linksOf(read(dockerfile) ?? '', {}));
        }
      }
    };
    for (const { target } of images) {
      follow(this.#linksOfTarget(target));
    }
    return new Map([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference means the whole of a Dockerfile; a target may stop before its last stage. */
  #tellStage(written: string, { target, dockerfile }: Image): void {
    const last = readDockerfile(this.#source.read(dockerfile) ?? '').stages.at(-1);
    if (target.stage !== undefined && target.stage !== last?.name) {
      this.#leave(
        `${written} is now linked to target ${target.name}, the stage ${target.stage} of ${dockerfile}`,
        `add a target without a stage to ${this.#source.file}, if its last stage is meant`,
      );
    }
  }

  /** An alias holds for all Dockerfiles, a context for one target. */
  #whyNoAlias(key: string, parent: Image, images: readonly Image[]): string | undefined {
    const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const stage = new RegExp(`^\\s*FROM\\s.*\\sAS\\s+${escaped}\\s*$`, 'im');
    const named = new RegExp(
      `(?:^\\s*FROM\\s+(?:--\\S+\\s+)*|\\bfrom=)${escaped}(?=[\\s,]|$)`,
      'im',
    );
    for (const other of images) {
      const text = other.target.inline ?? this.#source.read(other.dockerfile) ?? '';
      const link = other.target.contexts.get(key);
      if (link !== undefined && stage.test(text)) {
        return `replaces a stage of ${other.dockerfile}`;
      }
      if (link !== `target:${parent.target.name}` && other !== parent && named.test(text)) {
        return `means something else in ${other.dockerfile}`;
      }
    }
    return undefined;
  }

  #leave(message: string, hint: string): void {
    const place = { file: this.#source.file };
    this.#left.push(warning('not-carried-over', message, { place, hint }));
  }
}

/** Relative to the new file. */
function dockerfileOf({ context, dockerfile }: BakeTarget): string {
  const ofRoot = 'cwd://';
  return dockerfile.startsWith(ofRoot)
    ? join(dockerfile.slice(ofRoot.length))
    : join(context, dockerfile);
}

/** Undefined where the conventions say all of it. */
function keptTable(
  { present, name, aliases }: Kept,
  found: ReadonlySet<string>,
): string | undefined {
  const isFound = found.has(present.dockerfile);
  if (isFound && aliases.size === 0 && name === present.name) {
    return undefined;
  }
  const lines = [
    '[[image]]',
    `${isFound ? 'path' : 'dockerfile'} = ${quoted(present.dockerfile)}`,
    ...(isFound && name === present.name ? [] : [`name = ${quoted(name)}`]),
    ...(isFound ? [] : [`context = ${quoted(present.context)}`]),
    ...(aliases.size === 0 ? [] : [`aliases = ${list([...aliases])}`]),
  ];
  return lines.join('\n');
}

function tableOf(image: Image, isFound: boolean): string {
  const { target, name, version, tags, dockerfile, carried, aliases, comments } = image;
  const { secrets, ssh, annotations, attest } = carried;
  const keys: (readonly [string, string])[] = [
    [isFound ? 'path' : 'dockerfile', quoted(dockerfile)],
    ['name', quoted(name)],
    ...(version === undefined ? [] : [['version', quoted(version)] as const]),
    ['context', quoted(target.context)],
    ...(target.stage === undefined ? [] : [['target', quoted(target.stage)] as const]),
    ...(tags.length === 0 ? [] : [['tags', list(tags)] as const]),
    ...(target.platforms.length === 0 ? [] : [['platforms', list(target.platforms)] as const]),
    ...(aliases.size === 0 ? [] : [['aliases', list([...aliases])] as const]),
    ...(target.args.size === 0 ? [] : [['args', table(target.args)] as const]),
    ...(target.labels.size === 0 ? [] : [['labels', table(target.labels)] as const]),
    ...(secrets.size === 0 ? [] : [['secrets', list([...secrets.keys()])] as const]),
    ...(ssh.size === 0 ? [] : [['ssh', list([...ssh.keys()])] as const]),
    ...(annotations.size === 0 ? [] : [['annotations', table(annotations)] as const]),
    ...(attest.size === 0 ? [] : [['attest', inlineTable(attest)] as const]),
  ];
  const lines = keys.map(([key, value]) => `${key} = ${value}`);
  return ['[[image]]', ...lines, ...comments.map((one) => `# ${one.replaceAll('\n', ' ')}`)].join(
    '\n',
  );
}

function table(entries: ReadonlyMap<string, string>): string {
  return inlineTable(new Map([...entries].map(([key, value]) => [quotedKey(key), quoted(value)])));
}

/** Of keys and values as TOML has them. */
function inlineTable(entries: ReadonlyMap<string, string>): string {
  return `{ ${[...entries].map(([key, value]) => `${key} = ${value}`).join(', ')} }`;
}

function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

function quotedKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

/** JSON's escapes are TOML's too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
