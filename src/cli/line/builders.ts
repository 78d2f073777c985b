import { isBuilderName } from '#compiler/workspace/builderKeys.js';
import { type Parsed, UsageError } from './spec.js';

/** What `--builder` names, once or several times. */
export function readBuilders(parsed: Parsed): readonly string[] {
  const builders = parsed.list('builder');
  const wrong = builders.find((name) => !isBuilderName(name));
  if (wrong !== undefined) {
    throw new UsageError(
      `"${wrong}" is not the name of a builder`,
      '"docker buildx ls" and "docker context ls" list the names',
    );
  }
  return builders;
}
