import type { DefinitionChanges } from '#compiler/plan/definitionChanges.js';
import type { Reference } from '#core/reference/brands.js';
import type { ReasonDocument } from '../reasons/reason.js';
import { reasonDocument } from '../reasons/sentence.js';
import type { Action, Decision } from '../status/decide.js';
import type { StateName } from '../status/states.js';
import type { Evidence } from './evidence.js';

/**
 * What `why --json` prints; doc/why.schema.json is its schema: fields are added, never changed or removed,
 * without a new `schema` number.
 */
export interface WhyDocument {
  readonly schema: 1;
  /** Parents before children: the asked ones, and those that their reasons lead to. */
  readonly images: readonly WhyImage[];
}

interface WhyImage {
  readonly reference: Reference;
  /** Whether it was asked for; else it explains another one. */
  readonly asked: boolean;
  readonly private?: true;
  readonly state: StateName;
  readonly action: Action;
  readonly why: string;
  readonly hint?: string;
  readonly reasons: readonly ReasonDocument[];
  /** Of an image that has drifted, or has a new version: what changed. */
  readonly evidence?: EvidenceDocument;
}

type EvidenceDocument = {
  /** The published version that it is compared with. */
  readonly since: string;
} & (
  | {
      readonly kind: 'found';
      readonly commit: string;
      /** RFC 3339, UTC. */
      readonly committed?: string;
      readonly by: 'report' | 'history';
      /** The newest first. */
      readonly changedBy: readonly { readonly commit: string; readonly committed: string }[];
      /** Edits that are not committed touched it too. */
      readonly uncommitted?: true;
      readonly changes: DefinitionChanges;
    }
  | { readonly kind: 'not-found'; readonly reason: string; readonly tried: number }
);

export function whyDocument(
  decisions: readonly Decision[],
  asked: ReadonlySet<Reference>,
  evidence: ReadonlyMap<Reference, Evidence>,
): WhyDocument {
  return {
    schema: 1,
    images: decisions.map((decision) => {
      const { reference, state, action, why, hint, reasons = [] } = decision;
      const found = evidence.get(reference);
      return {
        reference,
        asked: asked.has(reference),
        ...(decision.private === undefined ? {} : { private: true as const }),
        state,
        action,
        why,
        ...(hint === undefined ? {} : { hint }),
        reasons: reasons.map(reasonDocument),
        ...(found === undefined ? {} : { evidence: evidenceDocument(found) }),
      };
    }),
  };
}

function evidenceDocument(evidence: Evidence): EvidenceDocument {
  if (evidence.kind === 'not-found') {
    return evidence;
  }
  const { kind, since, commit, time, by, changedBy, uncommitted, changes } = evidence;
  return {
    kind,
    since,
    commit,
    ...(time === undefined ? {} : { committed: dateOf(time) }),
    by,
    changedBy: changedBy.map((change) => ({
      commit: change.commit,
      committed: dateOf(change.time),
    })),
    ...(uncommitted === undefined ? {} : { uncommitted }),
    changes,
  };
}

function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
