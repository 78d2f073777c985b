import type { Place } from '#core/diagnostics/diagnostic.js';
import type { ContextKey, Reference } from '#core/reference/brands.js';
import type { ImageUse } from '#formats/dockerfile/follow.js';
import type { RenderedImage } from '../render/rendered.js';
import type { Edge, EdgeKind, ExternalReference } from './graph.js';
import { placeOf } from './read.js';

interface FoundOptions {
  readonly isStage?: boolean;
  /** Of which it is needed. */
  readonly platforms?: ReadonlySet<string> | undefined;
}

/**
 * A reference that was found. Its place is looked for in the template when it is asked for, which
 * takes time and happens for few.
 */
export class External implements ExternalReference {
  readonly kind: EdgeKind;
  readonly written: string;
  readonly key: ContextKey;
  readonly isStage: boolean;
  declare readonly platforms?: readonly string[];
  readonly #file: RenderedImage;
  readonly #line: number;
  readonly #column: number;
  readonly #length: number;

  /** `file` is the image whose Dockerfile holds it. */
  constructor(
    { kind, image, span }: ImageUse,
    key: ContextKey,
    file: RenderedImage,
    { isStage = false, platforms }: FoundOptions = {},
  ) {
    this.kind = kind;
    this.isStage = isStage;
    this.written = image;
    this.key = key;
    if (platforms !== undefined && platforms.size > 0) {
      this.platforms = [...platforms];
    }
    this.#file = file;
    this.#line = span.line;
    this.#column = span.column;
    this.#length = span.length;
  }

  get place(): Place {
    const span = { line: this.#line, column: this.#column, length: this.#length };
    return placeOf(this.#file, span);
  }
}

export class FoundEdge extends External implements Edge {
  readonly parent: Reference;
  readonly declared: boolean;

  constructor(
    use: ImageUse,
    key: ContextKey,
    file: RenderedImage,
    parent: Reference,
    declared: boolean,
    platforms?: ReadonlySet<string>,
  ) {
    super(use, key, file, { platforms });
    this.parent = parent;
    this.declared = declared;
  }
}
