import { hash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, join, posix, relative } from 'node:path';
import type { Place } from '#core/diagnostics/diagnostic.js';
import { isOwnOrGits } from '#core/files/boundary.js';
import { whyNot } from '#core/files/paths.js';
import { readOpen } from '#core/files/readBytes.js';
import { type Door, withInside } from '#core/files/readInside.js';
import type { TableReader } from '#formats/settings/tableReader.js';
import type { AddedFile } from './recipe.js';

/** The directory that paths are relative to, and where links may lead; `shown` ends in a slash or is empty. */
export interface Base {
  readonly door: Door;
  readonly shown: string;
}

/** `[[files]]`: a file or a whole directory beside the recipe, and where it goes. */
export function collectFiles(table: TableReader, base: Base): readonly AddedFile[] {
  const files: AddedFile[] = [];
  for (const entry of table.tables('files') ?? []) {
    const source = entry.string('source');
    const target = entry.string('target');
    const mode = fileMode(entry);
    entry.finish();
    if (source === undefined || target === undefined) {
      if (!entry.has('source') || !entry.has('target')) {
        entry.complain(
          'a file needs a source and a target',
          entry.place,
          'for example target = "/etc/x"',
        );
      }
      continue;
    }
    if (
      !/^\/[^\0\n]*$/.test(target) ||
      posix.normalize(target) !== target.replace(/(?<=.)\/$/, '')
    ) {
      entry.complain(
        'target must be an absolute path in the image',
        entry.valuePlace('target'),
        'for example "/etc/motd"',
      );
      continue;
    }
    const at = entry.valuePlace('source');
    const from = { source: join(base.door.own, source), shown: `${base.shown}${source}` };
    collect(entry, base.door, from, target, mode, at, files);
  }
  return files.sort((a, b) => (a.target < b.target ? -1 : 1));
}

/** `keys`: OpenPGP keys beside the recipe, armoured (.asc) or not (.gpg), as apt tells them apart. */
export function collectKeys(table: TableReader, base: Base): readonly AddedFile[] {
  return (table.strings('keys', 'the path of a key') ?? []).flatMap(({ value, place }) => {
    const found: AddedFile[] = [];
    const from = { source: join(base.door.own, value), shown: `${base.shown}${value}` };
    collect(
      table,
      base.door,
      from,
      `/etc/apt/trusted.gpg.d/${basename(value)}`,
      0o644,
      place,
      found,
    );
    const [key] = found;
    if (key === undefined) {
      return [];
    }
    const armoured = withInside(key.source, base.door, (open) =>
      readOpen(open).toString('latin1').trimStart(),
    ).startsWith('-----BEGIN PGP');
    const extension = armoured ? 'asc' : 'gpg';
    if (value.endsWith(`.${extension}`)) {
      return [key];
    }
    table.complain(
      `the key is ${armoured ? '' : 'not '}armoured, so its name must end in .${extension}`,
      place,
      `rename it to ${value.replace(/\.[^./]*$/, '')}.${extension}`,
    );
    return [];
  });
}

function collect(
  table: TableReader,
  door: Door,
  from: { readonly source: string; readonly shown: string },
  target: string,
  mode: number | undefined,
  place: Place,
  files: AddedFile[],
): void {
  const { source, shown } = from;
  try {
    // Named itself, a symlink is followed; inside a directory it is taken along as it is.
    const stat = statSync(source);
    if (stat.isDirectory()) {
      if (mode !== undefined) {
        table.complain(
          `${shown} is a directory, whose files keep their modes`,
          place,
          'leave mode out',
        );
        return;
      }
      const way = relative(door.own, source);
      const why = isOwnDirectory(door, source)
        ? undefined
        : door.boundary.whyNotDirectory(realpathSync(source));
      if (why !== undefined || isOwnOrGits(way)) {
        table.complain(`the directory ${shown} ${why ?? 'is of git or of generate-bake'}`, place);
        return;
      }
      addDirectory(door, source, shown, target, files);
    } else if (stat.isFile()) {
      files.push(added(door, source, shown, target, mode ?? usualMode(stat.mode)));
    } else {
      table.complain(`${shown} is neither a file nor a directory`, place);
    }
  } catch (cause) {
    table.complain(`the file ${shown} ${whyNot(cause)}`, place);
  }
}

function addDirectory(
  door: Door,
  source: string,
  shown: string,
  target: string,
  files: AddedFile[],
): void {
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const path = join(source, entry.name);
    const to = posix.join(target, entry.name);
    const name = `${shown}/${entry.name}`;
    if (isOwnOrGits(entry.name)) {
      continue;
    }
    if (entry.isDirectory()) {
      addDirectory(door, path, name, to, files);
    } else if (entry.isSymbolicLink()) {
      files.push({
        source: path,
        shown: name,
        target: to,
        mode: 0o777,
        content: { kind: 'symlink', to: readlinkSync(path) },
      });
    } else if (entry.isFile()) {
      files.push(added(door, path, name, to, usualMode(lstatSync(path).mode)));
    }
  }
}

/** Whether a directory is below the image's own, with no link on the way. */
function isOwnDirectory({ own }: Door, directory: string): boolean {
  const way = relative(own, directory);
  return !/^\.\.(?:\/|$)/.test(way) && realpathSync(directory) === join(realpathSync(own), way);
}

function added(door: Door, source: string, shown: string, target: string, mode: number): AddedFile {
  const sha256 = withInside(source, door, (open) => hash('sha256', readOpen(open)));
  return { source, shown, target, mode, content: { kind: 'file', sha256 } };
}

/** As git keeps modes, so that two checkouts under different umasks agree. */
function usualMode(mode: number): number {
  return (mode & 0o100) === 0 ? 0o644 : 0o755;
}

function fileMode(entry: TableReader): number | undefined {
  const written = entry.string('mode');
  if (written === undefined) {
    return undefined;
  }
  if (/^0?[0-7]{3,4}$/.test(written)) {
    return Number.parseInt(written, 8);
  }
  entry.complain('mode must be octal', entry.valuePlace('mode'), 'for example mode = "0644"');
  return undefined;
}
