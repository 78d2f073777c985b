import { outputOptions } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface ReportInput {
  /** What `build --report` wrote, as the user named it. */
  readonly report: string;
  /** Absent: stdout. */
  readonly output?: string;
  /** Where the logs of the run are now; absent: where builds here write them. */
  readonly logs?: string;
}

export const spec: CommandSpec<ReportInput> = {
  name: 'report',
  summary:
    'make a page of a run for a browser: one HTML file with failures, reasons, times and logs',
  words: [['<REPORT>', 'the file that build --report wrote']],
  options: [
    { flags: '-o, --output <FILE>', help: 'write to FILE, not to stdout' },
    {
      flags: '--logs <DIR>',
      help: 'take the logs from DIR (default: where build writes them, .generate-bake/logs)',
    },
    ...outputOptions,
  ],
  examples: [
    ['generate-bake report report.json -o run.html', 'a page of the run that wrote report.json'],
    ['generate-bake report report.json --logs artifacts/logs -o run.html', 'a run of a CI job'],
  ],
  read(parsed) {
    const [report = '', ...others] = parsed.words;
    if (others.length > 0) {
      throw new UsageError('report takes one report', 'make a page of each run');
    }
    const output = parsed.text('output');
    const logs = parsed.text('logs');
    return {
      report,
      ...(output === undefined || output === '-' ? {} : { output }),
      ...(logs === undefined ? {} : { logs }),
    };
  },
};
