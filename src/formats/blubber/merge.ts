import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Found } from '../settings/tableReader.js';
import type { Artifact, Blubberfile, Builder, Part, Variant } from './blubberfile.js';

/** A part with all that is merged into it. */
export interface Merged extends Part {
  readonly copies: readonly Artifact[];
}

/** What was merged before: several variants of a file may be images. */
const known = new WeakMap<Blubberfile, Map<string, Merged>>();

/** A variant with the top of the file and all that it includes merged into it. */
export function expand(file: Blubberfile, name: string, diagnostics: Diagnostic[]): Merged {
  const { variants, common } = file;
  const ofFile = known.get(file) ?? new Map<string, Merged>();
  known.set(file, ofFile);
  const before = ofFile.get(name);
  if (before !== undefined) {
    return before;
  }
  const problems = diagnostics.length;
  const includesOf = (each: string) => variants.get(each)?.includes ?? [];
  let merged: Merged = { ...common, copies: [] };
  for (const each of [...order(name, includesOf, 'include', diagnostics), name]) {
    const variant = variants.get(each);
    merged = variant === undefined ? merged : merge(merged, variant);
  }
  // What is wrong with it is told of each image.
  if (diagnostics.length === problems) {
    ofFile.set(name, merged);
  }
  return merged;
}

/** All that a variant needs, directly or not, what is needed first. Error `blubber-variant`: it needs itself. */
export function order(
  name: string,
  needsOf: (name: string) => readonly Found<string>[],
  words: string,
  diagnostics: Diagnostic[],
): readonly string[] {
  const found = new Set<string>();
  const way = [name];
  const visit = (each: string): void => {
    for (const { value, place } of needsOf(each)) {
      if (way.includes(value)) {
        const circle = [...way.slice(way.indexOf(value)), value].join(' -> ');
        const message = `variants ${words} each other in a circle: ${circle}`;
        const known = diagnostics.some((one) => one.message === message);
        if (!known) {
          diagnostics.push(
            error('blubber-variant', message, { place, hint: 'remove one of these links' }),
          );
        }
        continue;
      }
      if (!found.has(value)) {
        way.push(value);
        visit(value);
        way.pop();
        found.add(value);
      }
    }
  };
  visit(name);
  return [...found];
}

function merge(before: Merged, after: Part & Partial<Pick<Variant, 'copies'>>): Merged {
  const copies = after.copies ?? [];
  const again = new Set(copies.map(({ identity }) => identity));
  const base = after.base ?? before.base;
  const single = new Map(before.single);
  for (const [kind, builder] of after.single) {
    single.set(kind, mergeBuilders(single.get(kind), builder));
  }
  return {
    ...(base === undefined ? {} : { base }),
    arguments: [...before.arguments, ...after.arguments],
    builders: [
      ...before.builders.filter(
        ({ kind }) => kind === 'custom' || !after.builders.some((other) => other.kind === kind),
      ),
      ...after.builders.map((builder) =>
        builder.kind === 'custom'
          ? builder
          : mergeBuilders(
              before.builders.find(({ kind }) => kind === builder.kind),
              builder,
            ),
      ),
    ],
    single,
    copies: [...before.copies.filter(({ identity }) => !again.has(identity)), ...copies],
  };
}

/** What the later one says replaces what the earlier one said, key by key. */
function mergeBuilders(before: Builder | undefined, after: Builder): Builder {
  return before === undefined ? after : { ...before, ...after, isSet: before.isSet || after.isSet };
}
