import { isPrivate } from '#compiler/privacy/privacy.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { FoundReference } from './find.js';
import type { TreeImage } from './names.js';
import type { Published } from './published.js';
import type { SearchResult } from './search.js';
import { stateOf } from './summary.js';
import type { Unused } from './unused.js';

/** What `references --json` prints (doc/references.schema.json). */
export function referencesDocument(
  graph: Graph,
  paths: readonly string[],
  { files, commented, byLines, skipped }: SearchResult,
  references: readonly FoundReference[],
  published: ReadonlyMap<string, Published> | undefined,
): object {
  return {
    schema: 1,
    paths,
    files,
    commented,
    byLines,
    skipped: skipped.map(({ shown, reason }) => ({ file: shown, reason })),
    references: references.map((reference) => ({
      state: stateOf(reference),
      ...aboutOf(graph, reference, published),
      ...placeOf(reference),
    })),
  };
}

/** What is written, and where. */
function placeOf({ written, tag, digest, place: { file, line, column } }: FoundReference): object {
  return {
    written,
    ...(tag !== undefined && 'text' in tag ? { used: tag.text } : {}),
    ...(digest === undefined ? {} : { digest: digest.text }),
    file,
    line,
    column,
  };
}

function aboutOf(
  graph: Graph,
  { about }: FoundReference,
  published: ReadonlyMap<string, Published> | undefined,
): object {
  switch (about.kind) {
    case 'undefined':
      return { repository: about.repository };
    case 'ambiguous':
      return { candidates: about.images.map(({ repository }) => repository) };
    case 'elsewhere':
      return imageOf(graph, about.image);
    case 'image': {
      const { image, standing, isCertain } = about;
      const state = published?.get(image.repository);
      return {
        ...imageOf(graph, image),
        ...(standing.kind === 'behind' && standing.versions !== undefined
          ? { versions: standing.versions }
          : {}),
        ...(isCertain ? {} : { uncertain: true }),
        ...(state === undefined ? {} : { published: state.kind }),
      };
    }
  }
}

function imageOf(graph: Graph, { repository, version, reference }: TreeImage): object {
  return {
    repository,
    ...(version === undefined ? {} : { current: version }),
    ...(reference !== undefined && isPrivate(graph, reference) ? { private: true } : {}),
  };
}

/** What `unused --json` prints (doc/unused.schema.json). */
export function unusedDocument(
  paths: readonly string[],
  { files, byLines, skipped }: SearchResult,
  { images, referred, unread }: Unused,
  published: ReadonlyMap<string, Published>,
  isHidden: (reference: TreeImage['reference']) => boolean,
): object {
  return {
    schema: 1,
    paths,
    files,
    byLines,
    skipped: skipped.map(({ shown, reason }) => ({ file: shown, reason })),
    referred,
    unread,
    images: images.map(({ image, perhaps, changed }) => ({
      repository: image.repository,
      ...(image.version === undefined ? {} : { current: image.version }),
      ...(isHidden(image.reference) ? { private: true } : {}),
      path: image.shown,
      published: published.get(image.repository)?.kind ?? 'not-asked',
      ...(changed === undefined ? {} : { changed }),
      unused: paths.length > 0 && perhaps.length === 0,
      perhaps: perhaps.map(placeOf),
    })),
  };
}
