/** What a linter says of a Dockerfile. */
export interface LintFinding {
  /** Its name for it: `DL3008`, `StageNameCasing`. */
  readonly rule: string;
  /** One line; whatever the Dockerfile has may be in it. */
  readonly message: string;
  readonly level: 'error' | 'warning' | 'remark';
  /** Of the Dockerfile as it was given, from 1; absent: it is of no line. */
  readonly line?: number;
  /** A page that explains it. */
  readonly page?: string;
}

export type Linted =
  | { readonly kind: 'done'; readonly findings: readonly LintFinding[] }
  | { readonly kind: 'cancelled' }
  /** The linter itself cannot be used: why, and what to do. */
  | { readonly kind: 'unusable'; readonly message: string; readonly hint: string };

/** Undefined where it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A sentence of somebody else as a message of ours: one line, without a full stop. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}

/** A number of a line; undefined where it is none. */
export function lineIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
