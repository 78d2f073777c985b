import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { dayStamp } from '../versioning/clock.js';
import { refreshedVersion } from '../versioning/nextVersion.js';
import {
  type ChangelogEdit,
  currentChangelog,
  type EditContext,
  makeEdit,
} from './changelogEdit.js';
import { type LeaveOptions, type LeftOut, LeftOutImages, type Unknown } from './leftOut.js';
import { RebuildEdits } from './rebuildEdits.js';
import { dateVersion, hasChangelog, spotEdit } from './spotEdit.js';

export interface RefreshOptions extends EditContext, LeaveOptions {
  /** Why an image is left out, by the command line or a hold; false: it is not. */
  readonly excludes: (image: ImageDefinition) => string | false;
  /** An image as it is linked; undefined where it cannot be. */
  readonly resolved?: (image: ImageDefinition) => ResolvedImage | undefined;
}

export interface RefreshPlan {
  readonly edits: readonly ChangelogEdit[];
  readonly excluded: readonly { readonly image: ImageDefinition; readonly because: string }[];
  /** Images whose version has today's date already. */
  readonly unchanged: readonly ImageDefinition[];
  /** Images that changed since their newest version, with what changed. */
  readonly unreleased: readonly LeftOut<'unreleased'>[];
  /** Images whose newest version is not committed yet: they need no other. */
  readonly pending: readonly LeftOut<'pending'>[];
  /** Why git does not tell of some images; absent: it tells of all. */
  readonly unknown?: Unknown;
}

/**
 * The blocks of the weekly rebuild: every image that is not left out gets today's date at the end
 * of its version, or one rebuild more where it has no changelog. An image whose version cannot have one is an error, and the plan still holds all
 * others.
 */
export function planRefresh(
  images: readonly ImageDefinition[],
  options: RefreshOptions,
): Outcome<RefreshPlan> {
  const today = dayStamp(options.moment);
  const edits: ChangelogEdit[] = [];
  const excluded: { image: ImageDefinition; because: string }[] = [];
  const unchanged: ImageDefinition[] = [];
  const diagnostics: Diagnostic[] = [];
  const left = new LeftOutImages(
    images
      .filter((image) => image.tree.refresh && !options.excludes(image))
      .map((definition) => {
        const resolved = options.resolved?.(definition);
        return { definition, ...(resolved === undefined ? {} : { resolved }) };
      }),
    options,
  );
  const rebuilds = new RebuildEdits();
  for (const image of images) {
    if (!image.tree.refresh) {
      excluded.push({ image, because: `tree "${image.tree.name}" is not refreshed` });
      continue;
    }
    const because = options.excludes(image);
    if (because !== false) {
      excluded.push({ image, because });
      continue;
    }
    const { versionSpot: spot } = image;
    if (spot !== undefined || !hasChangelog(image)) {
      if (spot?.kind !== 'date') {
        const at = left.rebuiltAt(image);
        if (image.contextDigest !== undefined) {
          excluded.push({ image, because: 'its recipe has no timestamp' });
        } else if (at !== undefined && dayStamp({ ...options.moment, seconds: at }) === today) {
          unchanged.push(image);
        } else if (!left.leaves(image)) {
          const problem = rebuilds.raise(image);
          diagnostics.push(...(problem === undefined ? [] : [problem]));
        }
      } else if (dateVersion(options) === (image.ownVersion ?? image.version)) {
        unchanged.push(image);
      } else if (!left.leaves(image)) {
        const made = spotEdit(image, spot, dateVersion(options), options);
        diagnostics.push(...made.diagnostics);
        if (made.value !== undefined) {
          edits.push(made.value);
          if (dateVersion(options) > (image.ownVersion ?? image.version)) {
            rebuilds.forget(image, made.value.toVersion);
          }
        }
      }
      continue;
    }
    const current = currentChangelog(image, options);
    diagnostics.push(...current.diagnostics);
    if (current.value === undefined) {
      continue;
    }
    const { newest, versions } = current.value;
    const { updateId } = image.tree.config;
    const step = refreshedVersion(newest.version, today, { updateId, taken: versions });
    if (step.kind === 'unchanged') {
      unchanged.push(image);
    } else if (step.kind === 'impossible') {
      diagnostics.push(
        error('refresh-version', `the version "${newest.version}" ${step.reason}`, {
          place: newest.versionPlace,
          hint: `give it another: generate-bake update ${image.name} --version VERSION`,
        }),
      );
    } else if (!left.leaves(image)) {
      const changes = ['  * Weekly rebuild.'];
      const text = { version: step.version, urgency: 'medium', changes };
      const made = makeEdit(image, current.value, text, options);
      diagnostics.push(...made.diagnostics);
      if (made.value !== undefined) {
        edits.push(made.value);
      }
    }
  }
  edits.push(...rebuilds.edits());
  return { value: { edits, excluded, unchanged, ...left.found() }, diagnostics };
}
