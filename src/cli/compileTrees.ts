import { arch } from 'node:os';
import { type Compiled, compile } from '#compiler/compile.js';
import { explainMissing } from '#compiler/select/meantImages.js';
import { unusedHolds } from '#compiler/select/unusedHolds.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { OpenInput, Workspace } from '#compiler/workspace/workspace.js';
import { type Diagnostic, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { ListDirectory } from '#core/files/directories.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import { type Dating, isPatterned, type SelectionInput, type TreesInput } from './line/options.js';
import { type ChangesSince, Since, sinceLines } from './since.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

export interface CompileOptions {
  readonly trees: TreesInput;
  readonly selection?: SelectionInput;
  readonly dating?: Dating;
  /** Whether the words behind the command mean images; absent: directories. */
  readonly words?: 'images';
  /** Whether all images are meant, wherever one is. */
  readonly all?: boolean;
  /** Given by what makes missing root filesystems before it builds: of which day they are. */
  readonly today?: Date;
  /** `shown`: a selection may name a broken image. Absent: that is an error. */
  readonly named?: 'shown';
  /** `shown` for what names its images itself: a cycle concerns only those on it. */
  readonly cycles?: 'shown';
  /** Whatever could be compiled counts, without a word: it is another revision, and nobody's task. */
  readonly lenient?: true;
  /** Whether nothing is said that is no problem. */
  readonly quiet?: boolean;
  /** How directories are listed; absent: afresh. */
  readonly list?: ListDirectory;
}

/** The trees of a command line, compiled; `diagnostics` are warnings that are not reported yet. */
export interface CompiledTrees extends Compiled {
  readonly workspace: Workspace;
  readonly diagnostics: readonly Diagnostic[];
  /** With `--since`: what differs. */
  readonly since?: ChangesSince;
}

const everything: SelectionInput = {
  select: [],
  exclude: [],
  withParents: false,
  withChildren: false,
};

/**
 * Opens the workspace and compiles it. Undefined, with everything told on stderr, where something
 * is wrong with the whole; otherwise the warnings, and what is broken, are left to the caller.
 */
export function compileTrees(options: CompileOptions, io: Io): CompiledTrees | undefined {
  const takesNames = options.words === 'images';
  // A pattern is compared with all images, wherever one is.
  const isPattern = isPatterned(options.selection ?? everything);
  const isHere = takesNames && !isPattern && options.all !== true;
  const workspace = openTrees({ ...options.trees, takesNames, isHere }, io);
  if (workspace === undefined) {
    return undefined;
  }
  const since = sinceOf(options, workspace, io);
  if (since === 'refused') {
    return undefined;
  }
  const dating = options.dating ?? 'none';
  const compiled = compile({
    workspace,
    selection: {
      ...(options.selection ?? everything),
      ...(since === undefined ? {} : { changed: since.changed }),
    },
    read: {
      variables: workspace.variables,
      ...(options.today === undefined ? {} : { today: options.today }),
      ...(options.list === undefined ? {} : { list: options.list }),
      ...(options.trees.describe === undefined ? {} : { describe: options.trees.describe }),
      ...(options.trees.histories === undefined ? {} : { histories: options.trees.histories }),
    },
    machine: platformOfMachine(arch()),
    ...(dating === 'none' ? {} : { dated: { kind: dating, now: io.now() } }),
  });
  if (since?.problem !== undefined) {
    report(io, [since.problem]);
    return undefined;
  }
  const { graph, broken, excluded } = compiled.value;
  for (const { shown, pattern } of excluded) {
    io.info(`${shown} is not searched for images: exclude has "${pattern.text}"`);
  }
  const cycles = new Set(broken.selected.flatMap(({ cycle }) => cycle ?? []));
  const diagnostics =
    options.cycles === 'shown'
      ? compiled.diagnostics.filter((one) => !cycles.has(one))
      : compiled.diagnostics;
  if (hasErrors(diagnostics) && options.lenient !== true) {
    report(io, [...diagnostics, ...tellBroken(graph, broken.selected)]);
    return undefined;
  }
  if (broken.named.length > 0 && options.named !== 'shown') {
    report(io, tellBroken(graph, broken.named));
    return undefined;
  }
  const images = [
    ...graph.images.map(({ rendered: { definition } }) => definition),
    ...graph.broken.map(({ image }) => image),
  ];
  const unused = unusedHolds(workspace.holds ?? [], images, io.now());
  const told = since === undefined ? {} : { since: since.found };
  if (told.since !== undefined && options.quiet !== true) {
    for (const line of sinceLines(told.since)) {
      io.say(line);
    }
  }
  return { ...compiled.value, ...told, workspace, diagnostics: [...diagnostics, ...unused] };
}

function sinceOf(
  options: CompileOptions,
  workspace: Workspace,
  io: Io,
): Since | 'refused' | undefined {
  const { since } = options.selection ?? everything;
  if (since === undefined) {
    return undefined;
  }
  const revision = since.kind === 'revision' ? since.name : undefined;
  const before = { words: 'images', all: true, named: 'shown', cycles: 'shown' } as const;
  const compile = (trees: TreesInput, there: Io): CompiledTrees | undefined =>
    compileTrees({ ...before, lenient: true, trees }, there);
  return Since.open(revision, { workspace, options, compile }, io) ?? 'refused';
}

/** The workspace alone, its notes told; undefined, with the reasons reported, where it cannot be opened. */
export function openTrees(
  trees: TreesInput & Pick<OpenInput, 'takesNames' | 'isHere'>,
  io: Io,
): Workspace | undefined {
  const { cwd, env, home, uid } = io;
  const opened = openWorkspace({ cwd, env, home, ...(uid === undefined ? {} : { uid }), ...trees });
  if (opened.value.found !== undefined) {
    io.info(opened.value.found);
  }
  for (const note of opened.value.notes) {
    io.say(note);
  }
  return report(io, explainMissing(opened)) ? undefined : opened.value;
}
