import type { BuildEvent, BuiltPart, Listener } from './event.js';
import { duration } from './time.js';

/**
 * One line an event, the image's name on every line; the last lines of what failed are for the end. `detail`
 * adds steps (`info`) and their output (`debug`), as docker-pkg's `--info` and `--debug` do.
 */
export function lineListener(write: (line: string) => void, detail: Detail = 'normal'): Listener {
  // A command's output comes in pieces, which end where they like.
  const unfinished = new Map<string, string>();
  /** Begun, and not ended yet: bake stops a call when one of its images fails. */
  const begun = new Set<string>();
  /** The builders that cannot be used any more. */
  const lost: string[] = [];
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
    if (event.kind === 'call-started') {
      const again = event.images.filter((reference) => begun.has(reference));
      for (const reference of again) {
        begun.delete(reference);
      }
      if (again.length > 0) {
        const why =
          lost.length === 0
            ? 'bake stops a call when one of its images fails'
            : `without ${lost.join(', ')}`;
        write(`${count(again.length)} begun again: ${why}`);
      }
    } else if (event.kind === 'builder-lost') {
      lost.push(event.builder);
    } else if (event.kind === 'image-started') {
      begun.add(event.reference);
    } else if (event.kind === 'image-built' || event.kind === 'image-failed') {
      begun.delete(event.reference);
    }
    for (const line of lines(event, detail)) {
      write(line);
    }
  };
}

/** Characters of a line that need not come to an end. */
const longest = 4_000;

type Detail = 'normal' | 'info' | 'debug';

function lines(event: Exclude<BuildEvent, { kind: 'output' }>, detail: Detail): string[] {
  switch (event.kind) {
    case 'call-started':
    case 'step-started':
    case 'step-ended':
    case 'verify-started':
    case 'publish-started':
      return detail === 'normal' ? [] : detailLines(event);
    case 'planned':
      return plannedLines(event);
    case 'base-refreshed':
      return [`${event.reference}: refreshed`];
    case 'image-started':
      return [`${event.reference}: building`];
    case 'image-built':
      return [
        `${event.reference}: built in ${duration(event.milliseconds)}${onBuilder(event)}${cachedText(event)}`,
      ];
    case 'image-retried':
      return [`${event.reference}: trying again (attempt ${event.attempt}): ${event.reason}`];
    case 'image-failed':
      return [
        `${event.reference}: FAILED${failedWhen[event.during]}${onBuilder(event)}: ${event.reason}`,
      ];
    case 'image-skipped':
      return [`${event.reference}: skipped: ${event.reason}`];
    case 'verified':
      if (event.untested !== undefined) {
        return [`${event.reference}: not tested: ${event.untested}`];
      }
      return event.tested
        ? [
            `${event.reference}: test passed in ${duration(event.milliseconds)}${platformsText(event)}`,
          ]
        : [];
    case 'published':
      return [`${event.reference}: published as ${event.digest}`];
    case 'staged':
      return [`${event.reference}: staged as ${event.digest}`];
    case 'image-finished':
      return [];
    case 'withheld':
      return [
        `${event.reference}: ${event.reason}`,
        ...(event.awaits ?? []).map((one) => `  ${one}`),
      ];
    case 'latest-moved':
      return [`${event.repository}:latest: moved to ${event.digest}`];
    case 'latest-held': {
      const { repository, at, version } = event;
      return [
        `${repository}:latest is held at ${at}: \`generate-bake promote ${repository} ${version}\` moves it on`,
      ];
    }
    case 'latest-elsewhere': {
      const { repository, at, version } = event;
      return [
        `${repository}:latest is at ${at}, which is not this definition: \`generate-bake promote ${repository} ${version}\` moves it`,
      ];
    }
    case 'tag-moved':
      return [`${event.repository}:${event.tag}: put on ${event.digest}`];
    case 'name-put':
      return [`${event.name}: put on ${event.reference}`];
    case 'builder-lost':
      return [`warning: ${lostText(event)}`];
    case 'warning':
      return [`warning: ${event.message}`];
  }
}

/** Where a test ran, and where it could not. */
export function platformsText({
  testedOn,
  untestedOn,
}: Pick<EventOf<'verified'>, 'testedOn' | 'untestedOn'>): string {
  const on = testedOn === undefined ? '' : ` on ${testedOn.join(' and ')}`;
  return untestedOn === undefined ? on : `${on}, untested on ${untestedOn.join(' and ')}`;
}

const failedWhen: Readonly<Record<EventOf<'image-failed'>['during'], string>> = {
  definition: ', its definition is broken',
  base: '',
  build: '',
  verify: ' to verify',
  stage: ' to stage',
  publish: ' to publish',
};

type EventOf<Kind extends BuildEvent['kind']> = Extract<BuildEvent, { kind: Kind }>;

function lostText({ builder, reason }: EventOf<'builder-lost'>): string {
  return `the builder ${builder} cannot be used any more: ${reason}; the others continue`;
}

function onBuilder({
  builder,
  parts,
}: {
  readonly builder?: string;
  readonly parts?: readonly BuiltPart[];
}): string {
  if (parts !== undefined) {
    const each = parts.map((part) => `${part.builder} (${part.platforms.join(', ')})`);
    return ` on ${each.join(' and ')}`;
  }
  return builder === undefined ? '' : ` on ${builder}`;
}

/** What only `--info` and `--debug` show. */
function detailLines(
  event: EventOf<
    'call-started' | 'step-started' | 'step-ended' | 'verify-started' | 'publish-started'
  >,
): string[] {
  switch (event.kind) {
    case 'call-started':
      return [`bake call ${event.call}${onBuilder(event)}: ${count(event.images.length)}`];
    case 'step-started':
      return [`${event.reference}: ${event.step}`];
    case 'step-ended':
      return event.cached ? [`${event.reference}: cached ${event.step}`] : [];
    case 'verify-started':
      return [`${event.reference}: testing`];
    case 'publish-started':
      return [`${event.reference}: pushing`];
  }
}

function plannedLines({
  toBuild,
  toFinish,
  toTest = [],
  toPublish = [],
  toStage = [],
}: EventOf<'planned'>): string[] {
  const both = toFinish.length - toTest.length - toPublish.length - toStage.length;
  const parts = [
    ...(toBuild.length > 0 ? [`${count(toBuild.length)} to build`] : []),
    ...(both > 0 ? [`${count(both)} to test and publish`] : []),
    ...(toStage.length > 0 ? [`${count(toStage.length)} to test and stage`] : []),
    ...(toPublish.length > 0 ? [`${count(toPublish.length)} to publish`] : []),
    ...(toTest.length > 0 ? [`${count(toTest.length)} to test`] : []),
  ];
  return parts.length === 0 ? [] : [parts.join(', ')];
}

function cachedText({ cachedSteps, steps }: EventOf<'image-built'>): string {
  return cachedSteps > 0 ? ` (${cachedSteps} of ${steps} steps cached)` : '';
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
