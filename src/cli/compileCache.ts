import module from 'node:module';
import { join } from 'node:path';

/**
 * Keeps compiled code between runs where Node can (22.8 and newer). In the user's own cache: Node's
 * default lies in /tmp, where another user could have put a directory with code of his first.
 */
export function enableCompileCache(): void {
  const { enableCompileCache: enable } = module as { enableCompileCache?: (path: string) => void };
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env;
  const base = cache !== undefined && cache !== '' ? cache : home && join(home, '.cache');
  if (base) enable?.(join(base, 'generate-bake', 'compiled'));
}
