import type { EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { Staged } from '../publish/push.js';
import type { EnginesFor } from '../verify/verify.js';

/** One of the builders that the calls of a run go to. */
export interface Builder {
  /** Of the docker context or of the buildx builder. */
  readonly name: string;
  /** What bake is run with. */
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** The engine that gets its images, to test them: its own, or this machine's; absent: none answers. */
  readonly home?: Docker;
  /** Passed on to bake, such as `--load` and what is after `--`. */
  readonly bakeArgs: readonly string[];
  /** Whether it pushes to staging itself, since its images are on no engine. */
  readonly pushes?: true;
  /** The images of that engine before the run, by their IDs. */
  readonly before: ReadonlyMap<string, { readonly id: string }>;
  /** Where its engine keeps images, as that engine's host names it; absent: not known. */
  readonly folder?: string;
  /** Ends what runs on it, and answers everything that it is asked later with this reason; absent: it is the only one. */
  abandon?(reason: string): void;
}

/** Where an image is tested, and from where it is published. */
export interface Made {
  /** The engine that has it; absent: none does, so that it stays in staging, neither tested nor published. */
  readonly docker?: Docker;
  readonly image: LocalImage;
  /** Absent: docker pushes it from there. */
  readonly staged?: Staged;
  /** The same image on another engine, once this one does not answer any more; absent: there is none. */
  readonly elsewhere?: () => Promise<MadeOnEngine | undefined>;
  /** Where its platforms are tested; absent: on this engine. */
  readonly enginesFor?: EnginesFor;
}

/** What an engine has, so that it can be tested. */
export type MadeOnEngine = Made & Required<Pick<Made, 'docker'>>;

/** The engine that gets what a builder makes, as a property of what is made. */
export function onEngine({ home }: Builder): Pick<Made, 'docker'> {
  return home === undefined ? {} : { docker: home };
}
