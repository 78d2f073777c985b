import type { Place } from '../diagnostics/diagnostic.js';
import type { ImageName, Reference, Repository } from '../reference/brands.js';
import type { Tree } from '../workspace/tree.js';

/**
 * One image as its files define it. Every reader (docker-pkg directories today) yields this, and
 * nothing downstream knows which one did.
 */
export interface ImageDefinition {
  readonly tree: Tree;
  readonly name: ImageName;
  /** The tag, with the suffix of a nightly or snapshot build when one is asked for. */
  readonly version: string;
  readonly repository: Repository;
  readonly reference: Reference;
  /** The build context: an absolute path. */
  readonly directory: string;
  /** The build context relative to the working directory, `/`-separated (`.` for itself). */
  readonly context: string;
  readonly dockerfile: DockerfileSource;
  /** Parents that control (or its like) declares; compared with the truth, never its source. */
  readonly depends: readonly DeclaredParent[];
  /** Where name and version come from, for messages: the newest changelog block. */
  readonly place: Place;
  /** RFC 3339, from the newest changelog block; absent where it has no readable date. */
  readonly created?: string;
  /** `Name <address>` of the newest changelog block. */
  readonly author?: string;
  readonly description?: string;
  /** Further tags beside the version, labels, build arguments, final stage and platforms that
   * the definition itself asks for. docker-pkg's know none of them. */
  readonly extraTags: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  readonly stage?: string;
  readonly platforms: readonly string[];
}

export interface DeclaredParent {
  readonly name: string;
  readonly place: Place;
}

export type DockerfileSource =
  /** A Jinja2 template; includes are looked up below the image's directory. */
  | { readonly kind: 'template'; readonly file: string; readonly text: string }
  /** A Dockerfile as it stands. */
  | { readonly kind: 'plain'; readonly file: string; readonly text: string };
