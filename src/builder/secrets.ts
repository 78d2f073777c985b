import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMeant, settingsIn } from '#adapters/docker/settings.js';
import { Secret } from '#adapters/registry/secret.js';
import { nameTargets } from '#compiler/plan/nameTargets.js';
import type { SecretSource, SecretSources } from '#compiler/plan/options.js';
import { secretsOf } from '#compiler/plan/secrets.js';
import type { Graph } from '#compiler/resolve/graph.js';
import {
  exampleOf,
  type SecretKind,
  secretKinds,
  secretOption,
} from '#compiler/workspace/secretKeys.js';
import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readText } from '#core/files/readBytes.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Host } from './request.js';

/** The secrets of a build, once they are known to be there. */
export interface OpenedSecrets {
  /** What bake must be allowed to read, links resolved. */
  readonly readPaths: readonly string[];
  /** Whether bake must be allowed to forward the agent of SSH_AUTH_SOCK. */
  readonly forwardsAgent: boolean;
  /** What must be in no log. */
  readonly values: readonly Secret[];
}

/** BuildKit's own limit of a secret. */
const mostBytes = 500 * 1024;

/** Looks at all that the user names; errors for what is not there, or empty. */
export function openSecrets(
  { secrets, ssh }: SecretSources,
  host: Pick<Host, 'cwd' | 'env'>,
): Outcome<OpenedSecrets> {
  const diagnostics: Diagnostic[] = [];
  const readPaths: string[] = [];
  const values: Secret[] = [];
  const refuse = (option: string, why: string, hint?: string): void => {
    diagnostics.push(error('usage', `${option}: ${why}`, hint === undefined ? {} : { hint }));
  };
  const fileProblem = (name: string, most: number): string | undefined => {
    const path = resolve(host.cwd, name);
    try {
      const found = statSync(path);
      const isKey = found.isFile() || (most === Infinity && found.isSocket());
      if (!isKey || found.size > most || (found.isFile() && found.size === 0)) {
        return `${name} ${!isKey ? 'is not a regular file' : found.size === 0 ? 'is empty' : 'is larger than 500 KiB'}`;
      }
      if (found.isFile()) {
        values.push(...secretTexts(readText(path)));
      }
      readPaths.push(realpathSync(path));
      return undefined;
    } catch (cause) {
      return `${name}: ${whyNot(cause)}`;
    }
  };
  for (const [id, source] of secrets) {
    const option = `--secret id=${id}`;
    const { kind, name } = found(id, source, host.env);
    if (kind === 'file') {
      const problem = fileProblem(name, mostBytes);
      if (problem !== undefined) {
        const hint =
          source.kind === 'usual' ? `set ${id}, or add ,src=FILE or ,env=NAME` : undefined;
        refuse(option, problem, hint);
      }
      continue;
    }
    const value = host.env[name];
    if (value === undefined || value === '') {
      const state = value === undefined ? 'not set' : 'empty';
      refuse(option, `the environment variable ${name} is ${state}`);
    } else {
      values.push(...secretTexts(value));
    }
  }
  let forwardsAgent = false;
  for (const [id, paths] of ssh) {
    const option = `--ssh ${id}`;
    if (paths.length === 0) {
      forwardsAgent = true;
      if ((host.env.SSH_AUTH_SOCK ?? '') === '') {
        refuse(
          option,
          'SSH_AUTH_SOCK is not set',
          `start an agent, or name a key: --ssh ${id}=FILE`,
        );
      }
    }
    for (const path of paths) {
      const problem = fileProblem(path, Infinity);
      if (problem !== undefined) {
        refuse(option, problem);
      }
    }
  }
  return { value: { readPaths, forwardsAgent, values }, diagnostics };
}

/** As docker looks for a secret that has only an id: a variable of this name, else a file. */
function found(
  id: string,
  source: SecretSource,
  env: Host['env'],
): { readonly kind: 'file' | 'env'; readonly name: string } {
  if (source.kind === 'usual') {
    return { kind: env[id] === undefined ? 'file' : 'env', name: id };
  }
  return { kind: source.kind, name: source.name };
}

/** The whole, and its lines: logs come by the line. */
function secretTexts(text: string): Secret[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set([text.trim(), ...lines])]
    .filter((one) => one !== '')
    .map((one) => new Secret(one));
}

/**
 * What images that are built may mount and nobody says where it is: BuildKit would build them without it. One error
 * for each line that names it. Further errors for `--set` that would replace what the plan says.
 */
export function secretProblems(
  graph: Graph,
  building: ReadonlySet<Reference>,
  sources: SecretSources,
  bakeArgs: readonly string[],
): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const names = nameTargets(graph);
  const settings = settingsIn(bakeArgs).map(({ setting }) => setting);
  for (const kind of secretKinds) {
    const missing = new Map<string, { place: Place; id: string; users: string[] }>();
    const replaced = new Set<string>();
    for (const image of graph.images) {
      const target = names.get(image.reference);
      const asked = building.has(image.reference) ? secretsOf(graph, image, kind) : [];
      if (
        target !== undefined &&
        asked.length > 0 &&
        settings.some((setting) => setting.key === kind && isMeant(setting, [target]))
      ) {
        replaced.add(target);
        continue;
      }
      for (const { value: id, place } of asked) {
        if (sources[kind].has(id)) {
          continue;
        }
        const key = [place.file, place.line, place.column].join(':');
        const known = missing.get(key) ?? { place, id, users: [] };
        known.users.push(image.reference);
        missing.set(key, known);
      }
    }
    if (replaced.size > 0) {
      const message = `--set of ${kind} would replace those that the definitions name: ${some([...replaced], 3)}`;
      problems.push(error('usage', message, { hint: `use ${secretOption[kind]} before the --` }));
    }
    for (const { place, id, users } of missing.values()) {
      problems.push(missingSource(kind, id, users, place));
    }
  }
  return problems;
}

function missingSource(
  kind: SecretKind,
  id: string,
  users: readonly string[],
  place: Place,
): Diagnostic {
  const what = kind === 'ssh' ? `SSH, ${id}` : `the secret ${id}`;
  const verb = users.length === 1 ? 'needs' : 'need';
  const message = `${some(users, 3)} ${verb} ${what}, and nothing says where it is`;
  const other =
    kind === 'ssh' ? `--ssh ${id} for the agent of SSH_AUTH_SOCK` : `--secret id=${id},env=NAME`;
  const hint = `add ${secretOption[kind]} ${exampleOf(kind, id)}, or ${other}`;
  return error('secret-source', message, { place, hint });
}

/** What the user names and nothing asks for. */
export function unusedSecrets(graph: Graph, sources: SecretSources): readonly Diagnostic[] {
  return secretKinds.flatMap((kind) => {
    const asked = new Set(
      graph.images.flatMap(({ rendered: { definition } }) =>
        [...(definition[kind] ?? []), ...(definition.tree.config[kind] ?? [])].map(
          ({ value }) => value,
        ),
      ),
    );
    return [...sources[kind].keys()].flatMap((id) => {
      if (asked.has(id)) {
        return [];
      }
      const message = `${secretOption[kind]} ${kind === 'ssh' ? id : `id=${id}`}: no image asks for it`;
      const hint = didYouMean(id, asked) ?? `add ${kind} = ["${id}"] to the tree or the image`;
      return [warning('usage', message, { hint })];
    });
  });
}
