import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { runCli } from './cli.js';
import type { RunOptions } from './process.js';
import { type ScratchFile, type ScratchTree, scratchTree } from './scratch.js';

/** A changelog of one block, five lines. */
export function changelogOf(name: string, version = '1'): string {
  return `${name} (${version}) unstable; urgency=low\n\n  * First.\n\n -- A B <a@b.example>  Mon, 02 Nov 2026 09:00:00 +0000\n`;
}

/** The files of an image in `images/<name>`. */
export function imageFiles(
  name: string,
  template: string | Uint8Array,
  more: Readonly<Record<string, ScratchFile>> = {},
): Record<string, ScratchFile> {
  const files: Record<string, ScratchFile> = {
    [`images/${name}/changelog`]: changelogOf(name),
    [`images/${name}/Dockerfile.template`]: template,
  };
  for (const [file, content] of Object.entries(more)) {
    files[`images/${name}/${file}`] = content;
  }
  return files;
}

/** A configuration and an image that nothing is wrong with. */
export const sound: Readonly<Record<string, ScratchFile>> = {
  'config.yaml': 'registry: r.example\n',
  ...imageFiles('good', 'FROM scratch\nCOPY . /\n'),
};

const kept = 'an older plan\n';

/**
 * Runs `plan --strict` on files that it must refuse: exactly this on stderr, nothing on stdout, exit status
 * 2, an output file that exists already untouched and nothing left beside it.
 */
export async function refused(
  files: Readonly<Record<string, ScratchFile>>,
  stderr: string | ((tree: ScratchTree) => string),
  args: readonly string[] = ['images'],
  run: (args: readonly string[], options: RunOptions) => ReturnType<typeof runCli> = runCli,
): Promise<void> {
  const tree = scratchTree({ ...files, 'bake.json': kept });
  const before = everythingIn(tree.path);
  const expected = typeof stderr === 'string' ? stderr : stderr(tree);
  const results = await Promise.all(
    [[], ['-o', 'bake.json']].map((output) =>
      run(['plan', '--strict', ...output, ...args], { cwd: tree.path }),
    ),
  );
  for (const result of results) {
    assert.deepEqual(result, { stdout: '', stderr: expected, status: 2 });
  }
  assert.equal(readFileSync(tree.at('bake.json'), 'utf8'), kept);
  assert.deepEqual(everythingIn(tree.path), before);
  tree.remove();
}

/** Without entries' types, Node 20 follows symlinks here, those that lead back to themselves too. */
function everythingIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
}
