import { sharedPrefix, withoutPrefix } from '#core/text/sharedPrefix.js';

export { sharedPrefix, withoutPrefix };

/**
 * How references of one run are shown to a person: without the registry and namespace that all of them have
 * (`istio/pilot:1.2-3` for `registry.example/images/istio/pilot:1.2-3`). What is not among them is shown whole.
 */
export function shortNames(references: Iterable<string>): (reference: string) => string {
  const prefix = sharedPrefix([...references]);
  return (reference) => withoutPrefix(reference, prefix);
}
