import type { Dockerfile, Problem, Source, Span, Trigger, Written } from './dockerfile.js';
import { orderProblems } from './order.js';
import { findTargets, type NamedSource, type NamedSources } from './targets.js';
import { type BuildOptions, expandBases } from './variables.js';

export interface FollowOptions extends BuildOptions {
  /** The stage to stop at; the last one when absent. */
  readonly stage?: string;
  /** What an image has a child run (ONBUILD), as far as it is known. */
  readonly triggersOf?: (image: string) => readonly Trigger[];
}

/** A Dockerfile with its variables expanded and its stages followed. */
export interface Followed {
  /** Images that are referred to, in the order of the file; stages and scratch are none. */
  readonly images: readonly ImageUse[];
  /** What the final stage starts from once stages are followed. */
  readonly base: { readonly kind: 'image'; readonly image: string } | { readonly kind: 'scratch' };
  /** Whether an instruction on the way from there to the final stage may add a layer. */
  readonly makesLayers: boolean;
  /** The last USER on that way. */
  readonly user?: Written;
  /** The keys of all LABELs on that way. */
  readonly labels: readonly string[];
  /** What the image has its children run. */
  readonly triggers: readonly Trigger[];
  readonly problems: readonly Problem[];
}

export interface ImageUse {
  readonly kind: 'from' | 'copy' | 'mount' | 'onbuild';
  /** Variables expanded. */
  readonly image: string;
  readonly span: Span;
  /** False in a stage that the final one does not need: never built, never pulled. */
  readonly reached: boolean;
  /** The number of the stage it is in. */
  readonly stage: number;
  /** What `--platform` of that stage's FROM says, as written; absent: it has none. */
  readonly platform?: string;
  /**
   * Where an ONBUILD of another image asks for it, that image: `span` is then a place in that
   * image's Dockerfile. The span of a trigger in this file is in this file.
   */
  readonly through?: string;
}

/** Follows the stages of a Dockerfile as BuildKit's dockerfile2llb does. */
export function follow(dockerfile: Dockerfile, options: FollowOptions = {}): Followed {
  const { stages } = dockerfile;
  const problems: Problem[] = [];
  const { name, targets, final } = finalStage(dockerfile, options, problems);
  if (final === undefined) {
    problems.push({
      severity: 'error',
      code: 'dockerfile-no-stage',
      message: `no stage is named ${JSON.stringify(name)}`,
      span: stages[0]?.base.span ?? { line: 1, column: 1, length: 1 },
    });
    return {
      images: [],
      base: { kind: 'scratch' },
      makesLayers: true,
      labels: [],
      triggers: [],
      problems,
    };
  }
  const walk = new Walk(dockerfile, targets, options);
  walk.reach(final);
  walk.collect();
  orderProblems(dockerfile, targets, walk.reached, problems);
  if (options.stage === undefined) {
    problems.push(...unusedStages(dockerfile, walk));
  }
  return { ...walk.chain(final), images: walk.images, problems };
}

/** Which stages are built, and what each FROM names. */
export interface ReachedStages {
  /** By stage: whether the final one needs it. */
  readonly reached: readonly boolean[];
  /** By stage. */
  readonly bases: readonly NamedSource[];
  /** The number of the final stage; undefined where none has the name that is asked for. */
  readonly final: number | undefined;
}

/** The part of `follow` that tells which stages are built; what is wrong with them `follow` tells. */
export function reachedStages(dockerfile: Dockerfile, options: FollowOptions = {}): ReachedStages {
  const { targets, final } = finalStage(dockerfile, options, []);
  const walk = new Walk(dockerfile, targets, options);
  if (final !== undefined) {
    walk.reach(final);
  }
  return { reached: walk.reached, bases: targets.bases, final };
}

function finalStage(dockerfile: Dockerfile, options: FollowOptions, problems: Problem[]) {
  const last = dockerfile.stages.length - 1;
  const name = options.stage ?? dockerfile.stages[last]?.name ?? '';
  const bases = expandBases(dockerfile, options, name, problems);
  const targets = findTargets(dockerfile, bases, problems);
  const final = options.stage === undefined ? last : targets.stageNamed(options.stage);
  return { name, targets, final };
}

/** Stages that nothing of the final one needs; one that names an image is told of with the image. */
function unusedStages({ stages }: Dockerfile, { reached, images }: Walk): Problem[] {
  return stages.flatMap(({ base }, index): Problem[] => {
    if (reached[index] !== false || images.some(({ stage }) => stage === index)) {
      return [];
    }
    return [
      {
        severity: 'warning',
        code: 'dockerfile-stage-unused',
        message: 'the final stage does not use this stage, so it is not built',
        hint: 'copy something from it, or remove it',
        span: base.span,
      },
    ];
  });
}

const noTriggers: readonly Trigger[] = [];

class Walk {
  readonly images: ImageUse[] = [];
  readonly reached: boolean[];
  readonly #dockerfile: Dockerfile;
  readonly #targets: NamedSources;
  readonly #options: FollowOptions;

