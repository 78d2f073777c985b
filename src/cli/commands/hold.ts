import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compile } from '#compiler/compile.js';
import { unifiedDiff } from '#compiler/render/diff.js';
import { type Holdable, holdText, isCovered, phaseOf } from '#compiler/select/heldBy.js';
import { matchImages } from '#compiler/select/matchImages.js';
import { type Hold, holdStops, holdTime } from '#compiler/workspace/holdKeys.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { error, fileLine } from '#core/diagnostics/diagnostic.js';
import { readText } from '#core/files/readBytes.js';
import { writeFile } from '#core/files/writeFile.js';
import { withHold, withoutHold } from '#upkeep/hold/editHolds.js';
import { lookAround } from '#upkeep/init/lookAround.js';
import { workspaceText } from '#upkeep/init/workspaceText.js';
import { openTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { type Column, table } from '../terminal/table.js';
import type { HoldInput } from './hold.command.js';

type Adding = Extract<HoldInput, { kind: 'add' }>;
type Lifting = Extract<HoldInput, { kind: 'lift' }>;

export async function run(input: HoldInput, io: Io): Promise<ExitCode> {
  const workspace = openTrees(input.trees, io);
  if (workspace === undefined) {
    return exit.wrong;
  }
  switch (input.kind) {
    case 'list':
      return list(workspace, input.json, io);
    case 'add':
      return add(workspace, input, io);
    case 'lift':
      return lift(workspace, input, io);
  }
}

function add(workspace: Workspace, input: Adding, io: Io): ExitCode {
  const { image, dryRun, until } = input;
  const end = until === undefined ? undefined : holdTime(until, 'end');
  if (end !== undefined && end.time <= io.now().getTime()) {
    const hint = 'name a later day, or leave --until out';
    report(io, [error('hold-refused', `the hold is over already: --until ${until}`, { hint })]);
    return exit.wrong;
  }
  const { diagnostics } = matchImages(imagesOf(workspace), [image], 'IMAGE');
  if (report(io, diagnostics)) {
    return exit.wrong;
  }
  const same = workspace.holds?.find(
    (hold) => isOf(hold, image) && phaseOf(hold, io.now()) !== 'over',
  );
  if (same !== undefined) {
    const hint = `to write another: generate-bake hold --lift ${JSON.stringify(image)}`;
    const message = `${image} has a hold already: ${same.reason}`;
    report(io, [error('hold-refused', message, { place: same.place, hint })]);
    return exit.wrong;
  }
  const file = fileOf(workspace, io);
  if (file === undefined) {
    return exit.wrong;
  }
  const text = withHold(file.text, input);
  return write(io, file, text, dryRun, `${image} is held: ${input.reason}`);
}

function lift(workspace: Workspace, { image, dryRun }: Lifting, io: Io): ExitCode {
  const { holds = [], file: shown } = workspace;
  const own = holds.filter((hold) => isOf(hold, image));
  const [first, ...more] = own;
  if (first === undefined || shown === undefined) {
    const others = holds.filter(({ images }) => images.some(({ value }) => value === image));
    const [other] = others;
    const message =
      other === undefined
        ? `no hold is on ${JSON.stringify(image)} alone`
        : `the hold on ${image} is on other images as well`;
    const hint =
      other === undefined ? 'generate-bake hold --list shows all' : 'take it out of images there';
    report(io, [
      error('hold-refused', message, {
        hint,
        ...(other === undefined ? {} : { place: other.place }),
      }),
    ]);
    return exit.wrong;
  }
  const file = fileOf(workspace, io);
  if (file === undefined) {
    return exit.wrong;
  }
  // The last one first: places of those before it stay true.
  const text = [first, ...more]
    .reverse()
    .reduce<string | undefined>(
      (before, hold) => (before === undefined ? undefined : withoutHold(before, hold)),
      file.text,
    );
  return write(io, file, text, dryRun, `${image} is not held any more`);
}

interface WorkspaceText {
  readonly path: string;
  readonly shown: string;
  readonly text: string;
}

/** The workspace file as it is; the one that `init` would write where plain Dockerfiles have none. */
function fileOf(workspace: Workspace, io: Io): WorkspaceText | undefined {
  const { file: shown, trees } = workspace;
  if (shown !== undefined) {
    const path = resolve(io.cwd, shown);
    if (!path.endsWith('.toml')) {
      const hint = 'add to its list hold: images, reason, and what else it needs';
      const message = 'only a workspace file in TOML is edited';
      report(io, [error('hold-refused', message, { place: { file: shown }, hint })]);
      return undefined;
    }
    return { path, shown, text: readText(path) };
  }
  const [tree] = trees;
  if (tree?.dockerfiles === undefined || existsSync(join(tree.directory, 'config.yaml'))) {
    const message = 'there is no workspace file, which holds are in';
    const hint =
      'write generate-bake.toml with [[tree]], directory = "images" and config = "config.yaml"';
    report(io, [error('hold-refused', message, { hint })]);
    return undefined;
  }
  const { cwd, env, home, uid } = io;
  const input = { cwd, env, home, directories: [], ...(uid === undefined ? {} : { uid }) };
  return {
    path: join(tree.directory, 'generate-bake.toml'),
    shown: join(tree.shownDirectory, 'generate-bake.toml'),
    text: workspaceText(lookAround(input, tree.directory)),
  };
}

function write(
  io: Io,
  { path, shown, text: before }: WorkspaceText,
  after: string | undefined,
  dryRun: boolean,
  done: string,
): ExitCode {
  if (after === undefined) {
    const hint = 'edit it yourself: see generate-bake hold --help';
    const message = 'the hold cannot be edited without changing something else';
    report(io, [error('hold-refused', message, { place: { file: shown }, hint })]);
    return exit.wrong;
  }
  if (dryRun) {
    io.write(unifiedDiff(shown, existsSync(path) ? before : '', after));
    io.say('nothing was changed (--dry-run)');
    return exit.done;
  }
  const problem = writeFile(path, shown, after);
  if (problem !== undefined) {
    report(io, [problem]);
    return exit.wrong;
  }
  io.say(`${done} (${shown})`);
  return exit.done;
}

function list(workspace: Workspace, isJson: boolean, io: Io): ExitCode {
  const { holds = [] } = workspace;
  const images = imagesOf(workspace);
  const now = io.now();
  const rows = holds.map((hold) => ({
    hold,
    phase: phaseOf(hold, now),
    count: images.filter((image) => isCovered(hold, image)).length,
  }));
  if (isJson) {
    const documents = rows.map(({ hold, phase, count }) => documentOf(hold, phase, count));
    io.write(`${JSON.stringify({ schema: 1, holds: documents }, null, 2)}\n`);
    return exit.done;
  }
  if (rows.length === 0) {
    io.say('there are no holds');
    return exit.done;
  }
  io.write(
    table(
      columns,
      rows.map(({ hold, phase, count }) => [
        hold.images.map(({ value }) => value).join(' '),
        hold.stops.length === holdStops.length ? 'all' : hold.stops.join(','),
        phase,
        `${count}`,
        `${holdText(hold)}${hold.unless === undefined ? '' : `; unless ${hold.unless}`}`,
      ]),
      io.outWidth(),
    ),
  );
  return exit.done;
}

const columns: readonly Column[] = [
  { head: 'IMAGES', wraps: true },
  { head: 'STOPS', least: 8, leaves: 2 },
  { head: 'STATE' },
  { head: 'MATCHES', leaves: 1 },
  { head: 'WHY', least: 16 },
];

function documentOf(hold: Hold, phase: ReturnType<typeof phaseOf>, count: number) {
  const { images, stops, from, until, reason, unless, place } = hold;
  return {
    images: images.map(({ value }) => value),
    stops,
    ...(from === undefined ? {} : { from: from.text }),
    ...(until === undefined ? {} : { until: until.text }),
    reason,
    ...(unless === undefined ? {} : { unless }),
    state: phase,
    matches: count,
    place: fileLine(place),
  };
}

/** Whether a hold is on this name or glob alone. */
function isOf({ images }: Hold, image: string): boolean {
  return images.length === 1 && images[0]?.value === image;
}

function imagesOf(workspace: Workspace): readonly Holdable[] {
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const whole = { ...workspace, within: [] };
  const { graph } = compile({
    workspace: whole,
    selection,
    read: { variables: workspace.variables },
  }).value;
  return [
    ...graph.images.map(({ rendered: { definition } }) => definition),
    ...graph.broken.map(({ image }) => image),
  ];
}
