import { canonicalRepository, parseReference } from '#core/reference/reference.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { Policy, PolicyException } from '../workspace/policyKeys.js';
import { admissionYaml } from './admissionYaml.js';
import { isAllowedRegistry, kindsOfExternal } from './allowed.js';
import { anchoredNames } from './anchored.js';

/** What happens to what is not allowed, as Kubernetes names it. */
export type AdmissionAction = 'Deny' | 'Warn' | 'Audit';

export interface AdmissionInput {
  readonly policy: Policy;
  /** The rules that count. */
  readonly rules: ReadonlySet<'policy-registry' | 'policy-kind'>;
  /** The images of the trees, without versions. */
  readonly images: readonly { readonly repository: string; readonly isBase: boolean }[];
  /** The registries of the trees. */
  readonly registries: readonly string[];
  readonly names: RegistryNames;
  readonly now: Date;
  readonly action: AdmissionAction;
  /** Namespaces in which anything may run. */
  readonly excluded: readonly string[];
  /** The workspace file, for the comment. */
  readonly file: string;
}

export type Admission = MadeAdmission | { readonly kind: 'nothing' | 'too-long' };

interface MadeAdmission {
  readonly kind: 'made';
  /** Of `ValidatingAdmissionPolicy` and its bindings. */
  readonly yaml: string;
  /** The exceptions that are in it, while they last. */
  readonly exceptions: readonly PolicyException[];
}

/** What an expression may have, in code points (cel-go, and so the API server), but for the few that stand around ours. */
const longestExpression = 99_000;

/**
 * A policy as Kubernetes checks it by itself (CEL). `nothing`: nothing of it is about what runs; `too-long`: it names more
 * images than Kubernetes takes.
 */
export function admissionOf(input: AdmissionInput): Admission {
  const { policy, rules, now } = input;
  const inForce = policy.exceptions.filter(
    ({ rule, until }) =>
      (rule === 'policy-registry' || rule === 'policy-kind') &&
      rules.has(rule) &&
      now.getTime() < until.time,
  );
  const excepted = (rule: string): readonly string[] =>
    inForce
      .filter((one) => one.rule === rule)
      .flatMap((one) => one.images.map(({ value }) => value));
  const isAllowed = rules.has('policy-registry')
    ? allowedExpression(input, excepted('policy-registry'))
    : undefined;
  const isBase = rules.has('policy-kind')
    ? baseExpression(input, excepted('policy-kind'))
    : undefined;
  if (isAllowed === undefined && isBase === undefined) {
    return { kind: 'nothing' };
  }
  if ([isAllowed, isBase].some((one = '') => one.length > longestExpression)) {
    return { kind: 'too-long' };
  }
  return {
    kind: 'made',
    yaml: admissionYaml({ ...input, isAllowed, isBase, exceptions: inForce }),
    exceptions: inForce,
  };
}

/** Of a reference `r` with its registry and a tag. */
function allowedExpression(
  { policy, images, names }: AdmissionInput,
  excepted: readonly string[],
): string | undefined {
  if (policy.registries === undefined) {
    return undefined;
  }
  const registries = new Set(
    policy.registries.flatMap(({ value }) => [
      ...names.all(value),
      ...names.aliases
        .flatMap(({ alias, canonical }) => [alias, canonical])
        .filter((name) => name.toLowerCase().startsWith(`${value}/`))
        .flatMap((name) => names.all(name)),
    ]),
  );
  const own = images
    .flatMap(({ repository }) => names.all(canonical(repository)))
    .filter((repository) => !isAllowedRegistry(policy, repository, names));
  return either([
    ...[...registries].flatMap((registry) =>
      registry.includes('/')
        ? [starts(`${registry}/`), starts(`${registry}:`)]
        : [starts(`${registry}/`)],
    ),
    ...(own.length === 0 ? [] : [`${repositoryOfR} in ${list(own)}`]),
    ...excepted
      .flatMap((pattern) => anchoredNames(pattern, names))
      .map((name) => matchesRegex(anchoredRegex(name))),
  ]);
}

