// biome-ignore lint/style/noRestrictedImports: makes a directory that the user names, beside its place, and moves it there.
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { packageRoot } from '#core/files/packageRoot.js';
import { whyNot } from '#core/files/paths.js';

/** The repository that `init` makes: shipped with the program, and its bundled sample. */
const scaffoldDirectory = join(packageRoot(), 'templates', 'init');

export type Scaffolded =
  /** The files made, relative to the directory, sorted. */
  | { readonly kind: 'made'; readonly files: readonly string[] }
  | { readonly kind: 'refused'; readonly problem: Diagnostic };

/**
 * Makes a small working repository at `directory`, which must be absent, or empty but for `.git`.
 * Everything is copied beside the place first and then moved in, so that a failure leaves nothing
 * half made.
 */
export function scaffold(directory: string, shown: string): Scaffolded {
  const target = resolve(directory);
  const present = existsSync(target) ? list(target) : [];
  if (present === undefined) {
    return refused(`${shown} exists and is not a directory`, shown);
  }
  const inTheWay = present.filter((name) => name !== '.git');
  if (inTheWay.length > 0) {
    const some = inTheWay.slice(0, 3).join(', ');
    return refused(
      `${shown} is not empty: it contains ${some}${inTheWay.length > 3 ? ' and more' : ''}`,
      shown,
    );
  }

  const draft = join(dirname(target), `.${basename(target)}.init-${process.pid}`);
  try {
    makeDirectory(dirname(target));
    rmSync(draft, { recursive: true, force: true });
    cpSync(scaffoldDirectory, draft, { recursive: true });
    // npm leaves files of this name out of its tarballs, hence the plain name in templates/.
    renameSync(join(draft, 'gitignore'), join(draft, '.gitignore'));
    makeDirectory(target);
    const files = filesBelow(draft);
    // npm's tarballs do not keep every mode: what is a script says so in its first line or name.
    for (const file of files) {
      chmodSync(join(draft, file), isScript(file) ? 0o755 : 0o644);
    }
    for (const name of readdirSync(draft)) {
      renameSync(join(draft, name), join(target, name));
    }
    return { kind: 'made', files };
  } catch (cause) {
    const message = `the repository cannot be made: ${shown} ${whyNot(cause)}`;
    const problem = error('init-refused', message, { place: { file: shown } });
    return { kind: 'refused', problem };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function refused(message: string, file: string): Scaffolded {
  const hint = 'name a directory that does not exist yet, or an empty one';
  return { kind: 'refused', problem: error('init-refused', message, { place: { file }, hint }) };
}

function list(directory: string): string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined;
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

function isScript(file: string): boolean {
  return file.endsWith('.sh') || basename(file) === 'make-greeting';
}
