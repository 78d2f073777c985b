import { some } from '#core/text/some.js';
import type { PackageChange } from '#fleet/contents/packages.js';
import type { Proof, ProvenImage, Root } from '#fleet/proof/proof.js';
import { shownNames } from './shownNames.js';
import { table } from './table.js';

/** As many names are in a line. */
const mostNames = 3;

/** What a run did to packages: a row an image; then what is still outdated, and which roots are in use in several generations. */
export function proofText({ images, roots }: Proof, width: number | undefined): string {
  const references = images.map(({ reference }) => reference);
  const { short, heading } = shownNames(references, width);
  const rows = images.map((image) => [
    short(image.reference),
    image.before?.version ?? '-',
    changesText(image.packages),
    image.outdated.length === 0
      ? image.unknown === undefined
        ? '0'
        : '?'
      : String(image.outdated.length),
    image.digest.slice(0, 19),
  ]);
  const main =
    rows.length === 0
      ? ''
      : heading +
        table(
          [
            { head: 'IMAGE', wraps: true },
            { head: 'BEFORE', least: 8 },
            { head: 'PACKAGES', least: 16 },
            { head: 'OUTDATED' },
            { head: 'DIGEST', leaves: 1 },
          ],
          rows,
          width,
        );
  const lines = [
    ...images.flatMap((image) => outdatedLines(image, short)),
    ...roots.flatMap((root) => rootLines(root, short)),
  ];
  const rest =
    lines.length === 0
      ? ''
      : table(
          [{}],
          lines.map((line) => [line]),
        );
  return main + (main !== '' && rest !== '' ? '\n' : '') + rest;
}

function changesText(packages: readonly PackageChange[] | undefined): string {
  if (packages === undefined) {
    return '-';
  }
  const counts = (['upgraded', 'added', 'removed', 'downgraded'] as const).flatMap((change) => {
    const names = packages.filter((each) => each.change === change).map(({ name }) => name);
    return names.length === 0 ? [] : [`${names.length} ${change}: ${some(names, mostNames)}`];
  });
  return counts.length === 0 ? 'the same' : counts.join('; ');
}

function outdatedLines(
  { reference, outdated, unknown }: ProvenImage,
  short: (text: string) => string,
): string[] {
  return [
    ...(unknown === undefined ? [] : [`${short(reference)}: not known: ${short(unknown)}`]),
    ...outdated.map(({ name, installed, candidate, because }) => {
      const to = candidate === undefined ? '' : ` -> ${candidate}`;
      return `${short(reference)}: still ${name} ${installed}${to}: ${short(because)}`;
    }),
  ];
}

function rootLines(
  { reference, isOurs, generations }: Root,
  short: (text: string) => string,
): string[] {
  if (generations.length < 2) {
    return [];
  }
  const whose = isOurs ? '' : ' (not ours)';
  const parts = generations.map(({ layer, version, images }) => {
    const names = images.map(short);
    return `${version ?? layer.slice(0, 19)}: ${some(names, mostNames)}`;
  });
  return [
    `${generations.length} generations of ${short(reference)}${whose} are in use: ${parts.join('; ')}`,
  ];
}
