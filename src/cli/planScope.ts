import type { CredentialUse } from '#adapters/registry/credentials.js';
import { withContexts } from '#compiler/checkedGraph.js';
import { soundOnes, withGraph } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { rememberDirectories } from '#core/files/directories.js';
import { type CompiledTrees, compileTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import type { CompileLine } from './line/options.js';
import type { Io } from './terminal/io.js';
import type { Scope } from './unpublished.js';

export interface PlanScopeInput extends CompileLine {
  /** Only what registries do not have, with the parents that it needs; else what is selected and sound. */
  readonly unpublished: boolean;
  readonly credentials: CredentialUse;
  readonly rebuildLost: boolean;
}

/** Trees of which a plan or jobs are made, their contexts read, and what goes into them. */
export interface PlanScope {
  readonly checked: CompiledTrees;
  readonly contexts: Contexts;
  readonly scope: Scope;
}

/** Reads the trees, and where `unpublished` is wanted asks the registries. A status where that has been reported already. */
export async function planScope(input: PlanScopeInput, io: Io): Promise<PlanScope | ExitCode> {
  const list = rememberDirectories();
  const compiled = compileTrees({ ...input, words: 'images', list }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const contexts = new Contexts(io.cwd, list);
  // Needed parents may be built too.
  const wanted = input.unpublished
    ? (await import('#fleet/status/decide.js')).concerned(compiled.graph, compiled.selected)
    : compiled.selected;
  const checked = {
    ...compiled,
    ...withGraph(compiled, withContexts(compiled.graph, wanted, contexts)),
  };
  const scope = input.unpublished
    ? await (await import('./unpublished.js')).unpublished(checked, contexts.of, input, io)
    : { selected: soundOnes(checked), outside: new Map(), code: exit.done };
  return typeof scope === 'number' ? scope : { checked, contexts, scope };
}
