import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Diagnostic, error, placeOfLine } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { isWithin } from '#core/files/paths.js';
import { contextUse } from '#formats/dockerfile/sources.js';
import { TakenPaths } from '#formats/dockerfile/takenPaths.js';
import { isKeeping, roleOf } from './names.js';

/** A directory, absolute and as shown. */
interface Shown {
  readonly directory: string;
  readonly shown: string;
}

export interface ContextQuestion {
  /** The Dockerfile's own directory. */
  readonly own: Shown;
  /** The names of all that is in it. */
  readonly entries: ReadonlySet<string>;
  /** The highest directory that a context may be. */
  readonly root: Shown;
  /** The Dockerfile, as shown, and its text. */
  readonly file: string;
  readonly text: string;
  readonly args?: ReadonlyMap<string, string>;
  readonly stage?: string;
  /** How directories are listed; absent: afresh. */
  readonly list?: ListDirectory;
}

/**
 * The build context of a Dockerfile about which no file says one: its own directory, or the nearest
 * above it that has every source of COPY, ADD and bind mounts that is found in any of them. Where all
 * is copied out of a `docker` or `build` that holds nothing but Dockerfiles, the directory above. The
 * problem is that no directory has them all.
 */
export function conventionalContext(
  question: ContextQuestion,
): Shown & { readonly problem?: Diagnostic } {
  const { own, root, text, args, stage, list = listDirectory } = question;
  const candidates = upTo(own, root);
  if (candidates.length === 1) {
    return own;
  }
  const { sources, everything } = contextUse(text, {
    ...(args === undefined ? {} : { args }),
    ...(stage === undefined ? {} : { stage }),
  });
  const found = sources
    .map((source) => ({
      source,
      at: candidates.filter(({ directory }) => isThere(directory, source, list)),
    }))
    .filter(({ at }) => at.length > 0);
  if (found.length === 0) {
    return everything ? besidesKept(question, candidates) : own;
  }
  const common = candidates.find((candidate) => found.every(({ at }) => at.includes(candidate)));
  if (common !== undefined) {
    return common;
  }
  const [first] = found;
  const other = found.find(({ at }) => first?.at.some((one) => at.includes(one)) === false);
  const { span } = other?.source ?? first?.source ?? { span: { line: 1, column: 1, length: 1 } };
  const said = [first, other].flatMap((each) =>
    each === undefined ? [] : [`${each.source.path} is in ${each.at[0]?.shown ?? ''}`],
  );
  const problem = error(
    'context-unclear',
    `no directory has all that is copied: ${said.join(', ')}`,
    {
      place: placeOfLine(question.file, text, span.line, span.column, span.length),
      hint: `say which: [[image]] with path = "${question.file}" and context = "/" in generate-bake.toml`,
    },
  );
  return { ...own, problem };
}

/** A directory and those above it, nearest first, up to `root`. */
function upTo(own: Shown, root: Shown): readonly Shown[] {
  const found = [own];
  if (!isWithin(root.directory, own.directory)) {
    return found;
  }
  let { directory, shown } = own;
  while (directory !== root.directory) {
    directory = dirname(directory);
    shown = directory === root.directory ? root.shown : join(shown, '..');
    found.push({ directory, shown });
  }
  return found;
}

type Source = ReturnType<typeof contextUse>['sources'][number];

function isThere(directory: string, { path, isPattern }: Source, list: ListDirectory): boolean {
  try {
    if (!isPattern) {
      lstatSync(join(directory, path));
      return true;
    }
    const parts = path.split('/');
    const wild = parts.findIndex((part) => /[*?[]/.test(part));
    const taken = new TakenPaths([{ path: parts.slice(wild).join('/'), isPattern }]);
    return list(join(directory, ...parts.slice(0, wild))).some(({ name }) =>
      taken.reachesInto(name),
    );
  } catch {
    return false;
  }
}

/** `docker build -f docker/Dockerfile .` is how all of a project is copied. */
function besidesKept({ own, entries }: ContextQuestion, candidates: readonly Shown[]): Shown {
  const isOnlyKept = [...entries].every(
    (name) => roleOf(name) !== undefined || name.endsWith('.dockerignore'),
  );
  if (!isOnlyKept) {
    return own;
  }
  return candidates.find(({ directory }) => !isKeeping(directory)) ?? own;
}
