import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Followed } from '#formats/dockerfile/follow.js';
import { placeOf, type ReadImage } from './read.js';

/**
 * `force_numeric_user`: Kubernetes can only tell that an image does not run as root where its USER
 * is a number. An image without USER passes, as in docker-pkg.
 */
export function numericUserProblem(
  { rendered }: ReadImage,
  { user }: Followed,
): Diagnostic | undefined {
  if (!rendered.definition.tree.config.forceNumericUser || user === undefined) {
    return undefined;
  }
  if (/^\d+(?::\d+)?$/.test(user.text)) {
    return undefined;
  }
  return error('user-not-numeric', `the last USER is ${user.text}, not a number`, {
    place: placeOf(rendered, user.span),
    hint: 'write UID or UID:GID, for example {{ "nobody" | uid }}, or set force_numeric_user to false',
  });
}
