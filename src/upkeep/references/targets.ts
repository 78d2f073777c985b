import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Digest } from '#core/reference/brands.js';
import type { VersionHistories } from '#fleet/references/history.js';
import type { TreeImage } from '#fleet/references/names.js';
import { type AskPublished, askPublished, type Published } from '#fleet/references/published.js';

/** Where references to an image move. */
export interface Target {
  readonly version: string;
  /** How many versions of the changelog it is behind the newest one itself. */
  readonly behind: number;
  /** Of the published image; absent: nobody asked. */
  readonly digest?: Digest;
}

/** The newest published version of each image, by repository. */
export interface Targets {
  /** Images of which no version that is new enough is published are not among them. */
  readonly found: ReadonlyMap<string, Target>;
  /** Errors: a registry that cannot be asked, or that there is none. */
  readonly diagnostics: readonly Diagnostic[];
}

/** So many versions of an image are asked about. */
const mostVersions = 20;

/** The version of the trees, published or not. */
export function newestTargets(images: Iterable<TreeImage>): ReadonlyMap<string, Target> {
  return new Map(
    [...images].flatMap(({ repository, version }): [string, Target][] =>
      version === undefined ? [] : [[repository, { version, behind: 0 }]],
    ),
  );
}

/**
 * Asks for the version of the trees, and where that is not published for the ones before it, down to those
 * that are used.
 *
 * @param wanted images with how many versions they are behind where they are used, at most
 */
export async function publishedTargets(
  wanted: ReadonlyMap<TreeImage, number>,
  histories: VersionHistories,
  ask: AskPublished,
): Promise<Targets> {
  const found = new Map<string, Target>();
  const problems = new Map<string, Diagnostic>();
  let open = [...wanted].map(([image, behind]) => ({
    image,
    candidates: candidatesOf(image, behind, histories),
  }));
  for (let at = 0; at < mostVersions && open.length > 0 && problems.size === 0; at++) {
    const asked = open.flatMap(({ image, candidates }) => {
      const version = candidates[at];
      return version === undefined ? [] : [{ image, version }];
    });
    const answers = await askPublished(asked, ask);
    for (const { image, version } of asked) {
      const answer = answers.get(image.repository);
      if (answer?.kind === 'published') {
        found.set(image.repository, { version, behind: at, digest: answer.digest });
      } else if (answer !== undefined && answer.kind !== 'absent') {
        const problem = problemOf(image, answer);
        problems.set(problem.message, problem);
      }
    }
    open = open.filter(
      ({ image, candidates }) => !found.has(image.repository) && candidates.length > at + 1,
    );
  }
  return { found, diagnostics: [...problems.values()] };
}

/** The version of the trees, and those of the changelog between it and the one that is used. */
function candidatesOf(
  { version, definition }: TreeImage,
  behind: number,
  histories: VersionHistories,
): readonly string[] {
  const older = histories.of(definition).versions.slice(1, behind);
  return version === undefined ? [] : [version, ...older];
}

function problemOf(
  { tree }: TreeImage,
  answer: Extract<Published, { kind: 'not-asked' | 'unknown' }>,
): Diagnostic {
  const about = (code: DiagnosticCode, message: string, hint: string | undefined): Diagnostic =>
    error(code, message, hint === undefined ? {} : { hint });
  return answer.kind === 'unknown'
    ? about('registry', answer.reason, answer.hint)
    : about(
        'no-registry',
        `tree "${tree.name}" has no registry, so which of its versions are published is not known`,
        '--unpublished takes the versions of the trees',
      );
}
