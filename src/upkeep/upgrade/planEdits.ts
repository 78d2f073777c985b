import type { Graph } from '#compiler/resolve/graph.js';
import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import { some } from '#core/text/some.js';
import { type Brought, toolchainLine, upgradeLines } from '#fleet/upgrade/line.js';
import type { UpgradedImage } from '#fleet/upgrade/upgrade.js';
import type { ChangelogEdit, EditContext } from '../update/changelogEdit.js';
import { VersionEdits } from '../update/versionEdits.js';

export interface UpgradeEditsOptions extends EditContext {
  /** What the user says why, in place of our sentence; the line of packages is there in any case. */
  readonly reason?: string;
}

/** An image with what its new version is said to bring. */
export type Bumped = Pick<UpgradedImage, 'reference' | 'role' | 'of' | 'packages'>;

/** The new versions of images, parents first. With an error among the diagnostics nothing may be written. */
export function planUpgradeEdits(
  graph: Graph,
  images: readonly Bumped[],
  options: UpgradeEditsOptions,
): Outcome<readonly ChangelogEdit[]> {
  const edits = new VersionEdits(options);
  const diagnostics: Diagnostic[] = [];
  for (const { reference, role, of, packages } of images) {
    const image = graph.byReference.get(reference);
    if (image === undefined) {
      continue;
    }
    const { definition } = image.rendered;
    const parents = image.parents.map(({ parent }) => parent);
    const parent = of === undefined ? undefined : graph.byReference.get(of)?.rendered.definition;
    const broughtBy =
      parent === undefined
        ? packages
        : // No package is named so.
          [{ name: `with:${parent.name}`, candidate: parent.version }];
    if (edits.has(definition, parents, { follows: role !== 'entering' })) {
      edits.note(definition, broughtBy);
      continue;
    }
    const made = edits.add(definition, {
      reason: [
        options.reason ?? sentenceOf(role),
        ...(parent === undefined
          ? upgradeLines(packages)
          : [toolchainLine(parent.name, parent.version)]),
      ].join('\n'),
      packages: broughtBy,
    });
    diagnostics.push(...made.diagnostics);
  }
  return { value: edits.edits(), diagnostics };
}

/**
 * The images that get a version in the first of two steps: those where packages come in, and those below that have another
 * version with these anyway, since it follows from a parent's or is the same line. Nobody else would publish the latter.
 *
 * @param images parents first
 */
export function firstStep(
  graph: Graph,
  images: readonly UpgradedImage[],
  options: EditContext,
): readonly Bumped[] {
  const edits = new VersionEdits(options);
  return images.flatMap((image): Bumped[] => {
    const found = graph.byReference.get(image.reference);
    if (found === undefined || image.role === 'toolchain') {
      return [];
    }
    const { definition } = found.rendered;
    const parents = found.parents.map(({ parent }) => parent);
    if (image.role === 'below') {
      return edits.has(definition, parents, { follows: true }) ? [image] : [];
    }
    if (!edits.has(definition, parents, { follows: false })) {
      edits.add(definition, { reason: sentenceOf(image.role) });
    }
    // What its parents have follows by itself.
    return [{ ...image, packages: image.entering }];
  });
}

function sentenceOf(role: Bumped['role']): string {
  switch (role) {
    case 'entering':
      return 'Rebuild for newer packages.';
    case 'below':
      return 'Rebuild for newer packages of what it is built on.';
    case 'toolchain':
      return 'Rebuild with newer tools.';
  }
}

/** The message of a commit: packages, and how many images; names of images may be private. */
export function upgradeMessage(
  images: readonly Bumped[],
  count: number,
  reason: string | undefined,
): string {
  const packages: readonly Brought[] = images.flatMap((each) => each.packages);
  const names = [...new Set(packages.map(({ name }) => name))].sort();
  const shown = names.length === 0 ? 'what is built with upgraded images' : some(names, 3);
  const what = `Upgrade ${shown}: new ${count === 1 ? 'version of one image' : `versions of ${count} images`}`;
  const parts = [
    what,
    ...(reason === undefined ? [] : [reason]),
    ...(names.length === 0 ? [] : [upgradeLines(packages).join('\n')]),
    upgradeTrailer,
  ];
  return parts.join('\n\n');
}

/** A trailer of a commit that is made here: such commits may be pushed, or made anew, without a person. */
const upgradeTrailer = 'Generate-Bake: upgrade';

/** Hooks add trailers of their own around ours, as Gerrit's `Change-Id`. */
export function isUpgradeMessage(message: string): boolean {
  const last =
    message
      .trimEnd()
      .split(/\r?\n\s*\n/)
      .at(-1) ?? '';
  return last.split(/\r?\n/).some((line) => line.trimEnd() === upgradeTrailer);
}
