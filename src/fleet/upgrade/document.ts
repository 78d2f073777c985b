import type { Reference } from '#core/reference/brands.js';
import type { Outdated, Update } from '../outdated/outdated.js';
import type { Brought } from './line.js';
import { leftText, notCuredText } from './sentence.js';
import type { UpgradedImage, UpgradePlan } from './upgrade.js';

/** An image that gets a version, with what is known of it. */
export interface ShownImage extends Pick<UpgradedImage, 'packages' | 'role' | 'of'> {
  /** As it was before. */
  readonly reference: Reference;
  readonly name: string;
  readonly fromVersion: string;
  /** Absent where it follows from something else. */
  readonly toVersion?: string;
  readonly owner?: string;
  /** In milliseconds: how long it took to build, test and publish. */
  readonly duration?: number;
  /** In bytes: its own layers, as they are in the registry. */
  readonly size?: number;
}

/** What a run did, or would do. */
export interface UpgradeRecord {
  readonly images: readonly ShownImage[];
  readonly plan: Omit<UpgradePlan, 'images'>;
  /** What was found of the images that were asked about. */
  readonly outdated: Outdated;
  /** Nothing was written. */
  readonly isDryRun: boolean;
  readonly branch?: string;
  /** `origin/main`; absent: nothing was pushed. */
  readonly pushedTo?: string;
}

/** `upgrade --json`; doc/upgrade.schema.json describes it. */
export function upgradeDocument({
  images,
  plan,
  outdated,
  isDryRun,
  branch,
  pushedTo,
}: UpgradeRecord): object {
  return {
    schema: 1,
    dryRun: isDryRun,
    ...(branch === undefined ? {} : { branch }),
    ...(pushedTo === undefined ? {} : { pushedTo }),
    images: images.map(({ packages, ...image }) => ({
      ...image,
      packages: packages.map(packageDocument),
    })),
    waiting: plan.waiting,
    leftOut: plan.leftOut.map(({ reference, because }) => ({
      reference,
      kind: because.kind,
      reason: leftText(because),
    })),
    notCured: plan.notCured.map(({ update, because }) => ({
      ...updateDocument(update),
      kind: because.kind,
      reason: notCuredText(update, because),
    })),
    buildOnly: plan.buildOnly,
    unknown: outdated.images.flatMap(({ reference, verdict, reason = '' }) =>
      verdict === 'unknown' ? [{ reference, reason }] : [],
    ),
  };
}

function packageDocument({ name, candidate, isSecurity }: Brought): object {
  return { package: name, candidate, security: isSecurity };
}

function updateDocument({
  name,
  architecture,
  installed,
  candidate,
  isSecurity,
  enters,
  images,
}: Update) {
  return {
    package: name,
    architecture,
    installed,
    candidate,
    security: isSecurity,
    enters: enters.reference,
    images,
  };
}
