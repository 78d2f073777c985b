import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Found } from '../settings/tableReader.js';
import {
  type Artifact,
  type Blubberfile,
  type Builder,
  localContext,
  type Mount,
  type Part,
  type Variant,
} from './blubberfile.js';
import { expand, type Merged, order } from './merge.js';

/** What one variant of a file is made of, with all that it includes and copies from. */
export interface MadeVariant {
  /** The image that it starts from; absent: nothing. */
  readonly base?: Found<string>;
  /** Images that it and the variants that it copies from name: its base, then the others in the order of the file. */
  readonly images: readonly VariantUse[];
  /** What of the build context is copied or mounted. */
  readonly sources: readonly LocalSource[];
  /** What installs software beside the packages of apt, each once. */
  readonly installs: readonly { readonly tool: string; readonly place: Found<string>['place'] }[];
  /** Names of its build arguments. */
  readonly arguments: ReadonlySet<string>;
  /** The variants that are made: those that are copied from, then it itself. */
  readonly stages: readonly string[];
  /** Whether something is copied into it, or run in it: a variant of nothing else has no layer. */
  readonly makesLayers: boolean;
}

interface VariantUse {
  readonly kind: 'from' | 'copy' | 'mount';
  readonly image: Found<string>;
  /** The number of the variant (`stages`) that names it. */
  readonly stage: number;
}

interface LocalSource {
  readonly kind: 'copy' | 'mount';
  /** Absent: all of it. */
  readonly path?: Found<string>;
}

/**
 * Makes one variant as Blubber does: the top of the file, then what it includes, then what it says itself; and in
 * the same way the variants that it copies from. Errors: `blubber-variant`, for a variant that is not there, circles,
 * and what only goes wrong once all is merged. Undefined where there is one.
 */
export function makeVariant(
  file: Blubberfile,
  name: string,
  place: Found<string>['place'],
): Outcome<MadeVariant | undefined> {
  const diagnostics: Diagnostic[] = [];
  const { variants } = file;
  if (!variants.has(name)) {
    const all = [...variants.keys()];
    const hint =
      all.length === 0
        ? 'the file has no variants'
        : (didYouMean(name, all) ?? `the variants are: ${all.join(', ')}`);
    const message = `there is no variant ${JSON.stringify(name)}`;
    return { value: undefined, diagnostics: [error('blubber-variant', message, { place, hint })] };
  }
  const own = expand(file, name, diagnostics);
  // Blubber looks for what is copied before the others are expanded: what they copy by an include is no variant to it.
  const ownOf = (each: string) => (each === name ? own : variants.get(each));
  const copied = order(
    name,
    (each) => {
      const from = ownOf(each);
      return from === undefined ? [] : sourcesOf(from).filter(({ value }) => variants.has(value));
    },
    'copy from',
    diagnostics,
  );
  const stages = [...copied, name];
  const made = new Map(
    stages.map((each) => [each, each === name ? own : expand(file, each, diagnostics)]),
  );
  for (const [each, part] of made) {
    complainOfMerged(each, part, diagnostics);
    complainOfNames(each, part, { stages, variants }, diagnostics);
  }
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    return { value: undefined, diagnostics };
  }
  const parts = [...made.values()];
  const images = parts.flatMap((part, stage) => usesOf(part, stage, stages));
  const last = stages.length - 1;
  const isBase = ({ kind, stage }: VariantUse) => kind === 'from' && stage === last;
  return {
    value: {
      ...(own.base === undefined ? {} : { base: own.base }),
      images: [
        ...images.filter(isBase),
        ...images.filter((use) => !isBase(use)).sort((a, b) => offsetOf(a) - offsetOf(b)),
      ],
      sources: parts.flatMap(localSources),
      installs: installsOf(parts),
      arguments: new Set(parts.flatMap((part) => part.arguments)),
      stages,
      makesLayers: own.base !== undefined || own.copies.length > 0,
    },
    diagnostics,
  };
}

function offsetOf({ image: { place } }: VariantUse): number {
  return (place.line ?? 0) * 10_000 + (place.column ?? 0);
}

function complainOfMerged(name: string, part: Merged, diagnostics: Diagnostic[]): void {
  const singles = [...part.single.values()];
  const other = singles.find(({ isSet }) => isSet);
  const [first] = part.builders;
  if (first !== undefined && other !== undefined) {
    const key = other.kind === 'custom' ? 'builder' : other.kind;
    const message = `the variant ${name} has both builders and ${key}, once all that it includes is merged`;
    diagnostics.push(
      error('blubber-variant', message, {
        place: other.place,
        hint: `move ${key} into the list of builders`,
        related: [{ message: 'builders are here', place: first.place }],
      }),
    );
  }
  for (const { command, script } of singles) {
    if (command !== undefined && script !== undefined && command.place.line !== script.place.line) {
      const message = `the builder of the variant ${name} has both a command and a script, once all that it includes is merged`;
      const related = [{ message: 'the command is here', place: command.place }];
      const rest = { place: script.place, hint: 'remove one of them', related };
      diagnostics.push(error('blubber-variant', message, rest));
    }
  }
}

