import { realpathSync } from 'node:fs';
import { posix, relative, resolve } from 'node:path';
import { type History, historyOfCommit } from '#adapters/git/history.js';
import type { Contexts } from '#compiler/context/contexts.js';
import { takenOf } from '#compiler/context/covered.js';
import { blubberOf } from '#compiler/definitions/definition.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { olderDrift, type Versioned } from '#compiler/rules/olderDrift.js';
import { keyOfSound } from '#compiler/select/changedImages.js';
import { some } from '#core/text/some.js';
import type { ChangesSince } from './since.js';
import type { Io } from './terminal/io.js';

/** As fit in a line. */
const mostNames = 3;

/** So many commits are looked at: who drifted before has been told long ago. */
const mostCommits = 2_000;

/**
 * Says of which images files changed after their version was written, before the change that `--since` is about: a remark,
 * since the change is not to blame, and git does not know what was published.
 */
export function sayDriftBefore(
  { base, changes }: ChangesSince,
  images: readonly ResolvedImage[],
  contexts: Contexts,
  io: Io,
): void {
  const cwd = realpathSync(io.cwd);
  const inRoot = (shown: string): string => relative(base.root, resolve(cwd, shown)) || '.';
  const versioned = images.flatMap((image): Versioned[] => {
    const { definition } = image.rendered;
    const isOther = changes.has(keyOfSound(image)) || definition.computed !== undefined;
    if (isOther || blubberOf(definition) !== undefined) {
      return [];
    }
    const directory = inRoot(definition.context);
    const ofContext = partOf(image, contexts);
    const dockerfile = inRoot(definition.dockerfile.file);
    const isPart = (file: string): boolean =>
      file === dockerfile || ofContext(posix.relative(directory, file));
    return [
      { name: definition.name, versionFile: inRoot(definition.place.file), directory, isPart },
    ];
  });
  const history = historyOfCommit(base.root, base.commit, base.root)(base.root);
  if (history.kind === 'failed') {
    return;
  }
  const names = olderDrift(versioned, filesOf(history.value.changes()));
  if (names.length > 0) {
    const are = names.length === 1 ? 'its version was' : 'their versions were';
    io.say(
      `before this change, files of ${some(names, mostNames)} changed after ${are} written (generate-bake status says whether what is published differs)`,
    );
  }
}

/** Whether a file of its context, by its path there, gets into an image: as `--since` sees it. */
function partOf(image: ResolvedImage, contexts: Contexts): (path: string) => boolean {
  let parts: ReadonlySet<string> | undefined;
  let taken: ReturnType<typeof takenOf>;
  return (path) => {
    if (parts === undefined) {
      parts = new Set((contexts.of(image).parts?.() ?? []).map((part) => part.path));
      taken = takenOf(image);
    }
    return parts.has(path) && (taken === undefined || taken.takes(path));
  };
}

function* filesOf(changes: ReturnType<History['changes']>): Generator<readonly string[], void> {
  let count = 0;
  for (const change of changes) {
    if (change.kind === 'failed' || ++count > mostCommits) {
      return;
    }
    yield change.value.files;
  }
}
