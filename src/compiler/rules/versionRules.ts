import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { some } from '#core/text/some.js';
import { compareVersions } from '#formats/debian/version.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { DefinitionChanges } from '../plan/definitionChanges.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { type ImageChange, keyOfSound } from '../select/changedImages.js';
import { levelIn } from '../workspace/checkKeys.js';

type Changed = Extract<ImageChange, { kind: 'changed' }>;

/**
 * What a change does to versions: an image that is made of something else needs a new one, and a greater one. Each is a
 * warning, as `findingsOf` gives them. What it is compared with is in no message, since a finding is recognised by that.
 *
 * @param changes how images differ from those before the change, by `keyOfSound`
 */
export function versionFindings(
  images: readonly ResolvedImage[],
  changes: ReadonlyMap<string, ImageChange>,
): readonly Diagnostic[] {
  return images.flatMap((image) => {
    const { definition } = image.rendered;
    const change = changes.get(keyOfSound(image));
    // A version that is computed is another by itself.
    if (change?.kind !== 'changed' || definition.computed !== undefined) {
      return [];
    }
    const { check } = definition.tree.config;
    return [
      ...(levelIn(check, 'version-unchanged') === 'off' ? [] : unchanged(definition, change)),
      ...(levelIn(check, 'version-lower') === 'off' ? [] : lower(definition, change)),
    ];
  });
}

function unchanged(definition: ImageDefinition, change: Changed): Diagnostic[] {
  const { before, changes } = change;
  if (before.reference !== definition.reference || isOfParentsAlone(changes)) {
    return [];
  }
  const message = `${definition.name} is made of something else, and still has the version ${definition.version}: ${whatChanged(changes)}`;
  const hint = `give it a new version: generate-bake update ${definition.name} --reason TEXT`;
  return [warning('version-unchanged', message, { place: definition.place, hint })];
}

function lower(definition: ImageDefinition, { before }: Changed): Diagnostic[] {
  const { version, place } = definition;
  if (
    before.repository !== definition.repository ||
    compareVersions(version, before.version) >= 0
  ) {
    return [];
  }
  const message = `the version ${version} is lower than ${before.version}, the one before this change`;
  const hint = 'give it a greater one: dpkg --compare-versions says which is';
  return [warning('version-lower', message, { place, hint })];
}

/**
 * Whether an image is on other versions of its parents and is else the same: it can be built again under a new
 * version, and need not, since what is published under its own is not drifted.
 */
function isOfParentsAlone({
  dockerfile = '',
  settings,
  parents = [],
  ...others
}: DefinitionChanges) {
  if (Object.keys(others).length > 0 || parents.length === 0) {
    return false;
  }
  const moved = parents.flatMap(({ parent, before }) =>
    before === undefined ? [] : [[before, parent] as const],
  );
  if (moved.length !== parents.length) {
    return false;
  }
  const lines = dockerfile.split('\n').filter((line) => !/^(?:---|\+\+\+) /.test(line));
  const sideOf = (sign: string): string =>
    lines
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1))
      .join('\n');
  const old = moved.reduce((text, [from, to]) => text.replaceAll(from, to), sideOf('-'));
  return old === sideOf('+');
}

/** As fit in a line. */
const mostNames = 3;

function whatChanged(changes: DefinitionChanges): string {
  const { files, parents = [] } = changes;
  const paths = [
    ...(files?.added ?? []),
    ...(files?.removed ?? []),
    ...(files?.changed ?? []),
    ...(files?.kinds ?? []).map(({ path }) => path),
  ];
  const named = parents.map(({ parent }) => parent);
  const kinds = [
    ...(changes.dockerfile === undefined ? [] : ['its Dockerfile']),
    ...(paths.length === 0 ? [] : [some([...new Set(paths)], mostNames)]),
    ...(named.length === 0 ? [] : [some(named, mostNames)]),
    ...(changes.args === undefined ? [] : ['its arguments']),
    ...(changes.labels === undefined ? [] : ['its labels']),
    ...(changes.platforms === undefined ? [] : ['its platforms']),
    ...(changes.stage === undefined ? [] : ['its stage']),
    ...(changes.recipe === undefined ? [] : ['its recipe']),
  ];
  return kinds.length === 0 ? 'what it is made of' : kinds.join(', ');
}
