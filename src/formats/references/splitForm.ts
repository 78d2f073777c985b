import { lineMappings } from './lineMappings.js';
import type { Mapping, MappingNode, Scalar } from './mapping.js';
import type { TextPart } from './mentions.js';
import { yamlMappings } from './yamlMappings.js';

/** An image whose name and version are values of two keys of one mapping, as in values of Helm. */
export interface SplitReference {
  /** As written: perhaps with a registry, or with a tag of its own. */
  readonly repository: TextPart;
  /** Of a key beside it, such as `registry`. */
  readonly registry?: string;
  /** Absent: no key beside it has one. */
  readonly version?: Scalar;
  readonly digest?: TextPart;
}

/** Keys with the name of an image, the one that counts first; `name` alone says nothing. */
const repositoryKeys = ['newName', 'repository', 'image', 'image_name', 'imageName', 'repo'];
const nameKeys = [...repositoryKeys, 'name'];
const tagKeys = ['newTag', 'tag', 'image_tag', 'imageTag', 'image_version', 'imageVersion'];
const versionKeys = [...tagKeys, 'version'];
const registryKeys = ['registry', 'hub', 'imageRegistry', 'image_registry'];
const digestKeys = ['digest', 'sha'];
/** A merge of a merge of … is followed so far. */
const deepestMerge = 10;

/** The images of a file whose name is the value of one key. */
export interface SplitReferences {
  readonly references: readonly SplitReference[];
  /** Present where the file is not valid YAML, as most templates are not: it was read line by line. */
  readonly isByLines?: true;
}

/** The same of a YAML or JSON file. */
export function splitReferencesIn(text: string): SplitReferences {
  const parsed = yamlMappings(text);
  const found = new Map<string, SplitReference>();
  for (const mapping of parsed ?? lineMappings(text)) {
    const split = splitOf(mapping);
    if (split !== undefined) {
      // What is merged into several mappings is one reference.
      found.set(`${split.repository.start} ${split.version?.start ?? ''}`, split);
    }
  }
  const references = [...found.values()];
  return parsed === undefined ? { references, isByLines: true } : { references };
}

function splitOf(mapping: Mapping): SplitReference | undefined {
  const hasName = nameKeys.some((key) => mapping.pairs.has(key));
  if (!hasName && mapping.merged.length === 0) {
    return undefined;
  }
  const repository = scalarOf(mapping, repositoryKeys);
  const named = repository ?? scalarOf(mapping, ['name']);
  // A chart has a name and a version too.
  const version = scalarOf(mapping, repository === undefined ? tagKeys : versionKeys);
  const digest = scalarOf(mapping, digestKeys);
  if (named === undefined || (repository === undefined && version === undefined)) {
    return undefined;
  }
  const registry = scalarOf(mapping, registryKeys);
  return {
    repository: named,
    ...(registry === undefined ? {} : { registry: registry.text }),
    ...(version === undefined ? {} : { version }),
    ...(digest === undefined || digest.text === '' ? {} : { digest }),
  };
}

function scalarOf(mapping: Mapping, keys: readonly string[]): Scalar | undefined {
  for (const key of keys) {
    const value = memberOf(mapping, key, deepestMerge);
    if (value?.kind === 'scalar' && value.isLiteral && !isEmpty(value)) {
      return value;
    }
  }
  return undefined;
}

/** Whether YAML reads nothing there. */
function isEmpty({ text, isPlain }: Scalar): boolean {
  return text === '' || (isPlain && /^(?:~|null)$/i.test(text));
}

/** @param seen the mappings that do not have it: many may merge the same */
function memberOf(
  mapping: Mapping,
  key: string,
  depth: number,
  seen: Set<Mapping> = new Set(),
): MappingNode | undefined {
  const own = mapping.pairs.get(key);
  if (own !== undefined || depth === 0) {
    return own;
  }
  seen.add(mapping);
  for (const source of mapping.merged) {
    const value = seen.has(source) ? undefined : memberOf(source, key, depth - 1, seen);
    if (value !== undefined) {
      return value;
    }
  }
  return undefined;
}
