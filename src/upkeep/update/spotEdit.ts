import type { ImageDefinition, VersionSpot } from '#compiler/definitions/definition.js';
import { rebuildSuffix } from '#compiler/definitions/rebuilds.js';
import {
  error,
  hasErrors,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { dateOf, momentOf, parseTimestamp } from '#rootfs/timestamp.js';
import type { ChangelogEdit, EditContext } from './changelogEdit.js';

/** Whether the version is that of a changelog's newest block. */
export function hasChangelog({ dockerfile }: ImageDefinition): boolean {
  return dockerfile.kind === 'template';
}

/** Whether none of its files has its version, and no file counts its rebuilds. */
export function isVersionElsewhere(image: ImageDefinition): boolean {
  const { versionSpot: spot, contextDigest, tree } = image;
  const isCounted = contextDigest === undefined && tree.rebuilds !== undefined;
  return spot === undefined && !hasChangelog(image) && !isCounted;
}

/** A version that only its source can change: the day of a root filesystem that was made. */
export function versionElsewhere({ name, place }: ImageDefinition) {
  return warning(
    'version-elsewhere',
    `${name} was not bumped: its version is not written in its own files`,
    {
      place,
      hint: 'change it there',
    },
  );
}

/** What is at a spot for a version: a date keeps the form that it is written in. */
function spotText(spot: VersionSpot, version: string): string {
  if (spot.kind === 'version') {
    return version;
  }
  const day = `${version.slice(0, 4)}-${version.slice(4, 6)}-${version.slice(6)}`;
  if (spot.text.startsWith('@')) {
    return `@${Date.parse(`${day}T00:00:00Z`) / 1000}`;
  }
  return spot.text.includes('-') ? day : version;
}

/** A chosen version of a root filesystem is a date. */
export function dateProblem(chosen: string): string | undefined {
  if (/^\d{8}$/.test(chosen) && parseTimestamp(chosen) !== undefined) {
    return undefined;
  }
  return 'is not a date such as 20260301';
}

/** The tag of a root filesystem of today. */
export function dateVersion({ moment }: EditContext): string {
  return dateOf(moment.seconds);
}

/**
 * The edit that writes another version where an image without a changelog has its version. Errors
 * where the file no longer says what was read from it.
 */
export function spotEdit(
  image: ImageDefinition,
  spot: VersionSpot,
  version: string,
  context: EditContext,
): Outcome<ChangelogEdit | undefined> {
  // A date that goes on is one that it never had.
  const isNewDate = spot.kind === 'date' && version > (image.ownVersion ?? image.version);
  const suffix = isNewDate ? '' : rebuildSuffix(image, image.rebuilds ?? 0);
  return replaceSpot(
    image,
    spot,
    { text: spotText(spot, version), toVersion: version + suffix },
    context,
  );
}

/**
 * The edit that puts the time of the moment in the place of a date, for a root filesystem that is made
 * again on its day, as its rebuild is counted. Undefined where the very second is there already.
 */
export function timeEdit(
  image: ImageDefinition,
  spot: VersionSpot,
  context: EditContext,
): Outcome<ChangelogEdit | undefined> {
  const { seconds } = context.moment;
  if (parseTimestamp(spot.text) === seconds) {
    return { value: undefined, diagnostics: [] };
  }
  const compact = momentOf(seconds);
  const long = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  const written = spot.text.includes('-') ? long : compact;
  const text = spot.text.startsWith('@') ? `@${seconds}` : written;
  const count = (image.rebuilds ?? 0) + 1;
  const toVersion = (image.ownVersion ?? image.version) + rebuildSuffix(image, count);
  return replaceSpot(image, spot, { text, toVersion }, context);
}

function replaceSpot(
  image: ImageDefinition,
  spot: VersionSpot,
  { text, toVersion }: { readonly text: string; readonly toVersion: string },
  context: EditContext,
): Outcome<ChangelogEdit | undefined> {
  const shownFile = spot.place.file;
  const content = context.read(spot.file, shownFile, image.tree);
  if (content.value === undefined || hasErrors(content.diagnostics)) {
    return { value: undefined, diagnostics: content.diagnostics };
  }
  const before = content.value;
  const at = offsetOf(before, spot.place, spot.text);
  if (at === undefined) {
    const message = `the version "${spot.text}" is not found where it was read`;
    return {
      value: undefined,
      diagnostics: [error('version-moved', message, { place: spot.place })],
    };
  }
  const after = before.slice(0, at) + text + before.slice(at + spot.text.length);
  const edit = {
    file: spot.file,
    shownFile,
    image,
    fromVersion: image.version,
    toVersion,
    before,
    after,
  };
  return { value: edit, diagnostics: [] };
}

function offsetOf(
  text: string,
  { line = 1, column = 1 }: Place,
  wanted: string,
): number | undefined {
  let start = 0;
  for (let at = 1; at < line; at++) {
    start = text.indexOf('\n', start) + 1;
  }
  const end = text.indexOf('\n', start);
  const lineText = text.slice(start, end === -1 ? text.length : end);
  const found = lineText.indexOf(wanted, column - 1);
  return found === -1 ? undefined : start + found;
}
