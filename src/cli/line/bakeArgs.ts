import { settingsIn } from '#adapters/docker/settings.js';
import { UsageError } from './spec.js';

/**
 * What may be passed on to bake, each with a value: what says how to build, and nothing
 * that says what. The plan, the tests, publishing and the reading of bake's progress would else be
 * gone past: `--set *.push=true` pushes before any test has run, and an image that was built with
 * `--set *.args.VERSION=2` would bear the digest of a definition that it was not built from.
 */
const passed: ReadonlySet<string> = new Set(['--set', '--allow', '--provenance', '--sbom']);

/** The keys of `--set` that may be passed on, for the same reason. */
const settable: readonly string[] = [
  'attest',
  'cache-from',
  'cache-to',
  'entitlements',
  'extra-hosts',
  'labels',
  'network',
  'secrets',
  'shm-size',
  'ssh',
  'ulimits',
];

const instead: Readonly<Record<string, string>> = {
  '-f': 'the plan is made from the definitions',
  '--file': 'the plan is made from the definitions',
  '--push': 'use --publish',
  '--load': 'images are loaded as they must be to be tested',
  '--print': 'use --print before the --',
  '--list': 'use --print before the --',
  '--call': 'use --print and bake itself',
  '--check': 'use --print and bake itself',
  '--progress': 'use --info or --debug',
  '-D': 'use --debug before the --',
  '--debug': 'use --debug before the --',
  '--metadata-file': 'use --report FILE',
  '--builder': 'use --builder NAME before the --',
  '--no-cache': 'use --no-cache before the --',
  '--pull': 'base_images are refreshed without it, and --no-pull leaves them',
};

const plan = 'it is what the plan consists of';
const definition = 'change the definition, under a new version';

const insteadOfKey: Readonly<Record<string, string>> = {
  annotations: 'write them into `annotations` of the tree or the image',
  args: definition,
  call: 'use --print and bake itself',
  context: definition,
  contexts: plan,
  dockerfile: definition,
  load: 'images are loaded as they must be to be tested',
  'no-cache': 'use --no-cache before the --',
  'no-cache-filter': 'use --no-cache before the --',
  output: plan,
  platform: definition,
  pull: 'base_images are refreshed without it, and --no-pull leaves them',
  push: 'use --publish',
  tags: plan,
  target: definition,
};

/** The labels by which images are known again, and that the report speaks of. */
const ownLabel = /^(?:io\.github\.generate-bake\.|org\.opencontainers\.image\.)/;

/** Throws UsageError for what would go past the plan, the tests, publishing or the report. */
export function checkBakeArgs(args: readonly string[]): void {
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (!argument.startsWith('-') || argument === '-' || argument === '--') {
      throw refused(argument, 'write directories before the --; select images with --select');
    }
    const name = /^(?:--[^=]*|-.)/su.exec(argument)?.[0] ?? argument;
    if (!passed.has(name)) {
      const hint = Object.hasOwn(instead, name) ? instead[name] : undefined;
      throw refused(name, hint ?? `what can be is ${listed([...passed])}`);
    }
    if (argument !== name) {
      continue;
    }
    at++;
    if (at === args.length) {
      throw new UsageError(`${name} needs a value`);
    }
  }
  for (const { setting } of settingsIn(args)) {
    const { key, subkey } = setting;
    if (!settable.includes(key)) {
      const hint = Object.hasOwn(insteadOfKey, key) ? insteadOfKey[key] : undefined;
      throw refused(`--set of ${key}`, hint ?? `what can be set is ${listed(settable)}`);
    }
    if (key === 'labels' && ownLabel.test(subkey ?? '')) {
      throw refused(`--set of the label ${subkey}`, 'it says what an image was built from');
    }
  }
}

function refused(what: string, hint: string): UsageError {
  return new UsageError(`${what} cannot be passed on to bake`, hint);
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
