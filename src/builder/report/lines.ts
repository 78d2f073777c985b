import type { BuildEvent, Listener } from './event.js';
import { duration } from './time.js';

/**
 * One line an event, the image's name on every line: for pipes, cron mail and CI logs. `detail`
 * adds steps (`info`) and their output (`debug`), as docker-pkg's `--info` and `--debug` do.
 */
export function lineListener(
  write: (line: string) => void,
  detail: 'normal' | 'info' | 'debug' = 'normal',
): Listener {
  // A command's output comes in pieces, which end where they like.
  const unfinished = new Map<string, string>();
  const writeOutput = (reference: string, text: string): void => {
    const parts = ((unfinished.get(reference) ?? '') + text).split('\n');
    const rest = parts.pop() ?? '';
    unfinished.set(reference, rest.length > longest ? '' : rest);
    if (rest.length > longest) {
      parts.push(rest);
    }
    for (const part of parts) {
      write(`${reference}: | ${printable(part)}`);
    }
  };
  return (event) => {
    if (event.kind === 'output') {
      if (detail === 'debug') {
        writeOutput(event.reference, event.text);
      }
      return;
    }
    if ('reference' in event && unfinished.get(event.reference)) {
      writeOutput(event.reference, '\n');
    }
    for (const line of lines(event, detail)) {
      write(line);
    }
  };
}

/** Characters of a line that need not come to an end. */
const longest = 4_000;

function lines(
  event: Exclude<BuildEvent, { kind: 'output' }>,
  detail: 'normal' | 'info' | 'debug',
): string[] {
  switch (event.kind) {
    case 'planned': {
      const parts = [
        ...(event.toBuild.length > 0 ? [`${count(event.toBuild.length)} to build`] : []),
        ...(event.toFinish.length > 0
          ? [`${count(event.toFinish.length)} to test and publish`]
          : []),
      ];
      return parts.length === 0 ? [] : [parts.join(', ')];
    }
    case 'base-refreshed':
      return [`${event.reference}: refreshed`];
    case 'call-started':
      return detail === 'normal' ? [] : [`bake call ${event.call}: ${count(event.images.length)}`];
    case 'image-started':
      return [`${event.reference}: building`];
    case 'step-started':
      return detail === 'normal' ? [] : [`${event.reference}: ${event.step}`];
    case 'step-ended':
      return detail !== 'normal' && event.cached
        ? [`${event.reference}: cached ${event.step}`]
        : [];
    case 'image-built':
      return [
        `${event.reference}: built in ${duration(event.milliseconds)}` +
          (event.cachedSteps > 0 ? ` (${event.cachedSteps} of ${event.steps} steps cached)` : ''),
      ];
    case 'image-retried':
      return [`${event.reference}: trying again (attempt ${event.attempt}): ${event.reason}`];
    case 'image-failed':
      return [
        `${event.reference}: FAILED${event.during === 'build' ? '' : ` to ${event.during}`}: ${event.reason}`,
        ...event.tail.map((line) => `${event.reference}: | ${line}`),
      ];
    case 'image-skipped':
      return [`${event.reference}: skipped: ${event.reason}`];
    case 'verify-started':
      return detail === 'normal' ? [] : [`${event.reference}: testing`];
    case 'verified':
      return event.tested
        ? [`${event.reference}: test passed in ${duration(event.milliseconds)}`]
        : [];
    case 'published':
      return [`${event.reference}: published as ${event.digest}`];
    case 'latest-moved':
      return [`${event.repository}:latest: moved to ${event.digest}`];
    case 'warning':
      return [`warning: ${event.message}`];
  }
}

/** A line of a program's output without what would move a terminal's cursor or colour it. */
export function printable(line: string): string {
  return line
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/^.*\r(?!$)/, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

function count(images: number): string {
  return images === 1 ? '1 image' : `${images} images`;
}
