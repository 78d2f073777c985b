import type { Matrix, MatrixJob } from '#builder/matrix/document.js';
import { duration } from '#builder/report/time.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { type Column, table } from './terminal/table.js';

const columns: readonly Column[] = [
  { head: 'JOB' },
  { head: 'STAGE' },
  { head: 'IMAGES' },
  { head: 'TIME' },
  { head: 'NEEDS', wraps: true },
];

/** The jobs for a person; `hasTimes`: some image was measured. */
export function matrixTable(matrix: Matrix, hasTimes: boolean, width: number | undefined): string {
  const rows = matrix.jobs.map(({ job, stage, images, milliseconds, needs }) => [
    job,
    String(stage),
    String(images.length),
    hasTimes ? duration(milliseconds) : '-',
    needs.length === 0 ? '-' : needs.join(', '),
  ]);
  return rows.length === 0 ? '' : table(columns, rows, width);
}

/** So many jobs GitLab lets one job need (`ci_needs_size_limit`), and so many GitHub runs of one matrix. */
const most = { gitlab: 50, github: 256 } as const;

/** Why a CI system would not take the jobs; undefined: it takes them. */
export function formatProblem({ jobs }: Matrix, format: string): Diagnostic | undefined {
  if (format !== 'gitlab' && format !== 'github') {
    return undefined;
  }
  const limit = most[format];
  const message = {
    gitlab: `the job that publishes needs all ${jobs.length} jobs, and GitLab allows ${limit}`,
    github: `the matrix has ${jobs.length} jobs, and GitHub runs ${limit}`,
  }[format];
  return jobs.length <= limit
    ? undefined
    : error('matrix', message, { hint: `pass --max-jobs ${limit}, or less` });
}

/**
 * One line for `fromJSON`: a matrix of GitHub for each stage, `{"stage1": {"include": [{"job": "1/3"}]}}`; a stage that has
 * no job is an empty list, and its job of the workflow does not run. Nothing of the tree is in it.
 */
export function githubMatrix({ jobs }: Matrix): string {
  const stages = Object.fromEntries(
    [1, 2, 3, 4].map((stage) => {
      const include = jobs.filter((each) => each.stage === stage).map(({ job }) => ({ job }));
      return [`stage${stage}`, { include }];
    }),
  );
  return `${JSON.stringify(stages)}\n`;
}

/**
 * A child pipeline of GitLab: a job for each of the matrix, and one that publishes. The matrix itself is the artifact
 * `matrix.json` of the job `matrix` of the pipeline above. Nothing of the tree is in it. JSON is YAML.
 */
export function gitlabPipeline({ jobs, stages }: Matrix): string {
  const nameOf = (job: string): string => `build ${job}`;
  const matrix = { pipeline: '$PARENT_PIPELINE_ID', job: 'matrix' };
  const all = jobs.map((one) => [nameOf(one.job), gitlabJob(one, matrix, nameOf)] as const);
  const names = Array.from({ length: stages }, (_, at) => `build-${at + 1}`);
  const pipeline = {
    stages: [...names, 'publish'],
    ...Object.fromEntries(all),
    publish: {
      stage: 'publish',
      // What failed takes only what is built on it.
      when: 'always',
      needs: [matrix, ...all.map(([job]) => ({ job, artifacts: false }))],
      script: [lineOf('publish')],
    },
  };
  return `${JSON.stringify(pipeline, undefined, 2)}\n`;
}

function gitlabJob(
  { job, stage, needs }: MatrixJob,
  matrix: Readonly<Record<string, string>>,
  nameOf: (job: string) => string,
) {
  return {
    stage: `build-${stage}`,
    when: 'always',
    needs: [matrix, ...needs.map((one) => ({ job: nameOf(one), artifacts: false }))],
    script: [lineOf(job)],
  };
}

/** Runners may share an engine, on which builds take turns. */
function lineOf(job: string): string {
  return `generate-bake build --job ${job} --matrix matrix.json --wait`;
}
