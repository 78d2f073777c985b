import { type Diagnostic, error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import type { ImageName, Reference, Repository } from '#core/reference/brands.js';
import { joinLabel } from '#core/reference/label.js';
import { type IllegalText, repositoryProblem, tagProblem } from '#core/reference/legal.js';
import type { Tree } from '../workspace/tree.js';

/** What an image is called. */
export interface Identity {
  readonly name: ImageName;
  readonly version: string;
  readonly repository: Repository;
  readonly reference: Reference;
}

/** A name or version and where it is written, with the column where it is written literally. */
export interface WrittenName {
  readonly text: string;
  readonly place: Place;
}

/** An identity, or the half of it that is legal. */
export type Identified =
  | { readonly kind: 'identity'; readonly identity: Identity }
  | {
      readonly kind: 'part';
      readonly known: Partial<Pick<Identity, 'name' | 'repository' | 'version'>>;
    };

/**
 * The full name of an image, as docker-pkg joins it. Errors `name-illegal` and `version-illegal`
 * where Docker would not take it.
 *
 * @param namespace what is before the name; absent: what the configuration says
 */
export function identify(
  tree: Tree,
  name: WrittenName,
  version: WrittenName,
  namespace: string = tree.config.namespace,
): Outcome<Identified> {
  const { registry } = tree.config;
  const { repository, reference } = joinLabel({
    registry,
    namespace,
    name: name.text,
    version: version.text,
  });
  const diagnostics: Diagnostic[] = [];
  const nameProblem = repositoryProblem(repository);
  const versionProblem = tagProblem(version.text);
  if (nameProblem !== undefined) {
    const { message, hint } = nameProblem;
    diagnostics.push(error('name-illegal', message, { place: name.place, hint }));
  }
  if (versionProblem !== undefined) {
    const { message, hint } = versionProblem;
    const place = partOf(version, versionProblem);
    diagnostics.push(error('version-illegal', message, { place, hint }));
  }
  const named =
    nameProblem === undefined ? { name: name.text as ImageName, repository } : undefined;
  const versioned = versionProblem === undefined ? { version: version.text } : undefined;
  const value: Identified =
    named !== undefined && versioned !== undefined
      ? { kind: 'identity', identity: { ...named, ...versioned, reference } }
      : { kind: 'part', known: { ...named, ...versioned } };
  return { value, diagnostics };
}

/** The name alone, where a version is not known. */
export function nameOnly(
  tree: Tree,
  name: WrittenName,
  namespace?: string,
): Outcome<Partial<Identity>> {
  const { value, diagnostics } = identify(tree, name, { text: '1', place: name.place }, namespace);
  const named = value.kind === 'identity' ? value.identity : value.known;
  return {
    value:
      named.name === undefined || named.repository === undefined
        ? {}
        : { name: named.name, repository: named.repository },
    diagnostics,
  };
}

function partOf({ text, place }: WrittenName, { at, length }: IllegalText): Place {
  const { column = 1, lineText } = place;
  // Behind a quote perhaps; elsewhere it comes from another file: `file:VERSION`.
  const start = lineText?.indexOf(text, column - 1) ?? -1;
  if (start !== column - 1 && start !== column) {
    return place;
  }
  return { ...place, column: start + 1 + at, length: Math.max(1, length) };
}
