import { resolve } from 'node:path';
import { settingsIn } from '#adapters/docker/settings.js';
import { sourcePolicyVariable } from '#adapters/docker/sourcePolicy.js';
import { blubberOf } from '#compiler/definitions/definition.js';
import type { Plan, PlannedTarget } from '#compiler/plan/plan.js';
import { isAllowedRegistry } from '#compiler/policy/allowed.js';
import { isEnforced, refusedByPolicy } from '#compiler/policy/enforced.js';
import { allowedRegistries, isOwnRepository } from '#compiler/policy/registries.js';
import { scannerIn } from '#compiler/policy/scanner.js';
import { conversionRules, sourceRules } from '#compiler/policy/sourcePolicy.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import { isRecord } from '#core/data/record.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { readText } from '#core/files/readBytes.js';
import type { Reference } from '#core/reference/brands.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { BuildRequest } from '../request.js';
import { optionValues } from '../unable.js';

/** The registries that a policy allows, and the parents of services, as a build holds its images to them. */
export interface SourcePolicies {
  /** The images that take others than the policy allows by what their Dockerfiles say. */
  readonly refused: ReadonlyMap<Reference, Diagnostic>;
  /** The source policy of one call, for buildx; undefined: the user's own, if there is one. */
  textFor(plan: Plan): string | undefined;
  /** Those of the caches of a target that it may take layers from: a source policy does not ask. */
  cachesFor(target: Pick<PlannedTarget, 'image' | 'cacheFrom'>): readonly string[];
  /** What is said of an image that BuildKit was not let have, and of what to do. */
  denied(source: string): { readonly reason: string; readonly hint: string };
}

/**
 * What binds the sources of a run: the registries of the policy that the trees are under, and what stands for the parents of
 * services. Undefined where there is neither. A source policy that the user has is kept: what either of the two denies is
 * denied. One that cannot be joined is refused.
 */
export function openSourcePolicies({
  policy,
  graph,
  bakeArgs,
  host,
}: Pick<BuildRequest, 'policy' | 'graph' | 'bakeArgs' | 'host'>): Outcome<
  SourcePolicies | undefined
> {
  const mayConvert = graph.images.some(({ rendered }) => blubberOf(rendered.definition));
  if (!hasRegistries(policy) && !mayConvert) {
    return { value: undefined, diagnostics: [] };
  }
  const own = readOwn(host.env[sourcePolicyVariable], host.cwd, hasRegistries(policy));
  if (own.diagnostics.length > 0) {
    return { value: undefined, diagnostics: own.diagnostics };
  }
  const value = hasRegistries(policy)
    ? registryPolicy(policy, graph, bakeArgs, own.value)
    : onlyConversions(own.value);
  return { value, diagnostics: [] };
}

export type WithRegistries = Policy & Required<Pick<Policy, 'registries'>>;

export function hasRegistries(policy: Policy | undefined): policy is WithRegistries {
  return policy?.registries !== undefined;
}

const ownDenies = (source: string) => ({
  reason: `the build takes ${source}, which ${sourcePolicyVariable} does not allow`,
  hint: `take another image, or change the file that ${sourcePolicyVariable} names`,
});

function onlyConversions(own: readonly object[]): SourcePolicies {
  return {
    refused: new Map(),
    textFor: ({ targets }) => {
      const rules = conversionRules(targets);
      return rules.length === 0 ? undefined : JSON.stringify({ rules: [...rules, ...own] });
    },
    cachesFor: ({ cacheFrom }) => cacheFrom,
    denied: ownDenies,
  };
}

function registryPolicy(
  policy: WithRegistries,
  graph: Graph,
  bakeArgs: readonly string[],
  own: readonly object[],
): SourcePolicies {
  const names: RegistryNames = registryNamesOf(graph);
  const scanners = scannersIn(bakeArgs);
  return {
    refused: refusedByPolicy(policy, graph),
    textFor: (plan) => {
      const rules = sourceRules(policy, names, graph, plan, scanners);
      return JSON.stringify({ rules: [...conversionRules(plan.targets), ...rules, ...own] });
    },
    cachesFor: ({ image, cacheFrom }) => {
      const resolved = graph.byReference.get(image);
      const isHeld = resolved === undefined || isEnforced(policy, resolved);
      return isHeld ? cacheFrom.filter((cache) => isAllowedCache(policy, cache, graph)) : cacheFrom;
    },
    denied: (source) =>
      own.length > 0 && isAllowedRegistry(policy, source, names)
        ? ownDenies(source)
        : {
            reason: `the build takes ${source}, whose registry the policy does not allow`,
            hint: allowedRegistries(policy),
          },
  };
}

