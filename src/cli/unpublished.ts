import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { PlanOptions } from '#compiler/plan/options.js';
import type { Reference } from '#core/reference/brands.js';
import { sentenceOf } from '#fleet/reasons/sentence.js';
import { prepare, toBuild } from '#fleet/status/prepare.js';
import type { CompiledTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import type { CompileLine } from './line/options.js';
import { registriesOf } from './openRegistries.js';
import { recordOf, registryCache } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { withSignals } from './terminal/signals.js';
import { lackingCount, reportStopped } from './terminal/stopped.js';

/** What of the trees goes into a plan, and what stands for the parents that do not. */
export interface Scope {
  readonly selected: ReadonlySet<Reference>;
  readonly outside: PlanOptions['outside'];
  /** How the program ends once the plan is printed. */
  readonly code: ExitCode;
}

/**
 * The images that registries do not have, and published parents by their digests: what `build`
 * would build where nothing is local. How the program ends, with the reasons reported, where credentials
 * are half there or a signal ends it.
 */
export async function unpublished(
  { graph, selected, workspace }: CompiledTrees,
  context: PlanOptions['context'],
  {
    credentials,
    rebuildLost,
    dating,
  }: Pick<CompileLine, 'dating'> & {
    readonly credentials: CredentialUse;
    readonly rebuildLost: boolean;
  },
  io: Io,
): Promise<Scope | ExitCode> {
  return withSignals(async (signal) => {
    const registries = await registriesOf(workspace.trees, 'never', credentials, io, signal);
    if (registries === undefined) {
      return signal.aborted ? exit.interrupted : exit.wrong;
    }
    const preparation = await prepare({
      graph,
      selected,
      context,
      ...registries,
      pull: true,
      cache: registryCache(io),
      record: recordOf(io),
      dated: dating !== 'none',
      overwritePublished: false,
      rebuildLost,
      now: io.now(),
      signal,
    });
    if (signal.aborted) {
      return exit.interrupted;
    }
    // Only an engine makes it fail, and none is asked.
    if (preparation.kind === 'failed') {
      throw new Error(preparation.message);
    }
    const { decisions, outside, untold, unlisted } = preparation.prepared;
    report(io, untold);
    for (const line of unlisted) {
      io.info(line);
    }
    const stopped = reportStopped(decisions, io);
    // Whoever builds the plan publishes it (`bake --push`): that is what such a hold stops.
    const building: Reference[] = [];
    for (const { reference, heldBack, reasons = [] } of toBuild(decisions)) {
      if (heldBack === undefined) {
        building.push(reference);
        io.info(`${reference}: ${reasons.map((reason) => sentenceOf(reason)).join('; ')}`);
      } else {
        io.say(`${reference}: not in the plan: ${heldBack}`);
      }
    }
    if (building.length === 0) {
      io.say('nothing to build');
    }
    const ended = stopped > 0 ? exit.unusable : exit.done;
    const code = lackingCount(decisions) > 0 ? exit.failed : ended;
    return { selected: new Set(building), outside, code };
  });
}
