import { isAllowedRegistry, kindsOf, kindsOfExternal } from '#compiler/policy/allowed.js';
import type { Exceptions } from '#compiler/policy/exceptions.js';
import { allowedRegistries } from '#compiler/policy/registries.js';
import type { Matchable } from '#compiler/select/matchImages.js';
import { levelIn } from '#compiler/workspace/checkKeys.js';
import type { ImageKind, Policy } from '#compiler/workspace/policyKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { ImageName, Reference, Repository } from '#core/reference/brands.js';
import { repositoryOf } from '#core/reference/reference.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { RunningImage } from './images.js';

/** What an image that runs has that the policy does not allow. */
export interface RunningBreach {
  readonly rule: 'policy-registry' | 'policy-kind';
  readonly level: 'error' | 'warning';
  /** A few words. */
  readonly reason: string;
}

export interface RunningPolicy {
  readonly policy: Policy;
  /** Those of the policy: what covers a breach is noted. */
  readonly exceptions: Exceptions;
  readonly trees: readonly Tree[];
  readonly names: RegistryNames;
}

/**
 * The rules of a policy that are about what runs, wherever it was made: from which registries it may be, and that base
 * images are built on, and not deployed. Of which kind an image is says its name, as for the base of another.
 */
export function runningBreaches(
  image: RunningImage,
  { policy, exceptions, trees, names }: RunningPolicy,
): readonly RunningBreach[] {
  const { about, shown } = image;
  const matchable: Matchable = (about.kind === 'own' && about.image.definition) || named(shown);
  // What no tree defines is under what all of them have in common, as far as the first one has it.
  const { check } = (about.kind === 'own' ? about.image.tree : trees[0])?.config ?? {};
  return found(image, policy, trees, names).flatMap(({ rule, reason }): RunningBreach[] => {
    const level = levelIn(check, rule);
    const isExcepted =
      about.kind !== 'own' && rule === 'policy-registry'
        ? exceptions.coversRegistryOf(shown, names)
        : exceptions.covers(matchable, rule);
    return level === 'off' || isExcepted ? [] : [{ rule, level, reason }];
  });
}

type Found = Pick<RunningBreach, 'rule' | 'reason'>;

function found(
  { about, shown }: RunningImage,
  policy: Policy,
  trees: readonly Tree[],
  names: RegistryNames,
): readonly Found[] {
  if (about.kind === 'illegal') {
    return policy.registries === undefined
      ? []
      : [{ rule: 'policy-registry', reason: 'its registry is not known' }];
  }
  const isOwn = about.kind === 'own';
  const registry: Found[] =
    isOwn || isAllowedRegistry(policy, shown, names)
      ? []
      : [{ rule: 'policy-registry', reason: 'its registry is not allowed' }];
  if (policy.kinds.length === 0) {
    return registry;
  }
  const own = isOwn ? about.image.definition : undefined;
  const kinds = own
    ? kindsOf(policy, own).map(({ kind }) => kind)
    : externalKinds(policy, shown, trees, names);
  const isBase = kinds.includes('base');
  const reason = isBase
    ? 'it is a base image, which is never deployed'
    : own === undefined || kinds.length === 1
      ? undefined
      : kinds.length === 0
        ? 'the policy does not say what it is'
        : `it is ${kinds.join(' and ')}`;
  return reason === undefined ? registry : [...registry, { rule: 'policy-kind', reason }];
}

/** By the registry of any of the trees, where the policy says nothing of registries. */
function externalKinds(
  policy: Policy,
  shown: string,
  trees: readonly Tree[],
  registryNames: RegistryNames,
): readonly ImageKind[] {
  return [
    ...new Set(
      trees.flatMap(({ config: { registry } }) =>
        kindsOfExternal(policy, shown, { registry, registryNames }),
      ),
    ),
  ];
}

function named(shown: string): Matchable {
  const repository = repositoryOf(shown);
  return {
    name: repository.slice(repository.lastIndexOf('/') + 1) as ImageName,
    repository: repository as Repository,
    reference: shown as Reference,
  };
}

/** What there is to say of the policy below a list of what runs. */
export function policyLines(
  breaches: readonly (readonly RunningBreach[])[],
  policy: Policy,
): readonly string[] {
  const count = breaches.filter(({ length }) => length > 0).length;
  const isOfRegistries = breaches.flat().some(({ rule }) => rule === 'policy-registry');
  const what =
    count === 0 ? 'no image breaks' : `${count} image${count === 1 ? ' breaks' : 's break'}`;
  return [`${what} the policy${isOfRegistries ? `; ${allowedRegistries(policy)}` : ''}`];
}

/** What is to be said of the exceptions that were needed. */
export function exceptionFindings({ exceptions }: RunningPolicy): readonly Diagnostic[] {
  return exceptions.findings(false);
}
