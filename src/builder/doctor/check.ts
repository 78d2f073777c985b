/** One thing that builds need, or may need, and how it is here. */
export interface Check {
  /** `docker`, `registry HOST` and the like: once in a table. */
  readonly name: string;
  /** `not-needed`: it is not there or was not looked at, and nothing asks for it. */
  readonly state: 'ok' | 'missing' | 'not-needed';
  /** A version, a place, or what is wrong: a clause without a full stop. */
  readonly detail: string;
  /** What to do where it is missing. */
  readonly hint?: string;
  /** The trees that need it, by their names, sorted. */
  readonly trees: readonly string[];
}

export function ok(name: string, detail: string, trees: readonly string[] = []): Check {
  return { name, state: 'ok', detail, trees };
}

/** What is not there: needed by these trees, or by none. */
export function lacking(
  name: string,
  detail: string,
  { hint, trees }: { readonly hint: string; readonly trees: readonly string[] },
): Check {
  return trees.length === 0
    ? { name, state: 'not-needed', detail, trees }
    : { name, state: 'missing', detail, hint, trees };
}

/** What is missing though no tree needs it: whoever uses the program at all will. */
export function missing(
  name: string,
  detail: string,
  { hint, trees }: { readonly hint: string | undefined; readonly trees: readonly string[] },
): Check {
  return { name, state: 'missing', detail, ...(hint === undefined ? {} : { hint }), trees };
}

/** Whether a tree needs something that is missing. */
export function isLacking({ state, trees }: Check): boolean {
  return state === 'missing' && trees.length > 0;
}
