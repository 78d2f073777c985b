import type { Place } from '#core/diagnostics/diagnostic.js';
import { type PolicyRule, policyRules } from '#core/diagnostics/rules.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { type HoldTime, holdTime, timeHint, whyUnfit } from './holdKeys.js';
import { entryIn } from './inLanguage.js';

/** What images are for: only those of the last three are deployed. */
const imageKinds = ['base', 'production', 'service', 'distroless'] as const;
export type ImageKind = (typeof imageKinds)[number];

/** What an image may stand on: one of a kind, nothing, or an image that is of no kind and in no tree. */
const foundations = [...imageKinds, 'scratch', 'external'] as const;
type Foundation = (typeof foundations)[number];

/** The table `policy` of a workspace file. */
export interface Policy {
  /** `host[:port]`, perhaps with a path: where images may come from; absent: anywhere. */
  readonly registries?: readonly Found<string>[];
  /** Names of distributions and releases that may be built on; absent: any. */
  readonly distributions?: readonly Found<string>[];
  /** Keys that every image must have. */
  readonly labels: readonly Found<string>[];
  /** Empty: nothing is said of kinds. */
  readonly kinds: readonly KindOfImages[];
  readonly exceptions: readonly PolicyException[];
}

/** A table `policy.base` or its like. */
export interface KindOfImages {
  readonly kind: ImageKind;
  /** Globs and names, as `--select` takes them. */
  readonly images: readonly Found<string>[];
  /** Absent: on anything. */
  readonly on?: readonly Foundation[];
  readonly place: Place;
}

/** A `[[policy.exception]]`. */
export interface PolicyException {
  /** As of a kind. */
  readonly images: readonly Found<string>[];
  readonly rule: PolicyRule;
  readonly reason: string;
  readonly until: HoldTime;
  readonly place: Place;
}

/** Each is tried on every finding. */
const mostExceptions = 1_000;

/** Reads `policy`. Complains of whatever would make it allow or refuse something else. */
export function readPolicy(table: TableReader): Policy | undefined {
  const inner = table.table('policy');
  if (inner === undefined) {
    return undefined;
  }
  const registries = inner.strings('registries', 'a registry')?.flatMap((one) => {
    const value = readRegistry(inner, one);
    return value === undefined ? [] : [{ ...one, value }];
  });
  const distributions = inner.strings('distributions', 'a name');
  const labels = inner.strings('labels', 'the key of a label') ?? [];
  for (const { value, place } of [...(distributions ?? []), ...labels]) {
    if (value === '' || /[\s\p{Cc}]/u.test(value)) {
      inner.complain('an entry is empty, or contains a space', place);
    }
  }
  const kinds = imageKinds.flatMap((kind) => readKind(inner, kind));
  const list = inner.tables('exception') ?? [];
  if (list.length > mostExceptions) {
    const message = `there are more than ${mostExceptions} exceptions`;
    inner.complain(message, inner.keyPlace('exception'));
  }
  const exceptions = list.length > mostExceptions ? [] : list.flatMap(readException);
  inner.finish();
  return {
    ...(registries === undefined ? {} : { registries }),
    ...(distributions === undefined ? {} : { distributions }),
    labels,
    kinds,
    exceptions,
  };
}

const hostPattern = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/;
const pathPattern = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;

/** Whether this, in lower case, can only be the host of a registry. */
export function isHost(text: string): boolean {
  return hostPattern.test(text) && (text === 'localhost' || /[.:]/.test(text));
}

/** A registry as references are compared with it; undefined, with a complaint, where it cannot be one. */
function readRegistry(inner: TableReader, { value, place }: Found<string>): string | undefined {
  const [host = '', ...rest] = value.split('/');
  const path = rest.join('/');
  const lower = host.toLowerCase();
  if (isHost(lower) && (rest.length === 0 || pathPattern.test(path))) {
    const name = lower === 'index.docker.io' ? 'docker.io' : lower;
    return [name, ...rest].join('/');
  }
  const message = `${JSON.stringify(value)} is not a registry`;
  const bare = value.replace(/^[a-z]+:\/\//i, '').replace(/\/+\*?$/, '');
  const hint =
    pathPattern.test(bare) && !/[.:]/.test(bare)
      ? `write docker.io/${bare.includes('/') ? '' : 'library/'}${bare}, if that is meant`
      : 'write host[:port], perhaps with a path: all that is below it is allowed';
  inner.complain(message, place, hint);
  return undefined;
}

function readKind(table: TableReader, kind: ImageKind): KindOfImages[] {
  const inner = table.table(kind);
  if (inner === undefined) {
    return [];
  }
  const images = readGlobs(inner, `policy.${kind}`);
  const words = inner.strings('on', 'a word');
  const known = `the words are: ${foundations.join(', ')}`;
  const on = words?.flatMap(({ value, place }) => {
    const found = foundations.find((each) => each === value);
    if (found === undefined) {
      const hint = didYouMean(value, foundations) ?? known;
      inner.complain(`an image cannot be on "${value}"`, place, hint);
    }
    return found ?? [];
  });
  if (words?.length === 0) {
    inner.complain('the images may be on nothing', inner.valuePlace('on'), known);
  }
  inner.finish();
  return [{ kind, images, ...(on === undefined ? {} : { on }), place: inner.place }];
}

function readGlobs(inner: TableReader, what: string): readonly Found<string>[] {
  const images = inner.strings('images', 'a glob') ?? [];
  if (!inner.has('images')) {
    const hint = `add ${entryIn(inner.place, 'images', ['NAME'])}: names or globs`;
    inner.complain(`${what} needs images`, inner.place, hint);
  } else if (images.length === 0 && Array.isArray(inner.raw('images'))) {
    inner.complain(`${what} is about no images`, inner.valuePlace('images'));
  }
  for (const { value, place } of images) {
    if (value.trim() === '') {
      inner.complain('an entry of images is empty', place);
    } else if (/[^!-~]/.test(value)) {
      const message = `images: ${JSON.stringify(value)} has a character that no name of an image has`;
      inner.complain(message, place, 'write names or globs in ASCII, without spaces');
    }
  }
  return images;
}

function readException(table: TableReader): PolicyException[] {
  const before = table.diagnostics.length;
  const images = readGlobs(table, 'an exception');
  const rule = table.choice('rule', policyRules);
  const reason = table.string('reason') ?? '';
  const text = table.string('until') ?? '';
  const until = holdTime(text, 'end');
  const needs = {
    rule: ['rule', entryIn(table.place, 'rule', policyRules[0])],
    reason: ['reason', entryIn(table.place, 'reason', '…')],
    until: ['day on which it ends', entryIn(table.place, 'until', '2027-03-31')],
  } as const;
  for (const [key, [what, entry]] of Object.entries(needs)) {
    if (!table.has(key)) {
      table.complain(`an exception needs a ${what}`, table.place, `add ${entry}`);
    }
  }
  if (typeof table.raw('reason') === 'string') {
    const unfit = reason.trim() === '' ? 'the reason is empty' : whyUnfit(reason);
    if (unfit !== undefined) {
      table.complain(unfit, table.valuePlace('reason'));
    }
  }
  if (typeof table.raw('until') === 'string' && until === undefined) {
    const message = `until is not a day or a time: ${JSON.stringify(text)}`;
    table.complain(message, table.valuePlace('until'), timeHint);
  }
  table.finish();
  return table.diagnostics.length > before || rule === undefined || until === undefined
    ? []
    : [{ images, rule, reason, until, place: table.place }];
}
