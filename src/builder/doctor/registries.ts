import { registryAccess } from '#adapters/registry/access.js';
import type { CredentialSources, Credentials } from '#adapters/registry/credentials.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { type Check, missing, ok } from './check.js';

/** One question, and all that one registry is asked, in milliseconds. */
const patience = { requestMs: 5_000, attempts: 1, silentAttempts: 1, totalMs: 10_000 };

/** A clock that is wrong by more makes tokens, certificates and signatures of apt invalid: in milliseconds. */
const mostSkewMs = 60_000;

export interface RegistryQuestion {
  readonly trees: readonly Tree[];
  readonly graph: Graph | undefined;
  readonly sources: CredentialSources;
  /** Whether they are asked too; else only the credentials are looked for. */
  readonly contacts: boolean;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** The trees of one registry: they find the same credentials, unless their configurations have some. */
interface Found {
  readonly host: string;
  readonly trees: string[];
  readonly sources: Set<string>;
  readonly problems: Diagnostic[];
  readonly accesses: { readonly access: RegistryAccess; readonly tree: Tree }[];
}

/** Where the credentials for each registry are, and with `contacts` what it answers; the clock at the end. */
export async function registryChecks(question: RegistryQuestion): Promise<readonly Check[]> {
  const found = new Map<string, Found>();
  for (const tree of question.trees) {
    const { value, diagnostics } = await registryAccess(
      tree.config,
      question.sources,
      tree.directory,
    );
    const accesses = value === undefined ? [] : [value, ...(value.push ? [value.push] : [])];
    const host = value?.host ?? (tree.config.registry || undefined);
    if (host === undefined) {
      continue;
    }
    for (const one of accesses.length === 0 ? [undefined] : accesses) {
      const name = one?.host ?? host;
      const known = found.get(name) ?? newFound(name);
      found.set(name, known);
      known.trees.push(tree.name);
      if (one !== undefined) {
        known.sources.add(sourceOf(one.credentials));
        known.accesses.push({ access: one, tree });
      }
      // What is wrong with the push registry is in the same list, with its own place.
      known.problems.push(...(one === accesses[0] || one === undefined ? diagnostics : []));
    }
  }
  const asked = await Promise.all([...found.values()].map((one) => registryCheck(one, question)));
  return [...asked.flatMap(({ checks }) => checks), clockCheck(asked, question)];
}

function newFound(host: string): Found {
  return { host, trees: [], sources: new Set(), problems: [], accesses: [] };
}

/** Never who, and never what with. */
function sourceOf(credentials: Credentials): string {
  if (credentials.kind !== 'none') {
    return credentials.source;
  }
  return credentials.unused === undefined
    ? 'no credentials'
    : `no credentials; ${credentials.unused}`;
}

interface Asked {
  readonly checks: readonly Check[];
  readonly host: string;
  readonly trees: readonly string[];
  /** How far this machine's clock is before the registry's, in milliseconds. */
  readonly skewMs?: number;
}

async function registryCheck(found: Found, question: RegistryQuestion): Promise<Asked> {
  const { host } = found;
  const name = `registry ${host}`;
  const trees = [...new Set(found.trees)].sort();
  const [problem] = found.problems;
  if (problem !== undefined) {
    const { message, hint, place } = problem;
    const at =
      place === undefined ? '' : ` (${[place.file, place.line].filter(Boolean).join(':')})`;
    return { host, trees, checks: [missing(name, `${message}${at}`, { hint, trees })] };
  }
  const where = [...found.sources].sort().join('; ');
  if (!question.contacts) {
    return { host, trees, checks: [ok(name, where, trees)] };
  }
  const answers = await Promise.all(found.accesses.map((each) => contact(each, question)));
  const fault = answers.find(({ reason }) => reason !== undefined);
  const skewMs = answers.find((each) => each.skewMs !== undefined)?.skewMs;
  const check =
    fault?.reason === undefined
      ? ok(name, `answers; ${where}`, trees)
      : missing(name, fault.reason, { hint: fault.hint, trees });
  return { host, trees, checks: [check], ...(skewMs === undefined ? {} : { skewMs }) };
}

/** As `build` begins: a greeting, and whether the first image of the tree may be read. */
async function contact(
  { access, tree }: Found['accesses'][number],
  { graph, now, signal }: RegistryQuestion,
): Promise<{ readonly reason?: string; readonly hint?: string; readonly skewMs?: number }> {
  const registry = new Registry(access, { patience, signal });
  try {
    const greeting = await registry.greet();
    const here = now().getTime();
    if (!greeting.ok) {
      return registry.explain(greeting.fault);
    }
    const there = Date.parse(greeting.value.date ?? '');
    const skew = Number.isNaN(there) ? {} : { skewMs: here - there };
    const image = graph?.images.find(({ rendered }) => rendered.definition.tree === tree);
    if (image === undefined) {
      return skew;
    }
    const { repository, version } = image.rendered.definition;
    const reply = await registry.headReply(repository, version);
    return reply.ok ? skew : { ...registry.explain(reply.fault), ...skew };
  } finally {
    registry.close();
  }
}

function clockCheck(asked: readonly Asked[], { contacts }: RegistryQuestion): Check {
  const seen = asked.flatMap(({ host, trees, skewMs }) =>
    skewMs === undefined ? [] : [{ host, trees, skewMs }],
  );
  const [worst] = seen.sort((a, b) => Math.abs(b.skewMs) - Math.abs(a.skewMs));
  if (worst === undefined) {
    const detail = contacts ? 'no registry says the time' : 'compared with --registry';
    return { name: 'clock', state: 'not-needed', detail, trees: [] };
  }
  const { host, trees, skewMs } = worst;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const detail = `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} ${host}`;
  const hint = 'set the clock of this machine: tokens and certificates are for a time';
  if (Math.abs(skewMs) > mostSkewMs) {
    return missing('clock', detail, { hint, trees });
  }
  // The header has whole seconds, and was on its way.
  return ok('clock', seconds <= 2 ? `as that of ${host}` : detail);
}
