import type { ChangelogBlock } from './changelog.js';

/** What the weekly script of docker-pkg's users and `refresh` write, and `update` where nobody gives a reason. */
const whole = /^(?:weekly rebuild|security update)[.!]?$/i;

/** What `update` writes, ours and docker-pkg's, into whatever is built on the image that changed. */
const beginning = /^refresh for update in parent image\b/i;

/**
 * Whether a block only says that the image was built again, as programs write it: nothing of the image itself
 * changed. What a person wrote (`Rebuild to pick up …`) is a change.
 */
export function isRebuild({ changes }: Pick<ChangelogBlock, 'changes'>): boolean {
  const lines = changes
    .map((line) => line.replace(/^\s*(?:[*+-]\s*)?/, '').trim())
    .filter((line) => line !== '');
  const [first] = lines;
  return first !== undefined && (beginning.test(first) || lines.every((line) => whole.test(line)));
}
