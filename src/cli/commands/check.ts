import { withContexts } from '#compiler/checkedGraph.js';
import { withGraph } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { soundPlan } from '#compiler/plan/soundPlan.js';
import { findingsOf } from '#compiler/rules/imageRules.js';
import { withLevels } from '#compiler/rules/levels.js';
import { rememberDirectories } from '#core/files/directories.js';
import { brokenReport } from '../broken.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { CheckInput } from './check.command.js';

/**
 * Says all that `plan` would find, and makes nothing: reads the definitions alone, no registry, no engine. Ends with 1
 * where an image is broken or cannot be planned, with 2 where the whole is wrong.
 */
export async function run(input: CheckInput, io: Io): Promise<ExitCode> {
  const list = rememberDirectories();
  const compiled = compileTrees({ ...input, words: 'images', list }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { graph: whole, selected } = compiled;
  const contexts = new Contexts(io.cwd, list);
  const checked = { ...compiled, ...withGraph(compiled, withContexts(whole, selected, contexts)) };
  const references = checked.graph.images.map(({ reference }) => reference);
  const sound = new Set(references.filter((reference) => selected.has(reference)));
  const { plan, graph, leftOut } = soundPlan(checked.graph, sound, {
    context: contexts.of,
    outside: new Map(),
    rebuildKey: '',
    waveSize: 0,
    pull: false,
    proxyCredentials: 'refuse',
    pushesTags: true,
  });
  const broken = brokenReport(checked, io.now(), graph, leftOut);
  const images = graph.images.filter(({ reference }) => selected.has(reference));
  const { owners, workspace } = compiled;
  for (const { rendered } of images) {
    owners.of(rendered.definition);
  }
  const all = [
    ...compiled.diagnostics,
    ...contexts.diagnostics,
    ...plan.diagnostics,
    ...broken.diagnostics,
    ...owners.takeWarnings(),
    ...findingsOf({ graph, images, contexts, owners, now: io.now() }),
  ];
  const found = withLevels(all, workspace.trees);
  const isWrong = report(io, found);
  const count = checked.broken.selected.length + sound.size;
  if (found.length === 0) {
    io.say(`${count} image${count === 1 ? '' : 's'}: no problems`);
  }
  if (isWrong || broken.isPartial) {
    return exit.failed;
  }
  return input.failOnWarnings && found.length > 0 ? exit.failed : exit.done;
}
