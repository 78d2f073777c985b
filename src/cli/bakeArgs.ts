import { UsageError } from './spec.js';

/** Arguments of bake that `build` gives itself, with what to use in their place. */
const taken: Readonly<Record<string, string>> = {
  '-f': 'the plan is made from the definitions',
  '--file': 'the plan is made from the definitions',
  '--push': 'use --publish',
  '--load': 'images are loaded as they must be to be tested',
  '--print': 'use --dry-run',
  '--progress': 'use --info or --debug',
  '--metadata-file': 'use --report FILE',
  '--builder': 'use --builder NAME before the --',
  '--no-cache': 'use --no-cache before the --',
};

/** Throws UsageError for what would go past the tests, the report or the plan. */
export function checkBakeArgs(args: readonly string[]): void {
  args.forEach((argument, index) => {
    const name = /^(-f|--[a-z-]+)/.exec(argument)?.[1] ?? '';
    const instead = Object.hasOwn(taken, name) ? taken[name] : undefined;
    if (instead !== undefined) throw new UsageError(`${name} cannot be passed on to bake`, instead);
    const setting = argument === '--set' ? args[index + 1] : /^--set=(.*)/s.exec(argument)?.[1];
    const key = /^[^=]*\.(output|tags|contexts)\b/.exec(setting ?? '')?.[1];
    if (key !== undefined)
      throw new UsageError(
        `--set of ${key} cannot be passed on to bake`,
        'it is what the plan consists of',
      );
  });
}
