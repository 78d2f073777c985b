import { repositoryOf } from '#core/reference/reference.js';
import type { PageRecord, PageReport } from './readReport.js';

export interface PublicPart {
  readonly report: PageReport;
  /** How many private images were left out. */
  readonly left: number;
}

const unsaid = 'a private image';

/**
 * The report without its private images, and without their names in what it says of others. A report of private images
 * alone is for those who may know them: it stays as it is.
 */
export function publicPart(report: PageReport): PublicPart {
  const { images, unnamed = [], latest = [], criticalPath } = report;
  const hidden = images.filter(isPrivate);
  const left = hidden.length + unnamed.filter(isPrivate).length;
  if (left === 0 || left === images.length + unnamed.length) {
    return { report, left: 0 };
  }
  const references = new Set<string>(hidden.map(({ reference }) => reference));
  const repositories = new Set<string>(hidden.map(({ reference }) => repositoryOf(reference)));
  const hide = hider([...references, ...repositories]);
  return {
    left,
    report: {
      ...report,
      images: images
        .filter((image) => !isPrivate(image))
        .map((image) => withoutNames(image, references, hide)),
      unnamed: unnamed.filter((image) => !isPrivate(image)),
      latest: latest.filter(({ repository }) => !repositories.has(repository)),
      ...(criticalPath === undefined
        ? {}
        : {
            criticalPath: {
              ...criticalPath,
              images: criticalPath.images.filter((reference) => !references.has(reference)),
            },
          }),
    },
  };
}

function isPrivate({ private: flag }: { readonly private?: boolean }): boolean {
  return flag === true;
}

function withoutNames(
  image: PageRecord,
  references: ReadonlySet<string>,
  hide: (text: string) => string,
): PageRecord {
  const { reasons, reason, awaits, parents } = image;
  return {
    ...image,
    why: hide(image.why),
    parents: parents.filter(({ reference }) => !references.has(reference)),
    ...(reasons && { reasons: reasons.map((each) => ({ ...each, text: hide(each.text) })) }),
    ...(reason === undefined ? {} : { reason: hide(reason) }),
    ...(awaits && { awaits: awaits.map(hide) }),
  };
}

/** Longer names first: a repository is the beginning of its references. */
function hider(names: readonly string[]): (text: string) => string {
  const patterns = names
    .filter((name) => name !== '')
    .sort((one, other) => other.length - one.length)
    .map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(?:${patterns.join('|')})(?![\\w/-])`, 'g');
  return patterns.length === 0 ? (text) => text : (text) => text.replace(pattern, unsaid);
}
