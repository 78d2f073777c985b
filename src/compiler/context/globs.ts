import { readGlob } from '#core/text/glob.js';

/**
 * The lines of a `.dockerignore` as docker-pkg takes them, before Docker sees any of it
 * (doc/dev/docker-pkg.md): globs of Python relative to the context, without `**` and `!`, in which
 * `*`, `?` and `[…]` match no leading dot. Gives whether a path of the context is left out; what
 * is in a directory that is left out goes with it.
 */
export function dockerPkgGlobs(text: string): (path: string) => boolean {
  const globs: Component[][] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const pattern = line.trim();
    if (line.startsWith('#') || pattern === '') {
      continue;
    }
    // docker-pkg compares the paths as text, so `./a`, `a/` and the like never match.
    if (pattern.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      continue;
    }
    // More of them are an error where Docker's rules are read.
    if (globs.length < 10_000) {
      globs.push(pattern.split('/').map(componentOf));
    }
  }
  if (globs.length === 0) {
    return () => false;
  }
  return (path) => {
    const parts = path.split('/');
    return globs.some(
      (glob) =>
        glob.length === parts.length && glob.every((matches, at) => matches(parts[at] ?? '')),
    );
  };
}

type Component = (name: string) => boolean;

function componentOf(glob: string): Component {
  if (!/[*?[]/.test(glob)) {
    return (name) => name === glob;
  }
  const pattern = readGlob(glob);
  const takesHidden = glob.startsWith('.');
  return (name) => (takesHidden || !name.startsWith('.')) && pattern.test(name);
}
