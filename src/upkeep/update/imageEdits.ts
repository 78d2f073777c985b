import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition, VersionSpot } from '#compiler/definitions/definition.js';
import { reasonOf } from '#compiler/tellBroken.js';
import {
  type Diagnostic,
  error,
  hasErrors,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { compareVersions } from '#formats/debian/version.js';
import { reasonLines } from '../versioning/addBlock.js';
import { chosenVersionProblem, nextVersion } from '../versioning/nextVersion.js';
import {
  type ChangelogEdit,
  currentChangelog,
  type EditContext,
  makeEdit,
} from './changelogEdit.js';
import type { RebuildEdits } from './rebuildEdits.js';
import {
  dateProblem,
  dateVersion,
  hasChangelog,
  spotEdit,
  timeEdit,
  versionElsewhere,
} from './spotEdit.js';

/** What one image gets: an edit of its own file, or a rebuild that is counted in a shared one. */
export type ImageEdit = ChangelogEdit | 'counted';

interface ImageEditOptions extends EditContext {
  /** Of the block, where it has a changelog. */
  readonly reason: string;
  /** The version that the user chose for it; absent: the next one. */
  readonly chosen?: string;
  /** Where rebuilds are counted. */
  readonly rebuilds: RebuildEdits;
}

/** The new version of one image, wherever it is written. */
export function imageEdit(
  image: ImageDefinition,
  options: ImageEditOptions,
): Outcome<ImageEdit | undefined> {
  const { versionSpot: spot } = image;
  if (spot !== undefined) {
    return spotEditOf(image, spot, options);
  }
  return hasChangelog(image) ? editOf(image, options) : rebuildOf(image, options);
}

/** A broken child gets its new version too, where that can be written: it is needed once it is fixed. */
export function ofBroken(image: BrokenImage, { value, diagnostics }: Outcome<unknown>): Diagnostic {
  const name = image.name ?? image.shown;
  const place = image.diagnostics.find(({ severity }) => severity === 'error')?.place;
  const where = place === undefined ? {} : { place };
  if (value !== undefined) {
    const message = `${name} is broken, and gets a new version all the same: ${reasonOf(image)}`;
    return warning('image-broken', message, where);
  }
  const why = diagnostics[0]?.message ?? reasonOf(image);
  return warning('image-broken', `${name} is broken, and gets no new version: ${why}`, where);
}

/** An image whose version none of its files has: its rebuilds are counted. */
function rebuildOf(
  image: ImageDefinition,
  { chosen, rebuilds }: ImageEditOptions,
): Outcome<'counted' | undefined> {
  if (chosen !== undefined) {
    const message = `--version "${chosen}" cannot be set: none of the files of ${image.name} has its version`;
    const hint = 'leave out --version: that counts one rebuild more';
    const problem = error('update-version', message, { place: image.place, hint });
    return { value: undefined, diagnostics: [problem] };
  }
  // The root filesystem is made anew by its own command.
  const problem =
    image.contextDigest === undefined ? rebuilds.raise(image) : versionElsewhere(image);
  return problem === undefined
    ? { value: 'counted', diagnostics: [] }
    : { value: undefined, diagnostics: [problem] };
}

function editOf(
  definition: ImageDefinition,
  options: ImageEditOptions,
): Outcome<ChangelogEdit | undefined> {
  const { chosen, reason } = options;
  const current = currentChangelog(definition, options);
  if (current.value === undefined) {
    return { value: undefined, diagnostics: current.diagnostics };
  }
  const { newest, versions } = current.value;
  const { version: from, versionPlace: place } = newest;
  const version = versionOf(definition, chosen, { version: from, place, versions });
  if (version.value === undefined) {
    return { value: undefined, diagnostics: version.diagnostics };
  }
  const text = { version: version.value, urgency: 'high', changes: reasonLines(reason) };
  const made = makeEdit(definition, current.value, text, options);
  return { value: made.value, diagnostics: [...version.diagnostics, ...made.diagnostics] };
}

/** An image whose version is in a file of its own kind: image.toml, rootfs.toml, VERSION. */
function spotEditOf(
  image: ImageDefinition,
  spot: VersionSpot,
  options: ImageEditOptions,
): Outcome<ImageEdit | undefined> {
  const { chosen, rebuilds } = options;
  const { place } = spot;
  if (spot.kind === 'date') {
    const own = image.ownVersion ?? image.version;
    const version = chosen ?? dateVersion(options);
    const wrong =
      chosen === undefined
        ? undefined
        : (dateProblem(chosen) ??
          (chosen === own ? 'is the current version, so nothing would be built' : undefined));
    if (wrong !== undefined) {
      const problem = error('update-version', `--version "${chosen}" ${wrong}`, { place });
      return { value: undefined, diagnostics: [problem] };
    }
    if (version === own) {
      return sameDay(image, spot, options);
    }
    if (version > own) {
      rebuilds.forget(image, version);
    }
    return spotEdit(image, spot, version, options);
  }
  const current = { version: spot.text, place, versions: new Set([spot.text]) };
  const version = versionOf(image, chosen, current);
  if (version.value === undefined) {
    return { value: undefined, diagnostics: version.diagnostics };
  }
  const made = spotEdit(image, spot, version.value, options);
  return { value: made.value, diagnostics: [...version.diagnostics, ...made.diagnostics] };
}

/** A root filesystem that is made again on the day that it has: the time tells the two apart. */
function sameDay(
  image: ImageDefinition,
  spot: VersionSpot,
  options: ImageEditOptions,
): Outcome<ImageEdit | undefined> {
  const problem = options.rebuilds.raise(image);
  if (problem !== undefined) {
    return { value: undefined, diagnostics: [problem] };
  }
  const made = timeEdit(image, spot, options);
  return hasErrors(made.diagnostics) || made.value !== undefined
    ? made
    : { value: 'counted', diagnostics: made.diagnostics };
}

interface CurrentVersion {
  readonly version: string;
  readonly place: Place;
  readonly versions: ReadonlySet<string>;
}

function versionOf(
  image: ImageDefinition,
  chosen: string | undefined,
  current: CurrentVersion,
): Outcome<string | undefined> {
  const { name, tree } = image;
  const { version: newest, place, versions } = current;
  if (chosen === undefined) {
    const { updateId } = tree.config;
    const step = nextVersion(newest, { updateId, taken: versions });
    if (step.kind === 'version') {
      return { value: step.version, diagnostics: [] };
    }
    const reason = step.kind === 'impossible' ? step.reason : 'stays as it is';
    const problem = error('update-version', `the version "${newest}" ${reason}`, {
      place,
      hint: `choose one first: generate-bake update ${name} --version VERSION`,
    });
    return { value: undefined, diagnostics: [problem] };
  }
  const reason = chosenVersionProblem(newest, chosen, versions);
  if (reason !== undefined) {
    const problem = error('update-version', `--version "${chosen}" ${reason}`, {
      place,
      hint: 'choose a version that the changelog does not have, of letters, digits, "." and "-"',
    });
    return { value: undefined, diagnostics: [problem] };
  }
  if (compareVersions(chosen, newest) > 0) {
    return { value: chosen, diagnostics: [] };
  }
  const doubt = warning(
    'update-version-lower',
    `dpkg sorts "${chosen}" below the current "${newest}", so \`latest\` will not move to it`,
    { place, hint: 'choose a greater version unless this is meant' },
  );
  return { value: chosen, diagnostics: [doubt] };
}
