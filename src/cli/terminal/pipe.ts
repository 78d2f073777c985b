import type { BuildEvent, Listener } from '#builder/report/event.js';
import { lineListener } from '#builder/report/lines.js';
import { duration } from '#builder/report/time.js';
import { countsOf, liveState, nameIn, noteLive } from './frame.js';

/** After so long without a line, in milliseconds, one says that the run goes on. CI systems end silent jobs. */
const silenceMs = 60_000;

/** So many of the images under way are named, the oldest first. */
const mostNamed = 3;

export interface PipeOptions {
  readonly detail: Parameters<typeof lineListener>[1];
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly silence?: number;
}

/** A line an event, and one a minute where there are none: for pipes, cron mail and CI logs. */
export function pipeListener(
  write: (line: string) => void,
  { detail, now, signal, silence = silenceMs }: PipeOptions,
): Listener & { close(): void } {
  let state = liveState([], now());
  let last = now();
  const say = (line: string): void => {
    last = now();
    write(line);
  };
  const print = lineListener(say, detail);
  const timer = setInterval(
    () => {
      if (now() - last >= silence && state.total > 0) {
        const running = [...state.running]
          .slice(0, mostNamed)
          .map(([reference, { since, step }]) => {
            return `${nameIn(state, reference)} (${duration(now() - since)}, ${step})`;
          });
        const named = running.length === 0 ? '' : `: ${running.join(', ')}`;
        say(`${duration(now() - state.started)}  ${countsOf(state).join('  ')}${named}`);
      }
    },
    Math.min(silence, 5_000),
  );
  timer.unref();
  const stopping = (): void => say('stopping; a second Ctrl-C ends it at once');
  signal.addEventListener('abort', stopping, { once: true });
  const listen = (event: BuildEvent): void => {
    if (event.kind === 'planned') {
      state = liveState([...event.toBuild, ...event.toFinish], now());
    }
    noteLive(state, event, now());
    print(event);
  };
  const close = (): void => {
    clearInterval(timer);
    signal.removeEventListener('abort', stopping);
  };
  return Object.assign(listen, { close });
}
