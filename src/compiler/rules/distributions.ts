import type { ImageReference } from '#core/reference/reference.js';

/** A release of a distribution. */
export interface Release {
  /** `Debian 11 (bullseye)`. */
  readonly name: string;
  /** `debian`. */
  readonly distribution: string;
  readonly codename: string;
  /** `11`. */
  readonly number: string;
  /** The last day on which it gets security updates that everybody has, `YYYY-MM-DD`. */
  readonly end: string;
}

/**
 * When releases of Debian and Ubuntu end: the columns `eol-lts` of debian.csv and `eol` of ubuntu.csv in
 * distro-info-data 0.58+deb12u6. Debian's LTS counts, as it is for everybody; paid support does not.
 */
const table = `
debian 8 jessie 2020-06-30
debian 9 stretch 2022-06-30
debian 10 buster 2024-06-30
debian 11 bullseye 2026-08-31
debian 12 bookworm 2028-06-30
debian 13 trixie 2030-06-30
ubuntu 14.04 trusty 2019-04-25
ubuntu 16.04 xenial 2021-04-30
ubuntu 18.04 bionic 2023-05-31
ubuntu 20.04 focal 2025-05-29
ubuntu 22.04 jammy 2027-06-01
ubuntu 23.04 lunar 2024-01-25
ubuntu 23.10 mantic 2024-07-11
ubuntu 24.04 noble 2029-05-31
ubuntu 24.10 oracular 2025-07-10
ubuntu 25.04 plucky 2026-01-15
ubuntu 25.10 questing 2026-07-09
ubuntu 26.04 resolute 2031-05-29
`;

const releases = table
  .trim()
  .split('\n')
  .map((line) => {
    const [of = '', number = '', codename = '', end = ''] = line.split(' ');
    const name = `${of === 'debian' ? 'Debian' : 'Ubuntu'} ${number} (${codename})`;
    return { of, number, codename, release: { name, distribution: of, codename, number, end } };
  });

const byCodename: ReadonlyMap<string, Release> = new Map(
  releases.map(({ codename, release }) => [codename, release]),
);
const byNumber: ReadonlyMap<string, Release> = new Map(
  releases.map(({ of, number, release }) => [`${of} ${number}`, release]),
);

/**
 * The release that an image says it is of: by a word of its tag (`python:3.9-slim-bullseye`), by its name
 * (`bullseye:latest`), or `debian:11`; undefined where it says none that is known.
 */
export function releaseOf({ path, tag = '' }: ImageReference): Release | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (const word of [...tag.split('-'), ...name.split('-')]) {
    const found = byCodename.get(word);
    if (found !== undefined) {
      return found;
    }
  }
  const [first = ''] = tag.split('-');
  const number = name === 'debian' ? first.split('.')[0] : first;
  return byNumber.get(`${name} ${number}`);
}

/** Whether it has ended on a day. */
export function hasEnded({ end }: Pick<Release, 'end'>, now: Date): boolean {
  return now.toISOString().slice(0, 10) > end;
}
