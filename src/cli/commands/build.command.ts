import type { ReportFiles } from '#builder/report/files.js';
import type { BuildOptions } from '#builder/request.js';
import { checkBakeArgs } from '../line/bakeArgs.js';
import { readBuilders } from '../line/builders.js';
import { type JobInput, readJobLine } from '../line/jobLine.js';
import {
  type CompileLine,
  changeOptions,
  credentialOptions,
  imageWords,
  readChangeLine,
  readCredentialUse,
  strictOption,
} from '../line/options.js';
import { readSecretSources, secretOptions } from '../line/secretOptions.js';
import { type CommandSpec, type OptionSpec, type Parsed, UsageError } from '../line/spec.js';

export interface BuildInput extends CompileLine, BuildOptions, ReportFiles {
  /** One job of a matrix; absent: the build is whole. */
  readonly matrixJob?: JobInput;
  /** Anything broken among what is selected is an error of the whole. */
  readonly strict: boolean;
  /** Everything of a workspace, which `build` without a directory wants to be reported. */
  readonly all: boolean;
  /** Nothing is changed: what would be done is told, or the bake files are printed; absent: it is done. */
  readonly dryRun?: 'tell' | 'print';
  /** Names of images that the user approves. */
  readonly approve: readonly string[];
  readonly quiet: boolean;
  /** Exit status 1 where a selected image has drifted, whatever else was done. */
  readonly failOnDrift: boolean;
  /** Every event as a line of JSON on stdout. */
  readonly json: boolean;
  /** As the user named it. */
  readonly metricsFile?: string;
  /** The same. */
  readonly summaryFile?: string;
  /** The same. */
  readonly timingsFile?: string;
  /** As the user named it. */
  readonly pageFile?: string;
}

const running = 'Running:';
const publishing = 'Publishing:';

