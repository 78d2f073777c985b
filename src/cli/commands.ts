import { type Command, command } from './line/spec.js';

/** Every command, in the order of the program's help. One line each: what it takes, what it does. */
export const commands: ReadonlyMap<string, Command> = new Map([
  [
    'plan',
    command(
      () => import('./commands/plan.command.js'),
      () => import('./commands/plan.js'),
    ),
  ],
  [
    'build',
    command(
      () => import('./commands/build.command.js'),
      () => import('./commands/build.js'),
    ),
  ],
  [
    'render',
    command(
      () => import('./commands/render.command.js'),
      () => import('./commands/render.js'),
    ),
  ],
  [
    'list',
    command(
      () => import('./commands/list.command.js'),
      () => import('./commands/list.js'),
    ),
  ],
  [
    'check',
    command(
      () => import('./commands/check.command.js'),
      () => import('./commands/check.js'),
    ),
  ],
  [
    'status',
    command(
      () => import('./commands/status.command.js'),
      () => import('./commands/status.js'),
    ),
  ],
  [
    'doctor',
    command(
      () => import('./commands/doctor.command.js'),
      () => import('./commands/doctor.js'),
    ),
  ],
  [
    'why',
    command(
      () => import('./commands/why.command.js'),
      () => import('./commands/why.js'),
    ),
  ],
  [
    'impact',
    command(
      () => import('./commands/impact.command.js'),
      () => import('./commands/impact.js'),
    ),
  ],
  [
    'matrix',
    command(
      () => import('./commands/matrix.command.js'),
      () => import('./commands/matrix.js'),
    ),
  ],
  [
    'references',
    command(
      () => import('./commands/references.command.js'),
      () => import('./commands/references.js'),
    ),
  ],
  [
    'policy',
    command(
      () => import('./commands/policy.command.js'),
      () => import('./commands/policy.js'),
    ),
  ],
  [
    'unused',
    command(
      () => import('./commands/unused.command.js'),
      () => import('./commands/unused.js'),
    ),
  ],
  [
    'graph',
    command(
      () => import('./commands/graph.command.js'),
      () => import('./commands/graph.js'),
    ),
  ],
  [
    'diff',
    command(
      () => import('./commands/diff.command.js'),
      () => import('./commands/diff.js'),
    ),
  ],
  [
    'packages',
    command(
      () => import('./commands/packages.command.js'),
      () => import('./commands/packages.js'),
    ),
  ],
  [
    'report',
    command(
      () => import('./commands/report.command.js'),
      () => import('./commands/report.js'),
    ),
  ],
  [
    'outdated',
    command(
      () => import('./commands/outdated.command.js'),
      () => import('./commands/outdated.js'),
    ),
  ],
  [
    'running',
    command(
      () => import('./commands/running.command.js'),
      () => import('./commands/running.js'),
    ),
  ],
  [
    'rootfs',
    command(
      () => import('./commands/rootfs.command.js'),
      () => import('./commands/rootfs.js'),
    ),
  ],
  [
    'update',
    command(
      () => import('./commands/update.command.js'),
      () => import('./commands/update.js'),
    ),
  ],
  [
    'refresh',
    command(
      () => import('./commands/refresh.command.js'),
      () => import('./commands/refresh.js'),
    ),
  ],
  [
    'upgrade',
    command(
      () => import('./commands/upgrade.command.js'),
      () => import('./commands/upgrade.js'),
    ),
  ],
  [
    'prune',
    command(
      () => import('./commands/prune.command.js'),
      () => import('./commands/prune.js'),
    ),
  ],
  [
    'promote',
    command(
      () => import('./commands/promote.command.js'),
      () => import('./commands/promote.js'),
    ),
  ],
  [
    'rollback',
    command(
      () => import('./commands/rollback.command.js'),
      () => import('./commands/rollback.js'),
    ),
  ],
  [
    'hold',
    command(
      () => import('./commands/hold.command.js'),
      () => import('./commands/hold.js'),
    ),
  ],
  [
    'new',
    command(
      () => import('./commands/new.command.js'),
      () => import('./commands/new.js'),
    ),
  ],
  [
    'import',
    command(
      () => import('./commands/import.command.js'),
      () => import('./commands/import.js'),
    ),
  ],
  [
    'init',
    command(
      () => import('./commands/init.command.js'),
      () => import('./commands/init.js'),
    ),
  ],
  [
    'completion',
    command(
      () => import('./commands/completion.command.js'),
      () => import('./commands/completion.js'),
    ),
  ],
  [
    'version',
    command(
      () => import('./commands/version.command.js'),
      () => import('./commands/version.js'),
    ),
  ],
]);
