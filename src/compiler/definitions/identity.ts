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

/**
 * The full name of an image, as docker-pkg joins it. Errors `name-illegal` and `version-illegal`
 * where Docker would not take it; undefined then.
 */
export function identify(
  tree: Tree,
  name: WrittenName,
  version: WrittenName,
): Outcome<Identity | undefined> {
  const { registry, namespace } = tree.config;
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
  if (diagnostics.length > 0) {
    return { value: undefined, diagnostics };
  }
  const value = { name: name.text as ImageName, version: version.text, repository, reference };
  return { value, diagnostics };
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
