/** docker-pkg's names (doc/dev/docker-pkg.md, container_limits), and those of BuildKit. */
const names = {
  memory: 'memory',
  memswap: 'memory-swap',
  cpushares: 'cpu-shares',
  cpusetcpus: 'cpuset-cpus',
} as const;

/** What a limit is of, as bake's `resources` and the options of a docker-container builder name it. */
export type LimitName = (typeof names)[keyof typeof names];

/** The limits in `container_limits`, which is checked already: `memory=4000000,cpusetcpus=0-2`. */
export function limitsIn(text: string): ReadonlyMap<LimitName, string> {
  const known: ReadonlyMap<string, LimitName> = new Map(Object.entries(names));
  return new Map(
    text.split(',').flatMap((setting) => {
      const [name = '', value = ''] = setting.split('=');
      const limit = known.get(name);
      return limit === undefined ? [] : [[limit, value] as const];
    }),
  );
}
