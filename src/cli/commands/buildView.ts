import type { SignListener } from '#adapters/registry/waits.js';
import type { ExpectedRun } from '#builder/durations/remaining.js';
import type { Listener } from '#builder/report/event.js';
import { lineListener } from '#builder/report/lines.js';
import type { Io } from '../terminal/io.js';
import { pipeListener } from '../terminal/pipe.js';
import type { BuildInput } from './build.command.js';

/** What is seen of a run while it continues. */
export interface View {
  readonly listen: Listener;
  /** Shows who is waited for; absent: as before the view. */
  readonly signs?: SignListener;
  close(): void;
  /** What is only said if the run does not end well. */
  readonly held: readonly string[];
}

/** With `--json --quiet` all is in the stream, and only problems are on stderr. */
function isSilent({ json, quiet }: BuildInput): boolean {
  return json && quiet;
}

interface ViewOptions {
  /** Whether anything is built or published. */
  readonly active: boolean;
  /** What earlier runs say of this one. */
  readonly expected: ExpectedRun;
  readonly signal: AbortSignal;
}

/** The live view on a terminal, lines elsewhere. */
export async function viewOf(
  input: BuildInput,
  io: Io,
  { active, expected, signal }: ViewOptions,
): Promise<View> {
  if (isSilent(input)) {
    return { listen: () => {}, close: () => {}, held: [] };
  }
  if (input.quiet && !active) {
    const held: string[] = [];
    return { listen: lineListener((line) => held.push(line), io.level), close: () => {}, held };
  }
  const now = (): number => io.now().getTime();
  // Lines of JSON on the same terminal would go through a live view.
  const isApart = !input.json || process.stdout.isTTY !== true;
  if (io.terminal && io.level === 'normal' && isApart) {
    const { liveListener } = await import('../terminal/live.js');
    const live = liveListener(process.stderr, { now, paint: io.paint, expected, signal });
    return { listen: live, signs: live.signs, close: live.close, held: [] };
  }
  const pipe = pipeListener(io.say, { detail: io.level, now, signal });
  return { listen: pipe, close: pipe.close, held: [] };
}
