import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { writePlannedFiles } from '#compiler/emit/writePlannedFiles.js';
import { unheldEdge } from '#compiler/plan/namedContexts.js';
import type { PlanOptions, SecretSources } from '#compiler/plan/options.js';
import type { Plan } from '#compiler/plan/plan.js';
import { soundPlan } from '#compiler/plan/soundPlan.js';
import { splitPlan } from '#compiler/plan/splitPlan.js';
import { type Diagnostic, hasErrors, warning } from '#core/diagnostics/diagnostic.js';
import { writeFile } from '#core/files/writeFile.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import { brokenReport } from '../broken.js';
import type { CompiledTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { frontendRecordOf } from '../places.js';
import { planScope } from '../planScope.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import type { PlanInput } from './plan.command.js';

/**
 * Prints the plan of what is sound, or writes it. Ends with 1 where something that was asked for is
 * broken, or built on what is; nothing is printed or written where the whole is wrong, or with --strict.
 */
export async function run(input: PlanInput, io: Io): Promise<ExitCode> {
  const planned = await planScope(input, io);
  if (typeof planned === 'number') {
    return planned;
  }
  const { checked, contexts, scope } = planned;
  const options: PlanOptions = {
    context: contexts.of,
    outside: scope.outside,
    rebuildKey: input.rebuildKey,
    waveSize: input.waveSize,
    pull: input.pull,
    proxyCredentials: 'refuse',
    pushesTags: true,
    writesCache: () => input.cacheWrite,
    sources: input.sources,
    frontends: frontendRecordOf(io).known(),
  };
  const { plan, graph, leftOut } = soundPlan(
    checked.graph,
    withoutUnheld(checked, scope.selected, options, io),
    options,
  );
  const broken = brokenReport(checked, io.now(), graph, leftOut);
  const found = [...checked.diagnostics, ...contexts.diagnostics, ...plan.diagnostics];
  reportFolded(io, [...found, ...broken.diagnostics]);
  if (hasErrors(found) || (broken.isPartial && input.strict)) {
    return exit.wrong;
  }
  const named = input.splitWaves ?? input.output;
  const link = named === undefined ? undefined : trackedLink(resolve(io.cwd, named), named);
  if (link !== undefined) {
    report(io, [link]);
    return exit.wrong;
  }
  const emit = await emitter(input.format);
  const problems =
    input.splitWaves === undefined
      ? writePlan(plan.value, emit, input, io)
      : writeWaves(plan.value, emit, input.format, input.splitWaves, io);
  if (report(io, problems) || hasErrors(problems)) {
    return exit.wrong;
  }
  explainUse(plan.value, contexts.readPaths(checked.workspace.trees), input, io);
  if (broken.isPartial) {
    return exit.failed;
  }
  const isNothing = input.exitCode && plan.value.targets.length === 0;
  return isNothing && scope.code === exit.done ? exit.nothing : scope.code;
}

/**
 * Without the services whose parents no plan can hold (`frontend-contexts`), unless they are named: these are errors.
 */
function withoutUnheld(
  { graph, named }: CompiledTrees,
  selected: ReadonlySet<Reference>,
  options: PlanOptions,
  io: Io,
): ReadonlySet<Reference> {
  const input = { selection: selected, options };
  const out = graph.images
    .filter((image) => selected.has(image.reference) && !named.has(image.reference))
    .filter((image) => unheldEdge(input, image) !== undefined)
    .map(({ reference }) => reference);
  if (out.length > 0) {
    const [whose, them] = out.length === 1 ? ['its frontend', 'it'] : ['their frontends', 'them'];
    const names = some(out, 3);
    io.say(
      `left out, since a plan cannot give ${whose} the parents: ${names} (generate-bake build builds ${them})`,
    );
  }
  return new Set([...selected].filter((reference) => !out.includes(reference)));
}

type Emit = (plan: Plan) => string;

async function emitter(format: 'json' | 'hcl'): Promise<Emit> {
  if (format === 'hcl') {
    return (await import('#compiler/emit/hcl.js')).emitHcl;
  }
  return (await import('#compiler/emit/json.js')).emitJson;
}

function writePlan(plan: Plan, emit: Emit, { output }: PlanInput, io: Io): readonly Diagnostic[] {
  const text = emit(plan);
  const problems = writePlannedFiles(io.cwd, plan.files);
  if (problems.length > 0) {
    return problems;
  }
  if (output === undefined) {
    io.write(text);
    return [];
  }
  const problem = writeFile(resolve(io.cwd, output), output, text);
  return problem === undefined ? [] : [problem];
}

function writeWaves(
  plan: Plan,
  emit: Emit,
  format: string,
  directory: string,
  io: Io,
): readonly Diagnostic[] {
  const waves = splitPlan(plan);
  const output = new OutputDirectory(resolve(io.cwd, directory), directory);
  for (const wave of waves) {
    const problems = writePlannedFiles(io.cwd, wave.plan.files);
    if (problems.length > 0) {
      return problems;
    }
    const problem = output.write(`${wave.name}.${format}`, emit(wave.plan));
    if (problem !== undefined) {
      return [problem];
    }
  }
  return leftOvers(directory, new Set(waves.map((wave) => `${wave.name}.${format}`)), io);
}

/** Waves of an earlier, longer plan: whoever runs all that is there would build old definitions. */
function leftOvers(directory: string, written: ReadonlySet<string>, io: Io): Diagnostic[] {
  return readdirSync(resolve(io.cwd, directory))
    .filter((name) => /^wave-\d+\.(?:json|hcl)$/.test(name) && !written.has(name))
    .sort()
    .map((name) =>
      warning('wave-left-over', 'this wave is of an earlier plan', {
        place: { file: join(directory, name) },
        hint: 'remove it: it would build older definitions',
      }),
    );
}

/**
 * Tells how the plan is run where `docker buildx bake -f FILE` alone would not do: contexts outside
 * the working directory want to be allowed, and without a default group bake says only that there
 * is none.
 */
function explainUse(
  plan: Plan,
  readPaths: readonly string[],
  { output, splitWaves, sources }: PlanInput,
  io: Io,
): void {
  const rights = [...readPaths.map((path) => `fs.read=${path}`), ...secretRights(plan, sources)];
  const allow = rights.map((right) => ` --allow=${right}`).join('');
  const bake = `docker buildx bake${allow} -f ${splitWaves === undefined ? (output ?? 'FILE') : 'FILE'}`;
  const waves = plan.groups.filter((group) => group.kind === 'wave');
  if (splitWaves !== undefined) {
    const them = waves.length === 1 ? 'it' : 'them one by one';
    io.say(
      `${waves.length} plan${waves.length === 1 ? '' : 's'} in ${splitWaves}: run ${them} with ${bake}`,
    );
  } else if (!plan.groups.some((group) => group.kind === 'default')) {
    io.say(
      `${plan.targets.length} images are more than one call of a stock Docker takes: run \`generate-bake build\`,`,
    );
    io.say(
      `or the ${waves.length} waves one by one: ${bake} ${waves[0]?.name ?? 'wave-001'}, and so on`,
    );
  } else if (allow !== '') {
    const what = readPaths.length > 0 ? 'contexts are outside this directory' : 'it has secrets';
    io.say(`${what}: ${bake}`);
  }
  if (allow !== '') {
    io.say('(a buildx that does not know --allow needs none: leave it out there)');
  }
}

/** What bake must be allowed for the secrets of a plan. */
function secretRights({ targets }: Plan, { secrets, ssh }: SecretSources): readonly string[] {
  const files = [...secrets.values()].flatMap((source) =>
    source.kind === 'file' && targets.some(({ secret }) => secret.length > 0) ? [source.name] : [],
  );
  const isForwarded = targets.some((target) => target.ssh.some((each) => !each.includes('=')));
  const keys = targets.some((target) => target.ssh.length > 0) ? [...ssh.values()].flat() : [];
  return [...[...files, ...keys].map((path) => `fs.read=${path}`), ...(isForwarded ? ['ssh'] : [])];
}
