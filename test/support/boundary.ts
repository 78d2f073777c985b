import { Boundary } from '#core/files/boundary.js';

/** The boundary of a tree that is in no git work tree. */
export function boundedBy(directory: string): Boundary {
  return new Boundary(directory, () => undefined);
}
