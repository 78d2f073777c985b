import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Contexts } from '../../context/contexts.js';
import { type Diagnostic, error, hasErrors } from '../../diagnostics/diagnostic.js';
import { writePlannedFiles } from '../../emit/writePlannedFiles.js';
import { whyNot } from '../../files/paths.js';
import { writeFile } from '../../files/writeFile.js';
import { makePlan } from '../../plan/makePlan.js';
import type { PlanOptions } from '../../plan/options.js';
import type { Plan } from '../../plan/plan.js';
import { splitPlan } from '../../plan/splitPlan.js';
import type { Reference } from '../../reference/brands.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../io.js';
import { cacheDirectory } from '../places.js';
import { report } from '../report.js';
import type { PlanInput } from './plan.command.js';

/** Prints the plan, or writes it: nothing is written, and nothing printed, where anything is wrong. */
export async function run(input: PlanInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees(input, io);
  if (compiled === undefined) return exit.wrong;
  const contexts = new Contexts(io.cwd);
  const scope: Scope | undefined = input.unpublished
    ? await unpublished(compiled, contexts.of, io)
    : { selected: compiled.selected, outside: new Map(), code: exit.done };
  if (scope === undefined) return exit.wrong;
  const options: PlanOptions = {
    context: contexts.of,
    outside: scope.outside,
    rebuildKey: input.rebuildKey,
    waveSize: input.waveSize,
    pull: input.pull,
    proxyCredentials: 'refuse',
  };
  const plan = makePlan(compiled.graph, scope.selected, options);
  if (report(io, [...compiled.diagnostics, ...contexts.diagnostics, ...plan.diagnostics])) {
    return exit.wrong;
  }
  const emit = await emitter(input.format);
  const problems =
    input.splitWaves === undefined
      ? writePlan(plan.value, emit, input, io)
      : writeWaves(plan.value, emit, input.format, input.splitWaves, io);
  if (report(io, problems) || hasErrors(problems)) return exit.wrong;
  explainUse(plan.value, contexts.readPaths(compiled.workspace.trees), input, io);
  return scope.code;
}

/** What of the trees goes into the plan, and what stands for the parents that do not. */
interface Scope {
  readonly selected: ReadonlySet<Reference>;
  readonly outside: PlanOptions['outside'];
  readonly code: ExitCode;
}

/**
 * The images that are not published, and published parents by their digests. Loaded only here: a
 * plan without `--unpublished` asks nobody and needs none of it.
 */
async function unpublished(
  { graph, selected, workspace }: CompiledTrees,
  context: PlanOptions['context'],
  io: Io,
): Promise<Scope | undefined> {
  const [{ openRegistries }, { prepare, toBuild }, { tellStopped }, { withSignals }] =
    await Promise.all([
      import('../openRegistries.js'),
      import('../../build/prepare.js'),
      import('../tellDecisions.js'),
      import('../signals.js'),
    ]);
  const registries = await openRegistries(workspace.trees, 'never', io);
  if (registries === undefined) return undefined;
  return withSignals(async (signal) => {
    const preparation = await prepare({
      graph,
      selected,
      context,
      ...registries,
      noPull: false,
      cacheDirectory: cacheDirectory(io),
      overwritePublished: false,
      signal,
    });
    // Only an engine makes it fail, and none is asked.
    if (preparation.kind === 'failed') throw new Error(preparation.message);
    const { decisions, outside } = preparation.prepared;
    const stopped = tellStopped(decisions, io);
    const building = toBuild(decisions).map(({ reference }) => reference);
    if (building.length === 0) io.say('nothing to build');
    const code = signal.aborted ? exit.interrupted : stopped > 0 ? exit.unusable : exit.done;
    return { selected: new Set(building), outside, code };
  });
}

type Emit = (plan: Plan) => string;

async function emitter(format: 'json' | 'hcl'): Promise<Emit> {
  if (format === 'hcl') return (await import('../../emit/hcl.js')).emitHcl;
  return (await import('../../emit/json.js')).emitJson;
}

function writePlan(plan: Plan, emit: Emit, { output }: PlanInput, io: Io): readonly Diagnostic[] {
  const text = emit(plan);
  const problems = writePlannedFiles(io.cwd, plan.files);
  if (problems.length > 0) return problems;
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
  try {
    mkdirSync(resolve(io.cwd, directory), { recursive: true });
  } catch (cause) {
    return [
      error('unwritable', `${directory} cannot be made: it ${whyNot(cause)}`, {
        place: { file: directory },
      }),
    ];
  }
  for (const wave of waves) {
    const problems = writePlannedFiles(io.cwd, wave.plan.files);
    if (problems.length > 0) return problems;
    const file = join(directory, `${wave.name}.${format}`);
    const problem = writeFile(resolve(io.cwd, file), file, emit(wave.plan));
    if (problem !== undefined) return [problem];
  }
  return [];
}

/**
 * Tells how the plan is run where `docker buildx bake -f FILE` alone would not do: contexts outside
 * the working directory want to be allowed, and without a default group bake says only that there
 * is none.
 */
function explainUse(
  plan: Plan,
  readPaths: readonly string[],
  { output, splitWaves }: PlanInput,
  io: Io,
): void {
  const allow = readPaths.map((path) => ` --allow=fs.read=${path}`).join('');
  const bake = `docker buildx bake${allow} -f ${splitWaves === undefined ? (output ?? 'FILE') : 'FILE'}`;
  const waves = plan.groups.filter((group) => group.kind === 'wave');
  if (splitWaves !== undefined) {
    io.say(`${waves.length} plans in ${splitWaves}: run them one by one with ${bake}`);
  } else if (!plan.groups.some((group) => group.kind === 'default')) {
    io.say(
      `${plan.targets.length} images are more than one call of a stock Docker takes: run \`generate-bake build\`,`,
    );
    io.say(
      `or the ${waves.length} waves one by one: ${bake} ${waves[0]?.name ?? 'wave-001'}, and so on`,
    );
  } else if (allow !== '') {
    io.say(`its contexts lie outside this directory: ${bake}`);
  }
}
