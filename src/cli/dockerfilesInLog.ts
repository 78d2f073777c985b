import { outputFile } from '#compiler/emit/outputFiles.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import { readBuildLog } from '#formats/dockerPkg/buildLog.js';

/** What docker-pkg's log has of the selected images. */
export interface LoggedDockerfiles {
  /** The Dockerfiles, by the names that `outputFiles` gives. */
  readonly files: ReadonlyMap<string, string>;
  /** The files of images that the log does not have: nothing is said of these. */
  readonly without: ReadonlySet<string>;
  /** Their references. */
  readonly missing: readonly Reference[];
}

/** How many references a message names. */
const mostNamed = 10;

/**
 * The Dockerfiles of the selected images in a log that docker-pkg wrote. Errors: it cannot be read, or has
 * none of them. Warning: one of them is not there to its end.
 */
export function dockerfilesInLog(
  path: string,
  shown: string,
  graph: Graph,
  selected: ReadonlySet<Reference>,
): Outcome<LoggedDockerfiles> {
  const files = new Map<string, string>();
  const without = new Set<string>();
  const missing: Reference[] = [];
  const value = { files, without, missing };
  let text: Outcome<string>;
  try {
    text = decodeUtf8(shown, readBytes(path));
  } catch (cause) {
    const problem = error('unreadable', `${shown} ${whyNot(cause)}`, { place: { file: shown } });
    return { value, diagnostics: [problem] };
  }
  const { dockerfiles, truncated } = readBuildLog(text.value);
  const diagnostics: Diagnostic[] = [];
  const images = graph.images.filter(({ reference }) => selected.has(reference));
  for (const { reference, rendered } of images) {
    const { tree, name } = rendered.definition;
    const file = outputFile(tree.name, name);
    const dockerfile = dockerfiles.get(reference);
    if (dockerfile === undefined) {
      missing.push(reference);
      without.add(file);
    } else {
      files.set(file, dockerfile);
    }
  }
  // Elsewhere in the log, a byte that is not UTF-8 is no matter.
  if ([...files.values()].some((dockerfile) => dockerfile.includes('\ufffd'))) {
    diagnostics.push(...text.diagnostics);
  }
  const cut = images.map(({ reference }) => reference).filter((one) => truncated.has(one));
  if (cut.length > 0) {
    const message = `${shown} ends, or is cut, inside the Dockerfile of ${some(cut, mostNamed)}`;
    diagnostics.push(warning('diff', message, { hint: 'build again with docker-pkg' }));
  }
  if (files.size === 0) {
    const [example] = dockerfiles.keys();
    const hint =
      example === undefined
        ? 'docker-pkg writes "Generated dockerfile for …" into docker-pkg-build.log, or with --info on stderr'
        : `it has others, such as ${example}: compare registry, namespace and versions`;
    const message = `${shown} has no Dockerfile of the selected images`;
    diagnostics.push(error('diff', message, { hint }));
  }
  return { value, diagnostics };
}

/** The line that names the images which were not compared. */
export function missingText(missing: readonly Reference[]): string {
  const count = `${missing.length} ${missing.length === 1 ? 'image is' : 'images are'}`;
  return `${count} not in the log: ${some(missing, mostNamed)}`;
}
