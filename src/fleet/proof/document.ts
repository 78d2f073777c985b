import type { Proof } from './proof.js';

/** The part `upgrade` of a report (doc/report.schema.json). */
export function proofDocument({ images, roots }: Proof): object {
  return {
    images: images.map(({ reference, digest, before, packages, unknown, outdated }) => ({
      reference,
      digest,
      ...(before === undefined ? {} : { before }),
      ...(packages === undefined ? {} : { packages }),
      ...(unknown === undefined ? {} : { unknown }),
      outdated,
    })),
    roots,
  };
}
