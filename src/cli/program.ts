import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { spec as planSpec } from './commands/plan.command.js';
import { commands } from './commands.js';
import { completeCommand } from './completion/request.js';
import { type ExitCode, exit } from './exit.js';
import { choose } from './line/choose.js';
import { helpOf, parse } from './line/parse.js';
import { programHelp } from './line/programHelp.js';
import { type Command, type CommandSpec, type Parsed, UsageError } from './line/spec.js';
import {
  type ColorWish,
  type Io,
  type IoOptions,
  type ProcessIo,
  processIo,
} from './terminal/io.js';
import { report } from './terminal/report.js';
import { version } from './version.js';

/** Runs one command line to its exit status. */
export async function program(argv: readonly string[]): Promise<ExitCode> {
  const [first, ...rest] = argv;
  if (first === completeCommand) {
    const io = plainIo();
    const { complete } = await import('./completion/complete.js');
    return finish(io, await complete(rest, commands, io));
  }
  const choice = choose(argv, [...commands.keys()], planSpec.options, process.cwd());
  switch (choice.kind) {
    case 'version':
      return print(`${version()}\n`);
    case 'help':
      return help(choice.name);
    case 'unknown':
      return refuse(usage(choice.message, choice.hint));
    case 'command': {
      const command = commands.get(choice.name);
      return command === undefined ? help(undefined) : run(command, choice.args);
    }
  }
}

async function run(command: Command, args: readonly string[]): Promise<ExitCode> {
  const spec = await command.spec();
  const result = parse(spec, args);
  switch (result.kind) {
    case 'help':
      return print(result.text);
    case 'version':
      return print(`${version()}\n`);
    case 'wrong':
      return refuse(usage(result.message, result.hint));
    case 'parsed':
      return start(command, spec, result.parsed);
  }
}

async function start(
  command: Command,
  spec: CommandSpec<unknown>,
  parsed: Parsed,
): Promise<ExitCode> {
  let input: unknown;
  try {
    input = spec.read(parsed);
  } catch (cause) {
    if (!(cause instanceof UsageError)) {
      throw cause;
    }
    return refuse(usage(cause.message, cause.hint ?? `see: generate-bake ${spec.name} --help`));
  }
  const io = processIo(ioOptions(parsed));
  return finish(io, await command.run(input, io));
}

function ioOptions(parsed: Parsed): IoOptions {
  const color = parsed.text('color') as ColorWish | undefined;
  const level = parsed.flag('debug') ? 'debug' : parsed.flag('info') ? 'info' : 'normal';
  return { level, color: color ?? 'auto' };
}

async function help(name: string | undefined): Promise<ExitCode> {
  if (name === undefined) {
    return print(await programHelp(commands));
  }
  const command = commands.get(name);
  if (command === undefined) {
    return refuse(usage(`unknown command "${name}"`, 'see: generate-bake --help'));
  }
  return print(helpOf(await command.spec()));
}

function print(text: string): Promise<ExitCode> {
  const io = plainIo();
  io.write(text);
  return finish(io, exit.done);
}

/** A result that stdout did not take is an output that cannot be written, whatever was done. */
async function finish(io: ProcessIo, code: ExitCode): Promise<ExitCode> {
  const failure = await io.flush();
  if (failure === undefined) {
    return code;
  }
  report(io, [error('stdout', `stdout cannot be written: it ${whyNot(failure)}`)]);
  return exit.wrong;
}

async function refuse(diagnostic: Diagnostic): Promise<ExitCode> {
  const io: Io = plainIo();
  report(io, [diagnostic]);
  return exit.wrong;
}

function plainIo(): ProcessIo {
  return processIo({ level: 'normal', color: 'auto' });
}

function usage(message: string, hint: string): Diagnostic {
  return error('usage', message, { hint });
}
