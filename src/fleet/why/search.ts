import type { Change } from '#adapters/git/history.js';
import type { DefinitionParts } from '#compiler/plan/definitionParts.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';

/** An image whose published definition is looked for. */
export interface Sought {
  readonly image: ResolvedImage;
  /** The definition digest in the label of what is published. */
  readonly published: string;
  /** The published version: the image's own where it has drifted, else an earlier one. */
  readonly since: string;
}

/** What was found of it. */
export type Search =
  | {
      readonly kind: 'found';
      /** A commit that has the published definition. */
      readonly commit: string;
      /** Of the commit, in seconds since 1970; absent: a report names it. */
      readonly time?: number;
      readonly by: 'report' | 'history';
      readonly parts: DefinitionParts;
      /** The commits since then that touched what the image is made of, the newest first. */
      readonly changedBy: readonly Pick<Change, 'commit' | 'time' | 'subject'>[];
      /** Edits that are not committed touched it too. */
      readonly uncommitted?: true;
    }
  | {
      readonly kind: 'not-found';
      readonly reason: string;
      /** How many commits were compiled. */
      readonly tried: number;
    };
