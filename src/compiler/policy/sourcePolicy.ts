import {
  canonicalRepository,
  imageScheme,
  parseReference,
  sourceName,
} from '#core/reference/reference.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { PlannedTarget } from '../plan/plan.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import type { Policy } from '../workspace/policyKeys.js';
import { isAllowedRegistry } from './allowed.js';
import { isEnforced } from './enforced.js';
import { externalUses } from './registries.js';
import { isUsualScanner, scannerIn } from './scanner.js';

/** A rule of a source policy of BuildKit, as buildx reads it. */
export interface SourceRule {
  readonly action: 'ALLOW' | 'DENY';
  readonly selector: { readonly identifier: string; readonly match_type: 'WILDCARD' | 'REGEX' };
}

/** A rule that puts another image in the place of one. */
export interface ConvertRule {
  readonly action: 'CONVERT';
  readonly selector: { readonly identifier: string };
  readonly updates: { readonly identifier: string };
}

/** What a source policy replaces for the targets of a call (`PlannedTarget.conversions`). */
export function conversionRules(
  targets: readonly Pick<PlannedTarget, 'conversions'>[],
): readonly ConvertRule[] {
  return targets.flatMap(({ conversions }) =>
    [...conversions].flatMap(([key, value]): ConvertRule[] => {
      const [from, to] = [sourceOf(key), sourceOf(value.slice(imageScheme.length))];
      return from === undefined || to === undefined || from === to
        ? []
        : [{ action: 'CONVERT', selector: { identifier: from }, updates: { identifier: to } }];
    }),
  );
}

function sourceOf(reference: string): string | undefined {
  const parsed = parseReference(reference);
  return parsed.kind === 'problem' ? undefined : `${imageScheme}${sourceName(parsed)}`;
}

/**
 * The registries of a policy as rules for BuildKit, of which the last one that matches counts: every image is denied, but
 * for those of allowed registries and those that the plan itself needs. These are parents that it does not build, what mirrors
 * give, BuildKit's usual scanner, and what images name that the policy is not enforced on.
 *
 * @param further what the run takes beside that, as references.
 */
export function sourceRules(
  policy: Policy & Required<Pick<Policy, 'registries'>>,
  names: RegistryNames,
  graph: Graph,
  { targets }: { readonly targets: readonly NeededTarget[] },
  further: readonly string[] = [],
): readonly SourceRule[] {
  const needed = new Set(further);
  for (const target of targets) {
    for (const reference of neededBy(policy, target, graph.byReference.get(target.image))) {
      needed.add(reference);
    }
  }
  const references = [...needed].filter((one) => !isAllowedRegistry(policy, one, names));
  const registries = new Set(
    policy.registries.flatMap(({ value }) => spellingsOf(value, names).map(registryPattern)),
  );
  return [
    // Whatever becomes of its scheme: docker-image+blob of BuildKit 0.27 is one too.
    rule('DENY', 'docker-image*', 'WILDCARD'),
    ...[...registries, ...references.flatMap(imagePattern)].map((one) =>
      rule('ALLOW', one, 'REGEX'),
    ),
  ];
}

type NeededTarget = Pick<PlannedTarget, 'image' | 'contexts' | 'conversions' | 'attest'>;

function neededBy(policy: Policy, target: NeededTarget, image?: ResolvedImage): readonly string[] {
  const { contexts: named, conversions } = target;
  const contexts = [...named.values(), ...conversions.values()].flatMap((value) =>
    value.startsWith(imageScheme) ? [value.slice(imageScheme.length)] : [],
  );
  const parents = (image?.parents ?? []).flatMap(({ key, written }) =>
    named.has(key) || conversions.has(key) ? [] : [written],
  );
  const excepted =
    image === undefined || isEnforced(policy, image)
      ? []
      : externalUses(image).map(({ written }) => written);
  const scanners = target.attest.flatMap(scannerIn).filter(isUsualScanner);
  return [...contexts, ...parents, ...excepted, ...scanners];
}

/** Every name of a registry, and those of further ones below it: what is allowed under one is under all. */
function spellingsOf(registry: string, names: RegistryNames): readonly string[] {
  const below = names.aliases
    .flatMap(({ alias, canonical }) => [alias, canonical])
    .filter((name) => name.toLowerCase().startsWith(`${registry}/`));
  return [registry, ...below].flatMap((name) => names.all(name));
}

function rule(
  action: SourceRule['action'],
  identifier: string,
  match: 'WILDCARD' | 'REGEX',
): SourceRule {
  return { action, selector: { identifier, match_type: match } };
}

/** Upper and lower case are one in the name of a host, and in nothing else. */
function registryPattern(registry: string): string {
  const [host = '', ...path] = registry.split('/');
  return path.length === 0
    ? `^${imageScheme}(?i:${escaped(host)})/`
    : `^${imageScheme}(?i:${escaped(host)})/${escaped(path.join('/'))}[/:@]`;
}

/** One image, as it is named before and after BuildKit has found its digest. */
function imagePattern(written: string): readonly string[] {
  const reference = parseReference(written);
  if (reference.kind === 'problem' || reference.domain === '') {
    return [];
  }
  const repository = escaped(canonicalRepository(reference));
  const { tag, digest } = reference;
  return [
    digest === undefined
      ? `^${imageScheme}${repository}:${escaped(tag ?? 'latest')}(?:@sha256:[0-9a-f]+)?$`
      : `^${imageScheme}${repository}(?::[^/@]+)?@${escaped(digest)}$`,
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
