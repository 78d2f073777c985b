/**
 * What a registry stores of an image, in bytes: its layers as they are compressed, and its configuration.
 * Undefined for a manifest that does not say, as an index of several images.
 */
export function storedSize({
  config,
  layers,
}: Readonly<Record<string, unknown>>): number | undefined {
  if (!Array.isArray(layers)) {
    return undefined;
  }
  let sum = 0;
  for (const part of [config, ...(layers as readonly unknown[])]) {
    const size =
      typeof part === 'object' && part !== null && 'size' in part ? part.size : undefined;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      return undefined;
    }
    sum += size;
  }
  return sum;
}
