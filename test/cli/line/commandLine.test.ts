import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildInput } from '#cli/commands/build.command.js';
import { type PlanInput, spec as plan } from '#cli/commands/plan.command.js';
import { commands } from '#cli/commands.js';
import { choose } from '#cli/line/choose.js';
import { helpOf, parse } from '#cli/line/parse.js';
import { commandGroups, programHelp } from '#cli/line/programHelp.js';
import { type CommandSpec, UsageError } from '#cli/line/spec.js';
import { scratchTree } from '../../support/scratch.js';

const specs = new Map<string, CommandSpec<unknown>>();
for (const [name, command] of commands) {
  specs.set(name, await command.spec());
}
const { path: cwd } = scratchTree({ 'images/': '', 'images_dir/': '', 'build/': '', 'more/': '' });

/** The words of a line as a shell splits it: single and double quotes, nothing else. */
function split(line: string): string[] {
  return [...line.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))(?=\s|$)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/** What a command line means: the command with its input, or why it is wrong. */
function meaning(line: string): { command: string; input: unknown } | string {
  const choice = choose(split(line), [...specs.keys()], plan.options, cwd);
  if (choice.kind === 'unknown') {
    return `${choice.message}; ${choice.hint}`;
  }
  if (choice.kind !== 'command') {
    return choice.kind;
  }
  const spec = specs.get(choice.name);
  assert.ok(spec);
  const result = parse(spec, choice.args);
  if (result.kind === 'wrong') {
    return `${result.message}; ${result.hint}`;
  }
  if (result.kind !== 'parsed') {
    return result.kind;
  }
  try {
    return { command: spec.name, input: spec.read(result.parsed) };
  } catch (cause) {
    if (cause instanceof UsageError) {
      return `${cause.message}; ${cause.hint}`;
    }
    throw cause;
  }
}

const everything = { select: [], exclude: [], withParents: false, withChildren: false };
const noSecrets = { secrets: new Map(), ssh: new Map() };
const planned: PlanInput = {
  trees: { directories: [] },
  selection: everything,
  dating: 'none',
  format: 'json',
  credentials: 'any',
  strict: false,
  unpublished: false,
  rebuildLost: false,
  exitCode: false,
  rebuildKey: '',
  waveSize: 40,
  pull: false,
  cacheWrite: false,
  sources: noSecrets,
};
const built: BuildInput = {
  trees: { directories: [] },
  selection: everything,
  dating: 'none',
  strict: false,
  all: false,
  pull: true,
  verifyJobs: 1,
  verifyTimeoutMs: 600_000,
  minFree: 1024 ** 3,
  builders: [],
  retries: 2,
  failFast: false,
  containerLimits: true,
  gate: false,
  approve: [],
  cacheWrite: false,
  sources: noSecrets,
  publish: 'configured',
  credentials: 'any',
  latest: 'forward',
  overwritePublished: false,
  rebuildLost: false,
  quiet: false,
  json: false,
  waitForLock: false,
  failOnDrift: false,
  transferTimeoutMs: 3_600_000,
  bakeArgs: [],
};
const updated = {
  reason: 'Security update',
  withUnreleased: false,
  dryRun: false,
  commit: false,
  recover: false,
};
const pruned = { credentials: 'any', select: [], keep: 0, dryRun: false, registry: false };

function inputOf(line: string, command: string, input: unknown): void {
  assert.deepEqual(meaning(line), { command, input }, line);
}

function refused(line: string, why: string): void {
  assert.equal(meaning(line), why, line);
}

test('--exit-code of plan is for --unpublished', () => {
  refused(
    'plan --exit-code',
    '--exit-code needs --unpublished: without it the plan has every image; add --unpublished',
  );
});

test('what is lost is built again on request; --rebuild-lost of plan is for --unpublished', () => {
  refused(
    'plan --rebuild-lost',
    '--rebuild-lost needs --unpublished: without it the plan has every image; add --unpublished',
  );
  inputOf('plan --unpublished --rebuild-lost', 'plan', {
    ...planned,
    unpublished: true,
    rebuildLost: true,
  });
  inputOf('build --rebuild-lost', 'build', { ...built, rebuildLost: true });
});

test('--max-images is a number of images', () => {
  inputOf('build --max-images 20', 'build', { ...built, maxImages: 20 });
  for (const wrong of ['0', '-1', 'many', '1.5', '']) {
    assert.match(String(meaning(`build --max-images ${wrong || '""'}`)), /--max-images/, wrong);
  }
});

