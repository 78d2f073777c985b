import { Scope, type Variables } from '../scope.js';

/** What the compiler knows about the place in the template that it is at. */
export class Frame {
  readonly scope: Scope;
  /** The variable that output is added to. */
  buffer: string;
  /** Whether that is the buffer of a template or a block, whose lines can be traced. */
  main: boolean;
  /** Whether output is left out once a parent template is known. */
  checksOutput: boolean;
  /** Not within a scope of its own: what is set here is the template's. */
  topLevel = false;
  /** At top level and not within an `if` either. */
  rootLevel = false;
  /** Within an `if`, where an unknown filter is an error only once it is used. */
  soft = false;

  private constructor(scope: Scope, buffer: string, main: boolean, checksOutput: boolean) {
    this.scope = scope;
    this.buffer = buffer;
    this.main = main;
    this.checksOutput = checksOutput;
  }

  static outermost(variables: Variables, buffer: string): Frame {
    return new Frame(new Scope(variables), buffer, true, false);
  }

  inner(): Frame {
    return new Frame(
      new Scope(this.scope.variables, this.scope),
      this.buffer,
      this.main,
      this.checksOutput,
    );
  }

  softened(): Frame {
    const soft = new Frame(this.scope, this.buffer, this.main, this.checksOutput);
    soft.topLevel = this.topLevel;
    soft.soft = true;
    return soft;
  }
}
