import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file's text, or where a link leads. */
export type Planted = string | { readonly to: string };

/** Puts files and links below a directory, in the place of what is there. */
export function plant(root: string, files: Readonly<Record<string, Planted>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    if (typeof content === 'string') {
      writeFileSync(path, content);
    } else {
      symlinkSync(content.to, path);
    }
  }
}
