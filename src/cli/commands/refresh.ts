import { Allowance, shortAllowanceMs } from '#adapters/registry/patience.js';
import { compile } from '#compiler/compile.js';
import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { narrowed } from '#compiler/definitions/narrowed.js';
import { readDefinitions } from '#compiler/definitions/read.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { heldBy, holdText } from '#compiler/select/heldBy.js';
import { heldBroken } from '#compiler/select/holder.js';
import { matchImages } from '#compiler/select/matchImages.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { warning } from '#core/diagnostics/diagnostic.js';
import type { Repository } from '#core/reference/brands.js';
import { askHeld } from '#fleet/holds/askHeld.js';
import { heldAt } from '#fleet/holds/mark.js';
import { openRegistries } from '#fleet/registries.js';
import { editContext } from '#upkeep/update/changelogRun.js';
import { planRefresh } from '#upkeep/update/planRefresh.js';
import { dayStamp } from '#upkeep/versioning/clock.js';
import { imagesOf, leaveOptions, mayBegin, tellLeftOut, writeEdits } from '../changelogRun.js';
import { openTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { registryCache } from '../places.js';
import { isStopped } from '../stopFile.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import { signsOfLife } from '../terminal/signs.js';
import type { RefreshInput } from './refresh.command.js';

export function run(input: RefreshInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => refresh(input, io, signal));
}

async function refresh(input: RefreshInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
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
  if (reportFolded(io, [...ofTrees, ...warnings, ...out.diagnostics])) {
    return exit.wrong;
  }

  const now = io.now();
  const reasonOf = (image: ImageDefinition): string | false => {
    const hold = out.value.has(image) ? undefined : heldBy(image, 'refresh', { now });
    return out.value.has(image) ? '--exclude' : hold !== undefined && holdText(hold);
  };
  const wanted = images.filter((image) => image.tree.refresh && reasonOf(image) === false);
  const { held, unpublished } = await askedOf(wanted, input, io, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  const { value, diagnostics } = planRefresh(images, {
    ...context.value,
    excludes: (image) => reasonOf(image) || (held.get(image.repository) ?? false),
    isUnpublished: ({ repository }) => unpublished.has(repository),
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
    .filter((image) => heldBroken(image, 'refresh', now) === undefined)
    .flatMap((image) => image.diagnostics);
  const failed = report(io, [...diagnostics, ...faults]);
  if (!written) {
    return exit.wrong;
  }
  return failed || hasUnreleased ? exit.failed : exit.done;
}

/** What registries say, by repositories. */
interface AskedRegistries {
  /** Why images whose `latest` is held are left out. */
  readonly held: ReadonlyMap<Repository, string>;
  /** Whose version is not published: it needs no other. */
  readonly unpublished: ReadonlySet<Repository>;
}

/**
 * Asks the registries about the images. One that cannot be asked costs a warning: no build moves a `latest`
 * that is held, whatever version it publishes.
 */
async function askedOf(
  images: readonly ImageDefinition[],
  { credentials }: RefreshInput,
  io: Io,
  signal: AbortSignal,
): Promise<AskedRegistries> {
  const trees = [...new Set(images.map(({ tree }) => tree))];
  const waits = signsOfLife(io);
  const sources = { environment: io.env, home: io.home, use: credentials, waits, signal };
  const opened = await openRegistries(trees, 'never', sources, {
    waits,
    allowance: new Allowance(shortAllowanceMs),
  });
  if (!signal.aborted) {
    report(
      io,
      opened.diagnostics.map((each) => ({ ...each, severity: 'warning' })),
    );
  }
  const asked = images.flatMap(({ tree, repository, version, computed }) => {
    const access = opened.value.accesses.get(tree);
    const isKnown = computed === undefined;
    return access === undefined ? [] : [{ repository, access, ...(isKnown ? { version } : {}) }];
  });
  const { held, unpublished, unknown } = await askHeld(asked, { cache: registryCache(io), signal });
  if (unknown.count > 0 && !signal.aborted) {
    const images = unknown.count === 1 ? '1 image' : `${unknown.count} images`;
    const message = `whether latest of ${images} is held is not known: ${unknown.reason}`;
    report(io, [warning('registry', message)]);
  }
  const reasons = [...held].map(([repository, at]): [Repository, string] => [
    repository,
    `its latest is held at ${heldAt(at)}`,
  ]);
  return { held: new Map(reasons), unpublished };
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
