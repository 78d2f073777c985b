import { type Diagnostic, error, hasErrors, warning } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { StageTree } from '../../workspace/stageTree.js';
import type { Tree } from '../../workspace/tree.js';
import { readText } from '../readText.js';
import { readVars, type Variable } from './vars.js';

/** The variables of a tree of stages, by name. */
export type StageValues = ReadonlyMap<string, Variable>;

/**
 * The environment variables that the workspace file names, the vars files, and the file's own
 * values; later ones win. Undefined, with errors, where a vars file cannot be read.
 */
export function readStageValues(
  tree: Tree,
  stageTree: StageTree,
  diagnostics: Diagnostic[],
): StageValues | undefined {
  let values: StageValues = new Map(
    [...stageTree.environment].map(([name, value]) => [
      name,
      { value, place: { file: 'the environment' } },
    ]),
  );
  for (const { path, shown, namedAt } of stageTree.vars) {
    const text = readText(path, shown, { own: tree.directory, boundary: tree.boundary }, namedAt);
    diagnostics.push(...text.diagnostics);
    if (text.value === undefined) {
      continue;
    }
    const read = readVars(shown, text.value, values);
    diagnostics.push(...read.diagnostics);
    values = read.value;
  }
  if (hasErrors(diagnostics)) {
    return undefined;
  }
  const all = new Map(values);
  const place = stageTree.prefix.place;
  for (const [name, value] of stageTree.values) {
    all.set(name, { value, place });
  }
  if (!all.has('STAGE')) {
    return all;
  }
  diagnostics.push(
    warning('stage-value', 'the value of STAGE is ignored: STAGE is the name of each stage', {
      place: all.get('STAGE')?.place ?? place,
      hint: `remove it from tree ${tree.name}`,
    }),
  );
  return all;
}

/** Replaces `${NAME}` by its value. Undefined, with the error `stage-value`, where one has none. */
export function expandValues(
  { value, place }: Found<string>,
  values: StageValues,
  diagnostics: Diagnostic[],
): string | undefined {
  let complete = true;
  const expanded = value.replace(/\$\{(\w+)\}/g, (written, name: string) => {
    const known = values.get(name)?.value;
    if (known !== undefined) {
      return known;
    }
    complete = false;
    const hint = missingValueHint(name, values);
    diagnostics.push(error('stage-value', `${written} has no value`, { place, hint }));
    return '';
  });
  return complete ? expanded : undefined;
}

/** Where a value can be set, or the name that was meant. */
export function missingValueHint(name: string, values: StageValues): string {
  return (
    didYouMean(name, values.keys()) ??
    `set ${name} in the vars file, or in [tree.values] of the workspace file`
  );
}

/** Replaces `{stage}` and the like; other braces, which Dockerfiles are full of, stay as they are. */
export function expandPlaceholders(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/(?<!\$)\{(\w+)\}/g, (written, name: string) => values[name] ?? written);
}
