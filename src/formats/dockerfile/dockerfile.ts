import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import type { Span } from './span.js';

export type { Span } from './span.js';

/**
 * What of a Dockerfile decides which images it needs and what kind of image it makes. Everything
 * else (what a RUN runs, what a COPY copies) is read over, not kept.
 */
export interface Dockerfile {
  readonly escape: string;
  /** The frontend that `# syntax=` asks for: pulled by the builder, through a mirror where there is one. */
  readonly syntax?: Written;
  /** ARGs before the first FROM, in order; the only ones that FROM sees. */
  readonly args: readonly Argument[];
  readonly stages: readonly Stage[];
  readonly problems: readonly Problem[];
}

/** A piece of text and where it stands. */
export interface Written {
  readonly text: string;
  readonly span: Span;
}

/** The image in the value of `# syntax=`: what is behind it are options of the frontend. */
export function frontendIn(syntax: string): string {
  return syntax.trim().split(/\s/, 1)[0] ?? '';
}

interface Argument {
  readonly name: string;
  /** As written: variables not expanded, quotes still there. */
  readonly default?: string;
  readonly span: Span;
}

export interface Stage {
  /** Lower case, as the frontend looks it up. */
  readonly name?: string;
  /** What is after FROM, variables not expanded. */
  readonly base: Written;
  /** What `--platform` of its FROM says, variables not expanded; absent: it has none. */
  readonly platform?: string;
  /** In the order of the file. */
  readonly sources: readonly Source[];
  /** ONBUILD instructions that link or make a layer: they run in a child of this stage. */
  readonly triggers: readonly Trigger[];
  /** The last USER. */
  readonly user?: Written;
  /** The keys of its LABELs, variables not expanded; absent: none. */
  readonly labels?: readonly string[];
  /** Those of its LABELs that no variable is in, with their values; absent: none. */
  readonly labelValues?: ReadonlyMap<string, string>;
  /** Whether an instruction may add a filesystem layer. */
  readonly makesLayers: boolean;
}

/** A stage or an image that an instruction takes files from. */
export interface Source {
  readonly kind: 'copy' | 'mount';
  readonly from: Written;
}

export interface Trigger {
  readonly sources: readonly Source[];
  readonly makesLayers: boolean;
}

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  readonly span: Span;
}
