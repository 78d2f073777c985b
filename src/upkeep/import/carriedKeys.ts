import { isSecretId } from '#compiler/workspace/secretKeys.js';
import { splitCsv } from '#formats/dockerfile/words.js';

/** What of a target's other keys has a key here too. */
export interface CarriedKeys {
  /** Ids, each with the option that says where it is. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly ssh: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** By its kind; the value is that of TOML. */
  readonly attest: ReadonlyMap<string, string>;
  /** What has none, as it was. */
  readonly others: readonly string[];
}

/** @param others `secret = id=npm,src=.npmrc`, one text each */
export function carriedKeys(others: readonly string[]): CarriedKeys {
  const secrets = new Map<string, string>();
  const ssh = new Map<string, string>();
  const annotations = new Map<string, string>();
  const attest = new Map<string, string>();
  const left = others.filter((other) => {
    const [, key = '', value = ''] = /^(\S+) = (.*)$/s.exec(other) ?? [];
    const fields = fieldsOf(value);
    switch (key) {
      case 'secret': {
        const id = fields.get('id') ?? '';
        return !isSecretId(id) || !set(secrets, id, `--secret ${value}`);
      }
      case 'ssh': {
        const id = fields.get('id') ?? value.split('=', 1)[0] ?? '';
        const paths = fields.get('paths') ?? value.slice(id.length + 1);
        const isPlain = !fields.has('id') || fields.has('paths');
        const where = isPlain && paths !== '' ? `${id}=${paths}` : id;
        return !isSecretId(id) || !set(ssh, id, `--ssh ${where}`);
      }
      case 'annotations': {
        const [, name = '', text = ''] = /^(?:manifest:)?([^=:[]+)=(.*)$/s.exec(value) ?? [];
        return name === '' || !set(annotations, name, text);
      }
      case 'attest': {
        const found = attestOf(fields);
        return found === undefined || !set(attest, ...found);
      }
      default:
        return true;
    }
  });
  return { secrets, ssh, annotations, attest, others: left };
}

function attestOf(
  fields: ReadonlyMap<string, string>,
): readonly [kind: string, value: string] | undefined {
  const type = fields.get('type');
  const known = type === 'provenance' ? 'mode' : 'generator';
  const value = fields.get(known);
  const isWhole = [...fields.keys()].every((key) => key === 'type' || key === known);
  if (!isWhole || (type !== 'provenance' && type !== 'sbom')) {
    return undefined;
  }
  if (type === 'provenance') {
    // BuildKit's default.
    const mode = value ?? 'max';
    return mode === 'min' || mode === 'max' ? [type, `"${mode}"`] : undefined;
  }
  return [type, value === undefined ? 'true' : JSON.stringify(value)];
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    (splitCsv(text) ?? []).flatMap((field) => {
      const at = field.indexOf('=');
      return at === -1 ? [] : [[field.slice(0, at), field.slice(at + 1)] as const];
    }),
  );
}

/** False where another one is there already. */
function set(map: Map<string, string>, key: string, value: string): boolean {
  if (map.has(key)) {
    return false;
  }
  map.set(key, value);
  return true;
}
