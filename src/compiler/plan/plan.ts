import type { Digest, Reference, TargetName } from '#core/reference/brands.js';
import type { LimitName } from '../workspace/limits.js';

/**
 * A whole bake file as a value. Pure: the files that must exist beside it are listed, not written.
 * `emit` turns it into JSON or HCL; attributes that bake does not know cannot be expressed, and
 * every string in it is one that bake can hold (`unrepresentable`).
 */
export interface Plan {
  /** Parents before children. */
  readonly targets: readonly PlannedTarget[];
  /** `default` first where there is one, then `all`, the trees, the waves in order. */
  readonly groups: readonly Group[];
  /** Files that `emit` writes before the plan is printed, paths relative to the working directory. */
  readonly files: readonly PlannedFile[];
}

export interface PlannedTarget {
  readonly name: TargetName;
  readonly image: Reference;
  /** The tree that defines the image, by its name. */
  readonly tree: string;
  readonly description: string;
  /** Relative to the working directory, `/`-separated. */
  readonly context: string;
  readonly dockerfile:
    | { readonly kind: 'inline'; readonly text: string }
    /** Relative to the working directory (not to the context): a path that the plan's files hold. */
    | { readonly kind: 'file'; readonly path: string };
  /** Context key to `target:name`, `docker-image://reference` or a path, in Dockerfile order. */
  readonly contexts: ReadonlyMap<string, string>;
  /**
   * The same for a frontend that takes no contexts: the source policy of its call replaces these references. Bake files
   * cannot hold it, so that it is only for calls that have one.
   */
  readonly conversions: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
  /** The stage to stop at. */
  readonly stage?: string;
  readonly platforms: readonly string[];
  /** The stages that are made without BuildKit's cache. */
  readonly noCacheFilter: readonly string[];
  /** Where BuildKit looks for what it has built elsewhere, as bake takes it; empty: nowhere. */
  readonly cacheFrom: readonly string[];
  /** Where it keeps what it builds. */
  readonly cacheTo: readonly string[];
  /** Which secrets RUN may mount and where bake finds them, as bake takes it. */
  readonly secret: readonly string[];
  /** The same of SSH. */
  readonly ssh: readonly string[];
  /** Of the manifest, as bake takes it. */
  readonly annotations: readonly string[];
  readonly attest: readonly string[];
  /** Empty: bake's own. */
  readonly output: readonly string[];
  /** What its RUNs may use; empty: anything. */
  readonly resources: ReadonlyMap<LimitName, string>;
  /** Whether bases are asked for at the registry even where they are local. */
  readonly pull: boolean;
  /**
   * For the HCL's comment: which files the target comes from and whom it is built on. Asked for only
   * where it is written, since to find the lines costs as much as rendering.
   */
  readonly comment: () => readonly string[];
}

export interface Group {
  readonly kind: 'default' | 'all' | 'tree' | 'wave';
  readonly name: string;
  readonly description: string;
  /** In the order of the plan's targets. */
  readonly targets: readonly TargetName[];
}

export type PlannedFile =
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  /** A file of a materialised context: copied from `source`, an absolute path, mode kept. */
  | { readonly kind: 'copy'; readonly path: string; readonly source: string; readonly mode: number }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number };

/** Which recipe a definition digest is of (`definitionDigests`). */
type Recipe = 1 | 2 | 3;

/** A build context as bake is to see it. */
export interface PlannedContext {
  /** Relative to the working directory, `/`-separated: the image's directory, or a copy of it. */
  readonly path: string;
  /** Of the names, contents and executable bits of its files after the ignore rules. */
  readonly digest: Digest;
  /** The number of the recipe that the digest is of; absent: 1. */
  readonly recipe?: Recipe;
  /**
   * Ignore rules that must be beside the Dockerfile, as `<Dockerfile>.dockerignore`: absent where
   * BuildKit leaves out what it should by itself.
   */
  readonly rules?: string;
  /** What must be written for `path` to be there: empty where the directory is used in place. */
  readonly files: readonly PlannedFile[];
  /** Its files, for whoever looks at them one by one; absent: they are not there yet. */
  readonly sources?: () => readonly ContextFile[];
  /** What the digest is taken of, one by one, for whoever compares; absent: it is not of files. */
  readonly parts?: () => readonly ContextPart[];
}

/** A file of a context, not a link, and where it is. */
export interface ContextFile {
  /** Relative to the context. */
  readonly path: string;
  /** Absolute. */
  readonly source: string;
}

/** A file or link of a context: all that counts of it. */
export interface ContextPart {
  /** Relative to the context; one that begins with `../` is an input outside of it. */
  readonly path: string;
  readonly kind: 'file' | 'executable' | 'symlink';
  /** Of its content, or of what it links to. */
  readonly digest: Digest;
}
