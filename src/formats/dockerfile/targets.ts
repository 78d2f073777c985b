import type { Dockerfile, Problem, Source } from './dockerfile.js';

/** What a FROM or a `from=` names. `nothing`: it cannot be known, which is then told. */
export type NamedSource =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly image: string }
  | { readonly kind: 'scratch' }
  | { readonly kind: 'nothing' };

/** The stages of one Dockerfile as its FROMs and `from=`s find them. */
export interface NamedSources {
  /** By stage: what its FROM names. */
  readonly bases: readonly NamedSource[];
  /** By stage: what its sources name, in their order. */
  readonly sources: readonly (readonly NamedSource[])[];
  /** What a `from=` names, also one of another file's ONBUILD that runs in this file. */
  readonly of: (source: Source) => NamedSource;
  /** The last stage of that name, without regard to case. */
  readonly stageNamed: (name: string) => number | undefined;
}

const scratch: NamedSource = { kind: 'scratch' };
const nothing: NamedSource = { kind: 'nothing' };
const noTargets: readonly NamedSource[] = [];

/**
 * FROM sees the stages above it, in lower case only. `from=` takes a number (COPY only), or a name
 * without regard to case: the last stage of that name anywhere in the file, even below.
 */
export function findTargets(
  { stages }: Dockerfile,
  baseImages: readonly (string | undefined)[],
  problems: Problem[],
): NamedSources {
  const byName = new Map<string, NamedSource & { kind: 'stage' }>();
  const bases = stages.map((stage, index) => {
    const image = baseImages[index];
    const base = image === undefined ? nothing : (byName.get(image) ?? imageOrScratch(image));
    if (stage.name !== undefined) {
      byName.set(stage.name, { kind: 'stage', index });
    }
    return base;
  });
  const of = ({ kind, from }: Source): NamedSource => {
    const named = byName.get(from.text) ?? byName.get(from.text.toLowerCase());
    const isNumber = kind === 'copy' && /^[+-]?\d+$/.test(from.text);
    if (!isNumber) {
      if (named !== undefined) {
        return named;
      }
      // A variable here is an error that the reader has told.
      return from.text.includes('$') ? nothing : imageOrScratch(from.text);
    }
    const index = Number(from.text);
    if (index >= 0 && index < stages.length) {
      return { kind: 'stage', index };
    }
    problems.push({
      severity: 'error',
      code: 'dockerfile-stage-number',
      message: `no stage number ${from.text}`,
      hint: `stages count from 0: the last one here is ${stages.length - 1}`,
      span: from.span,
    });
    return nothing;
  };
  const sources = stages.map((stage) =>
    stage.sources.length === 0 ? noTargets : stage.sources.map(of),
  );
  return { bases, sources, of, stageNamed: (name) => byName.get(name.toLowerCase())?.index };
}

function imageOrScratch(image: string): NamedSource {
  return image === 'scratch' ? scratch : { kind: 'image', image };
}
