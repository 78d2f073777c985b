import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type AskOptions, askStates } from '#adapters/registry/state.js';
import { isComparable } from '#compiler/plan/definitionDigest.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { versionOf } from '../holds/mark.js';
import type { Decision } from '../status/decide.js';
import type { Sought } from './search.js';

interface EarlierInput {
  readonly graph: Graph;
  readonly definitions: ReadonlyMap<Reference, Digest>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly ask: AskOptions;
}

/**
 * What new versions are compared with: the newest earlier version, or what `latest` is where versions have no
 * order. Only of images whose definition is another one than that had.
 */
export async function earlierVersions(
  decisions: readonly Decision[],
  { graph, definitions, accesses, ask }: EarlierInput,
): Promise<readonly Sought[]> {
  const questions = decisions.flatMap(({ reference, reasons = [] }) => {
    const image = graph.byReference.get(reference);
    const reason = reasons.find(({ kind }) => kind === 'new-version');
    if (image === undefined || reason?.kind !== 'new-version') {
      return [];
    }
    const { repository, tree } = image.rendered.definition;
    const version = reason.from ?? 'latest';
    return [{ image, reference, repository, version, access: accesses.get(tree) }];
  });
  const states = await askStates(questions, ask);
  return questions.flatMap(({ image, reference, version }): Sought[] => {
    const state = states.get(reference);
    const now = definitions.get(reference);
    if (state?.kind !== 'published' || !state.config.known || now === undefined) {
      return [];
    }
    const published = state.config.value.labels.get(definitionLabel);
    if (!published || published === now || !isComparable(published, now)) {
      return [];
    }
    return [{ image, published, since: versionOf(state.config.value) ?? version }];
  });
}
