import { listDocument } from '#compiler/emit/listDocument.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { listTable } from '../terminal/imageTable.js';
import { listTree } from '../terminal/imageTree.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { ListInput } from './list.command.js';

export async function run(input: ListInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees(input, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  report(io, compiled.diagnostics);
  const images = compiled.graph.images.filter((image) => compiled.selected.has(image.reference));
  switch (input.form) {
    case 'json':
      io.write(`${JSON.stringify(listDocument(images), null, 2)}\n`);
      break;
    case 'tree':
      io.write(listTree(images));
      break;
    case 'table':
      io.write(listTable([...images].sort(byTreeAndPath)));
  }
  io.say(summary(images));
  return exit.done;
}

function byTreeAndPath(a: ResolvedImage, b: ResolvedImage): number {
  const [left, right] = [a.rendered.definition, b.rendered.definition];
  if (left.tree !== right.tree) {
    return left.tree.name < right.tree.name ? -1 : 1;
  }
  return left.context < right.context ? -1 : 1;
}

function summary(images: readonly ResolvedImage[]): string {
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
  const levels = images.reduce((most, image) => Math.max(most, image.level + 1), 0);
  return (
    `${count(images.length, 'image')} in ${count(levels, 'level')}, ${count(edges, 'link')} to parents` +
    (undeclared === 0 ? '' : `, ${undeclared} of them not declared in control`)
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
