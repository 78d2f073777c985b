/** What the real `docker buildx bake --print` makes of a plan. */
import { must } from '../process.js';
import { scratchTree } from '../scratch.js';
import type { Engine } from './engine.js';

export interface PrintedTarget {
  readonly 'dockerfile-inline'?: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
}

/** `docker buildx bake` in a directory; it must succeed. Gives its stdout. */
export function bake(engine: Engine, cwd: string, ...args: readonly string[]): Promise<string> {
  return must('docker', ['buildx', 'bake', ...args], {
    cwd,
    env: { ...engine.env, BUILDX_GIT_INFO: '0', BUILDX_METADATA_PROVENANCE: 'disabled' },
  });
}

/**
 * The targets that a plan's groups or targets stand for, their texts as bake uses them: newer
 * versions print them as templates again (keys as they are), 0.13 as plain text.
 */
export async function printedTargets(
  engine: Engine,
  cwd: string,
  file: string,
  ...names: readonly string[]
): Promise<Readonly<Record<string, PrintedTarget>>> {
  const escapes = await printsTemplates(engine);
  const printed = await bake(engine, cwd, '-f', file, '--print', ...names);
  const { target } = JSON.parse(printed) as { target: Record<string, PrintedTarget> };
  if (!escapes) {
    return target;
  }
  const undo = (text: string) => text.replaceAll('$${', '${').replaceAll('%%{', '%{');
  const undoAll = (map: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, undo(value)]));
  return Object.fromEntries(
    Object.entries(target).map(([name, { 'dockerfile-inline': inline, ...each }]) => [
      name,
      {
        ...each,
        ...(inline === undefined ? {} : { 'dockerfile-inline': undo(inline) }),
        args: undoAll(each.args),
        labels: undoAll(each.labels),
      },
    ]),
  );
}

const known = new Map<string, Promise<boolean>>();

function printsTemplates(engine: Engine): Promise<boolean> {
  const { buildxVersion } = engine;
  const found = known.get(buildxVersion) ?? probe(engine);
  known.set(buildxVersion, found);
  return found;
}

async function probe(engine: Engine): Promise<boolean> {
  const tree = scratchTree({ 'probe.hcl': 'target "probe" { labels = { a = "$${b}" } }' });
  return (await bake(engine, tree.path, '-f', 'probe.hcl', '--print', 'probe')).includes('$${b}');
}
