/** `os/architecture[/variant]` in containerd's normal form: `linux/x86_64` is `linux/amd64`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

const aliases: ReadonlyMap<string, readonly [architecture: string, variant: string]> = new Map([
  ['x86_64', ['amd64', '']],
  ['x86-64', ['amd64', '']],
  ['i386', ['386', '']],
  ['aarch64', ['arm64', '']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

/** Undefined where `text` is not of the form `os/architecture[/variant]`. */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.toLowerCase().split('/');
  const [os, written, third = '', ...more] = parts;
  if (os === undefined || written === undefined || more.length > 0) {
    return undefined;
  }
  if (!parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) {
    return undefined;
  }
  const [architecture, implied] = aliases.get(written) ?? [written, ''];
  const variant = third === '' ? implied : third;
  if (architecture === 'arm') {
    const version = variant === '' ? 'v7' : variant.startsWith('v') ? variant : `v${variant}`;
    return { os, architecture, variant: version };
  }
  const isDefault =
    (architecture === 'arm64' && (variant === 'v8' || variant === '8')) ||
    (architecture === 'amd64' && variant === 'v1');
  return { os, architecture, variant: isDefault ? '' : variant };
}

/** The normal form as a text; what is not a platform, as it is. */
export function normalPlatform(text: string): string {
  const platform = parsePlatform(text);
  const parts = platform && [platform.os, platform.architecture, platform.variant];
  return parts?.filter((part) => part !== '').join('/') ?? text;
}

/** The lowest variants, by number: of amd64 and arm64 the normal form leaves them out. */
const lowest: ReadonlyMap<string, number> = new Map([
  ['amd64', 1],
  ['arm', 5],
  ['arm64', 8],
]);

/**
 * The platforms of which an image may be taken for this one, best first, in the normal form: itself, then lower variants of its
 * architecture, as BuildKit has it.
 */
export function servingPlatforms(text: string): readonly string[] {
  const platform = parsePlatform(text);
  const least = platform && lowest.get(platform.architecture);
  if (platform === undefined || least === undefined) {
    return [normalPlatform(text)];
  }
  const { os, architecture, variant } = platform;
  const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? least);
  return Array.from({ length: Math.max(1, level - least + 1) }, (_, at) =>
    normalPlatform(`${os}/${architecture}/v${level - at}`),
  );
}

/** Architectures that machines of another one run as well, without emulation. */
const lesser: ReadonlyMap<string, string> = new Map([
  ['386', 'amd64'],
  ['arm', 'arm64'],
]);

/** The machine of which a builder lists these platforms, its own first; undefined: it lists none. */
export function machineIn(listed: readonly string[]): string | undefined {
  const [first] = listed;
  if (first === undefined) {
    return undefined;
  }
  const { os, architecture } = parsePlatform(first) ?? {};
  const larger = listed.find((one) => {
    const platform = parsePlatform(one);
    return platform?.os === os && platform?.architecture === lesser.get(architecture ?? '');
  });
  const platform = parsePlatform(larger ?? first);
  return platform === undefined ? first : `${platform.os}/${platform.architecture}`;
}

/** Whether what a machine lists is not emulated there: its own architecture, or the smaller one of the same family. */
export function runsNatively(machine: string, listed: string): boolean {
  const [own, platform] = [parsePlatform(machine), parsePlatform(listed)];
  return (
    own !== undefined &&
    platform !== undefined &&
    own.os === platform.os &&
    (own.architecture === platform.architecture ||
      own.architecture === lesser.get(platform.architecture))
  );
}

/** Node's names that are not the ones of images. */
const machines: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['arm', 'arm/v7'],
  ['ppc64', 'ppc64le'],
]);

/** What an engine of this machine builds for, from what node calls its architecture. */
export function platformOfMachine(architecture: string): string {
  return `linux/${machines.get(architecture) ?? architecture}`;
}

/**
 * Arguments that the frontend sets itself. Of an unknown platform only the system is known: engines
 * build for Linux unless they are told otherwise.
 */
export function predefinedArgs(
  platform: Platform | undefined,
  stage: string,
): ReadonlyMap<string, string | undefined> {
  const name =
    platform &&
    [platform.os, platform.architecture, platform.variant].filter((part) => part !== '').join('/');
  return new Map<string, string | undefined>([
    // The machine that builds is known to the builder alone.
    ['BUILDPLATFORM', undefined],
    ['BUILDOS', undefined],
    ['BUILDOSVERSION', undefined],
    ['BUILDARCH', undefined],
    ['BUILDVARIANT', undefined],
    ['TARGETPLATFORM', name],
    ['TARGETOS', platform?.os ?? 'linux'],
    ['TARGETOSVERSION', ''],
    ['TARGETARCH', platform?.architecture],
    ['TARGETVARIANT', platform?.variant],
    ['TARGETSTAGE', stage === '' ? 'default' : stage],
  ]);
}
