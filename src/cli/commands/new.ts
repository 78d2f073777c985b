import { dirname, join } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { readDefinitions } from '#compiler/definitions/read.js';
import { isWithin, shownPath } from '#core/files/paths.js';
import { planNewImage } from '#upkeep/new/planNewImage.js';
import { writeNewImage } from '#upkeep/new/writeNewImage.js';
import { editContext } from '#upkeep/update/changelogRun.js';
import { openTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { sayNext } from '../nextStep.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { NewInput } from './new.command.js';

export async function run({ trees, name, from }: NewInput, io: Io): Promise<ExitCode> {
  const context = editContext(io);
  if (report(io, context.diagnostics) || context.value === undefined) {
    return exit.wrong;
  }
  const workspace = openTrees(trees, io);
  if (workspace === undefined) {
    return exit.wrong;
  }

  // A tree that is wrong elsewhere, or still empty, can get a new image all the same.
  const { variables } = workspace;
  const { images: definitions, broken } = readDefinitions(workspace.trees, { variables });
  const { moment, authorOf } = context.value;
  const [inside] = workspace.within;
  const holding = workspace.trees.filter(
    ({ directory }) => inside !== undefined && isWithin(directory, inside),
  );
  const planned = planNewImage(holding.length > 0 ? holding : workspace.trees, definitions, name, {
    broken,
    moment,
    authorOf,
    ...(inside === undefined || holding.length === 0
      ? {}
      : { inside: { directory: inside, shownDirectory: shownPath(io.cwd, inside) } }),
    ...(from === undefined ? {} : { from }),
  });
  if (report(io, planned.diagnostics) || planned.value === undefined) {
    return exit.wrong;
  }
  const { directory, shownDirectory, files } = planned.value;
  const problem = trackedLink(dirname(directory), shownDirectory) ?? writeNewImage(planned.value);
  if (problem !== undefined) {
    report(io, [problem]);
    return exit.wrong;
  }
  io.say(`made ${files.map((file) => join(shownDirectory, file.name)).join(', ')}`);
  sayNext(
    io,
    `build --select ${name}`,
    trees,
    files.length === 1 ? 'edit it, then ' : 'edit them, then ',
  );
  return exit.done;
}
