import { createLogUpdate } from 'log-update';
import type { SignListener } from '#adapters/registry/waits.js';
import type { ExpectedRun } from '#builder/durations/remaining.js';
import type { BuildEvent, Listener } from '#builder/report/event.js';
import { lineListener } from '#builder/report/lines.js';
import type { Paint } from '#core/diagnostics/format.js';
import { frame, liveState, noteLive } from './frame.js';

/** How often the view is drawn again, in milliseconds: enough for seconds that count. */
const period = 200;

/**
 * The live view on a terminal. What went wrong scrolls by above it as the lines that a pipe would get, without
 * the registry that all images share; what went well is in the counts.
 */
export function liveListener(
  stream: NodeJS.WriteStream,
  {
    now,
    paint,
    expected,
    signal,
  }: {
    readonly now: () => number;
    readonly paint: Paint;
    /** What earlier runs say of this one. */
    readonly expected: ExpectedRun;
    readonly signal: AbortSignal;
  },
): Listener & { readonly signs: SignListener; close(): void } {
  const view = createLogUpdate(stream);
  let state = liveState([], now());
  const draw = (): void => {
    state.stopping = signal.aborted;
    const size = { columns: stream.columns || 80, rows: stream.rows || 24 };
    view(frame(state, now(), { ...size, paint }).join('\n'));
  };
  let shown = false;
  const print = lineListener((line) => {
    if (!shown) {
      return;
    }
    view.clear();
    const short = state.prefix === '' ? line : line.replaceAll(state.prefix, '');
    stream.write(`${short.replace(/ FAILED/, () => ` ${paint('error', 'FAILED')}`)}\n`);
  });
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', draw, { once: true });

  const listen = (event: BuildEvent): void => {
    if (event.kind === 'planned') {
      state = liveState([...event.toBuild, ...event.toFinish], now(), expected);
      timer ??= setInterval(draw, period);
      timer.unref();
    }
    noteLive(state, event, now());
    shown = kept.has(event.kind);
    print(event);
    draw();
  };
  const signs: SignListener = (all) => {
    state.waiting = closed ? [] : all.map(({ text }) => text);
  };
  const close = (): void => {
    closed = true;
    signal.removeEventListener('abort', draw);
    clearInterval(timer);
    view.clear();
    view.done();
  };
  return Object.assign(listen, { signs, close });
}

const kept: ReadonlySet<BuildEvent['kind']> = new Set([
  'builder-lost',
  'call-started',
  'image-failed',
  'image-retried',
  'latest-elsewhere',
  'latest-held',
  'name-put',
  'tag-moved',
  'warning',
] as const);
