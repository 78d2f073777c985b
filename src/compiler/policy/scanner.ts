import { canonicalRepository, parseReference } from '#core/reference/reference.js';

/** What BuildKit takes for an SBOM where no scanner is named (frontend/attestations of BuildKit). */
const usualScanner = 'docker/buildkit-syft-scanner:stable-1';

/** Whether this is the usual one, however it is written. */
export function isUsualScanner(written: string): boolean {
  const reference = parseReference(written);
  return (
    reference.kind === 'reference' &&
    reference.digest === undefined &&
    `${canonicalRepository(reference)}:${reference.tag}` === `docker.io/${usualScanner}`
  );
}

/** The image that makes an attestation, by its entry in `attest` of bake. */
export function scannerIn(attest: string): readonly string[] {
  const fields = attest.split(',');
  return fields.includes('type=sbom')
    ? [fields.find((one) => one.startsWith('generator='))?.slice(10) ?? usualScanner]
    : [];
}
