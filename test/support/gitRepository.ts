import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from './temporary.js';

export const noGit =
  spawnSync('git', ['--version'], { stdio: 'ignore' }).status === 0
    ? false
    : 'git is not installed';

/** A throw-away repository with these files in its first commit; gives its top directory. */
export function gitRepository(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const root = realpathSync(temporaryDirectory(t));
  gitIn(root, 'init', '--quiet', '--initial-branch=main');
  gitIn(root, 'config', 'user.name', 'Test Er');
  gitIn(root, 'config', 'user.email', 'test@example.org');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '--allow-empty', '-m', 'first');
  return root;
}

/** Runs git in a directory and gives what it prints. */
export function gitIn(directory: string, ...words: readonly string[]): string {
  return execFileSync('git', ['-C', directory, ...words], { encoding: 'utf8' });
}
