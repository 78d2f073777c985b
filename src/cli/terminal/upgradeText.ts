import { groupBy } from '#core/data/groups.js';
import { some } from '#core/text/some.js';
import type { Outdated, Update } from '#fleet/outdated/outdated.js';
import { leftText, notCuredText } from '#fleet/upgrade/sentence.js';
import type { UpgradePlan } from '#fleet/upgrade/upgrade.js';

/** So many names are in a line. */
const most = 5;

/** What a run leaves as it is, and why: a line a reason. Images that git leaves out are told elsewhere. */
export function upgradeLines(
  { notCured, leftOut, waiting, buildOnly }: Omit<UpgradePlan, 'images'>,
  nameOf: (reference: string) => string,
): readonly string[] {
  const cures = groupBy(notCured, ({ update, because }) =>
    JSON.stringify([update.enters.reference, notCuredText(update, because)]),
  );
  const left = groupBy(
    leftOut.filter(({ because: { kind } }) => kind !== 'unreleased' && kind !== 'pending'),
    ({ because }) => leftText(because),
  );
  const waits = groupBy(waiting, ({ because }) => because);
  const names = (all: readonly { readonly reference: string }[]) =>
    some(
      all.map(({ reference }) => nameOf(reference)),
      most,
    );
  return [
    ...[...cures.values()].flatMap((all) => {
      const [first] = all;
      if (first === undefined) {
        return [];
      }
      const packages = some([...new Set(all.map(({ update }) => stepOf(update)))], most);
      const images = new Set(all.flatMap(({ update }) => update.images)).size;
      const { update, because } = first;
      return [
        `${nameOf(update.enters.reference)}: ${packages} (${countOf(images)}): ${notCuredText(update, because)}`,
      ];
    }),
    ...[...left].map(([text, all]) => `left out: ${names(all)}: ${text}`),
    ...[...waits].map(([because, all]) =>
      because === 'canary'
        ? `${countOf(all.length)} until --canary is published: ${names(all)}`
        : `${countOf(all.length)} for the next run (--max-images): ${names(all)}`,
    ),
    ...buildOnly.map(
      ({ of, images }) =>
        `${countOf(images.length)} only built with ${nameOf(of)}, left as is (--toolchains): ${some(images.map(nameOf), most)}`,
    ),
  ];
}

/** What pins keep back, and what a release has fixed and the sources of images lack: a line a package. */
export function keptBackLines(
  { images }: Outdated,
  nameOf: (reference: string) => string,
): readonly string[] {
  const pinned = images.flatMap(({ reference, pinned: all }) =>
    all.map((each) => ({
      reference,
      text: `${each.name} ${each.installed}: a pin keeps ${each.newest} back`,
    })),
  );
  const fixed = images.flatMap(({ reference, vulnerable }) =>
    vulnerable
      .filter(({ hasCandidate }) => !hasCandidate)
      .map((each) => ({
        reference,
        text: `${each.name} ${each.version} (${some(
          each.fixes.map(({ id }) => id),
          3,
        )}): fixed in its release, and the sources lack it: the mirror is behind`,
      })),
  );
  return [...groupBy([...pinned, ...fixed], ({ text }) => text)].map(
    ([text, all]) =>
      `${text} (${some(
        all.map(({ reference }) => nameOf(reference)),
        most,
      )})`,
  );
}

function stepOf({ name, installed, candidate }: Update): string {
  return `${name} ${installed} -> ${candidate}`;
}

function countOf(images: number): string {
  return images === 1 ? '1 image' : `${images} images`;
}
