import type { Place } from '../diagnostics/diagnostic.js';

/** Two names of one registry: `host[:port]`, each perhaps with a path behind it. */
export interface RegistryAlias {
  /** The further name. */
  readonly alias: string;
  /** The one under which the registry is compared. */
  readonly canonical: string;
  /** Where that is written. */
  readonly place?: Place;
}

interface Spelling {
  /** In lower case. */
  readonly prefix: string;
  readonly canonical: string;
}

/**
 * The registries that have several names, each with the one under which its images are compared.
 * Upper and lower case are one in a host's name; of names that begin with one another the longest
 * counts. A registry that nothing is said of has one name.
 */
export class RegistryNames {
  readonly aliases: readonly RegistryAlias[];
  readonly #spellings: readonly Spelling[];
  readonly #pattern: RegExp | undefined;

  constructor(aliases: readonly RegistryAlias[] = []) {
    this.aliases = aliases;
    const spellings = new Map<string, string>();
    for (const { alias, canonical } of aliases) {
      spellings.set(alias.toLowerCase(), canonical);
      spellings.set(canonical.toLowerCase(), canonical);
    }
    this.#spellings = [...spellings]
      .map(([prefix, canonical]) => ({ prefix, canonical }))
      .sort((a, b) => b.prefix.length - a.prefix.length);
    this.#pattern = aliases.length === 0 ? undefined : patternOf(aliases);
  }

  get isEmpty(): boolean {
    return this.aliases.length === 0;
  }

  /** A registry, a repository or a reference under the canonical name of its registry. */
  canonical(name: string): string {
    const found = this.#spellingOf(name);
    return found === undefined ? name : found.canonical + name.slice(found.prefix.length);
  }

  /** Every name that a registry, a repository or a reference has, its own first. */
  all(name: string): readonly string[] {
    const found = this.#spellingOf(name);
    if (found === undefined) {
      return [name];
    }
    const rest = name.slice(found.prefix.length);
    const { canonical } = found;
    const others = this.aliases.flatMap((each) =>
      each.canonical === canonical ? [each.alias] : [],
    );
    return [...new Set([name, canonical + rest, ...others.map((alias) => alias + rest)])];
  }

  /** A text with every further name of a registry in it replaced by the canonical one. */
  canonicalText(text: string): string {
    return this.#pattern === undefined
      ? text
      : text.replace(this.#pattern, (found) => this.canonical(found));
  }

  #spellingOf(name: string): Spelling | undefined {
    if (this.isEmpty) {
      return undefined;
    }
    const lower = name.toLowerCase();
    return this.#spellings.find(
      ({ prefix }) =>
        lower.startsWith(prefix) && (lower.length === prefix.length || endsAt(lower, prefix)),
    );
  }
}

/** Of a tree about whose registries nothing is said. */
export const noNames = new RegistryNames();

/** What is said in several places, each thing once. */
export function joinNames(all: Iterable<RegistryNames | undefined>): RegistryNames {
  const found = new Map<string, RegistryAlias>();
  for (const names of all) {
    for (const alias of names?.aliases ?? []) {
      found.set(alias.alias.toLowerCase(), alias);
    }
  }
  return found.size === 0 ? noNames : new RegistryNames([...found.values()]);
}

/** Whether a name ends there: behind it is a path, or behind a path a tag. A port is another host. */
function endsAt(name: string, prefix: string): boolean {
  const next = name.charAt(prefix.length);
  return next === '/' || (prefix.includes('/') && (next === ':' || next === '@'));
}

function patternOf(aliases: readonly RegistryAlias[]): RegExp {
  const longestFirst = [...aliases].sort((a, b) => b.alias.length - a.alias.length);
  const either = longestFirst.map(({ alias }) => {
    const escaped = alias.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return alias.includes('/') ? escaped : `${escaped}(?!:\\d)`;
  });
  return new RegExp(`(?<![A-Za-z0-9._-])(?:${either.join('|')})(?!\\.?[A-Za-z0-9_-])`, 'gi');
}
