/** Small trees for builds against a registry that misbehaves, and what is left of them there. */
import { type BuildTree, readReport, type Sketch } from './buildTree.js';
import type { Asked } from './faultyRegistry.js';

export const account = { username: 'any', password: 'thing' };

export function plain(base: string, name: string): Sketch[string] {
  return { dockerfile: `FROM ${base}\nRUN echo ${name} > /${name}\n` };
}

export function childOf(name: string): Sketch[string] {
  return { dockerfile: `FROM {{ "${name}" | image_tag }}\nRUN echo child > /child\n` };
}

export const putsVersion = ({ method, path }: Asked): boolean =>
  method === 'PUT' && path.endsWith('/manifests/1');
export const putsLatest = ({ method, path }: Asked): boolean =>
  method === 'PUT' && path.endsWith('/manifests/latest');

export async function reported(tree: BuildTree, ...args: string[]) {
  const done = await tree.run('build', '--report', 'report.json', ...args);
  return { ...done, report: readReport(tree.at('work/report.json')) };
}

/** The tags of a repository, from the real registry. */
export async function tagsOf(host: string, name: string): Promise<readonly string[]> {
  const answer = await fetch(`http://${host}/v2/${name}/tags/list`);
  if (answer.status === 404) {
    return [];
  }
  const { tags } = (await answer.json()) as { tags: string[] | null };
  return [...(tags ?? [])].sort();
}