  constructor(dockerfile: Dockerfile, targets: NamedSources, options: FollowOptions) {
    this.#dockerfile = dockerfile;
    this.#targets = targets;
    this.#options = options;
    this.reached = dockerfile.stages.map(() => false);
  }

  /** Marks what the final stage needs. Triggers of its bases add to it. */
  reach(final: number): void {
    const waiting = [final];
    const reachTarget = (target: NamedSource, seen?: Set<string>): void => {
      if (target.kind === 'stage') {
        waiting.push(target.index);
      }
      // The frontend also prepares the triggers of an image that is only copied from.
      else if (target.kind === 'image' && seen?.has(target.image) !== true) {
        reachTriggers(target, seen);
      }
    };
    const reachTriggers = (target: NamedSource, seen?: Set<string>): void => {
      const triggers = this.#triggersOf(target);
      if (triggers.length === 0) {
        return;
      }
      const now = seen ?? new Set();
      if (target.kind === 'image') {
        now.add(target.image);
      }
      for (const { sources } of triggers) {
        for (const source of sources) {
          reachTarget(this.#targets.of(source), now);
        }
      }
    };
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (this.reached[index] !== false) {
        continue;
      }
      this.reached[index] = true;
      const base = this.#targets.bases[index];
      if (base !== undefined) {
        reachTarget(base);
      }
      if (base?.kind === 'stage') {
        reachTriggers(base);
      }
      for (const target of this.#targets.sources[index] ?? []) {
        reachTarget(target);
      }
    }
  }

  #triggersOf(target: NamedSource): readonly Trigger[] {
    if (target.kind === 'image') {
      return this.#options.triggersOf?.(target.image) ?? noTriggers;
    }
    if (target.kind !== 'stage') {
      return noTriggers;
    }
    return this.#dockerfile.stages[target.index]?.triggers ?? noTriggers;
  }

  /** Notes the images that the stages refer to. */
  collect(): void {
    let index = -1;
    for (const { base, sources } of this.#dockerfile.stages) {
      index++;
      const from = this.#targets.bases[index];
      if (from?.kind === 'image') {
        this.#note('from', from.image, base.span, index);
      } else if (from?.kind === 'stage') {
        for (const source of this.#triggersOf(from).flatMap((trigger) => trigger.sources)) {
          this.#noteSource('onbuild', source, this.#targets.of(source), index);
        }
      }
      const targets = this.#targets.sources[index];
      for (const [at, source] of sources.entries()) {
        const target = targets?.[at];
        if (target !== undefined) {
          this.#noteSource(source.kind, source, target, index);
        }
      }
    }
  }

  #noteSource(kind: ImageUse['kind'], { from }: Source, target: NamedSource, stage: number): void {
    if (target.kind === 'image') {
      this.#note(kind, target.image, from.span, stage);
    }
  }

  #note(kind: ImageUse['kind'], image: string, span: Span, stage: number): void {
    const reached = this.reached[stage] === true;
    this.images.push({ kind, image, span, reached, stage, ...this.#platform(stage) });
    if (reached) {
      this.#noteTriggers(image, stage);
    }
  }

  #platform(stage: number): Pick<ImageUse, 'platform'> {
    const platform = this.#dockerfile.stages[stage]?.platform;
    return platform === undefined ? {} : { platform };
  }

  #noteTriggers(image: string, stage: number, seen?: Set<string>): void {
    const triggers = this.#triggersOf({ kind: 'image', image });
    if (triggers.length === 0) {
      return;
    }
    const now = seen ?? new Set<string>();
    now.add(image);
    for (const source of triggers.flatMap((trigger) => trigger.sources)) {
      const target = this.#targets.of(source);
      if (target.kind !== 'image') {
        continue;
      }
      const use = { kind: 'onbuild', image: target.image, span: source.from.span } as const;
      const rest = { reached: true, stage, ...this.#platform(stage) };
      this.images.push({ ...use, through: image, ...rest });
      if (!now.has(target.image)) {
        this.#noteTriggers(target.image, stage, now);
      }
    }
  }

  /** From the final stage down to what it starts from. */
  chain(final: number): Pick<Followed, 'base' | 'makesLayers' | 'user' | 'labels' | 'triggers'> {
    const { stages } = this.#dockerfile;
    const triggers = stages[final]?.triggers ?? noTriggers;
    let makesLayers = false;
    let user: Written | undefined;
    const labels: string[] = [];
    let index = final;
    for (;;) {
      const stage = stages[index];
      const base = this.#targets.bases[index];
      makesLayers ||= stage?.makesLayers === true;
      user ??= stage?.user;
      labels.push(...(stage?.labels ?? []));
      if (base !== undefined) {
        makesLayers ||= this.#triggersOf(base).some((trigger) => trigger.makesLayers);
      }
      if (base?.kind === 'stage') {
        index = base.index;
        continue;
      }
      // Nothing is certain about a base that could not be read.
      if (base?.kind !== 'image' && base?.kind !== 'scratch') {
        makesLayers = true;
      }
      const end = base?.kind === 'image' ? base : ({ kind: 'scratch' } as const);
      return { base: end, makesLayers, labels, triggers, ...(user !== undefined && { user }) };
    }
  }
}
