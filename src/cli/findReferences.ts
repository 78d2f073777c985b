import { some } from '#core/text/some.js';
import type { FoundReference } from '#fleet/references/find.js';
import { VersionHistories } from '#fleet/references/history.js';
import { TreeNames } from '#fleet/references/names.js';
import { type SearchResult, searchReferences } from '#fleet/references/search.js';
import type { CompiledTrees } from './compileTrees.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** As many are named of what was not searched. */
const mostNames = 3;
/** A pipe hears of a long search so often, in milliseconds. */
const pipeEvery = 10_000;

export interface FoundReferences {
  readonly names: TreeNames;
  readonly histories: VersionHistories;
  readonly result: SearchResult;
  /** Those of the selected images, and with all images selected those that no tree defines. */
  readonly references: readonly FoundReference[];
  /** Whether something could not be searched; it is reported. */
  readonly isPartial: boolean;
}

/** Searches paths, says how far it is and what was not searched. */
export async function findReferences(
  paths: readonly string[],
  { graph, selected }: CompiledTrees,
  isSelected: boolean,
  io: Io,
  signal: AbortSignal,
): Promise<FoundReferences> {
  const names = new TreeNames(graph);
  const histories = new VersionHistories();
  const started = performance.now();
  let told = started;
  const result = await searchReferences(paths, names, histories, {
    cwd: io.cwd,
    signal,
    progress: (files) => {
      io.inPlace(`searching files: ${files}`);
      const now = performance.now();
      if (!io.terminal && now - told > pipeEvery) {
        told = now;
        io.say(`searching files: ${files}`);
      }
    },
  });
  io.inPlace('');
  const isPartial = report(io, result.diagnostics);
  const references = isSelected
    ? result.references.filter(({ about }) => {
        const images =
          about.kind === 'ambiguous'
            ? about.images
            : about.kind === 'undefined'
              ? []
              : [about.image];
        return images.some(({ reference }) => reference !== undefined && selected.has(reference));
      })
    : result.references;
  tellLeftOut(result, references, io);
  return { names, histories, result, references, isPartial };
}

function tellLeftOut(
  { skipped, byLines }: SearchResult,
  references: readonly FoundReference[],
  io: Io,
): void {
  for (const { shown, reason } of skipped) {
    const line = `${shown} is not searched: it ${reason}`;
    if (reason === 'is not a text') {
      io.info(line);
    } else {
      io.say(line);
    }
  }
  for (const shown of byLines) {
    io.info(`${shown} is not valid YAML: its keys are read line by line`);
  }
  if (byLines.length > 0 && io.level === 'normal') {
    const files = byLines.length === 1 ? 'file is' : 'files are';
    io.say(
      `${byLines.length} YAML ${files} not valid, as templates are not: keys are read line by line there (--info shows them)`,
    );
  }
  const hosts = new Map<string, number>();
  for (const { about } of references) {
    if (about.kind === 'elsewhere') {
      hosts.set(about.host, (hosts.get(about.host) ?? 0) + 1);
    }
  }
  if (hosts.size > 0) {
    const total = [...hosts.values()].reduce((sum, count) => sum + count, 0);
    const all = some([...hosts.keys()].sort(), mostNames);
    io.say(
      `${total} ${total === 1 ? 'reference names an image' : 'references name images'} of the trees in another registry: ${all}; if it is the same one, write registry_aliases into the workspace file`,
    );
  }
}
