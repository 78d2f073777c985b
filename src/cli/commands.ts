import { type Command, command } from './spec.js';

/** Every command, in the order of the program's help. One line each: what it takes, what it does. */
export const commands: ReadonlyMap<string, Command> = new Map([
  [
    'init',
    command(
      () => import('./commands/init.command.js'),
      () => import('./commands/init.js'),
    ),
  ],
]);