test('docker-pkg’s command lines, as its README and its users write them', () => {
  const images = { directories: ['images'] };
  inputOf('build', 'build', built);
  inputOf('build images', 'build', { ...built, trees: images });
  inputOf('-c test.yaml --info build --select "*python*" images_dir', 'build', {
    ...built,
    trees: { configFile: 'test.yaml', directories: ['images_dir'] },
    selection: { ...everything, select: ['*python*'] },
  });
  inputOf("update --reason 'CVE-XYZ isArrayish RCE' nodejs images", 'update', {
    ...updated,
    trees: images,
    names: ['nodejs'],
    reason: 'CVE-XYZ isArrayish RCE',
  });
  inputOf('update python3-dev --reason "Adding newer pip version" images_dir', 'update', {
    ...updated,
    trees: { directories: ['images_dir'] },
    names: ['python3-dev'],
    reason: 'Adding newer pip version',
  });
  inputOf('prune --select "*nodejs*" --nightly 20260816 images_dir', 'prune', {
    ...pruned,
    trees: { directories: ['images_dir'] },
    select: ['*nodejs*'],
    nightly: '20260816',
  });
  inputOf('-c config.yaml --debug build --nightly --use-cache --no-pull images', 'build', {
    ...built,
    trees: { configFile: 'config.yaml', directories: ['images'] },
    dating: 'nightly',
    latest: 'never',
    rebuild: 'cache',
    pull: false,
  });
  inputOf('build --snapshot images', 'build', {
    ...built,
    trees: images,
    dating: 'snapshot',
    latest: 'never',
  });
  inputOf('update nodejs --version 20.1.0-1 images', 'update', {
    ...updated,
    trees: images,
    names: ['nodejs'],
    version: '20.1.0-1',
  });
  inputOf('update -v 20.1.0-1 nodejs images', 'update', {
    ...updated,
    trees: images,
    names: ['nodejs'],
    version: '20.1.0-1',
  });
  inputOf('prune images', 'prune', { ...pruned, trees: images });
});

test('global options before the command and after it, in every form', () => {
  const want = { ...built, trees: { configFile: 'c.yaml', directories: ['/srv/images'] } };
  for (const line of [
    '-c c.yaml build /srv/images',
    'build -c c.yaml /srv/images',
    'build /srv/images -c c.yaml',
    '-cc.yaml build /srv/images',
    '--configfile=c.yaml build /srv/images',
    '--configfile c.yaml --info build /srv/images',
    'build --info /srv/images --configfile c.yaml',
    // argparse takes the beginnings of docker-pkg's own options
    '--conf c.yaml build /srv/images',
    'build /srv/images --config=c.yaml',
    '--color always -c c.yaml build /srv/images',
  ]) {
    inputOf(line, 'build', want);
  }
});

test('beginnings of docker-pkg’s options, and of no others', () => {
  inputOf('build --sel x --use --no-p --nig images', 'build', {
    ...built,
    trees: { directories: ['images'] },
    selection: { ...everything, select: ['x'] },
    rebuild: 'cache',
    pull: false,
    dating: 'nightly',
    latest: 'never',
  });
  refused(
    'status -q',
    "unknown option '-q'; build has --quiet; of this command, 2>/dev/null leaves only the result",
  );
  refused('build --s images', "unknown option '--s'; see: generate-bake build --help");
  refused('build --dry images', "unknown option '--dry'; see: generate-bake build --help");
  refused(
    'update --reason --version nodejs',
    "option '--reason <TEXT>' argument '--version' is invalid. It is an option itself; for a value of that name write --reason=--version; see: generate-bake update --help",
  );
});

test('--select takes one value each time and never the directory', () => {
  const want = {
    ...planned,
    trees: { directories: ['images', 'more'] },
    selection: { ...everything, select: ['*a*', 'b'] },
  };
  for (const line of [
    "--select '*a*' --select b images more",
    "images --select '*a*' more --select=b",
    "plan --select '*a*' images --select b more",
  ]) {
    inputOf(line, 'plan', want);
  }
});

