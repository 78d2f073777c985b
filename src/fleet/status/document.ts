import type { ExcludedPath } from '#compiler/definitions/excluded.js';
import type { ImageFacts } from '#compiler/facts/imageFacts.js';
import { type BrokenNode, type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import { reasonOf } from '#compiler/tellBroken.js';
import { type HoldDocument, holdDocument } from '../holds/document.js';
import type { Held } from '../holds/mark.js';
import type { ReasonDocument } from '../reasons/reason.js';
import { reasonDocument } from '../reasons/sentence.js';
import type { BuiltFacts } from '../sizes/built.js';
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
  /** Broken images of which not even the reference is known. */
  readonly unnamed: readonly UnnamedImage[];
  /** What the search for images leaves out; absent: nothing. */
  readonly excluded?: readonly {
    readonly path: string;
    readonly reasons: readonly ReasonDocument[];
  }[];
}

interface UnnamedImage {
  readonly tree: string;
  readonly path: string;
  /** What is wrong. */
  readonly reason: string;
}

interface StatusImage extends ImageFacts, BuiltFacts {
  readonly reference: string;
  readonly name: string;
  readonly version: string;
  readonly tree: string;
  readonly state: StateName;
  /** It is only for the registries of private images. */
  readonly private?: true;
  readonly definition: 'sound' | 'broken';
  /** What is wrong with a definition that is broken. */
  readonly reason?: string;
  /** What `build` would do with it. */
  readonly action: Action;
  readonly why: string;
  /** What to do about its state. */
  readonly hint?: string;
  /** Of the published manifest. */
  readonly digest?: string;
  /** Tags that the published version lacks, and that `build` puts: `latest` among them. */
  readonly owed?: readonly string[];
  /** What its `latest` is held at, which no run moves. */
  readonly held?: Held;
  /** Of an image that is stopped since the registry lost it, or what it needs: which one. */
  readonly lost?: string;
  /** The hold of the workspace file that keeps `build` from doing more with it. */
  readonly hold?: HoldDocument;
  /** Of a blocked image: from its parent to the one that is broken. */
  readonly chain?: readonly string[];
  /** Why it is in its state, and why `build` does that with it: the most important first. */
  readonly reasons?: readonly ReasonDocument[];
  /** Of an image that would be built: what stands for each parent in the trees. */
  readonly parents: readonly {
    readonly reference: string;
    readonly use: 'link' | 'pinned' | 'local';
    /** The published digest of a pinned parent, the image ID of a local one. */
    readonly digest?: string;
  }[];
}

export function statusDocument(
  graph: Graph,
  decisions: readonly Decision[],
  broken: readonly BrokenNode[] = [],
  excluded: readonly ExcludedPath[] = [],
  factsOf: (node: GraphNode) => ImageFacts & BuiltFacts = () => ({}),
): StatusDocument {
  const nodes = new Map(inOrder(graph).map((node) => [node.reference, node]));
  return {
    schema: 1,
    images: decisions.flatMap((decision) => {
      const node = nodes.get(decision.reference);
      return node === undefined
        ? []
        : imageOf(node, decision).map((image) => ({ ...image, ...factsOf(node) }));
    }),
    unnamed: broken
      .filter(({ image }) => image.reference === undefined)
      .map(({ image }) => ({
        tree: image.tree.name,
        path: image.shown,
        reason: reasonOf(image),
      })),
    ...(excluded.length === 0
      ? {}
      : {
          excluded: excluded.map(({ shown: path, pattern: { text: pattern } }) => ({
            path,
            reasons: [reasonDocument({ kind: 'excluded', path, pattern })],
          })),
        }),
  };
}

function imageOf(node: GraphNode, decision: Decision): StatusImage[] {
  const definition = node.sound?.rendered.definition ?? node.broken?.image;
  if (definition?.name === undefined || definition.version === undefined) {
    return [];
  }
  const { reference, state, broken, action, why, hint, digest, owed, held, hold, lost, chain } =
    decision;
  const { parents, reasons } = decision;
  return [
    {
      reference,
      name: definition.name,
      version: definition.version,
      tree: definition.tree.name,
      state,
      ...(decision.private === undefined ? {} : { private: true }),
      definition: broken === undefined ? 'sound' : 'broken',
      ...(broken === undefined ? {} : { reason: broken }),
      action,
      why,
      ...(hint === undefined ? {} : { hint }),
      ...(digest === undefined ? {} : { digest }),
      ...(owed === undefined ? {} : { owed }),
      ...(held === undefined ? {} : { held }),
      ...(lost === undefined ? {} : { lost }),
      ...(hold === undefined ? {} : { hold: holdDocument(hold) }),
      ...(chain === undefined ? {} : { chain }),
      ...(reasons === undefined ? {} : { reasons: reasons.map(reasonDocument) }),
      parents: parents.map((use) => ({
        reference: use.parent,
        use: use.kind,
        ...(use.kind === 'pinned' ? { digest: use.digest } : {}),
        ...(use.kind === 'local' ? { digest: use.id } : {}),
      })),
    },
  ];
}
