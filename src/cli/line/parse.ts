import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CommandSpec, OptionSpec, Parsed } from './spec.js';

export type ParseResult =
  | { readonly kind: 'parsed'; readonly parsed: Parsed }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string; readonly hint: string };

/** Reads the arguments of one command, the command's own word taken out, wherever it stood. */
export function parse(spec: CommandSpec<unknown>, args: readonly string[]): ParseResult {
  const [own, rest] = splitRest(spec, args);
  const known = new Map(spec.options.map((option) => [longOf(option), option]));
  // Every command answers --version with the program's, but for one that has its own.
  const commander = commanderOf(spec);
  const version = known.has('version') ? undefined : new Option('-V, --version').hideHelp();
  if (version !== undefined) {
    commander.addOption(version);
  }
  const hint = `see: generate-bake ${spec.name} --help`;
  let help = '';
  commander.configureOutput({ writeOut: (text) => (help += text), outputError: () => {} });
  try {
    commander.parse(expandAbbreviations(spec, own), { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) {
      throw cause;
    }
    if (cause.code === 'commander.helpDisplayed') {
      return { kind: 'help', text: help };
    }
    const isQuiet = /^error: unknown option '(?:-q|--quiet)'/.test(cause.message);
    return { kind: 'wrong', ...complaint(cause.message, isQuiet ? quietHint : hint) };
  }
  const values: Record<string, unknown> = commander.opts();
  if (version !== undefined && values[version.attributeName()] === true) {
    return { kind: 'version' };
  }
  return { kind: 'parsed', parsed: new ParsedLine(known, values, commander.args, rest) };
}

const quietHint = 'build has --quiet; of this command, 2>/dev/null leaves only the result';

export function helpOf(spec: CommandSpec<unknown>): string {
  const result = parse(spec, ['--help']);
  return result.kind === 'help' ? result.text : '';
}

/**
 * How many of the next arguments an option takes with it: 0 or 1.
 *
 * @param next the one behind it, where there is one
 */
export function valuesTaken(
  options: readonly OptionSpec[],
  argument: string,
  next: string | undefined,
): 0 | 1 {
  const long = argument.startsWith('--');
  const name = long ? argument : argument.slice(0, 2);
  // `--select=x` and `-cFILE` hold their value.
  if (long ? argument.includes('=') : argument.length > 2) {
    return 0;
  }
  const found = options.find((option) => {
    const { long: longName, short } = new Option(option.flags);
    return long ? longName === name || isAbbreviation(option, name) : short === name;
  });
  if (found === undefined || !takesValue(found)) {
    return 0;
  }
  const isLeftOut = mayBeAlone(found) && (next === undefined || next.startsWith('-'));
  return isLeftOut ? 0 : 1;
}

function splitRest(
  spec: CommandSpec<unknown>,
  args: readonly string[],
): [readonly string[], readonly string[]] {
  const dashes = args.indexOf('--');
  if (spec.rest === undefined || dashes === -1) {
    return [args, []];
  }
  return [args.slice(0, dashes), args.slice(dashes + 1)];
}

function commanderOf(spec: CommandSpec<unknown>): Command {
  const commander = new Command(`generate-bake ${spec.name}`)
    .summary(spec.summary)
    .description(
      capitalised(spec.summary) +
        (spec.description === undefined ? '' : `\n\n${unwrapped(spec.description)}`),
    )
    .exitOverride()
    .helpOption('-h, --help', 'show help');
  for (const [notation, help] of spec.words) {
    commander.addArgument(new Argument(notation, help));
  }
  if (spec.rest !== undefined) {
    commander.usage(`${commander.usage()} [-- ${spec.rest}]`);
  }
  const flags = spec.options.flatMap(({ flags: text }) => {
    const { short, long } = new Option(text);
    return [short, long].filter((flag) => flag !== undefined);
  });
  const attributes = new Map(
    spec.options.map((option) => [longOf(option), declared(option.flags).attributeName()]),
  );
  for (const option of spec.options) {
    commander.addOption(optionOf(option, flags, attributes));
  }
  const width = Math.max(...spec.examples.map(([line]) => line.length));
  const examples = spec.examples.map(([line, does]) => `  ${line.padEnd(width)}   # ${does}`);
  return commander.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
}

/** Commander wraps at the width of the terminal: line breaks of the source are only those of tables. */
function unwrapped(text: string): string {
  const isTable = (paragraph: string) => /\S {2,}\S/.test(paragraph);
  return text
    .split('\n\n')
    .map((paragraph) => (isTable(paragraph) ? paragraph : paragraph.replaceAll('\n', ' ')))
    .join('\n\n');
}

function optionOf(
  spec: OptionSpec,
  flags: readonly string[],
  attributes: ReadonlyMap<string, string>,
): Option {
  const option = declared(spec.flags, spec.help);
  if (spec.group !== undefined) {
    option.helpGroup(spec.group);
  }
  if (spec.conflicts !== undefined) {
    option.conflicts(spec.conflicts.map((long) => attributes.get(long) ?? long));
  }
  if (!takesValue(spec)) {
    return option;
  }
  return option.argParser((value: string, previous: unknown) => {
    // Else `-o --format hcl` writes to a file of the name `--format`.
    if (flags.includes(value)) {
      throw new InvalidArgumentError(
        `It is an option itself; for a value of that name write ${option.long}=${value}.`,
      );
    }
    if (spec.choices?.includes(value) === false) {
      throw new InvalidArgumentError(`Choose ${spec.choices.join(' or ')}.`);
    }
    if (spec.least !== undefined && !isNumber(value, spec.least, spec.fraction)) {
      throw new InvalidArgumentError(
        `It takes ${spec.fraction ? 'a number' : 'an integer'} of at least ${spec.least}.`,
      );
    }
    return spec.repeatable ? [...(Array.isArray(previous) ? previous : []), value] : value;
  });
}

function isNumber(value: string, least: number, fraction = false): boolean {
  const form = fraction ? /^\d{1,9}(?:\.\d{1,9})?$/ : /^\d{1,9}$/;
  return form.test(value) && Number(value) >= least;
}

export function takesValue(spec: OptionSpec): boolean {
  return /[<[]/.test(spec.flags);
}

function mayBeAlone(spec: OptionSpec): boolean {
  return spec.flags.includes('[');
}

/** commander would make `--no-pull` set `pull` to false; here each flag stands for itself. */
function declared(flags: string, help?: string): Option {
  const option = new Option(flags, help);
  option.negate = false;
  return option;
}

function longOf(spec: OptionSpec): string {
  return declared(spec.flags).name();
}

/** argparse takes any unambiguous beginning of docker-pkg's long options: `--config`, `--sel`. */
function expandAbbreviations(spec: CommandSpec<unknown>, args: readonly string[]): string[] {
  const expanded: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (argument === '--') {
      return [...expanded, ...args.slice(at)];
    }
    const [name = '', value] = argument.split(/=(.*)/s);
    const long = spec.options.find((option) => isAbbreviation(option, name));
    const meant = spec.options.filter((option) => isAbbreviation(option, name));
    const exact = spec.options.some((option) => `--${longOf(option)}` === name);
    const full = !exact && meant.length === 1 && long !== undefined ? `--${longOf(long)}` : name;
    expanded.push(value === undefined ? full : `${full}=${value}`);
    if (
      argument.startsWith('-') &&
      valuesTaken(spec.options, argument, args[at + 1]) === 1 &&
      at + 1 < args.length
    ) {
      expanded.push(args[++at] ?? '');
    }
  }
  return expanded;
}

function isAbbreviation(option: OptionSpec, name: string): boolean {
  if (option.dockerPkg !== true || !/^--[a-z]/.test(name)) {
    return false;
  }
  return `--${longOf(option)}`.startsWith(name);
}

/** commander's message as a sentence of ours: no `error:`, its suggestion as the hint. */
function complaint(message: string, hint: string): { message: string; hint: string } {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? '')?.[1];
  return {
    message: first.replace(/\.$/, ''),
    hint: meant === undefined ? hint : `did you mean ${meant.replace(/^one of /, '')}?`,
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

class ParsedLine implements Parsed {
  readonly words: readonly string[];
  readonly rest: readonly string[];
  readonly #known: ReadonlyMap<string, OptionSpec>;
  readonly #values: Record<string, unknown>;

  constructor(
    known: ReadonlyMap<string, OptionSpec>,
    values: Record<string, unknown>,
    words: readonly string[],
    rest: readonly string[],
  ) {
    this.#known = known;
    this.#values = values;
    this.words = words;
    this.rest = rest;
  }

  flag(long: string): boolean {
    return this.#value(long) === true;
  }

  text(long: string): string | undefined {
    const value = this.#value(long);
    return typeof value === 'string' ? value : undefined;
  }

  number(long: string): number | undefined {
    const text = this.text(long);
    return text === undefined ? undefined : Number(text);
  }

  list(long: string): readonly string[] {
    const value = this.#value(long);
    return Array.isArray(value) ? value.map(String) : [];
  }

  #value(long: string): unknown {
    const spec = this.#known.get(long);
    if (spec === undefined) {
      throw new Error(`no option --${long} in this command's specification`);
    }
    return this.#values[declared(spec.flags).attributeName()];
  }
}
