import type { Digest, Reference, TargetName } from '#core/reference/brands.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { Graph } from '../resolve/graph.js';
import type { PlanOptions } from './options.js';

/** The repositories of all images of a graph. */
export interface Repositories {
  readonly names: RegistryNames;
  /** By their canonical names. */
  readonly own: ReadonlySet<string>;
}

/** What all targets of one plan are made with. */
export interface TargetInput {
  readonly graph: Graph;
  readonly selection: ReadonlySet<Reference>;
  readonly options: PlanOptions;
  readonly repositories: Repositories;
  /** Of every image of the graph. */
  readonly names: ReadonlyMap<Reference, TargetName>;
  /** The keys that every target sets. */
  readonly labelKeys: readonly string[];
  /** Of the images selected and of their ancestors; those below a broken one have none. */
  readonly definitions: ReadonlyMap<Reference, Digest>;
}
