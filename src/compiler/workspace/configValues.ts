/** A value of the right type that docker-pkg would carry into a broken reference or a failed build. */
export interface Objection {
  readonly message: string;
  readonly hint: string;
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?';
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const hostPattern = new RegExp(`^${host}$`);
const registryPattern = new RegExp(`^${host}(?:/${component})*$`);

/** `host[:port]`, a path behind it allowed since docker-pkg only ever joins it with `/`. */
export function checkRegistry(value: string): Objection | undefined {
  if (value === '' || registryPattern.test(value)) {
    return undefined;
  }
  const bare = value.replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, '');
  return {
    message: 'registry must be `host[:port]`, without a scheme or a trailing slash',
    hint:
      registryPattern.test(bare) && !bare.includes('@')
        ? `write registry: ${bare}`
        : 'for example registry: registry.example.org',
  };
}

export function checkNamespace(value: string): Objection | undefined {
  if (value === '' || pathPattern.test(value)) {
    return undefined;
  }
  const bare = value.replace(/^\/+|\/+$/g, '').toLowerCase();
  return {
    message: 'namespace must be lower-case names joined by single slashes',
    hint: pathPattern.test(bare) ? `write namespace: ${bare}` : 'for example namespace: team/base',
  };
}

export function checkHost(value: string): Objection | undefined {
  if (hostPattern.test(value)) {
    return undefined;
  }
  return { message: 'a registry is written as `host[:port]`', hint: 'for example localhost:5000' };
}

export function checkDriver(value: string): Objection | undefined {
  if (value === 'docker') {
    return undefined;
  }
  return { message: 'the only driver is `docker`', hint: 'remove the key' };
}

const limits: Record<string, RegExp> = {
  memory: /^\d+$/,
  memswap: /^(?:-1|\d+)$/,
  cpushares: /^\d+$/,
  cpusetcpus: /^\d+(?:-\d+)?$/,
};

/** docker-pkg's `memory=…,memswap=…,cpushares=…,cpusetcpus=…` (bytes, bytes, a weight, CPUs). */
export function checkLimits(value: string): Objection | undefined {
  const hint = 'for example container_limits: memory=4000000000,cpusetcpus=0-2';
  for (const setting of value.split(',')) {
    const [name = '', amount, ...rest] = setting.split('=');
    if (amount === undefined || rest.length > 0) {
      return { message: 'container_limits must be `name=value` settings joined by commas', hint };
    }
    const pattern = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (pattern === undefined) {
      return {
        message: `container_limits knows memory, memswap, cpushares and cpusetcpus, not "${name}"`,
        hint,
      };
    }
    if (!pattern.test(amount)) {
      const range = name === 'cpusetcpus' ? 'a CPU or a range of CPUs' : 'a whole number';
      return { message: `${name} in container_limits must be ${range}`, hint };
    }
  }
  return undefined;
}
