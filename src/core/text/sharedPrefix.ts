/** A reference without what all have; whole where it does not have that. */
export function withoutPrefix(reference: string, prefix: string): string {
  return reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
}

/** What all of them begin with, up to a slash: empty, or `registry.example/images/`. */
export function sharedPrefix(references: readonly string[]): string {
  const [first, ...others] = references;
  if (first === undefined) {
    return '';
  }
  let prefix = first.slice(0, first.lastIndexOf('/') + 1);
  for (const reference of others) {
    while (!reference.startsWith(prefix)) {
      prefix = prefix.slice(0, prefix.lastIndexOf('/', prefix.length - 2) + 1);
    }
  }
  return prefix;
}
