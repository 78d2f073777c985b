/** BuildKit's own checks of a Dockerfile: `docker buildx build --call=check`. */
import { isRecord } from '#core/data/record.js';
import { atLeast, type EngineFacts } from '../docker/detect.js';
import { completeDocker, type Docker, lastMessage } from '../docker/docker.js';
import { type Linted, type LintFinding, lineIn, oneLine, parsed } from './finding.js';

export interface BuildkitRequest {
  readonly dockerfile: string;
  /** The escape character that it declares. */
  readonly escapeChar: string;
  /** What its FROM, COPY and mounts refer to, as the frontend looks it up among named contexts. */
  readonly images: readonly string[];
  readonly args: ReadonlyMap<string, string>;
  readonly stage?: string;
  readonly platform?: string;
  /** An empty directory of ours: the context, and what takes the place of each image. */
  readonly empty: string;
}

/** What the call may take: it loads no image and runs nothing. */
const timeoutMs = 120_000;

const needs = 'buildx 0.15 and BuildKit 0.14 or newer are needed, as Docker 27 has';

/** Why an engine cannot check; undefined: it can. */
export function lacksChecks({
  buildxVersion,
  dockerVersion = '0',
  builder,
}: EngineFacts): Extract<Linted, { kind: 'unusable' }> | undefined {
  const old = !atLeast(buildxVersion, [0, 15])
    ? `buildx ${buildxVersion}`
    : builder.driver === 'docker' && !atLeast(dockerVersion, [27, 0])
      ? `the BuildKit of Docker ${dockerVersion}`
      : undefined;
  return old === undefined
    ? undefined
    : { kind: 'unusable', message: `${old} has no checks of Dockerfiles`, hint: needs };
}

/**
 * Has BuildKit check a Dockerfile. The builder's own frontend reads it, whatever `# syntax=` and `# check=` say: both
 * only count at the top, and a comment is put before them. No image is looked up: an empty directory is given under the
 * name of each. Nothing is executed, and no file but the Dockerfile is sent.
 */
export async function checkWithBuildkit(
  docker: Docker,
  request: BuildkitRequest,
  signal: AbortSignal,
): Promise<Linted> {
  const { args, stage, platform, empty } = request;
  const head = request.escapeChar === '\\' ? ['#'] : [`# escape=${request.escapeChar}`, '#'];
  const words = [
    ...['buildx', 'build', '--call=check,format=json', '--file', '-'],
    ...(docker.builder === undefined ? [] : ['--builder', docker.builder]),
    ...request.images.flatMap((image) => ['--build-context', `${image}=${empty}`]),
    // Those of BuildKit itself choose another frontend, and take rules out.
    ...[...args].flatMap(([name, value]) =>
      /^BUILDKIT_/i.test(name) ? [] : ['--build-arg', `${name}=${value}`],
    ),
    ...(stage === undefined ? [] : ['--target', stage]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    empty,
  ];
  const ended = await completeDocker({ ...docker, cwd: empty }, words, {
    // A byte order mark is only skipped at the very start.
    input: `${head.join('\n')}\n${request.dockerfile.replace(/^\ufeff/, '')}`,
    signal,
    timeoutMs,
  });
  if (ended.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  if (ended.kind === 'not-started') {
    return { kind: 'unusable', message: `docker: ${ended.message}`, hint: needs };
  }
  const findings = findingsIn(ended.stdout, head.length);
  if (findings !== undefined) {
    return { kind: 'done', findings };
  }
  const said = ended.kind === 'timed-out' ? 'it took too long' : oneLine(lastMessage(ended.stderr));
  return { kind: 'unusable', message: `BuildKit cannot check Dockerfiles: ${said}`, hint: needs };
}

/** Undefined where it is something else. */
function findingsIn(text: string, added: number): readonly LintFinding[] | undefined {
  const value = parsed(text);
  if (!isRecord(value) || !(value.warnings === null || Array.isArray(value.warnings))) {
    return undefined;
  }
  const found: LintFinding[] = [];
  for (const one of (value.warnings ?? []) as readonly unknown[]) {
    const { ruleName, description, detail, url, location } = isRecord(one) ? one : {};
    const message = typeof detail === 'string' && detail !== '' ? detail : description;
    if (typeof ruleName !== 'string' || !/^[A-Za-z]{1,60}$/.test(ruleName)) {
      return undefined;
    }
    found.push({
      rule: ruleName,
      message: oneLine(typeof message === 'string' ? message : ruleName),
      level: 'warning',
      ...lineOf(location, added),
      ...(typeof url === 'string' && /^https:\/\/[\w./-]+$/.test(url) ? { page: url } : {}),
    });
  }
  const { buildError } = value;
  if (isRecord(buildError)) {
    const message = typeof buildError.message === 'string' ? buildError.message : 'refused';
    // The number in it is of the text that was sent.
    const cause = message.replace(/^dockerfile parse error on line \d+: /, '');
    const at = lineOf(buildError.location, added);
    found.push({ rule: 'refused', message: oneLine(cause), level: 'error', ...at });
  }
  return found;
}

function lineOf(location: unknown, added: number): { readonly line?: number } {
  const [range] = isRecord(location) && Array.isArray(location.ranges) ? location.ranges : [];
  const start: unknown = isRecord(range) ? range.start : undefined;
  const line = lineIn(isRecord(start) ? start.line : undefined);
  return line === undefined || line <= added ? {} : { line: line - added };
}
