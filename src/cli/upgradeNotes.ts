import { type Durations, totalOf, typicalOf } from '#builder/durations/durations.js';
import { isPrivate } from '#compiler/privacy/privacy.js';
import type { Reference } from '#core/reference/brands.js';
import { builtFacts, builtIn } from '#fleet/sizes/built.js';
import type { ShownImage, UpgradeRecord } from '#fleet/upgrade/document.js';
import { leftText } from '#fleet/upgrade/sentence.js';
import type { ChangelogEdit } from '#upkeep/update/changelogEdit.js';
import type { Bumped } from '#upkeep/upgrade/planEdits.js';
import { unknownLines } from './terminal/outdatedText.js';
import { keptBackLines, upgradeLines } from './terminal/upgradeText.js';
import type { UpgradeRound } from './upgradeRound.js';

type UpgradeFacts = Omit<UpgradeRecord, 'images' | 'plan' | 'outdated'>;

/** What a run gave versions to, with what is known of these images. */
export class UpgradeNotes {
  readonly #durations: Durations;
  readonly #images: ShownImage[] = [];
  readonly #privates = new Set<Reference>();
  #facts: UpgradeFacts = { isDryRun: false };

  constructor(durations: Durations) {
    this.#durations = durations;
  }

  note(round: UpgradeRound, images: readonly Bumped[], edits: readonly ChangelogEdit[]): void {
    const { graph, compiled, prepared } = round.fleet;
    const steps = new Map(edits.map((edit) => [edit.image.reference, edit]));
    for (const { reference, packages, role, of } of images) {
      const sound = graph.byReference.get(reference);
      if (sound === undefined) {
        continue;
      }
      const { definition } = sound.rendered;
      const step = steps.get(reference);
      const owner = compiled.owners.of(definition)?.text;
      const duration = totalOf(typicalOf(this.#durations, reference));
      const { size } = builtFacts(graph, { reference, sound }, builtIn(prepared));
      if (isPrivate(graph, reference)) {
        this.#privates.add(reference);
      }
      this.#images.push({
        reference,
        name: definition.name,
        fromVersion: step?.fromVersion ?? definition.version,
        // Else it follows from what it is built on.
        ...(step === undefined || step.toVersion === step.fromVersion
          ? {}
          : { toVersion: step.toVersion }),
        packages,
        role,
        ...(of === undefined ? {} : { of }),
        ...(owner === undefined ? {} : { owner }),
        ...(duration === undefined ? {} : { duration }),
        ...(size?.own === undefined ? {} : { size: size.own }),
      });
    }
  }

  record({ plan, found }: UpgradeRound, facts: UpgradeFacts): UpgradeRecord {
    this.#facts = facts;
    return { images: this.#images, plan, outdated: found.result, ...facts };
  }

  /** For a file that others read: images that are private are counted, and not named. */
  forOthers(round: UpgradeRound): {
    readonly record: UpgradeRecord;
    readonly others: readonly string[];
  } {
    const { fleet, left, found } = round;
    const { graph } = fleet;
    const isShown = (reference: string) => !isPrivate(graph, reference as Reference);
    const { plan } = round;
    const shown = {
      ...plan,
      notCured: plan.notCured.filter(
        ({ update, because }) =>
          isShown(update.enters.reference) && (because.kind !== 'waits' || isShown(because.parent)),
      ),
      leftOut: plan.leftOut.filter(
        ({ reference, because }) =>
          isShown(reference) && (because.kind !== 'parent' || isShown(because.parent)),
      ),
      waiting: plan.waiting.filter(({ reference }) => isShown(reference)),
      buildOnly: plan.buildOnly
        .filter(({ of }) => isShown(of))
        .map(({ of, images }) => ({ of, images: images.filter(isShown) })),
    };
    const images = this.#images.filter(({ reference }) => !this.#privates.has(reference));
    const hidden = this.#images.length - images.length;
    const nameOf = this.nameOf(round);
    const result = {
      ...found.result,
      images: found.result.images.filter(({ reference }) => isShown(reference)),
    };
    const git = [...left.unreleased, ...left.pending].flatMap(({ image, standing }) => {
      const because =
        standing.kind === 'pending'
          ? ({ kind: 'pending', until: standing.until } as const)
          : ({ kind: 'unreleased' } as const);
      return isShown(image.reference)
        ? [`left out: ${image.name} ${image.version}: ${leftText(because)}`]
        : [];
    });
    return {
      record: { images, plan: shown, outdated: result, ...this.#facts },
      others: [
        ...git,
        ...upgradeLines(shown, nameOf),
        ...keptBackLines(result, nameOf),
        ...unknownLines(result.images, nameOf),
        ...(hidden === 0 ? [] : [`private images that get a version too: ${hidden}`]),
      ],
    };
  }

  /** An image of the trees by its name and version, also one that had another version before; another by its reference. */
  nameOf({ fleet }: UpgradeRound): (reference: string) => string {
    return (reference) => {
      const image = fleet.graph.byReference.get(reference as Reference);
      const definition = image?.rendered.definition;
      if (definition !== undefined) {
        return `${definition.name} ${definition.version}`;
      }
      const before = this.#images.find((each) => each.reference === reference);
      return before === undefined
        ? reference
        : `${before.name} ${before.toVersion ?? before.fromVersion}`;
    };
  }
}
