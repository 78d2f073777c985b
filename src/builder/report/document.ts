import type { Revision } from '#adapters/git/revision.js';
import { type CriticalPath, criticalPath } from './criticalPath.js';
import type { ImageRecord, LatestRecord, Recorder } from './record.js';

/** What `--report FILE` holds; doc/report.schema.json is its schema. */
export interface ReportDocument {
  readonly schema: 1;
  /** RFC 3339, UTC. */
  readonly started: string;
  readonly ended: string;
  /** The exit status of the run. */
  readonly exitCode: number;
  readonly interrupted: boolean;
  /** Absent: no engine took part. */
  readonly engine?: {
    /** Absent: no engine answered, and a builder elsewhere has built. */
    readonly docker?: string;
    readonly buildx: string;
    readonly builder: string;
  };
  readonly rebuildKey: string;
  /** What was built, as far as git says it. */
  readonly revision?: Revision;
  readonly criticalPath: CriticalPath;
  readonly latest: readonly LatestRecord[];
  readonly images: readonly ImageRecord[];
  /** Broken images of which not even the reference is known: nothing is done with them. */
  readonly unnamed: readonly UnnamedImage[];
}

interface UnnamedImage {
  /** Its tree is private. */
  readonly private?: true;
  readonly tree: string;
  readonly path: string;
  /** What is wrong. */
  readonly reason: string;
}

/** The run's own facts, which no event tells. */
export type RunFacts = Pick<
  ReportDocument,
  | 'started'
  | 'ended'
  | 'exitCode'
  | 'interrupted'
  | 'engine'
  | 'rebuildKey'
  | 'revision'
  | 'unnamed'
>;

export function reportDocument(recorder: Recorder, facts: RunFacts): ReportDocument {
  return {
    schema: 1,
    ...facts,
    criticalPath: criticalPath(recorder.records),
    latest: recorder.latest,
    images: [...recorder.records.values()],
  };
}
