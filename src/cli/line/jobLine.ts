import { type CompileLine, isPatterned } from './options.js';
import { type Parsed, UsageError } from './spec.js';

/** What is said of a job on the command line. */
export interface JobInput {
  /** `3/16`, or `publish`. */
  readonly name: string;
  /** What `matrix --format json` has printed. */
  readonly file: string;
}

/** Images that are named are found by `ofJob`, which says the same. */
export const noSelection = '--job says which images are built, and takes no selection';

/** The job of a matrix that is meant; undefined: none is. */
export function readJobLine(
  parsed: Parsed,
  { selection, dating }: CompileLine,
): JobInput | undefined {
  const name = parsed.text('job');
  const file = parsed.text('matrix');
  if (name === undefined && file === undefined) {
    return undefined;
  }
  if (name === undefined || file === undefined) {
    throw new UsageError('--job and --matrix belong together');
  }
  if (name !== 'publish' && !/^[1-9]\d*\/[1-9]\d*$/.test(name)) {
    throw new UsageError(`--job ${name}: it is like 3/16, or publish`);
  }
  const { exclude, withParents, withChildren } = selection;
  const isWider = exclude.length > 0 || withParents || withChildren;
  if (isPatterned(selection) || isWider || dating !== 'none') {
    throw new UsageError(noSelection);
  }
  if (parsed.flag('no-pull')) {
    throw new UsageError('--job takes parents from staging, and --no-pull those of the engine');
  }
  if (name === 'publish' && (parsed.flag('dry-run') || parsed.flag('print'))) {
    const hint = '`generate-bake status` shows what is not published';
    throw new UsageError('--job publish builds nothing, and cannot be tried', hint);
  }
  if (parsed.flag('gate') || parsed.list('approve').length > 0) {
    throw new UsageError('--gate is for a build that publishes, and jobs do not');
  }
  return { name, file };
}
