import { gitHistories } from '#adapters/git/history.js';
import { listDocument } from '#compiler/emit/listDocument.js';
import { imageFacts } from '#compiler/facts/imageFacts.js';
import type { BrokenNode, ResolvedImage } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { tellBroken } from '#compiler/tellBroken.js';
import type { Reference } from '#core/reference/brands.js';
import { type Built, builtFacts, publishedBuilt } from '#fleet/sizes/built.js';
import { factColumns, hasColumn } from '../columns.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { recordOf, registryCache } from '../places.js';
import type { KnownFacts } from '../terminal/factCells.js';
import { fit } from '../terminal/fit.js';
import { listTable } from '../terminal/imageTable.js';
import { listTree } from '../terminal/imageTree.js';
import type { Io } from '../terminal/io.js';
import { reportFolded } from '../terminal/report.js';
import type { ListInput } from './list.command.js';

/** Shows what there is, broken images among it: that alone is no failure, but with --strict. */
export async function run(input: ListInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees({ ...input, words: 'images', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { graph, selected, excluded, since } = compiled;
  const broken = compiled.broken.selected;
  const told = input.form === 'json' && !input.strict ? [] : tellBroken(graph, broken);
  const images = graph.images.filter((image) => selected.has(image.reference));
  const factsOf = needsFacts(input) ? factsIn(compiled, images, io) : () => ({});
  reportFolded(io, [...compiled.diagnostics, ...told, ...compiled.owners.takeWarnings()]);
  if (broken.length > 0 && input.strict) {
    return exit.wrong;
  }
  switch (input.form) {
    case 'json':
      io.write(
        `${JSON.stringify(listDocument(images, broken, excluded, graph.privates, factsOf, since), null, 2)}\n`,
      );
      break;
    case 'tree':
      io.write(cutLines(listTree(images, broken), io.outWidth()));
      break;
    case 'table':
      io.write(listTable(graph, images, broken, io.outWidth(), { ...input, factsOf }));
  }
  io.say(summary(images, broken.length, excluded.length));
  return exit.done;
}

/** Files are only read for what is shown. */
function needsFacts(input: ListInput): boolean {
  return input.form === 'json' || hasColumn(input, factColumns);
}

/** What the repository says of the images, and what runs on this machine saw of them in registries. */
function factsIn(
  { graph, broken, owners }: CompiledTrees,
  images: readonly ResolvedImage[],
  io: Io,
): (image: ResolvedImage | BrokenNode) => KnownFacts {
  const known = imageFacts(graph, [...images, ...broken.selected], {
    owners,
    histories: gitHistories(),
  });
  const record = recordOf(io);
  const cache = registryCache(io);
  const names = registryNamesOf(graph);
  const builtOf = (reference: Reference): Built | undefined => {
    const seen = record.get(names.canonical(reference));
    const config = seen && cache.get(seen.digest);
    return config && publishedBuilt(config);
  };
  const facts = new Map(
    [...images, ...broken.selected].map((image) => {
      const sound = 'rendered' in image ? image : undefined;
      const reference = 'rendered' in image ? image.reference : image.image.reference;
      const node = reference && { reference, ...(sound && { sound }) };
      const built = node === undefined ? {} : builtFacts(graph, node, builtOf);
      return [image, { ...known(image), ...built }] as const;
    }),
  );
  return (image) => facts.get(image) ?? {};
}

function cutLines(text: string, width: number | undefined): string {
  return text
    .split('\n')
    .map((line) => fit(line, width))
    .join('\n');
}

function summary(images: readonly ResolvedImage[], broken: number, excluded: number): string {
  let edges = 0;
  let undeclared = 0;
  for (const image of images) {
    const parents = new Map(image.parents.map((edge) => [edge.parent, edge.declared]));
    edges += parents.size;
    for (const declared of parents.values()) {
      if (!declared) {
        undeclared++;
      }
    }
  }
  // Of what is shown: its parents may not be.
  const levels = new Set(images.map(({ level }) => level)).size;
  return (
    `${count(images.length, 'image')} in ${count(levels, 'level')}, ${count(edges, 'link')} to parents` +
    (undeclared === 0 ? '' : `, ${undeclared} of them not declared in control`) +
    (broken === 0 ? '' : `; ${count(broken, 'image')} broken`) +
    (excluded === 0 ? '' : `; ${count(excluded, 'path')} excluded (--info shows them)`)
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
