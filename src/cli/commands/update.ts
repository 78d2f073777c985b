import { isSecurityFix } from '#compiler/definitions/securityFix.js';
import { isPrivate } from '#compiler/privacy/privacy.js';
import { heldBy, holdText } from '#compiler/select/heldBy.js';
import { editContext } from '#upkeep/update/changelogRun.js';
import { findNamed } from '#upkeep/update/names.js';
import { planUpdate } from '#upkeep/update/planUpdate.js';
import { imagesOf, leaveOptions, mayBegin, tellLeftOut, writeEdits } from '../changelogRun.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { sayNext } from '../nextStep.js';
import { isStopped } from '../stopFile.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { UpdateInput } from './update.command.js';

export async function run(input: UpdateInput, io: Io): Promise<ExitCode> {
  if (!input.dryRun && isStopped(input.trees, io)) {
    return exit.failed;
  }
  if (!mayBegin(io, input)) {
    return exit.wrong;
  }
  const context = editContext(io);
  if (report(io, context.diagnostics) || context.value === undefined) {
    return exit.wrong;
  }
  const compiled = compileTrees({ trees: input.trees, cycles: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }

  const { names, reason, version } = input;
  const now = io.now();
  const planned = planUpdate(compiled.graph, names, {
    ...context.value,
    reason,
    ...(version === undefined ? {} : { version }),
    among: compiled.selected,
    heldBy: (image) => {
      const isSecurity = isSecurityFix(reason.split('\n'));
      const hold = heldBy(image, 'refresh', { now, isSecurity });
      return hold === undefined ? undefined : holdText(hold);
    },
    ...leaveOptions(input),
  });
  // What is doubtful about the trees is the business of plan and list; the edges are what counts.
  const doubts = io.level === 'normal' ? [] : compiled.diagnostics;
  if (report(io, [...doubts, ...planned.diagnostics])) {
    return exit.wrong;
  }
  const shown = shownNames(compiled, names);
  const message = commitMessage(shown, imagesOf(planned.value), reason);
  for (const { image, because } of planned.held) {
    io.say(`${image.tree.shownDirectory}: ${image.name} is skipped: ${because}`);
  }
  const hasUnreleased = tellLeftOut(io, planned);
  if (!writeEdits(io, planned.value, input, message, planned.pending)) {
    return exit.wrong;
  }
  if (!input.dryRun && planned.value.length > 0) {
    sayNext(io, 'status', input.trees, input.commit ? '' : 'git diff, and ');
  }
  return hasUnreleased ? exit.failed : exit.done;
}

/** The names as a commit may say them: those of private images are counted. */
function shownNames({ graph, selected }: CompiledTrees, names: readonly string[]): string[] {
  const hidden = names.filter((name) => {
    const named = findNamed(graph, name, selected);
    return named.kind === 'image' && isPrivate(graph, named.image.reference);
  });
  const shown = names.filter((name) => !hidden.includes(name));
  if (hidden.length > 0) {
    shown.push(hidden.length === 1 ? 'one private image' : `${hidden.length} private images`);
  }
  return shown;
}

function commitMessage(names: readonly string[], count: number, reason: string): string {
  const images = count === 1 ? 'one image' : `${count} images`;
  return `Update ${names.join(', ')}: new versions of ${images}\n\n${reason}`;
}
