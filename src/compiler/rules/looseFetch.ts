import type { RuleCode } from '#core/diagnostics/rules.js';
import type { Span } from '#formats/dockerfile/dockerfile.js';

/** A fetch of a Dockerfile of which it is not certain what it brings. */
export interface LooseFetch {
  readonly code: Extract<
    RuleCode,
    'git-unpinned' | 'download-unchecked' | 'pip-unpinned' | 'pip-unhashed'
  >;
  readonly message: string;
  readonly hint: string;
  readonly span: Span;
}

/** Whether a revision is one that stays: what a variable holds is believed, too. */
export function isFixed(ref: string): boolean {
  const name = ref.replace(/^(?:refs\/(?:heads|remotes)\/)?(?:origin\/)?/, '');
  return (
    name !== '' &&
    name !== '.' &&
    !ref.startsWith('origin/') &&
    !/^(?:master|main|trunk|head|fetch_head|dev|devel|develop|development|next|latest|nightly|production|staging|stable)$/i.test(
      name,
    )
  );
}
