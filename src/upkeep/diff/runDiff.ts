import { resolve } from 'node:path';
import type { Docker } from '#adapters/docker/docker.js';
import type { ListingCache } from '#adapters/layers/listingCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { isPrivate } from '#compiler/privacy/privacy.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { newImage, oldImage } from '#fleet/contents/chooseVersions.js';
import type { Differences } from '#fleet/contents/compare.js';
import { ImpossibleImage } from '#fleet/contents/fileTree.js';
import {
  Listings,
  type OpenedImage,
  type OpeningFailure,
  type Progress,
} from '#fleet/contents/openedImage.js';
import { openLocal, openSaved } from '#fleet/contents/openLocal.js';
import { openPublished } from '#fleet/contents/openPublished.js';
import { readDifferences } from '#fleet/contents/readDifferences.js';
import { platformIn } from '#fleet/contents/settings.js';
import { OpenedRegistries } from '#fleet/openedRegistries.js';
import { normalPlatform } from '#formats/dockerfile/platform.js';
import { findRepository, type NamedRepository } from '../update/names.js';
import { readWritten, type Written } from './written.js';

export interface DiffRequest {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly docker: Docker;
  /** Absolute: what files are relative to. */
  readonly cwd: string;
  /** The image's name. */
  readonly name: string;
  /** As written; absent: they are chosen. */
  readonly from?: string;
  readonly to?: string;
  readonly platform: { readonly name: string; readonly isRequired: boolean };
  readonly cache: ListingCache;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export type DiffEnding =
  | { readonly kind: 'compared'; readonly comparison: Comparison }
  | { readonly kind: 'wrong' | 'unusable'; readonly problem: Diagnostic }
  | { readonly kind: 'cancelled' };

/** Two images of one definition, and what is different in the second. */
export interface Comparison {
  /** The image's name. */
  readonly name: string;
  /** It is only for the registries of private images. */
  readonly isPrivate: boolean;
  readonly from: OpenedImage;
  readonly to: OpenedImage;
  readonly differences: Differences;
  readonly listings: Listings;
}

/**
 * Compares two images of one definition without pulling either. Errors: no such image or version, a
 * registry or an engine that does not answer, an image that cannot be read.
 */
export async function runDiff(request: DiffRequest): Promise<DiffEnding> {
  const named = findRepository(request.graph, request.name, request.selected);
  if (named.kind === 'wrong') {
    return named;
  }
  const from = wordOf(request.from);
  const to = wordOf(request.to);
  for (const word of [from, to]) {
    if (word?.kind === 'wrong') {
      return { kind: 'wrong', problem: error('diff-image', word.message, { hint: word.hint }) };
    }
  }
  const registries = new OpenedRegistries(request);
  try {
    return await compareImages(request, named.image, registries, {
      ...(from === undefined || from.kind === 'wrong' ? {} : { from }),
      ...(to === undefined || to.kind === 'wrong' ? {} : { to }),
    });
  } catch (cause) {
    if (cause instanceof ImpossibleImage) {
      const reason = `the images cannot be compared: ${cause.message}`;
      return endingOf({ kind: 'unreadable', reason }, request);
    }
    throw cause;
  } finally {
    registries.close();
  }
}

function wordOf(word: string | undefined): ReturnType<typeof readWritten> | undefined {
  return word === undefined ? undefined : readWritten(word);
}

async function compareImages(
  request: DiffRequest,
  image: NamedRepository,
  registries: OpenedRegistries,
  words: { readonly from?: Written; readonly to?: Written },
): Promise<DiffEnding> {
  const { repository, version } = image;
  const own = registries.of(image.tree);
  const ended = (failure: OpeningFailure) => endingOf(failure, request);
  const to = words.to ?? (await newImage(own, repository, version));
  if ('reason' in to) {
    return ended(to);
  }
  const from = words.from ?? (await oldImage(own, repository, version, to));
  if ('reason' in from) {
    return ended(from);
  }
  const listings = new Listings(request.cache);
  const source = { request, image, registries, listings };
  const left = await openFitting(from, source);
  if ('reason' in left) {
    return ended(left);
  }
  const right = await openFitting(to, source);
  if ('reason' in right) {
    return ended(right);
  }
  const differences = await readDifferences(left, right, listings);
  if ('reason' in differences) {
    return ended(differences);
  }
  const { name, reference } = image;
  const comparison = {
    name,
    isPrivate: reference !== undefined && isPrivate(request.graph, reference),
    from: left,
    to: right,
    differences,
    listings,
  };
  return { kind: 'compared', comparison };
}

interface Source {
  readonly request: DiffRequest;
  readonly image: NamedRepository;
  readonly registries: OpenedRegistries;
  readonly listings: Listings;
}

/** Of what is no index, one may have asked for another platform: that is not compared unnoticed. */
async function openFitting(
  written: Written,
  source: Source,
): Promise<OpenedImage | OpeningFailure> {
  const { name, isRequired } = source.request.platform;
  const opened = await open(written, source);
  if ('reason' in opened || !isRequired || opened.others !== undefined) {
    return opened;
  }
  const own = platformIn(opened.settings);
  return own !== undefined && normalPlatform(own) === normalPlatform(name)
    ? opened
    : {
        kind: 'absent',
        reason: `${opened.shown} has no image for ${name}`,
        hint: own === undefined ? 'it does not say for which platform it is' : `it is for ${own}`,
      };
}

async function open(
  written: Written,
  { request, image, registries, listings }: Source,
): Promise<OpenedImage | OpeningFailure> {
  const { docker, progress, platform, signal } = request;
  switch (written.kind) {
    case 'file': {
      const file = resolve(request.cwd, written.path);
      return openSaved(file, written.path, listings, { progress, signal });
    }
    case 'local': {
      const version = written.version ?? image.version;
      const reference = `${image.repository}:${version ?? ''}`;
      const names = image.tree.config.registryNames?.all(reference) ?? [reference];
      return openLocal({ docker, names, progress, signal });
    }
    case 'published': {
      const { repository } = image;
      const registry = registries.of(image.tree);
      return registry === undefined
        ? noRegistry(image)
        : openPublished({ registry, repository, platform, progress, ...written });
    }
    case 'elsewhere': {
      const repository = written.repository as Repository;
      const registry = registries.at(repository);
      return registry === undefined
        ? notOurs(written)
        : openPublished({ registry, platform, progress, ...written, repository });
    }
  }
}

function noRegistry({ tree }: NamedRepository): OpeningFailure {
  const reason = `the tree ${tree.name} has no registry, so none of its images is published`;
  return { kind: 'absent', reason, hint: 'set registry in its configuration' };
}

/** Whose credentials would be sent to a host that no tree names, nobody has said. */
function notOurs({
  repository,
  reference,
}: Extract<Written, { kind: 'elsewhere' }>): OpeningFailure {
  const shown = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return {
    kind: 'absent',
    reason: `${shown} is not in a registry of these trees`,
    hint: `docker pull ${shown} && docker save -o FILE.tar ${shown}, and compare with FILE.tar`,
  };
}

function endingOf(
  { kind, reason, hint, isEngine }: OpeningFailure,
  { signal }: DiffRequest,
): Exclude<DiffEnding, { kind: 'compared' }> {
  const rest = hint === undefined ? {} : { hint };
  if (signal.aborted || kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  switch (kind) {
    case 'absent':
      return { kind: 'wrong', problem: error('diff-image', reason, rest) };
    case 'unreadable':
      return { kind: 'unusable', problem: error('image-unreadable', reason, rest) };
    case 'unknown':
      return {
        kind: 'unusable',
        problem: error(isEngine === true ? 'engine' : 'registry', reason, rest),
      };
  }
}
