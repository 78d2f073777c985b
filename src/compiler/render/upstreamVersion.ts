import { repr, valueError } from '#jinja/index.js';

/**
 * python-debian's BaseVersion: epoch, upstream version, revision after the last hyphen. Python's `$`
 * lets a newline follow.
 */
const version = /^(?:(?<epoch>\d+):)?(?<upstream>[A-Za-z0-9.+:~-]+?)(?:-[A-Za-z0-9+.~]+)?\n?$/;

/**
 * The upstream version in an image's reference, for the filter `upstream_version`. A tag without
 * a hyphen is given back whole; of several parts after hyphens only the first one counts as the
 * revision. Unlike docker-pkg it takes a reference whose registry has a port.
 */
export function upstreamVersion(reference: string): string {
  const slash = reference.lastIndexOf('/');
  const colon = reference.indexOf(':', slash + 1);
  if (colon === -1 || reference.indexOf(':', colon + 1) !== -1) {
    throw valueError(`upstream_version(${reference}) -> no image name found in input`);
  }
  const tag = reference.slice(colon + 1);
  if (!tag.includes('-')) {
    return tag;
  }
  const kept = tag.split('-').slice(0, 2).join('-');
  const upstream = version.exec(kept)?.groups?.upstream;
  if (upstream === undefined) {
    throw valueError(`Invalid version string ${repr(kept)}`);
  }
  return upstream;
}
