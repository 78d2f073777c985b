import type { HoldDocument } from '../holds/document.js';
import { heldAt, latestElsewhere } from '../holds/mark.js';
import { owedText } from './owedText.js';
import type { Reason, ReasonDocument } from './reason.js';

/** How a reference is shown to whoever reads. */
type NameOf = (reference: string) => string;

type OfKind<Kind extends Reason['kind']> = Extract<Reason, { kind: Kind }>;

/** A reason for a person: a clause about the image, without a full stop. */
export function sentenceOf(reason: Reason, nameOf: NameOf = (reference) => reference): string {
  switch (reason.kind) {
    case 'not-published':
      return reason.earlier === 'none'
        ? `never published: the registry has no version of it`
        : `version ${reason.version} is not published`;
    case 'new-version':
      return reason.from === undefined
        ? `new version ${reason.to}`
        : `new version ${reason.to}: ${reason.from} is published`;
    case 'not-built':
      return 'not built yet';
    case 'not-local':
      return 'the engine does not have it (--no-pull)';
    case 'drifted':
      return reason.where === 'registry'
        ? 'changed since it was published, without a new version'
        : 'changed since it was built, without a new version';
    case 'overwritten':
      return 'built and published again under its version (--overwrite-published)';
    case 'parent-rebuilt':
      return `its parent ${nameOf(reason.parent)} will be rebuilt`;
    case 'parent-changed':
      return `its parent ${nameOf(reason.parent)} changed`;
    case 'older-parent':
      return olderText(reason, nameOf);
    case 'base-moved':
      return `${baseText(reason, nameOf)} moved to ${short(reason.to)}`;
    case 'base-unknown':
      return `whether ${baseText(reason, nameOf)} moved is not known: ${reason.problem}`;
    case 'local-unusable':
      return unusableText(reason, nameOf);
    case 'pending':
      return reason.untested
        ? 'built, and its test has not passed yet'
        : 'built, and not published yet';
    case 'local':
      return reason.unpublished === undefined
        ? 'built'
        : `built; not published: ${reason.unpublished}`;
    case 'needed':
      return `${nameOf(reason.child)} needs it`;
    case 'not-needed':
      return 'nothing that is built needs it';
    case 'owed':
      return owedText(reason.tags);
    case 'owed-unknown':
      return reason.problem;
    case 'held':
      return heldText(reason, nameOf);
    case 'latest-held':
      return `latest is held at ${heldAt(reason)}`;
    case 'latest-elsewhere':
      return latestElsewhere(reason);
    case 'lost':
      return `the registry has lost it: ${reason.trace}`;
    case 'unknown':
      return `its state is not known: ${reason.problem}`;
    case 'failed-last-time':
      return `failed last time${during(reason)} (${reason.ended}): ${reason.problem}`;
    case 'broken':
      return `its definition is broken: ${reason.problem}`;
    case 'blocked':
      return blockedText(reason, nameOf);
    case 'kept':
      return keptText(reason);
    case 'excluded':
      return `${reason.path} is not searched for images: exclude has "${reason.pattern}"`;
  }
}

/** With its sentence, for documents. */
export function reasonDocument(reason: Reason): ReasonDocument {
  return { ...reason, text: sentenceOf(reason) };
}

function short(digest: string): string {
  return `${digest.slice(0, 19)}…`;
}

function baseText({ base, parent }: OfKind<'base-moved' | 'base-unknown'>, nameOf: NameOf): string {
  return parent === undefined
    ? `its base ${nameOf(base)}`
    : `the base ${nameOf(base)} of ${nameOf(parent)}`;
}

function olderText({ parent, builtOn }: OfKind<'older-parent'>, nameOf: NameOf): string {
  return builtOn === undefined
    ? `built on an older ${nameOf(parent)}`
    : `built on ${nameOf(builtOn)}, which is older than ${nameOf(parent)}`;
}

function unusableText({ because, base }: OfKind<'local-unusable'>, nameOf: NameOf): string {
  switch (because) {
    case 'changed':
      return 'the local image was built from another definition';
    case 'other-recipe':
      return 'the definition digest of the local image is not comparable';
    case 'other-tool':
      return 'the local image was built by another tool';
    case 'unknown':
      return 'whether it changed since it was built is not known';
    case 'other-base':
      return `the local image is built on another ${base === undefined ? 'base' : nameOf(base)}`;
  }
}

const stopped: Readonly<Record<HoldDocument['stop'], string>> = {
  build: 'not built',
  publish: 'not published',
  latest: 'latest is not moved',
  refresh: 'not refreshed',
};

function heldText({ hold, parent }: OfKind<'held'>, nameOf: NameOf): string {
  const of = parent === undefined ? '' : `${nameOf(parent)} is `;
  const until = hold.until === undefined ? '' : ` until ${hold.until}`;
  return `${stopped[hold.stop]}: ${of}held${until}: ${hold.reason} (${hold.place})`;
}

function during(reason: OfKind<'failed-last-time'>): string {
  return reason.during === undefined ? '' : `, in ${reason.during}`;
}

const blocking: Readonly<Record<OfKind<'blocked'>['because'], string>> = {
  broken: 'whose definition is broken',
  held: 'which is held',
  lost: 'which the registry has lost',
  unknown: 'whose state is not known',
};

function blockedText({ by, because, chain }: OfKind<'blocked'>, nameOf: NameOf): string {
  const through = chain.slice(0, -1).map(nameOf);
  const way = through.length === 0 ? '' : ` (through ${through.join(', ')})`;
  return `blocked by ${nameOf(by)}, ${blocking[because]}${way}`;
}

const unknowable: Readonly<Record<NonNullable<OfKind<'kept'>['because']>, string>> = {
  broken: 'its definition is broken',
  'broken-parent': 'what it is built on is broken',
  'other-recipe': 'its definition digest is not comparable',
  'other-tool': 'it was built by another tool',
  unreadable: 'its labels cannot be read',
};

function keptText({ changed, because, problem }: OfKind<'kept'>): string {
  if (changed === 'no') {
    return 'kept: published and unchanged';
  }
  const why = because === undefined ? '' : `: ${unknowable[because]}`;
  const detail = problem === undefined ? '' : ` (${problem})`;
  return `kept: published; whether it changed is not known${why}${detail}`;
}
