import { warning } from '#core/diagnostics/diagnostic.js';
import { blubberOf } from '../definitions/definition.js';
import type { RenderedImage } from '../render/rendered.js';
import type { Args } from '../workspace/argKeys.js';
import type { SharedDoubt } from './graph.js';

/**
 * The images with the arguments of their trees: each gets those that its Dockerfile declares (`ARG NAME`), that an ONBUILD
 * of the trees does, and those that BuildKit itself knows. Its own come first. So only what uses an argument depends
 * on it, in its definition digest too.
 */
export function withTreeArgs(images: readonly RenderedImage[]): readonly RenderedImage[] {
  if (!images.some(({ definition }) => argsOfTree(definition).size > 0)) {
    return images;
  }
  const triggered = new Set(images.flatMap((image) => [...declaredBy(image, true)]));
  return images.map((image) => {
    const ofTree = argsOfTree(image.definition);
    if (ofTree.size === 0) {
      return image;
    }
    const own = declaredBy(image);
    const args = new Map<string, string>();
    for (const [name, { value }] of ofTree) {
      if (own.has(name) || triggered.has(name) || ofBuildKit.test(name)) {
        args.set(name, value);
      }
    }
    for (const [name, value] of image.definition.args) {
      args.set(name, value);
    }
    return { ...image, definition: { ...image.definition, args } };
  });
}

/** Arguments of trees that no image has: as a rule their names are misspelt. */
export function unusedTreeArgs(images: readonly RenderedImage[]): readonly SharedDoubt[] {
  const used = new Set<Args>();
  const doubts = new Map<string, { doubt: SharedDoubt; isUsed: boolean }>();
  for (const { definition } of images) {
    const ofTree = argsOfTree(definition);
    if (used.has(ofTree) || ofTree.size === 0) {
      continue;
    }
    used.add(ofTree);
    const members = images.filter((other) => argsOfTree(other.definition) === ofTree);
    for (const [name, { place }] of ofTree) {
      const key = [place.file, place.line, place.column].join(':');
      const isUsed = members.some((other) => other.definition.args.has(name));
      const users = members.map((other) => other.definition.reference);
      const message = `no Dockerfile has the argument ${name}`;
      const hint = `declare it: ARG ${name}`;
      const known = doubts.get(key);
      doubts.set(key, {
        isUsed: isUsed || known?.isUsed === true,
        doubt: {
          users: [...(known?.doubt.users ?? []), ...users],
          diagnostic: warning('args-unused', message, { place, hint }),
        },
      });
    }
  }
  return [...doubts.values()].flatMap(({ doubt, isUsed }) => (isUsed ? [] : [doubt]));
}

function argsOfTree({ tree }: RenderedImage['definition']): Args {
  return tree.config.args ?? none;
}

const none: Args = new Map();

/** What takes effect without an ARG. */
const ofBuildKit = /^(?:BUILDKIT_\w+|SOURCE_DATE_EPOCH)$/;

function declaredBy({ definition, dockerfile }: RenderedImage, triggers = false) {
  const blubber = blubberOf(definition);
  if (blubber === undefined) {
    return declared(dockerfile, triggers);
  }
  return triggers ? noNames : blubber.arguments;
}

const noNames: ReadonlySet<string> = new Set();

/** The names behind its ARGs, and perhaps some words more: with `triggers`, behind those of ONBUILD. */
function declared(dockerfile: string, triggers = false): ReadonlySet<string> {
  const names = new Set<string>();
  const text = dockerfile.replace(/[\\`][ \t]*\r?\n/g, ' ');
  const lines = triggers ? /^[ \t]*ONBUILD[ \t]+ARG[ \t]+(.*)$/gim : /^[ \t]*ARG[ \t]+(.*)$/gim;
  for (const [, rest = ''] of text.matchAll(lines)) {
    for (const [, name = ''] of rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?=[=\s]|$)/g)) {
      names.add(name);
    }
  }
  return names;
}
