import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The pages that are installed with the program: path in the package to text. A link to a file of the
 * repository that is not among them becomes plain text; `moved` has files that a package keeps elsewhere.
 */
export function documents(root, moved = {}) {
  // Not the notes for people who work on it.
  const paths = [
    ...readdirSync(root).filter((name) => name.endsWith('.md')),
    'docker-bake.example.hcl',
    ...filesBelow(root, 'doc').filter((path) => !path.startsWith('doc/dev/')),
  ].filter((path) => moved[path] === undefined);
  const there = new Set(paths.flatMap((path) => [path, dirname(path)]));
  return new Map(
    paths.sort().map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return [path, path.endsWith('.md') ? withLivingLinks(text, path) : text];
    }),
  );

  function withLivingLinks(text, page) {
    return text.replace(/\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)/g, (link, words, to) => {
      const path = join(dirname(page), to);
      if (there.has(path) || !existsSync(join(root, path))) {
        return link;
      }
      const now = moved[path];
      return now === undefined ? words : `[${words}](${to.slice(0, -path.length)}${now})`;
    });
  }
}

function filesBelow(root, directory) {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .map((name) => `${directory}/${name}`)
    .filter((path) => statSync(join(root, path)).isFile());
}
