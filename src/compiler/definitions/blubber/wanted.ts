import { resolve } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { withoutSlash } from '#core/files/paths.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Blubberfile } from '#formats/blubber/blubberfile.js';
import type { PublishedVariant } from '#formats/pipelineLib/pipelines.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { BlubberKeys } from '../../workspace/blubberTree.js';
import type { DockerfileTree, ImageEntry } from '../../workspace/dockerfileTree.js';
import type { DockerfileText } from '../plainImage.js';
import type { Checkout } from './findBlubberfiles.js';

/** A Blubber file that was read, as far as it can be. */
export interface OpenFile {
  readonly checkout: Checkout;
  /** Relative to its repository. */
  readonly path: string;
  readonly text: DockerfileText;
  /** Absent: it cannot be used, and why is among the diagnostics. */
  readonly file?: Blubberfile;
  readonly diagnostics: readonly Diagnostic[];
  readonly published: readonly PublishedVariant[];
}

export interface WantedVariant {
  readonly name: string;
  /** Where it is named. */
  readonly place: Found<string>['place'];
  readonly published?: PublishedVariant;
  readonly entry?: ImageEntry;
}

/** Which variants are images. */
export class Wanted {
  readonly diagnostics: Diagnostic[] = [];
  readonly #of = new Map<OpenFile, Map<string, WantedVariant>>();

  constructor(files: readonly OpenFile[], dockerfiles: DockerfileTree, keys: BlubberKeys) {
    for (const file of files) {
      this.#of.set(file, byConvention(file, keys));
    }
    this.#complainOfNames(files, keys);
    for (const entry of dockerfiles.images) {
      this.#add(entry, files, dockerfiles);
    }
  }

  of(file: OpenFile): readonly WantedVariant[] {
    return [...(this.#of.get(file)?.values() ?? [])];
  }

  /** A variant that the tree names and no file has. */
  #complainOfNames(files: readonly OpenFile[], { variants = [] }: BlubberKeys): void {
    // A file that cannot be read may have it.
    if (files.length === 0 || files.some(({ file }) => file === undefined)) {
      return;
    }
    const known = new Set(files.flatMap(({ file }) => [...(file?.variants.keys() ?? [])]));
    for (const { value, place } of variants) {
      if (!known.has(value)) {
        const message = `no file has a variant ${JSON.stringify(value)}`;
        const hint = didYouMean(value, known);
        this.diagnostics.push(
          error('blubber-variant', message, { place, ...(hint === undefined ? {} : { hint }) }),
        );
      }
    }
  }

  #add(entry: ImageEntry, files: readonly OpenFile[], { base }: DockerfileTree): void {
    const { path, target } = entry;
    if (path === undefined) {
      return;
    }
    const complain = (message: string, hint: string) => {
      this.diagnostics.push(error('image-path', message, { place: path.place, hint }));
    };
    const absolute = withoutSlash(resolve(base.directory, path.value));
    const exact = files.filter(({ text }) => text.path === absolute);
    const meant =
      exact.length > 0 ? exact : files.filter(({ checkout }) => checkout.directory === absolute);
    const [file, second] = meant;
    if (file === undefined) {
      const known = files.flatMap(({ checkout, text }) => [checkout.shown, text.shown]);
      const hint =
        didYouMean(path.value, new Set(known)) ?? 'name a Blubber file or its repository';
      complain(`no Blubber file is found at ${path.value}`, hint);
      return;
    }
    if (second !== undefined) {
      const all = meant.map(({ path: each }) => each).join(', ');
      complain(
        `${path.value} has ${meant.length} Blubber files: ${all}`,
        'name one of them in path',
      );
      return;
    }
    const known = this.#of.get(file) ?? new Map<string, WantedVariant>();
    const [only, another] = [...known.keys()];
    const name = target ?? (another === undefined ? only : undefined);
    if (name === undefined) {
      const all = [...(known.size > 0 ? known.keys() : (file.file?.variants.keys() ?? []))];
      const which = all.length === 0 ? '' : `: ${all.join(', ')}`;
      complain(`${path.value} does not say which variant`, `add target = the variant${which}`);
      return;
    }
    const before = known.get(name) ?? { name, place: entry.place };
    known.set(name, { ...before, entry });
    this.#of.set(file, known);
  }
}

function byConvention(
  { file, published }: OpenFile,
  { variants }: BlubberKeys,
): Map<string, WantedVariant> {
  if (variants !== undefined) {
    const there = variants.filter(({ value }) => file === undefined || file.variants.has(value));
    return new Map(
      there.map(({ value: name, place }) => {
        const one = published.find(({ variant }) => variant.value === name);
        return [name, { name, place, ...(one === undefined ? {} : { published: one }) }];
      }),
    );
  }
  return new Map(
    published.map((one) => [
      one.variant.value,
      { name: one.variant.value, place: one.variant.place, published: one },
    ]),
  );
}
