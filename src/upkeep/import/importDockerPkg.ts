import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { Imported } from './importStages.js';

/** A repository of docker-pkg's, by the paths of its files, relative and sorted. */
export interface DockerPkgRepository {
  readonly files: readonly string[];
}

/** What a configuration at the top of a repository is called: `config.yaml`, `config-istio.yaml`. */
const configuration = /^config(?:[-_.]([^/]+))?\.yaml$/;

/**
 * The workspace file for a repository with several configurations: `config-NAME.yaml` is that of the
 * directory NAME, `config.yaml` that of every other directory with images. Undefined where there is
 * no configuration, or no image.
 */
export function importDockerPkg({ files }: DockerPkgRepository): Imported | undefined {
  const configs = new Map(
    files.flatMap((file) => {
      const match = configuration.exec(file);
      return match === null ? [] : [[match[1] ?? '', file] as const];
    }),
  );
  const directories = imageDirectories(files);
  if (configs.size === 0 || directories.size === 0) {
    return undefined;
  }
  const carried: string[] = [];
  const left: Diagnostic[] = [];
  const trees: string[] = [];
  for (const [directory, count] of directories) {
    const config = configs.get(directory) ?? configs.get('');
    const images = `${count} ${count === 1 ? 'image' : 'images'}`;
    if (config === undefined) {
      const place = { file: directory };
      const hint = 'add a [[tree]] for it that names one';
      left.push(warning('not-carried-over', `no configuration for ${images}`, { place, hint }));
      continue;
    }
    trees.push(
      `[[tree]]\ndirectory = ${JSON.stringify(directory)}\nconfig = ${JSON.stringify(config)}\n`,
    );
    carried.push(`${directory}: ${images}, with ${config}`);
  }
  for (const [name, file] of configs) {
    if (name !== '' && !directories.has(name)) {
      const message = `no directory of images is named ${name}: it is not known whose configuration this is`;
      const hint = 'add it to the [[tree]] that it is for: config = ["config.yaml", "…"]';
      left.push(warning('not-carried-over', message, { place: { file }, hint }));
    }
  }
  const head = '# Written by generate-bake import docker-pkg.\n';
  const text = head + trees.join('\n');
  return { files: [{ path: 'generate-bake.toml', text }], carried, left };
}

/** Top directories below which docker-pkg finds images, with how many; `.` for the top itself. */
function imageDirectories(files: readonly string[]): ReadonlyMap<string, number> {
  const all = new Set(files);
  const found = new Map<string, number>();
  for (const file of files) {
    if (!/(?:^|\/)Dockerfile\.template$/.test(file)) {
      continue;
    }
    const directory = file.slice(0, -'Dockerfile.template'.length);
    if (!all.has(`${directory}changelog`)) {
      continue;
    }
    const [top = ''] = directory.split('/');
    const tree = top === '' ? '.' : top;
    found.set(tree, (found.get(tree) ?? 0) + 1);
  }
  if (found.has('.')) {
    // The tree of an image at the top is all of the repository: no other may be inside of it.
    return new Map([['.', [...found.values()].reduce((sum, count) => sum + count, 0)]]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
