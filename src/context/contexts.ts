import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { PlannedContext } from '../plan/plan.js';
import type { Digest } from '../reference/brands.js';
import type { ResolvedImage } from '../resolve/graph.js';
/** Interim: neither ignore rules nor symlinks yet; the walk of src/context replaces it. */
export function contextsOf(_cwd: string) {
  const known = new Map<string, PlannedContext>();
  const of = (image: ResolvedImage): PlannedContext => {
    let c = known.get(image.reference);
    if (c === undefined) {
      const d = image.rendered.definition;
      const h = createHash('sha256');
      for (const e of readdirSync(d.directory, { withFileTypes: true, recursive: true })) {
        if (e.isFile()) h.update(e.name).update(readFileSync(`${e.parentPath}/${e.name}`));
      }
      c = { path: d.context, digest: `sha256:${h.digest('hex')}` as Digest, files: [] };
      known.set(image.reference, c);
    }
    return c;
  };
  return {
    of,
    diagnostics: [] as Diagnostic[],
    readPaths: (_: readonly ResolvedImage[]) => [] as string[],
  };
}
