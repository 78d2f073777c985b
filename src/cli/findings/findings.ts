import { createHash } from 'node:crypto';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import { printable } from '#core/text/printable.js';

/** What `check` found, for whoever writes it as another program reads it. */
export interface Findings {
  /** In the order in which they are told. */
  readonly found: readonly Diagnostic[];
  readonly images: number;
  /** Whose policy counts: `origin/main:generate-bake.toml`, and the commit; absent: that of the files that are there. */
  readonly policy?: { readonly file: string; readonly commit: string };
  /** Absolute, links resolved: what paths are relative to. */
  readonly top: string;
  /** Absolute, links resolved: what the paths of places are relative to. */
  readonly cwd: string;
}

/**
 * The file of a place relative to the top of the repository, `/`-separated; undefined where it has none, or is outside
 * of it: no annotation can be there.
 */
export function pathOf({ top, cwd }: Findings, place: Place | undefined): string | undefined {
  if (place === undefined) {
    return undefined;
  }
  const path = relative(top, resolve(cwd, place.file));
  return path === '' || path === '..' || path.startsWith('../') || isAbsolute(path)
    ? undefined
    : path;
}

/** The message in one line that nothing of a tree can break: with the file, where no annotation can be there. */
export function messageOf(findings: Findings, { message, place }: Diagnostic): string {
  const isElsewhere = place !== undefined && pathOf(findings, place) === undefined;
  const where = isElsewhere ? `${printable(place.file)}: ` : '';
  return where + printable(shortened(message));
}

export function hintOf({ hint }: Diagnostic): string | undefined {
  return hint === undefined ? undefined : printable(shortened(hint));
}

/** Readers of annotations refuse long ones, or cut them. */
const longest = 1000;

function shortened(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/**
 * What a finding is recognised by on another day: lines may have moved, so that it is of the text of the line. Equal
 * ones of a file are counted.
 */
export function fingerprints(findings: Findings): readonly string[] {
  const seen = new Map<string, number>();
  return findings.found.map((diagnostic) => {
    const { code, message, place } = diagnostic;
    const path = pathOf(findings, place) ?? place?.file ?? '';
    const key = JSON.stringify([code, path, message, place?.lineText?.trim() ?? '']);
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    return createHash('sha256').update(`${key}\n${before}`).digest('hex');
  });
}
