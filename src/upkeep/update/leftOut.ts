import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { some } from '#core/text/some.js';
import type { Asked, Standing } from './member.js';

/** What git says of images, of all of them at once. */
type FindStandings = (images: readonly Asked[]) => ReadonlyMap<ImageDefinition, Standing>;

/** What leaves images out. */
export interface LeaveOptions {
  /** What git says of images that nobody named; absent: nothing, and all of them are taken. */
  readonly standings?: FindStandings;
  /** Whether images that changed since their newest version are taken; absent: they are left out. */
  readonly takesUnreleased?: boolean;
  /** Whether a registry says that it does not have the version of an image; absent: none is asked. */
  readonly isUnpublished?: (image: ImageDefinition) => boolean;
}

/** An image that gets no new version, and why. */
export interface LeftOut<Kind extends Standing['kind'] = Standing['kind']> {
  readonly image: ImageDefinition;
  readonly standing: Extract<Standing, { readonly kind: Kind }>;
}

/** Why git does not tell of some images. */
export type Unknown = Extract<Standing, { readonly kind: 'unknown' }>;

/** Decides which images are left out, and remembers them. */
export class LeftOutImages {
  readonly #standings: ReadonlyMap<ImageDefinition, Standing>;
  readonly #unreleased: LeftOut<'unreleased'>[] = [];
  readonly #pending: LeftOut<'pending'>[] = [];
  #unknown: Unknown | undefined;

  readonly #takesUnreleased: boolean;
  readonly #isUnpublished: (image: ImageDefinition) => boolean;

  /** @param options without `standings` nothing is left out */
  constructor(
    images: readonly Asked[],
    { standings, takesUnreleased = false, isUnpublished = () => false }: LeaveOptions,
  ) {
    this.#takesUnreleased = takesUnreleased;
    this.#isUnpublished = isUnpublished;
    this.#standings = images.length === 0 ? new Map() : (standings?.(images) ?? new Map());
  }

  /**
   * Whether an image is left out, or one that shares its version with it: what is unreleased of that one
   * would be published too.
   */
  leaves(image: ImageDefinition, mates: readonly ImageDefinition[] = []): boolean {
    const unreleased = mates.filter((mate) => this.#standings.get(mate)?.kind === 'unreleased');
    if (this.#takesUnreleased || unreleased.length === 0) {
      return this.#leaves(image);
    }
    for (const mate of new Set([image, ...unreleased])) {
      if (!this.#unreleased.some((known) => known.image === mate)) {
        this.#leaves(mate);
      }
    }
    return true;
  }

  #leaves(image: ImageDefinition): boolean {
    const standing = this.#standings.get(image);
    switch (standing?.kind) {
      case 'unreleased':
        if (this.#takesUnreleased) {
          break;
        }
        this.#unreleased.push({ image, standing });
        return true;
      case 'pending':
        this.#pending.push({ image, standing });
        return true;
      case 'unknown':
        this.#unknown ??= standing;
        break;
      default:
        break;
    }
    if (this.#isUnpublished(image)) {
      const waiting = { kind: 'pending', until: 'published', files: [] } as const;
      this.#pending.push({ image, standing: waiting });
      return true;
    }
    return false;
  }

  /** Seconds since 1970: when git says that the newest rebuild of an image was counted. */
  rebuiltAt(image: ImageDefinition): number | undefined {
    const standing = this.#standings.get(image);
    return standing?.kind === 'released' ? standing.rebuiltAt : undefined;
  }

  found() {
    return {
      unreleased: this.#unreleased,
      pending: this.#pending,
      ...(this.#unknown === undefined ? {} : { unknown: this.#unknown }),
    };
  }
}

/** How many digits of a commit are shown. */
const digits = 12;

/** The warning for an image that changed since its newest version; `shown` is how files are written. */
export function unreleasedWarning(
  { image, standing }: LeftOut<'unreleased'>,
  shown: (file: string) => string,
): Diagnostic {
  const { files, commits, isUncommitted } = standing;
  const where = [
    ...(commits.length === 0
      ? []
      : [
          `in ${some(
            commits.map((id) => id.slice(0, digits)),
            1,
          )}`,
        ]),
    ...(isUncommitted ? ['not committed'] : []),
  ].join('; ');
  const changed = some(files.map(shown), 3);
  return warning(
    'unreleased-change',
    `${image.name} is left out: it changed after ${image.version}: ${changed} (${where})`,
    {
      place: image.place,
      hint: `release it: generate-bake update ${image.name}; or take it with --with-unreleased`,
    },
  );
}
