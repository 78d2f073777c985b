/**
 * A pattern that is made when it is first needed: V8 collects the characters of `\p{…}` as soon as
 * there is such a pattern, which took most of the time to load this module.
 */
export function lazily(source: string, flags = 'u'): () => RegExp {
  let made: RegExp | undefined;
  return () => {
    made ??= new RegExp(source, flags);
    return made;
  };
}
