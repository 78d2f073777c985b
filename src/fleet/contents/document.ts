import type { Differences, SettingChange } from './compare.js';
import type { FileChange } from './compareFiles.js';
import type { ImageEntry } from './fileTree.js';
import { type LayerRow, type LayerSize, layerRows, totalSize } from './layerRows.js';
import { type Listings, notCompared, type OpenedImage } from './openedImage.js';
import { platformIn } from './settings.js';

/** What `diff --json` prints; doc/diff.schema.json is its schema. */
export function diffDocument(
  { name, isPrivate }: { readonly name: string; readonly isPrivate: boolean },
  from: OpenedImage,
  to: OpenedImage,
  { verdict, packages, unchanged, unread, settings, files }: Differences,
  listings: Listings,
): object {
  const others = notCompared(from, to);
  return {
    schema: 1,
    image: name,
    ...(isPrivate ? { private: true } : {}),
    from: imageOf(from, listings),
    to: imageOf(to, listings),
    verdict,
    ...(others.length === 0 ? {} : { notCompared: others }),
    packages: {
      ...(unchanged === undefined ? {} : { unchanged }),
      notRead: unread,
      changes: packages,
    },
    config: settings.map(settingOf),
    layers: layerRows(from, to, listings).map(layerOf),
    files: files.map(fileOf),
  };
}

function imageOf(image: OpenedImage, listings: Listings): object {
  const { shown, origin, digest, settings } = image;
  const platform = platformIn(settings);
  const { compressed, unpacked } = totalSize(image, listings);
  return {
    image: shown,
    origin,
    ...(digest === undefined ? {} : { digest }),
    ...(platform === undefined ? {} : { platform }),
    ...(compressed === undefined ? {} : { compressedBytes: compressed }),
    ...(unpacked === undefined ? {} : { unpackedBytes: unpacked }),
  };
}

function settingOf({ key, name, from, to, isExpected }: SettingChange): object {
  return {
    setting: key,
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    expected: isExpected,
  };
}

function layerOf({ isSame, from, to }: LayerRow): object {
  return {
    same: isSame,
    ...(from === undefined ? {} : { from: sizeOf(from) }),
    ...(to === undefined ? {} : { to: sizeOf(to) }),
  };
}

function sizeOf({ diffId, compressed, unpacked }: LayerSize): object {
  return {
    diffId,
    ...(compressed === undefined ? {} : { compressedBytes: compressed }),
    ...(unpacked === undefined ? {} : { unpackedBytes: unpacked }),
  };
}

function fileOf({ path, change, because, package: owner, from, to }: FileChange): object {
  return {
    path,
    change,
    because,
    ...(owner === undefined ? {} : { package: owner }),
    ...(from === undefined ? {} : { from: entryOf(from) }),
    ...(to === undefined ? {} : { to: entryOf(to) }),
  };
}

function entryOf(entry: ImageEntry): object {
  const { type, mode, uid, gid, attributes } = entry;
  return {
    type,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    ...(attributes === undefined ? {} : { attributes: Object.fromEntries(JSON.parse(attributes)) }),
    ...(entry.type === 'file' ? { bytes: entry.size, sha256: hexOf(entry.content) } : {}),
    ...('target' in entry ? { target: entry.target } : {}),
  };
}

function hexOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
