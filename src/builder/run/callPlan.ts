import type { BakeCall } from '#adapters/docker/bake.js';
import { emitJson } from '#compiler/emit/json.js';
import type { KnownFrontends } from '#compiler/plan/frontends.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import type { OutsideImage, PlanOptions, SecretSources } from '#compiler/plan/options.js';
import type { Plan, PlannedContext } from '#compiler/plan/plan.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference, TargetName } from '#core/reference/brands.js';
import type { SourcePolicies } from '../policy/sourcePolicies.js';
import { bakeTargets } from './bakeTargets.js';
import type { Call, CallResult, Failure } from './call.js';

/** What all calls of one run are planned with. */
export interface CallFrame {
  readonly graph: Graph;
  readonly context: (image: ResolvedImage) => PlannedContext;
  readonly rebuildKey: string | undefined;
  /** When a call that says nothing is given up, in milliseconds; absent: never. */
  readonly transferTimeoutMs?: number;
  /** `refuse` where the plan is shown. */
  readonly proxyCredentials: 'refuse' | 'keep';
  /** Where the secrets are that images may mount; absent: bake looks for them. */
  readonly sources?: SecretSources;
  /** Published parents, pinned; local ones and those finished in this run, by their tag. */
  readonly outside: Map<Reference, OutsideImage>;
  /** Whether what is built of an image is written to its cache. */
  readonly writesCache: (image: ResolvedImage) => boolean;
  /** What the frontends of Blubber files take. */
  readonly frontends: KnownFrontends;
  /** Whether the engine keeps annotations and attestations; absent: it does. */
  readonly keepsManifests?: boolean;
  /** Whether `container_limits` are `resources` of targets. */
  readonly resources?: boolean;
  /** From where images may take others, and what stands for parents; absent: they take what they name. */
  readonly sourcePolicies?: SourcePolicies;
  /** The definition digest of every image, by which an image is known as ours. */
  readonly definitions: ReadonlyMap<Reference, Digest>;
}

/** A call that is planned, with what is wrong with the whole of it. */
export interface CallPlan extends Outcome<PlannedCall> {
  /** What is wrong with single images of it: without these it can be planned. */
  readonly faults: ReadonlyMap<Reference, readonly Diagnostic[]>;
}

/** A bake call with everything that running it and reading its progress need. */
export interface PlannedCall {
  readonly call: Call;
  readonly plan: Plan;
  readonly targetOf: ReadonlyMap<TargetName, Reference>;
  readonly bake: BakeCall;
  /** What its source policy is made of; absent: it has none. */
  readonly sourcePolicies?: SourcePolicies;
}

/** The names that an image gets, in the place of those that it has by itself. */
export type NamesOf = (reference: Reference, own: readonly string[]) => readonly string[];

/**
 * Plans one call: exactly the images of it, linked as the schedule says.
 *
 * @param platforms those of its only image that are built; absent: all
 */
export function planCall(
  frame: CallFrame,
  call: Call,
  namesOf: NamesOf = (_, own) => own,
  platforms?: readonly string[],
): CallPlan {
  const options: PlanOptions = {
    context: frame.context,
    outside: frame.outside,
    links: call.links,
    rebuildKey: frame.rebuildKey,
    waveSize: 0,
    pull: false,
    proxyCredentials: frame.proxyCredentials,
    writesCache: frame.writesCache,
    frontends: frame.frontends,
    converts: true,
    ...(platforms === undefined ? {} : { platforms }),
    ...(frame.keepsManifests === undefined ? {} : { keepsManifests: frame.keepsManifests }),
    ...(frame.resources === undefined ? {} : { resources: frame.resources }),
    ...(frame.sources === undefined ? {} : { sources: frame.sources }),
  };
  const outcome = makePlan(frame.graph, new Set(call.targets), options);
  const { value: made, diagnostics } = outcome;
  const { sourcePolicies } = frame;
  const faults = new Map(outcome.faults);
  for (const reference of call.targets) {
    const refused = sourcePolicies?.refused.get(reference);
    if (refused !== undefined) {
      faults.set(reference, [...(faults.get(reference) ?? []), refused]);
    }
  }
  // `build` names its targets itself and moves `latest` after the tests: a plan of a call tags
  // versions only.
  const targets = made.targets.map(versionOnly).map((target) => {
    const tags = namesOf(target.image, target.tags);
    const cacheFrom = sourcePolicies?.cachesFor(target) ?? target.cacheFrom;
    return { ...target, tags: [...tags], cacheFrom };
  });
  const plan: Plan = { ...made, groups: [], targets };
  const sourcePolicy = sourcePolicies?.textFor(plan);
  return {
    value: {
      call,
      plan,
      targetOf: new Map(plan.targets.map(({ name, image }) => [name, image])),
      ...(sourcePolicies && { sourcePolicies }),
      bake: {
        plan: emitJson(plan),
        targets: bakeTargets(plan),
        requested: plan.targets.map(({ name }) => name),
        ...(sourcePolicy === undefined ? {} : { sourcePolicy }),
        ...(frame.transferTimeoutMs === undefined ? {} : { silenceMs: frame.transferTimeoutMs }),
      },
    },
    diagnostics: diagnostics.filter(isError),
    faults,
  };
}

/** What cannot be planned fails, and its call is planned again without it. */
export function withoutFaulty({ faults }: CallPlan): CallResult {
  const failed = [...faults].map(([reference, found]): [Reference, Failure] => {
    const { message: reason = 'it cannot be planned', place, hint } = found.find(isError) ?? {};
    const at = place === undefined ? [] : [[place.file, place.line].filter(Boolean).join(':')];
    const tail = [...at, ...(hint === undefined ? [] : [`hint: ${hint}`])];
    return [reference, { reason, transient: false, tail }];
  });
  return { kind: 'ended', done: new Set(), failed: new Map(failed) };
}

function versionOnly(target: Plan['targets'][number]): Plan['targets'][number] {
  const latest = target.image.replace(/:[^:/]*$/, ':latest');
  return { ...target, tags: target.tags.filter((tag) => tag !== latest) };
}

/** Warnings were shown when the whole was compiled. */
function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
