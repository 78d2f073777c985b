import { createLogUpdate } from 'log-update';
import type { SignListener } from '#adapters/registry/waits.js';
import type { BuildEvent, Listener } from '#builder/report/event.js';
import { lineListener } from '#builder/report/lines.js';
import { frame, liveState, noteLive } from './frame.js';

/** How often the view is drawn again, in milliseconds: enough for seconds that count. */
const period = 200;

/**
 * The live view on a terminal. Whatever is worth keeping (failures with their last lines, retries,
 * what was published) scrolls by above it as the lines that a pipe would get.
 */
export function liveListener(
  stream: NodeJS.WriteStream,
  now: () => number,
): Listener & { readonly signs: SignListener; close(): void } {
  const view = createLogUpdate(stream);
  let state = liveState(0, now());
  const draw = (): void =>
    view(frame(state, now(), stream.columns || 80, stream.rows || 24).join('\n'));
  const print = lineListener((line) => {
    view.clear();
    stream.write(`${line}\n`);
  });
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const listen = (event: BuildEvent): void => {
    if (event.kind === 'planned') {
      state = liveState(event.toBuild.length, now());
      timer ??= setInterval(draw, period);
      timer.unref();
    }
    noteLive(state, event, now());
    if (kept.has(event.kind)) {
      print(event);
    }
    draw();
  };
  const signs: SignListener = (all) => {
    state.waiting = closed ? [] : all.map(({ text }) => text);
  };
  const close = (): void => {
    closed = true;
    clearInterval(timer);
    view.clear();
    view.done();
  };
  return Object.assign(listen, { signs, close });
}

const kept: ReadonlySet<BuildEvent['kind']> = new Set([
  'image-failed',
  'image-retried',
  'image-skipped',
  'latest-held',
  'latest-moved',
  'published',
  'tag-moved',
  'warning',
  'withheld',
] as const);