/** By its name; what the trees say of their own images counts before that. */
function baseExpression(input: AdmissionInput, excepted: readonly string[]): string | undefined {
  const { policy, images, registries, names } = input;
  const patterns = policy.kinds
    .filter(({ kind }) => kind === 'base')
    .flatMap((one) => one.images.map(({ value }) => value));
  if (patterns.length === 0) {
    return undefined;
  }
  const byName = (repository: string): boolean =>
    registries.some((registry) =>
      kindsOfExternal(policy, repository, { registry, registryNames: names }).includes('base'),
    );
  const spelled = (isMeant: (image: (typeof images)[number]) => boolean): readonly string[] =>
    images.filter(isMeant).flatMap(({ repository }) => names.all(canonical(repository)));
  const bases = spelled(({ repository, isBase }) => isBase && !byName(repository));
  const others = spelled(({ repository, isBase }) => !isBase && byName(repository));
  // What is of another registry is refused anyway where registries are named; else anybody may have the name.
  const own = registries
    .filter((registry) => registry !== '')
    .flatMap((registry) => names.all(registry))
    .map((registry) => starts(`${registry.toLowerCase()}/`));
  const named =
    policy.registries === undefined
      ? `(${either(own)}) && (${either(patterns.map(matches))})`
      : either(patterns.map(matches));
  const isBase = either([
    `(${named})`,
    ...(bases.length === 0 ? [] : [`${repositoryOfR} in ${list(bases)}`]),
  ]);
  return [
    `(${isBase})`,
    ...(others.length === 0 ? [] : [`!(${repositoryOfR} in ${list(others)})`]),
    ...excepted.map((pattern) => `!${matches(pattern)}`),
  ].join(' &&\n');
}

const repositoryOfR = 'r.substring(0, r.lastIndexOf(":"))';

function starts(text: string): string {
  return `r.startsWith(${JSON.stringify(text)})`;
}

function matches(pattern: string): string {
  return matchesRegex(patternRegex(pattern));
}

function matchesRegex(regex: string): string {
  return `r.matches(${JSON.stringify(regex)})`;
}

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}

function either(all: readonly string[]): string {
  return all.length === 0 ? 'false' : all.join(' ||\n');
}

/** `docker.io/library/nginx`, as a reference without a version. */
function canonical(repository: string): string {
  const parsed = parseReference(repository);
  return parsed.kind === 'reference' ? canonicalRepository(parsed) : repository;
}

/**
 * What `isMatched` says of an image that no tree defines, as a regular expression of RE2 for `REPOSITORY:TAG`: the end of
 * it from a `/` on; or a glob of the whole, of the name, or, where it has a `/`, of all that is behind a `/`. With and without the tag.
 */
export function patternRegex(pattern: string): string {
  const whole = globRegex(pattern, '.');
  if (!/[*?]/.test(pattern)) {
    return `^(?:.*/)?${whole}(?::[^/:]*)?$`;
  }
  const name = pattern.includes('/') ? whole : globRegex(pattern, '[^/]');
  return `^(?:${whole}|.*/${name}(?::[^/:]*)?)$`;
}

/** What `isAnchoredMatch` says of `REPOSITORY:TAG`, of one name that `anchoredNames` gives. */
export function anchoredRegex(name: string): string {
  return `^${globRegex(name, '.')}(?::[^/:]*)?$`;
}

function globRegex(glob: string, any: string): string {
  return glob
    .replace(/[.+^${}()|\\[\]]/g, '\\$&')
    .replace(/[*?]/g, (wild) => (wild === '*' ? `${any}*` : any));
}

/** Whether a pattern can be a regular expression: sets (`[a-c]`) are for `isMatched` alone. */
export function isExpressible(pattern: string): boolean {
  return !pattern.includes('[');
}
