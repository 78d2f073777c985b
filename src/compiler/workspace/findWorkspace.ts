import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { shownPath } from '#core/files/paths.js';

export const workspaceFileNames = ['generate-bake.toml', 'generate-bake.yaml'] as const;

/**
 * The workspace file of `cwd` or of the nearest directory above it. One that another user owns is
 * refused (it decides what is read and, in a build, what is run), and so are two side by side;
 * the search stops at either.
 */
export function findWorkspace(cwd: string, uid: number | undefined): Outcome<string | undefined> {
  for (let directory = cwd; ; directory = dirname(directory)) {
    const found = workspaceFileNames
      .map((name) => join(directory, name))
      .filter((file) => existsSync(file));
    const [file, second] = found;
    if (file !== undefined) {
      const shown = shownPath(cwd, file);
      if (second !== undefined) {
        return refused(ambiguous(shown, shownPath(cwd, second)));
      }
      const owner = statSync(file).uid;
      if (uid !== undefined && owner !== uid) {
        return refused(foreign('workspace file', shown, owner, '--workspace'));
      }
      return { value: file, diagnostics: [] };
    }
    if (dirname(directory) === directory) {
      return { value: undefined, diagnostics: [] };
    }
  }
}

function refused(diagnostic: Diagnostic): Outcome<undefined> {
  return { value: undefined, diagnostics: [diagnostic] };
}

function ambiguous(first: string, second: string): Diagnostic {
  return error('workspace-ambiguous', `two workspace files found: ${first} and ${second}`, {
    place: { file: first },
    hint: `remove one of them, or choose one with --workspace ${first}`,
  });
}

/** What is somebody else's decides nothing here, unless the user names it with the option. */
export function foreign(
  what: string,
  shown: string,
  owner: number,
  option: '--workspace' | '-c',
): Diagnostic {
  const message = `the ${what} ${shown} belongs to another user (id ${owner})`;
  const hint = `if you trust it, pass ${option} ${shown}`;
  return error('workspace-owner', message, { place: { file: shown }, hint });
}
