import type { Workspace } from '#compiler/workspace/workspace.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';

/** The command line is about a policy that nobody wrote; empty where there is one. */
export function missingPolicy(
  asked: '--policy' | 'policy',
  { policy, file }: Workspace,
): readonly Diagnostic[] {
  const what = file === undefined ? 'there is no workspace file' : `${file} has no policy`;
  const hint = 'write [policy] into the workspace file: doc/policy.md';
  return policy === undefined ? [error('usage', `${asked}: ${what}`, { hint })] : [];
}
