import type { ReportDocument } from './document.js';
import type { ImageRecord } from './record.js';

type Unnamed = ReportDocument['unnamed'][number];

/** What others may be told of images. */
export interface Hiding {
  image(record: ImageRecord): ImageRecord;
  /** Of a broken image whose name is not known. */
  unnamed(image: Unnamed): Unnamed;
}

const hidden = 'private image';
const unsaid = 'see the log of the run: the image is private';

/**
 * Where others are told of public images, they are not told the names of private ones: these have numbers, and
 * no reasons. A run of private images alone is told as it is.
 */
export function hidingOf(records: Iterable<ImageRecord>, unnamed: readonly Unnamed[]): Hiding {
  const isPublic = [...records, ...unnamed].some((each) => each.private === undefined);
  let images = 0;
  let paths = 0;
  return {
    image: (record) =>
      isPublic && record.private ? withoutName(record, `${hidden} ${++images}`) : record,
    unnamed: (image) =>
      isPublic && image.private
        ? { tree: hidden, path: `${hidden} without a name ${++paths}`, reason: unsaid }
        : image,
  };
}

function withoutName(record: ImageRecord, name: string): ImageRecord {
  const { state, ending, attempts, reason, during, buildMs, verifyMs, publishMs } = record;
  return {
    reference: name as ImageRecord['reference'],
    private: true,
    state,
    why: unsaid,
    parents: [],
    ending,
    attempts,
    ...(reason === undefined ? {} : { reason: unsaid }),
    ...(during === undefined ? {} : { during }),
    ...(buildMs === undefined ? {} : { buildMs }),
    ...(verifyMs === undefined ? {} : { verifyMs }),
    ...(publishMs === undefined ? {} : { publishMs }),
  };
}
