import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { ImageDefinition } from '../definitions/definition.js';

/** A definition with its Dockerfile, byte for byte as it will be built. */
export interface RenderedImage {
  readonly definition: ImageDefinition;
  readonly dockerfile: string;
  /**
   * The Dockerfile as it renders without proxy and apt options and with the canonical names of
   * registries: what the definition's digest is taken of, so that two builders behind different proxies
   * agree. The same string when equal.
   */
  readonly neutralDockerfile: string;
  /** Where a line (from 1) of the rendered Dockerfile comes from, for messages; computed on demand. */
  readonly placeOf: (line: number, column?: number, length?: number) => Place;
  /** Doubts about its template; absent: none. */
  readonly warnings?: readonly Diagnostic[];
}
