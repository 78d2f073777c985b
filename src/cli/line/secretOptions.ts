import type { SecretSource, SecretSources } from '#compiler/plan/options.js';
import { isSecretId } from '#compiler/workspace/secretKeys.js';
import { splitCsv } from '#formats/dockerfile/words.js';
import { type OptionSpec, type Parsed, UsageError } from './spec.js';

/** Where the values of `secrets` and `ssh` are, as docker build takes it. */
export function secretOptions(group: string): readonly OptionSpec[] {
  return [
    {
      flags: '--secret <SPEC>',
      help: 'where a secret of `secrets` is: id=ID,src=FILE or id=ID,env=NAME; may be repeated',
      group,
      repeatable: true,
    },
    {
      flags: '--ssh <SPEC>',
      help: 'the SSH agent or keys of an id of `ssh`: default, or ID=FILE; may be repeated',
      group,
      repeatable: true,
    },
  ];
}

/** Throws UsageError for what docker would not take, or take for something else. */
export function readSecretSources(parsed: Parsed): SecretSources {
  const secrets = new Map<string, SecretSource>();
  for (const text of parsed.list('secret')) {
    const { id, source } = readSecret(text);
    refuseTwice(secrets.has(id), '--secret', id);
    secrets.set(id, source);
  }
  const ssh = new Map<string, readonly string[]>();
  for (const text of parsed.list('ssh')) {
    const [id = '', ...rest] = text.split('=');
    const paths = rest.length === 0 ? [] : rest.join('=').split(',');
    if (!isSecretId(id) || paths.includes('')) {
      throw new UsageError(
        `--ssh takes an id, or an id and files, not "${text}"`,
        'write --ssh default, or --ssh default=FILE',
      );
    }
    refuseTwice(ssh.has(id), '--ssh', id);
    ssh.set(id, paths);
  }
  return { secrets, ssh };
}

function readSecret(text: string): { readonly id: string; readonly source: SecretSource } {
  const fields = new Map<string, string>();
  for (const field of splitCsv(text) ?? []) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(field) ?? [];
    const key = name.toLowerCase() === 'source' ? 'src' : name.toLowerCase();
    if (!known.has(key) || value === '' || fields.has(key)) {
      throw malformed();
    }
    fields.set(key, value);
  }
  const id = fields.get('id') ?? '';
  const type = fields.get('type');
  const isOfEnvironment = type === 'env' || fields.has('env');
  const src = fields.get('src');
  const name = fields.get('env') ?? src;
  const hasBoth = fields.has('env') && src !== undefined;
  const isMixed = hasBoth || (type === 'file' && fields.has('env'));
  if (!isSecretId(id) || isMixed || (type !== undefined && !/^(?:file|env)$/.test(type))) {
    throw malformed();
  }
  if (name === undefined) {
    return { id, source: { kind: 'usual' } };
  }
  return { id, source: { kind: isOfEnvironment ? 'env' : 'file', name } };
}

const known = new Set(['id', 'src', 'env', 'type']);

/** Without what was written, which may be the secret itself. */
function malformed(): UsageError {
  return new UsageError(
    '--secret takes an id and where its value is, as docker build does',
    'write --secret id=ID,src=FILE or --secret id=ID,env=NAME',
  );
}

function refuseTwice(isKnown: boolean, option: string, id: string): void {
  if (isKnown) {
    throw new UsageError(`${option} has the id ${id} twice`, 'leave one of them out');
  }
}
