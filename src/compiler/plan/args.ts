import { hash } from 'node:crypto';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { blubberOf, type ImageDefinition } from '../definitions/definition.js';
import type { RenderedImage } from '../render/rendered.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { Tree } from '../workspace/tree.js';

/**
 * A target's build arguments: the tree's proxy under the four names that docker-pkg sets, what the
 * definition asks for (which wins), and the rebuild key.
 */
export function argsOf(
  rendered: RenderedImage,
  rebuildKey: string | undefined,
): Map<string, string> {
  const { tree, args } = rendered.definition;
  const result = new Map<string, string>();
  if (tree.config.httpProxy !== undefined) {
    for (const name of proxyArgs) {
      result.set(name, tree.config.httpProxy);
    }
  }
  for (const [name, value] of args) {
    result.set(name, value);
  }
  if (rebuildKey !== undefined) {
    result.set('BUILDKIT_SANDBOX_HOSTNAME', rebuildHost(rendered.definition, rebuildKey));
  }
  return result;
}

/**
 * The stages that are made without BuildKit's cache, for a frontend that ignores the rebuild key: Blubber's. A version that is
 * computed is new with every edit, and needs nothing more, unless a rebuild of it was counted.
 */
export function noCacheFilterOf(
  { definition }: RenderedImage,
  rebuildKey: string | undefined,
): readonly string[] {
  const { computed, version, rebuilds = 0 } = definition;
  const isPlainlyComputed =
    computed?.version !== undefined && computed.version === version && rebuilds === 0;
  return rebuildKey === undefined || isPlainlyComputed ? [] : (blubberOf(definition)?.stages ?? []);
}

const proxyArgs = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'] as const;

/**
 * BuildKit caches by content, so a new version with an unchanged Dockerfile would be answered from
 * the cache. The host name of the build's containers is part of what it looks up and shows nowhere
 * in the image (doc/dev/bake.md, Rebuilding): one that depends on the version runs every RUN again for
 * a new version and is cached for the same one. A version that is computed is new with every edit, and
 * tells nothing more than BuildKit sees: there only the suffix of a nightly build and the rebuilds that
 * were counted tell more: those of a `content` version are in its digest alone. At most 64 characters.
 */
function rebuildHost(definition: ImageDefinition, key: string): string {
  const { repository, computed, rebuilds = 0 } = definition;
  const isComputed = computed?.version !== undefined;
  const version = isComputed
    ? `${definition.version.slice(computed.version.length)}${rebuilds === 0 ? '' : `\0${rebuilds}`}`
    : definition.version;
  const reference = isComputed ? repository : definition.reference;
  return `gb-${hash('sha256', `${reference}\0${version}\0${key}`).slice(0, 12)}`;
}

/**
 * Refuses what would put a proxy's password into a printed plan, or an attestation: in an argument, or rendered into a
 * Dockerfile. The message shows neither the address nor its line.
 */
export function refuseProxyCredentials(
  images: Iterable<ResolvedImage>,
  hint = 'a printed plan would show it: use a proxy without credentials, or run generate-bake build',
): Diagnostic[] {
  const refused = new Map<string, Diagnostic>();
  for (const { rendered } of images) {
    const { definition, dockerfile } = rendered;
    const { httpProxy, aptOnlyProxy } = definition.tree.config;
    if (hasCredentials(httpProxy)) {
      refuse(refused, definition.tree, 'http_proxy', hint);
    }
    if (hasCredentials(aptOnlyProxy) && dockerfile.includes(aptOnlyProxy)) {
      refuse(refused, definition.tree, 'apt_only_proxy', hint);
    }
  }
  return [...refused.values()];
}

function hasCredentials(address: string | undefined): address is string {
  return address !== undefined && /^(?:[^/]*\/\/)?[^/?#]*@/.test(address);
}

function refuse(refused: Map<string, Diagnostic>, tree: Tree, key: string, hint: string): void {
  const id = `${tree.name}\0${key}`;
  if (refused.has(id)) {
    return;
  }
  const place = withoutText(tree.config.places.get(key));
  refused.set(
    id,
    error('proxy-credentials', `${key} of ${tree.name} contains a user name or password`, {
      ...(place === undefined ? {} : { place }),
      hint,
    }),
  );
}

function withoutText(place: Place | undefined): Place | undefined {
  if (place === undefined) {
    return undefined;
  }
  const { lineText: _, ...rest } = place;
  return rest;
}