/** A name that is a variant's or nearly one, and that Blubber takes for an image's. */
function complainOfNames(
  name: string,
  part: Merged,
  {
    stages,
    variants,
  }: { readonly stages: readonly string[]; readonly variants: ReadonlyMap<string, Variant> },
  diagnostics: Diagnostic[],
): void {
  const told = new Set<string>();
  for (const { value, place } of sourcesOf(part)) {
    if (stages.includes(value) || told.has(value)) {
      continue;
    }
    told.add(value);
    if (variants.has(value)) {
      const message = `${name} takes files from the variant ${value} by what it includes: Blubber looks for an image of that name`;
      const hint = `name ${value} in ${name} itself`;
      diagnostics.push(error('blubber-variant', message, { place, hint }));
      continue;
    }
    const near = /[/:@]/.test(value) ? undefined : didYouMean(value, variants.keys());
    if (near !== undefined) {
      const message = `${JSON.stringify(value)} is not a variant, so it is pulled as an image`;
      diagnostics.push(warning('blubber-variant', message, { place, hint: near }));
    }
  }
}

/** What takes files from elsewhere, in the order of Blubber's instructions. */
function sourcesOf(part: Part & Partial<Pick<Variant, 'copies'>>): readonly Found<string>[] {
  return [...artifactsOf(part), ...mountsOf(part)]
    .map(({ from }) => from)
    .filter(({ value }) => value !== localContext);
}

function buildersOf({ builders, single }: Part): readonly Builder[] {
  return [...builders, ...single.values()];
}

function artifactsOf(part: Part & Partial<Pick<Variant, 'copies'>>): readonly Artifact[] {
  return [...(part.copies ?? []), ...buildersOf(part).flatMap((one) => one.requirements ?? [])];
}

function mountsOf(part: Part): readonly Mount[] {
  return buildersOf(part).flatMap(({ mounts = [] }) => mounts);
}

/** On nothing, no builder runs, and what it requires is not copied. */
function artifactsUsed(part: Merged): readonly Artifact[] {
  return part.base === undefined ? part.copies : artifactsOf(part);
}

function mountsUsed(part: Merged): readonly Mount[] {
  return part.base === undefined ? [] : mountsOf(part);
}

function usesOf(part: Merged, stage: number, stages: readonly string[]): readonly VariantUse[] {
  const isImage = ({ value }: Found<string>) => value !== localContext && !stages.includes(value);
  return [
    ...(part.base === undefined ? [] : [{ kind: 'from', image: part.base, stage } as const]),
    ...artifactsUsed(part)
      .filter(({ from }) => isImage(from))
      .map(({ from }) => ({ kind: 'copy', image: from, stage }) as const),
    ...mountsUsed(part)
      .filter(({ from }) => isImage(from))
      .map(({ from }) => ({ kind: 'mount', image: from, stage }) as const),
  ];
}

/** What a kind of builder runs. */
const tools = { node: 'npm', php: 'composer', python: 'pip' } as const;

function installsOf(parts: readonly Merged[]): MadeVariant['installs'] {
  const found = new Map<string, MadeVariant['installs'][number]>();
  for (const { base, ...part } of parts) {
    for (const { kind, place, requirements = [] } of base === undefined ? [] : buildersOf(part)) {
      if (kind !== 'custom' && requirements.length > 0 && !found.has(kind)) {
        found.set(kind, { tool: tools[kind], place });
      }
    }
  }
  return [...found.values()];
}

function localSources(part: Merged): readonly LocalSource[] {
  const copies = artifactsUsed(part)
    .filter(({ from }) => from.value === localContext)
    .map(
      ({ source }): LocalSource => ({
        kind: 'copy',
        ...(source === undefined ? {} : { path: source }),
      }),
    );
  const mounts = mountsUsed(part)
    .filter(({ from }) => from.value === localContext)
    .map(
      ({ from, source }): LocalSource => ({
        kind: 'mount',
        // What a variable is, only the build knows.
        ...(source === undefined || source.includes('$')
          ? {}
          : { path: { value: source, place: from.place } }),
      }),
    );
  return [...copies, ...mounts];
}
