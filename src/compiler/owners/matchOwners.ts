import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { readGlob } from '#core/text/glob.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Owner } from './owners.js';

/** The pattern of the images that have no owner, as tables show them. */
const nobody = '-';

/**
 * The images with an owner that any of the patterns matches, in whatever case: the owner as it is shown, or of one
 * owner the name, the address, or of `@org/team` the team. `-` is for images without an owner. Error
 * `select-nothing`: a pattern matches none of them.
 */
export function matchOwners<Image>(
  images: readonly Image[],
  ownerOf: (image: Image) => Owner | undefined,
  patterns: readonly string[],
): Outcome<ReadonlySet<Image>> {
  const known = images.map((image) => {
    const owner = ownerOf(image);
    return { image, texts: owner === undefined ? [] : textsOf(owner) };
  });
  const matched = new Set<Image>();
  const diagnostics: Diagnostic[] = [];
  for (const pattern of patterns) {
    const glob = readGlob(pattern.toLowerCase());
    const found = known.filter(({ texts }) =>
      pattern === nobody ? texts.length === 0 : texts.some((text) => glob.test(text.toLowerCase())),
    );
    for (const { image } of found) {
      matched.add(image);
    }
    if (found.length === 0) {
      const message =
        pattern === nobody ? 'every image has an owner' : `no image matches --owner ${pattern}`;
      const texts = known.map((each) => each.texts);
      diagnostics.push(error('select-nothing', message, { hint: hintFor(texts, pattern) }));
    }
  }
  return { value: matched, diagnostics };
}

function textsOf({ text, names }: Owner): readonly string[] {
  const texts = new Set([text]);
  for (const name of names) {
    texts.add(name);
    const [, person, address] = /^(.*?)\s*<([^<>]*)>$/s.exec(name) ?? [];
    for (const part of [person?.replace(/^"(.*)"$/, '$1'), address]) {
      if (part !== undefined && part !== '') {
        texts.add(part);
      }
    }
    if (name.startsWith('@')) {
      const handle = name.replace(/^@+/, '');
      texts.add(handle);
      texts.add(handle.slice(handle.lastIndexOf('/') + 1));
    }
  }
  return [...texts];
}

function hintFor(known: readonly (readonly string[])[], pattern: string): string {
  const core = pattern.replace(/^\*+|\*+$/g, '');
  const wider = readGlob(`*${core.toLowerCase()}*`);
  const count = known.filter((texts) =>
    texts.some((text) => wider.test(text.toLowerCase())),
  ).length;
  if (count > 0 && core !== '') {
    const images = `${count} ${count === 1 ? 'image' : 'images'}`;
    return `a whole name, address or team has to match; try '*${core}*' (${images})`;
  }
  return didYouMean(pattern, new Set(known.flat())) ?? 'generate-bake list --wide shows all owners';
}
