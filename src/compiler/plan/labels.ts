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
 * The label keys that describe one image alone: ours, and those of the oci that some definition sets
 * for itself. An image inherits the labels of what it is built on, so that each of these must be set,
 * if only to nothing, where there is such an image. Other labels of a definition inherit as `LABEL` does.
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
 * An image's labels. What its Dockerfile says by LABEL is left to it. Where a value is not known, it is
 * empty if the image could inherit another's: on scratch there is nothing to inherit, and of images
 * outside the trees nobody knows what they set. Text about the image that bake would
 * normalise is normalised here, with a warning: a label is for reading.
 */
export function labelsOf(
  image: ResolvedImage,
  keys: readonly string[],
  definition: Digest | undefined,
  baseDigest: Digest | undefined,
): Outcome<ReadonlyMap<string, string>> {
  const { name, version, created, description, author, labels, place } = image.rendered.definition;
  const diagnostics: Diagnostic[] = [];
  const result = new Map<string, string>();
  const own = new Set(image.ownLabels);
  for (const key of image.base === 'scratch' ? [] : keys) {
    if (!own.has(key)) {
      result.set(key, '');
    }
  }
  const describe = (key: string, value: string | undefined) => {
    if (value === undefined || own.has(`${oci}${key}`)) {
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
  // Empty where it has none, so that a parent's is not inherited.
  result.set(definitionLabel, definition ?? '');
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
