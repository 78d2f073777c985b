import type { Reference, TargetName } from '../reference/brands.js';

/**
 * A whole bake file as a value. Pure: the files that must exist beside it are listed, not written.
 * `emit` turns it into JSON or HCL; attributes that bake does not know cannot be expressed.
 */
export interface Plan {
  /** Parents before children. */
  readonly targets: readonly Target[];
  readonly groups: readonly Group[];
  /** Files that `emit` writes before the plan is printed, paths relative to the working directory. */
  readonly files: readonly PlannedFile[];
}

export interface Target {
  readonly name: TargetName;
  readonly image: Reference;
  readonly description: string;
  /** Relative to the working directory, `/`-separated. */
  readonly context: string;
  readonly dockerfile:
    | { readonly kind: 'inline'; readonly text: string }
    /** Relative to the context, as bake reads it; or a path that the plan's files hold. */
    | { readonly kind: 'file'; readonly path: string };
  /** Context key to `target:name`, `docker-image://reference` or a path, in Dockerfile order. */
  readonly contexts: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
  /** The stage to stop at. */
  readonly stage?: string;
  readonly platforms: readonly string[];
  /** For the HCL's comment: which files the target comes from and whom it is built on. */
  readonly comment: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly description: string;
  readonly targets: readonly TargetName[];
}

export type PlannedFile =
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  /** A file of a materialised context: copied from `source`, an absolute path, mode kept. */
  | { readonly kind: 'copy'; readonly path: string; readonly source: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number };
