import { normalPlatform } from '#formats/dockerfile/platform.js';

/**
 * How well a builder builds an image for a platform: `native` on its own machines, `able` in another way (emulated, or
 * nothing of the platform has to run).
 */
export type Fitness = 'native' | 'able' | 'unable';

/** Of an image, for each of its platforms: how well each builder of the run builds it. */
export type Fit = ReadonlyMap<string, readonly Fitness[]>;

/** What one builder builds of an image for several platforms. */
export interface Part {
  readonly builder: number;
  /** In the order of the image's. */
  readonly platforms: readonly string[];
}

/** Where an image is built: all of it on one of these builders, or each part of it on another one. */
export type Placing =
  | { readonly kind: 'whole'; readonly builders: ReadonlySet<number> }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  /** No builder that is left builds it for this platform. */
  | { readonly kind: 'nowhere'; readonly platform: string };

/** What a builder says of its platforms. */
export interface BuilderPlatforms {
  readonly platforms: readonly string[];
  readonly natives: readonly string[];
  readonly machine?: string;
}

/**
 * How an image fits several builders; undefined: each is as good as the others.
 *
 * @param image its platforms; `runs`: whether something of them is run to build it
 * @param machine what an image without platforms is made for: no builder of another machine gets it
 */
export function fitOf(
  image: { readonly platforms: readonly string[]; readonly runs: boolean },
  builders: readonly BuilderPlatforms[],
  machine: string | undefined,
): Fit | undefined {
  const fit = new Map<string, readonly Fitness[]>();
  for (const platform of image.platforms) {
    const each = builders.map((one) => fitness(normalPlatform(platform), image.runs, one));
    fit.set(platform, each);
  }
  if (image.platforms.length === 0 && machine !== undefined) {
    const each = builders.map((one) => (isLike(one, machine) ? 'native' : 'unable'));
    if (each.includes('native')) {
      fit.set(machine, each);
    }
  }
  const all = new Set([...fit.values()].flat());
  return all.size === 0 || (all.size === 1 && !all.has('unable')) ? undefined : fit;
}

function fitness(
  platform: string,
  runs: boolean,
  { platforms, natives }: BuilderPlatforms,
): Fitness {
  if (natives.map(normalPlatform).includes(platform)) {
    return 'native';
  }
  const isListed = platforms.map(normalPlatform).includes(platform);
  // One that says nothing may be able to do anything: BuildKit will tell.
  return isListed || !runs || platforms.length === 0 ? 'able' : 'unable';
}

/** Whether it makes images of this machine where nothing is said, and is there for them. */
function isLike({ machine, natives }: BuilderPlatforms, platform: string): boolean {
  const isFor = natives.map(normalPlatform).includes(normalPlatform(platform));
  return machine === undefined || (machine === platform && isFor);
}

/**
 * The builders of an image, of those that are left: one that has all of its platforms, natively where any builder does; where
 * there is none, as few as together have them. Of equals the least busy.
 */
export function placingOf(
  fit: Fit,
  isLost: (builder: number) => boolean,
  load: (builder: number) => number,
): Placing {
  const wanted = new Map<string, ReadonlySet<number>>();
  for (const [platform, each] of fit) {
    const left = (kind: Fitness) =>
      [...each.keys()].filter((builder) => each[builder] === kind && !isLost(builder));
    const natives = left('native');
    const best = natives.length > 0 ? natives : left('able');
    if (best.length === 0) {
      return { kind: 'nowhere', platform };
    }
    wanted.set(platform, new Set(best));
  }
  const [first = new Set<number>(), ...others] = wanted.values();
  const all = [...first].filter((builder) => others.every((one) => one.has(builder)));
  if (all.length > 0) {
    return { kind: 'whole', builders: new Set(all) };
  }
  const parts: Part[] = [];
  const open = new Map(wanted);
  while (open.size > 0) {
    const candidates = [...new Set([...open.values()].flatMap((builders) => [...builders]))];
    const had = (builder: number) =>
      [...open].filter(([, builders]) => builders.has(builder)).map(([platform]) => platform);
    const [best = 0] = candidates.sort(
      (a, b) => had(b).length - had(a).length || load(a) - load(b) || a - b,
    );
    const platforms = had(best);
    parts.push({ builder: best, platforms });
    for (const platform of platforms) {
      open.delete(platform);
    }
  }
  const order = [...fit.keys()];
  const place = ({ platforms: [lowest = ''] }: Part) => order.indexOf(lowest);
  return { kind: 'parts', parts: parts.sort((a, b) => place(a) - place(b)) };
}
