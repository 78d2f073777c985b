import { annotationsOf, attestOf } from '../definitions/definition.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { AttestKey } from '../workspace/manifestKeys.js';
import type { PlanOptions } from './options.js';
import type { PlannedTarget } from './plan.js';

/**
 * What is in the manifests of an image beside the image, in the notation of bake. buildx leaves annotations out where a
 * target has no output, without a word (doc/dev/bake.md, Outputs); an index has them too where there is one.
 */
export function manifestsOf(
  { rendered: { definition }, platforms: all }: ResolvedImage,
  { keepsManifests, platforms = all }: Pick<PlanOptions, 'keepsManifests' | 'platforms'>,
): Pick<PlannedTarget, 'annotations' | 'attest' | 'output'> {
  if (keepsManifests === false) {
    return { annotations: [], attest: [], output: [] };
  }
  const attest = attestTexts(attestOf(definition));
  const isIndex = attest.length > 0 || platforms.length > 1;
  const kind = isIndex ? 'manifest,index:' : '';
  const annotations = [...annotationsOf(definition)].map(
    ([key, { value }]) => `${kind}${key}=${value}`,
  );
  return { attest, annotations, output: annotations.length === 0 ? [] : ['type=image'] };
}

function attestTexts(attest: AttestKey | undefined): readonly string[] {
  const { provenance, sbom } = attest ?? {};
  const generator = typeof sbom === 'string' ? `,generator=${sbom}` : '';
  return [
    ...(provenance === undefined ? [] : [`type=provenance,mode=${provenance}`]),
    ...(sbom === undefined ? [] : [`type=sbom${generator}`]),
  ];
}