/** A parent may have a cache that its child may not: by an exception, say. */
function isAllowedCache(policy: WithRegistries, cache: string, graph: Graph): boolean {
  const ref = cache.replace(/^type=registry,ref=/, '');
  return (
    isAllowedRegistry(policy, ref, registryNamesOf(graph)) ||
    graph.images.some(({ rendered }) => isOwnRepository(ref, rendered.definition.tree.config))
  );
}

/** The keys of a rule (sourcepolicy/pb of BuildKit). */
const ownKeys: KnownKeys = {
  action: true,
  selector: { identifier: true, match_type: true, constraints: true },
  updates: { identifier: true, attrs: true },
};

interface KnownKeys {
  readonly [key: string]: true | KnownKeys;
}

/** Keys that are spelled otherwise: buildx reads them without case, so that they would replace those that are looked at here. */
function unknownKeys(value: object, known: KnownKeys): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = Object.hasOwn(known, key) ? known[key] : undefined;
    if (below === undefined) {
      return [key];
    }
    return below === true || !isRecord(inner) ? [] : unknownKeys(inner, below);
  });
}

/** The images that make the attestations which the user asks of bake. */
function scannersIn(args: readonly string[]): readonly string[] {
  const attests = [
    ...optionValues('--sbom', args).map((value) => `type=sbom,${value}`),
    ...settingsIn(args).flatMap(({ setting: { key, value } }) => (key === 'attest' ? [value] : [])),
  ];
  return attests.flatMap(scannerIn);
}

/**
 * The rules of the user's own source policy. Of rules that match the last one counts, so that ALLOW behind ours would
 * undo them, and before ours have no effect: where ours deny, such rules are refused.
 */
function readOwn(
  file: string | undefined,
  cwd: string,
  oursDeny: boolean,
): Outcome<readonly object[]> {
  if (file === undefined || file === '') {
    return { value: [], diagnostics: [] };
  }
  const refuse = (what: string, hint: string): Outcome<readonly object[]> => ({
    value: [],
    diagnostics: [error('source-policy', `${sourcePolicyVariable}: ${what}`, { hint })],
  });
  let read: unknown;
  try {
    read = JSON.parse(readText(resolve(cwd, file)));
  } catch {
    return refuse(`${file} cannot be read, or is not JSON`, `correct it, or unset the variable`);
  }
  const rules = isRecord(read) ? (read.rules ?? []) : undefined;
  if (!Array.isArray(rules) || !rules.every(isRecord)) {
    return refuse(`${file} is not a source policy`, 'write {"rules": […]}, or unset the variable');
  }
  const odd = Object.keys(read ?? {}).find((key) => key !== 'rules' && /^rules$/i.test(key));
  if (odd !== undefined) {
    return refuse(`${file} has the key ${JSON.stringify(odd)}`, 'write "rules", once');
  }
  const unknown = rules.flatMap((rule) => unknownKeys(rule, ownKeys));
  if (unknown.length > 0) {
    const known =
      'action, selector (identifier, match_type, constraints), updates (identifier, attrs)';
    const message = `${file} has a key that no rule has: ${JSON.stringify(unknown[0])}`;
    return refuse(message, `the keys of a rule are: ${known}`);
  }
  const isJoined =
    !oursDeny ||
    rules.every(({ action }) => ['DENY', 'CONVERT', 1, 2].some((one) => one === action));
  return isJoined
    ? { value: rules, diagnostics: [] }
    : refuse(
        `${file} has rules that allow, which would undo the registries of the policy`,
        'keep only rules that DENY or CONVERT, or unset the variable',
      );
}
