import { compile } from '#compiler/compile.js';
import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { narrowed } from '#compiler/definitions/narrowed.js';
import { readDefinitions } from '#compiler/definitions/read.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { matchImages } from '#compiler/select/matchImages.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { editContext } from '#upkeep/update/changelogRun.js';
import { planRefresh } from '#upkeep/update/planRefresh.js';
import { dayStamp } from '#upkeep/versioning/clock.js';
import { imagesOf, leaveOptions, mayBegin, tellLeftOut, writeEdits } from '../changelogRun.js';
import { openTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { RefreshInput } from './refresh.command.js';

export async function run(input: RefreshInput, io: Io): Promise<ExitCode> {
  if (!mayBegin(io, input)) {
    return exit.wrong;
  }
  const context = editContext(io);
  if (report(io, context.diagnostics) || context.value === undefined) {
    return exit.wrong;
  }
  const workspace = openTrees(input.trees, io);
  if (workspace === undefined) {
    return exit.wrong;
  }

  const { trees, within, variables } = workspace;
  const read = readDefinitions(trees, { variables });
  const images = narrowed(read.images, within);
  const broken = narrowed(read.broken, within);
  const out = matchImages<ImageDefinition | BrokenImage>(
    [...images, ...broken],
    input.exclude,
    '--exclude',
  );
  const warnings = images.flatMap((image) => image.warnings ?? []);
  const ofTrees = read.ofTrees.map(({ diagnostic }) => diagnostic);
  if (report(io, [...ofTrees, ...warnings, ...out.diagnostics])) {
    return exit.wrong;
  }

  const { value, diagnostics } = planRefresh(images, {
    ...context.value,
    excludes: (image) => out.value.has(image),
    resolved: resolvedIn(workspace),
    ...leaveOptions(input),
  });
  for (const { image, because } of value.excluded) {
    io.say(`${image.tree.shownDirectory}: ${image.name} is skipped: ${because}`);
  }
  const message = `Weekly rebuild of ${imagesOf(value.edits)} images, ${dayStamp(context.value.moment)}`;
  const hasUnreleased = tellLeftOut(io, value);
  const written = writeEdits(io, value.edits, input, message, value.pending);
  if (value.unchanged.length > 0) {
    io.say(`${value.unchanged.length} have today's date already`);
  }
  const faults = broken
    .filter((image) => image.tree.refresh && !out.value.has(image))
    .flatMap((image) => image.diagnostics);
  const failed = report(io, [...diagnostics, ...faults]);
  if (!written) {
    return exit.wrong;
  }
  return failed || hasUnreleased ? exit.failed : exit.done;
}

/** Finds the images as they are linked, once somebody asks: that says what each is made of. */
function resolvedIn(workspace: Workspace): (image: ImageDefinition) => ResolvedImage | undefined {
  let known: Map<string, ResolvedImage> | undefined;
  return (image) => {
    known ??= new Map(
      compile({
        workspace,
        selection: { select: [], exclude: [], withParents: false, withChildren: false },
        read: { variables: workspace.variables },
      }).value.graph.images.map((each) => [keyOf(each.rendered.definition), each]),
    );
    return known.get(keyOf(image));
  };
}

function keyOf({ tree, name, home, directory, stageFile = '' }: ImageDefinition): string {
  return [tree.directory, name, home ?? directory, stageFile].join('\0');
}
