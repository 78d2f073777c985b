import type { Graph } from '#compiler/resolve/graph.js';
import type { Action, Decision } from './decide.js';
import type { StateName } from './states.js';

/**
 * What `status --json` prints; doc/status.schema.json is its schema. Other tools build on it:
 * fields are added, never changed or removed, without a new `schema` number.
 */
export interface StatusDocument {
  readonly schema: 1;
  /** Parents before children. */
  readonly images: readonly StatusImage[];
}

interface StatusImage {
  readonly reference: string;
  readonly name: string;
  readonly version: string;
  readonly tree: string;
  readonly state: StateName;
  /** What `build` would do with it. */
  readonly action: Action;
  readonly why: string;
  /** What to do about its state. */
  readonly hint?: string;
  /** Of the published manifest. */
  readonly digest?: string;
  /** Of an image that would be built: what stands for each parent in the trees. */
  readonly parents: readonly {
    readonly reference: string;
    readonly use: 'link' | 'pinned' | 'local';
    /** The published digest of a pinned parent, the image ID of a local one. */
    readonly digest?: string;
  }[];
}

export function statusDocument(graph: Graph, decisions: readonly Decision[]): StatusDocument {
  return { schema: 1, images: decisions.flatMap((decision) => imageOf(graph, decision)) };
}

function imageOf(graph: Graph, decision: Decision): StatusImage[] {
  const definition = graph.byReference.get(decision.reference)?.rendered.definition;
  if (definition === undefined) {
    return [];
  }
  const { reference, state, action, why, hint, digest, parents } = decision;
  return [
    {
      reference,
      name: definition.name,
      version: definition.version,
      tree: definition.tree.name,
      state,
      action,
      why,
      ...(hint === undefined ? {} : { hint }),
      ...(digest === undefined ? {} : { digest }),
      parents: parents.map((use) => ({
        reference: use.parent,
        use: use.kind,
        ...(use.kind === 'pinned' ? { digest: use.digest } : {}),
        ...(use.kind === 'local' ? { digest: use.id } : {}),
      })),
    },
  ];
}
