import type { DiagnosticCode } from '#core/diagnostics/codes.js';

/** What a run writes, in the words of its messages; each kind has a journal of its own. */
export interface EditKind {
  /** The name of its journal. */
  readonly journal: string;
  readonly one: string;
  readonly many: string;
  /** What a file has once it is written. */
  readonly change: string;
  readonly notWritten: DiagnosticCode;
  readonly unfinished: DiagnosticCode;
}

export const changelogEdits: EditKind = {
  journal: 'changelogs.json',
  one: 'changelog',
  many: 'changelogs',
  change: 'the new block',
  notWritten: 'changelogs-not-written',
  unfinished: 'changelogs-unfinished',
};

export const referenceEdits: EditKind = {
  journal: 'references.json',
  one: 'file',
  many: 'files with references',
  change: 'the new versions',
  notWritten: 'references-not-written',
  unfinished: 'references-unfinished',
};