test('without a command it is plan; a command wins over a directory of its name', () => {
  inputOf('', 'plan', planned);
  inputOf('images', 'plan', { ...planned, trees: { directories: ['images'] } });
  inputOf('-c config.yaml images', 'plan', {
    ...planned,
    trees: { configFile: 'config.yaml', directories: ['images'] },
  });
  inputOf('build', 'build', built);
  inputOf('./build', 'plan', { ...planned, trees: { directories: ['./build'] } });
  inputOf('plan build', 'plan', { ...planned, trees: { directories: ['build'] } });
  inputOf('images build', 'plan', { ...planned, trees: { directories: ['images', 'build'] } });
  inputOf('/nowhere', 'plan', { ...planned, trees: { directories: ['/nowhere'] } });
  refused(
    'biuld images',
    '"biuld" is neither a command nor a directory here; did you mean "build"?',
  );
  refused('imags', '"imags" is neither a command nor a directory here; did you mean "images"?');
  assert.equal(meaning('--help'), 'help');
  assert.equal(meaning('help build'), 'help');
  assert.equal(meaning('build --help'), 'help');
  assert.equal(meaning('-h'), 'help');
});

test('--version is the program’s, but for update', () => {
  for (const line of [
    '--version',
    '-V',
    '-v',
    '--info --version',
    'build --version',
    'list -V images',
    '-v build images',
  ]) {
    assert.equal(meaning(line), 'version', line);
  }
  refused(
    'update nodejs -v',
    "option '-v, --version <VERSION>' argument missing; see: generate-bake update --help",
  );
});

test('plan', () => {
  inputOf('-o bake.hcl', 'plan', { ...planned, output: 'bake.hcl', format: 'hcl' });
  inputOf('-o - --format hcl', 'plan', { ...planned, format: 'hcl' });
  const { rebuildKey: _, ...cached } = planned;
  inputOf('plan --use-cache --wave-size 0 --unpublished --pull', 'plan', {
    ...cached,
    waveSize: 0,
    unpublished: true,
    pull: true,
  });
  inputOf(
    'plan --rebuild-key weekly --split-waves out --exclude x --exclude y --with-parents --with-children',
    'plan',
    {
      ...planned,
      rebuildKey: 'weekly',
      splitWaves: 'out',
      selection: { select: [], exclude: ['x', 'y'], withParents: true, withChildren: true },
    },
  );
  inputOf('plan -- images', 'plan', { ...planned, trees: { directories: ['images'] } });
  refused(
    'plan --wave-size many',
    "option '--wave-size <N>' argument 'many' is invalid. It takes an integer of at least 0; see: generate-bake plan --help",
  );
  refused(
    'plan -o --format json',
    "option '-o, --output <FILE>' argument '--format' is invalid. It is an option itself; for a value of that name write --output=--format; see: generate-bake plan --help",
  );
  refused(
    'plan --nightly --snapshot',
    "option '--nightly' cannot be used with option '--snapshot'; see: generate-bake plan --help",
  );
  refused(
    '-c a --workspace b',
    "option '--workspace <FILE>' cannot be used with option '-c, --configfile <FILE>'; see: generate-bake plan --help",
  );
  refused(
    'plan --format yaml',
    "option '--format <FORMAT>' argument 'yaml' is invalid. Choose json or hcl; see: generate-bake plan --help",
  );
});

test('build', () => {
  inputOf(
    'build --all --rebuild-key k --jobs 2 --builder b --fail-fast -- --set x.network=host',
    'build',
    {
      ...built,
      all: true,
      rebuild: { key: 'k' },
      jobs: 2,
      builders: ['b'],
      failFast: true,
      bakeArgs: ['--set', 'x.network=host'],
    },
  );
  inputOf(
    'build --no-cache --no-publish --no-container-limits --report r.json --junit j.xml --quiet',
    'build',
    {
      ...built,
      rebuild: 'fresh',
      publish: 'never',
      containerLimits: false,
      reportFile: 'r.json',
      junitFile: 'j.xml',
      quiet: true,
    },
  );
  refused(
    'build --use-cache --no-cache',
    "option '--use-cache' cannot be used with option '--no-cache'; see: generate-bake build --help",
  );
  refused(
    'build --publish --no-publish',
    "option '--publish' cannot be used with option '--no-publish'; see: generate-bake build --help",
  );
  refused('build -- --push', '--push cannot be passed on to bake; use --publish');
  refused(
    'build images -- -f x',
    '-f cannot be passed on to bake; the plan is made from the definitions',
  );
  refused(
    'build -- --progress=plain',
    '--progress cannot be passed on to bake; use --info or --debug',
  );
  refused(
    'build -- --set *.output=type=tar',
    '--set of output cannot be passed on to bake; it is what the plan consists of',
  );
  refused(
    'build -- --set=x.contexts.y=z',
    '--set of contexts cannot be passed on to bake; it is what the plan consists of',
  );
});

