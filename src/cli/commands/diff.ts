import { arch } from 'node:os';
import { diffDocument } from '#fleet/contents/document.js';
import { notCompared } from '#fleet/contents/openedImage.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import { type Comparison, runDiff } from '#upkeep/diff/runDiff.js';
import { compileTrees } from '../compileTrees.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { registriesOf } from '../openRegistries.js';
import { layerCache } from '../places.js';
import { diffMarkdown } from '../terminal/diffMarkdown.js';
import { diffRows } from '../terminal/diffRows.js';
import { diffText } from '../terminal/diffText.js';
import type { Io } from '../terminal/io.js';
import { readingSigns } from '../terminal/readingSigns.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { DiffInput } from './diff.command.js';

/**
 * Shows what differs between two images of a definition. Ends with 1, where `--exit-code` asks for it, if
 * something does; with 2 if one of them is not there, with 3 if one cannot be read.
 */
export function run(input: DiffInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees({ trees: input.trees, cycles: 'shown' }, io);
  if (compiled === undefined) {
    return Promise.resolve(exit.wrong);
  }
  return withSignals(async (signal) => {
    const { trees } = compiled.workspace;
    const registries = await registriesOf(trees, 'never', input.credentials, io, signal);
    if (registries === undefined) {
      return signal.aborted ? exit.interrupted : exit.wrong;
    }
    const signs = readingSigns(io);
    const ending = await runDiff({
      ...compiled,
      name: input.name,
      ...(input.from === undefined ? {} : { from: input.from }),
      ...(input.to === undefined ? {} : { to: input.to }),
      accesses: registries.accesses,
      docker: dockerOf(io),
      cwd: io.cwd,
      platform: {
        name: input.platform ?? platformOfMachine(arch()),
        isRequired: input.platform !== undefined,
      },
      cache: layerCache(io),
      progress: signs.progress,
      signal,
    });
    signs.end();
    switch (ending.kind) {
      case 'cancelled':
        return exit.interrupted;
      case 'wrong':
        report(io, [ending.problem]);
        return exit.wrong;
      case 'unusable':
        report(io, [ending.problem]);
        return exit.unusable;
      case 'compared':
        io.write(textOf(ending.comparison, input, io.outWidth()));
        return exitCodeOf(ending.comparison, input);
    }
  });
}

function textOf(
  comparison: Comparison,
  { form, files }: DiffInput,
  width: number | undefined,
): string {
  const { name, from, to, differences, listings } = comparison;
  switch (form) {
    case 'json':
      return `${JSON.stringify(diffDocument(comparison, from, to, differences, listings), null, 2)}\n`;
    case 'markdown':
      return diffMarkdown(name, diffRows(comparison, { files }));
    case 'text':
      return diffText(name, diffRows(comparison, { files }), { all: files, width });
  }
}

function exitCodeOf(
  { from, to, differences: { verdict } }: Comparison,
  { fails, platform }: DiffInput,
): ExitCode {
  if (fails === undefined) {
    return exit.done;
  }
  // Whoever names a platform asks for it alone; else nobody may take the others for compared.
  if (platform === undefined && notCompared(from, to).length > 0) {
    return exit.failed;
  }
  if (verdict === 'same') {
    return exit.done;
  }
  return fails === 'more-than-upgrades' && verdict !== 'other' ? exit.done : exit.failed;
}
