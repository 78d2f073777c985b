import { kindsOf } from '#compiler/policy/allowed.js';
import { type AdmissionAction, admissionOf, isExpressible } from '#compiler/policy/kubernetes.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { levelIn } from '#compiler/workspace/checkKeys.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { TreeNames } from '#fleet/references/names.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { missingPolicy } from '../missingPolicy.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import type { PolicyLine } from './policy.command.js';

const actions = { deny: 'Deny', warn: 'Warn', audit: 'Audit' } as const satisfies Readonly<
  Record<PolicyLine['action'], AdmissionAction>
>;

/** Prints what of a policy is about what runs, as Kubernetes checks it. Ends with 1 where an image is broken. */
export async function run({ trees, action, excluded }: PolicyLine, io: Io): Promise<ExitCode> {
  const compiled = compileTrees({ trees, cycles: 'shown', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { workspace, graph, broken } = compiled;
  const { policy, file } = workspace;
  if (policy === undefined || file === undefined) {
    report(io, missingPolicy('policy', workspace));
    return exit.wrong;
  }
  const rules = rulesOf(workspace);
  if (report(io, inexpressible(policy))) {
    return exit.wrong;
  }
  reportFolded(io, compiled.diagnostics);
  const admission = admissionOf({
    policy,
    rules,
    images: new TreeNames(graph).images.map(({ repository, definition }) => ({
      repository,
      isBase:
        definition !== undefined && kindsOf(policy, definition).some(({ kind }) => kind === 'base'),
    })),
    registries: [...new Set(workspace.trees.map(({ config }) => config.registry))],
    names: registryNamesOf(graph),
    now: io.now(),
    action: actions[action],
    excluded,
    file,
  });
  if (admission.kind !== 'made') {
    report(io, [unmade(admission.kind, policy)]);
    return exit.wrong;
  }
  io.write(admission.yaml);
  for (const { rule, until } of admission.exceptions) {
    io.say(`an exception of ${rule} is in it until ${until.text}: print it anew then`);
  }
  // What a broken image is called, or of which kind it is, may not be known.
  return report(io, tellBroken(graph, broken.selected)) ? exit.failed : exit.done;
}

function unmade(why: 'nothing' | 'too-long', { registries }: Policy): Diagnostic {
  if (why === 'nothing') {
    const message = 'the policy says nothing of what may run';
    const hint = 'write registries, or [policy.base], and leave policy-registry or policy-kind on';
    return error('usage', message, { hint });
  }
  const message =
    'the policy names more images than an expression of Kubernetes can (100,000 characters)';
  const hint = 'add the registries of the trees to registries, so that their images need no names';
  const place = registries?.[0]?.place;
  return error('usage', message, { hint, ...(place && { place }) });
}

/** Those that the first tree has not switched off. */
function rulesOf({ trees: [first] }: Workspace) {
  const rules = ['policy-registry', 'policy-kind'] as const;
  return new Set(rules.filter((rule) => levelIn(first?.config.check, rule) !== 'off'));
}

/** Sets of characters are Python's, and CEL has none. */
function inexpressible({ kinds, exceptions }: Policy): readonly Diagnostic[] {
  const bases = kinds.filter(({ kind }) => kind === 'base');
  const excepting = exceptions.filter(({ rule }) =>
    ['policy-registry', 'policy-kind'].includes(rule),
  );
  return [...bases, ...excepting]
    .flatMap(({ images }) => images)
    .filter(({ value }) => !isExpressible(value))
    .map(({ value, place }) =>
      error('usage', `"${value}" cannot be said to Kubernetes: it has a set of characters`, {
        place,
        hint: 'write a pattern for each name',
      }),
    );
}