const options: readonly OptionSpec[] = [
  { flags: '--all', help: 'all trees of the workspace' },
  { flags: '--dry-run', help: 'say what would be done, and change nothing' },
  {
    flags: '--print',
    help: 'print the bake files that would run, and change nothing',
    conflicts: ['json'],
  },
  {
    flags: '--use-cache',
    help: 'reuse cached steps, even for new versions',
    dockerPkg: true,
    conflicts: ['no-cache', 'rebuild-key'],
  },
  { flags: '--no-cache', help: 'run everything again in this run', conflicts: ['rebuild-key'] },
  {
    flags: '--rebuild-key <TEXT>',
    help: 'rebuild key: a different value re-runs cached steps (default: the UTC date)',
  },
  {
    flags: '--no-pull',
    help: 'use local bases and parents; build images that are missing locally',
    dockerPkg: true,
  },
  {
    flags: '--builder <NAME>',
    help: 'a docker context or buildx builder; may be repeated: several share the work (see --staging)',
    group: running,
    repeatable: true,
  },
  {
    flags: '--job <JOB>',
    help: 'build what one job of a matrix has, as 3/16, or publish what all have made (see matrix, --staging)',
    group: running,
  },
  {
    flags: '--matrix <FILE>',
    help: 'the jobs, as `matrix --format json` prints them',
    group: running,
  },
  {
    flags: '--staging <REPOSITORY>',
    help: 'push images here that other builders need, or that no engine can test: registry.example.org/staging',
    group: running,
  },
  {
    flags: '--jobs <N>',
    help: 'build at most N images at once on each builder (default with several: 4)',
    group: running,
    least: 1,
  },
  {
    flags: '--wave-size <N>',
    help: 'at most N targets in a call of bake, 0 for no limit',
    group: running,
    least: 0,
  },
  {
    flags: '--retries <N>',
    help: 'repeat a call N times after a fault of the network (default: 2)',
    group: running,
    least: 0,
  },
  {
    flags: '--keep-going',
    help: 'build what does not depend on a failed image (default)',
    group: running,
    conflicts: ['fail-fast'],
  },
  { flags: '--fail-fast', help: 'stop at the first failure', group: running },
  {
    flags: '--max-images <N>',
    help: 'build nothing if more than N images would be built, and list them',
    group: running,
    least: 1,
  },
  {
    flags: '--wait',
    help: 'wait until another build on this engine has ended (default: fail)',
    group: running,
    conflicts: ['dry-run', 'print'],
  },
  {
    flags: '--verify-jobs <N>',
    help: 'test N images at once (default: 1: tests may use fixed ports)',
    group: running,
    least: 1,
  },
  {
    flags: '--verify-timeout <SECONDS>',
    help: 'end a test that takes longer (default: 600)',
    group: running,
    least: 1,
  },
  {
    flags: '--transfer-timeout <SECONDS>',
    help: 'end a push or pull that takes longer and try again (default: 3600)',
    group: running,
    least: 1,
  },
  {
    flags: '--min-free <GIB>',
    help: 'stop building with less free space than this, in GiB (default: 1)',
    group: running,
    least: 0,
    fraction: true,
  },
  {
    flags: '--no-container-limits',
    help: 'build without the container_limits of the configuration',
    group: running,
  },
  {
    flags: '--cache-write',
    help: 'write the caches of images (see `cache`) though nothing is published',
    group: running,
  },
  ...secretOptions(running),
  {
    flags: '--publish',
    help: 'publish with the credentials of docker too',
    group: publishing,
    conflicts: ['no-publish'],
  },
  { flags: '--no-publish', help: 'publish nothing', group: publishing },
  {
    flags: '--gate',
    help: 'publish only tested images in which nothing but packages was upgraded; others await approval',
    group: publishing,
    conflicts: ['no-publish'],
  },
  {
    flags: '--approve <NAME>',
    help: 'publish the image that awaits approval; may be repeated (implies --gate)',
    group: publishing,
    repeatable: true,
    conflicts: ['no-publish'],
  },
  {
    flags: '--latest',
    help: 'move latest for nightly, snapshot and lower versions too',
    group: publishing,
  },
  {
    flags: '--overwrite-published',
    help: 'replace versions that are published',
    group: publishing,
  },
  {
    flags: '--rebuild-lost',
    help: 'build versions again that the registry has lost',
    group: publishing,
  },
  {
    flags: '--fail-on-drift',
    help: 'end with 1 if a selected image changed without a new version, when all is done',
    group: 'Output:',
  },
  {
    flags: '--report <FILE>',
    help: 'write what was built, and on what, as JSON',
    group: 'Output:',
  },
  {
    flags: '--page <FILE>',
    help: 'write a page of the run for a browser: one HTML file, logs included',
    group: 'Output:',
  },
  { flags: '--junit <FILE>', help: 'write the results as JUnit XML', group: 'Output:' },
  {
    flags: '--metrics <FILE>',
    help: 'write the figures of the run for the textfile collector of node_exporter',
    group: 'Output:',
  },
  {
    flags: '--summary <FILE>',
    help: 'write what happened as Markdown (default: in GitHub Actions, to the summary of the step)',
    group: 'Output:',
  },
  {
    flags: '--timings <FILE>',
    help: 'keep how long images take in FILE instead of the state directory',
    group: 'Output:',
  },
  {
    flags: '--json',
    help: 'print what happens as lines of JSON (doc/events.schema.json); with --dry-run, what would (doc/status.schema.json)',
    group: 'Output:',
  },
  {
    flags: '-q, --quiet',
    help: 'print nothing if there was nothing to do and all is well; with --json, only problems on stderr',
    group: 'Output:',
  },
];

