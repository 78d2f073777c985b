import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One image of a made report; what a test wants to be different from the others. */
export interface MadeImage {
  readonly [field: string]: unknown;
  readonly reference: string;
}

const begin = Date.UTC(2026, 10, 27, 1, 0, 0);

/** A report as `build --report` writes it, of a run of these images. */
export function madeReport(images: readonly MadeImage[], more: object = {}): object {
  return {
    schema: 1,
    started: new Date(begin).toISOString(),
    ended: new Date(begin + 600_000).toISOString(),
    exitCode: images.some(({ ending }) => ending === 'failed') ? 1 : 0,
    interrupted: false,
    engine: { docker: '28.0.1', buildx: '0.21.0', builder: 'default' },
    rebuildKey: '2026-11-27',
    revision: { commit: '0123456789abcdef0123456789abcdef01234567', uncommitted: false },
    criticalPath: { images: [], milliseconds: 0 },
    latest: [],
    unnamed: [],
    images: images.map((image) => ({
      state: 'absent',
      why: 'not published',
      parents: [],
      ending: 'published',
      attempts: 1,
      ...image,
    })),
    ...more,
  };
}

/**
 * A report of a run of so many images in the shape of a fleet, with logs below `directory`: bases, languages on them and
 * services on those; one in forty fails, and what is built on it is skipped.
 */
export function fleetReport(count: number, directory: string): object {
  const names = (at: number): string =>
    at === 0 ? 'base' : at < count / 20 ? `lang${at}` : `team${at % 7}/service-${at}`;
  const reference = (at: number): string => `registry.example/fleet/${names(at)}:1.${at % 9}-${at}`;
  const ends: number[] = [];
  const bad = new Set<number>();
  mkdirSync(join(directory, 'fleet'), { recursive: true });
  const images = Array.from({ length: count }, (_, at): MadeImage => {
    const parent =
      at === 0
        ? undefined
        : at < count / 20
          ? 0
          : 1 + (at % Math.max(1, Math.ceil(count / 20) - 1));
    const parents =
      parent === undefined ? [] : [{ reference: reference(parent), digest: digestOf(parent) }];
    const isSkipped = parent !== undefined && bad.has(parent);
    const isFailed = !isSkipped && at % 40 === 3;
    if (isSkipped || isFailed) {
      bad.add(at);
    }
    const image = {
      reference: reference(at),
      parents,
      owner: `team ${at % 7} <team${at % 7}@example.org>`,
      reasons: [
        {
          kind: 'new-version',
          to: `1.${at % 9}-${at}`,
          text: `new version 1.${at % 9}-${at}: 1.0-1 is published`,
        },
      ],
    };
    if (isSkipped) {
      return { ...image, ending: 'skipped', attempts: 0, reason: `parent ${names(parent)} failed` };
    }
    if (at % 11 === 5) {
      return { ...image, ending: 'untouched', attempts: 0, state: 'published', why: 'published' };
    }
    const from =
      parent === undefined
        ? begin + 2_000
        : Math.max(begin, ends[parent] ?? 0, ends[Math.max(0, at - 6)] ?? 0) + 300;
    const buildMs = 3_000 + ((at * 7919) % 17) * 2_000;
    const log = join(directory, 'fleet', `${at}.log`);
    writeFileSync(log, logOf(names(at), 40 + ((at * 31) % 400), isFailed));
    if (isFailed) {
      ends[at] = from + buildMs;
      return {
        ...image,
        ending: 'failed',
        during: at % 80 === 3 ? 'verify' : 'build',
        reason: 'exit code: 2',
        place: `images/${names(at)}/Dockerfile.template:12`,
        tail: logOf(names(at), 12, true).split('\n').slice(-12),
        startedAt: from,
        endedAt: from + buildMs,
        log,
      };
    }
    const verifyMs = at % 3 === 0 ? 1_500 : 0;
    ends[at] = from + buildMs + verifyMs + 900;
    return {
      ...image,
      startedAt: from,
      buildMs,
      buildSpans: [[from, from + buildMs]],
      ...(verifyMs > 0 ? { verifyStartedAt: from + buildMs, verifyMs } : { verifyMs: 0 }),
      tested: verifyMs > 0,
      publishStartedAt: from + buildMs + verifyMs,
      publishMs: 900,
      endedAt: from + buildMs + verifyMs + 900,
      steps: 8,
      cachedSteps: at % 4,
      digest: digestOf(at),
      size: 40_000_000 + at * 123_457,
      log,
    };
  });
  return madeReport(images, {
    ended: new Date(Math.max(begin, ...ends.filter(Boolean)) + 1_000).toISOString(),
    criticalPath: {
      images: [reference(0), reference(1), reference(count - 1)].filter(
        (each, place, all) => all.indexOf(each) === place,
      ),
      milliseconds: 61_000,
    },
    latest: [
      {
        repository: reference(2).replace(/:[^:]*$/, ''),
        digest: digestOf(2),
        version: '1.2-2',
        before: { digest: digestOf(9), version: '1.0-1', size: 39_000_000 },
      },
    ],
  });
}

function digestOf(at: number): string {
  return `sha256:${at.toString(16).padStart(64, 'a')}`;
}

function logOf(name: string, lines: number, failed: boolean): string {
  const text = Array.from({ length: lines }, (_, line) =>
    line % 25 === 0
      ? `== [${1 + line / 25}/9] RUN apt-get install -y lib${name}-dev`
      : `Get:${line} https://deb.example/debian bookworm/main amd64 lib${name}${line} amd64 1.${line}-1 [${line * 37} kB]`,
  );
  return `${[...text, failed ? 'make: *** [Makefile:14: all] Error 2' : '== published'].join('\n')}\n`;
}