test('the other commands', () => {
  const images = { directories: ['images'] };
  const shared = { trees: images, selection: everything, dating: 'none' };
  inputOf('render images -o out', 'render', { ...shared, strict: false, output: 'out' });
  inputOf('render --diff HEAD~1 images', 'render', { ...shared, strict: false, diff: 'HEAD~1' });
  refused('render images', 'render needs -o OUT or --diff DIR|LOG|REVISION; undefined');
  inputOf('list images --tree', 'list', { ...shared, strict: false, form: 'tree' });
  inputOf('list --json images', 'list', { ...shared, strict: false, form: 'json' });
  refused(
    'list --json --tree',
    "option '--tree' cannot be used with option '--json'; see: generate-bake list --help",
  );
  inputOf('status images --exit-code', 'status', {
    ...shared,
    pull: true,
    json: false,
    everything: false,
    exitCode: true,
    credentials: 'any',
    reports: [],
  });
  inputOf('why api --report a.json --report b.json', 'why', {
    ...shared,
    trees: { directories: ['api'] },
    json: false,
    credentials: 'any',
    reports: ['a.json', 'b.json'],
  });
  inputOf('impact api --json', 'impact', {
    ...shared,
    bases: [],
    trees: { directories: ['api'] },
    json: true,
    credentials: 'any',
    reports: [],
  });
  inputOf('status --no-credentials --env A --env B images', 'status', {
    ...shared,
    trees: { ...images, allowed: ['A', 'B'] },
    pull: true,
    json: false,
    everything: false,
    exitCode: false,
    credentials: 'none',
    reports: [],
  });
  inputOf('build --dry-run --json images', 'build', {
    ...built,
    trees: images,
    dryRun: 'tell',
    json: true,
  });
  inputOf('build --print --dry-run --no-credentials images', 'build', {
    ...built,
    trees: images,
    dryRun: 'print',
    credentials: 'none',
  });
  refused(
    'build --print --wait images',
    "option '--wait' cannot be used with option '--print'; see: generate-bake build --help",
  );
  refused(
    'build --no-credentials images',
    '--no-credentials is for --dry-run and --print: docker itself uses its logins for what it builds; build on a machine that has no credentials',
  );
  inputOf('update a --also b --also c images --dry-run', 'update', {
    ...updated,
    trees: images,
    names: ['a', 'b', 'c'],
    dryRun: true,
  });
  inputOf("refresh --exclude '*spark*' --commit images", 'refresh', {
    trees: images,
    exclude: ['*spark*'],
    withUnreleased: false,
    dryRun: false,
    commit: true,
    recover: false,
    credentials: 'any',
  });
  inputOf('promote nodejs 20.1 images', 'promote', {
    kind: 'image',
    trees: images,
    name: 'nodejs',
    version: '20.1',
    credentials: 'any',
    dryRun: false,
    yes: false,
  });
  inputOf('promote --run r.json --back --dry-run images', 'promote', {
    kind: 'run',
    trees: images,
    reportFile: 'r.json',
    credentials: 'any',
    dryRun: true,
    yes: false,
  });
  const held = { image: 'app', trees: { directories: [] }, dryRun: false };
  inputOf('hold app --reason x', 'hold', {
    kind: 'add',
    ...held,
    reason: 'x',
    stops: ['latest', 'publish', 'build', 'refresh'],
  });
  inputOf(
    'hold app images --reason x --stops publish,latest --from 2026-12-01 --until 2026-12-02 --unless-security --dry-run',
    'hold',
    {
      kind: 'add',
      ...held,
      trees: images,
      reason: 'x',
      stops: ['latest', 'publish'],
      from: '2026-12-01',
      until: '2026-12-02',
      unless: 'security',
      dryRun: true,
    },
  );
  inputOf('hold --lift app', 'hold', { kind: 'lift', ...held });
  inputOf('hold --list --json images', 'hold', { kind: 'list', trees: images, json: true });
  const rolled = { name: 'nodejs', credentials: 'any', dryRun: false, yes: false };
  inputOf('rollback nodejs', 'rollback', { ...rolled, trees: { directories: [] } });
  inputOf('rollback nodejs 20.1 images', 'rollback', { ...rolled, trees: images, version: '20.1' });
  inputOf('new svc --from nodejs images', 'new', { trees: images, name: 'svc', from: 'nodejs' });
  inputOf('prune --keep 2 --cache-older-than 30d', 'prune', {
    ...pruned,
    trees: { directories: [] },
    keep: 2,
    cacheOlderThanMs: 30 * 86_400_000,
  });
  inputOf('prune --registry --keep-younger 12h --keep-file keep', 'prune', {
    ...pruned,
    trees: { directories: [] },
    registry: true,
    keepYoungerMs: 12 * 3_600_000,
    keepFile: 'keep',
  });
  refused(
    'prune --keep-younger 12',
    '--keep-younger takes a duration, not "12"; write it as 12h or 30d',
  );
  refused(
    'prune --keep-file keep',
    '--keep-file is for --registry; locally, --keep N says how many versions stay',
  );
  refused(
    'prune --registry --cache-older-than 30d',
    '--cache-older-than is for local images, and --registry removes nothing; run prune twice, once with each',
  );
  // docker-pkg fails here for want of a directory; taking this one for an identifier would remove everything
  refused(
    'prune --select "*nodejs*" --nightly images_dir',
    '--nightly takes the suffix of a nightly build, not "images_dir"; write it as 20260816 or 20260816-101500',
  );
});