export const spec: CommandSpec<BuildInput> = {
  name: 'build',
  summary: 'build, test and publish missing images',
  words: imageWords,
  options: [...options, ...credentialOptions, strictOption, ...changeOptions],
  rest: 'BAKE ARGS',
  examples: [
    ['generate-bake -c config.yaml build images', 'as docker-pkg is called'],
    ["generate-bake build --select '*python*' --no-publish images", 'one image on a laptop'],
    ['generate-bake build --dry-run images', 'what would be built, published and left out'],
    ['generate-bake build --all --report report.json', 'all trees of a workspace'],
    ['generate-bake build --since main --with-children', 'what a change is about'],
    ['generate-bake build --json --quiet | jq -c .kind', 'for programs'],
  ],
  read(parsed) {
    checkBakeArgs(parsed.rest);
    const line = readChangeLine(parsed);
    const credentials = readCredentialUse(parsed);
    const dryRun = dryRunOf(parsed);
    if (credentials === 'none' && dryRun === undefined) {
      throw new UsageError(
        '--no-credentials is for --dry-run and --print: docker itself uses its logins for what it builds',
        'build on a machine that has no credentials',
      );
    }
    return {
      ...line,
      strict: parsed.flag('strict'),
      all: parsed.flag('all'),
      ...given('dryRun', dryRun),
      ...given('rebuild', rebuildOf(parsed)),
      pull: !parsed.flag('no-pull'),
      builders: readBuilders(parsed),
      ...given('staging', stagingOf(parsed)),
      ...given('matrixJob', readJobLine(parsed, line)),
      ...given('waveSize', parsed.number('wave-size')),
      ...given('jobs', parsed.number('jobs')),
      verifyJobs: parsed.number('verify-jobs') ?? 1,
      verifyTimeoutMs: (parsed.number('verify-timeout') ?? 600) * 1000,
      transferTimeoutMs: (parsed.number('transfer-timeout') ?? 3600) * 1000,
      minFree: (parsed.number('min-free') ?? 1) * 1024 ** 3,
      retries: parsed.number('retries') ?? 2,
      failFast: parsed.flag('fail-fast'),
      containerLimits: !parsed.flag('no-container-limits'),
      gate: parsed.flag('gate') || parsed.list('approve').length > 0,
      approve: parsed.list('approve'),
      cacheWrite: parsed.flag('cache-write'),
      sources: readSecretSources(parsed),
      publish: publishOf(parsed),
      credentials,
      latest: parsed.flag('latest') ? 'force' : line.dating === 'none' ? 'forward' : 'never',
      overwritePublished: parsed.flag('overwrite-published'),
      rebuildLost: parsed.flag('rebuild-lost'),
      ...given('maxImages', parsed.number('max-images')),
      ...given('reportFile', parsed.text('report')),
      ...given('junitFile', parsed.text('junit')),
      ...given('pageFile', parsed.text('page')),
      ...given('metricsFile', parsed.text('metrics')),
      ...given('summaryFile', parsed.text('summary')),
      ...given('timingsFile', parsed.text('timings')),
      quiet: parsed.flag('quiet'),
      waitForLock: parsed.flag('wait'),
      failOnDrift: parsed.flag('fail-on-drift'),
      json: parsed.flag('json'),
      bakeArgs: parsed.rest,
    };
  },
};

function stagingOf(parsed: Parsed): BuildOptions['staging'] {
  const repository = parsed.text('staging');
  return repository === undefined ? undefined : { repository };
}

/** A property that is absent where no value was given. */
function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: Value });
}

function dryRunOf(parsed: Parsed): BuildInput['dryRun'] {
  if (parsed.flag('print')) {
    return 'print';
  }
  return parsed.flag('dry-run') ? 'tell' : undefined;
}

function rebuildOf(parsed: Parsed): BuildOptions['rebuild'] {
  const key = parsed.text('rebuild-key');
  if (key !== undefined) {
    return { key };
  }
  if (parsed.flag('use-cache')) {
    return 'cache';
  }
  return parsed.flag('no-cache') ? 'fresh' : undefined;
}

function publishOf(parsed: Parsed): BuildOptions['publish'] {
  const isToPublish = parsed.text('job') === 'publish';
  if (isToPublish && parsed.flag('no-publish')) {
    throw new UsageError('--job publish publishes: leave out --no-publish');
  }
  if (parsed.flag('publish') || isToPublish) {
    return 'always';
  }
  return parsed.flag('no-publish') ? 'never' : 'configured';
}
