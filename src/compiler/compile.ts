import { dirname } from 'node:path';
import { type Diagnostic, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { ImageDefinition } from './definitions/definition.js';
import { narrowed } from './definitions/narrowed.js';
import { buildSuffix, type ReadOptions, readDefinitions, withSuffix } from './definitions/read.js';
import { renderImages } from './render/render.js';
import type { Graph } from './resolve/graph.js';
import { resolve } from './resolve/resolve.js';
import { matchSelection, type Selection, select } from './select/select.js';
import type { Workspace } from './workspace/open.js';

export interface CompileInput {
  readonly workspace: Workspace;
  readonly selection: Selection;
  /** What the definitions may take from outside of their files. */
  readonly read?: ReadOptions;
  /** A nightly or snapshot build of the selected images, at this moment in local time. */
  readonly dated?: { readonly kind: 'nightly' | 'snapshot'; readonly now: Date };
}

/** The stages from the definitions to the selection: what plan, list, render and build share. */
export interface Compiled {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
}

/**
 * workspace → definitions → render → resolve → select. With errors, the value holds what could be
 * compiled all the same, so that every problem of a tree shows in one run.
 */
export function compile(input: CompileInput): Outcome<Compiled> {
  const { workspace, selection, dated } = input;
  const read = readDefinitions(workspace.trees, input.read);
  const matched = matchSelection(narrowed(read.value, workspace.within), selection);
  // A pattern may match nothing only because the image it means could not be read.
  const readable = !hasErrors(read.diagnostics);
  const found = [...read.diagnostics, ...(readable ? matched.diagnostics : [])];

  if (dated === undefined || hasErrors(found)) {
    const { graph, diagnostics } = toGraph(read.value, readable);
    const selected = select(graph, matched.value, selection);
    const all = [...found, ...diagnostics, ...(readable ? selected.diagnostics : [])];
    const about = withoutOthers(all, read.value, (one) => selected.value.has(one.reference));
    return { value: { graph, selected: selected.value }, diagnostics: about };
  }

  // The suffix is part of what is rendered, so the images that get it must be known before.
  // Patterns need no graph; parents and children do, hence a first compilation without it.
  const expands = selection.withParents || selection.withChildren;
  const plain = expands ? toGraph(read.value, readable).graph : undefined;
  const toDate = select(plain, matched.value, selection);
  const suffix = buildSuffix(dated.kind, dated.now);
  const { graph, diagnostics } = toGraph(withSuffix(read.value, toDate.value, suffix), readable);
  const selected = new Set([...toDate.value].map((one) => `${one}${suffix}` as Reference));
  const all = [...found, ...toDate.diagnostics, ...diagnostics];
  const about = withoutOthers(all, read.value, (one) => toDate.value.has(one.reference));
  return { value: { graph, selected }, diagnostics: about };
}

/** Without the warnings about images that were not selected: those are for another day. */
function withoutOthers(
  diagnostics: readonly Diagnostic[],
  definitions: readonly ImageDefinition[],
  isSelected: (definition: ImageDefinition) => boolean,
): readonly Diagnostic[] {
  if (diagnostics.every(({ severity }) => severity === 'error')) {
    return diagnostics;
  }
  const owners = new Map(definitions.map((definition) => [definition.context, definition]));
  return diagnostics.filter(({ severity, place }) => {
    if (severity === 'error' || place === undefined) {
      return true;
    }
    for (let path = dirname(place.file); ; path = dirname(path)) {
      const owner = owners.get(path);
      if (owner !== undefined) {
        return isSelected(owner);
      }
      if (path === dirname(path) || path === '.') {
        return true;
      }
    }
  });
}

function toGraph(
  definitions: readonly ImageDefinition[],
  complete: boolean,
): { readonly graph: Graph; readonly diagnostics: readonly Diagnostic[] } {
  const rendered = renderImages(definitions, { complete });
  const resolved = resolve(rendered.value);
  return { graph: resolved.value, diagnostics: [...rendered.diagnostics, ...resolved.diagnostics] };
}
