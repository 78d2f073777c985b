import { join } from 'node:path';
import { detectEngine } from '#adapters/docker/detect.js';
import { checkWithBuildkit, lacksChecks } from '#adapters/linters/buildkit.js';
import type { Linted } from '#adapters/linters/finding.js';
import { hadolintConfig, runHadolint } from '#adapters/linters/hadolint.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { linkedNames } from '#compiler/resolve/linkedNames.js';
import { lintedDiagnostics } from '#compiler/rules/linted.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Linter } from '#core/diagnostics/rules.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { makeMarked, removeOwn, removeStale } from '#core/files/temporary.js';
import { writeFile } from '#core/files/writeFile.js';
import { dockerOf } from './dockerOf.js';
import type { Io } from './terminal/io.js';
import { signsOfLife } from './terminal/signs.js';

export type LintedImages =
  | { readonly kind: 'done'; readonly found: readonly Diagnostic[] }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'unusable'; readonly problem: Diagnostic };

type Run = (image: ResolvedImage, signal: AbortSignal) => Promise<Linted>;

/** So many at once: each is a program that is soon done. */
const atOnce = 4;

/** What other linters say of rendered Dockerfiles. They get these alone, in a directory of ours. */
export async function lintWith(
  linters: readonly Linter[],
  images: readonly ResolvedImage[],
  io: Io,
  signal: AbortSignal,
): Promise<LintedImages> {
  removeStale('check');
  const own = makeMarked('check');
  const waits = signsOfLife(io);
  try {
    const found: Diagnostic[] = [];
    for (const linter of linters) {
      const wait = waits.begin(linter);
      wait.because(`${linter} checks ${images.length} Dockerfile${images.length === 1 ? '' : 's'}`);
      const linted = await lintAll(linter, images, own, io, signal);
      wait.end(true);
      if (linted.kind !== 'done') {
        return linted;
      }
      found.push(...linted.found);
    }
    return { kind: 'done', found };
  } finally {
    waits.look();
    removeOwn(own);
  }
}

async function lintAll(
  linter: Linter,
  images: readonly ResolvedImage[],
  own: string,
  io: Io,
  signal: AbortSignal,
): Promise<LintedImages> {
  const opened =
    linter === 'hadolint' ? openHadolint(own, io) : await openBuildkit(own, io, signal);
  if (typeof opened !== 'function') {
    return opened;
  }
  const found: Diagnostic[] = [];
  let stopped: Exclude<Linted, { kind: 'done' }> | undefined;
  const results = await eachOf(images, atOnce, async (image) => {
    if (stopped !== undefined) {
      return [];
    }
    const linted = await opened(image, signal);
    if (linted.kind !== 'done') {
      stopped ??= linted;
      return [];
    }
    return lintedDiagnostics(image, linter, linted.findings);
  });
  found.push(...results.flat());
  return stopped === undefined ? { kind: 'done', found } : notDone(linter, stopped);
}

function notDone(linter: Linter, stopped: Exclude<Linted, { kind: 'done' }>): LintedImages {
  if (stopped.kind === 'cancelled') {
    return stopped;
  }
  const { message, hint } = stopped;
  const problem = error('check-with', `--with ${linter}: ${message}`, { hint });
  return { kind: 'unusable', problem };
}

function openHadolint(own: string, { env }: Io): Run | LintedImages {
  const config = join(own, 'hadolint.yaml');
  const problem = writeFile(config, config, hadolintConfig);
  if (problem !== undefined) {
    return { kind: 'unusable', problem };
  }
  const hadolint = { env, cwd: own, config };
  return ({ rendered }, signal) => runHadolint(rendered.dockerfile, hadolint, signal);
}

async function openBuildkit(own: string, io: Io, signal: AbortSignal): Promise<Run | LintedImages> {
  const empty = join(own, 'empty');
  makeDirectory(empty);
  const docker = { ...dockerOf(io), cwd: empty };
  const detection = await detectEngine(docker, signal);
  if (detection.kind === 'cancelled') {
    return detection;
  }
  if (detection.kind === 'unusable') {
    return { kind: 'unusable', problem: detection.diagnostic };
  }
  const lacking = lacksChecks(detection.engine);
  if (lacking !== undefined) {
    return notDone('buildkit', lacking);
  }
  return (image, stop) => {
    const { rendered, platforms } = image;
    const { args, stage } = rendered.definition;
    const [platform] = platforms;
    const { names, escapeChar } = linkedNames(image);
    const request = {
      ...{ dockerfile: rendered.dockerfile, escapeChar, images: names, args, empty },
      ...(stage === undefined ? {} : { stage }),
      ...(platform === undefined ? {} : { platform }),
    };
    return checkWithBuildkit(docker, request, stop);
  };
}
