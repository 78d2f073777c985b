import { parseReference } from '#core/reference/reference.js';
import type { Dockerfile, Problem, Written } from './dockerfile.js';
import { expand, expansionBudget, needsLexer } from './expand.js';
import { type Platform, predefinedArgs } from './platform.js';

/** What is known of the build when a Dockerfile is read. */
export interface BuildOptions {
  /** Build arguments: they win over the defaults of ARG. */
  readonly args?: ReadonlyMap<string, string>;
  /** What is built for. Absent: a FROM that depends on it is an error. */
  readonly platform?: Platform;
}

/**
 * What each FROM names once its variables are expanded; undefined, with the problem told, where it
 * cannot be known. FROM sees the ARGs before the first FROM, with their defaults or the build
 * arguments, and the arguments that the frontend sets itself; never those of a stage.
 */
export function expandBases(
  dockerfile: Dockerfile,
  options: BuildOptions,
  target: string,
  problems: Problem[],
): readonly (string | undefined)[] {
  const { stages } = dockerfile;
  const needed =
    dockerfile.args.length > 0 ||
    stages.some(({ base }) => base.text === '' || needsLexer(base.text, dockerfile.escape));
  if (!needed) {
    return stages.map(({ base }) => base.text);
  }
  const variables = new Variables(dockerfile, options, target, problems);
  return stages.map(({ base }) => variables.base(base));
}

/**
 * The arguments that an ARG of a stage without a value takes its own from: those before the first
 * FROM, and those that the frontend sets itself. Undefined where only the builder knows the value.
 */
export function globalVariables(
  dockerfile: Dockerfile,
  options: BuildOptions,
  target: string,
): ReadonlyMap<string, string | undefined> {
  return new Variables(dockerfile, options, target, []).all();
}

class Variables {
  readonly #values = new Map<string, string>();
  /** Names whose values only the builder knows. */
  readonly #unknown = new Set<string>();
  readonly #problems: Problem[];
  readonly #escape: string;
  /** The names that an ARG before the first FROM declares. */
  readonly #declared: ReadonlySet<string>;
  readonly #budget = { left: expansionBudget };

  constructor(
    dockerfile: Dockerfile,
    { args = new Map(), platform }: BuildOptions,
    target: string,
    problems: Problem[],
  ) {
    this.#problems = problems;
    this.#escape = dockerfile.escape;
    this.#declared = new Set(dockerfile.args.map(({ name }) => name));
    for (const [name, predefined] of predefinedArgs(platform, target)) {
      const value = args.get(name) ?? predefined;
      if (value === undefined) {
        this.#unknown.add(name);
      } else {
        this.#values.set(name, value);
      }
    }
    for (const arg of dockerfile.args) {
      const given = args.get(arg.name);
      if (given === undefined && arg.default === undefined) {
        continue;
      }
      const { text, unknown } =
        given === undefined
          ? this.#expand({ text: arg.default ?? '', span: arg.span })
          : { text: given, unknown: undefined };
      if (unknown === undefined) {
        this.#unknown.delete(arg.name);
      } else {
        this.#unknown.add(arg.name);
      }
      this.#values.set(arg.name, text ?? '');
    }
  }

  all(): ReadonlyMap<string, string | undefined> {
    const all = new Map<string, string | undefined>(this.#values);
    for (const name of this.#unknown) {
      all.set(name, undefined);
    }
    return all;
  }

  base(written: Written): string | undefined {
    // Without a word FROM is an error already told.
    if (written.text === '') {
      return undefined;
    }
    const { text, unknown, unset } = this.#expand(written);
    if (text === undefined) {
      return undefined;
    }
    const isLacking =
      unset !== undefined && (text === '' || parseReference(text).kind === 'problem');
    if (unknown === undefined && isLacking) {
      this.#problems.push(lacking(written, unset, this.#declared.has(unset)));
      return undefined;
    }
    if (unknown === undefined && text !== '') {
      return text;
    }
    this.#problems.push({
      severity: 'error',
      span: written.span,
      ...(unknown === undefined
        ? {
            code: 'dockerfile-blank-from',
            message: `FROM ${written.text} expands to an empty string`,
            hint: 'give the argument a default before the first FROM: a stage sees only those',
          }
        : {
            code: 'dockerfile-platform',
            message: `FROM ${written.text} depends on ${unknown}, which only the builder knows`,
            hint: unknown.startsWith('BUILD')
              ? 'give the argument a value with args'
              : 'state the platforms to build for, or give the argument a value',
          }),
    });
    return undefined;
  }

  #expand(written: Written): Expanded {
    let unknown: string | undefined;
    let unset: string | undefined;
    const expansion = expand(
      written.text,
      this.#escape,
      (name) => {
        if (this.#unknown.has(name)) {
          unknown ??= name;
        }
        const value = this.#values.get(name);
        if (value === undefined) {
          unset ??= name;
        }
        return value;
      },
      this.#budget,
    );
    if (expansion.ok) {
      return { text: expansion.text, unknown, unset };
    }
    this.#problems.push({
      severity: 'error',
      code: 'dockerfile-expansion',
      message: `${written.text} cannot be expanded: ${expansion.problem}`,
      span: written.span,
    });
    return { text: undefined, unknown, unset };
  }
}

interface Expanded {
  readonly text: string | undefined;
  /** The first variable whose value only the builder knows. */
  readonly unknown: string | undefined;
  /** The first variable without a value. */
  readonly unset: string | undefined;
}

/** A FROM that names no image for want of a value. */
function lacking({ text, span }: Written, name: string, isDeclared: boolean): Problem {
  return {
    severity: 'error',
    code: 'dockerfile-blank-from',
    span,
    message: isDeclared
      ? `ARG ${name} has no value, so FROM ${text} is not a valid image reference`
      : `no ARG before the first FROM declares ${name}, so FROM ${text} is not a valid image reference`,
    hint: `write ARG ${name}=… with a default before the first FROM, or give it in [args] of image.toml`,
  };
}
