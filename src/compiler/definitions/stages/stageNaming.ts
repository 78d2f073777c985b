import { readdirSync } from 'node:fs';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { StageTree } from '../../workspace/stageTree.js';
import type { Tree } from '../../workspace/tree.js';
import type { VersionSpot } from '../definition.js';
import { expandValues, type StageValues } from './stageValues.js';

/** What the file name of each stage begins with. */
export const stageFilePrefix = 'Dockerfile.';

export interface StageVersion {
  readonly text: string;
  readonly place: Place;
  readonly spot?: VersionSpot;
  /** It is itself what is written at its place. */
  readonly isWritten?: true;
}

/**
 * The prefix without the registry and namespace that the configuration puts before it anyway. Error
 * `stage-prefix`: it begins with another registry.
 */
export function stagePrefix(
  tree: Tree,
  stages: StageTree,
  values: StageValues,
  diagnostics: Diagnostic[],
): string | undefined {
  const { place } = stages.prefix;
  const prefix = expandValues(stages.prefix, values, diagnostics);
  if (prefix === undefined) {
    return undefined;
  }
  const { registry, namespace } = tree.config;
  const own = [registry, namespace].filter((part) => part !== '').join('/');
  if (own !== '' && prefix.startsWith(`${own}/`)) {
    return prefix.slice(own.length + 1);
  }
  const first = prefix.split('/', 1)[0] ?? '';
  const isHost = prefix.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  if (!isHost) {
    return prefix;
  }
  diagnostics.push(
    error('stage-prefix', `the prefix ${prefix} begins with a registry`, {
      place,
      hint: `set registry: ${first} in the tree's configuration, which then comes before every name`,
    }),
  );
  return undefined;
}

/** The version of all stages, and where it can be changed, if that is a vars file. */
export function stageVersion(
  stages: StageTree,
  values: StageValues,
  diagnostics: Diagnostic[],
): StageVersion | undefined {
  const written = stages.version;
  const text = expandValues(written, values, diagnostics);
  if (text === undefined) {
    return undefined;
  }
  const name = /^\$\{(\w+)\}$/.exec(written.value)?.[1];
  const variable = name === undefined ? undefined : values.get(name);
  const file = stages.vars.find(({ shown }) => shown === variable?.place.file)?.path;
  const place = variable?.place ?? written.place;
  const isLiteral = place.lineText?.slice(place.column ?? 1).includes(text) === true;
  if (file === undefined || !isLiteral) {
    return { text, place, ...(written.value === text ? { isWritten: true } : {}) };
  }
  return { text, place, spot: { file, place, text, kind: 'version' } };
}

/** A stage of the tree. */
export interface StageName extends Found<string> {
  /** Why it is none: the workspace file lists it, and it has no Dockerfile. */
  readonly missing?: Diagnostic;
}

/**
 * The names of the stages: those that the workspace file lists, each once, or every
 * `Dockerfile.<stage>` of the directory. Error `tree-empty`; `stage-missing` is that of a stage.
 */
export function stageNames(
  { directory, shownDirectory }: Tree,
  { stages }: StageTree,
  values: StageValues,
  diagnostics: Diagnostic[],
): readonly StageName[] | undefined {
  const present = readdirSync(directory)
    .filter((name) => name.startsWith(stageFilePrefix) && !name.endsWith('.dockerignore'))
    .map((name) => name.slice(stageFilePrefix.length))
    .sort();
  if (stages === undefined) {
    if (present.length === 0) {
      diagnostics.push(
        error('tree-empty', 'no stages in this directory', {
          place: { file: shownDirectory },
          hint: 'a stage is a file named Dockerfile.<stage>',
        }),
      );
    }
    return present.map((value) => ({ value, place: { file: shownDirectory } }));
  }
  const named = new Map<string, StageName>();
  for (const item of stages) {
    const filled = expandValues(item, values, diagnostics);
    if (filled === undefined) {
      return undefined;
    }
    const { place } = item;
    for (const value of filled.split(/\s+/)) {
      if (value === '' || named.has(value)) {
        continue;
      }
      const stage = { value, place };
      named.set(
        value,
        present.includes(value) ? stage : { ...stage, missing: stageMissing(stage, present) },
      );
    }
  }
  return [...named.values()];
}

function stageMissing({ value, place }: Found<string>, present: readonly string[]): Diagnostic {
  return error('stage-missing', `${stageFilePrefix}${value} does not exist`, {
    place,
    hint: didYouMean(value, present) ?? `the stages here are: ${present.join(', ')}`,
  });
}
