import { isRecord } from '#core/data/record.js';
/** A target as `bake --print` gives it, as far as it says what an image is. */
export interface BakeTarget {
  readonly name: string;
  readonly context: string;
  readonly dockerfile: string;
  /** Present where the Dockerfile is in the bake file. */
  readonly inline?: string;
  /** The stage to stop at. */
  readonly stage?: string;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  readonly args: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly contexts: ReadonlyMap<string, string>;
  /** What has no key here, one text each: `secret = id=npm,src=.npmrc`. */
  readonly others: readonly string[];
}

/** Read on their own, or without a meaning for an image. */
const known = new Set([
  ...['context', 'dockerfile', 'dockerfile-inline', 'target', 'tags', 'platforms', 'args'],
  ...['labels', 'contexts', 'output', 'description', 'pull', 'call', 'inherits'],
]);

/** Reads what `bake --print` gives; undefined where it is not a bake file. */
export function readBakeTargets(text: string): readonly BakeTarget[] | undefined {
  const file: unknown = JSON.parse(text);
  const targets = isRecord(file) ? file.target : undefined;
  if (!isRecord(targets)) {
    return undefined;
  }
  return Object.entries(targets).flatMap(([name, target]) =>
    isRecord(target) ? [readTarget(name, target)] : [],
  );
}

function readTarget(name: string, target: Fields): BakeTarget {
  const inline = textOf(target['dockerfile-inline']);
  const stage = textOf(target.target);
  return {
    name,
    context: textOf(target.context) ?? '.',
    dockerfile: textOf(target.dockerfile) ?? 'Dockerfile',
    ...(inline === undefined ? {} : { inline: unescaped(inline) }),
    ...(stage === undefined ? {} : { stage }),
    tags: listOf(target.tags).map(written),
    // `local` is what the builder has: the same as none.
    platforms: listOf(target.platforms)
      .map(written)
      .filter((platform) => platform !== 'local'),
    args: mapOf(target.args),
    labels: mapOf(target.labels),
    contexts: mapOf(target.contexts),
    others: Object.entries(target)
      .filter(([key]) => !known.has(key))
      .flatMap(([key, value]) =>
        (Array.isArray(value) ? value : [value]).map(
          (each) => `${key} = ${key === 'annotations' ? unescaped(written(each)) : written(each)}`,
        ),
      ),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapOf(value: unknown): ReadonlyMap<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  // An argument that is null takes its value from the environment of each build.
  return new Map(
    entries.flatMap(([key, each]) =>
      each === null || each === undefined ? [] : [[unescaped(key), unescaped(written(each))]],
    ),
  );
}

/** Newer versions of buildx print secrets and caches as objects, older ones as text. */
function written(value: unknown): string {
  if (!isRecord(value)) {
    return String(value);
  }
  return Object.entries(value)
    .map(([key, each]) => `${key}=${String(each)}`)
    .join(',');
}

/** bake prints what it would read again: `$${` for `${`. */
function unescaped(text: string): string {
  return text.replaceAll('$${', '${').replaceAll('%%{', '%{');
}
