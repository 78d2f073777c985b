import type { Command } from './spec.js';

/** Every command, once, below what it is for. */
export const commandGroups: Readonly<Record<string, readonly string[]>> = {
  Look: [
    'list',
    'status',
    'why',
    'impact',
    'references',
    'unused',
    'graph',
    'diff',
    'packages',
    'policy',
    'outdated',
    'running',
    'report',
    'check',
    'render',
  ],
  Build: ['plan', 'build', 'matrix', 'rootfs'],
  'Change definitions': ['new', 'update', 'upgrade', 'refresh'],
  'Keep a registry and a machine in order': ['promote', 'rollback', 'hold', 'prune', 'doctor'],
  Begin: ['init', 'import', 'completion', 'version'],
};

/** What `generate-bake --help` prints. */
export async function programHelp(commands: ReadonlyMap<string, Command>): Promise<string> {
  const specs = await Promise.all([...commands.values()].map((command) => command.spec()));
  const width = Math.max(...specs.map(({ name }) => name.length));
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  const list = Object.entries(commandGroups).map(([heading, names]) => {
    const lines = names.map(
      (name) => `  ${name.padEnd(width)}   ${known.get(name)?.summary ?? ''}`,
    );
    return `${heading}:\n${lines.join('\n')}\n`;
  });
  return `Usage: generate-bake [command] [options] [DIR...]

Compiles a tree of container-image definitions into one plan for docker buildx bake, in which
parents and children are linked.

Without a command it is plan.

${list.join('\n')}
generate-bake COMMAND --help says what a command takes, with examples.

Examples:
  generate-bake init sample                           # a small repository to start from
  generate-bake -c config.yaml images > bake.json     # as docker-pkg is called: the plan of a tree
  docker buildx bake -f bake.json                     # build it

Exit status: 0 done; 1 images failed; 2 the definitions or options are wrong; 3 the engine or a
registry cannot be used; 4 nothing to build (plan --exit-code); 70 a fault of generate-bake;
130 interrupted.
`;
}
