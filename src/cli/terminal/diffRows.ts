import type { SettingChange, Verdict } from '#fleet/contents/compare.js';
import type { FileChange } from '#fleet/contents/compareFiles.js';
import type { ImageEntry } from '#fleet/contents/fileTree.js';
import { layerRows, totalSize } from '#fleet/contents/layerRows.js';
import { notCompared } from '#fleet/contents/openedImage.js';
import type { PackageChange } from '#fleet/contents/packages.js';
import { platformIn } from '#fleet/contents/settings.js';
import type { Comparison } from '#upkeep/diff/runDiff.js';
import { sizeText } from '#upkeep/prune/localPrune.js';

/** What `diff` says of two images, in rows for any form; nothing is escaped yet. */
export interface DiffRows {
  readonly from: string;
  readonly to: string;
  readonly packages: Section;
  readonly settings: Section;
  readonly layers: Section;
  readonly files: Section;
  /** `52.1 MB → 52.3 MB (+204.1 kB)`; absent where a size is not known. */
  readonly size?: string;
  /** `linux/amd64; not compared: linux/arm64`; absent: there are no others, or they are the same. */
  readonly platform?: string;
  readonly verdict: string;
}

export interface Section {
  /** `2 upgraded, 98 unchanged`. */
  readonly summary: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Without `files`, those of packages and of state are only counted. */
export function diffRows(comparison: Comparison, { files }: { readonly files: boolean }): DiffRows {
  const { from, to, differences } = comparison;
  const size = sizeOf(comparison);
  const platform = platformText(comparison);
  return {
    from: from.shown,
    to: to.shown,
    packages: packageSection(comparison),
    settings: settingSection(differences.settings),
    layers: layerSection(comparison),
    files: fileSection(differences.files, files),
    ...(size === undefined ? {} : { size }),
    ...(platform === undefined ? {} : { platform }),
    verdict: verdicts[differences.verdict],
  };
}

function platformText({ from, to }: Comparison): string | undefined {
  const others = notCompared(from, to);
  const compared = platformIn(to.settings) ?? 'one';
  return others.length === 0 ? undefined : `${compared}; not compared: ${others.join(', ')}`;
}

const verdicts: Readonly<Record<Verdict, string>> = {
  same: 'nothing differs',
  rebuilt:
    'nothing differs but what every build makes anew (state of package managers, caches, logs, version labels)',
  upgrades: 'only upgraded packages',
  other: 'more than upgraded packages differs',
};

function packageSection({ differences }: Comparison): Section {
  const { packages, unchanged, unread } = differences;
  const count = (wanted: PackageChange['change']) => {
    const found = packages.filter(({ change }) => change === wanted).length;
    return found === 0 ? [] : [`${found} ${wanted}`];
  };
  const counts = [
    ...count('added'),
    ...count('removed'),
    ...count('upgraded'),
    ...count('downgraded'),
    ...(unchanged === undefined ? [] : [`${unchanged} unchanged`]),
  ];
  if (counts.join() === '0 unchanged') {
    counts[0] = 'neither has a database of dpkg';
  }
  const notRead = unread.map((kind) => `packages of ${kind} are not read`);
  return {
    summary: [...(counts.length === 0 ? ['none differs'] : [counts.join(', ')]), ...notRead].join(
      '; ',
    ),
    head: ['change', 'package', 'from', 'to'],
    rows: packages.map(({ change, name, architecture, from = '', to = '' }) => {
      const isOne = packages.filter((each) => each.name === name).length === 1;
      return [change, isOne ? name : `${name}:${architecture}`, from, to];
    }),
  };
}

const words: Readonly<Record<SettingChange['key'], string>> = {
  env: 'ENV',
  label: 'LABEL',
  port: 'EXPOSE',
  volume: 'VOLUME',
  user: 'USER',
  workdir: 'WORKDIR',
  entrypoint: 'ENTRYPOINT',
  cmd: 'CMD',
  shell: 'SHELL',
  stopsignal: 'STOPSIGNAL',
  healthcheck: 'HEALTHCHECK',
  onbuild: 'ONBUILD',
  platform: 'platform',
};

function settingSection(all: readonly SettingChange[]): Section {
  const settings = all.filter(({ isExpected }) => !isExpected);
  const labels = all.length - settings.length;
  const beside =
    labels === 0 ? '' : `, beside ${labels} label${labels === 1 ? '' : 's'} of the build`;
  const order = Object.keys(words);
  return {
    summary: `${settings.length === 0 ? 'the same' : differing(settings.length)}${beside}`,
    head: ['change', 'setting', 'from', 'to'],
    rows: settings
      .toSorted((a, b) => order.indexOf(a.key) - order.indexOf(b.key))
      .map(({ key, name, from, to }) => [
        from === undefined ? 'added' : to === undefined ? 'removed' : 'changed',
        name === undefined || name === (to ?? from) ? words[key] : `${words[key]} ${name}`,
        valueText(from),
        valueText(to),
      ]),
  };
}

function differing(count: number): string {
  return `${count} ${count === 1 ? 'differs' : 'differ'}`;
}

/** A longer value is cut: `--json` has it whole. */
const longestValue = 120;

function valueText(value: string | undefined): string {
  if (value === undefined) {
    return '';
  }
  const cut = value.length > longestValue ? `${value.slice(0, longestValue - 1)}…` : value;
  return cut === '' ? '""' : cut;
}

function layerSection({ from, to, listings }: Comparison): Section {
  const rows = layerRows(from, to, listings);
  const isStored = from.compressed !== undefined && to.compressed !== undefined;
  const same = rows.filter(({ isSame }) => isSame).length;
  const text = (size: (typeof rows)[number]['from']) => {
    const bytes = isStored ? size?.compressed : size?.unpacked;
    return bytes === undefined ? '' : sizeText(bytes);
  };
  return {
    summary: `${from.settings.diffIds.length} and ${to.settings.diffIds.length}, ${same} of them the same`,
    head: ['layer', 'from', 'to'],
    rows: rows.flatMap(({ isSame, ...row }, at) =>
      isSame ? [] : [[`${at + 1}`, text(row.from), text(row.to)]],
    ),
  };
}

function sizeOf({ from, to, listings }: Comparison): string | undefined {
  const before = totalSize(from, listings);
  const after = totalSize(to, listings);
  const isStored = before.compressed !== undefined && after.compressed !== undefined;
  const [old, now] = isStored
    ? [before.compressed, after.compressed]
    : [before.unpacked, after.unpacked];
  if (old === undefined || now === undefined) {
    return undefined;
  }
  const change =
    now === old ? 'the same' : `${now > old ? '+' : '−'}${sizeText(Math.abs(now - old))}`;
  return `${sizeText(old)} → ${sizeText(now)} (${change}), ${isStored ? 'compressed' : 'unpacked'}`;
}

function fileSection(all: readonly FileChange[], lists: boolean): Section {
  const others = all.filter(({ because }) => because === 'other');
  const ofPackages = all.filter(({ because }) => because === 'package').length;
  const ofState = all.filter(({ because }) => because === 'state').length;
  const more = [
    ...(ofPackages === 0 ? [] : [`${ofPackages} of the packages above`]),
    ...(ofState === 0 ? [] : [`${ofState} of state, caches and logs`]),
  ];
  const beside = more.length === 0 ? '' : `, beside ${more.join(' and ')}`;
  return {
    summary: `${others.length === 0 ? 'none differs' : differing(others.length)}${beside}`,
    head: ['change', 'what', 'file'],
    rows: (lists ? all : others).map(({ path, change, from, to }) => [
      change,
      from !== undefined && to !== undefined ? changeText(from, to) : entryText(to ?? from),
      `/${path}`,
    ]),
  };
}

/** `-rw-r--r-- 0:0 1.2 kB`. */
function entryText(entry: ImageEntry | undefined): string {
  return entry === undefined
    ? ''
    : `${modeText(entry)} ${ownerText(entry)} ${detailText(entry)}`.trimEnd();
}

/** What of it is another: `-rw-r--r-- → -rw-------, 0:0 → 7:8`. */
function changeText(from: ImageEntry, to: ImageEntry): string {
  const isLink = from.type === 'symlink' && to.type === 'symlink';
  const parts = isLink ? [ownerText, detailText] : [modeText, ownerText, detailText];
  const different = parts.flatMap((part) => {
    const [before, after] = [part(from), part(to)];
    return before === after ? [] : [`${before} → ${after}`];
  });
  const isRewritten =
    from.type === 'file' &&
    to.type === 'file' &&
    from.content !== to.content &&
    detailText(from) === detailText(to);
  const rest = [
    ...(isRewritten ? ['content'] : []),
    ...(from.attributes === to.attributes ? [] : ['attributes']),
  ];
  return [...different, ...rest].join(', ');
}

function ownerText({ uid, gid }: ImageEntry): string {
  return `${uid}:${gid}`;
}

function detailText(entry: ImageEntry): string {
  if (entry.type === 'file') {
    return sizeText(entry.size);
  }
  return 'target' in entry ? `-> ${entry.target}` : '';
}

const letters: Readonly<Record<ImageEntry['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  'character-device': 'c',
  'block-device': 'b',
};

/** As `ls -l` has it. */
function modeText({ type, mode }: ImageEntry): string {
  const special = (bit: number, at: number, letter: string): string => {
    const runs = (mode >> at) & 1;
    return (mode & bit) === 0 ? (runs ? 'x' : '-') : runs ? letter : letter.toUpperCase();
  };
  const access = (at: number, last: string) =>
    `${(mode >> (at + 2)) & 1 ? 'r' : '-'}${(mode >> (at + 1)) & 1 ? 'w' : '-'}${last}`;
  return [
    letters[type],
    access(6, special(0o4000, 6, 's')),
    access(3, special(0o2000, 3, 's')),
    access(0, special(0o1000, 0, 't')),
  ].join('');
}