test('the help of the program has every command once, in groups', async () => {
  const grouped = Object.values(commandGroups).flat();
  assert.deepEqual(grouped.toSorted(), [...commands.keys()].toSorted());
  const help = await programHelp(commands);
  for (const name of specs.keys()) {
    assert.match(help, new RegExp(`^  ${name} {2,}\\S`, 'm'));
  }
});

test('every specification has a help text with an example that parses', () => {
  for (const spec of specs.values()) {
    assert.match(helpOf(spec), new RegExp(`^Usage: generate-bake ${spec.name} `));
    for (const [line] of spec.examples) {
      for (const part of line.split(/ && | > /)) {
        const [program, ...args] = part.split(' ');
        if (program === 'generate-bake') {
          assert.notEqual(typeof meaning(args.join(' ')), 'string', part);
        }
      }
    }
  }
});

test('what a help text says first fills its lines, and a table of it is not broken', () => {
  for (const spec of specs.values()) {
    const [introduction = ''] = helpOf(spec).split(/\n(?:Arguments|Options):\n/);
    const paragraphs = introduction.split('\n\n').map((text) => text.trimEnd().split('\n'));
    for (const lines of paragraphs) {
      const rows = lines.filter((line) => /\S {2,}\S/.test(line));
      assert.ok(rows.length === 0 || rows.length === lines.length, lines.join('\n'));
      for (const [index, line] of rows.length > 0 ? [] : lines.entries()) {
        const [next = ''] = (lines[index + 1] ?? '').split(' ');
        assert.ok(next === '' || line.length + next.length >= 79, lines.join('\n'));
      }
    }
  }
});

test('no line of a help text is wider than a terminal', () => {
  for (const spec of specs.values()) {
    for (const line of helpOf(spec)
      .split('\n')
      .filter((text) => !text.includes('   # '))) {
      assert.ok(line.length <= 80, line);
    }
  }
});

test('what diff is told', () => {
  const bare = { credentials: 'any', trees: { directories: [] }, name: 'api', files: false };
  inputOf('diff api', 'diff', { ...bare, form: 'text' });
  inputOf('diff api 1 local images --json --exit-code', 'diff', {
    ...bare,
    trees: { directories: ['images'] },
    from: '1',
    to: 'local',
    form: 'json',
    fails: 'any',
  });
  inputOf(
    'diff api --markdown --files --only upgrades --exit-code --platform linux/arm64',
    'diff',
    {
      ...bare,
      form: 'markdown',
      files: true,
      platform: 'linux/arm64',
      fails: 'more-than-upgrades',
    },
  );
  refused(
    'diff api --only upgrades',
    '--only needs --exit-code; write --only upgrades --exit-code',
  );
  refused('diff api --platform arm64', '"arm64" is not a platform; write one as linux/arm64');
});
