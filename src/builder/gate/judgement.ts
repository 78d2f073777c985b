import type { TestsOf } from '#compiler/tests/imageTests.js';
import type { Differences, SettingChange } from '#fleet/contents/compare.js';
import type { FileChange } from '#fleet/contents/compareFiles.js';
import type { PackageChange } from '#fleet/contents/packages.js';

/** Whether an image may be published with nobody looking at it. */
export type Judgement =
  | { readonly kind: 'passes' }
  | {
      readonly kind: 'awaits';
      /** A clause: what somebody has to look at. */
      readonly reason: string;
      /** What differs from the version before, a line each, the most important first; not all of it. */
      readonly differences: readonly string[];
    };

export interface Evidence {
  /** Which tests it has passed. */
  readonly tests: TestsOf;
  /** `untested = "publish"` */
  readonly isTestWaived: boolean;
  /** As a person would name it: what it was compared with. */
  readonly before: string;
  readonly differences: Differences;
  /** Platforms that were not compared. */
  readonly notCompared: readonly string[];
  /** Whether each build may change a file (absolute). */
  readonly isExpected: (path: string) => boolean;
  /** What differs in the image that it starts from: it was judged, or approved, there. Absent: that is not known. */
  readonly inherited?: Differences;
}

const mostLines = 12;

/** The rule of the gate: a test has passed, and only upgrades of packages and what is expected differ. Pure. */
export function judge(evidence: Evidence): Judgement {
  const { tests, isTestWaived, before, differences, notCompared, isExpected } = evidence;
  const { unread } = differences;
  const { packages, settings, files } = withoutInherited(differences, evidence.inherited);
  const others = packages.filter(({ change }) => change !== 'upgraded');
  const config = settings.filter((each) => !each.isExpected);
  const changed = files.filter(
    ({ because, path }) => because === 'other' && !isExpected(`/${path}`),
  );
  const counted = [
    count(others.length, 'package'),
    count(config.length, 'setting'),
    count(changed.length, 'file'),
  ].filter((text) => text !== undefined);
  const reasons = [
    ...(tests === 'none' && !isTestWaived ? ['it has no test'] : []),
    ...(counted.length === 0
      ? []
      : [`more than upgrades differs from ${before}: ${counted.join(', ')}`]),
    ...unread.map((kind) => `its ${kind} database is not read`),
    ...(notCompared.length === 0 ? [] : [`not compared: ${notCompared.join(', ')}`]),
  ];
  if (reasons.length === 0) {
    return { kind: 'passes' };
  }
  const lines = [
    ...others.map(packageLine),
    ...config.map(({ key, name, from, to }) => {
      const what = name === undefined ? key : `${key} ${name}`;
      return `${what}: ${from ?? 'not set'} → ${to ?? 'not set'}`;
    }),
    ...changed.map(fileLine),
  ];
  const left = lines.length - mostLines;
  return {
    kind: 'awaits',
    reason: reasons.join('; '),
    differences: left > 0 ? [...lines.slice(0, mostLines), `and ${left} more`] : lines,
  };
}

/** What is the same difference in the image below is none of this one. */
function withoutInherited(
  { packages, settings, files }: Differences,
  inherited: Differences | undefined,
): Pick<Differences, 'packages' | 'settings' | 'files'> {
  if (inherited === undefined) {
    return { packages, settings, files };
  }
  const keysOf = (found: readonly object[], keyOf: (each: never) => string) =>
    new Set(found.map((each) => keyOf(each as never)));
  const known = {
    packages: keysOf(inherited.packages, packageKey),
    settings: keysOf(inherited.settings, settingKey),
    files: keysOf(inherited.files, fileKey),
  };
  return {
    packages: packages.filter((each) => !known.packages.has(packageKey(each))),
    settings: settings.filter((each) => !known.settings.has(settingKey(each))),
    files: files.filter((each) => !known.files.has(fileKey(each))),
  };
}

function packageKey({ change, name, architecture, to }: PackageChange): string {
  return [change, name, architecture, to].join(' ');
}

function settingKey({ key, name, to }: SettingChange): string {
  return JSON.stringify([key, name, to]);
}

/** The same path, which is the same now: what it was before need not be the same. */
function fileKey({ path, to }: FileChange): string {
  return JSON.stringify([path, to === undefined ? null : Object.entries(to).sort()]);
}

function packageLine({ change, name, from, to }: PackageChange): string {
  const versions = [from, to].filter((version) => version !== undefined).join(' → ');
  return `package ${name} ${versions} ${change}`;
}

function fileLine({ change, path }: FileChange): string {
  return `/${path} ${change}`;
}

function count(count: number, what: string): string | undefined {
  return count === 0 ? undefined : `${count} ${what}${count === 1 ? '' : 's'}`;
}
