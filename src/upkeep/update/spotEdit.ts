import type { ImageDefinition, VersionSpot } from '#compiler/definitions/definition.js';
import {
  error,
  hasErrors,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { dateOf, parseTimestamp } from '#rootfs/timestamp.js';
import type { ChangelogEdit, EditContext } from './changelogEdit.js';

/** Whether the version is that of a changelog's newest block. */
export function hasChangelog({ dockerfile }: ImageDefinition): boolean {
  return dockerfile.kind === 'template';
}

/** A version that only its source can change: a git tag, the environment. */
export function versionElsewhere({ name, place, computed }: ImageDefinition) {
  if (computed !== undefined) {
    const follows = computed.kind === 'content' ? 'what it is made of' : 'its newest commit';
    return warning('version-elsewhere', `${name} has no version to bump: it follows ${follows}`, {
      place,
      hint: 'edit it, and build it: that gives it a new version',
    });
  }
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
  const after = before.slice(0, at) + spotText(spot, version) + before.slice(at + spot.text.length);
  const edit = {
    file: spot.file,
    shownFile,
    image,
    fromVersion: image.version,
    toVersion: version,
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
