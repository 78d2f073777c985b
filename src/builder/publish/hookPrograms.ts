import type { Environment } from '#adapters/process/process.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { programAt } from '#core/files/programAt.js';

/** The errors about programs of `after_publish` that cannot be run: known before anything is built. */
export function missingHooks(trees: Iterable<Tree>, env: Environment): readonly Diagnostic[] {
  const problems = new Map<string, Diagnostic>();
  for (const { config } of trees) {
    const hook = config.afterPublish;
    if (hook === undefined || programAt(hook.program, env.PATH, hook.directory) !== undefined) {
      continue;
    }
    const { program, place } = hook;
    const isPath = program.includes('/');
    const message = isPath
      ? `after_publish: ${program} is not a program that can be run`
      : `after_publish: no program ${program} in PATH`;
    const hint = isPath
      ? 'write or correct it, and make it executable: chmod +x'
      : 'install it, or write where it is: a name without a slash is looked for in PATH';
    problems.set(`${place.file}:${place.line}`, error('after-publish', message, { place, hint }));
  }
  return [...problems.values()];
}
