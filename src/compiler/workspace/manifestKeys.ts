import type { Place } from '#core/diagnostics/diagnostic.js';
import { parseReference } from '#core/reference/reference.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { entryIn } from './inLanguage.js';

/** What is attested of an image, beside it in its registry. */
export interface AttestKey {
  /** `max` has build arguments and the Dockerfile. */
  readonly provenance?: 'min' | 'max';
  /** A reference: the image that lists the packages, in place of BuildKit's. */
  readonly sbom?: true | string;
  /** Where it is written. */
  readonly place: Place;
}

/** Texts in the manifests of images, by their keys. */
export type Annotations = ReadonlyMap<string, Found<string>>;

const attestKinds = ['provenance', 'sbom'] as const;

/** `none`: nothing is attested, though something wider says so. */
export function readAttest(table: TableReader): AttestKey | 'none' | undefined {
  const value = table.raw('attest');
  if (value === undefined) {
    return undefined;
  }
  if (value === false) {
    return 'none';
  }
  const place = table.valuePlace('attest');
  const before = table.diagnostics.length;
  const found =
    value instanceof Map
      ? attestTable(table, place)
      : attestList(table.strings('attest', 'provenance or sbom'), table, place);
  return table.diagnostics.length > before ? undefined : found;
}

function attestList(
  words: readonly Found<string>[] | undefined,
  table: TableReader,
  place: Place,
): AttestKey | 'none' {
  const known: readonly string[] = attestKinds;
  for (const { value, place: at } of words ?? []) {
    if (!known.includes(value)) {
      const hint = `write ${entryIn(at, 'attest', attestKinds)}, or one of them`;
      table.complain(`attest: ${JSON.stringify(value)} is not an attestation`, at, hint);
    }
  }
  const has = (kind: string) => words?.some(({ value }) => value === kind) === true;
  return attestOfParts(has('provenance') ? 'min' : undefined, has('sbom') || undefined, place);
}

function attestTable(table: TableReader, place: Place): AttestKey | 'none' {
  const inner = table.table('attest');
  const isPlain = (key: string) => typeof inner?.raw(key) === 'boolean';
  const provenance = isPlain('provenance')
    ? inner?.boolean('provenance') === true
      ? 'min'
      : undefined
    : inner?.choice('provenance', ['min', 'max']);
  const sbom = isPlain('sbom') ? inner?.boolean('sbom') || undefined : inner?.string('sbom');
  if (inner !== undefined && typeof sbom === 'string') {
    const parsed = parseReference(sbom);
    if (parsed.kind === 'problem') {
      const message = `attest.sbom: ${JSON.stringify(sbom)} is not an image: ${parsed.message}`;
      const hint = 'write true, or the image of the scanner';
      inner.complain(message, inner.valuePlace('sbom'), hint);
    }
  }
  inner?.finish();
  return attestOfParts(provenance, sbom, place);
}

function attestOfParts(
  provenance: AttestKey['provenance'],
  sbom: AttestKey['sbom'],
  place: Place,
): AttestKey | 'none' {
  if (provenance === undefined && sbom === undefined) {
    return 'none';
  }
  return {
    ...(provenance === undefined ? {} : { provenance }),
    ...(sbom === undefined ? {} : { sbom }),
    place,
  };
}

export function readAnnotations(table: TableReader): Annotations | undefined {
  const entries = table.stringEntries(
    'annotations',
    'write each one as "org.example.key" = "text"',
  );
  for (const [key, { place }] of entries ?? []) {
    if (!/^[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?$/.test(key)) {
      const hint = 'write one such as org.opencontainers.image.source';
      table.complain(`annotations: ${JSON.stringify(key)} is not a key`, place, hint);
    }
  }
  return entries;
}
