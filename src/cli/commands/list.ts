import { listDocument } from '#compiler/emit/listDocument.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
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
  const { graph, selected, excluded } = compiled;
  const broken = compiled.broken.selected;
  const told = input.form === 'json' && !input.strict ? [] : tellBroken(graph, broken);
  reportFolded(io, [...compiled.diagnostics, ...told]);
  if (broken.length > 0 && input.strict) {
    return exit.wrong;
  }
  const images = graph.images.filter((image) => selected.has(image.reference));
  switch (input.form) {
    case 'json':
      io.write(
        `${JSON.stringify(listDocument(images, broken, excluded, graph.privates), null, 2)}\n`,
      );
      break;
    case 'tree':
      io.write(cutLines(listTree(images, broken), io.outWidth()));
      break;
    case 'table':
      io.write(listTable(graph, images, broken, io.outWidth()));
  }
  io.say(summary(images, broken.length, excluded.length));
  return exit.done;
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
