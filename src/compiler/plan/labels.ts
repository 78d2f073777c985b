import {
  type Diagnostic,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import type { Digest } from '#core/reference/brands.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { unrepresentable } from './representable.js';

/** The label that holds an image's definition digest (`definitionDigests`). */
export const definitionLabel = 'io.github.generate-bake.definition';

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md */
const oci = 'org.opencontainers.image.';

/**
 * The label keys that every target sets. An image inherits the labels of what it is built on, so a
 * key that describes one image must be set, if only to nothing, on all: ours, and those of the oci
 * that some definition sets for itself. Other labels of a definition inherit as `LABEL` does.
 */
export function labelKeys(images: Iterable<ResolvedImage>): readonly string[] {
  const further = new Set<string>();
  for (const image of images) {
    for (const key of image.rendered.definition.labels.keys()) {
      if (key.startsWith(oci)) {
        further.add(key);
      }
    }
  }
  return [...new Set([...allLabelKeys, ...[...further].sort()])];
}

const allLabelKeys = [
  `${oci}title`,
  `${oci}version`,
  `${oci}created`,
  `${oci}description`,
  `${oci}authors`,
  `${oci}base.name`,
  `${oci}base.digest`,
] as const;

/**
 * An image's labels: empty where a value is not known. Text about the image that bake would
 * normalise is normalised here, with a warning: a label is for reading.
 */
export function labelsOf(
  image: ResolvedImage,
  keys: readonly string[],
  definition: Digest,
  baseDigest: Digest | undefined,
): Outcome<ReadonlyMap<string, string>> {
  const { name, version, created, description, author, labels, place } = image.rendered.definition;
  const diagnostics: Diagnostic[] = [];
  const result = new Map<string, string>();
  for (const key of keys) {
    result.set(key, '');
  }
  const describe = (key: string, value: string | undefined) => {
    if (value === undefined) {
      return;
    }
    const changed = unrepresentable(value) === 'not-nfc';
    if (changed) {
      diagnostics.push(normalised(`${oci}${key}`, place));
    }
    result.set(`${oci}${key}`, changed ? value.normalize('NFC') : value);
  };
  describe('title', name);
  describe('version', version);
  describe('created', created);
  describe('description', description);
  describe('authors', author);
  describe('base.name', image.base === 'scratch' ? undefined : image.base);
  describe('base.digest', baseDigest);
  for (const [key, value] of labels) {
    result.set(key, value);
  }
  result.set(definitionLabel, definition);
  return { value: result, diagnostics };
}

function normalised(key: string, place: Place): Diagnostic {
  return warning(
    'label-normalised',
    `the label ${key} is written in Unicode normalisation form C`,
    {
      place,
      hint: 'bake accepts no other form: write the text in form C (most editors do)',
    },
  );
}
