import { compareVersions } from '#formats/debian/version.js';
import type { KeepLine } from './keepFile.js';

/** One tag of a repository, on an engine or in a registry. */
export interface Tagged {
  readonly tag: string;
  /** What the tag names: an image ID or a manifest's digest; absent where it could not be read. */
  readonly identity?: string;
  /** When the image was made, in milliseconds; absent where it does not say. */
  readonly created?: number;
  /** A container uses it. */
  readonly inUse?: boolean;
}

export interface Rules {
  readonly repository: string;
  /** Every name of the repository, where its registry has several; absent: that one. */
  readonly names?: readonly string[];
  /** The tag that the definition has now. */
  readonly current: string;
  /** `latest` stays, and so does what it names. */
  readonly keepLatest: boolean;
  /** So many images stay beside the current one, the newest first. */
  readonly newest: number;
  /** Images made after this time (milliseconds) stay. */
  readonly madeAfter?: number;
  readonly keepLines: readonly KeepLine[];
}

/** The rule that decided. All but `outdated` keep the tag. */
export type Rule =
  | { readonly kind: 'current' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'keep-file'; readonly line: KeepLine }
  | { readonly kind: 'young' }
  | { readonly kind: 'newest'; readonly of: number }
  /** It names the same image as a tag that stays: deleting it by digest would take both. */
  | { readonly kind: 'same-image'; readonly tag: string }
  /** What it names could not be read: nothing is said against it. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'outdated' };

export interface Verdict {
  readonly tag: string;
  readonly rule: Rule;
}

/** Which tags of one repository are outdated, and why the others are not; newest first. */
export function judge(tags: readonly Tagged[], rules: Rules): readonly Verdict[] {
  const sorted = [...tags].sort(newestFirst);
  const verdicts = new Map<string, Rule>();
  for (const tag of sorted) {
    const rule = ownRule(tag, rules);
    if (rule !== undefined) {
      verdicts.set(tag.tag, rule);
    }
  }
  keepNewest(sorted, rules, verdicts);
  const kept = new Map<string, string>();
  for (const { tag, identity } of sorted) {
    if (verdicts.has(tag) && identity !== undefined && !kept.has(identity)) {
      kept.set(identity, tag);
    }
  }
  return sorted.map(({ tag, identity }) => {
    const same = identity === undefined ? undefined : kept.get(identity);
    const rule = verdicts.get(tag);
    if (rule !== undefined) {
      return { tag, rule };
    }
    if (same !== undefined) {
      return { tag, rule: { kind: 'same-image', tag: same } };
    }
    return { tag, rule: { kind: identity === undefined ? 'unreadable' : 'outdated' } };
  });
}

function ownRule(tagged: Tagged, rules: Rules): Rule | undefined {
  const { tag, created, inUse } = tagged;
  if (tag === rules.current) {
    return { kind: 'current' };
  }
  if (tag === 'latest' && rules.keepLatest) {
    return { kind: 'latest' };
  }
  if (inUse) {
    return { kind: 'in-use' };
  }
  const names = rules.names ?? [rules.repository];
  const line = rules.keepLines.find(({ matches }) =>
    names.some((name) => matches(`${name}:${tag}`)),
  );
  if (line !== undefined) {
    return { kind: 'keep-file', line };
  }
  if (rules.madeAfter !== undefined && created !== undefined && created > rules.madeAfter) {
    return { kind: 'young' };
  }
  return undefined;
}

/** Counts images, not tags, and not the current one, nor `latest` where that stays anyway. */
function keepNewest(sorted: readonly Tagged[], rules: Rules, verdicts: Map<string, Rule>): void {
  const counted = new Set<string>();
  const free = new Set<string>();
  for (const { tag, identity } of sorted) {
    const kind = verdicts.get(tag)?.kind;
    if (identity !== undefined && (kind === 'current' || kind === 'latest')) {
      free.add(identity);
    }
  }
  for (const { tag, identity } of sorted) {
    if (identity === undefined || free.has(identity)) {
      continue;
    }
    if (!counted.has(identity) && counted.size >= rules.newest) {
      continue;
    }
    counted.add(identity);
    if (!verdicts.has(tag)) {
      verdicts.set(tag, { kind: 'newest', of: rules.newest });
    }
  }
}

/** By the time the image was made, without one last; of the same time by version. */
function newestFirst(a: Tagged, b: Tagged): number {
  const [timeA, timeB] = [a.created ?? -1, b.created ?? -1];
  return timeB - timeA || compareVersions(b.tag, a.tag) || (a.tag < b.tag ? -1 : 1);
}

/** The rule in words, for the list. */
export function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case 'current':
      return 'the current version';
    case 'latest':
      return 'latest stays';
    case 'in-use':
      return 'a container uses it';
    case 'keep-file':
      return `line ${rule.line.line} of the keep file: ${rule.line.text}`;
    case 'young':
      return 'younger than asked for';
    case 'newest':
      return `among the newest ${rule.of}`;
    case 'same-image':
      return `the same image as ${rule.tag}`;
    case 'unreadable':
      return 'what it names could not be read';
    case 'outdated':
      return 'no rule keeps it';
  }
}
