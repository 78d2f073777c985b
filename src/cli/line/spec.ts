import type { ExitCode } from '../exit.js';
import type { Io } from '../terminal/io.js';

/** An option of a command line, in commander's notation: `-o, --output <FILE>`, `--since [REV]` where it may be alone. */
export interface OptionSpec {
  readonly flags: string;
  readonly help: string;
  /** The heading in --help; absent: the command's own. */
  readonly group?: string;
  readonly choices?: readonly string[];
  /** May be given several times; each time it takes one value. */
  readonly repeatable?: true;
  /** The value is a number of at least this: an integer, unless `fraction` is set. */
  readonly least?: number;
  readonly fraction?: true;
  /** Long names, without dashes, of options that it cannot be beside. */
  readonly conflicts?: readonly string[];
  /** One that docker-pkg has too: its long name may be abbreviated, as argparse allows. */
  readonly dockerPkg?: true;
}

/** What commander read, under the names of the specification. Asking for another name is a bug. */
export interface Parsed {
  /** Whether a flag was given; by its long name, without dashes. */
  flag(long: string): boolean;
  text(long: string): string | undefined;
  number(long: string): number | undefined;
  list(long: string): readonly string[];
  /** The words that are not options, in order. */
  readonly words: readonly string[];
  /** What stands after `--`, for a command that passes it on. */
  readonly rest: readonly string[];
}

/**
 * A command's line: what it takes and how that becomes its input. Specifications import nothing of
 * the command's work, so that --help and errors are quick.
 */
export interface CommandSpec<Input> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further paragraphs for the command's own help. */
  readonly description?: string;
  /**
   * In commander's notation: `<NAME>`, `[DIR...]`; a name may say more after a space. What a shell offers
   * there: names of images, or these words; absent: paths, by the notation.
   */
  readonly words: readonly (readonly [
    notation: string,
    help: string,
    completes?: 'images' | readonly string[],
  ])[];
  readonly options: readonly OptionSpec[];
  /** What may follow `--`, where the command takes anything there. */
  readonly rest?: string;
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** Throws UsageError for what the options' own rules cannot say. */
  readonly read: (parsed: Parsed) => Input;
}

export class UsageError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A command as the program knows it: two modules that are loaded when they are needed. */
export interface Command {
  readonly spec: () => Promise<CommandSpec<unknown>>;
  readonly run: (input: unknown, io: Io) => Promise<ExitCode>;
}

/** Ties a specification to its implementation; the compiler checks that they agree on the input. */
export function command<Input>(
  spec: () => Promise<{ readonly spec: CommandSpec<Input> }>,
  implementation: () => Promise<{ run(input: Input, io: Io): Promise<ExitCode> }>,
): Command {
  return {
    spec: async () => (await spec()).spec,
    // What `run` is given is what this specification's `read` returned.
    run: async (input, io) => (await implementation()).run(input as Input, io),
  };
}
